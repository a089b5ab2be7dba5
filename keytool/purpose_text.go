package keytool

import (
	"fmt"
	"strings"
)

// Text is something said of a key's purpose in no language yet: its id, and what
// stands in the blanks of its words by their names: a Text, or what fmt.Sprint
// shows. The zero Text says nothing. String says it in English; a program that
// speaks another language has words of its own for each id.
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

// IsZero tells a Text that says nothing.
func (t Text) IsZero() bool { return t.ID == "" }

// String is the text in English.
func (t Text) String() string {
	for _, w := range purposeEnglish {
		if w.id == t.ID {
			return fillBlanks(w.words, t.Values)
		}
	}
	return t.ID
}

// fillBlanks puts values into the blanks of words; one without a value is empty.
func fillBlanks(words string, values map[string]any) string {
	var b strings.Builder
	for {
		before, after, open := strings.Cut(words, "{")
		b.WriteString(before)
		if !open {
			return b.String()
		}
		blank, rest, _ := strings.Cut(after, "}")
		if value := values[blank]; value != nil {
			fmt.Fprint(&b, value)
		}
		words = rest
	}
}

// Text is the purpose in no language; in English it is what String says.
func (p Purpose) Text() Text {
	switch p {
	case Auth:
		return text("purpose.auth")
	case Dataset:
		return text("purpose.dataset")
	case Auth | Dataset:
		return text("purpose.both")
	}
	return text("purpose.unknown")
}

// Text is the confidence in no language; in English it is the constant.
func (c Confidence) Text() Text {
	switch c {
	case Certain:
		return text("purpose.certain")
	case Declared:
		return text("purpose.declared")
	case Likely:
		return text("purpose.likely")
	}
	return text("purpose.unknown")
}

// purposeEnglish is every Text in English.
var purposeEnglish = [...]struct{ id, words string }{
	{"purpose.auth", "auth"},
	{"purpose.dataset", "dataset"},
	{"purpose.both", "both"},
	{"purpose.unknown", "unknown"},
	{"purpose.certain", "certain"},
	{"purpose.declared", "declared"},
	{"purpose.likely", "likely"},
	{"purpose.verbatim", "{text}"},
	{"purpose.standard_input", "standard input"},

	// evidence
	{"purpose.format", "format: {format} is of keys that open data and log in nowhere"},
	{"purpose.name", "name: {claim}, an application's for data of {archive}"},
	{"purpose.config", "use: named in {where}"},
	{"purpose.authorized", "use: it logs in by {where}"},
	{"purpose.place_and_name", "place: in ~/.ssh, under a name that ssh gives its keys"},
	{"purpose.place", "place: in ~/.ssh"},
	{"purpose.beside", "place: beside {file}"},
	{"purpose.register", "register: declared {purpose}{service}{date}{by}"},
	{"purpose.register_service", " for {service}"},
	{"purpose.register_date", " on {date}"},
	{"purpose.register_by", ", known by {file}"},
	{"purpose.comment", "comment: {text} in {where}"},

	// conflicts
	{"purpose.config_of_dataset", "it opens data and logs in nowhere, and ssh is told to log in with it: {config}"},
	{"purpose.wrong_type", "{claim} says that it is for {archive}, which does not take {type} keys for its data sets ({source})"},
	{"purpose.the_register", "the register"},
	{"purpose.the_comment", "the comment {text}"},
	{"purpose.both_uses", "one key both logs in and opens data; a pair for each keeps them apart"},
	{"purpose.dataset_logs_in", "it opens data sets, and is used to log in ({why}); a pair for each keeps them apart"},
	{"purpose.contradicts", "what it is for is said in two ways: {value} ({by}) and {other} ({why})"},
	{"purpose.dataset_to_log_in", "this key opens data sets ({confidence}: {why}); a pair of its own is to log in with"},
	{"purpose.auth_for_dataset", "this key logs in ({confidence}: {why}); a pair of its own is for data sets"},
}
