package main

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

// TestSeeds runs the scripts of testdata/seeds, each twice, in English and in
// Japanese: one for each heading of the help pages that the doctor answers, by that
// heading's name. They run as alice, each page's on a machine of its own, on which the
// services' names lead to loopback; most of their time they wait, so the pages go side
// by side.
func TestSeeds(t *testing.T) {
	pages, err := filepath.Glob("testdata/seeds/*")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, page := range pages {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			if w := testkeys.NewWorld(t); w != nil {
				s := &seeds{world: w, program: w.Program(t, "sshkeys")}
				s.prepare(t)
				s.page(t, page)
			}
		})
	}
}

func (s *seeds) page(t *testing.T, page string) {
	files, err := filepath.Glob(filepath.Join(page, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		for _, lang := range []string{"en", "ja"} {
			name := strings.TrimSuffix(filepath.Base(file), ".txtar") + "/" + lang
			t.Run(name, func(t *testing.T) { s.script(t, file, lang) })
		}
	}
}

// seeds is the machine of the scripts.
type seeds struct {
	world   *testkeys.World
	program string
}

// serviceHosts are the names that lead to loopback.
var serviceHosts = []string{
	"ftp-private.ddbj.nig.ac.jp", "jga-gw.ddbj.nig.ac.jp", "gw.ddbj.nig.ac.jp", "gw2.ddbj.nig.ac.jp",
	"sftp.example.com", "example.smartfile.com",
}

// prepare gives names to loopback, and writes the command that runs as alice.
func (s *seeds) prepare(t *testing.T) {
	t.Helper()
	wrapper := `#!/bin/sh
cd /home/alice && exec setpriv --reuid=7001 --regid=7001 --clear-groups env -i PATH="/run/bin:$PATH" \
	HOME=/home/alice USER=alice LOGNAME=alice LC_ALL="$LC_ALL" KEYS="$KEYS" BAD="$BAD" "$@"
`
	for name, text := range map[string]string{"/run/hosts": "", "/run/as-alice": wrapper} {
		if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := unix.Mount("/run/hosts", "/etc/hosts", "", unix.MS_BIND, ""); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir("/run/bin", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(s.program, "/run/bin/sshkeys"); err != nil {
		t.Fatal(err)
	}
}

// script runs one script in one language, with an empty home.
func (s *seeds) script(t *testing.T, file, lang string) {
	root, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	home := s.world.Alice.Home
	run := &seedRun{T: t, seeds: s, home: home, lang: lang, servers: map[int]*testkeys.SSHD{}}
	if err := run.emptyHome(); err != nil {
		t.Fatal(err)
	}
	if err := lead("127.0.0.1", serviceHosts); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Files: []string{file},
		Setup: func(e *testscript.Env) error {
			e.Setenv("LC_ALL", map[string]string{"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}[lang])
			e.Setenv("KEYS", filepath.Join(root, "keys"))
			e.Setenv("BAD", filepath.Join(root, "bad"))
			e.Setenv("HOME_OF_ALICE", home)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == lang || name == "en" || name == "ja" {
				return name == lang, nil
			}
			return condition(name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"alice": run.alice, "home": run.put, "sshd": run.sshd, "halt": run.halt, "listen": run.listen, "authorize": run.authorize,
			"paste": run.paste, "names": run.names, "japanese": run.japanese, "drive": run.drive,
			"balance": run.balance, "drop": run.drop,
		},
	})
}

// seedRun is one run of one script.
type seedRun struct {
	*testing.T
	*seeds
	home, lang string
	servers    map[int]*testkeys.SSHD // by port
}

func (r *seedRun) emptyHome() error {
	entries, err := os.ReadDir(r.home)
	for _, e := range entries {
		if err == nil {
			err = os.RemoveAll(filepath.Join(r.home, e.Name()))
		}
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(r.home, ".ssh"), 0o700)
	}
	if err == nil {
		err = os.Chown(filepath.Join(r.home, ".ssh"), r.world.Alice.UID, r.world.Alice.GID)
	}
	return err
}

// alice runs a command as alice in her home, and holds it to an exit code:
// alice 1 sshkeys doctor. `stdout` and `stderr` look at what it said.
func (r *seedRun) alice(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg {
		ts.Fatalf("usage: alice CODE COMMAND…")
	}
	got := 0
	if err := ts.Exec("/run/as-alice", args[1:]...); err != nil {
		if _, failed := fmt.Sscanf(err.Error(), "exit status %d", &got); failed != nil {
			ts.Fatalf("%v", err)
		}
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
	if slices.Contains(args, "doctor") {
		r.japanese(ts, false, []string{"stdout"})
	}
}

// put copies a file into alice's home with a mode: home 0644 id_rsa .ssh/id_rsa.
func (r *seedRun) put(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: home MODE FILE NAME")
	}
	mode, err := strconv.ParseUint(args[0], 8, 32)
	ts.Check(err)
	data, err := os.ReadFile(ts.MkAbs(args[1]))
	ts.Check(err)
	to := filepath.Join(r.home, args[2])
	var above []string
	for dir := filepath.Dir(to); dir != r.home; dir = filepath.Dir(dir) {
		above = append(above, dir)
	}
	for _, dir := range slices.Backward(above) {
		if os.Mkdir(dir, 0o700) == nil {
			ts.Check(os.Chown(dir, r.world.Alice.UID, r.world.Alice.GID))
		}
	}
	ts.Check(os.WriteFile(to, data, 0o600))
	ts.Check(os.Chown(to, r.world.Alice.UID, r.world.Alice.GID))
	ts.Check(os.Chmod(to, os.FileMode(mode)))
}

// authorize makes public key files the whole of bob's authorized_keys: bob is the
// account on the servers.
func (r *seedRun) authorize(ts *testscript.TestScript, neg bool, args []string) {
	var lines [][]byte
	for _, name := range args {
		data, err := os.ReadFile(ts.MkAbs(name))
		ts.Check(err)
		lines = append(lines, data)
	}
	r.world.Bob.Authorize(r.T, lines...)
}

// sshd starts a real sshd: sshd PORT [OPTION…], each option a line of its config. The
// lines of all servers' host keys are then in $WORK/known_hosts, by the services'
// names; alice does not have them yet.
func (r *seedRun) sshd(ts *testscript.TestScript, neg bool, args []string) {
	port, err := strconv.Atoi(args[0])
	ts.Check(err)
	ts.Check(os.RemoveAll(fmt.Sprintf("/run/sshd-of-test-%d", port)))
	r.servers[port] = r.world.StartServer(r.T, testkeys.Server{Port: port, Options: args[1:]})
	var lines bytes.Buffer
	for _, port := range slices.Sorted(maps.Keys(r.servers)) {
		for _, host := range serviceHosts {
			if port != 22 {
				host = fmt.Sprintf("[%s]:%d", host, port)
			}
			for _, key := range r.servers[port].HostKeys(r.T) {
				fmt.Fprintf(&lines, "%s %s", host, key)
			}
		}
	}
	ts.Check(os.WriteFile(ts.MkAbs("known_hosts"), lines.Bytes(), 0o644))
}

// halt ends the sshd of a port: halt PORT.
func (r *seedRun) halt(ts *testscript.TestScript, neg bool, args []string) {
	port, err := strconv.Atoi(args[0])
	ts.Check(err)
	r.servers[port].Stop()
	delete(r.servers, port)
}

// listen answers on a port with what is no SSH: listen PORT http|ftp|silent.
func (r *seedRun) listen(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || !slices.Contains([]string{"http", "ftp", "silent"}, args[1]) {
		ts.Fatalf("usage: listen PORT http|ftp|silent")
	}
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	if args[1] == "http" {
		go http.Serve(l, http.NotFoundHandler())
		return
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if args[1] == "ftp" {
				io.WriteString(c, "220 FTP server ready\r\n")
			}
			ts.Defer(func() { c.Close() })
		}
	}()
}

// names leads names to an address that this machine has from then on, and those of
// the services that are not named to loopback: names 133.39.233.40 HOST….
func (r *seedRun) names(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: names ADDRESS HOST…")
	}
	ts.Check(haveAddress(args[0]))
	ts.Check(lead(args[0], args[1:]))
}

// lead writes the file of hosts: it is mounted, and so stays the same file.
func lead(address string, hosts []string) error {
	others := slices.DeleteFunc(slices.Clone(serviceHosts), func(host string) bool { return slices.Contains(hosts, host) })
	text := fmt.Sprintf("127.0.0.1 localhost %s\n%s %s\n", strings.Join(others, " "), address, strings.Join(hosts, " "))
	return os.WriteFile("/etc/hosts", []byte(text), 0o644)
}

// haveAddress is `ip address add ADDRESS/32 dev lo`.
func haveAddress(address string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	ip := net.ParseIP(address).To4()
	req, err := unix.NewIfreq(fmt.Sprintf("lo:%d", int(ip[2])<<8|int(ip[3]))) // each its own: lo keeps what it has
	if err == nil {
		err = req.SetInet4Addr(ip)
	}
	if err != nil {
		return err
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, req); err != unix.EEXIST {
		return err
	}
	return nil
}

// drive makes a folder of alice's home one as Windows' drives are in WSL: chmod is
// accepted and changes nothing, and everything is open to all.
func (r *seedRun) drive(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: drive FOLDER")
	}
	store, err := os.MkdirTemp("/run", "drive")
	ts.Check(err)
	ts.Check(os.Chown(store, r.world.Alice.UID, r.world.Alice.GID))
	point := filepath.Join(r.home, args[0])
	ts.Check(os.Mkdir(point, 0o700))
	ts.Check(ts.Exec("bindfs", "--perms=0777", "--chmod-ignore", "--force-user="+r.world.Alice.Name, store, point))
	ts.Defer(func() { ts.Check(unix.Unmount(point, unix.MNT_DETACH)) })
}

