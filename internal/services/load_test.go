package services

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// TestServices: those that people were promised, each by one name only.
func TestServices(t *testing.T) {
	for _, name := range []string{
		"ddbj", "dra", "jga", "agd", "nig", "nig-genome", "ega", "fega", "smartfile", "filescom", "sftpplus", "cuteftp",
		"eft6", "eft7.4", "eft8", "openssh", "openssh-9.5", "openssh-7.7", "putty", "putty-0.74", "winscp", "filezilla",
		"jsch", "paramiko", "ssh2", "bitwarden", "dropbear", "openssl", "age", "crypt4gh", "D-way", "files.com",
	} {
		if Lookup(name) == nil {
			t.Errorf("no service is called %q", name)
		}
	}
	seen := map[string]string{}
	for _, p := range All() {
		for _, name := range append([]string{p.ID}, p.Aliases...) {
			if other, twice := seen[name]; twice {
				t.Errorf("%q is %s and %s", name, other, p.ID)
			}
			seen[name] = p.ID
		}
	}
	if Lookup("nonsense") != nil || Lookup("") != nil {
		t.Error("found what is not there")
	}
	if !slices.IsSortedFunc(All(), func(a, b *Profile) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("not sorted")
	}
}

// TestEmbeddedFiles holds our own files to what is asked of a user's.
func TestEmbeddedFiles(t *testing.T) {
	entries, err := files.ReadDir("profiles")
	if err != nil || len(entries) < 5 {
		t.Fatal(entries, err)
	}
	for _, entry := range entries {
		data, err := files.ReadFile("profiles/" + entry.Name())
		if err != nil {
			t.Fatal(err)
		}
		if list, err := parse(entry.Name(), data); err != nil || len(list) == 0 {
			t.Errorf("%d services: %v", len(list), err)
		}
	}
}

// document is what a source has to name: a repository with its owner, an address,
// a program that was run, or a manual.
var document = regexp.MustCompile(`(^| )[A-Za-z0-9.-]+/[\w.-]+|^https://|\(run\)|(manual|documentation|change log)( |,|$)|^FileZilla fzputtygen`)

// TestEveryFactHasASource, of all profiles, and there are many.
func TestEveryFactHasASource(t *testing.T) {
	facts := 0
	for _, p := range All() {
		for f := range p.Facts() {
			facts++
			if !document.MatchString(f.Source) {
				t.Errorf("%s, %s: %q names no document", p.ID, f.Path, f.Source)
			}
		}
	}
	if facts < 300 {
		t.Errorf("only %d facts were found", facts)
	}
	for _, none := range []string{"", "hearsay", "see below"} {
		if document.MatchString(none) {
			t.Errorf("%q is taken for a document", none)
		}
	}
}

// confirmedFormats tells of each fact about one of the formats whether it is confirmed.
func confirmedFormats(service string, half Half, purpose Purpose, ids ...string) (found []bool) {
	for _, r := range Lookup(service).RolesOf(half, purpose) {
		for _, f := range r.Formats {
			if slices.ContainsFunc(ids, func(id string) bool { return slices.Contains(strs(f.Value), id) }) {
				found = append(found, f.Confirmed)
			}
		}
	}
	return found
}

// confirmedTypes does so for key types.
func confirmedTypes(service string, purpose Purpose, names ...string) (found []bool) {
	for _, r := range Lookup(service).RolesOf(PublicHalf, purpose) {
		for _, f := range r.Types {
			if slices.ContainsFunc(names, func(n string) bool { return slices.Contains(f.Value, n) }) {
				found = append(found, f.Confirmed)
			}
		}
	}
	return found
}

