package testkeys

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Samba is a real smbd on a World's loopback with one share, which keeps whole
// NT security descriptors and asks nothing but them who may do what. Its accounts
// are alice, bob, and root as the administrator whom they do not hold. Alice and
// bob are in BUILTIN\Users.
type Samba struct {
	Share string // the directory behind the share

	dir    string // config, auth files, databases, log
	config string
	sid    map[string]string // of each account
}

// NTACL is the extended attribute in which Samba keeps a file's descriptor.
const NTACL = "security.NTACL"

// NeedSamba skips the test, or fails it with SSHKEYS_INTEROP=required, where a
// part of Samba is missing. A skip inside of a World is not seen: call it before.
func NeedSamba(t *testing.T) {
	t.Helper()
	for _, name := range []string{"smbd", "smbpasswd", "pdbedit", "net", "smbcacls", "smbclient"} {
		Tool(t, name)
	}
	build, err := exec.Command(Tool(t, "smbd"), "-b").Output()
	modules := regexp.MustCompile(`MODULESDIR: (.+)`).FindSubmatch(build)
	if err != nil || modules == nil {
		t.Fatalf("smbd -b: %v\n%s", err, build)
	}
	if _, err := os.Stat(filepath.Join(string(modules[1]), "vfs", "acl_xattr.so")); err != nil {
		without(t, "Samba's acl_xattr.so is missing: install the package samba-vfs-modules")
	}
}

// without skips or fails like Tool.
func without(t *testing.T, reason string) {
	t.Helper()
	if os.Getenv("SSHKEYS_INTEROP") == "required" {
		t.Fatal(reason)
	}
	t.Skip(reason)
}

