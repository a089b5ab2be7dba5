package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/services"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// inspectJSON is one file, as spec/cli.md names its parts.
type inspectJSON struct {
	File        string             `json:"file"`
	Kind        formats.Kind       `json:"kind"`
	Format      formats.ID         `json:"format"`
	Algorithm   string             `json:"algorithm,omitempty"`
	Bits        int                `json:"bits,omitempty"`
	Encrypted   bool               `json:"encrypted"`
	Cipher      string             `json:"cipher,omitempty"`
	KDF         string             `json:"kdf,omitempty"`
	KDFParams   map[string]uint64  `json:"kdf_params,omitempty"`
	Comment     string             `json:"comment"`
	Fingerprint string             `json:"fingerprint,omitempty"`
	Public      string             `json:"public,omitempty"`
	Proved      bool               `json:"proved"`
	Keys        int                `json:"keys,omitempty"`
	Options     string             `json:"options,omitempty"`
	Hosts       string             `json:"hosts,omitempty"`
	Certificate *certificateJSON   `json:"certificate,omitempty"`
	Purpose     purposeJSON        `json:"purpose"`
	Problems    []diagnose.Finding `json:"problems"`
	AcceptedBy  []string           `json:"accepted_by"`
	RefusedBy   []services.Refusal `json:"refused_by"`
	For         []serviceJSON      `json:"for,omitempty"`

	purposeInWords string
}

type certificateJSON struct {
	Type        string   `json:"type"`
	KeyID       string   `json:"key_id"`
	Serial      uint64   `json:"serial"`
	Principals  []string `json:"principals"`
	ValidAfter  string   `json:"valid_after,omitempty"`
	ValidBefore string   `json:"valid_before,omitempty"`
	SigningKey  string   `json:"signing_key"`
}

type purposeJSON struct {
	Value      string   `json:"value"`
	Confidence string   `json:"confidence"`
	Evidence   []string `json:"evidence"`
}

func (a *app) inspectCommand() *cobra.Command {
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "inspect FILE…",
		Short: "Say what a file is: format, algorithm, passphrase, fingerprint, problems",
		Long: `Say what a key file is, on one page. No passphrase is asked for: what a locked
file does not show is said to be locked. With --passphrase-file it is opened and
its halves are checked. sshkeys FILE does the same.

Exit status: 0 it is a key, whatever its problems; 3 it is not, or is damaged;
4 the passphrase given is wrong.`,
		Example: `  sshkeys inspect key.ppk
  sshkeys inspect --json ~/.ssh/id_*`,
		Args: fileArgs,
		RunE: func(cmd *cobra.Command, files []string) error {
			return a.inspect(cmd.Context(), files, service.service())
		},
	}
	service = a.forFlag(cmd, "say whether this `SERVICE` takes the file")
	return cmd
}

// inspect explains files; service is the one of --for, or nil.
func (a *app) inspect(ctx context.Context, files []string, service *services.Profile) error {
	return a.each(files, func(file string) error {
		f, err := a.load(file)
		if isList(f, err) && file != stdinName {
			return a.inspectList(file, service)
		}
		if err != nil {
			return err
		}
		key, err := a.keyToShow(ctx, f)
		if err != nil {
			return err
		}
		found, readers := permissions(file)
		item := a.explain(f, key, found)
		item.answerFor(service, f.Envelope, key)
		if a.json {
			return a.printJSON(item)
		}
		a.page(f, key, item, readers)
		return nil
	})
}

// keyToShow opens a file that is not encrypted or whose passphrase was given;
// otherwise it is the public half in clear, or nil.
func (a *app) keyToShow(ctx context.Context, f *keyFile) (*keytool.Key, error) {
	if f.CanOpen() != nil || f.Encrypted() && a.passphraseFile == "" {
		return f.Public, nil
	}
	return a.open(ctx, f)
}

// permissions is what is wrong with who can reach a file, and in words who can
// read it; nothing for what has no permissions, as standard input.
func permissions(name string) (found []perms.Finding, readers string) {
	facts, err := perms.Look(name, perms.Options{})
	if name == stdinName || err != nil {
		return nil, ""
	}
	if !strings.HasPrefix(name, "-") {
		facts.Path = name // as it was typed, for what is to be typed
	}
	return perms.Judge(facts), perms.Readers(facts)
}

