package diagnose

import (
	"path/filepath"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
)

// serviceChecks are what the visit's service says of the keys that are offered, in
// its own words and with their source, and of passphrases. What is not confirmed
// refuses nothing: it is good to know.
func serviceChecks(v *Visit) []Finding {
	if v.Service == nil {
		return nil
	}
	var found []Finding
	for i := range v.Keys {
		c := &v.Keys[i]
		registered := c.From == FromRegistered && v.Service.Kind != "client" && v.Service.Kind != "tool"
		if c.Envelope == nil || !c.Offered && !registered {
			continue
		}
		found = append(found, serviceFindings(v, i)...)
	}
	return append(found, passphraseRules(v)...)
}

// verdicts are those of the service, for data sets where that is its one purpose.
func (v *Visit) verdicts(c *Candidate) []services.Verdict {
	if v.Service == nil || c.Envelope == nil {
		return nil
	}
	if only := v.Service.Purposes.Value; len(only) == 1 && only[0] == services.Dataset {
		return services.Judge(v.Service, services.Dataset, c.Envelope, c.Key)
	}
	return c.Verdicts
}

// serviceFindings is the refusal, or else every doubt.
func serviceFindings(v *Visit, i int) []Finding {
	c := &v.Keys[i]
	verdicts := v.verdicts(c)
	if refused, no := services.Refused(verdicts); no {
		if f, ok := v.serviceFinding(i, refused); ok {
			return []Finding{f}
		}
		return nil
	}
	var found []Finding
	for _, verdict := range verdicts {
		if f, ok := v.serviceFinding(i, verdict); verdict.Doubt() && verdict.Why != "" && ok {
			f.Severity = Info
			if len(f.Command) == 0 && (verdict.Rule == "format" || c.Key == nil) {
				f.Hint = "" // another key would be no surer
			}
			f.Cause = catalog.T("service.doubts", "service", v.Service.ID, "why", verdict.Text())
			found = append(found, f)
		}
	}
	return found
}

// serviceFinding gives a verdict its code and remedy; false where it is none for a
// login: that an archive does not want the private half is as it should be.
func (v *Visit) serviceFinding(i int, verdict services.Verdict) (Finding, bool) {
	c := &v.Keys[i]
	f := Finding{Severity: Error, File: c.Name, Code: v.serviceCode(c, verdict),
		Cause:    catalog.T("service.refuses", "service", v.Service.ID, "why", verdict.Text()),
		Evidence: []catalog.Text{catalog.T("service.source", "source", verdict.Source)}}
	if f.Code == "" {
		return f, false
	}
	f.Evidence = append(f.Evidence, v.serviceSays(f.Code)...)
	if v.forSSH() && v.otherGood(i) {
		f.Severity = Warning
	}
	switch verdict.Rule {
	case "size", "type", "purpose":
		f.Hint = v.generate()
		if v.datasetUse(c) {
			f.Hint = shellword.Join([]string{"sshkeys", "generate", "--for", v.Service.ID, "--purpose", "dataset", c.base() + "-new"})
		}
	case "half", "certificate":
		f.Advice = catalog.T("K05.advice")
		if t := v.twin(i, func(*Candidate) bool { return true }); t != nil {
			f.Evidence = append(f.Evidence, catalog.T("K05.private", "file", formats.Visible(t.Name)))
		}
		if verdict.Rule == "certificate" {
			f.Advice = catalog.T("P08.plain")
		}
	default:
		return v.otherForm(i, f)
	}
	return f, true
}

// serviceSays is what the visit's service says on a code itself.
func (v *Visit) serviceSays(code string) []catalog.Text {
	if v.Service == nil {
		return nil
	}
	var said []catalog.Text
	for _, rule := range v.Service.RulesOn(code) {
		said = append(said, catalog.T("service.said", "words", rule.Words()))
	}
	return said
}

