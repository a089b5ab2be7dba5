package main

import (
	"path/filepath"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// TestVerifyEveryPair holds verify to every private golden beside every key's
// .pub: exit 0 for its own, 1 for each other, with both fingerprints.
func TestVerifyEveryPair(t *testing.T) {
	goldens := testkeys.Goldens(t)
	publics := map[string]testkeys.Golden{}
	for _, g := range goldens {
		if g.Name == "openssh.pub" {
			publics[g.Key] = g
		}
	}
	pairs := 0
	for _, g := range goldens {
		if !g.Private || g.Encrypted() {
			continue
		}
		for key, public := range publics {
			code, stdout, stderr := inProcess(t, "verify", g.Path, public.Path)
			want := exitNo
			if key == g.Key {
				want = exitOK
			}
			pairs++
			if code != want || stderr != "" || !strings.Contains(stdout, public.Facts.SHA256) || !strings.Contains(stdout, g.Facts.SHA256) {
				t.Errorf("%s %s beside %s: exit code %d, want %d\n%s%s", g.Key, filepath.Base(g.Path), key, code, want, stdout, stderr)
			}
		}
	}
	if pairs < 500 {
		t.Errorf("only %d pairs", pairs)
	}
}
