package formats

import (
	"math/big"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sshkeys/keytool"
)

// The object identifiers of keys this package reads and writes.
const (
	oidRSA     = "1.2.840.113549.1.1.1"
	oidDSA     = "1.2.840.10040.4.1"
	oidEC      = "1.2.840.10045.2.1"
	oidEd25519 = "1.3.101.112" // RFC 8410 section 3
	oidEd448   = "1.3.101.113"

	oidPrimeField = "1.2.840.10045.1.1"
)

// maxDSABits is keytool's bound on DSA's modulus. PKCS#8 keeps no y, so the
// exponentiation that makes it comes before keytool sees the numbers.
const maxDSABits = 4096

// foreignKey says that a key is well formed as far as can be seen, and of a
// kind nothing here handles.
type foreignKey struct {
	algorithm string       // its name, or dotted OID
	what      string       // in words
	public    *keytool.Key // where the public half can be had all the same
}

func (e *foreignKey) Error() string { return "unsupported " + e.what }

func foreignOID(oid string) error {
	name := oidName(oid)
	return &foreignKey{algorithm: name, what: "key type " + strconv.Quote(name)}
}

// oidName gives the usual name of key types that SSH does not have.
func oidName(oid string) string {
	switch oid {
	case "1.2.840.113549.1.1.10":
		return "rsa-pss"
	case "1.2.840.113549.1.3.1", "1.2.840.10046.2.1":
		return "dh"
	case "1.3.101.110":
		return "x25519"
	case "1.3.101.111":
		return "x448"
	case "1.3.132.0.10":
		return "secp256k1"
	case "1.2.840.10045.3.1.1":
		return "nistp192"
	case "1.3.132.0.33":
		return "nistp224"
	case "1.3.36.3.3.2.8.1.1.7":
		return "brainpoolP256r1"
	case "1.3.36.3.3.2.8.1.1.11":
		return "brainpoolP384r1"
	case "1.3.36.3.3.2.8.1.1.13":
		return "brainpoolP512r1"
	case "2.16.840.1.101.3.4.3.17":
		return "ml-dsa-44"
	case "2.16.840.1.101.3.4.3.18":
		return "ml-dsa-65"
	case "2.16.840.1.101.3.4.3.19":
		return "ml-dsa-87"
	}
	return oid
}

// newPublic is keytool.NewPublicParams for numbers out of DER, where an offset
// in the wire blob means nothing.
func newPublic(algorithm string, params ...[]byte) (*keytool.Key, error) {
	key, err := keytool.NewPublicParams(algorithm, "", params...)
	if f, ok := err.(*keytool.FieldError); ok {
		return nil, &keytool.FieldError{Field: f.Field, Offset: -1, Reason: f.Reason}
	}
	return key, err
}

// keyAlgorithm is the AlgorithmIdentifier of a key (RFC 5280 section 4.1.1.2,
// RFC 3279 section 2.3, RFC 5480, RFC 8410) under its SSH name.
type keyAlgorithm struct {
	name    string
	p, q, g []byte // of DSA
}

// readKeyAlgorithm reads the content of one. A *foreignKey tells a type SSH does
// not have.
func readKeyAlgorithm(seq *derReader) (*keyAlgorithm, error) {
	oid := seq.oid("algorithm")
	if seq.err() != nil {
		return nil, seq.err()
	}
	a := &keyAlgorithm{}
	switch oid {
	case oidRSA:
		a.name = "ssh-rsa"
		if seq.next(asn1.NULL) {
			seq.read("parameters", asn1.NULL).end()
		}
	case oidDSA:
		a.name = "ssh-dss"
		params := seq.sequence("parameters")
		a.p, a.q, a.g = params.integer("p"), params.integer("q"), params.integer("g")
		params.end()
	case oidEC:
		name, err := readECParameters(seq)
		if err != nil {
			return nil, err
		}
		a.name = name
	case oidEd25519:
		a.name = "ssh-ed25519"
	case oidEd448:
		a.name = "ssh-ed448"
	default:
		return nil, foreignOID(oid)
	}
	return a, seq.end()
}

// public reads the subjectPublicKey of the algorithm to its end.
func (a *keyAlgorithm) public(r *derReader) (*keytool.Key, error) {
	switch a.name {
	case "ssh-rsa":
		return readRSAPublic(r)
	case "ssh-dss":
		y := r.integer("y")
		if err := r.end(); err != nil {
			return nil, err
		}
		return newPublic(a.name, a.p, a.q, a.g, y)
	}
	point := []byte(r.rest)
	if c := curveOf(a.name); c != nil {
		point = c.uncompressed(point)
	}
	if r.err() != nil {
		return nil, r.err()
	}
	return newPublic(a.name, point)
}

