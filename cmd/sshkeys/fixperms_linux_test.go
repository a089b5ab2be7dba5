package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

// asked is alice's home with a key, a config and an authorized_keys in its .ssh,
// ssh and sshd to say whether they take them, and fixperms to agree.
type asked struct {
	*testing.T
	world   *testkeys.World
	sshd    *testkeys.SSHD
	program string
}

// TestFixpermsOracle holds the command to what ssh and a real sshd accept.
func TestFixpermsOracle(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	a := &asked{T: t, world: w, sshd: w.StartSSHD(t), program: w.Program(t, "sshkeys")}
	a.furnish()
	t.Run("a tree as the guides warn of", a.in((*asked).guideTree))
	t.Run("modes and owners", a.in((*asked).someStates))
}

func (a *asked) in(part func(*asked)) func(*testing.T) {
	return func(t *testing.T) {
		sub := *a
		sub.T = t
		part(&sub)
	}
}

// furnish writes the files, and .ssh itself.
func (a *asked) furnish() {
	a.check(os.Mkdir(a.ssh(""), 0o700))
	a.check(os.WriteFile(a.ssh("authorized_keys"), a.sshd.Public, 0o600))
	a.check(os.WriteFile(a.ssh("config"), []byte("Host *\n\tPort 2222\n"), 0o600))
	testkeys.GenerateKey(a.T, a.ssh("id_ed25519"))
	a.put(a.world.Alice.Home, a.world.Alice.UID, 0o755)
	a.put(a.ssh("id_ed25519.pub"), a.world.Alice.UID, 0o644)
	a.arrange("700 600 600 600", a.world.Alice.UID, a.world.Alice.UID, a.world.Alice.UID)
}

func (a *asked) check(err error) {
	a.Helper()
	if err != nil {
		a.Fatal(err)
	}
}

func (a *asked) ssh(name string) string { return filepath.Join(a.world.Alice.Home, ".ssh", name) }

// put gives a file owner and mode, and the group of alice and bob: Debian's ssh
// lets a group write that is the owner's alone.
func (a *asked) put(path string, uid int, mode uint32) {
	a.Helper()
	a.check(unix.Chown(path, uid, testkeys.Shared))
	a.check(unix.Chmod(path, mode))
}

// arrange sets the modes of .ssh, key, config and authorized_keys, and the owners
// of the latter three.
func (a *asked) arrange(modes string, owners ...int) {
	a.Helper()
	var mode [4]uint32
	if _, err := fmt.Sscanf(modes, "%o %o %o %o", &mode[0], &mode[1], &mode[2], &mode[3]); err != nil {
		a.Fatal(err)
	}
	a.put(a.ssh(""), a.world.Alice.UID, mode[0])
	for i, name := range []string{"id_ed25519", "config", "authorized_keys"} {
		a.put(a.ssh(name), owners[i], mode[i+1])
	}
}

// modes is what arrange takes.
func (a *asked) modes() string {
	a.Helper()
	var modes []string
	for _, name := range []string{"", "id_ed25519", "config", "authorized_keys"} {
		info, err := os.Stat(a.ssh(name))
		a.check(err)
		modes = append(modes, fmt.Sprintf("%o", info.Mode().Perm()))
	}
	return strings.Join(modes, " ")
}

// refusals are the files that OpenSSH refuses.
func (a *asked) refusals() []string {
	a.Helper()
	var refused []string
	for name, args := range map[string][]string{
		"id_ed25519": {testkeys.Tool(a.T, "ssh-keygen"), "-y", "-f", a.ssh("id_ed25519")},
		"config":     {testkeys.Tool(a.T, "ssh"), "-G", "host.example"},
	} {
		out, err := a.world.Alice.Command(args[0], args[1:]...).CombinedOutput()
		switch {
		case err == nil:
		case strings.Contains(string(out), "ermission"): // bad permissions, Bad owner or permissions, Permission denied
			refused = append(refused, name)
		default:
			a.Fatalf("%q: %v\n%s", args, err, out)
		}
	}
	if !a.sshd.Login(a.T) {
		refused = append(refused, "authorized_keys")
	}
	slices.Sort(refused)
	return refused
}

