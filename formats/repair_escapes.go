package formats

import (
	"bytes"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// takeEscapes undoes \n and the escapes within base64 text where they stand without
// quotes around them.
func takeEscapes(t trace) (trace, []edit) {
	if bytes.IndexByte(t.b, '\\') < 0 && bytes.IndexByte(t.b, '`') < 0 {
		return t, nil
	}
	e := newEscapes(t, false, false)
	out := e.undo()
	if e.newlines.any { // now that it is known, those before the first one, too
		e = newEscapes(t, false, false)
		e.shown = true
		out = e.undo()
	}
	return out, append(e.newlines.edit(LiteralNewlines), e.others.edit(Quoted)...)
}

// escapes is a text on its way out of escapes. An escaped line end is undone where the
// structure of the text shows it to be one: comments have backslashes of their own.
type escapes struct {
	in     trace
	view   []byte
	out    trace
	shape  []byte // the plainView of out
	quoted bool   // the text stood in quotes
	known  bool   // and such that have escapes between them
	pairs  bool   // every backslash belongs to an escape, and every quote to one
	shown  bool   // there are escaped line ends in the text
	line   lineState

	newlines, others spots
}

// lineState is what is known of the begun line in out.
type lineState struct {
	from    int  // where it begins
	escaped bool // behind an escaped line end
	other   bool // it has other signs than base64 and blanks
	blanks  bool // it has blanks within
	token   int  // where its last word begins
	block   bool // it stands within a block or PuTTY's file
	key     bool // it has a public key, and behind that perhaps a comment
}

func newEscapes(in trace, quoted, known bool) *escapes {
	return &escapes{in: in, view: plainView(in.b), quoted: quoted, known: known, pairs: onlyPairs(in.b, '"')}
}

// onlyPairs tells whether all backslashes are of escapes that JSON knows, or shells,
// and all quotes are escaped.
func onlyPairs(b []byte, quote byte) bool {
	for i := 0; i < len(b); i++ {
		if b[i] == quote {
			return false
		}
		if b[i] != '\\' {
			continue
		}
		if i+1 == len(b) || strings.IndexByte("nrtu\"'\\/$`\n", b[i+1]) < 0 || b[i+1] == 'u' && hexValue(b, i+2, 4) < 0 {
			return false
		}
		i++
	}
	return true
}

func (e *escapes) undo() trace {
	for i := 0; i < e.in.len(); {
		if n := e.lineEnds(i); n > 0 {
			i += n
			continue
		}
		if n := e.other(i); n > 0 {
			i += n
			continue
		}
		e.copy(i)
		i++
	}
	return e.out
}

// copy takes one byte over.
func (e *escapes) copy(i int) {
	e.out.b, e.out.at = append(e.out.b, e.in.b[i]), append(e.out.at, e.in.at[i])
	e.shape = append(e.shape, e.view[i])
	e.see(e.view[i])
}

// see keeps the state of the line with a byte that was put out.
func (e *escapes) see(c byte) {
	l, n := &e.line, e.out.len()
	switch {
	case c == '\n':
		e.endLine(false)
	case isBlank(c):
		l.key = l.key || startsBlob(e.out.b[l.token:])
		l.blanks = l.blanks || l.token < n-1 && n-1 > l.from
		l.token = n
	case (c == '>' || c == '|') && l.token == n-1 && !l.blanks:
		l.token = n // a line of quoted mail
	case !isBase64Sign(c) && c != '=':
		l.other = true
	}
}

// endLine begins a new line in out.
func (e *escapes) endLine(escaped bool) {
	line := e.out.b[e.line.from:]
	block := e.line.block || bytes.Contains(line, []byte("--")) || bytes.Contains(line, []byte(ppkMagic))
	e.line = lineState{from: e.out.len(), token: e.out.len(), escaped: escaped, block: block}
}

// lineEnds undoes the escaped line ends at i, all those that follow each other, and
// returns their size; 0 where there are none, or no line ended there.
func (e *escapes) lineEnds(i int) int {
	size, count := e.escapedEnds(i)
	if count == 0 {
		return 0
	}
	if !e.isEnd(i + size) {
		if bytes.HasPrefix(e.in.b[i:], []byte(`\\`)) {
			return 0 // an escaped backslash, perhaps
		}
		for j := range size {
			e.copy(i + j)
		}
		return size
	}
	e.newlines.add(e.in.at[i])
	e.newlines.add(e.in.at[i+size-1])
	behindEnd := e.line.from > 0 && e.line.from == e.out.len() && !e.line.escaped
	if behindEnd || bytes.HasPrefix(trimBlanks(e.view[i+size:]), []byte("\n")) {
		count-- // the line ended, too
	}
	for range count {
		e.out.put("\n", e.in.at[i])
		e.shape = append(e.shape, '\n')
		e.endLine(true)
	}
	return size
}

// mostSlashes bounds how often a line end may have been escaped: 16 are of four times.
const mostSlashes = 16

// escapedEnds is the size of \n, \r, \r\n and of any number of them with blanks
// between, and how many lines they end. Backslashes may be doubled.
// PowerShell has "`" instead.
func (e *escapes) escapedEnds(i int) (size, count int) {
	b, slash := e.in.b, e.in.b[i]
	if slash != '\\' && slash != '`' {
		return 0, 0
	}
	last, slashes, twice := byte(0), 0, false
	for j := i; j < len(b) && count < 8; {
		k := j
		for k < len(b) && b[k] == slash && k-j < mostSlashes {
			k++
		}
		if k == j || k == len(b) || slashes > 0 && k-j != slashes || e.known && e.pairs && k-j > 1 && (k-j)%2 == 1 {
			break
		}
		slashes = k - j
		c, n := b[k], 1
		if v := hexValue(b, k+1, 4); c == 'u' && (v == '\n' || v == '\r') {
			c, n = map[rune]byte{'\n': 'n', '\r': 'r'}[v], 5
		}
		if c != 'n' && c != 'r' {
			break
		}
		switch {
		case c != 'n' || last == 'n' || last == 0:
			count++
		case count > 1 && twice: // CR CR LF
			count--
		}
		last, twice = c, c == 'r' && last == 'r'
		if j = k + n; j < len(b) {
			size = j - i
			for j < len(b) && isBlank(e.view[j]) && j-i-size < 64 {
				j++
			}
		} else {
			size = j - i
		}
	}
	return size, count
}

// isEnd tells whether a line ended before the text at i.
func (e *escapes) isEnd(i int) bool {
	l, rest := &e.line, e.view[i:]
	view := bytes.TrimRight(e.shape[max(l.from, e.out.len()-200):], " \t")
	whole := e.out.len()-l.from <= 200
	known := e.known && e.pairs || e.shown || e.newlines.any
	switch trimmed := bytes.TrimLeft(view, " \t>|"); {
	case startsMark(rest), startsBlob(e.out.b[l.token:]), bytes.HasSuffix(view, []byte("---")):
		return true
	case whole && len(trimmed) == 0:
		return l.escaped || l.from == 0 || e.newlines.any
	case !l.other && (!l.blanks || l.block):
		return l.escaped || l.block || e.out.len()-l.token >= 16
	case whole && endsWithValue(trimmed):
		return true
	case known && !bytes.HasPrefix(trimmed, []byte(ppkComment)) && !l.key, known && !startsWord(rest):
		return true
	case e.known && e.pairs && e.newlines.any && l.key:
		return true
	case whole && headerAt(trimmed):
		continued := bytes.HasPrefix(trimmed, []byte(ppkComment+`: "`)) && bytes.HasSuffix(trimmed, []byte(`\`)) // RFC 4716 section 3.3
		return continued || baseRun(trimBlanks(rest), 20) == 20
	}
	return e.isLast(rest) || e.isListLine(rest)
}

// startsWord tells a letter or digit, as behind the backslash of a Windows domain.
func startsWord(b []byte) bool {
	return len(b) > 0 && b[0] != '-' && isBase64Sign(b[0])
}

// endsWithValue tells a header whose value ends a line: what follows is base64 text,
// or nothing.
func endsWithValue(line []byte) bool {
	name, value, _ := bytes.Cut(line, []byte(":"))
	value = bytes.Trim(value, " \t=")
	switch string(name) {
	case ppkPublic, ppkPrivate:
		return allDigits(value)
	case ppkMAC, ppkHash:
		return len(value) >= 40 && isHex(value)
	case "DEK-Info", "Proc-Type":
		return len(value) > 0
	}
	return false
}

// isLast tells the end of the text. Without quotes a real line end behind the escaped
// one shows that this was typed.
func (e *escapes) isLast(rest []byte) bool {
	if len(rest) > 200 || len(bytes.TrimSpace(rest)) > 0 {
		return false
	}
	n := e.in.len()
	return e.quoted || e.newlines.any || n > 1 && e.in.at[n-1] == e.in.at[n-2]
}

// isListLine tells a further line of a list, with options before its key. It looks no
// further than to the next escape: many of them would make this dear.
func (e *escapes) isListLine(rest []byte) bool {
	rest = rest[:min(len(rest), 1<<12)]
	end := 0
	for ; end < len(rest) && rest[end] != '\n'; end++ {
		escape := rest[end] == '\\' || rest[end] == '`'
		if escape && end+1 < len(rest) && (rest[end+1] == 'n' || rest[end+1] == 'r') {
			break
		}
	}
	return hasMark(rest[:end]) && hasMark(e.shape[e.line.from:])
}

// other undoes the escape of a sign at i and returns its size. Without quotes only
// those in base64 text are undone, and those in texts whose line ends were escaped.
func (e *escapes) other(i int) int {
	b := e.in.b
	if b[i] != '\\' || i+1 >= len(b) {
		return 0
	}
	body := e.inBody()
	if b[i+1] == 't' && (body || e.beginsWord()) {
		return e.replace(i, 2, "\t")
	}
	sign, size := escapedSign(b[i:])
	switch {
	case size == 0:
		return 0
	case len(sign) == 1 && (isBase64Sign(sign[0]) || sign == "=") && body:
	case !e.known && !e.newlines.any:
		return 0
	case (sign == `\` || sign == `"`) && !e.pairs, b[i+1] == '\n' && !e.known:
		return 0
	}
	return e.replace(i, size, sign)
}

// beginsWord tells the beginning of a line or, in quotes, of a word in it.
func (e *escapes) beginsWord() bool {
	begins := e.out.len() == e.line.from
	return begins && e.line.escaped || e.quoted && (begins || e.out.len() == e.line.token)
}

// inBody tells whether what was put out last is base64 text.
func (e *escapes) inBody() bool {
	l := &e.line
	if !l.other && !l.blanks && (l.escaped || l.block || e.out.len()-l.token >= 16) {
		return true
	}
	return startsBlob(e.out.b[l.token:])
}

// replace puts out what an escape stands for.
func (e *escapes) replace(i, size int, sign string) int {
	e.out.put(sign, e.in.at[i])
	shape := plainView([]byte(sign))
	e.shape = append(e.shape, shape...)
	for _, c := range shape {
		e.see(c)
	}
	e.others.add(e.in.at[i])
	return size
}

// escapedSign is what an escape of JSON, of a shell or of YAML stands for, and its
// size. A line end behind a backslash is none, nor the blanks behind that.
func escapedSign(b []byte) (sign string, size int) {
	switch c := b[1]; {
	case strings.IndexByte("\"'\\/$`+=", c) >= 0:
		return string(c), 2
	case c == '\n':
		return "", len(b) - len(bytes.TrimLeft(b[2:], " \t"))
	case c == 'x':
		if v := hexValue(b, 2, 2); v >= ' ' && v < 0x7f {
			return string(v), 4
		}
	case c == 'u':
		v := hexValue(b, 2, 4)
		if utf16.IsSurrogate(v) && len(b) >= 12 && b[6] == '\\' && b[7] == 'u' {
			if pair := utf16.DecodeRune(v, hexValue(b, 8, 4)); pair != utf8.RuneError {
				return string(pair), 12
			}
		}
		if v >= ' ' && !utf16.IsSurrogate(v) {
			return string(v), 6
		}
	}
	return "", 0
}
