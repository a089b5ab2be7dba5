package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sshkeys/internal/diagnose"
	"sshkeys/internal/secret"
	"sshkeys/internal/testkeys"
)

// inCodePage is a text as it is typed in UTF-8, and what another program makes of it.
type inCodePage struct{ typed, named, bytes string }

// The bytes are those of Python's codecs and unicodedata.normalize; what Windows
// forces into a code page is from its table c_932.nls.
var codePages = [...]inCodePage{
	{"pässwörd", "CP1252 (Windows, western)", "70e4737377f67264"},
	{"pässwörd", "CP437 (Windows console, US)", "7084737377947264"},
	{"pässwörd", "UTF-8 in letters and marks apart (NFD)", "7061cc887373776fcc887264"},
	{"pa\u0308ssword", "UTF-8 in composed letters (NFC)", "70c3a4737377 6f7264"},
	{"パスワード鍵", "CP932 (Windows, Japanese)", "83708358838f815b83688cae"},
	{"パスワード鍵", "EUC-JP (older Unix, Japanese)", "a5d1a5b9a5efa1bca5c9b8b0"},
	{"がぎぐ", "CP932 (Windows, Japanese)", "82aa82ac82ae"},
	{"がぎぐ", "UTF-8 in letters and marks apart (NFD)", "e3818be38299e3818de38299e3818fe38299"},
	{"か\u3099き\u3099く\u3099", "CP932 (Windows, Japanese)", "82aa82ac82ae"},
	{"€5", "CP1252 (Windows, western)", "8035"},
	{"naïve~〜", "UTF-8 with the other letter for 〜 or −", "6e61c3af76657eefbd9e"},
	{"naïve~〜", "CP932 (Windows, Japanese), with other letters", "6e616976657e8160"},
	{"髙橋〜¥", "CP932 (Windows, Japanese)", "fbfc8bb481605c"},
}

// makers protect a key with passphrase bytes by the real tools: a name of the file
// that they make beside the plain key.
var makers = map[string]func(t *testing.T, dir string, pass []byte) string{
	"ppk3": func(t *testing.T, dir string, pass []byte) string {
		return puttygen(t, dir, pass, "memory=1024,passes=1")
	},
	"ppk2": func(t *testing.T, dir string, pass []byte) string { return puttygen(t, dir, pass, "version=2") },
	"openssh": func(t *testing.T, dir string, pass []byte) string {
		return sshKeygen(t, dir, pass, "-a", "1")
	},
	"gcm": func(t *testing.T, dir string, pass []byte) string {
		return sshKeygen(t, dir, pass, "-a", "1", "-Z", "aes256-gcm@openssh.com")
	},
	"pem":   func(t *testing.T, dir string, pass []byte) string { return openssl(t, dir, pass, "-traditional") },
	"pkcs8": func(t *testing.T, dir string, pass []byte) string { return openssl(t, dir, pass) },
}

func openssl(t *testing.T, dir string, pass []byte, args ...string) string {
	locked := filepath.Join(dir, "locked")
	args = append([]string{"pkey", "-in", filepath.Join(dir, "pem"), "-aes256", "-passout", "file:" + putIn(t, dir, "pw", pass), "-out", locked}, args...)
	lockWith(t, "openssl", args...)
	return locked
}

func puttygen(t *testing.T, dir string, pass []byte, params string) string {
	locked := filepath.Join(dir, "locked")
	lockWith(t, "puttygen", filepath.Join(dir, "key"), "-O", "private", "-o", locked, "--ppk-param", params, "--new-passphrase", putIn(t, dir, "pw", pass))
	return locked
}

func sshKeygen(t *testing.T, dir string, pass []byte, args ...string) string {
	plain, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		t.Fatal(err)
	}
	locked := putIn(t, dir, "locked", plain)
	lockWith(t, "ssh-keygen", append([]string{"-q", "-p", "-P", "", "-N", string(pass), "-f", locked}, args...)...)
	return locked
}

