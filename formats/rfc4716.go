package formats

func rfc4716Format() *Format {
	return &Format{
		ID: RFC4716, Title: "RFC 4716 (SSH2) public key", Holds: HoldsPublic, Ending: ".pub",
		Source: "RFC 4716",
	}
}
