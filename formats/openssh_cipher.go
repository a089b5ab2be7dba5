package formats

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"

	"golang.org/x/crypto/chacha20"
	//lint:ignore SA1019 OpenSSH's ChaCha20-Poly1305 is older than RFC 8439's and needs the bare MAC
	"golang.org/x/crypto/poly1305"
)

// openSSHCipher is "none" or one cipher of `ssh-keygen -Z`. Sizes are in bytes, from
// OpenSSH cipher.c; the KDF gives key and iv in one piece, the key first.
type openSSHCipher struct {
	name         string
	key, iv, tag int
	block        int // the private section is a multiple of it
	// seal encrypts whole blocks and appends the tag; open undoes it, and says
	// ErrWrongPassphrase where the tag does not fit. Both make a new slice.
	seal, open func(key, iv, data []byte) ([]byte, error)
}

// openSSHCiphers is the closed table of ciphers.
var openSSHCiphers = [...]openSSHCipher{
	{openSSHNone, 0, 0, 0, 8, sealNone, sealNone},
	{"3des-cbc", 24, des.BlockSize, 0, des.BlockSize, sealCBC, openCBC},
	{"aes128-cbc", 16, aes.BlockSize, 0, aes.BlockSize, sealCBC, openCBC},
	{"aes192-cbc", 24, aes.BlockSize, 0, aes.BlockSize, sealCBC, openCBC},
	{"aes256-cbc", 32, aes.BlockSize, 0, aes.BlockSize, sealCBC, openCBC},
	{"aes128-ctr", 16, aes.BlockSize, 0, aes.BlockSize, xorCTR, xorCTR},
	{"aes192-ctr", 24, aes.BlockSize, 0, aes.BlockSize, xorCTR, xorCTR},
	{"aes256-ctr", 32, aes.BlockSize, 0, aes.BlockSize, xorCTR, xorCTR},
	{"aes128-gcm@openssh.com", 16, 12, 16, aes.BlockSize, sealGCM, openGCM},
	{"aes256-gcm@openssh.com", 32, 12, 16, aes.BlockSize, sealGCM, openGCM},
	{"chacha20-poly1305@openssh.com", 64, 0, poly1305.TagSize, 8, sealChaCha, openChaCha},
}

// lookupOpenSSHCipher finds a cipher by its name; nil where nobody knows it.
func lookupOpenSSHCipher(name string) *openSSHCipher {
	for i := range openSSHCiphers {
		if openSSHCiphers[i].name == name {
			return &openSSHCiphers[i]
		}
	}
	return nil
}

func sealNone(_, _, data []byte) ([]byte, error) { return bytes.Clone(data), nil }

// blockCipher is AES or, told by the size of its blocks, Triple DES.
func blockCipher(key, iv []byte) (cipher.Block, error) {
	if len(iv) == des.BlockSize {
		return des.NewTripleDESCipher(key)
	}
	return aes.NewCipher(key)
}

func sealCBC(key, iv, data []byte) ([]byte, error) {
	b, err := blockCipher(key, iv)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data))
	cipher.NewCBCEncrypter(b, iv).CryptBlocks(out, data)
	return out, nil
}

func openCBC(key, iv, data []byte) ([]byte, error) {
	b, err := blockCipher(key, iv)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(b, iv).CryptBlocks(out, data)
	return out, nil
}

func xorCTR(key, iv, data []byte) ([]byte, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data))
	cipher.NewCTR(b, iv).XORKeyStream(out, data)
	return out, nil
}

func newGCM(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(b)
}

func sealGCM(key, iv, data []byte) ([]byte, error) {
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, iv, data, nil), nil
}

func openGCM(key, iv, data []byte) ([]byte, error) {
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	out, err := aead.Open(nil, iv, data, nil)
	if err != nil {
		return nil, ErrWrongPassphrase
	}
	return out, nil
}

// newChaCha is PROTOCOL.chacha20poly1305 for packet number 0 without a length
// field: only the key's first half is used. Block 0 of the stream makes the
// MAC's key, the text starts with block 1. Its 64-bit nonce and counter are
// both in the first 2^38 bytes what RFC 8439's are.
func newChaCha(key []byte) (stream *chacha20.Cipher, macKey *[32]byte, err error) {
	stream, err = chacha20.NewUnauthenticatedCipher(key[:chacha20.KeySize], make([]byte, chacha20.NonceSize))
	if err != nil {
		return nil, nil, err
	}
	macKey = new([32]byte)
	stream.XORKeyStream(macKey[:], macKey[:])
	stream.SetCounter(1)
	return stream, macKey, nil
}

func sealChaCha(key, _, data []byte) ([]byte, error) {
	stream, macKey, err := newChaCha(key)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(data), len(data)+poly1305.TagSize)
	stream.XORKeyStream(out, data)
	var tag [poly1305.TagSize]byte
	poly1305.Sum(&tag, out, macKey)
	return append(out, tag[:]...), nil
}

func openChaCha(key, _, data []byte) ([]byte, error) {
	stream, macKey, err := newChaCha(key)
	if err != nil {
		return nil, err
	}
	text, tag := data[:len(data)-poly1305.TagSize], data[len(data)-poly1305.TagSize:]
	if !poly1305.Verify((*[poly1305.TagSize]byte)(tag), text, macKey) {
		return nil, ErrWrongPassphrase
	}
	out := make([]byte, len(text))
	stream.XORKeyStream(out, text)
	return out, nil
}
