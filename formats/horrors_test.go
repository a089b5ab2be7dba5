package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// beyondRepair are damages after which the file does not have the key any more, and why.
func beyondRepair() map[string]string {
	return map[string]string{
		"ppk3-enc/lost-mac": "the passphrase is proved by the lost MAC alone",
	}
}

// outcome is what became of a damaged file: it was mended, it was refused, or it was
// read as something that it never was.
type outcome string

const (
	mended  outcome = "mended"
	refused outcome = "refused"
	wrong   outcome = "wrong"
)

// verdict is an outcome and, where it is not mended, why.
type verdict struct {
	outcome
	why string
}

// mendGolden mends a damaged golden and holds what comes out to its key and, in clear and
// opened, to those others that the file should have.
func mendGolden(g testkeys.Golden, data []byte, fingerprints []string) (*formats.Envelope, verdict) {
	before := bytes.Clone(data)
	env, err := formats.Mend(data, formats.DefaultLimits())
	switch {
	case !bytes.Equal(before, data):
		return nil, verdict{wrong, "the input was written to"}
	case err != nil:
		return nil, verdict{refused, err.Error()}
	case env.Public != nil && !slices.Contains(fingerprints, env.Public.Fingerprint()):
		return env, verdict{wrong, "in clear it is another key"}
	}
	keys, err := keysOf(env, data, g.Passphrase)
	if err != nil {
		return env, verdict{refused, "open: " + err.Error()}
	}
	return env, judge(g, keys, fingerprints)
}

// keysOf opens a key, or reads the list, and passes over what is no key in it as sshd
// does.
func keysOf(env *formats.Envelope, data, passphrase []byte) ([]*keytool.Key, error) {
	if env.Kind != formats.KindAuthorizedKeys && env.Kind != formats.KindKnownHosts {
		k, err := env.Open(passphrase)
		return []*keytool.Key{k}, err
	}
	if env.Mended != nil {
		data = env.Mended
	}
	var keys []*keytool.Key
	err := formats.ScanList(bytes.NewReader(data), func(e formats.Entry) error {
		if e.Err == nil {
			keys = append(keys, e.Key)
		}
		return nil
	})
	return keys, err
}

func judge(g testkeys.Golden, keys []*keytool.Key, fingerprints []string) verdict {
	var found []string
	for _, k := range keys {
		found = append(found, k.Fingerprint())
		if !slices.Contains(fingerprints, k.Fingerprint()) {
			return verdict{wrong, "it is another key"}
		}
		if g.Private && !k.IsPrivate() {
			return verdict{refused, "it is the public half only"}
		}
	}
	slices.Sort(found)
	want := slices.Sorted(slices.Values(fingerprints))
	if !slices.Equal(slices.Compact(found), slices.Compact(want)) {
		return verdict{refused, fmt.Sprintf("%d keys of %d", len(found), len(want))}
	}
	return verdict{mended, ""}
}

// TestHorrors: every damaged file has its golden's key, and the damage is named.
func TestHorrors(t *testing.T) {
	table := map[outcome]int{}
	for _, h := range testkeys.Horrors(t) {
		env, v := mendGolden(h.Golden, h.Data, h.Fingerprints(t))
		table[v.outcome]++
		switch reason := beyondRepair()[h.Path]; {
		case reason != "" || h.Ambiguous:
			checkRefusal(t, h)
		case v.outcome != mended:
			t.Errorf("%s: %s: %s", h.Path, v.outcome, v.why)
		default:
			checkEdits(t, h, env)
		}
	}
	t.Logf("%v", table)
}

// checkRefusal: a file that does not say which key it was is no key.
func checkRefusal(t *testing.T, h testkeys.Horror) {
	t.Helper()
	env, err := formats.Mend(h.Data, formats.DefaultLimits())
	ambiguous, is := errors.AsType[*formats.AmbiguousError](err)
	switch {
	case err == nil:
		if _, err = env.Open(h.Golden.Passphrase); err == nil {
			t.Errorf("%s: it opens, with edits %v", h.Path, env.Edits)
		}
	case h.Ambiguous && !is:
		t.Errorf("%s: %T: %v", h.Path, err, err)
	case h.Ambiguous && (ambiguous.Line < 1 || ambiguous.Line > 1+bytes.Count(h.Data, []byte("\n"))):
		t.Errorf("%s: ambiguous in line %d", h.Path, ambiguous.Line)
	}
}

