package diagnose

import (
	"slices"
	"strings"
	"unicode"
)

// reportWidth is what a mail shows without breaking lines, in columns.
const reportWidth = 76

// wrap breaks a text into lines of at most width columns, each but the first
// indented. Japanese is broken between any two of its characters, but where its
// punctuation does not let it; a word that is wider than a line stays whole.
func wrap(text string, width, indent int) []string {
	var lines []string
	line, used := "", 0
	for _, atom := range atoms(text) {
		trimmed := strings.TrimRight(atom, " ")
		if used > 0 && used+columns(trimmed) > width {
			lines = append(lines, strings.TrimRight(line, " "))
			line, used = strings.Repeat(" ", indent), indent
		}
		line += atom
		used += columns(atom)
	}
	return append(lines, strings.TrimRight(line, " "))
}

// atoms are the parts that a line is not broken within: a word with the blanks
// after it, or one wide character with the punctuation that clings to it.
func atoms(text string) []string {
	var all []string
	var atom []rune
	runes := []rune(text)
	whole := 0 // the end of the label that begins before here
	for i, c := range runes {
		atom = append(atom, c)
		whole = max(whole, labelEnd(runes, i))
		if i == len(runes)-1 || i >= whole && mayBreak(c, runes[i+1]) {
			all = append(all, string(atom))
			atom = nil
		}
	}
	return all
}

// labelEnd is where a label [name] or <name> ends that begins at i; 0 for none.
func labelEnd(runes []rune, i int) int {
	const longest = 40
	closing, ok := map[rune]rune{'[': ']', '<': '>'}[runes[i]]
	if !ok {
		return 0
	}
	return i + 1 + slices.Index(runes[i+1:min(len(runes), i+longest)], closing)
}

// Kinsoku: what no line begins with, and what none ends with (JIS X 4051).
const (
	neverFirst = "、。，．・：；？！」』）］】〉》”’ーァィゥェォッャュョヮぁぃぅぇぉっゃゅょゎ々,.:;!?)]}%"
	neverLast  = "「『（［【〈《“‘([{"
)

func mayBreak(before, after rune) bool {
	switch {
	case after == ' ' || strings.ContainsRune(neverFirst, after) && before != ' ' || strings.ContainsRune(neverLast, before):
		return false
	case before == ' ':
		return true
	}
	return isWide(before) || isWide(after)
}

// columns is how wide a terminal or a mail shows a text.
func columns(text string) int {
	n := 0
	for _, c := range text {
		switch {
		case unicode.In(c, unicode.Mn, unicode.Me, unicode.Cf):
		case isWide(c):
			n += 2
		default:
			n++
		}
	}
	return n
}

// isWide tells East Asian characters of two columns (UAX #11, W and F).
func isWide(c rune) bool {
	return c >= 0x1100 && c <= 0x115f || c >= 0x2e80 && c <= 0xa4cf && c != 0x303f ||
		c >= 0xac00 && c <= 0xd7a3 || c >= 0xf900 && c <= 0xfaff || c >= 0xfe30 && c <= 0xfe6f ||
		c >= 0xff00 && c <= 0xff60 || c >= 0xffe0 && c <= 0xffe6 || c >= 0x1f300 && c <= 0x1faff || c >= 0x20000 && c <= 0x3fffd
}
