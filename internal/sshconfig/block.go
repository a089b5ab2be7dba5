package sshconfig

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"sshkeys/internal/services"
)

// Block is a Host block to be put into ~/.ssh/config.
type Block struct {
	Host         string // name or address; "" for the service's first host
	User         string // "" where that is not known
	Port         int    // 0 for the service's, else 22
	IdentityFile string // path of the private key; "" where that is not known
	Service      *services.Profile
}

// setting is one line of a block.
type setting struct{ keyword, value string }

// Text is the block, with a name that is short to type. home is written as ~. A
// user that is not known is left open as a comment; of an address that a service
// had it names the host. A key is named with IdentitiesOnly, so that no other is
// offered before it; one whose name no config can hold is left out.
func (b Block) Text(home string) string {
	var t strings.Builder
	fmt.Fprintf(&t, "Host %s\n", quote(b.Alias()))
	for _, s := range b.settings(home) {
		fmt.Fprintf(&t, "  %s %s\n", s.keyword, s.value)
	}
	if b.User == "" {
		t.WriteString("  # User ...\n")
	}
	return t.String()
}

func (b Block) settings(home string) []setting {
	name, port := b.server()
	all := []setting{{"HostName", quote(strings.ReplaceAll(name, "%", "%%"))}}
	if port != 22 {
		all = append(all, setting{"Port", strconv.Itoa(port)})
	}
	if b.User != "" {
		all = append(all, setting{"User", quote(b.User)})
	}
	if file, ok := identityFile(b.IdentityFile, home); ok {
		all = append(all, setting{"IdentityFile", file}, setting{"IdentitiesOnly", "yes"})
	}
	if b.Service == nil {
		return all
	}
	if k := b.Service.Connection.KeepAlive; k != nil {
		all = append(all, setting{"ServerAliveInterval", strconv.Itoa(k.Value)})
	}
	if k := b.Service.Connection.TCPKeepAlive; k != nil {
		all = append(all, setting{"TCPKeepAlive", yesNo(k.Value)})
	}
	return all
}

// server is where the block's connection goes.
func (b Block) server() (name string, port int) {
	name, port = b.Host, b.Port
	if p := b.Service; p != nil {
		host, _, ok := p.FindHost(name)
		if name == "" && len(p.Hosts) > 0 {
			host, ok = p.Hosts[0].Value, true
		}
		if ok {
			name = host.Name
		}
		if ok && port == 0 {
			port = host.Port
		}
	}
	if port == 0 {
		port = 22
	}
	return name, port
}

// Alias is the block's name: ddbj-ftp for DDBJ's ftp-private, jga-gw for JGA's
// gateway. A host of no service keeps the first part of its own.
func (b Block) Alias() string {
	name, _ := b.server()
	label, _, dotted := strings.Cut(name, ".")
	isAddress := strings.Contains(name, ":") || strings.Trim(name, "0123456789.") == ""
	if b.Service == nil {
		if !dotted || isAddress {
			return name
		}
		return label
	}
	id := b.Service.ID
	if isAddress || !b.Service.HasHost(name) {
		return id
	}
	part, _, _ := strings.Cut(strings.TrimPrefix(label, id+"-"), "-")
	return id + "-" + part
}

// identityFile writes a path as the value of IdentityFile, in which % and ${ mean
// something; false for a path that cannot be written there.
func identityFile(path, home string) (string, bool) {
	if path == "" || strings.Contains(path, "${") || strings.ContainsFunc(path, func(c rune) bool { return c < ' ' || c == 0x7f }) {
		return "", false
	}
	if rest, err := filepath.Rel(home, path); err == nil && home != "" && filepath.IsLocal(rest) {
		path = "~/" + rest
	}
	return quote(strings.ReplaceAll(filepath.ToSlash(path), "%", "%%")), true
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Standing is what a config has already that bears on a block.
type Standing struct {
	Named []Place // Host lines that name the block's alias or its host
	// Wins are lines that set for the alias what the block sets, to something else.
	// A block put behind them loses, since of several values the first counts.
	Wins []Place
}

// Place is a line of a config.
type Place struct {
	Line int // 1-based
	Text string
}

// Standing looks for the block's host in the text of a config; what that includes,
// and Match lines but "Match all", are not looked at.
func (b Block) Standing(config, home string) Standing {
	var s Standing
	name, port := b.server()
	wanted := map[string]string{"port": strconv.Itoa(port)}
	for _, set := range b.settings(home) {
		if set.keyword != "IdentityFile" { // each line of it counts
			wanted[strings.ToLower(set.keyword)] = set.value
		}
	}
	active, number := true, 0
	for line := range strings.Lines(config) {
		number++
		text := strings.Trim(line, blanks+"\f")
		keyword, rest := cutKeyword(text)
		keyword, place := strings.ToLower(keyword), Place{number, text}
		words := splitArguments(rest)
		switch value, ours := wanted[keyword]; {
		case keyword == "host":
			active = matchHost(b.Alias(), words)
			if matchHost(b.Alias(), literal(words)) || matchHost(name, literal(words)) {
				s.Named = append(s.Named, place)
			}
		case keyword == "match":
			active = len(words) == 1 && strings.EqualFold(words[0], "all")
		case active && ours && len(words) > 0 && !strings.EqualFold(quote(words[0]), value):
			s.Wins = append(s.Wins, place)
		}
	}
	return s
}

// literal are the patterns without wildcards, "!" ones aside.
func literal(patterns []string) []string {
	var names []string
	for _, p := range patterns {
		if !strings.ContainsAny(p, "*?!") {
			names = append(names, p)
		}
	}
	return names
}
