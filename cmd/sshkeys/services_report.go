package main

import (
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"sshkeys/formats"
	"sshkeys/internal/services"
)

// serviceTable is one line for each service.
func (a *app) serviceTable(profiles []*services.Profile) {
	w := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tKIND\tPURPOSE\tPRIVATE\tPUBLIC\tWHAT")
	for _, p := range profiles {
		purposes := make([]string, 0, 2)
		for _, purpose := range p.Purposes.Value {
			purposes = append(purposes, string(purpose))
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", p.ID, p.Kind, strings.Join(purposes, ","),
			takenFormats(p, services.PrivateHalf), takenFormats(p, services.PublicHalf), formats.Visible(p.Title))
	}
	w.Flush()
}

// takenFormats are the formats of a half that are known to be taken; "-" where
// the service has no use for it, "?" where nothing is confirmed.
func takenFormats(p *services.Profile, half services.Half) string {
	roles, names := p.RolesOf(half, ""), []string{}
	for _, r := range roles {
		for _, f := range r.Formats {
			for _, id := range f.Value {
				if f.Confirmed && !f.Refused && !slices.Contains(names, string(id)) {
					names = append(names, string(id))
				}
			}
		}
	}
	switch {
	case len(roles) == 0:
		return "-"
	case len(names) == 0:
		return "?"
	}
	return strings.Join(names, ",")
}

// factPage is a page of facts; the sources are numbered, and listed below.
type factPage struct {
	*app
	sources []string
}

// servicePage is all that is known of one service.
func (a *app) servicePage(p *services.Profile) {
	page := &factPage{app: a}
	a.printf("%s: %s\n", p.ID, formats.Visible(p.Title))
	a.rowIf("Also called", strings.Join(p.Aliases, ", "))
	page.fact("For", purposesInWords(p.Purposes.Value), p.Purposes.Why, p.Purposes.Source, p.Purposes.Confirmed)
	if f := p.OneKey; f != nil {
		page.fact("One for both", yesNo(f.Value), f.Why, f.Source, f.Confirmed)
	}
	for i := range p.Roles {
		page.role(p, &p.Roles[i])
	}
	for _, f := range p.Produces {
		page.fact("Writes", joined(f.Value), f.Why, f.Source, f.Confirmed)
	}
	page.hosts(p)
	page.passphrase(p.Passphrase)
	if f := p.Comment; f != nil {
		page.fact("Comment", f.Value, f.Why, f.Source, f.Confirmed)
	}
	for _, f := range p.Names {
		page.fact("File name", f.Value.Example+" ("+purposesInWords([]services.Purpose{f.Value.Purpose})+")", f.Why, f.Source, f.Confirmed)
	}
	for _, f := range p.Rules {
		page.fact("Rule", f.Value.En, f.Why, f.Source, f.Confirmed)
	}
	for i, source := range page.sources {
		a.row(fmt.Sprintf("[%d]", i+1), "%s", source)
	}
}

// fact prints one fact with the number of its source; one that is not confirmed
// is marked.
func (page *factPage) fact(label, value, why, source string, confirmed bool) {
	number := slices.Index(page.sources, source)
	if number < 0 {
		number, page.sources = len(page.sources), append(page.sources, source)
	}
	if why != "" {
		value += " (" + why + ")"
	}
	if !confirmed {
		value = "? not confirmed: " + value
	}
	page.row(label, "%s [%d]", value, number+1)
}

func (page *factPage) role(p *services.Profile, r *services.Role) {
	page.printf("  The %s key, for %s\n", r.Half, purposesInWords(p.For(r)))
	page.fact("  goes to", r.Where.Value.En, "", r.Where.Source, r.Where.Confirmed)
	for _, f := range r.Formats {
		page.fact(takenOr("  formats", f.Refused), joined(f.Value)+limitsInWords(f), f.Why, f.Source, f.Confirmed)
	}
	for _, f := range r.Types {
		value := joined(f.Value)
		if f.MinimumBits > 0 {
			value += fmt.Sprintf(" of %d bits or more", f.MinimumBits)
		}
		page.fact(takenOr("  key types", f.Refused), value, f.Why, f.Source, f.Confirmed)
	}
	if f := r.Certificates; f != nil {
		page.fact("  certs", yesNo(f.Value), f.Why, f.Source, f.Confirmed)
	}
	if f := r.Recommends; f != nil {
		value := f.Value.Type
		if f.Value.Bits > 0 {
			value += fmt.Sprintf(", %d bits", f.Value.Bits)
		}
		page.fact("  make", value, f.Why, f.Source, f.Confirmed)
	}
}

