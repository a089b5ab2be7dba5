package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"sshkeys/formats"
	"sshkeys/internal/authorized"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/secret"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
)

// keyFile is one file as it was read, over what is damaged in its text.
type keyFile struct {
	name string // as it was named on the command line
	data []byte
	*formats.Envelope
	plain *formats.Envelope // what Parse alone reads; nil where it does not
	proof string            // the file that told which of several readings is right; "" where there is one
	in    *secret.Encoding  // what its passphrase opened it in; nil where as it was given
	fixes func() bool       // whether authorize --fix mends something of a list; asked once
}

// facts are what diagnose judges the file's text by.
func (f *keyFile) facts() diagnose.KeyFileFacts {
	facts := diagnose.KeyFileFacts{Name: f.name, Envelope: f.Envelope, Plain: f.plain}
	if len(f.Edits) > 0 && (f.Kind == formats.KindAuthorizedKeys || filepath.Base(f.name) == "authorized_keys") {
		if f.fixes == nil {
			f.fixes = sync.OnceValue(func() bool { return len(authorized.Fix(f.data).Mended) > 0 })
		}
		facts.Fixable = f.fixes()
	}
	if f.in != nil {
		facts.Encoding = diagnose.Encoding{Name: string(f.in.Name), Given: string(f.in.Given)}
	}
	return facts
}

// text is what is to be read line by line: the file's own bytes, or, where some
// program would not read those, the mended ones.
func (f *keyFile) text() []byte {
	if f.Mended != nil && diagnose.Damaged(f.facts()) {
		return f.Mended
	}
	return f.data
}

// source is the text that a key is replaced in: the file's own where that reads.
func (f *keyFile) source() []byte {
	if f.plain == nil && f.Mended != nil {
		return f.Mended
	}
	return f.data
}

// understand reads what a file holds; of an unknown one its name may tell more. A
// public key that reads in several ways is the one that belongs to the private half
// of that is known, or that lies beside it.
func (a *app) understand(name string, data []byte, known *half) (*keyFile, error) {
	f := &keyFile{name: name, data: data}
	var err error
	f.Envelope, err = formats.Mend(data, a.limits)
	if e, ok := errors.AsType[*formats.AmbiguousError](err); ok {
		if f.Envelope, f.proof = a.settle(name, e, known); f.Envelope != nil {
			err = nil
		}
	}
	if unknown, ok := errors.AsType[*formats.UnknownFormatError](err); ok && !isType[*formats.DamageError](err) {
		return nil, unknown.ForFile(filepath.Base(name))
	}
	if err != nil {
		return nil, err
	}
	if f.plain = f.Envelope; len(f.Edits) > 0 {
		f.plain, _ = formats.Parse(data, a.limits)
	}
	return f, nil
}

// settle chooses among the readings of a public key's file the one whose private
// half is known, and tells that one's file; nil where none is, or several are.
func (a *app) settle(name string, e *formats.AmbiguousError, known *half) (*formats.Envelope, string) {
	if known == nil {
		lost := func(r *formats.Envelope) bool {
			return slices.ContainsFunc(r.Edits, func(d formats.Edit) bool { return d.Defect == formats.PlusAsSpace })
		}
		if known = a.halfBeside(name); !slices.ContainsFunc(e.Readings, lost) {
			return nil, ""
		}
	}
	if known == nil {
		return nil, ""
	}
	for _, r := range e.Readings {
		if !r.Kind.IsPrivate() && r.Public != nil && r.Public.Equal(known.key) && r.Kind != formats.KindCertificate {
			return r, known.file
		}
	}
	return nil, ""
}

// halfBeside is the private key beside NAME.pub, by its public half in clear; nil
// where there is none.
func (a *app) halfBeside(name string) *half {
	private, ok := strings.CutSuffix(name, ".pub")
	if !ok {
		return nil
	}
	data, err := keyfile.Read(private, a.limits.FileBytes)
	if err != nil {
		return nil
	}
	env, err := formats.Parse(data, a.limits)
	if err != nil || !env.Kind.IsPrivate() || env.Public == nil {
		return nil
	}
	return &half{file: private, key: env.Public}
}

// tellDamage warns, once for each file, of what in it was read over, and says what
// writes a clean copy; a command that does that itself needs no such hint.
func (a *app) tellDamage(f *keyFile) {
	said, command := diagnose.ReadOver(f.facts())
	if said.IsZero() || a.told[f.name] {
		return
	}
	if a.told == nil {
		a.told = map[string]bool{}
	}
	a.told[f.name] = true
	line := a.words.Say(said)
	if f.proof != "" {
		line += "; " + a.words.Say(catalog.T("repair.proved", "file", f.proof))
	}
	a.warn("%s: %s", f.name, line)
	if command != nil && !a.cleans {
		a.hint(shellword.Join(command))
	}
}

