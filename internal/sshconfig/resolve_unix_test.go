//go:build !windows

package sshconfig_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sshkeys/internal/sshconfig"
	"sshkeys/internal/testkeys"
)

// configs are what people write, each with the hosts to ask for. Those that only
// ssh can evaluate have a word of the line that is to be told as Unevaluated.
var configs = map[string]struct {
	text   string
	hosts  []string
	unsaid string
}{
	"nothing":   {"", []string{"example.org", "EXAMPLE.org", "::1", "10.0.0.1"}, ""},
	"the seeds": {"Host ddbj-ftp\n  ServerAliveInterval 60\n  TCPKeepAlive no\n  HostName ftp-private.ddbj.nig.ac.jp\n  User test07\n  IdentityFile ~/id_rsa\n", []string{"ddbj-ftp", "ftp-private.ddbj.nig.ac.jp"}, ""},
	"first value wins": {"Host a*\nPort 1\nUser one\nHost ab\nPort 2\nHost *\nPort 3\nUser all\nTCPKeepAlive no\n",
		[]string{"a", "ab", "b"}, ""},
	"patterns": {"Host a? !ab\nPort 1\nHost *.org !www.*\nPort 2\nHost x.y [z] \"q r\"\nPort 3\nHost A\nPort 4\nHost ??\nPort 5\nHost !a\nPort 6\n",
		[]string{"a", "ab", "ac", "abc", "b.org", "www.b.org", "x.y", "xzy", "[z]", "z", "A", "org"}, ""},
	"several identities": {"IdentityFile ~/first\nHost a\nIdentityFile ~/second\nIdentityFile /third\nIdentityFile ~/first\nCertificateFile ~/c1\nCertificateFile /c2\nHost *\nIdentityFile ~/last\n",
		[]string{"a", "b"}, ""},
	"none":       {"Host a\nIdentityFile none\nProxyCommand none\nIdentityAgent none\nUserKnownHostsFile none\nHost b\nIdentityFile none\nIdentityFile ~/x\n", []string{"a", "b", "c"}, ""},
	"only these": {"Host a\n IdentitiesOnly yes\n IdentityFile ~/k\n PubkeyAuthentication no\n CheckHostIP yes\n HashKnownHosts yes\n", []string{"a", "b"}, ""},
	"quotes": {"Host \"a\" 'b'\n IdentityFile \"~/my key\" # mine\n User 'u' \n IdentityFile=~/eq\n  identityFILE\t=\t~/tab\\ blank\n UserKnownHostsFile \"~/known hosts\" ~/two /three\n GlobalKnownHostsFile \"/g h\" /i\n",
		[]string{"a", "b"}, ""},
	"tokens": {"Host a\n HostName %h.example.org\n User bob\n Port 2200\n HostKeyAlias key-of-a\n IdentityFile ~/%r@%h:%p\n IdentityFile %d/%u/%n/%k/%i/%l/%L/%%\n CertificateFile ~/%n-cert\n UserKnownHostsFile ~/kh.%h\n IdentityAgent ~/%n.sock\n",
		[]string{"a"}, ""},
	"variables": {"IdentityFile ${SSHKEYS_TEST}/key\nIdentityAgent $SSHKEYS_TEST\nHost b\nIdentityAgent SSH_AUTH_SOCK\n", []string{"a"}, ""},
	"an agent":  {"Host b\nIdentityAgent SSH_AUTH_SOCK\nHost c\nIdentityAgent \"~/my agent\"\n", []string{"a", "b", "c"}, ""},
	"times":     {"Host a\nServerAliveInterval 2m\nConnectTimeout 1h30\nHost b\nServerAliveInterval 0\nConnectTimeout none\nHost c\nConnectTimeout 90s\n", []string{"a", "b", "c"}, ""},
	"strictness": {"Host a\nStrictHostKeyChecking no\nHost b\nStrictHostKeyChecking accept-new\nHost c\nStrictHostKeyChecking off\nHost d\nStrictHostKeyChecking Yes\nHost e\nStrictHostKeyChecking ask\n",
		[]string{"a", "b", "c", "d", "e", "f"}, ""},
	"jumps":    {"Host a\nProxyJump me@gw:2222\nProxyCommand nc %h %p\nHost b\nProxyCommand nc -X \"5\" %h %p # as it stands\nProxyJump gw\nHost c\nProxyJump none\nProxyCommand nc\nHost d\nProxyCommand none\nProxyJump gw\n", []string{"a", "b", "c", "d"}, ""},
	"includes": {"Host a\nInclude HOME/.ssh/in\nHost *\nInclude HOME/.ssh/all.d/*\nPort 9\n", []string{"a", "b"}, ""},
	"match": {"Host a\nHostName www.example.org\nMatch host *.Example.org\nPort 1\nMatch originalhost b,c !user x\nPort 2\nMatch user \"y\" host=*\nPort 3\nMatch all\nUser z\nMatch localuser nobody,!root\nPort 4\nMatch !host d localuser *\nPort 5\n",
		[]string{"a", "b", "c", "d", "B"}, ""},
	"match exec":   {"Host b\nUser x\nMatch exec true\nPort 1\nMatch host nothere exec false\nPort 2\n", nil, "Match exec true"},
	"match final":  {"Match final\nPort 1\n", nil, "Match final"},
	"hash token":   {"IdentityFile ~/%C\n", nil, "IdentityFile ~/%C"},
	"canonical":    {"CanonicalizeHostname yes\n", nil, "CanonicalizeHostname yes"},
	"lists":        {"Host a\nKexAlgorithms curve25519-sha256\nCiphers aes128-ctr,aes256-ctr\nMACs hmac-sha2-256\nHostKeyAlgorithms ssh-ed25519\nPubkeyAcceptedAlgorithms rsa-sha2-512\nHost b\nCiphers -aes*\n", []string{"a", "b"}, ""},
	"odd texts":    {"\ufeff\n\n  # Host a\n\tHost\ta\r\n\tPort = 44\r\n\x0c\nUser q\x0c\n", nil, ""},
	"empty blocks": {"Host\ta\nHost b\nHost c\nPort 7", []string{"a", "b", "c"}, ""},
}

