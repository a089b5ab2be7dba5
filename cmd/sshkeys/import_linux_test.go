package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// TestImportedKeyIsTriedBySSH imports as a user in her own home, and asks ssh
// which keys it has there.
func TestImportedKeyIsTriedBySSH(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	golden := testkeys.Find(t, "ed25519", "ppk3")
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	program := filepath.Join(w.Alice.Home, "sshkeys")
	copyProgram(t, program)
	source := filepath.Join(w.Alice.Home, "key.ppk")
	if err := os.WriteFile(source, golden.Data, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := w.Alice.Command(program, "import", source).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "hint: ssh USER@HOST\n") || strings.Contains(string(out), "warning") {
		t.Fatalf("import: %v\n%s", err, out)
	}
	out, _ = w.Alice.Command(ssh, "-v", "-o", "ProxyCommand=false", "-o", "BatchMode=yes", "nohost.invalid").CombinedOutput()
	if want := "identity file /home/alice/.ssh/id_ed25519 type 3"; !strings.Contains(string(out), want) { // KEY_ED25519
		t.Errorf("ssh does not say %q:\n%s", want, out)
	}
	out, err = w.Alice.Command(testkeys.Tool(t, "ssh-keygen"), "-y", "-f", ".ssh/id_ed25519").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != golden.Facts.Public {
		t.Errorf("ssh-keygen -y: %v\n%s", err, out)
	}
}

// copyProgram puts this test binary where other users can run it; under the name
// sshkeys it is the command.
func copyProgram(t *testing.T, path string) {
	t.Helper()
	exe, err := os.Open("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	defer exe.Close()
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, exe); err != nil {
		t.Fatal(err)
	}
}
