package formats

import (
	"bytes"
	"encoding/base64"
	"strconv"
	"strings"
	"unicode/utf8"
)

// plainView is a text to look for structure in, byte for byte beside the original: odd
// dashes are "-" there, odd blanks and signs without width are blanks.
func plainView(b []byte) []byte {
	if bytes.IndexFunc(b, func(r rune) bool { return r >= utf8.RuneSelf }) < 0 {
		return b
	}
	out := bytes.Clone(b)
	for i := 0; i < len(b); {
		if b[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if plain, defect := plainSign(r); defect != "" && plain != '\n' {
			for j := range size {
				out[i+j] = byte(max(plain, ' '))
			}
		}
		i += size
	}
	return out
}

// hasMark tells text that has something of a key in it: the word of a BEGIN or END
// line behind dashes, a header of PuTTY's or of PEM's, the beginning of a key's own text.
func hasMark(view []byte) bool {
	for i := range view {
		if markedAt(view, i) {
			return true
		}
	}
	return false
}

func markedAt(view []byte, i int) bool {
	rest := view[i:]
	switch view[i] {
	case 'B', 'b':
		return hasPrefixFold(rest, "BEGIN") && dashBefore(view, i) || bytes.HasPrefix(rest, []byte("b3BlbnNzaC1"))
	case 'E', 'e':
		return hasPrefixFold(rest, "END ") && dashBefore(view, i)
	case 'A':
		return startsBlob(rest)
	case 'M':
		return (i == 0 || !isBase64Sign(view[i-1]) || view[i-1] == 'n') && startsDER(rest)
	case 'P':
		return headerAt(rest) && !hasPrefixFold(rest, "Private-Hash") || bytes.HasPrefix(rest, []byte("P2/56w"))
	case 'D':
		return bytes.HasPrefix(rest, []byte("DEK-Info:"))
	}
	return false
}

func hasPrefixFold(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && bytes.EqualFold(b[:len(prefix)], []byte(prefix))
}

// dashBefore tells whether a dash stands before i, as a sign or as an entity of HTML.
func dashBefore(view []byte, i int) bool {
	for i > 0 && isBlank(view[i-1]) {
		i--
	}
	return i > 0 && (view[i-1] == '-' || view[i-1] == ';')
}

// startsBlob tells the base64 text of a public key's blob: the length of a short name
// and its first letter, which of all types are s (ssh-, sk-) and e (ecdsa-). A sign
// without width may stand in it.
func startsBlob(b []byte) bool {
	var raw [6]byte
	if len(b) < 8 || !bytes.HasPrefix(b, []byte("AAAA")) {
		return false
	}
	var quad []byte
	for _, c := range b[4:min(len(b), 11)] {
		if !isBlank(c) && len(quad) < 3 {
			quad = append(quad, c)
		}
	}
	quad = append(quad, 'A')
	if n, err := base64.StdEncoding.Decode(raw[:], quad); err != nil || n < 2 {
		return false
	}
	return 7 <= raw[0] && raw[0] < 64 && (raw[1] == 's' || raw[1] == 'e')
}

// startsDER tells the base64 text of a key in ASN.1.
func startsDER(b []byte) bool {
	const least = 40
	if baseRun(b, least) < least {
		return false
	}
	raw, err := base64.StdEncoding.DecodeString(string(b[:least]))
	return err == nil && raw[0] == 0x30 && derLabel(raw) != ""
}

// baseRun is how many characters of base64 a text begins with, counted up to a number.
func baseRun(b []byte, most int) int {
	n := 0
	for n < len(b) && n < most && isBase64Sign(b[n]) {
		n++
	}
	return n
}

// longestRun is the length of the longest word of base64.
func longestRun(b []byte) int {
	longest, run := 0, 0
	for _, c := range b {
		if run++; !isBase64Sign(c) {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}

// headerAt tells the headers that stand at the beginning of a line in PuTTY's files
// and in PEM blocks.
func headerAt(b []byte) bool {
	if len(b) == 0 || strings.IndexByte("PDEKACSX", b[0]&^0x20) < 0 {
		return false
	}
	if bytes.HasPrefix(b, []byte(ppkMagic)) {
		return true
	}
	for _, name := range [...]string{
		ppkEncryption, ppkComment, ppkPublic, ppkDerivation, ppkMemory, ppkPasses, ppkParallelism,
		ppkSalt, ppkPrivate, ppkMAC, ppkHash, "Proc-Type", "DEK-Info", "Subject",
	} {
		if hasPrefixFold(b, name+":") {
			return true
		}
	}
	return false
}

// startsMark tells text that begins, behind blanks and the signs of quoted mail, with
// a BEGIN or END line, a header, a public key's line or a key's own text.
func startsMark(view []byte) bool {
	const most = 64
	from := 0
	for from < min(len(view), most) && (isBlank(view[from]) || view[from] == '>' || bytes.HasPrefix(view[from:], []byte("| "))) {
		from++
	}
	if view = view[from:]; len(view) == 0 {
		return false
	}
	if view[0] == '-' {
		words := bytes.TrimLeft(view, "- ")
		return len(view)-len(words) >= 4 || hasPrefixFold(words, "BEGIN") || hasPrefixFold(words, "END ")
	}
	return headerAt(view) || markedAt(view, 0) || startsKeyLine(view)
}

// startsKeyLine tells `type base64` of a type that is known, or of whatever word
// before the beginning of a key.
func startsKeyLine(view []byte) bool {
	word := view[:min(len(view), 64)]
	n := bytes.IndexAny(word, " \t\n")
	if n <= 0 {
		return false
	}
	return !bytes.ContainsAny(word[:n], `"'=:,<>{}()[]\`) && startsBlob(trimBlanks(view[n:]))
}

// isBase64Sign takes the URL-safe alphabet, too, RFC 4648 section 5.
func isBase64Sign(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' || c == '-' || c == '_'
}

// runBefore is how many characters of base64 a text ends with, and whether they are
// the first of their line.
func runBefore(left []byte) (run int, first bool) {
	for run < len(left) && isBase64Sign(left[len(left)-1-run]) {
		run++
	}
	before := bytes.TrimRight(left[:len(left)-run], " \t")
	return run, len(before) == 0 || strings.IndexByte("\n>|\\", before[len(before)-1]) >= 0
}

// base64Named tells a word of base64 behind NAME= or alone.
func base64Named(view []byte) bool {
	const most = 64
	if n := baseRun(view, most); n < most && n < len(view) && view[n] == '=' {
		view = view[n+1:]
	}
	view = bytes.TrimLeft(view[:min(len(view), 2*most)], `\"'`)
	return baseRun(view, leastBase64) == leastBase64
}

// hexValue reads n hexadecimal digits; -1 where they are not there.
func hexValue(b []byte, i, n int) rune {
	if i+n > len(b) {
		return -1
	}
	v, err := strconv.ParseUint(string(b[i:i+n]), 16, 32)
	if err != nil {
		return -1
	}
	return rune(v)
}
