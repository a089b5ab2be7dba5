// Package keyring keeps passphrases in the system's keyring: the Secret Service
// (gnome-keyring, KWallet, KeePassXC) on Linux, the Keychain on macOS, the
// Credential Manager on Windows. An entry belongs to the service "sshkeys" and to
// the fingerprint of the key that its passphrase opens.
//
// Every call is bounded in time, and no error holds a passphrase. The library
// below wants strings, which cannot be wiped. On macOS it runs /usr/bin/security
// and passes the secret through its standard input, never as an argument.
package keyring

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/zalando/go-keyring"
)

// Service is the name that the entries have in the keyring.
const Service = "sshkeys"

// What can be wrong; in an *Error, but for ErrNotFound, which comes alone.
var (
	ErrNotFound  = errors.New("the keyring has no passphrase for this key")
	ErrNoBus     = errors.New("there is no session bus")
	ErrNoService = errors.New("no secret service (gnome-keyring, KWallet, KeePassXC …) is on the session bus")
	ErrLocked    = errors.New("it is locked, and was not unlocked")
	ErrNoAnswer  = errors.New("it does not answer")
	ErrTooLong   = errors.New("the passphrase is too long for it")
	ErrNotKept   = errors.New("it took the passphrase and did not keep it")
)

// Error is a keyring that cannot be used. Err is one of the above or the system's own.
type Error struct {
	Err    error
	Detail string // e.g. which variable is not set; may be empty
}

func (e *Error) Error() string {
	text := "the keyring cannot be used: " + e.Err.Error()
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	return text
}

func (e *Error) Unwrap() error { return e.Err }

// Keyring is this account's keyring.
type Keyring struct {
	// Wait bounds every call: a locked keyring shows a person its own question, and
	// without a screen nobody ever answers that.
	Wait time.Duration
	// Waiting is called when a call takes longer than Patience; may be nil.
	Waiting  func()
	Patience time.Duration

	env   func(string) string
	calls calls
}

// calls is what the library does.
type calls interface {
	Set(service, user, secret string) error
	Get(service, user string) (string, error)
	Delete(service, user string) error
}

// New makes a Keyring. env reads an environment variable; on Linux
// DBUS_SESSION_BUS_ADDRESS and XDG_RUNTIME_DIR tell where the session bus is.
func New(env func(string) string) *Keyring {
	return &Keyring{Wait: time.Minute, Patience: 2 * time.Second, env: env, calls: library{}}
}

// library is go-keyring: its functions, which choose the system's keyring.
type library struct{}

func (library) Set(service, user, secret string) error   { return keyring.Set(service, user, secret) }
func (library) Get(service, user string) (string, error) { return keyring.Get(service, user) }
func (library) Delete(service, user string) error        { return keyring.Delete(service, user) }

// Check tells what is missing before anything is asked: an *Error, or nil where
// the keyring may answer.
func (k *Keyring) Check() error { return reachable(k.env) }

// Find gets the passphrase of a key by its fingerprint ("SHA256:…"). Errors:
// ErrNotFound, an *Error, or ctx's.
func (k *Keyring) Find(ctx context.Context, fingerprint string) ([]byte, error) {
	var found string
	if err := k.call(ctx, func() (err error) {
		found, err = k.calls.Get(Service, fingerprint)
		return err
	}); err != nil {
		return nil, err
	}
	return []byte(found), nil
}

// Store keeps a key's passphrase in place of the one that is there, and reads it
// back: not every keyring tells that it failed. Errors: an *Error, or ctx's.
func (k *Keyring) Store(ctx context.Context, fingerprint string, passphrase []byte) error {
	secret := string(passphrase)
	err := k.call(ctx, func() error { return k.calls.Set(Service, fingerprint, secret) })
	if err != nil {
		return err
	}
	kept, err := k.Find(ctx, fingerprint)
	defer clear(kept)
	if errors.Is(err, ErrNotFound) || err == nil && subtle.ConstantTimeCompare(kept, passphrase) == 0 {
		return &Error{Err: ErrNotKept}
	}
	return err
}

// Forget removes a key's passphrase. Errors are Find's.
func (k *Keyring) Forget(ctx context.Context, fingerprint string) error {
	return k.call(ctx, func() error { return k.calls.Delete(Service, fingerprint) })
}

// call waits for one call, which cannot be stopped: given up, it ends with the
// program.
func (k *Keyring) call(ctx context.Context, do func() error) error {
	if err := k.Check(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- shielded(do) }()
	limit, patience := time.NewTimer(k.Wait), time.NewTimer(k.Patience)
	defer limit.Stop()
	defer patience.Stop()
	for {
		select {
		case err := <-done:
			return classify(err)
		case <-ctx.Done():
			return ctx.Err()
		case <-limit.C:
			return &Error{ErrNoAnswer, fmt.Sprintf("waited %v; it may be locked and ask where nobody sees it", k.Wait)}
		case <-patience.C:
			if k.Waiting != nil {
				k.Waiting()
			}
		}
	}
}

// errBroken is an answer that the library does not expect, such as a bus that
// goes away while it waits: it panics.
var errBroken = errors.New("its answer was not understood")

func shielded(do func() error) (err error) {
	defer func() {
		if recover() != nil {
			err = errBroken
		}
	}()
	return do()
}

// classify says what an error of the library means.
func classify(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return &Error{ErrTooLong, limits(runtime.GOOS)}
	}
	return system(err)
}

// limits is how long a secret may be, as the library documents it.
func limits(goos string) string {
	switch goos {
	case "windows":
		return "Windows keeps 2560 bytes"
	case "darwin":
		return "macOS keeps about 3000 bytes"
	}
	return ""
}
