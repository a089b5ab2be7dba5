package formats

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// layer is a way to wrap a whole text, or to encode it.
type layer struct {
	name string
	edit Defect // that has to be named; "" where the text may have nothing to damage
	of   func(data string) string
}

func perLine(of func(line string) string) func(string) string {
	return func(text string) string {
		var out strings.Builder
		for line := range strings.Lines(text) {
			bare, ended := strings.CutSuffix(line, "\n")
			out.WriteString(of(bare))
			if ended {
				out.WriteByte('\n')
			}
		}
		return out.String()
	}
}

func jsonOf(text string) string {
	b, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func utf16Of(text string, low int) string {
	var out []byte
	for _, r := range text {
		unit := []byte{0, 0}
		unit[low], unit[1-low] = byte(r), byte(r>>8)
		out = append(out, unit...)
	}
	return string(out)
}

func columns(text string, width int) string { return string(wrap(text, width)) }

func shellQuoted(text string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`, "`", "\\`").Replace(text) + `"`
}

func printableOf(text string) string {
	var out strings.Builder
	w := quotedprintable.NewWriter(&out)
	fmt.Fprint(w, text)
	w.Close()
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}

// concatenated has a string per line.
func concatenated(quote func(string) string, sign string) func(string) string {
	return func(text string) string {
		var all []string
		for line := range strings.Lines(text) {
			all = append(all, quote(line))
		}
		return "const key = " + strings.Join(all, sign) + ";\n"
	}
}

// encodings are those of plainText.
func encodings() []layer {
	return []layer{
		{"bom", ByteOrderMark, func(s string) string { return "\ufeff" + s }},
		{"utf-16-le", UTF16, func(s string) string { return "\xff\xfe" + utf16Of(s, 0) }},
		{"utf-16-be", UTF16, func(s string) string { return "\xfe\xff" + utf16Of(s, 1) }},
		{"utf-16-le-bare", UTF16, func(s string) string { return utf16Of(s, 0) }},
		{"utf-16-be-bare", UTF16, func(s string) string { return utf16Of(s, 1) }},
		{"crlf", CRLF, func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }},
		{"cr", LoneCR, func(s string) string { return strings.ReplaceAll(s, "\n", "\r") }},
		{"crcrlf", LoneCR, func(s string) string { return strings.ReplaceAll(s, "\n", "\r\r\n") }},
		{"no-final-newline", NoFinalNewline, func(s string) string { return strings.TrimRight(s, "\r\n") }},
		{"empty-end", EmptyEnd, func(s string) string { return s + "\n \n" }},
	}
}

