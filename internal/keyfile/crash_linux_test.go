package keyfile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary stand in for a program that dies while writing.
func TestMain(m *testing.M) {
	switch os.Getenv("KEYFILE_CHILD") {
	case "crash":
		crashAt(step(os.Getenv("KEYFILE_STEP")), os.Args[1])
	case "short":
		writeShort(os.Args[1])
	case "full":
		writeFull(os.Args[1])
	default:
		os.Exit(m.Run())
	}
}

func child(t *testing.T, role string, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), "KEYFILE_CHILD="+role)
	return cmd
}

// pair is what the children write: a forced private key and its public half.
func pair(dir, data string) []File {
	return []File{
		{filepath.Join(dir, "key"), []byte(data), WriteOptions{Private: true, Force: true}},
		{filepath.Join(dir, "key.pub"), []byte(data), WriteOptions{Force: true}},
	}
}

func crashAt(at step, dir string) {
	t := &transaction{ctx: context.Background(), reached: func(s step) {
		if s == at {
			syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}}
	t.run(pair(dir, "new"))
}

// Killed at any step, the name holds the whole old file or the whole new one,
// and the old bytes are never gone.
func TestKilled(t *testing.T) {
	for _, at := range []step{stepCreated, stepChecked, stepKept, stepMoved} {
		t.Run(string(at), func(t *testing.T) {
			dir := t.TempDir()
			key := filepath.Join(dir, "key")
			writeFile(t, key, "old", 0o600)
			writeFile(t, key+".pub", "old", 0o644)
			cmd := child(t, "crash", dir)
			cmd.Env = append(cmd.Env, "KEYFILE_STEP="+string(at))
			err := cmd.Run()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
				t.Fatalf("the child ended with %v, want SIGKILL", err)
			}
			if at == stepMoved {
				wantFile(t, key, "new", 0o600)
			} else {
				wantFile(t, key, "old", 0o600)
			}
			if at == stepKept || at == stepMoved {
				wantFile(t, key+".bak", "old", 0o600)
			}
			wantFile(t, key+".pub", "old", 0o644)
		})
	}
}

// writeShort writes under a limit that lets the first bytes through and no more.
func writeShort(dir string) {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 1000, Max: 1000}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Println(err)
		return
	}
	_, err := WriteAll(context.Background(), pair(dir, strings.Repeat("S", 4000)))
	fmt.Println(err)
}

func TestShortWrite(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	writeFile(t, key, "old", 0o600)
	out, err := child(t, "short", dir).Output()
	if err != nil || !strings.Contains(string(out), unix.EFBIG.Error()) || !strings.Contains(string(out), key) {
		t.Fatalf("the child said %q, %v; want %q", out, err, unix.EFBIG.Error())
	}
	wantFile(t, key, "old", 0o600)
	wantNames(t, dir, "key")
}

// writeFull runs in a mount namespace of its own, on a disk that is soon full.
func writeFull(dir string) {
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=64k"); err != nil {
		fmt.Println("no mount:", err)
		return
	}
	key := filepath.Join(dir, "key")
	if err := os.WriteFile(key, []byte("old"), 0o600); err != nil {
		fmt.Println(err)
		return
	}
	_, err := WriteAll(context.Background(), pair(dir, strings.Repeat("S", 48<<10)))
	got, _ := os.ReadFile(key)
	names, _ := os.ReadDir(dir)
	fmt.Println(errors.Is(err, unix.ENOSPC), string(got), len(names))
}

func TestFullDisk(t *testing.T) {
	cmd := child(t, "full", t.TempDir())
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	out, err := cmd.Output()
	if err != nil || strings.HasPrefix(string(out), "no mount") {
		t.Skipf("no private mount namespace here: %v %s", err, out)
	}
	if string(out) != "true old 1\n" {
		t.Errorf("ENOSPC, old file, number of files: %q", out)
	}
}

// asNobody runs do without root's right to ignore modes, on this thread only.
func asNobody(t *testing.T, dir string, do func()) {
	t.Helper()
	if os.Geteuid() != 0 {
		do()
		return
	}
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	unix.SetfsuidRetUid(65534)
	defer unix.SetfsuidRetUid(0)
	do()
}

func TestNoPermission(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	writeFile(t, key, "old", 0o000)
	if err := os.Chmod(dir, 0o555); err != nil {
		t.Fatal(err)
	}
	defer os.Chmod(dir, 0o755)
	var readErr, newErr, forceErr error
	asNobody(t, dir, func() {
		_, readErr = Read(key, 100)
		_, newErr = write(filepath.Join(dir, "new"), "new", WriteOptions{Private: true})
		_, forceErr = write(key, "new", WriteOptions{Private: true, Force: true})
	})
	for name, err := range map[string]error{"read": readErr, "new": newErr, "force": forceErr} {
		if !errors.Is(err, os.ErrPermission) {
			t.Errorf("%s: %v, want os.ErrPermission", name, err)
		}
	}
	wantNames(t, dir, "key")
	os.Chmod(key, 0o600)
	wantFile(t, key, "old", 0o600)
}
