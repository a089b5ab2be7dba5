package testkeys

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// byTool is what does a damage in real life: a command that reads the file as its
// standard input and $1, and writes the damaged one.
func byTool() map[string][]string {
	return map[string][]string{
		"utf-16-le-no-bom":  {"iconv", "-f", "UTF-8", "-t", "UTF-16LE"},
		"crlf":              {"sed", `s/$/\r/`},
		"cr":                {"tr", `\n`, `\r`},
		"indent-2":          {"sed", `s/^/  /`},
		"indent-tab":        {"sed", `s/^/\t/`},
		"trailing-blanks":   {"sed", `s/$/  /`},
		"empty-lines":       {"sed", `$!G`},
		"spaces-for-lines":  {"tr", `\n`, ` `},
		"echo":              {"bash", "-c", `key=$(cat); set -f; echo $key`},
		"no-final-newline":  {"bash", "-c", `key=$(cat); printf %s "$key"`},
		"lost-newlines":     {"tr", "-d", `\n`},
		"literal-newlines":  {"awk", `{ printf "%s\\n", $0 }`},
		"literal-crlf":      {"awk", `{ printf "%s\\r\\n", $0 }`},
		"mail-quoted":       {"sed", `s/^/> /`},
		"mail-quoted-tight": {"sed", `s/^/>/`},
		"yaml-block":        {"sed", `1i key: |` + "\n" + `s/^/  /`},
		"json-string":       {"jq", "-Rs", "."},
		"json-value":        {"python3", "-c", `import json, sys; print(json.dumps({"private_key": sys.stdin.buffer.read().decode()}))`},
		"base64":            {"base64"},
		"base64-line":       {"base64", "-w0"},
		"base64-twice":      {"bash", "-c", "base64 | base64"},
		"html-nbsp":         {"sed", `s/ /\&nbsp;/g`},
		"html-br":           {"sed", `s/$/<br>/`},
		"nbsp":              {"sed", "s/ /\u00a0/g"},
		"zero-width-starts": {"sed", "s/^/\u200b/"},
		"lost-header":       {"sed", "1d"},
		"lost-footer":       {"sed", "$d"},
		"counts-zero":       {"sed", `s/^\(Public\|Private\)-Lines: .*/\1-Lines: 0/`},
		"width-48":          {"sh", "-c", `sed -n 1p "$1"; sed '1d;$d' "$1" | tr -d '\n' | fold -w 48; echo; sed -n '$p' "$1"`, "sh"},
		"lost-letter":       {"cut", "-b", "2-"},
		"lost-type":         {"cut", "-d", " ", "-f", "2-"},
		"wrapped-80":        {"fold", "-w", "80"},
		"em-dashes":         {"sed", "s/--/—/g"},
		"four-dashes":       {"sed", "s/-----/----/g"},
		"plus-all":          {"tr", "+", " "},
	}
}

// TestDamagesAreThoseOfTools holds every damage that a tool does to the tool's bytes.
func TestDamagesAreThoseOfTools(t *testing.T) {
	goldens := []Golden{Find(t, "ed25519", "openssh"), Find(t, "ecdsa256", "ppk3"), Find(t, "rsa2048", "openssh.pub")}
	for name, command := range byTool() {
		d, ok := FindDamage(name)
		if !ok {
			t.Errorf("no damage %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			if _, err := exec.LookPath(command[0]); err != nil {
				t.Skipf("%s is missing", command[0]) // none is in the packages of .ci/run
			}
			compared := 0
			for _, g := range goldens {
				got, ok := d.Of(g.Data)
				if !ok || name == "lost-footer" && g.Format == "ppk3" || name == "width-48" && g.Format != "openssh" {
					continue
				}
				compared++
				if want := runOn(t, g, command...); !bytes.Equal(got, want) {
					t.Errorf("%s: by %s\n%s\nby damages.go\n%s", g, command[0], want, got)
				}
			}
			if compared == 0 {
				t.Error("no golden compared")
			}
		})
	}
}

func runOn(t *testing.T, g Golden, command ...string) []byte {
	t.Helper()
	cmd := exec.Command(command[0], append(command[1:len(command):len(command)], fileArgument(command, g.Path)...)...)
	cmd.Stdin = bytes.NewReader(g.Data)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// fileArgument is $1 of a shell's command.
func fileArgument(command []string, path string) []string {
	if command[0] != "sh" {
		return nil
	}
	return []string{path}
}

// TestShellReadsItsQuoting: what a shell makes of the quoted forms is the key.
func TestShellReadsItsQuoting(t *testing.T) {
	if _, err := exec.LookPath("sh"); err != nil {
		t.Skip("sh is missing")
	}
	for _, g := range []Golden{Find(t, "ed25519", "openssh"), Find(t, "ed25519", "rfc4716"), Find(t, "ed25519", "ppk3")} {
		for name, script := range map[string]string{"shell-single": "KEY=%", "shell-double": "KEY=%", "shell-export": "%"} {
			d, _ := FindDamage(name)
			quoted, _ := d.Of(g.Data)
			path := filepath.Join(t.TempDir(), "key.sh")
			source := strings.ReplaceAll(script, "%", string(quoted)) + "printf '%s\\n' \"$KEY\"\n"
			if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.Command("sh", path).Output(); err != nil || !bytes.Equal(out, g.Data) {
				t.Errorf("%s, %s: %v\n%s", g, name, err, out)
			}
		}
	}
}

// TestDamagesTwice: no pair of damages panics, or writes to what it is given.
func TestDamagesTwice(t *testing.T) {
	g := Find(t, "ed25519", "openssh")
	before := bytes.Clone(g.Data)
	for _, first := range Damages() {
		data, ok := first.Of(g.Data)
		if !ok {
			continue
		}
		kept := bytes.Clone(data)
		for _, second := range Damages() {
			second.Of(data)
		}
		if !bytes.Equal(data, kept) || !bytes.Equal(g.Data, before) {
			t.Fatalf("after %s the text was written to", first.Name)
		}
	}
}
