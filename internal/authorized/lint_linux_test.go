package authorized

import (
	"slices"
	"testing"

	"sshkeys/internal/testkeys"
)

// TestLintAsSSHD: a real sshd lets in exactly with those lists that Lint says nothing of.
func TestLintAsSSHD(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	sshd := w.StartSSHD(t)
	other := testkeys.GenerateKey(t, "/run/other")
	for _, c := range dropping {
		list := []byte(spell(c.list, sshd.Public, other))
		w.Alice.Authorize(t, list)
		if got := sshd.Login(t); got != c.read {
			t.Errorf("%s: sshd reads the key: %v, want %v", c.name, got, c.read)
		}
		checkDrops(t, c.name, list, c.read)
		if !slices.Contains(mends, c.name) {
			continue
		}
		w.Alice.Authorize(t, Fix(list).Data)
		if !sshd.Login(t) {
			t.Errorf("%s: sshd does not read the key after it was mended: %q", c.name, Fix(list).Data)
		}
	}
}
