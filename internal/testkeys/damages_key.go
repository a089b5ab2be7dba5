package testkeys

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Damages that know what a key file looks like: its armour, its base64 text, the
// line of a public key.

// markers find BEGIN and END, also where other damages were at them before. The
// groups are dashes, blank, the words, blank, dashes.
func markers() *regexp.Regexp {
	const dash, blank = `([-—–－]+)`, "([ \u00a0\u3000]?)"
	return pattern(`(?i)` + dash + blank + "((?:BEGIN|END)(?:[ \u00a0\u3000][A-Z0-9]+)+)" + blank + dash)
}

// onMarkers alters the parts of every marker.
func onMarkers(alter func(dashes, words string) (string, string)) func(string) string {
	found := markers()
	return func(text string) string {
		return found.ReplaceAllStringFunc(text, func(marker string) string {
			p := found.FindStringSubmatch(marker)
			left, words := alter(p[1], p[2]+p[3]+p[4])
			right, _ := alter(p[5], "")
			return left + words + right
		})
	}
}

func markerDamages() []Damage {
	dashes := func(of func(string) string) func(string) string {
		return onMarkers(func(dashes, words string) (string, string) {
			if strings.Trim(dashes, "-") != "" {
				return dashes, words
			}
			return of(dashes), words
		})
	}
	words := func(of func(string) string) func(string) string {
		return onMarkers(func(dashes, words string) (string, string) { return dashes, of(words) })
	}
	return []Damage{
		// Word processors make one dash of two hyphens, or of three; Japanese input
		// methods write the wide ones.
		damage("em-dashes", "odd-dashes", dashes(func(s string) string { return strings.ReplaceAll(s, "--", "—") })),
		damage("em-en-dashes", "odd-dashes", dashes(func(s string) string { return strings.Replace(strings.Replace(s, "--", "—", 1), "--", "–", 1) })),
		damage("en-dashes", "odd-dashes", dashes(func(s string) string { return strings.ReplaceAll(s, "-", "–") })),
		damage("one-dash", "odd-dashes", dashes(func(string) string { return "—" })),
		damage("wide-dashes", "odd-dashes", dashes(func(s string) string { return strings.ReplaceAll(s, "-", "－") })),
		damage("four-dashes", "dash-count", dashes(func(s string) string { return s[:min(4, len(s))] })),
		damage("six-dashes", "dash-count", dashes(func(string) string { return "------" })),
		damage("nbsp-armour", "odd-blank", words(func(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") })),
		damage("lower-case", "lower-case", words(strings.ToLower)),
		damage("zero-width-armour", "zero-width", words(func(s string) string { return strings.Replace(s, " ", "\u200b ", 1) })),
	}
}

func lossDamages() []Damage {
	const dash = "[-—–－]+[ \u00a0\u3000]?"
	header := pattern(`(?i:` + dash + `BEGIN[^-—–－\r\n]+[-—–－]+)|PuTTY-User-Key-File-[23]:[ \x{a0}\x{3000}]?(?:ssh|ecdsa)-[a-z0-9-]+`)
	footer := pattern(`(?i)` + dash + `END[^-—–－\r\n]+[-—–－]+`)
	return []Damage{
		damage("lost-header", "lost-header", lost(header)),
		damage("lost-footer", "lost-footer", lost(footer)),
		damage("lost-header-and-footer", "lost-header lost-footer", func(text string) string {
			if !header.MatchString(text) || !footer.MatchString(text) {
				return text
			}
			return lost(header)(lost(footer)(text))
		}),
		damage("lost-mac", "lost-footer", lost(pattern(`Private-MAC:[ \x{a0}\x{3000}]?[0-9a-f]+`))),
	}
}

// lost drops what is found, and its line where that has nothing else.
func lost(found *regexp.Regexp) func(string) string {
	return func(text string) string {
		var out strings.Builder
		for _, l := range linesOf(text) {
			rest := found.ReplaceAllString(l.text, "")
			if rest != l.text && strings.Trim(rest, " \t>") == "" {
				continue
			}
			out.WriteString(rest + l.end)
		}
		return out.String()
	}
}

func bodyDamages() []Damage {
	all := []Damage{
		damage("width-one-line", "line-width odd-lines wrong-line-counts", rewrapped(1<<20)),
		damage("width-40", "line-width odd-lines wrong-line-counts", rewrapped(40)),
		damage("width-48", "line-width odd-lines wrong-line-counts", rewrapped(48)),
		damage("width-76", "line-width odd-lines wrong-line-counts", rewrapped(76)),
		damage("counts-more", "wrong-line-counts", counted(func(n int) int { return n + 1 })),
		damage("counts-less", "wrong-line-counts", counted(func(n int) int { return n - 1 })),
		damage("counts-zero", "wrong-line-counts", counted(func(int) int { return 0 })),
	}
	runs := base64Runs()
	one := damage("plus-one", "plus-as-space", func(text string) string {
		done := false
		return inBase64(runs, func(run string) string {
			if i := strings.IndexByte(run, '+'); i >= 0 && !done {
				done = true
				return run[:i] + " " + run[i+1:]
			}
			return run
		})(text)
	})
	every := damage("plus-all", "plus-as-space", func(text string) string {
		if inBase64(runs, func(run string) string { return strings.ReplaceAll(run, "+", " ") })(text) == text {
			return text
		}
		return strings.ReplaceAll(text, "+", " ")
	})
	one.Guess, every.Guess = true, true
	return append(all, one, every)
}

// rewrapped has the base64 lines in another width.
func rewrapped(width int) func(string) string {
	base64Line := pattern(`^[A-Za-z0-9+/]+={0,2}$`)
	return func(text string) string {
		var out strings.Builder
		var group []textLine
		for _, l := range append(linesOf(text), textLine{}) {
			if base64Line.MatchString(l.text) {
				group = append(group, l)
				continue
			}
			out.WriteString(rewrap(group, width) + l.text + l.end)
			group = nil
		}
		return out.String()
	}
}

// rewrap joins lines of base64 and breaks them anew. A word of a letter is none.
func rewrap(group []textLine, width int) string {
	var run, raw string
	for _, l := range group {
		run, raw = run+l.text, raw+l.text+l.end
	}
	if len(run) < 40 {
		return raw
	}
	return strings.ReplaceAll(columns(run, width), "\n", cmp.Or(group[0].end, "\n")) + group[len(group)-1].end
}

// counted alters PuTTY's line counts.
func counted(of func(n int) int) func(string) string {
	counts := pattern(`((?:Public|Private)-Lines:[ \x{a0}\x{3000}]?)(\d+)\b`)
	return func(text string) string {
		return counts.ReplaceAllStringFunc(text, func(header string) string {
			p := counts.FindStringSubmatch(header)
			n, _ := strconv.Atoi(p[2])
			return p[1] + strconv.Itoa(of(n))
		})
	}
}

// publicLines finds an OpenSSH public key at the beginning of a line: type, base64,
// comment.
func publicLines() *regexp.Regexp {
	return pattern(`(?m)^(ssh-[a-z0-9]+|ecdsa-sha2-nistp\d+|sk-[a-z0-9@.-]+) ([A-Za-z0-9+/]{40,}={0,2})((?: [^\r\n]*)?)$`)
}

// isWhole tells the base64 of a public key whose last field ends with it (RFC 4253
// section 6.6).
func isWhole(text string) bool {
	blob, err := base64.StdEncoding.DecodeString(text)
	for err == nil && len(blob) >= 4 {
		n := int(binary.BigEndian.Uint32(blob))
		if n > len(blob)-4 {
			return false
		}
		blob = blob[4+n:]
	}
	return err == nil && len(blob) == 0
}

func publicLineDamages() []Damage {
	line := publicLines()
	replaced := func(by string) func(string) string {
		return func(text string) string { return line.ReplaceAllString(text, by) }
	}
	followed := func(by string) func(string) string {
		return func(text string) string {
			return line.ReplaceAllStringFunc(text, func(l string) string {
				if !isWhole(line.FindStringSubmatch(l)[2]) { // the key goes on in the next line
					return l
				}
				return l + by
			})
		}
	}
	letters := func(n int) func(string) string {
		return func(text string) string {
			return line.ReplaceAllStringFunc(text, func(l string) string { return l[n:] })
		}
	}
	all := []Damage{
		// Where the line breaks right behind the key, the comment is text after it.
		damage("wrapped-80", "split-line text-after", wrapped(80, "")),
		damage("wrapped-72-indented", "split-line", wrapped(72, "    ")),
		damage("lost-letter", "lost-letter", letters(1)),
		damage("lost-two-letters", "lost-letter", letters(2)),
		damage("lost-type", "lost-header", replaced("$2$3")),
	}
	second := []Damage{
		damage("joined-keys", "joined-keys", followed(SecondLine)),
		damage("joined-keys-blank", "joined-keys", followed(" "+SecondLine)),
		{Name: "ssh2-in-list", Edits: []string{"ssh2-text"}, Of: ssh2InList},
	}
	for i := range second {
		second[i].Second = true
	}
	return append(all, second...)
}

// wrapped breaks public lines as a terminal or a mail program does.
func wrapped(width int, indent string) func(string) string {
	line := publicLines()
	return func(text string) string {
		return line.ReplaceAllStringFunc(text, func(l string) string {
			return strings.ReplaceAll(columns(l, width), "\n", "\n"+indent)
		})
	}
}

// ssh2InList pastes the key as PuTTYgen's "Save public key" writes it (RFC 4716)
// below another of an authorized_keys file.
func ssh2InList(data []byte) ([]byte, bool) {
	const block = "---- BEGIN SSH2 PUBLIC KEY ----\n%s---- END SSH2 PUBLIC KEY ----\n"
	if bytes.HasPrefix(data, []byte("---- BEGIN SSH2 PUBLIC KEY ----\n")) {
		return append([]byte(SecondLine+"\n"), data...), true
	}
	p := publicLines().FindSubmatch(data)
	if p == nil || !bytes.HasPrefix(data, p[0]) || !isWhole(string(p[2])) {
		return nil, false
	}
	comment := fmt.Sprintf("Comment: \"%s\"\n", bytes.TrimSpace(p[3]))
	return fmt.Appendf(nil, SecondLine+"\n"+block, comment+columns(string(p[2]), 64)+"\n"), true
}
