package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// ppkMendable are the goldens that are damaged, and two of version 1.
func ppkMendable(t *testing.T) []testkeys.Golden {
	t.Helper()
	var all []testkeys.Golden
	for _, name := range []string{
		"ed25519/ppk2", "ed25519/ppk2.enc", "ed25519/ppk3", "ed25519/ppk3.argon2id", "ed25519/ppk3.cert",
		"rsa2048/ppk2", "rsa2048/ppk2.enc", "rsa2048/ppk3", "rsa2048/ppk3.argon2id",
		"ecdsa256/ppk2", "ecdsa256/ppk3", "ecdsa256/ppk3.argon2d", "dsa1024/ppk3",
	} {
		key, file, _ := strings.Cut(name, "/")
		all = append(all, testkeys.Find(t, key, file))
	}
	return append(all, ppkVersion1(t)...)
}

// ppkVersion1 are two files that no tool writes any more.
func ppkVersion1(t *testing.T) []testkeys.Golden {
	g := testkeys.Find(t, "rsa1024", "ppk3")
	public, private := ppkBlobs(t, g.Data)
	plain, locked := g, g
	plain.Name, plain.Data = "version 1", ppkCompose(1, "ssh-rsa", g.Comment, public, private)
	locked.Name, locked.Data = "version 1, encrypted", ppkCompose1Locked(t, "ssh-rsa", public, private)
	locked.Passphrase, locked.Shape = []byte(ppkSecret), testkeys.Find(t, "rsa1024", "ppk2.enc").Shape
	return []testkeys.Golden{plain, locked}
}

// ppkDamage is something that happened to a file; found is what Mend should say,
// each "defect line" or "defect first-last"; of returns "" where it cannot happen.
type ppkDamage struct {
	name  string
	found func(text string) string
	of    func(text string) string
	plain bool // it is beyond repair in a file that is encrypted
}

// ppkLineOf is the number of the first line that begins so.
func ppkLineOf(text, name string) int {
	for i, line := range strings.Split(text, "\n") {
		if strings.HasPrefix(line, name) {
			return i + 1
		}
	}
	return 0
}

func ppkAt(defect, name string) func(string) string {
	return func(text string) string { return fmt.Sprintf("%s %d", defect, ppkLineOf(text, name)) }
}

func ppkSays(found string) func(string) string { return func(string) string { return found } }

// ppkOver is a defect of all lines.
func ppkOver(defect string) func(string) string {
	return func(text string) string { return fmt.Sprintf("%s 1-%d", defect, strings.Count(text, "\n")) }
}

func ppkEach(line func(string) string) func(string) string {
	return func(text string) string {
		lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
		for i := range lines {
			lines[i] = line(lines[i])
		}
		return strings.Join(lines, "\n") + "\n"
	}
}

func ppkReplace(pattern, by string) func(string) string {
	expr := regexp.MustCompile(pattern)
	return func(text string) string {
		if !expr.MatchString(text) {
			return ""
		}
		return expr.ReplaceAllString(text, by)
	}
}

// ppkNames alters the headers' names, but not the colon.
func ppkNames(alter func(string) string) func(string) string {
	names := regexp.MustCompile(`(?m)^[A-Z][A-Za-z0-9-]+:`)
	return func(text string) string { return names.ReplaceAllStringFunc(text, alter) }
}

// ppkWidth wraps the base64 text anew.
func ppkWidth(width int) func(string) string {
	blobs := regexp.MustCompile(`(-Lines: \d+\n)([A-Za-z0-9+/=\n]+)(\n[A-Z][a-z]+-|\n$)`)
	return func(text string) string {
		return blobs.ReplaceAllStringFunc(text, func(found string) string {
			p := blobs.FindStringSubmatch(found)
			b64, out := strings.ReplaceAll(p[2], "\n", ""), ""
			for len(b64) > width {
				out, b64 = out+b64[:width]+"\n", b64[width:]
			}
			return p[1] + out + b64 + p[3]
		})
	}
}

