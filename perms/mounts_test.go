package perms

import (
	"strings"
	"testing"
)

func TestModeless(t *testing.T) {
	const wsl2 = `rw,noatime,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;symlinkroot=/mnt/,mmap,access=client,msize=65536,trans=fd,rfd=8,wfd=8`
	for _, c := range []struct {
		mount Mount
		known bool
		sure  bool
		says  string
	}{
		{Mount{"/mnt/c", "9p", wsl2}, true, true, "/etc/wsl.conf"},
		{Mount{"/mnt/c", "9p", strings.Replace(wsl2, "gid=1000;", "gid=1000;metadata;umask=22;fmask=11;", 1)}, false, false, ""},
		{Mount{"/mnt/d", "drvfs", "rw,noatime,uid=1000,gid=1000,case=off"}, true, true, `options="metadata,umask=22,fmask=11"`},
		{Mount{"/mnt/d", "drvfs", "rw,noatime,uid=1000,gid=1000,umask=22,fmask=11,metadata,case=off"}, false, false, ""},
		{Mount{"/host", "9p", "rw,trans=virtio,version=9p2000.L"}, false, false, ""},
		{Mount{"/media/usb", "vfat", "rw,uid=1000,fmask=0022"}, true, true, "fmask=0177"},
		{Mount{"/Volumes/USB", "msdos", ""}, true, true, "FAT"},
		{Mount{"/media/usb", "exfat", ""}, true, true, "FAT"},
		{Mount{"/media/disk", "ntfs3", "rw,uid=1000"}, true, false, `"permissions"`},
		{Mount{"/media/disk", "fuseblk", "rw,allow_other"}, true, false, "may keep no modes"},
		{Mount{"/media/disk", "fuseblk", "rw,permissions"}, false, false, ""},
		{Mount{"/share", "cifs", "rw,vers=3.1.1"}, true, false, "file_mode=0600"},
		{Mount{"/share", "cifs", "rw,modefromsid"}, false, false, ""},
		{Mount{"/share", "smb3", ""}, true, false, "Windows share"},
		{Mount{"/shared", "vboxsf", ""}, true, false, "VirtualBox"},
		{Mount{"/hgfs", "fuse.vmhgfs-fuse", ""}, true, false, "virtual machine"},
		{Mount{"/mnt/x", "fuse.bindfs", ""}, true, false, "FUSE"},
		{Mount{"/mnt/x", "fusectl", ""}, false, false, ""},
		{Mount{"/", "ext4", "rw"}, false, false, ""}, {Mount{"/", "apfs", ""}, false, false, ""},
		{Mount{"/", "overlay", "rw"}, false, false, ""}, {Mount{"/home", "nfs4", ""}, false, false, ""}, {Mount{}, false, false, ""},
	} {
		k := modeless(c.mount)
		if (k != nil) != c.known {
			t.Errorf("%+v: known %v, want %v", c.mount, k != nil, c.known)
			continue
		}
		if k == nil {
			continue
		}
		said := k.sentence(c.mount).String()
		if k.sure != c.sure || !strings.Contains(said, c.says) || !strings.Contains(said, c.mount.Point+" ("+c.mount.Type+")") {
			t.Errorf("%+v: sure %v, %q", c.mount, k.sure, said)
		}
	}
}

// TestJudgeBlamesMount: a plain look says so where a chmod cannot help.
func TestJudgeBlamesMount(t *testing.T) {
	for _, c := range []struct {
		role    Role
		mount   Mount
		code    string
		command string
		fixable bool
		says    string
	}{
		{PrivateKey, Mount{"/mnt/c", "drvfs", "rw"}, CodeNoEffect, "sshkeys import /mnt/c/id", false, "/etc/wsl.conf"},
		{PrivateKey, Mount{"/mnt/c", "vfat", "rw"}, CodeNoEffect, "sshkeys import /mnt/c/id", false, "FAT"},
		{PrivateKey, Mount{"/mnt/c", "fuse.sshfs", "rw"}, CodeKeyOpen, "chmod 600 /mnt/c/id", true, "may keep no modes"},
		{PrivateKey, Mount{"/mnt/c", "ext4", "rw"}, CodeKeyOpen, "chmod 600 /mnt/c/id", true, "ssh refuses"},
		{IncludedConfig, Mount{"/mnt/c", "drvfs", "rw"}, CodeConfig, "", false, "/etc/wsl.conf"},
		{AuthorizedKeys, Mount{"/mnt/c", "exfat", "rw"}, CodeStrictModes, "", false, "keeps no modes"},
	} {
		f := Facts{Path: "/mnt/c/id", Role: c.role, Kind: File, Account: aliceAccount(), Mount: c.mount, Posix: &Posix{Mode: 0o777, UID: aliceID}}
		got := Judge(f)
		if len(got) != 1 {
			t.Errorf("%s on %v: %+v", c.role, c.mount, got)
			continue
		}
		g := got[0]
		if g.Code != c.code || g.Severity != Error || g.Command != c.command || g.Fixable != c.fixable ||
			!strings.Contains(g.Message, c.says) || g.Got != "0777" || g.Want != "0600" {
			t.Errorf("%s on %v: %+v", c.role, c.mount, g)
		}
	}
}