// explain gathers the facts of one file.
func (a *app) explain(f *keyFile, key *keytool.Key, found []perms.Finding) inspectJSON {
	facts := diagnose.KeyFileFacts{Name: quote(f.name), Envelope: f.Envelope, Key: key, Permissions: found}
	if f.Kind.IsPrivate() && f.name != stdinName {
		facts.Neighbour, facts.NeighbourName = a.neighbourKey(f.name)
	}
	item := inspectJSON{
		File: f.name, Kind: f.Kind, Format: f.Format, Algorithm: f.Algorithm,
		Encrypted: f.Encrypted(), Cipher: f.Protection.Cipher, KDF: f.Protection.KDF, KDFParams: f.Protection.Params,
		Options: f.Options, Hosts: f.Hosts,
		Problems: diagnose.KeyFile(facts),
	}
	verdict := keytool.JudgePurpose(a.purposeFacts(f, key))
	item.Purpose, item.purposeInWords = asPurposeJSON(verdict), purposeInWords(verdict)
	item.Problems = append(item.Problems, purposeProblems(f.name, verdict)...)
	item.AcceptedBy, item.RefusedBy = services.Readers(f.Envelope, key)
	if item.Problems == nil {
		item.Problems = []diagnose.Finding{}
	}
	if key != nil {
		item.Algorithm, item.Bits, item.Comment = key.Algorithm().Name, key.Bits(), key.Comment()
		item.Fingerprint, item.Public = key.Fingerprint(), formats.PublicText(f.Format, key.Public())
		if f.Kind.IsPrivate() {
			item.Public = formats.PublicText(f.Format, key.Public().WithoutCertificate())
		}
		item.Proved = keytool.ProofOf(key) == keytool.ProvedByDerivation
		item.Certificate = certificateOf(key)
	}
	return item
}

// neighbourKey reads the .pub beside a private key; nil where there is none to read.
func (a *app) neighbourKey(private string) (*keytool.Key, string) {
	name, ok := keyfile.Neighbour(private)
	if !ok {
		return nil, name
	}
	f, err := a.load(name)
	if err != nil {
		return nil, name
	}
	return f.Public, name
}

func certificateOf(key *keytool.Key) *certificateJSON {
	info := key.CertificateInfo()
	if info == nil {
		return nil
	}
	c := &certificateJSON{
		Type: "user", KeyID: info.KeyID, Serial: info.Serial, Principals: info.Principals,
		ValidAfter: rfc3339(info.ValidAfter), ValidBefore: rfc3339(info.ValidBefore),
		SigningKey: info.SigningKey.Fingerprint(),
	}
	if info.Host {
		c.Type = "host"
	}
	if c.Principals == nil {
		c.Principals = []string{}
	}
	return c
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}

