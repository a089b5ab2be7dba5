package perms

import (
	"fmt"
	"strings"
)

// Text is something said of a file in no language yet: its id, and what stands in
// the blanks of its words by their names: a Text, or what fmt.Sprint shows. The
// zero Text says nothing. String says it in English; a program that speaks another
// language has words of its own for each id.
type Text struct {
	ID     string
	Values map[string]any
}

// text makes a Text of an id and pairs of blank and value.
func text(id string, pairs ...any) Text {
	t := Text{ID: id, Values: map[string]any{}}
	for i := 0; i+1 < len(pairs); i += 2 {
		t.Values[pairs[i].(string)] = pairs[i+1]
	}
	return t
}

// verbatim is a text of what has one name in every language.
func verbatim(s string) Text { return text("perms.name", "name", s) }

// series makes one text of several, of which id joins {first} and {rest}.
func series(id string, texts []Text) Text {
	if len(texts) == 0 {
		return Text{}
	}
	all := texts[len(texts)-1]
	for i := len(texts) - 2; i >= 0; i-- {
		all = text(id, "first", texts[i], "rest", all)
	}
	return all
}

// String is the text in English.
func (t Text) String() string {
	for _, w := range english {
		if w.id == t.ID {
			return w.fill(t.Values)
		}
	}
	return t.ID
}

// words are what an id says; blanks stand in braces.
type words struct{ id, text string }

// fill puts values into the blanks; one without a value is empty.
func (w words) fill(values map[string]any) string {
	var b strings.Builder
	for rest := w.text; ; {
		before, after, open := strings.Cut(rest, "{")
		b.WriteString(before)
		if !open {
			return b.String()
		}
		blank, end, _ := strings.Cut(after, "}")
		if value := values[blank]; value != nil {
			fmt.Fprint(&b, value)
		}
		rest = end
	}
}

// say puts findings into words.
func say(found []Finding) []Finding {
	for i := range found {
		found[i].Message = found[i].Text.String()
	}
	return found
}
