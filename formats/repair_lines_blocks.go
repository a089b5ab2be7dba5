package formats

import (
	"bytes"
	"slices"

	"sshkeys/keytool"
)

// listBlock is a block of RFC 4716 among lines, which becomes a line.
type listBlock struct {
	from, to int // with the line ends that are its own
	line     trace
	edits    []edit
	// joined tells that it shares a line with something.
	joined          bool
	guesses, others int // see reading
}

// partBlocks puts the blocks of RFC 4716 that can be read on lines of their own. It
// tells them by where they begin in the new text, and whether another reading, with
// plus signs for blanks, has more of them.
func partBlocks(t trace, b blanks) (trace, map[int]*listBlock, bool) {
	if !maybeSSH2(t.b) {
		return t, nil, false
	}
	var out trace
	found, guessed, done := map[int]*listBlock{}, false, 0
	bt := newBlockText(withPlaces(t))
	for _, span := range bt.ssh2Spans() {
		block, plus := bt.readSSH2(span, b)
		guessed = guessed || plus
		if block == nil || block.from < done || hasOptions(t.b[done:block.from]) {
			continue
		}
		block.trace(t)
		before := t.sub(done, block.from)
		if shares := done < block.from && t.b[block.from-1] != '\n'; shares {
			before = before.sub(0, len(bytes.TrimRight(before.b, " \t")))
			block.joined = true
		}
		out.join(before)
		out.endLine()
		start := out.len()
		out.join(t.sub(block.from, block.to))
		block.joined = block.joined || block.to < t.len() && t.b[block.to-1] != '\n'
		out.endLine()
		done, block.from, block.to = block.to, start, out.len()
		found[start] = block
	}
	out.join(t.sub(done, t.len()))
	return out, found, guessed
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
		return isOptionsLine(line)
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

// listBlock is the block that a reading is of; nil where that is not all of it.
func (t *blockText) listBlock(span block, r reading, key *keytool.Key) *listBlock {
	from, to := span.from, span.to
	if !span.ended {
		end := bytes.LastIndexByte(r.b[:len(r.b)-1], '\n') - 1
		to = t.behind(r.at[end])
		if n := baseWord(t.b[to:]); n >= 20 && !bytes.HasPrefix(t.b[to:], []byte("AAAA")) {
			return nil // its length fields are damaged
		}
	}
	for from > 0 && isBlank(t.b[from-1]) {
		from--
	}
	block := &listBlock{guesses: r.guesses, others: r.others}
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
	block.edits = append(r.edits, edit{SSH2Text, t.place(span.from), t.place(max(span.from, to-1))})
	return block
}

// behind is where what follows the base64 text begins whose last character has a place.
func (t *blockText) behind(place int32) int {
	i := 0
	for i < len(t.at) && t.at[i] <= place {
		i++
	}
	for i < len(t.b) && t.b[i] == '=' {
		i++
	}
	return i
}

// baseWord is the length of the base64 text that a text begins with, behind blanks.
func baseWord(text []byte) int {
	text = bytes.TrimLeft(text, " \t\n")
	n := 0
	for n < len(text) && (text[n] == '=' || isBase64Sign(text[n])) {
		n++
	}
	return n
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
