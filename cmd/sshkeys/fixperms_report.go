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
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
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
			Path: r.Facts.Path, PathBytes: pathBytes(r.Facts.Path), Role: r.Facts.Role, Code: finding.Code, Severity: finding.Severity,
			Message: f.words.Say(diagnose.PermsText(finding.Text)), Hint: finding.Command, Got: finding.Got, Want: finding.Want,
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
		id := "fixperms.mended"
		if f.opt.dryRun {
			id = "fixperms.to_do"
		}
		f.line(catalog.T(id, "path", r.Facts.Path, "change", f.change(r.Change.String()), "modes", fromTo(r), "sentences", f.sentences(o.mended)))
	}
	for _, finding := range o.left {
		severity := severityText(diagnose.Severity(finding.Severity))
		f.line(catalog.T("fixperms.left", "path", r.Facts.Path, "severity", severity, "code", finding.Code, "sentences", f.sentences([]perms.Finding{finding})))
		if finding.Command != "" {
			f.line(catalog.T("fixperms.type", "command", finding.Command))
		}
	}
}

// change names a change for people: few read the language of Windows' descriptors.
func (f *fixer) change(text string) catalog.Text {
	if strings.HasPrefix(text, "set ") && !f.verbose {
		return catalog.T("fixperms.access_list")
	}
	return verbatim(text)
}

// sentences joins messages; with -v each has the function whose rule it is.
func (f *fixer) sentences(found []perms.Finding) catalog.Text {
	var parts []catalog.Text
	for _, finding := range found {
		text := diagnose.PermsText(finding.Text)
		if f.verbose && finding.Source != "" {
			text = catalog.T("fixperms.by_rule", "sentence", text, "rule", finding.Source)
		}
		parts = append(parts, text)
	}
	return chain("fixperms.sentences", parts)
}

// chain makes one text of several, of which id joins {first} and {rest}.
func chain(id string, parts []catalog.Text) catalog.Text {
	last := len(parts) - 1
	all := parts[last]
	for _, part := range slices.Backward(parts[:last]) {
		all = catalog.T(id, "first", part, "rest", all)
	}
	return all
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
	var parts []catalog.Text
	add := func(id string, n int) { parts = append(parts, catalog.T(id, "count", n, "paths", some(f.refused))) }
	if f.looked == 1 {
		add("fixperms.looked_one", 1)
	} else {
		add("fixperms.looked", f.looked)
	}
	switch {
	case f.opt.dryRun && f.mended > 0:
		add("fixperms.count_to_mend", f.mended)
	case f.mended > 0:
		add("fixperms.count_mended", f.mended)
	}
	switch n := len(f.refused); {
	case n > 0 && f.opt.check:
		add("fixperms.count_refused", n)
	case n > 0:
		add("fixperms.count_left", n)
	case f.failed > 0 || f.opt.dryRun && f.mended > 0:
	case f.looked == 1:
		add("fixperms.accepts_it", 1)
	default:
		add("fixperms.accepts_all", f.looked)
	}
	if f.advised > 0 {
		add("fixperms.count_advice", f.advised)
	}
	if f.failed > 0 {
		add("fixperms.count_failed", f.failed)
	}
	f.note("%s", f.words.Say(chain("fixperms.parts", parts)))
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
func (f *fixer) line(t catalog.Text) { f.printf("%s\n", formats.Visible(f.words.Say(t))) }
