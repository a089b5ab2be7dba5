//go:build unix

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// TestInterrupt: a run that waits for a pipe nobody writes to ends at the first
// Ctrl-C, with the code of "could not".
func TestInterrupt(t *testing.T) {
	program := filepath.Join(t.TempDir(), "sshkeys")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	cmd := exec.Command(program, "inspect", filepath.Join("..", "..", "testdata", "keys", "ed25519", "openssh"), "-")
	cmd.Stdin = r
	out, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r.Close()
	// The read starts at once or later: either way the signal must end the run.
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 256)
	n, _ := out.Read(buf)
	err = cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != exitFailed && exit.ExitCode() != -1 { // -1: before the handler stood
		t.Errorf("%v, stderr %s", err, buf[:n])
	}
}
