package diagnose

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
)

// probeChecks judges what the network told.
func probeChecks(v *Visit) []Finding {
	if v.Probe == nil || v.Probe.Cancelled && v.Probe.Stopped != AtEnd {
		return nil
	}
	if v.Client == nil {
		of := *v
		of.Client = &sshconfig.Resolved{Alias: v.Probe.Host, HostName: v.Probe.Host, Port: v.Probe.Port, User: v.Probe.User}
		v = &of
	}
	j := probeJudge{v: v, p: v.Probe}
	if v.Service != nil {
		j.host, _, j.served = v.Service.FindHost(v.Probe.Host)
	}
	switch j.p.Stopped {
	case AtName:
		return j.name()
	case AtPort:
		return j.port()
	case AtGreeting:
		return append(j.noSSH(), j.partly()...)
	}
	found := slices.Concat(j.partly(), j.slow(), j.algorithms())
	found = append(found, j.hostKey()...)
	switch {
	case j.p.Stopped == AtEnd:
		found = append(found, j.end()...)
	case j.p.Stopped == AtKeys || j.p.Stopped == AtKeyExchange && len(j.p.Mismatch) == 0 && !j.p.Greeting.OldSSH():
		found = append(found, j.cut())
	}
	return found
}

// probeJudge is a visit's probe, and what the service says of the host asked.
type probeJudge struct {
	v      *Visit
	p      *Probe
	host   services.Host
	served bool // host is the service's own
}

func (j probeJudge) finding(code string, severity Severity, cause catalog.Text) Finding {
	return Finding{Code: code, Severity: severity, Cause: cause, Evidence: j.rules(code)}
}

// rules are what the service itself says on a code.
func (j probeJudge) rules(code string) []catalog.Text { return j.v.serviceSays(code) }

func (j probeJudge) name() []Finding {
	f := j.finding("H10", Error, catalog.T("H10.unknown", "host", j.p.Host))
	f.Advice = catalog.T("H10.check_name")
	if j.p.NoAnswer {
		f.Cause, f.Advice = catalog.T("H10.no_answer", "host", j.p.Host), catalog.T("H10.check_network")
	}
	if j.v.Service != nil && !j.served && len(j.v.Service.Hosts) > 0 {
		var names []string
		for _, h := range j.v.Service.Hosts {
			names = append(names, h.Value.Name)
		}
		f.Evidence = append(f.Evidence, catalog.T("H10.hosts", "hosts", names))
	}
	return []Finding{f}
}

// port is for a port that was not reached: what the other port and the service's
// addresses said tells a firewall from a wrong port.
func (j probeJudge) port() []Finding {
	f := j.finding("H03", Error, j.reach())
	var seen []catalog.Text
	for _, d := range slices.Concat(j.p.Dials, j.p.Elsewhere) {
		seen = append(seen, j.dial(d))
	}
	f.Evidence = append(seen, f.Evidence...)
	if j.p.Unlisted {
		f.Evidence = append(f.Evidence, catalog.T("H03.unlisted", "addresses", j.p.Addresses, "named", j.host.Addresses))
	}
	f.Advice, f.Hint = j.portAdvice()
	return []Finding{f}
}

// partly is for a name of which some addresses answer and some do not. Where no way
// leads to a kind of addresses, as without IPv6, ssh takes the others.
func (j probeJudge) partly() []Finding {
	kind := func(d Dial) bool { return strings.Contains(d.Address, ":") }
	var missing []string
	var seen []catalog.Text
	for _, d := range j.p.Dials {
		answers := func(o Dial) bool { return o.Reach == Open && kind(o) == kind(d) }
		if d.Reach != Open && (d.Reach != Unreachable || slices.ContainsFunc(j.p.Dials, answers)) {
			missing = append(missing, d.Address)
		}
		seen = append(seen, j.dial(d))
	}
	if len(missing) == 0 {
		return nil
	}
	f := j.finding("H03", Warning, catalog.T("H03.some", "host", j.p.Host, "port", j.p.Port, "addresses", missing))
	f.Evidence = append(seen, f.Evidence...)
	f.Advice = catalog.T("H03.some_advice", "addresses", missing, "port", j.p.Port)
	return []Finding{f}
}

