package formats

func ppk3Format() *Format {
	return &Format{
		ID: PPK3, Title: "PuTTY private key (PPK 3)", Holds: HoldsPrivate, Ending: ".ppk",
		Source: "PuTTY manual appendix C", Encrypts: true,
	}
}

func ppk2Format() *Format {
	return &Format{
		ID: PPK2, Title: "PuTTY private key (PPK 2)", Holds: HoldsPrivate, Ending: ".ppk",
		Source: "PuTTY manual appendix C.5", Encrypts: true,
	}
}

func ppk1Format() *Format {
	return &Format{
		ID: PPK1, Title: "PuTTY private key (PPK 1)", Holds: HoldsPrivate, Ending: ".ppk",
		Source: "PuTTY manual appendix C.6", Encrypts: true,
	}
}
