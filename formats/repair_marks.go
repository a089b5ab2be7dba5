package formats

import (
	"bytes"
	"slices"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"
)

// blockText is a text in which blocks between BEGIN and END lines are looked for. In its
// trace every dash and blank is ASCII's, and signs without width are gone; orig is the
// text as it was, and src the index there of each byte.
type blockText struct {
	trace
	orig trace
	src  []int
	odd  []edit // the dashes, blanks and signs that were others
}

func newBlockText(orig trace) *blockText {
	t := &blockText{orig: orig}
	for i := 0; i < len(orig.b); {
		if n := asciiRun(orig.b[i:]); n > 0 {
			t.join(orig.sub(i, i+n))
			for j := range n {
				t.src = append(t.src, i+j)
			}
			i += n
			continue
		}
		r, size := utf8.DecodeRune(orig.b[i:])
		plain, defect := plainSign(r)
		if defect != "" {
			t.odd = append(t.odd, edit{defect, orig.at[i], orig.at[i+size-1]})
		}
		switch {
		case defect == "":
			t.join(orig.sub(i, i+size))
			for j := range size {
				t.src = append(t.src, i+j)
			}
		case plain != 0:
			t.put(string(plain), orig.at[i])
			t.src = append(t.src, i)
		}
		i += size
	}
	return t
}

// asciiRun is how many bytes of ASCII a text begins with.
func asciiRun(text []byte) int {
	for i, c := range text {
		if c >= utf8.RuneSelf {
			return i
		}
	}
	return len(text)
}

// plainSign is the ASCII sign that a dash or blank stands for, 0 for one without
// width; defect is "" for everything else.
func plainSign(r rune) (plain rune, defect Defect) {
	switch {
	case r < utf8.RuneSelf || r == utf8.RuneError:
		return r, ""
	case r == '\u2028' || r == '\u2029' || r == '\u0085':
		return '\n', OddBlank
	case unicode.IsSpace(r) || r == '\u2800' || r == '\u3164':
		return ' ', OddBlank
	case unicode.Is(unicode.Pd, r) || r == '\u2212' || r == '\u2500' || r == '\u00ad' || r == '\u30fc':
		return '-', OddDashes // U+00AD is a hyphen to be shown at line ends
	case unicode.Is(unicode.Cf, r) || r == '\u034f' || unicode.Is(unicode.Variation_Selector, r):
		return 0, ZeroWidth
	}
	return r, ""
}

// oddWithin are the odd signs between two places of the file, but for those in skip.
func (t *blockText) oddWithin(first, last int32, skip []edit) []edit {
	from := sort.Search(len(t.odd), func(i int) bool { return t.odd[i].first >= first })
	to := sort.Search(len(t.odd), func(i int) bool { return t.odd[i].first > last })
	return slices.DeleteFunc(slices.Clone(t.odd[from:max(from, to)]), func(e edit) bool {
		return slices.ContainsFunc(skip, func(s edit) bool { return s.first <= e.first && e.first <= s.last })
	})
}

// mark is a BEGIN or END line, or what is left of it.
type mark struct {
	from, to int // with the dashes on both sides
	begin    bool
	label    string // one of armourLabels
	edits    []edit
}

// armourLabels are those of the blocks that this package knows, and of what stands
// before keys in their files.
func armourLabels() []string {
	return []string{
		openSSHLabel, "RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "PRIVATE KEY",
		"PUBLIC KEY", "RSA PUBLIC KEY", "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE",
		"EC PARAMETERS", "DSA PARAMETERS", rfc4716Label, sshComLabel,
		"CRYPT4GH PRIVATE KEY", "CRYPT4GH ENCRYPTED PRIVATE KEY", "CRYPT4GH PUBLIC KEY",
	}
}

// marks finds all of them: by their word and, where a letter of that is wrong, by the
// dashes around it.
func (t *blockText) marks() []mark {
	var all []mark
	for i := 0; i < len(t.b); {
		m, ok := t.markAt(i)
		if !ok {
			i++
			continue
		}
		all = append(all, m)
		i = m.to
	}
	return all
}

// markAt reads a mark at a word BEGIN or END, or at the first of some dashes.
func (t *blockText) markAt(i int) (mark, bool) {
	switch c := t.b[i] | 0x20; {
	case t.b[i] == '-' && (i == 0 || t.b[i-1] != '-'):
		return t.dashedMark(i)
	case (c == 'b' || c == 'e') && (i == 0 || t.b[i-1] == '\n' || isBlank(t.b[i-1])):
		return t.bareMark(i)
	}
	return mark{}, false
}

// maxMark bounds the words of a mark.
const maxMark = 64

// dashedMark reads a mark that has its first dashes. Where it has the last ones too,
// two letters of it may be wrong; where not, it ends with its line or its label.
func (t *blockText) dashedMark(from int) (mark, bool) {
	i := from
	for i < len(t.b) && (t.b[i] == '-' || isBlank(t.b[i])) {
		if i++; i-from > maxMark { // a rule across the page
			return mark{}, false
		}
	}
	for _, whole := range []bool{false, true} {
		words, ends := t.wordsAt(i, whole)
		if len(words) == 0 {
			return mark{}, false
		}
		end := ends[len(words)-1] + 1
		next := t.skipBlanks(end)
		if closed := next < len(t.b) && t.b[next] == '-'; closed || next == len(t.b) || t.b[next] == '\n' {
			if begin, label, exact := nearestMark(words, closed); label != "" {
				return t.finish(from, end, begin, label, exact), true
			}
		}
	}
	words, ends := t.wordsAt(i, false)
	return t.prefixMark(from, words, ends)
}

