package perms

import (
	"errors"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// aclName is an extended attribute that holds a POSIX.1e ACL (acl(5)).
type aclName string

const (
	accessACL  aclName = "system.posix_acl_access"
	defaultACL aclName = "system.posix_acl_default"
)

// lookDeeper adds what the mode does not tell. What cannot be read is left out:
// it gives advice only, and the mode shows what an ACL lets through at most.
func (h *handle) lookDeeper(_ string, p *Posix) {
	if value, err := h.readACL(accessACL); err == nil && value != nil {
		p.ACL, _ = parsePosixACL(value)
	}
	if value, err := h.readACL(defaultACL); err == nil && value != nil {
		p.Default, _ = parsePosixACL(value)
	}
	if value, err := h.attribute("security.selinux"); err == nil {
		p.SELinux = strings.TrimRight(string(value), "\x00")
	}
}

// readACL is nil where there is none.
func (h *handle) readACL(name aclName) ([]byte, error) {
	value, err := h.attribute(string(name))
	if noAttribute(err) {
		return nil, nil
	}
	return value, err
}

// writeACL sets an ACL, or with nil takes it away.
func (h *handle) writeACL(name aclName, value []byte) error {
	var err error
	switch {
	case value != nil && h.bare:
		err = unix.Setxattr(h.link(), string(name), value, 0)
	case value != nil:
		err = unix.Fsetxattr(h.fd, string(name), value, 0)
	case h.bare:
		err = unix.Removexattr(h.link(), string(name))
	default:
		err = unix.Fremovexattr(h.fd, string(name))
	}
	if value == nil && noAttribute(err) {
		return nil
	}
	return err
}

// noAttribute: the file has none of that name, or the file system none at all.
func noAttribute(err error) bool {
	return errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) || errors.Is(err, unix.ENOSYS)
}

// attribute reads an extended attribute. Most are small; one that grew since its
// size was asked for is asked for again.
func (h *handle) attribute(name string) ([]byte, error) {
	for size := 256; ; {
		value := make([]byte, size)
		n, err := h.getxattr(name, value)
		if err == nil {
			return value[:n], nil
		}
		if err != unix.ERANGE {
			return nil, err
		}
		if size, err = h.getxattr(name, nil); err != nil {
			return nil, err
		}
	}
}

func (h *handle) getxattr(name string, value []byte) (int, error) {
	if h.bare {
		return unix.Getxattr(h.link(), name, value)
	}
	return unix.Fgetxattr(h.fd, name, value)
}

// mountOf tells what file system a path without links is on.
func mountOf(real string, dev uint64) Mount {
	text, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		return Mount{}
	}
	device := strconv.Itoa(int(unix.Major(dev))) + ":" + strconv.Itoa(int(unix.Minor(dev)))
	return findMount(parseMounts(string(text)), real, device)
}
