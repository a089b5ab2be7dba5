package keytool

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/sha512"
	"fmt"
	"math/big"
	"slices"
)

// X25519Size is the length in bytes of both halves of an X25519 key, RFC 7748 section 5.
const X25519Size = 32

// x25519 is the one row that is no SSH key type: Crypt4GH and age keys, which
// decrypt data and log in nowhere. LookupAlgorithm does not find it, so that no
// SSH format can name it.
var x25519 = Algorithm{
	Name: "x25519", Display: "X25519", Family: X25519, Source: "RFC 7748 section 5", bits: 256,
	fields: []field{{"key", fieldStr, X25519Size}},
}

// Dataset tells the keys that decrypt data and are no login keys.
func (a *Algorithm) Dataset() bool { return a.Family == X25519 }

// X25519Secret is a private scalar of 32 bytes as a file holds it, clamped or not.
type X25519Secret struct {
	redacted
	Scalar []byte
}

// NewX25519Public makes a Key of a public u-coordinate (RFC 7748 section 5, 32
// bytes). There is no SSH wire blob for it: Blob is these 32 bytes, and so every
// fingerprint is the digest of the raw public key, without name or length. A
// point of small order, to which everybody could decrypt, is refused. Errors are
// *FieldError.
func NewX25519Public(public []byte, comment string) (*Key, error) {
	if len(public) != X25519Size {
		return nil, &FieldError{"public key", 0, fmt.Sprintf("%d bytes, should be %d", len(public), X25519Size)}
	}
	if smallOrder(public) {
		return nil, &FieldError{"public key", 0, "a point of small order, no public key"}
	}
	blob := bytes.Clone(public)
	return &Key{algorithm: &x25519, blob: blob, params: [][]byte{blob}, comment: comment}, nil
}

// smallOrder asks for a shared secret: crypto/ecdh refuses the one that is zero
// for every scalar (RFC 7748 section 6.1).
func smallOrder(public []byte) bool {
	point, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return true
	}
	scalar, err := ecdh.X25519().NewPrivateKey(slices.Repeat([]byte{8}, X25519Size))
	if err != nil {
		return true
	}
	_, err = scalar.ECDH(point)
	return err != nil
}

// NewX25519 makes the private Key of a scalar of 32 bytes; the public half is
// derived. The error shows nothing of the scalar.
func NewX25519(scalar []byte, comment string) (*Key, error) {
	public, err := deriveX25519(scalar)
	if err != nil {
		return nil, err
	}
	key, err := NewX25519Public(public, comment)
	if err != nil {
		return nil, err
	}
	return NewPrivate(key, &X25519Secret{Scalar: bytes.Clone(scalar)})
}

// GenerateX25519 makes a new dataset key. Randomness is the system's.
func GenerateX25519(comment string) (*Key, error) {
	key, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	return NewX25519(key.Bytes(), comment)
}

func deriveX25519(scalar []byte) ([]byte, error) {
	private, err := ecdh.X25519().NewPrivateKey(scalar)
	if err != nil {
		return nil, &FieldError{"private key", 0, fmt.Sprintf("%d bytes, should be %d", len(scalar), X25519Size)}
	}
	return private.PublicKey().Bytes(), nil
}

func checkX25519(pub *Key, s *X25519Secret) error {
	if pub.algorithm.Family != X25519 {
		return wrongFamily(pub)
	}
	derived, err := deriveX25519(s.Scalar)
	if err != nil || bytes.Equal(pub.blob, derived) {
		return err
	}
	mismatch := &MismatchError{Reason: "the private half belongs to another public key", Want: pub.Public()}
	if got, err := NewX25519Public(derived, ""); err == nil {
		mismatch.Got = got
	}
	return mismatch
}

// ToX25519 is the dataset key that Crypt4GH and age make of an Ed25519 login key:
// the birational map of RFC 7748 section 4.1 for the public half, and the first
// half of SHA-512 of the seed (RFC 8032 section 5.1.5) for the private one. An
// X25519 key is returned as it is. Who holds the private result can also sign as
// the Ed25519 key. The error is a *FieldError, or says that keys of the type have
// no such map.
func ToX25519(k *Key) (*Key, error) {
	switch k.algorithm.Family {
	case X25519:
		return k, nil
	case Ed25519:
	default:
		return nil, fmt.Errorf("keytool: keys of type %s do not turn into X25519", k.algorithm.Name)
	}
	if s, ok := k.secret.(*EdSecret); ok {
		digest := sha512.Sum512(s.Seed)
		return NewX25519(digest[:X25519Size], k.comment)
	}
	public, err := montgomery(k.Params()[0])
	if err != nil {
		return nil, err
	}
	return NewX25519Public(public, k.comment)
}

// montgomery computes u = (1+y)/(1-y) of an Ed25519 public key. The numbers are
// public, so the time it takes may tell them.
func montgomery(public []byte) ([]byte, error) {
	p, one := edPrime(), big.NewInt(1)
	encoded := slices.Clone(public)
	slices.Reverse(encoded)
	encoded[0] &= 0x7f // the sign of x
	y := new(big.Int).SetBytes(encoded)
	if y.Cmp(p) >= 0 || !onEdwards(y, p) {
		return nil, &FieldError{"public key", 0, "not a point of edwards25519"}
	}
	inverse := new(big.Int).ModInverse(new(big.Int).Mod(new(big.Int).Sub(one, y), p), p)
	if inverse == nil {
		return nil, &FieldError{"public key", 0, "a point of small order, no public key"}
	}
	u := inverse.Mul(inverse, y.Add(y, one))
	out := u.Mod(u, p).FillBytes(make([]byte, X25519Size))
	slices.Reverse(out)
	return out, nil
}

// edPrime is 2^255 - 19.
func edPrime() *big.Int {
	p := new(big.Int).Lsh(big.NewInt(1), 255)
	return p.Sub(p, big.NewInt(19))
}

// onEdwards tells whether x² = (y²-1)/(dy²+1) has a root, d = -121665/121666 (RFC
// 8032 section 5.1.3). With both sides times 121666: a quotient is a square where
// the product is.
func onEdwards(y, p *big.Int) bool {
	square := new(big.Int).Mul(y, y)
	over := new(big.Int).Sub(square, big.NewInt(1))
	over.Mul(over, big.NewInt(121666))
	under := square.Mul(square, big.NewInt(-121665))
	under.Add(under, big.NewInt(121666))
	product := over.Mul(over, under)
	return big.Jacobi(product.Mod(product, p), p) >= 0
}