// TestUnconfirmed holds the profiles to spec/services.md: what is marked [U]
// there, or is in its section 6, is not confirmed here.
func TestUnconfirmed(t *testing.T) {
	for what, found := range map[string][]bool{
		"whether DDBJ's sftp takes sk keys (1.2)":          confirmedTypes("ddbj", Auth, "sk-ed25519", "sk-ecdsa"),
		"whether JGA's script converts openssh (2.2)":      confirmedFormats("jga", PrivateHalf, Dataset, "openssh", "pkcs8"),
		"whether the DU form takes RFC 4716 (6)":           confirmedFormats("jga", PublicHalf, Dataset, "rfc4716"),
		"RFC 4716 at AGD (6)":                              confirmedFormats("agd", PublicHalf, Dataset, "rfc4716"),
		"NIG's list of types (4)":                          confirmedTypes("nig", Auth, other),
		"CuteFTP's private formats (5.1)":                  confirmedFormats("cuteftp", PrivateHalf, Auth, "sshcom", other),
		"CuteFTP's public formats (6)":                     confirmedFormats("cuteftp", PublicHalf, Auth, "rfc4716", other),
		"EFT 8's public formats (5.1)":                     confirmedFormats("eft8", PublicHalf, Auth, "openssh-public", other),
		"SFTPPlus's newer types (6)":                       confirmedTypes("sftpplus", Auth, other),
		"Files.com's types (5.1)":                          confirmedTypes("filescom", Auth, other),
		"EGA's exact formats (5.1)":                        confirmedFormats("ega", PublicHalf, Auth, other),
		"EGA's exact types (5.1)":                          confirmedTypes("ega", Auth, other),
		"FileZilla's handling of OpenSSH and PEM keys (6)": confirmedFormats("filezilla", PrivateHalf, Auth, "openssh", "pkcs1"),
	} {
		if len(found) == 0 || slices.Contains(found, true) {
			t.Errorf("%s: %v, want facts that are there and not confirmed", what, found)
		}
	}
}

// TestUnknownOfJGA: no minimum size of a data set's key is known, nor what hcp reads.
func TestUnknownOfJGA(t *testing.T) {
	for _, p := range []string{"jga", "agd"} {
		for _, r := range Lookup(p).RolesOf(PrivateHalf, Dataset) {
			if slices.ContainsFunc(r.Types, func(f TypeFact) bool { return f.MinimumBits != 0 }) {
				t.Errorf("%s: no minimum size is known of a data set's key", p)
			}
		}
		for _, r := range Lookup(p).Rules {
			if strings.Contains(r.Value.En, "hcp") && r.Confirmed {
				t.Errorf("%s: the formats of hcp are not confirmed", p)
			}
		}
	}
}

func strs[S ~string](list []S) []string {
	var out []string
	for _, s := range list {
		out = append(out, string(s))
	}
	return out
}

// TestNoFingerprints: the examples in the documents are no trusted host keys.
func TestNoFingerprints(t *testing.T) {
	entries, err := files.ReadDir("profiles")
	if err != nil || len(entries) == 0 {
		t.Fatal(err)
	}
	for _, entry := range entries {
		data, err := files.ReadFile("profiles/" + entry.Name())
		if err != nil || strings.Contains(string(data), "SHA256:") {
			t.Errorf("%s: %v, or a fingerprint", entry.Name(), err)
		}
	}
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		service, file string
		purpose       Purpose
		fits          bool
	}{
		{"jga", "J-DU999991", Dataset, true},
		{"jga", "keys/J-DU999991.pub", Dataset, true},
		{"jga", "J-DU999991_private_key", Dataset, true},
		{"jga", "J-DU999991-001", Dataset, true},
		{"jga", "J-DU1", Dataset, false},
		{"jga", "A-DU999991", Dataset, false},
		{"jga", "id_rsa", Auth, true}, // no rule for these
		{"agd", "A-DU999991", Dataset, true},
		{"nig", "id_ed25519_nigsc-gw", Auth, true},
		{"nig", "id_ed25519", Auth, false},
	} {
		if _, fits := Lookup(c.service).NameFact(c.file, c.purpose); fits != c.fits {
			t.Errorf("%s, %s: %v", c.service, c.file, fits)
		}
	}
	if got := Lookup("nig").CommentFor("taro", "2025-01-15"); got != "nigsc-gw:taro:2025-01-15" {
		t.Error(got)
	}
	if got := Lookup("ddbj").CommentFor("taro", "2025-01-15"); got != "" {
		t.Error(got)
	}
}

