package formats

import (
	"bytes"
	"slices"
	"strings"
)

// linesPart is the part number of the readings of public key lines.
const linesPart = -1

// lineReadings reads texts with OpenSSH public keys: one key, or a list.
func lineReadings(t trace) []reading {
	if hasPrivateMark(t.b) {
		return nil // whose public half such a line would be
	}
	dropped := scanLines(t, blanksDropped)
	all := dropped.reading(nil)
	if dropped.guessed {
		all = scanLines(t, blanksPlus).reading(all)
	}
	return all
}

// hasPrivateMark tells texts that have a private key, or the rest of one.
func hasPrivateMark(text []byte) bool {
	for _, mark := range []string{"PRIVATE KEY", "PuTTY-User-Key-File", "Private-Lines:", "Private-MAC:", "Public-Lines:"} {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// MendList mends the lines of an authorized_keys or known_hosts file that can be
// understood in one way only: keys on several lines, keys that share a line, types
// without their beginning or lost, blocks of RFC 4716, blanks and signs that only look
// like none; and a byte order mark, UTF-16 and the line ends of old Macs. Every other
// line stays as it is, to the byte: what sshd reads, comments, and what is no key or is
// damaged beyond repair. Without edits clean is data.
func MendList(data []byte) (clean []byte, edits []Edit) {
	text, found, ok := listText(data)
	if !ok {
		return data, nil
	}
	s := scanLines(text, blanksUnclear)
	var out trace
	for _, it := range s.items {
		if !it.mended {
			out.join(s.sub(s.starts[it.from], s.starts[it.to]))
			continue
		}
		found = append(found, it.edits...)
		for _, line := range it.lines {
			out.join(line)
			out.put(s.lineEnd(it), 0)
		}
	}
	if len(found) == 0 {
		return data, nil
	}
	return out.b, editsOf(found, lineEndsOf(text))
}

// listText is a list's text as sshd sees its lines; a CR before an LF stays. UTF-16
// and files whose line ends are all CR are put right.
func listText(data []byte) (trace, []edit, bool) {
	text := data
	var found []edit
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		text, found = bytes.TrimPrefix(fromUTF16(data), []byte("\ufeff")), []edit{{UTF16, 0, 0}}
	}
	if !looksLikeText(bytes.TrimPrefix(text, []byte("\ufeff"))) {
		return trace{}, nil, false
	}
	if bytes.IndexByte(text, '\n') < 0 && bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
		found = append(found, edit{LoneCR, 0, 0})
	}
	t := traceOf(text)
	if rest, ok := bytes.CutPrefix(text, []byte("\ufeff")); ok && markMatters(rest) {
		found = append(found, edit{ByteOrderMark, 0, 0})
		t = t.sub(3, t.len())
	}
	return t, found, true
}

// markMatters tells that a text's first line has a key or what may be one: a mark
// before a comment or an empty line is in nobody's way.
func markMatters(text []byte) bool {
	line, _, _ := bytes.Cut(text, []byte("\n"))
	line = bytes.Trim(line, " \t\r")
	return len(line) > 0 && line[0] != '#'
}

// blanks says what a blank within base64 text is.
type blanks int

const (
	blanksUnclear blanks = iota // nothing at all, unless it could be a plus sign
	blanksDropped
	blanksPlus
)

// lineItem is a line of a text, or lines that belong together.
type lineItem struct {
	from, to int // lines
	// keys is how many keys it has, and sound tells the one that sshd reads.
	keys  int
	sound bool
	// prose tells that something beside the key has no place on its line, broken
	// that not all of a key is there.
	prose, broken bool
	mended        bool // lines are to stand in its place
	lines         []trace
	edits         []edit
	block         string // the label of a block between BEGIN and END
	junk          bool
	bare          bool // has nothing but base64 text
	guesses       int
	others        int
}

// lineScan is a text with public keys taken apart.
type lineScan struct {
	*lineText
	blanks  blanks
	bare    bool // keys without a type count
	guessed bool // some key would be whole with plus signs for blanks
	items   []*lineItem
	blocks  map[int]*listBlock // by where their lines begin
	cut     map[int]bool       // the lines that are no item by themselves, and begin like a key's
}

