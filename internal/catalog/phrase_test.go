package catalog

import (
	"slices"
	"strings"
	"testing"
)

// TestPhrases: each has Japanese with the same blanks, and is the one that its own
// words find.
func TestPhrases(t *testing.T) {
	seen := map[string]bool{}
	for _, table := range phrases() {
		for _, p := range table {
			if seen[p.en] {
				t.Errorf("%q stands twice", p.en)
			}
			seen[p.en] = true
			en, ja := blanks.FindAllString(p.en, -1), blanks.FindAllString(p.ja, -1)
			slices.Sort(en)
			slices.Sort(ja)
			if p.ja == "" || !slices.Equal(en, ja) {
				t.Errorf("%q: blanks %v in English, %v in Japanese %q", p.en, en, ja, p.ja)
			}
			if strings.IndexFunc(blanks.ReplaceAllString(p.ja, ""), isKana) < 0 {
				t.Errorf("%q: its Japanese is none: %q", p.en, p.ja)
			}
			sample := func(words string) string {
				return fill(words, func(name string) string { return "<" + name + ">" })
			}
			if w, ok := Phrase(sample(p.en)); !ok || w[Japanese] != sample(p.ja) || w[English] != sample(p.en) {
				t.Errorf("%q is said %q", p.en, w[Japanese])
			}
		}
	}
}

func TestPhrase(t *testing.T) {
	for _, c := range []struct{ en, ja string }{
		{"nobody translated this", ""},
		{"", ""},
		{" bytes, should be 4", ""},
		{"3 bytes, should be 4", "3 バイトあります。正しくは 4 バイトです"},
		{"PuTTY private key (PPK 3)", "PuTTY 形式の秘密鍵 (PPK 3)"},
		{"its format is OpenSSH public key, and a single key is wanted", "OpenSSH 形式の公開鍵ですが、ここでは 1 つの鍵が必要です"},
		{"its format is header, and a single key is wanted", "ヘッダーですが、ここでは 1 つの鍵が必要です"},
		{"header exists already", "header はすでにあります"}, // a name is no phrase
	} {
		w, ok := Phrase(c.en)
		if ok != (c.ja != "") || w.in(English) != c.en || ok && w.in(Japanese) != c.ja || !ok && w.in(Japanese) != c.en {
			t.Errorf("%q: %v, %v", c.en, w, ok)
		}
	}
}

func TestWords(t *testing.T) {
	w := Words{English: "so", Japanese: ""}
	text := T("error.other", "message", w)
	if en, ja := English.Say(text), Japanese.Say(text); en != "so" || ja != "エラーが起きました: " {
		t.Errorf("got %q and %q", en, ja)
	}
}
