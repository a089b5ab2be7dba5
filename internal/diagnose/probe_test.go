package diagnose

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
)

// patience is the time for a step of a server that answers: nobody waits for it.
// brief is for one that never does.
const (
	patience = time.Minute
	brief    = time.Second
)

func newKey(t *testing.T, algorithm string) *keytool.Key {
	t.Helper()
	bits := 0
	if algorithm == "ssh-rsa" {
		bits = keytool.MinRSABits
	}
	k, err := keytool.Generate(algorithm, bits, "")
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newKeys(t *testing.T, n int) []*keytool.Key {
	t.Helper()
	var keys []*keytool.Key
	for range n {
		keys = append(keys, newKey(t, "ssh-ed25519"))
	}
	return keys
}

// offers are keys that ssh would offer, of the candidates in their order.
func offers(keys ...*keytool.Key) []Offer {
	var all []Offer
	for i, k := range keys {
		all = append(all, Offer{Key: k.Public(), Candidate: i, BySSH: true})
	}
	return all
}

// answers are the server's on each key.
func answers(p *Probe) []Acceptance {
	var all []Acceptance
	for _, k := range p.Keys {
		all = append(all, k.Answer)
	}
	return all
}

// judged are the codes and severities of what the checks find in a probe.
func judged(p *Probe) []string {
	var codes []string
	for _, f := range probeChecks(visitOf(p)) {
		codes = append(codes, f.Code+" "+string(f.Severity))
	}
	return codes
}

// visitOf is a visit that asked the probe's question: its keys are the files key0,
// key1 and so on, and its lists are those of the probe's answer.
func visitOf(p *Probe) *Visit {
	v := &Visit{
		System: System{OS: "linux", Home: "/home/alice"}, Probe: p,
		Client: &sshconfig.Resolved{Alias: p.Host, HostName: p.Host, Port: p.Port, User: p.User, UserNamed: true},
	}
	for _, k := range p.Keys {
		for len(v.Keys) <= k.Candidate {
			v.Keys = append(v.Keys, Candidate{KeyFileFacts: KeyFileFacts{Name: "/home/alice/.ssh/key" + string(rune('0'+len(v.Keys)))}})
		}
	}
	if p.HostKey != nil {
		v.KnownHosts = p.HostKey.Lines
	}
	return v
}

// listen serves each connection on loopback until the test ends.
func listen(t *testing.T, serve func(net.Conn)) Question {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				serve(c)
			}()
		}
	}()
	return Question{Host: "127.0.0.1", Port: l.Addr().(*net.TCPAddr).Port, User: "alice", Timeout: patience, Slow: patience}
}

// says is a server that says something and waits for the client to go.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Write([]byte(text))
		_, _ = c.Read(make([]byte, 1<<16))
		_, _ = c.Read(make([]byte, 1<<16))
	}
}

