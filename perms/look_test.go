package perms

import (
	"slices"
	"testing"
)

const mountinfo = `21 28 0:20 / /proc rw,nosuid,nodev shared:12 - proc proc rw
28 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,errors=remount-ro
30 28 0:31 / /mnt/c rw,noatime - 9p C:\134 rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;metadata,mmap
31 28 254:0 /srv /mnt/a\040b\011c\134d\012e rw - ext4 /dev/vda rw
32 28 0:40 / /data rw shared:4 master:2 propagate_from:1 - btrfs /dev/sdb rw,subvol=/data
33 32 0:41 / /data/in rw - tmpfs none rw
34 28 0:42 / /data rw - fuse.bindfs /dev/fuse rw,default_permissions
this line is not known
35 28 0:50 / /short rw - nfs
`

func TestFindMount(t *testing.T) {
	mounts := parseMounts(mountinfo)
	if len(mounts) != 8 {
		t.Errorf("%d mounts, want 8", len(mounts))
	}
	for _, c := range []struct{ path, dev, point, kind string }{
		{"/home/alice/.ssh/id", "254:0", "/", "ext4"},
		{"/", "254:0", "/", "ext4"},
		{"/mnt/c/Users/alice/.ssh/id", "0:31", "/mnt/c", "9p"},
		{"/mnt/c", "0:31", "/mnt/c", "9p"},
		{"/mnt/cc/id", "254:0", "/", "ext4"},
		{"/mnt/a b\tc\\d\ne/id", "254:0", "/mnt/a b\tc\\d\ne", "ext4"},
		{"/data/id", "0:42", "/data", "fuse.bindfs"},    // on top
		{"/data/id", "0:40", "/data", "btrfs"},          // held open from below
		{"/data/in/id", "0:42", "/data", "fuse.bindfs"}, // /data/in is covered
		{"/data/in/id", "0:41", "/data/in", "tmpfs"},    // held open from below
		{"/data/in/id", "0:99", "/data/in", "tmpfs"},    // a device that no line has
		{"/short/id", "0:50", "/short", "nfs"},
	} {
		got := findMount(mounts, c.path, c.dev)
		if got.Point != c.point || got.Type != c.kind {
			t.Errorf("%s on %s: %s at %q, want %s at %q", c.path, c.dev, got.Type, got.Point, c.kind, c.point)
		}
	}
	if got := findMount(mounts, "/mnt/c/id", "0:31").Options; got != `rw,noatime,rw,dirsync,aname=drvfs;path=C:\;uid=1000;gid=1000;metadata,mmap` {
		t.Errorf("options of the drive: %q", got)
	}
	if got := findMount(nil, "/x", "1:1"); got != (Mount{}) {
		t.Errorf("without mounts: %+v", got)
	}
}

func TestParseMacACL(t *testing.T) {
	for text, want := range map[string][]string{
		"": nil,
		"-rw-------  1 alice  staff  411 Jan  1 12:00 /Users/alice/.ssh/id_rsa\n":                                                               nil,
		"-rw-------+ 1 alice  staff  411 Jan  1 12:00 /k\n 0: user:bob allow read,write\n 1: group:everyone inherited deny delete\n":            {"user:bob allow read,write", "group:everyone inherited deny delete"},
		"-rw-------@ 1 alice  staff  411 Jan  1 12:00 /k\n\tcom.apple.quarantine\t  57 \n 0: AAAABBBB-CCCC-DDDD-EEEE-FFFF00000000 allow read\n": {"AAAABBBB-CCCC-DDDD-EEEE-FFFF00000000 allow read"},
	} {
		if got := parseMacACL(text); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
