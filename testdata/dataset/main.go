// Command dataset writes one Crypt4GH key, made by the tool of neicnordic/crypt4gh,
// in the ways that other tools do: the derivations are that module's, the frames
// those of EGA-archive/crypt4gh docs/keys.rst. Beside them it writes files
// encrypted with age and Crypt4GH, which are no keys.
//
//	dataset KEYDIR FOREIGNDIR PASSPHRASE-FILE COMMENT
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/pem"
	"io"
	"log"
	"os"
	"path/filepath"

	"filippo.io/age"
	"filippo.io/age/armor"
	"github.com/neicnordic/crypt4gh/kdf"
	"github.com/neicnordic/crypt4gh/keys"
	"golang.org/x/crypto/chacha20poly1305"
)

func main() {
	log.SetFlags(0)
	dir, foreign, comment := os.Args[1], os.Args[2], os.Args[4]
	passphrase := bytes.TrimSuffix(must(os.ReadFile(os.Args[3])), []byte("\n"))
	made := must(os.ReadFile(filepath.Join(dir, "crypt4gh.scrypt")))
	key := must(keys.ReadPrivateKey(bytes.NewReader(made), passphrase))

	write(filepath.Join(dir, "crypt4gh.htslib"), armoured("CRYPT4GH PRIVATE KEY", key[:]))
	clear := framed("none", nil, "none", key[:], comment)
	write(filepath.Join(dir, "crypt4gh"), armoured("CRYPT4GH PRIVATE KEY", clear))
	for name, c := range map[string]struct {
		label, kdf, comment string
		rounds              uint32
	}{
		"crypt4gh.bcrypt": {"CRYPT4GH PRIVATE KEY", "bcrypt", comment, 4},
		"crypt4gh.pbkdf2": {"CRYPT4GH PRIVATE KEY", "pbkdf2_hmac_sha256", comment, 2048},
		"crypt4gh.old":    {"ENCRYPTED PRIVATE KEY", "scrypt", "", 0},
	} {
		salt, nonce := random(16), random(chacha20poly1305.NonceSize)
		derived := must(kdf.KDFS[c.kdf].Derive(int(c.rounds), passphrase, salt))
		sealed := must(chacha20poly1305.New(derived)).Seal(nonce, nonce, key[:], nil)
		options := append(binary.BigEndian.AppendUint32(nil, c.rounds), salt...)
		write(filepath.Join(dir, name), armoured(c.label, framed(c.kdf, options, "chacha20_poly1305", sealed, c.comment)))
	}
	encrypted(foreign, string(passphrase))
}

func framed(kdf string, options []byte, cipher string, blob []byte, comment string) []byte {
	out := []byte("c4gh-v1")
	str := func(s []byte) { out = append(binary.BigEndian.AppendUint16(out, uint16(len(s))), s...) }
	str([]byte(kdf))
	if options != nil {
		str(options)
	}
	str([]byte(cipher))
	str(blob)
	if comment != "" {
		str([]byte(comment))
	}
	return out
}

// encrypted writes an identity locked with a passphrase, armoured and not, and data
// for a recipient.
func encrypted(dir, passphrase string) {
	identity := must(age.GenerateX25519Identity())
	locked := must(age.NewScryptRecipient(passphrase))
	locked.SetWorkFactor(10)
	write(filepath.Join(dir, "age-locked"), sealed(locked, identity.String()))
	var text bytes.Buffer
	w := armor.NewWriter(&text)
	must(w.Write(sealed(locked, identity.String())))
	must(0, w.Close())
	write(filepath.Join(dir, "age-locked.asc"), text.Bytes())
	write(filepath.Join(dir, "data.age"), sealed(identity.Recipient(), "data"))
}

func sealed(to age.Recipient, text string) []byte {
	var out bytes.Buffer
	w := must(age.Encrypt(&out, to))
	must(io.WriteString(w, text))
	must(0, w.Close())
	return out.Bytes()
}

func armoured(label string, payload []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: payload})
}

func random(n int) []byte {
	b := make([]byte, n)
	rand.Read(b)
	return b
}

func write(name string, data []byte) { must(0, os.WriteFile(name, data, 0o600)) }

func must[T any](v T, err error) T {
	if err != nil {
		log.Fatal(err)
	}
	return v
}