func lockWith(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(testkeys.Tool(t, name), args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

func putIn(t *testing.T, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPassphraseInAnotherEncoding opens what real tools locked with the bytes of a
// code page, by the text in UTF-8; the encoding is named, and another text is refused.
func TestPassphraseInAnotherEncoding(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("arguments are no bytes there")
	}
	golden := func(name string) []byte { return testkeys.Find(t, "ecdsa256", name).Data }
	for name, lock := range makers {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			putIn(t, dir, "key", golden("openssh"))
			putIn(t, dir, "key.pub", golden("openssh.pub"))
			putIn(t, dir, "pem", golden("pkcs8.pem"))
			for _, c := range codePages {
				other, err := hex.DecodeString(strings.ReplaceAll(c.bytes, " ", ""))
				if err != nil {
					t.Fatal(err)
				}
				locked := lock(t, dir, other)
				typed := putIn(t, dir, "typed", []byte(c.typed+"\n"))
				code, stdout, stderr := inProcess(t, "verify", "--passphrase-file", typed, locked, filepath.Join(dir, "key.pub"))
				if code != 0 || !strings.Contains(stdout, "proved by derivation") || strings.Count(stderr, "the passphrase opened it in the encoding "+c.named) != 1 {
					t.Errorf("%s in %s: exit code %d, %s", c.typed, c.named, code, stderr)
				}
				if !strings.HasSuffix(stderr, "sshkeys: hint: sshkeys passphrase "+locked+"\n") || strings.Contains(stderr, c.typed) {
					t.Errorf("%s: stderr %s", c.typed, stderr)
				}
				wrong := putIn(t, dir, "wrong", []byte(c.typed+"é\n"))
				if code, _, stderr := inProcess(t, "verify", "--passphrase-file", wrong, locked, filepath.Join(dir, "key.pub")); code != exitPassphrase || stderr != "sshkeys: error: "+locked+": wrong passphrase\n" {
					t.Errorf("%s and more: exit code %d, %s", c.typed, code, stderr)
				}
				os.Remove(locked)
			}
		})
	}
}

// TestEncodingsHaveWords: every encoding that is tried has a name for people.
func TestEncodingsHaveWords(t *testing.T) {
	a := newApp()
	for _, e := range []secret.EncodingName{secret.UTF8, secret.NFC, secret.NFD, secret.UTF8Wave, secret.CP932, secret.CP1252,
		secret.CP932Fit, secret.CP1252Fit, secret.CP437, secret.CP850, secret.Latin9, secret.EUCJP, secret.Marked, secret.Trimmed} {
		facts := diagnose.KeyFileFacts{Name: "-", Encoding: diagnose.Encoding{Name: string(e), Given: string(secret.UTF8)}}
		found, ok := diagnose.PassphraseEncoding(facts)
		for _, lang := range []string{"en", "ja"} {
			a.words = languageOf([]string{"--lang", lang}, a.env)
			said := a.words.Say(found.Cause)
			if !ok || strings.Contains(said, "encoding ,") || strings.Contains(said, "K15") || strings.Contains(said, " を  ") || strings.Contains(said, "文字コードを に") {
				t.Errorf("%s, %s: %q", e, lang, said)
			}
		}
	}
}

