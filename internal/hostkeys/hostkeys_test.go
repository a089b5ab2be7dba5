package hostkeys

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"sshkeys/formats"
	"sshkeys/keytool"
)

func TestMatchList(t *testing.T) {
	for _, c := range []struct {
		list, name string
		want       bool
	}{
		{"a", "a", true}, {"A", "a", true}, {"a", "b", false}, {"", "", false}, {"a,b", "b", true}, {"a,,b", "", true},
		{"*", "a.b", true}, {"*", "", true}, {"?", "", false}, {"?", "a", true}, {"a?c", "abc", true}, {"a*c", "abbc", true},
		{"a*c", "abbd", false}, {"*.b", "a.b", true}, {"*.b", "b", false}, {"**a**", "xax", true}, {"a*b*c", "aXbYbZc", true},
		{"*?", "a", true}, {"*?", "", false}, {"a*?", "a", false},
		{"*,!a", "a", false}, {"!a,*", "a", false}, {"!a", "b", false}, {"!a,b", "b", true}, {"!*", "a", false},
		{"[a]:443", "[a]:443", true}, {"[*]:443", "[a]:443", true}, {"[a]", "a", false}, {"a", "[a]:443", false},
		{strings.Repeat("a", maxPattern-1), strings.Repeat("a", maxPattern-1), true},
		{"a," + strings.Repeat("b", maxPattern), "a", false}, {"!a," + strings.Repeat("b", maxPattern), "a", false},
	} {
		if got := matchList([]byte(c.list), c.name); got != c.want {
			t.Errorf("%.40q and %.40q: %v", c.list, c.name, got)
		}
	}
}

// TestHostilePattern: what takes OpenSSH's own way of matching forever.
func TestHostilePattern(t *testing.T) {
	if matchList([]byte(strings.Repeat("*a", 500)+"b"), strings.Repeat("a", 250)) {
		t.Error("it matches")
	}
}

func TestParseHost(t *testing.T) {
	for _, c := range []struct {
		text string
		port int
		want Host
		err  error
	}{
		{"gw.example", 0, Host{"gw.example", 0}, nil}, {"gw.example", 443, Host{"gw.example", 443}, nil},
		{"gw.example:443", 22, Host{"gw.example", 443}, nil}, {"[gw.example]:443", 0, Host{"gw.example", 443}, nil},
		{"[gw.example]", 2, Host{"gw.example", 2}, nil}, {"192.0.2.1:22", 0, Host{"192.0.2.1", 22}, nil},
		{"2001:db8::1", 443, Host{"2001:db8::1", 443}, nil}, {"[2001:db8::1]:443", 0, Host{"2001:db8::1", 443}, nil},
		{"fe80::1%eth0", 0, Host{"fe80::1%eth0", 0}, nil}, {"*.example", 0, Host{"*.example", 0}, nil},
		{"", 0, Host{}, ErrNoHost}, {":22", 0, Host{}, ErrNoHost}, {"[]:22", 0, Host{}, ErrNoHost}, {"a b", 0, Host{}, ErrNoHost},
		{"a,b", 0, Host{}, ErrNoHost}, {"[a", 0, Host{}, ErrNoHost}, {"[a]b", 0, Host{}, ErrNoHost}, {"|1|x|y", 0, Host{}, ErrNoHost},
		{"taro@gw", 0, Host{}, ErrNoHost}, {"a\x00", 0, Host{}, ErrNoHost},
		{"a:", 0, Host{}, ErrBadPort}, {"a:0", 0, Host{}, ErrBadPort}, {"a:65536", 0, Host{}, ErrBadPort}, {"a:ssh", 0, Host{}, ErrBadPort},
		{"[a]:-1", 0, Host{}, ErrBadPort}, {"[a]:+1", 0, Host{}, ErrBadPort},
	} {
		if got, err := ParseHost(c.text, c.port); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
}

// long is a line over the limit.
func long(host string) string {
	return host + " " + key1 + " " + strings.Repeat("x", formats.MaxLine) + "\n"
}

const (
	key1 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFpJXZqsNyti+CKg4zDxa4mp7luDhq+HjVcH+0jxBwQR"
	key2 = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKpJXZqsNyti+CKg4zDxa4mp7luDhq+HjVcH+0jxBwQR"
)

// TestFind reads in pieces of any size; what is too long is passed over and counted.
func TestFind(t *testing.T) {
	text := "a " + key1 + "\r\n" + long("a") + "\n@revoked b,a " + key2 + " c\n[a]:443 " + key1 + "\na ssh-ed25519 zzz\n" + long("a") + "a " + key1
	hosts := []Host{{"A", 0}, {"a", 443}, {"b", 22}}
	for name, wrap := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytes": iotest.OneByteReader, "with error": iotest.DataErrReader} {
		found, err := Find(wrap(strings.NewReader(text)), "f", hosts)
		if err != nil || !slices.Equal(numbers(found), []int{1, 4, 5, 6, 8}) {
			t.Fatalf("%s: lines %v, %v", name, numbers(found), err)
		}
		if l := found[1]; l.Marker != RevokedKey || l.Hosts != "b,a" || l.Type != "ssh-ed25519" || l.Key == nil || !slices.Equal(l.For, []Host{hosts[0], hosts[2]}) || l.File != "f" {
			t.Errorf("%s: %+v", name, l)
		}
		if l := found[2]; !l.Names(Host{"A", 443}) || l.Names(Host{"a", 0}) {
			t.Errorf("%s: it is for %v", name, l.For)
		}
		if found[0].Key == nil || found[3].Key != nil || found[4].Key == nil {
			t.Errorf("%s: the wrong keys were read", name)
		}
	}
	broken := errors.New("broken")
	if _, err := Find(io.MultiReader(strings.NewReader(text), iotest.ErrReader(broken)), "f", hosts); !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
}

