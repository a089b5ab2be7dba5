package diagnose

import (
	"slices"

	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
)

// purposeChecks are about keys that are used for what they are not for. A purpose
// is likely at most where names and places alone speak for it, so the doctor says
// what it rests on.
func purposeChecks(v *Visit) []Finding {
	var found []Finding
	for i := range v.Keys {
		c := &v.Keys[i]
		if c.Envelope == nil || !c.isPrivate() {
			continue
		}
		own := wrongType(v, c)
		if c.Offered && v.forSSH() {
			own = append(own, datasetLogin(v, i)...)
		}
		own = append(own, bothPurposes(c)...)
		found = append(found, c.weigh(own)...)
	}
	return found
}

// datasetLogin is a data set's key that ssh is to log in with.
func datasetLogin(v *Visit, i int) []Finding {
	c := &v.Keys[i]
	if c.Purpose.CrossUse(keytool.Auth).IsZero() || c.Purpose.Value != keytool.Dataset {
		return nil
	}
	f := Finding{Code: "P06", Severity: Error, File: c.Name, Cause: catalog.T("P06.likely"), Advice: catalog.T("P06.other"), Evidence: c.purposeEvidence()}
	others := loginKeys(v)
	switch {
	case c.Envelope.Kind.IsDataset():
		f.Cause = catalog.T("P06.certain", "format", FormatTitle(c.Envelope.Format))
	case slices.ContainsFunc(v.Registered, c.Key.Equal):
		f.Severity, f.Cause = Warning, catalog.T("E04.registered")
		f.Code = "E04"
	case v.otherGood(i):
		f.Severity = Warning
	}
	if len(others) > 0 {
		f.Evidence = append(f.Evidence, catalog.T("K08.candidates", "files", namesOf(others)))
		f.Hint = v.loginWith(others[0])
	} else {
		f.Hint = v.generate()
	}
	return []Finding{f}
}

// purposeEvidence says what the verdict on a key's purpose rests on.
func (c *Candidate) purposeEvidence() []catalog.Text {
	var texts []catalog.Text
	for _, t := range c.Purpose.Texts {
		texts = append(texts, PurposeText(t))
	}
	return texts
}

// otherGood tells whether ssh offers another key that nothing speaks against.
func (v *Visit) otherGood(i int) bool {
	for j := range v.Keys {
		c := &v.Keys[j]
		if j == i || !c.Offered || !v.readableBySSH(c) || !c.Purpose.CrossUse(keytool.Auth).IsZero() {
			continue
		}
		if _, refused := services.Refused(c.Verdicts); !refused {
			return true
		}
	}
	return false
}

// wrongType is a key that claims to be for an archive's data sets, of a type that
// the archive does not take. It stops no login.
func wrongType(v *Visit, c *Candidate) []Finding {
	conflict, ok := c.conflict("E02")
	if !ok {
		return nil
	}
	f := Finding{Code: "E02", Severity: Warning, File: c.Name, Cause: PurposeText(conflict.Text), Advice: catalog.T("E02.advice")}
	archive := keytool.ArchiveOf(c.base())
	if archive != "" {
		f.Hint = shellword.Join([]string{"sshkeys", "generate", "--for", archive, "--purpose", "dataset", c.base() + "-rsa"})
	}
	if len(v.Data) > 0 || v.Service != nil && v.Service.ID == archive {
		f.Severity = Error
	}
	return []Finding{f}
}

// bothPurposes is one key that logs in and opens data, where nobody wants that.
func bothPurposes(c *Candidate) []Finding {
	conflict, ok := c.conflict("E04")
	if !ok {
		return nil
	}
	f := Finding{Code: "E04", Severity: Warning, File: c.Name, Cause: PurposeText(conflict.Text), Advice: catalog.T("E04.advice"),
		Evidence: c.purposeEvidence(), Hint: shellword.Join([]string{"sshkeys", "purpose", fileArg(c.Name)})}
	if p := c.Purpose; p.Registered && p.Value != keytool.Auth|keytool.Dataset {
		f.Severity, f.Advice = Info, catalog.Text{} // its owner said which
	}
	return []Finding{f}
}

// conflict is what speaks against the key's use, by its code.
func (c *Candidate) conflict(code string) (keytool.Conflict, bool) {
	i := slices.IndexFunc(c.Purpose.Conflicts, func(k keytool.Conflict) bool { return k.Code == code })
	if i < 0 {
		return keytool.Conflict{}, false
	}
	return c.Purpose.Conflicts[i], true
}
