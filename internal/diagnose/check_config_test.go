package diagnose

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/agent"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
)

// sound is what ssh makes of a login that nothing is wrong with.
func sound(change func(*sshconfig.Resolved)) *sshconfig.Resolved {
	r := &sshconfig.Resolved{By: "ssh", Alias: "host", HostName: "host.example.org", User: "alice", UserNamed: true, Port: 22,
		PubkeyAuthentication: true, TCPKeepAlive: true, StrictHostKeys: "ask"}
	if change != nil {
		change(r)
	}
	return r
}

func signing(algorithms ...string) *sshconfig.Resolved {
	return sound(func(r *sshconfig.Resolved) { r.PubkeyAlgorithms = algorithms })
}

// taking is a server that takes a candidate's key, and for -1 one that ssh does not
// come to.
func taking(candidate int) *Probe {
	return &Probe{Stopped: AtEnd, Keys: []KeyAnswer{{Offer: Offer{Candidate: max(candidate, 0), BySSH: candidate >= 0}, Answer: Accepted, Connection: 1}}}
}

// keyFrom is a golden key as a candidate.
func keyFrom(t *testing.T, from From, folder, file string) Candidate {
	t.Helper()
	c := Candidate{KeyFileFacts: facts(parse(t, folder, file)), From: from, Offered: from != FromFolder}
	c.Name = "/home/alice/.ssh/" + folder
	return c
}

func missing(from From, name string) Candidate {
	return Candidate{KeyFileFacts: KeyFileFacts{Name: name}, Err: &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}, From: from, Offered: true}
}

