package sshconfig_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sshkeys/internal/sshconfig"
	"sshkeys/internal/testkeys"
)

// tree writes files below a new folder and returns it.
func tree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(text, "DIR", dir)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// env is alice, whose home is dir.
func env(dir string) sshconfig.Env {
	return sshconfig.Env{Home: dir, User: "alice", Lookup: func(name string) (string, bool) {
		value, ok := map[string]string{"KEYS": "/keys", "TILDE": "~", "TOKEN": "%d"}[name]
		return value, ok
	}}
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s\n got %q\nwant %q", what, got, want)
	}
}

func below(dir string, names ...string) []string {
	for i, name := range names {
		names[i] = filepath.Join(dir, filepath.FromSlash(name))
	}
	return names
}

func TestFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths of this test are Unix's")
	}
	dir := tree(t, map[string]string{".ssh/config": `
Host a
  IdentityFile ~/.ssh/a
  identityfile=~/.ssh/b
  IDENTITYFILE = "~/.ssh/with blank"  # a comment
  IdentityFile ~/.ssh/a
  IdentityFile none
  IdentityFile %d/.ssh/%u%%
  IdentityFile ${KEYS}/x
  IdentityFile ${TOKEN}/x
  IdentityFile ~alice/own
  IdentityFile /k/../k2
Match exec "true" user x
  CertificateFile ~/.ssh/a-cert.pub
  IdentityFile ~/.ssh/%h
  IdentityFile ~/.ssh/%r@%n
  IdentityFile ${NOT_SET}/x
  IdentityFile ~nobodyhere/x
  IdentityFile relative/x
  IdentityFile ~/.ssh/%
  IdentityFile "never closed
  IdentityFile
  IdentityFileX /no
  #IdentityFile /no
`})
	config := filepath.Join(dir, ".ssh/config")
	got, err := sshconfig.Files(config, env(dir))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "identities", got.Identities, []string{
		dir + "/.ssh/a", dir + "/.ssh/b", dir + "/.ssh/with blank", dir + "/.ssh/alice%", "/keys/x", dir + "/own", "/k2",
	})
	equal(t, "certificates", got.Certificates, below(dir, ".ssh/a-cert.pub"))
	equal(t, "includes", got.Includes, nil)
	// What a variable gives is not looked at again, so that ${TOKEN} is relative.
	equal(t, "unresolved", got.Unresolved, []string{
		config + ":10: ${TOKEN}/x", config + ":15: ~/.ssh/%h", config + ":16: ~/.ssh/%r@%n", config + ":17: ${NOT_SET}/x",
		config + ":18: ~nobodyhere/x", config + ":19: relative/x", config + ":20: ~/.ssh/%",
	})
}

func TestInclude(t *testing.T) {
	dir := tree(t, map[string]string{
		".ssh/config":            "Include config.d/*.conf missing config.d/sub/[!b]?\nHost x\nInclude \"~/elsewhere/two words\"\nIdentityFile ~/last\nInclude config.d/%h ~/.ssh/none*\n",
		".ssh/config.d/b.conf":   "IdentityFile ~/b",
		".ssh/config.d/a.conf":   "IdentityFile ~/a\nInclude d/../config.d/b.conf ../.ssh/config\n",
		".ssh/config.d/.c.conf":  "IdentityFile ~/hidden",
		".ssh/config.d/c.txt":    "IdentityFile ~/other",
		".ssh/config.d/sub/a1":   "\ufeffIdentityFile ~/sub\r\n",
		".ssh/config.d/sub/b1":   "IdentityFile ~/not",
		".ssh/config.d/d.conf/x": "a folder like a file",
		"elsewhere/two words":    "IdentityFile ~/elsewhere/k",
	})
	got, err := sshconfig.Files(filepath.Join(dir, ".ssh/config"), env(dir))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "includes", got.Includes, below(dir, ".ssh/config.d/a.conf", ".ssh/config.d/b.conf", ".ssh/config",
		".ssh/missing", ".ssh/config.d/sub/a1", "elsewhere/two words"))
	equal(t, "identities", got.Identities, below(dir, "a", "b", "sub", "elsewhere/k", "last"))
	equal(t, "unresolved", got.Unresolved, []string{filepath.Join(dir, ".ssh/config") + ":5: config.d/%h"})
}

// A chain of configs ends where ssh ends it: depth 16.
func TestIncludeDepth(t *testing.T) {
	files := map[string]string{}
	for i := range 30 {
		files[".ssh/c"+strconv.Itoa(i)] = "IdentityFile ~/k" + strconv.Itoa(i) + "\nInclude c" + strconv.Itoa(i+1) + "\n"
	}
	dir := tree(t, files)
	got, err := sshconfig.Files(filepath.Join(dir, ".ssh/c0"), env(dir))
	if err != nil || len(got.Identities) != 17 {
		t.Errorf("%d identities, %v; want 17: one of each depth from 0 to 16", len(got.Identities), err)
	}
}

