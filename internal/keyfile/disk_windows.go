package keyfile

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// moveNew gives a file a new name that nothing has; fs.ErrExist otherwise.
func moveNew(from, to string) error { return moveFile(from, to, windows.MOVEFILE_WRITE_THROUGH) }

// replace gives a file the name of another, which goes.
func replace(from, to string) error {
	return moveFile(from, to, windows.MOVEFILE_REPLACE_EXISTING|windows.MOVEFILE_WRITE_THROUGH)
}

func moveFile(from, to string, flags uint32) error {
	old, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(old, name, flags); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}

// syncFolder has nothing to do: MOVEFILE_WRITE_THROUGH has done it.
func syncFolder(string) error { return nil }

// keepOwner has nothing to do: the owner is in the security descriptor a file is made with.
func keepOwner(*os.File, fs.FileInfo) {}
