package flock

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// Advisory: while another process has the file open it cannot go, and a folder
// cannot be locked.
const Advisory = false

// Open opens the file to be locked, and makes it where there is none.
func Open(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) }

// Busy takes the lock, or tells that another has it. Where the file system has no
// locks it is never busy.
func Busy(f *os.File) bool {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{})
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
