package formats

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// takeMail takes off "> " and "| " before the lines of a key. Hashed names in
// known_hosts begin with "|", too, and have no blank behind it.
func takeMail(t trace) (trace, []edit) {
	if bytes.IndexByte(t.b, '>') < 0 && bytes.IndexByte(t.b, '|') < 0 || bytes.Contains(t.b, []byte(">&nbsp;")) {
		return t, nil // or the entities first
	}
	m := mailText{t: t, view: plainView(t.b)}
	for from := 0; from < t.len(); {
		to := lineEnd(m.view, from)
		n := mailPrefix(m.view[from:to])
		switch {
		case n == 0:
			m.out.join(t.sub(from, to))
			m.depth = 0
		case !m.found.any && !mailHoldsKey(m.view[from:]): // a quotation that is none of a key
			for ; n > 0; n = mailPrefix(m.view[from:to]) {
				m.out.join(t.sub(from, to))
				from, to = to, lineEnd(m.view, to)
			}
			continue
		default:
			m.line(from, from+n, to)
		}
		from = to
	}
	if !m.found.any {
		return t, nil
	}
	return m.out, m.found.edit(MailQuoted)
}

// mailText is a text on its way out of quoted mail.
type mailText struct {
	t, out trace
	view   []byte
	depth  int  // of the line before
	tight  bool // no blank stands behind the signs: those there are the text's own
	found  spots
}

// line takes over a line whose signs end at start, without the blank behind them.
// Where others in the line quote what follows, line ends were lost there.
func (m *mailText) line(from, start, to int) {
	sign, size := utf8.DecodeRune(m.t.b[start:to])
	_, odd := plainSign(sign)
	blank := odd == OddBlank || size == 1 && isBlank(m.t.b[start])
	if depth := start - from - bytes.Count(m.view[from:start], []byte(" ")); depth != m.depth {
		m.depth, m.tight = depth, !blank && sign != '\n'
	}
	if blank && !m.tight {
		start += size
	}
	m.found.add(m.t.at[from])
	text := m.t.sub(start, to)
	copied := 0
	for _, end := range fusedEnds(m.view[start:to], m.tight) {
		m.out.join(text.sub(copied, end.from))
		m.out.put("\n", text.place(end.from))
		copied = end.to
	}
	m.out.join(text.sub(copied, text.len()))
}

// mailPrefix is the size of the signs that quote a line, of any depth and without the
// blank behind them; 0 without.
func mailPrefix(line []byte) int {
	end := 0
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '>', line[i] == '|' && i+1 < len(line) && isGap(line[i+1]):
			end = i + 1
		case !isBlank(line[i]):
			return end
		}
	}
	return end
}

// quotedEnd is a lost line end in quoted mail: what stands in its place.
type quotedEnd struct{ from, to int }

// fusedEnds finds those of the signs in a line that stood at the beginning of one: a
// comment may have some of its own.
func fusedEnds(line []byte, tight bool) []quotedEnd {
	var all []quotedEnd
	start, pure := 0, true // of base64 text
	for i, c := range line {
		if c != '>' {
			if start == i && isBlank(c) {
				start++
			}
			pure = pure && (isBase64Sign(c) || isBlank(c) || c == '=')
			continue
		}
		known, before := len(all) > 0, line[start:i]
		if endsOtherwise(before) {
			pure = false
			continue
		}
		body := known && pure && !startsKeyLine(before)
		if !body && !isFusedEnd(before, line[i+1:], known) {
			pure = false
			continue
		}
		end := quotedEnd{start + len(bytes.TrimRight(before, " \t")), i + 1}
		if !tight && end.to < len(line) && isBlank(line[end.to]) {
			end.to++
		}
		all, start, pure = append(all, end), end.to, true
	}
	return all
}

// endsOtherwise tells text behind which a line ended in another way, by a tag of HTML
// or an escape, and text whose sign closes a tag.
func endsOtherwise(before []byte) bool {
	const longest = 16 // of a tag
	tail := before[max(0, len(before)-longest):]
	if i := bytes.LastIndexByte(tail, '<'); i >= 0 {
		_, ok := tagAt(append(bytes.Clone(tail[i:]), '>'), 0)
		return ok
	}
	for _, end := range [...]string{">", `\n`, `\r`, "`n", "`r"} {
		if bytes.HasSuffix(bytes.TrimRight(tail, " \t"), []byte(end)) {
			return true
		}
	}
	return false
}

