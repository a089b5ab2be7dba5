package sealed

import (
	"crypto"
	"crypto/rsa"
	_ "crypto/sha1" // for OAEP
	"fmt"
	"math"
	"math/big"

	"sshkeys/formats"
	"sshkeys/keytool"
)

const (
	minBlock      = 64 // bytes; RSA of 512 bits
	maxBlock      = keytool.MaxRSABits / 8
	minRSABits    = 1024 // crypto/rsa opens nothing below
	maxCommonText = 64   // characters of a common key that is text
)

// rsaBlock is a common key encrypted by RSA. JGA's scripts are not public: that
// the file is one bare block is an inference from the upload tool (services.md 2.2).
type rsaBlock []byte

func parseBlock(head []byte) (header, error) {
	if len(head) < minBlock || len(head) > maxBlock {
		return nil, damaged(EncryptDat, "size", -1,
			fmt.Sprintf("%s bytes, and an RSA block has %d to %d", sizeOf(head), minBlock, maxBlock))
	}
	return rsaBlock(head), nil
}

func sizeOf(head []byte) string {
	if len(head) >= HeadBytes {
		return fmt.Sprintf("%d or more", len(head))
	}
	return fmt.Sprint(len(head))
}

func (b rsaBlock) fits(family keytool.Family, public *keytool.Key) string {
	if family != keytool.RSA {
		return "an encrypt.dat is opened by RSA keys only"
	}
	if public == nil {
		return ""
	}
	if size := (public.Bits() + 7) / 8; size != len(b) {
		return fmt.Sprintf("it has %d bytes, and an RSA block for this key has %d", len(b), size)
	}
	return ""
}

// open tries the paddings in use. A wrong key yields one of them about once in a
// million blocks, and what the right one should yield is not documented.
func (b rsaBlock) open(key *keytool.Key) (Answer, error) {
	private, err := rsaKey(EncryptDat, key)
	if err != nil {
		return Answer{}, err
	}
	for _, p := range paddings() {
		common, err := private.Decrypt(nil, b, p.options)
		if err == nil && plausible(common) {
			return Answer{true, ByTrial, fmt.Sprintf("size and padding (%s) fit, and %d bytes come out that could be a common key", p.name, len(common))}, nil
		}
	}
	return Answer{Why: "the size fits, but no padding known here comes out"}, nil
}

type padding struct {
	name    string
	options crypto.DecrypterOpts
}

// paddings are those of openssl and of Java, whose OAEP with SHA-256 has a mask by
// SHA-1 unless told otherwise.
func paddings() []padding {
	return []padding{
		{"PKCS#1 v1.5", nil},
		{"OAEP, SHA-1", &rsa.OAEPOptions{Hash: crypto.SHA1}},
		{"OAEP, SHA-256", &rsa.OAEPOptions{Hash: crypto.SHA256}},
		{"OAEP, SHA-256 with MGF1 by SHA-1", &rsa.OAEPOptions{Hash: crypto.SHA256, MGFHash: crypto.SHA1}},
	}
}

// plausible tells an AES key, or a text that is one written out.
func plausible(common []byte) bool {
	switch n := len(common); {
	case n == 16 || n == 24 || n == 32:
		return true
	case n < 16 || n > maxCommonText:
		return false
	}
	for _, c := range common {
		if (c < ' ' || c > '~') && c != '\n' && c != '\r' {
			return false
		}
	}
	return true
}

// rsaKey gives crypto/rsa the key's own numbers.
func rsaKey(kind Kind, key *keytool.Key) (*rsa.PrivateKey, error) {
	s, ok := key.Secret().(*keytool.RSASecret)
	if !ok {
		return nil, &formats.UnsupportedError{Format: kind.format(), What: "key of type " + key.Algorithm().Name}
	}
	e := new(big.Int).SetBytes(key.Params()[0])
	if key.Bits() < minRSABits || !e.IsInt64() || e.Int64() > math.MaxInt32 {
		return nil, &formats.UnsupportedError{Format: kind.format(), What: fmt.Sprintf("RSA key (%d bits, exponent of %d bits)", key.Bits(), e.BitLen())}
	}
	number := func(b []byte) *big.Int { return new(big.Int).SetBytes(b) }
	private := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: number(key.Params()[1]), E: int(e.Int64())},
		D:         number(s.D), Primes: []*big.Int{number(s.P), number(s.Q)},
	}
	private.Precompute()
	return private, nil
}
