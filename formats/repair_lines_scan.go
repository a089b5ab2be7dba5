package formats

import (
	"bytes"
	"encoding/base64"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"sshkeys/keytool"
)

// A public key's blob tells its type and by its length fields its size. So a key is
// found by its blob, wherever its characters stand, and what is before and behind it
// is told from there.

// lineText is a text and its lines.
type lineText struct {
	trace
	starts []int // where each line begins, and the text's end
}

func newLineText(t trace) *lineText {
	l := &lineText{trace: t, starts: []int{0}}
	for i, c := range t.b {
		if c == '\n' && i+1 < len(t.b) {
			l.starts = append(l.starts, i+1)
		}
	}
	l.starts = append(l.starts, len(t.b))
	return l
}

func (l *lineText) count() int { return len(l.starts) - 1 }

// line is a line without its end.
func (l *lineText) line(i int) trace {
	to := l.starts[i+1]
	if to > l.starts[i] && l.b[to-1] == '\n' {
		to--
	}
	if to > l.starts[i] && l.b[to-1] == '\r' {
		to--
	}
	return l.sub(l.starts[i], to)
}

// lineOf is the line that has the byte at i.
func (l *lineText) lineOf(i int) int {
	return min(sort.SearchInts(l.starts, i+1)-1, l.count()-1)
}

// noise is the length of what copying puts between the characters of a key at i: a
// blank of any kind, a sign without width, a line end, and quotes at a line's ends.
func (l *lineText) noise(i int, lineStart bool) int {
	switch c := l.b[i]; {
	case c == ' ', c >= '\t' && c <= '\f':
		return 1
	case c == '>':
		return ones(lineStart)
	case c == '\r':
		return ones(i+1 == len(l.b) || l.b[i+1] == '\n')
	case c == '\\':
		return ones(l.endsLine(i+1) || i+1 < len(l.b) && l.b[i+1] == '/')
	case c == '"', c == '\'':
		return ones(lineStart || l.endsLine(i+1))
	case c < utf8.RuneSelf:
		return 0
	}
	_, size := oddSign(l.b[i:])
	return size
}

func ones(is bool) int {
	if is {
		return 1
	}
	return 0
}

// endsLine tells that only blanks, or a backslash, stand behind i on its line: some, for
// there may be no end of them.
func (l *lineText) endsLine(i int) bool {
	const most = 64
	rest := l.b[i:min(len(l.b), i+most)]
	for len(rest) > 0 && (rest[0] == ' ' || rest[0] == '\t' || rest[0] == '\\') {
		rest = rest[1:]
	}
	if len(rest) == 0 {
		return i+most >= len(l.b)
	}
	return rest[0] == '\n' || rest[0] == '\r'
}

// oddSign tells a blank that is none in ASCII, or a sign without width, at the
// beginning of a text, and its length; "" and 0 for anything else.
func oddSign(b []byte) (Defect, int) {
	if len(b) == 0 || b[0] < utf8.RuneSelf {
		return "", 0
	}
	r, size := utf8.DecodeRune(b)
	switch {
	case r == utf8.RuneError && size == 1 && b[0] == 0xa0: // U+00A0 in Windows' code pages
		return OddBlank, 1
	case unicode.IsSpace(r):
		return OddBlank, size
	case unicode.Is(unicode.Cf, r):
		return ZeroWidth, size
	}
	return "", 0
}

// gap is what stands between two characters of a key.
type gap struct {
	defects []Defect
	newline bool
	blanks  int // spaces, where there is nothing else
}

func (l *lineText) gap(from, to int) gap {
	var g gap
	spaces := 0
	for i := from; i < to; {
		size := 1
		switch c := l.b[i]; c {
		case '\n':
			g.newline = true
		case ' ':
			spaces++
		case '>':
			g.defects = append(g.defects, MailQuoted)
		case '"', '\'', '\\':
			g.defects = append(g.defects, Quoted)
		default:
			if d, n := oddSign(l.b[i:]); n > 0 {
				g.defects, size = append(g.defects, d), n
			}
		}
		i += size
	}
	if g.newline {
		g.defects = append(g.defects, SplitLine)
	} else if spaces == to-from {
		g.blanks = spaces
	}
	return g
}

// view is a part of a text without its noise.
type view struct {
	*lineText
	b  []byte
	at []int // each byte's index in the text
}

func (l *lineText) view(from, to int) view {
	v := view{lineText: l, b: make([]byte, 0, to-from), at: make([]int, 0, to-from)}
	lineStart := true
	for i := from; i < to; {
		n := l.noise(i, lineStart)
		switch {
		case n == 0:
			v.b, v.at = append(v.b, l.b[i]), append(v.at, i)
			n, lineStart = 1, false
		case l.b[i] == '\n':
			lineStart = true
		}
		i += n
	}
	return v
}

