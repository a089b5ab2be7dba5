package keytool

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"sshkeys/internal/catalog"
)

var blank = regexp.MustCompile(`\{([a-z]+)\}`)

// TestEnglishIsTheCatalogues: the texts that are said here are those of the
// catalogue, which has them in Japanese too; and each is said.
func TestEnglishIsTheCatalogues(t *testing.T) {
	var source []byte
	for _, name := range []string{"purpose.go", "purpose_text.go"} {
		part, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source = append(source, part...)
	}
	here := map[string]bool{}
	for _, w := range purposeEnglish {
		if here[w.id] {
			t.Errorf("%s stands twice", w.id)
		}
		here[w.id] = true
		blanks := map[string]any{}
		for _, b := range blank.FindAllStringSubmatch(w.words, -1) {
			blanks[b[1]] = b[0]
		}
		if got := catalog.English.Say(catalog.Text{ID: w.id, Values: blanks}); got != w.words {
			t.Errorf("%s is %q in the catalogue, %q here", w.id, got, w.words)
		}
		if got := (Text{w.id, blanks}).String(); got != w.words {
			t.Errorf("%s says %q, want %q", w.id, got, w.words)
		}
		if n := strings.Count(string(source), `"`+w.id+`"`); n < 2 {
			t.Errorf("%s is said nowhere", w.id)
		}
	}
	for _, id := range catalog.IDs() {
		if strings.HasPrefix(id, "purpose.") && !here[id] {
			t.Errorf("%s is in the catalogue only", id)
		}
	}
}

func TestTextsArePurposesWords(t *testing.T) {
	for _, p := range []Purpose{0, Auth, Dataset, Auth | Dataset} {
		if p.Text().String() != p.String() {
			t.Errorf("%s is %q", p, p.Text())
		}
	}
	for _, c := range []Confidence{Certain, Declared, Likely, NoneConfidence} {
		if c.Text().String() != string(c) {
			t.Errorf("%s is %q", c, c.Text())
		}
	}
	facts := PurposeFacts{Registered: &Registration{Purpose: Dataset, Service: "jga", Date: "2026-01-02", By: "k.pub"}, Configs: []string{"config"}}
	v := JudgePurpose(facts)
	for _, c := range [][2]string{
		{v.Evidence[0], "register: declared dataset for jga on 2026-01-02, known by k.pub"},
		{v.Texts[0].String(), v.Evidence[0]},
		{v.Conflicts[0].Message, "it opens data sets, and is used to log in (use: named in config); a pair for each keeps them apart"},
		{v.CrossUse(Auth).String(), "this key opens data sets (declared: " + v.Evidence[0] + "); a pair of its own is to log in with"},
	} {
		if c[0] != c[1] {
			t.Errorf("got  %q\nwant %q", c[0], c[1])
		}
	}
}
