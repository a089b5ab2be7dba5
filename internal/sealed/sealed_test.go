package sealed

import (
	"bytes"
	"crypto/ecdh"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"
	"github.com/neicnordic/crypt4gh/streaming"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// golden opens a private key of testdata/keys, all of which have one passphrase.
func golden(t testing.TB, name string) *keytool.Key {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata/keys", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	env, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(name, err)
	}
	key, err := env.Open(nil)
	if err != nil {
		t.Fatal(name, err)
	}
	return key
}

func dataset(t testing.TB) *keytool.Key {
	t.Helper()
	key, err := keytool.GenerateX25519("")
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// crypt4ghFile has the peer encrypt to keys.
func crypt4ghFile(t testing.TB, readers ...*keytool.Key) []byte {
	t.Helper()
	var publics [][32]byte
	for _, k := range readers {
		k, err := keytool.ToX25519(k)
		if err != nil {
			t.Fatal(err)
		}
		publics = append(publics, [32]byte(k.Blob()))
	}
	var out bytes.Buffer
	w, err := streaming.NewCrypt4GHWriterWithoutPrivateKey(&out, publics, nil)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, w, []byte(strings.Repeat("data", 100_000)))
	return out.Bytes()
}

func writeAll(t testing.TB, w io.WriteCloser, data []byte) {
	t.Helper()
	if _, err := w.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func recipient(t testing.TB, k *keytool.Key) age.Recipient {
	t.Helper()
	var r age.Recipient
	var err error
	if k.Algorithm().Dataset() {
		text, failed := formats.Encode(formats.AgePublic, k.Public(), formats.Options{})
		if failed != nil {
			t.Fatal(failed)
		}
		r, err = age.ParseX25519Recipient(strings.TrimSpace(string(text)))
	} else {
		r, err = agessh.ParseRecipient(formats.AuthorizedLine(k))
	}
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ageFile has the library encrypt to keys.
func ageFile(t testing.TB, armoured bool, readers ...*keytool.Key) []byte {
	t.Helper()
	var out bytes.Buffer
	var dst io.Writer = &out
	if armoured {
		a := armor.NewWriter(&out)
		defer a.Close()
		dst = a
	}
	var to []age.Recipient
	for _, k := range readers {
		to = append(to, recipient(t, k))
	}
	w, err := age.Encrypt(dst, to...)
	if err != nil {
		t.Fatal(err)
	}
	writeAll(t, w, bytes.Repeat([]byte("data"), 50_000))
	if c, ok := dst.(io.Closer); ok {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return out.Bytes()
}

// publicRSA takes a key's public half to crypto/rsa by way of ours.
func publicRSA(t testing.TB, k *keytool.Key) *rsa.PublicKey {
	t.Helper()
	private, err := rsaKey(EncryptDat, k)
	if err != nil {
		t.Fatal(err)
	}
	return &private.PublicKey
}

func oaep(t testing.TB, k *keytool.Key, h hash.Hash, msg []byte) []byte {
	t.Helper()
	out, err := rsa.EncryptOAEP(h, rand.Reader, publicRSA(t, k), msg, nil)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func readData(t testing.TB, name string, data []byte) *Data {
	t.Helper()
	kind, ok := Detect(name, data[:min(len(data), HeadBytes)])
	if !ok {
		t.Fatal("not detected")
	}
	d, err := Read(kind, bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestRightKeyOpens holds each key to the data made for it, and to no other data.
func TestRightKeyOpens(t *testing.T) {
	keys := map[string]*keytool.Key{
		"ed25519": golden(t, "ed25519/openssh"), "rsa2048": golden(t, "rsa2048/ppk3"), "rsa3072": golden(t, "rsa3072/pkcs1.pem"),
		"age": golden(t, "x25519-age/age"), "c4gh": dataset(t), "ecdsa": golden(t, "ecdsa256/openssh"), "ed448": golden(t, "ed448/pkcs8.pem"),
	}
	common := make([]byte, 16)
	rand.Read(common)
	for name, c := range map[string]struct {
		data  []byte
		opens string
		proof Proof
	}{
		"a.c4gh":         {crypt4ghFile(t, keys["c4gh"]), "c4gh", ByHeader},
		"of-login.c4gh":  {crypt4ghFile(t, keys["ed25519"]), "ed25519", ByHeader},
		"both.c4gh":      {crypt4ghFile(t, keys["ed25519"], dataset(t), keys["c4gh"]), "ed25519 c4gh", ByHeader},
		"others.c4gh":    {crypt4ghFile(t, dataset(t)), "", ""},
		"a.age":          {ageFile(t, false, keys["age"]), "age", ByUnwrap},
		"armoured":       {ageFile(t, true, keys["age"]), "age", ByUnwrap},
		"ssh.age":        {ageFile(t, false, keys["ed25519"]), "ed25519", ByUnwrap},
		"rsa.age":        {ageFile(t, true, keys["rsa2048"]), "rsa2048", ByUnwrap},
		"all.age":        {ageFile(t, false, keys["rsa3072"], keys["age"], keys["ed25519"]), "rsa3072 age ed25519", ByUnwrap},
		"others.age":     {ageFile(t, false, dataset(t)), "", ""},
		"1.encrypt.dat":  {oaep(t, keys["rsa2048"], sha1.New(), common), "rsa2048", ByTrial},
		"2.ENCRYPT.DAT":  {oaep(t, keys["rsa3072"], sha256.New(), []byte("0123456789abcdef0123456789abcdef0123\n")), "rsa3072", ByTrial},
		"3.encrypt.dat":  {bytes.Repeat([]byte{7}, 256), "", ""},
		"4.encrypt.dat":  {bytes.Repeat([]byte{7}, 123), "", ""},
		"5.encrypt.dat":  {oaep(t, keys["rsa3072"], sha256.New(), []byte("too short")), "", ""},
		"by-content.txt": {crypt4ghFile(t, keys["c4gh"]), "c4gh", ByHeader},
	} {
		d := readData(t, name, c.data)
		for who, key := range keys {
			got, err := d.Open(key)
			want := strings.Contains(" "+c.opens+" ", " "+who+" ")
			if err != nil || got.Opens != want || got.Why == "" || want && got.Proof != c.proof || !want && got.Proof != "" {
				t.Errorf("%s with %s: %+v, %v, want %v", name, who, got, err, want)
			}
		}
	}
}

// TestLongHeader: only a header that needs it makes Read go on, up to its limit.
func TestLongHeader(t *testing.T) {
	key := dataset(t)
	one := crypt4ghFile(t, dataset(t))
	packet := one[16 : 16+binary.LittleEndian.Uint32(one[16:])]
	last := crypt4ghFile(t, key)
	long := func(n uint32) []byte {
		head := binary.LittleEndian.AppendUint32(append([]byte(crypt4GHMagic), 1, 0, 0, 0), n+1)
		return append(append(head, bytes.Repeat(packet, int(n))...), last[16:]...)
	}
	d := readData(t, "x.c4gh", long(1000)) // 108 kB
	if got, err := d.Open(key); err != nil || !got.Opens {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err := Read(Crypt4GH, bytes.NewReader(long(9_990))); !isLimit(err) {
		t.Errorf("a header over the limit: %v", err)
	}
	if _, err := Read(Crypt4GH, bytes.NewReader(long(maxPackets))); !isLimit(err) {
		t.Errorf("too many packets: %v", err)
	}
	in := &counting{r: io.MultiReader(bytes.NewReader(last), endless{})}
	if _, err := Read(Crypt4GH, in); err != nil || in.n > HeadBytes {
		t.Errorf("%d bytes read, %v", in.n, err)
	}
}

func isLimit(err error) bool {
	_, ok := errors.AsType[*formats.LimitError](err)
	return ok
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type counting struct {
	r io.Reader
	n int
}

func (c *counting) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += n
	return n, err
}

// TestDamage: each damaged header is told as such, with the place; none as a wrong key.
func TestDamage(t *testing.T) {
	c4gh := func(change func([]byte)) []byte {
		data := crypt4ghFile(t, dataset(t))
		change(data)
		return data
	}
	agef := func(old, new string) []byte {
		return bytes.Replace(ageFile(t, false, golden(t, "x25519-age/age")), []byte(old), []byte(new), 1)
	}
	for _, c := range []struct {
		name string
		kind Kind
		data []byte
		want string
	}{
		{"magic only", Crypt4GH, []byte(crypt4GHMagic), "the file ends within it"},
		{"cut", Crypt4GH, c4gh(func([]byte) {})[:100], "the file ends within it"},
		{"version", Crypt4GH, c4gh(func(b []byte) { b[8] = 2 }), "version 2"},
		{"no packets", Crypt4GH, c4gh(func(b []byte) { b[12] = 0 }), "no packets"},
		{"short packet", Crypt4GH, c4gh(func(b []byte) { b[16] = 40 }), "packet 1, length: at byte 16: 40 bytes are too few"},
		{"huge packet", Crypt4GH, c4gh(func(b []byte) { b[19] = 0xff }), "too many"},
		{"method", Crypt4GH, c4gh(func(b []byte) { b[20] = 9 }), "unsupported encryption method"},
		{"version line", Age, agef("org/v1", "org/v2"), "line 1: version line"},
		{"stanza", Age, agef("-> ", "=> "), "line 2: stanza"},
		{"body", Age, agef("\n---", "!\n---"), "line 3: stanza"},
		{"MAC line", Age, agef("\n--- ", "\n--- A"), "line 4: MAC line"},
		{"no recipients", Age, []byte(ageIntro + "--- " + base64.RawStdEncoding.EncodeToString(make([]byte, 32)) + "\n"), "no recipients"},
		{"cut", Age, agef("", "")[:60], "the file ends within it"},
		{"armour", Age, []byte(armor.Header + "\n!!!!\n" + armor.Footer + "\n"), "armour"},
		{"empty", EncryptDat, nil, "0 bytes, and an RSA block has 64 to 2048"},
		{"long", EncryptDat, make([]byte, HeadBytes+1), "65536 or more"},
	} {
		d, err := Read(c.kind, bytes.NewReader(c.data))
		if err == nil || d != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %v, want %q", c.kind, c.name, err, c.want)
		}
	}
}

// TestAlteredAge: what unwraps is believed only under a right MAC.
func TestAlteredAge(t *testing.T) {
	key := golden(t, "ed25519/openssh")
	data := ageFile(t, false, key)
	at := bytes.Index(data, []byte("\n--- ")) + 5
	if data[at] != 'A' { // another letter of the MAC, and of base64
		data[at] = 'A'
	} else {
		data[at] = 'B'
	}
	_, err := readData(t, "x.age", data).Open(key)
	if _, ok := errors.AsType[*formats.SyntaxError](err); !ok {
		t.Errorf("got %v, want a damaged header", err)
	}
}

// TestFitsWithoutPrivateHalf: type, tag and size alone rule keys out, so that no
// passphrase is asked for them.
func TestFitsWithoutPrivateHalf(t *testing.T) {
	login, rsa2048, rsa3072 := golden(t, "ed25519/openssh"), golden(t, "rsa2048/openssh"), golden(t, "rsa3072/openssh")
	toLogin := readData(t, "x.age", ageFile(t, false, login))
	toRSA := readData(t, "x.age", ageFile(t, false, rsa2048))
	dat := readData(t, "x.encrypt.dat", oaep(t, rsa3072, sha1.New(), make([]byte, 32)))
	c4gh := readData(t, "x.c4gh", crypt4ghFile(t, login))
	for i, c := range []struct {
		data      *Data
		algorithm string
		public    *keytool.Key
		want      bool
	}{
		{toLogin, "ssh-ed25519", login.Public(), true},
		{toLogin, "ssh-ed25519", golden(t, "ed25519-leadingzero/openssh").Public(), false},
		{toLogin, "ssh-ed25519", nil, true}, {toLogin, "", nil, true},
		{toLogin, "ssh-rsa", nil, false}, {toLogin, "x25519", nil, false}, {toLogin, "ecdsa-sha2-nistp256", nil, false},
		{toRSA, "ssh-rsa", rsa2048.Public(), true}, {toRSA, "ssh-rsa", rsa3072.Public(), false}, {toRSA, "ssh-rsa", nil, true},
		{dat, "ssh-rsa", rsa3072.Public(), true}, {dat, "ssh-rsa", rsa2048.Public(), false}, {dat, "ssh-rsa", nil, true}, {dat, "ssh-ed25519", nil, false},
		{c4gh, "ssh-ed25519", nil, true}, {c4gh, "x25519", nil, true}, {c4gh, "ssh-rsa", nil, false}, {c4gh, "sk-ssh-ed25519@openssh.com", nil, false},
	} {
		if why := c.data.Fits(c.algorithm, c.public); (why == "") != c.want {
			t.Errorf("case %d, %s %q: %q, want fits %v", i, c.data.Kind, c.algorithm, why, c.want)
		}
	}
	if _, err := toLogin.Open(login.Public()); !errors.Is(err, formats.ErrPassphraseRequired) {
		t.Errorf("a public half: %v", err)
	}
}

// TestTagIsTheFingerprint: the tag begins as the SHA-256 fingerprint does.
func TestTagIsTheFingerprint(t *testing.T) {
	key := golden(t, "rsa2048/openssh")
	if tag := sshTag(key); !strings.HasPrefix(key.Fingerprint(), "SHA256:"+tag[:5]) {
		t.Errorf("%s for %s", tag, key.Fingerprint())
	}
}

func TestDetect(t *testing.T) {
	for _, c := range []struct {
		name, head string
		want       Kind
	}{
		{"x", "crypt4gh\x01", Crypt4GH}, {"x.encrypt.dat", "crypt4gh\x01", Crypt4GH}, {"x", ageIntro, Age},
		{"x", "\r\n " + armor.Header + "\r\n", Age}, {"x.encrypt.dat", "anything", EncryptDat},
		{"x.c4gh", "anything", ""}, {"x.age", "", ""}, {"x.pub", "ssh-rsa AAAA", ""}, {"x.dat", "anything", ""},
	} {
		if got, ok := Detect(c.name, []byte(c.head)); got != c.want || ok != (c.want != "") {
			t.Errorf("%s %q: %q", c.name, c.head, got)
		}
	}
}

// TestSmallOrderWriter: a packet that anybody could have made opens for nobody.
func TestSmallOrderWriter(t *testing.T) {
	private, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := crypt4GHPacket{make([]byte, 32), make([]byte, 12), make([]byte, 16)}
	if p.opensFor(private) {
		t.Error("it opens")
	}
}

func FuzzCrypt4GH(f *testing.F) {
	key := dataset(f)
	f.Add(crypt4ghFile(f, key)[:300])
	f.Fuzz(func(t *testing.T, data []byte) { tryAny(t, Crypt4GH, data, key) })
}

func FuzzAge(f *testing.F) {
	key := golden(f, "x25519-age/age")
	f.Add(ageFile(f, false, key)[:300])
	f.Add(ageFile(f, true, key)[:400])
	f.Add(ageFile(f, false, golden(f, "ed25519/openssh"))[:300])
	f.Fuzz(func(t *testing.T, data []byte) { tryAny(t, Age, data, key) })
}

// tryAny: no panic, the same answer twice, and a yes has its proof.
func tryAny(t *testing.T, kind Kind, data []byte, key *keytool.Key) {
	before := bytes.Clone(data)
	d, err := Read(kind, bytes.NewReader(data))
	if err != nil {
		return
	}
	first, err := d.Open(key)
	second, again := d.Open(key)
	if first != second || (err == nil) != (again == nil) || first.Opens != (first.Proof != "") {
		t.Errorf("%+v, %v, then %+v, %v", first, err, second, again)
	}
	if !bytes.Equal(before, data) {
		t.Error("the input was changed")
	}
}
