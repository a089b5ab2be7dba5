package keytool

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"math/big"

	"filippo.io/mldsa"
	"github.com/cloudflare/circl/sign/ed448"
)

// MismatchError says that two halves that should be one key are not.
type MismatchError struct {
	Reason string // which relation failed, in words; no numbers
	Want   *Key   // the public half as stated; nil where it is the secret that contradicts itself
	Got    *Key   // the public half the secret has; nil where it has none
}

func (e *MismatchError) Error() string {
	if e.Want != nil && e.Got != nil {
		return fmt.Sprintf("%s (stated %s, derived %s)", e.Reason, e.Want.Fingerprint(), e.Got.Fingerprint())
	}
	return e.Reason
}

// NewPrivate joins a secret to its public half. The public half is derived from
// the secret (seed, scalar, factors) and compared with pub; numbers stored
// twice must agree. A security key's handle cannot be derived from and is taken
// as it stands. The error is a *MismatchError or *FieldError, and shows nothing
// of the secret.
func NewPrivate(pub *Key, secret Secret) (*Key, error) {
	var err error
	switch s := secret.(type) {
	case *RSASecret:
		secret, err = checkRSA(pub, s)
	case *DSASecret:
		err = checkDSA(pub, s)
	case *ECDSASecret:
		secret, err = checkECDSA(pub, s)
	case *EdSecret:
		err = checkEd(pub, s)
	case *SKSecret:
		if !pub.algorithm.Hardware() {
			err = wrongFamily(pub)
		}
	case *MLDSASecret:
		err = checkMLDSA(pub, s)
	case *X25519Secret:
		err = checkX25519(pub, s)
	default:
		err = wrongFamily(pub)
	}
	if err != nil {
		return nil, err
	}
	k := *pub
	k.secret = secret
	return &k, nil
}

func wrongFamily(pub *Key) error {
	return &MismatchError{Reason: "the private half is not of the algorithm " + pub.algorithm.Name}
}

// checkRSA proves p·q = n, e·d = 1 mod p-1 and mod q-1, and iqmp·q = 1 mod p.
// Those relations are what makes d and the CRT values belong to (e, n); no
// modular exponentiation is needed, so 8192 bits cost microseconds.
func checkRSA(pub *Key, s *RSASecret) (*RSASecret, error) {
	if pub.algorithm.Family != RSA {
		return nil, wrongFamily(pub)
	}
	limit := MaxRSABits / 8
	if len(s.D) > limit || len(s.P) > limit || len(s.Q) > limit || len(s.IQMP) > limit {
		return nil, &FieldError{"private numbers", 0, fmt.Sprintf("longer than %d bits", MaxRSABits)}
	}
	e, n := number(pub.params[0]), number(pub.params[1])
	d, p, q := number(s.D), number(s.P), number(s.Q)
	one := big.NewInt(1)
	if p.Cmp(one) <= 0 || q.Cmp(one) <= 0 || new(big.Int).Mul(p, q).Cmp(n) != 0 {
		return nil, &MismatchError{Reason: "p times q is not the modulus n: the primes belong to another key"}
	}
	if d.Sign() == 0 || d.Cmp(n) >= 0 {
		return nil, &MismatchError{Reason: "the private exponent d is out of range"}
	}
	ed := new(big.Int).Mul(e, d)
	for _, prime := range []*big.Int{p, q} {
		m := new(big.Int).Sub(prime, one)
		if m.Cmp(one) > 0 && new(big.Int).Mod(ed, m).Cmp(one) != 0 {
			return nil, &MismatchError{Reason: "the private exponent d does not fit e and the primes"}
		}
	}
	return fillIQMP(s, p, q)
}

func fillIQMP(s *RSASecret, p, q *big.Int) (*RSASecret, error) {
	if s.IQMP == nil {
		iqmp := new(big.Int).ModInverse(q, p)
		if iqmp == nil {
			return nil, &MismatchError{Reason: "q has no inverse modulo p"}
		}
		return &RSASecret{D: s.D, P: s.P, Q: s.Q, IQMP: iqmp.Bytes()}, nil
	}
	iqmp := number(s.IQMP)
	product := new(big.Int).Mul(iqmp, q)
	if iqmp.Cmp(p) >= 0 || product.Mod(product, p).Cmp(big.NewInt(1)) != 0 {
		return nil, &MismatchError{Reason: "the coefficient iqmp is not the inverse of q modulo p"}
	}
	return s, nil
}

