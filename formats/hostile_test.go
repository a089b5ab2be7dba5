package formats_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// kinds of refusal, by what a caller does next.
const (
	notAKey     = "UnknownFormatError"
	damaged     = "SyntaxError"
	altered     = "IntegrityError"
	tooCostly   = "LimitError"
	unsupported = "UnsupportedError"
	mismatched  = "MismatchError"
)

func kindOfError(err error) string {
	name := fmt.Sprintf("%T", err)
	return name[strings.LastIndexByte(name, '.')+1:]
}

// refusal is how a bad file must be refused: the kind, and words of the message.
type refusal struct{ kind, words string }

// refusals has a row for every file of testdata/bad.
func refusals() map[string]refusal {
	return map[string]refusal{
		"empty":               {notAKey, "empty"},
		"blank":               {notAKey, "white space only"},
		"noise":               {notAKey, "binary data of no known format"},
		"prose":               {notAKey, "text of no known format"},
		"pgp.asc":             {notAKey, "an OpenPGP private key"},
		"pem-without-end.pem": {damaged, "line 1: END line"},
		"oversized":           {tooCostly, "size in bytes is 1310756, more than the limit of 1048576"},

		"truncated-openssh":   {damaged, "the file ends before it"},
		"truncated-pkcs8.der": {damaged, "runs past the end"},
		"truncated-ppk3":      {damaged, "Private-MAC: the file ends before this header"},
		"truncated-dropbear":  {damaged, "32 bytes expected, 4 left"},
		"truncated-rfc4716":   {damaged, "END line: the file ends before it"},
		"truncated-ppk2.enc":  {damaged, "Private-Lines: not base64 at character"},

		"cost-argon2-memory-2tib.ppk":     {tooCostly, "Argon2 memory in KiB is 2147483648, more than the limit of 1048576"},
		"cost-argon2-memory-negative.ppk": {damaged, "line 8: Argon2-Memory: not a decimal number"},
		"cost-argon2-memory-wraps.ppk":    {damaged, "line 8: Argon2-Memory: not a decimal number"},
		"cost-argon2-memory-zero.ppk":     {damaged, "0 KiB for 1 lanes is too little"},
		"cost-argon2-passes-2-31.ppk":     {tooCostly, "times its passes is 137438953472"},
		"cost-argon2-passes-zero.ppk":     {damaged, "at least one pass"},
		"cost-argon2-lanes-2-32.ppk":      {damaged, "64 KiB for 4294967295 lanes is too little"},
		"cost-argon2-lanes-zero.ppk":      {damaged, "parallelism of at least 1"},
		"cost-bcrypt-rounds-2-31":         {tooCostly, "bcrypt rounds is 2147483648, more than the limit of 65536"},
		"cost-bcrypt-rounds-zero":         {damaged, "no salt or no rounds"},
		"cost-pbkdf2-iterations-2-31.pem": {tooCostly, "iteration count is 2147483648"},
		"cost-pbkdf2-iterations-zero.pem": {damaged, "iterationCount: at byte 46: zero"},
		"cost-pbkdf2-iterations-huge.pem": {tooCostly, "iteration count is 18446744073709551615"},
		"cost-scrypt-n-2-40.pem":          {tooCostly, "scrypt's"},
		"cost-scrypt-n-odd.pem":           {damaged, "not a power of two"},
		"cost-scrypt-p-2-30.pem":          {tooCostly, "scrypt's cost"},

		"length-public-blob.pub":       {damaged, "key type: at byte 0: length 4294967280 runs past the end"},
		"length-public-field.pub":      {damaged, "field key: at byte 15: length 2147483647 runs past the end"},
		"length-openssh-private":       {damaged, "private section: at byte 94: length 4294967295 runs past the end"},
		"length-openssh-trailing":      {damaged, "private section: 3 bytes follow it"},
		"length-ppk-public-lines.ppk":  {damaged, "line 4: Public-Lines: 4294967295 lines announced"},
		"length-ppk-private-lines.ppk": {damaged, "line 7: Private-Lines: not a decimal number"},
		"length-pkcs8-der.pem":         {damaged, "PrivateKeyInfo: at byte 0: its length is not DER or runs past the end"},
		"length-pkcs8-indefinite.pem":  {damaged, "PrivateKeyInfo: at byte 0: its length is not DER or runs past the end"},
		"length-sshcom":                {damaged, "total length: 4294967295 bytes"},
		"length-rfc4716.pub":           {damaged, "length 4294967280 runs past the end"},

		"damaged-ppk-kdf-without-encryption.ppk": {damaged, "Key-Derivation: a key that is not encrypted has no such header"},
		"damaged-ppk-comment.ppk":                {altered, "checksum in its last line is wrong"},
		"damaged-ppk-header-order.ppk":           {damaged, "line 2: Encryption: this header should stand here"},
		"damaged-ppk-mac.ppk":                    {damaged, "Private-MAC: 1 bytes, should be 32"},
		"damaged-openssh-checkints":              {altered, "two check numbers differ"},
		"damaged-openssh-padding":                {altered, "padding of the private section"},
		"damaged-openssh-count":                  {damaged, "at byte 234: 4 bytes expected, 0 left"},
		"damaged-openssh-block":                  {damaged, "17 bytes, not a multiple of 16"},
		"damaged-openssh-cipher-without-kdf":     {damaged, "only one of cipher and KDF"},
		"damaged-openssh-kdf-without-cipher":     {damaged, "only one of cipher and KDF"},
		"damaged-public-off-curve.pub":           {damaged, "not a point on nistp256"},
		"damaged-public-short-key.pub":           {damaged, "31 bytes, should be 32"},
		"damaged-public-type.pub":                {damaged, "is a key of type ssh-ed25519"},
		"damaged-public-huge-rsa.pub":            {damaged, "65536 bits, more than 16384"},
		"damaged-public-base64.pub":              {damaged, "not base64 at character 3"},
		"damaged-dropbear-trailing":              {damaged, "1 bytes follow the last field"},

		"unknown-openssh-two-keys": {unsupported, "number of keys (2)"},
		"unknown-ppk4.ppk":         {unsupported, "version 4, newer than version 3"},
		"unknown-ppk-cipher.ppk":   {unsupported, `cipher "aes512-cbc"`},
		"unknown-openssh-cipher":   {unsupported, `cipher "serpent256-ctr"`},
		"unknown-openssh-kdf":      {unsupported, `KDF "argon3"`},
		"unknown-openssh-type":     {unsupported, `key type "ssh-tomorrow@example.org"`},
		"unknown-sshcom-type":      {unsupported, `key type "ec-modp{sign{ecdsa}}"`},
		"unknown-sshcom-cipher":    {unsupported, `cipher "idea-cbc"`},
		"unknown-dek.pem":          {unsupported, `cipher "idea-cbc"`},

		"pair-openssh-outer-other":           {mismatched, "the public key in the header is not that of the private section"},
		"pair-openssh-outer-empty":           {damaged, "public key, field key type: at byte 0: 4 bytes expected"},
		"pair-openssh-outer-garbage":         {damaged, "public key, field key type: at byte 0: length"},
		"pair-openssh-inner-other":           {mismatched, "the private key belongs to another key than the public key before it"},
		"pair-openssh-seed-of-other":         {mismatched, "the seed belongs to another key than the public key repeated behind it"},
		"pair-openssh-behind-seed-other":     {mismatched, "the public key repeated behind the seed belongs to another key"},
		"pair-openssh-type-other":            {mismatched, "the public key in the header is not that of the private section"},
		"pair-openssh-ecdsa-outer-other":     {mismatched, "the public key in the header is not that of the private section"},
		"pair-openssh-ecdsa-scalar-other":    {mismatched, "the private scalar belongs to another public point"},
		"pair-openssh-ecdsa-scalar-zero":     {mismatched, "the private scalar d is out of range"},
		"pair-openssh-ecdsa-scalar-large":    {mismatched, "the private scalar d is out of range"},
		"pair-openssh-ecdsa-scalar-negative": {damaged, "field d: at byte 112: the number is negative"},
		"pair-openssh-rsa-outer-other":       {mismatched, "the public key in the header is not that of the private section"},
		"pair-openssh-rsa-modulus-other":     {mismatched, "p times q is not the modulus n"},
		"pair-openssh-rsa-prime-one":         {mismatched, "p times q is not the modulus n"},
		"pair-openssh-rsa-wrong-d":           {mismatched, "the private exponent d does not fit e and the primes"},
		"pair-openssh-rsa-wrong-iqmp":        {mismatched, "the coefficient iqmp is not the inverse of q modulo p"},
		"pair-pkcs1-wrong-d.pem":             {mismatched, "the private exponent d does not fit e and the primes"},
		"pair-pkcs1-wrong-iqmp.pem":          {mismatched, "the coefficient iqmp is not the inverse of q modulo p"},
		"pair-pkcs1-modulus-other.pem":       {mismatched, "p times q is not the modulus n"},
		"pair-ppk2-seed-of-other.ppk":        {mismatched, "the seed belongs to another public key"},
		"pair-ppk3-seed-of-other.ppk":        {mismatched, "the seed belongs to another public key"},
		"pair-ppk3-ecdsa-scalar-other.ppk":   {mismatched, "the private scalar belongs to another public point"},
		"pair-sec1-public-other.pem":         {mismatched, "the private scalar belongs to another public point"},
		"pair-pkcs8-v2-public-other.pem":     {mismatched, "foreign public half"},
		"pair-pkcs8-ec-public-other.pem":     {mismatched, "the private scalar belongs to another public point"},
		"pair-dropbear-seed-of-other":        {mismatched, "the seed belongs to another public key"},
	}
}

