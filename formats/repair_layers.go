package formats

import (
	"bytes"
	"encoding/base64"
	"html"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// plainText is a file's text in UTF-8 with LF line ends, the last line ended once;
// false for binary data.
func plainText(t trace) (trace, []edit, bool) {
	text, edits, ok := decodeText8(t)
	if !ok {
		return t, nil, false
	}
	text, ends := endOnce(text)
	return text, append(edits, ends...), true
}

// decodeText8 undoes the text's encoding and line ends; false for binary data.
func decodeText8(t trace) (trace, []edit, bool) {
	text, edits := t, []edit(nil)
	if low, from, ok := utf16Order(t.b); ok {
		text = decodeUTF16(t, from, low)
		edits = append(edits, edit{UTF16, t.place(0), text.place(text.len())})
	}
	bom, n := []byte("\xef\xbb\xbf"), 0
	for bytes.HasPrefix(text.b[n:], bom) {
		n += len(bom)
	}
	if n > 0 && edits == nil {
		edits = append(edits, edit{ByteOrderMark, text.place(0), text.place(n - 1)})
	}
	text = text.sub(n, text.len())
	if !looksLikeText(text.b) {
		return t, nil, false
	}
	text, ends := withLF(text)
	return text, append(edits, ends...), true
}

// utf16Order tells UTF-16 by its byte order mark or, without one, by a NUL in every
// second byte, but for a few letters beyond Latin-1. low is where in a unit its low
// byte stands.
func utf16Order(b []byte) (low, from int, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return 0, 2, true
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return 1, 2, true
	case len(b) < 8:
		return 0, 0, false
	}
	var nul [2]int
	for i, c := range b {
		if c == 0 {
			nul[i&1]++
		}
	}
	const most = 3 // of four
	switch half := len(b) / 2; {
	case nul[0] == 0 && nul[1]*4 >= half*most:
		return 0, 0, true
	case nul[1] == 0 && nul[0]*4 >= half*most:
		return 1, 0, true
	}
	return 0, 0, false
}

// decodeUTF16 gives each letter the place of its first byte. Of a last unit that has
// lost its second byte, which in ASCII text is 0, the letter is kept.
func decodeUTF16(t trace, from, low int) trace {
	var out trace
	unit := func(i int) rune { return rune(t.b[i+low]) | rune(t.b[i+1-low])<<8 }
	i := from
	for ; i+1 < t.len(); i += 2 {
		r, place := unit(i), t.at[i]
		if utf16.IsSurrogate(r) {
			second := rune(0)
			if i+3 < t.len() {
				second = unit(i + 2)
			}
			if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
				i += 2
			}
		}
		out.put(string(r), place)
	}
	if i < t.len() && low == 0 && (t.b[i] == '\n' || t.b[i] >= ' ' && t.b[i] < utf8.RuneSelf) {
		out.put(string(rune(t.b[i])), t.at[i])
	}
	return out
}

// spots are the places of the first and the last occurrence of something.
type spots struct {
	first, last int32
	any         bool
}

func (s *spots) add(place int32) {
	if !s.any {
		s.first, s.any = place, true
	}
	s.last = place
}

// edit is that of all occurrences; none where there was none.
func (s spots) edit(d Defect) []edit {
	if !s.any {
		return nil
	}
	return []edit{{d, s.first, s.last}}
}

// withLF ends the lines with LF. CR CR LF is one end, of a text that was converted
// twice, but where CR alone ends lines too.
func withLF(t trace) (trace, []edit) {
	all := bytes.Count(t.b, []byte("\r"))
	if all == 0 {
		return t, nil
	}
	twice := all == bytes.Count(t.b, []byte("\r\n"))+bytes.Count(t.b, []byte("\r\r\n"))
	out := trace{make([]byte, 0, t.len()), make([]int32, 0, t.len())}
	var crlf, cr spots
	for i, c := range t.b {
		if c != '\r' {
			out.b, out.at = append(out.b, c), append(out.at, t.at[i])
			continue
		}
		rest := t.b[i+1:]
		switch {
		case bytes.HasPrefix(rest, []byte("\n")):
			crlf.add(t.at[i])
			continue
		case twice && bytes.HasPrefix(rest, []byte("\r\n")):
			cr.add(t.at[i])
			continue
		}
		cr.add(t.at[i])
		out.put("\n", t.at[i])
	}
	return out, append(crlf.edit(CRLF), cr.edit(LoneCR)...)
}