// inspectList counts the keys of an authorized_keys or known_hosts file.
func (a *app) inspectList(file string, service *services.Profile) error {
	r, err := a.streamList(file)
	if err != nil {
		return err
	}
	defer r.Close()
	found, readers := permissions(file)
	item := inspectJSON{
		File: file, Kind: formats.KindAuthorizedKeys, Format: formats.AuthorizedKeys,
		Purpose: purposeJSON{"unknown", "unknown", []string{}}, Problems: append([]diagnose.Finding{}, diagnose.Permissions(found)...),
		AcceptedBy: []string{"openssh"}, RefusedBy: []services.Refusal{},
	}
	types := map[string]int{}
	err = formats.ScanList(r, func(e formats.Entry) error {
		if e.Hosts != "" {
			item.Kind, item.Format = formats.KindKnownHosts, formats.KnownHosts
		}
		if e.Key != nil {
			item.Keys++
			types[e.Key.Algorithm().Display]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	if item.Keys == 0 {
		return &formats.UnknownFormatError{Reason: "a long text without a key line"}
	}
	item.answerFor(service, &formats.Envelope{Format: item.Format, Kind: item.Kind}, nil)
	if a.json {
		return a.printJSON(item)
	}
	a.printf("%s\n", formats.Visible(file))
	a.row("What", "%s with %d keys", item.Format.Title(), item.Keys)
	a.row("Key types", "%s", countInWords(types))
	a.row("Each key", "sshkeys fingerprint %s", quote(file))
	a.serviceRows(item.For)
	a.rowIf("Readable by", readers)
	a.problems(item.Problems)
	return nil
}

func countInWords(types map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(types)) {
		parts = append(parts, fmt.Sprintf("%d %s", types[name], name))
	}
	return strings.Join(parts, ", ")
}

// page prints what a newcomer needs to know, one fact a line.
func (a *app) page(f *keyFile, key *keytool.Key, item inspectJSON, readers string) {
	a.printf("%s\n", formats.Visible(f.name))
	a.row("What", "%s, in the format %s (%s)", kindInWords(item.Kind), f.Format.Title(), f.Format)
	switch {
	case item.Bits > 0:
		a.row("Algorithm", "%s, %d bits", item.Algorithm, item.Bits)
	case item.Algorithm != "":
		a.row("Algorithm", "%s", item.Algorithm)
	default:
		a.row("Algorithm", "locked: the whole key is encrypted")
	}
	if key != nil {
		a.row("Fingerprint", "%s", fingerprintInWords(item))
		a.row("Comment", "%s", commentInWords(f, item))
	}
	if item.Kind.IsPrivate() {
		a.row("Passphrase", "%s", protectionInWords(f.Protection))
		a.row("Checked", "%s", checkedInWords(f, key))
	}
	a.row("Purpose", "%s", item.purposeInWords)
	for _, e := range item.Purpose.Evidence {
		a.row("", "%s", e)
	}
	a.rowIf("Options", item.Options)
	a.rowIf("Hosts", item.Hosts)
	if c := item.Certificate; c != nil {
		a.row("Certificate", "%s certificate %q, serial %d, for %s", c.Type, c.KeyID, c.Serial, principalsInWords(c))
		a.row("Valid", "from %s to %s", orWord(c.ValidAfter, "always"), orWord(c.ValidBefore, "forever"))
		a.row("Signed by", "%s", c.SigningKey)
	}
	a.rowIf("Readable by", readers)
	a.rowIf("Used by", strings.Join(item.AcceptedBy, ", "))
	for _, r := range item.RefusedBy {
		if r.Purpose == "" { // the service of --for has rows of its own
			a.row("Not by", "%s: %s", r.Service, r.Why)
		}
	}
	a.serviceRows(item.For)
	if !item.Kind.IsPrivate() && key != nil {
		a.row("To paste", "%s", item.Public)
	}
	a.problems(item.Problems)
}

func (a *app) row(label, format string, args ...any) {
	a.printf("  %-12s %s\n", label, formats.Visible(fmt.Sprintf(format, args...)))
}

func (a *app) rowIf(label, value string) {
	if value != "" {
		a.row(label, "%s", value)
	}
}

func (a *app) problems(found []diagnose.Finding) {
	if len(found) == 0 {
		a.row("Problems", "none found")
	}
	for _, p := range found {
		a.row("Problem", "%s [%s] %s", p.Severity, p.Code, p.Message)
		if p.Hint != "" {
			a.row("", "type: %s", p.Hint)
		}
	}
}

func kindInWords(k formats.Kind) string {
	switch k {
	case formats.KindPrivate:
		return "a private key: keep it to yourself, give it to nobody"
	case formats.KindPublic:
		return "a public key: this half may be given away"
	case formats.KindCertificate:
		return "a certificate: a public key signed by an authority"
	case formats.KindDatasetPrivate:
		return "a private key that decrypts data and logs in nowhere: keep it to yourself"
	case formats.KindDatasetPublic:
		return "a public key that data are encrypted to: this half may be given away"
	}
	return string(k)
}

// fingerprintInWords says what was hashed where it is no SSH blob.
func fingerprintInWords(item inspectJSON) string {
	if item.Kind.IsDataset() {
		return item.Fingerprint + " (of the raw 32-byte public key)"
	}
	return item.Fingerprint
}

func commentInWords(f *keyFile, item inspectJSON) string {
	switch {
	case item.Comment != "":
		return item.Comment
	case f.Format == formats.OpenSSH && f.Encrypted() && !item.Proved:
		return "(locked)"
	}
	return "(none)"
}

// protectionInWords tells cipher, key derivation and its cost.
func protectionInWords(p formats.Protection) string {
	if !p.Encrypted() {
		return "none: the private key is not encrypted"
	}
	var cost []string
	for _, name := range slices.Sorted(maps.Keys(p.Params)) {
		cost = append(cost, fmt.Sprintf("%s %d", strings.ReplaceAll(name, "_kib", " KiB"), p.Params[name]))
	}
	text := "yes: " + p.Cipher + ", key derivation " + p.KDF
	if len(cost) > 0 {
		text += " (" + strings.Join(cost, ", ") + ")"
	}
	return text
}

func checkedInWords(f *keyFile, key *keytool.Key) string {
	switch {
	case key != nil && key.IsPrivate() && key.Algorithm().Hardware():
		return "this is a security key's handle; the secret is in the device"
	case key != nil && key.IsPrivate():
		return "the private half and the public half belong together"
	case f.CanOpen() != nil:
		return "no: " + f.CanOpen().Error()
	}
	return "no: the private half is locked (--passphrase-file opens it)"
}

func principalsInWords(c *certificateJSON) string {
	if len(c.Principals) == 0 {
		return "anybody"
	}
	return strings.Join(c.Principals, ", ")
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}
