package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"sshkeys/formats"
	"sshkeys/perms"
)

// permsJSON is one finding about one file, as spec/cli.md names its parts.
type permsJSON struct {
	Path      string         `json:"path"`
	PathBytes []byte         `json:"path_bytes,omitempty"` // the path where it is no UTF-8, which JSON cannot say
	Role      perms.Role     `json:"role"`
	Code      string         `json:"code"`
	Severity  perms.Severity `json:"severity"`
	Message   string         `json:"message"`
	Hint      string         `json:"hint"`
	Got       string         `json:"got"`
	Want      string         `json:"want"`
	Change    string         `json:"change"` // "" where this program cannot mend it
	Applied   bool           `json:"applied"`
	Verified  bool           `json:"verified"` // looked again, and it is gone
}

// pathBytes is a path for path_bytes: nil where the path itself can be said.
func pathBytes(path string) []byte {
	if utf8.ValidString(path) {
		return nil
	}
	return []byte(path)
}

// whyNot names what keeps one from changing a file, where no permission of the
// file does: then no chmod that is typed helps either. own: it is the user's.
func whyNot(path string, err error, own bool) (why error, chmodFails bool) {
	tell := func(text string, command ...string) (error, bool) {
		return withHint(fmt.Errorf("%s: %s: %w", path, text, reason(err)), strings.Join(command, " ")+" "+quote(path)), true
	}
	switch {
	case runtime.GOOS == "windows" || err == nil:
	case errors.Is(err, syscall.EROFS) && runtime.GOOS == "linux":
		return tell("the file system is mounted read-only", "findmnt", "-T")
	case errors.Is(err, syscall.EROFS):
		return tell("the file system is mounted read-only", "df")
	case !own || !errors.Is(err, syscall.EPERM):
	case runtime.GOOS == "linux":
		return tell("it is yours, and the system refuses (is it immutable?)", "lsattr", "-d")
	default:
		return tell("it is yours, and the system refuses (is it immutable?)", "ls", "-ldO")
	}
	return err, false
}

// owned tells whether one may change a file, as far as its owner says.
func owned(facts perms.Facts) bool {
	return facts.Posix != nil && slices.Contains([]int{0, facts.Posix.UID}, os.Geteuid())
}

// reason is an error of the system without the file and the call.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// tell prints what is to be said of one file, and counts it. What was done is
// shown at once: the run may take a while.
func (f *fixer) tell(r perms.Report) {
	defer f.flush()
	path := r.Facts.Path
	if who := r.Facts.Account.Name; r.Facts.AsRoot && who != "" && !slices.Contains(f.judged, who) {
		f.judged = append(f.judged, who)
		f.note("judged as the ssh of %s", who)
	}
	err, chmodFails := whyNot(path, r.Err, owned(r.Facts))
	if chmodFails {
		r.Findings = withoutChmod(r.Findings)
	}
	o := outcomeOf(r, f.opt)
	f.fixable = f.fixable || (f.opt.check || f.opt.dryRun) && !r.Change.Empty()
	if f.json {
		f.tellJSON(r, o)
	} else {
		f.tellText(r, o)
	}
	if r.Err != nil {
		f.failed++
		f.fail(path, err)
	}
	if len(o.mended) > 0 {
		f.mended++
	}
	switch {
	case perms.Refused(o.left):
		f.refused = append(f.refused, path)
	case len(o.left) > 0:
		f.advised++
	}
	if perms.Refused(o.left) || f.opt.dryRun && perms.Refused(o.mended) {
		f.exit(exitNo)
	}
}

// withoutChmod drops the commands that would fail as this program did.
func withoutChmod(found []perms.Finding) []perms.Finding {
	found = slices.Clone(found)
	for i := range found {
		if strings.HasPrefix(found[i].Command, "chmod ") {
			found[i].Command = ""
		}
	}
	return found
}

// outcome parts the findings of a file: what the change mends, and what is left.
type outcome struct{ mended, left []perms.Finding }

// outcomeOf asks the second look where there was one, else the plan.
func outcomeOf(r perms.Report, opt fixOptions) outcome {
	var o outcome
	looked := r.Err == nil && !opt.check && !opt.dryRun
	if looked {
		o.left = r.Remaining
	}
	for _, finding := range r.Findings {
		switch {
		case r.Applied && looked && !stays(finding, r.Remaining), opt.dryRun && finding.Fixable:
			o.mended = append(o.mended, finding)
		case !looked:
			o.left = append(o.left, finding)
		}
	}
	return o
}

