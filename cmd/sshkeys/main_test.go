package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"sshkeys/internal/testkeys"
)

func TestMain(m *testing.M) { testscript.Main(m, map[string]func(){"sshkeys": main}) }

// TestScripts runs testdata/script/*.txtar. $KEYS and $BAD are the golden files
// and the bad ones, $PASS a file with the goldens' passphrase.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("KEYS", filepath.Join(root, "keys"))
			e.Setenv("BAD", filepath.Join(root, "bad"))
			e.Setenv("PASS", filepath.Join(root, "keys", "passphrase"))
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("DISPLAY", "")
			e.Setenv("WAYLAND_DISPLAY", "")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits": exits, "tool": tool, "mode": mode, "nofile": nofile,
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

// tool runs a real peer; where it is missing the script skips, naming its package.
func tool(ts *testscript.TestScript, neg bool, args []string) {
	if _, err := exec.LookPath(args[0]); err != nil && os.Getenv("SSHKEYS_INTEROP") != "required" {
		ts.Logf("%s is missing: install the package %s to run this test", args[0], testkeys.Package(args[0]))
		ts.Check(ts.Exec("true"))
		return
	}
	if err := ts.Exec(args[0], args[1:]...); (err != nil) != neg {
		ts.Fatalf("%s: %v", strings.Join(args, " "), err)
	}
}

// mode holds a file to its permission bits: mode 600 key.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := fmt.Sprintf("%o", info.Mode().Perm()); (got != args[0]) != neg {
		ts.Fatalf("%s has mode %s", args[1], got)
	}
}

// nofile wants a folder to hold these files and no others: nofile dir name….
func nofile(ts *testscript.TestScript, _ bool, args []string) {
	entries, err := os.ReadDir(ts.MkAbs(args[0]))
	ts.Check(err)
	for _, e := range entries {
		known := false
		for _, name := range args[1:] {
			known = known || e.Name() == name
		}
		if !known {
			ts.Fatalf("%s was left in %s", e.Name(), args[0])
		}
	}
}
