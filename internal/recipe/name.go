package recipe

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"sshkeys/formats"
	"sshkeys/internal/services"
)

// NameError: the key needs a name that only its owner knows.
type NameError struct {
	// Rule is the service's, nil where there is none.
	Rule *services.Fact[services.Name]
}

func (e *NameError) Error() string {
	text := "name the key: that of a data set is called after what it opens"
	if e.Rule != nil {
		text += fmt.Sprintf(", as %s (%s)", e.Rule.Value.Example, e.Rule.Source)
	}
	return text
}

func (s *settling) settleName() error {
	rule, fits := s.namingRule(s.Name)
	switch {
	case s.Name == "" && s.recipe.Purpose == services.Dataset:
		return &NameError{rule}
	case s.Name == "":
		s.Name = s.usualName(rule)
	case !fits:
		s.recipe.Naming = rule
	}
	s.recipe.Name = withEnding(s.Name, s.recipe.Private)
	return nil
}

// namingRule is the service's rule for file names; fits tells whether the name,
// without the ending of its format, keeps to it.
func (s *settling) namingRule(name string) (rule *services.Fact[services.Name], fits bool) {
	if s.Service == nil {
		return nil, true
	}
	return s.Service.NameFact(stem(name, s.recipe.Private), s.recipe.Purpose)
}

// usualName is what ssh calls a key of the type, or what the service does.
func (s *settling) usualName(rule *services.Fact[services.Name]) string {
	const example = "ed25519" // the type that examples are of
	kind := services.TypeName(s.key.Algorithm())
	if rule == nil {
		return "id_" + kind
	}
	name := strings.Replace(rule.Value.Example, example, kind, 1)
	if _, fits := s.namingRule(name); fits {
		return name
	}
	return rule.Value.Example
}

// settleComment: of a data set's key it says what the key is for, in clear words,
// so that the public half can be told from one to log in with.
func (s *settling) settleComment() {
	r := &s.recipe
	switch {
	case s.Comment != nil:
		r.Comment = *s.Comment
	case r.Purpose == services.Dataset:
		service := "dataset"
		if s.Service != nil {
			service = s.Service.ID
		}
		r.Comment = fmt.Sprintf("%s:%s:%s", service, oneWord(stem(s.Name, r.Private)), s.Date)
	case s.Service != nil && s.Service.Comment != nil:
		r.Comment = s.Service.CommentFor(s.User, s.Date)
	default:
		r.Comment = cmp.Or(s.User, "user") + "@" + cmp.Or(s.Host, "localhost")
	}
}

// oneWord keeps a name from taking the comment apart.
func oneWord(name string) string {
	return strings.Map(func(c rune) rune {
		if c == ':' || unicode.IsSpace(c) {
			return '_'
		}
		return c
	}, name)
}

// ending is what programs find a format's files by. PEM has none: ssh-keygen's
// keys have no ending, whatever is in them.
func ending(id formats.ID) string {
	f := formats.Lookup(id)
	if f == nil || f.Ending == ".pem" {
		return ""
	}
	return f.Ending
}

func withEnding(name string, id formats.ID) string { return stem(name, id) + ending(id) }

func stem(name string, id formats.ID) string { return strings.TrimSuffix(name, ending(id)) }

// PublicName is where the public half goes beside a private key: key.pub beside
// key, key.ppk and key.pem; key.sec.pub beside a Crypt4GH key.sec.
func PublicName(private string, id formats.ID) string {
	f, beside := formats.Lookup(id), formats.Lookup(formats.PublicBeside(id))
	base, found := strings.CutSuffix(private, f.Ending)
	if f.Ending == "" || !found || base == "" || strings.HasSuffix(base, "/") || strings.HasSuffix(base, `\`) {
		return private + ".pub"
	}
	return base + beside.Ending
}