// closedPort is one that nobody listens on.
func closedPort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestProbeNoSSH(t *testing.T) {
	for name, c := range map[string]struct {
		serve   func(net.Conn)
		timeout time.Duration
		want    Greeting // without its time
		code    string
	}{
		"silent":      {says(""), brief, Greeting{Silent: true}, "H11 error"},
		"closed":      {func(net.Conn) {}, patience, Greeting{Closed: true}, "H11 error"},
		"FTP":         {says("220 (vsFTPd 3.0.3)\r\n"), patience, Greeting{Protocol: "FTP", Text: "220 (vsFTPd 3.0.3)"}, "H09 error"},
		"FTP, long":   {says("220-Welcome\r\n220 ready\r\n"), patience, Greeting{Protocol: "FTP", Text: "220-Welcome"}, "H09 error"},
		"HTTP":        {says("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"), patience, Greeting{Protocol: "HTTP", Text: "HTTP/1.1 400 Bad Request"}, "H11 error"},
		"HTTP, long":  {says("HTTP/1.1 400 \x1b" + strings.Repeat("x", 100) + "\r\n"), patience, Greeting{Protocol: "HTTP", Text: "HTTP/1.1 400 \\033" + strings.Repeat("x", 66) + "…"}, "H11 error"},
		"TLS":         {says("\x15\x03\x01\x00\x02\x02\x46"), patience, Greeting{Protocol: "TLS", Text: "\\025\\003"}, "H11 error"},
		"SMTP":        {says("220 mail.example ESMTP\r\n"), patience, Greeting{Protocol: "SMTP", Text: "220 mail.example ESMTP"}, "H11 error"},
		"turned away": {func(c net.Conn) { _, _ = c.Write([]byte("Not allowed at this time\r\n")) }, patience, Greeting{Closed: true, Text: "Not allowed at this time"}, "H11 error"},
		"half a line": {says("SSH-2.0-Open"), brief, Greeting{Begun: true}, "H11 error"},
		"and closed":  {func(c net.Conn) { _, _ = c.Write([]byte("SSH-2.0-Open")) }, patience, Greeting{Begun: true, Closed: true}, "H11 error"},
		"tarpit":      {says("x\r\ny\x1b[2J\r\n"), brief, Greeting{Text: "x / y\\033[2J"}, "H11 error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := listen(t, c.serve)
			q.Timeout = c.timeout
			p := Ask(t.Context(), q)
			got := p.Greeting
			got.After = 0
			if got != c.want || p.Stopped != AtGreeting {
				t.Errorf("greeting %+v at %s, want %+v", got, p.Stopped, c.want)
			}
			if codes := judged(p); !slices.Equal(codes, []string{c.code}) {
				t.Errorf("found %q", codes)
			}
			if cause := probeChecks(visitOf(p))[0].Cause.ID; (cause == "H11.begun") != (c.want.Begun && !c.want.Closed) {
				t.Errorf("said %s", cause)
			}
		})
	}
}

func TestProbeHTTP(t *testing.T) {
	web := httptest.NewServer(nil)
	defer web.Close()
	p := Ask(t.Context(), Question{Host: "127.0.0.1", Port: web.Listener.Addr().(*net.TCPAddr).Port, User: "alice", Timeout: patience})
	if p.Greeting.Protocol != "HTTP" || p.Stopped != AtGreeting || !slices.Equal(judged(p), []string{"H11 error"}) {
		t.Errorf("%+v", p)
	}
}

func TestProbeRefused(t *testing.T) {
	other := listen(t, says("welcome\r\nSSH-2.0-other\r\n"))
	web := listen(t, says("HTTP/1.1 400 Bad Request\r\n\r\n"))
	q := Question{Host: "127.0.0.1", Port: closedPort(t), User: "alice", Timeout: patience, Tries: 2, OtherPort: other.Port}
	p := Ask(t.Context(), q)
	want := []Dial{{Address: "127.0.0.1", Port: q.Port, Reach: Refused}}
	if p.Stopped != AtPort || !slices.Equal(p.Dials, want) || !slices.Equal(p.Elsewhere, []Dial{{Address: "127.0.0.1", Port: other.Port, Reach: Open, SSH: true}}) {
		t.Errorf("%+v", p)
	}
	found := probeChecks(visitOf(p))
	if len(found) != 1 || found[0].Code != "H03" || found[0].Cause.ID != "H03.refused" || found[0].Advice.ID != "H03.other_port" || !strings.Contains(found[0].Hint, "alice@127.0.0.1") {
		t.Errorf("%+v", found)
	}
	q.OtherPort = web.Port
	if p := Ask(t.Context(), q); len(p.Elsewhere) != 1 || p.Elsewhere[0].Reach != Open || p.Elsewhere[0].SSH {
		t.Errorf("a web server on the other port: %+v", p.Elsewhere)
	}
	q.OtherPort, q.Addresses, q.OldAddresses = closedPort(t), []string{"127.0.0.2"}, []string{"127.0.0.1"}
	if p := Ask(t.Context(), q); !p.Unlisted || !p.Dials[0].Old || len(p.Elsewhere) != 2 || p.Elsewhere[0].Reach == Open {
		t.Errorf("with the service's addresses: %+v", p)
	}
}

