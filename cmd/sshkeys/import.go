package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/services"
	"sshkeys/keytool"
	"sshkeys/perms"
)

type importOptions struct {
	name  string
	force bool
}

// importJSON tells where a key went.
type importJSON struct {
	File        string   `json:"file"`
	Private     string   `json:"private"`
	Public      string   `json:"public"`
	Backups     []string `json:"backups,omitempty"`
	Fingerprint string   `json:"fingerprint"`
	Algorithm   string   `json:"algorithm"`
}

func (a *app) importCommand() *cobra.Command {
	var opt importOptions
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Put a key from elsewhere in ~/.ssh, as OpenSSH wants it",
		Long: `Put a private key of any format (PuTTY, PEM, PKCS#8, ssh.com, Dropbear, OpenSSH)
in ~/.ssh as an OpenSSH key with its .pub beside it, both with the permissions
that ssh asks for. FILE itself is left as it is.

The name is FILE's own without the ending of its format; --name gives another.
The passphrase is kept unless --new-passphrase-file or --no-passphrase says
otherwise. The key is moved into place only after it was read back as the same
key; nothing that exists is overwritten without --force.

Exit status: 0 done; 3 not imported, nothing was changed; 4 a passphrase is
missing or wrong.`,
		Example: `  sshkeys import key.ppk
  sshkeys import --name lab ~/Downloads/id_rsa.pem`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("name one private key file, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			if cmd.Flags().Changed("name") && !isKeyName(opt.name) {
				return usagef("--name takes the name of a key in ~/.ssh, without folders; %q is none", opt.name)
			}
			return a.each(files, func(file string) error { return a.importKey(cmd.Context(), file, opt) })
		},
	}
	cmd.Flags().StringVar(&opt.name, "name", "", "`NAME` of the key in ~/.ssh")
	cmd.Flags().BoolVar(&opt.force, "force", false, "replace existing files, keeping them as NAME.bak")
	a.newPassphraseFlags(cmd)
	return cmd
}

// importer is one key on its way into ~/.ssh.
type importer struct {
	conversion
	opt  importOptions
	home string // what ~ stands for
	path string // of the private key there
	as   *formats.Envelope
}

// importKey treats the file: open it, encode it, make room, prove, write.
func (a *app) importKey(ctx context.Context, file string, opt importOptions) error {
	f, err := a.loadLoginKey(file)
	if err != nil {
		return err
	}
	im := &importer{opt: opt, home: a.home()}
	if im.home == "" {
		return errors.New("the home directory is not known, so neither is ~/.ssh")
	}
	im.conversion = conversion{app: a, from: f, opt: convertOptions{to: string(formats.OpenSSH), force: opt.force}}
	if err := im.prepare(ctx); err != nil {
		return err
	}
	if err := im.encode(); err != nil {
		return err
	}
	if err := im.readAsOpenSSH(); err != nil {
		return err
	}
	name := cmp.Or(opt.name, importName(file, im.key.Algorithm()))
	im.path = filepath.Join(im.home, ".ssh", name)
	written, err := im.install(ctx)
	if err != nil {
		return err
	}
	im.tellWritten(written)
	im.advise()
	im.warnCrossUse(im.path, file, im.key, keytool.Auth)
	im.tellUse()
	if a.json {
		return a.printJSON(im.report(written))
	}
	return nil
}

// readAsOpenSSH refuses what its format can hold and OpenSSH does not know.
// Versions before 10 still take DSA.
func (im *importer) readAsOpenSSH() (err error) {
	if im.as, err = formats.Parse(im.data, im.limits); err != nil || im.key.Algorithm().Family == keytool.DSA {
		return err
	}
	_, refused := services.Readers(im.as, im.key)
	for _, r := range refused {
		if r.Service == "openssh" {
			return fmt.Errorf("OpenSSH cannot use this key: %s", r.Why)
		}
	}
	return nil
}

// install writes the pair, and takes ~/.ssh away again where it was made in vain.
func (im *importer) install(ctx context.Context) ([]keyfile.Written, error) {
	dir := filepath.Dir(im.path)
	made, err := keyfile.MakeFolder(dir)
	if err != nil {
		return nil, err
	}
	files := append([]keyfile.File{privateFile(im.path, im.key, im.pass, im.data, im.opt.force)},
		im.besideOpenSSH(im.path, im.key, im.opt.force)...)
	written, err := keyfile.WriteAll(ctx, files)
	if err != nil && made {
		os.Remove(dir)
	}
	if isType[*keyfile.ExistsError](err) && im.opt.name == "" {
		err = &hinted{err, []string{im.again("--name", "OTHER-NAME"), im.again("--force")}}
	}
	return written, err
}

func (im *importer) report(written []keyfile.Written) importJSON {
	item := importJSON{
		File: im.from.name, Private: im.path, Public: im.path + ".pub",
		Fingerprint: im.key.Fingerprint(), Algorithm: im.key.Algorithm().Name,
	}
	for _, w := range written {
		if w.Backup != "" {
			item.Backups = append(item.Backups, w.Backup)
		}
	}
	return item
}