// reach is how the port was not reached, by the address that told most.
func (j probeJudge) reach() catalog.Text {
	host, port := j.p.Host, j.p.Port
	got := func(r Reach) bool {
		return slices.ContainsFunc(j.p.Dials, func(d Dial) bool { return d.Reach == r })
	}
	switch {
	case got(Refused):
		return catalog.T("H03.refused", "host", host, "port", port)
	case got(TimedOut):
		return catalog.T("H03.timeout", "host", host, "port", port)
	case got(Blocked):
		return catalog.T("H03.blocked", "host", host, "port", port)
	case got(Unreachable):
		return catalog.T("H03.unreachable", "host", host, "port", port)
	}
	return catalog.T("H03.failed", "host", host, "port", port)
}

func (j probeJudge) dial(d Dial) catalog.Text {
	said := catalog.T("probe.failed")
	switch {
	case d.SSH:
		said = catalog.T("probe.ssh")
	case d.Reach == Open:
		said = catalog.T("probe.open")
	case d.Reach == Refused:
		said = catalog.T("probe.refused")
	case d.Reach == TimedOut:
		said = catalog.T("probe.timeout")
	case d.Reach == Unreachable:
		said = catalog.T("probe.unreachable")
	case d.Reach == Blocked:
		said = catalog.T("probe.blocked")
	}
	if old, ok := j.old(d.Address); ok {
		return catalog.T("probe.dial_old", "address", d.Address, "port", d.Port, "until", old.Until, "said", said)
	}
	return catalog.T("probe.dial", "address", d.Address, "port", d.Port, "said", said)
}

func (j probeJudge) old(address string) (services.OldAddress, bool) {
	i := slices.IndexFunc(j.host.OldAddresses, func(o services.OldAddress) bool { return o.Address == address })
	if i < 0 {
		return services.OldAddress{}, false
	}
	return j.host.OldAddresses[i], true
}

// otherPort is one on which an SSH server answers, or is to by the service's own
// word; 0 for none.
func (j probeJudge) otherPort() (port int, advice catalog.Text) {
	for _, d := range j.p.Elsewhere {
		if d.SSH && d.Port != j.p.Port {
			return d.Port, catalog.T("H03.other_port", "port", d.Port)
		}
	}
	if j.served && j.host.Port != j.p.Port {
		return j.host.Port, catalog.T("H03.service_port", "port", j.host.Port)
	}
	return 0, catalog.Text{}
}

func (j probeJudge) portAdvice() (advice catalog.Text, hint string) {
	if port, advice := j.otherPort(); port != 0 {
		return advice, j.at(port)
	}
	for _, address := range j.p.Addresses {
		if old, ok := j.old(address); ok {
			return catalog.T("H03.stale_name", "old", address, "until", old.Until, "new", j.host.Addresses), ""
		}
	}
	if len(j.host.OldAddresses) > 0 {
		old := j.host.OldAddresses[len(j.host.OldAddresses)-1]
		return catalog.T("H03.moved", "old", old.Address, "until", old.Until, "new", j.host.Addresses, "port", j.p.Port), ""
	}
	return catalog.T("H03.ask", "address", j.p.Addresses, "port", j.p.Port), ""
}

// at is the login with options, on a port: by ssh, or by what the service's host takes.
func (j probeJudge) at(port int, options ...string) string {
	program, flag := "ssh", "-p"
	if j.served {
		program, flag = clientOf(j.host)
	}
	words := append([]string{program}, options...)
	if port != hostkeys.DefaultPort || j.p.Port != hostkeys.DefaultPort {
		words = append(words, flag, strconv.Itoa(port))
	}
	return shellword.Join(append(words, userAt(j.v, j.v.Client.Alias)))
}

