package formats_test

import (
	"bytes"
	"slices"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// tight are limits just above what the cheap goldens cost, so that a flipped
// cost number is refused and does not keep the test busy for hours.
func tight() formats.Limits {
	lim := formats.DefaultLimits()
	lim.BcryptRounds = 2
	lim.PBKDF2Iterations = 2100
	lim.Argon2MemoryKiB, lim.Argon2CostKiB = 128, 512
	lim.ScryptBytes, lim.ScryptCost = 2<<20, 1<<15
	return lim
}

// mutated are the goldens whose every byte is broken, and the masks to do it
// with. A key derivation of some cost is run for one key, with one mask.
func mutated(t *testing.T) map[string][]testkeys.Golden {
	t.Helper()
	thorough := []string{"ed25519", "ecdsa256", "ed448", "rsa1024", "dsa1024", "x25519", "x25519-age"}
	all := map[string][]testkeys.Golden{}
	for _, g := range testkeys.Goldens(t) {
		fast := !g.Encrypted() || g.KDF == "md5" || g.KDF == "sha1"
		switch {
		case fast && slices.Contains(thorough, g.Key):
			all["every mask"] = append(all["every mask"], g)
		case g.Cheap() && (g.Key == "ed25519" || g.Key == "x25519"):
			all["one mask"] = append(all["one mask"], g)
		case g.Key == "mldsa44-ed25519" || g.Name == "ppk2.enc" && g.Key == "rsa-aligned":
			all["one mask"] = append(all["one mask"], g)
		}
	}
	return all
}

// TestMutation truncates every golden at every length and flips every byte.
// Nothing panics, and no private file ever opens as another key than its own.
func TestMutation(t *testing.T) {
	for name, goldens := range mutated(t) {
		masks := []byte{0x01, 0x20, 0x80, 0xff}
		if name == "one mask" {
			masks = masks[:1]
		}
		for _, g := range goldens {
			t.Run(g.String(), func(t *testing.T) {
				t.Parallel()
				want := open(t, g)
				opened := 0
				for _, broken := range mutations(g.Data, masks) {
					opened += checkMutant(t, g, want, broken)
				}
				if checkMutant(t, g, want, mutant{"none", g.Data}) != 1 {
					t.Error("the golden itself does not open under the tight limits")
				}
				t.Logf("%d of its mutants still open", opened)
			})
		}
	}
}

type mutant struct {
	what string
	data []byte
}

// mutations are all truncations and, for each mask, all flips; with -short every
// 13th of them.
func mutations(data []byte, masks []byte) []mutant {
	step := 1
	if testing.Short() {
		step = 13
	}
	var all []mutant
	for i := 0; i < len(data); i += step {
		all = append(all, mutant{"cut", data[:i]})
		for _, mask := range masks {
			flipped := bytes.Clone(data)
			flipped[i] ^= mask
			all = append(all, mutant{"flip", flipped})
		}
	}
	return all
}

// checkMutant opens a mutant, which may fail or give the golden's own key; it
// returns 1 when it opened. A public file has nothing to be checked against.
func checkMutant(t *testing.T, g testkeys.Golden, want *keytool.Key, m mutant) int {
	t.Helper()
	before := bytes.Clone(m.data)
	env, err := formats.Parse(m.data, tight())
	if err != nil {
		return 0
	}
	k, err := env.Open(g.Passphrase)
	if !bytes.Equal(before, m.data) {
		t.Fatalf("%s at %d: the input was written to", m.what, firstDifference(g.Data, m.data))
	}
	if err != nil || k == nil {
		return 0
	}
	same := k.Equal(want) && (!k.IsPrivate() || samePrivate(k.WithoutCertificate(), want.WithoutCertificate()))
	if g.Private && !same && !statedOnce(g, k) {
		t.Errorf("%s at %d: opens as another key, %v", m.what, firstDifference(g.Data, m.data), k)
	}
	return 1
}

// statedOnce tells the files in which nothing contradicts a changed number: PKCS#8
// has no MAC, and of these types no public half (RFC 8410, PKCS#11 for DSA); nor
// has a Crypt4GH key that is not encrypted.
func statedOnce(g testkeys.Golden, k *keytool.Key) bool {
	if g.Format == "crypt4gh" && !g.Encrypted() {
		return k.Algorithm().Dataset()
	}
	family := k.Algorithm().Family
	return g.Format == "pkcs8" && k.IsPrivate() && k.Algorithm().Name == g.Facts.Algorithm &&
		(family == keytool.Ed25519 || family == keytool.Ed448 || family == keytool.DSA)
}
