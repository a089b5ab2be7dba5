package diagnose

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/keytool"
)

// pairChecks are about which halves belong together, and about public keys: what
// is registered, what lies beside a private key (KeyFile), what was pasted.
func pairChecks(v *Visit) []Finding {
	var found []Finding
	for i := range v.Keys {
		c := &v.Keys[i]
		own := foreignHalf(c)
		switch {
		case c.isPrivate() && c.From == FromRegistered:
			own = []Finding{{Code: "P09", Severity: Error, File: c.Name, Cause: catalog.T("P09.registered"), Advice: catalog.T("P09.given")}}
		case c.isPrivate() && strings.HasSuffix(c.Name, ".pub"):
			own = append(own, Finding{Code: "P09", Severity: Warning, File: c.Name, Cause: catalog.T("P09.named"), Advice: catalog.T("P09.rename")})
		case c.Envelope == nil || !c.isPrivate():
			own = append(own, damagedPublic(c)...)
			own = append(own, otherThanLine(v, c)...)
		}
		found = append(found, c.weigh(own)...)
	}
	return append(found, registered(v)...)
}

// foreignHalf is a private key file whose own two halves are of different keys.
func foreignHalf(c *Candidate) []Finding {
	e, ok := errors.AsType[*keytool.MismatchError](c.Err)
	if !ok {
		return nil
	}
	return []Finding{{Code: "P04", Severity: Error, File: c.Name, Cause: catalog.T("P04.halves"),
		Evidence: []catalog.Text{ErrorText(e)}, Advice: catalog.T("P04.backup")}}
}

// damagedPublic is what copying and pasting did to a public key's file. Where the
// key can still be read the command writes it anew, and keeps the old file as .bak.
func damagedPublic(c *Candidate) []Finding {
	isLine := c.Envelope != nil && c.Envelope.Format == formats.OpenSSHPublic
	damaged := Damaged(c.KeyFileFacts)
	if !damaged && !pasted(c.Defects) && !(isLine && encoded(c.Defects)) {
		return nil
	}
	f := Finding{Code: "P03", Severity: Error, File: c.Name, Cause: catalog.T("P03.file"), Evidence: defectTexts(c.Defects), Advice: catalog.T("P03.again")}
	if damaged {
		f.Evidence, f.Command = editTexts(c.Envelope.Edits), clean(c.KeyFileFacts)
	}
	if isLine && !slices.Contains(c.Defects, formats.JoinedKeys) {
		f.Command = []string{"sshkeys", "public", "--force", "-o", fileArg(c.Name), fileArg(c.Name)}
	}
	if f.Command != nil {
		f.Advice = catalog.Text{}
	}
	return []Finding{f}
}

// pasted tells the defects that only lines with public keys have.
func pasted(defects []formats.Defect) bool {
	return slices.ContainsFunc(defects, func(d formats.Defect) bool {
		return slices.Contains([]formats.Defect{formats.SplitLine, formats.LostLetter, formats.JoinedKeys, formats.OddBlank}, d)
	})
}

// encoded tells a public line that servers do not read for its encoding.
func encoded(defects []formats.Defect) bool {
	return slices.Contains(defects, formats.UTF16) || slices.Contains(defects, formats.ByteOrderMark)
}

// otherThanLine is a public key with words before it, or a certificate: what lists
// on servers have, and forms refuse. What the visit's service says of it counts more.
func otherThanLine(v *Visit, c *Candidate) []Finding {
	if c.Envelope == nil || v.Service != nil {
		return nil
	}
	f := Finding{Code: "P08", Severity: Info, File: c.Name}
	switch {
	case c.Envelope.Options+c.Envelope.Hosts != "":
		f.Cause = catalog.T("P08.options", "text", formats.Visible(c.Envelope.Options+c.Envelope.Hosts))
		f.Command, f.Choice = []string{"sshkeys", "public", "--force", "-o", fileArg(c.Name), fileArg(c.Name)}, true
	case c.Envelope.Kind == formats.KindCertificate && !strings.HasSuffix(c.Name, "-cert.pub"):
		f.Cause, f.Advice = catalog.T("P08.certificate"), catalog.T("P08.plain")
	default:
		return nil
	}
	return []Finding{f}
}

// registered compares the keys that the service has with those that are here.
func registered(v *Visit) []Finding {
	if len(v.Registered) == 0 {
		return nil
	}
	var found []Finding
	var offered, others []string
	for _, k := range v.Registered {
		c := v.owner(k)
		switch {
		case c == nil:
			f := Finding{Code: "P07", Severity: Warning, Cause: catalog.T("P07.nobody", "fingerprint", k.Fingerprint(), "comment", formats.Visible(k.Comment())),
				Advice: catalog.T("P07.advice")}
			if names := loginKeys(v); len(names) > 0 {
				f.Evidence = []catalog.Text{catalog.T("K08.candidates", "files", namesOf(names))}
			}
			found = append(found, f)
		case c.Offered || v.agentHas(k):
			offered = append(offered, c.Name)
		default:
			others = append(others, c.Name)
		}
	}
	switch {
	case len(offered) > 0 || v.agentHasAny(v.Registered):
		for i := range found { // another machine's, as accounts with several keys have
			found[i].Severity = Info
		}
	case len(others) > 0:
		found = append(found, Finding{Code: "P04", Severity: Error, File: others[0], Cause: catalog.T("P04.unoffered"),
			Advice: catalog.T("K08.identity", "file", formats.Visible(others[0])), Hint: v.loginWith(others[0])})
	default: // none of them is here: that is why the login fails
		for i := range found {
			found[i].Severity = Error
		}
		found = append(found, unregistered(v)...)
	}
	return found
}

// unregistered are the keys that ssh offers, where the service has none of them.
// The command prints the line to register.
func unregistered(v *Visit) []Finding {
	for i := range v.Keys {
		c := &v.Keys[i]
		if !c.Offered || c.Key == nil || !c.isPrivate() || c.Envelope.Kind.IsDataset() {
			continue
		}
		f := Finding{Code: "P04", Severity: Error, File: c.Name, Cause: catalog.T("P04.unregistered", "fingerprint", c.Key.Fingerprint()),
			Advice: catalog.T("P04.register"), Hint: v.publicLine(c)}
		return []Finding{f}
	}
	return nil
}

// owner is the candidate with the private half of a key, one that ssh offers before
// others; nil for none.
func (v *Visit) owner(k *keytool.Key) *Candidate {
	var found *Candidate
	for i := range v.Keys {
		c := &v.Keys[i]
		if c.Key != nil && c.isPrivate() && c.Key.Equal(k) && (found == nil || c.Offered && !found.Offered) {
			found = c
		}
	}
	return found
}

func (v *Visit) agentHas(k *keytool.Key) bool {
	return slices.ContainsFunc(v.Offers(), func(o Offer) bool { return o.Agent != "" && o.Key.Equal(k) })
}

func (v *Visit) agentHasAny(keys []*keytool.Key) bool {
	return slices.ContainsFunc(keys, v.agentHas)
}

// base is a candidate's name without its folder.
func (c *Candidate) base() string { return filepath.Base(c.Name) }