// serviceCode is the catalogue's code of a verdict's rule; "" where it says nothing
// against a login.
func (v *Visit) serviceCode(c *Candidate, verdict services.Verdict) string {
	private := c.isPrivate()
	if private && isOpenSSH(v.Service) {
		return "" // keyChecks ask it themselves
	}
	switch verdict.Rule {
	case "size":
		return "K10"
	case "type":
		return v.dataCode(c, "E02", "P02")
	case "cipher":
		return "K11"
	case "certificate":
		return "P08"
	case "purpose":
		return "P06"
	case "half":
		if private {
			return ""
		}
		return "K05"
	case "format":
		switch {
		case !private && c.Envelope.Options+c.Envelope.Hosts != "":
			return "P08"
		case !private:
			return "P01"
		}
		return v.dataCode(c, "E01", v.clientCode(c))
	}
	return ""
}

// clientCode is that of a private key in a format that a client does not read.
func (v *Visit) clientCode(c *Candidate) string {
	if c.Envelope.Format == formats.PPK3 && v.takes(formats.PPK2) {
		return "K12"
	}
	if v.takes(formats.PPK2) && c.Envelope.Kind == formats.KindPrivate {
		return "K13"
	}
	return "K14"
}

// takes tells whether the service reads a private format for certain.
func (v *Visit) takes(id formats.ID) bool {
	return slices.ContainsFunc(v.Service.RolesOf(services.PrivateHalf, ""), func(r *services.Role) bool {
		return slices.ContainsFunc(r.Formats, func(f services.FormatFact) bool { return f.Confirmed && !f.Refused && slices.Contains(f.Value, id) })
	})
}

// dataCode is a code of data sets where the key is to open some: of Crypt4GH and
// age their own; otherwise the other one.
func (v *Visit) dataCode(c *Candidate, jga, login string) string {
	switch {
	case !v.datasetUse(c):
		return login
	case v.takes(formats.Crypt4GH):
		return "E06"
	case v.takes(formats.Age):
		return "E07"
	}
	return jga
}

// datasetUse tells whether the key is to open data at the service.
func (v *Visit) datasetUse(c *Candidate) bool {
	p := v.Service
	return slices.Contains(p.Purposes.Value, services.Dataset) && (len(p.Purposes.Value) == 1 || c.Purpose.Value == keytool.Dataset)
}

// otherForm is a key that the service takes in another form. A public key is
// written anew under its name, and so is a private one whose name fits what comes
// of it; otherwise that stands beside it, and where it does so already it is to be
// given to the service (K22).
func (v *Visit) otherForm(i int, f Finding) (Finding, bool) {
	c := &v.Keys[i]
	if !c.isPrivate() {
		f.Advice, f.Choice = catalog.T("P01.advice"), true
		f.Command = []string{"sshkeys", "public", "--for", v.Service.ID, "--force", "-o", fileArg(c.Name), fileArg(c.Name)}
		return f, true
	}
	taken := func(t *Candidate) bool {
		_, refused := services.Refused(services.Judge(v.Service, "", t.Envelope, t.Key))
		return !refused
	}
	if t := v.twin(i, taken); t != nil && f.Code != "K11" {
		f.Code, f.Evidence = "K22", []catalog.Text{catalog.T("K22.twin", "file", formats.Visible(t.Name))}
		f.Severity, f.Advice = Info, catalog.T("K22.give", "service", v.Service.ID)
		return f, true
	}
	purpose := services.Auth
	if v.datasetUse(c) {
		purpose = services.Dataset
	}
	to, ok := target(v.Service, purpose, c)
	switch {
	case ok:
		f.Command, f.Choice = convertTo(c, to), true
	case c.Key == nil: // what it holds shows when it is opened
		f.Command, f.Choice = []string{"sshkeys", "convert", "--for", v.Service.ID, fileArg(c.Name)}, true
	default:
		f.Hint = v.generate()
	}
	return f, true
}

