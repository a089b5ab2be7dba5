//go:build !windows

package perms

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// headSize is how much of a file its role is told by.
const headSize = 16 << 10

// tree is the walk below one directory that was named.
type tree struct {
	*survey
	root    string // its real path: what links lead out of
	entries []byte // as the system returns them
	head    []byte // of the file at hand
	mount   lastMount
	given   *Account // whose config named the file, where that is known
	owner   int      // whose files outside of a .ssh are the account's own; -1: everybody's, each for its owner
}

// lastMount saves asking for the mount of every file of a directory.
type lastMount struct {
	dir string
	dev uint64
	Mount
}

// folder is a directory that is being read.
type folder struct {
	fd         int
	path, real string
	ssh        bool // a .ssh, or below one: every file in it matters
	loose      bool // others may put files of their own in the place of its files
	key        bool // a private key lies in it
}

// walk visits target and everything below it that may matter.
func (s *survey) walk(target Target) error {
	o, err := openObject(target.Path)
	if err != nil {
		return err
	}
	defer o.close()
	s.count()
	// By another name than its own a .ssh is still one, and what lies in it ssh's.
	if belowDotSSH(o.real()) && !belowDotSSH(o.Path) {
		o.Path, o.Target = o.real(), ""
	}
	t := s.newTree(o)
	t.given = target.Account
	o.named = true
	if o.Kind == Directory {
		return t.directory(o, target.Role)
	}
	o.Outside = leadsOut(o)
	role := roleGiven(RoleOf(o.Path, t.headOf(o)), target.Role)
	switch {
	case role == NoRole && o.Kind == File && !o.readable():
		return &fs.PathError{Op: "open", Path: target.Path, Err: fs.ErrPermission}
	case role == NoRole:
		return &fs.PathError{Op: "fixperms", Path: target.Path, Err: ErrNoRole}
	}
	return t.visitAs(o, role)
}

// leadsOut tells a named file that is elsewhere than its name says: behind a link
// to another directory, or out of a .ssh.
func leadsOut(o *object) bool {
	if o.Target == "" {
		return false
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(o.Path))
	if err != nil || filepath.Dir(o.Target) != dir {
		return true
	}
	return belowDotSSH(o.Path) && !belowDotSSH(o.Target)
}

func (s *survey) newTree(o *object) *tree {
	t := &tree{survey: s, root: o.real(), head: make([]byte, headSize), owner: os.Getuid()}
	switch {
	case s.opt.Account != nil:
		t.owner = s.opt.Account.UID
	case os.Geteuid() == 0:
		t.owner = -1
	}
	return t
}

// roleGiven is what the caller knows where the file itself says nothing, or not
// that another config includes it.
func roleGiven(told, given Role) Role {
	switch {
	case given == NoRole:
		return told
	case told == NoRole, told == UserFile, told == Config && given == IncludedConfig:
		return given
	}
	return told
}

func (s *survey) count() {
	if s.opt.Looked != nil {
		*s.opt.Looked++
	}
}

// directory visits a directory in its own role, and then reads it: it may have
// been closed before it was mended.
func (t *tree) directory(o *object, role Role) error {
	ssh := role == SSHDir || belowDotSSH(o.Path)
	if role != ParentDir && role != Home {
		role = NoRole // a file's role was given, and it is a directory
	}
	if ssh {
		role = SSHDir
		o.SSHD = o.has("authorized_keys") || o.has("authorized_keys2")
	}
	if named := RoleOf(o.Path, nil); named == AuthorizedKeys || named == AuthorizedPrincipals {
		role = named // which sshd does not take from a directory
	}
	found := false
	if role != NoRole {
		t.assign(o, role)
		found = len(Judge(o.Facts)) > 0
		if err := t.once(o); err != nil {
			return err
		}
	}
	fd, err := o.list()
	if err != nil {
		if found { // it was told already
			return nil
		}
		return t.failed(o.Path, role, err)
	}
	return t.readFolder(&folder{fd: fd, path: o.Path, real: o.real(), ssh: ssh, loose: !ssh && isLoose(o.Posix.Mode)})
}

// isLoose tells that others may exchange a directory's files: who may write to
// it, unless the sticky bit leaves each their own.
func isLoose(mode uint32) bool { return mode&0o022 != 0 && mode&unix.S_ISVTX == 0 }

// readFolder visits what lies in a directory, in the system's order, and closes it.
func (t *tree) readFolder(f *folder) error {
	defer unix.Close(f.fd)
	if t.read[listed{f.real, f.ssh}] {
		return nil
	}
	t.read[listed{f.real, f.ssh}] = true
	names, err := t.names(f.fd)
	if err != nil {
		return t.failed(f.path, NoRole, err)
	}
	for _, name := range names {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if err := t.entry(f, name); err != nil {
			return err
		}
	}
	if f.loose && f.key {
		return t.looseFolder(f)
	}
	return nil
}

// names lists a directory.
func (t *tree) names(fd int) ([]string, error) {
	if t.entries == nil {
		t.entries = make([]byte, 64<<10)
	}
	var names []string
	for {
		n, err := unix.ReadDirent(fd, t.entries)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 || err != nil {
			return names, err
		}
		_, _, names = unix.ParseDirent(t.entries[:n], -1, names)
	}
}

func (t *tree) entry(f *folder, name string) error {
	var st unix.Stat_t
	if err := statAt(f.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		return t.failed(join(f.path, name), NoRole, err)
	}
	t.count()
	switch kindOf(&st) {
	case "":
		return t.link(f, name)
	case Directory:
		return t.below(f, name, &st)
	case Special:
		return t.special(f, name, &st)
	}
	return t.file(f, name, &st)
}

// matters tells whether a file may have a role in which there is something wrong
// with it, by what costs nothing.
func (t *tree) matters(f *folder, name string, st *unix.Stat_t) bool {
	if f.ssh {
		return true
	}
	closed := st.Mode&0o7177 == 0 && st.Mode&0o400 != 0
	own := t.owner < 0 || t.owner == int(st.Uid)
	if closed && own && !f.loose && !strings.HasPrefix(name, "authorized_") {
		return false // fine in every role, and sshd's walk does not start here
	}
	return worthReading(name, st.Size)
}

func (t *tree) file(f *folder, name string, st *unix.Stat_t) error {
	if !t.matters(f, name, st) {
		return nil
	}
	h, err := openSeen(f.fd, name, st)
	if err != nil {
		return t.failed(join(f.path, name), NoRole, err)
	}
	path := join(f.path, name)
	o := &object{handle: h}
	role := RoleOf(path, t.headOf(o))
	switch {
	case role == NoRole && f.ssh:
		role = UserFile
	case role == Config && !f.ssh:
		role = NoRole // of some other program, or one that -F names
	}
	if role == UserFile && !o.readable() && statAt(f.fd, name+".pub", &unix.Stat_t{}, 0) == nil {
		role = PrivateKey // one that nobody can read, by its other half
	}
	if role == NoRole {
		unix.Close(h.fd)
		return nil
	}
	f.key = f.key || role == PrivateKey || role == HostKey
	o, err = newObject(path, join(f.real, name), h)
	if err != nil {
		return t.failed(path, role, err)
	}
	defer o.close()
	return t.visitAs(o, role)
}

// special is for a pipe, socket or device with the name of one of ssh's files:
// it is told of and never opened. Sockets of agents and of shared connections lie
// in many a .ssh, and are nobody's concern.
func (t *tree) special(f *folder, name string, st *unix.Stat_t) error {
	path := join(f.path, name)
	role := RoleOf(path, nil)
	if role == NoRole || role == UserFile {
		return nil
	}
	h, err := hold(f.fd, name, st)
	if err != nil {
		return t.failed(path, role, err)
	}
	o, err := newObject(path, join(f.real, name), h)
	if err != nil {
		return t.failed(path, role, err)
	}
	defer o.close()
	return t.visitAs(o, role)
}

// below walks into a directory. Outside of a .ssh it has no role of its own.
func (t *tree) below(f *folder, name string, st *unix.Stat_t) error {
	path, real := join(f.path, name), join(f.real, name)
	if f.ssh || isDotSSH(name) {
		h, err := openSeen(f.fd, name, st)
		if err != nil {
			return t.failed(path, SSHDir, err)
		}
		o, err := newObject(path, real, h)
		if err != nil {
			return t.failed(path, SSHDir, err)
		}
		defer o.close()
		return t.directory(o, SSHDir)
	}
	fd, err := openAt(f.fd, name, readOnly|unix.O_DIRECTORY)
	if err != nil {
		return t.failed(path, NoRole, err)
	}
	return t.readFolder(&folder{fd: fd, path: path, real: real, loose: isLoose(uint32(st.Mode))})
}

