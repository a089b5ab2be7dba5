package perms

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sshkeys/internal/catalog"
)

var blank = regexp.MustCompile(`\{([a-z]+)\}`)

// TestEnglishIsTheCatalogues: the texts that are said here are those of the
// catalogue, which has them in Japanese too.
func TestEnglishIsTheCatalogues(t *testing.T) {
	here := map[string]bool{}
	for _, w := range english {
		if here[w.id] {
			t.Errorf("%s stands twice", w.id)
		}
		here[w.id] = true
		blanks := map[string]any{}
		for _, b := range blank.FindAllStringSubmatch(w.text, -1) {
			blanks[b[1]] = b[0]
		}
		if got := catalog.English.Say(catalog.Text{ID: w.id, Values: blanks}); got != w.text {
			t.Errorf("%s is %q in the catalogue, %q here", w.id, got, w.text)
		}
		if got := (Text{w.id, blanks}).String(); got != w.text {
			t.Errorf("%s says %q, want %q", w.id, got, w.text)
		}
	}
	for _, id := range catalog.IDs() {
		if strings.HasPrefix(id, "perms.") && !here[id] {
			t.Errorf("%s is in the catalogue only", id)
		}
	}
}

// TestEveryTextIsSaid: each text of the table is made somewhere, and each that is
// made is in the table.
func TestEveryTextIsSaid(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	made := map[string]bool{}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") || name == "words.go" {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, id := range regexp.MustCompile(`"(perms\.[a-z_]+)"`).FindAllSubmatch(source, -1) {
			made[string(id[1])] = true
		}
	}
	for _, w := range english {
		if !made[w.id] {
			t.Errorf("%s is said nowhere", w.id)
		}
		delete(made, w.id)
	}
	for id := range made {
		t.Errorf("%s is not in the table", id)
	}
}
