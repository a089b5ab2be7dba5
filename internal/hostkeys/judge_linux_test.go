package hostkeys

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// inetd is an ssh that talks to an `sshd -i` of its own, without any network, and so
// shows what it thinks of the host key.
type inetd struct {
	dir, ssh, sshd string
}

// keygen runs ssh-keygen in the folder.
func (s inetd) keygen(t *testing.T, args ...string) {
	t.Helper()
	cmd := exec.Command(testkeys.Tool(t, "ssh-keygen"), append([]string{"-q"}, args...)...)
	cmd.Dir = s.dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen %v: %v\n%s", args, err, out)
	}
}

// public is a public key's type and base64 text, and the key.
func (s inetd) public(t *testing.T, name string) (string, *keytool.Key) {
	t.Helper()
	env, err := formats.Parse([]byte(read(t, filepath.Join(s.dir, name))), formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	typ, rest, _ := strings.Cut(strings.TrimSpace(read(t, filepath.Join(s.dir, name))), " ")
	text, _, _ := strings.Cut(rest, " ")
	return typ + " " + text, env.Public
}

// connect has ssh go to host and port with these known_hosts, and a server that has
// one key, maybe with a certificate. It returns what ssh says.
func (s inetd) connect(t *testing.T, known string, h Host, key, certificate string) string {
	t.Helper()
	write(t, filepath.Join(s.dir, "known_hosts"), known)
	server := []string{s.sshd, "-i", "-f", "/dev/null", "-h", filepath.Join(s.dir, key)}
	if certificate != "" {
		server = append(server, "-o", "HostCertificate="+filepath.Join(s.dir, certificate))
	}
	cmd := exec.Command(s.ssh, "-F", "none", "-v", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes",
		"-o", "UserKnownHostsFile="+filepath.Join(s.dir, "known_hosts"), "-o", "GlobalKnownHostsFile=none",
		"-o", "KexAlgorithms=curve25519-sha256", "-o", "PubkeyAuthentication=no", "-o", "ProxyCommand="+strings.Join(server, " "),
		"-p", fmt.Sprint(max(h.Port, 1)), "alice@"+h.Name, "true")
	out, _ := cmd.CombinedOutput() // it never logs in
	return string(out)
}

// answer reads what ssh said of the host key, and which line it blames.
func answer(t *testing.T, said string) (Answer, int) {
	t.Helper()
	line := 0
	if _, after, ok := strings.Cut(said, "Offending "); ok {
		if _, after, ok = strings.Cut(after, "known_hosts:"); ok {
			fmt.Sscan(after, &line)
		}
	}
	switch {
	case strings.Contains(said, "REVOKED HOST KEY DETECTED"):
		return Revoked, 0
	case strings.Contains(said, "REMOTE HOST IDENTIFICATION HAS CHANGED"):
		return Changed, line
	case strings.Contains(said, "host certificate.") && !strings.Contains(said, "Retry with plain key"):
		return Certified, 0
	case strings.Contains(said, "host key.\r\n") || strings.Contains(said, "host key.\n") || strings.Contains(said, "found matching key w/out port"):
		return Known, 0
	case strings.Contains(said, "key is known for "):
		return Unknown, 0
	}
	t.Fatalf("ssh says:\n%s", said)
	return "", 0
}

func TestJudgeAsSSH(t *testing.T) {
	if testkeys.NewWorld(t) == nil {
		return
	}
	s := inetd{t.TempDir(), testkeys.Tool(t, "ssh"), testkeys.Tool(t, "sshd")}
	for _, name := range []string{"mine", "other", "ca", "ca2"} {
		s.keygen(t, "-t", "ed25519", "-N", "", "-C", name, "-f", name)
	}
	s.keygen(t, "-t", "ecdsa", "-N", "", "-C", "ecdsa", "-f", "ecdsa")
	certify := func(name string, args ...string) {
		s.keygen(t, append([]string{"-s", "ca", "-I", name, "-h"}, append(args, "mine.pub")...)...)
		if err := os.Rename(filepath.Join(s.dir, "mine-cert.pub"), filepath.Join(s.dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	certify("good", "-n", "gw.example,gw2.example")
	certify("stranger", "-n", "elsewhere.example")
	certify("expired", "-n", "gw.example", "-V", "20200101:20200102")
	certify("early", "-n", "gw.example", "-V", "20900101:20910101")

	mine, key := s.public(t, "mine.pub")
	other, _ := s.public(t, "other.pub")
	ecdsa, _ := s.public(t, "ecdsa.pub")
	ca, _ := s.public(t, "ca.pub")
	ca2, _ := s.public(t, "ca2.pub")
	gw, far := Host{"gw.example", 22}, Host{"gw.example", 2222}
	for _, c := range []struct {
		known string
		host  Host
		cert  string
		want  Answer
	}{
		{"", gw, "", Unknown},
		{"gw.example " + mine, gw, "", Known},
		{"GW.*,!x.example " + mine, gw, "", Known},
		{hashOf(make([]byte, 20), "gw.example") + " " + mine, gw, "", Known},
		{hashOf(make([]byte, 20), "GW.example") + " " + mine, gw, "", Unknown},
		{"*,!gw.example " + mine, gw, "", Unknown},
		{"gw.example " + other, gw, "", Changed},
		{"gw.example " + other + "\ngw.example " + mine + "\ngw.example " + other, gw, "", Known},
		{"gw.example " + other + "\n#\ngw.example " + other, gw, "", Changed},
		{"gw.example " + ecdsa, gw, "", NewType},
		{"gw.example " + ecdsa + "\ngw.example " + other + "\ngw.example " + ecdsa, gw, "", Changed},
		{"gw.example " + ecdsa + "\ngw.example " + mine, gw, "", Known},
		{"gw.example ssh-ed25519 AAAA", gw, "", Unknown},
		{"gw.example " + mine + "\r", gw, "", Known},
		{"@revoked gw.example " + mine + "\ngw.example " + mine, gw, "", Revoked},
		{"@revoked other.example " + mine + "\ngw.example " + mine, gw, "", Known},
		{"@revoked * " + mine, gw, "", Revoked},
		{"@revoked gw.example " + other, gw, "", Unknown},
		{"@revoked\tgw.example " + mine + "\ngw.example " + mine, gw, "", Known},
		{"[gw.example]:2222 " + mine, far, "", Known},
		{"[gw.example]:2222 " + other, far, "", Changed},
		{"[gw.example]:2222 " + other + "\ngw.example " + mine, far, "", Changed},
		{"gw.example " + mine, far, "", Known},
		{"gw.example " + other, far, "", Unknown},
		{"@revoked gw.example " + mine, far, "", Revoked},
		{"[gw.example]:2222 " + mine, gw, "", Unknown},
		{"@cert-authority *.example " + ca, gw, "good", Certified},
		{"@cert-authority gw.example " + ca, gw, "", Unknown},
		{"@cert-authority gw.example " + ca, gw, "stranger", Unknown},
		{"@cert-authority gw.example " + ca, gw, "expired", Unknown},
		{"@cert-authority gw.example " + ca, gw, "early", Unknown},
		{"@cert-authority gw.example " + ca + "\ngw.example " + mine, gw, "expired", Known},
		{"@cert-authority gw.example " + ca + "\ngw.example " + other, gw, "expired", Changed},
		{"@cert-authority gw.example " + ca + "\n@revoked gw.example " + ca, gw, "good", Revoked},
		{"@cert-authority gw.example " + ca + "\n@revoked gw.example " + mine, gw, "good", Revoked},
		{"@cert-authority gw.example " + ca2, gw, "good", Unknown},
		{"@cert-authority other.example " + ca + "\ngw.example " + mine, gw, "good", Known},
		{"@cert-authority gw.example " + ca, far, "good", Certified},
		{"@cert-authority [gw.example]:2222 " + ca, far, "good", Certified},
		{"gw.example " + ca, gw, "good", Changed},
	} {
		known := c.known + "\n"
		lines, err := Find(strings.NewReader(known), "known_hosts", []Host{c.host, {Name: c.host.Name}})
		if err != nil {
			t.Fatal(err)
		}
		shown := key
		if c.cert != "" {
			_, shown = s.public(t, c.cert)
		}
		got, by := Judge(lines, c.host, shown, time.Now())
		ssh, line := answer(t, s.connect(t, known, c.host, "mine", c.cert))
		if want := asSSHSays(c.want); ssh != want {
			t.Errorf("%q for %s with %q: ssh says %s, and the table %s", c.known, c.host, c.cert, ssh, want)
		}
		if got != c.want {
			t.Errorf("%q for %s with %q: %s, want %s", c.known, c.host, c.cert, got, c.want)
		}
		if (len(by) == 0) != (got == Unknown) || line > 0 && by[len(by)-1].Number != line {
			t.Errorf("%q for %s with %q: by lines %v, ssh names %d", c.known, c.host, c.cert, numbers(by), line)
		}
	}
}

// asSSHSays: it has one banner for both.
func asSSHSays(a Answer) Answer {
	if a == NewType {
		return Changed
	}
	return a
}

// TestPrefer compares with the order in which ssh asks the server for host keys.
func TestPrefer(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	s := inetd{dir: t.TempDir()}
	s.keygen(t, "-t", "ed25519", "-N", "", "-f", "ed25519")
	s.keygen(t, "-t", "ecdsa", "-N", "", "-f", "ecdsa")
	s.keygen(t, "-t", "rsa", "-b", "2048", "-N", "", "-f", "rsa")
	ed25519, _ := s.public(t, "ed25519.pub")
	rsa, _ := s.public(t, "rsa.pub")
	ecdsa, _ := s.public(t, "ecdsa.pub")
	config, err := exec.Command(ssh, "-F", "none", "-G", "gw.example").Output()
	if err != nil {
		t.Fatal(err)
	}
	_, list, _ := strings.Cut(string(config), "\nhostkeyalgorithms ")
	list, _, _ = strings.Cut(list, "\n")
	all, gw := strings.Split(list, ","), Host{"gw.example", 22}
	if len(all) < 5 {
		t.Fatalf("ssh -G has %q", list)
	}
	for _, known := range []string{
		"", "gw.example " + ed25519, "gw.example " + rsa, "gw.example " + ecdsa, "gw.example " + ecdsa + "\ngw.example " + rsa,
		"@cert-authority gw.example " + rsa, "@cert-authority gw.example " + rsa + "\ngw.example " + ecdsa, "@revoked gw.example " + rsa,
		"@revoked * " + ed25519 + "\ngw.example " + ed25519 + "\ngw.example " + ecdsa, "@revoked * " + ed25519 + "\ngw.example " + ed25519,
		"other.example " + rsa,
	} {
		write(t, filepath.Join(s.dir, "known_hosts"), known+"\n")
		// It ends where the greeting is all that the server says.
		said, _ := exec.Command(ssh, "-F", "none", "-vvv", "-o", "BatchMode=yes", "-o", "UserKnownHostsFile="+filepath.Join(s.dir, "known_hosts"),
			"-o", "GlobalKnownHostsFile=none", "-o", "ProxyCommand=sh -c 'echo SSH-2.0-none; read greeting'", "gw.example").CombinedOutput()
		lines, err := Find(strings.NewReader(known), "f", []Host{gw})
		if err != nil {
			t.Fatal(err)
		}
		want := all
		if _, first, ok := strings.Cut(string(said), "prefer hostkeyalgs: "); ok {
			first, _, _ = strings.Cut(first, "\n")
			want = strings.Split(strings.TrimSpace(first), ",")
			for _, algorithm := range all {
				if !slices.Contains(want, algorithm) {
					want = append(want, algorithm)
				}
			}
		} else if !strings.Contains(string(said), "order_hostkeyalgs") {
			t.Fatalf("ssh says %s", said)
		}
		if got := Prefer(all, lines, gw); !slices.Equal(got, want) {
			t.Errorf("%q: %v, ssh: %v", known, got, want)
		}
	}
}
