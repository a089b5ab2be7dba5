package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/secret"
)

// stdinName names standard input or output in place of a file.
const stdinName = "-"

// app is one run of the program: its streams, its global flags, and the highest
// exit code so far.
type app struct {
	args   []string // the command line, for hints
	inputs []string // the files it names
	stdin  io.Reader
	stdout *bufio.Writer
	stderr io.Writer
	env    func(string) string

	json, quiet, verbose bool
	color, lang          string
	words                catalog.Lang // that messages are said in

	passphraseFile    string
	newPassphraseFile string
	noPassphrase      bool
	keyring           keyringUse

	limits    formats.Limits
	status    int
	stdinUsed bool
	known     []knownPassphrase // passphrases that opened a file in this run
	told      map[string]bool   // files whose damage was told
	cleans    bool              // the command writes the key anew
	source    *secret.Source
	world     purposeWorld // what tells purposes
}

func newApp() *app {
	return &app{
		stdin: os.Stdin, stdout: bufio.NewWriterSize(os.Stdout, 64<<10), stderr: os.Stderr,
		env: os.Getenv, limits: formats.DefaultLimits(),
	}
}

func (a *app) globalFlags(root *cobra.Command) {
	f := root.PersistentFlags()
	f.BoolVar(&a.json, "json", false, "one JSON object per line and item")
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no warnings and hints")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say more of what is done")
	f.StringVar(&a.color, "color", "auto", "colour messages: auto, always or never")
	f.StringVar(&a.lang, "lang", "", "language of the messages: en or ja (default: that of the locale)")
	f.StringVar(&a.passphraseFile, "passphrase-file", "", "the first line of `FILE` is the passphrase (- for standard input)")
	a.keyringFlag(f)
}

// newPassphraseFlags are for the commands that write private keys.
func (a *app) newPassphraseFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&a.newPassphraseFile, "new-passphrase-file", "", "protect what is written with the first line of `FILE`")
	cmd.Flags().BoolVar(&a.noPassphrase, "no-passphrase", false, "write the private key unencrypted")
}

func (a *app) checkFlags() error {
	if !slices.Contains([]string{"auto", "always", "never"}, a.color) {
		return usagef("--color takes auto, always or never, not %q", a.color)
	}
	if !slices.Contains([]string{"", "en", "ja"}, a.lang) {
		return usagef("--lang takes en or ja, not %q", a.lang)
	}
	if a.lang != "" {
		a.words = catalog.Lang(a.lang)
	}
	if err := a.checkStdin(); err != nil {
		return err
	}
	return a.checkNewPassphrase()
}

// languageOf is the language to say errors of the command line in, before its
// flags are known: that of --lang, else the locale's.
func languageOf(args []string, env func(string) string) catalog.Lang {
	for i, arg := range args {
		name, value, attached := strings.Cut(arg, "=")
		if !attached && i+1 < len(args) {
			value = args[i+1]
		}
		if name == "--lang" && slices.Contains([]string{"en", "ja"}, value) {
			return catalog.Lang(value)
		}
	}
	return catalog.FromEnvironment(env)
}

// checkStdin refuses a command line that names standard input twice. Of -o's -,
// which is standard output, it knows nothing: that is no argument of its own here.
func (a *app) checkStdin() error {
	uses := 0
	for _, name := range append(slices.Clone(a.inputs), a.passphraseFile, a.newPassphraseFile) {
		if name == stdinName {
			uses++
		}
	}
	if uses > 1 {
		return usagef("standard input can be used for one thing only")
	}
	return nil
}

// checkNewPassphrase refuses flags that contradict each other.
func (a *app) checkNewPassphrase() error {
	if a.noPassphrase && a.newPassphraseFile != "" {
		return usagef("--no-passphrase and --new-passphrase-file exclude each other")
	}
	return nil
}

func (a *app) flush() error { return a.stdout.Flush() }

// printf writes a result.
func (a *app) printf(format string, args ...any) { fmt.Fprintf(a.stdout, format, args...) }

// printJSON writes one item as a line of JSON.
func (a *app) printJSON(v any) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	return enc.Encode(v)
}

// exit raises the exit code: of several, the highest of 4, 3, 1, 0 counts.
func (a *app) exit(code int) { a.status = max(a.status, code) }

// each treats every file; one that fails is reported and the others go on.
func (a *app) each(files []string, do func(file string) error) error {
	for _, file := range files {
		if err := do(file); err != nil {
			if errors.Is(err, context.Canceled) {
				return err
			}
			a.fail(file, err)
		}
	}
	return nil
}

// load reads and understands a file, and warns of what in it was read over.
func (a *app) load(name string) (*keyFile, error) { return a.loadFor(name, nil) }

// loadFor is load of a public file to be held against a private half, which tells
// what is right where the file reads in several ways.
func (a *app) loadFor(name string, known *half) (*keyFile, error) {
	f, err := a.look(name, known)
	if err == nil {
		a.tellDamage(f)
	}
	return f, err
}

// look is loadFor without a word: for files beside the one that was named.
func (a *app) look(name string, known *half) (*keyFile, error) {
	data, err := a.read(name)
	if isType[*formats.LimitError](err) {
		return nil, &longFile{err}
	}
	if err != nil {
		return nil, err
	}
	return a.understand(name, data, known)
}

// longFile is a file over the limit of a key file: only a list may be so long.
type longFile struct{ error }

func (e *longFile) Unwrap() error { return e.error }

// severalKeys refuses a list where one key is wanted.
func severalKeys(f *keyFile) error {
	err := fmt.Errorf("its format is %s, and a single key is wanted", f.Format.Title())
	return withHint(err, "sshkeys fingerprint "+quote(f.name))
}

func (a *app) read(name string) ([]byte, error) {
	if name != stdinName {
		return keyfile.Read(name, a.limits.FileBytes)
	}
	in, err := a.useStdin()
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(in, int64(a.limits.FileBytes)+1))
	if err == nil && len(data) > a.limits.FileBytes {
		err = &formats.LimitError{What: "the file's size in bytes", Got: uint64(len(data)), Max: uint64(a.limits.FileBytes)}
	}
	return data, err
}

// stream opens a file to be read piece by piece.
func (a *app) stream(name string) (io.ReadCloser, error) {
	if name != stdinName {
		return keyfile.Open(name)
	}
	in, err := a.useStdin()
	if err != nil {
		return nil, err
	}
	return io.NopCloser(in), nil
}

// streamList opens a list. What does not begin as text is refused, so that nobody
// waits for a disk image to be read.
func (a *app) streamList(name string) (io.ReadCloser, error) {
	r, err := a.stream(name)
	if err != nil {
		return nil, err
	}
	buffered := bufio.NewReaderSize(r, 64<<10)
	head, err := buffered.Peek(64 << 10)
	if err == nil && !formats.IsText(head) {
		r.Close()
		return nil, errNoList
	}
	return struct {
		io.Reader
		io.Closer
	}{buffered, r}, nil
}

// errNoList is a long file that is no list.
var errNoList = &formats.UnknownFormatError{Reason: "too long for a key, and no text"}

// useStdin hands out standard input, once.
func (a *app) useStdin() (io.Reader, error) {
	if a.stdinUsed || a.passphraseFile == stdinName {
		return nil, usagef("standard input can be used for one thing only")
	}
	a.stdinUsed = true
	return a.stdin, nil
}

// isTerminal tells whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
