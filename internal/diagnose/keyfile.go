package diagnose

import (
	"errors"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// KeyFileFacts is what is known of one key file.
type KeyFileFacts struct {
	Name     string // as it was named; "-" for standard input
	Envelope *formats.Envelope
	// Plain is what the file's own bytes read as, without mending; nil where they do not.
	Plain *formats.Envelope
	// Fixable tells a list that `authorize --fix` was found to mend.
	Fixable bool
	Key     *keytool.Key // nil where it could not be opened and nothing stands in clear
	// Permissions is what is wrong with who can reach the file.
	Permissions []perms.Finding
	// Neighbour is the .pub beside a private key, nil where there is none.
	Neighbour     *keytool.Key
	NeighbourName string
	// Encoding is what a passphrase opened the file in, where that is not as it was given.
	Encoding Encoding
}

// Sizes under which RSA keys are refused.
const (
	rsaOpenSSHMinimum = 1024 // OpenSSH RequiredRSASize, sshkey.c
	rsaServiceMinimum = 2048 // DDBJ Account and most others (spec/services.md 1.2)
)

// KeyFile finds what will be refused or should not stay as it is.
func KeyFile(f KeyFileFacts) []Finding {
	var found []Finding
	if f.Key != nil {
		found = append(found, algorithm(f)...)
	}
	found = append(found, Permissions(f.Name, f.Permissions)...)
	if f.Envelope.Kind.IsPrivate() {
		found = append(found, protection(f)...)
		found = append(found, passphraseEncoding(f)...)
		found = append(found, neighbour(f)...)
	}
	return found
}

func algorithm(f KeyFileFacts) []Finding {
	bits := f.Key.Bits()
	found := Finding{Severity: Error, File: f.Name, Hint: "sshkeys generate"}
	switch family := f.Key.Algorithm().Family; {
	case family == keytool.DSA:
		found.Code, found.Cause = "P02", catalog.T("P02.dsa")
	case family == keytool.RSA && bits < rsaOpenSSHMinimum:
		found.Code, found.Cause = "K10", catalog.T("K10.openssh", "minimum", rsaOpenSSHMinimum, "bits", bits)
	case family == keytool.RSA && bits < rsaServiceMinimum:
		found.Code, found.Severity, found.Cause = "K10", Warning, catalog.T("K10.services", "minimum", rsaServiceMinimum, "bits", bits)
	case family == keytool.Unknown:
		found.Code, found.Severity, found.Hint, found.Cause = "K21", Info, "", catalog.T("K21.unknown")
	default:
		return nil
	}
	return []Finding{found}
}

func protection(f KeyFileFacts) []Finding {
	p, found := f.Envelope.Protection, Finding{File: f.Name}
	switch {
	case !p.Encrypted() && (f.Key == nil || !f.Key.Algorithm().Hardware()):
		found.Code, found.Severity, found.Cause = "K17", Info, catalog.T("K17.none")
		if takesPassphrase(f.Envelope) && f.Name != "-" {
			found.Command, found.Choice = []string{"sshkeys", "passphrase", fileArg(f.Name)}, true
		}
	case p.Encrypted() && f.Envelope.CanOpen() != nil:
		found.Code, found.Severity, found.Cause = "K11", Error, cannotOpen(f)
		found.Advice = catalog.T("K11.elsewhere")
	case p.Legacy:
		found.Code, found.Severity, found.Cause = "K19", Warning, catalog.T("K19.legacy", "kdf", p.KDF)
		if f.Name != "-" {
			found.inPlace(f, stronger(f.Envelope.Format))
			found.Choice = true
		}
	default:
		return nil
	}
	return []Finding{found}
}

// takesPassphrase tells the files that the command passphrase protects in place.
func takesPassphrase(e *formats.Envelope) bool {
	f := formats.Lookup(e.Format)
	return f.Encrypts && f.Writes() && (!e.DER || e.Format == formats.PKCS8)
}

// stronger is the format of the same programs whose passphrase is not quickly guessed.
func stronger(id formats.ID) formats.ID {
	switch id {
	case formats.PPK1, formats.PPK2:
		return formats.PPK3
	}
	return formats.OpenSSH
}

// cannotOpen says why a locked file cannot be opened at all.
func cannotOpen(f KeyFileFacts) catalog.Text {
	what := f.Envelope.CanOpen().Error()
	if e, ok := errors.AsType[*formats.UnsupportedError](f.Envelope.CanOpen()); ok {
		what = e.What
	}
	return catalog.T("K11.cipher", "what", reason(what), "format", FormatTitle(f.Envelope.Format))
}

func neighbour(f KeyFileFacts) []Finding {
	if f.Neighbour == nil || f.Key == nil || f.Neighbour.Equal(f.Key) {
		return nil
	}
	cause := "P05.auth"
	if f.Envelope.Kind.IsDataset() {
		cause = "P05.dataset"
	}
	return []Finding{{
		Code: "P05", Severity: Error, File: f.Name,
		Cause:   catalog.T(cause, "neighbour", f.NeighbourName, "fingerprint", f.Neighbour.Fingerprint()),
		Command: []string{"sshkeys", "verify", "--fix", f.Name},
	}}
}
