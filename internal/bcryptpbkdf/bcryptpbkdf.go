// Package bcryptpbkdf derives keys as OpenBSD's bcrypt_pbkdf(3) does: the
// password hash of OpenSSH's private key files (PROTOCOL.key section 2).
// x/crypto has one too, but keeps it internal, and runs its output blocks one
// after the other.
package bcryptpbkdf

import (
	"crypto/sha512"
	"encoding/binary"
	"errors"
	"sync"

	//lint:ignore SA1019 bcrypt is defined over Blowfish, and this is the one maintained Blowfish
	"golang.org/x/crypto/blowfish"
)

const (
	blockSize = 32 // BCRYPT_HASHSIZE
	maxKeyLen = blockSize * blockSize
)

// Key derives keyLen bytes, at most 1024, from a password and a salt of at
// least one byte each. The time taken is proportional to rounds: about 10 ms a
// round for up to 64 bytes, on two cores 5 ms. The caller bounds rounds.
//
// Output blocks of 32 bytes do not depend on each other, so each has its own
// goroutine: the 48 bytes of aes256-ctr take as long as 32.
func Key(password, salt []byte, rounds, keyLen int) ([]byte, error) {
	switch {
	case len(password) == 0:
		return nil, errors.New("bcryptpbkdf: empty password")
	case len(salt) == 0:
		return nil, errors.New("bcryptpbkdf: empty salt")
	case rounds < 1:
		return nil, errors.New("bcryptpbkdf: fewer than one round")
	case keyLen < 1 || keyLen > maxKeyLen:
		return nil, errors.New("bcryptpbkdf: key length out of range")
	}
	hashedPassword := sha512.Sum512(password)
	blocks := make([][blockSize]byte, (keyLen+blockSize-1)/blockSize)
	var wg sync.WaitGroup
	for i := range blocks {
		wg.Go(func() { blocks[i] = block(&hashedPassword, salt, uint32(i+1), rounds) })
	}
	wg.Wait()

	// The blocks are not put end to end: byte i of the key comes from block
	// i mod n, so that no part of the key can be had for less than all of them.
	key := make([]byte, keyLen)
	for i := range key {
		key[i] = blocks[i%len(blocks)][i/len(blocks)]
	}
	return key, nil
}

// block is output block number count (from 1): PBKDF2 with bcryptHash as its
// pseudo-random function, and SHA-512 over whatever goes into it.
func block(password *[sha512.Size]byte, salt []byte, count uint32, rounds int) [blockSize]byte {
	hashedSalt := sha512.Sum512(binary.BigEndian.AppendUint32(salt[:len(salt):len(salt)], count))
	u := bcryptHash(password, &hashedSalt)
	out := u
	for range rounds - 1 {
		hashedSalt = sha512.Sum512(u[:])
		u = bcryptHash(password, &hashedSalt)
		for i := range out {
			out[i] ^= u[i]
		}
	}
	return out
}

// bcryptHash is bcrypt with cost 6 over another text (bcrypt_pbkdf.c:bcrypt_hash).
func bcryptHash(password, salt *[sha512.Size]byte) [blockSize]byte {
	c, err := blowfish.NewSaltedCipher(password[:], salt[:])
	if err != nil {
		panic("bcryptpbkdf: " + err.Error()) // only an empty key is refused
	}
	for range 64 {
		blowfish.ExpandKey(salt[:], c)
		blowfish.ExpandKey(password[:], c)
	}
	out := [blockSize]byte([]byte("OxychromaticBlowfishSwatDynamite"))
	for i := 0; i < blockSize; i += blowfish.BlockSize {
		for range 64 {
			c.Encrypt(out[i:], out[i:])
		}
	}
	// OpenBSD writes the words with their least significant byte first.
	for i := 0; i < blockSize; i += 4 {
		binary.LittleEndian.PutUint32(out[i:], binary.BigEndian.Uint32(out[i:]))
	}
	return out
}