func (j probeJudge) noSSH() []Finding {
	g, host, port := j.p.Greeting, j.p.Host, j.p.Port
	code, cause, advice := "H11", catalog.T("H11.unknown", "host", host, "port", port), catalog.T("H11.advice")
	switch {
	case g.Protocol == "FTP":
		code, cause, advice = "H09", catalog.T("H09.ftp", "host", host, "port", port), catalog.T("H09.advice")
	case g.Protocol != "":
		cause = catalog.T("H11.other", "host", host, "port", port, "protocol", g.Protocol)
	case g.Silent:
		cause = catalog.T("H11.silent", "host", host, "port", port)
	case g.Begun && !g.Closed:
		cause, advice = catalog.T("H11.begun", "host", host, "port", port), catalog.T("H11.wait")
	case g.Closed && g.Text == "":
		cause, advice = catalog.T("H11.closed", "host", host, "port", port), catalog.T("H11.wait")
	}
	f := j.finding(code, Error, cause)
	f.Advice = advice
	if other, there := j.otherPort(); other != 0 {
		f.Advice, f.Hint = there, j.at(other)
		if code == "H09" {
			f.Advice = catalog.T("H09.port", "port", other)
		}
	}
	for _, d := range j.p.Elsewhere {
		if d.SSH {
			f.Evidence = append(f.Evidence, j.dial(d))
		}
	}
	if g.Text != "" {
		f.Evidence = append(f.Evidence, catalog.T("probe.says", "text", g.Text))
	}
	return []Finding{f}
}

func (j probeJudge) slow() []Finding {
	seconds := fmt.Sprintf("%.1f", j.p.Greeting.After.Seconds())
	f := j.finding("H18", Warning, catalog.T("H18.slow", "host", j.p.Host, "seconds", seconds))
	f.Advice = catalog.T("H18.advice")
	if c := j.v.Client; c.ConnectTimeout > 0 && j.p.Greeting.After.Seconds() > float64(c.ConnectTimeout) {
		f.Severity = Error
		f.Cause = catalog.T("H18.over", "host", j.p.Host, "seconds", seconds, "timeout", c.ConnectTimeout)
		return []Finding{f}
	}
	if !j.p.Greeting.Slow {
		return nil
	}
	return []Finding{f}
}

func (j probeJudge) algorithms() []Finding {
	var found []Finding
	if j.p.Greeting.OldSSH() {
		f := j.finding("H12", Error, catalog.T("H12.ssh1", "host", j.p.Host))
		return []Finding{f}
	}
	for _, m := range j.p.Mismatch {
		f := j.finding("H12", Error, catalog.T("H12.none", "host", j.p.Host, "kind", kindText(m.Kind)))
		f.Advice = catalog.T("H12.advice")
		if m.Ours {
			f.Severity, f.Cause, f.Advice = Info, catalog.T("H12.ours", "host", j.p.Host, "kind", kindText(m.Kind)), catalog.Text{}
		}
		f.Evidence = append(f.Evidence, catalog.T("H12.list", "list", shownNames(m.Server)))
		found = append(found, f)
	}
	return found
}

func kindText(kind string) catalog.Text {
	switch kind {
	case KindHostKey:
		return catalog.T("probe.kind_host_key")
	case KindCipher:
		return catalog.T("probe.kind_cipher")
	case KindMAC:
		return catalog.T("probe.kind_mac")
	}
	return catalog.T("probe.kind_key_exchange")
}

func (j probeJudge) hostKey() []Finding {
	k := j.p.HostKey
	if k == nil {
		return nil
	}
	shown := catalog.T("H01.shown", "type", k.Type, "fingerprint", fingerprint(k.Key))
	switch {
	case k.Forged:
		return j.refusedKey(catalog.T("H14.forged", "host", j.p.Host), shown)
	case k.Answer == hostkeys.Revoked:
		return j.refusedKey(catalog.T("H14.shown", "host", j.p.Host), shown)
	case k.Answer == hostkeys.Changed:
		return j.changed(catalog.T("H01.changed", "host", j.p.Host), shown)
	case k.Answer == hostkeys.NewType:
		return j.changed(catalog.T("H01.new_type", "host", j.p.Host), shown)
	case k.Answer == hostkeys.Known || k.Answer == hostkeys.Certified:
		return nil
	}
	f := j.finding("H13", Info, catalog.T("H13.shown", "host", j.p.Host))
	if j.p.Stopped == AtHostKey {
		f.Severity, f.Cause = Error, catalog.T("H13.shown_strict", "host", j.p.Host)
	}
	f.Evidence, f.Advice = append(f.Evidence, shown), catalog.T("H13.advice")
	return []Finding{f}
}

