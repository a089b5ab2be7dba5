package diagnose

import "sshkeys/internal/catalog"

// Encoding says in what form a passphrase opened a file, where that is not the one
// that it was given in: the names of internal/secret. The zero one says nothing.
type Encoding struct{ Name, Given string }

// Names of what is no other encoding (internal/secret).
const (
	trimmedForm = "without mark and line end"
	markedForm  = "with a mark or line end"
	plainForm   = "UTF-8"
)

// PassphraseEncoding finds a passphrase that opens a file only in another encoding
// than it was given in; false where there is none such. A file is mended by setting
// the passphrase anew, unless it was the copy of the passphrase that was odd.
func PassphraseEncoding(f KeyFileFacts) (Finding, bool) {
	e := f.Encoding
	if e.Name == "" {
		return Finding{}, false
	}
	found := Finding{Code: "K15", Severity: Warning, File: f.Name}
	switch e.Name {
	case trimmedForm:
		found.Cause, found.Advice = catalog.T("K15.trimmed"), catalog.T("K15.copy")
		return found, true
	case markedForm:
		found.Cause = catalog.T("K15.marked")
	default:
		found.Cause = catalog.T("K15.encoding", "encoding", encodingText(e.Name), "given", encodingText(e.Given))
	}
	if e.Name == plainForm {
		found.Advice = catalog.T("K15.copy")
		return found, true
	}
	found.Evidence = []catalog.Text{catalog.T("K15.others")}
	switch {
	case f.Name == "-":
	case takesPassphrase(f.Envelope):
		found.Command, found.Choice = []string{"sshkeys", "passphrase", fileArg(f.Name)}, true
	default:
		found.inPlace(f, stronger(f.Envelope.Format))
		found.Choice = true
	}
	if found.Command == nil {
		found.Advice = catalog.T("K15.anew")
	}
	return found, true
}

// encodingText names an encoding and who uses it.
func encodingText(name string) catalog.Text {
	ids := map[string]string{
		plainForm: "encoding.utf8", "UTF-8, NFC": "encoding.nfc", "UTF-8, NFD": "encoding.nfd",
		"UTF-8, other dash": "encoding.dash", "CP932": "encoding.cp932", "CP1252": "encoding.cp1252",
		"CP932, best fit": "encoding.fit932", "CP1252, best fit": "encoding.fit1252",
		"CP437": "encoding.cp437", "CP850": "encoding.cp850", "ISO 8859-15": "encoding.latin9", "EUC-JP": "encoding.eucjp",
	}
	return catalog.T(ids[name])
}

// passphraseEncoding is PassphraseEncoding in a list of findings.
func passphraseEncoding(f KeyFileFacts) []Finding {
	if found, ok := PassphraseEncoding(f); ok {
		return []Finding{found}
	}
	return nil
}
