package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/register"
	"sshkeys/internal/relock"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// purposeCommandJSON tells what a key is for, and where that stands.
type purposeCommandJSON struct {
	File        string          `json:"file"`
	Fingerprint string          `json:"fingerprint,omitempty"`
	Purpose     purposeJSON     `json:"purpose"`
	RecordedIn  []string        `json:"recorded_in"`
	Problems    []diagnose.Said `json:"problems"`
}

func (a *app) purposeCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "purpose FILE [auth|dataset]",
		Short: "Show or declare what a key is for: to log in, or to open data sets",
		Long: `Show what a key is for, how sure that is, and why. A key's type never tells; its
format may, what was declared does, and names and places make it likely.

With auth (to log in) or dataset (to open encrypted data sets) that is declared,
with both words for one key that does both. It goes into your own register, by
the key's fingerprint, and so survives every conversion; and into the comment of
the file and its .pub where that needs no passphrase.

Exit status: 0 done; 3 it is no key, or nothing could be recorded; 4 the file is
locked, and nothing in clear says which key it is.`,
		Example: `  sshkeys purpose id_rsa
  sshkeys purpose J-DU999991 dataset`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usagef("name one key file, or - for standard input")
			case len(args) > 3:
				return usagef("name one key file; %d words follow it", len(args)-1)
			}
			_, err := purposeWords(args[1:])
			return err
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
			if len(args) == 0 {
				return nil, cobra.ShellCompDirectiveDefault
			}
			return []cobra.Completion{keytool.Auth.String(), keytool.Dataset.String()}, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			p, _ := purposeWords(args[1:])
			return a.each(args[:1], func(file string) error { return a.purpose(cmd.Context(), file, p) })
		},
	}
}

// purposeWords joins what the command line declares; 0 for no word.
func purposeWords(words []string) (p keytool.Purpose, err error) {
	for _, w := range words {
		q, ok := keytool.ParsePurpose(w)
		if !ok {
			return 0, usagef("a key's purpose is auth or dataset, not %q", w)
		}
		p |= q
	}
	return p, nil
}

// purpose declares p, unless that is 0, and shows what is known then.
func (a *app) purpose(ctx context.Context, file string, p keytool.Purpose) error {
	f, err := a.load(file)
	if err != nil {
		return err
	}
	if isList(f, nil) || f.Hosts != "" {
		return severalKeys(f)
	}
	key, err := a.keyToShow(ctx, f)
	if err != nil {
		return err
	}
	if p != 0 {
		if f, key, err = a.declareFile(ctx, f, key, p); err != nil {
			return err
		}
	}
	facts := a.purposeFacts(f, key)
	return a.showPurpose(f, key, facts)
}

// declareFile records the purpose in the register, then in the comments. It
// returns the file as it is afterwards.
func (a *app) declareFile(ctx context.Context, f *keyFile, key *keytool.Key, p keytool.Purpose) (*keyFile, *keytool.Key, error) {
	neighbour, neighbourName := a.pairOf(f, key)
	known := cmp.Or(key, neighbour)
	switch {
	case known == nil:
		return nil, nil, formats.ErrPassphraseRequired
	case known.Algorithm().Dataset() && p != keytool.Dataset:
		return nil, nil, errors.New("it is a key that opens data and logs in nowhere, whatever is declared")
	}
	if err := a.declare(ctx, known, p, ""); err != nil {
		return nil, nil, err
	}
	a.note("declared %s in %s", p, a.registerPath())
	a.sayInComment(ctx, f, key, p)
	if neighbour != nil {
		if n, err := a.look(neighbourName, nil); err == nil {
			a.sayInComment(ctx, n, n.Public, p)
		}
	}
	if f.name == stdinName {
		return f, key, nil
	}
	f, err := a.load(f.name)
	if err == nil {
		key, err = a.keyToShow(ctx, f)
	}
	return f, key, err
}

