package diagnose

import (
	"path/filepath"
	"slices"

	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
)

// hostChecks says what known_hosts has of the host, without asking it.
func hostChecks(v *Visit) []Finding {
	names := HostNames(v)
	if len(names) == 0 {
		return nil
	}
	h := hostCheck{v, names[0]}
	return slices.Concat(h.unknown(), h.moved(), h.contradictions(), h.revoked())
}

// hostCheck is one look at a host's lines.
type hostCheck struct {
	*Visit
	host hostkeys.Host
}

// lines are those with a key that name a host, of one marker or of none.
func (h hostCheck) lines(host hostkeys.Host, marker string) []hostkeys.Line {
	var found []hostkeys.Line
	for _, l := range h.KnownHosts {
		if l.Key != nil && l.Marker == marker && l.Names(host) {
			found = append(found, l)
		}
	}
	return found
}

// answered is what the probe found known_hosts to say of the key that the server
// showed; "" where it saw none.
func (h hostCheck) answered() hostkeys.Answer {
	if h.Probe == nil || h.Probe.HostKey == nil {
		return ""
	}
	return h.Probe.HostKey.Answer
}

// changed tells that the log or the probe has it already that the key is another.
func (h hostCheck) changed() bool {
	inLog := slices.ContainsFunc(h.Log, func(s Symptom) bool { return s.Code == "H01" })
	return inLog || h.answered() == hostkeys.Changed || h.answered() == hostkeys.NewType
}

// noServer tells that the probe found no SSH server, and so none that shows a key.
func (h hostCheck) noServer() bool {
	return h.Probe != nil && slices.Contains([]Stage{AtName, AtPort, AtGreeting}, h.Probe.Stopped)
}

// unknown finds a host that no line names. ssh asks a person about its key, or ends
// where StrictHostKeyChecking is yes. The probe has seen the key, and knows better.
func (h hostCheck) unknown() []Finding {
	bare := hostkeys.Host{Name: h.host.Name} // ssh looks for that too, for another port
	for _, marker := range [...]string{"", hostkeys.Authority} {
		if h.lines(h.host, marker) != nil || h.lines(bare, marker) != nil {
			return nil
		}
	}
	strict := h.Client.StrictHostKeys == "yes"
	if h.answered() != "" || h.changed() || h.noServer() && !strict {
		return nil
	}
	f := Finding{Code: "H13", Severity: Info, Cause: catalog.T("H13.unknown", "host", h.host), Advice: catalog.T("H13.compare")}
	if strict {
		f.Severity, f.Cause = Error, catalog.T("H13.strict", "host", h.host)
	}
	for _, l := range h.KnownHosts {
		if l.Key == nil && l.Names(h.host) {
			f.Evidence = append(f.Evidence, catalog.T("host.unreadable", "file", l.File, "line", l.Number))
		}
	}
	return []Finding{f}
}

// moved finds entries for an address that the service's host has no more. Where the
// host's own entry has the same key, it was made before the move: the server may
// have another key since, and then ssh speaks of an attack.
func (h hostCheck) moved() []Finding {
	if h.Service == nil || h.changed() {
		return nil
	}
	now, isOld, ok := h.Service.FindHost(h.Client.HostName)
	if !ok || isOld {
		return nil
	}
	var found []Finding
	for _, old := range now.OldAddresses {
		found = append(found, h.movedFrom(old)...)
	}
	return found
}

