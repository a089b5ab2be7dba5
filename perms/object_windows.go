package perms

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"runtime"

	"golang.org/x/sys/windows"
)

// handle holds a file open with READ_CONTROL. A change opens it once more, through
// the handle, so that nothing can take its place in between.
type handle struct {
	file windows.Handle // what the path leads to; 0 for a device, which is never opened
	link windows.Handle // the link or junction itself, where the path is one, else 0
}

// openObject opens what path names, following a link in its last element, and
// looks at it. Path is made absolute; Role and Account are for the caller to set.
func openObject(path string) (*object, error) {
	path, err := absolute(path)
	if err != nil {
		return nil, err
	}
	o := &object{Facts: Facts{Path: path}}
	if err = o.open(); err == nil {
		o.Facts, err = o.look()
	}
	if err != nil {
		o.close()
		return nil, &fs.PathError{Op: "look at", Path: path, Err: err}
	}
	return o, nil
}

// open opens the path, and where it is a link also what that leads to.
func (o *object) open() error {
	if isDevice(o.Path) {
		return nil
	}
	var err error
	if o.file, err = openToLook(o.Path, windows.FILE_OPEN_REPARSE_POINT); err != nil {
		return err
	}
	a, err := attributesOf(o.file)
	if err != nil { // a pipe: look tells what it is
		return nil
	}
	if !a.link() {
		if real, err := finalPath(o.file); err == nil {
			o.Path = real // as it is written on the disk
		}
		return nil
	}
	o.link, o.file = o.file, 0
	o.file, err = openToLook(o.Path, 0)
	return err
}

// openToLook asks for the descriptor, where it is refused once more with the
// privileges of an administrator.
func openToLook(path string, options uint32) (h windows.Handle, err error) {
	open := func() (err error) {
		h, err = openFile(0, path, windows.READ_CONTROL|windows.FILE_READ_ATTRIBUTES, options)
		return err
	}
	err = open()
	if errors.Is(err, windows.ERROR_ACCESS_DENIED) && privileged(open) == nil {
		err = nil
	}
	return h, err
}

// look gathers the facts again through the open handle.
func (o *object) look() (Facts, error) {
	f := o.Facts
	f.Kind, f.NT, f.Mount, f.Target = Special, nil, Mount{}, ""
	if kind, _ := windows.GetFileType(o.file); o.file == 0 || kind != windows.FILE_TYPE_DISK {
		return f, nil
	}
	a, err := attributesOf(o.file)
	switch {
	case err != nil:
		return f, err
	case a.special():
		return f, nil
	case a.directory():
		f.Kind = Directory
	default:
		f.Kind = File
	}
	if o.link != 0 {
		if f.Target, err = finalPath(o.file); err != nil {
			return f, err
		}
	}
	real := (&object{Facts: f}).real()
	mount, acls := volumeOf(o.file, real)
	st, err := o.state()
	if err != nil && acls { // a volume without them may refuse to be asked
		return f, err
	}
	f.Mount, f.NT = mount, &NT{Descriptor: st.Descriptor, Link: st.Link, NoACLs: !acls}
	return f, nil
}

// state is what apply can alter, exactly.
func (o *object) state() (st State, err error) {
	if st.Descriptor, err = readDescriptor(o.file); err != nil || o.link == 0 {
		return st, err
	}
	if st.Link, err = readDescriptor(o.link); err != nil {
		return st, err
	}
	st.LinkPath = o.Path
	st.LinkID, err = fileID(o.link)
	return st, err
}

// id tells this file from any other on this machine.
func (o *object) id() (string, error) { return fileID(o.file) }

func fileID(h windows.Handle) (string, error) {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(h, &info); err != nil {
		return "", err
	}
	return fmt.Sprintf("%08x-%08x%08x", info.VolumeSerialNumber, info.FileIndexHigh, info.FileIndexLow), nil
}

var (
	errNotKept = errors.New("the file system did not keep it")
	errForeign = errors.New("it belongs to another, and is outside of the account's home or has other names: not changed")
)

// guard keeps an administrator from giving to an account what that could only put
// in the way: another's file behind a link out of its home, or one hard-linked
// into it.
func (o *object) guard() error {
	if !o.AsRoot {
		return nil
	}
	d, err := parseOf(o.file)
	if err != nil {
		return err
	}
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(o.file, &info); err != nil {
		return err
	}
	switch {
	case string(d.Owner) == o.Account.SID:
		return nil
	case contains(o.Account.Home, o.real()) && (info.NumberOfLinks == 1 || o.Kind == Directory):
		return nil
	}
	return errForeign
}

