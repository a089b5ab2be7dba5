package layering

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// rule says what a folder's packages may import beside the standard library.
// Test files are free.
type rule struct {
	folder string   // "" for a default of everything below; exact folders come first
	below  string   // prefix of folders
	ours   []string // folders of this module; a trailing / means everything below
	others []string // other modules, likewise; "*" means any
	pure   bool     // bytes in, values out: no file, process, clock of the system, terminal or log
}

// rules is the whole direction, the first that fits counts. An internal package
// that needs another one gets a row of its own.
var rules = []rule{
	{folder: "keytool", pure: true,
		others: []string{"golang.org/x/crypto/", "github.com/cloudflare/circl/", "filippo.io/mldsa"}},
	{folder: "formats", pure: true,
		ours:   []string{"keytool", "internal/argon2d", "internal/bcryptpbkdf"},
		others: []string{"golang.org/x/crypto/"}},
	{folder: "perms", others: []string{"golang.org/x/sys/"}},
	{folder: "internal/argon2d", pure: true, others: []string{"golang.org/x/crypto/"}},
	{folder: "internal/bcryptpbkdf", pure: true, others: []string{"golang.org/x/crypto/"}},
	{folder: "internal/keyfile", ours: []string{"keytool", "formats", "perms", "internal/flock"}, others: []string{"golang.org/x/sys/"}},
	{folder: "internal/journal", ours: []string{"perms", "internal/flock"}},
	{folder: "internal/services", ours: []string{"keytool", "formats", "internal/catalog", "internal/userdirs"}, others: []string{"go.yaml.in/yaml/"}},
	{folder: "internal/flock", others: []string{"golang.org/x/sys/"}},
	{folder: "internal/userdirs"},
	{folder: "internal/register", ours: []string{"keytool", "internal/keyfile"}},
	{folder: "internal/recipe", pure: true, ours: []string{"keytool", "formats", "internal/services"}},
	{folder: "internal/shellword", pure: true, ours: []string{"formats"}},
	{folder: "internal/catalog", others: []string{"golang.org/x/sys/"}},
	{folder: "internal/sshconfig", ours: []string{"internal/services"}},
	{folder: "internal/hostkeys", ours: []string{"keytool", "formats", "internal/catalog", "internal/listlint"}},
	{folder: "internal/listlint", pure: true, ours: []string{"keytool", "formats", "internal/catalog"}},
	{folder: "internal/authorized", pure: true, ours: []string{"keytool", "formats", "internal/catalog", "internal/listlint"}},
	{folder: "internal/agent", ours: []string{"keytool"}, others: []string{"golang.org/x/crypto/", "golang.org/x/sys/", "github.com/davidmz/go-pageant"}},
	{folder: "internal/diagnose", ours: []string{"keytool", "formats", "perms", "internal/catalog", "internal/shellword", "internal/services", "internal/sshconfig", "internal/hostkeys", "internal/agent", "internal/authorized", "internal/listlint"},
		others: []string{"golang.org/x/crypto/"}},
	{folder: "internal/secret", others: []string{"golang.org/x/term", "golang.org/x/sys/", "golang.org/x/text/"}},
	{below: "internal/", ours: []string{"keytool", "formats", "perms"}, others: []string{"*"}},
	{below: "cmd/", ours: []string{"keytool", "formats", "perms", "internal/"}, others: []string{"*"}},
	{below: "bench/", ours: []string{"keytool", "formats", "perms", "internal/"}, others: []string{"*"}},
}

// impure is what a pure package has no use for.
var impure = []string{"os", "os/", "log", "log/", "net", "net/", "syscall", "path/filepath", "io/ioutil"}

// testOnly stands for oracles and test helpers, which no program carries.
var testOnly = []string{
	"github.com/kayrus/putty", "github.com/neicnordic/crypt4gh/",
	"github.com/rogpeppe/go-internal/", "testing", "testing/", "internal/testkeys",
}

const (
	testHelpers = "internal/testkeys"          // made for tests
	network     = "internal/diagnose/probe.go" // the only file that may touch the network
	agents      = "internal/agent"             // it dials sockets of this machine, and speaks their protocol
	addresses   = "net/netip"                  // parses, and dials nothing
	sshLibrary  = "golang.org/x/crypto/ssh"    // for those two, and as an oracle of tests
	exits       = "cmd/sshkeys/main.go"        // the only file that may exit
	tools       = "bench/"                     // programs of their own, not shipped
	module      = "sshkeys"
)

