package keyring

// reachable: the keyring is a part of the system.
func reachable(func(string) string) error { return nil }

// system: Windows' own words for its error number.
func system(err error) error { return &Error{Err: err} }
