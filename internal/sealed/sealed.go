// Package sealed tells whether a private key opens encrypted data: Crypt4GH
// files, age files, and the RSA-encrypted data set keys of JGA (*.encrypt.dat).
// It reads the head of the data only, and no plaintext leaves it.
package sealed

import (
	"bytes"
	"io"
	"strings"

	"filippo.io/age/armor"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// Kind is a kind of encrypted data.
type Kind string

const (
	Crypt4GH   Kind = "crypt4gh"    // hts-specs/crypt4gh.tex
	Age        Kind = "age"         // age-encryption.org/v1, binary or armoured
	EncryptDat Kind = "encrypt.dat" // JGA's common key: one RSA block and nothing else
)

const (
	// HeadBytes is what is read of a file first, and nearly always all.
	HeadBytes = 64 << 10
	// MaxHeadBytes is what is read of a file whose header is longer.
	MaxHeadBytes = 1 << 20
)

// Detect tells data by their head, HeadBytes or the whole file, and by the file's
// name only where the content has no mark: that of *.encrypt.dat is random bytes.
func Detect(name string, head []byte) (Kind, bool) {
	switch {
	case bytes.HasPrefix(head, []byte(crypt4GHMagic)):
		return Crypt4GH, true
	case bytes.HasPrefix(head, []byte(ageIntro)), isArmoured(head):
		return Age, true
	case strings.HasSuffix(strings.ToLower(name), ".encrypt.dat"):
		return EncryptDat, true
	}
	return "", false
}

func isArmoured(head []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(head, " \t\r\n"), []byte(armor.Header))
}

// Proof is what an answer rests on.
type Proof string

const (
	ByHeader Proof = "header"           // an authenticated packet of the header opened
	ByUnwrap Proof = "unwrap"           // the file key was unwrapped, and the header's MAC is right
	ByTrial  Proof = "trial-decryption" // the padding fits: evidence, no proof
)

// Answer is whether a key opens the data. Why is a sentence without a secret: of
// a yes what was seen, of a no what speaks against it.
type Answer struct {
	Opens bool
	Proof Proof // "" for a no
	Why   string
}

// header is the head of one kind of data.
type header interface {
	// fits says why a key of the algorithm cannot open the data, "" where it might;
	// public is nil where it is not known.
	fits(family keytool.Family, public *keytool.Key) string
	open(key *keytool.Key) (Answer, error)
}

// Data is the head of encrypted data, taken apart.
type Data struct {
	Kind   Kind
	header header
}

// Read takes the head of data apart: HeadBytes, or as much as the header needs up
// to MaxHeadBytes. Errors are *formats.SyntaxError for a damaged header,
// *formats.UnsupportedError, *formats.LimitError, and the reader's.
func Read(kind Kind, r io.Reader) (*Data, error) {
	head, err := io.ReadAll(io.LimitReader(r, HeadBytes))
	if err != nil {
		return nil, err
	}
	h, err := parse(kind, head)
	if err == errShort && len(head) == HeadBytes {
		rest, failed := io.ReadAll(io.LimitReader(r, MaxHeadBytes-HeadBytes))
		if failed != nil {
			return nil, failed
		}
		head = append(head, rest...)
		h, err = parse(kind, head)
	}
	switch {
	case err == errShort && len(head) == MaxHeadBytes:
		return nil, &formats.LimitError{What: "the header's size in bytes", Got: MaxHeadBytes + 1, Max: MaxHeadBytes}
	case err == errShort:
		return nil, damaged(kind, "header", len(head), "the file ends within it")
	case err != nil:
		return nil, err
	}
	return &Data{kind, h}, nil
}

// shortError: the header goes on behind the bytes at hand.
type shortError struct{}

func (shortError) Error() string { return "the header is cut off" }

var errShort error = shortError{}

func parse(kind Kind, head []byte) (header, error) {
	switch kind {
	case Crypt4GH:
		return parseCrypt4GH(head)
	case Age:
		return parseAge(head)
	case EncryptDat:
		return parseBlock(head)
	}
	return nil, &formats.UnknownFormatError{Reason: "no encrypted data of a kind known here"}
}

// format names a kind in errors.
func (k Kind) format() formats.ID { return formats.ID(k.Title()) }

// Title names a kind for people.
func (k Kind) Title() string {
	switch k {
	case Crypt4GH:
		return "Crypt4GH data"
	case Age:
		return "age data"
	case EncryptDat:
		return "JGA encrypt.dat"
	}
	return string(k)
}

// damaged makes the error of a header; offset is -1 where it means nothing.
func damaged(kind Kind, field string, offset int, reason string) error {
	return &formats.SyntaxError{Format: kind.format(), Field: field, Offset: offset, Reason: reason}
}

// Fits says why a key cannot open the data, judged without its private half; ""
// where it might, so that a passphrase is worth asking for. algorithm is the name
// in clear, "" where unknown; public may be nil.
func (d *Data) Fits(algorithm string, public *keytool.Key) string {
	var family keytool.Family
	switch a := keytool.LookupAlgorithm(algorithm); {
	case public != nil && public.Algorithm().Hardware(), a != nil && a.Hardware():
		return "a security key decrypts nothing"
	case public != nil:
		family = public.Algorithm().Family
	case a != nil:
		family = a.Family
	case algorithm == "x25519":
		family = keytool.X25519
	default:
		return ""
	}
	return d.header.fits(family, public)
}

// Open tells whether the private key opens the data. A wrong key is an answer. The
// error is a *formats.SyntaxError where only the right key shows the damage, or a
// *formats.UnsupportedError for a key that cannot be tried.
func (d *Data) Open(key *keytool.Key) (Answer, error) {
	if why := d.Fits(key.Algorithm().Name, key.Public()); why != "" {
		return Answer{Why: why}, nil
	}
	if !key.IsPrivate() {
		return Answer{}, formats.ErrPassphraseRequired
	}
	return d.header.open(key)
}