// source is one Go file, by its path from the module's root.
type source struct {
	path string
	file *ast.File
}

func (s source) folder() string { return path.Dir(s.path) }

// dials tells the files that may speak to another process or machine.
func (s source) dials() bool {
	return s.path == network || s.folder() == agents || s.folder() == testHelpers
}

// check returns every breach of the rules, as "file: what".
func check(sources []source) []string {
	var found []string
	for _, s := range sources {
		for _, what := range slices.Concat(checkImports(s), checkBodies(s)) {
			found = append(found, s.path+": "+what)
		}
	}
	return found
}

func checkImports(s source) []string {
	r, ok := ruleFor(s.folder())
	if !ok {
		return []string{"no rule for this folder: add one to the table"}
	}
	var found []string
	for _, spec := range s.file.Imports {
		name, _ := strconv.Unquote(spec.Path.Value)
		local, ours := strings.CutPrefix(name, module+"/")
		switch {
		case matches(cmp.Or(local, name), testOnly) && s.folder() != testHelpers:
			found = append(found, name+" is for tests only")
		case matches(name, []string{sshLibrary, sshLibrary + "/"}) && !s.dials():
			found = append(found, name+" is for the probe, the agents and tests only")
		case matches(name, []string{"net", "net/", "crypto/tls", "golang.org/x/net/"}) && name != addresses && !s.dials():
			found = append(found, name+" touches the network")
		case ours && !matches(local, r.ours):
			found = append(found, name+" is not below this package")
		case !ours && isOther(name) && !matches(name, r.others):
			found = append(found, name+" is not this package's to use")
		case r.pure && matches(name, impure):
			found = append(found, name+" has effects, and this package is pure")
		}
	}
	return found
}

func ruleFor(folder string) (rule, bool) {
	for _, r := range rules {
		if r.folder == folder || r.below != "" && strings.HasPrefix(folder, r.below) {
			return r, true
		}
	}
	return rule{}, false
}

func matches(name string, patterns []string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		return p == "*" || p == name || strings.HasSuffix(p, "/") && strings.HasPrefix(name, p)
	})
}

// isOther tells another module's package: its first element has a dot.
func isOther(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return strings.Contains(first, ".")
}

// checkBodies looks for func init and for calls that end the program.
func checkBodies(s source) []string {
	var found []string
	for _, d := range s.file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.Name == "init" {
			found = append(found, "func init")
		}
	}
	if s.path == exits || strings.HasPrefix(s.path, tools) {
		return found
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, ok := sel.X.(*ast.Ident)
		if ok && ends(importedAs(s.file, pkg.Name), sel.Sel.Name) {
			found = append(found, pkg.Name+"."+sel.Sel.Name+" ends the program")
		}
		return true
	})
	return found
}

func ends(pkg, name string) bool {
	switch pkg {
	case "os", "syscall":
		return name == "Exit"
	case "log":
		return strings.HasPrefix(name, "Fatal")
	}
	return false
}

// importedAs is the path of the package a file knows under a name; "" for none.
func importedAs(f *ast.File, name string) string {
	for _, spec := range f.Imports {
		imported, _ := strconv.Unquote(spec.Path.Value)
		known := path.Base(imported)
		if spec.Name != nil {
			known = spec.Name.Name
		}
		if known == name {
			return imported
		}
	}
	return ""
}