func takenOr(label string, refused bool) string {
	if refused {
		return "  refused"
	}
	return label
}

// limitsInWords are a format's ciphers and other limits.
func limitsInWords(f services.FormatFact) string {
	text := ""
	switch {
	case slices.Contains(f.Ciphers, "none"):
		text += ", without a passphrase"
	case len(f.Ciphers) > 0:
		text += ", encrypted with " + joined(f.Ciphers)
	}
	if len(f.NotCiphers) > 0 {
		text += ", not encrypted with " + joined(f.NotCiphers)
	}
	if len(f.NotTypes) > 0 {
		text += ", not " + joined(f.NotTypes)
	}
	if f.DER {
		text += ", DER too"
	}
	return text
}

func (page *factPage) hosts(p *services.Profile) {
	for _, f := range p.Hosts {
		value := fmt.Sprintf("%s, port %d", f.Value.Name, f.Value.Port)
		if f.Value.For != "" {
			value += ", " + f.Value.For
		}
		if len(f.Value.Addresses) > 0 {
			value += "; address " + joined(f.Value.Addresses)
		}
		for _, old := range f.Value.OldAddresses {
			value += fmt.Sprintf("; until %s %s", orWord(old.Until, "some day"), old.Address)
		}
		page.fact("Host", value, f.Why, f.Source, f.Confirmed)
	}
	c := p.Connection
	page.number("Keep alive", "ServerAliveInterval %d", c.KeepAlive)
	if f := c.TCPKeepAlive; f != nil {
		page.fact("", "TCPKeepAlive "+yesNo(f.Value), f.Why, f.Source, f.Confirmed)
	}
	page.number("Idle", "disconnected after %d s without traffic", c.IdleTimeout)
	page.number("Timeout", "wait %d s for the connection", c.Timeout)
	page.number("Tries", "%d", c.Tries)
	page.number("", "%d s apart", c.TryEvery)
}

func (page *factPage) number(label, format string, f *services.Fact[int]) {
	if f != nil {
		page.fact(label, fmt.Sprintf(format, f.Value), f.Why, f.Source, f.Confirmed)
	}
}

func (page *factPage) passphrase(r services.PassphraseRules) {
	page.number("Passphrase", "%d characters at most", r.Maximum)
	if f := r.Forbidden; f != nil {
		page.fact("Passphrase", "none of "+strings.Join(strings.Split(f.Value, ""), " "), f.Why, f.Source, f.Confirmed)
	}
	if f := r.NotOnly; f != nil {
		page.fact("Passphrase", fmt.Sprintf("not of these alone: %q", f.Value), f.Why, f.Source, f.Confirmed)
	}
	if f := r.ASCII; f != nil {
		page.fact("Passphrase", "ASCII only: "+yesNo(f.Value), f.Why, f.Source, f.Confirmed)
	}
	if f := r.Advice; f != nil {
		page.fact("Passphrase", f.Value.En, f.Why, f.Source, f.Confirmed)
	}
}

// serviceRows say on inspect's page what the service of --for makes of the file.
func (a *app) serviceRows(answers []serviceJSON) {
	for _, s := range answers {
		verdict := "accepted"
		if v, refused := services.Refused(s.Verdicts); refused {
			verdict = "refused: " + v.String()
		}
		a.row("For "+s.Service, "%s: %s", purposesInWords([]services.Purpose{s.Purpose}), verdict)
		for _, v := range s.Verdicts {
			if v.Doubt() {
				a.row("", "? not confirmed: %s", v)
			}
		}
	}
}

func purposesInWords(purposes []services.Purpose) string {
	words := make([]string, len(purposes))
	for i, p := range purposes {
		words[i] = map[services.Purpose]string{services.Auth: "login", services.Dataset: "data sets"}[p]
	}
	return strings.Join(words, ", ")
}

// joined lists values; "other" stands for whatever has no fact of its own.
func joined[S ~string](list []S) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
		if s == "other" {
			words[i] = "any other"
		}
	}
	return strings.Join(words, ", ")
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}
