package diagnose

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/agent"
	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// ReportOptions are how a report is written.
type ReportOptions struct {
	Lang    catalog.Lang
	Full    bool     // with user names, paths, hosts and comments
	Version string   // of sshkeys, and the system it is built for
	Asked   []string // the command line, its first word "sshkeys"; nil leaves it out
}

// reportLines is how long a report should be at most.
const reportLines = 60

// Report is a visit as one text for a support desk, to be pasted into a mail. Key
// material is never in it. Without Full neither is a name of the person's own: user
// names, paths, comments, and hosts but those of the services that sshkeys knows by
// itself. found is what Judge found, in its order.
func Report(v *Visit, found []Finding, opt ReportOptions) string {
	r := newReport(v, found, opt)
	var lines []string
	for _, much := range []detail{
		{md5: 40, evidence: true, keys: 40, findings: 40, commands: 12},
		{md5: 4, evidence: true, keys: 8, findings: 20, commands: 8},
		{md5: 2, keys: 6, findings: 12, commands: 6},
		{md5: 1, keys: 3, findings: 7, commands: 3},
		{keys: 2, findings: 4, commands: 2},
	} {
		if lines = r.write(v, found, opt, much); len(lines) <= reportLines {
			break
		}
	}
	return strings.Join(lines, "\n") + "\n"
}

// detail is how much of each kind is written out; what is over is counted.
type detail struct {
	md5, keys, findings, commands int
	evidence                      bool
}

// report is a report under way.
type report struct {
	redactor
	numbers map[int]int // of the candidates that are there, from 1, by their index in Visit.Keys
	lines   []string
}

