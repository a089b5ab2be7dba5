package diagnose

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/agent"
	"sshkeys/internal/catalog"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
	"sshkeys/perms"
)

func placeFindings() []perms.Finding {
	return []perms.Finding{{Code: perms.CodeConfig, Severity: perms.Error, Message: "open"}}
}

// crowd is an agent with as many keys of its own, made up.
func crowd(t *testing.T, count int) agent.Agent {
	t.Helper()
	a := agent.Agent{Name: agent.SSHAgent, Path: "/run/agent"}
	for i := range count {
		k, err := keytool.NewPublicParams("ssh-ed25519", "", bytes.Repeat([]byte{byte(i + 1)}, 32))
		if err != nil {
			t.Fatal(err)
		}
		a.Keys = append(a.Keys, agent.Key{Key: k, Comment: "key"})
	}
	return a
}

func TestDeadAgent(t *testing.T) {
	seen := map[string]bool{}
	for _, reason := range []agent.Reason{agent.Missing, agent.Stale, agent.Denied, agent.Silent, agent.Foreign} {
		v := &Visit{Agents: []agent.Agent{{Name: agent.SSHAgent, Path: "/run/agent", Err: &agent.Error{Reason: reason, Err: errors.New("dial")}}}}
		found := agentChecks(v)
		expect(t, string(reason), found, "A01 warning")
		if said := found[0].In(catalog.English).Message; seen[said] {
			t.Errorf("%s says what another reason says: %s", reason, said)
		} else {
			seen[said] = true
		}
	}
}

func TestTooManyKeys(t *testing.T) {
	wanted := keyFrom(t, FromFlag, "ed25519", "openssh")
	inAgent := crowd(t, 6)
	inAgent.Keys = append(inAgent.Keys, held(t, "ed25519")[0].Keys...)
	for name, c := range map[string]struct {
		agent  agent.Agent
		keys   []Candidate
		client *sshconfig.Resolved
		want   []string
		cause  string // id
	}{
		"four and one":      {crowd(t, 4), []Candidate{wanted}, sound(nil), nil, ""},
		"five and one":      {crowd(t, 5), []Candidate{wanted}, sound(nil), nil, ""},
		"five and two":      {crowd(t, 5), []Candidate{keyFrom(t, FromDefault, "ed25519", "openssh"), keyFrom(t, FromDefault, "rsa2048", "openssh")}, sound(nil), []string{"D04 warning"}, "D04.many"},
		"six before it":     {crowd(t, 6), []Candidate{wanted}, sound(nil), []string{"D04 warning"}, "D04.behind"},
		"six in agent":      {crowd(t, 6), nil, sound(nil), []string{"D04 warning"}, "D04.many"},
		"the agent has it":  {inAgent, []Candidate{wanted}, sound(nil), nil, ""},
		"only the named":    {crowd(t, 9), []Candidate{wanted}, sound(func(r *sshconfig.Resolved) { r.IdentitiesOnly = true }), nil, ""},
		"keys off":          {crowd(t, 9), nil, sound(func(r *sshconfig.Resolved) { r.PubkeyAuthentication = false }), nil, ""},
		"no host":           {crowd(t, 9), nil, nil, nil, ""},
		"only in a folder":  {crowd(t, 5), []Candidate{keyFrom(t, FromFolder, "ed25519", "openssh")}, sound(nil), nil, ""},
		"no keys, no agent": {agent.Agent{}, nil, sound(nil), nil, ""},
	} {
		found := agentChecks(&Visit{Agents: []agent.Agent{c.agent}, Keys: c.keys, Client: c.client})
		expect(t, name, found, c.want...)
		if len(found) == 1 && found[0].Cause.ID != c.cause {
			t.Errorf("%s: %s, want %s", name, found[0].Cause.ID, c.cause)
		}
		if len(found) == 1 && len(c.keys) == 1 && found[0].Hint != "ssh -o IdentitiesOnly=yes -i /home/alice/.ssh/ed25519 alice@host" {
			t.Errorf("%s: %s", name, found[0].Hint)
		}
	}
}

// TestTooManyKeysAsked: where the server told which key it takes, the count is no news.
func TestTooManyKeysAsked(t *testing.T) {
	for _, candidate := range []int{0, -1} {
		v := &Visit{Agents: []agent.Agent{crowd(t, 8)}, Keys: []Candidate{keyFrom(t, FromDefault, "ed25519", "openssh")}, Client: sound(nil), Probe: taking(candidate)}
		expect(t, "taken", agentChecks(v))
		v.Probe.Keys[0].Answer = Rejected
		expect(t, "refused", agentChecks(v), "D04 warning")
	}
}

func TestLockedKeyNotInAgent(t *testing.T) {
	locked := keyFrom(t, FromConfig, "ed25519", "openssh.aes256-ctr")
	for name, c := range map[string]struct {
		key    Candidate
		agents []agent.Agent
		want   []string
	}{
		"locked":          {locked, held(t, "rsa2048"), []string{"A02 info"}},
		"no agent at all": {locked, nil, nil},
		"a dead agent":    {locked, []agent.Agent{{Name: agent.SSHAgent, Err: errors.New("dead")}}, []string{"A01 warning"}},
		"there":           {locked, held(t, "rsa2048", "ed25519"), nil},
		"not locked":      {keyFrom(t, FromConfig, "ed25519", "openssh"), held(t, "rsa2048"), nil},
		"not named":       {keyFrom(t, FromFolder, "ed25519", "openssh.aes256-ctr"), held(t, "rsa2048"), nil},
	} {
		expect(t, name, agentChecks(&Visit{Keys: []Candidate{c.key}, Agents: c.agents, Client: sound(nil)}), c.want...)
	}
}

func TestDatasetKeyInAgent(t *testing.T) {
	key := keyFrom(t, FromFolder, "rsa2048", "openssh")
	key.Purpose = keytool.Verdict{Value: keytool.Dataset, Confidence: keytool.Declared}
	v := &Visit{Keys: []Candidate{key}, Agents: held(t, "ed25519", "rsa2048")}
	found := agentChecks(v)
	expect(t, "by its file", found, "P06 warning")
	if want := "ssh-add -d /home/alice/.ssh/rsa2048"; found[0].Hint != want {
		t.Errorf("%q, want %q", found[0].Hint, want)
	}
	v = &Visit{Agents: held(t, "ed25519", "rsa2048")}
	expect(t, "nothing says so", agentChecks(v))
	v.Agents[0].Keys[1].Comment = "purpose=dataset J-DU999991"
	found = agentChecks(v)
	expect(t, "by its comment", found, "P06 warning")
	if evidence := found[0].In(catalog.Japanese).Evidence; !slices.ContainsFunc(evidence, func(s string) bool { return strings.HasPrefix(s, "SHA256:") }) {
		t.Errorf("%q", evidence)
	}
}
