package formats

import (
	"bytes"
	"slices"
	"strings"
)

// headerText is the headers of a block, each on a line of its own; odd are the places
// in which signs that are not ASCII's are the owner's.
type headerText struct {
	trace
	odd   []edit
	edits []edit // of the line ends between them, and to the base64 text
}

// headers reads the lines "Name: value" before the base64 text and returns where
// that begins. Of values whose line ends are lost the end is told by their form.
func (t *blockText) headers(b block) (h headerText, body int) {
	body = b.in
	for {
		from := body
		for from < b.out && (t.b[from] == '\n' || isBlank(t.b[from])) {
			from++
		}
		colon := from
		for colon < b.out && (isLetter(t.b[colon]) || t.b[colon] == '-') {
			colon++
		}
		if colon == from || colon >= b.out || t.b[colon] != ':' {
			if from < b.out && (b.begun || h.len() > 0) {
				h.edits = append(h.edits, t.gap(body, from, h.emptyLines(b)+1, h.len() == 0, false)...)
			}
			return h, max(body, bytes.LastIndexByte(t.b[:from], '\n')+1)
		}
		if b.begun || h.len() > 0 {
			h.edits = append(h.edits, t.gap(body, from, 1, h.len() == 0, false)...)
		}
		end := t.valueEnd(t.b[from:colon], colon+1, b.out)
		line := t.sub(from, end)
		if isSSH2Header(t.b[from:end]) { // its text is the owner's
			line = t.orig.sub(t.src[from], t.src[end-1]+1)
			h.odd = append(h.odd, edit{"", t.at[from], t.at[end-1]})
		}
		h.join(line.trim(" \t\n"))
		h.put("\n", t.at[end-1])
		body = end
	}
}

// emptyLines is how many stand between the headers and the base64 text: RFC 1421
// section 4.4 asks for one, RFC 4716 for none.
func (h *headerText) emptyLines(b block) int {
	if h.len() == 0 || strings.HasPrefix(b.label, "SSH2 ") {
		return 0
	}
	return 1
}

// gap names what stands between two parts of a block in place of so many line ends.
// One of the parts may be a BEGIN line before it, or an END line behind it.
func (t *blockText) gap(from, to, ends int, begin, end bool) []edit {
	text := t.b[from:to]
	first, last := bytes.IndexByte(text, '\n'), bytes.LastIndexByte(text, '\n')
	var found []edit
	add := func(d Defect, i, j int) { found = append(found, edit{d, t.place(i), t.place(max(i, j-1))}) }
	switch n := bytes.Count(text, []byte("\n")); {
	case n == 0 && len(text) > 0:
		add(SpacesForLines, from, to)
		return found
	case n < ends:
		add(LostNewlines, from, to)
	case n > ends:
		add(EmptyLine, from, to)
	}
	if first > 0 && len(bytes.Trim(text[:first], " \t")) == 0 {
		add(choose(begin, BlankAtMarker, TrailingBlank), from, from+first)
	}
	if first >= 0 && last+1 < len(text) {
		add(choose(end, IndentedMarker, Indented), from+last+1, to)
	}
	return found
}

