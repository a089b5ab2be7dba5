package main

import (
	"context"
	"errors"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/secret"
	"sshkeys/internal/shellword"
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
	key, _, err := a.unlock(ctx, f)
	return key, err
}

// unlock opens a file and tells the passphrase that did it, and warns where that
// did it in another encoding than it was given in.
func (a *app) unlock(ctx context.Context, f *keyFile) (*keytool.Key, []byte, error) {
	key, pass, err := a.unlockQuietly(ctx, f)
	if err == nil {
		a.tellEncoding(f, true)
	}
	return key, pass, err
}

// unlockQuietly is unlock for who tells the encoding, f.in, in words of their own.
// The passphrase is in UTF-8 then, for protecting something anew. What opened an
// earlier file of this run is tried first.
func (a *app) unlockQuietly(ctx context.Context, f *keyFile) (*keytool.Key, []byte, error) {
	if !f.Encrypted() {
		key, err := f.Open(nil)
		return key, nil, err
	}
	if err := f.CanOpen(); err != nil {
		return nil, nil, err
	}
	a.warnSlow(f)
	o := &opening{app: a, file: f}
	if key, pass, err := o.withKnown(ctx); !errors.Is(err, formats.ErrWrongPassphrase) {
		return key, pass, err
	}
	if key, pass, err := a.fromKeyring(ctx, o); key != nil || err != nil {
		return key, pass, err
	}
	return o.ask(ctx)
}

// tellEncoding warns where a passphrase opened the file in another encoding than it
// was given in; hints where the file is not about to be changed.
func (a *app) tellEncoding(f *keyFile, hints bool) {
	finding, ok := diagnose.PassphraseEncoding(f.facts())
	if !ok {
		return
	}
	a.warn("%s: %s", f.name, a.words.Say(finding.Cause))
	if hints && len(finding.Command) > 0 {
		a.hint(shellword.Join(finding.Command))
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

// newPassphrase is what a key written from f is protected with: f's passphrase
// unless the flags say otherwise.
func (a *app) newPassphrase(ctx context.Context, f *keyFile, old []byte) ([]byte, error) {
	switch {
	case a.noPassphrase:
		return nil, nil
	case a.newPassphraseFile == "":
		if f.in != nil {
			a.note("%s", a.words.Say(catalog.T("passphrase.kept", "file", f.name)))
		}
		return old, nil
	case a.newPassphraseFile == stdinName && a.stdinUsed:
		return nil, usagef("standard input can be used for one thing only")
	}
	return secret.New(a.secretConfig(a.newPassphraseFile)).NewPassphrase(ctx, "")
}