// scanLines takes a text apart. A line that sshd reads, a comment or a block ends what
// may belong together.
func scanLines(t trace, b blanks) *lineScan {
	s := &lineScan{blanks: b, bare: !hasPrivateMark(t.b), cut: map[int]bool{}}
	parts := partBlocks(t, b)
	s.lineText, s.blocks, s.guessed = newLineText(parts.trace), parts.blocks, parts.guessed
	loose := -1
	flush := func(to int) {
		if loose >= 0 {
			s.stretch(loose, to)
		}
		loose = -1
	}
	for i := 0; i < s.count(); {
		it := s.plainItem(i)
		if it == nil {
			if loose < 0 {
				loose = i
			}
			i++
			continue
		}
		flush(i)
		s.items = append(s.items, it)
		i = it.to
	}
	flush(s.count())
	return s
}

// plainItem is the line as an item of its own; nil for one that is not clear by itself.
func (s *lineScan) plainItem(i int) *lineItem {
	if b := s.blocks[s.starts[i]]; b != nil {
		return s.ssh2Item(i, b)
	}
	line := s.line(i).b
	bare := bytes.Trim(line, " \t")
	if label, ok := beginLabel(bare); ok {
		return &lineItem{from: i, to: s.endOfBlock(i) + 1, block: label, broken: true}
	}
	l, ok := readLine(line)
	switch {
	case !ok && len(bare) > 0:
		return &lineItem{from: i, to: i + 1}
	case ok && l.key != nil && !startsKey(l.key.Comment()) && !isSpoiled(l.prefix):
		return &lineItem{from: i, to: i + 1, keys: 1, sound: true, lines: []trace{s.line(i)}}
	case ok && l.kind() != lineJunk:
		s.cut[i] = true
	}
	return nil
}

// isSpoiled tells what is taken for hosts or options and is none: mail's marks, and
// what begins with a quote, a sign without width or an odd blank.
func isSpoiled(prefix []byte) bool {
	_, size := oddSign(prefix)
	quoted := slices.ContainsFunc(openingQuotes(), func(q [2]string) bool { return bytes.HasPrefix(prefix, []byte(q[0])) })
	return size > 0 || quoted || len(prefix) > 0 && len(bytes.Trim(prefix, ">")) == 0
}

// startsKey tells that a key begins in a comment, by its type and its blob.
func startsKey(comment string) bool {
	if !strings.Contains(comment, "AAAA") {
		return false
	}
	l := newLineText(traceOf([]byte(comment)))
	v := l.view(0, len(comment))
	return len(v.blobStarts(false)) > 0
}

// ssh2Item is a block of RFC 4716, as a line.
func (s *lineScan) ssh2Item(i int, b *listBlock) *lineItem {
	it := &lineItem{from: i, to: s.lineOf(b.to-1) + 1, block: rfc4716Label, broken: !b.mended}
	if !b.mended {
		return it
	}
	it.keys, it.mended, it.lines = 1, true, []trace{b.line}
	it.edits, it.guesses, it.others = b.edits, b.guesses, b.others
	if b.joined {
		it.edits = append(it.edits, edit{JoinedKeys, s.place(b.from), s.place(b.to - 1)})
	}
	return it
}

// endOfBlock is the last line of the block that begins at a line: its END line or, where
// it has none, the one before a key's line or another block, or the text's last one.
func (s *lineScan) endOfBlock(begin int) int {
	for i := begin + 1; i < s.count(); i++ {
		line := bytes.TrimSpace(s.line(i).b)
		if bytes.HasPrefix(line, []byte(pemEnd)) || bytes.HasPrefix(line, []byte("---- END ")) {
			return i
		}
		l, ok := readLine(line)
		if _, begins := beginLabel(line); begins || ok && l.key != nil && l.text.knownType() {
			return i - 1
		}
	}
	return s.count() - 1
}

