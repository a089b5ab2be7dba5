package formats

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// openSSHPass is not ASCII: bcrypt takes its UTF-8 bytes.
var openSSHPass = []byte("pâss 鍵 🔑")

const openSSHComment = "taro@lab 太郎"

// openSSHGoldens loads the openssh-key-v1 files that ssh-keygen and puttygen made.
func openSSHGoldens(t testing.TB) []testkeys.Golden {
	t.Helper()
	all := slices.DeleteFunc(testkeys.Goldens(t), func(g testkeys.Golden) bool { return g.Format != string(OpenSSH) })
	if len(all) < 20 {
		t.Fatalf("only %d golden files", len(all))
	}
	return all
}

// openSSHEveryCipher tells the keys that have a golden file for each cipher;
// what costs a KDF and is the same for all types is tested with them only.
func openSSHEveryCipher(g testkeys.Golden) bool {
	return g.Key == "ed25519" || strings.HasPrefix(g.Key, "mldsa44")
}

func openSSHParse(t testing.TB, data []byte) *Envelope {
	t.Helper()
	e, err := Parse(data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if e.Format != OpenSSH || e.Kind != KindPrivate {
		t.Fatalf("%s, %s", e.Format, e.Kind)
	}
	return e
}

func openSSHOpen(t testing.TB, data, passphrase []byte) *keytool.Key {
	t.Helper()
	k, err := openSSHParse(t, data).Open(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func openSSHEncode(t testing.TB, k *keytool.Key, opt Options) []byte {
	t.Helper()
	data, err := Encode(OpenSSH, k, opt)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// openSSHLine is the key as ssh-keygen -y prints it.
func openSSHLine(k *keytool.Key) string {
	return strings.TrimSuffix(fmt.Sprintf("%s %s %s", k.Algorithm().Name, base64.StdEncoding.EncodeToString(k.Blob()), k.Comment()), " ")
}

// openSSHRaw is the content of the armour.
func openSSHRaw(t testing.TB, data []byte) []byte {
	t.Helper()
	raw, err := openSSHBody(data)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func openSSHArmour(raw []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: openSSHLabel, Bytes: raw})
}

// openSSHSection decrypts a file's private section without judging it.
func openSSHSection(t testing.TB, data, passphrase []byte) (f *openSSHFile, plain []byte) {
	t.Helper()
	f, err := readOpenSSH(openSSHRaw(t, data))
	if err != nil {
		t.Fatal(err)
	}
	if f.kdf == openSSHNone {
		return f, f.section
	}
	lock, err := newOpenSSHLock(Options{Passphrase: passphrase, Cipher: f.cipherName, Rounds: f.rounds, Rand: bytes.NewReader(f.salt)})
	if err != nil {
		t.Fatal(err)
	}
	plain, err = f.cipher.open(lock.key[:f.cipher.key], lock.key[f.cipher.key:], slices.Concat(f.section, f.tag))
	if err != nil {
		t.Fatal(err)
	}
	return f, plain
}

func TestOpenSSHGoldens(t *testing.T) {
	for _, g := range openSSHGoldens(t) {
		t.Run(g.String(), func(t *testing.T) {
			e := openSSHParse(t, g.Data)
			if e.Public.Fingerprint() != g.Facts.SHA256 || e.Algorithm != g.Facts.Algorithm {
				t.Errorf("in clear: %v %s", e.Public, e.Algorithm)
			}
			p := e.Protection
			if p.Cipher != g.Cipher || p.KDF != g.KDF || p.Params["rounds"] != g.Params["rounds"] || p.Legacy {
				t.Errorf("protection %+v", p)
			}
			wantComment := g.Comment
			if g.Encrypted() {
				wantComment = ""
				for _, passphrase := range []string{"", "x"} {
					if passphrase != "" && !openSSHEveryCipher(g) {
						continue
					}
					if _, err := e.Open([]byte(passphrase)); !errors.Is(err, ErrWrongPassphrase) {
						t.Errorf("passphrase %q: %v", passphrase, err)
					}
				}
				if _, err := e.Open(nil); !errors.Is(err, ErrPassphraseRequired) {
					t.Errorf("no passphrase: %v", err)
				}
			}
			if e.Public.Comment() != wantComment || e.Public.IsPrivate() {
				t.Errorf("in clear: comment %q, private %v", e.Public.Comment(), e.Public.IsPrivate())
			}
			k, err := e.Open(g.Passphrase) // the same envelope, after a wrong passphrase
			if err != nil {
				t.Fatal(err)
			}
			if !k.IsPrivate() || k.Fingerprint() != g.Facts.SHA256 || k.Comment() != g.Comment {
				t.Errorf("opened %v, comment %q", k, k.Comment())
			}
		})
	}
}

// TestOpenSSHByteForByte feeds the encoder the random bytes found in a real
// file; it must then write that very file.
func TestOpenSSHByteForByte(t *testing.T) {
	for _, g := range openSSHGoldens(t) {
		if strings.Contains(g.Name, "puttygen") {
			continue // pads "none" to 16 bytes, wraps at 64
		}
		if g.Encrypted() && !openSSHEveryCipher(g) {
			continue
		}
		t.Run(g.String(), func(t *testing.T) {
			f, plain := openSSHSection(t, g.Data, g.Passphrase)
			random := bytes.NewReader(slices.Concat(f.salt, plain[:4]))
			k, err := f.readSection(plain, ErrWrongPassphrase)
			if err != nil {
				t.Fatal(err)
			}
			got := openSSHEncode(t, k, Options{Passphrase: g.Passphrase, Cipher: g.Cipher, Rounds: f.rounds, Rand: random})
			if !bytes.Equal(got, g.Data) {
				t.Errorf("%d bytes written, %d in the real file, not the same", len(got), len(g.Data))
			}
			if random.Len() != 0 {
				t.Errorf("%d random bytes left", random.Len())
			}
		})
	}
}

// openSSHKeygen makes a key with the real tool and returns its file.
func openSSHKeygen(t *testing.T, args ...string) (data []byte, public string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	args = append([]string{"-q", "-C", openSSHComment, "-f", file}, args...)
	if out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), args...).CombinedOutput(); err != nil {
		if slices.Contains(args, "dsa") {
			t.Skip("this ssh-keygen makes no DSA keys")
		}
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	line, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return data, strings.TrimSpace(string(line))
}

// openSSHReadBack lets the real tool print the public half of what we wrote.
func openSSHReadBack(t *testing.T, data, passphrase []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-y", "-P", string(passphrase), "-f", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen -y: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// puttygenReadBack does it with PuTTY, which prints the comment only of unencrypted files.
func puttygenReadBack(t *testing.T, data, passphrase []byte) string {
	t.Helper()
	dir := t.TempDir()
	file, pass := filepath.Join(dir, "key"), filepath.Join(dir, "pass")
	if err := errors.Join(os.WriteFile(file, data, 0o600), os.WriteFile(pass, passphrase, 0o600)); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(testkeys.Tool(t, "puttygen"), file, "-L", "--old-passphrase", pass).CombinedOutput()
	if err != nil {
		t.Fatalf("puttygen -L: %v\n%s", err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestOpenSSHWithSSHKeygen(t *testing.T) {
	for _, args := range []string{
		"rsa -b 2048", "dsa", "ecdsa -b 256", "ecdsa -b 384", "ecdsa -b 521", "ed25519",
		"ed25519 -Z 3des-cbc -a 1", "ed25519 -Z aes128-cbc -a 1", "rsa -b 2048 -Z aes192-cbc -a 1",
		"ecdsa -Z aes256-cbc -a 1", "ecdsa -b 521 -Z aes128-ctr -a 1", "ecdsa -b 384 -Z aes192-ctr -a 1",
		"ed25519 -Z aes256-ctr -a 16", "rsa -b 2048 -Z aes128-gcm@openssh.com -a 1", "ed25519 -Z aes256-gcm@openssh.com -a 1",
		"dsa -Z chacha20-poly1305@openssh.com -a 1", "rsa -b 2048 -Z chacha20-poly1305@openssh.com -a 16",
	} {
		t.Run(args, func(t *testing.T) {
			opt := Options{}
			if _, options, ok := strings.Cut(args, "-Z "); ok {
				opt.Passphrase = openSSHPass
				fmt.Sscanf(options, "%s -a %d", &opt.Cipher, &opt.Rounds)
			}
			data, line := openSSHKeygen(t, append([]string{"-N", string(opt.Passphrase), "-t"}, strings.Fields(args)...)...)
			k := openSSHOpen(t, data, opt.Passphrase)
			if openSSHLine(k) != line {
				t.Fatalf("read %s\nwant %s", openSSHLine(k), line)
			}
			ours := openSSHEncode(t, k, opt)
			if got := openSSHReadBack(t, ours, opt.Passphrase); got != line {
				t.Errorf("ssh-keygen reads ours as %s\nwant %s", got, line)
			}
			if p := openSSHParse(t, ours).Protection; p.Cipher != opt.Cipher || p.Params["rounds"] != uint64(opt.Rounds) {
				t.Errorf("protection %+v", p)
			}
		})
	}
}

// TestOpenSSHWithPuTTYgen: puttygen 0.78 knows the ciphers none, aes256-ctr and aes256-cbc.
func TestOpenSSHWithPuTTYgen(t *testing.T) {
	for _, key := range []string{"rsa2048", "dsa1024", "ecdsa256", "ecdsa384", "ecdsa521", "ed25519", "ed448"} {
		t.Run(key, func(t *testing.T) {
			g := testkeys.Find(t, key, "openssh.puttygen")
			k := openSSHOpen(t, g.Data, nil)
			for _, opt := range []Options{
				{}, {Passphrase: openSSHPass, Rounds: 2}, {Passphrase: openSSHPass, Cipher: "aes256-cbc", Rounds: 1},
			} {
				if got := puttygenReadBack(t, openSSHEncode(t, k, opt), opt.Passphrase); got != openSSHLine(k) {
					t.Errorf("%s: puttygen reads ours as %s\nwant %s", opt.Cipher, got, openSSHLine(k))
				}
			}
		})
	}
}

// TestOpenSSHAgainstXCrypto compares with the one other implementation in Go,
// which knows three ciphers and no comment.
func TestOpenSSHAgainstXCrypto(t *testing.T) {
	for _, key := range []string{"rsa2048", "ecdsa256", "ecdsa256-leadingzero", "ecdsa521", "ed25519"} {
		k := openSSHOpen(t, testkeys.Find(t, key, "openssh").Data, nil)
		raw, err := ssh.ParseRawPrivateKey(openSSHEncode(t, k, Options{}))
		if err != nil {
			t.Fatalf("%s: %v", key, err)
		}
		for _, cipher := range []string{"aes256-ctr", "aes256-cbc"} {
			ours := openSSHEncode(t, k, Options{Passphrase: openSSHPass, Cipher: cipher, Rounds: 1})
			raw, err := ssh.ParseRawPrivateKeyWithPassphrase(ours, openSSHPass)
			if err != nil {
				t.Fatalf("%s, %s: %v", key, cipher, err)
			}
			signer, err := ssh.NewSignerFromKey(raw)
			if err != nil || !bytes.Equal(signer.PublicKey().Marshal(), k.Blob()) {
				t.Errorf("%s, %s: x/crypto reads another key (%v)", key, cipher, err)
			}
		}
		block, err := ssh.MarshalPrivateKeyWithPassphrase(raw, openSSHComment, openSSHPass)
		if err != nil {
			t.Fatal(err)
		}
		theirs := openSSHOpen(t, pem.EncodeToMemory(block), openSSHPass)
		if !theirs.Equal(k) || theirs.Comment() != openSSHComment {
			t.Errorf("%s: read from x/crypto: %v, comment %q", key, theirs, theirs.Comment())
		}
	}
}

// TestOpenSSHSecurityKeys reads OpenSSH's own handles, which are not ours to copy.
func TestOpenSSHSecurityKeys(t *testing.T) {
	dir := filepath.Join("..", "..", "shared", "fixtures", "sk")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("%s is absent: OpenSSH's regress/unittests/sshkey/testdata is needed there", dir)
	}
	for name, comment := range map[string]string{"ecdsa_sk1": "ECDSA-SK test key #1", "ed25519_sk1": "ED25519-SK test key #1"} {
		t.Run(name, func(t *testing.T) {
			read := func(suffix string) []byte {
				data, err := os.ReadFile(filepath.Join(dir, name+suffix))
				if err != nil {
					t.Fatal(err)
				}
				return data
			}
			plain := openSSHOpen(t, read(""), nil)
			locked := openSSHOpen(t, read("_pw"), []byte("mekmitasdigoat"))
			for _, k := range []*keytool.Key{plain, locked} {
				if k.Fingerprint() != strings.TrimSpace(string(read(".fp"))) || k.Comment() != comment {
					t.Errorf("%v, comment %q", k, k.Comment())
				}
				s, ok := k.Secret().(*keytool.SKSecret)
				if !ok || s.Flags != 1 || len(s.KeyHandle) < 64 || len(s.Reserved) != 0 {
					t.Errorf("handle of type %T", k.Secret())
				}
			}
			_, section := openSSHSection(t, read(""), nil)
			again := openSSHEncode(t, plain, Options{Rand: bytes.NewReader(section)})
			if !bytes.Equal(again, read("")) {
				t.Error("not written as it was read")
			}
			ours := openSSHEncode(t, plain, Options{Passphrase: openSSHPass, Rounds: 1})
			if got := openSSHReadBack(t, ours, openSSHPass); got != openSSHLine(plain) {
				t.Errorf("ssh-keygen reads ours as %s\nwant %s", got, openSSHLine(plain))
			}
		})
	}
}

// openSSHCraft makes an unencrypted file whose parts need not fit.
func openSSHCraft(outer []byte, keyType string, fields ...[]byte) []byte {
	section := keytool.AppendStr([]byte("abcdabcd"), keyType)
	section = keytool.AppendStr(append(section, bytes.Join(fields, nil)...), "crafted")
	for pad := byte(1); len(section)%8 != 0; pad++ {
		section = append(section, pad)
	}
	return openSSHWhole("none", "none", nil, 1, outer, section)
}

func openSSHWhole(cipher, kdf string, options []byte, keys uint32, outer, section []byte) []byte {
	raw := keytool.AppendStr([]byte(openSSHMagic), cipher)
	raw = keytool.AppendStr(keytool.AppendStr(raw, kdf), options)
	raw = keytool.AppendStr(keytool.AppendUint32(raw, keys), outer)
	return openSSHArmour(keytool.AppendStr(raw, section))
}

// openSSHLocked encrypts a private section as it is.
func openSSHLocked(t testing.TB, cipher string, outer *keytool.Key, section []byte) []byte {
	t.Helper()
	lock, err := newOpenSSHLock(Options{Passphrase: openSSHPass, Cipher: cipher, Rounds: 1})
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := lock.cipher.seal(lock.key[:lock.cipher.key], lock.key[lock.cipher.key:], section)
	if err != nil {
		t.Fatal(err)
	}
	whole := openSSHRaw(t, openSSHWhole(cipher, lock.kdf, lock.options, 1, outer.Blob(), sealed[:len(section)]))
	return openSSHArmour(append(whole, sealed[len(section):]...))
}

func wireStr(parts ...[]byte) []byte { return keytool.AppendStr(nil, bytes.Join(parts, nil)) }
func wireNum(b []byte) []byte        { return keytool.AppendMPInt(nil, b) }

// plus adds a small number to a magnitude.
func plus(b []byte, n int64) []byte {
	return new(big.Int).Add(new(big.Int).SetBytes(b), big.NewInt(n)).Bytes()
}

// crafted is a file that must be refused for a reason of its own.
type crafted struct {
	name string
	data []byte
	want string       // part of the error's text
	said *keytool.Key // MismatchError.Want and Got
	got  *keytool.Key
}

// refusedAs checks the error and both keys it names.
func (c crafted) refusedAs(t *testing.T, err error) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), c.want) {
		t.Fatalf("error %v, want %q", err, c.want)
	}
	same := func(a, b *keytool.Key) bool { return a == nil && b == nil || a != nil && b != nil && a.Equal(b) }
	if m, ok := errors.AsType[*keytool.MismatchError](err); ok {
		if !same(m.Want, c.said) || !same(m.Got, c.got) {
			t.Errorf("stated %v, found %v; want %v, %v", m.Want, m.Got, c.said, c.got)
		}
	} else if c.said != nil {
		t.Errorf("%T is no *MismatchError", err)
	}
}

// TestOpenSSHRefusesCrafted: of the pairs here ssh-keygen -y and x/crypto take
// several for good (libraries.md B).
func TestOpenSSHRefusesCrafted(t *testing.T) {
	for _, c := range slices.Concat(craftedEd(t), craftedECDSA(t), craftedRSA(t), craftedOthers(t)) {
		t.Run(c.name, func(t *testing.T) {
			e, err := Parse(c.data, DefaultLimits())
			if err == nil {
				t.Fatalf("accepted: %v", e.Public)
			}
			c.refusedAs(t, err)

			// Under a passphrase that opens it, the same section is just as damaged.
			if f, err := readOpenSSH(openSSHRaw(t, c.data)); err == nil {
				_, err := openSSHParse(t, openSSHLocked(t, "3des-cbc", f.public, f.section)).Open(openSSHPass)
				c.refusedAs(t, err)
			}
		})
	}
}

func craftedEd(t *testing.T) []crafted {
	a := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	b := openSSHOpen(t, testkeys.Find(t, "ed25519-leadingzero", "openssh").Data, nil)
	name := a.Algorithm().Name
	seedA, seedB := a.Secret().(*keytool.EdSecret).Seed, b.Secret().(*keytool.EdSecret).Seed
	pubA, pubB := a.Params()[0], b.Params()[0]
	file := func(outer *keytool.Key, public []byte, private ...[]byte) []byte {
		return openSSHCraft(outer.Blob(), name, wireStr(public), wireStr(private...))
	}
	section := func(edit func([]byte) []byte) []byte {
		f, err := readOpenSSH(openSSHRaw(t, file(a, pubA, seedA, pubA)))
		if err != nil {
			t.Fatal(err)
		}
		return openSSHWhole("none", "none", nil, 1, a.Blob(), edit(bytes.Clone(f.section)))
	}
	if _, err := Parse(file(a, pubA, seedA, pubA), DefaultLimits()); err != nil {
		t.Fatalf("a sound file is refused, so the crafted ones prove nothing: %v", err)
	}
	const header, seed, repeated = "public key in the header", "the seed belongs", "repeated behind the seed"
	const whole = "the private key belongs to another key than the public key before it"
	return []crafted{
		{"outer other", file(b, pubA, seedA, pubA), header, b, a},
		{"inner public other", file(a, pubB, seedA, pubA), whole, b, a},
		{"outer and inner public other", file(b, pubB, seedA, pubA), whole, b, a},
		{"outer, inner and repeated public other", file(b, pubB, seedA, pubB), seed, b, a},
		{"seed other", file(a, pubA, seedB, pubA), seed, a, b},
		{"repeated public other", file(a, pubA, seedA, pubB), repeated, a, b},
		{"outer empty", openSSHCraft(nil, name, wireStr(pubA), wireStr(seedA, pubA)), "damaged OpenSSH private key file: public key", nil, nil},
		{"outer garbage", openSSHCraft([]byte("garbage"), name, wireStr(pubA), wireStr(seedA, pubA)), "public key, field key type", nil, nil},
		{"outer with a tail", openSSHCraft(append(a.Blob(), 0), name, wireStr(pubA), wireStr(seedA, pubA)), "public key, field end", nil, nil},
		{"private short", file(a, pubA, seedA), "field public key behind the seed", nil, nil},
		{"private long", file(a, pubA, seedA, pubA, pubA), "bytes follow", nil, nil},
		{"public short", file(a, pubA[1:], seedA, pubA[1:]), "field key", nil, nil},
		{"public empty", file(a, nil, seedA), "field key", nil, nil},
		{"type unknown", openSSHCraft(a.Blob(), "ssh-ed25518", wireStr(pubA), wireStr(seedA, pubA)), "of another key type", a, nil},
		{"padding", section(func(s []byte) []byte { s[len(s)-1]++; return s }), "padding", nil, nil},
		{"block of other padding", section(func(s []byte) []byte { return append(s, make([]byte, 16)...) }), "padding", nil, nil},
		{"no whole block", section(func(s []byte) []byte { return s[:len(s)-1] }), "not a multiple of 8", nil, nil},
		{"no section", section(func([]byte) []byte { return nil }), "0 bytes, not a multiple of 8", nil, nil},
	}
}

func craftedECDSA(t *testing.T) []crafted {
	a := openSSHOpen(t, testkeys.Find(t, "ecdsa256", "openssh").Data, nil)
	b := openSSHOpen(t, testkeys.Find(t, "ecdsa256-leadingzero", "openssh").Data, nil)
	d := a.Secret().(*keytool.ECDSASecret).D
	order, _ := hex.DecodeString("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
	file := func(outer *keytool.Key, curve string, point, scalar []byte) []byte {
		return openSSHCraft(outer.Blob(), a.Algorithm().Name, wireStr([]byte(curve)), wireStr(point), scalar)
	}
	curve, point := "nistp256", a.Params()[0]
	offCurve := bytes.Clone(point)
	offCurve[64] ^= 1
	negative := wireStr(append([]byte{0xff}, d...))
	return []crafted{
		{"ecdsa outer other", file(b, curve, point, wireNum(d)), "public key in the header", b, a},
		{"ecdsa d other", file(b, curve, b.Params()[0], wireNum(d)), "scalar belongs to another public point", b, a},
		{"ecdsa d negative", file(a, curve, point, negative), "field d: at byte", nil, nil},
		{"ecdsa d zero", file(a, curve, point, wireNum(nil)), "d is out of range", nil, nil},
		{"ecdsa d the order", file(a, curve, point, wireNum(order)), "d is out of range", nil, nil},
		{"ecdsa d more than the order", file(a, curve, point, wireNum(append([]byte{1}, d...))), "d is out of range", nil, nil},
		{"ecdsa d plus the order", file(a, curve, point, wireNum(new(big.Int).Add(new(big.Int).SetBytes(d), new(big.Int).SetBytes(order)).Bytes())), "d is out of range", nil, nil},
		{"ecdsa curve other", file(a, "nistp384", point, wireNum(d)), "does not fit the key type", nil, nil},
		{"ecdsa point off the curve", file(a, curve, offCurve, wireNum(d)), "not a point on nistp256", nil, nil},
		{"ecdsa type other", openSSHCraft(a.Blob(), "ssh-ed25519", wireStr(point), wireStr(d)), "field public key behind the seed", nil, nil},
	}
}

func craftedRSA(t *testing.T) []crafted {
	a := openSSHOpen(t, testkeys.Find(t, "rsa1024", "openssh").Data, nil)
	b := openSSHOpen(t, testkeys.Find(t, "rsa-aligned", "openssh").Data, nil)
	ed := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	s, sB := a.Secret().(*keytool.RSASecret), b.Secret().(*keytool.RSASecret)
	n, e := a.Params()[1], a.Params()[0]
	file := func(outer *keytool.Key, numbers ...[]byte) []byte {
		fields := make([][]byte, len(numbers))
		for i := range numbers {
			fields[i] = wireNum(numbers[i])
		}
		return openSSHCraft(outer.Blob(), "ssh-rsa", fields...)
	}
	const primes, exponent, coefficient = "p times q is not", "d does not fit e", "iqmp is not the inverse"
	return []crafted{
		{"rsa outer other", file(b, n, e, s.D, s.IQMP, s.P, s.Q), "public key in the header", b, a},
		{"rsa outer of another type", file(ed, n, e, s.D, s.IQMP, s.P, s.Q), "public key in the header", ed, a},
		{"rsa n other", file(b, b.Params()[1], e, s.D, s.IQMP, s.P, s.Q), primes, nil, nil},
		{"rsa one prime other", file(a, n, e, s.D, s.IQMP, s.P, sB.Q), primes, nil, nil},
		{"rsa prime one", file(a, n, e, s.D, s.IQMP, n, []byte{1}), primes, nil, nil},
		{"rsa d other", file(a, n, e, sB.D, s.IQMP, s.P, s.Q), "the private exponent d", nil, nil},
		{"rsa d plus two", file(a, n, e, plus(s.D, 2), s.IQMP, s.P, s.Q), exponent, nil, nil},
		{"rsa e other", file(a, n, plus(e, 2), s.D, s.IQMP, s.P, s.Q), exponent, nil, nil},
		{"rsa iqmp other", file(a, n, e, s.D, plus(s.IQMP, 1), s.P, s.Q), coefficient, nil, nil},
		{"rsa iqmp zero", file(a, n, e, s.D, nil, s.P, s.Q), coefficient, nil, nil},
		{"rsa primes exchanged", file(a, n, e, s.D, s.IQMP, s.Q, s.P), coefficient, nil, nil},
		{"rsa number missing", file(a, n, e, s.D, s.IQMP, s.P), "private section, field", nil, nil},
	}
}

func craftedOthers(t *testing.T) []crafted {
	dsa := openSSHOpen(t, testkeys.Find(t, "dsa1024", "openssh").Data, nil)
	x := dsa.Secret().(*keytool.DSASecret).X
	ed448 := openSSHOpen(t, testkeys.Find(t, "ed448", "openssh.puttygen").Data, nil)
	mldsa := openSSHOpen(t, testkeys.Find(t, "mldsa44-ed25519", "openssh").Data, nil)
	seeds := mldsa.Secret().(*keytool.MLDSASecret)
	numbers := [][]byte{}
	for _, p := range dsa.Params() {
		numbers = append(numbers, wireNum(p))
	}
	pub448, seed448 := ed448.Params()[0], bytes.Clone(ed448.Secret().(*keytool.EdSecret).Seed)
	tail448 := plus(pub448, 1)
	otherEd := ed25519.NewKeyFromSeed(make([]byte, 32))
	otherMLDSA, err := keytool.NewPublicParams(mldsa.Algorithm().Name, "",
		slices.Concat(mldsa.Params()[0][:keytool.MLDSA44PublicSize], otherEd[32:]))
	if err != nil {
		t.Fatal(err)
	}
	got448, err := keytool.NewPublicParams("ssh-ed448", "", tail448)
	if err != nil {
		t.Fatal(err)
	}
	name := mldsa.Algorithm().Name
	return []crafted{
		{"dsa x other", openSSHCraft(dsa.Blob(), "ssh-dss", append(slices.Clip(numbers), wireNum(plus(x, 1)))...), "g to the power x is not y", nil, nil},
		{"ed448 repeated public other", openSSHCraft(ed448.Blob(), "ssh-ed448", wireStr(pub448), wireStr(seed448, tail448)), "repeated behind the seed", ed448, got448},
		{"ed448 with the lengths of ed25519", openSSHCraft(ed448.Blob(), "ssh-ed448", wireStr(pub448[:32]), wireStr(seed448[:32], pub448[:32])), "field", nil, nil},
		{"mldsa seed other", openSSHCraft(mldsa.Blob(), name, wireStr(mldsa.Params()[0]), wireStr(seeds.MLDSASeed, make([]byte, 32))), "the seeds belong to another", mldsa, otherMLDSA},
		{"mldsa seed short", openSSHCraft(mldsa.Blob(), name, wireStr(mldsa.Params()[0]), wireStr(seeds.MLDSASeed)), "field Ed25519 seed", nil, nil},
	}
}

// TestOpenSSHThreeOutcomes: wrong passphrase, damage and "not supported" stay apart.
func TestOpenSSHThreeOutcomes(t *testing.T) {
	k := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	_, section := openSSHSection(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	section = append(bytes.Clone(section), make([]byte, 16-len(section)%16)...)
	broken := bytes.Clone(section)
	broken[0] ^= 1 // a check number

	_, err := Parse(openSSHWhole("none", "none", nil, 1, k.Blob(), broken), DefaultLimits())
	if _, ok := errors.AsType[*IntegrityError](err); !ok {
		t.Errorf("check numbers, not encrypted: %v", err)
	}
	for _, c := range openSSHCiphers[1:] {
		_, err := openSSHParse(t, openSSHLocked(t, c.name, k, broken)).Open(openSSHPass)
		_, damaged := errors.AsType[*IntegrityError](err)
		if c.tag > 0 && !damaged || c.tag == 0 && !errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("check numbers, %s: %v", c.name, err)
		}
		_, err = openSSHParse(t, openSSHLocked(t, c.name, k, section)).Open(openSSHPass)
		if _, damaged := errors.AsType[*IntegrityError](err); !damaged {
			t.Errorf("padding, %s: %v", c.name, err)
		}
		locked := openSSHRaw(t, openSSHLocked(t, c.name, k, section))
		if c.tag > 0 {
			locked[len(locked)-1] ^= 1
			if _, err := openSSHParse(t, openSSHArmour(locked)).Open(openSSHPass); !errors.Is(err, ErrWrongPassphrase) {
				t.Errorf("tag, %s: %v", c.name, err)
			}
		}
		for _, n := range []int{-1, 1} { // the tag, or the section, of another length
			other := append(bytes.Clone(locked), 0)[:len(locked)+n]
			if _, err := Parse(openSSHArmour(other), DefaultLimits()); !isOpenSSHSyntax(err) {
				t.Errorf("length, %s: %v", c.name, err)
			}
		}
	}
}

func isOpenSSHSyntax(err error) bool {
	e, ok := errors.AsType[*SyntaxError](err)
	return ok && e.Format == OpenSSH
}

// TestOpenSSHShowsWhatStaysLocked: what cannot be opened is still told of.
func TestOpenSSHShowsWhatStaysLocked(t *testing.T) {
	k := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	unknown := wireStr([]byte("ssh-tomorrow"))
	unknown = append(unknown, wireStr([]byte("public half"))...)
	cert := testkeys.Find(t, "ed25519", "cert.pub").Data
	certBlob, err := base64.StdEncoding.DecodeString(strings.Fields(string(cert))[1])
	if err != nil {
		t.Fatal(err)
	}
	bcrypt := keytool.AppendUint32(wireStr(make([]byte, 16)), 1)
	section := make([]byte, 64)
	for name, c := range map[string]struct {
		data []byte
		want error
	}{
		"cipher":      {openSSHWhole("serpent256-ctr", "bcrypt", bcrypt, 1, k.Blob(), section[:63]), &UnsupportedError{OpenSSH, `cipher "serpent256-ctr"`}},
		"KDF":         {openSSHWhole("aes256-ctr", "argon2", nil, 1, k.Blob(), section), &UnsupportedError{OpenSSH, `KDF "argon2"`}},
		"type":        {openSSHWhole("none", "none", nil, 1, unknown, section), &UnsupportedError{OpenSSH, `key type "ssh-tomorrow"`}},
		"certificate": {openSSHWhole("none", "none", nil, 1, certBlob, section), &UnsupportedError{OpenSSH, "certificate in the place of the public key"}},
	} {
		t.Run(name, func(t *testing.T) {
			e := openSSHParse(t, c.data)
			if e.Public == nil || e.Algorithm != e.Public.Algorithm().Name || e.Public.Fingerprint() == "" {
				t.Errorf("in clear: %v, %q", e.Public, e.Algorithm)
			}
			if _, err := e.Open(openSSHPass); err == nil || err.Error() != c.want.Error() || fmt.Sprintf("%T", err) != fmt.Sprintf("%T", c.want) {
				t.Errorf("%v, want %v", err, c.want)
			}
		})
	}
}

func TestOpenSSHRoundsLimit(t *testing.T) {
	g := testkeys.Find(t, "ed25519", "openssh.aes256-ctr") // 4 rounds
	limits := DefaultLimits()
	limits.BcryptRounds = 3
	_, err := Parse(g.Data, limits)
	if over, ok := errors.AsType[*LimitError](err); !ok || *over != (LimitError{openSSHRounds, 4, 3}) {
		t.Errorf("4 rounds, at most 3: %v", err)
	}
	limits.BcryptRounds = 4
	if e, err := Parse(g.Data, limits); err != nil || e.CanOpen() != nil {
		t.Errorf("4 rounds, at most 4: %v", err)
	}
}

func TestOpenSSHRefusesStructure(t *testing.T) {
	k := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	section := make([]byte, 64)
	salt := wireStr(make([]byte, 16))
	rounds := func(n uint32) []byte { return keytool.AppendUint32(bytes.Clone(salt), n) }
	for name, data := range map[string][]byte{
		"cipher without KDF":  openSSHWhole("aes256-ctr", "none", nil, 1, k.Blob(), section),
		"KDF without cipher":  openSSHWhole("none", "bcrypt", rounds(1), 1, k.Blob(), section),
		"options without KDF": openSSHWhole("none", "none", rounds(1), 1, k.Blob(), section),
		"no rounds":           openSSHWhole("aes256-ctr", "bcrypt", salt, 1, k.Blob(), section),
		"zero rounds":         openSSHWhole("aes256-ctr", "bcrypt", rounds(0), 1, k.Blob(), section),
		"empty salt":          openSSHWhole("aes256-ctr", "bcrypt", keytool.AppendUint32(wireStr(), 1), 1, k.Blob(), section),
		"more options":        openSSHWhole("aes256-ctr", "bcrypt", append(rounds(1), 0), 1, k.Blob(), section),
		"cipher with escape":  openSSHWhole("aes\x1b[2J", "bcrypt", rounds(1), 1, k.Blob(), section),
		"long KDF name":       openSSHWhole("aes256-ctr", strings.Repeat("k", 65), nil, 1, k.Blob(), section),
		"no cipher name":      openSSHWhole("", "none", nil, 1, k.Blob(), section),
		"half a block":        openSSHWhole("aes256-ctr", "bcrypt", rounds(1), 1, k.Blob(), section[:56]),
		"two keys, one given": openSSHWhole("none", "none", nil, 2, k.Blob(), section),
		"2^32-1 keys":         openSSHWhole("none", "none", nil, 1<<32-1, k.Blob(), section),
		"other magic":         openSSHArmour(append([]byte("openssh-key-v2\x00"), section...)),
		"nothing":             openSSHArmour(nil),
	} {
		if e, err := Parse(data, DefaultLimits()); !isOpenSSHSyntax(err) {
			t.Errorf("%s: %v, %v", name, e, err)
		}
	}
	for _, keys := range []uint32{0, 2} {
		var more []byte
		for range keys {
			more = append(more, wireStr(k.Blob())...)
		}
		raw := keytool.AppendStr(keytool.AppendStr(keytool.AppendStr([]byte(openSSHMagic), "none"), "none"), "")
		raw = append(keytool.AppendUint32(raw, keys), more...)
		if keys == 0 {
			raw = append(raw, wireStr(k.Blob())...)
		}
		_, err := Parse(openSSHArmour(keytool.AppendStr(raw, section)), DefaultLimits())
		if e, ok := errors.AsType[*UnsupportedError](err); !ok || e.What != fmt.Sprintf("number of keys (%d)", keys) {
			t.Errorf("%d keys: %v", keys, err)
		}
	}
}

// TestOpenSSHText: what editors and mail do to a file without hurting the key.
func TestOpenSSHText(t *testing.T) {
	g := testkeys.Find(t, "ecdsa256", "openssh")
	text := string(g.Data)
	body := base64.StdEncoding.EncodeToString(openSSHRaw(t, g.Data))
	for name, data := range map[string]string{
		"CR LF":            strings.ReplaceAll(text, "\n", "\r\n"),
		"CR":               strings.ReplaceAll(text, "\n", "\r"),
		"BOM":              "\ufeff" + text,
		"no final newline": strings.TrimSuffix(text, "\n"),
		"text around":      "Dear Hanako,\nmy key:\n\n" + text + "\nGreetings\n",
		"trailing blanks":  strings.ReplaceAll(text, "\n", " \t\n"),
		"indented body":    openSSHBegin + "\n  " + body[:70] + "\n  " + body[70:] + "\n" + openSSHEnd + "\n",
		"blank lines":      strings.ReplaceAll(text, "\n", "\n\n"),
		"one line":         openSSHBegin + "\n" + body + "\n" + openSSHEnd,
		"narrow":           openSSHBegin + "\n" + string(wrap(body, 1)) + openSSHEnd + "\n",
	} {
		if k := openSSHOpen(t, []byte(data), nil); k.Fingerprint() != g.Facts.SHA256 || k.Comment() != g.Comment {
			t.Errorf("%s: %v", name, k)
		}
	}
	lines := strings.SplitAfter(text, "\n")
	for name, c := range map[string]struct {
		data, field string
		line        int
	}{
		"no END":       {strings.Join(lines[:len(lines)-2], ""), "END line", len(lines) - 2},
		"BEGIN alone":  {lines[0], "END line", 1},
		"other END":    {strings.Replace(text, "END OPENSSH", "END RSA", 1), "base64 text", len(lines) - 1},
		"star":         {strings.Replace(text, lines[2], "*"+lines[2][1:], 1), "base64 text", 3},
		"header":       {strings.Replace(text, lines[1], "Proc-Type: 4,ENCRYPTED\n"+lines[1], 1), "base64 text", 2},
		"lost padding": {strings.Replace(text, "=", "", 1), "base64 text", 0},
		"empty":        {openSSHBegin + "\n" + openSSHEnd + "\n", "header, field magic", 0},
	} {
		_, err := Parse([]byte(c.data), DefaultLimits())
		if e, ok := errors.AsType[*SyntaxError](err); !ok || e.Line != c.line || e.Field != c.field {
			t.Errorf("%s: %+v, want line %d, %s", name, err, c.line, c.field)
		}
	}
}

// TestOpenSSHDamage cuts unencrypted files at every length and changes every
// byte of them. What is still accepted is the same key: only its comment can
// have changed. No error shows the secret.
func TestOpenSSHDamage(t *testing.T) {
	for _, key := range []string{"ed25519", "ecdsa256", "rsa1024"} {
		t.Run(key, func(t *testing.T) {
			g := testkeys.Find(t, key, "openssh")
			want := openSSHOpen(t, g.Data, nil)
			raw := openSSHRaw(t, g.Data)
			secret := openSSHSecretRuns(t, g.Data, want)
			try := func(what string, data []byte, commentOnly bool) {
				e, err := Parse(data, DefaultLimits())
				if err == nil {
					var k *keytool.Key
					if k, err = e.Open(nil); err == nil && (!commentOnly || !k.Equal(want) || k.Comment() == want.Comment()) {
						t.Errorf("%s: accepted as %v", what, k)
					}
				}
				if err != nil && secret(err.Error()) {
					t.Errorf("%s: the error shows bytes of the file", what)
				}
			}
			comment := bytes.LastIndex(raw, []byte(want.Comment()))
			for n := range raw {
				try(fmt.Sprintf("cut at %d", n), openSSHArmour(raw[:n]), false)
				for _, mask := range []byte{0x01, 0x80, 0xff} {
					changed := bytes.Clone(raw)
					changed[n] ^= mask
					inComment := n >= comment && n < comment+len(want.Comment())
					try(fmt.Sprintf("byte %d", n), openSSHArmour(changed), inComment)
				}
			}
			for n := range len(g.Data) - len("\n") {
				try(fmt.Sprintf("text cut at %d", n), g.Data[:n], false)
			}
		})
	}
}

// openSSHSecretRuns finds eight bytes of a secret in a text: as they are, in
// hex, or as the file's base64.
func openSSHSecretRuns(t *testing.T, data []byte, k *keytool.Key) func(string) bool {
	var secret [][]byte
	switch s := k.Secret().(type) {
	case *keytool.EdSecret:
		secret = [][]byte{s.Seed}
	case *keytool.ECDSASecret:
		secret = [][]byte{s.D}
	case *keytool.RSASecret:
		secret = [][]byte{s.D, s.P, s.Q, s.IQMP}
	default:
		t.Fatalf("no secret in %T", s)
	}
	body := data[len(openSSHBegin) : len(data)-len(openSSHEnd)-2]
	body = bytes.ReplaceAll(body, []byte("\n"), nil)
	for _, s := range slices.Clone(secret) {
		secret = append(secret, []byte(hex.EncodeToString(s)), []byte(new(big.Int).SetBytes(s).String()))
	}
	secret = append(secret, body)
	return func(text string) bool {
		for i := range len(text) - 7 {
			for _, s := range secret {
				if bytes.Contains(s, []byte(text[i:i+8])) {
					return true
				}
			}
		}
		return false
	}
}

// TestOpenSSHLeavesInput: files and passphrases are read, not worked on.
func TestOpenSSHLeavesInput(t *testing.T) {
	g := testkeys.Find(t, "ed25519", "openssh.aes256-ctr-1round")
	data, passphrase := bytes.Clone(g.Data), bytes.Clone(g.Passphrase)
	k := openSSHOpen(t, data, passphrase)
	openSSHEncode(t, k, Options{Passphrase: passphrase, Rounds: 1})
	if !bytes.Equal(data, g.Data) || !bytes.Equal(passphrase, g.Passphrase) {
		t.Error("the input was written to")
	}
}

func TestOpenSSHEncodes(t *testing.T) {
	k := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	data := openSSHEncode(t, k, Options{Passphrase: openSSHPass})
	if p := openSSHParse(t, data).Protection; p.Cipher != "aes256-ctr" || p.KDF != "bcrypt" || p.Params["rounds"] != DefaultBcryptRounds {
		t.Errorf("default protection %+v", p)
	}
	f, err := readOpenSSH(openSSHRaw(t, data))
	if err != nil || len(f.salt) != openSSHSaltSize {
		t.Errorf("salt of %d bytes, %v", len(f.salt), err)
	}
	if again := openSSHEncode(t, k, Options{Passphrase: openSSHPass, Rounds: 1}); bytes.Equal(again, data) {
		t.Error("the same salt twice")
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(data), "\n"), "\n") {
		if len(line) > openSSHColumns || strings.TrimSpace(line) != line || line == "" {
			t.Errorf("line %d has %d columns", i+1, len(line))
		}
	}
	if plain := openSSHEncode(t, k, Options{Passphrase: []byte{}}); openSSHParse(t, plain).Encrypted() {
		t.Error("encrypted under an empty passphrase")
	}
}

func TestOpenSSHEncodeRefuses(t *testing.T) {
	k := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil)
	for name, c := range map[string]struct {
		key  *keytool.Key
		opt  Options
		want string // type or text of the error
	}{
		"unknown cipher":   {k, Options{Passphrase: openSSHPass, Cipher: "aes256-xts"}, "*formats.UnsupportedError"},
		"cipher none":      {k, Options{Passphrase: openSSHPass, Cipher: "none"}, "*formats.UnsupportedError"},
		"too many rounds":  {k, Options{Passphrase: openSSHPass, Rounds: 65537, Rand: bytes.NewReader(nil)}, "*formats.LimitError"},
		"public half only": {k.Public(), Options{}, "*formats.CannotHoldError"},
		"no check number":  {k, Options{Rand: bytes.NewReader(make([]byte, 3))}, "unexpected EOF"},
		"no salt":          {k, Options{Rand: bytes.NewReader(make([]byte, 15)), Passphrase: openSSHPass, Rounds: 1}, "unexpected EOF"},
		"comment of two":   {k.WithComment("a\nb"), Options{}, "control character"},
	} {
		data, err := Encode(OpenSSH, c.key, c.opt)
		if text := fmt.Sprintf("%T: %v", err, err); data != nil || err == nil || !strings.Contains(text, c.want) {
			t.Errorf("%s: %d bytes, %s", name, len(data), text)
		}
	}
}

func TestOpenSSHFit(t *testing.T) {
	for _, g := range openSSHGoldens(t) {
		if g.Encrypted() {
			continue
		}
		if losses, err := Fit(OpenSSH, openSSHOpen(t, g.Data, nil)); err != nil || len(losses) != 0 {
			t.Errorf("%s: %v, %v", g, losses, err)
		}
	}
	g := testkeys.Find(t, "ed25519", "cert.pub")
	blob, err := base64.StdEncoding.DecodeString(strings.Fields(string(g.Data))[1])
	if err != nil {
		t.Fatal(err)
	}
	certified, err := keytool.NewPublic(blob, "")
	if err != nil {
		t.Fatal(err)
	}
	secret := openSSHOpen(t, testkeys.Find(t, "ed25519", "openssh").Data, nil).Secret()
	k, err := keytool.NewPrivate(certified, secret)
	if err != nil {
		t.Fatal(err)
	}
	if losses, err := Fit(OpenSSH, k); err != nil || len(losses) != 1 || losses[0].What != "certificate" {
		t.Errorf("certificate: %v, %v", losses, err)
	}
	if got := openSSHOpen(t, openSSHEncode(t, k, Options{}), nil); !got.Equal(k) || got.Certificate() != nil {
		t.Errorf("certified key written as %v", got)
	}
}

// openSSHBigRSA writes a key of n bits whose "primes" are none: decoding proves
// the relations between the numbers only, and true primes would take minutes.
func openSSHBigRSA(b *testing.B, bits int) []byte {
	e, one := big.NewInt(65537), big.NewInt(1)
	factor := func() *big.Int {
		for {
			p, err := rand.Int(rand.Reader, new(big.Int).Lsh(one, uint(bits/2-1)))
			if err != nil {
				b.Fatal(err)
			}
			p.SetBit(p.SetBit(p, bits/2-1, 1), bits/2-2, 1).SetBit(p, 0, 1)
			if new(big.Int).GCD(nil, nil, e, new(big.Int).Sub(p, one)).Cmp(one) == 0 {
				return p
			}
		}
	}
	p, q := factor(), factor()
	for new(big.Int).GCD(nil, nil, p, q).Cmp(one) != 0 {
		q = factor()
	}
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	n, d, iqmp := new(big.Int).Mul(p, q), new(big.Int).ModInverse(e, phi), new(big.Int).ModInverse(q, p)
	public, err := keytool.NewPublicParams("ssh-rsa", "", e.Bytes(), n.Bytes())
	if err != nil {
		b.Fatal(err)
	}
	fields := []byte{}
	for _, x := range []*big.Int{n, e, d, iqmp, p, q} {
		fields = append(fields, wireNum(x.Bytes())...)
	}
	return openSSHCraft(public.Blob(), "ssh-rsa", fields)
}

func BenchmarkOpenSSHDecodeRSA(b *testing.B) {
	for _, bits := range []int{2048, 4096, 8192} {
		b.Run(fmt.Sprint(bits), func(b *testing.B) {
			data := openSSHBigRSA(b, bits)
			lim := DefaultLimits()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(data, lim); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpenSSHDecodeEd25519(b *testing.B) {
	data := testkeys.Find(b, "ed25519", "openssh").Data
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(data, DefaultLimits()); err != nil {
			b.Fatal(err)
		}
	}
}
