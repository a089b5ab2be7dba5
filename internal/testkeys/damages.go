package testkeys

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Damage is one way in which people's tools damage the text of a key file.
type Damage struct {
	Name string
	// Edits are formats.Defects in plain strings: a reader that names one of them
	// named the damage.
	Edits []string
	// Of damages a text, which another damage may have been at before; false where
	// there is nothing in it to damage so. It does not write to data.
	Of func(data []byte) ([]byte, bool)
	// Second tells that the key of SecondLine is then in the file too.
	Second bool
	// Guess tells that the key's own text lacks characters then, which only a proof
	// by the key itself brings back.
	Guess bool
}

// SecondLine is the public line of a second golden, ed25519-leadingzero, for damages
// with two keys.
const SecondLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOEL8/AMRENK3lH7Ol8+fyN6ttLLE9oNCRmNKvVtqKK6 taro@lab 太郎"

// Damages are all of them, by the groups of the table of defects.
func Damages() []Damage {
	return slices.Concat(encodingDamages(), lineDamages(), wrapperDamages(), layerDamages(), entityDamages(),
		markerDamages(), lossDamages(), bodyDamages(), publicLineDamages())
}

// FindDamage is the one of that name.
func FindDamage(name string) (Damage, bool) {
	all := Damages()
	i := slices.IndexFunc(all, func(d Damage) bool { return d.Name == name })
	if i < 0 {
		return Damage{}, false
	}
	return all[i], true
}

// damage is a Damage of text, as an editor does it that knows UTF-16. One that
// changes nothing cannot occur.
func damage(name, edits string, of func(text string) string) Damage {
	return Damage{Name: name, Edits: strings.Fields(edits), Of: func(data []byte) ([]byte, bool) {
		text, encode, ok := textOf(data)
		if !ok {
			return nil, false
		}
		out := of(text)
		return encode(out), out != "" && out != text
	}}
}

// textOf decodes a text, and tells how it is encoded again; false for binary data.
func textOf(data []byte) (string, func(string) []byte, bool) {
	little, big := []byte("\xff\xfe"), []byte("\xfe\xff")
	switch {
	case bytes.HasPrefix(data, little):
		return fromUTF16(data[2:], 0), func(s string) []byte { return append(bytes.Clone(little), toUTF16(s, 0)...) }, true
	case bytes.HasPrefix(data, big):
		return fromUTF16(data[2:], 1), func(s string) []byte { return append(bytes.Clone(big), toUTF16(s, 1)...) }, true
	case len(data) > 1 && data[1] == 0:
		return fromUTF16(data, 0), func(s string) []byte { return toUTF16(s, 0) }, true
	case !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0:
		return "", nil, false
	}
	return string(data), func(s string) []byte { return []byte(s) }, true
}

// toUTF16 encodes; low is the place of a unit's low byte, 0 or 1.
func toUTF16(s string, low int) []byte {
	units := utf16.Encode([]rune(s))
	out := make([]byte, 2*len(units))
	for i, u := range units {
		out[2*i+low], out[2*i+1-low] = byte(u), byte(u>>8)
	}
	return out
}

func fromUTF16(data []byte, low int) string {
	units := make([]uint16, len(data)/2)
	for i := range units {
		units[i] = uint16(data[2*i+low]) | uint16(data[2*i+1-low])<<8
	}
	return string(utf16.Decode(units))
}

// textLine is a line and how it ends: "\n", "\r\n", "\r", or "" at the end of a file.
type textLine struct{ text, end string }

func linesOf(text string) []textLine {
	var all []textLine
	for text != "" {
		n := strings.IndexAny(text, "\r\n")
		if n < 0 {
			return append(all, textLine{text, ""})
		}
		end := text[n : n+1]
		if strings.HasPrefix(text[n:], "\r\n") {
			end = "\r\n"
		}
		all = append(all, textLine{text[:n], end})
		text = text[n+len(end):]
	}
	return all
}

