package services

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io"
	"iter"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"sshkeys/formats"
	"sshkeys/internal/userdirs"
)

//go:embed profiles/*.yaml
var files embed.FS

// MaxFile bounds a file of the user's own, in bytes.
const MaxFile = 1 << 20

// Catalogue is the profiles of one run: those built in, and the user's own.
type Catalogue struct{ profiles []*Profile }

// The embedded profiles are parsed when they are first asked for, and never
// change. Those that every inspect needs are a file of their own.
var (
	everyday = sync.OnceValue(func() []*Profile { return embedded("everyday.yaml") })
	builtin  = sync.OnceValue(func() *Catalogue {
		c := &Catalogue{everyday()}
		entries, err := files.ReadDir("profiles")
		if err != nil {
			panic(err)
		}
		for _, entry := range entries {
			if entry.Name() != "everyday.yaml" {
				c = &Catalogue{append(slices.Clone(c.profiles), embedded(entry.Name())...)}
			}
		}
		return c
	})
)

// embedded decodes one of our own files. The tests hold them to what is checked
// of a user's, so that a broken one never ships.
func embedded(name string) []*Profile {
	data, err := files.ReadFile("profiles/" + name)
	if err == nil {
		var profiles []*Profile
		if profiles, err = decode(name, data); err == nil {
			return profiles
		}
	}
	panic(err)
}

// Builtin is the catalogue without a file of the user's own.
func Builtin() *Catalogue { return builtin() }

// Lookup finds a built-in profile by its name or an alias; nil where there is none.
func Lookup(name string) *Profile { return Builtin().Lookup(name) }

// All are the built-in profiles by name. They must not be modified.
func All() []*Profile { return Builtin().All() }

// Lookup finds a profile by its name or an alias; nil where there is none.
func (c *Catalogue) Lookup(name string) *Profile {
	for _, p := range c.profiles {
		if p.Called(name) {
			return p
		}
	}
	return nil
}

// All are the profiles by name. They must not be modified.
func (c *Catalogue) All() []*Profile {
	return slices.SortedFunc(slices.Values(c.profiles), func(a, b *Profile) int { return strings.Compare(a.ID, b.ID) })
}

// FileError: a file of services cannot be used. Line is 1-based, 0 where lines
// mean nothing.
type FileError struct {
	File   string
	Line   int
	Reason string
}

func (e *FileError) Error() string {
	if e.Line == 0 {
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s: line %d: %s", e.File, e.Line, e.Reason)
}

// With adds the services of a file to the catalogue, all or none. A name or an
// alias that is taken is an error: nothing built in is replaced. The error is a
// *FileError.
func (c *Catalogue) With(file string, data []byte) (*Catalogue, error) {
	if len(data) > MaxFile {
		return c, &FileError{file, 0, fmt.Sprintf("longer than %d bytes", MaxFile)}
	}
	added, err := parse(file, data)
	if err != nil {
		return c, err
	}
	all := &Catalogue{slices.Clone(c.profiles)}
	for _, p := range added {
		for _, name := range append([]string{p.ID}, p.Aliases...) {
			if known := all.Lookup(name); known != nil {
				return c, &FileError{file, lineOf(data, name), fmt.Sprintf("the name %q is taken by %s (%s); choose another", name, known.ID, known.Title)}
			}
		}
		all.profiles = append(all.profiles, p)
	}
	return all, nil
}

// Path is where the user's own file is: services.yaml in userdirs.Config; "" where
// no folder is known.
func Path(goos, home string, env func(string) string) string {
	dir := userdirs.Config(goos, home, env)
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "services.yaml")
}

