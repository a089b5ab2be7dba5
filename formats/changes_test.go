package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// changesPerGolden is how many single-byte changes of each golden are tried:
// SSHKEYS_CHANGES=10000 tries as many as a release asks for (CONTRIBUTING.md).
func changesPerGolden(t *testing.T) int {
	t.Helper()
	if value := os.Getenv("SSHKEYS_CHANGES"); value != "" {
		n, err := strconv.Atoi(value)
		if err != nil {
			t.Fatalf("SSHKEYS_CHANGES: %v", err)
		}
		return n
	}
	if testing.Short() {
		return 8
	}
	return 30
}

// fate is what became of a damaged file.
type fate string

const (
	itself      fate = "the key itself"
	inPlace     fate = "named with its place"
	elsewhere   fate = "named with another place"
	moreThanOne fate = "more than one reading"
	noKey       fate = "taken for no key at all"
	unplaced    fate = "named without a place"
	unreadable  fate = "of a type or cost that is not read"
	locked      fate = "refused only when opened"
	unknowable  fate = "private, and stated once"
	unprotected fate = "public, and still well formed"
	another     fate = "another key"
)

// TestChanges changes one byte of each golden at random, many times. No private file
// ever becomes another key's, and each is read, or named with the place of the change.
func TestChanges(t *testing.T) {
	var mu sync.Mutex
	total, all := map[fate]int{}, 0
	t.Run("goldens", func(t *testing.T) {
		for _, g := range testkeys.Goldens(t) {
			t.Run(g.String(), func(t *testing.T) {
				t.Parallel()
				fates := changeAtRandom(t, g, changesPerGolden(t))
				mu.Lock()
				defer mu.Unlock()
				for f, n := range fates {
					total[f] += n
					all += n
				}
			})
		}
	})
	for f, n := range total {
		t.Logf("%7d of %d %s", n, all, f)
	}
	if total[elsewhere]*200 > all {
		t.Errorf("%d of %d changes are named with another place than their own", total[elsewhere], all)
	}
}

// changeAtRandom changes a golden's bytes, of a seed of its own.
func changeAtRandom(t *testing.T, g testkeys.Golden, count int) map[fate]int {
	seed := fnv.New64a()
	seed.Write([]byte(g.String()))
	rng := rand.New(rand.NewPCG(seed.Sum64(), 6))
	want := openUnlessSlow(t, g)
	fates := map[fate]int{}
	for range count {
		at, to := rng.IntN(len(g.Data)), byte(rng.IntN(256))
		changed := bytes.Clone(g.Data)
		changed[at] = to
		f, err := judgeDamage(g, want, changed, placeOf(g.Data, at, to))
		fates[f]++
		if f == another || f == unplaced {
			t.Errorf("byte %d (line %d), now %#02x: %s: %v", at, lineOf(g.Data, at), to, f, err)
		} else if f == elsewhere {
			t.Logf("byte %d (line %d), now %#02x: %s: %v", at, lineOf(g.Data, at), to, f, err)
		}
	}
	return fates
}

func lineOf(data []byte, at int) int { return 1 + bytes.Count(data[:at], []byte("\n")) }

func openUnlessSlow(t *testing.T, g testkeys.Golden) *keytool.Key {
	if g.Encrypted() && !g.Cheap() {
		env, err := formats.Parse(g.Data, formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		return env.Public
	}
	return open(t, g)
}

// place is where a golden was damaged: in one of the lines, or between them; and at
// which byte.
type place struct{ first, last, at int }

func (p place) in(e *formats.DamageError) bool {
	if e.Line == 0 {
		return e.Offset <= p.at && p.at < e.Until
	}
	return e.Line <= p.last && p.first <= max(e.Line, e.Last)
}

// placeOf is that of a changed byte: a line end is of two lines.
func placeOf(data []byte, at int, to byte) place {
	p := place{lineOf(data, at), lineOf(data, at), at}
	if data[at] == '\n' || to == '\n' {
		p.last++
	}
	return p
}

// judgeDamage mends a damaged golden.
func judgeDamage(g testkeys.Golden, want *keytool.Key, damaged []byte, where place) (fate, error) {
	env, err := formats.Mend(damaged, tight())
	var k *keytool.Key
	opened := err == nil
	if err == nil && (!g.Encrypted() || env.Encrypted() && g.Cheap()) {
		k, err = env.Open(g.Passphrase)
	} else if err == nil {
		k = env.Public
	}
	if err == nil && k == nil { // all of it is encrypted
		return locked, nil
	}
	if err == nil {
		same := want != nil && k.Equal(want) && (!k.IsPrivate() || !want.IsPrivate() || samePrivate(k.WithoutCertificate(), want.WithoutCertificate()))
		switch {
		case same:
			return itself, nil
		case statedOnce(g, k):
			return unknowable, nil
		case !g.Private:
			return unprotected, nil
		case g.Encrypted() && !g.Cheap():
			return locked, nil
		}
		return another, fmt.Errorf("%v", k)
	}
	damage, ok := errors.AsType[*formats.DamageError](err)
	several, isSeveral := errors.AsType[*formats.AmbiguousError](err)
	_, isUnknown := errors.AsType[*formats.UnknownFormatError](err)
	_, limit := errors.AsType[*formats.LimitError](err)
	_, unsupported := errors.AsType[*formats.UnsupportedError](err)
	switch {
	case ok && where.in(damage):
		return inPlace, err
	case ok:
		return elsewhere, err
	case isSeveral && several.Line > 0:
		return moreThanOne, err
	case limit || unsupported:
		return unreadable, err
	case isUnknown:
		return noKey, err
	case opened && g.Encrypted(): // what is encrypted has no places
		return locked, err
	}
	return unplaced, err
}
