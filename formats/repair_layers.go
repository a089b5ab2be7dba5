package formats

import (
	"bytes"
	"slices"
	"unicode/utf16"
	"unicode/utf8"
)

// plainText is a file's text in UTF-8 with LF line ends, the last line ended once;
// false for binary data.
func plainText(t trace) (trace, []edit, bool) {
	text, edits, ok := decodeText8(t)
	if !ok {
		return t, nil, false
	}
	text, ends := endOnce(text)
	return text, append(edits, ends...), true
}

// decodeText8 undoes the text's encoding and line ends; false for binary data.
func decodeText8(t trace) (trace, []edit, bool) {
	text, edits := t, []edit(nil)
	if low, from, ok := utf16Order(t.b); ok {
		text = decodeUTF16(t, from, low)
		edits = append(edits, edit{UTF16, t.place(0), text.place(text.len())})
	}
	bom, n := []byte("\xef\xbb\xbf"), 0
	for bytes.HasPrefix(text.b[n:], bom) {
		n += len(bom)
	}
	if n > 0 && edits == nil {
		edits = append(edits, edit{ByteOrderMark, text.place(0), text.place(n - 1)})
	}
	text = text.sub(n, text.len())
	text, end := withoutCtrlZ(text)
	if !looksLikeText(text.b) {
		return t, nil, false
	}
	text, ends := withLF(text)
	return text, slices.Concat(edits, end, ends), true
}

// withoutCtrlZ drops the sign that ended texts in CP/M and DOS, and still does where
// their programs join files.
func withoutCtrlZ(t trace) (trace, []edit) {
	const sign = "\x1a"
	bare := bytes.TrimRight(t.b, sign+" \t\r\n")
	i := bytes.IndexByte(t.b[len(bare):], sign[0])
	if i < 0 {
		return t, nil
	}
	i += len(bare)
	return t.sub(0, i), []edit{{TextAfter, t.at[i], t.at[t.len()-1]}}
}

// utf16Order tells UTF-16 by its byte order mark or, without one, by units of which
// most have a NUL, on the same side, and none has two. low is where in a unit its low
// byte stands.
func utf16Order(b []byte) (low, from int, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return 0, 2, true
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return 1, 2, true
	case len(b) < 8:
		return 0, 0, false
	}
	var nul [2]int
	for i := 0; i+1 < len(b); i += 2 {
		switch {
		case b[i] == 0 && b[i+1] == 0:
			return 0, 0, false
		case b[i] == 0:
			nul[0]++
		case b[i+1] == 0:
			nul[1]++
		}
	}
	switch most := len(b) / 2 * 3 / 4; {
	case nul[1] > 0 && nul[1] >= most:
		return 0, 0, true
	case nul[0] > 0 && nul[0] >= most:
		return 1, 0, true
	}
	return 0, 0, false
}

// decodeUTF16 gives each letter the place of its first byte. Of a last unit that has
// lost its second byte, which in ASCII text is 0, the letter is kept.
func decodeUTF16(t trace, from, low int) trace {
	var out trace
	unit := func(i int) rune { return rune(t.b[i+low]) | rune(t.b[i+1-low])<<8 }
	i := from
	for ; i+1 < t.len(); i += 2 {
		r, place := unit(i), t.at[i]
		if utf16.IsSurrogate(r) {
			second := rune(0)
			if i+3 < t.len() {
				second = unit(i + 2)
			}
			if r = utf16.DecodeRune(r, second); r != utf8.RuneError {
				i += 2
			}
		}
		out.put(string(r), place)
	}
	if i < t.len() && low == 0 && (t.b[i] == '\n' || t.b[i] >= ' ' && t.b[i] < utf8.RuneSelf) {
		out.put(string(rune(t.b[i])), t.at[i])
	}
	return out
}

// spots are the places of the first and the last occurrence of something.
type spots struct {
	first, last int32
	any         bool
}

func (s *spots) add(place int32) {
	if !s.any {
		s.first, s.any = place, true
	}
	s.last = place
}

// edit is that of all occurrences; none where there was none.
func (s spots) edit(d Defect) []edit {
	if !s.any {
		return nil
	}
	return []edit{{d, s.first, s.last}}
}

// withLF ends the lines with LF. CR CR LF is one end, of a text that was converted
// twice, but where CR alone ends lines too.
func withLF(t trace) (trace, []edit) {
	all := bytes.Count(t.b, []byte("\r"))
	if all == 0 {
		return t, nil
	}
	twice := all == bytes.Count(t.b, []byte("\r\n"))+bytes.Count(t.b, []byte("\r\r\n"))
	out := trace{make([]byte, 0, t.len()), make([]int32, 0, t.len())}
	var crlf, cr spots
	for i, c := range t.b {
		if c != '\r' {
			out.b, out.at = append(out.b, c), append(out.at, t.at[i])
			continue
		}
		rest := t.b[i+1:]
		switch {
		case bytes.HasPrefix(rest, []byte("\n")):
			crlf.add(t.at[i])
			continue
		case twice && bytes.HasPrefix(rest, []byte("\r\n")):
			cr.add(t.at[i])
			continue
		}
		cr.add(t.at[i])
		out.put("\n", t.at[i])
	}
	return out, append(crlf.edit(CRLF), cr.edit(LoneCR)...)
}

// endOnce ends the text's last line, and drops the empty ones behind it.
func endOnce(t trace) (trace, []edit) {
	last := len(bytes.TrimRight(t.b, " \t\n"))
	end := bytes.IndexByte(t.b[last:], '\n')
	if end < 0 {
		out := t.sub(0, t.len())
		out.put("\n", t.place(t.len()-1))
		return out, []edit{{NoFinalNewline, t.place(t.len() - 1), t.place(t.len() - 1)}}
	}
	if end += last + 1; end < t.len() {
		return t.sub(0, end), []edit{{EmptyEnd, t.at[end], t.at[t.len()-1]}}
	}
	return t, nil
}

// maxLayers bounds how often unwrap looks for a layer that the last one hid.
const maxLayers = 6

// unwrap takes off what the whole text was wrapped in, in the order in which it was
// put on. What is sound has nothing of this and stays as it is.
func unwrap(t trace) (trace, []edit) {
	layers := []func(trace) (trace, []edit){
		takePrintable, takePercent, takeMail, takeYAML, takeStrings, takeEntities, takeEscapes, takeBase64,
	}
	var all []edit
	for range maxLayers {
		found := len(all)
		for _, take := range layers {
			if out, edits := take(t); len(edits) > 0 {
				t, all = out, append(all, edits...)
			}
		}
		if len(all) == found {
			break
		}
	}
	return t, all
}

// lineEnd is where the line that begins at i ends, behind its LF.
func lineEnd(b []byte, i int) int {
	if n := bytes.IndexByte(b[i:], '\n'); n >= 0 {
		return i + n + 1
	}
	return len(b)
}

// cmpZero is the first of two numbers that is not 0.
func cmpZero(a, b int) int {
	if a != 0 {
		return a
	}
	return b
}
