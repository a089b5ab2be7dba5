package sshconfig_test

import (
	"path/filepath"
	"reflect"
	"testing"

	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
)

func service(t *testing.T, name string) *services.Profile {
	t.Helper()
	p := services.Lookup(name)
	if p == nil {
		t.Fatalf("no service %s", name)
	}
	return p
}

// TestBlockText: the block is the one of the seeds, and closes what they leave open.
func TestBlockText(t *testing.T) {
	home := filepath.Join(t.TempDir(), "home")
	for _, c := range []struct {
		block sshconfig.Block
		want  string
	}{
		{sshconfig.Block{Service: service(t, "ddbj"), User: "test07", IdentityFile: filepath.Join(home, "id_rsa")},
			"Host ddbj-ftp\n  HostName ftp-private.ddbj.nig.ac.jp\n  User test07\n  IdentityFile ~/id_rsa\n  IdentitiesOnly yes\n  ServerAliveInterval 60\n  TCPKeepAlive no\n"},
		{sshconfig.Block{Service: service(t, "ddbj"), Host: "133.39.224.111", User: "test07"},
			"Host ddbj-ftp\n  HostName ftp-private.ddbj.nig.ac.jp\n  User test07\n  ServerAliveInterval 60\n  TCPKeepAlive no\n"},
		{sshconfig.Block{Service: service(t, "nig"), Host: "gw2.ddbj.nig.ac.jp"},
			"Host nig-gw2\n  HostName gw2.ddbj.nig.ac.jp\n  ServerAliveInterval 20\n  TCPKeepAlive no\n  # User ...\n"},
		{sshconfig.Block{Service: service(t, "jga"), User: "u"},
			"Host jga-gw\n  HostName jga-gw.ddbj.nig.ac.jp\n  Port 443\n  User u\n  ServerAliveInterval 60\n  TCPKeepAlive no\n"},
		{sshconfig.Block{Service: service(t, "smartfile"), Host: "lab.smartfile.com", User: "u"},
			"Host smartfile\n  HostName lab.smartfile.com\n  User u\n  ServerAliveInterval 100\n"},
		{sshconfig.Block{Host: "www.example.org", Port: 2222, User: "u", IdentityFile: filepath.FromSlash("/keys/100% \"my\" key")},
			"Host www\n  HostName www.example.org\n  Port 2222\n  User u\n  IdentityFile \"/keys/100%% \\\"my\\\" key\"\n  IdentitiesOnly yes\n"},
		{sshconfig.Block{Host: "10.0.0.1", User: "u", IdentityFile: "/k\ney"}, "Host 10.0.0.1\n  HostName 10.0.0.1\n  User u\n"},
	} {
		if got := c.block.Text(home); got != c.want {
			t.Errorf("got\n%s\nwant\n%s", got, c.want)
		}
	}
}

func TestStanding(t *testing.T) {
	b := sshconfig.Block{Service: service(t, "ddbj"), User: "test07", IdentityFile: "/k"}
	for config, want := range map[string]sshconfig.Standing{
		"":                       {},
		"Host other\n  Port 1\n": {},
		"# Host ddbj-ftp\nHost *\n\tServerAliveInterval 20\n\tTCPKeepAlive no\n": {Wins: []sshconfig.Place{{Line: 3, Text: "ServerAliveInterval 20"}}},
		"User x\nHost ddbj-*\nPort 22\nPort = 23\n":                              {Wins: []sshconfig.Place{{Line: 1, Text: "User x"}, {Line: 4, Text: "Port = 23"}}},
		"Host a ddbj-ftp\nUser test07\n":                                         {Named: []sshconfig.Place{{Line: 1, Text: "Host a ddbj-ftp"}}},
		"host=ftp-private.ddbj.nig.ac.jp\nUser me\nMatch all\nIdentitiesOnly no\nMatch exec x\nPort 1\n": {
			Named: []sshconfig.Place{{Line: 1, Text: "host=ftp-private.ddbj.nig.ac.jp"}}, Wins: []sshconfig.Place{{Line: 4, Text: "IdentitiesOnly no"}}},
		b.Text(""): {Named: []sshconfig.Place{{Line: 1, Text: "Host ddbj-ftp"}}},
	} {
		if got := b.Standing(config, ""); !reflect.DeepEqual(got, want) {
			t.Errorf("%q:\n got %+v\nwant %+v", config, got, want)
		}
	}
}
