package formats

func openSSHFormat() *Format {
	return &Format{
		ID: OpenSSH, Title: "OpenSSH private key", Holds: HoldsPrivate, Ending: "",
		Source: "OpenSSH PROTOCOL.key", Encrypts: true,
	}
}
