package main

import (
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/keytool"
)

// The items of doctor's JSON, each told by "item".
type (
	targetJSON struct {
		Item     string `json:"item"` // "target"
		Host     string `json:"host,omitempty"`
		HostName string `json:"hostname,omitempty"`
		User     string `json:"user,omitempty"`
		Port     int    `json:"port,omitempty"`
		Service  string `json:"service,omitempty"`
		By       string `json:"by,omitempty"` // "ssh" or "library"
		Online   bool   `json:"online"`
		SSH      string `json:"ssh,omitempty"`
	}
	candidateJSON struct {
		Item        string        `json:"item"` // "key"
		File        string        `json:"file"`
		From        diagnose.From `json:"from"`
		Offered     bool          `json:"offered"`
		Format      formats.ID    `json:"format,omitempty"`
		Algorithm   string        `json:"algorithm,omitempty"`
		Bits        int           `json:"bits,omitempty"`
		Encrypted   bool          `json:"encrypted"`
		Fingerprint string        `json:"fingerprint,omitempty"`
		Purpose     *purposeJSON  `json:"purpose,omitempty"`
		Server      string        `json:"server,omitempty"` // what the server says of it
		Error       *failure      `json:"error,omitempty"`
	}
	probeJSON struct {
		Item string `json:"item"` // "probe"
		*diagnose.Probe
	}
	findingJSON struct {
		Item string `json:"item"` // "finding"
		diagnose.Said
	}
)

// print tells what was looked at, and what was found.
func (d *doctor) print(v *diagnose.Visit, found []diagnose.Finding) error {
	if d.json {
		return d.printItems(v, found)
	}
	d.printTarget(v)
	d.printKeys(v)
	if v.Probe != nil {
		d.line("doctor.asked")
	} else if d.asked.host != "" {
		d.line("doctor.not-asked")
	}
	d.printf("\n")
	for _, f := range found {
		d.printFinding(f)
	}
	d.printSummary(v, found)
	return nil
}

// line prints a line of the catalogue.
func (d *doctor) line(id string, pairs ...any) {
	d.printf("%s\n", formats.Visible(d.words.Say(catalog.T(id, pairs...))))
}

func (d *doctor) printTarget(v *diagnose.Visit) {
	if v.Client == nil {
		d.line("doctor.no-host")
		return
	}
	by := catalog.T("doctor.by-ssh")
	switch {
	case v.Client.By == "ssh":
	case len(v.Client.Problems) > 0:
		by = catalog.T("doctor.by-refused")
	default:
		by = catalog.T("doctor.by-library")
	}
	d.line("doctor.target", "user", v.Client.User, "host", v.Client.HostName, "port", v.Client.Port, "by", by)
	if v.Service != nil {
		d.line("doctor.service", "service", v.Service.ID, "title", v.Service.Named())
	}
}

// maxOthers is how many of the keys that ssh does not offer are shown without -v.
const maxOthers = 10

func (d *doctor) printKeys(v *diagnose.Visit) {
	if len(v.Keys) == 0 {
		d.line("doctor.no-keys")
		return
	}
	d.line("doctor.keys")
	number, others, left := 0, 0, 0
	for i, c := range v.Keys {
		mark := "-"
		if c.From == diagnose.FromRegistered {
			continue
		}
		if c.Offered {
			number++
			mark = fmt.Sprint(number)
		} else if others++; others > maxOthers && !d.verbose && serverSays(v, i) != diagnose.Accepted {
			left++
			continue
		}
		d.printf("  %2s  %s\n", mark, formats.Visible(d.shorten(c.Name)))
		d.printf("      %s\n", formats.Visible(d.describe(v, i, c)))
	}
	if left > 0 {
		d.line("doctor.more", "count", left)
	}
	for _, a := range v.Agents {
		d.line("doctor.agent", "agent", a.Name, "count", len(a.Keys))
	}
}

// describe is one candidate in a line: its key, and what a server says of it.
func (d *doctor) describe(v *diagnose.Visit, i int, c diagnose.Candidate) string {
	var parts []string
	switch {
	case c.Err != nil:
		parts = append(parts, d.words.Say(diagnose.ErrorText(c.Err)))
	case c.Key == nil && c.Envelope.Encrypted():
		parts = append(parts, string(c.Envelope.Format), d.words.Say(catalog.T("doctor.locked-whole")))
	case c.Key == nil:
		parts = append(parts, string(c.Envelope.Format))
	default:
		parts = append(parts, fmt.Sprintf("%s %d, %s, %s", c.Key.Algorithm().Display, c.Key.Bits(), c.Envelope.Format, c.Key.Fingerprint()))
		if c.Envelope.Encrypted() {
			parts = append(parts, d.words.Say(catalog.T("doctor.locked")))
		}
		if p := c.Purpose.Value; p == keytool.Dataset {
			parts = append(parts, d.words.Say(catalog.T("doctor.dataset")))
		}
	}
	if !c.Offered {
		parts = append(parts, d.words.Say(catalog.T("doctor.not-offered")))
	}
	if said := acceptanceText(serverSays(v, i)); !said.IsZero() {
		parts = append(parts, d.words.Say(said))
	}
	return d.words.List(parts)
}

