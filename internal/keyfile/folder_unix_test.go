//go:build !windows

package keyfile

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestMakeFolderMode(t *testing.T) {
	for _, umask := range []int{0, 0o022, 0o777} {
		path := filepath.Join(t.TempDir(), ".ssh")
		old := syscall.Umask(umask)
		_, err := MakeFolder(path)
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("umask %03o: %v, %v", umask, info.Mode(), err)
		}
	}
}
