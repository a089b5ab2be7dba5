package diagnose

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Symptom is one message of a pasted log that the catalogue knows: one event,
// however many lines it takes. What the text does not say is zero.
type Symptom struct {
	Code     string // the catalogue's
	Severity Severity
	Sentence string // id of its words in the catalogue
	Line     int    // of the log, 1-based: where it begins
	Excerpt  string // what was matched, on one line; never key material
	Program  string // that speaks: openssh, win32-openssh, putty, winscp, filezilla, cuteftp, ddbj-form, openssl, …; "" where many could

	Host, User string
	Port       int
	Address    string // IP
	Path       string // of the key file that it is about
	ListFile   string // any other file or directory: known_hosts, a config, a home
	ListLine   int    // of ListFile, 1-based; 0 where it is not a number
	KeyType    string // as the message writes it: ECDSA, ssh-rsa
	Mode       string // octal digits
	// Fingerprint is that of the key the message speaks of, as it writes it.
	Fingerprint string
	// Used tells that the text shows the session to have worked before.
	Used bool
	// Detail is what else the message says: the methods left, the server's offer, an option.
	Detail string
}

// NothingKnown is the code of the one Symptom of a text in which nothing is known;
// its Detail is the number of lines.
const NothingKnown = "X00"

const (
	maxSymptoms  = 10      // of one sentence: a server's log repeats itself
	maxApart     = 30      // lines between the parts of one event
	nearby       = 50      // events that a message is compared with
	windowLines  = 3       // lines that one message may be wrapped over
	maxWrapped   = 400     // bytes of each line but its first
	narrowest    = 40      // columns of a terminal that breaks words
	matchedBytes = 1 << 25 // that expressions are run over, all in all: it bounds the time for hostile texts
)

// ReadLog finds the messages that are known in a pasted text, each event once and in
// the order of the text. What only follows from an event belongs to it. The text may
// be in any encoding that a paste has, quoted and wrapped by mail programs; its
// first 1 MiB is read. Without a known message there is one Symptom, NothingKnown.
func ReadLog(text []byte) []Symptom {
	lines, total := logLines(text)
	lines, keys := withoutKeys(lines)
	r := &logReader{lines: inPieces(lines), budget: matchedBytes}
	r.read()
	found := append(keys, r.symptoms()...)
	slices.SortStableFunc(found, func(a, b Symptom) int { return a.Line - b.Line })
	if found = fewOfEach(found); len(found) == 0 {
		return []Symptom{{Code: NothingKnown, Severity: Info, Sentence: "log.X00", Detail: strconv.Itoa(total)}}
	}
	return found
}

// fewOfEach drops what says again what another said, and the many of one sentence.
func fewOfEach(found []Symptom) []Symptom {
	type key struct{ sentence, host, user, path, list, detail string }
	seen, count := map[key]bool{}, map[string]int{}
	return slices.DeleteFunc(found, func(s Symptom) bool {
		k := key{s.Sentence, s.Host, s.User, s.Path, s.ListFile + ":" + strconv.Itoa(s.ListLine), s.Detail}
		if seen[k] || count[s.Sentence] >= maxSymptoms {
			return true
		}
		seen[k] = true
		count[s.Sentence]++
		return false
	})
}

// logReader goes through the lines and gathers events.
type logReader struct {
	lines   []logLine
	events  []*event
	session int // events before this index belong to another connection
	about   Symptom
	served  bool // the lines are a server's
	login   int  // index of the line since which a login is under way; 0 for none, else +1
	budget  int
}

// event is a Symptom that is being put together.
type event struct {
	Symptom
	row     int // of patterns, that speaks for it
	rows    []int
	end     int     // index of its last line
	session int     // the index in events at which its connection began
	about   Symptom // the connection that the text spoke of before
}

func (r *logReader) read() {
	lower := make([]string, len(r.lines))
	for i, l := range r.lines {
		lower[i] = strings.ToLower(strings.Join(strings.Fields(l.text), " "))
	}
	hits := needlesOf(lower)
	taken := 0 // bytes at the beginning of a line that an earlier one's message has
	for i, l := range r.lines {
		r.follow(i)
		end := min(i+windowLines, len(r.lines))
		window := l.text
		for _, next := range r.lines[i+1 : end] {
			window += "\n" + next.text[:min(len(next.text), maxWrapped)]
		}
		last := r.match(i, window, inOrder(hits[i:end]...), taken)
		if last == 0 && len(l.text) >= narrowest && i+1 < len(r.lines) {
			r.matchJoined(i, l.text, r.lines[i+1].text, hits[i:min(i+2, len(hits))])
		}
		taken = max(0, max(last, taken)-len(l.text)-1)
	}
}

