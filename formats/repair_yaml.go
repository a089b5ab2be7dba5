package formats

import (
	"bytes"
	"strings"
)

// takeYAML takes off what YAML and assignments put before a key: `name: |` with the
// indentation of the lines below, "- ", `name: ` and `export NAME=`.
func takeYAML(t trace) (trace, []edit) {
	var out trace
	var found spots
	view := plainView(t.b)
	for from := 0; from < t.len(); {
		to := lineEnd(view, from)
		if depth := blockScalar(view[from:to]); depth >= 0 {
			end, indent := indentedBlock(view, to, depth)
			if hasMark(view[to:end]) {
				found.add(t.at[from])
				found.add(t.at[to-1])
				out.join(dedent(t, view, to, end, indent))
			} else {
				out.join(t.sub(from, end))
			}
			from = max(end, to)
			continue
		}
		if n := namedKey(view[from:to]); n > 0 {
			found.add(t.at[from])
			from += n
		}
		out.join(t.sub(from, to))
		from = to
	}
	if !found.any {
		return t, nil
	}
	return out, found.edit(Quoted)
}

// blockScalar is the indentation of a line that begins a block of text in YAML 1.2,
// section 8.1; -1 for other lines.
func blockScalar(line []byte) int {
	bare := bytes.TrimSpace(line)
	at := bytes.LastIndexAny(bare, " \t") + 1
	sign := bare[at:]
	if len(sign) == 0 || sign[0] != '|' && sign[0] != '>' || len(bytes.Trim(sign[1:], "+-0123456789")) > 0 {
		return -1
	}
	before := bytes.TrimRight(bare[:at], " \t")
	if !bytes.HasSuffix(before, []byte(":")) && !bytes.HasSuffix(before, []byte("-")) && !bytes.Contains(before, []byte("!!")) {
		return -1
	}
	if bytes.Count(before, []byte(`"`))%2+bytes.Count(before, []byte("'"))%2 > 0 {
		return -1 // it stands in quotes that close behind it
	}
	return indentation(line)
}

func indentation(line []byte) int { return len(line) - len(bytes.TrimLeft(line, " \t")) }

// indentedBlock is where the lines end that are indented deeper, and the least of
// their indentations.
func indentedBlock(view []byte, from, depth int) (end, indent int) {
	end, indent = from, 0
	for i := from; i < len(view); {
		to := lineEnd(view, i)
		line := view[i:to]
		if len(bytes.TrimSpace(line)) > 0 {
			n := indentation(line)
			if n <= depth {
				break
			}
			if end = to; indent == 0 || n < indent {
				indent = n
			}
		}
		i = to
	}
	return end, indent
}

// dedent takes the indentation off lines.
func dedent(t trace, view []byte, from, end, indent int) trace {
	var out trace
	for from < end {
		to := lineEnd(view, from)
		out.join(t.sub(from+min(indent, indentation(bytes.TrimRight(view[from:to], "\n"))), to))
		from = to
	}
	return out
}

// namedKey is the size of what stands before a key as its name; 0 where it has none.
// A comment may have the text of a key in it.
func namedKey(line []byte) int {
	i := indentation(line)
	if bytes.HasPrefix(line[i:], []byte("- ")) {
		i += 2
	}
	for _, word := range [...]string{"export ", "set ", "setx ", "declare ", "local ", "const ", "let ", "var ", "ENV ", "$env:", "$"} {
		if hasPrefixFold(line[i:], word) {
			i += len(word)
			break
		}
	}
	name := i
	for i < len(line) && i-name < 64 && (isLetter(line[i]) || strings.IndexByte("_-.0123456789", line[i]) >= 0) {
		i++
	}
	word := line[name:i]
	rest := trimBlanks(line[i:])
	switch {
	case len(word) == 0 && i > 0 && line[i-1] == ' ' && i >= 2 && line[i-2] == '-':
		// a list's item without a name
	case len(word) == 0 || bytes.HasPrefix(word, []byte("-")) || isLetter(word[0]) && headerAt(append(bytes.Clone(word), ':')):
		i = 0
	case bytes.HasPrefix(rest, []byte("=")), bytes.HasPrefix(rest, []byte(": ")), bytes.HasPrefix(rest, []byte(":\t")):
		i = len(line) - len(rest) + 1
	default:
		i = 0
	}
	if i == 0 && bytes.HasPrefix(line[indentation(line):], []byte("- ")) {
		i = indentation(line) + 2
	}
	rest = trimBlanks(line[i:])
	if i == 0 || !startsMark(rest) || headerAt(rest) && !bytes.HasPrefix(rest, []byte(ppkMagic)) {
		return 0
	}
	return len(line) - len(rest)
}