// readsAs tells a line that reads as one key of this blob, and as nothing more.
func readsAs(line, blob []byte) bool {
	l, ok := readLine(line)
	return ok && l.key != nil && bytes.Equal(wireBlob(l.key), blob) && bytes.IndexByte(line, '\n') < 0 && !startsKey(l.key.Comment())
}

// lineEnd is how the lines of an item end in the text.
func (s *lineScan) lineEnd(it *lineItem) string {
	if bytes.HasSuffix(s.b[:s.starts[it.to]], []byte("\r\n")) {
		return "\r\n"
	}
	return "\n"
}

// stretch takes lines apart that are not clear by themselves.
func (s *lineScan) stretch(from, to int) {
	v := s.view(s.starts[from], s.starts[to])
	starts := v.blobStarts(s.bare)
	var keys []foundKey
	for i := 0; i < len(starts); {
		k := s.readKey(v, starts[i], starts[i+1:])
		keys = append(keys, k)
		for i++; i < len(starts) && k.whole && v.at[starts[i].at] < k.to; i++ { // within a certificate
		}
	}
	groups := s.groups(keys, from, to)
	line := from
	for _, g := range groups {
		s.between(line, g.from)
		s.items = append(s.items, g.item())
		line = g.to
	}
	s.between(line, to)
}

// between adds the lines that have nothing of a key that was found.
func (s *lineScan) between(from, to int) {
	for i := from; i < to; i++ {
		line := s.line(i).b
		s.items = append(s.items, &lineItem{from: i, to: i + 1, junk: len(bytes.TrimSpace(line)) > 0, broken: s.cut[i] || hasBase64Word(line)})
	}
}

// hasBase64Word tells a line with what may be the rest of a key.
func hasBase64Word(line []byte) bool {
	for word := range bytes.FieldsSeq(line) {
		if len(word) >= 40 && bytes.IndexFunc(word, notBase64) < 0 {
			return true
		}
	}
	return false
}

// readKey reads a key, its blanks as the scan has it.
func (s *lineScan) readKey(v view, start blobStart, next []blobStart) foundKey {
	k := v.read(start, next, false)
	if s.blanks == blanksDropped && s.guessed && k.whole {
		return k
	}
	plus := v.read(start, next, true)
	if !plus.whole || plus.guesses == 0 {
		return k
	}
	s.guessed = true
	switch {
	case s.blanks == blanksUnclear:
		k.whole = false
	case s.blanks == blanksPlus || !k.whole:
		return plus
	}
	return k
}

// reading adds the scan's text to the readings, where there is a key in it.
func (s *lineScan) reading(all []reading) []reading {
	keys, broken, bare := 0, false, true
	for _, it := range s.items {
		keys += it.keys
		broken = broken || it.broken || it.keys == 0 && it.block != ""
		bare = bare && (it.bare || it.keys == 0 && !it.junk)
	}
	if keys == 0 || bare && keys == 1 || s.isBlock() {
		return all
	}
	r := reading{part: linesPart}
	if keys == 1 {
		s.bareEnds()
	}
	if keys == 1 && !broken && s.onlyProse() {
		s.one(&r)
	} else {
		s.list(&r)
	}
	if len(all) > 0 && bytes.Equal(all[0].b, r.b) {
		return all
	}
	return append(all, r)
}

// bareEnds takes the blanks around the only key's line off, where sshd reads it so.
func (s *lineScan) bareEnds() {
	for _, it := range s.items {
		if !it.sound {
			continue
		}
		line := it.lines[0]
		it.lines[0] = line.trim(" \t")
		left := len(line.b) - len(bytes.TrimLeft(line.b, " \t"))
		if right := left + it.lines[0].len(); right < line.len() {
			it.edits = append(it.edits, edit{TrailingBlank, line.at[right], line.place(line.len())})
		}
		if left > 0 {
			it.edits = append(it.edits, edit{Indented, line.at[0], line.at[left-1]})
		}
	}
}

// isBlock tells a text whose only key is a block, which is a format of its own.
func (s *lineScan) isBlock() bool {
	blocks, others := 0, 0
	for _, it := range s.items {
		blocks += ones(it.block != "")
		others += ones(it.keys > 0 && it.block == "")
	}
	return blocks == 1 && others == 0
}

