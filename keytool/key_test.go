package keytool

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"

	"sshkeys/internal/testkeys"
)

// seed makes a seed that is easy to find in a leak.
func seed(b byte, n int) []byte { return bytes.Repeat([]byte{b}, n) }

func edKey(t *testing.T, b byte) *Key {
	t.Helper()
	s := &EdSecret{Seed: seed(b, 32)}
	pub, err := DerivePublic("ssh-ed25519", s)
	if err != nil {
		t.Fatal(err)
	}
	k, err := NewPrivate(pub.WithComment("test"), s)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// sshKeygen makes a pair and returns the path of its private file and its public blob.
func sshKeygen(t *testing.T, args ...string) (string, []byte) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	cmd := exec.Command(testkeys.Tool(t, "ssh-keygen"), append(args, "-q", "-N", "", "-C", "c", "-f", file)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v: %s", err, out)
	}
	line, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(string(line))[1])
	if err != nil {
		t.Fatal(err)
	}
	return file, blob
}

var keygenTypes = [][]string{
	{"-t", "rsa", "-b", "1024"}, {"-t", "rsa", "-b", "2048"}, {"-t", "dsa"}, {"-t", "ed25519"},
	{"-t", "ecdsa", "-b", "256"}, {"-t", "ecdsa", "-b", "384"}, {"-t", "ecdsa", "-b", "521"},
}

// TestAsSSHKeygenPrints holds fingerprints, sizes, names, randomart and SSHFP
// records to ssh-keygen's own.
func TestAsSSHKeygenPrints(t *testing.T) {
	for _, args := range keygenTypes {
		t.Run(strings.Join(args, ""), func(t *testing.T) {
			file, blob := sshKeygen(t, args...)
			k, err := NewPublic(blob, "c")
			if err != nil {
				t.Fatal(err)
			}
			for _, h := range Hashes() {
				want := run(t, "ssh-keygen", "-lv", "-E", string(h), "-f", file+".pub")
				got := fmt.Sprintf("%d %s c (%s)\n%s\n", k.Bits(), k.FingerprintHash(h), k.Algorithm().Display, k.Randomart(h))
				if got != want {
					t.Errorf("got\n%s\nwant\n%s", got, want)
				}
			}
			want := run(t, "ssh-keygen", "-r", "host.example", "-f", file+".pub")
			if got := strings.Join(k.SSHFP("host.example"), "\n") + "\n"; got != want {
				t.Errorf("SSHFP got %s want %s", got, want)
			}
		})
	}
}

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(testkeys.Tool(t, name), args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

func TestUnknownAlgorithm(t *testing.T) {
	blob := AppendStr(AppendStr(nil, "ssh-new@example.org"), "whatever")
	k, err := NewPublic(blob, "")
	if err != nil {
		t.Fatal(err)
	}
	if k.Algorithm().Name != "ssh-new@example.org" || k.Bits() != 0 || !strings.HasPrefix(k.Fingerprint(), "SHA256:") {
		t.Errorf("got %v", k)
	}
}

func TestNewPublicRefuses(t *testing.T) {
	ed := edKey(t, 1).Blob()
	cases := map[string][]byte{
		"empty":              nil,
		"no type":            AppendStr(nil, ""),
		"type with a blank":  AppendStr(nil, "ssh rsa"),
		"short ed25519":      AppendStr(AppendStr(nil, "ssh-ed25519"), "short"),
		"trailing bytes":     append(bytes.Clone(ed), 0),
		"truncated":          ed[:len(ed)-1],
		"zero modulus":       AppendMPInt(AppendMPInt(AppendStr(nil, "ssh-rsa"), []byte{3}), nil),
		"modulus too long":   AppendMPInt(AppendMPInt(AppendStr(nil, "ssh-rsa"), []byte{3}), seed(0x7f, 2049)),
		"wrong curve":        AppendStr(AppendStr(AppendStr(nil, "ecdsa-sha2-nistp256"), "nistp384"), seed(4, 65)),
		"point off curve":    AppendStr(AppendStr(AppendStr(nil, "ecdsa-sha2-nistp256"), "nistp256"), seed(4, 65)),
		"empty point":        AppendStr(AppendStr(AppendStr(nil, "ecdsa-sha2-nistp256"), "nistp256"), ""),
		"broken certificate": AppendStr(AppendStr(nil, "ssh-ed25519-cert-v01@openssh.com"), "nonce"),
	}
	for name, blob := range cases {
		if k, err := NewPublic(blob, ""); err == nil {
			t.Errorf("%s: accepted as %v", name, k)
		}
	}
}

// TestCanonicalBlob: superfluous zero bytes of an mpint make no other key.
func TestCanonicalBlob(t *testing.T) {
	n := seed(0x7f, 128)
	plain, err := NewPublicParams("ssh-rsa", "", []byte{1, 0, 1}, n)
	if err != nil {
		t.Fatal(err)
	}
	padded := AppendStr(AppendStr(AppendStr(nil, "ssh-rsa"), []byte{0, 1, 0, 1}), append([]byte{0, 0}, n...))
	k, err := NewPublic(padded, "")
	if err != nil || !k.Equal(plain) {
		t.Errorf("got %v, %v; want %v", k, err, plain)
	}
}

// TestKeyHidesItsSecret prints a key and its secret under every verb.
func TestKeyHidesItsSecret(t *testing.T) {
	k := edKey(t, 0x41)
	mark := string(seed(0x41, 8))
	for _, v := range []any{k, *k, k.Secret(), k.Secret().(*EdSecret), *k.Secret().(*EdSecret), []any{k.Secret()},
		&RSASecret{D: seed(0x41, 8)}, MLDSASecret{MLDSASeed: seed(0x41, 8)}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if out := fmt.Sprintf(verb, v); strings.Contains(out, mark) || strings.Contains(out, "41414141") || strings.Contains(out, "65 65 65") || strings.Contains(out, "0x41, 0x41") {
				t.Errorf("%s of %T shows the secret", verb, v)
			}
		}
		if out, _ := json.Marshal(v); bytes.Contains(out, []byte("QUFB")) {
			t.Errorf("JSON of %T shows the secret", v)
		}
	}
}

