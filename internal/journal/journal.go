// Package journal keeps what a run of `sshkeys fixperms` changed, so that it can
// be taken back: one file of JSON lines per run, a header and then a record for
// each change, on the disk before the change is made.
package journal

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sshkeys/perms"
)

// layout is the version of the files written here.
const layout = 1

// Limits of what is read back: a million changes of some 250 bytes each, and a
// line with two Windows descriptors of the largest size (64 KiB each) in base64.
const (
	maxBytes = 256 << 20
	maxLine  = 256 << 10
)

const (
	suffix     = ".jsonl"
	undone     = ".undone"
	stampWidth = "20060102T150405.000000000Z" // names sort by time
)

// ErrNone: there is no run that could be taken back.
var ErrNone = errors.New("no run of fixperms is recorded that could be taken back")

// RefusedError: a journal, or the folder of them, is damaged or could be another
// user's work.
type RefusedError struct {
	Path string
	Err  error
	Mend []string // the words of a command that gets it out of the way
}

func (e *RefusedError) Error() string { return e.Path + ": " + e.Err.Error() }
func (e *RefusedError) Unwrap() error { return e.Err }

func refused(path string, err error, mend ...string) error {
	return &RefusedError{path, err, mend}
}

// Header is a journal's first line.
type Header struct {
	Layout  int       `json:"journal"`
	Version string    `json:"sshkeys"` // of the program
	Time    time.Time `json:"time"`
	Command string    `json:"command"`
}

// line is a record as it is stored. JSON holds no bytes that are not UTF-8, and
// a path can have them.
type line struct {
	perms.Record
	Raw []byte `json:"path_bytes,omitempty"`
}

// Writer is the journal of one run. Nothing is created before its first record.
type Writer struct {
	dir    string
	header Header
	file   *os.File
	err    error // after a failure a further record would follow half a line
}

// NewWriter starts the journal of a run in a folder that need not exist. The
// header's time names the file.
func NewWriter(dir string, h Header) *Writer {
	h.Layout = layout
	h.Time = h.Time.UTC()
	return &Writer{dir: dir, header: h}
}

// Add puts a record on the disk: when it returns nil the change may be made.
func (w *Writer) Add(r perms.Record) error {
	if w.err == nil {
		w.err = w.add(r)
	}
	return w.err
}

func (w *Writer) add(r perms.Record) error {
	data, err := marshal(r)
	if err != nil {
		return err
	}
	first := w.file == nil
	if first {
		head, err := json.Marshal(w.header)
		if err != nil {
			return err
		}
		if w.file, err = create(w.dir, w.header.Time); err != nil {
			return err
		}
		data = slices.Concat(head, []byte("\n"), data)
	}
	if _, err := w.file.Write(data); err != nil {
		return err
	}
	if err := w.file.Sync(); err != nil {
		return err
	}
	if first {
		return syncDir(w.dir)
	}
	return nil
}

// Path is the file's name, "" where nothing was recorded.
func (w *Writer) Path() string {
	if w.file == nil {
		return ""
	}
	return w.file.Name()
}

// Close ends the run.
func (w *Writer) Close() error {
	if w.file == nil {
		return nil
	}
	return w.file.Close()
}

func marshal(r perms.Record) ([]byte, error) {
	l := line{Record: r}
	if !utf8.ValidString(r.Path) {
		l.Raw = []byte(r.Path)
	}
	data, err := json.Marshal(l)
	return append(data, '\n'), err
}

// create makes a new file named by its time, a moment later where two runs meet.
func create(dir string, at time.Time) (*os.File, error) {
	if _, err := prepare(dir); err != nil {
		return nil, err
	}
	for {
		f, err := perms.CreatePrivate(filepath.Join(dir, at.Format(stampWidth)+suffix))
		if err == nil {
			err = readable(f)
		}
		if !errors.Is(err, fs.ErrExist) {
			return f, err
		}
		at = at.Add(time.Nanosecond)
	}
}

