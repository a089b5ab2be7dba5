package formats

import (
	"bytes"
	"strings"
)

// takeStrings takes off the quotes around a key, of JSON, of a shell, of YAML or of a
// program: what stands in them is unescaped, pieces are put together. Quotes that
// stand behind the beginning of a key are its own.
func takeStrings(t trace) (trace, []edit) { return takeStringsOf(t, maxBase64) }

func takeStringsOf(t trace, depth int) (trace, []edit) {
	q := &quoting{t: t, view: plainView(t.b), depth: depth}
	for i := 0; i < t.len(); {
		if q.view[i] == '#' && (i == 0 || q.view[i-1] == '\n') {
			i = lineEnd(q.view, i)
			continue
		}
		size := q.opener(i)
		if size == 0 {
			i++
			continue
		}
		if hasMark(q.view[q.checked:i]) {
			break
		}
		q.checked = i
		i = q.chain(i)
	}
	if !q.quotes.any {
		return t, nil
	}
	q.out.join(t.sub(q.copied, t.len()))
	return q.out, append(q.quotes.edit(Quoted), q.newlines.edit(LiteralNewlines)...)
}

// quoting is a text on its way out of quotes.
type quoting struct {
	t, out   trace
	view     []byte
	depth    int
	copied   int // up to here out has the text
	checked  int // up to here no key stands outside of quotes
	closed   [4]bool
	quotes   spots
	newlines spots
}

// quoteKinds are the quotes that open and that close.
func quoteKinds() [4][2]string {
	return [4][2]string{{`"`, `"`}, {"'", "'"}, {"`", "`"}, {"\u201c", "\u201d"}}
}

// kind is the number of the quotes that open at i, -1 for none.
func (q *quoting) kind(i int) int {
	for k, marks := range quoteKinds() {
		if bytes.HasPrefix(q.t.b[i:], []byte(marks[0])) {
			return k
		}
	}
	return -1
}

// opener is the size of the quotes that open a string at i, 0 where none does: they
// stand at the beginning of a line, behind a sign of a programming language, or
// before a key.
func (q *quoting) opener(i int) int {
	c := q.t.b[i]
	if c != '"' && c != '\'' && c != '`' && c != 0xe2 {
		return 0
	}
	k := q.kind(i)
	if k < 0 || q.closed[k] || c == '`' && i+1 < q.t.len() && (q.t.b[i+1] == 'n' || q.t.b[i+1] == 'r') && !startsMark(q.view[i+1:]) {
		return 0 // or PowerShell's escape
	}
	before := i
	for before > 0 && i-before < 64 && isBlank(q.view[before-1]) {
		before--
	}
	if before > 1 && before == i && strings.IndexByte("bBrRuUfF", q.view[before-1]) >= 0 {
		before-- // Python's prefixes
	}
	size := len(quoteKinds()[k][0])
	if before == 0 || strings.IndexByte("\n=:([{,+.>$-", q.view[before-1]) >= 0 {
		return size
	}
	if !isBlank(q.view[i-1]) {
		return 0
	}
	if rest := q.view[i+size:]; startsMark(rest) || base64Named(rest) || behindCommand(q.view[:before]) {
		return size
	}
	return 0
}

// behindCommand tells the end of a command that writes what follows.
func behindCommand(view []byte) bool {
	word := view[bytes.LastIndexAny(view[max(0, len(view)-16):], " \t\n|;&(")+1+max(0, len(view)-16):]
	switch string(bytes.ToLower(word)) {
	case "echo", "-n", "-e", "-ne", "-en", "print", "printf", "return", "puts", "<<<", "'%s'", `'%s\n'`:
		return true
	}
	return false
}

// stringPiece is one string: what stands between its quotes, unescaped but for backslashes,
// and where it ends.
type stringPiece struct {
	text    trace
	end     int
	escapes bool // strings of its kind have them
	dollar  bool // it is $'…'
}

// chain reads the string that opens at i and those that are put together with it, and
// returns where they end. Where they hold a key they go to out.
func (q *quoting) chain(i int) int {
	var all []stringPiece
	var glues []byte
	end := i
	for at := i; ; {
		p, ok := q.piece(at)
		if !ok {
			break
		}
		next, glue := q.glue(p.end)
		if glue == ':' && len(all) > 0 {
			break // a name behind a comma
		}
		all, end = append(all, p), p.end
		if next < 0 || glue == ':' {
			break
		}
		glues, at = append(glues, glue), next
	}
	if len(all) == 0 {
		return i + 1
	}
	value, newlines := q.value(all, glues)
	if _, _, ok := keyWithin(value, q.depth); ok && (len(all) > 1 || !q.isOption(i)) {
		q.put(i, end, value, newlines)
	}
	return end
}

// isOption tells the quotes of an option in authorized_keys.
func (q *quoting) isOption(i int) bool {
	line := q.view[bytes.LastIndexByte(q.view[max(0, i-200):i], '\n')+1+max(0, i-200) : i]
	name, ok := bytes.CutSuffix(line, []byte("="))
	if !ok {
		return false
	}
	return isOptions(name[bytes.LastIndexAny(name, ", \t")+1:])
}

