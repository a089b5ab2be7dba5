// Package recipe settles what key to make of what was asked for: purpose, type,
// size, format, names and comment, by the defaults of this tool and the rules of
// a service. It makes no key.
package recipe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// Request is what was asked for. Zero values were left open.
type Request struct {
	Purpose services.Purpose
	Service *services.Profile
	Type    string // one of Types
	Bits    int
	Format  string // as formats.ByName takes it
	Name    string // of the private key's file, without folder
	// Comment, where it was given, stands for the one that User (at the service
	// too), Host and Date (as 2026-11-21) make.
	Comment          *string
	User, Host, Date string
}

// Recipe is the key to make.
type Recipe struct {
	Purpose         services.Purpose
	Algorithm       string // what keytool.Generate takes, or X25519
	Bits            int
	Private, Public formats.ID
	// Name is the file name of the private key, with the ending that its format
	// is found by.
	Name    string
	Comment string
	// Doubts are the rules of the service that may stand in the way and are not confirmed.
	Doubts []services.Verdict
	// Naming is the service's rule for file names where Name breaks it, else nil.
	Naming *services.Fact[services.Name]
	// Convert is the format that the service wants the public half in, where that
	// is not Public.
	Convert formats.ID
}

// X25519 stands for an algorithm's name where the key is a dataset key.
const X25519 = "x25519"

// kinds are the types of keys that can be asked for. Some are those of a format.
var kinds = [...]struct {
	name   string
	kind   string // in profiles
	format formats.ID
}{
	{"ed25519", "ed25519", ""}, {"ecdsa", "ecdsa", ""}, {"rsa", "rsa", ""},
	{"crypt4gh", X25519, formats.Crypt4GH}, {"age", X25519, formats.Age},
}

// Types are the names that a Request may have as its Type.
func Types() []string {
	names := []string{}
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}

// Settle makes the recipe. Nothing of a request that was said is changed: what
// cannot be is a *keytool.SizeError, a *formats.CannotHoldError, a
// *formats.UnsupportedError, a *services.RefusedError, or another error that
// says which of it excludes what.
func Settle(q Request) (*Recipe, error) {
	s := &settling{Request: q}
	if err := s.settlePurpose(); err != nil {
		return nil, err
	}
	if err := s.settleKey(); err != nil {
		return nil, err
	}
	if err := s.settleName(); err != nil {
		return nil, err
	}
	s.settleComment()
	return &s.recipe, s.askService()
}

// settling is a recipe on its way.
type settling struct {
	Request
	recipe Recipe
	key    *keytool.Key // a stand-in for the key to be made
	given  formats.ID   // the format that the type itself names
}

func (s *settling) settlePurpose() error {
	s.recipe.Purpose = s.purpose()
	if s.Service != nil && !slices.Contains(s.Service.Purposes.Value, s.recipe.Purpose) {
		s.recipe.Doubts = services.JudgeKey(s.Service, s.recipe.Purpose, services.PublicHalf, nil)
		if v, refused := services.Refused(s.recipe.Doubts); refused {
			return &services.RefusedError{Service: s.Service.ID, Verdict: v}
		}
	}
	if s.recipe.Purpose == services.Auth && s.wantsDataset() {
		return fmt.Errorf("a key of type %s opens data sets and logs in nowhere", cmp.Or(s.Type, s.Format))
	}
	return nil
}

// purpose is the one that was said, else what service or type are for. A service
// that takes both is asked for with a data set in mind: to log in, it takes the
// key that there is already.
func (s *settling) purpose() services.Purpose {
	switch {
	case s.Purpose != "":
		return s.Purpose
	case s.Service != nil && slices.Contains(s.Service.Purposes.Value, services.Dataset):
		return services.Dataset
	case s.Service != nil:
		return s.Service.Purposes.Value[0]
	case s.wantsDataset():
		return services.Dataset
	}
	return services.Auth
}

// wantsDataset tells a type or a format of keys that decrypt data only.
func (s *settling) wantsDataset() bool {
	f := formats.Lookup(formats.ID(strings.ToLower(s.Format)))
	return f != nil && f.Dataset || kindOf(s.Type) == X25519
}

func kindOf(name string) string {
	for _, k := range kinds {
		if k.name == name {
			return k.kind
		}
	}
	return ""
}

// settleKey finds type, size and formats: those that were said, or the first that
// the service takes without a doubt, else without a refusal.
func (s *settling) settleKey() error {
	specs, err := s.candidates()
	if err != nil {
		return err
	}
	var problem error
	for _, sure := range []bool{true, false} {
		for _, spec := range specs {
			if s.key, err = standIn(spec); err != nil {
				return err
			}
			verdicts := s.judgeKey(s.key)
			if sure && slices.ContainsFunc(verdicts, services.Verdict.Doubt) {
				continue
			}
			if v, refused := services.Refused(verdicts); refused {
				err = &services.RefusedError{Service: s.Service.ID, Verdict: v}
			} else {
				err = s.settleFormat()
			}
			if err == nil {
				s.recipe.Algorithm, s.recipe.Bits = s.key.Algorithm().Name, s.key.Bits()
				return nil
			}
			if problem == nil {
				problem = err
			}
		}
	}
	return problem
}

