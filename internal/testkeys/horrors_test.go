package testkeys

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWriteHorrors keeps testdata/horrors what Damages makes of the goldens, for
// tests that need files. After a change, or a run of generate.sh:
//
//	go test ./internal/testkeys -run TestWriteHorrors -update
func TestWriteHorrors(t *testing.T) {
	dir := filepath.Join(Dir(t), "horrors")
	files := horrorFiles(t)
	if *update {
		writeFolder(t, dir, files)
	}
	for name, data := range files {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, data) {
			t.Errorf("testdata/horrors/%s is out of date (%v); run this test with -update", name, err)
		}
	}
	err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		name, _ := filepath.Rel(dir, path)
		if err == nil && !entry.IsDir() && files[filepath.ToSlash(name)] == nil {
			t.Errorf("testdata/horrors/%s is made by nothing", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// horrorFiles are the folder's files: those damaged and edits.txt, a line for each
// with its golden and the edits that name the damage, or "ambiguous".
func horrorFiles(t *testing.T) map[string][]byte {
	files := map[string][]byte{}
	var list strings.Builder
	for _, h := range craftHorrors(t) {
		edits := strings.Join(h.Damage.Edits, ",")
		if h.Ambiguous {
			edits = "ambiguous"
		}
		fmt.Fprintf(&list, "%s %s %s\n", h.Path, h.Golden, edits)
		files[h.Path] = h.Data
	}
	files["edits.txt"] = []byte(list.String())
	return files
}

func writeFolder(t *testing.T, dir string, files map[string][]byte) {
	t.Helper()
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	for name, data := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestHorrors holds the set together: every damage is there in some form, in every
// private and public format that the issue names those that any text can have.
func TestHorrors(t *testing.T) {
	made := map[string]int{}
	size := 0
	for _, h := range Horrors(t) {
		made[h.Damage.Name]++
		size += len(h.Data)
		if bytes.Equal(h.Data, h.Golden.Data) {
			t.Errorf("%s is its golden", h.Path)
		}
	}
	for _, d := range Damages() {
		if made[d.Name] == 0 || len(d.Edits) == 0 {
			t.Errorf("%s: %d files, edits %q", d.Name, made[d.Name], d.Edits)
		}
	}
	for _, name := range []string{"bom", "utf-16-le", "crlf", "literal-newlines", "json-string", "mail-quoted", "base64"} {
		if made[name] != len(horrorForms()) {
			t.Errorf("%s: %d forms, want %d", name, made[name], len(horrorForms()))
		}
	}
	if size > 3<<20 {
		t.Errorf("%d bytes in all", size)
	}
}

func TestSecondLine(t *testing.T) {
	if golden := Find(t, "ed25519-leadingzero", "openssh.pub"); string(golden.Data) != SecondLine+"\n" {
		t.Errorf("SecondLine is not that of %s", golden)
	}
}
