package formats

func pkcs1Format() *Format {
	return &Format{
		ID: PKCS1, Title: "PKCS#1 (PEM) RSA private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "RFC 8017 appendix A.1.2, RFC 1421 section 4.6", Encrypts: true,
	}
}

func sec1Format() *Format {
	return &Format{
		ID: SEC1, Title: "SEC 1 (PEM) EC private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "RFC 5915, RFC 1421 section 4.6", Encrypts: true,
	}
}

func dsaPEMFormat() *Format {
	return &Format{
		ID: DSAPEM, Title: "traditional (PEM) DSA private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "OpenSSL d2i_DSAPrivateKey, RFC 1421 section 4.6", Encrypts: true,
	}
}
