package formats

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// publicGoldens are the golden .pub files, certificates among them.
func publicGoldens(t testing.TB) []testkeys.Golden {
	t.Helper()
	var all []testkeys.Golden
	for _, g := range testkeys.Goldens(t) {
		if g.Format == string(OpenSSHPublic) {
			all = append(all, g)
		}
	}
	if len(all) == 0 {
		t.Fatal("no golden OpenSSH public keys")
	}
	return all
}

func goldenLine(t testing.TB, key, name string) string {
	t.Helper()
	return strings.TrimSuffix(string(testkeys.Find(t, key, name).Data), "\n")
}

// words is the line `type base64` of a golden, without its comment.
func words(t testing.TB, key string) string {
	t.Helper()
	fields := strings.Fields(goldenLine(t, key, "openssh.pub"))
	return fields[0] + " " + fields[1]
}

// TestOpenSSHPublicRecodes: what is read is written again to the last byte, of
// certificates and of a type nobody knows too.
func TestOpenSSHPublicRecodes(t *testing.T) {
	blob := "AAAAB2Zvb0BiYXIAAAADYWJj" // string "foo@bar", string "abc"
	texts := []string{"foo@bar " + blob + " a comment\n", "foo@bar " + blob + "\n"}
	for _, g := range publicGoldens(t) {
		texts = append(texts, string(g.Data))
	}
	for _, text := range texts {
		env, err := Parse([]byte(text), DefaultLimits())
		if err != nil {
			t.Errorf("%.30s…: %v", text, err)
			continue
		}
		if env.Format != OpenSSHPublic || env.Public == nil || env.Options != "" || env.Hosts != "" {
			t.Errorf("%.30s…: %+v", text, env)
		}
		losses, err := Fit(OpenSSHPublic, env.Public)
		if len(losses) != 0 || err != nil {
			t.Errorf("%.30s…: losses %v, %v", text, losses, err)
		}
		again, err := Encode(OpenSSHPublic, env.Public, Options{})
		if err != nil || string(again) != text {
			t.Errorf("%.30s…: written as %q, %v", text, again, err)
		}
	}
}

func TestOpenSSHPublicUnknownType(t *testing.T) {
	env, err := Parse([]byte("foo@bar AAAAB2Zvb0BiYXIAAAADYWJj me\n"), DefaultLimits())
	if err != nil || env.Algorithm != "foo@bar" || env.Kind != KindPublic || env.Public.Comment() != "me" {
		t.Errorf("%+v, %v", env, err)
	}
	// string "x-cert-v01@openssh.com"
	env, err = Parse([]byte("x-cert-v01@openssh.com AAAAFngtY2VydC12MDFAb3BlbnNzaC5jb20=\n"), DefaultLimits())
	if err != nil || env.Kind != KindCertificate {
		t.Errorf("%+v, %v", env, err)
	}
}

// TestOpenSSHPublicSurroundings: what may stand around the key without changing it.
func TestOpenSSHPublicSurroundings(t *testing.T) {
	line := goldenLine(t, "ed25519", "openssh.pub")
	bare := words(t, "ed25519")
	rsa := strings.Fields(goldenLine(t, "rsa1024", "openssh.pub"))[1]
	for _, tt := range []struct{ text, comment, options, hosts string }{
		{line, "taro@lab 太郎", "", ""},
		{"\ufeff# my key\r\n\r\n  " + line + "\r\n# end\r\n", "taro@lab 太郎", "", ""},
		{bare + " \t two  blanks\t \n", "two  blanks", "", ""},
		{bare + "\t# no list comment", "# no list comment", "", ""},
		{strings.Replace(bare, " ", " \t", 1) + "\n", "", "", ""},
		{`from="10.0.0.1 a\" b",no-pty ` + line, "taro@lab 太郎", `from="10.0.0.1 a\" b",no-pty`, ""},
		{"Cert-Authority,PRINCIPALS=\"a\"  " + bare + " ca", "ca", "Cert-Authority,PRINCIPALS=\"a\"", ""},
		{"gw.example.org,192.0.2.7 " + bare, "", "", "gw.example.org,192.0.2.7"},
		{"[gw]:2022 " + bare + " x", "x", "", "[gw]:2022"},
		{"|1|aGVsbG8=|d29ybGQ= " + bare, "", "", "|1|aGVsbG8=|d29ybGQ="},
		{"@cert-authority  *.example.org " + bare + " ca", "ca", "", "@cert-authority *.example.org"},
		{"@revoked * " + bare, "", "", "@revoked *"},
		{"rsa-sha2-512 " + rsa + " by its signature", "by its signature", "", ""},
		{"ssh-rsa " + bare, "", "", "ssh-rsa"},
	} {
		env, err := Parse([]byte(tt.text), DefaultLimits())
		if err != nil {
			t.Errorf("%.40q: %v", tt.text, err)
			continue
		}
		if env.Format != OpenSSHPublic || env.Kind != KindPublic || env.Public.Comment() != tt.comment ||
			env.Options != tt.options || env.Hosts != tt.hosts {
			t.Errorf("%.40q: %s, comment %q, options %q, hosts %q", tt.text, env.Kind, env.Public.Comment(), env.Options, env.Hosts)
		}
	}
}

