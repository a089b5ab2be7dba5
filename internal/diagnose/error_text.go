package diagnose

import (
	"context"
	"errors"
	"io/fs"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// ErrorText is any error as a text of both languages. Its English is what the
// error says of itself, without the name of the system call. An error that nobody
// translated is introduced in Japanese and quoted; of a damaged file the place is
// said, and the reason only where it is known in Japanese.
func ErrorText(err error) catalog.Text {
	if err == nil {
		return catalog.Text{}
	}
	if errors.Is(err, context.Canceled) {
		return catalog.T("error.interrupted")
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok && e.Error() == err.Error() {
		return catalog.T("error.file", "path", e.Path, "reason", errorText(e.Err))
	}
	return errorText(err)
}

func errorText(err error) catalog.Text {
	if t, ok := typedError(err); ok {
		return t
	}
	said := err.Error()
	if inner := errors.Unwrap(err); inner != nil {
		if before, ok := strings.CutSuffix(said, inner.Error()); ok && before == "" {
			return errorText(inner)
		} else if ok {
			return catalog.T("error.within", "before", reason(before), "inner", errorText(inner))
		}
	}
	if words, ok := catalog.Phrase(said); ok {
		return catalog.T("error.known", "message", words)
	}
	if id := systemError(err); id != "" {
		return catalog.T("error.known", "message", inJapanese(said, catalog.T(id)))
	}
	return catalog.T("error.other", "message", said)
}

// typedError knows an error by its own type, not by what it wraps.
func typedError(err error) (catalog.Text, bool) {
	switch e := err.(type) {
	case *formats.UnknownFormatError:
		if e.Foreign {
			return catalog.T("error.foreign", "what", reason(e.Reason)), true
		}
		return catalog.T("error.unknown", "reason", reason(e.Reason)), true
	case *formats.DamageError:
		return damageError(e), true
	case *formats.AmbiguousError:
		place := linesText(e.Line, e.Last, "error.line_to")
		return catalog.T("error.damage", "format", FormatTitle(e.Format), "place", place, "reason", reason(e.Reason)), true
	case *formats.SyntaxError:
		return syntaxError(e), true
	case *formats.IntegrityError:
		return catalog.T("error.integrity", "format", FormatTitle(e.Format), "reason", reason(e.Reason)), true
	case *formats.UnsupportedError:
		return catalog.T("error.unsupported", "what", reason(e.What), "format", FormatTitle(e.Format)), true
	case *formats.LimitError:
		return catalog.T("error.limit", "what", reason(e.What), "got", e.Got, "max", e.Max), true
	case *formats.CannotHoldError:
		return catalog.T("error.cannot_hold", "format", FormatTitle(e.Format), "what", reason(e.What)), true
	case *keytool.MismatchError:
		if e.Want != nil && e.Got != nil {
			return catalog.T("error.mismatch", "reason", reason(e.Reason), "stated", e.Want.Fingerprint(), "derived", e.Got.Fingerprint()), true
		}
		return catalog.T("error.known", "message", reason(e.Reason)), true
	case *services.RefusedError:
		return catalog.T("error.refused", "service", e.Service, "why", e.Verdict.Text(), "source", e.Verdict.Source), true
	case *fs.PathError: // in the midst of others it is told with the system call
		op := catalog.Words{catalog.English: e.Op + " ", catalog.Japanese: ""}
		return catalog.T("error.file", "op", op, "path", e.Path, "reason", errorText(e.Err)), true
	}
	return catalog.Text{}, false
}

// syntaxError says where a file is damaged; each part stands where it is known.
func syntaxError(e *formats.SyntaxError) catalog.Text {
	why, ok := catalog.Phrase(e.Reason)
	if !ok {
		why = inJapanese(e.Reason, catalog.T("error.malformed"))
	}
	var line, offset catalog.Text
	if e.Line > 0 {
		line = catalog.T("error.line", "line", e.Line)
	}
	if e.Offset >= 0 {
		offset = catalog.T("error.offset", "offset", e.Offset)
	}
	return catalog.T("error.syntax", "format", FormatTitle(e.Format), "line", line, "field", fieldText(e.Field), "offset", offset, "reason", why)
}

// fieldText names a part of a file, or a field of one.
func fieldText(name string) catalog.Text {
	if part, field, ok := strings.Cut(name, ", field "); ok {
		return catalog.T("error.field_of", "part", reason(part), "field", field)
	}
	if name == "" {
		return catalog.Text{}
	}
	return catalog.T("error.field", "field", reason(name))
}

// damageError says where a file is damaged beyond repair. Where it has no reason of
// its own, that is the decoder's, whose place is one in a text made of the file's.
func damageError(e *formats.DamageError) catalog.Text {
	var field catalog.Text
	var why any = reason(e.Reason)
	if e.Field != "" {
		field = fieldText(e.Field)
	}
	if e.Reason == "" {
		syntax, isSyntax := errors.AsType[*formats.SyntaxError](e.Err)
		integrity, isIntegrity := errors.AsType[*formats.IntegrityError](e.Err)
		switch {
		case isSyntax:
			field, why = fieldText(syntax.Field), reason(syntax.Reason)
		case isIntegrity:
			why = reason(integrity.Reason)
		default:
			why = errorText(e.Err)
		}
	}
	return catalog.T("error.damage", "format", FormatTitle(e.Format), "place", placeText(e), "field", field, "reason", why)
}

func placeText(e *formats.DamageError) catalog.Text {
	switch {
	case e.Column > 0:
		return catalog.T("error.column", "line", e.Line, "column", e.Column)
	case e.Line == 0:
		return catalog.T("error.bytes", "first", e.Offset, "last", e.Until)
	}
	return linesText(e.Line, e.Last, "error.lines")
}

// linesText is a line, or several in the words of the given text.
func linesText(first, last int, several string) catalog.Text {
	switch {
	case first == 0:
		return catalog.Text{}
	case last > first:
		return catalog.T(several, "first", first, "last", last)
	}
	return catalog.T("error.line", "line", first)
}

// systemError is what the operating system says, in its own words on each.
func systemError(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "error.not_exist"
	case errors.Is(err, fs.ErrPermission):
		return "error.permission"
	case errors.Is(err, fs.ErrExist):
		return "error.exist"
	}
	return ""
}

// FormatTitle is what a person calls a format.
func FormatTitle(id formats.ID) catalog.Words { return reason(id.Title()) }

// reason is a part of an error that is in English, in both where it is known.
func reason(english string) catalog.Words {
	words, _ := catalog.Phrase(english)
	return words
}

// inJapanese keeps what an error says in English, and has the catalogue say it in
// Japanese.
func inJapanese(english string, t catalog.Text) catalog.Words {
	return catalog.Words{catalog.English: english, catalog.Japanese: catalog.Japanese.Say(t)}
}
