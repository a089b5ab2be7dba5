package formats

func openSSHPublicFormat() *Format {
	return &Format{
		ID: OpenSSHPublic, Title: "OpenSSH public key", Holds: HoldsPublic, Ending: ".pub",
		Source: "sshd(8) AUTHORIZED_KEYS FILE FORMAT",
	}
}
