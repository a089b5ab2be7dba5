package testkeys

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSSHD(t *testing.T) {
	w := NewWorld(t)
	if w == nil {
		return
	}
	s := w.StartSSHD(t)
	dir := filepath.Join(w.Alice.Home, ".ssh")
	list := filepath.Join(dir, "authorized_keys")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if s.Login(t) {
		t.Error("sshd lets alice in without an authorized_keys")
	}
	if err := os.WriteFile(list, s.Public, 0o644); err != nil {
		t.Fatal(err)
	}
	if !s.Login(t) {
		t.Errorf("sshd refuses a good key: %s", s.Log(t))
	}
	// Debian's sshd lets a group write that is the owner's alone; this one is bob's too.
	for name, mode := range map[string]os.FileMode{"for its group": 0o664, "for all": 0o646} {
		if err := os.Chmod(list, mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chown(list, w.Alice.UID, Shared); err != nil {
			t.Fatal(err)
		}
		if s.Login(t) {
			t.Errorf("sshd lets alice in by an authorized_keys that is writable %s", name)
		}
	}
	if want := "bad ownership or modes for file " + list; !strings.Contains(s.Log(t), want) {
		t.Errorf("sshd does not say %q: %s", want, s.Log(t))
	}
}
