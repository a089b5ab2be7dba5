package catalog

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
)

var blanks = regexp.MustCompile(`\{[a-z_]+\}`)

// TestCompleteInBothLanguages counts the messages, and holds each to words in both
// languages with the same blanks.
func TestCompleteInBothLanguages(t *testing.T) {
	count, seen := 0, map[string]bool{}
	for _, table := range tables() {
		for _, r := range table {
			count++
			if seen[r.id] {
				t.Errorf("%s stands twice", r.id)
			}
			seen[r.id] = true
			if r.en == "" || r.ja == "" {
				t.Errorf("%s is in one language only", r.id)
			}
			en, ja := blanks.FindAllString(r.en, -1), blanks.FindAllString(r.ja, -1)
			slices.Sort(en)
			slices.Sort(ja)
			if !slices.Equal(slices.Compact(en), slices.Compact(ja)) {
				t.Errorf("%s: blanks %v in English, %v in Japanese", r.id, en, ja)
			}
			words := blanks.ReplaceAllString(r.ja, "")
			if strings.IndexFunc(words, unicode.IsLetter) >= 0 && strings.IndexFunc(words, isKana) < 0 && strings.Contains(blanks.ReplaceAllString(r.en, ""), " ") {
				t.Errorf("%s: its Japanese is none: %s", r.id, r.ja)
			}
		}
	}
	if count != len(rows()) || count == 0 {
		t.Errorf("%d messages in the tables, %d in the catalogue", count, len(rows()))
	}
}

// TestEveryMessageIsThere: each id that the module names is in the catalogue, and
// no message is there that nobody names.
func TestEveryMessageIsThere(t *testing.T) {
	named := map[string]bool{}
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		own := strings.HasPrefix(filepath.Base(path), "words_") && strings.Contains(filepath.ToSlash(path), "internal/catalog/")
		ast.Inspect(file, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && !own {
				if text, err := strconv.Unquote(lit.Value); err == nil {
					named[text] = true
				}
			}
			if call, ok := n.(*ast.CallExpr); ok && isT(call) && len(call.Args) > 0 {
				if lit, ok := call.Args[0].(*ast.BasicLit); ok {
					id, _ := strconv.Unquote(lit.Value)
					if _, there := rows()[id]; !there {
						t.Errorf("%s names %q, which is not in the catalogue", path, id)
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range IDs() {
		if !named[id] {
			t.Errorf("%s is said by nobody", id)
		}
	}
}

func isT(call *ast.CallExpr) bool {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || sel.Sel.Name != "T" {
		return false
	}
	pkg, ok := sel.X.(*ast.Ident)
	return ok && pkg.Name == "catalog"
}

func TestSay(t *testing.T) {
	inner := T("K17.none")
	for _, c := range []struct {
		text   Text
		en, ja string
	}{
		{Text{}, "", ""},
		{T("no such id"), "no such id", "no such id"},
		{T("K10.openssh", "minimum", 1024, "bits", 768), "OpenSSH refuses RSA keys under 1024 bits; this one has 768", "OpenSSH は 1024 ビット未満の RSA 鍵を受け付けません。この鍵は 768 ビットです"},
		{T("K19.legacy", "kdf", inner), "the passphrase is protected by " + English.Say(inner) + " only, which is quickly guessed",
			"パスフレーズの保護が " + Japanese.Say(inner) + " だけで、短時間で破られるおそれがあります"},
		{T("K19.legacy", "kdf", []Text{inner, inner}), "the passphrase is protected by " + English.Say(inner) + ", " + English.Say(inner) + " only, which is quickly guessed",
			"パスフレーズの保護が " + Japanese.Say(inner) + "、" + Japanese.Say(inner) + " だけで、短時間で破られるおそれがあります"},
	} {
		if got := English.Say(c.text); got != c.en {
			t.Errorf("got %q, want %q", got, c.en)
		}
		if got := Japanese.Say(c.text); got != c.ja {
			t.Errorf("got %q, want %q", got, c.ja)
		}
	}
}

// TestFill: a value is not looked at for blanks, and other braces stay.
func TestFill(t *testing.T) {
	got := fill("a {x} {} {X y} {", func(string) string { return "{x}" })
	if want := "a {x} {} {X y} {"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestFillKeepsLettersApart: a space stands between Japanese and Latin letters where
// a value brings them together, and neither beside a sign or a space, nor for nothing.
func TestFillKeepsLettersApart(t *testing.T) {
	for _, c := range []struct{ words, value, want string }{
		{"この{x}の", "sshd のファイル", "この sshd のファイルの"},
		{"この{x}の", "秘密鍵", "この秘密鍵の"},
		{"この {x} の", "config", "この config の"},
		{"{x}は読めません", "OpenSSH", "OpenSSH は読めません"},
		{"フォルダー{x}個", "3", "フォルダー 3 個"},
		{"鍵{x}。", "(PPK)", "鍵(PPK)。"},
		{"秘密鍵{x}、", "ed25519", "秘密鍵 ed25519、"},
		{"{x} は {x} のログイン", "このユーザー", "このユーザーはこのユーザーのログイン"},
		{"鍵 {x} を", "書類/鍵", "鍵 書類/鍵 を"},
		{"{x} の SSH", "鍵", "鍵の SSH"},
		{"{x}{x}", "a", "aa"},
		{"この{x}SSH", "", "このSSH"},
		{"the {x}'s", "key", "the key's"},
		{"", "", ""},
	} {
		if got := fill(c.words, func(string) string { return c.value }); got != c.want {
			t.Errorf("%s with %q: %s, want %s", c.words, c.value, got, c.want)
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	for _, c := range []struct {
		env  map[string]string
		want Lang
	}{
		{map[string]string{"LANG": "ja_JP.UTF-8"}, Japanese},
		{map[string]string{"LC_ALL": "ja_JP.UTF-8", "LANG": "C"}, Japanese},
		{map[string]string{"LC_ALL": "C", "LANG": "ja_JP.UTF-8"}, English},
		{map[string]string{"LC_MESSAGES": "ja", "LANG": "en_US.UTF-8"}, Japanese},
		{map[string]string{"LANG": "Japanese_Japan.932"}, Japanese},
		{map[string]string{"LANG": "jam"}, English},
		{map[string]string{"LANG": "C"}, English},
	} {
		if got := FromEnvironment(func(name string) string { return c.env[name] }); got != c.want {
			t.Errorf("%v: %s, want %s", c.env, got, c.want)
		}
	}
}
