package sshconfig

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// askSSH runs ssh -G. Where ssh refuses the config, Resolved is nil and the
// problems are its words; where ssh is older than 6.8 and has no -G, there are none.
func askSSH(ctx context.Context, q Query, program string) (*Resolved, []Problem, error) {
	env := q.env()
	config, done, err := configFor(q.Config, env)
	if err != nil {
		return nil, nil, err
	}
	defer done()
	out, said, err := run(ctx, program, arguments(q, config)...)
	if _, refused := errors.AsType[*exec.ExitError](err); refused {
		if strings.Contains(said, "option -- G") {
			return nil, nil, nil
		}
		return nil, problemsIn(said, env), nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("ssh -G: %w", err)
	}
	plain, _, err := run(ctx, program, "-G", "-F", "none", "--", "localhost")
	if err != nil {
		return nil, nil, fmt.Errorf("ssh -G: %w", err)
	}
	return resolvedFrom(out, plain, q, env), nil, nil
}

// arguments are those of ssh -G, which connects to nobody.
func arguments(q Query, config string) []string {
	args := []string{"-G"}
	if q.Offline {
		args = append(args, "-o", "CanonicalizeHostname=no")
	}
	if config != "" {
		args = append(args, "-F", config)
	}
	if q.Port != 0 {
		args = append(args, "-p", strconv.Itoa(q.Port))
	}
	if q.User != "" {
		args = append(args, "-l", q.User)
	}
	for _, name := range q.Identities {
		args = append(args, "-i", name)
	}
	return append(args, "--", q.Host)
}

// configFor is what -F is to name, "" for nothing. ssh looks for its config in the
// home of the account, whatever $HOME is: where that is not the query's, it gets
// one for this run that includes the query's and the system's.
func configFor(config string, env Env) (path string, done func(), err error) {
	if config != "" || accountHome() == filepath.Clean(env.Home) {
		return config, func() {}, nil
	}
	f, err := os.CreateTemp("", "sshkeys-config-")
	if err != nil {
		return "", nil, err
	}
	done = func() { os.Remove(f.Name()) }
	known := filepath.Join(env.Home, ".ssh", "known_hosts")
	_, err = fmt.Fprintf(f, "Include %s\nInclude %s\nUserKnownHostsFile %s %s\n",
		quote(userConfig(env)), quote(systemConfig(env)), quote(known), quote(known+"2"))
	if err = errors.Join(err, f.Close()); err != nil {
		done()
		return "", nil, err
	}
	return f.Name(), done, nil
}

func accountHome() string {
	account, err := user.Current()
	if err != nil {
		return ""
	}
	return filepath.Clean(account.HomeDir)
}

// rehome undoes that ssh took the account's home for ~ where the query has another.
func rehome(path string, env Env) string {
	rest, ok := strings.CutPrefix(path, accountHome())
	if !ok || rest != "" && !isSeparator(rune(rest[0])) || strings.HasPrefix(path, env.Home) {
		return path
	}
	return env.Home + rest
}

