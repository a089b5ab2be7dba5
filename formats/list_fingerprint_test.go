package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// fingerprints is FingerprintList's output.
func fingerprints(t testing.TB, data []byte, opt FingerprintOptions) (string, ListStats) {
	t.Helper()
	var out bytes.Buffer
	stats, err := FingerprintList(&out, bytes.NewReader(data), opt)
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), stats
}

// inChunks runs one fingerprinter over the list, in one goroutine.
func inChunks(t testing.TB, data []byte, f *fingerprinter, chunk func([]byte)) (string, ListStats) {
	t.Helper()
	c := newChunker(bytes.NewReader(data))
	buf := make([]byte, MaxLine)
	for {
		n, err := c.next(buf)
		if err == io.EOF {
			return string(f.out), f.stats
		}
		if err != nil {
			t.Skip("a line over the limit") // TestLongLines
		}
		chunk(buf[:n])
	}
}

// checkFastIsSlow compares the fast way with readLine and keytool.NewPublic for every line.
func checkFastIsSlow(t testing.TB, data []byte) {
	t.Helper()
	for _, all := range []bool{false, true} {
		opt := FingerprintOptions{Hash: keytool.SHA256, AllLines: all}
		fast := fingerprinter{opt: opt, base64: newBase64Table()}
		got, stats := inChunks(t, data, &fast, fast.chunk)
		slow := fingerprinter{opt: opt}
		want, wantStats := inChunks(t, data, &slow, func(chunk []byte) {
			for line := range bytes.Lines(chunk) {
				slow.slow(bytes.TrimSuffix(line, []byte("\n")))
			}
		})
		if got != want || stats != wantStats {
			t.Fatalf("fast %q %v\nslow %q %v", got, stats, want, wantStats)
		}
	}
}

// keygenList is what ssh-keygen -lf prints of the list, under a UTF-8 locale.
func keygenList(t testing.TB, data []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-lf", file)
	cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("ssh-keygen -lf: %v", err)
	}
	return string(out)
}

// keygenKeys are `type base64` of every type that Debian's ssh-keygen knows,
// certificates and security keys among them.
func keygenKeys(t testing.TB) []string {
	t.Helper()
	var keys []string
	for _, g := range publicGoldens(t) {
		if alg := g.Facts.Algorithm; alg != "ssh-ed448" && !strings.Contains(alg, "mldsa") {
			keys = append(keys, strings.Join(strings.Fields(string(g.Data))[:2], " "))
		}
	}
	for plain, sk := range map[string]string{"ed25519": "sk-ssh-ed25519@openssh.com", "ecdsa256": "sk-ecdsa-sha2-nistp256@openssh.com"} {
		env, err := Parse(testkeys.Find(t, plain, "openssh.pub").Data, DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		k, err := keytool.NewPublicParams(sk, "", append(env.Public.Params(), []byte("ssh:"))...)
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, AuthorizedLine(k))
	}
	slices.Sort(keys)
	return keys
}

// comments that ssh-keygen changes or may not change.
var listComments = []string{
	"me@host", "two  words ", "tab\tin it", "a # in it", "太郎 é", "e\u0301 \u200b\u202e\u00ad", "\x01\x1b[31mred\x7f",
	"\u0085\u2028\u2029", "\xff\xfe latin-1 \xe9", "\U0001f600 \U0010ffff \U000e0fff", `back\slash "quotes"`, "ssh-rsa AAAA",
}

var listPrefixes = []string{
	"", "", "", "  ", "\t ", "no-pty ", `from="a b",command="echo \"x y\"" `, `command="a\\" `, `environment="A=#" `, "h1,192.0.2.1 ",
	"[h1]:2022 ", "|1|c2FsdA==|aGFzaA== ", "192.0.2.1 ", "0 ", "+0x ", "-1.5 ", "*.example.org\t", "@nonsense ", "cert-authority ",
}

// keygenSample is a list that ssh-keygen reads every key of. Bare keys all have
// a comment: after an earlier comment ssh-keygen 9.2 prints stale memory for a
// missing one.
func keygenSample(t testing.TB, random *rand.Rand, lines int) []byte {
	t.Helper()
	keys := keygenKeys(t)
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	var list bytes.Buffer
	for range lines {
		prefix, key, comment := pick(listPrefixes), pick(keys), pick(listComments)
		if strings.TrimSpace(prefix) != "" && random.IntN(2) == 0 {
			comment = pick([]string{"", "# no comment", " "})
		}
		fmt.Fprintf(&list, "%s%s %s\n", prefix, key, comment)
		if random.IntN(8) == 0 {
			junk := []string{"", " ", "# " + key, "junk", "ssh-rsa", "ssh-rsa AAAA x", "h1  " + key, "10 " + key + " x", "@revoked h " + key, key[1:], "a b " + key}
			list.WriteString(pick(junk) + "\n")
		}
	}
	return bytes.TrimSuffix(list.Bytes(), []byte("\n"))
}

