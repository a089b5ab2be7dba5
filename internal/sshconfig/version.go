package sshconfig

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// Bounds on a run of ssh. Match exec runs programs, which may wait; ssh itself has
// no bound on them.
const (
	maxRun    = 20 * time.Second
	maxOutput = 1 << 20 // of stdout and of stderr
)

// Program is the path of the ssh that would be run, "" where there is none: on
// Windows the system's own, elsewhere PATH's.
func Program() string {
	if runtime.GOOS == "windows" {
		own := filepath.Join(os.Getenv("SystemRoot"), "System32", "OpenSSH", "ssh.exe")
		if info, err := os.Stat(own); err == nil && info.Mode().IsRegular() {
			return own
		}
	}
	path, err := exec.LookPath("ssh")
	if err != nil {
		return ""
	}
	return path
}

// Version is what `ssh -V` says, as "OpenSSH_9.2p1 …"; "" where there is no ssh.
func Version(ctx context.Context) string {
	program := Program()
	if program == "" {
		return ""
	}
	out, said, err := run(ctx, program, "-V")
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(said+out), "\n")
	return strings.TrimSpace(line)
}

// run runs a program without a shell, terminal or input, within bounds, and
// returns what it wrote. What is longer than maxOutput is cut.
func run(ctx context.Context, program string, args ...string) (stdout, stderr string, err error) {
	ctx, cancel := context.WithTimeout(ctx, maxRun)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.WaitDelay = time.Second // a program of Match exec may hold its pipes
	out, said := &bounded{}, &bounded{}
	cmd.Stdout, cmd.Stderr = out, said
	err = cmd.Run()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return out.String(), said.String(), err
}

// bounded keeps the first maxOutput bytes that are written to it.
type bounded struct{ bytes.Buffer }

func (b *bounded) Write(p []byte) (int, error) {
	room := min(len(p), maxOutput-b.Len())
	b.Buffer.Write(p[:room])
	return len(p), nil
}

// ReadFrom hides that of bytes.Buffer, which has no bound.
func (b *bounded) ReadFrom(r io.Reader) (int64, error) {
	return io.Copy(struct{ io.Writer }{b}, r)
}
