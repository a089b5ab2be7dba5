package keyfile

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sshkeys/perms"
)

// ExistsError: something has the name already, and WriteOptions.Force was not
// set. It matches fs.ErrExist.
type ExistsError struct{ Path string }

func (e *ExistsError) Error() string { return e.Path + " exists already" }
func (e *ExistsError) Unwrap() error { return fs.ErrExist }

// ErrNotRegular: a device, pipe or socket is not replaced.
var ErrNotRegular = errors.New("it is not a regular file, and is not replaced")

// WriteOptions say how a file is written.
type WriteOptions struct {
	// Private restricts the file to its owner from its first byte on, whatever
	// the file it replaces allowed. A public file keeps the mode of the one it
	// replaces.
	Private bool
	// Force replaces an existing file and keeps it as NAME.bak, or the first
	// free of NAME.bak.1, …
	Force bool
	// Check is given what was read back from the disk before it gets the
	// file's name, to prove that it holds the same key. Its error, returned as
	// it is, leaves everything as it was. May be nil.
	Check func(readBack []byte) error
}

// File is one of several files written together.
type File struct {
	Path string
	Data []byte
	WriteOptions
}

// Written tells where a file went.
type Written struct {
	Path   string // with links resolved: the file itself
	Backup string // the old file's new name; "" where there was none
}

// Write puts data durably at path and returns the old file's new name, "" where
// there was none. The bytes go to a new file beside it, are read back from the
// disk, checked, and only then moved into place. When Write fails, panics or is
// interrupted through ctx, the old file is whole and nothing else is left. The
// error is an *ExistsError, a *fs.PathError naming path, that of Check, or ctx's.
// Where path is a link, the file behind it is replaced.
func Write(ctx context.Context, path string, data []byte, opt WriteOptions) (backup string, err error) {
	written, err := WriteAll(ctx, []File{{path, data, opt}})
	if err != nil {
		return "", err
	}
	return written[0].Backup, nil
}

// WriteAll writes several files, all of them or none: every file is written and
// checked under another name before the first takes its place, and when one
// cannot, those before it are taken back.
func WriteAll(ctx context.Context, files []File) ([]Written, error) {
	t := &transaction{ctx: ctx, reached: func(step) {}}
	return t.run(files)
}

// step is a point in a write at which tests kill it.
type step string

const (
	stepCreated step = "created"
	stepChecked step = "checked"
	stepKept    step = "kept"
	stepMoved   step = "moved"
)

type transaction struct {
	ctx     context.Context
	reached func(step)
	items   []*item
}

// item is one file on its way.
type item struct {
	File
	target string      // Path with links resolved
	old    fs.FileInfo // nil where there is nothing to replace
	temp   string      // "" before it is made and after it was moved
	backup string      // "" before it is made
	moved  bool
}

func (t *transaction) run(files []File) (written []Written, err error) {
	done := false
	defer func() { // also when Check panics
		if done {
			return
		}
		if left := t.undo(); left != nil {
			err = errors.Join(err, left)
		}
	}()
	if err := t.plan(files); err != nil {
		return nil, err
	}
	for _, it := range t.items {
		if err := t.prepare(it); err != nil {
			return nil, err
		}
	}
	for _, it := range t.items {
		if err := t.move(it); err != nil {
			return nil, err
		}
		written = append(written, Written{it.target, it.backup})
	}
	done = true
	return written, nil
}

// plan refuses what can be refused before anything is touched.
func (t *transaction) plan(files []File) error {
	targets := map[string]bool{}
	for _, f := range files {
		it := &item{File: f}
		if err := it.resolve(); err != nil {
			return err
		}
		if targets[it.target] {
			return it.failed(errors.New("it is to be written twice"))
		}
		targets[it.target] = true
		t.items = append(t.items, it)
	}
	return nil
}

func (it *item) resolve() error {
	it.target = filepath.Clean(it.Path)
	link, err := os.Lstat(it.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, name := filepath.Split(it.Path); name == "" {
			return it.failed(fs.ErrNotExist) // "folder/" names no file
		}
		_, err = os.Stat(filepath.Dir(it.target))
		return err
	}
	if err != nil {
		return err
	}
	old, err := os.Stat(it.Path)
	switch {
	case err == nil && old.IsDir():
		return it.failed(ErrDirectory)
	case !it.Force:
		return &ExistsError{it.Path}
	case err != nil:
		return err
	case !old.Mode().IsRegular():
		return it.failed(ErrNotRegular)
	}
	os.SameFile(old, old) // Windows looks up which file it is only when asked
	it.old = old
	if link.Mode()&fs.ModeSymlink != 0 {
		it.target, err = filepath.EvalSymlinks(it.Path)
	}
	return err
}