// own is a service as a user would write it.
const own = `services:
  - id: lab
    aliases: [our-lab]
    title: Our lab's server
    kind: server
    purposes: {value: [auth], source: the admin's mail, confirmed: true}
    roles:
      - half: public
        where: {value: {en: mail it to the admin}, source: the admin's mail, confirmed: true}
        formats:
          - {value: [openssh-public], source: the admin's mail, confirmed: true}
        types:
          - {value: [rsa], minimum_bits: 4096, source: the admin's mail, confirmed: true}
`

func TestOwnFile(t *testing.T) {
	c, err := Builtin().With("own.yaml", []byte(own))
	if err != nil {
		t.Fatal(err)
	}
	if p := c.Lookup("our-lab"); p == nil || p.ID != "lab" || c.Lookup("jga") == nil || len(c.All()) != len(All())+1 {
		t.Error("the service was not added")
	}
	if Lookup("lab") != nil {
		t.Error("the built-in catalogue was changed")
	}
	for _, nothing := range []string{"", "\n", "# nothing yet\n", "services:\n", "services: []\n", "---\n"} {
		if c, err := Builtin().With("own.yaml", []byte(nothing)); err != nil || len(c.All()) != len(All()) {
			t.Errorf("%q: %v", nothing, err)
		}
	}
}

// TestBrokenFile: every mistake is one line with the file, most with the place,
// and leaves the catalogue as it was.
func TestBrokenFile(t *testing.T) {
	edit := func(old, new string) string { return strings.Replace(own, old, new, 1) }
	bomb := "a0: &a0 [x,x,x,x,x,x,x,x,x]\n"
	for i := range 12 {
		bomb += fmt.Sprintf("a%d: &a%d [*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d,*a%d]\n", i+1, i+1, i, i, i, i, i, i, i, i, i)
	}
	for what, c := range map[string]struct {
		text, want string
		line       int
	}{
		"a built-in name":    {edit("id: lab", "id: jga"), `"jga" is taken by jga`, 2},
		"a built-in alias":   {edit("our-lab", "d-way"), `"d-way" is taken by dra`, 3},
		"twice":              {own + strings.TrimPrefix(own, "services:\n"), `"lab" is there twice`, 2},
		"an unknown field":   {edit("    kind:", "    colour: red\n    kind:"), "field colour not found", 5},
		"an unknown nested":  {edit("minimum_bits", "minimal_bits"), "field minimal_bits not found", 13},
		"a wrong kind":       {edit("kind: server", "kind: cat"), "kind is to be", 2},
		"an unknown format":  {edit("openssh-public", "opensshpublic"), `no format "opensshpublic"`, 2},
		"an unknown type":    {edit("[rsa]", "[rsaa]"), `no key type "rsaa"`, 2},
		"an unknown purpose": {edit("value: [auth]", "value: [login]"), `no purpose "login"`, 2},
		"an empty source":    {strings.Replace(own, "minimum_bits: 4096, source: the admin's mail", "minimum_bits: 4096", 1), "roles.0.types.0 has no source", 2},
		"a bad name":         {edit("id: lab", "id: Lab!"), "is no name", 2},
		"no title":           {edit("title: Our lab's server", "title:"), "title is missing", 2},
		"not YAML":           {"services: [\n", "", 0},
		"a tab":              {"services:\n\t- id: x\n", "", 2},
		"a list":             {"- id: x\n", "", 1},
		"a scalar":           {"hello", "", 1},
		"two documents":      {own + "---\n" + own, "one YAML document", 0},
		"an empty service":   {"services:\n  -\n", "service 1 is empty", 0},
		"a number":           {edit("minimum_bits: 4096", "minimum_bits: many"), "", 13},
		"a bomb":             {bomb, "", 0},
		"a deep nest":        {"services: " + strings.Repeat("[", 200000), "", 0},
		"too long":           {"#" + strings.Repeat("x", MaxFile), "longer than", 0},
		"binary":             {"\x00\x01\x02\xff", "", 0},
		"a bad pattern":      {own + "    names:\n      - {value: {purpose: auth, pattern: '[', example: x}, source: x, confirmed: true}\n", "pattern", 2},
		"a bad port":         {own + "    hosts:\n      - {value: {name: x, port: 99999}, source: x, confirmed: true}\n", "port", 2},
	} {
		got, err := Builtin().With("own.yaml", []byte(c.text))
		broken, ok := errors.AsType[*FileError](err)
		switch {
		case !ok:
			t.Errorf("%s: error %v", what, err)
		case !strings.HasPrefix(err.Error(), "own.yaml: ") || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "services.") || len(err.Error()) > 300:
			t.Errorf("%s: %q", what, err)
		case !strings.Contains(broken.Reason, c.want) || c.line != 0 && broken.Line != c.line:
			t.Errorf("%s: %q, want %q in line %d", what, err, c.want, c.line)
		case len(got.All()) != len(All()):
			t.Errorf("%s: the catalogue was changed", what)
		}
	}
}

