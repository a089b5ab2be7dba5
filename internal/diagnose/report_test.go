package diagnose

import (
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/agent"
	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
	"sshkeys/perms"
)

var update = flag.Bool("update", false, "write the golden reports")

// fileOf reads a golden key file as a candidate, opened.
func candidateOf(t testing.TB, key, format, name string) Candidate {
	t.Helper()
	g := testkeys.Find(t, key, format)
	e, err := formats.Parse(g.Data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	k := e.Public
	if !e.Encrypted() {
		if k, err = e.Open(nil); err != nil {
			t.Fatal(err)
		}
	}
	return Candidate{KeyFileFacts: KeyFileFacts{Name: name, Envelope: e, Key: k, NeighbourName: name + ".pub"}, From: FromConfig, Offered: true}
}

// aVisit is a login at a public service that fails, with what a person's own machine
// has in it.
func aVisit(t testing.TB) (*Visit, []Finding) {
	const home, user = "/home/taro", "taro"
	rsa, ed := candidateOf(t, "rsa3072", "openssh", home+"/.ssh/id_rsa"), candidateOf(t, "ed25519", "openssh.aes256-ctr", home+"/lab/taro-key")
	rsa.Neighbour, ed.Neighbour = ed.Key, ed.Key
	rsa.Permissions = []perms.Finding{{Code: "K01", Severity: perms.Error, Text: perms.Text{ID: "perms.unreadable", Values: map[string]any{"role": perms.Text{ID: "perms.private_key"}, "useless": perms.Text{ID: "perms.ssh_cannot_use"}, "who": perms.Text{ID: "perms.name", Values: map[string]any{"name": "hanako"}}}}, Got: "0644", Want: "0600", Fixable: true}}
	rsa.Purpose = keytool.Verdict{Value: keytool.Auth, Confidence: keytool.Likely, Evidence: []string{"use: named in /home/taro/.ssh/config"}}
	missing := Candidate{KeyFileFacts: KeyFileFacts{Name: home + "/.ssh/id_dsa"}, Err: &fs.PathError{Op: "open", Path: home + "/.ssh/id_dsa", Err: fs.ErrNotExist}, From: FromDefault}
	wrong := missing
	wrong.Name, wrong.From = home+"/old/key", FromFlag
	host := "jga-gw.ddbj.nig.ac.jp"
	v := &Visit{
		System: System{OS: "linux", WSL: true, Home: home, SSH: "OpenSSH_9.2p1 Debian-2+deb12u3, OpenSSL 3.0.15"}, Service: services.Lookup("jga"),
		Client: &sshconfig.Resolved{By: "ssh", Alias: "jga", HostName: host, User: user, Port: 443, Named: true, IdentitiesOnly: true, PubkeyAuthentication: true,
			IdentityFiles: []string{rsa.Name}, UserKnownHosts: []string{home + "/.ssh/known_hosts"}, ProxyJump: "taro@gate.lab.example"},
		Keys:       []Candidate{missing, wrong, rsa, ed},
		Agents:     []agent.Agent{{Name: "ssh-agent", Path: "/tmp/ssh-taro/agent.1", Keys: []agent.Key{{Key: ed.Key.WithComment("taro@laptop"), Comment: "taro@laptop"}, {Comment: "hanako@laptop"}}}},
		KnownHosts: []hostkeys.Line{{File: home + "/.ssh/known_hosts", Number: 2, Hosts: "|1|abc|def", Hashed: true, Type: "ssh-ed25519", Key: ed.Key.Public()}},
		Places:     []Place{{Path: home + "/.ssh/config", Role: perms.Config}, {Path: home + "/.ssh", Role: perms.SSHDir}},
		Probe: &Probe{Host: host, Port: 443, User: user, Stopped: AtEnd, Addresses: []string{"133.39.233.39"}, Dials: []Dial{{Address: "133.39.233.39", Port: 443, Reach: Open}},
			Greeting: Greeting{Version: "SSH-2.0-OpenSSH_8.0 taro's own"}, HostKey: &ShownKey{Type: "ssh-ed25519", Key: rsa.Key.Public(), Answer: hostkeys.Changed, Lines: []hostkeys.Line{{Number: 2}}},
			Methods: []string{"publickey"}, Keys: []KeyAnswer{{Offer: Offer{Candidate: 2}, Answer: Rejected}, {Offer: Offer{Candidate: 3}, Answer: Accepted}, {Offer: Offer{Candidate: -1}, Answer: NotAsked}}, HungUp: 2},
	}
	found := Permissions(rsa.Name, rsa.Permissions)
	found = append(found, KeyFile(KeyFileFacts{Name: rsa.Name, Envelope: rsa.Envelope, Key: rsa.Key, Neighbour: ed.Key, NeighbourName: rsa.NeighbourName})...)
	found = append(found,
		Finding{Code: "D02", Severity: Error, File: "~/.ssh/config", Line: 3, Cause: catalog.T("error.known", "message", "hanako's config"), Hint: "chmod 600 /home/taro/.ssh/config"},
		Finding{Code: "H01", Severity: Error, File: home + "/.ssh/known_hosts", Line: 2, Cause: catalog.T("error.file", "path", home+"/.ssh/known_hosts", "reason", "taro has changed"),
			Evidence: []catalog.Text{catalog.T("report.plain", "text", rsa.Key.Fingerprint()), catalog.T("report.plain", "text", "taro said so")},
			Command:  []string{"sshkeys", "known-hosts", "remove", host, "gate.lab.example"}, Choice: true},
		Finding{Code: "K08", Severity: Warning, File: wrong.Name, Cause: ErrorText(wrong.Err), Hint: "ls -l '/home/taro/old folder'"})
	return v, found
}

func TestReportGolden(t *testing.T) {
	v, found := aVisit(t)
	for _, lang := range []catalog.Lang{catalog.English, catalog.Japanese} {
		got := Report(v, found, ReportOptions{Lang: lang, Version: "1.2.3 linux/amd64", Asked: []string{"sshkeys", "doctor", "--report", "taro@" + v.Client.HostName, "-i", v.Keys[1].Name}})
		file := filepath.Join("testdata", "report_"+string(lang)+".txt")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.ReplaceAll(string(want), "\r\n", "\n"); got != text {
			t.Errorf("%s differs; -update writes it anew. Got:\n%s", file, got)
		}
		holdsToShape(t, got)
		for _, name := range []string{"taro", "hanako", "/home", "lab", "laptop", "133.39"} {
			if strings.Contains(got, name) {
				t.Errorf("%s: %q is in it:\n%s", lang, name, got)
			}
		}
	}
}

func holdsToShape(t *testing.T, text string) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) > reportLines {
		t.Errorf("%d lines:\n%s", len(lines), text)
	}
	for _, line := range lines {
		if columns(line) > reportWidth || strings.TrimRight(line, " ") != line {
			t.Errorf("a line of %d columns: %q", columns(line), line)
		}
	}
}

