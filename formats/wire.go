package formats

func wireFormat() *Format {
	return &Format{
		ID: Wire, Title: "SSH wire public key blob", Holds: HoldsPublic, Ending: "",
		Source: "RFC 4253 section 6.6",
	}
}

func wireBase64Format() *Format {
	return &Format{
		ID: WireBase64, Title: "bare base64 public key", Holds: HoldsPublic, Ending: "",
		Source: "RFC 4253 section 6.6",
	}
}
