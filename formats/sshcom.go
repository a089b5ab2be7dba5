package formats

import (
	"bytes"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"fmt"
	"math/bits"
	"strings"

	"sshkeys/keytool"
)

func sshComFormat() *Format {
	return &Format{
		ID: SSHCom, Title: "ssh.com private key", Holds: HoldsPrivate, Ending: "",
		Source: "PuTTY import.c, sshcom_read", Encrypts: true,
		sniff:  func(in *input) bool { return startsSSH2Block(in.text, sshComLabel) },
		decode: decodeSSHCom, encode: encodeSSHCom,
		fit: func(k *keytool.Key) ([]Loss, error) {
			return fitTo(SSHCom, k, true, false, keytool.RSA, keytool.DSA)
		},
	}
}

const (
	sshComLabel  = "SSH2 ENCRYPTED PRIVATE KEY" // unencrypted ones too
	sshComMagic  = 0x3f6ff9eb
	sshComRSA    = "if-modn{sign{rsa-pkcs1-sha1},encrypt{rsa-pkcs1v2-oaep}}"
	sshComDSA    = "dl-modp{sign{dsa-nist-sha1},dh{plain}}"
	sshComNone   = "none"
	sshCom3DES   = "3des-cbc"
	sshComMaxStr = 128 // bytes of a key type or cipher name; the longest known has 55
)

// sshComFile is what stands in clear.
type sshComFile struct {
	comment string
	keyType string // as the file spells it
	cipher  string
	private []byte // a string and its padding, encrypted or not
}

// decodeSSHCom reads the private key format of SSH Communications Security. An
// encrypted file shows only its key type: the public numbers are in the private part.
func decodeSSHCom(in *input, _ Limits) (*Envelope, error) {
	f, err := readSSHCom(in.text)
	if err != nil {
		return nil, err
	}
	e := &Envelope{Format: SSHCom, Kind: KindPrivate, Algorithm: f.keyType}
	if a := f.algorithm(); a != "" {
		e.Algorithm = a
	}
	if f.cipher != sshComNone {
		e.Protection = Protection{Cipher: f.cipher, KDF: "md5", Legacy: true}
	}
	switch {
	case f.algorithm() == "":
		e.blocked = &UnsupportedError{SSHCom, fmt.Sprintf("key type %q", f.keyType)}
	case f.cipher == sshComNone:
		err = f.openClear(e)
	case f.cipher == sshCom3DES:
		e.open, err = f.decrypt, f.checkBlocks()
	default:
		e.blocked = &UnsupportedError{SSHCom, fmt.Sprintf("cipher %q", f.cipher)}
	}
	if err != nil {
		return nil, err
	}
	return e, nil
}

// readSSHCom takes the outer structure apart: magic, total length, key type,
// cipher, private part.
func readSSHCom(text []byte) (*sshComFile, error) {
	block, err := readSSH2Block(SSHCom, text, sshComLabel)
	if err != nil {
		return nil, err
	}
	r := keytool.NewWireReader(block.body)
	if magic := r.Uint32("magic"); r.Err() == nil && magic != sshComMagic {
		return nil, syntax(SSHCom, "magic", "not that of an ssh.com key")
	}
	if total := r.Uint32("total length"); r.Err() == nil && uint64(total) != uint64(len(block.body)) {
		return nil, syntax(SSHCom, "total length", "%d bytes, of which %d are there", total, len(block.body))
	}
	f := &sshComFile{}
	f.comment, _ = unquote(block.header("Comment"))
	f.keyType = string(r.Str("key type"))
	f.cipher = string(r.Str("cipher"))
	f.private = r.Str("private part")
	if err := r.End(); err != nil {
		return nil, wireError(SSHCom, "key", err)
	}
	for _, name := range []string{f.keyType, f.cipher} {
		if name == "" || len(name) > sshComMaxStr || !isPrintableASCII([]byte(name)) {
			return nil, syntax(SSHCom, "key type or cipher", "no name")
		}
	}
	return f, nil
}

