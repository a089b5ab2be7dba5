package formats

import (
	"bytes"
	"encoding/base64"
	"slices"
	"sort"
	"strings"
)

// block is what stands between a BEGIN and an END line, one of which may be lost.
type block struct {
	from, to int // with its lines
	in, out  int // without them: what is between
	label    string
	edits    []edit
	begun    bool // it has its BEGIN line
	ended    bool // it has its END line
}

// armourReadings reads the blocks of PEM, OpenSSH, RFC 4716, ssh.com and Crypt4GH,
// and where there is none, base64 text that has lost both its lines. It writes each
// anew as its programs do.
func armourReadings(orig trace) []reading {
	orig, framed := unframe(orig)
	t := newBlockText(orig)
	blocks := t.blocks()
	if len(blocks) == 0 {
		if b, ok := t.bareBlock(0, len(t.b)); ok {
			t.cutOff(&b, len(t.b))
			blocks = append(blocks, b)
		}
	}
	var all []reading
	var parameters *reading
	const most = 32 // blocks: of more, one key is not to be chosen
	for i, b := range blocks[:min(len(blocks), most)] {
		around := t.around(blocks, i)
		for _, r := range t.readBlock(b) {
			r.part = i
			r.edits = slices.Concat(framed, r.edits, around)
			if isParameters(b.label) {
				parameters = &r
				continue
			}
			all = append(all, r.behind(parameters))
		}
		if !isParameters(b.label) {
			parameters = nil
		}
	}
	return all
}

// behind puts EC or DSA parameters before the reading of their key.
func (r reading) behind(parameters *reading) reading {
	if parameters == nil {
		return r
	}
	var whole trace
	whole.join(parameters.trace)
	whole.join(r.trace)
	r.trace, r.edits = whole, append(slices.Clone(parameters.edits), r.edits...)
	return r
}

// blocks pairs the marks.
func (t *blockText) blocks() []block {
	var all []block
	open, last := false, 0
	for _, m := range t.marks() {
		switch {
		case m.begin:
			if open {
				t.cutOff(&all[len(all)-1], m.from)
			}
			all = append(all, block{from: m.from, in: m.to, to: m.to, out: m.to, label: m.label, edits: m.edits, begun: true})
			open = true
		case open:
			b := &all[len(all)-1]
			b.out, b.to, b.ended = m.from, m.to, true
			b.edits = append(b.edits, m.edits...)
			if exact := slices.ContainsFunc(b.edits, func(e edit) bool { return e.defect == DamagedMarker }); b.label != m.label && exact {
				b.label = m.label
			}
			open = false
		default:
			b, ok := t.bareBlock(last, m.from)
			if !ok {
				from := t.bodyBefore(last, m.from)
				b = block{from: from, in: from, edits: []edit{{LostHeader, t.place(from), t.place(from)}}}
			}
			b.to, b.out, b.ended, b.edits = m.to, m.from, true, append(b.edits, m.edits...)
			if b.label == "" || isPrivateLabel(m.label) {
				b.label = m.label
			}
			all = append(all, b)
		}
		last = m.to
	}
	if open {
		t.cutOff(&all[len(all)-1], len(t.b))
	}
	return all
}

// cutOff ends a block that has no END line before a place.
func (t *blockText) cutOff(b *block, limit int) {
	b.out, b.to = limit, limit
	place := t.place(max(0, limit-1))
	b.edits = append(b.edits, edit{LostFooter, place, place})
}

// bodyBefore is where the text of a block begins that ends at a place and has no
// BEGIN line: at its headers, else after the last empty line.
func (t *blockText) bodyBefore(from, to int) int {
	if i := bytes.Index(t.b[from:to], []byte("Proc-Type:")); i >= 0 {
		return from + i
	}
	text := bytes.TrimRight(t.b[from:to], " \t\n")
	if i := bytes.LastIndex(text, []byte("\n\n")); i >= 0 {
		return from + i + 2
	}
	return from + len(text) - len(bytes.TrimLeft(text, " \t\n"))
}

// bareBlock finds base64 text of a private key or an SPKI that has lost its BEGIN
// line: its type and size are told by what it begins with.
func (t *blockText) bareBlock(from, to int) (block, bool) {
	const most = 256 // places to look at
	for i, tries := from, 0; i < to && tries < most; i++ {
		starts := i == from || isBlank(t.b[i-1]) || bytes.IndexByte([]byte("\n\"'=:,>"), t.b[i-1]) >= 0
		if !starts || !slices.ContainsFunc(payloadStarts(), func(s string) bool { return bytes.HasPrefix(t.b[i:to], []byte(s)) }) {
			continue
		}
		tries++
		label, size := payload(decodePrefix(t.b[i:to]))
		start := t.headersBefore(from, i)
		if label == "" || size == 0 || label == rfc4716Label && start == i {
			continue
		}
		place := t.at[start]
		return block{from: start, in: start, to: to, out: to, label: label, edits: []edit{{LostHeader, place, place}}}, true
	}
	return t.bareEncrypted(from, to)
}

