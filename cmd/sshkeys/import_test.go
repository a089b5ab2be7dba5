package main

import (
	"testing"

	"sshkeys/keytool"
)

func TestImportName(t *testing.T) {
	rsa, sk := keytool.LookupAlgorithm("ssh-rsa"), keytool.LookupAlgorithm("sk-ssh-ed25519@openssh.com")
	for _, c := range []struct {
		file string
		a    *keytool.Algorithm
		want string
	}{
		{"lab.ppk", rsa, "lab"}, {"dir/lab.PEM", rsa, "lab"}, {"taro.lab.key", rsa, "taro.lab"}, {"id_ed25519.txt", rsa, "id_ed25519"},
		{"gw.example.org", rsa, "gw.example.org"}, {"鍵の友.ppk", rsa, "鍵の友"}, {".hidden", rsa, ".hidden"},
		{"key.ppk", rsa, "id_rsa"}, {"Private Key.pem", rsa, "id_rsa"}, {"秘密鍵.ppk", sk, "id_ed25519_sk"}, {"-", rsa, "id_rsa"},
		{"config", rsa, "id_rsa"}, {"authorized_keys.ppk", rsa, "id_rsa"}, {"known_hosts", rsa, "id_rsa"}, {"rc.pem", rsa, "id_rsa"},
		{"lab.pub", rsa, "id_rsa"}, {"lab\n.ppk", rsa, "id_rsa"}, {".ppk", rsa, ".ppk"},
	} {
		if got := importName(c.file, c.a); got != c.want {
			t.Errorf("%q: %q, want %q", c.file, got, c.want)
		}
	}
}
