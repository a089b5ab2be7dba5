package testkeys

import (
	"bytes"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
)

// Bad is a file that no tool would make, each wrong in one way. Those that are
// not Large stand in testdata/bad under their name; TestWriteBad keeps them.
type Bad struct {
	Name       string
	Data       []byte
	Passphrase []byte // the one to try; nil where the file is not encrypted
	Large      bool   // too large for the repository
}

// BadFiles crafts every bad file. They are made of fixed numbers and of goldens,
// so they change only when those do.
func BadFiles(t testing.TB) []Bad {
	t.Helper()
	m := newMaterial(t)
	var all []Bad
	for _, group := range [][]Bad{
		notKeys(), m.truncated(t), m.costs(t), m.lengths(), m.damaged(t), m.unknown(),
		m.opensshPairs(), m.opensshNumbers(), m.otherPairs(),
	} {
		all = append(all, group...)
	}
	return all
}

// material is what bad files are made of: two keys of every type.
type material struct {
	ed     [2]edKey
	ec     [2]ecKey
	rsa    [2]*rsa.PrivateKey
	secret []byte // the passphrase of encrypted files
}

func newMaterial(t testing.TB) *material {
	m := &material{secret: Passphrase(t)}
	for i, golden := range []string{"rsa1024", "rsa-aligned"} {
		m.ed[i] = newEd(byte('A' + i))
		m.ec[i] = newEC(byte('A' + i))
		block, _ := pem.Decode(Find(t, golden, "pkcs1.pem").Data)
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		m.rsa[i] = key
	}
	return m
}

func notKeys() []Bad {
	noise := bytes.Buffer{}
	for i := range 32 {
		sum := sha256.Sum256([]byte{byte(i)})
		noise.Write(sum[:])
	}
	return []Bad{
		{Name: "empty"},
		{Name: "blank", Data: []byte(" \r\n\t\n")},
		{Name: "noise", Data: noise.Bytes()},
		{Name: "prose", Data: []byte("Dear Hanako,\nhere is my key, as promised.\n")},
		{Name: "pgp.asc", Data: armour("PGP PRIVATE KEY BLOCK", []byte{0x95, 1, 0, 0})},
		{Name: "pem-without-end.pem", Data: []byte("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n")},
		{Name: "oversized", Large: true, Data: append([]byte("-----BEGIN OPENSSH PRIVATE KEY-----\n"), bytes.Repeat([]byte("QUFB\n"), 1<<18)...)},
	}
}

func (m *material) truncated(t testing.TB) []Bad {
	var all []Bad
	for _, name := range []string{"openssh", "pkcs8.der", "ppk3", "dropbear", "rfc4716", "ppk2.enc"} {
		data := Find(t, "ed25519", name).Data
		all = append(all, Bad{Name: "truncated-" + name, Data: data[:len(data)*2/3], Passphrase: m.secret})
	}
	return all
}

// costs ask for more memory or time than any machine has.
func (m *material) costs(t testing.TB) []Bad {
	argon := string(Find(t, "ed25519", "ppk3.argon2id").Data)
	with := func(header, value string) []byte {
		start := strings.Index(argon, header+": ")
		end := start + strings.IndexByte(argon[start:], '\n')
		return []byte(argon[:start] + header + ": " + value + argon[end:])
	}
	bcrypt := func(rounds uint32) []byte {
		options := u32(str(nil, []byte("sixteen byte salt"[:16])), rounds)
		return opensshFile("aes256-ctr", "bcrypt", options, 1, m.ed[0].blob(), make([]byte, 128))
	}
	all := []Bad{
		{Name: "cost-argon2-memory-2tib.ppk", Data: with("Argon2-Memory", "2147483648")},
		{Name: "cost-argon2-memory-negative.ppk", Data: with("Argon2-Memory", "-1")},
		{Name: "cost-argon2-memory-wraps.ppk", Data: with("Argon2-Memory", "4294967296")},
		{Name: "cost-argon2-memory-zero.ppk", Data: with("Argon2-Memory", "0")},
		{Name: "cost-argon2-passes-2-31.ppk", Data: with("Argon2-Passes", "2147483648")},
		{Name: "cost-argon2-passes-zero.ppk", Data: with("Argon2-Passes", "0")},
		{Name: "cost-argon2-lanes-2-32.ppk", Data: with("Argon2-Parallelism", "4294967295")},
		{Name: "cost-argon2-lanes-zero.ppk", Data: with("Argon2-Parallelism", "0")},
		{Name: "cost-bcrypt-rounds-2-31", Data: bcrypt(1 << 31)},
		{Name: "cost-bcrypt-rounds-zero", Data: bcrypt(0)},
		{Name: "cost-pbkdf2-iterations-2-31.pem", Data: pbes2(pbkdf2Parameters(1 << 31))},
		{Name: "cost-pbkdf2-iterations-zero.pem", Data: pbes2(pbkdf2Parameters(0))},
		{Name: "cost-pbkdf2-iterations-huge.pem", Data: pbes2(pbkdf2Big(new(big.Int).Lsh(big.NewInt(1), 200)))},
		{Name: "cost-scrypt-n-2-40.pem", Data: pbes2(scryptParameters(1<<40, 8, 1))},
		{Name: "cost-scrypt-n-odd.pem", Data: pbes2(scryptParameters(1000, 8, 1))},
		{Name: "cost-scrypt-p-2-30.pem", Data: pbes2(scryptParameters(1024, 8, 1<<30))},
	}
	for i := range all {
		all[i].Passphrase = m.secret
	}
	return all
}

