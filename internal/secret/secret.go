// Package secret gets passphrases: from a file, from SSH_ASKPASS, or from the
// terminal, in this order. No passphrase is ever in an error or a print of its
// types.
package secret

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"unicode"
)

// Bytes is a passphrase. Under every verb, and as JSON, it prints as a
// placeholder.
type Bytes []byte

const placeholder = "[passphrase]"

// Format hides the passphrase from package fmt.
func (Bytes) Format(f fmt.State, _ rune) { io.WriteString(f, placeholder) }

// MarshalText hides the passphrase from encoding/json and its like.
func (Bytes) MarshalText() ([]byte, error) { return []byte(placeholder), nil }

// Clear overwrites the passphrase.
func (b Bytes) Clear() { clear(b) }

// ErrNoWay: there is no file, no terminal and no askpass program to get a passphrase from.
var ErrNoWay = errors.New("a passphrase is needed, and there is no terminal to ask for it")

// Why a source gave none; in a *SourceError.
var (
	ErrEmpty   = errors.New("it is empty")
	ErrTooLong = fmt.Errorf("its first line is longer than %d bytes", maxLine)
	ErrDiffer  = errors.New("the two passphrases differed every time")
	ErrTries   = errors.New("no more tries")
)

// SourceError: there was a source, and it gave no passphrase.
type SourceError struct {
	Source string // e.g. passphrase file "pw.txt"
	Err    error
}

func (e *SourceError) Error() string { return e.Source + ": " + e.Err.Error() }
func (e *SourceError) Unwrap() error { return e.Err }

// tries is how often a person is asked.
const tries = 3

// Config says where passphrases come from.
type Config struct {
	// File is the file whose first line is the passphrase, "-" for Stdin.
	// Given one, nobody is asked.
	File  string
	Stdin io.Reader
	// Env reads an environment variable; nil reads none. Of interest are
	// SSH_ASKPASS, SSH_ASKPASS_REQUIRE, DISPLAY and WAYLAND_DISPLAY.
	Env func(string) string
	// Stderr gets what the askpass program says; may be nil.
	Stderr io.Writer
}

// Source gives the passphrases of one run of the program. Goroutines may share
// it: people are asked one question at a time, and a file is read once.
type Source struct {
	cfg     Config
	mu      sync.Mutex
	readYet bool
	line    Bytes // of File
	written Bytes // the same with its byte order mark or CR; nil without
	lineErr error
	askpass []string // where the askpass program usually is
}

// New makes a Source.
func New(c Config) *Source {
	if c.Env == nil {
		c.Env = func(string) string { return "" }
	}
	return &Source{cfg: c, askpass: askpassPlaces()}
}

// Format hides the line that was read.
func (s *Source) Format(f fmt.State, _ rune) { io.WriteString(f, "[passphrase source]") }

// Passphrase gets the passphrase that opens a key. attempt counts from 1 for
// each key; a file has one, a person three. The result is the caller's to clear;
// it may be empty and is nil with an error only. Errors: ErrNoWay, a
// *SourceError, or ctx's.
func (s *Source) Passphrase(ctx context.Context, prompt string, attempt int) (Bytes, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case attempt > 1 && !s.Again(attempt-1):
		return nil, &SourceError{"passphrase", ErrTries}
	case s.cfg.File != "":
		return s.fromFile(ctx)
	}
	return s.ask(ctx, prompt)
}

// Again tells whether asking again makes sense after this attempt failed.
func (s *Source) Again(attempt int) bool { return s.cfg.File == "" && attempt < tries }

// NewPassphrase gets a passphrase to protect something with: a person gives it
// twice, and again when the two differ. An empty one is a person's way to say
// "none"; of a file it is an error. Errors are as for Passphrase.
func (s *Source) NewPassphrase(ctx context.Context, prompt string) (Bytes, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cfg.File != "" {
		line, err := s.fromFile(ctx)
		if err == nil && len(line) == 0 {
			return nil, s.fileError(ErrEmpty)
		}
		return line, err
	}
	question := prompt
	for range tries {
		first, err := s.ask(ctx, question)
		if err != nil {
			return nil, err
		}
		second, err := s.ask(ctx, "Enter the same passphrase again: ")
		if err == nil && bytes.Equal(first, second) {
			second.Clear()
			return first, nil
		}
		first.Clear()
		second.Clear()
		if err != nil {
			return nil, err
		}
		question = "The two passphrases differ. " + prompt
	}
	return nil, &SourceError{"new passphrase", ErrDiffer}
}

// fromFile reads the file once, however many keys need it: standard input and
// pipes can be read once only.
func (s *Source) fromFile(ctx context.Context) (Bytes, error) {
	if !s.readYet {
		line, err := await(ctx, s.readFile)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		s.readYet = true
		if err == nil {
			s.written = written(line)
			s.line, err = content(line)
		}
		if err != nil {
			s.lineErr = s.fileError(err)
		}
	}
	if s.lineErr != nil {
		return nil, s.lineErr
	}
	return append(Bytes{}, s.line...), nil
}

func (s *Source) readFile() (Bytes, error) {
	if s.cfg.File == "-" {
		return firstLine(s.cfg.Stdin)
	}
	f, err := os.Open(s.cfg.File)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return firstLine(f)
}

func (s *Source) fileError(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	}
	if s.cfg.File == "-" {
		return &SourceError{"passphrase on standard input", err}
	}
	return &SourceError{fmt.Sprintf("passphrase file %q", s.cfg.File), err}
}

// ask asks a person, in the way OpenSSH chooses (readpass.c:read_passphrase):
// the terminal, or the askpass program where there is none or it is preferred.
func (s *Source) ask(ctx context.Context, prompt string) (Bytes, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	prompt = printable(prompt)
	program, preferred := s.askpassProgram()
	if program != "" && preferred {
		return s.runAskpass(ctx, program, prompt)
	}
	tty, err := openTerminal()
	switch {
	case err == nil:
		return tty.ask(ctx, prompt)
	case program != "":
		return s.runAskpass(ctx, program, prompt)
	}
	return nil, ErrNoWay
}

// printable keeps file names in prompts from giving orders to the terminal.
func printable(prompt string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, prompt)
}

// await stops waiting for a read when ctx ends. The read itself cannot be
// stopped; it ends with the program.
func await(ctx context.Context, read func() (Bytes, error)) (Bytes, error) {
	type result struct {
		line Bytes
		err  error
	}
	done := make(chan result, 1)
	go func() {
		line, err := read()
		done <- result{line, err}
	}()
	select {
	case r := <-done:
		return r.line, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
