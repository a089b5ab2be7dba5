package formats

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"strings"

	"golang.org/x/crypto/argon2"

	"sshkeys/internal/argon2d"
	"sshkeys/keytool"
)

// Sizes in bytes, PuTTY manual appendix C.4.
const (
	ppkBlock    = aes.BlockSize
	ppkKeySize  = 32
	ppkIVSize   = aes.BlockSize
	ppkMACKey   = 32
	ppkSaltSize = 16 // what puttygen writes; any is read

	// ppkLanes is the most lanes golang.org/x/crypto/argon2 takes.
	ppkLanes = 255
)

// ppkKDF are version 3's key derivation headers.
type ppkKDF struct {
	flavour                        string // Argon2id, Argon2i or Argon2d
	memoryKiB, passes, parallelism uint64 // each at most 32 bits
	salt                           []byte
}

// argon2Function finds the function by the name in the header; nil where there is none.
func argon2Function(flavour string) func(password, salt []byte, passes, memoryKiB uint32, lanes uint8, keyLen uint32) []byte {
	switch flavour {
	case "Argon2id":
		return argon2.IDKey
	case "Argon2i":
		return argon2.Key
	case "Argon2d":
		return argon2d.Key
	}
	return nil
}

// readDerivation reads the Argon2 headers where they belong, and refuses them elsewhere.
func (r *ppkReader) readDerivation(f *ppkFile) (err error) {
	if f.version < 3 || !f.encrypted() {
		if bytes.HasPrefix(r.rest, []byte(ppkDerivation)) {
			return r.strayDerivation(f)
		}
		return nil
	}
	if f.kdf.flavour, err = r.header(ppkDerivation); err != nil {
		return err
	}
	if !isPPKName(f.kdf.flavour) {
		return syntaxLine(r.id, r.line, ppkDerivation, "not the name of a key derivation")
	}
	if argon2Function(f.kdf.flavour) == nil {
		return &UnsupportedError{r.id, fmt.Sprintf("key derivation %q", f.kdf.flavour)}
	}
	if f.kdf.memoryKiB, err = r.number(ppkMemory); err != nil {
		return err
	}
	if f.kdf.passes, err = r.number(ppkPasses); err != nil {
		return err
	}
	if f.kdf.parallelism, err = r.number(ppkParallelism); err != nil {
		return err
	}
	if reason := f.kdf.invalid(); reason != "" {
		return syntaxLine(r.id, r.line, ppkDerivation, "%s", reason)
	}
	f.kdf.salt, err = r.hex(ppkSalt)
	return err
}

func (r *ppkReader) strayDerivation(f *ppkFile) error {
	if f.encrypted() {
		return syntaxLine(r.id, r.line+1, ppkDerivation, "version %d has no such header", f.version)
	}
	return syntaxLine(r.id, r.line+1, ppkDerivation, "a key that is not encrypted has no such header")
}

// invalid tells parameters for which RFC 9106 section 3.1 defines no Argon2.
func (k ppkKDF) invalid() string {
	switch {
	case k.passes == 0:
		return "Argon2 needs at least one pass"
	case k.parallelism == 0:
		return "Argon2 needs a parallelism of at least 1"
	case k.memoryKiB < 8*k.parallelism:
		return fmt.Sprintf("Argon2 needs 8 KiB of memory for each lane: %d KiB for %d lanes is too little", k.memoryKiB, k.parallelism)
	}
	return ""
}

// overLimit returns a *LimitError where the file asks for more than lim allows.
func (k ppkKDF) overLimit(lim Limits) error {
	switch cost := k.memoryKiB * k.passes; {
	case k.memoryKiB > lim.Argon2MemoryKiB:
		return &LimitError{"the Argon2 memory in KiB", k.memoryKiB, lim.Argon2MemoryKiB}
	case cost > lim.Argon2CostKiB:
		return &LimitError{"the Argon2 memory in KiB times its passes", cost, lim.Argon2CostKiB}
	case k.parallelism > ppkLanes:
		return &LimitError{"the Argon2 parallelism", k.parallelism, ppkLanes}
	}
	return nil
}

// newPPKKDF takes the options' choice with a fresh salt. What DefaultLimits
// would not read again is not written.
func newPPKKDF(opt Options) (ppkKDF, error) {
	chosen, usual := opt.Argon2, DefaultArgon2()
	if chosen.Flavour == "" {
		chosen.Flavour = usual.Flavour
	}
	if chosen.MemoryKiB == 0 {
		chosen.MemoryKiB = usual.MemoryKiB
	}
	if chosen.Passes == 0 {
		chosen.Passes = usual.Passes
	}
	if chosen.Parallelism == 0 {
		chosen.Parallelism = usual.Parallelism
	}
	k := ppkKDF{
		flavour:   strings.Replace(chosen.Flavour, "argon", "Argon", 1),
		memoryKiB: uint64(chosen.MemoryKiB), passes: uint64(chosen.Passes), parallelism: uint64(chosen.Parallelism),
	}
	if argon2Function(k.flavour) == nil {
		return k, &UnsupportedError{PPK3, fmt.Sprintf("key derivation %q", chosen.Flavour)}
	}
	if reason := k.invalid(); reason != "" {
		return k, errors.New(reason)
	}
	if err := k.overLimit(DefaultLimits()); err != nil {
		return k, err
	}
	var err error
	k.salt, err = opt.random(ppkSaltSize)
	return k, err
}

