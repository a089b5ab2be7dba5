package formats

import (
	"bytes"
	"crypto/cipher"
	"errors"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

func TestSSHComGoldens(t *testing.T) {
	for _, g := range goldensOf(t, SSHCom) {
		e, err := Parse(g.Data, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		if e.Format != SSHCom || e.Kind != KindPrivate || e.Algorithm != g.Facts.Algorithm || e.CanOpen() != nil {
			t.Errorf("%s: %+v", g, e)
		}
		p := e.Protection
		if p.Cipher != g.Cipher || p.KDF != g.KDF || p.Legacy != g.Encrypted() || len(p.Params) != 0 {
			t.Errorf("%s: protection %+v", g, p)
		}
		if (e.Public == nil) != g.Encrypted() {
			t.Errorf("%s: in clear: %v", g, e.Public)
		}
		for range 2 { // opening changes nothing
			k, err := e.Open(g.Passphrase)
			if err != nil || !k.IsPrivate() || k.Fingerprint() != g.Facts.SHA256 || k.Comment() != g.Comment {
				t.Errorf("%s: %v %v", g, err, k)
			}
		}
	}
}

// sshComPlain is the private part of a file, decrypted but not judged.
func sshComPlain(t testing.TB, data, passphrase []byte) (f *sshComFile, plain []byte) {
	t.Helper()
	f, err := readSSHCom(data)
	if err != nil {
		t.Fatal(err)
	}
	if f.cipher == sshComNone {
		return f, f.private
	}
	block, err := sshComCipher(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	plain = make([]byte, len(f.private))
	cipher.NewCBCDecrypter(block, make([]byte, 8)).CryptBlocks(plain, f.private)
	return f, plain
}

// TestSSHComBytes: what puttygen wrote we write byte for byte, once its random
// padding is played back.
func TestSSHComBytes(t *testing.T) {
	padded := 0
	for _, g := range goldensOf(t, SSHCom) {
		k := openGolden(t, g)
		opt := Options{Passphrase: g.Passphrase}
		if g.Encrypted() {
			_, plain := sshComPlain(t, g.Data, g.Passphrase)
			r := keytool.NewWireReader(plain)
			r.Str("numbers")
			padded += len(r.Rest())
			opt.Rand = bytes.NewReader(r.Rest())
		}
		if got := mustEncode(t, SSHCom, k, opt); !bytes.Equal(got, g.Data) {
			t.Errorf("%s: %d bytes, puttygen wrote %d", g, len(got), len(g.Data))
		}
	}
	if padded == 0 {
		t.Error("no golden file has padding")
	}
}

// TestSSHComOtherSource: the same from keys read elsewhere, RSA with its primes
// the other way round.
func TestSSHComOtherSource(t *testing.T) {
	for _, name := range []string{"rsa1024", "rsa2048", "rsa-aligned", "dsa1024"} {
		k := findKey(t, name, "openssh")
		want := testkeys.Find(t, name, "sshcom").Data
		if got := mustEncode(t, SSHCom, k, Options{}); !bytes.Equal(got, want) {
			t.Errorf("%s from openssh: not as puttygen", name)
		}
		s, ok := k.Secret().(*keytool.RSASecret)
		if !ok {
			continue
		}
		turned, err := keytool.NewPrivate(k.Public(), &keytool.RSASecret{D: s.D, P: s.Q, Q: s.P})
		if err != nil {
			t.Fatal(err)
		}
		if got := mustEncode(t, SSHCom, turned, Options{}); !bytes.Equal(got, want) {
			t.Errorf("%s with the smaller prime first: not as puttygen", name)
		}
	}
}

// sshComComments: puttygen cuts at 60 and then 70 bytes, wherever that is.
func sshComComments() []string {
	all := []string{"", "a", `a "b" \c`, `"`, `"quoted"`, `ends in \`, `\`, "a: b", " blanks ", "太郎 🔑"}
	for _, n := range []int{59, 60, 61, 129, 130, 131, 200, 201, 254} {
		all = append(all, strings.Repeat("x", n), strings.Repeat(`\`, n), strings.Repeat("鍵", n)[:n-n%3])
	}
	return all
}

func TestSSHComComments(t *testing.T) {
	key := fileOf(t, testkeys.Find(t, "rsa1024", "openssh").Data)
	k := findKey(t, "rsa1024", "openssh")
	for _, comment := range sshComComments() {
		data := mustEncode(t, SSHCom, k.WithComment(comment), Options{})
		e, err := Parse(data, DefaultLimits())
		if err != nil || e.Public.Comment() != comment {
			t.Errorf("%q: %v, read as %+v", comment, err, e)
		}
		out := fileOf(t, nil)
		runTool(t, "puttygen", key, "-C", comment, "-O", "private-sshcom", "-o", out)
		if want := contentOf(t, out); !bytes.Equal(data, want) {
			t.Errorf("%q: puttygen wrote\n%swe write\n%s", comment, want, data)
		}
	}
}

func TestSSHComPeers(t *testing.T) {
	passphrase := []byte("pâss 鍵")
	secret := fileOf(t, append(bytes.Clone(passphrase), '\n'))
	for _, name := range []string{"rsa1024", "rsa2048", "rsa3072", "dsa1024"} {
		k := findKey(t, name, "openssh")
		plain := fileOf(t, mustEncode(t, SSHCom, k, Options{}))
		locked := fileOf(t, mustEncode(t, SSHCom, k, Options{Passphrase: passphrase}))
		for _, got := range []string{
			runTool(t, "puttygen", "-L", plain),
			runTool(t, "puttygen", "-L", locked, "--old-passphrase", secret),
		} {
			if want := bareLine(k) + " " + k.Comment(); strings.TrimSpace(got) != want {
				t.Errorf("%s: puttygen says\n%s, want\n%s", name, got, want)
			}
		}
		converted := fileOf(t, []byte(runTool(t, "ssh-keygen", "-i", "-f", plain)))
		if got := firstFields(runTool(t, "ssh-keygen", "-y", "-f", converted), 2); got != bareLine(k) {
			t.Errorf("%s: ssh-keygen -i made of it\n%s, want\n%s", name, got, bareLine(k))
		}
		e, err := Parse(contentOf(t, locked), DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if again, err := e.Open(passphrase); err != nil || !again.Equal(k) || again.Comment() != k.Comment() {
			t.Errorf("%s: we say %v, %v", name, again, err)
		}
	}
}

func TestSSHComPassphrase(t *testing.T) {
	g := testkeys.Find(t, "rsa2048", "sshcom.3des")
	e, err := Parse(g.Data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Open(nil); !errors.Is(err, ErrPassphraseRequired) {
		t.Errorf("none: %v", err)
	}
	for _, wrong := range []string{"", "x", string(g.Passphrase) + " ", strings.ToUpper(string(g.Passphrase))} {
		if k, err := e.Open([]byte(wrong)); !errors.Is(err, ErrWrongPassphrase) || k != nil {
			t.Errorf("%d bytes: %v %v", len(wrong), k, err)
		}
	}
	if _, err := e.Open(g.Passphrase); err != nil {
		t.Errorf("the right one after wrong ones: %v", err)
	}
	plain, _ := Parse(testkeys.Find(t, "rsa2048", "sshcom").Data, DefaultLimits())
	if _, err := plain.Open([]byte("ignored")); err != nil {
		t.Errorf("not encrypted: %v", err)
	}
}

// TestSSHComLockedDamage: behind a right first block, damage is not taken for a
// wrong passphrase.
func TestSSHComLockedDamage(t *testing.T) {
	g := testkeys.Find(t, "rsa1024", "sshcom.3des")
	f, plain := sshComPlain(t, g.Data, g.Passphrase)
	for at := 0; at+8 < len(plain); at += 8 {
		sealed := bytes.Clone(f.private)
		sealed[at] ^= 1
		e, err := Parse(sshComText(f.keyType, f.cipher, sealed), DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Open(g.Passphrase)
		if wrong := errors.Is(err, ErrWrongPassphrase); err == nil || wrong != (at == 0) {
			t.Errorf("block %d: %v", at/8, err)
		}
	}
}

// sshComText is a file with the given parts.
func sshComText(keyType, cipher string, private []byte) []byte {
	fields := slices.Concat(wireStr([]byte(keyType)), wireStr([]byte(cipher)), wireStr(private))
	blob := keytool.AppendUint32(keytool.AppendUint32(nil, sshComMagic), uint32(8+len(fields)))
	return ssh2Text(sshComLabel, "Comment: \"mine\"\n", append(blob, fields...))
}

func TestSSHComDamage(t *testing.T) {
	g := testkeys.Find(t, "rsa1024", "sshcom")
	f, private := sshComPlain(t, g.Data, nil)
	payload := private[4:]
	block, err := readSSH2Block(SSHCom, g.Data, sshComLabel)
	if err != nil {
		t.Fatal(err)
	}
	blobWith := func(edit func(b []byte) []byte) []byte {
		return ssh2Text(sshComLabel, "", edit(bytes.Clone(block.body)))
	}
	with := func(edit func(b []byte) []byte) []byte {
		return sshComText(f.keyType, f.cipher, wireStr(edit(bytes.Clone(payload))))
	}
	flip := func(at int, mask byte) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= mask; return b }
	}
	grow := func(b []byte) []byte { return append(b, 0) }
	dsa := func(flag byte) []byte { return sshComText(sshComDSA, sshComNone, wireStr([]byte{0, 0, 0, flag})) }
	for name, data := range map[string][]byte{
		"magic":                  blobWith(flip(0, 1)),
		"total length":           blobWith(flip(7, 1)),
		"byte behind":            blobWith(grow),
		"cut":                    blobWith(func(b []byte) []byte { return b[:len(b)-1] }),
		"empty":                  blobWith(func(b []byte) []byte { return b[:0] }),
		"type length":            blobWith(flip(8, 0x80)),
		"type without name":      sshComText("", sshComNone, private),
		"type of control bytes":  sshComText("if-modn{sign{rsa\x00", sshComNone, private),
		"cipher without name":    sshComText(sshComRSA, "", private),
		"cipher name too long":   sshComText(sshComRSA, strings.Repeat("c", 129), private),
		"private part empty":     sshComText(sshComRSA, sshComNone, nil),
		"private part cut":       sshComText(sshComRSA, sshComNone, private[:len(private)-1]),
		"eight bytes behind":     sshComText(sshComRSA, sshComNone, append(bytes.Clone(private), make([]byte, 8)...)),
		"not a multiple of 8":    sshComText(sshComRSA, sshCom3DES, make([]byte, 47)),
		"nothing encrypted":      sshComText(sshComRSA, sshCom3DES, nil),
		"byte behind numbers":    with(grow),
		"numbers cut":            with(func(b []byte) []byte { return b[:len(b)-1] }),
		"bits of e":              with(flip(0, 0xff)),
		"e is zero":              with(func(b []byte) []byte { return append(make([]byte, 4), b[7:]...) }),
		"DSA parameters neither": dsa(2),
		"DSA parameters missing": dsa(0),
	} {
		if _, err := Parse(data, DefaultLimits()); !isSyntax(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, at := range map[string]int{"e": 6, "d": 20, "n": 150, "p": len(payload) - 100, "q": len(payload) - 1} {
		_, err := Parse(with(flip(at, 2)), DefaultLimits())
		if _, ok := errors.AsType[*keytool.MismatchError](err); !ok {
			t.Errorf("bit of %s: %v", name, err)
		}
	}
}

func TestSSHComUnsupported(t *testing.T) {
	predefined := wireStr([]byte{0, 0, 0, 1, 0, 0, 0, 1, 'x'})
	for name, c := range map[string]struct {
		data      []byte
		algorithm string
		cipher    string
		what      string
	}{
		"type":           {sshComText("ec-modp{sign{ecdsa}}", "none", make([]byte, 8)), "ec-modp{sign{ecdsa}}", "", "ec-modp"},
		"type, locked":   {sshComText("ec-modp{sign{ecdsa}}", "3des-cbc", make([]byte, 8)), "ec-modp{sign{ecdsa}}", "3des-cbc", "ec-modp"},
		"cipher":         {sshComText(sshComRSA, "aes128-cbc", make([]byte, 16)), "ssh-rsa", "aes128-cbc", "aes128-cbc"},
		"DSA parameters": {sshComText(sshComDSA, "none", predefined), "ssh-dss", "", "predefined"},
	} {
		e, err := Parse(c.data, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		_, err = e.Open([]byte("x"))
		u, ok := errors.AsType[*UnsupportedError](err)
		if !ok || !strings.Contains(u.What, c.what) || e.CanOpen() == nil {
			t.Errorf("%s: %v", name, err)
		}
		if e.Algorithm != c.algorithm || e.Protection.Cipher != c.cipher || e.Public != nil {
			t.Errorf("%s: %+v", name, e)
		}
	}
}

// TestSSHComOtherSchemes: the key type goes on with what the key is for, which
// changes nothing about its numbers.
func TestSSHComOtherSchemes(t *testing.T) {
	f, private := sshComPlain(t, testkeys.Find(t, "rsa1024", "sshcom").Data, nil)
	e, err := Parse(sshComText("if-modn{sign{rsa-pkcs1-sha256}}", f.cipher, private), DefaultLimits())
	if err != nil || e.Algorithm != "ssh-rsa" || e.Public.Comment() != "mine" {
		t.Errorf("%v %+v", err, e)
	}
}

func TestSSHComFit(t *testing.T) {
	for name, fits := range map[string]bool{"rsa2048": true, "dsa1024": true, "ecdsa256": false, "ed25519": false} {
		_, err := Fit(SSHCom, findKey(t, name, "openssh"))
		if _, refused := errors.AsType[*CannotHoldError](err); refused == fits || (err == nil) != fits {
			t.Errorf("%s: %v", name, err)
		}
	}
	losses, err := Fit(SSHCom, findKey(t, "rsa2048", "ppk3.cert"))
	if err != nil || len(losses) != 1 || losses[0].What != "certificate" {
		t.Errorf("certificate: %v %v", losses, err)
	}
}

func FuzzSSHCom(f *testing.F) {
	for _, g := range goldensOf(f, SSHCom) {
		f.Add(g.Data, g.Passphrase)
	}
	f.Fuzz(func(t *testing.T, data, passphrase []byte) {
		checkPrivateFile(t, SSHCom, data, passphrase)
	})
}

// checkPrivateFile is checkPublicFile for private keys: what opens is written
// and opens as the same key.
func checkPrivateFile(t *testing.T, id ID, data, passphrase []byte) {
	before, secret := bytes.Clone(data), bytes.Clone(passphrase)
	if detected, _ := Detect(data); detected != id {
		return
	}
	e, err := Parse(data, DefaultLimits())
	if err != nil {
		return
	}
	k, err := e.Open(passphrase)
	if !bytes.Equal(before, data) || !bytes.Equal(secret, passphrase) {
		t.Fatal("the input was written to")
	}
	if err != nil {
		return
	}
	opt := Options{}
	if Lookup(id).Encrypts {
		opt.Passphrase = passphrase
	}
	written, err := Encode(id, k, opt)
	if err != nil {
		if _, refused := errors.AsType[*CannotHoldError](err); !refused && checkComment(k.Comment()) == nil {
			t.Fatal(err)
		}
		return
	}
	again, err := Parse(written, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if back, err := again.Open(passphrase); err != nil || !back.Equal(k) || !back.IsPrivate() || back.Comment() != k.Comment() {
		t.Fatalf("written and opened again: %v %v", back, err)
	}
}
