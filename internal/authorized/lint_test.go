package authorized

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"sshkeys/internal/listlint"
	"sshkeys/internal/testkeys"
)

// dropping are lists with a key in some form: sshd reads it or does not, and Lint has
// to say the same. KEY is the key's line without its end, TYPE and TEXT its first two
// words, OTHER another key's line.
var dropping = []struct {
	name, list string
	read       bool
}{
	{"plain", "KEY\n", true},
	{"without an end", "KEY", true},
	{"indented", " \t KEY\n", true},
	{"CR LF", "KEY\r\n", true},
	{"CR LF, no comment", "TYPE TEXT\r\n", true},
	{"CR CR LF, no comment", "TYPE TEXT\r\r\n", true},
	{"CR LF, options", "no-pty TYPE TEXT\r\n", true},
	{"CR LF, empty lines", "\r\n\r\nKEY\r\n\r\n", true},
	{"CR LF, comment before", "# the lab\r\nKEY\r\n", true},
	{"CR", "# the lab\rKEY\r", false},
	{"CR behind another key", "OTHER\rKEY\r", false},
	{"CR after the type", "TYPE\rTEXT\n", false},
	{"BOM", "\xef\xbb\xbfKEY\n", false},
	{"BOM, options", "\xef\xbb\xbfno-pty KEY\n", false},
	{"BOM before a comment", "\xef\xbb\xbf# x\nKEY\n", true},
	{"BOM in the middle", "OTHER\n\xef\xbb\xbfKEY\n", false},
	{"UTF-16 LE", "UTF16LE", false},
	{"UTF-16 LE without a mark", "UTF16LE-BARE", false},
	{"UTF-16 BE", "UTF16BE", false},
	{"NUL before", "\x00KEY\n", false},
	{"NUL in the text", "TYPE \x00TEXT\n", false},
	{"NUL behind the text", "TYPE TEXT\x00 x\n", true},
	{"NUL in the line before", "a\x00b\nKEY\n", true},
	{"NUL before a comment", "\x00#\nKEY\n", true},
	{"NUL in the comment", "KEY\x00\x00\n", true},
	{"NBSP after the type", "TYPE\u00a0TEXT\n", false},
	{"wide space", "TYPE\u3000TEXT\n", false},
	{"NBSP before", "\u00a0KEY\n", false},
	{"NBSP behind", "TYPE TEXT\u00a0x\n", false},
	{"zero width in the text", "TYPE HALF\u200bREST\n", false},
	{"tab", "TYPE\tTEXT\tcomment\n", true},
	{"several blanks", "TYPE   TEXT   comment\n", true},
	{"lost letter", "LOST TEXT\n", false},
	{"wrapped", "TYPE HALF\nREST\n", false},
	{"wrapped at the type", "TYPE\nTEXT\n", false},
	{"blank in the text", "TYPE HALF REST\n", false},
	{"joined before", "KEYOTHER\n", true},
	{"joined behind", "OTHERKEY\n", false},
	{"joined behind, with a space", "OTHER KEY\n", false},
	{"RFC 4716", "RFC4716", false},
	{"quoted mail", "> KEY\n", false},
	{"quotes", "\"KEY\"\n", false},
	{"options", `no-pty,from="127.0.0.1,*.lab",environment="A=b" KEY` + "\n", true},
	{"options in capitals", `NO-PTY,From="127.0.0.1" KEY` + "\n", true},
	{"quoted blanks and commas", `command="echo \"a, b\" c",no-pty KEY` + "\n", true},
	{"unknown option", "nonsense KEY\n", false},
	{"unknown after a known", "no-pty,nonsense KEY\n", false},
	{"value in no quotes", "from=127.0.0.1 KEY\n", false},
	{"open quote", `from="127.0.0.1 KEY` + "\n", false},
	{"a flag with a value", `no-pty="x" KEY` + "\n", false},
	{"a value that is missing", "command KEY\n", false},
	{"comma at the end", "no-pty, KEY\n", true},
	{"blank after a comma", `no-pty, from="127.0.0.1" KEY` + "\n", false},
	{"twice", `command="true",command="true" KEY` + "\n", false},
	{"environment without a name", `environment="=b" KEY` + "\n", false},
	{"environment without a value", `environment="A" KEY` + "\n", false},
	{"environment with a dash", `environment="A-B=c" KEY` + "\n", false},
	{"permitopen", `permitopen="localhost:80",permitopen="[::1]:*" KEY` + "\n", true},
	{"permitopen without a port", `permitopen="localhost" KEY` + "\n", false},
	{"permitopen, port 0", `permitopen="localhost:0" KEY` + "\n", false},
	{"permitopen, port too great", `permitopen="localhost:65536" KEY` + "\n", false},
	{"permitlisten", `permitlisten="8080",permitlisten="localhost:*" KEY` + "\n", true},
	{"permitlisten, no port", `permitlisten="x" KEY` + "\n", false},
	{"tunnel", `tunnel="0" KEY` + "\n", true},
	{"tunnel, no number", `tunnel="x" KEY` + "\n", false},
	{"expiry-time to come", `expiry-time="20990101" KEY` + "\n", true},
	{"expiry-time to the second", `expiry-time="20990101120000" KEY` + "\n", true},
	{"expiry-time, no time", `expiry-time="tomorrow" KEY` + "\n", false},
	{"expiry-time, 13 digits", `expiry-time="2099010112000" KEY` + "\n", false},
	{"principals without an authority", `principals="alice" KEY` + "\n", false},
	{"a host before it", "host.example KEY\n", false},
	{"a marker before it", "@cert-authority * KEY\n", false},
	{"verify-required", "verify-required,no-touch-required KEY\n", true},
	{"a line of 16383 bytes", "LONG16383", true},
	{"a line of 16384 bytes", "LONG16384", true},
	{"a line of 200000 bytes", "LONG200000", true},
	{"junk before and behind", "prose\nKEY\nmore prose\n", true},
	{"an open quote in the line before", "from=\"x\nKEY\n", true},
	{"a block without its end before it", "-----BEGIN SOMETHING-----\nKEY\n", true},
}

