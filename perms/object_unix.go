//go:build !windows

package perms

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// handle holds one file, so that what was judged is what is changed, whatever its
// name stands for by then. A file that its owner may not read, and one that must
// not be opened, is held without being opened (hold, in hold_linux.go and
// hold_other.go).
type handle struct {
	fd       int // -1 where it is held by its name
	dev, ino uint64
	unopened
}

// A fifo must not block us, nor a terminal become ours, should a file be
// exchanged for one between looking and opening.
const readOnly = unix.O_RDONLY | unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_NOCTTY | unix.O_CLOEXEC

var (
	errSwapped = errors.New("it was replaced by another file meanwhile")
	errNotKept = errors.New("the file system did not keep it")
	errForeign = errors.New("it belongs to another, and is outside of the account's home or has other names: not changed")
)

// openObject opens what path names, following links, and looks at it. Path is
// made absolute; Role and Account are for the caller to set. The errors are
// *fs.PathError.
func openObject(path string) (*object, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	var st unix.Stat_t
	if err := statAt(unix.AT_FDCWD, abs, &st, 0); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return nil, err
	}
	// From here on no link is followed: st tells whether real is still the file.
	dir, name, err := openParent(real)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer closeParent(dir)
	h, err := openSeen(dir, name, &st)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return newObject(abs, real, h)
}

// newObject looks for the first time. It takes the handle, and closes it when
// that fails.
func newObject(path, real string, h handle) (*object, error) {
	o := &object{Facts: Facts{Path: path}, handle: h}
	if real != path {
		o.Target = real
	}
	var err error
	if o.Facts, err = o.look(); err != nil {
		o.close()
		return nil, err
	}
	return o, nil
}

// openSeen opens the file that st was read from. That it is still that file is
// for the first look to tell.
func openSeen(dir int, name string, st *unix.Stat_t) (handle, error) {
	switch kindOf(st) {
	case Special:
		return hold(dir, name, st)
	case "":
		return handle{}, unix.ELOOP // a link, where there was none
	}
	fd, err := openAt(dir, name, readOnly)
	switch {
	case err == unix.EACCES || err == unix.EPERM:
		return hold(dir, name, st)
	case err != nil:
		return handle{}, err
	}
	return handle{fd: fd, dev: uint64(st.Dev), ino: uint64(st.Ino)}, nil
}

// kindOf is "" for a symbolic link.
func kindOf(st *unix.Stat_t) Kind {
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
		return File
	case unix.S_IFDIR:
		return Directory
	case unix.S_IFLNK:
		return ""
	}
	return Special
}

// is tells whether st was read from the file that is held.
func (h *handle) is(st *unix.Stat_t) bool {
	return uint64(st.Dev) == h.dev && uint64(st.Ino) == h.ino
}

// look gathers the facts again through the open handle. The mount is told where
// something is wrong.
func (o *object) look() (Facts, error) {
	var st unix.Stat_t
	if err := o.stat(&st); err != nil {
		return Facts{}, &fs.PathError{Op: "stat", Path: o.Path, Err: err}
	}
	f := o.Facts
	f.Kind = kindOf(&st)
	f.Posix = &Posix{Mode: uint32(st.Mode) & 0o7777, UID: int(st.Uid), GID: int(st.Gid)}
	if f.Kind != Special {
		o.lookDeeper(o.real(), f.Posix)
	}
	f.Mount = Mount{}
	if len(Judge(f)) > 0 {
		f.Mount = mountOf(o.real(), o.dev)
	}
	return f, nil
}

// state is what apply can alter, exactly.
func (o *object) state() (State, error) {
	var st unix.Stat_t
	if err := o.stat(&st); err != nil {
		return State{}, &fs.PathError{Op: "stat", Path: o.Path, Err: err}
	}
	mode, uid, gid := uint32(st.Mode)&0o7777, int(st.Uid), int(st.Gid)
	s := State{Mode: &mode, UID: &uid, GID: &gid}
	var err error
	if s.ACL, err = o.readACL(accessACL); err == nil && kindOf(&st) == Directory {
		s.DefaultACL, err = o.readACL(defaultACL)
	}
	if err != nil {
		return State{}, &fs.PathError{Op: "getxattr", Path: o.Path, Err: err}
	}
	return s, nil
}

// id tells this file from any other on this machine, and where the system knows
// when it was made also from one that had its number before.
func (o *object) id() (string, error) {
	return fmt.Sprintf("%d:%d%s", o.dev, o.ino, o.born()), nil
}

