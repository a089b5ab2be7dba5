package sshconfig_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/sshconfig"
	"sshkeys/internal/testkeys"
)

// TestRelativeIncludes holds the folders that relative Includes begin at to ssh:
// alice's ~/.ssh for her config, /etc/ssh for the system's.
func TestRelativeIncludes(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	if err := unix.Mount("none", "/etc/ssh", "tmpfs", 0, "mode=755"); err != nil {
		t.Fatal(err)
	}
	home := w.Alice.Home
	for path, text := range map[string]string{
		home + "/.ssh/config": "Include d/*\nIdentityFile %d/%u\nInclude ~/x ~bob/y\n",
		home + "/.ssh/d/2":    "IdentityFile ~/two\n",
		home + "/.ssh/d/1":    "IdentityFile ~/one\nInclude e\n",
		home + "/.ssh/e":      "IdentityFile ~bob/e\n",
		home + "/x":           "IdentityFile ~/x.key\nInclude e\n",
		w.Bob.Home + "/y":     "IdentityFile ~/y.key\n",
		"/etc/ssh/ssh_config": "Include d/*.conf\nIdentityFile /system\n",
		"/etc/ssh/d/a.conf":   "IdentityFile ~/from-system\nInclude e\n",
		"/etc/ssh/e":          "IdentityFile /system/e\n",
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(path, "/home") { // bob's is read by alice, so it must be hers or root's
			if err := os.Chown(path, w.Alice.UID, w.Alice.GID); err != nil {
				t.Fatal(err)
			}
		}
	}
	env := sshconfig.Env{Home: home, User: "alice"}
	var all []string
	for _, config := range []string{home + "/.ssh/config", "/etc/ssh/ssh_config"} {
		got, err := sshconfig.Files(config, env)
		if err != nil || len(got.Unresolved) > 0 {
			t.Fatalf("%s: unresolved %q, %v", config, got.Unresolved, err)
		}
		all = append(all, got.Identities...)
	}
	want := asSSH(t, w.Alice.Command(ssh, "-v", "-o", "ProxyCommand=false", "-o", "BatchMode=yes", "nohost.invalid"), "debug1: identity file ")
	want = slices.DeleteFunc(want, func(name string) bool { return strings.HasSuffix(name, "-cert") })
	equal(t, "identities and what ssh says", all, want)
}