// TestProbeOtherPort: SSH is looked for beside a server of another kind.
func TestProbeOtherPort(t *testing.T) {
	other := listen(t, says("SSH-2.0-other\r\n"))
	for code, text := range map[string]string{"H11": "HTTP/1.1 400 Bad Request\r\n", "H09": "220 (vsFTPd 3.0.3)\r\n"} {
		q := listen(t, says(text))
		q.OtherPort = other.Port
		p := Ask(t.Context(), q)
		f := probeChecks(visitOf(p))[0]
		said := f.In(catalog.English)
		port := strconv.Itoa(other.Port)
		if f.Code != code || !strings.Contains(said.Advice, "port "+port) || said.Hint != "ssh -p "+port+" alice@127.0.0.1" {
			t.Errorf("%s: %+v, %+v", text, p.Elsewhere, said)
		}
	}
}

// TestProbeAddresses: all addresses of a name are dialled, and those that do not
// answer are named.
func TestProbeAddresses(t *testing.T) {
	q := listen(t, says("SSH-2.0-here\r\n"))
	a := &asking{q: q, Probe: &Probe{Host: "host.example", Port: q.Port, Addresses: []string{"127.0.0.1", "127.0.0.2", "127.0.0.1"}}}
	a.Dials = []Dial{{Address: "127.0.0.1", Port: q.Port, Reach: Open}}
	a.Dials = append(a.Dials, <-a.dialRest(t.Context())...)
	if len(a.Dials) != 3 || a.Dials[1].Reach != Refused || a.Dials[2].Reach != Open {
		t.Fatalf("%+v", a.Dials)
	}
	a.Stopped, a.LoggedIn = AtEnd, true
	found := probeChecks(visitOf(a.Probe))
	if len(found) != 2 || found[0].Code != "H03" || found[0].Severity != Warning || !strings.Contains(found[0].In(catalog.English).Message, ": 127.0.0.2;") {
		t.Errorf("%+v", found)
	}
	a.Dials = []Dial{{Address: "2001:db8::1", Reach: Unreachable}, {Address: "127.0.0.1", Reach: Open}}
	if found := probeChecks(visitOf(a.Probe)); len(found) != 1 || found[0].Code != "H17" {
		t.Errorf("without IPv6: %+v", found)
	}
	a.Dials[0].Address = "192.0.2.1"
	if found := probeChecks(visitOf(a.Probe)); len(found) != 2 {
		t.Errorf("an address that is turned away: %+v", found)
	}
}

func TestProbeCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	q := listen(t, func(c net.Conn) {
		cancel()
		_, _ = c.Read(make([]byte, 1<<16))
		_, _ = c.Read(make([]byte, 1<<16))
	})
	if p := Ask(ctx, q); !p.Cancelled || len(judged(p)) != 0 {
		t.Errorf("%+v", p)
	}
}

// library is a server of x/crypto's. It lets alice in by the keys given.
type library struct {
	ssh.ServerConfig
	host ssh.Signer
}

