package formats_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/plugin"
	"github.com/neicnordic/crypt4gh/keys"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// The readers of dataset keys are libraries: the public half they find, in base64.

func datasetText(k *keytool.Key) string {
	x, err := keytool.ToX25519(k.Public())
	if err != nil {
		return err.Error()
	}
	return base64.StdEncoding.EncodeToString(x.Blob())
}

func crypt4ghPrivate(p *peers, path string, encrypted bool) (string, error) {
	var passphrase []byte
	if encrypted {
		passphrase = p.passphrase
	}
	scalar, err := keys.ReadPrivateKey(bytes.NewReader(p.read(path)), passphrase)
	public := keys.DerivePublicKey(scalar)
	return base64.StdEncoding.EncodeToString(public[:]), err
}

func crypt4ghPublic(p *peers, path string, _ bool) (string, error) {
	public, err := keys.ReadPublicKey(bytes.NewReader(p.read(path)))
	return base64.StdEncoding.EncodeToString(public[:]), err
}

func ageIdentity(p *peers, path string, _ bool) (string, error) {
	ids, err := age.ParseIdentities(bytes.NewReader(p.read(path)))
	if err != nil || len(ids) != 1 {
		return "", fmt.Errorf("%d identities: %w", len(ids), err)
	}
	return rawRecipient(ids[0].(*age.X25519Identity).Recipient())
}

func ageRecipients(p *peers, path string, _ bool) (string, error) {
	recipients, err := age.ParseRecipients(bytes.NewReader(p.read(path)))
	if err != nil || len(recipients) != 1 {
		return "", fmt.Errorf("%d recipients: %w", len(recipients), err)
	}
	return rawRecipient(recipients[0].(*age.X25519Recipient))
}

// rawRecipient finds the 32 bytes by our own reading, and holds those to age's
// writing of them.
func rawRecipient(r *age.X25519Recipient) (string, error) {
	env, err := formats.Parse([]byte(r.String()), formats.DefaultLimits())
	if err != nil {
		return "", err
	}
	point, err := ecdh.X25519().NewPublicKey(env.Public.Blob())
	if err != nil {
		return "", err
	}
	if text, err := plugin.EncodeX25519Recipient(point); err != nil || text != r.String() {
		return "", fmt.Errorf("age writes these bytes as %s: %w", text, err)
	}
	return base64.StdEncoding.EncodeToString(env.Public.Blob()), nil
}

// TestDatasetKeys: what the two tools made, through every format that takes it and
// back to them; and age decrypts with what we wrote what it encrypted to that key.
func TestDatasetKeys(t *testing.T) {
	p := newPeers(t)
	for _, g := range []testkeys.Golden{
		testkeys.Find(t, "x25519", "crypt4gh"), testkeys.Find(t, "x25519", "crypt4gh.old"),
		testkeys.Find(t, "x25519-age", "age"), testkeys.Find(t, "ed25519", "openssh"), testkeys.Find(t, "ed25519-leadingzero", "ppk3"),
	} {
		k := open(t, g)
		for _, id := range []formats.ID{formats.Crypt4GH, formats.Crypt4GHPublic, formats.Age, formats.AgePublic} {
			for _, opt := range variants(id, formats.Lookup(id).Encrypts, p.passphrase) {
				if p.readBack(conversion{g.String(), id, k, opt}) != 1 {
					t.Errorf("%s as %s is read back by no tool", g, id)
				}
			}
		}
		ageRoundTrip(t, g, k)
	}
}

func ageRoundTrip(t *testing.T, g testkeys.Golden, k *keytool.Key) {
	t.Helper()
	written := map[formats.ID]string{}
	for _, id := range []formats.ID{formats.Age, formats.AgePublic} {
		data, err := formats.Encode(id, k, formats.Options{})
		if err != nil {
			t.Fatal(err)
		}
		written[id] = string(data)
	}
	to, err := age.ParseRecipients(strings.NewReader(written[formats.AgePublic]))
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, to...)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(w, "data")
	w.Close()
	ids, err := age.ParseIdentities(strings.NewReader(written[formats.Age]))
	if err != nil {
		t.Fatalf("%s: %v", g, err)
	}
	r, err := age.Decrypt(&sealed, ids...)
	if err != nil {
		t.Fatalf("%s: age does not open with our identity: %v", g, err)
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != "data" {
		t.Errorf("%s: %q, %v", g, text, err)
	}
}