// bareEncrypted finds PEM's own encryption that has lost its BEGIN line: it is told by
// its headers, and its type by nothing but the passphrase.
func (t *blockText) bareEncrypted(from, to int) (block, bool) {
	i := bytes.Index(t.b[from:to], []byte("Proc-Type:"))
	if i < 0 || !bytes.Contains(t.b[from+i:to], []byte("DEK-Info:")) {
		return block{}, false
	}
	from += i
	return block{from: from, in: from, to: to, out: to, edits: []edit{{LostHeader, t.at[from], t.at[from]}}}, true
}

// headersBefore is where the SSH2 headers begin that stand right before a line.
func (t *blockText) headersBefore(from, line int) int {
	for line > from && t.b[line-1] == '\n' {
		before := bytes.LastIndexByte(t.b[from:line-1], '\n') + 1 + from
		continued := before > from && bytes.HasSuffix(t.b[from:before-1], []byte(`\`))
		if !continued && !isSSH2Header(t.b[before:line-1]) {
			break
		}
		line = before
	}
	return line
}

// isSSH2Header tells the headers of RFC 4716 section 3.3.
func isSSH2Header(line []byte) bool {
	name, _, ok := strings.Cut(strings.ToLower(string(bytes.TrimSpace(line))), ":")
	return ok && (name == "comment" || name == "subject" || strings.HasPrefix(name, "x-"))
}

// payloadStarts is base64 of the magic of OpenSSH and ssh.com, of a public key's
// first length, and of DER's SEQUENCE with a length of one, two and three bytes.
func payloadStarts() []string {
	return []string{"b3BlbnNzaC1rZXkt", "P2/56w", "AAAA", "MII", "MIG", "MIH", "MC", "MD", "ME", "MF", "MG", "MH"}
}

// decodePrefix decodes base64 as far as it goes, blanks left out.
func decodePrefix(text []byte) []byte {
	compact := make([]byte, 0, len(text))
	for _, c := range text {
		if notBase64(rune(c)) && c != '\n' || c == '=' {
			break
		}
		if c != '\n' && !isBlank(c) {
			compact = append(compact, c)
		}
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(compact)))
	n, _ := base64.RawStdEncoding.Decode(out, compact[:len(compact)-len(compact)%4])
	if rest := compact[len(compact)-len(compact)%4:]; len(rest) > 1 {
		more, _ := base64.RawStdEncoding.Decode(out[n:], rest)
		n += more
	}
	return out[:n]
}

// around are the edits of what stands before and behind a block.
func (t *blockText) around(blocks []block, i int) []edit {
	b, before, after := blocks[i], 0, len(t.b)
	if i > 0 {
		before = blocks[i-1].to
	}
	if i+1 < len(blocks) {
		after = blocks[i+1].from
	}
	var found []edit
	line := bytes.LastIndexByte(t.b[before:b.from], '\n') + 1 + before
	switch rest := bytes.Trim(t.b[before:b.from], " \t\n"); {
	case len(rest) > 0 || i == 0 && line > 0:
		found = append(found, edit{TextBefore, t.place(before), t.place(max(before, b.from-1))})
	case line < b.from && (i == 0 || line > before) && b.begun:
		found = append(found, edit{IndentedMarker, t.at[line], t.at[b.from-1]})
	}
	end := bytes.IndexByte(t.b[b.to:after], '\n')
	if end < 0 {
		end = after - b.to
	}
	if blank := len(bytes.Trim(t.b[b.to:b.to+end], " \t")) == 0; blank && end > 0 && b.ended {
		found = append(found, edit{BlankAtMarker, t.at[b.to], t.at[b.to+end-1]})
	}
	if text := bytes.Trim(t.b[b.to:after], " \t\n"); len(text) > 0 && i+1 == len(blocks) {
		from := b.to + bytes.Index(t.b[b.to:after], text[:1])
		found = append(found, edit{TextAfter, t.at[from], t.at[from+len(text)-1]})
	}
	return found
}

// readBlock gives the readings of one block.
func (t *blockText) readBlock(b block) []reading {
	headers, body := t.headers(b)
	var all []reading
	for _, v := range t.variants(body, b.out) {
		text := v.chars
		label, size := payload(decodePrefix(text.b))
		if !b.ended && size > 0 {
			if text = cutBase64(text, size); t.goesOn(text) {
				continue // its last letters are those of a word behind it
			}
		}
		whole := len(decodePrefix(text.b)) >= size // of a beginning derLabel may be mistaken
		if b.label == "" || headers.len() == 0 && label != "" && whole && replaces(label, b.label) {
			b.label = label
		}
		if text.len() == 0 {
			continue
		}
		if b.label == "" {
			all = append(all, t.unlabelled(b, headers, v)...)
			continue
		}
		r := reading{
			trace: t.render(b, headers, text), private: isPrivateLabel(b.label),
			guesses: v.guesses, others: bytes.Count(text.b, []byte("+")) - v.guesses,
		}
		if b.ended {
			r.last = t.at[b.to-1]
		}
		r.edits = slices.Concat(b.edits, headers.edits, t.beforeEnd(b, body), v.edits)
		if v.guesses == 0 {
			r.edits = append(r.edits, t.widths(b, headers, body)...)
		}
		last := b.out - 1
		if !b.ended && text.len() > 0 {
			r.edits = append(r.edits, t.behindCut(text)...)
			last = 0
		}
		r.edits = append(r.edits, t.oddWithin(t.place(b.in), t.place(max(b.in, last)), headers.odd)...)
		if !slices.ContainsFunc(all, func(o reading) bool { return bytes.Equal(o.b, r.b) }) {
			all = append(all, r)
		}
	}
	return all
}

// unlabelled are the readings of PEM's own encryption without BEGIN and END lines, one
// for each type of key: the passphrase tells which it is.
func (t *blockText) unlabelled(b block, h headerText, v variant) []reading {
	var all []reading
	if !bytes.Contains(h.b, []byte("DEK-Info")) || v.guesses > 0 {
		return nil
	}
	for _, label := range []string{"RSA PRIVATE KEY", "EC PRIVATE KEY", "DSA PRIVATE KEY"} {
		b.label = label
		all = append(all, reading{trace: t.render(b, h, v.chars), private: true, edits: slices.Concat(b.edits, h.edits, v.edits)})
	}
	return all
}

// beforeEnd are the edits where the base64 text meets its END line.
func (t *blockText) beforeEnd(b block, body int) []edit {
	end := body + len(bytes.TrimRight(t.b[body:b.out], " \t\n"))
	if !b.ended || end == body {
		return nil
	}
	return t.gap(end, b.out, 1, false, true)
}

// replaces tells whether the type that the content shows is another than that of
// the label; certificates and labels of several spellings stay.
func replaces(shown, label string) bool {
	return shown != label && isPrivateLabel(shown) && isPrivateLabel(label) && !isParameters(label) && !strings.HasPrefix(label, "CRYPT4GH")
}

// behindCut is the text that follows the base64 of a block without END line.
func (t *blockText) behindCut(text trace) []edit {
	last := text.at[text.len()-1]
	i := sort.Search(len(t.at), func(i int) bool { return t.at[i] > last })
	rest := bytes.TrimLeft(t.b[i:], "= \t\n")
	if len(rest) == 0 {
		return nil
	}
	return []edit{{TextAfter, t.at[len(t.b)-len(rest)], t.place(len(t.b))}}
}

// goesOn tells base64 text that was cut off in the middle of a word.
func (t *blockText) goesOn(text trace) bool {
	if text.len() == 0 {
		return false
	}
	last := text.at[text.len()-1]
	i := sort.Search(len(t.at), func(i int) bool { return t.at[i] > last })
	return i < len(t.b) && t.b[i] != '=' && t.b[i] != '\n' && !isBlank(t.b[i]) && !notBase64(rune(t.b[i]))
}

// cutBase64 drops what follows the base64 text of so many bytes.
func cutBase64(text trace, size int) trace {
	need := (size + 2) / 3 * 4
	if size%3 != 0 { // padding that is there or was lost
		letters := (size*8 + 5) / 6
		if text.len() >= letters && (text.len() < need || bytes.ContainsFunc(text.b[letters:need], func(r rune) bool { return r != '=' })) {
			padded := trace{}
			padded.join(text.sub(0, letters))
			padded.put(strings.Repeat("=", need-letters), text.at[letters-1])
			return padded
		}
	}
	return text.sub(0, min(need, text.len()))
}

// render writes a block as its programs do.
func (t *blockText) render(b block, h headerText, body trace) trace {
	var out trace
	begin, end := pemBegin+b.label+pemDash, pemEnd+b.label+pemDash
	if strings.HasPrefix(b.label, "SSH2 ") {
		begin, end = ssh2Marker("BEGIN", b.label), ssh2Marker("END", b.label)
	}
	out.put(begin+"\n", t.place(b.from))
	out.join(h.trace)
	if h.len() > 0 && !strings.HasPrefix(b.label, "SSH2 ") {
		out.put("\n", h.at[h.len()-1])
	}
	width := 64
	if b.label == openSSHLabel || strings.HasPrefix(b.label, "SSH2 ") {
		width = openSSHColumns
	}
	for i := 0; i < body.len(); i += width {
		line := body.sub(i, min(i+width, body.len()))
		out.join(line)
		out.put("\n", line.at[line.len()-1])
	}
	out.put(end+"\n", t.place(b.out))
	return out
}