func ppkLineDamages() []ppkDamage {
	return []ppkDamage{
		{name: "indented", found: ppkOver("indented"), of: ppkEach(func(l string) string { return "    " + l })},
		{name: "indented by a tab", found: ppkOver("indented"), of: ppkEach(func(l string) string { return "\t" + l })},
		{name: "trailing blanks", found: ppkOver("trailing-blank"), of: ppkEach(func(l string) string { return l + "   " })},
		{name: "a trailing blank", found: ppkSays("trailing-blank 2"), of: ppkReplace(`(?m)^(Encryption: .*)$`, "$1 ")},
		{name: "a trailing tab", found: ppkAt("trailing-blank", "Private-MAC"), of: ppkReplace(`(Private-MAC: .*)`, "$1\t")},
		{name: "an empty line", found: ppkSays("empty-line 4"), of: ppkReplace(`\nPublic-Lines`, "\n$0")},
		{name: "an empty line of blanks", found: ppkSays("empty-line 5"), of: ppkReplace(`(\nPublic-Lines: \d+\n)`, "$1  \n")},
		{
			name: "empty lines", found: func(text string) string { return fmt.Sprintf("empty-line 2-%d", 2*strings.Count(text, "\n")-2) },
			of: func(text string) string { return strings.ReplaceAll(text[:len(text)-1], "\n", "\n\n") + "\n" },
		},
		{name: "blanks for lines", found: ppkSays("spaces-for-lines 1"), of: func(text string) string { return strings.ReplaceAll(text[:len(text)-1], "\n", " ") + "\n" }},
		{name: "tabs for lines", found: ppkSays("spaces-for-lines 1"), of: func(text string) string { return strings.ReplaceAll(text[:len(text)-1], "\n", "\t") + "\n" }},
		{name: "no lines", found: ppkSays("lost-newlines 1"), of: func(text string) string { return strings.ReplaceAll(text[:len(text)-1], "\n", "") + "\n" }},
		{name: "text before", found: ppkSays("text-before 1-2"), of: func(text string) string { return "Dear Hanako,\n\n" + text }},
		{name: "empty lines before", found: ppkSays("text-before 1-2"), of: func(text string) string { return "\n\n" + text }},
		{name: "text before on the line", found: ppkSays("text-before 1"), of: func(text string) string { return "my key: " + text }},
		{name: "text after", found: func(text string) string { return fmt.Sprintf("text-after %d", strings.Count(text, "\n")+2) }, of: func(text string) string { return text + "\nRegards: Taro\n" }},
		{name: "text after on the line", found: func(text string) string { return fmt.Sprintf("text-after %d", strings.Count(text, "\n")) }, of: func(text string) string { return text[:len(text)-1] + " deadbeef\n" }},
	}
}

