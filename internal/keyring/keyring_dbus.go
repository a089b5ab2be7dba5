//go:build !windows && !darwin

package keyring

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/godbus/dbus/v5"
)

// busVariable is where the address of the session bus stands.
const busVariable = "DBUS_SESSION_BUS_ADDRESS"

// reachable looks for the session bus. The D-Bus library would start one of its
// own with dbus-launch, which has no keyring and stays behind; and it looks in
// /run/user only, wherever XDG_RUNTIME_DIR is, so that it is told what was found.
func reachable(env func(string) string) error {
	if address := env(busVariable); address != "" && address != "autolaunch:" {
		return nil
	}
	dir := env("XDG_RUNTIME_DIR")
	if dir == "" {
		return &Error{ErrNoBus, "neither " + busVariable + " nor XDG_RUNTIME_DIR is set"}
	}
	bus := filepath.Join(dir, "bus")
	if info, err := os.Stat(bus); err != nil || info.Mode().Type() != fs.ModeSocket {
		return &Error{ErrNoBus, busVariable + " is not set, and " + bus + " is no socket"}
	}
	return os.Setenv(busVariable, "unix:path="+dbus.EscapeBusAddressValue(bus))
}

// system says what an error of the bus or of the secret service means.
func system(err error) error {
	// Calls give values, and Store gives pointers.
	bus, ok := errors.AsType[dbus.Error](err)
	if p, isPointer := errors.AsType[*dbus.Error](err); isPointer {
		bus, ok = *p, true
	}
	switch {
	case ok && (bus.Name == "org.freedesktop.DBus.Error.ServiceUnknown" || bus.Name == "org.freedesktop.DBus.Error.NameHasNoOwner"):
		return &Error{Err: ErrNoService}
	case ok && bus.Name == "org.freedesktop.Secret.Error.IsLocked":
		return &Error{Err: ErrLocked}
	case ok: // its words are the service's, and could be anything
		return &Error{Err: errors.New("the session bus answered " + bus.Name)}
	case strings.HasPrefix(err.Error(), "failed to unlock"): // the library has no value for it
		return &Error{Err: ErrLocked}
	case isType[*os.SyscallError](err) || isType[*fs.PathError](err) || strings.HasPrefix(err.Error(), "dial "):
		return &Error{ErrNoBus, "the one that " + busVariable + " names does not answer"}
	}
	return &Error{Err: err}
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}