func TestReportFull(t *testing.T) {
	v, found := aVisit(t)
	got := Report(v, found, ReportOptions{Lang: catalog.English, Full: true, Version: "1"})
	for _, want := range []string{"taro", "/home/taro/.ssh/id_rsa", "hanako", "jga-gw.ddbj.nig.ac.jp", "taro's own", "chmod 600 /home/taro/.ssh/config", "gate.lab.example", "--full"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in it:\n%s", want, got)
		}
	}
}

// TestReportHoldsNoSecret: even of what no check should ever put into a finding.
func TestReportHoldsNoSecret(t *testing.T) {
	g := testkeys.Find(t, "rsa3072", "pkcs1.pem")
	v, _ := aVisit(t)
	secret := string(g.Data)
	found := []Finding{{Code: "K01", Severity: Error, Cause: catalog.T("error.known", "message", secret), Evidence: []catalog.Text{catalog.T("error.known", "message", []string{secret})}, Hint: "echo '" + secret + "'"}}
	for _, full := range []bool{false, true} {
		got := Report(v, found, ReportOptions{Full: full})
		for line := range strings.Lines(secret) {
			if line = strings.TrimSpace(line); len(line) > 8 && strings.Contains(got, line) {
				t.Fatalf("full %v: a line of the private key is in it", full)
			}
		}
	}
}

// marker is in every string of a marked visit, and in no word of the report.
const marker = "zqxw"

