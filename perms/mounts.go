package perms

import (
	"slices"
	"strings"
)

// keepsNone is a kind of file system on which chmod may do nothing.
type keepsNone struct {
	types  []string // as /proc/mounts and statfs name them; "fuse." stands for all that begin so
	when   string   // only with this option
	unless []string // not with one of these: then modes are kept
	sure   bool     // known to keep none; else it depends on what lies behind it
	what   string
	remedy string
}

const (
	wslRemedy = `add options="metadata,umask=22,fmask=11" below [automount] in /etc/wsl.conf and run "wsl --shutdown" in Windows, or keep the file in your Linux home`
	homeMove  = "keep the file on a disk of your own system"
)

// keepsNoneTable says which file systems keep no modes, and what helps there
// (spec/permissions.md 1.3). The first row that fits counts.
var keepsNoneTable = [...]keepsNone{
	{types: []string{"drvfs"}, unless: []string{"metadata"}, sure: true,
		what: "a Windows drive in WSL", remedy: wslRemedy},
	{types: []string{"9p", "virtiofs"}, when: "aname=drvfs", unless: []string{"metadata"}, sure: true,
		what: "a Windows drive in WSL", remedy: wslRemedy},
	{types: []string{"vfat", "msdos", "msdosfs", "umsdos", "exfat"}, sure: true,
		what: "a FAT volume", remedy: "mount it with uid=YOU,fmask=0177,dmask=0077, or " + homeMove},
	{types: []string{"ntfs", "ntfs3", "fuseblk", "ufsd"}, unless: []string{"permissions", "acl"},
		what: "a Windows volume", remedy: `mount it with the option "permissions", or ` + homeMove},
	{types: []string{"cifs", "smb3", "smbfs"}, unless: []string{"modefromsid", "cifsacl"},
		what: "a Windows share", remedy: "mount it with file_mode=0600,dir_mode=0700, or " + homeMove},
	{types: []string{"vboxsf"},
		what: "a VirtualBox shared folder", remedy: "mount it with fmode=0600,dmode=0700, or " + homeMove},
	{types: []string{"vmhgfs", "fuse.vmhgfs-fuse", "prl_fs"},
		what: "a virtual machine's shared folder", remedy: homeMove},
	{types: []string{"fuse", "fuse."},
		what: "a FUSE file system", remedy: homeMove},
}

// modeless tells whether a file system may keep no modes, and how that is mended;
// nil where it is not known to.
func modeless(m Mount) *keepsNone {
	options := strings.FieldsFunc(m.Options, func(r rune) bool { return r == ',' || r == ';' })
	for i := range keepsNoneTable {
		k := &keepsNoneTable[i]
		if !k.ofType(m.Type) || k.when != "" && !slices.Contains(options, k.when) {
			continue
		}
		if slices.ContainsFunc(k.unless, func(o string) bool { return slices.Contains(options, o) }) {
			return nil
		}
		return k
	}
	return nil
}

func (k *keepsNone) ofType(name string) bool {
	return slices.ContainsFunc(k.types, func(t string) bool {
		return t == name || strings.HasSuffix(t, ".") && strings.HasPrefix(name, t)
	})
}

// sentence says what a mount does to modes and what helps, to follow a semicolon.
func (k *keepsNone) sentence(m Mount) string {
	if k.sure {
		return m.name() + " is " + k.what + ", which keeps no modes, so chmod changes nothing there: " + k.remedy
	}
	return m.name() + " is " + k.what + ", which may keep no modes: should chmod change nothing, " + k.remedy
}

// name is how a message names a mount: "/mnt/c (9p)".
func (m Mount) name() string {
	switch {
	case m.Point != "" && m.Type != "":
		return m.Point + " (" + m.Type + ")"
	case m.Point != "":
		return m.Point
	case m.Type != "":
		return "the file system (" + m.Type + ")"
	}
	return "the file system"
}
