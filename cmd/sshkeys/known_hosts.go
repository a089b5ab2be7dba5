package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
)

// maxKnownHosts is the longest known_hosts file that is changed, in bytes: over
// 100 000 entries. A search reads any length.
const maxKnownHosts = 64 << 20

type knownHostsOptions struct {
	file    string
	port    int
	dryRun  bool
	service *services.Profile // of --for, or nil
}

// knownHostJSON is one line of a known_hosts file. Removed and Backup are of
// remove only.
type knownHostJSON struct {
	File        string   `json:"file"`
	Line        int      `json:"line"`
	Hosts       string   `json:"hosts"`
	Hashed      bool     `json:"hashed"`
	Marker      string   `json:"marker"`
	Algorithm   string   `json:"algorithm"`
	Fingerprint string   `json:"fingerprint"` // "" where the key cannot be read
	For         []string `json:"for"`         // the hosts asked for that it names
	Removed     *bool    `json:"removed,omitempty"`
	Backup      string   `json:"backup,omitempty"`
}

func (a *app) knownHostsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "known-hosts find|remove HOST…",
		Short: "Find or remove a host's entries in known_hosts",
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return a.usageIn("known.verb", "word", args[0])
			}
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.knownHostsFindCommand(), a.knownHostsRemoveCommand())
	a.helpInWords(cmd)
	return cmd
}

func (a *app) knownHostsFindCommand() *cobra.Command {
	var opt knownHostsOptions
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "find HOST…",
		Short: "Print a host's entries: hashed ones, patterns and [host]:port too",
		Example: `  sshkeys known-hosts find gw.ddbj.nig.ac.jp
  sshkeys known-hosts find -p 443 jga-gw.ddbj.nig.ac.jp
  sshkeys known-hosts find --for ddbj`,
		RunE: func(_ *cobra.Command, args []string) error {
			opt.service = service.service()
			k := &knownHosts{app: a, opt: opt, verb: "find"}
			return k.find(args)
		},
	}
	service = a.knownHostsFlags(cmd, &opt)
	return cmd
}

func (a *app) knownHostsFlags(cmd *cobra.Command, opt *knownHostsOptions) *serviceFlag {
	f := cmd.Flags()
	f.StringVarP(&opt.file, "file", "f", "", "the known_hosts `FILE` (default ~/.ssh/known_hosts)")
	f.IntVarP(&opt.port, "port", "p", 0, "the `PORT` of every HOST that names none (default 22)")
	return a.forFlag(cmd, "the hosts of a `SERVICE`, and the addresses they had before")
}

// helpInWords shows the help of the command and those below it in the language of
// the run, which is not known before the flags are read.
func (a *app) helpInWords(cmd *cobra.Command) {
	usual := cmd.HelpFunc()
	cmd.SetHelpFunc(func(c *cobra.Command, args []string) {
		_ = a.checkFlags() // for the language only
		long := catalog.T("known.help")
		switch c.Name() {
		case "find":
			long = catalog.T("known.help-find")
		case "remove":
			long = catalog.T("known.help-remove")
		}
		c.Long = a.words.Say(long)
		usual(c, args)
	})
}

// usageIn is a wrong command line, said in the run's language.
func (a *app) usageIn(id string, pairs ...any) error {
	return &usageError{errors.New(a.words.Say(catalog.T(id, pairs...)))}
}

// knownHosts is one run of find or remove.
type knownHosts struct {
	*app
	opt    knownHostsOptions
	verb   string
	hosts  []hostkeys.Host // asked for
	former []formerAddress // of the hosts asked for, that were not asked for
	found  []hostkeys.Line // that name a host asked for, whatever becomes of them
	failed bool            // a file could not be read
}

// formerAddress is an address that a service's host had before.
type formerAddress struct {
	host    string // its name now
	until   string // the day it changed, "" where that is not known
	address hostkeys.Host
}

