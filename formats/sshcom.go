package formats

func sshComFormat() *Format {
	return &Format{
		ID: SSHCom, Title: "ssh.com private key", Holds: HoldsPrivate, Ending: "",
		Source: "PuTTY import.c, sshcom_read", Encrypts: true,
	}
}
