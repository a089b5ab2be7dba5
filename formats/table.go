package formats

// table is every format, in the order Detect asks. A new format is one file and
// one row here.
func table() []*Format {
	return []*Format{
		openSSHFormat(), pkcs1Format(), sec1Format(), dsaPEMFormat(), pkcs8Format(),
		ppk3Format(), ppk2Format(), ppk1Format(), sshComFormat(), dropbearFormat(),
		crypt4GHFormat(), ageFormat(), crypt4GHPublicFormat(), agePublicFormat(),
		rfc4716Format(), spkiFormat(), pkcs1PublicFormat(), x509Format(), wireFormat(),
		openSSHPublicFormat(), wireBase64Format(), authorizedKeysFormat(), knownHostsFormat(),
	}
}