// settle finds out which hosts are meant.
func (k *knownHosts) settle(args []string) error {
	if k.opt.port < 0 || k.opt.port > 65535 {
		return k.usageIn("known.port", "port", k.opt.port)
	}
	for _, arg := range args {
		h, err := hostkeys.ParseHost(arg, k.opt.port)
		switch {
		case errors.Is(err, hostkeys.ErrBadPort):
			return k.usageIn("known.bad-port", "host", arg)
		case err != nil:
			return k.usageIn("known.bad-host", "host", arg)
		}
		k.add(h)
	}
	if k.opt.service != nil {
		for _, f := range k.opt.service.Hosts {
			k.add(hostkeys.Host{Name: f.Value.Name, Port: f.Value.Port})
			for _, old := range f.Value.OldAddresses {
				k.add(hostkeys.Host{Name: old.Address, Port: f.Value.Port})
			}
		}
	}
	if len(k.hosts) > 0 {
		k.findFormer()
		return nil
	}
	if k.opt.service != nil {
		return k.usageIn("known.no-hosts", "service", k.opt.service.ID)
	}
	return k.usageIn("known.which")
}

func (k *knownHosts) add(h hostkeys.Host) {
	if !slices.ContainsFunc(k.hosts, h.Same) {
		k.hosts = append(k.hosts, h)
	}
}

// findFormer looks up which addresses the hosts had before, so that a person who
// forgets them is told.
func (k *knownHosts) findFormer() {
	all, err := k.catalogue()
	if err != nil {
		k.warn("%s", k.words.Say(catalog.T("known.services", "error", k.errorText(err))))
	}
	for _, h := range k.hosts {
		p := all.ForHost(h.Name)
		if p == nil {
			continue
		}
		now, _, _ := p.FindHost(h.Name)
		for _, old := range now.OldAddresses {
			f := formerAddress{now.Name, old.Until, hostkeys.Host{Name: old.Address, Port: h.Port}}
			if !slices.ContainsFunc(k.hosts, f.address.Same) {
				k.former = append(k.former, f)
			}
		}
	}
}

// userFiles are the files that ssh adds hosts to and takes them from: the one of
// -f, or those of ssh's default for UserKnownHostsFile that there are.
func (k *knownHosts) userFiles() ([]string, error) {
	if k.opt.file != "" {
		return []string{k.opt.file}, nil
	}
	home := k.home()
	if home == "" {
		return nil, withHint(errors.New(k.words.Say(catalog.T("known.no-home"))), k.command(k.verb, "-f", "FILE"))
	}
	if own := accountHome(); own != "" && !sameFile(home, own) {
		k.warn("%s", k.words.Say(catalog.T("known.other-home", "home", home, "own", own)))
		k.hint(k.command(k.verb, "-f", filepath.Join(own, ".ssh", "known_hosts")))
	}
	return existing(filepath.Join(home, ".ssh", "known_hosts"), filepath.Join(home, ".ssh", "known_hosts2")), nil
}

// globalFiles are those of the whole machine, without -f.
func (k *knownHosts) globalFiles() []string {
	if k.opt.file != "" {
		return nil
	}
	dir := "/etc/ssh"
	if runtime.GOOS == "windows" {
		dir = filepath.Join(k.env("ProgramData"), "ssh")
	}
	return existing(filepath.Join(dir, "ssh_known_hosts"), filepath.Join(dir, "ssh_known_hosts2"))
}

func existing(files ...string) []string {
	return slices.DeleteFunc(files, func(file string) bool {
		_, err := os.Stat(file)
		return errors.Is(err, fs.ErrNotExist)
	})
}

// command is `sshkeys known-hosts verb …` for the same hosts.
func (k *knownHosts) command(verb string, more ...string) string {
	words := append([]string{"sshkeys", "known-hosts", verb}, more...)
	for _, h := range k.hosts {
		words = append(words, h.String())
	}
	return shellword.Join(words)
}

