package perms

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// The accounts of these tests.
const (
	aliceID, bobID    = 7001, 7002
	sharedID, otherID = 7100, 7200
)

func aliceAccount() Account {
	return Account{Name: "alice", Home: "/home/alice", UID: aliceID, GIDs: []int{aliceID, sharedID}}
}

func unixRoles() []Role {
	return []Role{PrivateKey, PublicKey, Certificate, AuthorizedKeys, AuthorizedPrincipals, Config, IncludedConfig,
		KnownHosts, UserFile, SSHDir, ParentDir, Home, HostKey, SystemConfig}
}

func kindOfRole(r Role) Kind {
	if r == SSHDir || r == ParentDir || r == Home {
		return Directory
	}
	return File
}

// aclFor completes named entries to the ACL of a file with that mode.
func aclFor(mode uint32, group uint8, named ...ACLEntry) []ACLEntry {
	acl := []ACLEntry{{Tag: ACLUserObj, Perm: uint8(mode>>6) & 7}}
	for _, e := range named {
		if e.Tag == ACLUser {
			acl = append(acl, e)
		}
	}
	acl = append(acl, ACLEntry{Tag: ACLGroupObj, Perm: group})
	for _, e := range named {
		if e.Tag == ACLGroup {
			acl = append(acl, e)
		}
	}
	return append(acl, ACLEntry{Tag: ACLMask, Perm: uint8(mode>>3) & 7}, ACLEntry{Tag: ACLOther, Perm: uint8(mode) & 7})
}

// acls are the ACLs that each mode is tried with; the first is none.
func acls(mode uint32) [][]ACLEntry {
	return [][]ACLEntry{
		nil,
		aclFor(mode, 0, ACLEntry{ACLUser, 6, bobID}),
		aclFor(mode, 4, ACLEntry{ACLUser, 4, aliceID}),
		aclFor(mode, 7, ACLEntry{ACLUser, 0, aliceID}, ACLEntry{ACLGroup, 7, otherID}),
		aclFor(mode, 0, ACLEntry{ACLGroup, 5, sharedID}),
		aclFor(mode, 4),
	}
}

// everyCase yields facts of one role: all modes, with the owner self, another and
// root, with and without an ACL.
func everyCase(role Role, yield func(Facts)) {
	for mode := uint32(0); mode <= 0o7777; mode++ {
		for n, acl := range acls(mode) {
			if n > 0 && mode > 0o777 && mode != 0o2770 && mode != 0o4640 && mode != 0o1777 {
				break
			}
			for i := range 3 * 2 * 2 * 2 {
				f := Facts{Path: "/home/alice/.ssh/x", Role: role, Kind: kindOfRole(role), Account: aliceAccount(),
					AsRoot: i&1 != 0, SSHD: i&2 != 0,
					Posix: &Posix{Mode: mode, UID: []int{aliceID, bobID, 0}[i/8], GID: otherID, ACL: acl}}
				if i&4 != 0 {
					f.Posix.GID = sharedID
				}
				if f.SSHD && f.Kind == File || f.Posix.UID == aliceID && i&4 != 0 && n > 0 {
					continue // makes no difference
				}
				yield(f)
			}
		}
	}
}

// kernelAllows is the kernel's walk over an ACL's entries in their order, for one
// wanted permission (posix_acl_permission in fs/posix_acl.c says the same).
func kernelAllows(p *Posix, uid int, groups []int, want uint8) bool {
	acl := p.ACL
	if acl == nil {
		acl = []ACLEntry{{ACLUserObj, uint8(p.Mode>>6) & 7, 0}, {ACLGroupObj, uint8(p.Mode>>3) & 7, 0}, {ACLOther, uint8(p.Mode) & 7, 0}}
	}
	mask := uint8(7)
	for _, e := range acl {
		if e.Tag == ACLMask {
			mask = e.Perm
		}
	}
	inGroup := false
	for _, e := range acl {
		switch {
		case e.Tag == ACLUserObj && uid == p.UID:
			return e.Perm&want == want
		case e.Tag == ACLUser && uid == e.ID:
			return e.Perm&mask&want == want
		case e.Tag == ACLGroupObj && slices.Contains(groups, p.GID), e.Tag == ACLGroup && slices.Contains(groups, e.ID):
			inGroup = true
			if e.Perm&want == want {
				return mask&want == want
			}
		case e.Tag == ACLOther:
			return !inGroup && e.Perm&want == want
		}
	}
	return false
}

