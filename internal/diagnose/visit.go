package diagnose

import (
	"slices"

	"sshkeys/formats"
	"sshkeys/internal/agent"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// Visit is all that was gathered of one login that does not work. What was not
// looked at is zero, and no check finds anything in it.
type Visit struct {
	System  System
	Service *services.Profile // of --for, or that the host belongs to; nil without
	// Client is what ssh would do; nil where no host is known.
	Client *sshconfig.Resolved
	// Keys are the candidates: those of -i, else the identity files in ssh's order,
	// then what else lies in ~/.ssh and could be meant (Offered is false).
	Keys       []Candidate
	Agents     []agent.Agent
	KnownHosts []hostkeys.Line // lines for the host, and for its old addresses
	// Places are ~/.ssh, the home, configs and lists: with what is wrong about
	// their permissions. Keys have their own.
	Places     []Place
	Authorized []List // the account's own lists of keys that may log in here
	Data       []Data // encrypted files that were named
	// Registered are the public keys that the service has, as its page shows them.
	Registered []*keytool.Key
	Probe      *Probe // nil where the network was not asked
	Log        []Symptom
	// OnlyLog tells that a log is asked about and no host was named beside it: what is
	// here may be another machine than the one that the log is from.
	OnlyLog bool
}

// System is the machine that the doctor runs on.
type System struct {
	OS   string // runtime.GOOS
	WSL  bool
	Home string
	SSH  string // ssh's version as it gives it; "" where there is none
}

// Candidate is one key that could be meant for the login.
type Candidate struct {
	KeyFileFacts              // Name is the path; Envelope and Key are nil where it cannot be read
	Err          error        // why it cannot be read: fs.ErrNotExist, fs.ErrPermission, an error of formats
	Unknown      string       // what it is where it is no key at all: formats.UnknownFormatError's words
	Certificate  *keytool.Key // the public half with the certificate that ssh offers beside it; nil without
	From         From
	Offered      bool // ssh would offer it, if it could
	Defects      []formats.Defect
	Purpose      keytool.Verdict
	Verdicts     []services.Verdict // what the visit's service says of the key; nil without
	Wrong        bool               // the passphrase that was given does not open it
	WorkTree     string             // the git work tree that it lies in, "" for none
}

// From says why a file is a candidate.
type From string

const (
	FromFlag    From = "-i"
	FromConfig  From = "config"
	FromDefault From = "default" // a name that ssh tries by itself
	FromFolder  From = "folder"  // it only lies in ~/.ssh
	FromLog     From = "log"
	// FromRegistered is text that was to be registered, and has no key line.
	FromRegistered From = "registered"
)

// Place is a file or directory that is no key, and its permissions.
type Place struct {
	Path     string
	Role     perms.Role
	Findings []perms.Finding
}

// List is an authorized_keys file, line by line.
type List struct {
	Path    string
	Raw     []byte // as it stands, for what only the bytes tell
	Entries []formats.Entry
}

// Data is an encrypted file, and which of the candidates opens it.
type Data struct {
	Path  string
	Kind  string // sealed.Kind
	Opens []int  // indexes of Visit.Keys
}

// HostNames are the names and addresses under which known_hosts may have the
// visit's host: as ssh looks it up (its alias for host keys has no port; a host on a
// port of its own is looked up without it too, sshconnect.c:check_host_key), and the
// names and addresses its service gives for it, old ones too.
func HostNames(v *Visit) []hostkeys.Host {
	if v.Client == nil {
		return nil
	}
	c := v.Client
	var hosts []hostkeys.Host
	add := func(name string, port int) {
		host := hostkeys.Host{Name: name, Port: port}
		if name != "" && !slices.ContainsFunc(hosts, host.Same) {
			hosts = append(hosts, host)
		}
	}
	if c.HostKeyAlias != "" {
		add(c.HostKeyAlias, 0)
	} else {
		add(c.HostName, c.Port)
		add(c.HostName, 0)
	}
	if v.Service == nil {
		return hosts
	}
	if h, _, ok := v.Service.FindHost(c.HostName); ok {
		add(h.Name, c.Port)
		for _, address := range h.Addresses {
			add(address, c.Port)
		}
		for _, old := range h.OldAddresses {
			add(old.Address, c.Port)
		}
	}
	return hosts
}