// checkEdits: the damage is named with its place, the clean text needs no edit any
// more and has the same key.
func checkEdits(t *testing.T, h testkeys.Horror, env *formats.Envelope) {
	t.Helper()
	named := false
	for _, e := range env.Edits {
		named = named || slices.Contains(h.Edits(), string(e.Defect))
		if e.Defect.Code() == "" {
			t.Errorf("%s: %q has no code", h.Path, e.Defect)
		}
		if !placed(e, h.Data) {
			t.Errorf("%s: %s in lines %d to %d of %d", h.Path, e.Defect, e.Line, e.Last, countLines(h.Data))
		}
	}
	if !named {
		t.Errorf("%s: edits %v, want one of %v", h.Path, env.Edits, h.Edits())
	}
	if env.Mended == nil {
		t.Errorf("%s: no mended text", h.Path)
		return
	}
	again, v := mendGolden(h.Golden, env.Mended, h.Fingerprints(t))
	if v.outcome != mended || len(again.Edits) > 0 {
		t.Errorf("%s: the mended text: %v, %v\n%s", h.Path, v, again, env.Mended)
	}
	if again != nil && again.Public != nil && !h.Damage.Second && !keepsItsBlanks(h) && again.Public.Comment() != commentOf(t, h.Golden) {
		t.Errorf("%s: comment %q, want %q", h.Path, again.Public.Comment(), commentOf(t, h.Golden))
	}
}

// keepsItsBlanks tells the damages after which a comment may have been meant as it is:
// with other blanks, or in a line of its own.
func keepsItsBlanks(h testkeys.Horror) bool {
	return h.Path == "public/wrapped-80" || h.Damage.Name == "nbsp" || h.Damage.Name == "wide-blanks"
}