// opensshRefuses is what the C code does with a file of alice's, row by row of
// the table in permissions.md 1.1.
func opensshRefuses(f Facts) bool {
	p, uid := f.Posix, f.Account.UID
	mayRead := kernelAllows(p, uid, f.Account.GIDs, 4)
	mayPass := kernelAllows(p, uid, f.Account.GIDs, 1)
	insecure := p.UID != 0 && p.UID != uid || p.Mode&0o022 != 0
	switch f.Role {
	case PrivateKey: // sshkey_perm_ok
		return !mayRead || p.UID == uid && p.Mode&0o077 != 0
	case HostKey: // sshkey_perm_ok, by sshd of root or of the key's owner
		if p.UID == uid {
			return !mayRead || p.Mode&0o077 != 0
		}
		return p.UID == 0 && p.Mode&0o077 != 0
	case Config: // read_config_file_depth: fopen fails, and that is no error
		return mayRead && insecure
	case IncludedConfig:
		return !mayRead || insecure
	case AuthorizedKeys, AuthorizedPrincipals: // auth_openfile, safe_path
		return !mayRead || insecure
	case SSHDir: // what is in it cannot be opened; safe_path
		return !mayPass || f.SSHD && insecure
	case ParentDir, Home:
		return f.SSHD && (!mayPass || insecure)
	}
	return false // not looked at: .pub, known_hosts, rc, /etc/ssh/ssh_config
}

// TestPosixProperties goes through every role, mode, owner and a few ACLs.
func TestPosixProperties(t *testing.T) {
	for _, role := range unixRoles() {
		t.Run(string(role), func(t *testing.T) {
			t.Parallel()
			cases, bad := 0, 0
			everyCase(role, func(f Facts) {
				cases++
				if wrong := posixProperty(f); wrong != "" && bad < 5 {
					bad++
					t.Errorf("%s: mode %04o owner %d group %d acl %v root %v sshd %v: findings %+v, plan %v", wrong,
						f.Posix.Mode, f.Posix.UID, f.Posix.GID, f.Posix.ACL, f.AsRoot, f.SSHD, Judge(f), Plan(f))
				}
			})
			if cases < 4096*3 {
				t.Errorf("only %d cases", cases)
			}
		})
	}
}

// posixProperty says which property does not hold, or "".
func posixProperty(f Facts) string {
	found, plan := Judge(f), Plan(f)
	if len(found) == 0 && plan.Empty() {
		if opensshRefuses(f) {
			return "OpenSSH refuses what Judge passes"
		}
		return ""
	}
	after := f.After(plan)
	left := Judge(after)
	p, now := f.Posix, after.Posix
	dir := f.Kind == Directory
	switch {
	case Refused(found) != opensshRefuses(f):
		return "Judge and OpenSSH differ"
	case len(found) == 0:
		return "a change without a finding"
	case !slices.IsSortedFunc(found, func(a, b Finding) int { return rank(a.Severity) - rank(b.Severity) }):
		return "not the worst first"
	case slices.ContainsFunc(left, func(l Finding) bool { return l.Fixable }):
		return "fixable after the fix"
	case !Plan(after).Empty():
		return "not idempotent"
	case Refused(left) != opensshRefuses(after):
		return "Judge and OpenSSH differ after the fix"
	case Refused(left) && (f.AsRoot || p.UID == aliceID) && f.Role != Home && f.Role != ParentDir:
		return "still refused"
	case plan.Owner != nil && !f.AsRoot:
		return "chown without root"
	case !plan.Empty() && p.UID != aliceID && !f.AsRoot:
		return "a change of another's file"
	case (f.Role == Home || f.Role == ParentDir) && !plan.Empty():
		return "a home or parent directory would be changed"
	}
	added := now.Mode &^ p.Mode
	if added&^0o400 != 0 && !(dir && added&^0o700 == 0) {
		return fmt.Sprintf("adds %04o", added)
	}
	if added != 0 && now.UID != aliceID {
		return "gives access to one who is not the account"
	}
	return posixFindingForm(f, found)
}

