package secret

import (
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
)

func env(vars ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(vars); i += 2 {
			if vars[i] == name {
				return vars[i+1]
			}
		}
		return ""
	}
}

// script makes a real askpass program.
func script(t *testing.T, lines string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("needs a shell")
	}
	path := filepath.Join(t.TempDir(), "askpass")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+lines), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// The choices of readpass.c:read_passphrase, as a table.
func TestAskpassProgram(t *testing.T) {
	usual := script(t, "")
	for _, c := range []struct {
		require, display, wayland, named string
		usual                            []string
		want                             string
		preferred                        bool
	}{
		{"", "", "", "prog", nil, "", false},
		{"", ":0", "", "prog", nil, "prog", false},
		{"", "", "wayland-0", "prog", nil, "prog", false},
		{"prefer", "", "", "prog", nil, "", false},
		{"prefer", ":0", "", "prog", nil, "prog", true},
		{"Prefer", "", "wayland-0", "prog", nil, "prog", true},
		{"force", "", "", "prog", nil, "prog", true},
		{"FORCE", ":0", "", "prog", nil, "prog", true},
		{"never", ":0", "wayland-0", "prog", nil, "", false},
		{"NEVER", ":0", "", "", []string{usual}, "", false},
		{"nonsense", ":0", "", "prog", nil, "prog", false},
		{"force", "", "", "", []string{usual + "-not", usual}, usual, true},
		{"", ":0", "", "", []string{usual}, usual, false},
		{"force", ":0", "", "", []string{usual + "-not"}, "", false},
		{"force", ":0", "", "", nil, "", false},
	} {
		s := New(Config{Env: env("SSH_ASKPASS", c.named, "SSH_ASKPASS_REQUIRE", c.require, "DISPLAY", c.display, "WAYLAND_DISPLAY", c.wayland)})
		s.askpass = c.usual
		if program, preferred := s.askpassProgram(); program != c.want || preferred != c.preferred {
			t.Errorf("%+v: got %q, %v", c, program, preferred)
		}
	}
}

func forced(program string) *Source {
	return New(Config{Env: env("SSH_ASKPASS", program, "SSH_ASKPASS_REQUIRE", "force")})
}

func TestAskpassOutput(t *testing.T) {
	for _, c := range []struct{ name, lines, want string }{
		{"the prompt is its argument", `[ $# = 1 ] && echo "$1"`, "Passphrase for key: "},
		{"crlf", `printf 'pass\r\n'`, "pass"},
		{"cr", `printf 'pass\rmore'`, "pass"},
		{"no line end", `printf 'pass'`, "pass"},
		{"first line", `printf 'one\ntwo\n'`, "one"},
		{"blanks", `printf '  pass  \n'`, "  pass  "},
		{"utf-8", `echo パスフレーズ`, "パスフレーズ"},
		{"empty", `exit 0`, ""},
		{"no standard input", `cat; echo pass`, "pass"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := forced(script(t, c.lines)).Passphrase(t.Context(), "Passphrase for key: ", 1)
			if err != nil || got == nil || string(got) != c.want {
				t.Errorf("got %q, %v; want %q", []byte(got), err, c.want)
			}
		})
	}
}

func TestAskpassFailures(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		name, program string
		want          error
	}{
		{"cancelled", script(t, "echo "+hidden+"; exit 1"), nil},
		{"killed", script(t, "echo "+hidden+"; kill -9 $$"), nil},
		{"too long", script(t, "echo "+hidden+"; head -c 70000 /dev/zero"), nil},
		{"missing", empty, os.ErrNotExist},
		{"missing in PATH", "no-such-askpass-program", exec.ErrNotFound},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := forced(c.program).Passphrase(t.Context(), "", 1)
			if got != nil || !isSourceError(err) || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("error %v, want a *SourceError", err)
			}
			if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), hidden) {
				t.Error("the error shows what the program said")
			}
		})
	}
}

func TestAskpassStderr(t *testing.T) {
	var stderr bytes.Buffer
	s := New(Config{Env: env("SSH_ASKPASS", script(t, "echo no display >&2; exit 3"), "SSH_ASKPASS_REQUIRE", "force"), Stderr: &stderr})
	if _, err := s.Passphrase(t.Context(), "", 1); err == nil || stderr.String() != "no display\n" {
		t.Errorf("stderr %q, %v", stderr.String(), err)
	}
}

func TestAskpassInterrupted(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := forced(script(t, "exec sleep 600")).Passphrase(ctx, "", 1)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v, want ctx's", err)
	}
}

// answers makes an askpass program that gives one answer after another.
func answers(t *testing.T, list ...string) string {
	t.Helper()
	dir := t.TempDir()
	for i, a := range list {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint(i+1)), []byte(a), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return script(t, fmt.Sprintf(`cd '%s' || exit 9
n=$(($(cat n 2>/dev/null || echo 0) + 1))
echo $n > n
cat $n
`, dir))
}

func TestNewPassphraseAsksTwice(t *testing.T) {
	for _, c := range []struct {
		name    string
		answers []string
		want    string
		err     error
	}{
		{"same", []string{"new", "new"}, "new", nil},
		{"none", []string{"", ""}, "", nil},
		{"second time", []string{"a", "b", "new", "new"}, "new", nil},
		{"third time", []string{"a", "b", "c", "d", "new", "new"}, "new", nil},
		{"never", []string{hidden, "b", "c", "d", "e", "f", "new", "new"}, "", ErrDiffer},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := forced(answers(t, c.answers...)).NewPassphrase(t.Context(), "New passphrase: ")
			if !errors.Is(err, c.err) || string(got) != c.want || (err == nil) != (got != nil) {
				t.Errorf("got %q, %v; want %q, %v", []byte(got), err, c.want, c.err)
			}
			if err != nil && (strings.Contains(err.Error(), hidden) || !isSourceError(err)) {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := forced(script(t, "exit 1")).NewPassphrase(t.Context(), ""); !isSourceError(err) {
		t.Errorf("cancelled: %v", err)
	}
}
