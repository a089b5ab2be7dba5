package services

import (
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"sshkeys/internal/catalog"
)

// TestBothLanguages counts the texts of the profiles that are built in: each is
// there in English and in Japanese.
func TestBothLanguages(t *testing.T) {
	count := 0
	for _, p := range All() {
		texts(reflect.ValueOf(p), func(field, en, ja string) {
			count++
			if en == "" || strings.IndexFunc(ja, isJapanese) < 0 {
				t.Errorf("%s: %s: %q is in one language only: %q", p.ID, field, en, ja)
			}
		})
		for _, h := range p.Hosts {
			if h.Value.ForJa == "" && strings.Contains(h.Value.For, " ") {
				t.Errorf("%s: %q is in English only", p.ID, h.Value.For)
			}
		}
		if p.TitleJa == "" && regexp.MustCompile(` (and|the|before|where|of) `).MatchString(p.Title) {
			t.Errorf("%s: %q is in English only", p.ID, p.Title)
		}
	}
	if count < 150 {
		t.Errorf("only %d texts were found", count)
	}
}

// TestPolite: Japanese sentences end as the catalogue's do, and not in the plain form.
func TestPolite(t *testing.T) {
	plain := regexp.MustCompile(`(?:する|いる|れる|ける|める|える|ある|きる|かる|なる|った|[^まで]した|ない|だ)(?:。|$)|。$`)
	for _, p := range All() {
		texts(reflect.ValueOf(p), func(field, _, ja string) {
			if plain.MatchString(ja) {
				t.Errorf("%s: %s: %s", p.ID, field, ja)
			}
		})
	}
}

// TestShort: within a sentence a service goes by the first part of its title.
func TestShort(t *testing.T) {
	for id, want := range map[string][2]string{
		"ddbj": {"DDBJ Account", "DDBJ アカウント"},
		"dra":  {"D-way", "D-way"},
		"jga":  {"JGA", "JGA"},
		"agd":  {"AGD", "AGD"},
		"nig":  {"NIG supercomputer", "遺伝研スパコン 一般解析区画"},
	} {
		short := catalog.T("service.said", "words", Lookup(id).Short())
		if en, ja := catalog.English.Say(short), catalog.Japanese.Say(short); en != want[0] || ja != want[1] {
			t.Errorf("%s: %q and %q, want %q", id, en, ja, want)
		}
	}
	for _, p := range All() {
		if p.Short()[catalog.English] == "" {
			t.Errorf("%s has no short name", p.ID)
		}
	}
}

func isJapanese(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }

// texts goes through everything that is said in two languages: Words, and pairs of
// a field and the one named after it with Ja. What may be a name is not asked.
func texts(v reflect.Value, yield func(field, en, ja string)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			texts(v.Elem(), yield)
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), yield)
		}
	case reflect.Struct:
		if w, ok := v.Interface().(Words); ok {
			yield("words", w.En, w.Ja)
			return
		}
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			ja := v.FieldByName(name + "Ja")
			if ja.IsValid() && name != "Title" && name != "For" && v.Field(i).String()+ja.String() != "" {
				yield(name, v.Field(i).String(), ja.String())
			}
			texts(v.Field(i), yield)
		}
	}
}

// TestOwnFileInEnglish: what a file of the user's own says in one language is said
// in both.
func TestOwnFileInEnglish(t *testing.T) {
	f := Fact[bool]{Why: "it is so"}
	if en, ja := catalog.English.Say(f.Because()), catalog.Japanese.Say(f.Because()); en != "it is so" || ja != en {
		t.Errorf("got %q and %q", en, ja)
	}
	f.WhyJa = "そうです"
	if en, ja := catalog.English.Say(f.Because()), catalog.Japanese.Say(f.Because()); en != "it is so" || ja != "そうです" {
		t.Errorf("got %q and %q", en, ja)
	}
}