// onlyProse tells that what stands around the keys is no part of a line of them, as
// its options would be.
func (s *lineScan) onlyProse() bool {
	junk, before := false, true
	for i, it := range s.items {
		before = before && it.keys == 0
		// What stands behind a key is none of its options, and a value without quotes
		// is none of sshd's.
		line := bytes.ReplaceAll(s.line(it.from).b, []byte("="), []byte(" "))
		switch {
		case it.junk && before && maybeOptions(line) && s.optionsOf(i+1) == nil:
			return false
		case it.keys > 0 && !it.hasPlainPrefix():
			return false
		}
		junk = junk || it.junk || it.prose
	}
	return junk
}

// hasPlainPrefix tells a line with nothing before its key, or with options or hosts.
func (it *lineItem) hasPlainPrefix() bool {
	l, _ := readLine(it.lines[0].b)
	return len(l.prefix) == 0 || isKnownOption(l.prefix) || bytes.IndexByte(l.prefix, '"') < 0
}

// optionsOf is the line before an item where that is the options of the item's key.
func (s *lineScan) optionsOf(i int) *lineItem {
	if i < 1 || i >= len(s.items) || s.items[i].keys == 0 || !s.items[i-1].junk {
		return nil
	}
	l, _ := readLine(s.items[i].lines[0].b)
	if before := s.items[i-1]; len(l.prefix) == 0 && isOptionsLine(s.line(before.from).b) {
		return before
	}
	return nil
}

// one is the text of the only key, without what stands around it.
func (s *lineScan) one(r *reading) {
	around := TextBefore
	for i, it := range s.items {
		first, last := s.place(s.starts[it.from]), s.place(s.starts[it.to]-1)
		switch {
		case it.keys > 0:
			around = TextAfter
			s.add(r, it)
		case it.junk && s.optionsOf(i+1) != nil:
			r.join(s.line(it.from).trim(" \t\r"))
			r.put(" ", last)
			r.edits = append(r.edits, edit{SplitLine, first, s.place(s.starts[it.to])})
		case it.junk:
			r.edits = append(r.edits, edit{around, first, last})
		}
	}
}

// list is the whole text, all that was found mended. A key behind prose counts where
// no line is sshd's: in a list somebody may have put it out of use so.
func (s *lineScan) list(r *reading) {
	inUse := slices.ContainsFunc(s.items, func(it *lineItem) bool {
		return it.sound || bytes.HasPrefix(bytes.TrimLeft(s.line(it.from).b, " \t"), []byte("#"))
	})
	for _, it := range s.items {
		if it.keys > 0 && !(it.prose && inUse) {
			s.add(r, it)
			continue
		}
		r.join(s.sub(s.starts[it.from], s.starts[it.to]))
	}
}

func (s *lineScan) add(r *reading, it *lineItem) {
	for _, line := range it.lines {
		r.join(line)
		r.put("\n", line.place(line.len()))
	}
	r.edits = append(r.edits, it.edits...)
	r.guesses, r.others = r.guesses+it.guesses, r.others+it.others
}

// lineGroup is keys that share lines.
type lineGroup struct {
	*lineScan
	keys     []foundKey
	from, to int // lines
	width    int // of its lines, where all but the last have one; else 0
	body     int // the line that its first key begins on
}

// groups puts keys together that share a line.
func (s *lineScan) groups(keys []foundKey, from, to int) []*lineGroup {
	var all []*lineGroup
	for _, k := range keys {
		first, last := s.lineOf(k.from), s.lineOf(max(k.from, k.to-1))
		var g *lineGroup
		if len(all) > 0 {
			g = all[len(all)-1]
		}
		if g == nil || first >= g.to && !g.runsInto(s, k) {
			g = &lineGroup{lineScan: s, from: first, body: first}
			all = append(all, g)
		}
		g.keys = append(g.keys, k)
		g.to = max(g.to, last+1)
		g.width = g.regular()
	}
	for i, g := range all {
		low, high := from, to
		if i > 0 {
			low = all[i-1].to
		}
		if i+1 < len(all) {
			high = all[i+1].from
		}
		g.widen(low, high)
	}
	return all
}

