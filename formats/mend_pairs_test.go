package formats_test

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// Two and three damages at once: a file that came by mail was indented there, and is
// quoted now. The first is done to the golden, the next to what came of it.

// damagedTwice are the goldens of the demand, and some encrypted ones.
func damagedTwice(t *testing.T) []testkeys.Golden {
	t.Helper()
	var all []testkeys.Golden
	for _, name := range []string{
		"ed25519/openssh", "rsa1024/pkcs1.pem", "ed25519/pkcs8.pem", "rsa1024/pkcs8.pem", "ed25519/ppk3", "rsa1024/ppk3",
		"ed25519/openssh.pub", "rsa2048/openssh.pub", "ed25519/rfc4716",
	} {
		all = append(all, golden(t, name))
	}
	return all
}

func golden(t testing.TB, name string) testkeys.Golden {
	t.Helper()
	key, file, _ := strings.Cut(name, "/")
	return testkeys.Find(t, key, file)
}

// chain are damages done one after the other.
type chain []testkeys.Damage

func (c chain) String() string {
	var names []string
	for _, d := range c {
		names = append(names, d.Name)
	}
	return strings.Join(names, " + ")
}

// of damages a golden; false where one of them cannot occur.
func (c chain) of(g testkeys.Golden) ([]byte, bool) {
	data, ok := g.Data, true
	for _, d := range c {
		if data, ok = d.Of(data); !ok {
			return nil, false
		}
	}
	return data, true
}

func (c chain) has(names ...string) bool {
	return slices.ContainsFunc(c, func(d testkeys.Damage) bool { return slices.Contains(names, d.Name) })
}

// inOrder tells a chain in which one of the first names comes before one of the others.
func (c chain) inOrder(first, then []string) bool {
	i := slices.IndexFunc(c, func(d testkeys.Damage) bool { return slices.Contains(first, d.Name) })
	return i >= 0 && c[i+1:].has(then...)
}

// fingerprints are those of the keys in the file.
func (c chain) fingerprints(t testing.TB, g testkeys.Golden) []string {
	h := testkeys.Horror{Golden: g}
	for _, d := range c {
		h.Damage.Second = h.Damage.Second || d.Second
	}
	return h.Fingerprints(t)
}

// loss is a reason why chains of damages leave no key in the file, or not just one.
type loss struct {
	reason string
	is     func(g testkeys.Golden, c chain) bool
}

func losses() []loss {
	layers := []string{"base64", "base64-line", "base64-twice"}
	return []loss{
		{"nothing proves a lost plus sign", func(g testkeys.Golden, c chain) bool {
			return slices.ContainsFunc(c, func(d testkeys.Damage) bool { return d.Guess && !g.Proves(d) })
		}},
		{"a plus sign of the base64 of a file is lost", func(_ testkeys.Golden, c chain) bool {
			return c.inOrder(layers, []string{"plus-one", "plus-all"})
		}},
		{"the passphrase is proved by the lost MAC alone", func(g testkeys.Golden, c chain) bool {
			return g.Encrypted() && c.has("lost-mac")
		}},
		{"the second key is there twice, or in the first one's comment", func(_ testkeys.Golden, c chain) bool {
			n := 0
			for _, d := range c {
				if d.Second {
					n++
				}
			}
			return n > 1
		}},
	}
}

// lossOf is why the golden's key is lost, "" where it is not.
func lossOf(g testkeys.Golden, c chain) string {
	all := losses()
	if i := slices.IndexFunc(all, func(l loss) bool { return l.is(g, c) }); i >= 0 {
		return all[i].reason
	}
	return ""
}

// tally counts what became of the chains of one golden.
type tally struct {
	counts map[outcome]int
	lost   map[string]int       // by reason
	bad    map[outcome][]string // chains, with why
}

func newTally() *tally {
	return &tally{map[outcome]int{}, map[string]int{}, map[outcome][]string{}}
}

// try mends one chain's file. A file that lost its key must not be another's.
func (n *tally) try(t testing.TB, g testkeys.Golden, c chain) {
	data, ok := c.of(g)
	if !ok {
		return
	}
	_, v := mendGolden(g, data, c.fingerprints(t, g))
	if reason := lossOf(g, c); reason != "" && v.outcome != wrong {
		n.lost[reason]++
		return
	}
	n.counts[v.outcome]++
	if v.outcome != mended {
		n.bad[v.outcome] = append(n.bad[v.outcome], fmt.Sprintf("%s: %s", c, v.why))
	}
}