// maxAllocated is what a refused file may allocate in all.
const maxAllocated = 100 << 20

// TestBadFiles: every bad file is refused with its own kind of error and in its
// own words, before memory or time is spent on it.
func TestBadFiles(t *testing.T) {
	expected := refusals()
	for _, bad := range testkeys.BadFiles(t) {
		want, ok := expected[bad.Name]
		if !ok {
			t.Errorf("%s: no refusal is expected of it", bad.Name)
			continue
		}
		delete(expected, bad.Name)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		k, err := tryOpen(bad.Data, bad.Passphrase)
		runtime.ReadMemStats(&after)
		if k != nil || kindOfError(err) != want.kind || !strings.Contains(fmt.Sprint(err), want.words) {
			t.Errorf("%s: %s: %v\n\twant %s: %s", bad.Name, kindOfError(err), err, want.kind, want.words)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > maxAllocated {
			t.Errorf("%s: %d MiB were allocated", bad.Name, spent>>20)
		}
	}
	for name := range expected {
		t.Errorf("%s is expected and not there", name)
	}
}

// TestSoundFiles: the crafting itself is right, so what is refused in a bad file
// is the one thing that is wrong in it.
func TestSoundFiles(t *testing.T) {
	for _, file := range testkeys.SoundFiles(t) {
		if _, err := tryOpen(file.Data, nil); err != nil {
			t.Errorf("%s: %v", file.Name, err)
		}
	}
}

// TestTooCostly: a file over the limits is refused by Parse, before any passphrase.
func TestTooCostly(t *testing.T) {
	for _, bad := range testkeys.BadFiles(t) {
		if refusals()[bad.Name].kind != tooCostly {
			continue
		}
		if _, err := formats.Parse(bad.Data, formats.DefaultLimits()); kindOfError(err) != tooCostly {
			t.Errorf("%s: Parse: %v, want a LimitError", bad.Name, err)
		}
	}
}

// TestLockedForGood: of a file that no passphrase opens, what stands in clear is
// still read, and the passphrase is not asked for in vain.
func TestLockedForGood(t *testing.T) {
	for _, bad := range testkeys.BadFiles(t) {
		severalKeys := bad.Name == "unknown-openssh-two-keys" // refused as a whole
		if severalKeys || refusals()[bad.Name].kind != unsupported {
			continue
		}
		env, err := formats.Parse(bad.Data, formats.DefaultLimits())
		if err != nil {
			t.Errorf("%s: Parse: %v", bad.Name, err)
			continue
		}
		if err := env.CanOpen(); kindOfError(err) != unsupported {
			t.Errorf("%s: CanOpen: %v, want an UnsupportedError", bad.Name, err)
		}
		if _, err := env.Open(nil); kindOfError(err) != unsupported {
			t.Errorf("%s: Open without a passphrase: %v, want an UnsupportedError", bad.Name, err)
		}
		id, _ := formats.Detect(bad.Data)
		inClear := id == formats.OpenSSH || id == formats.PPK3 && bad.Name != "unknown-ppk4.ppk"
		if inClear && env.Public == nil {
			t.Errorf("%s: the public half in clear was not read", bad.Name)
		}
		if env.Format != id || env.Kind != formats.KindPrivate {
			t.Errorf("%s: format %s, kind %s", bad.Name, env.Format, env.Kind)
		}
	}
}

// TestUnknownType: a public key of a type nobody knows has its name and fingerprint.
func TestUnknownType(t *testing.T) {
	const name = "ssh-tomorrow@example.org"
	blob := keytool.AppendStr(keytool.AppendStr(nil, name), "public half")
	k, err := keytool.NewPublic(blob, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []formats.ID{formats.OpenSSHPublic, formats.RFC4716} {
		data, err := formats.Encode(id, k, formats.Options{})
		if err != nil {
			t.Errorf("%s: %v", id, err)
			continue
		}
		env, err := formats.Parse(data, formats.DefaultLimits())
		if err != nil || env.Public == nil || env.Algorithm != name || !env.Public.Equal(k) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// TestEncodeRefuses: what would break a file is not written.
func TestEncodeRefuses(t *testing.T) {
	k := open(t, testkeys.Find(t, "ed25519", "openssh"))
	for _, f := range formats.All() {
		if !f.Writes() {
			if _, err := formats.Encode(f.ID, k, formats.Options{}); kindOfError(err) != unsupported {
				t.Errorf("%s is read only: %v", f.ID, err)
			}
			continue
		}
		for _, comment := range []string{"two\nlines", "carriage\rreturn", "nul\x00", "escape\x1b[2J", "delete\x7f"} {
			if data, err := formats.Encode(f.ID, k.WithComment(comment), formats.Options{}); err == nil {
				t.Errorf("%s: %d bytes written under the comment %q", f.ID, len(data), comment)
			}
		}
		if _, err := formats.Encode(f.ID, k, formats.Options{Passphrase: []byte("x"), Rounds: 1, Argon2: cheap(nil).Argon2}); !f.Encrypts && err == nil {
			t.Errorf("%s: the passphrase was dropped", f.ID)
		}
		if _, err := formats.Encode(f.ID, k.Public(), formats.Options{}); f.Holds == formats.HoldsPrivate && err == nil {
			t.Errorf("%s: a public key alone was written", f.ID)
		}
	}
}

// TestFileLimit: the size is looked at before anything else.
func TestFileLimit(t *testing.T) {
	lim := formats.DefaultLimits()
	data := bytes.Repeat([]byte("x"), lim.FileBytes+1)
	_, err := formats.Parse(data, lim)
	if limit, ok := errors.AsType[*formats.LimitError](err); !ok || limit.Got != uint64(len(data)) || limit.Max != uint64(lim.FileBytes) {
		t.Errorf("%v", err)
	}
	if _, err := formats.Parse(data[1:], lim); kindOfError(err) != notAKey {
		t.Errorf("at the limit: %v", err)
	}
}
