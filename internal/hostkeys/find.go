package hostkeys

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"sshkeys/formats"
)

// Find reads a known_hosts file of any length in constant memory and returns the
// lines that name one of the hosts, in their order, each once. A line whose key
// cannot be read is one of them, without its Key. Lines of formats.MaxLine bytes or
// more are passed over. The error is r's.
func Find(r io.Reader, file string, hosts []Host) ([]Line, error) {
	var found []Line
	m := newMatcher(hosts)
	err := eachLine(r, func(number int, raw []byte) {
		if l, _, ok := m.line(raw); ok {
			l.File, l.Number = file, number
			found = append(found, l)
		}
	})
	return found, err
}

// line reads a line that names one of the hosts; false for any other.
func (m matcher) line(raw []byte) (Line, fields, bool) {
	f, ok := cut(raw)
	if !ok {
		return Line{}, f, false
	}
	named := m.in(f)
	if named == nil {
		return Line{}, f, false
	}
	typ, _, _ := f.cutKey()
	return Line{Marker: string(f.marker), Hosts: string(f.hosts), Hashed: f.hashed(), Type: typ, Key: f.read(), For: named}, f, true
}

// eachLine calls fn for every line of less than formats.MaxLine bytes, with its end.
func eachLine(r io.Reader, fn func(number int, raw []byte)) error {
	b := bufio.NewReaderSize(r, formats.MaxLine)
	long := false
	for number := 1; ; {
		raw, err := b.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			long = true
			continue
		}
		if len(raw) > 0 && !long {
			fn(number, raw)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		long = false
		number++
	}
}

// Removal is a known_hosts file without the lines of some hosts.
type Removal struct {
	Rest []byte // all other lines, byte for byte; the whole file itself where none is Gone
	Gone []Line // what is not in Rest
	// Kept are lines that name the hosts and stay all the same: those with a
	// marker, and those that ssh cannot read.
	Kept []Line
}

// Remove takes out of a known_hosts file what `ssh-keygen -R` takes out for each of
// the hosts (ssh-keygen.c:known_hosts_find_delete): every line that names one of
// them, also where it does so by a pattern or names others too, but none that is
// marked @revoked or @cert-authority. Where ssh-keygen refuses a file for a line it
// cannot read, that line stays. data is not written to.
func Remove(data []byte, file string, hosts []Host) Removal {
	removal := Removal{Rest: data}
	m, number, at := newMatcher(hosts), 0, 0
	for raw := range bytes.Lines(data) {
		number++
		at += len(raw)
		l, f, ok := m.line(raw)
		l.File, l.Number = file, number
		goes := ok && l.Marker == "" && f.removable(l.Key)
		switch {
		case goes && removal.Gone == nil:
			removal.Rest = append(make([]byte, 0, len(data)), data[:at-len(raw)]...)
			fallthrough
		case goes:
			removal.Gone = append(removal.Gone, l)
			continue
		case ok:
			removal.Kept = append(removal.Kept, l)
		}
		if removal.Gone != nil {
			removal.Rest = append(removal.Rest, raw...)
		}
	}
	return removal
}
