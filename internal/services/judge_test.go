package services

import (
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// judged is a golden that a service takes or refuses, and why.
type judged struct {
	key, file string
	purpose   Purpose
	why       string // of the refusal or the doubt
	source    string // part of it
}

// acceptance is every service with what it takes and what it refuses, by
// spec/services.md. A service of which nothing about files is confirmed refuses a
// purpose only.
var acceptance = map[string]struct{ takes, refuses []judged }{
	"openssh": {
		takes: []judged{{key: "ed25519", file: "openssh"}, {key: "rsa2048", file: "pkcs8.pem"}, {key: "mldsa44-ed25519", file: "openssh"}, {key: "ed25519", file: "cert.pub"}},
		refuses: []judged{{"rsa2048", "ppk3", Auth, "does not read the format", "PROTOCOL.key"}, {"dsa1024", "openssh", Auth, "no DSA", "release-10.0"},
			{"rsa1024", "pkcs1.des.pem", Auth, "des-cbc", "openssh-portable"}, {"rsa2048", "rfc4716", "", "one OpenSSH line", "sshd.8"}},
	},
	"openssh-9.5": {
		takes: []judged{{key: "dsa1024", file: "openssh"}, {key: "rsa2048", file: "pkcs8.pem"}},
		refuses: []judged{{"ed25519", "pkcs8.pem", Auth, "ssh-ed25519 in the format PKCS#8", "9.2p1"},
			{"mldsa44-ed25519", "openssh", Auth, "10.4", "mldsa44"}},
	},
	"openssh-7.7": {
		takes:   []judged{{key: "rsa2048", file: "pkcs1.pem"}, {key: "ed25519", file: "openssh"}},
		refuses: []judged{{"rsa2048", "ppk2", Auth, "does not read", "release-7.8"}, {"mldsa44-ed25519", "openssh.pub", Auth, "10.4", "mldsa44"}},
	},
	"putty": {
		takes:   []judged{{key: "ed448", file: "ppk3.argon2d"}, {key: "rsa2048", file: "ppk2.enc"}},
		refuses: []judged{{"rsa2048", "openssh", Auth, "PPK files only", "appendix C"}, {"rsa2048", "openssh.pub", Auth, "private keys", "PuTTY manual"}},
	},
	"putty-0.74": {
		takes:   []judged{{key: "rsa2048", file: "ppk2"}},
		refuses: []judged{{"rsa2048", "ppk3", Auth, "0.75", "Far-NetBox#381"}, {"rsa2048", "pkcs8.pem", Auth, "PPK", "appendix C"}},
	},
	"winscp": {
		takes:   []judged{{key: "rsa2048", file: "ppk3"}, {key: "ed25519", file: "ppk2"}},
		refuses: []judged{{"rsa2048", "openssh", Auth, "PPK copy", "winscp.net"}, {"rsa2048", "rfc4716", Auth, "converts no public", "TextsWin1.rc"}},
	},
	"filezilla": {
		takes:   []judged{{key: "rsa2048", file: "ppk2"}},
		refuses: []judged{{"rsa2048", "pkcs8.pem", Auth, "PPK", "fzputtygen_interface.cpp"}, {"rsa2048", "openssh.pub", Auth, "private keys", "ega-archive.org"}},
	},
	"openssl": {
		takes:   []judged{{key: "rsa2048", file: "pkcs1.pem"}, {key: "rsa2048", file: "pkcs8.der"}, {key: "rsa2048", file: "spki.pem"}},
		refuses: []judged{{"rsa2048", "openssh", Dataset, "PEM and DER keys only", "openssl/openssl"}, {"rsa1024", "pkcs1.des.pem", Dataset, "legacy", "openssl/openssl"}},
	},
	"dropbear": {
		takes:   []judged{{key: "ed25519", file: "dropbear"}, {key: "rsa2048", file: "openssh.pub"}},
		refuses: []judged{{"ed25519", "openssh", Auth, "does not read", "mkj/dropbear"}, {"ed25519", "cert.pub", Auth, "type", "mkj/dropbear"}},
	},
	"ddbj": {
		takes: []judged{{key: "ed25519", file: "openssh.pub"}, {key: "rsa2048", file: "openssh.pub"}, {key: "ecdsa521", file: "openssh.pub"}},
		refuses: []judged{{"rsa1024", "openssh.pub", Auth, "2048 bits or more, and this one has 1024", "ddbj/cloakman"}, {"dsa1024", "openssh.pub", Auth, "no DSA", "ddbj/cloakman"},
			{"rsa2048", "rfc4716.puttygen", Auth, "one OpenSSH line", "ddbj/cloakman"}, {"ed25519", "openssh", Auth, "stays with you", "ddbj/www"},
			{"rsa1024", "ppk3", Auth, "2048 bits", "ddbj/cloakman"}, {"ed25519", "cert.pub", Auth, "not a certificate", "ssh_data"}, {"rsa2048", "openssh.pub", Dataset, "data use application", "ddbj/www"},
			{"ed448", "openssh.pub", Auth, "ssh-ed448", "ssh_data"}},
	},
	"dra": {
		takes:   []judged{{key: "ed25519", file: "openssh.pub"}},
		refuses: []judged{{"rsa2048", "spki.pem", Auth, "one OpenSSH line", "ddbj/cloakman"}},
	},
	"jga": {
		takes: []judged{{key: "ed25519", file: "openssh.pub", purpose: Auth}, {key: "rsa3072", file: "openssh.pub", purpose: Dataset}, {key: "rsa3072", file: "pkcs1.pem", purpose: Dataset}},
		refuses: []judged{{"ed25519", "openssh.pub", Dataset, "must be RSA", "ddbj/www"}, {"rsa3072", "ppk3", Dataset, "PuTTY", "decryption-error-e.md"},
			{"ecdsa256", "sec1.pem", Dataset, "does not read", "ddbj/www"}, {"ed25519", "openssh", Auth, "stays with you", "ddbj/www"}},
	},
	"agd": {
		takes:   []judged{{key: "rsa3072", file: "pkcs8.pem", purpose: Dataset}},
		refuses: []judged{{"ed25519", "pkcs8.pem", Dataset, "must be RSA", "ddbj/www"}},
	},
	"nig": {
		takes:   []judged{{key: "ed25519", file: "openssh.pub"}, {key: "rsa3072", file: "openssh.pub"}},
		refuses: []judged{{"ed25519", "openssh", Auth, "stays with you", "nigsc_homepage2"}},
	},
	"nig-genome": {
		takes:   []judged{{key: "ed25519", file: "openssh.pub"}},
		refuses: []judged{{"rsa2048", "ppk3", Auth, "stays with you", "nigsc_homepage2"}},
	},
	"ega": {
		takes:   []judged{{key: "ed25519", file: "openssh.pub", purpose: Auth}, {key: "ed25519", file: "openssh.pub", purpose: Dataset}, {key: "ed25519", file: "openssh.aes256-ctr", purpose: Dataset}},
		refuses: []judged{{"rsa3072", "openssh.pub", Dataset, "no RSA", "EGA-archive/crypt4gh"}, {"ed25519", "openssh.aes256-gcm", Dataset, "cipher", "EGA-archive/crypt4gh"}},
	},
	"fega": {
		takes:   []judged{{key: "ed25519", file: "openssh.pub", purpose: Auth}},
		refuses: []judged{{"rsa3072", "openssh.pub", Dataset, "no RSA", "EGA-archive/crypt4gh"}},
	},
	"crypt4gh": {
		takes:   []judged{{key: "ed25519", file: "openssh"}, {key: "ed25519", file: "openssh.pub"}},
		refuses: []judged{{"rsa2048", "openssh", Dataset, "no RSA", "EGA-archive/crypt4gh"}, {"ed25519", "openssh", Auth, "logs in nowhere", "EGA-archive/crypt4gh"}},
	},
	"age": {
		takes: []judged{{key: "rsa2048", file: "openssh"}, {key: "ed25519", file: "openssh.pub"}, {key: "rsa2048", file: "pkcs1.pem"}},
		refuses: []judged{{"ecdsa256", "openssh.pub", Dataset, "ECDSA", "FiloSottile/age"}, {"rsa2048", "ppk2", Dataset, "OpenSSH", "FiloSottile/age"},
			{"rsa1024", "openssh.pub", Dataset, "2048", "FiloSottile/age"}, {"ed25519", "openssh.aes256-gcm", Dataset, "cipher", "golang/crypto"}},
	},
	"smartfile": {
		takes:   []judged{{key: "ed25519", file: "openssh.pub"}},
		refuses: []judged{{"ecdsa256", "openssh.pub", Auth, "ecdsa-sha2-nistp256", "docs.smartfile.com"}, {"rsa2048", "rfc4716", Auth, "does not read", "docs.smartfile.com"}},
	},
	"filescom": {
		takes:   []judged{{key: "ed25519", file: "openssh.pub"}, {key: "rsa2048", file: "ppk2"}, {key: "rsa2048", file: "sshcom"}},
		refuses: []judged{{"rsa2048", "pkcs8.pem", Auth, "SSH2", "files.com"}},
	},
	"sftpplus": {
		takes:   []judged{{key: "rsa2048", file: "openssh.pub"}},
		refuses: []judged{{"rsa2048", "rfc4716", Auth, "not read directly", "5.5.3"}, {"rsa2048", "spki.pem", Auth, "does not read", "5.5.3"}},
	},
	"cuteftp": {
		takes:   []judged{{key: "rsa2048", file: "sshcom"}, {key: "rsa2048", file: "rfc4716"}},
		refuses: []judged{{"rsa2048", "sshcom", Dataset, "no data sets", "CuteFTP manual"}},
	},
	"eft6": {
		takes:   []judged{{key: "rsa2048", file: "rfc4716"}},
		refuses: []judged{{"rsa2048", "openssh.pub", Auth, "rfc4716", "eft6/Server_SSH_Key_Formats"}},
	},
	"eft7.4": {
		takes:   []judged{{key: "rsa2048", file: "rfc4716"}, {key: "rsa2048", file: "openssh.pub"}},
		refuses: []judged{{"rsa2048", "pkcs1.pem", Auth, "stays with you", "eft7-4"}, {"rsa2048", "openssh.pub", Dataset, "no data sets", "eft7-4"}},
	},
	"eft8": {
		takes:   []judged{{key: "rsa2048", file: "openssh.pub"}},
		refuses: []judged{{"rsa2048", "ppk3", Auth, "stays with you", "eft8-1"}, {"rsa2048", "openssh.pub", Dataset, "no data sets", "eft8-1"}},
	},
	"jsch": {
		takes:   []judged{{key: "rsa2048", file: "pkcs1.pem"}, {key: "rsa2048", file: "pkcs1.aes128.pem"}},
		refuses: []judged{{"rsa2048", "openssh", Auth, "BEGIN OPENSSH", "mwiede/jsch#12"}, {"rsa2048", "ppk3", Auth, "version 3", "mwiede/jsch#71"}},
	},
	"paramiko": {
		takes:   []judged{{key: "ed25519", file: "openssh.aes256-ctr"}, {key: "rsa1024", file: "pkcs1.aes256.pem"}},
		refuses: []judged{{"rsa2048", "pkcs8.pem", Auth, "PKCS#8", "paramiko#1015"}, {"ed25519", "openssh.aes256-gcm", Auth, "cipher", "paramiko"}, {"rsa2048", "ppk2", Auth, "does not read", "paramiko"}},
	},
	"ssh2": {
		takes:   []judged{{key: "rsa2048", file: "ppk2.enc"}, {key: "ed25519", file: "openssh.aes256-gcm"}},
		refuses: []judged{{"rsa2048", "ppk3", Auth, "version 3", "ssh2#1140"}, {"ed25519", "openssh.chacha20-poly1305", Auth, "cipher", "mscdex/ssh2"}},
	},
	"bitwarden": {
		takes:   []judged{{key: "ed25519", file: "openssh"}, {key: "rsa2048", file: "pkcs8.pem"}},
		refuses: []judged{{"rsa2048", "pkcs1.pem", Auth, "RSA PRIVATE KEY", "clients#15088"}, {"ecdsa256", "openssh", Auth, "RSA", "clients#12412"}, {"rsa2048", "ppk3", Auth, "OpenSSH and PKCS#8", "bitwarden"}},
	},
}

// TestAcceptance gives every service a file that it takes and one that it refuses.
func TestAcceptance(t *testing.T) {
	for _, p := range All() {
		c, ok := acceptance[p.ID]
		if !ok || len(c.takes) == 0 || len(c.refuses) == 0 {
			t.Errorf("%s: no file is named that it takes, or none that it refuses", p.ID)
		}
		for _, j := range c.takes {
			if v, no := Refused(judgeGolden(t, p, j)); no {
				t.Errorf("%s refuses %s/%s: %v", p.ID, j.key, j.file, v)
			}
		}
		for _, j := range c.refuses {
			verdicts := judgeGolden(t, p, j)
			v, no := Refused(verdicts)
			if !no || !strings.Contains(v.Why, j.why) || !strings.Contains(v.Source, j.source) || !strings.Contains(v.String(), v.Source) {
				t.Errorf("%s and %s/%s for %q: got %+v, want a refusal with %q from %q", p.ID, j.key, j.file, j.purpose, verdicts, j.why, j.source)
			}
		}
	}
	for id := range acceptance {
		if Lookup(id) == nil {
			t.Errorf("there is no service %q", id)
		}
	}
}

func judgeGolden(t *testing.T, p *Profile, j judged) []Verdict {
	t.Helper()
	e, key := open(t, testkeys.Find(t, j.key, j.file))
	return Judge(p, j.purpose, e, key)
}

// TestDoubts: what is not confirmed is told, and refuses nothing.
func TestDoubts(t *testing.T) {
	for _, c := range []struct {
		service, key, file string
		purpose            Purpose
		why                string
	}{
		{"jga", "rsa3072", "openssh", Dataset, "BEGIN OPENSSH PRIVATE KEY"},
		{"jga", "rsa3072", "rfc4716", Dataset, "OpenSSH line"},
		{"nig", "ecdsa256", "openssh.pub", Auth, "no list"},
		{"sftpplus", "ed25519", "openssh.pub", Auth, "RSA and DSA only"},
		{"filescom", "ecdsa256", "openssh.pub", Auth, "own list"},
		{"cuteftp", "rsa2048", "openssh", Auth, "not documented"},
		{"filezilla", "rsa2048", "openssh", Auth, "PPK copy"},
		{"fega", "rsa2048", "openssh.pub", Auth, "some nodes"},
		{"smartfile", "ed25519", "cert.pub", Auth, "certificates is not known"},
	} {
		verdicts := judgeGolden(t, Lookup(c.service), judged{key: c.key, file: c.file, purpose: c.purpose})
		_, refused := Refused(verdicts)
		if refused || !slices.ContainsFunc(verdicts, func(v Verdict) bool { return v.Doubt() && strings.Contains(v.Why, c.why) }) {
			t.Errorf("%s and %s/%s: %+v, want a doubt with %q", c.service, c.key, c.file, verdicts, c.why)
		}
	}
}

// TestVerdicts holds what every verdict promises, for every service and golden,
// open and locked: only what is confirmed refuses, and all say why and whence.
func TestVerdicts(t *testing.T) {
	for _, g := range testkeys.Goldens(t) {
		e, err := formats.Parse(g.Data, formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range All() {
			for _, purpose := range []Purpose{"", Auth, Dataset} {
				for _, v := range Judge(p, purpose, e, e.Public) {
					if !v.OK && !v.Confirmed || (!v.OK || v.Doubt()) && v.Why == "" || v.Source == "" || v.Rule == "" {
						t.Errorf("%s, %s for %q: %+v", p.ID, g, purpose, v)
					}
				}
			}
		}
	}
}

// TestLockedType: a type that cannot be seen is a doubt, not a refusal.
func TestLockedType(t *testing.T) {
	e, err := formats.Parse(testkeys.Find(t, "ed25519", "pkcs8.pbes2-aes256-sha256.pem").Data, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	verdicts := Judge(Lookup("jga"), Dataset, e, nil)
	if _, refused := Refused(verdicts); refused || !slices.ContainsFunc(verdicts, Verdict.Doubt) {
		t.Errorf("%+v", verdicts)
	}
}

// TestOptions: the account's form takes a line of authorized_keys only without
// its options.
func TestOptions(t *testing.T) {
	line := append([]byte(`command="ls" `), testkeys.Find(t, "ed25519", "openssh.pub").Data...)
	e, err := formats.Parse(line, formats.DefaultLimits())
	if err != nil {
		t.Fatal(err)
	}
	if v, no := Refused(Judge(Lookup("ddbj"), Auth, e, e.Public)); !no || !strings.Contains(v.Why, "begin with the key type") {
		t.Errorf("%+v", v)
	}
	if v, no := Refused(Judge(Lookup("openssh"), Auth, e, e.Public)); no {
		t.Errorf("%+v", v)
	}
}

// TestTarget: what Target names can be written, and the service takes the result,
// of every key, with a passphrase where the format has one.
func TestTarget(t *testing.T) {
	keys, tried := []string{"dsa1024", "ecdsa256", "ecdsa521", "ed25519", "rsa1024", "rsa2048", "rsa3072"}, 0
	for _, name := range keys {
		_, key := open(t, testkeys.Find(t, name, "openssh"))
		for _, p := range All() {
			for _, half := range []Half{PrivateHalf, PublicHalf} {
				for _, purpose := range p.Purposes.Value {
					tried += target(t, p, half, purpose, key)
				}
			}
		}
	}
	if tried < 200 {
		t.Errorf("only %d targets were tried", tried)
	}
}

func target(t *testing.T, p *Profile, half Half, purpose Purpose, key *keytool.Key) int {
	t.Helper()
	if half == PublicHalf {
		key = key.Public()
	}
	id, err := p.Target(half, purpose, key)
	if err != nil {
		return 0
	}
	for _, opt := range []formats.Options{{}, {Passphrase: []byte("x"), Rounds: 1, Iterations: 1, Argon2: formats.Argon2{MemoryKiB: 8, Passes: 1}}} {
		if opt.Passphrase != nil && (half == PublicHalf || !formats.Lookup(id).Encrypts) || takesPlainOnly(p, half, purpose, id) && opt.Passphrase != nil {
			continue
		}
		as, err := formats.In(id, key)
		if err != nil {
			t.Fatal(err)
		}
		data, err := formats.Encode(id, as, opt)
		if err != nil {
			t.Errorf("%s %s %s: %s of %v: %v", p.ID, half, purpose, id, key, err)
			continue
		}
		e, err := formats.Parse(data, formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		if v, no := Refused(Judge(p, purpose, e, as)); no {
			t.Errorf("%s %s %s: refuses the %s it was given of %v: %v", p.ID, half, purpose, id, key, v)
		}
	}
	return 1
}

func takesPlainOnly(p *Profile, half Half, purpose Purpose, id formats.ID) bool {
	return slices.ContainsFunc(p.RolesOf(half, purpose), func(r *Role) bool {
		return slices.ContainsFunc(r.Formats, func(f FormatFact) bool { return slices.Contains(f.Value, id) && slices.Contains(f.Ciphers, "none") })
	})
}

// TestTargets are the formats people are to be given.
func TestTargets(t *testing.T) {
	for _, c := range []struct {
		service, key string
		half         Half
		purpose      Purpose
		want         formats.ID
	}{
		{"jga", "rsa3072", PrivateHalf, Dataset, formats.PKCS1},
		{"jga", "rsa3072", PublicHalf, Dataset, formats.OpenSSHPublic},
		{"ddbj", "ed25519", PublicHalf, Auth, formats.OpenSSHPublic},
		{"putty", "ed25519", PrivateHalf, Auth, formats.PPK3},
		{"putty-0.74", "ed25519", PrivateHalf, Auth, formats.PPK2},
		{"openssh", "rsa2048", PrivateHalf, Auth, formats.OpenSSH},
		{"openssh-7.7", "rsa2048", PrivateHalf, Auth, formats.PKCS1},
		{"openssh-7.7", "ed25519", PrivateHalf, Auth, formats.OpenSSH},
		{"openssl", "ecdsa256", PrivateHalf, Dataset, formats.SEC1},
		{"openssl", "ed25519", PrivateHalf, Dataset, formats.PKCS8},
		{"eft6", "rsa2048", PublicHalf, Auth, formats.RFC4716},
		{"eft8", "rsa2048", PublicHalf, Auth, formats.OpenSSHPublic},
		{"dropbear", "ed25519", PrivateHalf, Auth, formats.Dropbear},
		{"cuteftp", "rsa2048", PrivateHalf, Auth, formats.SSHCom},
		{"jsch", "rsa2048", PrivateHalf, Auth, formats.PKCS1},
		{"bitwarden", "rsa2048", PrivateHalf, Auth, formats.OpenSSH},
		{"filezilla", "rsa2048", PrivateHalf, Auth, formats.PPK2},
	} {
		_, key := open(t, testkeys.Find(t, c.key, "openssh"))
		if got, err := Lookup(c.service).Target(c.half, c.purpose, key); got != c.want {
			t.Errorf("%s, %s of %s: %s (%v), want %s", c.service, c.half, c.key, got, err, c.want)
		}
	}
	_, ed := open(t, testkeys.Find(t, "ed25519", "openssh"))
	if _, err := Lookup("jga").Target(PrivateHalf, Dataset, ed); err == nil || !strings.Contains(err.Error(), "must be RSA") || !strings.Contains(err.Error(), "ddbj/www") {
		t.Errorf("ed25519 for JGA's data sets: %v", err)
	}
}

func TestPassphrases(t *testing.T) {
	for _, c := range []struct {
		service, pass string
		refused       string
	}{
		{"eft7.4", "correct horse", ""},
		{"eft7.4", "a;b", "none of these"},
		{"eft7.4", `a\b`, "none of these"},
		{"eft7.4", strings.Repeat("é", 256), ""},
		{"eft7.4", strings.Repeat("a", 257), "256"},
		{"eft7.4", " . .", "alone"},
		{"eft7.4", "", ""},
		{"eft6", "a;b", ""}, // not confirmed of this version
		{"cuteftp", "pässword", "version 8"},
		{"cuteftp", "password", ""},
		{"openssh", "pässword;", ""},
	} {
		v, no := Refused(JudgePassphrase(Lookup(c.service), []byte(c.pass)))
		if no != (c.refused != "") || !strings.Contains(v.Why, c.refused) {
			t.Errorf("%s, %q: %v", c.service, c.pass, v)
		}
	}
	if verdicts := JudgePassphrase(Lookup("eft6"), []byte("a;b")); len(verdicts) != 1 || !verdicts[0].Doubt() {
		t.Errorf("%+v", verdicts)
	}
}

// TestDatasetKeys: Crypt4GH's and age's own keys open data sets, and log in nowhere.
func TestDatasetKeys(t *testing.T) {
	_, login := open(t, testkeys.Find(t, "ed25519", "openssh"))
	for _, c := range []struct {
		format  formats.ID
		service string
		purpose Purpose
		refused string
	}{
		{formats.Crypt4GH, "crypt4gh", Dataset, ""},
		{formats.Crypt4GH, "ega", Dataset, ""},
		{formats.Crypt4GHPublic, "ega", Auth, ""},
		{formats.Crypt4GHPublic, "fega", Dataset, ""},
		{formats.Age, "age", Dataset, ""},
		{formats.AgePublic, "age", Dataset, ""},
		{formats.Crypt4GH, "openssh", Auth, "does not read"},
		{formats.Crypt4GH, "filezilla", Auth, "no private key in a Crypt4GH file"},
		{formats.Crypt4GHPublic, "ddbj", Auth, "one OpenSSH line"},
		{formats.Crypt4GHPublic, "jga", Dataset, "OpenSSH public key"},
		{formats.Crypt4GH, "jga", Dataset, "does not read"},
		{formats.Age, "crypt4gh", Dataset, "does not read"},
		{formats.Crypt4GH, "crypt4gh", Auth, "logs in nowhere"},
	} {
		key, err := formats.In(c.format, login)
		if err != nil {
			t.Fatal(err)
		}
		data, err := formats.Encode(c.format, key, formats.Options{})
		if err != nil {
			t.Fatal(err)
		}
		e, err := formats.Parse(data, formats.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		v, no := Refused(Judge(Lookup(c.service), c.purpose, e, key))
		if no != (c.refused != "") || !strings.Contains(v.Why, c.refused) {
			t.Errorf("%s and %s for %s: %+v, want a refusal with %q", c.service, c.format, c.purpose, v, c.refused)
		}
	}
}
