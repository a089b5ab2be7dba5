package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"sshkeys/formats"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/relock"
	"sshkeys/internal/secret"
	"sshkeys/keytool"
)

// passphraseJSON tells how a file is protected after the run.
type passphraseJSON struct {
	File      string            `json:"file"`
	Format    formats.ID        `json:"format"`
	Encrypted bool              `json:"encrypted"`
	Cipher    string            `json:"cipher,omitempty"`
	KDF       string            `json:"kdf,omitempty"`
	KDFParams map[string]uint64 `json:"kdf_params,omitempty"`
}

func (a *app) passphraseCommand() *cobra.Command {
	var chosen formats.Options
	cmd := &cobra.Command{
		Use:   "passphrase FILE…",
		Short: "Change, set or remove the passphrase of a private key",
		Long: `Change, set or remove the passphrase of private keys in place. A file keeps its
format, comment, cipher and key derivation; the cost of guessing never falls
unless you say so. The new passphrase is asked for twice (once for all files),
and may be empty.

The new file is written beside the old one, read back from the disk, opened with
the new passphrase and only then moved into its place: at no moment is the key
gone. No copy under the old passphrase stays behind.

--store keeps the file's passphrase in the system's keyring, where --keyring of
every command finds it by the key's fingerprint; --forget removes it. With these
no file is changed. A change with --keyring changes what the keyring has, too.

Exit status: 0 done; 2 wrong command line; 3 not changed; 4 a passphrase is
missing or wrong, and nothing was changed.`,
		Example: `  sshkeys passphrase ~/.ssh/id_ed25519
  sshkeys passphrase --argon2-memory 65536 key.ppk
  sshkeys passphrase --passphrase-file old.txt --new-passphrase-file new.txt id_rsa
  sshkeys passphrase --no-passphrase id_rsa
  sshkeys passphrase --store id_ed25519`,
		Args: fileArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if err := a.checkPassphraseArgs(cmd.Flags(), files, chosen); err != nil {
				return err
			}
			if a.keyring.store || a.keyring.forget {
				return a.keyringAll(cmd.Context(), files)
			}
			return a.passphraseAll(cmd.Context(), files, chosen)
		},
	}
	a.protectionFlags(cmd.Flags(), &chosen)
	a.newPassphraseFlags(cmd)
	a.keyringCommandFlags(cmd.Flags())
	return cmd
}

// protectionFlags have convert's names.
func (a *app) protectionFlags(f *pflag.FlagSet, opt *formats.Options) {
	f.StringVar(&opt.Cipher, "cipher", "", "cipher of an openssh or PEM file (default: the file's own)")
	f.Uint32Var(&opt.Rounds, "rounds", 0, "bcrypt rounds of an openssh file (default: its own, or 24 where that is more)")
	f.IntVar(&opt.Iterations, "iterations", 0, "PBKDF2 iterations of a pkcs8 file")
	f.StringVar(&opt.Argon2.Flavour, "argon2", "", "key derivation of a ppk3 file: argon2id, argon2i or argon2d")
	f.Uint32Var(&opt.Argon2.MemoryKiB, "argon2-memory", 0, "memory of a ppk3 file's key derivation in KiB")
	f.Uint32Var(&opt.Argon2.Passes, "argon2-passes", 0, "passes of a ppk3 file's key derivation")
	f.Uint8Var(&opt.Argon2.Parallelism, "argon2-parallelism", 0, "parallelism of a ppk3 file's key derivation")
}

func protectionNames() []string {
	return []string{"cipher", "rounds", "iterations", "argon2", "argon2-memory", "argon2-passes", "argon2-parallelism"}
}

// checkPassphraseArgs refuses what cannot be, before any file is read.
func (a *app) checkPassphraseArgs(flags *pflag.FlagSet, files []string, chosen formats.Options) error {
	if err := chosen.Check(); err != nil {
		return &usageError{err}
	}
	for _, file := range files {
		if file == stdinName {
			return usagef("a passphrase is changed in place: name a file, not standard input")
		}
	}
	if err := a.checkKeyringFlags(flags); err != nil {
		return err
	}
	for _, name := range protectionNames() {
		if a.noPassphrase && flags.Changed(name) {
			return usagef("--%s says how a passphrase protects, and --no-passphrase takes it away", name)
		}
	}
	return nil
}

func (a *app) passphraseAll(ctx context.Context, files []string, chosen formats.Options) error {
	next := &nextPassphrase{app: a}
	return a.each(files, func(file string) error {
		f, err := a.load(file)
		if err != nil {
			return err
		}
		r := &relocking{app: a, from: f, next: next, chosen: chosen}
		return r.run(ctx)
	})
}

// nextPassphrase is the new passphrase of a run, asked for once.
type nextPassphrase struct {
	*app
	asked bool
	pass  secret.Bytes
	err   error
}

