//go:build !windows

package perms

import "os"

// CreatePrivate creates a file that did not exist, restricted to its owner from
// its first byte on, and opens it for reading and writing. On Unix that is mode
// 0600 whatever the umask; on Windows a protected DACL of the user, SYSTEM and
// Administrators, which every version of Win32-OpenSSH accepts
// (w32-sshfileperm.c:check_secure_file_permission). The error is a
// *fs.PathError, with fs.ErrExist in its chain where something has that name
// already. A file system that keeps no permissions (FAT) is no error here.
func CreatePrivate(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	// The umask can only have taken away; where it took what the owner needs, a
	// chmod that fails leaves the file narrower than meant, never wider.
	if info, err := f.Stat(); err == nil && info.Mode().Perm()&0o600 != 0o600 {
		_ = f.Chmod(0o600)
	}
	return f, nil
}
