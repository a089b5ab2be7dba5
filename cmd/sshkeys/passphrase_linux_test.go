package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// inPlace is one command that changes a file in place, and the file.
type inPlace struct {
	*testing.T
	program string
	dir     string
	path    string // of the file that is changed
	args    []string
	old     []byte
	// isNew tells the file as it should be afterwards; everything but that and old is lost.
	isNew func(data []byte) bool
}

// lockedKey is a key under the golden passphrase that is to get another one.
func lockedKey(t *testing.T) *inPlace {
	golden := testkeys.Find(t, "rsa2048", "pkcs1.aes128.pem")
	c := newInPlace(t, "key", golden.Data)
	c.write("old", append(bytes.Clone(golden.Passphrase), '\n'))
	c.write("new", []byte("secret\n"))
	c.args = []string{"passphrase", "--passphrase-file", c.file("old"), "--new-passphrase-file", c.file("new"), c.path}
	c.isNew = func(data []byte) bool { return opensAs(t, data, "secret", golden) }
	return c
}

// list is an authorized_keys file, its last line without an end, that is to get
// one more key.
func list(t *testing.T) *inPlace {
	first, second := testkeys.Find(t, "ed25519", "openssh.pub"), testkeys.Find(t, "rsa2048", "openssh.pub")
	c := newInPlace(t, "authorized_keys", bytes.TrimSpace(first.Data))
	c.write("add.pub", second.Data)
	c.args = []string{"authorize", "--file", c.path, c.file("add.pub")}
	want := string(first.Data) + string(second.Data)
	c.isNew = func(data []byte) bool { return string(data) == want }
	return c
}

// newInPlace puts the file in a folder of its own, beside it what it needs.
func newInPlace(t *testing.T, name string, data []byte) *inPlace {
	c := &inPlace{T: t, dir: t.TempDir(), old: data}
	c.program = c.file("sshkeys")
	copyProgram(t, c.program)
	folder := c.file("folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	c.path = filepath.Join(folder, name)
	return c
}

func (c *inPlace) file(name string) string { return filepath.Join(c.dir, name) }

func (c *inPlace) write(name string, data []byte) {
	c.Helper()
	if err := os.WriteFile(c.file(name), data, 0o600); err != nil {
		c.Fatal(err)
	}
}

// reset empties the folder but for the old file.
func (c *inPlace) reset() {
	c.Helper()
	folder := filepath.Dir(c.path)
	err := errors.Join(os.RemoveAll(folder), os.Mkdir(folder, 0o700), os.WriteFile(c.path, c.old, 0o600))
	if err != nil {
		c.Fatal(err)
	}
}

// wantOld holds the folder to what it was before.
func (c *inPlace) wantOld() {
	c.Helper()
	entries, err := os.ReadDir(filepath.Dir(c.path))
	if err != nil || len(entries) != 1 {
		c.Errorf("%d files are left, want 1 (%v): %v", len(entries), err, entries)
	}
	if data, err := os.ReadFile(c.path); err != nil || !bytes.Equal(data, c.old) {
		c.Errorf("the old file is gone: %d bytes, %v", len(data), err)
	}
}

func opensAs(t *testing.T, data []byte, pass string, golden testkeys.Golden) bool {
	t.Helper()
	env, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		return false
	}
	key, err := env.Open([]byte(pass))
	return err == nil && key.IsPrivate() && key.Fingerprint() == golden.Facts.SHA256
}

// TestKilledAtEveryStep kills the command before each system call with which it
// changes the disk: what has the name is the whole old file or the whole new one,
// and nothing that is left of a private key is open to others.
func TestKilledAtEveryStep(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *inPlace{"passphrase": lockedKey, "authorize": list} {
		t.Run(name, func(t *testing.T) {
			c := make(t)
			olds, news := 0, 0
			for n := 1; ; n++ {
				c.reset()
				killed := killBefore(t, n, c.program, c.args...)
				data, err := os.ReadFile(c.path)
				switch {
				case err == nil && bytes.Equal(data, c.old):
					olds++
				case err == nil && c.isNew(data):
					news++
				default:
					t.Fatalf("killed at step %d: %d bytes that are neither the old file nor the new one, %v", n, len(data), err)
				}
				if name == "passphrase" {
					c.wantNoneOpen()
				}
				if !killed {
					break
				}
			}
			t.Logf("%d times the old file, %d times the new one", olds, news)
			if olds < 5 || news < 2 {
				t.Errorf("killed %d times before the move and %d after: the steps are not what they should be", olds, news)
			}
		})
	}
}

