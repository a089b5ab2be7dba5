package main

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

type publicOptions struct {
	to, out string
	force   bool
	service *services.Profile // of --for, or nil
}

// publicJSON is the public half of one file.
type publicJSON struct {
	File        string `json:"file"`
	Format      string `json:"format"`
	Algorithm   string `json:"algorithm"`
	Bits        int    `json:"bits"`
	Fingerprint string `json:"fingerprint"`
	Comment     string `json:"comment"`
	Public      string `json:"public"`
	ProvedBy    string `json:"proved_by,omitempty"`
	Output      string `json:"output,omitempty"`
}

func (a *app) publicCommand() *cobra.Command {
	var opt publicOptions
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "public FILE…",
		Short: "Print the public half of any key file, ready to paste",
		Long: `Print the public half of a key file as one OpenSSH line, or in the format of
--to; of a Crypt4GH or age key as a Crypt4GH public key or an age recipient. A
locked key that keeps its public half in clear (OpenSSH, PuTTY) needs no
passphrase; with --passphrase-file the private half is opened, and the public
half is proved to be its own.

Exit status: 0 done; 3 the file holds no key, or a file could not be written;
4 a passphrase is missing or wrong.`,
		Example: `  sshkeys public key.ppk
  sshkeys public --to rfc4716 -o key.txt id_rsa`,
		Args: fileArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if opt.to != "" && !formats.IsName(opt.to) {
				return unknownFormat(opt.to)
			}
			if opt.out != "" && opt.out != stdinName && len(files) > 1 {
				return usagef("-o takes one file's output; %d files are named", len(files))
			}
			opt.service = service.service()
			return a.each(files, func(file string) error { return a.public(cmd.Context(), file, opt) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.to, "to", "", "public `FORMAT`: "+publicNames()+" (default openssh-public; of dataset keys their own)")
	service = a.forFlag(cmd, "print what this `SERVICE` registers")
	f.StringVarP(&opt.out, "output", "o", "", "write to `FILE`")
	f.BoolVar(&opt.force, "force", false, "replace an existing file, keeping it as NAME.bak")
	cmd.RegisterFlagCompletionFunc("to", completeFormats(formats.HoldsPublic))
	return cmd
}

func (a *app) public(ctx context.Context, file string, opt publicOptions) error {
	f, err := a.load(file)
	if err != nil {
		return err
	}
	key, err := a.publicHalf(ctx, f)
	if err != nil {
		return err
	}
	if f.Kind.IsPrivate() {
		key = key.WithoutCertificate() // the half to paste is the key itself
	}
	target, err := publicTarget(f, key.Public(), opt)
	if err != nil {
		return err
	}
	losses, err := formats.Fit(target.ID, key.Public())
	if err != nil {
		return err
	}
	if !a.verbose && opt.out == "" { // what is pasted may lose all but its meaning
		losses = slices.DeleteFunc(losses, func(l formats.Loss) bool { return l.What != "type" })
	}
	a.tellLosses(file, losses)
	if key, err = formats.In(target.ID, key); err != nil {
		return err
	}
	data, err := formats.Encode(target.ID, key.Public(), formats.Options{})
	if err != nil {
		return err
	}
	if err := a.accepted(opt.service, data, key.Public()); err != nil {
		return err
	}
	a.tellWhere(opt.service, target.Holds, key.Public())
	return a.emitPublic(ctx, f, key, target, data, opt)
}

// publicTarget is the format to write: that of --to, what the service of --for
// takes, or what belongs beside the file.
func publicTarget(f *keyFile, key *keytool.Key, opt publicOptions) (*formats.Format, error) {
	to := cmp.Or(opt.to, string(formats.PublicBeside(f.Format)))
	if opt.service != nil && opt.to == "" {
		id, err := opt.service.Target(services.PublicHalf, "", key)
		if err != nil {
			return nil, err
		}
		to = string(id)
	}
	target, err := formats.ByName(to, key)
	switch {
	case err != nil:
		return nil, err
	case target.Holds != formats.HoldsPublic:
		return nil, usagef("--to %s is a format of private keys; sshkeys convert writes those", to)
	case opt.service != nil && opt.to != "":
		return target, excluded(opt.service, target)
	}
	return target, nil
}

// publicHalf is a file's key: opened where that needs no question or a
// passphrase was given, otherwise as it stands in clear.
func (a *app) publicHalf(ctx context.Context, f *keyFile) (*keytool.Key, error) {
	if isList(f, nil) {
		return nil, severalKeys(f)
	}
	if f.Encrypted() && f.Public != nil && a.passphraseFile == "" {
		return f.Public, nil
	}
	return a.open(ctx, f)
}

func (a *app) emitPublic(ctx context.Context, f *keyFile, key *keytool.Key, target *formats.Format, data []byte, opt publicOptions) error {
	item := publicJSON{
		File: f.name, Format: string(target.ID), Algorithm: key.Algorithm().Name, Bits: key.Bits(),
		Fingerprint: key.Fingerprint(), Comment: key.Comment(), Public: formats.PublicText(target.ID, key.Public()),
	}
	if f.Kind.IsPrivate() {
		item.ProvedBy = string(keytool.ProofOf(key))
	}
	if opt.out != "" && opt.out != stdinName {
		written, err := keyfile.WriteAll(ctx, []keyfile.File{publicFile(opt.out, key, data, opt.force)})
		if err != nil {
			return &fileError{opt.out, err}
		}
		a.tellWritten(written)
		item.Output = opt.out
	}
	switch {
	case a.json:
		return a.printJSON(item)
	case item.Output == "":
		_, err := a.stdout.Write(data)
		return err
	}
	return nil
}
