package formats

import (
	"crypto/des"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"math"
	"math/big"
	"math/bits"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
	"golang.org/x/crypto/scrypt"

	"sshkeys/keytool"
)

const (
	oidPBES2      = "1.2.840.113549.1.5.13"  // RFC 8018 appendix A.4
	oidPBKDF2     = "1.2.840.113549.1.5.12"  // RFC 8018 appendix A.2
	oidScrypt     = "1.3.6.1.4.1.11591.4.11" // RFC 7914 section 7
	oidHMACSHA256 = "1.2.840.113549.2.9"
)

// DefaultPBKDF2Iterations is OWASP's figure for PBKDF2-HMAC-SHA256 (Password
// Storage Cheat Sheet, 2023). OpenSSL writes 2048.
const DefaultPBKDF2Iterations = 600_000

// legacyIterations is below what PBES1 and PKCS#12's derivation may have to
// count as more than a few hashes.
const legacyIterations = 10_000

// pbeScheme is how an EncryptedPrivateKeyInfo is encrypted.
type pbeScheme struct {
	protection Protection
	cipher     *pemCipher
	// derive computes key and IV; its cost is within the limits.
	derive func(passphrase []byte) (key, iv []byte, err error)
	// refusal blocks the envelope: a cipher or derivation that is not supported,
	// or a cost over the limits.
	refusal error
}

func (s *pbeScheme) refuse(err error) {
	if s.refusal == nil {
		s.refusal = err
	}
}

func (s *pbeScheme) unsupported(what, name string) {
	s.refuse(&UnsupportedError{PKCS8, fmt.Sprintf("%s %q", what, name)})
}

// decodeEncryptedPKCS8 reads an EncryptedPrivateKeyInfo (RFC 5958 section 3).
func decodeEncryptedPKCS8(f *pkcsFile, lim Limits) (*Envelope, error) {
	whole := newDER(f.der)
	seq := whole.sequence("EncryptedPrivateKeyInfo")
	scheme := readPBE(seq.sequence("encryptionAlgorithm"), lim)
	ciphertext := seq.octets("encryptedData")
	seq.end()
	if err := whole.end(); err != nil {
		return nil, wireError(PKCS8, "DER", err)
	}
	e := &Envelope{Format: PKCS8, Kind: KindPrivate, Protection: scheme.protection, DER: f.bare(), blocked: scheme.refusal}
	if scheme.cipher != nil {
		if err := scheme.cipher.checkLength(PKCS8, ciphertext); err != nil {
			return nil, err
		}
	}
	e.open = func(passphrase []byte) (*keytool.Key, error) {
		key, iv, err := scheme.derive(passphrase)
		if err != nil {
			return nil, err
		}
		der, err := scheme.cipher.open(PKCS8, key, iv, ciphertext)
		if err != nil {
			return nil, err
		}
		return f.parse(readPKCS8, der)
	}
	return e, nil
}

// readPBE reads the content of an encryption's AlgorithmIdentifier.
func readPBE(r *derReader, lim Limits) *pbeScheme {
	s := &pbeScheme{}
	switch oid := r.oid("encryptionAlgorithm"); oid {
	case oidPBES2:
		s.readPBES2(r, lim)
	case "1.2.840.113549.1.5.3":
		s.readPBE1(r, lim, "des-cbc", "pbkdf1-md5", pbes1(md5.New))
	case "1.2.840.113549.1.5.10":
		s.readPBE1(r, lim, "des-cbc", "pbkdf1-sha1", pbes1(sha1.New))
	case "1.2.840.113549.1.12.1.3":
		s.readPBE1(r, lim, "3des-cbc", "pkcs12-sha1", pkcs12Keys)
	default:
		s.protection = Protection{Cipher: pbeName(oid)}
		s.unsupported("encryption", s.protection.Cipher)
		return s
	}
	r.end()
	return s
}

