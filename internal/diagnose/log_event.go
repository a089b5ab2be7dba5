package diagnose

import (
	"cmp"
	"slices"
	"strings"
)

// add puts a message into the event it belongs to, or begins one.
func (r *logReader) add(row, i int, s Symptom) {
	p := &patterns[row]
	if p.rank == aRefusal {
		r.login = 0 // what closes then was not dropped
	}
	s.Line = r.lines[i].number
	by := speaker(r.lines[i].text)
	if by == "" && r.served {
		by = "sshd"
	}
	switch {
	case by == "":
	case s.Program == "", s.Program == "putty", by == "sshd":
		s.Program = by
	}
	if s.Program == "sshd" {
		s.Host, s.Address, s.Port = "", "", 0 // they are the client's
	}
	e := r.eventFor(row, i, &s)
	switch {
	case e != nil:
		e.take(row, s)
		e.end = i
	case s.Program == "sshd" && (p.rank == anEnding || p.code == "H03" || p.code == "H10"): // clients come and go
	default:
		r.events = append(r.events, &event{Symptom: s, row: row, rows: []int{row}, end: i, session: r.session, about: r.about})
	}
}

// take adds a message to the event. The row that stands first in the table speaks
// for it; a refusal only makes an event heard.
func (e *event) take(row int, s Symptom) {
	refuses := patterns[row].rank >= aRefusal
	heard, was := s.Severity != silent, e.Severity != silent
	switch {
	case refuses && !was:
		e.Severity = s.Severity
	case !refuses && heard && (row < e.row || !was):
		e.row = row
		e.Code, e.Severity, e.Sentence, e.Excerpt = s.Code, s.Severity, s.Sentence, s.Excerpt
		if s.ListLine > 0 {
			e.ListFile, e.ListLine = s.ListFile, s.ListLine
		}
	}
	e.fill(s)
	e.rows = append(e.rows, row)
}

// eventFor is the event of this connection that a message belongs to; nil where it
// begins one. A cause belongs to an event of its own kind; a refusal or an ending to
// the last event that says more than it does.
func (r *logReader) eventFor(row, i int, s *Symptom) *event {
	p := &patterns[row]
	for _, e := range slices.Backward(r.events[max(r.session, len(r.events)-nearby):]) {
		same := group(e.Sentence) == group(s.Sentence)
		follows := p.rank == aRefusal && patterns[e.row].rank <= p.rank || p.rank == anEnding && e.Severity != silent
		switch {
		case i-e.end > maxApart, !same && !follows, e.contradicts(s):
			continue
		case p.rank == aRefusal && p.severity != silent && s.Host != "" && slices.Contains(e.rows, row) && e.rows[len(e.rows)-1] != row:
			// It ended with this message before: another attempt.
			return nil
		}
		return e
	}
	return nil
}

// group is the kind of an event: the messages of one may have several sentences.
func group(sentence string) string {
	switch sentence {
	case "log.K01", "log.K02", "log.K03", "log.K05":
		return "permissions"
	case "log.H01", "log.H01.revoked", "log.H01.unknown":
		return "host key"
	case "log.H08", "log.H08.refused":
		return "password"
	}
	return sentence
}

// contradicts tells that a message speaks of another host, user or file.
func (e *event) contradicts(s *Symptom) bool {
	differ := func(a, b string) bool { return a != "" && b != "" && !strings.EqualFold(a, b) }
	sameHost := e.Host == s.Host || e.Address == s.Host || e.Host == s.Address
	return differ(e.Host, s.Host) && !sameHost || differ(e.User, s.User) || differ(e.Path, s.Path)
}

// fill takes what an event did not know yet. Of two lines of a list the one that has
// a number counts.
func (e *event) fill(s Symptom) {
	e.Host, e.User, e.Address = cmp.Or(e.Host, s.Host), cmp.Or(e.User, s.User), cmp.Or(e.Address, s.Address)
	e.Port, e.Path = cmp.Or(e.Port, s.Port), cmp.Or(e.Path, s.Path)
	if e.ListLine == 0 && s.ListLine > 0 {
		e.ListFile = s.ListFile
	}
	e.ListFile, e.ListLine = cmp.Or(e.ListFile, s.ListFile), cmp.Or(e.ListLine, s.ListLine)
	e.KeyType, e.Mode = cmp.Or(e.KeyType, s.KeyType), cmp.Or(e.Mode, s.Mode)
	e.Fingerprint, e.Detail = cmp.Or(e.Fingerprint, s.Fingerprint), cmp.Or(e.Detail, s.Detail)
	if e.Program == "" || e.Program == "openssh" && s.Program == "win32-openssh" {
		e.Program = s.Program
	}
}

// symptoms are the events that say something, with what the text said before of the
// connection. A refusal before an error that explains it ranks below.
func (r *logReader) symptoms() []Symptom {
	var found []Symptom
	for _, e := range r.events {
		e.complete()
	}
	for i, e := range r.events {
		if e.Severity == silent {
			continue
		}
		explained := func(later *event) bool {
			near := later.session == e.session || later.Program == "sshd"
			return near && patterns[later.row].rank < patterns[e.row].rank && later.Severity == Error && !e.contradicts(&later.Symptom)
		}
		if patterns[e.row].rank >= aRefusal && slices.ContainsFunc(r.events[i+1:min(len(r.events), i+nearby)], explained) {
			e.Severity = Info
		}
		found = append(found, e.Symptom)
	}
	return found
}

// complete adds the connection that the text spoke of, unless the event is about another.
func (e *event) complete() {
	a := e.about
	if a.Host != "" && e.Host != "" && !strings.EqualFold(a.Host, e.Host) && a.Address != e.Host {
		return
	}
	e.Host, e.User = cmp.Or(e.Host, a.Host), cmp.Or(e.User, a.User)
	e.Port, e.Address = cmp.Or(e.Port, a.Port), cmp.Or(e.Address, a.Address)
	e.Used = a.Used
	switch e.Code {
	case "P04", "H04", "H05", "H06", "H07", "H08", "K06", "E01", "E03":
		e.Path = cmp.Or(e.Path, a.Path)
	}
}
