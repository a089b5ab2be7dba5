//go:build !windows

package agent

import (
	"context"
	"errors"
	"net"
	"syscall"

	protocol "golang.org/x/crypto/ssh/agent"
)

func list(ctx context.Context, w Where) []Agent {
	path := w.named()
	if path == "" || path == "none" {
		return nil
	}
	a := Agent{Name: SSHAgent, Path: path}
	a.Keys, a.Err = ask(ctx, func(ctx context.Context) ([]*protocol.Key, error) { return listSocket(ctx, path) })
	return []Agent{a}
}

func listSocket(ctx context.Context, path string) ([]*protocol.Key, error) {
	var d net.Dialer
	conn, err := d.DialContext(ctx, "unix", path)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	return protocol.NewClient(conn).List()
}

// isRefused tells a socket that nobody listens at, or a file that is none.
func isRefused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