// link follows a link as ssh does, to a file; of directories only to a .ssh. One
// that leads nowhere, or to itself, is as good as no file.
func (t *tree) link(f *folder, name string) error {
	var st unix.Stat_t
	if statAt(f.fd, name, &st, 0) != nil {
		return nil
	}
	directory := kindOf(&st) == Directory
	if directory && !isDotSSH(name) || !directory && !t.matters(f, name, &st) {
		return nil
	}
	path := join(f.path, name)
	o, err := openObject(path)
	if err != nil {
		return t.failed(path, NoRole, err)
	}
	defer o.close()
	o.Outside = !within(t.root, o.real())
	if o.Kind == Directory {
		return t.newTree(o).directory(o, SSHDir)
	}
	role := RoleOf(path, t.headOf(o))
	if role == NoRole && f.ssh {
		role = UserFile
	}
	if role == NoRole || role == UserFile && o.Kind == Special || role == Config && !f.ssh {
		return nil
	}
	f.key = f.key || role == PrivateKey || role == HostKey
	defer func(was *Account) { t.given = was }(t.given)
	if t.given == nil && os.Geteuid() == 0 && homeAbove(path) == "" {
		a := t.lookUp("", linkOwner(f.fd, name))
		t.given = &a // who made the link does not decide for the owner of the file
	}
	return t.visitAs(o, role)
}

// looseFolder tells of a directory in which others may exchange a private key,
// unless sshd's walk came by and told it.
func (t *tree) looseFolder(f *folder) error {
	if t.seen[f.real] {
		return nil
	}
	var st unix.Stat_t
	if err := unix.Fstat(f.fd, &st); err != nil {
		return t.failed(f.path, ParentDir, err)
	}
	h, err := openSeen(f.fd, ".", &st)
	if err != nil {
		return t.failed(f.path, ParentDir, err)
	}
	o, err := newObject(f.path, f.real, h)
	if err != nil {
		return t.failed(f.path, ParentDir, err)
	}
	defer o.close()
	return t.visitAs(o, dirRole(f.real, t.account(f.path, o.Posix.UID).Home))
}

// headOf reads the beginning of a file, nil where it cannot be.
func (t *tree) headOf(o *object) []byte {
	if !o.readable() || o.Kind == Special {
		return nil
	}
	n, err := unix.Pread(o.fd, t.head, 0)
	for err == unix.EINTR {
		n, err = unix.Pread(o.fd, t.head, 0)
	}
	return t.head[:max(n, 0)]
}

// visitAs visits an object in a role.
func (t *tree) visitAs(o *object, role Role) error {
	t.assign(o, role)
	return t.once(o)
}

func (t *tree) assign(o *object, role Role) {
	o.Role, o.AsRoot = role, os.Geteuid() == 0
	o.Account = t.account(o.Path, o.Posix.UID)
	if t.given != nil && t.opt.Account == nil {
		o.Account = *t.given
	}
	o.Foreign = o.foreign()
	if o.Mount == (Mount{}) && len(Judge(o.Facts)) > 0 {
		o.Mount = t.mountOf(o)
	}
}

func (t *tree) mountOf(o *object) Mount {
	dir := o.real()
	if o.Kind != Directory {
		dir = filepath.Dir(dir)
	}
	if t.mount.dir != dir || t.mount.dev != o.dev {
		t.mount = lastMount{dir, o.dev, mountOf(o.real(), o.dev)}
	}
	return t.mount.Mount
}

// once visits an object, unless it was visited in that role: a link may lead to
// it, and it may have been named besides its directory.
func (t *tree) once(o *object) error {
	if was, done := t.done[o.real()]; done && was == (visited{o.Role, o.SSHD}) {
		return nil
	}
	return t.visit(o)
}

// failed reports what could not be looked at. What is gone by now is no error.
func (t *tree) failed(path string, role Role, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if _, named := err.(*fs.PathError); !named {
		err = &fs.PathError{Op: "open", Path: path, Err: err}
	}
	if !t.yield(Report{Facts: Facts{Path: path, Role: role}, Err: err}) {
		return errStopped
	}
	return nil
}

// linkOwner is who made a link.
func linkOwner(dir int, name string) int {
	var st unix.Stat_t
	if statAt(dir, name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
		return os.Getuid()
	}
	return int(st.Uid)
}

func join(dir, name string) string {
	if strings.HasSuffix(dir, "/") {
		return dir + name
	}
	return dir + "/" + name
}
