package perms

import (
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// openFile opens what a path names, or where path is "" once more what the handle
// base has open: the same file, whatever its name leads to by now. Nobody is kept
// out meanwhile by sharing. It is NtCreateFile, since CreateFile always asks for
// SYNCHRONIZE too: an owner whom no entry lets in would be refused, though the
// system lets owners read and change every DACL.
func openFile(base windows.Handle, path string, access, options uint32) (windows.Handle, error) {
	name := &windows.NTUnicodeString{}
	if path != "" {
		var err error
		if name, err = windows.NewNTUnicodeString(ntPath(path)); err != nil {
			return 0, err
		}
	}
	object := windows.OBJECT_ATTRIBUTES{RootDirectory: base, ObjectName: name, Attributes: windows.OBJ_CASE_INSENSITIVE}
	object.Length = uint32(unsafe.Sizeof(object))
	const shareAll = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	var h windows.Handle
	err := windows.NtCreateFile(&h, access, &object, &windows.IO_STATUS_BLOCK{}, nil, 0, shareAll, windows.FILE_OPEN,
		windows.FILE_OPEN_FOR_BACKUP_INTENT|options, 0, 0)
	if status, ok := errors.AsType[windows.NTStatus](err); ok {
		return 0, status.Errno()
	}
	return h, err
}

// reopen opens with other access what a handle has open. Some servers, and Wine,
// go by the name the file had, so that it is the same file is looked at.
func reopen(h windows.Handle, access, options uint32) (windows.Handle, error) {
	again, err := openFile(h, "", access|windows.FILE_READ_ATTRIBUTES, options|windows.FILE_OPEN_REPARSE_POINT)
	if err != nil {
		return 0, err
	}
	was, err := fileID(h)
	if err == nil {
		var is string
		if is, err = fileID(again); err == nil && is != was {
			err = ErrReplaced
		}
	}
	if err != nil {
		windows.CloseHandle(again)
		return 0, err
	}
	return again, nil
}

// ntPath is an absolute path as the object manager knows it.
func ntPath(path string) string {
	if strings.HasPrefix(path, `\\?\`) {
		return `\??\` + path[4:]
	}
	if share, ok := strings.CutPrefix(path, `\\`); ok {
		return `\??\UNC\` + share
	}
	return `\??\` + path
}

// attributes is FILE_ATTRIBUTE_TAG_INFO.
type attributes struct{ bits, tag uint32 }

func attributesOf(h windows.Handle) (a attributes, err error) {
	err = windows.GetFileInformationByHandleEx(h, windows.FileAttributeTagInfo, (*byte)(unsafe.Pointer(&a)), uint32(unsafe.Sizeof(a)))
	return a, err
}

// link tells symbolic links and junctions, whose tags are name surrogates, from
// what else uses reparse points: files kept in a cloud, deduplicated, compressed.
func (a attributes) link() bool {
	const nameSurrogate = 0x2000_0000
	return a.bits&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 && a.tag&nameSurrogate != 0
}

// special tells the sockets, pipes and devices that WSL keeps as reparse points
// (IO_REPARSE_TAG_AF_UNIX, LX_FIFO, LX_CHR, LX_BLK).
func (a attributes) special() bool {
	return a.bits&windows.FILE_ATTRIBUTE_REPARSE_POINT != 0 && a.tag >= 0x8000_0023 && a.tag <= 0x8000_0026
}

// away tells a file whose content would have to be fetched from elsewhere.
func (a attributes) away() bool {
	return a.bits&(windows.FILE_ATTRIBUTE_OFFLINE|windows.FILE_ATTRIBUTE_RECALL_ON_DATA_ACCESS) != 0
}

func (a attributes) directory() bool { return a.bits&windows.FILE_ATTRIBUTE_DIRECTORY != 0 }

// readDescriptor returns owner and DACL of any object, in self-relative form and
// byte by byte as the kernel gives them, so that they can be given back.
func readDescriptor(h windows.Handle) ([]byte, error) {
	get := windows.NewLazySystemDLL("advapi32.dll").NewProc("GetKernelObjectSecurity")
	const what = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION
	buffer := make([]uint64, 64) // words, for a descriptor must be aligned
	for {
		size := uint32(len(buffer) * 8)
		ok, _, err := get.Call(uintptr(h), what, uintptr(unsafe.Pointer(&buffer[0])), uintptr(size), uintptr(unsafe.Pointer(&size)))
		raw := unsafe.Slice((*byte)(unsafe.Pointer(&buffer[0])), len(buffer)*8)
		switch {
		case ok != 0:
			length := (*windows.SECURITY_DESCRIPTOR)(unsafe.Pointer(&buffer[0])).Length()
			return slices.Clone(raw[:length]), nil
		case errors.Is(err, windows.ERROR_INSUFFICIENT_BUFFER) && int(size) > len(raw):
			buffer = make([]uint64, (size+7)/8)
		default:
			return nil, err
		}
	}
}

// writeDescriptor gives an object the DACL of a self-relative descriptor, with its
// flags (protected, auto-inherited) and those of its entries, and the owner where
// owner says so. The handle needs WRITE_DAC, and WRITE_OWNER for an owner.
//
// It is SetKernelObjectSecurity and not SetSecurityInfo, which merges entries of
// the folder into an unprotected DACL, and gives those of a folder to what is
// below it: a change would reach files that no journal names, and could not be
// taken back exactly. The kernel keeps "auto-inherited" only where the descriptor
// also asks for it.
func writeDescriptor(h windows.Handle, raw []byte, owner bool) error {
	d, err := ParseDescriptor(raw)
	if err != nil {
		return err
	}
	what := windows.SECURITY_INFORMATION(windows.DACL_SECURITY_INFORMATION)
	if owner {
		what |= windows.OWNER_SECURITY_INFORMATION
	}
	words := make([]uint64, (len(raw)+7)/8)
	aligned := unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8)
	copy(aligned, raw)
	if d.Control&DACLAutoInherited != 0 {
		binary.LittleEndian.PutUint16(aligned[2:], binary.LittleEndian.Uint16(raw[2:])|uint16(DACLAutoInheritReq))
	}
	sd := (*windows.SECURITY_DESCRIPTOR)(unsafe.Pointer(&words[0]))
	return windows.SetKernelObjectSecurity(h, what, sd)
}

// volumeOf tells the file system that an open file is on, real being its path, and
// whether it keeps security descriptors: where that cannot be told it is taken to.
func volumeOf(h windows.Handle, real string) (m Mount, acls bool) {
	var flags uint32
	name := make([]uint16, windows.MAX_PATH+1)
	if windows.GetVolumeInformationByHandle(h, nil, 0, nil, nil, &flags, &name[0], uint32(len(name))) != nil {
		return Mount{}, true
	}
	m.Type = windows.UTF16ToString(name)
	if p, err := windows.UTF16PtrFromString(real); err == nil && windows.GetVolumePathName(p, &name[0], uint32(len(name))) == nil {
		m.Point = windows.UTF16ToString(name)
	}
	return m, flags&windows.FILE_PERSISTENT_ACLS != 0
}

// finalPath is the real path of an open file: no links, no 8.3 names, no letters
// of mapped or substituted drives.
func finalPath(h windows.Handle) (string, error) {
	buffer := make([]uint16, windows.MAX_PATH)
	for {
		n, err := windows.GetFinalPathNameByHandle(h, &buffer[0], uint32(len(buffer)), 0)
		switch {
		case err != nil:
			return "", err
		case int(n) < len(buffer):
			return plainPath(windows.UTF16ToString(buffer[:n])), nil
		}
		buffer = make([]uint16, n+1)
	}
}

// plainPath takes off the prefix that makes a path one of the object manager's.
func plainPath(path string) string {
	if share, ok := strings.CutPrefix(path, `\\?\UNC\`); ok {
		return `\\` + share
	}
	return strings.TrimPrefix(path, `\\?\`)
}

// absolute is a path with no links but in its last element.
func absolute(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil || isDevice(path) || filepath.Dir(path) == path {
		return path, err
	}
	dir, err := realPath(filepath.Dir(path))
	if err != nil {
		return path, nil // to open it will tell what is wrong
	}
	return filepath.Join(dir, filepath.Base(path)), nil
}

func realPath(path string) (string, error) {
	h, err := openFile(0, path, windows.FILE_READ_ATTRIBUTES, 0)
	if err != nil {
		return "", err
	}
	defer windows.CloseHandle(h)
	return finalPath(h)
}

// isDevice tells \\.\NUL, which the names of devices become.
func isDevice(path string) bool { return strings.HasPrefix(path, `\\.\`) }

// contains tells that a path is a folder, or lies below it; both are real paths.
// Nothing lies in "".
func contains(folder, path string) bool {
	folder, path = strings.TrimRight(folder, `\`), strings.TrimRight(path, `\`)
	n := len(folder)
	return n > 0 && len(path) >= n && strings.EqualFold(folder, path[:n]) && (len(path) == n || path[n] == '\\')
}

const headSize = 16 << 10

// head is the first bytes of a file, nil where it cannot be read, or where
// reading it would fetch it from elsewhere.
func (o *object) head() []byte {
	a, err := attributesOf(o.file)
	if err != nil || a.away() {
		return nil
	}
	h, err := reopen(o.file, windows.FILE_READ_DATA|windows.SYNCHRONIZE, windows.FILE_SYNCHRONOUS_IO_NONALERT)
	if err != nil {
		return nil
	}
	f := os.NewFile(uintptr(h), o.Path)
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return head[:n]
}
