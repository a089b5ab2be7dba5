package main

import (
	"encoding/json"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// mends runs the doctor, types into a shell what it says to type for a finding, and
// looks whether the finding is gone: mends CODE [ARGUMENT…]. Between the two runs the
// arguments may change: mends CODE ARGUMENT… -- ARGUMENT…. The finding has to be one
// that --fix could do, unless the code is written with a question mark.
func mends(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: mends CODE [ARGUMENT…] [-- ARGUMENT…]")
	}
	code, byHand := strings.CutSuffix(args[0], "?")
	before, after := args[1:], args[1:]
	for i, arg := range before {
		if arg == "--" {
			before, after = args[1:1+i], args[2+i:]
			break
		}
	}
	hint, fixable := findingOf(ts, code, before)
	switch {
	case hint == "":
		ts.Fatalf("the doctor does not find %s", code)
	case !fixable && !byHand:
		ts.Fatalf("%s is not fixable: %s", code, hint)
	}
	ts.Check(ts.Exec("sh", "-c", hint))
	if hint, _ := findingOf(ts, code, after); hint != "" {
		ts.Fatalf("%s is still there after its command; now it says to type: %s", code, hint)
	}
}

// findingOf is the command that the doctor says to type for a code; "" where it does
// not find that.
func findingOf(ts *testscript.TestScript, code string, args []string) (hint string, fixable bool) {
	_ = ts.Exec("sshkeys", append([]string{"doctor", "--json"}, args...)...) // its exit code is told elsewhere
	for line := range strings.Lines(ts.ReadFile("stdout")) {
		var item struct {
			Item, Code, Hint string
			Fixable          bool
		}
		ts.Check(json.Unmarshal([]byte(line), &item))
		if item.Item == "finding" && item.Code == code {
			return item.Hint, item.Fixable
		}
	}
	return "", false
}
