package hostkeys

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
)

// matcher tells which of some hosts a line names.
type matcher struct {
	hosts []Host
	names []string // of hosts, as lines write them, in lower case
}

func newMatcher(hosts []Host) matcher {
	m := matcher{hosts: hosts}
	for _, h := range hosts {
		m.names = append(m.names, h.key())
	}
	return m
}

// in returns the hosts that a line names.
func (m matcher) in(f fields) (found []Host) {
	if f.hashed() {
		return m.inHash(f.hosts)
	}
	for i, name := range m.names {
		if matchList(f.hosts, name) {
			found = append(found, m.hosts[i])
		}
	}
	return found
}

// hashMark starts a hashed name: |1|salt|hash, both in base64, the hash being the
// HMAC-SHA1 of the name under the salt (hostfile.c:host_hash).
const hashMark = "|1|"

// inHash returns the hosts whose hash the field is.
func (m matcher) inHash(field []byte) (found []Host) {
	rest, ok := bytes.CutPrefix(field, []byte(hashMark))
	first, second, _ := bytes.Cut(rest, []byte("|"))
	salt, isSalt := decodeDigest(first)
	want, isHash := decodeDigest(second)
	if !ok || !isSalt || !isHash {
		return nil
	}
	h := hmac.New(sha1.New, salt[:])
	var got [sha1.Size]byte
	for i, name := range m.names {
		h.Reset()
		h.Write([]byte(name))
		if [sha1.Size]byte(h.Sum(got[:0])) == want {
			found = append(found, m.hosts[i])
		}
	}
	return found
}

// decodeDigest reads the base64 text of an SHA-1 digest, in the one form that
// OpenSSH writes and compares.
func decodeDigest(text []byte) (digest [sha1.Size]byte, ok bool) {
	var room [sha1.Size + 1]byte // of what its last quantum could hold
	if len(text) != base64.StdEncoding.EncodedLen(sha1.Size) {
		return digest, false
	}
	n, err := base64.StdEncoding.Strict().Decode(room[:], text)
	copy(digest[:], room[:])
	return digest, err == nil && n == sha1.Size
}

// maxPattern is the length from which on OpenSSH reads no pattern of a list.
const maxPattern = 1023

// matchList matches a name in lower case against a list of patterns, as
// match.c:match_pattern_list does: one that is negated and matches outdoes all.
func matchList(list []byte, name string) bool {
	found := false
	for len(list) > 0 {
		var pattern []byte
		pattern, list, _ = bytes.Cut(list, []byte(","))
		pattern, negated := bytes.CutPrefix(pattern, []byte("!"))
		switch {
		case len(pattern) >= maxPattern:
			return false
		case !matchPattern(pattern, name):
		case negated:
			return false
		default:
			found = true
		}
	}
	return found
}

// matchPattern matches with * for any text and ? for one byte, in time that grows
// with the product of both lengths at most.
func matchPattern(pattern []byte, name string) bool {
	p, n := 0, 0
	star, from := -1, 0 // the last *, and where it stopped to take bytes
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || lowerByte(pattern[p]) == name[n]):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	return len(bytes.Trim(pattern[p:], "*")) == 0
}

// lower is a name in lower case, as OpenSSH makes it: byte by byte, A to Z.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = lowerByte(c)
	}
	return string(b)
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