// pbeName is the usual name of encryptions, derivations and PRFs that are not supported.
func pbeName(oid string) string {
	switch oid {
	case "1.2.840.113549.1.5.1":
		return "pbeWithMD2AndDES-CBC"
	case "1.2.840.113549.1.5.4":
		return "pbeWithMD2AndRC2-CBC"
	case "1.2.840.113549.1.5.6":
		return "pbeWithMD5AndRC2-CBC"
	case "1.2.840.113549.1.5.11":
		return "pbeWithSHA1AndRC2-CBC"
	case "1.2.840.113549.1.12.1.1":
		return "pbeWithSHAAnd128BitRC4"
	case "1.2.840.113549.1.12.1.2":
		return "pbeWithSHAAnd40BitRC4"
	case "1.2.840.113549.1.12.1.4":
		return "pbeWithSHAAnd2-KeyTripleDES-CBC"
	case "1.2.840.113549.1.12.1.5":
		return "pbeWithSHAAnd128BitRC2-CBC"
	case "1.2.840.113549.1.12.1.6":
		return "pbeWithSHAAnd40BitRC2-CBC"
	case "2.16.840.1.101.3.4.1.6":
		return "aes128-gcm"
	case "2.16.840.1.101.3.4.1.26":
		return "aes192-gcm"
	case "2.16.840.1.101.3.4.1.46":
		return "aes256-gcm"
	case "1.2.392.200011.61.1.1.1.2":
		return "camellia128-cbc"
	case "1.2.392.200011.61.1.1.1.3":
		return "camellia192-cbc"
	case "1.2.392.200011.61.1.1.1.4":
		return "camellia256-cbc"
	case "1.2.840.113549.3.2":
		return "rc2-cbc"
	}
	return oid
}

// derivation computes key and IV of the schemes that fix both.
type derivation func(passphrase, salt []byte, iterations int, c *pemCipher) (key, iv []byte)

// readPBE1 reads a PBEParameter (RFC 8018 appendix A.3), which PKCS#12 has too.
func (s *pbeScheme) readPBE1(r *derReader, lim Limits, cipherName, kdf string, derive derivation) {
	params := r.sequence("PBEParameter")
	salt := params.octets("salt")
	iterations := params.iterations(s, lim)
	params.end()
	s.cipher = findPEMCipher(cipherName)
	s.protection = Protection{
		Cipher: cipherName, KDF: kdf, Params: map[string]uint64{"iterations": iterations},
		Legacy: iterations < legacyIterations,
	}
	s.derive = func(passphrase []byte) ([]byte, []byte, error) {
		key, iv := derive(passphrase, salt, int(iterations), s.cipher)
		return key, iv, nil
	}
}

// iterations reads a count and holds it to the limit.
func (r *derReader) iterations(s *pbeScheme, lim Limits) uint64 {
	n := r.uint("iterationCount")
	if n == 0 {
		r.fail("iterationCount", "zero")
	}
	if limit := min(lim.PBKDF2Iterations, math.MaxInt32); n > limit {
		s.refuse(&LimitError{"the iteration count", n, limit})
	}
	return n
}

// readPBES2 reads PBES2-params (RFC 8018 appendix A.4): a derivation and a cipher.
func (s *pbeScheme) readPBES2(r *derReader, lim Limits) {
	params := r.sequence("PBES2-params")
	kdf := params.sequence("keyDerivationFunc")
	encryption := params.sequence("encryptionScheme")
	params.end()
	var stretch stretcher
	var keyLength uint64
	switch oid := kdf.oid("keyDerivationFunc"); oid {
	case oidPBKDF2:
		stretch, keyLength = s.readPBKDF2(kdf, lim)
		kdf.end()
	case oidScrypt:
		stretch, keyLength = s.readScrypt(kdf, lim)
		kdf.end()
	default:
		s.protection.KDF = pbeName(oid)
		s.unsupported("key derivation", s.protection.KDF)
	}
	iv := s.readCipher(encryption)
	if s.cipher == nil {
		return
	}
	if keyLength != 0 && keyLength != uint64(s.cipher.keySize) {
		kdf.fail("keyLength", fmt.Sprintf("not the %d bytes of the cipher", s.cipher.keySize))
	}
	s.derive = func(passphrase []byte) ([]byte, []byte, error) {
		key, err := stretch(passphrase, s.cipher.keySize)
		return key, iv, err
	}
}

// readCipher reads PBES2's encryptionScheme and returns the IV.
func (s *pbeScheme) readCipher(r *derReader) (iv []byte) {
	oid := r.oid("encryptionScheme")
	for _, c := range pemCiphers() {
		if c.oid != oid {
			continue
		}
		s.cipher, s.protection.Cipher = &c, c.name
		if iv = r.octets("IV"); len(iv) != c.ivSize {
			r.fail("IV", fmt.Sprintf("%d bytes, should be %d", len(iv), c.ivSize))
		}
		r.end()
		return iv
	}
	s.protection.Cipher = pbeName(oid)
	s.unsupported("cipher", s.protection.Cipher)
	return nil
}

// pbkdf2PRF is a pseudo-random function of RFC 8018 appendix B.1.
type pbkdf2PRF struct {
	oid  string
	name string // in Protection, after "pbkdf2-"
	hash func() hash.Hash
}

