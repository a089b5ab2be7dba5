package relock

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

const secret = "new secret"

// cheap costs next to nothing, in the format that has such a cost.
func cheap(id formats.ID) formats.Options {
	switch id {
	case formats.OpenSSH:
		return formats.Options{Rounds: 1}
	case formats.PKCS8:
		return formats.Options{Iterations: 1000}
	case formats.PPK3:
		return formats.Options{Argon2: formats.Argon2{MemoryKiB: 64, Passes: 1}}
	}
	return formats.Options{}
}

func parse(t *testing.T, data []byte) *formats.Envelope {
	t.Helper()
	e, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// opened is a golden's envelope and key.
func opened(t *testing.T, g testkeys.Golden) (*formats.Envelope, *keytool.Key) {
	t.Helper()
	e := parse(t, g.Data)
	key, err := e.Open(g.Passphrase)
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	return e, key
}

// relocked rewrites a golden under the new passphrase.
func relocked(t *testing.T, g testkeys.Golden, pass string) *File {
	t.Helper()
	e, key := opened(t, g)
	opt, err := Options(e, cheap(e.Format))
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	opt.Passphrase = []byte(pass)
	before := bytes.Clone(g.Data)
	f, err := Rewrite(g.Data, e, key, opt)
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	if !bytes.Equal(before, g.Data) {
		t.Fatalf("%s: the input was written to", g)
	}
	if err := Prove(f.Data, []byte(pass), key); err != nil {
		t.Errorf("%s: %v", g, err)
	}
	return f
}

// Every golden that Check lets through gets a new passphrase in its own format, and
// the old one opens it no more; all others are refused with what to do.
func TestGoldens(t *testing.T) {
	changed, refused := map[formats.ID]bool{}, map[formats.ID]bool{}
	for _, g := range testkeys.Goldens(t) {
		if !g.Private || g.Encrypted() && !g.Cheap() {
			continue
		}
		e := parse(t, g.Data)
		if e.CanOpen() != nil {
			continue
		}
		if err := Check(e); err != nil {
			r, ok := errors.AsType[*RefusedError](err)
			if !ok || r.Target == "" {
				t.Errorf("%s: refused without a target: %v", g, err)
			}
			refused[e.Format] = true
			continue
		}
		changed[e.Format] = true
		f := relocked(t, g, secret)
		after := parse(t, f.Data)
		if after.Format != e.Format || after.DER != e.DER || f.Kept {
			t.Errorf("%s: now %s, DER %v, kept %v", g, after.Format, after.DER, f.Kept)
		}
		if _, err := after.Open(g.Passphrase); err == nil || g.Passphrase != nil && !errors.Is(err, formats.ErrWrongPassphrase) {
			t.Errorf("%s: with the old passphrase: %v", g, err)
		}
		if f := relocked(t, g, ""); f.After.Encrypted() {
			t.Errorf("%s: still encrypted", g)
		}
	}
	for _, id := range []formats.ID{formats.OpenSSH, formats.PKCS1, formats.SEC1, formats.DSAPEM, formats.PKCS8, formats.PPK2, formats.PPK3, formats.SSHCom} {
		if !changed[id] {
			t.Errorf("no golden of %s was treated", id)
		}
	}
	for _, id := range []formats.ID{formats.Dropbear, formats.PKCS1} {
		if !refused[id] {
			t.Errorf("no golden of %s was refused", id)
		}
	}
}

func TestProtectionIsKept(t *testing.T) {
	for _, c := range []struct {
		key, file string
		cipher    string // afterwards; "": the same
		kdf       string
	}{
		{"ed25519", "openssh.aes256-ctr-1round", "", ""},
		{"ed25519", "openssh.3des-cbc", "", ""},
		{"ed25519", "openssh.chacha20-poly1305", "", ""},
		{"rsa2048", "pkcs1.aes128.pem", "", ""},
		{"dsa1024", "dsa.aes256.pem", "", ""},
		{"dsa1024", "dsa.des.pem", "aes128-cbc", ""},
		{"ed25519", "pkcs8.pbes2-aes256-sha256.pem", "", ""},
		{"ed25519", "pkcs8.pbes2-aes128-sha256.pem", "aes256-cbc", ""},
		{"ed25519", "pkcs8.scrypt.pem", "aes256-cbc", "pbkdf2-hmac-sha256"},
		{"ed25519", "ppk3.argon2d", "", ""},
		{"ed25519", "ppk3.argon2i", "", ""},
		{"ed25519", "ppk2.enc", "", ""},
		{"rsa2048", "sshcom.3des", "", ""},
	} {
		g := testkeys.Find(t, c.key, c.file)
		before := parse(t, g.Data).Protection
		want := before
		if c.cipher != "" {
			want.Cipher = c.cipher
		}
		if c.kdf != "" {
			want.KDF = c.kdf
		}
		if got := relocked(t, g, secret).After; got.Cipher != want.Cipher || got.KDF != want.KDF {
			t.Errorf("%s: %s %s, want %s %s", g, got.Cipher, got.KDF, want.Cipher, want.KDF)
		}
	}
}

// The cost never falls by itself, and rises to today's.
func TestCost(t *testing.T) {
	for _, c := range []struct {
		format         formats.ID
		kdf, param     string
		before, chosen uint64
		want           func(formats.Options) uint64
		cost           uint64
	}{
		{formats.OpenSSH, "bcrypt", "rounds", 100, 0, func(o formats.Options) uint64 { return uint64(o.Rounds) }, 100},
		{formats.OpenSSH, "bcrypt", "rounds", 16, 0, func(o formats.Options) uint64 { return uint64(o.Rounds) }, 0},
		{formats.OpenSSH, "bcrypt", "rounds", 100, 7, func(o formats.Options) uint64 { return uint64(o.Rounds) }, 7},
		{formats.PKCS8, "pbkdf2-hmac-sha1", "iterations", 9e6, 0, func(o formats.Options) uint64 { return uint64(o.Iterations) }, 9e6},
		{formats.PPK3, "argon2d", "memory_kib", 1 << 19, 0, func(o formats.Options) uint64 { return uint64(o.Argon2.MemoryKiB) }, 1 << 19},
	} {
		e := &formats.Envelope{Format: c.format, Protection: formats.Protection{Cipher: "aes256-cbc", KDF: c.kdf,
			Params: map[string]uint64{c.param: c.before, "passes": 3, "parallelism": 1}}}
		opt, err := Options(e, formats.Options{Rounds: uint32(c.chosen)})
		if err != nil || c.want(opt) != c.cost {
			t.Errorf("%s %d, %d chosen: %d, %v; want %d", c.format, c.before, c.chosen, c.want(opt), err, c.cost)
		}
	}
}

func TestChoicesOfOtherFormats(t *testing.T) {
	argon := formats.Options{Argon2: formats.Argon2{Passes: 3}}
	for _, c := range []struct {
		id  formats.ID
		opt formats.Options
		ok  bool
	}{
		{formats.OpenSSH, formats.Options{Rounds: 9, Cipher: "aes128-ctr"}, true},
		{formats.OpenSSH, formats.Options{Iterations: 9}, false},
		{formats.OpenSSH, argon, false},
		{formats.PPK3, argon, true},
		{formats.PPK3, formats.Options{Cipher: "aes256-cbc"}, false},
		{formats.PPK2, argon, false},
		{formats.PKCS8, formats.Options{Iterations: 9}, true},
		{formats.PKCS8, formats.Options{Rounds: 9}, false},
		{formats.PKCS1, formats.Options{Cipher: "aes256-cbc"}, true},
		{formats.SSHCom, formats.Options{Cipher: "3des-cbc"}, false},
	} {
		_, err := Options(&formats.Envelope{Format: c.id}, c.opt)
		if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrNotOfFormat) {
			t.Errorf("%s, %+v: %v", c.id, c.opt, err)
		}
	}
}

