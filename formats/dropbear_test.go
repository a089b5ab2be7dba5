package formats

import (
	"bytes"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

func TestDropbearGoldens(t *testing.T) {
	for _, g := range goldensOf(t, Dropbear) {
		e, err := Parse(g.Data, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		k, err := e.Open(nil)
		if err != nil || !k.IsPrivate() || k.Fingerprint() != g.Facts.SHA256 || k.Comment() != "" {
			t.Errorf("%s: %v %v", g, err, k)
		}
		if e.Format != Dropbear || e.Kind != KindPrivate || e.Algorithm != g.Facts.Algorithm || e.Encrypted() || !e.Public.Equal(k) || e.Public.IsPrivate() {
			t.Errorf("%s: %+v", g, e)
		}
		// dropbearconvert made the file of the openssh one beside it.
		source := findKey(t, g.Key, "openssh")
		for _, key := range []*keytool.Key{k, source} {
			if got := mustEncode(t, Dropbear, key, Options{}); !bytes.Equal(got, g.Data) {
				t.Errorf("%s: %d bytes, dropbearconvert wrote %d", g, len(got), len(g.Data))
			}
		}
	}
}

// dropbearCut cuts a file into its strings.
func dropbearCut(t testing.TB, data []byte) [][]byte {
	t.Helper()
	r := keytool.NewWireReader(data)
	var fields [][]byte
	for len(r.Rest()) > 0 {
		fields = append(fields, bytes.Clone(r.Str("field")))
	}
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	return fields
}

func dropbearJoin(fields ...[]byte) []byte {
	var data []byte
	for _, f := range fields {
		data = keytool.AppendStr(data, f)
	}
	return data
}

func TestDropbearPeers(t *testing.T) {
	for _, args := range [][]string{
		{"rsa", "-s", "1024"}, {"rsa", "-s", "2048"}, {"dss"},
		{"ecdsa", "-s", "256"}, {"ecdsa", "-s", "384"}, {"ecdsa", "-s", "521"}, {"ed25519"},
	} {
		name := strings.Join(args, " ")
		path := t.TempDir() + "/key"
		runTool(t, "dropbearkey", append([]string{"-f", path, "-t"}, args...)...)
		data := contentOf(t, path)
		e, err := Parse(data, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		k, err := e.Open(nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := runTool(t, "dropbearkey", "-y", "-f", path); !strings.Contains(got, "\n"+bareLine(k)+" ") {
			t.Errorf("%s: dropbearkey -y says\n%s, want\n%s", name, got, bareLine(k))
		}
		ours := mustEncode(t, Dropbear, k, Options{})
		if !bytes.Equal(ours, data) {
			t.Errorf("%s: %d bytes, dropbearkey wrote %d", name, len(ours), len(data))
		}
		converted := t.TempDir() + "/openssh"
		runTool(t, "dropbearconvert", "dropbear", "openssh", fileOf(t, ours), converted)
		if got := firstFields(runTool(t, "ssh-keygen", "-y", "-f", converted), 2); got != bareLine(k) {
			t.Errorf("%s: dropbearconvert made of it\n%s, want\n%s", name, got, bareLine(k))
		}
	}
}

// TestDropbearWithoutPrimes: Dropbear before 0.33 wrote e n d and no more.
func TestDropbearWithoutPrimes(t *testing.T) {
	for _, name := range []string{"rsa1024", "rsa2048", "rsa3072", "rsa-aligned"} {
		g := testkeys.Find(t, name, "dropbear")
		f := dropbearCut(t, g.Data) // type e n d p q
		one := big.NewInt(1)
		p, q := new(big.Int).SetBytes(f[4]), new(big.Int).SetBytes(f[5])
		e := new(big.Int).SetBytes(f[1])
		phi := new(big.Int).Mul(p.Sub(p, one), q.Sub(q, one))
		byPhi := keytool.AppendMPInt(nil, new(big.Int).ModInverse(e, phi).Bytes())[4:]
		byLCM := keytool.AppendMPInt(nil, new(big.Int).ModInverse(e, phi.Div(phi, new(big.Int).GCD(nil, nil, p, q))).Bytes())[4:]
		for _, d := range [][]byte{f[3], byPhi, byLCM} {
			e, err := Parse(dropbearJoin(f[0], f[1], f[2], d), DefaultLimits())
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			k, err := e.Open(nil)
			if err != nil || k.Fingerprint() != g.Facts.SHA256 {
				t.Errorf("%s: %v %v", name, err, k)
				continue
			}
			if got := mustEncode(t, Dropbear, k, Options{}); !bytes.Equal(got, dropbearJoin(f[0], f[1], f[2], d, f[4], f[5])) {
				t.Errorf("%s: the primes differ from those of the whole file", name)
			}
		}
	}
}

func isMismatch(err error) bool {
	_, ok := errors.AsType[*keytool.MismatchError](err)
	return ok
}

func TestDropbearDamage(t *testing.T) {
	rsa := dropbearCut(t, testkeys.Find(t, "rsa1024", "dropbear").Data)
	ec := dropbearCut(t, testkeys.Find(t, "ecdsa256", "dropbear").Data)
	dsa := dropbearCut(t, testkeys.Find(t, "dsa1024", "dropbear").Data)
	ed := dropbearCut(t, testkeys.Find(t, "ed25519", "dropbear").Data)
	other := dropbearCut(t, testkeys.Find(t, "ed25519-leadingzero", "dropbear").Data)
	with := func(fields [][]byte, at int, value []byte) []byte {
		changed := slices.Clone(fields)
		changed[at] = value
		return dropbearJoin(changed...)
	}
	flip := func(fields [][]byte, at int) []byte {
		b := bytes.Clone(fields[at])
		b[len(b)-1] ^= 2
		return with(fields, at, b)
	}
	for name, c := range map[string]struct {
		data []byte
		is   func(error) bool
	}{
		"d":                           {flip(rsa, 3), isMismatch},
		"p":                           {flip(rsa, 4), isMismatch},
		"q":                           {flip(rsa, 5), isMismatch},
		"n":                           {flip(rsa, 2), isMismatch},
		"d without primes":            {flip(rsa[:4], 3), isMismatch},
		"n without primes":            {flip(rsa[:4], 2), isMismatch},
		"d zero, without primes":      {with(rsa[:4], 3, nil), isMismatch},
		"d long, without primes":      {with(rsa[:4], 3, bytes.Repeat([]byte{1}, 5000)), isMismatch},
		"e zero, without primes":      {with(rsa[:4], 1, nil), isSyntax},
		"p zero":                      {with(rsa, 4, nil), isMismatch},
		"p and q zero":                {dropbearJoin(rsa[0], rsa[1], rsa[2], rsa[3], nil, nil), isMismatch},
		"q missing":                   {dropbearJoin(rsa[:5]...), isSyntax},
		"d negative":                  {with(rsa, 3, []byte{0x80}), isSyntax},
		"RSA, bytes behind":           {append(dropbearJoin(rsa...), 0), isSyntax},
		"scalar":                      {flip(ec, 3), isMismatch},
		"scalar zero":                 {with(ec, 3, nil), isMismatch},
		"point":                       {flip(ec, 2), isSyntax},
		"curve of another":            {with(ec, 1, []byte("nistp384")), isSyntax},
		"ECDSA, bytes behind":         {append(dropbearJoin(ec...), 0), isSyntax},
		"x":                           {flip(dsa, 5), isMismatch},
		"x zero":                      {with(dsa, 5, nil), isMismatch},
		"y":                           {flip(dsa, 4), isMismatch},
		"seed":                        {with(ed, 1, slices.Concat(other[1][:32], ed[1][32:])), isMismatch},
		"public key":                  {with(ed, 1, slices.Concat(ed[1][:32], other[1][32:])), isMismatch},
		"Ed25519, bytes behind":       {append(dropbearJoin(ed...), 0), isSyntax},
		"Ed25519, cut":                {dropbearJoin(ed...)[:60], isSyntax},
		"Ed25519, cut after the seed": {dropbearJoin(ed...)[:15+4+32], isSyntax},
	} {
		if id, _ := Detect(c.data); id != Dropbear {
			t.Errorf("%s: taken for %q", name, id)
		}
		if e, err := Parse(c.data, DefaultLimits()); !c.is(err) || e != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestDropbearCut: no part of a file opens as a key but the one without primes.
func TestDropbearCut(t *testing.T) {
	for _, g := range goldensOf(t, Dropbear) {
		k := openGolden(t, g)
		opened := 0
		for n := range g.Data {
			e, err := Parse(g.Data[:n], DefaultLimits())
			if err != nil {
				continue
			}
			switch e.Kind {
			case KindPrivate:
				opened++
				if back, err := e.Open(nil); err != nil || !back.Equal(k) {
					t.Errorf("%s, first %d bytes: %v", g, n, err)
				}
			case KindPublic: // what stands first is the public blob
				if e.Format != Wire || !e.Public.Equal(k) {
					t.Errorf("%s, first %d bytes: %v", g, n, e)
				}
			}
		}
		if want := map[bool]int{true: 1}[k.Algorithm().Family == keytool.RSA]; opened != want {
			t.Errorf("%s: %d of its parts open as private keys, want %d", g, opened, want)
		}
	}
}

func TestDropbearKeepsNothingOfItsInput(t *testing.T) {
	for _, g := range goldensOf(t, Dropbear) {
		data := bytes.Clone(g.Data)
		e, err := Parse(data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		clear(data)
		k, _ := e.Open(nil)
		if got := mustEncode(t, Dropbear, k, Options{}); !bytes.Equal(got, g.Data) {
			t.Errorf("%s: the key changed with the bytes it was read from", g)
		}
	}
}

func TestDropbearFit(t *testing.T) {
	for name, want := range map[string]string{
		"rsa2048/openssh": "comment", "dsa1024/openssh": "comment", "ecdsa521/openssh": "comment",
		"ed25519/dropbear": "", "ed25519/ppk3.cert": "comment certificate",
		"ed448/ppk3": "refused", "mldsa44-ed25519/openssh": "refused", "ed25519/openssh.pub": "refused",
	} {
		key, file, _ := strings.Cut(name, "/")
		losses, err := Fit(Dropbear, findKey(t, key, file))
		var what []string
		for _, l := range losses {
			what = append(what, l.What)
		}
		if _, refused := errors.AsType[*CannotHoldError](err); refused {
			what = []string{"refused"}
		}
		if got := strings.Join(what, " "); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

// TestDropbearDSA: Dropbear itself refuses to read DSA keys of 2048 bits.
func TestDropbearDSA(t *testing.T) {
	path, empty := t.TempDir()+"/ppk", fileOf(t, nil)
	runTool(t, "puttygen", "-t", "dsa", "-b", "2048", "-q", "-C", "", "--new-passphrase", empty, "-o", path, "--random-device=/dev/urandom")
	pem := t.TempDir() + "/pem"
	runTool(t, "puttygen", path, "-O", "private-openssh", "-o", pem)
	e, err := Parse(contentOf(t, pem), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	k, err := e.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Encode(Dropbear, k, Options{}); err == nil {
		t.Error("a file that Dropbear would not read")
	}
}

func TestDropbearPassphrase(t *testing.T) {
	_, err := Encode(Dropbear, findKey(t, "ed25519", "dropbear"), Options{Passphrase: []byte("x")})
	if _, refused := errors.AsType[*CannotHoldError](err); !refused {
		t.Errorf("%v", err)
	}
}

func FuzzDropbear(f *testing.F) {
	for _, g := range goldensOf(f, Dropbear) {
		f.Add(g.Data)
	}
	rsa := dropbearCut(f, testkeys.Find(f, "rsa1024", "dropbear").Data)
	f.Add(dropbearJoin(rsa[:4]...))
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPrivateFile(t, Dropbear, data, nil)
	})
}