func choose(is bool, yes, no Defect) Defect {
	if is {
		return yes
	}
	return no
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// valueEnd is where the value of a header ends that begins at a place.
func (t *blockText) valueEnd(name []byte, at, limit int) int {
	text := t.b[at:limit]
	switch {
	case bytes.EqualFold(name, []byte("Proc-Type")):
		if i := bytes.Index(text, []byte("ENCRYPTED")); i >= 0 && i < 16 {
			return at + i + len("ENCRYPTED")
		}
	case bytes.EqualFold(name, []byte("DEK-Info")):
		if n := dekInfoSize(text); n > 0 {
			return at + n
		}
	default:
		if n := quotedSize(text); n > 0 {
			return at + n
		}
	}
	end := bytes.IndexByte(text, '\n')
	for end > 0 && text[end-1] == '\\' { // RFC 4716 section 3.3: it goes on
		next := bytes.IndexByte(text[end+1:], '\n')
		if next < 0 {
			end = -1
			break
		}
		end += 1 + next
	}
	if start := bytes.Index(text, []byte("AAAA")); end < 0 && start > 0 {
		return at + start
	}
	if end < 0 {
		return limit
	}
	return at + end
}

// dekInfoSize is the size of "cipher,IV": the IV has a block's hexadecimal digits.
func dekInfoSize(text []byte) int {
	name, iv, ok := bytes.Cut(text, []byte(","))
	if !ok || len(name) > 32 {
		return 0
	}
	digits := 32
	if bytes.Contains(name, []byte("DES")) {
		digits = 16
	}
	if len(iv) < digits || bytes.ContainsFunc(iv[:digits], func(r rune) bool { return !strings.ContainsRune("0123456789ABCDEFabcdef", r) }) {
		return 0
	}
	return len(name) + 1 + digits
}

// quotedSize is the size of a value in double quotes, as RFC 4716's Comment has;
// 0 where it has none or they do not close.
func quotedSize(text []byte) int {
	i := len(text) - len(bytes.TrimLeft(text, " \t"))
	if i >= len(text) || text[i] != '"' {
		return 0
	}
	for j := i + 1; j < len(text); j++ {
		switch {
		case text[j] == '\\' && j+1 < len(text):
			j++
		case text[j] == '"':
			return j + 1
		}
	}
	return 0
}

// bodyLine is a line of a block's base64 text: from and to without the blanks around
// it, left and right with them.
type bodyLine struct{ left, from, to, right int }

func (t *blockText) bodyLines(from, to int) []bodyLine {
	var all []bodyLine
	for left := from; left < to; {
		right := to
		if n := bytes.IndexByte(t.b[left:to], '\n'); n >= 0 {
			right = left + n
		}
		l := bodyLine{left, left, right, right}
		for l.to > l.left && isBlank(t.b[l.to-1]) {
			l.to--
		}
		for l.from < l.to && isBlank(t.b[l.from]) {
			l.from++
		}
		all = append(all, l)
		left = right + 1
	}
	return all
}

// variant is one way to take the blanks in a block's base64 text.
type variant struct {
	chars   trace
	guesses int
	edits   []edit
}

// variants are the ways to take them: as nothing; as plus signs, within the lines or
// at their ends too; and, where lines of one width were joined by blanks, as line
// ends at that width and plus signs elsewhere.
func (t *blockText) variants(from, to int) []variant {
	lines := t.bodyLines(from, to)
	all := []variant{t.dropBlanks(lines)}
	if slices.ContainsFunc(lines, func(l bodyLine) bool { return bytes.ContainsAny(t.b[l.from:l.to], " \t") }) {
		all = append(all, t.plusInside(lines, true))
		for _, width := range [...]int{64, 70, 72, 76} {
			all = append(all, t.plusBesides(lines, width))
		}
	}
	if common, bare := t.withoutCommon(lines); bare {
		all = append(all, t.plusInside(common, false))
	}
	return all
}

// dropBlanks reads all but blanks, and what quoting leaves between lines. Base64 has
// none of it, so that no character of the key is taken for it: its size would differ.
func (t *blockText) dropBlanks(lines []bodyLine) variant {
	var v variant
	for i, l := range lines {
		t.edges(&v, lines, i)
		for j := l.from; j < l.to; {
			n := bytes.IndexFunc(t.b[j:l.to], func(r rune) bool { return r < 0x80 && litter(byte(r)) != "" })
			if n < 0 {
				n = l.to - j
			}
			v.chars.join(t.sub(j, j+n))
			if j += n; j < l.to {
				v.edits = append(v.edits, edit{litter(t.b[j]), t.at[j], t.at[j]})
				j++
			}
		}
	}
	return v
}

// litter is what put a sign into base64 text; "" for what may belong there.
func litter(c byte) Defect {
	switch c {
	case ' ', '\t', '\v', '\f':
		return SpacesForLines
	case '>', '|':
		return MailQuoted
	case '"', '\'', '\\', ',', ';':
		return Quoted
	}
	return ""
}

// plusInside reads blanks within lines as plus signs.
func (t *blockText) plusInside(lines []bodyLine, edges bool) variant {
	var v variant
	for i, l := range lines {
		if edges {
			t.edges(&v, lines, i)
		}
		for j := l.from; j < l.to; j++ {
			t.plusOr(&v, j)
		}
	}
	return v
}

// plusBesides reads a blank that a line of the width could have ended in as that,
// and others as plus signs.
func (t *blockText) plusBesides(lines []bodyLine, width int) variant {
	var v variant
	for i, l := range lines {
		t.edges(&v, lines, i)
		column := 0
		for j := l.from; j < l.to; j++ {
			if column == width && isBlank(t.b[j]) {
				v.edits = append(v.edits, edit{SpacesForLines, t.at[j], t.at[j]})
				column = 0
				continue
			}
			t.plusOr(&v, j)
			column++
		}
	}
	return v
}

// plusOr reads a byte, a blank as a plus sign.
func (t *blockText) plusOr(v *variant, j int) {
	if !isBlank(t.b[j]) {
		v.chars.join(t.sub(j, j+1))
		return
	}
	v.chars.put("+", t.at[j])
	v.guesses++
	v.edits = append(v.edits, edit{PlusAsSpace, t.at[j], t.at[j]})
}

// edges names the blanks around a line's text, and lines without any. The blanks
// between a BEGIN line and text behind it are the seams'.
func (t *blockText) edges(v *variant, lines []bodyLine, i int) {
	l := lines[i]
	first, last := i == 0, i == len(lines)-1
	found := func(d Defect, from, to int) {
		if from < to {
			v.edits = append(v.edits, edit{d, t.at[from], t.at[to-1]})
		}
	}
	switch {
	case l.from == l.to && !first && !last:
		v.edits = append(v.edits, edit{EmptyLine, t.at[l.left], t.place(l.right)})
	case l.from < l.to:
		if !first {
			found(Indented, l.left, l.from)
		}
		if !last {
			found(TrailingBlank, l.to, l.right)
		}
	}
}

// withoutCommon gives the lines all blanks at their ends beyond those that every
// line has; false where there are no more.
func (t *blockText) withoutCommon(lines []bodyLine) ([]bodyLine, bool) {
	left, right := -1, -1
	for _, l := range lines {
		if l.from == l.to {
			continue
		}
		if n := l.from - l.left; left < 0 || n < left {
			left = n
		}
		if n := l.right - l.to; right < 0 || n < right {
			right = n
		}
	}
	more := false
	var all []bodyLine
	for _, l := range lines {
		if l.from == l.to {
			continue
		}
		more = more || l.from-l.left > left || l.right-l.to > right
		all = append(all, bodyLine{l.left, l.left + left, l.right - right, l.right})
	}
	return all, more
}

// widths names base64 lines of other lengths than programs write: all of one, but
// the last. OpenSSL reads 64 only where a passphrase of PEM's own protects them, and
// counts the blanks before them.
func (t *blockText) widths(b block, h headerText, body int) []edit {
	lines := slices.DeleteFunc(t.bodyLines(body, b.out), func(l bodyLine) bool { return l.from == l.to })
	switch {
	case len(lines) == 0 || !b.ended && len(lines) == 1:
		return nil
	case b.begun && bytes.IndexByte(t.b[b.in:lines[0].from], '\n') < 0: // named at the BEGIN line
		return nil
	}
	if bytes.Contains(h.b, []byte("Proc-Type")) {
		return t.unevenLines(lines, OddLines, func(l bodyLine, last bool) bool {
			n := l.to - l.left
			return n > 64 || n < 64 && !last
		})
	}
	first := lines[0].to - lines[0].from
	switch usual := slices.Contains(usualWidths(b.label), first) || len(lines) == 1 && first <= 76; {
	case bytes.ContainsAny(t.b[lines[0].from:lines[0].to], " \t"): // named by its blanks
		return nil
	case !usual:
		return []edit{{LineWidth, t.at[lines[0].from], t.at[lines[len(lines)-1].to-1]}}
	}
	return t.unevenLines(lines, LineWidth, func(l bodyLine, last bool) bool {
		n := l.to - l.from
		return n > first || n < first && !last
	})
}

// unevenLines names the first line that is odd.
func (t *blockText) unevenLines(lines []bodyLine, d Defect, odd func(l bodyLine, last bool) bool) []edit {
	for i, l := range lines {
		if odd(l, i == len(lines)-1) {
			return []edit{{d, t.at[l.from], t.at[l.to-1]}}
		}
	}
	return nil
}

// usualWidths are those that ssh-keygen, puttygen and openssl write.
func usualWidths(label string) []int {
	switch {
	case label == openSSHLabel:
		return []int{64, openSSHColumns}
	case strings.HasPrefix(label, "SSH2 "):
		return []int{64, ssh2Columns, rfc4716MaxLine}
	}
	return []int{64}
}
