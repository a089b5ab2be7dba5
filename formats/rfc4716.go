package formats

import (
	"bytes"
	"encoding/base64"
	"strings"
	"unicode/utf8"

	"sshkeys/keytool"
)

func rfc4716Format() *Format {
	return &Format{
		ID: RFC4716, Title: "RFC 4716 (SSH2) public key", Holds: HoldsPublic, Ending: ".rfc4716",
		Source: "RFC 4716",
		sniff:  func(in *input) bool { return startsSSH2Block(in.text, rfc4716Label) },
		decode: decodeRFC4716, encode: encodeRFC4716, fit: fitRFC4716,
	}
}

const (
	rfc4716Label    = "SSH2 PUBLIC KEY"
	rfc4716MaxLine  = 72   // bytes, section 3
	rfc4716MaxTag   = 64   // bytes, section 3.3
	rfc4716MaxValue = 1024 // bytes, section 3.3
	ssh2Columns     = 70   // of base64, as ssh-keygen -e and PuTTY's sshcom_write
)

func decodeRFC4716(in *input, _ Limits) (*Envelope, error) {
	block, err := readSSH2Block(RFC4716, in.text, rfc4716Label)
	if err != nil {
		return nil, err
	}
	for _, h := range block.headers {
		if len(h.tag) > rfc4716MaxTag || len(h.value) > rfc4716MaxValue {
			return nil, syntaxLine(RFC4716, h.line, "header",
				"name or value longer than %d or %d bytes", rfc4716MaxTag, rfc4716MaxValue)
		}
	}
	comment := block.header("Comment")
	if bare, quoted := unquote(comment); quoted {
		// The escapes are not in the RFC; PuTTY writes them, inside quotes only.
		comment = strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(bare)
	}
	return blobEnvelope(RFC4716, block.body, comment)
}

func fitRFC4716(k *keytool.Key) ([]Loss, error) {
	if len(quote(k.Comment())) > rfc4716MaxValue {
		return []Loss{{"comment", "RFC 4716 allows no comment of this length"}}, nil
	}
	return nil, nil
}

func encodeRFC4716(k *keytool.Key, _ Options) ([]byte, error) {
	comment := ""
	if losses, _ := fitRFC4716(k); k.Comment() != "" && losses == nil {
		comment = commentHeader(k.Comment())
	}
	return ssh2Text(rfc4716Label, comment, wireBlob(k)), nil
}

// quote writes a comment as PuTTY does.
func quote(comment string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(comment) + `"`
}

// unquote takes a header value out of its quotes.
func unquote(value string) (string, bool) {
	if len(value) < 2 || value[0] != '"' || value[len(value)-1] != '"' {
		return value, false
	}
	return value[1 : len(value)-1], true
}

