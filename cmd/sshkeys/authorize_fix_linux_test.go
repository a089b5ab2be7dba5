package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// TestAuthorizeFixLogsIn: with a key that was pasted badly nobody logs in to a real
// sshd, and with the list that authorize --fix made of it the key's owner does; who
// could log in before still can.
func TestAuthorizeFixLogsIn(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	sshd := w.StartSSHD(t)
	program := w.Program(t, "sshkeys")
	other := strings.TrimSpace(string(testkeys.GenerateKey(t, "/run/other")))
	key := strings.TrimSpace(string(sshd.Public))
	fields := strings.Fields(key)
	typ, text := fields[0], fields[1]
	for name, list := range map[string]string{
		"joined":     other + key + "\n",
		"wrapped":    other + "\n" + typ + " " + text[:30] + "\n" + text[30:] + "\n",
		"wrapped ×3": typ + "\n" + text[:30] + "\n" + text[30:60] + "\r\n" + text[60:] + " me\n" + other + "\n",
		"lost":       "# x\n" + key[1:] + "\n",
		"rfc4716":    other + "\n---- BEGIN SSH2 PUBLIC KEY ----\nComment: \"x\"\n" + text + "\n---- END SSH2 PUBLIC KEY ----\n",
		"mark":       "\xef\xbb\xbf" + key + "\n" + other,
		"blank":      strings.Replace(key, " ", "\u3000", 1) + "\n",
		"options":    `from="127.0.0.1",` + "no-pty " + typ + " " + text[:30] + "\n" + text[30:] + "\n",
	} {
		w.Alice.Authorize(t, []byte(list))
		if sshd.Login(t) {
			t.Fatalf("%s: sshd lets in before", name)
		}
		out, err := w.Alice.Command(program, "authorize", "--fix").CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		if !sshd.Login(t) {
			t.Errorf("%s: sshd lets nobody in after\n%s", name, out)
		}
		backup := filepath.Join(w.Alice.Home, ".ssh/authorized_keys.bak")
		if kept, err := os.ReadFile(backup); err != nil || string(kept) != list {
			t.Errorf("%s: the old list is not kept: %v", name, err)
		}
		if err := os.Remove(backup); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDoctorFixMendsList: the doctor's own command for damage in the account's list.
func TestDoctorFixMendsList(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	sshd := w.StartSSHD(t)
	program := w.Program(t, "sshkeys")
	key := strings.TrimSpace(string(sshd.Public))
	w.Alice.Authorize(t, []byte(key[:50]+"\n"+key[50:]+"\nnonsense "+key+"\n"))
	out, _ := w.Alice.Command(program, "doctor").Output()
	if !bytes.Contains(out, []byte("sshkeys authorize --fix --file ")) || sshd.Login(t) {
		t.Fatalf("before: %s", out)
	}
	out, err := w.Alice.Command(program, "doctor", "--fix").CombinedOutput()
	if _, is := err.(*exec.ExitError); err != nil && !is {
		t.Fatal(err)
	}
	if !sshd.Login(t) {
		t.Errorf("after: %s", out)
	}
}

// TestAuthorizeFixThatFails leaves the list as it was.
func TestAuthorizeFixThatFails(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	program := w.Program(t, "sshkeys")
	key := string(testkeys.Find(t, "ed25519", "openssh.pub").Data)
	list := key[:40] + "\n" + key[40:]
	w.Alice.Authorize(t, []byte(list))
	dir := filepath.Join(w.Alice.Home, ".ssh")
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	cmd := w.Alice.Command(program, "authorize", "--fix")
	out, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != 3 {
		t.Errorf("%v\n%s", err, out)
	}
	entries, err := os.ReadDir(dir)
	if now, readErr := os.ReadFile(filepath.Join(dir, "authorized_keys")); readErr != nil || err != nil || string(now) != list || len(entries) != 1 {
		t.Errorf("%v %v: %q, %v", readErr, err, now, entries)
	}
}
