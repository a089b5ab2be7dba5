package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

func (a *app) servicesCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "services [NAME…]",
		Short: "Which archives, servers and programs --for knows, and what each accepts",
		Long: `Show the services that --for knows: archives, servers, clients and tools. With a
NAME, all that is known of it, each fact with its source. What is not confirmed
is marked with a question mark, and never makes sshkeys refuse a key.

Services of your own stand in services.yaml in the folder sshkeys of your
configuration (~/.config on Linux), in the form that --json shows. They add to
those built in and cannot replace one.

Exit status: 0 done; 2 there is no such service; 3 your own file cannot be used.`,
		Example: `  sshkeys services
  sshkeys services jga`,
		ValidArgsFunction: a.completeServices,
		RunE: func(_ *cobra.Command, names []string) error {
			catalogue, err := a.catalogue()
			if err != nil {
				a.fail("", err)
			}
			return a.services(catalogue, names)
		},
	}
}

func (a *app) services(catalogue *services.Catalogue, names []string) error {
	profiles := []*services.Profile{}
	for _, name := range names {
		p := catalogue.Lookup(name)
		if p == nil {
			return &usageError{unknownService(name)}
		}
		profiles = append(profiles, p)
	}
	if len(names) == 0 {
		profiles = catalogue.All()
	}
	switch {
	case a.json:
		for _, p := range profiles {
			if err := a.printJSON(p); err != nil {
				return err
			}
		}
	case len(names) == 0:
		a.serviceTable(profiles)
	default:
		for _, p := range profiles {
			a.servicePage(p)
		}
	}
	return nil
}

func unknownService(name string) error {
	return withHint(fmt.Errorf("there is no service %q", name), "sshkeys services")
}

// catalogue is the built-in services and the user's own. With an error it is
// still the built-in ones.
func (a *app) catalogue() (*services.Catalogue, error) {
	all := services.Builtin()
	path := services.Path(runtime.GOOS, a.home(), a.env)
	info, err := os.Stat(path)
	switch {
	case path == "" || errors.Is(err, fs.ErrNotExist):
		return all, nil
	case err != nil:
		return all, err
	case !info.Mode().IsRegular():
		return all, &services.FileError{File: path, Reason: "not a file"}
	}
	data, err := keyfile.Read(path, services.MaxFile)
	if err != nil {
		return all, &fileError{path, err}
	}
	return all.With(path, data)
}

// serviceFlag is the value of --for: a service by its name or an alias.
type serviceFlag struct {
	app     *app
	profile *services.Profile // nil where the flag was not given
	broken  error             // what is wrong with the user's own file
}

func (s *serviceFlag) Type() string { return "SERVICE" }

func (s *serviceFlag) String() string {
	if s.profile == nil {
		return ""
	}
	return s.profile.ID
}

// Set looks the service up, which is when profiles are parsed.
func (s *serviceFlag) Set(name string) error {
	catalogue, err := s.app.catalogue()
	s.profile, s.broken = catalogue.Lookup(name), err
	switch {
	case s.profile != nil:
		return nil
	case err != nil:
		return fmt.Errorf("%w, and your own services are not known: %w", unknownService(name), err)
	}
	return unknownService(name)
}

// service is the profile that --for names, or nil. A broken file of the user's
// own is told, and does not keep the built-in services from work.
func (s *serviceFlag) service() *services.Profile {
	if s.broken != nil {
		s.app.warn("your own services are left out: %v", s.app.errorText(s.broken))
	}
	return s.profile
}

// forFlag adds --for to a command.
func (a *app) forFlag(cmd *cobra.Command, usage string) *serviceFlag {
	s := &serviceFlag{app: a}
	cmd.Flags().Var(s, "for", usage+" (sshkeys services names them)")
	cmd.RegisterFlagCompletionFunc("for", a.completeServices)
	return s
}

