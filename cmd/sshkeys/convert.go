package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/keyfile"
	"sshkeys/keytool"
)

type convertOptions struct {
	to, out string
	force   bool
	comment string
	recast  bool // --comment was given

	encoding formats.Options
}

// convertJSON tells one conversion.
type convertJSON struct {
	File        string     `json:"file"`
	Format      string     `json:"format"`
	To          string     `json:"to"`
	Output      []string   `json:"output"`
	Backups     []string   `json:"backups,omitempty"`
	Algorithm   string     `json:"algorithm"`
	Bits        int        `json:"bits"`
	Fingerprint string     `json:"fingerprint"`
	Encrypted   bool       `json:"encrypted"`
	Losses      []lossJSON `json:"losses"`
}

type lossJSON struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

func (a *app) convertCommand() *cobra.Command {
	var opt convertOptions
	cmd := &cobra.Command{
		Use:   "convert FILE…",
		Short: "Write a key in another format",
		Long: `Write a key in another format. Without --to, PuTTY, ssh.com, PKCS#8, PEM and
Dropbear keys become OpenSSH keys with their .pub, RFC 4716 and SPKI public keys
become OpenSSH lines, OpenSSH private keys become PPK 3 and OpenSSH public keys
RFC 4716.

The passphrase is kept unless --new-passphrase-file or --no-passphrase says
otherwise. What the target cannot carry is said before it is written. A file is
moved into place only after it was read back as the same key; nothing that
exists is overwritten without --force.

Exit status: 0 done; 3 not converted, nothing was changed; 4 a passphrase is
missing or wrong.`,
		Example: `  sshkeys convert key.ppk
  sshkeys convert --to pkcs1 -o key.pem id_rsa
  sshkeys convert --to ppk2 --new-passphrase-file pw.txt id_ed25519
  printenv KEY | sshkeys convert --to openssh -o key -`,
		Args: fileArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			opt.recast = cmd.Flags().Changed("comment")
			return a.convertAll(cmd.Context(), files, opt)
		},
	}
	a.convertFlags(cmd, &opt)
	return cmd
}

func (a *app) convertFlags(cmd *cobra.Command, opt *convertOptions) {
	f := cmd.Flags()
	f.StringVar(&opt.to, "to", "", "target `FORMAT`: "+allNames())
	f.StringVarP(&opt.out, "output", "o", "", "write to `OUT`; a folder for several files, - for standard output")
	f.BoolVar(&opt.force, "force", false, "replace existing files, keeping them as NAME.bak")
	f.StringVarP(&opt.comment, "comment", "C", "", "write the key under another comment")
	f.StringVar(&opt.encoding.Cipher, "cipher", "", "cipher of an openssh or PEM file (default aes256-ctr; aes128-cbc for PEM)")
	f.Uint32Var(&opt.encoding.Rounds, "rounds", 0, "bcrypt rounds of an openssh file (default 24)")
	f.IntVar(&opt.encoding.Iterations, "iterations", 0, "PBKDF2 iterations of a pkcs8 file")
	f.StringVar(&opt.encoding.Argon2.Flavour, "argon2", "", "key derivation of a ppk3 file: argon2id, argon2i or argon2d")
	f.Uint32Var(&opt.encoding.Argon2.MemoryKiB, "argon2-memory", 0, "memory of a ppk3 file's key derivation in KiB (default 8192)")
	f.Uint32Var(&opt.encoding.Argon2.Passes, "argon2-passes", 0, "passes of a ppk3 file's key derivation (default 13)")
	f.Uint8Var(&opt.encoding.Argon2.Parallelism, "argon2-parallelism", 0, "parallelism of a ppk3 file's key derivation (default 1)")
	f.BoolVar(&opt.encoding.DER, "der", false, "write pkcs1, sec1, pkcs8 and spki without their PEM armour")
	a.newPassphraseFlags(cmd)
	cmd.RegisterFlagCompletionFunc("to", completeFormats(formats.HoldsPrivate, formats.HoldsPublic))
}

func (a *app) convertAll(ctx context.Context, files []string, opt convertOptions) error {
	if opt.to != "" && !formats.IsName(opt.to) {
		return unknownFormat(opt.to)
	}
	if len(files) > 1 && opt.out == stdinName {
		return usagef("-o - takes one file; %d are named", len(files))
	}
	if len(files) > 1 && opt.out != "" {
		if err := os.MkdirAll(opt.out, 0o700); err != nil {
			return err
		}
	}
	return a.each(files, func(file string) error { return a.convert(ctx, file, opt) })
}

