package formats_test

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// secretRun is the length in bytes from which a run of a secret number counts as leaked.
const secretRun = 8

// secretNumbers are all numbers of a private half.
func secretNumbers(k *keytool.Key) [][]byte {
	switch s := k.Secret().(type) {
	case *keytool.RSASecret:
		return [][]byte{s.D, s.P, s.Q, s.IQMP}
	case *keytool.DSASecret:
		return [][]byte{s.X}
	case *keytool.ECDSASecret:
		return [][]byte{s.D}
	case *keytool.EdSecret:
		return [][]byte{s.Seed}
	case *keytool.X25519Secret:
		return [][]byte{s.Scalar}
	case *keytool.MLDSASecret:
		return [][]byte{s.MLDSASeed, s.Ed25519Seed}
	}
	return nil
}

// leakDetector finds runs of secret numbers in text: raw, in hex, in base64 at
// any alignment, as a printed []byte and as a decimal number.
type leakDetector struct {
	runs     map[string]bool
	decimals map[string]bool
}

const decimalRun = 18

func newLeakDetector(k *keytool.Key) leakDetector {
	d := leakDetector{map[string]bool{}, map[string]bool{}}
	for _, n := range secretNumbers(k) {
		for i := 0; i+secretRun <= len(n); i++ {
			d.runs[string(n[i:i+secretRun])] = true
		}
		digits := new(big.Int).SetBytes(n).String()
		for i := 0; i+decimalRun <= len(digits); i++ {
			d.decimals[digits[i:i+decimalRun]] = true
		}
	}
	return d
}

var (
	hexText    = regexp.MustCompile(`[0-9A-Fa-f:]{16,}`)
	base64Text = regexp.MustCompile(`[0-9A-Za-z+/]{12,}`)
	bytesText  = regexp.MustCompile(`[0-9]{1,3}([ ,]+[0-9]{1,3}){7,}|0x[0-9a-f]{1,2}(, 0x[0-9a-f]{1,2}){7,}`)
	digitText  = regexp.MustCompile(`[0-9]{18,}`)
)

// find tells how the text leaks; "" when it does not.
func (d leakDetector) find(text string) string {
	if d.has([]byte(text)) {
		return "raw"
	}
	for _, run := range hexText.FindAllString(text, -1) {
		run = strings.ReplaceAll(run, ":", "")
		for i := 0; i+2*secretRun <= len(run); i++ {
			if b, err := hex.DecodeString(run[i : i+2*secretRun]); err == nil && d.has(b) {
				return "hex"
			}
		}
	}
	for _, run := range base64Text.FindAllString(text, -1) {
		for i := 0; i+12 <= len(run); i++ {
			if b, err := base64.StdEncoding.DecodeString(run[i : i+12]); err == nil && d.has(b) {
				return "base64"
			}
		}
	}
	for _, run := range bytesText.FindAllString(text, -1) {
		if d.has(printedBytes(run)) {
			return "printed bytes"
		}
	}
	for _, run := range digitText.FindAllString(text, -1) {
		for i := 0; i+decimalRun <= len(run); i++ {
			if d.decimals[run[i:i+decimalRun]] {
				return "decimal"
			}
		}
	}
	return ""
}

func (d leakDetector) has(b []byte) bool {
	for i := 0; i+secretRun <= len(b); i++ {
		if d.runs[string(b[i:i+secretRun])] {
			return true
		}
	}
	return false
}

func printedBytes(run string) []byte {
	var b []byte
	for _, word := range strings.FieldsFunc(run, func(r rune) bool { return r == ' ' || r == ',' }) {
		v, err := strconv.ParseUint(word, 0, 8)
		if err != nil {
			v = 0
		}
		b = append(b, byte(v))
	}
	return b
}

// TestLeakDetector: it finds what it looks for, in each disguise.
func TestLeakDetector(t *testing.T) {
	k := open(t, testkeys.Find(t, "rsa1024", "openssh"))
	d := newLeakDetector(k)
	secret := secretNumbers(k)[1]
	run := secret[5 : 5+secretRun]
	for name, text := range map[string]string{
		"raw": string(run), "hex": fmt.Sprintf("at %x.", run), "upper hex": fmt.Sprintf("%X", run), "colons": colons(run),
		"base64": base64.StdEncoding.EncodeToString(secret[2:17]), "%v": fmt.Sprint(run), "%#v": fmt.Sprintf("%#v", run),
		"decimal": new(big.Int).SetBytes(secret).String(), "quoted": "key \"" + string(secret) + "\"",
	} {
		if d.find(text) == "" {
			t.Errorf("a secret in %s is not found", name)
		}
	}
	if got := d.find(k.Fingerprint() + " " + fmt.Sprint(k.Blob())); got != "" {
		t.Errorf("the public half is taken for a secret (%s)", got)
	}
}

