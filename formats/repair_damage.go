package formats

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// DamageError: damage beyond repair, and its place in the file as it came.
type DamageError struct {
	Format     ID
	Line, Last int // 1-based: the damage is in one of these lines, or between two of them; 0 in binary files
	Column     int // in characters, 1-based; 0 where no one character is to blame
	// Offset and Until tell the bytes, from 0, of a binary file.
	Offset, Until int
	Field         string // the part or number of the key that is damaged, "" where that is not known
	Missing       int    // how many characters are missing; 0 where none are, or nobody knows
	Reason        string // in words; "" where Err says it
	Err           error  // the decoder's
}

func (e *DamageError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "damaged %s file: %s", e.Format.Title(), e.place())
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	return b.String() + e.reason()
}

func (e *DamageError) Unwrap() error { return e.Err }

func (e *DamageError) place() string {
	switch {
	case e.Column > 0:
		return fmt.Sprintf("line %d, column %d: ", e.Line, e.Column)
	case e.Line == 0:
		return fmt.Sprintf("bytes %d to %d: ", e.Offset, e.Until)
	case e.Last > e.Line:
		return "lines " + lineRange(e.Line, e.Last) + ": "
	}
	return "line " + strconv.Itoa(e.Line) + ": "
}

// reason is what the decoder says, without the place in the text that it was given.
func (e *DamageError) reason() string {
	if e.Reason != "" {
		return e.Reason
	}
	if s, ok := errors.AsType[*SyntaxError](e.Err); ok {
		if s.Field != "" {
			return s.Field + ": " + s.Reason
		}
		return s.Reason
	}
	if i, ok := errors.AsType[*IntegrityError](e.Err); ok {
		return i.Reason
	}
	return e.Err.Error()
}

// lineRange is "3" or "3 to 5".
func lineRange(first, last int) string {
	if last <= first {
		return strconv.Itoa(first)
	}
	return strconv.Itoa(first) + " to " + strconv.Itoa(last)
}

// finding is what is wrong with one text, and where: the places, in the file, of
// the first and last byte of which one is damaged.
type finding struct {
	depth       depth
	first, last int32
	exact       bool // first is the very character
	damage      DamageError
}

// depth is how far the decoding of a text got: of several readings of a file the
// one that got furthest tells what is wrong.
type depth int

const (
	atText depth = iota
	atBase64
	atSize
	atStructure
	atNumbers
)

// damage says where a file that no reading makes whole is damaged. What no format
// claims stays what it is.
func (m *mender) damage(data []byte, err error) error {
	start, _, _ := plainText(traceOf(data))
	text, _ := unwrap(start)
	var best *finding
	look := func(t trace, cut bool) *finding {
		_, err := Parse(t.b, m.lim)
		return examine(&wreck{text: t, ends: m.ends, cut: cut, err: err})
	}
	for _, r := range m.readings {
		cut := slices.ContainsFunc(r.edits, func(e edit) bool { return e.defect == LostFooter })
		if f := look(r.trace, cut); f != nil && (best == nil || f.depth > best.depth) {
			best = f
		}
	}
	// What a reading has in another place than the file tells nothing about its lines.
	if f := look(text, false); f != nil && (best == nil || f.depth > best.depth || best.depth == atText || f.exact && isPPK(f.damage.Format) && best.depth <= atSize) {
		best = f
	}
	if best == nil {
		return err
	}
	return best.located(start, m.ends)
}

// located puts lines for places.
func (f *finding) located(start trace, ends lineEnds) *DamageError {
	e := f.damage
	e.Line, e.Last = ends.line(f.first), ends.line(max(f.first, f.last))
	if f.exact {
		e.Column = column(start, f.first)
	}
	return &e
}

// column counts the characters from the beginning of the line that has the place.
func column(start trace, place int32) int {
	at := sort.Search(len(start.at), func(i int) bool { return start.at[i] >= place })
	line := bytes.LastIndexByte(start.b[:at], '\n') + 1
	return utf8.RuneCount(start.b[line:at]) + 1
}