// shorten writes the home as ~.
func (d *doctor) shorten(path string) string {
	home := d.home()
	if rest, ok := strings.CutPrefix(path, home+string(filepath.Separator)); ok && home != "" {
		return filepath.Join("~", rest)
	}
	return path
}

func (d *doctor) printFinding(f diagnose.Finding) {
	s := f.In(d.words)
	where := ""
	switch {
	case s.Line > 0:
		where = fmt.Sprintf("%s:%d: ", d.shorten(s.File), s.Line)
	case s.File != "":
		where = d.shorten(s.File) + ": "
	}
	d.printf("%s [%s] %s\n", d.words.Say(severityText(s.Severity)), s.Code, formats.Visible(where+s.Message))
	for _, e := range s.Evidence {
		d.printf("    %s\n", formats.Visible(e))
	}
	if s.Advice != "" {
		d.printf("    %s\n", formats.Visible(s.Advice))
	}
	if s.Hint != "" {
		d.printf("    %s\n", d.words.Say(catalog.T("doctor.type", "command", formats.Visible(s.Hint))))
	}
}

func (d *doctor) printSummary(v *diagnose.Visit, found []diagnose.Finding) {
	errors, warnings, fixable := 0, 0, 0
	for _, f := range found {
		switch f.Severity {
		case diagnose.Error:
			errors++
		case diagnose.Warning:
			warnings++
		}
		if len(f.Command) > 0 && f.Severity != diagnose.Info {
			fixable++
		}
	}
	switch {
	case errors == 0 && warnings == 0 && v.Probe != nil:
		d.line("doctor.clean-online")
	case errors == 0 && warnings == 0:
		d.line("doctor.clean")
	default:
		d.line("doctor.summary", "errors", errors, "warnings", warnings)
	}
	if fixable > 0 && !d.opt.fix && d.opt.log != stdinName && d.opt.registered != stdinName {
		d.hint(d.again("--fix"))
	}
	if errors+warnings == 0 && d.asked.host != "" && v.Probe == nil && !d.opt.offline && !d.opt.online && goesStraight(v.Client) {
		d.hint(d.again("--online"))
	}
}

// printItems prints everything as JSON Lines.
func (d *doctor) printItems(v *diagnose.Visit, found []diagnose.Finding) error {
	t := targetJSON{Item: "target", Online: v.Probe != nil, SSH: v.System.SSH}
	if c := v.Client; c != nil {
		t.Host, t.HostName, t.User, t.Port, t.By = c.Alias, c.HostName, c.User, c.Port, c.By
	}
	if v.Service != nil {
		t.Service = v.Service.ID
	}
	items := []any{t}
	for i, c := range v.Keys {
		items = append(items, d.candidateItem(v, i, c))
	}
	if v.Probe != nil {
		items = append(items, probeJSON{"probe", v.Probe})
	}
	for _, f := range found {
		items = append(items, findingJSON{"finding", f.In(d.words)})
	}
	for _, item := range items {
		if err := d.printJSON(item); err != nil {
			return err
		}
	}
	return nil
}

func (d *doctor) candidateItem(v *diagnose.Visit, i int, c diagnose.Candidate) candidateJSON {
	item := candidateJSON{Item: "key", File: c.Name, From: c.From, Offered: c.Offered, Server: string(serverSays(v, i))}
	if c.Err != nil {
		f := d.judge(c.Name, c.Err)
		item.Error = &f
		return item
	}
	p := d.asPurposeJSON(c.Purpose)
	item.Format, item.Encrypted, item.Purpose = c.Envelope.Format, c.Envelope.Encrypted(), &p
	if c.Key != nil {
		item.Algorithm, item.Bits, item.Fingerprint = c.Key.Algorithm().Name, c.Key.Bits(), c.Key.Fingerprint()
	}
	return item
}

// printReport writes the text for a support desk.
func (d *doctor) printReport(v *diagnose.Visit, found []diagnose.Finding) {
	d.printf("%s", diagnose.Report(v, found, diagnose.ReportOptions{
		Lang: d.words, Full: d.opt.full, Version: version() + " " + runtime.GOOS + "/" + runtime.GOARCH,
		Asked: slices.Concat([]string{"sshkeys"}, d.args),
	}))
}
