package perms

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

func TestContains(t *testing.T) {
	for _, c := range []struct {
		folder, path string
		want         bool
	}{
		{`C:\Users\alice`, `C:\Users\alice\.ssh\id`, true},
		{`C:\Users\alice`, `c:\users\ALICE\.ssh`, true},
		{`C:\Users\alice\`, `C:\Users\alice`, true},
		{`C:\Users\alice`, `C:\Users\alice2\.ssh`, false},
		{`C:\Users\alice`, `C:\Users`, false},
		{`C:\`, `C:\key`, true},
		{`C:\`, `D:\key`, false},
		{`\\server\share`, `\\server\share\key`, true},
		{``, `\\server\share`, false},
		{``, ``, false},
	} {
		if got := contains(c.folder, c.path); got != c.want {
			t.Errorf("contains(%q, %q) = %v", c.folder, c.path, got)
		}
	}
}

func TestPathForms(t *testing.T) {
	for _, c := range [][3]string{
		{`C:\key`, `\??\C:\key`, `\\?\C:\key`},
		{`\\server\share\key`, `\??\UNC\server\share\key`, `\\?\UNC\server\share\key`},
	} {
		if got := ntPath(c[0]); got != c[1] {
			t.Errorf("ntPath(%q) = %q", c[0], got)
		}
		if got := ntPath(c[2]); got != c[1] {
			t.Errorf("ntPath(%q) = %q", c[2], got)
		}
		if got := plainPath(c[2]); got != c[0] {
			t.Errorf("plainPath(%q) = %q", c[2], got)
		}
	}
}

func TestReparseTags(t *testing.T) {
	const reparse = windows.FILE_ATTRIBUTE_REPARSE_POINT
	for _, c := range []struct {
		name          string
		a             attributes
		link, special bool
	}{
		{"file", attributes{0, 0}, false, false},
		{"symbolic link", attributes{reparse, windows.IO_REPARSE_TAG_SYMLINK}, true, false},
		{"junction", attributes{reparse, 0xA0000003}, true, false},
		{"WSL link", attributes{reparse, 0xA000001D}, true, false},
		{"OneDrive", attributes{reparse, 0x9000601A}, false, false},
		{"deduplicated", attributes{reparse, 0x80000013}, false, false},
		{"socket", attributes{reparse, 0x80000023}, false, true},
		{"WSL pipe", attributes{reparse, 0x80000024}, false, true},
		{"no reparse point, whatever the tag says", attributes{0, windows.IO_REPARSE_TAG_SYMLINK}, false, false},
	} {
		if c.a.link() != c.link || c.a.special() != c.special {
			t.Errorf("%s: link %v, special %v", c.name, c.a.link(), c.a.special())
		}
	}
}

func TestFacts(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "Key")
	if err := os.WriteFile(path, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(dir, "x", "..", "kEY")
	for _, c := range []struct {
		path string
		kind Kind
		head string
	}{{path, File, "text"}, {odd, File, "text"}, {dir, Directory, ""}} {
		o, err := openObject(c.path)
		if err != nil {
			t.Fatal(err)
		}
		defer o.close()
		if o.Kind != c.kind || o.NT == nil || o.Posix != nil || o.Target != "" || o.NT.Link != nil || o.NT.NoACLs || !filepath.IsAbs(o.Path) {
			t.Errorf("%s: %+v, %+v", c.path, o.Facts, o.NT)
		}
		if o.Mount.Type != "NTFS" && !strings.EqualFold(o.Mount.Type, "ReFS") || !strings.EqualFold(o.Mount.Point, filepath.VolumeName(o.Path)+`\`) {
			t.Errorf("%s lies on %+v", c.path, o.Mount)
		}
		if c.kind == File && (filepath.Base(o.Path) != "Key" || string(o.head()) != c.head) {
			t.Errorf("%s is %s, and reads %q", c.path, o.Path, o.head())
		}
	}
}

func TestIDIsTheFiles(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a"), filepath.Join(dir, "b")
	ids := map[string]string{}
	for _, path := range []string{a, b} {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		ids[path] = idOf(t, path)
	}
	if ids[a] == ids[b] {
		t.Errorf("two files are %s", ids[a])
	}
	if err := os.Rename(a, a+"2"); err != nil {
		t.Fatal(err)
	}
	if got := idOf(t, a+"2"); got != ids[a] {
		t.Errorf("renamed from %s to %s", ids[a], got)
	}
}

func idOf(t *testing.T, path string) string {
	t.Helper()
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	id, err := o.id()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// Devices are never opened.
func TestDevice(t *testing.T) {
	for _, path := range []string{"NUL", `\\.\NUL`, `\\.\pipe\sshkeys-test`} {
		o, err := openObject(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		if o.Kind != Special || o.NT != nil || o.file != 0 {
			t.Errorf("%s: %+v", path, o.Facts)
		}
		if got := len(Judge(o.Facts)); got != 0 {
			t.Errorf("%s: %d findings", path, got)
		}
		o.close()
	}
}

func TestMissing(t *testing.T) {
	_, err := openObject(filepath.Join(t.TempDir(), "nothing"))
	if !os.IsNotExist(err) {
		t.Errorf("got %v", err)
	}
}

// The head of a long file is its first 16 KiB.
func TestHead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "long")
	text := strings.Repeat("0123456789abcdef", 2000)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	for range 2 {
		if got := o.head(); string(got) != text[:16<<10] {
			t.Errorf("%d bytes", len(got))
		}
	}
}
