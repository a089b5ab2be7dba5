//go:build !windows

package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// checkOwner wants a file or folder that nobody but the user (and root) can write.
// The error is a *RefusedError.
func checkOwner(path string, info fs.FileInfo) error {
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		return refused(path, fmt.Errorf("it belongs to another user (uid %d): %w", st.Uid, fs.ErrPermission), "mv", path, path+".refused")
	}
	if info.Mode().Perm()&0o022 == 0 {
		return nil
	}
	err := fmt.Errorf("others may write to it (mode %04o): %w", info.Mode().Perm(), fs.ErrPermission)
	if info.IsDir() {
		return refused(path, err, "chmod", "700", path)
	}
	return refused(path, err, "rm", path)
}

// syncDir makes a folder's new entries survive a crash. Some file systems cannot,
// and say so.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}
