package perms

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
)

// survey is one run of Check or Fix.
type survey struct {
	ctx   context.Context
	opt   Options
	yield func(Report) bool
	treat func(*object) Report
	seen  map[string]bool // directories judged for sshd
	named map[string]Role // files named with a role, by real path
	told  map[string]bool // those of them that were visited
	memory
}

// memory is what a survey keeps on Unix.
type memory struct {
	done     map[string]visited // files and directories by real path
	read     map[listed]bool    // directories
	accounts map[userAt]Account
}

// visited is in what role a file was judged last.
type visited struct {
	role Role
	sshd bool
}

// listed is a directory that was read, as one of ssh's or as any other.
type listed struct {
	real string
	ssh  bool
}

// userAt is a user in a home: "" for the user's own, -1 for the home's owner.
type userAt struct {
	home string
	uid  int
}

// errStopped: the caller wants no more reports.
var errStopped = errors.New("stopped")

// run walks every target and treats each object that may matter.
func (s *survey) run(targets []Target, treat func(*object) Report) {
	s.treat, s.seen = treat, map[string]bool{}
	s.memory = memory{map[string]visited{}, map[listed]bool{}, map[userAt]Account{}}
	s.named, s.told = namedRoles(targets), map[string]bool{}
	for _, t := range targets {
		err := s.ctx.Err()
		if err == nil {
			err = s.walk(t)
		}
		switch {
		case errors.Is(err, errStopped):
			return
		case err != nil && !s.yield(Report{Facts: Facts{Path: t.Path, Role: t.Role}, Err: err}), s.ctx.Err() != nil:
			return
		}
	}
}

// namedRoles is for the files that a folder named besides them has in it: they
// are met there first.
func namedRoles(targets []Target) map[string]Role {
	roles := map[string]Role{}
	for _, t := range targets {
		if t.Role == NoRole {
			continue
		}
		if abs, err := filepath.Abs(t.Path); err == nil {
			if real, err := filepath.EvalSymlinks(abs); err == nil {
				roles[real] = t.Role
			}
		}
	}
	return roles
}

// inNamedRole gives a file the role that it was named with, where its content did
// not tell one; false where it was visited before.
func (s *survey) inNamedRole(o *object) bool {
	role, ok := s.named[o.real()]
	if !ok || o.Kind != File {
		return true
	}
	if o.Role == NoRole || o.Role == UserFile || o.Role == Config {
		o.Role = role
	}
	again := s.told[o.real()]
	s.told[o.real()] = true
	return !again
}

// visit judges (and with Fix mends) one object, then the directories sshd walks
// above it. The walkers call it for everything that may matter.
func (s *survey) visit(o *object) error {
	if len(s.named) > 0 && !s.inNamedRole(o) {
		return nil
	}
	s.done[o.real()] = visited{o.Role, o.SSHD}
	if o.Role == AuthorizedKeys || o.Role == AuthorizedPrincipals {
		o.SSHD = true
	}
	if o.Kind == Directory && o.SSHD {
		s.seen[o.real()] = true
	}
	if r := s.treat(o); len(r.Findings) > 0 || r.Err != nil {
		if !s.yield(r) {
			return errStopped
		}
	}
	if o.SSHD && o.Kind == File && o.NT == nil && (o.named || belowDotSSH(o.Path)) {
		return s.above(o)
	}
	return s.ctx.Err()
}

// above treats the directories that sshd walks from a file up to home, or to /
// where the file is outside of it (misc.c:safe_path, over the real path). ~/.ssh
// was treated when it was walked into, unless the file was named by itself.
func (s *survey) above(file *object) error {
	for _, dir := range dirsAbove(file.real(), file.Account.Home) {
		if s.seen[dir] {
			continue
		}
		s.seen[dir] = true
		o, err := openObject(dir)
		if err != nil {
			return err
		}
		s.count()
		o.Role, o.Account, o.AsRoot, o.SSHD = dirRole(dir, file.Account.Home), file.Account, file.AsRoot, true
		err = s.visit(o)
		o.close()
		if err != nil {
			return err
		}
	}
	return nil
}

// dirsAbove lists the directories of a real path from the innermost up to home,
// or to the root where the path is not below home.
func dirsAbove(real, home string) []string {
	var dirs []string
	for dir := filepath.Dir(real); ; dir = filepath.Dir(dir) {
		dirs = append(dirs, dir)
		if dir == home || dir == filepath.Dir(dir) {
			return dirs
		}
	}
}

func dirRole(dir, home string) Role {
	switch {
	case dir == home:
		return Home
	case strings.EqualFold(filepath.Base(dir), ".ssh"):
		return SSHDir
	}
	return ParentDir
}

// fix mends one object and looks again.
func (s *survey) fix(o *object) Report {
	r := Report{Facts: o.Facts, Findings: Judge(o.Facts)}
	if len(r.Findings) == 0 {
		return r
	}
	if r.Change = Plan(o.Facts); !r.Change.Empty() {
		r.Err = s.change(o, r.Change)
		r.Applied = r.Err == nil
	}
	again, err := o.look()
	if err != nil {
		r.Err = errors.Join(r.Err, err)
		return r
	}
	if r.Applied {
		r.Remaining = noEffect(r.Facts, r.Change, again)
	}
	r.Remaining = append(r.Remaining, Judge(again)...)
	r.Verified = r.Err == nil && !Refused(r.Remaining)
	return r
}

// change writes the journal, then the disk.
func (s *survey) change(o *object, c Change) error {
	if s.opt.Journal != nil {
		before, err := o.state()
		if err != nil {
			return err
		}
		id, err := o.id()
		if err != nil {
			return err
		}
		record := Record{Path: o.real(), ID: id, Before: before, Change: c.String()}
		if p := o.After(c).Posix; p != nil {
			record.After = State{Mode: &p.Mode, UID: &p.UID}
		}
		if o.Outside {
			record.From = o.Path
		}
		if err := s.opt.Journal(record); err != nil {
			return err
		}
	}
	return o.apply(c)
}

// noEffect is the finding that a change was accepted and not kept (WSL without
// metadata, FAT, CIFS, FUSE; Wine). It comes before what Judge still finds.
func noEffect(before Facts, c Change, after Facts) []Finding {
	if len(Judge(after)) == 0 {
		return nil
	}
	if after.Posix != nil {
		return noEffectPosix(before, c, after)
	}
	return noEffectNT(before, c, after)
}

// object is one file or directory held open: what is judged is what is changed.
// Its methods are each system's own (object_unix.go, object_windows.go).
type object struct {
	Facts
	handle
	named bool // by the caller, and not met below a directory
}

// real is the path without links, as sshd takes it. Path is absolute in an
// object; only the last element of it can be a link that was followed.
func (o *object) real() string {
	if o.Target != "" {
		return o.Target
	}
	return o.Path
}
