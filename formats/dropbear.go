package formats

import (
	"bytes"
	"fmt"
	"math/big"

	"sshkeys/keytool"
)

func dropbearFormat() *Format {
	return &Format{
		ID: Dropbear, Title: "Dropbear private key", Holds: HoldsPrivate, Ending: "",
		Source: "Dropbear signkey.c, buf_get_priv_key",
		sniff:  sniffDropbear, decode: decodeDropbear, encode: encodeDropbear, fit: fitDropbear,
	}
}

// dropbearDSABits is the one size Dropbear takes ("Bad DSS p").
const dropbearDSABits = 1024

// dropbearFields is how many strings or mpints of the public blob follow the key
// type. Dropbear repeats the blob in front of the private numbers, but for
// Ed25519, where one string holds seed and public key.
func dropbearFields(a *keytool.Algorithm) int {
	switch a.Family {
	case keytool.RSA, keytool.ECDSA:
		return 2
	case keytool.DSA:
		return 4
	}
	return 0
}

// readDropbearPublic walks over the public fields; nil for a type that Dropbear
// has no private keys of.
func readDropbearPublic(r *keytool.WireReader) *keytool.Algorithm {
	a := keytool.LookupAlgorithm(string(r.Str("key type")))
	if a == nil || dropbearFields(a) == 0 && a.Family != keytool.Ed25519 {
		return nil
	}
	for range dropbearFields(a) {
		r.Str("public field")
	}
	return a
}

// sniffDropbear claims binary data that starts with a public key and goes on. A
// public blob with nothing behind it is the wire format's.
func sniffDropbear(in *input) bool {
	r := keytool.NewWireReader(in.raw)
	a := readDropbearPublic(r)
	switch {
	case a == nil:
		return false
	case a.Family == keytool.Ed25519:
		return r.Uint32("length") == 2*keytool.Ed25519SeedSize
	}
	return len(r.Rest()) > 0
}

// decodeDropbear reads Dropbear's binary file, which is never encrypted and has
// no comment. The public half comes first; RSA goes on with d p q, DSA with x,
// ECDSA with d; Ed25519 has the seed and the public key in one string.
func decodeDropbear(in *input, _ Limits) (*Envelope, error) {
	public, secret, err := readDropbear(bytes.Clone(in.raw))
	if err != nil {
		return nil, wireError(Dropbear, "key", err)
	}
	k, err := keytool.NewPublic(public, "")
	if err != nil {
		return nil, wireError(Dropbear, "public key", err)
	}
	if s, ok := secret.(*keytool.RSASecret); ok && s.P == nil && !recoverPrimes(k, s) {
		return nil, &keytool.MismatchError{Reason: "the private exponent d does not lead to the primes of n"}
	}
	if k, err = keytool.NewPrivate(k, secret); err != nil {
		return nil, wireError(Dropbear, "private numbers", err)
	}
	return &Envelope{
		Format: Dropbear, Kind: KindPrivate, Algorithm: k.Algorithm().Name, Public: k.Public(),
		open: func([]byte) (*keytool.Key, error) { return k, nil },
	}, nil
}

// readDropbear cuts raw into a public blob and the secret, which share its
// memory. An RSA secret of before Dropbear 0.33 has no primes: its P is nil.
func readDropbear(raw []byte) (public []byte, secret keytool.Secret, err error) {
	r := keytool.NewWireReader(raw)
	a := readDropbearPublic(r)
	public = raw[:r.Offset():r.Offset()]
	switch a.Family {
	case keytool.RSA:
		s := &keytool.RSASecret{D: r.MPInt("d")}
		if len(r.Rest()) > 0 {
			s.P, s.Q = r.MPInt("p"), r.MPInt("q")
		}
		secret = s
	case keytool.DSA:
		secret = &keytool.DSASecret{X: r.MPInt("x")}
	case keytool.ECDSA:
		secret = &keytool.ECDSASecret{D: r.MPInt("d")}
	default:
		r.Uint32("length") // sniffed: 64
		secret = &keytool.EdSecret{Seed: r.Bytes("seed", keytool.Ed25519SeedSize)}
		public = keytool.AppendStr(public, r.Bytes("public key", keytool.Ed25519PublicSize))
	}
	return public, secret, r.End()
}

// recoverPrimes factors n with the help of d and sets s.P and s.Q: NIST SP
// 800-56B revision 2, appendix C.2, which needs no guessing where e is small
// beside n, and costs a few products and divisions. They are not checked; false
// where there are none.
func recoverPrimes(k *keytool.Key, s *keytool.RSASecret) bool {
	one := big.NewInt(1)
	e, n := new(big.Int).SetBytes(k.Params()[0]), new(big.Int).SetBytes(k.Params()[1])
	if len(s.D) > len(k.Params()[1]) {
		return false
	}
	a := new(big.Int).Mul(e, new(big.Int).SetBytes(s.D))
	if a.Sub(a, one).Sign() <= 0 {
		return false
	}
	a.Mul(a, new(big.Int).GCD(nil, nil, a, new(big.Int).Sub(n, one)))
	m, r := new(big.Int).QuoRem(a, n, new(big.Int))
	sum := new(big.Int).Sub(n, r) // p+q, in two steps
	sum.Div(sum, m.Add(m, one)).Add(sum, one)
	root := new(big.Int).Mul(sum, sum)
	if root.Sub(root, new(big.Int).Lsh(n, 2)).Sign() <= 0 {
		return false
	}
	root.Sqrt(root)
	p, q := new(big.Int).Add(sum, root), new(big.Int).Sub(sum, root)
	s.P, s.Q = p.Rsh(p, 1).Bytes(), q.Rsh(q, 1).Bytes()
	return true
}

func fitDropbear(k *keytool.Key) ([]Loss, error) {
	if k.Algorithm().Family == keytool.DSA && k.Bits() != dropbearDSABits {
		return nil, &CannotHoldError{Dropbear, fmt.Sprintf("a DSA key of %d bits", k.Bits())}
	}
	return fitTo(Dropbear, k, false, false, keytool.RSA, keytool.DSA, keytool.ECDSA, keytool.Ed25519)
}

func encodeDropbear(k *keytool.Key, _ Options) ([]byte, error) {
	out := k.Blob()
	switch s := k.Secret().(type) {
	case *keytool.RSASecret:
		out = keytool.AppendMPInt(out, s.D)
		out = keytool.AppendMPInt(out, s.P)
		out = keytool.AppendMPInt(out, s.Q)
	case *keytool.DSASecret:
		out = keytool.AppendMPInt(out, s.X)
	case *keytool.ECDSASecret:
		out = keytool.AppendMPInt(out, s.D)
	case *keytool.EdSecret:
		pair := append(bytes.Clone(s.Seed), k.Params()[0]...)
		out = keytool.AppendStr(keytool.AppendStr(nil, k.Algorithm().Name), pair)
	default:
		return nil, &CannotHoldError{Dropbear, "a key of type " + k.Algorithm().Name}
	}
	return out, nil
}
