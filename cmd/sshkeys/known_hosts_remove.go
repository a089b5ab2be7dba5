package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/internal/catalog"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/shellword"
)

func (a *app) knownHostsRemoveCommand() *cobra.Command {
	var opt knownHostsOptions
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "remove HOST…",
		Short: "Remove a host's entries, as ssh-keygen -R does, and keep the old file",
		Example: `  sshkeys known-hosts remove gw.ddbj.nig.ac.jp gw2.ddbj.nig.ac.jp
  sshkeys known-hosts remove ftp-private.ddbj.nig.ac.jp 133.39.224.111
  sshkeys known-hosts remove --dry-run --for ddbj`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.service = service.service()
			k := &knownHosts{app: a, opt: opt, verb: "remove"}
			return k.remove(cmd.Context(), args)
		},
	}
	service = a.knownHostsFlags(cmd, &opt)
	cmd.Flags().BoolVar(&opt.dryRun, "dry-run", false, "show what would go, and change nothing")
	return cmd
}

// remove is the command.
func (k *knownHosts) remove(ctx context.Context, args []string) error {
	if k.opt.file == stdinName {
		return k.usageIn("known.stdin")
	}
	if err := k.settle(args); err != nil {
		return err
	}
	files, err := k.userFiles()
	if err != nil {
		return err
	}
	gone := 0
	err = k.each(files, func(file string) error {
		removal, now, backup, err := k.take(ctx, file)
		if err != nil {
			k.failed = true
			return k.asRoot(file, err)
		}
		gone += len(removal.Gone)
		k.found = append(append(k.found, removal.Gone...), removal.Kept...)
		if err := k.tellRemoval(removal, file, backup); err != nil {
			return err
		}
		return k.tellFormerIn(now, file)
	})
	if err != nil {
		return err
	}
	k.tellMissing(files)
	k.tellGlobal()
	if gone == 0 {
		k.exit(exitNo)
		k.note("%s", k.words.Say(catalog.T("known.nothing")))
	}
	return nil
}

// take takes the hosts' lines out of one file and returns what is in it then, and
// the name that the old one has. It tries again where another program was faster.
func (k *knownHosts) take(ctx context.Context, file string) (removal hostkeys.Removal, now []byte, backup string, err error) {
	const tries = 100 // each that fails is one of another program that did not
	for try := 1; ; try++ {
		old, err := keyfile.Read(file, maxKnownHosts)
		if err != nil {
			return removal, nil, "", err
		}
		removal = hostkeys.Remove(old, file, k.hosts)
		if len(removal.Gone) == 0 || k.opt.dryRun {
			return removal, old, "", nil
		}
		backup, err = replaceKnownHosts(ctx, file, old, removal.Rest)
		if err == nil || !errors.Is(err, keyfile.ErrChanged) || try == tries {
			return removal, removal.Rest, backup, err
		}
	}
}

// replaceKnownHosts puts data in the place of old, what was read from the file, and
// keeps that as NAME.bak. What another program wrote to it meanwhile is never lost:
// before the move it is keyfile.ErrChanged and nothing is done; after the check the
// backup has it, and the error says so.
func replaceKnownHosts(ctx context.Context, file string, old, data []byte) (backup string, err error) {
	backup, err = keyfile.Write(ctx, file, data, keyfile.WriteOptions{Force: true, Check: func([]byte) error {
		now, err := keyfile.Read(file, maxKnownHosts)
		if err == nil && !bytes.Equal(now, old) {
			err = fmt.Errorf("%s: %w", file, keyfile.ErrChanged)
		}
		return err
	}})
	if err != nil {
		return "", err
	}
	if kept, err := keyfile.Read(backup, maxKnownHosts); err != nil || !bytes.Equal(kept, old) {
		return backup, &lateWrite{file, backup}
	}
	return backup, nil
}

// lateWrite tells of what another program wrote at the last moment.
type lateWrite struct{ file, backup string }

func (e *lateWrite) Error() string {
	return fmt.Sprintf("%s was changed, and something else wrote to it at the same moment; that is kept in %s", e.file, e.backup)
}