// posixFindingForm checks that each finding has what a report needs.
func posixFindingForm(f Facts, found []Finding) string {
	for _, x := range found {
		switch {
		case x.Code == "" || x.Severity == "" || x.Source == "":
			return "a finding without code, severity or source"
		case !strings.HasSuffix(x.Message, ".") || strings.Contains(x.Message, "..") || strings.Contains(x.Message, "so ."):
			return "a message that is no sentence: " + x.Message
		case x.Fixable && x.Command == "" && !(x.Code == CodeOwner && x.Severity == Info):
			return "fixable, and no command"
		case !f.AsRoot && f.Posix.UID != f.Account.UID && x.Command != "" && !strings.HasPrefix(x.Command, "sudo "):
			return "a command that is not the account's to run: " + x.Command
		}
	}
	return ""
}

// TestPosixEndModes: what a mended file is, by the tables of the services.
func TestPosixEndModes(t *testing.T) {
	for _, role := range unixRoles() {
		if role == Home || role == ParentDir || role == SystemConfig {
			continue
		}
		for mode := uint32(0); mode <= 0o7777; mode++ {
			f := Facts{Path: "/f", Role: role, Kind: kindOfRole(role), Account: aliceAccount(), Posix: &Posix{Mode: mode, UID: aliceID}}
			got := f.After(Plan(f)).Posix.Mode
			ok := false
			switch role {
			case SSHDir:
				ok = got == 0o700
			case PublicKey, Certificate, KnownHosts:
				ok = got == mode&0o644|0o400
			case UserFile:
				ok = got == mode&0o755|0o400 && mode&0o400 != 0 || got == mode&0o700|0o400 && mode&0o400 == 0 // it may be a key
			default: // a key, a config, an authorized_keys
				ok = got == 0o600 || got == 0o400 && mode&0o200 == 0
			}
			if !ok {
				t.Errorf("%s of mode %04o ends at %04o", role, mode, got)
			}
		}
	}
}

func TestPosixGoodFiles(t *testing.T) {
	for _, c := range []struct {
		role Role
		mode uint32
		uid  int
	}{
		{PrivateKey, 0o600, aliceID}, {PrivateKey, 0o400, aliceID}, {HostKey, 0o600, 0}, {HostKey, 0o400, aliceID},
		{PublicKey, 0o644, aliceID}, {Certificate, 0o600, aliceID}, {KnownHosts, 0o644, 0}, {UserFile, 0o755, aliceID},
		{Config, 0o600, aliceID}, {Config, 0o644, 0}, {IncludedConfig, 0o644, 0}, {AuthorizedKeys, 0o600, aliceID},
		{AuthorizedKeys, 0o644, 0}, {AuthorizedPrincipals, 0o644, 0}, {SSHDir, 0o700, aliceID}, {SSHDir, 0o755, 0},
		{ParentDir, 0o755, 0}, {Home, 0o755, aliceID}, {Home, 0o700, aliceID}, {SystemConfig, 0o644, 0}, {SystemConfig, 0o600, 0},
	} {
		f := Facts{Path: "/f", Role: c.role, Kind: kindOfRole(c.role), Account: aliceAccount(), SSHD: true,
			Posix: &Posix{Mode: c.mode, UID: c.uid}}
		if found := Judge(f); len(found) > 0 || !Plan(f).Empty() {
			t.Errorf("%s %04o of %d: %+v, %v", c.role, c.mode, c.uid, found, Plan(f))
		}
	}
}

// wanted is a finding, of whose message says is a part.
type wanted struct {
	code                     string
	severity                 Severity
	says, got, want, command string
	fixable                  bool
	source                   string
}