// readRSAPublic reads an RSAPublicKey (RFC 8017 appendix A.1.1) to the end of r.
func readRSAPublic(r *derReader) (*keytool.Key, error) {
	seq := r.sequence("RSAPublicKey")
	n, e := seq.integer("modulus"), seq.integer("publicExponent")
	seq.end()
	if err := r.end(); err != nil {
		return nil, err
	}
	return newPublic("ssh-rsa", e, n)
}

// readRSAPrivate reads an RSAPrivateKey (RFC 8017 appendix A.1.2) to the end of
// r. All nine numbers are checked.
func readRSAPrivate(r *derReader) (*keytool.Key, error) {
	seq := r.sequence("RSAPrivateKey")
	version := seq.uint("version")
	n, e := seq.integer("modulus"), seq.integer("publicExponent")
	d, p, q := seq.integer("privateExponent"), seq.integer("prime1"), seq.integer("prime2")
	dp, dq, iqmp := seq.integer("exponent1"), seq.integer("exponent2"), seq.integer("coefficient")
	if r.err() != nil {
		return nil, r.err()
	}
	pub, err := newPublic("ssh-rsa", e, n)
	if err != nil {
		return nil, err
	}
	if version == 1 {
		return nil, &foreignKey{"ssh-rsa", "RSA key of more than two primes", pub}
	}
	if version != 0 {
		seq.fail("version", "not a version of RSAPrivateKey")
	}
	seq.end()
	if err := r.end(); err != nil {
		return nil, err
	}
	key, err := keytool.NewPrivate(pub, &keytool.RSASecret{D: d, P: p, Q: q, IQMP: iqmp})
	if err != nil {
		return nil, err
	}
	if err := checkCRT(key, dp, dq); err != nil {
		return nil, err
	}
	return key, nil
}

// checkCRT proves dP = d mod p-1 and dQ = d mod q-1, which keytool does not keep.
// It follows NewPrivate, which bounds the numbers.
func checkCRT(key *keytool.Key, dp, dq []byte) error {
	wantP, wantQ := crtExponents(key.Secret().(*keytool.RSASecret))
	if !sameNumber(dp, wantP) {
		return &keytool.MismatchError{Reason: "exponent1 (dP) is not d modulo p-1: it belongs to another key"}
	}
	if !sameNumber(dq, wantQ) {
		return &keytool.MismatchError{Reason: "exponent2 (dQ) is not d modulo q-1: it belongs to another key"}
	}
	return nil
}

// crtExponents computes dP and dQ (RFC 8017 section 3.2).
func crtExponents(s *keytool.RSASecret) (dp, dq *big.Int) {
	d, one := new(big.Int).SetBytes(s.D), big.NewInt(1)
	mod := func(prime []byte) *big.Int {
		m := new(big.Int).SetBytes(prime)
		return m.Mod(d, m.Sub(m, one))
	}
	return mod(s.P), mod(s.Q)
}

// readECPrivate reads an ECPrivateKey (RFC 5915 section 3) to the end of r.
// around is the algorithm of the curve named outside of it, "" for none.
func readECPrivate(r *derReader, around string) (*keytool.Key, error) {
	seq := r.sequence("ECPrivateKey")
	if seq.uint("version") != 1 {
		seq.fail("version", "not 1")
	}
	secret := &keytool.ECDSASecret{D: seq.octets("privateKey")}
	algorithm := around
	if tag := asn1.Tag(0).ContextSpecific().Constructed(); seq.next(tag) {
		params := seq.read("parameters", tag)
		inside, err := readECParameters(params)
		if err != nil {
			return nil, err
		}
		if around != "" && inside != around {
			params.fail("parameters", "another curve than the one named around the key")
		}
		algorithm = inside
		params.end()
	}
	var stated *derReader
	if tag := asn1.Tag(1).ContextSpecific().Constructed(); seq.next(tag) {
		outer := seq.read("publicKey", tag)
		stated = outer.bits("publicKey")
		outer.end()
	}
	seq.end()
	if err := r.end(); err != nil {
		return nil, err
	}
	if algorithm == "" {
		return nil, &keytool.FieldError{Field: "parameters", Offset: -1, Reason: "no curve is named"}
	}
	return joinHalves(&keyAlgorithm{name: algorithm}, secret, stated)
}

// joinHalves proves a secret against its stated public half, or derives that
// where stated is nil.
func joinHalves(a *keyAlgorithm, secret keytool.Secret, stated *derReader) (*keytool.Key, error) {
	var pub *keytool.Key
	var err error
	if stated != nil {
		pub, err = a.public(stated)
	} else {
		pub, err = keytool.DerivePublic(a.name, secret)
	}
	if err != nil {
		return nil, err
	}
	return keytool.NewPrivate(pub, secret)
}