// match adds what begins on line i of a window and after the bytes that are taken,
// and returns where the last message ends.
func (r *logReader) match(i int, window string, rows []int, taken int) (last int) {
	width := len(r.lines[i].text)
	spans := [][2]int{{0, taken}}
	for _, row := range rows {
		if !r.applies(row, i) {
			continue
		}
		if r.budget -= len(window); r.budget < 0 {
			return last
		}
		for _, at := range compiled()[row].FindAllStringSubmatchIndex(window, 4) {
			overlaps := slices.ContainsFunc(spans, func(s [2]int) bool { return at[0] < s[1] && s[0] < at[1] })
			if at[0] >= width || overlaps {
				continue
			}
			spans = append(spans, [2]int{at[0], at[1]})
			last = max(last, at[1])
			r.add(row, i, captured(row, window, at))
		}
	}
	return last
}

// matchJoined adds a message that a terminal broke within a word: it must go over
// the end of the line.
func (r *logReader) matchJoined(i int, line, next string, hits [][]int) {
	next = next[:min(len(next), maxWrapped)]
	joint := strings.ToLower(line[max(0, len(line)-longestNeedle):] + next)
	both := line + next
	for _, row := range inOrder(append(needlesOf([]string{joint}), hits...)...) {
		if !r.applies(row, i) {
			continue
		}
		if r.budget -= len(both); r.budget < 0 {
			return
		}
		at := compiled()[row].FindStringSubmatchIndex(both)
		if at != nil && at[0] < len(line) && at[1] > len(line) && !compiled()[row].MatchString(next) {
			r.add(row, i, captured(row, both, at))
			return
		}
	}
}

// applies tells whether a row means anything on line i.
func (r *logReader) applies(row, i int) bool {
	return patterns[row].rank != aDrop || r.login > 0 && i+1-r.login <= maxApart
}

// captured is a row's Symptom with what its groups hold.
func captured(row int, text string, at []int) Symptom {
	p, e := &patterns[row], compiled()[row]
	s := Symptom{Code: p.code, Severity: p.severity, Sentence: p.sentence, Program: p.program}
	s.Excerpt = scrub(strings.Join(strings.Fields(promptAnswer.ReplaceAllString(text[at[0]:at[1]], "$1")), " "))
	for g, name := range e.SubexpNames() {
		if name != "" && at[2*g] >= 0 {
			s.set(name, scrub(strings.TrimSpace(text[at[2*g]:at[2*g+1]])))
		}
	}
	if p.program == "openssh" && windowsPath.MatchString(cmp.Or(s.Path, s.ListFile)) {
		s.Program = "win32-openssh"
	}
	return s
}

var (
	windowsPath = regexp.MustCompile(`^[A-Za-z]:[\\/]|\\`)
	ipAddress   = regexp.MustCompile(`^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]+(?:%\w+)?)$`)
	// promptAnswer is what somebody typed after a prompt, and pasted along.
	promptAnswer = regexp.MustCompile(`(?i)((?:passphrase for|password)[^\n:]*:)[^\n]*`)
	hostPort     = regexp.MustCompile(`^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$`)
)

// set fills the field of a group.
func (s *Symptom) set(group, value string) {
	switch group {
	case "host":
		s.setHost(value)
	case "user":
		s.User = value
	case "port":
		s.Port = number(value, 1<<16-1)
	case "addr":
		s.Address = value
	case "path":
		s.Path = plainPath(value)
	case "list":
		s.ListFile = plainPath(value)
	case "listline":
		s.ListLine = number(value, 1<<30)
	case "keytype":
		s.KeyType = value
	case "mode":
		s.Mode = value
	case "fp":
		s.Fingerprint = value
	case "detail":
		s.Detail = value
	}
}

// setHost takes a host as messages write it, [name]:port too. An address is both:
// it is what known_hosts has where it was given as the host.
func (s *Symptom) setHost(value string) {
	if m := hostPort.FindStringSubmatch(value); m != nil {
		value = m[1] + m[2]
		if p := number(m[3], 1<<16-1); p > 0 {
			s.Port = p
		}
	}
	s.Host = strings.ToLower(strings.TrimSuffix(value, "."))
	if ipAddress.MatchString(s.Host) {
		s.Address = s.Host
	}
}

func number(digits string, most int) int {
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || n > most {
		return 0
	}
	return n
}

// plainPath undoes the doubled backslashes of Win32-OpenSSH's messages.
func plainPath(p string) string {
	if windowsPath.MatchString(p) && strings.Contains(p[min(len(p), 2):], `\\`) {
		p = strings.ReplaceAll(p, `\\`, `\`)
	}
	return p
}
