package diagnose

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/rogpeppe/go-internal/txtar"
)

// line is a Symptom on one line: its code, and what it knows.
func (s Symptom) line() string {
	var b strings.Builder
	b.WriteString(s.Code + " " + string(s.Severity))
	for _, field := range [...]struct {
		name  string
		value any
	}{
		{"line", s.Line}, {"program", s.Program}, {"host", s.Host}, {"user", s.User}, {"port", s.Port}, {"address", s.Address},
		{"path", s.Path}, {"list", s.ListFile}, {"listline", s.ListLine}, {"type", s.KeyType}, {"mode", s.Mode},
		{"fingerprint", s.Fingerprint}, {"detail", s.Detail}, {"says", s.Sentence}, {"excerpt", s.Excerpt},
	} {
		if value := fmt.Sprint(field.value); value != "" && value != "0" {
			fmt.Fprintf(&b, " %s=%q", field.name, value)
		}
	}
	return b.String()
}

func said(found []Symptom) string {
	var b strings.Builder
	for _, s := range found {
		b.WriteString(s.line() + "\n")
	}
	return b.String()
}

// logCases are testdata/logs: each a text and the symptoms in it.
func logCases(t testing.TB) map[string]*txtar.Archive {
	t.Helper()
	files, err := filepath.Glob("testdata/logs/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no logs found: %v", err)
	}
	cases := map[string]*txtar.Archive{}
	for _, file := range files {
		a, err := txtar.ParseFile(file)
		if err != nil || len(a.Files) != 2 || a.Files[0].Name != "log" || a.Files[1].Name != "want" {
			t.Fatalf("%s is not a log and what is wanted: %v", file, err)
		}
		cases[filepath.ToSlash(file)] = a
	}
	return cases
}