// wrappers are those of unwrap.
func wrappers() []layer {
	bare := func(s string) string { return strings.TrimSuffix(s, "\n") }
	ended := func(s string) string { return strings.TrimSuffix(s, "\n") + "\n" }
	std := base64.StdEncoding.EncodeToString
	escape := func(s string) string { return strings.ReplaceAll(s, "\n", `\n`) }
	return []layer{
		{"base64", Base64File, func(s string) string { return columns(std([]byte(s)), 76) }},
		{"base64 -w0", Base64File, func(s string) string { return std([]byte(s)) }},
		{"base64 twice", Base64File, func(s string) string { return columns(std([]byte(columns(std([]byte(s)), 76))), 76) }},
		{"base64 utf-16", Base64File, func(s string) string { return std([]byte(utf16Of(s, 0))) + "\n" }},
		{"base64 named", Base64File, func(s string) string { return "KEY=" + std([]byte(s)) + "\n" }},
		{"base64 url", Base64File, func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) + "\n" }},
		{"base64 quoted", Base64File, func(s string) string { return `KEY="` + std([]byte(s)) + "\"\n" }},
		{"json", Quoted, func(s string) string { return jsonOf(s) + "\n" }},
		{"json value", Quoted, func(s string) string { return `{"name": "taro", "private_key": ` + jsonOf(s) + `, "id": 7}` }},
		{"json lines", Quoted, func(s string) string { return "{\n  \"name\": \"taro\",\n  \"key\": " + jsonOf(s) + "\n}\n" }},
		{"json twice", Quoted, func(s string) string { return jsonOf(jsonOf(s)) }},
		{"json php", Quoted, func(s string) string { return `{"key":` + strings.ReplaceAll(jsonOf(s), "/", `\/`) + "}" }},
		{"json net", Quoted, func(s string) string {
			return strings.NewReplacer("+", `\u002b`, "=", `\u003D`).Replace(jsonOf(s))
		}},
		{"javascript", Quoted, concatenated(jsonOf, " +\n  ")},
		{"php", Quoted, concatenated(jsonOf, " .\n")},
		{"python", Quoted, concatenated(jsonOf, "\n")},
		{"json array", Quoted, func(s string) string {
			lines := strings.Split(bare(s), "\n")
			b, _ := json.Marshal(lines)
			return string(b) + "\n"
		}},
		{"sh single", Quoted, func(s string) string { return "KEY='" + strings.ReplaceAll(bare(s), "'", `'\''`) + "'\n" }},
		{"sh double", Quoted, func(s string) string { return "export KEY=" + shellQuoted(bare(s)) + "\n" }},
		{"sh dollar", Quoted, func(s string) string {
			return "KEY=$'" + strings.NewReplacer(`\`, `\\`, "'", `\'`, "\n", `\n`).Replace(s) + "'\n"
		}},
		{"env", Quoted, func(s string) string { return "USER=taro\nKEY=\"" + escape(s) + "\"\nSHELL=sh\n" }},
		{"echo", Quoted, func(s string) string { return "echo " + shellQuoted(bare(s)) + " > key\n" }},
		{"escaped", LiteralNewlines, escape},
		{"escaped crlf", LiteralNewlines, func(s string) string { return strings.ReplaceAll(s, "\n", `\r\n`) }},
		{"escaped twice", LiteralNewlines, func(s string) string { return strings.ReplaceAll(s, "\n", `\\n`) }},
		{"yaml block", Quoted, func(s string) string {
			return "key: |\n" + perLine(func(l string) string { return "  " + l })(ended(s)) + "next: 1\n"
		}},
		{"yaml folded", Quoted, func(s string) string {
			return "a:\n  key: >-\n" + perLine(func(l string) string { return "    " + l })(ended(s)) + "  b: c\n"
		}},
		{"yaml double", Quoted, func(s string) string { return "key: " + jsonOf(s) + "\n" }},
		{"yaml single", Quoted, func(s string) string { return "- '" + strings.ReplaceAll(bare(s), "'", "''") + "'\n" }},
		{"mail", MailQuoted, perLine(func(l string) string { return "> " + l })},
		{"mail tight", MailQuoted, perLine(func(l string) string { return ">" + l })},
		{"mail twice", MailQuoted, perLine(func(l string) string { return "> > " + l })},
		{"mail bars", MailQuoted, perLine(func(l string) string { return "| " + l })},
		{"mail within", MailQuoted, func(s string) string {
			return "Taro wrote:\n" + perLine(func(l string) string { return "> " + l })(ended(s)) + "Thanks!\n"
		}},
		{"html", "", func(s string) string {
			return strings.NewReplacer("+", "&#43;", "=", "&#x3D;").Replace(html.EscapeString(s))
		}},
		{"html br", Entities, func(s string) string { return "<p>" + strings.ReplaceAll(bare(s), "\n", "<br>\n") + "</p>\n" }},
		{"html pre", Entities, func(s string) string {
			return "<pre><code>" + strings.ReplaceAll(html.EscapeString(s), "\n", "&#10;") + "</code></pre>"
		}},
		{"printable", "", printableOf},
	}
}

