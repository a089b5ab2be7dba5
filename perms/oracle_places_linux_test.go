package perms_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
	"sshkeys/perms"
)

// scene is a home of alice's in which something besides a file's own mode or owner
// decides: OpenSSH says whether it accepts, Check has to say the same, and after
// Fix by the mender OpenSSH accepts.
type scene struct {
	name    string
	arrange func(h *house)
	accepts bool   // what OpenSSH is known to say: the test fails where it does not
	mender  string // of what is refused: alice, root, or nobody
}

// house is alice's home, with a config, a key named work and an authorized_keys
// in its .ssh.
type house struct {
	t    *testing.T
	w    *testkeys.World
	home string
}

func (h *house) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(h.home, name)
}

// mode is chmod; a name that is not absolute is in alice's home.
func (h *house) mode(name string, mode uint32) {
	h.t.Helper()
	if err := unix.Chmod(h.path(name), mode); err != nil {
		h.t.Fatal(err)
	}
}

// own is chown; the group is the one that alice and bob are in.
func (h *house) own(name string, uid int) {
	h.t.Helper()
	s := stateOf(h.t, h.path(name))
	s.uid, s.gid = uid, testkeys.Shared
	s.put(h.t, h.path(name))
}

// dir makes a directory of alice's. Outside of her home it goes with the test's scene.
func (h *house) dir(name string, mode uint32) {
	h.t.Helper()
	if err := os.Mkdir(h.path(name), 0o700); err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { os.RemoveAll(h.path(name)) })
	h.own(name, h.w.Alice.UID)
	h.mode(name, mode)
}

// move puts a file elsewhere, and a link to it in its place.
func (h *house) move(name, to string) {
	h.t.Helper()
	if out, err := exec.Command("mv", h.path(name), h.path(to)).CombinedOutput(); err != nil {
		h.t.Fatalf("%v\n%s", err, out)
	}
	if err := os.Symlink(h.path(to), h.path(name)); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) rename(name, to string) {
	h.t.Helper()
	if err := os.Rename(h.path(name), h.path(to)); err != nil {
		h.t.Fatal(err)
	}
}

// rehouse puts alice's home into a directory elsewhere, and a link in its place.
func (h *house) rehouse(parent string, mode uint32) {
	h.t.Helper()
	h.dir(parent, 0o755)
	h.own(parent, 0)
	h.mode(parent, mode)
	moved := filepath.Join(parent, "alice")
	h.t.Cleanup(func() {
		err := os.Remove(h.home)
		if out, mv := exec.Command("mv", moved, h.home).CombinedOutput(); err != nil || mv != nil {
			h.t.Fatalf("%v, %v\n%s", err, mv, out)
		}
	})
	h.move(h.home, moved)
}

func (h *house) acl(name string, args ...string) {
	h.t.Helper()
	run := append(args, h.path(name))
	if out, err := h.w.Alice.Command(testkeys.Tool(h.t, "setfacl"), run...).CombinedOutput(); err != nil {
		h.t.Fatalf("setfacl %s: %v\n%s", strings.Join(run, " "), err, out)
	}
}

const (
	keysFile   = ".ssh/authorized_keys"
	configFile = ".ssh/config"
	keyFile    = ".ssh/work"
)

// theatre plays scenes: it holds Check and Fix to an oracle. questions are what is
// checked; Fix is asked the last.
type theatre struct {
	w         *testkeys.World
	alice     asker
	files     map[string]string // in alice's .ssh
	oracle    func(*testing.T) bool
	questions []question
}

func (p *theatre) play(t *testing.T, scenes []scene) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			home(t, p.w, p.files)
			s.arrange(&house{t, p.w, p.w.Alice.Home})
			accepted := p.oracle(t)
			if accepted != s.accepts {
				t.Errorf("OpenSSH accepts: %v, where permissions.md says %v", accepted, s.accepts)
			}
			for _, q := range p.questions {
				for who, got := range map[string]answer{"alice": p.alice(q), "root": q.answer()} {
					// Where alice cannot come by, neither can a program of hers say why.
					shut := who == "alice" && !accepted && len(got.Errors) > 0
					if !shut && (got.Refused == accepted || len(got.Errors) > 0) {
						t.Errorf("OpenSSH accepts: %v; Check of %s by %s finds %q %q", accepted, q.Path, who, got.Findings, got.Errors)
					}
				}
			}
			p.mend(t, s)
		})
	}
}

