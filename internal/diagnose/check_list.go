package diagnose

import (
	"bytes"
	"slices"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/shellword"
)

// listChecks are about the account's own authorized_keys: lines of which sshd makes
// nothing, or not what was meant. They stop logins to this machine, so where
// another host is asked about they are warnings. The doctor changes no list by
// itself: which line was meant a person knows.
func listChecks(v *Visit) []Finding {
	var found []Finding
	for _, l := range v.Authorized {
		if bytes.IndexByte(l.Raw, 0) >= 0 {
			found = append(found, listFinding(v, l, 0, "D03", catalog.T("D03.binary"), catalog.T("defect.utf16")))
			continue
		}
		found = append(found, damagedLines(v, l)...)
	}
	return found
}

// damagedLines are the list's defects, and behind them the lines that cannot be
// read for no reason known here.
func damagedLines(v *Visit, l List) []Finding {
	var found []Finding
	defects := formats.ScanDefects(l.Raw)
	for _, d := range defects {
		found = append(found, damagedLine(v, l, d))
	}
	for _, e := range l.Entries {
		told := slices.ContainsFunc(defects, func(d formats.LineDefect) bool { return d.Line <= e.Line && e.Line <= d.Last })
		if e.Err != nil && !told {
			found = append(found, listFinding(v, l, e.Line, "D03", catalog.T("D03.unread"), ErrorText(e.Err)))
		}
	}
	return found
}

// damagedLine is one defect of a list: P03 for what pasting did to a line, D03 for
// what is no line of a list at all.
func damagedLine(v *Visit, l List, d formats.LineDefect) Finding {
	code, cause := "P03", catalog.T("P03.line")
	switch d.Defect {
	case formats.SSH2Text:
		code, cause = "D03", catalog.T("D03.ssh")
	case formats.JoinedKeys:
		code, cause = "D03", catalog.T("D03.joined")
	case formats.PrivateKey:
		f := listFinding(v, l, d.Line, "P09", catalog.T("P09.list"))
		f.Advice = catalog.T("P09.advice")
		return f
	}
	return listFinding(v, l, d.Line, code, cause, defectText(d.Defect))
}

func listFinding(v *Visit, l List, line int, code string, cause catalog.Text, evidence ...catalog.Text) Finding {
	f := Finding{Code: code, Severity: Error, File: l.Path, Line: line, Cause: cause, Evidence: evidence,
		Advice: catalog.T("D03.advice"), Hint: "sshkeys authorize --file " + shellword.Name(l.Path) + " NEW.pub"}
	if v.Client != nil {
		f.Severity = Warning
	}
	return f
}