func (a *app) completeServices(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var names []cobra.Completion
	catalogue, _ := a.catalogue()
	for _, p := range catalogue.All() {
		names = append(names, cobra.CompletionWithDesc(p.ID, p.Title))
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// serviceJSON is what one service says of a file, for one purpose.
type serviceJSON struct {
	Service  string             `json:"service"`
	Purpose  services.Purpose   `json:"purpose"`
	Accepted bool               `json:"accepted"`
	Verdicts []services.Verdict `json:"verdicts"`
}

// answerFor adds to an inspection what the service says of the file, for the
// purpose that the key is known to have, else for each that the service knows.
func (a *app) answerFor(item *inspectJSON, p *services.Profile, e *formats.Envelope, key *keytool.Key) {
	if p == nil {
		return
	}
	item.AcceptedBy = slices.DeleteFunc(item.AcceptedBy, func(name string) bool { return name == p.ID })
	item.RefusedBy = slices.DeleteFunc(item.RefusedBy, func(r services.Refusal) bool { return r.Service == p.ID })
	for _, purpose := range purposesFor(p, item.Purpose) {
		verdicts := services.Judge(p, purpose, e, key)
		for i, v := range verdicts {
			verdicts[i] = v.In(a.words)
		}
		v, refused := services.Refused(verdicts)
		item.For = append(item.For, serviceJSON{p.ID, purpose, !refused, verdicts})
		if refused {
			item.RefusedBy = append(item.RefusedBy, services.Refusal{Service: p.ID, Purpose: purpose, Why: v.String()})
		} else if !slices.Contains(item.AcceptedBy, p.ID) {
			item.AcceptedBy = append(item.AcceptedBy, p.ID)
		}
	}
}

func purposesFor(p *services.Profile, known purposeJSON) []services.Purpose {
	purpose := services.Purpose(known.Value)
	if slices.Contains([]string{"certain", "declared"}, known.Confidence) && (purpose == services.Auth || purpose == services.Dataset) {
		return []services.Purpose{purpose}
	}
	return p.Purposes.Value
}

// servedHalf is the half of a file's key that the service takes: the file's own,
// or the public half of a private key.
func servedHalf(p *services.Profile, f *keyFile) services.Half {
	half, _ := services.HalfOf(f.Kind)
	if half == services.PrivateHalf && len(p.RolesOf(half, "")) == 0 {
		return services.PublicHalf
	}
	return half
}

// convertFor settles what a conversion for a service writes: opens the half that
// the service takes, and names the format.
func (c *conversion) convertFor(ctx context.Context) (to string, err error) {
	p, half := c.opt.service, servedHalf(c.opt.service, c.from)
	if half == services.PublicHalf {
		c.key, err = c.publicHalf(ctx, c.from)
	} else {
		c.key, c.pass, err = c.openFor(ctx, c.from, "")
	}
	if err != nil {
		return "", err
	}
	if c.opt.to != "" {
		return c.opt.to, nil
	}
	id, err := p.Target(half, "", c.key)
	return string(id), err
}

// excluded refuses --to beside --for where the service does not take that format.
func excluded(p *services.Profile, target *formats.Format) error {
	kind := formats.KindPublic
	if target.Holds == formats.HoldsPrivate {
		kind = formats.KindPrivate
	}
	for _, v := range services.Judge(p, "", &formats.Envelope{Format: target.ID, Kind: kind}, nil) {
		if !v.OK {
			return usagef("--to %s and --for %s exclude each other: %s", target.ID, p.ID, v)
		}
	}
	return nil
}

// accepted holds what is about to be written to the service's rules, and tells
// what of them is not confirmed.
func (a *app) accepted(p *services.Profile, data []byte, key *keytool.Key) error {
	if p == nil {
		return nil
	}
	e, err := formats.Parse(data, formats.Unlimited())
	if err != nil {
		return err
	}
	verdicts := services.Judge(p, "", e, key)
	if v, refused := services.Refused(verdicts); refused {
		return &services.RefusedError{Service: p.ID, Verdict: v}
	}
	for _, v := range verdicts {
		if v.Doubt() {
			a.warn("%s, not confirmed: %s", p.ID, v)
		}
	}
	return nil
}

// tellWhere says where the half that was written goes.
func (a *app) tellWhere(p *services.Profile, holds formats.Holds, key *keytool.Key) {
	if p == nil {
		return
	}
	half := services.PublicHalf
	if holds == formats.HoldsPrivate {
		half = services.PrivateHalf
	}
	for _, r := range p.RolesOf(half, "") {
		purposes := p.For(r)
		if _, refused := services.Refused(services.JudgeKey(p, purposes[0], half, key)); !refused {
			a.note("%s, %s: %s", p.ID, a.purposesInWords(purposes), a.where(r))
		}
	}
}

// where says where a half goes, to stand in a sentence.
func (a *app) where(r *services.Role) string {
	said := a.words.Say(catalog.T("service.said", "words", r.Where.Value.Words()))
	return strings.TrimRight(said, ".。")
}
