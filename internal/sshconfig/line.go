package sshconfig

import "strings"

const blanks = " \t\r\n"

// splitLine reads one line as ssh does (readconf.c:process_config_line_depth):
// its keyword in lower case, and the arguments of those keywords that name files.
// IdentityFile and CertificateFile have one.
func splitLine(line string) (keyword string, names []string) {
	line, _, _ = strings.Cut(line, "\x00") // for ssh a line is a C string
	line = strings.TrimRight(line, blanks+"\f")
	keyword, rest := cutKeyword(strings.TrimLeft(line, blanks))
	keyword = strings.ToLower(keyword)
	switch keyword {
	case "include":
		return keyword, splitArguments(rest)
	case "identityfile", "certificatefile":
		names = splitArguments(rest)
		return keyword, names[:min(len(names), 1)]
	}
	return keyword, nil
}

// cutKeyword takes the first word, which may be quoted and may be parted from
// the others by one "=" (misc.c:strdelim).
func cutKeyword(line string) (keyword, rest string) {
	if quoted, ok := strings.CutPrefix(line, `"`); ok {
		keyword, rest, _ = strings.Cut(quoted, `"`)
		return keyword, strings.TrimLeft(rest, blanks)
	}
	i := strings.IndexAny(line, blanks+"=")
	if i < 0 {
		return line, ""
	}
	keyword, rest = line[:i], strings.TrimLeft(line[i:], blanks)
	rest = strings.TrimPrefix(rest, "=")
	return keyword, strings.TrimLeft(rest, blanks)
}

// splitArguments cuts the rest of a line into words (misc.c:argv_split): either
// quote joins, a backslash escapes quotes, blanks and itself, and a word that
// begins with # ends the line. A quote that is not closed makes the line void.
func splitArguments(s string) []string {
	var words []string
	for {
		s = strings.TrimLeft(s, " \t")
		if s == "" || s[0] == '#' {
			return words
		}
		word, rest, ok := cutArgument(s)
		if !ok {
			return nil
		}
		if word != "" { // ssh refuses an empty name
			words = append(words, word)
		}
		s = rest
	}
}

func cutArgument(s string) (word, rest string, ok bool) {
	var b strings.Builder
	quote := byte(0)
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && escapable(s[i+1], quote):
			i++
			b.WriteByte(s[i])
		case quote == 0 && (c == ' ' || c == '\t'):
			return b.String(), s[i:], true
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			b.WriteByte(c)
		}
	}
	return b.String(), "", quote == 0
}

func escapable(c, quote byte) bool {
	return c == '"' || c == '\'' || c == '\\' || c == ' ' && quote == 0
}
