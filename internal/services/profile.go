// Package services knows who takes which key file: archives, servers, clients
// and tools, each a profile of facts with their sources, in profiles/*.yaml and
// in a file of the user's own. Judge holds a file to a profile; it is pure.
package services

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// Purpose is what a key is for.
type Purpose string

const (
	Auth    Purpose = "auth"    // to log in
	Dataset Purpose = "dataset" // to open encrypted data sets
)

// Half is one half of a pair.
type Half string

const (
	PrivateHalf Half = "private"
	PublicHalf  Half = "public"
)

// Words are a text in the languages it was written in.
type Words struct {
	En string `yaml:"en" json:"en"`
	Ja string `yaml:"ja,omitempty" json:"ja,omitempty"`
}

// Fact is a value, where it is from, and whether that was confirmed: read in the
// service's own document or source, or run. What is not confirmed is shown with a
// mark, and never refuses a key.
type Fact[T any] struct {
	Value     T      `yaml:"value" json:"value"`
	Why       string `yaml:"why,omitempty" json:"why,omitempty"` // said in place of the general reason
	WhyJa     string `yaml:"why_ja,omitempty" json:"why_ja,omitempty"`
	Source    string `yaml:"source" json:"source"`
	Confirmed bool   `yaml:"confirmed" json:"confirmed"`
}

// Profile is what is known of one service.
type Profile struct {
	ID       string          `yaml:"id" json:"id"` // what --for takes
	Aliases  []string        `yaml:"aliases,omitempty" json:"aliases,omitempty"`
	Title    string          `yaml:"title" json:"title"`
	TitleJa  string          `yaml:"title_ja,omitempty" json:"title_ja,omitempty"` // where it differs
	Kind     string          `yaml:"kind" json:"kind"`                             // archive, server, client or tool
	Purposes Fact[[]Purpose] `yaml:"purposes" json:"purposes"`
	// OneKey tells whether one key may serve both purposes.
	OneKey *Fact[bool] `yaml:"one_key_for_both,omitempty" json:"one_key_for_both,omitempty"`
	Roles  []Role      `yaml:"roles" json:"roles"`
	// Produces are the formats it writes itself.
	Produces   []Fact[[]formats.ID] `yaml:"produces,omitempty" json:"produces,omitempty"`
	Hosts      []Fact[Host]         `yaml:"hosts,omitempty" json:"hosts,omitempty"`
	Connection Connection           `yaml:"connection,omitempty" json:"connection,omitzero"`
	Passphrase PassphraseRules      `yaml:"passphrase,omitempty" json:"passphrase,omitzero"`
	// Comment is the convention for a key's comment, with {account} and {date}.
	Comment *Fact[string] `yaml:"comment,omitempty" json:"comment,omitempty"`
	Names   []Fact[Name]  `yaml:"names,omitempty" json:"names,omitempty"`
	Rules   []Rule        `yaml:"rules,omitempty" json:"rules,omitempty"`
}

// Rule is a text for people, and the codes of the catalogue that it helps with.
type Rule struct {
	Fact[Words] `yaml:",inline"`
	Codes       []string `yaml:"codes,omitempty" json:"codes,omitempty"`
}

// RulesOn are the confirmed rules that help with a code of the catalogue.
func (p *Profile) RulesOn(code string) []Words {
	var found []Words
	for _, r := range p.Rules {
		if r.Confirmed && slices.Contains(r.Codes, code) {
			found = append(found, r.Value)
		}
	}
	return found
}