// wholeBeside is a command for a file that is damaged beyond repair, where a whole
// one lies beside it: the private key of a .pub, or an older copy; "" for none.
func (a *app) wholeBeside(file string) string {
	if half := a.halfBeside(file); half != nil {
		return "sshkeys verify --fix " + quote(half.file)
	}
	backup := file + ".bak"
	if _, err := os.Stat(backup); err != nil {
		return ""
	}
	if data, err := keyfile.Read(backup, a.limits.FileBytes); err == nil {
		if _, err := formats.Parse(data, a.limits); err == nil {
			return "sshkeys inspect " + quote(backup)
		}
	}
	return ""
}

// listText is a list to be read line by line.
type listText struct {
	io.ReadCloser
	of *formats.Envelope // whose Mended it is; nil where it is the file's own text
}

// line is the line of the file that the n-th line of the text is.
func (l listText) line(n int) int {
	if l.of == nil {
		return n
	}
	return l.of.FileLine(n)
}

// lines are the file's own, or, where some program would not read those, the mended
// ones.
func (f *keyFile) lines() listText {
	l := listText{ReadCloser: io.NopCloser(bytes.NewReader(f.text()))}
	if f.Mended != nil && diagnose.Damaged(f.facts()) {
		l.of = f.Envelope
	}
	return l
}

// rawLines are a list's own lines, of one that was read or is too long for that.
func (a *app) rawLines(name string, f *keyFile) (io.ReadCloser, error) {
	if f == nil {
		return a.streamList(name)
	}
	return io.NopCloser(bytes.NewReader(f.data)), nil
}

// fewKeys is how many keys of a list are told by their fingerprints.
const fewKeys = 16

// mended adds what only the mended text of a list shows: its keys, and the edits.
func (p *listPage) mended(f *keyFile) []diagnose.Finding {
	facts := f.facts()
	var keys []string
	types, onLine := map[string]int{}, map[int][]string{}
	lines := f.lines()
	// The error is the callback's, and there is none.
	_ = formats.ScanList(lines, func(e formats.Entry) error {
		if e.Key != nil {
			keys = append(keys, e.Key.Fingerprint())
			types[e.Key.Algorithm().Display]++
			n := lines.line(e.Line)
			onLine[n] = append(onLine[n], e.Key.Fingerprint())
		}
		return nil
	})
	if diagnose.Damaged(facts) {
		p.item.Keys, p.types = len(keys), types
	}
	if len(keys) <= fewKeys {
		p.item.Fingerprints, p.onLine = keys, onLine
	}
	return diagnose.Damage(facts)
}

// withKeys names the keys of the lines on which several stand.
func (p *listPage) withKeys(found []diagnose.Finding) []diagnose.Finding {
	for i, f := range found {
		if keys := p.onLine[f.Line]; f.Code == formats.JoinedKeys.Code() && len(keys) > 1 {
			found[i].Evidence = append(f.Evidence, catalog.T("inspect.verbatim", "text", keys))
		}
	}
	return found
}

// openList opens a list to be read line by line: of one that is no longer than a key
// file may be, the text that Mend makes of it, where programs would stop at its own.
func (a *app) openList(name string) (listText, error) {
	r, err := a.streamList(name)
	if err != nil {
		return listText{}, err
	}
	head, err := io.ReadAll(io.LimitReader(r, int64(a.limits.FileBytes)+1))
	if err == nil && len(head) > a.limits.FileBytes {
		return listText{ReadCloser: struct {
			io.Reader
			io.Closer
		}{io.MultiReader(bytes.NewReader(head), r), r}}, nil
	}
	r.Close()
	if err != nil {
		return listText{}, err
	}
	if f, err := a.understand(name, head, nil); err == nil && formats.Lookup(f.Format).Holds != formats.HoldsPrivate {
		a.tellDamage(f)
		return f.lines(), nil
	}
	return listText{ReadCloser: io.NopCloser(bytes.NewReader(head))}, nil
}

// sameReading tells a .pub that holds the key, and that every program reads.
func (f *keyFile) sameReading(key *keytool.Key) bool {
	return f.Public != nil && f.Public.Equal(key) && !diagnose.Damaged(f.facts())
}