func (n *tally) String() string {
	all := n.counts[mended] + n.counts[refused] + n.counts[wrong]
	lost := 0
	for _, m := range n.lost {
		lost += m
	}
	return fmt.Sprintf("%5d mended, %4d refused, %d wrong: %.2f %%; %d more have lost their key",
		n.counts[mended], n.counts[refused], n.counts[wrong], 100*float64(n.counts[mended])/float64(max(1, all)), lost)
}

// demand wants none wrong, and so many of a thousand mended.
func (n *tally) demand(t *testing.T, permille int) {
	t.Helper()
	t.Log(n)
	all := n.counts[mended] + n.counts[refused] + n.counts[wrong]
	if all == 0 {
		t.Fatal("nothing could be damaged")
	}
	for _, line := range n.bad[wrong] {
		t.Errorf("wrong: %s", line)
	}
	if n.counts[mended]*1000 < all*permille {
		t.Errorf("%d of %d mended, want %.1f %%", n.counts[mended], all, float64(permille)/10)
	}
	for _, line := range n.bad[refused] {
		t.Logf("refused: %s", line)
	}
	t.Logf("refused most with: %s", n.culprits())
}

// culprits are the damages in most of the refused chains.
func (n *tally) culprits() string {
	counts := map[string]int{}
	for _, line := range n.bad[refused] {
		names, _, _ := strings.Cut(line, ":")
		for name := range strings.SplitSeq(names, " + ") {
			counts[name]++
		}
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	var out []string
	for _, name := range names[:min(8, len(names))] {
		out = append(out, fmt.Sprintf("%s %d", name, counts[name]))
	}
	return strings.Join(out, ", ")
}

// TestMendPairs does all ordered pairs of damages: at least 99 % are mended, none
// wrongly. With -short it takes every seventh. Of a second key in a format it takes
// every third, with SSHKEYS_PAIRS=all every one.
func TestMendPairs(t *testing.T) {
	step := 1
	if testing.Short() {
		step = 7
	}
	for _, g := range damagedTwice(t) {
		t.Run(g.String(), func(t *testing.T) {
			t.Parallel()
			again := slices.Contains([]string{"rsa1024/pkcs8.pem", "rsa1024/ppk3", "ed25519/rfc4716"}, g.String())
			if again && os.Getenv("SSHKEYS_PAIRS") != "all" {
				pairs(t, g, 3*step).demand(t, 990)
				return
			}
			pairs(t, g, step).demand(t, 990)
		})
	}
	for _, name := range []string{"ed25519/openssh.aes256-ctr-1round", "rsa1024/pkcs1.aes128.pem", "ed25519/pkcs8.pbes2-aes256-sha256.pem", "ed25519/ppk3.argon2id"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pairs(t, golden(t, name), 9*step).demand(t, 980) // of a sample
		})
	}
}

func pairs(t *testing.T, g testkeys.Golden, step int) *tally {
	n := newTally()
	all := testkeys.Damages()
	i := 0
	for _, first := range all {
		for _, then := range all {
			if i++; i%step == 0 {
				n.try(t, g, chain{first, then})
			}
		}
	}
	return n
}

// TestMendTriples does as many random chains of three as SSHKEYS_TRIPLES says for
// each golden, 500 if it is not set: of all of them at least 98 % are mended, none
// wrongly.
func TestMendTriples(t *testing.T) {
	count, err := strconv.Atoi(cmp.Or(os.Getenv("SSHKEYS_TRIPLES"), "500"))
	if err != nil {
		t.Fatal("SSHKEYS_TRIPLES:", err)
	}
	all, sum := testkeys.Damages(), newTally()
	for seed, g := range damagedTwice(t) {
		dice := rand.New(rand.NewPCG(6, uint64(seed)))
		n := newTally()
		for range count {
			n.try(t, g, chain{all[dice.IntN(len(all))], all[dice.IntN(len(all))], all[dice.IntN(len(all))]})
		}
		t.Logf("%-20s %s", g, n)
		sum.add(g, n)
	}
	sum.demand(t, 980)
}

// add takes over what became of a golden's chains.
func (n *tally) add(g testkeys.Golden, o *tally) {
	for name, count := range o.counts {
		n.counts[name] += count
	}
	for reason, count := range o.lost {
		n.lost[reason] += count
	}
	for name, lines := range o.bad {
		for _, line := range lines {
			n.bad[name] = append(n.bad[name], line+" ("+g.String()+")")
		}
	}
}
