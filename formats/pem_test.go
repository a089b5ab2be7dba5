package formats

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// pkcsGoldens are the golden files of some formats; none is a failure.
func pkcsGoldens(t testing.TB, ids ...ID) []testkeys.Golden {
	t.Helper()
	var some []testkeys.Golden
	for _, g := range testkeys.Goldens(t) {
		for _, id := range ids {
			if g.Format == string(id) {
				some = append(some, g)
			}
		}
	}
	if len(some) == 0 {
		t.Fatalf("no golden files of %v", ids)
	}
	return some
}

// pkcsOpen reads a golden to its key.
func pkcsOpen(t testing.TB, data, passphrase []byte) *keytool.Key {
	t.Helper()
	e, err := Parse(data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	key, err := e.Open(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// checkPKCSGolden compares all that can be read of a golden with its facts.
func checkPKCSGolden(t *testing.T, g testkeys.Golden) {
	before := bytes.Clone(g.Data)
	e, err := Parse(g.Data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if string(e.Format) != g.Format || e.DER != g.DER || e.Encrypted() != g.Encrypted() {
		t.Errorf("format %s, DER %v, encrypted %v", e.Format, e.DER, e.Encrypted())
	}
	if e.Protection.Cipher != g.Cipher || e.Protection.KDF != g.KDF || !maps.Equal(e.Protection.Params, g.Params) {
		t.Errorf("protection %+v, want %s %s %v", e.Protection, g.Cipher, g.KDF, g.Params)
	}
	if !g.Encrypted() && (e.Algorithm != g.Facts.Algorithm || e.Public.Fingerprint() != g.Facts.SHA256 || e.Public.IsPrivate()) {
		t.Errorf("in clear: %s %s", e.Algorithm, e.Public)
	}
	if g.Encrypted() {
		checkPKCSLocked(t, e, g)
	}
	for range 2 {
		key, err := e.Open(g.Passphrase)
		if err != nil {
			t.Fatal(err)
		}
		if key.Fingerprint() != g.Facts.SHA256 || key.Bits() != g.Facts.Bits || key.IsPrivate() != g.Private {
			t.Errorf("opened %s, want %s", key, g.Facts.SHA256)
		}
	}
	if !bytes.Equal(before, g.Data) {
		t.Error("the input was written to")
	}
}

func checkPKCSLocked(t *testing.T, e *Envelope, g testkeys.Golden) {
	if e.Public != nil {
		t.Error("a public half out of an encrypted file")
	}
	if _, err := e.Open(nil); !errors.Is(err, ErrPassphraseRequired) {
		t.Errorf("without passphrase: %v", err)
	}
	for _, wrong := range []string{"", "wrong", string(g.Passphrase) + " "} {
		if _, err := e.Open([]byte(wrong)); !errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("wrong passphrase: %v", err)
		}
	}
}

func TestPEMGoldens(t *testing.T) {
	for _, g := range pkcsGoldens(t, PKCS1, SEC1, DSAPEM) {
		t.Run(g.String(), func(t *testing.T) { checkPKCSGolden(t, g) })
	}
}

// pkcsOneOfEach are the goldens of that name, one per key.
func pkcsOneOfEach(t testing.TB, names ...string) []testkeys.Golden {
	t.Helper()
	var some []testkeys.Golden
	for _, g := range testkeys.Goldens(t) {
		for _, name := range names {
			if g.Name == name {
				some = append(some, g)
			}
		}
	}
	if len(some) == 0 {
		t.Fatalf("no golden files named %v", names)
	}
	return some
}

// pkcsRun runs a peer in a folder of its own and returns what it printed. The
// files are written there first, readable by their owner only.
func pkcsRun(t testing.TB, dir, tool string, args ...string) string {
	t.Helper()
	cmd := exec.Command(testkeys.Tool(t, tool), args...)
	cmd.Dir = dir
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s %s: %v\n%s", tool, strings.Join(args, " "), err, errs.String())
	}
	return out.String()
}

func pkcsWrite(t testing.TB, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

func pkcsRead(t testing.TB, dir, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func pkcsEncode(t testing.TB, id ID, k *keytool.Key, opt Options) []byte {
	t.Helper()
	out, err := Encode(id, k, opt)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pkcsDER takes the DER out of a PEM file with the standard library's reader.
func pkcsDER(t testing.TB, data []byte) []byte {
	t.Helper()
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			t.Fatal("no PEM block")
		}
		if !isParameters(block.Type) {
			return block.Bytes
		}
	}
}

// TestPEMBytes: what openssl wrote, we write: the same bytes.
func TestPEMBytes(t *testing.T) {
	names := []string{"pkcs1", "sec1", "dsa"}
	for _, g := range pkcsGoldens(t, PKCS1, SEC1, DSAPEM) {
		kind, ending, _ := strings.Cut(g.Name, ".")
		opt := Options{DER: g.DER}
		if cipher, ok := strings.CutSuffix(ending, ".pem"); ok {
			if !strings.HasPrefix(cipher, "aes") {
				continue // DES is read only
			}
			_, iv, _ := strings.Cut(string(g.Data), "-CBC,")
			iv, _, _ = strings.Cut(iv, "\n")
			random, err := hex.DecodeString(iv)
			if err != nil {
				t.Fatal(err)
			}
			opt = Options{Passphrase: g.Passphrase, Cipher: cipher + "-cbc", Rand: bytes.NewReader(random)}
		}
		if kind == "sec1-params" {
			continue
		}
		key := pkcsOpen(t, g.Data, g.Passphrase)
		for i, id := range []ID{PKCS1, SEC1, DSAPEM} {
			if names[i] == kind && !bytes.Equal(pkcsEncode(t, id, key, opt), g.Data) {
				t.Errorf("%s is written differently", g)
			}
		}
	}
}

// TestPEMPeers: openssl, ssh-keygen and puttygen read what we write.
func TestPEMPeers(t *testing.T) {
	dir := t.TempDir()
	passphrase := testkeys.Passphrase(t)
	pkcsWrite(t, dir, "pass", append(bytes.Clone(passphrase), '\n'))
	for _, g := range append(pkcsOneOfEach(t, "pkcs1.pem", "sec1.pem"), testkeys.Find(t, "dsa1024", "dsa.pem")) {
		key := pkcsOpen(t, g.Data, nil)
		for _, cipher := range []string{"", "aes128-cbc", "aes192-cbc", "aes256-cbc"} {
			pkcsWrite(t, dir, "ours", pkcsEncode(t, ID(g.Format), key, Options{Passphrase: passphrase, Cipher: cipher}))
			spki := pkcsRun(t, dir, "openssl", "pkey", "-in", "ours", "-passin", "file:pass", "-pubout")
			if spki != string(pkcsEncode(t, SPKI, key.Public(), Options{})) {
				t.Errorf("openssl reads another key from %s in %q", g, cipher)
			}
			line := pkcsRun(t, dir, "ssh-keygen", "-y", "-P", string(passphrase), "-f", "ours")
			if !strings.HasPrefix(line, g.Facts.Public[:len(g.Facts.Public)-len(g.Facts.Comment)-1]) {
				t.Errorf("ssh-keygen reads another key from %s in %q", g, cipher)
			}
			if cipher == "" || cipher == "aes128-cbc" { // PuTTY reads no other
				line := pkcsRun(t, dir, "puttygen", "ours", "--old-passphrase", "pass", "-L")
				if pub := pkcsOpen(t, []byte(line), nil); !pub.Equal(key) {
					t.Errorf("puttygen reads another key from %s in %q", g, cipher)
				}
			}
		}
	}
}

func TestPEMOptions(t *testing.T) {
	key := pkcsOpen(t, testkeys.Find(t, "rsa1024", "pkcs1.pem").Data, nil)
	if !strings.Contains(string(pkcsEncode(t, PKCS1, key, Options{Passphrase: []byte("x")})), "DEK-Info: AES-128-CBC,") {
		t.Error("the default cipher is not AES-128, which PuTTY reads")
	}
	for _, cipher := range []string{"des-cbc", "3des-cbc", "aes128-ctr"} {
		_, err := Encode(PKCS1, key, Options{Passphrase: []byte("x"), Cipher: cipher})
		if _, ok := errors.AsType[*UnsupportedError](err); !ok {
			t.Errorf("%s: %v", cipher, err)
		}
	}
	_, err := Encode(PKCS1, key, Options{Passphrase: []byte("x"), DER: true})
	if _, ok := errors.AsType[*CannotHoldError](err); !ok {
		t.Errorf("DER with a passphrase: %v", err)
	}
	if _, err := Encode(SEC1, key, Options{}); err == nil {
		t.Error("SEC 1 took an RSA key")
	}
	losses, err := Fit(PKCS1, key.WithComment("x"))
	if err != nil || len(losses) != 1 || losses[0].What != "comment" {
		t.Errorf("losses %v, %v", losses, err)
	}
}

// TestPEMCutsAndFlips: no damage gives a panic, another key, or an error with
// text of the file in it.
func TestPEMCutsAndFlips(t *testing.T) {
	for _, name := range []string{"rsa1024/pkcs1.pem", "rsa1024/pkcs1.der", "ecdsa256/sec1.pem", "ecdsa256/sec1.der", "ecdsa521/sec1-params.pem"} {
		folder, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, folder, file)
		t.Run(name, func(t *testing.T) { checkPKCSDamage(t, g, len(g.Data)) })
	}
}

// checkPKCSDamage cuts the golden at every length and flips every bit up to
// redundant: from there on the format has nothing to notice another key by.
func checkPKCSDamage(t *testing.T, g testkeys.Golden, redundant int) {
	want := pkcsNumbers(t, pkcsOpen(t, g.Data, nil))
	try := func(what string, at int, data []byte) {
		e, err := Parse(data, DefaultLimits())
		if err == nil {
			var key *keytool.Key
			if key, err = e.Open(nil); err == nil && at < redundant && !bytes.Equal(pkcsNumbers(t, key), want) {
				t.Errorf("%s at %d gave another key", what, at)
			}
		}
		if err != nil && pkcsQuotes(err.Error(), g.Data) {
			t.Errorf("%s at %d: the error quotes the file", what, at)
		}
	}
	for n := range g.Data {
		try("cut", n, g.Data[:n])
		for bit := range 8 {
			flipped := bytes.Clone(g.Data)
			flipped[n] ^= 1 << bit
			try("flip", n, flipped)
		}
	}
}

// pkcsNumbers is all of a key, its private half included.
func pkcsNumbers(t testing.TB, k *keytool.Key) []byte {
	if k.IsPrivate() {
		return pkcsEncode(t, PKCS8, k.WithComment(""), Options{DER: true})
	}
	return k.Blob()
}

// pkcsQuotes looks for eight bytes of the file's base64 or binary in an error.
func pkcsQuotes(message string, data []byte) bool {
	for line := range bytes.Lines(data) {
		if bytes.HasPrefix(line, []byte("-----")) {
			continue
		}
		for i := 0; i+8 < len(line); i++ {
			if strings.Contains(message, string(line[i:i+8])) {
				return true
			}
		}
	}
	return false
}

func TestPEMArmour(t *testing.T) {
	rsaKey := string(testkeys.Find(t, "rsa1024", "pkcs1.pem").Data)
	ecKey := string(testkeys.Find(t, "ecdsa256", "sec1.pem").Data)
	params := strings.TrimSuffix(string(testkeys.Find(t, "ecdsa256", "sec1-params.pem").Data), ecKey)
	cert := string(testkeys.Find(t, "rsa1024", "x509.pem").Data)
	body := base64.StdEncoding.EncodeToString(pkcsDER(t, []byte(rsaKey)))
	frame := func(body string) string {
		return "-----BEGIN RSA PRIVATE KEY-----\n" + body + "\n-----END RSA PRIVATE KEY-----"
	}
	for name, c := range map[string]struct {
		text string
		want ID // "" where it must fail
	}{
		"text around":         {"Bag Attributes: none\n\n" + rsaKey + "that was it\n", PKCS1},
		"one long line":       {frame(body), PKCS1},
		"narrow lines":        {frame(string(wrap(body, 7))), PKCS1},
		"trailing blanks":     {strings.ReplaceAll(rsaKey, "\n", " \t\n"), PKCS1},
		"indented body":       {frame("   " + body), PKCS1},
		"blank lines":         {frame("\n" + body + "\n"), PKCS1},
		"a foreign header":    {frame("Comment: mine\n\n" + body), PKCS1},
		"key and certificate": {rsaKey + cert, PKCS1},
		"parameters":          {params + ecKey, SEC1},
		"two parameters":      {params + params + ecKey, SEC1},
		"other parameters":    {strings.ReplaceAll(params, "EC P", "DSA P") + rsaKey, PKCS1},
		"BEGIN in a line":     {"see -----BEGIN EC PRIVATE KEY-----\n" + rsaKey, PKCS1},
		"no END":              {strings.Split(rsaKey, "-----END")[0], ""},
		"half an END":         {strings.TrimSuffix(rsaKey, "-\n"), ""},
		"another END":         {strings.Replace(rsaKey, "END RSA", "END EC", 1), ""},
		"BEGIN before END":    {"-----BEGIN RSA PRIVATE KEY-----\n" + rsaKey, ""},
		"parameters cut off":  {"-----BEGIN EC PARAMETERS-----\n" + ecKey, ""},
		"no body":             {frame(""), ""},
		"not base64":          {frame("!" + body), ""},
		"padding missing":     {frame(strings.TrimRight(body, "=")[:len(body)-5]), ""},
		"Proc-Type alone":     {frame("Proc-Type: 4,ENCRYPTED\n\n" + body), ""},
		"DEK-Info alone":      {frame("DEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n" + body), ""},
		"other Proc-Type":     {frame("Proc-Type: 4,MIC-ONLY\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\n" + body), ""},
		"short IV":            {frame("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0011223344556677\n\n" + body), ""},
		"no IV":               {frame("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC\n\n" + body), ""},
		"no cipher":           {frame("Proc-Type: 4,ENCRYPTED\nDEK-Info: \x1b[2J,00\n\n" + body), ""},
		"half a block":        {frame("Proc-Type: 4,ENCRYPTED\nDEK-Info: DES-CBC,0011223344556677\n\nAAAA"), ""},
	} {
		e, err := Parse([]byte(c.text), DefaultLimits())
		if _, ok := errors.AsType[*SyntaxError](err); !ok && c.want == "" {
			t.Errorf("%s: %v, want a SyntaxError", name, err)
		}
		if c.want != "" && (err != nil || e.Format != c.want) {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
	// By its first block it would be public, and its owner would give the key away.
	_, err := Parse([]byte(cert+rsaKey), DefaultLimits())
	if bundle, ok := errors.AsType[*UnknownFormatError](err); !ok || !strings.Contains(bundle.Reason, "TLS bundle") {
		t.Errorf("certificate and key: %v, want a TLS bundle", err)
	}
	if _, err := Parse([]byte(params), DefaultLimits()); err == nil {
		t.Error("parameters alone are no key")
	}
}

// TestPEMDamageBehindPassphrase: with the right passphrase, bad numbers are
// damage, not a wrong passphrase.
func TestPEMDamageBehindPassphrase(t *testing.T) {
	der := pkcsDER(t, testkeys.Find(t, "ecdsa256", "sec1.pem").Data)
	version := bytes.Clone(der)
	version[4] = 9
	scalar := bytes.Clone(der)
	scalar[20] ^= 1
	for name, der := range map[string][]byte{"version": version, "scalar": scalar} {
		headers, sealed, err := sealPEM(SEC1, der, Options{Passphrase: []byte("x")})
		if err != nil {
			t.Fatal(err)
		}
		e, err := Parse(armour("EC PRIVATE KEY", headers, sealed), DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		_, err = e.Open([]byte("x"))
		_, isSyntax := errors.AsType[*SyntaxError](err)
		_, isMismatch := errors.AsType[*keytool.MismatchError](err)
		if isSyntax != (name == "version") || isMismatch != (name == "scalar") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPEMRSANumbers: each of the nine numbers is checked.
func TestPEMRSANumbers(t *testing.T) {
	key, err := x509.ParsePKCS1PrivateKey(pkcsDER(t, testkeys.Find(t, "rsa1024", "pkcs1.pem").Data))
	if err != nil {
		t.Fatal(err)
	}
	pre := key.Precomputed
	good := []*big.Int{new(big.Int), key.N, big.NewInt(int64(key.E)), key.D, key.Primes[0], key.Primes[1], pre.Dp, pre.Dq, pre.Qinv}
	reasons := map[string]bool{}
	for i := range good {
		for _, change := range []func(n *big.Int) *big.Int{
			func(n *big.Int) *big.Int { return new(big.Int).Add(n, big.NewInt(2)) },
			func(n *big.Int) *big.Int { return new(big.Int).Neg(n) },
			func(n *big.Int) *big.Int { return new(big.Int).Lsh(n, 17000) },
			func(*big.Int) *big.Int { return new(big.Int) },
		} {
			changed := append([]*big.Int{}, good...)
			if changed[i] = change(good[i]); changed[i].Cmp(good[i]) == 0 {
				continue
			}
			_, err := Parse(rsaDER(t, changed), DefaultLimits())
			if err == nil {
				t.Errorf("number %d may be changed", i)
			}
			if mismatch, ok := errors.AsType[*keytool.MismatchError](err); ok {
				reasons[mismatch.Reason] = true
			}
		}
	}
	if len(reasons) < 6 {
		t.Errorf("only these reasons: %v", reasons)
	}
	if _, err := Parse(rsaDER(t, good), DefaultLimits()); err != nil {
		t.Error(err)
	}
	if _, err := Parse(append(rsaDER(t, good), 0), DefaultLimits()); err == nil {
		t.Error("a byte may follow")
	}
}

func rsaDER(t testing.TB, numbers []*big.Int) []byte {
	var b cryptobyte.Builder
	addSequence(&b, func(b *cryptobyte.Builder) {
		for _, n := range numbers {
			b.AddASN1BigInt(n)
		}
	})
	der, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestDERIntegers: numbers have one encoding.
func TestDERIntegers(t *testing.T) {
	for name, c := range map[string]struct {
		der  string
		want string // of the error
	}{
		"zero":            {"020100", ""},
		"127":             {"02017f", ""},
		"128":             {"02020080", ""},
		"negative":        {"020180", "negative"},
		"leading zero":    {"0202007f", "superfluous"},
		"empty":           {"0200", "no bytes"},
		"long length":     {"02810101", "not DER"},
		"past the end":    {"02020a", "past the end"},
		"another type":    {"040101", "another type"},
		"nothing":         {"", "missing"},
		"trailing":        {"02010100", "follow"},
		"indefinite":      {"0280010000", "not DER"},
		"length of eight": {"02887fffffffffffffff01", "not DER"},
	} {
		der, err := hex.DecodeString(c.der)
		if err != nil {
			t.Fatal(err)
		}
		r := newDER(der)
		r.integer("n")
		err = r.end()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestPEMCurves: explicit parameters and compressed points of the curves SSH has
// are read, and nothing that only resembles them.
func TestPEMCurves(t *testing.T) {
	dir := t.TempDir()
	for curve, algorithm := range map[string]string{
		"prime256v1": "ecdsa-sha2-nistp256", "secp384r1": "ecdsa-sha2-nistp384", "secp521r1": "ecdsa-sha2-nistp521",
	} {
		pkcsRun(t, dir, "openssl", "ecparam", "-name", curve, "-genkey", "-out", "named")
		named := pkcsOpen(t, pkcsRead(t, dir, "named"), nil)
		for _, form := range []string{"compressed", "uncompressed"} {
			for _, enc := range []string{"explicit", "named_curve"} {
				pkcsRun(t, dir, "openssl", "ec", "-in", "named", "-param_enc", enc, "-conv_form", form, "-out", "other")
				data := pkcsRead(t, dir, "other")
				got := pkcsOpen(t, data, nil)
				if got.Algorithm().Name != algorithm || !bytes.Equal(pkcsNumbers(t, got), pkcsNumbers(t, named)) {
					t.Errorf("%s %s %s: %s", curve, form, enc, got)
				}
			}
		}
		pkcsRun(t, dir, "openssl", "ecparam", "-name", curve, "-genkey", "-param_enc", "explicit", "-noout", "-out", "explicit")
		checkExplicitCurve(t, pkcsDER(t, pkcsRead(t, dir, "explicit")))
	}
}

// checkExplicitCurve changes every byte of the parameters: what is read is never
// a key of a curve with other numbers.
func checkExplicitCurve(t *testing.T, der []byte) {
	t.Helper()
	key := pkcsOpen(t, der, nil)
	for i := range der {
		changed := bytes.Clone(der)
		changed[i] ^= 1
		e, err := Parse(changed, DefaultLimits())
		if err != nil {
			continue
		}
		if got, err := e.Open(nil); err == nil && !bytes.Equal(pkcsNumbers(t, got), pkcsNumbers(t, key)) {
			t.Errorf("byte %d of %d changed: another key", i, len(der))
		}
	}
	n := elliptic.P256().Params()
	base := append(n.Gx.FillBytes(make([]byte, 32)), n.Gy.FillBytes(make([]byte, 32))...)
	if at := bytes.Index(der, base); at >= 0 {
		changed := bytes.Clone(der)
		copy(changed[at:], key.Params()[0][1:]) // a point on the curve, not its generator
		e, err := Parse(changed, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if _, err = e.Open(nil); err == nil || !strings.Contains(err.Error(), "elliptic curve given by its numbers") {
			t.Errorf("another generator: %v", err)
		}
	}
}

// TestSEC1Curve: the curve may stand in the key, before it, or in both places.
func TestSEC1Curve(t *testing.T) {
	key := pkcsOpen(t, testkeys.Find(t, "ecdsa256", "sec1.pem").Data, nil)
	var b cryptobyte.Builder
	addECPrivate(&b, key, false)
	bare, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	params := func(curve string) []byte {
		return armour("EC PARAMETERS", "", pkcsOID(t, curveOf(curve).oid))
	}
	named := testkeys.Find(t, "ecdsa256", "sec1.pem").Data
	nameless := armour("EC PRIVATE KEY", "", bare)
	for name, c := range map[string]struct {
		data []byte
		good bool
	}{
		"before":             {append(params("ecdsa-sha2-nistp256"), nameless...), true},
		"both":               {append(params("ecdsa-sha2-nistp256"), named...), true},
		"nowhere":            {nameless, false},
		"two curves":         {append(params("ecdsa-sha2-nistp384"), named...), false},
		"another one before": {append(params("ecdsa-sha2-nistp384"), nameless...), false},
	} {
		e, err := Parse(c.data, DefaultLimits())
		if c.good != (err == nil) || c.good && !e.Public.Equal(key) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func pkcsOID(t testing.TB, oid string) []byte {
	var b cryptobyte.Builder
	addOID(&b, oid)
	der, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestPEMUnsupported: three primes and unknown curves and ciphers are told from damage.
func TestPEMUnsupported(t *testing.T) {
	seen := 0
	for _, g := range testkeys.Unsupported(t) {
		if g.Format != string(PKCS1) && g.Format != string(SEC1) {
			continue
		}
		seen++
		e, err := Parse(g.Data, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		_, err = e.Open(g.Passphrase)
		if u, ok := errors.AsType[*UnsupportedError](err); !ok || u.Format != ID(g.Format) || e.Algorithm == "" {
			t.Errorf("%s: %v, algorithm %q", g, err, e.Algorithm)
		}
	}
	if seen < 5 {
		t.Errorf("only %d unsupported files", seen)
	}
}

// TestPEMDifferential: the standard library reads the same numbers, out of whole
// files and out of damaged ones.
func TestPEMDifferential(t *testing.T) {
	for _, g := range pkcsOneOfEach(t, "pkcs1.der", "sec1.der") {
		pkcsVariants(g.Data, func(der []byte) {
			e, err := Parse(der, DefaultLimits())
			if err != nil || e.Format != ID(g.Format) {
				return
			}
			got, err := e.Open(nil)
			if err != nil {
				return
			}
			var pub any
			if e.Format == PKCS1 {
				var key *rsa.PrivateKey
				if key, err = x509.ParsePKCS1PrivateKey(der); err == nil {
					pub = &key.PublicKey
				}
			} else {
				var key *ecdsa.PrivateKey
				if key, err = x509.ParseECPrivateKey(der); err == nil {
					pub = &key.PublicKey
				}
			}
			if err != nil {
				t.Errorf("%s: we read what crypto/x509 does not: %v", g, err)
				return
			}
			checkPKCSPublic(t, got, pub)
		})
	}
}

// pkcsVariants calls f with the file and with some hundreds of its bytes changed.
func pkcsVariants(der []byte, f func(der []byte)) {
	f(der)
	for i := 0; i < len(der); i += 1 + len(der)/512 {
		changed := bytes.Clone(der)
		changed[i] ^= 1
		f(changed)
	}
}

// checkPKCSPublic compares with a public key of the standard library.
func checkPKCSPublic(t *testing.T, got *keytool.Key, pub any) {
	t.Helper()
	want, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(pkcsEncode(t, SPKI, got.Public(), Options{DER: true}), want) {
		t.Errorf("crypto/x509 reads another key than %s", got.Public())
	}
}

// fuzzPKCS holds for any input: no panic, and what is read is written and read
// again as the same key.
func fuzzPKCS(f *testing.F, ids ...ID) {
	for _, g := range pkcsGoldens(f, ids...) {
		if g.Params["n"] == 0 {
			f.Add(g.Data, g.Passphrase)
		}
	}
	lim := Limits{FileBytes: 1 << 16, PBKDF2Iterations: 4096, ScryptBytes: 1 << 20, ScryptCost: 1 << 13}
	f.Fuzz(func(t *testing.T, data, passphrase []byte) {
		e, err := Parse(data, lim)
		if err != nil || e.Format != PKCS1 && e.Format != SEC1 && e.Format != DSAPEM && e.Format != PKCS8 &&
			e.Format != SPKI && e.Format != PKCS1Public && e.Format != X509 {
			return
		}
		key, err := e.Open(passphrase)
		if err != nil {
			return
		}
		target := PKCS8
		if !key.IsPrivate() {
			target = SPKI
		}
		again := pkcsOpen(t, pkcsEncode(t, target, key, Options{}), nil)
		if !bytes.Equal(pkcsNumbers(t, again), pkcsNumbers(t, key)) {
			t.Error("written and read again, it is another key")
		}
	})
}

func FuzzPEM(f *testing.F) { fuzzPKCS(f, PKCS1, SEC1, DSAPEM) }
