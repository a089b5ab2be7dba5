package perms

import (
	"context"
	"errors"
	"iter"
	"reflect"
)

// Target is a file or directory to look at. Of a directory, everything below is
// looked at; links out of it are named and not walked into.
type Target struct {
	Path string
	Role Role // what to take it for where its content says nothing; NoRole: tell by name
	// Account is whose config named the file, where that is known: root, who looks in
	// its place, is not to be led to files of its own by it.
	Account *Account
}

// Options of Check and Fix. The zero value is right for most.
type Options struct {
	// Account whose ssh is judged. nil: the user who runs the program; for root,
	// the owner of the home that a .ssh directory lies in, else the file's owner.
	Account *Account
	// Journal is called by Fix before each change; its error leaves the file as it is.
	Journal func(Record) error
	// Looked counts the files and directories that were looked at, where it is set.
	Looked *int
}

// Report is what was found about one file, and after Fix what became of it.
type Report struct {
	Facts    Facts
	Findings []Finding // never empty, unless Err is set
	Change   Change    // what Fix does or did

	Applied   bool      // Fix: the change was made
	Verified  bool      // Fix: looked at again, and nothing refuses the file now
	Remaining []Finding // Fix: what the second look found
	Err       error     // could not look, or could not change
}

// State is what a change can alter, exactly: for the journal.
type State struct {
	Mode       *uint32 `json:"mode,omitempty"` // st_mode & 07777
	UID        *int    `json:"uid,omitempty"`
	GID        *int    `json:"gid,omitempty"`
	ACL        []byte  `json:"acl,omitempty"`         // system.posix_acl_access
	DefaultACL []byte  `json:"default_acl,omitempty"` // system.posix_acl_default
	Descriptor []byte  `json:"descriptor,omitempty"`  // self-relative, owner and DACL
	Link       []byte  `json:"link,omitempty"`        // the reparse point's own
	LinkPath   string  `json:"link_path,omitempty"`   // where it is, for a Record names what it leads to
	LinkID     string  `json:"link_id,omitempty"`     // and which it is
}

// Record is what undoes one change.
type Record struct {
	Path   string `json:"path"` // absolute, links resolved
	ID     string `json:"id"`   // device and file number: another file of that name is left alone
	Before State  `json:"before"`
	After  State  `json:"after,omitzero"` // what the change makes of it, where that can be told: the mode and owner
	Change string `json:"change"`         // in words
	// From is the link by whose name the file was found, where it leads out of the
	// tree that was named; else "".
	From string `json:"from,omitempty"`
}

// ErrReplaced: a file of the journal is gone, or another has its name.
var ErrReplaced = errors.New("it is not the file that was changed")

// ErrNothingToUndo: a file has the state already that Undo would give back, as
// where the run ended between record and change, or could not make it.
var ErrNothingToUndo = errors.New("it is as it was before")

// ErrChangedSince: somebody else changed a file after the recorded change.
var ErrChangedSince = errors.New("it was changed again since")

// ErrNoRole: a file was named that ssh has no use for.
var ErrNoRole = errors.New("neither a key nor a file of ssh's")

// Look returns what is known of one file or directory by itself: what Judge and
// Plan take. The role of a directory, and of a file that ssh has no use for, is
// NoRole. The error is a *fs.PathError.
func Look(path string, opt Options) (Facts, error) {
	o, err := openObject(path)
	if err != nil {
		return Facts{}, err
	}
	defer o.close()
	facts := o.Facts
	if facts.Kind != File {
		return facts, nil
	}
	s := &survey{ctx: context.Background(), opt: opt, yield: func(Report) bool { return false }}
	s.run([]Target{{Path: path}}, func(o *object) Report {
		facts = o.Facts
		return Report{Err: errStopped} // what lies above it is not asked for
	})
	return facts, nil
}

// Check looks at targets and yields a report for each file with findings, or
// that could not be looked at. It changes nothing.
func Check(ctx context.Context, targets []Target, opt Options) iter.Seq[Report] {
	return func(yield func(Report) bool) {
		s := &survey{ctx: ctx, opt: opt, yield: yield}
		s.run(targets, func(o *object) Report {
			r := Report{Facts: o.Facts, Findings: Judge(o.Facts)}
			if len(r.Findings) > 0 {
				r.Change = Plan(o.Facts)
			}
			return r
		})
	}
}

// Fix does what Check does, makes each planned change, and looks again: only
// that look says Verified. A directory is mended before what is below it is read.
func Fix(ctx context.Context, targets []Target, opt Options) iter.Seq[Report] {
	return func(yield func(Report) bool) {
		s := &survey{ctx: ctx, opt: opt, yield: yield}
		s.run(targets, s.fix)
	}
}

// Undo gives a file the state it had before a change. The error is ErrReplaced
// where the file is not the same any more, ErrChangedSince where it is and
// somebody changed it, ErrNothingToUndo, or the system's.
func Undo(r Record) error {
	o, err := r.open()
	if err != nil {
		return err
	}
	defer o.close()
	return o.restore(r.Before)
}

// CanUndo makes the checks of Undo and changes nothing.
func CanUndo(r Record) error {
	o, err := r.open()
	if err == nil {
		o.close()
	}
	return err
}

// open opens the file of a record, if it is still as the change left it.
func (r Record) open() (*object, error) {
	o, err := openObject(r.Path)
	if err != nil {
		return nil, err
	}
	now, err := o.state()
	if err == nil {
		err = r.check(o, now)
	}
	if err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

func (r Record) check(o *object, now State) error {
	if id, err := o.id(); err != nil || id != r.ID {
		return errors.Join(ErrReplaced, err)
	}
	switch {
	case reflect.DeepEqual(now, r.Before):
		return ErrNothingToUndo
	case differ(r.After.Mode, now.Mode), differ(r.After.UID, now.UID):
		return ErrChangedSince
	}
	return nil
}

// differ compares what was recorded; nil was not.
func differ[T comparable](recorded, now *T) bool {
	return recorded != nil && now != nil && *recorded != *now
}
