package services

import (
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
)

// Words gives a text of a profile the form of all others. What was not written in
// Japanese, as in a file of the user's own, is said in English.
func (w Words) Words() catalog.Words {
	words := catalog.Words{catalog.English: w.En}
	if w.Ja != "" {
		words[catalog.Japanese] = w.Ja
	}
	return words
}

// Named is what people call the service.
func (p *Profile) Named() catalog.Words { return Words{p.Title, p.TitleJa}.Words() }

// Short is its name within a sentence: the title up to the first comma, colon or
// bracket.
func (p *Profile) Short() catalog.Words {
	short := func(title string) string {
		if i := strings.IndexAny(title, ",:(：（"); i > 0 {
			title = title[:i]
		}
		return strings.TrimSpace(title)
	}
	return Words{short(p.Title), short(p.TitleJa)}.Words()
}

// What is what the server is for.
func (h Host) What() catalog.Words { return Words{h.For, h.ForJa}.Words() }

// said is a text of a profile, zero where it has none.
func said(en, ja string) catalog.Text {
	if en == "" {
		return catalog.Text{}
	}
	return catalog.T("service.said", "words", Words{en, ja}.Words())
}

// Because is what a fact says in place of the general reason.
func (f *Fact[T]) Because() catalog.Text { return said(f.Why, f.WhyJa) }

func (r *Role) otherFormat() catalog.Text { return said(r.OtherFormat, r.OtherFormatJa) }

// first is the first text that says something.
func first(texts ...catalog.Text) catalog.Text {
	for _, t := range texts {
		if !t.IsZero() {
			return t
		}
	}
	return catalog.Text{}
}

// title is what people call a format.
func title(id formats.ID) catalog.Words {
	words, _ := catalog.Phrase(id.Title())
	return words
}