// checkDSA proves g^x mod p = y, and that q divides p-1: q has no part in the
// former, and a damaged one would make another public key.
func checkDSA(pub *Key, s *DSASecret) error {
	if pub.algorithm.Family != DSA {
		return wrongFamily(pub)
	}
	p, q, g, y := number(pub.params[0]), number(pub.params[1]), number(pub.params[2]), number(pub.params[3])
	x := number(s.X)
	if x.Sign() == 0 || x.Cmp(q) >= 0 {
		return &MismatchError{Reason: "the private number x is out of range"}
	}
	if order := new(big.Int).Sub(p, big.NewInt(1)); order.Mod(order, q).Sign() != 0 {
		return &MismatchError{Reason: "q does not divide p-1: the parameters are damaged"}
	}
	if p.Bit(0) == 0 || g.Cmp(p) >= 0 || new(big.Int).Exp(g, x, p).Cmp(y) != 0 {
		return &MismatchError{Reason: "g to the power x is not y: the private half belongs to another key"}
	}
	return nil
}

// checkECDSA proves d·G = Q with 0 < d < n, and brings d to the curve's length.
func checkECDSA(pub *Key, s *ECDSASecret) (*ECDSASecret, error) {
	if pub.algorithm.Family != ECDSA {
		return nil, wrongFamily(pub)
	}
	size := pub.algorithm.ScalarSize()
	d := TrimZeros(s.D)
	if len(d) > size {
		return nil, &MismatchError{Reason: "the private scalar d is out of range"}
	}
	fixed := make([]byte, size)
	copy(fixed[size-len(d):], d)
	priv, err := pub.algorithm.ecdhCurve().NewPrivateKey(fixed)
	if err != nil {
		return nil, &MismatchError{Reason: "the private scalar d is out of range"}
	}
	if err := sameParam(pub, priv.PublicKey().Bytes(), "the private scalar belongs to another public point"); err != nil {
		return nil, err
	}
	return &ECDSASecret{D: fixed}, nil
}

func checkEd(pub *Key, s *EdSecret) error {
	var derived []byte
	switch {
	case pub.algorithm.Family == Ed25519 && len(s.Seed) == Ed25519SeedSize:
		derived = ed25519.NewKeyFromSeed(s.Seed)[Ed25519SeedSize:]
	case pub.algorithm.Family == Ed448 && len(s.Seed) == Ed448SeedSize:
		derived = ed448.NewKeyFromSeed(s.Seed)[Ed448SeedSize:]
	default:
		return wrongFamily(pub)
	}
	return sameParam(pub, derived, "the seed belongs to another public key")
}

func checkMLDSA(pub *Key, s *MLDSASecret) error {
	if pub.algorithm.Family != MLDSA44Ed25519 || len(s.Ed25519Seed) != Ed25519SeedSize {
		return wrongFamily(pub)
	}
	priv, err := mldsa.NewPrivateKey(mldsa.MLDSA44(), s.MLDSASeed)
	if err != nil {
		return wrongFamily(pub)
	}
	derived := bytes.Clone(priv.PublicKey().Bytes())
	derived = append(derived, ed25519.NewKeyFromSeed(s.Ed25519Seed)[Ed25519SeedSize:]...)
	return sameParam(pub, derived, "the seeds belong to another public key")
}

// sameParam compares a derived public point or key with the stated one.
func sameParam(pub *Key, derived []byte, reason string) error {
	if bytes.Equal(pub.Params()[0], derived) {
		return nil
	}
	got, err := NewPublicParams(pub.algorithm.Name, "", derived)
	if err != nil {
		got = nil
	}
	return &MismatchError{Reason: reason, Want: pub.Public(), Got: got}
}

// DerivePublic computes the public half of an ECDSA scalar or an Ed25519 or
// Ed448 seed, for the formats that may leave it out (SEC 1, RFC 8410).
func DerivePublic(algorithm string, secret Secret) (*Key, error) {
	a := LookupAlgorithm(algorithm)
	switch s := secret.(type) {
	case *EdSecret:
		if a.Family == Ed25519 && len(s.Seed) == Ed25519SeedSize {
			return NewPublicParams(algorithm, "", ed25519.NewKeyFromSeed(s.Seed)[Ed25519SeedSize:])
		}
		if a.Family == Ed448 && len(s.Seed) == Ed448SeedSize {
			return NewPublicParams(algorithm, "", ed448.NewKeyFromSeed(s.Seed)[Ed448SeedSize:])
		}
	case *ECDSASecret:
		size := a.ScalarSize()
		if d := TrimZeros(s.D); size > 0 && len(d) <= size {
			priv, err := a.ecdhCurve().NewPrivateKey(append(make([]byte, size-len(d)), d...))
			if err == nil {
				return NewPublicParams(algorithm, "", priv.PublicKey().Bytes())
			}
		}
	}
	return nil, &MismatchError{Reason: "the private half is out of range for " + algorithm}
}

func number(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
