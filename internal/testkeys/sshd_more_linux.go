package testkeys

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// GenerateKeyOf makes a pair of a type of ssh-keygen's and returns the public line;
// arguments follow ssh-keygen's own, as "-b", "2048".
func GenerateKeyOf(t *testing.T, file, kind string, arguments ...string) []byte {
	t.Helper()
	args := append([]string{"-q", "-t", kind, "-N", "", "-C", "test", "-f", file}, arguments...)
	if out, err := exec.Command(Tool(t, "ssh-keygen"), args...).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	line, err := os.ReadFile(file + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// Address is where it listens, as 127.0.0.1:2222.
func (s *SSHD) Address() string { return fmt.Sprintf("127.0.0.1:%d", s.Port) }

// Start makes new host keys of the types named and runs sshd with them; its
// known_hosts file has them. A server that runs is to be stopped first.
func (s *SSHD) Start(t *testing.T, kinds ...string) {
	t.Helper()
	dir, err := os.MkdirTemp(filepath.Dir(s.log), "host")
	if err != nil {
		t.Fatal(err)
	}
	s.hostKeys = nil
	var lines bytes.Buffer
	for _, kind := range kinds {
		file := filepath.Join(dir, kind)
		fmt.Fprintf(&lines, "[127.0.0.1]:%d %s", s.Port, GenerateKeyOf(t, file, kind))
		s.hostKeys = append(s.hostKeys, file)
	}
	if err := os.WriteFile(s.knownHosts, lines.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	s.run(t, s.config(t))
}

// Stop ends it; a login of before may go on.
func (s *SSHD) Stop() { s.stop() }

// KnownHosts is a file with the lines of its host keys.
func (s *SSHD) KnownHosts() string { return s.knownHosts }

// HostKeys are the public lines of its host keys.
func (s *SSHD) HostKeys(t *testing.T) [][]byte {
	t.Helper()
	var lines [][]byte
	for _, file := range s.hostKeys {
		line, err := os.ReadFile(file + ".pub")
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, line)
	}
	return lines
}

// Authorize makes lines the whole of an account's authorized_keys, as StrictModes
// wants it.
func (u User) Authorize(t *testing.T, lines ...[]byte) {
	t.Helper()
	dir := filepath.Join(u.Home, ".ssh")
	file := filepath.Join(dir, "authorized_keys")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(os.MkdirAll(dir, 0o700))
	must(os.WriteFile(file, bytes.Join(lines, nil), 0o600))
	for _, path := range []string{dir, file} {
		must(os.Chown(path, u.UID, u.GID))
	}
}