// fixperms runs the command as alice, or as root on her folder, and returns its
// exit code and what it says.
func (a *asked) fixperms(as string, args ...string) (int, string) {
	a.Helper()
	args = append([]string{"fixperms"}, args...)
	cmd := a.world.Alice.Command(a.program, args...)
	if as == "root" {
		cmd = exec.Command(a.program, append(args, a.ssh(""))...)
		cmd.Env, cmd.Dir = []string{"PATH=" + os.Getenv("PATH"), "HOME=/run"}, "/"
	}
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		a.Fatal(err)
	}
	return cmd.ProcessState.ExitCode(), string(out)
}

// exits holds the command to an exit code.
func (a *asked) exits(want int, as string, args ...string) {
	a.Helper()
	if got, out := a.fixperms(as, args...); got != want {
		a.Errorf("fixperms %v by %s: exit code %d, want %d: %s", args, as, got, want, out)
	}
}

func (a *asked) wantModes(want string) {
	a.Helper()
	if got := a.modes(); got != want {
		a.Errorf("modes of .ssh, key, config and authorized_keys: %s, want %s", got, want)
	}
}

// guideTree is what a umask of 002 and a copy make: check, dry run, mending,
// check, and all as before.
func (a *asked) guideTree() {
	alice, bad := a.world.Alice.UID, "775 644 664 664"
	a.arrange(bad, alice, alice, alice)
	all := []string{"authorized_keys", "config", "id_ed25519"}
	if got := a.refusals(); !slices.Equal(got, all) {
		a.Fatalf("OpenSSH refuses %q, want %q", got, all)
	}
	a.exits(1, "alice", "--check")
	a.exits(1, "alice", "--dry-run")
	a.wantModes(bad)
	a.exits(0, "alice")
	a.wantModes("700 600 600 600")
	if got := a.refusals(); len(got) > 0 {
		a.Errorf("after fixperms OpenSSH refuses %q", got)
	}
	a.exits(0, "alice", "--check")
	a.exits(0, "alice")
	a.exits(0, "alice", "--undo")
	a.wantModes(bad)
	if got := a.refusals(); !slices.Equal(got, all) {
		a.Errorf("after --undo OpenSSH refuses %q, want %q", got, all)
	}
}

// someStates: --check says 1 exactly where something is refused, and after root's
// fixperms nothing is. perms' own tests go through all modes.
func (a *asked) someStates() {
	random := rand.New(rand.NewPCG(3, 4))
	pick := func(from ...uint32) uint32 { return from[random.IntN(len(from))] }
	owner := func() int { return []int{a.world.Alice.UID, a.world.Alice.UID, a.world.Bob.UID, 0}[random.IntN(4)] }
	const homes = 30
	accepted := 0
	for i := range homes {
		dir, readable := uint32(0o700), func() uint32 { return 0o400 | random.Uint32N(0o400) }
		key, config, list := pick(0o600, 0o400), pick(0o600, 0o644), pick(0o600, 0o644)
		owners := []int{a.world.Alice.UID, a.world.Alice.UID, a.world.Alice.UID}
		switch i % 5 { // one thing is wrong, or may be
		case 0:
			dir = pick(0o700, 0o711, 0o755, 0o770, 0o775, 0o777)
		case 1:
			key, owners[0] = readable(), owner()
		case 2:
			config, owners[1] = readable(), owner()
		case 3:
			list, owners[2] = readable(), owner()
		}
		modes := fmt.Sprintf("%o %o %o %o", dir, key, config, list)
		a.arrange(modes, owners...)
		refused, want := a.refusals(), 1
		if len(refused) == 0 {
			want, accepted = 0, accepted+1
		}
		for _, as := range []string{"alice", "root"} {
			if got, out := a.fixperms(as, "--check"); got != want {
				a.Errorf("%s, owners %d: OpenSSH refuses %q; fixperms --check by %s: exit code %d: %s", modes, owners, refused, as, got, out)
			}
		}
		a.exits(0, "root")
		if left := a.refusals(); len(left) > 0 {
			a.Errorf("%s, owners %d: after fixperms OpenSSH refuses %q", modes, owners, left)
		}
		a.exits(0, "alice", "--check")
	}
	if accepted == 0 || accepted == homes {
		a.Errorf("OpenSSH accepted %d of %d homes: that tells nothing", accepted, homes)
	}
}
