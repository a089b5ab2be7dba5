// Package diagnose judges facts that were gathered elsewhere and says what is
// wrong, why, and what to type. It is pure: no file, network or terminal.
package diagnose

import (
	"fmt"

	"sshkeys/formats"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// Severity of a finding.
type Severity string

const (
	Error   Severity = "error"   // something will refuse the key
	Warning Severity = "warning" // it works, and should not stay so
	Info    Severity = "info"    // good to know
)

// Finding is one problem. Its code is the catalogue's (spec/symptoms.md).
type Finding struct {
	Code     string   `json:"code"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Hint     string   `json:"hint"`
	Fixable  bool     `json:"fixable"`
}

// KeyFileFacts is what is known of one key file.
type KeyFileFacts struct {
	Name     string // as a person would type it, quoted for a shell
	Envelope *formats.Envelope
	Key      *keytool.Key // nil where it could not be opened and nothing stands in clear
	// Permissions is what is wrong with who can reach the file.
	Permissions []perms.Finding
	// Neighbour is the .pub beside a private key, nil where there is none.
	Neighbour     *keytool.Key
	NeighbourName string
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
	found = append(found, Permissions(f.Permissions)...)
	if f.Envelope.Kind.IsPrivate() {
		found = append(found, protection(f)...)
		found = append(found, neighbour(f)...)
	}
	return found
}

// Permissions gives findings about permissions the form of all others.
func Permissions(found []perms.Finding) []Finding {
	var same []Finding
	for _, p := range found {
		same = append(same, Finding{p.Code, Severity(p.Severity), p.Message, p.Command, p.Fixable})
	}
	return same
}

func algorithm(f KeyFileFacts) []Finding {
	const renew = "ssh-keygen -t ed25519"
	bits := f.Key.Bits()
	switch family := f.Key.Algorithm().Family; {
	case family == keytool.DSA:
		return []Finding{{"P02", Error, "DSA keys are refused by OpenSSH 10 and by most services", renew, false}}
	case family == keytool.RSA && bits < rsaOpenSSHMinimum:
		return []Finding{{"K10", Error, fmt.Sprintf("OpenSSH refuses RSA keys under %d bits; this one has %d", rsaOpenSSHMinimum, bits), renew, false}}
	case family == keytool.RSA && bits < rsaServiceMinimum:
		return []Finding{{"K10", Warning, fmt.Sprintf("many services refuse RSA keys under %d bits; this one has %d", rsaServiceMinimum, bits), renew, false}}
	case family == keytool.Unknown:
		return []Finding{{"K21", Info, "this key type is not known to sshkeys; only its name and fingerprint are", "", false}}
	}
	return nil
}

func protection(f KeyFileFacts) []Finding {
	p := f.Envelope.Protection
	switch {
	case !p.Encrypted() && (f.Key == nil || !f.Key.Algorithm().Hardware()):
		return []Finding{{"K17", Info, "the private key has no passphrase: who can read the file can use it",
			setPassphrase(f), false}}
	case p.Encrypted() && f.Envelope.CanOpen() != nil:
		return []Finding{{"K11", Error, f.Envelope.CanOpen().Error(), "", false}}
	case p.Legacy:
		return []Finding{{"K19", Warning, "the passphrase is protected by " + p.KDF + " only, which is quickly guessed",
			"sshkeys convert --to openssh " + f.Name, true}}
	}
	return nil
}

// setPassphrase is the command that protects a key file in place.
func setPassphrase(f KeyFileFacts) string {
	switch f.Envelope.Format {
	case formats.PPK2, formats.PPK3:
		return "puttygen -P " + f.Name
	case formats.OpenSSH, formats.PKCS1, formats.SEC1:
		return "ssh-keygen -p -f " + f.Name
	}
	return ""
}

func neighbour(f KeyFileFacts) []Finding {
	if f.Neighbour == nil || f.Key == nil || f.Neighbour.Equal(f.Key) {
		return nil
	}
	if f.Envelope.Kind.IsDataset() {
		return []Finding{{"P05", Error,
			f.NeighbourName + " holds another key (" + f.Neighbour.Fingerprint() + "): what is encrypted to that one, this key does not open",
			"sshkeys verify --fix " + f.Name, true}}
	}
	return []Finding{{"P05", Error,
		f.NeighbourName + " holds another key (" + f.Neighbour.Fingerprint() + "): ssh offers that one, and the login fails",
		"sshkeys verify --fix " + f.Name, true}}
}
