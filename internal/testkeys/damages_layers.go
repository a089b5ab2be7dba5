package testkeys

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"strings"
)

// Damages of the text as a whole: quoting, what is around it, what it is encoded in.

func wrapperDamages() []Damage {
	bare := func(text string) string { return strings.TrimRight(text, "\r\n") }
	return []Damage{
		// jq -Rs . leaves letters as they are, Python's json.dumps does not, PHP's
		// json_encode escapes the solidus and .NET's System.Text.Json the plus sign.
		damage("json-string", "quoted", func(text string) string { return jsonString(text, "") + "\n" }),
		damage("json-value", "quoted", func(text string) string { return `{"private_key": ` + jsonString(text, "é") + "}\n" }),
		damage("json-php", "quoted", func(text string) string { return `{"key":` + jsonString(text, "/é") + "}" }),
		damage("json-dotnet", "quoted", func(text string) string { return `{"key":` + jsonString(text, "+é") + "}" }),
		damage("shell-single", "quoted", func(text string) string { return "'" + strings.ReplaceAll(bare(text), "'", `'\''`) + "'\n" }),
		damage("shell-double", "quoted", func(text string) string { return shellDouble(bare(text)) + "\n" }),
		damage("shell-export", "quoted", func(text string) string { return "export KEY=" + shellDouble(bare(text)) + "\n" }),
		damage("yaml-block", "quoted", func(text string) string {
			return "key: |\n" + perLine(func(line string) string { return "  " + line })(text)
		}),
		damage("yaml-double", "quoted", func(text string) string { return "key: " + jsonString(text, "") + "\n" }),
		damage("mail-quoted", "mail-quoted", perLine(func(line string) string { return "> " + line })),
		damage("mail-quoted-tight", "mail-quoted", perLine(func(line string) string { return ">" + line })),
		damage("text-before", "text-before", func(text string) string {
			return "Dear Hanako,\nhere is my key, as promised:\n\n" + text
		}),
		damage("text-before-same-line", "text-before", func(text string) string { return "my key: " + text }),
		damage("text-after", "text-after", func(text string) string { return text + "\nBest regards,\nTaro\n" }),
	}
}

// jsonString quotes as RFC 8259 section 7 demands, and escapes what else is asked
// for: "/", "+", and with "é" all that is not ASCII.
func jsonString(text, also string) string {
	var out strings.Builder
	for _, r := range text {
		switch {
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\r':
			out.WriteString(`\r`)
		case r == '\t':
			out.WriteString(`\t`)
		case r == '"' || r == '\\' || r == '/' && strings.Contains(also, "/"):
			out.WriteString(`\` + string(r))
		case r < ' ' || r == '+' && strings.Contains(also, "+") || r > '~' && strings.Contains(also, "é"):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return `"` + out.String() + `"`
}

func shellDouble(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text) + `"`
}

func layerDamages() []Damage {
	return []Damage{
		base64Damage("base64", func(data []byte) []byte { return base64Columns(data, 76) }),
		base64Damage("base64-line", func(data []byte) []byte { return []byte(base64.StdEncoding.EncodeToString(data)) }),
		base64Damage("base64-twice", func(data []byte) []byte { return base64Columns(base64Columns(data, 76), 76) }),
	}
}

// base64Damage is of the file's bytes, whatever they are.
func base64Damage(name string, of func([]byte) []byte) Damage {
	return Damage{Name: name, Edits: []string{"base64-file"}, Of: func(data []byte) ([]byte, bool) { return of(data), true }}
}

// base64Columns is what base64(1) writes.
func base64Columns(data []byte, width int) []byte {
	return []byte(columns(base64.StdEncoding.EncodeToString(data), width) + "\n")
}

// columns breaks a text into lines of so many characters.
func columns(text string, width int) string {
	var lines []string
	rest := []rune(text)
	for len(rest) > width {
		lines, rest = append(lines, string(rest[:width])), rest[width:]
	}
	return strings.Join(append(lines, string(rest)), "\n")
}

func entityDamages() []Damage {
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;", "+", "&#43;", "/", "&#x2F;", "=", "&#61;")
	return []Damage{
		damage("html-entities", "html-entities", escaped.Replace),
		damage("html-nbsp", "html-entities odd-blank", func(text string) string { return strings.ReplaceAll(text, " ", "&nbsp;") }),
		damage("html-br", "html-entities", severalLines(withEnds("<br>\n"))),
		damage("html-br-only", "html-entities", severalLines(withEnds("<br />"))),
		damage("nbsp", "odd-blank", func(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }),
		damage("wide-blanks", "odd-blank", func(text string) string { return strings.ReplaceAll(text, " ", "\u3000") }),
		damage("zero-width-starts", "zero-width", perLine(func(line string) string { return "\u200b" + line })),
		damage("zero-width-inside", "zero-width", inBase64(base64Runs(), func(run string) string { return run[:11] + "\u200b" + run[11:] })),
		damage("bom-inside", "zero-width", inBase64(base64Runs(), func(run string) string { return run[:7] + "\ufeff" + run[7:] })),
	}
}

// base64Runs find the key's own text: long words of base64, but not PuTTY's
// hexadecimal ones.
func base64Runs() *regexp.Regexp {
	return pattern(`(?:(?:MAC|Salt): [0-9a-f]+)|[A-Za-z0-9+/]{24,}={0,2}`)
}

func inBase64(runs *regexp.Regexp, alter func(run string) string) func(string) string {
	return func(text string) string {
		return runs.ReplaceAllStringFunc(text, func(run string) string {
			if strings.Contains(run, ":") {
				return run
			}
			return alter(run)
		})
	}
}
