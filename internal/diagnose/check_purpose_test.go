package diagnose

import (
	"testing"

	"sshkeys/keytool"
)

func purposeScenes(t *testing.T) map[string]scene {
	key := func(name string, from From, folder, file string) Candidate {
		return golden(t, name, from, folder, file)
	}
	judged := func(c Candidate, facts keytool.PurposeFacts) Candidate {
		facts.File, facts.Algorithm = c.base(), c.Key.Algorithm()
		c.Purpose = keytool.JudgePurpose(facts)
		return c
	}
	dataset := &keytool.Registration{Purpose: keytool.Dataset}
	return map[string]scene{
		"P06 by name":          {at(key("J-DU999991", FromFlag, "rsa2048", "openssh.aes256-ctr")), []string{"P06 error"}, "E04"},
		"P06 beside a good":    {at(key("A-DU999991_private_key", FromConfig, "rsa2048", "openssh.aes256-ctr"), locked(t)), []string{"P06 warning"}, ""},
		"P06 declared":         {at(judged(key("lab", FromFlag, "rsa2048", "openssh.aes256-ctr"), keytool.PurposeFacts{Registered: dataset})), []string{"P06 error"}, ""},
		"P06 Crypt4GH":         {at(key("key.sec", FromFlag, "x25519", "crypt4gh")), []string{"P06 error", "K17 info"}, "K04"},
		"in the folder only":   {at(locked(t), key("J-DU999991", FromFolder, "rsa2048", "openssh.aes256-ctr")), nil, "P06"},
		"for EGA both is fine": {at(judged(key("lab", FromFlag, "ed25519", "openssh.aes256-ctr"), keytool.PurposeFacts{Registered: dataset, OneKeyFor: "ega"})), nil, "P06"},
		"E02 by name":          {at(locked(t), key("J-DU999991", FromFolder, "ecdsa256", "openssh.aes256-ctr")), []string{"E02 warning"}, ""},
		"E02 for JGA":          {at(key("J-DU999991", FromFlag, "ed25519", "openssh.aes256-ctr")).with(t, "jga"), []string{"E02 error"}, ""},
		"an RSA key for JGA":   {at(locked(t), key("J-DU999991", FromFolder, "rsa2048", "pkcs1.pem")).with(t, "jga"), nil, "E02"},
		"E04": {at(judged(key("lab", FromDefault, "rsa2048", "openssh.aes256-ctr"), keytool.PurposeFacts{
			Registered: &keytool.Registration{Purpose: keytool.Auth | keytool.Dataset}})), []string{"E04 warning"}, "P06"},
		"E04 by a comment": {at(judged(key("J-DU999991", FromDefault, "rsa2048", "openssh.aes256-ctr"), keytool.PurposeFacts{
			Comments: []keytool.Said{{Where: "lab.pub", Comment: "purpose=auth"}}})), []string{"E04 warning"}, "P06"},
		"E04, and its owner said which": {at(judged(key("J-DU999991", FromDefault, "rsa2048", "openssh.aes256-ctr"), keytool.PurposeFacts{
			Registered: &keytool.Registration{Purpose: keytool.Auth}})), []string{"E04 info"}, "P06"},
	}
}
