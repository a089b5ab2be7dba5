package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

// mend reads a text, and fails the test where that gives another key than the golden's.
func mend(t *testing.T, g testkeys.Golden, text string) *formats.Envelope {
	t.Helper()
	env, err := formats.Mend([]byte(text), formats.DefaultLimits())
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	k, err := env.Open(g.Passphrase)
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	if k.Fingerprint() != g.Facts.SHA256 {
		t.Fatalf("%s: mended to another key: %v", g, env.Edits)
	}
	return env
}

// TestMendArmour: what is undone is named with its lines.
func TestMendArmour(t *testing.T) {
	openssh := testkeys.Find(t, "ed25519", "openssh")
	pem := testkeys.Find(t, "rsa2048", "pkcs1.aes128.pem")
	params := testkeys.Find(t, "ecdsa256", "sec1-params.pem")
	ssh2 := testkeys.Find(t, "rsa3072", "rfc4716")
	at := func(line int, d formats.Defect, last int) formats.Edit {
		return formats.Edit{Line: line, Defect: d, Last: last}
	}
	replace := func(old, new string) func(string) string {
		return func(text string) string { return strings.Replace(text, old, new, 1) }
	}
	lines := strings.Count(string(openssh.Data), "\n")
	for name, c := range map[string]struct {
		of   testkeys.Golden
		make func(string) string
		want []formats.Edit
	}{
		"a dash of a word processor": {openssh, replace("-----BEGIN", "—BEGIN"), []formats.Edit{at(1, formats.OddDashes, 1)}},
		"four dashes behind":         {openssh, replace("KEY-----\nb3", "KEY----\nb3"), []formats.Edit{at(1, formats.DashCount, 1)}},
		"no dashes before":           {openssh, replace("-----BEGIN", "BEGIN"), []formats.Edit{at(1, formats.DashCount, 1)}},
		"a wrong letter":             {openssh, replace("OPENSSH", "OPENSSL"), []formats.Edit{at(1, formats.DamagedMarker, 1)}},
		"a wrong sign":               {openssh, replace("END OPENSSH", "END OP%NSSH"), []formats.Edit{at(lines, formats.DamagedMarker, lines)}},
		"small letters":              {openssh, strings.ToLower, nil}, // the base64 text too: see below
		"no-break spaces":            {openssh, replace("BEGIN OPENSSH PRIVATE", "BEGIN\u00a0OPENSSH\u00a0PRIVATE"), []formats.Edit{at(1, formats.OddBlank, 1)}},
		"zero width in the text":     {openssh, replace("AAAA", "AA\u200bAA"), []formats.Edit{at(2, formats.ZeroWidth, 2)}},
		"indented body":              {openssh, replace("\nb3", "\n  b3"), []formats.Edit{at(2, formats.Indented, 2)}},
		"label of another format":    {openssh, func(s string) string { return strings.ReplaceAll(s, "OPENSSH", "RSA") }, nil},
		"prose before, a blank line": {openssh, func(s string) string { return "My key:\n\n" + s }, []formats.Edit{at(1, formats.TextBefore, 2)}},
		"prose on the same line":     {openssh, func(s string) string { return "My key: " + s }, []formats.Edit{at(1, formats.TextBefore, 1)}},
		"a public key behind":        {openssh, func(s string) string { return s + openssh.Facts.Public + "\n" }, []formats.Edit{at(lines+1, formats.TextAfter, lines+1)}},
		"headers on one line": {pem, replace("\nDEK-Info", " DEK-Info"),
			[]formats.Edit{at(2, formats.SpacesForLines, 2)}},
		"headers without line ends": {pem, replace("ENCRYPTED\nDEK-Info", "ENCRYPTEDDEK-Info"), []formats.Edit{at(2, formats.LostNewlines, 2)}},
		"no empty line": {pem, func(s string) string { return strings.Replace(s, "\n\n", "\n", 1) },
			[]formats.Edit{at(3, formats.LostNewlines, 3)}},
		"parameters and indentation": {params, func(s string) string { return regexp.MustCompile("(?m)^").ReplaceAllString(s, " ")[:len(s)+7] }, nil},
		"a comment with odd signs":   {ssh2, replace(`Comment: "`, `Comment: "a – b\u00a0`), nil},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.make(string(c.of.Data))
			if name == "small letters" {
				marks := regexp.MustCompile("-----.*-----")
				text = marks.ReplaceAllStringFunc(string(c.of.Data), strings.ToLower)
				c.want = []formats.Edit{at(1, formats.LowerCase, lines)}
			}
			env := mend(t, c.of, text)
			if c.want != nil && !slices.Equal(env.Edits, c.want) {
				t.Errorf("edits %v, want %v", env.Edits, c.want)
			}
			if name == "a comment with odd signs" && len(env.Edits) > 0 {
				t.Errorf("edits %v in a sound file", env.Edits)
			}
		})
	}
}

