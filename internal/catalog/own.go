package catalog

// Has tells whether there is such a message.
func Has(id string) bool {
	_, ok := rows()[id]
	return ok
}

// Own are the catalogue's own words in a language: every message and every phrase
// of an error, with nothing in the blanks. Whatever stands in them is nobody's name.
func (l Lang) Own() []string {
	nothing := func(string) string { return "" }
	var all []string
	for _, r := range rows() {
		all = append(all, fill(r.words(l), nothing))
	}
	for _, table := range phrases() {
		for _, p := range table {
			all = append(all, fill(Words{English: p.en, Japanese: p.ja}.in(l), nothing))
		}
	}
	return all
}

func (r row) words(l Lang) string {
	if l == Japanese {
		return r.ja
	}
	return r.en
}

// Rephrase is Phrase with something else in the blanks: show is given what stands
// there. Of a text that is not known, ok is false and the words say nothing.
func Rephrase(english string, show func(value string) string) (w Words, ok bool) {
	for _, table := range phrases() {
		for _, p := range table {
			values, ok := match(p.en, english)
			if !ok {
				continue
			}
			in := func(l Lang) string {
				return fill(Words{English: p.en, Japanese: p.ja}.in(l), func(name string) string {
					if inner, ok := Rephrase(values[name], show); name == "reason" && ok {
						return inner.in(l)
					}
					return show(values[name])
				})
			}
			return Words{English: in(English), Japanese: in(Japanese)}, true
		}
	}
	return nil, false
}
