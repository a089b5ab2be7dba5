package formats_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	//lint:ignore SA1019 kayrus/putty gives DSA keys as this type
	"crypto/dsa"

	"github.com/kayrus/putty"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// ppkLocked was made by puttygen 0.78 with --ppk-param kdf=argon2id,memory=8,passes=1
// and the passphrase ppkSecret: opening it costs microseconds. ppkOpen is the same
// key, unlocked by puttygen.
const (
	ppkSecret = "secret"
	ppkLocked = `PuTTY-User-Key-File-3: ssh-ed25519
Encryption: aes256-cbc
Comment: flip me
Public-Lines: 2
AAAAC3NzaC1lZDI1NTE5AAAAIJ9NOcpJV0aBdtSGjk5ojbf8spf+txuX8ASOrFuL
yd6j
Key-Derivation: Argon2id
Argon2-Memory: 8
Argon2-Passes: 1
Argon2-Parallelism: 1
Argon2-Salt: f9c3eaf680fedf284b683316d0ed36a9
Private-Lines: 1
PaSEc2Z1z5h3Ng0O5I2KsbC9Z8MiT4irkTR2aJA6I6uImhl21EDFCcr5UANKUTyu
Private-MAC: 6ccb96348ea8a8ab2d2ab1f453977a3dfdfaaa0600a63ea3d7943b47b2452de7
`
	ppkOpen = `PuTTY-User-Key-File-3: ssh-ed25519
Encryption: none
Comment: flip me
Public-Lines: 2
AAAAC3NzaC1lZDI1NTE5AAAAIJ9NOcpJV0aBdtSGjk5ojbf8spf+txuX8ASOrFuL
yd6j
Private-Lines: 1
AAAAINk5ERw3fOXcO2l6SW1om4JVYQPkoOg0ktD/u7Y49J0u
Private-MAC: e5d83e389f28d32b7be207c0ca42a548772df3b9752e796953a1ba1e5c6698dd
`
)

