package diagnose

import (
	"bytes"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/authorized"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/internal/shellword"
)

// listChecks are about the account's own authorized_keys: lines of which sshd makes
// nothing, or not what was meant. They stop logins to this machine, so where
// another host is asked about they are warnings. What else inspect has to say of a
// list is no reason why a login fails. Damage that has one reading is mended; of other
// lines a person knows what was meant.
func listChecks(v *Visit) []Finding {
	var found []Finding
	for _, l := range v.Authorized {
		opt := authorized.LintOptions{Now: time.Time{}}
		// The error is tell's, and there is none.
		_ = authorized.Lint(bytes.NewReader(l.Raw), opt, func(p listlint.Problem) error {
			if p.Drops {
				found = append(found, droppedLine(v, l, p))
			}
			return nil
		})
	}
	return found
}

// droppedLine is a line that logs nobody in: P03 for what pasting did to it, D03 for
// what is no line of a list at all, P09 for a private key.
func droppedLine(v *Visit, l List, p listlint.Problem) Finding {
	f := ListProblem(l.Path, p)
	switch f.Code = "D03"; p.Defect {
	case formats.SplitLine, formats.LostLetter, formats.OddBlank, formats.ZeroWidth, formats.ByteOrderMark:
		f.Code, f.Cause = "P03", catalog.T("P03.line")
		f.Evidence = append(f.Evidence, defectText(p.Defect))
	case formats.SSH2Text:
		f.Cause = catalog.T("D03.ssh")
	case formats.JoinedKeys:
		f.Cause = catalog.T("D03.joined")
	case formats.PrivateKey:
		f.Code = p.Code
	}
	if v.Client != nil {
		f.Severity = Warning
	}
	if f.Command == nil && f.Code != "P09" {
		f.Advice, f.Hint = catalog.T("D03.advice"), "sshkeys authorize --file "+shellword.Name(l.Path)+" NEW.pub"
	}
	return f
}
