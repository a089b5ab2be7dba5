//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

// worldRun is the program run by the accounts of a World.
type worldRun struct {
	*testing.T
	world   *testkeys.World
	program string
	key     []byte
}

// TestFixpermsAccounts: whose ssh is judged, what root does for another, and a
// file system on which chmod has no effect.
func TestFixpermsAccounts(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	r := &worldRun{T: t, world: w, program: w.Program(t, "sshkeys")}
	var err error
	if r.key, err = os.ReadFile("../../testdata/keys/ed25519/openssh"); err != nil {
		t.Fatal(err)
	}
	r.check(unix.Mount("none", "/root", "tmpfs", 0, "mode=700"))
	t.Run("unreadable config", r.on((*worldRun).unreadableConfig))
	t.Run("wrong owner", r.on((*worldRun).wrongOwner))
	t.Run("root", r.on((*worldRun).asRoot))
	t.Run("lying chmod", r.on((*worldRun).lyingMount))
	t.Run("read-only", r.on((*worldRun).readOnly))
	t.Run("another home", r.on((*worldRun).anotherHome))
}

// on gives each part an empty home of alice's.
func (r *worldRun) on(part func(*worldRun)) func(*testing.T) {
	return func(t *testing.T) {
		sub := *r
		sub.T = t
		sub.check(os.RemoveAll(r.world.Alice.Home))
		sub.mkdir("", 0o755)
		sub.mkdir(".ssh", 0o700)
		part(&sub)
	}
}

func (r *worldRun) check(err error) {
	r.Helper()
	if err != nil {
		r.Fatal(err)
	}
}

func (r *worldRun) home(name string) string { return filepath.Join(r.world.Alice.Home, name) }

func (r *worldRun) mkdir(name string, mode os.FileMode) {
	r.Helper()
	r.check(os.Mkdir(r.home(name), mode))
	r.own(name, r.world.Alice, mode)
}

func (r *worldRun) write(name string, data []byte, mode os.FileMode) {
	r.Helper()
	r.check(os.WriteFile(r.home(name), data, 0o600))
	r.own(name, r.world.Alice, mode)
}

func (r *worldRun) own(name string, u testkeys.User, mode os.FileMode) {
	r.Helper()
	r.check(os.Chown(r.home(name), u.UID, u.GID))
	r.check(os.Chmod(r.home(name), mode))
}

// is holds a file to owner and mode, as "7001 600".
func (r *worldRun) is(name, want string) {
	r.Helper()
	info, err := os.Stat(r.home(name))
	r.check(err)
	if got := fmt.Sprintf("%d %o", info.Sys().(*syscall.Stat_t).Uid, info.Mode().Perm()); got != want {
		r.Errorf("%s is %s, want %s", name, got, want)
	}
}

// run holds a command to its exit code, and returns both outputs.
func (r *worldRun) run(cmd *exec.Cmd, want int) string {
	r.Helper()
	out, _ := cmd.CombinedOutput()
	if got := cmd.ProcessState.ExitCode(); got != want {
		r.Errorf("%v: exit code %d, want %d: %s", cmd.Args, got, want, out)
	}
	return string(out)
}

func (r *worldRun) alice(want int, args ...string) string {
	r.Helper()
	return r.run(r.world.Alice.Command(r.program, append([]string{"fixperms"}, args...)...), want)
}

// sudo runs as root with alice's HOME, as sudo does it on many systems.
func (r *worldRun) sudo(want int, args ...string) string {
	r.Helper()
	cmd := exec.Command(r.program, append([]string{"fixperms"}, args...)...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + r.world.Alice.Home}
	cmd.Dir = "/"
	return r.run(cmd, want)
}

func (r *worldRun) says(out string, wants ...string) {
	r.Helper()
	for _, want := range wants {
		if !strings.Contains(out, want) {
			r.Errorf("%q is not said: %s", want, out)
		}
	}
}

// unreadableConfig: the keys that a config names are mended in the same run in
// which the config becomes readable.
func (r *worldRun) unreadableConfig() {
	r.write(".ssh/config", []byte("IdentityFile ~/named\n"), 0)
	r.write("named", r.key, 0o644)
	r.alice(0)
	r.is(".ssh/config", "7001 400")
	r.is("named", "7001 600")
	r.says(r.alice(0, "--undo"), "2 changes taken back")
	r.is(".ssh/config", "7001 0")
	r.is("named", "7001 644")
	r.own(".ssh", r.world.Alice, 0)
	r.alice(0)
	r.is(".ssh", "7001 700")
	r.is("named", "7001 600")
	r.says(r.alice(0), "ssh accepts them all")
	r.says(r.alice(0, "--undo"), "3 changes taken back")
	r.is(".ssh", "7001 0")
}

// wrongOwner: alice gets a command to paste, root a repair.
func (r *worldRun) wrongOwner() {
	r.write(".ssh/authorized_keys", nil, 0o644)
	r.own(".ssh/authorized_keys", r.world.Bob, 0o644)
	r.says(r.alice(1), "error [D01]", "type: sudo chown alice /home/alice/.ssh/authorized_keys", "1 left: /home/alice/.ssh/authorized_keys")
	r.is(".ssh/authorized_keys", "7002 644")
	r.sudo(0)
	r.is(".ssh/authorized_keys", "7001 600")
	r.alice(0, "--check")
	r.sudo(0, "--undo")
	r.is(".ssh/authorized_keys", "7002 644")
}