// lengths run past the end of what holds them, or claim more than it could.
func (m *material) lengths() []Bad {
	a := m.ed[0]
	longBlob := append(u32(nil, 0xfffffff0), a.blob()[4:]...)
	longField := bytes.Clone(a.blob())
	copy(longField[15:], []byte{0x7f, 0xff, 0xff, 0xff})
	section := a.section(a, "bad")
	sound := opensshRaw("none", "none", nil, 1, str(nil, a.blob()), section)
	long := bytes.Clone(sound)
	copy(long[bytes.Index(long, section)-4:], []byte{0xff, 0xff, 0xff, 0xff})
	plain := string(a.ppk(3, a.blob(), a.ppkPrivate()))
	return []Bad{
		{Name: "length-public-blob.pub", Data: []byte("ssh-ed25519 " + base64.StdEncoding.EncodeToString(longBlob) + " bad\n")},
		{Name: "length-public-field.pub", Data: []byte("ssh-ed25519 " + base64.StdEncoding.EncodeToString(longField) + " bad\n")},
		{Name: "length-openssh-private", Data: armour("OPENSSH PRIVATE KEY", long)},
		{Name: "length-openssh-trailing", Data: armour("OPENSSH PRIVATE KEY", append(sound, 1, 2, 3))},
		{Name: "length-ppk-public-lines.ppk", Data: []byte(strings.Replace(plain, "Public-Lines: 2", "Public-Lines: 4294967295", 1))},
		{Name: "length-ppk-private-lines.ppk", Data: []byte(strings.Replace(plain, "Private-Lines: 1", "Private-Lines: -1", 1))},
		{Name: "length-pkcs8-der.pem", Data: armour("PRIVATE KEY", []byte{0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 2, 1, 0})},
		{Name: "length-pkcs8-indefinite.pem", Data: armour("PRIVATE KEY", []byte{0x30, 0x80, 2, 1, 0, 0, 0})},
		{Name: "length-sshcom", Data: sshcom(0xffffffff, []byte("if-modn{sign{rsa-pkcs1-sha1},encrypt{rsa-pkcs1v2-oaep}}"), "none", make([]byte, 8))},
		{Name: "length-rfc4716.pub", Data: []byte("---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"bad\"\n" + base64.StdEncoding.EncodeToString(longBlob) + "\n---- END SSH2 PUBLIC KEY ----\n")},
	}
}

