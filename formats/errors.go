package formats

import (
	"errors"
	"fmt"
	"strings"

	"sshkeys/keytool"
)

// The errors are typed by what a caller does next. None of them ever holds
// bytes of the file beyond header names, type names and numbers.

// UnknownFormatError: the bytes are no key file this package handles.
type UnknownFormatError struct {
	Reason string // what was seen instead
	// Foreign tells that it is a file of a known other kind. Command, where there
	// is one, is what its owner types, with FILE for the file's name.
	Foreign bool
	Command string
}

func (e *UnknownFormatError) Error() string {
	if e.Foreign {
		return "no SSH, Crypt4GH or age key: it is " + e.Reason
	}
	return "not a key file: " + e.Reason
}

// SyntaxError: the format was recognised, and the file does not keep to it.
type SyntaxError struct {
	Format ID
	Line   int    // 1-based; 0 where lines mean nothing
	Field  string // name of the field or header, "" for the whole
	Offset int    // within the field's structure, in bytes; -1 where unknown
	Reason string
}

func (e *SyntaxError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "damaged %s file: ", e.Format.Title())
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Field != "" {
		fmt.Fprintf(&b, "%s: ", e.Field)
	}
	if e.Offset >= 0 {
		fmt.Fprintf(&b, "at byte %d: ", e.Offset)
	}
	return b.String() + e.Reason
}

// UnsupportedError: well formed as far as can be seen, but of a kind nothing here handles.
type UnsupportedError struct {
	Format ID
	What   string // e.g. `cipher "camellia-256-cbc"`
}

func (e *UnsupportedError) Error() string {
	return fmt.Sprintf("unsupported %s in this %s file", e.What, e.Format.Title())
}

// LimitError: a size, count or cost above what is spent on a file.
type LimitError struct {
	What string
	Got  uint64
	Max  uint64
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s is %d, more than the limit of %d", e.What, e.Got, e.Max)
}

// IntegrityError: MAC, padding or check value of a file are wrong, and the
// passphrase cannot be the reason: the file was damaged or altered.
type IntegrityError struct {
	Format ID
	Reason string
}

func (e *IntegrityError) Error() string {
	return fmt.Sprintf("damaged %s file: %s", e.Format.Title(), e.Reason)
}

// ErrPassphraseRequired: the private half is encrypted and no passphrase was given.
var ErrPassphraseRequired = errors.New("a passphrase is needed to open the private key")

// ErrWrongPassphrase: the passphrase does not open the private half.
var ErrWrongPassphrase = errors.New("wrong passphrase")

// CannotHoldError: the target format has no room for this key at all.
type CannotHoldError struct {
	Format ID
	What   string // e.g. `algorithm ssh-ed448`
}

func (e *CannotHoldError) Error() string {
	return fmt.Sprintf("%s cannot hold %s", e.Format.Title(), e.What)
}

// syntax makes a SyntaxError without line or offset.
func syntax(id ID, fieldName, format string, args ...any) error {
	return &SyntaxError{Format: id, Field: fieldName, Offset: -1, Reason: fmt.Sprintf(format, args...)}
}

// syntaxLine makes a SyntaxError at a line of text.
func syntaxLine(id ID, line int, fieldName, format string, args ...any) error {
	return &SyntaxError{Format: id, Line: line, Field: fieldName, Offset: -1, Reason: fmt.Sprintf(format, args...)}
}

// wireError turns a keytool.FieldError into a SyntaxError of the format; part
// names the structure it happened in ("public key", "private section"). Other
// errors (a MismatchError above all) pass as they are.
func wireError(id ID, part string, err error) error {
	if f, ok := errors.AsType[*keytool.FieldError](err); ok {
		return &SyntaxError{Format: id, Field: part + ", field " + f.Field, Offset: f.Offset, Reason: f.Reason}
	}
	return err
}
