package formats

import (
	"bytes"

	"sshkeys/keytool"
)

// takePercent undoes the encoding of URLs (RFC 3986 section 2.1) and of forms, in
// which a plus sign is a blank, where it certainly is one: comments may have "%" of
// their own.
func takePercent(t trace) (trace, []edit) {
	if bytes.IndexByte(t.b, '%') < 0 && bytes.IndexByte(t.b, '+') < 0 {
		return t, nil
	}
	view := plainView(t.b)
	form := isForm(view)
	if !form && !isPercent(view) {
		return t, nil
	}
	var out trace
	var found spots
	for i := 0; i < t.len(); {
		c, size := percentAt(t.b, i)
		switch {
		case form && size == 1 && c == '+':
			c = ' '
		case form && size == 1 && c == '&': // the next field
			c = '\n'
		}
		if c != t.b[i] {
			found.add(t.at[i])
			found.add(t.at[i+size-1])
		}
		out.b, out.at = append(out.b, c), append(out.at, t.at[i])
		i += size
	}
	out, _ = withLF(out)
	return out, found.edit(Entities)
}

// percentAt reads a sign: "%" with two hexadecimal digits, encoded once or twice, or
// one that stands for itself.
func percentAt(b []byte, i int) (sign byte, size int) {
	if b[i] != '%' {
		return b[i], 1
	}
	digits := i + 1
	if bytes.HasPrefix(b[digits:], []byte("25")) {
		digits += 2
	}
	if v := hexValue(b, digits, 2); v >= ' ' && v != 0x7f || v == '\n' || v == '\r' || v == '\t' {
		return byte(v), digits + 2 - i
	}
	return b[i], 1
}

// isForm tells a plus sign that stands for a blank of a key's text.
func isForm(view []byte) bool {
	const most = 64
	for i, c := range view {
		if c != '+' {
			continue
		}
		left := view[max(0, i-most):i]
		if behindWord(left) || bytes.HasSuffix(left, []byte("%3A")) && bytes.Contains(left, []byte(ppkMagic)) {
			return true
		}
		name := left[bytes.LastIndexAny(left, "\n=&A")+1:]
		if startsBlob(view[i+1:]) && keytool.LookupAlgorithm(string(name)) != nil {
			return true
		}
	}
	return false
}

// isPercent tells an escape in base64 text, which begins its line or is a public
// key's, or one of a line end or blank that a key's text has beside it.
func isPercent(view []byte) bool {
	word, pure := 0, true
	for i := 0; i < len(view); {
		c, size := percentAt(view, i)
		if size > 1 && isPercentSign(view, i, size, c, pure, i-word) {
			return true
		}
		i += size
		switch {
		case c == '\n' || c == '\r':
			word, pure = i, true
		case c == '=' && size == 1: // behind a name
			word = i
		case isBlank(c):
			word, pure = i, startsBlob(view[i:])
		default:
			pure = pure && isBase64Sign(c)
		}
	}
	return false
}

// isPercentSign judges an escape behind so many characters of a word, which is pure
// base64 text so far or not.
func isPercentSign(view []byte, i, size int, c byte, pure bool, run int) bool {
	left, right := view[max(0, i-64):i], view[i+size:]
	switch c {
	case '+', '/', '=':
		return pure && run >= 16
	case '\n', '\r':
		return bytes.HasSuffix(left, []byte("---")) || run > 0 && startsMark(right) || pure && run >= leastBase64
	case ' ':
		return behindWord(left) || startsBlob(right)
	case ':':
		return bytes.Contains(left, []byte(ppkMagic))
	}
	return false
}
