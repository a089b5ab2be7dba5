package formats

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"sshkeys/keytool"
)

func authorizedKeysFormat() *Format {
	return &Format{
		ID: AuthorizedKeys, Title: "authorized_keys list", Holds: HoldsList, Ending: "",
		Source: "sshd(8) AUTHORIZED_KEYS FILE FORMAT",
		sniff:  func(in *input) bool { return survey(in.text) == KindAuthorizedKeys },
		decode: func(*input, Limits) (*Envelope, error) {
			return &Envelope{Format: AuthorizedKeys, Kind: KindAuthorizedKeys}, nil
		},
	}
}

func knownHostsFormat() *Format {
	return &Format{
		ID: KnownHosts, Title: "known_hosts list", Holds: HoldsList, Ending: "",
		Source: "sshd(8) SSH_KNOWN_HOSTS FILE FORMAT",
		sniff:  func(in *input) bool { return survey(in.text) == KindKnownHosts },
		decode: func(*input, Limits) (*Envelope, error) {
			return &Envelope{Format: KnownHosts, Kind: KindKnownHosts}, nil
		},
	}
}

// Entry is one line of an authorized_keys or known_hosts file that is neither
// blank nor a comment.
type Entry struct {
	Line    int    // 1-based
	Options string // an authorized_keys line's options, as they stand there
	Marker  string // @cert-authority or @revoked
	Hosts   string // a known_hosts line's hosts, as they stand there
	Key     *keytool.Key
	Comment string // the key's comment
	// Err is why there is no Key: *SyntaxError, *UnsupportedError (a key of SSH
	// protocol 1) or *LimitError (a line over MaxLine).
	Err error
}

// ScanList reads an authorized_keys or known_hosts file of any length in
// constant memory and calls fn for every line that is neither blank nor a
// comment. Byte order marks, UTF-16 and CR line ends are undone as in Parse.
// Lines that cannot be read are entries with Err. It returns fn's or r's error.
func ScanList(r io.Reader, fn func(Entry) error) error {
	size := MaxLine
	if short, ok := r.(interface{ Len() int }); ok { // what is in memory, as UTF-8 of any encoding
		size = min(size, 2*short.Len()+utf8.UTFMax)
	}
	c := newChunker(r)
	buf := make([]byte, size)
	for line := 1; ; {
		n, err := c.next(buf)
		if err == io.EOF {
			return nil
		}
		if tooLong, ok := errors.AsType[*LimitError](err); ok {
			if err := fn(Entry{Line: line, Err: tooLong}); err != nil {
				return err
			}
			line++
			continue
		}
		if err != nil {
			return err
		}
		if line, err = scanChunk(buf[:n], line, fn); err != nil {
			return err
		}
	}
}

// scanChunk calls fn for the lines of a chunk and returns the number of the line after it.
func scanChunk(chunk []byte, number int, fn func(Entry) error) (int, error) {
	for text := range bytes.Lines(chunk) {
		if l, ok := readLine(bytes.TrimSuffix(text, []byte("\n"))); ok {
			e := l.entry()
			e.Line = number
			if l.err != nil {
				e.Err = l.located(l.listFormat(), number, false)
			}
			if err := fn(e); err != nil {
				return number, err
			}
		}
		number++
	}
	return number, nil
}

// listLine is one line of a list, read. Its slices are parts of the line.
type listLine struct {
	marker []byte // @cert-authority, @revoked
	prefix []byte // options or hosts
	first  []byte // the field that ssh-keygen -l skips; nil where the key stands first
	text   keyText
	key    *keytool.Key
	err    error // why key is nil
	// passed tells that ssh-keygen -l passes over the line although it has a
	// key: a marker, two blanks before the key, a number for a host.
	passed bool
}

// lineKind says what a line is as far as recognising a file goes.
type lineKind int

const (
	lineJunk   lineKind = iota // no key, and nothing of one
	lineBroken                 // starts like a key line
	lineKey
)

func (l *listLine) kind() lineKind {
	switch {
	case l.key != nil:
		return lineKey
	case l.err == errNoKey:
		return lineJunk
	}
	return lineBroken
}

var (
	errNoKey = errors.New("no key in it")
	errSSH1  = errors.New("key of SSH protocol 1")
)

// readLine reads one line without its end; false for a blank line or a comment.
// As ssh-keygen.c:do_fingerprint does, it tries the key at the line's beginning
// and, where there is none, once more after the first field. The line ends at a
// NUL, as it does for sshd, which reads C strings.
func readLine(line []byte) (l listLine, ok bool) {
	if line = trimLine(line); len(line) == 0 {
		return l, false
	}
	if l.text = cutKeyText(line); l.tryKey(l.text.knownType() || l.text.startsLikeBlob()) {
		return l, true
	}
	bare := l
	rest := l.cutPrefix(line)
	l.text = cutKeyText(rest)
	// After a first field any type name alone could be prose.
	if l.tryKey(l.text.startsLikeBlob()) || bare.err == errNoKey {
		return l, true
	}
	return bare, true
}

// trimLine drops the blanks a line starts with and all from its first NUL; what
// is left of a comment line is nothing.
func trimLine(line []byte) []byte {
	if i := bytes.IndexByte(line, 0); i >= 0 {
		line = line[:i]
	}
	line = trimBlanks(line)
	if len(line) > 0 && line[0] == '#' {
		return nil
	}
	return line
}

