package formats

import (
	"encoding/binary"
	"strings"

	"sshkeys/keytool"
)

// payload tells what a beginning of decoded bytes is of: the label of its armour,
// and how many bytes the whole has by its own length fields; 0 where they are not
// there or do not tell.
func payload(raw []byte) (label string, size int) {
	switch {
	case strings.HasPrefix(string(raw), openSSHMagic):
		return openSSHLabel, openSSHSize(raw)
	case len(raw) >= 8 && binary.BigEndian.Uint32(raw) == sshComMagic:
		return sshComLabel, int(binary.BigEndian.Uint32(raw[4:]))
	case len(raw) >= 4 && raw[0] == 0x30:
		return derLabel(raw), derSize(raw)
	case blobAlgorithm(raw) != "":
		return rfc4716Label, wireSize(raw)
	}
	return "", 0
}

// openSSHSize follows the fields of PROTOCOL.key section 1.
func openSSHSize(raw []byte) int {
	r := keytool.NewWireReader(raw[len(openSSHMagic):])
	cipher := lookupOpenSSHCipher(string(r.Str("cipher name")))
	r.Str("KDF name")
	r.Str("KDF options")
	r.Uint32("number of keys")
	r.Str("public key")
	section := r.Uint32("private section")
	if r.Err() != nil || section > 1<<20 || cipher == nil {
		return 0
	}
	return len(openSSHMagic) + r.Offset() + int(section) + cipher.tag
}

// derSize is what the outermost SEQUENCE announces, X.690 section 8.1.3.
func derSize(raw []byte) int {
	length, head := int(raw[1]), 2
	switch raw[1] {
	case 0x81:
		length, head = int(raw[2]), 3
	case 0x82:
		length, head = int(raw[2])<<8|int(raw[3]), 4
	default:
		if raw[1] >= 0x80 {
			return 0
		}
	}
	return head + length
}

// derLabel is the PEM label of the structure; of a beginning that is cut off it
// judges the first elements, as shapeOfDER does.
func derLabel(raw []byte) string {
	switch shapeOfDER(raw) {
	case PKCS1:
		return "RSA PRIVATE KEY"
	case SEC1:
		return "EC PRIVATE KEY"
	case DSAPEM:
		return "DSA PRIVATE KEY"
	case PKCS8:
		if isEncryptedPKCS8(raw) {
			return "ENCRYPTED PRIVATE KEY"
		}
		return "PRIVATE KEY"
	case SPKI:
		return "PUBLIC KEY"
	case PKCS1Public:
		return "RSA PUBLIC KEY"
	case X509:
		return "CERTIFICATE"
	}
	return ""
}

// isEncryptedPKCS8 tells EncryptedPrivateKeyInfo, which begins with a SEQUENCE where
// PrivateKeyInfo has its version (RFC 5958 section 3).
func isEncryptedPKCS8(raw []byte) bool {
	whole := derElements(raw, 1)
	return len(whole) > 0 && len(whole[0].content) > 0 && whole[0].content[0] == 0x30
}

// blobAlgorithm is the key type that a wire blob begins with, where it is known.
func blobAlgorithm(raw []byte) string {
	name := blobKeyType(raw)
	if keytool.LookupAlgorithm(name) == nil && keytool.LookupCertificate(name) == nil {
		return ""
	}
	return name
}

// wireSize is the size of a public key blob by its own length fields (RFC 4253
// section 6.6; PROTOCOL.certkeys, PROTOCOL.u2f); 0 where it is cut off among them.
func wireSize(raw []byte) int {
	r := keytool.NewWireReader(raw)
	name := string(r.Str("key type"))
	a, certificate := keytool.LookupAlgorithm(name), keytool.LookupCertificate(name)
	if certificate != nil {
		a = certificate
		r.Str("nonce")
	}
	if a == nil {
		return 0
	}
	fields := wireFields(a.Family)
	size := 0
	str := func(last bool) {
		if n := r.Uint32("length"); r.Err() == nil && n < 1<<20 {
			size = r.Offset() + int(n)
			if !last {
				r.Bytes("field", int(n))
			}
		} else {
			size = 0
		}
	}
	for i := range fields {
		str(certificate == nil && i == fields-1)
	}
	if certificate == nil || r.Err() != nil {
		return sizeIf(r.Err() == nil, size)
	}
	r.Bytes("serial and type", 8+4)
	r.Str("key id")
	r.Str("principals")
	r.Bytes("times", 8+8)
	for range 4 { // critical options, extensions, reserved, signature key
		r.Str("field")
	}
	str(true) // signature
	return sizeIf(r.Err() == nil, size)
}

func sizeIf(ok bool, size int) int {
	if !ok {
		return 0
	}
	return size
}

// wireFields is how many strings and mpints follow the key type.
func wireFields(f keytool.Family) int {
	switch f {
	case keytool.DSA:
		return 4
	case keytool.SKECDSA:
		return 3
	case keytool.RSA, keytool.ECDSA, keytool.SKEd25519:
		return 2
	}
	return 1
}