func TestOthers(t *testing.T) {
	for field, want := range map[string][]string{
		"a": nil, "A,b": nil, "a,c": {"c"}, "[a]:443,a": {"[a]:443"}, "*,!x": {"*", "!x"},
	} {
		removal := Remove([]byte(field+" "+key1), "f", []Host{{"a", 22}, {"b", 0}})
		if len(removal.Gone) != 1 || !slices.Equal(removal.Gone[0].Others(), want) {
			t.Errorf("%s: %v", field, removal.Gone)
		}
	}
	salt := []byte("12345678901234567890")
	removal := Remove([]byte(hashOf(salt, "[a]:443")+" "+key1), "f", []Host{{"A", 443}})
	if len(removal.Gone) != 1 || removal.Gone[0].Others() != nil || !removal.Gone[0].Hashed {
		t.Errorf("hashed: %v", removal.Gone)
	}
}

// pieces are what texts of the property test are made of.
var pieces = []string{
	"a", "b", ",", "!", "*", "?", "[a]:443", " ", "\t", "\n", "\r\n", "\x00", "#", "@revoked ", "@cert-authority ", key1, key2,
	hashOf(make([]byte, 20), "a"), "|1|", "ssh-rsa", "AAAA", "\xff", "\ufeff",
}

// TestNoLineIsLost: the lines that are left and those that went are the file, in its
// order; what goes was found; once gone it is gone.
func TestNoLineIsLost(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	gone := 0
	for range 20_000 {
		var text strings.Builder
		for range r.IntN(30) {
			text.WriteString(pieces[r.IntN(len(pieces))])
			if r.IntN(4) == 0 {
				text.WriteString("a " + key1 + "\n")
			}
		}
		gone += holds(t, []byte(text.String()))
	}
	if gone < 10_000 {
		t.Errorf("only %d lines went", gone)
	}
}

