package keytool

import (
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"testing"
)

func rsaParts(t *testing.T) (*Key, *RSASecret) {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := NewPublicParams("ssh-rsa", "", big.NewInt(int64(k.E)).Bytes(), k.N.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	iqmp := new(big.Int).ModInverse(k.Primes[1], k.Primes[0])
	return pub, &RSASecret{D: k.D.Bytes(), P: k.Primes[0].Bytes(), Q: k.Primes[1].Bytes(), IQMP: iqmp.Bytes()}
}

func TestRSAHalves(t *testing.T) {
	pub, s := rsaParts(t)
	other, otherSecret := rsaParts(t)
	if _, err := NewPrivate(pub, s); err != nil {
		t.Fatal(err)
	}
	without := &RSASecret{D: s.D, P: s.P, Q: s.Q}
	if k, err := NewPrivate(pub, without); err != nil || number(k.Secret().(*RSASecret).IQMP).Cmp(number(s.IQMP)) != 0 {
		t.Errorf("iqmp was not filled in: %v", err)
	}
	plus := func(b []byte, by int64) []byte { return new(big.Int).Add(number(b), big.NewInt(by)).Bytes() }
	reasons := map[string]bool{}
	for name, wrong := range map[string]struct {
		pub *Key
		s   *RSASecret
	}{
		"other modulus": {other, s},
		"wrong d":       {pub, &RSASecret{D: plus(s.D, 2), P: s.P, Q: s.Q, IQMP: s.IQMP}},
		"zero d":        {pub, &RSASecret{D: nil, P: s.P, Q: s.Q, IQMP: s.IQMP}},
		"stale iqmp":    {pub, &RSASecret{D: s.D, P: s.P, Q: s.Q, IQMP: otherSecret.IQMP}},
	} {
		_, err := NewPrivate(wrong.pub, wrong.s)
		m, ok := errors.AsType[*MismatchError](err)
		if !ok {
			t.Errorf("%s: got %v", name, err)
			continue
		}
		if reasons[m.Reason] {
			t.Errorf("%s: the reason %q is another case's too", name, m.Reason)
		}
		reasons[m.Reason] = true
	}
	if _, err := NewPrivate(pub, &RSASecret{D: s.D, P: []byte{1}, Q: pub.Params()[1]}); err == nil {
		t.Error("1 times n was accepted as factors")
	}
}

func TestForeignSecretIsNamed(t *testing.T) {
	a, b := edKey(t, 1), edKey(t, 2)
	_, err := NewPrivate(a.Public(), b.Secret())
	m, ok := errors.AsType[*MismatchError](err)
	if !ok || m.Want.Fingerprint() != a.Fingerprint() || m.Got.Fingerprint() != b.Fingerprint() {
		t.Fatalf("got %v", err)
	}
	if _, err := NewPrivate(a.Public(), &DSASecret{X: []byte{1}}); err == nil {
		t.Error("a DSA secret was accepted for an ed25519 key")
	}
}

func TestMatchPair(t *testing.T) {
	a, b := edKey(t, 1), edKey(t, 2)
	if p := MatchPair(a, a.Public()); !p.Match || p.ProvedBy != ProvedByDerivation {
		t.Errorf("got %+v", p)
	}
	if p := MatchPair(a.Public(), a.Public()); !p.Match || p.ProvedBy != ProvedByClearText {
		t.Errorf("got %+v", p)
	}
	if p := MatchPair(a, b.Public()); p.Match {
		t.Errorf("got %+v", p)
	}
}

func BenchmarkRSA8192Halves(b *testing.B) {
	k, err := rsa.GenerateKey(rand.Reader, 8192)
	if err != nil {
		b.Fatal(err)
	}
	pub, _ := NewPublicParams("ssh-rsa", "", big.NewInt(int64(k.E)).Bytes(), k.N.Bytes())
	s := &RSASecret{D: k.D.Bytes(), P: k.Primes[0].Bytes(), Q: k.Primes[1].Bytes(),
		IQMP: new(big.Int).ModInverse(k.Primes[1], k.Primes[0]).Bytes()}
	for b.Loop() {
		if _, err := NewPrivate(pub, s); err != nil {
			b.Fatal(err)
		}
	}
}
