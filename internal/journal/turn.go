package journal

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sshkeys/internal/flock"
)

// ErrBusy: another run is at work, and was for all the time that one waits.
var ErrBusy = errors.New("another sshkeys fixperms is still at work")

const lockName = "lock"

// removesLock: where a file can go while it is locked, a run leaves nothing.
const removesLock = flock.Advisory

// patience is how long a run waits for another.
type patience struct {
	pause       time.Duration
	tell, tries int // after so many pauses: tell, give up
}

var usual = patience{50 * time.Millisecond, 20, 1200} // tell after a second, give up after a minute

// mostVanished is how often the folder may vanish while it is made.
const mostVanished = 100

// Turn is a run's right to change files and journals: one run at a time has it.
type Turn struct {
	file *os.File
	made []string // folders that were made for it, the innermost first
}

// Begin waits for the turn of a run that writes a journal. The folder is made
// where it is missing, and closed to others where it is ours: what --undo would
// refuse to read is not to be written. waiting is called once where another run
// is at work. The error is ErrBusy, the context's, a *RefusedError or the system's.
func Begin(ctx context.Context, dir string, waiting func()) (*Turn, error) {
	return usual.take(ctx, dir, prepare, waiting)
}

// Resume waits for the turn of an undo. It makes and mends no folder: the error is
// ErrNone where there is none, else as with Begin.
func Resume(ctx context.Context, dir string, waiting func()) (*Turn, error) {
	return usual.take(ctx, dir, present, waiting)
}

// present wants a folder that is there, and makes none.
func present(dir string) ([]string, error) {
	err := trusted(dir)
	if errors.Is(err, fs.ErrNotExist) {
		err = ErrNone
	}
	return nil, err
}

func (p patience) take(ctx context.Context, dir string, ready func(string) ([]string, error), waiting func()) (*Turn, error) {
	t := &Turn{}
	gone := 0
	for try := range p.tries {
		made, err := ready(dir)
		t.made = append(made, t.made...)
		vanished := errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) // with the run that made it
		if vanished && gone < mostVanished {
			gone++
			continue
		}
		if err != nil {
			return nil, err
		}
		free, err := t.try(filepath.Join(dir, lockName))
		switch {
		case err != nil:
			return nil, err
		case free:
			return t, nil
		}
		if try == p.tell {
			waiting()
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(p.pause):
		}
	}
	return nil, ErrBusy
}

// try takes the lock if no other run has it. One that has just ended takes the
// file with it: a lock on a file without name keeps nobody out.
func (t *Turn) try(path string) (free bool, err error) {
	f, err := flock.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) { // so does its folder
			err = nil
		}
		return false, err
	}
	if flock.Busy(f) || !stillNamed(f, path) {
		return false, f.Close()
	}
	t.file = f
	return true, nil
}

func stillNamed(f *os.File, path string) bool {
	held, err := f.Stat()
	named, err2 := os.Lstat(path)
	return err == nil && err2 == nil && os.SameFile(held, named)
}

// End lets the next run in. What was made for this one and is empty goes.
func (t *Turn) End() {
	if removesLock {
		os.Remove(t.file.Name())
	}
	t.file.Close()
	for _, dir := range t.made {
		if os.Remove(dir) != nil {
			return
		}
	}
}

// prepare makes the folder, and takes others' access from it where it is ours. It
// returns what it made, the innermost first.
func prepare(dir string) (made []string, err error) {
	for up := dir; ; up = filepath.Dir(up) {
		if _, err := os.Lstat(up); !errors.Is(err, fs.ErrNotExist) || up == filepath.Dir(up) {
			break
		}
		made = append(made, up)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	refused, ok := errors.AsType[*RefusedError](trusted(dir))
	if ok && refused.Mend[0] == "chmod" {
		if err := os.Chmod(dir, 0o700); err != nil {
			return nil, err
		}
	}
	return made, trusted(dir)
}
