package journal

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// removesLock: the next run may have the file open already, so it stays.
const removesLock = false

func openLock(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) }

// busy takes the lock, or tells that another has it. Where the file system has no
// locks the run goes on without.
func busy(f *os.File) bool {
	const how = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), how, 0, 1, 0, &windows.Overlapped{})
	return errors.Is(err, windows.ERROR_LOCK_VIOLATION)
}
