package secret

import (
	"bytes"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLine bounds a passphrase, so that the wrong file is not read to its end.
const maxLine = 1 << 16

// The byte order marks of the files that Windows' Notepad and PowerShell write.
var (
	markUTF8    = []byte("\xef\xbb\xbf")
	markUTF16LE = []byte("\xff\xfe")
	markUTF16BE = []byte("\xfe\xff")
)

// firstLine reads a line, with its end, and not one byte more: the rest of
// standard input may be for something else.
func firstLine(r io.Reader) (Bytes, error) {
	// One buffer of full size, so that growing leaves no copies about.
	buf := make(Bytes, 0, maxLine+2)
	one := make([]byte, 1)
	for !lineEnds(buf) {
		if len(buf) > maxLine {
			buf.Clear()
			return nil, ErrTooLong
		}
		if _, err := io.ReadFull(r, one); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		buf = append(buf, one[0])
	}
	return buf, nil
}

// content is what a line is about. Its end, LF or CR LF, is not part of it, nor is
// a byte order mark; with that of UTF-16 the line is turned into UTF-8. Input without
// a single byte is ErrEmpty; an empty line is an empty passphrase. The line itself
// is used up.
func content(line Bytes) (Bytes, error) {
	body, ended := bytes.CutSuffix(decode(line), []byte("\n"))
	if !ended && len(body) == 0 {
		return nil, ErrEmpty
	}
	if ended {
		body = bytes.TrimSuffix(body, []byte("\r"))
	}
	return body, nil
}

// written is the line as a program takes it that leaves out nothing but its LF:
// with its mark or CR. nil where it has neither.
func written(line Bytes) Bytes {
	if !bytes.HasPrefix(line, markUTF8) && !bytes.HasSuffix(line, []byte("\r\n")) {
		return nil
	}
	return bytes.TrimSuffix(bytes.Clone(line), []byte("\n"))
}

func lineEnds(buf []byte) bool {
	switch {
	case bytes.HasPrefix(buf, markUTF16LE):
		return len(buf)%2 == 0 && bytes.HasSuffix(buf, []byte("\n\x00"))
	case bytes.HasPrefix(buf, markUTF16BE):
		return len(buf)%2 == 0 && bytes.HasSuffix(buf, []byte("\x00\n"))
	}
	return bytes.HasSuffix(buf, []byte("\n"))
}

func decode(buf Bytes) Bytes {
	little := bytes.HasPrefix(buf, markUTF16LE)
	if !little && !bytes.HasPrefix(buf, markUTF16BE) {
		return bytes.TrimPrefix(buf, markUTF8)
	}
	units := make([]uint16, 0, len(buf)/2)
	for i := 2; i+1 < len(buf); i += 2 {
		low, high := buf[i], buf[i+1]
		if !little {
			low, high = high, low
		}
		units = append(units, uint16(high)<<8|uint16(low))
	}
	line := make(Bytes, 0, 3*len(units)) // at most three bytes of UTF-8 to a unit
	for _, r := range utf16.Decode(units) {
		line = utf8.AppendRune(line, r)
	}
	buf.Clear()
	clear(units)
	return line
}
