package perms_test

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
	"sshkeys/perms"
)

// neutral is a name that says nothing.
const neutral = "/data/lab/thing"

// publicRole is the role of a public golden. Bare blobs, DER and X.509 have
// nothing to protect, and none.
func publicRole(id formats.ID, kind formats.Kind, der bool) perms.Role {
	switch {
	case der || id == formats.Wire || id == formats.WireBase64 || id == formats.X509:
		return perms.NoRole
	case id == formats.AgePublic: // nothing that ssh or sshd looks at
		return perms.NoRole
	case id == formats.OpenSSHPublic && kind == formats.KindCertificate:
		return perms.Certificate
	}
	return perms.PublicKey
}

func TestRoleOfGoldens(t *testing.T) {
	for _, g := range slices.Concat(testkeys.Goldens(t), testkeys.Unsupported(t)) {
		e, err := formats.Parse(g.Data, formats.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", g, err)
		}
		want := perms.PrivateKey
		if !e.Kind.IsPrivate() {
			want = publicRole(e.Format, e.Kind, e.DER)
		}
		for shape, data := range shapesOf(g.Data, e.DER) {
			if got := perms.RoleOf(neutral, data); got != want {
				t.Errorf("%s, %s: role %q, want %q", g, shape, got, want)
			}
		}
	}
}

// shapesOf gives a golden in the ways a text changes on its way between systems.
func shapesOf(data []byte, der bool) map[string][]byte {
	shapes := map[string][]byte{"as it is": data}
	if der || !formats.IsText(data) {
		return shapes
	}
	crlf := bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))
	shapes["CR LF"] = crlf
	shapes["CR"] = bytes.ReplaceAll(data, []byte("\n"), []byte("\r"))
	shapes["UTF-8 with a mark"] = append([]byte("\xef\xbb\xbf"), data...)
	shapes["UTF-16, little"] = inUTF16(crlf, binary.LittleEndian, true)
	shapes["UTF-16, big"] = inUTF16(crlf, binary.BigEndian, true)
	shapes["UTF-16 without a mark"] = inUTF16(crlf, binary.LittleEndian, false)
	shapes["text before it"] = append([]byte("Bag Attributes\n    friendlyName: lab\nKey Attributes: <No Attributes>\n鍵\n"), data...)
	return shapes
}

func inUTF16(text []byte, order binary.AppendByteOrder, mark bool) []byte {
	var out []byte
	if mark {
		out = order.AppendUint16(out, 0xfeff)
	}
	for _, u := range utf16.Encode([]rune(string(text))) {
		out = order.AppendUint16(out, u)
	}
	return out
}

// What formats takes for a private file, though a broken one, is private here.
func TestRoleOfBadFiles(t *testing.T) {
	private := 0
	for _, bad := range testkeys.BadFiles(t) {
		id, known := formats.Detect(bad.Data)
		want := known && formats.Lookup(id).Holds == formats.HoldsPrivate
		got := perms.RoleOf(neutral, bad.Data[:min(len(bad.Data), 16<<10)])
		if (got == perms.PrivateKey) != want {
			t.Errorf("%s: role %q; formats says %q", bad.Name, got, id)
		}
		if want {
			private++
		}
	}
	if private < 30 {
		t.Errorf("only %d private files among the bad ones", private)
	}
}

// A file cut off anywhere behind its marker is as secret as the whole.
func TestRoleOfTruncated(t *testing.T) {
	for _, g := range testkeys.Goldens(t) {
		if !g.Private || g.Format == "dropbear" {
			continue
		}
		for n := 64; n < len(g.Data); n += 7 {
			if got := perms.RoleOf(neutral, g.Data[:n]); got != perms.PrivateKey && !paramsFirst(g.Data[:n]) {
				t.Errorf("%s, its first %d bytes: role %q", g, n, got)
				break
			}
		}
	}
}

// paramsFirst tells the head of a file whose key has not begun yet.
func paramsFirst(head []byte) bool {
	if bytes.HasPrefix(head, []byte("# created: ")) { // age-keygen's lines of comment
		return !bytes.Contains(head, []byte("AGE-SECRET-KEY-"))
	}
	return !bytes.Contains(head, []byte("PRIVATE KEY")) && bytes.Contains(head, []byte("PARAMETERS"))
}

