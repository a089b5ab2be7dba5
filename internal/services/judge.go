package services

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/keytool"
)

// Verdict is what one rule of a service says of a file. Not OK is a refusal, and
// always confirmed; OK without Confirmed is a doubt, which Why explains.
type Verdict struct {
	OK        bool   `json:"ok"`
	Rule      string `json:"rule"` // purpose, half, format, cipher, type, size, certificate, passphrase
	Why       string `json:"why,omitempty"`
	WhyJa     string `json:"-"` // the same in Japanese
	Source    string `json:"source"`
	Confirmed bool   `json:"confirmed"`
}

// Text is the reason in no language.
func (v Verdict) Text() catalog.Text { return said(v.Why, v.WhyJa) }

// In is the verdict with its reason in a language.
func (v Verdict) In(l catalog.Lang) Verdict {
	v.Why = l.Say(v.Text())
	return v
}

// Doubt tells a rule that may stand in the way, and is not confirmed.
func (v Verdict) Doubt() bool { return v.OK && !v.Confirmed }

// String is the reason with its source.
func (v Verdict) String() string { return v.Why + " (" + v.Source + ")" }

// Refused finds the verdict that refuses; false where none does.
func Refused(verdicts []Verdict) (Verdict, bool) {
	i := slices.IndexFunc(verdicts, func(v Verdict) bool { return !v.OK })
	if i < 0 {
		return Verdict{}, false
	}
	return verdicts[i], true
}

// RefusedError: a service does not take a key, a format or a passphrase.
type RefusedError struct {
	Service string
	Verdict Verdict
}

func (e *RefusedError) Error() string { return e.Service + " does not take it: " + e.Verdict.String() }

// against makes a verdict of a fact that speaks against a file: a refusal where
// it is confirmed, else a doubt.
func against(rule string, why catalog.Text, source string, confirmed bool) Verdict {
	return Verdict{OK: !confirmed, Rule: rule, Why: catalog.English.Say(why), WhyJa: catalog.Japanese.Say(why), Source: source, Confirmed: confirmed}
}

// Judge holds a file to a profile, for one purpose or, with "", for any. The key
// is nil where the file is locked as a whole; what cannot be seen is a doubt.
// Where a service has several uses for the half, the friendliest counts.
func Judge(p *Profile, purpose Purpose, e *formats.Envelope, key *keytool.Key) []Verdict {
	half, ok := HalfOf(e.Kind)
	if !ok {
		r := p.Roles[0]
		why := first(r.otherFormat(), catalog.T("service.one_key", "format", title(e.Format)))
		return []Verdict{against("half", why, r.Where.Source, r.Where.Confirmed)}
	}
	return question{p, purpose, half, e, key}.answer()
}

// JudgeKey holds a key to what a profile says of types and sizes, whatever the
// file it will be in.
func JudgeKey(p *Profile, purpose Purpose, half Half, key *keytool.Key) []Verdict {
	return question{profile: p, purpose: purpose, half: half, key: key}.answer()
}

// question is what is asked of a profile. Without an envelope it is of the key alone.
type question struct {
	profile  *Profile
	purpose  Purpose // "" for any
	half     Half
	envelope *formats.Envelope
	key      *keytool.Key
}

// answer asks every role for the half and the purpose, and returns what the first
// says that refuses nothing, else the first.
func (q question) answer() []Verdict {
	p := q.profile
	if q.purpose != "" && !slices.Contains(p.Purposes.Value, q.purpose) {
		why := first(p.Purposes.Because(), catalog.T("service.no_use", "purpose", q.purpose.text()))
		return []Verdict{against("purpose", why, p.Purposes.Source, p.Purposes.Confirmed)}
	}
	roles := p.RolesOf(q.half, q.purpose)
	if len(roles) == 0 {
		return q.wrongHalf()
	}
	for _, r := range roles {
		verdicts := q.ask(r)
		if _, refused := Refused(verdicts); !refused {
			return verdicts
		}
	}
	return q.ask(roles[0])
}

// ask is what one role says.
func (q question) ask(r *Role) []Verdict {
	if q.envelope == nil {
		return r.judgeKey("", q.key)
	}
	verdicts := append([]Verdict{r.judgeFormat(q.envelope, q.key)}, r.judgeKey(q.envelope.Algorithm, q.key)...)
	return append(verdicts, r.judgeCertificate(q.envelope, q.key)...)
}

