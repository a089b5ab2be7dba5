package perms

import (
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"
)

// CreatePrivate creates a file that did not exist, restricted to its owner from
// its first byte on, and opens it for reading and writing. On Unix that is mode
// 0600 whatever the umask; on Windows a protected DACL of the user, SYSTEM and
// Administrators, which every version of Win32-OpenSSH accepts
// (w32-sshfileperm.c:check_secure_file_permission). The error is a
// *fs.PathError, with fs.ErrExist in its chain where something has that name
// already. A file system that keeps no permissions (FAT) is no error here.
func CreatePrivate(path string) (*os.File, error) {
	h, err := createPrivate(path)
	if err != nil {
		return nil, &fs.PathError{Op: "create", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

func createPrivate(path string) (windows.Handle, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return windows.InvalidHandle, err
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return windows.InvalidHandle, err
	}
	sd, err := windows.SecurityDescriptorFromString(privateSDDL(user.User.Sid.String()))
	if err != nil {
		return windows.InvalidHandle, err
	}
	sa := &windows.SecurityAttributes{Length: uint32(unsafe.Sizeof(windows.SecurityAttributes{})), SecurityDescriptor: sd}
	return windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE,
		sa, windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0)
}

// privateSDDL names the owner too: an elevated process would otherwise create
// files owned by Administrators.
func privateSDDL(user string) string {
	return "O:" + user + "D:P(A;;FA;;;" + user + ")(A;;FA;;;SY)(A;;FA;;;BA)"
}