// commentHeader writes the Comment header, continued after a backslash where a
// line is full. No character and no escape is cut in two.
func commentHeader(comment string) string {
	var done strings.Builder
	line, continued := `Comment: "`, false
	for len(comment) > 0 {
		_, size := utf8.DecodeRuneInString(comment)
		unit := comment[:size]
		comment = comment[size:]
		if unit == `"` || unit == `\` {
			unit = `\` + unit
		}
		// One byte is kept for the backslash or the closing quote.
		if len(line)+len(unit)+1 > rfc4716MaxLine || misread(line, unit, continued) {
			done.WriteString(line + "\\\n")
			line, continued = "", true
		}
		line += unit
	}
	return done.String() + line + "\"\n"
}

// misread tells where ssh-keygen -i goes wrong with a line of the comment that
// gets the unit: it looks for " END " in a header, and takes a ": " or a leading
// "----" in a continued line for a header or marker (do_convert_from_ssh2).
func misread(line, unit string, continued bool) bool {
	if !continued {
		return unit == " " && strings.HasSuffix(line, " END")
	}
	return unit == " " && strings.HasSuffix(line, ":") || unit == "-" && line == "---"
}

// ssh2Block is the armour of RFC 4716 section 3, which ssh.com's private keys share.
type ssh2Block struct {
	headers []ssh2Header
	body    []byte // decoded
}

type ssh2Header struct {
	tag, value string // the value with its quotes
	line       int    // where it starts
}

// header is the value of the last header of the name in any case, "" without one.
func (b *ssh2Block) header(tag string) string {
	value := ""
	for _, h := range b.headers {
		if strings.EqualFold(h.tag, tag) {
			value = h.value
		}
	}
	return value
}

func ssh2Marker(word, label string) string { return "---- " + word + " " + label + " ----" }

// startsSSH2Block tells text whose first line with anything on it is the BEGIN marker.
func startsSSH2Block(text []byte, label string) bool {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.TrimSpace(line)) == ssh2Marker("BEGIN", label)
}

// ssh2Text writes a block; headers are whole lines.
func ssh2Text(label, headers string, blob []byte) []byte {
	out := []byte(ssh2Marker("BEGIN", label) + "\n" + headers)
	out = append(out, wrap(base64.StdEncoding.EncodeToString(blob), ssh2Columns)...)
	return append(out, ssh2Marker("END", label)+"\n"...)
}

// readSSH2Block reads a file of one block, whose BEGIN marker has been seen.
func readSSH2Block(id ID, text []byte, label string) (*ssh2Block, error) {
	block, body := &ssh2Block{}, []byte(nil)
	lines := &ssh2Lines{rest: text}
	for begun := false; ; {
		line, ok := lines.next()
		if !ok {
			return nil, syntaxLine(id, lines.number, "END line", "the file ends before it")
		}
		trimmed := bytes.TrimSpace(line)
		switch {
		case len(trimmed) == 0:
		case !begun:
			begun = true
		case string(trimmed) == ssh2Marker("END", label):
			var err error
			if block.body, err = decodeSSH2Body(id, body); err != nil {
				return nil, err
			}
			return block, lines.checkEnd(id, label)
		case bytes.HasPrefix(trimmed, []byte("----")):
			return nil, syntaxLine(id, lines.number, "END line", "another marker stands in its place")
		case bytes.IndexByte(line, ':') >= 0:
			if len(body) > 0 {
				return nil, syntaxLine(id, lines.number, "header", "it stands after the base64 text")
			}
			h, err := lines.header(id, line)
			if err != nil {
				return nil, err
			}
			block.headers = append(block.headers, h)
		default:
			body = append(body, trimmed...)
		}
	}
}

func decodeSSH2Body(id ID, body []byte) ([]byte, error) {
	if len(body) == 0 {
		return nil, syntax(id, "base64 text", "there is none")
	}
	// Some ssh.com versions end a full text in "===" (ssh-keygen.c, do_convert_from_ssh2).
	if len(body)%4 == 3 {
		body = bytes.TrimSuffix(body, []byte("==="))
	}
	return decodeBase64(id, "base64 text", body)
}

// ssh2Lines hands out lines and counts them.
type ssh2Lines struct {
	rest   []byte
	number int // of the line handed out last, 1-based
}

func (l *ssh2Lines) next() (line []byte, ok bool) {
	if len(l.rest) == 0 {
		return nil, false
	}
	line, l.rest, _ = bytes.Cut(l.rest, []byte("\n"))
	l.number++
	return line, true
}

// header reads the header that starts with line, and the lines it goes on in:
// a backslash at a line's end joins it to the next, RFC 4716 section 3.3.
func (l *ssh2Lines) header(id ID, line []byte) (ssh2Header, error) {
	h := ssh2Header{line: l.number}
	tag, part, _ := bytes.Cut(line, []byte(":"))
	h.tag = string(bytes.TrimSpace(tag))
	if h.tag == "" || !isPrintableASCII([]byte(h.tag)) || strings.Contains(h.tag, " ") {
		return h, syntaxLine(id, h.line, "header", "what stands before the colon is no name")
	}
	var value []byte
	for continued := true; continued; {
		part, continued = bytes.CutSuffix(part, []byte(`\`))
		value = append(value, part...)
		if continued {
			var ok bool
			if part, ok = l.next(); !ok {
				return h, syntaxLine(id, h.line, "header", "the file ends in it")
			}
		}
	}
	h.value = string(bytes.TrimSpace(value))
	return h, nil
}

// checkEnd refuses text after the END marker: a second key would go unnoticed.
func (l *ssh2Lines) checkEnd(id ID, label string) error {
	switch {
	case len(bytes.TrimSpace(l.rest)) == 0:
		return nil
	case bytes.Contains(l.rest, []byte(ssh2Marker("BEGIN", label))):
		return syntaxLine(id, l.number+1, "", "there is more than one key in the file")
	}
	return syntaxLine(id, l.number+1, "", "there is text after the END line")
}