// isFusedEnd judges the text between two signs, and what follows.
func isFusedEnd(before, rest []byte, known bool) bool {
	const longest = 256 // of a header
	switch {
	case startsMark(rest), bytes.HasSuffix(bytes.TrimRight(before, " \t"), []byte("---")):
		return true
	case len(rest) < leastBase64 && len(bytes.TrimSpace(rest)) == 0:
		return known
	case len(before) > longest:
		return false
	case headerAt(before) && !bytes.HasPrefix(before, []byte(ppkComment)):
		return true
	}
	return headerAt(before) && baseRun(trimBlanks(rest), leastBase64) == leastBase64
}

// mailHoldsKey looks at the quoted lines that a text begins with.
func mailHoldsKey(view []byte) bool {
	for from := 0; from < len(view); {
		to := lineEnd(view, from)
		n := mailPrefix(view[from:to])
		if n == 0 {
			return false
		}
		if line := view[from+n : to]; hasMark(line) || longestRun(line) >= 40 {
			return true
		}
		from = to
	}
	return false
}

// takePrintable undoes the quoted-printable encoding of mail (RFC 2045 section 6.7),
// where it certainly is that: base64 has nothing behind "=" but another.
func takePrintable(t trace) (trace, []edit) {
	view, shown := plainView(t.b), false
	for i := 0; i < t.len() && !shown; i++ {
		shown = view[i] == '=' && isPrintableEscape(view, i)
	}
	if !shown {
		return t, nil
	}
	var out trace
	var found spots
	for i := 0; i < t.len(); {
		n := 0
		if t.b[i] == '=' {
			n = softBreak(t.b[i:])
			if v := upperHex(t.b, i+1); n == 0 && (v >= ' ' || v == '\n' || v == '\r' || v == '\t') {
				out.b, out.at = append(out.b, byte(v)), append(out.at, t.at[i])
				n = 3
			}
		}
		if n == 0 {
			out.join(t.sub(i, i+1))
			i++
			continue
		}
		found.add(t.at[i])
		i += n
	}
	out, _ = withLF(out)
	return out, found.edit(MailQuoted)
}

// softBreak is the size of "=" before a line's end.
func softBreak(b []byte) int {
	rest := bytes.TrimLeft(b[1:min(len(b), 80)], " \t")
	if len(rest) == 0 || rest[0] != '\n' {
		return 0
	}
	return min(len(b), 80) - len(rest) + 1
}

// upperHex is the value of two hexadecimal digits in capitals, -1 where there are none.
func upperHex(b []byte, i int) rune {
	if i+2 > len(b) || bytes.ContainsAny(b[i:i+2], "abcdef") {
		return -1
	}
	return hexValue(b, i, 2)
}

// isPrintableEscape judges an "=" by the base64 text that it stands in.
func isPrintableEscape(view []byte, i int) bool {
	run, first := runBefore(view[max(0, i-100):i])
	switch upperHex(view, i+1) {
	case '=', '+', '/', '\n', '\r', ' ':
		value := view[i+3 : min(len(view), i+100)]
		return run >= 20 || first && run > 0 || len(value) > 0 && (value[0] == '"' || value[0] == '\'') && startsMark(value[1:])
	case '-':
		return startsMark(view[i+3:])
	}
	n := softBreak(view[i:])
	if n == 0 {
		return false
	}
	start := bytes.LastIndexByte(view[:i], '\n') + 1
	if i+n >= len(view) || i-start < 70 || i-start > 76 {
		return false
	}
	next := view[i+n : lineEnd(view, i+n)]
	rest := next[baseRun(next, len(next)):]
	pure := len(rest) == 0 || strings.IndexByte("\n=\\", rest[0]) >= 0
	return !startsMark(next) && len(rest) < len(next) && (run >= 12 && pure || i-start >= 73 && (run >= 12 || hasMark(view[start:i])))
}
