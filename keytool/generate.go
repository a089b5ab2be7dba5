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
	bits, err := GeneratedBits(algorithm, bits)
	if err != nil {
		return nil, err
	}
	var key *Key
	switch a := LookupAlgorithm(algorithm); a.Family {
	case RSA:
		key, err = generateRSA(a, bits)
	case ECDSA:
		key, err = generateECDSA(a)
	case Ed25519:
		key, err = generateEd(a, Ed25519SeedSize)
	case Ed448:
		key, err = generateEd(a, Ed448SeedSize)
	}
	if err != nil {
		return nil, err
	}
	return key.WithComment(comment), nil
}

// GeneratedBits is the size of the key that Generate makes: bits, or the
// algorithm's own where that is 0. Errors are those of Generate.
func GeneratedBits(algorithm string, bits int) (int, error) {
	a := LookupAlgorithm(algorithm)
	if a == nil {
		return 0, fmt.Errorf("no key type is called %q", algorithm)
	}
	switch a.Family {
	case RSA:
		return rsaBits(a, bits)
	case ECDSA, Ed25519, Ed448:
	default:
		return 0, fmt.Errorf("keys of type %s are not made here", a.Name)
	}
	if bits != 0 && bits != a.bits {
		return 0, &SizeError{a.Display, bits, fmt.Sprintf("%s has %d bits always", a.Name, a.bits)}
	}
	return a.bits, nil
}

func rsaBits(a *Algorithm, bits int) (int, error) {
	switch {
	case bits == 0:
		return DefaultRSABits, nil
	case bits < MinRSABits:
		return 0, &SizeError{a.Display, bits, fmt.Sprintf("services refuse RSA keys under %d bits", MinRSABits)}
	case bits > MaxRSABits:
		return 0, &SizeError{a.Display, bits, fmt.Sprintf("ssh reads RSA keys up to %d bits", MaxRSABits)}
	}
	return bits, nil
}

func generateRSA(a *Algorithm, bits int) (*Key, error) {
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