// TestLogs reads every text of testdata/logs. With SSHKEYS_UPDATE=logs it writes what
// was found, to be read over before it is kept.
func TestLogs(t *testing.T) {
	for file, a := range logCases(t) {
		got := said(ReadLog(a.Files[0].Data))
		if want := string(a.Files[1].Data); got == want {
			continue
		} else if os.Getenv("SSHKEYS_UPDATE") != "logs" {
			t.Errorf("%s:\ngot\n%swant\n%s", file, got, want)
			continue
		}
		a.Files[1].Data = []byte(got)
		if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestEveryPattern holds each row to being the one that is heard in some text of
// testdata/logs, so that none is there that another hides or that never matches.
func TestEveryPattern(t *testing.T) {
	matched := make([]bool, len(patterns))
	for _, a := range logCases(t) {
		lines, _ := logLines(a.Files[0].Data)
		lines, _ = withoutKeys(lines)
		r := &logReader{lines: inPieces(lines), budget: matchedBytes}
		r.read()
		for _, e := range r.events {
			for _, row := range e.rows {
				matched[row] = true
			}
		}
	}
	for row, p := range patterns {
		if !matched[row] {
			t.Errorf("%s is in no log: %s", p.code, p.expr)
		}
		for n := range strings.SplitSeq(p.needle, "|") {
			if len(n) < needleStart || len(n) > longestNeedle {
				t.Errorf("row %d (%s): the needle %q is too short or too long", row, p.code, n)
			}
		}
		if p.source == "" || p.sentence == "" || p.needle == "" || p.needle != strings.ToLower(p.needle) {
			t.Errorf("row %d (%s) is not complete: %s", row, p.code, p.expr)
		}
	}
}

// catalogued are the texts that spec/symptoms.md quotes, by its rows.
var catalogued = []struct{ code, text string }{
	{"K01", "@@@@@\n@         WARNING: UNPROTECTED PRIVATE KEY FILE!          @\n@@@@@\nPermissions 0644 for 'X' are too open.\nIt is required that your private key files are NOT accessible by others.\nThis private key will be ignored.\nLoad key \"X\": bad permissions"},
	{"K02", "WARNING: UNPROTECTED PRIVATE KEY FILE!\nPermissions for 'X' are too open."},
	{"K03", "Permissions 0777 for '/mnt/c/Users/me/.ssh/id_rsa' are too open."},
	{"K04", `Load key "X": error in libcrypto`},
	{"K04", `Load key "X": invalid format`},
	{"K05", `Load key "X.pub": bad permissions`},
	{"K05", `Load key "X.pub": error in libcrypto`},
	{"K06", "Enter passphrase for key 'X': \nEnter passphrase for key 'X': \nEnter passphrase for key 'X': "},
	{"K06", "incorrect passphrase supplied to decrypt private key"},
	{"K06", "Wrong passphrase"},
	{"K06", "MAC failed"},
	{"K06", "Invalid Key or Passphrase"},
	{"K07", "X is not a public key file."},
	{"K07", "X is not a key file."},
	{"K08", "no such identity: X: No such file or directory"},
	{"K08", "Warning: Identity file X not accessible: No such file or directory."},
	{"K10", `Load key "X": Invalid key length`},
	{"K11", `Load key "X": key encrypted using unsupported cipher`},
	{"K11", "puttygen: unable to load file `X': unsupported cipher"},
	{"K11", "unrecognised cipher name"},
	{"K12", "PuTTY key format too new"},
	{"K13", "Private key file 'X' contains key in OpenSSH format. WinSCP supports only PuTTY format."},
	{"K13", "The file 'X' is not in a format supported by FileZilla.\nWould you like to convert it into a supported format?"},
	{"K14", "The file 'X' could not be loaded or does not contain a private key."},
	{"K14", "could not be loaded or does not contain a private key."},
	{"K14", "puttygen: not a recognised key file format"},
	{"P01", "Key is invalid. You must supply a key in OpenSSH public key format."},
	{"P01", "Invalid SSH public key"},
	{"P02", "DSA keys are not permitted. Please use RSA, ECDSA, or ED25519 keys instead."},
	{"P02", "RSA keys must be at least 2048 bits long."},
	{"P04", "me@host: Permission denied (publickey)."},
	{"P04", "no matching key"},
	{"D01", "Authentication refused: bad ownership or modes for directory /home/u"},
	{"D02", "Bad owner or permissions on ~/.ssh/config"},
	{"D04", "Too many authentication failures"},
	{"D05", "client_loop: send disconnect: Broken pipe"},
	{"H01", "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!\nOffending ECDSA key in /home/me/.ssh/known_hosts:2\nHost key verification failed."},
	{"H01", "WARNING: POSSIBLE DNS SPOOFING DETECTED!"},
	{"H02", "Enter passphrase for key 'X': \nclient_loop: send disconnect:"},
	{"H02", "Enter passphrase for key 'X': \nConnection reset"},
	{"H02", "Enter passphrase for key 'X': \nConnection closed"},
	{"K06", "Enter passphrase for key 'X': \nLoad key \"X\": incorrect passphrase supplied to decrypt private key\nme@host: Permission denied (publickey).\nConnection closed"},
	{"H03", "ssh: connect to host h port 22: Connection timed out"},
	{"H03", "ssh: connect to host h port 443: Connection refused"},
	{"H05", "sign_and_send_pubkey: no mutual signature supported"},
	{"H05", "userauth_pubkey: key type ssh-rsa not in PubkeyAcceptedAlgorithms [preauth]"},
	{"H06", "invalid username/password"},
	{"H07", "Server refused our key"},
	{"H07", "No supported authentication methods available (server sent: publickey)"},
	{"H09", `ERROR:> FTP over SSH2 is not possible`},
	{"E01", "Unable to load Private Key"},
	{"E01", "Could not read private key from X"},
	{"E03", "bad decrypt"},
	{"E05", "No supported encryption method"},
	{"E05", "Could not decrypt that block"},
	{"E05", "No header packet could be decrypted"},
	{"E06", "Unsupported SSH key format: ssh-rsa"},
	{"E06", "Not a PEM format"},
	{"E07", "age: error: no identity matched any of the recipients"},
	{"E07", "age: error: unknown identity type"},
	{"E08", "cannot use '/x/prj_1.ngc' as ngc file"},
	{"E09", "./J-DU999991.decrypt.sh -k J-DU999991_private_key -p ******"},
	{"X00", "the weather is fine today"},
}

func TestCatalogued(t *testing.T) {
	for _, c := range catalogued {
		found := ReadLog([]byte(c.text))
		if len(found) != 1 || found[0].Code != c.code {
			t.Errorf("%q: want %s alone, got\n%s", c.text, c.code, said(found))
		}
	}
}

// TestPasted: what mails, terminals and editors do to a text changes nothing of what
// is found in it.
func TestPasted(t *testing.T) {
	for name, do := range pastes {
		for file, a := range logCases(t) {
			if strings.Contains(file, "paste-") {
				continue
			}
			want := symptomCodes(ReadLog(a.Files[0].Data))
			if got := symptomCodes(ReadLog(do(a.Files[0].Data))); got != want {
				t.Errorf("%s, %s: found %s, want %s", file, name, got, want)
			}
		}
	}
}

// symptomCodes are what was found and where, without what a paste may lose.
func symptomCodes(found []Symptom) string {
	var b strings.Builder
	for _, s := range found {
		fmt.Fprintf(&b, "%s %s %s %s %s %d, ", s.Code, s.Severity, s.Host, s.User, s.ListFile, s.ListLine)
	}
	return b.String()
}

var pastes = map[string]func([]byte) []byte{
	"a byte order mark": func(b []byte) []byte { return append([]byte("\xef\xbb\xbf"), b...) },
	"CR LF":             func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "\n", "\r\n")) },
	"CR CR LF":          func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "\n", "\r\r\n")) },
	"CR":                func(b []byte) []byte { return []byte(strings.ReplaceAll(string(b), "\n", "\r")) },
	"UTF-16 LE": func(b []byte) []byte {
		return append([]byte("\xff\xfe"), inUTF16(b, binary.LittleEndian)...)
	},
	"UTF-16 BE": func(b []byte) []byte {
		return append([]byte("\xfe\xff"), inUTF16(b, binary.BigEndian)...)
	},
	"quoted by a mail": func(b []byte) []byte {
		return []byte("> " + strings.ReplaceAll(string(b), "\n", "\n> "))
	},
	"quoted twice": func(b []byte) []byte {
		return []byte(">> " + strings.ReplaceAll(string(b), "\n", "\n>> "))
	},
	"colours of a terminal": func(b []byte) []byte {
		return []byte("\x1b]0;title\x07" + strings.ReplaceAll(string(b), "\n", "\x1b[0m\x1b[K\n\x1b[1;31m"))
	},
	"typographic quotes": func(b []byte) []byte {
		open := false
		return []byte(strings.Map(func(r rune) rune {
			switch r {
			case '"':
				open = !open
				if open {
					return '“'
				}
				return '”'
			case '\'':
				return '’'
			}
			return r
		}, string(b)))
	},
	"indented": func(b []byte) []byte {
		return []byte("    " + strings.ReplaceAll(string(b), "\n", "\n\t"))
	},
	"spaces that do not break": func(b []byte) []byte {
		return []byte(strings.ReplaceAll(string(b), " ", "\u00a0"))
	},
	"empty lines between": func(b []byte) []byte {
		return []byte(strings.ReplaceAll(string(b), "\n", "\n\n"))
	},
}

