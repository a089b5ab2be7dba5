package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
)

// inProcess runs a command line without a terminal, askpass or passphrase.
func inProcess(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	a := &app{
		stdin: strings.NewReader(""), stdout: bufio.NewWriter(&out), stderr: &err,
		env: func(string) string { return "" }, limits: formats.DefaultLimits(),
	}
	code = run(t.Context(), a, args)
	return code, out.String(), err.String()
}

// TestCostlyFiles: what asks for more than the limits is refused by commands that
// need not open it, too, and the line says why.
func TestCostlyFiles(t *testing.T) {
	for _, name := range []string{"cost-argon2-memory-2tib.ppk", "cost-bcrypt-rounds-2-31", "cost-pbkdf2-iterations-2-31.pem"} {
		file := filepath.Join("../../testdata/bad", name)
		for _, args := range [][]string{{"inspect", file}, {"fingerprint", file}, {"public", file}, {"verify", file, "../../testdata/keys/ed25519/openssh.pub"}} {
			code, _, stderr := inProcess(t, args...)
			if code != exitFailed || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "more than the limit of") {
				t.Errorf("%v: exit code %d, stderr %s", args, code, stderr)
			}
		}
	}
}

// onlyMiscounted are the bad files that state wrong numbers of lines, and whose key
// is whole: they are read, and it is said.
func onlyMiscounted() []string {
	return []string{"length-ppk-private-lines.ppk", "length-ppk-public-lines.ppk"}
}

// TestMiscounted holds those to being told.
func TestMiscounted(t *testing.T) {
	for _, name := range onlyMiscounted() {
		code, stdout, stderr := inProcess(t, "inspect", "--json", filepath.Join("../../testdata/bad", name))
		if code != exitOK || !strings.Contains(stdout, `"code":"R32","severity":"error"`) || !strings.Contains(stderr, "numbers of lines") {
			t.Errorf("%s: exit code %d, stdout %s stderr %s", name, code, stdout, stderr)
		}
	}
}

// TestBadFiles gives every bad file to convert: exit 3 or 4, one line that names
// the file, and nothing is written.
func TestBadFiles(t *testing.T) {
	bad, err := filepath.Glob("../../testdata/bad/*")
	if err != nil || len(bad) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	passphrase := "../../testdata/keys/passphrase"
	for _, file := range bad {
		if slices.Contains(onlyMiscounted(), filepath.Base(file)) {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			dir := t.TempDir()
			code, stdout, stderr := inProcess(t, "convert", "-q", "--passphrase-file", passphrase, "--to", "openssh-public", "-o", filepath.Join(dir, "out"), file)
			lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
			if code != exitFailed && code != exitPassphrase {
				t.Errorf("exit code %d", code)
			}
			if len(lines) != 1 || !strings.HasPrefix(lines[0], "sshkeys: error: ") || !strings.Contains(lines[0], file) {
				t.Errorf("stderr: %s", stderr)
			}
			if left, _ := os.ReadDir(dir); len(left) > 0 || stdout != "" {
				t.Errorf("left behind: %v, stdout %q", left, stdout)
			}
		})
	}
}
