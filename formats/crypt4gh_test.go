package formats

import (
	"bytes"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// c4gh puts strings behind the magic, each with its length.
func c4gh(parts ...string) []byte {
	raw := []byte(crypt4GHMagic)
	for _, p := range parts {
		raw = appendCrypt4GHString(raw, p)
	}
	return raw
}

func scalarText() string { return strings.Repeat("k", keytool.X25519Size) }

// options are rounds and a salt.
func c4ghOptions(rounds uint32) string {
	return string(keytool.AppendUint32(nil, rounds)) + "sixteen byte salt"[:16]
}

// TestCrypt4GHLabels: the payload decides, under every label in use; PKCS#8 keeps its own.
func TestCrypt4GHLabels(t *testing.T) {
	clear, locked := c4gh("none", "none", scalarText()), c4gh("bcrypt", c4ghOptions(1), crypt4GHCipher, strings.Repeat("x", 60))
	for _, label := range []string{crypt4GHLabel, crypt4GHLockedLabel, encryptedLabel, "PRIVATE KEY"} {
		for _, c := range []struct {
			raw       []byte
			encrypted bool
		}{{clear, false}, {locked, true}} {
			e, err := Parse(armour(label, "", c.raw), DefaultLimits())
			if err != nil || e.Format != Crypt4GH || e.Encrypted() != c.encrypted || e.Algorithm != "x25519" || (e.Public == nil) != c.encrypted {
				t.Errorf("%s: %+v, %v", label, e, err)
			}
		}
	}
	for _, name := range []string{"pkcs8.pem", "pkcs8.pbes2-aes256-sha256.pem"} {
		if id, _ := Detect(testkeys.Find(t, "ed25519", name).Data); id != PKCS8 {
			t.Errorf("%s is taken for %s", name, id)
		}
	}
	bare := armour(crypt4GHLabel, "", []byte(scalarText()))
	if e, err := Parse(bare, DefaultLimits()); err != nil || e.Public == nil {
		t.Errorf("htslib's bare key: %v", err)
	}
	if _, err := Parse(bytes.ReplaceAll(bare, []byte("GH PRIV"), []byte("GH ENCRYPTED PRIV")), DefaultLimits()); err == nil {
		t.Error("a bare key is read under the label of encrypted ones")
	}
}

// TestCrypt4GHDamage: each breakage of the frame has its own words, and none is
// called a wrong passphrase.
func TestCrypt4GHDamage(t *testing.T) {
	sealed := strings.Repeat("x", 60)
	for _, c := range []struct {
		want string
		raw  []byte
	}{
		{"magic", []byte("c4gh-v2\x00\x04none")},
		{"field KDF name: at byte 7: 2 bytes expected, 0 left", c4gh()},
		{"field cipher name", c4gh("none")},
		{"field key", c4gh("none", "none")},
		{"31 bytes, should be 32", c4gh("none", "none", scalarText()[1:])},
		{"61 bytes, should be 60", c4gh("scrypt", c4ghOptions(0), crypt4GHCipher, sealed+"x")},
		{"32 bytes, should be 60", c4gh("scrypt", c4ghOptions(0), crypt4GHCipher, scalarText())},
		{"only one of cipher and KDF", c4gh("none", crypt4GHCipher, sealed)},
		{"only one of cipher and KDF", c4gh("scrypt", c4ghOptions(0), "none", scalarText())},
		{"is no name", c4gh("scr\x01pt", c4ghOptions(0), crypt4GHCipher, sealed)},
		{"is no name", c4gh("scrypt", c4ghOptions(0), "", sealed)},
		{"too few for rounds and salt", c4gh("scrypt", "\x00\x00\x00\x00", crypt4GHCipher, sealed)},
		{"too few for rounds and salt", c4gh("bcrypt", "\x00\x00", crypt4GHCipher, sealed)},
		{"no rounds", c4gh("bcrypt", c4ghOptions(0), crypt4GHCipher, sealed)},
		{"no rounds", c4gh("pbkdf2_hmac_sha256", c4ghOptions(0), crypt4GHCipher, sealed)},
		{"bytes follow the last field", c4gh("none", "none", scalarText(), "comment", "more")},
		{"field comment", append(c4gh("none", "none", scalarText()), 0, 9, 'x')},
	} {
		_, err := Parse(armour(crypt4GHLabel, "", c.raw), DefaultLimits())
		bad, ok := errors.AsType[*SyntaxError](err)
		if !ok || bad.Format != Crypt4GH || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.raw, err, c.want)
		}
	}
}