func TestKeyIsImmutable(t *testing.T) {
	k := edKey(t, 1)
	before := k.Fingerprint()
	k.Blob()[20] ^= 1
	blob := k.Blob()
	same, _ := NewPublic(blob, "")
	blob[30] ^= 1
	if k.Fingerprint() != before || same.Fingerprint() != before {
		t.Error("a caller's write changed the key")
	}
	if k.WithComment("x"); k.Comment() != "test" {
		t.Error("WithComment changed the key")
	}
}

func TestDerivation(t *testing.T) {
	priv := ed25519.NewKeyFromSeed(seed(7, 32))
	k, err := DerivePublic("ssh-ed25519", &EdSecret{Seed: seed(7, 32)})
	if err != nil || !bytes.Equal(k.Params()[0], priv.Public().(ed25519.PublicKey)) {
		t.Errorf("ed25519: %v, %v", k, err)
	}
	goldilocks := ed448.NewKeyFromSeed(seed(7, 57))
	k, err = DerivePublic("ssh-ed448", &EdSecret{Seed: seed(7, 57)})
	if err != nil || !bytes.Equal(k.Params()[0], goldilocks[57:]) {
		t.Errorf("ed448: %v, %v", k, err)
	}
	for _, bad := range [][]byte{nil, {0}, seed(0xff, 32), seed(1, 33)} {
		if _, err := DerivePublic("ecdsa-sha2-nistp256", &ECDSASecret{D: bad}); err == nil {
			t.Errorf("scalar of %d bytes accepted", len(bad))
		}
	}
}
