//go:build !windows

package sshconfig_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/internal/testkeys"
)

// TestBlockAgainstSSH: ssh reads of each service's block what the block means.
func TestBlockAgainstSSH(t *testing.T) {
	testkeys.Tool(t, "ssh")
	home := t.TempDir()
	config := filepath.Join(home, "config")
	key := filepath.Join(home, `a %d "quoted" 'k' #y\\`)
	blocks := []sshconfig.Block{{Host: "www.example.org", User: "some one", Port: 1}, {Host: "2001:db8::1", User: "u"}}
	for _, p := range services.Builtin().All() {
		for _, h := range p.Hosts {
			blocks = append(blocks, sshconfig.Block{Host: h.Value.Name, User: "u", Service: p})
		}
	}
	if len(blocks) < 5 {
		t.Fatal("no service has a host")
	}
	for _, b := range blocks {
		b.IdentityFile = key
		if err := os.WriteFile(config, []byte(b.Text(home)), 0o600); err != nil {
			t.Fatal(err)
		}
		r := resolve(t, sshconfig.Query{Host: b.Alias(), Config: config, Env: sshconfig.Env{Home: home}})
		port, keepalive, tcp := 22, 0, true
		if b.Port != 0 {
			port = b.Port
		}
		if p := b.Service; p != nil {
			h, _, _ := p.FindHost(b.Host)
			port = h.Port
			if k := p.Connection.KeepAlive; k != nil {
				keepalive = k.Value
			}
			if k := p.Connection.TCPKeepAlive; k != nil {
				tcp = k.Value
			}
		}
		got := fmt.Sprintln(r.By, r.HostName, r.Port, r.User, r.IdentityFiles, r.IdentitiesOnly, r.ServerAliveInterval, r.TCPKeepAlive)
		want := fmt.Sprintln("ssh", b.Host, port, b.User, []string{key}, true, keepalive, tcp)
		if got != want {
			t.Errorf("got %swant %s%s%+v", got, want, b.Text(home), r.Problems)
		}
	}
}

// TestFirstValueWins: for ssh, a block behind the lines that Standing tells loses,
// and one before them counts.
func TestFirstValueWins(t *testing.T) {
	testkeys.Tool(t, "ssh")
	b := sshconfig.Block{Service: service(t, "ddbj"), User: "test07"}
	all := "Host *\n  ServerAliveInterval 20\n"
	for config, want := range map[string]int{all + b.Text(""): 20, b.Text("") + all: 60} {
		file := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			t.Fatal(err)
		}
		if r := resolve(t, sshconfig.Query{Host: b.Alias(), Config: file}); r.ServerAliveInterval != want {
			t.Errorf("%d, want %d\n%s", r.ServerAliveInterval, want, config)
		}
		before, _, _ := strings.Cut(config, "Host ddbj-ftp")
		if wins := b.Standing(before, "").Wins; (len(wins) > 0) != (want == 20) {
			t.Errorf("%+v", wins)
		}
	}
}