// expect holds findings to "CODE severity" in order, and each to words in both
// languages with all blanks filled.
func expect(t *testing.T, name string, found []Finding, want ...string) {
	t.Helper()
	var got []string
	for _, f := range found {
		got = append(got, f.Code+" "+string(f.Severity))
		for _, l := range []catalog.Lang{catalog.English, catalog.Japanese} {
			said := f.In(l)
			for _, text := range append(said.Evidence, said.Message, said.Advice) {
				if strings.ContainsAny(text, "{}\n\x1b") || said.Message == "" {
					t.Errorf("%s: %s says %q", name, f.Code, text)
				}
			}
		}
		if f.Advice.IsZero() && f.Hint == "" && len(f.Command) == 0 && f.Severity != Info {
			t.Errorf("%s: %s leaves the reader alone", name, f.Code)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", name, got, want)
	}
}

func TestConfigChecks(t *testing.T) {
	ddbj, jga, nig := services.Lookup("ddbj"), services.Lookup("jga"), services.Lookup("nig")
	at := func(host string, port, alive int) *sshconfig.Resolved {
		return sound(func(r *sshconfig.Resolved) { r.HostName, r.Port, r.ServerAliveInterval = host, port, alive })
	}
	const ftp = "ftp-private.ddbj.nig.ac.jp"
	key := func(from From) Candidate { return keyFrom(t, from, "ed25519", "openssh") }
	for name, c := range map[string]struct {
		visit Visit
		want  []string
	}{
		"no host":              {Visit{}, nil},
		"sound":                {Visit{Client: sound(nil), Keys: []Candidate{key(FromConfig)}}, nil},
		"service sound":        {Visit{Client: at(ftp, 22, 60), Service: ddbj}, nil},
		"more often":           {Visit{Client: at(ftp, 22, 20), Service: ddbj}, nil},
		"never alive":          {Visit{Client: at(ftp, 22, 0), Service: ddbj}, []string{"D05 info"}},
		"seldom alive":         {Visit{Client: at("gw.ddbj.nig.ac.jp", 22, 60), Service: nig}, []string{"D05 info"}},
		"old address":          {Visit{Client: at("133.39.224.111", 22, 60), Service: ddbj}, []string{"H19 error"}},
		"its address":          {Visit{Client: at("133.39.233.40", 22, 60), Service: ddbj}, nil},
		"an address, by name":  {Visit{Client: at("203.0.113.7", 22, 60), Service: services.Lookup("smartfile")}, []string{"H19 info"}},
		"old, no service":      {Visit{Client: at("133.39.224.111", 22, 60)}, nil},
		"JGA at 22":            {Visit{Client: at("jga-gw.ddbj.nig.ac.jp", 22, 60), Service: jga}, []string{"H04 error"}},
		"JGA at 22, asked":     {Visit{Client: at("jga-gw.ddbj.nig.ac.jp", 22, 60), Service: jga, Probe: &Probe{Stopped: AtPort}}, nil},
		"JGA at 443":           {Visit{Client: at("jga-gw.ddbj.nig.ac.jp", 443, 60), Service: jga}, nil},
		"another host":         {Visit{Client: at("other.example.org", 22, 60), Service: jga}, nil},
		"no user":              {Visit{Client: sound(func(r *sshconfig.Resolved) { r.HostName, r.UserNamed, r.ServerAliveInterval = ftp, false, 60 }), Service: ddbj}, []string{"C03 info"}},
		"no user, no service":  {Visit{Client: sound(func(r *sshconfig.Resolved) { r.UserNamed = false })}, nil},
		"keys off":             {Visit{Client: sound(func(r *sshconfig.Resolved) { r.PubkeyAuthentication = false })}, []string{"C02 error"}},
		"identity none":        {Visit{Client: sound(func(r *sshconfig.Resolved) { r.Named = true })}, []string{"C06 error"}},
		"identity by agent":    {Visit{Client: sound(func(r *sshconfig.Resolved) { r.Named = true }), Agents: held(t, "ed25519")}, nil},
		"RSA by SHA-2":         {Visit{Client: signing("rsa-sha2-256"), Keys: []Candidate{keyFrom(t, FromConfig, "rsa2048", "openssh")}}, nil},
		"RSA not allowed":      {Visit{Client: signing("ssh-ed25519"), Keys: []Candidate{keyFrom(t, FromConfig, "rsa2048", "openssh")}}, []string{"C07 error"}},
		"RSA passed over":      {Visit{Client: signing("ssh-ed25519"), Keys: []Candidate{keyFrom(t, FromConfig, "rsa2048", "openssh"), key(FromConfig)}}, []string{"C07 warning"}},
		"another is taken":     {Visit{Client: signing("ssh-ed25519"), Keys: []Candidate{keyFrom(t, FromConfig, "rsa2048", "openssh"), key(FromConfig)}, Probe: taking(1)}, []string{"C07 info"}},
		"taken, not offered":   {Visit{Client: signing("ssh-ed25519"), Keys: []Candidate{keyFrom(t, FromConfig, "rsa2048", "openssh"), key(FromConfig)}, Probe: taking(-1)}, []string{"C07 warning"}},
		"a type ssh lacks":     {Visit{Client: signing("ssh-ed25519"), Keys: []Candidate{keyFrom(t, FromFlag, "ed448", "openssh.puttygen")}}, []string{"C07 error"}},
		"not offered":          {Visit{Client: signing("ssh-ed25519"), Keys: []Candidate{keyFrom(t, FromFolder, "rsa2048", "openssh")}}, nil},
		"jump":                 {Visit{Client: sound(func(r *sshconfig.Resolved) { r.ProxyJump = "gw" })}, []string{"C04 info"}},
		"command":              {Visit{Client: sound(func(r *sshconfig.Resolved) { r.ProxyCommand = "connect -a user:secret %h %p" })}, []string{"C04 info"}},
		"unevaluated":          {Visit{Client: sound(func(r *sshconfig.Resolved) { r.Unevaluated = []string{"/c:1: Match exec x"} })}, []string{"C05 info"}},
		"named, missing":       {Visit{Client: sound(nil), Keys: []Candidate{missing(FromConfig, "/k")}}, []string{"K08 error"}},
		"one of two":           {Visit{Client: sound(nil), Keys: []Candidate{missing(FromConfig, "/k"), key(FromConfig)}}, []string{"K08 warning"}},
		"named, in the folder": {Visit{Client: sound(nil), Keys: []Candidate{missing(FromConfig, "/k"), key(FromFolder)}}, []string{"K08 error"}},
		"flag":                 {Visit{Keys: []Candidate{missing(FromFlag, "/k")}}, []string{"K08 error"}},
		"some host's":          {Visit{Keys: []Candidate{missing(FromConfig, "/k")}}, []string{"K08 warning"}},
		"default, missing":     {Visit{Client: sound(nil), Keys: []Candidate{missing(FromDefault, "/k")}}, nil},
	} {
		found := configChecks(&c.visit)
		expect(t, name, found, c.want...)
		for _, f := range found {
			if said := fmt.Sprint(f.In(catalog.English)); strings.Contains(said, "secret") {
				t.Errorf("%s: says %s", name, said)
			}
		}
	}
}

func TestRefusedConfig(t *testing.T) {
	v := &Visit{Client: sound(func(r *sshconfig.Resolved) {
		r.Problems = []sshconfig.Problem{
			{File: "/c", Line: 3, Option: "IdentityFle", Text: "Bad configuration option: identityfle"},
			{File: "/c", Line: 4, Text: "invalid quotes"},
			{File: "/open", Text: "Bad owner or permissions on /open"},
			{File: "/known", Text: "Bad owner or permissions on /known"},
			{Text: "hostname contains invalid characters"},
		}
	})}
	expect(t, "all", configChecks(v), "C01 error", "C01 error", "D02 error", "D02 error", "C01 error")
	v.Places = []Place{{Path: "/known", Findings: placeFindings()}}
	found := configChecks(v)
	expect(t, "a known place", found, "C01 error", "C01 error", "D02 error", "C01 error")
	if f := found[0]; f.File != "/c" || f.Line != 3 || !strings.Contains(f.In(catalog.English).Message, "IdentityFle") {
		t.Errorf("%+v", f)
	}
	if f := found[2]; !slices.Equal(f.Command, []string{"sshkeys", "fixperms", "/open"}) {
		t.Errorf("%+v", f)
	}
}

// TestMissingKeyNamesOthers: who looks for a key is told which ones there are, but
// none of data sets.
func TestMissingKeyNamesOthers(t *testing.T) {
	dataset := keyFrom(t, FromFolder, "rsa2048", "openssh")
	dataset.Purpose = keytool.Verdict{Value: keytool.Dataset}
	v := &Visit{Client: sound(nil), Keys: []Candidate{missing(FromConfig, "/k"), dataset, keyFrom(t, FromFolder, "ed25519", "openssh")}}
	f := configChecks(v)[0].In(catalog.English)
	if want := "private keys that are here: /home/alice/.ssh/ed25519"; !slices.Equal(f.Evidence, []string{want}) {
		t.Errorf("%q", f.Evidence)
	}
	if want := "sshkeys doctor -i /home/alice/.ssh/ed25519 alice@host"; f.Hint != want {
		t.Errorf("%q, want %q", f.Hint, want)
	}
}

func TestHints(t *testing.T) {
	jga := &Visit{Service: services.Lookup("jga"), Keys: []Candidate{keyFrom(t, FromConfig, "ed25519", "openssh")},
		Client: sound(func(r *sshconfig.Resolved) { r.Alias, r.HostName, r.User = "gate", "jga-gw.ddbj.nig.ac.jp", "test07" })}
	var got []string
	for _, f := range configChecks(jga) {
		got = append(got, f.Hint)
	}
	want := []string{"sftp -P 443 test07@gate", "sshkeys doctor --ssh-config --for jga -i /home/alice/.ssh/ed25519 test07@gate"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	b := jga.Block()
	if b.Host != "jga-gw.ddbj.nig.ac.jp" || b.User != "test07" || b.IdentityFile != "/home/alice/.ssh/ed25519" || b.Service != jga.Service {
		t.Errorf("%+v", b)
	}
}

// held is an agent with golden keys.
func held(t *testing.T, folders ...string) []agent.Agent {
	t.Helper()
	a := agent.Agent{Name: agent.SSHAgent, Path: "/run/agent"}
	for _, folder := range folders {
		a.Keys = append(a.Keys, agent.Key{Key: parse(t, folder, "openssh.pub").Public, Comment: folder})
	}
	return []agent.Agent{a}
}
