// Package register keeps what people declared their keys to be for, by
// fingerprint, in one JSON file of the user's: so a declaration survives every
// change of name, format and passphrase.
package register

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"

	"sshkeys/internal/keyfile"
	"sshkeys/keytool"
)

// layout is the version of the file written here.
const layout = 1

// maxBytes bounds the file: some 30 000 keys.
const maxBytes = 4 << 20

// Entry is what was declared of one key.
type Entry struct {
	Purpose keytool.Purpose
	Service string // it was made for, "" for none
	Date    string // of the declaration, YYYY-MM-DD
}

// stored is an entry as it stands in the file.
type stored struct {
	Purpose string `json:"purpose"`
	Service string `json:"service,omitempty"`
	Date    string `json:"date,omitempty"`
}

type content struct {
	Layout int               `json:"purposes"`
	Keys   map[string]stored `json:"keys"` // by SHA256:… fingerprint
}

// Register is the file as it was read. The zero value is an empty one.
type Register struct {
	data []byte // nil: there is no file
	keys map[string]stored
}

// BrokenError: the file is none that this program can read. It is never
// overwritten.
type BrokenError struct{ Path, Reason string }

func (e *BrokenError) Error() string {
	return fmt.Sprintf("%s: not a register of purposes: %s", e.Path, e.Reason)
}

// Read reads the register; one that does not exist is empty. The error is a
// *BrokenError or of the file system.
func Read(path string) (*Register, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &Register{}, nil
	case err != nil:
		return &Register{}, err
	case !info.Mode().IsRegular(): // a pipe would be waited for
		return &Register{}, &BrokenError{path, "it is no regular file"}
	case info.Size() > maxBytes:
		return &Register{}, &BrokenError{path, fmt.Sprintf("it is longer than %d bytes", maxBytes)}
	}
	data, err := keyfile.Read(path, maxBytes)
	if err != nil {
		return &Register{}, err
	}
	keys, reason := parse(data)
	if reason != "" {
		return &Register{}, &BrokenError{path, reason}
	}
	return &Register{data, keys}, nil
}

// parse reads the file's bytes; reason says what is wrong with them, without
// showing any.
func parse(data []byte) (keys map[string]stored, reason string) {
	var c content
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields() // they would be lost when it is written again
	switch err := dec.Decode(&c); {
	case err != nil:
		return nil, "its JSON is damaged, or is of something else"
	case c.Layout != layout:
		return nil, fmt.Sprintf("its layout is %d, and this program knows %d", c.Layout, layout)
	case dec.More():
		return nil, "something follows its end"
	}
	for fingerprint, e := range c.Keys {
		if _, ok := keytool.ParsePurpose(e.Purpose); !ok || !strings.HasPrefix(fingerprint, "SHA256:") {
			return nil, "an entry has no fingerprint or no purpose"
		}
	}
	return c.Keys, ""
}

// Find is what was declared of a key; false where nothing was.
func (r *Register) Find(fingerprint string) (Entry, bool) {
	s, ok := r.keys[fingerprint]
	p, _ := keytool.ParsePurpose(s.Purpose)
	return Entry{p, s.Service, s.Date}, ok
}

// with is the file with one more entry.
func (r *Register) with(fingerprint string, e Entry) ([]byte, error) {
	keys := maps.Clone(r.keys)
	if keys == nil {
		keys = map[string]stored{}
	}
	keys[fingerprint] = stored{e.Purpose.String(), e.Service, e.Date}
	data, err := json.MarshalIndent(content{layout, keys}, "", " ") // a line a key: for people and for diff
	if err == nil && len(data) >= maxBytes {
		err = fmt.Errorf("the register would be longer than %d bytes", maxBytes)
	}
	return append(data, '\n'), err
}

// Declare writes an entry, in place of the key's old one, durably and for the
// owner alone; the folder is made. Other runs of this program may do the same at
// the same time. The error is of Read or keyfile.Replace.
func Declare(ctx context.Context, path, fingerprint string, e Entry) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	const tries = 100 // each that fails is one of another run that did not
	for try := 1; ; try++ {
		r, err := Read(path)
		if err != nil {
			return err
		}
		if old, ok := r.Find(fingerprint); ok && old == e {
			return nil
		}
		data, err := r.with(fingerprint, e)
		if err != nil {
			return err
		}
		err = keyfile.Replace(ctx, path, r.data, data, keyfile.WriteOptions{Private: true, Check: readsBack})
		if !anotherRun(err) || try == tries {
			return err
		}
	}
}

func anotherRun(err error) bool {
	return errors.Is(err, keyfile.ErrChanged) || errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist)
}

func readsBack(data []byte) error {
	if _, reason := parse(data); reason != "" {
		return errors.New("what was written does not read back: " + reason)
	}
	return nil
}
