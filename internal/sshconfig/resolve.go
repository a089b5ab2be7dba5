package sshconfig

import (
	"cmp"
	"context"
	"os"
	"os/user"
	"strings"
)

// Query is a login as it is asked for on a command line.
type Query struct {
	Host string // alias, name or address, without user and port: see ParseTarget
	User string // -l; "" for the config's
	Port int    // -p; 0 for the config's
	// Config is that of -F; "" for the account's own and the system's, "none" for none.
	Config     string
	Identities []string // -i
	// Offline keeps ssh from asking name servers (CanonicalizeHostname).
	Offline bool
	// NoPrograms keeps ssh, and what a Match exec names, from being run: for a host that
	// nobody typed.
	NoPrograms bool
	// Env is who asks. What is zero of it is the running account's; the ssh program
	// has this process's environment in any case.
	Env Env
}

// Who evaluated a config.
const (
	bySSH     = "ssh"
	byLibrary = "library"
)

// Resolve tells what ssh would use for a login. Where the ssh program is installed
// that says so itself (ssh -G): it alone evaluates everything, and it runs what a
// Match exec names, as a login would. Where there is none, or it refuses the config
// (then Problems says why), this package evaluates as much as it can, and
// Unevaluated lists the rest. The error is of a Config that cannot be read, or ctx's.
func Resolve(ctx context.Context, q Query) (*Resolved, error) {
	if q.Config != "" && !strings.EqualFold(q.Config, "none") {
		if _, err := os.Stat(q.Config); err != nil {
			return nil, err
		}
	}
	return resolve(ctx, q, Program())
}

// resolve is Resolve with the ssh program at a path, "" for none.
func resolve(ctx context.Context, q Query, program string) (*Resolved, error) {
	if program == "" || q.NoPrograms {
		return evaluate(q), nil
	}
	r, problems, err := askSSH(ctx, q, program)
	if err != nil {
		return nil, err
	}
	if r == nil {
		r = evaluate(q)
		r.Problems = problems
	}
	r.Version = Version(ctx)
	return r, nil
}

// env is the query's, with nothing left open.
func (q Query) env() Env {
	env := q.Env
	if env.Lookup == nil {
		env.Lookup = os.LookupEnv
	}
	if env.Home != "" && env.User != "" {
		return env
	}
	if account, err := user.Current(); err == nil {
		env.Home, env.User = cmp.Or(env.Home, account.HomeDir), cmp.Or(env.User, account.Username)
	}
	return env
}
