package formats

import (
	"bytes"
	"encoding/hex"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Bounds on what a hostile text can cost.
const (
	maxPPKs       = 8       // files in a text
	maxPPKBlob    = 1 << 16 // characters of base64 with what is between them
	maxPPKComment = 1 << 12 // bytes of a comment that is read in more ways than one
)

// ppkReadings reads PuTTY's files of versions 1 to 3: their headers stand in one
// order and are found by their names, whatever is between them. Each file is written
// anew as PuTTY does. Where its comment, or a blank in its base64 text, can be taken
// in several ways, it has several readings, the likeliest first.
func ppkReadings(orig trace) []reading {
	t := newPPKSearch(orig)
	var all []reading
	from, done, files := 0, 0, 0
	for _, to := range t.ppkEnds() {
		for ; from < to && files < maxPPKs; files++ {
			l, ok := t.locate(from, to)
			if !ok {
				break
			}
			d := t.draft(&l, done)
			all = append(all, d.readings()...)
			from, done = d.end, d.end
		}
		from = max(from, to)
	}
	return all
}

// ppkEnds are where a first line begins, but for the first of them, and the end.
func (t *ppkSearch) ppkEnds() []int {
	var all []int
	names := ppkHeadNames()[headMagic]
	for h := t.exactHead(names, 0, len(t.b)); h.found(); h = t.exactHead(names, h.to, len(t.b)) {
		if h.from > 0 {
			all = append(all, h.from)
		}
		if len(all) > maxPPKs {
			break
		}
	}
	return append(all, len(t.b))
}

// ppkDraft is what was found of one file.
type ppkDraft struct {
	*ppkSearch
	*located
	start, end int // of the file's text, without what stands around it
	plain      bool
	public     []ppkBlob
	private    []ppkBlob
	algorithm  trace
	encryption trace
	kdf        [ppkHeads]trace
	edits      []edit
	comment    edit // its places
}

// draft reads the values of a file's headers; before is where the text before it begins.
func (t *ppkSearch) draft(l *located, before int) *ppkDraft {
	d := &ppkDraft{ppkSearch: t, located: l, start: l.first()}
	for i, h := range l.heads {
		if i != headPublic && i != headPrivate { // named with their blobs
			d.edits = append(d.edits, h.edits...)
		}
	}
	d.readEncryption()
	d.public = t.blobs(l.heads[headPublic], l.next(headPublic), fitsPublic, nil)
	d.readAlgorithm()
	for i := headDerivation; i <= headSalt; i++ {
		if l.heads[i].found() {
			d.kdf[i] = d.value(i)
		}
	}
	d.sameName(&d.kdf[headDerivation], "Argon2id", "Argon2i", "Argon2d")
	d.readPrivate()
	d.around(before)
	return d
}

// value reads a header's value of one word.
func (d *ppkDraft) value(i int) trace {
	value, edits := d.word(d.heads[i], d.next(i))
	d.edits = append(d.edits, edits...)
	return value
}

// sameName writes a name as PuTTY does.
func (d *ppkDraft) sameName(value *trace, names ...string) {
	for _, name := range names {
		if strings.EqualFold(string(value.b), name) && string(value.b) != name {
			place := value.place(0)
			d.edits = append(d.edits, edit{LowerCase, place, place})
			*value = trace{}
			value.put(name, place)
		}
	}
}

// readEncryption reads the cipher's name. Where the line is lost with the first one,
// Key-Derivation tells it: PuTTY has no other.
func (d *ppkDraft) readEncryption() {
	if d.heads[headEncryption].found() {
		d.encryption = d.value(headEncryption)
		d.sameName(&d.encryption, ppkPlain, ppkCipher)
	} else {
		d.encryption.put(ppkCipher, d.place(d.start))
		d.edits = append(d.edits, d.found(LostHeader, d.start, d.start))
	}
	d.plain = string(d.encryption.b) == ppkPlain
}

func fitsPublic(raw []byte) bool { return blobAlgorithm(raw) == "" || wireSize(raw) == len(raw) }

// readAlgorithm reads the first line, or tells it by the public key.
func (d *ppkDraft) readAlgorithm() {
	name := ""
	if len(d.public) > 0 {
		name = blobAlgorithm(d.public[0].raw)
	}
	if !d.heads[headMagic].found() {
		d.algorithm.put(name, d.place(d.start))
		return
	}
	d.algorithm = d.value(headMagic)
	d.sameName(&d.algorithm, name)
	_, near := oneLetterOff(d.algorithm.b, name)
	if got := string(d.algorithm.b); name != "" && got != name && near && len(got) <= len(name)+1 || got == "" {
		place := d.place(d.heads[headMagic].to)
		d.algorithm = trace{}
		d.algorithm.put(name, place)
		d.edits = append(d.edits, edit{DamagedMarker, place, place})
	}
}

// readPrivate reads the private half and tells where the file ends. Where there is
// no MAC, the half's own length fields tell its end, if it is not encrypted.
func (d *ppkDraft) readPrivate() {
	strings := privateStrings(string(d.algorithm.b), d.versions()[0])
	fits := func(raw []byte) bool { return len(raw) > 0 && len(raw)%ppkBlock == 0 }
	var size func([]byte) int
	if d.plain {
		fits = func(raw []byte) bool { return strings == 0 || privateSize(raw, strings) == len(raw) }
	}
	if d.plain && strings > 0 && !d.heads[headMAC].found() {
		size = func(raw []byte) int { return privateSize(raw, strings) }
	}
	d.private = d.blobs(d.heads[headPrivate], d.next(headPrivate), fits, size)
	d.end = d.to
	if len(d.private) > 0 {
		d.end = d.private[0].end
	}
	if !d.heads[headMAC].found() {
		return
	}
	for _, version := range d.versions() {
		_, end, _ := d.digits(d.heads[headMAC], d.to, d.macSize(version))
		d.end = max(d.end, end)
	}
}

// macSize is how many hexadecimal digits a version's MAC has.
func (d *ppkDraft) macSize(version int) int {
	return 2 * (&ppkFile{version: version}).newHash()().Size()
}

// versions are those that the file can be of: as its first line says and, where
// that is lost or something else tells another, as that does.
func (d *ppkDraft) versions() []int {
	var all []int
	for _, name := range d.heads[headMagic].names {
		all = append(all, int(name[len(name)-1]-'0'))
	}
	told, cut := 3, false
	if mac := d.heads[headMAC]; !slices.ContainsFunc(d.heads[headDerivation:headSalt+1], ppkHead.found) && mac.found() {
		value, _, _ := d.digits(mac, d.to, d.macSize(3))
		cut = value.len() < d.macSize(2)
		switch {
		case value.len() >= d.macSize(3):
		case slices.Contains(mac.names, ppkHash):
			told = 1
		default:
			told = 2
		}
	}
	switch {
	case len(all) == 1 && (all[0] == told || !d.heads[headMAC].found()):
		return all
	case len(all) == 1 && all[0] < 3 && told < 3:
		return all
	case len(all) == 1:
		return []int{all[0], told}
	case told == 2 && !d.plain:
		return []int{2, 1}
	case told == 2 && cut:
		return []int{2, 3}
	}
	return []int{told}
}

// around names what stands before and behind the file.
func (d *ppkDraft) around(before int) {
	text := d.b[before:d.start]
	line := before + bytes.LastIndexByte(text, '\n') + 1
	if blanks := d.b[line:d.start]; len(blanks) > 0 && len(bytes.Trim(blanks, " \t\v\f")) == 0 {
		d.edits = append(d.edits, d.found(Indented, line, d.start))
		d.start = line
	}
	if !d.heads[headMagic].found() {
		text = d.withoutFirstLine(text)
		first := before + len(text)
		d.edits = append(d.edits, d.found(LostHeader, first, first))
	}
	if rest := bytes.Trim(text, " \t\v\f\n"); len(rest) > 0 || line > 0 && before == 0 && len(text) > 0 {
		d.edits = append(d.edits, d.found(TextBefore, before, before+len(text)))
	}
	d.behind()
}

// withoutFirstLine drops what was left of the first line when its beginning was lost.
func (d *ppkDraft) withoutFirstLine(text []byte) []byte {
	bare := bytes.TrimRight(text, " \t\v\f\n")
	line := bytes.LastIndexByte(bare, '\n') + 1
	for _, name := range ppkHeadNames()[headMagic] {
		whole := name + ": " + string(d.algorithm.b)
		if line < len(bare) && strings.HasSuffix(whole, string(bare[line:])) {
			return text[:line]
		}
	}
	return text
}

// behind names what stands behind the file. The beginning of the MAC's name is what
// is left of it.
func (d *ppkDraft) behind() {
	rest := d.b[d.end:]
	bare := bytes.Trim(rest, " \t\v\f\n")
	skip := len(rest) - len(bytes.TrimLeft(rest, " \t\v\f\n"))
	if line := bytes.IndexByte(rest, '\n'); line > 0 && line <= skip {
		d.edits = append(d.edits, d.found(TrailingBlank, d.end, d.end+line))
	}
	cut := !d.heads[headMAC].found() && slices.ContainsFunc(ppkHeadNames()[headMAC], func(name string) bool {
		return strings.HasPrefix(name, string(bare))
	})
	if len(bare) > 0 && !cut {
		d.edits = append(d.edits, d.found(TextAfter, d.end+skip, d.end+skip+len(bare)))
	}
}

// oddSigns are the dashes, blanks and signs without width in the file's lines that
// are not ASCII's; those in the comment may be the owner's.
func (d *ppkDraft) oddSigns() []edit {
	first, last := d.place(d.start), d.place(max(d.start, d.end-1))
	switch {
	case d.start == 0:
		first = 0
	case d.b[d.start-1] == '\n':
		first = d.at[d.start-1] + 1
	}
	switch {
	case d.end == len(d.b):
		last = math.MaxInt32
	case d.b[d.end] == '\n':
		last = d.at[d.end]
	}
	return d.oddWithin(first, last, []edit{d.comment})
}

// readings are all ways to read the file.
func (d *ppkDraft) readings() []reading {
	most := 64
	if !d.plain {
		most = 12 // each may cost a key derivation
	}
	var all []reading
	for _, version := range d.versions() {
		for _, public := range d.public {
			for _, private := range d.private {
				for _, comment := range d.comments(public, private) {
					r := d.reading(version, public, private, comment)
					same := func(o reading) bool { return bytes.Equal(o.b, r.b) }
					if len(all) < most && !slices.ContainsFunc(all, same) {
						all = append(all, r)
					}
				}
			}
		}
	}
	return all
}

// reading writes the file anew.
func (d *ppkDraft) reading(version int, public, private ppkBlob, comment commentText) reading {
	r := reading{private: true, part: -1 - d.start, guesses: public.guesses + private.guesses} // blocks count up from 0
	r.others = bytes.Count(public.chars.b, []byte("+")) + bytes.Count(private.chars.b, []byte("+")) - r.guesses
	mac, macEdits := d.checksum(version, public, private, comment)
	r.edits = slices.Concat(d.edits, public.edits, private.edits, comment.edits, macEdits,
		d.oddSigns())
	if names := d.heads[headMagic].names; len(names) == 1 && names[0] != ppkMagic+decimal(version) {
		r.edits = append(r.edits, d.found(DamagedMarker, d.start, d.heads[headMagic].to))
	}
	r.header(ppkMagic+decimal(version), d.place(d.start), d.algorithm)
	r.header(ppkEncryption, d.encryption.place(0), d.encryption)
	r.header(ppkComment, d.place(d.heads[headComment].from), comment.trace)
	r.blob(ppkPublic, d.heads[headPublic], d, public)
	for i := headDerivation; i <= headSalt; i++ {
		if h := d.heads[i]; h.found() {
			r.header(h.names[0], d.place(h.from), d.kdf[i])
		}
	}
	r.blob(ppkPrivate, d.heads[headPrivate], d, private)
	name := ppkMAC
	if version == 1 && d.plain {
		name = ppkHash
	}
	r.header(name, mac.place(0), mac)
	return r
}

func (t *trace) header(name string, place int32, value trace) {
	t.put(name+": ", place)
	t.join(value)
	if value.len() > 0 {
		place = value.at[value.len()-1]
	}
	t.put("\n", place)
}

// blob writes a header with the number of lines, and the lines.
func (t *trace) blob(name string, h ppkHead, d *ppkDraft, b ppkBlob) {
	t.put(name+": ", d.place(h.from))
	t.put(decimal((b.chars.len()+ppkColumns-1)/ppkColumns)+"\n", b.count)
	for i := 0; i < b.chars.len(); i += ppkColumns {
		line := b.chars.sub(i, min(i+ppkColumns, b.chars.len()))
		t.join(line)
		t.put("\n", line.at[line.len()-1])
	}
}

func decimal(n int) string { return strconv.Itoa(n) }

// mac reads the checksum. Where it is lost or cut off, and the file is not encrypted,
// it is computed anew: the decoder holds the two halves against each other.
func (d *ppkDraft) checksum(version int, public, private ppkBlob, comment commentText) (trace, []edit) {
	var value trace
	var edits []edit
	end := d.end
	if h := d.heads[headMAC]; h.found() {
		value, end, edits = d.digits(h, d.to, d.macSize(version))
	}
	glued := end > 0 && end < d.to && !isGap(d.b[end]) && d.heads[headMAC].found()
	if value.len() == d.macSize(version) || !d.plain || glued {
		return value, edits
	}
	f := &ppkFile{
		version: version, algorithm: string(d.algorithm.b), encryption: ppkPlain,
		comment: string(comment.b), public: public.raw, private: private.raw,
	}
	sum := hex.EncodeToString(f.checksum(f.keys(nil).mac, private.raw))
	if !strings.HasPrefix(sum, strings.ToLower(string(value.b))) {
		return value, edits
	}
	place := d.place(max(0, end-1))
	var whole trace
	whole.put(sum, place)
	return whole, append(edits, edit{LostFooter, place, place})
}

// commentText is one way to read the comment.
type commentText struct {
	trace
	edits []edit
}

// commentWay is what to take for damage in a comment.
type commentWay struct{ zero, blanks, dashes, trim, left, plus bool }

// comments are the ways to read the comment: first the one in which what was found
// elsewhere in the file is damage here too, then as it stands, then others.
func (d *ppkDraft) comments(public, private ppkBlob) []commentText {
	found := slices.Concat(d.edits, public.edits, private.edits)
	texts, edits := d.commentTexts()
	found = append(found, d.oddSigns()...)
	seen := func(defect Defect) bool {
		return slices.ContainsFunc(found, func(e edit) bool { return e.defect == defect })
	}
	wide := slices.ContainsFunc(found, func(e edit) bool { return e.defect == SpacesForLines && e.last > e.first })
	likely := commentWay{seen(ZeroWidth), seen(OddBlank), seen(OddDashes), seen(TrailingBlank) || wide, false, false}
	ways := []commentWay{likely, {}, {true, true, true, true, true, false}, {true, true, true, true, false, false},
		{zero: true}, {blanks: true}, {dashes: true}, {trim: true}, {left: true}, {trim: true, left: true}}
	if public.guesses+private.guesses > 0 {
		plus := likely
		plus.plus = true
		ways = append(ways, plus)
	}
	if texts[0].len() > maxPPKComment {
		ways = ways[1:2]
	}
	var all []commentText
	for _, text := range texts {
		for _, way := range ways {
			c := way.read(text)
			c.edits = append(c.edits, edits...)
			same := func(o commentText) bool { return bytes.Equal(o.b, c.b) }
			if !slices.ContainsFunc(all, same) {
				all = append(all, c)
			}
		}
	}
	return all
}

// commentTexts are the comment as it stands; of one that was wrapped, its lines joined
// with a blank and without.
func (d *ppkDraft) commentTexts() ([]trace, []edit) {
	h, to := d.heads[headComment], d.next(headComment)
	from := h.to
	var edits []edit
	if from < to && isBlank(d.b[from]) {
		from++
	} else {
		edits = append(edits, d.found(DamagedMarker, h.from, h.to))
	}
	end := to
	for end > from && isGap(d.b[end-1]) {
		end--
	}
	if i := bytes.IndexByte(d.b[end:to], '\n'); i >= 0 {
		end += i // the blanks before it may be the comment's
	} else {
		end = max(end, to-1)
	}
	edits = append(edits, d.between(end, to)...)
	first := d.src[from-1]
	_, size := utf8.DecodeRune(d.orig.b[first:])
	last := d.orig.len()
	if end < len(d.src) {
		last = d.src[end]
	}
	first = min(first+size, last)
	d.comment = edit{"", d.orig.place(first), d.orig.place(last) - 1}
	text := d.orig.sub(first, last)
	if bytes.IndexByte(text.b, '\n') < 0 {
		return []trace{text}, edits
	}
	edits = append(edits, d.found(LineWidth, from, end))
	return []trace{joinLines(text, " "), joinLines(text, "")}, edits
}

// joinLines joins the lines of a text with something between them.
func joinLines(text trace, between string) trace {
	var all trace
	for _, line := range text.lines() {
		if all.len() > 0 {
			all.put(between, all.at[all.len()-1])
		}
		all.join(line.trim(" \t"))
	}
	return all
}

// read reads a comment in one way. Bytes that are no UTF-8 stay as they are.
func (w commentWay) read(text trace) commentText {
	var c commentText
	for i := 0; i < text.len(); {
		r, size := utf8.DecodeRune(text.b[i:])
		plain, defect := plainSign(r)
		one := text.sub(i, i+size)
		i += size
		switch {
		case defect == ZeroWidth && w.zero:
		case defect == OddBlank && w.blanks, defect == OddDashes && w.dashes:
			c.put(string(plain), one.at[0])
		case r == ' ' && w.plus:
			c.put("+", one.at[0])
			defect = PlusAsSpace
		default:
			c.join(one)
			continue
		}
		c.edits = append(c.edits, edit{defect, one.at[0], one.at[size-1]})
	}
	return w.trimmed(c)
}

// trimmed drops the blanks and the signs without width at the ends of a comment.
func (w commentWay) trimmed(c commentText) commentText {
	empty := func(r rune) bool {
		plain, _ := plainSign(r)
		return plain == 0 || plain < utf8.RuneSelf && isGap(byte(plain))
	}
	if n := len(bytes.TrimRightFunc(c.b, empty)); w.trim && n < c.len() {
		c.edits = append(c.edits, edit{endDefect(c.b[n:], TrailingBlank), c.at[n], c.at[c.len()-1]})
		c.trace = c.sub(0, n)
	}
	if n := c.len() - len(bytes.TrimLeftFunc(c.b, empty)); w.left && n > 0 {
		c.edits = append(c.edits, edit{endDefect(c.b[:n], DamagedMarker), c.at[0], c.at[n-1]})
		c.trace = c.sub(n, c.len())
	}
	return c
}

// endDefect is the defect of what stood at an end of a comment: of blanks the given one.
func endDefect(text []byte, blanks Defect) Defect {
	for _, r := range string(text) {
		if _, defect := plainSign(r); defect != "" {
			return defect
		}
	}
	return blanks
}
