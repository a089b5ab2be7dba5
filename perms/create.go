// Package perms judges the permissions of key files by OpenSSH's own rules, and
// mends them: Check says what ssh or sshd would refuse, Fix makes them accept it,
// CreatePrivate makes files that only their owner can reach. Judge and Plan are
// the pure rules, the same on every system. It imports nothing else of this module.
package perms

import "os"

// CreatePublic creates a file that did not exist, readable by everyone the
// umask (on Windows the folder's inheritance) lets read, and opens it for
// reading and writing. The error is a *fs.PathError, with fs.ErrExist in its
// chain where something has that name already.
func CreatePublic(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
}
