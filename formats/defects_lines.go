package formats

import (
	"bytes"
	"slices"
)

// ScanDefects finds what copying and pasting did to the lines of a public key or
// an authorized_keys file: SplitLine, LostLetter, JoinedKeys, OddBlank, SSH2Text,
// PrivateKey, and ByteOrderMark at a first line that has a key. A line that sshd
// reads, and as it was meant, has none. A file of RFC 4716 is SSH2Text throughout.
func ScanDefects(data []byte) []Edit {
	text := traceOf(normalise(data).text)
	s := scanLines(text, blanksUnclear)
	var found []Edit
	if bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) && markMatters(text.b) {
		found = append(found, Edit{1, ByteOrderMark, 1})
	}
	for _, it := range s.items {
		for _, d := range it.defects(s) {
			found = append(found, Edit{it.from + 1, d, it.to})
		}
	}
	return found
}

// defects are those of an item, each once.
func (it *lineItem) defects(s *lineScan) []Defect {
	switch {
	case isPrivateLabel(it.block):
		return []Defect{PrivateKey}
	case it.block == rfc4716Label:
		return []Defect{SSH2Text}
	case it.broken && it.keys == 0:
		// A key that is read, and behind it the beginning of another.
		if l, ok := readLine(s.line(it.from).b); ok && l.key != nil && startsKey(l.key.Comment()) {
			return []Defect{JoinedKeys}
		}
		return nil
	case !it.mended:
		return nil
	}
	var all []Defect
	for _, e := range it.edits {
		d := e.defect
		if d == ZeroWidth {
			d = OddBlank // to who looks at a line, one as invisible as the other
		}
		if !slices.Contains(all, d) {
			all = append(all, d)
		}
	}
	slices.Sort(all)
	return all
}
