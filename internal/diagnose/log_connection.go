package diagnose

import (
	"path"
	"regexp"
	"strings"
	"sync"
)

// remark is a line that is no message of the catalogue, but tells of the connection.
type remark struct {
	step step
	// needle stands, in lower case, in every line that matches.
	needle string
	expr   string
}

// step is what a remark means for the login.
type step int

const (
	goesOn   step = iota // it only names something
	serves               // it is a server's log
	connects             // it goes to a server: what was known of that is of another one, or an alias
	begins               // a new connection
	asks                 // the login is under way
	succeeds             // a session is there: what was asked before is answered
)

var remarks = [...]remark{
	{serves, "server listening on", `^Server listening on `},
	{serves, "connection from", `^Connection from \S+ port \d+ on \S+ port \d+`},
	{connects, "connecting to", `^(?:debug1: )?Connecting to (?P<host>[^\s\[]+?)(?: \[(?P<addr>[^\]]+)\])?(?: port (?P<port>\d+))?(?:\.{1,3})?$`},
	{goesOn, "authenticating to", `Authenticating to ` + reHost + `:` + rePort + ` as '` + reUser + `'`},
	{goesOn, "using username", `Using username "(?P<user>[^"]+)"`},
	{goesOn, "offering", `Offering (?:[A-Z0-9_-]+ )?public key: (?P<path>\S[^\n]*?)(?: [A-Z][A-Z0-9_-]+)? (?:SHA256:|MD5:)`},
	{goesOn, "command:", `^Command:\s+open "(?:sftp://)?(?P<user>[^"@]+)@(?P<host>[^"]+)" (?P<port>\d+)`},
	{begins, "status:", `^Status:\s+Connecting to (?P<host>[^\s:]+?)(?::(?P<port>\d+))?\.{1,3}$`},
	{begins, "host name:", `Host name: (?P<host>\S+) \(Port: (?P<port>\d+)\)`},
	{goesOn, "user name:", `User name: (?P<user>[^\s(]+)`},
	{asks, "enter passphrase for key", `Enter passphrase for key '?(?P<path>[^'\n]+?)'?: ?`},
	{asks, "passphrase for key", `Passphrase for key "`},
	{asks, "authenticated to", `Authenticated to (?P<host>[^\s\[(]+)`},
	{asks, "access granted", `Access granted`},
	{goesOn, "decrypt.sh", `decrypt\.sh[^\n]* -k (?P<path>\S+)`},
	{succeeds, "last login", `^Last login: `},
	{succeeds, "sftp>", `^sftp> `},
	{succeeds, "connected to", `^Connected to (?P<host>\S+?)\.$`},
	{succeeds, "accepted publickey", `Accepted publickey for `},
	{succeeds, "welcome to", `^Welcome to `},
	{succeeds, "fetching", `^Fetching .+ to `},
	{succeeds, "uploading", `^Uploading .+ to `},
	{succeeds, "b/s", `\d% \d\S* [\d.]+[KMGT]?B/s `},
	{succeeds, "directory listing", `Directory listing of .* successful`},
}

var compiledRemarks = sync.OnceValue(func() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, m := range remarks {
		all = append(all, regexp.MustCompile(expression(m.expr)))
	}
	return all
})

// follow takes what line i tells of the connection.
func (r *logReader) follow(i int) {
	line := r.lines[i].text
	if about, ok := commandLine(line); ok {
		r.begin(about)
		return
	}
	small := strings.ToLower(line)
	for n, m := range remarks {
		if !strings.Contains(small, m.needle) {
			continue
		}
		at := compiledRemarks()[n].FindStringSubmatchIndex(line)
		if at == nil {
			continue
		}
		var s Symptom
		for g, name := range compiledRemarks()[n].SubexpNames() {
			if name != "" && at[2*g] >= 0 {
				s.set(name, scrub(line[at[2*g]:at[2*g+1]]))
			}
		}
		r.remark(m.step, s, i)
	}
}

