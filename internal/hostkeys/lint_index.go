package hostkeys

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"

	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/keytool"
)

// index knows which hosts a file has up to here, and with what keys.
type index struct {
	hosts  map[digest]known // marker, name and type of a key
	plain  []named          // for the comparison with the hashed
	hashed []named
}

type digest [16]byte

// known is a host's key and the line that first had it.
type known struct {
	key  uint64
	line uint32
}

// named is a line's name, or its hash.
type named struct {
	name   string
	marker string
	typ    string
	known
}

// What is compared at most: hosts of the file, and hashed names with plain ones. One
// comparison takes about a microsecond.
const (
	maxHosts   = 1_000_000
	maxNamed   = 20_000
	maxCompare = 200_000
)

func newIndex() *index {
	return &index{hosts: map[digest]known{}}
}

func digestOf(parts ...[]byte) digest {
	sum := sha256.Sum256(bytes.Join(parts, []byte{0}))
	return digest(sum[:16])
}

// add notes a line that ssh reads, and tells what its hosts have already.
func (x *index) add(f fields, key *keytool.Key, line int) []listlint.Problem {
	sum := sha256.Sum256(key.Blob())
	k := known{binary.BigEndian.Uint64(sum[:8]), uint32(line)}
	typ := key.Algorithm().Name
	if f.hashed() {
		return x.addHashed(f, k, typ)
	}
	same, other, names := 0, 0, 0
	for name := range bytes.SplitSeq(f.hosts, []byte(",")) {
		if isPattern(name) {
			names++ // it is not compared, and never the same
			continue
		}
		names++
		name = []byte(lower(string(name)))
		before, there := x.note(digestOf(f.marker, name, []byte(typ)), k)
		switch {
		case !there:
			x.keep(&x.plain, named{string(name), string(f.marker), typ, k})
		case before.key == k.key:
			same = max(same, int(before.line))
			names--
		case string(f.marker) != Authority && other == 0:
			other = int(before.line)
		}
	}
	return judgeHosts(same, other, names)
}

// judgeHosts tells of a line whose hosts all have the key already, in the line same,
// or of which one has another in the line other.
func judgeHosts(same, other, rest int) []listlint.Problem {
	switch {
	case other > 0:
		return []listlint.Problem{twoKeys(other)}
	case same > 0 && rest == 0:
		return []listlint.Problem{{Code: "L01", Severity: listlint.Warning, Cause: catalog.T("L01.host", "line", same)}}
	}
	return nil
}

func twoKeys(line int) listlint.Problem {
	return listlint.Problem{Code: "L10", Severity: listlint.Warning,
		Cause: catalog.T("L10.two", "line", line), Advice: catalog.T("L10.advice")}
}

func (x *index) addHashed(f fields, k known, typ string) []listlint.Problem {
	id := digestOf(f.marker, f.hosts, []byte(typ))
	before, there := x.note(id, k)
	switch {
	case !there:
		x.keep(&x.hashed, named{string(f.hosts), string(f.marker), typ, k})
		return nil
	case before.key == k.key:
		return judgeHosts(int(before.line), 0, 0)
	}
	return judgeHosts(0, int(before.line), 0)
}

// note keeps the first of a host's keys of one type.
func (x *index) note(id digest, k known) (before known, there bool) {
	if before, there = x.hosts[id]; !there && len(x.hosts) < maxHosts {
		x.hosts[id] = k
	}
	return before, there
}

func (x *index) keep(list *[]named, n named) {
	if len(*list) < maxNamed {
		*list = append(*list, n)
	}
}

// hashes compares hashed names with plain ones, as far as that takes no time.
func (x *index) hashes() []listlint.Problem {
	var found []listlint.Problem
	budget := maxCompare
	for _, h := range x.hashed {
		for _, p := range x.plain {
			if p.typ != h.typ || p.marker != h.marker {
				continue
			}
			if budget--; budget < 0 {
				return append(found, listlint.Problem{Code: "L17", Severity: listlint.Info, Cause: catalog.T("L17.hashed")})
			}
			m := matcher{hosts: []Host{{}}, names: []string{p.name}}
			if m.inHash([]byte(h.name)) == nil {
				continue
			}
			later, first := max(h.line, p.line), min(h.line, p.line)
			same, other := int(first), 0
			if p.key != h.key {
				same, other = 0, int(first)
			}
			for _, problem := range judgeHosts(same, other, 0) {
				found = append(found, problem.At(int(later)))
			}
		}
	}
	return found
}
