package formats

import (
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sshkeys/keytool"
)

func pkcs8Format() *Format {
	return &Format{
		ID: PKCS8, Title: "PKCS#8 private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "RFC 5958, RFC 8018", Encrypts: true,
		sniff:  func(in *input) bool { return sniffPKCS(PKCS8)(in) && !sniffCrypt4GH(in) },
		decode: decodePKCS8, encode: encodePKCS8,
		fit: func(k *keytool.Key) ([]Loss, error) {
			return fitTo(PKCS8, k, false, false, keytool.RSA, keytool.DSA, keytool.ECDSA, keytool.Ed25519, keytool.Ed448)
		},
	}
}

const encryptedLabel = "ENCRYPTED PRIVATE KEY"

func decodePKCS8(in *input, lim Limits) (*Envelope, error) {
	f, err := readPKCS(PKCS8, in)
	if err != nil {
		return nil, err
	}
	if err := f.refuseProcType(); err != nil {
		return nil, err
	}
	if f.label == encryptedLabel || f.bare() && !newDER(f.der).sequence("").next(asn1.INTEGER) {
		return decodeEncryptedPKCS8(f, lim)
	}
	return f.envelope(KindPrivate, readPKCS8)
}

// readPKCS8 reads a PrivateKeyInfo, or with version 1 a OneAsymmetricKey (RFC
// 5958 section 2) whose public half must be that of the private one.
func readPKCS8(_ *pkcsFile, der []byte) (*keytool.Key, error) {
	whole := newDER(der)
	seq := whole.sequence("PrivateKeyInfo")
	version := seq.uint("version")
	if version > 1 {
		seq.fail("version", "neither 0 nor 1")
	}
	privateKeyAlgorithm := seq.sequence("privateKeyAlgorithm")
	private := seq.read("privateKey", asn1.OCTET_STRING)
	if tag := asn1.Tag(0).ContextSpecific().Constructed(); seq.next(tag) {
		seq.skip("attributes")
	}
	var stated *derReader
	if version == 1 {
		stated = readStatedPublic(seq)
	}
	seq.end()
	if err := whole.end(); err != nil {
		return nil, err
	}
	algorithm, err := readKeyAlgorithm(privateKeyAlgorithm)
	if err != nil {
		return nil, err
	}
	key, err := algorithm.private(private)
	if err != nil || stated == nil {
		return key, err
	}
	public, err := algorithm.public(stated)
	if err != nil {
		return nil, err
	}
	if !public.Equal(key) {
		return nil, &keytool.MismatchError{Reason: "PKCS#8 with a foreign public half", Want: public, Got: key.Public()}
	}
	return key, nil
}

// readStatedPublic reads the public half of RFC 5958, nil where there is none.
// It is tagged implicitly; old versions of the Rust library ring tag it explicitly.
func readStatedPublic(seq *derReader) *derReader {
	const field = "publicKey"
	implicit := asn1.Tag(1).ContextSpecific()
	switch {
	case seq.next(implicit):
		return seq.read(field, implicit).wholeBytes(field)
	case seq.next(implicit.Constructed()):
		outer := seq.read(field, implicit.Constructed())
		stated := outer.bits(field)
		outer.end()
		return stated
	}
	return nil
}

// private reads the content of PKCS#8's privateKey to its end.
func (a *keyAlgorithm) private(r *derReader) (*keytool.Key, error) {
	switch a.name {
	case "ssh-rsa":
		return readRSAPrivate(r)
	case "ssh-dss":
		x := r.integer("x")
		if err := r.end(); err != nil {
			return nil, err
		}
		return dsaFromX(a, x)
	case "ssh-ed25519", "ssh-ed448": // RFC 8410 section 7: a CurvePrivateKey
		size := keytool.Ed25519SeedSize
		if a.name == "ssh-ed448" {
			size = keytool.Ed448SeedSize
		}
		seed := r.octets("CurvePrivateKey")
		if len(seed) != size {
			r.fail("CurvePrivateKey", fmt.Sprintf("%d bytes, should be %d", len(seed), size))
		}
		if err := r.end(); err != nil {
			return nil, err
		}
		return joinHalves(a, &keytool.EdSecret{Seed: seed}, nil)
	}
	return readECPrivate(r, a.name)
}

// encodePKCS8 writes version 0, as OpenSSL does: OpenSSL 3.0 refuses version 1.
func encodePKCS8(k *keytool.Key, opt Options) ([]byte, error) {
	add := func(b *cryptobyte.Builder) { addPKCS8(b, k) }
	if len(opt.Passphrase) == 0 {
		return encodePKCS("PRIVATE KEY", opt, add)
	}
	plain, err := encodePKCS("", Options{DER: true}, add)
	if err != nil {
		return nil, err
	}
	return encodePBES2(plain, opt)
}

func addPKCS8(b *cryptobyte.Builder, k *keytool.Key) {
	addSequence(b, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		addKeyAlgorithm(b, k)
		b.AddASN1(asn1.OCTET_STRING, func(b *cryptobyte.Builder) {
			switch s := k.Secret().(type) {
			case *keytool.RSASecret:
				addRSAPrivate(b, k)
			case *keytool.DSASecret:
				addInteger(b, s.X)
			case *keytool.ECDSASecret:
				addECPrivate(b, k, false)
			case *keytool.EdSecret:
				b.AddASN1OctetString(s.Seed)
			}
		})
	})
}