// declare puts what a key is for into the register; service is the one it is for,
// or "", which keeps the one that was declared before.
func (a *app) declare(ctx context.Context, key *keytool.Key, p keytool.Purpose, service string) error {
	path := a.registerPath()
	if path == "" {
		return errors.New("the home directory is not known, so neither is the register of purposes")
	}
	a.world.register = nil // it is read again when it is needed
	e := register.Entry{Purpose: p, Service: service, Date: time.Now().Format(time.DateOnly)}
	if old, ok := a.registered(key.Fingerprint()); ok && service == "" && old.Purpose == p {
		e.Service = old.Service
	}
	err := register.Declare(ctx, path, key.Fingerprint(), e)
	a.world.register = nil
	if isType[*register.BrokenError](err) {
		return withHint(err, "mv "+quote(path)+" "+quote(path+".broken"))
	}
	return err
}

// declareMade puts a new key into the register. The key stands without that too.
func (g *generation) declareMade(ctx context.Context) {
	p, ok := keytool.ParsePurpose(string(g.Purpose))
	if !ok || g.registerPath() == "" || g.key.Algorithm().Dataset() {
		return
	}
	service := ""
	if g.opt.service != nil {
		service = g.opt.service.ID
	}
	if err := g.declare(ctx, g.key, p, service); err != nil {
		g.warn("%s is not in the register of purposes: %s", g.private, g.errorText(err))
	}
}

// registerPath is where the register is: beside the user's own services; "" where
// no home is known.
func (a *app) registerPath() string {
	beside := services.Path(runtime.GOOS, a.home(), a.env)
	if beside == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(beside), "purposes.json")
}

// sayInComment writes the purpose into a file's comment, or says why not. That is
// no failure: the register has it.
func (a *app) sayInComment(ctx context.Context, f *keyFile, key *keytool.Key, p keytool.Purpose) {
	if f.Kind.IsDataset() || key == nil || keytool.CommentFor(key.Comment(), p) == key.Comment() && key.Comment() != "" {
		return
	}
	data, why := commented(f, key, p)
	if why == "" {
		want := key.WithComment(keytool.CommentFor(key.Comment(), p))
		opt := keyfile.WriteOptions{Private: f.Kind.IsPrivate(), Check: func(readBack []byte) error { return provesComment(readBack, want) }}
		if err := keyfile.Replace(ctx, f.name, f.data, data, opt); err != nil {
			a.warn("%s: the comment is left as it is: %s", f.name, a.errorText(err))
			return
		}
		a.note("said so in the comment of %s", f.name)
		return
	}
	a.note("%s is left as it is: %s", f.name, why)
}

func provesComment(readBack []byte, want *keytool.Key) error {
	if want.IsPrivate() {
		return relock.Prove(readBack, nil, want)
	}
	e, err := formats.Parse(readBack, formats.Unlimited())
	if err != nil || e.Public == nil || !e.Public.Equal(want) || e.Public.Comment() != want.Comment() {
		return errors.New("what was written is not the same key with the comment")
	}
	return nil
}

// commented is the file with the purpose in its comment, or why that is not to be
// had without loss: what this program would not write as it stands stays.
func commented(f *keyFile, key *keytool.Key, p keytool.Purpose) (data []byte, why string) {
	format := formats.Lookup(f.Format)
	key = key.WithComment(keytool.CommentFor(key.Comment(), p))
	switch losses, err := formats.Fit(f.Format, key); {
	case f.name == stdinName:
		return nil, "it is standard input"
	case diagnose.Damaged(f.facts()):
		return nil, "its text is damaged"
	case f.Encrypted():
		return nil, "its comment changes only with its passphrase"
	case err != nil || !format.Writes():
		return nil, "its format is not written"
	case slices.ContainsFunc(losses, func(l formats.Loss) bool { return l.What == "comment" }):
		return nil, "its format has no comment"
	}
	if f.Kind.IsPrivate() {
		file, err := relock.Rewrite(f.data, f.Envelope, key, formats.Options{DER: f.DER})
		if err != nil {
			return nil, err.Error()
		}
		return file.Data, ""
	}
	same, err := formats.Encode(f.Format, f.Public, formats.Options{})
	if err != nil || !bytes.Equal(bytes.TrimRight(same, "\r\n"), bytes.TrimRight(f.data, "\r\n")) {
		return nil, "it holds more than the key and its comment"
	}
	if data, err = formats.Encode(f.Format, key, formats.Options{}); err != nil {
		return nil, err.Error()
	}
	return data, ""
}

