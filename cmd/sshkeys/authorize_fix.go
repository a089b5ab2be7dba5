package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/authorized"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/listlint"
	"sshkeys/keytool"
)

// fixJSON is one thing that was wrong with a list.
type fixJSON struct {
	File         string            `json:"file"`
	Line         int               `json:"line,omitempty"` // of the list before it was mended
	Last         int               `json:"last,omitempty"`
	Code         string            `json:"code"`
	Severity     diagnose.Severity `json:"severity"`
	Message      string            `json:"message"`
	Mended       bool              `json:"mended"`
	Applied      bool              `json:"applied"`                // not with --dry-run
	Fingerprints []string          `json:"fingerprints,omitempty"` // of keys that sshd reads now
	Advice       string            `json:"advice,omitempty"`
	Backup       string            `json:"backup,omitempty"`
}

// listFixer is one run of authorize --fix.
type listFixer struct {
	*authorizer
	fixed  authorized.Fixed
	left   []listlint.Problem // what sshd still reads nothing of
	backup string
}

// authorizeFix is the command with --fix: its one argument is the list.
func (a *app) authorizeFix(ctx context.Context, opt authorizeOptions, files []string) error {
	switch {
	case !opt.fix:
		return usagef("--dry-run is for --fix")
	case opt.options || opt.recast:
		return usagef("--fix adds no keys: --options and --comment have nothing to say there")
	case len(files) > 1 || len(files) == 1 && opt.file != "":
		return usagef("--fix mends one list")
	case len(files) == 1:
		opt.file = files[0]
	}
	z := &authorizer{app: a, opt: opt}
	if err := z.choosePath(); err != nil {
		return err
	}
	z.warnOfHome()
	return z.fix(ctx)
}

// fix mends the list.
func (z *authorizer) fix(ctx context.Context) error {
	f := &listFixer{authorizer: z}
	return z.each([]string{z.path}, func(string) error {
		if err := f.mend(ctx); err != nil {
			return err
		}
		if err := f.tell(); err != nil {
			return err
		}
		if len(f.left) > 0 {
			z.exit(exitNo)
		}
		z.judgePermissions(ctx)
		return nil
	})
}

// mend mends the list as it is now; once more where another program was faster.
func (f *listFixer) mend(ctx context.Context) error {
	const tries = 100 // each that fails is one of another program that did not
	for try := 1; ; try++ {
		old, err := keyfile.Read(f.path, maxAuthorized)
		if err != nil {
			return f.explain(err)
		}
		if isKnownHosts(f.path, old) {
			return errors.New(f.words.Say(catalog.T("fix.known_hosts")))
		}
		f.fixed = authorized.Fix(old)
		after := f.fixed.Data
		if f.opt.dryRun {
			after = old // whose lines are told
		}
		if f.left, err = leftIn(after); err != nil {
			return err
		}
		if len(f.fixed.Mended) == 0 || f.opt.dryRun {
			return nil
		}
		opt := keyfile.WriteOptions{Check: func(readBack []byte) error {
			if !bytes.Equal(readBack, f.fixed.Data) {
				return errors.New("the old lines are not all in what was written")
			}
			return authorized.Proved(old, readBack)
		}}
		f.backup, err = keyfile.ReplaceKept(ctx, f.path, old, f.fixed.Data, opt)
		if !errors.Is(err, keyfile.ErrChanged) || try == tries {
			return err
		}
	}
}

// explain names the command that makes a list which is not there.
func (f *listFixer) explain(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return withHint(err, f.again("--file", "FILE"))
	}
	return err
}

// leftIn are a list's lines that sshd passes over and nobody can mend.
func leftIn(data []byte) ([]listlint.Problem, error) {
	var left []listlint.Problem
	err := authorized.Lint(bytes.NewReader(data), authorized.LintOptions{Now: time.Now()}, func(p listlint.Problem) error {
		if p.Drops && !p.Mendable {
			left = append(left, p)
		}
		return nil
	})
	return left, err
}

// tell tells what was mended, and then what is left.
func (f *listFixer) tell() error {
	for _, m := range f.fixed.Mended {
		if err := f.tellMended(m); err != nil {
			return err
		}
	}
	for _, p := range f.left {
		if err := f.tellLeft(p); err != nil {
			return err
		}
	}
	if len(f.fixed.Mended) == 0 && len(f.left) == 0 && !f.json {
		f.printf("%s\n", formats.Visible(f.words.Say(catalog.T("fix.nothing", "file", f.path))))
	}
	if f.backup != "" {
		f.note("%s", f.words.Say(catalog.T("fix.backup", "backup", f.backup)))
	}
	return nil
}

func (f *listFixer) tellMended(m authorized.Mended) error {
	said := diagnose.ListProblem(f.path, m.Problem).In(f.words)
	if f.json {
		item := f.item(said)
		item.Mended, item.Applied, item.Advice, item.Backup = true, !f.opt.dryRun, "", f.backup
		for _, k := range m.Keys {
			item.Fingerprints = append(item.Fingerprints, k.Fingerprint())
		}
		return f.printJSON(item)
	}
	id, key := "fix.mended", "fix.key"
	switch {
	case m.Code == "L01" && f.opt.dryRun:
		id = "fix.would_drop"
	case m.Code == "L01":
		id = "fix.dropped"
	case f.opt.dryRun:
		id, key = "fix.would", "fix.would_key"
	}
	f.line(id, said)
	for _, k := range m.Keys {
		f.printf("  %s\n", formats.Visible(f.words.Say(catalog.T(key, "key", formats.FingerprintLine(k, keytool.SHA256)))))
	}
	return nil
}

func (f *listFixer) tellLeft(p listlint.Problem) error {
	said := diagnose.ListProblem(f.path, p).In(f.words)
	if f.json {
		return f.printJSON(f.item(said))
	}
	f.line("fix.left", said)
	if said.Advice != "" {
		f.printf("  %s\n", formats.Visible(said.Advice))
	}
	return nil
}

func (f *listFixer) item(said diagnose.Said) fixJSON {
	return fixJSON{File: f.path, Line: said.Line, Last: said.Last, Code: said.Code, Severity: said.Severity, Message: f.withEvidence(said), Advice: said.Advice}
}

// line prints what became of lines of the list.
func (f *listFixer) line(id string, said diagnose.Said) {
	where := f.path
	switch {
	case said.Last > 0:
		where = fmt.Sprintf("%s:%d-%d", f.path, said.Line, said.Last)
	case said.Line > 0:
		where = fmt.Sprintf("%s:%d", f.path, said.Line)
	}
	f.printf("%s\n", formats.Visible(f.words.Say(catalog.T(id, "place", where, "what", f.withEvidence(said)))))
}