func (c *inPlace) wantNoneOpen() {
	c.Helper()
	entries, err := os.ReadDir(filepath.Dir(c.path))
	if err != nil {
		c.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			c.Errorf("%s is left with mode %v (%v)", e.Name(), info.Mode(), err)
		}
	}
}

// killBefore runs a program and kills it when it is about to make the nth system
// call that changes a disk, counted from the first file it makes; false where
// there are fewer.
func killBefore(t *testing.T, n int, program string, args ...string) bool {
	t.Helper()
	runtime.LockOSThread() // a tracee belongs to one thread
	defer runtime.UnlockOSThread()
	cmd := exec.Command(program, args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		t.Skipf("programs cannot be traced here: %v", err)
	}
	pid := cmd.Process.Pid
	defer cmd.Process.Release()
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil || !status.Stopped() {
		t.Fatalf("the program did not stop: %v, %v", status, err)
	}
	options := unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := unix.PtraceSetOptions(pid, options); err != nil {
		t.Fatal(err)
	}
	next, signal, count := pid, 0, 0
	for {
		unix.PtraceSyscall(next, signal) // fails for a thread that has just ended
		var err error
		if next, err = wait(&status); err != nil {
			t.Fatal(err)
		}
		switch {
		case next == pid && (status.Exited() || status.Signaled()):
			if status.ExitStatus() != 0 && count < n {
				t.Fatalf("the program ended with %d", status.ExitStatus())
			}
			return count >= n
		case status.StopSignal() == syscall.SIGTRAP|0x80:
			if signal = 0; changesDisk(next, count > 0) {
				if count++; count == n {
					unix.Kill(pid, unix.SIGKILL)
				}
			}
		case status.StopSignal() == unix.SIGTRAP || status.StopSignal() == unix.SIGSTOP:
			signal = 0
		default:
			signal = int(status.StopSignal())
		}
	}
}

// wait waits for this thread's tracees only, and not for other tests' children.
func wait(status *unix.WaitStatus) (int, error) {
	for {
		pid, err := unix.Wait4(-1, status, unix.WALL|unix.WNOTHREAD, nil)
		if err != unix.EINTR {
			return pid, err
		}
	}
}

// syscallInfo is the head of struct ptrace_syscall_info, at an entry (ptrace(2)).
type syscallInfo struct {
	op     uint8
	_      [3]uint8
	arch   uint32
	ip, sp uint64
	nr     uint64
	args   [6]uint64
	_      [32]byte // room for what newer kernels tell
}

const (
	ptraceGetSyscallInfo = 0x420e
	syscallEntry         = 1
)

// changesDisk tells whether a stopped thread is about to change the disk; before
// anything is begun, only a call that makes a file does.
func changesDisk(tid int, begun bool) bool {
	var info syscallInfo
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, ptraceGetSyscallInfo, uintptr(tid), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info.op != syscallEntry {
		return false
	}
	switch info.nr {
	case unix.SYS_OPENAT:
		return info.args[2]&unix.O_CREAT != 0
	case unix.SYS_WRITE:
		return begun && info.args[0] > 2
	case unix.SYS_FSYNC, unix.SYS_FCHMOD, unix.SYS_FCHMODAT, unix.SYS_FCHOWN, unix.SYS_LINKAT,
		unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT:
		return begun
	}
	return false
}

// TestFileSizeLimit: under RLIMIT_FSIZE the new file cannot be written whole, with
// the signal or, where that is ignored, with EFBIG.
func TestFileSizeLimit(t *testing.T) {
	for name, make := range map[string]func(*testing.T) *inPlace{"passphrase": lockedKey, "authorize": list} {
		for _, trap := range []string{"", "trap '' XFSZ; "} {
			t.Run(name+trap, func(t *testing.T) {
				c := make(t)
				c.reset()
				script := trap + `ulimit -f 0; exec "$0" "$@"`
				out, err := exec.Command("sh", append([]string{"-c", script, c.program}, c.args...)...).CombinedOutput()
				exit, ok := errors.AsType[*exec.ExitError](err)
				if !ok {
					t.Fatalf("%v: %s", err, out)
				}
				if trap == "" { // killed: a beginning may stay beside the old file
					if data, err := os.ReadFile(c.path); err != nil || !bytes.Equal(data, c.old) {
						t.Errorf("the old file is gone: %d bytes, %v", len(data), err)
					}
					return
				}
				if exit.ExitCode() != exitFailed || !strings.Contains(string(out), c.path+": "+unix.EFBIG.Error()) {
					t.Errorf("exit %d: %s", exit.ExitCode(), out)
				}
				c.wantOld()
			})
		}
	}
}