// TestFingerprintListPeer: byte for byte what ssh-keygen -lf prints.
func TestFingerprintListPeer(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	lists := [][]byte{keygenSample(t, random, 1000), []byte(strings.Join(keygenKeys(t), "\n"))}
	for _, l := range testkeys.Lists(t) {
		lists = append(lists, l.Data)
	}
	for _, list := range lists {
		want := keygenList(t, list)
		got, _ := fingerprints(t, list, FingerprintOptions{})
		compareLines(t, got, want)
		crlf, _ := fingerprints(t, bytes.ReplaceAll(list, []byte("\n"), []byte("\r\n")), FingerprintOptions{})
		compareLines(t, crlf, want)
		checkFastIsSlow(t, list)
	}
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("line %d of %d (want %d): %q, want %q", i+1, len(g), len(w), slices.Concat(g, []string{""})[min(i, len(g))], slices.Concat(w, []string{""})[min(i, len(w))])
		}
	}
}

// TestFingerprintListDamagedPeer: of lists with changed characters, too, we
// print what ssh-keygen prints.
func TestFingerprintListDamagedPeer(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	var list bytes.Buffer
	list.WriteString(words(t, "ed25519") + " first\n")
	for _, key := range keygenKeys(t) {
		if strings.Contains(key, "-cert-") || len(key) > 400 && strings.HasPrefix(key, "ssh-rsa") {
			continue // ssh-keygen verifies certificates, NewPublic does not
		}
		for range 300 {
			damaged := []byte(key)
			for range 1 + random.IntN(2) {
				damaged[random.IntN(len(damaged))] = "Aa0=/+ \t#\"\\~"[random.IntN(12)]
			}
			list.WriteString(`no-pty ` + string(damaged) + " damaged\n")
		}
	}
	got, _ := fingerprints(t, list.Bytes(), FingerprintOptions{})
	compareLines(t, got, keygenList(t, list.Bytes()))
	checkFastIsSlow(t, list.Bytes())
}

// TestFingerprintListAllLines: the lines ssh-keygen passes over, and the counts.
func TestFingerprintListAllLines(t *testing.T) {
	ed := words(t, "ed25519")
	list := []byte(strings.Join([]string{
		ed, "@cert-authority *.org " + ed, "h1  " + ed + " two blanks", "10 " + ed, "junk", "# comment", ed[:40],
	}, "\n"))
	print := "256 " + testkeys.Find(t, "ed25519", "openssh.pub").Facts.SHA256
	const display = " (ED25519)\n"
	want := print + " no comment" + display
	got, stats := fingerprints(t, list, FingerprintOptions{})
	if counts := (ListStats{Keys: 4, Passed: 3, Failed: 2}); got != want || stats != counts {
		t.Errorf("%q %+v", got, stats)
	}
	want += print + " @cert-authority *.org" + display + print + " two blanks" + display + print + " 10" + display
	if got, _ := fingerprints(t, list, FingerprintOptions{AllLines: true}); got != want {
		t.Errorf("all lines: %q, want %q", got, want)
	}
}