// damaged files break a rule of their own format.
func (m *material) damaged(t testing.TB) []Bad {
	a := m.ed[0]
	plain := string(a.ppk(3, a.blob(), a.ppkPrivate()))
	section := a.section(a, "bad")
	checkints, padding := bytes.Clone(section), bytes.Clone(section)
	checkints[0] ^= 1
	padding[len(padding)-1] ^= 1
	argon := string(Find(t, "ed25519", "ppk3.argon2id").Data)
	start := strings.Index(argon, "Key-Derivation")
	kdf := argon[start:strings.Index(argon, "Private-Lines")]
	offCurve := m.ec[0].blob()
	offCurve[len(offCurve)-1] ^= 1
	return []Bad{
		{Name: "damaged-ppk-kdf-without-encryption.ppk", Data: []byte(strings.Replace(plain, "Private-Lines", kdf+"Private-Lines", 1))},
		{Name: "damaged-ppk-comment.ppk", Data: []byte(strings.Replace(plain, "Comment: bad", "Comment: good", 1))},
		{Name: "damaged-ppk-header-order.ppk", Data: []byte(strings.Replace(plain, "Encryption: none\nComment: bad\n", "Comment: bad\nEncryption: none\n", 1))},
		{Name: "damaged-ppk-mac.ppk", Data: []byte(plain[:strings.Index(plain, "Private-MAC")] + "Private-MAC: 00\n")},
		{Name: "damaged-openssh-checkints", Data: opensshFile("none", "none", nil, 1, a.blob(), checkints)},
		{Name: "damaged-openssh-padding", Data: opensshFile("none", "none", nil, 1, a.blob(), padding)},
		{Name: "damaged-openssh-count", Data: opensshFile("none", "none", nil, 2, a.blob(), section)},
		{Name: "damaged-openssh-block", Data: opensshFile("aes256-ctr", "bcrypt", u32(str(nil, make([]byte, 16)), 1), 1, a.blob(), make([]byte, 17)), Passphrase: m.secret},
		{Name: "damaged-openssh-cipher-without-kdf", Data: opensshFile("aes256-ctr", "none", nil, 1, a.blob(), section), Passphrase: m.secret},
		{Name: "damaged-openssh-kdf-without-cipher", Data: opensshFile("none", "bcrypt", u32(str(nil, make([]byte, 16)), 1), 1, a.blob(), section)},
		{Name: "damaged-public-off-curve.pub", Data: publicLine(offCurve)},
		{Name: "damaged-public-short-key.pub", Data: publicLine(str(str(nil, []byte("ssh-ed25519")), a.public[:31]))},
		{Name: "damaged-public-type.pub", Data: bytes.Replace(publicLine(a.blob()), []byte("ssh-ed25519 "), []byte("ssh-rsa "), 1)},
		{Name: "damaged-public-huge-rsa.pub", Data: publicLine(mpint(mpint(str(nil, []byte("ssh-rsa")), []byte{1, 0, 1}), bytes.Repeat([]byte{0xa5}, 8192)))},
		{Name: "damaged-public-base64.pub", Data: bytes.Replace(publicLine(a.blob()), []byte("AAAAC3"), []byte("AA*AC3"), 1)},
		{Name: "damaged-dropbear-trailing", Data: append(a.dropbear(a), 0)},
	}
}

// unknown files are well formed and from a time or a tool nobody here knows.
func (m *material) unknown() []Bad {
	a := m.ed[0]
	plain := string(a.ppk(3, a.blob(), a.ppkPrivate()))
	blob := str(str(nil, []byte("ssh-tomorrow@example.org")), []byte("public half"))
	section := append(u32(u32(nil, 7), 7), blob...)
	section = pad(str(str(section, []byte("private half")), []byte("bad")))
	twoKeys := opensshRaw("none", "none", nil, 2, str(str(nil, a.blob()), m.ed[1].blob()), a.section(a, "two"))
	return []Bad{
		{Name: "unknown-openssh-two-keys", Data: armour("OPENSSH PRIVATE KEY", twoKeys)},
		{Name: "unknown-ppk4.ppk", Data: []byte(strings.Replace(plain, "File-3", "File-4", 1))},
		{Name: "unknown-ppk-cipher.ppk", Data: []byte(strings.Replace(plain, "Encryption: none", "Encryption: aes512-cbc", 1)), Passphrase: m.secret},
		{Name: "unknown-openssh-cipher", Data: opensshFile("serpent256-ctr", "bcrypt", u32(str(nil, make([]byte, 16)), 1), 1, a.blob(), make([]byte, 64)), Passphrase: m.secret},
		{Name: "unknown-openssh-kdf", Data: opensshFile("aes256-ctr", "argon3", nil, 1, a.blob(), make([]byte, 64)), Passphrase: m.secret},
		{Name: "unknown-openssh-type", Data: opensshFile("none", "none", nil, 1, blob, section)},
		{Name: "unknown-sshcom-type", Data: sshcom(0, []byte("ec-modp{sign{ecdsa}}"), "none", make([]byte, 8))},
		{Name: "unknown-sshcom-cipher", Data: sshcom(0, []byte("if-modn{sign{rsa-pkcs1-sha1},encrypt{rsa-pkcs1v2-oaep}}"), "idea-cbc", make([]byte, 16)), Passphrase: m.secret},
		{Name: "unknown-dek.pem", Data: []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: IDEA-CBC,0011223344556677\n\nAAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n"), Passphrase: m.secret},
	}
}

func publicLine(blob []byte) []byte {
	name := blob[4 : 4+int(blob[3])]
	return fmt.Appendf(nil, "%s %s bad\n", name, base64.StdEncoding.EncodeToString(blob))
}