// target is the format that the service takes a private key in: the first that is
// confirmed and holds the type, for the key itself may be locked.
func target(p *services.Profile, purpose services.Purpose, c *Candidate) (formats.ID, bool) {
	if c.Key == nil {
		return "", false
	}
	family := c.Key.Algorithm().Family
	for _, r := range p.RolesOf(services.PrivateHalf, purpose) {
		for _, f := range r.Formats {
			if !f.Confirmed || f.Refused || slices.Contains(f.NotTypes, services.TypeName(c.Key.Algorithm())) {
				continue
			}
			if i := slices.IndexFunc(f.Value, func(id formats.ID) bool { return holds(id, family) }); i >= 0 {
				return f.Value[i], true
			}
		}
	}
	return "", false
}

// holds tells the formats that can be written with a key of a family.
func holds(id formats.ID, family keytool.Family) bool {
	f := formats.Lookup(id)
	if f == nil || !f.Writes() || f.Dataset && family != keytool.X25519 && family != keytool.Ed25519 {
		return false
	}
	switch id {
	case formats.PKCS1:
		return family == keytool.RSA
	case formats.SEC1:
		return family == keytool.ECDSA
	case formats.DSAPEM:
		return family == keytool.DSA
	case formats.SSHCom:
		return family == keytool.RSA || family == keytool.DSA
	}
	return true
}

// convertTo writes a private key in another format: beside it where its name ends
// as another format's or the new one has an ending of its own, else in its place.
func convertTo(c *Candidate, to formats.ID) []string {
	format := formats.Lookup(to)
	ppk := strings.EqualFold(filepath.Ext(c.Name), ".ppk")
	if ppk == (format.Ending == ".ppk") {
		return c.rewrite(to)
	}
	return []string{"sshkeys", "convert", "--to", string(to), fileArg(c.Name)}
}

// publicLine is the command that prints a candidate's public half as it is to be
// registered.
func (v *Visit) publicLine(c *Candidate) string {
	words := []string{"sshkeys", "public"}
	if v.Service != nil && len(v.Service.RolesOf(services.PublicHalf, "")) > 0 {
		words = append(words, "--for", v.Service.ID)
	}
	return shellword.Join(append(words, fileArg(c.Name)))
}

// passphraseRules are the service's, where a key that is to be used has a
// passphrase. Nobody looks at the passphrase.
func passphraseRules(v *Visit) []Finding {
	locked := slices.IndexFunc(v.Keys, func(c Candidate) bool { return c.Offered && c.isPrivate() && c.Envelope.Encrypted() })
	if locked < 0 {
		return nil
	}
	rules, source := v.Service.Passphrase, ""
	var texts []catalog.Text
	add := func(t catalog.Text, from string, confirmed bool) {
		if !confirmed {
			t = catalog.T("service.unconfirmed", "text", t)
		}
		texts, source = append(texts, t), from
	}
	if r := rules.Maximum; r != nil {
		add(catalog.T("service.passphrase_long", "maximum", r.Value), r.Source, r.Confirmed)
	}
	if r := rules.Forbidden; r != nil {
		add(catalog.T("service.passphrase_characters", "characters", strings.Join(strings.Split(r.Value, ""), " ")), r.Source, r.Confirmed)
	}
	if r := rules.NotOnly; r != nil {
		add(catalog.T("service.passphrase_blank"), r.Source, r.Confirmed)
	}
	if r := rules.ASCII; r != nil && r.Value {
		add(catalog.T("service.passphrase_ascii"), r.Source, r.Confirmed)
	}
	if len(texts) == 0 {
		return nil
	}
	c := &v.Keys[locked]
	return []Finding{{Code: "K15", Severity: Info, File: c.Name, Cause: catalog.T("K15.rules", "service", v.Service.ID),
		Evidence: append(texts, catalog.T("service.source", "source", source)),
		Hint:     shellword.Join([]string{"sshkeys", "passphrase", fileArg(c.Name)})}}
}