// TestPosixFindings looks at single findings: code, severity, what is had and
// wanted, and the command.
func TestPosixFindings(t *testing.T) {
	alice := aliceAccount()
	named := func(mode uint32) []ACLEntry { return aclFor(mode, 4, ACLEntry{ACLUser, 6, bobID}) }
	for _, c := range []struct {
		name string
		f    Facts
		want []wanted
	}{
		{"key 0644", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o644, UID: aliceID}},
			[]wanted{{CodeKeyOpen, Error, "read this private key, so ssh refuses", "0644", "0600", "chmod 600 /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"key 0444", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o444, UID: aliceID}},
			[]wanted{{CodeKeyOpen, Error, "", "0444", "0400", "chmod 400 /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"key 0700", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o700, UID: aliceID}},
			[]wanted{{CodeWide, Info, "0600 is enough", "0700", "0600", "chmod 600 /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"key 4600", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o4600, UID: aliceID}},
			[]wanted{{CodeWide, Info, "", "4600", "0600", "chmod 600 /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"key of no one's reading", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o200, UID: aliceID}},
			[]wanted{{CodeUnreadable, Error, "cannot be read by alice", "0200", "0600", "chmod 600 /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"bob's key, readable", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o644, UID: bobID}},
			[]wanted{{CodeOwner, Warning, "belongs to user 7002 and not to alice", "7002", "alice", "sudo chown alice /f && chmod 600 /f", false, "authfile.c:sshkey_perm_ok"}}},
		{"root's key, not readable", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o600}},
			[]wanted{{CodeUnreadable, Error, "", "root", "alice", "sudo chown alice /f", false, "authfile.c:sshkey_perm_ok"}}},
		{"the same for root", Facts{Role: PrivateKey, AsRoot: true, Posix: &Posix{Mode: 0o600}},
			[]wanted{{CodeUnreadable, Error, "", "root", "alice", "chown alice /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"root's key, seen by root", Facts{Role: PrivateKey, AsRoot: true, Posix: &Posix{Mode: 0o644}},
			[]wanted{{CodeOwner, Warning, "belongs to root", "root", "alice", "chown alice /f && chmod 600 /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"bob's key among alice's, seen by root", Facts{Role: PrivateKey, AsRoot: true, Posix: &Posix{Mode: 0o600, UID: bobID}},
			[]wanted{{CodeUnreadable, Error, "cannot be read by alice", "7002", "alice", "chown alice /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"alice's key, seen by root", Facts{Role: PrivateKey, AsRoot: true, Posix: &Posix{Mode: 0o640, UID: aliceID}},
			[]wanted{{CodeKeyOpen, Error, "Its group can read", "0640", "0600", "chmod 600 /f", true, "authfile.c:sshkey_perm_ok"},
				{CodeOwner, Info, "Root's own ssh takes this key", "alice", "alice", "", true, "authfile.c:sshkey_perm_ok"}}},
		{"config 0664", Facts{Path: "/.ssh/config", Role: Config, Posix: &Posix{Mode: 0o664, UID: aliceID}},
			[]wanted{{CodeConfig, Error, "Its group can change this config, so ssh stops", "0664", "0600", "chmod 600 /.ssh/config", true, "readconf.c:read_config_file_depth"}}},
		{"config of -F 0664", Facts{Role: Config, Posix: &Posix{Mode: 0o664, UID: aliceID}},
			[]wanted{{CodeWritable, Warning, "Its group can change this config", "0664", "0600", "chmod 600 /f", true, "readconf.c:read_config_file_depth"}}},
		{"config of -F of bob's", Facts{Role: Config, Posix: &Posix{Mode: 0o644, UID: bobID}},
			[]wanted{{CodeOwner, Warning, "who can change it", "7002", "alice", "sudo chown alice /f && chmod 600 /f", false, "readconf.c:read_config_file_depth"}}},
		{"config that is passed over", Facts{Role: Config, Posix: &Posix{Mode: 0o600}},
			[]wanted{{CodeUnreadable, Warning, "without a word", "root", "alice", "sudo chown alice /f", false, "readconf.c:read_config_file_depth"}}},
		{"bob's authorized_keys", Facts{Role: AuthorizedKeys, Posix: &Posix{Mode: 0o666, UID: bobID}},
			[]wanted{{CodeStrictModes, Error, "belongs to user 7002", "7002", "alice", "sudo chown alice /f && chmod 600 /f", false, "misc.c:safe_path"},
				{CodeStrictModes, Error, "everyone else can change", "0666", "0600", "sudo chown alice /f && chmod 600 /f", false, "misc.c:safe_path"}}},
		{"a directory for authorized_keys", Facts{Role: AuthorizedKeys, Kind: Directory, Posix: &Posix{Mode: 0o700, UID: aliceID}},
			[]wanted{{CodeStrictModes, Error, "no regular file", "directory", "file", "mv /f /f.old", false, "auth2-pubkeyfile.c:auth_openfile"}}},
		{"a pipe for authorized_keys", Facts{Role: AuthorizedKeys, Kind: Special, Posix: &Posix{Mode: 0o600, UID: aliceID}},
			[]wanted{{CodeStrictModes, Error, "no regular file", "special", "file", "mv /f /f.old", false, "auth2-pubkeyfile.c:auth_openfile"}}},
		{"known_hosts is /dev/null", Facts{Role: KnownHosts, Kind: Special, Posix: &Posix{Mode: 0o666}}, nil},
		{"config is /dev/null", Facts{Path: "/.ssh/config", Role: Config, Kind: Special, Posix: &Posix{Mode: 0o666}},
			[]wanted{{CodeConfig, Error, "", "0666", "0644", "sudo mv /.ssh/config /.ssh/config.old", false, "readconf.c:read_config_file_depth"}}},
		{"known_hosts 0666", Facts{Role: KnownHosts, Posix: &Posix{Mode: 0o666, UID: aliceID}},
			[]wanted{{CodeWritable, Warning, "", "0666", "0644", "chmod 644 /f", true, "auth.c:check_key_in_hostfiles"}}},
		{".ssh 0775, no authorized_keys", Facts{Role: SSHDir, Kind: Directory, Posix: &Posix{Mode: 0o775, UID: aliceID}},
			[]wanted{{CodeWritable, Warning, "", "0775", "0700", "chmod 700 /f", true, "misc.c:safe_path"}}},
		{".ssh 3777", Facts{Role: SSHDir, Kind: Directory, SSHD: true, Posix: &Posix{Mode: 0o3777, UID: aliceID}},
			[]wanted{{CodeStrictModes, Error, "sticky bit makes no difference", "3777", "0700", "chmod 00700 /f", true, "misc.c:safe_path"}}},
		{".ssh 0500", Facts{Role: SSHDir, Kind: Directory, Posix: &Posix{Mode: 0o500, UID: aliceID}},
			[]wanted{{CodeUnreadable, Warning, "", "0500", "0700", "chmod 700 /f", true, "misc.c:safe_path"}}},
		{"home 0775", Facts{Role: Home, Kind: Directory, SSHD: true, Posix: &Posix{Mode: 0o775, UID: aliceID}},
			[]wanted{{CodeStrictModes, Error, "Its group can change this home directory", "0775", "0755", "chmod go-w /f", false, "misc.c:safe_path"}}},
		{"home of bob's", Facts{Role: Home, Kind: Directory, SSHD: true, Posix: &Posix{Mode: 0o755, UID: bobID}},
			[]wanted{{CodeStrictModes, Error, "", "7002", "alice", "sudo chown alice /f", false, "misc.c:safe_path"}}},
		{"a setgid parent", Facts{Role: ParentDir, Kind: Directory, SSHD: true, Posix: &Posix{Mode: 0o2755}},
			[]wanted{{CodeWide, Info, "setgid", "2755", "0755", "", false, "inode(7)"}}},
		{"root's parent, writable", Facts{Role: ParentDir, Kind: Directory, SSHD: true, Posix: &Posix{Mode: 0o2775}},
			[]wanted{{CodeStrictModes, Error, "setgid", "2775", "2755", "sudo chmod go-w /f", false, "misc.c:safe_path"}}},
		{"host key 0640", Facts{Role: HostKey, Posix: &Posix{Mode: 0o640}},
			[]wanted{{CodeHostKey, Error, "sshd does not load it", "0640", "0600", "sudo chmod 600 /f", false, "authfile.c:sshkey_perm_ok"}}},
		{"ssh_config of bob's", Facts{Role: SystemConfig, AsRoot: true, Posix: &Posix{Mode: 0o644, UID: bobID}},
			[]wanted{{CodeOwner, Warning, "", "7002", "root", "chown root /f", true, "sshd.8:FILES"}}},
		{"key with an ACL", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o640, UID: aliceID, ACL: named(0o640)}},
			[]wanted{{CodeKeyOpen, Error, "by its ACL that is user 7002", "0640", "0600", "setfacl -b /f && chmod 600 /f", true, "authfile.c:sshkey_perm_ok"}}},
		{"key with a masked ACL", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o600, UID: aliceID, ACL: named(0o600)}},
			[]wanted{{CodeACL, Info, "chmod only masked", "0600", "0600", "setfacl -b /f && chmod 600 /f", true, "acl.5"}}},
		{"config with an ACL", Facts{Role: Config, Posix: &Posix{Mode: 0o640, UID: aliceID, ACL: named(0o640)}},
			[]wanted{{CodeACL, Warning, "lets in user 7002", "0640", "0600", "setfacl -b /f && chmod 600 /f", true, "readconf.c:read_config_file_depth"}}},
		{".ssh with a default ACL", Facts{Role: SSHDir, Kind: Directory, Posix: &Posix{Mode: 0o700, UID: aliceID, Default: named(0o770)}},
			[]wanted{{CodeACL, Warning, "default ACL", "", "", "setfacl -k /f", true, "acl.5"}}},
		{"macOS ACL", Facts{Role: PrivateKey, Posix: &Posix{Mode: 0o600, UID: aliceID,
			MacACL: []string{" 0: group:everyone deny delete", " 1: user:alice allow read", " 2: user:bob inherited allow read,execute"}}},
			[]wanted{{CodeMacACL, Warning, "lets user:bob into this private key", "", "", "chmod -N /f", false, "chmod.1"}}},
		{"harmless macOS ACL", Facts{Role: Home, Kind: Directory, SSHD: true, Posix: &Posix{Mode: 0o700, UID: aliceID,
			MacACL: []string{"group:everyone deny delete", "group:staff allow list,search"}}}, nil},
		{"SELinux", Facts{Path: "/home/alice/.ssh/id", Role: PrivateKey, Posix: &Posix{Mode: 0o600, UID: aliceID, SELinux: "unconfined_u:object_r:user_home_t:s0"}},
			[]wanted{{CodeSELinux, Info, "label", "user_home_t", "ssh_home_t", "restorecon -Rv /home/alice/.ssh", false, "selinux-policy ssh.fc"}}},
		{"SELinux, right", Facts{Path: "/home/alice/.ssh", Role: SSHDir, Kind: Directory, Posix: &Posix{Mode: 0o700, UID: aliceID, SELinux: "u:object_r:ssh_home_t:s0"}}, nil},
		{"SELinux, elsewhere", Facts{Path: "/srv/x.ssh/id", Role: PrivateKey, Posix: &Posix{Mode: 0o600, UID: aliceID, SELinux: "u:object_r:var_t:s0"}}, nil},
		{"SELinux, NFS home", Facts{Path: "/home/alice/.ssh/authorized_keys", Role: AuthorizedKeys, SSHD: true, Posix: &Posix{Mode: 0o600, UID: aliceID, SELinux: "s:object_r:nfs_t:s0"}},
			[]wanted{{CodeSELinux, Warning, "use_nfs_home_dirs", "nfs_t", "", "sudo setsebool -P use_nfs_home_dirs on", false, "selinux-policy ssh.fc"}}},
		{"a role of Windows", Facts{Role: AdminKeys, Posix: &Posix{Mode: 0o666, UID: bobID}}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.f.Account = alice
			if c.f.Path == "" {
				c.f.Path = "/f"
			}
			if c.f.Kind == "" {
				c.f.Kind = File
			}
			got := Judge(c.f)
			if len(got) != len(c.want) {
				t.Fatalf("findings %+v, want %d", got, len(c.want))
			}
			for i, want := range c.want {
				g := got[i]
				if !strings.Contains(g.Message, want.says) {
					t.Errorf("message %q has no %q", g.Message, want.says)
				}
				if have := (wanted{g.Code, g.Severity, want.says, g.Got, g.Want, g.Command, g.Fixable, g.Source}); have != want {
					t.Errorf("got %+v\nwant %+v", g, want)
				}
			}
		})
	}
}

// TestPosixRules: each role of Unix has one row, and each row its function.
func TestPosixRules(t *testing.T) {
	for _, role := range unixRoles() {
		n := 0
		for _, r := range posixRules {
			if r.role == role {
				n++
				if r.source == "" || r.title == "" || r.most == 0 || (r.refuse != 0) != (r.code != "") || (r.unread != "") != (r.useless != "") {
					t.Errorf("%s: the row lacks something: %+v", role, r)
				}
			}
		}
		if n != 1 {
			t.Errorf("%s has %d rows", role, n)
		}
	}
	if len(posixRules) != len(unixRoles()) {
		t.Errorf("%d rows for %d roles", len(posixRules), len(unixRoles()))
	}
}

// TestAfterPosixIsPure: the facts before stay what they were.
func TestAfterPosixIsPure(t *testing.T) {
	f := Facts{Path: "/f", Role: KnownHosts, Kind: File, Account: aliceAccount(),
		Posix: &Posix{Mode: 0o666, UID: aliceID, ACL: aclFor(0o666, 6, ACLEntry{ACLUser, 6, bobID})}}
	before := *f.Posix
	before.ACL = slices.Clone(before.ACL)
	after := f.After(Plan(f))
	if !reflect.DeepEqual(before, *f.Posix) {
		t.Errorf("After altered its facts to %+v", *f.Posix)
	}
	if want := aclFor(0o644, 6, ACLEntry{ACLUser, 6, bobID}); !reflect.DeepEqual(after.Posix.ACL, want) {
		t.Errorf("ACL after chmod 644 is %v, want %v", after.Posix.ACL, want)
	}
}

func TestNoEffectPosix(t *testing.T) {
	mode, owner := uint32(0o600), aliceID
	facts := func(role Role, kind Kind, p Posix, m Mount) Facts {
		return Facts{Path: "/mnt/x/my key", Role: role, Kind: kind, Account: aliceAccount(), Posix: &p, Mount: m}
	}
	bindfs := Mount{Point: "/mnt/x", Type: "fuse.bindfs"}
	open := Posix{Mode: 0o777, UID: aliceID}
	for _, c := range []struct {
		name          string
		before, after Facts
		change        Change
		severity      Severity // "": none
		says          []string
		command       string
	}{
		{"a key where chmod lies", facts(PrivateKey, File, open, bindfs), facts(PrivateKey, File, open, bindfs), Change{Mode: &mode},
			Error, []string{"/mnt/x (fuse.bindfs) keeps no modes"}, "sshkeys import '/mnt/x/my key'"},
		{"only the first look told the mount", facts(PrivateKey, File, open, bindfs), facts(PrivateKey, File, open, Mount{}), Change{Mode: &mode},
			Error, []string{"/mnt/x (fuse.bindfs)"}, "sshkeys import '/mnt/x/my key'"},
		{"no mount known", facts(PrivateKey, File, open, Mount{}), facts(PrivateKey, File, open, Mount{}), Change{Mode: &mode},
			Error, []string{"the file system keeps no modes"}, "sshkeys import '/mnt/x/my key'"},
		{"authorized_keys", facts(AuthorizedKeys, File, open, Mount{}), facts(AuthorizedKeys, File, open, Mount{"/mnt/x", "cifs", ""}), Change{Mode: &mode},
			Error, []string{"/mnt/x (cifs) keeps no modes", "file_mode=0600"}, ""},
		{"known_hosts", facts(KnownHosts, File, open, Mount{}), facts(KnownHosts, File, open, bindfs), Change{Mode: &mode},
			Warning, []string{"keeps no modes"}, ""},
		{"a directory", facts(SSHDir, Directory, open, Mount{}), facts(SSHDir, Directory, open, bindfs), Change{Mode: &mode},
			Warning, []string{"keeps no modes", "keep the directory"}, ""},
		{"owner", facts(PrivateKey, File, Posix{Mode: 0o600}, Mount{}), facts(PrivateKey, File, Posix{Mode: 0o600}, bindfs), Change{Mode: &mode, Owner: &owner},
			Error, []string{"keeps no owners"}, "sshkeys import '/mnt/x/my key'"},
		{"it took", facts(PrivateKey, File, open, bindfs), facts(PrivateKey, File, Posix{Mode: 0o600, UID: bobID}, bindfs), Change{Mode: &mode}, "", nil, ""},
		{"Judge says it", facts(PrivateKey, File, open, bindfs), facts(PrivateKey, File, open, Mount{"/mnt/c", "drvfs", ""}), Change{Mode: &mode}, "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := noEffectPosix(c.before, c.change, c.after)
			if c.severity == "" {
				if len(got) != 0 {
					t.Errorf("found %+v", got)
				}
				return
			}
			if len(got) != 1 {
				t.Fatalf("found %+v", got)
			}
			if got[0].Code != CodeNoEffect || got[0].Severity != c.severity || got[0].Command != c.command || got[0].Fixable {
				t.Errorf("found %+v", got[0])
			}
			for _, s := range c.says {
				if !strings.Contains(got[0].Message, s) {
					t.Errorf("message %q has no %q", got[0].Message, s)
				}
			}
		})
	}
}

func TestShellQuote(t *testing.T) {
	for in, want := range map[string]string{
		"/home/alice/.ssh/id": "/home/alice/.ssh/id", "/a b": "'/a b'", "/it's": `'/it'\''s'`, "": "''",
		"-f": "./-f", "/a/$(x)": "'/a/$(x)'", "/鍵": "'/鍵'", "/a;b/c": "'/a;b/c'", "~": "'~'",
	} {
		if got := shellQuote(in); got != want {
			t.Errorf("shellQuote(%q) = %s, want %s", in, got, want)
		}
	}
}

// TestPosixOfRoot: root reads everything, so nothing is added for its sake, and
// what root's home holds is judged by root's own ownership.
func TestPosixOfRoot(t *testing.T) {
	for _, role := range unixRoles() {
		for mode := uint32(0); mode <= 0o7777; mode++ {
			for _, uid := range []int{0, bobID} {
				f := Facts{Path: "/root/.ssh/x", Role: role, Kind: kindOfRole(role), SSHD: true, AsRoot: mode&1 != 0,
					Account: Account{Name: "root", Home: "/root"}, Posix: &Posix{Mode: mode, UID: uid}}
				found, plan := Judge(f), Plan(f)
				after := f.After(plan)
				switch {
				case after.Posix.Mode&^mode != 0:
					t.Errorf("%s %04o of %d: %v adds access", role, mode, uid, plan)
				case len(found) == 0 && !plan.Empty():
					t.Errorf("%s %04o of %d: %v without a finding", role, mode, uid, plan)
				case Refused(Judge(after)) && uid == 0 && role != Home && role != ParentDir:
					t.Errorf("%s %04o of %d: still refused after %v", role, mode, uid, plan)
				}
			}
		}
	}
}

// TestPosixGoodFileCostsNothing: most files of a large tree are in order.
func TestPosixGoodFileCostsNothing(t *testing.T) {
	f := Facts{Path: "/home/alice/.ssh/id", Role: PrivateKey, Kind: File, Account: aliceAccount(), Posix: &Posix{Mode: 0o600, UID: aliceID}}
	if n := testing.AllocsPerRun(100, func() { Judge(f) }); n > 1 {
		t.Errorf("%v allocations", n)
	}
}
