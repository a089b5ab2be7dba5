package formats

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"

	"golang.org/x/crypto/chacha20poly1305"

	"sshkeys/keytool"
)

func crypt4GHFormat() *Format {
	return &Format{
		ID: Crypt4GH, Title: "Crypt4GH private key", Holds: HoldsPrivate, Dataset: true, Ending: ".sec",
		Source: "EGA-archive/crypt4gh docs/keys.rst", Encrypts: true,
		sniff: sniffCrypt4GH, decode: decodeCrypt4GH, encode: encodeCrypt4GH,
		fit: fitCrypt4GH,
	}
}

func crypt4GHPublicFormat() *Format {
	return &Format{
		ID: Crypt4GHPublic, Title: "Crypt4GH public key", Holds: HoldsPublic, Dataset: true, Ending: ".sec.pub",
		Source: "EGA-archive/crypt4gh docs/keys.rst",
		sniff: func(in *input) bool {
			label, _, _ := findBegin(in.text, 0)
			return label == crypt4GHPublicLabel
		},
		decode: decodeCrypt4GHPublic, encode: encodeCrypt4GHPublic,
		fit: func(k *keytool.Key) ([]Loss, error) { return fitDataset(Crypt4GHPublic, k, false) },
	}
}

// The labels say little of what is inside, see services.md 3.1: htslib's keys in
// clear and the reference tool's of any kind share the first, and early tools
// wrote encrypted keys under PKCS#8's.
const (
	crypt4GHLabel       = "CRYPT4GH PRIVATE KEY"
	crypt4GHLockedLabel = "CRYPT4GH ENCRYPTED PRIVATE KEY"
	crypt4GHPublicLabel = "CRYPT4GH PUBLIC KEY"

	crypt4GHMagic  = "c4gh-v1"
	crypt4GHNone   = "none" // name of the KDF and of the cipher
	crypt4GHCipher = "chacha20_poly1305"
)

// sniffCrypt4GH goes by the label, and under the labels of PKCS#8, whose DER
// begins with 0x30, by the magic.
func sniffCrypt4GH(in *input) bool {
	label, _, next := findBegin(in.text, 0)
	switch label {
	case crypt4GHLabel, crypt4GHLockedLabel:
		return true
	case "PRIVATE KEY", encryptedLabel:
		magic := base64.StdEncoding.EncodeToString([]byte(crypt4GHMagic))[:9] // 54 bits, without the last character and padding
		return bytes.HasPrefix(bytes.TrimSpace(in.text[next:]), []byte(magic))
	}
	return false
}

// crypt4GHFile is what stands in clear.
type crypt4GHFile struct {
	kdf     crypt4GHKDF
	cipher  string
	blob    []byte // the scalar, or nonce and sealed scalar
	comment string
}

// decodeCrypt4GH reads a private key under any of its labels. There is no public
// half in it: of an encrypted file nothing is known but that it is X25519.
func decodeCrypt4GH(in *input, lim Limits) (*Envelope, error) {
	block, _, err := decodeArmour(Crypt4GH, in.text, 0)
	if err != nil {
		return nil, err
	}
	raw, err := decodeBase64(Crypt4GH, "base64 text", block.body)
	if err != nil {
		return nil, err
	}
	if len(raw) == keytool.X25519Size && block.label == crypt4GHLabel && !bytes.HasPrefix(raw, []byte(crypt4GHMagic)) {
		return datasetInClear(Crypt4GH, raw, "") // as htslib writes it: the scalar alone
	}
	f, err := readCrypt4GH(raw)
	if err != nil {
		return nil, err
	}
	if f.kdf.name == crypt4GHNone {
		return datasetInClear(Crypt4GH, f.blob, f.comment)
	}
	return &Envelope{
		Format: Crypt4GH, Kind: KindDatasetPrivate, Algorithm: datasetAlgorithm,
		Protection: f.protection(), blocked: f.refusal(lim), open: f.decrypt,
	}, nil
}

// readCrypt4GH takes the structure apart and checks what can be checked of it
// without the passphrase.
func readCrypt4GH(raw []byte) (*crypt4GHFile, error) {
	r := keytool.NewWireReader(raw)
	if magic := r.Bytes("magic", len(crypt4GHMagic)); r.Err() != nil || string(magic) != crypt4GHMagic {
		return nil, syntax(Crypt4GH, "magic", "neither %s nor a bare key of %d bytes", crypt4GHMagic, keytool.X25519Size)
	}
	f := &crypt4GHFile{}
	f.kdf.name = string(crypt4GHString(r, "KDF name"))
	var options []byte
	if f.kdf.name != crypt4GHNone {
		options = crypt4GHString(r, "KDF options")
	}
	f.cipher = string(crypt4GHString(r, "cipher name"))
	f.blob = crypt4GHString(r, "key")
	if len(r.Rest()) > 0 {
		f.comment = string(crypt4GHString(r, "comment"))
	}
	if err := r.End(); err != nil {
		return nil, wireError(Crypt4GH, "private key", err)
	}
	if !isOpenSSHName(f.kdf.name) || !isOpenSSHName(f.cipher) {
		return nil, syntax(Crypt4GH, "header", "the name of the cipher or KDF is no name")
	}
	if (f.kdf.name == crypt4GHNone) != (f.cipher == crypt4GHNone) {
		return nil, syntax(Crypt4GH, "header", "only one of cipher and KDF is %q", crypt4GHNone)
	}
	if err := f.kdf.readOptions(options); err != nil {
		return nil, err
	}
	return f, f.checkSize()
}

