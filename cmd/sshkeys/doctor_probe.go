package main

import (
	"time"

	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
)

// maxOffers bounds the keys a server is asked about: each takes a while, and a
// server may keep out who asks about very many.
const maxOffers = 40

// patience is what a slow server gets where ssh itself would wait less.
const patience = 15 * time.Second

// probe asks the server, as long as its service says (SmartFile: 60 s, three tries).
func (d *doctor) probe(v *diagnose.Visit) *diagnose.Probe {
	c := v.Client
	host := hostkeys.Host{Name: c.HostName, Port: c.Port}
	if c.HostKeyAlias != "" {
		host = hostkeys.Host{Name: c.HostKeyAlias}
	}
	offers := v.Offers()
	q := diagnose.Question{
		Host: c.HostName, Port: c.Port, User: c.User, Offers: offers[:min(len(offers), maxOffers)],
		HostKey: func(shown *keytool.Key) (hostkeys.Answer, []hostkeys.Line) {
			return hostkeys.Judge(v.KnownHosts, host, shown, time.Now())
		},
		HostKeyAlgorithms: hostkeys.Prefer(hostKeyAlgorithms(c), v.KnownHosts, host),
		KexAlgorithms:     c.KexAlgorithms, Ciphers: c.Ciphers, MACs: c.MACs,
		Strict: c.StrictHostKeys == "yes", OtherPort: otherPort(c.Port),
	}
	d.askAsService(&q, v.Service)
	if c.ConnectTimeout > 0 { // the probe waits longer, to tell a slow server from a silent one
		q.Timeout = time.Duration(c.ConnectTimeout) * time.Second
		q.Slow, q.Patience = q.Timeout, max(q.Timeout, min(5*q.Timeout, patience))
	}
	if d.opt.login {
		q.Login = d.loginKey(v)
	}
	if q.Login != nil {
		d.tell("doctor.asking-login", "host", c.HostName, "port", c.Port)
	} else {
		d.tell("doctor.asking", "host", c.HostName, "port", c.Port)
	}
	return diagnose.Ask(d.ctx, q)
}

// askAsService takes the service's addresses, timeout and tries.
func (d *doctor) askAsService(q *diagnose.Question, p *services.Profile) {
	if p == nil {
		return
	}
	if h, _, ok := p.FindHost(q.Host); ok {
		q.Addresses = h.Addresses
		for _, old := range h.OldAddresses {
			q.OldAddresses = append(q.OldAddresses, old.Address)
		}
		if h.Port != q.Port {
			q.OtherPort = h.Port
		}
	}
	seconds := func(f *services.Fact[int]) time.Duration {
		if f == nil || !f.Confirmed {
			return 0
		}
		return time.Duration(f.Value) * time.Second
	}
	q.Timeout, q.TryEvery = seconds(p.Connection.Timeout), seconds(p.Connection.TryEvery)
	if tries := p.Connection.Tries; tries != nil && tries.Confirmed {
		q.Tries = tries.Value
	}
}

// otherPort is where SSH may be when the asked port is closed.
func otherPort(port int) int {
	if port == hostkeys.DefaultPort {
		return 443
	}
	return hostkeys.DefaultPort
}

// loginKey opens the first key that ssh would offer and this run can open; a person
// may be asked for its passphrase.
func (d *doctor) loginKey(v *diagnose.Visit) *keytool.Key {
	for _, c := range v.Keys {
		if !c.Offered || c.Envelope == nil || !c.Envelope.Kind.IsPrivate() {
			continue
		}
		if c.Key != nil && c.Key.IsPrivate() {
			return c.Key
		}
		key, err := d.open(d.ctx, &keyFile{name: c.Name, Envelope: c.Envelope})
		if err == nil {
			return key
		}
		d.fail(c.Name, err)
	}
	d.tell("doctor.no-login-key")
	return nil
}

// serverSays is the best that the probe learnt of a candidate, who may have been
// asked about with a certificate and without; zero where it was not asked.
func serverSays(v *diagnose.Visit, candidate int) diagnose.Acceptance {
	var said diagnose.Acceptance
	if v.Probe == nil {
		return said
	}
	for _, k := range v.Probe.Keys {
		if k.Candidate != candidate || k.Answer == diagnose.NotAsked {
			continue
		}
		if said == "" || k.Answer == diagnose.Accepted {
			said = k.Answer
		}
	}
	return said
}

// hostKeyAlgorithms are what the client would take, where that is not known what
// the probe knows.
func hostKeyAlgorithms(c *sshconfig.Resolved) []string {
	if c.HostKeyAlgorithms == nil {
		return diagnose.HostKeyAlgorithms()
	}
	return c.HostKeyAlgorithms
}

// acceptanceText is it in words.
func acceptanceText(a diagnose.Acceptance) catalog.Text {
	switch a {
	case diagnose.Accepted:
		return catalog.T("doctor.server-accepted")
	case diagnose.Rejected:
		return catalog.T("doctor.server-refused")
	case diagnose.TypeRejected:
		return catalog.T("doctor.server-type")
	case diagnose.OtherSignature:
		return catalog.T("doctor.server-signature")
	case diagnose.OnlySHA1:
		return catalog.T("doctor.server-sha1")
	}
	return catalog.Text{}
}