// apply makes a change through the open handle. That it succeeds proves nothing:
// look again.
func (o *object) apply(c Change) error {
	if err := o.guard(); err != nil {
		return &fs.PathError{Op: "set permissions", Path: o.Path, Err: err}
	}
	for _, part := range []struct {
		h    windows.Handle
		sddl string
	}{{o.file, c.SDDL}, {o.link, c.LinkSDDL}} {
		if part.sddl == "" {
			continue
		}
		want, err := ParseSDDL(part.sddl)
		if err != nil {
			return err
		}
		if err := change(part.h, want.Bytes(), want.Owner != ""); err != nil {
			return &fs.PathError{Op: "set permissions", Path: o.Path, Err: err}
		}
	}
	return nil
}

// restore gives back a state exactly, that of a link where the link is still the
// one it was. What is as it was already is left alone.
func (o *object) restore(st State) error {
	err := giveBack(o.file, st.Descriptor)
	if err == nil && st.Link != nil {
		err = restoreLink(st)
	}
	if err != nil {
		return &fs.PathError{Op: "restore permissions", Path: o.Path, Err: err}
	}
	return nil
}

func restoreLink(st State) error {
	h, err := openToLook(st.LinkPath, windows.FILE_OPEN_REPARSE_POINT)
	if err != nil {
		return errors.Join(ErrReplaced, err)
	}
	defer windows.CloseHandle(h)
	if id, err := fileID(h); err != nil || id != st.LinkID {
		return errors.Join(ErrReplaced, err)
	}
	return giveBack(h, st.Link)
}

// giveBack sets a descriptor that the object had, and compares what it has then.
func giveBack(h windows.Handle, raw []byte) error {
	want, err := ParseDescriptor(raw)
	if err != nil {
		return err
	}
	now, err := parseOf(h)
	if err != nil || sameDescriptor(now, want) {
		return err
	}
	if err := change(h, raw, now.Owner != want.Owner); err != nil {
		return err
	}
	if now, err = parseOf(h); err == nil && !sameDescriptor(now, want) {
		err = errNotKept
	}
	return err
}

func parseOf(h windows.Handle) (Descriptor, error) {
	raw, err := readDescriptor(h)
	if err != nil {
		return Descriptor{}, err
	}
	return ParseDescriptor(raw)
}

// sameDescriptor leaves out the flags that tell only where a part came from.
func sameDescriptor(a, b Descriptor) bool {
	const flags = DACLPresent | DACLProtected | DACLAutoInherited
	return a.Owner == b.Owner && a.Control&flags == b.Control&flags && reflect.DeepEqual(a.DACL, b.DACL)
}

// change sets a descriptor on what a handle has open. The account's own rights
// come first; where they are not enough, those of an administrator.
func change(h windows.Handle, raw []byte, owner bool) error {
	set := func() error {
		access := uint32(windows.WRITE_DAC)
		if owner {
			access |= windows.WRITE_OWNER
		}
		open, err := reopen(h, access, 0)
		if err != nil {
			return err
		}
		defer windows.CloseHandle(open)
		return writeDescriptor(open, raw, owner)
	}
	err := set()
	for _, refused := range []error{windows.ERROR_ACCESS_DENIED, windows.ERROR_INVALID_OWNER, windows.ERROR_PRIVILEGE_NOT_HELD} {
		if errors.Is(err, refused) && privileged(set) == nil {
			return nil
		}
	}
	return err
}

// privileged calls do with the privileges that let an administrator read and
// change any descriptor and name any owner, as far as the token has them; the
// thread has them only meanwhile.
func privileged(do func() error) error {
	runtime.LockOSThread()
	if err := windows.ImpersonateSelf(windows.SecurityImpersonation); err != nil {
		runtime.UnlockOSThread()
		return err
	}
	defer func() {
		if windows.RevertToSelf() == nil { // else the thread ends with its goroutine
			runtime.UnlockOSThread()
		}
	}()
	var token windows.Token
	if err := windows.OpenThreadToken(windows.CurrentThread(), windows.TOKEN_ADJUST_PRIVILEGES|windows.TOKEN_QUERY, true, &token); err != nil {
		return err
	}
	defer token.Close()
	for _, name := range []string{"SeBackupPrivilege", "SeRestorePrivilege", "SeTakeOwnershipPrivilege"} {
		if err := enable(token, name); err != nil {
			return err
		}
	}
	return do()
}

// enable is no error where the token has no such privilege.
func enable(token windows.Token, privilege string) error {
	name, err := windows.UTF16PtrFromString(privilege)
	if err != nil {
		return err
	}
	p := windows.Tokenprivileges{PrivilegeCount: 1}
	p.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	if err := windows.LookupPrivilegeValue(nil, name, &p.Privileges[0].Luid); err != nil {
		return err
	}
	return windows.AdjustTokenPrivileges(token, false, &p, 0, nil, nil)
}

func (o *object) close() {
	for _, h := range []windows.Handle{o.file, o.link} {
		if h != 0 {
			windows.CloseHandle(h)
		}
	}
	o.handle = handle{}
}
