package listlint

import (
	"bytes"
	"slices"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
)

// LongLine is the warning about a line that OpenSSH before 7.8 passes over, for it is
// of limit bytes or more, with its end. Later ones read lines of any length, with
// getline(3).
func LongLine(l Line, limit int) (Problem, bool) {
	if len(l.Raw) < limit {
		return Problem{}, false
	}
	return Problem{Code: "L05", Severity: Warning, Line: l.Number, Last: l.Number,
		Cause:  catalog.T("L05.old", "bytes", len(l.Raw), "limit", limit),
		Advice: catalog.T("L05.advice")}, true
}

// tooLong is a line that is not looked at.
func tooLong(l Line) Problem {
	return Problem{Code: "L05", Severity: Warning, Line: l.Number, Last: l.Number,
		Cause:  catalog.T("L05.unseen", "bytes", l.Long, "limit", formats.MaxLine),
		Advice: catalog.T("L05.advice")}
}

// scanDefects finds damage to the lines of a window. A private key is one, over all its
// lines, whatever else is wrong with them.
func scanDefects(raw []byte) []formats.Edit {
	private := formats.PrivateBlocks(raw)
	others := slices.DeleteFunc(formats.ScanDefects(raw), func(d formats.Edit) bool {
		return slices.ContainsFunc(private, func(p formats.Edit) bool { return d.Line <= p.Last && p.Line <= d.Last })
	})
	return append(private, others...)
}

// damage is what scanDefects found, its lines counted from after on.
func damage(d formats.Edit, after int) Problem {
	p := Problem{Code: d.Defect.Code(), Severity: Error, Line: after + d.Line, Last: after + d.Last, Defect: d.Defect, Drops: true}
	p.Cause = catalog.T(damageID(d.Defect))
	p.Advice = catalog.T("lint.by_hand")
	if d.Defect == formats.PrivateKey {
		p.Advice = catalog.T("P09.advice")
	}
	return p
}

func damageID(d formats.Defect) string {
	switch d {
	case formats.SplitLine:
		return "lint.split"
	case formats.LostLetter:
		return "lint.letter"
	case formats.JoinedKeys:
		return "lint.joined"
	case formats.OddBlank, formats.ZeroWidth:
		return "lint.blank"
	case formats.SSH2Text:
		return "lint.ssh"
	case formats.PrivateKey:
		return "lint.private"
	case formats.ByteOrderMark:
		return "lint.mark"
	}
	return "lint.damaged"
}

// IsIdle tells a line that is empty or a comment.
func IsIdle(raw []byte) bool {
	text := bytes.Trim(raw, " \t\r\n")
	return len(text) == 0 || text[0] == '#'
}

// isMarkAlone tells a byte order mark before such a line.
func isMarkAlone(raw []byte) bool {
	rest, marked := bytes.CutPrefix(raw, []byte("\xef\xbb\xbf"))
	return marked && IsIdle(rest) && !hidesKey(raw)
}

// idleMark is a byte order mark that is in nobody's way.
func idleMark() Problem {
	return Problem{Code: formats.ByteOrderMark.Code(), Severity: Info, Line: 1, Last: 1, Defect: formats.ByteOrderMark, Cause: catalog.T("lint.mark_idle")}
}

// PrivateFile is the problem of a whole file that is a private key, where a list is
// meant to be.
func PrivateFile() Problem {
	return damage(formats.Edit{Line: 1, Defect: formats.PrivateKey, Last: 1}, 0)
}

// oddBytes finds bytes at which OpenSSH stops, or does not, and others do. read tells
// that OpenSSH takes a key from the line.
func oddBytes(l Line, read bool) (Problem, bool) {
	p := Problem{Severity: Error, Line: l.Number, Last: l.Number, Advice: catalog.T("lint.by_hand"), Drops: !read}
	text := bytes.TrimRight(l.Raw, "\r\n")
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		p.Code, p.Cause = "L03", catalog.T("L03.nul")
		if read {
			p.Severity, p.Cause = Warning, catalog.T("L03.behind")
		}
	case bytes.IndexByte(text, '\r') >= 0 && (hidesKey(l.Raw) || !read):
		p.Code, p.Cause, p.Defect, p.Drops = "R04", catalog.T("lint.cr"), formats.LoneCR, true
	default:
		return p, false
	}
	return p, true
}

// isCut tells a line of nothing but for what stands behind a NUL.
func isCut(raw []byte) bool {
	before, _, found := bytes.Cut(raw, []byte{0})
	return found && len(bytes.Trim(before, " \t")) == 0
}

// hidesKey tells a line in which a CR is to begin another one with a key: to OpenSSH
// that is the comment of the first.
func hidesKey(raw []byte) bool {
	_, rest, found := bytes.Cut(bytes.TrimRight(raw, "\r\n"), []byte("\r"))
	return found && bytes.Contains(rest, []byte(" AAAA"))
}

// lineEnd counts Windows' line ends.
func (w *walker) lineEnd(l Line) {
	w.last, w.lastLine = append(w.last[:0], l.Raw[max(0, len(l.Raw)-1):]...), l.Number
	if bytes.HasSuffix(l.Raw, []byte("\r\n")) {
		if w.crlf++; w.crlf == 1 {
			w.firstCRLF = l.Number
		}
	}
}

// wholeFile tells what all lines have in common.
func (w *walker) wholeFile() error {
	if w.crlf > 0 {
		p := Problem{Code: formats.CRLF.Code(), Severity: Info, Line: w.firstCRLF, Last: w.firstCRLF, Defect: formats.CRLF,
			Cause: catalog.T("lint.crlf", "count", w.crlf)}
		if err := w.tell(p); err != nil {
			return err
		}
	}
	if len(w.last) > 0 && w.last[0] != '\n' {
		return w.tell(Problem{Code: formats.NoFinalNewline.Code(), Severity: Info, Line: w.lastLine, Last: w.lastLine, Defect: formats.NoFinalNewline, Cause: catalog.T("lint.unended")})
	}
	return nil
}

// UTF16 is the problem of a whole file that OpenSSH reads nothing of.
func UTF16() Problem {
	return Problem{Code: formats.UTF16.Code(), Severity: Error, Line: 1, Last: 1, Defect: formats.UTF16,
		Cause: catalog.T("lint.utf16"), Advice: catalog.T("lint.by_hand"), Drops: true}
}

// IsUTF16 tells by a file's first bytes, with a byte order mark or, of ASCII, without.
func IsUTF16(head []byte) bool {
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return true
	}
	head = head[:min(len(head), 64)]
	return len(head) >= 8 && (alternates(head, 0) || alternates(head, 1))
}

// alternates tells text of which every second byte, from one on, is zero.
func alternates(head []byte, from int) bool {
	for i, c := range head {
		if (i%2 == from) != (c == 0) {
			return false
		}
	}
	return true
}
