// Package listlint finds what is wrong with the lines of a list of keys, whatever
// the list is for: it reads authorized_keys and known_hosts files of any length, line
// by line as OpenSSH's C does, and says what copying and pasting did to the lines
// that OpenSSH makes nothing of. What a line means is its caller's matter.
package listlint

import (
	"sshkeys/formats"
	"sshkeys/internal/catalog"
)

// Severity of a problem, with the words of the doctor's findings.
type Severity string

const (
	Error   Severity = "error"   // ssh or sshd drops or misreads the line
	Warning Severity = "warning" // it works, and should not stay so
	Info    Severity = "info"
)

// Problem is something that is wrong with lines of a list.
type Problem struct {
	Code       string // the catalogue's: R01 and on for damage, L01 and on, others
	Severity   Severity
	Line, Last int            // from where to where, 1-based
	Cause      catalog.Text   // one sentence
	Evidence   []catalog.Text // never key material
	Err        error          // why the line has no key, where its text gives no more
	Advice     catalog.Text   // what a person does
	Defect     formats.Defect // of damage
	// Mendable tells damage that `authorize --fix` was found to undo.
	Mendable bool
	// Drops tells that a key of these lines logs nobody in: damage to a comment does not.
	Drops bool
}

// At is the problem with its place.
func (p Problem) At(line int) Problem {
	p.Line, p.Last = line, line
	return p
}

// About makes an error of a code that names its cause and what to do.
func About(code string, cause, advice catalog.Text) *Problem {
	return &Problem{Code: code, Severity: Error, Cause: cause, Advice: advice, Drops: true}
}

// Reason is why a line has no key, without the line's number; nil where the line has
// nothing of a key, and there is no more to say.
func Reason(err error) error {
	s, is := err.(*formats.SyntaxError)
	if !is {
		return err
	}
	if s.Field == "" {
		return nil
	}
	same := *s
	same.Line = 0
	return &same
}
