//go:build !windows

package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Each way of moving without clobbering, by itself: on most file systems the
// first one works and the others would never run.
func TestMoveNewWays(t *testing.T) {
	for name, way := range map[string]func(from, to string) error{
		"rename": renameNew, "link": linkNew, "claim": claimNew, "all": moveNew,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
			writeFile(t, from, "bytes", 0o600)
			err := way(from, to)
			if errors.Is(err, errors.ErrUnsupported) {
				t.Skip("this system has no such call")
			}
			if err != nil {
				t.Fatal(err)
			}
			wantFile(t, to, "bytes", 0o600)
			wantNames(t, dir, "to")

			writeFile(t, from, "other", 0o600)
			if err := way(from, to); !errors.Is(err, fs.ErrExist) {
				t.Errorf("over a file: %v, want fs.ErrExist", err)
			}
			wantFile(t, to, "bytes", 0o600)
			wantFile(t, from, "other", 0o600)

			link := filepath.Join(dir, "link")
			if err := os.Symlink("nowhere", link); err != nil {
				t.Fatal(err)
			}
			if err := way(from, link); !errors.Is(err, fs.ErrExist) {
				t.Errorf("over a dangling link: %v, want fs.ErrExist", err)
			}
			if err := way(filepath.Join(dir, "none"), filepath.Join(dir, "new")); err == nil {
				t.Error("a missing file was moved")
			}
			wantNames(t, dir, "to", "from", "link")
		})
	}
}
