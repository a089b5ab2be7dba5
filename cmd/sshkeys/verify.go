package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"sshkeys/formats"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/secret"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// verifyJSON is the answer for one pair.
type verifyJSON struct {
	Private      string   `json:"private"`
	Public       string   `json:"public"`
	Match        bool     `json:"match"`
	ProvedBy     string   `json:"proved_by,omitempty"`
	Fingerprints []string `json:"fingerprints"`
	Line         int      `json:"line,omitempty"`
	Reason       string   `json:"reason,omitempty"`
}

type verifyOptions struct {
	service *services.Profile // of --for, nil without
	list    string
	fix     bool
}

func (a *app) verifyCommand() *cobra.Command {
	var opt verifyOptions
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "verify PRIVATE [PUBLIC…] | KEY… DATA",
		Short: "Tell whether a private and a public key belong together",
		Long: `Tell whether a private key belongs to a public key, in any mix of formats. The
public half is derived from the secret itself and compared with every copy: the
ones inside the private file, and the other file. A list (authorized_keys,
known_hosts) as second file is searched for the key.

With one file, its neighbour .pub is compared; with a folder, every private key
below it with its neighbour. Where a private key is locked and no passphrase can
be had (or Enter alone answers the prompt), the public half that stands in clear
is compared instead, and the answer says so (proved by clear-text).

Data to open may stand for PUBLIC: Crypt4GH (.c4gh), age (.age), or a common key
of JGA (.encrypt.dat). Only their head is read. Several keys, or a folder of them,
may then come first, and the one that opens the data is named: 0 one does, 1 none.
Passphrases are asked for only where no other key opens the data and it might. For
.encrypt.dat the answer is evidence, not proof.

Exit status: 0 they belong together; 1 they do not, or the service of --for does
not take the public file; 3 a file could not be read; 4 a passphrase is wrong, or
needed and not to be had.`,
		Example: `  sshkeys verify id_rsa id_rsa.pub
  sshkeys verify key.ppk ~/.ssh/authorized_keys
  sshkeys verify ~/.ssh
  sshkeys verify --in authorized_keys id_rsa key.ppk
  sshkeys verify --fix id_rsa
  sshkeys verify ~/keys case1.fastq.gz.encrypt.dat`,
		Args: fileArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.service = service.service()
			v := &verifier{app: a, ctx: cmd.Context(), opt: opt, ask: true}
			return v.run(args)
		},
	}
	service = a.forFlag(cmd, "also say whether this `SERVICE` takes the public file; 1 where it does not")
	cmd.Flags().StringVar(&opt.list, "in", "", "find the private keys in `LIST` (authorized_keys, known_hosts)")
	cmd.Flags().BoolVar(&opt.fix, "fix", false, "rewrite a stale neighbour .pub, keeping the old one")
	return cmd
}

// verifier is one run of the command.
type verifier struct {
	*app
	ctx context.Context
	opt verifyOptions
	// ask allows prompts; for a whole folder or list of keys nobody is asked.
	ask bool
}

func (v *verifier) run(args []string) error {
	if v.opt.list != "" {
		v.ask = len(args) == 1
		return v.inList(args)
	}
	if keys, data := v.splitData(args); len(data) > 0 {
		return v.opens(keys, data)
	}
	private, publics := args[0], args[1:]
	if v.opt.fix && len(publics) > 0 {
		return usagef("--fix mends the neighbour .pub: name the private key alone")
	}
	if len(publics) > 0 {
		return v.against(private, publics)
	}
	if info, err := os.Stat(private); err == nil && info.IsDir() {
		v.ask = false
		return v.folder(private)
	}
	return v.each(args, v.neighbour)
}

// against compares one private key with each of several public files.
func (v *verifier) against(private string, publics []string) error {
	half, err := v.privateHalf(private)
	if isType[*notPrivate](err) && len(publics) == 1 {
		err = withHint(err, "sshkeys verify "+quote(publics[0])+" "+quote(private))
	}
	if err != nil {
		return v.each([]string{private}, func(string) error { return v.refuse(private, publics[0], err) })
	}
	return v.each(publics, func(public string) error { return v.compare(half, public) })
}

// half is the private side of a comparison.
type half struct {
	file   string
	key    *keytool.Key
	beside formats.ID // format of the public half that belongs beside it
}

// notPrivate: a public key or list was named where a private key belongs.
type notPrivate struct{ format formats.ID }

func (e *notPrivate) Error() string {
	return "its format is " + e.format.Title() + ", without a private half; the private key is named first"
}

// privateHalf opens a private key, or takes the public half that stands in clear
// where the passphrase cannot be had.
func (v *verifier) privateHalf(name string) (*half, error) {
	f, err := v.load(name)
	if err != nil {
		return nil, err
	}
	if !f.Kind.IsPrivate() {
		return nil, &notPrivate{f.Format}
	}
	key, err := v.openOrClear(f)
	if err != nil {
		return nil, err
	}
	return &half{name, key, formats.PublicBeside(f.Format)}, nil
}