// parted tells that noise, or nothing at all, stands before the byte at i.
func (v *view) parted(i int) bool { return i == 0 || v.at[i-1]+1 != v.at[i] }

// blobStart is where a blob of a known type begins in a view.
type blobStart struct {
	at   int
	name string // the type that the blob has
	// head is where the type before it begins, or at where there is none.
	head  int
	typed bool
	wrong bool   // another type is written before it
	lacks Defect // what is wrong with the type
	bound int    // no key before this one reaches beyond
}

// blobStarts finds all of them. Without bare only those count that have a type.
func (v *view) blobStarts(bare bool) []blobStart {
	var all []blobStart
	for i := 0; ; i++ {
		n := bytes.Index(v.b[i:], []byte("AAAA"))
		if n < 0 {
			return all
		}
		i += n
		name := startOfBlob(v.b[i:])
		if name == "" {
			continue
		}
		s := blobStart{at: i, name: name, head: i, bound: i}
		v.findType(&s)
		if s.typed || bare {
			all = append(all, s)
		}
		i += 3
	}
}

// startOfBlob is the known key type that base64 text begins with, "" for none.
func startOfBlob(text []byte) string {
	var head [8]byte
	if len(text) < 12 {
		return ""
	}
	if _, err := base64.RawStdEncoding.Decode(head[:], text[:8]); err != nil || head[3] < 7 || head[3] > 64 {
		return ""
	}
	size := (int(head[3])+4)*4/3 + 1
	var raw [64 + 8]byte
	text = text[:min(size, len(text))]
	if _, err := base64.RawStdEncoding.Decode(raw[:], text); err != nil && len(text) < size {
		return ""
	}
	return blobAlgorithm(raw[:4+int(head[3])])
}

// findType looks for the type before a blob, whole or damaged.
func (v *view) findType(s *blobStart) {
	before := v.b[:s.at]
	for _, name := range writtenTypes(s.name) {
		if bytes.HasSuffix(before, []byte(name)) {
			s.head, s.typed = s.at-len(name), true
			s.bound = s.head
			return
		}
	}
	for name := s.name[1:]; len(name) >= 3; name = name[1:] {
		if head := s.at - len(name); bytes.HasSuffix(before, []byte(name)) && v.parted(head) && v.parted(s.at) {
			s.head, s.bound, s.typed, s.lacks = head, head, true, LostLetter
			return
		}
	}
	s.lacks = LostHeader
	word := v.wordBefore(s.at)
	switch written := string(v.b[word:s.at]); {
	case word == s.at:
	case plainDashes(written) == s.name:
		s.head, s.typed, s.lacks = word, true, OddDashes
	case (keyText{typ: []byte(written)}).knownType():
		s.head, s.typed, s.wrong = word, true, true
	case strings.EqualFold(written, s.name) || len(written) >= 5 && nearly(written, s.name):
		s.head, s.typed = word, true
	}
	s.bound = word
}

// writtenTypes are the names that may stand before a key of the type.
func writtenTypes(name string) []string {
	all := []string{name}
	for _, alias := range []string{"rsa-sha2-256", "rsa-sha2-512", "webauthn-sk-ecdsa-sha2-nistp256@openssh.com"} {
		if plainType(alias) == name {
			all = append(all, alias)
		}
	}
	return all
}

// wordBefore is where the word begins that blanks part from the blob at i, on its
// line; i where there is none.
func (v *view) wordBefore(i int) int {
	if i == 0 || !v.parted(i) || v.lineOf(v.at[i-1]) != v.lineOf(v.at[i]) {
		return i
	}
	word := i - 1
	for i-word < 64 && !v.parted(word) && v.lineText.b[v.at[word-1]] != '"' {
		word--
	}
	return word
}

func plainDashes(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Pd, r) || r == '\u2212' {
			return '-'
		}
		return r
	}, s)
}

// nearly tells words that differ in up to two characters, put in, left out or changed.
func nearly(a, b string) bool { return editDistance(a, b, 3) < 3 }

// foundKey is a key found in a text.
type foundKey struct {
	blobStart
	text     trace // its base64 text
	blob     []byte
	from, to int // in the text: where its type or blob begins, what follows the blob
	start    int // where its blob begins
	// whole tells that all of it is there, and nothing that could be of it follows.
	whole           bool
	edits           []edit
	guesses, others int // see reading
}

// blobText is base64 text as it is gathered.
type blobText struct {
	b      []byte
	at     []int   // in the text; of a guess, of its blank
	pieces []piece // parts after a gap
	guess  []int   // which characters are guesses
}

