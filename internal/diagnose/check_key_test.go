package diagnose

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/agent"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
	"sshkeys/perms"
)

const sshFolder = "/home/alice/.ssh/"

// scene is a visit, what the checks over files find in it, and, of a near miss, the
// code that it just does not give.
type scene struct {
	visit *Visit
	want  []string // "CODE severity"
	near  string
}

// fileChecks are the checks over what lies on the disk.
func fileChecks(v *Visit) []Finding {
	var found []Finding
	for _, check := range [...]func(*Visit) []Finding{
		placeChecks, keyChecks, pairChecks, purposeChecks, serviceChecks, listChecks, dataChecks,
	} {
		found = append(found, check(v)...)
	}
	Sort(found)
	return once(found)
}

// made is a file of golden bytes as the doctor gathers it.
func made(t *testing.T, name string, from From, data []byte) Candidate {
	t.Helper()
	c := Candidate{From: from, Offered: from != FromFolder && from != FromLog, Defects: formats.Defects(data)}
	c.Name = name
	if !filepath.IsAbs(name) {
		c.Name = sshFolder + name
	}
	env, err := formats.Parse(data, formats.DefaultLimits())
	if err != nil {
		c.Err = err
		return c
	}
	c.Envelope, c.Key = env, env.Public
	if k, err := env.Open(nil); err == nil {
		c.Key = k
	}
	facts := keytool.PurposeFacts{File: filepath.Base(name)}
	if c.Key != nil {
		facts.Algorithm = c.Key.Algorithm()
	}
	c.Purpose = keytool.JudgePurpose(facts)
	return c
}

func golden(t *testing.T, name string, from From, key, file string) Candidate {
	t.Helper()
	return made(t, name, from, testkeys.Find(t, key, file).Data)
}

// at puts candidates into a visit of a login.
func at(keys ...Candidate) *Visit {
	return &Visit{System: System{OS: "linux", Home: "/home/alice", SSH: "OpenSSH_10.0p2"}, Client: sound(nil), Keys: keys}
}

// with says which service a visit is about, as the doctor does.
func (v *Visit) with(t *testing.T, service string) *Visit {
	t.Helper()
	if v.Service = services.Lookup(service); v.Service == nil {
		t.Fatal(service)
	}
	for i := range v.Keys {
		v.Keys[i].Verdicts = ServiceVerdicts(v.Service, v.Keys[i])
	}
	return v
}

func changed(c Candidate, change func(*Candidate)) Candidate {
	change(&c)
	return c
}

func publicOf(t *testing.T, key string) *keytool.Key {
	t.Helper()
	return parse(t, key, "openssh.pub").Public
}

// locked is the sound key of most scenes.
func locked(t *testing.T) Candidate {
	return golden(t, "id_ed25519", FromDefault, "ed25519", "openssh.aes256-ctr")
}

