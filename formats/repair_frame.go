package formats

import (
	"bytes"
	"slices"
)

// unframe takes off what a program that shows a file puts before or behind each of
// its lines, from a BEGIN line to its END line: numbers, times, a frame, the signs of
// a diff, the $ of cat -A. All lines must have it; numbers may differ.
func unframe(orig trace) (trace, []edit) {
	if bytes.Count(orig.b, []byte("\n")) < 2 {
		return orig, nil
	}
	t := newBlockText(orig)
	marks := t.marks()
	for i, m := range marks {
		if !m.begin || i+1 == len(marks) || marks[i+1].begin {
			continue
		}
		from, to := t.src[m.from], t.src[m.to-1]+1
		plain, _ := lineAround(t.b, m.from, m.to)
		start, end := lineAround(orig.b, from, to)
		f := frame{orig.b[start:from], bytes.TrimSpace(orig.b[to:end])}
		_, last := lineAround(orig.b, t.src[marks[i+1].from], t.src[marks[i+1].to-1]+1)
		if len(bytes.TrimSpace(t.b[plain:m.from])) == 0 && len(f.behind) == 0 || last == end {
			continue
		}
		if inner, ok := f.off(orig.sub(start, last)); ok {
			whole := slices.Concat(orig.b[:start], inner.b, orig.b[last:])
			places := slices.Concat(orig.at[:start], inner.at, orig.at[last:])
			return trace{whole, places}, []edit{{MailQuoted, orig.at[start], orig.at[last-1]}}
		}
	}
	return orig, nil
}

// lineAround is the beginning and the end of the line that has a part of a text.
func lineAround(text []byte, from, to int) (start, end int) {
	start = bytes.LastIndexByte(text[:from], '\n') + 1
	if n := bytes.IndexByte(text[to:], '\n'); n >= 0 {
		return start, to + n
	}
	return start, len(text)
}

// frame is what stands before and behind the words of a BEGIN line.
type frame struct{ before, behind []byte }

// off takes the frame off every line; false where one has it not.
func (f frame) off(t trace) (trace, bool) {
	var bare trace
	for i, line := range t.lines() {
		from, ok := f.start(line.b)
		trimmed := bytes.TrimRight(line.b, " \t")
		text, framed := bytes.CutSuffix(trimmed, f.behind)
		if !ok || !framed {
			return trace{}, false
		}
		from = min(from, len(text)) // the blank before an empty line
		if i > 0 {
			bare.put("\n", line.place(0))
		}
		bare.join(line.sub(from, len(text)).trim(" \t"))
	}
	return bare, true
}

// start is where a line's own text begins behind what stands before it, which is the
// frame's but for its numbers and the width of its blanks.
func (f frame) start(line []byte) (int, bool) {
	i := 0
	for rest := f.before; len(rest) > 0; {
		same := isDigit
		switch c := rest[0]; {
		case isBlank(c):
			same = isBlank
		case !isDigit(c) || runOf(rest, isDigit) == len(rest): // numbers end before a sign
			if i == len(line) || line[i] != c {
				return 0, false
			}
			rest, i = rest[1:], i+1
			continue
		}
		n := runOf(line[i:], same)
		rest, i = rest[runOf(rest, same):], i+n
		if n == 0 && len(rest) > 0 && i < len(line) && !isDigit(line[i]) {
			return 0, false
		}
	}
	return i, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// runOf is how many bytes of a kind a text begins with.
func runOf(text []byte, same func(byte) bool) int {
	n := 0
	for n < len(text) && same(text[n]) {
		n++
	}
	return n
}
