//go:build !windows

package journal

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestOfOthers: a journal that another user could have written is not undone.
func TestOfOthers(t *testing.T) {
	for name, spoil := range map[string]func(dir, file string) error{
		"folder open":  func(dir, _ string) error { return os.Chmod(dir, 0o770) },
		"file open":    func(_, file string) error { return os.Chmod(file, 0o602) },
		"folder's uid": func(dir, _ string) error { return os.Chown(dir, 7001, -1) },
		"file's uid":   func(_, file string) error { return os.Chown(file, 7001, -1) },
		"link": func(dir, file string) error {
			moved := filepath.Join(dir, "elsewhere")
			return errors.Join(os.Rename(file, moved), os.Symlink(moved, file))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := write(t, dir, day, record(t, "a", 0o644))
			if err := spoil(dir, file); errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
				t.Skip("only root gives files away")
			} else if err != nil {
				t.Fatal(err)
			}
			if run, err := Last(dir); err == nil || errors.Is(err, ErrNone) {
				t.Errorf("read %+v, %v", run, err)
			}
		})
	}
}
