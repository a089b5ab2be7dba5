package formats

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plainView is a text to look for structure in, byte for byte beside the original: odd
// dashes are "-" there, odd blanks and signs without width are blanks.
func plainView(b []byte) []byte {
	if bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return b
	}
	out := bytes.Clone(b)
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if plain, defect := plainSign(r); defect != "" && plain != '\n' {
			for j := range size {
				out[i+j] = byte(max(plain, ' '))
			}
		}
		i += size
	}
	return out
}

// hasMark tells text that has something of a key in it: the word of a BEGIN or END
// line behind dashes, a header of PuTTY's or of PEM's, the beginning of a key's own text.
func hasMark(view []byte) bool {
	for i := range view {
		if markedAt(view, i) {
			return true
		}
	}
	return false
}

func markedAt(view []byte, i int) bool {
	rest := view[i:]
	switch view[i] {
	case 'B', 'b':
		return hasPrefixFold(rest, "BEGIN") && dashBefore(view, i) || bytes.HasPrefix(rest, []byte("b3BlbnNzaC1rZXk"))
	case 'E', 'e':
		return hasPrefixFold(rest, "END ") && dashBefore(view, i)
	case 'A':
		return startsBlob(rest)
	case 'M':
		return (i == 0 || !isBase64Sign(view[i-1]) || view[i-1] == 'n') && startsDER(rest)
	case 'P':
		return headerAt(rest) && !hasPrefixFold(rest, "Private-Hash") || bytes.HasPrefix(rest, []byte("P2/56w"))
	case 'D':
		return bytes.HasPrefix(rest, []byte("DEK-Info:"))
	}
	return false
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// dashBefore tells whether a dash stands before i, as a sign or as an entity of HTML.
func dashBefore(view []byte, i int) bool {
	for i > 0 && isBlank(view[i-1]) {
		i--
	}
	return i > 0 && (view[i-1] == '-' || view[i-1] == ';')
}

// startsBlob tells the base64 text of a public key's blob: the length of a short name
// and its first letter, which of all types are s (ssh-, sk-) and e (ecdsa-).
func startsBlob(b []byte) bool {
	var raw [6]byte
	if len(b) < 8 || !bytes.HasPrefix(b, []byte("AAAA")) {
		return false
	}
	quad := append(bytes.Clone(b[4:7]), 'A')
	if n, err := base64.StdEncoding.Decode(raw[:], quad); err != nil || n < 2 {
		return false
	}
	return 7 <= raw[0] && raw[0] < 64 && (raw[1] == 's' || raw[1] == 'e')
}

// startsDER tells the base64 text of a key in ASN.1.
func startsDER(b []byte) bool {
	const least = 40
	if baseRun(b, least) < least {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(string(b[:least]))
	return err == nil && raw[0] == 0x30 && derLabel(raw) != ""
}

// baseRun is how many characters of base64 a text begins with, counted up to a number.
func baseRun(b []byte, most int) int {
	n := 0
	for n < len(b) && n < most && isBase64Sign(b[n]) {
		n++
	}
	return n
}

// longestRun is the length of the longest word of base64.
func longestRun(b []byte) int {
	longest, run := 0, 0
	for _, c := range b {
		if run++; !isBase64Sign(c) {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// headerAt tells the headers that stand at the beginning of a line in PuTTY's files
// and in PEM blocks.
func headerAt(b []byte) bool {
	if len(b) == 0 || strings.IndexByte("PDEKACSX", b[0]&^0x20) < 0 {
		return false
	}
	if bytes.HasPrefix(b, []byte(ppkMagic)) {
		return true
	}
	for _, name := range [...]string{
		ppkEncryption, ppkComment, ppkPublic, ppkDerivation, ppkMemory, ppkPasses, ppkParallelism,
		ppkSalt, ppkPrivate, ppkMAC, ppkHash, "Proc-Type", "DEK-Info", "Subject",
	} {
		if hasPrefixFold(b, name+":") {
			return true
		}
	}
	return false
}

// startsMark tells text that begins, behind blanks and the signs of quoted mail, with
// a BEGIN or END line, a header, a public key's line or a key's own text.
func startsMark(view []byte) bool {
	const most = 64
	from := 0
	for from < min(len(view), most) && (isBlank(view[from]) || view[from] == '>' || bytes.HasPrefix(view[from:], []byte("| "))) {
		from++
	}
	if view = view[from:]; len(view) == 0 {
		return false
	}
	if view[0] == '-' {
		words := bytes.TrimLeft(view, "- ")
		return len(view)-len(words) >= 4 || hasPrefixFold(words, "BEGIN") || hasPrefixFold(words, "END ")
	}
	return headerAt(view) || markedAt(view, 0) || startsKeyLine(view)
}

// startsKeyLine tells `type base64` of a type that is known, or of whatever word
// before the beginning of a key.
func startsKeyLine(view []byte) bool {
	word := view[:min(len(view), 64)]
	n := bytes.IndexAny(word, " \t\n")
	if n <= 0 {
		return false
	}
	return !bytes.ContainsAny(word[:n], `"'=:,<>{}()[]\`) && startsBlob(trimBlanks(view[n:]))
}

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
	if k < 0 || q.closed[k] {
		return 0
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

// base64Named tells a word of base64 behind NAME= or alone.
func base64Named(view []byte) bool {
	const most = 64
	if n := baseRun(view, most); n < most && n < len(view) && view[n] == '=' {
		view = view[n+1:]
	}
	view = bytes.TrimLeft(view[:min(len(view), 2*most)], `\"'`)
	return baseRun(view, leastBase64) == leastBase64
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

// takeEscapes undoes \n and the escapes within base64 text where they stand without
// quotes around them.
func takeEscapes(t trace) (trace, []edit) {
	if bytes.IndexByte(t.b, '\\') < 0 && !fusedMail(t.b) {
		return t, nil
	}
	e := newEscapes(t, false, false)
	out := e.undo()
	if e.newlines.any { // now that it is known, those before the first one, too
		e = newEscapes(t, false, false)
		e.shown = true
		out = e.undo()
	}
	return out, append(append(e.newlines.edit(LiteralNewlines), e.others.edit(Quoted)...), e.mail.edit(MailQuoted)...)
}

// fusedMail tells quoted mail that lost its line ends: its first line goes on with
// further ">".
func fusedMail(b []byte) bool {
	line := bytes.TrimLeft(b[:lineEnd(b, 0)], " \t>")
	return len(line) < lineEnd(b, 0) && bytes.IndexByte(line, '>') >= 0 && b[bytes.IndexByte(b, '>')] == '>'
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

	newlines, others, mail spots
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

// hexValue reads n hexadecimal digits; -1 where they are not there.
func hexValue(b []byte, i, n int) rune {
	if i+n > len(b) {
		return -1
	}
	v, err := strconv.ParseUint(string(b[i:i+n]), 16, 32)
	if err != nil {
		return -1
	}
	return rune(v)
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
	found := &e.newlines
	if e.in.b[i] == '>' {
		found = &e.mail
	}
	found.add(e.in.at[i])
	found.add(e.in.at[i+size-1])
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
// between, and how many lines they end. Backslashes may be doubled. A ">" is one in
// quoted mail whose line ends were lost.
func (e *escapes) escapedEnds(i int) (size, count int) {
	b := e.in.b
	if b[i] == '>' && !e.quoted && e.line.from == 0 && e.out.len() > 0 && mailPrefix(e.view[:min(len(e.view), 64)]) > 0 {
		return 1, min(1, len(bytes.Trim(e.out.b, " \t>")))
	}
	last, slashes, twice := byte(0), 0, false
	for j := i; j < len(b) && count < 8; {
		k := j
		for k < len(b) && b[k] == '\\' && k-j < mostSlashes {
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

// isListLine tells a further line of a list, with options before its key.
func (e *escapes) isListLine(rest []byte) bool {
	end := 0
	for end < len(rest) && rest[end] != '\n' && (e.quoted || rest[end] != '>' || e.view[0] != '>') {
		if rest[end] == '\\' && end+1 < len(rest) && (rest[end+1] == 'n' || rest[end+1] == 'r') {
			break
		}
		end++
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
	if b[i+1] == 't' && (body || e.line.escaped && e.out.len() == e.line.from) {
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

// takeYAML takes off what YAML and assignments put before a key: `name: |` with the
// indentation of the lines below, "- ", `name: ` and `export NAME=`.
func takeYAML(t trace) (trace, []edit) {
	var out trace
	var found spots
	view := plainView(t.b)
	for from := 0; from < t.len(); {
		to := lineEnd(view, from)
		if depth := blockScalar(view[from:to]); depth >= 0 {
			end, indent := indentedBlock(view, to, depth)
			if hasMark(view[to:end]) {
				found.add(t.at[from])
				found.add(t.at[to-1])
				out.join(dedent(t, view, to, end, indent))
			} else {
				out.join(t.sub(from, end))
			}
			from = max(end, to)
			continue
		}
		if n := namedKey(view[from:to]); n > 0 {
			found.add(t.at[from])
			from += n
		}
		out.join(t.sub(from, to))
		from = to
	}
	if !found.any {
		return t, nil
	}
	return out, found.edit(Quoted)
}

// blockScalar is the indentation of a line that begins a block of text in YAML 1.2,
// section 8.1; -1 for other lines.
func blockScalar(line []byte) int {
	bare := bytes.TrimSpace(line)
	at := bytes.LastIndexAny(bare, " \t") + 1
	sign := bare[at:]
	if len(sign) == 0 || sign[0] != '|' && sign[0] != '>' || len(bytes.Trim(sign[1:], "+-0123456789")) > 0 {
		return -1
	}
	before := bytes.TrimRight(bare[:at], " \t")
	if !bytes.HasSuffix(before, []byte(":")) && !bytes.HasSuffix(before, []byte("-")) && !bytes.Contains(before, []byte("!!")) {
		return -1
	}
	if bytes.Count(before, []byte(`"`))%2+bytes.Count(before, []byte("'"))%2 > 0 {
		return -1 // it stands in quotes that close behind it
	}
	return indentation(line)
}

func indentation(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }

// indentedBlock is where the lines end that are indented deeper, and the least of
// their indentations.
func indentedBlock(view []byte, from, depth int) (end, indent int) {
	end, indent = from, 0
	for i := from; i < len(view); {
		to := lineEnd(view, i)
		line := view[i:to]
		if len(bytes.TrimSpace(line)) > 0 {
			n := indentation(line)
			if n <= depth {
				break
			}
			if end = to; indent == 0 || n < indent {
				indent = n
			}
		}
		i = to
	}
	return end, indent
}

// dedent takes the indentation off lines.
func dedent(t trace, view []byte, from, end, indent int) trace {
	var out trace
	for from < end {
		to := lineEnd(view, from)
		out.join(t.sub(from+min(indent, indentation(bytes.TrimRight(view[from:to], "\n"))), to))
		from = to
	}
	return out
}

// namedKey is the size of what stands before a key as its name; 0 where it has none.
// A comment may have the text of a key in it.
func namedKey(line []byte) int {
	i := indentation(line)
	if bytes.HasPrefix(line[i:], []byte("- ")) {
		i += 2
	}
	for _, word := range [...]string{"export ", "set ", "setx ", "declare ", "local ", "const ", "let ", "var ", "ENV ", "$env:", "$"} {
		if hasPrefixFold(line[i:], word) {
			i += len(word)
			break
		}
	}
	name := i
	for i < len(line) && i-name < 64 && (isLetter(line[i]) || strings.IndexByte("_-.0123456789", line[i]) >= 0) {
		i++
	}
	word := line[name:i]
	rest := trimBlanks(line[i:])
	switch {
	case len(word) == 0 && i > 0 && line[i-1] == ' ' && i >= 2 && line[i-2] == '-':
		// a list's item without a name
	case len(word) == 0 || bytes.HasPrefix(word, []byte("-")) || isLetter(word[0]) && headerAt(append(bytes.Clone(word), ':')):
		i = 0
	case bytes.HasPrefix(rest, []byte("=")), bytes.HasPrefix(rest, []byte(": ")), bytes.HasPrefix(rest, []byte(":\t")):
		i = len(line) - len(rest) + 1
	default:
		i = 0
	}
	if i == 0 && bytes.HasPrefix(line[indentation(line):], []byte("- ")) {
		i = indentation(line) + 2
	}
	rest = trimBlanks(line[i:])
	if i == 0 || !startsMark(rest) || headerAt(rest) && !bytes.HasPrefix(rest, []byte(ppkMagic)) {
		return 0
	}
	return len(line) - len(rest)
}