var markedShapes = []string{
	"zqxw", "/home/zqxw/.ssh/id_zqxw", "~zqxw/.ssh/key", "~/zqxw.pub", `C:\Users\zqxw\.ssh\id_rsa`, `%USERPROFILE%\zqxw`, `ZQXW\zqxwuser`, "zqxwuser@zqxw.example", "gw.zqxw.example",
	"[zqxw.example]:2222", "zqxw@laptop 2026", "open /home/zqxw/x: permission denied", "OpenSSH_9.9p1-zqxw", "SSH-2.0-zqxw_1.0", "zqxw1,zqxw2 jump", "SHA256:zqxw", "-izqxw", "--for=zqxw", "ssh-zqxw",
	"日本zqxw語", "zqxw\nzqxw", "no such file or directory: zqxw", `cipher "zqxw"`, "a PEM block \"BEGIN ZQXW\", which is no SSH key", "key 1 zqxw", "'zqxw quoted' rest", "IdentitiesOnly zqxw",
}

type marks struct {
	*rand.Rand
	keys []*keytool.Key
	ids  []string
	all  []string // what text picks from
}

func (m marks) text() string { return m.all[m.IntN(len(m.all))] }

func (m marks) err() error {
	return []error{
		nil, errors.New(m.text()), &fs.PathError{Op: "open", Path: m.text(), Err: fs.ErrNotExist}, fmt.Errorf("%s: %w", m.text(), fs.ErrPermission),
		&formats.SyntaxError{Format: formats.OpenSSH, Line: 3, Field: m.text(), Reason: m.text()}, &formats.UnknownFormatError{Reason: m.text()},
		&formats.UnsupportedError{Format: formats.ID(m.text()), What: m.text()},
	}[m.IntN(7)]
}

// fill puts marks into every string below a value, and a few of everything else.
func (m marks) fill(v reflect.Value, depth int) {
	switch {
	case v.Type() == reflect.TypeFor[*keytool.Key]():
		v.Set(reflect.ValueOf(m.keys[m.IntN(len(m.keys))]))
		return
	case v.Type() == reflect.TypeFor[*formats.Envelope]():
		e, _ := formats.Parse([]byte(formats.PublicText(formats.OpenSSH, m.keys[0])), formats.DefaultLimits())
		e.Options, e.Hosts, e.Algorithm, e.Protection.Cipher = m.text(), m.text(), m.text(), m.text()
		v.Set(reflect.ValueOf(e))
		return
	case v.Type() == reflect.TypeFor[error]():
		if err := m.err(); err != nil {
			v.Set(reflect.ValueOf(err))
		}
		return
	case v.Type() == reflect.TypeFor[catalog.Text]():
		v.Set(reflect.ValueOf(m.said(depth)))
		return
	case v.Type() == reflect.TypeFor[time.Time]():
		return
	}
	m.fillKind(v, depth)
}

func (m marks) fillKind(v reflect.Value, depth int) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(m.text())
	case reflect.Bool:
		v.SetBool(m.IntN(2) == 0)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(m.IntN(4)))
	case reflect.Pointer:
		if depth < 12 && m.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			m.fill(v.Elem(), depth+1)
		}
	case reflect.Slice:
		n := m.IntN(4)
		if v.Type().Elem().Kind() == reflect.Uint8 || depth > 12 {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			m.fill(v.Index(i), depth+1)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				m.fill(v.Field(i), depth+1)
			}
		}
	}
}

// said is any message of the catalogue with anything in its blanks.
func (m marks) said(depth int) catalog.Text {
	ids := append(m.ids, m.text())
	t := catalog.Text{ID: ids[m.IntN(len(ids))], Values: map[string]any{}}
	for _, blank := range []string{
		"message", "text", "path", "file", "host", "user", "neighbour", "what", "reason", "line", "lines", "fingerprint", "key", "keys", "type", "option", "value", "command", "title",
		"format", "field", "offset", "inner", "before", "count", "service", "kdf", "bits", "address", "version", "name", "why", "source", "sentence", "codes", "comment", "port", "dials",
	} {
		if m.IntN(3) > 0 {
			t.Values[blank] = m.anything(depth + 1)
		}
	}
	return t
}

func (m marks) anything(depth int) any {
	switch m.IntN(13) {
	case 0:
		return m.IntN(100)
	case 1:
		if depth < 3 {
			return m.said(depth)
		}
	case 2:
		return []catalog.Text{catalog.T("error.known", "message", m.text()), catalog.T(m.text())}
	case 3:
		return catalog.Words{catalog.English: m.text(), catalog.Japanese: m.text()}
	case 4:
		return catalog.Words{catalog.English: "wrong passphrase", catalog.Japanese: m.text()}
	case 5:
		return m.err()
	case 6:
		return []string{"publickey", m.text()}
	case 7:
		return struct{ Name string }{m.text()}
	case 8:
		return m.keys[m.IntN(len(m.keys))]
	case 9:
		return From(m.text())
	case 11:
		return hostkeys.Host{Name: m.text(), Port: 22}
	case 10:
		return []any{m.text(), []byte(m.text())}
	}
	return m.text()
}

