package catalog

import "strings"

// Words is a text that comes in its languages already, as the facts of a service
// do. What is not there in a language is said in English.
type Words map[Lang]string

func (w Words) in(l Lang) string {
	if said, ok := w[l]; ok {
		return said
	}
	return w[English]
}

// phrase is a text that a package below puts into its errors, which are in
// English: it is known by its words. What differs stands in blanks; what stands
// in {reason} is a phrase of its own.
type phrase struct{ en, ja string }

// Phrase gives a text of an error both languages. Of several phrases that fit, the
// one with the most words of its own is meant. Where nobody translated it, it is in
// English alone, and ok is false.
func Phrase(english string) (w Words, ok bool) {
	var best phrase
	var blanks map[string]string
	for _, table := range phrases() {
		for _, p := range table {
			if values, fits := match(p.en, english); fits && (!ok || p.own(values) > best.own(blanks)) {
				best, blanks, ok = p, values, true
			}
		}
	}
	w = Words{English: english}
	if ok {
		w[Japanese] = fill(best.ja, func(name string) string { return phraseValue(name, blanks[name]) })
	}
	return w, ok
}

func phraseValue(name, value string) string {
	if name == "reason" {
		inner, _ := Phrase(value)
		return inner.in(Japanese)
	}
	return value
}

// own counts the letters of a phrase beside its blanks.
func (p phrase) own(blanks map[string]string) int {
	n := len(p.en)
	for name := range blanks {
		n -= len("{}") + len(name)
	}
	return n
}

// match finds what stands in the blanks of a template; a blank is as short as it
// can be, and never empty.
func match(template, text string) (values map[string]string, ok bool) {
	before, rest, open := strings.Cut(template, "{")
	if !open {
		return nil, template == text
	}
	text, ok = strings.CutPrefix(text, before)
	if !ok {
		return nil, false
	}
	name, after, _ := strings.Cut(rest, "}")
	for end := 1; end <= len(text); end++ {
		if values, ok = match(after, text[end:]); ok {
			if values == nil {
				values = map[string]string{}
			}
			values[name] = text[:end]
			return values, true
		}
	}
	return nil, false
}

// phrases stand in words_*.go.
func phrases() [][]phrase {
	return [][]phrase{
		reasonPhrases[:],
		commandPhrases[:],
		noticePhrases[:],
		damagePhrases[:],
		lintPhrases[:],
	}
}
