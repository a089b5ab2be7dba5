package testkeys

import (
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Horror is a golden as people's tools damage it: a file of testdata/horrors.
type Horror struct {
	Path   string // in testdata/horrors: form and damage, "openssh/crlf"
	Data   []byte
	Golden Golden
	Damage Damage
	// Ambiguous tells that the file does not say which key it was: a blank stands
	// for a plus sign in text that nothing proves.
	Ambiguous bool
}

// Edits are the names of the edits of which one must be told.
func (h Horror) Edits() []string { return h.Damage.Edits }

// Fingerprints are those of the keys that the file has.
func (h Horror) Fingerprints(t testing.TB) []string {
	all := []string{h.Golden.Facts.SHA256}
	if h.Damage.Second {
		all = append(all, Find(t, "ed25519-leadingzero", "openssh.pub").Facts.SHA256)
	}
	return all
}

// horrorForms are the goldens that are damaged, by the folder of testdata/horrors.
func horrorForms() map[string]string {
	return map[string]string{
		"openssh":          "ed25519/openssh",
		"openssh-enc":      "ed25519/openssh.aes256-ctr-1round",
		"pkcs1":            "rsa2048/pkcs1.pem",
		"pkcs1-enc":        "rsa1024/pkcs1.aes128.pem",
		"sec1":             "ecdsa256/sec1.pem",
		"pkcs8":            "ed25519/pkcs8.pem",
		"pkcs8-ecdsa":      "ecdsa256/pkcs8.pem",
		"pkcs8-enc":        "ed25519/pkcs8.pbes2-aes256-sha256.pem",
		"ppk2":             "ed25519/ppk2",
		"ppk3":             "ecdsa256/ppk3",
		"ppk3-enc":         "ed25519/ppk3.argon2id",
		"sshcom":           "rsa1024/sshcom",
		"public":           "ed25519/openssh.pub",
		"public-rsa":       "rsa2048/openssh.pub",
		"rfc4716":          "ed25519/rfc4716",
		"rfc4716-puttygen": "rsa1024/rfc4716.puttygen",
		"spki":             "rsa1024/spki.pem",
	}
}

// craftHorrors damages every form's golden in every way that it can be.
func craftHorrors(t testing.TB) []Horror {
	t.Helper()
	var all []Horror
	for form, name := range horrorForms() {
		key, file, _ := strings.Cut(name, "/")
		golden := Find(t, key, file)
		for _, d := range Damages() {
			data, ok := d.Of(golden.Data)
			if !ok {
				continue
			}
			all = append(all, Horror{form + "/" + d.Name, data, golden, d, d.Guess && !golden.Proves(d)})
		}
	}
	slices.SortFunc(all, func(a, b Horror) int { return strings.Compare(a.Path, b.Path) })
	return all
}

// Proves tells whether a lost plus sign is proved: the key has both halves, in clear
// or for who has the passphrase, or all plus signs of the text were lost together, and
// there were several. Of the goldens in damaged forms none has a plus sign in what
// OpenSSH's and PuTTY's encrypted files state of the public half, which nothing proves
// before the passphrase does.
func (g Golden) Proves(d Damage) bool {
	bothHalves := g.Format != "pkcs8" || g.Facts.Algorithm == "ssh-rsa" && !g.Encrypted()
	if g.Private && bothHalves {
		return true
	}
	return d.Name == "plus-all" && plusSigns(string(g.Data)) > 1
}

func plusSigns(text string) int {
	n := 0
	inBase64(base64Runs(), func(run string) string {
		n += strings.Count(run, "+")
		return run
	})(text)
	return n
}

// Horrors loads testdata/horrors. What edits.txt does not tell fails the test.
func Horrors(t testing.TB) []Horror {
	t.Helper()
	dir := filepath.Join(Dir(t), "horrors")
	goldens := map[string]Golden{}
	for _, name := range horrorForms() {
		key, file, _ := strings.Cut(name, "/")
		goldens[name] = Find(t, key, file)
	}
	damages := map[string]Damage{}
	for _, d := range Damages() {
		damages[d.Name] = d
	}
	var all []Horror
	for line := range strings.Lines(string(read(t, filepath.Join(dir, "edits.txt")))) {
		f := strings.Fields(line)
		if len(f) != 3 || path.Base(f[0]) == f[0] {
			t.Fatalf("testdata/horrors/edits.txt: %q", line)
		}
		d, golden := damages[path.Base(f[0])], goldens[f[1]]
		if d.Of == nil || golden.Data == nil {
			t.Fatalf("testdata/horrors/edits.txt: %q: no such damage or golden", line)
		}
		d.Edits = strings.Split(f[2], ",")
		all = append(all, Horror{f[0], read(t, filepath.Join(dir, filepath.FromSlash(f[0]))), golden, d, f[2] == "ambiguous"})
	}
	if len(all) == 0 {
		t.Fatal("testdata/horrors: no files; run TestWriteHorrors with -update")
	}
	return all
}