// showPurpose prints the verdict.
func (a *app) showPurpose(f *keyFile, key *keytool.Key, facts keytool.PurposeFacts) error {
	v := keytool.JudgePurpose(facts)
	item := purposeCommandJSON{
		File: f.name, Purpose: a.asPurposeJSON(v), RecordedIn: []string{}, Problems: a.inWords(purposeProblems(f.name, v)),
	}
	if key != nil {
		item.Fingerprint = key.Fingerprint()
	}
	if facts.Registered != nil {
		item.RecordedIn = append(item.RecordedIn, a.registerPath())
	}
	for _, c := range facts.Comments {
		if keytool.JudgePurpose(keytool.PurposeFacts{Comments: []keytool.Said{c}}).Value != 0 {
			where := verbatim(c.Where)
			if c.Where == "" {
				where = catalog.T("purpose.standard_input")
			}
			item.RecordedIn = append(item.RecordedIn, a.words.Say(catalog.T("inspect.comment_of", "file", where)))
		}
	}
	if a.json {
		return a.printJSON(item)
	}
	a.printf("%s\n", formats.Visible(f.name))
	a.rowText("inspect.label_purpose", purposeText(v))
	for i, e := range item.Purpose.Evidence {
		a.rowIf([]string{"inspect.label_because", ""}[min(i, 1)], e)
	}
	a.rowIf("inspect.label_recorded", orWord(a.words.List(item.RecordedIn), a.words.Say(catalog.T("inspect.nowhere"))))
	a.problems(item.Problems)
	if v.Confidence == keytool.NoneConfidence || v.Confidence == keytool.Likely {
		a.hint("sshkeys purpose " + quote(f.name) + " " + orWord(v.Value.String(), "auth"))
	}
	return nil
}

func (a *app) asPurposeJSON(v keytool.Verdict) purposeJSON {
	evidence := []string{}
	for _, t := range v.Texts {
		evidence = append(evidence, a.words.Say(diagnose.PurposeText(t)))
	}
	return purposeJSON{v.Value.String(), string(v.Confidence), evidence}
}

// purposeText is "dataset, declared" or "likely authentication".
func purposeText(v keytool.Verdict) catalog.Text {
	name := catalog.T("inspect.both")
	switch v.Value {
	case keytool.Auth:
		name = catalog.T("inspect.authentication")
	case keytool.Dataset:
		name = catalog.T("inspect.dataset")
	}
	switch v.Confidence {
	case keytool.NoneConfidence:
		return catalog.T("inspect.purpose_unknown")
	case keytool.Likely:
		return catalog.T("inspect.purpose_likely", "purpose", name)
	}
	return catalog.T("inspect.purpose", "purpose", name, "confidence", diagnose.PurposeText(v.Confidence.Text()))
}

// purposeProblems are the verdict's conflicts as findings.
func purposeProblems(file string, v keytool.Verdict) []diagnose.Finding {
	var found []diagnose.Finding
	for _, c := range v.Conflicts {
		hint := ""
		if file != stdinName {
			hint = "sshkeys purpose " + quote(file)
		}
		found = append(found, diagnose.Finding{Code: c.Code, Severity: diagnose.Warning, File: file, Cause: diagnose.PurposeText(c.Text), Hint: hint})
	}
	return found
}