// runsInto tells that the last line of a wrapped group is full, and the comment goes
// on before the key on the next line.
func (g *lineGroup) runsInto(s *lineScan, k foundKey) bool {
	first := s.lineOf(k.from)
	return g.width > 0 && first == g.to && s.line(g.to-1).len() == g.width && k.from > s.starts[first] && s.line(first).len() == g.width
}

// regular is the width that all of its lines but the last have, 0 where they differ.
func (g *lineGroup) regular() int {
	if g.to-g.from < 2 {
		return 0
	}
	width := g.line(g.from).len()
	for i := g.from; i < g.to-1; i++ {
		if g.line(i).len() != width {
			return 0
		}
	}
	return width
}

// widen adds the lines before that have the beginning of options or hosts, and those
// behind that the comment goes on in: where a terminal wraps, all lines are full.
func (g *lineGroup) widen(low, high int) {
	if g.width == 0 {
		if g.to-g.from > 1 && g.from > low && isOptionsLine(g.line(g.from-1).b) && g.keys[0].from == g.starts[g.from] {
			g.from--
		}
		return
	}
	for g.to < high && g.line(g.to-1).len() == g.width && g.line(g.to).len() > 0 && g.line(g.to).len() <= g.width {
		g.to++
	}
	most := g.from
	for most > low && g.line(most-1).len() == g.width {
		most--
	}
	for ; most < g.from; most++ {
		p := g.joined(g.starts[most], g.keys[0].from)
		if before := g.starts[g.from] == g.keys[0].from; validPrefix(p.b) && (!before || isLinePrefix(p.b)) {
			g.from = most
			return
		}
	}
}

// isOptionsLine tells a line of nothing but options.
func isOptionsLine(line []byte) bool {
	line = bytes.Trim(line, " \t\r")
	return len(line) > 0 && validPrefix(line) && isKnownOption(line)
}

// isLinePrefix tells options, and hosts that are unmistakable.
func isLinePrefix(p []byte) bool {
	p = bytes.Trim(p, " \t")
	return isOptions(p) || bytes.HasPrefix(p, []byte("@")) || bytes.HasPrefix(p, []byte("|1|")) || bytes.HasPrefix(p, []byte("[")) ||
		bytes.IndexByte(p, ' ') < 0 && bytes.ContainsAny(p, ".,")
}

// validPrefix tells what may stand before a key on its line: options, hosts with a
// marker or without, or nothing.
func validPrefix(p []byte) bool {
	p = bytes.Trim(p, " \t")
	if len(p) == 0 {
		return true
	}
	field, rest := cutField(p)
	if f := string(field); f == "@cert-authority" || f == "@revoked" {
		field, rest = cutField(trimBlanks(rest))
	}
	if len(trimBlanks(rest)) > 0 || len(field) == 0 || field[0] == '#' {
		return false
	}
	quotes := bytes.Count(field, []byte(`"`)) - bytes.Count(field, []byte(`\"`))
	return quotes%2 == 0 && (isOptions(field) || quotes == 0)
}

// maybeOptions tells a text that may be what is left of options. To read a key
// without its options would lift what they forbid.
func maybeOptions(text []byte) bool {
	if bytes.ContainsAny(text, `"=`) {
		return true
	}
	for word := range bytes.FieldsFuncSeq(text, func(r rune) bool { return r == ' ' || r == '\t' || r == ',' }) {
		if isOptions(word) && !isProseOption(word) {
			return true
		}
	}
	return false
}

// isKnownOption tells a field that begins with one of sshd's options.
func isKnownOption(field []byte) bool {
	name := field
	if i := bytes.IndexAny(name, `=,"`); i >= 0 {
		name = name[:i]
	}
	return isOptions(name)
}

// isProseOption tells the options that mean nothing without a value, and are words.
func isProseOption(word []byte) bool {
	return slices.Contains([]string{"command", "environment", "from", "principals", "tunnel"}, strings.ToLower(string(word)))
}

