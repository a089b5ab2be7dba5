package hostkeys

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// asked are hosts that the generated file has, in one form or several.
var asked = []Host{
	{"gw.ddbj.nig.ac.jp", 22}, {"gw2.ddbj.nig.ac.jp", 0}, {"jga-gw.ddbj.nig.ac.jp", 443}, {"133.39.224.111", 22},
	{"2001:db8::17", 22}, {"2001:db8::17", 2222}, {"host17.example.org", 22}, {"nowhere.example.net", 22},
}

// randomKey is a public key's type and base64 text.
func randomKey(r *rand.Rand) string {
	var seed [ed25519.SeedSize]byte
	for i := range seed {
		seed[i] = byte(r.Uint32())
	}
	public := ed25519.NewKeyFromSeed(seed[:]).Public().(ed25519.PublicKey)
	key, err := keytool.NewPublic(keytool.AppendStr(keytool.AppendStr(nil, "ssh-ed25519"), public), "")
	if err != nil {
		panic(err)
	}
	return formats.AuthorizedLine(key)
}

// generate makes a known_hosts file of about count entries. ssh-keygen accepts
// every line of it but those of junk, which stand between them where it is given.
func generate(count int, junk []string) []string {
	r := rand.New(rand.NewPCG(5, 13))
	var lines []string
	for i := range count {
		host := fmt.Sprintf("host%d.example.org", i)
		if i%97 == 0 {
			host = asked[r.IntN(len(asked)-1)].String()
		}
		switch r.IntN(12) {
		case 0:
			host = fmt.Sprintf("%s,192.0.2.%d", host, i%256)
		case 1:
			host = fmt.Sprintf("[%s]:%d", strings.Trim(host, "[]"), 2000+i%4)
		case 2:
			host = strings.ToUpper(host)
		case 3:
			host = fmt.Sprintf("2001:db8::%x", i)
		}
		line := host + " " + randomKey(r)
		switch r.IntN(20) {
		case 0:
			line += " a comment  of several\twords"
		case 1:
			line = " \t" + line
		case 2:
			line = "@revoked " + line
		case 3:
			line = "@cert-authority \t" + line
		case 4:
			line = strings.Replace(line, " ", " \t ", 1)
		case 5:
			line += "\r"
		case 6:
			lines = append(lines, "# "+line, "", " \t", "\t# "+line)
		}
		lines = append(lines, line)
		if len(junk) > 0 && i%50 == 0 {
			lines = append(lines, junk[r.IntN(len(junk))])
		}
	}
	for _, pattern := range []string{"*.nig.ac.jp", "*.ddbj.*,!gw2.*", "gw?.ddbj.nig.ac.jp", "GW*", "[*]:443", "!*", "*.org,!host17.*", "host17.*,!HOST17.example.org"} {
		at := r.IntN(len(lines))
		lines = slices.Insert(lines, at, pattern+" "+randomKey(r)+" pattern")
	}
	return lines
}

// hashHalf has ssh-keygen hash every second line that it can hash, in its place.
func hashHalf(t *testing.T, lines []string) []string {
	t.Helper()
	var hashed []string
	for i, line := range lines {
		if i%2 == 0 && regexp.MustCompile(`^[^ \t#@|*?!,]+ `).MatchString(line) {
			hashed = append(hashed, line)
		}
	}
	file := filepath.Join(t.TempDir(), "hashed")
	write(t, file, strings.Join(hashed, "\n")+"\n")
	if out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-H", "-f", file).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen -H: %v\n%s", err, out)
	}
	now := strings.Split(strings.TrimSuffix(read(t, file), "\n"), "\n")
	if len(now) != len(hashed) {
		t.Fatalf("ssh-keygen -H made %d lines of %d", len(now), len(hashed))
	}
	lines = slices.Clone(lines)
	for i, n := 0, 0; n < len(hashed); i++ {
		if lines[i] == hashed[n] {
			lines[i], n = now[n], n+1
		}
	}
	return lines
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// peerRemoves is a file after `ssh-keygen -R` for each of the hosts.
func peerRemoves(t *testing.T, text string, hosts []Host) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	write(t, file, text)
	for _, h := range hosts {
		if out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-R", h.String(), "-f", file).CombinedOutput(); err != nil {
			t.Fatalf("ssh-keygen -R %s: %v\n%s", h, err, out)
		}
	}
	return read(t, file)
}

// peerFinds are the numbers of the lines that `ssh-keygen -F` finds.
func peerFinds(t *testing.T, text string, h Host) []int {
	t.Helper()
	file := filepath.Join(t.TempDir(), "known_hosts")
	write(t, file, text)
	out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-F", h.String(), "-f", file).Output()
	if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != 1) {
		t.Fatalf("ssh-keygen -F %s: %v", h, err)
	}
	var numbers []int
	for _, m := range regexp.MustCompile(`(?m)^# Host .* found: line (\d+)`).FindAllSubmatch(out, -1) {
		n, _ := strconv.Atoi(string(m[1]))
		numbers = append(numbers, n)
	}
	return numbers
}

