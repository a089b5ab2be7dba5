package formats

import (
	"bytes"
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"math/bits"
	"runtime"
	"strconv"
	"sync"
	"unicode"
	"unicode/utf8"

	"sshkeys/keytool"
)

// ListStats counts the lines of a list that are neither blank nor comments.
type ListStats struct {
	Keys   int // lines with a key
	Passed int // those of them that ssh-keygen -l passes over; see FingerprintOptions.AllLines
	Failed int // lines without a key that can be read
}

func (s *ListStats) add(o ListStats) {
	s.Keys += o.Keys
	s.Passed += o.Passed
	s.Failed += o.Failed
}

// FingerprintOptions choose what FingerprintList prints.
type FingerprintOptions struct {
	Hash keytool.Hash // "": SHA256
	// AllLines prints also the lines that have a key and that ssh-keygen -l
	// passes over: after a @marker, after two blanks, after a number for a host.
	AllLines bool
}

// FingerprintList reads a list as ScanList does and writes for every key
// "bits fingerprint comment (TYPE)", byte for byte what `ssh-keygen -l` prints
// under a UTF-8 locale (ssh-keygen.c:do_fingerprint). The comment is the one
// after the key or, for want of one, the options or hosts before it, or "no
// comment". Memory is constant; chunks are worked on side by side and written
// in order. It returns r's or w's error.
func FingerprintList(w io.Writer, r io.Reader, opt FingerprintOptions) (ListStats, error) {
	if opt.Hash == "" {
		opt.Hash = keytool.SHA256
	}
	p := &printing{in: newChunker(r), out: w, opt: opt, base64: newBase64Table(), last: make(chan struct{})}
	close(p.last)
	var workers sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), 4) {
		workers.Go(p.work)
	}
	workers.Wait()
	return p.stats, p.err
}

// printing is one run of FingerprintList. Its workers take chunks one after the
// other, work on them at the same time, and write in the order they took them.
type printing struct {
	out    io.Writer
	opt    FingerprintOptions
	base64 *base64Table

	mu   sync.Mutex // guards all below
	in   *chunker
	last chan struct{} // closed when the chunk taken last has been written
	done bool

	stats ListStats // these two belong to the worker whose turn it is to write
	err   error
}

func (p *printing) work() {
	chunk := make([]byte, MaxLine)
	f := fingerprinter{opt: p.opt, base64: p.base64}
	for {
		n, before, after, err := p.take(chunk)
		if before == nil {
			return
		}
		f.stats, f.out = ListStats{}, f.out[:0]
		switch {
		case err == nil:
			f.chunk(chunk[:n])
		case isTooLong(err):
			f.stats.Failed++
			err = nil
		}
		<-before
		p.write(&f, err)
		close(after)
	}
}

func isTooLong(err error) bool {
	_, ok := errors.AsType[*LimitError](err)
	return ok
}

// take reads the next chunk. Its output may be written when before is closed,
// and after is to be closed then; before is nil when there is nothing more.
func (p *printing) take(chunk []byte) (n int, before, after chan struct{}, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.done {
		return 0, nil, nil, nil
	}
	n, err = p.in.next(chunk)
	if err == io.EOF {
		p.done = true
		return 0, nil, nil, nil
	}
	p.done = err != nil && !isTooLong(err)
	before, after = p.last, make(chan struct{})
	p.last = after
	return n, before, after, err
}

// write writes a chunk's output when its turn has come, unless something failed before.
func (p *printing) write(f *fingerprinter, err error) {
	if p.err != nil {
		return
	}
	p.stats.add(f.stats)
	if err == nil && len(f.out) > 0 {
		_, err = p.out.Write(f.out)
	}
	if p.err = err; err != nil {
		p.mu.Lock()
		p.done = true
		p.mu.Unlock()
	}
}

// fingerprinter prints the lines of a chunk. Usual lines go a way without
// allocations; everything else, and every doubt, goes through readLine.
type fingerprinter struct {
	opt    FingerprintOptions
	base64 *base64Table
	out    []byte
	blob   []byte // scratch space of decode
	stats  ListStats
}

func (f *fingerprinter) chunk(chunk []byte) {
	for len(chunk) > 0 {
		line := chunk
		if i := bytes.IndexByte(chunk, '\n'); i >= 0 {
			line, chunk = chunk[:i], chunk[i+1:]
		} else {
			chunk = nil
		}
		if line = trimLine(line); len(line) > 0 && !f.quick(line) {
			f.slow(line)
		}
	}
}

// slow prints any line.
func (f *fingerprinter) slow(line []byte) {
	l, ok := readLine(line)
	switch {
	case !ok:
		return
	case l.key == nil:
		f.stats.Failed++
		return
	}
	f.stats.Keys++
	if l.passed {
		f.stats.Passed++
		if !f.opt.AllLines {
			return
		}
	}
	f.out = strconv.AppendInt(f.out, int64(l.key.Bits()), 10)
	f.out = append(f.out, ' ')
	f.out = append(f.out, l.key.FingerprintHash(f.opt.Hash)...)
	f.finish(shownComment(l.text.rest, l.first), shownType(l.key))
}

// shownType is what ssh-keygen -l prints in brackets.
func shownType(k *keytool.Key) string {
	if k.Certificate() != nil {
		return k.Algorithm().Display + "-CERT"
	}
	return k.Algorithm().Display
}

// shownComment is the comment of a line as ssh-keygen -l takes it: what follows
// the key, unless that starts with #, or else the field before the key.
func shownComment(rest, first []byte) []byte {
	switch {
	case len(rest) > 0 && rest[0] != '#':
		return rest
	case first != nil:
		return first
	}
	return []byte("no comment")
}