// refusedKey is for a host key that nobody should go on with.
func (j probeJudge) refusedKey(cause, shown catalog.Text) []Finding {
	f := j.finding("H14", Error, cause)
	f.Evidence, f.Advice = append(f.Evidence, shown), catalog.T("H14.advice")
	if lines := j.p.HostKey.Lines; len(lines) > 0 {
		f.File, f.Line = lines[0].File, lines[0].Number
	}
	return []Finding{f}
}

// changed is one finding for each file that has another key: ssh names the last of
// its lines.
func (j probeJudge) changed(cause, shown catalog.Text) []Finding {
	var found []Finding
	for _, file := range filesOf(j.p.HostKey.Lines) {
		f := j.finding("H01", Error, cause)
		for _, l := range j.p.HostKey.Lines {
			if l.File == file {
				f.File, f.Line = file, l.Number
				f.Evidence = append(f.Evidence, catalog.T("H01.known", "file", formats.Visible(file), "line", l.Number, "type", l.Key.Algorithm().Name, "fingerprint", fingerprint(l.Key)))
			}
		}
		f.Evidence = append(f.Evidence, shown)
		for _, old := range j.host.OldAddresses {
			f.Evidence = append(f.Evidence, catalog.T("H01.service_moved", "old", old.Address, "new", j.host.Addresses, "until", old.Until))
		}
		f.Advice = catalog.T("H01.advice")
		f.Choice = true
		found = append(found, hostCheck{Visit: j.v}.removing(f, j.namesIn(file)...))
	}
	return found
}

func filesOf(lines []hostkeys.Line) []string {
	var files []string
	for _, l := range lines {
		if !slices.Contains(files, l.File) {
			files = append(files, l.File)
		}
	}
	return files
}

// namesIn are the host, and its addresses, old ones too, that have another key in a
// file than the server shows.
func (j probeJudge) namesIn(file string) []hostkeys.Host {
	candidates := HostNames(j.v)
	for _, address := range j.p.Addresses {
		candidates = append(candidates, hostkeys.Host{Name: address, Port: j.p.Port})
	}
	hosts := candidates[:1:1]
	for _, h := range candidates[1:] {
		other := func(l hostkeys.Line) bool {
			return l.File == file && l.Marker == "" && l.Key != nil && l.Names(h) && !l.Key.Equal(j.p.HostKey.Key)
		}
		if !slices.ContainsFunc(hosts, h.Same) && slices.ContainsFunc(j.v.KnownHosts, other) {
			hosts = append(hosts, h)
		}
	}
	return hosts
}

// cut is for a connection that ended in the middle.
func (j probeJudge) cut() Finding {
	f := j.finding("H11", Error, catalog.T("H11.cut", "host", j.p.Host, "port", j.p.Port))
	f.Advice = catalog.T("H11.wait")
	switch {
	case j.p.Parting != "":
		f.Evidence = append(f.Evidence, catalog.T("probe.says", "text", j.p.Parting))
	case j.p.Trouble != "":
		f.Evidence = append(f.Evidence, catalog.T("probe.trouble", "text", j.p.Trouble))
	}
	return f
}

// end is for a probe that came to the keys.
func (j probeJudge) end() []Finding {
	switch {
	case j.p.LoggedIn:
		return []Finding{j.finding("H17", Info, catalog.T("H17.open", "user", j.p.User))}
	case !slices.Contains(j.p.Methods, "publickey"):
		f := j.finding("H08", Error, catalog.T("H08.methods", "user", j.p.User, "methods", j.p.Methods))
		f.Advice = catalog.T("H08.advice")
		return []Finding{f}
	}
	found := j.keys()
	if j.p.ShutOut {
		f := j.finding("H11", Warning, catalog.T("H11.shut_out", "count", len(j.with(NotAsked))))
		f.Advice = catalog.T("H11.wait")
		found = append(found, f)
	}
	return append(found, j.login()...)
}

func (j probeJudge) with(a Acceptance) []KeyAnswer {
	var keys []KeyAnswer
	for _, k := range j.p.Keys {
		if k.Answer == a {
			keys = append(keys, k)
		}
	}
	return keys
}

