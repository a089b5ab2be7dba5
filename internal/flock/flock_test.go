package flock

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestBusy: a file that is locked through one opening is busy for the next, until
// the first is closed.
func TestBusy(t *testing.T) {
	if runtime.GOOS != "windows" && !Advisory {
		t.Skip("no locks here")
	}
	path := filepath.Join(t.TempDir(), "lock")
	first, second := open(t, Open, path), open(t, Open, path)
	if Busy(first) || !Busy(second) {
		t.Fatal("the first opening does not have the lock, or does not keep it")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if Busy(second) {
		t.Error("a lock outlives its file")
	}
}

// TestFolders: folders are locked alike where Advisory says so.
func TestFolders(t *testing.T) {
	if !Advisory {
		t.Skip("folders are not locked here")
	}
	dir := t.TempDir()
	if first, second := open(t, os.Open, dir), open(t, os.Open, dir); Busy(first) || !Busy(second) {
		t.Error("two have the folder's lock, or none has")
	}
}

func open(t *testing.T, by func(string) (*os.File, error), path string) *os.File {
	t.Helper()
	f, err := by(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}
