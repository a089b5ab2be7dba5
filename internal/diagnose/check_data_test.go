package diagnose

import (
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

func dataScenes(t *testing.T) map[string]scene {
	key := func(name string, from From, folder, file string) Candidate {
		return golden(t, name, from, folder, file)
	}
	data := func(kind string, opens []int, keys ...Candidate) *Visit {
		v := at(keys...)
		v.Data = []Data{{Path: "/home/alice/data", Kind: kind, Opens: opens}}
		return v
	}
	jga := func(file string) Candidate { return key("J-DU999991", FromFlag, "rsa2048", file) }
	auth := key("id_rsa", FromFlag, "rsa3072", "pkcs1.pem")
	c4gh := key("key.sec", FromFlag, "x25519", "crypt4gh")
	mac := data("encrypt.dat", []int{0}, jga("pkcs1.pem"))
	mac.System.OS = "darwin"
	both := data("age", []int{0, 1}, key("key.ppk", FromFlag, "ed25519", "ppk3"), key("key", FromFolder, "ed25519", "openssh"))
	return map[string]scene{
		"E10":               {mac, []string{"E10 warning", "K17 info"}, "E01"},
		"K22 of age":        {both, []string{"K17 info", "K22 info"}, "E07"},
		"E05 another's":     {data("crypt4gh", nil, c4gh), []string{"E05 error", "K17 info"}, "E06"},
		"E05 another key's": {data("encrypt.dat", []int{1}, auth, key("J-DU999991", FromFolder, "rsa2048", "pkcs1.pem")), []string{"E05 error", "K17 info"}, "E01"},
		"opened":            {data("encrypt.dat", []int{0}, jga("pkcs1.pem")), []string{"K17 info"}, "E05"}, "on Linux": {data("encrypt.dat", []int{0}, jga("pkcs1.pem")), []string{"K17 info"}, "E10"},
		"opened, nothing named":    {data("crypt4gh", []int{0}, changed(c4gh, func(c *Candidate) { c.From = FromFolder; c.Offered = false })), nil, "E05"},
		"E05 not tried":            {data("crypt4gh", nil, key("id_ed25519", FromFlag, "ed25519", "openssh.aes256-ctr")), []string{"E05 warning"}, "E07"},
		"E07":                      {data("age", nil, key("id_ed25519", FromFlag, "ed25519", "openssh")), []string{"E07 error", "K17 info"}, "E05"},
		"E07 PPK":                  {data("age", []int{0}, key("key.ppk", FromFlag, "ed25519", "ppk3")).with(t, "age"), []string{"E07 error", "K17 info"}, ""},
		"age, the right one":       {data("age", []int{0}, key("id_ed25519", FromFlag, "ed25519", "openssh")), []string{"K17 info"}, "E07"},
		"E06 RSA":                  {data("crypt4gh", nil, key("id_rsa", FromFlag, "rsa2048", "openssh")), []string{"E05 error", "E06 error", "K17 info"}, ""},
		"E06 PPK":                  {data("crypt4gh", []int{0}, key("key.ppk", FromFlag, "ed25519", "ppk3")).with(t, "crypt4gh"), []string{"E06 error", "K17 info"}, "E07"},
		"Crypt4GH, the right one":  {data("crypt4gh", []int{0}, c4gh), []string{"K17 info"}, "E06"},
		"E01 PPK":                  {data("encrypt.dat", []int{0}, key("J-DU999991.ppk", FromFlag, "rsa2048", "ppk3")).with(t, "jga"), []string{"E01 error", "K17 info"}, "E02"},
		"E01 OpenSSH, unconfirmed": {data("encrypt.dat", []int{0}, jga("openssh")), []string{"K17 info", "E01 info"}, ""},
		"E01 for openssl":          {at(key("J-DU999991", FromFlag, "rsa2048", "openssh")).with(t, "openssl"), []string{"E01 error", "K17 info"}, "P06"},
		"PEM for openssl":          {at(key("J-DU999991", FromFlag, "rsa2048", "pkcs1.pem")).with(t, "openssl"), []string{"K17 info"}, "E01"},
	}
}

func listOf(t *testing.T, text string) List {
	t.Helper()
	l := List{Path: sshFolder + "authorized_keys", Raw: []byte(text)}
	err := formats.ScanList(strings.NewReader(text), func(e formats.Entry) error {
		l.Entries = append(l.Entries, e)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func listScenes(t *testing.T) map[string]scene {
	ed, rsa := string(testkeys.Find(t, "ecdsa256", "openssh.pub").Data), string(testkeys.Find(t, "rsa2048", "openssh.pub").Data)
	visit := func(text string) *Visit {
		v := at(locked(t))
		v.Client, v.Authorized = nil, []List{listOf(t, text)}
		return v
	}
	out := visit(rsa[1:])
	out.Client = sound(nil)
	return map[string]scene{
		"list":            {visit("# a\n" + ed + "\n" + rsa), nil, "D03"},
		"list, CRLF":      {visit(strings.ReplaceAll(ed+rsa, "\n", "\r\n")), nil, "D03"},
		"list RFC 4716":   {visit(ed + string(testkeys.Find(t, "rsa2048", "rfc4716").Data)), []string{"D03 error"}, "P03"},
		"list joined":     {visit(strings.TrimSpace(ed) + rsa), []string{"D03 error"}, "P03"},
		"list split":      {visit(ed + rsa[:80] + "\n" + rsa[80:160] + "\n" + rsa[160:]), []string{"P03 error"}, "D03"},
		"list letter":     {visit(ed + rsa[1:]), []string{"P03 error"}, "D03"},
		"list mark":       {visit("\ufeff" + ed + rsa), []string{"P03 error"}, ""},
		"list blank":      {visit(strings.Replace(ed, " ", "\u00a0", 1)), []string{"P03 error"}, ""},
		"list private":    {visit(ed + string(testkeys.Find(t, "rsa2048", "openssh").Data)), []string{"P09 error"}, "D03"},
		"list broken":     {visit(ed + "ssh-rsa AAAAB3Nz\n"), []string{"D03 error"}, "P03"},
		"list of UTF-16":  {visit(string(asUTF16([]byte("ssh-rsa x\n")))), []string{"D03 error"}, ""},
		"list, going out": {out, []string{"P03 warning"}, ""},
	}
}

// TestListLines: each finding stands at its line.
func TestListLines(t *testing.T) {
	rsa := string(testkeys.Find(t, "rsa2048", "openssh.pub").Data)
	v := at()
	v.Authorized = []List{listOf(t, rsa+rsa[:80]+"\n"+rsa[80:]+"\n# c\n"+rsa[1:]+strings.TrimSpace(rsa)+rsa)}
	var lines []int
	for _, f := range listChecks(v) {
		lines = append(lines, f.Line)
	}
	if len(lines) != 3 || lines[0] != 2 || lines[1] != 6 || lines[2] != 7 {
		t.Errorf("got %v", lines)
	}
}