// TestReferenceReadsGoldens: the goldens themselves are what the reference reads,
// and its map of an Ed25519 login key is ours.
func TestReferenceReadsGoldens(t *testing.T) {
	for _, g := range testkeys.Goldens(t) {
		bare := g.Name == "crypt4gh.htslib" // only htslib reads it
		ed25519 := g.Name == "openssh" && strings.HasPrefix(g.Key, "ed25519")
		if !g.Private || g.Format != "crypt4gh" && !ed25519 || bare {
			continue
		}
		scalar, err := keys.ReadPrivateKey(bytes.NewReader(g.Data), g.Passphrase)
		if err != nil {
			t.Errorf("%s: %v", g, err)
			continue
		}
		public := keys.DerivePublicKey(scalar)
		if got := datasetText(open(t, g)); got != base64.StdEncoding.EncodeToString(public[:]) {
			t.Errorf("%s: we find %s, the reference another key", g, got)
		}
	}
}

// TestDatasetFit: no login key's format takes a dataset key, and of login keys
// only Ed25519 become one.
func TestDatasetFit(t *testing.T) {
	dataset := open(t, testkeys.Find(t, "x25519", "crypt4gh"))
	for _, f := range formats.All() {
		if !f.Writes() || f.Dataset {
			continue
		}
		for _, k := range []*keytool.Key{dataset, dataset.Public()} {
			_, err := formats.Fit(f.ID, k)
			_, encodeErr := formats.Encode(f.ID, k, formats.Options{})
			if kindOfError(err) != "CannotHoldError" || encodeErr == nil {
				t.Errorf("%s takes a dataset key: %v, %v", f.ID, err, encodeErr)
			}
			if k.IsPrivate() && !strings.Contains(fmt.Sprint(err), "no login key") {
				t.Errorf("%s: %v", f.ID, err)
			}
		}
	}
	for _, key := range []string{"rsa1024", "ecdsa256", "ed448", "dsa1024"} {
		k := open(t, testkeys.Find(t, key, "ppk3"))
		for _, id := range []formats.ID{formats.Crypt4GH, formats.Crypt4GHPublic, formats.Age, formats.AgePublic} {
			if data, err := formats.Encode(id, k, formats.Options{}); err == nil || !strings.Contains(err.Error(), "only Ed25519") {
				t.Errorf("%s as %s: %d bytes, %v", key, id, len(data), err)
			}
		}
	}
	login := open(t, testkeys.Find(t, "ed25519", "openssh"))
	losses, err := formats.Fit(formats.Crypt4GH, login)
	if err != nil || len(losses) != 1 || losses[0].What != "type" || !strings.Contains(losses[0].Why, "logs in and decrypts") {
		t.Errorf("an Ed25519 key as Crypt4GH: %v, %v", losses, err)
	}
}

// TestForeignFiles: real files of the kinds that are no keys of ours are named for
// what they are, and none is taken for a key.
func TestForeignFiles(t *testing.T) {
	want := map[string]string{
		"age-locked": "encryption of the whole file with a passphrase", "age-locked.asc": "encryption of the whole file with a passphrase",
		"data.age": "data encrypted with age", "data.c4gh": "data encrypted with Crypt4GH",
		"openpgp-secret.gpg": "an OpenPGP private key", "openpgp-secret.asc": "an OpenPGP private key",
		"openpgp-public.gpg": "an OpenPGP public key", "openpgp-public.asc": "an OpenPGP public key",
		"openpgp-signature.asc": "an OpenPGP signature",
		"tls-bundle.pem":        "a certificate with its private key", "tls-bundle.p12": "a PKCS#12 bundle",
		"tls-request.pem": "a certificate request", "tls-pkcs7.pem": "a PKCS#7 bundle",
	}
	for name, data := range testkeys.Foreign(t) {
		checkForeign(t, name, want[name], data)
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("not there: %v", want)
	}
}

