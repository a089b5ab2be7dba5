package formats_test

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// open reads a golden with its passphrase and fails the test where that does not go.
func open(t *testing.T, g testkeys.Golden) *keytool.Key {
	t.Helper()
	k, err := tryOpen(g.Data, g.Passphrase)
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	return k
}

// tryOpen is Parse and Open.
func tryOpen(data, passphrase []byte) (*keytool.Key, error) {
	env, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		return nil, err
	}
	k, err := env.Open(passphrase)
	if err == nil && k == nil {
		return nil, errors.New("no key and no error")
	}
	return k, err
}

// TestDetect: every golden is its own format and no other. Detect asks the rows
// in order, so a row that takes a neighbour's files shows here.
func TestDetect(t *testing.T) {
	check := func(name, want string, data []byte) {
		t.Helper()
		if id, ok := formats.Detect(data); !ok || string(id) != want {
			t.Errorf("%s: Detect = %q, %v; want %q", name, id, ok, want)
		}
	}
	for _, g := range testkeys.Goldens(t) {
		check(g.String(), g.Format, g.Data)
	}
	for _, l := range testkeys.Lists(t) {
		check(l.Name, l.Format, l.Data)
	}
	for _, g := range testkeys.Unsupported(t) {
		check(g.String(), g.Format, g.Data)
	}
}

