package hostkeys

import (
	"bytes"
	"encoding/base64"
	"strings"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// fields is one line cut as hostfile.c:hostkeys_foreach cuts it: parts of the line.
type fields struct {
	marker, hosts []byte
	key           []byte // type, base64 and comment
}

// cut reads a line, whose end may still be there. ok is false for a blank line, a
// comment, and what ssh cannot read up to the key.
func cut(line []byte) (f fields, ok bool) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	if i := bytes.IndexByte(line, 0); i >= 0 {
		line = line[:i] // ssh reads C strings
	}
	text := trimBlanks(line)
	if len(text) == 0 || text[0] == '#' || len(line) >= formats.MaxLine {
		return f, false
	}
	if text[0] == '@' {
		if f.marker, text, ok = cutMarker(text); !ok {
			return f, false
		}
	}
	f.hosts, f.key = cutWord(text)
	return f, len(f.key) > 0 && f.key[0] != '#'
}

// cutMarker takes the one marker that a line may have off it. As in
// hostfile.c:check_markers it ends at the line's first space, and at a tab only
// where there is no space.
func cutMarker(line []byte) (marker, rest []byte, ok bool) {
	end := bytes.IndexByte(line, ' ')
	if end < 0 {
		end = bytes.IndexByte(line, '\t')
	}
	if end < 0 || string(line[:end]) != Authority && string(line[:end]) != RevokedKey {
		return nil, nil, false
	}
	rest = trimBlanks(line[end:])
	return line[:end], rest, !bytes.HasPrefix(rest, []byte("@"))
}

// cutWord cuts before the first blank, and drops the blanks there.
func cutWord(s []byte) (word, rest []byte) {
	for i, c := range s {
		if c == ' ' || c == '\t' {
			return s[:i], trimBlanks(s[i:])
		}
	}
	return s, nil
}

func trimBlanks(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

func (f fields) hashed() bool { return f.hosts[0] == '|' }

// cutKey cuts type, base64 text and comment.
func (f fields) cutKey() (typ, text, comment string) {
	first, rest := cutWord(f.key)
	second, rest := cutWord(rest)
	return string(first), string(second), string(bytes.TrimRight(rest, " \t\r"))
}

// read is the line's key (sshkey.c:sshkey_read); nil where it cannot be read.
func (f fields) read() *keytool.Key {
	typ, text, comment := f.cutKey()
	blob, err := base64.StdEncoding.DecodeString(strings.TrimSuffix(text, "\r"))
	if err != nil {
		return nil
	}
	key, err := keytool.NewPublic(blob, comment)
	name, certificate := keyType(typ)
	if err != nil || key.Algorithm().Name != name || certificate != (key.Certificate() != nil) {
		return nil
	}
	return key
}

// removable tells what ssh-keygen -R takes for an entry: a key type it knows, and
// anything after it. Every other line it calls invalid. A key that can be read is
// one whatever its type.
func (f fields) removable(key *keytool.Key) bool {
	typ, text, _ := f.cutKey()
	known := keytool.LookupAlgorithm(typ) != nil || keytool.LookupCertificate(typ) != nil
	return key != nil || known && text != "" && text[0] != '#'
}
