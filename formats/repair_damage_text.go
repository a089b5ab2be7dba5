package formats

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wreck is a text that does not decode, taken apart as far as that goes.
type wreck struct {
	id    ID
	text  trace
	ends  lineEnds
	err   error // the decoder's
	parts []bodyPart
	// comment and mac are PuTTY's lines that no other part of the file repeats.
	comment, mac trace
	tail         trace // a damaged END line
	cut          bool  // it ends before its END line
	proved       bool  // what two numbers of the key say of each other was right throughout
}

// bodyPart is a part of the text in base64.
type bodyPart struct {
	name      string // "Private-Lines"; "" for the only one
	head      trace  // the line before it
	announced int    // PuTTY's number of its lines; -1 for none
	chars     trace  // without blanks and line ends
	raw       []byte // decoded up to the first character that is not base64
	size      int    // bytes by its own length fields, 0 where they do not tell
	anatomy
}

// takeApart finds the base64 text and what it is made of.
func (w *wreck) takeApart() {
	switch w.id {
	case PPK1, PPK2, PPK3:
		w.ppkPieces()
	case OpenSSHPublic:
		w.linePiece()
	case WireBase64:
		w.add(bodyPart{announced: -1, chars: compact(w.text)})
	case Age, AgePublic, AuthorizedKeys, KnownHosts:
	default:
		w.blockPiece()
	}
	for i := range w.parts {
		p := &w.parts[i]
		p.raw = decodePrefix(p.chars.b)
		_, p.size = payload(p.raw)
		w.dissect(p)
	}
}

func (w *wreck) add(p bodyPart) { w.parts = append(w.parts, p) }

// compact drops blanks and line ends.
func compact(t trace) trace {
	var out trace
	for i, c := range t.b {
		if c != '\n' && !isBlank(c) {
			out.b, out.at = append(out.b, c), append(out.at, t.at[i])
		}
	}
	return out
}

