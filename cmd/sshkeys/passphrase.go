package main

import (
	"context"
	"errors"

	"sshkeys/formats"
	"sshkeys/internal/secret"
	"sshkeys/keytool"
)

// passphrases is where this run gets its passphrases from.
func (a *app) passphrases() *secret.Source {
	if a.source == nil {
		a.source = secret.New(a.secretConfig(a.passphraseFile))
	}
	return a.source
}

func (a *app) secretConfig(file string) secret.Config {
	if file == stdinName {
		a.stdinUsed = true
	}
	return secret.Config{File: file, Stdin: a.stdin, Env: a.env, Stderr: a.stderr}
}

// open gives the file's checked key, asking for a passphrase where it is encrypted.
func (a *app) open(ctx context.Context, f *keyFile) (*keytool.Key, error) {
	if !f.Encrypted() {
		return f.Open(nil)
	}
	key, _, err := a.unlock(ctx, f)
	return key, err
}

// unlock opens an encrypted file and tells the passphrase that did it.
// Passphrases that opened an earlier file of this run are tried first.
func (a *app) unlock(ctx context.Context, f *keyFile) (*keytool.Key, []byte, error) {
	if err := f.CanOpen(); err != nil {
		return nil, nil, err
	}
	a.warnSlow(f)
	for _, pass := range a.known {
		if key, err := openContext(ctx, f, pass); !errors.Is(err, formats.ErrWrongPassphrase) {
			return key, pass, err
		}
	}
	key, pass, err := a.fromKeyring(ctx, f)
	if key != nil {
		a.known = append(a.known, pass)
	}
	if key != nil || err != nil {
		return key, pass, err
	}
	source := a.passphrases()
	for attempt := 1; ; attempt++ {
		pass, err := source.Passphrase(ctx, "Enter passphrase for "+f.name+": ", attempt)
		if err != nil {
			return nil, nil, err
		}
		if len(pass) == 0 && a.passphraseFile == "" { // Enter alone: a person who does not have it
			return nil, nil, formats.ErrPassphraseRequired
		}
		key, err := openContext(ctx, f, pass)
		if err == nil {
			a.known = append(a.known, pass)
		}
		if !errors.Is(err, formats.ErrWrongPassphrase) || !source.Again(attempt) {
			return key, pass, err
		}
		a.note("wrong passphrase, try again")
	}
}

// openContext stops waiting for a key derivation when the program is
// interrupted; the derivation itself ends with the program.
func openContext(ctx context.Context, f *keyFile, pass []byte) (*keytool.Key, error) {
	type opened struct {
		key *keytool.Key
		err error
	}
	done := make(chan opened, 1)
	go func() {
		key, err := f.Open(pass)
		done <- opened{key, err}
	}()
	select {
	case o := <-done:
		return o.key, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// warnSlow says beforehand that opening a key will take long.
func (a *app) warnSlow(f *keyFile) {
	if f.Protection.Slow() {
		a.warn("%s: its key derivation (%s) takes a while", f.name, f.Protection.KDF)
	}
}

// newPassphrase is what a written key is protected with: the input's passphrase
// unless the flags say otherwise.
func (a *app) newPassphrase(ctx context.Context, old []byte) ([]byte, error) {
	switch {
	case a.noPassphrase:
		return nil, nil
	case a.newPassphraseFile == "":
		return old, nil
	case a.newPassphraseFile == stdinName && a.stdinUsed:
		return nil, usagef("standard input can be used for one thing only")
	}
	return secret.New(a.secretConfig(a.newPassphraseFile)).NewPassphrase(ctx, "")
}
