package formats

import (
	"bytes"
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

func TestSPKIGoldens(t *testing.T) {
	for _, g := range pkcsGoldens(t, SPKI, PKCS1Public, X509) {
		t.Run(g.String(), func(t *testing.T) { checkPKCSGolden(t, g) })
	}
}

// TestSPKIBytes: what openssl wrote, we write: the same bytes.
func TestSPKIBytes(t *testing.T) {
	for _, g := range pkcsGoldens(t, SPKI, PKCS1Public) {
		if !bytes.Equal(pkcsEncode(t, ID(g.Format), pkcsOpen(t, g.Data, nil), Options{DER: g.DER}), g.Data) {
			t.Errorf("%s is written differently", g)
		}
	}
}

// TestSPKIPeers: ssh-keygen reads what we write, RSA and ECDSA in 9.2.
func TestSPKIPeers(t *testing.T) {
	dir := t.TempDir()
	for _, g := range pkcsOneOfEach(t, "spki.pem", "rsapublic.pem") {
		key := pkcsOpen(t, g.Data, nil)
		if family := key.Algorithm().Family; family != keytool.RSA && family != keytool.ECDSA {
			continue
		}
		kind := "PKCS8"
		if g.Format == string(PKCS1Public) {
			kind = "PEM"
		}
		pkcsWrite(t, dir, "ours", pkcsEncode(t, ID(g.Format), key, Options{}))
		line := pkcsRun(t, dir, "ssh-keygen", "-i", "-m", kind, "-f", "ours")
		if !pkcsOpen(t, []byte(line), nil).Equal(key) {
			t.Errorf("ssh-keygen reads another key from %s", g)
		}
	}
}

// TestSPKIPoints: compressed points are read as what they stand for.
func TestSPKIPoints(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"ecdsa256", "ecdsa384", "ecdsa521", "ecdsa256-leadingzero"} {
		g := testkeys.Find(t, name, "spki.pem")
		pkcsRun(t, dir, "openssl", "ec", "-pubin", "-in", g.Path, "-pubout", "-conv_form", "compressed", "-out", "compressed")
		data := pkcsRead(t, dir, "compressed")
		if key := pkcsOpen(t, data, nil); len(data) >= len(g.Data) || key.Fingerprint() != g.Facts.SHA256 {
			t.Errorf("%s: %s", g, key)
		}
		der := pkcsDER(t, g.Data)
		at := bytes.IndexByte(der, 4) // the point's first byte follows a BIT STRING's zero
		for at > 0 && der[at-1] != 0 {
			at += 1 + bytes.IndexByte(der[at+1:], 4)
		}
		for _, form := range []byte{0, 2, 3, 6, 7} { // infinity, compressed at full length, hybrid
			changed := bytes.Clone(der)
			changed[at] = form
			_, err := Parse(changed, DefaultLimits())
			if _, ok := errors.AsType[*SyntaxError](err); !ok {
				t.Errorf("%s with form %d: %v", g, form, err)
			}
		}
	}
}

// TestX509: every label, also of version 1 and with trust settings behind it.
func TestX509(t *testing.T) {
	dir := t.TempDir()
	g := testkeys.Find(t, "ecdsa256", "x509.pem")
	key := pkcsOpen(t, g.Data, nil)
	pkcsRun(t, dir, "openssl", "x509", "-in", g.Path, "-trustout", "-addtrust", "clientAuth", "-out", "trusted")
	trusted := pkcsRead(t, dir, "trusted")
	pem := testkeys.Find(t, "ecdsa256", "pkcs8.pem").Path
	pkcsRun(t, dir, "openssl", "req", "-new", "-key", pem, "-subj", "/CN=x", "-outform", "DER", "-out", "request")
	pkcsRun(t, dir, "openssl", "x509", "-req", "-inform", "DER", "-in", "request", "-signkey", pem, "-outform", "DER", "-out", "v1")
	for name, data := range map[string][]byte{
		"trusted":          trusted,
		"X509 CERTIFICATE": bytes.ReplaceAll(g.Data, []byte(" CERTIFICATE"), []byte(" X509 CERTIFICATE")),
		"version 1":        pkcsRead(t, dir, "v1"),
	} {
		e, err := Parse(data, DefaultLimits())
		if err != nil || e.Format != X509 || e.Kind != KindPublic || !e.Public.Equal(key) {
			t.Errorf("%s: %+v, %v", name, e, err)
		}
	}
	if _, err := Parse(bytes.ReplaceAll(trusted, []byte("TRUSTED "), nil), DefaultLimits()); err == nil {
		t.Error("a certificate may be followed by something")
	}
	if _, err := Encode(X509, key, Options{}); err == nil {
		t.Error("a certificate was written")
	}
}

