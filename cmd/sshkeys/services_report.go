package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
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
			takenFormats(p, services.PrivateHalf), takenFormats(p, services.PublicHalf), formats.Visible(a.named(p)))
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

// named is what people call a service.
func (a *app) named(p *services.Profile) string {
	return a.words.Say(catalog.T("service.said", "words", p.Named()))
}

// servicePage is all that is known of one service.
func (a *app) servicePage(p *services.Profile) {
	page := &factPage{app: a}
	a.printf("%s: %s\n", p.ID, formats.Visible(a.named(p)))
	a.rowIf("services.label_aliases", a.words.List(p.Aliases))
	fact(page, "services.label_for", verbatim(a.purposesInWords(p.Purposes.Value)), &p.Purposes)
	if f := p.OneKey; f != nil {
		fact(page, "services.label_one_key", yesNo(f.Value), f)
	}
	for i := range p.Roles {
		page.role(p, &p.Roles[i])
	}
	for _, f := range p.Produces {
		fact(page, "services.label_writes", verbatim(joined(a, f.Value)), &f)
	}
	page.hosts(p)
	page.passphrase(p.Passphrase)
	if f := p.Comment; f != nil {
		fact(page, "services.label_comment", verbatim(f.Value), f)
	}
	for _, f := range p.Names {
		purpose := a.purposesInWords([]services.Purpose{f.Value.Purpose})
		fact(page, "services.label_name", catalog.T("services.name", "example", f.Value.Example, "purpose", purpose), &f)
	}
	for _, f := range p.Rules {
		fact(page, "services.label_rule", catalog.T("service.said", "words", f.Value.Words()), &f.Fact)
	}
	for i, source := range page.sources {
		a.row(fmt.Sprintf("[%d]", i+1), "%s", source)
	}
}

func verbatim(s string) catalog.Text { return catalog.T("inspect.verbatim", "text", s) }

// fact prints one fact with the number of its source; one that is not confirmed
// is marked.
func fact[T any](page *factPage, label string, value catalog.Text, f *services.Fact[T]) {
	number := slices.Index(page.sources, f.Source)
	if number < 0 {
		number, page.sources = len(page.sources), append(page.sources, f.Source)
	}
	if why := f.Because(); !why.IsZero() {
		value = catalog.T("services.because", "value", value, "why", why)
	}
	if !f.Confirmed {
		value = catalog.T("services.unconfirmed", "value", value)
	}
	page.row(label, "%s [%d]", page.words.Say(value), number+1)
}

func (page *factPage) role(p *services.Profile, r *services.Role) {
	half := "services.public"
	if r.Half == services.PrivateHalf {
		half = "services.private"
	}
	page.printf("  %s\n", page.words.Say(catalog.T(half, "purposes", page.purposesInWords(p.For(r)))))
	where := r.Where
	where.Why, where.WhyJa = "", ""
	fact(page, "services.label_where", catalog.T("service.said", "words", where.Value.Words()), &where)
	for _, f := range r.Formats {
		value := catalog.T("services.formats", "formats", joined(page.app, f.Value), "limits", page.limitsInWords(f))
		fact(page, takenOr("services.label_formats", f.Refused), value, &f.Fact)
	}
	for _, f := range r.Types {
		value := verbatim(joined(page.app, f.Value))
		if f.MinimumBits > 0 {
			value = catalog.T("services.types", "types", value, "bits", f.MinimumBits)
		}
		fact(page, takenOr("services.label_types", f.Refused), value, &f.Fact)
	}
	if f := r.Certificates; f != nil {
		fact(page, "services.label_certificates", yesNo(f.Value), f)
	}
	if f := r.Recommends; f != nil {
		value := verbatim(f.Value.Type)
		if f.Value.Bits > 0 {
			value = catalog.T("inspect.bits", "algorithm", f.Value.Type, "bits", f.Value.Bits)
		}
		fact(page, "services.label_make", value, f)
	}
}

func takenOr(label string, refused bool) string {
	if refused {
		return "services.label_refused"
	}
	return label
}

// limitsInWords are a format's ciphers and other limits.
func (page *factPage) limitsInWords(f services.FormatFact) string {
	text := ""
	add := func(id string, list []string) { text += page.words.Say(catalog.T(id, "list", joined(page.app, list))) }
	switch {
	case slices.Contains(f.Ciphers, "none"):
		text += page.words.Say(catalog.T("services.no_passphrase"))
	case len(f.Ciphers) > 0:
		add("services.ciphers", f.Ciphers)
	}
	if len(f.NotCiphers) > 0 {
		add("services.not_ciphers", f.NotCiphers)
	}
	if len(f.NotTypes) > 0 {
		add("services.not_types", f.NotTypes)
	}
	if f.DER {
		text += page.words.Say(catalog.T("services.der"))
	}
	return text
}