func (f *fingerprinter) finish(comment []byte, display string) {
	f.out = append(f.out, ' ')
	f.out = appendVisible(f.out, comment)
	f.out = append(f.out, ' ', '(')
	f.out = append(f.out, display...)
	f.out = append(f.out, ')', '\n')

}

// quick prints a line with one of the usual keys, alone or after options or
// hosts, and the fingerprint everybody uses; false where it is anything else.
func (f *fingerprinter) quick(line []byte) bool {
	if f.opt.Hash != keytool.SHA256 {
		return false
	}
	var first []byte
	text := cutKeyText(line)
	shape := quickShape(text.typ)
	if shape == nil {
		var rest []byte
		if first, rest = cutField(line); len(rest) < 2 || text.startsLikeBlob() || first[0] == '@' || isNumber(first) {
			return false
		}
		text = cutKeyText(rest[1:])
		if shape = quickShape(text.typ); shape == nil {
			return false
		}
	}
	size := f.decode(text.b64, shape)
	if size == 0 {
		return false
	}
	sum := sha256.Sum256(f.blob)
	f.stats.Keys++
	f.out = strconv.AppendInt(f.out, int64(size), 10)
	f.out = append(f.out, " SHA256:"...)
	f.out = base64.RawStdEncoding.AppendEncode(f.out, sum[:])
	f.finish(shownComment(text.rest, first), shape.display)
	return true
}

// decode puts the blob into f.blob and returns the key's size in bits, 0 in doubt.
func (f *fingerprinter) decode(b64 []byte, shape *quickKey) int {
	size := base64.StdEncoding.DecodedLen(len(b64))
	if cap(f.blob) < size {
		f.blob = make([]byte, max(size, 4<<10))
	}
	n, ok := f.base64.decode(f.blob[:size], b64)
	f.blob = f.blob[:n]
	if !ok || !bytes.HasPrefix(f.blob, shape.start) {
		return 0
	}
	return shape.bits(f.blob[len(shape.start):])
}

// quickKey is a key type whose blobs are checked without keytool.NewPublic, as
// strictly as there. start is the blob's beginning up to the first field that
// differs from key to key; bits checks the rest of it.
type quickKey struct {
	typ, display string
	start        []byte
	bits         func(rest []byte) int
}

func quickShape(typ []byte) *quickKey {
	for i := range quickKeys {
		if string(typ) == quickKeys[i].typ {
			return &quickKeys[i]
		}
	}
	return nil
}

// quickKeys is never written to.
var quickKeys = [...]quickKey{
	{"ssh-ed25519", "ED25519", []byte("\x00\x00\x00\x0bssh-ed25519\x00\x00\x00\x20"), quickEd25519},
	{"ssh-rsa", "RSA", []byte("\x00\x00\x00\x07ssh-rsa"), quickRSA},
	quickECDSA("nistp256", ecdh.P256(), 256),
	quickECDSA("nistp384", ecdh.P384(), 384),
	quickECDSA("nistp521", ecdh.P521(), 521),
}

func quickEd25519(rest []byte) int {
	if len(rest) != keytool.Ed25519PublicSize {
		return 0
	}
	return 256
}

func quickRSA(rest []byte) int {
	r := keytool.NewWireReader(rest)
	e, n := canonicalBits(r.Str("e")), canonicalBits(r.Str("n"))
	if r.End() != nil || e == 0 || e > keytool.MaxRSABits || n > keytool.MaxRSABits {
		return 0
	}
	return n
}

// canonicalBits is the length in bits of a positive mpint in its one canonical
// form (RFC 4251 section 5); 0 for any other.
func canonicalBits(mpint []byte) int {
	if len(mpint) > 1 && mpint[0] == 0 && mpint[1] >= 0x80 {
		mpint = mpint[1:]
	} else if len(mpint) == 0 || mpint[0] == 0 || mpint[0] >= 0x80 {
		return 0
	}
	return (len(mpint)-1)*8 + bits.Len8(mpint[0])
}

func quickECDSA(curve string, arithmetic ecdh.Curve, size int) quickKey {
	typ := "ecdsa-sha2-" + curve
	start := keytool.AppendStr(keytool.AppendStr(nil, typ), curve)
	return quickKey{typ, "ECDSA", start, func(rest []byte) int {
		r := keytool.NewWireReader(rest)
		point := r.Str("Q")
		if r.End() != nil {
			return 0
		}
		if _, err := arithmetic.NewPublicKey(point); err != nil {
			return 0
		}
		return size
	}}
}

// Visible is text as it may be shown on a terminal: control characters, line
// separators, unassigned code points and bytes that are not UTF-8 become octal
// escapes, as in OpenSSH's utf8.c:vasnmprintf under a UTF-8 locale; tabs stay.
func Visible(text string) string { return string(appendVisible(nil, []byte(text))) }

func appendVisible(dst, text []byte) []byte {
	for len(text) > 0 {
		n := plainLength(text)
		dst = append(dst, text[:n]...)
		if text = text[n:]; len(text) == 0 {
			break
		}
		r, size := utf8.DecodeRune(text)
		if r == '\t' || (r != utf8.RuneError || size > 1) && unicode.IsOneOf(shownRunes[:], r) {
			dst = append(dst, text[:size]...)
		} else {
			for _, b := range text[:size] {
				dst = append(dst, '\\', '0'+b>>6, '0'+b>>3&7, '0'+b&7)
			}
		}
		text = text[size:]
	}
	return dst
}

// plainLength is the number of printable ASCII characters text starts with.
func plainLength(text []byte) int {
	for i, c := range text {
		if c < ' ' || c > '~' {
			return i
		}
	}
	return len(text)
}

// shownRunes are the categories glibc's wcwidth gives a width; never written to.
var shownRunes = [...]*unicode.RangeTable{
	unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Zs, unicode.Cf, unicode.Co,
}
