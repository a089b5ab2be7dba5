package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sshkeys/internal/journal"
	"sshkeys/internal/sshconfig"
	"sshkeys/perms"
)

type fixOptions struct{ check, dryRun, undo bool }

func (a *app) fixpermsCommand() *cobra.Command {
	var opt fixOptions
	cmd := &cobra.Command{
		Use:   "fixperms [PATH…]",
		Short: "Check and mend permissions by OpenSSH's own rules",
		Long: `Make ssh and sshd accept the permissions of keys, configs, authorized_keys and
their folders, by the rules of OpenSSH's own source (on Windows: of Win32-OpenSSH).
PATH is a file, or a folder with everything below it; without one it is ~/.ssh and
every file that its config names. After each change the file is looked at again:
only that look says mended.

Access is only taken from others; what the owner needs and lacks is given back. The
home directory is never changed: the command for it is shown. Every change is
recorded before it is made, and --undo takes the last run back.

Exit status: 0 nothing is refused (advice may be left); 1 ssh or sshd refuses a
file, for --check and --dry-run before any change; 3 a file could not be read or
changed, or there is nothing to undo.`,
		Example: `  sshkeys fixperms
  sshkeys fixperms --check
  sshkeys fixperms --dry-run ~/.ssh /data/keys
  sshkeys fixperms --undo`,
		RunE: func(cmd *cobra.Command, args []string) error {
			f := &fixer{app: a, ctx: cmd.Context(), opt: opt}
			return f.run(args)
		},
	}
	cmd.Flags().BoolVar(&opt.check, "check", false, "change nothing; say what ssh or sshd would refuse")
	cmd.Flags().BoolVar(&opt.dryRun, "dry-run", false, "change nothing; say what would be done")
	cmd.Flags().BoolVar(&opt.undo, "undo", false, "take the last run back (with --dry-run: show it)")
	return cmd
}

// fixer is one run of the command.
type fixer struct {
	*app
	ctx context.Context
	opt fixOptions

	turn      *journal.Turn   // nil where nothing is to be changed, or the journal cannot be written
	unready   error           // why it cannot: told before the first change
	journal   *journal.Writer // nil before the first change
	unwritten error           // the journal could not be written: nothing more is changed
	changes   int             // that are in the journal
	judged    []string        // the accounts whose ssh root was told of

	fixable                         bool // something is there that was not mended and could be
	looked, mended, advised, failed int
	refused                         []string // files that ssh or sshd refuses, after the run
}

func (f *fixer) run(args []string) error {
	switch {
	case f.opt.check && (f.opt.dryRun || f.opt.undo):
		return usagef("--check excludes --dry-run and --undo")
	case f.opt.undo && len(args) > 0:
		return usagef("--undo takes the last run back as a whole: name no file")
	case slices.Contains(args, stdinName):
		return usagef("name files and folders: standard input has no permissions")
	case slices.Contains(args, ""):
		return usagef("a PATH is empty: . is the current folder")
	case f.opt.undo:
		return f.undo()
	}
	if err := f.takeTurn(); err != nil {
		return err
	}
	defer f.endTurn()
	err := f.treatAll(args)
	if f.journal != nil {
		err = errors.Join(err, f.settle())
	}
	return err
}

// takeTurn waits until no other run is at work, where this one may change
// something. A journal that cannot be written matters at the first change only.
func (f *fixer) takeTurn() error {
	if f.opt.check || f.opt.dryRun {
		return nil
	}
	dir, err := f.stateDir()
	if err == nil {
		f.turn, err = journal.Begin(f.ctx, dir, f.waiting)
	}
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, journal.ErrBusy):
		return withHint(err, f.again())
	}
	f.unready = err
	return nil
}

func (f *fixer) waiting() { f.note("waiting for another sshkeys fixperms") }

func (f *fixer) endTurn() {
	if f.turn != nil {
		f.turn.End()
	}
}