// algorithm is the wire name of the key type, "" for unknown ones. As in PuTTY
// the beginning decides: what follows are the schemes the key may be used with.
func (f *sshComFile) algorithm() string {
	switch {
	case strings.HasPrefix(f.keyType, "if-modn{sign{rsa"):
		return "ssh-rsa"
	case strings.HasPrefix(f.keyType, "dl-modp{sign{dsa"):
		return "ssh-dss"
	}
	return ""
}

func (f *sshComFile) checkBlocks() error {
	if n := len(f.private); n == 0 || n%des.BlockSize != 0 {
		return syntax(SSHCom, "private part", "%d bytes, not a multiple of %d", n, des.BlockSize)
	}
	return nil
}

// openClear reads the private part of a file that is not encrypted.
func (f *sshComFile) openClear(e *Envelope) error {
	payload, err := sshComPayload(f.private)
	if err != nil {
		return err
	}
	key, err := f.key(payload)
	if unsupported, ok := err.(*UnsupportedError); ok {
		e.blocked = unsupported
		return nil
	}
	if err != nil {
		return err
	}
	e.Public = key.Public()
	e.open = func([]byte) (*keytool.Key, error) { return key, nil }
	return nil
}

// decrypt opens an encrypted private part. The format has no MAC; that the
// length in front is right to within the padding tells the passphrase, but for
// one wrong one in 2^29. What is wrong after that is damage.
func (f *sshComFile) decrypt(passphrase []byte) (*keytool.Key, error) {
	block, err := sshComCipher(passphrase)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(f.private))
	cipher.NewCBCDecrypter(block, make([]byte, des.BlockSize)).CryptBlocks(plain, f.private)
	payload, err := sshComPayload(plain)
	if err != nil {
		return nil, ErrWrongPassphrase
	}
	return f.key(payload)
}

// sshComCipher is 3DES under the first 24 bytes of A || B with A = MD5(passphrase)
// and B = MD5(passphrase || A), PuTTY's sshcom_derivekey. The IV is zero.
func sshComCipher(passphrase []byte) (cipher.Block, error) {
	a := md5.Sum(passphrase)
	b := md5.Sum(append(bytes.Clone(passphrase), a[:]...))
	return des.NewTripleDESCipher(append(a[:], b[:8]...))
}

// sshComPayload takes the numbers out of the string that holds them. Padding
// up to a cipher block may follow.
func sshComPayload(private []byte) ([]byte, error) {
	r := keytool.NewWireReader(private)
	payload := r.Str("numbers")
	if r.Err() != nil {
		return nil, wireError(SSHCom, "private part", r.Err())
	}
	if n := len(r.Rest()); n >= des.BlockSize {
		return nil, syntax(SSHCom, "private part", "%d bytes follow the numbers", n)
	}
	return payload, nil
}

// key reads and checks the numbers. RSA: e d n u p q with p the smaller prime and
// u its inverse mod q. DSA: a zero, then p g q y x.
func (f *sshComFile) key(payload []byte) (*keytool.Key, error) {
	r := keytool.NewWireReader(payload)
	var params [][]byte
	var secret keytool.Secret
	if f.algorithm() == "ssh-rsa" {
		e, d, n := sshComNumber(r, "e"), sshComNumber(r, "d"), sshComNumber(r, "n")
		u, p, q := sshComNumber(r, "u"), sshComNumber(r, "p"), sshComNumber(r, "q")
		params = [][]byte{e, n}
		secret = &keytool.RSASecret{D: d, P: q, Q: p, IQMP: u}
	} else {
		switch predefined := r.Uint32("parameters"); {
		case predefined == 1:
			return nil, &UnsupportedError{SSHCom, "predefined DSA parameters"}
		case predefined != 0:
			return nil, syntax(SSHCom, "private part, field parameters", "neither 0 nor 1")
		}
		p, g, q := sshComNumber(r, "p"), sshComNumber(r, "g"), sshComNumber(r, "q")
		y, x := sshComNumber(r, "y"), sshComNumber(r, "x")
		params = [][]byte{p, q, g, y}
		secret = &keytool.DSASecret{X: x}
	}
	if err := r.End(); err != nil {
		return nil, wireError(SSHCom, "private part", err)
	}
	public, err := keytool.NewPublicParams(f.algorithm(), f.comment, params...)
	if err != nil {
		return nil, wireError(SSHCom, "private part", err)
	}
	key, err := keytool.NewPrivate(public, secret)
	return key, wireError(SSHCom, "private part", err)
}

