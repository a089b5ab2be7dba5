package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sshkeys/internal/testkeys"
)

// scan is ScanList's entries; a key is told by its fingerprint.
func scan(t testing.TB, r io.Reader) []string {
	t.Helper()
	var all []string
	err := ScanList(r, func(e Entry) error {
		all = append(all, describeEntry(e))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func describeEntry(e Entry) string {
	key := "-"
	if e.Key != nil {
		key = e.Key.Fingerprint()[7:15]
	}
	return fmt.Sprintf("%d|%s|%s|%s|%s|%s|%v", e.Line, e.Options, e.Marker, e.Hosts, key, e.Comment, e.Err)
}

func TestScanListFields(t *testing.T) {
	ed, rsa := words(t, "ed25519"), words(t, "rsa1024")
	list := strings.Join([]string{
		"# comment", "", " \t",
		ed + " a b",
		`command="echo \"hi\" # x",restrict ` + rsa,
		"h1,*.h2,!h3 " + ed + " # kept",
		"@revoked\t[h]:22 \t" + rsa,
		"|1|c2FsdA==|aGFzaA== " + ed,
		"hello world, what is this",
		"ssh-ed25519 AAAA broken",
		"h4 ssh-rsa AAAAB3Nz broken",
		"1024 35 " + strings.Repeat("1234567890", 31) + " old",
		`from="x" 1024 35 ` + strings.Repeat("1234567890", 31),
		ed + "\x00after a NUL",
		"10 " + ed + " no newline",
	}, "\n")
	want := []string{
		"4||||SehFtMBP|a b|<nil>",
		`5|command="echo \"hi\" # x",restrict|||8eC5E9Oe||<nil>`,
		"6|||h1,*.h2,!h3|SehFtMBP|# kept|<nil>",
		"7||@revoked|[h]:22|8eC5E9Oe||<nil>",
		"8||||1|c2FsdA==|aGFzaA==|SehFtMBP||<nil>",
		"9||||-||damaged authorized_keys list file: line 9: no key in it",
		"10||||-||damaged authorized_keys list file: line 10: base64 text, field key type: at byte 0: 4 bytes expected, 3 left",
		"11|||h4|-||damaged known_hosts list file: line 11: base64 text, field key type: at byte 0: length 7 runs past the end (2 bytes left)",
		"12||||-||unsupported key of SSH protocol 1 in line 12 in this authorized_keys list file",
		`13|from="x"|||-||unsupported key of SSH protocol 1 in line 13 in this authorized_keys list file`,
		"14||||SehFtMBP||<nil>",
		"15|||10|SehFtMBP|no newline|<nil>",
	}
	got := scan(t, strings.NewReader(list))
	rsaPrint := testkeys.Find(t, "rsa1024", "openssh.pub").Facts.SHA256[7:15]
	for i := range want {
		want[i] = strings.ReplaceAll(want[i], "8eC5E9Oe", rsaPrint)
		if i >= len(got) || got[i] != want[i] {
			t.Fatalf("entry %d: %q, want %q", i, slices.Concat(got, []string{"missing"})[min(i, len(got))], want[i])
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d entries, want %d", len(got), len(want))
	}
}

// TestScanListEncodings: the entries are those of the plain text, however the
// bytes come in.
func TestScanListEncodings(t *testing.T) {
	for _, l := range testkeys.Lists(t) {
		want := scan(t, bytes.NewReader(l.Data))
		crlf := bytes.ReplaceAll(l.Data, []byte("\n"), []byte("\r\n"))
		for name, data := range map[string][]byte{
			"CRLF": crlf, "CR": bytes.ReplaceAll(l.Data, []byte("\n"), []byte("\r")),
			"BOM":      append([]byte("\xef\xbb\xbf"), crlf...),
			"UTF-16LE": inUTF16(l.Data, false), "UTF-16BE": inUTF16(crlf, true),
			"no end": bytes.TrimRight(l.Data, "\n"),
		} {
			for _, r := range []io.Reader{
				bytes.NewReader(data), iotest.OneByteReader(bytes.NewReader(data)), iotest.DataErrReader(bytes.NewReader(data)),
			} {
				if got := scan(t, r); !slices.Equal(got, want) {
					t.Errorf("%s as %s: %q\nwant %q", l.Name, name, got, want)
				}
			}
		}
	}
}

func TestScanListStops(t *testing.T) {
	list := strings.Repeat(words(t, "ed25519")+"\n", 10)
	stop := errors.New("stop")
	seen := 0
	err := ScanList(strings.NewReader(list), func(Entry) error {
		if seen++; seen == 3 {
			return stop
		}
		return nil
	})
	if err != stop || seen != 3 {
		t.Errorf("%v after %d entries", err, seen)
	}
	for _, start := range []string{"", "x", list} {
		broken := io.MultiReader(strings.NewReader(start), iotest.ErrReader(stop))
		if err := ScanList(broken, func(Entry) error { return nil }); err != stop {
			t.Errorf("reading fails after %d bytes: %v", len(start), err)
		}
	}
}

// TestLongLines: a line over MaxLine is one entry with its length; the lines
// around it keep their numbers.
func TestLongLines(t *testing.T) {
	ed := words(t, "ed25519")
	for _, excess := range []int{-1, 0, 1, MaxLine, 3 * MaxLine} {
		long := `environment="` + strings.Repeat("x", MaxLine-1+excess-13-len(ed)-2) + `" ` + ed
		want := "<nil>"
		if excess > 0 {
			want = fmt.Sprintf("the line's length in bytes is %d, more than the limit of %d", len(long), MaxLine-1)
		}
		for _, list := range []string{ed + "\n" + long + "\r\n" + ed, ed + "\n" + long} {
			var got []string
			err := ScanList(strings.NewReader(list), func(e Entry) error {
				got = append(got, fmt.Sprintf("%d %v", e.Line, e.Err))
				return nil
			})
			lines := []string{"1 <nil>", "2 " + want, "3 <nil>"}[:strings.Count(list, "\n")+1]
			if err != nil || !slices.Equal(got, lines) {
				t.Errorf("excess %d: %q, %v; want %q", excess, got, err, lines)
			}
		}
	}
}

// TestSurvey: which texts are lists, and of which kind.
func TestSurvey(t *testing.T) {
	ed, rsa := words(t, "ed25519"), words(t, "rsa1024")
	for _, tt := range []struct {
		text string
		want ID
	}{
		{ed + "\n" + rsa + "\n", AuthorizedKeys},
		{ed + "\nnot a key\n", AuthorizedKeys},
		{ed[:50] + "\n" + rsa[:50] + "\n", AuthorizedKeys},
		{"pty " + ed + "\nh1 " + rsa, AuthorizedKeys},
		{"h1 " + ed + "\nh1 " + rsa, KnownHosts},
		{"# x\n@revoked h1 " + ed + "\n" + rsa, KnownHosts},
		{"h1 " + ed + "\nnonsense\n", KnownHosts},
		{"h1 " + ed[:60] + "\nh2 " + rsa, KnownHosts},
		{"x-nobody-knows=\"1\" " + ed + "\n" + rsa, AuthorizedKeys},
		{ed + "\n", OpenSSHPublic},
	} {
		id, _ := Detect([]byte(tt.text))
		env, err := Parse([]byte(tt.text), DefaultLimits())
		if id != tt.want || err != nil || env.Format != tt.want || (env.Public == nil) != (tt.want != OpenSSHPublic) {
			t.Errorf("%.30q…: %s, %v; want %s", tt.text, id, err, tt.want)
		}
	}
}

// TestOptionKeywords: every option of sshd(8) is known for one.
func TestOptionKeywords(t *testing.T) {
	for _, o := range []string{
		"agent-forwarding", "cert-authority", `command="x"`, `environment="A=b"`, `expiry-time="20300101"`, `from="*"`,
		"no-agent-forwarding", "no-port-forwarding", "no-pty", "no-user-rc", "no-X11-forwarding", `permitlisten="1"`,
		`permitopen="h:1"`, "port-forwarding", `principals="a"`, "pty", "no-touch-required", "verify-required", "restrict",
		`tunnel="0"`, "user-rc", "X11-forwarding", "RESTRICT,pty",
	} {
		if !isOptions([]byte(o)) {
			t.Errorf("%s: not taken for options", o)
		}
	}
	for _, h := range []string{"pty.example.org", "restrict-net", "from", "no-restrict", "h", "h,pty", "*", "|1|a=|b=", "[::1]:22", "fe80::1%eth0"} {
		if want := h == "from"; isOptions([]byte(h)) != want {
			t.Errorf("%s: options %v", h, !want)
		}
	}
}

func inUTF16(text []byte, bigEndian bool) []byte {
	var out []byte
	for _, unit := range append([]rune{0xfeff}, []rune(string(text))...) {
		lo, hi := byte(unit), byte(unit>>8)
		if bigEndian {
			lo, hi = hi, lo
		}
		out = append(out, lo, hi)
	}
	return out
}

// FuzzList: a list reads the same in pieces of any size and in its normalised
// form, and the fast way prints what the slow way prints.
func FuzzList(f *testing.F) {
	for _, l := range testkeys.Lists(f) {
		f.Add(l.Data, byte(3))
		f.Add(bytes.ReplaceAll(l.Data, []byte("\n"), []byte("\r\n")), byte(7))
		f.Add(inUTF16(l.Data, false), byte(1))
	}
	f.Fuzz(func(t *testing.T, data []byte, size byte) {
		before := bytes.Clone(data)
		whole := scan(t, bytes.NewReader(data))
		if pieces := scan(t, &pieceReader{data, int(size) + 1}); !slices.Equal(whole, pieces) {
			t.Fatalf("in pieces of %d: %q, whole: %q", int(size)+1, pieces, whole)
		}
		// A second byte order mark would be taken for the text's own.
		if in := normalise(data); in.text != nil && !bytes.HasPrefix(in.text, []byte("\ufeff")) {
			if text := scan(t, bytes.NewReader(in.text)); !slices.Equal(whole, text) {
				t.Fatalf("normalised: %q, as it came: %q", text, whole)
			}
		}
		checkFastIsSlow(t, data)
		if !bytes.Equal(data, before) {
			t.Fatal("the input was written to")
		}
	})
}

// pieceReader reads a few bytes at a time.
type pieceReader struct {
	data []byte
	size int
}

func (r *pieceReader) Read(p []byte) (int, error) {
	if len(r.data) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.data[:min(r.size, len(r.data))])
	r.data = r.data[n:]
	return n, nil
}
