package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"

	"sshkeys/formats"
	"sshkeys/internal/keyring"
	"sshkeys/keytool"
)

// keyringUse is what this run has to do with the system's keyring.
type keyringUse struct {
	ask           bool  // --keyring
	store, forget bool  // of the command passphrase
	failed        error // what was wrong once: it is not asked again
}

func (a *app) keyringFlag(f *pflag.FlagSet) {
	f.BoolVar(&a.keyring.ask, "keyring", false, "look for passphrases in the system's keyring before asking for them")
}

func (a *app) keyringCommandFlags(f *pflag.FlagSet) {
	f.BoolVar(&a.keyring.store, "store", false, "keep the file's passphrase in the system's keyring; the file stays as it is")
	f.BoolVar(&a.keyring.forget, "forget", false, "remove the file's passphrase from the system's keyring; the file stays as it is")
}

// checkKeyringFlags refuses what changes a file beside what changes none.
func (a *app) checkKeyringFlags(flags *pflag.FlagSet) error {
	if !a.keyring.store && !a.keyring.forget {
		return nil
	}
	if a.keyring.store && a.keyring.forget {
		return usagef("--store and --forget exclude each other")
	}
	for _, name := range append(protectionNames(), "new-passphrase-file", "no-passphrase") {
		if flags.Changed(name) {
			return usagef("--store and --forget change no file, and --%s does", name)
		}
	}
	return nil
}

// openKeyring is the system's keyring, which may have to be unlocked first.
func (a *app) openKeyring() *keyring.Keyring {
	k := keyring.New(a.env)
	k.Waiting = func() {
		a.note("waiting for the keyring; if it is locked, it asks for its own password (at most %v)", k.Wait)
	}
	return k
}

// fromKeyring opens a file with the passphrase in the keyring; a nil key where
// there is none that opens it, which is told, and somebody has to be asked.
func (a *app) fromKeyring(ctx context.Context, o *opening) (*keytool.Key, []byte, error) {
	f := o.file
	if !a.keyring.ask || a.keyring.failed != nil || a.passphraseFile != "" {
		return nil, nil, nil
	}
	public := a.knownPublic(f)
	if public == nil {
		a.note("%s: the keyring finds a passphrase by the public half, which is not in clear here, and there is no .pub", f.name)
		return nil, nil, nil
	}
	pass, err := a.openKeyring().Find(ctx, public.Fingerprint())
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		a.note("%s: %v", f.name, err)
		return nil, nil, nil
	case isType[*keyring.Error](err):
		a.keyring.failed = err
		a.warn("%v", err)
		return nil, nil, nil
	case err != nil:
		return nil, nil, err
	}
	key, text, err := o.with(ctx, pass, nil)
	if errors.Is(err, formats.ErrWrongPassphrase) {
		a.warn("%s: the passphrase in the keyring is wrong", f.name)
		a.hint("sshkeys passphrase --store " + quote(f.name))
		return nil, nil, nil
	}
	return key, text, err
}

// knownPublic is the public half of a file that was not opened: its own in clear,
// or its neighbour's; nil where there is neither.
func (a *app) knownPublic(f *keyFile) *keytool.Key {
	if f.Public != nil || f.name == stdinName {
		return f.Public
	}
	public, _ := a.neighbourKey(f.name)
	return public
}

// keyringJSON tells what the keyring has for a file after the run.
type keyringJSON struct {
	File        string `json:"file"`
	Fingerprint string `json:"fingerprint"`
	Stored      bool   `json:"stored"`
}

// keyringAll stores or forgets the passphrases of files. What cannot be is said
// before anybody types a passphrase.
func (a *app) keyringAll(ctx context.Context, files []string) error {
	k := a.openKeyring()
	return a.each(files, func(file string) error {
		f, err := a.load(file)
		if err != nil {
			return err
		}
		if err := k.Check(); err != nil {
			return err
		}
		if !f.Kind.IsPrivate() {
			return fmt.Errorf("its format is %s, and only private keys have a passphrase", f.Format.Title())
		}
		if a.keyring.forget {
			return a.forget(ctx, k, f)
		}
		return a.store(ctx, k, f)
	})
}

// store keeps the passphrase that has just opened the file.
func (a *app) store(ctx context.Context, k *keyring.Keyring, f *keyFile) error {
	if !f.Encrypted() {
		return withHint(errors.New("it has no passphrase that could be stored"), "sshkeys passphrase "+quote(f.name))
	}
	key, pass, err := a.unlock(ctx, f)
	if err != nil {
		return err
	}
	if err := k.Store(ctx, key.Fingerprint(), pass); err != nil {
		return err
	}
	a.note("%s: its passphrase is in the keyring, as %s of %s", f.name, key.Fingerprint(), keyring.Service)
	switch public := a.knownPublic(f); {
	case public == nil:
		a.warn("%s: the public half is not in clear: --keyring finds the passphrase only with a .pub beside the file", f.name)
		a.hint(fmt.Sprintf("sshkeys public -o %s %s", quote(f.name+".pub"), quote(f.name)))
	case public.Fingerprint() != key.Fingerprint():
		a.warn("%s: the .pub beside it is of another key: --keyring does not find the passphrase", f.name)
		a.hint("sshkeys verify --fix " + quote(f.name))
	}
	return a.reportKeyring(f.name, key.Fingerprint(), true)
}

// forget removes a file's passphrase, which only has to be typed where nothing
// else tells which key the file holds.
func (a *app) forget(ctx context.Context, k *keyring.Keyring, f *keyFile) error {
	key := a.knownPublic(f)
	if key == nil {
		var err error
		if key, err = a.open(ctx, f); err != nil {
			return err
		}
	}
	err := k.Forget(ctx, key.Fingerprint())
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		a.note("%s: %v", f.name, err)
	case err != nil:
		return err
	default:
		a.note("%s: its passphrase is no longer in the keyring", f.name)
	}
	return a.reportKeyring(f.name, key.Fingerprint(), false)
}

func (a *app) reportKeyring(file, fingerprint string, stored bool) error {
	if !a.json {
		return nil
	}
	return a.printJSON(keyringJSON{file, fingerprint, stored})
}

// renewStored brings a passphrase that the keyring has up to date after a file's
// was changed. The file is done: what fails here is a warning.
func (a *app) renewStored(ctx context.Context, file string, key *keytool.Key, pass []byte) {
	if !a.keyring.ask {
		return
	}
	err := a.keyring.failed
	if err == nil {
		err = renew(ctx, a.openKeyring(), key.Fingerprint(), pass)
	}
	switch {
	case errors.Is(err, keyring.ErrNotFound):
	case err != nil:
		a.warn("%s: the keyring may still have the old passphrase: %v", file, err)
		a.hint("sshkeys passphrase --store " + quote(file))
	default:
		a.note("%s: the keyring has the change too", file)
	}
}

// renew replaces what the keyring has, and puts nothing where there was nothing;
// empty: there is no passphrase any more.
func renew(ctx context.Context, k *keyring.Keyring, fingerprint string, pass []byte) error {
	old, err := k.Find(ctx, fingerprint)
	clear(old)
	if err != nil {
		return err
	}
	if len(pass) == 0 {
		return k.Forget(ctx, fingerprint)
	}
	return k.Store(ctx, fingerprint, pass)
}
