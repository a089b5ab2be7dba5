package perms

// Severity of a finding.
type Severity string

const (
	Error   Severity = "error"   // ssh or sshd refuses the file
	Warning Severity = "warning" // accepted, and should not stay so
	Info    Severity = "info"    // good to know
)

// Finding is one thing that is wrong with a file's permissions. Its code is the
// catalogue's (spec/symptoms.md); Error means exactly that ssh or sshd refuses.
type Finding struct {
	Code     string
	Severity Severity
	Text     Text   // one sentence, in no language
	Message  string // the same in English
	Got      string // the mode as 0644, the owner's name or id, or an SDDL string
	Want     string // likewise
	Command  string // what a person can type; "" where there is nothing
	Fixable  bool   // Plan mends it
	Source   string // the function whose rule it is: "authfile.c:sshkey_perm_ok"
}

// Codes of findings about permissions.
const (
	CodeKeyOpen      = "K01" // private key with bits for group or others
	CodeKeyACL       = "K02" // private key whose owner or DACL lets others in (Windows)
	CodeNoEffect     = "K03" // chmod, or setting a DACL, succeeds without effect
	CodeUnreadable   = "K09" // the account itself cannot read the file
	CodeStrictModes  = "D01" // sshd refuses file or directory (StrictModes)
	CodeConfig       = "D02" // ssh refuses the config
	CodeOwner        = "S01" // wrong owner, where that alone is not refused
	CodeACL          = "S02" // POSIX ACL entries for others, masked or not
	CodeWritable     = "S03" // writable by others where nothing refuses it: known_hosts, .pub, a directory
	CodeWide         = "S04" // more bits than needed: executable, setuid, setgid, readable config
	CodeLink         = "S05" // a link leads out of the tree, or has a descriptor of its own
	CodeNoACLs       = "S06" // the volume keeps no permissions
	CodeMacACL       = "S07" // macOS ACL entry that allows others
	CodeSELinux      = "S08" // label with which sshd may not read the file
	CodeControl      = "S09" // Windows: others may change DACL, owner, or delete; OpenSSH does not look at it
	CodeOldOpenSSH   = "S10" // Windows: refused by an older Win32-OpenSSH only
	CodeHostKey      = "S11" // host key that sshd refuses
	CodeFolderSystem = "S12" // %ProgramData%\ssh that sshd refuses (exit 255)
)

// Refused tells whether one of the findings makes ssh or sshd refuse the file.
func Refused(found []Finding) bool {
	for _, f := range found {
		if f.Severity == Error {
			return true
		}
	}
	return false
}