func inUTF16(b []byte, order binary.AppendByteOrder) []byte {
	var out []byte
	for _, u := range utf16.Encode([]rune(string(b))) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// TestWrapped: messages that a mail broke at a space, or a terminal within a word.
func TestWrapped(t *testing.T) {
	text := "me@ftp-private.ddbj.nig.ac.jp: Permission denied (publickey,gssapi-keyex,gssapi-with-mic)."
	for at, r := range text {
		if r != ' ' {
			continue
		}
		wrapped := text[:at] + "\n> " + text[at+1:]
		if found := ReadLog([]byte("> " + wrapped)); len(found) != 1 || found[0].Code != "P04" || at > 40 && found[0].Host == "" {
			t.Errorf("%q:\n%s", wrapped, said(found))
		}
	}
	text = "Offending ECDSA key in /Users/somebody-with-a-long-name/.ssh/known_hosts:2"
	for at := 40; at < len(text)-2; at++ {
		found := ReadLog([]byte(text[:at] + "\n" + text[at:] + "\nHost key verification failed."))
		if len(found) != 1 || found[0].Code != "H01" || found[0].ListLine != 2 {
			t.Errorf("broken after %q:\n%s", text[:at], said(found))
		}
	}
}

// TestKeyMaterial: a private key in the text is told of, and nothing of it is said.
func TestKeyMaterial(t *testing.T) {
	bodies := map[string]string{
		"openssh": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAABAAAAMwAAAAtzc2gtZW\nQyNTUxOQAAACSECRETSECRETSECRET\n-----END OPENSSH PRIVATE KEY-----\n",
		"pem":     "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nMIICWwIBAAKBgQC4fV6tSakDSB6SECRETSECRET\n-----END RSA PRIVATE KEY-----\n",
		"cut off": "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uSECRETSECRET\n",
		"one line": "key: -----BEGIN OPENSSH PRIVATE KEY----- b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uSECRETSECRET " +
			"-----END OPENSSH PRIVATE KEY-----\n",
		"ppk": "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: me\nPublic-Lines: 2\nAAAAC3NzaC1lZDI1NTE5AAAAIKm\nSECRETSECRET\nPrivate-Lines: 1\nAAAAIEJSECRETSECRETSECRET\nPrivate-MAC: 00ff\n",
		"age": "# created: 2025\nAGE-SECRET-KEY-1SECRETSECRETSECRETSECRET\n",
	}
	for name, body := range bodies {
		text := "Load key \"id_rsa\": invalid format\n" + body + "me@h.example: Permission denied (publickey).\n"
		found := ReadLog([]byte(text))
		if got := said(found); strings.Contains(got, "SECRETSECRET") {
			t.Errorf("%s: key material is said:\n%s", name, got)
		}
		if len(found) != 2 || found[0].Code != "K04" || found[1].Code != "P09" || found[1].Severity != Error || found[0].Host != "h.example" {
			t.Errorf("%s:\n%s", name, said(found))
		}
		for _, f := range logChecks(&Visit{Log: found}) {
			if strings.Contains(fmt.Sprint(f), "SECRETSECRET") {
				t.Errorf("%s: key material is in a finding: %v", name, f)
			}
		}
	}
	talk := "my file begins with -----BEGIN OPENSSH PRIVATE KEY-----\nand ssh says: Load key \"k\": error in libcrypto\n"
	if found := ReadLog([]byte(talk)); len(found) != 1 || found[0].Code != "K04" {
		t.Errorf("talk of a key:\n%s", said(found))
	}
	asName := "Warning: Identity file b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uSECRETSECRETQyNTUxOQ not accessible: File name too long.\n"
	if got := said(ReadLog([]byte(asName))); strings.Contains(got, "SECRETSECRET") || !strings.HasPrefix(got, "K08") {
		t.Errorf("a key as a file's name: %s", got)
	}
}

// TestPassphrases that were pasted along are not said.
func TestPassphrases(t *testing.T) {
	for _, text := range []string{
		"Enter passphrase for key 'id_rsa': hunter2hunter2\nEnter passphrase for key 'id_rsa': hunter2hunter2\n",
		"./J-DU999991.decrypt.sh -k J-DU999991_private_key -p hunter2hunter2\nUnable to load Private Key\n",
		"$ sftp me:hunter2hunter2@h.example\nme@h.example's password: hunter2hunter2\nPermission denied, please try again.\n",
		"open sftp://me:hunter2hunter2@h.example/\nAccess denied.\nAuthentication failed.\n",
	} {
		found := ReadLog([]byte(text))
		if got := said(found); strings.Contains(got, "hunter2") || found[0].Code == NothingKnown {
			t.Errorf("%q:\n%s", text, got)
		}
	}
}

func TestServersLogIsBounded(t *testing.T) {
	var b strings.Builder
	for i := 0; b.Len() < maxLog; i++ {
		fmt.Fprintf(&b, "Nov 21 10:00:00 h sshd[%d]: Invalid user u%d from 192.0.2.1 port 4000\n", i, i)
	}
	if found := ReadLog([]byte(b.String())); len(found) != maxSymptoms {
		t.Errorf("%d symptoms of one kind", len(found))
	}
}

func FuzzReadLog(f *testing.F) {
	for _, a := range logCases(f) {
		f.Add(a.Files[0].Data)
	}
	f.Add([]byte("\xff\xfeP\x00"))
	f.Add([]byte("-----BEGIN RSA PRIVATE KEY-----"))
	f.Fuzz(func(t *testing.T, text []byte) {
		found := ReadLog(text)
		if len(found) == 0 {
			t.Fatal("not even that nothing is known")
		}
		for i, s := range found {
			if s.Code == "" || s.Sentence == "" || s.Severity == silent || i > 0 && found[i-1].Line > s.Line {
				t.Fatalf("%+v", s)
			}
			if strings.ContainsAny(said(found[i:i+1]), "\x00\x1b") {
				t.Fatalf("%+v", s)
			}
		}
		for _, finding := range logChecks(&Visit{Log: found}) {
			if finding.Cause.IsZero() {
				t.Fatalf("%+v says nothing", finding)
			}
		}
	})
}
