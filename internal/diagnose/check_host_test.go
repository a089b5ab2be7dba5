package diagnose

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/internal/sshconfig"
)

// Three host keys: two of one type, one of another.
const (
	hostKeyA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICOJJfsxPP6BDa7i8e5oTHN5u1AGCU/dSn5vxQ+WDWvm"
	hostKeyB = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAdyVEj9X0dxqmOc/Riw5Zre7mqsjttQnvDFOeZ5c05O"
	hostKeyC = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBJSk0jvH9a3GjCD9tO5lJ7dJgZGWekQEqQbpj/lBFPGLMAQ3nwgUkvzfZmwOxHsE9q1FisdxHvaeiAIFhZ1iIgI="
)

// hostVisit is a visit with these lines of ~/.ssh/known_hosts.
func hostVisit(t *testing.T, client sshconfig.Resolved, lines ...string) *Visit {
	t.Helper()
	v := &Visit{System: System{OS: "linux", Home: filepath.FromSlash("/home/taro")}, Client: &client}
	v.Service = services.Builtin().ForHost(client.HostName)
	file := filepath.Join(v.System.Home, ".ssh", "known_hosts")
	var err error
	hosts := append(HostNames(v), hostkeys.Host{Name: client.HostName})
	v.KnownHosts, err = hostkeys.Find(strings.NewReader(strings.Join(lines, "\n")), file, hosts)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// inShort is a finding as "code severity line command".
func inShort(found []Finding) []string {
	var short []string
	for _, f := range found {
		short = append(short, strings.TrimSpace(fmt.Sprintf("%s %s %d %s", f.Code, f.Severity, f.Line, shellword.Join(f.Command))))
	}
	return short
}

func TestHostChecks(t *testing.T) {
	const ftp, old, remove = "ftp-private.ddbj.nig.ac.jp", "133.39.224.111", "sshkeys known-hosts remove "
	ddbj, lab := sshconfig.Resolved{HostName: ftp, Port: 22}, sshconfig.Resolved{HostName: "lab.example", Port: 2222}
	strict := lab
	strict.StrictHostKeys = "yes"
	for name, c := range map[string]struct {
		client sshconfig.Resolved
		lines  []string
		change func(*Visit)
		want   []string
	}{
		"known":              {lab, []string{"[lab.example]:2222 " + hostKeyA}, nil, nil},
		"without a port":     {lab, []string{"lab.example " + hostKeyA}, nil, nil},
		"by authority":       {lab, []string{"@cert-authority * " + hostKeyA}, nil, nil},
		"nothing":            {lab, nil, nil, []string{"H13 info 0"}},
		"nothing, strict":    {strict, []string{"other " + hostKeyA}, nil, []string{"H13 error 0"}},
		"unreadable":         {lab, []string{"[lab.example]:2222 ssh-ed25519 AAAA"}, nil, []string{"H13 info 0"}},
		"probe knows better": {lab, nil, func(v *Visit) { v.Probe = &Probe{HostKey: &ShownKey{Answer: hostkeys.Unknown}} }, nil},
		"revoked":            {lab, []string{"@revoked * " + hostKeyA, "[lab.example]:2222 " + hostKeyB}, nil, []string{"H14 info 1"}},
		"revoked and known":  {lab, []string{"@revoked * " + hostKeyA, "[lab.example]:2222 " + hostKeyA}, nil, []string{"H14 error 1"}},
		"revoked, and shown": {lab, []string{"@revoked * " + hostKeyA, "[lab.example]:2222 " + hostKeyA}, func(v *Visit) { v.Probe = &Probe{HostKey: &ShownKey{Answer: hostkeys.Revoked}} }, nil},
		"two of a type":      {lab, []string{"[lab.example]:2222 " + hostKeyA, "[lab.example]:2222 " + hostKeyC, "[*]:2222 " + hostKeyB}, nil, []string{"H01 info 1 " + remove + "'[lab.example]:2222'"}},
		"twice the same":     {lab, []string{"[lab.example]:2222 " + hostKeyA, "[lab.example]:2222 " + hostKeyA, "[lab.example]:2222 " + hostKeyC}, nil, nil},

		"moved, one line":     {ddbj, []string{"#", ftp + "," + old + " " + hostKeyA}, nil, []string{"H01 warning 2 " + remove + ftp + " " + old}},
		"moved, two lines":    {ddbj, []string{ftp + " " + hostKeyA, old + " " + hostKeyA}, nil, []string{"H01 warning 2 " + remove + ftp + " " + old}},
		"moved, key is right": {ddbj, []string{ftp + "," + old + " " + hostKeyA}, func(v *Visit) { v.Probe = &Probe{HostKey: &ShownKey{Answer: hostkeys.Known}} }, nil},
		"left behind":         {ddbj, []string{ftp + " " + hostKeyA, old + " " + hostKeyB}, nil, []string{"H19 warning 2 " + remove + old}},
		"only the old one":    {ddbj, []string{old + " " + hostKeyB}, nil, []string{"H13 info 0", "H19 warning 1 " + remove + old}},
		"in the log already":  {ddbj, []string{ftp + "," + old + " " + hostKeyA, ftp + " " + hostKeyB}, func(v *Visit) { v.Log = []Symptom{{Code: "H01"}} }, nil},
		"another file": {ddbj, []string{ftp + "," + old + " " + hostKeyA}, func(v *Visit) { v.KnownHosts[0].File = "/etc/hosts of ssh" },
			[]string{"H01 warning 1 " + remove + "-f '/etc/hosts of ssh' " + ftp + " " + old}},
		"no service": {sshconfig.Resolved{HostName: "lab.example", Port: 22}, []string{"lab.example," + old + " " + hostKeyA}, nil, nil},
	} {
		v := hostVisit(t, c.client, c.lines...)
		if c.change != nil {
			c.change(v)
		}
		if got := inShort(hostChecks(v)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := hostChecks(&Visit{}); got != nil {
		t.Errorf("without a host: %v", got)
	}
}

// TestHostFindingsSaid: a file of the whole machine is root's; the words are there
// in both languages, and name what was seen.
func TestHostFindingsSaid(t *testing.T) {
	v := hostVisit(t, sshconfig.Resolved{HostName: "ftp-private.ddbj.nig.ac.jp", Port: 22}, "ftp-private.ddbj.nig.ac.jp,133.39.224.111 "+hostKeyC)
	v.KnownHosts[0].File = "/etc/ssh/ssh_known_hosts"
	v.Client.GlobalKnownHosts = []string{"/etc/ssh/ssh_known_hosts"}
	found := hostChecks(v)
	if len(found) != 1 {
		t.Fatalf("%d findings", len(found))
	}
	for lang, want := range map[catalog.Lang][]string{
		catalog.English:  {"REMOTE HOST IDENTIFICATION HAS CHANGED", "133.39.224.111 was the address until 2025-04-10"},
		catalog.Japanese: {"ホスト鍵", "133.39.224.111 は 2025-04-10 までのアドレスです"},
	} {
		said := found[0].In(lang)
		all := said.Message + "\n" + strings.Join(said.Evidence, "\n")
		for _, words := range append(want, "/etc/ssh/ssh_known_hosts:1: ecdsa-sha2-nistp256 SHA256:") {
			if !strings.Contains(all, words) {
				t.Errorf("%s: %q is not in %q", lang, words, all)
			}
		}
		if said.Fixable || said.Advice == "" || said.Hint != "sudo sshkeys known-hosts remove -f /etc/ssh/ssh_known_hosts ftp-private.ddbj.nig.ac.jp 133.39.224.111" {
			t.Errorf("%s: %+v", lang, said)
		}
	}
}
