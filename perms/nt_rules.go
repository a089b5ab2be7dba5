package perms

// SIDs that the rules name. TrustedInstaller's is the same on every Windows.
const (
	sidEveryone         SID = "S-1-1-0"
	sidCreatorOwner     SID = "S-1-3-0"
	sidOwnerRights      SID = "S-1-3-4"
	sidInteractive      SID = "S-1-5-4"
	sidAuthenticated    SID = "S-1-5-11"
	sidSystem           SID = "S-1-5-18"
	sidAdministrators   SID = "S-1-5-32-544"
	sidUsers            SID = "S-1-5-32-545"
	sidTrustedInstaller SID = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"

	// sidSelf stands for the account's own SID in a rule.
	sidSelf SID = "self"
)

const (
	// writeMask is what others must not have where they may read: the mask of
	// w32-sshfileperm.c:check_secure_file_permission up to 9.8.
	writeMask = writeData | appendData | writeEA | writeAttributes
	// controlMask is what comes to the same and is not in that mask. Sources newer
	// than 9.8 added the first three, none has the generic rights.
	controlMask = deleteFile | writeDAC | writeOwner | genericWrite | genericAll
)

// ntOthers is what a rule lets those have who are not trusted.
type ntOthers int

const (
	othersNothing  ntOthers = iota // no allow entry, whatever its mask
	othersRead                     // entries without writeMask
	othersAnything                 // OpenSSH does not look
)

// ntRule is what Win32-OpenSSH demands of one role's owner and DACL, and what is
// set to meet it.
type ntRule struct {
	role   Role
	what   string // id of the text that names the role
	by     string // id of the program that refuses
	code   string // of a refusal, "" where nothing refuses
	source string // the check, and its caller

	trusted  []SID    // may own the file; their entries are passed over
	others   ntOthers // what the rest may have
	readFrom string   // the version since which others may read; "" where no older one refused
	reader   SID      // who must be able to read it
	unread   Severity // what it is that they cannot

	full  []SID // get full access on repair; the first becomes owner unless one of them is
	also  []SID // may read and list
	share bool  // others keep their reading
}

const (
	fileCheck   = "w32-sshfileperm.c:check_secure_file_permission"
	folderCheck = "w32-sshfileperm.c:check_secure_folder_permission"
)

// ntRules are the rows of the table: Win32-OpenSSH 9.4 to 9.8 refuse what has a
// code. sshd reads keys as SYSTEM: temporarily_use_uid does nothing on Windows
// (no-ops.c).
var ntRules = [...]ntRule{
	{role: PrivateKey, what: "perms.private_key", by: "perms.ssh", code: CodeKeyACL, source: fileCheck + ", authfile.c:sshkey_perm_ok",
		trusted: trustUser, others: othersNothing, reader: sidSelf, unread: Error, full: fullUser},
	{role: HostKey, what: "perms.host_key", by: "perms.sshd", code: CodeHostKey, source: fileCheck + ", authfile.c:sshkey_perm_ok",
		trusted: trustMachine, others: othersNothing, reader: sidSystem, unread: Error, full: fullAdmin},
	{role: Config, what: "perms.config", by: "perms.ssh", code: CodeConfig, source: fileCheck + ", readconf.c:read_config_file_depth",
		trusted: trustUser, others: othersRead, readFrom: "8.1", reader: sidSelf, unread: Warning, full: fullUser},
	{role: IncludedConfig, what: "perms.included_config", by: "perms.ssh", code: CodeConfig, source: fileCheck + ", readconf.c:read_config_file_depth",
		trusted: trustUser, others: othersRead, readFrom: "8.1", reader: sidSelf, unread: Error, full: fullUser},
	{role: AuthorizedKeys, what: "perms.authorized_keys", by: "perms.sshd", code: CodeStrictModes, source: fileCheck + ", auth2-pubkeyfile.c:auth_openfile",
		trusted: trustUser, others: othersRead, readFrom: "8.6", reader: sidSystem, unread: Error, full: fullUser},
	{role: AuthorizedPrincipals, what: "perms.authorized_principals", by: "perms.sshd", code: CodeStrictModes, source: fileCheck + ", auth2-pubkeyfile.c:auth_openfile",
		trusted: trustUser, others: othersRead, readFrom: "8.6", reader: sidSystem, unread: Error, full: fullUser},
	{role: AdminKeys, what: "perms.administrators_keys", by: "perms.sshd", code: CodeStrictModes, source: fileCheck + ", auth2-pubkeyfile.c:auth_openfile",
		trusted: trustUser, others: othersRead, readFrom: "8.6", reader: sidSystem, unread: Error, full: fullAdmin},
	{role: ProgramData, what: "perms.sshd_folder", by: "perms.sshd", code: CodeFolderSystem, source: folderCheck + ", win32compat/misc.c",
		trusted: fullAdmin, others: othersRead, full: fullAdmin, also: []SID{sidAuthenticated}},

	{role: SSHDir, what: "perms.folder", trusted: trustUser, others: othersAnything, reader: sidSelf, unread: Warning, full: fullUser},
	{role: KnownHosts, what: "perms.known_hosts", trusted: trustUser, others: othersAnything, reader: sidSelf, unread: Warning, full: fullUser, share: true},
	{role: PublicKey, what: "perms.public_key", trusted: trustUser, others: othersAnything, reader: sidSelf, unread: Warning, full: fullUser, share: true},
	{role: Certificate, what: "perms.certificate", trusted: trustUser, others: othersAnything, reader: sidSelf, unread: Warning, full: fullUser, share: true},
	{role: UserFile, what: "perms.file", trusted: trustUser, others: othersAnything, reader: sidSelf, unread: Warning, full: fullUser, share: true},
	{role: SystemConfig, what: "perms.config_of_all", source: "OpenSSHUtils.psm1:Repair-SshdConfigPermission",
		trusted: trustMachine, others: othersAnything, full: fullAdmin, share: true},
}

// Whom a rule trusts, and whom it gives full access.
var (
	trustUser    = []SID{sidSelf, sidSystem, sidAdministrators, sidTrustedInstaller}
	trustMachine = []SID{sidSystem, sidAdministrators, sidTrustedInstaller}
	fullUser     = []SID{sidSelf, sidSystem, sidAdministrators}
	fullAdmin    = []SID{sidAdministrators, sidSystem}
)

func ntRuleOf(role Role) (ntRule, bool) {
	for _, r := range ntRules {
		if r.role == role {
			return r, true
		}
	}
	return ntRule{}, false
}
