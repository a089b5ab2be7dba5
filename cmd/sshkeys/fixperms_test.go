package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/journal"
	"sshkeys/perms"
)

// writerFunc is called with each piece that reaches standard output.
type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// TestFixpermsInterrupted stops a run as soon as it tells of its first change:
// that one is in the journal, no other file is touched, and undo gives it back.
func TestFixpermsInterrupted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are of Unix")
	}
	dir, state := t.TempDir(), t.TempDir()
	key, err := os.ReadFile("../../testdata/keys/ed25519/openssh")
	if err != nil {
		t.Fatal(err)
	}
	names := []string{"a", "b", "c"}
	for _, name := range names {
		if err := os.WriteFile(filepath.Join(dir, name), key, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	open := func() (n int) {
		for _, name := range names {
			if info, err := os.Stat(filepath.Join(dir, name)); err == nil && info.Mode().Perm() == 0o644 {
				n++
			}
		}
		return n
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var stderr bytes.Buffer
	a := newApp()
	a.env = func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }
	a.stdout, a.stderr = bufio.NewWriter(writerFunc(func(p []byte) (int, error) { cancel(); return len(p), nil })), &stderr
	if code := run(ctx, a, []string{"fixperms", dir}); code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	if !strings.Contains(stderr.String(), "interrupted after 1 change\n") || !strings.Contains(stderr.String(), "hint: sshkeys fixperms --undo\n") {
		t.Errorf("stderr: %s", &stderr)
	}
	if n := open(); n != 2 {
		t.Errorf("%d of 3 files are as they were, want 2", n)
	}
	a = newApp()
	a.env = func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }
	a.stdout, a.stderr = bufio.NewWriter(&stderr), &stderr
	if code := run(context.Background(), a, []string{"fixperms", "--undo"}); code != exitOK || open() != 3 {
		t.Errorf("undo: exit code %d, %d files open: %s", code, open(), &stderr)
	}
}

// TestUndoInterrupted: what an undo did not come to stays in the journal.
func TestUndoInterrupted(t *testing.T) {
	state := t.TempDir()
	a := newApp()
	a.env = func(name string) string {
		return map[string]string{"XDG_STATE_HOME": state, "LocalAppData": state}[name]
	}
	var out bytes.Buffer
	a.stdout, a.stderr = bufio.NewWriter(&out), &out
	dir := filepath.Join(state, "sshkeys")
	w := journal.NewWriter(dir, journal.Header{Time: time.Unix(0, 0)})
	file := filepath.Join(state, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Add(perms.Record{Path: file, ID: "1"}); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if code := run(ctx, a, []string{"fixperms", "--undo"}); code != exitFailed || !strings.Contains(out.String(), "interrupted; 1 change left") {
		t.Errorf("exit code %d: %s", code, &out)
	}
	if run, err := journal.Last(dir); err != nil || len(run.Records) != 1 {
		t.Errorf("the journal: %+v, %v", run, err)
	}
}

// TestFixpermsTurns: a run waits for the other that is at work, sees what it left,
// and an undo waits too.
func TestFixpermsTurns(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("modes are of Unix")
	}
	dir, state := t.TempDir(), t.TempDir()
	key, err := os.ReadFile("../../testdata/keys/ed25519/openssh")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "key")
	if err := errors.Join(os.WriteFile(file, key, 0o600), os.Chmod(file, 0o644)); err != nil {
		t.Fatal(err)
	}
	turn, err := journal.Begin(context.Background(), filepath.Join(state, "sshkeys"), nil)
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan struct{})
	done := make(chan string)
	go func() {
		a := newApp()
		a.env = func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }
		var out bytes.Buffer
		a.stdout = bufio.NewWriter(&out)
		a.stderr = writerFunc(func(p []byte) (int, error) {
			if strings.Contains(string(p), "waiting for another sshkeys fixperms") {
				close(told)
			}
			return out.Write(p)
		})
		code := run(context.Background(), a, []string{"fixperms", file})
		done <- fmt.Sprint(code, " ", &out)
	}()
	select {
	case <-told:
	case out := <-done:
		t.Fatalf("it did not wait: %s", out)
	}
	if err := os.Chmod(file, 0o600); err != nil {
		t.Fatal(err)
	}
	turn.End()
	if out := <-done; !strings.HasPrefix(out, "0 ") || strings.Contains(out, "mended") {
		t.Errorf("it did not look after its wait: %s", out)
	}
	if _, err := journal.Last(filepath.Join(state, "sshkeys")); !errors.Is(err, journal.ErrNone) {
		t.Errorf("a journal was left: %v", err)
	}
}

// TestQuote pastes quoted names into a shell, as they are shown.
func TestQuote(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, name := range []string{"", "a b", "it's", `back\slash`, "~", "~root", "-rf", "--", "a\nb", "tab\t'", "\xff\xfe9", "\x1b[31mred", "鍵", "鍵\xff", "$HOME", "a*", "!x", "(1)", "a~"} {
		shown := formats.Visible(quote(name))
		want := name
		if strings.HasPrefix(name, "-") {
			want = "./" + name
		}
		out, err := exec.Command(bash, "-c", "printf %s "+shown).Output()
		if err != nil || string(out) != want {
			t.Errorf("%q is shown as %s, which is %q: %v", name, shown, out, err)
		}
	}
	if got := quote(stdinName); got != stdinName {
		t.Errorf("standard input is shown as %s", got)
	}
	a := newApp()
	a.args = []string{"fixperms", "--check", "a b"}
	if got := a.again("--force"); got != "sshkeys fixperms --force --check 'a b'" {
		t.Errorf("again: %s", got)
	}
}
