package formats

import (
	"bytes"
	"regexp"
	"slices"
)

// tooManyDashes tells a text of so many dashes that no key is looked for: a private key
// has some at four places, and a PuTTY file about twenty.
func tooManyDashes(text []byte) bool {
	runs := 0
	for i, c := range text {
		if c == '-' && (i == 0 || text[i-1] != '-') {
			runs++
		}
	}
	return runs > min(32+len(text)/64, 500)
}

// PrivateBlocks finds the private keys among the lines of a list, as PrivateKey edits
// that do not overlap: blocks of PEM, OpenSSH and ssh.com, also with damaged BEGIN and
// END lines, in quotes, on one line or with one of those lines lost, and PuTTY's files.
// They need not be whole: the half of a private key is nobody's business either. Lines
// end with LF alone.
func PrivateBlocks(list []byte) []Edit {
	s := newBlockSearch(list)
	if s == nil {
		return nil
	}
	spans := append(s.armoured(), s.ppks()...)
	slices.SortFunc(spans, func(a, b [2]int) int { return a[0] - b[0] })
	var found []Edit
	for _, span := range spans {
		first, last := s.fileLine(span[0]), s.fileLine(max(span[0], span[1]-1))
		if n := len(found); n > 0 && first <= found[n-1].Last {
			found[n-1].Last = max(found[n-1].Last, last)
			continue
		}
		found = append(found, Edit{first, PrivateKey, last})
	}
	return found
}

// BlockMarks tells whether a block of key text begins on a line of a list, private or
// of RFC 4716, and whether one ends there behind which no other begins.
func BlockMarks(line []byte) (begins, ends bool) {
	fold := asciiLower(line)
	if !bytes.Contains(fold, []byte("key")) && lastPPKLine(fold) < 0 {
		return false, false // as most lines
	}
	s := newBlockSearch(line)
	if s == nil {
		return false, false
	}
	last := -1
	for _, m := range s.marks() {
		begins, ends, last = begins || m.begin, !m.begin, m.to
	}
	fold = asciiLower(s.b)
	if i := bytes.LastIndex(fold, []byte("putty-user-key-file-")); i >= 0 {
		begins = true
		if i > last {
			ends, last = false, i
		}
	}
	if i := lastPPKLine(fold); i > last {
		ends = true
	}
	return begins, ends
}

// lastPPKLine is where the header of a PuTTY file's last line stands in a text of
// lower case, or -1.
func lastPPKLine(fold []byte) int {
	return max(bytes.LastIndex(fold, []byte("private-mac:")), bytes.LastIndex(fold, []byte("private-hash:")))
}

// blockSearch is a part of a list in which blocks are looked for.
type blockSearch struct {
	*blockText
	list []byte
}

// newBlockSearch is nil for a text that is none, or one of nothing but dashes.
func newBlockSearch(list []byte) *blockSearch {
	if tooManyDashes(list) {
		return nil
	}
	return &blockSearch{newBlockText(traceOf(list)), list}
}

// fileLine is the line, 1-based, that a byte of the text stands on.
func (s *blockSearch) fileLine(i int) int {
	return 1 + bytes.Count(s.list[:s.place(min(i, len(s.b)-1))], []byte("\n"))
}

// armoured finds private keys between BEGIN and END lines, one of which may be lost.
func (s *blockSearch) armoured() [][2]int {
	blocks := s.blocks()
	if len(blocks) == 0 && mayBePrivate(s.b) {
		if b, ok := s.bareBlock(0, len(s.b)); ok {
			blocks = append(blocks, b)
		}
	}
	var spans [][2]int
	for _, b := range blocks {
		switch {
		case !isPrivateLabel(b.label):
			continue
		case !b.ended:
			b.to = s.bodyEnd(b.in, b.to)
		case !b.begun:
			b.from = s.bodyStart(b.from, b.out)
		}
		spans = append(spans, [2]int{b.from, b.to})
	}
	return spans
}

// mayBePrivate tells a text that has the beginning of a private key's base64 text, as a
// word or a line.
func mayBePrivate(text []byte) bool {
	for _, start := range [...]string{"b3BlbnNzaC1r", "P2/56w", "\nM", " M", "\"M", "Proc-Type"} {
		if bytes.Contains(text, []byte(start)) {
			return true
		}
	}
	return bytes.HasPrefix(text, []byte("M"))
}

// ppks finds PuTTY's files, also of one that is cut off or has lost its first line.
func (s *blockSearch) ppks() [][2]int {
	fold := asciiLower(s.b)
	if !bytes.Contains(fold, []byte("private-")) && !bytes.Contains(fold, []byte("putty-")) {
		return nil
	}
	t := newPPKSearch(s.orig)
	var spans [][2]int
	magic := ppkHeadNames()[headMagic]
	from := 0
	for _, to := range t.ppkEnds() {
		start := -1
		if l, ok := t.locate(from, to); ok {
			start = l.first()
		} else if h := t.exactHead(magic, from, to); h.found() {
			start = h.from
		}
		if start >= 0 {
			spans = append(spans, [2]int{start, s.ppkEnd(start, to)})
		}
		from = to
	}
	return spans
}

// ppkEnd is behind the last line of a PuTTY file, or what is there of it.
func (s *blockSearch) ppkEnd(from, to int) int {
	end := s.lineEnd(from, to)
	if lastPPKLine(asciiLower(s.b[from:end])) >= 0 {
		return end
	}
	body := s.bodyEnd(end, to)
	if i := lastPPKLine(asciiLower(s.b[from:body])); i >= 0 {
		return s.lineEnd(from+i, to)
	}
	return body
}

// bodyEnd is behind the last line of those from a place on that can be of a key.
func (s *blockSearch) bodyEnd(from, limit int) int {
	end, short := s.lineEnd(from, limit), false
	for i := end; i < limit; {
		next := s.lineEnd(i, limit)
		line := unquoted(s.b[i:next])
		header := keyHeader.Match(line)
		switch {
		case len(line) == 0:
		case header || !short && isBody(line):
			end, short = next, !header && len(line) < minBody // the last of a half
		default:
			return end
		}
		i = next
	}
	return end
}

// bodyStart is where the first of those lines begins that end at a place and can be of
// a key.
func (s *blockSearch) bodyStart(from, limit int) int {
	start := limit
	for i := limit; i > from; {
		before := bytes.LastIndexByte(s.b[from:i-1], '\n') + 1 + from
		line := unquoted(s.b[before:i])
		short := start == limit && isBody(line)
		if len(line) > 0 && !short && !keyHeader.Match(line) && !(isBody(line) && len(line) >= minBody) {
			break
		}
		if i = before; len(line) > 0 {
			start = before
		}
	}
	return start
}

// lineEnd is behind the end of the line at a place.
func (s *blockSearch) lineEnd(from, limit int) int {
	if i := bytes.IndexByte(s.b[from:limit], '\n'); i >= 0 {
		return from + i + 1
	}
	return limit
}

// minBody is fewer characters than any line of a key has but its last.
const minBody = 16

// keyHeader is a header of PEM's or PuTTY's.
var keyHeader = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{3,20}\s?:(?:\s|$)`)

// unquoted is a line without what quoting puts around it.
func unquoted(line []byte) []byte { return bytes.Trim(line, " \t\r\n\v\f>\"'\\,|") }

// isBody tells a line of nothing but base64 text.
func isBody(line []byte) bool {
	return bytes.IndexFunc(line, notBase64) < 0 && !bytes.ContainsAny(line, " \t")
}
