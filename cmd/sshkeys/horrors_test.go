package main

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

// TestHorrors gives every damaged file to inspect --json, which tells the original's
// fingerprint and names the damage, and to convert, which writes a file of the same
// format that the format's own program reads as the same key. The damaged file stays.
func TestHorrors(t *testing.T) {
	forms := map[string][]testkeys.Horror{}
	for _, h := range testkeys.Horrors(t) {
		form, _, _ := strings.Cut(h.Path, "/")
		forms[form] = append(forms[form], h)
	}
	for _, form := range slices.Sorted(maps.Keys(forms)) {
		t.Run(form, func(t *testing.T) {
			t.Parallel()
			programs := &reader{read: map[[32]byte]string{}}
			for _, h := range forms[form] {
				t.Run(filepath.Base(h.Path), func(t *testing.T) { horror(t, h, programs) })
			}
		})
	}
}

func horror(t *testing.T, h testkeys.Horror, p *reader) {
	dir := t.TempDir()
	file, clean := filepath.Join(dir, "key"), filepath.Join(dir, "clean")
	if err := os.WriteFile(file, h.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	var passphrase []string
	if h.Golden.Encrypted() {
		passphrase = []string{"--passphrase-file", "../../testdata/keys/passphrase"}
	}
	if said := inspected(t, h, file, passphrase); said.Format != "" && !h.Damage.Second {
		args := []string{"convert", "--to", string(said.Format), "-o", clean, file}
		switch said.Format {
		case formats.PPK3: // what is derived anew need not cost much here
			args = append(args, "--argon2-memory", "1024", "--argon2-passes", "1")
		case formats.OpenSSH:
			args = append(args, "--rounds", "1")
		case formats.PKCS8:
			args = append(args, "--iterations", "1000")
		}
		code, _, stderr := inProcess(t, append(args, passphrase...)...)
		if code != exitOK {
			t.Fatalf("convert: exit code %d, stderr %s", code, stderr)
		}
		if got := p.fingerprint(t, clean, h.Golden.Encrypted()); got != h.Golden.Facts.SHA256 {
			t.Errorf("the file that convert wrote is read as %q, want %s", got, h.Golden.Facts.SHA256)
		}
	}
	if data, err := os.ReadFile(file); err != nil || string(data) != string(h.Data) {
		t.Errorf("the damaged file is another now: %v", err)
	}
}

// inspected holds inspect --json to what the file is; what is ambiguous is told with
// its place.
func inspected(t *testing.T, h testkeys.Horror, file string, passphrase []string) (said inspectJSON) {
	code, stdout, stderr := inProcess(t, append([]string{"inspect", "--json", file}, passphrase...)...)
	var failed failedItem
	if h.Path == "ppk3-enc/lost-mac" { // nothing else of a PPK proves a passphrase
		if code == exitOK {
			t.Errorf("exit code %d, stdout %s", code, stdout)
		}
		return inspectJSON{}
	}
	if h.Ambiguous {
		if err := json.Unmarshal([]byte(stdout), &failed); err != nil || code != exitFailed || failed.Error.Code != "K04" || !strings.Contains(failed.Error.Message, "line ") {
			t.Errorf("exit code %d, stdout %s stderr %s", code, stdout, stderr)
		}
		return inspectJSON{}
	}
	if err := json.Unmarshal([]byte(stdout), &said); err != nil || code != exitOK {
		t.Errorf("exit code %d, %v, stderr %s", code, err, stderr)
		return inspectJSON{}
	}
	got := append(said.Fingerprints, said.Fingerprint)
	for _, want := range h.Fingerprints(t) {
		if !slices.Contains(got, want) {
			t.Errorf("fingerprints %q, want %s", got, want)
		}
	}
	var codes []string
	named := false
	for _, p := range said.Problems {
		codes = append(codes, p.Code)
		named = named || slices.ContainsFunc(h.Edits(), func(d string) bool { return formats.Defect(d).Code() == p.Code })
	}
	if !named {
		t.Errorf("problems %v: none is one of %v", codes, h.Edits())
	}
	return said
}

// reader reads clean files with the programs that their formats are of, each once.
type reader struct{ read map[[32]byte]string }

func (p *reader) fingerprint(t *testing.T, file string, encrypted bool) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(data)
	if _, ok := p.read[sum]; !ok {
		p.read[sum] = fingerprintByPeer(t, file, data, encrypted)
	}
	return p.read[sum]
}

func fingerprintByPeer(t *testing.T, file string, data []byte, encrypted bool) string {
	t.Helper()
	id, _ := formats.Detect(data)
	pass := ""
	if encrypted {
		pass = string(testkeys.Passphrase(t))
	}
	keygen := func(args ...string) []string { return append([]string{testkeys.Tool(t, "ssh-keygen")}, args...) }
	var argv []string
	switch id {
	case formats.PPK2, formats.PPK3, formats.SSHCom:
		argv = []string{testkeys.Tool(t, "puttygen"), file, "-O", "public-openssh", "--old-passphrase", "../../testdata/keys/passphrase"}
	case formats.PKCS8: // ssh-keygen reads Ed25519 in it only since 9.6
		argv = []string{testkeys.Tool(t, "openssl"), "pkey", "-in", file, "-pubout", "-passin", "pass:" + pass}
	case formats.OpenSSHPublic:
		argv = keygen("-l", "-f", file)
	case formats.RFC4716:
		argv = keygen("-i", "-f", file)
	case formats.SPKI:
		argv = keygen("-i", "-m", "PKCS8", "-f", file)
	default:
		argv = keygen("-y", "-P", pass, "-f", file)
	}
	out, err := exec.Command(argv[0], argv[1:]...).Output()
	if err != nil {
		t.Fatalf("%s does not read the file that convert wrote (%s): %v", filepath.Base(argv[0]), id, err)
	}
	if id == formats.OpenSSHPublic {
		return strings.Fields(string(out))[1]
	}
	env, err := formats.Parse(out, formats.DefaultLimits())
	if err != nil || env.Public == nil {
		t.Fatalf("%s printed what is no public key: %v", filepath.Base(argv[0]), err)
	}
	return env.Public.Fingerprint()
}