// asked is a home with a config and two that it includes, and the question.
func asked(t *testing.T, text, host string) sshconfig.Query {
	t.Helper()
	home := t.TempDir()
	text = strings.ReplaceAll(text, "HOME", home)
	for name, text := range map[string]string{
		".ssh/config": text, ".ssh/in": "User included\nHost b\nUser never\n",
		".ssh/all.d/1": "Host a b\nTCPKeepAlive no\nMatch host a\nPort 3\n", ".ssh/all.d/2": "HashKnownHosts yes\nServerAliveInterval 7\n",
	} {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("SSHKEYS_TEST", "/in/the/environment")
	return sshconfig.Query{Host: host, Config: filepath.Join(home, ".ssh", "config")}
}

func resolve(t *testing.T, q sshconfig.Query) *sshconfig.Resolved {
	t.Helper()
	r, err := sshconfig.Resolve(context.Background(), q)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestLibraryAgainstSSH holds what is evaluated without ssh to ssh itself, in all
// that does not depend on its version.
func TestLibraryAgainstSSH(t *testing.T) {
	testkeys.Tool(t, "ssh")
	for name, c := range configs {
		for _, host := range c.hosts {
			q := asked(t, c.text, host)
			want, got := resolve(t, q), sshconfig.Evaluate(q)
			if want.By != "ssh" || got.By != "library" || !strings.HasPrefix(want.Version, "OpenSSH_") {
				t.Fatalf("%s: by %s and %s, version %q", name, want.By, got.By, want.Version)
			}
			if !got.Named {
				if len(got.IdentityFiles) == 0 || !subset(got.IdentityFiles, want.IdentityFiles) {
					t.Errorf("%s: defaults %q, of ssh %q", name, got.IdentityFiles, want.IdentityFiles)
				}
				got.IdentityFiles = want.IdentityFiles
			}
			for _, l := range []struct{ got, want *[]string }{
				{&got.PubkeyAlgorithms, &want.PubkeyAlgorithms}, {&got.HostKeyAlgorithms, &want.HostKeyAlgorithms},
				{&got.KexAlgorithms, &want.KexAlgorithms}, {&got.Ciphers, &want.Ciphers}, {&got.MACs, &want.MACs},
			} {
				if *l.got == nil && len(*l.want) > 0 {
					*l.got = *l.want
				}
			}
			got.By, got.Version = want.By, want.Version
			a, b := reflect.ValueOf(*got), reflect.ValueOf(*want)
			for i := range a.NumField() {
				if !reflect.DeepEqual(a.Field(i).Interface(), b.Field(i).Interface()) {
					t.Errorf("%s, %s: %s is %q, for ssh %q", name, host, a.Type().Field(i).Name, fmt.Sprint(a.Field(i)), fmt.Sprint(b.Field(i)))
				}
			}
		}
	}
}

func subset(some, all []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// TestIdentitiesAgainstSSH holds the identity files to those that ssh says it
// tries when it connects, which it does through a command that fails.
func TestIdentitiesAgainstSSH(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	for _, name := range []string{"the seeds", "several identities", "only these", "quotes", "tokens", "nothing", "match exec", "hash token"} {
		for _, host := range append(slices.Clone(configs[name].hosts), "other.example") {
			q := asked(t, configs[name].text, host)
			r := resolve(t, q)
			cmd := exec.Command(ssh, "-v", "-F", q.Config, "-o", "ProxyCommand=false", "-o", "BatchMode=yes", "--", host)
			want := asSSH(t, cmd, "debug1: identity file ")
			want = slices.DeleteFunc(want, func(file string) bool { return strings.HasSuffix(file, "-cert") })
			got := slices.Clone(r.IdentityFiles)
			if len(r.Unevaluated) == 0 {
				equal(t, name+", "+host, got, want)
			} else if name != "hash token" {
				t.Errorf("%s: unevaluated %q", name, r.Unevaluated)
			}
		}
	}
}

// TestUnevaluated: what the library cannot evaluate it tells, and goes on.
func TestUnevaluated(t *testing.T) {
	for name, c := range configs {
		if c.unsaid == "" {
			continue
		}
		q := asked(t, c.text+"Host a\nUser after\n", "a")
		r := sshconfig.Evaluate(q)
		if len(r.Unevaluated) != 1 || !strings.HasSuffix(r.Unevaluated[0], c.unsaid) || r.User != "after" || r.Port != 22 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

// TestOnlySSHEvaluates: a Match exec is run by ssh, as a login would.
func TestOnlySSHEvaluates(t *testing.T) {
	testkeys.Tool(t, "ssh")
	if r := resolve(t, asked(t, configs["match exec"].text, "a")); r.Port != 1 || len(r.Unevaluated) != 0 {
		t.Errorf("%+v", r)
	}
}

// TestRefused: what ssh refuses is told with file, line and option, and the rest
// is still evaluated.
func TestRefused(t *testing.T) {
	testkeys.Tool(t, "ssh")
	for name, c := range map[string]struct {
		text string
		want []sshconfig.Problem
	}{
		"bad option":   {"User u\nIdentityFle ~/x\n", []sshconfig.Problem{{Line: 2, Option: "IdentityFle", Text: "Bad configuration option: identityfle"}}},
		"two":          {"Foo 1\nUser u\nPort x\n", []sshconfig.Problem{{Line: 1, Option: "Foo", Text: "Bad configuration option: foo"}, {Line: 3, Option: "Port"}}},
		"quotes":       {"User u\nIdentityFile \"~/x\n", []sshconfig.Problem{{Line: 2, Option: "IdentityFile"}}},
		"match":        {"User u\nMatch bogus\n", []sshconfig.Problem{{Line: 2, Option: "Match"}}},
		"no argument":  {"User u\nPort\n", []sshconfig.Problem{{Line: 2, Option: "Port"}}},
		"bad cipher":   {"User u\nCiphers x\n", []sshconfig.Problem{{Line: 2, Option: "Ciphers"}}},
		"bad variable": {"User u\nIdentityAgent ${NO_SUCH_VARIABLE}\n", []sshconfig.Problem{{Line: 2, Option: "IdentityAgent"}}},
	} {
		q := asked(t, c.text, "a")
		r := resolve(t, q)
		for i := range c.want {
			c.want[i].File = q.Config
		}
		if r.By != "library" || r.User != "u" || r.Version == "" {
			t.Errorf("%s: %+v", name, r)
		}
		got := slices.Clone(r.Problems)
		for i := range got {
			if i < len(c.want) && c.want[i].Text == "" && got[i].Text != "" { // it differs between versions
				got[i].Text = ""
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, r.Problems, c.want)
		}
	}
}

// TestRefusedName: what ssh refuses without a place is told in its words.
func TestRefusedName(t *testing.T) {
	testkeys.Tool(t, "ssh")
	r := resolve(t, asked(t, "", "a;b"))
	if r.By != "library" || len(r.Problems) != 1 || r.Problems[0].File != "" || r.Problems[0].Text == "" {
		t.Errorf("%+v", r)
	}
}

// TestOldSSH: an ssh that has no -G refuses nothing.
func TestOldSSH(t *testing.T) {
	q := asked(t, "Host a\nUser u\n", "a")
	bin := t.TempDir()
	script := "#!/bin/sh\ncase $1 in -V) echo OpenSSH_5.3p1 >&2;; *) echo \"ssh: illegal option -- G\nusage: ssh\" >&2; exit 255;; esac\n"
	if err := os.WriteFile(filepath.Join(bin, "ssh"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	if r := resolve(t, q); r.By != "library" || r.User != "u" || len(r.Problems) != 0 || r.Version != "OpenSSH_5.3p1" {
		t.Errorf("%+v", r)
	}
}

// TestRandomConfigs holds the library to ssh over configs of random lines.
func TestRandomConfigs(t *testing.T) {
	testkeys.Tool(t, "ssh")
	lines := []string{"Host a", "Host *", "Host b !a*", "Host a? ab", "Match host a", "Match all", "Match user u", "Match !originalhost a",
		"Match host *.org,!x.org", "Match localuser x", "User u", "User v", "Port 1", "Port 2", "HostName x.org", "HostName %h.org", "IdentityFile ~/1", "IdentityFile /2",
		"IdentityFile none", "Include HOME/.ssh/in", "Include HOME/.ssh/all.d/*", "ProxyJump j", "ProxyCommand none", "ProxyJump none", "ServerAliveInterval 3", "TCPKeepAlive no",
		"IdentitiesOnly yes", "UserKnownHostsFile ~/k1 /k2", "HostKeyAlias k", "IdentityAgent none", "CertificateFile ~/%n-%h-%p-%r-cert", "# Host a", ""}
	random := rand.New(rand.NewPCG(1, 2))
	for range 25 {
		var text strings.Builder
		for range 12 {
			text.WriteString(lines[random.IntN(len(lines))] + "\n")
		}
		for _, host := range []string{"a", "ab"} {
			q := asked(t, text.String(), host)
			want, got := resolve(t, q), sshconfig.Evaluate(q)
			if want.By != "ssh" {
				t.Fatalf("%+v", want.Problems)
			}
			if !got.Named {
				got.IdentityFiles = want.IdentityFiles
			}
			summary := func(r *sshconfig.Resolved) string {
				return fmt.Sprint(r.HostName, " ", r.User, r.Port, r.HostKeyAlias, r.UserNamed, r.IdentityFiles, r.Named, r.CertificateFiles, r.IdentitiesOnly,
					r.IdentityAgent, r.UserKnownHosts, r.ProxyJump, r.ProxyCommand, r.ServerAliveInterval, r.TCPKeepAlive, r.Unevaluated)
			}
			if summary(got) != summary(want) {
				t.Fatalf("%s of\n%s got %s\nwant %s", host, text.String(), summary(got), summary(want))
			}
		}
	}
}

// TestOpenConfig: a config that others can write stops ssh, and is told.
func TestOpenConfig(t *testing.T) {
	testkeys.Tool(t, "ssh")
	q := asked(t, "Include HOME/.ssh/in\n", "a")
	in := filepath.Join(filepath.Dir(q.Config), "in")
	if err := os.Chmod(in, 0o666); err != nil {
		t.Fatal(err)
	}
	r := resolve(t, q)
	want := []sshconfig.Problem{{File: in, Text: "Bad owner or permissions on " + in}}
	if !reflect.DeepEqual(r.Problems, want) || r.User != "included" {
		t.Errorf("%+v", r)
	}
}

// TestCommandLine: what is given there comes first.
func TestCommandLine(t *testing.T) {
	testkeys.Tool(t, "ssh")
	q := asked(t, "Host a\nUser u\nPort 1\nIdentityFile /second\n", "a")
	q.User, q.Port, q.Identities = "alice", 443, []string{q.Config}
	for _, r := range []*sshconfig.Resolved{resolve(t, q), sshconfig.Evaluate(q)} {
		if r.User != "alice" || r.Port != 443 || !r.Named || !slices.Equal(r.IdentityFiles, []string{q.Config, "/second"}) {
			t.Errorf("%+v", r)
		}
	}
	q.Config = "none"
	for _, r := range []*sshconfig.Resolved{resolve(t, q), sshconfig.Evaluate(q)} {
		if !r.Named || len(r.IdentityFiles) != 1 || r.HostName != "a" {
			t.Errorf("%+v", r)
		}
	}
}

// TestAnotherHome: without -F it is the query's home that counts, for ~ too.
func TestAnotherHome(t *testing.T) {
	testkeys.Tool(t, "ssh")
	q := asked(t, "Host a\nIdentityFile ~/key\nHost b\nUserKnownHostsFile ~/kh\n", "a")
	q.Env.Home = filepath.Dir(filepath.Dir(q.Config))
	q.Config = ""
	r := resolve(t, q)
	if r.By != "ssh" || !slices.Equal(r.IdentityFiles, below(q.Env.Home, "key")) || !slices.Equal(r.UserKnownHosts, below(q.Env.Home, ".ssh/known_hosts", ".ssh/known_hosts2")) {
		t.Errorf("%+v", r)
	}
	q.Host = "b"
	if r := resolve(t, q); r.Named || !slices.Equal(r.UserKnownHosts, below(q.Env.Home, "kh")) || !slices.Contains(r.IdentityFiles, filepath.Join(q.Env.Home, ".ssh", "id_rsa")) {
		t.Errorf("%+v", r)
	}
	if err := os.WriteFile(filepath.Join(q.Env.Home, ".ssh", "config"), []byte("Bogus x\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r = resolve(t, q)
	if want := []sshconfig.Problem{{File: filepath.Join(q.Env.Home, ".ssh", "config"), Line: 1, Option: "Bogus", Text: "Bad configuration option: bogus"}}; !reflect.DeepEqual(r.Problems, want) {
		t.Errorf("%+v", r.Problems)
	}
}

func TestNoSuchConfig(t *testing.T) {
	q := sshconfig.Query{Host: "a", Config: filepath.Join(t.TempDir(), "nothing")}
	if r, err := sshconfig.Resolve(context.Background(), q); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestWithoutSSH: where no ssh is on the PATH, the library answers.
func TestWithoutSSH(t *testing.T) {
	q := asked(t, "Host a\nUser u\n", "a")
	t.Setenv("PATH", t.TempDir())
	t.Setenv("SystemRoot", t.TempDir())
	if r := resolve(t, q); r.By != "library" || r.User != "u" || r.Version != "" || sshconfig.Version(context.Background()) != "" {
		t.Errorf("%+v", r)
	}
}

// TestSlowConfig: who asks does not wait for a Match exec that does not end.
func TestSlowConfig(t *testing.T) {
	testkeys.Tool(t, "ssh")
	ctx, cancel := context.WithCancel(context.Background())
	q := asked(t, "Match exec \"echo >HOME/started; exec sleep 100\"\nPort 1\n", "a")
	go func() {
		for {
			if _, err := os.Stat(filepath.Join(filepath.Dir(filepath.Dir(q.Config)), "started")); err == nil {
				cancel()
				return
			}
			time.Sleep(5 * time.Millisecond)
		}
	}()
	if r, err := sshconfig.Resolve(ctx, q); !errors.Is(err, context.Canceled) {
		t.Errorf("%+v, %v", r, err)
	}
}
