package formats

import (
	"crypto/elliptic"
	"math/big"

	"golang.org/x/crypto/cryptobyte/asn1"

	"sshkeys/keytool"
)

// ecCurve is one of the curves SSH has (RFC 5480 section 2.1.1.1).
type ecCurve struct {
	algorithm string
	oid       string
	curve     elliptic.Curve
}

func ecCurves() []ecCurve {
	return []ecCurve{
		{"ecdsa-sha2-nistp256", "1.2.840.10045.3.1.7", elliptic.P256()},
		{"ecdsa-sha2-nistp384", "1.3.132.0.34", elliptic.P384()},
		{"ecdsa-sha2-nistp521", "1.3.132.0.35", elliptic.P521()},
	}
}

// curveOf finds the curve of an algorithm's wire name; nil where it has none.
func curveOf(algorithm string) *ecCurve {
	for _, c := range ecCurves() {
		if c.algorithm == algorithm {
			return &c
		}
	}
	return nil
}

// readECParameters reads ECParameters (RFC 5480 section 2.1.1, with SEC 1
// appendix C.2's explicit form) and returns the algorithm of the curve.
func readECParameters(r *derReader) (string, error) {
	if r.next(asn1.SEQUENCE) {
		return readExplicitCurve(r.sequence("ECParameters"))
	}
	oid := r.oid("namedCurve")
	if r.err() != nil {
		return "", r.err()
	}
	for _, c := range ecCurves() {
		if c.oid == oid {
			return c.algorithm, nil
		}
	}
	return "", foreignOID(oid)
}

// readExplicitCurve recognises a NIST curve that is spelled out. Every number
// is compared, the generator too: a curve with another one is another curve.
func readExplicitCurve(r *derReader) (string, error) {
	unknown := &foreignKey{algorithm: "explicit-curve", what: "elliptic curve given by its numbers"}
	r.uint("version")
	field := r.sequence("fieldID")
	if field.oid("fieldType") != oidPrimeField && r.err() == nil {
		return "", unknown
	}
	p := field.integer("prime")
	curve := r.sequence("curve")
	a, b := curve.octets("a"), curve.octets("b")
	base, order := r.octets("base"), r.integer("order")
	if r.err() != nil {
		return "", r.err()
	}
	for _, c := range ecCurves() {
		n := c.curve.Params()
		minus3 := new(big.Int).Sub(n.P, big.NewInt(3))
		if sameNumber(p, n.P) && sameNumber(a, minus3) && sameNumber(b, n.B) && sameNumber(order, n.N) &&
			string(c.uncompressed(base)) == string(c.point(n.Gx, n.Gy)) {
			return c.algorithm, nil
		}
	}
	return "", unknown
}

func sameNumber(b []byte, n *big.Int) bool { return string(keytool.TrimZeros(b)) == string(n.Bytes()) }

// point is the uncompressed form of a point (SEC 1 section 2.3.3).
func (c *ecCurve) point(x, y *big.Int) []byte {
	size := (c.curve.Params().BitSize + 7) / 8
	out := make([]byte, 1+2*size)
	out[0] = 4
	x.FillBytes(out[1 : 1+size])
	y.FillBytes(out[1+size:])
	return out
}

// uncompressed brings a compressed point into the form SSH uses. Anything else
// is left for keytool to judge.
func (c *ecCurve) uncompressed(point []byte) []byte {
	if len(point) == 0 || point[0] != 2 && point[0] != 3 {
		return point
	}
	x, y := elliptic.UnmarshalCompressed(c.curve, point)
	if x == nil {
		return point
	}
	return c.point(x, y)
}
