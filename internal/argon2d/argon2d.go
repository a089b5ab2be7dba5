// Package argon2d is the key derivation Argon2d, version 0x13 (RFC 9106), the
// one flavour PuTTY can write that golang.org/x/crypto/argon2 does not export.
// Its memory accesses depend on the passphrase, so it is for reading files that
// use it, not for choosing it.
package argon2d

import (
	"encoding/binary"
	"sync"

	"golang.org/x/crypto/blake2b"
)

const (
	version    = 0x13
	flavour    = 0   // y of RFC 9106 section 3.1: Argon2d
	slices     = 4   // SL, the synchronisation points of one pass
	blockWords = 128 // one block is 1 KiB
	blockBytes = 8 * blockWords
	minPerLane = 2 * slices // KiB
	fromH0     = 2          // blocks of each lane that H0 gives
)

type block [blockWords]uint64

// Key derives keyLen bytes of a passphrase and salt. passes is t, memoryKiB m
// and lanes p of RFC 9106 section 3.1. Where that section forbids them (passes
// or lanes 0, keyLen under 4, memoryKiB under 8·lanes) it panics, much as
// x/crypto/argon2 does: callers check what a file says first.
func Key(password, salt []byte, passes, memoryKiB uint32, lanes uint8, keyLen uint32) []byte {
	return derive(password, salt, nil, nil, passes, memoryKiB, uint32(lanes), keyLen)
}

// derive is Argon2d with the secret and associated data that Key leaves empty.
func derive(password, salt, secret, data []byte, passes, memoryKiB, lanes, keyLen uint32) []byte {
	if passes == 0 || lanes == 0 || memoryKiB < minPerLane*lanes || keyLen < 4 {
		panic("argon2d: parameters out of range")
	}
	h0 := preHash(password, salt, secret, data, passes, memoryKiB, lanes, keyLen)
	m := newMemory(memoryKiB, lanes)
	m.start(h0)
	for pass := range passes {
		for slice := range uint32(slices) {
			var running sync.WaitGroup
			for lane := range lanes {
				running.Go(func() { m.fill(pass, slice, lane) })
			}
			running.Wait()
		}
	}
	return m.finish(keyLen)
}

// preHash is H0, RFC 9106 section 3.2 step 1.
func preHash(password, salt, secret, data []byte, passes, memoryKiB, lanes, keyLen uint32) []byte {
	var in []byte
	for _, n := range []uint32{lanes, keyLen, memoryKiB, passes, version, flavour} {
		in = binary.LittleEndian.AppendUint32(in, n)
	}
	for _, s := range [][]byte{password, salt, secret, data} {
		in = binary.LittleEndian.AppendUint32(in, uint32(len(s)))
		in = append(in, s...)
	}
	h0 := blake2b.Sum512(in)
	return h0[:]
}

// memory is the matrix B: lanes rows, each of laneLen blocks one after another.
type memory struct {
	blocks           []block
	lanes            uint32
	laneLen, segment uint32 // in blocks; four segments are a lane
}

func newMemory(memoryKiB, lanes uint32) *memory {
	segment := memoryKiB / (slices * lanes)
	return &memory{
		blocks: make([]block, segment*slices*lanes),
		lanes:  lanes, laneLen: segment * slices, segment: segment,
	}
}

// start makes the first two blocks of each lane, steps 3 and 4.
func (m *memory) start(h0 []byte) {
	buf := make([]byte, blockBytes)
	for lane := range m.lanes {
		for column := range uint32(fromH0) {
			seed := binary.LittleEndian.AppendUint32(append([]byte(nil), h0...), column)
			longHash(buf, binary.LittleEndian.AppendUint32(seed, lane))
			b := &m.blocks[lane*m.laneLen+column]
			for i := range b {
				b[i] = binary.LittleEndian.Uint64(buf[8*i:])
			}
		}
	}
}

// fill computes one segment, steps 5 and 6. It reads other lanes in their
// finished segments only, so the lanes of a slice run side by side.
func (m *memory) fill(pass, slice, lane uint32) {
	row := m.blocks[lane*m.laneLen : (lane+1)*m.laneLen]
	first := uint32(0)
	if pass == 0 && slice == 0 {
		first = fromH0
	}
	for i := first; i < m.segment; i++ {
		column := slice*m.segment + i
		previous := &row[(column+m.laneLen-1)%m.laneLen]
		ref := m.reference(pass, slice, lane, i, previous[0])
		compress(&row[column], previous, &m.blocks[ref], pass > 0)
	}
}

// reference picks the second input of a block by the pseudo-random word of the
// one before it, RFC 9106 section 3.4. i is the block's place in its segment.
func (m *memory) reference(pass, slice, lane, i uint32, random uint64) uint32 {
	refLane := uint32(random>>32) % m.lanes
	if pass == 0 && slice == 0 {
		refLane = lane
	}
	// The area is what is finished: the last three segments, on the first pass
	// all before this one; in the block's own lane also this segment so far.
	area, begin := (slices-1)*m.segment, (slice+1)*m.segment
	if pass == 0 {
		area, begin = slice*m.segment, 0
	}
	switch {
	case refLane == lane:
		area += i - 1
	case i == 0:
		area--
	}
	x := random & 0xffffffff
	back := uint64(area) * (x * x >> 32) >> 32
	return refLane*m.laneLen + (begin+area-1-uint32(back))%m.laneLen
}

// finish hashes the XOR of the last column, steps 7 and 8.
func (m *memory) finish(keyLen uint32) []byte {
	last := m.blocks[m.laneLen-1]
	for lane := uint32(1); lane < m.lanes; lane++ {
		for i, w := range &m.blocks[(lane+1)*m.laneLen-1] {
			last[i] ^= w
		}
	}
	buf := make([]byte, 0, blockBytes)
	for _, w := range last {
		buf = binary.LittleEndian.AppendUint64(buf, w)
	}
	key := make([]byte, keyLen)
	longHash(key, buf)
	return key
}

// longHash is H', RFC 9106 section 3.3: BLAKE2b of any length. It fills out.
func longHash(out, in []byte) {
	in = append(binary.LittleEndian.AppendUint32(nil, uint32(len(out))), in...)
	for len(out) > blake2b.Size {
		v := blake2b.Sum512(in)
		out = out[copy(out, v[:blake2b.Size/2]):]
		in = v[:]
	}
	h, err := blake2b.New(len(out), nil)
	if err != nil {
		panic("argon2d: " + err.Error()) // the size is 1 to 64 here
	}
	h.Write(in)
	h.Sum(out[:0])
}