func (f *ppkFile) protection() Protection {
	if f.version < 3 {
		return Protection{Cipher: f.encryption, KDF: "sha1", Legacy: true}
	}
	return Protection{Cipher: f.encryption, KDF: strings.ToLower(f.kdf.flavour), Params: map[string]uint64{
		"memory_kib": f.kdf.memoryKiB, "passes": f.kdf.passes, "parallelism": f.kdf.parallelism,
	}}
}

// ppkKeys is what a passphrase gives; cipher and iv are empty where nothing is encrypted.
type ppkKeys struct{ cipher, iv, mac []byte }

// keys derives cipher key, IV and MAC key: appendix C.4, for versions 1 and 2
// C.5. A passphrase given for a key that is not encrypted changes nothing.
func (f *ppkFile) keys(passphrase []byte) ppkKeys {
	switch {
	case f.version < 3 && !f.encrypted():
		return ppkKeys{mac: ppkSHA1("putty-private-key-file-mac-key", nil)}
	case f.version < 3:
		return ppkKeys{
			cipher: append(ppkSHA1("\x00\x00\x00\x00", passphrase), ppkSHA1("\x00\x00\x00\x01", passphrase)...)[:ppkKeySize],
			iv:     make([]byte, ppkIVSize),
			mac:    ppkSHA1("putty-private-key-file-mac-key", passphrase),
		}
	case !f.encrypted():
		return ppkKeys{}
	}
	all := argon2Function(f.kdf.flavour)(passphrase, f.kdf.salt, uint32(f.kdf.passes), uint32(f.kdf.memoryKiB),
		uint8(f.kdf.parallelism), ppkKeySize+ppkIVSize+ppkMACKey)
	return ppkKeys{all[:ppkKeySize], all[ppkKeySize : ppkKeySize+ppkIVSize], all[ppkKeySize+ppkIVSize:]}
}

func ppkSHA1(prefix string, passphrase []byte) []byte {
	h := sha1.New()
	h.Write([]byte(prefix))
	h.Write(passphrase)
	return h.Sum(nil)
}

// newHash is the hash of the version's MAC.
func (f *ppkFile) newHash() func() hash.Hash {
	if f.version == 3 {
		return sha256.New
	}
	return sha1.New
}

// checksum is the value of Private-MAC, or of version 1's Private-Hash, over the
// private blob in plain text with its padding. Versions 2 and 3 cover
// everything before it too.
func (f *ppkFile) checksum(key, plain []byte) []byte {
	if f.version == 1 && !f.encrypted() {
		sum := sha1.Sum(plain)
		return sum[:]
	}
	covered := plain
	if f.version > 1 {
		covered = keytool.AppendStr(nil, f.algorithm)
		covered = keytool.AppendStr(covered, f.encryption)
		covered = keytool.AppendStr(covered, f.comment)
		covered = keytool.AppendStr(covered, f.public)
		covered = keytool.AppendStr(covered, plain)
	}
	mac := hmac.New(f.newHash(), key)
	mac.Write(covered)
	return mac.Sum(nil)
}

// unlock decrypts the private blob into a new slice and proves it by its MAC.
// A wrong MAC is a wrong passphrase where there is one, damage where not.
func (f *ppkFile) unlock(passphrase []byte) ([]byte, error) {
	keys, plain := f.keys(passphrase), f.private
	if f.encrypted() {
		block, err := aes.NewCipher(keys.cipher)
		if err != nil {
			return nil, err
		}
		plain = make([]byte, len(f.private))
		cipher.NewCBCDecrypter(block, keys.iv).CryptBlocks(plain, f.private)
	}
	switch ok := hmac.Equal(f.checksum(keys.mac, plain), f.mac); {
	case ok:
		return plain, nil
	case f.encrypted():
		return nil, ErrWrongPassphrase
	}
	return nil, &IntegrityError{f.id, "the checksum in its last line is wrong"}
}

// lock computes the MAC of the padded private blob and encrypts it.
func (f *ppkFile) lock(passphrase, plain []byte) error {
	keys := f.keys(passphrase)
	f.mac, f.private = f.checksum(keys.mac, plain), plain
	if !f.encrypted() {
		return nil
	}
	block, err := aes.NewCipher(keys.cipher)
	if err != nil {
		return err
	}
	f.private = make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, keys.iv).CryptBlocks(f.private, plain)
	return nil
}
