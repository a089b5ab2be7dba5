package formats

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// foreignKind is a kind of file that people take for an SSH or dataset key. It is
// told by what stands in clear, and named, and nothing of it is read.
type foreignKind struct {
	what    string
	command string // what its owner types, with FILE for its name
	is      func(in *input) bool
}

// foreignKinds is asked in order, after every format has declined.
func foreignKinds() []foreignKind {
	return []foreignKind{
		{"an OpenPGP private key, which is GnuPG's", "gpg --show-keys FILE", isOpenPGP("PGP PRIVATE KEY BLOCK", 5)},
		{"an OpenPGP public key, which is GnuPG's", "gpg --show-keys FILE", isOpenPGP("PGP PUBLIC KEY BLOCK", 6)},
		{"an OpenPGP message, data and no key", "gpg --decrypt FILE", hasLabel("PGP MESSAGE")},
		{"an OpenPGP signature, no key", "gpg --verify FILE", hasLabel("PGP SIGNATURE")},
		{"a minisign or signify private key, which signs files", "", isUntrustedComment(minisignSecret, signifySecret)},
		{"a minisign or signify public key, which checks signatures of files", "", isUntrustedComment(minisignPublic)},
		{"a minisign or signify signature, no key", "", isUntrustedComment(minisignSignature)},
		{"a WireGuard configuration, with keys of a VPN", "", isWireGuard},
		{"32 bytes in base64, as WireGuard's keys are, and the middle line of Crypt4GH's", "", isBare32},
		{"a TLS bundle in PEM, a certificate with its private key", "openssl pkey -in FILE -out key.pem", isTLSBundle},
		{"a PKCS#12 bundle (.p12, .pfx), certificates with their private key", "openssl pkcs12 -in FILE -nodes -nocerts -out key.pem", isPKCS12},
		{"a Java keystore", "keytool -list -keystore FILE", isJavaKeystore},
		{"a certificate request, no key", "openssl req -in FILE -noout -text", hasLabel("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")},
		{"a PKCS#7 bundle of certificates, no key", "openssl pkcs7 -in FILE -print_certs -noout", hasLabel("PKCS7", "CMS")},
		{"data encrypted with Crypt4GH, no key", "", hasMagic("crypt4gh")},
		{"data encrypted with age, no key", "", isAgeData},
	}
}

// foreign names a file of a kind that is known and not handled; nil where nobody
// knows it.
func (in *input) foreign() error {
	if ageStanza(in) == "scrypt" {
		return &UnsupportedError{Age, "encryption of the whole file with a passphrase (age --decrypt takes it off)"}
	}
	for _, k := range foreignKinds() {
		if k.is(in) {
			return &UnknownFormatError{Reason: k.what, Foreign: true, Command: k.command}
		}
	}
	return nil
}

// ForFile is the error in the light of the file's base name. Of dbGaP's repository
// keys only the name is known (prj_NUMBER.ngc).
func (e *UnknownFormatError) ForFile(base string) *UnknownFormatError {
	if e.Foreign || !strings.HasSuffix(strings.ToLower(base), ".ngc") {
		return e
	}
	return &UnknownFormatError{
		Reason: "by its name a dbGaP repository key, which the SRA tools take", Foreign: true,
		Command: "prefetch --ngc FILE ACCESSION",
	}
}

func hasMagic(magic string) func(in *input) bool {
	return func(in *input) bool { return bytes.HasPrefix(in.raw, []byte(magic)) }
}

// hasLabel tells a text whose first PEM block has one of the labels.
func hasLabel(labels ...string) func(in *input) bool {
	return func(in *input) bool {
		first, ok := firstPEMLabel(in.text)
		for _, label := range labels {
			if ok && first == label {
				return true
			}
		}
		return false
	}
}

// isOpenPGP knows the armour (RFC 9580 section 6.2) and, of binary files, the
// first packet: its type, and behind its length the version of the key.
func isOpenPGP(label string, packet byte) func(in *input) bool {
	return func(in *input) bool {
		if hasLabel(label)(in) {
			return true
		}
		body, ok := openPGPPacket(in.raw, packet)
		return ok && len(body) > 6 && 3 <= body[0] && body[0] <= 6 && isOpenPGPAlgorithm(body)
	}
}

// openPGPPacket takes the header off the first packet (RFC 9580 section 4.2).
func openPGPPacket(raw []byte, packet byte) (body []byte, ok bool) {
	if len(raw) < 8 {
		return nil, false
	}
	switch first := raw[0]; {
	case first == 0xc0|packet: // the new header, its length in one, two or five bytes
		switch {
		case raw[1] < 192:
			return raw[2:], true
		case raw[1] < 224:
			return raw[3:], true
		}
		return raw[6:], raw[1] == 255
	case first&^3 == 0x80|packet<<2 && first&3 < 3: // the old one: one, two or four
		return raw[1+1<<(first&3):], true
	}
	return nil, false
}

