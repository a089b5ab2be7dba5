package diagnose

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

func line(k *keytool.Key) []byte { return []byte(formats.AuthorizedLine(k) + "\n") }

// ask is a question to a server of the test, with keys that ssh would offer.
func ask(s *testkeys.SSHD, user string, keys ...*keytool.Key) Question {
	return Question{Host: "127.0.0.1", Port: s.Port, User: user, Offers: offers(keys...), Timeout: patience, Slow: patience}
}

// knownAs judges by a server's own known_hosts file.
func knownAs(t *testing.T, s *testkeys.SSHD) func(*keytool.Key) (hostkeys.Answer, []hostkeys.Line) {
	t.Helper()
	host, lines := hostkeys.Host{Name: "127.0.0.1", Port: s.Port}, hostLinesOf(t, s)
	return func(k *keytool.Key) (hostkeys.Answer, []hostkeys.Line) {
		return hostkeys.Judge(lines, host, k, time.Now())
	}
}

// hostLinesOf are those of a server's own known_hosts file.
func hostLinesOf(t *testing.T, s *testkeys.SSHD) []hostkeys.Line {
	t.Helper()
	f, err := os.Open(s.KnownHosts())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines, err := hostkeys.Find(f, s.KnownHosts(), []hostkeys.Host{{Name: "127.0.0.1", Port: s.Port}})
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

func noLogin(t *testing.T, s *testkeys.SSHD) {
	t.Helper()
	if log := s.Log(t); regexp.MustCompile(`Accepted \w+ for |Starting session|User child`).MatchString(log) {
		t.Errorf("the probe logged in: %s", log)
	}
}

func TestProbeKeys(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	s := w.StartSSHD(t)
	keys := newKeys(t, 10)
	w.Alice.Authorize(t, line(keys[3]))
	wrong := slices.Concat(keys[:3], keys[4:])
	for _, c := range []struct {
		name, user string
		keys       []*keytool.Key
		want       []Acceptance
		hungUp     int
	}{
		{"the key", "alice", keys[3:4], []Acceptance{Accepted}, 0},
		{"the fourth", "alice", keys[:5], []Acceptance{Rejected, Rejected, Rejected, Accepted, Rejected}, 0},
		{"unknown key", "alice", keys[:1], []Acceptance{Rejected}, 0},
		{"wrong user", "bob", keys[3:4], []Acceptance{Rejected}, 0},
		{"no user", "nobody-here", keys[3:4], []Acceptance{Rejected}, 0},
		{"no keys", "alice", nil, nil, 0},
		{"too many wrong", "alice", wrong[:8], slices.Repeat([]Acceptance{Rejected}, 8), 6},
		{"the tenth", "alice", slices.Concat(wrong, keys[3:4]), append(slices.Repeat([]Acceptance{Rejected}, 9), Accepted), 6},
	} {
		t.Run(c.name, func(t *testing.T) {
			q := ask(s, c.user, c.keys...)
			q.HostKey = knownAs(t, s)
			p := Ask(t.Context(), q)
			if !slices.Equal(answers(p), c.want) || p.HungUp != c.hungUp || p.Stopped != AtEnd {
				t.Errorf("answers %q, hung up after %d, want %q and %d\n%+v", answers(p), p.HungUp, c.want, c.hungUp, p)
			}
			if p.HostKey == nil || p.HostKey.Answer != hostkeys.Known || !slices.Equal(p.Methods, []string{"publickey"}) {
				t.Errorf("host key %+v, methods %q", p.HostKey, p.Methods)
			}
			if !strings.HasPrefix(p.Greeting.Version, "SSH-2.0-OpenSSH") || p.Greeting.Slow || len(p.Lists.Ciphers) != 1 {
				t.Errorf("%+v %+v", p.Greeting, p.Lists)
			}
		})
	}
	noLogin(t, s)
	if err := os.Chmod(w.Alice.Home, 0o777); err != nil {
		t.Fatal(err)
	}
	p := Ask(t.Context(), ask(s, "alice", keys[3]))
	found := probeChecks(visitOf(p))
	own := func(e catalog.Text) bool { return e.ID == "H04.own_server" }
	if i := slices.IndexFunc(found, func(f Finding) bool { return f.Code == "H04" }); i < 0 || !slices.ContainsFunc(found[i].Evidence, own) {
		t.Errorf("with StrictModes: %+v", found)
	}
	if want := "bad ownership or modes for directory " + w.Alice.Home; !strings.Contains(s.Log(t), want) {
		t.Errorf("sshd does not say %q", want)
	}
}

func TestProbeTypes(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	ed, ec, rsa := newKey(t, "ssh-ed25519"), newKey(t, "ecdsa-sha2-nistp256"), newKey(t, "ssh-rsa")
	mldsa, ed448 := unread(t)
	all := []*keytool.Key{ed, ec, rsa, mldsa, ed448}
	port := 2300
	const (
		yes, no, type_, sha1 = Accepted, Rejected, TypeRejected, OnlySHA1
		other                = OtherSignature
	)
	for _, c := range []struct {
		name, accepts string
		known         []*keytool.Key
		want, before  []Acceptance // from OpenSSH 9.6, and before
	}{
		{"all", "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-512", all[:3], []Acceptance{yes, yes, yes, type_, type_}, []Acceptance{yes, yes, yes, type_, type_}},
		{"ed25519", "ssh-ed25519", all[:3], []Acceptance{yes, type_, type_, type_, type_}, []Acceptance{yes, no, no, type_, type_}},
		{"rsa-sha2-512", "rsa-sha2-512", all[:3], []Acceptance{type_, type_, yes, type_, type_}, []Acceptance{no, no, yes, type_, type_}},
		{"rsa-sha2-256", "rsa-sha2-256", all[:3], []Acceptance{type_, type_, yes, type_, type_}, []Acceptance{no, no, other, type_, type_}},
		{"sha-1", "ssh-rsa", all[:3], []Acceptance{type_, type_, sha1, type_, type_}, []Acceptance{no, no, sha1, type_, type_}},
		{"sha-1, key not known", "ssh-rsa", nil, slices.Repeat([]Acceptance{type_}, 5), []Acceptance{no, no, no, type_, type_}},
		{"none known", "ssh-ed25519,ecdsa-sha2-nistp256,rsa-sha2-256,ssh-rsa", nil, []Acceptance{no, no, no, type_, type_}, []Acceptance{no, no, no, type_, type_}},
	} {
		t.Run(c.name, func(t *testing.T) {
			port++
			s := w.StartServer(t, testkeys.Server{Port: port, Options: []string{"PubkeyAcceptedAlgorithms " + c.accepts}})
			var lines [][]byte
			for _, k := range c.known {
				lines = append(lines, line(k))
			}
			w.Alice.Authorize(t, lines...)
			p := Ask(t.Context(), ask(s, "alice", all...))
			if p.Greeting.listsAll() {
				c.want = c.before
			}
			if !slices.Equal(answers(p), c.want) || p.Stopped != AtEnd {
				t.Errorf("answers %q, want %q; %+v", answers(p), c.want, p)
			}
			noLogin(t, s)
		})
	}
}

// unread are keys of types that x/crypto does not read.
func unread(t *testing.T) (mldsa, ed448 *keytool.Key) {
	t.Helper()
	ed448 = newKey(t, "ssh-ed448")
	blob := keytool.AppendStr(keytool.AppendStr(nil, "ssh-of-tomorrow"), "x")
	mldsa, err := keytool.NewPublic(blob, "")
	if err != nil {
		t.Fatal(err)
	}
	return mldsa, ed448
}

// TestProbeTooMany: the server hangs up before ssh comes to the right key, and the
// probe names it nonetheless.
func TestProbeTooMany(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	keys := newKeys(t, 10)
	w.Alice.Authorize(t, line(keys[9]))
	for i, c := range []struct {
		tries       int
		right       int // its place
		hungUp      int
		connections int
		codes       []string
	}{
		{tries: 10, right: 9, hungUp: 0, connections: 1, codes: []string{"H17 info"}},
		{tries: 6, right: 5, hungUp: 0, connections: 1, codes: []string{"H17 info"}},
		{tries: 6, right: 6, hungUp: 6, connections: 2, codes: []string{"D04 error"}},
		{tries: 3, right: 9, hungUp: 3, connections: 5, codes: []string{"D04 error"}},
		{tries: 1, right: 2, hungUp: 1, connections: 3, codes: []string{"D04 error"}},
	} {
		s := w.StartServer(t, testkeys.Server{Port: 2300 + i, Options: []string{fmt.Sprintf("MaxAuthTries %d", c.tries)}})
		order := slices.Insert(slices.Clone(keys[:9]), c.right, keys[9])
		q := ask(s, "alice", order...)
		q.HostKey = knownAs(t, s)
		p := Ask(t.Context(), q)
		if k := p.Keys[c.right]; k.Answer != Accepted || k.Connection != c.connections || p.HungUp != c.hungUp {
			t.Errorf("MaxAuthTries %d, the right key at %d: %+v, hung up after %d", c.tries, c.right, k, p.HungUp)
		}
		if p.HungUp > 0 && !strings.Contains(p.Parting, "Too many authentication failures") {
			t.Errorf("it said %q", p.Parting)
		}
		if codes := judged(p); !slices.Equal(codes, c.codes) {
			t.Errorf("MaxAuthTries %d: found %q", c.tries, codes)
		}
		if found := probeChecks(visitOf(p)); found[0].File != fmt.Sprintf("/home/alice/.ssh/key%d", c.right) {
			t.Errorf("MaxAuthTries %d: the right key is %s", c.tries, found[0].File)
		}
		if made := strings.Count(s.Log(t), "Connection from") - 1; made != c.connections { // the first is the test's own
			t.Errorf("MaxAuthTries %d: %d connections", c.tries, made)
		}
		noLogin(t, s)
	}
}

// TestProbeChangedHostKey: the server's key is another one since, as after a move.
func TestProbeChangedHostKey(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	s := w.StartServer(t, testkeys.Server{HostKeys: []string{"ed25519", "ecdsa"}})
	k := newKeys(t, 1)[0]
	w.Alice.Authorize(t, line(k))
	q := ask(s, "alice", k)
	q.Strict = true
	host, lines := hostkeys.Host{Name: "127.0.0.1", Port: s.Port}, hostLinesOf(t, s)
	// The type that known_hosts has is to be shown, or the server seems to have changed.
	for _, l := range lines {
		only := []hostkeys.Line{l}
		q.HostKey = func(k *keytool.Key) (hostkeys.Answer, []hostkeys.Line) {
			return hostkeys.Judge(only, host, k, time.Now())
		}
		q.HostKeyAlgorithms = hostkeys.Prefer(HostKeyAlgorithms(), only, host)
		if p := Ask(t.Context(), q); p.HostKey.Answer != hostkeys.Known || p.HostKey.Type != l.Key.Algorithm().Name || p.Keys[0].Answer != Accepted {
			t.Errorf("%+v: %+v", l, p)
		}
	}
	q.HostKey = knownAs(t, s)
	s.Stop()
	s.Start(t, "ed25519", "rsa")
	before := len(s.Log(t))
	q.HostKeyAlgorithms = hostkeys.Prefer(HostKeyAlgorithms(), lines, host)
	p := Ask(t.Context(), q)
	found := probeChecks(visitOf(p))
	if p.Stopped != AtHostKey || p.HostKey.Answer != hostkeys.Changed || p.Keys[0].Answer != NotAsked || len(found) != 1 {
		t.Fatalf("%+v, found %+v", p, found)
	}
	f := found[0]
	want := []string{"sshkeys", "known-hosts", "remove", "-f", s.KnownHosts(), fmt.Sprintf("[127.0.0.1]:%d", s.Port)}
	if f.Code != "H01" || f.File != s.KnownHosts() || f.Line == 0 || !slices.Equal(f.Command, want) || !f.Choice {
		t.Errorf("%+v", f)
	}
	if log := s.Log(t)[before:]; strings.Contains(log, "alice") {
		t.Errorf("the user's name was sent to a server with another key: %s", log)
	}
	q.HostKeyAlgorithms = []string{"rsa-sha2-512"} // a type that known_hosts does not have
	if p := Ask(t.Context(), q); p.HostKey.Answer != hostkeys.NewType || p.Stopped != AtHostKey || judged(p)[0] != "H01 error" {
		t.Errorf("%+v", p)
	}
	q.HostKey, q.HostKeyAlgorithms = knownAs(t, s), nil
	if p := Ask(t.Context(), q); !slices.Equal(judged(p), []string{"H17 info"}) {
		t.Errorf("with the new key known: %q", judged(p))
	}
	noLogin(t, s)
}

// TestProbeLogin is the only one that logs in.
func TestProbeLogin(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	key := newKeys(t, 1)[0]
	other := newKeys(t, 1)[0]
	w.Alice.Authorize(t, line(key))
	for i, c := range []struct {
		name    string
		options []string
		login   *keytool.Key
		known   bool
		want    Session
		codes   []string
	}{
		{"sftp", []string{"Subsystem sftp internal-sftp"}, key, true, SFTPWorks, []string{"H17 info"}},
		{"no sftp", nil, key, true, NoSFTP, []string{"H17 warning"}},
		// The home is missing, and sshd ends what it cannot put there.
		{"no home", []string{"Subsystem sftp internal-sftp", "ChrootDirectory /home/missing/%u", "ForceCommand internal-sftp"}, key, true, Dropped, []string{"H02 error"}},
		{"sftp ends", []string{"Subsystem sftp internal-sftp", "ForceCommand /bin/false"}, key, true, Dropped, []string{"H02 error"}},
		{"start file speaks", []string{"Subsystem sftp internal-sftp", "ForceCommand /bin/echo welcome"}, key, true, Chatter, []string{"H02 error"}},
		{"password too", []string{"AuthenticationMethods publickey,password"}, key, true, WantsMore, []string{"H08 warning"}},
		{"another key", []string{"Subsystem sftp internal-sftp"}, other, true, NotLet, []string{"H04 error"}},
		{"unknown host", []string{"Subsystem sftp internal-sftp"}, key, false, NotTried, []string{"H13 info", "H17 info", "H17 info"}},
		{"a key that cannot sign here", nil, newKey(t, "ssh-ed448"), true, NotTried, []string{"H17 info", "H17 info"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := w.StartServer(t, testkeys.Server{Port: 2300 + i, Options: c.options})
			q := ask(s, "alice", key)
			q.Login = c.login
			if c.known {
				q.HostKey = knownAs(t, s)
			}
			p := Ask(t.Context(), q)
			if p.Login == nil || p.Login.Session != c.want {
				t.Errorf("login %+v; sshd: %s", p.Login, s.Log(t))
			}
			if codes := judged(p); !slices.Equal(codes, c.codes) {
				t.Errorf("found %q", codes)
			}
			let := c.want != NotLet && c.want != NotTried && c.want != WantsMore
			if got := strings.Contains(s.Log(t), "Accepted publickey for alice"); got != let {
				t.Errorf("logged in: %v; sshd: %s", got, s.Log(t))
			}
		})
	}
}

// TestProbeCertificate: a user's certificate is asked about beside its key.
func TestProbeCertificate(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	dir := t.TempDir()
	ca, user := filepath.Join(dir, "ca"), filepath.Join(dir, "user")
	testkeys.GenerateKey(t, ca)
	for _, kind := range []string{"ed25519", "rsa"} {
		file := user + kind
		testkeys.GenerateKeyOf(t, file, kind, map[string][]string{"rsa": {"-b", "2048"}}[kind]...)
		if out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-q", "-s", ca, "-I", "test", "-n", "alice", file+".pub").CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	list := filepath.Join("/run", "ca.pub")
	text, err := os.ReadFile(ca + ".pub")
	if err == nil {
		err = os.WriteFile(list, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	s := w.StartSSHD(t, "TrustedUserCAKeys "+list)
	for _, kind := range []string{"ed25519", "rsa"} {
		text, err := os.ReadFile(user + kind + "-cert.pub")
		if err != nil {
			t.Fatal(err)
		}
		e, err := formats.Parse(text, formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		k := e.Public
		if k == nil || k.Certificate() == nil {
			t.Fatalf("no certificate: %v", k)
		}
		p := Ask(t.Context(), ask(s, "alice", k))
		if !slices.Equal(answers(p), []Acceptance{Accepted, Rejected}) || !p.Keys[0].Certificate || p.Keys[1].Certificate {
			t.Errorf("%s: %+v\n%s", kind, p.Keys, s.Log(t))
		}
	}
	noLogin(t, s)
}

// TestProbeNames: a name server tells that there is no such name, and none answers.
func TestProbeNames(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	file := filepath.Join(t.TempDir(), "resolv.conf")
	if err := os.WriteFile(file, []byte("nameserver 127.0.0.1\noptions timeout:1 attempts:1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	// Where it is a link into /run, that is this world's own, and empty.
	if link, err := os.Readlink("/etc/resolv.conf"); err == nil && strings.Contains(link, "run/") {
		target := "/" + link[strings.Index(link, "run/"):]
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount(file, "/etc/resolv.conf", "", unix.MS_BIND, ""); err != nil {
		t.Skipf("no resolv.conf to put another one on: %v", err)
	}
	q := Question{Host: "no-such-host.test", User: "alice", Timeout: patience}
	if p := Ask(t.Context(), q); p.Stopped != AtName || !p.NoAnswer || !slices.Equal(judged(p), []string{"H10 error"}) {
		t.Errorf("without a name server: %+v", p)
	}
	l, err := net.ListenPacket("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := l.ReadFrom(buf)
			if err != nil {
				return
			}
			answer := append([]byte{}, buf[:n]...)
			answer[2], answer[3] = 0x81, 0x83 // an answer: no such name (RFC 1035 section 4.1.1)
			_, _ = l.WriteTo(answer, from)
		}
	}()
	if p := Ask(t.Context(), q); p.Stopped != AtName || p.NoAnswer || !slices.Equal(judged(p), []string{"H10 error"}) {
		t.Errorf("with a name server that does not know it: %+v", p)
	}
}

// TestProbeOwnServer: the sshd of H08 and H16, and one behind a slow line.
func TestProbeOwnServer(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	k, old := newKey(t, "ssh-ed25519"), newKey(t, "ssh-ed448")
	w.Alice.Authorize(t, line(k))
	passwords := w.StartServer(t, testkeys.Server{Port: 2301, Options: []string{"AuthenticationMethods any", "PubkeyAuthentication no"}})
	s := w.StartSSHD(t)
	for name, c := range map[string]struct {
		server *testkeys.SSHD
		key    *keytool.Key
		user   string
		codes  []string
	}{
		"passwords only":        {passwords, k, "alice", []string{"H08 error"}},
		"type not accepted":     {s, old, "alice", []string{"H16 error"}},
		"unknown key":           {s, newKeys(t, 1)[0], "alice", []string{"H04 error"}},
		"wrong user":            {s, k, "bob", []string{"H04 error"}},
		"accepted":              {s, k, "alice", []string{"H17 info"}},
		"only SHA-1 signatures": {w.StartServer(t, testkeys.Server{Port: 2302, Options: []string{"PubkeyAcceptedAlgorithms ssh-rsa"}}), rsaOfBob(t, w), "bob", []string{"H05 error"}},
	} {
		t.Run(name, func(t *testing.T) {
			q := ask(c.server, c.user, c.key)
			q.HostKey = knownAs(t, c.server)
			if codes := judged(Ask(t.Context(), q)); !slices.Equal(codes, c.codes) {
				t.Errorf("found %q, want %q; sshd: %s", codes, c.codes, c.server.Log(t))
			}
			noLogin(t, c.server)
		})
	}
}

// rsaOfBob is an RSA key that bob's list has.
func rsaOfBob(t *testing.T, w *testkeys.World) *keytool.Key {
	t.Helper()
	k := newKey(t, "ssh-rsa")
	w.Bob.Authorize(t, line(k))
	return k
}
