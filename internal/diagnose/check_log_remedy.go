package diagnose

import (
	"path"
	"slices"
	"strconv"
	"strings"

	"sshkeys/internal/catalog"
	"sshkeys/internal/shellword"
)

// remedy says what is to be done about a message.
func (s *Symptom) remedy(v *Visit, f *Finding) {
	switch s.Code[0] {
	case 'K':
		s.remedyKey(v, f)
	case 'P':
		s.remedyPair(v, f)
	case 'C', 'D':
		s.remedyPlace(v, f)
	case 'H':
		s.remedyHost(v, f)
	case 'E':
		s.remedyData(v, f)
	}
}

func (s *Symptom) remedyKey(v *Visit, f *Finding) {
	switch s.Code {
	case "K01", "K02", "K09":
		s.onKey(v, f, "fixperms")
		if c := s.candidate(v); c != nil && len(c.Permissions) == 0 && s.Code != "K09" {
			f.Severity, f.Command = Info, nil
			f.Evidence = append(f.Evidence, catalog.T("log.mended"))
		}
	case "K03":
		f.Advice = catalog.T("log.K03.advice")
		s.onKey(v, f, "import")
	case "K04", "K11":
		s.onKey(v, f, openSSHForm(s.Path)...)
		f.Choice = f.Command != nil
	case "K05":
		f.Advice = catalog.T("log.K05.advice")
		if private := strings.TrimSuffix(s.Path, ".pub"); private != s.Path {
			f.hint("inspect", private)
		}
	case "K06":
		f.Advice = catalog.T("log.K06.advice")
	case "K07":
		s.readKey(f, "fingerprint")
	case "K08":
		f.Advice = catalog.T("log.K08.advice")
		if names := loginKeys(v); len(names) > 0 {
			f.Evidence = append(f.Evidence, catalog.T("K08.candidates", "files", namesOf(names)))
		}
	case "K10":
		s.generate(v, f)
	case "K12":
		s.onKey(v, f, "convert", "--force", "--to", "ppk2")
		f.Choice = f.Command != nil
	case "K13":
		s.onKey(v, f, "convert", "--to", "ppk3")
		f.Choice = f.Command != nil
	case "K14":
		f.Advice = catalog.T("log.K14.advice")
		s.readKey(f, "inspect")
	case "K15":
		f.Advice = catalog.T("log.K15.advice")
	}
}

// openSSHForm are the words that bring a key into OpenSSH's form: beside a .ppk,
// else in its place, with the old one kept as .bak.
func openSSHForm(name string) []string {
	if strings.EqualFold(path.Ext(name), ".ppk") {
		return []string{"convert", "--to", "openssh"}
	}
	return []string{"convert", "--force", "--to", "openssh"}
}

// readKey is a command to read, about the key that the message names.
func (s *Symptom) readKey(f *Finding, words ...string) {
	if s.Path != "" && !strings.HasPrefix(s.Path, "-") {
		f.hint(append(words, s.Path)...)
	}
}

// generate is a new key, of the kind that the service takes.
func (s *Symptom) generate(v *Visit, f *Finding) {
	words := []string{"generate"}
	if p, _ := s.server(v); p != nil {
		words = append(words, "--for", p.ID)
	}
	f.hint(words...)
}

func (s *Symptom) remedyPair(v *Visit, f *Finding) {
	switch s.Code {
	case "P01":
		f.Advice = catalog.T("log.P01.advice")
		if names := loginKeys(v); len(names) == 1 {
			f.hint("public", names[0])
		}
	case "P02", "P09":
		if s.Code == "P09" {
			f.Advice = catalog.T("log.P09.advice")
		}
		s.generate(v, f)
	case "P03":
		f.Advice = catalog.T("log.P03.advice")
	case "P04":
		f.Advice = catalog.T("log.P04.advice")
		if s.Severity != Info {
			s.ask(v, f)
		}
	case "P05":
		s.onKey(v, f, "verify", "--fix")
	}
}

func (s *Symptom) remedyPlace(v *Visit, f *Finding) {
	switch {
	case s.Code == "C01":
		f.Advice = catalog.T("C01.advice")
	case s.Code == "D01":
		f.Advice = catalog.T("log.D01.advice")
		if s.ListFile != "" && !strings.HasPrefix(s.ListFile, "-") {
			f.hint("fixperms", s.ListFile)
		}
	case s.Code == "D02":
		if s.ListFile != "" && !strings.HasPrefix(s.ListFile, "-") {
			f.hint("fixperms", s.ListFile)
		}
	case s.Code == "D04":
		f.Advice = catalog.T("log.D04.advice")
		s.ask(v, f, "--ssh-config")
	case s.Code == "D05":
		f.Advice = catalog.T("log.D05.advice", "options", s.keepAlive(v))
		if !s.Used { // sftp says the same of a login that is dropped
			f.Advice = catalog.T("log.D05.either-advice", "options", s.keepAlive(v), "command", shellword.Join(s.login(v)))
		}
		s.ask(v, f, "--ssh-config")
	}
}

// login is the doctor's command that tries the login itself.
func (s *Symptom) login(v *Visit) []string {
	words := s.target(v)
	if len(words) == 0 {
		words = []string{"HOST"}
	}
	if !strings.Contains(words[0], "@") {
		words[0] = "USER@" + words[0]
	}
	return append([]string{"sshkeys", "doctor", "--login"}, words...)
}