// endOnce ends the text's last line, and drops the empty ones behind it.
func endOnce(t trace) (trace, []edit) {
	last := len(bytes.TrimRight(t.b, " \t\n"))
	end := bytes.IndexByte(t.b[last:], '\n')
	if end < 0 {
		out := t.sub(0, t.len())
		out.put("\n", t.place(t.len()-1))
		return out, []edit{{NoFinalNewline, t.place(t.len() - 1), t.place(t.len() - 1)}}
	}
	if end += last + 1; end < t.len() {
		return t.sub(0, end), []edit{{EmptyEnd, t.at[end], t.at[t.len()-1]}}
	}
	return t, nil
}

// maxLayers bounds how often unwrap looks for a layer that the last one hid.
const maxLayers = 6

// unwrap takes off what the whole text was wrapped in, in the order in which it was
// put on. What is sound has nothing of this and stays as it is.
func unwrap(t trace) (trace, []edit) {
	layers := []func(trace) (trace, []edit){
		takePrintable, takeMail, takeYAML, takeStrings, takeEntities, takeEscapes, takeBase64,
	}
	var all []edit
	for range maxLayers {
		found := len(all)
		for _, take := range layers {
			if out, edits := take(t); len(edits) > 0 {
				t, all = out, append(all, edits...)
			}
		}
		if len(all) == found {
			break
		}
	}
	return t, all
}

// takeMail takes off "> " and "| " before the lines of a key. Hashed names in
// known_hosts begin with "|", too, and have no blank behind it.
func takeMail(t trace) (trace, []edit) {
	if bytes.IndexByte(t.b, '>') < 0 && bytes.IndexByte(t.b, '|') < 0 {
		return t, nil
	}
	var out trace
	var found spots
	view := plainView(t.b)
	for from := 0; from < t.len(); {
		to := lineEnd(view, from)
		n := mailPrefix(view[from:to])
		if n > 0 && !found.any && !mailHoldsKey(view[from:]) {
			for n > 0 { // a quotation that is none of a key
				out.join(t.sub(from, to))
				from, to = to, lineEnd(view, to)
				n = mailPrefix(view[from:to])
			}
			continue
		}
		if n > 0 {
			found.add(t.at[from])
		}
		out.join(t.sub(from+n, to))
		from = to
	}
	if !found.any {
		return t, nil
	}
	return out, found.edit(MailQuoted)
}

