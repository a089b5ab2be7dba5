package keyfile

import (
	"errors"
	"io/fs"
	"os"
)

// ErrNotFolder: something else stands where a folder was expected.
var ErrNotFolder = errors.New("it is not a folder")

// MakeFolder makes a folder that only its owner can enter, mode 0700 whatever the
// umask (on Windows with what it inherits), where there is none. made tells
// whether it did. A link to a folder is one. The error is a *fs.PathError.
func MakeFolder(path string) (made bool, err error) {
	err = os.Mkdir(path, 0o700)
	switch {
	case err == nil:
		return true, ownFolder(path)
	case !errors.Is(err, fs.ErrExist):
		return false, err
	}
	info, err := os.Stat(path)
	if err == nil && !info.IsDir() {
		err = &fs.PathError{Op: "mkdir", Path: path, Err: ErrNotFolder}
	}
	return false, err
}

// ownFolder gives the owner back what the umask took. Where modes mean nothing
// it fails, and matters not.
func ownFolder(path string) error {
	info, err := os.Stat(path)
	if err == nil && info.Mode().Perm()&0o700 != 0o700 {
		_ = os.Chmod(path, 0o700)
	}
	return err
}
