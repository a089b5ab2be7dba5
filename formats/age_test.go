package formats

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sshkeys/keytool"
)

// TestBech32: the vectors of BIP 173 for whole bytes, and what it refuses.
func TestBech32(t *testing.T) {
	data := []byte{0x75, 0x1e, 0x76, 0xe8, 0x19, 0x91, 0x96, 0xd4, 0x54, 0x94, 0x1c, 0x45, 0xd1, 0xb3, 0xa3, 0x23, 0xf1, 0x43, 0x3b, 0xd6}
	for n := range len(data) {
		text := encodeBech32("age", data[:n])
		letters := strings.TrimPrefix(text, "age1")
		if back, problem := decodeBech32("age", letters); problem != "" || !bytes.Equal(back, data[:n]) {
			t.Errorf("%d bytes come back as %x: %s", n, back, problem)
		}
		for i := range letters {
			for _, c := range "qpb1Q " {
				if rune(letters[i]) == c {
					continue
				}
				if _, problem := decodeBech32("age", letters[:i]+string(c)+letters[i+1:]); problem == "" {
					t.Errorf("%s with %q for its letter %d is read", text, c, i)
				}
			}
		}
		if _, problem := decodeBech32("agf", letters); problem == "" {
			t.Error("another prefix is read")
		}
	}
	if got := encodeBech32("a", nil); got != "a12uel5l" { // BIP 173, valid strings
		t.Errorf("the empty text is %s", got)
	}
	for _, groups := range [][]byte{{1}, {0, 1}, {0, 0, 0}} { // a letter too many, and bits that are not zero
		state := bech32State("age", groups, make([]byte, 6)) ^ 1
		letters := ""
		for i := range 6 {
			groups = append(groups, byte(state>>(5*(5-i)))&31)
		}
		for _, g := range groups {
			letters += string(bech32Letters[g])
		}
		if _, problem := decodeBech32("age", letters); problem != "bits are left over" {
			t.Errorf("%v: %q", groups, problem)
		}
	}
}

// TestAgeFiles: what stands around the one line, and what is refused of it.
func TestAgeFiles(t *testing.T) {
	k, err := keytool.NewX25519([]byte(scalarText()), "")
	if err != nil {
		t.Fatal(err)
	}
	other, err := keytool.NewX25519([]byte(strings.Repeat("o", 32)), "")
	if err != nil {
		t.Fatal(err)
	}
	identity := strings.ToUpper(encodeBech32(ageSecretPrefix, []byte(scalarText())))
	damaged := identity[:30] + "Q" + identity[31:]
	for _, c := range []struct{ name, text, comment, problem string }{
		{"bare", identity, "", ""},
		{"blanks", "\n  " + identity + " \r\n\n", "", ""},
		{"commented", "# created: 2026-01-01\n# public key: " + ageRecipient(k) + "\n#   two blanks more\n# second\n" + identity + "\n", "  two blanks more", ""},
		{"torn statement", "# public key: " + ageRecipient(other)[:40] + "\n" + identity, "", ""},
		{"other's statement", "# public key: " + ageRecipient(other) + "\n" + identity, "", "the public key in the comment line is not that of the identity"},
		{"damaged", damaged, "", "line 1: identity: wrong checksum"},
		{"small letters", ageSecretX25519 + strings.ToLower(identity[len(ageSecretX25519):]), "", "small letters"},
		{"short", strings.ToUpper(encodeBech32(ageSecretPrefix, []byte("short"))), "", "5 bytes, should be 32"},
		{"two", identity + "\n" + identity, "", "number of keys (2)"},
		{"hybrid", "#\nAGE-SECRET-KEY-PQ-1QQQQ", "", "post-quantum identity"},
		{"plugin", "AGE-PLUGIN-YUBIKEY-1QQQQ", "", "age-plugin-yubikey"},
		{"no plugin", "AGE-PLUGIN-\x80-1QQQQ", "", "no plugin's name"},
		{"new kind", "AGE-SECRET-KEY-NEW-1QQQQ", "", "neither AGE-SECRET-KEY-1"},
		{"recipient", ageRecipient(k), "", ""},
		{"recipient with comment", "# lab\n" + ageRecipient(k), "lab", ""},
		{"hybrid recipient", "age1pq1qqqq", "", "recipient of the kind age1pq1"},
		{"plugin's recipient", "\n" + encodeBech32("age1yubikey", []byte(scalarText())), "", "recipient of the kind age1yubikey1"},
		{"damaged recipient", "\n" + ageRecipient(k)[:50], "", "line 2: recipient: wrong checksum"},
		{"weak recipient", encodeBech32("age", make([]byte, 32)), "", "small order"},
	} {
		got, err := openText(c.text)
		if c.problem != "" {
			if err == nil || !strings.Contains(err.Error(), c.problem) {
				t.Errorf("%s: %v, want %q", c.name, err, c.problem)
			}
			continue
		}
		if err != nil || !got.Equal(k) || got.Comment() != c.comment {
			t.Errorf("%s: %v, comment %q: %v", c.name, got, got.Comment(), err)
		}
	}
}

func openText(text string) (*keytool.Key, error) {
	e, err := Parse([]byte(text), DefaultLimits())
	if err != nil {
		return nil, err
	}
	return e.Open(nil)
}

// TestAgeComments: a comment that would read as a line of age-keygen's own, or
// lose its end, is told as a loss.
func TestAgeComments(t *testing.T) {
	k, err := keytool.NewX25519([]byte(scalarText()), "")
	if err != nil {
		t.Fatal(err)
	}
	for comment, kept := range map[string]bool{
		"taro@lab 太郎": true, " before": true, "# sign": true, "AGE-SECRET-KEY-1": true, "": true,
		"created: today": false, "public key: age1": false, "after ": false,
	} {
		named := k.WithComment(comment)
		losses, err := Fit(Age, named)
		if err != nil || (len(losses) == 0) != kept {
			t.Errorf("%q: losses %v, %v", comment, losses, err)
		}
		checkAgain(t, Age, named)
		checkAgain(t, AgePublic, named.Public())
	}
}

// TestAgeNoLeak: no error shows a run of a broken identity's letters.
func TestAgeNoLeak(t *testing.T) {
	identity := strings.ToUpper(encodeBech32(ageSecretPrefix, []byte("0123456789abcdefghijklmnopqrstuv")))
	letters := strings.TrimPrefix(identity, ageSecretX25519)
	for i := range identity {
		for _, c := range []string{"", "1", "-", "-1", "B", " ", "\n", "\x80"} {
			e, err := Parse([]byte(identity[:i]+c+identity[i+1:]), DefaultLimits())
			text := fmt.Sprintf("%v %+v %q", err, err, err)
			if e != nil {
				text += fmt.Sprintf("%+v %v", *e, e.CanOpen())
			}
			for at := 0; at+8 <= len(letters); at++ {
				if strings.Contains(strings.ToUpper(text), letters[at:at+8]) {
					t.Fatalf("%q in the place of letter %d: %s", c, i, text)
				}
			}
		}
	}
}

// FuzzAge: as FuzzCrypt4GH.
func FuzzAge(f *testing.F) {
	for _, g := range datasetGoldens(f, Age, AgePublic) {
		f.Add(g.Data)
	}
	f.Add([]byte("# comment\n\nAGE-PLUGIN-YUBIKEY-1QQQ\n"))
	fuzzDataset(f, DefaultLimits(), Age, AgePublic)
}
