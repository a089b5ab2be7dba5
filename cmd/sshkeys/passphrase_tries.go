package main

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/secret"
	"sshkeys/keytool"
)

// knownPassphrase opened a file in this run.
type knownPassphrase struct {
	given secret.Bytes
	in    *secret.Encoding // it opened the file in; nil: as it was given
}

// opening is the search for the passphrase of one file.
type opening struct {
	*app
	file  *keyFile
	tried [][]byte // no key derivation is paid for twice
	forms int      // other encodings among them
}

// ask gets passphrases from where this run has them until one opens the file.
func (o *opening) ask(ctx context.Context) (*keytool.Key, []byte, error) {
	source := o.passphrases()
	for attempt := 1; ; attempt++ {
		given, err := source.Passphrase(ctx, "Enter passphrase for "+o.file.name+": ", attempt)
		if err != nil {
			return nil, nil, err
		}
		if len(given) == 0 && o.passphraseFile == "" { // Enter alone: a person who does not have it
			return nil, nil, formats.ErrPassphraseRequired
		}
		key, pass, err := o.with(ctx, given, source.AsWritten())
		if !errors.Is(err, formats.ErrWrongPassphrase) {
			return key, pass, err
		}
		if !source.Again(attempt) {
			o.tellForms()
			return nil, nil, err
		}
		o.note("wrong passphrase, try again")
	}
}

// withKnown tries what opened an earlier file of this run, as it was given and as
// it did.
func (o *opening) withKnown(ctx context.Context) (*keytool.Key, []byte, error) {
	for _, k := range o.known {
		if key, err := o.try(ctx, k.given); !errors.Is(err, formats.ErrWrongPassphrase) {
			return key, k.given, err
		}
	}
	for _, k := range o.known {
		if k.in == nil {
			continue
		}
		if key, err := o.try(ctx, k.in.Bytes); !errors.Is(err, formats.ErrWrongPassphrase) {
			o.file.in = k.in
			return key, k.in.Text, err
		}
	}
	return nil, nil, formats.ErrWrongPassphrase
}

// with tries a passphrase as it was given, and then its text in the encodings of
// other programs; more are forms of it that only its source knows. The passphrase
// that it returns is the text in UTF-8 where that was needed.
func (o *opening) with(ctx context.Context, given secret.Bytes, more []secret.Encoding) (*keytool.Key, []byte, error) {
	key, err := o.try(ctx, given)
	if !errors.Is(err, formats.ErrWrongPassphrase) {
		return o.opened(key, knownPassphrase{given: given}, err)
	}
	others := slices.Concat(secret.Encodings(given), more)
	if len(others) > 0 && o.file.Protection.Slow() {
		o.note("%s", o.words.Say(catalog.T("passphrase.trying", "file", o.file.name, "count", len(others))))
	}
	for _, e := range others {
		o.forms++
		if key, err = o.try(ctx, e.Bytes); !errors.Is(err, formats.ErrWrongPassphrase) {
			return o.opened(key, knownPassphrase{given, &e}, err)
		}
	}
	return nil, nil, err
}

// opened keeps what opened the file for the next one.
func (o *opening) opened(key *keytool.Key, k knownPassphrase, err error) (*keytool.Key, []byte, error) {
	if err != nil {
		return nil, nil, err
	}
	o.known = append(o.known, k)
	if o.file.in = k.in; k.in != nil {
		return key, k.in.Text, nil
	}
	return key, k.given, nil
}

// try opens the file with these bytes.
func (o *opening) try(ctx context.Context, pass []byte) (*keytool.Key, error) {
	if slices.ContainsFunc(o.tried, func(t []byte) bool { return bytes.Equal(t, pass) }) {
		return nil, formats.ErrWrongPassphrase
	}
	o.tried = append(o.tried, pass)
	return openContext(ctx, o.file, pass)
}

// tellForms says that a wrong passphrase was not only tried as it was given.
func (o *opening) tellForms() {
	if o.verbose && o.forms > 0 {
		o.note("%s", o.words.Say(catalog.T("passphrase.tried", "file", o.file.name, "count", o.forms)))
	}
}
