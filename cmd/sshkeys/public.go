package main

import (
	"context"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/keyfile"
	"sshkeys/keytool"
)

type publicOptions struct {
	to, out string
	force   bool
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
	cmd := &cobra.Command{
		Use:   "public FILE…",
		Short: "Print the public half of any key file, ready to paste",
		Long: `Print the public half of a key file as one OpenSSH line, or in the format of
--to. A locked key that keeps its public half in clear (OpenSSH, PuTTY) needs no
passphrase; with --passphrase-file the private half is opened, and the public
half is proved to be its own.

Exit status: 0 done; 3 the file holds no key, or a file could not be written;
4 a passphrase is missing or wrong.`,
		Example: `  sshkeys public key.ppk
  sshkeys public --to rfc4716 -o key.txt id_rsa`,
		Args: fileArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if !formats.IsName(opt.to) {
				return unknownFormat(opt.to)
			}
			if opt.out != "" && opt.out != stdinName && len(files) > 1 {
				return usagef("-o takes one file's output; %d files are named", len(files))
			}
			return a.each(files, func(file string) error { return a.public(cmd.Context(), file, opt) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.to, "to", string(formats.OpenSSHPublic), "public `FORMAT`: "+publicNames())
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
	if f.Kind == formats.KindPrivate {
		key = key.WithoutCertificate() // the half to paste is the key itself
	}
	target, err := formats.ByName(opt.to, key.Public())
	if err != nil {
		return err
	}
	if target.Holds != formats.HoldsPublic {
		return usagef("--to %s is a format of private keys; sshkeys convert writes those", opt.to)
	}
	losses, err := formats.Fit(target.ID, key.Public())
	if err != nil {
		return err
	}
	if a.verbose || opt.out != "" {
		a.tellLosses(file, losses)
	}
	data, err := formats.Encode(target.ID, key.Public(), formats.Options{})
	if err != nil {
		return err
	}
	return a.emitPublic(ctx, f, key, target, data, opt)
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
		Fingerprint: key.Fingerprint(), Comment: key.Comment(), Public: formats.AuthorizedLine(key.Public()),
	}
	if f.Kind == formats.KindPrivate {
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