// samples are sound files with what could be taken for damage in their comments.
func samples() map[string]string {
	const blob = "AAAAC3NzaC1lZDI1NTE5AAAAIAdyVEj9X0dxqmOc/Riw5Zre7mqsjttQnvDFOeZ5c05O"
	armoured := "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACAHclRI/V9HcapjnP0YsOWa3u5qrI7bUJ7wxTnmeXNOTgAAAJi6+BMbuvgT\nGwAAAAtzc2gtZWQyNTUxOQAAACAHclRI==\n-----END OPENSSH PRIVATE KEY-----\n"
	all := map[string]string{
		"openssh":   armoured,
		"encrypted": "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nMIIEpAIBAAKCAQEA1rH/n+n5EdWgXkzO7Cr3vO3G+MIIEpAIBAAKCAQEA1rH/n+n5Ed\nabcd+/==\n-----END RSA PRIVATE KEY-----\n",
		"rfc4716":   "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"256-bit \\\"x\\\"\"\n" + string(wrap(blob, 70)) + "---- END SSH2 PUBLIC KEY ----\n",
	}
	for i, comment := range comments() {
		all[fmt.Sprint("public ", i)] = "ssh-ed25519 " + blob + " " + comment + "\n"
		all[fmt.Sprint("ppk ", i)] = "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: " + comment +
			"\nPublic-Lines: 2\n" + string(wrap(blob, 64)) + "Private-Lines: 1\nAAAAIBc01BBkyU7MpY4zMapA7cD4DoN8kiO2d2N7tUb2yelz\n" +
			"Private-MAC: acba0c7afaa967758154a0e6e58b925c227598e50fa7724f13b4484d2d6407ca\n"
	}
	return all
}

func comments() []string {
	return []string{
		`taro@lab 太郎`, `a\nb`, `DOMAIN\nakamura`, `DOMAIN\user`, `x > y`, `&amp;`, `x &lt;br&gt; <br>`, `it's`, `key: |`, `"quoted"`, `say "hi", ok`,
		`C:\temp\new`, `a=3Db`, `\\server\share`, `| pipe`, `KEY="x"`, `back\`, "latin-1 \xe9\xff", `&nbsp;`, `a &gt;`, `#1`, `- -`,
	}
}

func peel(t testing.TB, data []byte) (trace, []edit, bool) {
	t.Helper()
	text, edits, ok := plainText(traceOf(data))
	if !ok {
		return text, edits, false
	}
	out, more := unwrap(text)
	return out, append(edits, more...), true
}

func hasEdit(edits []edit, d Defect) bool {
	return slices.ContainsFunc(edits, func(e edit) bool { return e.defect == d })
}

// TestPeelLeavesSoundTextAlone: no golden, no list and no comment is touched.
func TestPeelLeavesSoundTextAlone(t *testing.T) {
	check := func(name string, data []byte) {
		out, edits, ok := peel(t, data)
		if want := normalise(data).text != nil; ok != want {
			t.Errorf("%s: text %v, normalise says %v", name, ok, want)
		}
		if ok && (len(edits) > 0 || !bytes.Equal(out.b, data)) {
			t.Errorf("%s: %v\n%s", name, edits, out.b)
		}
	}
	for _, g := range testkeys.Goldens(t) {
		check(g.String(), g.Data)
	}
	for _, l := range testkeys.Lists(t) {
		check(l.Name, l.Data)
	}
	all := ""
	for name, text := range samples() {
		check(name, []byte(text))
		if strings.HasPrefix(name, "public") {
			all += text
		}
	}
	check("list", []byte(all))
	const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAdyVEj9X0dxqmOc/Riw5Zre7mqsjttQnvDFOeZ5c05O taro\n"
	for _, before := range []string{
		`command="echo \"a\nb\" > x",from="10.0.0.1" `, `environment="A=\n" `, "fe80:: ", "host,[10.0.0.1]:22 ", "|1|abcd=|efgh= ",
		"# don't \"do\n", "# key: |\n", `command="printf '&quot;'" `, "cert-authority,principals=\"a,b\" ", "@cert-authority *.lab ", "# > \n",
	} {
		check(before, []byte(before+line+line))
	}
}

