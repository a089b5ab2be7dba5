package diagnose

import (
	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/internal/shellword"
)

// ListProblem gives a problem of a list's lines the form of all other findings. What
// Fix undoes has the command that does it; a private key is to be replaced.
func ListProblem(file string, p listlint.Problem) Finding {
	f := Finding{Code: p.Code, Severity: Severity(p.Severity), File: file, Line: p.Line, Cause: p.Cause, Evidence: p.Evidence, Advice: p.Advice}
	if p.Last > p.Line {
		f.Last = p.Last
	}
	if p.Err != nil {
		f.Evidence = append(f.Evidence, ErrorText(p.Err))
	}
	switch {
	case p.Mendable:
		f.Command, f.Advice = mendList(file), catalog.Text{}
	case p.Defect == formats.PrivateKey:
		f.Hint = "sshkeys generate"
	}
	return f
}

// mendList is the command that undoes damage to a list.
func mendList(file string) []string {
	return []string{"sshkeys", "authorize", "--fix", "--file", fileArg(file)}
}

// MendListHint is that command as it is typed.
func MendListHint(file string) string { return shellword.Join(mendList(file)) }
