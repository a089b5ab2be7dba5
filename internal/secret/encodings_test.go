package secret

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// said lists forms as "name given hex".
func said(list []Encoding) []string {
	var all []string
	for _, e := range list {
		all = append(all, fmt.Sprintf("%s <- %s: %x", e.Name, e.Given, []byte(e.Bytes)))
	}
	return all
}

// The bytes are Python's codecs cp1252, cp437, cp850, euc_jp and iso8859_15, and its
// unicodedata.normalize; those of CP932 are Windows' table c_932.nls.
func TestEncodings(t *testing.T) {
	for _, c := range []struct {
		text string
		want map[EncodingName]string
	}{
		{"pässwörd", map[EncodingName]string{
			CP1252: "70e4737377f67264", CP437: "7084737377947264", NFD: "7061cc88737377 6fcc887264"}},
		{"パスワード鍵", map[EncodingName]string{
			CP932: "8370835883 8f815b83688cae", EUCJP: "a5d1a5b9a5efa1bca5c9b8b0"}},
		{"がぎぐ", map[EncodingName]string{
			CP932: "82aa82ac82ae", NFD: "e3818be38299e3818de38299e3818fe38299"}},
		{"€5", map[EncodingName]string{CP1252: "8035", Latin9: "a435"}},
		{"é", map[EncodingName]string{CP1252: "e9", CP437: "82", NFD: "65cc81"}},
		{"ßø", map[EncodingName]string{CP1252: "dff8", CP850: "e19b"}},
		{"①㈱Ⅲ髙纊", map[EncodingName]string{CP932: "8740878a8756fbfcfa5c"}},
		{"ⅰⅹ＂釞黑﨑ｱ表", map[EncodingName]string{CP932: "fa40fa49fa57fbbcfc4bfab1b1955c"}},
		{"〜", map[EncodingName]string{CP932: "8160", UTF8Wave: "efbd9e", EUCJP: "a1c1"}},
		{"～", map[EncodingName]string{CP932: "8160", UTF8Wave: "e3809c"}},
		{"‖−―¢£¬", map[EncodingName]string{CP932: "8161817c815c8191819281ca"}},
		{"¥5", map[EncodingName]string{CP932: "5c35", CP1252: "a535"}},
		{"naïve~〜", map[EncodingName]string{
			NFD: "6e6169cc8876657ee3809c", UTF8Wave: "6e61c3af76657eefbd9e", CP932Fit: "6e616976657e8160", CP1252Fit: "6e61ef76657e3f"}},
		{"łżø𠮟é", map[EncodingName]string{CP1252Fit: "6c7af83f3fe9", CP932Fit: "3f3f6f3f3f65"}},
		{"パス", map[EncodingName]string{CP1252Fit: "3f3f"}},
		{"ﾊﾟｽ", map[EncodingName]string{CP932: "cadfbd"}},
	} {
		found := map[EncodingName][]string{}
		for _, e := range Encodings([]byte(c.text)) {
			found[e.Name] = append(found[e.Name], hex.EncodeToString(e.Bytes))
			if string(e.Text) != c.text || e.Given != UTF8 {
				t.Errorf("%s, %s: the text %q, given in %s", c.text, e.Name, []byte(e.Text), e.Given)
			}
		}
		for name, want := range c.want {
			if want = strings.ReplaceAll(want, " ", ""); fmt.Sprint(found[name]) != "["+want+"]" {
				t.Errorf("%s in %s: %v, want %s", c.text, name, found[name], want)
			}
		}
	}
}

func TestEncodingsOfWhatWindowsWrote(t *testing.T) {
	for _, c := range []struct {
		given, page, text string
	}{
		{"\x83p\x83X\x83\x8f\x81[\x83h", "CP932", "パスワード"},
		{"p\xe4ssw\xf6rd", "CP1252", "pässwörd"},
		{"p\x84ssw\x94rd", "CP437", "pässwörd"},
		{"\x805", "CP1252", "€5"},
	} {
		ok := false
		for _, e := range Encodings([]byte(c.given)) {
			ok = ok || e.Name == UTF8 && string(e.Given) == c.page && string(e.Bytes) == c.text && string(e.Text) == c.text
			if !utf8.Valid(e.Text) {
				t.Errorf("%x: its text is %x", c.given, []byte(e.Text))
			}
		}
		if !ok {
			t.Errorf("%x: no %s of %s: %v", c.given, c.text, c.page, said(Encodings([]byte(c.given))))
		}
	}
	// What the console wrote, the window reads otherwise.
	list := said(Encodings([]byte("p\x84ssw\x94rd")))
	if !strings.Contains(fmt.Sprint(list), "CP1252 <- CP437: 70e4737377f67264") {
		t.Errorf("no CP1252 of CP437: %v", list)
	}
}