func spell(list string, key, other []byte) string {
	line, second := strings.TrimSpace(string(key)), strings.TrimSpace(string(other))
	typ, rest, _ := strings.Cut(line, " ")
	text, _, _ := strings.Cut(rest, " ")
	switch {
	case strings.HasPrefix(list, "UTF16"):
		return utf16Of(line+"\n", strings.HasPrefix(list, "UTF16LE"), !strings.HasSuffix(list, "BARE"))
	case list == "RFC4716":
		return "---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"x\"\n" + text[:60] + "\n" + text[60:] + "\n---- END SSH2 PUBLIC KEY ----\n"
	case strings.HasPrefix(list, "LONG"):
		size := map[string]int{"LONG16383": 16383, "LONG16384": 16384, "LONG200000": 200000}[list]
		return line + " " + strings.Repeat("x", size-len(line)-2) + "\n"
	}
	return strings.NewReplacer("KEY", line, "OTHER", second, "TYPE", typ, "TEXT", text, "HALF", text[:40], "REST", text[40:], "LOST", typ[1:]).Replace(list)
}

func utf16Of(text string, little, mark bool) string {
	if mark {
		text = "\ufeff" + text
	}
	var out []byte
	for _, r := range text {
		if little {
			out = append(out, byte(r), byte(r>>8))
		} else {
			out = append(out, byte(r>>8), byte(r))
		}
	}
	return string(out)
}

// checkDrops holds Lint and Parse to a verdict.
func checkDrops(t *testing.T, name string, list []byte, read bool) {
	t.Helper()
	found := lint(t, list)
	about := false // a problem says that a line is lost, other than of junk around the key
	for _, p := range found {
		about = about || p.Drops && !(read && p.Code != "P03" && p.Severity == listlint.Error && harmless(p, list))
	}
	if about == read {
		t.Errorf("%s: sshd reads the key: %v; %+v", name, read, found)
	}
}

// harmless tells a problem of another line than the key's.
func harmless(p listlint.Problem, list []byte) bool {
	lines := bytes.Split(list, []byte("\n"))
	if p.Code == "R30" {
		return true // the other key is lost, not the first
	}
	return !bytes.Contains(bytes.Join(lines[p.Line-1:p.Last], nil), []byte("AAAA"))
}

