//go:build !windows

package keyfile

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"sshkeys/formats"
)

// Process substitution gives /dev/fd/63, and users name FIFOs.
func TestReadPipes(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	w.WriteString("from a pipe")
	w.Close()
	if got, err := Read(fmt.Sprintf("/dev/fd/%d", r.Fd()), 100); err != nil || string(got) != "from a pipe" {
		t.Errorf("/dev/fd: %q, %v", got, err)
	}

	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	go os.WriteFile(fifo, []byte("from a fifo"), 0o600)
	if got, err := Read(fifo, 100); err != nil || string(got) != "from a fifo" {
		t.Errorf("fifo: %q, %v", got, err)
	}
}

func TestReadEndlessDevice(t *testing.T) {
	_, err := Read("/dev/zero", 1<<16)
	var limit *formats.LimitError
	if !errors.As(err, &limit) || limit.Got != 1<<16+1 {
		t.Errorf("error %v, want a LimitError after one byte too many", err)
	}
}
