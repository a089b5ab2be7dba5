// Package catalog has the words of every message, in English and in Japanese.
// Checks name a message and fill its blanks; only here is it said in a language.
package catalog

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// Lang is a language that the catalogue speaks.
type Lang string

const (
	English  Lang = "en"
	Japanese Lang = "ja"
)

// Text is a message that is not yet in any language: its id, and what stands in
// the blanks of its words by their names. A value that is a Text, or a list of
// them, is said in the same language, and so are Words; a list of strings is
// joined as the language does. All else is shown as fmt.Sprint shows it.
// The zero Text says nothing.
type Text struct {
	ID     string
	Values map[string]any
}

// T makes a Text of an id and pairs of blank and value: T("K08.missing", "file", name).
func T(id string, pairs ...any) Text {
	t := Text{ID: id}
	if len(pairs) > 0 {
		t.Values = make(map[string]any, len(pairs)/2)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		t.Values[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return t
}

// IsZero tells a Text that says nothing.
func (t Text) IsZero() bool { return t.ID == "" }

// Say puts a text into words. Of an id that is not in the catalogue it says the
// id; a test holds the module to having none.
func (l Lang) Say(t Text) string {
	if t.IsZero() {
		return ""
	}
	r, ok := rows()[t.ID]
	if !ok {
		return t.ID
	}
	words := r.en
	if l == Japanese {
		words = r.ja
	}
	return fill(words, func(name string) string { return l.value(t.Values[name]) })
}

func (l Lang) value(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case Text:
		return l.Say(v)
	case Words:
		return v.in(l)
	case []string:
		return l.List(v)
	case []Text:
		var said []string
		for _, t := range v {
			said = append(said, l.Say(t))
		}
		return l.List(said)
	}
	return fmt.Sprint(v)
}

// List joins names as the language does.
func (l Lang) List(names []string) string {
	if l == Japanese {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// fill replaces each {name} of a template. Braces of anything else stay. Where a
// value brings Japanese and Latin letters together, a space keeps them apart, as it
// does in the templates; none stands around a value in Japanese.
func fill(words string, value func(name string) string) string {
	said, last := "", "" // last is the value that it ends with
	for {
		before, rest, open := strings.Cut(words, "{")
		name, after, closed := strings.Cut(rest, "}")
		if last != "" {
			said = attach(said, before, allKana(last))
		} else {
			said += before
		}
		switch last = ""; {
		case !open:
			return said
		case closed && isName(name):
			last = value(name)
			said = attach(said, last, allKana(last))
			words = after
		default:
			said += "{"
			words = rest
		}
	}
}

// attach puts a part behind a text, close up where both are Japanese and so is to be.
func attach(text, part string, near bool) string {
	ends, begins := strings.TrimSuffix(text, " "), strings.TrimPrefix(part, " ")
	last, _ := utf8.DecodeLastRuneInString(ends)
	first, _ := utf8.DecodeRuneInString(begins)
	if near && isKana(last) && isKana(first) {
		return ends + begins
	}
	return text + joint(text, part) + part
}

// allKana tells a value that has letters of Japanese only: no name of a file or host.
func allKana(value string) bool {
	return strings.IndexFunc(value, func(r rune) bool { return !isKana(r) }) < 0
}

// joint is what stands between two parts of a text: a space where Japanese meets a
// Latin letter or a digit.
func joint(before, after string) string {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	if isKana(last) && isLatin(first) || isLatin(last) && isKana(first) {
		return " "
	}
	return ""
}

// isKana tells the letters of Japanese; Unicode has the long vowel mark in no script.
func isKana(r rune) bool {
	return r == 'ー' || unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
}

func isLatin(r rune) bool {
	return '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z'
}

func isName(s string) bool {
	return s != "" && strings.IndexFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }) < 0
}

// row is one message: its id, and its words in each language.
type row struct{ id, en, ja string }

// rows are all messages by id. The tables stand in words_*.go, one for each area.
var rows = sync.OnceValue(func() map[string]row {
	all := map[string]row{}
	for _, table := range tables() {
		for _, r := range table {
			all[r.id] = r
		}
	}
	return all
})

func tables() [][]row {
	return [][]row{
		keyWords[:],
		checkWords[:],
		configWords[:],
		hostWords[:],
		doctorWords[:],
		errorWords[:],
		permsWords[:],
		serviceWords[:],
		purposeWords[:],
		inspectWords[:],
		servicePageWords[:],
		fixpermsWords[:],
		reportWords[:],
		logWords[:],
		probeWords[:],
		lintWords[:],
		passphraseWords[:],
		repairWords[:],
		damageWords[:],
	}
}

// IDs are the messages there are, in order.
func IDs() []string {
	var ids []string
	for id := range rows() {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
