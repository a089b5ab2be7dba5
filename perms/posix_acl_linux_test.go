package perms

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

// TestKernelACL has setfacl write ACLs, reads them as the kernel gives them, and
// asks the kernel who may do what; then it does to the file what afterPosix says.
func TestKernelACL(t *testing.T) {
	setfacl := testkeys.Tool(t, "setfacl")
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	var files []string
	for n, acl := range []string{
		"u:7002:rw", "u:7002:---", "g:7100:r", "g:7100:rwx", "g:7002:x,g:7100:w", "u:7002:rwx,m::r", "u:7002:rwx,m::-", "g::rx", "m::w", "u:7002:r,g:7100:w",
	} {
		for _, mode := range []os.FileMode{0o600, 0o644, 0o421, 0o077, 0o070} {
			path := filepath.Join(w.Bob.Home, fmt.Sprintf("%d-%03o", n, mode))
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chown(path, w.Alice.UID, testkeys.Shared); err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(path, mode); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command(setfacl, "-m", acl, path).CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			files = append(files, path)
		}
	}
	accounts := []testkeys.User{w.Alice, w.Bob}
	for _, u := range accounts {
		for path, got := range testedAccess(t, u, files) {
			p := kernelFacts(t, path)
			a := Account{UID: u.UID, GIDs: []int{u.GID, testkeys.Shared}}
			if want := access(&p, File, a); got != want {
				t.Errorf("%s: %s may do %o by the kernel, access says %o: %+v", filepath.Base(path), u.Name, got, want, p)
			}
		}
	}
	for _, path := range files {
		checkAfter(t, path)
	}
}

// testedAccess asks test(1), run by an account, what it may do with each file.
func testedAccess(t *testing.T, u testkeys.User, files []string) map[string]uint8 {
	t.Helper()
	script := `for f; do n=0; [ -r "$f" ] && n=$((n+4)); [ -w "$f" ] && n=$((n+2)); [ -x "$f" ] && n=$((n+1)); echo "$n $f"; done`
	out, err := u.Command("sh", append([]string{"-c", script, "sh"}, files...)...).Output()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]uint8{}
	for line := range strings.Lines(string(out)) {
		got[strings.TrimSuffix(line[2:], "\n")] = line[0] - '0'
	}
	if len(got) != len(files) {
		t.Fatalf("test(1) said %q", out)
	}
	return got
}

// kernelFacts reads a file's mode and ACL.
func kernelFacts(t *testing.T, path string) Posix {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	p := Posix{Mode: st.Mode & 0o7777, UID: int(st.Uid), GID: int(st.Gid)}
	value := make([]byte, aclMaxSize)
	n, err := unix.Getxattr(path, "system.posix_acl_access", value)
	if err == unix.ENODATA {
		return p
	}
	if err != nil {
		t.Fatal(err)
	}
	if p.ACL, err = parsePosixACL(value[:n]); err != nil {
		t.Fatal(err)
	}
	if again := formatPosixACL(p.ACL); !bytes.Equal(again, value[:n]) {
		t.Errorf("%s: the kernel wrote %x, we %x", path, value[:n], again)
	}
	return p
}

// checkAfter changes a file and compares it with what afterPosix foretold.
func checkAfter(t *testing.T, path string) {
	t.Helper()
	for _, mode := range []uint32{0o640, 0o600} {
		want := afterPosix(kernelFacts(t, path), Change{Mode: &mode})
		if err := unix.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if got := kernelFacts(t, path); !reflect.DeepEqual(got, want) {
			t.Errorf("%s after chmod %03o: %+v, foretold %+v", path, mode, got, want)
		}
	}
	want := afterPosix(kernelFacts(t, path), Change{DropACL: true})
	if err := unix.Removexattr(path, "system.posix_acl_access"); err != nil && err != unix.ENODATA {
		t.Fatal(err)
	}
	if got := kernelFacts(t, path); !reflect.DeepEqual(got, want) {
		t.Errorf("%s without its ACL: %+v, foretold %+v", path, got, want)
	}
}

// TestPosixCommands types each command into a shell, as the file's owner, and
// looks whether the file is then what Plan says.
func TestPosixCommands(t *testing.T) {
	setfacl := testkeys.Tool(t, "setfacl")
	me := Account{Name: "me", UID: os.Getuid()}
	for _, role := range []Role{PrivateKey, Config, AuthorizedKeys, KnownHosts, UserFile, SSHDir} {
		for n, mode := range []uint32{0o644, 0o777, 0o666, 0o2775, 0o7777, 0o4444} {
			for _, acl := range []string{"", "u:7002:rw", "g:7100:rwx,m::-"} {
				dir := t.TempDir()
				path := filepath.Join(dir, fmt.Sprintf("it's %s %d", role, n))
				makeFile(t, path, role, mode, acl, setfacl)
				f := Facts{Path: path, Role: role, Kind: kindOfRole(role), Account: me}
				p := kernelFacts(t, path)
				f.Posix = &p
				found := Judge(f)
				if len(found) == 0 {
					continue
				}
				if out, err := exec.Command("sh", "-c", found[0].Command).CombinedOutput(); err != nil {
					t.Errorf("%s: %v\n%s", found[0].Command, err, out)
				}
				if got, want := kernelFacts(t, path), *f.After(Plan(f)).Posix; !reflect.DeepEqual(got, want) {
					t.Errorf("%s on %04o %q: %+v, planned %+v", found[0].Command, mode, acl, got, want)
				}
			}
		}
	}
}

func makeFile(t *testing.T, path string, role Role, mode uint32, acl, setfacl string) {
	t.Helper()
	err := os.WriteFile(path, nil, 0o600)
	if role == SSHDir {
		os.Remove(path)
		err = os.Mkdir(path, 0o700)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
	if acl == "" {
		return
	}
	if out, err := exec.Command(setfacl, "-m", acl, path).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