// settle ends the journal. Where no change was made there is nothing that --undo
// could take back.
func (f *fixer) settle() error {
	if err := f.journal.Close(); err != nil || f.mended > 0 || f.unwritten != nil {
		return err
	}
	run, err := journal.Last(filepath.Dir(f.journal.Path()))
	if err != nil || run.Path != f.journal.Path() || !run.Spent() {
		return err
	}
	return run.Finish(nil)
}

// treatAll looks at all targets. A config that could not be read, and can after
// its mending, is asked once more for the files it names.
func (f *fixer) treatAll(args []string) error {
	if len(args) == 0 {
		if own := f.warnOfHome(); own != "" && isFolder(filepath.Join(own, ".ssh")) {
			f.hint("sshkeys fixperms " + quote(filepath.Join(own, ".ssh")))
		}
	}
	targets, blocked, err := f.targets(args)
	if err != nil || len(targets) == 0 {
		return err
	}
	if err := f.treat(targets); err != nil {
		return err
	}
	if blocked && f.mended > 0 {
		more, _, err := f.targets(args)
		if err != nil {
			return err
		}
		more = slices.DeleteFunc(more, func(t perms.Target) bool {
			return slices.ContainsFunc(targets, func(was perms.Target) bool { return was.Path == t.Path })
		})
		if err := f.treat(more); err != nil {
			return err
		}
	}
	f.summary()
	if f.fixable {
		f.hint(strings.Join(append([]string{"sshkeys fixperms"}, quoteAll(args)...), " "))
	}
	return nil
}

func quoteAll(names []string) []string {
	var quoted []string
	for _, name := range names {
		quoted = append(quoted, quote(name))
	}
	return quoted
}

// targets is what to look at: the paths named, else ~/.ssh and what its config
// names. blocked tells that a config could not be read.
func (f *fixer) targets(paths []string) (targets []perms.Target, blocked bool, err error) {
	defaults := len(paths) == 0
	if defaults {
		if paths, err = f.defaultPaths(); err != nil {
			return nil, false, err
		}
	}
	for _, path := range paths {
		targets = append(targets, perms.Target{Path: path})
		named, account, err := f.namedBy(path)
		blocked = blocked || errors.Is(err, fs.ErrPermission)
		targets = append(targets, asTargets(named.Includes, perms.IncludedConfig, account)...)
		if defaults {
			targets = append(targets, f.present(named.Identities, perms.PrivateKey, account)...)
			targets = append(targets, f.present(named.Certificates, perms.Certificate, account)...)
		}
	}
	return compact(targets), blocked, nil
}

// warnOfHome says so where ~ is not where ssh looks, and gives the home where it
// does; "" where the two are one.
func (a *app) warnOfHome() string {
	home, own := a.home(), accountHome()
	if home == "" || own == "" || sameFile(home, own) {
		return ""
	}
	a.warn("~ is %s, and ssh uses the account's own home, %s", home, own)
	return own
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

var errNoHome = errors.New("the home directory is not known")

// defaultPaths is ~/.ssh, or nothing where there is none.
func (f *fixer) defaultPaths() ([]string, error) {
	home := f.home()
	if home == "" {
		return nil, withHint(errNoHome, "sshkeys fixperms FOLDER")
	}
	dir := filepath.Join(home, ".ssh")
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		f.note("there is no %s: nothing to check", dir)
		return nil, nil
	}
	return []string{dir}, nil
}

// namedBy reads the files that a config names, where path is one or is a .ssh
// folder with one, and tells whose config it is. What is wrong with the config
// itself its permissions tell.
func (f *fixer) namedBy(path string) (sshconfig.Named, *perms.Account, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		path = filepath.Join(path, "config")
	}
	facts, err := perms.Look(path, perms.Options{})
	if err != nil || facts.Role != perms.Config {
		return sshconfig.Named{}, nil, err
	}
	named, err := sshconfig.Files(path, sshconfig.Env{Home: facts.Account.Home, User: facts.Account.Name})
	for _, name := range named.Unresolved {
		f.note("%s: only ssh can tell which file that is, so it is not looked at", name)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.warn("%s: not all files it names are known: %s", path, strings.ReplaceAll(f.errorText(err), "\n", "; "))
	}
	return named, &facts.Account, err
}