func (r *logReader) remark(of step, s Symptom, i int) {
	switch of {
	case connects: // after a command line the user and the key stay
		r.about.Host, r.about.Address, r.about.Port = "", "", 0
	case begins:
		r.begin(Symptom{})
	case serves:
		r.served = true
	case asks:
		r.login = i + 1
	case succeeds:
		r.login = 0
		r.session = len(r.events)
	}
	known := event{Symptom: s}
	known.fill(r.about)
	known.Used = r.about.Used || of == succeeds
	r.about = known.Symptom
}

// begin starts another connection.
func (r *logReader) begin(about Symptom) {
	r.about, r.login, r.served, r.session = about, 0, false, len(r.events)
}

// speakers know a program by the form of its log's lines.
var speakers = sync.OnceValue(func() []struct {
	program string
	line    *regexp.Regexp
} {
	type s = struct {
		program string
		line    *regexp.Regexp
	}
	return []s{
		{"cuteftp", regexp.MustCompile(`^(?:STATUS|ERROR|COMMAND):>`)},
		{"filezilla", regexp.MustCompile(`^(?:\d\d:\d\d:\d\d\s+)?(?:Status|Error|Command|Response|Trace):(?:\t| {2,})`)},
		{"winscp", regexp.MustCompile(`^[.!*<>] \d{4}-\d\d-\d\d \d\d:\d\d:\d\d`)},
		{"sshd", regexp.MustCompile(`\bsshd(?:-session|-auth)?\[\d+\]:`)},
	}
})

func speaker(line string) string {
	for _, s := range speakers() {
		if s.line.MatchString(line) {
			return s.program
		}
	}
	return ""
}

var commandForm = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(.{0,120}[$%#>] ?)?(?:sudo )?(ssh|sftp|scp|plink|psftp|pscp)(?:\.exe)? (.+)$`)
})

// commandLine takes a typed command apart: the host, user, port and key of the
// connection that it begins. Without a prompt before it, only a destination that
// looks like one makes it a command.
func commandLine(line string) (about Symptom, ok bool) {
	m := commandForm().FindStringSubmatch(line)
	if m == nil {
		return Symptom{}, false
	}
	prompted, words := m[1] != "", strings.Fields(m[3])
	for i := 0; i < len(words); i++ {
		flag, value := words[i], ""
		if !strings.HasPrefix(flag, "-") || len(flag) < 2 {
			ok = about.destination(words[i], prompted, m[2]) || ok
			continue
		}
		if takesValue := strings.Contains("bcDEeFIiJLlmOopPQRSWwXs", flag[1:2]); takesValue && len(flag) == 2 && i+1 < len(words) {
			i++
			value = words[i]
		}
		switch value = strings.Trim(value, `'"`); flag {
		case "-i":
			about.Path = scrub(value)
		case "-l":
			about.User = value
		case "-p", "-P":
			about.Port = number(value, 1<<16-1)
		}
	}
	return about, ok
}

// destination takes [user@]host[:path], the first of a command line.
func (s *Symptom) destination(word string, prompted bool, program string) bool {
	word = strings.TrimPrefix(strings.TrimPrefix(strings.Trim(word, `'"`), "sftp://"), "ssh://")
	name, host, at := strings.Cut(word, "@")
	if !at {
		name, host = "", word
	}
	host, rest, colon := strings.Cut(host, ":")
	copies := program == "scp" || program == "pscp"
	switch {
	case s.Host != "", host == "", copies && !colon, !hostName.MatchString(host):
		return false
	case !at && !prompted && !strings.Contains(host, "."):
		return false
	case strings.Contains(name, ":"): // a password in a URL
		name, _, _ = strings.Cut(name, ":")
	}
	if name != "" {
		s.User = name
	}
	s.setHost(host)
	if p := number(path.Dir(rest+"/"), 1<<16-1); p > 0 && s.Port == 0 {
		s.Port = p
	}
	return true
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$`)
