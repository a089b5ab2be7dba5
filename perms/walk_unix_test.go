//go:build !windows

package perms

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// No keys: what a reader of the first line takes for one.
const (
	secretText = "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
	publicText = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA alice@example.org\n"
)

// visits lists what is visited below targets, a line each: the path below dir,
// role, and what else is to be said. Reports without a visit are errors.
func visits(t *testing.T, dir string, opt Options, targets ...Target) (seen []string, failed []error) {
	t.Helper()
	s := &survey{ctx: t.Context(), opt: opt, yield: func(r Report) bool {
		failed = append(failed, r.Err)
		return true
	}}
	s.run(targets, func(o *object) Report {
		line := strings.TrimPrefix(o.Path, dir) + " " + string(o.Role)
		if o.Target != "" {
			line += " -> " + strings.TrimPrefix(o.Target, dir)
		}
		for what, is := range map[string]bool{" outside": o.Outside, " sshd": o.SSHD && o.Kind == Directory, " special": o.Kind == Special} {
			if is {
				line += what
			}
		}
		// What is above the test's own directory is the machine's.
		if strings.HasPrefix(o.Path, dir) {
			seen = append(seen, line)
		}
		return Report{}
	})
	slices.Sort(seen)
	return seen, failed
}

// wantVisits fails unless exactly these lines are visited, without an error.
func wantVisits(t *testing.T, dir string, targets []Target, want ...string) {
	t.Helper()
	got, failed := visits(t, dir, Options{}, targets...)
	if err := errors.Join(failed...); err != nil {
		t.Errorf("error: %v", err)
	}
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("visited:\n\t%s\nwant:\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

func at(dir string, names ...string) []Target {
	var targets []Target
	for _, name := range names {
		targets = append(targets, Target{Path: filepath.Join(dir, name)})
	}
	return targets
}

func TestWalkDotSSH(t *testing.T) {
	dir := realDir(t)
	ssh := madeDir(t, filepath.Join(dir, ".ssh"), 0o700)
	made(t, filepath.Join(ssh, "anything"), secretText, 0o600)
	made(t, filepath.Join(ssh, "anything.pub"), publicText, 0o644)
	made(t, filepath.Join(ssh, "id_rsa"), "", 0o600)
	made(t, filepath.Join(ssh, "config"), "Host a\n", 0o600)
	made(t, filepath.Join(ssh, "known_hosts"), "", 0o600)
	made(t, filepath.Join(ssh, "rc"), "", 0o600)
	made(t, filepath.Join(ssh, "data.csv"), "a,b\n", 0o600)
	made(t, filepath.Join(ssh, "old", "id_rsa"), "", 0o600)
	if err := unix.Mkfifo(filepath.Join(ssh, "agent.1"), 0o600); err != nil {
		t.Fatal(err)
	}
	files := []string{
		"/.ssh/anything private-key", "/.ssh/anything.pub public-key", "/.ssh/id_rsa private-key",
		"/.ssh/config config", "/.ssh/known_hosts known-hosts", "/.ssh/rc user-file", "/.ssh/data.csv user-file",
		"/.ssh/old ssh-dir", "/.ssh/old/id_rsa private-key",
	}
	for _, target := range []string{".ssh", ""} { // by itself, and found below
		wantVisits(t, dir, at(dir, target), append(files, "/.ssh ssh-dir")...)
	}
	wantVisits(t, dir, at(dir, ".ssh", "", ".ssh/rc", ".ssh/old"), append(files, "/.ssh ssh-dir")...) // each once

	made(t, filepath.Join(ssh, "authorized_keys"), publicText, 0o600)
	want := append(files, "/.ssh ssh-dir sshd", "/.ssh/authorized_keys authorized-keys", " home sshd")
	wantVisits(t, dir, at(dir, ".ssh"), want...)
	wantVisits(t, dir, at(dir, ".ssh/authorized_keys"), "/.ssh/authorized_keys authorized-keys", "/.ssh ssh-dir sshd", " home sshd")
	wantVisits(t, dir, at(dir, ".ssh/authorized_keys", ".ssh"), want...)
}

func TestWalkElsewhere(t *testing.T) {
	dir := realDir(t)
	made(t, filepath.Join(dir, "keys", "open"), secretText, 0o644)
	made(t, filepath.Join(dir, "keys", "closed"), secretText, 0o600) // fine in every role
	made(t, filepath.Join(dir, "keys", "authorized_keys"), publicText, 0o600)
	made(t, filepath.Join(dir, "data", "table.csv"), secretText, 0o644) // by its name no key
	made(t, filepath.Join(dir, "data", "notes"), strings.Repeat("text\n", 20), 0o644)
	madeDir(t, filepath.Join(dir, "shared"), 0o777)
	made(t, filepath.Join(dir, "shared", "closed"), secretText, 0o600)
	madeDir(t, filepath.Join(dir, "sticky"), 0o1777)
	made(t, filepath.Join(dir, "sticky", "closed"), secretText, 0o600)
	madeDir(t, filepath.Join(dir, "loose"), 0o777)
	made(t, filepath.Join(dir, "loose", "notes"), strings.Repeat("text\n", 20), 0o644)
	got, failed := visits(t, dir, Options{}, at(dir, "")...)
	want := []string{
		"/keys/authorized_keys authorized-keys", "/keys/open private-key",
		"/shared parent-dir", "/shared/closed private-key",
	}
	slices.Sort(want) // sshd does not walk up from an authorized_keys that lies anywhere
	if !slices.Equal(got, want) || failed != nil {
		t.Errorf("visited:\n\t%s\nwant:\n\t%s\nerrors: %v", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"), failed)
	}
}

// A closed file is fine only where it is the account's own.
func TestWalkForAnotherAccount(t *testing.T) {
	dir := realDir(t)
	made(t, filepath.Join(dir, "closed"), secretText, 0o600)
	for uid, want := range map[int][]string{os.Getuid(): nil, 54321: {"/closed private-key"}} {
		got, failed := visits(t, dir, Options{Account: &Account{UID: uid, Home: "/nonexistent"}}, at(dir, "")...)
		if !slices.Equal(got, want) || failed != nil {
			t.Errorf("for %d visited %q, errors %v; want %q", uid, got, failed, want)
		}
	}
}

func TestWalkLinks(t *testing.T) {
	dir := realDir(t)
	ssh := madeDir(t, filepath.Join(dir, "home", ".ssh"), 0o700)
	made(t, filepath.Join(dir, "elsewhere", "secret"), secretText, 0o600)
	made(t, filepath.Join(ssh, "key"), secretText, 0o600)
	linked(t, "key", filepath.Join(ssh, "again"))
	linked(t, "../../elsewhere/secret", filepath.Join(ssh, "out"))
	linked(t, "../../elsewhere", filepath.Join(ssh, "folder"))
	linked(t, "nowhere", filepath.Join(ssh, "dangling"))
	linked(t, "loop2", filepath.Join(ssh, "loop1"))
	linked(t, "loop1", filepath.Join(ssh, "loop2"))
	linked(t, "..", filepath.Join(ssh, "up"))
	linked(t, "/dev/null", filepath.Join(ssh, "known_hosts"))
	got, failed := visits(t, dir, Options{}, at(dir, "home")...)
	// The key is told under one of its two names, whichever the system lists first.
	for i, line := range got {
		if line == "/home/.ssh/again private-key -> /home/.ssh/key" {
			got[i] = "/home/.ssh/key private-key"
		}
	}
	slices.Sort(got)
	want := []string{
		"/home/.ssh ssh-dir", "/home/.ssh/key private-key", "/home/.ssh/known_hosts known-hosts -> /dev/null outside special",
		"/home/.ssh/out private-key -> /elsewhere/secret outside",
	}
	for i, line := range got { // the notes come in any order
		got[i] = strings.Replace(line, "special outside", "outside special", 1)
	}
	if !slices.Equal(got, want) || failed != nil {
		t.Errorf("visited:\n\t%s\nwant:\n\t%s\nerrors: %v", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"), failed)
	}
	wantVisits(t, dir, at(dir, "home/.ssh/out"), "/home/.ssh/out private-key -> /elsewhere/secret outside")
}

func TestWalkLinkedDotSSH(t *testing.T) {
	dir := realDir(t)
	made(t, filepath.Join(dir, "dotfiles", "ssh", "key"), secretText, 0o600)
	madeDir(t, filepath.Join(dir, "home"), 0o755)
	linked(t, "../dotfiles/ssh", filepath.Join(dir, "home", ".ssh"))
	wantVisits(t, dir, at(dir, "home"), "/home/.ssh ssh-dir -> /dotfiles/ssh outside", "/home/.ssh/key private-key -> /dotfiles/ssh/key")
	wantVisits(t, dir, at(dir, "home/.ssh"), "/home/.ssh ssh-dir -> /dotfiles/ssh", "/home/.ssh/key private-key -> /dotfiles/ssh/key")
}

func TestWalkDotSSHByAnotherName(t *testing.T) {
	dir := realDir(t)
	made(t, filepath.Join(dir, ".ssh", "config"), "User a\n", 0o600)
	linked(t, ".ssh", filepath.Join(dir, "ssh"))
	wantVisits(t, dir, at(dir, "ssh"), "/.ssh ssh-dir", "/.ssh/config config")
	wantVisits(t, dir, at(dir, "ssh/config"), "/.ssh/config config")
}

// A .ssh that leads back to where it lies is read once as a home and once as a
// .ssh, and no more.
func TestWalkLoopOfDotSSH(t *testing.T) {
	dir := realDir(t)
	made(t, filepath.Join(dir, "key"), secretText, 0o644)
	linked(t, ".", filepath.Join(dir, ".ssh"))
	got, failed := visits(t, dir, Options{}, at(dir, "")...)
	if len(got) != 2 || failed != nil {
		t.Errorf("visited %q, errors %v; want the directory and the key", got, failed)
	}
}

// A pipe with the name of a key is told of; opened it would hang, or somebody
// would see a reader.
func TestWalkSpecial(t *testing.T) {
	dir := realDir(t)
	for _, name := range []string{".ssh/id_rsa", "id_ed25519", "key"} {
		madeDir(t, filepath.Dir(filepath.Join(dir, name)), 0o755)
		if err := unix.Mkfifo(filepath.Join(dir, name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	wantVisits(t, dir, at(dir, ""), "/.ssh ssh-dir", "/.ssh/id_rsa private-key special", "/id_ed25519 private-key special")
	wantVisits(t, dir, at(dir, ".ssh/id_rsa"), "/.ssh/id_rsa private-key special")
}

func TestWalkNamedFile(t *testing.T) {
	dir := realDir(t)
	notes := made(t, filepath.Join(dir, "notes"), "text", 0o644)
	made(t, filepath.Join(dir, "key"), secretText, 0o644)
	made(t, filepath.Join(dir, ".ssh", "notes"), "text", 0o644)
	made(t, filepath.Join(dir, "work.conf"), "Host a\n", 0o644)
	wantVisits(t, dir, at(dir, "key"), "/key private-key")
	wantVisits(t, dir, at(dir, ".ssh/notes"), "/.ssh/notes user-file")
	wantVisits(t, dir, []Target{{Path: notes, Role: PrivateKey}}, "/notes private-key")
	wantVisits(t, dir, []Target{{Path: filepath.Join(dir, ".ssh", "notes"), Role: PrivateKey}}, "/.ssh/notes private-key")
	wantVisits(t, dir, []Target{{Path: filepath.Join(dir, "key"), Role: PublicKey}}, "/key private-key") // its content says so
	wantVisits(t, dir, []Target{{Path: filepath.Join(dir, "work.conf"), Role: IncludedConfig}}, "/work.conf included-config")

	_, failed := visits(t, dir, Options{}, at(dir, "notes")...)
	if len(failed) != 1 || !errors.Is(failed[0], ErrNoRole) {
		t.Errorf("a file without a role: %v, want ErrNoRole", failed)
	}
	_, failed = visits(t, dir, Options{}, at(dir, "missing", "key")...)
	var pathErr *fs.PathError
	if len(failed) != 1 || !errors.Is(failed[0], fs.ErrNotExist) || !errors.As(failed[0], &pathErr) || pathErr.Path != filepath.Join(dir, "missing") {
		t.Errorf("a missing file: %v", failed)
	}
}

func TestLooked(t *testing.T) {
	dir := realDir(t)
	for i := range 7 {
		made(t, filepath.Join(dir, "a", fmt.Sprint(i)), "text", 0o644)
	}
	linked(t, "nowhere", filepath.Join(dir, "a", "link"))
	looked := 0
	visits(t, dir, Options{Looked: &looked}, at(dir, "", "a/1")...)
	if looked != 1+1+7+1+1 {
		t.Errorf("looked at %d, want 11", looked)
	}
}

func TestAccount(t *testing.T) {
	dir := realDir(t)
	home := madeDir(t, filepath.Join(dir, "home"), 0o755)
	link := linked(t, "home", filepath.Join(dir, "link"))
	s := &survey{}
	s.run(nil, nil)
	a := s.account(filepath.Join(link, ".ssh", "sub", ".ssh", "key"), 0)
	if a.Home != home || a.UID != os.Getuid() {
		t.Errorf("account in a .ssh: %+v, want home %s", a, home)
	}
	if !slices.Contains(a.GIDs, os.Getgid()) {
		t.Errorf("groups %v without %d", a.GIDs, os.Getgid())
	}
	if os.Geteuid() == 0 {
		if a := s.account("/srv/key", 54321); a.UID != 54321 || a.Name != "54321" || a.Home != "" {
			t.Errorf("account of a user that nobody knows: %+v", a)
		}
	} else if a := s.account("/srv/key", 54321); a.UID != os.Getuid() {
		t.Errorf("account of another's file: %+v, want our own", a)
	}
	s.opt.Account = &Account{Name: "bob", UID: 7002, Home: "/home/bob"}
	if a := s.account(filepath.Join(home, ".ssh", "key"), 0); a.Name != "bob" || a.Home != "/home/bob" {
		t.Errorf("account that was given: %+v", a)
	}
	for path, want := range map[string]string{
		"/": "", "/a/b": "", "/a/.ssh": "/a", "/a/.ssh/b/.ssh/c": "/a", "/.ssh/x": "/", "/a.ssh/b": "", "/a/.sshx": "",
	} {
		if got := homeAbove(path); got != want {
			t.Errorf("home above %s: %q, want %q", path, got, want)
		}
	}
}

// A walk that was stopped reports nothing more, and one that was cancelled says so.
func TestCancel(t *testing.T) {
	dir := realDir(t)
	for i := range 5 {
		made(t, filepath.Join(dir, "keys", fmt.Sprint(i)), secretText, 0o644)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var errs []error
	s := &survey{ctx: ctx, yield: func(r Report) bool {
		errs = append(errs, r.Err)
		return true
	}}
	treated := 0
	s.run(at(dir, "keys", "keys/0"), func(*object) Report {
		treated++
		cancel()
		return Report{}
	})
	if treated != 1 || len(errs) != 1 || !errors.Is(errs[0], context.Canceled) {
		t.Errorf("treated %d, errors %v; want 1, and context.Canceled once", treated, errs)
	}
}
