package formats_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

// lineCase is a line of a public key that tests damage.
type lineCase struct {
	name, line, print string // line without its end
	options           string
	written           string // the type, where the line is damaged already
}

func lineCases(t testing.TB) []lineCase {
	var all []lineCase
	add := func(key, file, options string) {
		g := testkeys.Find(t, key, file)
		line := options + strings.TrimSuffix(string(g.Data), "\n")
		all = append(all, lineCase{name: key + "/" + file, line: line, print: g.Facts.SHA256, options: strings.TrimSpace(options)})
	}
	add("ed25519", "cert.pub", "")
	for _, key := range []string{"ed25519", "rsa2048", "ecdsa256"} {
		add(key, "openssh.pub", "")
		add(key, "openssh.pub", `from="10.0.0.0/8,*.example.org",command="echo hi, there",no-pty `)
	}
	return all
}

func (c lineCase) typ() string {
	if c.written != "" {
		return c.written
	}
	for word := range strings.FieldsSeq(strings.TrimPrefix(c.line, c.options)) {
		return word
	}
	return ""
}

func printOf(env *formats.Envelope) string {
	if env.Public == nil {
		return ""
	}
	return env.Public.Fingerprint()
}

func defectsIn(edits []formats.Edit) []formats.Defect {
	var all []formats.Defect
	for _, e := range edits {
		all = append(all, e.Defect)
	}
	return all
}

// wrapAt breaks a line into lines of a width.
func wrapAt(line string, width int) string {
	var out strings.Builder
	for len(line) > width {
		out.WriteString(line[:width] + "\n")
		line = line[width:]
	}
	return out.String() + line + "\n"
}

// TestWrappedLine: a line that a terminal wrapped at any width is the key's, with its
// options; one that was cut in two at any place is.
func TestWrappedLine(t *testing.T) {
	missed, all := 0, 0
	for _, c := range lineCases(t) {
		for width := 1; width < len(c.line); width += 1 + width/120 {
			made := map[string]string{"wrapped": wrapAt(c.line, width)}
			if width >= len(c.options) { // of options in two nobody knows whether a blank was there
				made["cut"] = c.line[:width] + "\n" + c.line[width:] + "\n"
			}
			for how, text := range made {
				env, err := formats.Mend([]byte(text), formats.DefaultLimits())
				all++
				if err != nil || env.Public == nil {
					missed++
					t.Logf("%s %s at %d: %v %v", c.name, how, width, err, env)
					continue
				}
				if printOf(env) != c.print {
					t.Fatalf("%s %s at %d: another key", c.name, how, width)
				}
				if env.Options != c.options {
					t.Errorf("%s %s at %d: options %q", c.name, how, width, env.Options)
				}
			}
		}
	}
	t.Logf("%d of %d missed", missed, all)
	if missed*200 > all {
		t.Errorf("%d of %d missed", missed, all)
	}
}

// lineDamage is something that is done to the line of a key.
type lineDamage struct {
	name    string
	defects []formats.Defect // expected, without those of the file's encoding
	of      func(c lineCase) string
}

