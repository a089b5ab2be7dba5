package authorized

import (
	"bytes"
	"errors"
	"html"
	"regexp"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/listlint"
)

// Proved holds a mended list to the old one: each line that sshd read is in it, byte
// for byte, unless it had more than one key or its key and options stand in another
// line; then it is its key and options that are. And each key that came stood in the
// old list, and its options with it.
func Proved(old, mended []byte) error {
	was, now := gather(old), gather(mended)
	for text, line := range was.lines {
		if _, same := now.lines[text]; same || now.entries[line.id] && (line.more || was.count[line.id] > 1) {
			continue
		}
		return errors.New("the old lines are not all in what was written")
	}
	stood := bare(undone(old))
	for _, e := range now.all {
		if was.entries[entryID(e)] {
			continue
		}
		if !stoodThere(stood, e) {
			return errors.New("what was written has a key that was not in the old list")
		}
	}
	return nil
}

// gathered is what sshd reads of a list.
type gathered struct {
	lines   map[string]gatheredLine // by their bytes
	entries map[string]bool
	count   map[string]int
	all     []formats.Entry
}

type gatheredLine struct {
	id   string
	more bool // there is another key on it
}

func gather(data []byte) gathered {
	g := gathered{lines: map[string]gatheredLine{}, entries: map[string]bool{}, count: map[string]int{}}
	if listlint.IsUTF16(data) {
		return g
	}
	_ = listlint.Scan(bytes.NewReader(data), func(l listlint.Line) error {
		if _, why := passedOver(l.Entry); why != nil {
			return nil
		}
		id := entryID(l.Entry)
		g.lines[string(bytes.TrimRight(l.Raw, "\r\n"))] = gatheredLine{id, listlint.HasMore(l)}
		g.entries[id] = true
		g.count[id]++
		g.all = append(g.all, l.Entry)
		return nil
	})
	return g
}

func entryID(e formats.Entry) string { return e.Options + "\x00" + string(e.Key.Blob()) }

// stoodThere tells a key whose base64 text is in the old list's, with its options
// right before it. Its type may have lost letters.
func stoodThere(old string, e formats.Entry) bool {
	typ, text, _ := strings.Cut(formats.AuthorizedLine(e.Key.WithComment("")), " ")
	text, options := bare([]byte(text)), bare([]byte(e.Options))
	if options == "" {
		return strings.Contains(old, text)
	}
	for i := range len(typ) + 1 {
		if strings.Contains(old, options+bare([]byte(typ[i:]))+text) {
			return true
		}
	}
	return false
}

// undone is a text without what stands for other bytes.
func undone(data []byte) []byte {
	text := strings.NewReplacer(`\r`, "", `\n`, "").Replace(string(data))
	return []byte(html.UnescapeString(text))
}

// bare are the letters, digits and slashes of a text: what no copying and pasting
// takes from a key's. A plus sign may have become a blank.
func bare(text []byte) string {
	return string(bytes.Map(func(r rune) rune {
		if r == '/' || '0' <= r && r <= '9' || 'A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, text))
}

// sameLimits tells whether every option of the old text limits a key in the new one,
// or stands in a line that is not read: none may end in a comment.
func sameLimits(old, mended []byte) bool {
	kept := 0
	_ = listlint.Scan(bytes.NewReader(mended), func(l listlint.Line) error {
		if _, why := passedOver(l.Entry); why == nil {
			kept += optionsIn([]byte(l.Entry.Options))
		} else {
			kept += optionsIn(l.Raw)
		}
		return nil
	})
	return optionsIn(bytes.ReplaceAll(old, []byte{0}, nil)) == kept
}

func optionsIn(text []byte) int { return len(optionText.FindAll(text, -1)) }

// optionText finds what could be an option of sshd's.
var optionText = regexp.MustCompile(`(?i)restrict|cert-authority|no-[a-z0-9]+-?(?:forwarding|pty|rc|required)|no-pty|` +
	`(?:agent-|port-|x11-)forwarding|(?:command|environment|expiry-time|from|permitlisten|permitopen|principals|tunnel)="?`)