// candidates are the keys to choose from, best first. Only where nothing was said
// but a service is there more than one.
func (s *settling) candidates() ([]services.KeySpec, error) {
	for _, k := range kinds {
		if k.name == s.Type {
			s.given = k.format
			return []services.KeySpec{{Type: k.kind, Bits: cmp.Or(s.Bits, s.recommendedBits(k.kind))}}, nil
		}
	}
	switch {
	case s.Type != "":
		return nil, fmt.Errorf("%q is no type of key that is made; there are %s", s.Type, strings.Join(Types(), ", "))
	case s.wantsDataset():
		return []services.KeySpec{{Type: X25519, Bits: s.Bits}}, nil
	}
	specs := s.recommended()
	for _, kind := range s.usual() {
		specs = append(specs, services.KeySpec{Type: kind, Bits: s.recommendedBits(kind)})
	}
	if s.Service == nil || s.Bits != 0 { // a size is a word about the type too
		specs = []services.KeySpec{{Type: specs[0].Type, Bits: cmp.Or(s.Bits, specs[0].Bits)}}
	}
	return specs, nil
}

// usual are the types for the purpose, best first. What opens a data set is RSA:
// openssl decrypts with it.
func (s *settling) usual() []string {
	if s.recipe.Purpose == services.Dataset {
		return []string{"rsa", X25519, "ed25519", "ecdsa"}
	}
	return []string{"ed25519", "rsa", "ecdsa"}
}

// recommended are the keys that the service asks to make.
func (s *settling) recommended() []services.KeySpec {
	var specs []services.KeySpec
	if s.Service == nil {
		return nil
	}
	for _, half := range []services.Half{services.PrivateHalf, services.PublicHalf} {
		for _, r := range s.Service.RolesOf(half, s.recipe.Purpose) {
			if r.Recommends != nil {
				specs = append(specs, r.Recommends.Value)
			}
		}
	}
	return specs
}

func (s *settling) recommendedBits(kind string) int {
	for _, spec := range s.recommended() {
		if spec.Type == kind {
			return spec.Bits
		}
	}
	return 0
}

// settleFormat finds the formats of both halves for a key.
func (s *settling) settleFormat() error {
	id, err := s.format()
	if err != nil {
		return err
	}
	losses, err := formats.Fit(id, s.key)
	if err != nil {
		return err
	}
	for _, l := range losses {
		if l.What == "type" {
			return fmt.Errorf("%s holds no %s key: %s", id.Title(), s.key.Algorithm().Display, l.Why)
		}
	}
	s.recipe.Private, s.recipe.Public = id, formats.PublicBeside(id)
	return nil
}

func (s *settling) format() (formats.ID, error) {
	purpose := s.recipe.Purpose
	switch {
	case s.Format != "":
		return s.askedFormat()
	case s.given != "":
		return s.given, nil
	case s.Service != nil && len(s.Service.RolesOf(services.PrivateHalf, purpose)) > 0:
		return s.Service.Target(services.PrivateHalf, purpose, s.key)
	case s.key.Algorithm().Dataset():
		return formats.Crypt4GH, nil
	case purpose == services.Dataset:
		// The traditional PEM is read by ssh-keygen and openssl, and by programs
		// that ask for BEGIN RSA PRIVATE KEY.
		if f, err := formats.ByName("pem", s.key); err == nil {
			return f.ID, nil
		}
	}
	return formats.OpenSSH, nil
}

func (s *settling) askedFormat() (formats.ID, error) {
	f, err := formats.ByName(s.Format, s.key)
	switch {
	case err != nil:
		return "", err
	case f.Holds != formats.HoldsPrivate:
		return "", &formats.CannotHoldError{Format: f.ID, What: "a private key"}
	case s.given != "" && s.given != f.ID:
		return "", fmt.Errorf("a key of type %s is no %s", s.Type, f.ID.Title())
	}
	return f.ID, nil
}

// askService holds the whole key to the service's rules.
func (s *settling) askService() error {
	p, purpose := s.Service, s.recipe.Purpose
	if p == nil {
		return nil
	}
	verdicts := s.judgeKey(s.key)
	if len(p.RolesOf(services.PrivateHalf, purpose)) > 0 {
		file := &formats.Envelope{Format: s.recipe.Private, Kind: formats.KindPrivate, Algorithm: s.recipe.Algorithm}
		verdicts = append(verdicts, services.Judge(p, purpose, file, s.key)...)
	}
	if v, refused := services.Refused(verdicts); refused {
		return &services.RefusedError{Service: p.ID, Verdict: v}
	}
	for _, v := range verdicts {
		if v.Doubt() && !slices.Contains(s.recipe.Doubts, v) {
			s.recipe.Doubts = append(s.recipe.Doubts, v)
		}
	}
	if id, err := p.Target(services.PublicHalf, purpose, s.key); err == nil && id != s.recipe.Public {
		s.recipe.Convert = id
	}
	return nil
}

// judgeKey is what the service says of type and size, for the halves it takes.
func (s *settling) judgeKey(key *keytool.Key) []services.Verdict {
	var verdicts []services.Verdict
	for _, half := range []services.Half{services.PublicHalf, services.PrivateHalf} {
		if s.Service != nil && len(s.Service.RolesOf(half, s.recipe.Purpose)) > 0 {
			verdicts = append(verdicts, services.JudgeKey(s.Service, s.recipe.Purpose, half, key)...)
		}
	}
	return verdicts
}