// keepAlive are the options that the service asks for, else the ServerAliveInterval
// that most do (seed 000 #disconnect).
func (s *Symptom) keepAlive(v *Visit) []string {
	p, _ := s.server(v)
	if p == nil || p.Connection.KeepAlive == nil {
		return []string{"ServerAliveInterval 60"}
	}
	options := []string{"ServerAliveInterval " + strconv.Itoa(p.Connection.KeepAlive.Value)}
	if tcp := p.Connection.TCPKeepAlive; tcp != nil && !tcp.Value {
		options = append(options, "TCPKeepAlive no")
	}
	return options
}

func (s *Symptom) remedyHost(v *Visit, f *Finding) {
	switch s.Code {
	case "H01":
		s.remedyHostKey(v, f)
	case "H02":
		s.remedyDropped(v, f)
	case "H03":
		s.remedyNetwork(v, f)
	case "H04":
		s.remedyAccount(v, f)
	case "H05":
		f.Advice = catalog.T("log.H05.advice")
		if s.Sentence == "log.H05" || s.Sentence == "log.H05.server" {
			s.generate(v, f)
		}
	case "H06", "H07", "H08":
		f.Advice = catalog.T("log.refused.advice")
		s.ask(v, f)
	case "H09":
		f.Advice = catalog.T("log.H09.advice")
	case "H10":
		f.Advice = catalog.T("log.H10.advice")
		s.ask(v, f, "--online")
	case "H12":
		f.Advice = catalog.T("H12.advice")
	}
}

// remedyAccount has the password changed where that has expired. OpenSSH's server
// asks for the new one at a terminal only (session.c:do_pwchange); others take the
// command without one (seed 004, 5.5.4).
func (s *Symptom) remedyAccount(v *Visit, f *Finding) {
	if s.Sentence != "log.H04.password" {
		f.Advice = catalog.T("log.H04.advice")
		s.ask(v, f)
		return
	}
	words := []string{"ssh"}
	if s.Program != "" {
		words = append(words, "-t")
	}
	login := s.target(v)
	if len(login) > 0 {
		f.Hint = shellword.Join(slices.Concat(words, login[1:], login[:1], []string{"passwd"}))
	}
	f.Advice = catalog.T("log.H04.password-advice", "command", strings.Join(append(words, "USER@HOST", "passwd"), " "))
}

func (s *Symptom) remedyHostKey(v *Visit, f *Finding) {
	switch s.Sentence {
	case "log.H01.revoked":
		f.Advice = catalog.T("log.H01.revoked-advice")
		return
	case "log.H01.unknown":
		f.Advice = catalog.T("log.H01.unknown-advice")
		return
	}
	f.Advice = catalog.T("log.H01.advice")
	names := s.forgets(v)
	if len(names) == 0 {
		return
	}
	words := append([]string{"known-hosts", "remove"}, names...)
	if s.ListFile != "" && path.Base(strings.ReplaceAll(s.ListFile, `\`, "/")) != "known_hosts" {
		words = append(words, "-f", s.ListFile)
	}
	if len(v.KnownHosts) > 0 {
		f.Command, f.Choice = append([]string{"sshkeys"}, words...), true
	} else {
		f.hint(words...)
	}
}

func (s *Symptom) remedyDropped(v *Visit, f *Finding) {
	switch p, h := s.server(v); {
	case s.Sentence == "log.H02.closed":
		f.Advice = catalog.T("log.H02.look")
		s.ask(v, f)
	case h != nil:
		f.Advice = catalog.T("log.H02.contact", "service", p.Short(), "user", s.account())
	default:
		f.Advice = catalog.T("log.H02.advice", "user", s.account())
	}
}

// account is the name to tell a support desk.
func (s *Symptom) account() any {
	if s.User == "" {
		return catalog.T("log.your-account")
	}
	return s.User
}

func (s *Symptom) remedyNetwork(v *Visit, f *Finding) {
	host, port := s.Host, s.Port
	if host == "" {
		host = s.Address
	}
	switch _, h := s.server(v); {
	case s.Sentence == "log.H03.penalty":
		f.Advice = catalog.T("log.H03.penalty-advice")
	case h != nil && len(h.Addresses) > 0:
		f.Advice = catalog.T("log.H03.service-advice", "host", h.Name, "address", strings.Join(h.Addresses, ", "), "port", h.Port)
	case host != "" && port > 0:
		f.Advice = catalog.T("log.H03.ask-advice", "host", host, "port", port)
	default:
		f.Advice = catalog.T("log.H03.advice")
	}
	s.ask(v, f, "--online")
}

func (s *Symptom) remedyData(v *Visit, f *Finding) {
	switch s.Code {
	case "E01":
		f.Advice = catalog.T("log.E01.advice")
		s.onKey(v, f, "convert", "--force", "--to", "pkcs1")
		f.Choice = f.Command != nil
	case "E03":
		f.Advice = catalog.T("log.E03.advice")
	case "E05":
		f.Advice = catalog.T("log.E05.advice")
	case "E06":
		f.Advice = catalog.T("log.E06.advice")
		f.hint("generate", "-t", "crypt4gh")
	case "E07":
		f.Advice = catalog.T("log.E07.advice")
	case "E08":
		f.Advice = catalog.T("log.E08.advice")
	case "E09":
		f.Advice = catalog.T("log.E09.advice")
	}
}