// TestPeelUndoesPairs: every layer, and every two of them in either order, give text
// that has the original in it.
func TestPeelUndoesPairs(t *testing.T) {
	all := append(encodings(), wrappers()...)
	tried, bad := 0, 0
	for name, text := range samples() {
		for _, first := range all {
			once := first.of(text)
			for _, second := range append([]layer{{name: "nothing", of: func(s string) string { return s }}}, all...) {
				plain := !strings.ContainsAny(name, "123456789") || name == "rfc4716"
				if plain && unlikely(name, first.name, second.name, once) {
					continue
				}
				if !keeps(first, name) || !composes(first, second) || second.name != "nothing" && !plain {
					continue
				}
				twice := second.of(once)
				tried++
				out, edits, ok := peel(t, []byte(twice))
				switch {
				case !ok:
					t.Errorf("%s, %s, %s: binary", name, first.name, second.name)
				case !strings.Contains(string(out.b), text):
					if bad++; bad < 20 {
						t.Errorf("%s, %s, %s: %v, %s", name, first.name, second.name, edits, firstDifference(out.b, text))
					}
				case second.name == "nothing" && first.edit != "" && !hasEdit(edits, first.edit):
					t.Errorf("%s, %s: edits %v", name, first.name, edits)
				}
			}
		}
	}
	t.Logf("%d of %d", tried-bad, tried)
}

// firstDifference shows where a text that should hold another leaves it.
func firstDifference(got []byte, want string) string {
	start := max(0, bytes.Index(got, []byte(want[:min(8, len(want))])))
	i := 0
	for i < len(want) && start+i < len(got) && got[start+i] == want[i] {
		i++
	}
	return fmt.Sprintf("byte %d: %.40q, want %.40q", start+i, got[start+i:], want[i:])
}

// composes tells what can be done one after the other: UTF-16 is no text any more, and
// what knows LF alone cannot follow CR.
func composes(first, second layer) bool {
	bytewise := strings.HasPrefix(second.name, "base64") && second.name != "base64 utf-16" || second.name == "nothing"
	switch {
	case strings.HasPrefix(first.name, "utf-16"):
		return bytewise
	case strings.HasPrefix(first.name, "cr"):
		return bytewise || second.name == "base64 utf-16" || slices.Contains([]string{"bom", "utf-16-le", "utf-16-be-bare", "json", "json value", "json twice", "yaml double"}, second.name)
	}
	return true
}

// keeps tells whether a wrapper that escapes nothing, or not all, can be undone with a
// comment in the text that looks like what it does.
func keeps(l layer, sample string) bool {
	_, number, _ := strings.Cut(sample, " ")
	hostile := map[string][]string{
		"sh single": {"16"}, "json twice": {"16"}, "yaml single": {"16"}, "env": {"9", "10", "15", "16"}, "escaped": {"16"}, "escaped crlf": {"16"}, "escaped twice": {"16"},
		"html": {"4", "5", "6", "7", "9", "10", "12", "15", "18", "19"}, "html br": {"5", "6", "18", "19"},
	}
	if l.name == "env" && sample == "rfc4716" {
		return false
	}
	switch number {
	case "17": // Latin-1: no JSON, no UTF-16
		return strings.HasPrefix(l.name, "base64") && l.name != "base64 utf-16" || strings.HasPrefix(l.name, "mail")
	}
	return !slices.Contains(hostile[l.name], number)
}

// checkPlaces: every byte and every edit has a place within the input, in its order,
// and the text has not grown by more than UTF-16 needs.
func checkPlaces(t *testing.T, out trace, edits []edit, data []byte) {
	t.Helper()
	if len(out.b) != len(out.at) || len(out.b) > 2*len(data)+1 {
		t.Fatalf("%d bytes, %d places, of %d", len(out.b), len(out.at), len(data))
	}
	last := int32(0)
	for i, at := range out.at {
		if at < last || int(at) >= len(data) {
			t.Fatalf("byte %d of %d has place %d of %d, behind %d", i, len(out.b), at, len(data), last)
		}
		last = at
	}
	for _, e := range edits {
		if e.first < 0 || e.last < e.first || int(e.last) >= len(data) {
			t.Fatalf("%s from %d to %d of %d", e.defect, e.first, e.last, len(data))
		}
	}
}