// TestEnvelope: what stands in clear is read without the passphrase.
func TestEnvelope(t *testing.T) {
	for _, g := range testkeys.Goldens(t) {
		env, err := formats.Parse(g.Data, formats.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		if got, want := env.Kind, kindOf(g); string(env.Format) != g.Format || got != want || env.DER != g.DER {
			t.Errorf("%s: format %s, kind %s, DER %v; want %s, %s, %v", g, env.Format, got, env.DER, g.Format, want, g.DER)
		}
		p := env.Protection
		if p.Cipher != g.Cipher || p.KDF != g.KDF || !maps.Equal(p.Params, g.Params) || env.Encrypted() != g.Encrypted() {
			t.Errorf("%s: protection %+v, want %s %s %v", g, p, g.Cipher, g.KDF, g.Params)
		}
		if err := env.CanOpen(); err != nil {
			t.Errorf("%s: CanOpen = %v", g, err)
		}
		if inClear := !g.Encrypted() || slices.Contains([]string{"openssh", "ppk2", "ppk3"}, g.Format); !inClear {
			continue
		}
		if env.Public == nil || env.Public.IsPrivate() {
			t.Errorf("%s: the public half in clear was not read", g)
			continue
		}
		checkFacts(t, g, env.Public)
		if env.Algorithm != g.Facts.Algorithm {
			t.Errorf("%s: algorithm %q, want %q", g, env.Algorithm, g.Facts.Algorithm)
		}
	}
}

func kindOf(g testkeys.Golden) formats.Kind {
	switch {
	case g.Dataset() && g.Private:
		return formats.KindDatasetPrivate
	case g.Dataset():
		return formats.KindDatasetPublic
	case g.Private:
		return formats.KindPrivate
	case g.Certificate:
		return formats.KindCertificate
	}
	return formats.KindPublic
}

// checkFacts compares a key with what the real tools said of it.
func checkFacts(t *testing.T, g testkeys.Golden, k *keytool.Key) {
	t.Helper()
	f := g.Facts
	if k.Algorithm().Name != f.Algorithm || k.Bits() != f.Bits {
		t.Errorf("%s: %s %d, want %s %d", g, k.Algorithm().Name, k.Bits(), f.Algorithm, f.Bits)
	}
	if got := k.Fingerprint(); got != f.SHA256 {
		t.Errorf("%s: %s, want %s", g, got, f.SHA256)
	}
	if got := k.FingerprintHash(keytool.MD5); got != f.MD5 {
		t.Errorf("%s: %s, want %s", g, got, f.MD5)
	}
	if (k.Certificate() != nil) != g.Certificate {
		t.Errorf("%s: certificate of %d bytes, want one: %v", g, len(k.Certificate()), g.Certificate)
	}
}

// TestOpen: the key and its comment come out, the same each time, and neither
// the file's bytes nor the passphrase's are written to.
func TestOpen(t *testing.T) {
	secrets := map[string]keytool.Secret{}
	for _, g := range testkeys.Goldens(t) {
		data, passphrase := bytes.Clone(g.Data), bytes.Clone(g.Passphrase)
		env, err := formats.Parse(data, formats.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		first, err := env.Open(passphrase)
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		checkFacts(t, g, first)
		if first.Comment() != g.Comment {
			t.Errorf("%s: comment %q, want %q", g, first.Comment(), g.Comment)
		}
		if first.IsPrivate() != g.Private {
			t.Errorf("%s: private %v, want %v", g, first.IsPrivate(), g.Private)
		}
		if g.Params["rounds"] <= 4 { // the others cost a tenth of a second each
			if second, err := env.Open(passphrase); err != nil || !samePrivate(first, second) {
				t.Errorf("%s: a second Open gives another answer (%v)", g, err)
			}
		}
		if !bytes.Equal(data, g.Data) || !bytes.Equal(passphrase, g.Passphrase) {
			t.Errorf("%s: the input was written to", g)
		}
		if !g.Private {
			continue
		}
		if known, ok := secrets[g.Key]; ok && !reflect.DeepEqual(known, first.Secret()) {
			t.Errorf("%s: another private half than in this folder's other files", g)
		}
		secrets[g.Key] = first.Secret()
	}
}

// samePrivate compares all of a key but its comment.
func samePrivate(a, b *keytool.Key) bool {
	return a.Equal(b) && reflect.DeepEqual(a.Secret(), b.Secret()) && bytes.Equal(a.Certificate(), b.Certificate())
}

// TestPassphrase: no passphrase and a wrong one are two answers, and a wrong
// one leaves no trace.
func TestPassphrase(t *testing.T) {
	for _, g := range testkeys.Goldens(t) {
		if !g.Encrypted() || !g.Cheap() && g.Key != "ed25519" {
			continue
		}
		env, err := formats.Parse(g.Data, formats.DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		if k, err := env.Open(nil); k != nil || !errors.Is(err, formats.ErrPassphraseRequired) {
			t.Errorf("%s: without a passphrase: %v", g, err)
		}
		for _, wrong := range []string{"", "x", string(g.Passphrase) + " ", strings.ToUpper(string(g.Passphrase))} {
			if k, err := env.Open([]byte(wrong)); k != nil || !errors.Is(err, formats.ErrWrongPassphrase) {
				t.Errorf("%s: with the wrong passphrase %q: %v", g, wrong, err)
			}
		}
		if _, err := env.Open(g.Passphrase); err != nil {
			t.Errorf("%s: after wrong passphrases: %v", g, err)
		}
	}
}

// TestPublicLine: the line to paste of every golden is the one the real tools
// print: OpenSSH's, of dataset keys the recipient or the base64 of the key.
func TestPublicLine(t *testing.T) {
	for _, g := range testkeys.Goldens(t) {
		if g.Encrypted() && !g.Cheap() {
			continue
		}
		k := open(t, g).WithComment(g.Facts.Comment).WithoutCertificate()
		if g.Dataset() {
			if got := formats.PublicText(formats.ID(g.Format), k); got != g.Facts.Public || formats.AuthorizedLine(k) != "" {
				t.Errorf("%s: %q, want %q and no OpenSSH line", g, got, g.Facts.Public)
			}
			continue
		}
		line, err := formats.Encode(formats.OpenSSHPublic, k, formats.Options{})
		if err != nil || string(line) != g.Facts.Public+"\n" {
			t.Errorf("%s: %q (%v), want %q", g, line, err, g.Facts.Public)
		}
	}
}

// TestTextEncodings: what editors, mail and PowerShell do to a text file changes
// nothing of its key.
func TestTextEncodings(t *testing.T) {
	utf16File := func(order binary.AppendByteOrder, data []byte) []byte {
		out := order.AppendUint16(nil, 0xfeff)
		for _, u := range utf16.Encode([]rune(string(data))) {
			out = order.AppendUint16(out, u)
		}
		return out
	}
	encodings := map[string]func([]byte) []byte{
		"CRLF":     func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r\n")) },
		"CR":       func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("\n"), []byte("\r")) },
		"no LF":    func(b []byte) []byte { return bytes.TrimRight(b, "\n") },
		"BOM":      func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) },
		"UTF-16LE": func(b []byte) []byte { return utf16File(binary.LittleEndian, b) },
		"UTF-16BE": func(b []byte) []byte { return utf16File(binary.BigEndian, b) },
	}
	for _, g := range testkeys.Goldens(t) {
		binaryFile := g.DER || g.Format == "wire" || g.Format == "dropbear"
		if binaryFile || g.Encrypted() && !g.Cheap() || g.Key != "ed25519" && g.Key != "rsa1024" {
			continue
		}
		want := open(t, g)
		for name, encode := range encodings {
			got, err := tryOpen(encode(g.Data), g.Passphrase)
			if err != nil || !samePrivate(got, want) || got.Comment() != want.Comment() {
				t.Errorf("%s in %s: %v", g, name, err)
			}
		}
	}
}

