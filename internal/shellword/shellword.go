// Package shellword writes words and command lines so that they can be pasted
// into a shell.
package shellword

import (
	"fmt"
	"runtime"
	"strings"

	"sshkeys/formats"
)

// Name makes a file name safe to paste, and so that no program takes it for an
// option; "-" stays what it is.
func Name(name string) string {
	if strings.HasPrefix(name, "-") && name != "-" {
		name = "./" + name
	}
	return Quote(name)
}

// Join makes a command line of words.
func Join(words []string) string {
	var quoted []string
	for _, word := range words {
		quoted = append(quoted, Quote(word))
	}
	return strings.Join(quoted, " ")
}

// Quote makes any word safe to paste. What a terminal does not show is written as
// $'…' of bash, zsh and ksh, which formats.Visible leaves as it is.
func Quote(word string) string {
	plain := func(r rune) bool {
		return r > 0x7f || r == '\\' && runtime.GOOS == "windows" ||
			strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+=,~-", r)
	}
	switch {
	case formats.Visible(word) != word || strings.Contains(word, "\t"):
		return ansiQuote(word)
	case word != "" && word[0] != '~' && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0:
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func ansiQuote(word string) string {
	var b strings.Builder
	b.WriteString("$'")
	for _, c := range []byte(word) {
		switch {
		case c == '\'' || c == '\\':
			b.WriteString("\\" + string(rune(c)))
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}