func newLibrary(t *testing.T, accepts ...*keytool.Key) *library {
	t.Helper()
	s := &library{host: newSigner(t)}
	s.PublicKeyCallback = func(c ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		known := func(a *keytool.Key) bool { return string(a.Blob()) == string(k.Marshal()) }
		if c.User() == "alice" && slices.ContainsFunc(accepts, known) {
			return nil, nil
		}
		return nil, errEnough
	}
	return s
}

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	s, err := signerOf(newKey(t, "ssh-ed25519"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve answers one connection. A login that went through is an error: nothing may
// ever sign.
func (s *library) serve(t *testing.T) func(net.Conn) {
	return func(c net.Conn) {
		config := s.ServerConfig
		config.AddHostKey(s.host)
		if conn, _, _, err := ssh.NewServerConn(c, &config); err == nil {
			conn.Close()
			if !config.NoClientAuth {
				t.Error("the probe logged in")
			}
		}
	}
}

func TestProbeLibrary(t *testing.T) {
	ed, ec, rsa := newKey(t, "ssh-ed25519"), newKey(t, "ecdsa-sha2-nistp256"), newKey(t, "ssh-rsa")
	for name, c := range map[string]struct {
		change func(*library)
		keys   []*keytool.Key
		want   []Acceptance
		codes  []string
	}{
		"accepted":      {func(*library) {}, []*keytool.Key{ed}, []Acceptance{Accepted}, []string{"H13 info", "H17 info"}},
		"type":          {func(s *library) { s.PublicKeyAuthAlgorithms = []string{"ssh-ed25519"} }, []*keytool.Key{ec}, []Acceptance{TypeRejected}, []string{"H13 info", "H16 error"}},
		"SHA-2":         {func(*library) {}, []*keytool.Key{rsa}, []Acceptance{Accepted}, []string{"H13 info", "H17 info"}},
		"only SHA-1":    {func(s *library) { s.PublicKeyAuthAlgorithms = []string{"ssh-rsa"} }, []*keytool.Key{rsa}, []Acceptance{OnlySHA1}, []string{"H13 info", "H05 error"}},
		"only sha2-256": {func(s *library) { s.PublicKeyAuthAlgorithms = []string{"rsa-sha2-256"} }, []*keytool.Key{rsa}, []Acceptance{Accepted}, []string{"H13 info", "H17 info"}},
		"passwords": {func(s *library) {
			s.PublicKeyCallback = nil
			s.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) {
				t.Error("a password was sent")
				return nil, errEnough
			}
		}, []*keytool.Key{ed}, []Acceptance{NotAsked}, []string{"H13 info", "H08 error"}},
		"nothing asked":  {func(s *library) { s.NoClientAuth = true }, []*keytool.Key{ed}, []Acceptance{NotAsked}, []string{"H13 info", "H17 info"}},
		"one try":        {func(s *library) { s.MaxAuthTries = 1 }, []*keytool.Key{newKey(t, "ssh-ed25519"), ec, ed}, []Acceptance{Rejected, Accepted, NotAsked}, []string{"H13 info", "D04 error"}},
		"old algorithms": {func(s *library) { s.KeyExchanges = []string{"diffie-hellman-group1-sha1"} }, []*keytool.Key{ed}, []Acceptance{Accepted}, []string{"H12 error", "H13 info", "H17 info"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := newLibrary(t, ed, ec, rsa)
			c.change(s)
			q := listen(t, s.serve(t))
			q.Offers, q.KexAlgorithms = offers(c.keys...), []string{"curve25519-sha256"}
			p := Ask(t.Context(), q)
			if !slices.Equal(answers(p), c.want) || p.Stopped != AtEnd {
				t.Errorf("answers %q, want %q; %+v", answers(p), c.want, p)
			}
			if codes := judged(p); !slices.Equal(codes, c.codes) {
				t.Errorf("found %q, want %q", codes, c.codes)
			}
			if text, err := json.Marshal(p); err != nil || !strings.Contains(string(text), `"stopped":"end"`) {
				t.Errorf("%v: %s", err, text)
			}
		})
	}
}

// TestProbeRightKeyNotOffered: the key that the server takes lies in the folder only.
func TestProbeRightKeyNotOffered(t *testing.T) {
	wrong, right := newKey(t, "ssh-ed25519"), newKey(t, "ssh-ed25519")
	q := listen(t, newLibrary(t, right).serve(t))
	q.Offers = offers(wrong, right)
	q.Offers[1].BySSH = false
	found := probeChecks(visitOf(Ask(t.Context(), q)))
	i := slices.IndexFunc(found, func(f Finding) bool { return f.Code == "D04" })
	if i < 0 || found[i].File != "/home/alice/.ssh/key1" || !strings.Contains(found[i].Hint, "IdentitiesOnly=yes -i /home/alice/.ssh/key1") {
		t.Errorf("%+v", found)
	}
}

// TestProbeShutOut: a server that takes no second connection leaves keys open, and
// that is no verdict on them.
func TestProbeShutOut(t *testing.T) {
	s := newLibrary(t)
	s.MaxAuthTries = 2
	var first = make(chan bool, 1)
	first <- true
	q := listen(t, func(c net.Conn) {
		select {
		case <-first:
			s.serve(t)(c)
		default:
			_, _ = c.Write([]byte("Not allowed at this time\r\n"))
		}
	})
	q.Offers = offers(newKeys(t, 4)...)
	p := Ask(t.Context(), q)
	if !p.ShutOut || p.HungUp == 0 || p.Keys[0].Answer != Rejected || p.Keys[3].Answer != NotAsked || p.Greeting.Version == "" {
		t.Errorf("%+v", p)
	}
	if codes := judged(p); !slices.Equal(codes, []string{"H13 info", "H04 error", "H11 warning"}) {
		t.Errorf("found %q", codes)
	}
}

// packetOf is the packet that begins a key exchange, with one name in each list.
func packetOf(names ...string) string {
	payload := append([]byte{kexInit}, make([]byte, 16)...)
	for i := range 10 {
		name := "none"
		if i < len(names) {
			name = names[i]
		}
		payload = keytool.AppendStr(payload, name)
	}
	payload = append(payload, 0, 0, 0, 0, 0)
	padding := 8 - (5+len(payload))%8 + 8
	packet := append(keytool.AppendUint32(nil, uint32(1+len(payload)+padding)), byte(padding))
	return string(append(append(packet, payload...), make([]byte, padding)...))
}

func TestProbeNothingInCommon(t *testing.T) {
	tomorrow := packetOf("kex-of-tomorrow", "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256")
	q := listen(t, says("SSH-2.0-tomorrow\r\n"+tomorrow))
	p := Ask(t.Context(), q)
	if want := []Mismatch{{Kind: KindKeyExchange, Server: []string{"kex-of-tomorrow"}, Ours: true}}; len(p.Mismatch) != 1 || p.Mismatch[0].Kind != want[0].Kind || !p.Mismatch[0].Ours || p.Stopped != AtKeyExchange {
		t.Errorf("%+v", p)
	}
	if codes := judged(p); !slices.Equal(codes, []string{"H12 info"}) {
		t.Errorf("found %q", codes)
	}
	q.KexAlgorithms, q.Ciphers, q.MACs, q.HostKeyAlgorithms = []string{"curve25519-sha256"}, []string{"aes256-ctr"}, []string{"hmac-sha1"}, []string{"ssh-rsa"}
	p = Ask(t.Context(), q)
	if codes := judged(p); !slices.Equal(codes, slices.Repeat([]string{"H12 error"}, 4)) {
		t.Errorf("found %q: %+v", codes, p.Mismatch)
	}
	marked := packetOf("kex-of-tomorrow,ext-info-s,kex-strict-s-v00@openssh.com", "ssh-ed25519", "aes128-ctr", "aes128-ctr", "hmac-sha2-256", "hmac-sha2-256")
	if lists := readKexLists([]byte("SSH-2.0-x\r\n" + marked)); lists == nil || !slices.Equal(lists.KeyExchanges, []string{"kex-of-tomorrow"}) {
		t.Errorf("marks are no algorithms: %+v", lists)
	}
	q = listen(t, says("SSH-1.5-old\r\n"))
	q.Timeout = brief
	if p := Ask(t.Context(), q); !p.Greeting.OldSSH() || !slices.Equal(judged(p), []string{"H12 error"}) {
		t.Errorf("%+v", p)
	}
}

// TestReadKexListsCut: a packet may be cut or damaged anywhere.
func TestReadKexListsCut(t *testing.T) {
	whole := []byte("hello\r\nSSH-2.0-x\r\n" + packetOf("a,b", "c", "d", "d,e", "f", "g"))
	lists := readKexLists(whole)
	if lists == nil || !slices.Equal(lists.KeyExchanges, []string{"a", "b"}) || !slices.Equal(lists.Ciphers, []string{"d"}) || len(lists.MACs) != 0 {
		t.Fatalf("%+v", lists)
	}
	for i := range whole {
		if got := readKexLists(whole[:i]); got != nil {
			t.Errorf("cut at %d: %+v", i, got)
		}
		flipped := slices.Clone(whole)
		flipped[i] ^= 0x80
		readKexLists(flipped)
	}
}

func TestListsAll(t *testing.T) {
	for version, want := range map[string]bool{
		"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u10": true, "SSH-2.0-OpenSSH_8.9p1": true, "SSH-2.0-OpenSSH_for_Windows_9.5": true,
		"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3": false, "SSH-2.0-OpenSSH_10.0p2": false, "SSH-2.0-dropbear_2022.83": false, "": false,
	} {
		if got := (Greeting{Version: version}).listsAll(); got != want {
			t.Errorf("%q: %v", version, got)
		}
	}
}

func TestProbeSlow(t *testing.T) {
	server := newLibrary(t)
	q := listen(t, func(c net.Conn) {
		time.Sleep(20 * time.Millisecond)
		server.serve(t)(c)
	})
	q.Slow = time.Millisecond
	p := Ask(t.Context(), q)
	if !p.Greeting.Slow || !slices.Contains(judged(p), "H18 warning") {
		t.Errorf("%+v", p)
	}
	v := visitOf(p)
	p.Greeting.After = 11 * time.Second
	v.Client.ConnectTimeout = 10
	if found := probeChecks(v); found[0].Code != "H18" || found[0].Severity != Error || !strings.Contains(found[0].In(catalog.English).Message, "gives up after 10 s: its ConnectTimeout is too short") {
		t.Errorf("%+v", found)
	}
	q.Slow = patience
	if p := Ask(t.Context(), q); p.Greeting.Slow {
		t.Errorf("%+v", p)
	}
}

// TestProbeHostKey: what known_hosts says decides how far the probe goes.
func TestProbeHostKey(t *testing.T) {
	for _, c := range []struct {
		answer hostkeys.Answer
		strict bool
		want   Stage
		codes  []string
	}{
		{hostkeys.Known, true, AtEnd, []string{"H17 info"}},
		{hostkeys.Certified, true, AtEnd, []string{"H17 info"}},
		{hostkeys.Unknown, false, AtEnd, []string{"H13 info", "H17 info"}},
		{hostkeys.Unknown, true, AtHostKey, []string{"H13 error"}},
		{hostkeys.NewType, false, AtHostKey, []string{"H01 error"}},
		{hostkeys.Changed, false, AtHostKey, []string{"H01 error"}},
		{hostkeys.Revoked, false, AtHostKey, []string{"H14 error"}},
	} {
		k := newKey(t, "ssh-ed25519")
		q := listen(t, newLibrary(t, k).serve(t))
		q.Offers, q.Strict = offers(k), c.strict
		q.HostKey = func(shown *keytool.Key) (hostkeys.Answer, []hostkeys.Line) {
			return c.answer, []hostkeys.Line{{File: "/home/alice/.ssh/known_hosts", Number: 3, Hosts: "127.0.0.1", Key: k.Public()}}
		}
		p := Ask(t.Context(), q)
		if codes := judged(p); p.Stopped != c.want || !slices.Equal(codes, c.codes) {
			t.Errorf("%s, strict %v: came to %s, found %q", c.answer, c.strict, p.Stopped, codes)
		}
		if p.Stopped == AtHostKey && (p.Methods != nil || p.Keys[0].Answer != NotAsked) {
			t.Errorf("%s: it went on: %+v", c.answer, p)
		}
	}
}

// TestProbeHostCertificate: an authority has to have signed it.
func TestProbeHostCertificate(t *testing.T) {
	ca, k := newSigner(t), newKey(t, "ssh-ed25519")
	authority, err := keytool.NewPublic(ca.PublicKey().Marshal(), "")
	if err != nil {
		t.Fatal(err)
	}
	for name, forge := range map[string]bool{"signed": false, "forged": true} {
		t.Run(name, func(t *testing.T) {
			s := newLibrary(t, k)
			cert := &ssh.Certificate{Key: s.host.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"127.0.0.1"}, ValidBefore: ssh.CertTimeInfinity}
			if err := cert.SignCert(rand.Reader, ca); err != nil {
				t.Fatal(err)
			}
			if forge {
				cert.Serial++
			}
			if s.host, err = ssh.NewCertSigner(cert, s.host); err != nil {
				t.Fatal(err)
			}
			q := listen(t, s.serve(t))
			host := hostkeys.Host{Name: q.Host, Port: q.Port}
			lines := []hostkeys.Line{{File: "known_hosts", Number: 1, Marker: hostkeys.Authority, Hosts: "*", For: []hostkeys.Host{host}, Key: authority}}
			q.Offers, q.HostKeyAlgorithms = offers(k), []string{ssh.CertAlgoED25519v01}
			q.HostKey = func(shown *keytool.Key) (hostkeys.Answer, []hostkeys.Line) {
				return hostkeys.Judge(lines, host, shown, time.Now())
			}
			p := Ask(t.Context(), q)
			if p.HostKey.Answer != hostkeys.Certified || p.HostKey.Forged != forge || (p.Stopped == AtHostKey) != forge {
				t.Errorf("%+v, %+v", p, p.HostKey)
			}
			if codes := judged(p); slices.Contains(codes, "H14 error") != forge {
				t.Errorf("found %q", codes)
			}
		})
	}
}