func numbers(lines []Line) []int {
	var n []int
	for _, l := range lines {
		n = append(n, l.Number)
	}
	return n
}

func TestAgainstSSHKeygen(t *testing.T) {
	text := strings.Join(hashHalf(t, generate(10_000, nil)), "\n") + "\n"
	if n := strings.Count(text, "\n|1|"); n < 3000 {
		t.Fatalf("only %d lines are hashed", n)
	}
	both := asked[:2]
	for _, hosts := range [][]Host{both, asked, {asked[7]}} {
		removal := Remove([]byte(text), "known_hosts", hosts)
		if want := peerRemoves(t, text, hosts); string(removal.Rest) != want {
			t.Errorf("%v: %d lines went, and ssh-keygen -R takes others", hosts, len(removal.Gone))
		}
		if gone := len(removal.Gone); (gone == 0) != (hosts[0] == asked[7]) {
			t.Errorf("%v: %d lines went", hosts, gone)
		}
	}
	for _, h := range asked {
		found, err := Find(strings.NewReader(text), "known_hosts", []Host{h})
		if want := peerFinds(t, text, h); err != nil || !slices.Equal(numbers(found), want) {
			t.Errorf("%s: found in lines %v, %v; ssh-keygen -F: %v", h, numbers(found), err, want)
		}
	}
}

// junk is what ssh-keygen refuses a whole file for.
var junk = []string{
	"gw.ddbj.nig.ac.jp", "gw.ddbj.nig.ac.jp ", "gw.ddbj.nig.ac.jp ssh-ed25519", "gw.ddbj.nig.ac.jp ssh-ed25519\r", "gw.ddbj.nig.ac.jp ssh-ed25519 # none",
	"gw.ddbj.nig.ac.jp ssh-nothing AAAA", "|1|bad|hash ssh-ed25519 AAAA", "|2|AAAA|AAAA ssh-ed25519 AAAA",
	"@nothing gw.ddbj.nig.ac.jp ssh-ed25519 AAAA", "@revoked @revoked gw.ddbj.nig.ac.jp ssh-ed25519 AAAA",
	"@revoked\tgw.ddbj.nig.ac.jp ssh-ed25519 AAAA", "\r", "<<<<<<< HEAD", "1024 35 1234567890", "\xff\xfe\x00g\x00w",
	"gw.ddbj.nig.ac.jp 2048 35 1234567890",
}

// TestJunkStays: where ssh-keygen does nothing for a line it cannot read, the line
// stays, and of the others those go that ssh-keygen takes.
func TestJunkStays(t *testing.T) {
	clean := generate(600, nil)
	var text, without strings.Builder
	for i, line := range clean {
		fmt.Fprintln(&without, line)
		fmt.Fprintln(&text, line)
		fmt.Fprintln(&text, junk[i%len(junk)])
	}
	for i, line := range junk {
		file := filepath.Join(t.TempDir(), "known_hosts")
		write(t, file, line+"\n"+clean[0]+"\n")
		if exec.Command(testkeys.Tool(t, "ssh-keygen"), "-R", "gw.ddbj.nig.ac.jp", "-f", file).Run() == nil {
			t.Errorf("junk %d is none for ssh-keygen", i)
		}
	}
	removal := Remove([]byte(text.String()), "known_hosts", asked)
	var rest strings.Builder
	for line := range strings.Lines(string(removal.Rest)) {
		if !slices.Contains(junk, strings.TrimSuffix(line, "\n")) {
			rest.WriteString(line)
		}
	}
	if rest.String() != peerRemoves(t, without.String(), asked) {
		t.Error("between junk, ssh-keygen -R takes other lines")
	}
	if n := bytes.Count(removal.Rest, []byte("\n")); n != strings.Count(text.String(), "\n")-len(removal.Gone) {
		t.Errorf("%d lines are left", n)
	}
}

// TestUnreadableKey: ssh-keygen -R looks at a line's key type, not at its key.
func TestUnreadableKey(t *testing.T) {
	text := "gw.ddbj.nig.ac.jp ssh-ed25519 !!!\ngw.ddbj.nig.ac.jp ssh-ed25519 \r\nother ssh-ed25519 !!!\ngw.ddbj.nig.ac.jp ssh-rsa AAAA\n"
	removal := Remove([]byte(text), "f", asked)
	if want := peerRemoves(t, text, asked[:1]); string(removal.Rest) != want || want != "other ssh-ed25519 !!!\n" {
		t.Errorf("left: %q, by ssh-keygen: %q", removal.Rest, want)
	}
	if removal.Gone[0].Key != nil {
		t.Error("a key was read")
	}
}