// get is the new passphrase; empty: none is wanted.
func (n *nextPassphrase) get(ctx context.Context) (secret.Bytes, error) {
	if n.noPassphrase || n.asked {
		return n.pass, n.err
	}
	n.asked = true
	source := secret.New(n.secretConfig(n.newPassphraseFile))
	n.pass, n.err = source.NewPassphrase(ctx, "Enter new passphrase (empty for none): ")
	if errors.Is(n.err, secret.ErrNoWay) {
		n.err = &hinted{n.err, []string{n.again("--new-passphrase-file", "PASSPHRASE-FILE"), n.again("--no-passphrase")}}
	}
	return n.pass, n.err
}

// relocking is one file on its way to another passphrase.
type relocking struct {
	*app
	from   *keyFile
	next   *nextPassphrase
	chosen formats.Options
	key    *keytool.Key
	pass   secret.Bytes // the new one; empty: not encrypted
}

// run treats one file: open, encode, prove, replace, tell.
func (r *relocking) run(ctx context.Context) error {
	opt, err := r.check()
	if err != nil {
		return err
	}
	if r.noPassphrase && !r.from.Encrypted() {
		r.note("%s has no passphrase, and is left as it is", r.from.name)
		return r.report(formats.Protection{})
	}
	if r.key, _, err = r.unlockQuietly(ctx, r.from); err != nil {
		return err
	}
	r.tellEncoding(r.from, false)
	if r.pass, err = r.next.get(ctx); err != nil {
		return err
	}
	opt.Passphrase = r.pass
	file, err := relock.Rewrite(r.from.source(), r.from.Envelope, r.key, opt)
	if err != nil {
		return r.refused(err)
	}
	r.advise(file)
	before, err := os.Stat(r.from.name)
	if err != nil {
		return err
	}
	if err := r.replace(ctx, file.Data); err != nil {
		return err
	}
	r.tell(file)
	r.renewStored(ctx, r.from.name, r.key, r.pass)
	if mode := before.Mode().Perm(); mode&0o077 != 0 && runtime.GOOS != "windows" {
		r.note("%s was open to others (mode %04o), and is its owner's alone now", r.from.name, mode)
	}
	return r.report(file.After)
}

// check refuses what needs no passphrase to be seen.
func (r *relocking) check() (formats.Options, error) {
	if err := relock.Check(r.from.Envelope); err != nil {
		return formats.Options{}, r.refused(err)
	}
	if copyOut := diagnose.CopyOut(r.from.facts()); copyOut != "" {
		return formats.Options{}, withHint(errors.New("it holds more than the key, which would be lost"), copyOut)
	}
	opt, err := relock.Options(r.from.Envelope, r.chosen)
	if errors.Is(err, relock.ErrNotOfFormat) {
		return opt, &usageError{err}
	}
	return opt, err
}

// refused adds the command that converts to a format that would do.
func (r *relocking) refused(err error) error {
	if e, ok := errors.AsType[*relock.RefusedError](err); ok && e.Target != "" {
		return withHint(err, fmt.Sprintf("sshkeys convert --to %s %s", e.Target, quote(r.from.name)))
	}
	return err
}

// replace writes the file where what was read is still there.
func (r *relocking) replace(ctx context.Context, data []byte) error {
	opt := keyfile.WriteOptions{Private: true, Check: func(readBack []byte) error {
		return relock.Prove(readBack, r.pass, r.key)
	}}
	return keyfile.Replace(ctx, r.from.name, r.from.data, data, opt)
}

// advise says beforehand what the change does not protect.
func (r *relocking) advise(file *relock.File) {
	name, before := r.from.name, r.from.Protection
	switch {
	case !file.After.Encrypted() && !r.noPassphrase:
		r.warn("%s: without a passphrase, who can read the file can use the key", name)
	case !file.After.Encrypted():
	case formats.Weakened(before, file.After) != "":
		r.warn("%s: %s", name, formats.Weakened(before, file.After))
	case file.After.Legacy:
		r.warn("%s: in this format the passphrase is protected by %s only, which is quickly guessed", name, file.After.KDF)
		r.hint(fmt.Sprintf("sshkeys convert --to %s %s", relock.Stronger(r.from.Format), quote(name)))
	}
	if file.Kept && file.After.Encrypted() {
		r.warn("%s: the text around the key stays as it is, and is not protected", name)
	}
}

// tell says what was done.
func (r *relocking) tell(file *relock.File) {
	name, before, after := r.from.name, r.from.Protection, file.After
	switch {
	case !before.Encrypted() && !after.Encrypted():
		r.note("%s has no passphrase, as before", name)
	case !after.Encrypted():
		r.note("%s: the passphrase is removed", name)
	case !before.Encrypted():
		r.note("%s: the passphrase is set", name)
	default:
		r.note("%s: the passphrase is changed", name)
	}
	if before.Encrypted() && after.Encrypted() && (before.Cipher != after.Cipher || before.KDF != after.KDF) {
		r.note("%s: now protected by %s and %s, before by %s and %s", name, after.Cipher, after.KDF, before.Cipher, before.KDF)
	}
}

func (r *relocking) report(p formats.Protection) error {
	if !r.json {
		return nil
	}
	return r.printJSON(passphraseJSON{
		File: r.from.name, Format: r.from.Format, Encrypted: p.Encrypted(),
		Cipher: p.Cipher, KDF: p.KDF, KDFParams: p.Params,
	})
}
