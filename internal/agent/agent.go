// Package agent asks the agents of this system which keys they hold: ssh-agent's
// socket, the pipe of Windows' OpenSSH, and Pageant. It never asks for a signature.
package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	protocol "golang.org/x/crypto/ssh/agent"

	"sshkeys/keytool"
)

// Names of agents.
const (
	SSHAgent = "ssh-agent"
	OpenSSH  = "openssh-ssh-agent" // of Windows
	Pageant  = "pageant"
)

// Agent is one agent, and the keys it holds in the order it gives them. One that
// is locked gives none.
type Agent struct {
	Name string // "ssh-agent", "openssh-ssh-agent" (Windows), "pageant"
	Path string // of its socket or pipe; "" for none
	Keys []Key
	Err  error // an *Error: it is named and does not answer; nil otherwise
}

// Key is one key that an agent holds.
type Key struct {
	Key     *keytool.Key // the public half; nil for a type that is not known
	Comment string
}

// Where says where ssh would look for its agent.
type Where struct {
	IdentityAgent string // sshconfig.Resolved's: a path, "none", or "" for the environment's
	Env           func(name string) string
}

// Reason says why an agent does not answer.
type Reason string

const (
	Missing Reason = "missing" // there is no such socket
	Stale   Reason = "stale"   // there is, and nobody listens any more
	Denied  Reason = "denied"  // it is another account's
	Silent  Reason = "silent"  // it takes the question and says nothing in time
	Foreign Reason = "foreign" // it says what no agent says
)

// Error is an agent that does not answer.
type Error struct {
	Reason Reason
	Err    error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// patience is how long an agent on this machine may take to list its keys.
const patience = 3 * time.Second

// List asks the agents that ssh, or on Windows PuTTY's programs, would ask. One
// that nobody named and that is not there is left out.
func List(ctx context.Context, w Where) []Agent {
	if w.Env == nil {
		w.Env = os.Getenv
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return list(ctx, w)
}

// named is the path of the agent that a config or the environment names, "" for
// none, and "none" where a config forbids them.
func (w Where) named() string {
	if w.IdentityAgent != "" {
		return w.IdentityAgent
	}
	return w.Env("SSH_AUTH_SOCK")
}

// ask lists the keys of the agent that open connects to. Where ctx ends first it
// returns; what open does then is nobody's business any more.
func ask(ctx context.Context, open func(context.Context) ([]*protocol.Key, error)) ([]Key, error) {
	type answer struct {
		keys []*protocol.Key
		err  error
	}
	answers := make(chan answer, 1)
	go func() {
		keys, err := open(ctx)
		answers <- answer{keys, err}
	}()
	select {
	case a := <-answers:
		switch {
		case a.err == nil:
			return keysOf(a.keys), nil
		case ctx.Err() == nil:
			return nil, &Error{reasonOf(a.err), a.err}
		}
	case <-ctx.Done():
	}
	return nil, &Error{Silent, fmt.Errorf("no answer: %w", ctx.Err())}
}

func keysOf(listed []*protocol.Key) []Key {
	var keys []Key
	for _, l := range listed {
		key, err := keytool.NewPublic(l.Blob, l.Comment)
		if err != nil {
			key = nil
		}
		keys = append(keys, Key{key, l.Comment})
	}
	return keys
}

// reasonOf tells from an error of dialling or talking what is the matter.
func reasonOf(err error) Reason {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Missing
	case errors.Is(err, fs.ErrPermission):
		return Denied
	case isRefused(err):
		return Stale
	}
	return Foreign
}
