package diagnose

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/perms"
)

// logFindings are the findings of one of testdata/logs.
func logFindings(t *testing.T, name string, v *Visit) []Finding {
	t.Helper()
	a, ok := logCases(t)["testdata/logs/"+name+".txt"]
	if !ok {
		t.Fatalf("no log %s", name)
	}
	v.Log = ReadLog(a.Files[0].Data)
	return logChecks(v)
}

// TestLogFindings holds the first finding of a log to what it tells to type, or to do.
func TestLogFindings(t *testing.T) {
	for _, c := range []struct{ log, code, hint, advice string }{
		{"seed-000-home", "H02", "", "DDBJ"},
		{"seed-000-broken", "D05", "", "ServerAliveInterval 60"},
		{"seed-000-identification", "H01", "sshkeys known-hosts remove ftp-private.ddbj.nig.ac.jp 133.39.233.40 133.39.224.111", "fingerprint"},
		{"seed-000-unprotected", "K02", "sshkeys fixperms ./private-key-for-auth", ""},
		{"seed-001-identification", "H01", "sshkeys known-hosts remove gw.ddbj.nig.ac.jp 133.39.228.101", "fingerprint"},
		{"openssh-unprotected", "K01", "sshkeys fixperms key", ""},
		{"openssh-many-keys", "D04", "sshkeys doctor --ssh-config me@h.example -p 2222", "IdentitiesOnly"},
		{"openssh-verbose", "P04", "sshkeys doctor me@gw.ddbj.nig.ac.jp", "registered"},
		{"openssh-network", "H03", "sshkeys doctor --online ftp-private.ddbj.nig.ac.jp", "133.39.233.40 at port 22"},
		{"openssh-config", "C01", "", "correct the line"},
		{"openssh-drops", "D05", "sshkeys doctor --ssh-config gw.ddbj.nig.ac.jp", "ServerAliveInterval 20"},
		{"openssh-expired", "H04", "ssh -t -p 2222 johnd@sftp.example.com passwd", "ssh -t USER@HOST passwd"},
		{"sshd-expired", "H04", "", "ssh -t USER@HOST passwd"},
		{"ftp-server", "H09", "", "choose the protocol SFTP"},
		{"ftp-chosen", "H09", "", "choose the protocol SFTP"},
		{"openssh-mutual", "H05", "sshkeys generate", "ed25519"},
		{"filezilla-texts", "K13", `C:\Users\me\id_rsa`, ""},
		{"putty", "H07", "", "registered"},
		{"form", "P01", "", "sshkeys public"},
		{"sshd", "D01", "sshkeys fixperms /home/alice", "on the server"},
		{"data-dbgap", "E08", "", ".ngc"},
		{"none-prose", "X00", "", ""},
	} {
		found := logFindings(t, c.log, &Visit{})
		f := found[0]
		said := f.In(catalog.English)
		if f.Code != c.code || !strings.Contains(said.Hint, c.hint) || c.hint == "" && said.Hint != "" && c.advice == "" || !strings.Contains(said.Advice, c.advice) || said.Fixable {
			t.Errorf("%s: got %+v", c.log, said)
		}
	}
}

// TestBrokenPipe: of a connection that broke, a text that shows no session before may
// be about a login that the server dropped; and H02 is not about the key's file.
func TestBrokenPipe(t *testing.T) {
	const broken = "client_loop: send disconnect: Broken pipe\n"
	for text, want := range map[string]string{
		broken:                           "sshkeys doctor --login USER@HOST",
		"$ sftp me@h.example\n" + broken: "sshkeys doctor --login me@h.example",
		"$ sftp me@h.example\nConnected to h.example.\n" + broken:                             "",
		"$ sftp -P 443 me@h.example\nConnected to h.example.\n$ sftp me@i.example\n" + broken: "sshkeys doctor --login me@i.example",
		"a.bam    42% 1024MB  11.2MB/s   02:10 ETA\n" + broken:                                "",
	} {
		f := logChecks(&Visit{Log: ReadLog([]byte(text))})[0]
		advice := catalog.English.Say(f.Advice)
		if f.Code != "D05" || !strings.Contains(advice, want) || strings.Contains(advice, "--login") != (want != "") {
			t.Errorf("%q: %s %s", text, f.Code, advice)
		}
	}
	dropped := "$ sftp -i id_rsa me@h.example\nEnter passphrase for key 'id_rsa':\nConnection reset by peer\n"
	if f := logChecks(&Visit{Log: ReadLog([]byte(dropped))})[0]; f.Code != "H02" || f.File != "" {
		t.Errorf("%s of %q", f.Code, f.File)
	}
}

