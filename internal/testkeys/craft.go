package testkeys

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"hash"
	"math/big"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Writers of key files that check nothing. They share no code with package
// formats, so that a mistake there is not made twice.

func u32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }

func str(b, s []byte) []byte { return append(u32(b, uint32(len(s))), s...) }

func mpint(b, magnitude []byte) []byte {
	n := new(big.Int).SetBytes(magnitude).Bytes()
	if len(n) > 0 && n[0] >= 0x80 {
		n = append([]byte{0}, n...)
	}
	return str(b, n)
}

func armour(label string, data []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: data})
}

// --- OpenSSH ------------------------------------------------------------------

// opensshFile writes PROTOCOL.key's outer structure around a private section.
// outer is one public key blob; keys is the count that is stated.
func opensshFile(cipher, kdf string, options []byte, keys uint32, outer, section []byte) []byte {
	return armour("OPENSSH PRIVATE KEY", opensshRaw(cipher, kdf, options, keys, str(nil, outer), section))
}

func opensshRaw(cipher, kdf string, options []byte, keys uint32, publics, section []byte) []byte {
	b := []byte("openssh-key-v1\x00")
	b = str(str(str(b, []byte(cipher)), []byte(kdf)), options)
	return str(append(u32(b, keys), publics...), section)
}

// section writes a private section; fields begin with the key type.
func section(fields []byte, comment string) []byte {
	b := append(u32(u32(nil, 0x01020304), 0x01020304), fields...)
	return pad(str(b, []byte(comment)))
}

func pad(b []byte) []byte {
	for i := byte(1); len(b)%8 != 0; i++ {
		b = append(b, i)
	}
	return b
}

// --- PuTTY --------------------------------------------------------------------

// ppk writes an unencrypted PPK with a correct MAC.
func ppk(version int, algorithm string, public, private []byte) []byte {
	mac := hmac.New(func() hash.Hash { return sha256.New() }, nil)
	if version == 2 {
		key := sha1.Sum([]byte("putty-private-key-file-mac-key"))
		mac = hmac.New(sha1.New, key[:])
	}
	var covered []byte
	for _, s := range [][]byte{[]byte(algorithm), []byte("none"), []byte("bad"), public, private} {
		covered = str(covered, s)
	}
	mac.Write(covered)
	var b strings.Builder
	fmt.Fprintf(&b, "PuTTY-User-Key-File-%d: %s\nEncryption: none\nComment: bad\n", version, algorithm)
	writeLines(&b, "Public-Lines", public)
	writeLines(&b, "Private-Lines", private)
	fmt.Fprintf(&b, "Private-MAC: %s\n", hex.EncodeToString(mac.Sum(nil)))
	return []byte(b.String())
}

func writeLines(b *strings.Builder, header string, blob []byte) {
	text := base64.StdEncoding.EncodeToString(blob)
	fmt.Fprintf(b, "%s: %d\n", header, (len(text)+63)/64)
	for len(text) > 64 {
		b.WriteString(text[:64] + "\n")
		text = text[64:]
	}
	b.WriteString(text + "\n")
}

// --- ssh.com --------------------------------------------------------------------

// sshcom writes the structure PuTTY's import.c describes; a total of 0 is the true one.
func sshcom(total uint32, keyType []byte, cipher string, payload []byte) []byte {
	body := str(str(str(nil, keyType), []byte(cipher)), payload)
	if total == 0 {
		total = uint32(len(body) + 8)
	}
	text := base64.StdEncoding.EncodeToString(append(u32(u32(nil, 0x3f6ff9eb), total), body...))
	return []byte("---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: \"bad\"\n" + text + "\n---- END SSH2 ENCRYPTED PRIVATE KEY ----\n")
}

// --- Ed25519 ----------------------------------------------------------------------

// edKey's halves need not belong together.
type edKey struct{ seed, public []byte }

func newEd(fill byte) edKey {
	seed := bytes.Repeat([]byte{fill}, 32)
	return edKey{seed, ed25519.NewKeyFromSeed(seed)[32:]}
}

func (k edKey) blob() []byte { return str(str(nil, []byte("ssh-ed25519")), k.public) }

// section is the OpenSSH private section that states the public half of stated.
func (k edKey) section(stated edKey, comment string) []byte {
	return section(str(stated.blob(), append(bytes.Clone(k.seed), k.public...)), comment)
}

func (k edKey) ppkPrivate() []byte { return str(nil, k.seed) }

func (k edKey) ppk(version int, public, private []byte) []byte {
	return ppk(version, "ssh-ed25519", public, private)
}

func (k edKey) dropbear(other edKey) []byte {
	return str(str(nil, []byte("ssh-ed25519")), append(bytes.Clone(k.seed), other.public...))
}