// piece reads one string.
func (q *quoting) piece(i int) (stringPiece, bool) {
	k := q.kind(i)
	open, shut := quoteKinds()[k][0], quoteKinds()[k][1]
	dollar := k == 1 && i > 0 && q.t.b[i-1] == '$'
	p := stringPiece{escapes: k != 1 || dollar, dollar: dollar}
	b, from := q.t.b, i+len(open)
	for j := from; j < len(b); {
		switch {
		case b[j] == '\\' && k < 3 && !bytes.HasPrefix(b[j:], []byte(`\''`)):
			j += 2
			continue
		case b[j] != shut[0] || !bytes.HasPrefix(b[j:], []byte(shut)):
			j++
			continue
		}
		if n := sameQuote(b[j:]); k == 1 && n > 0 {
			p.text.join(q.t.sub(from, j))
			p.text.put("'", q.t.at[j])
			j += n
			from = j
			continue
		}
		if q.closes(j + len(shut)) {
			p.text.join(q.t.sub(from, j))
			p.end = j + len(shut)
			return p, true
		}
		j += len(shut)
	}
	q.closed[k] = true // nothing closes any more
	if !startsMark(q.view[i+len(open):]) {
		return p, false
	}
	p.text.join(q.t.sub(from, len(b)))
	p.end = len(b)
	return p, true
}

// sameQuote is the size of the ways to write a single quote between such.
func sameQuote(b []byte) int {
	for _, way := range [...]string{`'\''`, `'"'"'`, `''`} {
		if bytes.HasPrefix(b, []byte(way)) {
			return len(way)
		}
	}
	return 0
}

// closes tells whether what follows a closing quote is what may follow one.
func (q *quoting) closes(i int) bool {
	i += len(q.view[i:]) - len(trimBlanks(q.view[i:]))
	switch {
	case i >= len(q.view) || strings.IndexByte("\n,;)}]+.:&<>|", q.view[i]) >= 0:
		return true
	case q.view[i] != '\\' || i+1 == len(q.view):
		return false
	case q.view[i+1] == '\n':
		return true
	}
	rest := bytes.TrimLeft(q.view[i:min(len(q.view), i+100)], `\nr`)
	return q.escapedEnd(i) > i && !startsMark(rest) && baseRun(rest, 16) < 16
}

// escapedEnd is the place behind an escaped line end at i, or i.
func (q *quoting) escapedEnd(i int) int {
	k := i
	for k < len(q.view) && q.view[k] == '\\' && k-i < mostSlashes {
		k++
	}
	if k > i && k < len(q.view) && (q.view[k] == 'n' || q.view[k] == 'r') {
		return k + 1
	}
	return i
}

// glue reads what stands between two strings that are put together: next is where the
// second one opens, -1 where there is none; glue is the sign between them, '\n' for a
// line end alone, ' ' for nothing; or ':' behind a name.
func (q *quoting) glue(i int) (next int, glue byte) {
	glue = ' '
	for ; i < len(q.view); i++ {
		switch c := q.view[i]; {
		case isBlank(c):
		case c == '\n', q.escapedEnd(i) > i:
			if glue == ' ' {
				glue = '\n'
			}
			i = max(i, q.escapedEnd(i)-1)
		case c == ':' && glue == ' ':
			return -1, ':'
		case (c == '+' || c == '.' || c == '\\' || c == ',') && (glue == ' ' || glue == '\n'):
			glue = c
		case c == '$', c == '&' && glue == ' ':
		case c == '"', c == '\'', c == '`', c == 0xe2:
			if k := q.kind(i); k < 0 || q.closed[k] {
				return -1, glue
			}
			return i, glue
		default:
			return -1, glue
		}
	}
	return -1, glue
}

// value puts pieces together. Those of a list, and pieces in lines of their own that
// have no line ends in them, become lines.
func (q *quoting) value(all []stringPiece, glues []byte) (value trace, newlines spots) {
	var texts []trace
	for _, p := range all {
		e := newEscapes(p.text, true, p.escapes)
		if p.dollar {
			e.pairs = onlyPairs(p.text.b, '\'')
		}
		texts = append(texts, e.undo())
		if e.newlines.any {
			newlines.add(e.newlines.first)
			newlines.add(e.newlines.last)
		}
	}
	for i, text := range texts {
		value.join(text)
		if i == len(glues) || i+1 == len(texts) || bytes.HasSuffix(text.b, []byte("\n")) {
			continue
		}
		if glues[i] == ',' || glues[i] == '\n' && !newlines.any {
			value.put("\n", value.place(value.len()))
		}
	}
	return value, newlines
}

// put writes a value in place of the strings from i to end, on lines of its own. What
// stands before it on its line is dropped, as are signs behind it.
func (q *quoting) put(i, end int, value trace, newlines spots) {
	q.out.join(q.t.sub(q.copied, i))
	if start := bytes.LastIndexByte(q.out.b, '\n') + 1; start < q.out.len() {
		q.out = q.out.sub(0, start)
	}
	q.out.join(value)
	if !bytes.HasSuffix(q.out.b, []byte("\n")) {
		q.out.put("\n", q.t.at[end-1])
	}
	q.quotes.add(q.t.at[i])
	q.quotes.add(q.t.at[end-1])
	if newlines.any {
		q.newlines.add(newlines.first)
		q.newlines.add(newlines.last)
	}
	q.copied, q.checked = end, end
	rest := q.view[end:lineEnd(q.view, end)]
	if len(bytes.Trim(rest, " \t\n,;)}]")) == 0 {
		q.copied, q.checked = end+len(rest), end+len(rest)
	}
}
