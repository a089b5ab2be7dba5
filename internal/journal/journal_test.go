package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"sshkeys/perms"
)

var day = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func mode(m uint32) perms.State { return perms.State{Mode: &m} }

// record names a file by a path that is absolute on every system.
func record(t *testing.T, name string, m uint32) perms.Record {
	t.Helper()
	path, err := filepath.Abs(name)
	if err != nil {
		t.Fatal(err)
	}
	return perms.Record{Path: path, ID: "1:" + name, Before: mode(m), Change: "chmod 600"}
}

// write makes the journal of one run.
func write(t *testing.T, dir string, at time.Time, records ...perms.Record) string {
	t.Helper()
	w := NewWriter(dir, Header{Version: "test", Time: at, Command: "sshkeys fixperms"})
	for _, r := range records {
		if err := w.Add(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return w.Path()
}

func last(t *testing.T, dir string) *Run {
	t.Helper()
	run, err := Last(dir)
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestRoundTrip: what is added is on the disk at once, and read back as it was.
func TestRoundTrip(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "sshkeys")
	w := NewWriter(dir, Header{Version: "1.2", Time: day, Command: "sshkeys fixperms 'a b'"})
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || w.Path() != "" {
		t.Fatalf("a run without a change left %s (%v)", w.Path(), err)
	}
	uid, gid := 1, 2
	full := record(t, "b", 0o2775)
	full.From = "a link"
	full.Before.UID, full.Before.GID = &uid, &gid
	full.Before.ACL, full.Before.DefaultACL, full.Before.Descriptor, full.Before.Link = []byte{1, 0}, []byte{2}, []byte{3}, []byte{4}
	odd := record(t, "c", 0)
	odd.Path += "\xff\xfe" // no UTF-8, as a name in Shift JIS
	want := []perms.Record{record(t, "a", 0o644), full, odd}
	for i, r := range want {
		if err := w.Add(r); err != nil {
			t.Fatal(err)
		}
		run := last(t, dir) // while the run goes on, as after a crash
		if !reflect.DeepEqual(run.Records, want[:i+1]) {
			t.Errorf("after %d records: %+v", i+1, run.Records)
		}
		if run.Header != (Header{1, "1.2", day, "sshkeys fixperms 'a b'"}) || run.Path != w.Path() {
			t.Errorf("header %+v, path %s", run.Header, run.Path)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" {
		checkMode(t, dir, 0o700)
		checkMode(t, w.Path(), 0o600)
	}
}

func checkMode(t *testing.T, path string, want fs.FileMode) {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
		t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
	}
}

// TestOrder: the newest run with something to take back comes first, and each
// undo makes way for the run before. Runs of one moment do not meet.
func TestOrder(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, day.Add(time.Hour), record(t, "2", 0o644))
	write(t, dir, day, record(t, "1", 0o644))
	write(t, dir, day.Add(time.Hour), record(t, "3", 0o644))
	write(t, dir, day.Add(2*time.Hour)) // nothing changed: no file
	for _, want := range []string{"3", "2", "1"} {
		run := last(t, dir)
		if len(run.Records) != 1 || filepath.Base(run.Records[0].Path) != want {
			t.Errorf("got %+v, want %s", run.Records, want)
		}
		if err := run.Finish(nil); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(strings.TrimSuffix(run.Path, suffix) + undone); err != nil {
			t.Error(err)
		}
	}
	if _, err := Last(dir); !errors.Is(err, ErrNone) {
		t.Errorf("got %v, want ErrNone", err)
	}
	if _, err := Last(filepath.Join(dir, "missing")); !errors.Is(err, ErrNone) {
		t.Errorf("without a folder: got %v, want ErrNone", err)
	}
}

// TestFinishInPart: what could not be taken back stays, and nothing else.
func TestFinishInPart(t *testing.T) {
	dir := t.TempDir()
	all := []perms.Record{record(t, "a", 0o644), record(t, "b", 0o640), record(t, "c", 0o664)}
	path := write(t, dir, day, all...)
	if err := os.WriteFile(path+".new", []byte("left by a crash"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := last(t, dir)
	header := run.Header
	for _, left := range [][]perms.Record{all, all[1:], all[2:]} {
		if err := run.Finish(left); err != nil {
			t.Fatal(err)
		}
		run = last(t, dir)
		if !reflect.DeepEqual(run.Records, left) || run.Header != header || run.Path != path {
			t.Errorf("got %+v, want %+v", run, left)
		}
		if runtime.GOOS != "windows" {
			checkMode(t, path, 0o600)
		}
	}
	if names, _ := filepath.Glob(filepath.Join(dir, "*")); len(names) != 1 {
		t.Errorf("left behind: %v", names)
	}
}

// TestCrash cuts a journal at every byte: what reads back is always the first
// records, and never an error.
func TestCrash(t *testing.T) {
	dir := t.TempDir()
	all := []perms.Record{record(t, "a", 0o644), record(t, "b", 0o640)}
	whole, err := os.ReadFile(write(t, dir, day, all...))
	if err != nil {
		t.Fatal(err)
	}
	for n := range len(whole) {
		run, err := parse("j", bytes.NewReader(whole[:n]))
		if err != nil {
			t.Fatalf("cut at %d: %v", n, err)
		}
		lines := bytes.Count(whole[:n], []byte("\n"))
		if got := len(run.Records); got != max(0, lines-1) && got != max(0, lines) || !reflect.DeepEqual(run.Records, all[:got:got]) && got > 0 {
			t.Errorf("cut at %d, after %d lines: %+v", n, lines, run.Records)
		}
	}
}

// TestCrashLeavesTheRunBefore: a journal without a whole record is passed over.
func TestCrashLeavesTheRunBefore(t *testing.T) {
	dir := t.TempDir()
	want := write(t, dir, day, record(t, "a", 0o644))
	for i, text := range []string{"", `{"journal":1,"ti`, `{"journal":1}` + "\n", `{"journal":1}` + "\n" + `{"path":"/x"`} {
		name := filepath.Join(dir, day.Add(time.Duration(i+1)*time.Hour).Format(stampWidth)+suffix)
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if run := last(t, dir); run.Path != want {
			t.Errorf("%q: got %s", text, run.Path)
		}
	}
}

func TestDamage(t *testing.T) {
	good, err := marshal(record(t, "a", 0o644))
	if err != nil {
		t.Fatal(err)
	}
	head := `{"journal":1}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"a damaged record":            {head + "{\n" + string(good), "line 2"},
		"a damaged header":            {"{\n" + string(good), "line 1"},
		"another layout":              {`{"journal":2}` + "\n" + string(good), "another version"},
		"a record without file":       {head + `{"id":"1"}` + "\n" + string(good), "line 2"},
		"a relative path":             {head + `{"path":"a","id":"1"}` + "\n" + string(good), "line 2"},
		"a record without id":         {head + strings.Replace(string(good), `"id":"1:a"`, `"id":""`, 1) + string(good), "line 2"},
		"a damaged last record":       {head + string(good) + "x\n", "line 3"},
		"nothing but a broken header": {"x\n", "line 1"},
		"a line without end":          {head + strings.Repeat(" ", maxLine+1), "line 2"},
	} {
		run, err := parse("j", strings.NewReader(c.text))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %+v, %v; want %q", name, run, err, c.want)
		}
		if refused, ok := errors.AsType[*RefusedError](err); !ok || refused.Path != "j" || !slices.Equal(refused.Mend, []string{"rm", "j"}) {
			t.Errorf("%s: %#v names no way out", name, err)
		}
	}
}

// TestTooLong: a journal over the limit is refused before it is read.
func TestTooLong(t *testing.T) {
	dir := t.TempDir()
	path := write(t, dir, day, record(t, "a", 0o644))
	if err := os.Truncate(path, maxBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, err := Last(dir); err == nil || !strings.Contains(err.Error(), fmt.Sprint(maxBytes)) {
		t.Errorf("got %v", err)
	}
}

// TestCannotWrite: where the journal cannot be written Add says so, each time.
func TestCannotWrite(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := NewWriter(filepath.Join(file, "sshkeys"), Header{Time: day}).Add(record(t, "a", 0)); err == nil {
		t.Error("a journal below a file was written")
	}
	w := NewWriter(t.TempDir(), Header{Time: day})
	if err := w.Add(record(t, "a", 0)); err != nil {
		t.Fatal(err)
	}
	w.file.Close() // the disk is gone
	for range 2 {
		if err := w.Add(record(t, "b", 0)); err == nil {
			t.Error("a record that was not written was confirmed")
		}
	}
}