// find is the command.
func (k *knownHosts) find(args []string) error {
	if err := k.settle(args); err != nil {
		return err
	}
	files, err := k.userFiles()
	if err != nil {
		return err
	}
	files = append(files, k.globalFiles()...)
	var old []hostkeys.Line
	err = k.each(files, func(file string) error {
		lines, err := k.look(file)
		if err != nil {
			k.failed = true
			return err
		}
		found, former := k.divide(lines)
		k.found, old = append(k.found, found...), append(old, former...)
		for _, l := range found {
			if err := k.print(l, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	k.tellMissing(files)
	k.tellFormer(old)
	if len(k.found) == 0 {
		k.exit(exitNo)
	}
	return nil
}

// look searches one file for the hosts and their former addresses.
func (k *knownHosts) look(file string) ([]hostkeys.Line, error) {
	r, err := k.stream(file)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return k.search(r, file)
}

func (k *knownHosts) search(r io.Reader, file string) ([]hostkeys.Line, error) {
	hosts := slices.Clone(k.hosts)
	for _, f := range k.former {
		hosts = append(hosts, f.address)
	}
	return hostkeys.Find(r, file, hosts)
}

// divide tells lines for the hosts asked for from those for a former address alone.
func (k *knownHosts) divide(lines []hostkeys.Line) (asked, former []hostkeys.Line) {
	for _, l := range lines {
		named := slices.DeleteFunc(slices.Clone(l.For), func(h hostkeys.Host) bool { return !slices.ContainsFunc(k.hosts, h.Same) })
		if len(named) == 0 {
			former = append(former, l)
			continue
		}
		l.For = named
		asked = append(asked, l)
	}
	return asked, former
}

// fate is what remove did with a line.
type fate struct {
	removed bool   // false: it would be, without --dry-run
	backup  string // of the file
}

// print tells one line; done is nil where it was looked for only.
func (k *knownHosts) print(l hostkeys.Line, done *fate) error {
	item := knownHostJSON{File: l.File, Line: l.Number, Hosts: l.Hosts, Hashed: l.Hashed, Marker: l.Marker, Algorithm: l.Type}
	for _, h := range l.For {
		item.For = append(item.For, h.String())
	}
	if l.Key != nil {
		item.Algorithm, item.Fingerprint = l.Key.Algorithm().Name, l.Key.Fingerprint()
	}
	if done != nil {
		item.Removed, item.Backup = &done.removed, done.backup
	}
	if k.json {
		return k.printJSON(item)
	}
	text := catalog.T("known.line", "place", place(l), "entry", k.entry(item))
	switch {
	case done != nil && done.removed:
		text = catalog.T("known.gone", "line", text)
	case done != nil:
		text = catalog.T("known.would-go", "line", text)
	}
	k.printf("%s\n", formats.Visible(k.words.Say(text)))
	return nil
}

func place(l hostkeys.Line) catalog.Text {
	return catalog.T("known.place", "file", l.File, "line", l.Number)
}

// entry is a line in words: marker, hosts, key type and fingerprint, and the hosts
// that were asked for where that does not show.
func (k *knownHosts) entry(item knownHostJSON) string {
	hosts, fingerprint := item.Hosts, item.Fingerprint
	if item.Hashed {
		hosts = k.words.Say(catalog.T("known.hashed"))
	}
	if fingerprint == "" {
		fingerprint = k.words.Say(catalog.T("known.unreadable"))
	}
	words := []string{hosts, item.Algorithm, fingerprint}
	if item.Marker != "" {
		words = slices.Insert(words, 0, item.Marker)
	}
	said := strings.Join(words, " ")
	if len(item.For) == 1 && strings.EqualFold(item.For[0], item.Hosts) {
		return said
	}
	return k.words.Say(catalog.T("known.for", "entry", said, "hosts", k.words.List(item.For)))
}
