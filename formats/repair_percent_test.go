package formats

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// urlEncodings are those of web forms and of links.
func urlEncodings() []layer {
	form := func(s string) string { return url.Values{"key": {s}}.Encode() }
	component := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	lines := func(s string) string { return strings.NewReplacer("\n", "%0A", " ", "%20").Replace(s) }
	return []layer{
		{"form", Entities, form},
		{"form crlf", Entities, func(s string) string { return form(strings.ReplaceAll(s, "\n", "\r\n")) }},
		{"fields", Entities, func(s string) string { return "id=7&" + form(s) + "&user=taro" }},
		{"value", Entities, func(s string) string { return url.QueryEscape(s) }},
		{"component", Entities, component},
		{"lower", Entities, func(s string) string {
			return strings.NewReplacer("%0A", "%0a", "%2F", "%2f", "%2B", "%2b", "%3D", "%3d").Replace(component(s))
		}},
		{"twice", Entities, func(s string) string { return component(component(s)) }},
		{"signs", Entities, func(s string) string {
			return strings.NewReplacer("+", "%2B", "/", "%2F", "=", "%3D", "\n", "%0A").Replace(s)
		}},
		{"encodeURI", Entities, lines},
		{"json", Entities, func(s string) string { return `{"key": ` + jsonOf(component(s)) + "}" }},
	}
}

// otherEscapes are PowerShell's line ends, and the sign that ended a text in DOS.
func otherEscapes() []layer {
	ends := func(s string) string { return strings.ReplaceAll(s, "\n", "`n") }
	return []layer{
		{"powershell", LiteralNewlines, ends},
		{"powershell crlf", LiteralNewlines, func(s string) string { return strings.ReplaceAll(s, "\n", "`r`n") }},
		{"powershell string", LiteralNewlines, func(s string) string {
			return `$key = "` + strings.ReplaceAll(ends(s), `"`, "`\"") + "\"\n"
		}},
		{"ctrl-z", TextAfter, func(s string) string { return s + "\x1a" }},
		{"ctrl-z lines", TextAfter, func(s string) string { return s + "\x1a\r\n\x1a" }},
		{"ctrl-z padded", TextAfter, func(s string) string { return s + strings.Repeat("\x1a", 100) }},
	}
}

// TestMendEscapes: keys of all formats come through web forms, PowerShell and DOS.
func TestMendEscapes(t *testing.T) {
	for _, name := range []string{
		"ed25519/openssh", "rsa1024/pkcs1.pem", "ed25519/pkcs8.pem", "ed25519/ppk3", "rsa1024/ppk3", "ed25519/openssh.pub",
		"rsa2048/openssh.pub", "ed25519/rfc4716", "rsa1024/pkcs1.aes128.pem",
	} {
		key, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, key, file)
		want, err := Mend(g.Data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range slices.Concat(urlEncodings(), otherEscapes()) {
			text := l.of(string(g.Data))
			if l.name == "fields" && file == "openssh.pub" {
				continue // its neighbours may be lines of a list
			}
			if l.name == "encodeURI" && !g.Private && !strings.Contains(text, "-%0A") {
				continue // a line's end and blanks alone say nothing
			}
			env, err := Mend([]byte(text), DefaultLimits())
			if err != nil {
				t.Errorf("%s, %s: %v", g, l.name, err)
				continue
			}
			if !sameKeyIn(env, want) || env.Format != want.Format {
				t.Errorf("%s, %s: another key, or as %s", g, l.name, env.Format)
			}
			if !slices.ContainsFunc(env.Edits, func(e Edit) bool { return e.Defect == l.edit }) {
				t.Errorf("%s, %s: edits %v", g, l.name, env.Edits)
			}
		}
	}
}

// TestPercentInComments: a comment's own signs stay.
func TestPercentInComments(t *testing.T) {
	const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIAdyVEj9X0dxqmOc/Riw5Zre7mqsjttQnvDFOeZ5c05O"
	for _, comment := range []string{
		"100%2B", "a%20b", "https://example.org/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa%2Fb%3D%3D", "a%0Ab", "%0A", "BEGIN%20x", "a+b", "AAAA%2B",
		"x`n", "DOMAIN`name", "`r", "a & b", "a&b%3A+c",
	} {
		for _, text := range []string{
			"ssh-ed25519 " + blob + " " + comment + "\n",
			"environment=\"A=" + comment + "\" ssh-ed25519 " + blob + " " + comment + "\n",
			"# " + comment + "\nssh-ed25519 " + blob + " " + comment + "\n",
		} {
			out, edits, ok := peel(t, []byte(text))
			if !ok || len(edits) > 0 || string(out.b) != text {
				t.Errorf("%q: %v: %q", text, edits, out.b)
			}
		}
	}
}