// apply makes a change through the open handle. That it succeeds proves nothing:
// look again.
func (o *object) apply(c Change) error {
	if err := o.guard(); err != nil {
		return err
	}
	if c.Owner != nil { // clears setuid and setgid, so before the mode
		if err := o.chown(*c.Owner, -1); err != nil {
			return &fs.PathError{Op: "chown", Path: o.Path, Err: err}
		}
	}
	// With an ACL the group bits are its mask, and they stay when it goes: were it
	// dropped first, the group would have for a moment what a named user had.
	if c.Mode != nil {
		if err := o.chmod(*c.Mode); err != nil {
			return &fs.PathError{Op: "chmod", Path: o.Path, Err: err}
		}
	}
	if c.DropACL {
		if err := o.writeACL(accessACL, nil); err != nil {
			return &fs.PathError{Op: "removexattr", Path: o.Path, Err: err}
		}
	}
	if c.DropDefaultACL {
		if err := o.writeACL(defaultACL, nil); err != nil {
			return &fs.PathError{Op: "removexattr", Path: o.Path, Err: err}
		}
	}
	return nil
}

// guard keeps root from changing, or giving away, what an account could only put
// in the way. Plan has left it alone; this is for what came between.
func (o *object) guard() error {
	if o.foreign() {
		return &fs.PathError{Op: "change", Path: o.Path, Err: errForeign}
	}
	return nil
}

// foreign tells, for root, a file that is another's than the account's behind a
// link or a name out of its home, and any file that has other names.
func (o *object) foreign() bool {
	var st unix.Stat_t
	if os.Geteuid() != 0 || o.stat(&st) != nil {
		return false
	}
	if kindOf(&st) == File && st.Nlink > 1 {
		return true
	}
	return int(st.Uid) != o.Account.UID && !within(o.Account.Home, o.real())
}

// within tells whether path is dir or below it; both are without links.
func within(dir, path string) bool {
	return path == dir || dir == "/" || dir != "" && strings.HasPrefix(path, dir+"/")
}

// restore gives back a state exactly, and looks whether it was kept.
func (o *object) restore(st State) error {
	if err := o.restoreOwner(st); err != nil {
		return err
	}
	if err := o.writeACL(accessACL, st.ACL); err != nil { // alters the mode, so before it
		return &fs.PathError{Op: "setxattr", Path: o.Path, Err: err}
	}
	if o.Kind == Directory {
		if err := o.writeACL(defaultACL, st.DefaultACL); err != nil {
			return &fs.PathError{Op: "setxattr", Path: o.Path, Err: err}
		}
	}
	if st.Mode != nil {
		if err := o.chmod(*st.Mode); err != nil {
			return &fs.PathError{Op: "chmod", Path: o.Path, Err: err}
		}
	}
	now, err := o.state()
	if err != nil {
		return err
	}
	if st.Mode != nil && *st.Mode&^*now.Mode&0o6000 != 0 { // setgid of a group that is not ours is lost
		_ = o.chmod(*now.Mode &^ 0o077)
	}
	if st.Mode != nil && *st.Mode != *now.Mode || !bytes.Equal(st.ACL, now.ACL) || !bytes.Equal(st.DefaultACL, now.DefaultACL) {
		return &fs.PathError{Op: "restore", Path: o.Path, Err: errNotKept}
	}
	return nil
}

func (o *object) restoreOwner(st State) error {
	now, err := o.state()
	if err != nil {
		return err
	}
	uid, gid := -1, -1
	if st.UID != nil && *st.UID != *now.UID {
		uid = *st.UID
	}
	if st.GID != nil && *st.GID != *now.GID {
		gid = *st.GID
	}
	if uid < 0 && gid < 0 {
		return nil
	}
	if err := o.chown(uid, gid); err != nil {
		return &fs.PathError{Op: "chown", Path: o.Path, Err: err}
	}
	return nil
}

func (o *object) close() {
	if o.fd >= 0 {
		unix.Close(o.fd)
		o.fd = -1
	}
}

// statAt and openAt begin again after a signal, which FUSE and NFS let through.
func statAt(dir int, name string, st *unix.Stat_t, flags int) error {
	for {
		if err := unix.Fstatat(dir, name, st, flags); err != unix.EINTR {
			return err
		}
	}
}

func openAt(dir int, name string, flags int) (int, error) {
	for {
		if fd, err := unix.Openat(dir, name, flags, 0); err != unix.EINTR {
			return fd, err
		}
	}
}
