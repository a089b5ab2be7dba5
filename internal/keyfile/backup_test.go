package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestCopyNew(t *testing.T) {
	dir := t.TempDir()
	from := filepath.Join(dir, "key")
	writeFile(t, from, "old bytes", 0o640)
	for _, c := range []struct {
		name    string
		private bool
		want    fs.FileMode
	}{{"private", true, 0o600}, {"public", false, 0o640}} {
		to := filepath.Join(dir, c.name)
		if err := copyNew(from, to, c.private); err != nil {
			t.Fatal(err)
		}
		wantFile(t, to, "old bytes", c.want)
		if err := copyNew(from, to, c.private); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s: a second copy: %v, want fs.ErrExist", c.name, err)
		}
		wantFile(t, to, "old bytes", c.want)
	}
}

func TestKeepOldFindsFreeName(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "key")
	writeFile(t, key, "new", 0o600)
	writeFile(t, key+".bak", "older", 0o600)
	if err := os.Mkdir(key+".bak.1", 0o700); err != nil {
		t.Fatal(err)
	}
	name, err := keepOld(key, true)
	if err != nil || name != key+".bak.2" {
		t.Fatalf("kept as %q, %v", name, err)
	}
	wantFile(t, name, "new", 0o600)
	wantFile(t, key+".bak", "older", 0o600)
	if name, err := keepOld(filepath.Join(dir, "none"), true); name != "" || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %q, %v", name, err)
	}
}

// wantFile wants a file of exactly this content and, where modes mean something, this mode.
func wantFile(t *testing.T, path, content string, mode fs.FileMode) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != content {
		t.Errorf("%s: %q, %v; want %q", filepath.Base(path), got, err, content)
		return
	}
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode() != mode {
		t.Errorf("%s: mode %v, want %v", filepath.Base(path), info.Mode(), mode)
	}
}

// wantNames wants exactly these names in a folder: nothing is left behind.
func wantNames(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, e := range entries {
		got[e.Name()] = true
	}
	for _, name := range want {
		if !got[name] {
			t.Errorf("%s is missing", name)
		}
		delete(got, name)
	}
	for name := range got {
		t.Errorf("%s was left behind", name)
	}
}
