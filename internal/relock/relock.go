// Package relock writes a private key file anew under another passphrase: in its
// own format, with its own way of protection, and with everything that stands
// around the key. It is pure: bytes in, bytes out.
package relock

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// RefusedError: the file's format is no place for a new passphrase. Err is a
// *formats.CannotHoldError or a *formats.UnsupportedError; Target the format to
// convert to, "" where that does not help.
type RefusedError struct {
	Err    error
	Target formats.ID
}

func (e *RefusedError) Error() string { return e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Check refuses, before any passphrase is asked for, a file that holds no private
// key, or whose format is not written or cannot be encrypted. The error is a
// *RefusedError.
func Check(e *formats.Envelope) error {
	f := formats.Lookup(e.Format)
	switch {
	case f.Holds != formats.HoldsPrivate:
		return &RefusedError{Err: &formats.CannotHoldError{Format: e.Format, What: "a passphrase: nothing in it is secret"}}
	case !f.Encrypts:
		return &RefusedError{&formats.CannotHoldError{Format: e.Format, What: "a passphrase"}, formats.OpenSSH}
	case !f.Writes():
		return &RefusedError{&formats.UnsupportedError{Format: e.Format, What: "writing"}, Stronger(e.Format)}
	case e.DER && e.Format != formats.PKCS8:
		return &RefusedError{&formats.CannotHoldError{Format: e.Format, What: "a passphrase without its PEM armour (DER)"}, formats.PKCS8}
	}
	return nil
}

// Stronger is the format of the same program whose passphrase is not quickly guessed.
func Stronger(id formats.ID) formats.ID {
	switch id {
	case formats.PPK1, formats.PPK2:
		return formats.PPK3
	}
	return formats.OpenSSH
}

// ErrNotOfFormat: a cost or cipher was chosen that the file's format has no place for.
var ErrNotOfFormat = errors.New("it is not a choice of this format")

// Options is how the file is to be written: as chosen, otherwise as it is
// protected now, where Encode still writes that, and never cheaper to guess. The
// error, in words, wraps ErrNotOfFormat.
func Options(e *formats.Envelope, chosen formats.Options) (formats.Options, error) {
	for _, c := range []struct {
		given bool
		what  string
		of    []formats.ID
	}{
		{chosen.Rounds != 0, "bcrypt rounds", []formats.ID{formats.OpenSSH}},
		{chosen.Iterations != 0, "PBKDF2 iterations", []formats.ID{formats.PKCS8}},
		{chosen.Argon2 != formats.Argon2{}, "Argon2", []formats.ID{formats.PPK3}},
		{chosen.Cipher != "", "a choice of ciphers", []formats.ID{formats.OpenSSH, formats.PKCS1, formats.SEC1, formats.DSAPEM, formats.PKCS8}},
	} {
		if c.given && !slices.Contains(c.of, e.Format) {
			return chosen, fmt.Errorf("%w: %s does not have %s", ErrNotOfFormat, e.Format.Title(), c.what)
		}
	}
	opt := chosen.KeepCost(e.Format, e.Protection)
	opt.DER = e.DER
	if opt.Cipher == "" && stillWritten(e.Format, e.Protection.Cipher) {
		opt.Cipher = e.Protection.Cipher
	}
	if opt.Argon2.Flavour == "" && strings.HasPrefix(e.Protection.KDF, "argon2") {
		opt.Argon2.Flavour = e.Protection.KDF
	}
	return opt, nil
}

// stillWritten tells the ciphers that Encode takes by name: all of openssh's, and
// of PEM's and PKCS#8's those that are not DES.
func stillWritten(id formats.ID, cipher string) bool {
	switch id {
	case formats.OpenSSH:
		return true
	case formats.PKCS1, formats.SEC1, formats.DSAPEM:
		return strings.HasPrefix(cipher, "aes")
	case formats.PKCS8:
		return cipher == "aes256-cbc"
	}
	return false
}

// File is a key file written anew.
type File struct {
	Data  []byte
	Kept  bool // there is text around the key that stands in Data as it was, unprotected
	After formats.Protection
}

// Rewrite makes the file's new content: the key in the format of e, under opt,
// in the place of the old one in data. Text around a PEM block stays; a second
// private key there is refused, for it would keep the old passphrase.
func Rewrite(data []byte, e *formats.Envelope, key *keytool.Key, opt formats.Options) (*File, error) {
	block, err := formats.Encode(e.Format, key, opt)
	if err != nil {
		return nil, err
	}
	written, err := formats.Parse(block, formats.Unlimited())
	if err != nil {
		return nil, err
	}
	f := &File{Data: block, After: written.Protection}
	if labels := labelsOf(e.Format); labels != nil && !e.DER {
		if f.Data, f.Kept, err = splice(data, block, labels); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// Prove holds what was read back to being the same key, comment and certificate
// under the passphrase; nil or empty: not encrypted. It is the last word before
// a file is replaced.
func Prove(readBack, passphrase []byte, want *keytool.Key) error {
	e, err := formats.Parse(readBack, formats.Unlimited())
	if err != nil {
		return fmt.Errorf("what was written does not read back: %w", err)
	}
	if e.Encrypted() != (len(passphrase) > 0) {
		return errors.New("what was written is not protected as it should be")
	}
	got, err := e.Open(passphrase)
	if err != nil {
		return fmt.Errorf("what was written does not open again: %w", err)
	}
	same := got.Equal(want) && got.IsPrivate() && got.Comment() == want.Comment() &&
		slices.Equal(got.Certificate(), want.Certificate())
	if !same {
		return errors.New("what was written is not the same key")
	}
	return nil
}
