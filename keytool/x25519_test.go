package keytool

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/neicnordic/crypt4gh/keys"
)

func fromHex(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestX25519Vector: Alice's key of RFC 7748 section 6.1.
func TestX25519Vector(t *testing.T) {
	scalar := fromHex(t, "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
	k, err := NewX25519(scalar, "alice")
	if err != nil {
		t.Fatal(err)
	}
	want := fromHex(t, "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
	if !bytes.Equal(k.Blob(), want) || k.Comment() != "alice" {
		t.Errorf("public key %x, want %x", k.Blob(), want)
	}
	for _, n := range []int{0, 31} {
		if k, err := NewX25519(scalar[:n], ""); k != nil || err == nil {
			t.Errorf("%d bytes are taken for a scalar", n)
		}
	}
}

// TestX25519Key: the fingerprint is the digest of the 32 bytes and nothing else,
// and no SSH name leads to such a key.
func TestX25519Key(t *testing.T) {
	k, err := GenerateX25519("c")
	if err != nil {
		t.Fatal(err)
	}
	raw := k.Params()[0]
	want := "SHA256:" + base64.RawStdEncoding.EncodeToString(SHA256.Sum(raw))
	if len(raw) != X25519Size || !bytes.Equal(raw, k.Blob()) || k.Fingerprint() != want || k.Bits() != 256 || !k.Algorithm().Dataset() {
		t.Errorf("%v, blob of %d bytes, want %s", k, len(k.Blob()), want)
	}
	if LookupAlgorithm("x25519") != nil || slices.Contains(Algorithms(), "x25519") {
		t.Error("x25519 is found among the SSH key types")
	}
	if ssh, err := NewPublic(AppendStr(AppendStr(nil, "x25519"), raw), ""); err == nil && ssh.Algorithm().Dataset() {
		t.Error("an SSH blob makes a dataset key")
	}
	if k.SSHFP("host") != nil {
		t.Error("SSHFP records of a dataset key")
	}
	printed := fmt.Sprintf("%v %+v %#v %s %x %v", k, *k, k, k.Secret(), k, k.Secret())
	if secret := k.Secret().(*X25519Secret).Scalar; strings.Contains(printed, fmt.Sprintf("%x", secret[:8])) {
		t.Error("the scalar is printed")
	}
}

func TestX25519Mismatch(t *testing.T) {
	a, _ := GenerateX25519("")
	b, _ := GenerateX25519("")
	_, err := NewPrivate(a.Public(), b.Secret())
	m, ok := err.(*MismatchError)
	if !ok || m.Got == nil || !m.Got.Equal(b) || !m.Want.Equal(a) {
		t.Errorf("%v, want a MismatchError of both keys", err)
	}
	if _, err := NewPrivate(edKey(t, 'e').Public(), b.Secret()); err == nil {
		t.Error("an X25519 secret was joined to an Ed25519 key")
	}
}

// TestX25519SmallOrder: points to which everybody could decrypt (RFC 7748 section
// 6.1), and an RSA key read as zeros.
func TestX25519SmallOrder(t *testing.T) {
	for _, s := range []string{
		strings.Repeat("00", 32), "01" + strings.Repeat("00", 31),
		"e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
		"5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
	} {
		if k, err := NewX25519Public(fromHex(t, s), ""); k != nil || err == nil {
			t.Errorf("%s is taken for a public key", s)
		}
	}
	if _, err := NewX25519Public(make([]byte, 31), ""); err == nil {
		t.Error("31 bytes are taken for a public key")
	}
}

// TestToX25519 holds both maps to each other and to the one of Crypt4GH's Go
// implementation.
func TestToX25519(t *testing.T) {
	for range 200 {
		public, private, _ := ed25519.GenerateKey(rand.Reader)
		pub, err := NewPublicParams("ssh-ed25519", "c", public)
		if err != nil {
			t.Fatal(err)
		}
		k, err := NewPrivate(pub, &EdSecret{Seed: private.Seed()})
		if err != nil {
			t.Fatal(err)
		}
		fromPrivate, err := ToX25519(k)
		if err != nil {
			t.Fatal(err)
		}
		fromPublic, err := ToX25519(pub)
		if err != nil || !fromPublic.Equal(fromPrivate) || fromPublic.IsPrivate() || fromPublic.Comment() != "c" {
			t.Fatalf("%v and %v (%v)", fromPublic, fromPrivate, err)
		}
		var want [32]byte
		keys.PrivateKeyToCurve25519(&want, private)
		theirs, err := ecdh.X25519().NewPrivateKey(want[:])
		if err != nil || !bytes.Equal(theirs.PublicKey().Bytes(), fromPrivate.Blob()) {
			t.Fatalf("the reference has another private key: %v", err)
		}
		keys.PublicKeyToCurve25519(&want, public)
		if !bytes.Equal(want[:], fromPublic.Blob()) {
			t.Fatal("the reference has another public key")
		}
		if same, err := ToX25519(fromPrivate); err != nil || same != fromPrivate {
			t.Fatalf("an X25519 key becomes %v (%v)", same, err)
		}
	}
}

// TestToX25519Refuses: what is no point of the curve, or one of small order, and
// the types that have no such map.
func TestToX25519Refuses(t *testing.T) {
	little := func(n *big.Int) []byte {
		b := n.FillBytes(make([]byte, 32))
		slices.Reverse(b)
		return b
	}
	p := edPrime()
	bad := map[string][]byte{
		"identity": little(big.NewInt(1)), "order two": little(new(big.Int).Sub(p, big.NewInt(1))),
		"not reduced": little(new(big.Int).Add(p, big.NewInt(3))), "off the curve": little(big.NewInt(2)),
	}
	for name, y := range bad {
		k, err := NewPublicParams("ssh-ed25519", "", y)
		if err != nil {
			t.Fatal(err)
		}
		if x, err := ToX25519(k); x != nil || err == nil {
			t.Errorf("%s becomes a dataset key", name)
		}
	}
	k, err := Generate("ecdsa-sha2-nistp256", 0, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ToX25519(k); err == nil {
		t.Error("an ECDSA key becomes a dataset key")
	}
}
