package formats

import (
	"bytes"
	"slices"
	"strings"
)

// isSound tells a file, which Parse has read, that is written just as the programs of
// its format do: Mend need not look for damage in it. It is false where that takes
// more than a glance.
func isSound(data []byte, env *Envelope) bool {
	switch {
	case !bytes.HasSuffix(data, []byte("\n")):
		return false
	case bytes.HasPrefix(data, []byte("----")):
		return isSoundBlock(data)
	case bytes.HasPrefix(data, []byte(ppkMagic)):
		return isSoundPPK(data)
	case env.Kind == KindAuthorizedKeys || env.Kind == KindKnownHosts:
		return isSoundList(data)
	case env.Format == OpenSSHPublic:
		line := AuthorizedLine(env.Public)
		return len(data) == len(line)+1 && string(data[:len(line)]) == line && !strings.Contains(env.Public.Comment(), "AAAA")
	}
	return false
}

// isSoundBlock tells one block without headers, in lines of a usual width.
func isSoundBlock(data []byte) bool {
	first, rest, _ := bytes.Cut(data, []byte("\n"))
	label, ok := beginLabel(first)
	end := pemEnd + label + pemDash + "\n"
	if strings.HasPrefix(label, "SSH2 ") {
		end = ssh2Marker("END", label) + "\n"
	}
	body, ended := bytes.CutSuffix(rest, []byte(end))
	if !ok || !ended || len(body) == 0 || !slices.Contains(armourLabels(), label) {
		return false
	}
	width := bytes.IndexByte(body, '\n')
	if width > len(body)-2 && width <= 76 || slices.Contains(usualWidths(label), width) {
		return hasBase64Lines(body, width)
	}
	return false
}

// hasBase64Lines tells whole lines of the width, the last of which may be shorter.
func hasBase64Lines(body []byte, width int) bool {
	for len(body) > 0 {
		n := bytes.IndexByte(body, '\n')
		if n != width && (n <= 0 || n > width || n+1 < len(body)) {
			return false
		}
		for _, c := range body[:n] {
			if c == ' ' || c == '\t' || notBase64(rune(c)) {
				return false
			}
		}
		body = body[n+1:]
	}
	return true
}

// isSoundPPK tells a file in which only the comment has signs that are not ASCII's. That its counts are right, Parse has seen.
func isSoundPPK(data []byte) bool {
	full := true
	for line := range bytes.Lines(data) {
		line = line[:len(line)-1]
		comment := bytes.HasPrefix(line, []byte(ppkComment+": "))
		header := bytes.IndexByte(line, ':') > 0
		switch {
		case comment && line[len(line)-1] != ' ':
			continue
		case len(line) == 0 || !isPrintableASCII(line) || line[0] == ' ' || line[len(line)-1] == ' ':
			return false
		case !header && (!full || len(line) > ppkColumns):
			return false
		}
		full = header || len(line) == ppkColumns
	}
	return true
}

// isSoundList tells a list of which every line is blank, a comment, or a key as sshd
// and ssh read it.
func isSoundList(data []byte) bool {
	if bytes.ContainsAny(data, "\r\x00") || bytes.HasPrefix(data, []byte("\xef\xbb\xbf")) {
		return false
	}
	for line := range bytes.Lines(data) {
		l, ok := readLine(bytes.TrimSuffix(line, []byte("\n")))
		if ok && (l.key == nil || isSpoiled(l.prefix) || strings.Contains(l.key.Comment(), "AAAA")) {
			return false
		}
	}
	return true
}
