package formats

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"errors"
	"math"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

func TestPKCS8Goldens(t *testing.T) {
	for _, g := range pkcsGoldens(t, PKCS8) {
		t.Run(g.String(), func(t *testing.T) { checkPKCSGolden(t, g) })
	}
}

// TestPKCS8Bytes: unencrypted, we write what openssl wrote: the same bytes.
func TestPKCS8Bytes(t *testing.T) {
	for _, g := range pkcsOneOfEach(t, "pkcs8.pem", "pkcs8.der") {
		got := pkcsEncode(t, PKCS8, pkcsOpen(t, g.Data, nil), Options{DER: g.DER})
		if !bytes.Equal(got, g.Data) {
			t.Errorf("%s is written differently", g)
		}
	}
	for _, g := range pkcsOneOfEach(t, "pkcs1.pem", "sec1.pem", "dsa.pem") {
		want := testkeys.Find(t, g.Key, "pkcs8.pem")
		if !bytes.Equal(pkcsEncode(t, PKCS8, pkcsOpen(t, g.Data, nil), Options{}), want.Data) {
			t.Errorf("%s becomes another PKCS#8 than with openssl pkcs8 -topk8", g)
		}
	}
}

// TestPKCS8Peers: openssl and ssh-keygen read what we write.
func TestPKCS8Peers(t *testing.T) {
	dir := t.TempDir()
	passphrase := testkeys.Passphrase(t)
	pkcsWrite(t, dir, "pass", append(bytes.Clone(passphrase), '\n'))
	for _, g := range pkcsOneOfEach(t, "pkcs8.pem") {
		key := pkcsOpen(t, g.Data, nil)
		for _, opt := range []Options{{}, {DER: true}, {Passphrase: passphrase, Iterations: 1000}, {Passphrase: passphrase, Iterations: 2048, DER: true}} {
			pkcsWrite(t, dir, "ours", pkcsEncode(t, PKCS8, key, opt))
			spki := pkcsRun(t, dir, "openssl", "pkey", "-in", "ours", "-passin", "file:pass", "-pubout")
			if spki != string(pkcsEncode(t, SPKI, key.Public(), Options{})) {
				t.Errorf("openssl reads another key from %s, DER %v", g, opt.DER)
			}
			family := key.Algorithm().Family
			if opt.DER || family != keytool.RSA && family != keytool.ECDSA { // all that ssh-keygen 9.2 reads of PKCS#8
				continue
			}
			line := pkcsRun(t, dir, "ssh-keygen", "-y", "-P", string(opt.Passphrase), "-f", "ours")
			if pub := pkcsOpen(t, []byte(line), nil); !pub.Equal(key) {
				t.Errorf("ssh-keygen reads another key from %s", g)
			}
		}
	}
}