func (v *verifier) openOrClear(f *keyFile) (*keytool.Key, error) {
	if f.Encrypted() && f.Public != nil && !v.ask && v.passphraseFile == "" {
		return f.Public, nil
	}
	key, err := v.open(v.ctx, f)
	locked := errors.Is(err, secret.ErrNoWay) || errors.Is(err, formats.ErrPassphraseRequired) || isType[*formats.UnsupportedError](err)
	if locked && f.Public != nil {
		return f.Public, nil
	}
	return key, err
}

// compare answers for one pair.
func (v *verifier) compare(h *half, public string) error {
	f, err := v.loadFor(public, h)
	if err == nil && f.Kind.IsPrivate() && isListName(public) { // a private key in it authorises nobody
		return v.search([]*half{h}, public, listText{ReadCloser: io.NopCloser(bytes.NewReader(f.data))})
	}
	if isList(f, err) {
		r, err := v.linesFrom(public, f)
		if err != nil {
			return err
		}
		return v.search([]*half{h}, public, r)
	}
	if err != nil {
		return err
	}
	other, err := v.anyHalf(v.ctx, f)
	if err != nil {
		return v.refuse(public, h.file, err)
	}
	v.answer(h, public, other, 0)
	err = v.accepted(v.opt.service, f.text(), other)
	if isType[*services.RefusedError](err) {
		v.warn("%s: %v", public, err)
		v.hint(fmt.Sprintf("sshkeys public --for %s %s", v.opt.service.ID, quote(h.file)))
		v.exit(exitNo)
		return nil
	}
	return err
}

// isList tells a list of keys; one too long to be read whole can only be a list.
func isList(f *keyFile, err error) bool {
	if err != nil {
		return isType[*longFile](err)
	}
	return f.Kind == formats.KindAuthorizedKeys || f.Kind == formats.KindKnownHosts
}

// inList looks for private keys in one list, reading the list once.
func (v *verifier) inList(privates []string) error {
	var halves []*half
	err := v.each(privates, func(name string) error {
		h, err := v.privateHalf(name)
		if err != nil {
			return v.refuse(name, v.opt.list, err)
		}
		halves = append(halves, h)
		return nil
	})
	if err != nil || len(halves) == 0 {
		return err
	}
	r, err := v.openList(v.opt.list)
	if err != nil {
		return &fileError{v.opt.list, err}
	}
	return v.search(halves, v.opt.list, r)
}

// linesFrom is a list that was read, or one too long for that.
func (v *verifier) linesFrom(list string, f *keyFile) (listText, error) {
	if f == nil {
		return v.openList(list)
	}
	return f.lines(), nil
}

// search finds each key's first line in a list, and closes that.
func (v *verifier) search(halves []*half, list string, r listText) error {
	defer r.Close()
	lines, entries, err := linesOf(halves, r)
	if err == nil && entries == 0 {
		err = &formats.UnknownFormatError{Reason: "no line of it is a key"}
	}
	if err != nil {
		return &fileError{list, err}
	}
	for _, h := range halves {
		if line := lines[string(h.key.Blob())]; line > 0 {
			v.answer(h, list, h.key, line)
		} else {
			v.missing(h, list, entries)
		}
	}
	return nil
}

var errAllFound = errors.New("all found")

// linesOf gives the line of each key by its blob, and the number of keys read.
func linesOf(halves []*half, r listText) (lines map[string]int, entries int, err error) {
	lines = map[string]int{}
	for _, h := range halves {
		lines[string(h.key.Blob())] = 0
	}
	missing := len(lines)
	err = formats.ScanList(r, func(e formats.Entry) error {
		if e.Key == nil {
			return nil
		}
		entries++
		blob := string(e.Key.Blob())
		if line, wanted := lines[blob]; wanted && line == 0 {
			lines[blob] = r.line(e.Line)
			missing--
		}
		if missing == 0 {
			return errAllFound
		}
		return nil
	})
	if errors.Is(err, errAllFound) {
		err = nil
	}
	return lines, entries, err
}

// missing answers that no line of a list has the key.
func (v *verifier) missing(h *half, list string, entries int) {
	v.report(verifyJSON{
		Private: h.file, Public: list, ProvedBy: string(keytool.ProofOf(h.key)),
		Fingerprints: []string{h.key.Fingerprint()},
	})
	v.text("no match: %s is none of the %d keys in %s", h.file, entries, list)
	v.text("  %s  %s (%s)", h.key.Fingerprint(), h.file, h.key.Algorithm().Display)
	v.exit(exitNo)
}

