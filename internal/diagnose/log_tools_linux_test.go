package diagnose

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

// printed is what a tool prints; that it fails is wanted.
func printed(cmd *exec.Cmd) string {
	cmd.Stdin = strings.NewReader("")
	out, _ := cmd.CombinedOutput()
	return string(out)
}

// firstIs holds a text to a first symptom.
func firstIs(t *testing.T, text string, want Symptom) {
	t.Helper()
	found := ReadLog([]byte(text))
	got := found[0]
	got.Line, got.Excerpt, got.Severity, got.Detail = 0, "", "", ""
	if want.Sentence == "" {
		got.Sentence = ""
	}
	for _, field := range []struct{ got, want *string }{
		{&got.Program, &want.Program}, {&got.Fingerprint, &want.Fingerprint}, {&got.KeyType, &want.KeyType},
		{&got.Mode, &want.Mode}, {&got.User, &want.User}, {&got.Address, &want.Address},
		{&got.Host, &want.Host}, {&got.Path, &want.Path}, {&got.ListFile, &want.ListFile},
	} {
		if *field.want == "" {
			*field.got = ""
		}
	}
	if want.Port == 0 {
		got.Port = 0
	}
	if got != want {
		t.Errorf("want %s, got\n%s\nof\n%s", want.line(), said(found), text)
	}
}

