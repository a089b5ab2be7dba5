//go:build !windows

package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// TestOfOthers: a journal that another user could have written is not undone.
func TestOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		mend  string
		spoil func(dir, file string) error
	}{
		"folder open":  {"chmod", func(dir, _ string) error { return os.Chmod(dir, 0o770) }},
		"file open":    {"rm", func(_, file string) error { return os.Chmod(file, 0o602) }},
		"folder's uid": {"mv", func(dir, _ string) error { return os.Chown(dir, 7001, -1) }},
		"file's uid":   {"mv", func(_, file string) error { return os.Chown(file, 7001, -1) }},
		"link": {"rm", func(dir, file string) error {
			moved := filepath.Join(dir, "elsewhere")
			return errors.Join(os.Rename(file, moved), os.Symlink(moved, file))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := write(t, dir, day, record(t, "a", 0o644))
			if err := c.spoil(dir, file); errors.Is(err, fs.ErrPermission) && os.Geteuid() != 0 {
				t.Skip("only root gives files away")
			} else if err != nil {
				t.Fatal(err)
			}
			if run, err := Last(dir); err == nil || errors.Is(err, ErrNone) {
				t.Errorf("read %+v, %v", run, err)
			} else if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.Mend[0] != c.mend {
				t.Errorf("%#v, want %s", err, c.mend)
			}
		})
	}
}

// TestPrepare: what is ours is closed to others before a journal is written there,
// and what is not is refused then, not by the undo.
func TestPrepare(t *testing.T) {
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	write(t, dir, day, record(t, "a", 0o644))
	checkMode(t, dir, 0o700)
	last(t, dir)
	if os.Geteuid() != 0 {
		t.Skip("only root gives files away")
	}
	if err := os.Chown(dir, 7001, -1); err != nil {
		t.Fatal(err)
	}
	var refused *RefusedError
	if err := NewWriter(dir, Header{Time: day}).Add(record(t, "a", 0)); !errors.As(err, &refused) {
		t.Errorf("a journal that undo would not read was written: %v", err)
	}
	if _, err := Begin(context.Background(), dir, nil); !errors.As(err, &refused) {
		t.Errorf("Begin: %v", err)
	}
}
