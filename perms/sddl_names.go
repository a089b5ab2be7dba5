package perms

// The words of SDDL ([MS-DTYP] 2.5.1.1; winnt.h and sddl.h for the rest).

var aceTypes = [...]sddlWord{
	{"A", uint32(Allow)}, {"D", uint32(Deny)},
	{"OA", uint32(AllowObject)}, {"OD", uint32(DenyObject)},
	{"XA", uint32(AllowCallback)}, {"XD", uint32(DenyCallback)},
	{"ZA", uint32(AllowCallbackObject)},
}

var aceFlags = [...]sddlWord{
	{"OI", uint32(ObjectInherit)}, {"CI", uint32(ContainerInherit)}, {"NP", uint32(NoPropagate)},
	{"IO", uint32(InheritOnly)}, {"ID", uint32(Inherited)}, {"CR", uint32(criticalACE)},
	{"SA", uint32(successfulAccess)}, {"FA", uint32(failedAccess)},
}

// Access rights of files ([MS-DTYP] 2.4.3; [MS-SMB2] 2.2.13.1.1).
const (
	readData        = 0x1 // of a folder: list it
	writeData       = 0x2 // of a folder: add a file
	appendData      = 0x4 // of a folder: add a folder
	readEA          = 0x8
	writeEA         = 0x10
	deleteChild     = 0x40
	readAttributes  = 0x80
	writeAttributes = 0x100
	deleteFile      = 0x10000
	readControl     = 0x20000
	writeDAC        = 0x40000
	writeOwner      = 0x80000
	synchronize     = 0x100000
	genericAll      = 0x10000000
	genericExecute  = 0x20000000
	genericWrite    = 0x40000000
	genericRead     = 0x80000000

	fileAll     = 0x1f01ff
	fileRead    = 0x120089
	fileWrite   = 0x120116
	fileExecute = 0x1200a0
	fileReadRun = fileRead | fileExecute
)

var rightNames = [...]sddlWord{
	{"FA", fileAll}, {"FR", fileRead}, {"FW", fileWrite}, {"FX", fileExecute},
	{"GA", genericAll}, {"GR", genericRead}, {"GW", genericWrite}, {"GX", genericExecute},
	{"RC", readControl}, {"SD", deleteFile}, {"WD", writeDAC}, {"WO", writeOwner},
	{"CC", 0x1}, {"DC", 0x2}, {"LC", 0x4}, {"SW", 0x8}, {"RP", 0x10}, {"WP", 0x20},
	{"DT", 0x40}, {"LO", 0x80}, {"CR", 0x100},
	{"KA", 0xf003f}, {"KR", 0x20019}, {"KW", 0x20006}, {"KX", 0x20019},
}

// sidAlias is two letters, the SID they stand for, and the name people know.
type sidAlias struct {
	text  string
	sid   SID
	title string
}

// sidAliases are those that stand for the same SID everywhere.
var sidAliases = [...]sidAlias{
	{"WD", "S-1-1-0", "Everyone"},
	{"CO", "S-1-3-0", "CREATOR OWNER"},
	{"CG", "S-1-3-1", "CREATOR GROUP"},
	{"OW", "S-1-3-4", "OWNER RIGHTS"},
	{"NU", "S-1-5-2", "NETWORK"},
	{"IU", "S-1-5-4", "INTERACTIVE"},
	{"SU", "S-1-5-6", "SERVICE"},
	{"AN", "S-1-5-7", "ANONYMOUS LOGON"},
	{"ED", "S-1-5-9", "ENTERPRISE DOMAIN CONTROLLERS"},
	{"PS", "S-1-5-10", "SELF"},
	{"AU", "S-1-5-11", "Authenticated Users"},
	{"RC", "S-1-5-12", "RESTRICTED"},
	{"SY", "S-1-5-18", "SYSTEM"},
	{"LS", "S-1-5-19", "LOCAL SERVICE"},
	{"NS", "S-1-5-20", "NETWORK SERVICE"},
	{"WR", "S-1-5-33", "WRITE RESTRICTED"},
	{"BA", "S-1-5-32-544", "Administrators"},
	{"BU", "S-1-5-32-545", "Users"},
	{"BG", "S-1-5-32-546", "Guests"},
	{"PU", "S-1-5-32-547", "Power Users"},
	{"AO", "S-1-5-32-548", "Account Operators"},
	{"SO", "S-1-5-32-549", "Server Operators"},
	{"PO", "S-1-5-32-550", "Print Operators"},
	{"BO", "S-1-5-32-551", "Backup Operators"},
	{"RE", "S-1-5-32-552", "Replicator"},
	{"RU", "S-1-5-32-554", "Pre-Windows 2000 Compatible Access"},
	{"RD", "S-1-5-32-555", "Remote Desktop Users"},
	{"NO", "S-1-5-32-556", "Network Configuration Operators"},
	{"MU", "S-1-5-32-558", "Performance Monitor Users"},
	{"LU", "S-1-5-32-559", "Performance Log Users"},
	{"IS", "S-1-5-32-568", "IIS_IUSRS"},
	{"CY", "S-1-5-32-569", "Cryptographic Operators"},
	{"ER", "S-1-5-32-573", "Event Log Readers"},
	{"CD", "S-1-5-32-574", "Certificate Service DCOM Access"},
	{"RA", "S-1-5-32-575", "RDS Remote Access Servers"},
	{"ES", "S-1-5-32-576", "RDS Endpoint Servers"},
	{"MS", "S-1-5-32-577", "RDS Management Servers"},
	{"HA", "S-1-5-32-578", "Hyper-V Administrators"},
	{"AA", "S-1-5-32-579", "Access Control Assistance Operators"},
	{"RM", "S-1-5-32-580", "Remote Management Users"},
	{"UD", "S-1-5-84-0-0-0-0-0", "USER MODE DRIVERS"},
	{"AC", "S-1-15-2-1", "ALL APPLICATION PACKAGES"},
	{"LW", "S-1-16-4096", "Low Mandatory Level"},
	{"ME", "S-1-16-8192", "Medium Mandatory Level"},
	{"MP", "S-1-16-8448", "Medium Plus Mandatory Level"},
	{"HI", "S-1-16-12288", "High Mandatory Level"},
	{"SI", "S-1-16-16384", "System Mandatory Level"},
	{"AS", "S-1-18-1", "Authentication authority asserted identity"},
	{"SS", "S-1-18-2", "Service asserted identity"},
}
