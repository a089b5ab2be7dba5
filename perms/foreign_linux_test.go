package perms

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
)

// What a user's links and config lead root to is root's own, and stays as it is.
func TestRootIsNotLed(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	ssh := filepath.Join(w.Alice.Home, ".ssh")
	proj := filepath.Join(w.Alice.Home, "proj")
	passwd := made(t, "/run/etc/passwd", "root:x:0:0:root:/root:/bin/sh and so on for the rest\n", 0o644)
	su := made(t, "/run/etc/su", "a program of forty bytes and more, that is long\n", 0o4755)
	shadow := made(t, "/run/etc/shadow", "root:*:19000:0:99999:7::: and so on for the rest\n", 0o640)
	config := made(t, filepath.Join(ssh, "config"), "Include /run/etc/*\n", 0o600)
	madeDir(t, proj, 0o755)
	linked(t, passwd, filepath.Join(proj, "authorized_keys"))
	linked(t, su, filepath.Join(proj, "known_hosts"))
	if err := os.Link(shadow, filepath.Join(w.Alice.Home, "hard")); err == nil {
		t.Fatal("a link between file systems was made")
	}
	give(t, w.Alice, ssh, proj, config)
	for _, link := range []string{"authorized_keys", "known_hosts"} {
		if err := os.Lchown(filepath.Join(proj, link), w.Alice.UID, w.Alice.GID); err != nil {
			t.Fatal(err)
		}
	}
	facts, err := Look(config, Options{})
	if err != nil || facts.Account.UID != w.Alice.UID {
		t.Fatalf("the config is %q's, %v", facts.Account.Name, err)
	}
	targets := []Target{{Path: w.Alice.Home}}
	for _, path := range []string{passwd, su, shadow} {
		targets = append(targets, Target{path, IncludedConfig, &facts.Account}, Target{path, PrivateKey, &facts.Account})
	}
	for r := range Fix(t.Context(), targets, Options{}) {
		if r.Applied && r.Facts.Path != ssh && r.Facts.Path != config {
			t.Errorf("%s: %v", r.Facts.Path, r.Change)
		}
	}
	for path, want := range map[string]uint32{passwd: 0o644, su: 0o4755, shadow: 0o640} {
		var st unix.Stat_t
		if err := unix.Stat(path, &st); err != nil || st.Mode&0o7777 != want || st.Uid != 0 {
			t.Errorf("%s: owner %d, mode %04o, %v; want root, %04o", path, st.Uid, st.Mode&0o7777, err, want)
		}
	}
}

// A file that others include too is not closed to them.
func TestSharedIncludeStaysReadable(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	lab := made(t, "/run/etc/ssh/ssh_config.d/lab.conf", "Host lab\n  HostName lab.example.org\n  User taro\n", 0o644)
	for r := range Fix(t.Context(), []Target{{Path: "/run/etc/ssh"}}, Options{}) {
		t.Errorf("%s: %+v", r.Facts.Path, r.Findings)
	}
	for r := range Fix(t.Context(), []Target{{lab, IncludedConfig, &Account{Name: "alice", UID: w.Alice.UID, Home: w.Alice.Home}}}, Options{}) {
		t.Errorf("%s: %+v", r.Facts.Path, r.Findings)
	}
}

// What is no file of ssh's is not taken for a config below a folder.
func TestOtherConfigsAreLeftAlone(t *testing.T) {
	dir := realDir(t)
	made(t, filepath.Join(dir, "nginx.conf"), "worker_processes 1;\ninclude /etc/nginx/mime.types;\n", 0o664)
	made(t, filepath.Join(dir, "pg_hba.conf"), "# padding padding padding padding\nhost all all 127.0.0.1/32 md5\n", 0o664)
	wantVisits(t, dir, at(dir, ""))
}