// keys judges what the server says of them: which is the right one, and whether ssh
// comes to it.
func (j probeJudge) keys() []Finding {
	accepted := j.with(Accepted)
	bySSH := func(k KeyAnswer) bool { return k.BySSH }
	if i := slices.IndexFunc(accepted, j.p.reached); i >= 0 {
		if j.p.Login != nil && j.p.Login.Session != NotTried {
			return nil
		}
		f := j.finding("H17", Info, catalog.T("H17.taken", "key", j.keyText(accepted[i]), "user", j.p.User))
		f.File = j.file(accepted[i])
		return []Finding{f}
	}
	if i := slices.IndexFunc(accepted, bySSH); i >= 0 {
		return []Finding{j.aside(accepted[i], catalog.T("D04.late", "key", j.keyText(accepted[i]), "count", j.p.HungUp))}
	}
	if len(accepted) > 0 {
		return []Finding{j.aside(accepted[0], catalog.T("D04.unoffered", "key", j.keyText(accepted[0])))}
	}
	found := j.signatures()
	if len(found) == 0 {
		found = append(j.types(), j.rejected()...)
	}
	return found
}

// reached tells whether ssh comes to a key before the server hangs up.
func (p *Probe) reached(k KeyAnswer) bool { return k.BySSH && (k.Connection == 1 || p.HungUp == 0) }

// takesKey tells whether the server was seen to take a key, and whether one that ssh
// comes to is among them.
func (v *Visit) takesKey() (any, reached bool) {
	if v.Probe == nil {
		return false, false
	}
	for _, k := range v.Probe.Keys {
		if k.Answer == Accepted {
			any, reached = true, reached || v.Probe.reached(k)
		}
	}
	return any, reached
}

// file is the key's, "" for one that an agent alone has.
func (j probeJudge) file(k KeyAnswer) string {
	if k.Candidate < 0 || k.Candidate >= len(j.v.Keys) {
		return ""
	}
	return j.v.Keys[k.Candidate].Name
}

func (j probeJudge) keyText(k KeyAnswer) catalog.Text {
	if file := j.file(k); file != "" {
		return catalog.T("probe.key", "file", formats.Visible(file), "fingerprint", fingerprint(k.Key))
	}
	return catalog.T("probe.agent_key", "agent", k.Agent, "fingerprint", fingerprint(k.Key))
}

// aside is for the right key, where ssh does not come to it.
func (j probeJudge) aside(k KeyAnswer, cause catalog.Text) Finding {
	f := j.finding("D04", Error, cause)
	f.File, f.Advice = j.file(k), catalog.T("D04.advice")
	if f.File == "" {
		f.Advice = catalog.T("D04.agent_advice")
		return f
	}
	f.Hint = j.at(j.p.Port, "-o", "IdentitiesOnly=yes", "-i", f.File)
	return f
}

// signatures are the RSA keys that the server takes, but not with the signature that
// ssh makes.
func (j probeJudge) signatures() []Finding {
	var found []Finding
	for _, k := range slices.Concat(j.with(OnlySHA1), j.with(OtherSignature)) {
		f := j.finding("H05", Error, catalog.T("H05.sha1"))
		if k.Answer == OtherSignature {
			f.Cause = catalog.T("H05.other", "signature", k.Signature)
		} else if slices.Contains(j.v.Client.PubkeyAlgorithms, "ssh-rsa") {
			f.Severity, f.Cause = Warning, catalog.T("H05.sha1_made")
		}
		f.File, f.Advice = j.file(k), catalog.T("H05.advice")
		f.Evidence = append(f.Evidence, j.keyText(k))
		options := []string{"-o", "PubkeyAcceptedAlgorithms=" + k.Signature}
		if f.File != "" {
			options = append(options, "-i", f.File)
		}
		f.Hint = j.at(j.p.Port, options...)
		found = append(found, f)
	}
	return found
}

