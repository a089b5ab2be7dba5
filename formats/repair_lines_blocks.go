package formats

import (
	"bytes"
	"slices"

	"sshkeys/keytool"
)

// listBlock is a block of RFC 4716 among lines, which becomes a line.
type listBlock struct {
	from, to int // with the line ends that are its own
	mended   bool
	line     trace
	edits    []edit
	// joined tells that it shares a line with something.
	joined          bool
	guesses, others int // see reading
}

// blockParts is a text with its blocks of RFC 4716 on lines of their own.
type blockParts struct {
	trace
	from trace // the text
	done int   // how far it was taken over
	// blocks are told by where they begin in the new text.
	blocks  map[int]*listBlock
	guessed bool // with plus signs for blanks some would be another, or whole
}

// maxOdd bounds the odd signs of a list whose blocks are read: each is compared with all.
const maxOdd = 1 << 12

// partBlocks puts the blocks of RFC 4716 that can be read on lines of their own.
func partBlocks(t trace, b blanks) blockParts {
	p := blockParts{trace: t}
	if !maybeSSH2(t.b) {
		return p
	}
	bt := newBlockText(withPlaces(t))
	if len(bt.odd) > maxOdd {
		return p
	}
	p = blockParts{from: t, blocks: map[int]*listBlock{}}
	for _, span := range bt.ssh2Spans() {
		block, plus := bt.readSSH2(span, b)
		p.guessed = p.guessed || plus
		switch {
		case block == nil || block.from < p.done:
		case hasOptions(t.b[p.done:block.from]):
			p.leave(block)
		default:
			block.trace(t)
			p.part(block)
		}
	}
	p.join(t.sub(p.done, t.len()))
	return p
}

// leave takes the lines of a block over as they are, and as nobody else's.
func (p *blockParts) leave(b *listBlock) {
	line := bytes.LastIndexByte(p.from.b[:b.from], '\n') + 1
	if line < p.done {
		return
	}
	end := lineEnd(p.from.b, max(b.from, b.to-1))
	start := p.len() + line - p.done
	p.join(p.from.sub(p.done, end))
	p.done = end
	p.blocks[start] = &listBlock{from: start, to: p.len()}
}

// part takes a block over, and ends the lines before and behind it.
func (p *blockParts) part(b *listBlock) {
	t := p.from
	before := t.sub(p.done, b.from)
	if b.from > p.done && t.b[b.from-1] != '\n' {
		before = before.sub(0, len(bytes.TrimRight(before.b, " \t")))
		b.joined = true
	}
	p.join(before)
	p.endLine()
	start := p.len()
	p.join(t.sub(b.from, b.to))
	p.done = b.to
	if b.to < t.len() && t.b[b.to-1] != '\n' {
		b.joined = true
		p.done += len(t.b[b.to:]) - len(bytes.TrimLeft(t.b[b.to:], " \t"))
	}
	p.endLine()
	b.from, b.to = start, p.len()
	p.blocks[start] = b
}

// endLine ends a text's last line.
func (t *trace) endLine() {
	if t.len() > 0 && t.b[t.len()-1] != '\n' {
		t.put("\n", t.place(t.len()))
	}
}

// maybeSSH2 tells the texts that have a block's mark, or a header of one.
func maybeSSH2(text []byte) bool {
	if !bytes.Contains(text, []byte("AAAA")) {
		return false
	}
	low := bytes.ToLower(text)
	return bytes.Contains(low, []byte("ssh2")) || bytes.Contains(low, []byte("comment:"))
}

// withPlaces is the text with LF line ends, in which every byte's place is its index.
func withPlaces(t trace) trace {
	var out trace
	for i, c := range t.b {
		if c != '\r' || i+1 == len(t.b) || t.b[i+1] != '\n' {
			out.b, out.at = append(out.b, c), append(out.at, int32(i))
		}
	}
	return out
}