// TestEnquiryWithoutList goes the way of the library where a server sends no list:
// no algorithm fits, and the key is asked about once more, by its SHA-1 name.
func TestEnquiryWithoutList(t *testing.T) {
	rsa := newKey(t, "ssh-rsa")
	r := &round{asking: &asking{Probe: &Probe{}}, wire: newWire(nil), open: []query{{KeyAnswer: &KeyAnswer{Offer: offers(rsa)[0]}}}}
	e := r.ask("")
	for range 2 {
		e.Algorithms() // to look for ssh-rsa in it, and to say that it is not there
	}
	if !e.unasked() {
		t.Error("it does not tell that nothing was asked")
	}
	e = r.ask(ssh.KeyAlgoRSA)
	if e.unasked() || !slices.Equal(e.Algorithms(), []string{ssh.KeyAlgoRSA}) {
		t.Errorf("asked again: %q", e.Algorithms())
	}
	if _, err := e.SignWithAlgorithm(rand.Reader, nil, ssh.KeyAlgoRSA); err == nil || e.answer() != OnlySHA1 {
		t.Errorf("taken: %q, %v", e.answer(), err)
	}
}

// TestEveryProbeMessage says every finding above in both languages; none may leave a
// blank open.
func TestProbeInWords(t *testing.T) {
	service := services.Lookup("ddbj")
	h := service.Hosts[0].Value
	dials := []Dial{{Address: h.Addresses[0], Port: 22, Reach: TimedOut}}
	k := newKeys(t, 2)
	shown := &ShownKey{Key: k[0].Public(), Type: "ssh-ed25519", Answer: hostkeys.Changed,
		Lines: []hostkeys.Line{{File: "/home/alice/.ssh/known_hosts", Number: 7, For: []hostkeys.Host{{Name: h.Name}}, Key: k[1].Public()},
			{File: "/etc/ssh/ssh_known_hosts", Number: 1, For: []hostkeys.Host{{Name: h.OldAddresses[0].Address}}, Key: k[1].Public()}}}
	base := Probe{Host: h.Name, Port: 22, User: "taro", Addresses: h.Addresses}
	with := func(change func(*Probe)) *Probe {
		p := base
		change(&p)
		return &p
	}
	for name, c := range map[string]struct {
		probe          *Probe
		code, en, ja   string
		advice, within string
	}{
		"no name":   {with(func(p *Probe) { p.Stopped, p.Host = AtName, "ftp-privat.ddbj.nig.ac.jp" }), "H10", "no such name", "見つかりません", "H10.check_name", "ftp-private.ddbj.nig.ac.jp"},
		"no server": {with(func(p *Probe) { p.Stopped, p.NoAnswer = AtName, true }), "H10", "no name server answered", "DNS", "H10.check_network", ""},
		"moved":     {with(func(p *Probe) { p.Stopped, p.Dials = AtPort, dials }), "H03", "firewall", "ファイアウォール", "H03.moved", "133.39.233.40"},
		"stale name": {with(func(p *Probe) {
			p.Stopped, p.Dials, p.Addresses, p.Unlisted = AtPort, dials, []string{"133.39.224.111"}, true
		}),
			"H03", "firewall", "ファイアウォール", "H03.stale_name", "133.39.224.111"},
		"wrong port": {with(func(p *Probe) { p.Stopped, p.Dials, p.Port = AtPort, dials, 443 }), "H03", "443", "443", "H03.service_port", ""},
		"changed":    {with(func(p *Probe) { p.Stopped, p.HostKey = AtHostKey, shown }), "H01", "another one", "異なります", "H01.advice", "2025-04-10"},
		"dropped": {with(func(p *Probe) {
			p.Stopped, p.Methods, p.Login = AtEnd, []string{"publickey"}, &LoginAnswer{Session: Dropped}
		}), "H02", "right after the login", "直後", "H02.advice", "home directory"},
		"passwords": {with(func(p *Probe) { p.Stopped, p.Methods = AtEnd, []string{"password"} }), "H08", "password only", "password だけ", "H08.advice", "key only"},
		"rejected": {with(func(p *Probe) {
			p.Stopped, p.Methods, p.Keys = AtEnd, []string{"publickey"}, []KeyAnswer{{Offer: offers(k[0])[0], Answer: Rejected, Connection: 1}}
		}), "H04", "does not take this key for the user taro", "ユーザー taro", "H04.advice", "5 to 15 minutes"},
	} {
		t.Run(name, func(t *testing.T) {
			v := visitOf(c.probe)
			v.Service, v.Client.GlobalKnownHosts = service, []string{"/etc/ssh/ssh_known_hosts"}
			found := probeChecks(v)
			if len(found) == 0 || found[0].Code != c.code || found[0].Advice.ID != c.advice {
				t.Fatalf("%+v", found)
			}
			en, ja := found[0].In(catalog.English), found[0].In(catalog.Japanese)
			if !strings.Contains(en.Message, c.en) || !strings.Contains(ja.Message, c.ja) {
				t.Errorf("%s\n%s", en.Message, ja.Message)
			}
			all := strings.Join(append(en.Evidence, en.Advice), "\n")
			if !strings.Contains(all, c.within) || strings.Contains(all, "{") || strings.Contains(all, "map[") || strings.Contains(all, "[]") {
				t.Errorf("evidence and advice: %s", all)
			}
			if c.code == "H01" && runtime.GOOS != "windows" && (len(found) != 2 || en.Hint != "sshkeys known-hosts remove ftp-private.ddbj.nig.ac.jp" ||
				!found[0].Choice || found[1].Command != nil || !strings.Contains(found[1].Hint, "133.39.224.111")) {
				t.Errorf("%+v", found)
			}
		})
	}
}