// pbkdf2PRFs begins with the one that PBKDF2-params leave out.
func pbkdf2PRFs() []pbkdf2PRF {
	return []pbkdf2PRF{
		{"1.2.840.113549.2.7", "hmac-sha1", sha1.New},
		{"1.2.840.113549.2.8", "hmac-sha224", sha256.New224},
		{oidHMACSHA256, "hmac-sha256", sha256.New},
		{"1.2.840.113549.2.10", "hmac-sha384", sha512.New384},
		{"1.2.840.113549.2.11", "hmac-sha512", sha512.New},
	}
}

type stretcher func(passphrase []byte, size int) ([]byte, error)

// readPBKDF2 reads PBKDF2-params (RFC 8018 appendix A.2). keyLength is 0 where
// it is left out.
func (s *pbeScheme) readPBKDF2(r *derReader, lim Limits) (derive stretcher, keyLength uint64) {
	params := r.sequence("PBKDF2-params")
	salt := params.octets("salt")
	iterations := params.iterations(s, lim)
	keyLength = params.keyLength()
	prf := s.readPRF(params)
	params.end()
	s.protection.KDF = "pbkdf2-" + prf.name
	s.protection.Params = map[string]uint64{"iterations": iterations}
	return func(passphrase []byte, size int) ([]byte, error) {
		return pbkdf2.Key(prf.hash, string(passphrase), salt, int(iterations), size)
	}, keyLength
}

func (r *derReader) keyLength() uint64 {
	if !r.next(asn1.INTEGER) {
		return 0
	}
	n := r.uint("keyLength")
	if n == 0 {
		r.fail("keyLength", "zero")
	}
	return n
}

func (s *pbeScheme) readPRF(params *derReader) pbkdf2PRF {
	if !params.next(asn1.SEQUENCE) {
		return pbkdf2PRFs()[0]
	}
	seq := params.sequence("prf")
	oid := seq.oid("prf")
	for _, prf := range pbkdf2PRFs() {
		if prf.oid == oid {
			if seq.next(asn1.NULL) {
				seq.read("prf", asn1.NULL).end()
			}
			seq.end()
			return prf
		}
	}
	s.unsupported("PBKDF2 function", oid)
	return pbkdf2PRF{name: oid}
}

// readScrypt reads scrypt-params (RFC 7914 section 7).
func (s *pbeScheme) readScrypt(r *derReader, lim Limits) (derive stretcher, keyLength uint64) {
	params := r.sequence("scrypt-params")
	salt := params.octets("salt")
	n, blockSize, parallel := params.uint("costParameter"), params.uint("blockSize"), params.uint("parallelizationParameter")
	keyLength = params.keyLength()
	params.end()
	if n < 2 || n&(n-1) != 0 {
		params.fail("costParameter", "not a power of two")
	}
	if blockSize == 0 || parallel == 0 {
		params.fail("blockSize and parallelizationParameter", "one of them is zero")
	}
	s.protection.KDF = "scrypt"
	s.protection.Params = map[string]uint64{"n": n, "r": blockSize, "p": parallel}
	cost := saturatingProduct(n, blockSize, parallel)
	// The table takes 128·N·r bytes, the lanes 128·r·p beside it.
	memory := saturatingProduct(128, blockSize, max(n, parallel))
	switch {
	case cost > lim.ScryptCost:
		s.refuse(&LimitError{"scrypt's cost N·r·p", cost, lim.ScryptCost})
	case memory > lim.ScryptBytes:
		s.refuse(&LimitError{"scrypt's memory in bytes", memory, lim.ScryptBytes})
	}
	return func(passphrase []byte, size int) ([]byte, error) {
		return scrypt.Key(passphrase, salt, int(n), int(blockSize), int(parallel), size)
	}, keyLength
}

func saturatingProduct(factors ...uint64) uint64 {
	product := uint64(1)
	for _, f := range factors {
		high, low := bits.Mul64(product, f)
		if high != 0 {
			return math.MaxUint64
		}
		product = low
	}
	return product
}

// pbes1 is PBKDF1 (RFC 8018 section 5.1): sixteen bytes are key and IV.
func pbes1(newHash func() hash.Hash) derivation {
	return func(passphrase, salt []byte, iterations int, c *pemCipher) (key, iv []byte) {
		h := newHash()
		h.Write(passphrase)
		h.Write(salt)
		t := h.Sum(nil)
		for range iterations - 1 {
			h.Reset()
			h.Write(t)
			t = h.Sum(t[:0])
		}
		return t[:c.keySize], t[c.keySize : c.keySize+des.BlockSize]
	}
}

// pkcs12Keys is the derivation of RFC 7292 appendix B with SHA-1.
func pkcs12Keys(passphrase, salt []byte, iterations int, c *pemCipher) (key, iv []byte) {
	password := bmpString(passphrase)
	return pkcs12KDF(1, password, salt, iterations, c.keySize), pkcs12KDF(2, password, salt, iterations, c.ivSize)
}