// TestPeelPlaces: a byte that came through has its own offset in the input, and one
// that was put in that of the sign it stands for.
func TestPeelPlaces(t *testing.T) {
	for name, text := range samples() {
		if strings.HasSuffix(name, " 17") {
			continue // Latin-1
		}
		for _, l := range append(encodings(), wrappers()...) {
			if strings.HasPrefix(l.name, "base64") {
				continue
			}
			data := []byte(l.of(text))
			out, edits, _ := peel(t, data)
			checkPlaces(t, out, edits, data)
			low := 0
			if strings.HasPrefix(l.name, "utf-16-be") {
				low = 1
			}
			for i, c := range out.b {
				from := data[min(int(out.at[i])+low, len(data)-1)]
				if from != c && c != '\n' && !strings.ContainsRune("\\&=<'", rune(from)) && (c < 0x80 || !strings.HasPrefix(l.name, "utf-16")) {
					t.Fatalf("%s, %s: %q at %d is %q in the input", name, l.name, c, i, from)
				}
			}
		}
	}
}

// TestPeelBase64Places: a decoded byte has the place of the character that has its
// first bits, whatever stands between the characters.
func TestPeelBase64Places(t *testing.T) {
	text := samples()["openssh"]
	for _, before := range []string{"", "KEY=", "Dear Hanako,\n\n"} {
		data := []byte(before + columns(base64.StdEncoding.EncodeToString([]byte(text)), 76))
		out, edits, _ := peel(t, data)
		checkPlaces(t, out, edits, data)
		if !bytes.HasSuffix(out.b, []byte(text)) {
			t.Fatalf("%q: %s", before, out.b)
		}
		at := out.at[out.len()-len(text):]
		for i := range text {
			n := i/3*4 + i%3
			if want := len(before) + n + n/76; int(at[i]) != want {
				t.Fatalf("%q: byte %d has place %d, want %d", before, i, at[i], want)
			}
		}
	}
}

// TestPeelEncodings: odd bytes and mixed line ends.
func TestPeelEncodings(t *testing.T) {
	for name, c := range map[string]struct {
		data, want string
		edits      []edit
	}{
		"odd final byte":  {"a\x00b\x00c\x00d\x00\n", "abcd\n", []edit{{UTF16, 0, 8}}},
		"lost final byte": {"\x00a\x00b\x00c\x00d\x00\n\x00", "abcd\n", []edit{{UTF16, 0, 8}}},
		"surrogates":      {"\xff\xfea\x00\x3d\xd8\x00\xde\n\x00", "a\U0001f600\n", []edit{{UTF16, 0, 8}}},
		"mixed ends":      {"a\r\nb\rc\nd\r\r\n", "a\nb\nc\nd\n", []edit{{CRLF, 1, 9}, {LoneCR, 4, 8}, {EmptyEnd, 10, 10}}},
		"twice":           {"a\r\r\nb\r\n", "a\nb\n", []edit{{CRLF, 2, 5}, {LoneCR, 1, 1}}},
		"marks":           {"\xef\xbb\xbf\xef\xbb\xbfa\xe9", "a\xe9\n", []edit{{ByteOrderMark, 0, 5}, {NoFinalNewline, 7, 7}}},
		"empty end":       {"a \n\n  \n", "a \n", []edit{{EmptyEnd, 3, 6}}},
	} {
		out, edits, ok := plainText(traceOf([]byte(c.data)))
		byName := func(a, b edit) int { return strings.Compare(string(a.defect), string(b.defect)) }
		slices.SortFunc(edits, byName)
		slices.SortFunc(c.edits, byName)
		if !ok || string(out.b) != c.want || !slices.Equal(edits, c.edits) {
			t.Errorf("%s: %q, %v, %v", name, out.b, edits, ok)
		}
	}
	for _, data := range []string{"", " \n", "\x30\x82\x00\x01", "a\x00b", "\x00\x00\x00\x0bssh-ed25519"} {
		if out, edits, ok := plainText(traceOf([]byte(data))); ok || edits != nil || string(out.b) != data {
			t.Errorf("%q is text: %v", data, edits)
		}
	}
}

