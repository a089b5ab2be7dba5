// Package hostkeys reads known_hosts files: which lines are a host's, hashed ones
// and [host]:port too, and what they say of the key that a server shows. Removing
// leaves every other line as it is, byte for byte. A line is read as OpenSSH's
// hostfile.c:hostkeys_foreach reads it, whatever else it could be taken for.
package hostkeys

import (
	"fmt"
	"slices"

	"sshkeys/keytool"
)

// DefaultPort is the one that known_hosts does not write.
const DefaultPort = 22

// Host is a server as known_hosts names it: a name or address, and a port. A
// HostKeyAlias is a name without a port.
type Host struct {
	Name string
	Port int // 0 is DefaultPort
}

// String is the host as a known_hosts line has it (misc.c:put_host_port):
// "name", or "[name]:port" for another port than 22.
func (h Host) String() string {
	if h.Port == 0 || h.Port == DefaultPort {
		return h.Name
	}
	return fmt.Sprintf("[%s]:%d", h.Name, h.Port)
}

// key is the host for a comparison: cases of letters, and the default port as 0 or
// 22, make no difference.
func (h Host) key() string { return lower(h.String()) }

// Same tells whether known_hosts makes no difference between two hosts.
func (h Host) Same(o Host) bool { return h.key() == o.key() }

// Line is one line of a known_hosts file that concerns a host.
type Line struct {
	File   string
	Number int    // 1-based
	Marker string // "@cert-authority", "@revoked", ""
	Hosts  string // the field as it stands there: patterns, or one hash
	Hashed bool
	Type   string       // the key type as it stands there
	Key    *keytool.Key // nil where it cannot be read
	For    []Host       // the hosts asked for that it names, as they were given
}

// The two markers (hostfile.h: CA_MARKER, REVOKE_MARKER).
const (
	Authority  = "@cert-authority"
	RevokedKey = "@revoked"
)

// Names tells whether the line was found to name the host.
func (l Line) Names(h Host) bool {
	return slices.ContainsFunc(l.For, h.Same)
}

// Answer is what known_hosts files say of the key that a server shows.
type Answer string

const (
	Known   Answer = "known"   // the key stands there
	Unknown Answer = "unknown" // no line names the host
	// NewType: lines name the host, with keys of other types only. ssh refuses that
	// just as a changed key, with the same banner.
	NewType   Answer = "new-type"
	Changed   Answer = "changed"   // a line of this type has another key: H01
	Revoked   Answer = "revoked"   // @revoked names this key
	Certified Answer = "certified" // a certificate by a @cert-authority of this host
)
