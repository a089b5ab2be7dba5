package formats

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"

	"sshkeys/keytool"
)

// The headers of PuTTY's files in their one order.
const (
	headMagic = iota
	headEncryption
	headComment
	headPublic
	headDerivation
	headMemory
	headPasses
	headLanes
	headSalt
	headPrivate
	headMAC
	ppkHeads
)

// ppkHeadNames are the names that can stand for a header.
func ppkHeadNames() [ppkHeads][]string {
	return [ppkHeads][]string{
		{ppkMagic + "3", ppkMagic + "2", ppkMagic + "1"},
		{ppkEncryption}, {ppkComment}, {ppkPublic},
		{ppkDerivation}, {ppkMemory}, {ppkPasses}, {ppkParallelism}, {ppkSalt},
		{ppkPrivate}, {ppkMAC, ppkHash},
	}
}

// ppkHead is a header's name where it stands, with its colon.
type ppkHead struct {
	names    []string // as PuTTY writes it; several where a wrong letter leaves that open
	from, to int
	edits    []edit
}

func (h ppkHead) found() bool { return len(h.names) > 0 }

// ppkSearch is a text in which PuTTY's files are looked for.
type ppkSearch struct {
	*blockText
	fold []byte // its letters of ASCII in lower case
}

func newPPKSearch(orig trace) *ppkSearch {
	t := &ppkSearch{blockText: newBlockText(orig)}
	t.fold = asciiLower(t.b)
	return t
}

func asciiLower(b []byte) []byte {
	lower := bytes.Clone(b)
	for i, c := range lower {
		if 'A' <= c && c <= 'Z' {
			lower[i] = c + 'a' - 'A'
		}
	}
	return lower
}

// located are the headers of one file, and where it ends at the latest.
type located struct {
	heads [ppkHeads]ppkHead
	to    int
}

// first is where the file begins: at its first header.
func (l *located) first() int {
	for _, h := range l.heads {
		if h.found() {
			return h.from
		}
	}
	return l.to
}

// count is how many headers were found.
func (l *located) count() int {
	n := 0
	for _, h := range l.heads {
		if h.found() {
			n++
		}
	}
	return n
}

// next is where the value of a header ends at the latest.
func (l *located) next(i int) int {
	for _, h := range l.heads[i+1:] {
		if h.found() {
			return h.from
		}
	}
	return l.to
}

// previous is where the header before one ends.
func (l *located) previous(i, from int) int {
	for i--; i >= 0; i-- {
		if l.heads[i].found() {
			return l.heads[i].to
		}
	}
	return from
}

// locate finds the headers of the first file between two places. Only the comment's
// value can hold anything, so what looks like a header elsewhere is one.
func (t *ppkSearch) locate(from, to int) (l located, ok bool) {
	l.to = to
	names := ppkHeadNames()
	for _, i := range [...]int{headMagic, headEncryption, headComment, headPublic, headPrivate, headMAC} {
		at := l.previous(i, from)
		if i == headPublic {
			l.heads[i] = t.publicHead(at, to)
			continue
		}
		l.heads[i] = t.exactHead(names[i], at, to)
	}
	for i := headDerivation; i <= headSalt; i++ {
		l.heads[i] = t.exactHead(names[i], l.previous(i, from), l.next(i))
	}
	if l.count() < 2 {
		return l, false
	}
	for i := range l.heads {
		if !l.heads[i].found() {
			l.heads[i] = t.damagedHead(names[i], l.previous(i, from), l.next(i))
		}
	}
	for _, i := range [...]int{headComment, headPublic, headPrivate} {
		if !l.heads[i].found() {
			return l, false
		}
	}
	told := l.heads[headEncryption].found() || l.heads[headDerivation].found()
	return l, told && !t.isFuture(l.heads[headMagic])
}

// isFuture tells a first line of a version that is not known yet. Of such a file
// nothing can be relied on.
func (t *ppkSearch) isFuture(magic ppkHead) bool {
	name := t.b[magic.from:magic.to]
	version, err := strconv.Atoi(strings.Trim(string(name[bytes.LastIndexByte(name, '-')+1:]), ": "))
	return err == nil && version > 3
}

// exactHead finds the first header of the names in any case, with any blanks before
// its colon.
func (t *ppkSearch) exactHead(names []string, from, to int) ppkHead {
	best := ppkHead{}
	for _, name := range names {
		for at := from; ; {
			i := bytes.Index(t.fold[at:to], []byte(strings.ToLower(name)))
			if i < 0 || best.found() && at+i > best.from {
				break
			}
			at += i
			colon := t.skipBlanks(at + len(name))
			if colon < to && t.b[colon] == ':' {
				best = t.namedHead(name, at, colon+1)
				break
			}
			at++
		}
	}
	return best
}

