package testkeys

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Session is what a session of its own has for a keyring.
type Session string

const (
	UnlockedKeyring Session = "unlocked" // a gnome-keyring, open
	LockedKeyring   Session = "locked"   // one that asks for its password, and no screen to ask on
	NoKeyring       Session = "none"     // a bus, and nothing on it
)

// inSession is set where a test runs inside its session.
const inSession = "SSHKEYS_TEST_SESSION"

// bareBus is a bus that starts no service.
const bareBus = `<busconfig><type>session</type><listen>unix:tmpdir=/tmp</listen>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`

// sessionScripts prepare the session and become the test.
var sessionScripts = map[Session]string{
	UnlockedKeyring: `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" "$@"`,
	// The first run makes the keyring; the next, which knows nothing of the first,
	// finds it and has no password for it.
	LockedKeyring: `printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null &&
		export XDG_RUNTIME_DIR="$HOME/run2" && mkdir -m 700 "$HOME/run2" &&
		exec dbus-run-session -- sh -c 'gnome-keyring-daemon --start --components=secrets >/dev/null && exec "$0" "$@"' "$0" "$@"`,
	NoKeyring: `exec "$0" "$@"`,
}

// InSession runs the test again as a process in a D-Bus session with a home of
// its own, and tells the process inside: the one outside has nothing left to do.
//
//	if !testkeys.InSession(t, testkeys.UnlockedKeyring) {
//		return
//	}
func InSession(t *testing.T, s Session) bool {
	t.Helper()
	if os.Getenv(inSession) == t.Name() {
		return true
	}
	for _, tool := range []string{"dbus-run-session", "gnome-keyring-daemon", "secret-tool"} {
		Tool(t, tool)
	}
	dir, err := os.MkdirTemp("", "session") // the names of sockets are short
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(dir)
	args := []string{"--", "sh", "-c", sessionScripts[s], testProgram(t), "-test.run=^" + t.Name() + "$", "-test.v"}
	if s == NoKeyring {
		config := filepath.Join(dir, "bus.conf")
		if err := os.WriteFile(config, []byte(bareBus), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append([]string{"--config-file=" + config}, args...)
	}
	cmd := exec.CommandContext(t.Context(), "dbus-run-session", args...)
	cmd.Env = sessionEnv(t, dir)
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()+" ") {
		t.Errorf("in its session: %v\n%s", err, out)
	}
	return false
}

// testProgram is the program that runs.
func testProgram(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// sessionEnv has nothing of the person's own session.
func sessionEnv(t *testing.T, dir string) []string {
	t.Helper()
	env := []string{inSession + "=" + t.Name(), "PATH=" + os.Getenv("PATH"), "LC_ALL=C", "HOME=" + dir,
		"TMPDIR=" + os.TempDir(), "XDG_RUNTIME_DIR=" + dir + "/run", "XDG_DATA_HOME=" + dir + "/data",
		"SSHKEYS_INTEROP=" + os.Getenv("SSHKEYS_INTEROP"), "GORACE=" + os.Getenv("GORACE")}
	if err := os.Mkdir(dir+"/run", 0o700); err != nil {
		t.Fatal(err)
	}
	return env
}
