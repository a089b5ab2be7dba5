package main

import (
	"bufio"
	"bytes"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/authorized"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/listlint"
	"sshkeys/internal/services"
	"sshkeys/perms"
)

// How many problems of a list's lines are kept: a page shows a few of them, and
// --json all that anybody could look at.
const (
	problemsOnPage = 50
	problemsInJSON = 100_000
)

// listPage is what is gathered of one list while it goes by.
type listPage struct {
	item     inspectJSON
	types    map[string]int
	problems []listlint.Problem
	counts   map[listlint.Severity]int // of problems
	most     int
	more     int              // problems that were not kept
	private  bool             // a private key stands in it
	mendable bool             // and here keys that are damaged
	onLine   map[int][]string // fingerprints of a short list's keys by line
}

// inspectsLines tells files that are looked at line by line: lists, and those whose
// name says that they are to be one, whatever else stands in them.
func (a *app) inspectsLines(file string, f *keyFile, err error) bool {
	if file == stdinName && f == nil {
		return false
	}
	return isList(f, err) || isListName(file) && (f != nil || a.hasKeyLine(file)) || f != nil && f.isPastedInList()
}

// isPastedInList tells a private key that stands among lines of which each is a comment
// or a key, and some key is not its own.
func (f *keyFile) isPastedInList() bool {
	if !f.Kind.IsPrivate() || len(f.Edits) == 0 {
		return false
	}
	blocks := formats.PrivateBlocks(f.data)
	lines, others := true, false
	// The error is the callback's, and there is none.
	_ = formats.ScanList(bytes.NewReader(f.data), func(e formats.Entry) error {
		if slices.ContainsFunc(blocks, func(b formats.Edit) bool { return b.Line <= e.Line && e.Line <= b.Last }) {
			return nil
		}
		lines = lines && e.Key != nil
		others = others || e.Key != nil && f.Public != nil && !e.Key.Equal(f.Public)
		return nil
	})
	return lines && others
}

// isListName tells the names that sshd and ssh read their lists by, and those that
// copies of them get.
func isListName(file string) bool {
	name := strings.ToLower(filepath.Base(file))
	switch filepath.Ext(name) {
	case ".pub", ".ppk", ".pem", ".key", ".der":
		return false
	}
	return strings.HasPrefix(name, "authorized_keys") || strings.HasPrefix(name, "known_hosts") ||
		name == "administrators_authorized_keys" || name == "ssh_known_hosts"
}

// hasKeyLine tells a file that has a line with a key, or something of a private one.
func (a *app) hasKeyLine(file string) bool {
	r, err := a.streamList(file)
	if err != nil {
		return false
	}
	defer r.Close()
	p := a.newListPage(file)
	return p.read(r, nil) == nil && p.holdsKey()
}

// inspectList counts the keys of an authorized_keys or known_hosts file, and holds
// its lines to what sshd and ssh make of them. f is the list where it was short
// enough to be read whole, else nil.
func (a *app) inspectList(file string, f *keyFile, service *services.Profile) error {
	r, err := a.rawLines(file, f)
	if err != nil {
		return err
	}
	defer r.Close()
	p := a.newListPage(file)
	if err := p.read(r, f); err != nil {
		return err
	}
	var mended []diagnose.Finding
	if f != nil && !f.Kind.IsPrivate() { // a private key is no damage
		mended = p.mended(f)
	}
	if !p.holdsKey() {
		return &formats.UnknownFormatError{Reason: "a long text without a key line"}
	}
	a.answerFor(&p.item, service, &formats.Envelope{Format: p.item.Format, Kind: p.item.Kind}, nil)
	lines := p.findings()
	found, readers := p.permissions()
	mended = slices.DeleteFunc(mended, func(f diagnose.Finding) bool { return told(lines, f) })
	p.item.Problems = a.inWords(p.withKeys(slices.Concat(lines, mended, diagnose.Permissions(file, found))))
	if a.json {
		return a.printJSON(p.item)
	}
	a.printf("%s\n", formats.Visible(file))
	a.rowText("inspect.label_what", catalog.T("inspect.list", "format", diagnose.FormatTitle(p.item.Format), "count", p.item.Keys))
	a.rowIf("inspect.label_types", a.countInWords(p.types))
	if p.item.Keys > 0 {
		a.rowIf("inspect.label_each", "sshkeys fingerprint "+quote(file))
	}
	a.serviceRows(p.item.For)
	a.rowText("inspect.label_readers", readers)
	a.listProblems(p, len(lines))
	return nil
}

// holdsKey tells a list with a key, whether ssh and sshd read it or not.
func (p *listPage) holdsKey() bool { return p.item.Keys > 0 || p.private || p.mendable }

// permissions is what is wrong with who can reach the list, and who can read it.
func (p *listPage) permissions() (found []perms.Finding, readers catalog.Text) {
	name, role := p.item.File, perms.AuthorizedKeys
	found, readers = permissions(name)
	if p.item.Kind == formats.KindKnownHosts {
		role = perms.KnownHosts
	}
	if facts, err := perms.Look(name, perms.Options{}); err == nil && found != nil {
		if !strings.HasPrefix(name, "-") {
			facts.Path = name // as it was typed, for what is to be typed
		}
		found = asList(facts, found, role)
	}
	return found, readers
}