// join is a part of the text without its line ends.
func (s *lineText) joined(from, to int) trace {
	var out trace
	for from < to {
		n := bytes.IndexByte(s.b[from:to], '\n')
		if n < 0 {
			n = to - from
		}
		out.join(s.sub(from, from+len(bytes.TrimSuffix(s.b[from:from+n], []byte("\r")))))
		from += n + 1
	}
	return out
}

// item is the group with every key on a line of its own.
func (g *lineGroup) item() *lineItem {
	it := &lineItem{from: g.from, to: g.to}
	first, last := g.place(g.starts[g.from]), g.place(g.starts[g.to]-1)
	all := []edit{}
	for i, k := range g.keys {
		if !k.whole {
			return &lineItem{from: g.from, to: g.to, broken: true}
		}
		line, ok := g.render(i, it)
		if !ok {
			return &lineItem{from: g.from, to: g.to, broken: true}
		}
		all = append(all, line.edits...)
		it.guesses, it.others = it.guesses+k.guesses, it.others+k.others
		if !slices.ContainsFunc(it.lines, func(o trace) bool { return sameLine(o.b, line.b) }) {
			it.lines = append(it.lines, line.trace)
		}
	}
	if len(g.keys) > 1 {
		all = append(all, edit{JoinedKeys, first, last})
	}
	if g.width > 0 || g.body != g.from {
		all = append(all, edit{SplitLine, first, last})
	}
	for i, e := range all {
		if e.defect == SplitLine {
			all[i].first, all[i].last = first, last
		}
	}
	it.keys, it.edits, it.mended = len(it.lines), all, !it.prose
	return it
}

// sameLine tells lines with the same key and the same before it.
func sameLine(a, b []byte) bool {
	x, _ := readLine(a)
	y, _ := readLine(b)
	return x.key != nil && y.key != nil && bytes.Equal(wireBlob(x.key), wireBlob(y.key)) &&
		bytes.Equal(x.prefix, y.prefix) && bytes.Equal(x.marker, y.marker)
}

// keyLine is a key's line as it is rendered.
type keyLine struct {
	trace
	edits []edit
}

func (l *keyLine) undo(d Defect, place int32) { l.edits = append(l.edits, edit{d, place, place}) }

// render writes the line of the i-th key of the group.
func (g *lineGroup) render(i int, it *lineItem) (keyLine, bool) {
	k := g.keys[i]
	var l keyLine
	prefix, ok := g.prefix(i)
	if !ok {
		return l, false
	}
	prefix, quote := l.trimFront(prefix)
	if !validPrefix(prefix.b) || i == 0 && !k.typed && !(len(prefix.b) == 0 || isLinePrefix(prefix.b)) {
		if i > 0 || maybeOptions(prefix.b) || !k.typed && bytes.IndexByte(prefix.b, ' ') < 0 {
			return l, false
		}
		l.undo(TextBefore, prefix.place(0))
		it.prose, prefix = true, trace{}
	}
	if len(prefix.b) > 0 {
		l.join(prefix)
		l.put(" ", prefix.place(len(prefix.b)))
	}
	g.putType(&l, k)
	l.put(" ", k.text.place(0))
	l.join(k.text)
	l.edits = append(l.edits, k.edits...)
	comment := g.comment(i, &l, quote, it)
	if len(comment.b) > 0 {
		l.put(" ", comment.place(0))
		l.join(comment)
	}
	it.bare = len(g.keys) == 1 && !k.typed && len(prefix.b) == 0 && len(comment.b) == 0 && g.onlyBlanks(l.edits)
	return l, readsAs(l.b, k.blob)
}

// onlyBlanks tells edits that base64 text by itself needs none of.
func (g *lineGroup) onlyBlanks(edits []edit) bool {
	return !slices.ContainsFunc(edits, func(e edit) bool {
		return e.defect != LostHeader && e.defect != SplitLine && e.defect != SpacesForLines
	})
}

