// Package diagnose judges facts that were gathered elsewhere and says what is
// wrong, why, and what to type. It is pure, but for probe.go, the one file of the
// project that touches the network.
package diagnose

import (
	"slices"

	"sshkeys/internal/catalog"
	"sshkeys/internal/shellword"
	"sshkeys/perms"
)

// Severity of a finding.
type Severity string

const (
	Error   Severity = "error"   // something will refuse the key, or the login fails
	Warning Severity = "warning" // it works, and should not stay so
	Info    Severity = "info"    // good to know
)

// Finding is one problem, in no language yet. Its code is the catalogue's
// (spec/symptoms.md).
type Finding struct {
	Code     string
	Severity Severity
	File     string         // that it is about, as the system names it; "" for none
	Line     int            // of File, 1-based; 0 for the whole
	Last     int            // the last of several lines; 0 where it is one
	Cause    catalog.Text   // one sentence
	Evidence []catalog.Text // what was seen; never key material
	Advice   catalog.Text   // what to do where no command does it
	// Command is what sshkeys is called with to mend it; the doctor's --fix does
	// just that. Its first word is "sshkeys".
	Command []string
	// Choice tells that a person has to agree before Command is run: it takes
	// something away, or there is more than one way.
	Choice bool
	// Hint is a command line for a person, where that is not Command.
	Hint string
}

// Said is a finding in words, for a person or a program.
type Said struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`
	Last     int      `json:"last,omitempty"`
	Message  string   `json:"message"`
	Evidence []string `json:"evidence,omitempty"`
	Advice   string   `json:"advice,omitempty"`
	Hint     string   `json:"hint"`
	Fixable  bool     `json:"fixable"`
}

// In says a finding in a language.
func (f Finding) In(l catalog.Lang) Said {
	s := Said{
		Code: f.Code, Severity: f.Severity, File: f.File, Line: f.Line, Last: f.Last,
		Message: l.Say(f.Cause), Advice: l.Say(f.Advice), Hint: f.Hint, Fixable: len(f.Command) > 0,
	}
	for _, e := range f.Evidence {
		s.Evidence = append(s.Evidence, l.Say(e))
	}
	if s.Hint == "" {
		s.Hint = shellword.Join(f.Command)
	}
	return s
}

// Sort puts what stops a login first; the order among equals stays.
func Sort(found []Finding) {
	rank := map[Severity]int{Error: 0, Warning: 1, Info: 2}
	slices.SortStableFunc(found, func(a, b Finding) int { return rank[a.Severity] - rank[b.Severity] })
}

// Permissions gives findings about a file's permissions the form of all others.
func Permissions(file string, found []perms.Finding) []Finding {
	var same []Finding
	for _, p := range found {
		f := Finding{Code: p.Code, Severity: Severity(p.Severity), File: file, Cause: PermsText(p.Text), Hint: p.Command}
		if p.Fixable {
			f.Command = []string{"sshkeys", "fixperms", file}
			if p.Text.Values["mount"] != nil {
				f.Hint = "" // chmod may change nothing there: fixperms finds out, and says what does
			}
		}
		same = append(same, f)
	}
	return same
}

// Worst tells whether something is there that a person should act on: errors and
// warnings do not let the doctor exit with 0.
func Worst(found []Finding) bool {
	return slices.ContainsFunc(found, func(f Finding) bool { return f.Severity != Info })
}
