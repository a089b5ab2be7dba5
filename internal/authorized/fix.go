package authorized

import (
	"bytes"
	"slices"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/keytool"
)

// Fixed is a list in which was undone what is unambiguous.
type Fixed struct {
	Data []byte // the list itself where nothing was Mended
	// Mended is what was undone, in the order of the old list's lines.
	Mended []Mended
}

// Mended is one thing that was undone.
type Mended struct {
	// Problem is what was wrong, with its lines in the old list. Of keys that stood
	// twice it is the second line, with code L01.
	listlint.Problem
	Keys []*keytool.Key // those that sshd reads now, and did not before
}

// Fix undoes damage to the lines of an authorized_keys file where there is one way to
// read it, and drops lines whose key and options stand in a line before. Every other
// line that sshd reads stays, byte for byte, and so does what it does not read and
// nobody can mend; a comment behind a key may lose what was another key. It changes
// nothing that it cannot prove by Proved.
func Fix(data []byte) Fixed {
	fixed := Fixed{Data: data}
	was := gather(data).lines
	var lines origin
	for range 3 { // what was mended may show more
		next, mended, from := fixOnce(fixed.Data, was, lines)
		if len(mended) == 0 {
			break
		}
		fixed.Data, fixed.Mended, lines = next, append(fixed.Mended, mended...), from
	}
	if Proved(data, fixed.Data) != nil {
		return Fixed{Data: data}
	}
	slices.SortStableFunc(fixed.Mended, func(a, b Mended) int { return a.Line - b.Line })
	return fixed
}

// Mendable tells whether Fix makes something of the lines that sshd passes over.
func (l *List) Mendable() bool { return len(Fix(l.data).Mended) > 0 }

// part is a stretch of a list and what takes its place.
type part struct {
	offset, size int
	clean        []byte
	mended       []Mended
}

// origin tells of each line of a list that is on its way which one of the old list it
// comes from; nil where it is that list.
type origin []int

func (o origin) line(n int) int {
	if n < 1 || n > len(o) {
		return n
	}
	return o[n-1]
}

// fixOnce goes once through a list; was are the lines that sshd read at first, and from
// is where the list's own come from.
func fixOnce(data []byte, was map[string]gatheredLine, from origin) ([]byte, []Mended, origin) {
	if listlint.IsUTF16(data) {
		return fixWhole(data)
	}
	f := &fixer{seen: map[string]seenLine{}, was: was, from: from}
	rules := listlint.Rules{Judge: f.judge, Window: f.window}
	if err := listlint.Walk(bytes.NewReader(data), rules, f.problem); err != nil {
		return data, nil, from
	}
	slices.SortFunc(f.parts, func(a, b part) int { return a.offset - b.offset })
	next := newText{from: from}
	var mended []Mended
	at := 0
	for _, p := range f.parts {
		next.keep(data[at:p.offset])
		at = p.offset + p.size
		next.replace(data[p.offset:at], p.clean, at < len(data))
		mended = append(mended, p.mended...)
	}
	next.keep(data[at:])
	return next.text, mended, next.lines
}

// newText is a list that is written anew from another one.
type newText struct {
	text  []byte
	lines origin
	from  origin // of the other list
	read  int    // lines of that
}

// keep takes lines over.
func (t *newText) keep(old []byte) {
	t.text = append(t.text, old...)
	for range lineCount(old) {
		t.read++
		t.lines = append(t.lines, t.from.line(t.read))
	}
}

// replace puts clean lines in the place of others; more tells that others follow.
func (t *newText) replace(old, clean []byte, more bool) {
	t.text = append(t.text, clean...)
	if more && len(clean) > 0 && !bytes.HasSuffix(clean, []byte("\n")) {
		t.text = append(t.text, '\n')
	}
	for range lineCount(clean) {
		t.lines = append(t.lines, t.from.line(t.read+1))
	}
	t.read += lineCount(old)
}

// lineCount counts lines, the last one also where it is only begun.
func lineCount(text []byte) int {
	n := bytes.Count(text, []byte("\n"))
	if len(text) > 0 && text[len(text)-1] != '\n' {
		n++
	}
	return n
}

