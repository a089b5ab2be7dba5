package perms

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// unopened tells that the descriptor is good for the file's attributes only.
type unopened struct{ bare bool }

// hold takes a file that cannot, or must not, be opened: O_PATH asks for no
// permission of the file and wakes no device.
func hold(dir int, name string, st *unix.Stat_t) (handle, error) {
	fd, err := openAt(dir, name, unix.O_PATH|unix.O_NOFOLLOW|unix.O_CLOEXEC)
	if err != nil {
		return handle{}, err
	}
	return handle{fd: fd, dev: st.Dev, ino: st.Ino, unopened: unopened{bare: true}}, nil
}

// openParent opens the directory of a path without links, element by element, so
// that no link put there meanwhile is followed.
func openParent(real string) (dir int, name string, err error) {
	const search = unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	dir, err = openAt(unix.AT_FDCWD, "/", search)
	rest := strings.TrimPrefix(real, "/")
	for err == nil {
		element, after, more := strings.Cut(rest, "/")
		if !more {
			if rest == "" {
				rest = "."
			}
			return dir, rest, nil
		}
		var next int
		next, err = openAt(dir, element, search)
		unix.Close(dir)
		dir, rest = next, after
	}
	return -1, "", err
}

func closeParent(dir int) { unix.Close(dir) }

// link names the open file in /proc, for the calls that take no O_PATH handle.
func (h *handle) link() string { return "/proc/self/fd/" + strconv.Itoa(h.fd) }

// readable tells whether the content can be read.
func (h *handle) readable() bool { return !h.bare }

func (h *handle) stat(st *unix.Stat_t) error {
	if err := unix.Fstat(h.fd, st); err != nil {
		return err
	}
	if !h.is(st) {
		return errSwapped
	}
	return nil
}

func (h *handle) chmod(mode uint32) error {
	if h.bare {
		return unix.Chmod(h.link(), mode)
	}
	return unix.Fchmod(h.fd, mode)
}

func (h *handle) chown(uid, gid int) error {
	return unix.Fchownat(h.fd, "", uid, gid, unix.AT_EMPTY_PATH)
}

// list opens a directory for reading, with the permissions it has by now.
func (h *handle) list() (int, error) {
	return openAt(h.fd, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC)
}

// has tells whether a regular file of that name lies in the directory.
func (h *handle) has(name string) bool {
	var st unix.Stat_t
	return statAt(h.fd, name, &st, unix.AT_SYMLINK_NOFOLLOW) == nil && kindOf(&st) == File
}

// born is when the file was made, "" where the file system does not keep it.
func (h *handle) born() string {
	var st unix.Statx_t
	err := unix.Statx(h.fd, "", unix.AT_EMPTY_PATH, unix.STATX_BTIME, &st)
	if err != nil || st.Mask&unix.STATX_BTIME == 0 {
		return ""
	}
	return "@" + strconv.FormatInt(st.Btime.Sec, 10) + "." + strconv.FormatUint(uint64(st.Btime.Nsec), 10)
}
