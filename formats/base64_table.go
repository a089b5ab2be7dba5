package formats

import (
	"encoding/base64"
	"encoding/binary"
)

// base64Table decodes standard base64 eight characters at a time, twice as fast
// as encoding/base64, which it leaves the end of the text to. For every place in
// a group of four it holds each character's six bits where they belong.
type base64Table [4][256]uint32

// notInAlphabet marks the other characters; it is above a group's 24 bits.
const notInAlphabet = 1 << 24

func newBase64Table() *base64Table {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	t := new(base64Table)
	for place := range t {
		for c := range t[place] {
			t[place][c] = notInAlphabet
		}
		for i := range len(alphabet) {
			t[place][alphabet[i]] = uint32(i) << (18 - 6*place)
		}
	}
	return t
}

// decode writes the bytes of src, which is padded, to dst, which has room for
// DecodedLen of them, and returns their number; false if src is not strict base64.
func (t *base64Table) decode(dst, src []byte) (int, bool) {
	n, seen := 0, uint32(0)
	// The last quantum may be padded, and each step writes two bytes too many.
	for len(src) > 8 && len(dst)-n >= 8 {
		a := t[0][src[0]] | t[1][src[1]] | t[2][src[2]] | t[3][src[3]]
		b := t[0][src[4]] | t[1][src[5]] | t[2][src[6]] | t[3][src[7]]
		seen |= a | b
		binary.BigEndian.PutUint64(dst[n:], uint64(a)<<40|uint64(b)<<16)
		src, n = src[8:], n+6
	}
	rest, err := base64.StdEncoding.Strict().Decode(dst[n:], src)
	return n + rest, err == nil && seen < notInAlphabet
}
