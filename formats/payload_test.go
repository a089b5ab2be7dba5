package formats

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// TestWireSize: every blob tells its size, also with other bytes behind it and without
// its own last ones; where it is cut off among its length fields it tells none.
func TestWireSize(t *testing.T) {
	types := map[string]bool{}
	for _, blob := range publicBlobs(t) {
		name := blobAlgorithm(blob)
		types[name] = true
		if got := wireSize(append(bytes.Clone(blob), "behind"...)); got != len(blob) {
			t.Errorf("%s: size %d, want %d", name, got, len(blob))
		}
		told := 0
		for n := range blob {
			got := wireSize(blob[:n:n])
			if got != 0 && got != len(blob) {
				t.Errorf("%s cut off at %d of %d: size %d", name, n, len(blob), got)
			}
			told += ones(got != 0)
		}
		if told == 0 {
			t.Errorf("%s: no beginning tells its size", name)
		}
		if label, size := payload(blob); label != rfc4716Label || size != len(blob) {
			t.Errorf("%s: payload %q of %d", name, label, size)
		}
	}
	for _, name := range keytool.Algorithms() {
		if !types[name] {
			t.Errorf("no key of type %s", name)
		}
		if cert := keytool.LookupAlgorithm(name).Cert; cert != "" && !types[cert] && name != "ssh-mldsa44-ed25519@openssh.com" {
			t.Errorf("no certificate of type %s", cert)
		}
	}
}

// publicBlobs are keys and certificates of all types.
func publicBlobs(t *testing.T) [][]byte {
	var all [][]byte
	for _, g := range testkeys.Goldens(t) {
		if env, err := Parse(g.Data, DefaultLimits()); err == nil && env.Format == OpenSSHPublic {
			all = append(all, wireBlob(env.Public))
		}
	}
	key := func(name string) *keytool.Key {
		env, err := Parse(testkeys.Find(t, name, "openssh.pub").Data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return env.Public
	}
	point := keytool.NewWireReader(key("ecdsa256").Blob())
	point.Str("key type")
	point.Str("curve")
	seed := keytool.NewWireReader(key("ed25519").Blob())
	seed.Str("key type")
	for name, public := range map[string][]byte{
		"sk-ssh-ed25519@openssh.com": seed.Str("key"), "sk-ecdsa-sha2-nistp256@openssh.com": point.Str("Q"),
	} {
		k, err := keytool.NewPublicParams(name, "", public, []byte("ssh:"))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, k.Blob(), certified(t, k))
	}
	return all
}

// certified is the certificate that ssh-keygen makes of a public key.
func certified(t *testing.T, k *keytool.Key) []byte {
	dir := t.TempDir()
	ca, file := filepath.Join(dir, "ca"), filepath.Join(dir, "key.pub")
	golden := testkeys.Find(t, "rsa2048", "openssh")
	for path, data := range map[string][]byte{ca: golden.Data, file: []byte(AuthorizedLine(k) + "\n")} {
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-q", "-s", ca, "-I", "id", "-n", "taro", file).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	data, err := os.ReadFile(filepath.Join(dir, "key-cert.pub"))
	if err != nil {
		t.Fatal(err)
	}
	env, err := Parse(data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return wireBlob(env.Public)
}
