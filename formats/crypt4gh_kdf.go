package formats

import (
	"crypto/pbkdf2"
	"crypto/sha256"
	"fmt"

	"golang.org/x/crypto/scrypt"

	"sshkeys/internal/bcryptpbkdf"
	"sshkeys/keytool"
)

// The key derivations of Crypt4GH private keys, EGA-archive/crypt4gh keys/kdf.py.
const (
	crypt4GHScrypt = "scrypt"
	crypt4GHBcrypt = "bcrypt"
	crypt4GHPBKDF2 = "pbkdf2_hmac_sha256"

	crypt4GHSaltSize  = 16 // what the tools write; any but none is read
	crypt4GHDerived   = 32
	crypt4GHScryptN   = 1 << 14 // scrypt's costs are fixed, and its rounds are written as 0
	crypt4GHScryptR   = 8
	crypt4GHScryptP   = 1
	crypt4GHOptionMin = 4 // the rounds, before the salt
)

// crypt4GHKDF is a key derivation with its options.
type crypt4GHKDF struct {
	name   string // as the file spells it
	rounds uint32 // of bcrypt or PBKDF2
	salt   []byte
}

// readOptions reads rounds and salt. Of a derivation nobody knows they are not
// looked at.
func (k *crypt4GHKDF) readOptions(options []byte) error {
	switch k.name {
	case crypt4GHScrypt, crypt4GHBcrypt, crypt4GHPBKDF2:
	default:
		return nil
	}
	r := keytool.NewWireReader(options)
	k.rounds, k.salt = r.Uint32("rounds"), r.Rest()
	switch {
	case r.Err() != nil || len(k.salt) == 0:
		return syntax(Crypt4GH, "KDF options", "%d bytes, too few for rounds and salt", len(options))
	case k.rounds == 0 && k.name != crypt4GHScrypt:
		return syntax(Crypt4GH, "KDF options", "no rounds")
	}
	return nil
}

// options is the counterpart of readOptions.
func (k *crypt4GHKDF) options() []byte { return append(keytool.AppendUint32(nil, k.rounds), k.salt...) }

// protectionName spells the derivation as Protection does for all formats.
func (k *crypt4GHKDF) protectionName() string {
	if k.name == crypt4GHPBKDF2 {
		return "pbkdf2-hmac-sha256"
	}
	return k.name
}

func (k *crypt4GHKDF) params() map[string]uint64 {
	switch k.name {
	case crypt4GHScrypt:
		return map[string]uint64{"n": crypt4GHScryptN, "r": crypt4GHScryptR, "p": crypt4GHScryptP}
	case crypt4GHBcrypt:
		return map[string]uint64{"rounds": uint64(k.rounds)}
	case crypt4GHPBKDF2:
		return map[string]uint64{"iterations": uint64(k.rounds)}
	}
	return nil
}

// refusal returns an *UnsupportedError for a derivation nobody knows, and a
// *LimitError where one costs more than lim allows.
func (k *crypt4GHKDF) refusal(lim Limits) error {
	const memory, cost = 128 * crypt4GHScryptN * crypt4GHScryptR, crypt4GHScryptN * crypt4GHScryptR * crypt4GHScryptP
	switch rounds := uint64(k.rounds); k.name {
	case crypt4GHScrypt:
		if memory > lim.ScryptBytes {
			return &LimitError{"scrypt's memory in bytes", memory, lim.ScryptBytes}
		}
		if cost > lim.ScryptCost {
			return &LimitError{"scrypt's cost N·r·p", cost, lim.ScryptCost}
		}
	case crypt4GHBcrypt:
		if rounds > lim.BcryptRounds {
			return &LimitError{"the number of bcrypt rounds", rounds, lim.BcryptRounds}
		}
	case crypt4GHPBKDF2:
		if rounds > lim.PBKDF2Iterations {
			return &LimitError{"the PBKDF2 iteration count", rounds, lim.PBKDF2Iterations}
		}
	default:
		return &UnsupportedError{Crypt4GH, fmt.Sprintf("KDF %q", k.name)}
	}
	return nil
}

// derive makes the cipher's key.
func (k *crypt4GHKDF) derive(passphrase []byte) ([]byte, error) {
	switch k.name {
	case crypt4GHBcrypt:
		return bcryptpbkdf.Key(passphrase, k.salt, int(k.rounds), crypt4GHDerived)
	case crypt4GHPBKDF2:
		return pbkdf2.Key(sha256.New, string(passphrase), k.salt, int(k.rounds), crypt4GHDerived)
	}
	return scrypt.Key(passphrase, k.salt, crypt4GHScryptN, crypt4GHScryptR, crypt4GHScryptP, crypt4GHDerived)
}