type piece struct {
	from int // in b
	gap  gap
}

// gather reads base64 text from a start to a limit; in it blanks are nothing, or plus
// signs.
func (v *view) gather(from, limit int, plus bool) blobText {
	var t blobText
	for i := from; i < limit; i++ {
		if i > from && v.parted(i) {
			g := v.gap(v.at[i-1]+1, v.at[i])
			for n := 0; plus && n < g.blanks; n++ {
				t.guess = append(t.guess, len(t.b))
				t.b, t.at = append(t.b, '+'), append(t.at, v.at[i-1]+1+n)
			}
			t.pieces = append(t.pieces, piece{len(t.b), g})
		}
		c := v.b[i]
		if notBase64(rune(c)) || c != '=' && len(t.b) > 0 && t.b[len(t.b)-1] == '=' {
			break
		}
		t.b, t.at = append(t.b, c), append(t.at, v.at[i])
	}
	return t
}

// cut shortens the text to the size that the blob has by itself.
func (t *blobText) cut() (blob []byte, ok bool) {
	plain := bytes.TrimRight(t.b, "=")
	raw := make([]byte, base64.RawStdEncoding.DecodedLen(len(plain)))
	n, _ := base64.RawStdEncoding.Decode(raw, plain)
	size := wireSize(raw[:n])
	chars := (size + 2) / 3 * 4
	if size == 0 || chars > len(t.b) {
		return nil, false
	}
	t.b, t.at = t.b[:chars], t.at[:chars]
	t.pieces = slices.DeleteFunc(t.pieces, func(p piece) bool { return p.from >= chars })
	t.guess = slices.DeleteFunc(t.guess, func(i int) bool { return i >= chars })
	blob, err := decodeBase64(OpenSSHPublic, "", t.b)
	return blob, err == nil && len(blob) == size
}

// read reads the key at a start; next are the starts behind it.
func (v *view) read(s blobStart, next []blobStart, plus bool) foundKey {
	k := foundKey{blobStart: s, from: v.at[s.head], to: v.at[s.at], start: v.at[s.at]}
	limit, inner := v.limit(s, next)
	text := v.gather(s.at, limit, plus)
	if len(text.at) > 0 {
		k.to = text.at[len(text.at)-1] + 1
	}
	blob, ok := text.cut()
	if !ok {
		return k
	}
	k.blob, k.to = blob, text.at[len(text.at)-1]+1
	k.guesses, k.others = len(text.guess), bytes.Count(text.b, []byte("+"))-len(text.guess)
	if k.guesses > 0 && !text.random() {
		k.others++ // words of a comment may be among it, and prove nothing
	}
	_, err := keytool.NewPublic(blob, "")
	k.whole = err == nil && !s.wrong && v.endsAt(k.to, limit, next) && text.joins(k.guesses > 0) &&
		(len(text.pieces) == 0 || !v.goesOn(k.to, next)) && isInner(blob, s, next[:inner])
	for i, c := range text.b {
		k.text.put(string(c), v.place(text.at[i]))
	}
	k.edits = v.blobEdits(text)
	return k
}

// limit is where a blob ends at the latest: where the next key begins. A certificate
// has two things in it that look like keys; inner is how many were passed over.
func (v *view) limit(s blobStart, next []blobStart) (limit, inner int) {
	if keytool.LookupCertificate(s.name) != nil {
		for inner < 2 && inner < len(next) && !next[inner].typed && keytool.LookupCertificate(next[inner].name) == nil {
			inner++
		}
	}
	if inner == len(next) {
		return len(v.b), inner
	}
	return max(s.at, next[inner].bound), inner
}

// isInner tells whether the starts that were passed over in a blob are its own: the
// last two fields of a certificate, its signing key and its signature.
func isInner(blob []byte, s blobStart, passed []blobStart) bool {
	own := certificateEnd(blob)
	for _, p := range passed {
		chars := p.at - s.at
		if chars >= len(blob)*4/3 {
			continue // behind it
		}
		if chars%4 != 0 || !slices.Contains(own, chars/4*3) {
			return false
		}
	}
	return true
}

// certificateEnd is where the contents of a certificate's last two fields begin.
func certificateEnd(blob []byte) []int {
	info := keytool.NewWireReader(blob)
	a := keytool.LookupCertificate(string(info.Str("key type")))
	if a == nil {
		return nil
	}
	for range 1 + wireFields(a.Family) { // the nonce
		info.Str("field")
	}
	info.Bytes("serial and type", 8+4)
	info.Str("key id")
	info.Str("principals")
	info.Bytes("times", 8+8)
	for range 3 {
		info.Str("field")
	}
	key := info.Offset() + 4
	info.Str("signature key")
	return []int{key, info.Offset() + 4}
}

