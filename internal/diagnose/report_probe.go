package diagnose

import (
	"slices"

	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
)

// probed is how far the probe came, one text for each stage.
func (r *report) probed(p *Probe) []catalog.Text {
	if p == nil {
		return []catalog.Text{catalog.T("report.not_asked")}
	}
	all := []catalog.Text{named(p)}
	if len(p.Dials) > 0 {
		all = append(all, catalog.T("report.dials", "dials", dials(p.Dials)))
	}
	if len(p.Elsewhere) > 0 {
		all = append(all, catalog.T("report.elsewhere", "dials", dials(p.Elsewhere)))
	}
	if slices.Contains([]Stage{AtName, AtPort}, p.Stopped) {
		return all
	}
	all = append(all, r.greeted(p.Greeting)...)
	if p.Stopped != AtGreeting {
		all = append(all, exchanged(p))
	}
	if p.HostKey != nil {
		all = append(all, hostKeyShown(p.HostKey))
	}
	return append(all, r.answered(p)...)
}

func named(p *Probe) catalog.Text {
	switch {
	case len(p.Addresses) > 0 && p.Unlisted:
		return catalog.T("report.name_unlisted", "count", len(p.Addresses))
	case len(p.Addresses) > 0:
		return catalog.T("report.name", "count", len(p.Addresses))
	case p.NoAnswer:
		return catalog.T("report.name_silent")
	}
	return catalog.T("report.name_none")
}

func dials(all []Dial) []catalog.Text {
	var said []catalog.Text
	for _, d := range all {
		id := "report.dial"
		switch {
		case d.Old:
			id = "report.dial_old"
		case d.SSH:
			id = "report.dial_ssh"
		}
		said = append(said, catalog.T(id, "port", d.Port, "reach", reached(d.Reach)))
	}
	return said
}

func reached(reach Reach) catalog.Text {
	switch reach {
	case Open:
		return catalog.T("report.reach_open")
	case Refused:
		return catalog.T("report.reach_refused")
	case TimedOut:
		return catalog.T("report.reach_timeout")
	case Unreachable:
		return catalog.T("report.reach_unreachable")
	case Blocked:
		return catalog.T("report.reach_blocked")
	}
	return catalog.T("report.reach_failed")
}

// greeted never shows more of a greeting than OpenSSH's version: the rest may name
// the machine.
func (r *report) greeted(g Greeting) []catalog.Text {
	said := catalog.T("report.greeting_not")
	switch version := opensshIn(g.Version); {
	case g.Version != "" && r.full:
		said = catalog.T("report.greeting", "version", g.Version)
	case version != "":
		said = catalog.T("report.greeting", "version", version)
	case g.Version != "":
		said = catalog.T("report.greeting_other")
	case g.Silent:
		said = catalog.T("report.greeting_silent")
	case g.Closed:
		said = catalog.T("report.greeting_closed")
	case g.Protocol != "":
		said = catalog.T("report.greeting_protocol", "protocol", g.Protocol)
	}
	if g.Slow {
		return []catalog.Text{said, catalog.T("report.greeting_slow")}
	}
	return []catalog.Text{said}
}

func exchanged(p *Probe) catalog.Text {
	switch {
	case len(p.Mismatch) > 0:
		var kinds []string
		for _, m := range p.Mismatch {
			kinds = append(kinds, m.Kind)
		}
		return catalog.T("report.kex_none", "kinds", kinds)
	case p.Stopped == AtKeyExchange && p.HostKey == nil:
		return catalog.T("report.kex_stopped")
	}
	return catalog.T("report.kex")
}

func hostKeyShown(k *ShownKey) catalog.Text {
	answer, lines := catalog.T("report.host_unknown"), []int{}
	for _, l := range k.Lines {
		lines = append(lines, l.Number)
	}
	switch k.Answer {
	case hostkeys.Known:
		answer = catalog.T("report.host_known")
	case hostkeys.NewType:
		answer = catalog.T("report.host_new_type")
	case hostkeys.Changed:
		answer = catalog.T("report.host_changed", "lines", lines)
	case hostkeys.Revoked:
		answer = catalog.T("report.host_revoked", "lines", lines)
	case hostkeys.Certified:
		answer = catalog.T("report.host_certified")
	}
	return catalog.T("report.host_key", "type", k.Type, "fingerprint", fingerprintOf(k.Key), "answer", answer)
}

// answered is what the server said of the keys.
func (r *report) answered(p *Probe) []catalog.Text {
	var said []catalog.Text
	switch {
	case p.LoggedIn:
		said = append(said, catalog.T("report.logged_in"))
	case len(p.Methods) > 0:
		said = append(said, catalog.T("report.methods", "methods", p.Methods))
	}
	by := map[Acceptance][]catalog.Text{}
	for _, k := range p.Keys {
		by[k.Answer] = append(by[k.Answer], r.offered(k.Offer))
	}
	if p.Stopped == AtEnd && len(p.Keys) > 0 && len(by[Accepted]) == 0 {
		said = append(said, catalog.T("report.accepted_none"))
	}
	for _, a := range []struct {
		answer Acceptance
		text   catalog.Text
	}{
		{Accepted, catalog.T("report.accepted", "keys", by[Accepted])},
		{OnlySHA1, catalog.T("report.only_sha1", "keys", by[OnlySHA1])},
		{TypeRejected, catalog.T("report.type_rejected", "keys", by[TypeRejected])},
		{Rejected, catalog.T("report.rejected", "keys", by[Rejected])},
		{NotAsked, catalog.T("report.unasked", "keys", by[NotAsked])},
	} {
		if len(by[a.answer]) > 0 {
			said = append(said, a.text)
		}
	}
	if p.HungUp > 0 {
		said = append(said, catalog.T("report.hung_up", "count", p.HungUp))
	}
	if p.ShutOut {
		said = append(said, catalog.T("report.shut_out"))
	}
	if p.Login != nil {
		said = append(said, loggedIn(p.Login))
	}
	return said
}

// offered is a key as the report numbers it.
func (r *report) offered(o Offer) catalog.Text {
	if number, ok := r.numbers[o.Candidate]; ok {
		return catalog.T("report.key", "number", number)
	}
	return catalog.T("report.agent_key")
}

func loggedIn(l *LoginAnswer) catalog.Text {
	switch l.Session {
	case SFTPWorks:
		return catalog.T("report.session_sftp")
	case NoSFTP:
		return catalog.T("report.session_no_sftp")
	case Chatter:
		return catalog.T("report.session_chatter")
	case Dropped:
		return catalog.T("report.session_dropped")
	case WantsMore:
		return catalog.T("report.session_wants_more", "methods", l.Methods)
	case NotLet:
		return catalog.T("report.session_refused")
	case NotTried:
		return catalog.T("report.session_not_tried")
	}
	return catalog.T("report.session_interrupted")
}
