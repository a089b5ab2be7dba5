package perms_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
	"sshkeys/perms"
)

// The tests of this file ask OpenSSH itself: for each mode and owner of a file,
// ssh, ssh-keygen or sshd says whether it is accepted, and Check has to say the
// same; after Fix they have to accept it.
//
// Debian's OpenSSH lets a group write whose only member is the owner. Files that
// are judged for writing belong to a group of two users, so that it does as
// OpenSSH's own.

// question is asked of Check, or with Fix of Fix.
type question struct {
	Path string
	Role perms.Role
	Fix  bool
}

// answer tells whether ssh or sshd refuses, now or after Fix, by which findings,
// and what could not be looked at or changed.
type answer struct {
	Refused  bool
	Findings []string
	Errors   []string
}

func (q question) answer() answer {
	survey := perms.Check
	if q.Fix {
		survey = perms.Fix
	}
	var a answer
	for r := range survey(context.Background(), []perms.Target{{Path: q.Path, Role: q.Role}}, perms.Options{}) {
		found := r.Findings
		if q.Fix {
			found = r.Remaining
		}
		if r.Err != nil {
			a.Errors = append(a.Errors, r.Err.Error())
		}
		a.Refused = a.Refused || perms.Refused(found)
		for _, f := range found {
			a.Findings = append(a.Findings, fmt.Sprintf("%s %s of %s", f.Code, f.Severity, r.Facts.Role))
		}
	}
	return a
}

const answering = "SSHKEYS_TEST_ANSWER"

// TestAnswer is no test of its own, but the program that askAs talks to.
func TestAnswer(t *testing.T) {
	if os.Getenv(answering) == "" {
		return
	}
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var q question
		if err := in.Decode(&q); err == io.EOF {
			return
		} else if err != nil {
			t.Fatal(err)
		}
		if err := out.Encode(q.answer()); err != nil {
			t.Fatal(err)
		}
	}
}

// asker puts a question to Check and Fix as some user runs them. Root's, who runs
// the tests, is question.answer.
type asker func(question) answer

// askAs starts the program that answers as another user.
func askAs(t *testing.T, w *testkeys.World, u testkeys.User) asker {
	t.Helper()
	cmd := u.Command(w.Program(t, "answer-"+u.Name), "-test.run=^TestAnswer$")
	cmd.Env = append(cmd.Env, answering+"=1")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the program that answers for %s: %v", u.Name, err)
		}
	})
	questions, answers := json.NewEncoder(in), json.NewDecoder(out)
	return func(q question) answer {
		var a answer
		err := questions.Encode(q)
		if err == nil {
			err = answers.Decode(&a)
		}
		if err != nil {
			t.Fatalf("no answer about %s: %v", q.Path, err)
		}
		return a
	}
}

// state is what a file has of mode and owner.
type state struct {
	mode     uint32
	uid, gid int
}