// isOpenPGPAlgorithm looks behind the time of creation, and in version 3 its end.
func isOpenPGPAlgorithm(body []byte) bool {
	at := 5
	if body[0] == 3 {
		at = 7
	}
	if len(body) <= at {
		return false
	}
	a := body[at]
	return 1 <= a && a <= 3 || 16 <= a && a <= 22 || 25 <= a && a <= 28
}

// Lengths in bytes of what stands in base64 below an untrusted comment: two
// letters of the algorithm, a number of the key, and the key or signature. Of
// minisign's private key also the derivation.
const (
	minisignPublic    = 2 + 8 + 32
	minisignSignature = 2 + 8 + 64
	minisignSecret    = 2 + 2 + 2 + 32 + 8 + 8 + 8 + 64 + 32
	signifySecret     = 2 + 2 + 4 + 16 + 8 + 8 + 64
)

// isUntrustedComment knows minisign(1) and signify(1) by their first line and the
// length of what the second holds.
func isUntrustedComment(lengths ...int) func(in *input) bool {
	return func(in *input) bool {
		first, rest, _ := bytes.Cut(in.text, []byte("\n"))
		second, _, _ := bytes.Cut(rest, []byte("\n"))
		if !bytes.HasPrefix(first, []byte("untrusted comment:")) {
			return false
		}
		for _, n := range lengths {
			if len(bytes.TrimSpace(second)) == base64.StdEncoding.EncodedLen(n) {
				return true
			}
		}
		return false
	}
}

// isWireGuard knows the sections of wg(8) by their names and keys.
func isWireGuard(in *input) bool {
	section, key := false, false
	for line := range bytes.Lines(in.text) {
		line = bytes.ToLower(bytes.TrimSpace(line))
		name, _, _ := bytes.Cut(line, []byte("="))
		switch string(bytes.TrimSpace(name)) {
		case "[interface]", "[peer]":
			section = true
		case "privatekey", "publickey":
			key = true
		}
	}
	return section && key
}

// isBare32 is a file of nothing but the base64 of 32 bytes.
func isBare32(in *input) bool {
	text := bytes.TrimSpace(in.text)
	if len(text) != base64.StdEncoding.EncodedLen(32) {
		return false
	}
	raw := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Strict().Decode(raw, text)
	return err == nil && n == 32
}

// isTLSBundle is a certificate with a private key behind it: to call it public,
// as its first block is, would have the key given away.
func isTLSBundle(in *input) bool {
	label, _, next := findBegin(in.text, 0)
	if formatOfLabel(label) != X509 {
		return false
	}
	for label != "" {
		if label, _, next = findBegin(in.text, next); strings.HasSuffix(label, "PRIVATE KEY") {
			return true
		}
	}
	return false
}

// isPKCS12 is a PFX (RFC 7292 section 4): a sequence of version 3 and a ContentInfo,
// in DER or, as some browsers write it, without a stated length.
func isPKCS12(in *input) bool {
	raw := in.raw
	if len(raw) < 2 || raw[0] != 0x30 {
		return false
	}
	header := 2
	if raw[1] > 0x80 {
		header += int(raw[1] & 0x7f)
	}
	return header <= 6 && len(raw) > header && bytes.HasPrefix(raw[header:], []byte("\x02\x01\x03\x30"))
}

// isJavaKeystore knows JKS and JCEKS by their magic numbers.
func isJavaKeystore(in *input) bool {
	if len(in.raw) < 4 {
		return false
	}
	magic := binary.BigEndian.Uint32(in.raw)
	return magic == 0xfeedfeed || magic == 0xcececece
}

func isAgeData(in *input) bool { return ageStanza(in) != "" }

// ageStanza is the type of the first stanza of a file that age encrypted, armoured
// or not; "" where it is none. Types are names, and a longer word is none.
func ageStanza(in *input) string {
	head := in.raw
	if label, _, next := findBegin(in.text, 0); label == "AGE ENCRYPTED FILE" {
		armoured, _, _ := bytes.Cut(in.text[next:], []byte(pemEnd))
		armoured = bytes.ReplaceAll(armoured, []byte("\n"), nil)
		head = make([]byte, base64.StdEncoding.DecodedLen(len(armoured)))
		n, _ := base64.StdEncoding.Decode(head, armoured) // n counts what came before any damage
		head = head[:n]
	}
	rest, ok := bytes.CutPrefix(head, []byte("age-encryption.org/v1\n-> "))
	if !ok {
		return ""
	}
	name, _, _ := bytes.Cut(rest, []byte(" "))
	if len(name) > 32 || !isPrintableASCII(name) {
		return "unknown"
	}
	return string(name)
}