// namedHead tells how a name that was found differs from the right one.
func (t *ppkSearch) namedHead(name string, from, to int) ppkHead {
	h := ppkHead{names: []string{name}, from: from, to: to}
	if string(t.b[from:from+len(name)]) != name {
		h.edits = append(h.edits, t.found(LowerCase, from, to))
	}
	if to-from != len(name)+1 {
		h.edits = append(h.edits, t.found(DamagedMarker, from, to))
	}
	return h
}

// publicHead finds Public-Lines behind the comment, which may hold the same words.
func (t *ppkSearch) publicHead(from, to int) ppkHead {
	names := []string{ppkPublic}
	first := t.exactHead(names, from, to)
	for h := first; h.found(); h = t.exactHead(names, h.to, to) {
		value := bytes.TrimLeft(t.b[h.to:to], " \t\v\f\n0123456789")
		if bytes.HasPrefix(value, []byte("AAAA")) {
			return h
		}
	}
	return first
}

// damagedHead finds the first header that is one of the names but for a letter, at
// the beginning of a word or, where there is none, anywhere.
func (t *ppkSearch) damagedHead(names []string, from, to int) ppkHead {
	lower := strings.Fields(strings.ToLower(strings.Join(names, ": ") + ":"))
	for _, anywhere := range []bool{false, true} {
		for i := from; i < to; i++ {
			starts := i == from || isGap(t.b[i-1])
			if isGap(t.b[i]) || starts == anywhere {
				continue
			}
			h := ppkHead{from: i}
			for j, name := range lower {
				if n, ok := oneLetterOff(t.fold[i:to], name); ok {
					h.names, h.to = append(h.names, names[j]), i+n
				}
			}
			if h.found() {
				h.edits = []edit{t.found(DamagedMarker, h.from, h.to)}
				return h
			}
		}
	}
	return ppkHead{}
}

// oneLetterOff tells a text that begins with a name of which one letter is wrong,
// missing or too many, and how long that is.
func oneLetterOff(text []byte, name string) (n int, ok bool) {
	p := 0
	for p < len(name) && p < len(text) && text[p] == name[p] {
		p++
	}
	if p == len(name) {
		return p, true
	}
	rest := text[p:]
	_, size := utf8.DecodeRune(rest)
	has := func(skip int, tail string) bool {
		return skip <= len(rest) && bytes.HasPrefix(rest[skip:], []byte(tail))
	}
	blank := len(rest) == 0 || rest[0] == '\n' || isBlank(rest[0])
	switch {
	case (p < len(name)-1 || blank) && has(0, name[p+1:]):
		return len(name) - 1, true
	case len(rest) > 0 && has(size, name[p+1:]):
		return len(name) - 1 + size, true
	case p > 0 && has(size, name[p:]):
		return len(name) + size, true
	}
	return 0, false
}

// found is an edit over a part of the text.
func (t *ppkSearch) found(d Defect, from, to int) edit {
	return edit{d, t.place(from), t.place(max(from, to-1))}
}

// isGap tells what can stand between two parts.
func isGap(c byte) bool { return c == '\n' || isBlank(c) }

func (t *ppkSearch) skipGap(i, to int) int {
	for i < to && isGap(t.b[i]) {
		i++
	}
	return i
}

// between names what stands in place of one line end between two parts.
func (t *ppkSearch) between(from, to int) []edit {
	text := t.b[from:to]
	first, last := bytes.IndexByte(text, '\n'), bytes.LastIndexByte(text, '\n')
	switch {
	case len(text) == 0:
		return []edit{t.found(LostNewlines, from, to)}
	case first < 0:
		return []edit{t.found(SpacesForLines, from, to)}
	}
	var all []edit
	if first > 0 {
		all = append(all, t.found(TrailingBlank, from, from+first))
	}
	if first < last {
		all = append(all, t.found(EmptyLine, from+first+1, from+last+1))
	}
	if last+1 < len(text) {
		all = append(all, t.found(Indented, from+last+1, to))
	}
	return all
}

