package authorized

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// goldenKeys are keys of several types, without a comment of their own.
func goldenKeys(t *testing.T) []*keytool.Key {
	t.Helper()
	var keys []*keytool.Key
	for _, name := range []string{"ed25519", "ed25519-leadingzero", "ecdsa256", "ecdsa521", "rsa1024", "rsa2048", "rsa3072", "dsa1024"} {
		e, err := formats.Parse(testkeys.Find(t, name, "openssh.pub").Data, formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Public.WithComment(""))
	}
	return keys
}

func mustParse(t *testing.T, data []byte) *List {
	t.Helper()
	l, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func line(k *keytool.Key) string { return formats.AuthorizedLine(k) }

func TestAdd(t *testing.T) {
	keys := goldenKeys(t)
	a, b := keys[0], keys[1]
	for _, c := range []struct {
		name, old, want string
		line            int
		added           bool
	}{
		{"new file", "", line(b) + "\n", 1, true},
		{"after a whole line", line(a) + "\n", line(a) + "\n" + line(b) + "\n", 2, true},
		{"after a begun line", line(a), line(a) + "\n" + line(b) + "\n", 2, true},
		{"after a begun comment", "# lab", "# lab\n" + line(b) + "\n", 2, true},
		{"CR LF", line(a) + "\r\n", line(a) + "\r\n" + line(b) + "\r\n", 2, true},
		{"CR LF, begun", "# x\r\n" + line(a), "# x\r\n" + line(a) + "\r\n" + line(b) + "\r\n", 3, true},
		{"CR LF, half ended", "# x\r\n" + line(a) + "\r", "# x\r\n" + line(a) + "\r\n" + line(b) + "\r\n", 3, true},
		{"the last line end counts", "# x\r\n" + line(a) + "\n", "# x\r\n" + line(a) + "\n" + line(b) + "\n", 3, true},
		{"there", "\n" + line(b) + "\n", "", 2, false},
		{"there, begun", "\n" + line(b), "", 2, false},
		{"there, with options and comment", "# x\n" + `from="*.lab, b",no-pty ` + line(b.WithComment("me")) + "\n", "", 2, false},
		{"there, indented", "  \t" + line(b) + "\r\n", "", 1, false},
		{"commented out is not there", "#" + line(b) + "\n", "#" + line(b) + "\n" + line(b) + "\n", 2, true},
		{"an authority is not there", "cert-authority " + line(b) + "\n", "cert-authority " + line(b) + "\n" + line(b) + "\n", 2, true},
		{"a host is not there", "host " + line(b) + "\n", "host " + line(b) + "\n" + line(b) + "\n", 2, true},
		{"behind a mark is not there", "\xef\xbb\xbf" + line(b) + "\n", "\xef\xbb\xbf" + line(b) + "\n" + line(b) + "\n", 2, true},
		{"CR within a line ends none", "# x\r" + line(b) + "\n", "# x\r" + line(b) + "\n" + line(b) + "\n", 2, true},
	} {
		if c.want == "" {
			c.want = c.old
		}
		data, results, err := mustParse(t, []byte(c.old)).Add([]Entry{{Key: b}})
		if err != nil || string(data) != c.want || results[0].Line != c.line || results[0].Added != c.added {
			t.Errorf("%s: %q, %+v, %v; want %q", c.name, data, results, err, c.want)
		}
	}
}

func TestAddTellsOptions(t *testing.T) {
	k := goldenKeys(t)[0]
	l := mustParse(t, []byte(`restrict,command="a \"b\" c" `+line(k)+"\n"))
	_, results, err := l.Add([]Entry{{Key: k}})
	if err != nil || results[0].Options != `restrict,command="a \"b\" c"` {
		t.Errorf("%+v, %v", results, err)
	}
}

func TestAddRefusesAnUnwritableComment(t *testing.T) {
	k := goldenKeys(t)[0].WithComment("a\nb")
	if data, _, err := mustParse(t, nil).Add([]Entry{{Key: k}}); err == nil {
		t.Errorf("wrote %q", data)
	}
}

func TestUnread(t *testing.T) {
	k := goldenKeys(t)[0]
	e, err := formats.Parse(testkeys.Find(t, "ed448", "rfc4716.puttygen").Data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	file := strings.Join([]string{
		"# comment", "", line(k), // read
		"prose",                            // 4
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5", // 5
		"example.org " + line(k),           // 6
		"restrict,nonsense " + line(k),     // 7
		"@cert-authority * " + line(k),     // 8
		strings.TrimSpace(string(testkeys.Find(t, "ed25519", "cert.pub").Data)), // 9
		line(e.Public),                       // 10
		"restrict " + line(k),                // read
		strings.Repeat("x", formats.MaxLine), // 12
		line(k),                              // read
	}, "\n")
	l := mustParse(t, []byte(file))
	var got []int
	for _, u := range l.Unread {
		got = append(got, u.Line)
		if u.Err == nil {
			t.Errorf("line %d without a reason", u.Line)
		}
	}
	if want := []int{4, 5, 6, 7, 8, 9, 10, 12}; !slices.Equal(got, want) {
		t.Errorf("lines %v, want %v", got, want)
	}
	if len(l.known) != 3 || l.lines != 13 {
		t.Errorf("%d keys in %d lines, want 3 in 13", len(l.known), l.lines)
	}
}

func TestNoText(t *testing.T) {
	for _, data := range []string{"\xff\xfes\x00s\x00h\x00", "ssh-ed25519 AAAA\x00", "\x00"} {
		if _, err := Parse([]byte(data)); !errors.Is(err, ErrNoText) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// generated is a list as people leave them behind.
func generated(r *rand.Rand, keys []*keytool.Key) []byte {
	options := []string{"", "", "", "restrict ", `from="10.0.0.0/8" `, `command="echo \"a, b\"",no-pty `, "cert-authority ", "example.org ", "  "}
	ends := []string{"\n", "\n", "\n", "\r\n"}
	var file bytes.Buffer
	end := ends[r.IntN(len(ends))]
	for range r.IntN(12) {
		switch r.IntN(6) {
		case 0:
			file.WriteString("# " + line(keys[r.IntN(len(keys))]))
		case 1:
			file.WriteString([]string{"", " ", "junk", "ssh-rsa AAAA", "\xe9\xff not UTF-8", "a\rb", "\xef\xbb\xbf"}[r.IntN(7)])
		default:
			k := keys[r.IntN(len(keys))].WithComment([]string{"", "taro@lab", "太郎 の鍵"}[r.IntN(3)])
			file.WriteString(options[r.IntN(len(options))] + line(k))
		}
		if r.IntN(9) == 0 {
			end = ends[r.IntN(len(ends))]
		}
		file.WriteString(end)
	}
	data := file.Bytes()
	if r.IntN(3) == 0 && len(data) > 0 {
		data = data[:len(data)-1]
	}
	return data
}

// Whatever stands in the file: its bytes are kept, every key stands there alone on
// a line where it was told, twice is as once, and another reader finds them all.
func TestAddProperties(t *testing.T) {
	keys := goldenKeys(t)
	r := rand.New(rand.NewPCG(4, 2))
	for range 2000 {
		old := generated(r, keys)
		var entries []Entry
		for range 1 + r.IntN(4) {
			entries = append(entries, Entry{Key: keys[r.IntN(len(keys))].WithComment("new"), Options: []string{"", "restrict"}[r.IntN(2)]})
		}
		before := bytes.Clone(old)
		data, results, err := mustParse(t, old).Add(entries)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(old, before) || !bytes.HasPrefix(data, old) {
			t.Fatalf("the file was altered:\n%q\n%q", old, data)
		}
		if err := Prove(old, data, entries, results); err != nil {
			t.Fatalf("%v:\n%q", err, data)
		}
		checkLines(t, data, entries, results)
		again, results, err := mustParse(t, data).Add(entries)
		if err != nil || !bytes.Equal(again, data) || slices.ContainsFunc(results, func(r Result) bool { return r.Added }) {
			t.Fatalf("the second time: %+v, %v\n%q", results, err, again)
		}
	}
}

// checkLines finds the entries in the file's lines with x/crypto/ssh.
func checkLines(t *testing.T, data []byte, entries []Entry, results []Result) {
	t.Helper()
	lines := strings.Split(string(data), "\n")
	added := map[string]int{}
	for i, res := range results {
		text := strings.TrimSuffix(lines[res.Line-1], "\r")
		key, _, _, rest, err := ssh.ParseAuthorizedKey([]byte(text))
		if err != nil || len(rest) > 0 || !bytes.Equal(key.Marshal(), entries[i].Key.Blob()) {
			t.Fatalf("line %d is %q (%v), want %s", res.Line, text, err, entries[i].Key.Fingerprint())
		}
		if !res.Added {
			continue
		}
		if want, _ := entries[i].Line(); text != want {
			t.Fatalf("line %d is %q, want %q", res.Line, text, want)
		}
		if added[string(key.Marshal())]++; added[string(key.Marshal())] > 1 {
			t.Fatalf("added twice: %s", entries[i].Key.Fingerprint())
		}
	}
}

// ssh-keygen lists the result, with every key that was added.
func TestSSHKeygenLists(t *testing.T) {
	keygen := testkeys.Tool(t, "ssh-keygen")
	keys := goldenKeys(t)
	r := rand.New(rand.NewPCG(1, 1))
	path := filepath.Join(t.TempDir(), "authorized_keys")
	for range 20 {
		var entries []Entry
		for i, k := range keys {
			entries = append(entries, Entry{Key: k.WithComment(fmt.Sprint("key ", i))})
		}
		data, _, err := mustParse(t, generated(r, keys)).Add(entries)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(keygen, "-l", "-f", path).CombinedOutput()
		for _, e := range entries {
			if err != nil || !strings.Contains(string(out), e.Key.Fingerprint()) {
				t.Fatalf("%s is not listed (%v):\n%s\n%q", e.Key.Fingerprint(), err, out, data)
			}
		}
	}
}

func TestProveRefuses(t *testing.T) {
	keys := goldenKeys(t)
	old := []byte("# x\n" + line(keys[0]) + "\n")
	entries := []Entry{{Key: keys[1]}}
	data, results, err := mustParse(t, old).Add(entries)
	if err != nil {
		t.Fatal(err)
	}
	for name, wrong := range map[string][]byte{
		"the old alone":      old,
		"without the old":    []byte(line(keys[1]) + "\n"),
		"an old byte is off": bytes.Replace(data, []byte("# x"), []byte("# y"), 1),
		"cut off":            data[:len(data)-10],
		"another line":       append(bytes.Clone(old), "\n"+line(keys[1])+"\n"...),
	} {
		if Prove(old, wrong, entries, results) == nil {
			t.Errorf("%s: proved", name)
		}
	}
}

func TestOptions(t *testing.T) {
	for text, ok := range map[string]bool{
		"":                                   true,
		"restrict":                           true,
		"no-pty,No-X11-Forwarding":           true,
		`from="10.0.0.0/8,*.example.org"`:    true,
		`command="echo \"hi, there\"",pty`:   true,
		`environment="A=1",environment="B="`: true,
		`expiry-time="20301231",restrict`:    true,
		"nonsense":                           false,
		"no-restrict":                        false,
		"command":                            false,
		"command=ls":                         false,
		`command="ls`:                        false,
		`command="ls\"`:                      false,
		`command="a",command="b"`:            false,
		`pty="x"`:                            false,
		"pty,":                               true,
		",pty":                               false,
		"pty,,restrict":                      false,
		"pty restrict":                       false,
		`from="x"pty`:                        false,
	} {
		if err := CheckOptions(text); (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
	}
	if !IsAuthority(`principals="a",Cert-Authority`) || IsAuthority(`command="cert-authority"`) {
		t.Error("cert-authority is told wrongly")
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct {
		key, file string
		keys      int
		err       error
	}{
		{"ed25519", "openssh.pub", 1, nil},
		{"ed25519", "cert.pub", 1, nil},
		{"ed25519", "rfc4716", 1, nil},
		{"ed25519", "spki.pem", 1, nil},
		{"ed25519", "x509.der", 1, nil},
		{"ed25519", "wire.bin", 1, nil},
		{"rsa2048", "rsapublic.pem", 1, nil},
		{"x25519", "crypt4gh", 0, ErrDataset},
		{"x25519", "crypt4gh.pub", 0, ErrDataset},
		{"ed25519", "openssh", 0, ErrPrivate},
		{"ed25519", "ppk3.argon2id", 0, ErrPrivate},
		{"ed25519", "dropbear", 0, ErrPrivate},
	} {
		g := testkeys.Find(t, c.key, c.file)
		e, err := formats.Parse(g.Data, formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		entries, err := Keys(g.Data, e)
		if !errors.Is(err, c.err) || len(entries) != c.keys {
			t.Errorf("%s: %d keys, %v", g, len(entries), err)
			continue
		}
		for _, entry := range entries {
			text, err := entry.Line()
			if err != nil || entry.Key.Fingerprint() != g.Facts.SHA256 || strings.Contains(text, "cert") {
				t.Errorf("%s: %s, %v", g, text, err)
			}
		}
	}
}

func TestKeysOfLists(t *testing.T) {
	k := goldenKeys(t)
	for name, c := range map[string]struct {
		text string
		keys int
		want string // in the error; "" for none
	}{
		"two lines":     {line(k[0]) + "\n# x\nrestrict " + line(k[1]) + "\n", 2, ""},
		"a broken line": {line(k[0]) + "\nssh-rsa AAAAB3NzaC1yc2E\n", 0, "line 2"},
		"one host":      {"example.org " + line(k[0]) + "\n", 0, ErrHostKeys.Error()},
		"hosts":         {"example.org " + line(k[0]) + "\nother " + line(k[1]) + "\n", 0, ErrHostKeys.Error()},
	} {
		e, err := formats.Parse([]byte(c.text), formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		entries, err := Keys([]byte(c.text), e)
		if c.want == "" && (err != nil || len(entries) != c.keys || entries[1].From != 3 || entries[1].Options != "restrict") {
			t.Errorf("%s: %+v, %v", name, entries, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	rsa := func(bits int) *keytool.Key {
		n := append([]byte{0x80}, make([]byte, bits/8-1)...)
		n[len(n)-1] = 1
		k, err := keytool.NewPublicParams("ssh-rsa", "", []byte{1, 0, 1}, n)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	unknown, err := keytool.NewPublic(keytool.AppendStr(nil, "ssh-future"), "")
	if err != nil {
		t.Fatal(err)
	}
	keys := goldenKeys(t)
	for name, c := range map[string]struct {
		key           *keytool.Key
		warns, refuse bool
	}{
		"ed25519":  {keys[0], false, false},
		"rsa 1016": {rsa(1016), false, true},
		"rsa 1024": {rsa(1024), true, false},
		"rsa 2040": {rsa(2040), true, false},
		"rsa 2048": {rsa(2048), false, false},
		"dsa":      {keys[7], true, false},
		"unknown":  {unknown, false, true},
	} {
		warning, err := Judge(c.key)
		if (warning != "") != c.warns || (err != nil) != c.refuse {
			t.Errorf("%s: %q, %v", name, warning, err)
		}
	}
}