// TestFullDisk: on a full disk nothing is changed. Beside it stands what
// `ssh-keygen -p` makes of the same file there: it empties the file before it
// writes, and has no room for what it wants to write.
func TestFullDisk(t *testing.T) {
	t.Run("authorize", func(t *testing.T) { fullDisk(t, list(t)) })
	t.Run("passphrase", func(t *testing.T) { fullDisk(t, growingKey(t)) })
	t.Run("ssh-keygen", func(t *testing.T) {
		keygen := testkeys.Tool(t, "ssh-keygen")
		c := growingKey(t)
		c.program, c.args = keygen, []string{"-q", "-p", "-P", "", "-N", "secret", "-f", c.path}
		data, _, _ := runOnFullDisk(t, c)
		if bytes.Equal(data, c.old) || c.isNew(data) {
			t.Skip("this ssh-keygen keeps the key on a full disk: there is no difference to show")
		}
		t.Logf("ssh-keygen -p left %d of %d bytes", len(data), len(c.old))
	})
}

// growingKey is a file that fills a page of memory, the block of a tmpfs, and
// does not fit into one any more when it is encrypted.
func growingKey(t *testing.T) *inPlace {
	t.Helper()
	golden := testkeys.Find(t, "rsa3072", "openssh")
	env, err := formats.Parse(golden.Data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	key, err := env.Open(nil)
	if err != nil {
		t.Fatal(err)
	}
	c := newInPlace(t, "key", fillingPage(t, key))
	c.write("new", []byte("secret\n"))
	c.args = []string{"passphrase", "--new-passphrase-file", c.file("new"), c.path}
	c.isNew = func(data []byte) bool { return opensAs(t, data, "secret", golden) }
	return c
}

// fillingPage pads the key's comment until the file fills a page to within the
// few bytes that base64 leaves.
func fillingPage(t *testing.T, key *keytool.Key) []byte {
	t.Helper()
	var filling []byte
	for n := 0; ; n++ {
		data, err := formats.Encode(formats.OpenSSH, key.WithComment(strings.Repeat("c", n)), formats.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(data) > os.Getpagesize() {
			return filling
		}
		filling = data
	}
}

// fullDisk runs the command on a full tmpfs and holds it to having changed nothing.
func fullDisk(t *testing.T, c *inPlace) {
	data, names, out := runOnFullDisk(t, c)
	if !bytes.Equal(data, c.old) {
		t.Errorf("the old file is gone: %d bytes are left", len(data))
	}
	left := []string{"fill", filepath.Base(c.path)}
	slices.Sort(left)
	want := fmt.Sprintf("exit %d: %s", exitFailed, strings.Join(left, " "))
	if names != want || !strings.Contains(out, c.path+": "+unix.ENOSPC.Error()) {
		t.Errorf("%q, want %q; said %s", names, want, out)
	}
}

// fullScript mounts a disk in a namespace of its own, fills it, runs the command
// there and brings out what is left.
const fullScript = `
exec 2>&1
mount -t tmpfs -o size=64k none "$FOLDER" || exit 9
cp "$OLD" "$FILE" && chmod 600 "$FILE" || exit 9
cat /dev/zero > "$FOLDER/fill" 2>/dev/null
"$0" "$@"
echo "exit $?:" $(ls -A "$FOLDER") > "$NAMES"
cat "$FILE" > "$LEFT"
exit 0
`

// runOnFullDisk returns what the file has afterwards, the exit code with the names
// in its folder, and what was said.
func runOnFullDisk(t *testing.T, c *inPlace) (data []byte, names, out string) {
	t.Helper()
	c.write("was", c.old)
	cmd := exec.Command("sh", append([]string{"-c", fullScript, c.program}, c.args...)...)
	cmd.Env = append(os.Environ(), "LC_ALL=C", "FOLDER="+filepath.Dir(c.path), "FILE="+c.path, "OLD="+c.file("was"),
		"NAMES="+c.file("names"), "LEFT="+c.file("left"))
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
	}
	said, err := cmd.CombinedOutput()
	if err != nil {
		t.Skipf("no private mount namespace here: %v %s", err, said)
	}
	left, err := os.ReadFile(c.file("left"))
	list, errNames := os.ReadFile(c.file("names"))
	if err := errors.Join(err, errNames); err != nil {
		t.Fatal(err)
	}
	return left, strings.TrimSpace(string(list)), string(said)
}
