package sshconfig

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// evaluator does what ssh -G does, as far as that goes without ssh.
type evaluator struct {
	*reader
	alias       string              // the host as it was named
	values      map[string][]string // arguments by keyword, of the first line that counts
	lists       map[string][]string // those of which every line counts
	unevaluated []string
}

// evaluate is Resolve without ssh.
func evaluate(q Query) *Resolved {
	env := q.env()
	e := &evaluator{alias: q.Host, values: map[string][]string{}, lists: map[string][]string{}}
	if q.User != "" {
		e.values["user"] = []string{q.User}
	}
	if q.Port != 0 {
		e.values["port"] = []string{fmt.Sprint(q.Port)}
	}
	e.lists["identityfile"] = slices.Clone(q.Identities)
	configs := []string{userConfig(env), systemConfig(env)}
	switch {
	case strings.EqualFold(q.Config, "none"):
		configs = nil
	case q.Config != "":
		configs = []string{q.Config}
	}
	for _, config := range configs {
		path, err := filepath.Abs(config)
		if err != nil {
			continue
		}
		e.reader = newReader(env, path)
		e.config(path, 0)
	}
	return e.resolved(q, env)
}

// config evaluates one file. Unlike reader.file it reads a file as often as it is
// included, for it may count the second time only.
func (e *evaluator) config(path string, depth int) {
	if depth > maxDepth || e.files == maxFiles {
		return
	}
	e.files++
	text, err := e.read(path)
	if err != nil {
		if !os.IsNotExist(err) {
			e.unevaluated = append(e.unevaluated, fmt.Sprintf("%s: %v", path, err))
		}
		return
	}
	active, number := true, 0
	for line := range strings.Lines(text) {
		number++
		line, _, _ = strings.Cut(line, "\x00")
		line = strings.Trim(line, blanks+"\f")
		keyword, rest := cutKeyword(line)
		keyword = strings.ToLower(keyword)
		written := fmt.Sprintf("%s:%d: %s", path, number, line)
		switch {
		case keyword == "" || strings.HasPrefix(keyword, "#"):
		case keyword == "host":
			active = matchHost(e.alias, splitArguments(rest))
		case keyword == "match":
			active = e.match(splitArguments(rest), written)
		case active && keyword == "include":
			e.includeAll(splitArguments(rest), written, depth)
		case active:
			e.set(keyword, rest, written)
		}
	}
}

func (e *evaluator) includeAll(names []string, written string, depth int) {
	for _, name := range names {
		if e.names++; e.names > maxIncludes {
			return
		}
		paths, ok := e.included(name)
		if !ok {
			e.unevaluated = append(e.unevaluated, written)
		}
		for _, path := range paths {
			if !e.isFolder(path) {
				e.config(path, depth+1)
			}
		}
	}
}

// set takes what one line says, if no line before it did.
func (e *evaluator) set(keyword, rest, written string) {
	words := splitArguments(rest)
	switch keyword {
	case "identityfile", "certificatefile":
		e.lists[keyword] = append(e.lists[keyword], words[:min(len(words), 1)]...)
		return
	case "proxycommand":
		words = []string{rest}
	case "canonicalizehostname":
		if len(words) > 0 && !isNo(words[0]) {
			e.unevaluated = append(e.unevaluated, written)
		}
	case "pubkeyacceptedkeytypes": // before OpenSSH 8.5
		keyword = "pubkeyacceptedalgorithms"
	}
	if keyword == "proxycommand" && e.first("proxyjump") != "" || keyword == "proxyjump" && e.values["proxycommand"] != nil {
		return // the first of the two counts
	}
	if len(words) > 0 && e.values[keyword] == nil {
		e.values[keyword] = words
	}
}

// first is the argument of a keyword; "" for none, and for "none".
func (e *evaluator) first(keyword string) string {
	if words := e.values[keyword]; len(words) > 0 && !strings.EqualFold(words[0], "none") {
		return words[0]
	}
	return ""
}

// hostName is where the connection goes, as far as was read.
func (e *evaluator) hostName() string {
	name := cmp.Or(e.first("hostname"), e.alias)
	name = strings.NewReplacer("%%", "%", "%h", e.alias).Replace(name)
	return strings.ToLower(name)
}

// resolved fills in ssh's defaults (readconf.c: fill_default_options).
func (e *evaluator) resolved(q Query, env Env) *Resolved {
	r := &Resolved{
		By: byLibrary, Alias: q.Host, HostName: e.hostName(), User: cmp.Or(e.first("user"), env.User), UserNamed: e.first("user") != "",
		Port: cmp.Or(number(e.first("port")), 22), HostKeyAlias: e.first("hostkeyalias"),
		Named: len(e.lists["identityfile"]) > 0, IdentitiesOnly: isYes(e.first("identitiesonly")),
		StrictHostKeys: strictness(e.first("stricthostkeychecking")), CheckHostIP: isYes(e.first("checkhostip")),
		PubkeyAlgorithms:  e.algorithms("pubkeyacceptedalgorithms"),
		HostKeyAlgorithms: e.algorithms("hostkeyalgorithms"), KexAlgorithms: e.algorithms("kexalgorithms"),
		Ciphers: e.algorithms("ciphers"), MACs: e.algorithms("macs"),
		PubkeyAuthentication: !isNo(e.first("pubkeyauthentication")),
		ProxyJump:            e.first("proxyjump"), ProxyCommand: e.first("proxycommand"),
		ServerAliveInterval: seconds(e.first("serveraliveinterval")), TCPKeepAlive: !isNo(e.first("tcpkeepalive")),
		ConnectTimeout: seconds(e.first("connecttimeout")),
	}
	x := newExpander(env, r)
	identities := e.lists["identityfile"]
	if !r.Named {
		identities = defaultIdentities()
	}
	global := filepath.Join(systemFolder(env), "ssh_known_hosts")
	r.IdentityFiles = x.all("IdentityFile", identities)
	r.CertificateFiles = x.all("CertificateFile", e.lists["certificatefile"])
	r.UserKnownHosts = x.all("UserKnownHostsFile", e.or("userknownhostsfile", "~/.ssh/known_hosts", "~/.ssh/known_hosts2"))
	r.GlobalKnownHosts = x.all("GlobalKnownHostsFile", e.or("globalknownhostsfile", global, global+"2"))
	r.IdentityAgent = x.agent(strings.Join(e.values["identityagent"], ""))
	r.Unevaluated = slices.Concat(e.unevaluated, x.unevaluated)
	return r
}

func (e *evaluator) or(keyword string, defaults ...string) []string {
	if words := e.values[keyword]; words != nil {
		return words
	}
	return defaults
}

// algorithms is a list that replaces ssh's own; nil for one that changes it, or
// has patterns: that takes to know ssh's.
func (e *evaluator) algorithms(keyword string) []string {
	value := e.first(keyword)
	if strings.ContainsAny(value, "*?!") || value != "" && strings.Contains("+-^", value[:1]) {
		return nil
	}
	return list(value)
}

// defaultIdentities are the keys that ssh tries by itself (readconf.c:
// fill_default_options), without the types that no longer are.
func defaultIdentities() []string {
	return []string{"~/.ssh/id_rsa", "~/.ssh/id_ecdsa", "~/.ssh/id_ecdsa_sk", "~/.ssh/id_ed25519", "~/.ssh/id_ed25519_sk"}
}