// types are the key types that the server has no algorithm for.
func (j probeJudge) types() []Finding {
	var found []Finding
	var said []string
	for _, k := range j.with(TypeRejected) {
		name := k.Key.Algorithm().Name
		if k.Certificate {
			name = k.Key.Algorithm().Cert
		}
		if slices.Contains(said, name) {
			continue
		}
		said = append(said, name)
		f := j.finding("H16", Error, catalog.T("H16.type", "type", name))
		if k.Key.Algorithm().Family == keytool.RSA {
			f.Cause = catalog.T("H16.rsa") // it may still take SHA-1
		}
		if len(j.with(Rejected)) > 0 {
			f.Severity = Warning
		}
		f.File, f.Advice, f.Hint = j.file(k), catalog.T("H16.advice"), "sshkeys generate"
		f.Evidence = append(f.Evidence, j.keyText(k))
		found = append(found, f)
	}
	return found
}

// rejected is for keys of which none is taken. A client is not told why: an unknown
// key, a wrong user and a server's own refusal look the same.
func (j probeJudge) rejected() []Finding {
	keys := j.with(Rejected)
	if len(keys) == 0 {
		return nil
	}
	f := Finding{Code: "H04", Severity: Error, Cause: catalog.T("H04.none", "user", j.p.User), Advice: catalog.T("H04.advice")}
	var asked []*keytool.Key
	for _, k := range keys {
		if !slices.ContainsFunc(asked, k.Key.Equal) {
			asked = append(asked, k.Key)
			f.Evidence = append(f.Evidence, j.keyText(k))
		}
	}
	if len(asked) == 1 {
		f.File = j.file(keys[0])
		f.Cause = catalog.T("H04.one", "user", j.p.User)
	}
	if file := j.file(keys[0]); file != "" {
		f.Hint = shellword.Join([]string{"sshkeys", "public", file})
	}
	if j.p.HungUp > 0 {
		f.Evidence = append(f.Evidence, catalog.T("H04.hung_up", "count", j.p.HungUp))
	}
	f.Evidence = append(f.Evidence, catalog.T("H04.same"))
	if j.p.Greeting.listsAll() {
		f.Evidence = append(f.Evidence, catalog.T("H04.type_untold"))
	}
	if len(j.p.Methods) > 1 {
		f.Evidence = append(f.Evidence, catalog.T("H04.methods", "methods", j.p.Methods))
	}
	f.Evidence = append(f.Evidence, j.registration()...)
	return []Finding{f}
}

// registration is where the service wants the public key, and what it says of new
// ones; of a server that is no service's, what its owner can look at.
func (j probeJudge) registration() []catalog.Text {
	if j.v.Service == nil {
		return []catalog.Text{catalog.T("H04.own_server")}
	}
	var said []catalog.Text
	for _, r := range j.v.Service.RolesOf(services.PublicHalf, services.Auth) {
		if r.Where.Confirmed {
			said = append(said, catalog.T("H04.where", "where", r.Where.Value.Words()))
		}
	}
	return append(said, j.rules("H04")...)
}

// login judges a real login.
func (j probeJudge) login() []Finding {
	l := j.p.Login
	if l == nil || l.Session == NotLet && len(j.with(Accepted)) == 0 {
		return nil // as the keys say already
	}
	user := j.p.User
	f := j.finding("H17", Info, catalog.T("H17.login", "user", user))
	switch l.Session {
	case NoSFTP:
		f.Severity, f.Cause = Warning, catalog.T("H17.no_sftp", "user", user)
		f.Advice = catalog.T("H17.no_sftp_advice")
	case Dropped:
		f = j.finding("H02", Error, catalog.T("H02.dropped", "user", user))
		f.Advice = catalog.T("H02.advice")
	case SessionErr:
		f = j.finding("H02", Error, catalog.T("H02.during", "user", user))
		f.Advice = catalog.T("H02.advice")
	case Chatter:
		f = j.finding("H02", Error, catalog.T("H02.chatter", "user", user))
		f.Advice = catalog.T("H02.chatter_advice")
	case WantsMore:
		f = j.finding("H08", Warning, catalog.T("H08.more", "user", user, "methods", l.Methods))
		f.Advice = catalog.T("H08.more_advice")
	case NotLet:
		f = j.finding("H04", Error, catalog.T("H04.login", "user", user))
	case NotTried:
		f.Cause = catalog.T("H17.not_tried")
	}
	if l.Trouble != "" && l.Session != Dropped { // the cause says all there is
		f.Evidence = append(f.Evidence, catalog.T("probe.trouble", "text", l.Trouble))
	}
	return []Finding{f}
}