// holds checks what is true of any file, and returns how many lines went.
func holds(t *testing.T, data []byte) int {
	t.Helper()
	hosts := []Host{{"a", 22}, {"a", 443}}
	before := bytes.Clone(data)
	removal := Remove(data, "f", hosts)
	if !bytes.Equal(before, data) {
		t.Fatalf("%q was written to", before)
	}
	found, err := Find(bytes.NewReader(data), "f", hosts)
	if err != nil {
		t.Fatal(err)
	}
	var whole []byte
	number, rest, went := 0, removal.Rest, removal.Gone
	for raw := range bytes.Lines(data) {
		if number++; len(went) > 0 && went[0].Number == number {
			whole, went = append(whole, raw...), went[1:]
			continue
		}
		if !bytes.HasPrefix(rest, raw) {
			t.Fatalf("%q: line %d is lost", data, number)
		}
		whole, rest = append(whole, rest[:len(raw)]...), rest[len(raw):]
	}
	if !bytes.Equal(whole, data) || len(rest)+len(went) > 0 {
		t.Fatalf("%q: %q is left over", data, rest)
	}
	both := append(numbers(removal.Gone), numbers(removal.Kept)...)
	slices.Sort(both)
	if !slices.Equal(both, numbers(found)) {
		t.Fatalf("%q: found in %v, removed or kept %v", data, numbers(found), both)
	}
	if again := Remove(removal.Rest, "f", hosts); len(again.Gone) > 0 || !bytes.Equal(again.Rest, removal.Rest) {
		t.Fatalf("%q: the second time %v went", data, again.Gone)
	}
	return len(removal.Gone)
}

func FuzzRemove(f *testing.F) {
	f.Add([]byte(strings.Join(generate(20, junk), "\n")))
	for _, line := range junk {
		f.Add([]byte(line))
	}
	for _, piece := range pieces {
		f.Add([]byte("a," + piece + " " + key1 + "\n" + piece + key2))
	}
	f.Fuzz(func(t *testing.T, data []byte) { holds(t, data) })
}

// hashOf is a name hashed under a salt, as ssh-keygen -H writes it.
func hashOf(salt []byte, name string) string {
	h := hmac.New(sha1.New, salt)
	h.Write([]byte(name))
	return hashMark + base64.StdEncoding.EncodeToString(salt) + "|" + base64.StdEncoding.EncodeToString(h.Sum(nil))
}

// TestHash: only the one form that OpenSSH writes is a hashed name.
func TestHash(t *testing.T) {
	good := hashOf([]byte("12345678901234567890"), "a")
	for field, want := range map[string]bool{
		good: true, good + "=": false, good[:len(good)-1]: false, strings.Replace(good, "|1|", "|2|", 1): false, good + "|": false,
		hashMark + good: false, hashOf([]byte("1234567890123456789"), "a"): false, hashOf([]byte("123456789012345678901"), "a"): false,
		good[:len(good)-2] + "B=": false, hashOf([]byte("12345678901234567890"), "A"): false, "|": false, "|1|": false, "|1||": false,
	} {
		got, err := Find(strings.NewReader(field+" "+key1), "f", []Host{{"a", 22}})
		if err != nil || (len(got) == 1) != want {
			t.Errorf("%s: %v, %v", field, got, err)
		}
	}
}

func TestCertifies(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	gw := Host{"GW.example", 443}
	for _, c := range []struct {
		cert keytool.CertificateInfo
		want bool
	}{
		{keytool.CertificateInfo{Host: true}, true},
		{keytool.CertificateInfo{Host: false}, false},
		{keytool.CertificateInfo{Host: true, Principals: []string{"a", "gw.example"}}, true},
		{keytool.CertificateInfo{Host: true, Principals: []string{"*.example"}}, true},
		{keytool.CertificateInfo{Host: true, Principals: []string{"gw", "[gw.example]:443"}}, false},
		{keytool.CertificateInfo{Host: true, ValidAfter: at, ValidBefore: at.Add(1)}, true},
		{keytool.CertificateInfo{Host: true, ValidAfter: at.Add(1)}, false},
		{keytool.CertificateInfo{Host: true, ValidBefore: at}, false},
	} {
		if got := certifies(&c.cert, gw, at); got != c.want {
			t.Errorf("%+v: %v", c.cert, got)
		}
	}
}
