package formats

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sshkeys/keytool"
)

// pemCipher is a block cipher in CBC mode with PKCS#7 padding, as traditional
// PEM and PKCS#8 use it.
type pemCipher struct {
	name    string // in Protection
	dek     string // in DEK-Info, OpenSSL's name in capitals
	oid     string // in PBES2
	keySize int    // bytes
	ivSize  int    // bytes, also the block's size
	block   func(key []byte) (cipher.Block, error)
}

func pemCiphers() []pemCipher {
	return []pemCipher{
		{"aes128-cbc", "AES-128-CBC", "2.16.840.1.101.3.4.1.2", 16, aes.BlockSize, aes.NewCipher},
		{"aes192-cbc", "AES-192-CBC", "2.16.840.1.101.3.4.1.22", 24, aes.BlockSize, aes.NewCipher},
		{"aes256-cbc", "AES-256-CBC", "2.16.840.1.101.3.4.1.42", 32, aes.BlockSize, aes.NewCipher},
		{"3des-cbc", "DES-EDE3-CBC", "1.2.840.113549.3.7", 24, des.BlockSize, des.NewTripleDESCipher},
		{"des-cbc", "DES-CBC", "1.3.14.3.2.7", 8, des.BlockSize, des.NewCipher},
	}
}

// findPEMCipher looks a cipher up by the name in Protection; nil where there is none.
func findPEMCipher(name string) *pemCipher {
	for _, c := range pemCiphers() {
		if c.name == name {
			return &c
		}
	}
	return nil
}

// checkLength refuses what cannot be ciphertext of the cipher, before any
// passphrase is asked for.
func (c *pemCipher) checkLength(id ID, ciphertext []byte) error {
	if len(ciphertext) == 0 || len(ciphertext)%c.ivSize != 0 {
		return syntax(id, "encrypted data", "%d bytes are not a whole number of %d-byte blocks", len(ciphertext), c.ivSize)
	}
	return nil
}

// open decrypts DER. With the wrong key the padding is nonsense, or there is no
// SEQUENCE of the exact length: ErrWrongPassphrase. A file that begins as a key and
// does not end as one is damaged: an *IntegrityError of the format.
func (c *pemCipher) open(id ID, key, iv, ciphertext []byte) ([]byte, error) {
	block, err := c.block(key)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, ciphertext)
	var wrong error = ErrWrongPassphrase
	if beginsAsKey(plain) {
		wrong = &IntegrityError{id, "the passphrase is right, and what it opens is not whole"}
	}
	pad := int(plain[len(plain)-1])
	if pad == 0 || pad > c.ivSize {
		return nil, wrong
	}
	der, padding := plain[:len(plain)-pad], plain[len(plain)-pad:]
	if !bytes.Equal(padding, bytes.Repeat([]byte{byte(pad)}, pad)) || !isWholeSequence(der) {
		return nil, wrong
	}
	return der, nil
}

// beginsAsKey tells a SEQUENCE that begins with a version of 0 or 1, as every private
// key does. Of wrong passphrases one in 2^31 makes such a beginning.
func beginsAsKey(der []byte) bool {
	body := der[min(2, len(der)):]
	if len(der) > 1 && der[1] > 0x80 {
		body = body[min(int(der[1]-0x80), len(body)):]
	}
	return der[0] == 0x30 && len(body) > 2 && body[0] == 0x02 && body[1] == 1 && body[2] <= 1
}

func isWholeSequence(der []byte) bool {
	s := cryptobyte.String(der)
	return s.SkipASN1(asn1.SEQUENCE) && s.Empty()
}