// paste runs the command line that the doctor's last answer says to type for a
// finding, as it stands there, and holds it to an exit code: paste 0 K01.
func (r *seedRun) paste(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: paste CODE FINDING")
	}
	_, after, found := strings.Cut(ts.ReadFile("stdout"), "["+args[1]+"]")
	if !found {
		ts.Fatalf("there is no finding %s", args[1])
	}
	for line := range strings.Lines(after) {
		line = strings.TrimSpace(line)
		if findingStart.MatchString(line) {
			break
		}
		for _, word := range []string{"type: ", "実行するコマンド: "} {
			if command, ok := strings.CutPrefix(line, word); ok {
				r.alice(ts, false, []string{args[0], "sh", "-c", command})
				return
			}
		}
	}
	ts.Fatalf("the finding %s has no command", args[1])
}

var findingStart = regexp.MustCompile(`^(?:error|warning|info|エラー|警告|情報) \[([A-Z][0-9]{2})\] `)

// japanese holds a file to having no English sentence, where the script runs in
// Japanese: japanese stdout.
func (r *seedRun) japanese(ts *testscript.TestScript, neg bool, args []string) {
	if r.lang != "ja" {
		return
	}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		if words := englishIn(line); words != "" {
			r.T.Errorf("%q is English, in: %s", words, line)
		}
	}
}

// What is English in any language: commands to type, quoted lines of a log, sources,
// paths, public lines, and the texts that programs and pages really show.
var (
	notWords = regexp.MustCompile(`^\s*実行するコマンド: .*|ログの \d+ 行目: .*|出典: .*|サーバーのメッセージ: .*|` +
		"`[^`]*`" + `|「[^」]*」|\([^()]*@[^()]*\)|\S*[/@~=._:-]\S*|` +
		`sshkeys [a-z]+( [A-Z]+)*|` +
		`Too many authentication failures|BEGIN OPENSSH PRIVATE KEY|New SSH key|FTP over SSH2?|REMOTE HOST IDENTIFICATION HAS CHANGED|Save public key|Permission denied|SSH keys|` +
		`Update Public key|Ethics review|Host key verification failed`)
	sentence = regexp.MustCompile(`[A-Za-z]+[,;:]?(?: [A-Za-z]+[,;:]?){2,}`)
)

// englishIn is what there is of an English sentence in a line: three words in a row.
func englishIn(line string) string {
	return sentence.FindString(notWords.ReplaceAllString(line, " \u3000 "))
}