func newReport(v *Visit, found []Finding, opt ReportOptions) *report {
	r := &report{
		redactor: redactor{lang: opt.Lang, full: opt.Full, windows: v.System.OS == "windows", files: map[string]catalog.Text{}, public: publicTexts(opt.Lang)},
		numbers:  map[int]int{},
	}
	r.home = strings.TrimSuffix(strings.ReplaceAll(v.System.Home, `\`, "/"), "/")
	for i, c := range v.Keys {
		if c.From != FromDefault || !errors.Is(c.Err, fs.ErrNotExist) {
			r.numbers[i] = len(r.numbers) + 1
		}
	}
	for _, verdict := range publicVerdicts(v) {
		r.public[verdict] = true
	}
	r.labelKeys(v)
	r.labelFiles(v)
	shown := []string{opt.Version, opensshIn(v.System.SSH)}
	if v.Probe != nil {
		shown = append(shown, opensshIn(v.Probe.Greeting.Version))
	}
	for _, f := range found {
		shown = append(shown, string(codeOf(f)))
	}
	r.own = r.ownNames(v, found, shown...)
	return r
}

// publicVerdicts are what a service that sshkeys knows by itself says of the keys,
// where nothing out of the file itself is quoted in it.
func publicVerdicts(v *Visit) []string {
	var all []string
	for _, c := range v.Keys {
		if !isBuiltin(v.Service) || c.Envelope == nil || c.Envelope.CanOpen() != nil || c.Key == nil || c.Key.Algorithm().Family == keytool.Unknown {
			continue
		}
		for _, verdict := range ServiceVerdicts(v.Service, c) {
			all = append(all, verdict.Why)
		}
	}
	return all
}

func isBuiltin(p *services.Profile) bool { return p != nil && services.Lookup(p.ID) == p }

// label gives a file its name in the report. The first label counts.
func (r *report) label(path string, label catalog.Text) {
	if at := r.place(path); path != "" && r.files[at].IsZero() {
		r.files[at] = label
	}
}

func (r *report) labelKeys(v *Visit) {
	for i, c := range v.Keys {
		if number, ok := r.numbers[i]; ok {
			r.label(c.Name, catalog.T("report.key", "number", number))
		}
	}
	for i, c := range v.Keys {
		if number, ok := r.numbers[i]; ok {
			r.label(c.NeighbourName, catalog.T("report.pub", "file", catalog.T("report.key", "number", number)))
		}
	}
	for i, d := range v.Data {
		r.label(d.Path, catalog.T("report.file.data", "number", i+1))
	}
}

func (r *report) labelFiles(v *Visit) {
	for _, l := range v.Authorized {
		r.label(l.Path, catalog.T("report.file.authorized_keys"))
	}
	if c := v.Client; c != nil {
		for _, path := range c.UserKnownHosts {
			r.label(path, catalog.T("report.file.known_hosts"))
		}
		for _, path := range c.GlobalKnownHosts {
			r.label(path, catalog.T("report.file.system_known_hosts"))
		}
		for _, p := range c.Problems {
			r.label(p.File, catalog.T("report.file.config"))
		}
		r.label(c.IdentityAgent, catalog.T("report.file.socket"))
	}
	for _, l := range v.KnownHosts {
		r.label(l.File, catalog.T("report.file.known_hosts"))
	}
	for _, a := range v.Agents {
		r.label(a.Path, catalog.T("report.file.socket"))
	}
	for _, p := range v.Places {
		r.label(p.Path, roleLabel(p.Role))
	}
	r.label(v.System.Home, catalog.T("report.file.home"))
	r.labelNames(v)
}

// labelNames knows the visit's user and host wherever a value is just that.
func (r *report) labelNames(v *Visit) {
	var hosts, users []string
	if c := v.Client; c != nil {
		hosts, users = []string{c.HostName, c.Alias, c.HostKeyAlias}, []string{c.User}
	}
	if p := v.Probe; p != nil {
		hosts, users = append(append(hosts, p.Host), p.Addresses...), append(users, p.User)
	}
	for _, host := range hosts {
		if !r.isPublic(host) {
			r.label(host, catalog.T("report.host"))
		}
	}
	for _, user := range users {
		r.label(user, catalog.T("report.user"))
	}
}

func roleLabel(role perms.Role) catalog.Text {
	switch role {
	case perms.Config, perms.IncludedConfig, perms.SystemConfig:
		return catalog.T("report.file.config")
	case perms.KnownHosts:
		return catalog.T("report.file.known_hosts")
	case perms.AuthorizedKeys, perms.AdminKeys:
		return catalog.T("report.file.authorized_keys")
	case perms.SSHDir:
		return catalog.T("report.file.ssh_dir")
	case perms.Home:
		return catalog.T("report.file.home")
	case perms.ParentDir:
		return catalog.T("report.file.parent")
	}
	return catalog.T("report.file")
}

// write is the whole report, in lines.
func (r *report) write(v *Visit, found []Finding, opt ReportOptions, much detail) []string {
	r.lines = nil
	holds := catalog.T("report.holds")
	if r.full {
		holds = catalog.T("report.holds_full")
	}
	r.paragraph("", 0, catalog.T("report.title"))
	r.paragraph("", 0, holds)
	r.blank()
	r.row("report.system", system(v.System, opt.Version)...)
	if len(opt.Asked) > 0 {
		r.line(headWidth, r.head("report.asked")+r.command(opt.Asked))
	}
	r.row("report.login", r.login(v)...)
	if v.Client != nil {
		r.row("report.config", clientConfig(v.Client)...)
	}
	r.row("report.agents", r.agents(v)...)
	if v.Client != nil {
		r.row("report.known_hosts", hostLines(v.KnownHosts, much.keys)...)
	}
	r.stages(v.Probe)
	r.keys(v, much)
	r.findings(found, much)
	r.next(found, much.commands)
	return r.lines
}

func (r *report) blank() { r.lines = append(r.lines, "") }

// line adds a line, wrapped; what is left of the person's names is taken out before.
func (r *report) line(indent int, text string) {
	r.lines = append(r.lines, wrap(r.sweep(formats.Visible(text)), reportWidth, indent)...)
}

// paragraph adds texts, each as it may be shown, with a semicolon between them.
func (r *report) paragraph(before string, indent int, texts ...catalog.Text) {
	var said []string
	for _, t := range texts {
		if words := r.lang.Say(r.text(t)); words != "" {
			said = append(said, words)
		}
	}
	if len(said) > 0 {
		r.line(indent, before+strings.Join(said, r.lang.Say(catalog.T("report.and"))))
	}
}

// stages are the steps of the probe, a line each.
func (r *report) stages(p *Probe) {
	head := r.head("report.probe")
	for _, stage := range r.probed(p) {
		r.paragraph(head, headWidth+2, stage)
		head = strings.Repeat(" ", headWidth)
	}
}

// row is a paragraph with a heading before it.
func (r *report) row(head string, texts ...catalog.Text) {
	r.paragraph(r.head(head), headWidth, texts...)
}

// headWidth are the columns of a heading and the blanks after it.
const headWidth = 14

func (r *report) head(id string) string {
	head := r.lang.Say(catalog.T(id))
	return head + strings.Repeat(" ", max(headWidth-columns(head), 1))
}

func system(s System, version string) []catalog.Text {
	all := []catalog.Text{catalog.T("report.plain", "text", ours("sshkeys "+version))}
	if s.WSL {
		all = append(all, catalog.T("report.wsl"))
	}
	switch version := opensshIn(s.SSH); {
	case version != "":
		return append(all, catalog.T("report.plain", "text", version))
	case s.SSH != "":
		return append(all, catalog.T("report.other_ssh"))
	}
	return append(all, catalog.T("report.no_ssh"))
}

var opensshAtStart = regexp.MustCompile(`^` + opensshVersion)

// opensshIn is OpenSSH's version at the beginning of a text that may say more; else "".
func opensshIn(text string) string { return opensshAtStart.FindString(text) }

// login is where the visit wanted to.
func (r *report) login(v *Visit) []catalog.Text {
	var all []catalog.Text
	switch p := v.Service; {
	case p != nil && (r.full || isBuiltin(p)):
		all = append(all, catalog.T("report.service", "service", p.ID, "title", p.Named()))
	case p != nil:
		all = append(all, catalog.T("report.own_service"))
	}
	if c := v.Client; c != nil {
		return append(all, catalog.T("report.target", "host", c.HostName, "port", c.Port, "user", c.User))
	}
	return append(all, catalog.T("report.no_host"))
}

func clientConfig(c *sshconfig.Resolved) []catalog.Text {
	all := []catalog.Text{catalog.T("report.by_library")}
	if c.By == "ssh" {
		all[0] = catalog.T("report.by_ssh")
	}
	if c.Named {
		all = append(all, catalog.T("report.identities", "count", len(c.IdentityFiles)))
	} else {
		all = append(all, catalog.T("report.default_identities"))
	}
	for _, o := range []struct {
		said  bool
		name  string
		value any
	}{
		{c.IdentitiesOnly, "IdentitiesOnly", "yes"}, {!c.PubkeyAuthentication, "PubkeyAuthentication", "no"},
		{c.StrictHostKeys != "" && c.StrictHostKeys != "ask", "StrictHostKeyChecking", c.StrictHostKeys},
		{c.ServerAliveInterval > 0, "ServerAliveInterval", c.ServerAliveInterval},
	} {
		if o.said {
			all = append(all, catalog.T("report.option", "option", o.name, "value", o.value))
		}
	}
	if c.ProxyJump != "" && c.ProxyJump != "none" || c.ProxyCommand != "" && c.ProxyCommand != "none" {
		all = append(all, catalog.T("report.jump"))
	}
	if n := len(c.Unevaluated); n > 0 {
		all = append(all, catalog.T("report.unevaluated", "count", n))
	}
	if n := len(c.Problems); n > 0 {
		all = append(all, catalog.T("report.refused_lines", "count", n))
	}
	return all
}

func (r *report) agents(v *Visit) []catalog.Text {
	var all []catalog.Text
	for _, a := range v.Agents {
		var name any = catalog.T("report.an_agent")
		if r.full || r.isPublic(a.Name) {
			name = a.Name
		}
		these := r.heldBy(a, v.Keys)
		switch {
		case a.Err != nil:
			all = append(all, catalog.T("report.agent_silent", "agent", name))
		case len(these) == 0:
			all = append(all, catalog.T("report.agent", "agent", name, "count", len(a.Keys)))
		default:
			all = append(all, catalog.T("report.agent_of_these", "agent", name, "count", len(a.Keys), "keys", these))
		}
	}
	if len(all) == 0 {
		all = append(all, catalog.T("report.no_agent"))
	}
	return all
}

// heldBy are the candidates that an agent holds.
func (r *report) heldBy(a agent.Agent, keys []Candidate) []catalog.Text {
	var these []catalog.Text
	for i, c := range keys {
		held := c.Key != nil && slices.ContainsFunc(a.Keys, func(k agent.Key) bool { return k.Key != nil && k.Key.Equal(c.Key) })
		if number, ok := r.numbers[i]; ok && held {
			these = append(these, catalog.T("report.key", "number", number))
		}
	}
	return these
}

func hostLines(lines []hostkeys.Line, most int) []catalog.Text {
	var all []catalog.Text
	for i, l := range lines {
		if i == most {
			return append(all, catalog.T("report.more", "count", len(lines)-most))
		}
		said := []any{"line", l.Number, "type", strings.TrimSpace(l.Marker + " " + l.Type), "fingerprint", catalog.T("report.unread")}
		if l.Key != nil {
			said[5] = l.Key.Fingerprint()
		}
		all = append(all, catalog.T("report.known_line", said...))
	}
	if len(all) == 0 {
		all = append(all, catalog.T("report.no_known_line"))
	}
	return all
}

func fingerprintOf(k *keytool.Key) any {
	if k == nil {
		return nil
	}
	return k.Fingerprint()
}

// findings are listed in their order, numbered by it.
func (r *report) findings(found []Finding, much detail) {
	r.blank()
	r.paragraph("", 0, catalog.T("report.findings"))
	if len(found) == 0 {
		r.paragraph("  ", 2, catalog.T("report.no_finding"))
	}
	var left []ours
	for i, f := range found {
		if i >= much.findings {
			left = append(left, codeOf(f))
			continue
		}
		r.paragraph(fmt.Sprintf("%2d. ", i+1), 4, asText(f))
		if e := r.evidence(f); much.evidence && len(e) > 0 {
			r.paragraph("    ", 4, e...)
		}
	}
	if len(left) > 0 {
		r.paragraph("    ", 4, catalog.T("report.list_more", "count", len(left), "codes", left))
	}
}

var findingCode = regexp.MustCompile(`^[A-Z][0-9]{2}$`)

func codeOf(f Finding) ours {
	if !findingCode.MatchString(f.Code) {
		return "?"
	}
	return ours(f.Code)
}

func asText(f Finding) catalog.Text {
	severity := catalog.T("report.info")
	switch f.Severity {
	case Error:
		severity = catalog.T("report.error")
	case Warning:
		severity = catalog.T("report.warning")
	}
	said := []any{"code", codeOf(f), "severity", severity, "sentence", f.Cause}
	switch {
	case f.File == "":
		return catalog.T("report.finding", said...)
	case f.Line > 0:
		where := catalog.T("report.line", "file", f.File, "line", f.Line)
		return catalog.T("report.finding_in", append(said, "file", where)...)
	}
	return catalog.T("report.finding_in", append(said, "file", f.File)...)
}

// evidence is what was seen, but for what would be all withheld.
func (r *report) evidence(f Finding) []catalog.Text {
	return slices.DeleteFunc(slices.Clone(f.Evidence), func(t catalog.Text) bool {
		return !r.full && strings.Contains(r.lang.Say(r.text(t)), r.lang.Say(withheld()))
	})
}

// next is what to type, in the findings' order, each line once; not those of which
// even the program is withheld.
func (r *report) next(found []Finding, most int) {
	var lines []string
	for _, f := range found {
		line := r.commandLine(f.Hint)
		if f.Hint == "" {
			line = r.command(f.Command)
		}
		if line != "" && line[0] != '<' && !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	if len(lines) == 0 {
		return
	}
	r.blank()
	r.paragraph("", 0, catalog.T("report.next"))
	for _, line := range lines[:min(most, len(lines))] {
		if r.full {
			r.lines = append(r.lines, "  "+formats.Visible(line)) // whole, to be pasted
		} else {
			r.line(6, "  "+line)
		}
	}
	if more := len(lines) - most; more > 0 {
		r.paragraph("  ", 2, catalog.T("report.more", "count", more))
	}
}
