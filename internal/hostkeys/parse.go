package hostkeys

import (
	"errors"
	"strconv"
	"strings"
)

// Errors of ParseHost.
var (
	ErrNoHost  = errors.New("it is no host name or address")
	ErrBadPort = errors.New("its port is no number from 1 to 65535")
)

// ParseHost reads a host as a person writes it: name, address, name:port,
// [name]:port or [address]:port. port is the one of a host that names none. Two
// colons and more are an IPv6 address.
func ParseHost(text string, port int) (Host, error) {
	h, number := Host{Name: text, Port: port}, ""
	if rest, ok := strings.CutPrefix(text, "["); ok {
		name, after, closed := strings.Cut(rest, "]")
		if !closed || after != "" && after[0] != ':' {
			return Host{}, ErrNoHost
		}
		h.Name, number = name, after
	} else if strings.Count(text, ":") == 1 {
		i := strings.IndexByte(text, ':')
		h.Name, number = text[:i], text[i:]
	}
	if h.Name == "" || strings.ContainsAny(h.Name, "[],|@") || strings.ContainsFunc(h.Name, notShown) {
		return Host{}, ErrNoHost
	}
	if number == "" {
		return h, nil
	}
	n, err := strconv.ParseUint(number[1:], 10, 16)
	if err != nil || n == 0 {
		return Host{}, ErrBadPort
	}
	h.Port = int(n)
	return h, nil
}

func notShown(r rune) bool { return r <= ' ' || r == 0x7f }

// Others are the names and patterns of the line beside the hosts that were asked
// for; of a hashed line there are none.
func (l Line) Others() []string {
	if l.Hashed {
		return nil
	}
	var others []string
	for pattern := range strings.SplitSeq(l.Hosts, ",") {
		if pattern != "" && !l.asked(pattern) {
			others = append(others, pattern)
		}
	}
	return others
}

func (l Line) asked(pattern string) bool {
	for _, h := range l.For {
		if lower(pattern) == h.key() {
			return true
		}
	}
	return false
}