// afterColon names what stands between a colon and its value in place of one blank.
func (t *ppkSearch) afterColon(h ppkHead, value int) []edit {
	switch text := t.b[h.to:value]; {
	case string(text) == " ":
		return nil
	case bytes.IndexByte(text, '\n') >= 0:
		return []edit{t.found(LineWidth, h.to, value)}
	}
	return []edit{t.found(DamagedMarker, h.from, max(h.to, value))}
}

// word reads a header's value of one word. Of several, only hexadecimal ones are
// one that was wrapped; others are left to the decoder to refuse.
func (t *ppkSearch) word(h ppkHead, to int) (value trace, edits []edit) {
	from := t.skipGap(h.to, to)
	edits = t.afterColon(h, from)
	end := from
	for i := from; i < to; {
		for end = i; end < to && !isGap(t.b[end]); {
			end++
		}
		value.join(t.sub(i, end))
		i = t.skipGap(end, to)
		if i == to {
			break
		}
		if !isHex(t.b[from:end]) || !isHex(t.b[i:min(i+1, to)]) {
			value.put(" ", t.at[end])
		}
		edits = append(edits, t.found(LineWidth, end, i))
	}
	return value, append(edits, t.between(end, to)...)
}

func isHex(b []byte) bool {
	return len(bytes.Trim(b, "0123456789abcdefABCDEF \t\n")) == 0
}

// digits reads as many hexadecimal digits of the last header as a MAC has, over
// line ends too, or what there is of them, and tells where they end.
func (t *ppkSearch) digits(h ppkHead, to, need int) (value trace, end int, edits []edit) {
	from := t.skipGap(h.to, to)
	end = from
	for i := from; i < to && value.len() < need; {
		if c := t.b[i]; isGap(c) {
			i++
			continue
		}
		if !isHex(t.b[i : i+1]) {
			break
		}
		if i > end {
			edits = append(edits, t.found(LineWidth, end, i))
		}
		value.join(t.sub(i, i+1))
		i++
		end = i
	}
	return value, end, append(t.afterColon(h, from), edits...)
}

// ppkBlob is one way to read the base64 text behind Public-Lines or Private-Lines.
type ppkBlob struct {
	variant
	raw   []byte
	count int32 // place of the number of lines
	end   int   // behind the text
}

// blobs reads the text between a header and a place, in each way that decodes to
// what fits; where none does, in the one way that is nearest. With size, which tells
// the natural size of what begins with some bytes, text may follow.
func (t *ppkSearch) blobs(h ppkHead, to int, fits func([]byte) bool, size func([]byte) int) []ppkBlob {
	var all, near []ppkBlob
	if to-h.to > maxPPKBlob {
		if size == nil {
			return nil
		}
		to = h.to + maxPPKBlob
	}
	from := t.skipBlanks(h.to)
	edits := append([]edit(nil), h.edits...)
	if from != h.to+1 {
		edits = append(edits, t.found(DamagedMarker, h.from, max(h.to, from)))
	}
	for _, end := range t.counts(from, to) {
		for _, v := range t.ways(end, to) {
			b := ppkBlob{variant: v, count: t.place(min(from, max(h.to, end-1)))}
			if size != nil {
				b.cut(size)
			}
			if b.chars.len() == 0 {
				continue
			}
			b.name(t, from, end, to, size != nil)
			b.edits = append(b.edits, edits...)
			raw, err := base64.StdEncoding.Strict().DecodeString(string(b.chars.b))
			if b.raw = raw; err == nil && fits(raw) {
				all = append(all, b)
			} else if near == nil {
				near = append(near, b)
			}
		}
	}
	if len(all) == 0 {
		return near
	}
	return uniqueBlobs(all)
}

func uniqueBlobs(all []ppkBlob) []ppkBlob {
	var some []ppkBlob
	for _, b := range all {
		if len(some) == 0 || !bytes.Equal(some[0].chars.b, b.chars.b) {
			some = append(some, b)
		}
	}
	return some[:min(len(some), 4)]
}

// counts are the places where the number of lines can end: base64 that follows it
// at once may begin with digits.
func (t *ppkSearch) counts(from, to int) []int {
	end := from
	for end < to && '0' <= t.b[end] && t.b[end] <= '9' {
		end++
	}
	switch word := bytes.IndexAny(t.b[from:to], " \t\v\f\n"); {
	case end < to && end > from && !isGap(t.b[end]):
		var all []int
		for i := from + 1; i <= end && i < from+8; i++ {
			all = append(all, i)
		}
		return all
	case end == from && 0 <= word && word < 8: // something else in its place
		return []int{from + word}
	}
	return []int{end}
}

