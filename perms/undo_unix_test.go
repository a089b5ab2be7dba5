//go:build !windows

package perms

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// fixed mends one file and returns the record of it.
func fixed(t *testing.T, path string) Record {
	t.Helper()
	var records []Record
	opt := Options{Journal: func(r Record) error { records = append(records, r); return nil }}
	for r := range Fix(t.Context(), []Target{{Path: path}}, opt) {
		if r.Err != nil {
			t.Fatal(r.Err)
		}
	}
	if len(records) != 1 {
		t.Fatalf("%d records, want 1", len(records))
	}
	return records[0]
}

func TestUndoLooksFirst(t *testing.T) {
	path := made(t, filepath.Join(realDir(t), "id_rsa"), secretText, 0o644)
	record := fixed(t, path)
	if err := CanUndo(record); err != nil {
		t.Errorf("right after the change: %v", err)
	}
	if err := os.Chmod(path, 0o400); err != nil {
		t.Fatal(err)
	}
	for name, undo := range map[string]func(Record) error{"undo": Undo, "dry run": CanUndo} {
		if err := undo(record); !errors.Is(err, ErrChangedSince) {
			t.Errorf("%s after another chmod: %v, want ErrChangedSince", name, err)
		}
	}
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Undo(record); err != nil {
		t.Errorf("undo: %v", err)
	}
	if err := Undo(record); !errors.Is(err, ErrNothingToUndo) {
		t.Errorf("undo once more: %v, want ErrNothingToUndo", err)
	}
}

// A new file often gets the number of the one that was removed.
func TestUndoKnowsANewFile(t *testing.T) {
	path := made(t, filepath.Join(realDir(t), "id_rsa"), secretText, 0o644)
	record := fixed(t, path)
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	known := o.born() != ""
	o.close()
	if !known {
		t.Skip("this file system does not keep when a file was made")
	}
	for range 20 {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		made(t, path, secretText, 0o600)
		if err := Undo(record); !errors.Is(err, ErrReplaced) {
			t.Fatalf("undo of another file: %v, want ErrReplaced", err)
		}
	}
}
