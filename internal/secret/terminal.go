package secret

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/term"
)

// terminal is the terminal device itself: questions reach a person whatever
// stdin, stdout and stderr are.
type terminal struct{ in, out *os.File }

var errEnded = errors.New("the input ended")

// ask asks without echo. An interrupt, or the terminal's end, ends the question
// with ctx's error and gives the terminal its echo back.
func (t *terminal) ask(ctx context.Context, prompt string) (Bytes, error) {
	// Whatever the caller does about signals, echo must not stay off.
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	fd := int(t.in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		t.close()
		return nil, ErrNoWay
	}
	fmt.Fprint(t.out, "\r"+prompt)
	line, err := await(ctx, func() (Bytes, error) {
		defer runtime.KeepAlive(t) // closed under the read, the number could become another file's
		return term.ReadPassword(fd)
	})
	fmt.Fprintln(t.out)
	if ctx.Err() != nil {
		term.Restore(fd, before)
		line.Clear()
		return nil, ctx.Err()
	}
	t.close()
	switch {
	case err == io.EOF:
		return nil, &SourceError{"passphrase on the terminal", errEnded}
	case err != nil:
		return nil, &SourceError{"passphrase on the terminal", err}
	case line == nil:
		return Bytes{}, nil
	}
	return line, nil
}

func (t *terminal) close() {
	t.in.Close()
	if t.out != t.in {
		t.out.Close()
	}
}
