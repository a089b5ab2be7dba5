package authorized

import (
	"crypto/sha256"
	"hash/maphash"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
)

// index knows which keys a list had up to here, and where: 24 bytes for each.
type index struct {
	keys map[[16]byte]place
	most int
	full bool // there were more
	seed maphash.Seed
}

// place is the first line of a key, and its options, hashed.
type place struct{ line, options uint32 }

func newIndex(most int) *index {
	return &index{keys: map[[16]byte]place{}, most: most, seed: maphash.MakeSeed()}
}

// add notes the key of a line, and tells of one that another line has in the same
// role: of two lines sshd takes the first that lets the login in
// (auth2-pubkeyfile.c:auth_check_authkeys_file).
func (x *index) add(e formats.Entry) (listlint.Problem, bool) {
	sum := sha256.Sum256(e.Key.Blob())
	id := [16]byte(sum[:16])
	if e.Options != "" && IsAuthority(e.Options) {
		id[0] ^= 1
	}
	options := uint32(maphash.String(x.seed, e.Options))
	first, there := x.keys[id]
	if !there {
		if x.full = len(x.keys) >= x.most; !x.full {
			x.keys[id] = place{uint32(e.Line), options}
		}
		return listlint.Problem{}, false
	}
	p := listlint.Problem{Code: "L01", Severity: listlint.Warning, Cause: catalog.T("L01.again", "line", first.line), Mendable: true}
	if first.options != options {
		p.Mendable, p.Cause, p.Advice = false, catalog.T("L01.options", "line", first.line), catalog.T("L01.advice")
	}
	return p, true
}
