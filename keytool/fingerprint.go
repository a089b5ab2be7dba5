package keytool

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Hash names a fingerprint's digest, in the spelling of --hash.
type Hash string

const (
	SHA256 Hash = "sha256"
	MD5    Hash = "md5"
	SHA1   Hash = "sha1"
	SHA384 Hash = "sha384"
	SHA512 Hash = "sha512"
)

// Hashes lists the digests FingerprintHash takes.
func Hashes() []Hash { return []Hash{SHA256, MD5, SHA1, SHA384, SHA512} }

// Sum digests data; nil for an unknown hash.
func (h Hash) Sum(data []byte) []byte {
	switch h {
	case SHA256:
		s := sha256.Sum256(data)
		return s[:]
	case MD5:
		s := md5.Sum(data)
		return s[:]
	case SHA1:
		s := sha1.Sum(data)
		return s[:]
	case SHA384:
		s := sha512.Sum384(data)
		return s[:]
	case SHA512:
		s := sha512.Sum512(data)
		return s[:]
	}
	return nil
}

// Fingerprint is "SHA256:" and the unpadded base64 of the blob's digest, as
// OpenSSH prints it. A certificate has the fingerprint of the key it certifies.
func (k *Key) Fingerprint() string { return k.FingerprintHash(SHA256) }

// FingerprintHash is the fingerprint under h: "MD5:" and colon-separated hex
// (RFC 4716 section 4), or the hash's name and unpadded base64.
func (k *Key) FingerprintHash(h Hash) string {
	sum := h.Sum(k.blob)
	if h == MD5 {
		return "MD5:" + colonHex(sum)
	}
	return strings.ToUpper(string(h)) + ":" + base64.RawStdEncoding.EncodeToString(sum)
}

func colonHex(b []byte) string {
	parts := make([]string, len(b))
	for i := range b {
		parts[i] = hex.EncodeToString(b[i : i+1])
	}
	return strings.Join(parts, ":")
}

// sshfpAlgorithm is the IANA "SSHFP RR Types for public key algorithms" number.
func (a *Algorithm) sshfpAlgorithm() int {
	switch a.Family {
	case RSA:
		return 1
	case DSA:
		return 2
	case ECDSA:
		return 3
	case Ed25519:
		return 4
	case Ed448:
		return 6
	}
	return 0
}

// SSHFP returns the DNS records of a host key, SHA-1 and SHA-256 (RFC 4255,
// RFC 6594), as `ssh-keygen -r` prints them; nil where IANA gave no number.
func (k *Key) SSHFP(host string) []string {
	alg := k.algorithm.sshfpAlgorithm()
	if alg == 0 {
		return nil
	}
	return []string{
		fmt.Sprintf("%s IN SSHFP %d 1 %x", host, alg, SHA1.Sum(k.blob)),
		fmt.Sprintf("%s IN SSHFP %d 2 %x", host, alg, SHA256.Sum(k.blob)),
	}
}

// AWSImported is what EC2 shows for an RSA key that was uploaded: the MD5 of
// its SubjectPublicKeyInfo (DER).
func AWSImported(spki []byte) string { return colonHex(MD5.Sum(spki)) }

// AWSCreated is what EC2 shows for an RSA key it made itself: the SHA-1 of the
// PKCS#8 private key (DER).
func AWSCreated(pkcs8 []byte) string { return colonHex(SHA1.Sum(pkcs8)) }

// AWSEd25519 is what EC2 shows for an Ed25519 key: the SHA-256 of the blob, base64
// with its padding.
func (k *Key) AWSEd25519() string { return base64.StdEncoding.EncodeToString(SHA256.Sum(k.blob)) }

// Randomart sizes, from sshkey.c:fingerprint_randomart.
const (
	artBase   = 8
	artHeight = artBase + 1
	artWidth  = artBase*2 + 1
)

// Randomart draws the digest as OpenSSH's sshkey.c:fingerprint_randomart does
// (the "drunken bishop"), 11 lines without a final newline.
func (k *Key) Randomart(h Hash) string {
	const marks = " .o+=*BOX@%&#/^SE"
	var field [artWidth][artHeight]int
	x, y := artWidth/2, artHeight/2
	for _, b := range h.Sum(k.blob) {
		for range 4 {
			x = min(max(x+int(b&1)*2-1, 0), artWidth-1)
			y = min(max(y+int(b>>1&1)*2-1, 0), artHeight-1)
			if field[x][y] < len(marks)-3 {
				field[x][y]++
			}
			b >>= 2
		}
	}
	field[artWidth/2][artHeight/2] = len(marks) - 2
	field[x][y] = len(marks) - 1

	title := fmt.Sprintf("[%s %d]", k.algorithm.Display, k.Bits())
	if len(title) > artWidth {
		title = "[" + k.algorithm.Display + "]"
	}
	lines := []string{frame(title)}
	for row := range artHeight {
		line := make([]byte, artWidth)
		for col := range artWidth {
			line[col] = marks[field[col][row]]
		}
		lines = append(lines, "|"+string(line)+"|")
	}
	lines = append(lines, frame("["+strings.ToUpper(string(h))+"]"))
	return strings.Join(lines, "\n")
}

// frame centres a title in a line of dashes, as OpenSSH does: the odd dash goes right.
func frame(title string) string {
	if len(title) > artWidth {
		title = title[:artWidth]
	}
	left := (artWidth - len(title)) / 2
	return "+" + strings.Repeat("-", left) + title + strings.Repeat("-", artWidth-len(title)-left) + "+"
}
