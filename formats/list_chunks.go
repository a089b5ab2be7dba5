package formats

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxLine is the longest line of a list that is read, in bytes. A certificate
// with every option sshd knows stays far below it.
const MaxLine = 256 << 10

// chunker cuts a text stream into pieces of whole lines, with the same line ends
// and encoding as normalise makes of a whole file.
type chunker struct {
	r       io.Reader
	carry   []byte // the begun line after the last piece
	afterCR bool   // the last byte read was a CR, which has become a LF
	err     error  // r's, once it ended
}

func newChunker(r io.Reader) *chunker { return &chunker{r: decodeText(r)} }

// next fills buf, of MaxLine bytes, with whole lines; only a text's last line may
// be without its LF. It returns io.EOF at the end, r's error, or a *LimitError
// for a line that does not fit, after which it goes on with the line that follows.
func (c *chunker) next(buf []byte) (int, error) {
	n := copy(buf, c.carry)
	c.carry = c.carry[:0]
	for n < len(buf) && c.err == nil {
		n += c.read(buf[n:])
	}
	if c.err != nil {
		if n == 0 || c.err != io.EOF {
			return 0, c.err
		}
		return n, nil
	}
	end := bytes.LastIndexByte(buf[:n], '\n') + 1
	if end == 0 {
		return 0, &LimitError{"the line's length in bytes", uint64(n + c.skipLine(buf)), MaxLine - 1}
	}
	c.carry = append(c.carry, buf[end:n]...)
	return end, nil
}

// read reads once and makes every CR LF and CR a LF, in place.
func (c *chunker) read(buf []byte) int {
	n, err := c.r.Read(buf)
	c.err = err
	if n == 0 || !c.afterCR && bytes.IndexByte(buf[:n], '\r') < 0 {
		return n
	}
	kept := 0
	for _, b := range buf[:n] {
		isLF := b == '\n' && c.afterCR
		if c.afterCR = b == '\r'; c.afterCR {
			b = '\n'
		}
		if !isLF {
			buf[kept] = b
			kept++
		}
	}
	return kept
}

// skipLine reads up to the line's end, keeps what follows, and returns the
// number of bytes it left out.
func (c *chunker) skipLine(buf []byte) int {
	skipped := 0
	for c.err == nil {
		n := c.read(buf)
		if i := bytes.IndexByte(buf[:n], '\n'); i >= 0 {
			c.carry = append(c.carry, buf[i+1:n]...)
			return skipped + i
		}
		skipped += n
	}
	return skipped
}

// decodeText takes a byte order mark off the stream and turns UTF-16 into UTF-8.
func decodeText(r io.Reader) io.Reader {
	head := make([]byte, 3)
	n, err := io.ReadFull(r, head)
	head = head[:n]
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return io.MultiReader(bytes.NewReader(head), failing{err})
	}
	switch {
	case bytes.Equal(head, []byte("\xef\xbb\xbf")):
		return r
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return newUTF16Reader(binary.LittleEndian, head[2:], r)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return newUTF16Reader(binary.BigEndian, head[2:], r)
	}
	return io.MultiReader(bytes.NewReader(head), r)
}

// failing is a reader that gives its error.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// utf16Reader turns a UTF-16 stream into UTF-8; what is no character becomes U+FFFD.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	high  rune   // the first half of a pair whose second half is to come
	out   []byte // decoded and not yet handed out
}

func newUTF16Reader(order binary.ByteOrder, head []byte, r io.Reader) *utf16Reader {
	return &utf16Reader{r: bufio.NewReader(io.MultiReader(bytes.NewReader(head), r)), order: order}
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	var unit [2]byte
	for len(u.out) < len(p) {
		if _, err := io.ReadFull(u.r, unit[:]); err != nil {
			return u.end(p, err)
		}
		u.add(rune(u.order.Uint16(unit[:])))
	}
	return u.hand(p), nil
}

// end hands out what is left when the stream ended with err.
func (u *utf16Reader) end(p []byte, err error) (int, error) {
	if u.high != 0 {
		u.high = 0
		u.out = utf8.AppendRune(u.out, utf8.RuneError)
	}
	if len(u.out) > 0 {
		return u.hand(p), nil
	}
	if err == io.ErrUnexpectedEOF { // an odd last byte, which normalise drops, too
		err = io.EOF
	}
	return 0, err
}

func (u *utf16Reader) hand(p []byte) int {
	n := copy(p, u.out)
	u.out = append(u.out[:0], u.out[n:]...)
	return n
}

func (u *utf16Reader) add(unit rune) {
	if u.high != 0 {
		pair := utf16.DecodeRune(u.high, unit)
		u.high = 0
		u.out = utf8.AppendRune(u.out, pair)
		if pair != utf8.RuneError {
			return
		}
	}
	if unit >= 0xd800 && unit < 0xdc00 {
		u.high = unit
		return
	}
	u.out = utf8.AppendRune(u.out, unit)
}
