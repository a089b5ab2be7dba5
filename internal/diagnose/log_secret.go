package diagnose

import (
	"regexp"
	"strings"
	"sync"
)

// secretForms are the expressions by which key material is known in a text.
type secretForms struct{ begin, end, body, header, age, run *regexp.Regexp }

var secretText = sync.OnceValue(func() secretForms {
	return secretForms{
		begin:  regexp.MustCompile(`(?i)-{2,5} ?BEGIN ((?:[A-Z0-9]+ )*PRIVATE KEY) ?-{2,5}|(PuTTY-User-Key-File)-\d+:`),
		end:    regexp.MustCompile(`(?i)-{2,5} ?END [A-Z0-9 ]*KEY ?-{2,5}|Private-(?:MAC|Hash): ?[0-9a-f]+`),
		body:   regexp.MustCompile(`^[A-Za-z0-9+/=]+$`),
		header: regexp.MustCompile(`^(?:Proc-Type|DEK-Info|Comment|Subject|Encryption|Public-Lines|Private-Lines|Key-Derivation|Argon2-\w+|x-[\w-]+): ?`),
		age:    regexp.MustCompile(`(?i)AGE-SECRET-KEY-(?:PQ-)?1[0-9A-Z]{8,}`),
		run:    regexp.MustCompile(`[A-Za-z0-9+/=]{48,}`),
	}
})

// withoutKeys takes private keys out of a text, so that nothing of them is ever
// matched or shown, and tells where they began. A begin line alone is only talk.
func withoutKeys(lines []logLine) (rest []logLine, keys []Symptom) {
	forms := secretText()
	for i := 0; i < len(lines); i++ {
		l := lines[i]
		if token := forms.age.FindStringIndex(l.text); token != nil {
			keys = append(keys, givenAway(l.number, "AGE-SECRET-KEY"))
			continue
		}
		begin := forms.begin.FindStringSubmatchIndex(l.text)
		if begin == nil {
			rest = append(rest, l)
			continue
		}
		label := forms.begin.FindStringSubmatch(l.text)
		last, material := endOfKey(lines, i, l.text[begin[1]:])
		if !material {
			rest = append(rest, l)
			continue
		}
		keys = append(keys, givenAway(l.number, label[1]+label[2]))
		if before := strings.TrimSpace(l.text[:begin[0]]); before != "" {
			rest = append(rest, logLine{l.number, before})
		}
		i = last
	}
	return rest, keys
}

// endOfKey finds the last line of a key that begins on line i, and tells whether
// there is anything of a key in it. after is what follows the begin mark on its line.
func endOfKey(lines []logLine, i int, after string) (last int, material bool) {
	forms := secretText()
	if forms.run.MatchString(after) || forms.end.MatchString(after) {
		return i, forms.run.MatchString(after)
	}
	for last = i; last+1 < len(lines); last++ {
		text := lines[last+1].text
		switch {
		case forms.end.MatchString(text):
			return last + 1, material
		case forms.body.MatchString(text):
			material = material || len(text) >= 20
		case !forms.header.MatchString(text):
			return last, material
		}
	}
	return last, material
}

func givenAway(line int, label string) Symptom {
	return Symptom{Code: "P09", Severity: Error, Sentence: "log.P09", Line: line, Excerpt: strings.ToUpper(label)}
}

// scrub takes what could be key material out of a text that is shown.
func scrub(s string) string {
	return secretText().run.ReplaceAllStringFunc(s, func(run string) string {
		digits := strings.ContainsAny(run, "0123456789")
		capitals := strings.ContainsAny(run, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		if digits && capitals && strings.Count(run, "/")*10 < len(run) {
			return "[…]"
		}
		return run
	})
}