func asTargets(paths []string, role perms.Role, account *perms.Account) []perms.Target {
	var targets []perms.Target
	for _, path := range paths {
		targets = append(targets, perms.Target{Path: path, Role: role, Account: account})
	}
	return targets
}

// present leaves out what a config names and is no file: ssh passes it over.
func (f *fixer) present(paths []string, role perms.Role, account *perms.Account) []perms.Target {
	return asTargets(slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		info, err := os.Stat(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			f.warn("%s: the config names it, and it is not there [K08]", path)
		case err == nil && info.IsDir():
			f.warn("%s: the config names it, and it is a folder", path)
		default:
			return false
		}
		return true
	}), role, account)
}

// compact drops what was named before.
func compact(targets []perms.Target) []perms.Target {
	var kept []perms.Target
	for _, t := range targets {
		if !slices.ContainsFunc(kept, func(k perms.Target) bool { return k.Path == t.Path }) {
			kept = append(kept, t)
		}
	}
	return kept
}

// home is what ~ stands for, "" where that is not known: a relative one would be
// another folder in each working directory.
func (a *app) home() string {
	home := a.env("HOME")
	if runtime.GOOS == "windows" {
		home = a.env("USERPROFILE")
	}
	if !filepath.IsAbs(home) {
		return ""
	}
	return home
}

// accountHome is the home that ssh uses, whatever the environment says; "" where
// the system does not tell.
func accountHome() string {
	u, err := user.Current()
	if err != nil {
		return ""
	}
	return u.HomeDir
}

func sameFile(a, b string) bool {
	x, errX := os.Stat(a)
	y, errY := os.Stat(b)
	return filepath.Clean(a) == filepath.Clean(b) || errX == nil && errY == nil && os.SameFile(x, y)
}

// treat checks or mends the targets, and tells of each file as it comes.
func (f *fixer) treat(targets []perms.Target) error {
	looked := 0
	opt := perms.Options{Looked: &looked, Journal: f.record}
	survey := perms.Fix
	if f.opt.check || f.opt.dryRun {
		survey = perms.Check
	}
	if f.verbose {
		for _, t := range targets {
			f.note("looking at %s", t.Path)
		}
	}
	err := f.tellAll(survey(f.ctx, targets, opt))
	f.looked += looked
	return err
}

func (f *fixer) tellAll(reports iter.Seq[perms.Report]) error {
	for r := range reports {
		switch {
		case f.unwritten != nil:
			return f.journalError()
		case errors.Is(r.Err, context.Canceled):
			return f.interrupted()
		}
		f.tell(r)
	}
	return nil
}

// interrupted is the error of a run that was stopped. Nothing is lost: what was
// changed stands in the journal.
func (f *fixer) interrupted() error {
	if f.changes == 0 {
		return context.Canceled
	}
	return withHint(fmt.Errorf("interrupted after %s", count(f.changes, "change")), "sshkeys fixperms --undo")
}

// record writes the journal before a change, and says where a link leads.
func (f *fixer) record(r perms.Record) error {
	if f.journal == nil {
		if f.unwritten = f.unready; f.unwritten != nil {
			return f.unwritten
		}
		dir, err := f.stateDir()
		if err != nil {
			f.unwritten = err
			return err
		}
		f.journal = journal.NewWriter(dir, journal.Header{Version: version(), Time: time.Now(), Command: f.again()})
	}
	if r.From != "" {
		f.warn("%s is a link out of the folder: what is changed is %s", r.From, r.Path)
	}
	if err := f.journal.Add(r); err != nil {
		f.unwritten = err
		return err
	}
	f.changes++
	return nil
}

func (f *fixer) journalError() error {
	done := "nothing was changed"
	if f.changes > 0 {
		done = "nothing more was changed"
	}
	err := fmt.Errorf("the journal for --undo cannot be written, so %s: %w", done, f.unwritten)
	if runtime.GOOS == "windows" {
		return err
	}
	return withHint(err, "XDG_STATE_HOME=FOLDER "+f.again())
}
