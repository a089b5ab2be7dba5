package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestMain lets the test binary be the program that asks.
func TestMain(m *testing.M) {
	role := os.Getenv("SECRET_CHILD")
	if role == "" {
		os.Exit(m.Run())
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	s := New(Config{Env: os.Getenv})
	ask := func() (Bytes, error) { return s.Passphrase(ctx, "Enter passphrase for \x1bkey: ", 1) }
	if role == "new" {
		ask = func() (Bytes, error) { return s.NewPassphrase(ctx, "New passphrase: ") }
	}
	got, err := ask()
	fmt.Printf("%x|%v|%v|%v|%v", []byte(got), got != nil, errors.Is(err, ErrNoWay), errors.Is(err, context.Canceled), err)
}

// person is a pretend terminal with a program on it.
type person struct {
	t              *testing.T
	master, slave  *os.File
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	seen           strings.Builder // what the terminal has shown
}

func openPTY(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	// Fd would make reads block, deadlines or not.
	raw, err := master.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	n := -1
	raw.Control(func(fd uintptr) {
		if err = unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err == nil {
			n, err = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { slave.Close() })
	return master, slave
}

// start runs the program in a session of its own on the terminal.
func start(t *testing.T, role string, vars ...string) *person {
	t.Helper()
	p := &person{t: t}
	p.master, p.slave = openPTY(t)
	p.cmd = program(t, role, vars...)
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	p.cmd.ExtraFiles = []*os.File{p.slave}
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 3}
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(20*time.Second, func() { p.cmd.Process.Kill() })
	t.Cleanup(func() { kill.Stop(); p.cmd.Process.Kill() })
	return p
}

func program(t *testing.T, role string, vars ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append([]string{"SECRET_CHILD=" + role, "PATH=" + os.Getenv("PATH"), "GOCOVERDIR=" + t.TempDir()}, vars...)
	return cmd
}

func (p *person) echoes() bool {
	state, err := unix.IoctlGetTermios(int(p.slave.Fd()), unix.TCGETS)
	if err != nil {
		p.t.Fatal(err)
	}
	return state.Lflag&unix.ECHO != 0
}

// waitFor reads what the terminal shows until the prompt has come and echo is off.
func (p *person) waitFor(prompt string) {
	p.t.Helper()
	buf := make([]byte, 1024)
	from := p.seen.Len()
	for !strings.Contains(p.seen.String()[from:], prompt) {
		p.master.SetReadDeadline(time.Now().Add(15 * time.Second))
		n, err := p.master.Read(buf)
		if err != nil {
			p.t.Fatalf("waiting for the prompt: %v; shown so far: %q", err, p.seen.String())
		}
		p.seen.Write(buf[:n])
	}
	for deadline := time.Now().Add(15 * time.Second); p.echoes(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			p.t.Fatal("echo stays on")
		}
	}
}

func (p *person) types(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the program and wants this result, the echo back, the prompt
// on the terminal only, and the passphrase nowhere.
func (p *person) end(want string) {
	p.t.Helper()
	if err := p.cmd.Wait(); err != nil {
		p.t.Errorf("the program ended with %v", err)
	}
	if p.stdout.String() != want {
		p.t.Errorf("result %s, want %s", p.stdout.String(), want)
	}
	if p.stderr.Len() > 0 {
		p.t.Errorf("stderr has %q", p.stderr.String())
	}
	if !p.echoes() {
		p.t.Error("echo stays off")
	}
	p.slave.Close() // what was shown can be read to its end now
	buf := make([]byte, 1024)
	p.master.SetReadDeadline(time.Now().Add(15 * time.Second))
	for {
		n, err := p.master.Read(buf)
		p.seen.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if strings.Contains(p.seen.String(), "typed") || strings.Contains(p.seen.String(), "鍵") {
		p.t.Error("the terminal shows what was typed")
	}
}

func given(passphrase string) string {
	return fmt.Sprintf("%x|true|false|false|<nil>", passphrase)
}

func TestTerminal(t *testing.T) {
	for name, c := range map[string]struct{ keys, want string }{
		"plain":     {"typed in\n", given("typed in")},
		"non-ascii": {"typed 鍵\n", given("typed 鍵")},
		"return":    {"typed\r", given("typed")},
		"empty":     {"\n", given("")},
		"rubbed":    {"typedx\x7f\n", given("typed")},
		"ctrl-d":    {"\x04typed\n", given("typed")}, // x/term takes no notice of it
		"interrupt": {"typed\x03", "|false|false|true|context canceled"},
	} {
		t.Run(name, func(t *testing.T) {
			p := start(t, "old")
			p.waitFor("Enter passphrase for ?key: ")
			p.types(c.keys)
			p.end(c.want)
		})
	}
}

func TestTerminalGoesAway(t *testing.T) {
	p := start(t, "old")
	p.waitFor("Enter passphrase")
	p.master.Close()
	// The signal and the failed read race; either ends the question.
	if err := p.cmd.Wait(); err != nil || !strings.HasPrefix(p.stdout.String(), "|false|false|") {
		t.Errorf("result %s, %v", p.stdout.String(), err)
	}
}

func TestTerminalNewPassphrase(t *testing.T) {
	p := start(t, "new")
	p.waitFor("New passphrase: ")
	p.types("typed\n")
	p.waitFor("Enter the same passphrase again: ")
	p.types("typed otherwise\n")
	p.waitFor("The two passphrases differ. New passphrase: ")
	p.types("typed\n")
	p.waitFor("Enter the same passphrase again: ")
	p.types("typed\n")
	p.end(given("typed"))
}

func TestTerminalBeforeAskpass(t *testing.T) {
	askpass := script(t, "echo from askpass")
	p := start(t, "old", "DISPLAY=:0", "SSH_ASKPASS="+askpass)
	p.waitFor("Enter passphrase")
	p.types("typed\n")
	p.end(given("typed"))

	start(t, "old", "DISPLAY=:0", "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=prefer").end(given("from askpass"))
	start(t, "old", "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=force").end(given("from askpass"))

	p = start(t, "old", "SSH_ASKPASS="+askpass, "SSH_ASKPASS_REQUIRE=prefer")
	p.waitFor("Enter passphrase")
	p.types("typed\n")
	p.end(given("typed"))
}

// Without a terminal there is the askpass program, or no way at all. Standard
// input is never taken for an answer.
func TestNoTerminal(t *testing.T) {
	askpass := script(t, "echo from askpass")
	const noWay = "|false|true|false|a passphrase is needed, and there is no terminal to ask for it"
	for _, c := range []struct {
		vars []string
		want string
	}{
		{nil, noWay},
		{[]string{"SSH_ASKPASS=" + askpass}, noWay},
		{[]string{"SSH_ASKPASS=" + askpass, "DISPLAY=:0"}, given("from askpass")},
		{[]string{"SSH_ASKPASS=" + askpass, "WAYLAND_DISPLAY=wayland-0"}, given("from askpass")},
		{[]string{"SSH_ASKPASS=" + askpass, "DISPLAY=:0", "SSH_ASKPASS_REQUIRE=never"}, noWay},
		{[]string{"SSH_ASKPASS=" + askpass, "SSH_ASKPASS_REQUIRE=force"}, given("from askpass")},
	} {
		cmd := program(t, "old", c.vars...)
		cmd.Stdin = strings.NewReader("from stdin\n")
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if out, err := cmd.Output(); err != nil || string(out) != c.want {
			t.Errorf("%v: %s, %v; want %s", c.vars, out, err, c.want)
		}
	}
}
