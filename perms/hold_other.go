//go:build !linux && !windows

package perms

import "golang.org/x/sys/unix"

// unopened is where to look a file up; dir is borrowed.
type unopened struct {
	dir  int
	name string
}

// hold takes a file that cannot, or must not, be opened by its name, and looks
// before and after each change that it is the same.
func hold(dir int, name string, st *unix.Stat_t) (handle, error) {
	return handle{fd: -1, dev: uint64(st.Dev), ino: uint64(st.Ino), unopened: unopened{dir, name}}, nil
}

// openParent leaves a path without links as it is: its directories may be closed
// for reading, and not every system can open them for searching alone.
func openParent(real string) (dir int, name string, err error) {
	return unix.AT_FDCWD, real, nil
}

func closeParent(int) {}

// readable tells whether the content can be read.
func (h *handle) readable() bool { return h.fd >= 0 }

func (h *handle) stat(st *unix.Stat_t) error {
	var err error
	if h.fd >= 0 {
		err = unix.Fstat(h.fd, st)
	} else {
		err = statAt(h.dir, h.name, st, unix.AT_SYMLINK_NOFOLLOW)
	}
	if err == nil && !h.is(st) {
		return errSwapped
	}
	return err
}

func (h *handle) chmod(mode uint32) error {
	if h.fd >= 0 {
		return unix.Fchmod(h.fd, mode)
	}
	return h.byName(func() error { return unix.Fchmodat(h.dir, h.name, mode, unix.AT_SYMLINK_NOFOLLOW) })
}

func (h *handle) chown(uid, gid int) error {
	if h.fd >= 0 {
		return unix.Fchown(h.fd, uid, gid)
	}
	return h.byName(func() error { return unix.Fchownat(h.dir, h.name, uid, gid, unix.AT_SYMLINK_NOFOLLOW) })
}

// byName makes a change by name, and looks on both sides of it.
func (h *handle) byName(change func() error) error {
	var st unix.Stat_t
	if err := h.stat(&st); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	return h.stat(&st)
}

// list opens a directory for reading, with the permissions it has by now.
func (h *handle) list() (int, error) {
	if h.fd >= 0 {
		return openAt(h.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
	}
	fd, err := openAt(h.dir, h.name, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err = unix.Fstat(fd, &st); err == nil && !h.is(&st) {
		err = errSwapped
	}
	if err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// has tells whether a regular file of that name lies in the directory.
func (h *handle) has(name string) bool {
	var st unix.Stat_t
	return h.fd >= 0 && statAt(h.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && kindOf(&st) == File
}

type aclName string

// There are no POSIX.1e ACLs to be read as extended attributes.
const accessACL, defaultACL aclName = "access", "default"

func (h *handle) readACL(aclName) ([]byte, error) { return nil, nil }

func (h *handle) writeACL(_ aclName, value []byte) error {
	if len(value) > 0 {
		return unix.ENOTSUP
	}
	return nil
}

// born is not asked for here: the systems keep it in fields of different names.
func (h *handle) born() string { return "" }
