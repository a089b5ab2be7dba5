package register

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"sshkeys/keytool"
)

func TestDeclare(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "sshkeys", "purposes.json")
	if r, err := Read(path); err != nil {
		t.Fatal(r, err)
	}
	first := Entry{keytool.Dataset, "jga", "2026-11-21"}
	second := Entry{Purpose: keytool.Auth | keytool.Dataset}
	for _, step := range []struct {
		fingerprint string
		e           Entry
	}{{"SHA256:a", second}, {"SHA256:b", second}, {"SHA256:a", first}} {
		if err := Declare(t.Context(), path, step.fingerprint, step.e); err != nil {
			t.Fatal(err)
		}
	}
	r, err := Read(path)
	if err != nil {
		t.Fatal(err)
	}
	for fingerprint, want := range map[string]Entry{"SHA256:a": first, "SHA256:b": second} {
		if got, ok := r.Find(fingerprint); !ok || got != want {
			t.Errorf("%s: %+v, want %+v", fingerprint, got, want)
		}
	}
	if _, ok := r.Find("SHA256:c"); ok {
		t.Error("a key nobody declared is found")
	}
	info, err := os.Stat(path)
	if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if names, _ := os.ReadDir(filepath.Dir(path)); len(names) != 1 {
		t.Errorf("other files are left: %v", names)
	}
}

// TestSideBySide: runs at the same time lose nothing of one another.
func TestSideBySide(t *testing.T) {
	const runs, each = 4, 5
	path := filepath.Join(t.TempDir(), "purposes.json")
	var wg sync.WaitGroup
	for run := range runs {
		wg.Go(func() {
			for i := range each {
				if err := Declare(t.Context(), path, fmt.Sprintf("SHA256:%d-%d", run, i), Entry{Purpose: keytool.Auth}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	r, err := Read(path)
	if err != nil || len(r.keys) != runs*each {
		t.Errorf("%d keys, %v", len(r.keys), err)
	}
}

func TestBroken(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "prose": "secret words", "list": "[]", "newer": `{"purposes":2,"keys":{}}`, "no layout": `{"keys":{}}`,
		"unknown field": `{"purposes":1,"keys":{},"x":1}`, "two": `{"purposes":1,"keys":{}}{}`,
		"no purpose": `{"purposes":1,"keys":{"SHA256:a":{"purpose":"fun"}}}`, "no fingerprint": `{"purposes":1,"keys":{"a":{"purpose":"auth"}}}`,
		"long": strings.Repeat(" ", maxBytes+1),
	} {
		path := filepath.Join(t.TempDir(), "purposes.json")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := Read(path)
		if _, ok := errors.AsType[*BrokenError](err); !ok || r == nil || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
		err = Declare(t.Context(), path, "SHA256:a", Entry{Purpose: keytool.Auth})
		if _, ok := errors.AsType[*BrokenError](err); !ok {
			t.Errorf("%s: declared into: %v", name, err)
		}
		if now, _ := os.ReadFile(path); string(now) != text {
			t.Errorf("%s: was overwritten", name)
		}
	}
	if _, err := Read(t.TempDir()); err == nil {
		t.Error("a folder is read")
	}
}
