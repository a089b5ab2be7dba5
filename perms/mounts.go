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
	what   string   // id of the text that names it
	remedy string   // id of what to do
}

const homeMove = "perms.remedy_home"

// keepsNoneTable says which file systems keep no modes, and what helps there
// (spec/permissions.md 1.3). The first row that fits counts.
var keepsNoneTable = [...]keepsNone{
	{types: []string{"drvfs"}, unless: []string{"metadata"}, sure: true,
		what: "perms.fs_wsl", remedy: "perms.remedy_wsl"},
	{types: []string{"9p", "virtiofs"}, when: "aname=drvfs", unless: []string{"metadata"}, sure: true,
		what: "perms.fs_wsl", remedy: "perms.remedy_wsl"},
	{types: []string{"vfat", "msdos", "msdosfs", "umsdos", "exfat"}, sure: true,
		what: "perms.fs_fat", remedy: "perms.remedy_fat"},
	{types: []string{"ntfs", "ntfs3", "fuseblk", "ufsd"}, unless: []string{"permissions", "acl"},
		what: "perms.fs_ntfs", remedy: "perms.remedy_ntfs"},
	{types: []string{"cifs", "smb3", "smbfs"}, unless: []string{"modefromsid", "cifsacl"},
		what: "perms.fs_cifs", remedy: "perms.remedy_cifs"},
	{types: []string{"vboxsf"},
		what: "perms.fs_vbox", remedy: "perms.remedy_vbox"},
	{types: []string{"vmhgfs", "fuse.vmhgfs-fuse", "prl_fs"},
		what: "perms.fs_shared", remedy: homeMove},
	{types: []string{"fuse", "fuse."},
		what: "perms.fs_fuse", remedy: homeMove},
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

// sentence says what a mount does to modes and what helps, to follow another.
func (k *keepsNone) sentence(m Mount) Text {
	id := "perms.mount_may_keep_none"
	if k.sure {
		id = "perms.mount_keeps_none"
	}
	return text(id, "mount", m.name(), "kind", text(k.what), "remedy", remedy(k.remedy, File))
}

// remedy says where to keep a file or directory instead.
func remedy(id string, kind Kind) Text {
	thing := "perms.file"
	if kind == Directory {
		thing = "perms.directory"
	}
	return text(id, "thing", text(thing))
}

// name is how a message names a mount: "/mnt/c (9p)".
func (m Mount) name() Text {
	switch {
	case m.Point != "" && m.Type != "":
		return verbatim(m.Point + " (" + m.Type + ")")
	case m.Point != "":
		return verbatim(m.Point)
	case m.Type != "":
		return text("perms.mount_type", "type", m.Type)
	}
	return text("perms.mount")
}