// TestKeyTools holds the patterns to what this machine's tools say of key files.
func TestKeyTools(t *testing.T) {
	dir := t.TempDir()
	keygen, puttygen, openssl := testkeys.Tool(t, "ssh-keygen"), testkeys.Tool(t, "puttygen"), testkeys.Tool(t, "openssl")
	at := func(name string) string { return filepath.Join(dir, name) }
	copied := func(name string, data []byte, mode os.FileMode) string {
		if err := os.WriteFile(at(name), data, mode); err != nil {
			t.Fatal(err)
		}
		return at(name)
	}
	read := func(name string) []byte {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	testkeys.GenerateKey(t, at("key"))
	key, pub := read(at("key")), read(at("key.pub"))
	open := copied("open", key, 0o644)
	firstIs(t, printed(exec.Command(keygen, "-y", "-f", open)), Symptom{Code: "K01", Path: open, Mode: "0644"})
	crlf := copied("crlf", bytes.ReplaceAll(key, []byte("\n"), []byte("\r\n")), 0o600)
	firstIs(t, printed(exec.Command(keygen, "-y", "-f", crlf)), Symptom{Code: "K04", Path: crlf})
	public := copied("other.pub", pub, 0o600)
	firstIs(t, printed(exec.Command(keygen, "-y", "-f", public)), Symptom{Code: "K05", Path: public})
	if out, err := exec.Command(keygen, "-q", "-t", "ed25519", "-N", "right", "-f", at("locked")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	firstIs(t, printed(exec.Command(keygen, "-y", "-P", "wrong", "-f", at("locked"))), Symptom{Code: "K06", Path: at("locked")})
	text := copied("text", []byte("no key\n"), 0o600)
	firstIs(t, printed(exec.Command(keygen, "-l", "-f", text)), Symptom{Code: "K07", Path: text})
	firstIs(t, printed(exec.Command(puttygen, text, "-L")), Symptom{Code: "K14"})
	firstIs(t, printed(exec.Command(openssl, "pkey", "-in", at("key"), "-noout")), Symptom{Code: "E01"})
	firstIs(t, printed(exec.Command(openssl, "enc", "-d", "-aes-128-cbc", "-K", "01", "-iv", "00", "-in", sealed(t, openssl, at("data")))), Symptom{Code: "E03"})
}

// sealed is a file that openssl encrypted with another key.
func sealed(t *testing.T, openssl, file string) string {
	t.Helper()
	cmd := exec.Command(openssl, "enc", "-aes-128-cbc", "-K", "02", "-iv", "00", "-out", file)
	cmd.Stdin = strings.NewReader("sixteen bytes and some more\n")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

// TestSSHTools holds the patterns to what this machine's ssh and sshd say of logins.
func TestSSHTools(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	l := newLogins(t, w)
	l.unpermitted(t)
	l.hostKeys(t)
	l.refused(t)
	l.network(t)
	l.serverLog(t, w)
}

// logins are tries of alice's at the servers of a test.
type logins struct {
	alice    testkeys.User
	ssh, dir string
	usual    *testkeys.SSHD
	strict   *testkeys.SSHD // ed25519 keys only, and no sftp
	dropping *testkeys.SSHD // ends what has logged in
	named    *testkeys.SSHD // is spoofed.example too, which is not on 127.0.0.1
	rsa      string
}

func newLogins(t *testing.T, w *testkeys.World) *logins {
	t.Helper()
	l := &logins{alice: w.Alice, ssh: testkeys.Tool(t, "ssh"), dir: w.Alice.Home}
	l.usual = w.StartServer(t, testkeys.Server{Options: []string{"MaxAuthTries 3"}})
	l.strict = w.StartServer(t, testkeys.Server{Port: 2223, Options: []string{"PubkeyAcceptedAlgorithms ssh-ed25519"}})
	l.dropping = w.StartServer(t, testkeys.Server{Port: 2224, Options: []string{"ChrootDirectory /nowhere"}})
	addElsewhere(t)
	l.named = w.StartServer(t, testkeys.Server{Port: 2227, Options: []string{"ListenAddress " + elsewhere + ":2227"}})
	for _, s := range []*testkeys.SSHD{l.usual, l.strict, l.dropping} {
		l.write(t, ".ssh/authorized_keys", append(l.read(t, ".ssh/authorized_keys"), s.Public...), 0o600)
	}
	l.rsa = filepath.Join(l.dir, "rsa")
	testkeys.GenerateKeyOf(t, l.rsa, "rsa")
	l.own(t, l.rsa)
	return l
}

// elsewhere is an address of the World that ssh does not take for this machine's
// own: of those it checks no addresses (sshconnect.c sockaddr_is_local).
const elsewhere = "192.0.2.7"

// addElsewhere is `ip address add 192.0.2.7 dev lo`, and gives it a name.
func addElsewhere(t *testing.T) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	req, err := unix.NewIfreq("lo:1")
	if err == nil {
		err = req.SetInet4Addr([]byte{192, 0, 2, 7})
	}
	if err == nil {
		err = unix.IoctlIfreq(fd, unix.SIOCSIFADDR, req)
	}
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err == nil {
		err = os.WriteFile(hosts, []byte("127.0.0.1 localhost\n"+elsewhere+" spoofed.example\n"), 0o644)
	}
	if err == nil {
		err = unix.Mount(hosts, "/etc/hosts", "", unix.MS_BIND, "")
	}
	if err != nil {
		t.Fatal(err)
	}
}

func (l *logins) write(t *testing.T, name string, data []byte, mode os.FileMode) string {
	t.Helper()
	name = filepath.Join(l.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	err := os.WriteFile(name, data, mode)
	if err == nil {
		err = os.Chmod(name, mode) // whatever the umask
	}
	if err != nil {
		t.Fatal(err)
	}
	l.own(t, filepath.Dir(name))
	l.own(t, name)
	return name
}

func (l *logins) own(t *testing.T, name string) {
	t.Helper()
	if err := os.Chown(name, l.alice.UID, l.alice.GID); err != nil {
		t.Fatal(err)
	}
}

func (l *logins) read(t *testing.T, name string) []byte {
	t.Helper()
	if !filepath.IsAbs(name) {
		name = filepath.Join(l.dir, name)
	}
	data, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return data
}

// try is what ssh prints of a login; options come before the usual ones, and so count.
func (l *logins) try(s *testkeys.SSHD, user string, options ...string) string {
	args := append([]string{"-F", "none"}, options...)
	args = append(args, "-p", fmt.Sprint(s.Port), "-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
		"-o", "UserKnownHostsFile="+filepath.Join(filepath.Dir(s.Key), "known_hosts"), "-o", "GlobalKnownHostsFile=none", "-o", "StrictHostKeyChecking=yes")
	return printed(l.alice.Command(l.ssh, append(args, user+"@127.0.0.1", "true")...))
}

// unpermitted are key files that ssh does not use.
func (l *logins) unpermitted(t *testing.T) {
	open := l.write(t, "open", l.read(t, l.usual.Key), 0o644)
	who := Symptom{Host: "127.0.0.1", User: "alice"}
	want := who
	want.Code, want.Path, want.Mode = "K01", open, "0644"
	firstIs(t, l.try(l.usual, "alice", "-i", open), want)
	damaged := l.write(t, "damaged", bytes.TrimSpace(l.read(t, l.usual.Key)), 0o600)
	want = who
	want.Code, want.Path = "K04", damaged
	firstIs(t, l.try(l.usual, "alice", "-i", damaged), want)
	want.Code, want.Path = "K08", filepath.Join(l.dir, "gone")
	firstIs(t, l.try(l.usual, "alice", "-i", want.Path), want)
	l.write(t, ".ssh/config", []byte("Host *\n"), 0o666)
	firstIs(t, printed(l.alice.Command(l.ssh, "127.0.0.1")), Symptom{Code: "D02", ListFile: filepath.Join(l.dir, ".ssh/config")})
	l.write(t, ".ssh/config", []byte("Host *\n"), 0o600)
	bad := l.write(t, "bad-config", []byte("Host *\n  Identityfil x\n"), 0o600)
	firstIs(t, printed(l.alice.Command(l.ssh, "-F", bad, "127.0.0.1")), Symptom{Code: "C01", ListFile: bad, ListLine: 2})
}

// hostKeys are known_hosts files that do not fit.
func (l *logins) hostKeys(t *testing.T) {
	other := strings.Join(strings.Fields(string(l.strict.Public))[:2], " ")
	known := l.write(t, "other-hosts", []byte("# a comment\n[127.0.0.1]:2222 "+other+"\n"), 0o600)
	use := []string{"-i", l.usual.Key, "-o", "UserKnownHostsFile=" + known}
	changed := Symptom{Code: "H01", Sentence: "log.H01", Host: "127.0.0.1", Port: 2222, ListFile: known, ListLine: 2}
	firstIs(t, l.try(l.usual, "alice", use...), changed)
	known = l.write(t, "by-name", []byte("[spoofed.example]:2227 "+other+"\n"), 0o600)
	text := l.try(l.named, "alice", "-i", l.named.Key, "-o", "CheckHostIP=yes", "-o", "HostName=spoofed.example", "-o", "UserKnownHostsFile="+known)
	if !strings.Contains(text, "POSSIBLE DNS SPOOFING DETECTED!") {
		t.Errorf("ssh does not speak of spoofing: %s", text)
	}
	firstIs(t, text, Symptom{Code: "H01", Sentence: "log.H01", Host: "spoofed.example", Address: elsewhere, Port: 2227, ListFile: known, ListLine: 1})
	none := l.write(t, "no-hosts", nil, 0o600)
	firstIs(t, l.try(l.usual, "alice", "-i", l.usual.Key, "-o", "UserKnownHostsFile="+none), Symptom{Code: "H01", Sentence: "log.H01.unknown", Host: "127.0.0.1"})
}

// refused are logins that the server does not take.
func (l *logins) refused(t *testing.T) {
	unknown := l.write(t, "unknown", l.read(t, l.rsa), 0o600)
	firstIs(t, l.try(l.usual, "alice", "-i", unknown), Symptom{Code: "P04", Host: "127.0.0.1", User: "alice"})
	firstIs(t, l.try(l.usual, "alice", "-v", "-i", unknown), Symptom{Code: "P04", Host: "127.0.0.1", User: "alice", Path: unknown})
	firstIs(t, l.try(l.usual, "nobody-here", "-i", l.usual.Key), Symptom{Code: "P04", User: "nobody-here"})
	only := *l.usual
	only.Port = ed25519Only(t)
	firstIs(t, l.try(&only, "alice", "-v", "-i", l.rsa, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"),
		Symptom{Code: "H05", Sentence: "log.H05", Host: "127.0.0.1", User: "alice", Path: l.rsa})
	var many []string
	for i := range 5 {
		name := filepath.Join(l.dir, fmt.Sprintf("many-%d", i))
		testkeys.GenerateKey(t, name)
		l.own(t, name)
		many = append(many, "-i", name)
	}
	firstIs(t, l.try(l.usual, "alice", many...), Symptom{Code: "D04", Address: "127.0.0.1"})
	firstIs(t, l.try(l.usual, "alice", "-i", l.usual.Key, "-o", "Ciphers=3des-cbc"), Symptom{Code: "H12", Sentence: "log.H12", Address: "127.0.0.1", Port: 2222})
	firstIs(t, l.try(l.strict, "alice", "-i", l.strict.Key, "-s"), Symptom{Code: "H09"})
	dropped := l.try(l.dropping, "alice", "-v", "-i", l.dropping.Key)
	firstIs(t, dropped, Symptom{Code: "H02", Sentence: "log.H02", Host: "127.0.0.1"})
}

// ed25519Only is the port of a server that tells its clients (server-sig-algs) that
// it takes no other signatures; sshd 9.2 tells of all that it knows.
func ed25519Only(t *testing.T) int {
	t.Helper()
	_, private, err := ed25519.GenerateKey(nil)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	config := &ssh.ServerConfig{PublicKeyAuthAlgorithms: []string{ssh.KeyAlgoED25519}, PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) {
		return nil, errors.New("not here")
	}}
	config.AddHostKey(signer)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			c, err := listener.Accept()
			if err != nil {
				return
			}
			_, _, _, _ = ssh.NewServerConn(c, config) // that it fails is wanted
			c.Close()
		}
	}()
	return listener.Addr().(*net.TCPAddr).Port
}

// network are servers that are not reached.
func (l *logins) network(t *testing.T) {
	closed := *l.usual
	closed.Port = 2299
	firstIs(t, l.try(&closed, "alice"), Symptom{Code: "H03", Sentence: "log.H03.refused", Host: "127.0.0.1", Port: 2299})
	firstIs(t, printed(l.alice.Command(l.ssh, "-F", "none", "198.51.100.1")), Symptom{Code: "H03", Sentence: "log.H03.route", Host: "198.51.100.1", Port: 22})
	firstIs(t, printed(l.alice.Command(l.ssh, "-F", "none", "nowhere.invalid")), Symptom{Code: "H10", Sentence: "log.H10", Host: "nowhere.invalid"})
	plink := testkeys.Tool(t, "plink")
	text := printed(l.alice.Command(plink, "-batch", "-P", "2299", "alice@127.0.0.1"))
	firstIs(t, text, Symptom{Code: "H03", Sentence: "log.H03.refused"})
	firstIs(t, printed(l.alice.Command(plink, "-batch", "-P", "2222", "alice@127.0.0.1")), Symptom{Code: "H01", Sentence: "log.H01.unknown", Host: "127.0.0.1", Port: 2222})
	mark := printed(l.alice.Command(testkeys.Tool(t, "ssh-keygen"), "-l", "-f", filepath.Join(filepath.Dir(l.usual.Key), "known_hosts")))
	text = printed(l.alice.Command(plink, "-batch", "-P", "2222", "-i", l.usual.Key, "-hostkey", strings.Fields(mark)[1], "alice@127.0.0.1"))
	firstIs(t, text, Symptom{Code: "K13", Path: l.usual.Key})
}

// serverLog is sshd's side of it.
func (l *logins) serverLog(t *testing.T, w *testkeys.World) {
	fresh := w.StartServer(t, testkeys.Server{Port: 2225, Options: []string{"PubkeyAcceptedAlgorithms ssh-ed25519"}})
	l.try(fresh, "alice", "-i", l.rsa)
	firstIs(t, fresh.Log(t), Symptom{Code: "H05", Sentence: "log.H05.server", KeyType: "rsa-sha2-512"})
	modes := w.StartServer(t, testkeys.Server{Port: 2226})
	if err := os.Chmod(l.dir, 0o777); err != nil {
		t.Fatal(err)
	}
	l.try(modes, "alice", "-i", modes.Key)
	firstIs(t, modes.Log(t), Symptom{Code: "D01", Sentence: "log.D01", ListFile: l.dir})
	l.try(modes, "nobody-here", "-i", modes.Key)
	if found := ReadLog([]byte(modes.Log(t))); len(found) != 2 || found[1].Code != "H04" || found[1].User != "nobody-here" {
		t.Errorf("%s\nof\n%s", said(found), modes.Log(t))
	}
}
