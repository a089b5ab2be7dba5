package sealed

import (
	"bytes"
	"crypto/ecdh"
	"encoding/binary"
	"fmt"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/chacha20poly1305"

	"sshkeys/formats"
	"sshkeys/keytool"
)

const (
	crypt4GHMagic   = "crypt4gh"
	crypt4GHVersion = 1
	crypt4GHFixed   = 4 + 4 + keytool.X25519Size + chacha20poly1305.NonceSize + chacha20poly1305.Overhead
	maxPackets      = 10_000 // one per reader, and one more where there is an edit list
)

// crypt4GHPacket is a header packet of method 0, X25519 and ChaCha20-Poly1305.
type crypt4GHPacket struct {
	writer  []byte // public key, 32 bytes
	nonce   []byte
	payload []byte // with its tag
}

// crypt4GHHeader has the packets of method 0; of others only their number is kept.
type crypt4GHHeader struct {
	packets []crypt4GHPacket
	others  int
}

func parseCrypt4GH(head []byte) (header, error) {
	rest, ok := bytes.CutPrefix(head, []byte(crypt4GHMagic))
	if !ok {
		return nil, damaged(Crypt4GH, "magic", 0, "it does not begin with "+crypt4GHMagic)
	}
	if len(rest) < 8 {
		return nil, errShort
	}
	version, count := binary.LittleEndian.Uint32(rest), binary.LittleEndian.Uint32(rest[4:])
	switch {
	case version != crypt4GHVersion:
		return nil, &formats.UnsupportedError{Format: Crypt4GH.format(), What: fmt.Sprintf("version %d", version)}
	case count == 0:
		return nil, damaged(Crypt4GH, "packet count", len(crypt4GHMagic)+4, "no packets, so nobody can open it")
	case count > maxPackets:
		return nil, &formats.LimitError{What: "the number of header packets", Got: uint64(count), Max: maxPackets}
	}
	h := &crypt4GHHeader{}
	rest = rest[8:]
	for number := range count {
		size, err := h.add(rest)
		if s, ok := err.(*formats.SyntaxError); ok {
			s.Field, s.Offset = fmt.Sprintf("packet %d, %s", number+1, s.Field), len(head)-len(rest)
		}
		if err != nil {
			return nil, err
		}
		rest = rest[size:]
	}
	if len(h.packets) == 0 {
		return nil, &formats.UnsupportedError{Format: Crypt4GH.format(), What: "encryption method of all header packets"}
	}
	return h, nil
}

// add takes the first packet of data and returns its length.
func (h *crypt4GHHeader) add(data []byte) (int, error) {
	if len(data) < 8 {
		return 0, errShort
	}
	size, method := binary.LittleEndian.Uint32(data), binary.LittleEndian.Uint32(data[4:])
	switch {
	case size < 8 || method == 0 && size < crypt4GHFixed:
		return 0, damaged(Crypt4GH, "length", 0, fmt.Sprintf("%d bytes are too few for a packet", size))
	case size > MaxHeadBytes:
		return 0, damaged(Crypt4GH, "length", 0, fmt.Sprintf("%d bytes are too many for a packet", size))
	case int(size) > len(data):
		return 0, errShort
	case method != 0:
		h.others++
		return int(size), nil
	}
	body := data[8:size]
	writer, body := body[:keytool.X25519Size], body[keytool.X25519Size:]
	nonce, payload := body[:chacha20poly1305.NonceSize], body[chacha20poly1305.NonceSize:]
	h.packets = append(h.packets, crypt4GHPacket{writer, nonce, payload})
	return int(size), nil
}

func (h *crypt4GHHeader) fits(family keytool.Family, _ *keytool.Key) string {
	if family == keytool.X25519 || family == keytool.Ed25519 {
		return ""
	}
	return "Crypt4GH data are opened by Crypt4GH and Ed25519 keys only"
}

// open tries the packets in turn: nothing in the header says whose they are.
func (h *crypt4GHHeader) open(key *keytool.Key) (Answer, error) {
	key, err := keytool.ToX25519(key)
	if err != nil {
		return Answer{}, err
	}
	private, err := ecdh.X25519().NewPrivateKey(key.Secret().(*keytool.X25519Secret).Scalar)
	if err != nil {
		return Answer{}, err
	}
	for i, p := range h.packets {
		if p.opensFor(private) {
			return Answer{true, ByHeader, fmt.Sprintf("packet %d of %d in its header opens", i+1, len(h.packets)+h.others)}, nil
		}
	}
	return Answer{Why: h.unopened()}, nil
}

func (h *crypt4GHHeader) unopened() string {
	if h.others > 0 {
		return fmt.Sprintf("none of the %d packets that can be tried opens; %d are of an unknown method", len(h.packets), h.others)
	}
	return fmt.Sprintf("none of the %d packets in its header opens", len(h.packets))
}

// opensFor does a reader's part of the key exchange. A writer's point of small
// order makes a packet that nobody's key opens.
func (p crypt4GHPacket) opensFor(reader *ecdh.PrivateKey) bool {
	writer, err := ecdh.X25519().NewPublicKey(p.writer)
	if err != nil {
		return false
	}
	exchanged, err := reader.ECDH(writer)
	if err != nil {
		return false
	}
	shared := blake2b.Sum512(bytes.Join([][]byte{exchanged, reader.PublicKey().Bytes(), p.writer}, nil))
	aead, err := chacha20poly1305.New(shared[:chacha20poly1305.KeySize])
	if err != nil {
		return false
	}
	_, err = aead.Open(nil, p.nonce, p.payload, nil)
	return err == nil
}
