package formats

import (
	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sshkeys/keytool"
)

func spkiFormat() *Format {
	return &Format{
		ID: SPKI, Title: "SubjectPublicKeyInfo (PEM) public key", Holds: HoldsPublic, Ending: ".pem",
		Source: "RFC 5280 section 4.1.2.7, RFC 8410",
		sniff:  sniffPKCS(SPKI), decode: decodeSPKI, encode: encodeSPKI,
		fit: func(k *keytool.Key) ([]Loss, error) {
			return fitTo(SPKI, k, false, false, keytool.RSA, keytool.DSA, keytool.ECDSA, keytool.Ed25519, keytool.Ed448)
		},
	}
}

func pkcs1PublicFormat() *Format {
	return &Format{
		ID: PKCS1Public, Title: "PKCS#1 (PEM) RSA public key", Holds: HoldsPublic, Ending: ".pem",
		Source: "RFC 8017 appendix A.1.1",
		sniff:  sniffPKCS(PKCS1Public), decode: decodePKCS1Public, encode: encodePKCS1Public,
		fit: func(k *keytool.Key) ([]Loss, error) { return fitTo(PKCS1Public, k, false, false, keytool.RSA) },
	}
}

// x509Format is read only: the key is taken out of the certificate, whose
// signature, names and dates are not looked at.
func x509Format() *Format {
	return &Format{
		ID: X509, Title: "X.509 certificate", Holds: HoldsPublic, Ending: ".pem",
		Source: "RFC 5280", decode: decodeX509,
		sniff: func(in *input) bool { return sniffPKCS(X509)(in) && !isTLSBundle(in) },
	}
}

func decodeSPKI(in *input, _ Limits) (*Envelope, error) {
	return decodePublicPKCS(SPKI, in, func(_ *pkcsFile, der []byte) (*keytool.Key, error) {
		r := newDER(der)
		return readSPKI(r, r)
	})
}

func decodePKCS1Public(in *input, _ Limits) (*Envelope, error) {
	return decodePublicPKCS(PKCS1Public, in, func(_ *pkcsFile, der []byte) (*keytool.Key, error) {
		return readRSAPublic(newDER(der))
	})
}

func decodeX509(in *input, _ Limits) (*Envelope, error) {
	return decodePublicPKCS(X509, in, readX509)
}

func decodePublicPKCS(id ID, in *input, parse keyParser) (*Envelope, error) {
	f, err := readPKCS(id, in)
	if err != nil {
		return nil, err
	}
	if err := f.refuseProcType(); err != nil {
		return nil, err
	}
	return f.envelope(KindPublic, parse)
}

// readSPKI reads a SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) from r. whole
// is the structure that must end after it: r itself, or a certificate.
func readSPKI(r, whole *derReader) (*keytool.Key, error) {
	seq := r.sequence("subjectPublicKeyInfo")
	identifier := seq.sequence("algorithm")
	public := seq.bits("subjectPublicKey")
	seq.end()
	if err := whole.end(); err != nil {
		return nil, err
	}
	algorithm, err := readKeyAlgorithm(identifier)
	if err != nil {
		return nil, err
	}
	return algorithm.public(public)
}

// readX509 takes the key out of a Certificate (RFC 5280 section 4.1). OpenSSL's
// trusted certificates have a second structure behind it, of what they are
// trusted for.
func readX509(f *pkcsFile, der []byte) (*keytool.Key, error) {
	whole := newDER(der)
	seq := whole.sequence("Certificate")
	tbs := seq.sequence("tbsCertificate")
	seq.sequence("signatureAlgorithm")
	seq.bits("signature")
	seq.end()
	if f.label == "TRUSTED CERTIFICATE" && whole.next(asn1.SEQUENCE) {
		whole.skip("CertAux")
	}
	if tag := asn1.Tag(0).ContextSpecific().Constructed(); tbs.next(tag) {
		tbs.skip("version")
	}
	tbs.read("serialNumber", asn1.INTEGER)
	for _, field := range []string{"signature", "issuer", "validity", "subject"} {
		tbs.sequence(field)
	}
	return readSPKI(tbs, whole)
}

func encodeSPKI(k *keytool.Key, opt Options) ([]byte, error) {
	return encodePKCS("PUBLIC KEY", opt, func(b *cryptobyte.Builder) {
		addSequence(b, func(b *cryptobyte.Builder) {
			addKeyAlgorithm(b, k)
			b.AddASN1(asn1.BIT_STRING, func(b *cryptobyte.Builder) {
				b.AddUint8(0)
				addPublic(b, k)
			})
		})
	})
}

// addPublic writes the content of a subjectPublicKey.
func addPublic(b *cryptobyte.Builder, k *keytool.Key) {
	switch k.Algorithm().Family {
	case keytool.RSA:
		addRSAPublic(b, k)
	case keytool.DSA:
		addInteger(b, k.Params()[3])
	default:
		b.AddBytes(k.Params()[0])
	}
}

func encodePKCS1Public(k *keytool.Key, opt Options) ([]byte, error) {
	return encodePKCS("RSA PUBLIC KEY", opt, func(b *cryptobyte.Builder) { addRSAPublic(b, k) })
}