func TestUnreadable(t *testing.T) {
	dir := tree(t, map[string]string{
		"long": strings.Repeat("# comment\n", 1<<17),
		"user": "IdentityFile ~/before\nInclude DIR/long\nIdentityFile ~/after\n",
	})
	for name, want := range map[string]error{"missing": fs.ErrNotExist, ".": nil, "long": nil} {
		_, err := sshconfig.Files(filepath.Join(dir, name), env(dir))
		var perr *fs.PathError
		if !errors.As(err, &perr) || perr.Path != filepath.Join(dir, name) || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	got, err := sshconfig.Files(filepath.Join(dir, "user"), env(dir))
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "long")) {
		t.Errorf("error %v, want one that names the included file", err)
	}
	equal(t, "identities", got.Identities, below(dir, "before", "after"))
	equal(t, "includes", got.Includes, below(dir, "long"))
}

// asSSH is what ssh makes of a config: with -G the names as they are written and
// with -v as it expands them. The connection never comes about.
func asSSH(t *testing.T, cmd *exec.Cmd, prefix string) []string {
	t.Helper()
	out, _ := cmd.CombinedOutput()
	var names []string
	for line := range strings.Lines(string(out)) {
		if name, ok := strings.CutPrefix(strings.TrimRight(line, "\r\n"), prefix); ok {
			name, _, _ = strings.Cut(name, " type ")
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatalf("%s said nothing of a file:\n%s", cmd, out)
	}
	return names
}

// peculiar are the lines that ssh is asked about.
const peculiar = `
IdentityFile /plain
  "IdentityFile" "/a b/c" # comment
identityFILE=/x#y
Identityfile	=	/tab#
IdentityFile /tra\ il\x/\\y\"   
IdentityFile '/single q'"/joined"'\''
IdentityFile "/in \"double\" ' q"
IdentityFile /plain
IdentityFile none
IdentityFile /%%/%u
IdentityFile %d/x
IdentityFile ~/y
IdentityFile ~
IdentityFile ${SSHKEYS_TEST}/z
IdentityFile ~root/of-root
Include DIR/more/*.conf DIR/nothing DIR/more/[!a-z]x
IdentityFile /behind/includes
`

var more = map[string]string{
	"config":       peculiar,
	"more/b.conf":  "IdentityFile /b\n",
	"more/a.conf":  "IdentityFile /a\nInclude DIR/more/deep\n",
	"more/deep":    "IdentityFile=/deep\r\n",
	"more/.h.conf": "IdentityFile /hidden\n",
	"more/a-.conf": "IdentityFile /a-\n",
	"more/1x":      "IdentityFile /1x\n",
	"more/bx":      "IdentityFile /bx\n",
}

// TestAgainstSSH holds parsing, expansion and the order of Includes to ssh.
func TestAgainstSSH(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	me, err := user.Current()
	if err != nil {
		t.Skip(err)
	}
	dir := tree(t, more)
	config := filepath.Join(dir, "config")
	t.Setenv("SSHKEYS_TEST", "/from/environment")
	got, err := sshconfig.Files(config, sshconfig.Env{Home: me.HomeDir, User: me.Username})
	if err != nil || len(got.Unresolved) > 0 {
		t.Fatalf("unresolved %q, %v", got.Unresolved, err)
	}
	want := asSSH(t, exec.Command(ssh, "-v", "-F", config, "-o", "ProxyCommand=false", "-o", "BatchMode=yes", "nohost.invalid"), "debug1: identity file ")
	want = slices.DeleteFunc(want, func(name string) bool { return strings.HasSuffix(name, "-cert") })
	for i, name := range want { // ssh escapes a backslash in its log, as vis(3) does
		want[i] = filepath.Clean(strings.ReplaceAll(name, `\\`, `\`))
	}
	equal(t, "identities and what ssh -v says", got.Identities, want)
}

// What ssh -G lists and this does not would be a keyword or a line missed.
func TestAgainstSSHOfEveryBlock(t *testing.T) {
	ssh := testkeys.Tool(t, "ssh")
	dir := tree(t, map[string]string{
		"config": "Host *\nCertificateFile /c1-cert.pub\nMatch all\n\tCertificateFile = /c2-cert.pub\nInclude DIR/inc\nIdentityFile /k\n",
		"inc":    "Host *\n  CertificateFile \"/c 3\"\n  IdentityFile /i\n",
	})
	config := filepath.Join(dir, "config")
	got, err := sshconfig.Files(config, env(dir))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "certificates", got.Certificates, asSSH(t, exec.Command(ssh, "-G", "-F", config, "nohost"), "certificatefile "))
	equal(t, "identities", got.Identities, asSSH(t, exec.Command(ssh, "-G", "-F", config, "nohost"), "identityfile "))
}

func FuzzFiles(f *testing.F) {
	f.Add([]byte(peculiar))
	f.Add([]byte("Include config\ninclude * c* [ [] \\ ~ ~/ / ../../../*\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		named := sshconfig.FilesIn(text)
		for _, list := range [][]string{named.Identities, named.Certificates, named.Includes} {
			seen := map[string]bool{}
			for _, path := range list {
				if !filepath.IsAbs(path) || path != filepath.Clean(path) || seen[path] {
					t.Errorf("%q is not an absolute path that is told once", path)
				}
				seen[path] = true
			}
		}
		if again := sshconfig.FilesIn(text); !reflect.DeepEqual(again, named) {
			t.Error("another answer the second time")
		}
	})
}