// TestCertificates: what ssh-keygen -L says of a certificate.
func TestCertificates(t *testing.T) {
	seen := 0
	for _, g := range testkeys.Goldens(t) {
		if !g.Certificate {
			continue
		}
		seen++
		info, more := open(t, g).CertificateInfo(), g.Facts.More
		if info.Type != more["cert.type"] || info.KeyID != more["cert.key-id"] || info.Host ||
			info.Serial != 7 || more["cert.serial"] != "7" ||
			strings.Join(info.Principals, ",") != more["cert.principals"] ||
			info.SigningKey.Fingerprint() != more["cert.ca"] {
			t.Errorf("%s: %+v, want %v", g, info, more)
		}
		if after, before := info.ValidAfter.Format("2006-01-02"), info.ValidBefore.Format("2006-01-02"); after != "2026-01-01" || before != "2036-01-01" {
			t.Errorf("%s: valid from %s to %s", g, after, before)
		}
	}
	if seen == 0 {
		t.Fatal("no golden certificates")
	}
}

// TestLists: line by line what ssh-keygen -l finds, and the lines it passes over.
func TestLists(t *testing.T) {
	for _, l := range testkeys.Lists(t) {
		var got []string
		marked := 0
		err := formats.ScanList(bytes.NewReader(l.Data), func(e formats.Entry) error {
			switch {
			case e.Err != nil:
				t.Errorf("%s line %d: %v", l.Name, e.Line, e.Err)
			case e.Marker != "":
				marked++
			default:
				got = append(got, e.Key.Fingerprint())
			}
			return nil
		})
		var want []string
		for _, fact := range l.Facts {
			want = append(want, strings.Fields(fact)[1])
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v (%v), want %v", l.Name, got, err, want)
		}
		if wantMarked := bytes.Count(l.Data, []byte("\n@")); marked != wantMarked {
			t.Errorf("%s: %d marked lines, want %d", l.Name, marked, wantMarked)
		}
	}
}

// TestUnsupported: real files of types and ciphers nobody here reads are named
// for what they are, with the right passphrase too.
func TestUnsupported(t *testing.T) {
	for _, g := range testkeys.Unsupported(t) {
		k, err := tryOpen(g.Data, g.Passphrase)
		if unsupported, ok := errors.AsType[*formats.UnsupportedError](err); k != nil || !ok || string(unsupported.Format) != g.Format {
			t.Errorf("%s: %v (%T), want an UnsupportedError", g, err, err)
		}
	}
}

// cheap are options whose passphrase costs little.
func cheap(passphrase []byte) formats.Options {
	return formats.Options{
		Passphrase: passphrase, Rounds: 1, Iterations: 1000,
		Argon2: formats.Argon2{Flavour: "argon2id", MemoryKiB: 64, Passes: 1, Parallelism: 1},
	}
}

