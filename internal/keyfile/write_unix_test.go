//go:build !windows

package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWritePrivateWhateverUmask(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	for _, umask := range []int{0o000, 0o022, 0o277} {
		old := syscall.Umask(umask)
		var during fs.FileMode
		tr := &transaction{ctx: t.Context(), reached: func(s step) {
			if s == stepCreated {
				temps, _ := filepath.Glob(filepath.Join(dir, ".sshkeys-*"))
				for _, temp := range temps {
					info, _ := os.Lstat(temp)
					during |= info.Mode()
				}
			}
		}}
		_, err := tr.run([]File{{path, []byte("new"), WriteOptions{Private: true}}})
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		if during != 0o600 {
			t.Errorf("umask %04o: mode %v before the first byte", umask, during)
		}
		wantFile(t, path, "new", 0o600)
		os.Remove(path)
	}
}

func TestWriteThroughLink(t *testing.T) {
	dir := t.TempDir()
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	writeFile(t, real, "old", 0o600)
	if err := os.Symlink("real", link); err != nil {
		t.Fatal(err)
	}
	var exists *ExistsError
	if _, err := write(link, "new", WriteOptions{Private: true}); !errors.As(err, &exists) || exists.Path != link {
		t.Errorf("without force: %v", err)
	}
	backup, err := write(link, "new", WriteOptions{Private: true, Force: true})
	if err != nil || filepath.Base(backup) != "real.bak" {
		t.Fatalf("backup %q, %v", backup, err)
	}
	wantFile(t, real, "new", 0o600)
	if to, err := os.Readlink(link); err != nil || to != "real" {
		t.Errorf("the link became %q, %v", to, err)
	}
	wantNames(t, dir, "real", "real.bak", "link")
}

func TestWriteDanglingLink(t *testing.T) {
	dir := t.TempDir()
	link := filepath.Join(dir, "link")
	if err := os.Symlink(filepath.Join(dir, "gone"), link); err != nil {
		t.Fatal(err)
	}
	if _, err := write(link, "new", WriteOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("without force: %v, want fs.ErrExist", err)
	}
	if _, err := write(link, "new", WriteOptions{Force: true}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("with force: %v, want fs.ErrNotExist", err)
	}
	wantNames(t, dir, "link")
}

func TestWriteNotRegular(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := write(fifo, "new", WriteOptions{Force: true}); !errors.Is(err, ErrNotRegular) {
		t.Errorf("error %v, want ErrNotRegular", err)
	}
	wantNames(t, dir, "fifo")
}

// Root rewrites a user's key; it stays the user's.
func TestWriteKeepsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	writeFile(t, path, "old", 0o600)
	if err := os.Chown(path, 12345, 23456); err != nil {
		t.Fatal(err)
	}
	if _, err := write(path, "new", WriteOptions{Private: true, Force: true}); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "new", 0o600)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); st.Uid != 12345 || st.Gid != 23456 {
		t.Errorf("owner %d:%d", st.Uid, st.Gid)
	}
}
