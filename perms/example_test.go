//go:build unix

package perms_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"

	"sshkeys/perms"
)

// exampleFolder makes a folder with a private key that its group and others can read.
func exampleFolder() (dir string) {
	dir, err := os.MkdirTemp("", "perms")
	if err != nil {
		log.Fatal(err)
	}
	key := filepath.Join(dir, "key")
	text := "-----BEGIN OPENSSH PRIVATE KEY-----\n" + strings.Repeat("b3BlbnNzaC1rZXktdjEA", 20) + "\n-----END OPENSSH PRIVATE KEY-----\n"
	if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
		log.Fatal(err)
	}
	if err := os.Chmod(key, 0o644); err != nil {
		log.Fatal(err)
	}
	return dir
}

func ExampleCheck() {
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	for report := range perms.Check(context.Background(), []perms.Target{{Path: dir}}, perms.Options{}) {
		if report.Err != nil {
			fmt.Println("could not look:", report.Err)
			continue
		}
		for _, f := range report.Findings {
			fmt.Println(filepath.Base(report.Facts.Path), report.Facts.Role, f.Code, f.Severity, f.Got, "→", f.Want)
		}
		fmt.Println("refused:", perms.Refused(report.Findings), "- what Fix would do:", report.Change)
	}
	// Output:
	// key private-key K01 error 0644 → 0600
	// refused: true - what Fix would do: chmod 600
}

func ExampleFix() {
	dir := exampleFolder()
	defer os.RemoveAll(dir)
	var changed []perms.Record // kept somewhere safe, before each change
	options := perms.Options{Journal: func(r perms.Record) error {
		changed = append(changed, r)
		return nil
	}}
	for report := range perms.Fix(context.Background(), []perms.Target{{Path: dir}}, options) {
		if report.Err != nil {
			fmt.Println("could not:", report.Err)
			continue
		}
		fmt.Println(filepath.Base(report.Facts.Path), report.Change, "applied:", report.Applied, "verified:", report.Verified)
		for _, f := range report.Remaining {
			fmt.Println("still:", f.Message, f.Command)
		}
	}
	for _, r := range changed {
		if err := perms.Undo(r); err != nil {
			log.Fatal(err)
		}
	}
	facts, err := perms.Look(filepath.Join(dir, "key"), perms.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("undone: %04o, readable by %s\n", facts.Posix.Mode, perms.Readers(facts))
	// Output:
	// key chmod 600 applied: true verified: true
	// undone: 0644, readable by everybody on this computer (mode 0644)
}

func ExampleJudge() {
	// Judging is pure: facts of any system, from anywhere.
	found := perms.Judge(perms.Facts{
		Path: "/home/taro/.ssh/config", Role: perms.Config, Kind: perms.File,
		Account: perms.Account{Name: "taro", Home: "/home/taro", UID: 1000, GIDs: []int{1000}},
		Posix:   &perms.Posix{Mode: 0o664, UID: 1000, GID: 1000},
	})
	for _, f := range found {
		fmt.Println(f.Code, f.Severity, f.Source)
		fmt.Println(f.Command)
	}
	// Output:
	// D02 error readconf.c:read_config_file_depth
	// chmod 600 /home/taro/.ssh/config
}

func ExampleCreatePrivate() {
	dir, err := os.MkdirTemp("", "perms")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	f, err := perms.CreatePrivate(filepath.Join(dir, "id_ed25519"))
	if err != nil {
		log.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Mode())
	// Output:
	// -rw-------
}
