package sshconfig

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

var errNoHost = errors.New("it names no host")

// ParseTarget takes apart what people type for a login: HOST, USER@HOST,
// USER@HOST:PORT, an IPv6 address, bare or as [ADDRESS]:PORT, and ssh:// and
// sftp:// addresses, whose path is dropped. user is "" and port 0 where the text
// has none. What ssh refuses in a name is an error (ssh.c: valid_hostname,
// valid_ruser).
func ParseTarget(text string) (user, host string, port int, err error) {
	rest, isURL := cutScheme(text)
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, rest = rest[:at], rest[at+1:]
		if isURL {
			user, err = unescape(user)
		}
		if err == nil && !validUser(user) {
			err = errors.New("its user name has characters that ssh refuses")
		}
	}
	if err == nil {
		host, port, err = cutPort(rest)
	}
	switch {
	case err != nil:
	case host == "":
		err = errNoHost
	case !validHost(host):
		err = errors.New("its host name has characters that ssh refuses")
	}
	if err != nil {
		return "", "", 0, fmt.Errorf("%q: %w", text, err)
	}
	return user, host, port, nil
}

// cutScheme drops ssh:// or sftp://, and of such an address also the path.
func cutScheme(text string) (rest string, isURL bool) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok || !strings.EqualFold(scheme, "ssh") && !strings.EqualFold(scheme, "sftp") {
		return text, false
	}
	rest, _, _ = strings.Cut(rest, "/")
	return rest, true
}

// cutPort parts host and port. More than one colon without brackets is an IPv6
// address.
func cutPort(text string) (host string, port int, err error) {
	host, digits, found := text, "", false
	if rest, ok := strings.CutPrefix(text, "["); ok {
		if host, digits, ok = strings.Cut(rest, "]"); !ok {
			return "", 0, errors.New("its [ is not closed")
		}
		if digits, found = strings.CutPrefix(digits, ":"); digits != "" && !found {
			return "", 0, errors.New("there is more than a port after its ]")
		}
	} else if strings.Count(text, ":") == 1 {
		host, digits, found = strings.Cut(text, ":")
	}
	if !found || digits == "" { // as sftp's HOST:
		return host, 0, nil
	}
	number, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || number == 0 {
		return "", 0, fmt.Errorf("%q is no port", digits)
	}
	return host, int(number), nil
}

// unescape undoes %XX (misc.c:urldecode).
func unescape(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] != '%' {
			b.WriteByte(text[i])
			continue
		}
		if i+2 >= len(text) {
			return "", errors.New("its % is not followed by two digits")
		}
		c, err := strconv.ParseUint(text[i+1:i+3], 16, 8)
		if err != nil || c == 0 {
			return "", errors.New("its % is not followed by two digits")
		}
		b.WriteByte(byte(c))
		i += 2
	}
	return b.String(), nil
}

func validHost(name string) bool {
	return !strings.HasPrefix(name, "-") && !strings.ContainsFunc(name, func(c rune) bool {
		return c <= ' ' || c == 0x7f || strings.ContainsRune("'`\"$\\;&<>|(){},", c)
	})
}

func validUser(name string) bool {
	return name != "" && !strings.HasPrefix(name, "-") && !strings.HasSuffix(name, `\`) &&
		!strings.ContainsFunc(name, func(c rune) bool {
			return c < ' ' || c == 0x7f || strings.ContainsRune("'`\";&<>|(){}", c)
		})
}
