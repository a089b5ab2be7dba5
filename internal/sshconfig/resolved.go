package sshconfig

// Resolved is what an OpenSSH client would use for one host, after every Host and
// Match block. Paths are absolute, without ~ and tokens.
type Resolved struct {
	// By tells who evaluated the configuration: "ssh" (ssh -G), or "library", this
	// package, where no ssh is installed or it refuses the config.
	By string
	// Alias is the host as it was named; HostName where the connection goes.
	Alias, HostName, User string
	Port                  int
	HostKeyAlias          string
	UserNamed             bool // User is given, and not just this account's name
	// IdentityFiles are the keys that ssh would offer, in its order. Named are those
	// of them that a config or the command line names: without any, they are ssh's
	// defaults, of which most do not exist.
	IdentityFiles    []string
	Named            bool
	CertificateFiles []string
	IdentitiesOnly   bool
	IdentityAgent    string // a socket's path, "none", or "" for the environment's
	UserKnownHosts   []string
	GlobalKnownHosts []string
	StrictHostKeys   string // yes, accept-new, no, ask
	CheckHostIP      bool
	// PubkeyAlgorithms are the signature algorithms ssh would use, in its order; nil
	// where that is not known. So are the others.
	PubkeyAlgorithms, HostKeyAlgorithms, KexAlgorithms, Ciphers, MACs []string
	PubkeyAuthentication                                              bool
	ProxyJump, ProxyCommand                                           string // "" for none
	ServerAliveInterval                                               int    // seconds, 0 for never
	TCPKeepAlive                                                      bool
	ConnectTimeout                                                    int    // seconds, 0 for the system's
	Version                                                           string // of ssh, as "OpenSSH_9.2p1 …"; "" where not known
	// Unevaluated are the lines that could not be evaluated without ssh, as
	// "FILE:LINE: text": Match exec, tokens of the connection.
	Unevaluated []string
	// Problems are lines that ssh refuses, and so does not connect at all.
	Problems []Problem
}

// Problem is a line of a config that ssh stops at.
type Problem struct {
	File   string
	Line   int
	Option string // the keyword, "" where that is not known
	Text   string // ssh's own words
}
