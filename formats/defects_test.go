package formats_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

// defectMaker makes one defect in the text of a key file; nil where it does not apply.
type defectMaker struct {
	defect formats.Defect
	of     func(data []byte) []byte
}

func defectMakers() []defectMaker {
	replace := func(old, new string) func([]byte) []byte {
		return func(data []byte) []byte { return bytes.ReplaceAll(data, []byte(old), []byte(new)) }
	}
	return []defectMaker{
		{"", bytes.Clone},
		{formats.ByteOrderMark, func(data []byte) []byte { return append([]byte("\xef\xbb\xbf"), data...) }},
		{formats.UTF16, utf16Of},
		{formats.CRLF, replace("\n", "\r\n")},
		{formats.LoneCR, replace("\n", "\r")},
		{formats.NoFinalNewline, func(data []byte) []byte { return bytes.TrimSuffix(data, []byte("\n")) }},
		{formats.TextBefore, func(data []byte) []byte { return append([]byte("my key\n"), data...) }},
		{formats.TextBefore, func(data []byte) []byte { return append([]byte("\n"), data...) }},
		{formats.TextAfter, func(data []byte) []byte { return append(bytes.Clone(data), "my key\n"...) }},
		{formats.IndentedMarker, onLines(func(line string, body bool) string { return tern(body, line, "  "+line) })},
		{formats.BlankAtMarker, onLines(func(line string, body bool) string { return tern(body, line, line+" ") })},
		{formats.Indented, onLines(func(line string, body bool) string { return tern(body, " "+line, line) })},
		{formats.EmptyLine, afterBody("\n")},
		{formats.OddLines, rewrapped},
	}
}

func tern(is bool, yes, no string) string {
	if is {
		return yes
	}
	return no
}

func utf16Of(data []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, unit := range utf16.Encode([]rune(string(data))) {
		out = binary.LittleEndian.AppendUint16(out, unit)
	}
	return out
}