// load parses every Go file below root but tests, for all systems at once: build
// tags hide nothing here.
func load(t *testing.T, root string) []source {
	t.Helper()
	var sources []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && p != root && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") || strings.HasPrefix(d.Name(), "_")):
			return filepath.SkipDir
		case d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go"):
			return nil
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		sources = append(sources, parse(t, filepath.ToSlash(rel), string(src)))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

func parse(t *testing.T, name, src string) source {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return source{name, f}
}

func TestModule(t *testing.T) {
	sources := load(t, filepath.Join("..", ".."))
	seen := map[string]bool{}
	for _, s := range sources {
		seen[s.folder()] = true
	}
	for _, folder := range []string{"keytool", "formats", "perms", "internal/keyfile", "internal/secret", "cmd/sshkeys"} {
		if !seen[folder] {
			t.Errorf("no source found in %s: the test looks in the wrong place", folder)
		}
	}
	for _, breach := range check(sources) {
		t.Error(breach)
	}
}

// clean is a small module that breaks no rule.
var clean = map[string]string{
	"keytool/key.go":                    `import ("bytes"; "filippo.io/mldsa"; "github.com/cloudflare/circl/sign/ed448")`,
	"formats/ppk.go":                    `import ("io"; "sshkeys/keytool"; "sshkeys/internal/argon2d"; "golang.org/x/crypto/argon2")`,
	"perms/create_windows.go":           `import ("os"; "golang.org/x/sys/windows")`,
	"internal/argon2d/argon2d.go":       `import "golang.org/x/crypto/blake2b"`,
	"internal/keyfile/write.go":         `import ("os"; "sshkeys/formats"; "sshkeys/perms"; "golang.org/x/sys/unix")`,
	"internal/testkeys/tool.go":         `import ("testing"; "golang.org/x/crypto/ssh")`,
	"internal/diagnose/probe.go":        `import "net"`,
	"cmd/sshkeys/main.go":               `import ("os"; "sshkeys/internal/secret"; "github.com/spf13/cobra"); func main() { os.Exit(0) }`,
	"cmd/sshkeys/run.go":                `import "os"; type app struct{}; func (app) init() {}`,
	"bench/alternate/main.go":           `import "log"; func main() { log.Fatal() }`,
	"internal/services/profiles_gen.go": `import _ "embed"`,
}

func TestCleanModulePasses(t *testing.T) {
	var sources []source
	for name, src := range clean {
		sources = append(sources, parse(t, name, "package p; "+src))
	}
	for _, breach := range check(sources) {
		t.Error(breach)
	}
}

func TestEveryBreachIsFound(t *testing.T) {
	for _, c := range []struct{ path, src, want string }{
		{"keytool/a.go", `import "sshkeys/formats"`, "not below"},
		{"keytool/a.go", `import "golang.org/x/sys/unix"`, "not this package's"},
		{"keytool/a.go", `import "os"`, "pure"},
		{"keytool/a.go", `import "log/slog"`, "pure"},
		{"formats/a.go", `import "sshkeys/perms"`, "not below"},
		{"formats/a.go", `import "sshkeys/internal/keyfile"`, "not below"},
		{"formats/a.go", `import "github.com/youmark/pkcs8"`, "not this package's"},
		{"formats/a.go", `import "path/filepath"`, "pure"},
		{"formats/a.go", `import "golang.org/x/crypto/ssh"`, "tests only"},
		{"formats/a_windows.go", `import "os/exec"`, "pure"},
		{"perms/a.go", `import "sshkeys/keytool"`, "not below"},
		{"perms/a.go", `import "github.com/hectane/go-acl"`, "not this package's"},
		{"internal/argon2d/a.go", `import "sshkeys/keytool"`, "not below"},
		{"internal/bcryptpbkdf/a.go", `import "sshkeys/internal/argon2d"`, "not below"},
		{"internal/keyfile/a.go", `import "sshkeys/internal/secret"`, "not below"},
		{"internal/keyfile/a.go", `import "sshkeys/cmd/sshkeys"`, "not below"},
		{"internal/keyfile/a.go", `import "net"`, "network"},
		{"internal/diagnose/doctor.go", `import "net/http"`, "network"},
		{"internal/keyfile/a.go", `import "golang.org/x/crypto/ssh/knownhosts"`, "tests only"},
		{"cmd/sshkeys/a.go", `import "crypto/tls"`, "network"},
		{"cmd/sshkeys/a.go", `import "github.com/kayrus/putty"`, "tests only"},
		{"cmd/sshkeys/a.go", `import "sshkeys/internal/testkeys"`, "tests only"},
		{"cmd/sshkeys/a.go", `import "testing"`, "tests only"},
		{"cmd/sshkeys/a.go", `import "os"; func f() { os.Exit(1) }`, "ends the program"},
		{"cmd/sshkeys/a.go", `import sys "os"; var f = sys.Exit`, "ends the program"},
		{"cmd/sshkeys/a.go", `import "log"; func f() { log.Fatalf("") }`, "ends the program"},
		{"internal/secret/a.go", `import "syscall"; func f() { defer syscall.Exit(1) }`, "ends the program"},
		{"formats/a.go", `func init() {}`, "func init"},
		{"cmd/sshkeys/main.go", `func init() {}`, "func init"},
		{"util/a.go", ``, "no rule"},
		{"main.go", ``, "no rule"},
	} {
		got := check([]source{parse(t, c.path, "package p; "+c.src)})
		if len(got) != 1 || !strings.HasPrefix(got[0], c.path+": ") || !strings.Contains(got[0], c.want) {
			t.Errorf("%s with %s: found %s, want one breach with %q", c.path, c.src, fmt.Sprintf("%q", got), c.want)
		}
	}
}