// seal is the reverse of open.
func (c *pemCipher) seal(key, iv, der []byte) ([]byte, error) {
	block, err := c.block(key)
	if err != nil {
		return nil, err
	}
	pad := c.ivSize - len(der)%c.ivSize
	out := append(bytes.Clone(der), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	return out, nil
}

// pemKey is OpenSSL's EVP_BytesToKey with MD5 and one iteration, salted with
// the first eight bytes of the IV (RFC 1423 section 1.1 knew DES only).
func pemKey(passphrase, iv []byte, size int) []byte {
	var key, digest []byte
	for len(key) < size {
		h := md5.New()
		h.Write(digest)
		h.Write(passphrase)
		h.Write(iv[:8])
		digest = h.Sum(nil)
		key = append(key, digest...)
	}
	return key[:size]
}

// dekInfo is what the headers of an encrypted traditional PEM block say (RFC
// 1421 section 4.6). cipher is nil for one that is not supported.
type dekInfo struct {
	name   string
	cipher *pemCipher
	iv     []byte
}

// readDEKInfo returns nil for a block that is not encrypted.
func readDEKInfo(id ID, headers map[string]string) (*dekInfo, error) {
	procType, encrypted := headers["Proc-Type"]
	value, hasDEK := headers["DEK-Info"]
	switch {
	case !encrypted && !hasDEK:
		return nil, nil
	case strings.ReplaceAll(procType, " ", "") != "4,ENCRYPTED":
		return nil, syntax(id, "header Proc-Type", "not \"4,ENCRYPTED\"")
	case !hasDEK:
		return nil, syntax(id, "header DEK-Info", "missing")
	}
	name, ivHex, _ := strings.Cut(value, ",")
	name = strings.ToUpper(strings.TrimSpace(name))
	if !isDEKName(name) {
		return nil, syntax(id, "header DEK-Info", "names no cipher")
	}
	for _, c := range pemCiphers() {
		if c.dek != name {
			continue
		}
		iv, err := hex.DecodeString(strings.TrimSpace(ivHex))
		if err != nil || len(iv) != c.ivSize {
			return nil, syntax(id, "header DEK-Info", "its IV is not %d hexadecimal digits", 2*c.ivSize)
		}
		return &dekInfo{c.name, &c, iv}, nil
	}
	return &dekInfo{name: strings.ToLower(name)}, nil
}

func isDEKName(s string) bool {
	for _, c := range s {
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return 0 < len(s) && len(s) <= 32
}

func (d *dekInfo) protection() Protection {
	return Protection{Cipher: d.name, KDF: "md5", Legacy: true}
}

// envelope is that of an encrypted block, whose payload parse reads.
func (d *dekInfo) envelope(f *pkcsFile, algorithm string, parse keyParser) (*Envelope, error) {
	e := &Envelope{Format: f.id, Kind: KindPrivate, Algorithm: algorithm, Protection: d.protection()}
	if d.cipher == nil {
		e.blocked = &UnsupportedError{f.id, fmt.Sprintf("cipher %q", d.name)}
		return e, nil
	}
	if err := d.cipher.checkLength(f.id, f.der); err != nil {
		return nil, err
	}
	e.open = func(passphrase []byte) (*keytool.Key, error) {
		der, err := d.cipher.open(f.id, pemKey(passphrase, d.iv, d.cipher.keySize), d.iv, f.der)
		if err != nil {
			return nil, err
		}
		return f.parse(parse, der)
	}
	return e, nil
}

// sealPEM encrypts DER as OpenSSL's traditional format does and returns the
// headers that go with it.
func sealPEM(id ID, der []byte, opt Options) (headers string, sealed []byte, err error) {
	name := opt.Cipher
	if name == "" {
		name = "aes128-cbc" // PuTTY and WinSCP read no other AES
	}
	c := findPEMCipher(name)
	if c == nil || !strings.HasPrefix(name, "aes") {
		return "", nil, &UnsupportedError{id, fmt.Sprintf("cipher %q", name)}
	}
	iv, err := opt.random(c.ivSize)
	if err != nil {
		return "", nil, err
	}
	sealed, err = c.seal(pemKey(opt.Passphrase, iv, c.keySize), iv, der)
	headers = fmt.Sprintf("Proc-Type: 4,ENCRYPTED\nDEK-Info: %s,%X\n\n", c.dek, iv)
	return headers, sealed, err
}
