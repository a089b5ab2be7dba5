package diagnose

import (
	"context"
	"errors"
	"fmt"
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

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

func TestErrorText(t *testing.T) {
	missing := &fs.PathError{Op: "open", Path: "k", Err: fs.ErrNotExist}
	for _, c := range []struct {
		err    error
		en, ja string // "" for what the error says itself
	}{
		{formats.ErrWrongPassphrase, "", "パスフレーズが違います"},
		{&formats.UnknownFormatError{Reason: "the file is empty"}, "", "鍵ファイルではありません: ファイルが空です"},
		{&formats.UnknownFormatError{Reason: "a Java keystore", Foreign: true}, "", "SSH、Crypt4GH、age の鍵ではありません。Java のキーストアです"},
		{&formats.SyntaxError{Format: formats.PPK3, Line: 12, Field: "Private-Lines", Offset: -1, Reason: "8 lines announced, more are there"}, "",
			"PuTTY 形式の秘密鍵 (PPK 3)のファイルが壊れています: 12 行目: Private-Lines: 8 行のはずが、それより多くあります"},
		{&formats.SyntaxError{Format: formats.OpenSSH, Field: "public key, field n", Offset: 7, Reason: "of a reason that nobody translated"}, "",
			"OpenSSH 形式の秘密鍵のファイルが壊れています: 公開鍵、フィールド n: 7 バイト目: 形式の決まりに合っていません"},
		{&formats.SyntaxError{Format: formats.KnownHosts, Line: 3, Offset: -1, Reason: "no key in it; the key goes on in the next line and must stand on one"}, "",
			"known_hosts の一覧のファイルが壊れています: 3 行目: 鍵が次の行に続いています。1 行に書く必要があります(鍵がありません)"},
		{&formats.DamageError{Format: formats.OpenSSH, Line: 3, Last: 3, Column: 17, Reason: "not a base64 character"}, "",
			"OpenSSH 形式の秘密鍵のファイルが壊れています: 3 行目の 17 文字目: base64 の文字ではありません"},
		{&formats.DamageError{Format: formats.OpenSSH, Line: 4, Last: 7, Field: "private section, field d",
			Reason: "it does not fit the rest of the key: a character in it was changed"}, "",
			"OpenSSH 形式の秘密鍵のファイルが壊れています: 4~7 行目: 秘密鍵部分、フィールド d: 鍵のほかの部分と合いません。この中の文字が変わっています"},
		{&formats.DamageError{Format: formats.PPK3, Line: 6, Reason: "70 characters are missing: a whole line was lost"}, "",
			"PuTTY 形式の秘密鍵 (PPK 3)のファイルが壊れています: 6 行目: 70 文字が欠けています。1 行がまるごと失われています"},
		{&formats.DamageError{Format: formats.PKCS8, Offset: 20, Until: 30, Err: &formats.SyntaxError{Format: formats.PKCS8, Field: "DER, field version", Offset: 3, Reason: "zero"}}, "",
			"PKCS#8 形式の秘密鍵のファイルが壊れています: 20~30 バイト目: DER、フィールド version: 0 です"},
		{&formats.DamageError{Format: formats.PKCS1, Line: 2, Last: 9, Err: &keytool.MismatchError{Reason: "the seed belongs to another public key"}}, "",
			"PKCS#1 (PEM) 形式の RSA 秘密鍵のファイルが壊れています: 2~9 行目: シードは別の公開鍵のものです"},
		{&formats.AmbiguousError{Format: formats.OpenSSH, Line: 2, Last: 4, Reason: "there is more than one key in it"}, "",
			"OpenSSH 形式の秘密鍵のファイルが壊れています: 2~4 行目: 鍵が 2 つ以上入っています"},
		{&formats.LimitError{What: "the file's size in bytes", Got: 2, Max: 1}, "", "ファイルの大きさ(バイト): 2 は上限の 1 を超えています"},
		{&formats.IntegrityError{Format: formats.PPK2, Reason: "the checksum in its last line is wrong"}, "",
			"PuTTY 形式の秘密鍵 (PPK 2)のファイルが壊れているか、書き換えられています: 最終行のチェックサムが合いません"},
		{&formats.UnsupportedError{Format: formats.OpenSSH, What: `cipher "x"`}, "", `暗号 "x" には対応していません(OpenSSH 形式の秘密鍵のファイル)`},
		{&formats.CannotHoldError{Format: formats.SSHCom, What: "a key of type ssh-ed25519"}, "", "ssh.com 形式の秘密鍵には種類 ssh-ed25519 の鍵を入れられません"},
		{&keytool.MismatchError{Reason: "the seed belongs to another public key"}, "", "シードは別の公開鍵のものです"},
		{missing, "k: file does not exist", "k: ファイルがありません"},
		{&fs.PathError{Op: "open", Path: "k", Err: fs.ErrPermission}, "k: permission denied", "k: アクセスが許可されていません"},
		{fmt.Errorf("it was cancelled or failed: %w", missing), "", "取り消されたか失敗しました: k: ファイルがありません"},
		{fmt.Errorf("k.pub: %w", formats.ErrWrongPassphrase), "", "k.pub: パスフレーズが違います"},
		{&services.RefusedError{Service: "jga", Verdict: services.Verdict{Why: "it is so", WhyJa: "そうです", Source: "page"}}, "", "jga では使えません。そうです (page)"},
		{fmt.Errorf("%w", missing), "k: file does not exist", "k: ファイルがありません"},
		{context.Canceled, "interrupted; nothing was changed", "中断しました。何も変更していません"},
		{errors.New("strange"), "", "エラーが起きました: strange"},
	} {
		want := c.en
		if want == "" {
			want = c.err.Error()
		}
		text := ErrorText(c.err)
		if got := catalog.English.Say(text); got != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
		if got := catalog.Japanese.Say(text); got != c.ja {
			t.Errorf("got  %q\nwant %q", got, c.ja)
		}
	}
	if got := ErrorText(nil); !got.IsZero() {
		t.Errorf("no error: %v", got)
	}
}

var (
	verbs = regexp.MustCompile(`%\[?\d?\]?0?4?[dsvqxXToc]`)
	words = regexp.MustCompile(`[a-z]{3}|[a-z] [a-z]`)
)

// speaking are the packages whose errors people see.
var speaking = []string{
	"formats", "keytool", "perms", "cmd/sshkeys", "internal/authorized", "internal/journal", "internal/keyfile", "internal/keyring",
	"internal/recipe", "internal/register", "internal/relock", "internal/sealed", "internal/secret", "internal/sshconfig",
}

// TestEveryReasonIsInJapanese looks for every text that an error can carry.
func TestEveryReasonIsInJapanese(t *testing.T) {
	count := 0
	for _, folder := range speaking {
		for _, name := range sources(t, folder) {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				for _, text := range reasons(n) {
					count++
					if sample := sampleOf(text); words.MatchString(sample) && !strings.HasPrefix(sample, "keytool: ") && !isSpoken(sample) {
						t.Errorf("%s: %q is in English only", set.Position(n.Pos()), text)
					}
				}
				return true
			})
		}
	}
	if count < 300 {
		t.Errorf("%d reasons found: the test looks in the wrong place", count)
	}
	for _, f := range formats.All() {
		if !isSpoken(f.Title) {
			t.Errorf("%q is in English only", f.Title)
		}
	}
}

