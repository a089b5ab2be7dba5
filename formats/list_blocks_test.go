package formats

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// goldenText is a golden key file.
func goldenText(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(testkeys.Dir(t), "keys", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(data)) + "\n"
}

// A private key pasted into a list is one, over its own lines, whatever pasting did.
func TestPrivateBlocks(t *testing.T) {
	public := goldenText(t, "ed25519/openssh.pub")
	openssh, ppk := goldenText(t, "ed25519/openssh"), goldenText(t, "ed25519/ppk3")
	locked := goldenText(t, "rsa2048/pkcs1.aes128.pem")
	dashes := strings.NewReplacer("-----BEGIN", "–BEGIN", "KEY-----", "KEY–", "-----END", "–END")
	prefix := func(mark, text string) string {
		return mark + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n"+mark) + "\n"
	}
	lines := func(text string) []string { return slices.Collect(strings.Lines(text)) }
	for name, text := range map[string]string{
		"openssh": openssh, "ppk": ppk, "locked": locked,
		"pkcs8": goldenText(t, "rsa2048/pkcs8.pem"), "ppk2": goldenText(t, "rsa2048/ppk2"), "ppk3 locked": goldenText(t, "rsa2048/ppk3.argon2id"),
		"dashes":       dashes.Replace(openssh),
		"three dashes": strings.ReplaceAll(openssh, "-----", "---"),
		"no dashes":    strings.ReplaceAll(openssh, "-----", ""),
		"lower case":   strings.Replace(openssh, "BEGIN OPENSSH", "begin openssh", 1),
		"letter":       strings.Replace(openssh, "BEGIN OPENSSH", "BEGIN OPENSSSH", 1),
		"quoted":       `KEY="` + strings.TrimSpace(openssh) + "\"\n",
		"one line":     `KEY="` + strings.ReplaceAll(openssh, "\n", `\n`) + "\"\n",
		"mail":         prefix("> ", openssh), "mailed ppk": prefix("> ", ppk), "indented ppk": prefix("    ", ppk),
		"windows": strings.ReplaceAll(ppk, "\n", "\r\n"),
		"spaces":  strings.ReplaceAll(strings.TrimSpace(ppk), "\n", " ") + "\n",
		"no end":  strings.Join(lines(openssh)[:6], ""), "no begin": strings.Join(lines(openssh)[1:], ""),
		"no end, locked": strings.Join(lines(locked)[:20], ""), "no begin, locked": strings.Join(lines(locked)[1:], ""),
		"ppk cut off": strings.Join(lines(ppk)[:8], ""), "ppk without its first line": strings.Join(lines(ppk)[1:], ""),
		"bare": strings.Join(lines(openssh)[1:6], ""),
	} {
		t.Run(name, func(t *testing.T) {
			for _, around := range []string{"", public, "# the lab\n", "some prose here and there\n", "\n\n"} {
				list := around + text + around
				before := strings.Count(around, "\n")
				want := []Edit{{before + 1, PrivateKey, before + strings.Count(text, "\n")}}
				if got := PrivateBlocks([]byte(list)); !slices.Equal(got, want) {
					t.Errorf("behind %q: %v, want %v", fmt.Sprintf("%.12s", around), got, want)
				}
			}
		})
	}
}

func TestPrivateBlocksNone(t *testing.T) {
	for _, name := range []string{
		"lists/authorized_keys", "lists/known_hosts", "lists/known_hosts.hashed", "rsa2048/openssh.pub", "rsa2048/rfc4716.puttygen",
		"rsa2048/spki.pem", "ed25519/cert.pub",
	} {
		if got := PrivateBlocks([]byte(goldenText(t, name))); got != nil {
			t.Errorf("%s: %v", name, got)
		}
	}
	for _, text := range []string{"", "\n", "- - - -", "# private key of the lab:\n", "Comment: x\n", "-----BEGIN\n-----END\n", "\xff\xfe"} {
		if got := PrivateBlocks([]byte(text)); got != nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestPrivateBlocksOfMany(t *testing.T) {
	openssh, ppk := goldenText(t, "ed25519/openssh"), goldenText(t, "ed25519/ppk3")
	got := PrivateBlocks([]byte(openssh + ppk + ppk + "prose\n" + openssh))
	n, m := strings.Count(openssh, "\n"), strings.Count(ppk, "\n")
	want := []Edit{{1, PrivateKey, n}, {n + 1, PrivateKey, n + m}, {n + m + 1, PrivateKey, n + 2*m}, {n + 2*m + 2, PrivateKey, 2*n + 2*m + 1}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

func TestBlockMarks(t *testing.T) {
	for line, want := range map[string][2]bool{
		"-----BEGIN OPENSSH PRIVATE KEY-----":                                {true, false},
		"–END OPENSSH PRIVATE KEY–\n":                                        {false, true},
		`"-----BEGIN PRIVATE KEY-----\nMC4CAQAw\n-----END PRIVATE KEY-----"`: {true, true},
		"-----END RSA PRIVATE KEY----- -----BEGIN RSA PRIVATE KEY-----":      {true, false},
		"---- BEGIN SSH2 PUBLIC KEY ----":                                    {true, false},
		"PuTTY-User-Key-File-3: ssh-ed25519":                                 {true, false},
		"Private-MAC: 00":                                                    {false, true},
		"# my keys":                                                          {},
		"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAdyVEj9X0dxqmOc/Riw5Zre7mqsjttQnvDFOeZ5c05O": {},
	} {
		if begins, ends := BlockMarks([]byte(line)); begins != want[0] || ends != want[1] {
			t.Errorf("%s: %v, %v", line, begins, ends)
		}
	}
}

// Whatever stands in a list, the blocks are lines of it, in order.
func FuzzPrivateBlocks(f *testing.F) {
	for _, seed := range []string{
		"–BEGIN OPENSSH PRIVATE KEY–\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU=\n–END OPENSSH PRIVATE KEY–\n", "-----END PRIVATE KEY-----",
		"x\nPuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\nComment: \nPublic-Lines: 1\nAAAA\nPrivate-Lines: 1\nAAAA\nPrivate-MAC: 00\n",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, list []byte) {
		BlockMarks(list)
		last := 0
		for _, b := range PrivateBlocks(list) {
			if b.Line <= last || b.Last < b.Line || b.Last > 1+strings.Count(string(list), "\n") {
				t.Fatalf("%+v", b)
			}
			last = b.Last
		}
	})
}