// TestFingerprintListHashes: the facts of every golden under every digest.
func TestFingerprintListHashes(t *testing.T) {
	for _, g := range publicGoldens(t) {
		for _, h := range append(keytool.Hashes(), "") {
			env, err := Parse(g.Data, DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			print := env.Public.FingerprintHash(keytool.SHA256)
			if h != "" {
				print = env.Public.FingerprintHash(h)
			}
			got, _ := fingerprints(t, g.Data, FingerprintOptions{Hash: h})
			if start := fmt.Sprintf("%d %s %s (", g.Facts.Bits, print, g.Comment); !strings.HasPrefix(got, start) {
				t.Errorf("%s %s: %q, want %q", g, h, got, start)
			}
		}
		if got, _ := fingerprints(t, g.Data, FingerprintOptions{Hash: keytool.MD5}); !strings.Contains(got, g.Facts.MD5) {
			t.Errorf("%s: %q, want %s", g, got, g.Facts.MD5)
		}
	}
}

// TestFingerprintListShortRSA: a key too short for ssh-keygen is shown all the same.
func TestFingerprintListShortRSA(t *testing.T) {
	k, err := keytool.NewPublicParams("ssh-rsa", "weak", []byte{3}, append([]byte{0x80}, make([]byte, 63)...))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := fingerprints(t, []byte(AuthorizedLine(k)), FingerprintOptions{}); !strings.HasPrefix(got, "512 SHA256:") || !strings.HasSuffix(got, " weak (RSA)\n") {
		t.Errorf("%q", got)
	}
}

// TestQuickIsStrict: what the fast way lets through is what NewPublic would make of it.
func TestQuickIsStrict(t *testing.T) {
	rsa := func(e, n string) string {
		return string(keytool.AppendStr(keytool.AppendStr(keytool.AppendStr(nil, "ssh-rsa"), e), n))
	}
	modulus := "\x00\xf0" + strings.Repeat("x", 127)
	for _, blob := range []string{
		rsa("\x03", modulus), rsa("\x00\x03", modulus), rsa("\x83", modulus), rsa("", modulus), rsa("\x03", modulus[1:]),
		rsa("\x03", "\x00"+modulus), rsa("\x03", "\x00\x70"), rsa("\x03", "\x00"), rsa("\x03", ""), rsa("\x03", modulus) + "x",
		rsa("\x03", "\x7f"+strings.Repeat("x", keytool.MaxRSABits/8-1)), rsa("\x03", "\x01"+strings.Repeat("x", keytool.MaxRSABits/8)),
		rsa("\x01"+strings.Repeat("x", keytool.MaxRSABits/8), modulus), rsa("\x03", modulus)[:60], "\x00\x00\x00\x07ssh-rsa",
	} {
		f := fingerprinter{base64: newBase64Table()}
		quick := f.decode(b64(blob), quickShape([]byte("ssh-rsa")))
		k, err := keytool.NewPublic([]byte(blob), "")
		switch {
		case quick == 0:
		case err != nil || k.Bits() != quick || !bytes.Equal(k.Blob(), f.blob):
			t.Errorf("%.40q: %d bits; NewPublic: %v, %v", blob, quick, k, err)
		}
		if k, err := keytool.NewPublic([]byte(blob), ""); err == nil && bytes.Equal(k.Blob(), []byte(blob)) && quick == 0 {
			t.Errorf("%.40q: a canonical key does not go the fast way", blob)
		}
	}
}

func TestFingerprintListErrors(t *testing.T) {
	boom := errors.New("boom")
	list := strings.Repeat(words(t, "rsa3072")+" x\n", 2000) // several chunks
	for _, n := range []int{0, 2, 1000, len(list)} {
		var out bytes.Buffer
		r := io.MultiReader(strings.NewReader(list[:n]), iotest.ErrReader(boom))
		if _, err := FingerprintList(&out, r, FingerprintOptions{}); err != boom {
			t.Errorf("reading fails after %d bytes: %v", n, err)
		}
	}
	for calls := range 4 {
		w := &failingWriter{calls, boom}
		if _, err := FingerprintList(w, strings.NewReader(list), FingerprintOptions{}); err != boom || w.left != -1 {
			t.Errorf("write %d fails: %v, %d left", calls, err, w.left)
		}
	}
}

// failingWriter takes some writes, fails the next, and is not to be called again.
type failingWriter struct {
	left int
	err  error
}

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left--; w.left < 0 {
		return 0, w.err
	}
	return len(p), nil
}

// TestFingerprintListOrder: many chunks come out in order.
func TestFingerprintListOrder(t *testing.T) {
	var list, want bytes.Buffer
	ed, rsa := words(t, "ed25519"), words(t, "rsa3072")
	prints := map[string]string{}
	for _, key := range []string{ed, rsa} {
		prints[key], _ = fingerprints(t, []byte(key+" COMMENT"), FingerprintOptions{})
	}
	random := rand.New(rand.NewPCG(5, 6))
	for i := range 20_000 {
		key := []string{ed, rsa}[random.IntN(2)]
		comment := fmt.Sprintf("%d%s", i, strings.Repeat("-", random.IntN(200)))
		fmt.Fprintf(&list, "%s %s\n", key, comment)
		want.WriteString(strings.Replace(prints[key], "COMMENT", comment, 1))
	}
	list.WriteString(strings.Repeat("x", MaxLine+5) + "\n")
	got, stats := fingerprints(t, list.Bytes(), FingerprintOptions{})
	if got != want.String() || stats != (ListStats{Keys: 20_000, Failed: 1}) {
		t.Errorf("%+v, equal %v", stats, got == want.String())
	}
}

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"": "", "plain ~": "plain ~", "tab\t太郎\u202e": "tab\t太郎\u202e", "\x00\x1b\x7f": `\000\033\177`,
		"\u0085": `\302\205`, "\xffé\xc3": `\377é\303`, "a\nb\r": `a\012b\015`, "\u2028": `\342\200\250`, "\ufffd": "\ufffd",
	} {
		if got := Visible(in); got != want {
			t.Errorf("Visible(%q) = %q, want %q", in, got, want)
		}
	}
}

func benchmarkList(b *testing.B, data []byte) {
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := FingerprintList(io.Discard, bytes.NewReader(data), FingerprintOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFingerprintList(b *testing.B) {
	for _, key := range []string{"ed25519", "rsa3072", "ecdsa256"} {
		line := words(b, key) + " someone@somewhere.example.org\n"
		b.Run(key, func(b *testing.B) { benchmarkList(b, []byte(strings.Repeat(line, 10_000))) })
		b.Run(key+"-options", func(b *testing.B) {
			benchmarkList(b, []byte(strings.Repeat(`from="10.0.0.0/8",command="echo \"x\"",no-pty `+line, 10_000)))
		})
	}
	b.Run("every-type", func(b *testing.B) {
		benchmarkList(b, []byte(strings.Repeat(strings.Join(keygenKeys(b), " c\n")+" c\n", 500)))
	})
}

func BenchmarkScanList(b *testing.B) {
	data := []byte(strings.Repeat(words(b, "ed25519")+" someone\n", 10_000))
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if err := ScanList(bytes.NewReader(data), func(Entry) error { return nil }); err != nil {
			b.Fatal(err)
		}
	}
}