// answer reports a comparison.
func (v *verifier) answer(h *half, public string, other *keytool.Key, line int) {
	pair := keytool.MatchPair(h.key, other)
	v.report(verifyJSON{
		Private: h.file, Public: public, Match: pair.Match, ProvedBy: string(pair.ProvedBy),
		Fingerprints: []string{h.key.Fingerprint(), other.Fingerprint()}, Line: line,
	})
	switch {
	case pair.Match && line > 0:
		v.text("match: %s is line %d of %s", h.file, line, public)
	case pair.Match:
		v.text("match: %s and %s belong together", h.file, public)
	default:
		v.text("no match: %s and %s are different keys", h.file, public)
		v.exit(exitNo)
	}
	v.text("  %s  %s (%s)", h.key.Fingerprint(), h.file, h.key.Algorithm().Display)
	if pair.Match && line > 0 {
		v.warnCrossUse(h.file, h.file, h.key, keytool.Auth)
	}
	if line == 0 {
		v.text("  %s  %s (%s)", other.Fingerprint(), public, other.Algorithm().Display)
	}
	v.text("  proved by %s", proofInWords(pair.ProvedBy))
}

func proofInWords(p keytool.Proof) string {
	if p == keytool.ProvedByClearText {
		return "clear-text: the private half was not opened, its public half in clear was compared"
	}
	return "derivation: the public half was computed from the secret"
}

// refuse answers no where a file contradicts itself: its halves are of two keys.
func (v *verifier) refuse(private, public string, err error) error {
	mismatch, ok := errors.AsType[*keytool.MismatchError](err)
	if !ok {
		return err
	}
	item := verifyJSON{Private: private, Public: public, Reason: mismatch.Reason, Fingerprints: []string{}}
	for _, k := range []*keytool.Key{mismatch.Want, mismatch.Got} {
		if k != nil {
			item.Fingerprints = append(item.Fingerprints, k.Fingerprint())
		}
	}
	v.report(item)
	v.text("no match: %s contradicts itself: %s", private, mismatch.Error())
	v.exit(exitNo)
	return nil
}

// report prints the JSON form, text a line of the other.
func (v *verifier) report(item verifyJSON) {
	if v.json {
		v.printJSON(item)
	}
}

func (v *verifier) text(format string, args ...any) {
	if !v.json {
		v.printf("%s\n", formats.Visible(v.translated(fmt.Sprintf(format, args...))))
	}
}

// neighbour compares a private key with the .pub beside it.
func (v *verifier) neighbour(private string) error {
	h, err := v.privateHalf(private)
	if err != nil {
		return v.refuse(private, private, err)
	}
	public, ok := keyfile.Neighbour(private)
	if !ok {
		if v.opt.fix {
			return v.writeNeighbour(h, public, false)
		}
		err := &fs.PathError{Op: "open", Path: public, Err: fs.ErrNotExist}
		return withHint(err, "sshkeys public "+quote(private)+" -o "+quote(public))
	}
	if v.opt.fix {
		return v.mend(h, public)
	}
	return v.compare(h, public)
}

// mend rewrites a neighbour that is stale or no key at all.
func (v *verifier) mend(h *half, public string) error {
	if f, err := v.look(public, h); err == nil && f.sameReading(h.key) {
		v.answer(h, public, f.Public, 0)
		return nil
	}
	return v.writeNeighbour(h, public, true)
}

func (v *verifier) writeNeighbour(h *half, public string, replace bool) error {
	if keytool.ProofOf(h.key) != keytool.ProvedByDerivation && !h.key.Algorithm().Hardware() {
		return withHint(formats.ErrPassphraseRequired, "sshkeys verify --fix --passphrase-file FILE "+quote(h.file))
	}
	line, err := formats.Encode(h.beside, h.key.Public().WithoutCertificate(), formats.Options{})
	if err != nil {
		return err
	}
	written, err := keyfile.WriteAll(v.ctx, []keyfile.File{publicFile(public, h.key, line, replace)})
	if err != nil {
		return err
	}
	v.tellWritten(written)
	v.answer(h, public, h.key, 0)
	return nil
}

// folder compares every private key below a folder with its neighbour. Keys
// without a neighbour are told, files that are no private key passed over.
func (v *verifier) folder(dir string) error {
	found, err := v.below(dir)
	if err != nil {
		return err
	}
	return v.each(found, func(path string) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		return v.neighbour(path)
	})
}

// isPrivate looks whether a file is a private key, also a damaged one. One that
// shows only when its text is mended has to be all of the file: programs and pages
// with a key somewhere in them are none.
func (a *app) isPrivate(path string) bool {
	data, err := keyfile.Read(path, a.limits.FileBytes)
	if err != nil {
		return false
	}
	if id, ok := formats.Detect(data); ok {
		return formats.Lookup(id).Holds == formats.HoldsPrivate
	}
	if len(data) > maxDamaged {
		return false
	}
	env, err := formats.Mend(data, a.limits)
	return err == nil && env.Kind.IsPrivate() && !slices.ContainsFunc(env.Edits, func(e formats.Edit) bool {
		return e.Defect == formats.TextBefore || e.Defect == formats.TextAfter
	})
}

// maxDamaged bounds what is looked through for a damaged key that nobody named:
// the largest ones, in UTF-16, are smaller.
const maxDamaged = 64 << 10
