package formats

import (
	"fmt"
	"strings"
)

// KeepCost raises the options' key derivation cost to what protected the key
// before, where the target has the same kind of cost, so that a conversion does
// not weaken it. Costs that were chosen stay.
func (o Options) KeepCost(target ID, before Protection) Options {
	switch {
	case target == OpenSSH && before.KDF == "bcrypt" && o.Rounds == 0:
		if r := before.Params["rounds"]; r > DefaultBcryptRounds {
			o.Rounds = uint32(r)
		}
	case target == PKCS8 && strings.HasPrefix(before.KDF, "pbkdf2") && o.Iterations == 0:
		if n := before.Params["iterations"]; n > DefaultPBKDF2Iterations {
			o.Iterations = int(n)
		}
	case target == PPK3 && strings.HasPrefix(before.KDF, "argon2") && o.Argon2 == (Argon2{}):
		before := Argon2{
			MemoryKiB:   uint32(before.Params["memory_kib"]),
			Passes:      uint32(before.Params["passes"]),
			Parallelism: uint8(before.Params["parallelism"]),
		}
		if cost(before) > cost(DefaultArgon2()) {
			o.Argon2 = before
		}
	}
	return o
}

func cost(a Argon2) uint64 { return uint64(a.MemoryKiB) * uint64(a.Passes) }

// Defaults of what Encode spends on a passphrase.
const DefaultBcryptRounds = 24 // ssh-keygen 10's; 16 before

// DefaultArgon2 is PuTTY's default: Argon2id over 8 MiB (ppk_save_default_parameters).
// PuTTY measures the passes to fill 100 ms; 13 is what a usual machine gives, and
// does not fall when the machine is busy.
func DefaultArgon2() Argon2 {
	return Argon2{Flavour: "argon2id", MemoryKiB: 8192, Passes: 13, Parallelism: 1}
}

// Weakened says in words how the protection after is weaker than before; "" if it is not.
func Weakened(before, after Protection) string {
	switch {
	case !before.Encrypted():
		return ""
	case !after.Encrypted():
		return "the private key is no longer encrypted"
	case after.Legacy && !before.Legacy:
		return "the passphrase is protected by " + after.KDF + " only, which is quickly guessed, where it was " + before.KDF
	case strings.Contains(after.Cipher, "des") && !strings.Contains(before.Cipher, "des"):
		return "the cipher is " + after.Cipher + ", where it was " + before.Cipher
	case after.KDF == before.KDF && costOf(after) < costOf(before):
		return "guessing the passphrase costs less than before (" + after.KDF + ")"
	}
	return ""
}

// Check refuses choices that no format has and costs that could not be read back,
// before a key is looked at.
func (o Options) Check() error {
	lim := DefaultLimits()
	pem := findPEMCipher(o.Cipher)
	switch {
	case o.Cipher != "" && (o.Cipher == openSSHNone || lookupOpenSSHCipher(o.Cipher) == nil) && pem == nil:
		return fmt.Errorf("there is no cipher %q", o.Cipher)
	case o.Argon2.Flavour != "" && o.Argon2.Flavour != "argon2id" && o.Argon2.Flavour != "argon2i" && o.Argon2.Flavour != "argon2d":
		return fmt.Errorf("there is no key derivation %q, only argon2id, argon2i and argon2d", o.Argon2.Flavour)
	case o.Iterations < 0 || uint64(o.Iterations) > lim.PBKDF2Iterations:
		return fmt.Errorf("PBKDF2 takes 1 to %d iterations", lim.PBKDF2Iterations)
	case uint64(o.Rounds) > lim.BcryptRounds:
		return fmt.Errorf("bcrypt takes 1 to %d rounds", lim.BcryptRounds)
	case uint64(o.Argon2.MemoryKiB) > lim.Argon2MemoryKiB:
		return fmt.Errorf("Argon2 takes %d KiB at most", lim.Argon2MemoryKiB)
	}
	return nil
}

// Slow tells a key derivation that takes well over a second.
func (p Protection) Slow() bool {
	switch p.KDF {
	case "bcrypt":
		return p.Params["rounds"] > 2048 // about 20 s; x/crypto/ssh opens none beyond
	case "argon2id", "argon2i", "argon2d":
		return p.Params["memory_kib"]*p.Params["passes"] > 4<<20
	}
	return p.Params["iterations"] > 20_000_000
}

// costOf multiplies the numbers a guess costs; comparable within one KDF only.
func costOf(p Protection) uint64 {
	c := uint64(1)
	for name, v := range p.Params {
		if name != "parallelism" && v != 0 {
			c *= v
		}
	}
	return c
}

// Unlimited spends whatever a file asks for: for reading back what this package wrote.
func Unlimited() Limits {
	const most = 1 << 62
	return Limits{FileBytes: most, Argon2MemoryKiB: most, Argon2CostKiB: most, BcryptRounds: most,
		PBKDF2Iterations: most, ScryptBytes: most, ScryptCost: most}
}
