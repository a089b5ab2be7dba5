package keyring

import (
	"bytes"
	"errors"
	"os"
	"testing"
)

// TestCredentialManager keeps, finds and removes an entry that no key has.
func TestCredentialManager(t *testing.T) {
	const nobody = "SHA256:an entry of a test"
	k := New(os.Getenv)
	longest := bytes.Repeat([]byte{'x'}, 2560)
	for _, pass := range [][]byte{[]byte(" pâss 鍵"), longest} {
		if err := k.Store(t.Context(), nobody, pass); err != nil {
			t.Fatal(err)
		}
		if found, err := k.Find(t.Context(), nobody); err != nil || !bytes.Equal(found, pass) {
			t.Errorf("found %d bytes, want %d: %v", len(found), len(pass), err)
		}
	}
	if err := k.Store(t.Context(), nobody, append(longest, 'x')); !errors.Is(err, ErrTooLong) {
		t.Errorf("%v, want %v", err, ErrTooLong)
	}
	if err := k.Forget(t.Context(), nobody); err != nil {
		t.Error(err)
	}
	if err := k.Forget(t.Context(), nobody); err != ErrNotFound {
		t.Errorf("forgotten twice: %v, want %v", err, ErrNotFound)
	}
}
