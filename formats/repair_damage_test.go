package formats_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// damaging are goldens whose lines are lost, doubled, swapped, cut and filled.
func damaging(t *testing.T) []testkeys.Golden {
	t.Helper()
	var all []testkeys.Golden
	for _, key := range []string{"ed25519", "ecdsa256", "rsa2048", "dsa1024"} {
		for _, g := range testkeys.Goldens(t) {
			names := []string{"openssh", "ppk2", "ppk3", "pkcs1.pem", "pkcs8.pem", "sec1.pem", "dsa.pem", "rfc4716", "spki.pem"}
			if g.Key == key && slices.Contains(names, g.Name) {
				all = append(all, g)
			}
		}
	}
	if len(all) < 20 {
		t.Fatalf("only %d goldens", len(all))
	}
	return all
}

// base64Lines are the indexes of a golden's lines of base64 text.
func base64Lines(lines []string) []int {
	var all []int
	for i, l := range lines {
		if len(l) > 3 && !strings.ContainsAny(l, ":- ") {
			all = append(all, i)
		}
	}
	return all
}

// TestDamagedLines damages every line of base64 text in every way that a line is
// damaged in: no file becomes another key's, and each error names the place.
func TestDamagedLines(t *testing.T) {
	for _, g := range damaging(t) {
		t.Run(g.String(), func(t *testing.T) {
			t.Parallel()
			want := open(t, g)
			lines := strings.Split(strings.TrimSuffix(string(g.Data), "\n"), "\n")
			named := 0
			for _, i := range base64Lines(lines) {
				for what, damaged := range damagesOfLine(lines, i) {
					v, err := judgeDamage(g, want, []byte(strings.Join(damaged, "\n")+"\n"), place{i, i + 2, -1})
					switch v {
					case inPlace:
						named++
					case itself, moreThanOne, unprotected, unknowable, unreadable:
					case another:
						t.Errorf("line %d %s: another key", i+1, what)
					default:
						t.Errorf("line %d %s: %s: %v", i+1, what, v, err)
					}
				}
			}
			if named == 0 {
				t.Error("no damage was named")
			}
		})
	}
}

// damagesOfLine are what one line is damaged by; its index is i.
func damagesOfLine(lines []string, i int) map[string][]string {
	line := lines[i]
	with := func(repl ...string) []string { return slices.Concat(lines[:i], repl, lines[i+1:]) }
	all := map[string][]string{
		"lost":           with(),
		"doubled":        with(line, line),
		"without a char": with(line[:len(line)/2] + line[len(line)/2+1:]),
		"with a char":    with(line[:len(line)/2] + "x" + line[len(line)/2:]),
	}
	if i+1 < len(lines) && !strings.ContainsAny(lines[i+1], ":-") && len(lines[i+1]) == len(line) {
		all["swapped"] = slices.Concat(lines[:i], []string{lines[i+1], line}, lines[i+2:])
	}
	return all
}

// TestCutOff cuts goldens at every length.
func TestCutOff(t *testing.T) {
	for _, g := range damaging(t) {
		t.Run(g.String(), func(t *testing.T) {
			t.Parallel()
			want, step := open(t, g), 1+len(g.Data)/400
			seen := map[fate]int{}
			for n := 40; n < len(g.Data); n += step {
				v, err := judgeDamage(g, want, g.Data[:n], placeOf(g.Data, n, '\n'))
				if seen[v]++; v == another || v == unplaced {
					t.Errorf("cut to %d: %s: %v", n, v, err)
				}
			}
			if seen[inPlace] < 3*seen[elsewhere] {
				t.Errorf("%v", seen)
			}
		})
	}
}

// TestDamageTexts holds what is said to the word.
func TestDamageTexts(t *testing.T) {
	for _, c := range []struct {
		key, name string
		damage    func(lines []string) []string
		want      string
		as        any
	}{
		{"rsa2048", "openssh", setByte(2, 16, '!'), "damaged OpenSSH private key file: line 3, column 17: not a base64 character", new(*formats.SyntaxError)},
		{"rsa2048", "openssh", without(5, 12), "damaged OpenSSH private key file: line 6: 12 characters are missing", new(*formats.SyntaxError)},
		{"rsa2048", "pkcs1.pem", lineLost(5), "", new(*formats.SyntaxError)},
		{"rsa2048", "pkcs1.pem", doubled(5), "damaged PKCS#1 (PEM) RSA private key file: line 7: it repeats the line before it", new(*formats.SyntaxError)},
		{"rsa2048", "ppk3", setByte(2, 12, 'x'), "damaged PuTTY private key (PPK 3) file: lines 3 to 26: the key is whole: " +
			"a character of the comment or of the checksum was changed", new(*formats.IntegrityError)},
	} {
		t.Run(c.key+"/"+c.name, func(t *testing.T) {
			g := testkeys.Find(t, c.key, c.name)
			lines := strings.Split(string(g.Data), "\n")
			_, err := formats.Mend([]byte(strings.Join(c.damage(lines), "\n")), formats.DefaultLimits())
			if err == nil {
				t.Fatal("it was read")
			}
			t.Log(err)
			if c.want != "" && err.Error() != c.want {
				t.Errorf("got  %q\nwant %q", err.Error(), c.want)
			}
			if c.as != nil && !errors.As(err, c.as) {
				t.Errorf("%T does not wrap the decoder's error", err)
			}
		})
	}
}