func ppkSignDamages() []ppkDamage {
	dash := func(dash string) func(string) string {
		return ppkNames(func(name string) string { return strings.ReplaceAll(name, "-", dash) })
	}
	dashed := func(text string) string { return fmt.Sprintf("odd-dashes 1-%d", strings.Count(text, "\n")) }
	return []ppkDamage{
		{name: "en dashes", found: dashed, of: dash("–")},
		{name: "em dash", found: ppkAt("odd-dashes", "Private-MAC"), of: ppkReplace("Private-MAC", "Private—MAC")},
		{name: "dashes everywhere", found: dashed, of: func(text string) string { return strings.ReplaceAll(text, "-", "−") }},
		{name: "no-break space", found: ppkSays("odd-blank 2"), of: ppkReplace("Encryption: ", "Encryption:\u00a0")},
		{name: "no-break spaces", found: func(text string) string { return fmt.Sprintf("odd-blank 1-%d", strings.Count(text, "\n")) }, of: func(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") }},
		{name: "zero width at the beginning", found: ppkSays("zero-width 1"), of: func(text string) string { return "\u200b" + text }},
		{name: "zero width at the end", found: ppkAt("zero-width", "Private-MAC"), of: ppkReplace("(Private-MAC: .*)", "$1\ufeff")},
		{name: "zero width in base64", found: ppkSays("zero-width 5"), of: ppkReplace(`\nAAAA`, "\nAA\u2060AA")},
		{name: "zero width in a name", found: ppkAt("zero-width", "Private-Lines"), of: ppkReplace("Private-Lines", "Private\u200d-Lines")},
		{name: "zero width after the comment", found: ppkSays("zero-width 2-3"), of: ppkReplace(`(?m)^(Encryption|Comment)(.*)$`, "$1$2\u200b")},
		{name: "lower case", found: ppkOver("lower-case"), of: ppkNames(strings.ToLower)},
		{name: "upper case", found: ppkOver("lower-case"), of: ppkNames(strings.ToUpper)},
	}
}

func ppkBlobDamages() []ppkDamage {
	plus := func(n int) func(string) string {
		inside := regexp.MustCompile(`([A-Za-z0-9/])\+([A-Za-z0-9/])`)
		return func(text string) string {
			damaged := inside.ReplaceAllStringFunc(text, func(found string) string {
				if n--; n < 0 {
					return found
				}
				return strings.Replace(found, "+", " ", 1)
			})
			return damaged
		}
	}
	return []ppkDamage{
		{name: "one line of base64", found: ppkSays("line-width"), of: ppkWidth(1 << 20)},
		{name: "70 columns", found: ppkSays("line-width"), of: ppkWidth(70)},
		{name: "32 columns", found: ppkSays("line-width"), of: ppkWidth(32)},
		{name: "wrong public count", found: ppkSays("wrong-line-counts 4"), of: ppkReplace(`Public-Lines: (\d+)`, "Public-Lines: 9$1")},
		{name: "wrong private count", found: ppkAt("wrong-line-counts", "Private-Lines"), of: ppkReplace(`Private-Lines: \d+`, "Private-Lines: 0")},
		{name: "no count", found: ppkSays("wrong-line-counts 4"), of: ppkReplace(`Public-Lines: \d+`, "Public-Lines: ")},
		{name: "a letter for a count", found: ppkSays("wrong-line-counts 4"), of: ppkReplace(`Public-Lines: \d+`, "Public-Lines: l")},
		{name: "a plus sign as a blank", found: ppkSays("plus-as-space"), of: plus(1), plain: true},
		{name: "plus signs as blanks", found: ppkSays("plus-as-space"), of: plus(1000), plain: true},
	}
}

func ppkHeaderDamages() []ppkDamage {
	all := []ppkDamage{
		{name: "lost first line", found: ppkSays("lost-header 1"), of: ppkReplace(`^.*\n`, "")},
		{name: "half of the first line", found: ppkSays("lost-header 1"), of: ppkReplace(`^PuTTY-User-Key-`, "")},
		{name: "lost first two lines", found: ppkSays("lost-header 1"), of: ppkReplace(`^.*\n.*cbc\n((?s:.*Key-Derivation))`, "$1")},
		{name: "lost MAC", found: ppkSays("lost-footer"), of: ppkReplace(`Private-(MAC|Hash).*\n`, ""), plain: true},
		{name: "half of the MAC", found: ppkAt("lost-footer", "Private-MAC"), of: ppkReplace(`(Private-MAC: .{20}).*\n`, "$1\n"), plain: true},
		{name: "half of the MAC's name", found: ppkSays("lost-footer"), of: ppkReplace(`Private-(MAC|Hash).*\n`, "Priva\n"), plain: true},
		{name: "wrong key type", found: ppkSays("damaged-marker 1"), of: ppkReplace(`: (ssh|ecdsa)-`, ": ${1}_")},
		{name: "wrong version", found: ppkSays("damaged-marker 1"), of: func(text string) string {
			if strings.Contains(text, "File-1") {
				return ""
			}
			return strings.NewReplacer("File-2", "File-3", "File-3", "File-2").Replace(text)
		}},
		{name: "no number of the version", found: ppkSays("damaged-marker 1"), of: ppkReplace(`File-\d`, "File-x")},
		{name: "two blanks", found: ppkSays("damaged-marker 2"), of: ppkReplace(`Encryption: `, "Encryption:  ")},
		{name: "no blank", found: ppkSays("damaged-marker 2"), of: ppkReplace(`Encryption: `, "Encryption:")},
		{name: "a blank before the colon", found: ppkSays("damaged-marker 4"), of: ppkReplace(`Public-Lines:`, "Public-Lines :")},
		{name: "no blank before the comment", found: ppkSays("damaged-marker 3"), of: ppkReplace(`Comment: `, "Comment:")},
		{name: "a wrapped MAC", found: ppkAt("line-width", "Private-MAC"), of: ppkReplace(`Private-MAC: `, "Private-MAC:\n")},
		{name: "a MAC on two lines", found: ppkAt("line-width", "Private-MAC"), of: ppkReplace(`(Private-MAC: .{30})`, "$1\n")},
	}
	for _, name := range []string{"PuTTY-User-Key-File-\\d", "Encryption", "Comment", "Public-Lines", "Key-Derivation", "Argon2-Memory", "Argon2-Passes", "Argon2-Parallelism", "Argon2-Salt", "Private-Lines", "Private-MAC"} {
		start := name[:3]
		marked := ppkAt("damaged-marker", strings.TrimSuffix(name, "\\d"))
		all = append(all,
			ppkDamage{name: "wrong letter in " + name, found: marked, of: ppkReplace(`(?m)^`+start+`(`+name[3:]+`:)`, start[:2]+"#$1")},
			ppkDamage{name: "wrong first letter in " + name, found: marked, of: ppkReplace(`(?m)^`+start+`(`+name[3:]+`:)`, "\u65e5"+start[1:]+"$1")},
			ppkDamage{name: "missing first letter in " + name, found: marked, of: ppkReplace(`(?m)^`+start+`(`+name[3:]+`:)`, start[1:]+"$1")},
			ppkDamage{name: "missing letter in " + name, found: marked, of: ppkReplace(`(?m)^`+start+`(`+name[3:]+`:)`, start[:2]+"$1")},
			ppkDamage{name: "letter twice in " + name, found: marked, of: ppkReplace(`(?m)^`+start+`(`+name[3:]+`:)`, start+start[2:]+"$1")},
			ppkDamage{name: "no colon behind " + name, found: marked, of: ppkReplace(`(?m)^(`+name+`):`, "$1")},
			ppkDamage{name: "semicolon behind " + name, found: marked, of: ppkReplace(`(?m)^(`+name+`):`, "$1;")},
		)
	}
	return all
}

func ppkDamages() []ppkDamage {
	return slices.Concat(ppkLineDamages(), ppkSignDamages(), ppkBlobDamages(), ppkHeaderDamages())
}

// hidesVersion: nothing but the first line tells version 1, encrypted, from version 2.
func (d ppkDamage) hidesVersion(g testkeys.Golden) bool {
	first := []string{"lost first line", "half of the first line", "no number of the version"}
	return slices.Contains(first, d.name) && g.Name == "version 1, encrypted"
}

// ppkMended damages a golden, and fails where Mend does not give its own key.
func ppkMended(t *testing.T, g testkeys.Golden, text string) *formats.Envelope {
	t.Helper()
	env, err := formats.Mend([]byte(text), formats.DefaultLimits())
	if err != nil {
		t.Errorf("%v", err)
		return nil
	}
	key, err := env.Open(g.Passphrase)
	switch {
	case err != nil:
		t.Errorf("%v; edits %v", err, env.Edits)
	case env.Public.Fingerprint() != g.Facts.SHA256 || !samePrivate(key, ppkKey(t, g.Data, string(g.Passphrase))):
		t.Errorf("another key; edits %v", env.Edits)
	}
	return env
}

// TestPPKDamages: every damage of every file is undone and named with its line, and
// what comes out is the file as it was.
func TestPPKDamages(t *testing.T) {
	for _, g := range ppkMendable(t) {
		for _, d := range ppkDamages() {
			damaged := d.of(string(g.Data))
			if damaged == "" || damaged == string(g.Data) || d.plain && g.Encrypted() {
				continue
			}
			t.Run(g.String()+"/"+d.name, func(t *testing.T) {
				env := ppkMended(t, g, damaged)
				if env == nil {
					return
				}
				if !bytes.Equal(env.Mended, g.Data) && !d.hidesVersion(g) {
					t.Errorf("mended as\n%s", env.Mended)
				}
				if want := d.found(string(g.Data)); len(env.Edits) != 1 || !strings.HasPrefix(ppkEdit(env.Edits[0]), want) {
					t.Errorf("edits %v, want %s", env.Edits, want)
				}
			})
		}
	}
}

func ppkEdit(e formats.Edit) string {
	if e.Last == e.Line {
		return fmt.Sprintf("%s %d", e.Defect, e.Line)
	}
	return fmt.Sprintf("%s %d-%d", e.Defect, e.Line, e.Last)
}

// TestPPKGoldens: a file that nothing happened to has no edits.
func TestPPKGoldens(t *testing.T) {
	files := 0
	for _, g := range append(testkeys.Goldens(t), ppkVersion1(t)...) {
		if !strings.HasPrefix(g.Format, "ppk") {
			continue
		}
		files++
		env, err := formats.Mend(g.Data, formats.DefaultLimits())
		if err != nil || len(env.Edits) > 0 || env.Mended != nil {
			t.Errorf("%s: %v, %v", g, env, err)
		}
	}
	if files < 60 {
		t.Errorf("only %d files", files)
	}
}

// TestPPKPairs: of two damages at once too, none gives another key, and at least 99
// in 100 are undone.
func TestPPKPairs(t *testing.T) {
	for _, name := range []string{"ed25519/ppk2", "ecdsa256/ppk3", "ed25519/ppk3.argon2id"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, file, _ := strings.Cut(name, "/")
			g := testkeys.Find(t, key, file)
			want := open(t, g)
			damages, random := ppkDamages(), rand.New(rand.NewPCG(6, 18))
			all, bad := 0, 0
			for all < 1000 {
				first, second := damages[random.IntN(len(damages))], damages[random.IntN(len(damages))]
				damaged := first.and(second, g)
				if damaged == "" {
					continue
				}
				all++
				env, err := formats.Mend([]byte(damaged), formats.DefaultLimits())
				var k *keytool.Key
				if err == nil {
					k, err = env.Open(g.Passphrase)
				}
				switch {
				case err != nil:
					bad++
					t.Logf("%s, %s: %v", first.name, second.name, err)
				case !samePrivate(k, want):
					t.Errorf("%s, %s: another key", first.name, second.name)
				}
			}
			if bad*100 > all {
				t.Errorf("%d of %d pairs are not mended", bad, all)
			}
		})
	}
}

