//go:build !windows

package sshconfig_test

import (
	"path/filepath"
	"syscall"
	"testing"

	"sshkeys/internal/sshconfig"
)

// A pipe is not opened, which would wait for a writer.
func TestPipe(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mkfifo(filepath.Join(dir, "pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	if _, err := sshconfig.Files(filepath.Join(dir, "pipe"), env(dir)); err == nil {
		t.Error("no error")
	}
}