// Role is one use a service has for one half of a key.
type Role struct {
	Half Half `yaml:"half" json:"half"`
	// Purposes narrow the profile's; none means all of them.
	Purposes []Purpose   `yaml:"purposes,omitempty" json:"purposes,omitempty"`
	Where    Fact[Words] `yaml:"where" json:"where"` // where this half goes
	// OtherFormat and OtherHalf say why any other format, or the other half, is refused.
	OtherFormat   string       `yaml:"other_format,omitempty" json:"other_format,omitempty"`
	OtherFormatJa string       `yaml:"other_format_ja,omitempty" json:"other_format_ja,omitempty"`
	OtherHalf     string       `yaml:"other_half,omitempty" json:"other_half,omitempty"`
	OtherHalfJa   string       `yaml:"other_half_ja,omitempty" json:"other_half_ja,omitempty"`
	Formats       []FormatFact `yaml:"formats" json:"formats"` // best first
	// Types are the key types taken; none means that any will do.
	Types []TypeFact `yaml:"types,omitempty" json:"types,omitempty"`
	// Certificates tells whether an OpenSSH certificate is taken for a public key.
	Certificates *Fact[bool] `yaml:"certificates,omitempty" json:"certificates,omitempty"`
	// Recommends is the key to make for it.
	Recommends *Fact[KeySpec] `yaml:"recommends,omitempty" json:"recommends,omitempty"`
}

// FormatFact says of formats that they are taken, or refused. The value "other"
// stands for every format that is not named.
type FormatFact struct {
	Fact[[]formats.ID] `yaml:",inline"`
	Refused            bool `yaml:"refused,omitempty" json:"refused,omitempty"`
	// Ciphers are the only ones taken of encrypted files, NotCiphers those not
	// taken, by their names in formats.Protection; "none" in Ciphers alone takes
	// no encrypted file.
	Ciphers    []string `yaml:"ciphers,omitempty" json:"ciphers,omitempty"`
	NotCiphers []string `yaml:"not_ciphers,omitempty" json:"not_ciphers,omitempty"`
	NotTypes   []string `yaml:"not_types,omitempty" json:"not_types,omitempty"` // key types not taken in this format
	DER        bool     `yaml:"der,omitempty" json:"der,omitempty"`             // binary DER is taken too
	// Bare wants a public line without options or hosts before the key.
	Bare bool `yaml:"bare,omitempty" json:"bare,omitempty"`
}

// TypeFact says of key types (see KeyTypes) that they are taken, from a size on,
// or refused. The value "other" stands for every type that is not named.
type TypeFact struct {
	Fact[[]string] `yaml:",inline"`
	Refused        bool `yaml:"refused,omitempty" json:"refused,omitempty"`
	MinimumBits    int  `yaml:"minimum_bits,omitempty" json:"minimum_bits,omitempty"`
}

// KeySpec is a key to be made.
type KeySpec struct {
	Type string `yaml:"type" json:"type"`
	Bits int    `yaml:"bits,omitempty" json:"bits,omitempty"` // 0: the type has one size
}

// Host is a server to connect to.
type Host struct {
	Name         string       `yaml:"name" json:"name"`
	Port         int          `yaml:"port" json:"port"`
	For          string       `yaml:"for,omitempty" json:"for,omitempty"`
	ForJa        string       `yaml:"for_ja,omitempty" json:"for_ja,omitempty"` // where it differs
	Addresses    []string     `yaml:"addresses,omitempty" json:"addresses,omitempty"`
	OldAddresses []OldAddress `yaml:"old_addresses,omitempty" json:"old_addresses,omitempty"`
}

// OldAddress is one that firewalls and known_hosts files may still name.
type OldAddress struct {
	Address string `yaml:"address" json:"address"`
	Until   string `yaml:"until,omitempty" json:"until,omitempty"` // the day it changed, as 2025-04-10
}

// Connection is how to keep a connection, in seconds.
type Connection struct {
	KeepAlive    *Fact[int]  `yaml:"keepalive,omitempty" json:"keepalive,omitempty"` // ServerAliveInterval
	TCPKeepAlive *Fact[bool] `yaml:"tcp_keepalive,omitempty" json:"tcp_keepalive,omitempty"`
	IdleTimeout  *Fact[int]  `yaml:"idle_timeout,omitempty" json:"idle_timeout,omitempty"`
	Timeout      *Fact[int]  `yaml:"timeout,omitempty" json:"timeout,omitempty"`
	Tries        *Fact[int]  `yaml:"tries,omitempty" json:"tries,omitempty"`
	TryEvery     *Fact[int]  `yaml:"try_every,omitempty" json:"try_every,omitempty"`
}