func TestRoleOfText(t *testing.T) {
	const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAdyVEj9X0dxqmOc taro@lab\n"
	for _, c := range []struct {
		path, head string
		want       perms.Role
	}{
		// private, by marker
		{"x", "AGE-SECRET-KEY-1QQQ\n", perms.PrivateKey},
		{"x", "# created: 2026\n# public key: age1qqq\nAGE-SECRET-KEY-1QQQ\n", perms.PrivateKey},
		{"x", "-----BEGIN CRYPT4GH ENCRYPTED PRIVATE KEY-----\nYzRn\n", perms.PrivateKey},
		{"x", "-----BEGIN CRYPT4GH PRIVATE KEY-----\nYzRn\n", perms.PrivateKey},
		{"x", "---- BEGIN SSH2 PRIVATE KEY ----\n", perms.PrivateKey},
		{"x", "-----BEGIN RSA PRIVATE KEY----- MIIE -----END RSA PRIVATE KEY-----", perms.PrivateKey},
		{"x", `"-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n"`, perms.PrivateKey},
		{"x", "> -----BEGIN OPENSSH PRIVATE KEY-----\n> b3Bl\n", perms.PrivateKey},
		{"x", "PuTTY-User-Key-File-4: ssh-ed25519\n", perms.PrivateKey},
		{"x", line + "-----BEGIN OPENSSH PRIVATE KEY-----\n", perms.PrivateKey},
		{"/home/a/.ssh/authorized_keys", line + "-----BEGIN OPENSSH PRIVATE KEY-----\n", perms.PrivateKey},
		{"/etc/ssh/ssh_host_ed25519_key", "-----BEGIN OPENSSH PRIVATE KEY-----\n", perms.HostKey},
		{`C:\ProgramData\ssh\ssh_host_rsa_key`, "-----BEGIN OPENSSH PRIVATE KEY-----\n", perms.HostKey},
		{"/etc/ssh/ssh_host_ed25519_key", "", perms.HostKey},
		{"/etc/ssh/ssh_host_ed25519_key.pub", line, perms.PublicKey},
		// what only speaks of one
		{"x", "Put -----BEGIN RSA PRIVATE KEY----- first.\n", perms.NoRole},
		{"x", "# -----BEGIN RSA PRIVATE KEY-----\n", perms.NoRole},
		{"x", "-----BEGIN PGP PRIVATE KEY BLOCK-----\n", perms.NoRole},
		{"x", "-----BEGIN CERTIFICATE REQUEST-----\n", perms.NoRole},
		{"x", "\x7fELF\x02\n-----BEGIN RSA PRIVATE KEY-----\n", perms.NoRole},
		{"x", "ssh-rsa is old\n", perms.NoRole},
		// public
		{"keys.txt", "# the lab's\n\n" + line, perms.PublicKey},
		{"x", "ssh-rsa-cert-v01@openssh.com AAAAHHNz taro\n", perms.Certificate},
		{"x", "sk-ssh-ed25519@openssh.com\tAAAAGnNr\n", perms.PublicKey},
		{"x", "-----BEGIN PUBLIC KEY-----\n", perms.PublicKey},
		{"x", "-----BEGIN RSA PUBLIC KEY-----\n", perms.PublicKey},
		{"x", "---- BEGIN SSH2 PUBLIC KEY ----\n", perms.PublicKey},
		// by name
		{"authorized_keys", line, perms.AuthorizedKeys},
		{"authorized_keys", "", perms.AuthorizedKeys},
		{"/home/a/.ssh/authorized_keys2", line, perms.AuthorizedKeys},
		{"/home/a/.ssh/Authorized_Keys", line, perms.PublicKey},
		{"/home/a/.ssh/authorized_principals", "taro\n", perms.AuthorizedPrincipals},
		{`C:\ProgramData\ssh\administrators_authorized_keys`, line, perms.AdminKeys},
		{"/home/a/.ssh/known_hosts", "gw " + line, perms.KnownHosts},
		{"known_hosts.old", "", perms.KnownHosts},
		{"/etc/ssh/ssh_known_hosts", "gw " + line, perms.KnownHosts},
		{"/home/a/.ssh/config", "", perms.Config},
		{`C:\Users\a\.SSH\config`, "\xff\xfeH\x00", perms.Config},
		{"/home/a/.ssh/config.d/lab.conf", "# lab\nhost = gw\n", perms.Config},
		{"/home/a/ssh_config", "IdentityFile\t~/k\n", perms.Config},
		{"/home/a/config", "[section]\nname = x\n", perms.NoRole},
		{"/home/a/x.conf", "server {\n", perms.NoRole},
		{"/home/a/thing", "Host gw\n", perms.NoRole},
		{"/etc/ssh/sshd_config", "Port 22\n", perms.SystemConfig},
		{"/etc/ssh/ssh_config", "Host *\n", perms.SystemConfig},
		{`C:\programdata\SSH\sshd_config`, "Port 22\n", perms.SystemConfig},
		{"/etc/ssh/sshd_config.d/a.conf", "Match User a\n", perms.SystemConfig},
		{"/etc/ssh/ssh_config.d/a.conf", "Host *\n", perms.IncludedConfig},
		{"/home/a/.ssh/rc", "echo\n", perms.UserFile},
		{"/home/a/.ssh/deep/er/notes", "hello\n", perms.UserFile},
		{`C:\Users\a\.ssh\allowed_signers`, "a@b namespaces=\"git\" ssh-ed25519 AAAA\n", perms.UserFile},
		{".ssh/environment", "", perms.UserFile},
		{"/home/a/.sshx/rc", "echo\n", perms.NoRole},
		{"/home/a/.ssh", "", perms.NoRole},
		{"", "", perms.NoRole},
		// empty or unreadable
		{"id_ed25519", "", perms.PrivateKey},
		{"/home/a/.ssh/id_rsa", "", perms.PrivateKey},
		{`C:\Users\a\.ssh\identity`, "", perms.PrivateKey},
		{"/home/a/.ssh/id_rsa.pub", "", perms.PublicKey},
		{"/home/a/.ssh/id_rsa-cert.pub", "", perms.Certificate},
		{"/home/a/.ssh/lab", "", perms.UserFile},
		{"id_rsa", "moved to the lab's server\n", perms.NoRole},
	} {
		if got := perms.RoleOf(c.path, []byte(c.head)); got != c.want {
			t.Errorf("%s with %q: role %q, want %q", c.path, c.head, got, c.want)
		}
	}
}

