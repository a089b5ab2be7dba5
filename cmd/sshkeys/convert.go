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
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

type convertOptions struct {
	to, out string
	force   bool
	comment string
	recast  bool              // --comment was given
	service *services.Profile // of --for, or nil

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
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "convert FILE…",
		Short: "Write a key in another format",
		Long: `Write a key in another format. Without --to, PuTTY, ssh.com, PKCS#8, PEM and
Dropbear keys become OpenSSH keys with their .pub, RFC 4716 and SPKI public keys
become OpenSSH lines, OpenSSH private keys become PPK 3 and OpenSSH public keys
RFC 4716. --for SERVICE writes what that service takes, or says why it takes none.

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
			opt.recast, opt.service = cmd.Flags().Changed("comment"), service.service()
			a.cleans = true
			return a.convertAll(cmd.Context(), files, opt)
		},
	}
	a.convertFlags(cmd, &opt)
	service = a.forFlag(cmd, "write what this `SERVICE` takes")
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
	if err := opt.encoding.Check(); err != nil {
		return &usageError{err}
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

// conversion is one file on its way to another format.
type conversion struct {
	*app
	opt    convertOptions
	from   *keyFile
	target *formats.Format
	key    *keytool.Key
	pass   []byte // protects what is written; nil: not encrypted
	losses []formats.Loss
	data   []byte
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
	c := &conversion{app: a, opt: opt, from: f}
	if err := c.prepare(ctx); err != nil {
		return err
	}
	if err := c.encode(); err != nil {
		return passphraseHint(file, c.target, err)
	}
	if err := a.accepted(opt.service, c.data, c.key); err != nil {
		return err
	}
	if c.opt.out == stdinName {
		_, err := a.stdout.Write(c.data)
		return err
	}
	return c.write(ctx)
}

// prepare opens what the target needs of the file, and settles the passphrase.
func (c *conversion) prepare(ctx context.Context) error {
	to := c.opt.to
	if to == "" {
		to = string(formats.DefaultTarget(c.from.Envelope))
	}
	var err error
	if c.opt.service != nil {
		to, err = c.convertFor(ctx)
	} else {
		c.key, c.pass, err = c.openFor(ctx, c.from, to)
	}
	if err != nil {
		return err
	}
	if c.opt.recast {
		c.key = c.key.WithComment(c.opt.comment)
	}
	if c.target, err = formats.ByName(to, c.key); err != nil {
		return err
	}
	if c.opt.service != nil && c.opt.to != "" {
		if err := excluded(c.opt.service, c.target); err != nil {
			return err
		}
	}
	if c.target.Holds == formats.HoldsPublic {
		c.key, c.pass = c.key.Public(), nil
		return nil
	}
	c.pass, err = c.newPassphrase(ctx, c.from, c.pass)
	return err
}

// encode says what the target cannot carry, and how its protection is weaker,
// and makes the bytes.
func (c *conversion) encode() error {
	var err error
	if c.losses, err = formats.Fit(c.target.ID, c.key); err != nil {
		return err
	}
	if c.key, err = formats.In(c.target.ID, c.key); err != nil {
		return err
	}
	if c.target.ID == formats.OpenSSH && c.opt.out != stdinName { // besideOpenSSH carries it
		c.losses = slices.DeleteFunc(c.losses, func(l formats.Loss) bool { return l.What == "certificate" })
	}
	c.tellLosses(c.from.name, c.losses)
	enc := c.opt.encoding.KeepCost(c.target.ID, c.from.Protection)
	enc.Passphrase = c.pass
	if c.data, err = formats.Encode(c.target.ID, c.key, enc); err != nil {
		return err
	}
	if c.target.Holds == formats.HoldsPublic || c.noPassphrase {
		return nil
	}
	after, err := formats.Parse(c.data, c.limits)
	if err != nil {
		return err
	}
	if weaker := formats.Weakened(c.from.Protection, after.Protection); weaker != "" {
		c.warn("%s: %s", c.from.name, weaker)
	}
	return nil
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

// write puts the result into files, which are proved before they are moved into place.
func (c *conversion) write(ctx context.Context) error {
	out, err := outputName(c.from.name, c.target, c.opt.out)
	if err != nil {
		return err
	}
	var files []keyfile.File
	if c.target.Holds == formats.HoldsPublic {
		files = append(files, publicFile(out, c.key, c.data, c.opt.force))
	} else {
		files = append(files, privateFile(out, c.key, c.pass, c.data, c.opt.force))
	}
	if c.target.ID == formats.OpenSSH {
		files = append(files, c.besideOpenSSH(out, c.key, c.opt.force)...)
	}
	written, err := keyfile.WriteAll(ctx, files)
	if err != nil {
		return err
	}
	c.tellWritten(written)
	c.tellWhere(c.opt.service, c.target.Holds, c.key)
	c.warnOfService(c.opt.service, c.from.name, c.key)
	if c.json {
		return c.printJSON(c.report(written))
	}
	return nil
}

func (c *conversion) report(written []keyfile.Written) convertJSON {
	item := convertJSON{
		File: c.from.name, Format: string(c.from.Format), To: string(c.target.ID),
		Algorithm: c.key.Algorithm().Name, Bits: c.key.Bits(), Fingerprint: c.key.Fingerprint(),
		Encrypted: len(c.pass) > 0, Losses: []lossJSON{}, Output: []string{},
	}
	for _, l := range c.losses {
		item.Losses = append(item.Losses, lossJSON(l))
	}
	for _, w := range written {
		item.Output = append(item.Output, w.Path)
		if w.Backup != "" {
			item.Backups = append(item.Backups, w.Backup)
		}
	}
	return item
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
	f, err := a.look(name, nil)
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