// fixWhole is for a list of which sshd reads nothing at all.
func fixWhole(data []byte) ([]byte, []Mended, origin) {
	w := listlint.Window{Line: 1, Last: 1 + bytes.Count(data, []byte("\n")), Raw: data}
	clean, keys, ok := mendWindow(w)
	if !ok {
		return data, nil, nil
	}
	return clean, []Mended{{listlint.UTF16(), keys}}, nil
}

// fixer gathers what is to change while Walk goes through the list.
type fixer struct {
	parts []part
	seen  map[string]seenLine // by options and key
	was   map[string]gatheredLine
	from  origin
	last  bool // the last window was mended
}

// seenLine is a line that sshd reads; old tells that it always did.
type seenLine struct {
	number, offset, size int
	old                  bool
}

// judge drops a line that stands there already, and rather one that was mended than
// one that sshd always read.
func (f *fixer) judge(l listlint.Line) (*listlint.Problem, []listlint.Problem) {
	_, why := passedOver(l.Entry)
	if why != nil {
		return why, nil
	}
	_, old := f.was[string(bytes.TrimRight(l.Raw, "\r\n"))]
	now := seenLine{l.Number, l.Offset, len(l.Raw), old}
	id := entryID(l.Entry)
	first, there := f.seen[id]
	if !there {
		f.seen[id] = now
	}
	if !there || listlint.HasMore(l) {
		return nil, nil
	}
	drop := now
	if old && !first.old {
		f.seen[id], drop, first = now, first, now
	}
	p := listlint.Problem{Code: "L01", Severity: listlint.Warning, Cause: catalog.T("L01.again", "line", f.from.line(first.number))}
	f.parts = append(f.parts, part{drop.offset, drop.size, nil, []Mended{{Problem: p.At(f.from.line(drop.number))}}})
	return nil, nil
}

// window mends what it can.
func (f *fixer) window(w listlint.Window) bool {
	clean, keys, ok := mendWindow(w)
	if f.last = ok; ok {
		f.parts = append(f.parts, part{w.Offset, len(w.Raw), clean, []Mended{{Keys: keys}}})
	}
	return ok
}

// problem says of the last window what was wrong with it.
func (f *fixer) problem(p listlint.Problem) error {
	if !p.Mendable || !f.last {
		return nil
	}
	p.Line, p.Last = f.from.line(p.Line), f.from.line(p.Last)
	mended := &f.parts[len(f.parts)-1].mended
	if (*mended)[0].Code == "" {
		(*mended)[0].Problem = p
	} else {
		*mended = append(*mended, Mended{Problem: p})
	}
	return nil
}

// mendWindow gives a window's lines as sshd reads them, and the keys that it has then
// and had not before. It is false where there is no one way to do so, or no proof.
func mendWindow(w listlint.Window) (clean []byte, keys []*keytool.Key, ok bool) {
	if rest, marked := bytes.CutPrefix(w.Raw, []byte("\xef\xbb\xbf")); marked && w.Line == w.Last && listlint.IsIdle(rest) {
		return rest, nil, true
	}
	clean, edits := mendList(w.Raw)
	if len(edits) == 0 || bytes.Equal(clean, w.Raw) || Proved(w.Raw, clean) != nil || !sameLimits(w.Raw, clean) {
		return nil, nil, false
	}
	before := map[string]bool{}
	for _, e := range readLines(w.Raw) {
		before[string(e.Key.Blob())] = true
	}
	for _, e := range readLines(clean) {
		if !before[string(e.Key.Blob())] {
			keys = append(keys, e.Key)
		}
	}
	return clean, keys, len(keys) > 0
}

// readLines are the lines that sshd makes a key of.
func readLines(data []byte) []formats.Entry {
	var found []formats.Entry
	err := listlint.Scan(bytes.NewReader(data), func(l listlint.Line) error {
		if _, why := passedOver(l.Entry); why == nil {
			found = append(found, l.Entry)
		}
		return nil
	})
	if err != nil {
		return nil
	}
	return found
}
