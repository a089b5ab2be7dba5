package formats

import (
	"bytes"
	"encoding/base64"
	"slices"
	"unicode/utf8"
)

// maxBase64 is how often a file is decoded that was encoded more than once.
const maxBase64 = 4

// takeBase64 decodes lines that are a whole key file in base64.
func takeBase64(t trace) (trace, []edit) { return decodeFile(t, maxBase64) }

// decodeFile decodes them where they have signs without width among them, too.
func decodeFile(file trace, depth int) (trace, []edit) {
	t, widthless := withoutWidthless(file)
	var out trace
	var edits []edit
	view := plainView(t.b)
	from := 0
	for from < t.len() {
		to := lineEnd(view, from)
		start := base64Start(view[from:to])
		if start < 0 {
			out.join(t.sub(from, to))
			from = to
			continue
		}
		ends := base64Ends(view, from+start)
		after := ends[0]
		for _, end := range ends {
			if goesOn(view[end:]) {
				continue
			}
			if text, inner, ok := decodeRun(t, view, from+start, end, depth); ok {
				edits = append(append(edits, edit{Base64File, t.at[from+start], t.at[end-1]}), inner...)
				out.join(text)
				from, after = end, end
				break
			}
		}
		out.join(t.sub(from, after))
		from = after
	}
	if edits == nil {
		return file, nil
	}
	for _, sign := range widthless {
		within := func(e edit) bool { return e.defect == Base64File && e.first < sign.first && sign.first < e.last }
		if slices.ContainsFunc(edits, within) {
			edits = append(edits, sign)
		}
	}
	return out, edits
}

// withoutWidthless drops the signs without width, and names them.
func withoutWidthless(t trace) (trace, []edit) {
	var out trace
	var found []edit
	for i := 0; i < t.len(); {
		n := asciiRun(t.b[i:])
		r, size := utf8.DecodeRune(t.b[i+n:])
		if _, defect := plainSign(r); defect == ZeroWidth {
			found = append(found, edit{ZeroWidth, t.at[i+n], t.at[i+n+size-1]})
			out.join(t.sub(i, i+n))
		} else {
			out.join(t.sub(i, i+n+size))
		}
		i += n + size
	}
	if found == nil {
		return t, nil
	}
	return out, found
}

// leastBase64 is the length that tells a word of base64 from one of prose.
const leastBase64 = 24

// base64Start is where a line's base64 text begins that goes on to the line's end;
// before it may stand a name, as in KEY=…; -1 without.
func base64Start(line []byte) int {
	end := len(bytes.TrimRight(line, " \t\n="))
	start := end
	for start > 0 && (isBase64Sign(line[start-1]) || isBlank(line[start-1])) {
		start--
	}
	for start < end {
		n := 0
		for start+n < end && !isBlank(line[start+n]) {
			n++
		}
		if n >= leastBase64 && line[start] != '-' {
			return start
		}
		start += n + 1
	}
	return -1
}

// base64Ends are where base64 text that starts in a line may end: behind its last line
// of base64, behind the first that is shorter than the first one, before that, before
// the first empty line.
func base64Ends(view []byte, from int) []int {
	width, short, before, empty := 0, 0, 0, 0
	end := from
	for end < len(view) {
		to := lineEnd(view, end)
		line := bytes.Trim(view[end:to], " \t\n")
		bare := bytes.TrimRight(line, "=")
		switch {
		case bytes.ContainsFunc(bare, func(r rune) bool { return r >= utf8.RuneSelf || !isBase64Sign(byte(r)) && !isBlank(byte(r)) }):
			to = 0
		case len(line) == 0:
			empty = cmpZero(empty, end)
		case width == 0:
			width = len(line)
		case len(line) < width && short == 0:
			short, before = to, end
		}
		if to == 0 {
			break
		}
		if end = to; len(bare) < len(line) {
			break
		}
	}
	ends := []int{end}
	for _, e := range []int{short, before, empty} {
		if e > from && e < end {
			ends = append(ends, e)
		}
	}
	return ends
}

// goesOn tells base64 text that a sign cuts in two, as a quote at its end does.
func goesOn(view []byte) bool { return baseRun(view, leastBase64) == leastBase64 }

// decodeRun decodes base64 text. What comes out counts where it is text that has a key.
func decodeRun(t trace, view []byte, from, to, depth int) (trace, []edit, bool) {
	var chars []byte
	var places []int32
	for i := from; i < to; i++ {
		c := view[i]
		switch c {
		case '-':
			c = '+'
		case '_':
			c = '/'
		case '=', '\n', ' ', '\t', '\v', '\f':
			continue
		}
		chars, places = append(chars, c), append(places, t.at[i])
	}
	raw := trace{b: make([]byte, base64.RawStdEncoding.DecodedLen(len(chars)))}
	n, err := base64.RawStdEncoding.Decode(raw.b, chars)
	if err != nil {
		return t, nil, false
	}
	raw.b = raw.b[:n]
	for i := range raw.b {
		raw.at = append(raw.at, places[i/3*4+i%3])
	}
	text, edits, ok := decodeText8(raw)
	if !ok {
		return t, nil, false
	}
	text, inner, ok := keyWithin(text, depth-1)
	if !bytes.HasSuffix(text.b, []byte("\n")) && ok {
		text = text.sub(0, text.len())
		text.put("\n", text.place(text.len()))
	}
	return text, append(edits, inner...), ok
}

// keyWithin tells a text that has a key in it, bare or in base64 again, which it then
// decodes.
func keyWithin(t trace, depth int) (trace, []edit, bool) {
	if hasMark(plainView(t.b)) {
		return t, nil, true
	}
	if depth <= 0 {
		return t, nil, false
	}
	if text, edits := decodeFile(t, depth); len(edits) > 0 {
		return text, edits, true
	}
	if text, edits := takeStringsOf(t, depth-1); len(edits) > 0 {
		return text, edits, true
	}
	bare, before := takeEntities(t)
	bare, more := takeEscapes(bare)
	if before = append(before, more...); len(before) > 0 {
		if text, edits := decodeFile(bare, depth-1); len(edits) > 0 {
			return text, append(before, edits...), true
		}
	}
	return t, nil, false
}
