package formats

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"unicode/utf16"

	"sshkeys/keytool"
)

// input is a file's content prepared for the decoders.
type input struct {
	raw  []byte // as it came
	text []byte // UTF-8 with LF line ends, no byte order mark; nil for binary data
}

// normalise undoes the encodings that change nothing of a text: a byte order
// mark, UTF-16, CR LF and CR line ends. It never writes to data.
func normalise(data []byte) *input {
	in := &input{raw: data}
	text := data
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		text = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		text = fromUTF16(data)
	}
	if !looksLikeText(text) {
		return in
	}
	if bytes.IndexByte(text, '\r') >= 0 {
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
		text = bytes.ReplaceAll(text, []byte("\r"), []byte("\n"))
	}
	in.text = text
	return in
}

// IsText tells whether the beginning of a file is text, in any encoding Parse
// takes: what is not cannot be a list.
func IsText(head []byte) bool { return normalise(head).text != nil }

func fromUTF16(data []byte) []byte {
	bigEndian := data[0] == 0xfe
	data = data[2:]
	units := make([]uint16, len(data)/2)
	for i := range units {
		lo, hi := data[2*i], data[2*i+1]
		if bigEndian {
			lo, hi = hi, lo
		}
		units[i] = uint16(hi)<<8 | uint16(lo)
	}
	return []byte(string(utf16.Decode(units)))
}

// looksLikeText tells text from binary by its control characters. Comments may
// be in any 8-bit encoding, so bytes over 0x7f decide nothing.
func looksLikeText(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' && c != '\r' && c != '\t' && c != '\f' && c != '\v' && c != 0x1b {
			return false
		}
	}
	return len(bytes.TrimSpace(b)) > 0
}

// unknown is the error for bytes that no format claims.
func (in *input) unknown() error {
	if err := in.foreign(); err != nil {
		return err
	}
	return &UnknownFormatError{Reason: in.describe()}
}

// describe says in a few words what the unrecognised bytes are, quoting none of
// them but a PEM label.
func (in *input) describe() string {
	switch {
	case len(in.raw) == 0:
		return "the file is empty"
	case in.text == nil && len(bytes.TrimSpace(in.raw)) == 0:
		return "the file holds white space only"
	case in.text == nil:
		return "binary data of no known format"
	}
	if label, ok := firstPEMLabel(in.text); ok {
		return fmt.Sprintf("a PEM block %q, which is no SSH key", label)
	}
	return "text of no known format"
}

// firstPEMLabel finds the label of the first "-----BEGIN label-----" line.
func firstPEMLabel(text []byte) (string, bool) {
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, " \t\n")
		rest, ok := bytes.CutPrefix(line, []byte("-----BEGIN "))
		if !ok {
			continue
		}
		if label, ok := bytes.CutSuffix(rest, []byte("-----")); ok && len(label) <= 64 && isPrintableASCII(label) {
			return string(label), true
		}
	}
	return "", false
}

func isPrintableASCII(b []byte) bool {
	for _, c := range b {
		if c < ' ' || c >= 0x7f {
			return false
		}
	}
	return true
}

// checkComment refuses comments that would break a line or a header.
func checkComment(comment string) error {
	for _, r := range comment {
		if r < ' ' || r == 0x7f {
			return fmt.Errorf("the comment has a control character (U+%04X)", r)
		}
	}
	return nil
}

// wrap breaks base64 text into lines of width columns, each ended by LF.
func wrap(b64 string, width int) []byte {
	out := make([]byte, 0, len(b64)+len(b64)/width+1)
	for len(b64) > width {
		out = append(append(out, b64[:width]...), '\n')
		b64 = b64[width:]
	}
	if len(b64) > 0 {
		out = append(append(out, b64...), '\n')
	}
	return out
}

// decodeBase64 reads padded standard base64 from which white space was dropped.
// The error is a *SyntaxError naming the place only.
func decodeBase64(id ID, fieldName string, b []byte) ([]byte, error) {
	compact := make([]byte, 0, len(b))
	for _, c := range b {
		if c != ' ' && c != '\t' && c != '\n' {
			compact = append(compact, c)
		}
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(compact)))
	n, err := base64.StdEncoding.Strict().Decode(out, compact)
	if err != nil {
		at := len(compact)
		if e, ok := err.(base64.CorruptInputError); ok {
			at = int(e)
		}
		return nil, syntax(id, fieldName, "not base64 at character %d of %d", at+1, len(compact))
	}
	return out[:n], nil
}

func base64Text(b []byte) string { return base64.StdEncoding.EncodeToString(b) }

// random fills a new slice of n bytes from the options' source.
func (o Options) random(n int) ([]byte, error) {
	src := o.Rand
	if src == nil {
		src = rand.Reader
	}
	b := make([]byte, n)
	_, err := io.ReadFull(src, b)
	return b, err
}

// fitTo is the usual fit of a format: the algorithm families it takes and
// whether it has a place for a comment and a certificate.
func fitTo(id ID, k *keytool.Key, comment, certificate bool, families ...keytool.Family) ([]Loss, error) {
	held := false
	for _, f := range families {
		held = held || f == k.Algorithm().Family
	}
	if !held {
		return nil, &CannotHoldError{id, "a key of type " + k.Algorithm().Name}
	}
	var losses []Loss
	if k.Comment() != "" && !comment {
		losses = append(losses, Loss{"comment", id.Title() + " has no place for a comment"})
	}
	if k.Certificate() != nil && !certificate {
		losses = append(losses, Loss{"certificate", id.Title() + " has no place for a certificate"})
	}
	return losses, nil
}
