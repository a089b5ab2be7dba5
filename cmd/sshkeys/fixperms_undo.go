package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"sshkeys/internal/catalog"
	"sshkeys/internal/journal"
	"sshkeys/internal/userdirs"
	"sshkeys/perms"
)

// undoJSON is one change that was taken back.
type undoJSON struct {
	Path      string `json:"path"`
	PathBytes []byte `json:"path_bytes,omitempty"`
	Change    string `json:"change"` // that was taken back
	Undone    bool   `json:"undone"`
}

// undo takes the last run back that changed something.
func (f *fixer) undo() error {
	dir, err := f.stateDir()
	if err != nil {
		return err
	}
	if !f.opt.dryRun {
		if f.turn, err = journal.Resume(f.ctx, dir, f.waiting); err != nil {
			return f.journalHint(err)
		}
		defer f.endTurn()
	}
	for run, err := range journal.Runs(dir) {
		switch {
		case err != nil:
			return f.journalHint(err)
		case !run.Spent():
			return f.undoRun(run)
		case !f.opt.dryRun:
			if err := run.Finish(nil); err != nil {
				return err
			}
		}
	}
	return journal.ErrNone
}

// journalHint adds the command that gets a journal out of the way which cannot be
// trusted.
func (f *fixer) journalHint(err error) error {
	if refused, ok := errors.AsType[*journal.RefusedError](err); ok {
		return withHint(err, strings.Join(quoteAll(refused.Mend), " "))
	}
	if errors.Is(err, journal.ErrBusy) {
		return withHint(err, f.again())
	}
	return err
}

// undoRun takes one run back, its last change first.
func (f *fixer) undoRun(run *journal.Run) error {
	if run.Header.Command != "" {
		f.note("the run of %s: %s", run.Header.Time.Local().Format(time.DateTime), run.Header.Command)
	}
	var left []perms.Record
	taken := 0
	undo := perms.Undo
	if f.opt.dryRun {
		undo = lastOfEach()
	}
	for _, r := range slices.Backward(run.Records) {
		switch err := f.takeBack(r, undo); {
		case err == nil:
			taken++
		case !errors.Is(err, perms.ErrNothingToUndo):
			left = append(left, r)
		}
	}
	if f.opt.dryRun {
		return nil
	}
	slices.Reverse(left)
	if err := run.Finish(left); err != nil {
		return err
	}
	f.note("%s taken back", count(taken, "change"))
	return f.tellLeft(run, len(left))
}

// tellLeft says what becomes of changes that were not taken back.
func (f *fixer) tellLeft(run *journal.Run, left int) error {
	switch {
	case left == 0:
		return nil
	case f.ctx.Err() != nil:
		return withHint(fmt.Errorf("interrupted; %s left", count(left, "change")), "sshkeys fixperms --undo")
	}
	f.warn("%s could not be taken back and stays in the journal; without it --undo takes back the run before", count(left, "change"))
	f.hint("rm " + quote(run.Path))
	return nil
}

// lastOfEach is perms.CanUndo for a whole run, backwards: of several changes of a
// file only the last can be asked, for the others are not bare yet.
func lastOfEach() func(perms.Record) error {
	asked := map[string]error{}
	return func(r perms.Record) error {
		err, known := asked[r.Path]
		if !known {
			if err = perms.CanUndo(r); !errors.Is(err, perms.ErrNothingToUndo) {
				asked[r.Path] = err
			}
		}
		return err
	}
}

// takeBack undoes one change and tells so. What it returns was told.
func (f *fixer) takeBack(r perms.Record, undo func(perms.Record) error) error {
	if err := f.ctx.Err(); err != nil {
		return err
	}
	if err := undo(r); err != nil {
		if !errors.Is(err, perms.ErrNothingToUndo) {
			facts, _ := perms.Look(r.Path, perms.Options{})
			err, _ = whyNot(r.Path, err, owned(facts))
			f.fail(r.Path, err)
		}
		return err
	}
	if f.json {
		return f.printJSON(undoJSON{r.Path, pathBytes(r.Path), r.Change, !f.opt.dryRun})
	}
	id := "fixperms.took_back"
	if f.opt.dryRun {
		id = "fixperms.would_take_back"
	}
	f.line(catalog.T(id, "path", r.Path, "change", f.change(r.Change), "modes", before(r)))
	return nil
}

// before is the mode that a file has again.
func before(r perms.Record) catalog.Text {
	if r.Before.Mode == nil {
		return catalog.Text{}
	}
	return catalog.T("fixperms.again", "mode", fmt.Sprintf("%04o", *r.Before.Mode))
}

// stateDir is the folder of the journals. Root keeps its own, also where sudo
// left it the home of another user.
func (f *fixer) stateDir() (string, error) {
	home, env := f.home(), f.env
	if os.Geteuid() == 0 {
		if ofAnother(home) {
			home = accountHome()
		}
		env = func(name string) string {
			if value := f.env(name); !ofAnother(value) {
				return value
			}
			return ""
		}
	}
	dir := userdirs.State(runtime.GOOS, home, env)
	if dir == "" {
		return "", fmt.Errorf("no place for the journal of changes: %w", errNoHome)
	}
	return dir, nil
}

// ofAnother tells whether a folder, or the one above where it is to be made, is
// another user's than root's.
func ofAnother(path string) bool {
	if !filepath.IsAbs(path) {
		return false
	}
	facts, err := perms.Look(path, perms.Options{})
	if up := filepath.Dir(path); errors.Is(err, fs.ErrNotExist) && up != path {
		return ofAnother(up)
	}
	return err == nil && facts.Posix != nil && facts.Posix.UID != 0
}
