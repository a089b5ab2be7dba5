package secret

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// hidden must never be seen in an error or a print.
const hidden = "s3kr1t-Passw0rd"

func TestBytesHideThemselves(t *testing.T) {
	b := Bytes(hidden)
	file := filepath.Join(t.TempDir(), "pw")
	if err := os.WriteFile(file, []byte(hidden+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := New(Config{File: file})
	if got, err := source.Passphrase(t.Context(), "", 1); err != nil || string(got) != hidden {
		t.Fatal("the file was not read", err)
	}
	type nested struct {
		B Bytes
		S *Source
		L []Bytes
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%o", "%b", "%c", "%U", "%T", "%!"} {
		for _, v := range []any{b, &b, nested{b, source, []Bytes{b}}, source, []any{b}} {
			text := fmt.Sprintf(verb, v)
			for _, form := range []string{hidden, fmt.Sprintf("%x", hidden), fmt.Sprintf("%X", hidden), fmt.Sprint([]byte(hidden[:4]))[1:11]} {
				if strings.Contains(text, form) {
					t.Errorf("%s of %T shows the passphrase", verb, v)
				}
			}
		}
	}
	text, err := json.Marshal(map[string]any{"b": b, "l": []Bytes{b}})
	if err != nil || string(text) != `{"b":"[passphrase]","l":["[passphrase]"]}` {
		t.Errorf("JSON %s, %v", text, err)
	}
}

func TestClear(t *testing.T) {
	b := Bytes(hidden)
	b.Clear()
	for _, c := range b {
		if c != 0 {
			t.Fatal("not cleared")
		}
	}
}

func TestPassphraseFromFile(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name, content, want string
		err                 error
	}{
		{"lf", "pass word\n", "pass word", nil},
		{"crlf", "pass word\r\n", "pass word", nil},
		{"no line end", "pass word", "pass word", nil},
		{"blanks are kept", "  pass \t\n", "  pass \t", nil},
		{"first line only", "one\ntwo\n", "one", nil},
		{"cr is not a line end", "one\rtwo", "one\rtwo", nil},
		{"one cr only", "pass\r\r\n", "pass\r", nil},
		{"utf-8", "パスフレーズ é\n", "パスフレーズ é", nil},
		{"not utf-8", "\xe9\xa0\x00z\n", "\xe9\xa0\x00z", nil},
		{"utf-8 with mark", "\xef\xbb\xbfpass\r\n", "pass", nil},
		{"powershell", "\xff\xfep\x00a\x00s\x00s\x00\r\x00\n\x00x\x00", "pass", nil},
		{"utf-16 with 0x0a inside", "\xff\xfe\x0a\x30p\x00\n\x00", "\u300ap", nil},
		{"utf-16be", "\xfe\xff\x00p\x30\x0a\x00\n", "p\u300a", nil},
		{"utf-16 no line end", "\xff\xfep\x00q\x00", "pq", nil},
		{"empty line", "\nsecond\n", "", nil},
		{"empty file", "", "", ErrEmpty},
		{"mark only", "\xef\xbb\xbf", "", ErrEmpty},
		{"longest", strings.Repeat("x", maxLine) + "\n", strings.Repeat("x", maxLine), nil},
		{"too long", strings.Repeat("x", maxLine+1) + "\n", "", ErrTooLong},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(dir, "pw")
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			stdin := strings.NewReader(c.content)
			for _, source := range []*Source{New(Config{File: file}), New(Config{File: "-", Stdin: stdin})} {
				got, err := source.Passphrase(t.Context(), "unused", 1)
				if !errors.Is(err, c.err) || string(got) != c.want || (err == nil) != (got != nil) {
					t.Errorf("got %d bytes %q, %v; want %q, %v", len(got), []byte(got)[:min(20, len(got))], err, c.want[:min(20, len(c.want))], c.err)
				}
				if _, typed := errors.AsType[*SourceError](err); err != nil && !typed {
					t.Errorf("error %T, want a *SourceError", err)
				}
			}
		})
	}
}

// What follows the line on standard input may be for something else.
func TestStdinIsReadToTheLineEndOnly(t *testing.T) {
	stdin := strings.NewReader("pass\nrest")
	if _, err := New(Config{File: "-", Stdin: stdin}).Passphrase(t.Context(), "", 1); err != nil {
		t.Fatal(err)
	}
	if stdin.Len() != len("rest") {
		t.Errorf("%d bytes left, want %d", stdin.Len(), len("rest"))
	}
}

// Several keys share the one line, and clearing it for one does not spoil it
// for the next.
func TestFileIsReadOnce(t *testing.T) {
	source := New(Config{File: "-", Stdin: strings.NewReader(hidden + "\nother\n")})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			got, err := source.Passphrase(t.Context(), "", 1)
			if err != nil || string(got) != hidden {
				t.Errorf("wrong passphrase, %v", err)
			}
			got.Clear()
		})
	}
	all.Wait()
}

func TestFileHasOneTry(t *testing.T) {
	source := New(Config{File: "-", Stdin: strings.NewReader("pass\n")})
	if source.Again(1) {
		t.Error("Again after a file's only passphrase")
	}
	if _, err := source.Passphrase(t.Context(), "", 2); !errors.Is(err, ErrTries) {
		t.Errorf("second attempt: %v, want ErrTries", err)
	}
	person := New(Config{})
	if !person.Again(1) || !person.Again(2) || person.Again(3) {
		t.Error("a person has three tries")
	}
}

func TestBadFiles(t *testing.T) {
	dir := t.TempDir()
	missing := filepath.Join(dir, "none")
	_, err := New(Config{File: missing}).Passphrase(t.Context(), "", 1)
	e, ok := errors.AsType[*SourceError](err)
	if !ok || !errors.Is(err, fs.ErrNotExist) || !strings.Contains(e.Source, "none") {
		t.Errorf("missing: %v", err)
	}
	if _, err := New(Config{File: dir}).Passphrase(t.Context(), "", 1); !isSourceError(err) {
		t.Errorf("folder: %v, want a *SourceError", err)
	}
}

func isSourceError(err error) bool {
	_, ok := errors.AsType[*SourceError](err)
	return ok
}

func TestNewPassphraseFromFile(t *testing.T) {
	if got, err := New(Config{File: "-", Stdin: strings.NewReader("new\n")}).NewPassphrase(t.Context(), ""); err != nil || string(got) != "new" {
		t.Errorf("%v", err)
	}
	// An empty line must not silently mean "unencrypted".
	for _, content := range []string{"", "\n", "\r\n"} {
		if _, err := New(Config{File: "-", Stdin: strings.NewReader(content)}).NewPassphrase(t.Context(), ""); !errors.Is(err, ErrEmpty) {
			t.Errorf("%q: %v, want ErrEmpty", content, err)
		}
	}
}

// blocked is a standard input on which nothing ever comes.
type blocked chan struct{}

func (b blocked) Read([]byte) (int, error) { <-b; return 0, errors.New("closed") }

func TestInterruptEndsWaitingForStdin(t *testing.T) {
	stdin := make(blocked)
	defer close(stdin)
	ctx, cancel := context.WithCancel(t.Context())
	source := New(Config{File: "-", Stdin: stdin})
	go cancel()
	if _, err := source.Passphrase(ctx, "", 1); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
}

func TestPrintable(t *testing.T) {
	if got := printable("Enter passphrase for \x1b[2Jkey\n\u202e鍵: "); got != "Enter passphrase for ?[2Jkey??鍵: " {
		t.Errorf("got %q", got)
	}
}
