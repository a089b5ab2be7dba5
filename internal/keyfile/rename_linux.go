package keyfile

import "golang.org/x/sys/unix"

// renameNew renames in one step unless something has the new name (Linux 3.15;
// not on every file system).
func renameNew(from, to string) error {
	return unix.Renameat2(unix.AT_FDCWD, from, unix.AT_FDCWD, to, unix.RENAME_NOREPLACE)
}
