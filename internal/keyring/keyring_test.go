package keyring

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

// pretend is a keyring that answers as it is told.
type pretend struct {
	get  func() (string, error)
	set  error
	stop func()
}

func (p pretend) Set(string, string, string) error   { return p.set }
func (p pretend) Get(string, string) (string, error) { return p.get() }
func (p pretend) Delete(string, string) error        { p.stop(); return nil }

// pretending is reachable on every system, and waits for the test to end.
func pretending(p pretend) *Keyring {
	k := New(func(string) string { return "unix:path=/nowhere" })
	k.calls, k.Wait, k.Patience = p, time.Hour, time.Hour
	return k
}

func TestWaitIsBounded(t *testing.T) {
	never := make(chan struct{})
	defer close(never)
	k := pretending(pretend{get: func() (string, error) { <-never; return "", nil }})
	k.Wait = time.Millisecond
	if _, err := k.Find(t.Context(), "SHA256:x"); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("%v, want %v", err, ErrNoAnswer)
	}
	k.Wait = time.Hour
	ctx, cancel := context.WithCancel(t.Context())
	waiting := 0
	k.Patience, k.Waiting = time.Millisecond, func() { waiting++; cancel() }
	if _, err := k.Find(ctx, "SHA256:x"); err != context.Canceled || waiting != 1 {
		t.Errorf("%v after %d calls of Waiting, want %v after one", err, waiting, context.Canceled)
	}
}

func TestErrors(t *testing.T) {
	const secret = "geheim"
	for _, c := range []struct {
		name string
		p    pretend
		want error
	}{
		{"too long", pretend{set: keyring.ErrSetDataTooBig}, ErrTooLong},
		{"not kept", pretend{get: func() (string, error) { return "", keyring.ErrNotFound }}, ErrNotKept},
		{"kept another", pretend{get: func() (string, error) { return "other", nil }}, ErrNotKept},
		{"panics", pretend{get: func() (string, error) { panic(secret) }}, errBroken},
	} {
		err := pretending(c.p).Store(t.Context(), "SHA256:x", []byte(secret))
		if !isError(err, c.want) || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	for goos, want := range map[string]string{"windows": "2560 bytes", "darwin": "3000 bytes"} {
		if err := (&Error{ErrTooLong, limits(goos)}); !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", goos, err, want)
		}
	}
}

func isError(err, want error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && e.Err == want
}