func (h hostCheck) movedFrom(old services.OldAddress) []Finding {
	address := hostkeys.Host{Name: old.Address, Port: h.host.Port}
	mine := h.lines(h.host, "")
	var found []Finding
	for _, l := range h.lines(address, "") {
		f := Finding{
			Code: "H19", Severity: Warning, File: l.File, Line: l.Number, Choice: true, Evidence: []catalog.Text{entryText(l)},
			Cause: catalog.T("H19.entry", "address", old.Address, "host", h.host.Name),
		}
		hosts := []hostkeys.Host{address}
		same := slices.ContainsFunc(mine, func(m hostkeys.Line) bool { return m.Key.Equal(l.Key) })
		if l.Names(h.host) || same {
			if trusted(h.answered()) {
				continue // the host has its old key
			}
			f.Code, f.Cause = "H01", catalog.T("H01.moved", "host", h.host.Name, "address", old.Address)
			f.Advice, hosts = catalog.T("H13.compare"), []hostkeys.Host{h.host, address}
		}
		if old.Until != "" {
			f.Evidence = append(f.Evidence, catalog.T("host.until", "address", old.Address, "until", old.Until))
		}
		found = append(found, h.removing(f, hosts...))
	}
	return found
}

func trusted(a hostkeys.Answer) bool { return a == hostkeys.Known || a == hostkeys.Certified }

// removing adds the command that takes the hosts out of the finding's file. The
// files of the whole machine are root's, and are left to a person.
func (h hostCheck) removing(f Finding, hosts ...hostkeys.Host) Finding {
	words := []string{"sshkeys", "known-hosts", "remove"}
	if f.File != filepath.Join(h.System.Home, ".ssh", "known_hosts") {
		words = append(words, "-f", f.File)
	}
	for _, host := range hosts {
		words = append(words, host.String())
	}
	switch global := slices.Contains(h.Client.GlobalKnownHosts, f.File); {
	case global && h.System.OS != "windows":
		f.Hint = shellword.Join(append([]string{"sudo"}, words...))
	case global:
		f.Hint = shellword.Join(words)
	default:
		f.Command = words
	}
	return f
}

// contradictions finds different keys of one type. ssh takes any of them, so an old
// one does no harm to a login, but whoever has stolen it is taken for the host.
func (h hostCheck) contradictions() []Finding {
	if h.changed() {
		return nil
	}
	byType := map[string][]hostkeys.Line{}
	var types []string
	for _, l := range h.lines(h.host, "") {
		name := l.Key.Algorithm().Name
		if !slices.ContainsFunc(byType[name], func(o hostkeys.Line) bool { return o.Key.Equal(l.Key) }) {
			byType[name] = append(byType[name], l)
			types = append(types, name)
		}
	}
	var found []Finding
	for _, name := range slices.Compact(slices.Sorted(slices.Values(types))) {
		lines := byType[name]
		if len(lines) < 2 {
			continue
		}
		f := Finding{
			Code: "H01", Severity: Info, File: lines[0].File, Line: lines[0].Number, Choice: true, Advice: catalog.T("H01.several_advice"),
			Cause: catalog.T("H01.several", "host", h.host, "count", len(lines), "type", lines[0].Key.Algorithm().Display),
		}
		for _, l := range lines {
			f.Evidence = append(f.Evidence, entryText(l))
		}
		found = append(found, h.removing(f, h.host))
	}
	return found
}

// revoked finds keys that known_hosts has revoked for the host. Where the only entry
// of the host has such a key, ssh refuses the host that shows it.
func (h hostCheck) revoked() []Finding {
	if h.answered() == hostkeys.Revoked {
		return nil // the probe says it
	}
	var found []Finding
	for _, l := range h.lines(h.host, hostkeys.RevokedKey) {
		f := Finding{
			Code: "H14", Severity: Info, File: l.File, Line: l.Number, Evidence: []catalog.Text{entryText(l)},
			Cause: catalog.T("H14.revoked", "host", h.host),
		}
		if slices.ContainsFunc(h.lines(h.host, ""), func(o hostkeys.Line) bool { return o.Key.Equal(l.Key) }) {
			f.Severity, f.Cause, f.Advice = Error, catalog.T("H14.known", "host", h.host), catalog.T("H14.ask")
		}
		found = append(found, f)
	}
	return found
}

// entryText shows a line without its key.
func entryText(l hostkeys.Line) catalog.Text {
	return catalog.T("host.entry", "file", l.File, "line", l.Number, "type", l.Key.Algorithm().Name, "fingerprint", l.Key.Fingerprint())
}