// asRoot: the ssh of alice is judged, and root's journal is root's own.
func (r *worldRun) asRoot() {
	r.write(".ssh/id_ed25519", r.key, 0o644)
	r.says(r.sudo(0), "judged as the ssh of alice")
	r.is(".ssh/id_ed25519", "7001 600")
	if _, err := os.Stat(r.home(".local")); err == nil {
		r.Error("root left a folder in the home of another")
	}
	r.says(r.alice(3, "--undo"), "no run of fixperms is recorded")
	r.sudo(0, "--undo")
	r.is(".ssh/id_ed25519", "7001 644")

	// A journal that alice wrote is not root's to follow, and root writes none there.
	r.alice(0)
	asAlice := func(args ...string) *exec.Cmd {
		cmd := exec.Command(r.program, append([]string{"fixperms"}, args...)...)
		cmd.Env = []string{"HOME=/root", "XDG_STATE_HOME=" + r.home(".local/state")}
		return cmd
	}
	r.says(r.run(asAlice("--undo"), 3), "no run of fixperms is recorded")
	r.is(".ssh/id_ed25519", "7001 600")
	r.own(".ssh/id_ed25519", r.world.Alice, 0o640)
	r.run(asAlice(r.home(".ssh/id_ed25519")), 0)
	r.run(asAlice("--undo"), 0)
	r.is(".ssh/id_ed25519", "7001 640")
}

// lyingMount: chmod succeeds and changes nothing. That is said, with the mount.
func (r *worldRun) lyingMount() {
	bindfs, unmount := testkeys.Tool(r.T, "bindfs"), testkeys.Tool(r.T, "fusermount3")
	r.write(".ssh/id_ed25519", r.key, 0o644)
	r.mkdir("mnt", 0o755)
	if out, err := exec.Command(bindfs, "--chmod-ignore", r.home(".ssh"), r.home("mnt")).CombinedOutput(); err != nil {
		r.Fatalf("%v: %s", err, out)
	}
	out := r.alice(1, "mnt/id_ed25519")
	r.says(out, "[K03]", "/home/alice/mnt", "type: sshkeys import /home/alice/mnt/id_ed25519", "1 left: /home/alice/mnt/id_ed25519")
	r.is("mnt/id_ed25519", "7001 644")
	r.says(r.alice(1, "--json", "mnt/id_ed25519"), `"code":"K01"`, `"applied":true,"verified":false`, `"code":"K03"`)
	r.says(r.alice(3, "--undo"), "no run of fixperms is recorded")
	r.check(exec.Command(unmount, "-u", r.home("mnt")).Run())

	// Where chmod is refused, the run could not, and there is nothing to take back.
	if out, err := exec.Command(bindfs, "--chmod-deny", r.home(".ssh"), r.home("mnt")).CombinedOutput(); err != nil {
		r.Fatalf("%v: %s", err, out)
	}
	r.write("real", r.key, 0o644)
	r.alice(0, "real")
	out = r.alice(3, "mnt/id_ed25519")
	r.says(out, "error: ", "operation not permitted", "1 could not be treated", "hint: lsattr -d /home/alice/mnt/id_ed25519")
	if strings.Contains(out, "type: chmod") {
		r.Errorf("a command is told that fails too: %s", out)
	}
	if left, _ := filepath.Glob(r.home(".local/state/sshkeys/*.jsonl")); len(left) != 1 {
		r.Errorf("journals to take back: %q, want that of the run before", left)
	}
	out = r.alice(0, "--undo") // reaches the run before
	r.says(out, "/home/alice/real: took back", "1 change taken back")
	r.is("real", "7001 644")
	r.alice(3, "--undo")
	r.is(".ssh/id_ed25519", "7001 644")
	r.check(exec.Command(unmount, "-u", r.home("mnt")).Run())
}

// readOnly: the file system's state is named, and no chmod that would fail too.
func (r *worldRun) readOnly() {
	r.mkdir("ro", 0o755)
	r.check(unix.Mount("none", r.home("ro"), "tmpfs", 0, "mode=755"))
	r.write("ro/id_ed25519", r.key, 0o644)
	r.check(unix.Mount("", r.home("ro"), "", unix.MS_REMOUNT|unix.MS_RDONLY, ""))
	out := r.alice(3, "ro/id_ed25519")
	r.says(out, "error: /home/alice/ro/id_ed25519: the file system is mounted read-only", "hint: findmnt -T /home/alice/ro/id_ed25519")
	if strings.Contains(out, "type: chmod") {
		r.Errorf("a command is told that fails too: %s", out)
	}
	r.alice(3, "--undo")
	r.check(unix.Unmount(r.home("ro"), 0))
}

// anotherHome: where ~ is not where ssh looks that is said, with a command only
// where ssh's folder is there.
func (r *worldRun) anotherHome() {
	r.mkdir("other", 0o755)
	at := func() string {
		cmd := r.world.Alice.Command(r.program, "fixperms")
		cmd.Env = append(cmd.Env, "HOME="+r.home("other"))
		return r.run(cmd, 0)
	}
	out := at()
	if !strings.Contains(out, "ssh uses the account's own home") {
		r.Skip("the system does not know alice's home: " + out)
	}
	r.says(out, "hint: sshkeys fixperms /home/alice/.ssh")
	r.check(os.Remove(r.home(".ssh")))
	if out := at(); strings.Contains(out, "hint:") {
		r.Errorf("a folder is named that is not there: %s", out)
	}
}