// wrongHalf: the service has uses for the other half only. What speaks against
// the key in any file comes first.
func (q question) wrongHalf() []Verdict {
	r, why := &q.profile.Roles[0], catalog.T("service.private_only")
	other := PrivateHalf
	if q.half == PrivateHalf {
		other = PublicHalf
		why = catalog.T("service.public_only")
	}
	var verdicts []Verdict
	if roles := q.profile.RolesOf(other, q.purpose); len(roles) > 0 {
		r = roles[0]
		if q.key != nil {
			verdicts = r.judgeKey("", q.key)
		}
	}
	return append(verdicts, against("half", first(said(r.OtherHalf, r.OtherHalfJa), why), r.Where.Source, r.Where.Confirmed))
}

func (p Purpose) text() catalog.Text {
	switch p {
	case Auth:
		return catalog.T("service.keys_auth")
	case Dataset:
		return catalog.T("service.keys_dataset")
	}
	return said(string(p), "")
}

// HalfOf tells which half a file holds; false for a list.
func HalfOf(kind formats.Kind) (Half, bool) {
	switch kind {
	case formats.KindPrivate, formats.KindDatasetPrivate:
		return PrivateHalf, true
	case formats.KindPublic, formats.KindCertificate, formats.KindDatasetPublic:
		return PublicHalf, true
	}
	return "", false
}

// judgeFormat asks every fact about the file's format. A confirmed yes counts
// most, then a yes that is not confirmed, then a no.
func (r *Role) judgeFormat(e *formats.Envelope, key *keytool.Key) Verdict {
	facts := named(r.Formats, e.Format, func(f FormatFact) []formats.ID { return f.Value })
	if len(facts) == 0 {
		return r.unnamedFormat(e)
	}
	var verdicts []Verdict
	for _, f := range facts {
		verdicts = append(verdicts, f.judge(r, e, key))
	}
	return best(verdicts)
}

// best picks a confirmed yes, else a doubt, else the first no.
func best(verdicts []Verdict) Verdict {
	for _, wanted := range []func(Verdict) bool{
		func(v Verdict) bool { return v.OK && v.Confirmed },
		Verdict.Doubt,
	} {
		if i := slices.IndexFunc(verdicts, wanted); i >= 0 {
			return verdicts[i]
		}
	}
	return verdicts[0]
}

// named are the facts about a value, or about "other" where none names it.
func named[F any, V ~string](facts []F, value V, values func(F) []V) []F {
	pick := func(v V) []F {
		return slices.DeleteFunc(slices.Clone(facts), func(f F) bool { return !slices.Contains(values(f), v) })
	}
	if found := pick(value); len(found) > 0 {
		return found
	}
	return pick(other)
}

// unnamedFormat: a confirmed list of formats is closed, any other is open.
func (r *Role) unnamedFormat(e *formats.Envelope) Verdict {
	for _, f := range r.Formats {
		if f.Confirmed && !f.Refused {
			return against("format", first(r.otherFormat(), catalog.T("service.format_unread", "format", title(e.Format))), f.Source, true)
		}
	}
	return against("format", catalog.T("service.format_unknown", "format", title(e.Format)), r.Formats[0].Source, false)
}

// judge says what the fact means for a file in one of its formats.
func (f *FormatFact) judge(r *Role, e *formats.Envelope, key *keytool.Key) Verdict {
	rule, why := f.against(r, e, key)
	switch {
	case !why.IsZero():
		return against(rule, why, f.Source, f.Confirmed)
	case isOurs(e.Format) && e.CanOpen() != nil: // all that is ever written of these is read here
		return against("cipher", cannotOpen(e), formats.Lookup(e.Format).Source, true)
	}
	if f.Confirmed {
		return Verdict{OK: true, Rule: "format", Source: f.Source, Confirmed: true}
	}
	doubt := first(f.Because(), catalog.T("service.format_unconfirmed", "format", title(e.Format)))
	return against("format", doubt, f.Source, false)
}

