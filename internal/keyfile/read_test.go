package keyfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"sshkeys/formats"
)

func writeFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	for _, size := range []int{0, 1, 511, 512, 513, 1000} {
		want := bytes.Repeat([]byte("k"), size)
		writeFile(t, path, string(want), 0o600)
		got, err := Read(path, 1000)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes: got %d, %v", size, len(got), err)
		}
	}
}

func TestReadLimit(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	writeFile(t, path, "12345", 0o600)
	data, err := Read(path, 4)
	var limit *formats.LimitError
	if !errors.As(err, &limit) || limit.Got != 5 || limit.Max != 4 || data != nil {
		t.Errorf("got %q, %v; want a LimitError of 5 over 4", data, err)
	}
}

func TestReadTypedErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, path string
		want       error
	}{
		{"missing", filepath.Join(dir, "no"), fs.ErrNotExist},
		{"folder", dir, ErrDirectory},
	} {
		_, err := Read(c.path, 10)
		var perr *fs.PathError
		if !errors.Is(err, c.want) || !errors.As(err, &perr) || perr.Path != c.path {
			t.Errorf("%s: Read: %v, want a PathError of %v", c.name, err, c.want)
		}
		if _, err := Open(c.path); !errors.Is(err, c.want) {
			t.Errorf("%s: Open: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestOpenStreams(t *testing.T) {
	path := filepath.Join(t.TempDir(), "list")
	writeFile(t, path, "one\ntwo\n", 0o644)
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got, err := io.ReadAll(f); err != nil || string(got) != "one\ntwo\n" {
		t.Errorf("got %q, %v", got, err)
	}
}
