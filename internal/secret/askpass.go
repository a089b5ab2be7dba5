package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// askpassPlaces is where distributions install ssh-askpass; OpenSSH has one of
// these compiled in. Windows has none (see the fork's readpass.c).
func askpassPlaces() []string {
	if runtime.GOOS == "windows" {
		return nil
	}
	return []string{
		"/usr/bin/ssh-askpass", "/usr/libexec/openssh/ssh-askpass", "/usr/lib/ssh/ssh-askpass",
		"/usr/libexec/ssh-askpass", "/usr/local/bin/ssh-askpass", "/usr/X11R6/bin/ssh-askpass",
	}
}

// askpassProgram is the program that may be used, "" for none, and whether it
// comes before the terminal: SSH_ASKPASS_REQUIRE, DISPLAY and SSH_ASKPASS as
// readpass.c:read_passphrase takes them. One that is not named must exist.
func (s *Source) askpassProgram() (program string, preferred bool) {
	allowed := s.cfg.Env("DISPLAY") != "" || s.cfg.Env("WAYLAND_DISPLAY") != ""
	switch strings.ToLower(s.cfg.Env("SSH_ASKPASS_REQUIRE")) {
	case "force":
		allowed, preferred = true, true
	case "prefer":
		preferred = true
	case "never":
		allowed = false
	}
	if !allowed {
		return "", false
	}
	if program := s.cfg.Env("SSH_ASKPASS"); program != "" {
		return program, preferred
	}
	for _, place := range s.askpass {
		if _, err := exec.LookPath(place); err == nil {
			return place, preferred
		}
	}
	return "", false
}

// runAskpass gives the prompt to a program, whose first line of output is the
// passphrase (readpass.c:ssh_askpass). Its standard input is empty: ours may be
// a key file.
func (s *Source) runAskpass(ctx context.Context, program, prompt string) (Bytes, error) {
	out := bounded{make(Bytes, 0, 1024)}
	cmd := exec.CommandContext(ctx, program, prompt)
	cmd.Stdout, cmd.Stderr = &out, s.cfg.Stderr
	cmd.WaitDelay = time.Second // for what it leaves running when it is killed
	err := cmd.Run()
	if ctx.Err() != nil {
		out.line.Clear()
		return nil, ctx.Err()
	}
	if err != nil {
		out.line.Clear()
		return nil, &SourceError{fmt.Sprintf("askpass program %q", program), askpassError(err)}
	}
	line := out.line
	if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
		clear(line[end:])
		line = line[:end]
	}
	return line, nil
}

func askpassError(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return fmt.Errorf("it was cancelled or failed: %w", exit)
	}
	if e, ok := errors.AsType[*exec.Error](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// bounded collects a program's output up to maxLine bytes.
type bounded struct{ line Bytes }

func (b *bounded) Write(p []byte) (int, error) {
	if len(b.line)+len(p) > maxLine {
		return 0, ErrTooLong
	}
	b.line = append(b.line, p...)
	return len(p), nil
}
