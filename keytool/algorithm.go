package keytool

import (
	"crypto/ecdh"
	"math/bits"
	"strings"
)

// Family groups the algorithms that share their numbers.
type Family int

const (
	Unknown Family = iota
	RSA
	DSA
	ECDSA
	Ed25519
	Ed448
	SKECDSA
	SKEd25519
	MLDSA44Ed25519
	X25519 // dataset keys, see NewX25519Public
)

// Sizes of the fixed-length parts, in bytes.
const (
	Ed25519SeedSize   = 32
	Ed25519PublicSize = 32
	Ed448SeedSize     = 57 // RFC 8032 section 5.2.5
	Ed448PublicSize   = 57
	MLDSASeedSize     = 32   // FIPS 204, the seed xi
	MLDSA44PublicSize = 1312 // FIPS 204 table 2
)

// MaxRSABits is the longest modulus read: OpenSSH's OPENSSL_RSA_MAX_MODULUS_BITS.
const MaxRSABits = 16384

// maxDSABits bounds the one exponentiation a DSA key costs.
const maxDSABits = 4096

type fieldKind int

const (
	fieldStr fieldKind = iota
	fieldMPInt
	fieldPoint // an uncompressed point (SEC 1 section 2.3.3)
)

// field is one field of a public key blob after its key type.
type field struct {
	name string
	kind fieldKind
	size int // required length in bytes of a fieldStr; 0: any
}

// Algorithm is one row of the table of key types.
type Algorithm struct {
	Name    string // wire name, as in RFC 4253 section 6.6
	Display string // the name `ssh-keygen -l` prints in brackets
	Family  Family
	Cert    string // wire name of its OpenSSH certificate; "" where there is none
	Curve   string // curve name in the blob, RFC 5656 section 10.1
	Source  string
	bits    int // key size where it is fixed
	fields  []field
}

func ecdsa(curve, display string, bits int) Algorithm {
	return Algorithm{
		Name: "ecdsa-sha2-" + curve, Display: display, Family: ECDSA,
		Cert: "ecdsa-sha2-" + curve + "-cert-v01@openssh.com", Curve: curve,
		Source: "RFC 5656 section 3.1", bits: bits,
		fields: []field{{"curve", fieldStr, len(curve)}, {"Q", fieldPoint, 0}},
	}
}

// algorithms is the closed table; every lookup walks it.
var algorithms = [...]Algorithm{
	{Name: "ssh-ed25519", Display: "ED25519", Family: Ed25519, Cert: "ssh-ed25519-cert-v01@openssh.com",
		Source: "RFC 8709 section 4", bits: 256, fields: []field{{"key", fieldStr, Ed25519PublicSize}}},
	{Name: "ssh-rsa", Display: "RSA", Family: RSA, Cert: "ssh-rsa-cert-v01@openssh.com",
		Source: "RFC 4253 section 6.6", fields: []field{{"e", fieldMPInt, 0}, {"n", fieldMPInt, 0}}},
	ecdsa("nistp256", "ECDSA", 256),
	ecdsa("nistp384", "ECDSA", 384),
	ecdsa("nistp521", "ECDSA", 521),
	{Name: "ssh-dss", Display: "DSA", Family: DSA, Cert: "ssh-dss-cert-v01@openssh.com",
		Source: "RFC 4253 section 6.6",
		fields: []field{{"p", fieldMPInt, 0}, {"q", fieldMPInt, 0}, {"g", fieldMPInt, 0}, {"y", fieldMPInt, 0}}},
	{Name: "ssh-ed448", Display: "ED448", Family: Ed448,
		Source: "RFC 8709 section 4", bits: 448, fields: []field{{"key", fieldStr, Ed448PublicSize}}},
	{Name: "sk-ssh-ed25519@openssh.com", Display: "ED25519-SK", Family: SKEd25519,
		Cert: "sk-ssh-ed25519-cert-v01@openssh.com", Source: "OpenSSH PROTOCOL.u2f", bits: 256,
		fields: []field{{"key", fieldStr, Ed25519PublicSize}, {"application", fieldStr, 0}}},
	{Name: "sk-ecdsa-sha2-nistp256@openssh.com", Display: "ECDSA-SK", Family: SKECDSA,
		Cert: "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com", Curve: "nistp256", Source: "OpenSSH PROTOCOL.u2f", bits: 256,
		fields: []field{{"curve", fieldStr, len("nistp256")}, {"Q", fieldPoint, 0}, {"application", fieldStr, 0}}},
	// ssh-keygen 10.5 prints 256 bits for it (sshkey_mldsa44_ed25519_impl.keybits).
	{Name: "ssh-mldsa44-ed25519@openssh.com", Display: "MLDSA44-ED25519", Family: MLDSA44Ed25519,
		Cert: "ssh-mldsa44-ed25519-cert-v01@openssh.com", Source: "OpenSSH ssh-mldsa44-ed25519.c", bits: 256,
		fields: []field{{"key", fieldStr, MLDSA44PublicSize + Ed25519PublicSize}}},
}

// LookupAlgorithm finds the row of a key type's wire name; nil where nobody knows it.
func LookupAlgorithm(name string) *Algorithm {
	for i := range algorithms {
		if algorithms[i].Name == name {
			return &algorithms[i]
		}
	}
	return nil
}

// LookupCertificate finds the row whose certificates have this wire name.
func LookupCertificate(name string) *Algorithm {
	for i := range algorithms {
		if name != "" && algorithms[i].Cert == name {
			return &algorithms[i]
		}
	}
	return nil
}

// Algorithms returns the wire names of all key types this package knows.
func Algorithms() []string {
	names := make([]string, len(algorithms))
	for i := range algorithms {
		names[i] = algorithms[i].Name
	}
	return names
}

// ScalarSize is the length in bytes of an ECDSA private scalar; 0 for other families.
func (a *Algorithm) ScalarSize() int {
	if a.Curve == "" {
		return 0
	}
	return (a.bits + 7) / 8
}

// Hardware tells keys whose secret lives in a security key: the file has a handle only.
func (a *Algorithm) Hardware() bool { return a.Family == SKECDSA || a.Family == SKEd25519 }

// ecdhCurve is the curve's arithmetic. crypto/ecdh checks points and scalars
// without big.Int, and its points have the very encoding SSH uses.
func (a *Algorithm) ecdhCurve() ecdh.Curve {
	switch a.Curve {
	case "nistp256":
		return ecdh.P256()
	case "nistp384":
		return ecdh.P384()
	case "nistp521":
		return ecdh.P521()
	}
	return nil
}

// bitLen is the length in bits of the number with magnitude b (no leading zeros).
func bitLen(b []byte) int {
	if len(b) == 0 {
		return 0
	}
	return (len(b)-1)*8 + bits.Len8(b[0])
}

// validTypeName holds an unknown key type to RFC 4251 section 6: printable
// US-ASCII without blanks or commas, at most 64 characters.
func validTypeName(name []byte) bool {
	if len(name) == 0 || len(name) > 64 {
		return false
	}
	for _, c := range name {
		if c <= ' ' || c >= 0x7f || c == ',' {
			return false
		}
	}
	return true
}

// isCertificateName tells certificate types, known to the table or not.
func isCertificateName(name string) bool { return strings.HasSuffix(name, "-cert-v01@openssh.com") }
