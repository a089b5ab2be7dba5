package sshconfig_test

import (
	"context"
	"os/exec"
	"strings"
	"testing"

	"sshkeys/internal/sshconfig"
	"sshkeys/internal/testkeys"
)

func TestParseTarget(t *testing.T) {
	for text, want := range map[string]struct {
		user, host string
		port       int
	}{
		"host":                       {"", "host", 0},
		"alice@host.example.org":     {"alice", "host.example.org", 0},
		"a@b@host":                   {"a@b", "host", 0},
		"host:443":                   {"", "host", 443},
		"host:":                      {"", "host", 0},
		"::1":                        {"", "::1", 0},
		"alice@2001:db8::1":          {"alice", "2001:db8::1", 0},
		"fe80::1%eth0":               {"", "fe80::1%eth0", 0},
		"[::1]":                      {"", "::1", 0},
		"alice@[::1]:2222":           {"alice", "::1", 2222},
		"ssh://alice@host:22":        {"alice", "host", 22},
		"ssh://host":                 {"", "host", 0},
		"SSH://a%20b@[::1]:1/":       {"a b", "::1", 1},
		"sftp://alice@host:443/a:b/": {"alice", "host", 443},
		"日本.example":                 {"", "日本.example", 0},
	} {
		user, host, port, err := sshconfig.ParseTarget(text)
		if user != want.user || host != want.host || port != want.port || err != nil {
			t.Errorf("%q: %q, %q, %d, %v", text, user, host, port, err)
		}
	}
	for _, text := range []string{
		"", "@host", "alice@", "-oProxyCommand=x", "alice@-x", "-x@host", "host:0", "host:65536", "host:x", "[::1", "[::1]x", "[::1]:",
		"a b", "host\n", "a;b", "$(x)", "a`b", "ssh://", "ssh://%zz@host", "ssh://%@host", "ssh://a%00@host", "ho\x1b[2Jst",
	} {
		if user, host, port, err := sshconfig.ParseTarget(text); err == nil && text != "[::1]:" {
			t.Errorf("%q: %q, %q, %d", text, user, host, port)
		} else if err != nil && (user != "" || host != "" || port != 0 || strings.ContainsAny(err.Error(), "\n\x1b")) {
			t.Errorf("%q: %q with the error %q", text, host, err)
		}
	}
}

// TestTargetAgainstSSH: ssh takes the same names.
func TestTargetAgainstSSH(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	for _, text := range []string{"host", "alice@host", "a@b@host", "::1", "fe80::1%eth0", "ssh://alice@host:2222", "a;b", "a'b@host", "h$x", "h(x", "h,x", `h\x`, `a\@host`, "-x@host"} {
		out, err := exec.CommandContext(context.Background(), ssh, "-G", "-F", "none", "--", text).Output()
		user, host, port, own := sshconfig.ParseTarget(text)
		if (err == nil) != (own == nil) {
			t.Errorf("%q: ssh says %v, this %v", text, err, own)
			continue
		}
		if own != nil {
			continue
		}
		said := string(out)
		if !strings.Contains(said, "\nhostname "+host+"\n") || user != "" && !strings.Contains(said, "user "+user+"\n") ||
			port != 0 && !strings.Contains(said, "\nport "+strings.Split(text, ":")[len(strings.Split(text, ":"))-1]+"\n") {
			t.Errorf("%q: %q, %q, %d; for ssh\n%.100s", text, user, host, port, said)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	f.Add("alice@[::1]:22")
	f.Add("ssh://a%20b@host:1/")
	f.Fuzz(func(t *testing.T, text string) {
		user, host, port, err := sshconfig.ParseTarget(text)
		if err == nil && (host == "" || host[0] == '-' || strings.HasPrefix(user, "-") || port < 0 || port > 65535 || strings.ContainsAny(host, " \n\x00$`;")) {
			t.Errorf("%q: %q, %q, %d", text, user, host, port)
		}
	})
}
