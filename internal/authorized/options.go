package authorized

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// CheckOptions holds the options of a line to what sshd takes
// (auth-options.c:sshauthopt_parse): one it does not know costs the whole line.
// Names and quoting are checked; of the values, that there is one.
func CheckOptions(text string) error {
	_, err := optionNames(text)
	return err
}

// IsAuthority tells options that make the key a certificate authority's, which
// logs nobody in by itself.
func IsAuthority(options string) bool {
	names, _ := optionNames(options)
	return slices.Contains(names, "cert-authority")
}

// optionNames takes options apart: name[="value"], joined by commas.
func optionNames(text string) ([]string, error) {
	if text == "" {
		return nil, nil
	}
	var names []string
	for {
		i := strings.IndexAny(text, `,=" `)
		if i < 0 {
			i = len(text)
		}
		name := strings.ToLower(text[:i])
		text = text[i:]
		rest, quoted, err := cutValue(text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("option %q: %w", name, err)
		case takesValue(name) != quoted || !quoted && !isFlag(name):
			return nil, fmt.Errorf("sshd knows no option %q of this form", name)
		case isSingle(name) && slices.Contains(names, name):
			return nil, fmt.Errorf("option %q stands there twice", name)
		}
		names = append(names, name)
		if rest == "" {
			return names, nil
		}
		if rest[0] != ',' || len(rest) == 1 {
			return nil, fmt.Errorf("after option %q there is neither a comma and an option nor the end", name)
		}
		text = rest[1:]
	}
}

// cutValue cuts ="value" off; \" does not end the value (opt_dequote).
func cutValue(text string) (rest string, quoted bool, err error) {
	if !strings.HasPrefix(text, "=") {
		return text, false, nil
	}
	if !strings.HasPrefix(text, `="`) {
		return "", false, errors.New("its value is not in quotes")
	}
	for i := 2; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '"':
			i++
		case text[i] == '"':
			return text[i+1:], true, nil
		}
	}
	return "", false, errors.New("its value has no closing quote")
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