// and damages a golden twice; "" where that cannot be.
func (d ppkDamage) and(other ppkDamage, g testkeys.Golden) string {
	once := d.of(string(g.Data))
	if once == "" || once == string(g.Data) || g.Encrypted() && (d.plain || other.plain) || d.clashes(other) {
		return ""
	}
	if twice := other.of(once); twice != once {
		return twice
	}
	return ""
}

// clashes tells two damages to one header: that is more than a letter.
func (d ppkDamage) clashes(other ppkDamage) bool {
	last := func(name string) string { return name[strings.LastIndexByte(name, ' ')+1:] }
	return last(d.name) == last(other.name)
}

// TestPPKRandomChanges: one changed byte gives the file's own key or an error.
func TestPPKRandomChanges(t *testing.T) {
	rounds := 800
	if testing.Short() {
		rounds = 100
	}
	for _, name := range []string{"ed25519/ppk2", "ecdsa256/ppk3", "rsa1024/ppk3", "ed25519/ppk3.argon2id", "ecdsa256/ppk2.enc"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key, file, _ := strings.Cut(name, "/")
			g := testkeys.Find(t, key, file)
			want, random, opened := open(t, g), rand.New(rand.NewPCG(10, 4)), 0
			for range rounds {
				changed, i := bytes.Clone(g.Data), random.IntN(len(g.Data))
				changed[i] = byte(random.Uint32())
				env, err := formats.Mend(changed, tight())
				if err != nil {
					continue
				}
				k, err := env.Open(g.Passphrase)
				if err != nil {
					continue
				}
				opened++
				if k.IsPrivate() && !samePrivate(k, want) {
					t.Errorf("byte %d to %q: another key", i, changed[i])
				}
			}
			if opened < rounds/20 {
				t.Errorf("only %d of %d open", opened, rounds)
			}
		})
	}
}