// asRoot adds to an error the command that does the same for a file of the system.
func (k *knownHosts) asRoot(file string, err error) error {
	if late, ok := errors.AsType[*lateWrite](err); ok {
		return errors.New(k.words.Say(catalog.T("known.late", "file", late.file, "backup", late.backup)))
	}
	if !errors.Is(err, fs.ErrPermission) || runtime.GOOS == "windows" {
		return err
	}
	return withHint(err, "sudo "+k.command("remove", "-f", file))
}

// tellRemoval tells what went from a file, and what of it concerns others.
func (k *knownHosts) tellRemoval(removal hostkeys.Removal, file, backup string) error {
	for _, l := range removal.Gone {
		if err := k.print(l, &fate{!k.opt.dryRun, backup}); err != nil {
			return err
		}
	}
	for _, l := range removal.Gone {
		if others := l.Others(); others != nil {
			k.warn("%s", k.words.Say(catalog.T("known.others", "place", place(l), "others", k.words.List(others))))
		}
	}
	for _, l := range removal.Kept {
		k.tellKept(l)
	}
	if backup != "" {
		k.note("%s", k.words.Say(catalog.T("known.backup", "file", file, "count", len(removal.Gone), "backup", backup)))
	}
	return nil
}

// tellFormerIn looks for former addresses in a file as it is now.
func (k *knownHosts) tellFormerIn(now []byte, file string) error {
	if k.former == nil {
		return nil
	}
	lines, err := k.search(bytes.NewReader(now), file)
	_, former := k.divide(lines)
	k.tellFormer(former)
	return err
}

// tellKept says why a line stays that names a host.
func (k *knownHosts) tellKept(l hostkeys.Line) {
	why := catalog.T("known.kept-unreadable")
	switch l.Marker {
	case hostkeys.RevokedKey:
		why = catalog.T("known.kept-revoked")
	case hostkeys.Authority:
		why = catalog.T("known.kept-authority")
	}
	k.note("%s", k.words.Say(catalog.T("known.kept", "place", place(l), "why", why)))
}

// tellMissing names the hosts that no line names.
func (k *knownHosts) tellMissing(files []string) {
	where := k.words.List(files)
	if len(files) == 0 {
		where = k.words.Say(catalog.T("known.no-file"))
	}
	for _, h := range k.hosts {
		named := false
		for _, l := range k.found {
			named = named || l.Names(h)
		}
		if !named && !k.failed {
			k.note("%s", k.words.Say(catalog.T("known.none", "host", h, "files", where)))
		}
	}
}

// tellFormer tells of entries for an address that a host had before, and how they
// are removed with the host's.
func (k *knownHosts) tellFormer(lines []hostkeys.Line) {
	for _, f := range k.former {
		var places []catalog.Text
		for _, l := range lines {
			if l.Names(f.address) {
				places = append(places, place(l))
			}
		}
		if places == nil {
			continue
		}
		k.warn("%s", k.words.Say(catalog.T("known.former", "places", places, "address", f.address, "host", f.host)))
		words := []string{"sshkeys", "known-hosts", "remove"}
		if k.opt.file != "" && k.opt.file != stdinName {
			words = append(words, "-f", k.opt.file)
		}
		k.hint(shellword.Join(append(words, f.host, f.address.String())))
	}
}

// tellGlobal tells of entries in the machine's own files, which are not touched.
func (k *knownHosts) tellGlobal() {
	for _, file := range k.globalFiles() {
		lines, err := k.look(file)
		lines, _ = k.divide(lines)
		if err != nil || len(lines) == 0 {
			continue
		}
		var places []string
		for _, l := range lines {
			places = append(places, k.words.Say(place(l)))
		}
		k.warn("%s", k.words.Say(catalog.T("known.global", "places", strings.Join(places, ", "))))
		command := k.command("remove", "-f", file)
		if runtime.GOOS != "windows" {
			command = "sudo " + command
		}
		k.hint(command)
	}
}
