// Package keyfile is the one place that opens and writes key files: bounded
// reads, and writes that either happen completely or not at all.
package keyfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"

	"sshkeys/formats"
)

// ErrDirectory: a folder stands where a file was expected.
var ErrDirectory = errors.New("it is a folder, not a file")

// Open opens a file to stream a list from it. Pipes and devices are fine:
// /dev/fd/63 is what a shell makes of <(command). The error is a *fs.PathError
// with fs.ErrNotExist, fs.ErrPermission or ErrDirectory in its chain.
func Open(path string) (*os.File, error) {
	f, _, err := open(path)
	return f, err
}

func open(path string) (*os.File, fs.FileInfo, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	info, err := f.Stat()
	if err == nil && info.IsDir() {
		err = &fs.PathError{Op: "read", Path: path, Err: ErrDirectory}
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, info, nil
}

// Read returns a file's content, at most limit bytes. Errors are those of Open,
// and a *formats.LimitError for a longer file, of which at most limit+1 bytes
// were read.
func Read(path string, limit int) ([]byte, error) {
	f, info, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	size := int64(0)
	if info.Mode().IsRegular() {
		size = info.Size()
	}
	if size > int64(limit) {
		return nil, tooLong(size, limit)
	}
	// One buffer of the right size, so that growing leaves no copies of a secret about.
	buf := bytes.NewBuffer(make([]byte, 0, size+bytes.MinRead))
	if _, err := buf.ReadFrom(io.LimitReader(f, int64(limit)+1)); err != nil {
		return nil, err
	}
	if buf.Len() > limit {
		return nil, tooLong(int64(buf.Len()), limit)
	}
	return buf.Bytes(), nil
}

func tooLong(got int64, limit int) error {
	return &formats.LimitError{What: "the file's size in bytes", Got: uint64(got), Max: uint64(limit)}
}