// convert treats one file: open, say what is lost, encode, prove, write.
func (a *app) convert(ctx context.Context, file string, opt convertOptions) error {
	f, err := a.load(file)
	if err != nil {
		return err
	}
	if isList(f, nil) {
		return severalKeys(f)
	}
	target, key, pass, err := a.prepare(ctx, f, opt)
	if err != nil {
		return err
	}
	losses, err := formats.Fit(target.ID, key)
	if err != nil {
		return err
	}
	if target.ID == formats.OpenSSH && opt.out != stdinName { // besideOpenSSH carries it
		losses = slices.DeleteFunc(losses, func(l formats.Loss) bool { return l.What == "certificate" })
	}
	a.tellLosses(file, losses)
	enc := opt.encoding.KeepCost(target.ID, f.Protection)
	enc.Passphrase = pass
	data, err := formats.Encode(target.ID, key, enc)
	if err != nil {
		return passphraseHint(file, target, err)
	}
	if weaker := a.weaker(f, target, data); weaker != "" {
		a.warn("%s: %s", file, weaker)
	}
	item := convertJSON{
		File: file, Format: string(f.Format), To: string(target.ID), Algorithm: key.Algorithm().Name, Bits: key.Bits(),
		Fingerprint: key.Fingerprint(), Encrypted: len(pass) > 0, Losses: []lossJSON{}, Output: []string{},
	}
	for _, l := range losses {
		item.Losses = append(item.Losses, lossJSON(l))
	}
	return a.writeConverted(ctx, f, key, target, pass, data, opt, item)
}

// prepare opens what the target needs of the file, and settles the passphrase.
func (a *app) prepare(ctx context.Context, f *keyFile, opt convertOptions) (*formats.Format, *keytool.Key, []byte, error) {
	to := opt.to
	if to == "" {
		to = string(formats.DefaultTarget(f.Envelope))
	}
	key, pass, err := a.openFor(ctx, f, to)
	if err != nil {
		return nil, nil, nil, err
	}
	if opt.recast {
		key = key.WithComment(opt.comment)
	}
	target, err := formats.ByName(to, key)
	if err != nil {
		return nil, nil, nil, err
	}
	if target.Holds == formats.HoldsPublic {
		return target, key.Public(), nil, nil
	}
	pass, err = a.newPassphrase(ctx, pass)
	return target, key, pass, err
}

// openFor opens the private half unless a public format is asked for.
func (a *app) openFor(ctx context.Context, f *keyFile, to string) (*keytool.Key, []byte, error) {
	if t := formats.Lookup(formats.ID(to)); t != nil && t.Holds == formats.HoldsPublic {
		key, err := a.publicHalf(ctx, f)
		return key, nil, err
	}
	if f.Encrypted() {
		return a.unlock(ctx, f)
	}
	key, err := f.Open(nil)
	return key, nil, err
}

// weaker compares the protection of what was read with that of what is written.
func (a *app) weaker(f *keyFile, target *formats.Format, data []byte) string {
	if target.Holds == formats.HoldsPublic || a.noPassphrase {
		return ""
	}
	after, err := formats.Parse(data, a.limits)
	if err != nil {
		return ""
	}
	return formats.Weakened(f.Protection, after.Protection)
}

// writeConverted puts the result where it belongs: standard output, or files
// that are proved before they are moved into place.
func (a *app) writeConverted(ctx context.Context, f *keyFile, key *keytool.Key, target *formats.Format, pass, data []byte, opt convertOptions, item convertJSON) error {
	if opt.out == stdinName {
		_, err := a.stdout.Write(data)
		return err
	}
	out, err := outputName(f.name, target, opt.out)
	if err != nil {
		return err
	}
	var files []keyfile.File
	if target.Holds == formats.HoldsPublic {
		files = []keyfile.File{publicFile(out, key, data, opt.force)}
	} else {
		files = []keyfile.File{privateFile(out, key, pass, data, opt.force)}
		if target.ID == formats.OpenSSH {
			files = append(files, a.besideOpenSSH(out, key, opt.force)...)
		}
	}
	written, err := keyfile.WriteAll(ctx, files)
	if err != nil {
		return err
	}
	a.tellWritten(written)
	for _, w := range written {
		item.Output = append(item.Output, w.Path)
		if w.Backup != "" {
			item.Backups = append(item.Backups, w.Backup)
		}
	}
	if a.json {
		return a.printJSON(item)
	}
	return nil
}

// besideOpenSSH are the files ssh looks for beside a private key: the OpenSSH
// line, and the certificate where the key came with one.
func (a *app) besideOpenSSH(out string, key *keytool.Key, force bool) []keyfile.File {
	files := a.publicUnlessThere(nil, out+".pub", key.WithoutCertificate(), force)
	if key.Certificate() != nil {
		files = a.publicUnlessThere(files, out+"-cert.pub", key, force)
	}
	return files
}

// publicUnlessThere adds a public key file, unless the same key stands there already.
func (a *app) publicUnlessThere(files []keyfile.File, name string, key *keytool.Key, force bool) []keyfile.File {
	f, err := a.load(name)
	if err == nil && f.Public != nil && f.Public.Equal(key) && bytes.Equal(f.Public.Certificate(), key.Certificate()) {
		a.note("%s holds the same key and is left as it is", name)
		return files
	}
	line := []byte(formats.AuthorizedLine(key.Public()) + "\n")
	return append(files, publicFile(name, key, line, force))
}

// outputName is where a conversion goes: -o, or the input's name with the
// target's usual ending.
func outputName(in string, target *formats.Format, out string) (string, error) {
	if out != "" {
		info, err := os.Stat(out)
		if err != nil || !info.IsDir() {
			return out, nil
		}
		return filepath.Join(out, formats.FileName(filepath.Base(in), target)), nil
	}
	if in == stdinName {
		return "", usagef("name the output with -o when reading standard input")
	}
	return filepath.Join(filepath.Dir(in), formats.FileName(filepath.Base(in), target)), nil
}
