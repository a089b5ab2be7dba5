package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/recipe"
	"sshkeys/internal/secret"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

type generateOptions struct {
	purpose, kind, to string
	bits              int
	comment, out      string
	force             bool
	service           *services.Profile // of --for, or nil
}

func (a *app) generateCommand() *cobra.Command {
	var opt generateOptions
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "generate [NAME]",
		Short: "Make a new key pair: to log in with, or for a data set",
		Long: `Make a new key pair. To log in (--purpose auth) it is an ed25519 key, put into
~/.ssh as id_ed25519 unless NAME says otherwise. For a data set (--purpose
dataset) it is an RSA key of 3072 bits in the current folder, in the PEM format
that openssl and ssh-keygen read; it needs a NAME. --for SERVICE makes the key
that the service takes, or says why it takes none such. A NAME with a folder goes
there.

The public half goes beside the private one: NAME.pub, one line to paste. The
passphrase is asked for twice, and may be empty. Nothing that exists is read, and
nothing is overwritten without --force.

Exit status: 0 done; 2 wrong command line, or the service takes no such key;
3 nothing was written; 4 there is no way to ask for a passphrase.`,
		Example: `  sshkeys generate
  sshkeys generate --for jga J-DU999991
  sshkeys generate -t rsa -b 4096 --to ppk3 lab
  sshkeys generate -t crypt4gh bob`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("name one key; %d are named", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.service = service.service()
			q, err := a.request(cmd, opt, strings.Join(args, ""))
			if err != nil {
				return err
			}
			return a.generate(cmd.Context(), q, opt, strings.Join(args, ""))
		},
	}
	a.generateFlags(cmd, &opt)
	service = a.forFlag(cmd, "make the key that this `SERVICE` takes")
	return cmd
}

