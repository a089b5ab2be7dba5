package sshconfig

import (
	"cmp"
	"path"
	"strings"
)

// matchPattern tells whether a name fits a pattern of * and ? (match.c:
// match_pattern).
func matchPattern(name, pattern string) bool {
	const slash = "\x00" // path.Match has its own mind of slashes
	pattern = strings.NewReplacer(`\`, `\\`, `[`, `\[`, "/", slash).Replace(pattern)
	fits, err := path.Match(pattern, strings.ReplaceAll(name, "/", slash))
	return fits && err == nil
}

// matchHost tells whether the patterns of a Host line take a host: one has to fit,
// and none with a ! before it.
func matchHost(host string, patterns []string) bool {
	fits := false
	for _, pattern := range patterns {
		pattern, not := strings.CutPrefix(pattern, "!")
		if matchPattern(host, pattern) {
			if not {
				return false
			}
			fits = true
		}
	}
	return fits
}

// match evaluates the criteria of a Match line (readconf.c: match_cfg_line). One
// that only ssh can evaluate is noted, unless others fail, and its block passed over.
func (e *evaluator) match(words []string, written string) bool {
	fits, known := true, true
	for len(words) > 0 {
		name, not := strings.CutPrefix(words[0], "!")
		name, value, joined := strings.Cut(strings.ToLower(name), "=")
		if _, raw, ok := strings.Cut(words[0], "="); ok {
			value = raw
		}
		words = words[1:]
		if name == "all" {
			fits = fits && !not
			continue
		}
		if name == "canonical" || name == "final" {
			known = false
			continue
		}
		if !joined && len(words) > 0 {
			value, words = words[0], words[1:]
		}
		subject, evaluates := e.subject(name)
		if !evaluates {
			known = false
		} else if matchHost(subject, e.patterns(name, value)) == not {
			fits = false
		}
	}
	if fits && !known {
		e.unevaluated = append(e.unevaluated, written)
	}
	return fits && known
}

// subject is what a criterion's patterns are held to.
func (e *evaluator) subject(criterion string) (string, bool) {
	switch criterion {
	case "host":
		return e.hostName(), true
	case "originalhost":
		return strings.ToLower(e.alias), true
	case "user":
		return cmp.Or(e.first("user"), e.env.User), true
	case "localuser":
		return e.env.User, true
	}
	return "", false
}

// patterns are those of a criterion. Unlike on a Host line, case does not count in
// those of hosts.
func (e *evaluator) patterns(criterion, value string) []string {
	if strings.HasSuffix(criterion, "host") {
		value = strings.ToLower(value)
	}
	return strings.Split(value, ",")
}
