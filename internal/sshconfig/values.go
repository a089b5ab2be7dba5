package sshconfig

import (
	"strconv"
	"strings"
)

// isYes and isNo read a switch as ssh does (readconf.c: parse_flag). What is
// neither is a further setting of a switch with more than two.
func isYes(value string) bool {
	return strings.EqualFold(value, "yes") || strings.EqualFold(value, "true")
}

func isNo(value string) bool {
	return strings.EqualFold(value, "no") || strings.EqualFold(value, "false")
}

// strictness gives StrictHostKeyChecking one of four words.
func strictness(value string) string {
	switch value = strings.ToLower(value); value {
	case "true":
		return "yes"
	case "false", "off":
		return "no"
	case "":
		return "ask"
	}
	return value
}

func number(value string) int {
	n, _ := strconv.Atoi(value)
	return n
}

// seconds reads a time as ssh writes it, "90" or "1m30s" (misc.c: convtime); 0 for
// "none" and for what is no time.
func seconds(value string) int {
	units := map[byte]int{'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}
	total := 0
	for value != "" {
		end := strings.IndexFunc(value, func(c rune) bool { return c < '0' || c > '9' })
		digits, unit := value, 1
		if end >= 0 {
			digits, unit = value[:end], units[value[end]|0x20]
			end++
		} else {
			end = len(value)
		}
		n, err := strconv.Atoi(digits)
		if err != nil || unit == 0 || n > 1<<31/unit {
			return 0
		}
		total += n * unit
		value = value[end:]
	}
	return total
}

// list parts names at commas; nil for none.
func list(value string) []string {
	if value == "" {
		return nil
	}
	return strings.Split(value, ",")
}

// quote writes an argument so that ssh reads it as one word (misc.c: argv_split).
// A backslash that escapes nothing stays as it is, as in paths of Windows.
func quote(word string) string {
	if word != "" && !strings.ContainsAny(word, " \t\"'#") && !strings.Contains(word, `\\`) {
		return word
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word) + `"`
}
