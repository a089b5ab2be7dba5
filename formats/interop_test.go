package formats_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/keytool"
)

// The real tools make fresh keys in every way they can, we read them and write
// them in every format, and the real tools read those back to the same public
// line. Where no tool reads a format back, golden files stand in for it.

const labComment = "hanako@lab 花子"

// peers runs the real tools in one temporary folder.
type peers struct {
	t          *testing.T
	dir        string
	passphrase []byte
	files      int
}

func newPeers(t *testing.T) *peers {
	t.Helper()
	p := &peers{t: t, dir: t.TempDir(), passphrase: testkeys.Passphrase(t)}
	p.write("empty", nil)
	p.write("passphrase", append(bytes.Clone(p.passphrase), '\n'))
	return p
}

func (p *peers) path(name string) string { return filepath.Join(p.dir, name) }

// fresh is a path that is not used yet.
func (p *peers) fresh(stem string) string {
	p.files++
	return p.path(fmt.Sprintf("%d.%s", p.files, stem))
}

func (p *peers) write(name string, data []byte) string {
	p.t.Helper()
	if err := os.WriteFile(p.path(name), data, 0o600); err != nil {
		p.t.Fatal(err)
	}
	return p.path(name)
}

func (p *peers) read(path string) []byte {
	p.t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		p.t.Fatal(err)
	}
	return data
}

// try runs a tool and returns its standard output, or an error with all it said.
func (p *peers) try(tool string, args ...string) ([]byte, error) {
	cmd := exec.Command(testkeys.Tool(p.t, tool), args...)
	cmd.Env = append(os.Environ(), "SSH_ASKPASS_REQUIRE=never", "DISPLAY=")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %s", tool, err, strings.TrimSpace(errs.String()))
	}
	return out.Bytes(), nil
}

func (p *peers) run(tool string, args ...string) []byte {
	p.t.Helper()
	out, err := p.try(tool, args...)
	if err != nil {
		p.t.Fatalf("%v\n%s", err, strings.Join(args, " "))
	}
	return out
}

// puttygen runs with a random device that never waits.
func (p *peers) puttygen(args ...string) {
	p.t.Helper()
	p.run("puttygen", append(args, "-q", "--random-device=/dev/urandom")...)
}

// passphraseFile is the one for puttygen and openssl: encrypted or not.
func (p *peers) passphraseFile(encrypted bool) string {
	if encrypted {
		return p.path("passphrase")
	}
	return p.path("empty")
}

// ---- reading back --------------------------------------------------------------

// reader is one way a real tool reads one of our files.
type reader struct {
	name    string
	formats []formats.ID
	// line returns key type and base64, or whatever the tool says that can be
	// compared with want.
	line func(p *peers, path string, encrypted bool) (string, error)
	// want is what line must be; nil: the key's public line.
	want func(k *keytool.Key) string
}

func readers() []reader {
	return []reader{
		{"ssh-keygen -y", []formats.ID{formats.OpenSSH, formats.PKCS1, formats.SEC1, formats.DSAPEM, formats.PKCS8}, sshKeygenY, nil},
		{"ssh-keygen -lf", []formats.ID{formats.OpenSSHPublic}, sshKeygenL, (*keytool.Key).Fingerprint},
		{"ssh-keygen -i -m RFC4716", []formats.ID{formats.RFC4716, formats.WireBase64}, sshKeygenI("RFC4716"), nil},
		{"ssh-keygen -i -m PKCS8", []formats.ID{formats.SPKI}, sshKeygenI("PKCS8"), nil},
		{"ssh-keygen -i -m PEM", []formats.ID{formats.PKCS1Public}, sshKeygenI("PEM"), nil},
		{"puttygen -L", []formats.ID{
			formats.PPK2, formats.PPK3, formats.OpenSSH, formats.PKCS1, formats.SEC1, formats.DSAPEM, formats.SSHCom,
			formats.OpenSSHPublic, formats.RFC4716,
		}, puttygenL, nil},
		{"openssl pkey", []formats.ID{formats.PKCS1, formats.SEC1, formats.DSAPEM, formats.PKCS8}, opensslPkey(), spkiText},
		{"openssl pkey -pubin", []formats.ID{formats.SPKI}, opensslPkey("-pubin"), spkiText},
		{"dropbearkey -y", []formats.ID{formats.Dropbear}, dropbearY, nil},
		{"neicnordic/crypt4gh", []formats.ID{formats.Crypt4GH}, crypt4ghPrivate, datasetText},
		{"neicnordic/crypt4gh", []formats.ID{formats.Crypt4GHPublic, formats.OpenSSHPublic}, crypt4ghPublic, datasetText},
		{"filippo.io/age", []formats.ID{formats.Age}, ageIdentity, datasetText},
		{"filippo.io/age", []formats.ID{formats.AgePublic}, ageRecipients, datasetText},
	}
}