// sshComNumber reads a number: its length in bits and its magnitude.
func sshComNumber(r *keytool.WireReader, field string) []byte {
	size := uint64(r.Uint32(field))
	return keytool.TrimZeros(r.Bytes(field, int((size+7)/8)))
}

func encodeSSHCom(k *keytool.Key, opt Options) ([]byte, error) {
	keyType, payload, err := sshComNumbers(k)
	if err != nil {
		return nil, err
	}
	cipherName, private := sshComNone, keytool.AppendStr(nil, payload)
	if len(opt.Passphrase) > 0 {
		cipherName = sshCom3DES
		if private, err = sshComEncrypt(private, opt); err != nil {
			return nil, err
		}
	}
	fields := keytool.AppendStr(nil, keyType)
	fields = keytool.AppendStr(fields, cipherName)
	fields = keytool.AppendStr(fields, private)
	blob := keytool.AppendUint32(nil, sshComMagic)
	blob = keytool.AppendUint32(blob, uint32(8+len(fields)))
	return ssh2Text(sshComLabel, sshComComment(k.Comment()), append(blob, fields...)), nil
}

// sshComNumbers is the payload that sshComFile.key reads.
func sshComNumbers(k *keytool.Key) (keyType string, payload []byte, err error) {
	params := k.Params()
	var numbers [][]byte
	switch s := k.Secret().(type) {
	case *keytool.RSASecret:
		if s, err = largerPrimeFirst(k, s); err != nil {
			return "", nil, err
		}
		keyType, numbers = sshComRSA, [][]byte{params[0], s.D, params[1], s.IQMP, s.Q, s.P}
	case *keytool.DSASecret:
		keyType, payload = sshComDSA, keytool.AppendUint32(nil, 0)
		numbers = [][]byte{params[0], params[2], params[1], params[3], s.X}
	default:
		return "", nil, &CannotHoldError{SSHCom, "a key of type " + k.Algorithm().Name}
	}
	for _, n := range numbers {
		payload = appendSSHComNumber(payload, n)
	}
	return keyType, payload, nil
}

// largerPrimeFirst gives P > Q, the order PuTTY brings all RSA keys in.
func largerPrimeFirst(k *keytool.Key, s *keytool.RSASecret) (*keytool.RSASecret, error) {
	p, q := keytool.TrimZeros(s.P), keytool.TrimZeros(s.Q)
	if len(p) > len(q) || len(p) == len(q) && bytes.Compare(p, q) > 0 {
		return s, nil
	}
	swapped, err := keytool.NewPrivate(k.Public(), &keytool.RSASecret{D: s.D, P: q, Q: p})
	if err != nil {
		return nil, err
	}
	return swapped.Secret().(*keytool.RSASecret), nil
}

func appendSSHComNumber(dst, n []byte) []byte {
	n = keytool.TrimZeros(n)
	size := 8 * len(n)
	if size > 0 {
		size -= bits.LeadingZeros8(n[0])
	}
	return append(keytool.AppendUint32(dst, uint32(size)), n...)
}

// sshComEncrypt pads with random bytes, as PuTTY does.
func sshComEncrypt(plain []byte, opt Options) ([]byte, error) {
	padding, err := opt.random((des.BlockSize - len(plain)%des.BlockSize) % des.BlockSize)
	if err != nil {
		return nil, err
	}
	block, err := sshComCipher(opt.Passphrase)
	if err != nil {
		return nil, err
	}
	sealed := append(bytes.Clone(plain), padding...)
	cipher.NewCBCEncrypter(block, make([]byte, des.BlockSize)).CryptBlocks(sealed, sealed)
	return sealed, nil
}

// sshComComment writes the Comment header as PuTTY's sshcom_write: quoted, with
// nothing escaped, and cut by bytes.
func sshComComment(comment string) string {
	var b strings.Builder
	b.WriteString(`Comment: "`)
	for width := 60; len(comment) > width; width = 70 {
		b.WriteString(comment[:width] + "\\\n")
		comment = comment[width:]
	}
	b.WriteString(comment + "\"\n")
	return b.String()
}