// tryKey reads the key at l.text where that looks like one.
func (l *listLine) tryKey(looksLikeKey bool) bool {
	switch {
	case l.text.isSSH1():
		l.err = errSSH1
	case looksLikeKey:
		l.key, l.err = l.text.key()
	default:
		l.err = errNoKey
	}
	return l.key != nil
}

// isSSH1 tells the line of an SSH 1 key: bits, exponent and modulus in decimal.
func (t keyText) isSSH1() bool {
	modulus, _ := cutBlank(t.rest)
	return len(modulus) > 100 && allDigits(t.typ) && allDigits(t.b64) && allDigits(modulus)
}

func allDigits(b []byte) bool {
	for _, c := range b {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(b) > 0
}

// cutPrefix takes options, or a marker and hosts, off the line and returns what follows.
func (l *listLine) cutPrefix(line []byte) []byte {
	var rest []byte
	l.prefix, rest = cutField(line)
	l.first = l.prefix
	l.passed = l.passed || isNumber(l.first) || len(rest) != len(trimBlanks(rest))+1
	if m := string(l.prefix); m == "@cert-authority" || m == "@revoked" {
		l.marker, l.passed = l.prefix, true
		l.prefix, rest = cutField(trimBlanks(rest))
		l.first = line[:len(line)-len(rest)]
	}
	return trimBlanks(rest)
}

// cutField cuts the line at its first blank outside quotes; \" counts for no
// quote (auth2-pubkeyfile.c, authfile.c:sshkey_advance_past_options).
func cutField(line []byte) (field, rest []byte) {
	quoted := false
	for i := 0; i < len(line); i++ {
		switch c := line[i]; {
		case c == '\\' && i+1 < len(line) && line[i+1] == '"':
			i++
		case c == '"':
			quoted = !quoted
		case !quoted && (c == ' ' || c == '\t'):
			return line[:i], line[i:]
		}
	}
	return line, nil
}

// isNumber tells what do_fingerprint takes for the bits of an SSH 1 key: all
// that C's (int)strtol reads to the end and does not find to be 0.
func isNumber(field []byte) bool {
	if len(field) == 0 || field[0] > '9' {
		return false
	}
	v, err := strconv.ParseInt(string(field), 10, 64)
	return (err == nil || errors.Is(err, strconv.ErrRange)) && int32(v) != 0
}

// entry is the line as ScanList hands it out, without its number and error.
func (l *listLine) entry() Entry {
	if l.kind() == lineJunk {
		return Entry{}
	}
	e := Entry{Marker: string(l.marker), Key: l.key}
	if isOptions(l.prefix) && e.Marker == "" {
		e.Options = string(l.prefix)
	} else {
		e.Hosts = string(l.prefix)
	}
	if l.key != nil {
		e.Comment = l.key.Comment()
	}
	return e
}

// listFormat names the kind of list the line is from, as far as it shows.
func (l *listLine) listFormat() ID {
	e := l.entry()
	if e.Marker != "" || e.Hosts != "" {
		return KnownHosts
	}
	return AuthorizedKeys
}

// located is the line's error with its place.
func (l *listLine) located(id ID, line int, wrapped bool) error {
	if l.err == errSSH1 {
		return &UnsupportedError{id, fmt.Sprintf("%v in line %d", l.err, line)}
	}
	if s, ok := errors.AsType[*SyntaxError](l.err); ok {
		located := *s
		located.Format, located.Line = id, line
		if wrapped {
			located.Reason += "; the key goes on in the next line and must stand on one"
		}
		return &located
	}
	return syntaxLine(id, line, "", "%v", l.err)
}

// isOptions tells an authorized_keys line's options from a known_hosts line's
// hosts: the first is one of sshd's keywords (auth-options.c:sshauthopt_parse),
// or something has a quoted value, which no host name has.
func isOptions(field []byte) bool {
	name := string(field)
	if i := strings.IndexAny(name, ",="); i >= 0 {
		name = name[:i]
	}
	name = strings.ToLower(name)
	switch strings.TrimPrefix(name, "no-") {
	case "agent-forwarding", "port-forwarding", "x11-forwarding", "pty", "user-rc", "touch-required", "verify-required":
		return true
	}
	switch name {
	case "restrict", "cert-authority", "command", "environment", "expiry-time", "from",
		"permitlisten", "permitopen", "principals", "tunnel":
		return true
	}
	return bytes.Contains(field, []byte(`="`))
}

// survey says what a text's lines make it: KindPublic for one key line, KindAuthorizedKeys
// or KindKnownHosts for a list, "" for neither. It reads as many lines as decide:
// two key lines are a list, whole or broken, and so is one whole key line among
// other text, which sshd and ssh pass over.
func survey(text []byte) Kind {
	lines, keys, junk := 0, 0, 0
	list := KindAuthorizedKeys
	for line := range bytes.Lines(text) {
		l, ok := readLine(bytes.TrimSuffix(line, []byte("\n")))
		switch {
		case !ok:
			continue
		case l.kind() == lineJunk:
			junk++
			continue
		case l.kind() == lineKey:
			keys++
		}
		if lines++; lines == 1 && l.listFormat() == KnownHosts {
			list = KindKnownHosts
		}
		if lines > 1 {
			return list
		}
	}
	switch {
	case keys == 1 && junk > 0:
		return list
	case lines == 1:
		return KindPublic
	}
	return ""
}
