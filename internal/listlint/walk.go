package listlint

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"sshkeys/formats"
)

// Line is one line of a list, as getline(3) gives it to OpenSSH: only LF ends one.
type Line struct {
	Number int // 1-based
	Offset int // of its first byte in the file
	// Raw is the line with its end, if it has one; nil where it has formats.MaxLine
	// bytes or more. It is good until the next line is handed out.
	Raw []byte
	// Blank tells a line of nothing and a comment. Of those Entry is zero.
	Blank bool
	// Entry is what can be read of the line, whoever reads it. A CR in the middle of
	// the line ends nothing, and all behind a NUL is not there.
	Entry formats.Entry
	// Long is the number of bytes of a line without Raw.
	Long int
}

// chunkSize is about how much is read before it is looked at.
const chunkSize = 128 << 10

// scanner reads a list in chunks of whole lines.
type scanner struct {
	r       *bufio.Reader
	fn      func(Line) error
	number  int // lines that were handed out
	offset  int // of the chunk
	chunk   []byte
	ends    []int // of the lines in chunk
	entries []formats.Entry
	plain   *bytes.Buffer // the chunk as ScanList is to read it
}

// Scan calls fn for every line of a list, in constant memory. It returns fn's error,
// or r's.
func Scan(r io.Reader, fn func(Line) error) error {
	s := &scanner{r: bufio.NewReaderSize(r, formats.MaxLine), fn: fn, plain: &bytes.Buffer{}}
	for {
		raw, err := s.r.ReadSlice('\n')
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			if err := s.long(len(raw)); err != nil {
				return err
			}
			continue
		case err != nil && err != io.EOF:
			return err
		}
		if len(raw) > 0 {
			s.chunk = append(s.chunk, raw...)
			s.ends = append(s.ends, len(s.chunk))
		}
		if err == io.EOF {
			return s.flush()
		}
		if len(s.chunk) >= chunkSize {
			if err := s.flush(); err != nil {
				return err
			}
		}
	}
}

// long passes over a line that is not looked at.
func (s *scanner) long(size int) error {
	if err := s.flush(); err != nil {
		return err
	}
	for {
		raw, err := s.r.ReadSlice('\n')
		size += len(raw)
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		s.number++
		l := Line{Number: s.number, Offset: s.offset, Long: size}
		s.offset += size
		return s.fn(l)
	}
}

// flush hands out the lines of the chunk.
func (s *scanner) flush() error {
	s.entries = append(s.entries[:0], make([]formats.Entry, len(s.ends))...)
	err := formats.ScanList(s.plainText(), func(e formats.Entry) error {
		s.entries[e.Line-2] = e // behind the empty line, and from 0 on
		return nil
	})
	if err != nil {
		return err
	}
	from := 0
	for i, end := range s.ends {
		s.number++
		l := Line{Number: s.number, Offset: s.offset + from, Raw: s.chunk[from:end], Entry: s.entries[i]}
		l.Blank = l.Entry.Line == 0
		l.Entry.Line = s.number
		if err := s.fn(l); err != nil {
			return err
		}
		from = end
	}
	s.offset += len(s.chunk)
	s.chunk, s.ends = s.chunk[:0], s.ends[:0]
	return nil
}

// plainText hides from ScanList what it would take for an end of line or for the
// beginning of another encoding: to OpenSSH it is neither.
func (s *scanner) plainText() io.Reader {
	s.plain.Reset()
	s.plain.WriteByte('\n') // no byte order mark stands at the beginning
	rest := s.chunk
	for {
		i := bytes.IndexByte(rest, '\r')
		if i < 0 {
			break
		}
		s.plain.Write(rest[:i])
		rest = bytes.TrimLeft(rest[i:], "\r")
		if len(rest) > 0 && rest[0] != '\n' {
			s.plain.WriteByte(1)
		}
	}
	s.plain.Write(rest)
	return s.plain
}