// putType writes the key's type, and says what was wrong with it.
func (g *lineGroup) putType(l *keyLine, k foundKey) {
	place := g.place(k.from)
	if k.lacks != "" {
		l.put(k.name, place)
		l.undo(k.lacks, place)
	}
	if !k.typed {
		return
	}
	before := g.sub(k.from, k.start)
	l.edits = append(l.edits, g.gapEdits(before)...)
	if k.lacks != "" {
		return
	}
	l.join(strippedOf(g.lineText, k.from, k.start))
	if g.noise(k.start-1, true) == 0 && !endsInSign(before.b) {
		l.undo(LostNewlines, g.place(k.start))
	}
}

// endsInSign tells a text with a blank or sign of more than one byte at its end.
func endsInSign(b []byte) bool {
	for n := 1; n <= 4 && n <= len(b); n++ {
		if _, size := oddSign(b[len(b)-n:]); size == n {
			return true
		}
	}
	return false
}

// strippedOf is a part of a text without noise.
func strippedOf(l *lineText, from, to int) trace {
	v := l.view(from, to)
	var out trace
	for i, c := range v.b {
		out.put(string(rune(c)), l.place(v.at[i]))
	}
	return out
}

// gapEdits are what was undone of the noise in a part of the text.
func (g *lineGroup) gapEdits(t trace) []edit {
	var all []edit
	for i := 0; i < t.len(); {
		d, size := oddSign(t.b[i:])
		switch c := t.b[i]; {
		case size > 0:
		case c == '\n':
			d = SplitLine
		case c == '>':
			d = MailQuoted
		case c == '"' || c == '\'' || c == '\\':
			d = Quoted
		}
		if d != "" {
			all = append(all, edit{d, t.place(i), t.place(i)})
		}
		i += max(size, 1)
	}
	return all
}

// prefix is what stands before a key and belongs to it. Of two keys on a line, what is
// between may be the comment of the one and the options of the other.
func (g *lineGroup) prefix(i int) (trace, bool) {
	if i == 0 {
		p := g.joined(g.starts[g.from], g.keys[0].from)
		prose := g.keys[0].typed && bytes.HasSuffix(p.b, []byte(":")) && !validPrefix(p.b)
		return p, len(p.b) == 0 || prose || g.partedAt(g.keys[0].from)
	}
	_, prefix, ok := g.parting(i)
	return prefix, ok
}

// partedAt tells that a blank, a sign or a quote stands before the byte at i.
func (g *lineGroup) partedAt(i int) bool {
	before := g.b[:i]
	return len(before) == 0 || g.noise(i-1, true) > 0 || endsInSign(before[max(0, i-4):]) || endsInQuote(before)
}

// endsInQuote tells a text that ends in an opening quote.
func endsInQuote(b []byte) bool {
	for _, q := range openingQuotes() {
		if bytes.HasSuffix(b, []byte(q[0])) {
			return true
		}
	}
	return false
}

// openingQuotes are the quotes that stand around lines, each with its other end.
func openingQuotes() [][2]string {
	return [][2]string{{`"`, `"`}, {`'`, `'`}, {"`", "`"}, {"“", "”"}, {"‘", "’"}, {"„", "“"}, {"«", "»"}, {"「", "」"}, {"”", "”"}}
}

// parting parts what stands between two keys of a line into the first one's comment
// and the second one's options or hosts; false where that is not clear.
func (g *lineGroup) parting(i int) (comment, prefix trace, ok bool) {
	t := g.joined(g.keys[i-1].to, g.keys[i].from)
	if g.hasHosts() {
		p := t.trim(" \t")
		name := p.b[bytes.LastIndexAny(p.b, " \t")+1:]
		return trace{}, p, len(name) > 0 && validPrefix(p.b) && bytes.IndexByte(name, '@') < 0
	}
	blank := len(t.b) > 0 && g.partedAt(g.keys[i].from)
	t = t.sub(0, len(bytes.TrimRight(t.b, " \t")))
	for at := 0; at < len(t.b) && blank; at++ {
		if start := at == 0 || t.b[at-1] == ' ' || t.b[at-1] == '\t'; start && isOptionsLine(t.b[at:]) && !isProseOption(t.b[at:]) {
			return t.sub(0, at), t.sub(at, len(t.b)), true
		}
	}
	return t, trace{}, bytes.IndexByte(t.b, '"') < 0 && !endsInOption(t.b[bytes.LastIndexAny(t.b, " \t")+1:])
}

