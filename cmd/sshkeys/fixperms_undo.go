package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"time"

	"sshkeys/internal/journal"
	"sshkeys/perms"
)

// undoJSON is one change that was taken back.
type undoJSON struct {
	Path   string `json:"path"`
	Change string `json:"change"` // that was taken back
	Undone bool   `json:"undone"`
}

// undo takes the last run back, its last change first.
func (f *fixer) undo() error {
	dir, err := f.stateDir()
	if err != nil {
		return err
	}
	run, err := journal.Last(dir)
	if err != nil {
		return err
	}
	if run.Header.Command != "" {
		f.note("the run of %s: %s", run.Header.Time.Local().Format(time.DateTime), run.Header.Command)
	}
	var left []perms.Record
	for _, r := range slices.Backward(run.Records) {
		if !f.takeBack(r) {
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
	f.note("%s taken back", count(len(run.Records)-len(left), "change"))
	if len(left) == 0 {
		return nil
	}
	if f.ctx.Err() != nil {
		return withHint(fmt.Errorf("interrupted; %s left", count(len(left), "change")), "sshkeys fixperms --undo")
	}
	f.warn("%s could not be taken back and stays in the journal; without it --undo takes back the run before", count(len(left), "change"))
	f.hint("rm " + quote(run.Path))
	return nil
}

// takeBack undoes one change and tells so; false where it stays to be done.
func (f *fixer) takeBack(r perms.Record) bool {
	if f.ctx.Err() != nil {
		return false
	}
	if !f.opt.dryRun {
		if err := perms.Undo(r); err != nil {
			f.fail(r.Path, err)
			return false
		}
	}
	if f.json {
		f.printJSON(undoJSON{r.Path, r.Change, !f.opt.dryRun})
		return true
	}
	word := "took back"
	if f.opt.dryRun {
		word = "would take back"
	}
	f.line("%s: %s: %s%s", r.Path, word, f.change(r.Change), before(r))
	return true
}

// before is the mode that a file has again.
func before(r perms.Record) string {
	if r.Before.Mode == nil {
		return ""
	}
	return fmt.Sprintf(" (mode %04o again)", *r.Before.Mode)
}

// stateDir is the folder of the journals. Root keeps its own, also where sudo
// left it the home of another user.
func (f *fixer) stateDir() (string, error) {
	home := f.home()
	if os.Geteuid() == 0 && home != "" {
		if facts, err := perms.Look(home, perms.Options{}); err == nil && facts.Posix != nil && facts.Posix.UID != 0 {
			home = accountHome()
		}
	}
	dir, err := journal.Dir(runtime.GOOS, home, f.env)
	if err != nil {
		err = fmt.Errorf("no place for the journal of changes: %w", err)
	}
	return dir, err
}
