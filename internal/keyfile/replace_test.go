package keyfile

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"testing"
)

func TestReplaceLeavesNoBackup(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		name      string
		private   bool
		old, want fs.FileMode
	}{
		{"key", true, 0o600, 0o600},
		{"wide-key", true, 0o664, 0o600},
		{"read-only-key", true, 0o400, 0o400},
		{"read-only-for-all", true, 0o444, 0o400},
		{"list", false, 0o644, 0o644},
		{"shared-list", false, 0o664, 0o664},
	} {
		if runtime.GOOS == "windows" && c.old&0o200 == 0 {
			continue // a read-only file is not replaced there
		}
		path := filepath.Join(dir, c.name)
		writeFile(t, path, "old", c.old)
		proved := ""
		err := Replace(context.Background(), path, []byte("old"), []byte("new"), WriteOptions{Private: c.private, Check: func(b []byte) error {
			proved = string(b)
			return nil
		}})
		if err != nil || proved != "new" {
			t.Fatalf("%s: proved %q, %v", c.name, proved, err)
		}
		wantFile(t, path, "new", c.want)
		os.Chmod(path, 0o600)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		wantNames(t, dir)
	}
}

// A backup that stands there already is another's and stays.
func TestReplaceLeavesOtherBackups(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	writeFile(t, path, "old", 0o600)
	writeFile(t, path+".bak", "older", 0o600)
	if err := Replace(context.Background(), path, []byte("old"), []byte("new"), WriteOptions{Private: true}); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path+".bak", "older", 0o600)
	wantNames(t, dir, "key", "key.bak")
}

func TestReplaceChangesNothing(t *testing.T) {
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		read  string // what the caller took for the old content
		check error
		want  error
	}{
		"another wrote meanwhile": {context.Background(), "older", nil, ErrChanged},
		"longer than was read":    {context.Background(), "ol", nil, ErrChanged},
		"check fails":             {context.Background(), "old", errCheck, errCheck},
		"interrupted":             {canceled, "old", nil, context.Canceled},
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, "key")
		writeFile(t, path, "old", 0o600)
		err := Replace(c.ctx, path, []byte(c.read), []byte("new"), WriteOptions{Private: true, Check: func([]byte) error { return c.check }})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		wantFile(t, path, "old", 0o600)
		wantNames(t, dir, "key")
	}
}

func TestReplaceMakesAFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	if err := Replace(context.Background(), path, []byte("old"), []byte("new"), WriteOptions{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("what was read is gone: %v, want fs.ErrNotExist", err)
	}
	wantNames(t, dir)
	if err := Replace(context.Background(), path, nil, []byte("new"), WriteOptions{Private: true}); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "new", 0o600)
	if err := Replace(context.Background(), path, nil, []byte("newer"), WriteOptions{}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("another was faster: %v, want fs.ErrExist", err)
	}
	wantFile(t, path, "new", 0o600)
	wantNames(t, dir, "key")
}

// Many that each read, add and replace lose nothing of one another.
func TestReplaceSideBySide(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are not locked there")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "list")
	const runs = 8
	var workers sync.WaitGroup
	for i := range runs {
		workers.Go(func() {
			for {
				old, err := Read(path, 1<<10)
				if err != nil && !errors.Is(err, fs.ErrNotExist) {
					t.Error(err)
					return
				}
				err = Replace(context.Background(), path, old, append(bytes.Clone(old), byte('a'+i)), WriteOptions{})
				if err == nil {
					return
				}
				if !errors.Is(err, ErrChanged) && !errors.Is(err, fs.ErrExist) {
					t.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	got, err := Read(path, 1<<10)
	if slices.Sort(got); err != nil || string(got) != "abcdefgh" {
		t.Errorf("%q is left, %v", got, err)
	}
	wantNames(t, dir, "list")
}

// What another program wrote between the check and the move is kept, and told.
func TestReplaceKeepsTheWordOfOthers(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key")
	writeFile(t, path, "new", 0o600)
	writeFile(t, path+".bak", "of another", 0o600)
	err := dropReplaced(Written{path, path + ".bak"}, []byte("old"))
	if err == nil {
		t.Fatal("nothing is told")
	}
	wantFile(t, path+".bak", "of another", 0o600)
}
