package formats

import (
	"bytes"
	"encoding/base64"
	"testing"
)

func b64(s string) []byte { return []byte(base64.StdEncoding.EncodeToString([]byte(s))) }

// TestBase64Table: of every length, and with every byte at every place, the
// answer is that of encoding/base64.
func TestBase64Table(t *testing.T) {
	table := newBase64Table()
	source := bytes.Repeat([]byte("\x00\xffkey\x10\x83\xfb"), 8)
	for n := range len(source) {
		text := b64(string(source[:n]))
		checkBase64(t, table, text)
		checkBase64(t, table, text[:len(text)-min(1, len(text))])
	}
	text := b64(string(source[:22]))
	for i := range text {
		for c := range 256 {
			if c == '\r' || c == '\n' {
				continue // skipped by encoding/base64; no line has them
			}
			changed := bytes.Clone(text)
			changed[i] = byte(c)
			checkBase64(t, table, changed)
		}
	}
}

func checkBase64(t *testing.T, table *base64Table, text []byte) {
	t.Helper()
	want, err := base64.StdEncoding.Strict().DecodeString(string(text))
	got := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, ok := table.decode(got, text)
	if ok != (err == nil) || ok && !bytes.Equal(got[:n], want) {
		t.Fatalf("%q: %x, %v; want %x, %v", text, got[:n], ok, want, err)
	}
}