// TestOpenSSHPublicDamage: a broken key is said to be a broken key, and where.
func TestOpenSSHPublicDamage(t *testing.T) {
	line := goldenLine(t, "rsa2048", "openssh.pub")
	ed := strings.Fields(goldenLine(t, "ed25519", "openssh.pub"))[1]
	for name, tt := range map[string]struct {
		text   string
		line   int
		reason string
	}{
		"type alone":        {"ssh-ed25519\n", 1, "ends after the key type"},
		"type and a blank":  {"# c\n\nssh-ed25519 \n", 3, "ends after the key type"},
		"not base64":        {"ssh-ed25519 AAAA*" + ed[5:] + "\n", 1, "not base64 at character 5"},
		"no padding":        {"ssh-dss " + strings.TrimRight(line[8:150], "=") + "\n", 1, "not base64"},
		"truncated":         {line[:100] + "\n", 1, "runs past the end"},
		"wrapped":           {line[:100] + "\n" + line[100:200] + "\n" + line[200:] + "\n", 1, "must stand on one"},
		"wrapped at a type": {strings.Replace(line, " ", "\n", 1), 1, "must stand on one"},
		"other type":        {"ssh-rsa " + ed + "\n", 1, "a key of type ssh-ed25519"},
		"other known type":  {"ssh-ed448 " + ed + "\n", 1, "a key of type ssh-ed25519"},
		"type missing":      {"me@lab " + ed + "\n", 1, "a key of type ssh-ed25519"},
		"trailing bytes":    {"ssh-ed25519 " + ed + "AAAA\n", 1, "bytes follow"},
		"after options":     {"\n" + `no-pty,from="a b" ssh-ed25519 ` + ed[:60] + "\n", 2, "runs past the end"},
	} {
		_, err := Parse([]byte(tt.text), DefaultLimits())
		s, ok := errors.AsType[*SyntaxError](err)
		if !ok || s.Format != OpenSSHPublic || s.Line != tt.line || !strings.Contains(s.Reason, tt.reason) {
			t.Errorf("%s: %v (%T), want line %d, %q", name, err, err, tt.line, tt.reason)
		}
	}
}

func TestOpenSSHPublicOfSSH1(t *testing.T) {
	_, err := Parse([]byte("1024 35 "+strings.Repeat("1234567890", 31)+" old@host\n"), DefaultLimits())
	if u, ok := errors.AsType[*UnsupportedError](err); !ok || u.Format != OpenSSHPublic {
		t.Errorf("%v (%T), want an UnsupportedError", err, err)
	}
}

// TestOpenSSHPublicNot: texts that are something else.
func TestOpenSSHPublicNot(t *testing.T) {
	base64Only := strings.Fields(goldenLine(t, "ed25519", "openssh.pub"))[1]
	for _, text := range []string{
		"", "\n# only a comment\n", "please use ssh-rsa for this\n", base64Only + "\n", "hello AAA world\n",
	} {
		if in := normalise([]byte(text)); survey(in.text) != "" {
			t.Errorf("%q: taken for %s", text, survey(in.text))
		}
	}
}

// TestAuthorizedLineComment: no comment can make a second line of authorized_keys.
func TestAuthorizedLineComment(t *testing.T) {
	g := testkeys.Find(t, "ed25519", "openssh.pub")
	env, err := Parse(g.Data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	evil := env.Public.WithComment("x\nssh-rsa AAAA")
	if got := AuthorizedLine(evil); got != words(t, "ed25519") {
		t.Errorf("AuthorizedLine = %q", got)
	}
	if _, err := Encode(OpenSSHPublic, evil, Options{}); err == nil {
		t.Error("Encode wrote a comment with a line end")
	}
}

// TestOpenSSHPublicPeer: ssh-keygen finds in the line we write what it said of the key.
func TestOpenSSHPublicPeer(t *testing.T) {
	keygen := testkeys.Tool(t, "ssh-keygen")
	for _, g := range publicGoldens(t) {
		if strings.Contains(g.Facts.Algorithm, "448") || strings.Contains(g.Facts.Algorithm, "mldsa") {
			continue // types that Debian's ssh-keygen does not know
		}
		env, err := Parse(g.Data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "key.pub")
		if err := os.WriteFile(file, []byte(AuthorizedLine(env.Public)), 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(keygen, "-lf", file).Output()
		if fields := strings.Fields(string(out)); err != nil || len(fields) < 2 || fields[1] != g.Facts.SHA256 {
			t.Errorf("%s: ssh-keygen says %q, %v; want %s", g, out, err, g.Facts.SHA256)
		}
	}
}

func FuzzOpenSSHPublic(f *testing.F) {
	for _, g := range publicGoldens(f) {
		f.Add(g.Data)
		f.Add(append([]byte(`from="a b",no-pty `), g.Data...))
		f.Add(append([]byte("@revoked [h]:22 "), g.Data...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		env, err := Parse(data, DefaultLimits())
		if !bytes.Equal(data, before) {
			t.Fatal("Parse wrote to its input")
		}
		if err != nil || env.Format != OpenSSHPublic {
			return
		}
		line, err := Encode(OpenSSHPublic, env.Public, Options{})
		if err != nil {
			if checkComment(env.Public.Comment()) == nil {
				t.Fatalf("cannot be written again: %v", err)
			}
			return
		}
		again, err := Parse(line, DefaultLimits())
		if err != nil || !sameKey(again.Public, env.Public) {
			t.Fatalf("read, written and read: %v", err)
		}
	})
}

func sameKey(a, b *keytool.Key) bool {
	return a.Equal(b) && a.Comment() == b.Comment() && bytes.Equal(a.Certificate(), b.Certificate())
}
