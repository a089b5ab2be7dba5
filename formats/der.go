package formats

import (
	stdasn1 "encoding/asn1"
	"math"
	"math/big"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"sshkeys/keytool"
)

// derReader walks DER (X.690) as keytool.WireReader walks wire blobs: the first
// failure sticks, and it is a *keytool.FieldError with field names and offsets
// only. Readers of nested elements share the failure of the whole.
type derReader struct {
	rest  cryptobyte.String
	limit int // offset of the element's end in the whole
	fault **keytool.FieldError
}

func newDER(der []byte) *derReader {
	return &derReader{rest: der, limit: len(der), fault: new(*keytool.FieldError)}
}

func (r *derReader) offset() int { return r.limit - len(r.rest) }

func (r *derReader) fail(field, reason string) {
	if *r.fault == nil {
		*r.fault = &keytool.FieldError{Field: field, Offset: r.offset(), Reason: reason}
	}
}

// err returns the first failure of the whole, or nil.
func (r *derReader) err() error {
	if *r.fault == nil {
		return nil
	}
	return *r.fault
}

// end fails unless the element has been read to its end.
func (r *derReader) end() error {
	if len(r.rest) > 0 {
		r.fail("end", strconv.Itoa(len(r.rest))+" bytes follow the last field")
	}
	return r.err()
}

func (r *derReader) next(tag asn1.Tag) bool { return *r.fault == nil && r.rest.PeekASN1Tag(tag) }

// read takes the next element, which must have the tag, and returns its content.
func (r *derReader) read(field string, tag asn1.Tag) *derReader {
	child := &derReader{fault: r.fault}
	switch {
	case *r.fault != nil:
	case r.rest.Empty():
		r.fail(field, "missing")
	case !r.rest.PeekASN1Tag(tag):
		r.fail(field, "an element of another type stands in its place")
	case !r.rest.ReadASN1(&child.rest, tag):
		r.fail(field, "its length is not DER or runs past the end")
	default:
		child.limit = r.offset()
	}
	return child
}

func (r *derReader) sequence(field string) *derReader { return r.read(field, asn1.SEQUENCE) }

func (r *derReader) octets(field string) []byte { return r.read(field, asn1.OCTET_STRING).rest }

// skip passes over an element that does not matter, whatever its tag.
func (r *derReader) skip(field string) {
	var element cryptobyte.String
	var tag asn1.Tag
	if *r.fault == nil && !r.rest.ReadAnyASN1Element(&element, &tag) {
		r.fail(field, "missing or not DER")
	}
}

// integer reads a number that must not be negative and returns its magnitude,
// not nil unless it failed.
func (r *derReader) integer(field string) []byte {
	at := *r
	b := r.read(field, asn1.INTEGER).rest
	switch {
	case *r.fault != nil:
		return nil
	case len(b) == 0:
		at.fail(field, "a number of no bytes")
	case b[0]&0x80 != 0:
		at.fail(field, "the number is negative")
	case len(b) > 1 && b[0] == 0 && b[1]&0x80 == 0:
		at.fail(field, "superfluous zero bytes lead the number")
	}
	return keytool.TrimZeros(b)
}

// uint reads a small number; one too large is the largest, for limits to refuse.
func (r *derReader) uint(field string) uint64 {
	b := r.integer(field)
	if len(b) > 8 {
		return math.MaxUint64
	}
	v := uint64(0)
	for _, c := range b {
		v = v<<8 | uint64(c)
	}
	return v
}

// bits reads a BIT STRING of whole bytes; its content is what follows the count
// of unused bits.
func (r *derReader) bits(field string) *derReader {
	return r.read(field, asn1.BIT_STRING).wholeBytes(field)
}

func (r *derReader) wholeBytes(field string) *derReader {
	if *r.fault == nil && (len(r.rest) == 0 || r.rest[0] != 0) {
		r.fail(field, "not a string of whole bytes")
		return r
	}
	r.rest.Skip(1)
	return r
}

// oid reads an object identifier in dotted form.
func (r *derReader) oid(field string) string {
	var oid stdasn1.ObjectIdentifier
	if *r.fault == nil && !r.rest.ReadASN1ObjectIdentifier(&oid) {
		r.fail(field, "not an object identifier")
	}
	return oid.String()
}

// addInteger writes the number whose magnitude is b.
func addInteger(b *cryptobyte.Builder, magnitude []byte) {
	b.AddASN1BigInt(new(big.Int).SetBytes(magnitude))
}

func addSequence(b *cryptobyte.Builder, f cryptobyte.BuilderContinuation) {
	b.AddASN1(asn1.SEQUENCE, f)
}

// addOID writes a dotted object identifier.
func addOID(b *cryptobyte.Builder, dotted string) {
	var oid stdasn1.ObjectIdentifier
	for arc := range strings.SplitSeq(dotted, ".") {
		n, err := strconv.Atoi(arc)
		if err != nil {
			b.SetError(err)
			return
		}
		oid = append(oid, n)
	}
	b.AddASN1ObjectIdentifier(oid)
}

// shapeOfDER tells binary files apart by the types of their first elements; ""
// where they fit none. A file that was cut off keeps its shape, so that the
// error can name its format.
func shapeOfDER(raw []byte) ID {
	whole := derElements(raw, 1)
	if len(whole) == 0 || whole[0].tag != 0x30 {
		return ""
	}
	elements := derElements(whole[0].content, 10)
	if len(elements) == 0 {
		return ""
	}
	first, tags := elements[0].content, derTags(elements)
	starts := func(prefix string) bool { return strings.HasPrefix(tags, prefix) }
	version := len(first) == 1 && first[0] <= 1
	switch {
	case starts("\x02\x30") && version:
		return PKCS8
	case starts("\x02\x04") && version:
		return SEC1
	case tags == "\x02\x02\x02\x02\x02\x02" && version:
		return DSAPEM
	case starts("\x02\x02") && version:
		return PKCS1
	case tags == "\x02\x02" && isExponent(elements[1].content):
		return PKCS1Public
	}
	inside := derTags(derElements(first, 6))
	switch {
	case starts("\x30\x04") && strings.HasPrefix(inside, "\x06"):
		return PKCS8
	case starts("\x30\x03") && strings.HasPrefix(inside, "\x06"):
		return SPKI
	case starts("\x30") && (strings.HasPrefix(inside, "\xa0\x02\x30") || inside == "\x02\x30\x30\x30\x30\x30"):
		return X509
	}
	return ""
}

// isExponent keeps signatures and Diffie-Hellman parameters, also two numbers,
// from being taken for an RSA key.
func isExponent(b []byte) bool { return 0 < len(b) && len(b) <= 8 && b[len(b)-1]&1 == 1 }

type derElement struct {
	tag     byte
	content []byte
}

// derElements looks at the first elements of a structure, tolerating that the
// last one is cut off. It is for shapeOfDER only; derReader does the reading.
func derElements(b []byte, limit int) []derElement {
	var out []derElement
	for len(b) >= 2 && len(out) < limit {
		tag, size := b[0], int(b[1])
		b = b[2:]
		if size >= 0x80 {
			count := size & 0x7f
			if count == 0 || count > 3 || count > len(b) {
				break
			}
			size = 0
			for _, c := range b[:count] {
				size = size<<8 | int(c)
			}
			b = b[count:]
		}
		size = min(size, len(b))
		out = append(out, derElement{tag, b[:size]})
		b = b[size:]
	}
	return out
}

func derTags(elements []derElement) string {
	tags := make([]byte, len(elements))
	for i, e := range elements {
		tags[i] = e.tag
	}
	return string(tags)
}
