package formats

import (
	"bytes"
	"html"
	"strings"
)

// markupItem is an entity or a tag of HTML: from and to, and the text it stands for.
type markupItem struct {
	from, to int
	text     string
	tag      bool
}

// takeEntities undoes HTML, where an entity or a tag stands where no key has one.
// Comments may have entities of their own.
func takeEntities(t trace) (trace, []edit) {
	if bytes.IndexByte(t.b, '&') < 0 && bytes.IndexByte(t.b, '<') < 0 {
		return t, nil
	}
	var all []markupItem
	view, shown := plainView(t.b), false
	for i := 0; i < t.len(); {
		item, ok := markupAt(view, i)
		if !ok {
			i++
			continue
		}
		all, i = append(all, item), item.to
		shown = shown || item.isForeign(view)
	}
	if !shown {
		return t, nil
	}
	var out trace
	var found spots
	from := 0
	for _, item := range all {
		out.join(t.sub(from, item.from))
		text := item.text
		if text == "\n" && (item.to < t.len() && t.b[item.to] == '\n' || item.tag && !item.isBreak(t.b) && blankLine(out.b)) {
			text = ""
		}
		out.put(text, t.at[item.from])
		found.add(t.at[item.from])
		found.add(t.at[item.to-1])
		from = item.to
	}
	out.join(t.sub(from, t.len()))
	out, _ = withLF(out)
	return out, found.edit(Entities)
}

// blankLine tells that a text's last line has nothing yet.
func blankLine(b []byte) bool {
	b = bytes.TrimRight(b, " \t")
	return len(b) == 0 || b[len(b)-1] == '\n'
}

// isBreak tells <br>, which ends a line wherever it stands.
func (m markupItem) isBreak(b []byte) bool { return hasPrefixFold(b[m.from:], "<br") }

// markupAt reads an entity or a tag. Blanks that do not break are blanks.
func markupAt(b []byte, i int) (markupItem, bool) {
	switch b[i] {
	case '&':
		end := bytes.IndexByte(b[i:min(len(b), i+32)], ';') + 1
		if end < 3 || bytes.IndexByte(b[i+1:i+end], '&') >= 0 {
			break
		}
		text := html.UnescapeString(string(b[i : i+end]))
		if text == "\u00a0" {
			text = " "
		}
		if len(text) >= end || strings.Contains(text, "\x00") {
			break
		}
		return markupItem{from: i, to: i + end, text: text}, true
	case '<':
		return tagAt(b, i)
	}
	return markupItem{}, false
}

// tagAt reads the tags that programs put into a text to show it: those that end a
// line stand for a line end, the others for nothing.
func tagAt(b []byte, i int) (markupItem, bool) {
	rest := b[i+1 : min(len(b), i+200)]
	end := bytes.IndexAny(rest, "<>\n")
	if end < 0 || rest[end] != '>' {
		return markupItem{}, false
	}
	name := bytes.TrimPrefix(rest[:end], []byte("/"))
	if n := bytes.IndexAny(name, " \t/"); n >= 0 {
		name = name[:n]
	}
	item := markupItem{from: i, to: i + 2 + end, tag: true}
	switch strings.ToLower(string(name)) {
	case "br", "p", "div", "pre", "li", "tr", "td", "blockquote":
		item.text = "\n"
	case "code", "span", "b", "i", "tt", "kbd", "samp", "font", "a", "em", "strong", "wbr":
	default:
		return item, false
	}
	return item, true
}

// isForeign tells an item that no sound key file has where it stands. Nothing beyond
// its own line is looked at: comments may end or begin with entities.
func (m markupItem) isForeign(view []byte) bool {
	left, right := view[max(0, m.from-100):m.from], view[m.to:]
	run, first := runBefore(left)
	if m.tag {
		run, first = runBefore(bytes.TrimRight(left, " \t"))
	}
	switch m.text {
	case "&": // of text that was escaped twice
		if end := bytes.IndexByte(right[:min(len(right), 12)], ';') + 1; end > 0 {
			twice := markupItem{from: m.from, to: m.to + end, text: html.UnescapeString("&" + string(right[:end]))}
			return !strings.HasPrefix(twice.text, "&") && twice.isForeign(view)
		}
	case "+", "/", "=":
		follows := baseRun(right, 20)
		atEnd := m.text == "=" && (len(right) == 0 || right[0] == '\n' || right[0] == '&' || right[0] == '<')
		return run >= 20 || first && (run+follows >= 20 || run > 0 && atEnd)
	case "\n", "\r", " ", "", "<":
		return bytes.HasSuffix(bytes.TrimRight(left, " \t"), []byte("---")) || run >= 40 || first && run >= 16 ||
			startsMark(right) || behindWord(left) || m.tag && base64Named(right)
	case "-", "\u2013", "\u2014", "\u2010", "\u2212":
		return dashesTo(right)
	case `"`, "'":
		comment := bytes.HasSuffix(left, []byte("\n"+ppkComment+": ")) && bytes.Contains(left, []byte(" SSH2 "))
		return comment || startsMark(right) || base64Named(right)
	}
	return startsMark(right)
}

// behindWord tells the place of a blank in a BEGIN or END line, or in a header.
func behindWord(left []byte) bool {
	if bytes.HasSuffix(left, []byte(":")) {
		name := trimBlanks(left[bytes.LastIndexByte(left, '\n')+1:])
		return headerAt(name) && !hasPrefixFold(name, ppkComment)
	}
	for _, word := range [...]string{"BEGIN", "END"} {
		if n := len(left) - len(word); n >= 0 && hasPrefixFold(left[n:], word) && dashBefore(left, n) {
			return true
		}
	}
	return false
}

// dashesTo tells whether the word BEGIN or END follows, behind dashes, which may be
// entities.
func dashesTo(b []byte) bool {
	for i := 0; i < len(b) && i < 100; {
		item, ok := markupAt(b, i)
		switch {
		case ok && !item.tag && item.text != "\n":
			i = item.to
		case b[i] == '-' || isBlank(b[i]):
			i++
		default:
			return hasPrefixFold(b[i:], "BEGIN") || hasPrefixFold(b[i:], "END ")
		}
	}
	return false
}