// endsInOption tells a word that ends in one of sshd's options: those of the second
// key may be glued to the comment of the first.
func endsInOption(word []byte) bool {
	for i := range word {
		if rest := word[i:]; isOptions(rest) && !isProseOption(rest) && len(rest) > 3 {
			return true
		}
	}
	return false
}

// hasHosts tells that the first key of the group has hosts before it.
func (g *lineGroup) hasHosts() bool {
	var l keyLine
	p, _ := l.trimFront(g.joined(g.starts[g.from], g.keys[0].from))
	return len(p.b) > 0 && !isOptions(p.b) && validPrefix(p.b)
}

// trimFront drops from before a key what is no part of it: blanks, signs, mail's
// marks, an opening quote, which it returns.
func (l *keyLine) trimFront(p trace) (trace, byte) {
	var quote byte
	p = l.plainBlanks(p)
	for {
		p = p.trim(" \t")
		switch {
		case len(p.b) > 0 && p.b[0] == '>':
			l.undo(MailQuoted, p.place(0))
			p = p.sub(1, p.len())
			continue
		case quote == 0 && len(p.b) > 0:
			if q, rest := l.openQuote(p); q != 0 {
				quote, p = q, rest
				continue
			}
		}
		return p, quote
	}
}

// openQuote takes an opening quote off that stands first, or right before the key. It
// is told by its number, from 1 on.
func (l *keyLine) openQuote(p trace) (byte, trace) {
	for i, q := range openingQuotes() {
		if rest, ok := bytes.CutPrefix(p.b, []byte(q[0])); ok && (len(rest) == 0 || isKnownOption(rest)) {
			l.undo(Quoted, p.place(0))
			return byte(i + 1), p.sub(len(q[0]), p.len())
		}
		if cut, ok := bytes.CutSuffix(p.b, []byte(q[0])); ok && !isOptions(p.b) {
			l.undo(Quoted, p.place(len(cut)))
			return byte(i + 1), p.sub(0, len(cut))
		}
	}
	return 0, p
}

// plainBlanks writes every blank outside of quotes as a space, and drops signs.
func (l *keyLine) plainBlanks(p trace) trace {
	var out trace
	quoted := false
	for i := 0; i < p.len(); {
		d, size := oddSign(p.b[i:])
		quoted = quoted != (p.b[i] == '"')
		if size == 0 || quoted {
			out.join(p.sub(i, i+max(size, 1)))
			i += max(size, 1)
			continue
		}
		l.undo(d, p.place(i))
		if d == OddBlank {
			out.put(" ", p.place(i))
		}
		i += size
	}
	return out
}

// comment is what stands behind a key and is its comment.
func (g *lineGroup) comment(i int, l *keyLine, quote byte, it *lineItem) trace {
	k := g.keys[i]
	var c trace
	if i+1 < len(g.keys) {
		c, _, _ = g.parting(i + 1)
	} else {
		c = g.joined(k.to, g.starts[g.to])
	}
	for len(c.b) > 0 {
		d, size := oddSign(c.b)
		if size == 0 {
			break
		}
		l.undo(d, c.place(0))
		c = c.sub(size, c.len()).trim(" \t")
	}
	c = c.trim(" \t\r")
	if quote == 0 {
		return c
	}
	end := openingQuotes()[quote-1][1]
	text, rest, ok := bytes.Cut(c.b, []byte(end))
	if !ok {
		return c
	}
	if behind := bytes.TrimSpace(rest); len(bytes.Trim(behind, `,;\`)) > 0 {
		l.undo(TextAfter, c.place(len(text)))
		it.prose = true
	}
	return c.sub(0, len(text)).trim(" \t")
}
