package keytool

import (
	"bytes"
	"errors"
	"testing"
)

func TestGenerate(t *testing.T) {
	for _, c := range []struct {
		algorithm  string
		bits, want int
	}{
		{"ssh-rsa", 2048, 2048}, {"ssh-rsa", 2049, 2049}, {"ssh-rsa", 0, 3072},
		{"ecdsa-sha2-nistp256", 0, 256}, {"ecdsa-sha2-nistp384", 384, 384}, {"ecdsa-sha2-nistp521", 0, 521},
		{"ssh-ed25519", 0, 256}, {"ssh-ed448", 0, 448},
	} {
		k, err := Generate(c.algorithm, c.bits, "taro@lab")
		if err != nil {
			t.Errorf("%s %d: %v", c.algorithm, c.bits, err)
			continue
		}
		if k.Bits() != c.want || k.Comment() != "taro@lab" || !k.IsPrivate() || k.Algorithm().Name != c.algorithm {
			t.Errorf("%s %d: %d bits, comment %q, private %v", c.algorithm, c.bits, k.Bits(), k.Comment(), k.IsPrivate())
		}
		if _, err := NewPrivate(k.Public(), k.Secret()); err != nil {
			t.Errorf("%s: the halves do not fit: %v", c.algorithm, err)
		}
	}
}

// Two keys are never the same, and a scalar is not always of full length.
func TestGenerateDiffers(t *testing.T) {
	a, err := Generate("ssh-ed25519", 0, "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := Generate("ssh-ed25519", 0, "")
	if err != nil || bytes.Equal(a.Blob(), b.Blob()) {
		t.Errorf("two keys are the same, %v", err)
	}
}

func TestGenerateRefuses(t *testing.T) {
	for _, c := range []struct {
		algorithm string
		bits      int
	}{{"ssh-rsa", 1024}, {"ssh-rsa", 2047}, {"ssh-rsa", 16385}, {"ssh-rsa", -1}, {"ssh-ed25519", 512}, {"ecdsa-sha2-nistp256", 384}} {
		_, err := Generate(c.algorithm, c.bits, "")
		if _, ok := errors.AsType[*SizeError](err); !ok {
			t.Errorf("%s of %d bits: %v, want a SizeError", c.algorithm, c.bits, err)
		}
	}
	for _, name := range []string{"ssh-dss", "sk-ssh-ed25519@openssh.com", "mldsa44-ed25519", "none", ""} {
		if k, err := Generate(name, 0, ""); err == nil {
			t.Errorf("%s was made: %v", name, k)
		}
	}
}

func BenchmarkGenerateRSA4096(b *testing.B) {
	for b.Loop() {
		if _, err := Generate("ssh-rsa", 4096, ""); err != nil {
			b.Fatal(err)
		}
	}
}