// TestPPKRemovedBytes: nor do bytes that are missing, or there twice, give another key.
func TestPPKRemovedBytes(t *testing.T) {
	for _, name := range []string{"ed25519/ppk2", "ecdsa256/ppk3", "ed25519/ppk3.argon2id"} {
		key, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, key, file)
		want := open(t, g)
		for i := range g.Data {
			for _, changed := range [][]byte{slices.Delete(bytes.Clone(g.Data), i, i+1), slices.Insert(bytes.Clone(g.Data), i, g.Data[i]), g.Data[i:], g.Data[:i]} {
				if env, err := formats.Mend(changed, tight()); err == nil {
					if k, err := env.Open(g.Passphrase); err == nil && k != nil && k.IsPrivate() && !samePrivate(k, want) {
						t.Errorf("%s at %d: another key", name, i)
					}
				}
			}
		}
	}
}

// ppkCommented is a file with a comment, not encrypted or with ppkSecret.
func ppkCommented(t *testing.T, comment string, encrypted bool) testkeys.Golden {
	t.Helper()
	g := testkeys.Find(t, "ed25519", "ppk3")
	public, private := ppkBlobs(t, g.Data)
	g.Data = ppkCompose(3, "ssh-ed25519", comment, public, private)
	if encrypted {
		g.Passphrase, g.Shape = []byte(ppkSecret), testkeys.Find(t, "ed25519", "ppk2.enc").Shape
		key := ppkKey(t, g.Data, "")
		data, err := formats.Encode(formats.PPK2, key, formats.Options{Passphrase: g.Passphrase})
		if err != nil {
			t.Fatal(err)
		}
		g.Data = data
	}
	return g
}