// TestCrypt4GHCosts: too much is refused before it is spent, and what nobody knows
// is not a wrong passphrase.
func TestCrypt4GHCosts(t *testing.T) {
	sealed := strings.Repeat("x", 60)
	small := DefaultLimits()
	small.ScryptBytes = 1 << 20
	for _, c := range []struct {
		want string
		lim  Limits
		raw  []byte
	}{
		{"bcrypt rounds is 4294967295", DefaultLimits(), c4gh("bcrypt", c4ghOptions(1<<32-1), crypt4GHCipher, sealed)},
		{"PBKDF2 iteration count is 4294967295", DefaultLimits(), c4gh("pbkdf2_hmac_sha256", c4ghOptions(1<<32-1), crypt4GHCipher, sealed)},
		{"scrypt's memory in bytes is 16777216", small, c4gh("scrypt", c4ghOptions(0), crypt4GHCipher, sealed)},
	} {
		_, err := Parse(armour(crypt4GHLabel, "", c.raw), c.lim)
		if _, ok := errors.AsType[*LimitError](err); !ok || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v, want a LimitError: %s", err, c.want)
		}
	}
	for want, raw := range map[string][]byte{
		`KDF "argon2"`:   c4gh("argon2", "x", crypt4GHCipher, sealed),
		`cipher "aes256`: c4gh("scrypt", c4ghOptions(0), "aes256_gcm", "any length"),
	} {
		e, err := Parse(armour(crypt4GHLabel, "", raw), DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", want, err)
			continue
		}
		_, err = e.Open([]byte("pass"))
		if _, ok := errors.AsType[*UnsupportedError](err); !ok || e.CanOpen() == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an UnsupportedError: %s", err, want)
		}
	}
}

// TestCrypt4GHSealed: any byte of what is sealed, changed, does not open.
func TestCrypt4GHSealed(t *testing.T) {
	g := testkeys.Find(t, "x25519", "crypt4gh.pbkdf2")
	block, _ := pem.Decode(g.Data)
	at := bytes.Index(block.Bytes, []byte(crypt4GHCipher)) + len(crypt4GHCipher) + 2
	for i := at; i < at+60; i++ {
		raw := bytes.Clone(block.Bytes)
		raw[i] ^= 1
		e, err := Parse(armour(crypt4GHLabel, "", raw), DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if k, err := e.Open(g.Passphrase); k != nil || !errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("byte %d: %v, %v", i-at, k, err)
		}
	}
}