// cannotOpen says why a locked file can be opened nowhere.
func cannotOpen(e *formats.Envelope) catalog.Text {
	if u, ok := errors.AsType[*formats.UnsupportedError](e.CanOpen()); ok {
		what, _ := catalog.Phrase(u.What)
		return catalog.T("error.unsupported", "what", what, "format", title(u.Format))
	}
	return said(e.CanOpen().Error(), "")
}

// against is what of the file the fact speaks against; why is zero where nothing.
func (f *FormatFact) against(r *Role, e *formats.Envelope, key *keytool.Key) (rule string, why catalog.Text) {
	cipher, kind := e.Protection.Cipher, typeName(e.Algorithm, key)
	switch {
	case f.Refused:
		return "format", first(f.Because(), r.otherFormat(), catalog.T("service.format_unread", "format", title(e.Format)))
	case e.DER && !f.DER:
		return "format", catalog.T("service.no_der")
	case f.Bare && e.Options+e.Hosts != "":
		return "format", catalog.T("service.bare")
	case cipher != "" && slices.Contains(f.Ciphers, "none"):
		return "cipher", catalog.T("service.no_passphrase")
	case cipher != "" && (len(f.Ciphers) > 0 && !slices.Contains(f.Ciphers, cipher) || slices.Contains(f.NotCiphers, cipher)):
		return "cipher", first(f.Because(), catalog.T("service.cipher", "cipher", cipher))
	case kind != "" && slices.Contains(f.NotTypes, kind):
		return "type", catalog.T("service.type_in_format", "type", algorithmName(e.Algorithm, key), "format", title(e.Format))
	}
	return "", catalog.Text{}
}

// isOurs tells the formats of which everything that exists is read here, so that
// what is not supported here is supported nowhere.
func isOurs(id formats.ID) bool {
	return slices.Contains([]formats.ID{formats.OpenSSH, formats.PPK1, formats.PPK2, formats.PPK3}, id)
}

// judgeKey asks every fact about the key's type and size.
func (r *Role) judgeKey(algorithm string, key *keytool.Key) []Verdict {
	if len(r.Types) == 0 {
		return nil
	}
	if algorithmName(algorithm, key) == "" {
		return []Verdict{against("type", catalog.T("service.type_locked"), r.Types[0].Source, false)}
	}
	facts := named(r.Types, typeName(algorithm, key), func(f TypeFact) []string { return f.Value })
	var verdicts []Verdict
	for _, f := range facts {
		verdicts = append(verdicts, f.judge(algorithm, key))
	}
	if len(verdicts) == 0 {
		return []Verdict{r.unnamedType(algorithm, key)}
	}
	return []Verdict{best(verdicts)}
}

func (r *Role) unnamedType(algorithm string, key *keytool.Key) Verdict {
	name := algorithmName(algorithm, key)
	for _, f := range r.Types {
		if f.Confirmed && !f.Refused {
			return against("type", catalog.T("service.type_refused", "type", name), f.Source, true)
		}
	}
	return against("type", catalog.T("service.type_unknown", "type", name), r.Types[0].Source, false)
}

func (f *TypeFact) judge(algorithm string, key *keytool.Key) Verdict {
	name := algorithmName(algorithm, key)
	switch {
	case f.Refused:
		return against("type", first(f.Because(), catalog.T("service.type_refused", "type", name)), f.Source, f.Confirmed)
	case key != nil && f.MinimumBits > key.Bits():
		why := catalog.T("service.size", "type", key.Algorithm().Display, "minimum", f.MinimumBits, "bits", key.Bits())
		return against("size", why, f.Source, f.Confirmed)
	case !f.Confirmed:
		return against("type", first(f.Because(), catalog.T("service.type_unconfirmed", "type", name)), f.Source, false)
	}
	return Verdict{OK: true, Rule: "type", Source: f.Source, Confirmed: true}
}

// judgeCertificate speaks only of public files that are certificates.
func (r *Role) judgeCertificate(e *formats.Envelope, key *keytool.Key) []Verdict {
	c := r.Certificates
	switch {
	case e.Kind != formats.KindCertificate || key == nil || key.Certificate() == nil:
		return nil
	case c == nil:
		return []Verdict{against("certificate", catalog.T("service.certificate_unknown"), r.Where.Source, false)}
	case !c.Value:
		return []Verdict{against("certificate", first(c.Because(), catalog.T("service.certificate")), c.Source, c.Confirmed)}
	}
	return nil
}