// blockPiece finds the text between BEGIN and END, headers left out: of the key, and
// of parameters before it.
func (w *wreck) blockPiece() {
	p := bodyPart{announced: -1}
	begun, headers, continued, last := false, false, false, false
	for _, line := range w.text.lines() {
		bare := line.trim(" \t")
		label, begins := beginLabel(bare.b)
		ends := bytes.Contains(bare.b, []byte("---")) && bytes.Count(bare.b, []byte("-")) > 3 // base64 text has none
		switch {
		case begins && p.chars.len() == 0:
			p.head, begun, headers, last = bare, true, true, !isParameters(label)
		case !begun || bare.len() == 0:
		case ends:
			if at := bytes.Index(bare.b, []byte("---")); at > 0 { // the line end before it is lost
				p.chars.join(compact(bare.sub(0, at)))
			}
			if begun = false; w.tail.len() == 0 && !isEnd(bare.b) {
				w.tail = bare
			}
			w.add(p)
			if last {
				return
			}
			p = bodyPart{announced: -1}
		case headers && (continued || isHeader(bare.b)):
			continued = bytes.HasSuffix(bare.b, []byte(`\`))
		default:
			headers = false
			p.chars.join(compact(bare))
		}
	}
	if begun {
		w.add(p)
	}
}

// key is the part that has the key, behind its parameters or its public half.
func (w *wreck) key() *bodyPart { return &w.parts[len(w.parts)-1] }

// isEnd tells a whole END line.
func isEnd(line []byte) bool {
	label, ok := beginLabel(bytes.Replace(line, []byte("END"), []byte("BEGIN"), 1))
	return ok && label != ""
}

// isHeader tells "Name: value".
func isHeader(line []byte) bool {
	name, _, ok := bytes.Cut(line, []byte(": "))
	return ok && len(name) > 0 && !bytes.ContainsFunc(name, func(r rune) bool { return r != '-' && notBase64(r) })
}

// ppkPieces finds the two blobs of a PuTTY file and the lines beside them.
func (w *wreck) ppkPieces() {
	inside := false
	for _, line := range w.text.lines() {
		name, value, _ := strings.Cut(string(line.b), ": ")
		switch {
		case inside && !startsHeader(line.b):
			w.key().chars.join(compact(line))
			continue
		case name == ppkPublic || name == ppkPrivate:
			count, err := strconv.Atoi(value)
			if err != nil {
				count = -1
			}
			w.add(bodyPart{name: name, head: line, announced: count})
		case name == ppkComment:
			w.comment = line
		case name == ppkMAC || name == ppkHash:
			w.mac = line
		}
		inside = name == ppkPublic || name == ppkPrivate
	}
}

// startsHeader tells a line that is, or was, one of PuTTY's headers from base64 text,
// which may have lost its line end before a header, or have a character changed.
func startsHeader(line []byte) bool {
	odd := bytes.IndexFunc(line, notBase64)
	return odd >= 0 && odd < 20 && !bytes.Contains(line[:odd], []byte("=")) && bytes.ContainsFunc(line[odd+1:], notBase64)
}

// linePiece finds the base64 text of an OpenSSH public key's line.
func (w *wreck) linePiece() {
	for _, line := range w.text.lines() {
		l, ok := readLine(line.b)
		if !ok || l.kind() == lineJunk || len(l.text.b64) == 0 {
			continue
		}
		at := bytes.LastIndex(line.b, l.text.b64)
		w.add(bodyPart{announced: -1, chars: line.sub(at, at+len(l.text.b64))})
		return
	}
}

// letters is the finding for a character that base64 does not have.
func (w *wreck) letters() *finding {
	for _, p := range w.parts {
		i := firstOdd(p.chars.b)
		if i < 0 || w.repeated(&p) != nil { // the padding of a last line that stands there twice
			continue
		}
		place := p.chars.at[i]
		return &finding{depth: atBase64, first: place, last: place, exact: true,
			damage: DamageError{Reason: "not a base64 character"}}
	}
	return nil
}

// firstOdd is the index of the first character that is not base64, -1 for none. Of
// padding with something behind it that something, where it is not base64 itself.
func firstOdd(text []byte) int {
	text = bytes.TrimRight(text, "=")
	i := bytes.IndexFunc(text, func(r rune) bool { return r == '=' || notBase64(r) })
	if i < 0 || text[i] != '=' {
		return i
	}
	if rest := bytes.TrimLeft(text[i:], "="); notBase64(rune(rest[0])) {
		return len(text) - len(rest)
	}
	return i
}

// rows are the parts of the base64 text by the lines of the file.
func (w *wreck) rows(p *bodyPart) []trace {
	var rows []trace
	for from := 0; from < p.chars.len(); {
		line, to := w.ends.line(p.chars.at[from]), from+1
		for to < p.chars.len() && w.ends.line(p.chars.at[to]) == line {
			to++
		}
		rows = append(rows, p.chars.sub(from, to))
		from = to
	}
	return rows
}

// width is that of the rows: what most of them have, else the format's own.
func (w *wreck) width(rows []trace) int {
	count := map[int]int{}
	for _, r := range rows[:max(0, len(rows)-1)] {
		count[r.len()]++
	}
	own := 64
	if w.id == OpenSSH || w.id == RFC4716 || w.id == SSHCom {
		own = openSSHColumns
	}
	best := own
	for width, n := range count {
		if n > max(1, count[best]) {
			best = width
		}
	}
	return best
}

// widths is the finding for one line among others of one width that is shorter, or
// longer, or stands there twice.
func (w *wreck) widths() *finding {
	for i := range w.parts {
		p := &w.parts[i]
		if found := w.repeated(p); found != nil {
			return found
		}
		rows := w.rows(p)
		if p.fits() || len(rows) < 2 {
			continue
		}
		width, odd := w.width(rows), []trace(nil)
		for j, r := range rows {
			if r.len() > width || r.len() < width && j < len(rows)-1 {
				odd = append(odd, r)
			}
		}
		switch {
		case len(odd) == 1:
			return lost(odd[0], width-odd[0].len())
		case len(odd) == 2 && odd[0].len()+odd[1].len() <= width: // a line end was put in
			found := lost(odd[0], width-odd[0].len()-odd[1].len())
			found.last = odd[1].at[0]
			return found
		}
	}
	return nil
}

// lost is the finding for a text with so many characters too few, or too many.
func lost(where trace, missing int) *finding {
	found := &finding{depth: atSize, first: where.at[0], last: where.at[where.len()-1]}
	found.damage.Missing = max(0, missing)
	switch {
	case missing > 1:
		found.damage.Reason = fmt.Sprintf("%d characters are missing", missing)
	case missing == 1:
		found.damage.Reason = "1 character is missing"
	case missing == -1:
		found.damage.Reason = "1 character too many"
	default:
		found.damage.Reason = fmt.Sprintf("%d characters too many", -missing)
	}
	return found
}

// repeated is the finding for a line that stands there twice.
func (w *wreck) repeated(p *bodyPart) *finding {
	rows := w.rows(p)
	for i := 1; i < len(rows); i++ {
		if !bytes.Equal(rows[i].b, rows[i-1].b) || rows[i].len() < 8 || p.sound {
			continue
		}
		found := lost(rows[i], -rows[i].len())
		found.damage.Reason = "it repeats the line before it"
		return found
	}
	return nil
}

// letterCount is how many characters base64 text of so many bytes has, padding and all.
func letterCount(size int) int { return (size + 2) / 3 * 4 }

// fits tells base64 text of the length that its content says it has.
func (p *bodyPart) fits() bool {
	return p.sound || p.size > 0 && p.chars.len() == letterCount(p.size) && len(p.raw) == p.size
}

// sizes is the finding for lost lines, and for text that is cut off at its end.
func (w *wreck) sizes() *finding {
	for i := range w.parts {
		p := &w.parts[i]
		rows := w.rows(p)
		if p.fits() || len(rows) == 0 || len(p.odd) == 1 && p.broken < 0 && !p.opaque && p.chars.len()%4 == 0 {
			continue
		}
		if found := w.lostRow(p, rows); found != nil {
			return found
		}
		width, last := w.width(rows), rows[len(rows)-1]
		missing := p.missing(rows, width)
		switch {
		case missing > 1<<20 || missing == 0:
			continue
		case missing > 0 && missing%width == 0 && !w.cut:
			return w.lostLines(p, missing, width)
		case missing > 0 && (w.cut || p.verified()):
			found := lost(last, missing)
			found.damage.Reason = fmt.Sprintf("the text is cut off, characters missing at its end: %d", missing)
			return found
		case missing < 0 && -missing < width && p.verified():
			return lost(last, missing)
		}
		found := lost(last, missing)
		found.first, found.last = p.region()
		return found
	}
	return w.padding()
}

// missing is how many characters a part lacks: by its own length fields, else by
// PuTTY's number of lines; negative where it has too many.
func (p *bodyPart) missing(rows []trace, width int) int {
	switch {
	case p.size > 0:
		return letterCount(p.size) - p.chars.len()
	case p.announced > len(rows) && p.announced < 1<<10:
		return (p.announced - len(rows)) * width
	}
	return 0
}

// verified tells a size that what follows its length field bears out.
func (p *bodyPart) verified() bool { return !p.opaque && p.sized > 0 && p.sure >= p.sized }

// lostLines is the finding for whole lines that are gone: between the last place that
// is right and the first that is not.
func (w *wreck) lostLines(p *bodyPart, missing, width int) *finding {
	found := lost(p.chars, missing)
	if p.data != nil {
		found.first, found.last = p.region()
	}
	found.damage.Reason = fmt.Sprintf("%d characters are missing: a whole line was lost", missing)
	if n := missing / width; n > 1 {
		found.damage.Reason = fmt.Sprintf("%d characters are missing: %d whole lines were lost", missing, n)
	}
	return found
}

// lostRow is the finding for one whole line that is gone: with any line in its place
// the lengths of all fields are right again, and nowhere else.
func (w *wreck) lostRow(p *bodyPart, rows []trace) *finding {
	const most = 400 // lines: of RSA with 16384 bits there are 180
	width := w.width(rows)
	uneven := slices.ContainsFunc(rows[:len(rows)-1], func(r trace) bool { return r.len() != width })
	if w.cut || uneven || len(rows) > most || rows[len(rows)-1].len() > width {
		return nil
	}
	first, last := -1, -1
	for i := range len(rows) {
		if w.soundWith(p, i*width, width) {
			if first < 0 {
				first = i
			}
			last = i
		}
	}
	if first < 0 {
		return nil
	}
	found := lost(p.chars, width)
	found.first, found.last = rows[max(0, first-1)].at[0], rows[last].at[0]
	found.damage.Reason = fmt.Sprintf("%d characters are missing: a whole line was lost", width)
	return found
}

// soundWith tells whether a part has the right lengths throughout with so many
// characters more at a place.
func (w *wreck) soundWith(p *bodyPart, at, width int) bool {
	trial := bodyPart{name: p.name, announced: p.announced}
	trial.chars.join(p.chars.sub(0, at))
	trial.chars.put(strings.Repeat("A", width), p.chars.at[at])
	trial.chars.join(p.chars.sub(at, p.chars.len()))
	raw, err := base64.StdEncoding.Strict().DecodeString(string(trial.chars.b))
	if err != nil {
		return false
	}
	trial.raw = raw
	w.dissect(&trial)
	return trial.sound
}

// padding is the finding for text whose last characters do not close it.
func (w *wreck) padding() *finding {
	for _, p := range w.parts {
		if p.chars.len() == 0 {
			continue
		}
		_, err := base64.StdEncoding.Strict().DecodeString(string(p.chars.b))
		extra := p.verified() && p.chars.len() == letterCount(p.size) && len(p.raw) != p.size && p.broken < 0
		if err == nil && !extra {
			continue
		}
		from := p.chars.len() - (p.chars.len()-1)%4 - 1
		last := p.chars.sub(from, p.chars.len())
		found := lost(last, 0)
		found.depth = atBase64
		found.damage.Reason = "a character at the end of the base64 text was changed, or some are missing before it"
		if n := p.chars.len() % 4; n != 0 {
			found.first = p.chars.at[0]
			if p.broken >= 0 {
				found.first, _ = p.region()
			}
			found.damage.Reason = "characters of the base64 text are missing, or there are too many"
		}
		return found
	}
	return nil
}

// places are those of the characters that stand for the bytes.
func (p *bodyPart) places(from, to int) (first, last int32) {
	if p.chars.len() == 0 { // a binary file
		return int32(from), int32(max(from, to-1))
	}
	i, j := from*8/6, (to*8+5)/6-1
	return p.chars.place(i), p.chars.place(max(i, j))
}

// isPPK tells PuTTY's formats.
func isPPK(id ID) bool { return slices.Contains([]ID{PPK1, PPK2, PPK3}, id) }
