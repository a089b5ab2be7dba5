package formats

func spkiFormat() *Format {
	return &Format{
		ID: SPKI, Title: "SubjectPublicKeyInfo (PEM) public key", Holds: HoldsPublic, Ending: ".pem",
		Source: "RFC 5280 section 4.1.2.7, RFC 8410",
	}
}

func pkcs1PublicFormat() *Format {
	return &Format{
		ID: PKCS1Public, Title: "PKCS#1 (PEM) RSA public key", Holds: HoldsPublic, Ending: ".pem",
		Source: "RFC 8017 appendix A.1.1",
	}
}

func x509Format() *Format {
	return &Format{
		ID: X509, Title: "X.509 certificate", Holds: HoldsPublic, Ending: ".pem",
		Source: "RFC 5280",
	}
}
