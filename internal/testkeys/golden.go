package testkeys

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// Golden is one key file that a real tool made, see testdata/generate.sh, with
// what is to be read of it. Formats are named by their id in plain strings, so
// that this package imports none of those it tests.
type Golden struct {
	Key  string // its folder under testdata/keys, one per key: "rsa2048"
	Name string // its file name, which tells format and protection
	Path string
	Data []byte

	Shape
	// Comment is the one the file carries; "" where it has none.
	Comment    string
	Passphrase []byte // nil for a file that is not encrypted
	Facts      Facts
}

// Shape is what a golden's file name tells.
type Shape struct {
	Format      string // a formats.ID
	Private     bool
	Certificate bool // the file has the key's OpenSSH certificate
	DER         bool
	// Cipher, KDF and Params are those of formats.Protection; "" and nil in
	// files that are not encrypted.
	Cipher, KDF string
	Params      map[string]uint64

	comment bool // the format has a place for a comment
}

// Facts are what ssh-keygen (of Ed448 puttygen) said of a key. Of dataset keys they
// are digests of the 32 bytes by openssl, and Public is the text to paste.
type Facts struct {
	Algorithm   string // wire name
	Bits        int
	SHA256, MD5 string
	Comment     string
	Public      string // the OpenSSH line
	// More holds the lines "comment.FILE", the comment where a tool put one of
	// its own, and "cert.…" of ssh-keygen -L.
	More map[string]string
}

// Encrypted tells whether the file needs its passphrase.
func (g Golden) Encrypted() bool { return g.Cipher != "" }

// Cheap tells files that open in a few milliseconds, for tests that open one
// thousands of times.
func (g Golden) Cheap() bool {
	return g.Params["rounds"] <= 1 && g.Params["memory_kib"] <= 64 && g.Params["n"] <= 1024
}

// Dataset tells the keys that decrypt data, which no SSH format holds.
func (g Golden) Dataset() bool { return g.Facts.Algorithm == "x25519" }

func (g Golden) String() string { return g.Key + "/" + g.Name }

// Goldens loads every golden key file. None at all, a folder without facts or a
// file whose name says nothing fails the test.
func Goldens(t testing.TB) []Golden {
	t.Helper()
	var all []Golden
	for _, facts := range glob(t, "keys/*/facts.txt") {
		all = append(all, goldensOf(t, filepath.Dir(facts))...)
	}
	return all
}

// Find loads one golden: Find(t, "rsa2048", "ppk3").
func Find(t testing.TB, key, name string) Golden {
	t.Helper()
	for _, g := range goldensOf(t, filepath.Join(Dir(t), "keys", key)) {
		if g.Name == name {
			return g
		}
	}
	t.Fatalf("no golden %s/%s", key, name)
	return Golden{}
}

// Dir is the module's testdata folder.
func Dir(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata")
		}
		if dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Fatal("no go.mod above the working directory", err)
	return ""
}

func glob(t testing.TB, pattern string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(Dir(t), filepath.FromSlash(pattern)))
	if err != nil || len(paths) == 0 {
		t.Fatalf("testdata/%s: no files (%v); run testdata/generate.sh", pattern, err)
	}
	return paths
}

func goldensOf(t testing.TB, dir string) []Golden {
	t.Helper()
	facts := readFacts(t, filepath.Join(dir, "facts.txt"))
	passphrase := passphraseOf(t, dir)
	known := shapes()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var all []Golden
	for _, entry := range entries {
		name := entry.Name()
		if name == "facts.txt" || name == "passphrase" {
			continue
		}
		shape, ok := known[name]
		if !ok {
			t.Fatalf("%s/%s: the file name is not in the table of shapes", dir, name)
		}
		g := Golden{Key: filepath.Base(dir), Name: name, Path: filepath.Join(dir, name), Shape: shape, Facts: facts}
		g.Data = read(t, g.Path)
		g.Comment = facts.commentIn(name, shape)
		if g.Encrypted() {
			g.Passphrase = passphrase
		}
		all = append(all, g)
	}
	if len(all) == 0 {
		t.Fatalf("%s: no golden files", dir)
	}
	return all
}

func (f Facts) commentIn(name string, s Shape) string {
	if own, ok := f.More["comment."+name]; ok {
		return own
	}
	if s.comment {
		return f.Comment
	}
	return ""
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// Passphrase is that of every golden file but those of folders with one of their own.
func Passphrase(t testing.TB) []byte {
	t.Helper()
	return passphraseOf(t, filepath.Join(Dir(t), "keys"))
}

func passphraseOf(t testing.TB, dir string) []byte {
	t.Helper()
	path := filepath.Join(dir, "passphrase")
	if _, err := os.Stat(path); err != nil {
		path = filepath.Join(filepath.Dir(dir), "passphrase")
	}
	return []byte(strings.TrimSuffix(string(read(t, path)), "\n"))
}

func readFacts(t testing.TB, path string) Facts {
	t.Helper()
	f := Facts{More: map[string]string{}}
	for line := range strings.Lines(string(read(t, path))) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch name {
		case "algorithm":
			f.Algorithm = value
		case "bits":
			f.Bits, _ = strconv.Atoi(value)
		case "sha256":
			f.SHA256 = value
		case "md5":
			f.MD5 = value
		case "comment":
			f.Comment = value
		case "public":
			f.Public = value
		default:
			f.More[name] = value
		}
	}
	if f.Algorithm == "" || f.Bits == 0 || f.SHA256 == "" || f.MD5 == "" || f.Public == "" {
		t.Fatalf("%s: incomplete", path)
	}
	return f
}

// List is a golden authorized_keys or known_hosts file.
type List struct {
	Name   string
	Format string // a formats.ID
	Data   []byte
	// Facts are ssh-keygen -l's lines, "256 SHA256:… (ED25519)"; it passes
	// over lines with a @marker.
	Facts []string
}

// Lists loads the golden lists.
func Lists(t testing.TB) []List {
	t.Helper()
	var lists []List
	for _, facts := range glob(t, "keys/lists/*.facts") {
		path := strings.TrimSuffix(facts, ".facts")
		l := List{Name: filepath.Base(path), Format: "known-hosts", Data: read(t, path)}
		if strings.HasPrefix(l.Name, "authorized_keys") {
			l.Format = "authorized-keys"
		}
		l.Facts = strings.Split(strings.TrimSpace(string(read(t, facts))), "\n")
		lists = append(lists, l)
	}
	return lists
}

// Foreign loads real files of the kinds that people take for keys of ours, by
// their file names.
func Foreign(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, path := range glob(t, "keys/foreign/*") {
		all[filepath.Base(path)] = read(t, path)
	}
	return all
}

// Unsupported loads real files of types and ciphers that nothing here reads.
// Their Format, Cipher and Passphrase are set as far as the name tells.
func Unsupported(t testing.TB) []Golden {
	t.Helper()
	var all []Golden
	for _, path := range glob(t, "keys/unsupported/*") {
		g := Golden{Key: "unsupported", Name: filepath.Base(path), Path: path, Data: read(t, path)}
		g.Format, _, _ = strings.Cut(strings.Replace(g.Name, "-params", "", 1), ".")
		g.Private = g.Format != "spki"
		if strings.Contains(string(g.Data), "ENCRYPTED") {
			g.Passphrase = Passphrase(t)
		}
		all = append(all, g)
	}
	return all
}
