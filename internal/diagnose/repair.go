package diagnose

import (
	"path/filepath"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/shellword"
)

// Damage is what formats.Mend undid in a file's text, each edit a problem: an error
// where formats.Parse alone does not read the file as it was meant, or where the
// format's own programs stop at it; else it is good to know. The command writes the
// file anew in its format, and keeps the old one.
func Damage(f KeyFileFacts) []Finding {
	if f.Envelope == nil {
		return nil
	}
	var found []Finding
	command := clean(f)
	for _, e := range f.Envelope.Edits {
		one := Finding{
			Code: e.Defect.Code(), Severity: f.severity(e.Defect), File: f.Name, Line: e.Line,
			Cause: EditText(e), Command: command,
		}
		if command == nil {
			one.Hint = shellword.Join(copyOut(f))
		}
		if e.Last > e.Line {
			one.Last = e.Last
		}
		found = append(found, one)
	}
	if !f.readPlain() && !slices.ContainsFunc(found, isError) {
		for i := range found { // together they are what Parse stops at
			found[i].Severity = Error
		}
	}
	return found
}

// ReadOver says what in a file's text was read over, for a warning, and the command
// that writes a clean copy in its place. Where no program minds it says nothing.
func ReadOver(f KeyFileFacts) (said catalog.Text, command []string) {
	if !slices.ContainsFunc(Damage(f), func(p Finding) bool { return p.Severity != Info }) {
		return catalog.Text{}, nil
	}
	if command = clean(f); command == nil {
		command = copyOut(f)
	}
	return catalog.T("repair.over", "what", editTexts(f.Envelope.Edits)), command
}

// Damaged tells a file that some program refuses for what is wrong with its text.
func Damaged(f KeyFileFacts) bool { return slices.ContainsFunc(Damage(f), isError) }

func isError(f Finding) bool { return f.Severity == Error }

// readPlain tells whether the file's own bytes read as what it is.
func (f KeyFileFacts) readPlain() bool {
	return f.Plain != nil && f.Plain.Kind == f.Envelope.Kind && f.Plain.Format == f.Envelope.Format
}

func (f KeyFileFacts) severity(d formats.Defect) Severity {
	if d == formats.SecondKey {
		return Warning
	}
	if ownProgramStops(d, f.Envelope.Format) || !f.readPlain() && !neverAlone(d) {
		return Error
	}
	return Info
}

// neverAlone are the defects that are never why a file does not read; others may be.
func neverAlone(d formats.Defect) bool {
	switch d {
	case formats.CRLF, formats.NoFinalNewline, formats.EmptyEnd, formats.LineWidth:
		return true
	}
	return false
}

// ownProgramStops tells whether a program that a format is of refuses its files for
// the defect.
func ownProgramStops(d formats.Defect, id formats.ID) bool {
	switch id {
	case formats.OpenSSHPublic, formats.AuthorizedKeys, formats.KnownHosts:
		return listReaderStops(d)
	case formats.PPK1, formats.PPK2, formats.PPK3, formats.SSHCom:
		return d.Stops(formats.ByPuTTY, id)
	case formats.RFC4716, formats.SPKI, formats.PKCS1Public:
		return d == formats.UTF16 || d == formats.LoneCR
	}
	return d.Stops(formats.BySSH, id) || d.Stops(formats.ByOpenSSL, id)
}

// listReaderStops tells the defects for which ssh, sshd and forms make nothing of a
// public key's line, or not what was meant.
func listReaderStops(d formats.Defect) bool {
	switch d {
	case formats.UTF16, formats.ByteOrderMark, formats.JoinedKeys, formats.SplitLine, formats.LostLetter,
		formats.OddBlank, formats.ZeroWidth, formats.SSH2Text, formats.PlusAsSpace, formats.PrivateKey:
		return true
	}
	return false
}

// clean is the command that writes a file anew, without the damage; nil where there
// is none that loses nothing, as the options before a key.
func clean(f KeyFileFacts) []string {
	row := formats.Lookup(f.Envelope.Format)
	switch {
	case f.Name == "-":
		return nil
	case f.Fixable:
		return mendList(f.Name)
	case isOthersFile(f.Name), f.Envelope.Surrounded, !row.Writes(), f.Envelope.Options+f.Envelope.Hosts != "", f.Envelope.Kind == formats.KindCertificate:
		return nil
	}
	return f.rewrite(row.ID)
}

// CopyOut is the command line that copies the key out of a file that holds more than
// it and that no program reads as it is; "" for other files.
func CopyOut(f KeyFileFacts) string {
	if f.readPlain() {
		return ""
	}
	return shellword.Join(copyOut(f))
}

// copyOut is the command that writes the key of a file that holds more than it beside
// that; nil where there is none.
func copyOut(f KeyFileFacts) []string {
	row := formats.Lookup(f.Envelope.Format)
	regular := f.Name != "-" && !strings.HasPrefix(f.Name, "/dev/") && !strings.HasPrefix(f.Name, "/proc/")
	if !f.Envelope.Surrounded || !regular || !row.Writes() || f.Envelope.Kind == formats.KindCertificate || isOthersFile(f.Name) {
		return nil
	}
	return []string{"sshkeys", "convert", "--to", string(row.ID), "-o", fileArg(f.Name + ".key"), fileArg(f.Name)}
}

// isOthersFile tells the files of ~/.ssh that hold more than one key, or none: one
// pasted in is never written in their place, or nobody logs in any more.
func isOthersFile(name string) bool {
	switch filepath.Base(name) {
	case "authorized_keys", "authorized_keys2", "known_hosts", "known_hosts2", "config":
		return true
	}
	return false
}

// EditText says an edit with its place in the file.
func EditText(e formats.Edit) catalog.Text {
	place := catalog.T("repair.line", "line", e.Line)
	if e.Last > e.Line {
		place = catalog.T("repair.lines", "first", e.Line, "last", e.Last)
	}
	return catalog.T("repair.edit", "place", place, "what", defectText(e.Defect))
}

func editTexts(edits []formats.Edit) []catalog.Text {
	var texts []catalog.Text
	for _, e := range edits {
		texts = append(texts, EditText(e))
	}
	return texts
}

// stops is why ssh does not load a private key whose format it reads, as far as the
// file's text is to blame.
func (c *Candidate) stops() []catalog.Text {
	var texts []catalog.Text
	for _, f := range Damage(c.KeyFileFacts) {
		if f.Severity == Error {
			texts = append(texts, f.Cause)
		}
	}
	if texts == nil {
		return defectTexts(formats.StopsSSH(c.Defects, c.Envelope.Format))
	}
	return texts
}

// damagedText is a private key that no program of its format loads for what is wrong
// with the file's text. What ssh makes of it is told elsewhere.
func damagedText(c *Candidate) []Finding {
	if !c.isPrivate() || !Damaged(c.KeyFileFacts) {
		return nil
	}
	f := Finding{Code: "K04", Severity: Error, File: c.Name, Evidence: c.stops(),
		Cause: catalog.T("K04.own", "format", FormatTitle(c.Envelope.Format)), Command: clean(c.KeyFileFacts)}
	if f.Command == nil {
		f.Hint, f.Advice = shellword.Join(copyOut(c.KeyFileFacts)), catalog.T("K04.copy")
	}
	return []Finding{f}
}
