// Package authorized reads and extends authorized_keys files: which keys of a
// file may be authorised, which of them a list has already, and what the list is
// with the others. It is pure: bytes in, bytes out. What stands in a list is
// judged as sshd reads it (auth2-pubkeyfile.c), line by line, and never altered.
package authorized

import (
	"bytes"
	"errors"
	"fmt"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/keytool"
)

// Entry is a key to be authorised, and the options it is to have there.
type Entry struct {
	Key     *keytool.Key // its comment is the line's
	Options string       // as in sshd(8), AUTHORIZED_KEYS FILE FORMAT; "" for none
	From    int          // the line it has in the list it is from, 1-based; 0: from no list
}

// Line is the entry's one line, without a line end. The error says that the
// comment has a control character.
func (e Entry) Line() (string, error) {
	line, err := formats.Encode(formats.OpenSSHPublic, e.Key.Public().WithoutCertificate(), formats.Options{})
	if err != nil {
		return "", err
	}
	if e.Options != "" {
		line = append([]byte(e.Options+" "), line...)
	}
	return string(bytes.TrimSuffix(line, []byte("\n"))), nil
}

// List is an authorized_keys file.
type List struct {
	data  []byte
	end   string // its line end
	lines int    // begun or whole
	known []known
	// Unread are the lines sshd passes over, which stay as they are.
	Unread []UnreadLine
}

// known is a line of the list that sshd reads.
type known struct {
	Entry
	line int
}

// UnreadLine is a line that logs nobody in.
type UnreadLine struct {
	Line int // 1-based
	Err  error
}

// ErrNoText: the file is binary or UTF-16, and sshd reads nothing of it.
var ErrNoText = errors.New("it is not a text that sshd could read: it has zero bytes, as UTF-16 has")

// Parse reads a list; an empty one has no lines. data is kept, and never written
// to. The error is ErrNoText.
func Parse(data []byte) (*List, error) {
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, ErrNoText
	}
	l := &List{data: data, end: lineEnd(data), lines: bytes.Count(data, []byte("\n"))}
	if len(data) > 0 && data[len(data)-1] != '\n' {
		l.lines++
	}
	err := formats.ScanList(bytes.NewReader(asLines(data)), func(e formats.Entry) error {
		if why := unread(e, data); why != nil {
			l.Unread = append(l.Unread, UnreadLine{e.Line, why})
		} else {
			l.known = append(l.known, known{Entry{Key: e.Key, Options: e.Options}, e.Line})
		}
		return nil
	})
	return l, err
}

// PrivateKeys are the private keys among the lines that sshd passes over, each one
// problem over all its lines.
func (l *List) PrivateKeys() []listlint.Problem {
	var found []listlint.Problem
	judge := func(line listlint.Line) (*listlint.Problem, []listlint.Problem) {
		_, why := passedOver(line.Entry)
		return why, nil
	}
	// The error is the callback's, and there is none.
	_ = listlint.Walk(bytes.NewReader(l.data), listlint.Rules{Judge: judge}, func(p listlint.Problem) error {
		if p.Defect == formats.PrivateKey {
			found = append(found, p)
		}
		return nil
	})
	return found
}

// lineEnd is how the last whole line of the file ends; LF where there is none.
func lineEnd(data []byte) string {
	if i := bytes.LastIndexByte(data, '\n'); i > 0 && data[i-1] == '\r' {
		return "\r\n"
	}
	return "\n"
}

// asLines hides a CR within a line from ScanList, for which it would end one: to
// sshd it does not.
func asLines(data []byte) []byte {
	text := bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	text = bytes.TrimSuffix(text, []byte("\r"))
	return bytes.ReplaceAll(text, []byte("\r"), []byte("\x01"))
}

// unread is why sshd does not take a line; nil where it does.
func unread(e formats.Entry, data []byte) error {
	if e.Line == 1 && bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return errors.New("a byte order mark stands before it")
	}
	if s, ok := errors.AsType[*formats.SyntaxError](e.Err); ok {
		return errors.New(s.Reason) // its line is told already
	}
	if e.Err != nil {
		return e.Err
	}
	_, why := passedOver(e)
	switch {
	case why == nil:
		return nil
	case why.Err != nil:
		return why.Err
	}
	return errors.New(catalog.English.Say(why.Cause))
}

// Result tells where a key stands in the list.
type Result struct {
	Line    int // 1-based
	Added   bool
	Options string // those of the line
}

// Add returns the list with the entries it lacks at its end, each on a line of its
// own, and what became of each entry. A key that a line has already is not added,
// whatever comment or options that line has; only as a certificate authority it
// is another thing. Nothing else changes: what Add returns begins with the list,
// to the byte, and is the list itself where nothing was added.
func (l *List) Add(entries []Entry) ([]byte, []Result, error) {
	data, lines, all := bytes.Clone(l.data), l.lines, l.known
	results := make([]Result, 0, len(entries))
	for _, e := range entries {
		if k := find(all, e); k != nil {
			results = append(results, Result{k.line, false, k.Options})
			continue
		}
		line, err := e.Line()
		if err != nil {
			return nil, nil, err
		}
		data = append(append(l.endLine(data), line...), l.end...)
		lines++
		all = append(all[:len(all):len(all)], known{e, lines})
		results = append(results, Result{lines, true, e.Options})
	}
	return data, results, nil
}

// endLine ends a line that was only begun.
func (l *List) endLine(data []byte) []byte {
	switch {
	case len(data) == 0 || data[len(data)-1] == '\n':
		return data
	case data[len(data)-1] == '\r' && l.end == "\r\n":
		return append(data, '\n')
	}
	return append(data, l.end...)
}

// find returns the line that has the entry's key in the entry's role.
func find(lines []known, e Entry) *known {
	for i, k := range lines {
		if k.Key.Equal(e.Key) && IsAuthority(k.Options) == IsAuthority(e.Options) {
			return &lines[i]
		}
	}
	return nil
}

// Prove holds what was read back to beginning with the whole old list and to
// having every entry, in the lines that Add told.
func Prove(old, readBack []byte, entries []Entry, results []Result) error {
	if !bytes.HasPrefix(readBack, old) {
		return errors.New("the old lines are not all in what was written")
	}
	l, err := Parse(readBack)
	if err != nil {
		return err
	}
	for i, e := range entries {
		if k := find(l.known, e); k == nil || k.line != results[i].Line {
			return fmt.Errorf("the key %s is not in what was written", e.Key.Fingerprint())
		}
	}
	return nil
}
