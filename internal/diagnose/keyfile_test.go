package diagnose

import (
	"math/big"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// parse reads a golden file without its passphrase.
func parse(t *testing.T, key, name string) *formats.Envelope {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("../../testdata/keys", key, name))
	if err != nil {
		t.Fatal(err)
	}
	env, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return env
}

func codes(found []Finding) []string {
	var codes []string
	for _, f := range found {
		codes = append(codes, f.Code)
	}
	return codes
}

func rsaOf(t *testing.T, bits uint) *keytool.Key {
	t.Helper()
	n := new(big.Int).SetBit(big.NewInt(1), int(bits)-1, 1)
	k, err := keytool.NewPublicParams("ssh-rsa", "", []byte{1, 0, 1}, n.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestKeyFile(t *testing.T) {
	ed := parse(t, "ed25519", "openssh.pub").Public
	for name, c := range map[string]struct {
		facts KeyFileFacts
		want  []string
	}{
		"sound and locked": {facts(parse(t, "ed25519", "openssh.aes256-ctr")), nil},
		"public":           {facts(parse(t, "ed25519", "openssh.pub")), nil},
		"no passphrase":    {facts(parse(t, "ed25519", "openssh")), []string{"K17"}},
		"weak derivation":  {facts(parse(t, "rsa3072", "pkcs1.aes128.pem")), []string{"K19"}},
		"DSA":              {facts(parse(t, "dsa1024", "openssh")), []string{"P02", "K17"}},
		"RSA 1023":         {KeyFileFacts{Envelope: &formats.Envelope{Kind: formats.KindPublic}, Key: rsaOf(t, 1023)}, []string{"K10"}},
		"RSA 2047":         {KeyFileFacts{Envelope: &formats.Envelope{Kind: formats.KindPublic}, Key: rsaOf(t, 2047)}, []string{"K10"}},
		"RSA 2048":         {KeyFileFacts{Envelope: &formats.Envelope{Kind: formats.KindPublic}, Key: rsaOf(t, 2048)}, nil},
		"unsupported":      {facts(parse(t, "unsupported", "pkcs8.camellia256.pem")), []string{"K11"}},
		"good neighbour":   {withNeighbour(facts(parse(t, "ed25519", "openssh.aes256-ctr")), ed), nil},
		"open to others": {withPermissions(facts(parse(t, "ed25519", "openssh.aes256-ctr")),
			perms.Finding{Code: perms.CodeKeyOpen, Severity: perms.Error, Text: perms.Text{ID: "perms.ssh_refuses"}}), []string{"K01"}},
		"public, writable": {withPermissions(facts(parse(t, "ed25519", "openssh.pub")),
			perms.Finding{Code: perms.CodeWritable, Severity: perms.Warning, Text: perms.Text{ID: "perms.ssh_refuses"}}), []string{"S03"}},
		"stale neighbour": {withNeighbour(facts(parse(t, "rsa2048", "openssh.aes256-ctr")), ed), []string{"P05"}},
	} {
		found := KeyFile(c.facts)
		if got := codes(found); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
		for _, f := range found {
			if said := f.In(catalog.English); strings.Contains(said.Message, "\n") || said.Message == "" {
				t.Errorf("%s: message %q", name, said.Message)
			}
		}
	}
}

func TestSeverityOfShortRSA(t *testing.T) {
	for bits, want := range map[uint]Severity{1023: Error, 2047: Warning} {
		found := KeyFile(KeyFileFacts{Envelope: &formats.Envelope{Kind: formats.KindPublic}, Key: rsaOf(t, bits)})
		if len(found) != 1 || found[0].Severity != want {
			t.Errorf("%d bits: %+v", bits, found)
		}
	}
}

func facts(env *formats.Envelope) KeyFileFacts {
	return KeyFileFacts{Name: "key", Envelope: env, Key: env.Public, NeighbourName: "key.pub"}
}

// TestPermissionsWhereChmodIsNoHelp: where the file system may keep no modes, it is
// fixperms that is to be typed.
func TestPermissionsWhereChmodIsNoHelp(t *testing.T) {
	for mount, want := range map[string]string{"ext4": "chmod 600 /mnt/id", "fuse": "sshkeys fixperms /mnt/id", "vfat": "sshkeys import /mnt/id"} {
		judged := perms.Judge(perms.Facts{Path: "/mnt/id", Role: perms.PrivateKey, Kind: perms.File,
			Mount: perms.Mount{Point: "/mnt", Type: mount}, Posix: &perms.Posix{Mode: 0o777}})
		if got := Permissions("/mnt/id", judged)[0].In(catalog.English).Hint; got != want {
			t.Errorf("%s: %s, want %s", mount, got, want)
		}
	}
}

// TestPermissions: nothing of a finding is lost on the way.
func TestPermissions(t *testing.T) {
	for _, severity := range []perms.Severity{perms.Error, perms.Warning, perms.Info} {
		got := Permissions("key", []perms.Finding{{Code: "K02", Severity: severity, Text: perms.Text{ID: "perms.ssh_refuses"}, Command: "type", Fixable: true}})
		want := Said{Code: "K02", Severity: Severity(severity), File: "key", Message: "ssh refuses to use it", Hint: "type", Fixable: true}
		if len(got) != 1 || !reflect.DeepEqual(got[0].In(catalog.English), want) || !slices.Contains([]Severity{Error, Warning, Info}, got[0].Severity) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

func withPermissions(f KeyFileFacts, found ...perms.Finding) KeyFileFacts {
	f.Permissions = found
	return f
}

func withNeighbour(f KeyFileFacts, k *keytool.Key) KeyFileFacts {
	f.Neighbour = k
	return f
}
