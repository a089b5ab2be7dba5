package hostkeys

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/listlint"
	"sshkeys/internal/testkeys"
)

// linted are known_hosts files with the host h.example: ssh finds its key there, or
// Lint says with which code it does not.
var linted = []struct{ name, file, code string }{
	{"plain", "h.example KEY\n", ""},
	{"without an end", "h.example KEY", "R05"},
	{"comment", "# x\n\n  h.example,192.0.2.1 KEY comment\n", ""},
	{"CR LF", "h.example TYPE TEXT\r\n", "R03"},
	{"BOM", "\xef\xbb\xbfh.example KEY\n", "R01"},
	{"BOM in the middle", "x OTHER\n\xef\xbb\xbfh.example KEY\n", "R01"},
	{"NBSP", "h.example\u00a0KEY\n", "R19"},
	{"NUL", "h.example TYPE \x00TEXT\n", "L03"},
	{"joined", "x OTHERh.example KEY\n", "D03"},
	{"wrapped", "h.example TYPE HALF\nREST\n", "R28"},
	{"blank after a comma", "a.example, h.example KEY\n", "L13"},
	{"no key", "h.example\n", "L14"},
	{"no text", "h.example TYPE\n", "L14"},
	{"fingerprint", "h.example 3d:2a:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee\n", "L14"},
	{"fingerprint of today", "h.example SHA256:SehFtMBP/Ta2c6PIWbqPkx72\n", "L14"},
	{"no host", "KEY\n", "L15"},
	{"no base64", "h.example TYPE !!!!\n", "D03"},
	{"marker", "@cert-authorty h.example KEY\n", "L11"},
	{"two markers", "@revoked @cert-authority h.example KEY\n", "L11"},
	{"hash", "|1|abc|def KEY\n", "L12"},
	{"other key", "h.example OTHER\nh.example KEY\n", "L10"},
	{"same key", "h.example KEY\nH.example KEY again\n", "L01"},
	{"SSH 1", "h.example 1024 65537 " + strings.Repeat("1234567890", 31) + "\n", "L07"},
	{"long", "h.example KEY " + strings.Repeat("x", 100_000) + "\n", ""},
}

// TestLintAsSSH: ssh-keygen, which reads known_hosts by ssh's own function, finds the
// key exactly where Lint has no error.
func TestLintAsSSH(t *testing.T) {
	keygen := testkeys.Tool(t, "ssh-keygen")
	key, other := testkeys.Find(t, "ed25519", "openssh.pub"), testkeys.Find(t, "ed25519-leadingzero", "openssh.pub")
	fields := strings.Fields(string(key.Data))
	text := fields[1]
	words := strings.NewReplacer("KEY", fields[0]+" "+text, "TYPE", fields[0], "TEXT", text, "HALF", text[:40], "REST", text[40:],
		"OTHER", strings.Join(strings.Fields(string(other.Data))[:2], " "))
	path := filepath.Join(t.TempDir(), "known_hosts")
	for _, c := range linted {
		file := words.Replace(c.file)
		var codes []string
		failed := false
		for _, p := range lintFile(t, file) {
			codes = append(codes, p.Code)
			failed = failed || p.Severity == listlint.Error
		}
		if c.code == "" && codes != nil || c.code != "" && !slices.Contains(codes, c.code) {
			t.Errorf("%s: %v, want %s", c.name, codes, c.code)
		}
		if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
		out, _ := exec.Command(keygen, "-l", "-F", "h.example", "-f", path).CombinedOutput()
		if found := bytes.Contains(out, []byte("SHA256:SehFtMBP/Ta2c6PIWbqPkx72+pLTEQYGxEc0DsiBeyk")); found == failed {
			t.Errorf("%s: ssh-keygen finds it: %v; %v\n%s", c.name, found, codes, out)
		}
	}
}

func lintFile(t *testing.T, file string) []listlint.Problem {
	t.Helper()
	var found []listlint.Problem
	err := Lint(strings.NewReader(file), nil, func(p listlint.Problem) error {
		found = append(found, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestLintHashed: a hashed name is the same as a plain one, and the comparison has an end.
func TestLintHashed(t *testing.T) {
	list := testkeys.Find(t, "ed25519", "openssh.pub")
	key := strings.Join(strings.Fields(string(list.Data))[:2], " ")
	keygen := testkeys.Tool(t, "ssh-keygen")
	path := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(path, []byte("h.example "+key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(keygen, "-H", "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	hashed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	found := lintFile(t, string(hashed)+"other.example "+key+"\nh.example "+key+"\n")
	if len(found) != 1 || found[0].Code != "L01" || found[0].Line != 3 {
		t.Errorf("%+v", found)
	}
	if found := lintFile(t, string(hashed)+"other.example "+key+"\n"); found != nil {
		t.Errorf("%+v", found)
	}
	many := newIndex()
	for range 1000 {
		many.plain = append(many.plain, named{name: "x.example", typ: "t"})
		many.hashed = append(many.hashed, named{name: string(bytes.Fields(hashed)[0]), typ: "t"})
	}
	if found := many.hashes(); len(found) != 1 || found[0].Code != "L17" {
		t.Errorf("%d problems of the many", len(found))
	}
}

// A private key is one problem over all its lines, whatever ssh makes of each.
func TestLintPrivateKey(t *testing.T) {
	host := "h.example " + string(testkeys.Find(t, "ecdsa256", "openssh.pub").Data)
	for _, name := range []string{"openssh", "ppk3", "ppk2", "pkcs8.pem"} {
		private := string(testkeys.Find(t, "ed25519", name).Data)
		for _, text := range []string{private, strings.ReplaceAll(private, "-----", "–"), "\"" + strings.TrimSpace(private) + "\"\n"} {
			found := lintFile(t, host+text+"i"+host)
			if len(found) != 1 || found[0].Code != "P09" || found[0].Line != 2 || found[0].Last != 1+strings.Count(text, "\n") {
				t.Errorf("%s: %+v", name, found)
			}
		}
	}
}
