package keyfile

import (
	"context"
	"os"
	"time"

	"sshkeys/internal/flock"
)

// lockFolder keeps other runs of this program from changing files of the folder,
// until the function it returns is called or the program ends. Where the folder
// cannot be locked (Windows, NFS), or another holds it for long, it goes on without:
// then only the comparison before the move is left.
func lockFolder(ctx context.Context, dir string) (unlock func()) {
	const pause, tries = 20 * time.Millisecond, 1500 // half a minute: a slow key derivation
	if !flock.Advisory {
		return func() {}
	}
	d, err := os.Open(dir)
	if err != nil {
		return func() {}
	}
	for range tries {
		if !flock.Busy(d) || ctx.Err() != nil {
			break
		}
		time.Sleep(pause)
	}
	return func() { d.Close() }
}