// asList are the findings about a list that a private key stands in: it is one all the
// same.
func asList(facts perms.Facts, found []perms.Finding, role perms.Role) []perms.Finding {
	if facts.Role != perms.PrivateKey {
		return found
	}
	facts.Role = role
	return perms.Judge(facts)
}

// told tells an edit to the whole text that is told line by line.
func told(lines []diagnose.Finding, edit diagnose.Finding) bool {
	return slices.ContainsFunc(lines, func(l diagnose.Finding) bool { return l.Code == edit.Code })
}

func (a *app) newListPage(file string) *listPage {
	p := &listPage{types: map[string]int{}, counts: map[listlint.Severity]int{}, most: problemsOnPage, item: inspectJSON{
		File: file, Purpose: purposeJSON{"unknown", "unknown", []string{}},
		AcceptedBy: []string{"openssh"}, RefusedBy: []services.Refusal{},
	}}
	if a.json {
		p.most = problemsInJSON
	}
	return p
}

// read lints the list as what it is; f is nil where it was not read whole.
func (p *listPage) read(r io.Reader, f *keyFile) error {
	const enough = 64 << 10
	buffered := bufio.NewReaderSize(r, enough)
	head, _ := buffered.Peek(enough)
	if f != nil {
		head = f.text()
	}
	p.item.Kind, p.item.Format = formats.KindAuthorizedKeys, formats.AuthorizedKeys
	lint := func() error {
		return authorized.Lint(buffered, authorized.LintOptions{Now: time.Now(), Entry: p.entry}, p.problem)
	}
	if isKnownHosts(p.item.File, head) {
		p.item.Kind, p.item.Format = formats.KindKnownHosts, formats.KnownHosts
		lint = func() error { return hostkeys.Lint(buffered, p.entry, p.problem) }
	}
	if err := lint(); err != nil {
		return err
	}
	if f != nil && f.Kind.IsPrivate() && !p.private { // no text, or in another encoding
		return p.problem(listlint.PrivateFile())
	}
	return nil
}

// isKnownHosts tells the kind of a list by its name, and where that says nothing by
// most of its first lines: one with an option that nobody knows looks like a host's.
func isKnownHosts(file string, head []byte) bool {
	name := strings.ToLower(filepath.Base(file))
	switch {
	case strings.Contains(name, "known_hosts"):
		return true
	case strings.Contains(name, "authorized"):
		return false
	}
	hosts, plain := 0, 0
	// A line cut off at the end is one more without a key.
	_ = formats.ScanList(bytes.NewReader(head), func(e formats.Entry) error {
		switch {
		case e.Hosts != "" || e.Marker != "":
			hosts++
		case e.Key != nil:
			plain++
		}
		return nil
	})
	return hosts > plain
}

func (p *listPage) entry(e formats.Entry) {
	p.item.Keys++
	p.types[e.Key.Algorithm().Display]++
}

// problem keeps the first of each severity: what is worse is told first, wherever it
// stands.
func (p *listPage) problem(found listlint.Problem) error {
	p.private = p.private || found.Defect == formats.PrivateKey
	p.mendable = p.mendable || found.Mendable
	if p.counts[found.Severity]++; p.counts[found.Severity] > p.most {
		p.more++
		return nil
	}
	p.problems = append(p.problems, found)
	return nil
}

// findings are the problems that are told, and how many are not.
func (p *listPage) findings() []diagnose.Finding {
	var found []diagnose.Finding
	for _, problem := range p.problems {
		found = append(found, diagnose.ListProblem(p.item.File, problem))
	}
	diagnose.Sort(found)
	if len(found) > p.most {
		p.more += len(found) - p.most
		found = found[:p.most]
	}
	if p.most == problemsInJSON && p.more > 0 {
		found = append(found, diagnose.Finding{Code: "L16", Severity: diagnose.Info, File: p.item.File, Cause: catalog.T("L16.more", "count", p.more)})
	}
	return found
}

// listProblems prints problems, the first ones with their lines: the others say theirs
// themselves.
func (a *app) listProblems(p *listPage, lines int) {
	found := slices.Clone(p.item.Problems)
	for i, f := range found {
		if found[i].Message = a.withEvidence(f); i < lines {
			found[i].Message = a.atLine(f)
		}
	}
	a.problems(found)
	if p.more > 0 {
		a.rowText("", catalog.T("lint.more", "count", p.more))
	}
}

// atLine is a problem's message with its lines.
func (a *app) atLine(f diagnose.Said) string {
	what := a.withEvidence(f)
	switch {
	case f.Last > f.Line:
		return a.words.Say(catalog.T("lint.from_to", "line", f.Line, "last", f.Last, "what", what))
	case f.Line > 0:
		return a.words.Say(catalog.T("lint.at", "line", f.Line, "what", what))
	}
	return what
}

// withEvidence is a problem's message with what was seen.
func (a *app) withEvidence(f diagnose.Said) string {
	if len(f.Evidence) == 0 {
		return f.Message
	}
	return f.Message + " (" + a.words.List(f.Evidence) + ")"
}

func (a *app) countInWords(types map[string]int) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(types)) {
		parts = append(parts, a.words.Say(catalog.T("inspect.count", "count", types[name], "type", name)))
	}
	return a.words.List(parts)
}
