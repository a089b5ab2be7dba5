package formats

import (
	"bytes"
	"sort"
)

// trace is a text, each byte with its place: its offset in the file that the text was
// made from. What was put in has the place of what it stands for.
type trace struct {
	b  []byte
	at []int32
}

// traceOf is a file's own bytes.
func traceOf(data []byte) trace {
	t := trace{b: data, at: make([]int32, len(data))}
	for i := range t.at {
		t.at[i] = int32(i)
	}
	return t
}

func (t trace) len() int { return len(t.b) }

// sub is a part of the text. Appending to it would write into t: see join.
func (t trace) sub(from, to int) trace { return trace{t.b[from:to:to], t.at[from:to:to]} }

// place is where the byte at i stands in the file; behind the last one, where that stands.
func (t trace) place(i int) int32 {
	if len(t.at) == 0 {
		return 0
	}
	return t.at[min(i, len(t.at)-1)]
}

// put appends text of one place.
func (t *trace) put(text string, place int32) {
	t.b = append(t.b, text...)
	for range len(text) {
		t.at = append(t.at, place)
	}
}

// join appends a traced text.
func (t *trace) join(o trace) {
	t.b, t.at = append(t.b, o.b...), append(t.at, o.at...)
}

// trim drops bytes of a set from both ends.
func (t trace) trim(set string) trace {
	right := len(bytes.TrimRight(t.b, set))
	left := right - len(bytes.TrimLeft(t.b[:right], set))
	return t.sub(left, right)
}

// lines are the text's lines without their LF.
func (t trace) lines() []trace {
	var all []trace
	for from := 0; from < len(t.b); {
		n := bytes.IndexByte(t.b[from:], '\n')
		if n < 0 {
			return append(all, t.sub(from, len(t.b)))
		}
		all = append(all, t.sub(from, from+n))
		from += n + 1
	}
	return all
}

// lineEnds tells the lines of a file by the places of their ends: LF, CR LF, CR.
type lineEnds []int32

// lineEndsOf finds them in a file's text, decoded from UTF-16 where need be.
func lineEndsOf(t trace) lineEnds {
	var ends lineEnds
	for i, c := range t.b {
		if c == '\n' || c == '\r' && (i+1 == len(t.b) || t.b[i+1] != '\n') {
			ends = append(ends, t.at[i])
		}
	}
	return ends
}

// line is the number of the line, 1-based, that has the place.
func (e lineEnds) line(place int32) int {
	return 1 + sort.Search(len(e), func(i int) bool { return e[i] >= place })
}
