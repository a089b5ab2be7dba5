package keytool

import (
	"bytes"
	"errors"
	"testing"
)

func TestWireReader(t *testing.T) {
	data := AppendMPInt(AppendStr(AppendUint32(nil, 7), "abc"), []byte{0, 0x80, 1})
	r := NewWireReader(data)
	if n, s, m := r.Uint32("n"), r.Str("s"), r.MPInt("m"); n != 7 || string(s) != "abc" || !bytes.Equal(m, []byte{0x80, 1}) {
		t.Fatalf("got %d %q %x", n, s, m)
	}
	if err := r.End(); err != nil {
		t.Fatal(err)
	}
}

func TestWireReaderRefuses(t *testing.T) {
	cases := map[string]struct {
		data []byte
		read func(*WireReader)
	}{
		"length past the end": {[]byte{0, 0, 0, 9, 1}, func(r *WireReader) { r.Str("x") }},
		"huge length":         {[]byte{255, 255, 255, 255, 1}, func(r *WireReader) { r.Str("x") }},
		"short length":        {[]byte{0, 0}, func(r *WireReader) { r.Str("x") }},
		"negative mpint":      {[]byte{0, 0, 0, 1, 0x80}, func(r *WireReader) { r.MPInt("x") }},
		"rest":                {[]byte{1, 2}, func(r *WireReader) { r.Byte("x") }},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := NewWireReader(c.data)
			c.read(r)
			err := r.End()
			if _, ok := errors.AsType[*FieldError](err); !ok {
				t.Fatalf("got %v, want a FieldError", err)
			}
			if r.Str("later") != nil || r.Err() != err {
				t.Error("the first failure does not stick")
			}
		})
	}
}

func TestMPIntCanonical(t *testing.T) {
	for _, b := range [][]byte{nil, {0}, {1}, {0x7f}, {0x80}, {0, 0, 0xff, 1}} {
		r := NewWireReader(AppendMPInt(nil, b))
		if got := r.MPInt("x"); !bytes.Equal(got, TrimZeros(b)) || r.End() != nil {
			t.Errorf("%x came back as %x, %v", b, got, r.Err())
		}
	}
}
