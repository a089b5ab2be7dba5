// Package services knows who takes which key file. This file has the four tools
// whose own programs read keys; what archives and servers accept is data of its
// own.
package services

import (
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// Refusal says who will not take a file, and why.
type Refusal struct {
	Service string `json:"service"`
	Why     string `json:"why"`
}

// tool is a program that reads keys. refuses gives its reason, "" where it
// takes the file; key is nil where the whole key is locked.
type tool struct {
	name    string
	refuses func(e *formats.Envelope, key *keytool.Key) string
}

// tools are OpenSSH 10, PuTTY 0.75 and later, OpenSSL 3 and Dropbear 2022, as
// they were found to behave (spec/peers.md 1c, spec/services.md 5.2).
func tools() []tool {
	return []tool{{"openssh", openSSHRefuses}, {"putty", puttyRefuses}, {"openssl", openSSLRefuses}, {"dropbear", dropbearRefuses}}
}

// Readers tells which tools can use a key file as it is.
func Readers(e *formats.Envelope, key *keytool.Key) (accepted []string, refused []Refusal) {
	accepted, refused = []string{}, []Refusal{}
	for _, t := range tools() {
		if why := t.refuses(e, key); why != "" {
			refused = append(refused, Refusal{t.name, why})
		} else {
			accepted = append(accepted, t.name)
		}
	}
	return accepted, refused
}

func openSSHRefuses(e *formats.Envelope, key *keytool.Key) string {
	switch {
	case e.Format == formats.OpenSSHPublic:
		return openSSHTypeRefused(key)
	case e.Kind != formats.KindPrivate:
		return "it reads public keys as one OpenSSH line only"
	case !isOneOf(e.Format, formats.OpenSSH, formats.PKCS1, formats.SEC1, formats.PKCS8, formats.DSAPEM):
		return "it does not read the format " + e.Format.Title()
	case e.DER:
		return "it reads PEM text, not binary DER"
	case singleDES(e.Protection):
		return "OpenSSL 3 no longer has the cipher " + e.Protection.Cipher
	case e.Format == formats.OpenSSH && e.CanOpen() != nil:
		return e.CanOpen().Error()
	}
	return openSSHTypeRefused(key)
}

// openSSHTypeRefused: DSA was removed in OpenSSH 10.0, Ed448 never was there,
// and shorter RSA keys are an "Invalid key length".
func openSSHTypeRefused(key *keytool.Key) string {
	switch {
	case key == nil:
		return ""
	case key.Algorithm().Family == keytool.DSA:
		return "OpenSSH 10 has no DSA"
	case isOneOf(key.Algorithm().Family, keytool.Ed448, keytool.Unknown):
		return "it does not know keys of type " + key.Algorithm().Name
	case key.Algorithm().Family == keytool.RSA && key.Bits() < 1024:
		return "it wants RSA keys of 1024 bits or more"
	}
	return ""
}

func puttyRefuses(e *formats.Envelope, key *keytool.Key) string {
	if isOneOf(e.Format, formats.PPK1, formats.PPK2, formats.PPK3) && e.CanOpen() == nil {
		return ""
	}
	if e.Kind != formats.KindPrivate {
		return "it logs in with private keys"
	}
	return "it logs in with PPK files only"
}

func openSSLRefuses(e *formats.Envelope, key *keytool.Key) string {
	switch {
	case !isOneOf(e.Format, formats.PKCS1, formats.SEC1, formats.PKCS8, formats.DSAPEM,
		formats.SPKI, formats.PKCS1Public, formats.X509):
		return "it reads PEM and DER keys only (PKCS#1, SEC 1, PKCS#8, SubjectPublicKeyInfo)"
	case singleDES(e.Protection):
		return "OpenSSL 3 has the cipher " + e.Protection.Cipher + " in its legacy provider only"
	}
	return ""
}

func dropbearRefuses(e *formats.Envelope, key *keytool.Key) string {
	switch {
	case e.Format == formats.OpenSSHPublic && key != nil && key.Certificate() == nil &&
		isOneOf(key.Algorithm().Family, keytool.RSA, keytool.ECDSA, keytool.Ed25519, keytool.SKECDSA, keytool.SKEd25519):
		return ""
	case e.Format == formats.OpenSSHPublic:
		return "it does not know keys of this type"
	case e.Format != formats.Dropbear:
		return "it does not read the format " + e.Format.Title()
	case key != nil && key.Algorithm().Family == keytool.DSA:
		return "Dropbear 2022 has no DSA"
	}
	return ""
}

// singleDES is what OpenSSL 3 moved to its legacy provider.
func singleDES(p formats.Protection) bool { return strings.HasPrefix(p.Cipher, "des") }

func isOneOf[T comparable](v T, list ...T) bool { return slices.Contains(list, v) }
