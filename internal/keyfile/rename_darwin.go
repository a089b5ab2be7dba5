package keyfile

import "golang.org/x/sys/unix"

// renameNew renames in one step unless something has the new name (macOS 10.12;
// not on every file system).
func renameNew(from, to string) error { return unix.RenamexNp(from, to, unix.RENAME_EXCL) }