// TestPKCS8Default: what we write by default opens here and in openssl, under
// the cost and cipher that are promised.
func TestPKCS8Default(t *testing.T) {
	key := pkcsOpen(t, testkeys.Find(t, "ed25519", "pkcs8.pem").Data, nil)
	data := pkcsEncode(t, PKCS8, key, Options{Passphrase: []byte("pass")})
	e, err := Parse(data, DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	p := e.Protection
	if p.Cipher != "aes256-cbc" || p.KDF != "pbkdf2-hmac-sha256" || p.Params["iterations"] != 600_000 || p.Legacy {
		t.Errorf("%+v", p)
	}
	if !bytes.Equal(pkcsNumbers(t, pkcsOpen(t, data, []byte("pass"))), pkcsNumbers(t, key)) {
		t.Error("it opens to another key")
	}
	dir := t.TempDir()
	pkcsWrite(t, dir, "ours", data)
	if pkcsRun(t, dir, "openssl", "pkey", "-in", "ours", "-passin", "pass:pass") != string(pkcsEncode(t, PKCS8, key, Options{})) {
		t.Error("openssl opens it to another key")
	}
	if bytes.Equal(data, pkcsEncode(t, PKCS8, key, Options{Passphrase: []byte("pass")})) {
		t.Error("salt and IV are not random")
	}
}

func TestPKCS8Options(t *testing.T) {
	key := pkcsOpen(t, testkeys.Find(t, "ed25519", "pkcs8.pem").Data, nil)
	for _, opt := range []Options{{Cipher: "aes128-cbc"}, {Iterations: -1}, {Iterations: math.MaxInt32}} {
		opt.Passphrase = []byte("x")
		if _, err := Encode(PKCS8, key, opt); err == nil {
			t.Errorf("%+v was taken", opt)
		}
	}
	losses, err := Fit(PKCS8, key.WithComment("x"))
	if err != nil || len(losses) != 1 || losses[0].What != "comment" {
		t.Errorf("losses %v, %v", losses, err)
	}
}

// TestPKCS8OpenSSLSchemes: what the goldens do not have: other old schemes, and
// passphrases that are not UTF-8, empty, or outside of the BMP.
func TestPKCS8OpenSSLSchemes(t *testing.T) {
	dir := t.TempDir()
	g := testkeys.Find(t, "ed25519", "pkcs8.pem")
	want := pkcsNumbers(t, pkcsOpen(t, g.Data, nil))
	for _, c := range []struct {
		passphrase, scheme string
		cipher, kdf        string
		legacy             bool
	}{
		{"pass", "-v1 PBE-SHA1-DES", "des-cbc", "pbkdf1-sha1", true},
		{"pass", "-v1 PBE-MD5-DES -iter 20000", "des-cbc", "pbkdf1-md5", false},
		{"pass", "-v2 des-cbc", "des-cbc", "pbkdf2-hmac-sha256", false},
		{"pass", "-v2 aes-256-cbc -v2prf hmacWithSHA384 -iter 1", "aes256-cbc", "pbkdf2-hmac-sha384", false},
		{"pass", "-scrypt", "aes256-cbc", "scrypt", false},
		{"p\xff\xfes", "-v1 PBE-SHA1-3DES", "3des-cbc", "pkcs12-sha1", true},
		{"p\xff\xfes", "-v1 PBE-MD5-DES", "des-cbc", "pbkdf1-md5", true},
		{"p\xff\xfes", "-v2 aes128", "aes128-cbc", "pbkdf2-hmac-sha256", false},
		{"p\U0001F511\u6F22", "-v1 PBE-SHA1-3DES", "3des-cbc", "pkcs12-sha1", true},
		{strings.Repeat("long", 60), "-v1 PBE-SHA1-3DES", "3des-cbc", "pkcs12-sha1", true},
		{"", "-v1 PBE-SHA1-3DES", "3des-cbc", "pkcs12-sha1", true},
		{"", "-v2 aes-256-cbc", "aes256-cbc", "pbkdf2-hmac-sha256", false},
	} {
		args := []string{"pkcs8", "-topk8", "-in", g.Path, "-out", "theirs", "-passout", "file:pass"}
		args = append(args, strings.Fields(c.scheme)...)
		pkcsWrite(t, dir, "pass", []byte(c.passphrase+"\n"))
		pkcsRun(t, dir, "openssl", append(args, "-provider", "legacy", "-provider", "default")...)
		e, err := Parse(pkcsRead(t, dir, "theirs"), DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if p := e.Protection; p.Cipher != c.cipher || p.KDF != c.kdf || p.Legacy != c.legacy {
			t.Errorf("%s: %+v", c.scheme, p)
		}
		key, err := e.Open([]byte(c.passphrase))
		if err != nil || !bytes.Equal(pkcsNumbers(t, key), want) {
			t.Errorf("%s with %d bytes of passphrase: %v", c.scheme, len(c.passphrase), err)
		}
		if _, err := e.Open([]byte(c.passphrase + "x")); !errors.Is(err, ErrWrongPassphrase) {
			t.Errorf("%s: %v", c.scheme, err)
		}
	}
}

// pbes2Parts are what an encrypted file is built of by hand.
type pbes2Parts struct {
	kdf, prf, cipher string // OIDs; prf "" leaves it out
	keyLength        int64  // 0: left out
	iterations       uint64
	salt, iv, sealed []byte
}

func (p pbes2Parts) build(t testing.TB) []byte {
	var b cryptobyte.Builder
	addSequence(&b, func(b *cryptobyte.Builder) {
		addSequence(b, func(b *cryptobyte.Builder) {
			addOID(b, oidPBES2)
			addSequence(b, func(b *cryptobyte.Builder) {
				addSequence(b, func(b *cryptobyte.Builder) {
					addOID(b, p.kdf)
					addSequence(b, p.parameters)
				})
				addSequence(b, func(b *cryptobyte.Builder) {
					addOID(b, p.cipher)
					b.AddASN1OctetString(p.iv)
				})
			})
		})
		b.AddASN1OctetString(p.sealed)
	})
	der, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (p pbes2Parts) parameters(b *cryptobyte.Builder) {
	b.AddASN1OctetString(p.salt)
	b.AddASN1Uint64(p.iterations)
	if p.keyLength != 0 {
		b.AddASN1Int64(p.keyLength)
	}
	if p.prf != "" {
		addSequence(b, func(b *cryptobyte.Builder) {
			addOID(b, p.prf)
			b.AddASN1NULL()
		})
	}
}

// partsOf takes a golden apart that openssl made with HMAC-SHA1, its prf left out.
func partsOf(t testing.TB, g testkeys.Golden) pbes2Parts {
	seq := newDER(pkcsDER(t, g.Data)).sequence("")
	algorithm := seq.sequence("")
	sealed := seq.octets("")
	algorithm.oid("")
	params := algorithm.sequence("")
	kdf, encryption := params.sequence(""), params.sequence("")
	kdf.oid("")
	inner := kdf.sequence("")
	p := pbes2Parts{kdf: oidPBKDF2, salt: inner.octets(""), iterations: inner.uint("")}
	p.cipher = encryption.oid("")
	p.iv, p.sealed = encryption.octets(""), sealed
	if seq.err() != nil || !bytes.Equal(p.build(t), pkcsDER(t, g.Data)) {
		t.Fatal("the golden is not as expected", seq.err())
	}
	return p
}

// TestPKCS8Parameters: optional parameters in and out, wrong and over the limit.
func TestPKCS8Parameters(t *testing.T) {
	g := testkeys.Find(t, "ecdsa256", "pkcs8.pbes2-aes256-sha1.pem")
	const good, damaged, unsupported, limit = "good", "damaged", "unsupported", "limit"
	for name, c := range map[string]struct {
		change func(p *pbes2Parts)
		want   string
	}{
		"as it is":           {func(p *pbes2Parts) {}, good},
		"prf written out":    {func(p *pbes2Parts) { p.prf = "1.2.840.113549.2.7" }, good},
		"keyLength":          {func(p *pbes2Parts) { p.keyLength = 32 }, good},
		"keyLength and prf":  {func(p *pbes2Parts) { p.keyLength, p.prf = 32, "1.2.840.113549.2.7" }, good},
		"another keyLength":  {func(p *pbes2Parts) { p.keyLength = 16 }, damaged},
		"negative keyLength": {func(p *pbes2Parts) { p.keyLength = -32 }, damaged},
		"huge keyLength":     {func(p *pbes2Parts) { p.keyLength = math.MaxInt64 }, damaged},
		"short IV":           {func(p *pbes2Parts) { p.iv = p.iv[1:] }, damaged},
		"no ciphertext":      {func(p *pbes2Parts) { p.sealed = nil }, damaged},
		"odd ciphertext":     {func(p *pbes2Parts) { p.sealed = p.sealed[1:] }, damaged},
		"no iterations":      {func(p *pbes2Parts) { p.iterations = 0 }, damaged},
		"many iterations":    {func(p *pbes2Parts) { p.iterations = 100_000_001 }, limit},
		"most iterations":    {func(p *pbes2Parts) { p.iterations = math.MaxUint64 }, limit},
		"unknown prf":        {func(p *pbes2Parts) { p.prf = "1.2.840.113549.2.12" }, unsupported},
		"unknown kdf":        {func(p *pbes2Parts) { p.kdf = "1.3.6.1.4.1.3029.4" }, unsupported},
		"unknown cipher":     {func(p *pbes2Parts) { p.cipher = "2.16.840.1.101.3.4.1.46" }, unsupported},
	} {
		p := partsOf(t, g)
		c.change(&p)
		e, err := Parse(p.build(t), DefaultLimits())
		_, isSyntax := errors.AsType[*SyntaxError](err)
		if isSyntax != (c.want == damaged) {
			t.Errorf("%s: Parse %v, want %s", name, err, c.want)
		}
		if err != nil {
			continue
		}
		if !e.DER || !e.Encrypted() || e.Public != nil {
			t.Errorf("%s: %+v", name, e)
		}
		_, err = e.Open(g.Passphrase)
		_, isUnsupported := errors.AsType[*UnsupportedError](err)
		_, isLimit := errors.AsType[*LimitError](err)
		if (err == nil) != (c.want == good) || isUnsupported != (c.want == unsupported) || isLimit != (c.want == limit) {
			t.Errorf("%s: Open %v, want %s", name, err, c.want)
		}
	}
}

// TestPKCS8ScryptLimits: memory and time are refused before they are spent.
func TestPKCS8ScryptLimits(t *testing.T) {
	read := func(n, r, p uint64) *pbeScheme {
		var b cryptobyte.Builder
		addSequence(&b, func(b *cryptobyte.Builder) {
			b.AddASN1OctetString([]byte("salt"))
			b.AddASN1Uint64(n)
			b.AddASN1Uint64(r)
			b.AddASN1Uint64(p)
		})
		der := b.BytesOrPanic()
		s, reader := &pbeScheme{}, newDER(der)
		s.readScrypt(reader, DefaultLimits())
		if reader.err() != nil {
			s.refusal = reader.err()
		}
		return s
	}
	for _, c := range []struct {
		n, r, p uint64
		what    string // of the LimitError; "" is good, "bad" damaged
	}{
		{1 << 14, 8, 1, ""},
		{1 << 20, 8, 1, ""},
		{1 << 24, 8, 1, "scrypt's memory in bytes"},
		{2, 1 << 20, 64, "scrypt's memory in bytes"},
		{1 << 20, 8, 64, "scrypt's cost N·r·p"},
		{1 << 63, 1 << 63, 1 << 63, "scrypt's cost N·r·p"},
		{2, 1, math.MaxUint64, "scrypt's cost N·r·p"},
		{3, 8, 1, "bad"}, {0, 8, 1, "bad"}, {1, 8, 1, "bad"}, {16, 0, 1, "bad"}, {16, 1, 0, "bad"},
	} {
		err := read(c.n, c.r, c.p).refusal
		limit, ok := errors.AsType[*LimitError](err)
		if (err == nil) != (c.what == "") || ok && limit.What != c.what || ok == (c.what == "bad" || c.what == "") {
			t.Errorf("N %d, r %d, p %d: %v, want %q", c.n, c.r, c.p, err, c.what)
		}
	}
}

// TestPKCS8Versions: RFC 5958's public half must belong to the private one.
func TestPKCS8Versions(t *testing.T) {
	keys := map[string]*keytool.Key{}
	for _, g := range pkcsOneOfEach(t, "pkcs8.pem") {
		keys[g.Key] = pkcsOpen(t, g.Data, nil)
	}
	implicit := asn1.Tag(1).ContextSpecific()
	for name, other := range map[string]string{
		"ed25519": "ed25519-leadingzero", "ecdsa256": "ecdsa256-leadingzero", "rsa1024": "rsa2048", "ed448": "", "dsa1024": "",
	} {
		key := keys[name]
		if e, err := Parse(pkcs8v2(t, key, key, 1, implicit), DefaultLimits()); err != nil || !e.Public.Equal(key) {
			t.Errorf("%s with its own public half: %v", name, err)
		}
		if _, err := Parse(pkcs8v2(t, key, key, 1, implicit.Constructed()), DefaultLimits()); err != nil {
			t.Errorf("%s as ring tags it: %v", name, err)
		}
		for _, version := range []int64{0, 2} {
			if _, err := Parse(pkcs8v2(t, key, key, version, implicit), DefaultLimits()); err == nil {
				t.Errorf("%s: version %d has no public half", name, version)
			}
		}
		if other == "" {
			continue
		}
		_, err := Parse(pkcs8v2(t, key, keys[other], 1, implicit), DefaultLimits())
		mismatch, ok := errors.AsType[*keytool.MismatchError](err)
		if !ok || !mismatch.Want.Equal(keys[other]) || !mismatch.Got.Equal(key) || mismatch.Got.IsPrivate() {
			t.Errorf("%s with a foreign public half: %v", name, err)
		}
	}
}

// pkcs8v2 writes a OneAsymmetricKey with attributes and the public half of another key.
func pkcs8v2(t testing.TB, key, public *keytool.Key, version int64, tag asn1.Tag) []byte {
	v1 := newDER(pkcsEncode(t, PKCS8, key, Options{DER: true})).sequence("")
	v1.uint("version")
	var b cryptobyte.Builder
	addSequence(&b, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(version)
		b.AddBytes(v1.rest)
		b.AddASN1(asn1.Tag(0).ContextSpecific().Constructed(), func(b *cryptobyte.Builder) {})
		b.AddASN1(tag, func(b *cryptobyte.Builder) {
			bits := func(b *cryptobyte.Builder) {
				b.AddUint8(0)
				addPublic(b, public)
			}
			if tag == asn1.Tag(1).ContextSpecific() {
				bits(b)
			} else {
				b.AddASN1(asn1.BIT_STRING, bits)
			}
		})
	})
	der, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// TestPKCS8Foreign: real keys of kinds SSH does not have are named.
func TestPKCS8Foreign(t *testing.T) {
	names := map[string]string{"pkcs8.x25519.pem": "x25519", "pkcs8.rsa-pss.pem": "rsa-pss", "pkcs8.secp256k1.pem": "secp256k1"}
	for _, g := range testkeys.Unsupported(t) {
		if g.Format != string(PKCS8) {
			continue
		}
		e, err := Parse(g.Data, DefaultLimits())
		if err != nil || e.Algorithm != names[g.Name] || e.Public != nil || e.Kind != KindPrivate {
			t.Errorf("%s: %+v, %v", g, e, err)
			continue
		}
		delete(names, g.Name)
		if _, err = e.Open(g.Passphrase); err == nil {
			t.Errorf("%s was opened", g)
		}
	}
	if len(names) > 0 {
		t.Errorf("not seen: %v", names)
	}
	key := testkeys.Find(t, "ed25519", "pkcs8.der").Data
	unknown := bytes.Clone(key)
	unknown[bytes.Index(key, []byte{0x2b, 0x65, 0x70})+2] = 0x7f
	if e, err := Parse(unknown, DefaultLimits()); err != nil || e.Algorithm != "1.3.101.127" {
		t.Errorf("an unknown OID: %+v, %v", e, err)
	}
	cut := bytes.Clone(unknown)[:len(unknown)-3]
	if _, err := Parse(cut, DefaultLimits()); err == nil {
		t.Error("an unknown key may be cut off")
	}
}

// TestPKCS8ForeignInside: behind the right passphrase, a foreign kind is told
// from damage and from a wrong passphrase.
func TestPKCS8ForeignInside(t *testing.T) {
	dir := t.TempDir()
	pkcsRun(t, dir, "openssl", "genpkey", "-algorithm", "X25519", "-aes256", "-pass", "pass:pass", "-out", "theirs")
	e, err := Parse(pkcsRead(t, dir, "theirs"), DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	_, err = e.Open([]byte("pass"))
	if _, ok := errors.AsType[*UnsupportedError](err); !ok {
		t.Errorf("%v, want an UnsupportedError", err)
	}
	damaged := pkcsDER(t, testkeys.Find(t, "ecdsa256", "pkcs8.pem").Data)
	damaged[len(damaged)-1] ^= 1
	sealed, err := encodePBES2(damaged, Options{Passphrase: []byte("pass"), Iterations: 1})
	if err != nil {
		t.Fatal(err)
	}
	if e, err = Parse(sealed, DefaultLimits()); err != nil {
		t.Fatal(err)
	}
	_, err = e.Open([]byte("pass"))
	if _, ok := errors.AsType[*SyntaxError](err); !ok {
		t.Errorf("%v, want a SyntaxError", err)
	}
}

func TestPKCS8Crypt4GH(t *testing.T) {
	_, err := Parse(armour(encryptedLabel, "", []byte("c4gh-v1\x00\x06scrypt\x00\x14")), DefaultLimits())
	if bad, ok := errors.AsType[*SyntaxError](err); !ok || bad.Format != Crypt4GH {
		t.Error(err)
	}
}

// TestPKCS8DSA: PKCS#8 has no y, so the numbers are held to their ranges before
// it is computed.
func TestPKCS8DSA(t *testing.T) {
	key := pkcsOpen(t, testkeys.Find(t, "dsa1024", "pkcs8.pem").Data, nil)
	p, q, g, x := key.Params()[0], key.Params()[1], key.Params()[2], key.Secret().(*keytool.DSASecret).X
	even := append(bytes.Clone(p[:len(p)-1]), p[len(p)-1]&^1)
	for name, c := range map[string][][]byte{
		"p even": {even, q, g, x}, "p zero": {nil, q, g, x}, "q zero": {p, nil, g, x}, "q long": {p, p, g, x},
		"g zero": {p, q, nil, x}, "g long": {p, q, p, x}, "x zero": {p, q, g, nil}, "x long": {p, q, g, q},
		"p huge": {append(bytes.Repeat([]byte{0xff}, 4096), 1), q, g, x},
	} {
		if got, err := dsaFromX(&keyAlgorithm{name: "ssh-dss", p: c[0], q: c[1], g: c[2]}, c[3]); err == nil || got != nil {
			t.Errorf("%s: taken", name)
		}
	}
	if got, err := dsaFromX(&keyAlgorithm{name: "ssh-dss", p: p, q: q, g: g}, x); err != nil || !got.Equal(key) {
		t.Error(err)
	}
}

func TestPKCS8Headers(t *testing.T) {
	text := string(testkeys.Find(t, "ed25519", "pkcs8.pem").Data)
	with := func(header string) []byte {
		return []byte(strings.Replace(text, "KEY-----\n", "KEY-----\n"+header+"\n\n", 1))
	}
	if _, err := Parse(with("Comment: mine"), DefaultLimits()); err != nil {
		t.Error(err)
	}
	_, err := Parse(with("Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF"), DefaultLimits())
	if _, ok := errors.AsType[*UnsupportedError](err); !ok {
		t.Error(err)
	}
}

func TestPKCS8CutsAndFlips(t *testing.T) {
	for name, redundant := range map[string]int{
		"rsa1024/pkcs8.pem": math.MaxInt, "rsa1024/pkcs8.der": math.MaxInt, "ecdsa256/pkcs8.der": math.MaxInt,
		"ed25519/pkcs8.der": 16, // the seed follows, and nothing tells it from another
		"ed448/pkcs8.der":   16,
		"ed25519/pkcs8.pem": 0,
	} {
		folder, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, folder, file)
		t.Run(name, func(t *testing.T) { checkPKCSDamage(t, g, redundant) })
	}
}

// TestPKCS8Differential: the standard library reads the same numbers.
func TestPKCS8Differential(t *testing.T) {
	compared := 0
	for _, g := range pkcsOneOfEach(t, "pkcs8.der") {
		pkcsVariants(g.Data, func(der []byte) {
			std, stdErr := x509.ParsePKCS8PrivateKey(der)
			e, err := Parse(der, DefaultLimits())
			var got *keytool.Key
			if err == nil {
				got, err = e.Open(nil)
			}
			if stdErr != nil || err != nil {
				return // stricter here (public halves, exponents) or there (DSA, Ed448, attributes)
			}
			compared++
			checkPKCSPublic(t, got, std.(interface{ Public() crypto.PublicKey }).Public())
		})
	}
	if compared < 10 {
		t.Errorf("only %d files were read by both", compared)
	}
}

func FuzzPKCS8(f *testing.F) { fuzzPKCS(f, PKCS8) }
