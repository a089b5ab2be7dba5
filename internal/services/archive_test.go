package services

import (
	"testing"

	"sshkeys/keytool"
)

// TestArchivesAgree: keytool's names of archives are those of the profiles.
func TestArchivesAgree(t *testing.T) {
	seen := 0
	for _, p := range All() {
		for _, n := range p.Names {
			if n.Value.Purpose != Dataset {
				continue
			}
			seen++
			if got := keytool.ArchiveOf(n.Value.Example); got != p.ID {
				t.Errorf("%s is %s's name for a key, and taken for %q's", n.Value.Example, p.ID, got)
			}
		}
	}
	if seen == 0 {
		t.Error("no profile names the keys of its data sets")
	}
}
