package sshconfig

import (
	"errors"
	"io/fs"
	"os/user"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// expand replaces a leading ~, then tokens and variables (ssh.c:
// load_public_identity_files, misc.c: tilde_expand, percent_dollar_expand); false
// where that takes what only ssh knows.
func (r *reader) expand(name string) (string, bool) {
	name, ok := r.tilde(name)
	if !ok {
		return "", false
	}
	return r.tokens(name)
}

// tilde replaces ~ and ~user.
func (r *reader) tilde(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, "~")
	if !ok {
		return name, true
	}
	end := strings.IndexFunc(rest, isSeparator)
	if end < 0 {
		end = len(rest)
	}
	switch account := rest[:end]; account {
	case "", r.env.User:
		return r.env.Home + rest[end:], true
	default:
		other, err := user.Lookup(account)
		if err != nil {
			return "", false
		}
		return other.HomeDir + rest[end:], true
	}
}

func isSeparator(c rune) bool { return c == '/' || c == filepath.Separator }

// tokens replaces %d, %u, %%, ${NAME}, and of a connection its own tokens. What it
// puts in is not looked at again.
func (r *reader) tokens(name string) (string, bool) {
	var b strings.Builder
	for i := 0; i < len(name); i++ {
		rest := name[i:]
		switch {
		case strings.HasPrefix(rest, "${"):
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return "", false
			}
			value, ok := r.env.Lookup(rest[2:end])
			if !ok {
				return "", false
			}
			b.WriteString(value)
			i += end
		case rest[0] != '%':
			b.WriteByte(rest[0])
		case strings.HasPrefix(rest, "%d"):
			b.WriteString(r.env.Home)
			i++
		case strings.HasPrefix(rest, "%u"):
			b.WriteString(r.env.User)
			i++
		case strings.HasPrefix(rest, "%%"):
			b.WriteByte('%')
			i++
		default:
			value, ok := r.values[rest[1:min(2, len(rest))]]
			if !ok {
				return "", false
			}
			b.WriteString(value)
			i++
		}
	}
	return b.String(), true
}

// included lists the files that a name in an Include stands for, in glob(3)'s
// order. A name without wildcards stands for itself. Here tokens come first: what
// they give may be relative, or begin with ~.
func (r *reader) included(name string) ([]string, bool) {
	name, ok := r.tokens(name)
	if !ok {
		return nil, false
	}
	anchor := r.anchor
	if strings.HasPrefix(name, "~") || filepath.IsAbs(name) {
		anchor = ""
	}
	if name, ok = r.tilde(name); !ok {
		return nil, false
	}
	if !strings.ContainsAny(name, wildcards()) {
		return []string{filepath.Join(anchor, name)}, true
	}
	return r.glob(anchor, name), true
}

// wildcards are the characters with a meaning in a pattern. On Windows the
// backslash has none: it separates.
func wildcards() string {
	if filepath.Separator == '\\' {
		return `*?[`
	}
	return `*?[\`
}

// glob lists the files that a pattern below anchor matches, sorted by their
// bytes; anchor itself is no pattern, and "" for an absolute one. As for glob(3),
// wildcards match no leading dot.
func (r *reader) glob(anchor, pattern string) []string {
	literal := filepath.Join(anchor, pattern)
	if anchor == "" {
		anchor = filepath.VolumeName(pattern) + string(filepath.Separator)
		pattern = strings.TrimPrefix(pattern, anchor)
	}
	root, base := splitRoot(anchor)
	pattern = strings.ReplaceAll(filepath.ToSlash(pattern), "[!", "[^")
	pattern = path.Clean("/" + escape(base) + "/" + pattern)[1:]
	disk := r.disk(root)
	found, err := fs.Glob(disk, pattern)
	if errors.Is(err, path.ErrBadPattern) {
		return []string{literal}
	}
	var paths []string
	for _, name := range found {
		if !hidden(pattern, name) {
			paths = append(paths, filepath.Join(root, filepath.FromSlash(name)))
		}
	}
	slices.Sort(paths)
	return paths
}

// escape makes a pattern that matches just the name.
func escape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// hidden tells a match in which a wildcard stands for a leading dot.
func hidden(pattern, name string) bool {
	patterns, names := strings.Split(pattern, "/"), strings.Split(name, "/")
	for i := range min(len(patterns), len(names)) {
		dotted := strings.HasPrefix(strings.TrimPrefix(patterns[i], `\`), ".")
		if strings.HasPrefix(names[i], ".") && !dotted {
			return true
		}
	}
	return false
}
