package diagnose

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
)

// logChecks are the messages of a pasted text, with what to do about each.
func logChecks(v *Visit) []Finding {
	var found []Finding
	for i := range v.Log {
		s := &v.Log[i]
		f := Finding{Code: s.Code, Severity: s.Severity, File: s.Path, Cause: s.cause()}
		if s.Code == "C01" {
			f.File, f.Line = s.ListFile, s.ListLine
		}
		f.Evidence = append(s.evidence(), s.rules(v)...)
		s.remedy(v, &f)
		found = append(found, f)
	}
	return found
}

// ServiceOf is the service that a host, or an address that one has or had, belongs
// to; nil where none is known.
func ServiceOf(host string) *services.Profile {
	for _, p := range services.All() {
		if hostOf(p, host) != nil {
			return p
		}
	}
	return nil
}

// hostOf is a service's server of a name or an address; nil where it is not among them.
func hostOf(p *services.Profile, name string) *services.Host {
	for i := range p.Hosts {
		h := &p.Hosts[i].Value
		was := func(o services.OldAddress) bool { return o.Address == name }
		if strings.EqualFold(h.Name, name) || slices.Contains(h.Addresses, name) || slices.ContainsFunc(h.OldAddresses, was) {
			return h
		}
	}
	return nil
}

// server is the service and its server that the message is about; nil where none is known.
func (s *Symptom) server(v *Visit) (*services.Profile, *services.Host) {
	for _, name := range [...]string{s.Host, s.Address} {
		if name == "" {
			continue
		}
		if v.Service != nil {
			if h := hostOf(v.Service, name); h != nil {
				return v.Service, h
			}
		}
		if p := ServiceOf(name); p != nil {
			return p, hostOf(p, name)
		}
	}
	return v.Service, nil
}

// cause is the sentence, with what stands in its blanks or a word for it.
func (s *Symptom) cause() catalog.Text {
	if s.Code == NothingKnown {
		return catalog.T(s.Sentence, "lines", s.Detail)
	}
	or := func(value, id string) any {
		if value == "" {
			return catalog.T(id)
		}
		return formats.Visible(value)
	}
	return catalog.T(s.Sentence,
		"file", or(s.Path, "log.a-key"), "list", or(s.ListFile, "log.a-file"), "host", or(cmp.Or(s.Host, s.Address), "log.a-server"),
		"user", or(s.User, "log.a-user"), "type", or(s.KeyType, "log.a-type"), "detail", or(s.Detail, "log.unsaid"))
}

// evidence is where the message stands, and what it names.
func (s *Symptom) evidence() []catalog.Text {
	if s.Code == NothingKnown {
		return nil
	}
	var seen []catalog.Text
	say := func(id, blank, value string) {
		if value != "" && value != "0" {
			seen = append(seen, catalog.T(id, blank, formats.Visible(value)))
		}
	}
	seen = append(seen, catalog.T("log.seen", "line", s.Line, "text", formats.Visible(s.Excerpt)))
	if s.ListLine > 0 && s.Code != "C01" {
		seen = append(seen, catalog.T("log.entry", "list", formats.Visible(s.ListFile), "line", s.ListLine))
	} else if s.Code != "C01" {
		say("log.list", "list", s.ListFile)
	}
	say("log.host", "host", s.Host)
	if s.Address != s.Host {
		say("log.address", "address", s.Address)
	}
	say("log.port", "port", strconv.Itoa(s.Port))
	say("log.user", "user", s.User)
	say("log.key", "file", s.Path)
	say("log.mode", "mode", s.Mode)
	say("log.fingerprint", "fingerprint", s.Fingerprint)
	return seen
}

// rules are what the server's service says of such a case.
func (s *Symptom) rules(v *Visit) []catalog.Text {
	p, _ := s.server(v)
	if p == nil || s.Severity == Info {
		return nil
	}
	var said []catalog.Text
	for _, w := range p.RulesOn(s.Code) {
		said = append(said, catalog.T("log.rule", "service", p.Short(), "text", w.Words()))
	}
	return said
}

// candidate is the key on this machine that the message is about; nil where it may
// be another machine's.
func (s *Symptom) candidate(v *Visit) *Candidate {
	name := strings.TrimPrefix(s.Path, "./")
	if home, ok := strings.CutPrefix(name, "~/"); ok && v.System.Home != "" {
		name = path.Join(v.System.Home, home)
	}
	for i := range v.Keys {
		c := &v.Keys[i]
		if s.Path != "" && c.Err == nil && (c.Name == s.Path || c.Name == name || c.From == FromLog && strings.HasSuffix(c.Name, "/"+name)) {
			return c
		}
	}
	return nil
}

// target is the login as it is written on a command line; nothing without a host.
func (s *Symptom) target(v *Visit) []string {
	host := cmp.Or(s.Host, s.Address)
	if host == "" {
		return targetOf(v)
	}
	if strings.HasPrefix(host, "-") {
		return nil
	}
	words := []string{host}
	if s.User != "" && !strings.HasPrefix(s.User, "-") {
		words[0] = s.User + "@" + host
	}
	if s.Port != 0 && s.Port != 22 {
		words = append(words, "-p", strconv.Itoa(s.Port))
	}
	return words
}

// forgets are the names that known_hosts is to forget: the host and its address,
// and the addresses that its service had before.
func (s *Symptom) forgets(v *Visit) []string {
	var names []string
	add := func(name string) {
		if name == "" || strings.HasPrefix(name, "-") {
			return
		}
		if s.Port != 0 && s.Port != 22 {
			name = "[" + name + "]:" + strconv.Itoa(s.Port)
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	add(s.Host)
	add(s.Address)
	if _, h := s.server(v); h != nil && s.Host != "" {
		for _, address := range h.Addresses {
			add(address)
		}
		for _, old := range h.OldAddresses {
			add(old.Address)
		}
	}
	return names
}

// onKey proposes a command about the key: to be run where the key is one of this
// machine, and else to be read.
func (s *Symptom) onKey(v *Visit, f *Finding, words ...string) {
	if s.Path == "" {
		f.Advice = catalog.T("log.inspect")
		return
	}
	name := s.Path
	c := s.candidate(v)
	if c != nil {
		name, f.File = c.Name, c.Name
	} else if strings.HasPrefix(name, "-") {
		name = "./" + name
	}
	words = append(append([]string{"sshkeys"}, words...), name)
	if c != nil {
		f.Command = words
	} else {
		f.Hint = shellword.Join(words)
	}
}

// hint is a command line to read.
func (f *Finding) hint(words ...string) {
	f.Hint = shellword.Join(append([]string{"sshkeys"}, words...))
}

// ask is the doctor's command for the login that the message is about; none where
// this run has asked the server.
func (s *Symptom) ask(v *Visit, f *Finding, flags ...string) {
	if v.Probe != nil && !slices.Contains(flags, "--ssh-config") {
		return
	}
	if words := s.target(v); len(words) > 0 {
		f.hint(append(append([]string{"doctor"}, flags...), words...)...)
	}
}