// TestCrypt4GHComment: a comment of the greatest length is kept, a longer one is a
// loss that is told, and never a file that does not read.
func TestCrypt4GHComment(t *testing.T) {
	k, err := keytool.NewX25519([]byte(scalarText()), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{1, 1<<16 - 1, 1 << 16} {
		named := k.WithComment(strings.Repeat("c", n))
		losses, err := Fit(Crypt4GH, named)
		if err != nil || (len(losses) > 0) != (n > 1<<16-1) {
			t.Errorf("%d bytes: losses %v, %v", n, losses, err)
		}
		data, err := Encode(Crypt4GH, named, Options{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse(data, DefaultLimits())
		if err != nil {
			t.Fatalf("%d bytes: %v", n, err)
		}
		back, err := e.Open(nil)
		if err != nil || !back.Equal(k) || (back.Comment() == named.Comment()) != (len(losses) == 0) {
			t.Errorf("%d bytes: %v, comment of %d", n, err, len(back.Comment()))
		}
	}
}

func TestCrypt4GHPublicDamage(t *testing.T) {
	for want, raw := range map[string][]byte{
		"31 bytes, should be 32": make([]byte, 31), "56 bytes, should be 32": c4gh("none", "none", scalarText())[:56],
		"small order": make([]byte, 32),
	} {
		_, err := Parse(armour(crypt4GHPublicLabel, "", raw), DefaultLimits())
		if _, ok := errors.AsType[*SyntaxError](err); !ok || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}

// TestDatasetNames: a file's usual name in each format, and the way back.
func TestDatasetNames(t *testing.T) {
	for _, c := range []struct {
		base string
		id   ID
		want string
	}{
		{"id_ed25519", Crypt4GH, "id_ed25519.sec"}, {"alice.sec", Age, "alice.agekey"}, {"alice.sec.pub", AgePublic, "alice.agekey.pub"},
		{"alice.agekey", Crypt4GHPublic, "alice.sec.pub"}, {"alice.agekey.pub", Crypt4GHPublic, "alice.sec.pub"},
	} {
		if got := FileName(c.base, Lookup(c.id)); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.base, c.id, got, c.want)
		}
	}
	for from, to := range map[ID]ID{Crypt4GH: Age, Age: Crypt4GH, Crypt4GHPublic: AgePublic, AgePublic: Crypt4GHPublic} {
		if got := DefaultTarget(&Envelope{Format: from, Kind: KindDatasetPrivate}); got != to {
			t.Errorf("%s becomes %s, want %s", from, got, to)
		}
	}
}

// datasetGoldens are those of the formats.
func datasetGoldens(t testing.TB, ids ...ID) []testkeys.Golden {
	t.Helper()
	all := slices.DeleteFunc(testkeys.Goldens(t), func(g testkeys.Golden) bool { return !slices.Contains(ids, ID(g.Format)) })
	if len(all) == 0 {
		t.Fatal("no golden dataset keys")
	}
	return all
}

// FuzzCrypt4GH: whatever is accepted can be written and read again as the same
// key, the input is left alone, and nothing panics.
func FuzzCrypt4GH(f *testing.F) {
	for _, g := range datasetGoldens(f, Crypt4GH, Crypt4GHPublic) {
		f.Add(g.Data)
	}
	f.Add(armour(crypt4GHLabel, "", c4gh("bcrypt", c4ghOptions(1), crypt4GHCipher, strings.Repeat("x", 60), "c")))
	lim := DefaultLimits()
	lim.BcryptRounds, lim.PBKDF2Iterations, lim.ScryptBytes = 1, 2048, 1
	fuzzDataset(f, lim, Crypt4GH, Crypt4GHPublic)
}

func fuzzDataset(f *testing.F, lim Limits, ids ...ID) {
	passphrase := testkeys.Passphrase(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		e, err := Parse(data, lim)
		if err != nil || !slices.Contains(ids, e.Format) {
			return
		}
		k, err := e.Open(passphrase)
		if !bytes.Equal(data, before) {
			t.Fatal("the input was written to")
		}
		if err != nil {
			return
		}
		if checkComment(k.Comment()) != nil {
			k = k.WithComment("")
		}
		checkAgain(t, e.Format, k)
	})
}

func checkAgain(t *testing.T, id ID, k *keytool.Key) {
	t.Helper()
	losses, err := Fit(id, k)
	if err != nil {
		t.Fatal(err)
	}
	data, err := Encode(id, k, Options{})
	if err != nil {
		t.Fatal(err)
	}
	e, err := Parse(data, DefaultLimits())
	if err != nil {
		t.Fatalf("%v:\n%s", err, data)
	}
	again, err := e.Open(nil)
	if err != nil || !again.Equal(k) || again.IsPrivate() != k.IsPrivate() || len(losses) == 0 && again.Comment() != k.Comment() {
		t.Fatalf("read back %v under another comment or key: %v", again, err)
	}
}