// pkcs8v2 is RFC 5958's OneAsymmetricKey with the public half of another key.
func (k edKey) pkcs8v2(other edKey) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier([]int{1, 3, 101, 112}) })
		b.AddASN1(asn1.OCTET_STRING, func(b *cryptobyte.Builder) { b.AddASN1OctetString(k.seed) })
		b.AddASN1(asn1.Tag(1).ContextSpecific(), func(b *cryptobyte.Builder) {
			b.AddUint8(0)
			b.AddBytes(other.public)
		})
	})
}

// --- ECDSA, P-256 -------------------------------------------------------------------

type ecKey struct{ d, point []byte }

func newEC(fill byte) ecKey {
	d := bytes.Repeat([]byte{fill}, 32)
	key, err := ecdh.P256().NewPrivateKey(d)
	if err != nil {
		panic(err) // the fills are in range
	}
	return ecKey{d, key.PublicKey().Bytes()}
}

func (k ecKey) blob() []byte {
	return str(str(str(nil, []byte("ecdsa-sha2-nistp256")), []byte("nistp256")), k.point)
}

func (k ecKey) section(stated ecKey, d []byte) []byte {
	return section(append(stated.blob(), mpint(nil, d)...), "bad")
}

// rawSection writes the scalar's mpint as it is given.
func (k ecKey) rawSection(stated ecKey, d []byte) []byte {
	return section(append(stated.blob(), str(nil, d)...), "bad")
}

func prime256v1() []int { return []int{1, 2, 840, 10045, 3, 1, 7} }

// sec1 is RFC 5915's ECPrivateKey with the point of another key.
func (k ecKey) sec1(other ecKey) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1OctetString(k.d)
		b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(prime256v1()) })
		b.AddASN1(asn1.Tag(1).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) { b.AddASN1BitString(other.point) })
	})
}

func (k ecKey) pkcs8(other ecKey) []byte {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier([]int{1, 2, 840, 10045, 2, 1})
			b.AddASN1ObjectIdentifier(prime256v1())
		})
		b.AddASN1OctetString(k.sec1(other))
	})
}

// --- RSA ------------------------------------------------------------------------------

// numbers of an RSA key, which need not fit each other.
type numbers struct{ n, e, d, p, q, iqmp *big.Int }

func rsaNumbers(k *rsa.PrivateKey) numbers {
	p, q := k.Primes[0], k.Primes[1]
	return numbers{k.N, big.NewInt(int64(k.E)), k.D, p, q, new(big.Int).ModInverse(q, p)}
}

func (n numbers) blob() []byte {
	return mpint(mpint(str(nil, []byte("ssh-rsa")), n.e.Bytes()), n.n.Bytes())
}

// section writes RSA's private fields in PROTOCOL.key's order.
func (n numbers) section() []byte {
	b := str(nil, []byte("ssh-rsa"))
	for _, v := range []*big.Int{n.n, n.e, n.d, n.iqmp, n.p, n.q} {
		b = mpint(b, v.Bytes())
	}
	return section(b, "bad")
}

// pkcs1 is RFC 8017's RSAPrivateKey.
func (n numbers) pkcs1() []byte {
	one := big.NewInt(1)
	dp := new(big.Int).Mod(n.d, new(big.Int).Sub(n.p, one))
	dq := new(big.Int).Mod(n.d, new(big.Int).Sub(n.q, one))
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1Int64(0)
		for _, v := range []*big.Int{n.n, n.e, n.d, n.p, n.q, dp, dq, n.iqmp} {
			b.AddASN1BigInt(v)
		}
	})
}

// --- PBES2 ------------------------------------------------------------------------------

func build(fields func(*cryptobyte.Builder)) []byte {
	var b cryptobyte.Builder
	b.AddASN1(asn1.SEQUENCE, fields)
	return b.BytesOrPanic()
}

// pbes2 is an encrypted PKCS#8 of AES-256 under the given key derivation.
func pbes2(kdf func(*cryptobyte.Builder)) []byte {
	return armour("ENCRYPTED PRIVATE KEY", build(func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier([]int{1, 2, 840, 113549, 1, 5, 13})
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(asn1.SEQUENCE, kdf)
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1ObjectIdentifier([]int{2, 16, 840, 1, 101, 3, 4, 1, 42})
					b.AddASN1OctetString(make([]byte, 16))
				})
			})
		})
		b.AddASN1OctetString(make([]byte, 64))
	}))
}

func pbkdf2Parameters(iterations int64) func(*cryptobyte.Builder) {
	return pbkdf2Big(big.NewInt(iterations))
}

func pbkdf2Big(iterations *big.Int) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier([]int{1, 2, 840, 113549, 1, 5, 12})
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(make([]byte, 8))
			b.AddASN1BigInt(iterations)
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier([]int{1, 2, 840, 113549, 2, 9})
				b.AddASN1NULL()
			})
		})
	}
}

func scryptParameters(n, r, p int64) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier([]int{1, 3, 6, 1, 4, 1, 11591, 4, 11})
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString(make([]byte, 8))
			b.AddASN1Int64(n)
			b.AddASN1Int64(r)
			b.AddASN1Int64(p)
		})
	}
}
