package keyfile

import (
	"os"
	"path/filepath"
	"strings"
)

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