// TestJSONIsTheSchema: what `sshkeys services --json` prints of a service, renamed,
// is an entry for the user's own file.
func TestJSONIsTheSchema(t *testing.T) {
	for _, p := range All() {
		data, err := json.Marshal(map[string][]*Profile{"services": {p}})
		if err != nil {
			t.Fatal(err)
		}
		again, err := parse("own.yaml", data)
		if err != nil || len(again) != 1 || !reflect.DeepEqual(again[0], p) {
			t.Errorf("%s does not come back: %v", p.ID, err)
		}
	}
}

func TestPath(t *testing.T) {
	root := "" // an absolute path begins with the drive on Windows
	if runtime.GOOS == "windows" {
		root = "C:"
	}
	home, xdg := filepath.FromSlash(root+"/h"), filepath.FromSlash(root+"/x")
	for _, c := range []struct {
		goos, home string
		env        map[string]string
		want       string
	}{
		{"linux", home, nil, "/h/.config/sshkeys/services.yaml"},
		{"linux", home, map[string]string{"XDG_CONFIG_HOME": xdg}, "/x/sshkeys/services.yaml"},
		{"linux", home, map[string]string{"XDG_CONFIG_HOME": "relative"}, "/h/.config/sshkeys/services.yaml"},
		{"linux", "", nil, ""},
		{"darwin", home, nil, "/h/Library/Application Support/sshkeys/services.yaml"},
		{"windows", home, map[string]string{"AppData": xdg}, "/x/sshkeys/services.yaml"},
		{"windows", home, nil, ""},
	} {
		got := Path(c.goos, c.home, func(name string) string { return c.env[name] })
		if strings.TrimPrefix(filepath.ToSlash(got), root) != c.want {
			t.Errorf("%s %v: %q, want %q", c.goos, c.env, got, c.want)
		}
	}
}

// FuzzOwnFile: whatever stands in the user's file, the answer is a catalogue or
// one error.
func FuzzOwnFile(f *testing.F) {
	f.Add([]byte(own))
	f.Add([]byte("services:\n  - &a {id: a, roles: [*a]}\n"))
	f.Add([]byte("0\n\n00")) // a text of two lines
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Builtin().With("own.yaml", data)
		if c == nil || err != nil && strings.Contains(err.Error(), "\n") {
			t.Errorf("%v", err)
		}
	})
}

// BenchmarkEveryday is what the first inspect pays.
func BenchmarkEveryday(b *testing.B) {
	for b.Loop() {
		embedded("everyday.yaml")
	}
}

// BenchmarkAll is what `sshkeys services` and --for pay.
func BenchmarkAll(b *testing.B) {
	entries, _ := files.ReadDir("profiles")
	for b.Loop() {
		for _, e := range entries {
			embedded(e.Name())
		}
	}
}