// endsAt tells that a blob may end before i: at noise, a quote, or the next key with
// its options.
func (v *view) endsAt(i, limit int, next []blobStart) bool {
	if i == len(v.lineText.b) || limit < len(v.at) && v.at[limit] == i {
		return true
	}
	if len(next) > 0 && next[0].typed && i < v.at[next[0].head] {
		if p := v.lineText.b[i:v.at[next[0].head]]; bytes.IndexByte(p, '\n') < 0 && beginsPrefix(p) {
			return true
		}
	}
	return v.noise(i, false) > 0 || bytes.IndexByte([]byte("\"'`"), v.lineText.b[i]) >= 0 || closesQuote(v.lineText.b[i:])
}

// beginsPrefix tells what stands before a key and cannot be of the blob before it.
func beginsPrefix(p []byte) bool {
	return isOptionsLine(p) || validPrefix(p) && bytes.IndexByte([]byte("@[|"), p[0]) >= 0
}

func closesQuote(b []byte) bool {
	for _, q := range []string{"”", "’", "»"} {
		if bytes.HasPrefix(b, []byte(q)) {
			return true
		}
	}
	return false
}

// goesOn tells that behind a key in pieces more base64 text follows, of no other key:
// then its length fields are damaged.
func (v *view) goesOn(to int, next []blobStart) bool {
	i := sort.SearchInts(v.at, to)
	end := i
	for end < len(v.b) && (end == i || !v.parted(end)) && !notBase64(rune(v.b[end])) {
		end++
	}
	whole := end == len(v.b) || v.parted(end)
	return whole && end-i >= 20 && !slices.ContainsFunc(next, func(s blobStart) bool { return s.head <= end && i <= s.at })
}

// joins tells that the pieces of a base64 text may be put together. What stands on
// another line, or behind a blank, may be a word as well that happens to be as long
// as what a cut off key lacks.
func (t *blobText) joins(plus bool) bool {
	if len(t.pieces) == 0 || t.b[len(t.b)-1] == '=' {
		return true
	}
	last := t.pieces[len(t.pieces)-1]
	tail := t.b[last.from:]
	if last.gap.newline && len(tail) >= 4 && wordLike(tail) {
		return false
	}
	widths := t.widths()
	short := false
	for i, p := range t.pieces {
		short = short || p.gap.sameLine() && widths[i+1] < 16
	}
	if plus || !short {
		return true
	}
	middle := widths[1 : len(widths)-1]
	return len(middle) > 0 && len(slices.Compact(slices.Clone(middle))) == 1 && middle[0] >= 16 && len(tail) <= middle[0]
}

// sameLine tells a gap that could part two words.
func (g gap) sameLine() bool {
	return !g.newline && (len(g.defects) == 0 || slices.Contains(g.defects, OddBlank))
}

// widths are the lengths of the pieces, the first one too.
func (t *blobText) widths() []int {
	var all []int
	from := 0
	for _, p := range t.pieces {
		all, from = append(all, p.from-from), p.from
	}
	return append(all, len(t.b)-from)
}

// random tells that what stands behind the first guess looks like no words.
func (t *blobText) random() bool {
	if n := len(t.b) - t.guess[0]; n < 16 || n < 8*len(t.guess) {
		return false
	}
	for i, p := range t.pieces {
		to := len(t.b)
		if i+1 < len(t.pieces) {
			to = t.pieces[i+1].from
		}
		if word := bytes.TrimRight(t.b[p.from:to], "+"); len(word) >= 4 && wordLike(word) {
			return false
		}
	}
	return true
}

// wordLike tells lower case letters, after one upper case letter or not, and digits.
func wordLike(b []byte) bool {
	if len(bytes.Trim(b, "0123456789")) == 0 {
		return true
	}
	for i, c := range b {
		if (c < 'a' || c > 'z') && (i > 0 || c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

// blobEdits are what was undone within the base64 text.
func (v *view) blobEdits(t blobText) []edit {
	var all []edit
	for _, p := range t.pieces {
		place := v.place(t.at[p.from])
		for _, d := range p.gap.defects {
			all = append(all, edit{d, place, place})
		}
		if p.gap.blanks > 0 && len(t.guess) == 0 {
			all = append(all, edit{SpacesForLines, place, place})
		}
	}
	for _, i := range t.guess {
		all = append(all, edit{PlusAsSpace, v.place(t.at[i]), v.place(t.at[i])})
	}
	return all
}