func crlf(data []byte) []byte { return bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")) }

func scenes(t *testing.T) map[string]scene {
	all := map[string]scene{}
	for _, group := range []map[string]scene{
		permissionScenes(t), formatScenes(t), identityScenes(t), clientScenes(t), placeScenes(t), publicScenes(t),
		registeredScenes(t), purposeScenes(t), dataScenes(t), listScenes(t),
	} {
		for name, s := range group {
			if _, again := all[name]; again {
				t.Fatalf("two scenes are called %s", name)
			}
			all[name] = s
		}
	}
	return all
}

// TestScenes: every scene gives its findings and no other.
func TestScenes(t *testing.T) {
	given, missed := map[string]bool{}, map[string]bool{}
	for name, s := range scenes(t) {
		found := fileChecks(s.visit)
		expect(t, name, found, s.want...)
		for _, f := range found {
			given[f.Code] = true
			if f.Code == s.near {
				t.Errorf("%s: a near miss of %s gives it", name, s.near)
			}
			if len(f.Command) > 0 && f.Command[0] != "sshkeys" {
				t.Errorf("%s: %v", name, f.Command)
			}
		}
		missed[s.near] = true
	}
	for _, code := range strings.Fields(
		"K01 K02 K03 K04 K05 K06 K08 K09 K10 K11 K12 K13 K14 K15 K16 K17 K19 K21 K22 P01 P02 P03 P04 P05 P06 P07 P08 P09 D01 D02 D03 E01 E02 E04 E05 E06 E07 E08 E10") {
		if !given[code] {
			t.Errorf("no scene gives %s", code)
		}
		if !missed[code] {
			t.Errorf("no scene nearly gives %s", code)
		}
	}
}

func permissionScenes(t *testing.T) map[string]scene {
	open := func(code string, severity perms.Severity) func(*Candidate) {
		return func(c *Candidate) {
			c.Permissions = []perms.Finding{{Code: code, Severity: severity, Text: perms.Text{ID: "perms.not_a_file"}, Message: "open", Fixable: true}}
		}
	}
	unreadable := Candidate{KeyFileFacts: KeyFileFacts{Name: sshFolder + "id_rsa"}, Err: &fs.PathError{Op: "open", Path: "x", Err: fs.ErrPermission}, From: FromDefault, Offered: true}
	place := func(code string) *Visit {
		v := at(locked(t))
		v.Places = []Place{{Path: "/home/alice", Findings: []perms.Finding{{Code: code, Severity: perms.Error, Text: perms.Text{ID: "perms.not_a_file"}, Fixable: true}}}}
		return v
	}
	here := place(perms.CodeStrictModes)
	here.Client = nil
	return map[string]scene{
		"sound":                  {at(locked(t)), nil, "K01"},
		"K01":                    {at(changed(locked(t), open("K01", perms.Error))), []string{"K01 error"}, "K02"},
		"K01 of a key elsewhere": {at(locked(t), changed(golden(t, "other", FromFolder, "rsa2048", "openssh.aes256-ctr"), open("K01", perms.Error))), []string{"K01 warning"}, "K03"},
		"K02":                    {at(changed(locked(t), open("K02", perms.Error))), []string{"K02 error"}, "K09"},
		"K03":                    {at(changed(locked(t), open("K03", perms.Error))), []string{"K03 error"}, ""},
		"K09":                    {at(unreadable), []string{"K09 error"}, "K08"},
		"K09 told by perms":      {at(changed(unreadable, open("K09", perms.Error))), []string{"K09 error"}, ""},
		"D01 on the way out":     {place(perms.CodeStrictModes), []string{"D01 warning"}, "D02"},
		"D01 here":               {here, []string{"D01 error"}, ""},
		"D02":                    {place(perms.CodeConfig), []string{"D02 error"}, "D01"},
	}
}

func formatScenes(t *testing.T) map[string]scene {
	file := func(key, name string) []byte { return testkeys.Find(t, key, name).Data }
	ed, pem := file("ed25519", "openssh.aes256-ctr"), file("rsa2048", "pkcs8.pbes2-aes256-sha256.pem")
	bad := func(name string) Candidate {
		data, err := os.ReadFile(filepath.Join(testkeys.Dir(t), "bad", name))
		if err != nil {
			t.Fatal(err)
		}
		return made(t, "id_rsa", FromFlag, data)
	}
	old := at(golden(t, "id_ed25519", FromDefault, "ed25519", "pkcs8.pem"))
	old.System.SSH = "OpenSSH_9.2p1 Debian-2+deb12u10, OpenSSL 3.0.22 25 Aug 2026"
	recent := at(golden(t, "id_ed25519", FromDefault, "ed25519", "pkcs8.pem"))
	recent.System.SSH = "OpenSSH_for_Windows_9.8p1, LibreSSL 3.9.2"
	return map[string]scene{
		"K04 PPK":                    {at(golden(t, "key.ppk", FromFlag, "ed25519", "ppk3.argon2id")), []string{"K04 error"}, "K22"},
		"K04 PPK as id_rsa":          {at(golden(t, "id_rsa", FromDefault, "rsa2048", "ppk3.argon2id")), []string{"K04 error"}, ""},
		"K04 ssh.com":                {at(golden(t, "id_rsa", FromDefault, "rsa2048", "sshcom")), []string{"K04 error", "K17 info"}, ""},
		"K04 Dropbear":               {at(golden(t, "id_rsa", FromDefault, "rsa2048", "dropbear")), []string{"K04 error", "K17 info"}, ""},
		"K04 DER":                    {at(golden(t, "id_rsa", FromDefault, "rsa2048", "pkcs8.der")), []string{"K04 error", "K17 info"}, ""},
		"PPK in the folder":          {at(locked(t), golden(t, "key.ppk", FromFolder, "rsa2048", "ppk3.argon2id")), nil, ""},
		"PPK in the folder, alone":   {at(golden(t, "key.ppk", FromFolder, "rsa2048", "ppk3.argon2id")), []string{"K08 error", "K04 warning"}, ""},
		"PPK for PuTTY beside":       {at(locked(t), golden(t, "key.ppk", FromFolder, "ed25519", "ppk3.argon2id")), nil, "K04"},
		"K22":                        {at(golden(t, "key.ppk", FromFlag, "ed25519", "ppk3.argon2id"), golden(t, "key", FromFolder, "ed25519", "openssh.aes256-ctr")), []string{"K22 error"}, "K04"},
		"K04 CRLF":                   {at(made(t, "id_ed25519", FromDefault, crlf(ed))), []string{"K04 error"}, ""},
		"CRLF in PKCS#8":             {at(made(t, "id_rsa", FromDefault, crlf(pem))), nil, "K04"},
		"K04 last line":              {at(made(t, "id_ed25519", FromDefault, bytes.TrimSuffix(ed, []byte("\n")))), []string{"K04 error"}, ""},
		"K04 UTF-16":                 {at(made(t, "id_rsa", FromDefault, asUTF16(pem))), []string{"K04 error"}, ""},
		"K04 cut off":                {at(made(t, "id_ed25519", FromDefault, ed[:200])), []string{"K04 error"}, ""},
		"K04 no key":                 {at(made(t, "id_rsa", FromFlag, []byte("Dear Hanako,\n"))), []string{"K04 error"}, "E08"},
		"K04 indented":               {at(made(t, "id_ed25519", FromDefault, append([]byte("  "), ed...))), []string{"K04 error"}, ""},
		"ed25519 in PKCS#8, old ssh": {old, []string{"K04 error", "K17 info"}, ""},
		"ed25519 in PKCS#8, new ssh": {recent, []string{"K17 info"}, "K04"},
		"K11 of the format":          {at(bad("unknown-openssh-cipher")), []string{"K11 error"}, ""},
		"K11 DES":                    {at(golden(t, "id_dsa", FromFlag, "ecdsa256", "sec1.des.pem")), []string{"K11 error", "K19 warning"}, ""},
		"AES":                        {at(golden(t, "id_ecdsa", FromFlag, "ecdsa256", "openssh.aes256-gcm")), nil, "K11"},
		"P04 halves":                 {at(mismatched(t)), []string{"P04 error"}, "P05"},
		"K17":                        {at(golden(t, "id_ed25519", FromDefault, "ed25519", "openssh")), []string{"K17 info"}, "K19"},
		"K17 elsewhere":              {at(locked(t), golden(t, "other", FromFolder, "rsa2048", "openssh")), nil, "K17"},
		"PPK 2 for an old PuTTY":     {at(golden(t, "key.ppk", FromFlag, "ed25519", "ppk2.enc")).with(t, "putty-0.74"), nil, "K19"},
		"K19":                        {at(golden(t, "id_rsa", FromDefault, "rsa3072", "pkcs1.aes128.pem")), []string{"K19 warning"}, "K17"},
		"K10":                        {at(golden(t, "id_rsa", FromDefault, "rsa1024", "openssh.aes256-ctr")), []string{"K10 warning"}, "P02"},
		"2048 bits":                  {at(golden(t, "id_rsa", FromDefault, "rsa2048", "openssh.aes256-ctr")), nil, "K10"},
		"P02 DSA":                    {at(golden(t, "id_dsa", FromFlag, "dsa1024", "openssh.aes256-ctr")), []string{"P02 error"}, "K10"},
		"P02 Ed448":                  {at(golden(t, "id_ed448", FromFlag, "ed448", "pkcs8.pbes2-aes256-sha256.pem")), nil, "K21"},
		"E08":                        {at(made(t, "prj_12.ngc", FromFlag, []byte("anything"))), []string{"E08 error"}, ""},
	}
}

func asUTF16(data []byte) []byte {
	out := []byte{0xff, 0xfe}
	for _, c := range data {
		out = append(out, c, 0)
	}
	return out
}

// mismatched is a private key file with another key's public half.
func mismatched(t *testing.T) Candidate {
	t.Helper()
	for _, b := range testkeys.BadFiles(t) {
		if c := made(t, "id_ed25519", FromDefault, b.Data); strings.Contains(fmt.Sprintf("%T", c.Err), "MismatchError") {
			return c
		}
	}
	t.Fatal("no bad file has two halves of different keys")
	return Candidate{}
}

func identityScenes(t *testing.T) map[string]scene {
	pub := golden(t, "id_ed25519.pub", FromFlag, "ed25519", "openssh.pub")
	held := at(pub)
	held.Agents = []agent.Agent{{Name: "ssh-agent", Keys: []agent.Key{{Key: pub.Key}}}}
	wrong := func(key, file string) *Visit {
		return at(changed(golden(t, "id_rsa", FromFlag, key, file), func(c *Candidate) { c.Wrong = true }))
	}
	agents := at()
	agents.Agents = held.Agents
	nowhere := at()
	nowhere.Client = nil
	stale := changed(locked(t), func(c *Candidate) { c.Neighbour, c.NeighbourName = publicOf(t, "rsa2048"), c.Name+".pub" })
	unknown := func(data []byte) Candidate { return made(t, "id_new", FromFlag, data) }
	future := []byte{}
	for _, b := range testkeys.BadFiles(t) {
		if b.Name == "unknown-openssh-type" {
			future = b.Data
		}
	}
	return map[string]scene{
		"K05":                     {at(pub), []string{"K05 error"}, "K04"},
		"K05 with its key":        {at(pub, golden(t, "id_ed25519", FromFolder, "ed25519", "openssh")), []string{"K05 error"}, ""},
		"public, in an agent":     {held, nil, "K05"},
		"K05 list":                {at(made(t, "authorized_keys", FromFlag, testkeys.Lists(t)[0].Data)), []string{"K05 error"}, ""},
		"K06":                     {wrong("ed25519", "openssh.aes256-ctr"), []string{"K06 error"}, "K04"},
		"K06 PPK":                 {wrong("ed25519", "ppk3.argon2id").with(t, "putty"), []string{"K06 error"}, "K13"},
		"no passphrase given":     {at(golden(t, "id_rsa", FromFlag, "rsa2048", "openssh.aes256-ctr")), nil, "K06"},
		"K08 nothing":             {at(), []string{"K08 error"}, ""},
		"K08 nothing asked":       {nowhere, []string{"K08 warning"}, ""},
		"K08 only in the folder":  {at(golden(t, "lab", FromFolder, "ed25519", "openssh")), []string{"K08 error"}, ""},
		"K08 an agent's":          {agents, nil, "K08"},
		"K08 for another client":  {at().with(t, "winscp"), nil, "K08"},
		"missing, the config's":   {at(missing(FromConfig, sshFolder+"lab")), nil, "K04"},
		"P05":                     {at(stale), []string{"P05 error"}, "P04"},
		"P05 elsewhere":           {at(locked(t), changed(stale, func(c *Candidate) { c.Name, c.Offered, c.From = sshFolder+"x", false, FromFolder })), []string{"P05 warning"}, ""},
		"locked, type of its pub": {at(changed(golden(t, "id_rsa", FromDefault, "rsa2048", "pkcs8.pbes2-aes256-sha256.pem"), func(c *Candidate) { c.Key = publicOf(t, "rsa2048"); c.Neighbour = c.Key })), nil, "P05"},
		"K21":                     {at(unknown(future)), []string{"K21 info", "K17 info"}, "K10"},
	}
}

func clientScenes(t *testing.T) map[string]scene {
	on := func() *Visit { return at(golden(t, "id_ed25519", FromFlag, "ed25519", "openssh.aes256-ctr")) }
	ppk := func() *Visit { return at(golden(t, "key.ppk", FromFlag, "ed25519", "ppk3.argon2id")) }
	pair := at(golden(t, "id_ed25519", FromFlag, "ed25519", "openssh.aes256-ctr"), golden(t, "id_ed25519.ppk", FromFolder, "ed25519", "ppk3.argon2id"))
	two := at(golden(t, "id_rsa", FromDefault, "rsa1024", "openssh.aes256-ctr"), locked(t))
	return map[string]scene{
		"K12":                        {ppk().with(t, "putty-0.74"), []string{"K12 error"}, "K13"},
		"K12 not":                    {ppk().with(t, "putty"), nil, "K12"},
		"K13 PuTTY":                  {on().with(t, "putty"), []string{"K13 error"}, "K12"},
		"K13 WinSCP":                 {on().with(t, "winscp"), []string{"K13 error"}, "K14"},
		"K13 FileZilla, unconfirmed": {on().with(t, "filezilla"), []string{"K13 info"}, ""},
		"PPK for WinSCP":             {ppk().with(t, "winscp"), nil, "K13"},
		"K22 PPK beside":             {pair.with(t, "winscp"), []string{"K22 info"}, "K13"},
		"K14":                        {on().with(t, "jsch"), []string{"K14 error"}, ""},
		"K14 Crypt4GH":               {at(golden(t, "key.sec", FromFlag, "x25519", "crypt4gh")).with(t, "filezilla"), []string{"K14 error", "K17 info"}, "P06"},
		"PPK for an ssh by name":     {ppk().with(t, "openssh"), []string{"K04 error"}, "K14"},
		"K15":                        {at(golden(t, "id_rsa", FromFlag, "rsa2048", "openssh.aes256-ctr")).with(t, "cuteftp"), []string{"K14 info", "K15 info"}, ""},
		"K15 without a passphrase":   {at(golden(t, "id_rsa", FromFlag, "rsa2048", "openssh")).with(t, "cuteftp"), []string{"K17 info", "K14 info"}, "K15"},
		"K10 of DDBJ":                {at(golden(t, "id_rsa", FromDefault, "rsa1024", "openssh.aes256-ctr")).with(t, "ddbj"), []string{"K10 error"}, ""},
		"K10 and a good one":         {two.with(t, "ddbj"), []string{"K10 warning"}, ""},
		"P02 of DDBJ":                {at(golden(t, "id_dsa", FromFlag, "dsa1024", "openssh.aes256-ctr")).with(t, "ddbj"), []string{"P02 error"}, ""},
		"a private key for DDBJ":     {on().with(t, "ddbj"), nil, "P01"},
		"K11 of paramiko":            {at(golden(t, "id_rsa", FromFlag, "rsa2048", "openssh.chacha20-poly1305")).with(t, "paramiko"), []string{"K11 error"}, ""},
		"unconfirmed type":           {at(golden(t, "id_ecdsa", FromFlag, "ecdsa256", "openssh.aes256-ctr")).with(t, "nig"), []string{"P02 info"}, ""},
	}
}

func placeScenes(t *testing.T) map[string]scene {
	in := func(path string) *Visit {
		return at(changed(locked(t), func(c *Candidate) { c.Name, c.From = path, FromFlag }))
	}
	server := at(locked(t))
	server.Authorized = []List{listOf(t, "ssh-ed25519 ignored\n"+string(testkeys.Find(t, "ed25519", "openssh.pub").Data))}
	server.Authorized[0].Raw, server.Client = nil, nil
	server.Authorized[0].Entries = server.Authorized[0].Entries[1:]
	client := at(locked(t))
	client.Authorized = []List{listOf(t, string(testkeys.Find(t, "rsa2048", "openssh.pub").Data))}
	git := at(changed(locked(t), func(c *Candidate) { c.WorkTree = "/home/alice/work" }))
	return map[string]scene{
		"K16 OneDrive":     {in(`C:\Users\alice\OneDrive - Lab\keys\id_ed25519`), []string{"K16 warning"}, ""},
		"K16 Dropbox":      {in("/home/alice/Dropbox/id_ed25519"), []string{"K16 warning"}, ""},
		"K16 Google Drive": {in("/Users/alice/Library/CloudStorage/GoogleDrive-alice@example.org/My Drive/key"), []string{"K16 warning"}, ""},
		"K16 iCloud":       {in("/Users/alice/Library/Mobile Documents/com~apple~CloudDocs/key"), []string{"K16 warning"}, ""},
		"a name like it":   {in("/home/alice/dropbox-keys/onedrive"), nil, "K16"},
		"K16 git":          {git, []string{"K16 warning"}, ""},
		"K16 server":       {server, []string{"K16 info"}, "D03"},
		"not listed here":  {client, nil, "K16"},
	}
}

// TestRemedies: what is to be typed, for each kind of remedy.
func TestRemedies(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the scenes' paths are POSIX's, and so are the commands for them")
	}
	all := scenes(t)
	elsewhere := func(name string, more ...Candidate) *Visit {
		return at(append([]Candidate{golden(t, name, FromFlag, "ed25519", "ppk3.argon2id")}, more...)...)
	}
	taken := elsewhere("/mnt/usb/lab.ppk", golden(t, "lab", FromFolder, "rsa2048", "openssh.aes256-ctr"))
	for name, c := range map[string]struct {
		visit      *Visit
		code, want string
	}{
		"PPK in ~/.ssh":           {all["K04 PPK"].visit, "K04", "sshkeys convert --to openssh /home/alice/.ssh/key.ppk"},
		"PPK, the name is taken":  {elsewhere("lab.PPK", golden(t, "lab", FromFolder, "rsa2048", "openssh.aes256-ctr")), "K04", "sshkeys convert --to openssh -o /home/alice/.ssh/lab-2 /home/alice/.ssh/lab.PPK"},
		"PPK as id_rsa":           {all["K04 PPK as id_rsa"].visit, "K04", "sshkeys convert --to openssh --force -o /home/alice/.ssh/id_rsa /home/alice/.ssh/id_rsa"},
		"PPK from elsewhere":      {elsewhere("/mnt/usb/lab.ppk"), "K04", "sshkeys import /mnt/usb/lab.ppk"},
		"from elsewhere, taken":   {taken, "K04", "sshkeys import --name lab-2 /mnt/usb/lab.ppk"},
		"CRLF":                    {all["K04 CRLF"].visit, "K04", "sshkeys convert --to openssh --force -o /home/alice/.ssh/id_ed25519 /home/alice/.ssh/id_ed25519"},
		"the same key beside":     {all["K22"].visit, "K22", "ssh -i /home/alice/.ssh/key alice@host"},
		"public with its private": {all["K05 with its key"].visit, "K05", "ssh -i /home/alice/.ssh/id_ed25519 alice@host"},
		"no key":                  {all["K08 nothing"].visit, "K08", "sshkeys generate"},
		"only in the folder":      {all["K08 only in the folder"].visit, "K08", "ssh -i /home/alice/.ssh/lab alice@host"},
		"PPK 3":                   {all["K12"].visit, "K12", "sshkeys convert --to ppk2 --force -o /home/alice/.ssh/key.ppk /home/alice/.ssh/key.ppk"},
		"OpenSSH for WinSCP":      {all["K13 WinSCP"].visit, "K13", "sshkeys convert --to ppk3 /home/alice/.ssh/id_ed25519"},
		"no passphrase":           {all["K17"].visit, "K17", "sshkeys passphrase /home/alice/.ssh/id_ed25519"},
		"weak derivation":         {all["K19"].visit, "K19", "sshkeys convert --to openssh --force -o /home/alice/.ssh/id_rsa /home/alice/.ssh/id_rsa"},
		"short for DDBJ":          {all["K10 of DDBJ"].visit, "K10", "sshkeys generate --for ddbj"},
		"RFC 4716 for DDBJ":       {all["P01 RFC 4716"].visit, "P01", "sshkeys public --for ddbj --force -o /home/alice/.ssh/key.pub /home/alice/.ssh/key.pub"},
		"options":                 {all["P08 options, no service"].visit, "P08", "sshkeys public --force -o /home/alice/.ssh/id_rsa.pub /home/alice/.ssh/id_rsa.pub"},
		"public in UTF-16":        {all["P03 UTF-16"].visit, "P03", "sshkeys public --force -o /home/alice/.ssh/id_rsa.pub /home/alice/.ssh/id_rsa.pub"},
		"registered, not offered": {all["P04 in the folder"].visit, "P04", "ssh -i /home/alice/.ssh/lab alice@host"},
		"none registered":         {all["P07"].visit, "P04", "sshkeys public /home/alice/.ssh/id_ed25519"},
		"stale .pub":              {all["P05"].visit, "P05", "sshkeys verify --fix /home/alice/.ssh/id_ed25519"},
		"ed25519 for JGA":         {all["E02 for JGA"].visit, "E02", "sshkeys generate --for jga --purpose dataset J-DU999991-rsa"},
		"OpenSSH for openssl":     {all["E01 for openssl"].visit, "E01", "sshkeys convert --to pkcs1 --force -o /home/alice/.ssh/J-DU999991 /home/alice/.ssh/J-DU999991"},
		"PPK of JGA":              {all["E01 PPK"].visit, "E01", "sshkeys convert --to pkcs1 /home/alice/.ssh/J-DU999991.ppk"},
		"data of another key":     {all["E05 another key's"].visit, "E05", "sshkeys verify /home/alice/.ssh/J-DU999991 /home/alice/data"},
		"sftp of an archive":      {at(golden(t, "lab", FromFolder, "ed25519", "openssh")).with(t, "ddbj"), "K08", "sftp -i /home/alice/.ssh/lab alice@host"},
	} {
		var got []string
		for _, f := range fileChecks(c.visit) {
			if f.Code == c.code {
				got = append(got, f.In(catalog.English).Hint)
			}
		}
		if len(got) != 1 || got[0] != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

// TestNoKeyMaterial: no finding says anything of a private half.
func TestNoKeyMaterial(t *testing.T) {
	for name, s := range scenes(t) {
		var said strings.Builder
		for _, f := range fileChecks(s.visit) {
			for _, l := range []catalog.Lang{catalog.English, catalog.Japanese} {
				fmt.Fprintf(&said, "%+v\n", f.In(l))
			}
		}
		for _, c := range s.visit.Keys {
			if c.Key == nil || !c.Key.IsPrivate() {
				continue
			}
			text, err := formats.Encode(formats.OpenSSH, c.Key, formats.Options{})
			if err != nil {
				continue
			}
			lines := strings.Split(string(text), "\n")
			for _, line := range lines[len(lines)/2:] {
				if len(line) > 20 && !strings.HasPrefix(line, "-") && strings.Contains(said.String(), line[:16]) {
					t.Errorf("%s says a part of its key", name)
				}
			}
		}
	}
}

// TestNoKeyInWSL: there the key may be in the home of Windows.
func TestNoKeyInWSL(t *testing.T) {
	v := at().with(t, "nig")
	v.System.WSL = true
	for name, found := range map[string][]Finding{
		"none":    nothingToOffer(v),
		"missing": missingKeys(&Visit{System: v.System, Service: v.Service, Client: v.Client, Keys: []Candidate{missing(FromFlag, "/k")}}),
	} {
		said := found[0].In(catalog.English)
		if said.Code != "K08" || !strings.Contains(said.Advice, "/mnt/c/Users/*/.ssh") || !strings.Contains(said.Advice, "sshkeys import") || !strings.Contains(strings.Join(said.Evidence, ""), "PowerShell") {
			t.Errorf("%s: %+v", name, said)
		}
	}
}

// TestNoFileOfAKey: what is no file at all, or far too long for a key, is not called
// damaged, and nobody is told to copy it again.
func TestNoFileOfAKey(t *testing.T) {
	for _, err := range []error{
		&fs.PathError{Op: "read", Path: "/home/alice/.ssh", Err: errors.New("it is a folder, not a file")},
		&formats.LimitError{},
	} {
		c := Candidate{From: FromFlag, Offered: true, Err: err}
		c.Name = "/home/alice/.ssh"
		found := unreadKey(&Visit{Keys: []Candidate{c}}, 0)
		expect(t, err.Error(), found, "K04 error")
		if found[0].Cause.ID != "K04.nokey" {
			t.Errorf("%v: %s", err, found[0].Cause.ID)
		}
	}
}