func setByte(line, at int, to byte) func([]string) []string {
	return func(lines []string) []string {
		b := []byte(lines[line])
		b[at] = to
		lines[line] = string(b)
		return lines
	}
}

func without(line, count int) func([]string) []string {
	return func(lines []string) []string {
		lines[line] = lines[line][count:]
		return lines
	}
}

func lineLost(line int) func([]string) []string {
	return func(lines []string) []string { return slices.Delete(lines, line, line+1) }
}

func doubled(line int) func([]string) []string {
	return func(lines []string) []string { return slices.Insert(lines, line, lines[line]) }
}

// TestDamageNamesTheNumber changes a byte of each number of a PKCS#1 file: the error
// names that number.
func TestDamageNamesTheNumber(t *testing.T) {
	k := open(t, testkeys.Find(t, "rsa2048", "pkcs1.pem"))
	s := k.Secret().(*keytool.RSASecret)
	for name, value := range map[string][]byte{"n": k.Params()[1], "d": s.D, "p": s.P, "q": s.Q, "iqmp": s.IQMP} {
		der, err := formats.Encode(formats.PKCS1, k, formats.Options{DER: true})
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(der, keytool.TrimZeros(value)) + 40
		der[at] ^= 0x10
		_, err = formats.Mend(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der}), formats.DefaultLimits())
		damage, ok := errors.AsType[*formats.DamageError](err)
		if line := 2 + at*8/6/64; !ok || damage.Field != "DER, field "+name || damage.Line > line || damage.Last < line {
			t.Errorf("%s in line %d: %v", name, line, err)
		}
		if strings.Contains(fmt.Sprint(err), "SHA256:") {
			t.Errorf("%v has a fingerprint of no key", err)
		}
	}
}

// TestLockedDamage: of an encrypted PEM file that lost a line the right passphrase says
// so, and a wrong one does not.
func TestLockedDamage(t *testing.T) {
	for _, name := range []string{"pkcs1.aes128.pem", "pkcs1.des3.pem", "pkcs8.pbes2-aes256-sha256.pem"} {
		g := testkeys.Find(t, "rsa3072", name)
		lines := strings.SplitAfter(string(g.Data), "\n")
		env, err := formats.Mend([]byte(strings.Join(slices.Delete(lines, 16, 17), "")), formats.DefaultLimits())
		if err != nil { // PKCS#8 tells its length in clear
			if _, ok := errors.AsType[*formats.DamageError](err); !ok {
				t.Errorf("%s: %v", g, err)
			}
			continue
		}
		if _, err := env.Open(g.Passphrase); !isDamage(err) {
			t.Errorf("%s: the right passphrase: %v", g, err)
		}
		if _, err := env.Open([]byte("wrong")); !errors.Is(err, formats.ErrWrongPassphrase) {
			t.Errorf("%s: a wrong passphrase: %v", g, err)
		}
	}
}

func isDamage(err error) bool {
	_, ok := errors.AsType[*formats.IntegrityError](err)
	return ok
}

// TestLostRow: a whole line that is gone is told with where it stood, as near as the
// fields' lengths say.
func TestLostRow(t *testing.T) {
	for _, c := range []struct {
		key, file   string
		line        int // that is lost
		first, last int // between which of the file that is left
	}{
		{"rsa2048", "openssh", 12, 8, 12}, {"rsa2048", "openssh", 20, 18, 20}, {"ed25519", "openssh", 4, 3, 4},
		{"rsa2048", "pkcs1.pem", 8, 7, 12}, {"rsa2048", "ppk3", 8, 5, 9},
	} {
		g := testkeys.Find(t, c.key, c.file)
		lines := strings.SplitAfter(string(g.Data), "\n")
		_, err := formats.Mend([]byte(strings.Join(slices.Delete(lines, c.line-1, c.line), "")), formats.DefaultLimits())
		damage, ok := errors.AsType[*formats.DamageError](err)
		if !ok || damage.Line != c.first || damage.Last != c.last || !strings.Contains(damage.Error(), "a whole line was lost") {
			t.Errorf("%s without line %d: %v, want lines %d to %d", g, c.line, err, c.first, c.last)
		}
	}
}
