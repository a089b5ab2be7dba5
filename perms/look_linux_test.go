package perms

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.Command(testkeys.Tool(t, name), args...).Output()
	if err != nil {
		t.Fatalf("%s %q: %v", name, args, err)
	}
	return string(out)
}

// as does what an account could do: the whole process is that user meanwhile.
func as(t *testing.T, u testkeys.User, do func()) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(syscall.Setgroups([]int{u.GID, testkeys.Shared}))
	must(syscall.Setresgid(u.GID, u.GID, 0))
	must(syscall.Setresuid(u.UID, u.UID, 0))
	defer func() {
		must(syscall.Setresuid(0, 0, 0))
		must(syscall.Setresgid(0, 0, 0))
	}()
	do()
}

// give makes files below an account's home its own.
func give(t *testing.T, u testkeys.User, paths ...string) {
	t.Helper()
	for _, path := range paths {
		var st unix.Stat_t
		if err := unix.Lstat(path, &st); err != nil {
			t.Fatal(err)
		}
		if err := os.Lchown(path, u.UID, u.GID); err != nil {
			t.Fatal(err)
		}
		if st.Mode&unix.S_IFMT != unix.S_IFLNK {
			chmod(t, path, st.Mode&0o7777)
		}
	}
}

// What an ACL says is read as getfacl reads it, and given back to the last bit.
func TestRestoreACL(t *testing.T) {
	for how, open := range ways {
		for _, c := range []struct {
			name, acl  string
			mode, want uint32
			dir        bool
		}{
			{"named", "u:7001:rw,g:7002:r", 0o640, 0o600, false},
			{"masked", "u:7001:rw,m::-", 0o600, 0o600, false},
			{"group shut, mask open", "u:7001:r,g::-,m::r", 0o604, 0o600, false},
			{"setgid", "u:7001:rwx", 0o2750, 0o700, false},
			{"default", "d:u:7001:rwx,d:m::r", 0o755, 0o700, true},
			{"both", "u:7001:rx,d:u:7002:rwx", 0o1711, 0o700, true},
		} {
			t.Run(how+" "+c.name, func(t *testing.T) {
				path := filepath.Join(realDir(t), "object")
				if c.dir {
					madeDir(t, path, c.mode)
				} else {
					made(t, path, "text", c.mode)
				}
				run(t, "setfacl", "-m", c.acl, path)
				before := run(t, "getfacl", "-pn", path) + run(t, "stat", "-c", "%a", path)
				o := open(t, path)
				if o.Posix.ACL == nil && !c.dir || o.Posix.Default == nil && c.dir {
					t.Errorf("no ACL was seen: %+v", o.Posix)
				}
				st, err := o.state()
				if err != nil {
					t.Fatal(err)
				}
				if err := o.apply(Change{Mode: &c.want, DropACL: true, DropDefaultACL: true}); err != nil {
					t.Fatal(err)
				}
				after, err := o.look()
				if err != nil || after.Posix.ACL != nil || after.Posix.Default != nil || after.Posix.Mode != c.want {
					t.Errorf("after: %+v, %v; want mode %04o and no ACL", after.Posix, err, c.want)
				}
				if got := run(t, "getfacl", "-pnc", "--skip-base", path); strings.TrimSpace(got) != "" {
					t.Errorf("getfacl still sees %q", got)
				}
				if err := o.restore(st); err != nil {
					t.Fatal(err)
				}
				if got := run(t, "getfacl", "-pn", path) + run(t, "stat", "-c", "%a", path); got != before {
					t.Errorf("restored:\n%s\nwant:\n%s", got, before)
				}
				// And a state without an ACL is given back over one.
				plain := st
				plain.ACL, plain.DefaultACL = nil, nil
				if err := o.restore(plain); err != nil {
					t.Fatal(err)
				}
				if f, err := o.look(); err != nil || f.Posix.ACL != nil || f.Posix.Default != nil || f.Posix.Mode != *st.Mode {
					t.Errorf("without an ACL: %+v, %v", f.Posix, err)
				}
			})
		}
	}
}

// The group had nothing; when the ACL goes it is not to get what the mask let
// through.
func TestDropACLOpensNothing(t *testing.T) {
	path := made(t, filepath.Join(realDir(t), "key"), "text", 0o600)
	run(t, "setfacl", "-m", "u:7001:r", path)
	if got := modeOf(t, path); got != 0o640 {
		t.Fatalf("with the ACL the mode is %04o, want 0640", got)
	}
	o := opened(t, path)
	o.Role, o.Account = PrivateKey, Account{UID: os.Getuid(), Home: filepath.Dir(path)}
	c := Plan(o.Facts)
	if c.Mode == nil || *c.Mode != 0o600 || !c.DropACL {
		t.Fatalf("planned %q, want chmod 600 and no ACL", c)
	}
	if err := o.apply(c); err != nil {
		t.Fatal(err)
	}
	if f, err := o.look(); err != nil || f.Posix.Mode != 0o600 || f.Posix.ACL != nil {
		t.Errorf("after: %+v, %v", f.Posix, err)
	}
}