// TestForeignText: kinds whose tools are not at hand, by their manuals.
func TestForeignText(t *testing.T) {
	b64 := func(n int) string { return base64.StdEncoding.EncodeToString(bytes.Repeat([]byte("R"), n)) }
	for _, c := range []struct{ name, want, data string }{
		{"minisign", "minisign or signify private key", "untrusted comment: minisign encrypted secret key\n" + b64(158) + "\n"},
		{"signify", "minisign or signify private key", "untrusted comment: signify secret key\n" + b64(104) + "\n"},
		{"minisign.pub", "minisign or signify public key", "untrusted comment: minisign public key 1\n" + b64(42) + "\n"},
		{"x.minisig", "minisign or signify signature", "untrusted comment: signature\n" + b64(74) + "\ntrusted comment: x\n" + b64(64) + "\n"},
		{"wg0.conf", "a WireGuard configuration", "[Interface]\nPrivateKey = " + b64(32) + "\nAddress = 10.0.0.1/24\n"},
		{"peer", "a WireGuard configuration", "# lab\n[Peer]\npublickey=" + b64(32) + "\n"},
		{"wg genkey", "32 bytes in base64", b64(32) + "\n"},
		{"jks", "a Java keystore", "\xfe\xed\xfe\xed\x00\x00\x00\x02\x00"},
		{"pfx without lengths", "a PKCS#12 bundle", "\x30\x80\x02\x01\x03\x30\x80"},
	} {
		checkForeign(t, c.name, c.want, []byte(c.data))
	}
	for _, plain := range []string{"[Interface]\nname = x\n", "untrusted comment: x\nQUFB\n", b64(31) + "\n", "\xc5\x03\x09\x00\x00\x00\x00\x00\x00"} {
		if _, err := formats.Parse([]byte(plain), formats.DefaultLimits()); err == nil || strings.Contains(err.Error(), "it is") {
			t.Errorf("%q: %v", plain, err)
		}
	}
}

func checkForeign(t *testing.T, name, want string, data []byte) {
	t.Helper()
	_, err := formats.Parse(data, formats.DefaultLimits())
	kind := kindOfError(err)
	if want == "" || kind != notAKey && kind != unsupported || !strings.Contains(fmt.Sprint(err), want) {
		t.Errorf("%s: %s: %v, want %q", name, kind, err, want)
	}
	if id, ok := formats.Detect(data); ok {
		t.Errorf("%s is taken for %s", name, id)
	}
}

// TestForFile: dbGaP's repository keys are known by their name alone.
func TestForFile(t *testing.T) {
	unknown := &formats.UnknownFormatError{Reason: "binary data"}
	if got := unknown.ForFile("prj_1234.ngc"); !strings.Contains(got.Error(), "dbGaP") || got.Command == "" {
		t.Error(got)
	}
	if got := unknown.ForFile("key.pem"); got != unknown {
		t.Error(got)
	}
	pgp := &formats.UnknownFormatError{Reason: "an OpenPGP key", Foreign: true}
	if got := pgp.ForFile("x.ngc"); got != pgp {
		t.Error(got)
	}
}

// FuzzForeign: naming foreign files never panics, and names no key of ours.
func FuzzForeign(f *testing.F) {
	for _, data := range testkeys.Foreign(f) {
		f.Add(data)
	}
	f.Add([]byte("untrusted comment: \nRR"))
	f.Fuzz(func(t *testing.T, data []byte) {
		env, err := formats.Parse(data, tight())
		if (env == nil) == (err == nil) {
			t.Fatalf("%v and %v", env, err)
		}
	})
}
