package authorized

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// mends are the lists of the table dropping that Fix makes readable.
var mends = []string{
	"CR", "CR behind another key", "BOM", "BOM, options", "BOM in the middle", "UTF-16 LE", "UTF-16 BE",
	"NBSP after the type", "wide space", "NBSP before", "NBSP behind", "zero width in the text",
	"lost letter", "wrapped", "wrapped at the type", "blank in the text",
	"joined behind", "joined behind, with a space", "RFC 4716", "quoted mail", "quotes",
}

// TestFixMends holds Fix to what it mends of the table, and to leaving alone the rest.
func TestFixMends(t *testing.T) {
	key, other := testkeys.Find(t, "ed25519", "openssh.pub").Data, testkeys.Find(t, "ed25519-leadingzero", "openssh.pub").Data
	want := publicOf(t, key)
	for _, c := range dropping {
		list := []byte(spell(c.list, key, other))
		fixed := Fix(list)
		reads := slices.ContainsFunc(readLines(fixed.Data), func(e formats.Entry) bool { return e.Key.Equal(want) })
		mended := reads && !c.read && len(fixed.Mended) > 0
		if mended != slices.Contains(mends, c.name) {
			t.Errorf("%s: mended: %v: %q", c.name, mended, fixed.Data)
		}
		if len(fixed.Mended) == 0 && !bytes.Equal(fixed.Data, list) {
			t.Errorf("%s: changed for nothing", c.name)
		}
		if again := Fix(fixed.Data); len(again.Mended) > 0 {
			t.Errorf("%s: the second time: %+v", c.name, again.Mended)
		}
	}
}

func publicOf(t *testing.T, data []byte) *keytool.Key {
	t.Helper()
	e, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	return e.Public
}

func TestFixKeepsWhatItNeedNotTouch(t *testing.T) {
	keys := goldenKeys(t)
	a, b, c := line(keys[0]), line(keys[2]), line(keys[5])
	for _, l := range []struct{ name, old, want string }{
		{"nothing", "", ""},
		{"sound", "# x\n\n" + a + " me\r\nrestrict " + b, "# x\n\n" + a + " me\r\nrestrict " + b},
		{"joined", "# x\r\n" + a + " me" + b + " you\n" + c, "# x\r\n" + a + " me\n" + b + " you\n" + c},
		{"wrapped among others", "restrict " + a + "\n\n# two\n" + b[:60] + "\n" + b[60:] + " b\n# three\n" + c + "\n",
			"restrict " + a + "\n\n# two\n" + b + " b\n# three\n" + c + "\n"},
		{"twice", a + "\n" + b + "\n" + a + " again\n# end\n", a + "\n" + b + "\n# end\n"},
		{"twice, with other options", a + "\nrestrict " + a + "\n", a + "\nrestrict " + a + "\n"},
		{"twice, once as an authority", a + "\ncert-authority " + a + "\n", a + "\ncert-authority " + a + "\n"},
		{"twice, the second damaged", a + "\n" + a[1:] + "\n", a + "\n"},
		{"options are not lost in a comment", a + ` mefrom="10.0.0.0/8" ` + b + "\n", a + ` mefrom="10.0.0.0/8" ` + b + "\n"},
		{"unknown option", "nonsense " + a + "\n" + b + "\n", "nonsense " + a + "\n" + b + "\n"},
		{"private key", a + "\n" + string(testkeys.Find(t, "ed25519", "openssh").Data) + b + "\n",
			a + "\n" + string(testkeys.Find(t, "ed25519", "openssh").Data) + b + "\n"},
		{"cut off", a + "\n" + b[:70] + "\n" + c + "\n", a + "\n" + b[:70] + "\n" + c + "\n"},
	} {
		fixed := Fix([]byte(l.old))
		if string(fixed.Data) != l.want {
			t.Errorf("%s:\n got %q\nwant %q\n%+v", l.name, fixed.Data, l.want, fixed.Mended)
		}
		if (len(fixed.Mended) > 0) != (l.old != l.want) {
			t.Errorf("%s: told: %+v", l.name, fixed.Mended)
		}
	}
}