// ppkParse parses and must succeed.
func ppkParse(t *testing.T, data []byte) *formats.Envelope {
	t.Helper()
	e, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// ppkKey parses and opens, and must succeed.
func ppkKey(t *testing.T, data []byte, passphrase string) *keytool.Key {
	t.Helper()
	k, err := ppkParse(t, data).Open([]byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	if !k.IsPrivate() {
		t.Fatal("opened without a private half")
	}
	return k
}

// ppkTool is puttygen working in a folder of its own.
type ppkTool struct {
	t         *testing.T
	path, dir string
}

func newPPKTool(t *testing.T) *ppkTool {
	t.Helper()
	p := &ppkTool{t, testkeys.Tool(t, "puttygen"), t.TempDir()}
	p.write("empty", "")
	return p
}

func (p *ppkTool) file(name string) string { return filepath.Join(p.dir, name) }

func (p *ppkTool) write(name, content string) string {
	p.t.Helper()
	if err := os.WriteFile(p.file(name), []byte(content), 0o600); err != nil {
		p.t.Fatal(err)
	}
	return p.file(name)
}

func (p *ppkTool) run(args ...string) string {
	p.t.Helper()
	out, err := p.try(args...)
	if err != nil {
		p.t.Fatalf("puttygen %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (p *ppkTool) try(args ...string) (string, error) {
	cmd := exec.Command(p.path, append(args, "--random-device=/dev/urandom")...)
	cmd.Dir = p.dir
	out, err := cmd.Output()
	return string(out), err
}

// generate makes a key that is not encrypted and returns its file.
func (p *ppkTool) generate(args ...string) []byte {
	p.t.Helper()
	p.run(append(args, "-q", "--new-passphrase", "empty", "-O", "private", "-o", "made.ppk")...)
	return p.read("made.ppk")
}

func (p *ppkTool) read(name string) []byte {
	p.t.Helper()
	data, err := os.ReadFile(p.file(name))
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}

// rewrite has puttygen read a file, private half and all, and write it anew.
func (p *ppkTool) rewrite(data []byte, old, new, param string) []byte {
	p.t.Helper()
	p.write("in.ppk", string(data))
	p.write("old", old+"\n")
	p.write("new", new+"\n")
	if new == "" {
		p.write("new", "")
	}
	p.run("in.ppk", "--reencrypt", "-O", "private", "-o", "out.ppk",
		"--old-passphrase", "old", "--new-passphrase", "new", "--ppk-param", param)
	return p.read("out.ppk")
}

// TestPPKFromPuttygen reads every type, version and key derivation that puttygen
// writes, and writes it again byte for byte.
func TestPPKFromPuttygen(t *testing.T) {
	p := newPPKTool(t)
	types := map[string][]string{
		"rsa1016": {"-t", "rsa", "-b", "1016"}, "rsa1024": {"-t", "rsa", "-b", "1024"}, "rsa2048": {"-t", "rsa", "-b", "2048"},
		"dsa":      {"-t", "dsa", "-b", "1024"},
		"ecdsa256": {"-t", "ecdsa", "-b", "256"}, "ecdsa384": {"-t", "ecdsa", "-b", "384"}, "ecdsa521": {"-t", "ecdsa", "-b", "521"},
		"ed25519": {"-t", "ed25519"}, "ed448": {"-t", "ed448"},
	}
	params := map[string]string{
		"version=2": "", "version=3": "",
		"version=2 ": "pässwörd 鍵",
		"version=3,kdf=argon2id,memory=64,passes=2":               "pässwörd 鍵",
		"version=3,kdf=argon2i,memory=133,passes=3,parallelism=2": "p",
		"version=3,kdf=argon2d,memory=8,passes=1":                 " leading and trailing ",
		"version=3,kdf=argon2d,memory=131,passes=3,parallelism=3": "\xe9\xff not UTF-8",
	}
	comments := []string{"太郎@lab", "", "a: b: c", "  two blanks", "latin \xe9", "control \x01"}
	n := 0
	for name, args := range types {
		comment := comments[n%len(comments)]
		n++
		plain := p.generate(append(args, "-C", comment)...)
		want := strings.Fields(p.run("made.ppk", "-O", "fingerprint", "-E", "sha256"))
		for param, passphrase := range params {
			t.Run(name+"/"+strings.TrimSpace(param), func(t *testing.T) {
				p.t = t
				data := p.rewrite(plain, "", passphrase, strings.TrimSpace(param))
				ppkCheckFile(t, data, passphrase, comment, want[2])
			})
			p.t = t
		}
	}
}

// ppkCheckFile opens a file of puttygen, compares what it knows and writes it again.
func ppkCheckFile(t *testing.T, data []byte, passphrase, comment, fingerprint string) {
	t.Helper()
	before := bytes.Clone(data)
	e := ppkParse(t, data)
	if e.Public == nil || e.Public.Fingerprint() != fingerprint || e.Public.IsPrivate() {
		t.Errorf("the public half is %v, want %s", e.Public, fingerprint)
	}
	if e.Encrypted() != (passphrase != "") {
		t.Errorf("encrypted: %v", e.Encrypted())
	}
	if e.Encrypted() {
		ppkCheckPassphrases(t, e)
	}
	k, err := e.Open([]byte(passphrase))
	if err != nil {
		t.Fatal(err)
	}
	if k.Fingerprint() != fingerprint || k.Comment() != comment || !k.IsPrivate() {
		t.Errorf("opened %v with comment %q, want %s, %q", k, k.Comment(), fingerprint, comment)
	}
	// Control characters are read, since PuTTY writes them, and never written.
	if !strings.Contains(comment, "\x01") {
		if got := ppkEncodeLike(t, e, data, k, passphrase); !bytes.Equal(got, data) {
			t.Errorf("written again it is another file (%d bytes, was %d)", len(got), len(data))
		}
	}
	if !bytes.Equal(data, before) {
		t.Error("the input was changed")
	}
}

// ppkCheckPassphrases tries what must fail, twice.
func ppkCheckPassphrases(t *testing.T, e *formats.Envelope) {
	t.Helper()
	for range 2 {
		for _, wrong := range []string{"", "wrong"} {
			if _, err := e.Open([]byte(wrong)); !errors.Is(err, formats.ErrWrongPassphrase) {
				t.Errorf("passphrase of %d bytes: %v", len(wrong), err)
			}
		}
		if _, err := e.Open(nil); !errors.Is(err, formats.ErrPassphraseRequired) {
			t.Errorf("no passphrase: %v", err)
		}
	}
}

var ppkSaltLine = regexp.MustCompile(`(?m)^Argon2-Salt: ([0-9a-f]*)$`)

// ppkEncodeLike encodes with the format, cost and salt of the file data.
func ppkEncodeLike(t *testing.T, e *formats.Envelope, data []byte, k *keytool.Key, passphrase string) []byte {
	t.Helper()
	opt := formats.Options{Passphrase: []byte(passphrase)}
	if m := ppkSaltLine.FindSubmatch(data); m != nil {
		salt, err := hex.DecodeString(string(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		opt.Rand = bytes.NewReader(salt)
		opt.Argon2 = formats.Argon2{
			Flavour:     e.Protection.KDF,
			MemoryKiB:   uint32(e.Protection.Params["memory_kib"]),
			Passes:      uint32(e.Protection.Params["passes"]),
			Parallelism: uint8(e.Protection.Params["parallelism"]),
		}
	}
	got, err := formats.Encode(e.Format, k, opt)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// TestPPKAlignedBlobs reads many encrypted RSA keys of sizes whose private blob
// often fills its last block, so that nothing pads it. The first surely does.
func TestPPKAlignedBlobs(t *testing.T) {
	t.Parallel()
	p := newPPKTool(t)
	plain := testkeys.Find(t, "rsa-aligned", "ppk3").Data
	if _, private := ppkBlobs(t, plain); len(private)%16 != 0 {
		t.Fatal("the golden rsa-aligned is not aligned")
	}
	for i := range 24 {
		want := ppkKey(t, plain, "")
		for _, param := range []string{"version=2", "version=3,memory=8,passes=1"} {
			locked := p.rewrite(plain, "", "secret", param)
			ppkCheckFile(t, locked, "secret", want.Comment(), want.Fingerprint())
		}
		plain = p.generate("-t", "rsa", "-b", []string{"1016", "1016", "1024"}[i%3])
	}
}

// TestPPKToPuttygen has puttygen open what this package writes from OpenSSH's and
// its own files, and compares what it writes back.
func TestPPKToPuttygen(t *testing.T) {
	p := newPPKTool(t)
	tests := []struct {
		id         formats.ID
		passphrase string
		argon2     formats.Argon2
	}{
		{formats.PPK3, "", formats.Argon2{}},
		{formats.PPK2, "", formats.Argon2{}},
		{formats.PPK2, "鍵 é", formats.Argon2{}},
		{formats.PPK3, "鍵 é", formats.Argon2{MemoryKiB: 64, Passes: 1}},
		{formats.PPK3, "secret", formats.Argon2{Flavour: "argon2i", MemoryKiB: 100, Passes: 2, Parallelism: 4}},
		{formats.PPK3, "secret", formats.Argon2{Flavour: "argon2d", MemoryKiB: 100, Passes: 2, Parallelism: 4}},
	}
	for _, g := range testkeys.Goldens(t) {
		if g.Name != "ppk3" && g.Name != "ppk3.cert" {
			continue
		}
		for i, tt := range tests {
			t.Run(fmt.Sprintf("%s/%d", g, i), func(t *testing.T) {
				p.t = t
				ours, err := formats.Encode(tt.id, ppkKey(t, g.Data, ""), formats.Options{Passphrase: []byte(tt.passphrase), Argon2: tt.argon2})
				if err != nil {
					t.Fatal(err)
				}
				if back := p.rewrite(ours, tt.passphrase, "", "version=3"); !bytes.Equal(back, g.Data) {
					t.Error("puttygen gives another file back")
				}
			})
		}
	}
}

// TestPPKDefaults looks at the headers that zero options give.
func TestPPKDefaults(t *testing.T) {
	data, err := formats.Encode(formats.PPK3, ppkKey(t, []byte(ppkOpen), ""), formats.Options{Passphrase: []byte("x")})
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`\nKey-Derivation: Argon2id\nArgon2-Memory: 8192\nArgon2-Passes: 13\nArgon2-Parallelism: 1\nArgon2-Salt: [0-9a-f]{32}\nPrivate-Lines: 1\n`)
	if !want.Match(data) {
		t.Error("the defaults are not those of puttygen")
	}
	ppkKey(t, data, "x")
}

// TestPPKForeignPrimes: PuTTY puts the larger prime first, whatever it imports.
func TestPPKForeignPrimes(t *testing.T) {
	g := testkeys.Find(t, "rsa1024", "ppk3")
	k := ppkKey(t, g.Data, "")
	s := k.Secret().(*keytool.RSASecret)
	swapped, err := keytool.NewPrivate(k.Public(), &keytool.RSASecret{D: s.D, P: s.Q, Q: s.P})
	if err != nil {
		t.Fatal(err)
	}
	got, err := formats.Encode(formats.PPK3, swapped, formats.Options{})
	if err != nil || !bytes.Equal(got, g.Data) {
		t.Errorf("the file differs from puttygen's (%v)", err)
	}
}

func TestPPKCertificate(t *testing.T) {
	p := newPPKTool(t)
	g := testkeys.Find(t, "ed25519", "ppk3.cert")
	e := ppkParse(t, g.Data)
	if e.Algorithm != "ssh-ed25519" || e.Public.Certificate() == nil || e.Public.Fingerprint() != g.Facts.SHA256 {
		t.Errorf("algorithm %s, public %v", e.Algorithm, e.Public)
	}
	public, _ := ppkBlobs(t, g.Data)
	k := ppkKey(t, g.Data, "")
	if !bytes.Equal(k.Certificate(), public) {
		t.Error("the certificate is not the one in the file")
	}
	locked, err := formats.Encode(formats.PPK2, k, formats.Options{Passphrase: []byte("secret")})
	if err != nil {
		t.Fatal(err)
	}
	p.write("cert.ppk", string(locked))
	if out := p.run("cert.ppk", "-O", "cert-info"); !strings.Contains(out, "taro 2026") {
		t.Error("puttygen does not show the certificate")
	}
	bare, err := formats.Encode(formats.PPK3, k.WithoutCertificate(), formats.Options{})
	if err != nil || !bytes.Equal(bare, testkeys.Find(t, "ed25519", "ppk3").Data) {
		t.Errorf("without its certificate the key is written differently (%v)", err)
	}
}

// ppkBlobs decodes the two blobs of a file.
func ppkBlobs(t *testing.T, data []byte) (public, private []byte) {
	t.Helper()
	blob := func(header, end string) []byte {
		_, rest, _ := strings.Cut(string(data), "\n"+header+": ")
		rest, _, ok := strings.Cut(rest, "\n"+end)
		_, b64, _ := strings.Cut(rest, "\n")
		b, err := base64.StdEncoding.DecodeString(b64)
		if err != nil || !ok {
			t.Fatalf("%s: %v", header, err)
		}
		return b
	}
	end := "Private-Lines"
	if bytes.Contains(data, []byte("\nKey-Derivation")) {
		end = "Key-Derivation"
	}
	return blob("Public-Lines", end), blob("Private-Lines", "Private-")
}

// ppkCompose writes files that no tool makes, not encrypted, with their right MAC.
func ppkCompose(version int, algorithm, comment string, public, private []byte) []byte {
	head := fmt.Sprintf("PuTTY-User-Key-File-%d: %s\nEncryption: none\nComment: %s\n%s%s",
		version, algorithm, comment, ppkLines("Public", public), ppkLines("Private", private))
	switch version {
	case 1:
		return fmt.Appendf(nil, "%sPrivate-Hash: %x\n", head, sha1.Sum(private))
	case 2:
		key := sha1.Sum([]byte("putty-private-key-file-mac-key"))
		mac := hmac.New(sha1.New, key[:])
		mac.Write(ppkCovered(algorithm, "none", comment, public, private))
		return fmt.Appendf(nil, "%sPrivate-MAC: %x\n", head, mac.Sum(nil))
	}
	mac := hmac.New(sha256.New, nil)
	mac.Write(ppkCovered(algorithm, "none", comment, public, private))
	return fmt.Appendf(nil, "%sPrivate-MAC: %x\n", head, mac.Sum(nil))
}

func ppkLines(half string, blob []byte) string {
	b64 := base64.StdEncoding.EncodeToString(blob)
	lines := regexp.MustCompile(`.{1,64}`).FindAllString(b64, -1)
	return fmt.Sprintf("%s-Lines: %d\n%s\n", half, len(lines), strings.Join(lines, "\n"))
}

func ppkCovered(algorithm, encryption, comment string, public, private []byte) (b []byte) {
	for _, s := range []string{algorithm, encryption, comment, string(public), string(private)} {
		b = append(b, 0, 0, byte(len(s)>>8), byte(len(s)))
		b = append(b, s...)
	}
	return b
}

// ppkCompose1Locked is version 1, encrypted with ppkSecret.
func ppkCompose1Locked(t *testing.T, algorithm string, public, private []byte) []byte {
	t.Helper()
	plain := append(bytes.Clone(private), "padpadpadpadpad"[:(16-len(private)%16)%16]...)
	one, two := sha1.Sum([]byte("\x00\x00\x00\x00"+ppkSecret)), sha1.Sum([]byte("\x00\x00\x00\x01"+ppkSecret))
	block, err := aes.NewCipher(append(one[:], two[:12]...))
	if err != nil {
		t.Fatal(err)
	}
	locked := make([]byte, len(plain))
	cipher.NewCBCEncrypter(block, make([]byte, 16)).CryptBlocks(locked, plain)
	key := sha1.Sum([]byte("putty-private-key-file-mac-key" + ppkSecret))
	mac := hmac.New(sha1.New, key[:])
	mac.Write(plain)
	return fmt.Appendf(nil, "PuTTY-User-Key-File-1: %s\nEncryption: aes256-cbc\nComment: old\n%s%sPrivate-MAC: %x\n",
		algorithm, ppkLines("Public", public), ppkLines("Private", locked), mac.Sum(nil))
}

// TestPPKVersion1: no tool writes it any more; puttygen still reads it, and judges
// that what is composed here is the format.
func TestPPKVersion1(t *testing.T) {
	for _, key := range []string{"rsa1024", "dsa1024"} {
		g := testkeys.Find(t, key, "ppk3")
		public, private := ppkBlobs(t, g.Data)
		if key == "dsa1024" {
			number := g.Facts.Algorithm // the blob begins with the key type, then p, q, g and y
			params := public[4+len(number):]
			hash := sha1.Sum(params[:len(params)-4-ppkStrLen(public, 4)])
			private = append(private, 0, 0, 0, 20)
			private = append(private, hash[:]...)
		}
		plain := ppkCompose(1, g.Facts.Algorithm, "old", public, private)
		locked := ppkCompose1Locked(t, g.Facts.Algorithm, public, private)
		t.Run(key, func(t *testing.T) { ppkCheckVersion1(t, g, plain, locked) })
		if key == "dsa1024" {
			private[len(private)-1] ^= 1
			_, err := formats.Parse(ppkCompose(1, g.Facts.Algorithm, "old", public, private), formats.DefaultLimits())
			if _, ok := errors.AsType[*formats.IntegrityError](err); !ok {
				t.Errorf("a wrong hash of the DSA parameters: %v", err)
			}
		}
	}
}

// ppkStrLen is the length of the nth string of a blob.
func ppkStrLen(blob []byte, n int) int {
	for ; ; n-- {
		size := int(blob[2])<<8 | int(blob[3])
		if n == 0 {
			return size
		}
		blob = blob[4+size:]
	}
}

func ppkCheckVersion1(t *testing.T, g testkeys.Golden, plain, locked []byte) {
	p := newPPKTool(t)
	want := ppkKey(t, g.Data, "")
	for name, data := range map[string][]byte{"plain": plain, "locked": locked} {
		e := ppkParse(t, data)
		if e.Format != formats.PPK1 {
			t.Errorf("%s: format %s", name, e.Format)
		}
		k, err := e.Open([]byte(ppkSecret))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !k.Equal(want) || k.Comment() != "old" {
			t.Errorf("%s: %v, comment %q", name, k, k.Comment())
		}
	}
	e := ppkParse(t, locked)
	ppkCheckPassphrases(t, e)
	if p := e.Protection; p.Cipher != "aes256-cbc" || p.KDF != "sha1" || !p.Legacy {
		t.Errorf("protection %+v", p)
	}
	back := p.rewrite(locked, ppkSecret, "", "version=3")
	if !ppkKey(t, back, "").Equal(want) {
		t.Error("puttygen reads another key")
	}
	damaged := bytes.Replace(plain, []byte("Private-Hash: "), []byte("Private-Hash: 00"), 1)
	damaged = append(damaged[:len(damaged)-3], '\n')
	if _, err := formats.Parse(damaged, formats.DefaultLimits()); !ppkIsIntegrity(err) {
		t.Errorf("a wrong Private-Hash: %v", err)
	}
}

func ppkIsIntegrity(err error) bool {
	_, ok := errors.AsType[*formats.IntegrityError](err)
	return ok
}

// TestPPKShortSeed: as a little-endian number a seed that ends in zero bytes may
// be stored without them. Puttygen reads it too.
func TestPPKShortSeed(t *testing.T) {
	p := newPPKTool(t)
	for _, zeros := range []int{1, 3} {
		seed := bytes.Repeat([]byte{7}, 32-zeros)
		full := ed25519.NewKeyFromSeed(append(bytes.Clone(seed), make([]byte, zeros)...))
		public := ppkStrings("ssh-ed25519", string(full[32:]))
		short := ppkCompose(3, "ssh-ed25519", "short", public, ppkStrings(string(seed)))
		k := ppkKey(t, short, "")
		if got := k.Secret().(*keytool.EdSecret).Seed; !bytes.Equal(got, full[:32]) {
			t.Error("another seed")
		}
		ours, err := formats.Encode(formats.PPK3, k, formats.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if back := p.rewrite(short, "", "", "version=3"); !bytes.Equal(back, ours) {
			t.Error("puttygen writes another file")
		}
	}
	public, _ := ppkBlobs(t, []byte(ppkOpen))
	long := ppkCompose(3, "ssh-ed25519", "long", public, ppkStrings(strings.Repeat("s", 33)))
	if _, err := formats.Parse(long, formats.DefaultLimits()); !ppkIsSyntax(err, 0, "private key, field seed") {
		t.Errorf("a seed of 33 bytes: %v", err)
	}
}

func ppkStrings(strs ...string) (b []byte) {
	for _, s := range strs {
		b = append(append(b, 0, 0, byte(len(s)>>8), byte(len(s))), s...)
	}
	return b
}

func ppkIsSyntax(err error, line int, field string) bool {
	e, ok := errors.AsType[*formats.SyntaxError](err)
	return ok && e.Line == line && e.Field == field
}

// TestPPKSyntax changes real files; each must be refused at the right place.
func TestPPKSyntax(t *testing.T) {
	edit := func(data, old, new string) string {
		if !strings.Contains(data, old) {
			t.Fatalf("no %q in the file", old)
		}
		return strings.Replace(data, old, new, 1)
	}
	kdf := ppkLocked[strings.Index(ppkLocked, "Key-Derivation"):strings.Index(ppkLocked, "Private-Lines")]
	tests := []struct {
		name, data string
		line       int
		field      string
	}{
		{"no version", edit(ppkOpen, "File-3:", "File-:"), 1, ""},
		{"version 0", edit(ppkOpen, "File-3:", "File-0:"), 1, ""},
		{"header without blank", edit(ppkOpen, "Comment: flip me", "Comment:"), 3, "Comment"},
		{"headers swapped", edit(ppkOpen, "Encryption: none\nComment: flip me\n", "Comment: flip me\nEncryption: none\n"), 2, "Encryption"},
		{"header twice", edit(ppkOpen, "Comment: flip me\n", "Comment: flip me\nComment: flip me\n"), 4, "Public-Lines"},
		{"Private-Hash", edit(ppkOpen, "Private-MAC", "Private-Hash"), 9, "Private-MAC"},
		{"cipher name", edit(ppkOpen, "none", "no ne"), 2, "Encryption"},
		{"too many lines announced", edit(ppkOpen, "Public-Lines: 2", "Public-Lines: 3"), 4, "Public-Lines"},
		{"too few lines announced", edit(ppkOpen, "Public-Lines: 2", "Public-Lines: 1"), 4, "Public-Lines"},
		{"negative lines", edit(ppkOpen, "Public-Lines: 2", "Public-Lines: -2"), 4, "Public-Lines"},
		{"signed lines", edit(ppkOpen, "Private-Lines: 1", "Private-Lines: +1"), 7, "Private-Lines"},
		{"huge lines", edit(ppkOpen, "Private-Lines: 1", "Private-Lines: 4294967295"), 7, "Private-Lines"},
		{"no number", edit(ppkOpen, "Private-Lines: 1", "Private-Lines: "), 7, "Private-Lines"},
		{"base64", edit(ppkOpen, "AAAAINk5", "AAAA_Nk5"), 7, "Private-Lines"},
		{"public key", edit(ppkOpen, "AAAAC3NzaC1lZDI1NTE5AAAAI", "AAAAC3NzaC1lZDI1NTE5AAAAJ"), 0, "public key, field key"},
		{"key type", edit(ppkOpen, "ssh-ed25519", "ssh-ed448"), 1, ""},
		{"MAC length", edit(ppkOpen, "MAC: e5d8", "MAC: e5"), 9, "Private-MAC"},
		{"MAC digits", edit(ppkOpen, "MAC: e5d8", "MAC: e5dx"), 9, "Private-MAC"},
		{"second key", ppkOpen + ppkOpen, 10, ""},
		{"text after the key", ppkOpen + "\n\nmore\n", 12, ""},
		{"key derivation, not encrypted", edit(ppkOpen, "Private-Lines", kdf+"Private-Lines"), 7, "Key-Derivation"},
		{"key derivation in version 2", edit(ppkLocked, "File-3", "File-2"), 7, "Key-Derivation"},
		{"no key derivation", edit(ppkLocked, kdf, ""), 7, "Key-Derivation"},
		{"negative memory", edit(ppkLocked, "Memory: 8", "Memory: -1"), 8, "Argon2-Memory"},
		{"memory over 32 bits", edit(ppkLocked, "Memory: 8", "Memory: 4294967296"), 8, "Argon2-Memory"},
		{"too little memory", edit(ppkLocked, "Memory: 8", "Memory: 7"), 10, "Key-Derivation"},
		{"too little memory for the lanes", edit(ppkLocked, "Parallelism: 1", "Parallelism: 2"), 10, "Key-Derivation"},
		{"no passes", edit(ppkLocked, "Passes: 1", "Passes: 0"), 10, "Key-Derivation"},
		{"no lanes", edit(ppkLocked, "Parallelism: 1", "Parallelism: 0"), 10, "Key-Derivation"},
		{"salt", edit(ppkLocked, "Salt: f9", "Salt: 9"), 11, "Argon2-Salt"},
		{"part of a block", edit(ppkLocked, "KUTyu", "K"), 13, "Private-Lines"},
		{"no private lines", edit(ppkLocked, "Private-Lines: 1\nPaSEc2Z1z5h3Ng0O5I2KsbC9Z8MiT4irkTR2aJA6I6uImhl21EDFCcr5UANKUTyu\n", "Private-Lines: 0\n"), 12, "Private-Lines"},
	}
	for _, tt := range tests {
		_, err := formats.Parse([]byte(tt.data), formats.DefaultLimits())
		if !ppkIsSyntax(err, tt.line, tt.field) {
			t.Errorf("%s: %v", tt.name, err)
		}
		ppkNoSecret(t, err)
	}
}

// ppkNoSecret looks for eight characters of the private lines in an error.
func ppkNoSecret(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, secret := range []string{
		"AAAAINk5ERw3fOXcO2l6SW1om4JVYQPkoOg0ktD/u7Y49J0u",
		"PaSEc2Z1z5h3Ng0O5I2KsbC9Z8MiT4irkTR2aJA6I6uImhl21EDFCcr5UANKUTyu",
	} {
		for i := range len(secret) - 8 {
			if strings.Contains(err.Error(), secret[i:i+8]) {
				t.Fatal("an error quotes the private lines")
			}
		}
	}
}

// TestPPKTolerated: differences that change nothing.
func TestPPKTolerated(t *testing.T) {
	for name, data := range map[string]string{
		"CR LF":                strings.ReplaceAll(ppkOpen, "\n", "\r\n"),
		"CR":                   strings.ReplaceAll(ppkOpen, "\n", "\r"),
		"no final newline":     strings.TrimSuffix(ppkOpen, "\n"),
		"blank lines after it": ppkOpen + "\n \r\n\n",
		"byte order mark":      "\ufeff" + ppkOpen,
	} {
		e, err := formats.Parse([]byte(data), formats.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if k, err := e.Open(nil); err != nil || k.Comment() != "flip me" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ppkParse(t, []byte(ppkOpen)).Open([]byte("passphrase of nothing")); err != nil {
		t.Error(err)
	}
}

// TestPPKBlocked: what no passphrase opens still shows its public half.
func TestPPKBlocked(t *testing.T) {
	sk := ppkStrings("sk-ssh-ed25519@openssh.com", strings.Repeat("k", 32), "ssh:")
	future := ppkStrings("ssh-future", "numbers")
	tests := []struct {
		name, data, what, cipher string
	}{
		{"cipher", strings.Replace(ppkLocked, "aes256-cbc", "aes256-gcm", 1), `cipher "aes256-gcm"`, "aes256-gcm"},
		{"derivation", strings.Replace(ppkLocked, "Argon2id", "Argon9", 1), `key derivation "Argon9"`, "aes256-cbc"},
		{"unknown type", string(ppkCompose(3, "ssh-future", "c", future, []byte("private"))), "key type ssh-future", ""},
		{"security key", string(ppkCompose(2, "sk-ssh-ed25519@openssh.com", "c", sk, []byte("handle"))), "key type sk-ssh-ed25519@openssh.com", ""},
	}
	for _, tt := range tests {
		e, err := formats.Parse([]byte(tt.data), formats.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if u, ok := errors.AsType[*formats.UnsupportedError](e.CanOpen()); !ok || u.What != tt.what {
			t.Errorf("%s: %v", tt.name, e.CanOpen())
		}
		if k, err := e.Open([]byte(ppkSecret)); k != nil || err != e.CanOpen() {
			t.Errorf("%s: opened: %v", tt.name, err)
		}
		if e.Public == nil || e.Public.Algorithm().Name != e.Algorithm || e.Public.Comment() == "" || e.Protection.Cipher != tt.cipher {
			t.Errorf("%s: public %v, cipher %q", tt.name, e.Public, e.Protection.Cipher)
		}
	}
}

// TestPPKLimits: a cost over the limits is refused before anything is spent; one
// at the limit opens.
func TestPPKLimits(t *testing.T) {
	lim := formats.DefaultLimits()
	edits := map[string]*strings.Replacer{
		"the Argon2 memory in KiB":                  strings.NewReplacer("Memory: 8", "Memory: 4294967295"),
		"the Argon2 memory in KiB times its passes": strings.NewReplacer("Passes: 1", "Passes: 4294967295"),
		"the Argon2 parallelism":                    strings.NewReplacer("Parallelism: 1", "Parallelism: 256", "Memory: 8", "Memory: 2048"),
	}
	for what, edit := range edits {
		_, err := formats.Parse([]byte(edit.Replace(ppkLocked)), lim)
		if over, ok := errors.AsType[*formats.LimitError](err); !ok || over.What != what {
			t.Errorf("%s: %v", what, err)
		}
	}
	lim.Argon2MemoryKiB, lim.Argon2CostKiB = 8, 8
	if _, err := formats.Parse([]byte(ppkLocked), lim); err != nil {
		t.Error(err)
	}
	for _, lower := range []*uint64{&lim.Argon2MemoryKiB, &lim.Argon2CostKiB} {
		*lower = 7
		if _, err := formats.Parse([]byte(ppkLocked), lim); err == nil {
			t.Error("8 KiB were over the limit")
		}
		*lower = 8
	}
}

// TestPPKFromTheFuture has a message of its own.
func TestPPKFromTheFuture(t *testing.T) {
	for _, version := range []string{"4", "17"} {
		e := ppkParse(t, []byte(strings.Replace(ppkOpen, "File-3", "File-"+version, 1)))
		_, ok := errors.AsType[*formats.UnsupportedError](e.CanOpen())
		if !ok || !strings.Contains(e.CanOpen().Error(), "version "+version+", newer than version 3") {
			t.Errorf("%v", e.CanOpen())
		}
	}
}

// TestPPKTampered: a MAC that does not fit is damage where nothing is encrypted
// and a wrong passphrase where something is; a MAC that fits proves no pair.
func TestPPKTampered(t *testing.T) {
	for _, version := range []string{"ppk2", "ppk3"} {
		data := bytes.Replace(testkeys.Find(t, "ed25519", version).Data, []byte("taro"), []byte("Taro"), 1)
		if _, err := formats.Parse(data, formats.DefaultLimits()); !ppkIsIntegrity(err) {
			t.Errorf("%s: comment changed: %v", version, err)
		}
	}
	e := ppkParse(t, []byte(strings.Replace(ppkLocked, "flip", "Flip", 1)))
	if _, err := e.Open([]byte(ppkSecret)); !errors.Is(err, formats.ErrWrongPassphrase) {
		t.Errorf("comment of an encrypted key changed: %v", err)
	}
	for _, pair := range [][2]string{{"ed25519", "ed25519-leadingzero"}, {"rsa1024", "rsa-aligned"}, {"ecdsa256", "ecdsa256-leadingzero"}} {
		a, b := testkeys.Find(t, pair[0], "ppk3"), testkeys.Find(t, pair[1], "ppk3")
		public, _ := ppkBlobs(t, a.Data)
		_, private := ppkBlobs(t, b.Data)
		for version := 1; version <= 3; version++ {
			_, err := formats.Parse(ppkCompose(version, a.Facts.Algorithm, "c", public, private), formats.DefaultLimits())
			if _, ok := errors.AsType[*keytool.MismatchError](err); !ok {
				t.Errorf("halves of %s and %s, version %d: %v", a.Key, b.Key, version, err)
			}
		}
	}
	public, private := ppkBlobs(t, []byte(ppkOpen))
	longer := ppkCompose(3, "ssh-ed25519", "c", public, append(private, 0))
	if _, err := formats.Parse(longer, formats.DefaultLimits()); !ppkIsSyntax(err, 0, "private key, field end") {
		t.Errorf("a byte after the private half of a key that is not encrypted: %v", err)
	}
}

func TestPPKOptions(t *testing.T) {
	k := ppkKey(t, []byte(ppkOpen), "")
	for name, argon2 := range map[string]formats.Argon2{
		"flavour": {Flavour: "scrypt"},
		"memory":  {MemoryKiB: 4294967295},
		"cost":    {Passes: 4294967295},
		"lanes":   {MemoryKiB: 15, Parallelism: 2},
	} {
		if _, err := formats.Encode(formats.PPK3, k, formats.Options{Passphrase: []byte("x"), Argon2: argon2}); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	if _, err := formats.Encode(formats.PPK1, k, formats.Options{}); err == nil {
		t.Error("version 1 is written")
	}
	if _, err := formats.Encode(formats.PPK3, k.WithComment("a\nPublic-Lines: 0"), formats.Options{}); err == nil {
		t.Error("a comment of two lines is written")
	}
}

// TestPPKTruncated and TestPPKFlipped: a damaged file is never another key.
func TestPPKTruncated(t *testing.T) {
	for _, whole := range []string{ppkOpen, ppkLocked} {
		for n := range len(whole) - 1 {
			ppkNotAnother(t, fmt.Sprintf("%d bytes", n), []byte(whole[:n]))
		}
	}
}

func TestPPKFlipped(t *testing.T) {
	for _, whole := range []string{ppkOpen, ppkLocked} {
		for i := range len(whole) {
			for _, flip := range []byte{0x01, 0x02, 0x20, 0x80, 0xff} {
				data := []byte(whole)
				data[i] ^= flip
				ppkNotAnother(t, fmt.Sprintf("byte %d xor %#x", i, flip), data)
			}
		}
	}
}

// ppkNotAnother opens what may be damaged. Where it opens it must be the key of
// ppkOpen, comment and all.
func ppkNotAnother(t *testing.T, what string, data []byte) {
	t.Helper()
	lim := formats.DefaultLimits()
	lim.Argon2MemoryKiB, lim.Argon2CostKiB = 64, 256
	e, err := formats.Parse(data, lim)
	ppkNoSecret(t, err)
	if err != nil {
		return
	}
	k, err := e.Open([]byte(ppkSecret))
	ppkNoSecret(t, err)
	if err != nil || !strings.HasPrefix(string(e.Format), "ppk") {
		return
	}
	if want := ppkKey(t, []byte(ppkOpen), ""); !k.Equal(want) || k.Comment() != want.Comment() {
		t.Errorf("%s: %v, comment of %d bytes", what, k, len(k.Comment()))
	}
}

// TestPPKAgainstKayrus compares every number with github.com/kayrus/putty, on what
// that reads: no Ed448, Argon2d or certificate, no aligned encrypted blob.
func TestPPKAgainstKayrus(t *testing.T) {
	compared := 0
	for _, g := range testkeys.Goldens(t) {
		skip := g.Key == "ed448" || g.KDF == "argon2d" || g.Certificate || g.Key == "rsa-aligned" && g.Encrypted()
		if !strings.HasPrefix(g.Format, "ppk") || skip {
			continue
		}
		other, err := putty.New(g.Data)
		if err != nil {
			t.Fatalf("%s: %v", g, err)
		}
		theirs, err := other.ParseRawPrivateKey(g.Passphrase)
		if err != nil {
			t.Fatalf("%s: %v", g, err)
		}
		ours := ppkKey(t, g.Data, string(g.Passphrase))
		if !ppkSameNumbers(t, theirs, ours.Secret()) || other.Comment != ours.Comment() {
			t.Errorf("%s: kayrus/putty reads another key or comment", g)
		}
		compared++
	}
	if compared < 20 {
		t.Errorf("only %d files compared", compared)
	}
}

func ppkSameNumbers(t *testing.T, theirs any, ours keytool.Secret) bool {
	t.Helper()
	switch k := theirs.(type) {
	case *rsa.PrivateKey:
		s := ours.(*keytool.RSASecret)
		return bytes.Equal(k.D.Bytes(), s.D) && bytes.Equal(k.Primes[0].Bytes(), s.P) && bytes.Equal(k.Primes[1].Bytes(), s.Q)
	case *dsa.PrivateKey:
		return bytes.Equal(k.X.Bytes(), ours.(*keytool.DSASecret).X)
	case *ecdsa.PrivateKey:
		d, err := k.Bytes()
		return err == nil && bytes.Equal(d, ours.(*keytool.ECDSASecret).D)
	case *ed25519.PrivateKey:
		return bytes.Equal(k.Seed(), ours.(*keytool.EdSecret).Seed)
	}
	t.Fatalf("kayrus/putty gives a %T", theirs)
	return false
}