// TestDERShapes: binary files of other kinds are not taken for keys.
func TestDERShapes(t *testing.T) {
	dir := t.TempDir()
	pem := testkeys.Find(t, "ecdsa256", "pkcs8.pem").Path
	cert := testkeys.Find(t, "ecdsa256", "x509.pem").Path
	pkcsRun(t, dir, "openssl", "req", "-new", "-key", pem, "-subj", "/CN=x", "-outform", "DER", "-out", "request")
	pkcsRun(t, dir, "openssl", "dgst", "-sha256", "-sign", pem, "-out", "signature", pem)
	pkcsRun(t, dir, "openssl", "dhparam", "-dsaparam", "-outform", "DER", "-out", "dhparam", "512")
	pkcsRun(t, dir, "openssl", "pkcs12", "-export", "-inkey", pem, "-in", cert, "-passout", "pass:x", "-out", "pkcs12")
	pkcsRun(t, dir, "openssl", "crl2pkcs7", "-nocrl", "-certfile", cert, "-outform", "DER", "-out", "pkcs7")
	for _, name := range []string{"request", "signature", "dhparam", "pkcs12", "pkcs7"} {
		if id, ok := Detect(pkcsRead(t, dir, name)); ok {
			t.Errorf("%s is taken for %s", name, id)
		}
	}
	for _, text := range []string{"0", "00", "0\x80", "0\x84\xff\xff\xff\xff", "0\x00", "0\x02\x30\x00", "0\x02\x02\x00", "0123456789 text"} {
		if id, ok := Detect([]byte(text)); ok {
			t.Errorf("%q is taken for %s", text, id)
		}
	}
}

// TestDERShapesOfGoldens: every DER file, cut off anywhere behind its first
// fields, is still told for what it is.
func TestDERShapesOfGoldens(t *testing.T) {
	seen := 0
	for _, g := range testkeys.Goldens(t) {
		if !g.DER {
			if shape := shapeOfDER(g.Data); shape != "" {
				t.Errorf("%s is taken for the DER of %s", g, shape)
			}
			continue
		}
		seen++
		for _, n := range []int{len(g.Data), len(g.Data) - 1, len(g.Data) * 3 / 4} {
			if n < len(g.Data) && (g.Format == string(DSAPEM) || g.Format == string(PKCS1Public)) {
				continue // known by having six numbers, or by the second one's end
			}
			if shape := shapeOfDER(g.Data[:n]); string(shape) != g.Format {
				t.Errorf("%d of %d bytes of %s are taken for %q", n, len(g.Data), g, shape)
			}
		}
	}
	if seen == 0 {
		t.Fatal("no golden DER files")
	}
}

func TestSPKIForeign(t *testing.T) {
	seen := 0
	for _, g := range testkeys.Unsupported(t) {
		if g.Format != string(SPKI) {
			continue
		}
		seen++
		e, err := Parse(g.Data, DefaultLimits())
		if err != nil || e.Algorithm != "x25519" || e.Public != nil || e.Kind != KindPublic {
			t.Errorf("%s: %+v, %v", g, e, err)
			continue
		}
		_, err = e.Open(nil)
		if _, ok := errors.AsType[*UnsupportedError](err); !ok {
			t.Errorf("%s: %v", g, err)
		}
	}
	if seen == 0 {
		t.Fatal("no foreign SPKI file")
	}
}

// TestSPKICutsAndFlips: public keys carry no proof, so only panics, quotes and
// cuts are looked for.
func TestSPKICutsAndFlips(t *testing.T) {
	for _, name := range []string{"rsa1024/spki.der", "rsa1024/rsapublic.der", "ed25519/spki.pem", "ecdsa256/spki.der", "dsa1024/spki.der", "ecdsa256/x509.der"} {
		folder, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, folder, file)
		t.Run(name, func(t *testing.T) {
			checkPKCSDamage(t, g, 0)
			for n := range len(g.Data) - 1 {
				if _, err := Parse(g.Data[:n], DefaultLimits()); err == nil {
					t.Errorf("%d of %d bytes are enough", n, len(g.Data))
				}
			}
		})
	}
}

// TestSPKIDifferential: the standard library reads the same numbers out of whole
// and damaged files.
func TestSPKIDifferential(t *testing.T) {
	compared := 0
	for _, g := range pkcsOneOfEach(t, "spki.der", "rsapublic.der", "x509.der") {
		pkcsVariants(g.Data, func(der []byte) {
			var std any
			var stdErr error
			switch ID(g.Format) {
			case SPKI:
				std, stdErr = x509.ParsePKIXPublicKey(der)
			case PKCS1Public:
				std, stdErr = x509.ParsePKCS1PublicKey(der)
			case X509:
				var cert *x509.Certificate
				if cert, stdErr = x509.ParseCertificate(der); stdErr == nil {
					std = cert.PublicKey
				}
			}
			e, err := Parse(der, DefaultLimits())
			var got *keytool.Key
			if err == nil {
				got, err = e.Open(nil)
			}
			if stdErr != nil || err != nil || std == nil || got.Algorithm().Family == keytool.DSA {
				return
			}
			compared++
			checkPKCSPublic(t, got, std)
		})
	}
	if compared < 100 {
		t.Errorf("only %d files were read by both", compared)
	}
}

func FuzzSPKI(f *testing.F) { fuzzPKCS(f, SPKI, PKCS1Public, X509) }
