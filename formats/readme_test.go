package formats

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// readmeTable is the README's table of formats, made from the code's.
func readmeTable() string {
	var b strings.Builder
	b.WriteString("| id | format | holds | read | written | passphrase | specification |\n|---|---|---|---|---|---|---|\n")
	holds := map[Holds]string{HoldsPrivate: "private", HoldsPublic: "public", HoldsList: "list"}
	for _, f := range All() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", f.ID, f.Title, holds[f.Holds],
			yes(f.Reads()), yes(f.Writes()), yes(f.Encrypts), f.Source)
	}
	return b.String()
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "–"
}

func TestReadmeTable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if want := readmeTable(); !strings.Contains(string(readme), want) {
		t.Errorf("README.md's table of formats should be\n%s", want)
	}
}