// publicLine is key type and base64 of a key.
func publicLine(k *keytool.Key) string {
	line, err := formats.Encode(formats.OpenSSHPublic, k.WithComment("").WithoutCertificate(), formats.Options{})
	if err != nil {
		return err.Error()
	}
	return strings.TrimSpace(string(line))
}

// spkiText is SubjectPublicKeyInfo in PEM, whose encoding TestSameBytes holds to openssl's.
func spkiText(k *keytool.Key) string {
	text, err := formats.Encode(formats.SPKI, k.Public(), formats.Options{})
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// firstTwo are the first two words of a tool's answer: key type and base64.
func firstTwo(out []byte, err error) (string, error) {
	words := strings.Fields(string(out))
	if err != nil || len(words) < 2 {
		return "", fmt.Errorf("no public line: %w", err)
	}
	return words[0] + " " + words[1], nil
}

func sshKeygenY(p *peers, path string, encrypted bool) (string, error) {
	passphrase := ""
	if encrypted {
		passphrase = string(p.passphrase)
	}
	return firstTwo(p.try("ssh-keygen", "-y", "-P", passphrase, "-f", path))
}

func sshKeygenL(p *peers, path string, _ bool) (string, error) {
	out, err := p.try("ssh-keygen", "-l", "-f", path)
	if err != nil {
		return "", err
	}
	return strings.Fields(string(out))[1], nil
}

func sshKeygenI(format string) func(*peers, string, bool) (string, error) {
	return func(p *peers, path string, _ bool) (string, error) {
		return firstTwo(p.try("ssh-keygen", "-i", "-m", format, "-f", path))
	}
}

func puttygenL(p *peers, path string, encrypted bool) (string, error) {
	return firstTwo(p.try("puttygen", path, "-L", "--old-passphrase", p.passphraseFile(encrypted)))
}

func opensslPkey(options ...string) func(*peers, string, bool) (string, error) {
	return func(p *peers, path string, encrypted bool) (string, error) {
		args := append([]string{"pkey", "-in", path, "-pubout"}, options...)
		if encrypted {
			args = append(args, "-passin", "file:"+p.path("passphrase"))
		}
		out, err := p.try("openssl", args...)
		return string(out), err
	}
}

// dropbearY: dropbearkey prints some text around the line.
func dropbearY(p *peers, path string, _ bool) (string, error) {
	out, err := p.try("dropbearkey", "-y", "-f", path)
	if err != nil {
		return "", err
	}
	_, line, _ := strings.Cut(string(out), "Public key portion is:\n")
	return firstTwo([]byte(line), nil)
}

// conversion is one file we wrote for the tools to read back.
type conversion struct {
	from   string // what the key was read from
	format formats.ID
	key    *keytool.Key
	opt    formats.Options
}

func (c conversion) encrypted() bool { return c.opt.Passphrase != nil }

func (c conversion) family() keytool.Family { return c.key.Algorithm().Family }

func (c conversion) String() string {
	return fmt.Sprintf("%s as %s (cipher %q, encrypted %v)", c.from, c.format, c.opt.Cipher, c.encrypted())
}

// limit is something a real tool cannot read. These are the versions of Debian
// 12; a newer tool may do more.
type limit struct {
	reader  string // prefix of its name
	reason  string
	applies func(c conversion) bool
}

func limits() []limit {
	return []limit{
		{"ssh-keygen", "OpenSSH has no Ed448", func(c conversion) bool { return c.family() == keytool.Ed448 }},
		{"ssh-keygen -y", "OpenSSH before 9.6 reads no Ed25519 from PKCS#8", func(c conversion) bool {
			return c.format == formats.PKCS8 && c.family() == keytool.Ed25519
		}},
		{"ssh-keygen -i -m PKCS8", "ssh-keygen.c:do_convert_from_pkcs8 knows RSA, DSA and ECDSA only", func(c conversion) bool {
			return c.family() == keytool.Ed25519
		}},
		{"puttygen", "PuTTY 0.78's import.c knows aes256-ctr and aes256-cbc only", func(c conversion) bool {
			return c.format == formats.OpenSSH && c.encrypted() && !slices.Contains([]string{"", "aes256-ctr", "aes256-cbc"}, c.opt.Cipher)
		}},
		{"puttygen", "PuTTY 0.78's import.c knows DES-EDE3 and AES-128 only in traditional PEM", func(c conversion) bool {
			return c.opt.Cipher == "aes192-cbc" || c.opt.Cipher == "aes256-cbc" && c.format != formats.OpenSSH
		}},
		{"neicnordic", "of the SSH keys it turns Ed25519 into its own only", func(c conversion) bool {
			return c.family() != keytool.Ed25519 && c.family() != keytool.X25519
		}},
		{"dropbearkey", "dss.c:buf_get_dss_pub_key wants a q of 160 bits", func(c conversion) bool {
			return c.family() == keytool.DSA && len(c.key.Params()[1]) != 20
		}},
	}
}

func limitOf(r reader, c conversion) *limit {
	for _, l := range limits() {
		if strings.HasPrefix(r.name, l.reader) && l.applies(c) {
			return &l
		}
	}
	return nil
}

// readBack writes the conversion and has every tool that reads the format read
// it and name the same public key. It returns how many tools did.
func (p *peers) readBack(c conversion) int {
	p.t.Helper()
	data, err := formats.Encode(c.format, c.key, c.opt)
	if err != nil {
		p.t.Errorf("%v: %v", c, err)
		return 0
	}
	path := p.write("back", data)
	done := 0
	for _, r := range readers() {
		if !slices.Contains(r.formats, c.format) || limitOf(r, c) != nil {
			continue
		}
		want := publicLine(c.key)
		if r.want != nil {
			want = r.want(c.key)
		}
		got, err := r.line(p, path, c.encrypted())
		if err != nil || got != want {
			p.t.Errorf("%v, read by %s: %q (%v), want %q", c, r.name, got, err, want)
		}
		done++
	}
	return done
}

// variants are the ways a format can be written: plain, and encrypted with every cipher.
func variants(id formats.ID, encrypts bool, passphrase []byte) []formats.Options {
	all := []formats.Options{{}}
	if !encrypts {
		return all
	}
	ciphers := []string{""}
	switch id {
	case formats.OpenSSH:
		ciphers = append(ciphers, opensshCiphers()...)
	case formats.PKCS1, formats.SEC1, formats.DSAPEM:
		ciphers = append(ciphers, "aes128-cbc", "aes192-cbc", "aes256-cbc")
	}
	for _, cipher := range ciphers {
		opt := cheap(passphrase)
		opt.Cipher = cipher
		all = append(all, opt)
	}
	return all
}

func opensshCiphers() []string {
	return strings.Fields("3des-cbc aes128-cbc aes192-cbc aes256-cbc aes128-ctr aes192-ctr aes256-ctr " +
		"aes128-gcm@openssh.com aes256-gcm@openssh.com chacha20-poly1305@openssh.com")
}

// convertAll writes the key in every format that takes it and has the tools read
// it back. Only the raw blob is read by no tool at all.
func (p *peers) convertAll(name string, k *keytool.Key) {
	p.t.Helper()
	for _, f := range formats.All() {
		if _, err := formats.Fit(f.ID, k); err != nil {
			continue
		}
		reads := func(r reader) bool { return slices.Contains(r.formats, f.ID) }
		if f.ID != formats.Wire && !slices.ContainsFunc(readers(), reads) {
			p.t.Errorf("no tool is asked to read %s", f.ID)
		}
		done := 0
		for _, opt := range variants(f.ID, f.Encrypts, p.passphrase) {
			done += p.readBack(conversion{name, f.ID, k, opt})
		}
		if done == 0 {
			p.t.Logf("%s of %s is read back by no tool", f.ID, k.Algorithm().Name)
		}
	}
}

// source is a file a tool made and the public line that tool gives for it.
type source struct {
	name      string
	path      string
	encrypted bool
	comment   string
}

// check opens a source and compares it with the public line. The first source
// of a key is converted to everything; of the others it is enough that the very
// same key comes out, for Encode sees nothing but the key.
func (p *peers) check(sources []source, line string) {
	p.t.Helper()
	var first *keytool.Key
	for _, s := range sources {
		var passphrase []byte
		if s.encrypted {
			passphrase = p.passphrase
		}
		k, err := tryOpen(p.read(s.path), passphrase)
		if err != nil {
			p.t.Errorf("%s: %v", s.name, err)
			continue
		}
		if publicLine(k) != line || k.Comment() != s.comment {
			p.t.Errorf("%s: %s with comment %q; want %s with %q", s.name, publicLine(k), k.Comment(), line, s.comment)
		}
		if first == nil {
			first = k
			p.convertAll(s.name, k)
		} else if k.IsPrivate() && !samePrivate(k, first) {
			p.t.Errorf("%s: another private half than in %s", s.name, sources[0].name)
		}
	}
}

// ---- puttygen --------------------------------------------------------------------

// TestPuttygen: every type, PPK 2 and 3, each KDF, with and without a passphrase
// of letters beyond ASCII, and PuTTY's exports.
func TestPuttygen(t *testing.T) {
	for _, kind := range [][2]string{
		{"rsa", "1024"}, {"rsa", "2048"}, {"dsa", "1024"}, {"ecdsa", "256"}, {"ecdsa", "384"}, {"ecdsa", "521"},
		{"eddsa", "255"}, {"eddsa", "448"},
	} {
		t.Run(kind[0]+kind[1], func(t *testing.T) {
			t.Parallel()
			p := newPeers(t)
			base := p.path("base.ppk")
			p.puttygen("-t", kind[0], "-b", kind[1], "-C", labComment, "--new-passphrase", p.path("empty"), "-o", base)
			line, err := firstTwo(p.run("puttygen", base, "-L"), nil)
			if err != nil {
				t.Fatal(err)
			}
			p.check(p.puttySources(base, kind[0]), line)
		})
	}
}

func (p *peers) puttySources(base, kind string) []source {
	sources := []source{{"ppk3", base, false, labComment}}
	add := func(output string, encrypted bool, comment string, options ...string) {
		s := source{fmt.Sprint(output, options, encrypted), p.fresh(output), encrypted, comment}
		p.puttygen(append([]string{base, "--reencrypt", "-O", output, "-o", s.path, "--new-passphrase", p.passphraseFile(encrypted)}, options...)...)
		sources = append(sources, s)
	}
	add("private", false, labComment, "--ppk-param", "version=2")
	add("private", true, labComment, "--ppk-param", "version=2")
	for _, kdf := range []string{"argon2id", "argon2i", "argon2d"} {
		add("private", true, labComment, "--ppk-param", "kdf="+kdf+",memory=64,passes=2")
	}
	add("private", true, labComment, "--ppk-param", "memory=256,passes=1,parallelism=4")
	for _, encrypted := range []bool{false, true} {
		add("private-openssh-new", encrypted, labComment)
		switch kind {
		case "rsa", "dsa":
			add("private-sshcom", encrypted, labComment)
			add("private-openssh", encrypted, "")
		case "ecdsa":
			add("private-openssh", encrypted, "")
		}
	}
	for _, output := range []string{"public", "public-openssh"} {
		s := source{output, p.fresh(output), false, labComment}
		p.puttygen(base, "-O", output, "-o", s.path)
		sources = append(sources, s)
	}
	return sources
}

// TestPuttygen100: encrypted RSA PPKs. Of those of 1016 bits about every fourth
// has a private blob that fills its last block, where other readers miscount the padding.
func TestPuttygen100(t *testing.T) {
	t.Parallel()
	p := newPeers(t)
	count := 100
	if testing.Short() {
		count = 10
	}
	aligned := 0
	for i := range count {
		path := p.fresh("ppk")
		p.puttygen("-t", "rsa", "-b", []string{"1016", "1024"}[i%2], "-C", labComment, "-o", path,
			"--new-passphrase", p.path("passphrase"), "--ppk-param", "memory=64,passes=1,version="+[]string{"2", "3"}[i/2%2])
		data := p.read(path)
		k, err := tryOpen(data, p.passphrase)
		if err != nil {
			t.Fatalf("key %d: %v", i, err)
		}
		line, err := firstTwo(p.run("puttygen", path, "-L", "--old-passphrase", p.path("passphrase")), nil)
		if err != nil || line != publicLine(k) || !k.IsPrivate() {
			t.Errorf("key %d: %s, want %s (%v)", i, publicLine(k), line, err)
		}
		if size := ppkPrivateSize(k); size%16 == 0 {
			aligned++
		}
		for _, id := range []formats.ID{formats.PPK2, formats.PPK3} {
			p.readBack(conversion{fmt.Sprint("key ", i), id, k, cheap(p.passphrase)})
		}
	}
	t.Logf("%d of %d private blobs fill their last block", aligned, count)
	if count == 100 && aligned == 0 {
		t.Error("no private blob fills its last block: the test misses what it is for")
	}
}

// ppkPrivateSize is the length of an RSA key's private blob in a PPK (appendix C.3.1).
func ppkPrivateSize(k *keytool.Key) int {
	s := k.Secret().(*keytool.RSASecret)
	var blob []byte
	for _, n := range [][]byte{s.D, s.P, s.Q, s.IQMP} {
		blob = keytool.AppendMPInt(blob, n)
	}
	return len(blob)
}

// ---- ssh-keygen --------------------------------------------------------------------

// TestSSHKeygen: every type, every -Z, -m PEM, PKCS8 and RFC4716.
func TestSSHKeygen(t *testing.T) {
	for _, kind := range [][2]string{
		{"rsa", "2048"}, {"dsa", "1024"}, {"ecdsa", "256"}, {"ecdsa", "384"}, {"ecdsa", "521"}, {"ed25519", "256"},
	} {
		t.Run(kind[0]+kind[1], func(t *testing.T) {
			t.Parallel()
			p := newPeers(t)
			base := p.path("base")
			p.run("ssh-keygen", "-q", "-t", kind[0], "-b", kind[1], "-N", "", "-C", labComment, "-f", base)
			line, err := firstTwo(p.read(base+".pub"), nil)
			if err != nil {
				t.Fatal(err)
			}
			p.check(p.sshKeygenSources(base, kind[0]), line)
		})
	}
}

func (p *peers) sshKeygenSources(base, kind string) []source {
	sources := []source{{"openssh", base, false, labComment}, {"public", base + ".pub", false, labComment}}
	add := func(name string, encrypted bool, comment string, options ...string) {
		s := source{name, p.fresh("key"), encrypted, comment}
		if err := os.WriteFile(s.path, p.read(base), 0o600); err != nil {
			p.t.Fatal(err)
		}
		passphrase := ""
		if encrypted {
			passphrase = string(p.passphrase)
		}
		p.run("ssh-keygen", append([]string{"-q", "-p", "-P", "", "-N", passphrase, "-f", s.path}, options...)...)
		sources = append(sources, s)
	}
	for _, cipher := range opensshCiphers() {
		add(cipher, true, labComment, "-Z", cipher, "-a", "1")
	}
	if kind != "ed25519" { // ssh-keygen 9.2 writes no Ed25519 but its own format
		for _, format := range []string{"PEM", "PKCS8"} {
			add(format, false, "", "-m", format)
			add(format+" encrypted", true, "", "-m", format)
		}
	}
	s := source{"RFC4716", p.fresh("pub"), false, ""}
	out := p.run("ssh-keygen", "-e", "-m", "RFC4716", "-f", base+".pub")
	_, s.comment, _ = strings.Cut(string(out), "Comment: \"")
	s.comment, _, _ = strings.Cut(s.comment, "\"\n")
	sources = append(sources, s)
	p.write(filepath.Base(s.path), out)
	return sources
}

// ---- openssl -------------------------------------------------------------------------

// TestOpenSSL: what genrsa, genpkey, ecparam and pkcs8 write.
func TestOpenSSL(t *testing.T) {
	for name, generate := range map[string][]string{
		"genrsa":             {"genrsa", "2048"},
		"genrsa traditional": {"genrsa", "-traditional", "2048"},
		"genpkey RSA":        {"genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"},
		"genpkey P-256":      {"genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"},
		"genpkey P-521":      {"genpkey", "-quiet", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"},
		"genpkey ED25519":    {"genpkey", "-quiet", "-algorithm", "ED25519"},
		"genpkey ED448":      {"genpkey", "-quiet", "-algorithm", "ED448"},
		"ecparam":            {"ecparam", "-name", "secp384r1", "-genkey"},
		"ecparam noout":      {"ecparam", "-name", "prime256v1", "-genkey", "-noout"},
		"gendsa":             nil, // needs parameters
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPeers(t)
			if generate == nil {
				p.write("dsa.param", p.run("openssl", "dsaparam", "1024"))
				generate = []string{"gendsa", p.path("dsa.param")}
			}
			base := p.write("base", p.run("openssl", generate...))
			k, err := tryOpen(p.read(base), nil)
			if err != nil {
				t.Fatal(err)
			}
			// openssl's own public half is the witness.
			if got := string(p.run("openssl", "pkey", "-in", base, "-pubout")); got != spkiText(k) {
				t.Fatalf("the public half is\n%s\nopenssl says\n%s", spkiText(k), got)
			}
			p.check(p.opensslSources(base), publicLine(k))
		})
	}
}