// typeName is a key's type in the profiles' words, "" for one nobody knows.
func typeName(algorithm string, key *keytool.Key) string {
	if key != nil {
		return TypeName(key.Algorithm())
	}
	return TypeName(keytool.LookupAlgorithm(algorithm))
}

// algorithmName is a key's wire name, or what stands for it in clear.
func algorithmName(algorithm string, key *keytool.Key) string {
	if key != nil {
		return key.Algorithm().Name
	}
	return algorithm
}

// Target is the format to write a key in for the service: the first, best one
// first, that holds the key and is taken. The error is a *RefusedError, or says
// that no format is known.
func (p *Profile) Target(half Half, purpose Purpose, key *keytool.Key) (formats.ID, error) {
	if v, refused := Refused(JudgeKey(p, purpose, half, key)); refused {
		return "", &RefusedError{p.ID, v}
	}
	kind := TypeName(key.Algorithm())
	for _, confirmed := range []bool{true, false} {
		for _, r := range p.RolesOf(half, purpose) {
			if _, refused := Refused(r.judgeKey("", key)); refused {
				continue
			}
			for _, f := range r.Formats {
				if f.Confirmed != confirmed || f.Refused || slices.Contains(f.NotTypes, kind) {
					continue
				}
				if id, ok := firstFit(f.Value, key); ok {
					return id, nil
				}
			}
		}
	}
	return "", fmt.Errorf("no format is known in which %s takes this key and which can be written here", p.ID)
}

func firstFit(ids []formats.ID, key *keytool.Key) (formats.ID, bool) {
	for _, id := range ids {
		if _, err := formats.Fit(id, key); err == nil {
			return id, true
		}
	}
	return "", false
}

// JudgePassphrase holds a passphrase to the service's rules. Nothing of it is in
// the verdicts.
func JudgePassphrase(p *Profile, pass []byte) []Verdict {
	rules, text := p.Passphrase, string(pass)
	verdicts := []Verdict{}
	add := func(why catalog.Text, source string, confirmed bool) {
		verdicts = append(verdicts, against("passphrase", why, source, confirmed))
	}
	if f := rules.Maximum; f != nil && utf8.RuneCountInString(text) > f.Value {
		add(catalog.T("service.passphrase_long", "maximum", f.Value), f.Source, f.Confirmed)
	}
	if f := rules.Forbidden; f != nil && strings.ContainsAny(text, f.Value) {
		add(catalog.T("service.passphrase_characters", "characters", strings.Join(strings.Split(f.Value, ""), " ")), f.Source, f.Confirmed)
	}
	if f := rules.NotOnly; f != nil && text != "" && strings.Trim(text, f.Value) == "" {
		add(catalog.T("service.passphrase_blank"), f.Source, f.Confirmed)
	}
	if f := rules.ASCII; f != nil && f.Value && strings.ContainsFunc(text, func(c rune) bool { return c > 0x7e || c < ' ' }) {
		add(first(f.Because(), catalog.T("service.passphrase_ascii")), f.Source, f.Confirmed)
	}
	return verdicts
}

// Refusal says who will not take a file, and why.
type Refusal struct {
	Service string  `json:"service"`
	Purpose Purpose `json:"purpose,omitempty"`
	Why     string  `json:"why"`
	WhyJa   string  `json:"-"` // the same in Japanese
}

// In is the refusal with its reason in a language.
func (r Refusal) In(l catalog.Lang) Refusal {
	r.Why = l.Say(said(r.Why, r.WhyJa))
	return r
}

// Readers tells which of the tools that most people have can use a key file as it
// is: OpenSSH, PuTTY, OpenSSL and Dropbear.
func Readers(e *formats.Envelope, key *keytool.Key) (accepted []string, refused []Refusal) {
	accepted, refused = []string{}, []Refusal{}
	for _, p := range everyday() {
		if v, no := Refused(Judge(p, "", e, key)); no {
			refused = append(refused, Refusal{Service: p.ID, Why: v.Why, WhyJa: v.WhyJa})
		} else {
			accepted = append(accepted, p.ID)
		}
	}
	return accepted, refused
}