// oneOfEach picks one private golden of every key, with its comment.
func oneOfEach(t *testing.T) []testkeys.Golden {
	t.Helper()
	found := map[string]testkeys.Golden{}
	for _, g := range testkeys.Goldens(t) {
		if !g.Private || g.Comment == "" {
			continue
		}
		if known, ok := found[g.Key]; !ok || known.Encrypted() {
			found[g.Key] = g
		}
	}
	all := []testkeys.Golden{testkeys.Find(t, "ed25519", "ppk3.cert"), testkeys.Find(t, "rsa2048", "ppk3.cert")}
	for _, key := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[key])
	}
	return all
}

// TestRecode: every key through every format that takes it, plain and with the
// passphrase, loses nothing but what Fit named.
func TestRecode(t *testing.T) {
	passphrase := testkeys.Passphrase(t)
	for _, g := range oneOfEach(t) {
		k := open(t, g)
		taken := 0
		for _, f := range formats.All() {
			losses, err := formats.Fit(f.ID, k)
			if err != nil {
				continue
			}
			taken++
			recode(t, g, k, f, losses, formats.Options{})
			if f.Encrypts {
				recode(t, g, k, f, losses, cheap(passphrase))
			}
			if slices.Contains([]formats.ID{formats.PKCS1, formats.SEC1, formats.PKCS8, formats.SPKI, formats.PKCS1Public}, f.ID) {
				recode(t, g, k, f, losses, formats.Options{DER: true})
			}
		}
		if taken < 4 {
			t.Errorf("%s: only %d formats take it", g, taken)
		}
	}
}

func recode(t *testing.T, g testkeys.Golden, k *keytool.Key, f *formats.Format, losses []formats.Loss, opt formats.Options) {
	t.Helper()
	data, err := formats.Encode(f.ID, k, opt)
	if err != nil {
		t.Errorf("%s to %s: %v", g, f.ID, err)
		return
	}
	env, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		t.Errorf("%s to %s and back: %v", g, f.ID, err)
		return
	}
	if env.Format != f.ID || env.Encrypted() != (opt.Passphrase != nil) || env.DER != opt.DER {
		t.Errorf("%s to %s: reads as %s, encrypted %v, DER %v", g, f.ID, env.Format, env.Encrypted(), env.DER)
	}
	back, err := env.Open(opt.Passphrase)
	if err != nil {
		t.Errorf("%s to %s and back: %v", g, f.ID, err)
		return
	}
	want := k
	if f.Holds == formats.HoldsPublic {
		want = k.Public()
	}
	inKind, err := formats.In(f.ID, want)
	changed := slices.ContainsFunc(losses, func(l formats.Loss) bool { return l.What == "type" })
	if err != nil || changed == inKind.Equal(want) {
		t.Errorf("%s to %s: becomes %v (%v), losses %v", g, f.ID, inKind, err, losses)
	}
	want = inKind
	for _, loss := range losses {
		switch loss.What {
		case "comment":
			want = want.WithComment("")
		case "certificate":
			want = want.WithoutCertificate()
		}
	}
	if !samePrivate(back, want) || back.Comment() != want.Comment() {
		t.Errorf("%s to %s and back: another key or comment %q; losses %v", g, f.ID, back.Comment(), losses)
	}
}

// TestSameBytes: where the encoding has no random part, or its random part is
// known from the file, we write what the real tool wrote, byte for byte.
func TestSameBytes(t *testing.T) {
	seen := map[string]int{}
	for _, g := range testkeys.Goldens(t) {
		opt, ok := optionsOf(t, g)
		if !ok {
			continue
		}
		seen[g.Name]++
		got, err := formats.Encode(formats.ID(g.Format), open(t, g), opt)
		if err != nil || !bytes.Equal(got, g.Data) {
			t.Errorf("%s: %v, %d bytes, want %d; they part at %d", g, err, len(got), len(g.Data), firstDifference(got, g.Data))
		}
	}
	for _, name := range []string{"crypt4gh.scrypt", "crypt4gh.pub", "age.pub", "openssh", "pkcs1.pem", "pkcs1.aes256.pem", "ppk2.enc", "ppk3.argon2d", "sshcom", "rfc4716", "cert.pub"} {
		if seen[name] == 0 {
			t.Errorf("no golden %s was compared", name)
		}
	}
}