func lineDamages() []lineDamage {
	at := func(c lineCase, n int) int { // a place in the base64 text
		return strings.Index(c.line, " AAAA") + n
	}
	one := func(d formats.Defect) []formats.Defect { return []formats.Defect{d} }
	return []lineDamage{
		{"split", one(formats.SplitLine), func(c lineCase) string { return c.line[:at(c, 40)] + "\n" + c.line[at(c, 40):] + "\n" }},
		{"split at the blank", one(formats.SplitLine), func(c lineCase) string { return c.line[:at(c, 0)] + "\n" + c.line[at(c, 1):] + "\n" }},
		{"indented", one(formats.SplitLine), func(c lineCase) string {
			return c.line[:at(c, 50)] + "\n    " + c.line[at(c, 50):] + "\n"
		}},
		{"empty line", one(formats.SplitLine), func(c lineCase) string { return c.line[:at(c, 50)] + "\n\n" + c.line[at(c, 50):] + "\n" }},
		{"lost a letter", one(formats.LostLetter), func(c lineCase) string { return strings.Replace(c.line, c.typ(), c.typ()[1:], 1) + "\n" }},
		{"lost four letters", one(formats.LostLetter), func(c lineCase) string { return strings.Replace(c.line, c.typ(), c.typ()[4:], 1) + "\n" }},
		{"lost its type", one(formats.LostHeader), func(c lineCase) string { return strings.Replace(c.line, c.typ()+" ", "", 1) + "\n" }},
		{"another letter", one(formats.LostHeader), func(c lineCase) string { return strings.Replace(c.line, c.typ(), "x"+c.typ()[1:], 1) + "\n" }},
		{"upper case", one(formats.LostHeader), func(c lineCase) string {
			return strings.Replace(c.line, c.typ(), strings.ToUpper(c.typ()), 1) + "\n"
		}},
		{"long dashes", one(formats.OddDashes), func(c lineCase) string {
			return strings.Replace(c.line, c.typ(), strings.ReplaceAll(c.typ(), "-", "\u2013"), 1) + "\n"
		}},
		{"no-break space", one(formats.OddBlank), func(c lineCase) string { return c.line[:at(c, 0)] + "\u00a0" + c.line[at(c, 1):] + "\n" }},
		{"no-break space of Windows", one(formats.OddBlank), func(c lineCase) string { return c.line[:at(c, 0)] + "\xa0" + c.line[at(c, 1):] + "\n" }},
		{"ideographic space", one(formats.OddBlank), func(c lineCase) string {
			return strings.Replace(c.line, " taro", "\u3000taro", 1) + "\n"
		}},
		{"zero width within", one(formats.ZeroWidth), func(c lineCase) string { return c.line[:at(c, 30)] + "\u200b" + c.line[at(c, 30):] + "\n" }},
		{"zero width before", one(formats.ZeroWidth), func(c lineCase) string { return "\u2060" + c.line + "\n" }},
		{"quoted", one(formats.Quoted), func(c lineCase) string { return `"` + c.line + `"` + "\n" }},
		{"quoted in single quotes", one(formats.Quoted), func(c lineCase) string { return "'" + c.line + "',\n" }},
		{"smart quotes", one(formats.Quoted), func(c lineCase) string { return "“" + c.line + "”\n" }},
		{"mail", one(formats.MailQuoted), func(c lineCase) string { return "> " + c.line + "\n" }},
		{"wrapped mail", []formats.Defect{formats.MailQuoted, formats.SplitLine}, func(c lineCase) string {
			return "> > " + c.line[:at(c, 40)] + "\n> > " + c.line[at(c, 40):] + "\n"
		}},
		{"blank within", one(formats.SpacesForLines), func(c lineCase) string { return c.line[:at(c, 44)] + " " + c.line[at(c, 44):] + "\n" }},
		{"no blank", one(formats.LostNewlines), func(c lineCase) string { return c.line[:at(c, 0)] + c.line[at(c, 1):] + "\n" }},
		{"prose before", one(formats.TextBefore), func(c lineCase) string { return "Here is my key:\n" + c.line + "\n" }},
		{"prose around", []formats.Defect{formats.TextBefore, formats.TextAfter}, func(c lineCase) string {
			return "Dear all,\nthis is my key\n\n" + c.line + "\n\nThanks\nTaro\n"
		}},
		{"twice on a line", one(formats.JoinedKeys), func(c lineCase) string { return c.line + " " + c.line + "\n" }},
	}
}

// TestLineDamages: each damage gives the key, its options and comment, and is named,
// and nothing else is.
func TestLineDamages(t *testing.T) {
	for _, c := range lineCases(t) {
		for _, d := range lineDamages() {
			text := d.of(c)
			env, err := formats.Mend([]byte(text), formats.DefaultLimits())
			switch {
			case err != nil:
				t.Errorf("%s %s: %v", c.name, d.name, err)
				continue
			case printOf(env) != c.print || optionsIn(env) != c.options:
				t.Errorf("%s %s: %s %s, options %q\n%s", c.name, d.name, env.Format, printOf(env), env.Options, env.Mended)
				continue
			}
			if got := defectsIn(env.Edits); !slices.Equal(sorted(got), sorted(d.defects)) {
				t.Errorf("%s %s: %v, want %v", c.name, d.name, got, d.defects)
			}
			if want := c.line + "\n"; string(env.Mended) != want {
				t.Errorf("%s %s: mended as\n%s", c.name, d.name, env.Mended)
			}
		}
	}
}

// optionsIn are those of the text that was read.
func optionsIn(env *formats.Envelope) string {
	if mended, err := formats.Parse(env.Mended, formats.DefaultLimits()); err == nil {
		return mended.Options
	}
	return env.Options
}

