package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"sshkeys/internal/hostkeys"
	"sshkeys/internal/keyfile"
)

const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICOJJfsxPP6BDa7i8e5oTHN5u1AGCU/dSn5vxQ+WDWvm\n"

// TestReplaceKnownHosts: a file that is not any more what was read stays as it is.
func TestReplaceKnownHosts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte("a "+hostKey+"b "+hostKey), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := replaceKnownHosts(context.Background(), file, []byte("a "+hostKey), nil)
	if !errors.Is(err, keyfile.ErrChanged) {
		t.Errorf("error %v, want ErrChanged", err)
	}
	now, err := os.ReadFile(file)
	if err != nil || string(now) != "a "+hostKey+"b "+hostKey {
		t.Errorf("now it has %q, %v", now, err)
	}
	if names, err := os.ReadDir(filepath.Dir(file)); err != nil || len(names) != 1 {
		t.Errorf("%d files are there, %v", len(names), err)
	}
}

// TestNoEntryIsLost: while entries are removed, another program adds some, as ssh
// does after a first connection. Each is in the file afterwards, or in a backup.
func TestNoEntryIsLost(t *testing.T) {
	const hosts = 40
	dir := t.TempDir()
	file := filepath.Join(dir, "known_hosts")
	var text strings.Builder
	for i := range hosts {
		fmt.Fprintf(&text, "old%d.example %s", i, hostKey)
	}
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	var adding sync.WaitGroup
	adding.Go(func() {
		for i := range 10 * hosts {
			if err := appendLine(file, fmt.Sprintf("new%d.example %s", i, hostKey)); err != nil {
				t.Error(err)
			}
		}
	})
	for i := range hosts {
		k := &knownHosts{app: newApp(), hosts: []hostkeys.Host{{Name: fmt.Sprintf("old%d.example", i)}}}
		_, _, _, err := k.take(context.Background(), file)
		if late, ok := errors.AsType[*lateWrite](err); err != nil && !ok {
			t.Fatal(err)
		} else if ok && !strings.HasPrefix(late.backup, file) {
			t.Errorf("kept in %q", late.backup)
		}
	}
	adding.Wait()
	files, err := filepath.Glob(file + "*")
	if err != nil {
		t.Fatal(err)
	}
	all := ""
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if all += string(data); name == file && strings.Contains(string(data), "old") {
			t.Error("an entry is left that was to go")
		}
	}
	for i := range 10 * hosts {
		if !strings.Contains(all, fmt.Sprintf("new%d.example %s", i, hostKey)) {
			t.Errorf("new%d is lost", i)
		}
	}
}

// appendLine is hostfile.c:add_host_to_hostfile.
func appendLine(file, line string) error {
	f, err := os.OpenFile(file, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line)
	return errors.Join(err, f.Close())
}
