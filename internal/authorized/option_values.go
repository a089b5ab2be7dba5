package authorized

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// checkValue holds an option's value to what sshd reads
// (auth-options.c:sshauthopt_parse, handle_permit).
func checkValue(name, value string) error {
	ok := true
	switch name { // a value that is missing is told otherwise

	case "expiry-time":
		_, ok = expiry(value, time.UTC)
	case "environment":
		ok = isAssignment(value)
	case "tunnel":
		ok = isTunnel(value)
	case "permitopen", "permitlisten":
		ok = isForwarding(value, name == "permitlisten")
	}
	if !ok {
		return errors.New("its value is none that sshd could read")
	}
	return nil
}

// expiry is the time of an expiry-time (misc.c:parse_absolute_time): YYYYMMDD[Z] or
// YYYYMMDDHHMM[SS][Z], in the server's own time zone unless it ends with Z.
func expiry(value string, zone *time.Location) (time.Time, bool) {
	upper := strings.ToUpper(value)
	for _, utc := range [...]string{"Z", "UTC"} {
		if text, is := strings.CutSuffix(upper, utc); is && text != "" {
			upper, zone = text, time.UTC
			break
		}
	}
	layout := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}[len(upper)]
	if layout == "" {
		return time.Time{}, false
	}
	t, err := time.ParseInLocation(layout, upper, zone)
	return t, err == nil && t.Unix() > 0
}

// isAssignment is NAME=value, the name of letters, digits and underscores.
func isAssignment(value string) bool {
	name, _, found := strings.Cut(value, "=")
	return found && name != "" && strings.IndexFunc(name, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	}) < 0
}

// isTunnel is the number of a device, or "any" (misc.c:a2tun).
func isTunnel(value string) bool {
	if strings.EqualFold(value, "any") {
		return true
	}
	n, err := strconv.Atoi(value)
	return err == nil && n >= 0 && n < 1<<31-3
}

// isForwarding is host:port, [host]:port, or for what is listened on a port alone.
func isForwarding(value string, alone bool) bool {
	host, port := "", value
	if i := strings.LastIndexByte(value, ':'); i >= 0 {
		host, port = value[:i], value[i+1:]
	} else if !alone {
		return false
	}
	const longest = 1024 // NI_MAXHOST, with its zero byte
	if len(host) > longest || strings.ContainsRune(host, ':') && !strings.HasPrefix(host, "[") {
		return false
	}
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "*" || err == nil && n > 0
}
