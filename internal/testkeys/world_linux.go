package testkeys

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// World is a machine of a test's own: mount and network namespaces in which
// /etc/passwd has the accounts alice and bob and no others, /home has just theirs,
// /run is empty, and only loopback is there. Nothing of it reaches the real machine.
type World struct{ Alice, Bob User }

// User is an account of a World; alice and bob are both in the group Shared.
type User struct {
	Name, Home string
	UID, GID   int
}

// Shared is the id of the group that alice and bob are both in.
const Shared = 7100

const insideWorld = "SSHKEYS_TEST_WORLD"

// NewWorld runs the calling test once more, alone, in a World, and there returns
// it; outside it returns nil after that run ended, and the test has to return.
// It needs root, and skips without; with SSHKEYS_INTEROP=required that is a failure.
//
//	w := testkeys.NewWorld(t)
//	if w == nil {
//		return
//	}
func NewWorld(t *testing.T) *World {
	t.Helper()
	if os.Getenv(insideWorld) != "" {
		return buildWorld(t)
	}
	if os.Geteuid() != 0 {
		if os.Getenv("SSHKEYS_INTEROP") == "required" {
			t.Fatal("this test needs root, for a second user and namespaces of its own")
		}
		t.Skip("this test needs root, for a second user and namespaces of its own")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.timeout=30m",
		fmt.Sprintf("-test.v=%v", testing.Verbose()), fmt.Sprintf("-test.short=%v", testing.Short()))
	cmd.Env = append(os.Environ(), insideWorld+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWIPC, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("in its world: %v\n%s", err, out)
	} else if testing.Verbose() {
		t.Logf("%s", out)
	}
	return nil
}

func buildWorld(t *testing.T) *World {
	t.Helper()
	w := &World{
		Alice: User{"alice", "/home/alice", 7001, 7001},
		Bob:   User{"bob", "/home/bob", 7002, 7002},
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	scratch := t.TempDir()
	must(os.Chmod(scratch, 0o755))
	must(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""))
	accounts := "root:x:0:0:root:/root:/bin/sh\nsshd:x:102:65534::/run/sshd:/usr/sbin/nologin\nnobody:x:65534:65534::/nonexistent:/usr/sbin/nologin\n"
	groups := fmt.Sprintf("root:x:0:\nnogroup:x:65534:\nshared:x:%d:alice,bob\n", Shared)
	shadow := "root:*:19000:0:99999:7:::\nsshd:*:19000:0:99999:7:::\n"
	for _, u := range []User{w.Alice, w.Bob} {
		accounts += fmt.Sprintf("%s:x:%d:%d::%s:/bin/sh\n", u.Name, u.UID, u.GID, u.Home)
		groups += fmt.Sprintf("%s:x:%d:\n", u.Name, u.GID)
		shadow += u.Name + ":*:19000:0:99999:7:::\n"
	}
	for name, text := range map[string]string{"/etc/passwd": accounts, "/etc/group": groups, "/etc/shadow": shadow} {
		file := filepath.Join(scratch, filepath.Base(name))
		must(os.WriteFile(file, []byte(text), 0o644))
		must(unix.Mount(file, name, "", unix.MS_BIND, ""))
	}
	for dir, mode := range map[string]string{"/home": "mode=755", "/run": "mode=755"} {
		must(unix.Mount("none", dir, "tmpfs", 0, mode))
	}
	must(os.MkdirAll("/run/sshd", 0o755))
	for _, u := range []User{w.Alice, w.Bob} {
		must(os.Mkdir(u.Home, 0o755))
		must(os.Chown(u.Home, u.UID, u.GID))
	}
	must(loopbackUp())
	return w
}

// Program makes the running test's own program executable for the accounts, by
// the name given, and returns its path.
func (w *World) Program(t *testing.T, name string) string {
	t.Helper()
	exe, err := os.Executable()
	path := filepath.Join("/run", name)
	if err == nil {
		err = os.WriteFile(path, nil, 0o755)
	}
	if err == nil {
		err = unix.Mount(exe, path, "", unix.MS_BIND, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// loopbackUp is `ip link set lo up`.
func loopbackUp() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	req.SetUint16(unix.IFF_UP | unix.IFF_RUNNING)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, req)
}

// Command runs a program as one of the accounts, in its home and with nothing of
// this environment but PATH.
func (u User) Command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = u.Home
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + u.Home, "USER=" + u.Name, "LOGNAME=" + u.Name, "LC_ALL=C.UTF-8"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Credential: &syscall.Credential{
		Uid: uint32(u.UID), Gid: uint32(u.GID), Groups: []uint32{uint32(u.GID), Shared},
	}}
	return cmd
}