func (page *factPage) hosts(p *services.Profile) {
	for _, f := range p.Hosts {
		fact(page, "services.label_host", verbatim(page.host(f.Value)), &f)
	}
	c := p.Connection
	if f := c.KeepAlive; f != nil {
		fact(page, "services.label_keepalive", verbatim(fmt.Sprintf("ServerAliveInterval %d", f.Value)), f)
	}
	if f := c.TCPKeepAlive; f != nil {
		word := map[bool]string{true: "yes", false: "no"}[f.Value]
		fact(page, "", verbatim("TCPKeepAlive "+word), f)
	}
	page.number("services.label_idle", "services.idle", c.IdleTimeout)
	page.number("services.label_timeout", "services.timeout", c.Timeout)
	page.number("services.label_tries", "services.tries", c.Tries)
	page.number("", "services.apart", c.TryEvery)
}

// host is a server with its addresses.
func (page *factPage) host(h services.Host) string {
	text := page.words.Say(catalog.T("services.host", "name", h.Name, "port", h.Port))
	if h.For != "" {
		text += page.words.Say(catalog.T("services.host_for", "for", h.What()))
	}
	if len(h.Addresses) > 0 {
		text += page.words.Say(catalog.T("services.address", "addresses", page.words.List(h.Addresses)))
	}
	for _, old := range h.OldAddresses {
		until := verbatim(old.Until)
		if old.Until == "" {
			until = catalog.T("services.some_day")
		}
		text += page.words.Say(catalog.T("services.old_address", "until", until, "address", old.Address))
	}
	return text
}

func (page *factPage) number(label, id string, f *services.Fact[int]) {
	if f != nil {
		fact(page, label, catalog.T(id, "number", f.Value), f)
	}
}

func (page *factPage) passphrase(r services.PassphraseRules) {
	const label = "services.label_passphrase"
	page.number(label, "services.passphrase_maximum", r.Maximum)
	if f := r.Forbidden; f != nil {
		fact(page, label, catalog.T("services.passphrase_forbidden", "characters", strings.Join(strings.Split(f.Value, ""), " ")), f)
	}
	if f := r.NotOnly; f != nil {
		fact(page, label, catalog.T("services.passphrase_not_only", "characters", strconv.Quote(f.Value)), f)
	}
	if f := r.ASCII; f != nil {
		fact(page, label, catalog.T("services.passphrase_ascii", "value", yesNo(f.Value)), f)
	}
	if f := r.Advice; f != nil {
		fact(page, label, catalog.T("service.said", "words", f.Value.Words()), f)
	}
}

// serviceRows say on inspect's page what the service of --for makes of the file.
func (a *app) serviceRows(answers []serviceJSON) {
	for _, s := range answers {
		verdict := catalog.T("services.accepted")
		if v, refused := services.Refused(s.Verdicts); refused {
			verdict = catalog.T("services.refused", "why", v)
		}
		label := a.words.Say(catalog.T("services.label_verdict", "service", s.Service))
		a.row(label, "%s: %s", a.purposesInWords([]services.Purpose{s.Purpose}), a.words.Say(verdict))
		for _, v := range s.Verdicts {
			if v.Doubt() {
				a.rowText("", catalog.T("services.unconfirmed", "value", v))
			}
		}
	}
}

func (a *app) purposesInWords(purposes []services.Purpose) string {
	words := make([]string, len(purposes))
	for i, p := range purposes {
		id := "services.login"
		if p == services.Dataset {
			id = "services.data"
		}
		words[i] = a.words.Say(catalog.T(id))
	}
	return a.words.List(words)
}

// joined lists values; "other" stands for whatever has no fact of its own.
func joined[S ~string](a *app, list []S) string {
	words := make([]string, len(list))
	for i, s := range list {
		words[i] = string(s)
		if s == "other" {
			words[i] = a.words.Say(catalog.T("services.other"))
		}
	}
	return a.words.List(words)
}

func yesNo(v bool) catalog.Text {
	if v {
		return catalog.T("services.yes")
	}
	return catalog.T("services.no")
}
