package perms

// Role is what ssh or sshd uses a file for: it decides the rule that holds.
type Role string

// The roles. A file's role comes from its content first, then from its name.
const (
	NoRole               Role = ""
	PrivateKey           Role = "private-key"                    // any name, any format
	PublicKey            Role = "public-key"                     // in OpenSSH's, RFC 4716's or PEM form
	Certificate          Role = "certificate"                    // NAME-cert.pub
	AuthorizedKeys       Role = "authorized-keys"                // authorized_keys, authorized_keys2
	AuthorizedPrincipals Role = "authorized-principals"          // authorized_principals
	Config               Role = "config"                         // ~/.ssh/config
	IncludedConfig       Role = "included-config"                // a file that a config Includes
	KnownHosts           Role = "known-hosts"                    // known_hosts, known_hosts2
	UserFile             Role = "user-file"                      // anything else in ~/.ssh: rc, environment, allowed_signers
	SSHDir               Role = "ssh-dir"                        // ~/.ssh
	ParentDir            Role = "parent-dir"                     // between home (or /) and the file that sshd reads
	Home                 Role = "home"                           // the account's home: judged, never changed
	HostKey              Role = "host-key"                       // ssh_host_*_key
	SystemConfig         Role = "system-config"                  // ssh_config and sshd_config below /etc/ssh or %ProgramData%\ssh
	AdminKeys            Role = "administrators-authorized-keys" // Windows
	ProgramData          Role = "programdata-ssh"                // Windows: %ProgramData%\ssh and its logs folder
)

// Kind is a file's type.
type Kind string

const (
	File      Kind = "file"
	Directory Kind = "directory"
	Special   Kind = "special" // pipe, socket, device: never opened, never changed
)

// Account is whose ssh, and whose sshd login, is judged.
type Account struct {
	Name string
	Home string // where sshd's walk through the directories ends

	UID  int   // Unix
	GIDs []int // Unix: the primary group and all others

	SID  string   // Windows: S-1-5-21-…
	SIDs []string // Windows: groups in the account's token
}

// Facts is what Judge looks at: one file or directory as it was found. Exactly
// one of Posix and NT is set.
type Facts struct {
	Path    string
	Role    Role
	Kind    Kind
	Account Account

	// SSHD tells that sshd's StrictModes walk comes by here: an authorized_keys or
	// authorized_principals file, or a directory above one (misc.c:safe_path).
	SSHD bool
	// AsRoot tells that root is looking in place of the account.
	AsRoot bool

	// Foreign tells that the file is not the account's own, and outside of its home
	// or with other names: root, who is looking, was led to it and must not change it.
	Foreign bool

	// Target is the real path where Path is a symbolic link or reparse point, else
	// "". Outside tells that it lies outside of the tree that was named.
	Target  string
	Outside bool

	Posix *Posix
	NT    *NT
	Mount Mount
}

// Posix is what stat(2) and the extended attributes tell.
type Posix struct {
	Mode     uint32 // st_mode & 07777
	UID, GID int
	ACL      []ACLEntry // POSIX.1e access ACL; nil where there is only the mode
	Default  []ACLEntry // POSIX.1e default ACL of a directory
	MacACL   []string   // macOS ACL, one entry each as `ls -le` prints it
	SELinux  string     // security context, as user:role:type:level; "" without SELinux
}

// ACLTag is the tag of a POSIX.1e ACL entry, with the kernel's numbers
// (linux/posix_acl.h).
type ACLTag uint16

const (
	ACLUserObj  ACLTag = 0x01
	ACLUser     ACLTag = 0x02 // a named user
	ACLGroupObj ACLTag = 0x04
	ACLGroup    ACLTag = 0x08 // a named group
	ACLMask     ACLTag = 0x10
	ACLOther    ACLTag = 0x20
)

// ACLEntry is one entry of a POSIX.1e ACL; ID is set for named users and groups.
type ACLEntry struct {
	Tag  ACLTag
	Perm uint8 // r 4, w 2, x 1
	ID   int
}

// NT is what Windows tells: security descriptors in self-relative form with
// owner and DACL ([MS-DTYP] 2.4.6).
type NT struct {
	Descriptor []byte
	Link       []byte // the link's own descriptor where the path is a reparse point
	NoACLs     bool   // the volume keeps none (no FILE_PERSISTENT_ACLS): FAT, exFAT, some shares
}

// Mount is the file system a file is on; zero where it was not asked for.
type Mount struct {
	Point   string // where it is mounted, or the volume's root
	Type    string // ext4, vfat, 9p, drvfs, cifs, fuse.bindfs, FAT32, …
	Options string // Linux: mount options, comma separated
}