// bmpString is the passphrase as OpenSSL makes it (PKCS12_key_gen_utf8):
// UTF-16 with an end mark; what is not UTF-8 is taken for Latin-1.
func bmpString(passphrase []byte) []byte {
	var units []uint16
	if utf8.Valid(passphrase) {
		units = utf16.Encode([]rune(string(passphrase)))
	} else {
		for _, c := range passphrase {
			units = append(units, uint16(c))
		}
	}
	out := make([]byte, 0, 2*len(units)+2)
	for _, u := range append(units, 0) {
		out = append(out, byte(u>>8), byte(u))
	}
	return out
}

// pkcs12KDF derives size bytes for a purpose: 1 key, 2 IV (RFC 7292 appendix B.2).
func pkcs12KDF(purpose byte, password, salt []byte, iterations, size int) []byte {
	const blockSize = sha1.BlockSize
	diversifier := make([]byte, blockSize)
	for i := range diversifier {
		diversifier[i] = purpose
	}
	state := append(repeatToBlocks(salt, blockSize), repeatToBlocks(password, blockSize)...)
	var out []byte
	for {
		digest := sha1.Sum(append(append([]byte{}, diversifier...), state...))
		for range iterations - 1 {
			digest = sha1.Sum(digest[:])
		}
		if out = append(out, digest[:]...); len(out) >= size {
			return out[:size]
		}
		add := new(big.Int).SetBytes(repeatToBlocks(digest[:], blockSize)[:blockSize])
		add.Add(add, big.NewInt(1))
		for i := 0; i < len(state); i += blockSize {
			addToBlock(state[i:i+blockSize], add)
		}
	}
}

// repeatToBlocks repeats b to fill whole blocks; nothing stays nothing.
func repeatToBlocks(b []byte, size int) []byte {
	out := make([]byte, (len(b)+size-1)/size*size)
	for i := range out {
		out[i] = b[i%len(b)]
	}
	return out
}

// addToBlock adds n to a big-endian block, modulo its size.
func addToBlock(block []byte, n *big.Int) {
	sum := new(big.Int).Add(new(big.Int).SetBytes(block), n).Bytes()
	if len(sum) > len(block) {
		sum = sum[len(sum)-len(block):]
	}
	clear(block)
	copy(block[len(block)-len(sum):], sum)
}

// encodePBES2 encrypts a PrivateKeyInfo with AES-256-CBC under PBKDF2 with
// HMAC-SHA256: OpenSSL's own choice, with a longer salt and more iterations.
func encodePBES2(plain []byte, opt Options) ([]byte, error) {
	c := findPEMCipher("aes256-cbc")
	if opt.Cipher != "" && opt.Cipher != c.name {
		return nil, &UnsupportedError{PKCS8, fmt.Sprintf("cipher %q", opt.Cipher)}
	}
	iterations := opt.Iterations
	if iterations == 0 {
		iterations = DefaultPBKDF2Iterations
	}
	if limit := DefaultLimits().PBKDF2Iterations; iterations < 1 || uint64(iterations) > limit {
		return nil, &LimitError{"the iteration count", uint64(iterations), limit}
	}
	random, err := opt.random(16 + c.ivSize)
	if err != nil {
		return nil, err
	}
	salt, iv := random[:16], random[16:]
	key, err := pbkdf2.Key(sha256.New, string(opt.Passphrase), salt, iterations, c.keySize)
	if err != nil {
		return nil, err
	}
	sealed, err := c.seal(key, iv, plain)
	if err != nil {
		return nil, err
	}
	return encodePKCS(encryptedLabel, opt, func(b *cryptobyte.Builder) {
		addSequence(b, func(b *cryptobyte.Builder) {
			addPBES2(b, c.oid, salt, iv, iterations)
			b.AddASN1OctetString(sealed)
		})
	})
}

func addPBES2(b *cryptobyte.Builder, cipherOID string, salt, iv []byte, iterations int) {
	addSequence(b, func(b *cryptobyte.Builder) {
		addOID(b, oidPBES2)
		addSequence(b, func(b *cryptobyte.Builder) {
			addSequence(b, func(b *cryptobyte.Builder) {
				addOID(b, oidPBKDF2)
				addSequence(b, func(b *cryptobyte.Builder) {
					b.AddASN1OctetString(salt)
					b.AddASN1Int64(int64(iterations))
					addSequence(b, func(b *cryptobyte.Builder) {
						addOID(b, oidHMACSHA256)
						b.AddASN1NULL()
					})
				})
			})
			addSequence(b, func(b *cryptobyte.Builder) {
				addOID(b, cipherOID)
				b.AddASN1OctetString(iv)
			})
		})
	})
}
