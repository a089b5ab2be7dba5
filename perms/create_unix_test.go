//go:build !windows

package perms

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestCreateMode(t *testing.T) {
	for _, c := range []struct {
		name   string
		create create
		umask  int
		want   fs.FileMode
	}{
		{"private", CreatePrivate, 0o000, 0o600},
		{"private", CreatePrivate, 0o022, 0o600},
		{"private", CreatePrivate, 0o277, 0o600},
		{"private", CreatePrivate, 0o777, 0o600},
		{"public", CreatePublic, 0o000, 0o644},
		{"public", CreatePublic, 0o022, 0o644},
		{"public", CreatePublic, 0o077, 0o600},
	} {
		path := filepath.Join(t.TempDir(), "key")
		old := syscall.Umask(c.umask)
		f, err := c.create(path)
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		f.Close()
		info, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != c.want {
			t.Errorf("%s with umask %04o: mode %v, want %v", c.name, c.umask, info.Mode(), c.want)
		}
	}
}

// A link that points nowhere must not make the file appear where it points.
func TestCreateDoesNotFollowDanglingLinks(t *testing.T) {
	dir := t.TempDir()
	elsewhere := filepath.Join(dir, "elsewhere")
	link := filepath.Join(dir, "link")
	if err := os.Symlink(elsewhere, link); err != nil {
		t.Fatal(err)
	}
	for name, create := range map[string]create{"private": CreatePrivate, "public": CreatePublic} {
		if _, err := create(link); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: error %v, want fs.ErrExist", name, err)
		}
	}
	if _, err := os.Lstat(elsewhere); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a file was made behind the link")
	}
}
