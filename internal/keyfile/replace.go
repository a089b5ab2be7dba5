package keyfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrChanged: the file is not any more what the caller read.
var ErrChanged = errors.New("something else wrote to it meanwhile")

// Replace changes a file in place: data takes the place of old, what the caller
// read there (nil: there was no file, and it is made). No backup stays, for the
// old bytes are what is to go, or are all in the new ones. Until the new file
// stands under its name, durable and read back, the old one is beside it as
// NAME.bak (or NAME.bak.1, …); only a run that dies in between leaves that name. A
// private file is its owner's alone afterwards, and read-only where it was.
// opt.Force is implied. Runs of this program wait for one another. Errors are
// those of Write, an *ExistsError where old is nil, and ErrChanged; the file is
// then as it was.
func Replace(ctx context.Context, path string, old, data []byte, opt WriteOptions) error {
	defer lockFolder(ctx, filepath.Dir(path))()
	if opt.Force = old != nil; !opt.Force {
		_, err := Write(ctx, path, data, opt)
		return err
	}
	prove := opt.Check
	opt.Check = func(readBack []byte) error {
		if prove != nil {
			if err := prove(readBack); err != nil {
				return err
			}
		}
		return unchanged(path, old) // last, for a proof takes time
	}
	before, err := os.Stat(path)
	if err != nil {
		return err
	}
	written, err := WriteAll(ctx, []File{{path, data, opt}})
	if err != nil {
		return err
	}
	w := written[0]
	if opt.Private && before.Mode().Perm()&0o200 == 0 {
		_ = os.Chmod(w.Path, before.Mode().Perm()&0o600) // where modes mean nothing it fails, and matters not
	}
	return dropReplaced(w, old)
}

// dropReplaced removes the backup, unless that has what nobody has read: the last
// word of another program that wrote between the check and the move.
func dropReplaced(w Written, old []byte) error {
	if w.Backup == "" {
		return nil
	}
	if err := unchanged(w.Backup, old); err != nil {
		return fmt.Errorf("%s was changed, and something else wrote to it at the same moment; that is kept in %s", w.Path, w.Backup)
	}
	if err := os.Remove(w.Backup); err != nil {
		return fmt.Errorf("%s was changed, and the old one is still there: %w", w.Path, err)
	}
	return syncFolder(filepath.Dir(w.Backup))
}

// unchanged tells whether a file still has the given bytes.
func unchanged(path string, want []byte) error {
	now, err := Read(path, len(want))
	if errors.Is(err, fs.ErrPermission) {
		return err
	}
	if err != nil || !bytes.Equal(now, want) {
		return fmt.Errorf("%s: %w", path, ErrChanged)
	}
	return nil
}
