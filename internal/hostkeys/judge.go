package hostkeys

import (
	"slices"
	"strings"
	"time"

	"sshkeys/keytool"
)

// Judge tells what the lines say of the key that a server shows, a host certificate
// where shown carries one, as sshconnect.c:check_host_key does. lines may be of
// several hosts and files, in the order in which ssh reads them; those that name
// the host count and, for another port than 22, where none does, those of its bare
// name: with other keys there it is still Unknown. at is the time that a certificate
// has to be valid at; its signature is not checked here.
//
// The second value are the lines that say so: the one with the key or its
// authority; those with other keys, of which ssh names the last as the offending
// one; those that revoke it. It is empty for Unknown.
func Judge(lines []Line, host Host, shown *keytool.Key, at time.Time) (Answer, []Line) {
	answer, by := judge(lines, host, shown, at)
	if answer == Unknown && host.Port != 0 && host.Port != DefaultPort {
		if a, l := judge(lines, Host{Name: host.Name}, shown, at); a == Known || a == Certified || a == Revoked {
			return a, l
		}
	}
	return answer, by
}

func judge(lines []Line, host Host, shown *keytool.Key, at time.Time) (Answer, []Line) {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return l.Key == nil || !l.Names(host) })
	cert := shown.CertificateInfo()
	var revoked, other []Line
	for _, l := range lines {
		if l.Marker == RevokedKey && (l.Key.Equal(shown) || cert != nil && l.Key.Equal(cert.SigningKey)) {
			revoked = append(revoked, l)
		}
	}
	if revoked != nil {
		return Revoked, revoked
	}
	for _, l := range lines {
		if l.Marker == Authority && cert != nil && l.Key.Equal(cert.SigningKey) && certifies(cert, host, at) {
			return Certified, []Line{l}
		}
	}
	for _, l := range lines {
		switch {
		case l.Marker != "":
		case l.Key.Equal(shown) && l.Key.Certificate() == nil:
			return Known, []Line{l}
		default:
			other = append(other, l)
		}
	}
	switch {
	case other == nil:
		return Unknown, nil
	case slices.ContainsFunc(other, func(l Line) bool { return l.Key.Algorithm().Name == shown.Algorithm().Name }):
		return Changed, other
	}
	return NewType, other
}

// certifies holds a host certificate to its principals and its times
// (sshkey.c:sshkey_cert_check_host). Versions of OpenSSH differ: older ones take a
// certificate without principals for any host's, newer ones take patterns. Here
// both are taken, so that neither is called unknown.
func certifies(c *keytool.CertificateInfo, host Host, at time.Time) bool {
	early := !c.ValidAfter.IsZero() && at.Before(c.ValidAfter)
	late := !c.ValidBefore.IsZero() && !at.Before(c.ValidBefore)
	if !c.Host || early || late {
		return false
	}
	return len(c.Principals) == 0 || slices.ContainsFunc(c.Principals, func(p string) bool { return matchPattern([]byte(p), lower(host.Name)) })
}

// Prefer puts those host key algorithms first whose keys the lines have for the
// host, and those of certificates where a line has their authority, as ssh does
// unless HostKeyAlgorithms is set (sshconnect2.c:order_hostkeyalgs): who asks a
// server in another order may be shown a key of another type than ssh is.
func Prefer(algorithms []string, lines []Line, host Host) []string {
	lines = slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return l.Key == nil || !l.Names(host) })
	revoked := func(key *keytool.Key) bool {
		return slices.ContainsFunc(lines, func(l Line) bool { return l.Marker == RevokedKey && l.Key.Equal(key) })
	}
	authority, types := false, map[string]bool{}
	for _, l := range lines {
		name := l.Key.Algorithm().Name
		_, again := types[name]
		switch {
		case l.Marker == Authority:
			authority = true
		case l.Marker == "" && !again: // the first of a type decides (hostfile.c:check_hostkeys_by_key_or_type)
			types[name] = !revoked(l.Key)
		}
	}
	known := func(algorithm string) bool {
		name, certificate := keyType(algorithm)
		return certificate && authority || types[name]
	}
	if len(algorithms) > 0 {
		if best, _ := keyType(algorithms[0]); types[best] {
			return algorithms
		}
	}
	var first, last []string
	for _, a := range algorithms {
		if known(a) {
			first = append(first, a)
		} else {
			last = append(last, a)
		}
	}
	return append(first, last...)
}

// keyType is the type of the keys that a signature algorithm is for.
func keyType(algorithm string) (name string, certificate bool) {
	name = algorithm
	for _, rsa := range [...]string{"rsa-sha2-256", "rsa-sha2-512"} {
		if rest, ok := strings.CutPrefix(name, rsa); ok {
			name = "ssh-rsa" + rest
		}
	}
	if a := keytool.LookupCertificate(name); a != nil {
		return a.Name, true
	}
	return name, false
}
