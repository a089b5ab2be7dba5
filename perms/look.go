package perms

import (
	"strconv"
	"strings"
)

// mountLine is one line of /proc/self/mountinfo (proc(5)).
type mountLine struct {
	Mount
	dev string // major:minor
}

// parseMounts reads /proc/self/mountinfo and leaves out lines it does not know.
func parseMounts(text string) []mountLine {
	var mounts []mountLine
	for line := range strings.Lines(text) {
		before, after, ok := strings.Cut(line, " - ")
		fields, types := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 6 || len(types) < 1 {
			continue
		}
		options := fields[5]
		if len(types) > 2 {
			options += "," + types[2] // those of the file system: a DrvFs's metadata, a vfat's umask
		}
		mounts = append(mounts, mountLine{
			Mount: Mount{Point: unescapeMount(fields[4]), Type: types[0], Options: unescapeMount(options)},
			dev:   fields[2],
		})
	}
	return mounts
}

// unescapeMount undoes the kernel's octal escapes for space, tab, newline and
// backslash.
func unescapeMount(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+4 <= len(s) {
			if c, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(c))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// findMount finds the mount that a path without links is on: the innermost of
// that device, or where none has it (btrfs tells another) the innermost at all.
// Of several in one place the last is on top.
func findMount(mounts []mountLine, path, dev string) Mount {
	var best mountLine
	for _, m := range mounts {
		if path != m.Point && m.Point != "/" && !strings.HasPrefix(path, m.Point+"/") {
			continue
		}
		ours, had := m.dev == dev, best.dev == dev
		if ours && !had || ours == had && len(m.Point) >= len(best.Point) {
			best = m
		}
	}
	return best.Mount
}

// parseMacACL takes the entries from what `ls -lde FILE` prints on macOS: after
// the file's own line one line each, as " 0: group:everyone deny delete".
func parseMacACL(text string) []string {
	_, rest, _ := strings.Cut(text, "\n")
	var entries []string
	for line := range strings.Lines(rest) {
		number, entry, ok := strings.Cut(strings.TrimSpace(line), ": ")
		if _, err := strconv.Atoi(number); ok && err == nil {
			entries = append(entries, entry)
		}
	}
	return entries
}
