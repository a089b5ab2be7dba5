package keyfile

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"sshkeys/perms"
)

// maxBackups bounds the search for a free name.
const maxBackups = 10000

// keepOld gives the file at path a second name, NAME.bak or the first free of
// NAME.bak.1, …: by a hard link, which keeps everything about it, or by a copy
// where the file system has none. It returns that name, "" with an error.
func keepOld(path string, private bool) (string, error) {
	for n := range maxBackups {
		name := backupName(path, n)
		err := os.Link(path, name)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = copyNew(path, name, private)
		}
		if err == nil {
			return name, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
	}
	return "", fmt.Errorf("no free name for its backup after %s", backupName(path, maxBackups-1))
}

func backupName(path string, n int) string {
	if n == 0 {
		return path + ".bak"
	}
	return fmt.Sprintf("%s.bak.%d", path, n)
}

// copyNew copies a file to a name that is free. The copy is its owner's alone;
// where the file is not private it gets the mode back before its first byte.
func copyNew(from, to string, private bool) (err error) {
	src, info, err := open(from)
	if err != nil {
		return err
	}
	defer src.Close()
	dst, err := perms.CreatePrivate(to)
	if err != nil {
		return err
	}
	defer func() {
		if closeErr := dst.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			os.Remove(to)
		}
	}()
	keepOwner(dst, info)
	if !private {
		_ = dst.Chmod(info.Mode().Perm())
	}
	if _, err := io.Copy(dst, src); err != nil {
		return err
	}
	return dst.Sync()
}
