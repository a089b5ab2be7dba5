package keyfile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

func TestMakeFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, ".ssh")
	for _, want := range []bool{true, false} {
		made, err := MakeFolder(path)
		if err != nil || made != want {
			t.Errorf("made %v, %v; want %v", made, err, want)
		}
	}
	if info, err := os.Stat(path); err != nil || !info.IsDir() {
		t.Errorf("%v, %v", info, err)
	}
}

func TestMakeFolderLeavesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	file, link, dangling := filepath.Join(dir, "file"), filepath.Join(dir, "link"), filepath.Join(dir, "dangling")
	if err := os.WriteFile(file, []byte("data"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{link: dir, dangling: filepath.Join(dir, "nowhere")} {
		if err := os.Symlink(target, name); err != nil {
			t.Skip(err)
		}
	}
	if made, err := MakeFolder(link); made || err != nil {
		t.Errorf("a link to a folder: made %v, %v", made, err)
	}
	for path, want := range map[string]error{file: ErrNotFolder, dangling: fs.ErrNotExist, filepath.Join(dir, "no", "way"): fs.ErrNotExist} {
		var perr *fs.PathError
		if made, err := MakeFolder(path); made || !errors.Is(err, want) || !errors.As(err, &perr) || perr.Path != path {
			t.Errorf("%s: made %v, %v; want %v", path, made, err, want)
		}
	}
	if _, err := os.Lstat(filepath.Join(dir, "nowhere")); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a folder was made behind the link")
	}
}
