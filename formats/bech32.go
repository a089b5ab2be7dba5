package formats

import "strings"

// Bech32, BIP 173: lower case here; who wants upper case turns it. age sets no
// limit to its length, so the checksum finds errors and corrects none.

const (
	bech32Letters  = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
	bech32Checksum = 6 // letters
)

// encodeBech32 writes data behind a lower-case prefix and "1".
func encodeBech32(prefix string, data []byte) string {
	groups := regroup(data, 8, 5)
	state := bech32State(prefix, groups, make([]byte, bech32Checksum)) ^ 1
	for i := range bech32Checksum {
		groups = append(groups, byte(state>>(5*(bech32Checksum-1-i)))&31)
	}
	var b strings.Builder
	b.WriteString(prefix + "1")
	for _, g := range groups {
		b.WriteByte(bech32Letters[g])
	}
	return b.String()
}

// decodeBech32 reads the letters behind a lower-case prefix and "1". It returns
// why it cannot, in words that show nothing of the letters.
func decodeBech32(prefix, letters string) (data []byte, problem string) {
	groups := make([]byte, len(letters))
	for i := range len(letters) {
		g := strings.IndexByte(bech32Letters, letters[i])
		if g < 0 {
			return nil, "a character that is not of its alphabet"
		}
		groups[i] = byte(g)
	}
	if len(groups) < bech32Checksum {
		return nil, "too short"
	}
	if bech32State(prefix, groups) != 1 {
		return nil, "wrong checksum: a character is missing or mistyped"
	}
	groups = groups[:len(groups)-bech32Checksum]
	data = regroup(groups, 5, 8)
	whole := len(groups) * 5 / 8
	if len(groups)*5-whole*8 >= 5 || len(data) > whole && data[whole] != 0 {
		return nil, "bits are left over"
	}
	return data[:whole], ""
}

// regroup turns groups of from bits into groups of to bits, the last filled up
// with zeros.
func regroup(groups []byte, from, to uint) []byte {
	out := make([]byte, 0, (uint(len(groups))*from+to-1)/to)
	acc, held := uint(0), uint(0)
	for _, g := range groups {
		acc, held = acc<<from|uint(g), held+from
		for held >= to {
			held -= to
			out = append(out, byte(acc>>held&(1<<to-1)))
		}
		acc &= 1<<held - 1
	}
	if held > 0 {
		out = append(out, byte(acc<<(to-held)&(1<<to-1)))
	}
	return out
}

// bech32State runs the checksum over the prefix and the groups of five bits; it
// is 1 where they end with their checksum.
func bech32State(prefix string, parts ...[]byte) uint32 {
	state := uint32(1)
	step := func(v byte) {
		top := state >> 25
		state = state&0x1ffffff<<5 ^ uint32(v)
		for i, term := range [...]uint32{0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3} {
			if top>>i&1 == 1 {
				state ^= term
			}
		}
	}
	for i := range len(prefix) {
		step(prefix[i] >> 5)
	}
	step(0)
	for i := range len(prefix) {
		step(prefix[i] & 31)
	}
	for _, part := range parts {
		for _, v := range part {
			step(v)
		}
	}
	return state
}