// stays tells whether a later look found the same thing again.
func stays(f perms.Finding, later []perms.Finding) bool {
	return slices.ContainsFunc(later, func(l perms.Finding) bool { return l.Code == f.Code })
}

// tellJSON prints a line for each finding, and for what came up in the second look.
func (f *fixer) tellJSON(r perms.Report, o outcome) {
	item := func(finding perms.Finding) permsJSON {
		j := permsJSON{
			Path: r.Facts.Path, PathBytes: pathBytes(r.Facts.Path), Role: r.Facts.Role, Code: finding.Code, Severity: finding.Severity, Message: finding.Message,
			Hint: finding.Command, Got: finding.Got, Want: finding.Want,
		}
		if finding.Fixable {
			j.Change = r.Change.String()
		}
		return j
	}
	for _, finding := range r.Findings {
		j := item(finding)
		j.Applied = r.Applied && finding.Fixable
		j.Verified = j.Applied && !stays(finding, o.left)
		f.printJSON(j)
	}
	for _, finding := range o.left {
		if !stays(finding, r.Findings) {
			f.printJSON(item(finding))
		}
	}
}

// tellText prints a line for the change, and one for each finding that is left.
func (f *fixer) tellText(r perms.Report, o outcome) {
	if len(o.mended) > 0 {
		word := "mended"
		if f.opt.dryRun {
			word = "to do"
		}
		f.line("%s: %s: %s%s: %s", r.Facts.Path, word, f.change(r.Change.String()), fromTo(r), f.sentences(o.mended))
	}
	for _, finding := range o.left {
		f.line("%s: %s [%s] %s", r.Facts.Path, finding.Severity, finding.Code, f.sentences([]perms.Finding{finding}))
		if finding.Command != "" {
			f.line("  type: %s", finding.Command)
		}
	}
}

// change names a change for people: few read the language of Windows' descriptors.
func (f *fixer) change(text string) string {
	if strings.HasPrefix(text, "set ") && !f.verbose {
		return "new access list"
	}
	return text
}

// sentences joins messages; with -v each has the function whose rule it is.
func (f *fixer) sentences(found []perms.Finding) string {
	var parts []string
	for _, finding := range found {
		text := finding.Message
		if f.verbose && finding.Source != "" {
			text += " (" + finding.Source + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " ")
}

// fromTo is the mode before and after a change.
func fromTo(r perms.Report) string {
	if r.Facts.Posix == nil || r.Change.Mode == nil {
		return ""
	}
	return fmt.Sprintf(" (%04o → %04o)", r.Facts.Posix.Mode, *r.Change.Mode)
}

// summary is the last line: how many files, and what is left of them.
func (f *fixer) summary() {
	parts := []string{count(f.looked, "file") + " looked at"}
	switch {
	case f.opt.dryRun && f.mended > 0:
		parts = append(parts, fmt.Sprintf("%d to mend", f.mended))
	case f.mended > 0:
		parts = append(parts, fmt.Sprintf("%d mended (sshkeys fixperms --undo takes it back)", f.mended))
	}
	switch n := len(f.refused); {
	case n > 0 && f.opt.check:
		parts = append(parts, fmt.Sprintf("%d refused by ssh or sshd: %s", n, some(f.refused)))
	case n > 0:
		parts = append(parts, fmt.Sprintf("%d left: %s", n, some(f.refused)))
	case f.failed > 0 || f.opt.dryRun && f.mended > 0:
	case f.looked == 1:
		parts = append(parts, "ssh accepts it")
	default:
		parts = append(parts, "ssh accepts them all")
	}
	if f.advised > 0 {
		parts = append(parts, fmt.Sprintf("advice on %d", f.advised))
	}
	if f.failed > 0 {
		parts = append(parts, fmt.Sprintf("%d could not be treated", f.failed))
	}
	f.note("%s", strings.Join(parts, "; "))
	if f.verbose && f.journal != nil {
		f.note("the journal is %s", f.journal.Path())
	}
}

// some names the first of many files.
func some(paths []string) string {
	const shown = 3
	if len(paths) > shown {
		return strings.Join(paths[:shown], ", ") + ", …"
	}
	return strings.Join(paths, ", ")
}

func count(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}

// line prints one line of the result.
func (f *fixer) line(format string, args ...any) {
	f.printf("%s\n", formats.Visible(fmt.Sprintf(format, args...)))
}