// TestPPKComments: what in a comment is damage and what is the owner's, only the MAC
// can tell.
func TestPPKComments(t *testing.T) {
	damages := map[string]func(string) string{
		"trailing blanks": ppkEach(func(l string) string { return l + "  " }),
		"trimmed":         ppkEach(func(l string) string { return strings.TrimRight(l, " \t") }),
		"indented":        ppkEach(func(l string) string { return "\t" + l }),
		"no-break spaces": func(text string) string { return strings.ReplaceAll(text, " ", "\u00a0") },
		"dashes":          func(text string) string { return strings.ReplaceAll(text, "-", "–") },
		"zero width":      ppkEach(func(l string) string { return "\u200b" + l + "\u200b" }),
		"blanks":          func(text string) string { return strings.ReplaceAll(text, "\n", " ") },
		"no lines":        func(text string) string { return strings.ReplaceAll(text, "\n", "") },
		"text after":      func(text string) string { return text + "Encryption: none\nComment: x\n" },
		"lower case":      ppkNames(strings.ToLower),
		"lost header":     ppkReplace(`^.*\n`, ""),
	}
	comments := []string{
		"", "x", "rsa-key-20201010", "two  blanks", "a\tb", "no\u00a0break", "caf\xe9", "\x83\x65\x83\x58\x83\x67", "an – dash", "zero\u200bwidth",
		"Public-Lines: 7", "Comment: x", "Encryption: none", "Private-MAC: 00", "a: b", "PuTTY", " leading", "AAAA",
	}
	for _, comment := range comments {
		for _, encrypted := range []bool{false, true} {
			if encrypted && comment != strings.ToValidUTF8(comment, "") || comment == "a\tb" && encrypted {
				continue
			}
			g := ppkCommented(t, comment, encrypted)
			if env := ppkMended(t, g, string(g.Data)); env != nil && (len(env.Edits) > 0 || env.Mended != nil) {
				t.Errorf("%q: %v", comment, env.Edits)
			}
			for name, of := range damages {
				t.Run(fmt.Sprintf("%s/%q/%v", name, comment, encrypted), func(t *testing.T) {
					env := ppkMended(t, g, of(string(g.Data)))
					if env != nil && len(env.Edits) == 0 && of(string(g.Data)) != string(g.Data) {
						t.Error("no edits")
					}
				})
			}
		}
	}
}

// TestPPKWrappedComment: one that a program wrapped is joined.
func TestPPKWrappedComment(t *testing.T) {
	g := ppkCommented(t, "a comment that goes on and on, as comments do", false)
	for _, by := range []string{"\n", " \n  "} {
		env := ppkMended(t, g, strings.Replace(string(g.Data), " goes", by+"goes", 1))
		if env != nil && !bytes.Equal(env.Mended, g.Data) {
			t.Errorf("mended as\n%s", env.Mended)
		}
	}
}

// TestPPKTwo: of two files in a text none is taken for the key; the same one twice is it.
func TestPPKTwo(t *testing.T) {
	one, other := testkeys.Find(t, "ed25519", "ppk3"), testkeys.Find(t, "rsa2048", "ppk2.enc")
	for _, text := range []string{
		string(one.Data) + string(other.Data), string(other.Data) + "\n" + string(one.Data),
		"two:\n" + ppkReplace(`^.*\n`, "")(string(one.Data)) + string(other.Data),
		string(one.Data) + ppkReplace(`^.*\n`, "")(string(other.Data)),
		strings.ReplaceAll(string(one.Data)+string(other.Data), "\n", " "),
		strings.ReplaceAll(string(one.Data)+string(other.Data), "\n", ""),
	} {
		env, err := formats.Mend([]byte(text), formats.DefaultLimits())
		if _, ok := errors.AsType[*formats.AmbiguousError](err); !ok {
			t.Errorf("%v, %v of\n%s", env, err, text)
		}
	}
	ppkMended(t, one, string(one.Data)+string(one.Data))
}