// TestMendFrames: what a program shows around the lines of a file is none of it.
func TestMendFrames(t *testing.T) {
	for _, name := range []string{"ed25519/openssh", "rsa2048/pkcs1.pem", "rsa2048/pkcs1.aes128.pem", "ed25519/rfc4716"} {
		key, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, key, file)
		for _, f := range []struct{ before, behind string }{
			{"", "$"}, {"%6d\t", ""}, {"%d:", ""}, {"%d. ", ""}, {"+", ""}, {"│ ", "      │"}, {"# ", ""}, {"// ", ""},
			{"2026-11-21T18:27:%02d.123Z ", ""}, {"[%d] ", " \\"},
		} {
			var text strings.Builder
			for i, line := range strings.Split(strings.TrimSuffix(string(g.Data), "\n"), "\n") {
				before := f.before
				if strings.Contains(before, "%") {
					before = fmt.Sprintf(before, i+8)
				}
				text.WriteString(before + line + f.behind + "\n")
			}
			env := mend(t, g, "cat key\n"+text.String())
			if !bytes.Equal(env.Mended, g.Data) || !slices.ContainsFunc(env.Edits, func(e formats.Edit) bool { return e.Defect == formats.MailQuoted }) {
				t.Errorf("%s in %q %q: edits %v, mended to\n%s", g, f.before, f.behind, env.Edits, env.Mended)
			}
		}
	}
}

// TestMendWritesTheGolden: the text that Mend reads is the file before it was damaged.
func TestMendWritesTheGolden(t *testing.T) {
	for _, name := range []string{"ed25519/openssh", "rsa2048/pkcs1.pem", "rsa2048/pkcs1.aes128.pem", "ed25519/pkcs8.pem", "rsa3072/sshcom", "rsa3072/rfc4716", "rsa3072/spki.pem"} {
		key, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, key, file)
		env := mend(t, g, "x\n"+strings.ReplaceAll(string(g.Data), "\n", " \n"))
		if !bytes.Equal(env.Mended, g.Data) {
			t.Errorf("%s: mended to\n%s", g, env.Mended)
		}
	}
}

// TestMendTwoKeys: a file with the private keys of two is neither's, unless Parse has
// always read the first.
func TestMendTwoKeys(t *testing.T) {
	a, b := testkeys.Find(t, "ed25519", "openssh"), testkeys.Find(t, "ecdsa256", "openssh")
	indented := func(g testkeys.Golden) string { return " " + string(g.Data) }
	_, err := formats.Mend([]byte(indented(a)+indented(b)), formats.DefaultLimits())
	ambiguous, ok := errors.AsType[*formats.AmbiguousError](err)
	if !ok || len(ambiguous.Readings) != 2 {
		t.Fatalf("two keys: %v", err)
	}
	mend(t, a, indented(a)+indented(a)) // the same one twice
}