// StartSamba starts smbd in the World and returns when it accepts a connection;
// it ends with the test.
func (w *World) StartSamba(t *testing.T) *Samba {
	t.Helper()
	dir := "/run/samba-of-test"
	s := &Samba{dir: dir, Share: filepath.Join(dir, "share"), config: filepath.Join(dir, "smb.conf"), sid: map[string]string{}}
	for _, sub := range []string{"", "share", "private", "lock", "state", "cache", "pid", "ncalrpc"} {
		if err := os.Mkdir(filepath.Join(dir, sub), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	keepXattrs(t, s.Share)
	s.write(t, "smb.conf", s.conf())
	for _, user := range []string{"root", w.Alice.Name, w.Bob.Name} {
		s.addUser(t, user)
	}
	s.tool(t, "", "net", "-s", s.config, "groupmap", "add", "sid=S-1-5-32-545", "ntgroup=Users", "unixgroup=shared", "type=builtin")
	s.run(t)
	return s
}

// keepXattrs sees that Samba's attributes can be kept in dir: in the World's own
// tmpfs, or where the kernel gives it no user attributes (before Linux 6.6) in the
// test's temporary directory, mounted there.
func keepXattrs(t *testing.T, dir string) {
	t.Helper()
	probe := func() error {
		return errors.Join(unix.Setxattr(dir, NTACL, []byte{1}, 0), unix.Setxattr(dir, "user.DOSATTRIB", []byte{1}, 0),
			unix.Removexattr(dir, NTACL), unix.Removexattr(dir, "user.DOSATTRIB"))
	}
	err := probe()
	if err != nil {
		if err := unix.Mount(t.TempDir(), dir, "", unix.MS_BIND, ""); err != nil {
			t.Fatal(err)
		}
		err = probe()
	}
	if err != nil {
		without(t, "no file system here keeps security and user attributes: "+err.Error())
	}
	// Who may do what in the share is for Samba to say.
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
}

func (s *Samba) conf() string {
	return strings.ReplaceAll(`[global]
server role = standalone server
workgroup = WORLD
netbios name = HOST
smb ports = 445
interfaces = 127.0.0.1/8
bind interfaces only = yes
disable netbios = yes
disable spoolss = yes
load printers = no
rpc start on demand helpers = no
private dir = DIR/private
lock directory = DIR/lock
state directory = DIR/state
cache directory = DIR/cache
pid directory = DIR/pid
ncalrpc dir = DIR/ncalrpc
log file = DIR/log
log level = 1
[share]
path = DIR/share
read only = no
admin users = root
vfs objects = acl_xattr
acl_xattr:ignore system acls = yes
`, "DIR", s.dir)
}

func (s *Samba) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// addUser makes an account of Samba's with a password that is in no argument.
func (s *Samba) addUser(t *testing.T, user string) {
	t.Helper()
	password := rand.Text()
	s.write(t, user+".auth", "username = "+user+"\npassword = "+password+"\n")
	s.tool(t, password+"\n"+password+"\n", "smbpasswd", "-c", s.config, "-s", "-a", user)
	out := s.tool(t, "", "pdbedit", "-s", s.config, "-L", "-v", user)
	sid := regexp.MustCompile(`(?m)^User SID:\s+(S-1-5-21-\S+)$`).FindStringSubmatch(out)
	if sid == nil {
		t.Fatalf("pdbedit tells no SID of %s:\n%s", user, out)
	}
	s.sid[user] = sid[1]
}

// tool runs one of Samba's programs, which has to succeed.
func (s *Samba) tool(t *testing.T, input, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(Tool(t, name), args...)
	cmd.Stdin = strings.NewReader(input)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
	return string(out)
}

// run starts smbd and waits until it accepts. It gets a process group of its own:
// a server that ends takes the others of its group with it.
func (s *Samba) run(t *testing.T) {
	t.Helper()
	said, err := os.OpenFile(filepath.Join(s.dir, "log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer said.Close()
	cmd := exec.Command(Tool(t, "smbd"), "-F", "--no-process-group", "-s", s.config)
	cmd.Stdout, cmd.Stderr = said, said
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		// Its error is that they had ended already.
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		<-ended
		if t.Failed() {
			t.Logf("smbd said at last:\n%s", s.lastWords())
		}
	})
	for {
		c, err := net.Dial("tcp", "127.0.0.1:445")
		if err == nil {
			c.Close()
			return
		}
		select {
		case gone := <-ended:
			ended <- gone
			t.Fatalf("smbd ended: %v", gone)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// lastWords are what smbd logged at the end.
func (s *Samba) lastWords() []byte {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-4000):]
}

// SID of an account.
func (s *Samba) SID(user string) string { return s.sid[user] }

// client runs smbclient or smbcacls as an account and returns what they print and
// what they log. ok is false where Samba denied access; any other failure is the
// test's.
func (s *Samba) client(t *testing.T, user, name string, args ...string) (out, log string, ok bool) {
	t.Helper()
	args = append([]string{"-s", s.config, "-d", "1", "-A", filepath.Join(s.dir, user+".auth")}, args...)
	cmd := exec.Command(Tool(t, name), args...)
	var printed, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &printed, &said
	err := cmd.Run()
	if err != nil && !strings.Contains(printed.String()+said.String(), "NT_STATUS_ACCESS_DENIED") {
		t.Fatalf("%s %q as %s: %v\n%s%s", name, args, user, err, printed.String(), said.String())
	}
	return printed.String(), said.String(), err == nil
}

const shareURL = "//127.0.0.1/share"

// Do runs a command of smbclient's as an account and tells whether it may.
func (s *Samba) Do(t *testing.T, user, command string) bool {
	t.Helper()
	_, _, ok := s.client(t, user, "smbclient", shareURL, "-c", command)
	return ok
}

// Put writes files of the share as an account, which is to succeed.
func (s *Samba) Put(t *testing.T, user string, content []byte, files ...string) {
	t.Helper()
	for file, rights := range s.Access(t, user, content, files...) {
		if !strings.Contains(rights, "w") {
			t.Fatalf("%s may not write %s", user, file)
		}
	}
}

// Access reads files of the share as an account, and writes them with content,
// which is what they are to have, all in one session. It returns by file what
// Samba let it do: r read, w write.
func (s *Samba) Access(t *testing.T, user string, content []byte, files ...string) map[string]string {
	t.Helper()
	local := t.TempDir()
	put := filepath.Join(local, "put")
	if err := os.WriteFile(put, content, 0o600); err != nil {
		t.Fatal(err)
	}
	got := func(i int) string { return filepath.Join(local, fmt.Sprint("got", i)) }
	var commands strings.Builder
	for i, file := range files {
		fmt.Fprintf(&commands, "get %s %s;put %s %s;", file, got(i), put, file)
	}
	_, log, _ := s.client(t, user, "smbclient", shareURL, "-c", commands.String())
	rights := map[string]string{}
	for i, file := range files {
		rights[file] = ""
		switch read, err := os.ReadFile(got(i)); {
		case err == nil && !bytes.Equal(read, content):
			t.Errorf("%s reads %q from %s", user, read, file)
		case err == nil:
			rights[file] = "r"
		}
		if strings.Contains(log, `putting file `+put+` as \`+strings.ReplaceAll(file, "/", `\`)+` `) {
			rights[file] += "w"
		}
	}
	return rights
}

// SDDL reads the descriptor of a file of the share as root, but for its SACL.
func (s *Samba) SDDL(t *testing.T, file string) string {
	t.Helper()
	out, _, ok := s.client(t, "root", "smbcacls", "--sddl", shareURL, file)
	if !ok {
		t.Fatalf("root may not read the descriptor of %s", file)
	}
	return strings.TrimSpace(out)
}

// SetSDDL sets owner, group and DACL, each where the string has it, and tells
// whether the account may. smbcacls puts the entries that deny first, and the
// others in an order of its own. Rights are to be in numbers: smbcacls 4.17 takes
// FA for 0x1ff.
func (s *Samba) SetSDDL(t *testing.T, user, file, sddl string) bool {
	t.Helper()
	_, _, ok := s.client(t, user, "smbcacls", "--sddl", "-S", sddl, shareURL, file)
	return ok
}

// Inherit adds an entry to a folder as root, and to what is below it and takes
// entries from it, which on Windows Explorer does: `ACL:SID:ALLOWED/OI|CI/FULL`.
func (s *Samba) Inherit(t *testing.T, folder, entry string) {
	t.Helper()
	if _, _, ok := s.client(t, "root", "smbcacls", "--propagate-inheritance", "--add", entry, shareURL, folder); !ok {
		t.Fatalf("root may not change %s", folder)
	}
}