// TestPPKBeyondRepair: without its MAC an encrypted file is lost, as are changed letters
// of the key's own text and lost plus signs that nothing proves.
func TestPPKBeyondRepair(t *testing.T) {
	locked, plain := string(testkeys.Find(t, "ed25519", "ppk3.argon2id").Data), string(testkeys.Find(t, "ed25519", "ppk3").Data)
	for name, text := range map[string]string{
		"no MAC":       ppkReplace("Private-MAC.*\n", "")(locked),
		"half a MAC":   ppkReplace("(Private-MAC: .{20}).*\n", "$1\n")(locked),
		"other letter": strings.Replace(plain, "Private-Lines: 1\nAAAAI", "Private-Lines: 1\nAAAAJ", 1),
		"other MAC":    ppkReplace("(Private-MAC: ).", "${1}#")(plain),
		"lost line":    ppkReplace("Public-Lines: .*\n.*\n", "$1")(plain),
		"lost comment": ppkReplace("Comment.*\n", "")(plain),
		"lost salt":    ppkReplace("Argon2-Salt.*\n", "")(locked),
		"version 4":    "key: " + strings.Replace(plain, "File-3", "File-4", 1),
		"no private":   plain[:strings.Index(plain, "Private-Lines")],
	} {
		if env, err := formats.Mend([]byte(text), formats.DefaultLimits()); err == nil {
			t.Errorf("%s: read with edits %v", name, env.Edits)
		}
	}
}

// TestPPKHostile: texts made of headers cost no more than others of their size.
func TestPPKHostile(t *testing.T) {
	const size = 1 << 18
	plain := string(testkeys.Find(t, "rsa2048", "ppk3").Data)
	for name, piece := range map[string]string{
		"first lines": ppkMagicLine, "names": "Encryption: none\nComment: x\nPublic-Lines: 1\nPrivate-Lines: 1\n",
		"files": plain, "digits": plain[:strings.Index(plain, "\nAAAA")] + "1111111", "letters": "p", "zero width": "\u200b",
		"blobs": "Encryption: none Comment: x Public-Lines: 1 AAAA Private-Lines: 1 A ", "prose": plain[:len(plain)-80] + strings.Repeat("a: ", 9999),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := strings.Repeat(piece, size/len(piece))
			if env, err := formats.Mend([]byte(text), tight()); err == nil && name != "files" && name != "prose" {
				t.Errorf("read: %v", env.Kind)
			}
		})
	}
}

const ppkMagicLine = "PuTTY-User-Key-File-3: ssh-rsa\n"

// TestPPKMendedForPuTTY: puttygen reads what comes out.
func TestPPKMendedForPuTTY(t *testing.T) {
	p := newPeers(t)
	for _, name := range []string{"ed25519/ppk2", "ed25519/ppk3.argon2id", "rsa2048/ppk3", "rsa2048/ppk2.enc", "ecdsa256/ppk3"} {
		key, file, _ := strings.Cut(name, "/")
		g := testkeys.Find(t, key, file)
		want := publicLine(open(t, g))
		for _, d := range ppkDamages() {
			damaged := d.of(string(g.Data))
			if damaged == "" || damaged == string(g.Data) || d.plain && g.Encrypted() {
				continue
			}
			env := ppkMended(t, g, damaged)
			if env == nil || bytes.Equal(env.Mended, g.Data) && d.name != "indented" {
				continue // which puttygen made
			}
			line, err := puttygenL(p, p.write("mended.ppk", env.Mended), g.Encrypted())
			if err != nil || line != want {
				t.Errorf("%s, %s: %v, %s", g, d.name, err, line)
			}
		}
	}
}

// TestPPKWideGaps: several blanks for every line end, and one for every plus sign.
func TestPPKWideGaps(t *testing.T) {
	for _, gap := range []string{" ", "  ", "    ", " \t"} {
		g := testkeys.Find(t, "rsa2048", "ppk3")
		text := strings.ReplaceAll(strings.ReplaceAll(strings.TrimSuffix(string(g.Data), "\n"), "\n", gap), "+", " ")
		if env := ppkMended(t, g, text+"\n"); env != nil && !bytes.Equal(env.Mended, g.Data) {
			t.Errorf("%q: mended as\n%s", gap, env.Mended)
		}
	}
}