// readable tells whether a new journal is one that read takes: some file systems
// give every file one owner and mode. It is removed where it is not.
func readable(f *os.File) error {
	info, err := f.Stat()
	if err == nil {
		err = checkOwner(f.Name(), info)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	return nil
}

// Run is a journal as it was read.
type Run struct {
	Path    string
	Header  Header
	Records []perms.Record // as they were written; undo goes backwards
}

// Last is the first of Runs, or ErrNone.
func Last(dir string) (*Run, error) {
	for run, err := range Runs(dir) {
		return run, err
	}
	return nil, ErrNone
}

// Runs reads the journals of the runs that recorded something, the last run first.
// It ends with the first error: a *RefusedError or the system's. A last line that
// was cut off is left out: its change was never made.
func Runs(dir string) iter.Seq2[*Run, error] {
	return func(yield func(*Run, error) bool) {
		names, err := os.ReadDir(dir)
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err == nil {
			err = trusted(dir)
		}
		if err != nil {
			yield(nil, err)
			return
		}
		for _, entry := range slices.Backward(names) { // sorted by name, so by time
			if !strings.HasSuffix(entry.Name(), suffix) {
				continue
			}
			run, err := read(filepath.Join(dir, entry.Name()))
			if (err != nil || len(run.Records) > 0) && !yield(run, err) || err != nil {
				return
			}
		}
	}
}

// Spent tells whether a run changed nothing, or nothing that is still so: all its
// files are as they were before it. It changes nothing itself.
func (r *Run) Spent() bool {
	return !slices.ContainsFunc(r.Records, func(record perms.Record) bool {
		return !errors.Is(perms.CanUndo(record), perms.ErrNothingToUndo)
	})
}

// trusted refuses a folder in which another user could put a journal: undoing
// that one would give modes of their choice to our files, with our rights.
func trusted(dir string) error {
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	return checkOwner(dir, info)
}

func read(path string) (*Run, error) {
	info, err := os.Lstat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = refused(path, errors.New("it is not a regular file"), "rm", path)
	}
	if err != nil {
		return nil, err
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err = f.Stat(); err != nil {
		return nil, err
	}
	if err := checkOwner(path, info); err != nil {
		return nil, err
	}
	if info.Size() > maxBytes {
		return nil, refused(path, fmt.Errorf("the journal has %d bytes, more than the limit of %d", info.Size(), int64(maxBytes)), "rm", path)
	}
	return parse(path, io.LimitReader(f, maxBytes))
}

// parse reads a journal. A line without its end is a crash's; any other that does
// not parse is damage.
func parse(path string, r io.Reader) (*Run, error) {
	run := &Run{Path: path}
	damaged := func(number int, err error) (*Run, error) {
		return nil, refused(path, fmt.Errorf("line %d of the journal is damaged: %w", number, err), "rm", path)
	}
	scanner := bufio.NewScanner(r)
	scanner.Buffer(nil, maxLine)
	scanner.Split(wholeLines)
	number := 0
	for scanner.Scan() {
		number++
		if number > 1 {
			if err := run.record(scanner.Bytes()); err != nil {
				return damaged(number, err)
			}
			continue
		}
		if err := json.Unmarshal(scanner.Bytes(), &run.Header); err != nil {
			return damaged(number, err)
		}
		if run.Header.Layout != layout {
			return nil, refused(path, errors.New("another version of sshkeys wrote this journal"), "rm", path)
		}
	}
	if err := scanner.Err(); err != nil {
		return damaged(number+1, err)
	}
	return run, nil
}

// wholeLines leaves out a last line without its end.
func wholeLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

func (r *Run) record(data []byte) error {
	var l line
	if err := json.Unmarshal(data, &l); err != nil {
		return err
	}
	if l.Raw != nil {
		l.Path = string(l.Raw)
	}
	if !filepath.IsAbs(l.Path) || l.ID == "" {
		return errors.New("no file is named")
	}
	r.Records = append(r.Records, l.Record)
	return nil
}

// Finish ends an undo. Where everything was taken back the journal gets the ending
// .undone; what is left stays in it, to be tried again.
func (r *Run) Finish(left []perms.Record) error {
	if len(left) == 0 {
		if err := os.Rename(r.Path, strings.TrimSuffix(r.Path, suffix)+undone); err != nil {
			return err
		}
		return syncDir(filepath.Dir(r.Path))
	}
	if len(left) == len(r.Records) {
		return nil
	}
	return r.rewrite(left)
}

// rewrite replaces the journal by one with fewer records, whole or not at all.
func (r *Run) rewrite(left []perms.Record) error {
	head, err := json.Marshal(r.Header)
	if err != nil {
		return err
	}
	text := bytes.NewBuffer(append(head, '\n'))
	for _, record := range left {
		data, err := marshal(record)
		if err != nil {
			return err
		}
		text.Write(data)
	}
	temp := r.Path + ".new"
	if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) { // a crash's
		return err
	}
	f, err := perms.CreatePrivate(temp)
	if err != nil {
		return err
	}
	_, err = f.Write(text.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(temp, r.Path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDir(filepath.Dir(r.Path))
}