func sources(t *testing.T, folder string) []string {
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v", folder, err)
	}
	return slices.DeleteFunc(files, func(name string) bool {
		return strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "sddl.go" // whose texts are this program's own
	})
}

func isSpoken(english string) bool {
	_, ok := catalog.Phrase(english)
	return ok
}

// samples are what errors say whose parts are words of their own; nothing where it
// is not for people, or the same in every language.
var samples = map[string]string{
	"%w, and your own services are not known: %w":         "there is no service 7, and your own services are not known: 7",
	"%w: %s does not have %s":                             "it is not a choice of this format: 7 does not have 7",
	"the journal for --undo cannot be written, so %s: %w": "the journal for --undo cannot be written, so nothing was changed: ",
	"interrupted after %s":                                "interrupted after 7 changes",
	"interrupted; %s left":                                "interrupted; 7 changes left",
	"%v in line %d":                                       "no key in it in line 7",
	"declared %s in %s":                                   "declared both in 7",
	"%s taken back":                                       "7 changes taken back",
	"%s could not be taken back and stays in the journal; without it --undo takes back the run before": "7 changes could not be taken back and stays in the journal; without it --undo takes back the run before",
	"match: %s %s %s": "match: 7 opens 7",
	"  proved by %s":  "proved by derivation: the public half was computed from the secret",
	"ssh -G: %w":      "",
	"ssh-rsa":         "",
	"stopped":         "",
}

