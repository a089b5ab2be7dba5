package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/secret"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
)

// hinted is an error with commands that mend it.
type hinted struct {
	error
	hints []string
}

func (h *hinted) Unwrap() error { return h.error }

// withHint adds a command to type to an error.
func withHint(err error, hint string) error { return &hinted{err, []string{hint}} }

// failure is an error as it is reported: the catalogue's code, one line, the
// commands that mend it, and the exit code.
type failure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
	exit    int
	hints   []string
}

// failedItem is the JSON of an item that failed.
type failedItem struct {
	File      string  `json:"file"`
	PathBytes []byte  `json:"path_bytes,omitempty"` // the file where it is no UTF-8
	Error     failure `json:"error"`
}

// fail reports one error on stderr, as JSON on stdout too with --json, and
// raises the exit code. file is "" where the error is of no one file.
func (a *app) fail(file string, err error) {
	f := a.judge(file, err)
	a.exit(f.exit)
	if a.json && file != "" {
		a.printJSON(failedItem{file, pathBytes(file), f})
	}
	line := f.Message
	if file != "" && !strings.HasPrefix(line, file+": ") {
		line = file + ": " + line
	}
	a.say("error", red, line)
	for _, h := range f.hints {
		a.hint(h)
	}
}

// judge is the one place where errors become words and exit codes.
func (a *app) judge(file string, err error) failure {
	f := failure{Message: a.errorText(err)}
	f.Code, f.exit = codeOf(err)
	if h, ok := errors.AsType[*hinted](err); ok {
		f.hints = h.hints
	} else if hint := a.hintFor(file, err); hint != "" {
		f.hints = []string{hint}
	}
	if len(f.hints) > 0 {
		f.Hint = f.hints[0]
	}
	return f
}

// errorText says an error in this run's language.
func (a *app) errorText(err error) string { return a.words.Say(diagnose.ErrorText(err)) }

// codeOf gives an error's code in the catalogue (spec/symptoms.md) and its exit code.
func codeOf(err error) (string, int) {
	switch {
	case isType[*usageError](err):
		return "U01", exitUsage
	case errors.Is(err, formats.ErrWrongPassphrase), errors.Is(err, formats.ErrPassphraseRequired), errors.Is(err, secret.ErrNoWay):
		return "K06", exitPassphrase
	case isType[*formats.UnsupportedError](err), isType[*formats.CannotHoldError](err), isType[*services.RefusedError](err):
		return "K11", exitFailed
	case isDamage(err):
		return "K04", exitFailed
	case isType[*formats.UnknownFormatError](err):
		return "K14", exitFailed
	case isType[*formats.LimitError](err):
		return "K18", exitFailed
	case isType[*keytool.MismatchError](err):
		return "P04", exitFailed
	case errors.Is(err, fs.ErrNotExist):
		return "K08", exitFailed
	case errors.Is(err, fs.ErrPermission):
		return "K09", exitFailed
	case isType[*secret.SourceError](err):
		return "K06", exitPassphrase
	}
	return "X00", exitFailed
}

// isDamage tells a key file that is damaged, whatever the decoder made of the rest.
func isDamage(err error) bool {
	return isType[*formats.DamageError](err) || isType[*formats.AmbiguousError](err) ||
		isType[*formats.SyntaxError](err) || isType[*formats.IntegrityError](err)
}

func isType[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// hintFor is the command that mends an error, where there is one.
func (a *app) hintFor(file string, err error) string {
	switch {
	case isType[*usageError](err) && len(a.args) > 0 && !strings.HasPrefix(a.args[0], "-"):
		return "sshkeys " + quote(a.args[0]) + " --help"
	case isType[*usageError](err):
		return "sshkeys --help"
	case errors.Is(err, formats.ErrPassphraseRequired), errors.Is(err, secret.ErrNoWay):
		return a.again("--passphrase-file", "PASSPHRASE-FILE")
	case isType[*keyfile.ExistsError](err):
		return a.again("--force")
	case isType[*keytool.MismatchError](err) && file != "":
		return "sshkeys verify " + quote(file)
	case isDamage(err) && file != "" && file != stdinName:
		return a.wholeBeside(file)
	case isType[*formats.UnknownFormatError](err) && file != "":
		unknown, _ := errors.AsType[*formats.UnknownFormatError](err)
		return strings.Replace(unknown.Command, "FILE", quote(file), 1)
	case errors.Is(err, fs.ErrPermission) && file != "":
		return "ls -l " + quote(file)
	}
	return ""
}

// again is this run's command line with flags added, to be typed.
func (a *app) again(flags ...string) string {
	words := []string{"sshkeys"}
	rest := a.args
	if len(rest) > 0 && !strings.HasPrefix(rest[0], "-") {
		words, rest = append(words, quote(rest[0])), rest[1:]
	}
	words = append(words, flags...)
	for _, arg := range rest {
		words = append(words, shellword.Quote(arg)) // with flags among them
	}
	return strings.Join(words, " ")
}

// quote makes a file name safe to paste into a shell.
func quote(name string) string { return shellword.Name(name) }

const (
	red    = "\x1b[31m"
	yellow = "\x1b[33m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

// inWords says findings in this run's language; never nil.
func (a *app) inWords(found []diagnose.Finding) []diagnose.Said {
	said := []diagnose.Said{}
	for _, f := range found {
		said = append(said, f.In(a.words))
	}
	return said
}

// say writes one line to stderr: "sshkeys: error: …".
func (a *app) say(word, colour, line string) {
	if a.coloured() {
		word = colour + word + reset
	}
	fmt.Fprintf(a.stderr, "sshkeys: %s: %s\n", word, formats.Visible(line))
}

func (a *app) coloured() bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	return a.env("NO_COLOR") == "" && a.env("TERM") != "dumb" && isTerminal(a.stderr)
}

// warn says what a person should know although the command went on.
func (a *app) warn(format string, args ...any) {
	if !a.quiet {
		a.say("warning", yellow, a.translated(fmt.Sprintf(format, args...)))
	}
}

// hint names a command to type.
func (a *app) hint(command string) {
	if !a.quiet {
		a.say("hint", cyan, command)
	}
}

// note tells what was done, on stderr.
func (a *app) note(format string, args ...any) {
	if !a.quiet {
		fmt.Fprintf(a.stderr, "sshkeys: %s\n", formats.Visible(a.translated(fmt.Sprintf(format, args...))))
	}
}

// translated says a line of a command in this run's language, where the catalogue
// knows it; what stands in before it is kept.
func (a *app) translated(line string) string {
	text := strings.TrimLeft(line, " ")
	words, _ := catalog.Phrase(text)
	return line[:len(line)-len(text)] + a.words.Say(catalog.T("error.known", "message", words))
}