// Whatever stands in the file: what sshd read it reads, nobody comes in who did not
// stand there, and the second time there is nothing to do.
func TestFixProperties(t *testing.T) {
	keys := goldenKeys(t)
	r := rand.New(rand.NewPCG(6, 4))
	count := 0
	for range 400 {
		list := damagedList(r, keys)
		before := bytes.Clone(list)
		fixed := Fix(list)
		if !bytes.Equal(list, before) {
			t.Fatal("it wrote into the list")
		}
		if err := Proved(list, fixed.Data); err != nil {
			t.Fatalf("%v:\n%q\n%q", err, list, fixed.Data)
		}
		was := readLines(list)
		for _, e := range readLines(fixed.Data) {
			if !slices.ContainsFunc(keys, e.Key.Equal) {
				t.Fatalf("a key that nobody put there: %s\n%q", e.Key.Fingerprint(), list)
			}
			if e.Options == "" && !slices.ContainsFunc(was, func(o formats.Entry) bool { return o.Key.Equal(e.Key) }) && bytes.Contains(list, []byte("restrict"+line(e.Key)[:30])) {
				t.Fatalf("its options are gone: %q", list)
			}
		}
		if len(fixed.Mended) > 0 {
			count++
		}
		if again := Fix(fixed.Data); len(again.Mended) > 0 {
			t.Fatalf("the second time: %+v\n%q\n%q", again.Mended, list, fixed.Data)
		}
	}
	if count < 100 {
		t.Errorf("only %d lists had anything to mend", count)
	}
}

// damagedList is a list of lines that were pasted badly.
func damagedList(r *rand.Rand, keys []*keytool.Key) []byte {
	var file strings.Builder
	for range 1 + r.IntN(6) {
		text := []string{"", "", "restrict ", `from="10.0.0.0/8" `}[r.IntN(4)] + line(keys[r.IntN(len(keys))])
		switch cut := 20 + r.IntN(len(text)-30); r.IntN(9) {
		case 0:
			text = text[:cut] + "\n" + text[cut:]
		case 1:
			text = text[1:]
		case 2:
			text += line(keys[r.IntN(len(keys))])
		case 3:
			text = strings.Replace(text, " ", "\u00a0", 1)
		case 4:
			text = text[:cut]
		case 5:
			text = text[:cut] + "\u200b" + text[cut:]
		case 6:
			text = "# a comment, of restrict\n" + text + " restricted"
		}
		file.WriteString(text + []string{"\n", "\n", "\n", "\r\n"}[r.IntN(4)])
	}
	return []byte(file.String())
}

func TestProvedRefuses(t *testing.T) {
	keys := goldenKeys(t)
	a, b := line(keys[0]), line(keys[2])
	old := []byte("restrict " + a + "\n" + b[:40] + "\n" + b[40:] + "\n")
	for name, wrong := range map[string]string{
		"a line is lost":          b + "\n",
		"its options are lost":    a + "\n" + b + "\n",
		"a byte of it changed":    "restrict " + a + " \n" + b + "\n",
		"a foreign key":           string(old) + line(keys[1]) + "\n",
		"options that were not":   "restrict " + a + "\nrestrict " + b + "\n",
		"of another key's":        "restrict " + a + "\nno-pty " + b + "\n",
		"the key as an authority": "restrict " + a + "\ncert-authority " + b + "\n",
	} {
		if Proved(old, []byte(wrong)) == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if err := Proved(old, []byte("restrict "+a+"\n"+b+"\n")); err != nil {
		t.Error(err)
	}
}

// TestMendableIsWhatFixMends: what Lint calls mendable is gone after Fix, and nothing
// else of what sshd passes over is.
func TestMendableIsWhatFixMends(t *testing.T) {
	keys := goldenKeys(t)
	r := rand.New(rand.NewPCG(4, 4))
	for range 300 {
		list := damagedList(r, keys)
		var can []listlint.Problem
		for _, p := range lint(t, list) {
			if p.Mendable {
				can = append(can, p)
			}
		}
		if fixed := Fix(list); (len(fixed.Mended) > 0) != (len(can) > 0) {
			t.Fatalf("mendable: %+v\nmended: %+v\n%q", can, fixed.Mended, list)
		}
		for _, p := range lint(t, Fix(list).Data) {
			if p.Mendable {
				t.Fatalf("still mendable: %+v\n%q", p, list)
			}
		}
	}
}

// What is told has its line in the list as it was, also what shows only when other
// lines are mended.
func TestFixTellsLinesOfTheOldList(t *testing.T) {
	keys := goldenKeys(t)
	a, b, c := line(keys[0]), line(keys[2]), line(keys[5])
	list := "# x\n" + a[:50] + "\n" + a[50:] + "\n" + b + c + "\n# y\n" + c[1:] + "\n" + a + "\n"
	var got []string
	for _, m := range Fix([]byte(list)).Mended {
		got = append(got, fmt.Sprintf("%s %d-%d %s", m.Code, m.Line, m.Last, catalog.English.Say(m.Cause)))
	}
	slices.Sort(got)
	want := []string{
		"L01 6-6 the same key with the same options stands in line 4 already",
		"L01 7-7 the same key with the same options stands in line 2 already",
		"R28 2-3 ", "R29 6-6 ", "R30 4-4 ",
	}
	if len(got) != len(want) {
		t.Fatalf("%q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("%s, want %s", got[i], want[i])
		}
	}
}