// hasOptions tells a text that a block follows whose options may be at its end: to read
// the key without them would lift what they forbid. It is one behind a comment's sign, too.
func hasOptions(before []byte) bool {
	last := before[bytes.LastIndexByte(before, '\n')+1:]
	if len(last) == 0 && len(before) > 0 {
		line := before[bytes.LastIndexByte(before[:len(before)-1], '\n')+1:]
		return isOptionsLine(bytes.TrimSuffix(line, []byte("\n")))
	}
	l, ok := readLine(last)
	switch {
	case !ok:
		return len(bytes.TrimSpace(last)) > 0 // behind a comment's sign
	case l.key != nil:
		return maybeOptions([]byte(l.key.Comment()))
	}
	return maybeOptions(last)
}

// ssh2Spans are the blocks of RFC 4716, also one that has lost both its marks, and is
// told by its headers.
func (t *blockText) ssh2Spans() []block {
	all := t.blocks()
	if len(all) == 0 {
		if b, ok := t.bareBlock(0, len(t.b)); ok {
			t.cutOff(&b, len(t.b))
			all = append(all, b)
		}
	}
	return slices.DeleteFunc(all, func(b block) bool { return b.label != rfc4716Label })
}

// readSSH2 reads a block as blanks are taken, and tells whether it has another reading
// with plus signs for them.
func (t *blockText) readSSH2(span block, b blanks) (*listBlock, bool) {
	if !span.ended && !t.endSSH2(&span) {
		return nil, false
	}
	var sure, plus *listBlock
	for _, r := range t.readBlock(span) {
		env, err := decodeRFC4716(&input{raw: r.b, text: r.b}, Limits{})
		switch {
		case err != nil || env.Public == nil:
		case r.guesses == 0 && sure == nil:
			sure = t.listBlock(span, r, env.Public)
		case r.guesses > 0 && plus == nil:
			plus = t.listBlock(span, r, env.Public)
		}
	}
	switch {
	case plus == nil || b == blanksDropped && sure != nil:
		return sure, plus != nil
	case b == blanksPlus:
		return plus, true
	}
	return nil, true
}

// endSSH2 ends a block that has no END line where its key ends; false where that is not
// clear, or there is none.
func (t *blockText) endSSH2(span *block) bool {
	l := newLineText(t.sub(span.in, span.out))
	v := l.view(0, l.len())
	starts := v.blobStarts(true)
	if len(starts) == 0 {
		return false
	}
	k := v.read(starts[0], starts[1:], false)
	if !k.whole {
		k = v.read(starts[0], starts[1:], true)
	}
	span.edits = slices.DeleteFunc(slices.Clone(span.edits), func(e edit) bool { return e.defect == LostFooter })
	t.cutOff(span, span.in+k.to)
	return k.whole
}

// listBlock is the block that a reading is of; nil where its line would not be read.
func (t *blockText) listBlock(span block, r reading, key *keytool.Key) *listBlock {
	from, to := span.from, span.to
	for from > 0 && isBlank(t.b[from-1]) {
		from--
	}
	block := &listBlock{guesses: r.guesses, others: r.others, mended: true}
	switch {
	case from == 0:
	case t.orig.b[t.src[from-1]] == '\n':
		block.from = int(t.at[from-1]) + 1
	default:
		block.from = int(t.at[span.from])
	}
	if next := t.skipBlanks(to); next < len(t.b) && t.b[next] == '\n' {
		to = next + 1
	}
	block.to = int(t.orig.at[len(t.orig.at)-1]) + 1
	if to < len(t.b) {
		block.to = int(t.at[to])
	}
	block.line.put(AuthorizedLine(key), t.place(span.from))
	if !readsAs(block.line.b, wireBlob(key)) {
		return nil
	}
	behind := func(e edit) bool { return e.defect == TextAfter } // it has lines of its own here
	block.edits = append(slices.DeleteFunc(r.edits, behind), edit{SSH2Text, t.place(span.from), t.place(max(span.from, to-1))})
	return block
}

// trace gives the block the places of the text that it is in.
func (b *listBlock) trace(t trace) {
	for i, at := range b.line.at {
		b.line.at[i] = t.at[at]
	}
	for i, e := range b.edits {
		b.edits[i].first, b.edits[i].last = t.place(int(e.first)), t.place(int(e.last))
	}
}
