//go:build !windows

package perms

import (
	"os"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// account tells whose ssh is judged at an absolute path, owned by owner: of the
// user who runs the program, and where that is root, of the owner of the home
// that a .ssh lies in, else of the file's owner.
func (s *survey) account(path string, owner int) Account {
	home := homeAbove(path)
	if s.opt.Account != nil {
		a := *s.opt.Account
		if a.Home == "" {
			a.Home = s.lookUp(home, a.UID).Home
		}
		return a
	}
	uid := os.Getuid()
	if os.Geteuid() == 0 {
		uid = owner
		if home != "" {
			uid = -1
		}
	}
	return s.lookUp(home, uid)
}

func (s *survey) lookUp(home string, uid int) Account {
	key := userAt{home, uid}
	a, known := s.accounts[key]
	if !known {
		if uid < 0 {
			uid = userOf(home)
		}
		a = accountOf(uid)
		if home != "" {
			a.Home = home
		}
		if real, err := filepath.EvalSymlinks(a.Home); err == nil && a.Home != "" {
			a.Home = real
		}
		s.accounts[key] = a
	}
	return a
}

// homeAbove is the directory that holds the outermost .ssh of a path, "" where
// there is none.
func homeAbove(path string) string {
	for i := 0; i < len(path); {
		rest := path[i+1:]
		element, _, _ := strings.Cut(rest, "/")
		if strings.EqualFold(element, ".ssh") {
			return filepath.Clean(path[:i+1])
		}
		i += 1 + len(element)
	}
	return ""
}

// userOf is whose home a directory is: of the user it is named for, where the
// system says so; else its owner's, or where that is root, its .ssh's owner's.
func userOf(home string) int {
	if u, err := user.Lookup(filepath.Base(home)); err == nil && sameDirectory(u.HomeDir, home) {
		if uid, err := strconv.Atoi(u.Uid); err == nil {
			return uid
		}
	}
	if uid := ownerOf(home); uid != 0 {
		return uid
	}
	return ownerOf(filepath.Join(home, ".ssh"))
}

func sameDirectory(a, b string) bool {
	var x, y unix.Stat_t
	return statAt(unix.AT_FDCWD, a, &x, 0) == nil && statAt(unix.AT_FDCWD, b, &y, 0) == nil && x.Dev == y.Dev && x.Ino == y.Ino
}

func ownerOf(path string) int {
	var st unix.Stat_t
	if err := statAt(unix.AT_FDCWD, path, &st, 0); err != nil {
		return os.Getuid()
	}
	return int(st.Uid)
}

// accountOf asks the system for a user. One that it does not know has a number
// for a name, and no home.
func accountOf(uid int) Account {
	a := Account{Name: strconv.Itoa(uid), UID: uid}
	u, err := user.LookupId(a.Name)
	if err == nil {
		a.Name, a.Home = u.Username, u.HomeDir
	}
	if uid == os.Getuid() {
		if a.Home == "" {
			a.Home, _ = os.UserHomeDir()
		}
		a.GIDs, _ = os.Getgroups()
		a.GIDs = append([]int{os.Getgid()}, a.GIDs...)
		return a
	}
	if err != nil {
		return a
	}
	ids, err := u.GroupIds() // the primary group among them
	if err != nil {
		ids = []string{u.Gid}
	}
	for _, id := range ids {
		if gid, err := strconv.Atoi(id); err == nil {
			a.GIDs = append(a.GIDs, gid)
		}
	}
	return a
}