func sorted(all []formats.Defect) []formats.Defect {
	all = slices.Clone(all)
	slices.Sort(all)
	return slices.Compact(all)
}

// TestSoundLines: what Parse reads and sshd does gets no edit: goldens, lists, and
// comments and options with anything in them.
func TestSoundLines(t *testing.T) {
	var texts []string
	for _, g := range testkeys.Goldens(t) {
		if !g.Private && !g.DER {
			texts = append(texts, string(g.Data))
		}
	}
	for _, l := range testkeys.Lists(t) {
		texts = append(texts, string(l.Data))
	}
	for _, c := range lineCases(t) {
		bare := strings.TrimPrefix(c.line, c.options)
		for _, comment := range []string{
			` "quoted" 'x' \n \`, " ssh-rsa key", " AAAA ssh-rsa AAAA", " ssh-rsa AAAAB3NzaC1yc2", "\u00a0x", " a\u00a0b\u200b", " \U0001f469\u200d\U0001f4bb x",
			" > x", ` command="x"`, " 太郎　東京", " ssh-ed25519 ecdsa-sha2-nistp256 AAAA", " -----BEGIN X-----",
		} {
			texts = append(texts, c.line+comment+"\n")
		}
		texts = append(texts, "\n\n"+c.line+"\n", "# x\n"+c.line+"\n# y\n", `command="a  b > \"c\" \\n",pty `+strings.TrimSpace(bare)+"\n",
			"ssh.example.org "+strings.TrimSpace(bare)+"\n", "  "+c.line+"  \n\t"+c.line+"\n", "# "+c.line+"\n"+c.line+"\n", c.line+"\n"+c.line+"\n")
	}
	for _, text := range texts {
		env, err := formats.Mend([]byte(text), formats.DefaultLimits())
		if err != nil || len(env.Edits) > 0 || env.Mended != nil {
			t.Errorf("%q: %v %v", text, err, env)
		}
		if strings.HasPrefix(text, "----") {
			continue
		}
		if clean, edits := formats.MendList([]byte(text)); string(clean) != text || edits != nil {
			if env != nil && env.Format != formats.WireBase64 {
				t.Errorf("%q: MendList %v, %s", text, edits, clean)
			}
		}
		if found := formats.ScanDefects([]byte(text)); found != nil && env != nil && env.Format != formats.WireBase64 {
			t.Errorf("%q: ScanDefects %v", text, found)
		}
	}
}

// changedBytes are single-byte changes of a text at every few of its bytes. Where any
// is false no character of base64 text becomes another one: of a damaged line that is
// another key, and nothing speaks against it.
func changedBytes(text string, any bool, r *rand.Rand) func(func(string) bool) {
	kinds := []byte("\n +A=\"'\\>x,\t\xa0/#")
	return func(yield func(string) bool) {
		for i := r.IntN(7); i < len(text); i += 1 + r.IntN(7) {
			c := byte(r.IntN(256))
			if r.IntN(2) == 0 {
				c = kinds[r.IntN(len(kinds))]
			}
			if c == text[i] || !any && isBase64(c) && isBase64(text[i]) {
				continue
			}
			if !yield(text[:i] + string([]byte{c}) + text[i+1:]) {
				return
			}
		}
	}
}

func isBase64(c byte) bool {
	return c == '+' || c == '/' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// TestChangedByte: a changed byte never gives another key where Parse alone gave none,
// in one line, wrapped, or among others.
func TestChangedByte(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 25))
	cases := lineCases(t)
	known := map[string]bool{}
	for _, c := range cases {
		known[c.print] = true
	}
	tried := 0
	for i, c := range cases {
		other := cases[(i+1)%len(cases)]
		for n, text := range []string{
			c.line + "\n", wrapAt(c.line, 64), wrapAt(c.line, 40) + other.line + "\n", c.line + other.line + "\n",
			"Hello\n" + c.line[:len(c.line)-8] + " a b c\n", "> " + strings.ReplaceAll(wrapAt(c.line, 70), "\n", "\n> "),
		} {
			for damaged := range changedBytes(text, n == 0, r) {
				tried++
				checkChanged(t, damaged, known)
			}
		}
	}
	if tried < 3000 {
		t.Errorf("%d changes only", tried)
	}
}

func checkChanged(t *testing.T, damaged string, known map[string]bool) {
	t.Helper()
	clean, _ := formats.MendList([]byte(damaged))
	checkList(t, damaged, clean, known)
	got, err := formats.Mend([]byte(damaged), formats.DefaultLimits())
	if err != nil {
		return
	}
	checkList(t, damaged, got.Mended, known)
	alone, err := formats.Parse([]byte(damaged), formats.DefaultLimits())
	if print := printOf(got); print != "" && !known[print] && (err != nil || print != printOf(alone)) {
		t.Fatalf("another key\n%q\n%s", damaged, got.Mended)
	}
}

// TestChangedBlock: no changed byte of a list with a block of RFC 4716, sound or damaged,
// gives another key, or takes a key's options off.
func TestChangedBlock(t *testing.T) {
	r := rand.New(rand.NewPCG(6, 4716))
	block := string(testkeys.Find(t, "ed25519", "rfc4716.puttygen").Data)
	rsa := testkeys.Find(t, "rsa2048", "openssh.pub")
	known := map[string]bool{rsa.Facts.SHA256: true, testkeys.Find(t, "ed25519", "rfc4716.puttygen").Facts.SHA256: true}
	_, noBegin, _ := strings.Cut(block, "\n")
	noEnd, _, _ := strings.Cut(block, "---- END")
	for _, text := range []string{
		string(rsa.Data) + block + "# x\n", string(rsa.Data) + strings.ReplaceAll(block, "\n", " ") + "\n", string(rsa.Data) + noBegin,
		strings.ToLower(block[:32]) + block[32:] + string(rsa.Data), string(rsa.Data) + noEnd + "Thanks\n", noEnd + string(rsa.Data),
	} {
		for range 4 {
			for damaged := range changedBytes(text, false, r) {
				clean, _ := formats.MendList([]byte(damaged))
				checkList(t, damaged, clean, known)
				if strings.HasPrefix(text, string(rsa.Data)) {
					checkChanged(t, damaged, known)
				}
			}
		}
	}
}

// checkList holds every key of a mended list against those that are known, or stood in
// the list before.
func checkList(t *testing.T, text string, clean []byte, known map[string]bool) {
	t.Helper()
	before := printsOf(t, []byte(text))
	for _, print := range printsOf(t, clean) {
		if !known[print] && !slices.Contains(before, print) {
			t.Fatalf("a key that was not there\n%q\n%q", text, clean)
		}
	}
}

func printsOf(t testing.TB, list []byte) []string {
	var all []string
	err := formats.ScanList(bytes.NewReader(list), func(e formats.Entry) error {
		if e.Key != nil {
			all = append(all, e.Key.Fingerprint())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// TestBlanksAround: blanks around the only key are named, each with its line, and no
// list is changed for them.
func TestBlanksAround(t *testing.T) {
	for _, c := range lineCases(t) {
		for text, want := range map[string][]formats.Edit{
			"  " + c.line + "\n":                 {{Line: 1, Defect: formats.Indented, Last: 1}},
			"\t" + c.line + " \n":                {{Line: 1, Defect: formats.Indented, Last: 1}, {Line: 1, Defect: formats.TrailingBlank, Last: 1}},
			"# x\n\n" + c.line + " \t\n":         {{Line: 3, Defect: formats.TrailingBlank, Last: 3}},
			"Hello\n  " + c.line + "\n":          {{Line: 1, Defect: formats.TextBefore, Last: 1}, {Line: 2, Defect: formats.Indented, Last: 2}},
			"\tssh.example.org " + c.line + "\n": {{Line: 1, Defect: formats.Indented, Last: 1}},
		} {
			if c.options != "" && strings.Contains(text, "ssh.example.org") {
				continue
			}
			env, err := formats.Mend([]byte(text), formats.DefaultLimits())
			if err != nil || printOf(env) != c.print || !slices.Equal(env.Edits, want) {
				t.Errorf("%q: %v %v, want %v", text, err, env, want)
				continue
			}
			again, err := formats.Mend(env.Mended, formats.DefaultLimits())
			if err != nil || len(again.Edits) > 0 || printOf(again) != c.print || again.Options != c.options {
				t.Errorf("%q mended: %v %v", env.Mended, err, again)
			}
			clean, edits := formats.MendList([]byte(text))
			if edits != nil || string(clean) != text {
				t.Errorf("%q: MendList %v", text, edits)
			}
		}
	}
}

// joinLines is a list of lines.
func joinLines(lines ...string) string { return strings.Join(lines, "\n") + "\n" }

// TestMendList: every line that can be understood in one way is mended in its place,
// and the others stay.
func TestMendList(t *testing.T) {
	line := func(key, file string) string {
		return strings.TrimSuffix(string(testkeys.Find(t, key, file).Data), "\n")
	}
	ed, rsa, ec := line("ed25519", "openssh.pub"), line("rsa2048", "openssh.pub"), line("ecdsa256", "openssh.pub")
	fields := strings.Fields(ed)
	bare := fields[0] + " " + fields[1]
	rfc := strings.Replace(string(testkeys.Find(t, "rsa2048", "rfc4716.puttygen").Data), "\n", "\nx-y: z\n", 1)
	private := string(testkeys.Find(t, "ed25519", "openssh").Data)
	opt := `command="a  \"b\"",no-pty `
	cut := rsa[:200]
	block := strings.TrimSpace(string(testkeys.Find(t, "rsa2048", "rfc4716.puttygen").Data))
	inner := strings.Split(block, "\n")
	inner = inner[1 : len(inner)-1]
	body := strings.Join(inner, "\n")
	bodyOnly := strings.Join(inner[1:], "\n")
	quiet := strings.ReplaceAll(block, "----", "—")
	for name, c := range map[string]struct{ text, want, defects string }{
		"joined":                   {ed + rsa + "\n" + ec, joinLines(ed, rsa) + ec, "joined-keys"},
		"joined at the base64":     {bare + rsa + "\n", joinLines(bare, rsa), "joined-keys"},
		"three":                    {joinLines(ed + " " + ec + " " + rsa), joinLines(ed, ec, rsa), "joined-keys"},
		"joined with options":      {joinLines(opt + ed + " " + opt + rsa), joinLines(opt+ed, opt+rsa), "joined-keys"},
		"options glued":            {joinLines(ed + opt + rsa), joinLines(ed + opt + rsa), ""},
		"restrict glued":           {joinLines(ed + "restrict " + rsa), joinLines(ed + "restrict " + rsa), ""},
		"the same twice":           {joinLines(bare + " " + ed), joinLines(bare), "joined-keys"},
		"twice, other options":     {joinLines(ed + " no-pty " + ed), joinLines(ed, "no-pty "+ed), "joined-keys"},
		"joined with a cut one":    {joinLines(ed + " " + cut), joinLines(ed + " " + cut), ""},
		"wrapped and joined":       {wrapAt(ed+rsa, 60), joinLines(ed, rsa), "joined-keys split-line"},
		"wrapped in the comment":   {wrapAt(rsa, 98), joinLines(rsa), "split-line"},
		"wrapped options":          {wrapAt(opt+rsa, 20), joinLines(opt + rsa), "split-line"},
		"wrapped, then sound":      {wrapAt(ec, 64) + joinLines(ed), joinLines(ec, ed), "split-line"},
		"two wrapped":              {wrapAt(ec, 64) + wrapAt(rsa, 64), joinLines(ec, rsa), "split-line"},
		"two wrapped without type": {wrapAt(ec[20:], 64) + wrapAt(rsa[8:], 64), joinLines(ec, rsa), "lost-header split-line"},
		"cut off, then another":    {joinLines(cut, ed), joinLines(cut, ed), ""},
		"cut off, then a bare one": {joinLines(bare[:70], rsa[8:]), joinLines(bare[:70], rsa), "lost-header"},
		"cut off by three":         {joinLines(bare[:len(bare)-3], rsa), joinLines(bare[:len(bare)-3], rsa), ""},
		"cut off by a word":        {joinLines(bare[:len(bare)-6], "Thanks"), joinLines(bare[:len(bare)-6], "Thanks"), ""},
		"cut off by a comment":     {joinLines(bare[:len(bare)-4] + " taro"), joinLines(bare[:len(bare)-4] + " taro"), ""},
		"lost a line":              {joinLines(rsa[:64], rsa[128:192], rsa[192:]), joinLines(rsa[:64], rsa[128:192], rsa[192:]), ""},
		"plus as blank":            {strings.ReplaceAll(joinLines(rsa), "+", " "), strings.ReplaceAll(joinLines(rsa), "+", " "), ""},
		"RFC 4716":                 {joinLines(ed) + rfc, joinLines(ed, rsa), "ssh2-text"},
		"RFC 4716 alone":           {rfc, joinLines(rsa), "ssh2-text"},
		"RFC 4716, CR LF":          {strings.ReplaceAll(joinLines(ed, block), "\n", "\r\n"), joinLines(ed+"\r", rsa+"\r"), "ssh2-text"},
		"RFC 4716, long dashes":    {joinLines(ed, quiet, ec), joinLines(ed, rsa, ec), "odd-dashes ssh2-text"},
		"RFC 4716, no END":         {joinLines(ed, "---- BEGIN SSH2 PUBLIC KEY ----", body, ec), joinLines(ed, rsa, ec), "lost-footer ssh2-text"},
		"RFC 4716, no BEGIN":       {joinLines(ed, body, "---- END SSH2 PUBLIC KEY ----", ec), joinLines(ed, rsa, ec), "lost-header ssh2-text"},
		"RFC 4716, cut off":        {joinLines(ed, "---- BEGIN SSH2 PUBLIC KEY ----", body[:200], ec), joinLines(ed, "---- BEGIN SSH2 PUBLIC KEY ----", body[:200], ec), ""},
		"RFC 4716, too long":       {joinLines("---- BEGIN SSH2 PUBLIC KEY ----", body+bodyOnly[24:], "# x"), joinLines("---- BEGIN SSH2 PUBLIC KEY ----", body+bodyOnly[24:], "# x"), ""},
		"RFC 4716, one line":       {joinLines(ed + " " + strings.ReplaceAll(block, "\n", " ") + " " + ec), joinLines(ed, rsa, ec), "joined-keys spaces-for-lines ssh2-text"},
		"RFC 4716 and options":     {joinLines("no-pty " + block), joinLines("no-pty " + block), ""},
		"RFC 4716 below options":   {joinLines(ed, opt, block, ec), joinLines(ed, opt, block, ec), ""},
		"RFC 4716, put out of use": {joinLines("# " + block), joinLines("# " + block), ""},
		"RFC 4716 and blanks":      {joinLines(ed, strings.ReplaceAll(block, "+", " ")), joinLines(ed, strings.ReplaceAll(block, "+", " ")), ""},
		"private key":              {joinLines("sh-rsa"+rsa[7:]) + private + joinLines(ed), joinLines(rsa) + private + joinLines(ed), "lost-letter"},
		"prose on the line":        {joinLines("my key is " + ed), joinLines("my key is " + ed), ""},
		"prose":                    {joinLines("Here", "are", "#keys", ed[1:], "bye"), joinLines("Here", "are", "#keys", ed, "bye"), "lost-letter"},
		"CR LF":                    {joinLines(ed+"\r", rsa[1:]+"\r", "\r"), joinLines(ed+"\r", rsa+"\r", "\r"), "lost-letter"},
		"CR LF within":             {joinLines(rsa[:70]+"\r", rsa[70:]+"\r", ed), joinLines(rsa+"\r", ed), "split-line"},
		"UTF-16":                   {string(utf16Of([]byte(joinLines(ed, rsa)))), joinLines(ed, rsa), "utf-16"},
		"byte order mark":          {"\ufeff" + joinLines(ed, rsa), joinLines(ed, rsa), "byte-order-mark"},
		"mark before a comment":    {"\ufeff# x\n" + joinLines(ed), "\ufeff# x\n" + joinLines(ed), ""},
		"old Mac":                  {strings.ReplaceAll(joinLines("# x", ed, rsa), "\n", "\r"), joinLines("# x", ed, rsa), "cr"},
		"a CR in a comment":        {joinLines(ed+"\r"+rsa, "# x"), joinLines(ed, rsa, "# x"), "joined-keys"},
		"a CR behind a comment":    {joinLines("# "+ed+"\r"+rsa, ed), joinLines("# "+ed+"\r"+rsa, ed), ""},
		"options at the base64":    {joinLines(bare + opt + rsa), joinLines(bare, opt+rsa), "joined-keys"},
		"hosts at the base64":      {joinLines("h1 " + bare + "|1|c2FsdA==|aGFzaA== " + rsa), joinLines("h1 "+bare, "|1|c2FsdA==|aGFzaA== "+rsa), "joined-keys"},
		"known_hosts":              {joinLines("h1,192.0.2.1 "+bare+"[h2]:22 "+rsa, "|1|c2FsdA==|aGFzaA== "+ec[1:]), joinLines("h1,192.0.2.1 "+bare, "[h2]:22 "+rsa, "|1|c2FsdA==|aGFzaA== "+ec), "joined-keys lost-letter"},
		"wrapped hosts":            {wrapAt("@cert-authority *.example.org "+rsa, 50), joinLines("@cert-authority *.example.org " + rsa), "split-line"},
		"hosts and a comment":      {joinLines("h1 " + ed + " h2 " + rsa), joinLines("h1 " + ed + " h2 " + rsa), ""},
		"host, no type":            {joinLines("h.example.org " + rsa[8:]), joinLines("h.example.org " + rsa), "lost-header"},
		"binary":                   {"\x00\x01" + ed, "\x00\x01" + ed, ""},
		"empty":                    {"", "", ""},
	} {
		clean, edits := formats.MendList([]byte(c.text))
		var defects []string
		for _, d := range sorted(defectsIn(edits)) {
			defects = append(defects, string(d))
		}
		if string(clean) != c.want || strings.Join(defects, " ") != c.defects {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, edits, clean, c.want)
		}
		again, more := formats.MendList(clean)
		if !bytes.Equal(again, clean) || more != nil {
			t.Errorf("%s: mended again: %v", name, more)
		}
	}
}

// TestListStays: of several keys the text is a list, in which damage that cannot be
// mended keeps its line and its error.
func TestListStays(t *testing.T) {
	ed := strings.TrimSuffix(string(testkeys.Find(t, "ed25519", "openssh.pub").Data), "\n")
	rsa := strings.TrimSuffix(string(testkeys.Find(t, "rsa2048", "openssh.pub").Data), "\n")
	for name, c := range map[string]struct {
		text, want string
		keys, bad  int
	}{
		"joined":      {joinLines(ed + rsa), joinLines(ed, rsa), 2, 0},
		"both split":  {wrapAt(ed, 64) + wrapAt(rsa, 64), joinLines(ed, rsa), 2, 0},
		"one cut off": {joinLines(rsa[:100]) + wrapAt(ed, 64), joinLines(rsa[:100], ed), 1, 1},
		"prose":       {joinLines("Hello", ed[1:], "and", rsa), joinLines("Hello", ed, "and", rsa), 2, 2},
		"RFC 4716":    {string(testkeys.Find(t, "rsa2048", "rfc4716.puttygen").Data) + joinLines(ed), joinLines(rsa, ed), 2, 0},
	} {
		env, err := formats.Mend([]byte(c.text), formats.DefaultLimits())
		if err != nil || env.Kind != formats.KindAuthorizedKeys || env.Public != nil || string(env.Mended) != c.want {
			t.Errorf("%s: %v %v", name, err, env)
			continue
		}
		keys, bad := 0, 0
		if err := formats.ScanList(bytes.NewReader(env.Mended), func(e formats.Entry) error {
			keys, bad = keys+tern1(e.Err == nil), bad+tern1(e.Err != nil)
			return nil
		}); err != nil || keys != c.keys || bad != c.bad {
			t.Errorf("%s: %d keys, %d errors", name, keys, bad)
		}
	}
}

func tern1(is bool) int {
	if is {
		return 1
	}
	return 0
}

// TestPlusAsSpace: blanks for plus signs are a guess, that counts only where all of
// several were lost; what is a comment's words as well is ambiguous.
func TestPlusAsSpace(t *testing.T) {
	var mended, refused int
	for _, key := range []string{"ed25519", "ed25519-leadingzero", "rsa1024", "rsa2048", "rsa3072", "ecdsa256", "ecdsa384", "ecdsa521", "dsa1024"} {
		g := testkeys.Find(t, key, "openssh.pub")
		line := string(g.Data)
		plus := strings.Count(line, "+")
		if plus == 0 {
			continue
		}
		env, err := formats.Mend([]byte(strings.ReplaceAll(line, "+", " ")), formats.DefaultLimits())
		ambiguous, is := errors.AsType[*formats.AmbiguousError](err)
		switch {
		case err == nil && plus > 1 && printOf(env) == g.Facts.SHA256:
			mended++
			if got := defectsIn(env.Edits); !slices.Equal(got, []formats.Defect{formats.PlusAsSpace}) {
				t.Errorf("%s: %v", key, got)
			}
		case is && len(ambiguous.Readings) > 0:
			refused++
		default:
			t.Errorf("%s of %d plus signs: %v %v", key, plus, env, err)
		}
		if _, err = formats.Mend([]byte(strings.Replace(line, "+", " ", 1)), formats.DefaultLimits()); err == nil {
			t.Errorf("%s: one guess is taken for proof", key)
		}
	}
	if mended == 0 {
		t.Errorf("%d mended, %d refused", mended, refused)
	}
	g := testkeys.Find(t, "ed25519", "openssh.pub")
	bare := strings.Join(strings.Fields(string(g.Data))[:2], " ")
	for n := 1; n < 20; n++ {
		for _, tail := range []string{"my", "my key", "laptop key of lab", "x y z A B C D E F G H I J K", "2024", "K3y of mine K3y of"} {
			for _, end := range []string{"", " x", "\n"} {
				text := bare[:len(bare)-n] + " " + tail + end + "\n"
				if env, err := formats.Mend([]byte(text), formats.DefaultLimits()); err == nil && env.Public != nil {
					t.Errorf("%q is read as\n%s", text, env.Mended)
				}
			}
		}
	}
}

// TestLineDamagePairs: two damages at once give the key, or an error; never another.
func TestLineDamagePairs(t *testing.T) {
	all, missed, missing := 0, 0, map[string]int{}
	for _, c := range lineCases(t) {
		for _, a := range lineDamages() {
			for _, b := range lineDamages() {
				first := c
				first.line = strings.TrimSuffix(a.of(c), "\n")
				if strings.Count(first.line, " AAAA") != 1 || !strings.Contains(first.line, c.typ()) || a.name == b.name {
					continue
				}
				first.options, first.written = c.options, c.typ()
				text := b.of(first)
				all++
				env, err := formats.Mend([]byte(text), formats.DefaultLimits())
				switch {
				case err != nil || env.Public == nil || env.Mended == nil:
					missed++
					missing[a.name+", "+b.name]++
				case printOf(env) != c.print || optionsIn(env) != c.options:
					t.Errorf("%s %s, %s: another key or options\n%s\n%s", c.name, a.name, b.name, text, env.Mended)
				}
			}
		}
	}
	if t.Logf("%d of %d missed", missed, all); all < 1000 || missed*100 > all*4 {
		t.Errorf("%d of %d missed: %v", missed, all, missing)
	}
}

// TestLinesCost: texts that begin a key at every few characters end in good time.
func TestLinesCost(t *testing.T) {
	t.Parallel()
	ed := string(testkeys.Find(t, "ed25519", "openssh.pub").Data)
	cert := strings.Fields(string(testkeys.Find(t, "ed25519", "cert.pub").Data))[1]
	for _, part := range []string{
		"AAAA", "AAAA\n", ed[:40] + "\n", ed[12:40] + " ", "AAAAB3NzaC1yc2EAAAADAQABAA8AAA", cert[:200] + "\n", ed[:len(ed)-1],
		`" `, ">", "ssh-rsa ", " ", `a="b",`, `\`, "\\ ", "\"\n", "\u200b---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n", "---- END SSH2 PUBLIC KEY ----\nAAAA",
	} {
		text := []byte(strings.Repeat(part, (1<<20)/len(part)))
		formats.MendList(text)
		formats.ScanDefects(text)
	}
}

// FuzzMendList: what is mended stays as it is, and no line that is read gets lost.
func FuzzMendList(f *testing.F) {
	for _, l := range testkeys.Lists(f) {
		f.Add(l.Data)
		f.Add([]byte(wrapAt(string(l.Data), 70)))
	}
	for _, c := range lineCases(f) {
		for _, d := range lineDamages() {
			f.Add([]byte(d.of(c)))
		}
	}
	f.Add(testkeys.Find(f, "rsa2048", "rfc4716").Data)
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		clean, edits := formats.MendList(data)
		formats.ScanDefects(data)
		if !bytes.Equal(data, before) {
			t.Fatal("the input was written to")
		}
		if edits == nil && !bytes.Equal(clean, data) {
			t.Fatal("changed without an edit")
		}
		again, more := formats.MendList(clean)
		if more != nil || !bytes.Equal(again, clean) {
			t.Fatalf("mended again: %v\n%q\n%q\n%q", more, data, clean, again)
		}
		after := printsOf(t, clean)
		for _, print := range printsOf(t, data) {
			i := slices.Index(after, print)
			if i < 0 {
				t.Fatalf("%s is lost\n%q\n%q", print, data, clean)
			}
		}
	})
}