// TestLogFindingsInWords: each finding of each log is said in both languages, with
// nothing left blank.
func TestLogFindingsInWords(t *testing.T) {
	for name := range logCases(t) {
		name = strings.TrimSuffix(strings.TrimPrefix(name, "testdata/logs/"), ".txt")
		for _, f := range logFindings(t, name, &Visit{}) {
			for _, lang := range []catalog.Lang{catalog.English, catalog.Japanese} {
				said := f.In(lang)
				all := append([]string{said.Message, said.Advice}, said.Evidence...)
				if said.Message == "" || strings.Contains(strings.Join(all, " "), "{") || strings.Contains(strings.Join(all, " "), "log.") && !strings.Contains(name, "data-") {
					t.Errorf("%s in %s: %+v", name, lang, said)
				}
				kana := strings.ContainsFunc(said.Message, func(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana) })
				if kana != (lang == catalog.Japanese) && !strings.Contains(said.Message, "接続") && !strings.Contains(said.Message, "ホスト") && !strings.Contains(said.Message, "ネット") {
					t.Errorf("%s in %s: %s", name, lang, said.Message)
				}
			}
			if f.Code != NothingKnown && f.Advice.IsZero() && f.Hint == "" && f.Command == nil {
				t.Errorf("%s: nobody is told what to do about %s: %+v", name, f.Code, f)
			}
		}
	}
}

// TestLogOfThisMachine: where the file is one of this machine, there is a command to
// run, unless it is mended by now.
func TestLogOfThisMachine(t *testing.T) {
	key := Candidate{From: FromLog}
	key.Name = "/home/me/private-key-for-auth"
	key.Permissions = []perms.Finding{{Code: "K01"}}
	f := logFindings(t, "seed-000-unprotected", &Visit{Keys: []Candidate{key}})[0]
	if want := []string{"sshkeys", "fixperms", key.Name}; !slices.Equal(f.Command, want) || f.Choice || f.Severity != Error {
		t.Errorf("got %+v", f)
	}
	key.Permissions = nil
	f = logFindings(t, "seed-000-unprotected", &Visit{Keys: []Candidate{key}})[0]
	if f.Command != nil || f.Severity != Info {
		t.Errorf("mended by now: got %+v", f)
	}
	f = logFindings(t, "seed-000-identification", &Visit{KnownHosts: []hostkeys.Line{{File: "known_hosts", Number: 2}}})[0]
	want := []string{"sshkeys", "known-hosts", "remove", "ftp-private.ddbj.nig.ac.jp", "133.39.233.40", "133.39.224.111"}
	if !slices.Equal(f.Command, want) || !f.Choice {
		t.Errorf("got %+v", f)
	}
	f = logFindings(t, "openssh-key-files", &Visit{Keys: []Candidate{{KeyFileFacts: KeyFileFacts{Name: "/home/me/.ssh/key.ppk"}}}})[10]
	if want := []string{"sshkeys", "convert", "--to", "openssh", "/home/me/.ssh/key.ppk"}; f.Code != "K04" || !slices.Equal(f.Command, want) || !f.Choice {
		t.Errorf("got %+v", f)
	}
}

// TestHostileLog: names of a log are never taken for options.
func TestHostileLog(t *testing.T) {
	text := "Load key \"--force\": bad permissions\n$ ssh x\nHost key for -rf.example has changed and you have requested strict checking.\n" +
		"$ ssh y\n-oProxyCommand=x@-evil.example: Permission denied (publickey).\n"
	for _, f := range logChecks(&Visit{Log: ReadLog([]byte(text))}) {
		hint := f.In(catalog.English).Hint
		if strings.Contains(hint, " --force") || strings.Contains(hint, " -rf") || strings.Contains(hint, " -o") || strings.Contains(hint, "@-") {
			t.Errorf("%s: %s", f.Code, hint)
		}
	}
}

func TestServiceOf(t *testing.T) {
	for host, want := range map[string]string{
		"ftp-private.ddbj.nig.ac.jp": "ddbj", "FTP-private.ddbj.nig.ac.jp": "ddbj", "133.39.224.111": "ddbj", "133.39.233.40": "ddbj",
		"jga-gw.ddbj.nig.ac.jp": "jga", "gw2.ddbj.nig.ac.jp": "nig", "h.example": "", "": "",
	} {
		p := ServiceOf(host)
		switch {
		case p == nil && want != "", p != nil && want == "":
			t.Errorf("%s: got %v", host, p)
		case p != nil && hostOf(services.Lookup(want), host) == nil:
			t.Errorf("%s: got %s", host, p.ID)
		}
	}
}
