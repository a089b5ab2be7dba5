package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"
)

// TestTurn: while one run has its turn another waits, says so, and gives up.
func TestTurn(t *testing.T) {
	if runtime.GOOS != "windows" && !removesLock {
		t.Skip("no locks here")
	}
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "state", "sshkeys")
	if _, err := Resume(ctx, dir, nil); !errors.Is(err, ErrNone) {
		t.Errorf("without a folder: %v", err)
	}
	first, err := Begin(ctx, dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	short := patience{pause: time.Millisecond, tell: 2, tries: 5}
	if _, err := short.take(ctx, dir, prepare, func() { told++ }); !errors.Is(err, ErrBusy) || told != 1 {
		t.Errorf("%v, told %d times", err, told)
	}
	if _, err := short.take(ctx, dir, present, func() {}); !errors.Is(err, ErrBusy) {
		t.Errorf("undo: %v", err)
	}
	stopped, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := Begin(stopped, dir, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
	first.End()
	if _, err := os.Stat(filepath.Dir(dir)); removesLock && !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a run without changes leaves its folder: %v", err)
	}
	second, err := short.take(ctx, dir, prepare, func() {})
	if err != nil {
		t.Fatal(err)
	}
	second.End()
}

// TestTurns: of many runs at once one at a time has its turn, though each takes
// the lock and its folder away at its end.
func TestTurns(t *testing.T) {
	if runtime.GOOS != "windows" && !removesLock {
		t.Skip("no locks here")
	}
	dir := filepath.Join(t.TempDir(), "sshkeys")
	at, had := make(chan struct{}, 1), 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				turn, err := patience{time.Millisecond, 1 << 30, 1 << 30}.take(t.Context(), dir, prepare, nil)
				if err != nil {
					t.Error(err)
					return
				}
				select {
				case at <- struct{}{}:
				default:
					t.Error("two runs have their turn")
				}
				had++
				<-at
				turn.End()
			}
		})
	}
	all.Wait()
	if had != 160 {
		t.Errorf("%d turns", had)
	}
}
