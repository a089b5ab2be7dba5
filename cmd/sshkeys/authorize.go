package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/authorized"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/listlint"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// maxAuthorized is the longest authorized_keys file that is added to, in bytes:
// about 100 000 keys. sshd reads the whole file at every login.
const maxAuthorized = 16 << 20

type authorizeOptions struct {
	file    string
	options bool
	comment string
	recast  bool // --comment was given
	fix     bool
	dryRun  bool
}

// authorizeJSON tells where a key stands in the list.
type authorizeJSON struct {
	File        string `json:"file"` // the list
	Line        int    `json:"line"`
	Fingerprint string `json:"fingerprint"`
	Added       bool   `json:"added"`
	From        string `json:"from"` // the file that was named
}

func (a *app) authorizeCommand() *cobra.Command {
	var opt authorizeOptions
	cmd := &cobra.Command{
		Use:   "authorize PUBLIC… | --fix [LIST]",
		Short: "Add public keys to an authorized_keys file, or mend one",
		Long: `Add public keys of any format to an authorized_keys file, each as one valid line
at its end. A list of keys is added key by key. A key that is there already is told
with its line and not added again. Nothing else in the file changes, and it is
replaced only after what was written was read back: all old lines are in it, and
the new keys are found. ~/.ssh and the file are made where they are missing.

With --fix nothing is added: what copying and pasting did to the list's lines is
undone where there is one way to read them. Keys that were broken over several
lines or joined on one, key types without their first letters, blocks of RFC 4716,
blanks that only look like spaces, a byte order mark and UTF-16 become lines that
sshd reads, and a line whose key and options stand in one before is deleted. All
other lines stay as they are, to the byte, and the old list is kept as LIST.bak.
What nobody can mend is told: a private key, an option that sshd does not know.
A known_hosts file is not touched. --dry-run changes nothing.

Exit status: 0 the keys are in the file, or there is nothing left to mend; 1 with
--fix, lines are left that sshd does not read; 2 wrong command line; 3 a key was
refused, or the file could not be written, and is as it was.`,
		Example: `  sshkeys authorize id_ed25519.pub
  sshkeys authorize --file /home/taro/.ssh/authorized_keys taro.rfc4716
  sshkeys public key.ppk | sshkeys authorize -
  sshkeys authorize --fix --dry-run
  sshkeys authorize --fix /home/taro/.ssh/authorized_keys`,
		Args: func(cmd *cobra.Command, files []string) error {
			if opt.fix {
				return nil
			}
			return fileArgs(cmd, files)
		},
		RunE: func(cmd *cobra.Command, files []string) error {
			opt.recast = cmd.Flags().Changed("comment")
			if opt.fix || opt.dryRun {
				return a.authorizeFix(cmd.Context(), opt, files)
			}
			if strings.ContainsFunc(opt.comment, isControl) {
				return usagef("the comment of a key has no control characters")
			}
			z := &authorizer{app: a, opt: opt}
			return z.run(cmd.Context(), files)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&opt.file, "file", "f", "", "the authorized_keys `FILE` (default ~/.ssh/authorized_keys)")
	f.BoolVar(&opt.options, "options", false, "keep the options that stand before a key (from=, command=, …)")
	f.StringVarP(&opt.comment, "comment", "C", "", "write the keys under another comment")
	f.BoolVar(&opt.fix, "fix", false, "add nothing: mend the list's damaged lines, and keep the old list")
	f.BoolVar(&opt.dryRun, "dry-run", false, "with --fix: tell what would be mended, and change nothing")
	return cmd
}

// authorizer is one run of the command.
type authorizer struct {
	*app
	opt     authorizeOptions
	path    string // of the list
	entries []authorized.Entry
	from    []string // the file each entry is from

	list    *authorized.List
	results []authorized.Result
}

func (z *authorizer) run(ctx context.Context, files []string) error {
	if err := z.choosePath(); err != nil {
		return err
	}
	if err := z.each(files, z.collect); err != nil || len(z.entries) == 0 {
		return err
	}
	z.warnOfHome()
	added := false
	err := z.each([]string{z.path}, func(string) error {
		err := z.install(ctx)
		added = err == nil
		return err
	})
	if !added {
		return err
	}
	z.warnOfUnread()
	if err := z.report(); err != nil {
		return err
	}
	z.judgePermissions(ctx)
	return nil
}

// choosePath finds the list.
func (z *authorizer) choosePath() error {
	if z.opt.file == stdinName {
		return usagef("--file names a file: an authorized_keys file is changed in place")
	}
	if z.path = z.opt.file; z.path != "" {
		return nil
	}
	home := z.home()
	if home == "" {
		return withHint(errors.New("the home directory is not known, so neither is ~/.ssh/authorized_keys"), z.again("--file", "FILE"))
	}
	z.path = filepath.Join(home, ".ssh", "authorized_keys")
	return nil
}

// warnOfHome says so where sshd looks for another list.
func (z *authorizer) warnOfHome() {
	home, own := z.home(), accountHome()
	if z.opt.file == "" && own != "" && !sameFile(home, own) {
		z.warn("~ is %s, and sshd looks in the account's own home, %s", home, own)
		z.hint(z.again("--file", quote(filepath.Join(own, ".ssh", "authorized_keys"))))
	}
}

// collect takes the keys of one file, all or none.
func (z *authorizer) collect(file string) error {
	f, err := z.load(file)
	if err != nil {
		return err
	}
	text := f.data
	if f.Mended != nil {
		text = f.Mended
	}
	entries, err := authorized.Keys(text, f.Envelope)
	if err != nil {
		return z.refused(file, err)
	}
	for i, e := range entries {
		where := file
		if e.From > 0 {
			where = fmt.Sprintf("%s: line %d", file, f.FileLine(e.From))
		}
		if entries[i], err = z.prepare(file, where, e); err != nil {
			return &fileError{where, err}
		}
	}
	z.entries = append(z.entries, entries...)
	for range entries {
		z.from = append(z.from, file)
	}
	return nil
}

// refused adds the command that helps.
func (z *authorizer) refused(file string, err error) error {
	if !errors.Is(err, authorized.ErrPrivate) {
		return err
	}
	name := file
	if file == stdinName {
		name = "KEY"
	}
	hint := "sshkeys public " + quote(name) + " | sshkeys authorize"
	if z.opt.file != "" {
		hint += " --file " + quote(z.opt.file)
	}
	return withHint(err, hint+" -")
}

// prepare judges a key, and gives its line the options and comment it is to have.
func (z *authorizer) prepare(file, where string, e authorized.Entry) (authorized.Entry, error) {
	warning, err := authorized.Judge(e.Key)
	if err != nil {
		return e, err
	}
	if warning != "" {
		z.warn("%s: %s", where, warning)
	}
	z.warnCrossUse(where, file, e.Key, keytool.Auth)
	if e.Options, err = z.keepOptions(where, e.Options); err != nil {
		return e, err
	}
	if z.opt.recast {
		e.Key = e.Key.WithComment(z.opt.comment)
	}
	if _, err := e.Line(); err != nil {
		z.warn("%s: the comment is left out: %v", where, err)
		e.Key = e.Key.WithComment("")
	}
	return e, nil
}

// keepOptions is what stands before the key in its new line.
func (z *authorizer) keepOptions(where, options string) (string, error) {
	switch {
	case z.opt.options:
		return options, authorized.CheckOptions(options)
	case authorized.IsAuthority(options):
		err := errors.New("it is the key of a certificate authority, and without its options it would log in by itself")
		return "", withHint(err, z.again("--options"))
	case options != "":
		z.warn("%s: left out, for want of --options, is what limits the key: %s", where, options)
	}
	return "", nil
}

// install adds the keys to the list as it is now; once more where another program
// was faster.
func (z *authorizer) install(ctx context.Context) error {
	const tries = 100 // each that fails is one of another program that did not
	for try := 1; ; try++ {
		old, err := z.readList()
		if err != nil {
			return err
		}
		if z.list, err = authorized.Parse(old); err != nil {
			return z.unreadable(old, err)
		}
		var data []byte
		if data, z.results, err = z.list.Add(z.entries); err != nil {
			return err
		}
		if len(data) == len(old) {
			return nil
		}
		err = z.write(ctx, old, data)
		another := errors.Is(err, keyfile.ErrChanged) || isType[*keyfile.ExistsError](err)
		if !another || try == tries {
			return err
		}
	}
}

// unreadable adds the command that mends a list of which sshd reads nothing.
func (z *authorizer) unreadable(old []byte, err error) error {
	if len(authorized.Fix(old).Mended) == 0 {
		return err
	}
	return withHint(err, z.fixCommand())
}

// readList is the list as it is; nil where there is none.
func (z *authorizer) readList() ([]byte, error) {
	data, err := keyfile.Read(z.path, maxAuthorized)
	if !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	if _, err := os.Lstat(z.path); err == nil {
		return nil, errors.New("it is a link that leads nowhere")
	}
	return nil, nil
}

// write puts the list on the disk. One that is there keeps its mode; a new one,
// and ~/.ssh with it, is its owner's alone.
func (z *authorizer) write(ctx context.Context, old, data []byte) error {
	dir, made := filepath.Dir(z.path), false
	if old == nil && z.opt.file == "" {
		var err error
		if made, err = keyfile.MakeFolder(dir); err != nil {
			return err
		}
	}
	opt := keyfile.WriteOptions{Private: old == nil, Check: func(readBack []byte) error {
		return authorized.Prove(old, readBack, z.entries, z.results)
	}}
	err := keyfile.Replace(ctx, z.path, old, data, opt)
	if err != nil && made {
		os.Remove(dir)
	}
	if old == nil && errors.Is(err, fs.ErrNotExist) {
		err = withHint(err, "mkdir "+quote(dir))
	}
	return err
}

// warnOfUnread tells of lines that log nobody in, of a private key's once, and of the
// command that mends them.
func (z *authorizer) warnOfUnread() {
	if len(z.list.Unread) == 0 {
		return
	}
	private, told := z.list.PrivateKeys(), 0
	for _, u := range z.list.Unread {
		i := slices.IndexFunc(private, func(p listlint.Problem) bool { return p.Line <= u.Line && u.Line <= p.Last })
		switch {
		case i < 0:
			z.warn("%s: sshd passes over line %d, which is left as it is: %v", z.path, u.Line, u.Err)
		case i >= told:
			z.warn("%s: %s", z.path, z.atLine(diagnose.ListProblem(z.path, private[i]).In(z.words)))
			told = i + 1
		}
	}
	if z.list.Mendable() {
		z.hint(z.fixCommand())
	}
}

// fixCommand is the command that mends the list.
func (z *authorizer) fixCommand() string {
	if z.opt.file == "" {
		return "sshkeys authorize --fix"
	}
	return diagnose.MendListHint(z.path)
}

// report tells of each key where it stands.
func (z *authorizer) report() error {
	for i, r := range z.results {
		key := z.entries[i].Key
		if z.json {
			item := authorizeJSON{z.path, r.Line, key.Fingerprint(), r.Added, z.from[i]}
			if err := z.printJSON(item); err != nil {
				return err
			}
			continue
		}
		done := "added"
		if !r.Added {
			done = "is there already"
		}
		if !r.Added && r.Options != "" {
			done += " with options " + r.Options
		}
		z.printf("%s\n", formats.Visible(fmt.Sprintf("%s:%d: %s %s", z.path, r.Line, formats.FingerprintLine(key, keytool.SHA256), done)))
	}
	return nil
}

// judgePermissions says whether sshd would read the file.
func (z *authorizer) judgePermissions(ctx context.Context) {
	refused := false
	for r := range perms.Check(ctx, []perms.Target{{Path: z.path, Role: perms.AuthorizedKeys}}, perms.Options{}) {
		for _, f := range asList(r.Facts, r.Findings, perms.AuthorizedKeys) {
			if f.Severity == perms.Error {
				refused = true
				z.warn("%s: %s", r.Facts.Path, f.Message)
			}
		}
	}
	if refused {
		z.hint("sshkeys fixperms " + quote(z.path))
	}
}
