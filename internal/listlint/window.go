package listlint

import (
	"bytes"
	"io"
	"slices"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// Window is a part of a list that is damaged together: lines that OpenSSH makes
// nothing of and that follow one another, or one line that has more than the key
// OpenSSH takes from it.
type Window struct {
	Line, Last int // 1-based
	Offset     int // of its first byte in the file
	Raw        []byte
}

// Rules are what a list's own reader makes of its lines.
type Rules struct {
	// Judge says why a line with an entry is passed over, nil where it is read, and
	// what is wrong with one that is.
	Judge func(l Line) (why *Problem, found []Problem)
	// Window may say that a window can be mended; may be nil.
	Window func(Window) (mendable bool)
}

// The greatest window: a key of 16384 bits with its certificate, in lines of 40
// characters, is less.
const (
	maxWindow      = 64 << 10
	maxWindowLines = 400
)

// walker gathers windows while the lines go by.
type walker struct {
	rules Rules
	tell  func(Problem) error

	window Window
	causes []Problem // why its lines are passed over
	ends   int       // bytes of the window up to the last of those lines
	lines  int
	inside bool // of a block with BEGIN and END lines

	crlf      int // lines
	firstCRLF int
	last      []byte // the last line's last byte
	lastLine  int
}

// Walk holds every line of a list to the rules, and calls fn for what is wrong, in
// the order of the lines. It returns fn's error or r's. Memory does not grow
// with the list.
func Walk(r io.Reader, rules Rules, fn func(Problem) error) error {
	w := &walker{rules: rules, tell: fn}
	if err := Scan(r, w.line); err != nil {
		return err
	}
	if err := w.flush(); err != nil {
		return err
	}
	return w.wholeFile()
}

func (w *walker) line(l Line) error {
	if l.Raw == nil {
		if err := w.flush(); err != nil {
			return err
		}
		return w.tell(tooLong(l))
	}
	w.lineEnd(l)
	if l.Number == 1 && isMarkAlone(l.Raw) {
		return w.alone(l, idleMark())
	}
	if l.Blank && !hidesKey(l.Raw) && !isCut(l.Raw) {
		return w.blank(l)
	}
	var why *Problem
	var found []Problem // of a line that is read
	if !l.Blank {
		why, found = w.rules.Judge(l)
	}
	if problem, is := oddBytes(l, why == nil && !l.Blank); is {
		return w.alone(l, problem)
	}
	if why != nil {
		return w.damaged(l, why.At(l.Number))
	}
	if err := w.flush(); err != nil {
		return err
	}
	for _, p := range found {
		if err := w.tell(p.At(l.Number)); err != nil {
			return err
		}
	}
	if HasMore(l) {
		return w.fused(l)
	}
	return nil
}

// blank goes with the window that it stands in.
func (w *walker) blank(l Line) error {
	if len(w.causes) > 0 {
		w.add(l)
	}
	return w.limit()
}

// damaged adds a line that is passed over to the window, or begins another with it.
func (w *walker) damaged(l Line, why Problem) error {
	begins, ends := blockMarks(l.Raw)
	if len(w.causes) > 0 && (begins || !w.inside && startsKey(l.Raw)) {
		if err := w.flush(); err != nil {
			return err
		}
	}
	w.inside = (w.inside || begins) && !ends
	w.add(l)
	w.causes, w.ends = append(w.causes, why), len(w.window.Raw)
	if ends {
		return w.flush()
	}
	return w.limit()
}

func (w *walker) add(l Line) {
	if len(w.window.Raw) == 0 {
		w.window = Window{Line: l.Number, Offset: l.Offset, Raw: w.window.Raw[:0]}
	}
	w.window.Raw = append(w.window.Raw, l.Raw...)
	w.lines++
}

func (w *walker) limit() error {
	if len(w.window.Raw) < maxWindow && w.lines < maxWindowLines {
		return nil
	}
	return w.flush()
}

// flush judges the window as a whole: damage to several lines is one problem, and
// what is no damage that is known stays each line's own.
func (w *walker) flush() error {
	defer w.reset()
	if len(w.causes) == 0 {
		return nil
	}
	w.window.Raw = w.window.Raw[:w.ends]
	w.window.Last = w.causes[len(w.causes)-1].Line
	mendable := w.mendable()
	defects := scanDefects(w.window.Raw)
	var found []Problem
	for _, d := range defects {
		p := damage(d, w.window.Line-1)
		p.Mendable = mendable && d.Defect != formats.PrivateKey
		found = append(found, p)
	}
	for _, p := range w.causes {
		told := slices.ContainsFunc(found, func(d Problem) bool { return d.Line <= p.Line && p.Line <= d.Last })
		if !told {
			p.Mendable = mendable && len(defects) == 0
			found = append(found, p)
		}
	}
	return w.tellAll(found)
}

func (w *walker) reset() {
	w.window.Raw, w.causes, w.ends, w.lines, w.inside = w.window.Raw[:0], w.causes[:0], 0, 0, false
}

func (w *walker) tellAll(found []Problem) error {
	slices.SortStableFunc(found, func(a, b Problem) int { return a.Line - b.Line })
	for _, p := range found {
		if err := w.tell(p); err != nil {
			return err
		}
	}
	return nil
}

func (w *walker) mendable() bool { return w.rules.Window != nil && w.rules.Window(w.window) }

// alone tells a problem of a line that is a window of its own.
func (w *walker) alone(l Line, p Problem) error {
	if err := w.flush(); err != nil {
		return err
	}
	w.window = Window{Line: l.Number, Last: l.Number, Offset: l.Offset, Raw: append(w.window.Raw[:0], l.Raw...)}
	if p.Drops && len(formats.PrivateBlocks(l.Raw)) > 0 {
		p = damage(formats.Edit{Line: 1, Defect: formats.PrivateKey, Last: 1}, l.Number-1)
	} else {
		p.Mendable = w.mendable()
	}
	w.reset()
	return w.tell(p)
}

// fused tells of a line with two keys, of which OpenSSH reads the first.
func (w *walker) fused(l Line) error {
	return w.alone(l, damage(formats.Edit{Line: 1, Defect: formats.JoinedKeys, Last: 1}, l.Number-1))
}

// HasMore tells a line whose comment has another key in it.
func HasMore(l Line) bool {
	if len(l.Entry.Comment) < minKeyText {
		return false
	}
	if hidesKey(l.Raw) {
		return true
	}
	for _, d := range formats.ScanDefects(l.Raw) {
		if d.Defect == formats.JoinedKeys {
			return true
		}
	}
	return false
}

// minKeyText is less than the shortest key with its type has: `ssh-ed25519 AAAA` and
// 64 more characters.
const minKeyText = 80

// startsKey tells a line that is not the rest of the one before it.
func startsKey(raw []byte) bool {
	word, _, _ := bytes.Cut(bytes.TrimLeft(raw, " \t"), []byte(" "))
	if bytes.HasPrefix(word, []byte("\xef\xbb\xbf")) || bytes.Contains(raw, []byte(" AAAA")) {
		return true
	}
	word = bytes.TrimRight(word, "\r\n")
	return keytool.LookupAlgorithm(string(word)) != nil
}

// blockMarks tells whether a block of key text begins or ends on a line, be it one that
// nobody knows.
func blockMarks(raw []byte) (begins, ends bool) {
	if begins, ends = formats.BlockMarks(raw); begins || ends {
		return begins, ends
	}
	text := bytes.TrimSpace(raw)
	return isMark(text, "BEGIN"), isMark(text, "END")
}

// isMark tells a BEGIN or END line of PEM or of RFC 4716.
func isMark(text []byte, word string) bool {
	rest := bytes.TrimLeft(text, "-")
	dashes := len(text) - len(rest)
	return dashes >= 4 && bytes.HasPrefix(bytes.TrimLeft(rest, " "), []byte(word+" "))
}