// crypt4GHString reads a string: a big-endian uint16 and that many bytes.
func crypt4GHString(r *keytool.WireReader, field string) []byte {
	size := r.Bytes(field, 2)
	if size == nil {
		return nil
	}
	return r.Bytes(field, int(binary.BigEndian.Uint16(size)))
}

func appendCrypt4GHString[T ~[]byte | ~string](dst []byte, s T) []byte {
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(s))), s...)
}

func (f *crypt4GHFile) checkSize() error {
	want := keytool.X25519Size
	switch f.cipher {
	case crypt4GHNone:
	case crypt4GHCipher:
		want += chacha20poly1305.NonceSize + chacha20poly1305.Overhead
	default:
		return nil
	}
	if len(f.blob) != want {
		return syntax(Crypt4GH, "key", "%d bytes, should be %d", len(f.blob), want)
	}
	return nil
}

func (f *crypt4GHFile) protection() Protection {
	return Protection{Cipher: f.cipher, KDF: f.kdf.protectionName(), Params: f.kdf.params()}
}

// refusal is why the private half of a well-formed file will not be read; nil if it will.
func (f *crypt4GHFile) refusal(lim Limits) error {
	if f.cipher != crypt4GHCipher {
		return &UnsupportedError{Crypt4GH, fmt.Sprintf("cipher %q", f.cipher)}
	}
	return f.kdf.refusal(lim)
}

// decrypt opens the private half. Its tag covers all that is secret, so damage to
// it is told as a wrong passphrase.
func (f *crypt4GHFile) decrypt(passphrase []byte) (*keytool.Key, error) {
	if len(passphrase) == 0 {
		return nil, ErrWrongPassphrase // nothing is encrypted under an empty one
	}
	derived, err := f.kdf.derive(passphrase)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.New(derived)
	if err != nil {
		return nil, err
	}
	scalar, err := aead.Open(nil, f.blob[:chacha20poly1305.NonceSize], f.blob[chacha20poly1305.NonceSize:], nil)
	if err != nil {
		return nil, ErrWrongPassphrase
	}
	key, err := keytool.NewX25519(scalar, f.comment)
	return key, wireError(Crypt4GH, "private key", err)
}

// fitCrypt4GH: the comment is a string with its length in 16 bits.
func fitCrypt4GH(k *keytool.Key) ([]Loss, error) {
	losses, err := fitDataset(Crypt4GH, k, true)
	if err == nil && len(k.Comment()) > math.MaxUint16 {
		losses = append(losses, Loss{"comment", Crypt4GH.Title() + " has no place for a comment of this length"})
	}
	return losses, err
}

// encodeCrypt4GH writes what every implementation reads: encrypted keys by scrypt
// and ChaCha20-Poly1305 under the label of the Go, Java and C tools, keys in clear
// with magic under the reference tool's. Neither of those two goes by its label.
func encodeCrypt4GH(k *keytool.Key, opt Options) ([]byte, error) {
	k, err := keytool.ToX25519(k)
	if err != nil {
		return nil, err
	}
	scalar := k.Secret().(*keytool.X25519Secret).Scalar
	raw, label := []byte(crypt4GHMagic), crypt4GHLabel
	if len(opt.Passphrase) == 0 {
		raw = appendCrypt4GHString(raw, crypt4GHNone)
		raw = appendCrypt4GHString(raw, crypt4GHNone)
		raw = appendCrypt4GHString(raw, scalar)
	} else {
		label = crypt4GHLockedLabel
		if raw, err = appendCrypt4GHLocked(raw, scalar, opt); err != nil {
			return nil, err
		}
	}
	if c := k.Comment(); c != "" && len(c) <= math.MaxUint16 {
		raw = appendCrypt4GHString(raw, k.Comment())
	}
	return armour(label, "", raw), nil
}

func appendCrypt4GHLocked(dst, scalar []byte, opt Options) ([]byte, error) {
	salt, err := opt.random(crypt4GHSaltSize)
	if err != nil {
		return nil, err
	}
	nonce, err := opt.random(chacha20poly1305.NonceSize)
	if err != nil {
		return nil, err
	}
	kdf := crypt4GHKDF{name: crypt4GHScrypt, salt: salt}
	derived, err := kdf.derive(opt.Passphrase)
	if err != nil {
		return nil, err
	}
	aead, err := chacha20poly1305.New(derived)
	if err != nil {
		return nil, err
	}
	dst = appendCrypt4GHString(dst, kdf.name)
	dst = appendCrypt4GHString(dst, kdf.options())
	dst = appendCrypt4GHString(dst, crypt4GHCipher)
	return appendCrypt4GHString(dst, aead.Seal(bytes.Clone(nonce), nonce, scalar, nil)), nil
}

// decodeCrypt4GHPublic reads a public key, which is nothing but its 32 bytes.
func decodeCrypt4GHPublic(in *input, _ Limits) (*Envelope, error) {
	block, _, err := decodeArmour(Crypt4GHPublic, in.text, 0)
	if err != nil {
		return nil, err
	}
	raw, err := decodeBase64(Crypt4GHPublic, "base64 text", block.body)
	if err != nil {
		return nil, err
	}
	k, err := keytool.NewX25519Public(raw, "")
	if err != nil {
		return nil, wireError(Crypt4GHPublic, "base64 text", err)
	}
	return datasetPublic(Crypt4GHPublic, k), nil
}

func encodeCrypt4GHPublic(k *keytool.Key, _ Options) ([]byte, error) {
	k, err := keytool.ToX25519(k)
	if err != nil {
		return nil, err
	}
	return armour(crypt4GHPublicLabel, "", k.Blob()), nil
}