// hostileTexts would cost the square of their size in careless hands.
func hostileTexts() []string {
	const size = 1 << 16
	units := []string{
		`"`, `"a`, ` "`, `'`, `'"`, "\\", `\n`, `\\n`, `\n\n `, `x\n`, "A:\n\\n", `A\r`, `AAAAB3Nz\n`, "&", "&amp;", "&#43;", "<", "<p", "<br>", "=", "=3D", "=\n",
		"a=\n", ">", "> ", "| ", "> >\n", "a\n", "k: |\n", " k: |\n", "- ", "-", "AAAA", "b3BlbnNzaC1rZXk", "BEGIN ", "-BEGIN", "MIIE", "A", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n",
		`"a",`, `"a" + `, "\ufeff", "\u201c", `{"a": "`, "export A=", "x> ", `\"`, `\u0022`, " ", "\t\n", "KEY=A\n",
		"`n", "a`n", "%", "%2B", "a%2B", "%0A", "+AAAA", "BEGIN+", "> a>", ">a", ">&nbsp;", "\u200bAAAA", "<br >", "\x1a",
	}
	var all []string
	for _, u := range units {
		whole := strings.Repeat(u, size/len(u))
		all = append(all, whole, "-----BEGIN A-----"+whole, `"-----BEGIN A-----`+whole, "> "+whole, strings.Repeat("A", size/2)+"!"+whole)
	}
	deep := "-----BEGIN A-----\n"
	quoted := strings.Repeat("-----BEGIN A-----\n", size/64)
	for len(deep) < size {
		deep = base64.StdEncoding.EncodeToString([]byte(deep))
	}
	for len(quoted) < size {
		quoted = jsonOf(quoted)
	}
	nested := ""
	for i := 0; len(nested) < size; i++ {
		nested += strings.Repeat(" ", i) + "k: |\n"
	}
	text := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("just prose here\n"), size/22))
	return append(all, deep, quoted, nested, columns(text, 76), columns(text[:len(text)/2], 76)+"\n"+columns(text[len(text)/2:], 60))
}

// TestPeelHostile: what grows with the square of the size takes minutes here.
func TestPeelHostile(t *testing.T) {
	t.Parallel()
	for _, text := range hostileTexts() {
		out, edits, ok := peel(t, []byte(text))
		if ok {
			checkPlaces(t, out, edits, []byte(text))
		}
	}
}

// FuzzUnwrap: nothing panics, the input is left alone, places lie within it.
func FuzzUnwrap(f *testing.F) {
	all := samples()
	for _, name := range []string{"openssh", "public 0", "ppk 2"} {
		text := all[name]
		for _, l := range append(encodings(), wrappers()...) {
			f.Add([]byte(l.of(text)))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		out, edits, ok := peel(t, data)
		if !bytes.Equal(data, before) {
			t.Fatal("the input was written to")
		}
		if ok {
			checkPlaces(t, out, edits, data)
		}
	})
}

// unlikely tells pairs that leave nothing to tell a layer by, or that no program makes:
// a wrapper that escapes no quotes around quotes, \n behind a comment in a text of
// lines, HTML of a program's text, an encoding of mail without base64 at its signs.
func unlikely(sample, first, second, once string) bool {
	code := slices.Contains([]string{"javascript", "php", "python"}, first)
	lines := slices.Contains([]string{"env", "mail within", "yaml block", "yaml folded"}, first)
	escaped := strings.HasPrefix(second, "escaped")
	switch {
	case second == "env" && strings.Contains(once, `"`), code && second == "html br":
		return true
	case sample == "public 0" && (strings.HasPrefix(first, "escaped") && second != "nothing" || lines && (escaped || second == "html br")):
		return true
	case first == second && (first == "printable" || first == "html br"):
		return true
	case second == "printable":
		return first == "html" || first == "json twice" && sample == "rfc4716"
	}
	return first == "yaml folded" && second == "html"
}
