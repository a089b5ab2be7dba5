package agent

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"github.com/davidmz/go-pageant"
	protocol "golang.org/x/crypto/ssh/agent"
	"golang.org/x/sys/windows"
)

// pipe is where the agent of Windows' OpenSSH listens.
const pipe = `\\.\pipe\openssh-ssh-agent`

func list(ctx context.Context, w Where) []Agent {
	var agents []Agent
	if a, ok := listOpenSSH(ctx, w); ok {
		agents = append(agents, a)
	}
	if pageant.Available() { // PuTTY's programs ask it, whatever ssh's config says
		a := Agent{Name: Pageant}
		a.Keys, a.Err = ask(ctx, func(context.Context) ([]*protocol.Key, error) { return pageant.New().List() })
		agents = append(agents, a)
	}
	return agents
}

// listOpenSSH asks the agent that ssh would ask; false for none.
func listOpenSSH(ctx context.Context, w Where) (Agent, bool) {
	path := w.named()
	if path == "none" {
		return Agent{}, false
	}
	a := Agent{Name: OpenSSH, Path: path}
	if path == "" {
		a.Path = pipe
	}
	a.Keys, a.Err = ask(ctx, func(ctx context.Context) ([]*protocol.Key, error) { return listAt(ctx, a.Path) })
	if e, ok := errors.AsType[*Error](a.Err); ok && path == "" && e.Reason == Missing {
		return Agent{}, false
	}
	return a, true
}

// listAt asks at a pipe, or at a socket, which ports of ssh-agent to Windows have.
func listAt(ctx context.Context, path string) ([]*protocol.Key, error) {
	if !strings.HasPrefix(path, `\\`) {
		var d net.Dialer
		conn, err := d.DialContext(ctx, "unix", path)
		if err != nil {
			return nil, err
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		return protocol.NewClient(conn).List()
	}
	f, err := openPipe(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	defer context.AfterFunc(ctx, func() { f.Close() })()
	return protocol.NewClient(f).List()
}

// openPipe waits for a free end of a pipe. The server may learn who asks, and act
// in nobody's name.
func openPipe(ctx context.Context, path string) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	for {
		h, err := windows.CreateFile(name, windows.GENERIC_READ|windows.GENERIC_WRITE, 0, nil, windows.OPEN_EXISTING,
			windows.FILE_FLAG_OVERLAPPED|windows.SECURITY_SQOS_PRESENT|windows.SECURITY_IDENTIFICATION, 0)
		if err == nil {
			return os.NewFile(uintptr(h), path), nil
		}
		if !errors.Is(err, windows.ERROR_PIPE_BUSY) {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func isRefused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }
