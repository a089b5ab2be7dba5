package testkeys

import (
	"strings"
	"testing"
)

// TestGoldens holds the set together: every folder is loaded, every shape of the
// table is there at least once, and the passphrase has the letters that matter.
func TestGoldens(t *testing.T) {
	missing := shapes()
	keys := map[string]bool{}
	for _, g := range Goldens(t) {
		delete(missing, g.Name)
		keys[g.Key] = true
		if len(g.Data) == 0 {
			t.Errorf("%s is empty", g)
		}
		if g.Encrypted() && len(g.Passphrase) == 0 {
			t.Errorf("%s has no passphrase", g)
		}
	}
	for name := range missing {
		t.Errorf("no golden file is named %s", name)
	}
	for _, key := range strings.Fields("rsa1024 rsa2048 rsa3072 rsa-aligned dsa1024 ecdsa256 ecdsa384 ecdsa521 ecdsa256-leadingzero " +
		"ed25519 ed25519-leadingzero ed448 mldsa44-ed25519 mldsa44-ed25519-enc mldsa44-ed25519-gcm " +
		"x25519 x25519-age") {
		if !keys[key] {
			t.Errorf("no golden folder %s", key)
		}
	}
	if got := string(Passphrase(t)); got != "pâss 鍵" {
		t.Errorf("the passphrase has %d bytes, want those of pâss 鍵", len(got))
	}
	if len(Lists(t)) != 3 || len(Unsupported(t)) < 10 {
		t.Errorf("%d lists, %d unsupported files", len(Lists(t)), len(Unsupported(t)))
	}
}

func TestFind(t *testing.T) {
	g := Find(t, "rsa-aligned", "ppk3")
	if g.Facts.Bits != 1120 || g.Format != "ppk3" || !g.Private {
		t.Errorf("%s: %+v", g, g.Facts)
	}
}