// Text around a PEM block stays to the byte; a second private key is refused.
func TestTextAround(t *testing.T) {
	g := testkeys.Find(t, "rsa2048", "pkcs1.aes128.pem")
	other := testkeys.Find(t, "ecdsa256", "openssh")
	public := testkeys.Find(t, "rsa2048", "spki.pem")
	for _, c := range []struct {
		name, before, after string
		kept                bool
		err                 error
	}{
		{"nothing", "", "", false, nil},
		{"blank lines", "\n\r\n \n", "\n\n", false, nil},
		{"byte order mark", "\xef\xbb\xbf", "", false, nil},
		{"attributes", "Bag Attributes\r\n  localKeyID: 01\r\n", "", true, nil},
		{"without a last line end", "", "the end", true, nil},
		{"public key after", "", string(public.Data), true, nil},
		{"parameters before", "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n", "\nthe end", true, nil},
		{"second key", "", string(other.Data), false, ErrSecondKey},
	} {
		data := slices.Concat([]byte(c.before), g.Data, []byte(c.after))
		around := g
		around.Data = data
		e, key := opened(t, around)
		f, err := Rewrite(data, e, key, formats.Options{Passphrase: []byte(secret)})
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, want %v", c.name, err, c.err)
		}
		if err != nil {
			continue
		}
		if err := Prove(f.Data, []byte(secret), key); err != nil || f.Kept != c.kept {
			t.Errorf("%s: kept %v, %v", c.name, f.Kept, err)
		}
		if c.kept && (!bytes.HasPrefix(f.Data, []byte(c.before)) || !bytes.HasSuffix(f.Data, []byte(c.after))) {
			t.Errorf("%s: the text around is another", c.name)
		}
		if bytes.Count(f.Data, []byte("RSA PRIVATE KEY")) != 2 {
			t.Errorf("%s: the old block is still there", c.name)
		}
	}
}