func TestEncodingsOfWhatSlippedIn(t *testing.T) {
	for given, want := range map[string]string{
		"secret\r":             "secret",
		"secret\n":             "secret",
		"secret ":              "secret",
		"\ufeffsecret":         "secret",
		"\ufeffsecret\r\n":     "secret",
		"\xff\xfes\x00e\x00":   "se",
		"\xfe\xff\x00s\x00e":   "se",
		"\xff\xfes\x00\r\x00":  "s",
		"パス\u3000":             "パス",
		"\x83p\x83X\r":         "\x83p\x83X",
		"secret with blanks\t": "secret with blanks",
	} {
		found := false
		for _, e := range Encodings([]byte(given)) {
			found = found || e.Name == Trimmed && string(e.Bytes) == want
		}
		if !found {
			t.Errorf("%q: %v, want %q", given, said(Encodings([]byte(given))), want)
		}
	}
	if got := fmt.Sprint(said(Encodings([]byte("がぎ\r")))); !strings.Contains(got, "CP932 <- UTF-8: 82aa82ac]") && !strings.Contains(got, "CP932 <- UTF-8: 82aa82ac ") {
		t.Errorf("no CP932 without the CR: %s", got)
	}
}

// ASCII is the same everywhere: a wrong passphrase costs no second derivation.
func TestEncodingsOfASCII(t *testing.T) {
	for _, given := range []string{"", "secret", "with blanks", ` \~|`, " ", "\r\n"} {
		if list := Encodings([]byte(given)); len(list) > 0 {
			t.Errorf("%q: %v", given, said(list))
		}
	}
}

// No form comes twice, none is the passphrase itself, the input stays as it is.
func FuzzEncodings(f *testing.F) {
	for _, s := range []string{"pässwörd", "パスワード鍵", "がぎぐ\r", "\ufeff€5", "\xff\xfea\x00\r\x00", "\x83p\x83X", "~〜～", "\xff\xfe\x00\xd8"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, given []byte) {
		before := bytes.Clone(given)
		seen := map[string]bool{string(given): true}
		for _, e := range Encodings(given) {
			if seen[string(e.Bytes)] || len(e.Bytes) == 0 || e.Name == "" || e.Given == "" {
				t.Errorf("%x: %s %x", given, e.Name, []byte(e.Bytes))
			}
			seen[string(e.Bytes)] = true
		}
		if !bytes.Equal(given, before) {
			t.Errorf("%x was written into", before)
		}
		if len(seen) > 50 {
			t.Errorf("%x: %d forms", given, len(seen))
		}
	})
}

func TestEncodingsShowNothing(t *testing.T) {
	for _, e := range Encodings([]byte(hidden + "é")) {
		if s := fmt.Sprintf("%v %+v %#v %s", e, e, e, e.Bytes); strings.Contains(s, hidden) {
			t.Errorf("%s shows the passphrase", e.Name)
		}
	}
}

// puttygen 0.83 keeps a mark of a passphrase file, and openssl 3 a CR too.
func TestAsWritten(t *testing.T) {
	for content, want := range map[string]string{
		"pass\n":                    "[]",
		"pass":                      "[]",
		"pass\r\n":                  "[70617373 0d]",
		"\ufeffpass\n":              "[efbbbf 70617373]",
		"\ufeffpass\r\n":            "[efbbbf 70617373] [efbbbf 70617373 0d]",
		"\xff\xfep\x00\r\x00\n\x00": "[]",
	} {
		file := filepath.Join(t.TempDir(), "pw")
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		s := New(Config{File: file})
		pass, err := s.Passphrase(t.Context(), "", 1)
		var got []string
		for _, e := range s.AsWritten() {
			got = append(got, fmt.Sprintf("[%x]", []byte(e.Bytes)))
			if !bytes.Equal(e.Text, pass) {
				t.Errorf("%q: its text %q", content, []byte(e.Text))
			}
		}
		want = strings.ReplaceAll(strings.ReplaceAll(want, " ", ""), "][", "] [")
		if err != nil || strings.Join(got, " ") != strings.TrimPrefix(want, "[]") {
			t.Errorf("%q: %v, %v; want %s", content, got, err, want)
		}
	}
}

func BenchmarkEncodings(b *testing.B) {
	for b.Loop() {
		Encodings([]byte("パスワード鍵"))
	}
}