// decode reads the YAML of one file of services. Fields nobody knows are errors.
func decode(file string, data []byte) ([]*Profile, error) {
	var list struct {
		Services []*Profile `yaml:"services"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, yamlError(file, err)
	} else if err == nil && !errors.Is(dec.Decode(new(any)), io.EOF) {
		return nil, &FileError{file, 0, "one YAML document is wanted, with a list named services"}
	}
	return list.Services, nil
}

// parse decodes a file and holds its services to the rules.
func parse(file string, data []byte) ([]*Profile, error) {
	list, err := decode(file, data)
	if err != nil {
		return nil, err
	}
	for i, p := range list {
		if p == nil {
			return nil, &FileError{file, 0, fmt.Sprintf("service %d is empty", i+1)}
		}
		if err := p.check(); err != nil {
			return nil, &FileError{file, lineOf(data, p.ID), fmt.Sprintf("service %q: %v", p.ID, err)}
		}
		if slices.ContainsFunc(list[:i], func(o *Profile) bool { return o.Called(p.ID) || p.Called(o.ID) }) {
			return nil, &FileError{file, lineOf(data, p.ID), fmt.Sprintf("service %q is there twice", p.ID)}
		}
	}
	return list, nil
}

// yamlError takes the first complaint of the library, its line if it names one,
// and leaves out Go's type names. What it quotes of the file may have several lines.
func yamlError(file string, err error) error {
	text := err.Error()
	if several, ok := errors.AsType[*yaml.TypeError](err); ok && len(several.Errors) > 0 {
		text = several.Errors[0]
	}
	e := &FileError{File: file, Reason: strings.TrimPrefix(text, "yaml: ")}
	if place, reason, found := strings.Cut(e.Reason, ": "); found && strings.HasPrefix(place, "line ") {
		if line, err := strconv.Atoi(place[len("line "):]); err == nil {
			e.Line, e.Reason = line, reason
		}
	}
	e.Reason, _, _ = strings.Cut(e.Reason, " in type ")
	e.Reason, _, _ = strings.Cut(e.Reason, " into ")
	e.Reason = strings.Join(strings.Fields(e.Reason), " ")
	return e
}

// lineOf finds the line that gives a service its name; 0 where none is found.
func lineOf(data []byte, name string) int {
	line := 0
	for text := range strings.Lines(string(data)) {
		line++
		words := strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(" \t\r\n[],\"'", c) })
		if slices.Contains(words, name) && (slices.Contains(words, "id:") || slices.Contains(words, "aliases:")) {
			return line
		}
	}
	return 0
}

// isName tells what can be typed after --for without quotes.
func isName(name string) bool {
	odd := func(c rune) bool { return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz0123456789.+-", c) }
	return name != "" && len(name) <= 40 && name[0] != '-' && !strings.ContainsFunc(name, odd)
}

// check holds a profile to what the rest of the package relies on.
func (p *Profile) check() error {
	for _, name := range append([]string{p.ID}, p.Aliases...) {
		if !isName(name) {
			return fmt.Errorf("%q is no name: use a-z, 0-9, dot, plus and hyphen", name)
		}
	}
	switch {
	case p.Title == "":
		return errors.New("title is missing")
	case !slices.Contains([]string{"archive", "server", "client", "tool"}, p.Kind):
		return errors.New("kind is to be archive, server, client or tool")
	case len(p.Roles) == 0:
		return errors.New("roles are missing: which half of a key it takes, in which formats")
	}
	if err := checkPurposes(p.Purposes.Value, true); err != nil {
		return err
	}
	for i := range p.Roles {
		if err := p.Roles[i].check(); err != nil {
			return fmt.Errorf("role %d: %w", i+1, err)
		}
	}
	for _, h := range p.Hosts {
		if h.Value.Name == "" || h.Value.Port < 1 || h.Value.Port > 65535 {
			return errors.New("a host has a name, and a port from 1 to 65535")
		}
	}
	for _, n := range p.Names {
		if _, err := regexp.Compile(wholly(n.Value.Pattern)); err != nil {
			return fmt.Errorf("the pattern %q cannot be used", n.Value.Pattern)
		}
	}
	return p.checkSources()
}

func checkPurposes(list []Purpose, wanted bool) error {
	if len(list) == 0 && wanted {
		return errors.New("purposes are missing: auth, dataset")
	}
	for _, purpose := range list {
		if purpose != Auth && purpose != Dataset {
			return fmt.Errorf("there is no purpose %q, only auth and dataset", purpose)
		}
	}
	return nil
}

func (r *Role) check() error {
	if r.Half != PrivateHalf && r.Half != PublicHalf {
		return errors.New("half is to be private or public")
	}
	if err := checkPurposes(r.Purposes, false); err != nil {
		return err
	}
	if len(r.Formats) == 0 {
		return errors.New("formats are missing")
	}
	for _, f := range r.Formats {
		for _, id := range f.Value {
			if formats.Lookup(id) == nil && id != other {
				return fmt.Errorf("there is no format %q", id)
			}
		}
		if err := checkTypes(f.NotTypes); err != nil {
			return err
		}
	}
	for _, t := range r.Types {
		if err := checkTypes(t.Value); err != nil {
			return err
		}
	}
	if r.Recommends != nil {
		return checkTypes([]string{r.Recommends.Value.Type})
	}
	return nil
}

func checkTypes(names []string) error {
	for _, name := range names {
		if name != other && !slices.Contains(KeyTypes(), name) {
			return fmt.Errorf("there is no key type %q, only %s", name, strings.Join(KeyTypes(), ", "))
		}
	}
	return nil
}

// checkSources wants every fact to say where it is from.
func (p *Profile) checkSources() error {
	for fact := range p.Facts() {
		if strings.TrimSpace(fact.Source) == "" {
			return fmt.Errorf("%s has no source", fact.Path)
		}
	}
	return nil
}

// Origin is where a fact of a profile is from.
type Origin struct {
	Path      string // of the fact in the profile, as roles.0.formats.1
	Source    string
	Confirmed bool
}

// Facts goes through the origins of every fact of the profile.
func (p *Profile) Facts() iter.Seq[Origin] {
	return func(yield func(Origin) bool) { walkFacts(reflect.ValueOf(p), "", yield) }
}

// walkFacts finds every struct that has a source.
func walkFacts(v reflect.Value, path string, yield func(Origin) bool) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return v.IsNil() || walkFacts(v.Elem(), path, yield)
	case reflect.Slice:
		for i := range v.Len() {
			if !walkFacts(v.Index(i), fmt.Sprintf("%s.%d", path, i), yield) {
				return false
			}
		}
	case reflect.Struct:
		return walkStruct(v, path, yield)
	}
	return true
}

func walkStruct(v reflect.Value, path string, yield func(Origin) bool) bool {
	if source := v.FieldByName("Source"); source.IsValid() {
		return yield(Origin{strings.TrimPrefix(path, "."), source.String(), v.FieldByName("Confirmed").Bool()})
	}
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		if !walkFacts(v.Field(i), path+"."+name, yield) {
			return false
		}
	}
	return true
}