// sampleOf puts 7 for what is put in. An error that ends in another is known by
// what stands before that.
func sampleOf(format string) string {
	if sample, ok := samples[format]; ok {
		return sample
	}
	return verbs.ReplaceAllString(strings.TrimLeft(strings.TrimSuffix(format, "%w"), " "), "7")
}

// reasons are the texts in calls and literals that make an error, but for those of
// a programming error ("keytool: …") and of options (formats.WriteOptions).
func reasons(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.AssignStmt:
		if n.Tok == token.ASSIGN && lastName(n.Lhs[0]) == "Reason" {
			return spoken(n.Rhs)
		}
	case *ast.CallExpr:
		after := map[string]int{"syntax": 2, "syntaxLine": 3, "fail": 1, "ambiguous": 0, "damaged": len(n.Args) - 1}
		name := lastName(n.Fun)
		if i, ok := after[name]; ok && i < len(n.Args) {
			return spoken(n.Args[i:])
		}
		if slices.Contains([]string{"usagef", "Errorf", "New", "warn", "note"}, name) || name == "text" && receiver(n.Fun) == "v" {
			return spoken(n.Args[:min(1, len(n.Args))])
		}
	case *ast.CompositeLit:
		switch lastName(n.Type) {
		case "MismatchError", "UnsupportedError", "CannotHoldError", "IntegrityError", "UnknownFormatError", "DamageError", "foreignKey":
			return spoken(n.Elts)
		case "FieldError":
			return spoken(n.Elts[min(2, len(n.Elts)-1):])
		case "LimitError":
			return spoken(n.Elts[:1])
		case "foreignKind":
			return spoken(n.Elts[:1])
		}
		if list, ok := n.Type.(*ast.ArrayType); ok && lastName(list.Elt) == "foreignKind" {
			var found []string
			for _, e := range n.Elts {
				found = append(found, spoken(e.(*ast.CompositeLit).Elts[:1])...)
			}
			return found
		}
	}
	return nil
}

func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

func receiver(e ast.Expr) string {
	if s, ok := e.(*ast.SelectorExpr); ok {
		return lastName(s.X)
	}
	return ""
}

// spoken are the texts of expressions, with 7 for what is put in.
func spoken(list []ast.Expr) []string {
	var found []string
	for _, e := range list {
		if text := textOf(e); words.MatchString(text) {
			found = append(found, text)
		}
	}
	return found
}

func textOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value)
		return text
	case *ast.BinaryExpr:
		x, y := textOf(e.X), textOf(e.Y)
		if x+y == "" {
			return ""
		}
		return orSeven(x) + orSeven(y)
	case *ast.CallExpr:
		if lastName(e.Fun) == "Sprintf" {
			return textOf(e.Args[0])
		}
	case *ast.KeyValueExpr:
		if key := lastName(e.Key); key == "Reason" || key == "What" || key == "what" {
			return textOf(e.Value)
		}
	}
	return ""
}

func orSeven(s string) string {
	if s == "" {
		return "7"
	}
	return s
}