// bareMark reads a mark whose first dashes are lost.
func (t *blockText) bareMark(i int) (mark, bool) {
	words, ends := t.wordsAt(i, false)
	if !strings.HasPrefix(words, "BEGIN") && !strings.HasPrefix(words, "END") {
		return mark{}, false
	}
	m, ok := t.prefixMark(i, words, ends)
	if !ok || m.label == "CERTIFICATE" && t.b[m.to-1] != '-' {
		return mark{}, false // "end certificate" may be prose
	}
	return m, true
}

// prefixMark reads a mark behind whose label other text follows.
func (t *blockText) prefixMark(from int, words string, ends []int) (mark, bool) {
	for _, begin := range []bool{true, false} {
		rest, ok := strings.CutPrefix(words, markWord(begin))
		if !ok {
			continue
		}
		best := ""
		for _, label := range armourLabels() {
			if len(label) > len(best) && strings.HasPrefix(rest, compactLabel(label)) {
				best = label
			}
		}
		if best != "" {
			end := ends[len(markWord(begin))+len(compactLabel(best))-1] + 1
			return t.finish(from, end, begin, best, true), true
		}
	}
	return mark{}, false
}

// wordsAt are the letters and digits from i on, in capitals and without the blanks
// between them, and the index of each; with whole all up to the dashes or the line's end.
func (t *blockText) wordsAt(i int, whole bool) (words string, ends []int) {
	var b strings.Builder
	for ; i < len(t.b) && b.Len() < maxMark; i++ {
		c := t.b[i]
		switch {
		case 'a' <= c && c <= 'z':
			c -= 'a' - 'A'
		case isBlank(c):
			continue
		case whole && c != '-' && c != '\n':
		case (c < 'A' || c > 'Z') && (c < '0' || c > '9'):
			return b.String(), ends
		}
		b.WriteByte(c)
		ends = append(ends, i)
	}
	return b.String(), ends
}

func markWord(begin bool) string {
	if begin {
		return "BEGIN"
	}
	return "END"
}

func compactLabel(label string) string { return strings.ReplaceAll(label, " ", "") }

// nearestMark finds the mark that words are, or with closed dashes are but for two letters.
func nearestMark(words string, closed bool) (begin bool, label string, exact bool) {
	best := 3
	for _, name := range armourLabels() {
		for _, b := range []bool{true, false} {
			whole := markWord(b) + compactLabel(name)
			if whole == words {
				return b, name, true
			}
			if d := editDistance(words, whole, best); closed && d < best {
				best, begin, label = d, b, name
			}
		}
	}
	return begin, label, false
}

// editDistance is Levenshtein's, or limit where it is not smaller.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, diagonal+1)
		}
	}
	return min(row[len(b)], limit)
}

// finish takes in the dashes behind a mark, and names what is wrong with it.
func (t *blockText) finish(from, end int, begin bool, label string, exact bool) mark {
	m := mark{from: from, to: end, begin: begin, label: label}
	if next := t.skipBlanks(end); next < len(t.b) && t.b[next] == '-' {
		m.to = next
		for m.to < len(t.b) && t.b[m.to] == '-' {
			m.to++
		}
	}
	found := func(d Defect) { m.edits = append(m.edits, edit{d, t.at[from], t.at[m.to-1]}) }
	text := t.b[from:m.to]
	want := pemBegin + label + pemDash
	switch {
	case strings.HasPrefix(label, "SSH2 "):
		want = ssh2Marker(markWord(begin), label)
	case !begin:
		want = pemEnd + label + pemDash
	}
	odd := t.oddWithin(t.at[from], t.at[m.to-1], nil)
	dashes := slices.ContainsFunc(odd, func(e edit) bool { return e.defect == OddDashes })
	switch {
	case string(text) == want || dashes && exact && bytes.EqualFold(bytes.Trim(text, "- "), []byte(strings.Trim(want, "- "))):
	case !exact:
		found(DamagedMarker)
	default:
		if inner := bytes.Trim(text, "- "); string(inner) != strings.Trim(want, "- ") {
			found(markDefect(inner, len(odd) > 0))
		}
		if !dashes && !sameDashes(text, want) {
			found(DashCount)
		}
	}
	m.edits = append(m.edits, odd...)
	return m
}

// markDefect is what differs in a mark's words: capitals, or the blanks between them.
func markDefect(words []byte, odd bool) Defect {
	if !bytes.Equal(bytes.ToUpper(words), words) {
		return LowerCase
	}
	if odd {
		return OddBlank
	}
	return DamagedMarker
}

// sameDashes compares what stands before and behind the words of two marks.
func sameDashes(text []byte, want string) bool {
	left := func(s string) string { return s[:len(s)-len(strings.TrimLeft(s, "- "))] }
	right := func(s string) string { return s[len(strings.TrimRight(s, "- ")):] }
	return left(string(text)) == left(want) && right(string(text)) == right(want)
}

func (t *blockText) skipBlanks(i int) int {
	for i < len(t.b) && isBlank(t.b[i]) {
		i++
	}
	return i
}

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\v' || c == '\f' }