// readDSAPrivate reads the numbers of OpenSSL's DSAPrivateKey to the end of r.
func readDSAPrivate(r *derReader) (*keytool.Key, error) {
	seq := r.sequence("DSAPrivateKey")
	if seq.uint("version") != 0 {
		seq.fail("version", "not 0")
	}
	p, q, g := seq.integer("p"), seq.integer("q"), seq.integer("g")
	y, x := seq.integer("y"), seq.integer("x")
	seq.end()
	if err := r.end(); err != nil {
		return nil, err
	}
	pub, err := newPublic("ssh-dss", p, q, g, y)
	if err != nil {
		return nil, err
	}
	return keytool.NewPrivate(pub, &keytool.DSASecret{X: x})
}

// dsaFromX makes a DSA key of its parameters and x alone: y = g^x mod p.
func dsaFromX(a *keyAlgorithm, x []byte) (*keytool.Key, error) {
	p, q, g := new(big.Int).SetBytes(a.p), new(big.Int).SetBytes(a.q), new(big.Int).SetBytes(a.g)
	if p.BitLen() > maxDSABits {
		return nil, &keytool.FieldError{Field: "p", Offset: -1,
			Reason: strconv.Itoa(p.BitLen()) + " bits, more than " + strconv.Itoa(maxDSABits)}
	}
	n := new(big.Int).SetBytes(x)
	if p.Bit(0) == 0 || q.Cmp(p) >= 0 || g.Cmp(p) >= 0 || n.Sign() == 0 || n.Cmp(q) >= 0 {
		return nil, &keytool.MismatchError{Reason: "the DSA numbers are out of range"}
	}
	pub, err := newPublic("ssh-dss", a.p, a.q, a.g, new(big.Int).Exp(g, n, p).Bytes())
	if err != nil {
		return nil, err
	}
	return keytool.NewPrivate(pub, &keytool.DSASecret{X: x})
}

// addKeyAlgorithm writes the AlgorithmIdentifier of a key.
func addKeyAlgorithm(b *cryptobyte.Builder, k *keytool.Key) {
	addSequence(b, func(b *cryptobyte.Builder) {
		switch k.Algorithm().Family {
		case keytool.RSA:
			addOID(b, oidRSA)
			b.AddASN1NULL()
		case keytool.DSA:
			addOID(b, oidDSA)
			addSequence(b, func(b *cryptobyte.Builder) {
				for _, n := range k.Params()[:3] {
					addInteger(b, n)
				}
			})
		case keytool.ECDSA:
			addOID(b, oidEC)
			addOID(b, curveOf(k.Algorithm().Name).oid)
		case keytool.Ed25519:
			addOID(b, oidEd25519)
		case keytool.Ed448:
			addOID(b, oidEd448)
		}
	})
}

// addRSAPublic writes an RSAPublicKey.
func addRSAPublic(b *cryptobyte.Builder, k *keytool.Key) {
	addSequence(b, func(b *cryptobyte.Builder) {
		addInteger(b, k.Params()[1])
		addInteger(b, k.Params()[0])
	})
}

// addRSAPrivate writes an RSAPrivateKey of two primes.
func addRSAPrivate(b *cryptobyte.Builder, k *keytool.Key) {
	s := k.Secret().(*keytool.RSASecret)
	dp, dq := crtExponents(s)
	addSequence(b, func(b *cryptobyte.Builder) {
		numbers := [][]byte{nil, k.Params()[1], k.Params()[0], s.D, s.P, s.Q, dp.Bytes(), dq.Bytes(), s.IQMP}
		for _, n := range numbers {
			addInteger(b, n)
		}
	})
}

// addECPrivate writes an ECPrivateKey with its public point, and with its curve
// unless that is named outside.
func addECPrivate(b *cryptobyte.Builder, k *keytool.Key, withCurve bool) {
	addSequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1OctetString(k.Secret().(*keytool.ECDSASecret).D)
		if withCurve {
			b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
				addOID(b, curveOf(k.Algorithm().Name).oid)
			})
		}
		b.AddASN1(asn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {
			b.AddASN1BitString(k.Params()[0])
		})
	})
}

// addDSAPrivate writes OpenSSL's DSAPrivateKey.
func addDSAPrivate(b *cryptobyte.Builder, k *keytool.Key) {
	addSequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		for _, n := range k.Params() {
			addInteger(b, n)
		}
		addInteger(b, k.Secret().(*keytool.DSASecret).X)
	})
}
