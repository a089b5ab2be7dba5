package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/keyfile"
	"sshkeys/keytool"
)

// fileError says which file an error is about, where that is not the one the
// command was treating.
type fileError struct {
	file string
	err  error
}

func (e *fileError) Error() string {
	if named, ok := errors.AsType[*fs.PathError](e.err); ok && named.Path == e.file || strings.HasPrefix(e.err.Error(), e.file+": ") {
		return e.err.Error()
	}
	return e.file + ": " + e.err.Error()
}
func (e *fileError) Unwrap() error { return e.err }

// publicFile is a public key to be written, with the proof that it reads back.
func publicFile(name string, key *keytool.Key, data []byte, force bool) keyfile.File {
	return keyfile.File{Path: name, Data: data, WriteOptions: keyfile.WriteOptions{Force: force, Check: func(readBack []byte) error {
		return sameKey(readBack, nil, key.Public())
	}}}
}

// privateFile is a private key to be written, with the proof that it opens as the same key.
func privateFile(name string, key *keytool.Key, pass, data []byte, force bool) keyfile.File {
	return keyfile.File{Path: name, Data: data, WriteOptions: keyfile.WriteOptions{Private: true, Force: force, Check: func(readBack []byte) error {
		return sameKey(readBack, pass, key)
	}}}
}

// sameKey decodes what the disk gave back.
func sameKey(data, pass []byte, want *keytool.Key) error {
	env, err := formats.Parse(data, formats.Unlimited())
	if err != nil {
		return fmt.Errorf("what was written does not read back: %w", err)
	}
	got, err := env.Open(pass)
	if err != nil {
		return fmt.Errorf("what was written does not open again: %w", err)
	}
	if !got.Equal(want) || got.IsPrivate() != want.IsPrivate() {
		return fmt.Errorf("what was written is not the same key")
	}
	return nil
}

func (a *app) tellWritten(written []keyfile.Written) {
	for _, w := range written {
		a.note("wrote %s", w.Path)
		if w.Backup != "" {
			a.note("the old %s is %s", w.Path, w.Backup)
		}
	}
}

// tellLosses says what the target cannot carry, before it is written.
func (a *app) tellLosses(file string, losses []formats.Loss) {
	for _, l := range losses {
		a.warn("%s: the %s is not carried over: %s", file, l.What, l.Why)
	}
}

// passphraseHint says how to write an encrypted key to a format that cannot protect it.
func passphraseHint(file string, target *formats.Format, err error) error {
	if isType[*formats.CannotHoldError](err) && !target.Encrypts {
		return withHint(err, fmt.Sprintf("sshkeys convert --to %s --no-passphrase %s", target.ID, quote(file)))
	}
	return err
}

func unknownFormat(name string) error {
	return usagef("%q is no format that can be written; there are %s", name, allNames())
}

func allNames() string { return strings.Join(formats.Names(), ", ") }

func publicNames() string {
	var names []string
	for _, f := range formats.All() {
		if f.Writes() && f.Holds == formats.HoldsPublic {
			names = append(names, string(f.ID))
		}
	}
	return strings.Join(names, ", ")
}

// completeFormats offers the formats that hold the given halves.
func completeFormats(halves ...formats.Holds) cobra.CompletionFunc {
	return func(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
		var names []cobra.Completion
		for _, f := range formats.All() {
			for _, h := range halves {
				if f.Writes() && f.Holds == h {
					names = append(names, cobra.CompletionWithDesc(string(f.ID), f.Title))
				}
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
