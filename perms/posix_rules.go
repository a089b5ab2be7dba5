package perms

// posixRule is what ssh or sshd demands of one role on Unix, and what is right
// beyond that. The table is spec/permissions.md 1.1.
type posixRule struct {
	role  Role
	title string // id of the text that names the role

	// What is refused.
	code    string   // of a refusal
	refuse  uint32   // mode bits that are refused
	when    when     // when mode and owner are looked at at all
	owners  owners   // who may own it
	foreign Severity // of another owner
	unread  Severity // when its reader cannot read it, or pass the directory; "" does not matter
	source  string   // the function that decides

	// What a change leaves.
	most   uint32 // the most of the mode
	ofRoot uint32 // the most where root owns it in the account's place; 0: most
	need   uint32 // what its owner gets, when missing
	never  bool   // never changed

	// Ids of what follows from a refusal, and from not being read.
	refused string
	useless string
}

// when a consumer looks at owner and mode.
type when int

const (
	always     when = iota
	ifOwned         // only when the file is the reader's own
	ifReadable      // only after it was opened
	ifWalked        // only on sshd's way to an authorized_keys
)

// owners that a role may have.
type owners int

const (
	accountOnly owners = iota
	accountOrRoot
	rootOnly
)

const (
	sshMan  = "ssh.1:FILES"
	sshdMan = "sshd.8:FILES"
)

// posixRules has one row for each role on Unix. Its order is of no importance.
var posixRules = [...]posixRule{
	{role: PrivateKey, title: "perms.private_key", code: CodeKeyOpen, refuse: 0o077, when: ifOwned,
		owners: accountOnly, foreign: Warning, unread: Error, source: "authfile.c:sshkey_perm_ok",
		most: 0o600, need: 0o400, refused: "perms.ssh_refuses", useless: "perms.ssh_cannot_use"},
	{role: HostKey, title: "perms.host_key", code: CodeHostKey, refuse: 0o077, when: ifOwned,
		owners: accountOrRoot, foreign: Warning, unread: Error, source: "authfile.c:sshkey_perm_ok",
		most: 0o600, need: 0o400, refused: "perms.sshd_does_not_load", useless: "perms.sshd_does_not_load"},
	{role: PublicKey, title: "perms.public_key",
		owners: accountOrRoot, foreign: Warning, unread: Warning, source: sshMan,
		most: 0o644, need: 0o400, useless: "perms.ssh_skips"},
	{role: Certificate, title: "perms.certificate",
		owners: accountOrRoot, foreign: Warning, unread: Warning, source: sshMan,
		most: 0o644, need: 0o400, useless: "perms.ssh_does_not_offer"},
	{role: Config, title: "perms.config", code: CodeConfig, refuse: 0o022, when: ifReadable,
		owners: accountOrRoot, foreign: Error, unread: Warning, source: "readconf.c:read_config_file_depth",
		most: 0o600, ofRoot: 0o644, need: 0o400, refused: "perms.ssh_stops", useless: "perms.ssh_skips_silently"},
	{role: IncludedConfig, title: "perms.included_config_file", code: CodeConfig, refuse: 0o022, when: ifReadable,
		owners: accountOrRoot, foreign: Error, unread: Error, source: "readconf.c:read_config_file_depth",
		most: 0o600, ofRoot: 0o644, need: 0o400, refused: "perms.ssh_stops", useless: "perms.ssh_stops"},
	{role: AuthorizedKeys, title: "perms.authorized_keys_file", code: CodeStrictModes, refuse: 0o022,
		owners: accountOrRoot, foreign: Error, unread: Error, source: "misc.c:safe_path",
		most: 0o600, ofRoot: 0o644, need: 0o400, refused: "perms.sshd_no_key_from", useless: "perms.sshd_no_key_from"},
	{role: AuthorizedPrincipals, title: "perms.authorized_principals_file", code: CodeStrictModes, refuse: 0o022,
		owners: accountOrRoot, foreign: Error, unread: Error, source: "misc.c:safe_path",
		most: 0o600, ofRoot: 0o644, need: 0o400, refused: "perms.sshd_no_certificate_by", useless: "perms.sshd_no_certificate_by"},
	{role: KnownHosts, title: "perms.known_hosts_file",
		owners: accountOrRoot, foreign: Warning, unread: Warning, source: "auth.c:check_key_in_hostfiles",
		most: 0o644, need: 0o400, useless: "perms.ssh_all_hosts_new"},
	{role: UserFile, title: "perms.file",
		owners: accountOrRoot, foreign: Warning, unread: Warning, source: sshMan,
		most: 0o755, need: 0o400, useless: "perms.nothing_can"},
	{role: SystemConfig, title: "perms.system_config",
		owners: rootOnly, foreign: Warning, source: sshdMan,
		most: 0o644},
	{role: SSHDir, title: "perms.directory", code: CodeStrictModes, refuse: 0o022, when: ifWalked,
		owners: accountOrRoot, foreign: Error, unread: Error, source: "misc.c:safe_path",
		most: 0o700, ofRoot: 0o755, need: 0o700, refused: "perms.sshd_no_key_below", useless: "perms.ssh_reaches_nothing"},
	{role: ParentDir, title: "perms.directory", code: CodeStrictModes, refuse: 0o022, when: ifWalked,
		owners: accountOrRoot, foreign: Error, unread: Error, source: "misc.c:safe_path",
		most: 0o7755, need: 0o100, never: true, refused: "perms.sshd_no_key_below", useless: "perms.sshd_reaches_nothing"},
	{role: Home, title: "perms.home", code: CodeStrictModes, refuse: 0o022, when: ifWalked,
		owners: accountOrRoot, foreign: Error, unread: Error, source: "misc.c:safe_path",
		most: 0o7755, need: 0o100, never: true, refused: "perms.sshd_no_key_below", useless: "perms.sshd_reaches_nothing"},
}

