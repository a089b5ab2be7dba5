package keytool

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"math/big"
)

// RSA sizes in bits, with their reasons.
const (
	DefaultRSABits = 3072 // 128 bits of strength, NIST SP 800-57 part 1 table 2; ssh-keygen's own
	MinRSABits     = 2048 // DDBJ Account and most servers refuse less; NIST SP 800-131A section 3
)

// SizeError refuses a key size that Generate does not make.
type SizeError struct {
	Algorithm string
	Bits      int
	Reason    string
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("no %s key of %d bits is made: %s", e.Algorithm, e.Bits, e.Reason)
}

// Generate makes a new key of an algorithm's wire name: RSA (bits 2048 to 16384,
// 0 for 3072), ECDSA, Ed25519 or Ed448 (bits 0, or what the type has). RSA takes
// seconds from 4096 bits on. Randomness is the system's. The error is a
// *SizeError, or says that keys of the type cannot be made.
func Generate(algorithm string, bits int, comment string) (*Key, error) {
	a := LookupAlgorithm(algorithm)
	if a == nil {
		return nil, fmt.Errorf("no key type is called %q", algorithm)
	}
	if a.Family != RSA && bits != 0 && bits != a.bits {
		return nil, &SizeError{a.Display, bits, fmt.Sprintf("%s has %d bits always", a.Name, a.bits)}
	}
	var key *Key
	var err error
	switch a.Family {
	case RSA:
		key, err = generateRSA(a, bits)
	case ECDSA:
		key, err = generateECDSA(a)
	case Ed25519:
		key, err = generateEd(a, Ed25519SeedSize)
	case Ed448:
		key, err = generateEd(a, Ed448SeedSize)
	default:
		return nil, fmt.Errorf("keys of type %s are not made here", a.Name)
	}
	if err != nil {
		return nil, err
	}
	return key.WithComment(comment), nil
}

func generateRSA(a *Algorithm, bits int) (*Key, error) {
	switch {
	case bits == 0:
		bits = DefaultRSABits
	case bits < MinRSABits:
		return nil, &SizeError{a.Display, bits, fmt.Sprintf("services refuse RSA keys under %d bits", MinRSABits)}
	case bits > MaxRSABits:
		return nil, &SizeError{a.Display, bits, fmt.Sprintf("ssh reads RSA keys up to %d bits", MaxRSABits)}
	}
	k, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		return nil, err
	}
	pub, err := NewPublicParams(a.Name, "", big.NewInt(int64(k.E)).Bytes(), k.N.Bytes())
	if err != nil {
		return nil, err
	}
	return NewPrivate(pub, &RSASecret{D: k.D.Bytes(), P: k.Primes[0].Bytes(), Q: k.Primes[1].Bytes()})
}

func generateECDSA(a *Algorithm) (*Key, error) {
	priv, err := a.ecdhCurve().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return derived(a, &ECDSASecret{D: priv.Bytes()})
}

func generateEd(a *Algorithm, size int) (*Key, error) {
	seed := make([]byte, size)
	rand.Read(seed)
	return derived(a, &EdSecret{Seed: seed})
}

func derived(a *Algorithm, secret Secret) (*Key, error) {
	pub, err := DerivePublic(a.Name, secret)
	if err != nil {
		return nil, err
	}
	return NewPrivate(pub, secret)
}
