package keyfile

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// IsBackup tells the names that Write gives to the files it keeps: NAME.bak, NAME.bak.1, …
func IsBackup(path string) bool {
	ext := filepath.Ext(path)
	if n, err := strconv.Atoi(strings.TrimPrefix(ext, ".")); err == nil && n > 0 {
		ext = filepath.Ext(strings.TrimSuffix(path, ext))
	}
	return ext == ".bak"
}

// Neighbour names the public key that stands beside a private one: NAME.pub, or
// key.pub beside key.ppk. It returns the first that exists, or false with the
// name it should have.
func Neighbour(private string) (string, bool) {
	names := []string{private + ".pub"}
	if ext := filepath.Ext(private); ext != "" && strings.TrimSuffix(filepath.Base(private), ext) != "" {
		names = append(names, strings.TrimSuffix(private, ext)+".pub")
	}
	for _, name := range names {
		if _, err := os.Stat(name); err == nil && name != private {
			return name, true
		}
	}
	return names[len(names)-1], false
}
