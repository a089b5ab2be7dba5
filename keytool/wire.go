package keytool

import (
	"encoding/binary"
	"fmt"
)

// WireReader walks the SSH wire encoding (RFC 4251 section 5) without copying.
// The first failure sticks: later reads return zero values, so a parser reads
// all its fields and looks at Err once. Each read names the field it is after;
// errors hold that name, offsets and lengths, never bytes of the input.
type WireReader struct {
	data []byte
	off  int
	err  error
}

// FieldError says which field of a wire structure could not be read.
type FieldError struct {
	Field  string // name of the field in its specification
	Offset int    // where it starts, in bytes from the structure's beginning
	Reason string
}

func (e *FieldError) Error() string {
	return fmt.Sprintf("field %q at byte %d: %s", e.Field, e.Offset, e.Reason)
}

// NewWireReader reads data from its beginning. It keeps data and never changes it.
func NewWireReader(data []byte) *WireReader { return &WireReader{data: data} }

func (r *WireReader) fail(field, format string, args ...any) {
	if r.err == nil {
		r.err = &FieldError{field, r.off, fmt.Sprintf(format, args...)}
	}
}

// Err returns the first failure, a *FieldError, or nil.
func (r *WireReader) Err() error { return r.err }

// Offset is the number of bytes read so far.
func (r *WireReader) Offset() int { return r.off }

// Rest returns what has not been read yet; nil after a failure.
func (r *WireReader) Rest() []byte {
	if r.err != nil {
		return nil
	}
	return r.data[r.off:]
}

// End fails unless everything has been read.
func (r *WireReader) End() error {
	if r.err == nil && r.off != len(r.data) {
		r.fail("end", "%d bytes follow the last field", len(r.data)-r.off)
	}
	return r.err
}

// Bytes reads n bytes that carry no length of their own.
func (r *WireReader) Bytes(field string, n int) []byte {
	if r.err != nil {
		return nil
	}
	if n < 0 || n > len(r.data)-r.off {
		r.fail(field, "%d bytes expected, %d left", n, len(r.data)-r.off)
		return nil
	}
	b := r.data[r.off : r.off+n : r.off+n]
	r.off += n
	return b
}

// Byte reads one byte.
func (r *WireReader) Byte(field string) byte {
	if b := r.Bytes(field, 1); b != nil {
		return b[0]
	}
	return 0
}

// Uint32 reads a big-endian uint32.
func (r *WireReader) Uint32(field string) uint32 {
	if b := r.Bytes(field, 4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

// Uint64 reads a big-endian uint64.
func (r *WireReader) Uint64(field string) uint64 {
	if b := r.Bytes(field, 8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

// Str reads a string: a uint32 length and that many bytes.
func (r *WireReader) Str(field string) []byte {
	start := r.off
	n := r.Uint32(field)
	if r.err != nil {
		return nil
	}
	if uint64(n) > uint64(len(r.data)-r.off) {
		left := len(r.data) - r.off
		r.off = start
		r.fail(field, "length %d runs past the end (%d bytes left)", n, left)
		return nil
	}
	return r.Bytes(field, int(n))
}

// MPInt reads a non-negative mpint and returns its magnitude without leading
// zero bytes; zero is empty. Superfluous zero bytes are dropped, as
// sshbuf_get_bignum2_bytes_direct does; negative numbers fail.
func (r *WireReader) MPInt(field string) []byte {
	start := r.off
	b := r.Str(field)
	if len(b) > 0 && b[0]&0x80 != 0 {
		r.off = start
		r.fail(field, "the number is negative")
		return nil
	}
	return TrimZeros(b)
}

// TrimZeros returns b without its leading zero bytes: a number's magnitude.
func TrimZeros(b []byte) []byte {
	for len(b) > 0 && b[0] == 0 {
		b = b[1:]
	}
	return b
}

// AppendUint32 appends v in big-endian order.
func AppendUint32(dst []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(dst, v) }

// AppendStr appends a string: its uint32 length and its bytes.
func AppendStr[T ~[]byte | ~string](dst []byte, s T) []byte {
	return append(AppendUint32(dst, uint32(len(s))), s...)
}

// AppendMPInt appends the number whose big-endian magnitude is b as an mpint.
func AppendMPInt(dst, b []byte) []byte {
	b = TrimZeros(b)
	if len(b) > 0 && b[0]&0x80 != 0 {
		dst = AppendUint32(dst, uint32(len(b)+1))
		return append(append(dst, 0), b...)
	}
	return AppendStr(dst, b)
}