// Structures of DER and of the wire format that begin as keys do.
func TestRoleOfOtherBinaries(t *testing.T) {
	digest := append([]byte("\x30\x31\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00\x04\x20"), make([]byte, 32)...)
	for name, data := range map[string][]byte{
		"time stamp request": append([]byte("\x30\x36\x02\x01\x01"), digest...),
		"digest info":        digest,
		"PKCS#12":            []byte("\x30\x82\x05\x00\x02\x01\x03\x30\x82\x04\xc6\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
		"signed data":        []byte("\x30\x82\x05\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0"),
		"SNMP":               []byte("\x30\x26\x02\x01\x01\x04\x06public\xa0\x19"),
		"LDAP":               []byte("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"),
		"public blob, cut":   []byte("\x00\x00\x00\x07ssh-rsa\x00\x00\x00\x03\x01\x00\x01\x00\x00\x01\x01\x00"),
		"agent's answer":     []byte("\x00\x00\x00\x05\x0c\x00\x00\x00\x00"),
		"huge lengths":       []byte("\x00\x00\x00\x07ssh-rsa\xff\xff\xff\xff\x01"),
	} {
		if got := perms.RoleOf(neutral, data); got != perms.NoRole {
			t.Errorf("%s: role %q", name, got)
		}
	}
}

func FuzzRoleOf(f *testing.F) {
	for _, g := range testkeys.Goldens(f) {
		f.Add(g.Name, g.Data)
	}
	f.Add(`C:\Users\a\.ssh\config`, []byte("Host *\r\n"))
	f.Fuzz(func(t *testing.T, path string, head []byte) {
		before := bytes.Clone(head)
		role := perms.RoleOf(path, head)
		if !bytes.Equal(before, head) {
			t.Fatal("the head was written to")
		}
		if role == perms.PrivateKey && len(head) > 0 {
			// A name can only make more of it.
			if got := perms.RoleOf("ssh_host_x_key", head); got != perms.HostKey {
				t.Fatalf("as a host key: %q", got)
			}
		}
		if strings.ContainsAny(path, `/\`) && role == perms.NoRole && strings.Contains(path, "/.ssh/") {
			t.Fatalf("%q has no role", path)
		}
	})
}