// df is the witness for where a file is mounted.
func TestMountOf(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	odd := madeDir(t, filepath.Join(w.Alice.Home, "a b\tc\\d"), 0o755)
	if err := unix.Mount("none", odd, "tmpfs", 0, "mode=700,size=1m"); err != nil {
		t.Fatal(err)
	}
	bind := made(t, filepath.Join(w.Alice.Home, "bound"), "", 0o600)
	if err := unix.Mount(made(t, filepath.Join(odd, "key"), "", 0o600), bind, "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]Mount{
		filepath.Join(odd, "key"): {Point: odd, Type: "tmpfs"},
		bind:                      {Point: bind, Type: "tmpfs"},
		w.Alice.Home:              {Point: "/home", Type: "tmpfs"},
		"/proc/self/status":       {Point: "/proc", Type: "proc"},
	} {
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil {
			t.Fatal(err)
		}
		got := mountOf(path, st.Dev)
		if got.Point != want.Point || got.Type != want.Type || !slices.Contains(strings.Split(got.Options, ","), "rw") {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	for _, path := range []string{"/", "/dev", "/sys", "/home/bob"} {
		lines := strings.Split(run(t, "df", "--output=target,fstype", path), "\n")
		fields := strings.Fields(lines[1])
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil {
			t.Fatal(err)
		}
		if got := mountOf(path, st.Dev); got.Point != fields[0] || got.Type != fields[1] {
			t.Errorf("%s: %+v, df says %q", path, got, fields)
		}
	}
}

// An owner may change what it cannot read, and cannot read a directory before it
// was changed.
func TestFixWithoutReading(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	for _, dirMode := range []uint32{0o000, 0o200, 0o600, 0o100, 0o777} {
		ssh := filepath.Join(w.Alice.Home, ".ssh")
		if err := os.RemoveAll(ssh); err != nil {
			t.Fatal(err)
		}
		key := made(t, filepath.Join(ssh, "id_rsa"), secretText, 0o000)
		list := made(t, filepath.Join(ssh, "authorized_keys"), publicText, 0o200)
		chmod(t, ssh, dirMode)
		give(t, w.Alice, ssh, key, list)
		as(t, w.Alice, func() {
			for r := range Fix(t.Context(), at(w.Alice.Home, ".ssh"), Options{}) {
				if r.Err != nil || !r.Verified {
					t.Errorf(".ssh %04o: %s: %+v, %v", dirMode, r.Facts.Path, r.Remaining, r.Err)
				}
			}
		})
		for path, want := range map[string]uint32{ssh: 0o700, key: 0o400, list: 0o600} { // of a key the owner's read is enough
			if got := modeOf(t, path); got != want {
				t.Errorf(".ssh %04o: %s has mode %04o, want %04o", dirMode, path, got, want)
			}
		}
	}
}

// A directory that cannot be read is one report, and a closed key is told by its name.
func TestCheckWithoutReading(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	ssh := filepath.Join(w.Alice.Home, ".ssh")
	key := made(t, filepath.Join(ssh, "id_rsa"), secretText, 0o600)
	closed := madeDir(t, filepath.Join(w.Alice.Home, "closed"), 0o000)
	give(t, w.Alice, ssh, key)
	for _, mode := range []uint32{0o000, 0o600} {
		chmod(t, ssh, mode)
		var got []string
		as(t, w.Alice, func() {
			for r := range Check(t.Context(), at(w.Alice.Home, ".ssh"), Options{}) {
				got = append(got, r.Facts.Path)
			}
		})
		if !slices.Equal(got, []string{ssh}) {
			t.Errorf(".ssh %04o: reports of %q, want one of %s", mode, got, ssh)
		}
	}
	chmod(t, ssh, 0o700)
	chmod(t, key, 0o000)
	var errs, found []string
	as(t, w.Alice, func() {
		for r := range Check(t.Context(), at(w.Alice.Home, ""), Options{}) {
			if r.Err != nil {
				errs = append(errs, r.Facts.Path)
				continue
			}
			found = append(found, r.Facts.Path+" "+r.Findings[0].Code)
		}
	})
	if !slices.Equal(errs, []string{closed}) || !slices.Equal(found, []string{key + " K09"}) {
		t.Errorf("errors of %q, want %q; found %q, want K09 of %s", errs, closed, found, key)
	}
}

// Whose ssh is judged, for root and for a user.
func TestWhoIsJudged(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	ssh := filepath.Join(w.Alice.Home, ".ssh")
	key := made(t, filepath.Join(ssh, "key"), secretText, 0o644)
	stray := made(t, filepath.Join(w.Alice.Home, "stray"), secretText, 0o644)
	give(t, w.Alice, ssh)
	give(t, w.Bob, stray)
	for path, want := range map[string]testkeys.User{key: w.Alice, stray: w.Bob} {
		s := &survey{}
		s.run(nil, nil)
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil {
			t.Fatal(err)
		}
		a := s.account(path, int(st.Uid))
		if a.Name != want.Name || a.UID != want.UID || a.Home != want.Home || !slices.Contains(a.GIDs, testkeys.Shared) || !slices.Contains(a.GIDs, want.GID) {
			t.Errorf("%s is judged for %+v, want %s", path, a, want.Name)
		}
	}
	as(t, w.Bob, func() {
		s := &survey{}
		s.run(nil, nil)
		for path, home := range map[string]string{key: w.Alice.Home, stray: w.Bob.Home} {
			a := s.account(path, 0)
			if a.Name != "bob" || a.UID != w.Bob.UID || a.Home != home || !slices.Contains(a.GIDs, testkeys.Shared) {
				t.Errorf("%s is judged for %+v, want bob with home %s", path, a, home)
			}
		}
	})
}

// Root gives a file in a home back to its owner, but not what a link or a second
// name brought there.
func TestFixAsRoot(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	ssh := filepath.Join(w.Alice.Home, ".ssh")
	key := made(t, filepath.Join(ssh, "key"), secretText, 0o644)
	secret := made(t, filepath.Join(w.Bob.Home, "secret"), secretText, 0o600)
	hard := made(t, filepath.Join(w.Alice.Home, "..", "hard"), secretText, 0o600)
	linked(t, secret, filepath.Join(ssh, "id_rsa"))
	if err := os.Link(hard, filepath.Join(ssh, "id_ed25519")); err != nil {
		t.Fatal(err)
	}
	give(t, w.Alice, ssh, filepath.Join(ssh, "id_rsa"))
	give(t, w.Bob, secret)
	for r := range Fix(t.Context(), at(ssh, ""), Options{}) {
		if mended := r.Facts.Path == key || r.Facts.Path == ssh; r.Err != nil || mended == r.Change.Empty() || mended != r.Applied {
			t.Errorf("%s: change %q, %v", r.Facts.Path, r.Change, r.Err)
		}
	}
	for path, want := range map[string]int{key: w.Alice.UID, secret: w.Bob.UID, hard: 0} {
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil || int(st.Uid) != want || st.Mode&0o7777 != 0o600 {
			t.Errorf("%s: owner %d, mode %04o, %v; want owner %d, mode 0600", path, st.Uid, st.Mode&0o7777, err, want)
		}
	}
}

// A directory that was exchanged for a link, once the path was resolved, is not
// followed into another's tree.
func TestParentSwappedForLink(t *testing.T) {
	dir := realDir(t)
	made(t, filepath.Join(dir, "others", "sub", "key"), "text", 0o644)
	linked(t, "others", filepath.Join(dir, "mine"))
	for _, path := range []string{"mine/key", "mine/sub/key"} {
		if fd, _, err := openParent(filepath.Join(dir, path)); err == nil {
			unix.Close(fd)
			t.Errorf("%s: the link was followed", path)
		}
	}
}

// descriptors counts what is open.
func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

// However the caller leaves the loop, nothing stays open.
func TestNoDescriptorLeaks(t *testing.T) {
	dir := realDir(t)
	for _, sub := range []string{".ssh", ".ssh/old", "keys/deep/er"} {
		made(t, filepath.Join(dir, sub, "key"), secretText, 0o644)
		made(t, filepath.Join(dir, sub, "authorized_keys"), publicText, 0o666)
		linked(t, "key", filepath.Join(dir, sub, "link"))
		if err := unix.Mkfifo(filepath.Join(dir, sub, "id_rsa"), 0o666); err != nil {
			t.Fatal(err)
		}
		chmod(t, filepath.Join(dir, sub), 0o777)
	}
	all := 0
	for range Check(t.Context(), at(dir, ""), Options{}) { // and what the runtime opens for itself
		all++
	}
	if all < 9 {
		t.Fatalf("%d reports are too few to tell", all)
	}
	before := descriptors(t)
	for stop := 1; stop <= all; stop++ {
		n := 0
		for range Check(t.Context(), at(dir, ""), Options{}) {
			if n++; n == stop {
				break
			}
		}
		if after := descriptors(t); after != before {
			t.Fatalf("stopped at report %d: %d descriptors, %d before", stop, after, before)
		}
	}
	for range Fix(t.Context(), at(dir, "", "missing", "keys/deep/er/link"), Options{}) {
	}
	if after := descriptors(t); after != before {
		t.Errorf("after Fix: %d descriptors, %d before", after, before)
	}
}