// posixRuleOf finds the rule for what a file is: a directory below ~/.ssh goes by
// the rule for ~/.ssh, whatever its name, but sshd says no to one that is called
// authorized_keys.
func posixRuleOf(f *Facts) *posixRule {
	role := f.Role
	lists := role == AuthorizedKeys || role == AuthorizedPrincipals
	directory := role == SSHDir || role == ParentDir || role == Home
	switch {
	case f.Kind == Directory && !directory && !lists:
		role = SSHDir
	case f.Kind != Directory && directory:
		role = UserFile
	}
	for i := range posixRules {
		if posixRules[i].role == role {
			return &posixRules[i]
		}
	}
	return nil
}

// reader is who opens the file: the account, but a host key that is not the
// account's own is sshd's, which runs as root.
func (r *posixRule) reader(f *Facts) Account {
	if r.role == HostKey && f.Posix.UID != f.Account.UID {
		return Account{Name: "root"}
	}
	return f.Account
}

// reads tells whether the reader can open the file, or pass the directory.
func (r *posixRule) reads(f *Facts) bool {
	perm := access(f.Posix, f.Kind, r.reader(f))
	if f.Kind == Directory {
		return perm&1 != 0
	}
	return perm&4 != 0
}

// checked tells whether the consumer looks at owner and mode here.
func (r *posixRule) checked(f *Facts) bool {
	if r.role == Config && !isOwnConfig(f.Path) {
		return false
	}
	switch r.when {
	case ifOwned:
		return f.Posix.UID == r.reader(f).UID
	case ifReadable:
		return r.reads(f)
	case ifWalked:
		return f.SSHD
	}
	return true
}

// owned tells whether the file belongs to one who may own it.
func (r *posixRule) owned(f *Facts) bool {
	uid := f.Posix.UID
	switch r.owners {
	case accountOnly:
		return uid == f.Account.UID
	case rootOnly:
		return uid == 0
	}
	return uid == 0 || uid == f.Account.UID
}

// rightOwner is who should own what another owns.
func (r *posixRule) rightOwner(f *Facts) int {
	if r.role == HostKey || r.role == SystemConfig || r.role == ParentDir {
		return 0
	}
	return f.Account.UID
}

// mostOf is the most that a file of that owner's needs.
func (r *posixRule) mostOf(uid int, a Account) uint32 {
	if uid == 0 && r.ofRoot != 0 && (a.UID != 0 || r.role == IncludedConfig) { // which others may include too
		return r.ofRoot
	}
	return r.most
}

// ideal is the change that would leave nothing to find, whoever may make it.
func (r *posixRule) ideal(f *Facts) Change {
	p := f.Posix
	owner := p.UID
	if !r.owned(f) || r.unread != "" && !r.reads(f) && p.UID != r.reader(f).UID {
		owner = r.rightOwner(f)
	}
	most := r.mostOf(owner, f.Account)
	if r.role == UserFile && p.UID == f.Account.UID && !r.reads(f) {
		most &= 0o700 // it may be a key: nobody could see
	}
	mode := p.Mode & most
	if owner != 0 && owner == f.Account.UID {
		mode |= r.need
	}
	var c Change
	if owner != p.UID {
		c.Owner = &owner
	}
	if most&0o077 == 0 {
		active, masked := p.granted()
		c.DropACL = len(active)+len(masked) > 0
		c.DropDefaultACL = len(opening(p.Default)) > 0
	}
	// The mode is written with the owner and the ACL as well: chown may clear bits
	// of it, and with the ACL its mask goes.
	if mode != p.Mode || c.Owner != nil || c.DropACL {
		c.Mode = &mode
	}
	return c
}