// TestMendPlus: a plus sign that a web form took is put back where the key proves it,
// or where all are gone together; of one alone a public key proves nothing.
func TestMendPlus(t *testing.T) {
	form := func(g testkeys.Golden, n int) string {
		head, body, _ := strings.Cut(string(g.Data), "\n")
		return head + "\n" + strings.Replace(body, "+", " ", n)
	}
	for _, name := range []string{"rsa2048/openssh", "rsa2048/pkcs1.pem", "rsa2048/pkcs8.pem", "rsa2048/ppk3"} {
		key, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, key, file)
		for _, n := range []int{1, -1} {
			env := mend(t, g, form(g, n))
			if !slices.ContainsFunc(env.Edits, func(e formats.Edit) bool { return e.Defect == formats.PlusAsSpace }) {
				t.Errorf("%s: edits %v", g, env.Edits)
			}
		}
	}
	public := testkeys.Find(t, "rsa3072", "spki.pem")
	mend(t, public, form(public, -1))
	_, err := formats.Mend([]byte(form(public, 1)), formats.DefaultLimits())
	if ambiguous, ok := errors.AsType[*formats.AmbiguousError](err); !ok || ambiguous.Line == 0 || len(ambiguous.Readings) != 1 {
		t.Errorf("one of several: %v", err)
	}
}

// TestMendPlusOrBlank: two blanks in place of a line end are no plus signs.
func TestMendPlusOrBlank(t *testing.T) {
	for _, name := range []string{"ecdsa256/sec1.pem", "rsa2048/pkcs1.pem", "ed25519/openssh", "ed25519/pkcs8.pem"} {
		key, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, key, file)
		mend(t, g, "\t"+strings.ReplaceAll(strings.TrimSuffix(string(g.Data), "\n"), "\n", " \t"))
	}
}

// TestMendSecondKey: what follows the key that is read is named.
func TestMendSecondKey(t *testing.T) {
	a, b := testkeys.Find(t, "ed25519", "openssh"), testkeys.Find(t, "ecdsa256", "openssh")
	env := mend(t, a, string(a.Data)+string(b.Data))
	want := formats.Edit{Line: 1 + strings.Count(string(a.Data), "\n"), Defect: formats.SecondKey, Last: strings.Count(string(a.Data)+string(b.Data), "\n")}
	if !slices.Contains(env.Edits, want) {
		t.Errorf("edits %v, want %v", env.Edits, want)
	}
	if env = mend(t, a, string(a.Data)+string(a.Data)); slices.ContainsFunc(env.Edits, func(e formats.Edit) bool { return e.Defect == formats.SecondKey }) {
		t.Errorf("edits %v of one key twice", env.Edits)
	}
}

// TestSurrounded: what a file has beside its key is no damage of it.
func TestSurrounded(t *testing.T) {
	g := testkeys.Find(t, "ed25519", "openssh")
	text := string(g.Data)
	one := strings.ReplaceAll(text, "\n", `\n`)
	for name, c := range map[string]struct {
		text string
		want bool
	}{
		"sound":         {text, false},
		"indented":      {"\n  " + strings.ReplaceAll(text, "\n", "\n  "), false},
		"a JSON string": {`"` + one + `"` + "\n", false},
		"mail":          {"> " + strings.ReplaceAll(strings.TrimSuffix(text, "\n"), "\n", "\n> ") + "\n", false},
		"a variable":    {"export KEY=\"" + text + "\"\n", true},
		"settings":      {"A=1\nKEY=\"" + one + "\"\nB=2\n", true},
		"prose":         {"my key:\n" + text, true},
		"behind":        {text + "that was it\n", true},
	} {
		if env := mend(t, g, c.text); env.Surrounded != c.want {
			t.Errorf("%s: %v, want %v (%v)", name, env.Surrounded, c.want, env.Edits)
		}
	}
}

// TestMendFindsNoMore: in a golden with an empty line at its end there is nothing but
// that: no reader takes for damage what the programs write.
func TestMendFindsNoMore(t *testing.T) {
	for _, g := range testkeys.Goldens(t) {
		if g.DER || bytes.IndexByte(g.Data, 0) >= 0 {
			continue
		}
		env, err := formats.Mend(append(bytes.Clone(g.Data), '\n'), formats.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		if found := slices.DeleteFunc(env.Edits, func(e formats.Edit) bool { return e.Defect == formats.EmptyEnd }); len(found) > 0 {
			t.Errorf("%s: edits %v", g, found)
		}
	}
}