func colons(b []byte) string {
	parts := make([]string, len(b))
	for i := range b {
		parts[i] = hex.EncodeToString(b[i : i+1])
	}
	return strings.Join(parts, ":")
}

// TestNoLeak: whatever is done to a private file, and however what comes of it
// is printed, no text holds a run of its secret numbers or its passphrase.
func TestNoLeak(t *testing.T) {
	t.Parallel()
	for _, g := range testkeys.Goldens(t) {
		if !g.Private || g.Encrypted() && !g.Cheap() || g.Key == "rsa3072" {
			continue
		}
		d := newLeakDetector(open(t, g))
		if len(d.runs) == 0 {
			t.Fatalf("%s: no secret numbers to look for", g)
		}
		for _, m := range breakages(g) {
			for _, passphrase := range [][]byte{nil, []byte("Tr0ub4dor and 3"), g.Passphrase} {
				text := everythingPrinted(m, passphrase)
				if how := d.find(text); how != "" {
					t.Fatalf("%s: %s: a secret number is printed (%s)", g, m.what, how)
				}
				if len(passphrase) > 0 && strings.Contains(text, string(passphrase)) {
					t.Fatalf("%s: %s: the passphrase is printed", g, m.what)
				}
				if !g.Encrypted() {
					break
				}
			}
		}
	}
}

// breakages are the golden itself, about eighty truncations and flips of it, and
// it under the label or header of another format.
func breakages(g testkeys.Golden) []mutant {
	all := []mutant{{"whole", g.Data}}
	step := 1 + len(g.Data)/40
	if g.Encrypted() {
		step = 1 + len(g.Data)/8
	}
	for i := 0; i < len(g.Data); i += step {
		flipped := []byte(string(g.Data))
		flipped[i] ^= 0x04
		all = append(all, mutant{"cut", g.Data[:i]}, mutant{"flip", flipped})
	}
	text := string(g.Data)
	labels := []string{"OPENSSH", "RSA", "EC", "DSA", "ENCRYPTED", "CRYPT4GH", "CRYPT4GH ENCRYPTED"}
	for _, label := range labels {
		for _, other := range labels {
			if swapped := strings.ReplaceAll(text, " "+label+" PRIVATE", " "+other+" PRIVATE"); swapped != text {
				all = append(all, mutant{"relabelled", []byte(swapped)})
			}
		}
	}
	if strings.HasPrefix(text, "\x00\x00\x00") { // a Dropbear key of a type not known yet
		all = append(all, mutant{"type renamed", []byte(text[:4] + "x" + text[5:])})
	}
	joined := strings.ReplaceAll(text, "\n", " ")
	doubled := text + text
	headless := text[1+strings.IndexByte(text+"\n", '\n')%len(text):]
	return append(all, mutant{"on one line", []byte(joined)}, mutant{"twice", []byte(doubled)}, mutant{"without its first line", []byte(headless)})
}

// everythingPrinted is all text that comes of a file: errors, envelope and key
// under every verb, and as JSON.
func everythingPrinted(m mutant, passphrase []byte) string {
	var b strings.Builder
	show := func(v any) {
		fmt.Fprintf(&b, "%v\n%+v\n%#v\n%s\n%q\n%x\n%d\n", v, v, v, v, v, v, v)
		if text, err := json.Marshal(v); err == nil {
			b.Write(text)
		} else {
			b.WriteString(err.Error())
		}
	}
	env, err := formats.Parse(m.data, tight())
	if err != nil {
		show(err)
		return b.String()
	}
	show(*env)
	if env.Public != nil { // what fingerprint and public would hand out
		fmt.Fprintf(&b, "%x %x %s\n", env.Public.Blob(), env.Public.Certificate(), env.Public.Comment())
	}
	k, err := env.Open(passphrase)
	if err != nil {
		show(err)
		return b.String()
	}
	show(k)
	show(*k)
	show(k.Secret())
	show([]any{k, k.Secret()})
	return b.String()
}
