package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

// TestInterruptedSearch: Ctrl-C ends the search for primes, and leaves nothing.
func TestInterruptedSearch(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "sshkeys")
	copyProgram(t, program)
	home := filepath.Join(dir, "home")
	if err := os.Mkdir(home, 0o700); err != nil {
		t.Fatal(err)
	}
	// 16384 bits take minutes: the signal meets the search, or comes before it.
	cmd := exec.Command(program, "generate", "-t", "rsa", "-b", "16384", "--new-passphrase-file", "-")
	cmd.Env = append(os.Environ(), "HOME="+home)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// Once the passphrase is taken, the handler stands.
	if _, err := stdin.Write([]byte("secret\n")); err != nil {
		t.Fatal(err)
	}
	for cpuTicks(t, cmd.Process.Pid) < 20 { // a fifth of a second of work
		time.Sleep(10 * time.Millisecond)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	err = cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != exitFailed || !strings.Contains(stderr.String(), "interrupted") {
		t.Errorf("%v: %s", err, stderr.String())
	}
	if left, err := os.ReadDir(home); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestGenerateForOneself: a plain user's ssh finds the new key by itself; what
// others may not write to is refused, and nothing is left.
func TestGenerateForOneself(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	program := w.Program(t, "sshkeys")
	out, err := w.Alice.Command(program, "generate", "--no-passphrase").CombinedOutput()
	if err != nil || strings.Contains(string(out), "warning") || !strings.Contains(string(out), " alice@") {
		t.Fatalf("%v\n%s", err, out)
	}
	out, _ = w.Alice.Command(ssh, "-v", "-o", "ProxyCommand=false", "-o", "BatchMode=yes", "nohost.invalid").CombinedOutput()
	if want := "identity file /home/alice/.ssh/id_ed25519 type 3"; !strings.Contains(string(out), want) { // KEY_ED25519
		t.Errorf("ssh does not say %q:\n%s", want, out)
	}
	if err := os.Mkdir(filepath.Join(w.Alice.Home, "closed"), 0o555); err != nil {
		t.Fatal(err)
	}
	cmd := w.Alice.Command(program, "generate", "--no-passphrase", "closed/key")
	out, err = cmd.CombinedOutput()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() != exitFailed || !strings.Contains(string(out), "closed/key: permission denied") || !strings.Contains(string(out), "hint: ls -ld closed") {
		t.Errorf("%v: %s", err, out)
	}
	if left, err := os.ReadDir(filepath.Join(w.Alice.Home, "closed")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestGenerateKilled kills the command before each system call with which it
// changes the disk: a name that is there has a whole file, the public half is
// never there alone, and no private byte is open to others.
func TestGenerateKilled(t *testing.T) {
	dir := t.TempDir()
	program := filepath.Join(dir, "sshkeys")
	copyProgram(t, program)
	config := filepath.Join(dir, "config") // of the register of purposes
	t.Setenv("XDG_CONFIG_HOME", config)
	seen := map[int]int{}
	for n := 1; ; n++ {
		folder := filepath.Join(dir, "keys")
		if err := errors.Join(os.RemoveAll(config), os.RemoveAll(folder), os.Mkdir(folder, 0o700)); err != nil {
			t.Fatal(err)
		}
		old := syscall.Umask(0)
		killed := killBefore(t, n, program, "generate", "--no-passphrase", filepath.Join(folder, "key"))
		syscall.Umask(old)
		seen[wholeFiles(t, folder)]++
		if !killed {
			break
		}
	}
	if seen[0] < 5 || seen[1] < 1 || seen[2] < 1 {
		t.Errorf("none, one or both halves: %v times", seen)
	}
}

// wholeFiles counts the halves that have their names, and holds them and what lies
// beside them to what a killed run may leave.
func wholeFiles(t *testing.T, folder string) int {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	halves := map[string]bool{}
	for _, e := range entries {
		data, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		info, err := e.Info()
		if err != nil || bytes.Contains(data, []byte("PRIVATE")) && info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
		if strings.HasPrefix(e.Name(), "key") {
			halves[e.Name()] = true
			if code, _, stderr := runInProcess(t, "inspect", filepath.Join(folder, e.Name())); code != exitOK {
				t.Errorf("%s: %s", e.Name(), stderr)
			}
		}
	}
	if halves["key.pub"] && !halves["key"] {
		t.Error("the public half is there alone")
	}
	return len(halves)
}

// cpuTicks is the processor time that a process used, in hundredths of a second.
func cpuTicks(t *testing.T, pid int) int {
	t.Helper()
	var clock, now = int32(^pid<<3 | 2), unix.Timespec{} // CLOCK_PROCESS_CPUTIME_ID of that process, clock_getcpuclockid(3)
	if err := unix.ClockGettime(clock, &now); err != nil {
		t.Fatal(err)
	}
	return int(now.Nano() / 1e7)
}
