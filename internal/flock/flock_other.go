//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly || windows)

package flock

import "os"

// Advisory: whether a file that is open elsewhere can go is not known here.
const Advisory = false

// Open opens the file to be locked, and makes it where there is none.
func Open(path string) (*os.File, error) { return os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) }

// Busy knows no lock here.
func Busy(*os.File) bool { return false }
