package main

import (
	"bufio"
	"bytes"
	"os"
	"path/filepath"
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

// TestBadFiles gives every bad file to convert: exit 3 or 4, one line that names
// the file, and nothing is written.
func TestBadFiles(t *testing.T) {
	bad, err := filepath.Glob("../../testdata/bad/*")
	if err != nil || len(bad) == 0 {
		t.Fatalf("no bad files: %v", err)
	}
	passphrase := "../../testdata/keys/passphrase"
	for _, file := range bad {
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
