package bcryptpbkdf

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// vectors were made with OpenBSD's implementation; they stand in the tests of
// RustCrypto's bcrypt-pbkdf and of golang.org/x/crypto.
var vectors = []struct {
	password, salt string
	rounds         int
	key            string
}{
	{"password", "salt", 4, "5bbf0cc293587f1c3635555c27796598d47e579071bf427e9d8fbe842aba34d9"},
	{"password", "\x00", 4, "c12b566235eee04c212598970a579a67"},
	{"\x00", "salt", 4, "6051be18c2f4f82cbf0efee5471b4bb9"},
	{"password\x00", "salt\x00", 4, "7410e44cf4fa07bfaac8a928b1727fac001375e7bf7384370f48efd121743050"},
	{"password", "salt", 12, "1ae42c05d487bc02f64921a4ebe4ea93bcacfe135fda99974c06b7b01fae149a"},
	{"passwordy\x00PASSWORD\x00", "salty\x00SALT\x00", 3, "7f310bd3e78c3280c59ce4595211a2928e8d4ec744c1ed2efc9f764e3388e0ad"},
	{"секретное слово", "посолить немножко", 8,
		"8df43fc6fe131fc47f0c9e39224bd94c70b6fcc8ee8135faddf61156e6cb2733ea765f315a3e1e4a" +
			"fc35bf8687d189254c1e05a6fe80c0617f9183d67260d6a115c6c94e3603e2303fbb43a76a64523ffda686b1d4518543"},
}

func TestKeyVectors(t *testing.T) {
	for _, v := range vectors {
		want, err := hex.DecodeString(v.key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Key([]byte(v.password), []byte(v.salt), v.rounds, len(want))
		if err != nil {
			t.Errorf("%q: %v", v.password, err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%q, %q, %d rounds: %x, want %x", v.password, v.salt, v.rounds, got, want)
		}
	}
}

func TestKeyRefuses(t *testing.T) {
	one := []byte{1}
	for name, c := range map[string]struct {
		password, salt []byte
		rounds, keyLen int
	}{
		"nil password":    {nil, one, 1, 32},
		"empty password":  {[]byte{}, one, 1, 32},
		"empty salt":      {one, nil, 1, 32},
		"no round":        {one, one, 0, 32},
		"negative rounds": {one, one, -1, 32},
		"no key":          {one, one, 1, 0},
		"negative length": {one, one, 1, -1},
		"too long a key":  {one, one, 1, maxKeyLen + 1},
	} {
		if key, err := Key(c.password, c.salt, c.rounds, c.keyLen); err == nil || key != nil {
			t.Errorf("%s: %d bytes, error %v; want an error alone", name, len(key), err)
		}
	}
}

// TestKeyLeavesInput: the salt may be a part of a larger buffer.
func TestKeyLeavesInput(t *testing.T) {
	buf := []byte("password+salt+the rest of a file")
	before := bytes.Clone(buf)
	first, err := Key(buf[:8], buf[9:13], 1, 48)
	if err != nil {
		t.Fatal(err)
	}
	second, _ := Key(buf[:8], buf[9:13], 1, 48)
	if !bytes.Equal(buf, before) {
		t.Error("Key wrote into its input")
	}
	if !bytes.Equal(first, second) {
		t.Error("two calls gave two keys")
	}
}

func BenchmarkKey48(b *testing.B) {
	for b.Loop() {
		if _, err := Key([]byte("secret"), []byte("0123456789abcdef"), 16, 48); err != nil {
			b.Fatal(err)
		}
	}
}