// Encodings that ssh-keygen does not read are mended on the way.
func TestEncodings(t *testing.T) {
	g := testkeys.Find(t, "ed25519", "openssh")
	utf16Text := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune("note\n" + string(g.Data))) {
		utf16Text = append(utf16Text, byte(u), byte(u>>8))
	}
	for name, c := range map[string]struct {
		data   []byte
		prefix string
	}{
		"CR LF":                {bytes.ReplaceAll(g.Data, []byte("\n"), []byte("\r\n")), "-----BEGIN"},
		"CR":                   {bytes.ReplaceAll(g.Data, []byte("\n"), []byte("\r")), "-----BEGIN"},
		"no last line end":     {bytes.TrimSpace(g.Data), "-----BEGIN"},
		"UTF-16 with text":     {utf16Text, "note\n-----BEGIN"},
		"BOM, then text, then": {append([]byte("\xef\xbb\xbfnote\n"), g.Data...), "note\n-----BEGIN"},
	} {
		around := g
		around.Data = c.data
		e, key := opened(t, around)
		f, err := Rewrite(c.data, e, key, formats.Options{Passphrase: []byte(secret), Rounds: 1})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if err := Prove(f.Data, []byte(secret), key); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if !strings.HasPrefix(string(f.Data), c.prefix) || bytes.ContainsRune(f.Data, '\r') {
			t.Errorf("%s: begins with %.20q", name, f.Data)
		}
	}
}

func TestProve(t *testing.T) {
	g, other := testkeys.Find(t, "ed25519", "openssh"), testkeys.Find(t, "ed25519-leadingzero", "openssh")
	_, key := opened(t, g)
	_, stranger := opened(t, other)
	locked := relocked(t, g, secret)
	for name, err := range map[string]error{
		"another key":          Prove(g.Data, nil, stranger),
		"another comment":      Prove(g.Data, nil, key.WithComment("x")),
		"not encrypted":        Prove(g.Data, []byte(secret), key),
		"encrypted":            Prove(locked.Data, nil, key),
		"another passphrase":   Prove(locked.Data, []byte("x"), key),
		"cut off":              Prove(locked.Data[:200], []byte(secret), key),
		"the public half only": Prove(testkeys.Find(t, "ed25519", "openssh.pub").Data, nil, key),
	} {
		if err == nil {
			t.Errorf("%s: proved", name)
		}
	}
}