// PassphraseRules are what a service asks of passphrases.
type PassphraseRules struct {
	Maximum   *Fact[int]    `yaml:"maximum,omitempty" json:"maximum,omitempty"` // characters
	Forbidden *Fact[string] `yaml:"forbidden,omitempty" json:"forbidden,omitempty"`
	NotOnly   *Fact[string] `yaml:"not_only,omitempty" json:"not_only,omitempty"` // not made of these characters alone
	ASCII     *Fact[bool]   `yaml:"ascii,omitempty" json:"ascii,omitempty"`
	Advice    *Fact[Words]  `yaml:"advice,omitempty" json:"advice,omitempty"`
}

// Name is the file name a service asks for.
type Name struct {
	Purpose Purpose `yaml:"purpose" json:"purpose"`
	Pattern string  `yaml:"pattern" json:"pattern"` // a regular expression for the whole base name
	Example string  `yaml:"example" json:"example"`
}

// other stands in a fact for everything that is not named.
const other = "other"

// keyTypes are the names of key types in profiles, by keytool's families.
var keyTypes = [...]struct {
	name   string
	family keytool.Family
}{
	{"rsa", keytool.RSA}, {"dsa", keytool.DSA}, {"ecdsa", keytool.ECDSA}, {"ed25519", keytool.Ed25519},
	{"ed448", keytool.Ed448}, {"sk-ecdsa", keytool.SKECDSA}, {"sk-ed25519", keytool.SKEd25519},
	{"mldsa44-ed25519", keytool.MLDSA44Ed25519}, {"x25519", keytool.X25519},
}

// KeyTypes are the names of key types that profiles may use.
func KeyTypes() []string {
	names := []string{}
	for _, t := range keyTypes {
		names = append(names, t.name)
	}
	return names
}

// TypeName is an algorithm's name in profiles; "" for an unknown one.
func TypeName(a *keytool.Algorithm) string {
	for _, t := range keyTypes {
		if a != nil && t.family == a.Family {
			return t.name
		}
	}
	return ""
}

// Called tells whether the profile has this name or alias.
func (p *Profile) Called(name string) bool {
	name = strings.ToLower(name)
	return p.ID == name || slices.Contains(p.Aliases, name)
}

// For are the role's purposes: its own, or all of the profile's.
func (p *Profile) For(r *Role) []Purpose {
	if len(r.Purposes) > 0 {
		return r.Purposes
	}
	return p.Purposes.Value
}

// RolesOf are the uses the service has for a half, for one purpose or, with "", any.
func (p *Profile) RolesOf(half Half, purpose Purpose) []*Role {
	var roles []*Role
	for i := range p.Roles {
		r := &p.Roles[i]
		if r.Half == half && (purpose == "" || slices.Contains(p.For(r), purpose)) {
			roles = append(roles, r)
		}
	}
	return roles
}

// NameFact finds the naming rule for a purpose, nil where there is none, and
// tells whether a file's name keeps to one of them. The ending .pub is not
// looked at.
func (p *Profile) NameFact(file string, purpose Purpose) (fact *Fact[Name], fits bool) {
	base := strings.TrimSuffix(filepath.Base(file), ".pub")
	for i := range p.Names {
		n := &p.Names[i]
		if n.Value.Purpose != purpose {
			continue
		}
		if fact == nil {
			fact = n
		}
		if matched, err := regexp.MatchString(wholly(n.Value.Pattern), base); err == nil && matched {
			return n, true
		}
	}
	return fact, fact == nil
}

func wholly(pattern string) string { return "^(?:" + pattern + ")$" }

// CommentFor is a key's comment as the service wants it; "" where it asks for none.
func (p *Profile) CommentFor(account, date string) string {
	if p.Comment == nil {
		return ""
	}
	return strings.NewReplacer("{account}", account, "{date}", date).Replace(p.Comment.Value)
}