// commentOf is what stands in clear.
func commentOf(t *testing.T, g testkeys.Golden) string {
	t.Helper()
	env, err := formats.Parse(g.Data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return env.Public.Comment()
}

// placed tells an edit within the file.
func placed(e formats.Edit, data []byte) bool {
	return e.Line >= 1 && e.Last >= e.Line && e.Last <= countLines(data)
}

// countLines counts lines as an editor does, in UTF-16 too.
func countLines(data []byte) int {
	text := strings.NewReplacer("\x00", "", "\r\n", "\n", "\r", "\n").Replace(string(data))
	return max(1, strings.Count(text, "\n")+min(1, len(text)-1-strings.LastIndexByte(text, '\n')))
}

// TestGoldensNeedNoMending: no tool's own file is edited, no list is either, and what
// Parse says of them Mend says.
func TestGoldensNeedNoMending(t *testing.T) {
	check := func(name string, data []byte) {
		env, err := formats.Mend(data, formats.DefaultLimits())
		want, parseErr := formats.Parse(data, formats.DefaultLimits())
		switch {
		case (err == nil) != (parseErr == nil):
			t.Errorf("%s: Mend says %v, Parse %v", name, err, parseErr)
		case err == nil && (len(env.Edits) > 0 || env.Mended != nil):
			t.Errorf("%s: edits %v", name, env.Edits)
		case err == nil && (env.Format != want.Format || env.Kind != want.Kind):
			t.Errorf("%s: %s, %s; Parse says %s, %s", name, env.Format, env.Kind, want.Format, want.Kind)
		}
	}
	for _, g := range testkeys.Goldens(t) {
		check(g.String(), g.Data)
	}
	for _, l := range testkeys.Lists(t) {
		check(l.Name, l.Data)
	}
	for _, g := range testkeys.Unsupported(t) {
		check(g.Name, g.Data)
	}
	for name, data := range testkeys.Foreign(t) {
		check(name, data)
	}
}

// TestBadStaysBad: what no tool would make is not made good, but for two files whose
// only fault is a line count.
func TestBadStaysBad(t *testing.T) {
	for _, bad := range testkeys.BadFiles(t) {
		env, err := formats.Mend(bad.Data, tight())
		if err != nil || strings.HasPrefix(bad.Name, "length-ppk-") {
			continue
		}
		if k, err := env.Open(bad.Passphrase); err == nil && k != nil && len(env.Edits) > 0 {
			t.Errorf("%s: it opens, with edits %v", bad.Name, env.Edits)
		}
	}
}

// TestPeersReadMended: the clean text is read by the real tools, as is the key
// written anew. Each form is tried with some damages.
func TestPeersReadMended(t *testing.T) {
	p := newPeers(t)
	some := []string{"utf-16-le", "echo", "json-dotnet", "lost-header", "text-before-same-line", "lost-type", "width-one-line", "counts-more"}
	done := map[string]int{}
	for _, h := range testkeys.Horrors(t) {
		if !slices.Contains(some, h.Damage.Name) {
			continue
		}
		env, v := mendGolden(h.Golden, h.Data, h.Fingerprints(t))
		if v.outcome != mended {
			continue // TestHorrors tells
		}
		k, err := env.Open(h.Golden.Passphrase)
		if err != nil {
			t.Fatal(err)
		}
		form, _, _ := strings.Cut(h.Path, "/")
		done[form] += p.readMended(h, env, k)
		if h.Damage.Name == "utf-16-le" && formats.Lookup(env.Format).Writes() {
			p.readBack(conversion{h.Path, env.Format, k, formats.Options{}})
		}
	}
	for form, n := range done {
		if n == 0 && form != "pkcs8" { // Ed25519, which ssh-keygen 9.2 does not read from it
			t.Errorf("%s: no tool read it", form)
		}
	}
	t.Logf("read by tools: %v", done)
}

// readMended has every tool that reads the golden's format read the clean text.
func (p *peers) readMended(h testkeys.Horror, env *formats.Envelope, k *keytool.Key) int {
	p.t.Helper()
	encrypted := h.Golden.Encrypted()
	c := conversion{h.Path, env.Format, k, formats.Options{}}
	if encrypted {
		c.opt.Passphrase = h.Golden.Passphrase
	}
	path := p.write("mended", env.Mended)
	done := 0
	for _, r := range readers() {
		if !slices.Contains(r.formats, c.format) || limitOf(r, c) != nil {
			continue
		}
		want := publicLine(k)
		if r.want != nil {
			want = r.want(k)
		}
		if got, err := r.line(p, path, encrypted); err != nil || got != want {
			p.t.Errorf("%s, mended and read by %s: %q (%v), want %q\n%s", h.Path, r.name, got, err, want, env.Mended)
		}
		done++
	}
	return done
}

// TestHorrorsByPeers counts how many of the damaged files the real tools read, and
// prints the table with -v. It takes a minute, and is run where SSHKEYS_TABLE is set.
func TestHorrorsByPeers(t *testing.T) {
	if os.Getenv("SSHKEYS_TABLE") == "" {
		t.Skip("SSHKEYS_TABLE is not set")
	}
	p := newPeers(t)
	p.boundTools("ssh-keygen", "puttygen", "openssl")
	table := map[string]map[string]map[outcome]int{}
	for _, h := range testkeys.Horrors(t) {
		_, v := mendGolden(h.Golden, h.Data, h.Fingerprints(t))
		count(table, h.Damage.Name, "sshkeys", v.outcome)
		path := p.write("horror", h.Data)
		k := open(t, h.Golden)
		c := conversion{h.Path, formats.ID(h.Golden.Format), k, formats.Options{Passphrase: h.Golden.Passphrase}}
		for _, r := range readers() {
			if !slices.Contains(r.formats, c.format) || limitOf(r, c) != nil {
				continue
			}
			want := publicLine(k)
			if r.want != nil {
				want = r.want(k)
			}
			got, err := r.line(p, path, h.Golden.Encrypted())
			result := mended
			switch {
			case err != nil:
				result = refused
			case got != want:
				result = wrong
			}
			tool, _, _ := strings.Cut(r.name, " ")
			count(table, h.Damage.Name, tool, result)
		}
	}
	printTable(t, table)
}

// boundTools ends tools that do not: puttygen 0.78 turns for ever on some of the files.
func (p *peers) boundTools(tools ...string) {
	p.t.Helper()
	for _, tool := range tools {
		script := "#!/bin/sh\nexec timeout 5 " + testkeys.Tool(p.t, tool) + " \"$@\"\n"
		if err := os.Chmod(p.write(tool, []byte(script)), 0o700); err != nil {
			p.t.Fatal(err)
		}
	}
	p.t.Setenv("PATH", p.dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func count(table map[string]map[string]map[outcome]int, damage, tool string, o outcome) {
	if table[damage] == nil {
		table[damage] = map[string]map[outcome]int{}
	}
	if table[damage][tool] == nil {
		table[damage][tool] = map[outcome]int{}
	}
	table[damage][tool][o]++
}

// printTable has a row for each damage: of how many files each tool had the right
// key, and of how many a wrong one.
func printTable(t *testing.T, table map[string]map[string]map[outcome]int) {
	tools := []string{"sshkeys", "ssh-keygen", "puttygen", "openssl"}
	t.Logf("| damage | %s |", strings.Join(tools, " | "))
	for _, d := range testkeys.Damages() {
		row := "| " + d.Name
		for _, tool := range tools {
			counts := table[d.Name][tool]
			row += fmt.Sprintf(" | %d of %d", counts[mended], counts[mended]+counts[refused]+counts[wrong])
			if counts[wrong] > 0 {
				row += fmt.Sprintf(", %d wrong", counts[wrong])
			}
		}
		t.Log(row + " |")
	}
}