// body is the base64 text behind the number: with the blanks of its lines, which may
// be plus signs, but for one that stands for a line end.
func (t *ppkSearch) body(count, to int) (from, end int) {
	from = t.skipGap(count, to)
	if i := bytes.LastIndexByte(t.b[count:from], '\n'); i >= 0 {
		from = count + i + 1
	}
	end = to
	for end > from && isGap(t.b[end-1]) {
		end--
	}
	if i := bytes.IndexByte(t.b[end:to], '\n'); i >= 0 {
		return from, end + i
	}
	return from, max(end, to-1)
}

// ways are the ways to take the blanks in the text behind the number. Where several
// of them stand behind that, and so in place of every line end, others are plus signs.
func (t *ppkSearch) ways(count, to int) []variant {
	from, end := t.body(count, to)
	all := t.variants(from, end)
	gap := t.b[count:from]
	if len(gap) < 2 || bytes.IndexByte(t.b[count:end], '\n') >= 0 {
		return all
	}
	if bytes.HasSuffix(t.b[:to], gap) {
		end = to - len(gap)
	}
	var v variant
	column := 0
	for i := from; i < end; i++ {
		if column == ppkColumns && bytes.HasPrefix(t.b[i:end], gap) {
			v.edits = append(v.edits, t.found(SpacesForLines, i, i+len(gap)))
			i += len(gap)
			column = 0
		}
		if i < end {
			t.plusOr(&v, i)
			column++
		}
	}
	return append(all, v)
}

// cut ends a text at its natural size.
func (b *ppkBlob) cut(size func([]byte) int) {
	n := size(decodePrefix(b.chars.b))
	if n == 0 {
		return
	}
	b.chars = cutBase64(b.chars, n)
	last := b.chars.place(b.chars.len())
	var kept []edit
	b.guesses = 0
	for _, e := range b.edits {
		if e.first > last {
			continue
		}
		kept = append(kept, e)
		if e.defect == PlusAsSpace {
			b.guesses++
		}
	}
	b.edits = kept
}

// name finds the edits of what is around the lines of a blob, of their widths and
// of their number.
func (b *ppkBlob) name(t *ppkSearch, number, count, to int, open bool) {
	from, end := count, to
	for from < to && t.at[from] != b.chars.at[0] {
		from++
	}
	for end > from+1 && t.at[end-1] != b.chars.place(b.chars.len()) {
		end--
	}
	b.end = end
	edits := t.between(count, from)
	if !open {
		edits = append(edits, t.between(end, to)...)
	}
	joined := false
	for _, e := range edits {
		joined = joined || e.defect == LostNewlines
	}
	lines, odd := t.blobWidths(from, end)
	if odd && !(joined && lines == 1) {
		edits = append(edits, t.found(LineWidth, from, end))
	}
	stated := string(t.b[number:max(number, count)])
	if right := (b.chars.len() + ppkColumns - 1) / ppkColumns; stated != decimal(right) && stated != decimal(lines) {
		edits = append(edits, t.found(WrongLineCounts, number, max(number, count)))
	}
	b.edits = append(b.edits, edits...)
}

// blobWidths counts the lines of base64 text and tells whether they are not all of
// 64 characters but the last.
func (t *ppkSearch) blobWidths(from, to int) (n int, odd bool) {
	short := false
	for _, l := range t.bodyLines(from, to) {
		width := l.to - l.from
		if width == 0 {
			continue
		}
		n++
		odd = odd || short
		if bytes.ContainsAny(t.b[l.from:l.to], " \t\v\f") { // named by its blanks
			continue
		}
		odd = odd || width > ppkColumns
		short = l.right-l.left < ppkColumns
	}
	return n, odd
}

// privateSize is the size of a private blob of so many strings by their own length
// fields (PuTTY manual appendix C.3); 0 where it is cut off among them.
func privateSize(raw []byte, strings int) int {
	r := keytool.NewWireReader(raw)
	for range strings - 1 {
		r.Str("field")
	}
	n := int(r.Uint32("length"))
	if r.Err() != nil || n > 1<<20 {
		return 0
	}
	return r.Offset() + n
}

// privateStrings is how many strings a private blob has; 0 where that is not known.
func privateStrings(algorithm string, version int) int {
	a := keytool.LookupAlgorithm(algorithm)
	if a == nil {
		a = keytool.LookupCertificate(algorithm)
	}
	switch {
	case a == nil:
		return 0
	case a.Family == keytool.RSA:
		return 4
	case a.Family == keytool.DSA && version == 1:
		return 2
	}
	return 1
}
