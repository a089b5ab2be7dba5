package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/services"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// inspectJSON is one file, as spec/cli.md names its parts.
type inspectJSON struct {
	File        string            `json:"file"`
	Kind        formats.Kind      `json:"kind"`
	Format      formats.ID        `json:"format"`
	Algorithm   string            `json:"algorithm,omitempty"`
	Bits        int               `json:"bits,omitempty"`
	Encrypted   bool              `json:"encrypted"`
	Cipher      string            `json:"cipher,omitempty"`
	KDF         string            `json:"kdf,omitempty"`
	KDFParams   map[string]uint64 `json:"kdf_params,omitempty"`
	Comment     string            `json:"comment"`
	Fingerprint string            `json:"fingerprint,omitempty"`
	Public      string            `json:"public,omitempty"`
	Proved      bool              `json:"proved"`
	Keys        int               `json:"keys,omitempty"`
	// Fingerprints are those of a list's keys, where they are few.
	Fingerprints []string           `json:"fingerprints,omitempty"`
	Options      string             `json:"options,omitempty"`
	Hosts        string             `json:"hosts,omitempty"`
	Certificate  *certificateJSON   `json:"certificate,omitempty"`
	Purpose      purposeJSON        `json:"purpose"`
	Problems     []diagnose.Said    `json:"problems"`
	AcceptedBy   []string           `json:"accepted_by"`
	RefusedBy    []services.Refusal `json:"refused_by"`
	For          []serviceJSON      `json:"for,omitempty"`

	purposeText catalog.Text
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
		f, err := a.look(file, nil)
		lines := a.inspectsLines(file, f, err)
		if err == nil && !(lines && f.Kind.IsPrivate()) {
			a.tellDamage(f)
		}
		if lines {
			return a.inspectList(file, f, service)
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
		a.answerFor(&item, service, f.Envelope, key)
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
	key, _, err := a.unlockQuietly(ctx, f)
	return key, err
}

// permissions is what is wrong with who can reach a file, and who can read it;
// nothing for what has no permissions, as standard input.
func permissions(name string) (found []perms.Finding, readers catalog.Text) {
	facts, err := perms.Look(name, perms.Options{})
	if name == stdinName || err != nil {
		return nil, catalog.Text{}
	}
	if !strings.HasPrefix(name, "-") {
		facts.Path = name // as it was typed, for what is to be typed
	}
	return perms.Judge(facts), diagnose.PermsText(perms.ReadersText(facts))
}

// explain gathers the facts of one file.
func (a *app) explain(f *keyFile, key *keytool.Key, found []perms.Finding) inspectJSON {
	facts := f.facts()
	facts.Key, facts.Permissions = key, found
	if f.Kind.IsPrivate() && f.name != stdinName {
		facts.Neighbour, facts.NeighbourName = a.neighbourKey(f.name)
	}
	item := inspectJSON{
		File: f.name, Kind: f.Kind, Format: f.Format, Algorithm: f.Algorithm,
		Encrypted: f.Encrypted(), Cipher: f.Protection.Cipher, KDF: f.Protection.KDF, KDFParams: f.Protection.Params,
		Options: f.Options, Hosts: f.Hosts,
		Problems: a.inWords(slices.Concat(diagnose.Damage(facts), diagnose.KeyFile(facts))),
	}
	verdict := keytool.JudgePurpose(a.purposeFacts(f, key))
	item.Purpose, item.purposeText = a.asPurposeJSON(verdict), purposeText(verdict)
	item.Problems = append(item.Problems, a.inWords(purposeProblems(f.name, verdict))...)
	item.AcceptedBy, item.RefusedBy = services.Readers(f.Envelope, key)
	for i, r := range item.RefusedBy {
		item.RefusedBy[i] = r.In(a.words)
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
	f, err := a.look(name, nil)
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

// page prints what a newcomer needs to know, one fact a line.
func (a *app) page(f *keyFile, key *keytool.Key, item inspectJSON, readers catalog.Text) {
	a.printf("%s\n", formats.Visible(f.name))
	a.rowText("inspect.label_what", catalog.T("inspect.what", "kind", kindText(item.Kind), "format", diagnose.FormatTitle(f.Format), "id", f.Format))
	a.rowText("inspect.label_algorithm", algorithmText(item))
	if key != nil {
		a.rowText("inspect.label_fingerprint", fingerprintText(item))
		a.rowText("inspect.label_comment", commentText(f, item))
	}
	if item.Kind.IsPrivate() {
		a.rowText("inspect.label_passphrase", protectionText(f.Protection))
		a.rowText("inspect.label_checked", checkedText(f, key))
	}
	a.rowText("inspect.label_purpose", item.purposeText)
	for _, e := range item.Purpose.Evidence {
		a.rowIf("", e)
	}
	a.rowIf("inspect.label_options", item.Options)
	a.rowIf("inspect.label_hosts", item.Hosts)
	a.certificateRows(item.Certificate)
	a.rowText("inspect.label_readers", readers)
	a.rowIf("inspect.label_used_by", a.words.List(item.AcceptedBy))
	for _, r := range item.RefusedBy {
		if r.Purpose == "" { // the service of --for has rows of its own
			a.rowText("inspect.label_not_by", catalog.T("inspect.not_by", "service", r.Service, "why", r.Why))
		}
	}
	a.serviceRows(item.For)
	if !item.Kind.IsPrivate() && key != nil {
		a.rowIf("inspect.label_paste", item.Public)
	}
	a.problems(item.Problems)
}

func (a *app) certificateRows(c *certificateJSON) {
	if c == nil {
		return
	}
	var principals any = a.words.List(c.Principals)
	if len(c.Principals) == 0 {
		principals = catalog.T("inspect.anybody")
	}
	kind := catalog.T("inspect.certificate_user")
	if c.Type == "host" {
		kind = catalog.T("inspect.certificate_host")
	}
	a.rowText("inspect.label_certificate", catalog.T("inspect.certificate", "type", kind, "id", strconv.Quote(c.KeyID), "serial", c.Serial, "principals", principals))
	from, to := catalog.T("inspect.always"), catalog.T("inspect.forever")
	if c.ValidAfter != "" {
		from = catalog.T("inspect.verbatim", "text", c.ValidAfter)
	}
	if c.ValidBefore != "" {
		to = catalog.T("inspect.verbatim", "text", c.ValidBefore)
	}
	a.rowText("inspect.label_valid", catalog.T("inspect.valid", "from", from, "to", to))
	a.rowIf("inspect.label_signed", c.SigningKey)
}

// labelWidth is that of a page's labels, in columns of a terminal.
func (a *app) labelWidth() int {
	if a.words == catalog.Japanese {
		return len("フィンガープリント") / 3 * 2 // three bytes and two columns each
	}
	return len("Fingerprint ")
}

// row prints a line of a page behind a label, an id of the catalogue or a name of
// its own.
func (a *app) row(label, format string, args ...any) {
	label = a.words.Say(catalog.T(label))
	for columns(label) < a.labelWidth() {
		label += " "
	}
	a.printf("  %s %s\n", label, formats.Visible(fmt.Sprintf(format, args...)))
}

// columns is the room that a text takes on a terminal: Chinese, Japanese and
// full-width characters take two.
func columns(s string) int {
	n := 0
	for _, r := range s {
		n++
		if r >= 0x2e80 && r < 0xff61 {
			n++
		}
	}
	return n
}

// rowText prints a line if there is anything to say.
func (a *app) rowText(label string, t catalog.Text) { a.rowIf(label, a.words.Say(t)) }

func (a *app) rowIf(label, value string) {
	if value != "" {
		a.row(label, "%s", value)
	}
}

func (a *app) problems(found []diagnose.Said) {
	if len(found) == 0 {
		a.rowText("inspect.label_problems", catalog.T("inspect.no_problems"))
	}
	for i, p := range found {
		a.rowText("inspect.label_problem", catalog.T("inspect.problem", "severity", severityText(p.Severity), "code", p.Code, "message", p.Message))
		if p.Hint != "" && (i+1 == len(found) || found[i+1].Hint != p.Hint) {
			a.rowText("", catalog.T("doctor.type", "command", p.Hint))
		}
	}
}

func severityText(s diagnose.Severity) catalog.Text {
	switch s {
	case diagnose.Error:
		return catalog.T("inspect.error")
	case diagnose.Warning:
		return catalog.T("inspect.warning")
	}
	return catalog.T("inspect.info")
}

func kindText(k formats.Kind) catalog.Text {
	switch k {
	case formats.KindPrivate:
		return catalog.T("inspect.private")
	case formats.KindPublic:
		return catalog.T("inspect.public")
	case formats.KindCertificate:
		return catalog.T("inspect.kind_certificate")
	case formats.KindDatasetPrivate:
		return catalog.T("inspect.dataset_private")
	case formats.KindDatasetPublic:
		return catalog.T("inspect.dataset_public")
	}
	return catalog.T("inspect.verbatim", "text", k)
}

func algorithmText(item inspectJSON) catalog.Text {
	switch {
	case item.Bits > 0:
		return catalog.T("inspect.bits", "algorithm", item.Algorithm, "bits", item.Bits)
	case item.Algorithm != "":
		return catalog.T("inspect.verbatim", "text", item.Algorithm)
	}
	return catalog.T("inspect.locked_whole")
}

// fingerprintText says what was hashed where it is no SSH blob.
func fingerprintText(item inspectJSON) catalog.Text {
	if item.Kind.IsDataset() {
		return catalog.T("inspect.fingerprint_raw", "fingerprint", item.Fingerprint)
	}
	return catalog.T("inspect.verbatim", "text", item.Fingerprint)
}

func commentText(f *keyFile, item inspectJSON) catalog.Text {
	switch {
	case item.Comment != "":
		return catalog.T("inspect.verbatim", "text", item.Comment)
	case f.Format == formats.OpenSSH && f.Encrypted() && !item.Proved:
		return catalog.T("inspect.locked")
	}
	return catalog.T("inspect.none")
}

// protectionText tells cipher, key derivation and its cost.
func protectionText(p formats.Protection) catalog.Text {
	if !p.Encrypted() {
		return catalog.T("inspect.unprotected")
	}
	var costs []string
	for _, name := range slices.Sorted(maps.Keys(p.Params)) {
		costs = append(costs, fmt.Sprintf("%s %d", strings.ReplaceAll(name, "_kib", " KiB"), p.Params[name]))
	}
	cost := ""
	if len(costs) > 0 {
		cost = " (" + strings.Join(costs, ", ") + ")"
	}
	return catalog.T("inspect.protected", "cipher", p.Cipher, "kdf", p.KDF, "cost", cost)
}

func checkedText(f *keyFile, key *keytool.Key) catalog.Text {
	switch {
	case key != nil && key.IsPrivate() && key.Algorithm().Hardware():
		return catalog.T("inspect.checked_handle")
	case key != nil && key.IsPrivate():
		return catalog.T("inspect.checked")
	case f.CanOpen() != nil:
		return catalog.T("inspect.unchecked", "why", diagnose.ErrorText(f.CanOpen()))
	}
	return catalog.T("inspect.unchecked_locked")
}

func orWord(s, word string) string {
	if s == "" {
		return word
	}
	return s
}
