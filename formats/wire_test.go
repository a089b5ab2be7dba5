package formats

import (
	"bytes"
	"encoding/base64"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

func TestWireGoldens(t *testing.T) {
	for _, id := range []ID{Wire, WireBase64} {
		for _, g := range goldensOf(t, id) {
			e, err := Parse(g.Data, DefaultLimits())
			if err != nil {
				t.Errorf("%s: %v", g, err)
				continue
			}
			if e.Format != id || e.Kind != KindPublic || e.Algorithm != g.Facts.Algorithm {
				t.Errorf("%s: %+v", g, e)
			}
			k, err := e.Open(nil)
			if err != nil || k.Fingerprint() != g.Facts.SHA256 || k.Comment() != "" || k.IsPrivate() {
				t.Errorf("%s: %v %v", g, err, k)
			}
			// A private key is written as its public half.
			keys := []*keytool.Key{k}
			if k.Algorithm().Family != keytool.MLDSA44Ed25519 { // no PPK holds those
				keys = append(keys, findKey(t, g.Key, "ppk3"))
			}
			for _, key := range keys {
				if got := mustEncode(t, id, key, Options{}); !bytes.Equal(got, g.Data) {
					t.Errorf("%s: not written as it was", g)
				}
			}
		}
	}
}

func TestWireCertificate(t *testing.T) {
	for _, name := range []string{"rsa2048", "dsa1024", "ecdsa256", "ed25519"} {
		g := testkeys.Find(t, name, "cert.pub")
		k := openGolden(t, g)
		for id, want := range map[ID]string{Wire: string(k.Certificate()), WireBase64: strings.Fields(string(g.Data))[1] + "\n"} {
			losses, err := Fit(id, k)
			if err != nil || len(losses) != 1 || losses[0].What != "comment" {
				t.Errorf("%s %s: %v %v", name, id, losses, err)
			}
			data := mustEncode(t, id, k, Options{})
			if string(data) != want {
				t.Errorf("%s %s: not the certificate of ssh-keygen", name, id)
			}
			e, err := Parse(data, DefaultLimits())
			if err != nil || e.Format != id || e.Kind != KindCertificate || !e.Public.Equal(k) || !bytes.Equal(e.Public.Certificate(), k.Certificate()) {
				t.Errorf("%s %s: %v %+v", name, id, err, e)
			}
		}
	}
}

func TestWireBase64Peer(t *testing.T) {
	for _, name := range []string{"rsa2048", "ecdsa256", "ed25519"} {
		k := findKey(t, name, "wire.bin")
		path := fileOf(t, mustEncode(t, WireBase64, k, Options{}))
		if got := strings.TrimSpace(runTool(t, "ssh-keygen", "-i", "-m", "RFC4716", "-f", path)); got != bareLine(k) {
			t.Errorf("%s: ssh-keygen -i says %s", name, got)
		}
	}
}

// TestWireDetect: what is taken for a blob, and what belongs to others.
func TestWireDetect(t *testing.T) {
	blob := findKey(t, "ed25519", "wire.bin").Blob()
	b64 := base64.StdEncoding.EncodeToString(blob)
	str := func(parts ...string) string {
		var b []byte
		for _, p := range parts {
			b = keytool.AppendStr(b, p)
		}
		return string(b)
	}
	for name, c := range map[string]struct {
		data string
		want ID
	}{
		"blob":                     {string(blob), Wire},
		"cut blob":                 {string(blob[:40]), Wire},
		"blob and more":            {string(blob) + "\x00", Wire},
		"type alone":               {str("ssh-rsa"), Wire},
		"certificate, cut":         {str("ssh-ed25519-cert-v01@openssh.com") + "\x00", Wire},
		"security key":             {str("sk-ssh-ed25519@openssh.com", "x"), Wire},
		"unknown type":             {str("ssh-tomorrow@example.org", "abc", ""), Wire},
		"unknown type alone":       {str("ssh-tomorrow@example.org"), ""},
		"unknown type, no strings": {str("ssh-tomorrow@example.org") + "\x00\x00\x00", ""},
		"no hyphen":                {str("tomorrow", "abc"), ""},
		"comma":                    {str("ssh-rsa,ssh-dss", "abc"), ""},
		"long name":                {str("ssh-"+strings.Repeat("x", 61), "abc"), ""},
		"no name":                  {str("", "abc"), ""},
		"MP4":                      {"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom", ""},
		"zeros":                    {strings.Repeat("\x00", 64), ""},
		"Dropbear":                 {string(testkeys.Find(t, "ed25519", "dropbear").Data), Dropbear},

		"base64":                 {b64 + "\n", WireBase64},
		"base64 on lines":        {string(wrap(b64, 20)), WireBase64},
		"base64, CR LF":          {strings.ReplaceAll(string(wrap(b64, 20)), "\n", "\r\n"), WireBase64},
		"base64, blanks around":  {"\n  " + b64 + " \t\n\n", WireBase64},
		"base64, blank lines":    {strings.ReplaceAll(string(wrap(b64, 20)), "\n", "\n\n"), WireBase64},
		"base64, cut":            {b64[:41], WireBase64},
		"base64, damaged":        {b64[:30] + "*" + b64[31:], WireBase64},
		"base64, unknown type":   {base64.StdEncoding.EncodeToString([]byte(str("ssh-tomorrow@example.org", "abc"))), WireBase64},
		"base64 twice":           {b64 + "\n" + b64 + "\n", WireBase64},
		"type, base64":           {"ssh-ed25519 " + b64 + "\n", OpenSSHPublic},
		"base64, comment":        {b64 + " taro@lab\n", ""},
		"AAAA":                   {"AAAA\n", ""},
		"base64 of zeros":        {strings.Repeat("A", 64), ""},
		"base64, URL's alphabet": {"AAAA-_-_", ""},
	} {
		if id, _ := Detect([]byte(c.data)); id != c.want {
			t.Errorf("%s: %q, want %q", name, id, c.want)
		}
	}
}

func TestWireSound(t *testing.T) {
	k := findKey(t, "rsa2048", "wire.bin")
	b64 := base64.StdEncoding.EncodeToString(k.Blob())
	for name, text := range map[string]string{
		"no end of line": b64, "lines": string(wrap(b64, 64)), "CR": strings.ReplaceAll(string(wrap(b64, 70)), "\n", "\r"),
		"indented": "\t" + strings.ReplaceAll(string(wrap(b64, 70)), "\n", " \n\n\t"),
	} {
		e, err := Parse([]byte(text), DefaultLimits())
		if err != nil || e.Format != WireBase64 || !e.Public.Equal(k) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWireUnknownCertificate(t *testing.T) {
	const name = "ssh-tomorrow-cert-v01@openssh.com"
	blob := slices.Concat(wireStr([]byte(name)), wireStr([]byte("public half")))
	for id, data := range map[ID][]byte{Wire: blob, WireBase64: []byte(base64.StdEncoding.EncodeToString(blob) + "\n")} {
		e, err := Parse(data, DefaultLimits())
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		k, err := e.Open(nil)
		if err != nil || e.Format != id || e.Kind != KindCertificate || e.Algorithm != name || !bytes.Equal(k.Blob(), blob) {
			t.Errorf("%s: %v %+v", id, err, e)
		}
		if got := mustEncode(t, id, k, Options{}); !bytes.Equal(got, data) {
			t.Errorf("%s: not written as it was", id)
		}
	}
}

// TestWireUnknownType: a Dropbear key of a type from tomorrow looks like a blob.
// What might be private is not taken for public, read or written.
func TestWireUnknownType(t *testing.T) {
	dropbear := bytes.Replace(testkeys.Find(t, "dsa1024", "dropbear").Data, []byte("ssh-dss"), []byte("ssh-xyz"), 1)
	for id, data := range map[ID][]byte{Wire: dropbear, WireBase64: []byte(base64.StdEncoding.EncodeToString(dropbear) + "\n")} {
		e, err := Parse(data, DefaultLimits())
		if u, ok := err.(*UnsupportedError); !ok || u.Format != id || u.What != `key type "ssh-xyz"` || e != nil {
			t.Errorf("%s: %v %+v", id, err, e)
		}
		k, err := keytool.NewPublic(dropbear, "")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Encode(id, k, Options{}); err == nil {
			t.Errorf("%s: written", id)
		}
	}
}

// TestWireDamage: a cut or lengthened blob is a damaged one, raw or in base64.
func TestWireDamage(t *testing.T) {
	for _, name := range []string{"rsa1024", "ecdsa256", "ed25519", "dsa1024", "ed448"} {
		blob := testkeys.Find(t, name, "wire.bin").Data
		typeEnd := 4 + int(blob[3])
		for n := typeEnd; n <= len(blob)+1; n++ {
			if n == len(blob) {
				continue
			}
			damaged := append(bytes.Clone(blob), 0)[:n]
			for id, data := range map[ID][]byte{Wire: damaged, WireBase64: []byte(base64.StdEncoding.EncodeToString(damaged))} {
				if got, _ := Detect(data); got == Dropbear && n > len(blob) {
					continue // a public half and one byte more
				}
				e, err := Parse(data, DefaultLimits())
				if s, ok := err.(*SyntaxError); !ok || s.Format != id || e != nil {
					t.Errorf("%s, %d bytes as %s: %v", name, n, id, err)
				}
			}
		}
	}
}

func FuzzWire(f *testing.F) {
	for _, id := range []ID{Wire, WireBase64} {
		for _, g := range goldensOf(f, id) {
			f.Add(g.Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		checkPublicFile(t, Wire, data)
		checkPublicFile(t, WireBase64, data)
	})
}
