//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

// Package flock locks a file, or on Unix a folder, against other processes until it
// is closed or the process ends.
package flock

import (
	"errors"
	"os"
	"syscall"
)

// Advisory: a lock keeps nobody from opening or removing the file,
// and a folder can be locked like a file.
const Advisory = true

// Open opens the file to be locked, and makes it where there is none, for its owner
// alone. It follows no link.
func Open(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|syscall.O_NOFOLLOW, 0o600)
}

// Busy takes the lock, or tells that another has it. Where the file system has no
// locks it is never busy.
func Busy(f *os.File) bool {
	err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	return errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR)
}
