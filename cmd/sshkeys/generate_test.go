package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

// made is a key that the command made, with the peers that read its file.
type made struct {
	kind, bits string
	to         string
	pass       string
}

func (m made) String() string { return strings.Join([]string{m.kind, m.bits, m.to, m.pass}, " ") }

// everyKey is each type in each format that holds it, in clear and locked; with
// -short without RSA and without the key derivations that take long.
func everyKey() []made {
	var all []made
	for _, k := range []made{
		{kind: "ed25519"}, {kind: "ecdsa", bits: "256"}, {kind: "ecdsa", bits: "384"}, {kind: "ecdsa", bits: "521"},
		{kind: "rsa", bits: "2048"}, {kind: "rsa", bits: "2049"},
	} {
		targets := []string{"openssh", "pkcs8", "ppk2", "ppk3"}
		switch k.kind {
		case "rsa":
			targets = append(targets, "pkcs1", "sshcom")
		case "ecdsa":
			targets = append(targets, "sec1")
		}
		for _, to := range targets {
			for _, pass := range []string{"", "secret"} {
				all = append(all, made{k.kind, k.bits, to, pass})
			}
		}
	}
	if testing.Short() {
		all = slices.DeleteFunc(all, func(m made) bool {
			return m.kind == "rsa" || m.pass != "" && (m.to == "openssh" || m.to == "pkcs8")
		})
	}
	return all
}

// TestPeersReadWhatWasMade has ssh-keygen, openssl and puttygen read every type in
// every format, and compares the public half they find with the .pub.
func TestPeersReadWhatWasMade(t *testing.T) {
	for _, tool := range []string{"ssh-keygen", "openssl", "puttygen"} {
		testkeys.Tool(t, tool)
	}
	for _, m := range everyKey() {
		t.Run(m.String(), func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			key := m.generate(t, dir)
			pub, err := os.ReadFile(key + ".pub")
			if err != nil {
				t.Fatal(err)
			}
			want := strings.Join(strings.Fields(string(pub))[:2], " ")
			count := 0
			for _, peer := range m.peers(dir, key) {
				out, err := exec.Command(peer[0], peer[1:]...).CombinedOutput()
				if err != nil {
					t.Errorf("%s: %v: %s", peer, err, out)
				}
				if peer[0] != "openssl" && !strings.HasPrefix(string(out), want) {
					t.Errorf("%s says\n%s, want\n%s", peer, out, want)
				}
				count++
			}
			if count == 0 {
				t.Error("no peer reads it")
			}
			peerFingerprint(t, key+".pub")
		})
	}
}

// generate makes the key below a folder and returns its path.
func (m made) generate(t *testing.T, dir string) string {
	t.Helper()
	key := filepath.Join(dir, "key")
	args := []string{"generate", "-t", m.kind, "--to", m.to, "-C", "taro@lab", "-o", key}
	if m.bits != "" {
		args = append(args, "-b", m.bits)
	}
	if m.pass == "" {
		args = append(args, "--no-passphrase")
	} else {
		args = append(args, "--new-passphrase-file", filepath.Join(dir, "pass"))
		if err := os.WriteFile(filepath.Join(dir, "pass"), []byte(m.pass), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if code, _, stderr := runInProcess(t, args...); code != exitOK {
		t.Fatalf("exit %d: %s", code, stderr)
	}
	return key
}

// peers are the commands that can read the file. Debian 12's ssh-keygen reads no
// PKCS#8 Ed25519 yet (OpenSSH 9.6 does).
func (m made) peers(dir, key string) [][]string {
	sshKeygen := []string{"ssh-keygen", "-y", "-P", m.pass, "-f", key}
	openssl := []string{"openssl", "pkey", "-noout", "-check", "-in", key, "-passin", "file:" + filepath.Join(dir, "pass")}
	if m.pass == "" {
		openssl = openssl[:len(openssl)-2]
	}
	puttygen := []string{"puttygen", key, "-O", "public-openssh"}
	if m.pass != "" {
		puttygen = append(puttygen, "--old-passphrase", filepath.Join(dir, "pass"))
	}
	switch {
	case m.to == "pkcs8" && m.kind == "ed25519":
		return [][]string{openssl}
	case m.to == "pkcs8":
		return [][]string{sshKeygen, openssl}
	case m.to == "pkcs1", m.to == "sec1":
		return [][]string{sshKeygen, openssl, puttygen}
	case m.to == "openssh":
		return [][]string{sshKeygen, puttygen}
	}
	return [][]string{puttygen}
}

// peerFingerprint compares ssh-keygen -l of the .pub with what our library says.
func peerFingerprint(t *testing.T, pub string) {
	t.Helper()
	out, err := exec.Command("ssh-keygen", "-l", "-f", pub).Output()
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(pub)
	if err != nil {
		t.Fatal(err)
	}
	env, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if want := fmt.Sprintf("%d %s taro@lab (%s)\n", env.Public.Bits(), env.Public.Fingerprint(), env.Public.Algorithm().Display); string(out) != want {
		t.Errorf("ssh-keygen -l: %s, want %s", out, want)
	}
}

// runInProcess runs a command line in this process, with an empty config folder.
func runInProcess(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	a, config := newApp(), t.TempDir()
	a.stdin, a.stderr = strings.NewReader(""), &errs
	a.env = func(name string) string {
		if name == "XDG_CONFIG_HOME" || name == "AppData" {
			return config
		}
		return os.Getenv(name)
	}
	a.stdout.Reset(&out)
	code = run(t.Context(), a, args)
	return code, out.String(), errs.String()
}

// TestDropbearReads: Dropbear's own tools read its format.
func TestDropbearReads(t *testing.T) {
	tool := testkeys.Tool(t, "dropbearkey")
	for _, kind := range []string{"ed25519", "ecdsa", "rsa"} {
		key := made{kind: kind, to: "dropbear"}.generate(t, t.TempDir())
		pub, err := os.ReadFile(key + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		want := strings.Join(strings.Fields(string(pub))[:2], " ")
		if out, err := exec.Command(tool, "-y", "-f", key).CombinedOutput(); err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%s: %v: %s", kind, err, out)
		}
	}
}

// TestProgress: the line counts, is taken away, and is not there where nobody looks.
func TestProgress(t *testing.T) {
	var out bytes.Buffer
	p := &progress{out: &out}
	p.clear()
	p.second("making a key of 4096 bits")
	p.second("making a key of 4096 bits")
	p.clear()
	p.clear()
	line := "\rsshkeys: making a key of 4096 bits: "
	if want := line + "1 s" + line + "2 s\r" + strings.Repeat(" ", len(line)+3) + "\r"; out.String() != want {
		t.Errorf("%q, want %q", out.String(), want)
	}
	nobody := newApp()
	nobody.stderr = &out
	if p := nobody.progress(); p.out != nil {
		t.Error("progress goes to what is no terminal")
	}
	p = &progress{}
	p.second("x")
	p.clear()
}
