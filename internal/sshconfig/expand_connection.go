package sshconfig

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// expander replaces ~, tokens and variables in what ssh leaves as it is written
// until it connects.
type expander struct {
	*reader
	unevaluated []string // "KEYWORD NAME" of what could not be replaced
}

// newExpander knows the tokens of r's connection (ssh.c:
// DEFAULT_CLIENT_PERCENT_EXPAND_ARGS), but for %C, which is not the same in all
// versions.
func newExpander(env Env, r *Resolved) *expander {
	e := &expander{reader: newReader(env, "")}
	alias := r.HostKeyAlias
	if alias == "" {
		alias = r.Alias
	}
	e.values = map[string]string{
		"h": r.HostName, "n": r.Alias, "p": strconv.Itoa(r.Port), "r": r.User, "k": alias, "j": r.ProxyJump,
	}
	if account, err := user.Current(); err == nil {
		e.values["i"] = account.Uid
	}
	if name, err := os.Hostname(); err == nil {
		e.values["l"] = name
		e.values["L"], _, _ = strings.Cut(name, ".")
	}
	return e
}

// all makes absolute paths of names, each once, without "none".
func (e *expander) all(keyword string, names []string) []string {
	var paths []string
	for _, name := range names {
		if strings.EqualFold(name, "none") || name == "" {
			continue
		}
		if path, ok := e.path(name); !ok {
			e.unevaluated = append(e.unevaluated, keyword+" "+name)
		} else if !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func (e *expander) path(name string) (string, bool) {
	if rest, ok := strings.CutPrefix(name, "__PROGRAMDATA__"); ok { // Windows' ssh
		return filepath.Join(filepath.Dir(systemFolder(e.env)), rest), true
	}
	path, ok := e.expand(name)
	if !ok {
		return "", false
	}
	path, err := filepath.Abs(path)
	return path, err == nil
}

// agent is an IdentityAgent: a path, "none", or "" for the environment's
// (ssh.c: main, authfd.c: ssh_get_authentication_socket).
func (e *expander) agent(name string) string {
	if name == "" || name == "SSH_AUTH_SOCK" {
		return ""
	}
	if strings.EqualFold(name, "none") {
		return "none"
	}
	if variable, ok := strings.CutPrefix(name, "$"); ok && !strings.HasPrefix(variable, "{") {
		value, _ := e.env.Lookup(variable)
		return value
	}
	if strings.HasPrefix(name, `\\`) { // a pipe of Windows
		return name
	}
	paths := e.all("identityagent", []string{name})
	return strings.Join(paths, "")
}