func lint(t *testing.T, list []byte) []listlint.Problem {
	t.Helper()
	var found []listlint.Problem
	err := Lint(bytes.NewReader(list), LintOptions{Now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}, func(p listlint.Problem) error {
		found = append(found, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestLintDrops is TestLintAsSSHD without sshd: what that one said is in the table.
func TestLintDrops(t *testing.T) {
	key, other := testkeys.Find(t, "ed25519", "openssh.pub").Data, testkeys.Find(t, "ed25519-leadingzero", "openssh.pub").Data
	for _, c := range dropping {
		checkDrops(t, c.name, []byte(spell(c.list, key, other)), c.read)
	}
}

// A private key is one problem over all its lines, and is nothing that Fix touches.
func TestLintPrivateKeys(t *testing.T) {
	a, b := testkeys.Find(t, "rsa2048", "openssh.pub").Data, testkeys.Find(t, "ecdsa256", "openssh.pub").Data
	openssh := string(testkeys.Find(t, "ed25519", "openssh").Data)
	ppk := string(testkeys.Find(t, "ed25519", "ppk3").Data)
	long := string(testkeys.Find(t, "rsa2048", "ppk2").Data)
	quoted := "> " + strings.ReplaceAll(strings.TrimSpace(ppk), "\n", "\n> ") + "\n"
	for name, private := range map[string]string{
		"openssh": openssh, "ppk3": ppk, "ppk2": long, "mail": quoted,
		"dashes":          strings.ReplaceAll(openssh, "-----", "–"),
		"few dashes":      strings.ReplaceAll(openssh, "-----", "--"),
		"no dashes":       strings.ReplaceAll(openssh, "-----", ""),
		"lower case":      strings.NewReplacer("BEGIN OPENSSH", "begin openssh", "END OPENSSH", "end openssh").Replace(openssh),
		"quotes":          "\"" + strings.TrimSpace(openssh) + "\"\n",
		"CR LF":           strings.ReplaceAll(ppk, "\n", "\r\n"),
		"CR":              strings.ReplaceAll(strings.TrimSpace(openssh), "\n", "\r") + "\n",
		"one line":        strings.ReplaceAll(strings.TrimSpace(openssh), "\n", " ") + "\n",
		"one line, PPK":   strings.ReplaceAll(strings.TrimSpace(ppk), "\n", `\n`) + "\n",
		"without its end": strings.Join(strings.SplitAfter(openssh, "\n")[:5], ""),
	} {
		list := []byte(string(a) + private + string(b))
		found := lint(t, list)
		found = slices.DeleteFunc(found, func(p listlint.Problem) bool { return p.Severity == listlint.Info })
		if len(found) != 1 || found[0].Code != "P09" || found[0].Line != 2 || found[0].Last != 1+strings.Count(private, "\n") || found[0].Mendable {
			t.Errorf("%s: %+v", name, found)
		}
		if fixed := Fix(list); len(fixed.Mended) > 0 {
			t.Errorf("%s: mended: %+v", name, fixed.Mended)
		}
		if keys := mustParse(t, list).PrivateKeys(); len(keys) != 1 || keys[0].Line != 2 {
			t.Errorf("%s: %+v", name, keys)
		}
	}
}

// Two of them are two, and what else is damaged beside them is told.
func TestLintPrivateKeyAmongDamage(t *testing.T) {
	key := strings.TrimSpace(string(testkeys.Find(t, "ecdsa256", "openssh.pub").Data))
	ppk := string(testkeys.Find(t, "ed25519", "ppk3").Data)
	list := key[:60] + "\n" + key[60:] + "\n" + ppk + ppk + key[1:] + "\n"
	var got []string
	for _, p := range lint(t, []byte(list)) {
		got = append(got, fmt.Sprintf("%s %d-%d %v", p.Code, p.Line, p.Last, p.Mendable))
	}
	want := []string{"R28 1-2 true", "P09 3-11 false", "P09 12-20 false", "R29 21-21 true"}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	fixed := Fix([]byte(list))
	if want := key + "\n" + ppk + ppk; !strings.HasPrefix(string(fixed.Data), want) {
		t.Errorf("%q", fixed.Data)
	}
}

// A byte order mark before a line without a key is no error, and goes.
func TestLintIdleMark(t *testing.T) {
	key := string(testkeys.Find(t, "ecdsa256", "openssh.pub").Data)
	for _, first := range []string{"# my keys\n", "\n", "  # x\r\n"} {
		list := []byte("\xef\xbb\xbf" + first + key)
		found := lint(t, list)
		if len(found) == 0 || found[0].Code != "R01" || found[0].Severity != listlint.Info || found[0].Drops || !found[0].Mendable {
			t.Errorf("%q: %+v", first, found)
		}
		if fixed := Fix(list); string(fixed.Data) != first+key || len(fixed.Mended) != 1 {
			t.Errorf("%q: %q, %+v", first, fixed.Data, fixed.Mended)
		}
	}
}
