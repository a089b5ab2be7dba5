package formats

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"sshkeys/keytool"
)

// LineDefect is a defect at a line of a text, 1-based. It reaches to the line Last.
type LineDefect struct {
	Line   int
	Defect Defect
	Last   int
}

// ScanDefects finds what copying and pasting did to the lines of a public key or
// an authorized_keys file: SplitLine, LostLetter, JoinedKeys, OddBlank, SSH2Text,
// PrivateKey, and ByteOrderMark at a first line that has a key. A line that sshd
// reads, and as it was meant, has none. A file of RFC 4716 is SSH2Text throughout.
func ScanDefects(data []byte) []LineDefect {
	lines := bytes.Split(normalise(data).text, []byte("\n"))
	var found []LineDefect
	for i := 0; i < len(lines); i++ {
		line := bytes.Trim(lines[i], " \t")
		if label, ok := beginLabel(line); ok {
			last := endOfBlock(lines, i)
			if d := blockDefect(label); d != "" {
				found = append(found, LineDefect{i + 1, d, last + 1})
			}
			i = last
			continue
		}
		if len(line) == 0 || line[0] == '#' {
			continue
		}
		if i == 0 && bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
			found = append(found, LineDefect{1, ByteOrderMark, 1})
		}
		if d, more := lineDefect(lines[i:]); d != "" {
			found = append(found, LineDefect{i + 1, d, i + 1 + more})
			i += more
		}
	}
	return found
}

// endOfBlock is the index of the END line of the block that begins at a line, or of
// the last line where there is none.
func endOfBlock(lines [][]byte, begin int) int {
	for i := begin + 1; i < len(lines); i++ {
		if line := bytes.TrimSpace(lines[i]); bytes.HasPrefix(line, []byte(pemEnd)) || bytes.HasPrefix(line, []byte("---- END ")) {
			return i
		}
	}
	return len(lines) - 1
}

// blockDefect judges a block by its label.
func blockDefect(label string) Defect {
	switch {
	case isPrivateLabel(label):
		return PrivateKey
	case label == rfc4716Label:
		return SSH2Text
	}
	return ""
}

// lineDefect judges the first of the lines, and says how many more belong to it.
func lineDefect(lines [][]byte) (d Defect, more int) {
	line := string(lines[0])
	l, ok := readLine(lines[0])
	if ok && l.key != nil {
		if keyAt(l.key.Comment(), 0) >= 0 {
			return JoinedKeys, 0
		}
		return "", 0
	}
	if plain := plainBlanks(line); plain != line {
		if l, ok := readLine([]byte(plain)); ok && l.key != nil {
			return OddBlank, 0
		}
	}
	if i := keyAt(line, strings.Index(line, "AAAA")+4); i > 4 && readsAsKey(line[:i]) {
		return JoinedKeys, 0
	}
	if whole := mendType(line); whole != "" && readsAsKey(whole) {
		return LostLetter, 0
	}
	return splitDefect(lines)
}

// splitDefect tries the line with those that follow, as many as a key can take.
func splitDefect(lines [][]byte) (Defect, int) {
	first, _, _ := strings.Cut(strings.TrimLeft(string(lines[0]), " \t"), " ")
	if !(keyText{typ: []byte(first)}).knownType() && !bytes.Contains(lines[0], []byte(" AAAA")) {
		return "", 0
	}
	const most = 400 // lines of 40 characters of an RSA key of 16384 bits with a certificate
	joined := bytes.TrimRight(lines[0], " \t")
	for n := 1; n < len(lines) && n <= most; n++ {
		next := bytes.Trim(lines[n], " \t")
		if len(next) == 0 || next[0] == '#' {
			continue
		}
		glue := "" // a line was cut within the base64 text, or at a blank
		if n == 1 && !bytes.Contains(bytes.TrimSpace(joined), []byte(" ")) {
			glue = " "
		}
		joined = append(append(joined[:len(joined):len(joined)], glue...), next...)
		if readsAsKey(string(joined)) {
			return SplitLine, n
		}
	}
	return "", 0
}

func readsAsKey(line string) bool {
	l, ok := readLine([]byte(line))
	return ok && l.key != nil
}

// keyAt is where in a text a key begins, by its type and "AAAA", from an offset on;
// -1 where none does.
func keyAt(text string, from int) int {
	first := -1
	for _, name := range keytool.Algorithms() {
		if i := strings.Index(text[min(from, len(text)):], name+" AAAA"); i >= 0 && (first < 0 || from+i < first) {
			first = from + i
		}
	}
	return first
}

// mendType gives the line's first word the letters that it lacks; "" where it is
// not the end of a key type's name. Only a line whose base64 text is of that type
// then reads as a key.
func mendType(line string) string {
	word, rest, _ := strings.Cut(strings.TrimLeft(line, " \t"), " ")
	if len(word) < 3 {
		return ""
	}
	for _, name := range keytool.Algorithms() {
		if whole := name + " " + rest; name != word && strings.HasSuffix(name, word) && readsAsKey(whole) {
			return whole
		}
	}
	return ""
}

// plainBlanks writes every blank as a space and drops signs without width.
func plainBlanks(line string) string {
	if !utf8.ValidString(line) {
		return line
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r < utf8.RuneSelf:
			return r
		case unicode.IsSpace(r):
			return ' '
		case unicode.Is(unicode.Cf, r): // U+200B, U+FEFF, …
			return -1
		}
		return r
	}, line)
}