// resolvedFrom reads what ssh -G printed (readconf.c: dump_client_config). plain is
// the same without a config: its identity files are the defaults.
func resolvedFrom(out, plain string, q Query, env Env) *Resolved {
	values, defaults := options(out), options(plain)
	first := func(keys ...string) string {
		for _, key := range keys {
			if v := values[key]; len(v) > 0 && !strings.EqualFold(v[0], "none") {
				return v[0]
			}
		}
		return ""
	}
	r := &Resolved{
		By: bySSH, Alias: q.Host, HostName: first("hostname"), User: first("user"), Port: number(first("port")), HostKeyAlias: first("hostkeyalias"),
		UserNamed:      q.User != "" || first("user") != strings.Join(defaults["user"], ""),
		Named:          !slices.Equal(values["identityfile"], defaults["identityfile"]),
		IdentitiesOnly: isYes(first("identitiesonly")),
		StrictHostKeys: strictness(first("stricthostkeychecking")), CheckHostIP: isYes(first("checkhostip")),
		PubkeyAlgorithms:  list(first("pubkeyacceptedalgorithms", "pubkeyacceptedkeytypes")),
		HostKeyAlgorithms: list(first("hostkeyalgorithms")), KexAlgorithms: list(first("kexalgorithms")),
		Ciphers: list(first("ciphers")), MACs: list(first("macs")),
		PubkeyAuthentication: !isNo(first("pubkeyauthentication")),
		ProxyJump:            first("proxyjump"), ProxyCommand: first("proxycommand"),
		ServerAliveInterval: seconds(first("serveraliveinterval")), TCPKeepAlive: !isNo(first("tcpkeepalive")),
		ConnectTimeout: seconds(first("connecttimeout")),
	}
	e := newExpander(env, r)
	r.IdentityFiles = e.all("identityfile", values["identityfile"])
	r.CertificateFiles = e.all("certificatefile", values["certificatefile"])
	r.IdentityAgent = e.agent(strings.Join(values["identityagent"], ""))
	for _, name := range e.all("userknownhostsfile", pathsIn(strings.Join(values["userknownhostsfile"], " "))) {
		r.UserKnownHosts = append(r.UserKnownHosts, rehome(name, env))
	}
	r.GlobalKnownHosts = e.all("globalknownhostsfile", pathsIn(strings.Join(values["globalknownhostsfile"], " ")))
	r.Unevaluated = e.unevaluated
	return r
}

// options are the lines of ssh -G by their keywords, in their order.
func options(out string) map[string][]string {
	values := map[string][]string{}
	for line := range strings.Lines(out) {
		keyword, value, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		keyword = strings.ToLower(keyword)
		values[keyword] = append(values[keyword], value)
	}
	return values
}

// pathsIn parts the paths of one line of ssh -G, which quotes none of them: a word
// that does not begin like a path belongs to the one before it.
func pathsIn(line string) []string {
	var paths []string
	for _, word := range strings.Split(line, " ") {
		begins := filepath.IsAbs(word) || strings.HasPrefix(word, "/") || strings.HasPrefix(word, "~") || strings.HasPrefix(word, "%") || strings.HasPrefix(word, "__PROGRAMDATA__")
		if last := len(paths) - 1; last >= 0 && !begins {
			paths[last] += " " + word
			continue
		}
		paths = append(paths, word)
	}
	return paths
}

var problemLine = regexp.MustCompile(`^(.*?):? line (\d+): (.*)$`)

// problemsIn reads why ssh refused: lines as "FILE: line N: Bad configuration
// option: WORD" or "Bad owner or permissions on FILE" (readconf.c). What it says
// without a place counts only where nothing else does.
func problemsIn(said string, env Env) []Problem {
	var placed, others []Problem
	for line := range strings.Lines(said) {
		line = strings.TrimSpace(line)
		if m := problemLine.FindStringSubmatch(line); m != nil {
			p := Problem{File: m[1], Text: m[3]}
			p.Line, _ = strconv.Atoi(m[2])
			p.Option = optionAt(p.File, p.Line, env)
			placed = append(placed, p)
		} else if file, ok := strings.CutPrefix(line, "Bad owner or permissions on "); ok {
			placed = append(placed, Problem{File: file, Text: line})
		} else if line != "" && !strings.HasPrefix(line, "Pseudo-terminal ") && !strings.HasPrefix(line, "Warning: ") {
			others = append(others, Problem{Text: line})
		}
	}
	switch {
	case placed != nil:
		return placed
	case others != nil:
		return others
	}
	return []Problem{{Text: "ssh -G fails without a word"}}
}

// optionAt is the keyword of a line of a file, as it is written there.
func optionAt(file string, number int, env Env) string {
	path, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	text, _ := newReader(env, path).read(path)
	for line := range strings.Lines(text) {
		if number--; number == 0 {
			keyword, _ := cutKeyword(strings.TrimLeft(line, blanks))
			return keyword
		}
	}
	return ""
}