// examine finds what is wrong with a text for which the decoder had an error; nil
// where that is not damage, or of no format.
func examine(w *wreck) *finding {
	f := detect(normalise(w.text.b))
	if w.err == nil || f == nil || cannotMend(w.err) {
		return nil
	}
	w.id = f.ID
	w.takeApart()
	for _, step := range []func() *finding{w.letters, w.widths, w.sizes, w.structure, w.line, w.numbers} {
		if found := step(); found != nil {
			found.damage.Format, found.damage.Err = f.ID, w.err
			return found
		}
	}
	return nil
}

// line is the finding for an error that names a line of the text.
func (w *wreck) line() *finding {
	s, ok := errors.AsType[*SyntaxError](w.err)
	if !ok {
		return nil
	}
	lines := w.text.lines()
	var line trace
	switch {
	case s.Field == "END line" && w.tail.len() > 0:
		line = w.tail
	case s.Field == "END line":
		line = w.text.sub(max(0, w.text.len()-1), w.text.len())
	case s.Line > 0 && len(lines) > 0:
		line = lines[min(s.Line, len(lines))-1]
	case strings.HasPrefix(s.Field, "header ") && len(w.parts) > 0 && w.key().head.len() > 0:
		return &finding{depth: atText, first: w.key().head.at[0], last: w.key().chars.place(0)}
	case len(w.parts) > 0 && w.key().chars.len() == 0 && w.text.len() > 0: // there is no base64 text
		line = w.text
	default:
		return nil
	}
	found := &finding{depth: atText, first: w.text.place(0)}
	if line.len() > 0 {
		found.first, found.last = line.at[0], line.at[line.len()-1]
	}
	return found
}

// numbers is the finding where all lengths are right: of the numbers that contradict
// each other those that more than one contradicts, else the field that the decoder
// names, else all there is.
func (w *wreck) numbers() *finding {
	found := &finding{depth: atNumbers}
	suspects := w.suspects()
	if len(suspects) == 0 {
		suspects = w.named()
	}
	switch {
	case len(suspects) == 1:
		found.damage.Field = suspects[0].name
		found.damage.Reason = "it does not fit the rest of the key: a character in it was changed"
	case len(suspects) > 1:
		found.damage.Reason = fmt.Sprintf("a character was changed: %s do not fit one another", listed(suspects))
	default:
		return w.whole()
	}
	found.first, found.last = suspects[0].first, suspects[0].last
	for _, s := range suspects[1:] {
		found.first, found.last = min(found.first, s.first), max(found.last, s.last)
	}
	return found
}

// listed are the names of numbers, "n, p, q".
func listed(fields []field) string {
	var names []string
	for _, f := range fields {
		names = append(names, f.role)
	}
	return strings.Join(names, ", ")
}

// named are the fields that the decoder's error names.
func (w *wreck) named() []field {
	s, ok := errors.AsType[*SyntaxError](w.err)
	if !ok {
		return nil
	}
	for _, p := range w.parts {
		for _, f := range p.fields {
			_, name, _ := strings.Cut(s.Field, ", field ")
			if name != "key type" && (s.Field == f.name || name == f.role && name != "") {
				return []field{f}
			}
		}
	}
	return nil
}

// whole blames all base64 text there is. Of PuTTY's files whose numbers fit each
// other the comment or the checksum is left.
func (w *wreck) whole() *finding {
	found := &finding{depth: atNumbers}
	_, integrity := errors.AsType[*IntegrityError](w.err)
	switch {
	case integrity && w.comment.len() > 0 && w.mac.len() > 0:
		found.first, found.last = w.comment.at[0], w.mac.at[w.mac.len()-1]
		if !w.proved {
			break
		}
		found.damage.Reason = "the key is whole: a character of the comment or of the checksum was changed"
	case len(w.parts) > 0:
		found.first, _ = w.parts[0].places(0, 1)
		_, found.last = w.key().places(0, len(w.key().raw))
		if _, ok := errors.AsType[*SyntaxError](w.err); ok {
			found.depth = atText
		}
	default: // a text of one kind of line
		text := w.text.trim(" \t\n")
		found.first, found.last = text.place(0), text.place(text.len())
		found.depth = atText
	}
	return found
}
