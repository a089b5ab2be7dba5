package diagnose

import (
	"bytes"
	"html"
	"regexp"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	maxLog     = 1 << 20 // bytes of a text that are read
	maxLogLine = 1000    // bytes of a line that are matched at once; a longer one is cut in pieces
)

// logLine is one line of a pasted text as the program printed it: what terminals
// and mails made of it is undone.
type logLine struct {
	number int // 1-based
	text   string
}

// logLines are the lines that say something, and how many there are of all.
func logLines(text []byte) (lines []logLine, total int) {
	whole := strings.TrimSuffix(newlines.Replace(decodeLog(text)), "\n")
	if whole == "" {
		return nil, 0
	}
	for line := range strings.SplitSeq(whole, "\n") {
		total++
		if line = cleanLine(line); line != "" {
			lines = append(lines, logLine{total, line})
		}
	}
	return lines, total
}

// inPieces cuts lines that are too long to be matched at once.
func inPieces(lines []logLine) []logLine {
	var pieces []logLine
	for _, l := range lines {
		for len(l.text) > maxLogLine {
			piece := strings.ToValidUTF8(l.text[:maxLogLine], "")
			pieces = append(pieces, logLine{l.number, piece})
			l.text = l.text[len(piece):]
		}
		pieces = append(pieces, l)
	}
	return pieces
}

var newlines = strings.NewReplacer("\r\r\n", "\n", "\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n")

// decodeLog makes UTF-8 of a text in any of the encodings that Windows' programs save.
func decodeLog(text []byte) string {
	text = text[:min(len(text), maxLog)]
	big, little := bytes.HasPrefix(text, []byte("\xfe\xff")), bytes.HasPrefix(text, []byte("\xff\xfe"))
	switch {
	case big, little:
		return fromUTF16(text[2:], big)
	case looksLikeUTF16(text, 0):
		return fromUTF16(text, true)
	case looksLikeUTF16(text, 1):
		return fromUTF16(text, false)
	}
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	if utf8.Valid(text) {
		return string(text)
	}
	return strings.ToValidUTF8(fromWindows(text), "\ufffd")
}

// fromWindows takes the typographic marks of Windows-1252, which Latin text may have
// as its only bytes over 0x7f. In other encodings the same bytes are parts of letters.
func fromWindows(text []byte) string {
	marks := map[byte]string{0x85: "...", 0x91: "'", 0x92: "'", 0x93: `"`, 0x94: `"`, 0x95: "*", 0x96: "-", 0x97: "-", 0xa0: " "}
	var b strings.Builder
	for _, c := range text {
		mark, ok := marks[c]
		switch {
		case ok:
			b.WriteString(mark)
		case c >= utf8.RuneSelf:
			return string(text)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// looksLikeUTF16 tells text of Latin letters whose other bytes are zero: those at
// odd or even places.
func looksLikeUTF16(text []byte, zeros int) bool {
	head := text[:min(len(text), 512)&^1]
	count := 0
	for i := zeros; i < len(head); i += 2 {
		if head[i] == 0 && head[i^1] != 0 {
			count++
		}
	}
	return len(head) >= 4 && count > len(head)/4
}

func fromUTF16(text []byte, big bool) string {
	units := make([]uint16, len(text)/2)
	for i := range units {
		a, b := uint16(text[2*i]), uint16(text[2*i+1])
		if !big {
			a, b = b, a
		}
		units[i] = a<<8 | b
	}
	return string(utf16.Decode(units))
}

// expressions that undo what is around the text of a line.
var lineNoise = sync.OnceValue(func() (e struct{ escape, quoting *regexp.Regexp }) {
	e.escape = regexp.MustCompile(`\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-_]?|\^\[\[[0-9;]*[A-Za-z]`)
	e.quoting = regexp.MustCompile(`^(?:[\t ]*[>|][\t ]?)+`)
	return e
})

// typography is what word processors, mails and input methods put in place of plain marks.
var typography = strings.NewReplacer("‘", "'", "’", "'", "‚", "'", "′", "'", "“", `"`, "”", `"`, "„", `"`, "″", `"`,
	"\u00a0", " ", "\u3000", " ", "\u200b", "", "\u200c", "", "\u200d", "", "\ufeff", "", "\u00ad", "", "＞", ">", "：", ":")

func cleanLine(line string) string {
	if strings.ContainsAny(line, "\x1b^") {
		line = lineNoise().escape.ReplaceAllString(line, "")
	}
	if strings.Contains(line, "&") {
		line = html.UnescapeString(line)
	}
	line = typography.Replace(line)
	line = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, line)
	line = lineNoise().quoting.ReplaceAllString(line, "")
	return strings.Trim(line, " \t`")
}
