// Package keytool says what an SSH key is and answers what can be asked of it:
// its algorithm, size and fingerprints, and whether two halves belong together.
// It knows no file format and touches no file; package formats turns bytes into
// Keys and back.
//
// Start with NewPublic for an RFC 4253 section 6.6 blob and NewPrivate for a
// blob with its secret. There is no unchecked Key: a private Key exists only
// after its public half was derived from the secret and found equal.
package keytool

import (
	"bytes"
	"fmt"
	"io"
)

// Key is a public key with an optional private half, certificate and comment.
// It is immutable; its identity is the public key blob. Printed under any verb
// it shows its algorithm and fingerprint, never secret numbers.
type Key struct {
	algorithm   *Algorithm
	blob        []byte
	params      [][]byte
	certificate []byte
	secret      Secret
	comment     string
}

// NewPublic makes a Key of a public key blob (RFC 4253 section 6.6: string key
// type, then the algorithm's fields). Known algorithms are held to their
// structure, field sizes and curve; mpints are brought into their canonical
// form, so equal keys have equal blobs. An unknown algorithm is kept as it is.
// A certificate's blob gives the key it certifies, with the certificate kept.
// Errors are *FieldError.
func NewPublic(blob []byte, comment string) (*Key, error) {
	r := NewWireReader(blob)
	name := r.Str("key type")
	if r.Err() != nil {
		return nil, r.Err()
	}
	if !validTypeName(name) {
		return nil, &FieldError{"key type", 0, "not a key type name"}
	}
	if isCertificateName(string(name)) {
		return newCertificate(string(name), blob, r, comment)
	}
	a := LookupAlgorithm(string(name))
	if a == nil {
		unknown := &Algorithm{Name: string(name), Display: string(name)}
		return &Key{algorithm: unknown, blob: bytes.Clone(blob), comment: comment}, nil
	}
	params, err := readFields(a, r)
	if err != nil {
		return nil, err
	}
	if err := r.End(); err != nil {
		return nil, err
	}
	return newKey(a, params, comment), nil
}

// NewPublicParams makes a Key from an algorithm's public numbers, in the order
// of its blob: RSA e, n; DSA p, q, g, y; ECDSA point; Ed25519 and Ed448 key;
// sk keys key or point, application. Numbers are big-endian magnitudes.
func NewPublicParams(algorithm string, comment string, params ...[]byte) (*Key, error) {
	a := LookupAlgorithm(algorithm)
	if a == nil {
		return nil, &FieldError{"key type", 0, "unknown algorithm"}
	}
	if a.Curve != "" {
		params = append([][]byte{[]byte(a.Curve)}, params...)
	}
	if len(params) != len(a.fields) {
		return nil, fmt.Errorf("keytool: %s has %d public fields, %d given", a.Name, len(a.fields), len(params))
	}
	return NewPublic(marshalBlob(a, params), comment)
}

func newKey(a *Algorithm, params [][]byte, comment string) *Key {
	k := &Key{algorithm: a, blob: marshalBlob(a, params), comment: comment}
	// The params are cut out of the key's own blob, so nobody else can change them.
	r := NewWireReader(k.blob)
	r.Str("key type")
	k.params, _ = walkFields(a, r)
	return k
}

func marshalBlob(a *Algorithm, params [][]byte) []byte {
	size := 4 + len(a.Name)
	for _, p := range params {
		size += 5 + len(p)
	}
	blob := AppendStr(make([]byte, 0, size), a.Name)
	for i, f := range a.fields {
		if f.kind == fieldMPInt {
			blob = AppendMPInt(blob, params[i])
		} else {
			blob = AppendStr(blob, params[i])
		}
	}
	return blob
}

func walkFields(a *Algorithm, r *WireReader) ([][]byte, error) {
	params := make([][]byte, len(a.fields))
	for i, f := range a.fields {
		if f.kind == fieldMPInt {
			params[i] = r.MPInt(f.name)
		} else {
			params[i] = r.Str(f.name)
		}
	}
	return params, r.Err()
}

// readFields walks the fields of a and checks what can be checked of them alone.
func readFields(a *Algorithm, r *WireReader) ([][]byte, error) {
	start := r.Offset()
	params, err := walkFields(a, r)
	if err != nil {
		return nil, err
	}
	for i, f := range a.fields {
		if reason := a.checkField(f, params[i]); reason != "" {
			return nil, &FieldError{f.name, start, reason}
		}
	}
	return params, nil
}

