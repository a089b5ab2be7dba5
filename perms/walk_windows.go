package perms

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// tree is the walk below one directory that was named.
type tree struct {
	*survey
	root   string // its real path: what links lead out of
	system string // the system's ssh folder, judged only where it is named
}

// walk visits target and everything below it that may matter.
func (s *survey) walk(target Target) error {
	o, err := openObject(target.Path)
	if err != nil {
		return err
	}
	defer o.close()
	s.count()
	t := &tree{survey: s, root: o.real(), system: programData()}
	if o.Kind == Directory {
		return t.directory(o, target.Role)
	}
	role := t.role(o)
	// What the caller knows counts where the file itself says nothing, or not that
	// another config includes it.
	if given := target.Role; given != NoRole && (role == NoRole || role == UserFile || role == Config && given == IncludedConfig) {
		role = given
	}
	if role == NoRole {
		return &fs.PathError{Op: "fixperms", Path: target.Path, Err: ErrNoRole}
	}
	return t.treatAs(o, role)
}

func (s *survey) count() {
	if s.opt.Looked != nil {
		*s.opt.Looked++
	}
}

// role tells what a file is for, by its content where that can be read.
func (t *tree) role(o *object) Role {
	var head []byte
	if o.Kind == File {
		head = o.head()
	}
	role := RoleOf(o.Path, head)
	if there := systemRole(t.system, o.real(), o.Kind, role); there != NoRole {
		return there
	}
	return role
}

// directory visits a directory in its own role, and reads it after that: it may
// have been closed before it was mended.
func (t *tree) directory(o *object, role Role) error {
	ssh := role == SSHDir || belowDotSSH(o.Path)
	if ssh {
		role = SSHDir
	}
	if there := systemRole(t.system, o.real(), Directory, role); there != NoRole {
		role, ssh = there, false
	}
	if role != NoRole {
		if err := t.treatAs(o, role); err != nil {
			return err
		}
	}
	told := len(Judge(o.Facts)) > 0
	return t.readFolder(o.Path, o.real(), ssh, told)
}

// readFolder visits what lies in a directory, once however it was come by. told:
// what is wrong with the directory was reported.
func (t *tree) readFolder(path, real string, ssh, told bool) error {
	here := listed{real, ssh}
	if t.read[here] {
		return nil
	}
	t.read[here] = true
	entries, err := os.ReadDir(path)
	if err != nil && told {
		return nil
	}
	if err != nil {
		return t.failed(path, NoRole, err)
	}
	for _, e := range entries {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		t.count()
		if err := t.entry(filepath.Join(path, e.Name()), filepath.Join(real, e.Name()), ssh, e); err != nil {
			return err
		}
	}
	return nil
}

// entry looks at one name of a directory. Links and junctions, and what else the
// system keeps as reparse points, are opened to tell them apart.
func (t *tree) entry(path, real string, ssh bool, e fs.DirEntry) error {
	switch mode := e.Type(); {
	case mode&(fs.ModeSymlink|fs.ModeIrregular) != 0:
		return t.reparsePoint(path, ssh)
	case mode.IsDir():
		return t.below(path, real, ssh)
	case !mode.IsRegular(), !t.matters(path, ssh, e):
		return nil
	}
	o, err := openObject(path)
	if err != nil {
		return t.failed(path, NoRole, err)
	}
	defer o.close()
	return t.file(o, ssh)
}

// matters tells by name and size whether a file may have a role.
func (t *tree) matters(path string, ssh bool, e fs.DirEntry) bool {
	if ssh || contains(t.system, path) {
		return true
	}
	info, err := e.Info()
	return err == nil && worthReading(path, info.Size())
}

func (t *tree) file(o *object, ssh bool) error {
	role := t.role(o)
	if role == NoRole && ssh {
		role = UserFile
	}
	if role == NoRole || o.Kind == Special || role == Config && !ssh { // of some other program, or one that -F names
		return nil
	}
	return t.treatAs(o, role)
}

// below walks into a directory. Outside of a .ssh it has no role of its own. The
// system's ssh folder is passed by, unless the walk began in it.
func (t *tree) below(path, real string, ssh bool) error {
	inside := contains(t.system, real)
	if inside && !contains(t.system, t.root) {
		return nil
	}
	if !ssh && !inside && !isDotSSH(path) {
		return t.readFolder(path, real, false, false)
	}
	o, err := openObject(path)
	if err != nil {
		return t.failed(path, NoRole, err)
	}
	defer o.close()
	return t.directory(o, NoRole)
}

// reparsePoint follows a link as ssh does, to a file; of directories only to a
// .ssh. One that leads nowhere is as good as no file.
func (t *tree) reparsePoint(path string, ssh bool) error {
	o, err := openObject(path)
	if err != nil {
		return t.failed(path, NoRole, err)
	}
	defer o.close()
	if o.Target != "" && contains(t.system, o.Target) && !contains(t.system, t.root) {
		return nil
	}
	o.Outside = o.Target != "" && !contains(t.root, o.Target)
	switch {
	case o.Kind != Directory:
		return t.file(o, ssh)
	case o.Target == "": // in a cloud, or the like
		return t.below(path, o.Path, ssh)
	case isDotSSH(path):
		linked := &tree{survey: t.survey, root: o.Target, system: t.system}
		return linked.directory(o, SSHDir)
	}
	return nil
}

// treatAs visits an object in a role, unless it was visited in that role.
func (t *tree) treatAs(o *object, role Role) error {
	a, err := t.account(o.real())
	if err != nil {
		return err
	}
	own, err := t.own()
	if err != nil {
		return err
	}
	o.Role, o.Account, o.AsRoot = role, a, a.SID != own.SID
	was, done := t.done[o.real()]
	if done && (was.role == role || role == UserFile || role == Config && was.role == IncludedConfig) {
		return nil
	}
	t.done[o.real()] = visited{role: role}
	return t.visit(o)
}

// failed reports what could not be looked at. What is gone by now is no error.
func (t *tree) failed(path string, role Role, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if !t.yield(Report{Facts: Facts{Path: path, Role: role}, Err: err}) {
		return errStopped
	}
	return nil
}
