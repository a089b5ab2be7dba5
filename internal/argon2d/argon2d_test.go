package argon2d

import (
	"bytes"
	"encoding/hex"
	"testing"

	"golang.org/x/crypto/argon2"
)

// TestRFC9106 is the known answer of RFC 9106 section 5.1: four lanes, three
// passes, secret and associated data. Argon2d files of puttygen, with other
// lanes and odd sizes, are read in package formats.
func TestRFC9106(t *testing.T) {
	got := derive(bytes.Repeat([]byte{1}, 32), bytes.Repeat([]byte{2}, 16),
		bytes.Repeat([]byte{3}, 8), bytes.Repeat([]byte{4}, 12), 3, 32, 4, 32)
	want := "512b391b6f1162975371d30919734294f868e3be3984f3c1a13a4db9fabe4acb"
	if hex.EncodeToString(got) != want {
		t.Errorf("got %x, want %s", got, want)
	}
}

// TestKeyLengths crosses the places where H' changes its way.
func TestKeyLengths(t *testing.T) {
	seen := map[string]uint32{}
	for _, n := range []uint32{4, 63, 64, 65, 80, 96, 97, 1024} {
		key := Key([]byte("password"), []byte("somesalt"), 1, 8, 1, n)
		if len(key) != int(n) {
			t.Errorf("%d bytes asked, %d given", n, len(key))
		}
		if other, ok := seen[string(key[:4])]; ok {
			t.Errorf("lengths %d and %d begin alike", n, other)
		}
		seen[string(key[:4])] = n
	}
}

func TestParametersOutOfRange(t *testing.T) {
	for name, call := range map[string]func(){
		"passes": func() { Key(nil, nil, 0, 8, 1, 32) },
		"lanes":  func() { Key(nil, nil, 1, 8, 0, 32) },
		"memory": func() { Key(nil, nil, 1, 15, 2, 32) },
		"length": func() { Key(nil, nil, 1, 8, 1, 3) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

// The two benchmarks compare with x/crypto, whose Argon2id has assembly on amd64.
func BenchmarkArgon2d(b *testing.B) {
	for b.Loop() {
		Key([]byte("password"), []byte("somesalt"), 3, 8192, 1, 80)
	}
}

func BenchmarkXCryptoArgon2id(b *testing.B) {
	for b.Loop() {
		argon2.IDKey([]byte("password"), []byte("somesalt"), 3, 8192, 1, 80)
	}
}
