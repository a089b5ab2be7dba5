package sshconfig

import (
	"io/fs"
	"path/filepath"
	"testing/fstest"
)

// FilesIn is Files for a config on a disk of its own.
func FilesIn(text []byte) Named {
	root, _ := filepath.Abs(string(filepath.Separator))
	home := filepath.Join(root, "home")
	disk := fstest.MapFS{
		"home/.ssh/config":   {Data: text},
		"home/.ssh/c2":       {Data: []byte("IdentityFile ~/c2\nInclude config\n")},
		"home/.ssh/.hidden":  {Data: []byte("IdentityFile ~/hidden\n")},
		"home/.ssh/d/[x]\\*": {Data: []byte("IdentityFile ~/odd\n")},
	}
	env := Env{Home: home, User: "alice", Lookup: func(string) (string, bool) { return "*", true }}
	r := &reader{env: env, disk: func(string) fs.FS { return disk }, anchor: filepath.Join(home, ".ssh"), seen: map[string]bool{}}
	r.file(filepath.Join(home, ".ssh", "config"), 0)
	return r.named
}

// Evaluate is Resolve where no ssh is installed.
func Evaluate(q Query) *Resolved { return evaluate(q) }