func (p *peers) opensslSources(base string) []source {
	sources := []source{{"base", base, false, ""}}
	add := func(encrypted bool, args ...string) {
		s := source{strings.Join(args, " "), p.fresh("key"), encrypted, ""}
		args = append(args, "-in", base, "-out", s.path, "-provider", "legacy", "-provider", "default")
		if encrypted {
			args = append(args, "-passout", "file:"+p.path("passphrase"))
		}
		p.run("openssl", args...)
		sources = append(sources, s)
	}
	pkcs8 := func(options ...string) { add(true, append([]string{"pkcs8", "-topk8"}, options...)...) }
	add(false, "pkcs8", "-topk8", "-nocrypt")
	add(false, "pkcs8", "-topk8", "-nocrypt", "-outform", "DER")
	for _, cipher := range []string{"aes128", "aes192", "aes256", "des3"} {
		pkcs8("-v2", cipher)
	}
	for _, prf := range []string{"hmacWithSHA1", "hmacWithSHA224", "hmacWithSHA256", "hmacWithSHA384", "hmacWithSHA512"} {
		pkcs8("-v2", "aes256", "-v2prf", prf)
	}
	pkcs8("-scrypt", "-scrypt_N", "1024", "-scrypt_r", "8", "-scrypt_p", "1")
	pkcs8("-v1", "PBE-SHA1-3DES")
	pkcs8("-v1", "PBE-MD5-DES")
	pkcs8("-v2", "aes256", "-outform", "DER")
	if _, err := p.try("openssl", "pkey", "-traditional", "-in", base); err == nil { // not of the Edwards curves
		add(false, "pkey", "-traditional")
		for _, cipher := range []string{"-des", "-des3", "-aes128", "-aes192", "-aes256"} {
			add(true, "pkey", "-traditional", cipher)
		}
	}
	add(false, "pkey", "-pubout")
	add(false, "pkey", "-pubout", "-outform", "DER")
	return sources
}
