// Package sshconfig reads OpenSSH's client config. Resolve says what ssh would use
// for one login, as ssh itself says it, or as far as can be told without ssh. Files
// says which files a config names, keys, certificates and further configs: there any
// Host or Match block could be used, and counts.
//
// No library reads the lines. kevinburke/ssh_config 1.6.0 does not tell which files
// were included, gives up the whole config at a Match or at an Include that it cannot
// read, takes ~ there from the account and not from Env, and lets ? stand for nothing.
package sshconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Env is who the config is for.
type Env struct {
	Home, User string // absolute home directory and login name of the account
	// Lookup is the environment that ${NAME} is taken from; nil: this process's.
	Lookup func(name string) (string, bool)
}

// Named are the files, in the order in which ssh comes to them, each once. They
// are absolute paths, whether there is such a file or not. Of an Include with
// wildcards it is the files that there are.
type Named struct {
	Identities   []string // IdentityFile
	Certificates []string // CertificateFile
	Includes     []string
	// Unresolved are names that only ssh can tell, with tokens such as %h or
	// relative to where it is started, as "FILE:LINE: name as written".
	Unresolved []string
}

// Bounds on what a hostile config may cost. ssh has the first one only
// (readconf.c: READCONF_MAX_DEPTH), and refuses what goes deeper.
const (
	maxDepth    = 16
	maxFiles    = 1000
	maxIncludes = 1000    // names in Include lines
	maxBytes    = 1 << 20 // of one file
)

var (
	errNotRegular = errors.New("it is not a regular file")
	errTooLong    = errors.New("it is longer than 1 MiB")
)

// Files reads the client config at path and what it includes. Relative Includes
// belong to ~/.ssh, those of the system's config to its own folder. Lines that
// ssh would not understand are passed over. The error, of *fs.PathErrors, says
// which configs could not be read; what the others name is returned with it. An
// included file that does not exist is no error, as for ssh.
func Files(path string, env Env) (Named, error) {
	if env.Lookup == nil {
		env.Lookup = os.LookupEnv
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return Named{}, err
	}
	r := newReader(env, path)
	r.file(path, 0)
	return r.named, errors.Join(r.errs...)
}

// newReader is for the config at an absolute path, and what that includes.
func newReader(env Env, path string) *reader {
	r := &reader{env: env, disk: os.DirFS, anchor: filepath.Join(env.Home, ".ssh"), seen: map[string]bool{}}
	if system := systemFolder(env); filepath.Dir(path) == system {
		r.anchor = system
	}
	return r
}

// userConfig and systemConfig are what ssh reads without -F, in this order.
func userConfig(env Env) string   { return filepath.Join(env.Home, ".ssh", "config") }
func systemConfig(env Env) string { return filepath.Join(systemFolder(env), "ssh_config") }

// systemFolder is where the system's ssh_config is.
func systemFolder(env Env) string {
	if filepath.Separator == '\\' {
		data, _ := env.Lookup("ProgramData")
		return filepath.Join(data, "ssh")
	}
	return "/etc/ssh"
}

// reader is one run over a config and what it includes.
type reader struct {
	env    Env
	disk   func(root string) fs.FS
	anchor string            // where relative Includes begin
	values map[string]string // of the tokens of a connection by their letters; nil where there is none
	seen   map[string]bool   // "kind path" of what is in named already, and "read path"
	files  int
	names  int // in Include lines
	named  Named
	errs   []error
}

// once tells the first time that a kind of name is met.
func (r *reader) once(kind, path string) bool {
	key := kind + " " + path
	first := !r.seen[key]
	r.seen[key] = true
	return first
}

// file reads one config; a file that was read before says nothing new.
func (r *reader) file(path string, depth int) {
	if depth > maxDepth || r.files == maxFiles || !r.once("read", path) {
		return
	}
	r.files++
	text, err := r.read(path)
	if err != nil {
		if depth == 0 || !errors.Is(err, fs.ErrNotExist) {
			r.errs = append(r.errs, &fs.PathError{Op: "read", Path: path, Err: err})
		}
		return
	}
	number := 0
	for line := range strings.Lines(text) {
		number++
		keyword, names := splitLine(line)
		for _, name := range names {
			r.take(keyword, name, fmt.Sprintf("%s:%d: %s", path, number, name), depth)
		}
	}
}

// read returns a config's text. Pipes and devices are not opened: that may wait.
func (r *reader) read(path string) (string, error) {
	root, name := splitRoot(path)
	disk := r.disk(root)
	info, err := fs.Stat(disk, name)
	if err != nil {
		return "", bare(err)
	}
	if !info.Mode().IsRegular() {
		return "", errNotRegular
	}
	f, err := disk.Open(name)
	if err != nil {
		return "", bare(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBytes+1))
	if err == nil && len(text) > maxBytes {
		err = errTooLong
	}
	return strings.TrimPrefix(string(text), "\ufeff"), bare(err)
}

func (r *reader) isFolder(path string) bool {
	root, name := splitRoot(path)
	info, err := fs.Stat(r.disk(root), name)
	return err == nil && info.IsDir()
}

// bare takes the cause out of an error that names the path without its root.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

// splitRoot parts an absolute path into what fs.FS is to be rooted at and the
// name in it: "/" and "etc/ssh", `C:\` and "Users/a".
func splitRoot(path string) (root, name string) {
	root = filepath.VolumeName(path) + string(filepath.Separator)
	name = filepath.ToSlash(strings.TrimPrefix(path, root))
	if name == "" {
		name = "."
	}
	return root, name
}

// take adds what one name stands for. written is how Unresolved tells it.
func (r *reader) take(keyword, name, written string, depth int) {
	var list *[]string
	switch keyword {
	case "identityfile":
		list = &r.named.Identities
	case "certificatefile":
		list = &r.named.Certificates
	case "include":
		r.include(name, written, depth)
		return
	default:
		return
	}
	if strings.EqualFold(name, "none") {
		return
	}
	path, ok := r.expand(name)
	if !ok || !filepath.IsAbs(path) { // a relative name belongs to where ssh is started
		r.unresolved(written)
		return
	}
	if path = filepath.Clean(path); r.once(keyword, path) {
		*list = append(*list, path)
	}
}

func (r *reader) unresolved(written string) {
	if r.once("unresolved", written) {
		r.named.Unresolved = append(r.named.Unresolved, written)
	}
}

// include reads the files that an Include names (readconf.c: oInclude).
func (r *reader) include(name, written string, depth int) {
	if r.names++; r.names > maxIncludes {
		return
	}
	paths, ok := r.included(name)
	if !ok {
		r.unresolved(written)
		return
	}
	for _, path := range paths {
		if r.isFolder(path) { // as config.d/* may name one; ssh reads nothing from it
			continue
		}
		if r.once("include", path) {
			r.named.Includes = append(r.named.Includes, path)
		}
		r.file(path, depth+1)
	}
}
