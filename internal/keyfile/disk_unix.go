//go:build !windows

package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// moveNew gives a file a new name that nothing has; fs.ErrExist otherwise. What
// the system or the file system cannot do, the next way can.
func moveNew(from, to string) error {
	var err error
	for _, way := range []func(from, to string) error{renameNew, linkNew, claimNew} {
		if err = way(from, to); err == nil || errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return err
}

// linkNew needs hard links, which FAT and some network file systems have not.
func linkNew(from, to string) error {
	if err := os.Link(from, to); err != nil {
		return err
	}
	if err := os.Remove(from); err != nil {
		os.Remove(to)
		return err
	}
	return nil
}

// claimNew takes the name with an empty file and renames over that, which works
// everywhere; a crash between the two leaves the empty file.
func claimNew(from, to string) error {
	f, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	if err := os.Rename(from, to); err != nil {
		os.Remove(to)
		return err
	}
	return nil
}

// replace gives a file the name of another, which goes.
func replace(from, to string) error { return os.Rename(from, to) }

// syncFolder makes new names in a folder durable.
func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return nil // write and search permission are enough to write a file
	}
	defer d.Close()
	// Some file systems cannot sync a folder, and say so.
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// keepOwner lets root replace another account's file without taking it away
// from that account. Others cannot give files away, and do not need to.
func keepOwner(f *os.File, old fs.FileInfo) {
	if st, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}
