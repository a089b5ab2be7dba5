package formats

import (
	"strings"

	"sshkeys/keytool"
)

// ByName finds the format a person named for a key: an ID, "ppk" (ppk3), or
// "pem", the traditional PEM of the key's type. The error is an *UnsupportedError
// or a *CannotHoldError.
func ByName(name string, k *keytool.Key) (*Format, error) {
	switch id := ID(strings.ToLower(name)); id {
	case "ppk":
		return Lookup(PPK3), nil
	case "pem":
		return traditionalPEM(k)
	default:
		if f := Lookup(id); f != nil && f.Writes() {
			return f, nil
		}
		return nil, &UnsupportedError{id, "writing"}
	}
}

// IsName tells whether ByName knows the name for some key.
func IsName(name string) bool {
	f := Lookup(ID(strings.ToLower(name)))
	return name == "ppk" || name == "pem" || f != nil && f.Writes()
}

// Names lists what ByName takes.
func Names() []string {
	names := []string{}
	for _, f := range table() {
		if f.Writes() {
			names = append(names, string(f.ID))
		}
	}
	return append(names, "ppk", "pem")
}

func traditionalPEM(k *keytool.Key) (*Format, error) {
	switch {
	case k.Algorithm().Family == keytool.RSA && !k.IsPrivate():
		return Lookup(PKCS1Public), nil
	case k.Algorithm().Family == keytool.RSA:
		return Lookup(PKCS1), nil
	case k.Algorithm().Family == keytool.ECDSA && k.IsPrivate():
		return Lookup(SEC1), nil
	case k.Algorithm().Family == keytool.DSA && k.IsPrivate():
		return Lookup(DSAPEM), nil
	}
	return nil, &CannotHoldError{"traditional PEM", "a key of type " + k.Algorithm().Name}
}

// DefaultTarget is what a file is converted to when nothing is said: to
// OpenSSH's formats from everybody else's, and from those to PuTTY's and SSH2's;
// of dataset keys to Crypt4GH's from age's and back.
func DefaultTarget(e *Envelope) ID {
	switch e.Format {
	case Crypt4GH:
		return Age
	case Age:
		return Crypt4GH
	case Crypt4GHPublic:
		return AgePublic
	case AgePublic:
		return Crypt4GHPublic
	case OpenSSH:
		return PPK3
	case OpenSSHPublic:
		return RFC4716
	}
	if e.Kind == KindPrivate {
		return OpenSSH
	}
	return OpenSSHPublic
}

// FileName is the usual name of a file in the target format, made from the base
// name of the file it is converted from: key.ppk becomes key, id_rsa id_rsa.ppk.
func FileName(base string, target *Format) string {
	for _, ending := range []string{".sec.pub", ".agekey.pub", ".sec", ".agekey", ".rfc4716", ".ppk", ".pem", ".der", ".p8", ".pub"} {
		if stem := strings.TrimSuffix(base, ending); stem != "" && stem != base {
			base = stem
			break
		}
	}
	return base + target.Ending
}
