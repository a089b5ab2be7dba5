package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// fingerprintOptions are the flags of the command.
type fingerprintOptions struct {
	hash      string
	randomart bool
	sshfp     string
	all       bool
}

// fingerprintJSON is one key of a file.
type fingerprintJSON struct {
	File        string   `json:"file"`
	Line        int      `json:"line,omitempty"`
	Bits        int      `json:"bits"`
	Fingerprint string   `json:"fingerprint"`
	Comment     string   `json:"comment"`
	Algorithm   string   `json:"algorithm"`
	SSHFP       []string `json:"sshfp,omitempty"`
	// All has every scheme by its name, with --all.
	All map[string]string `json:"all,omitempty"`
}

func (a *app) fingerprintCommand() *cobra.Command {
	var opt fingerprintOptions
	cmd := &cobra.Command{
		Use:   "fingerprint FILE…",
		Short: "Print fingerprints as ssh-keygen -l does",
		Long: `Print the fingerprint of the key in each file, and of every line of an
authorized_keys or known_hosts file, as ssh-keygen -l prints it. It is always
the key in the file itself: a private key's own, never its .pub neighbour's.

Exit status: 0 all printed; 3 a file holds no key; 4 a passphrase is missing or
wrong (only files that keep no public half in clear need one).`,
		Example: `  sshkeys fingerprint key.ppk
  sshkeys fingerprint ~/.ssh/authorized_keys
  sshkeys fingerprint --all id_rsa`,
		Args: fileArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			if !slices.Contains(keytool.Hashes(), keytool.Hash(opt.hash)) {
				return usagef("--hash takes sha256, md5, sha1, sha384 or sha512, not %q", opt.hash)
			}
			if opt.sshfp != "" && opt.all {
				return usagef("--sshfp and --all exclude each other")
			}
			return a.each(files, func(file string) error { return a.fingerprint(cmd.Context(), file, opt) })
		},
	}
	f := cmd.Flags()
	f.StringVar(&opt.hash, "hash", "sha256", "digest: sha256, md5, sha1, sha384 or sha512")
	f.BoolVar(&opt.randomart, "randomart", false, "draw the key as ssh-keygen -lv does")
	f.StringVar(&opt.sshfp, "sshfp", "", "print DNS records for `HOST` as ssh-keygen -r does")
	f.BoolVar(&opt.all, "all", false, "print the fingerprint in every scheme, AWS's too")
	return cmd
}

// fingerprint prints one file's keys. A file over the limit of a key file can
// only be a list, and is streamed.
func (a *app) fingerprint(ctx context.Context, file string, opt fingerprintOptions) error {
	r, err := a.stream(file)
	if err != nil {
		return err
	}
	defer r.Close()
	head, err := io.ReadAll(io.LimitReader(r, int64(a.limits.FileBytes)+1))
	if err != nil {
		return err
	}
	if len(head) > a.limits.FileBytes {
		if !formats.IsText(head) {
			return errNoList
		}
		return a.fingerprintList(file, listText{ReadCloser: io.NopCloser(io.MultiReader(bytes.NewReader(head), r))}, opt)
	}
	f, err := a.understand(file, head, nil)
	if err != nil {
		return err
	}
	a.tellDamage(f)
	if isList(f, nil) || f.Format == formats.OpenSSHPublic && opt.plain() && !a.json {
		return a.fingerprintList(file, f.lines(), opt)
	}
	key, err := a.anyHalf(ctx, f)
	if err != nil {
		return err
	}
	return a.printFingerprint(file, 0, key, opt)
}

// plain tells the form that `ssh-keygen -lf` has.
func (o fingerprintOptions) plain() bool { return !o.randomart && o.sshfp == "" && !o.all }

// anyHalf gives the public half that stands in clear, or opens the file.
func (a *app) anyHalf(ctx context.Context, f *keyFile) (*keytool.Key, error) {
	if f.Public != nil {
		return f.Public, nil
	}
	return a.open(ctx, f)
}

// fingerprintList prints every key of a list.
func (a *app) fingerprintList(file string, r listText, opt fingerprintOptions) error {
	stats := formats.ListStats{}
	var err error
	if opt.plain() && !a.json {
		stats, err = formats.FingerprintList(a.stdout, r, formats.FingerprintOptions{Hash: keytool.Hash(opt.hash), AllLines: true})
	} else {
		err = formats.ScanList(r, func(e formats.Entry) error {
			if e.Key == nil {
				stats.Failed++
				return nil
			}
			stats.Keys++
			return a.printFingerprint(file, r.line(e.Line), e.Key, opt)
		})
	}
	switch {
	case err != nil:
		return err
	case stats.Keys == 0:
		return &formats.UnknownFormatError{Reason: "no line of it is a key"}
	case stats.Failed > 0:
		a.warn("%s: %d lines hold no key that can be read", file, stats.Failed)
	}
	return nil
}

// printFingerprint prints one key in the form the flags ask for.
func (a *app) printFingerprint(file string, line int, key *keytool.Key, opt fingerprintOptions) error {
	hash := keytool.Hash(opt.hash)
	item := fingerprintJSON{
		File: file, Line: line, Bits: key.Bits(), Fingerprint: key.FingerprintHash(hash),
		Comment: key.Comment(), Algorithm: key.Algorithm().Name,
	}
	if opt.all {
		item.All = allFingerprints(key)
	}
	if opt.sshfp != "" {
		return a.printSSHFP(item, key, opt.sshfp)
	}
	if a.json {
		return a.printJSON(item)
	}
	a.printf("%s\n", formats.FingerprintLine(key, hash))
	for _, scheme := range slices.Sorted(maps.Keys(item.All)) {
		a.printf("  %-22s %s\n", scheme, item.All[scheme])
	}
	if opt.randomart {
		a.printf("%s\n", key.Randomart(hash))
	}
	return nil
}

func (a *app) printSSHFP(item fingerprintJSON, key *keytool.Key, host string) error {
	records := key.SSHFP(host)
	if records == nil {
		return fmt.Errorf("no SSHFP number is assigned to keys of type %s", item.Algorithm)
	}
	if a.json {
		item.SSHFP = records
		return a.printJSON(item)
	}
	for _, r := range records {
		a.printf("%s\n", r)
	}
	return nil
}

// allFingerprints gives a key's fingerprint in every scheme by its name. AWS
// prints one of three, by how it came to the key.
func allFingerprints(key *keytool.Key) map[string]string {
	all := map[string]string{}
	for _, h := range keytool.Hashes() {
		all[strings.ToUpper(string(h))] = key.FingerprintHash(h)
	}
	switch key.Algorithm().Family {
	case keytool.Ed25519:
		all["AWS"] = key.AWSEd25519()
	case keytool.RSA:
		if spki, err := formats.Encode(formats.SPKI, key.Public(), formats.Options{DER: true}); err == nil {
			all["AWS (uploaded)"] = keytool.AWSImported(spki)
		}
		if !key.IsPrivate() {
			break
		}
		if pkcs8, err := formats.Encode(formats.PKCS8, key, formats.Options{DER: true}); err == nil {
			all["AWS (made by AWS)"] = keytool.AWSCreated(pkcs8)
		}
	}
	return all
}