func (a *Algorithm) checkField(f field, value []byte) string {
	switch {
	case f.kind == fieldMPInt && len(value) == 0:
		return "the number is zero"
	case f.kind == fieldMPInt && a.Family == RSA && bitLen(value) > MaxRSABits:
		return fmt.Sprintf("%d bits, more than %d", bitLen(value), MaxRSABits)
	case f.kind == fieldMPInt && a.Family == DSA && bitLen(value) > maxDSABits:
		return fmt.Sprintf("%d bits, more than %d", bitLen(value), maxDSABits)
	case f.kind == fieldPoint:
		if _, err := a.ecdhCurve().NewPublicKey(value); err != nil {
			return "not a point on " + a.Curve
		}
	case f.name == "curve" && string(value) != a.Curve:
		return "curve does not fit the key type " + a.Name
	case f.size != 0 && len(value) != f.size:
		return fmt.Sprintf("%d bytes, should be %d", len(value), f.size)
	}
	return ""
}

// Algorithm returns the key's row; for an unknown key type a row with its name only.
func (k *Key) Algorithm() *Algorithm { return k.algorithm }

// Blob returns a copy of the public key blob, RFC 4253 section 6.6. For a
// certificate it is the blob of the certified key, for a dataset key the raw
// public key (see NewX25519Public).
func (k *Key) Blob() []byte { return bytes.Clone(k.blob) }

// Params returns the public numbers in the order of NewPublicParams, mpints as
// magnitudes. They must not be modified; nil for unknown algorithms.
func (k *Key) Params() [][]byte {
	if k.algorithm.Curve != "" {
		return k.params[1:]
	}
	return k.params
}

// Bits is the key's size as ssh-keygen -l prints it; 0 for unknown algorithms.
func (k *Key) Bits() int {
	switch k.algorithm.Family {
	case RSA:
		return bitLen(k.params[1])
	case DSA:
		return bitLen(k.params[0])
	}
	return k.algorithm.bits
}

// Comment is the key's comment; the format it came from may not hold one.
func (k *Key) Comment() string { return k.comment }

// Secret is the private half, nil for a public key. See Secret's types.
func (k *Key) Secret() Secret { return k.secret }

// IsPrivate tells whether the key has its private half.
func (k *Key) IsPrivate() bool { return k.secret != nil }

// Certificate returns a copy of the OpenSSH certificate blob kept with the key, or nil.
func (k *Key) Certificate() []byte { return bytes.Clone(k.certificate) }

// Public returns the key without its private half.
func (k *Key) Public() *Key {
	c := *k
	c.secret = nil
	return &c
}

// WithComment returns the key under another comment.
func (k *Key) WithComment(comment string) *Key {
	c := *k
	c.comment = comment
	return &c
}

// WithoutCertificate returns the key without its certificate.
func (k *Key) WithoutCertificate() *Key {
	c := *k
	c.certificate = nil
	return &c
}

// Equal tells whether two keys have the same public half. Comment, certificate
// and private half are not looked at.
func (k *Key) Equal(o *Key) bool { return bytes.Equal(k.blob, o.blob) }

// Format prints algorithm, size and fingerprint under every verb, of a copied Key too.
func (k Key) Format(f fmt.State, _ rune) {
	half := "public"
	if k.secret != nil {
		half = "private"
	}
	fmt.Fprintf(f, "%s key %s %d %s", half, k.algorithm.Name, k.Bits(), k.Fingerprint())
}

// MarshalJSON refuses: a key is written by package formats only.
func (k Key) MarshalJSON() ([]byte, error) {
	return nil, fmt.Errorf("keytool: a Key is not marshalled")
}

// Secret is a private half: one of RSASecret, DSASecret, ECDSASecret,
// EdSecret, SKSecret, MLDSASecret, X25519Secret. Numbers are big-endian magnitudes. The
// slices of a Key's secret must not be modified.
type Secret interface{ isSecret() }

// redacted keeps secrets out of every print and log.
type redacted struct{}

func (redacted) isSecret()                    {}
func (redacted) Format(f fmt.State, _ rune)   { io.WriteString(f, "[secret]") }
func (redacted) MarshalJSON() ([]byte, error) { return []byte(`"[secret]"`), nil }

// RSASecret holds d, p, q and iqmp = q^-1 mod p (RFC 8017 section 3.2). A
// format that has no iqmp leaves it nil; NewPrivate fills it in.
type RSASecret struct {
	redacted
	D, P, Q, IQMP []byte
}

// DSASecret holds x.
type DSASecret struct {
	redacted
	X []byte
}

// ECDSASecret holds the scalar d.
type ECDSASecret struct {
	redacted
	D []byte
}

// EdSecret holds the seed of Ed25519 (32 bytes) or Ed448 (57 bytes): the
// "private key" of RFC 8032, from which everything else is derived.
type EdSecret struct {
	redacted
	Seed []byte
}

// SKSecret is a security key's handle (OpenSSH PROTOCOL.u2f). The secret
// itself never leaves the device.
type SKSecret struct {
	redacted
	Flags     byte
	KeyHandle []byte
	Reserved  []byte
}

// MLDSASecret holds the two seeds of mldsa44-ed25519, 32 bytes each.
type MLDSASecret struct {
	redacted
	MLDSASeed, Ed25519Seed []byte
}
