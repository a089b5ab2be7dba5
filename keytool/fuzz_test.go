package keytool

import (
	"bytes"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
)

// FuzzPublicBlob holds NewPublic to x/crypto/ssh: what both read has one
// fingerprint, and a blob that was read is its own canonical form.
func FuzzPublicBlob(f *testing.F) {
	files, err := filepath.Glob("../testdata/keys/*/*.pub")
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, file := range files {
		line, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		fields := strings.Fields(string(line))
		if len(fields) < 2 || !strings.HasPrefix(fields[1], "AAAA") {
			continue // a dataset key, which has no blob
		}
		blob, err := base64.StdEncoding.DecodeString(fields[1])
		if err != nil {
			f.Fatal(err)
		}
		f.Add(blob)
	}
	f.Fuzz(func(t *testing.T, blob []byte) {
		k, err := NewPublic(bytes.Clone(blob), "c")
		if err != nil {
			return
		}
		again, err := NewPublic(k.Blob(), "c")
		if err != nil || !again.Equal(k) {
			t.Fatalf("the canonical blob reads back as %v, %v", again, err)
		}
		_, _, _ = k.Bits(), k.Randomart(SHA256), k.CertificateInfo()
		other, err := ssh.ParsePublicKey(blob)
		if err != nil {
			return
		}
		if cert, ok := other.(*ssh.Certificate); ok {
			other = cert.Key
		}
		if got := k.Fingerprint(); got != ssh.FingerprintSHA256(other) && k.Algorithm().Family != Unknown {
			t.Fatalf("%s, x/crypto says %s", got, ssh.FingerprintSHA256(other))
		}
	})
}