// lineEnd is where the line that begins at i ends, behind its LF.
func lineEnd(b []byte, i int) int {
	if n := bytes.IndexByte(b[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(b)
}

// mailPrefix is the size of the signs that quote a line, of any depth; 0 without.
func mailPrefix(line []byte) int {
	end := 0
	for i := 0; i < len(line); i++ {
		switch {
		case line[i] == '>', line[i] == '|' && i+1 < len(line) && isGap(line[i+1]):
			end = i + 1
		case !isBlank(line[i]):
			if end > 0 && isBlank(line[end]) {
				end++
			}
			return end
		}
	}
	return end
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

// maxBase64 is how often a file is decoded that was encoded more than once.
const maxBase64 = 4

// takeBase64 decodes lines that are a whole key file in base64.
func takeBase64(t trace) (trace, []edit) { return decodeFile(t, maxBase64) }

func decodeFile(t trace, depth int) (trace, []edit) {
	var out trace
	var edits []edit
	view := plainView(t.b)
	from := 0
	for from < t.len() {
		to := lineEnd(view, from)
		start := base64Start(view[from:to])
		if start < 0 {
			out.join(t.sub(from, to))
			from = to
			continue
		}
		ends := base64Ends(view, from+start)
		after := ends[0]
		for _, end := range ends {
			if goesOn(view[end:]) {
				continue
			}
			if text, inner, ok := decodeRun(t, view, from+start, end, depth); ok {
				edits = append(append(edits, edit{Base64File, t.at[from+start], t.at[end-1]}), inner...)
				out.join(text)
				from, after = end, end
				break
			}
		}
		out.join(t.sub(from, after))
		from = after
	}
	if edits == nil {
		return t, nil
	}
	return out, edits
}

// leastBase64 is the length that tells a word of base64 from one of prose.
const leastBase64 = 24

// base64Start is where a line's base64 text begins that goes on to the line's end;
// before it may stand a name, as in KEY=…; -1 without.
func base64Start(line []byte) int {
	end := len(bytes.TrimRight(line, " \t\n="))
	start := end
	for start > 0 && (isBase64Sign(line[start-1]) || isBlank(line[start-1])) {
		start--
	}
	for start < end {
		n := 0
		for start+n < end && !isBlank(line[start+n]) {
			n++
		}
		if n >= leastBase64 && line[start] != '-' {
			return start
		}
		start += n + 1
	}
	return -1
}

// isBase64Sign takes the URL-safe alphabet, too, RFC 4648 section 5.
func isBase64Sign(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

// base64Ends are where base64 text that starts in a line may end: behind its last line
// of base64, behind the first that is shorter than the first one, before that, before
// the first empty line.
func base64Ends(view []byte, from int) []int {
	width, short, before, empty := 0, 0, 0, 0
	end := from
	for end < len(view) {
		to := lineEnd(view, end)
		line := bytes.Trim(view[end:to], " \t\n")
		bare := bytes.TrimRight(line, "=")
		switch {
		case bytes.ContainsFunc(bare, func(r rune) bool { return r >= utf8.RuneSelf || !isBase64Sign(byte(r)) && !isBlank(byte(r)) }):
			to = 0
		case len(line) == 0:
			empty = cmpZero(empty, end)
		case width == 0:
			width = len(line)
		case len(line) < width && short == 0:
			short, before = to, end
		}
		if to == 0 {
			break
		}
		if end = to; len(bare) < len(line) {
			break
		}
	}
	ends := []int{end}
	for _, e := range []int{short, before, empty} {
		if e > from && e < end {
			ends = append(ends, e)
		}
	}
	return ends
}

// goesOn tells base64 text that a sign cuts in two, as a quote at its end does.
func goesOn(view []byte) bool { return baseRun(view, leastBase64) == leastBase64 }

// cmpZero is the first of two numbers that is not 0.
func cmpZero(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}

// decodeRun decodes base64 text. What comes out counts where it is text that has a key.
func decodeRun(t trace, view []byte, from, to, depth int) (trace, []edit, bool) {
	var chars []byte
	var places []int32
	for i := from; i < to; i++ {
		c := view[i]
		switch c {
		case '-':
			c = '+'
		case '_':
			c = '/'
		case '=', '\n', ' ', '\t', '\v', '\f':
			continue
		}
		chars, places = append(chars, c), append(places, t.at[i])
	}
	raw := trace{b: make([]byte, base64.RawStdEncoding.DecodedLen(len(chars)))}
	n, err := base64.RawStdEncoding.Decode(raw.b, chars)
	if err != nil {
		return t, nil, false
	}
	raw.b = raw.b[:n]
	for i := range raw.b {
		raw.at = append(raw.at, places[i/3*4+i%3])
	}
	text, edits, ok := decodeText8(raw)
	if !ok {
		return t, nil, false
	}
	text, inner, ok := keyWithin(text, depth-1)
	if !bytes.HasSuffix(text.b, []byte("\n")) && ok {
		text = text.sub(0, text.len())
		text.put("\n", text.place(text.len()))
	}
	return text, append(edits, inner...), ok
}

// keyWithin tells a text that has a key in it, bare or in base64 again, which it then
// decodes.
func keyWithin(t trace, depth int) (trace, []edit, bool) {
	if hasMark(plainView(t.b)) {
		return t, nil, true
	}
	if depth <= 0 {
		return t, nil, false
	}
	if text, edits := decodeFile(t, depth); len(edits) > 0 {
		return text, edits, true
	}
	text, edits := takeStringsOf(t, depth-1)
	return text, edits, len(edits) > 0
}

// markupItem is an entity or a tag of HTML: from and to, and the text it stands for.
type markupItem struct {
	from, to int
	text     string
	tag      bool
}

// takeEntities undoes HTML, where an entity or a tag stands where no key has one.
// Comments may have entities of their own.
func takeEntities(t trace) (trace, []edit) {
	if bytes.IndexByte(t.b, '&') < 0 && bytes.IndexByte(t.b, '<') < 0 {
		return t, nil
	}
	var all []markupItem
	view, shown := plainView(t.b), false
	for i := 0; i < t.len(); {
		item, ok := markupAt(t.b, i)
		if !ok {
			i++
			continue
		}
		all, i = append(all, item), item.to
		shown = shown || item.isForeign(view)
	}
	if !shown {
		return t, nil
	}
	var out trace
	var found spots
	from := 0
	for _, item := range all {
		out.join(t.sub(from, item.from))
		text := item.text
		if text == "\n" && (item.to < t.len() && t.b[item.to] == '\n' || item.tag && !item.isBreak(t.b) && blankLine(out.b)) {
			text = ""
		}
		out.put(text, t.at[item.from])
		found.add(t.at[item.from])
		found.add(t.at[item.to-1])
		from = item.to
	}
	out.join(t.sub(from, t.len()))
	out, _ = withLF(out)
	return out, found.edit(Entities)
}

// blankLine tells that a text's last line has nothing yet.
func blankLine(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	return len(b) == 0 || b[len(b)-1] == '\n'
}

// isBreak tells <br>, which ends a line wherever it stands.
func (m markupItem) isBreak(b []byte) bool { return hasPrefixFold(b[m.from:], "<br") }

// markupAt reads an entity or a tag. Blanks that do not break are blanks.
func markupAt(b []byte, i int) (markupItem, bool) {
	switch b[i] {
	case '&':
		end := bytes.IndexByte(b[i:min(len(b), i+32)], ';') + 1
		if end < 3 || bytes.IndexByte(b[i+1:i+end], '&') >= 0 {
			break
		}
		text := html.UnescapeString(string(b[i : i+end]))
		if text == "\u00a0" {
			text = " "
		}
		if len(text) >= end || strings.Contains(text, "\x00") {
			break
		}
		return markupItem{from: i, to: i + end, text: text}, true
	case '<':
		return tagAt(b, i)
	}
	return markupItem{}, false
}

// tagAt reads the tags that programs put into a text to show it: those that end a
// line stand for a line end, the others for nothing.
func tagAt(b []byte, i int) (markupItem, bool) {
	rest := b[i+1 : min(len(b), i+200)]
	end := bytes.IndexAny(rest, "<>\n")
	if end < 0 || rest[end] != '>' {
		return markupItem{}, false
	}
	name := bytes.TrimPrefix(rest[:end], []byte("/"))
	if n := bytes.IndexAny(name, " \t/"); n >= 0 {
		name = name[:n]
	}
	item := markupItem{from: i, to: i + 2 + end, tag: true}
	switch strings.ToLower(string(name)) {
	case "br", "p", "div", "pre", "li", "tr", "td", "blockquote":
		item.text = "\n"
	case "code", "span", "b", "i", "tt", "kbd", "samp", "font", "a", "em", "strong", "wbr":
	default:
		return item, false
	}
	return item, true
}

// isForeign tells an item that no sound key file has where it stands. Nothing beyond
// its own line is looked at: comments may end or begin with entities.
func (m markupItem) isForeign(view []byte) bool {
	left, right := view[max(0, m.from-100):m.from], view[m.to:]
	run, first := runBefore(left)
	switch m.text {
	case "&": // of text that was escaped twice
		if end := bytes.IndexByte(right[:min(len(right), 12)], ';') + 1; end > 0 {
			twice := markupItem{from: m.from, to: m.to + end, text: html.UnescapeString("&" + string(right[:end]))}
			return !strings.HasPrefix(twice.text, "&") && twice.isForeign(view)
		}
	case "+", "/", "=":
		follows := baseRun(right, 20)
		atEnd := m.text == "=" && (len(right) == 0 || right[0] == '\n' || right[0] == '&' || right[0] == '<')
		return run >= 20 || first && (run+follows >= 20 || run > 0 && atEnd)
	case "\n", "\r", " ", "", "<":
		return bytes.HasSuffix(bytes.TrimRight(left, " \t"), []byte("---")) || run >= 40 || first && run >= 16 ||
			startsMark(right) || behindWord(left) || m.tag && base64Named(right)
	case "-", "\u2013", "\u2014", "\u2010", "\u2212":
		return dashesTo(right)
	case `"`, "'":
		comment := bytes.HasSuffix(left, []byte("\n"+ppkComment+": ")) && bytes.Contains(left, []byte(" SSH2 "))
		return comment || startsMark(right) || base64Named(right)
	}
	return startsMark(right)
}

// runBefore is how many characters of base64 a text ends with, and whether they are
// the first of their line.
func runBefore(left []byte) (run int, first bool) {
	for run < len(left) && isBase64Sign(left[len(left)-1-run]) {
		run++
	}
	before := bytes.TrimRight(left[:len(left)-run], " \t")
	return run, len(before) == 0 || strings.IndexByte("\n>|\\", before[len(before)-1]) >= 0
}

// behindWord tells the place of a blank in a BEGIN or END line, or in a header.
func behindWord(left []byte) bool {
	if bytes.HasSuffix(left, []byte(":")) {
		name := left[bytes.LastIndexByte(left, '\n')+1:]
		return headerAt(name) && !hasPrefixFold(name, ppkComment)
	}
	for _, word := range [...]string{"BEGIN", "END"} {
		if n := len(left) - len(word); n >= 0 && hasPrefixFold(left[n:], word) && dashBefore(left, n) {
			return true
		}
	}
	return false
}

// dashesTo tells whether the word BEGIN or END follows, behind dashes, which may be
// entities.
func dashesTo(b []byte) bool {
	for i := 0; i < len(b) && i < 100; {
		item, ok := markupAt(b, i)
		switch {
		case ok && !item.tag && item.text != "\n":
			i = item.to
		case b[i] == '-' || isBlank(b[i]):
			i++
		default:
			return hasPrefixFold(b[i:], "BEGIN") || hasPrefixFold(b[i:], "END ")
		}
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
