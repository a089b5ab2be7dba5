package keyring

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

const fingerprint = "SHA256:uNiVztksCsDhcc0u9e8BrgJXVGDnHZ9rCZ8NPwsRw0c"

func TestRealKeyring(t *testing.T) {
	if !testkeys.InSession(t, testkeys.UnlockedKeyring) {
		return
	}
	k := New(os.Getenv)
	if _, err := k.Find(t.Context(), fingerprint); err != ErrNotFound {
		t.Errorf("an empty keyring: %v, want %v", err, ErrNotFound)
	}
	for _, pass := range []string{"first", " pâss 鍵 \x01", strings.Repeat("long", 1000)} {
		if err := k.Store(t.Context(), fingerprint, []byte(pass)); err != nil {
			t.Fatal(err)
		}
		found, err := k.Find(t.Context(), fingerprint)
		if err != nil || string(found) != pass {
			t.Errorf("found %d bytes, want %d: %v", len(found), len(pass), err)
		}
		out, err := exec.Command("secret-tool", "lookup", "service", Service, "username", fingerprint).Output()
		if err != nil || string(out) != pass {
			t.Errorf("secret-tool found %d bytes, want %d: %v", len(out), len(pass), err)
		}
	}
	if _, err := k.Find(t.Context(), fingerprint+"A"); err != ErrNotFound {
		t.Errorf("another key: %v, want %v", err, ErrNotFound)
	}
	if err := k.Forget(t.Context(), fingerprint); err != nil {
		t.Error(err)
	}
	if err := k.Forget(t.Context(), fingerprint); err != ErrNotFound {
		t.Errorf("forgotten twice: %v, want %v", err, ErrNotFound)
	}
	if out, err := exec.Command("secret-tool", "lookup", "service", Service, "username", fingerprint).Output(); err == nil {
		t.Errorf("secret-tool still finds %d bytes", len(out))
	}
}

func TestPeerStored(t *testing.T) {
	if !testkeys.InSession(t, testkeys.UnlockedKeyring) {
		return
	}
	store := exec.Command("secret-tool", "store", "--label=a key", "service", Service, "username", fingerprint)
	store.Stdin = strings.NewReader("pâss 鍵")
	if out, err := store.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	found, err := New(os.Getenv).Find(t.Context(), fingerprint)
	if err != nil || !bytes.Equal(found, []byte("pâss 鍵")) {
		t.Errorf("found %d bytes: %v", len(found), err)
	}
}

func TestLockedKeyring(t *testing.T) {
	if !testkeys.InSession(t, testkeys.LockedKeyring) {
		return
	}
	wantEvery(t, New(os.Getenv), ErrLocked, "it is locked")
}

func TestNoSecretService(t *testing.T) {
	if !testkeys.InSession(t, testkeys.NoKeyring) {
		return
	}
	wantEvery(t, New(os.Getenv), ErrNoService, "gnome-keyring")
}

// wantEvery holds every call to one error, and the error to naming what is missing.
func wantEvery(t *testing.T, k *Keyring, want error, naming string) {
	t.Helper()
	const secret = "a secret that shows nowhere"
	_, find := k.Find(t.Context(), fingerprint)
	for name, err := range map[string]error{
		"Find":   find,
		"Store":  k.Store(t.Context(), fingerprint, []byte(secret)),
		"Forget": k.Forget(t.Context(), fingerprint),
	} {
		e, ok := errors.AsType[*Error](err)
		if !ok || e.Err != want || !strings.Contains(err.Error(), naming) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %v with %q", name, err, want, naming)
		}
	}
}

// TestNoBus: neither variable, a folder without a socket, something that is none,
// an address that nothing answers at.
func TestNoBus(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, address, runtime, naming string
		file                           bool
	}{
		{name: "nothing set", naming: "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set"},
		{name: "autolaunch", address: "autolaunch:", naming: "neither"},
		{name: "no socket", runtime: dir, naming: dir + "/bus is no socket"},
		{name: "a file", runtime: dir, file: true, naming: dir + "/bus is no socket"},
		{name: "dead", address: "unix:path=" + dir + "/dead", naming: "does not answer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.file {
				if err := os.WriteFile(dir+"/bus", nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv(busVariable, c.address)
			t.Setenv("XDG_RUNTIME_DIR", c.runtime)
			wantEvery(t, New(os.Getenv), ErrNoBus, c.naming)
		})
	}
}

// TestBusOfRuntimeFolder: without the variable, the socket in XDG_RUNTIME_DIR is the bus.
func TestBusOfRuntimeFolder(t *testing.T) {
	if !testkeys.InSession(t, testkeys.UnlockedKeyring) {
		return
	}
	socket, _, _ := strings.Cut(strings.TrimPrefix(os.Getenv(busVariable), "unix:path="), ",")
	if err := os.Symlink(socket, os.Getenv("XDG_RUNTIME_DIR")+"/bus"); err != nil {
		t.Fatal(err)
	}
	t.Setenv(busVariable, "")
	k := New(os.Getenv)
	if err := k.Store(t.Context(), fingerprint, []byte("secret")); err != nil {
		t.Fatal(err)
	}
	if found, err := k.Find(t.Context(), fingerprint); err != nil || string(found) != "secret" {
		t.Errorf("found %d bytes: %v", len(found), err)
	}
}
