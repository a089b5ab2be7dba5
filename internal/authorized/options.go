package authorized

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// shown is the name of an option as it may be told: what is no word may be anything,
// and a key too.
func shown(name string) string {
	const most = 40
	word := strings.Trim(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_@.") == ""
	if !word || name == "" || len(name) > most {
		return "…"
	}
	return name
}

func unknownOption(name string) error {
	return fmt.Errorf("sshd knows no option %q of this form", shown(name))
}

// CheckOptions holds the options of a line to what sshd takes
// (auth-options.c:sshauthopt_parse): one it does not know, or whose value it cannot
// read, costs the whole line.
func CheckOptions(text string) error {
	_, err := parseOptions(text)
	return err
}

// IsAuthority tells options that make the key a certificate authority's, which
// logs nobody in by itself.
func IsAuthority(options string) bool {
	all, _ := parseOptions(options)
	return has(all, "cert-authority")
}

// option is one of a line, with its value, if it takes one, without the quotes.
type option struct{ name, value string }

func has(all []option, name string) bool {
	return slices.ContainsFunc(all, func(o option) bool { return o.name == name })
}

// parseOptions takes options apart: name[="value"], joined by commas.
func parseOptions(text string) ([]option, error) {
	if text == "" {
		return nil, nil
	}
	var all []option
	for {
		i := strings.IndexAny(text, `,=" `)
		if i < 0 {
			i = len(text)
		}
		name := strings.ToLower(text[:i])
		text = text[i:]
		value, rest, quoted, err := cutValue(text)
		if err == nil {
			err = checkValue(name, value)
		}
		switch {
		case err != nil:
			return all, fmt.Errorf("option %q: %w", shown(name), err)
		case takesValue(name) != quoted || !quoted && !isFlag(name):
			return all, unknownOption(name)
		case isSingle(name) && has(all, name):
			return all, fmt.Errorf("option %q stands there twice", shown(name))
		}
		all = append(all, option{name, value})
		if rest == "" || rest == "," { // sshd does not mind a last comma
			return all, nil
		}
		if rest[0] != ',' {
			return all, fmt.Errorf("after option %q there is neither a comma and an option nor the end", shown(name))
		}
		text = rest[1:]
	}
}

// cutValue cuts ="value" off; \" does not end the value (opt_dequote).
func cutValue(text string) (value, rest string, quoted bool, err error) {
	if !strings.HasPrefix(text, "=") {
		return "", text, false, nil
	}
	if !strings.HasPrefix(text, `="`) {
		return "", "", false, errors.New("its value is not in quotes")
	}
	for i := 2; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '"':
			i++
		case text[i] == '"':
			return strings.ReplaceAll(text[2:i], `\"`, `"`), text[i+1:], true, nil
		}
	}
	return "", "", false, errors.New("its value has no closing quote")
}

func isFlag(name string) bool {
	switch name {
	case "restrict", "cert-authority":
		return true
	}
	switch strings.TrimPrefix(name, "no-") {
	case "port-forwarding", "agent-forwarding", "x11-forwarding", "touch-required", "verify-required", "pty", "user-rc":
		return true
	}
	return false
}

func takesValue(name string) bool {
	switch name {
	case "command", "principals", "from", "expiry-time", "environment", "permitopen", "permitlisten", "tunnel":
		return true
	}
	return false
}

// isSingle tells the options that sshd refuses to see twice.
func isSingle(name string) bool { return name == "command" || name == "principals" || name == "from" }