func (s state) put(t *testing.T, path string) {
	t.Helper()
	err := unix.Chown(path, s.uid, s.gid)
	if err == nil {
		err = unix.Chmod(path, s.mode)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func stateOf(t *testing.T, path string) state {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(path, &st); err != nil {
		t.Fatal(err)
	}
	return state{st.Mode & 0o7777, int(st.Uid), int(st.Gid)}
}

// matrix holds Check and Fix to what OpenSSH does with one file, in every state.
type matrix struct {
	t      *testing.T
	user   testkeys.User // whose ssh or sshd it is
	ask    asker         // as that user
	path   string
	role   perms.Role
	oracle func() bool // OpenSSH accepts the file as it is

	accepted map[state]bool      // what OpenSSH said
	wrong    map[string][]string // what went wrong: modes
}

func (m *matrix) run(states []state) {
	m.t.Helper()
	m.accepted, m.wrong = map[state]bool{}, map[string][]string{}
	accepted := 0
	for _, s := range sample(states) {
		s.put(m.t, m.path)
		if m.compare(s) {
			accepted++
		}
		m.mend(s)
	}
	for _, what := range slices.Sorted(maps.Keys(m.wrong)) {
		m.t.Errorf("%s: %s: modes %s", m.role, what, strings.Join(m.wrong[what], " "))
	}
	said := slices.Collect(maps.Values(m.accepted))
	if !slices.Contains(said, true) || !slices.Contains(said, false) {
		m.t.Errorf("%s: OpenSSH said one and the same %d times: that tells nothing", m.role, len(said))
	}
	m.t.Logf("%s: OpenSSH accepted %d of %d states; it was run %d times", m.role, accepted, len(states), len(said))
}

// accepts asks OpenSSH, for each state once.
func (m *matrix) accepts() bool {
	now := stateOf(m.t, m.path)
	answer, known := m.accepted[now]
	if !known {
		answer = m.oracle()
		m.accepted[now] = answer
	}
	return answer
}

func (m *matrix) fail(s state, format string, args ...any) {
	what := fmt.Sprintf("owner %d group %d: ", s.uid, s.gid) + fmt.Sprintf(format, args...)
	m.wrong[what] = append(m.wrong[what], fmt.Sprintf("%04o", s.mode))
}

// compare holds Check, by the user and by root, to OpenSSH.
func (m *matrix) compare(s state) bool {
	q := question{Path: m.path, Role: m.role}
	accepted := m.accepts()
	for who, got := range map[string]answer{m.user.Name: m.ask(q), "root": q.answer()} {
		if got.Refused == accepted || len(got.Errors) > 0 {
			m.fail(s, "OpenSSH accepts: %v; Check by %s finds %q %q", accepted, who, got.Findings, got.Errors)
		}
	}
	return accepted
}

// mend runs Fix, by the user on files of his own and else by root, and asks all
// again. Nobody else may have got anything by it.
func (m *matrix) mend(s state) {
	mender := m.ask
	if s.uid != m.user.UID {
		mender = question.answer
	}
	fixed := mender(question{Path: m.path, Role: m.role, Fix: true})
	if len(fixed.Errors) > 0 {
		m.fail(s, "Fix: %q", fixed.Errors)
	}
	now := stateOf(m.t, m.path)
	if more := now.mode &^ s.mode; more&^0o700 != 0 {
		m.fail(s, "Fix gives others %04o", more)
	}
	if left := m.ask(question{Path: m.path, Role: m.role}); left.Refused || fixed.Refused || !m.accepts() {
		m.fail(s, "after Fix the mode is %04o; OpenSSH accepts: %v; Fix finds %q, Check finds %q",
			now.mode, m.accepts(), fixed.Findings, left.Findings)
	}
}

// inModes are states of one owner, for each mode from the first to the last.
func (s state) inModes(first, last uint32) []state {
	var all []state
	for s.mode = first; s.mode <= last; s.mode++ {
		all = append(all, s)
	}
	return all
}

// everyState has the owners alice, bob and root, in each mode with which the owner
// can read; the group is one that alice and bob are in.
func everyState(w *testkeys.World) []state {
	var all []state
	for _, uid := range []int{w.Alice.UID, w.Bob.UID, 0} {
		all = append(all, state{uid: uid, gid: testkeys.Shared}.inModes(0o400, 0o777)...)
	}
	return all
}

// clientStates adds what a client may meet: files that alice cannot read though
// they are hers, and files of a group that she is not in.
func clientStates(w *testkeys.World) []state {
	all := append(everyState(w), state{uid: w.Alice.UID, gid: testkeys.Shared}.inModes(0, 0o377)...)
	all = append(all, state{uid: w.Bob.UID, gid: w.Bob.GID}.inModes(0o600, 0o677)...)
	return append(all, state{uid: 0, gid: 0}.inModes(0o600, 0o677)...)
}

// sample is all states, or with -short those that differ in more than the owner's
// own bits.
func sample(all []state) []state {
	if !testing.Short() {
		return all
	}
	return slices.DeleteFunc(all, func(s state) bool {
		own := s.mode & 0o700
		return own != 0o400 && own != 0o600
	})
}

// home makes alice's home anew, as it should be, with these files in its .ssh.
func home(t *testing.T, w *testkeys.World, files map[string]string) string {
	t.Helper()
	old, err := filepath.Glob(filepath.Join(w.Alice.Home, "*")) // .ssh among them
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range old {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(w.Alice.Home, ".ssh")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	own := state{0o755, w.Alice.UID, testkeys.Shared}
	own.put(t, w.Alice.Home)
	own.mode = 0o700
	own.put(t, dir)
	own.mode = 0o600
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		own.put(t, path)
	}
	return dir
}

// ran tells whether a program of OpenSSH ended well. The test fails where it ended
// for another reason than one of these.
func ran(t *testing.T, u testkeys.User, reasons []string, program string, args ...string) bool {
	t.Helper()
	cmd := u.Command(program, args...)
	cmd.Dir = "/" // the home may be closed
	out, err := cmd.CombinedOutput()
	if err != nil && !slices.ContainsFunc(reasons, func(reason string) bool { return strings.Contains(string(out), reason) }) {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return err == nil
}

// keyLoads tells whether ssh-keygen takes a private key.
func keyLoads(t *testing.T, u testkeys.User, path string) bool {
	t.Helper()
	return ran(t, u, []string{"bad permissions", "Permission denied"}, testkeys.Tool(t, "ssh-keygen"), "-y", "-f", path)
}

// configLoads tells whether ssh takes its config, or with arguments that of -F.
func configLoads(t *testing.T, u testkeys.User, args ...string) bool {
	t.Helper()
	reasons := []string{"Bad owner or permissions on ", "Can't open user config file"}
	return ran(t, u, reasons, testkeys.Tool(t, "ssh"), append(args, "-G", "host.example")...)
}

func newKey(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	testkeys.GenerateKey(t, file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestOracleKey(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	path := filepath.Join(home(t, w, map[string]string{"work": newKey(t)}), "work")
	m := matrix{t: t, user: w.Alice, ask: askAs(t, w, w.Alice), path: path, role: perms.PrivateKey}
	m.oracle = func() bool { return keyLoads(t, w.Alice, path) }
	// The rule for keys has no exception for a group of one.
	own := state{uid: w.Alice.UID, gid: w.Alice.GID}
	m.run(append(clientStates(w), own.inModes(0o600, 0o677)...))
}

func TestOracleConfig(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	path := filepath.Join(home(t, w, map[string]string{"config": "Host *\n\tPort 2222\n"}), "config")
	m := matrix{t: t, user: w.Alice, ask: askAs(t, w, w.Alice), path: path, role: perms.Config}
	m.oracle = func() bool { return configLoads(t, w.Alice) }
	m.run(clientStates(w))
}

func TestOracleInclude(t *testing.T) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	dir := home(t, w, map[string]string{"config": "Include hosts\n", "hosts": "Host *\n\tPort 2222\n"})
	path := filepath.Join(dir, "hosts")
	m := matrix{t: t, user: w.Alice, ask: askAs(t, w, w.Alice), path: path, role: perms.IncludedConfig}
	m.oracle = func() bool { return configLoads(t, w.Alice) }
	m.run(clientStates(w))
}

// TestOracleLogin… log in with an authorized_keys file in each state. Each has a
// World of its own, so that two go on at once.
func TestOracleLoginSelf(t *testing.T)  { testOracleLogin(t, 0) }
func TestOracleLoginOther(t *testing.T) { testOracleLogin(t, 1) }
func TestOracleLoginRoot(t *testing.T)  { testOracleLogin(t, 2) }

func testOracleLogin(t *testing.T, owner int) {
	t.Parallel()
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	sshd := w.StartSSHD(t)
	path := filepath.Join(home(t, w, map[string]string{"authorized_keys": string(sshd.Public)}), "authorized_keys")
	m := matrix{t: t, user: w.Alice, ask: askAs(t, w, w.Alice), path: path, role: perms.AuthorizedKeys}
	m.oracle = func() bool { return sshd.Login(t) }
	all := everyState(w)
	third := len(all) / 3
	m.run(all[owner*third : (owner+1)*third])
}
