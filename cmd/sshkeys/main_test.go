package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sshkeys/internal/testkeys"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"sshkeys": main}) }

func TestScripts(t *testing.T) { runScripts(t, "testdata/script") }

// runScripts runs a folder's scripts. $KEYS and $BAD are the golden files and the
// bad ones, $PASS a file with the goldens' passphrase; of this process's own
// environment they have the variables that are named.
func runScripts(t *testing.T, dir string, variables ...string) {
	root, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: dir,
		Setup: func(e *testscript.Env) error {
			e.Setenv("KEYS", filepath.Join(root, "keys"))
			e.Setenv("BAD", filepath.Join(root, "bad"))
			e.Setenv("PASS", filepath.Join(root, "keys", "passphrase"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("USERPROFILE", e.WorkDir) // is ~ on Windows
			e.Setenv("DISPLAY", "")
			e.Setenv("WAYLAND_DISPLAY", "")
			e.Setenv("GORACE", os.Getenv("GORACE")) // the program is built as the test is
			for _, name := range variables {
				e.Setenv(name, os.Getenv(name))
			}
			return nil
		},
		Condition: condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "mode": mode, "modes": modes, "mends": mends,
		},
	})
}

// exits runs a command and holds it to an exact exit code: exits 1 sshkeys verify a b.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	if err != nil || neg {
		ts.Fatalf("usage: exits code command…")
	}
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// modes writes type, all twelve bits and path of everything below a folder, links
// not followed, to a file: modes folder listing.
func modes(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 || neg {
		ts.Fatalf("usage: modes folder listing")
	}
	var list strings.Builder
	root := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		name, _ := filepath.Rel(root, path)
		fmt.Fprintf(&list, "%v %s\n", info.Mode(), filepath.ToSlash(name))
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[1]), []byte(list.String()), 0o600))
}

// condition is [peer:NAME]: a real tool is there. Where it is missing the script
// skips with the package's name, or fails when SSHKEYS_INTEROP=required.
func condition(cond string) (bool, error) {
	name, ok := strings.CutPrefix(cond, "peer:")
	if !ok {
		return false, fmt.Errorf("unknown condition %q", cond)
	}
	_, err := exec.LookPath(name)
	if err != nil && os.Getenv("SSHKEYS_INTEROP") == "required" {
		return false, fmt.Errorf("%s is missing: install the package %s", name, testkeys.Package(name))
	}
	return err == nil, nil
}

// mode holds a file to its permission bits: mode 600 key. On Windows, where they
// say nothing, it must only be there.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if runtime.GOOS == "windows" {
		return
	}
	if got := fmt.Sprintf("%o", info.Mode().Perm()); (got != args[0]) != neg {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}