// mend runs Fix as the scene's mender, and as root, who must not make it worse.
func (p *theatre) mend(t *testing.T, s scene) {
	t.Helper()
	q := p.questions[len(p.questions)-1]
	fix := q
	fix.Fix = true
	fixed := p.alice(fix)
	if s.mender == "root" {
		if p.oracle(t) {
			t.Error("alice could mend it")
		}
		fixed = fix.answer()
	}
	p.judge(t, s, "its mender", fixed)
	had := p.belongings(t)
	p.judge(t, s, "root", fix.answer())
	has := p.belongings(t)
	for _, path := range had {
		if !slices.Contains(has, path) {
			t.Errorf("Fix by root took %s from alice", path)
		}
	}
}

// belongings are alice's .ssh and the files in it, as far as they are hers.
func (p *theatre) belongings(t *testing.T) []string {
	t.Helper()
	var hers []string
	err := filepath.WalkDir(filepath.Join(p.w.Alice.Home, ".ssh"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && stateOf(t, path).uid == p.w.Alice.UID {
			hers = append(hers, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return hers
}

// judge holds what Fix said, and Check says now, to OpenSSH.
func (p *theatre) judge(t *testing.T, s scene, mender string, fixed answer) {
	t.Helper()
	clean := func(a answer) bool { return !a.Refused && len(a.Errors) == 0 }
	left, want, accepted := p.alice(p.questions[len(p.questions)-1]), s.mender != "nobody", p.oracle(t)
	if accepted != want || clean(fixed) != want || clean(left) != want {
		t.Errorf("after Fix by %s OpenSSH accepts: %v, want %v; Fix finds %q %q, Check %q %q", mender, accepted, want,
			fixed.Findings, fixed.Errors, left.Findings, left.Errors)
	}
}

func TestOraclePlacesLogin(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	sshd := w.StartSSHD(t)
	files := map[string]string{"authorized_keys": string(sshd.Public), "config": "Host *\n", "work": newKey(t)}
	alice, bob := w.Alice.UID, w.Bob.UID
	scenes := []scene{
		{"all as it should be", func(h *house) {}, true, ""},

		{"home 0700", func(h *house) { h.mode(".", 0o700) }, true, ""},
		{"home 0750", func(h *house) { h.mode(".", 0o750) }, true, ""},
		{"home 0775", func(h *house) { h.mode(".", 0o775) }, false, "nobody"},
		{"home 0757", func(h *house) { h.mode(".", 0o757) }, false, "nobody"},
		{"home 0777", func(h *house) { h.mode(".", 0o777) }, false, "nobody"},
		{"home sticky", func(h *house) { h.mode(".", 0o1777) }, false, "nobody"},
		{"home setgid", func(h *house) { h.mode(".", 0o2755) }, true, ""},
		{"home without x", func(h *house) { h.mode(".", 0o600) }, false, "nobody"},
		{"home only x", func(h *house) { h.mode(".", 0o100) }, true, ""},
		{"home of root", func(h *house) { h.own(".", 0) }, true, ""},
		{"home of bob", func(h *house) { h.own(".", bob) }, false, "nobody"},
		{"home a link", func(h *house) { h.rehouse("/run/people", 0o755) }, true, ""},
		{"home a link below 0777", func(h *house) { h.rehouse("/run/people", 0o777) }, true, ""},
		{"home a link to 0775", func(h *house) { h.rehouse("/run/people", 0o755); h.mode(".", 0o775) }, false, "nobody"},
		{"directory above home 0775", func(h *house) { h.mode("/home", 0o775); h.t.Cleanup(func() { h.mode("/home", 0o755) }) }, true, ""},

		{".ssh 0755", func(h *house) { h.mode(".ssh", 0o755) }, true, ""},
		{".ssh 0770", func(h *house) { h.mode(".ssh", 0o770) }, false, "alice"},
		{".ssh 0775", func(h *house) { h.mode(".ssh", 0o775) }, false, "alice"},
		{".ssh 0777", func(h *house) { h.mode(".ssh", 0o777) }, false, "alice"},
		{".ssh sticky", func(h *house) { h.mode(".ssh", 0o1777) }, false, "alice"},
		{".ssh setgid 2755", func(h *house) { h.mode(".ssh", 0o2755) }, true, ""},
		{".ssh setgid 2775", func(h *house) { h.mode(".ssh", 0o2775) }, false, "alice"},
		{".ssh 0500", func(h *house) { h.mode(".ssh", 0o500) }, true, ""},
		{".ssh 0300", func(h *house) { h.mode(".ssh", 0o300) }, true, ""},
		{".ssh of root 0755", func(h *house) { h.own(".ssh", 0); h.mode(".ssh", 0o755) }, true, ""},
		{".ssh of root 0775", func(h *house) { h.own(".ssh", 0); h.mode(".ssh", 0o775) }, false, "root"},
		{".ssh of bob 0755", func(h *house) { h.own(".ssh", bob); h.mode(".ssh", 0o755) }, false, "root"},
		{".ssh a link to 0755", func(h *house) { h.move(".ssh", "dot"); h.mode("dot", 0o755) }, true, ""},
		{".ssh a link to 0777", func(h *house) { h.move(".ssh", "dot"); h.mode("dot", 0o777) }, false, "alice"},

		{"authorized_keys of root 0644", func(h *house) { h.own(keysFile, 0); h.mode(keysFile, 0o644) }, true, ""},
		{"authorized_keys setuid 4600", func(h *house) { h.mode(keysFile, 0o4600) }, true, ""},
		{"authorized_keys setgid 2600", func(h *house) { h.mode(keysFile, 0o2600) }, true, ""},
		{"authorized_keys setgid 2666", func(h *house) { h.mode(keysFile, 0o2666) }, false, "alice"},
		{"authorized_keys linked into 0755", func(h *house) { h.dir("lists", 0o755); h.move(keysFile, "lists/keys") }, true, ""},
		{"authorized_keys linked into 0777", func(h *house) { h.dir("lists", 0o777); h.move(keysFile, "lists/keys") }, false, "nobody"},
		{"authorized_keys linked below 0777", func(h *house) {
			h.dir("lists", 0o777)
			h.dir("lists/mine", 0o700)
			h.move(keysFile, "lists/mine/keys")
		}, false, "nobody"},
		{"authorized_keys linked, and 0666", func(h *house) { h.dir("lists", 0o755); h.move(keysFile, "lists/keys"); h.mode("lists/keys", 0o666) }, false, "alice"},
		{"authorized_keys linked out of home", func(h *house) { h.dir("/run/lists", 0o755); h.move(keysFile, "/run/lists/keys") }, true, ""},
		{"authorized_keys linked out of home into 0777", func(h *house) { h.dir("/run/lists", 0o777); h.move(keysFile, "/run/lists/keys") }, false, "nobody"},
		{"authorized_keys linked out of home below 0775", func(h *house) {
			h.dir("/run/lists", 0o775)
			h.dir("/run/lists/alice", 0o700)
			h.move(keysFile, "/run/lists/alice/keys")
		}, false, "nobody"},
		{"authorized_keys linked out of home below sticky", func(h *house) {
			h.dir("/run/lists", 0o1777)
			h.dir("/run/lists/alice", 0o700)
			h.move(keysFile, "/run/lists/alice/keys")
		}, false, "nobody"},
		{"authorized_keys linked out of home below bob's", func(h *house) {
			h.dir("/run/lists", 0o755)
			h.dir("/run/lists/alice", 0o700)
			h.own("/run/lists", bob)
			h.move(keysFile, "/run/lists/alice/keys")
		}, false, "nobody"},
		{"authorized_keys a directory", func(h *house) {
			if err := os.Remove(h.path(keysFile)); err != nil {
				h.t.Fatal(err)
			}
			h.dir(keysFile, 0o700)
		}, false, "nobody"},
		{"authorized_keys a pipe", func(h *house) {
			err := os.Remove(h.path(keysFile))
			if err == nil {
				err = unix.Mkfifo(h.path(keysFile), 0o600)
			}
			if err != nil {
				h.t.Fatal(err)
			}
			h.own(keysFile, alice)
		}, false, "nobody"},

		{"ACL: bob writes authorized_keys", func(h *house) { h.acl(keysFile, "-m", "u:bob:rw") }, false, "alice"},
		{"ACL: bob reads authorized_keys", func(h *house) { h.acl(keysFile, "-m", "u:bob:r") }, true, ""},
		{"ACL: bob, masked by chmod 600", func(h *house) { h.acl(keysFile, "-m", "u:bob:rw"); h.mode(keysFile, 0o600) }, true, ""},
		{"ACL: bob masked, chmod 660 again", func(h *house) {
			h.acl(keysFile, "-m", "u:bob:rw")
			h.mode(keysFile, 0o600)
			h.mode(keysFile, 0o660)
		}, false, "alice"},
		{"ACL: bob writes .ssh", func(h *house) { h.acl(".ssh", "-m", "u:bob:rwx") }, false, "alice"},
		{"ACL: bob reads .ssh", func(h *house) { h.acl(".ssh", "-m", "u:bob:rx") }, true, ""},
		{"ACL: bob writes home", func(h *house) { h.acl(".", "-m", "u:bob:rwx") }, false, "nobody"},
		{"ACL: .ssh gives bob what is made in it", func(h *house) { h.acl(".ssh", "-d", "-m", "u:bob:rwx") }, true, ""},
		{"ACL: root's authorized_keys is alice's to read", func(h *house) {
			h.acl(keysFile, "-m", "u:alice:r")
			h.own(keysFile, 0)
			h.acl(keysFile, "-n", "-m", "m::r")
		}, true, ""},
	}
	list := []question{{Path: filepath.Join(w.Alice.Home, keysFile)}}
	folder := []question{{Path: filepath.Join(w.Alice.Home, ".ssh")}}
	p := &theatre{w, askAs(t, w, w.Alice), files, sshd.Login, append(list, folder...)}
	p.play(t, scenes)
	p.questions = folder
	p.play(t, []scene{
		{"authorized_keys2 0644", func(h *house) { h.rename(keysFile, keysFile+"2"); h.mode(keysFile+"2", 0o644) }, true, ""},
		{"authorized_keys2 0664", func(h *house) { h.rename(keysFile, keysFile+"2"); h.mode(keysFile+"2", 0o664) }, false, "alice"},
		{"authorized_keys2 in 0775", func(h *house) { h.rename(keysFile, keysFile+"2"); h.mode(".ssh", 0o775) }, false, "alice"},
	})
	p.questions = list // a folder that alice may not list
	p.play(t, []scene{
		{".ssh of root 0711", func(h *house) { h.own(".ssh", 0); h.mode(".ssh", 0o711) }, true, ""},
		{".ssh of root 0773", func(h *house) { h.own(".ssh", 0); h.mode(".ssh", 0o773) }, false, "root"},
		{".ssh of root 0700", func(h *house) { h.own(".ssh", 0) }, false, "root"},
	})
}

func TestOraclePlacesClient(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	bob := w.Bob.UID
	files := map[string]string{"config": "Host *\n", "work": newKey(t)}
	keys := []scene{
		{"key 1600", func(h *house) { h.mode(keyFile, 0o1600) }, true, ""},
		{"key 2600", func(h *house) { h.mode(keyFile, 0o2600) }, true, ""},
		{"key 4600", func(h *house) { h.mode(keyFile, 0o4600) }, true, ""},
		{"key 7700", func(h *house) { h.mode(keyFile, 0o7700) }, true, ""},
		{"key 4640", func(h *house) { h.mode(keyFile, 0o4640) }, false, "alice"},
		{"key in .ssh 0777", func(h *house) { h.mode(".ssh", 0o777) }, true, ""},
		{"key in home 0777", func(h *house) { h.mode(".", 0o777) }, true, ""},
		{"key a link to 0644", func(h *house) { h.move(keyFile, "elsewhere"); h.mode("elsewhere", 0o644) }, false, "alice"},
		{"key a link to 0600", func(h *house) { h.move(keyFile, "elsewhere") }, true, ""},
		{"key of bob 0644", func(h *house) { h.own(keyFile, bob); h.mode(keyFile, 0o644) }, true, ""},
		{"key of bob 0666", func(h *house) { h.own(keyFile, bob); h.mode(keyFile, 0o666) }, true, ""},
		{"key of bob 0600", func(h *house) { h.own(keyFile, bob) }, false, "root"},
		{"ACL: bob reads the key", func(h *house) { h.acl(keyFile, "-m", "u:bob:r") }, false, "alice"},
		{"ACL: bob writes the key", func(h *house) { h.acl(keyFile, "-m", "u:bob:rw") }, false, "alice"},
		{"ACL: bob, masked by chmod 600", func(h *house) { h.acl(keyFile, "-m", "u:bob:rw"); h.mode(keyFile, 0o600) }, true, ""},
		{"ACL: bob by name, and nothing for him", func(h *house) { h.acl(keyFile, "-m", "u:bob:---") }, true, ""},
		{"ACL: bob's key, alice reads", func(h *house) { h.acl(keyFile, "-m", "u:alice:r"); h.own(keyFile, bob) }, true, ""},
		{"ACL: bob's key, alice by her group", func(h *house) { h.acl(keyFile, "-m", "g:alice:r"); h.own(keyFile, bob) }, true, ""},
		{"ACL: bob's key 0644, alice shut out", func(h *house) {
			h.mode(keyFile, 0o644)
			h.acl(keyFile, "-m", "u:alice:---")
			h.own(keyFile, bob)
		}, false, "root"},
		{"ACL: bob's key, alice masked", func(h *house) {
			h.acl(keyFile, "-m", "u:alice:r")
			h.mode(keyFile, 0o600)
			h.own(keyFile, bob)
		}, false, "root"},
	}
	path := filepath.Join(w.Alice.Home, keyFile)
	p := &theatre{w, askAs(t, w, w.Alice), files, func(t *testing.T) bool { return keyLoads(t, w.Alice, path) },
		[]question{{Path: path, Role: perms.PrivateKey}}}
	p.play(t, keys)
	configs := []scene{
		{"config in .ssh 0777", func(h *house) { h.mode(".ssh", 0o777) }, true, ""},
		{"config in .ssh of bob 0755", func(h *house) { h.own(".ssh", bob); h.mode(".ssh", 0o755) }, true, ""},
		{"config setgid 2644", func(h *house) { h.mode(configFile, 0o2644) }, true, ""},
		{"config setgid 2664", func(h *house) { h.mode(configFile, 0o2664) }, false, "alice"},
		{"config a link to 0644", func(h *house) { h.move(configFile, "dotfiles"); h.mode("dotfiles", 0o644) }, true, ""},
		{"config a link to 0664", func(h *house) { h.move(configFile, "dotfiles"); h.mode("dotfiles", 0o664) }, false, "alice"},
		{"config a link to bob's", func(h *house) { h.move(configFile, "dotfiles"); h.own("dotfiles", bob); h.mode("dotfiles", 0o644) }, false, "root"},
		{"ACL: bob writes the config", func(h *house) { h.acl(configFile, "-m", "u:bob:rw") }, false, "alice"},
		{"ACL: bob reads the config", func(h *house) { h.acl(configFile, "-m", "u:bob:r") }, true, ""},
		{"ACL: bob, masked by chmod 600", func(h *house) { h.acl(configFile, "-m", "u:bob:rw"); h.mode(configFile, 0o600) }, true, ""},
		{"ACL: bob's config, alice shut out", func(h *house) {
			h.mode(configFile, 0o644)
			h.acl(configFile, "-m", "u:alice:---")
			h.own(configFile, bob)
		}, true, ""},
	}
	p.questions = []question{{Path: filepath.Join(w.Alice.Home, configFile)}}
	p.oracle = func(t *testing.T) bool { return configLoads(t, w.Alice) }
	p.play(t, configs)
}

// TestOracleFolder: what sshd refuses of a .ssh matters only where an
// authorized_keys is in it.
func TestOracleFolder(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	dir := home(t, w, map[string]string{"config": "Host *\n", "work": newKey(t)})
	q := question{Path: dir}
	for _, mode := range []uint32{0o700, 0o755, 0o775, 0o777, 0o1777, 0o2770} {
		if err := unix.Chmod(dir, mode); err != nil {
			t.Fatal(err)
		}
		if !keyLoads(t, w.Alice, filepath.Join(dir, "work")) || !configLoads(t, w.Alice) {
			t.Errorf("ssh minds a .ssh of mode %04o", mode)
		}
		if got := q.answer(); got.Refused {
			t.Errorf("Check of a .ssh of mode %04o without authorized_keys finds %q", mode, got.Findings)
		}
	}
}

// TestOracleDashF: ssh -F takes a file of any mode; what it includes is checked.
func TestOracleDashF(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	dir := home(t, w, map[string]string{"other": "Include hosts\n", "hosts": "Host *\n\tPort 2222\n"})
	other, hosts := filepath.Join(dir, "other"), filepath.Join(dir, "hosts")
	included := question{Path: hosts, Role: perms.IncludedConfig}
	for _, mode := range []uint32{0o600, 0o646, 0o666, 0o664, 0o644} {
		s := state{mode, w.Alice.UID, testkeys.Shared}
		s.put(t, other)
		state{0o600, w.Alice.UID, testkeys.Shared}.put(t, hosts)
		if !configLoads(t, w.Alice, "-F", other) {
			t.Errorf("ssh -F refuses a file of mode %04o", mode)
		}
		s.put(t, hosts)
		accepted := configLoads(t, w.Alice, "-F", other)
		if got := included.answer(); got.Refused == accepted || accepted != (mode&0o022 == 0) {
			t.Errorf("included under -F, mode %04o: ssh accepts: %v; Check finds %q", mode, accepted, got.Findings)
		}
	}
}

// TestOracleIdentity: the key that ssh is told to use counts as for ssh-keygen.
func TestOracleIdentity(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	sshd := w.StartSSHD(t)
	home(t, w, map[string]string{"authorized_keys": string(sshd.Public)})
	ask := askAs(t, w, w.Alice)
	for _, mode := range []uint32{0o400, 0o600, 0o700, 0o640, 0o604, 0o610, 0o601, 0o660} {
		if err := unix.Chmod(sshd.Key, mode); err != nil {
			t.Fatal(err)
		}
		accepted := sshd.Login(t)
		if got := ask(question{Path: sshd.Key}); got.Refused == accepted || len(got.Errors) > 0 {
			t.Errorf("ssh -i, mode %04o: accepted: %v; Check finds %q %q", mode, accepted, got.Findings, got.Errors)
		}
	}
}

// TestOracleRoot: root's ssh takes another user's key with any mode, which says
// nothing of that user's ssh. It is the latter that is judged.
func TestOracleRoot(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	root := testkeys.User{Name: "root", Home: "/root"}
	path := filepath.Join(w.Bob.Home, "work")
	if err := os.WriteFile(path, []byte(newKey(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	q := question{Path: path}
	for _, c := range []struct {
		owner       testkeys.User
		mode        uint32
		takes, sees bool // root's ssh; the owner's
	}{
		{w.Bob, 0o600, true, true},
		{w.Bob, 0o644, true, false},
		{w.Bob, 0o666, true, false},
		{root, 0o600, true, true},
		{root, 0o644, false, false},
	} {
		state{c.mode, c.owner.UID, c.owner.GID}.put(t, path)
		if takes, sees := keyLoads(t, root, path), keyLoads(t, c.owner, path); takes != c.takes || sees != c.sees {
			t.Errorf("key of %s, mode %04o: root's ssh takes it: %v, the owner's: %v", c.owner.Name, c.mode, takes, sees)
		}
		if got := q.answer(); got.Refused == c.sees || len(got.Errors) > 0 {
			t.Errorf("key of %s, mode %04o: Check by root finds %q %q", c.owner.Name, c.mode, got.Findings, got.Errors)
		}
		fixed := question{Path: path, Fix: true}.answer()
		if !keyLoads(t, c.owner, path) || q.answer().Refused {
			t.Errorf("key of %s, mode %04o, after Fix: %04o; it finds %q %q", c.owner.Name, c.mode, stateOf(t, path).mode, fixed.Findings, fixed.Errors)
		}
	}
}

// TestOracleHostKey: sshd -t, with a host key of each mode; by root, and by a user
// who runs an sshd of her own.
func TestOracleHostKey(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	root := testkeys.User{Name: "root", Home: "/root"}
	path := "/run/ssh_host_ed25519_key"
	if err := os.WriteFile(path, []byte(newKey(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	reasons := []string{"no hostkeys available"}
	for u, ask := range map[testkeys.User]asker{root: question.answer, w.Alice: askAs(t, w, w.Alice)} {
		m := matrix{t: t, user: u, ask: ask, path: path, role: perms.HostKey}
		m.oracle = func() bool { return ran(t, u, reasons, testkeys.Tool(t, "sshd"), "-t", "-f", "/dev/null", "-h", path) }
		m.run(state{uid: u.UID, gid: u.GID}.inModes(0o400, 0o777))
	}
}
