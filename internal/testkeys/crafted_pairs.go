package testkeys

import (
	"bytes"
	"math/big"
	"testing"
)

// The pairs whose halves do not belong together. Most of them ssh-keygen -y,
// puttygen or x/crypto take without a word. a is always the key whose secret is
// in the file; b is another one.

// opensshPairs hold Ed25519 seeds, of which an OpenSSH file states the public
// half three times: outside, inside, and behind the seed.
func (m *material) opensshPairs() []Bad {
	a, b := m.ed[0], m.ed[1]
	file := func(outer []byte, section []byte) []byte {
		return opensshFile("none", "none", nil, 1, outer, section)
	}
	seedAThenB := edKey{seed: a.seed, public: b.public}
	ecA, ecB := m.ec[0], m.ec[1]
	return []Bad{
		{Name: "pair-openssh-outer-other", Data: file(b.blob(), a.section(a, "bad"))},
		{Name: "pair-openssh-outer-empty", Data: file(nil, a.section(a, "bad"))},
		{Name: "pair-openssh-outer-garbage", Data: file([]byte("garbage"), a.section(a, "bad"))},
		{Name: "pair-openssh-inner-other", Data: file(a.blob(), a.section(b, "bad"))},
		// ssh-keygen -y prints b and -Y sign signs with it.
		{Name: "pair-openssh-seed-of-other", Data: file(b.blob(), seedAThenB.section(b, "bad"))},
		// x/crypto says b.
		{Name: "pair-openssh-behind-seed-other", Data: file(a.blob(), seedAThenB.section(a, "bad"))},
		{Name: "pair-openssh-ecdsa-outer-other", Data: file(ecB.blob(), ecA.section(ecA, ecA.d))},
		{Name: "pair-openssh-ecdsa-scalar-other", Data: file(ecB.blob(), ecA.section(ecB, ecA.d))},
		{Name: "pair-openssh-ecdsa-scalar-zero", Data: file(ecA.blob(), ecA.section(ecA, nil))},
		{Name: "pair-openssh-ecdsa-scalar-large", Data: file(ecA.blob(), ecA.section(ecA, bytes.Repeat([]byte{0xff}, 32)))},
		{Name: "pair-openssh-ecdsa-scalar-negative", Data: file(ecA.blob(), ecA.rawSection(ecA, append([]byte{0x80}, ecA.d...)))},
		{Name: "pair-openssh-type-other", Data: file(ecA.blob(), a.section(a, "bad"))},
	}
}

// opensshNumbers hold RSA keys with one number exchanged.
func (m *material) opensshNumbers() []Bad {
	a, b := rsaNumbers(m.rsa[0]), rsaNumbers(m.rsa[1])
	wrongD, wrongIQMP, wrongN, ones := a, a, a, a
	wrongD.d = new(big.Int).Add(a.d, big.NewInt(2))
	wrongIQMP.iqmp = new(big.Int).Add(a.iqmp, big.NewInt(1))
	wrongN.n = b.n
	ones.p, ones.q = a.n, big.NewInt(1)
	file := func(outer, n numbers) []byte {
		return opensshFile("none", "none", nil, 1, outer.blob(), n.section())
	}
	return []Bad{
		{Name: "pair-openssh-rsa-outer-other", Data: file(b, a)},
		{Name: "pair-openssh-rsa-modulus-other", Data: file(wrongN, wrongN)},
		{Name: "pair-openssh-rsa-wrong-d", Data: file(a, wrongD)},
		{Name: "pair-openssh-rsa-wrong-iqmp", Data: file(a, wrongIQMP)},
		{Name: "pair-openssh-rsa-prime-one", Data: file(a, ones)},
		{Name: "pair-pkcs1-wrong-d.pem", Data: armour("RSA PRIVATE KEY", wrongD.pkcs1())},
		{Name: "pair-pkcs1-wrong-iqmp.pem", Data: armour("RSA PRIVATE KEY", wrongIQMP.pkcs1())},
		{Name: "pair-pkcs1-modulus-other.pem", Data: armour("RSA PRIVATE KEY", wrongN.pkcs1())},
	}
}

// otherPairs are those of the formats that state the public half once.
func (m *material) otherPairs() []Bad {
	a, b := m.ed[0], m.ed[1]
	ecA, ecB := m.ec[0], m.ec[1]
	seedAThenB := edKey{seed: a.seed, public: b.public}
	return []Bad{
		{Name: "pair-ppk2-seed-of-other.ppk", Data: a.ppk(2, b.blob(), a.ppkPrivate())},
		{Name: "pair-ppk3-seed-of-other.ppk", Data: a.ppk(3, b.blob(), a.ppkPrivate())},
		{Name: "pair-ppk3-ecdsa-scalar-other.ppk", Data: ppk(3, "ecdsa-sha2-nistp256", ecB.blob(), mpint(nil, ecA.d))},
		{Name: "pair-sec1-public-other.pem", Data: armour("EC PRIVATE KEY", ecA.sec1(ecB))},
		{Name: "pair-pkcs8-v2-public-other.pem", Data: armour("PRIVATE KEY", a.pkcs8v2(b))},
		{Name: "pair-pkcs8-ec-public-other.pem", Data: armour("PRIVATE KEY", ecA.pkcs8(ecB))},
		{Name: "pair-dropbear-seed-of-other", Data: seedAThenB.dropbear(seedAThenB)},
	}
}

// SoundFiles are written by the same writers with halves that do belong
// together. They must open: otherwise a bad file would be refused for a mistake
// of its writer, and prove nothing.
func SoundFiles(t testing.TB) []Bad {
	t.Helper()
	m := newMaterial(t)
	a, ec, n := m.ed[0], m.ec[0], rsaNumbers(m.rsa[0])
	return []Bad{
		{Name: "openssh", Data: opensshFile("none", "none", nil, 1, a.blob(), a.section(a, "bad"))},
		{Name: "openssh-ecdsa", Data: opensshFile("none", "none", nil, 1, ec.blob(), ec.section(ec, ec.d))},
		{Name: "openssh-ecdsa-raw", Data: opensshFile("none", "none", nil, 1, ec.blob(), ec.rawSection(ec, ec.d))},
		{Name: "openssh-rsa", Data: opensshFile("none", "none", nil, 1, n.blob(), n.section())},
		{Name: "ppk2", Data: a.ppk(2, a.blob(), a.ppkPrivate())},
		{Name: "ppk3", Data: a.ppk(3, a.blob(), a.ppkPrivate())},
		{Name: "ppk3-ecdsa", Data: ppk(3, "ecdsa-sha2-nistp256", ec.blob(), mpint(nil, ec.d))},
		{Name: "pkcs1", Data: armour("RSA PRIVATE KEY", n.pkcs1())},
		{Name: "sec1", Data: armour("EC PRIVATE KEY", ec.sec1(ec))},
		{Name: "pkcs8-v2", Data: armour("PRIVATE KEY", a.pkcs8v2(a))},
		{Name: "pkcs8-ec", Data: armour("PRIVATE KEY", ec.pkcs8(ec))},
		{Name: "dropbear", Data: a.dropbear(a)},
		{Name: "public.pub", Data: publicLine(a.blob())},
	}
}