// perLine alters every line's text.
func perLine(alter func(line string) string) func(string) string {
	return func(text string) string {
		var out strings.Builder
		for _, l := range linesOf(text) {
			out.WriteString(alter(l.text) + l.end)
		}
		return out.String()
	}
}

// withEnds has every line end in end.
func withEnds(end string) func(string) string {
	return func(text string) string {
		var out strings.Builder
		for _, l := range linesOf(text) {
			out.WriteString(l.text)
			if l.end != "" {
				out.WriteString(end)
			}
		}
		return out.String()
	}
}

// severalLines leaves texts of one line alone.
func severalLines(of func(string) string) func(string) string {
	return func(text string) string {
		if len(linesOf(text)) < 2 {
			return text
		}
		return of(text)
	}
}

func encodingDamages() []Damage {
	encoded := func(name, before string, low int) Damage {
		return Damage{Name: name, Edits: []string{"utf-16"}, Of: func(data []byte) ([]byte, bool) {
			if !utf8.Valid(data) || bytes.IndexByte(data, 0) >= 0 {
				return nil, false
			}
			return append([]byte(before), toUTF16(string(data), low)...), true
		}}
	}
	return []Damage{
		{Name: "bom", Edits: []string{"byte-order-mark"}, Of: func(data []byte) ([]byte, bool) {
			bom := []byte("\ufeff")
			return slices.Concat(bom, data), utf8.Valid(data) && bytes.IndexByte(data, 0) < 0 && !bytes.HasPrefix(data, bom)
		}},
		encoded("utf-16-le", "\xff\xfe", 0),
		encoded("utf-16-be", "\xfe\xff", 1),
		encoded("utf-16-le-no-bom", "", 0),
		damage("crlf", "crlf", withEnds("\r\n")),
		damage("cr", "cr", withEnds("\r")),
		damage("no-final-newline", "no-final-newline", func(text string) string { return strings.TrimRight(text, "\r\n") }),
		damage("final-newlines", "empty-end", func(text string) string { return text + "\n\n\n" }),
	}
}

func lineDamages() []Damage {
	indent := func(blanks string) func(string) string {
		return perLine(func(line string) string { return blanks + line })
	}
	return []Damage{
		damage("indent-2", "indented indented-marker", indent("  ")),
		damage("indent-tab", "indented indented-marker", indent("\t")),
		damage("indent-8", "indented indented-marker", indent("        ")),
		damage("trailing-blanks", "trailing-blank blank-at-marker", perLine(func(line string) string { return line + "  " })),
		damage("empty-line", "empty-line", severalLines(emptyLineInside)),
		damage("empty-lines", "empty-line", severalLines(emptyLines)),
		damage("spaces-for-lines", "spaces-for-lines", severalLines(withEnds(" "))),
		// As the shell's echo $KEY has it, with the newline of echo.
		damage("echo", "spaces-for-lines", severalLines(func(text string) string { return strings.Join(strings.Fields(text), " ") + "\n" })),
		damage("lost-newlines", "lost-newlines", severalLines(withEnds(""))),
		damage("literal-newlines", "literal-newlines", withEnds(`\n`)),
		damage("literal-crlf", "literal-newlines", withEnds(`\r\n`)),
		damage("literal-twice", "literal-newlines", withEnds(`\\n`)),
	}
}

// emptyLineInside has one behind the first half of the lines.
func emptyLineInside(text string) string {
	lines := linesOf(text)
	var out strings.Builder
	for i, l := range lines {
		out.WriteString(l.text + l.end)
		if i+1 == len(lines)/2 {
			out.WriteString(l.end)
		}
	}
	return out.String()
}

// emptyLines has one behind every line but the last.
func emptyLines(text string) string {
	lines := linesOf(text)
	var out strings.Builder
	for i, l := range lines {
		out.WriteString(l.text + l.end)
		if i+1 < len(lines) {
			out.WriteString(l.end)
		}
	}
	return out.String()
}

// pattern compiles once for a table of damages.
func pattern(expr string) *regexp.Regexp { return regexp.MustCompile(expr) }