// TestThreeMessages holds a wrong passphrase, a missing cipher and damage apart.
// GCM's tag and PuTTY's MAC tell a wrong passphrase and damage by one sign, and a
// damaged file of these is said to be a wrong passphrase.
func TestThreeMessages(t *testing.T) {
	const wrong = "wrong passphrase"
	for _, c := range []struct {
		name, from, to string // a golden, and its cipher's name with another one in its place
		damaged        func([]byte) []byte
		exit           int
		says           string
	}{
		{"openssh.aes256-ctr", "aes256-ctr", "aes256-xtr", inPayload(-2), exitFailed, "padding"},
		{"openssh.aes256-gcm", "aes256-gcm@", "aes999-gcm@", inPayload(-2), exitPassphrase, wrong},
		{"ppk2.enc", "aes256-cbc", "aes999-cbc", inText("Private-Lines", 30), exitPassphrase, wrong},
		{"ppk3.argon2id", "aes256-cbc", "aes999-cbc", inText("Private-Lines", 30), exitPassphrase, wrong},
		{"pkcs8.pbes2-aes256-sha256.pem", "\x60\x86\x48\x01\x65\x03\x04\x01\x2a", "\x60\x86\x48\x01\x65\x03\x04\x01\x2b", inPayload(600), exitFailed, ""},
		{"pkcs1.aes128.pem", "AES-128-CBC", "ABC-128-CBC", inPayload(600), exitFailed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			golden := testkeys.Find(t, "rsa2048", c.name)
			dir := t.TempDir()
			right := putIn(t, dir, "right", append(bytes.Clone(golden.Passphrase), '\n'))
			other := putIn(t, dir, "other", []byte("ﾊﾟｽ und mehr\n"))
			ask := func(file string, data []byte, pass string) (int, string) {
				code, _, stderr := inProcess(t, "convert", "--passphrase-file", pass, "--to", "openssh", "-o", "-", putIn(t, dir, file, data))
				return code, stderr
			}
			if code, stderr := ask("sound", golden.Data, right); code != 0 {
				t.Fatalf("sound: exit code %d, %s", code, stderr)
			}
			if code, stderr := ask("sound", golden.Data, other); code != exitPassphrase || !strings.Contains(stderr, wrong) {
				t.Errorf("wrong passphrase: exit code %d, %s", code, stderr)
			}
			lacking := replaceIn(t, golden.Data, c.from, c.to)
			for _, pass := range []string{right, other} {
				if code, stderr := ask("lacking", lacking, pass); code != exitFailed || !strings.Contains(stderr, "unsupported cipher") && !strings.Contains(stderr, "unsupported encryption") {
					t.Errorf("missing cipher: exit code %d, %s", code, stderr)
				}
			}
			code, stderr := ask("damaged", c.damaged(golden.Data), right)
			if code != c.exit || !strings.Contains(stderr, c.says) || c.exit == exitFailed && (strings.Contains(stderr, wrong) || strings.Contains(stderr, "unsupported")) {
				t.Errorf("damaged: exit code %d, %s", code, stderr)
			}
			if code, stderr := ask("damaged", c.damaged(golden.Data), other); code != exitPassphrase || !strings.Contains(stderr, wrong) {
				t.Errorf("damaged, and a wrong passphrase: exit code %d, %s", code, stderr)
			}
		})
	}
}

// inPayload changes a byte of a PEM block's payload, counted from the end if negative.
func inPayload(at int) func([]byte) []byte {
	return func(data []byte) []byte {
		block, _ := pem.Decode(data)
		if at < 0 {
			block.Bytes[len(block.Bytes)+at] ^= 1
		} else {
			block.Bytes[at] ^= 1
		}
		return pem.EncodeToMemory(block)
	}
}

// inText changes a letter of base64 that comes so far behind a word.
func inText(word string, behind int) func([]byte) []byte {
	return func(data []byte) []byte {
		data = bytes.Clone(data)
		at := bytes.Index(data, []byte(word)) + behind
		for data[at] == 'A' || data[at] == '\n' || data[at] == '\r' {
			at++
		}
		data[at] = 'A'
		return data
	}
}

// replaceIn replaces a name in a file's text or in its payload, all of one length.
func replaceIn(t *testing.T, data []byte, from, to string) []byte {
	t.Helper()
	if bytes.Contains(data, []byte(from)) {
		return bytes.Replace(data, []byte(from), []byte(to), 1)
	}
	block, _ := pem.Decode(data)
	if block == nil || !bytes.Contains(block.Bytes, []byte(from)) {
		t.Fatalf("there is no %q in it: %s", from, base64.StdEncoding.EncodeToString(data[:40]))
	}
	block.Bytes = bytes.Replace(block.Bytes, []byte(from), []byte(to), 1)
	return pem.EncodeToMemory(block)
}
