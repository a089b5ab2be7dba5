package perms

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"sshkeys/internal/testkeys"
)

// mounted shows dir through bindfs, and takes the mount away at the end.
func mounted(t *testing.T, dir string, options ...string) string {
	t.Helper()
	bindfs, fusermount := testkeys.Tool(t, "bindfs"), testkeys.Tool(t, "fusermount3")
	if _, err := os.Stat("/dev/fuse"); err != nil {
		if os.Getenv("SSHKEYS_INTEROP") == "required" {
			t.Fatal(err)
		}
		t.Skip("this kernel has no FUSE")
	}
	point := madeDir(t, dir+".mounted", 0o755)
	if out, err := exec.Command(bindfs, append(options, dir, point)...).CombinedOutput(); err != nil {
		t.Fatalf("bindfs: %v\n%s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command(fusermount, "-u", point).CombinedOutput(); err != nil {
			t.Errorf("fusermount3: %v\n%s", err, out)
		}
	})
	return point
}

// onlyReport is the one report of a run.
func onlyReport(t *testing.T, path string) Report {
	t.Helper()
	var reports []Report
	for r := range Fix(t.Context(), []Target{{Path: path}}, Options{}) {
		reports = append(reports, r)
	}
	if len(reports) != 1 {
		t.Fatalf("%d reports of %s, want 1", len(reports), path)
	}
	return reports[0]
}

// A chmod that says yes and does nothing is found out, and blamed on the mount.
func TestLyingChmod(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	for _, options := range [][]string{{"--chmod-ignore"}, {"--perms=0777"}} {
		t.Run(strings.Join(options, " "), func(t *testing.T) {
			dir := filepath.Join(w.Alice.Home, strings.Trim(options[0], "-"))
			made(t, filepath.Join(dir, "key"), secretText, 0o644)
			point := mounted(t, dir, options...)
			key := filepath.Join(point, "key")
			shown := modeOf(t, key)
			r := onlyReport(t, key)
			if !r.Applied || r.Verified || r.Err != nil {
				t.Errorf("applied %v, verified %v, error %v; want true, false, nil", r.Applied, r.Verified, r.Err)
			}
			if len(r.Remaining) == 0 || r.Remaining[0].Code != CodeNoEffect {
				t.Errorf("remaining %+v, want K03 first", r.Remaining)
			}
			if r.Facts.Mount.Type != "fuse.bindfs" && r.Facts.Mount.Type != "fuse" || r.Facts.Mount.Point != point {
				t.Errorf("mount %+v, want bindfs at %s", r.Facts.Mount, point)
			}
			if got := modeOf(t, key); got != shown {
				t.Errorf("the mode was %04o and is %04o: that mount is no test", shown, got)
			}
			o := opened(t, key)
			st, err := o.state()
			if err != nil {
				t.Fatal(err)
			}
			if *st.Mode = 0o640; o.restore(st) == nil {
				t.Error("restore did not see that nothing was kept")
			}
		})
	}
}

func TestRefusedChmod(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	dir := filepath.Join(w.Alice.Home, "deny")
	made(t, filepath.Join(dir, "key"), secretText, 0o644)
	key := filepath.Join(mounted(t, dir, "--chmod-deny"), "key")
	r := onlyReport(t, key)
	if r.Applied || r.Verified || r.Err == nil || !os.IsPermission(r.Err) {
		t.Errorf("applied %v, verified %v, error %v; want a refusal", r.Applied, r.Verified, r.Err)
	}
	if !Refused(r.Remaining) {
		t.Errorf("remaining %+v, want what ssh refuses", r.Remaining)
	}
}

// The same files through a mount that keeps modes are mended.
func TestHonestChmod(t *testing.T) {
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	dir := filepath.Join(w.Alice.Home, "honest")
	plain := made(t, filepath.Join(dir, "key"), secretText, 0o644)
	r := onlyReport(t, filepath.Join(mounted(t, dir), "key"))
	if !r.Applied || !r.Verified || len(r.Remaining) != 0 || modeOf(t, plain) != 0o600 {
		t.Errorf("%+v, mode %04o; want it mended", r, modeOf(t, plain))
	}
	text, err := os.ReadFile(plain)
	if err != nil || !bytes.Equal(text, []byte(secretText)) {
		t.Error("the file's content is not what it was")
	}
}