// onLines alters the marker lines and the base64 lines of a block. Headers stay.
func onLines(alter func(line string, body bool) string) func([]byte) []byte {
	return func(data []byte) []byte {
		if !bytes.HasPrefix(data, []byte("----")) {
			return nil
		}
		var out strings.Builder
		for line := range strings.Lines(string(data)) {
			line = strings.TrimSuffix(line, "\n")
			marker := strings.HasPrefix(line, "----")
			if line != "" && !strings.Contains(line, ":") && !strings.HasSuffix(line, `\`) {
				line = alter(line, !marker)
			}
			out.WriteString(line + "\n")
		}
		return []byte(out.String())
	}
}

// afterBody puts a text before the last line.
func afterBody(text string) func([]byte) []byte {
	return func(data []byte) []byte {
		i := bytes.LastIndex(data, []byte("\n-----END"))
		if i < 0 {
			return nil
		}
		return slices.Concat(data[:i+1], []byte(text), data[i+1:])
	}
}

// rewrapped has lines of 76 characters in place of PEM's 64.
func rewrapped(data []byte) []byte {
	head, body, ok := strings.Cut(string(data), "\n\n")
	text, end, cut := strings.Cut(body, "-----END")
	if !ok || !cut || !strings.Contains(head, "Proc-Type") {
		return nil
	}
	text = strings.ReplaceAll(text, "\n", "")
	var lines []string
	for len(text) > 76 {
		lines, text = append(lines, text[:76]), text[76:]
	}
	return []byte(head + "\n\n" + strings.Join(append(lines, text), "\n") + "\n-----END" + end)
}

// TestDefectsAreFound: each is found in every private golden it can be made in,
// and nothing in a sound one. What Parse reads over it still reads.
func TestDefectsAreFound(t *testing.T) {
	made := map[formats.Defect]int{}
	for _, g := range testkeys.Goldens(t) {
		if !g.Private || g.DER || g.Dataset() || formats.Defects(g.Data) == nil && bytes.IndexByte(g.Data, 0) >= 0 {
			continue
		}
		for _, b := range defectMakers() {
			data := b.of(g.Data)
			if data == nil || strings.Contains(g.Name, "sec1-params") && b.defect == formats.EmptyLine {
				continue
			}
			made[b.defect]++
			found := formats.Defects(data)
			isPPK := strings.HasPrefix(g.Format, "ppk")
			switch {
			case isPPK && b.defect == formats.TextAfter:
			case b.defect == "" && len(found) > 0, b.defect != "" && !slices.Contains(found, b.defect):
				t.Errorf("%s made %q: found %v", g, b.defect, found)
			case len(slices.DeleteFunc(found, func(d formats.Defect) bool { return d == b.defect || d == formats.OddLines })) > 0:
				t.Errorf("%s made %q: found besides %v", g, b.defect, found)
			}
			if _, err := formats.Parse(data, formats.DefaultLimits()); err != nil && readOver(b.defect, g.Format) {
				t.Errorf("%s made %q: %v", g, b.defect, err)
			}
		}
	}
	for _, b := range defectMakers() {
		if made[b.defect] == 0 {
			t.Errorf("no golden was made %q", b.defect)
		}
	}
}

// readOver tells what Parse makes nothing of: everything but blanks before BEGIN in
// PEM and OpenSSH's blocks, in other formats what only the encoding differs in.
func readOver(d formats.Defect, format string) bool {
	switch format {
	case "openssh", "pkcs1", "sec1", "dsa-pem", "pkcs8":
		return d != formats.IndentedMarker
	}
	return slices.Contains([]formats.Defect{"", formats.ByteOrderMark, formats.UTF16, formats.CRLF, formats.LoneCR, formats.NoFinalNewline}, d)
}

// TestStops: for every defect and every private golden, ssh-keygen -y, openssl and
// puttygen refuse exactly the files for which Stops says so of a defect found.
func TestStops(t *testing.T) {
	t.Parallel()
	p := newPeers(t)
	readers := map[formats.Reader]func(path string, g testkeys.Golden) bool{
		formats.BySSH: func(path string, g testkeys.Golden) bool {
			return p.takes("ssh-keygen", "-y", "-P", string(g.Passphrase), "-f", path)
		},
		formats.ByOpenSSL: func(path string, g testkeys.Golden) bool {
			return p.takes("openssl", "pkey", "-in", path, "-passin", "pass:"+string(g.Passphrase), "-noout")
		},
		formats.ByPuTTY: func(path string, g testkeys.Golden) bool {
			return p.takes("puttygen", path, "-q", "-L", "--random-device=/dev/urandom", "--old-passphrase", p.passphraseFile(g.Encrypted()))
		},
	}
	compared := map[formats.Reader]int{}
	for _, g := range stopsGoldens(t) {
		for reader, takes := range readers {
			if !takes(p.write("sound", g.Data), g) {
				continue
			}
			for _, b := range defectMakers() {
				data := b.of(g.Data)
				if data == nil {
					continue
				}
				want := !slices.ContainsFunc(formats.Defects(data), func(d formats.Defect) bool { return d.Stops(reader, formats.ID(g.Format)) })
				if got := takes(p.write("broken", data), g); got != want {
					t.Errorf("%s made %q: %s takes it: %v, want %v (found %v)", g, b.defect, reader, got, want, formats.Defects(data))
				}
				compared[reader]++
			}
		}
	}
	for reader := range readers {
		if compared[reader] < 50 {
			t.Errorf("%s read %d files only", reader, compared[reader])
		}
	}
}

// stopsGoldens are one file of each format, with and without a passphrase.
func stopsGoldens(t *testing.T) []testkeys.Golden {
	type kind struct {
		format    string
		encrypted bool
	}
	seen := map[kind]bool{}
	return slices.DeleteFunc(testkeys.Goldens(t), func(g testkeys.Golden) bool {
		if !g.Private || g.DER || g.Dataset() || g.Format == "dropbear" || strings.Contains(g.Key, "448") || strings.Contains(g.Key, "mldsa") {
			return true
		}
		if g.Key == "ed25519" && g.Format == "pkcs8" || g.Encrypted() && !g.Cheap() && g.Format == "ppk3" {
			return true // not every ssh reads it; slow
		}
		k := kind{g.Format, g.Encrypted()}
		again := seen[k]
		seen[k] = true
		return again
	})
}

// takes tells whether a tool reads a file; one that does not end does not. openssl
// is slow with UTF-16.
func (p *peers) takes(tool string, args ...string) bool {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, testkeys.Tool(p.t, tool), args...)
	cmd.Env = append(cmd.Environ(), "SSH_ASKPASS_REQUIRE=never", "DISPLAY=")
	return cmd.Run() == nil
}

// TestScanDefects: what pasting does to lines is found at its line, and a list that
// sshd reads has none of it.
func TestScanDefects(t *testing.T) {
	ed := string(testkeys.Find(t, "ed25519", "openssh.pub").Data)
	rsa := string(testkeys.Find(t, "rsa2048", "openssh.pub").Data)
	rfc := string(testkeys.Find(t, "rsa2048", "rfc4716").Data)
	private := string(testkeys.Find(t, "ed25519", "openssh").Data)
	bare := strings.TrimSuffix(ed, "\n")
	words := strings.Fields(ed)
	noComment := words[0] + " " + words[1]
	over := func(line int, d formats.Defect, last int) []formats.Edit {
		return []formats.Edit{{Line: line, Defect: d, Last: last}}
	}
	at := func(line int, d formats.Defect) []formats.Edit { return over(line, d, line) }
	for name, c := range map[string]struct {
		text string
		want []formats.Edit
	}{
		"sound":                    {ed + rsa, nil},
		"comments and empty lines": {"# " + ed + "\n\n" + rsa, nil},
		"CR LF":                    {strings.ReplaceAll(ed+rsa, "\n", "\r\n"), nil},
		"options":                  {`command="a b",no-pty ` + ed, nil},
		"prose":                    {"my keys\n" + ed, nil},
		"wrapped":                  {"# a\n" + rsa[:60] + "\n" + rsa[60:200] + "\n" + rsa[200:], over(2, formats.SplitLine, 4)},
		"wrapped at the blank":     {words[0] + "\n" + words[1] + "\n" + rsa, over(1, formats.SplitLine, 2)},
		"wrapped with an indent":   {rsa[:60] + "\n  " + rsa[60:], over(1, formats.SplitLine, 2)},
		"cut off":                  {rsa[:60] + "\n", nil},
		"lost its first letter":    {ed + rsa[1:], at(2, formats.LostLetter)},
		"lost four":                {rsa[4:], at(1, formats.LostLetter)},
		"of another type":          {"ssh-dss " + words[1] + "\n", nil},
		"joined behind a comment":  {bare + rsa, at(1, formats.JoinedKeys)},
		"joined at the base64":     {ed + noComment + rsa, at(2, formats.JoinedKeys)},
		"a type in a comment":      {bare + " ssh-rsa key\n", nil},
		"no-break space":           {strings.Replace(ed, " ", "\u00a0", 1) + rsa, at(1, formats.OddBlank)},
		"ideographic space":        {strings.Replace(ed, " ", "\u3000", 1), at(1, formats.OddBlank)},
		"zero width":               {"\u200b" + ed, at(1, formats.OddBlank)},
		"no-break in a comment":    {bare + "\u00a0x\n", nil},
		"byte order mark":          {"\ufeff" + ed, at(1, formats.ByteOrderMark)},
		"mark before a comment":    {"\ufeff# a\n" + ed, nil},
		"RFC 4716":                 {ed + rfc + rsa, over(2, formats.SSH2Text, 1+strings.Count(rfc, "\n"))},
		"private key":              {ed + private + rsa, over(2, formats.PrivateKey, 1+strings.Count(private, "\n"))},
		"private key in a comment": {"# -----BEGIN OPENSSH PRIVATE KEY-----\n" + ed, nil},
	} {
		if got := formats.ScanDefects([]byte(c.text)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
	for _, l := range testkeys.Lists(t) {
		if got := formats.ScanDefects(l.Data); got != nil {
			t.Errorf("%s: %v", l.Name, got)
		}
	}
}

// TestDefectsOfPublicText: of a public key its file's own defects, of anything else none.
func TestDefectsOfPublicText(t *testing.T) {
	rsa := testkeys.Find(t, "rsa2048", "openssh.pub").Data
	for name, c := range map[string]struct {
		data []byte
		want []formats.Defect
	}{
		"sound":         {rsa, nil},
		"RFC 4716":      {testkeys.Find(t, "rsa2048", "rfc4716").Data, nil},
		"UTF-16":        {utf16Of(rsa), []formats.Defect{formats.UTF16}},
		"mark":          {append([]byte("\xef\xbb\xbf"), rsa...), []formats.Defect{formats.ByteOrderMark}},
		"wrapped, CRLF": {append(append(bytes.Clone(rsa[:70]), "\r\n"...), rsa[70:]...), []formats.Defect{formats.CRLF, formats.SplitLine}},
		"lost letter":   {rsa[1:], []formats.Defect{formats.LostLetter}},
		"binary":        {testkeys.Find(t, "rsa2048", "dropbear").Data, nil},
		"prose":         {[]byte("dear all\r\n"), nil},
		"empty":         {nil, nil},
	} {
		if got := formats.Defects(c.data); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}
