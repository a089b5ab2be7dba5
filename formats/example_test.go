package formats_test

import (
	"bytes"
	"fmt"
	"os"

	"sshkeys/formats"
)

// A PuTTY key is opened, checked, and written as OpenSSH has it.
func Example() {
	data, err := os.ReadFile("../testdata/keys/ed25519/ppk3.argon2id")
	if err != nil {
		panic(err)
	}
	passphrase, err := os.ReadFile("../testdata/keys/passphrase")
	if err != nil {
		panic(err)
	}
	passphrase = bytes.TrimSuffix(passphrase, []byte("\n"))

	env, err := formats.Parse(data, formats.DefaultLimits()) // what stands in clear
	if err != nil {
		panic(err)
	}
	fmt.Println(env.Format, env.Algorithm, env.Protection.KDF)
	key, err := env.Open(passphrase) // MAC, padding and both halves are checked
	if err != nil {
		panic(err)
	}
	fmt.Println(key)
	out, err := formats.Encode(formats.OpenSSH, key, formats.Options{Passphrase: passphrase})
	if err != nil {
		panic(err)
	}
	again, _ := formats.Detect(out)
	fmt.Println(again)
	// Output:
	// ppk3 ssh-ed25519 argon2id
	// private key ssh-ed25519 256 SHA256:SehFtMBP/Ta2c6PIWbqPkx72+pLTEQYGxEc0DsiBeyk
	// openssh
}
