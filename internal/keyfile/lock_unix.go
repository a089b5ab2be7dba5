//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package keyfile

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// lockFolder keeps other runs of this program from changing files of the folder,
// until the function it returns is called or the program ends. Where the folder
// cannot be locked (NFS), or another holds it for long, it goes on without: then
// only the comparison before the move is left.
func lockFolder(ctx context.Context, dir string) (unlock func()) {
	const pause, tries = 20 * time.Millisecond, 1500 // half a minute: a slow key derivation
	d, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	for range tries {
		err := syscall.Flock(int(d.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		busy := errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR)
		if !busy || ctx.Err() != nil {
			break
		}
		time.Sleep(pause)
	}
	return func() { d.Close() }
}