// optionsOf are the options under which a tool wrote the file, its random bytes
// included; false where those are not in clear, or the tool has habits of its own.
func optionsOf(t *testing.T, g testkeys.Golden) (formats.Options, bool) {
	t.Helper()
	opt := formats.Options{DER: g.DER, Passphrase: g.Passphrase}
	kind, _, _ := strings.Cut(g.Name, ".")
	switch {
	case g.Name == "openssh":
		opt.Rand = bytes.NewReader(checkInt(t, g.Data))
	case g.Name == "crypt4gh.scrypt": // salt, and nonce before the sealed scalar
		raw := unarmour(t, g.Data)
		opt.Rand = bytes.NewReader(slices.Concat(raw[21:37], raw[58:70]))
	case g.Format == "crypt4gh", g.Format == "age": // other labels; the date
		return opt, false
	case strings.Contains(g.Name, "puttygen"): // wraps at 64 columns, or writes DES-EDE3 only
		return opt, false
	case g.Format == "openssh" || g.Format == "x509" || g.Name == "sshcom.3des":
		return opt, false
	case g.Name == "sec1-params.pem" || g.Name == "sec1.explicit.pem":
		return opt, false
	case kind == "pkcs8" && g.Encrypted():
		return opt, false
	case kind == "ppk3" && g.Encrypted():
		opt.Argon2 = argon2Of(g)
		opt.Rand = bytes.NewReader(hexAfter(t, g.Data, "Argon2-Salt: "))
	case slices.Contains([]string{"pkcs1", "sec1", "dsa"}, kind) && g.Encrypted():
		if opt.Cipher = g.Cipher; !strings.HasPrefix(g.Cipher, "aes") {
			return opt, false // not written by us
		}
		opt.Rand = bytes.NewReader(hexAfter(t, g.Data, "DEK-Info: "+strings.ToUpper(strings.Replace(g.Cipher, "aes", "AES-", 1))+","))
	}
	return opt, true
}

func argon2Of(g testkeys.Golden) formats.Argon2 {
	return formats.Argon2{
		Flavour: g.KDF, MemoryKiB: uint32(g.Params["memory_kib"]),
		Passes: uint32(g.Params["passes"]), Parallelism: uint8(g.Params["parallelism"]),
	}
}

// hexAfter reads the hex number that follows a header.
func hexAfter(t *testing.T, data []byte, header string) []byte {
	t.Helper()
	_, rest, ok := bytes.Cut(data, []byte(header))
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	b, err := hex.DecodeString(string(line))
	if !ok || err != nil {
		t.Fatalf("no hex number after %q", header)
	}
	return b
}

// checkInt reads the check number of an unencrypted OpenSSH file (PROTOCOL.key):
// after magic, cipher, KDF, options, count and public key, twice.
func checkInt(t *testing.T, file []byte) []byte {
	t.Helper()
	data := unarmour(t, file)
	r := keytool.NewWireReader(bytes.TrimPrefix(data, []byte("openssh-key-v1\x00")))
	r.Str("cipher")
	r.Str("kdf")
	r.Str("options")
	r.Uint32("keys")
	r.Str("public key")
	section := r.Str("private section")
	if r.Err() != nil || len(section) < 8 || !bytes.Equal(section[:4], section[4:8]) {
		t.Fatal("not an unencrypted OpenSSH file")
	}
	return section[:4]
}

func unarmour(t *testing.T, file []byte) []byte {
	t.Helper()
	block, _ := pem.Decode(file)
	if block == nil {
		t.Fatal("no PEM block")
	}
	return block.Bytes
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
