package formats

import (
	"bytes"
	"encoding/base64"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// goldensOf loads the golden files of one format.
func goldensOf(t testing.TB, id ID) []testkeys.Golden {
	t.Helper()
	all := slices.DeleteFunc(testkeys.Goldens(t), func(g testkeys.Golden) bool { return g.Format != string(id) })
	if len(all) == 0 {
		t.Fatalf("no golden file of %s", id)
	}
	return all
}

// openGolden opens a golden file of any format.
func openGolden(t testing.TB, g testkeys.Golden) *keytool.Key {
	t.Helper()
	e, err := Parse(g.Data, DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	k, err := e.Open(g.Passphrase)
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	return k
}

func findKey(t testing.TB, key, name string) *keytool.Key {
	t.Helper()
	return openGolden(t, testkeys.Find(t, key, name))
}

func mustEncode(t testing.TB, id ID, k *keytool.Key, opt Options) []byte {
	t.Helper()
	data, err := Encode(id, k, opt)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// runTool runs a peer and returns its stdout.
func runTool(t testing.TB, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(testkeys.Tool(t, name), args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, args, err, stderr.Bytes())
	}
	return string(out)
}

// fileOf writes data where a peer can read it.
func fileOf(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// bareLine is key type and base64 of a key's blob.
func bareLine(k *keytool.Key) string {
	return k.Algorithm().Name + " " + base64.StdEncoding.EncodeToString(k.Blob())
}

func firstFields(line string, n int) string {
	fields := strings.Fields(line)
	return strings.Join(fields[:min(n, len(fields))], " ")
}

func isSyntax(err error) bool {
	_, ok := errors.AsType[*SyntaxError](err)
	return ok
}

func TestRFC4716Goldens(t *testing.T) {
	for _, g := range goldensOf(t, RFC4716) {
		e, err := Parse(g.Data, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		if e.Format != RFC4716 || e.Kind != KindPublic || e.Algorithm != g.Facts.Algorithm || e.Encrypted() {
			t.Errorf("%s: %s, %s, %s", g, e.Format, e.Kind, e.Algorithm)
		}
		k, err := e.Open(nil)
		if err != nil || k.Fingerprint() != g.Facts.SHA256 || k.Comment() != g.Comment || k.IsPrivate() {
			t.Errorf("%s: %v %v, comment %q", g, err, k, k.Comment())
		}
		if g.Name == "rfc4716" { // puttygen wraps at 64 columns
			if got := mustEncode(t, RFC4716, k, Options{}); !bytes.Equal(got, g.Data) {
				t.Errorf("%s: ssh-keygen wrote\n%swe write\n%s", g, g.Data, got)
			}
		}
	}
}

// TestRFC4716PuttygenComment: the header line is puttygen's, escapes and all.
func TestRFC4716PuttygenComment(t *testing.T) {
	line := bareLine(findKey(t, "ed25519", "openssh.pub"))
	for _, comment := range []string{"taro@lab", `say "hi"`, `C:\keys\taro`, `\`, `"`, `\"`, "太郎 の 鍵", "a: b"} {
		data := runTool(t, "puttygen", fileOf(t, []byte(line+" "+comment+"\n")), "-O", "public")
		e, err := Parse([]byte(data), DefaultLimits())
		if err != nil || e.Public.Comment() != comment {
			t.Errorf("%q: %v, read as %q", comment, err, e.Public.Comment())
			continue
		}
		got := string(mustEncode(t, RFC4716, e.Public, Options{}))
		if want := strings.Split(data, "\n")[1]; strings.Split(got, "\n")[1] != want {
			t.Errorf("puttygen wrote %s, we write\n%s", want, got)
		}
	}
}

// longComments meet the line's end with every kind of unit, at every offset.
func longComments() []string {
	var all []string
	for _, unit := range []string{"a", "é", "鍵", "🔑", `"`, `\`, `\"`, ": ", " ", "a: b ", "\xe9"} {
		for offset := range 6 {
			all = append(all, strings.Repeat("x", offset)+strings.Repeat(unit, 170/len(unit)))
		}
	}
	return append(all, strings.Repeat("z", rfc4716MaxValue-2), "short", `ends in \`, " blanks ", `"`, `"quoted"`)
}

func TestRFC4716Comments(t *testing.T) {
	k := findKey(t, "ed25519", "openssh.pub")
	for _, comment := range longComments() {
		data := mustEncode(t, RFC4716, k.WithComment(comment), Options{})
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSuffix(line, "\n")
			if len(line) > 72 || utf8.ValidString(comment) && !utf8.ValidString(line) {
				t.Errorf("%q: line of %d bytes: %q", comment, len(line), line)
			}
		}
		e, err := Parse(data, DefaultLimits())
		if err != nil || e.Public.Comment() != comment || !e.Public.Equal(k) {
			t.Errorf("%q: %v\n%s", comment, err, data)
		}
	}
	if data := mustEncode(t, RFC4716, k.WithComment(""), Options{}); bytes.Contains(data, []byte("Comment")) {
		t.Errorf("a header without a comment:\n%s", data)
	}
}

func TestRFC4716CommentTooLong(t *testing.T) {
	k := findKey(t, "ed25519", "openssh.pub")
	for comment, lost := range map[string]bool{
		strings.Repeat("z", 1022): false, strings.Repeat("z", 1023): true,
		strings.Repeat(`"`, 511): false, strings.Repeat(`"`, 512): true,
	} {
		k := k.WithComment(comment)
		losses, err := Fit(RFC4716, k)
		if err != nil || (len(losses) == 1) != lost {
			t.Errorf("%d bytes: %v %v", len(comment), losses, err)
		}
		e, err := Parse(mustEncode(t, RFC4716, k, Options{}), DefaultLimits())
		if err != nil || (e.Public.Comment() == "") != lost {
			t.Errorf("%d bytes: %v", len(comment), err)
		}
	}
}

// TestRFC4716Peers: both peers read what we write. puttygen 0.78 knows no
// continued headers, so it is shown the short comments only.
func TestRFC4716Peers(t *testing.T) {
	for _, name := range []string{"rsa2048", "dsa1024", "ecdsa256", "ecdsa384", "ecdsa521", "ed25519"} {
		k := findKey(t, name, "openssh.pub")
		for _, comment := range append(longComments()[:12], "", "taro@lab 太郎", `a "b" \c`,
			strings.Repeat("a: b ", 40), strings.Repeat(": ", 80), strings.Repeat("-", 300), strings.Repeat("x", 61)+"---- y", "the END of it: END ") {
			path := fileOf(t, mustEncode(t, RFC4716, k.WithComment(comment), Options{}))
			if got := strings.TrimSpace(runTool(t, "ssh-keygen", "-i", "-f", path)); got != bareLine(k) {
				t.Errorf("%s, comment %q: ssh-keygen -i says %s", name, comment, got)
			}
			if strings.Count(commentHeader(comment), "\n") > 1 {
				continue
			}
			want := strings.TrimSpace(bareLine(k) + " " + comment)
			if got := strings.TrimSpace(runTool(t, "puttygen", "-L", path)); got != want {
				t.Errorf("%s: puttygen says\n%s, want\n%s", name, got, want)
			}
		}
	}
}

func TestRFC4716Certificate(t *testing.T) {
	for _, name := range []string{"rsa2048", "ecdsa256", "ed25519"} {
		g := testkeys.Find(t, name, "cert.pub")
		k := openGolden(t, g)
		data := mustEncode(t, RFC4716, k, Options{})
		e, err := Parse(data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind != KindCertificate || !bytes.Equal(e.Public.Certificate(), k.Certificate()) || e.Public.Comment() != k.Comment() {
			t.Errorf("%s: %s, comment %q", name, e.Kind, e.Public.Comment())
		}
		got := strings.TrimSpace(runTool(t, "ssh-keygen", "-i", "-f", fileOf(t, data)))
		if want := firstFields(string(g.Data), 2); got != want {
			t.Errorf("%s: ssh-keygen -i says\n%s, want\n%s", name, got, want)
		}
	}
}

// ssh2Public puts headers over the body of an Ed25519 key.
func ssh2Public(headers string, blob []byte) string {
	return "---- BEGIN SSH2 PUBLIC KEY ----\n" + headers + base64.StdEncoding.EncodeToString(blob) + "\n---- END SSH2 PUBLIC KEY ----\n"
}

func TestRFC4716Headers(t *testing.T) {
	blob := findKey(t, "ed25519", "openssh.pub").Blob()
	for headers, want := range map[string]string{
		"":                                 "",
		"Comment: plain text\n":            "plain text",
		"Comment: \"quoted\"\n":            "quoted",
		"COMMENT: upper case\n":            "upper case",
		"comment:no blank\n":               "no blank",
		"Comment: \"\"\n":                  "",
		"Comment: \"\n":                    `"`,
		"Comment: \"half\n":                `"half`,
		"Comment: \"a\" b\n":               `"a" b`,
		"Comment: \"  blanks  \"  \n":      "  blanks  ",
		"Comment: \"a \\\"b\\\" \\\\c\"\n": `a "b" \c`,
		// ssh-keygen -e on Windows writes domain\user as it is.
		"Comment: \"LAB\\taro\"\n":                         `LAB\taro`,
		"Comment: a \\\"b\\\"\n":                           `a \"b\"`,
		"Comment: one \\\ntwo \\\nthree\n":                 "one two three",
		"Comment: \"one\\\\\\\\\\\n two\"\n":               `one\\ two`,
		"Comment: one\\\nx-tag: two\n":                     "onex-tag: two",
		"Comment: slash\\\n\nSubject: taro\n":              "slash",
		"Subject: taro\nComment: mine\nx-lab: a\\\nb\n":    "mine",
		"Comment: one\nComment: two\n":                     "two",
		"Comment: colon: inside\n\n":                       "colon: inside",
		strings.Repeat("t", 64) + ": x\nComment: mine\n":   "mine",
		"x-long: " + strings.Repeat("v", 1024) + "\n":      "",
		"\u3000Comment: after a full-width blank\n":        "after a full-width blank",
		"Two words: no header\n":                           "-",
		": no name\n":                                      "-",
		strings.Repeat("t", 65) + ": x\n":                  "-",
		"x-long: " + strings.Repeat("v", 1025) + "\n":      "-",
		"x-long: " + strings.Repeat("vvvv\\\n", 257) + ":": "-",
	} {
		e, err := Parse([]byte(ssh2Public(headers, blob)), DefaultLimits())
		switch {
		case want == "-":
			if !isSyntax(err) {
				t.Errorf("%q: %v", headers, err)
			}
		case err != nil || e.Public.Comment() != want || !bytes.Equal(e.Public.Blob(), blob):
			t.Errorf("%q: %v %+v", headers, err, e)
		}
	}
}

func TestRFC4716Layout(t *testing.T) {
	g := testkeys.Find(t, "rsa1024", "rfc4716")
	plain := string(g.Data)
	k := openGolden(t, g)
	one := ssh2Public("", k.Blob())
	b64 := base64.StdEncoding.EncodeToString(k.Blob())
	for name, text := range map[string]string{
		"one line":          one,
		"columns of 4":      "---- BEGIN SSH2 PUBLIC KEY ----\n" + string(wrap(b64, 4)) + "---- END SSH2 PUBLIC KEY ----",
		"blank lines":       "\n\n" + strings.ReplaceAll(plain, "\n", "\n\n") + "\n\n",
		"trailing blanks":   strings.ReplaceAll(plain, "\n", "  \t\n"),
		"indented":          "  " + strings.ReplaceAll(plain, "\n", "\n  "),
		"CR LF":             strings.ReplaceAll(plain, "\n", "\r\n"),
		"no end of line":    strings.TrimSuffix(plain, "\n"),
		"byte order mark":   "\xef\xbb\xbf" + plain,
		"blank in the body": strings.Replace(one, b64, b64[:10]+" "+b64[10:], 1),
	} {
		e, err := Parse([]byte(text), DefaultLimits())
		if err != nil || e.Format != RFC4716 || !e.Public.Equal(k) {
			t.Errorf("%s: %v", name, err)
		}
	}
	full := ssh2Public("", findKey(t, "ed25519", "openssh.pub").Blob()) // 51 bytes, 68 characters
	if e, err := Parse([]byte(strings.Replace(full, "\n---- END", "===\n---- END", 1)), DefaultLimits()); err != nil {
		t.Errorf("=== after a full text: %v %v", e, err)
	}
}

func TestRFC4716UnknownType(t *testing.T) {
	for name, kind := range map[string]Kind{
		"ssh-tomorrow@example.org":                KindPublic,
		"ssh-tomorrow-cert-v01@openssh.com":       KindCertificate,
		"webauthn-sk-ecdsa-sha2-nistp256@openssh": KindPublic,
	} {
		blob := keytool.AppendStr(keytool.AppendStr(nil, name), "public half")
		e, err := Parse([]byte(ssh2Public("Comment: mine\n", blob)), DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		k, err := e.Open(nil)
		if err != nil || e.Algorithm != name || e.Kind != kind || k.Comment() != "mine" || !bytes.Equal(k.Blob(), blob) {
			t.Errorf("%s: %v %s", name, err, e.Kind)
			continue
		}
		again, err := Parse(mustEncode(t, RFC4716, k, Options{}), DefaultLimits())
		if err != nil || !again.Public.Equal(k) {
			t.Errorf("%s: written and read again: %v", name, err)
		}
	}
}

func TestRFC4716Damage(t *testing.T) {
	plain := string(testkeys.Find(t, "ed25519", "rfc4716").Data)
	lines := strings.SplitAfter(plain, "\n") // BEGIN, Comment, base64, END
	half := len(lines[2]) / 2
	lines = []string{lines[0], lines[1], lines[2][:half] + "\n", lines[2][half:], lines[3]}
	plain = strings.Join(lines, "")
	join := func(parts ...string) string { return strings.Join(parts, "") }
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"no END":               {join(lines[:4]...), 4},
		"cut in END":           {plain[:len(plain)-3], 5},
		"END of another":       {join(lines[0], lines[1], lines[2], lines[3], "---- END SSH2 ENCRYPTED PRIVATE KEY ----\n"), 5},
		"no body":              {join(lines[0], lines[1], lines[4]), 0},
		"BEGIN alone":          {lines[0], 1},
		"header after body":    {join(lines[0], lines[2], lines[1], lines[3], lines[4]), 3},
		"two keys":             {plain + plain, 6},
		"text after END":       {plain + "\nregards\n", 6},
		"header without end":   {join(lines[0], "Comment: a\\\n"), 2},
		"character lost":       {strings.Replace(plain, "AAAA", "AAA", 1), 0},
		"not base64":           {strings.Replace(plain, "AAAA", "A*AA", 1), 0},
		"blob too short":       {ssh2Public("", []byte{0, 0, 0, 11}), 0},
		"wrong length of key":  {ssh2Public("", keytool.AppendStr(keytool.AppendStr(nil, "ssh-ed25519"), make([]byte, 31))), 0},
		"bytes after the key":  {ssh2Public("", append(keytool.AppendStr(keytool.AppendStr(nil, "ssh-ed25519"), make([]byte, 32)), 0)), 0},
		"marker inside":        {join(lines[0], lines[0], lines[2], lines[3], lines[4]), 2},
		"comment in the body?": {join(lines[0], lines[2], "Comment: x\n", lines[4]), 3},
	} {
		_, err := Parse([]byte(c.text), DefaultLimits())
		s, ok := errors.AsType[*SyntaxError](err)
		if !ok || s.Format != RFC4716 || s.Line != c.line {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzRFC4716(f *testing.F) {
	for _, g := range goldensOf(f, RFC4716) {
		f.Add(g.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPublicFile(t, RFC4716, data)
	})
}

// checkPublicFile holds a decoder to what it promises of any input: no panic,
// the input left alone, and a key that it reads back once written.
func checkPublicFile(t *testing.T, id ID, data []byte) {
	before := bytes.Clone(data)
	if detected, _ := Detect(data); detected != id {
		return
	}
	e, err := Parse(data, DefaultLimits())
	if !bytes.Equal(before, data) {
		t.Fatal("the input was written to")
	}
	if err != nil {
		return
	}
	k, err := e.Open(nil)
	if err != nil || k.IsPrivate() {
		t.Fatalf("a public file opens as %v, %v", k, err)
	}
	written, err := Encode(id, k, Options{})
	if err != nil {
		if checkComment(k.Comment()) == nil {
			t.Fatal(err)
		}
		return
	}
	again, err := Parse(written, DefaultLimits())
	if err != nil || again.Format != id || !again.Public.Equal(k) || !bytes.Equal(again.Public.Certificate(), k.Certificate()) {
		t.Fatalf("written and read again: %v", err)
	}
}

func contentOf(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