func markedKeys(t testing.TB) []*keytool.Key {
	unknown, err := keytool.NewPublic(keytool.AppendStr(keytool.AppendStr(nil, "ssh-zqxw@zqxw.example"), "key"), "zqxw@zqxw")
	if err != nil {
		t.Fatal(err)
	}
	private := candidateOf(t, "ed25519", "openssh", "").Key
	return []*keytool.Key{private.WithComment("zqxw@laptop"), unknown, private.Public().WithComment("/home/zqxw")}
}

// markedVisit has a marker in every string that it holds, and now and then is of a
// service that sshkeys knows.
func markedVisit(t testing.TB, seed uint64, more ...string) (*Visit, []Finding) {
	ids := slices.DeleteFunc(catalog.IDs(), func(id string) bool { return strings.Contains(catalog.English.Say(catalog.T(id)), "\n") }) // pages of help
	m := marks{rand.New(rand.NewPCG(seed, 5)), markedKeys(t), ids, append(slices.Repeat(more, 30), markedShapes...)}
	v, found := &Visit{}, make([]Finding, m.IntN(30))
	m.fill(reflect.ValueOf(v).Elem(), 0)
	for i := range found {
		m.fill(reflect.ValueOf(&found[i]).Elem(), 0)
		found[i].Command = []string{"sshkeys", "verify", m.text(), "--file=" + m.text(), m.text()}
		if m.IntN(2) == 0 {
			found[i].Code = "K01"
		}
		if m.IntN(2) == 0 {
			found[i].Hint = ""
		}
	}
	if m.IntN(2) == 0 {
		v.Service = services.Lookup("jga")
	}
	return v, found
}

// holdsNoName looks for the marker, in fingerprints too: they are the keys' own.
func holdsNoName(t *testing.T, text string) {
	t.Helper()
	rest := strings.ToLower(fingerprints.ReplaceAllString(text, ""))
	joined := strings.Join(strings.Fields(rest), "")
	if strings.Contains(rest, marker) || strings.Contains(joined, marker) || strings.Contains(rest, "/home") || strings.Contains(rest, `\users`) {
		t.Errorf("a name is in it:\n%s", text)
	}
}

