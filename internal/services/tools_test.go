package services

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// TestReadersAgainstTheTools gives every private golden to the tools themselves.
// Debian 12's ssh-keygen is 9.2: it still has DSA, and reads no PKCS#8 Ed25519
// yet, which OpenSSH 9.6 learnt.
func TestReadersAgainstTheTools(t *testing.T) {
	sshKeygen, openssl := testkeys.Tool(t, "ssh-keygen"), testkeys.Tool(t, "openssl")
	for _, g := range testkeys.Goldens(t) {
		if !g.Private {
			continue
		}
		e, key := open(t, g)
		accepted, refused := Readers(e, key)
		if len(accepted)+len(refused) != len(everyday()) {
			t.Fatalf("%s: %v and %v", g, accepted, refused)
		}
		file := filepath.Join(t.TempDir(), "key")
		pass := filepath.Join(t.TempDir(), "pass")
		if os.WriteFile(file, g.Data, 0o600) != nil || os.WriteFile(pass, append(g.Passphrase, '\n'), 0o600) != nil {
			t.Fatal("cannot write the key")
		}
		known92 := key.Algorithm().Family == keytool.DSA || key.Algorithm().Family == keytool.MLDSA44Ed25519 ||
			g.Format == "pkcs8" && key.Algorithm().Family == keytool.Ed25519
		if !known92 {
			hold(t, g, accepted, "openssh", exec.Command(sshKeygen, "-y", "-P", string(g.Passphrase), "-f", file))
		}
		hold(t, g, accepted, "openssl", exec.Command(openssl, "pkey", "-in", file, "-passin", "file:"+pass, "-noout"))
	}
}

// hold compares what Readers says of a tool with what the tool does.
func hold(t *testing.T, g testkeys.Golden, accepted []string, name string, cmd *exec.Cmd) {
	t.Helper()
	works := cmd.Run() == nil
	if says := slices.Contains(accepted, name); says != works {
		t.Errorf("%s: %s reads it: %v, Readers says %v", g, name, works, says)
	}
}

func open(t *testing.T, g testkeys.Golden) (*formats.Envelope, *keytool.Key) {
	t.Helper()
	e, err := formats.Parse(g.Data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	key, err := e.Open(g.Passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return e, key
}

func TestReadersOfTheRest(t *testing.T) {
	for _, c := range []struct {
		key, name string
		want      []string
	}{
		{"ed25519", "ppk3", []string{"putty"}},
		{"ed25519", "openssh.pub", []string{"openssh", "dropbear"}},
		{"ed25519", "cert.pub", []string{"openssh"}},
		{"ed25519", "dropbear", []string{"dropbear"}},
		{"dsa1024", "dropbear", []string{}},
		{"dsa1024", "openssh", []string{}},
		{"ed448", "openssh.pub", []string{}},
		{"ed448", "ppk3", []string{"putty"}},
		{"rsa2048", "sshcom", []string{}},
		{"rsa2048", "rfc4716", []string{}},
		{"rsa2048", "spki.pem", []string{"openssl"}},
	} {
		e, key := open(t, testkeys.Find(t, c.key, c.name))
		if got, _ := Readers(e, key); !slices.Equal(got, c.want) {
			t.Errorf("%s/%s: %v, want %v", c.key, c.name, got, c.want)
		}
	}
}
