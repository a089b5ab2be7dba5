package perms

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

type create func(string) (*os.File, error)

func TestCreateIsExclusive(t *testing.T) {
	for name, create := range map[string]create{"private": CreatePrivate, "public": CreatePublic} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
				t.Fatal(err)
			}
			f, err := create(path)
			if err == nil {
				f.Close()
			}
			var perr *fs.PathError
			if !errors.Is(err, fs.ErrExist) || !errors.As(err, &perr) || perr.Path != path {
				t.Errorf("error %v, want a PathError of %s with fs.ErrExist", err, path)
			}
			if got, _ := os.ReadFile(path); string(got) != "old" {
				t.Error("the existing file was changed")
			}
		})
	}
}

func TestCreateReadsAndWrites(t *testing.T) {
	for name, create := range map[string]create{"private": CreatePrivate, "public": CreatePublic} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "key")
			f, err := create(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString("data"); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 4)
			if _, err := f.ReadAt(buf, 0); err != nil || string(buf) != "data" {
				t.Errorf("read back %q, %v", buf, err)
			}
			if f.Name() != path {
				t.Errorf("name %q, want %q", f.Name(), path)
			}
		})
	}
}

func TestCreateReportsMissingFolder(t *testing.T) {
	for name, create := range map[string]create{"private": CreatePrivate, "public": CreatePublic} {
		if _, err := create(filepath.Join(t.TempDir(), "no", "key")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: error %v, want fs.ErrNotExist", name, err)
		}
	}
}
