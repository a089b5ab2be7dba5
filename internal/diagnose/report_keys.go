package diagnose

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"

	"sshkeys/internal/catalog"
	"sshkeys/keytool"
)

// keys are the candidates, with the fingerprints of their public halves.
func (r *report) keys(v *Visit, much detail) {
	r.blank()
	if len(r.numbers) == 0 {
		r.row("report.keys", catalog.T("report.no_keys"))
		return
	}
	for i, c := range v.Keys {
		number, ok := r.numbers[i]
		switch {
		case !ok:
			continue
		case number > much.keys:
			r.row("report.keys", catalog.T("report.more", "count", len(r.numbers)-much.keys))
			return
		}
		name := r.lang.Say(catalog.T("report.key", "number", number))
		r.paragraph(name+strings.Repeat(" ", max(8-columns(name), 1)), 8, r.candidate(c)...)
		if c.Key != nil {
			r.line(8, "        "+c.Key.Fingerprint())
			if number <= much.md5 {
				r.line(8, "        "+c.Key.FingerprintHash(keytool.MD5))
			}
		}
	}
}

// candidate is what is known of a key, but its fingerprints.
func (r *report) candidate(c Candidate) []catalog.Text {
	all := r.read(c)
	switch c.From {
	case FromFlag:
		all = append(all, catalog.T("report.from_flag"))
	case FromConfig:
		all = append(all, catalog.T("report.from_config"))
	case FromDefault:
		all = append(all, catalog.T("report.from_default"))
	case FromFolder:
		all = append(all, catalog.T("report.from_folder"))
	case FromLog:
		all = append(all, catalog.T("report.from_log"))
	}
	if !c.Offered && c.From != FromFolder {
		all = append(all, catalog.T("report.not_offered"))
	}
	if c.Envelope != nil {
		all = append(all, pubBeside(c), mode(c))
		all = append(all, purposeOf(c.Purpose)...)
	}
	if r.full {
		all = append(all, catalog.T("report.path", "path", c.Name))
		if c.Key != nil && c.Key.Comment() != "" {
			all = append(all, catalog.T("report.comment", "comment", c.Key.Comment()))
		}
	}
	return all
}

// read is what the file is: the key's type and size, the format, and whether a
// passphrase protects it.
func (r *report) read(c Candidate) []catalog.Text {
	switch e := c.Envelope; {
	case e == nil && errors.Is(c.Err, fs.ErrNotExist):
		return []catalog.Text{catalog.T("report.not_read", "reason", catalog.T("error.not_exist"))}
	case e == nil && errors.Is(c.Err, fs.ErrPermission):
		return []catalog.Text{catalog.T("report.not_read", "reason", catalog.T("error.permission"))}
	case e == nil && c.Err != nil && c.Unknown == "":
		return []catalog.Text{catalog.T("report.not_read", "reason", ErrorText(c.Err))}
	case e == nil:
		return []catalog.Text{catalog.T("report.no_key")}
	}
	what := catalog.T("report.locked_type")
	switch k := c.Key; {
	case k != nil && k.Algorithm().Family == keytool.Unknown:
		what = catalog.T("report.other_type")
	case k != nil:
		what = catalog.T("report.algorithm", "algorithm", k.Algorithm().Display, "bits", k.Bits())
	}
	all := []catalog.Text{what, catalog.T("report.plain", "text", FormatTitle(c.Envelope.Format))}
	switch {
	case c.Envelope.Encrypted():
		all = append(all, catalog.T("report.locked"))
	case c.Envelope.Kind.IsPrivate():
		all = append(all, catalog.T("report.open"))
	}
	if c.Wrong {
		all = append(all, catalog.T("report.wrong"))
	}
	return all
}

func pubBeside(c Candidate) catalog.Text {
	switch {
	case !c.Envelope.Kind.IsPrivate():
		return catalog.Text{}
	case c.Neighbour == nil:
		return catalog.T("report.no_pub")
	case c.Key == nil:
		return catalog.Text{}
	case c.Neighbour.Equal(c.Key):
		return catalog.T("report.pub_fits")
	}
	return catalog.T("report.pub_differs")
}

var octalMode = regexp.MustCompile(`^0[0-7]{3,4}$`)

// mode is the file's mode where a finding has it; owners and descriptors hold names.
func mode(c Candidate) catalog.Text {
	for _, f := range c.Permissions {
		if octalMode.MatchString(f.Got) {
			return catalog.T("report.mode", "mode", f.Got)
		}
	}
	if len(c.Permissions) > 0 {
		return catalog.T("report.mode_bad")
	}
	return catalog.T("report.mode_good")
}

func purposeOf(v keytool.Verdict) []catalog.Text {
	purpose, sure := catalog.T("report.purpose_unknown"), catalog.T("report.likely")
	switch v.Value {
	case keytool.Auth:
		purpose = catalog.T("report.purpose_auth")
	case keytool.Dataset:
		purpose = catalog.T("report.purpose_dataset")
	case keytool.Auth | keytool.Dataset:
		purpose = catalog.T("report.purpose_both")
	default:
		return []catalog.Text{purpose}
	}
	switch v.Confidence {
	case keytool.Certain:
		sure = catalog.T("report.certain")
	case keytool.Declared:
		sure = catalog.T("report.declared")
	}
	return []catalog.Text{catalog.T("report.purpose", "purpose", purpose, "confidence", sure)}
}
