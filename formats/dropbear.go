package formats

func dropbearFormat() *Format {
	return &Format{
		ID: Dropbear, Title: "Dropbear private key", Holds: HoldsPrivate, Ending: "",
		Source: "Dropbear signkey.c, buf_get_priv_key",
	}
}