// TestReportHoldsNoName: a name in any string of a visit and its findings is not in
// the text, in neither language, by the sentences alone and without the belt.
func TestReportHoldsNoName(t *testing.T) {
	shown := 0
	for seed := range uint64(12) {
		v, found := markedVisit(t, seed)
		for _, lang := range []catalog.Lang{catalog.English, catalog.Japanese} {
			opt := ReportOptions{Lang: lang, Version: "1.0", Asked: []string{"sshkeys", "doctor", "-izqxw", "zqxw@zqxw.example", "--for", "zqxw"}}
			text := Report(v, found, opt)
			holdsNoName(t, text)
			holdsToShape(t, text)
			r := newReport(v, found, opt)
			r.own = nil
			holdsNoName(t, strings.Join(r.write(v, found, opt, detail{99, 99, 99, 99, true}), "\n"))
			if opt.Full = true; strings.Contains(Report(v, found, opt), marker) {
				shown++
			}
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if shown < 20 {
		t.Errorf("only %d of 24 full reports show a name: the markers are not where they should be", shown)
	}
}

// FuzzReportHoldsNoName: nor is a name in it that has anything around it.
func FuzzReportHoldsNoName(f *testing.F) {
	f.Add(uint64(1), "/home/", "/.ssh/id_rsa")
	f.Add(uint64(2), "ssh-ed25519 ", "@openssh.com")
	f.Add(uint64(3), "\x00", "'\" ")
	f.Fuzz(func(t *testing.T, seed uint64, before, after string) {
		v, found := markedVisit(t, seed, before+marker+after)
		for _, lang := range []catalog.Lang{catalog.English, catalog.Japanese} {
			holdsNoName(t, Report(v, found, ReportOptions{Lang: lang}))
		}
	})
}

// TestBelt: what slips through is taken out of the finished line.
func TestBelt(t *testing.T) {
	v, found := aVisit(t)
	v.Client.User = "山田"
	r := newReport(v, found, ReportOptions{Lang: catalog.English, Version: "1"})
	finger := v.Keys[2].Key.Fingerprint()
	for in, want := range map[string]string{
		"Taro has it":                      "[withheld] has it",
		"at /home/taro/lab":                "at /home/[withheld]/[withheld]",
		"tarot and login":                  "tarot and login",
		"山田さん":                             "[withheld]さん",
		finger + " taro":                   finger + " [withheld]",
		"the private key is ssh-ed25519":   "the private key is ssh-ed25519",
		"jga-gw.ddbj.nig.ac.jp, port 443":  "jga-gw.ddbj.nig.ac.jp, port 443",
		"OpenSSH_9.2p1 Debian-2+deb12u3 x": "OpenSSH_9.2p1 Debian-2+deb12u3 x",
	} {
		if got := r.sweep(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestReportWords(t *testing.T) {
	v, found := aVisit(t)
	r := newReport(v, found, ReportOptions{Lang: catalog.English})
	for in, want := range map[string]string{
		"sshkeys fixperms /home/taro/.ssh/id_rsa":            "sshkeys fixperms <key 2>",
		"sshkeys verify --fix ~/.ssh/id_rsa":                 "sshkeys verify --fix <key 2>",
		"sshkeys public ~/.ssh/id_rsa.pub":                   "sshkeys public <the .pub of key 2>",
		"chmod 600 /home/taro/.ssh/config":                   "chmod 600 <ssh config>",
		"chmod go-w '/home/taro'":                            "chmod go-w <the home directory>",
		"ssh -p 443 taro@jga-gw.ddbj.nig.ac.jp":              "ssh -p 443 <user>@jga-gw.ddbj.nig.ac.jp",
		"ssh taro@gate.lab.example":                          "ssh <user>@<host>",
		"sshkeys known-hosts remove 133.39.233.39 10.0.0.1":  "sshkeys known-hosts remove 133.39.233.39 <withheld>",
		"sshkeys inspect --file=/home/taro/lab/taro-key":     "sshkeys inspect --file=<key 3>",
		"icacls 'C:\\Users\\taro\\k' /inheritance:r":         "icacls <file> /inheritance:r",
		"sshkeys verify 'unclosed":                           "<withheld>",
		"ssh-keygen -R '[jga-gw.ddbj.nig.ac.jp]:443'":        "ssh-keygen -R [jga-gw.ddbj.nig.ac.jp]:443",
		"ssh-keygen -R [jga-gw.ddbj.nig.ac.jp.taro.net]:443": "ssh-keygen -R <withheld>",
	} {
		if got := r.commandLine(in); got != want {
			t.Errorf("%s:\n got %s\nwant %s", in, got, want)
		}
	}
}

// TestReportOfOwnService: the hosts of a service that the user described are the
// user's own.
func TestReportOfOwnService(t *testing.T) {
	v, found := aVisit(t)
	own := *v.Service
	own.ID, own.Title = "mylab", "My Lab"
	own.Hosts = []services.Fact[services.Host]{{Value: services.Host{Name: "gate.mylab.example", Port: 22}}}
	v.Service, v.Client.HostName = &own, "gate.mylab.example"
	got := Report(v, found, ReportOptions{Lang: catalog.English})
	if strings.Contains(got, "lab.example") || strings.Contains(got, "My Lab") || !strings.Contains(got, "[host], port 443") {
		t.Errorf("the service is in it:\n%s", got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 8, "one two|  three"},
		{"a verylongwordthatstays b", 8, "a|  verylongwordthatstays|  b"},
		{"鍵はあります。次", 8, "鍵はあり|  ます。|  次"},
		{"ssh は「鍵」を", 10, "ssh は|  「鍵」を"},
		{"次は <鍵 2 の .pub> です", 12, "次は|  <鍵 2 の .pub>|  です"},
		{"a < b [ c d e", 8, "a < b [|  c d e"},
		{"", 8, ""},
	} {
		if got := strings.Join(wrap(c.text, c.width, 2), "|"); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// TestReportOfNothing: an empty visit has a report too.
func TestReportOfNothing(t *testing.T) {
	for _, lang := range []catalog.Lang{catalog.English, catalog.Japanese} {
		text := Report(&Visit{}, nil, ReportOptions{Lang: lang})
		holdsToShape(t, text)
		if !strings.Contains(text, "sshkeys") {
			t.Error(text)
		}
	}
}