func (a *app) generateFlags(cmd *cobra.Command, opt *generateOptions) {
	f := cmd.Flags()
	f.StringVar(&opt.purpose, "purpose", "", "what the key is for: auth (to log in; the default) or dataset")
	f.StringVarP(&opt.kind, "type", "t", "", "`TYPE` of the key: "+strings.Join(recipe.Types(), ", "))
	f.IntVarP(&opt.bits, "bits", "b", 0, "size in `BITS`: rsa 2048 and more (default 3072), ecdsa 256, 384 or 521")
	f.StringVarP(&opt.comment, "comment", "C", "", "the key's comment (default user@host; of a data set's key service, name and date)")
	f.StringVar(&opt.to, "to", "", "`FORMAT` of the private key: "+privateNames()+" (default openssh; of a data set's key pem)")
	f.StringVarP(&opt.out, "output", "o", "", "write the private key to `FILE`, the public one beside it; - for standard output, without the public one")
	f.BoolVar(&opt.force, "force", false, "replace existing files, keeping them as NAME.bak")
	a.newPassphraseFlags(cmd)
	cmd.RegisterFlagCompletionFunc("to", completeFormats(formats.HoldsPrivate))
	cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(recipe.Types(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RegisterFlagCompletionFunc("purpose", cobra.FixedCompletions([]string{"auth", "dataset"}, cobra.ShellCompDirectiveNoFileComp))
}

// privateNames are the formats that a new key can be written in.
func privateNames() string {
	names := []string{}
	for _, f := range formats.All() {
		if f.Writes() && f.Holds == formats.HoldsPrivate && f.ID != formats.DSAPEM {
			names = append(names, string(f.ID))
		}
	}
	return strings.Join(append(names, "ppk", "pem"), ", ")
}

// request is what the command line asks for; it refuses what no key can be.
func (a *app) request(cmd *cobra.Command, opt generateOptions, name string) (recipe.Request, error) {
	q := recipe.Request{
		Purpose: services.Purpose(opt.purpose), Service: opt.service, Type: opt.kind, Bits: opt.bits, Format: opt.to,
		Name: filepath.Base(name), Date: time.Now().Format(time.DateOnly),
	}
	if name == "" {
		q.Name = nameOfOutput(opt.out)
	}
	if cmd.Flags().Changed("comment") {
		q.Comment = &opt.comment
	}
	q.User, q.Host = whoAndWhere()
	switch {
	case opt.purpose != "" && q.Purpose != services.Auth && q.Purpose != services.Dataset:
		return q, usagef("--purpose takes auth or dataset, not %q", opt.purpose)
	case opt.to != "" && !formats.IsName(opt.to):
		return q, unknownFormat(opt.to)
	case cmd.Flags().Changed("bits") && opt.bits <= 0:
		return q, usagef("-b takes a number of bits, not %d", opt.bits)
	case strings.ContainsFunc(opt.comment, isControl):
		return q, usagef("the comment of a key has no control characters")
	case a.passphraseFile != "":
		return q, usagef("--passphrase-file opens a key that exists; a new one is protected by --new-passphrase-file")
	case a.json && opt.out == stdinName:
		return q, usagef("--json and -o - both write to standard output")
	case name == stdinName:
		return q, withHint(usagef("NAME is a file's; to write to standard output there is -o -"), "sshkeys generate -o -")
	}
	return q, checkKeyFile(name)
}

// nameOfOutput is the name that -o FILE gives; "" where it gives none.
func nameOfOutput(out string) string {
	info, err := os.Stat(out)
	if out == "" || out == stdinName || err == nil && info.IsDir() {
		return ""
	}
	return filepath.Base(out)
}

// checkKeyFile refuses what cannot be the path of a private key.
func checkKeyFile(path string) error {
	switch {
	case path == "":
		return nil
	case os.IsPathSeparator(path[len(path)-1]) || filepath.Base(path) == "." || filepath.Base(path) == "..":
		return usagef("%s names a folder, not the key in it", path)
	case strings.HasSuffix(path, ".pub"):
		return usagef("%s would be the name of a public key; name the private one, and .pub is added for the other", path)
	case strings.ContainsFunc(path, isControl):
		return usagef("the name of a key has no control characters")
	}
	return nil
}

// whoAndWhere are the names that make a comment.
func whoAndWhere() (name, host string) {
	if u, err := user.Current(); err == nil {
		name = u.Username[strings.LastIndexByte(u.Username, '\\')+1:] // Windows: DOMAIN\name
	}
	host, _ = os.Hostname()
	return name, host
}

// generation is one key on its way from a recipe to its files.
type generation struct {
	*app
	*recipe.Recipe
	opt             generateOptions
	private, public string // where the halves go; "" for standard output
	home            string // what ~ stands for, where that decides; else ""
	pass            secret.Bytes
	key             *keytool.Key
	file            *formats.Envelope // the private key's, as it reads back
}

func (a *app) generate(ctx context.Context, q recipe.Request, opt generateOptions, name string) error {
	r, err := recipe.Settle(q)
	if err != nil {
		return a.refusedRecipe(q, err)
	}
	g := &generation{app: a, Recipe: r, opt: opt}
	if err := g.place(name); err != nil {
		return err
	}
	if a.newPassphraseFile != "" && !g.encrypts() {
		return usagef("%s cannot hold a passphrase", r.Private.Title())
	}
	g.tellDoubts()
	return a.each([]string{cmp.Or(g.private, stdinName)}, func(string) error { return g.run(ctx) })
}

// refusedRecipe says with which command it goes.
func (a *app) refusedRecipe(q recipe.Request, err error) error {
	err = &usageError{err}
	if refused, ok := errors.AsType[*services.RefusedError](err); ok {
		hints := []string{"sshkeys services " + q.Service.ID}
		if refused.Verdict.Rule != "purpose" {
			plain := strings.TrimSpace("sshkeys generate --for " + q.Service.ID + " " + quote(q.Name))
			hints = append([]string{plain}, hints...)
		}
		return &hinted{err, hints}
	}
	if e, ok := errors.AsType[*recipe.NameError](err); ok {
		name := "NAME"
		if e.Rule != nil {
			name = e.Rule.Value.Example
		}
		return withHint(err, a.again()+" "+quote(name))
	}
	return err
}

func (g *generation) encrypts() bool { return formats.Lookup(g.Private).Encrypts }

// place settles where the files go: where -o or NAME says, else to ~/.ssh what
// logs in, and here what opens data.
func (g *generation) place(name string) error {
	out := g.opt.out
	info, err := os.Stat(out)
	switch {
	case out == stdinName:
		return nil
	case out != "" && err == nil && info.IsDir():
		g.private = filepath.Join(out, g.Name)
	case out != "":
		g.private = out
	case strings.ContainsFunc(name, func(c rune) bool { return c < 0x80 && os.IsPathSeparator(uint8(c)) }):
		g.private = filepath.Join(filepath.Dir(name), g.Name)
	case g.Purpose == services.Auth:
		if g.home = g.app.home(); g.home == "" {
			return withHint(errors.New("the home directory is not known, so neither is ~/.ssh"), g.again("-o", "FILE"))
		}
		if !isKeyName(g.Name) {
			return usagef("%q is no name for a key in ~/.ssh", g.Name)
		}
		g.private = filepath.Join(g.home, ".ssh", g.Name)
	default:
		g.private = g.Name
	}
	g.public = recipe.PublicName(g.private, g.Private)
	return checkKeyFile(g.private)
}

// run makes the key: see that it has room, ask, generate, encode, write, tell.
func (g *generation) run(ctx context.Context) error {
	if err := g.checkFree(); err != nil {
		return err
	}
	if err := g.choosePassphrase(ctx); err != nil {
		return err
	}
	defer g.pass.Clear()
	var err error
	if g.key, err = g.makeKey(ctx); err != nil {
		return err
	}
	data, err := formats.Encode(g.Private, g.key, formats.Options{Passphrase: g.pass})
	if err != nil {
		return err
	}
	if g.file, err = formats.Parse(data, formats.Unlimited()); err != nil {
		return err
	}
	if err := g.accepted(); err != nil {
		return err
	}
	if g.private == "" {
		return g.print(data)
	}
	written, err := g.write(ctx, data)
	if err != nil {
		return err
	}
	g.declareMade(ctx)
	return g.tell(written)
}

// checkFree refuses names that are taken, before any work is done.
func (g *generation) checkFree() error {
	if g.private == "" {
		return nil
	}
	for _, path := range []string{g.private, g.public} {
		_, err := os.Lstat(path)
		info, statErr := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return err
		case statErr == nil && info.IsDir():
			return &fs.PathError{Op: "write", Path: path, Err: keyfile.ErrDirectory}
		case !g.opt.force:
			err := &fs.PathError{Op: "write", Path: path, Err: errors.New("exists already, and is not overwritten")}
			return &hinted{err, []string{"sshkeys inspect " + quote(path), g.again("--force")}}
		}
	}
	dir := filepath.Dir(g.private)
	if _, err := os.Stat(dir); err != nil && g.home == "" {
		return withHint(err, "mkdir "+quote(dir))
	}
	return nil
}

// choosePassphrase gets the passphrase of the new key, where its format has one.
func (g *generation) choosePassphrase(ctx context.Context) error {
	if !g.encrypts() {
		if !g.noPassphrase {
			g.warn("%s cannot hold a passphrase: who can read the file can use the key", g.Private.Title())
		}
		return nil
	}
	var err error
	next := &nextPassphrase{app: g.app}
	if g.pass, err = next.get(ctx); err != nil {
		return err
	}
	if len(g.pass) == 0 {
		if !g.noPassphrase {
			g.warn("without a passphrase, who can read the file can use the key")
		}
		return nil
	}
	return g.acceptedPassphrase()
}

// accepted holds the file that is about to be written to the service's rules:
// only now is its cipher known.
func (g *generation) accepted() error {
	p := g.opt.service
	if p == nil || len(p.RolesOf(services.PrivateHalf, g.Purpose)) == 0 {
		return nil
	}
	if v, refused := services.Refused(services.Judge(p, g.Purpose, g.file, g.key)); refused {
		return &services.RefusedError{Service: p.ID, Verdict: v}
	}
	return nil
}

func (g *generation) acceptedPassphrase() error {
	if g.opt.service == nil {
		return nil
	}
	verdicts := services.JudgePassphrase(g.opt.service, g.pass)
	if v, refused := services.Refused(verdicts); refused {
		return &services.RefusedError{Service: g.opt.service.ID, Verdict: v}
	}
	for _, v := range verdicts {
		g.warn("%s, not confirmed: %s", g.opt.service.ID, v)
	}
	return nil
}

// write puts both halves on the disk, or neither; a ~/.ssh that was made in vain
// is taken away again.
func (g *generation) write(ctx context.Context, data []byte) ([]keyfile.Written, error) {
	public, err := formats.Encode(g.Public, g.key.Public(), formats.Options{})
	if err != nil {
		return nil, err
	}
	dir, made := filepath.Dir(g.private), false
	if g.home != "" {
		if made, err = keyfile.MakeFolder(dir); err != nil {
			return nil, err
		}
	}
	written, err := keyfile.WriteAll(ctx, []keyfile.File{
		privateFile(g.private, g.key, g.pass, data, g.opt.force),
		publicFile(g.public, g.key, public, g.opt.force),
	})
	if err != nil && made {
		os.Remove(dir)
	}
	if errors.Is(err, fs.ErrPermission) {
		err = withHint(err, "ls -ld "+quote(dir))
	}
	return written, err
}

// print puts the private half on standard output. No .pub carries what it cannot.
func (g *generation) print(data []byte) error {
	losses, err := formats.Fit(g.Private, g.key)
	if err != nil {
		return err
	}
	g.tellLosses(stdinName, losses)
	g.note("%s", formats.FingerprintLine(g.key, keytool.SHA256))
	_, err = g.stdout.Write(data)
	return err
}

// makeKey generates the key. The search for primes does not listen to an
// interrupt: it is left behind, and ends with the program.
func (g *generation) makeKey(ctx context.Context) (*keytool.Key, error) {
	type made struct {
		key *keytool.Key
		err error
	}
	done := make(chan made, 1)
	go func() {
		var m made
		if g.Algorithm == recipe.X25519 {
			m.key, m.err = keytool.GenerateX25519(g.Comment)
		} else {
			m.key, m.err = keytool.Generate(g.Algorithm, g.Bits, g.Comment)
		}
		done <- m
	}()
	seconds := time.NewTicker(time.Second)
	defer seconds.Stop()
	p := g.progress()
	defer p.clear()
	for {
		select {
		case m := <-done:
			return m.key, m.err
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-seconds.C:
			p.second(fmt.Sprintf("making a key of %d bits", g.Bits))
		}
	}
}