// loadLoginKey reads a private key that ssh could use. What else people bring is
// refused with what to do with it.
func (a *app) loadLoginKey(file string) (*keyFile, error) {
	data, err := a.read(file)
	if err != nil {
		return nil, err
	}
	f, err := a.understand(file, data, nil)
	id, _ := formats.Detect(data)
	if err == nil {
		id = f.Format
	}
	if row := formats.Lookup(id); row == nil || row.Dataset {
		return nil, notForLogin(id, data, file, err)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case f.Kind == formats.KindPrivate:
		a.cleans = true
		a.tellDamage(f)
		return f, nil
	case isList(f, nil):
		return nil, withHint(&notLogin{what: "a list of public keys, and a private key is wanted"}, "sshkeys fingerprint "+quote(file))
	case f.Format == formats.OpenSSHPublic:
		return nil, withHint(&notLogin{what: "a public key, which belongs on the server; the private half is wanted here"}, "sshkeys public "+quote(file))
	}
	return nil, withHint(&notLogin{what: "a public key (" + f.Format.Title() + "), and its private half is wanted"},
		"sshkeys convert --to openssh-public "+quote(file))
}

// notLogin: a file that no one can log in with.
type notLogin struct {
	what string
	err  error // why it could not be read, nil where it could
}

func (e *notLogin) Error() string { return "it is " + e.what }
func (e *notLogin) Unwrap() error { return e.err }

// notForLogin names the keys of other programs, which their owners take for SSH
// keys. err is why the file could not be read, nil where it could.
func notForLogin(id formats.ID, data []byte, file string, err error) error {
	name := quote(file)
	switch {
	case id == formats.Age, id == formats.AgePublic:
		return withHint(&notLogin{"an age key, which opens encrypted files and is no login key", err}, "age --decrypt -i "+name+" FILE.age")
	case id == formats.Crypt4GH, id == formats.Crypt4GHPublic:
		return withHint(&notLogin{"a Crypt4GH key, which opens encrypted data sets and is no login key", err},
			"crypt4gh decrypt --sk "+name+" < FILE.c4gh")
	case bytes.Contains(data, []byte("-----BEGIN PGP ")):
		return withHint(&notLogin{"an OpenPGP file, which is GnuPG's and no login key", err}, "gpg --import "+name)
	}
	return err
}

// advise says what servers will have against the key.
func (im *importer) advise() {
	facts := diagnose.KeyFileFacts{Name: im.path, Envelope: im.as, Key: im.key}
	for _, f := range diagnose.KeyFile(facts) {
		if f.Severity == diagnose.Info {
			continue
		}
		said := f.In(im.words)
		im.warn("%s: %s", im.path, said.Message)
		if said.Hint != "" {
			im.hint(said.Hint)
		}
	}
}

// tellUse says how to log in with the key, by its whole path where ssh looks in
// another home.
func (im *importer) tellUse() {
	name, own := filepath.Base(im.path), accountHome()
	switch {
	case own != "" && !sameFile(im.home, own):
		im.warn("~ is %s, and ssh uses the account's own home, %s: it does not find the key by itself", im.home, own)
		im.hint("ssh -i " + quote(im.path) + " USER@HOST")
	case slices.Contains(defaultNames(), name):
		im.note("ssh tries this key by itself")
		im.hint("ssh USER@HOST")
	default:
		im.hint("ssh -i ~/.ssh/" + quote(name) + " USER@HOST")
	}
}

// defaultNames are the keys ssh tries unasked (readconf.c:fill_default_options),
// by every version since 9.
func defaultNames() []string {
	return []string{"id_rsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"}
}

// importName is the file's name without the ending of its format, or id_TYPE
// where that says nothing or is another file's of ssh.
func importName(file string, a *keytool.Algorithm) string {
	name := filepath.Base(file)
	for _, ending := range []string{".ppk", ".pem", ".key", ".der", ".p8", ".pk8", ".pkcs8", ".priv", ".private", ".txt", ".openssh", ".ssh2", ".dropbear"} {
		stem := len(name) - len(ending)
		if stem > 0 && strings.EqualFold(name[stem:], ending) {
			name = name[:stem]
			break
		}
	}
	if isGeneric(name) || !isKeyName(name) {
		return "id_" + strings.ReplaceAll(strings.ToLower(a.Display), "-", "_")
	}
	return name
}

// isGeneric tells names that any key could have.
func isGeneric(name string) bool {
	switch strings.ToLower(name) {
	case stdinName, "key", "keys", "my", "mykey", "new", "private", "privkey", "privatekey", "private_key", "private-key", "private key",
		"secret", "ssh", "sshkey", "ssh_key", "ssh-key", "openssh", "putty", "dropbear", "identity", "id", "pkcs1", "pkcs8", "rsa", "dsa", "ecdsa", "ed25519", "untitled", "鍵", "秘密鍵":
		return true
	}
	return false
}

// isKeyName tells a file name that a key in ~/.ssh can have: no folder, not what
// ssh and sshd look for by name, and not the name of a public half.
func isKeyName(name string) bool {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) || strings.ContainsFunc(name, isControl) {
		return false
	}
	switch name {
	case "rc", "environment", "allowed_signers":
		return false
	}
	role := perms.RoleOf(".ssh/"+name, nil)
	return role == perms.UserFile || role == perms.PrivateKey || role == perms.HostKey
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }
