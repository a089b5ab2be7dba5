package testkeys

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// SSHD is a real sshd on a World's loopback, with StrictModes and public keys
// only, and a key of alice's, outside of her home, to log in with.
type SSHD struct {
	Key    string // its file
	Public []byte // its line for authorized_keys
	Port   int

	alice           User
	ssh, program    string
	knownHosts, log string   // files
	hostKeys        []string // their files
	options         []string
	stop            func() // ends it and waits
}

// Server is what an sshd of a test has that is not the usual.
type Server struct {
	Port     int      // 0 is 2222; each of a World's has its own
	HostKeys []string // types for ssh-keygen; none is ed25519
	Options  []string // lines of its config, before the usual ones: the first counts
}

// StartSSHD starts sshd in the World and returns when it answers; it ends with
// the test. options are more lines for its config.
func (w *World) StartSSHD(t *testing.T, options ...string) *SSHD {
	t.Helper()
	return w.StartServer(t, Server{Options: options})
}

// StartServer is StartSSHD for a server that is not the usual.
func (w *World) StartServer(t *testing.T, server Server) *SSHD {
	t.Helper()
	port := cmp.Or(server.Port, 2222)
	dir := fmt.Sprintf("/run/sshd-of-test-%d", port)
	s := &SSHD{
		alice: w.Alice, Port: port, ssh: Tool(t, "ssh"), program: Tool(t, "sshd"), options: server.Options,
		Key: filepath.Join(dir, "client"), knownHosts: filepath.Join(dir, "known_hosts"), log: filepath.Join(dir, "log"),
	}
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.Public = GenerateKey(t, s.Key)
	if err := os.Chown(s.Key, w.Alice.UID, w.Alice.GID); err != nil {
		t.Fatal(err)
	}
	kinds := server.HostKeys
	if len(kinds) == 0 {
		kinds = []string{"ed25519"}
	}
	acknowledgeAtOnce()
	s.Start(t, kinds...)
	return s
}

// acknowledgeAtOnce has loopback answer each packet without delay, where iproute2 is
// installed: the delays are most of the time that a login takes, and nothing else.
func acknowledgeAtOnce() {
	_ = exec.Command("ip", "route", "change", "local", "127.0.0.1", "dev", "lo", "table", "local",
		"proto", "kernel", "scope", "host", "src", "127.0.0.1", "quickack", "1").Run()
}

// GenerateKey makes an Ed25519 pair with ssh-keygen and returns the public line.
func GenerateKey(t *testing.T, file string) []byte {
	t.Helper()
	return GenerateKeyOf(t, file, "ed25519")
}

// config writes sshd_config and returns its path.
func (s *SSHD) config(t *testing.T) string {
	t.Helper()
	lines := []string{fmt.Sprintf("ListenAddress 127.0.0.1:%d", s.Port)}
	for _, key := range s.hostKeys {
		lines = append(lines, "HostKey "+key)
	}
	lines = append(append(lines, s.options...),
		"PidFile none",
		"LogLevel VERBOSE",
		"StrictModes yes",
		"UsePAM no",
		"AuthenticationMethods publickey",
		"MaxStartups 100",
		"UseDNS no",
		// The quickest: there are hundreds of logins, and it is not they that are tested.
		"KexAlgorithms curve25519-sha256",
		"Ciphers aes128-gcm@openssh.com")
	file := filepath.Join(filepath.Dir(s.log), "sshd_config")
	write := func(lines []string) {
		if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	// OpenSSH 9.8 and later turn away an address that was refused often.
	write(append(lines, "PerSourcePenalties no"))
	if exec.Command(s.program, "-t", "-f", file).Run() != nil {
		write(lines)
	}
	if out, err := exec.Command(s.program, "-t", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("sshd -t: %v\n%s", err, out)
	}
	return file
}

// run starts sshd and waits for its greeting.
func (s *SSHD) run(t *testing.T, config string) {
	t.Helper()
	cmd := exec.Command(s.program, "-D", "-f", config, "-E", s.log)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	s.stop = sync.OnceFunc(func() {
		// Its error is that it had ended already.
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	t.Cleanup(s.stop)
	for {
		err := s.greeting()
		if err == nil {
			return
		}
		select {
		case gone := <-ended:
			ended <- gone
			t.Fatalf("sshd ended: %v\n%s", gone, s.Log(t))
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (s *SSHD) greeting() error {
	c, err := net.Dial("tcp", s.Address())
	if err != nil {
		return err
	}
	defer c.Close()
	line, err := bufio.NewReader(c).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "SSH-2.0-") {
		err = fmt.Errorf("it says %q", line)
	}
	return err
}

// Log is what sshd said so far.
func (s *SSHD) Log(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(s.log)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// Login runs `ssh alice@127.0.0.1 true` as alice and tells whether sshd let her in.
// The test fails where it ended for another reason than sshd's "Permission denied".
func (s *SSHD) Login(t *testing.T) bool {
	t.Helper()
	cmd := s.alice.Command(s.ssh, "-F", "none", "-i", s.Key, "-p", strconv.Itoa(s.Port),
		"-o", "BatchMode=yes", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none",
		"-o", "UserKnownHostsFile="+s.knownHosts, "-o", "StrictHostKeyChecking=yes",
		"alice@127.0.0.1", "true")
	cmd.Dir = "/" // her home may be closed
	out, err := cmd.CombinedOutput()
	if err != nil && !strings.Contains(string(out), "Permission denied (publickey)") {
		t.Fatalf("ssh: %v\n%s\nsshd: %s", err, out, s.Log(t))
	}
	return err == nil
}
