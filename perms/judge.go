package perms

import "strconv"

// Judge says what is wrong with one file, worst first. It is pure: facts in,
// findings out, on every system.
func Judge(f Facts) []Finding {
	switch {
	case f.Role == NoRole:
		return nil
	case f.Posix != nil:
		return say(judgePosix(f))
	case f.NT != nil:
		return say(judgeNT(f))
	}
	return nil
}

func itoa(n int) string { return strconv.Itoa(n) }

// octal writes a mode as stat and ssh do: 0644.
func octal(mode uint32) string {
	s := strconv.FormatUint(uint64(mode), 8)
	for len(s) < 4 {
		s = "0" + s
	}
	return s
}
