package formats

func authorizedKeysFormat() *Format {
	return &Format{
		ID: AuthorizedKeys, Title: "authorized_keys list", Holds: HoldsList, Ending: "",
		Source: "sshd(8) AUTHORIZED_KEYS FILE FORMAT",
	}
}

func knownHostsFormat() *Format {
	return &Format{
		ID: KnownHosts, Title: "known_hosts list", Holds: HoldsList, Ending: "",
		Source: "sshd(8) SSH_KNOWN_HOSTS FILE FORMAT",
	}
}