// prepare writes the bytes beside the target, under a name of their own.
func (t *transaction) prepare(it *item) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	f, err := it.create()
	if err != nil {
		return it.failed(err)
	}
	it.temp = f.Name()
	t.reached(stepCreated)
	err = it.fill(f)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return it.failed(err)
	}
	readBack, err := it.readBack(it.temp)
	if err != nil {
		return err
	}
	if it.Check != nil {
		if err := it.Check(readBack); err != nil {
			return err
		}
	}
	t.reached(stepChecked)
	return nil
}

func (it *item) create() (*os.File, error) {
	create := perms.CreatePublic
	if it.Private {
		create = perms.CreatePrivate
	}
	return create(filepath.Join(filepath.Dir(it.target), ".sshkeys-"+rand.Text()))
}

func (it *item) fill(f *os.File) error {
	if it.old != nil {
		keepOwner(f, it.old)
		if !it.Private {
			_ = f.Chmod(it.old.Mode().Perm()) // where modes mean nothing it fails, and matters not
		}
	}
	if _, err := f.Write(it.Data); err != nil {
		return err
	}
	return f.Sync()
}

// readBack proves that the file at path has the bytes that were to be written.
func (it *item) readBack(path string) ([]byte, error) {
	got, err := Read(path, len(it.Data))
	if err != nil {
		return nil, it.failed(err)
	}
	if !bytes.Equal(got, it.Data) {
		return nil, it.failed(errors.New("the disk gave back other bytes than were written"))
	}
	return got, nil
}

// move puts the checked file in its place.
func (t *transaction) move(it *item) error {
	if err := t.ctx.Err(); err != nil {
		return err
	}
	var err error
	if it.old == nil {
		err = moveNew(it.temp, it.target)
	} else {
		if it.backup, err = keepOld(it.target, it.Private); err != nil {
			return it.failed(err)
		}
		t.reached(stepKept)
		err = replace(it.temp, it.target)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return &ExistsError{it.Path}
	case err != nil:
		return it.failed(err)
	}
	it.temp, it.moved = "", true
	t.reached(stepMoved)
	if err := syncFolder(filepath.Dir(it.target)); err != nil {
		return it.failed(err)
	}
	return it.inPlace()
}

// inPlace proves that the bytes stand under the file's name. What another program
// has added behind them by now, as ssh does to known_hosts, is not to be undone.
func (it *item) inPlace() error {
	f, err := Open(it.target)
	if err != nil {
		return it.failed(err)
	}
	defer f.Close()
	got := make([]byte, len(it.Data))
	if _, err := io.ReadFull(f, got); err != nil && err != io.EOF || !bytes.Equal(got, it.Data) {
		return it.failed(errors.New("the disk gave back other bytes than were written"))
	}
	return nil
}

// undo takes everything back, the last first. It goes on after an error, which
// says where the old file is.
func (t *transaction) undo() error {
	var errs []error
	for i := len(t.items) - 1; i >= 0; i-- {
		errs = append(errs, t.items[i].undo())
	}
	return errors.Join(errs...)
}

func (it *item) undo() error {
	var err error
	switch {
	case it.moved && it.backup != "":
		err = replace(it.backup, it.target)
	case it.moved:
		err = os.Remove(it.target)
	case it.backup != "":
		err = it.dropBackup()
	}
	if err != nil && it.backup != "" {
		err = fmt.Errorf("the old %s is now %s: %w", it.Path, it.backup, err)
	}
	if it.temp != "" {
		err = errors.Join(err, os.Remove(it.temp))
	}
	return err
}

// dropBackup removes the backup of a file that is still in its place.
func (it *item) dropBackup() error {
	now, err := os.Stat(it.target)
	if err != nil {
		return err
	}
	if !os.SameFile(now, it.old) {
		return errors.New("something else took its place meanwhile")
	}
	return os.Remove(it.backup)
}

// failed names the file a person asked for in place of the one beside it.
func (it *item) failed(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		err = e.Err
	}
	return &fs.PathError{Op: "write", Path: it.Path, Err: err}
}
