package formats

func pkcs8Format() *Format {
	return &Format{
		ID: PKCS8, Title: "PKCS#8 private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "RFC 5958, RFC 8018", Encrypts: true,
	}
}
