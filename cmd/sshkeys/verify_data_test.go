package main

import (
	"bytes"
	"crypto/rand"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"github.com/neicnordic/crypt4gh/streaming"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// fiveKeys fills a folder with the keys of a person who uses them all.
func fiveKeys(t *testing.T) (folder string, c4gh *keytool.Key) {
	t.Helper()
	folder = filepath.Join(t.TempDir(), "keys")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, golden := range map[string]string{
		"id_ed25519": "ed25519/openssh", "J-DU999991": "rsa3072/pkcs1.pem", "putty.ppk": "rsa2048/ppk3", "key.txt": "x25519-age/age",
	} {
		data, err := os.ReadFile(filepath.Join("../../testdata/keys", filepath.FromSlash(golden)))
		if err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(folder, name), data)
	}
	c4gh, err := keytool.GenerateX25519("")
	if err != nil {
		t.Fatal(err)
	}
	text, err := formats.Encode(formats.Crypt4GH, c4gh, formats.Options{})
	if err != nil {
		t.Fatal(err)
	}
	put(t, filepath.Join(folder, "alice.sec"), text)
	return folder, c4gh
}

func put(t *testing.T, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func finish(t *testing.T, w io.WriteCloser, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(make([]byte, 200_000)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

// encryptDat has openssl encrypt a common key to a private key's public half.
func encryptDat(t *testing.T, key, out string, options ...string) {
	t.Helper()
	common := filepath.Join(t.TempDir(), "common")
	secret := make([]byte, 16)
	rand.Read(secret)
	put(t, common, secret)
	args := append([]string{"pkeyutl", "-encrypt", "-inkey", key, "-in", common, "-out", out}, options...)
	if text, err := exec.Command(testkeys.Tool(t, "openssl"), args...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
}

// sealedFor makes data of each kind with the field's own tools, and says whose they are.
func sealedFor(t *testing.T, folder string, c4gh *keytool.Key) map[string]string {
	t.Helper()
	dir := t.TempDir()
	var out bytes.Buffer
	w, err := streaming.NewCrypt4GHWriterWithoutPrivateKey(&out, [][32]byte{[32]byte(c4gh.Blob())}, nil)
	finish(t, w, err)
	put(t, filepath.Join(dir, "x.c4gh"), out.Bytes())

	recipient, err := os.ReadFile("../../testdata/keys/x25519-age/age.pub")
	if err != nil {
		t.Fatal(err)
	}
	recipients, err := age.ParseRecipients(bytes.NewReader(recipient))
	if err != nil {
		t.Fatal(err)
	}
	var sealed bytes.Buffer
	a, err := age.Encrypt(&sealed, recipients...)
	finish(t, a, err)
	put(t, filepath.Join(dir, "x.age"), sealed.Bytes())

	rsa := filepath.Join(folder, "J-DU999991")
	whose := map[string]string{filepath.Join(dir, "x.c4gh"): "alice.sec", filepath.Join(dir, "x.age"): "key.txt"}
	for name, options := range map[string][]string{
		"v15":     {"-pkeyopt", "rsa_padding_mode:pkcs1"},
		"oaep":    {"-pkeyopt", "rsa_padding_mode:oaep"},
		"oaep2":   {"-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256"},
		"javaish": {"-pkeyopt", "rsa_padding_mode:oaep", "-pkeyopt", "rsa_oaep_md:sha256", "-pkeyopt", "rsa_mgf1_md:sha1"},
	} {
		file := filepath.Join(dir, name+".encrypt.dat")
		encryptDat(t, rsa, file, options...)
		whose[file] = "J-DU999991"
	}
	return whose
}

// runVerify gives exit code and standard output of one run of verify, which has
// nothing to say on standard error.
func runVerify(t *testing.T, args ...string) (int, string) {
	t.Helper()
	code, out, errs := runInProcess(t, append([]string{"verify"}, args...)...)
	if errs != "" {
		t.Errorf("verify %q: %s", args, errs)
	}
	return code, out
}

// TestVerifyNamesTheKeyThatOpens: a folder with five keys, and data for three.
func TestVerifyNamesTheKeyThatOpens(t *testing.T) {
	folder, c4gh := fiveKeys(t)
	whose := sealedFor(t, folder, c4gh)
	entries, err := os.ReadDir(folder)
	if err != nil || len(entries) != 5 {
		t.Fatal(err, len(entries))
	}
	for data, owner := range whose {
		code, out := runVerify(t, folder, data)
		if code != exitOK || strings.Count(out, "match: ") != 1 || !strings.Contains(out, "match: "+filepath.Join(folder, owner)+" ") {
			t.Errorf("the folder and %s: exit %d\n%s", filepath.Base(data), code, out)
		}
		if dat := strings.HasSuffix(data, ".dat"); dat == strings.Contains(out, "proved") || dat != strings.Contains(out, " fits ") {
			t.Errorf("%s: evidence is not told from proof:\n%s", filepath.Base(data), out)
		}
		var others []string
		for _, e := range entries {
			key := filepath.Join(folder, e.Name())
			want := exitNo
			if e.Name() == owner {
				want = exitOK
			} else {
				others = append(others, key)
			}
			if code, out := runVerify(t, key, data); code != want {
				t.Errorf("%s and %s: exit %d, want %d\n%s", e.Name(), filepath.Base(data), code, want, out)
			}
		}
		if code, out := runVerify(t, append(others, data)...); code != exitNo || strings.Count(out, "no match: ") != 4 {
			t.Errorf("four wrong keys and %s: exit %d\n%s", filepath.Base(data), code, out)
		}
	}
}
