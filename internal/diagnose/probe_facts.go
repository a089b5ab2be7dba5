package diagnose

import (
	"encoding/json"
	"time"

	"sshkeys/internal/hostkeys"
	"sshkeys/keytool"
)

// Question is what the probe asks a server. Zero fields ask for less.
type Question struct {
	Host string // name or address, without brackets
	Port int    // 0 is 22
	User string
	// Offers are the keys to ask about, those that ssh offers first and in its order.
	// A key with a certificate is asked about with it, and then without.
	Offers []Offer
	// HostKey says what known_hosts has of the key that the server shows, and which
	// lines say so; nil answers hostkeys.Unknown.
	HostKey func(shown *keytool.Key) (hostkeys.Answer, []hostkeys.Line)
	// The algorithms that the client would use, in its order; nil for all that the
	// probe knows. HostKeyAlgorithms decide which of its keys a server shows: those
	// that known_hosts has are to come first (hostkeys.Prefer), or a known server seems
	// to have changed.
	HostKeyAlgorithms, KexAlgorithms, Ciphers, MACs []string
	// Strict ends at a host key that is not known, as StrictHostKeyChecking yes.
	Strict   bool
	Timeout  time.Duration // for each step; 0 is 15 seconds
	Patience time.Duration // for the greeting and what follows; 0 is Timeout
	Tries    int           // to reach the port; 0 is 1
	TryEvery time.Duration // between them
	Slow     time.Duration // a greeting that takes longer is slow; 0 is 5 seconds
	// OtherPort, OldAddresses and Addresses (those that the service names) are dialled
	// where no SSH server is reached on the asked port, so that a firewall is told from a server
	// that is down. Nothing is sent there.
	OtherPort               int
	Addresses, OldAddresses []string
	// Login is a private key to really log in with; nil asks without signing anything.
	Login *keytool.Key
}

// Stage is a step of a login.
type Stage string

const (
	AtName        Stage = "name"         // the name has no address
	AtPort        Stage = "port"         // no address answers on the port
	AtGreeting    Stage = "greeting"     // what answers is not SSH
	AtKeyExchange Stage = "key-exchange" // no common algorithms
	AtHostKey     Stage = "host-key"     // known_hosts speaks against the server's key
	AtKeys        Stage = "keys"         // it ended before the server said which keys it takes
	AtEnd         Stage = "end"          // the server said of the keys what it says
)

// Probe is what the network told, in no language.
type Probe struct {
	Host      string   `json:"host"`
	Port      int      `json:"port"`
	User      string   `json:"user"`
	Stopped   Stage    `json:"stopped"`             // where it came to
	Cancelled bool     `json:"cancelled,omitempty"` // the caller's context ended it
	Trouble   string   `json:"trouble,omitempty"`   // the library's own words, where no field has it
	Addresses []string `json:"addresses,omitempty"` // of Host
	NoAnswer  bool     `json:"no_answer,omitempty"` // at AtName: no name server answered; otherwise there is no such name
	Unlisted  bool     `json:"unlisted,omitempty"`  // none of Addresses is one that the service names
	Dials     []Dial   `json:"dials,omitempty"`     // of Host's addresses
	// Elsewhere are the other port, and the addresses that the service has or had,
	// where none of Dials was open or no SSH server greeted.
	Elsewhere []Dial     `json:"elsewhere,omitempty"`
	Greeting  Greeting   `json:"greeting,omitzero"`
	Lists     *KexLists  `json:"lists,omitempty"`    // what the server offers; nil where it came to none
	Mismatch  []Mismatch `json:"mismatch,omitempty"` // kinds of algorithms that client and server do not share
	HostKey   *ShownKey  `json:"host_key,omitempty"`
	Methods   []string   `json:"methods,omitempty"`   // of authentication, that the server offers the user
	Notice    string     `json:"notice,omitempty"`    // what the server says before the login
	LoggedIn  bool       `json:"logged_in,omitempty"` // the server asked for nothing at all
	// Keys are in the order of the question.
	Keys []KeyAnswer `json:"keys,omitempty"`
	// HungUp is after how many keys of one connection the server ended it, 0 where it
	// did not; Parting is what it said then.
	HungUp  int          `json:"hung_up,omitempty"`
	Parting string       `json:"parting,omitempty"`
	ShutOut bool         `json:"shut_out,omitempty"` // the server took no further connection; Keys has some not asked
	Login   *LoginAnswer `json:"login,omitempty"`
}

// Reach is what became of a connection to a port.
type Reach string

const (
	Open        Reach = "open"
	Refused     Reach = "refused"
	TimedOut    Reach = "timeout"
	Unreachable Reach = "unreachable"
	Blocked     Reach = "blocked" // by this machine itself: EPERM, WSAEACCES
	Failed      Reach = "failed"
)

// Dial is one port of an address.
type Dial struct {
	Address string `json:"address"`
	Port    int    `json:"port"`
	Reach   Reach  `json:"reach"`
	Old     bool   `json:"old,omitempty"` // the service has left the address
	SSH     bool   `json:"ssh,omitempty"` // an SSH server greets there; only looked at Elsewhere
}

// ShownKey is the server's key.
type ShownKey struct {
	Key    *keytool.Key // the public half; nil where its type is not known
	Type   string
	Answer hostkeys.Answer
	Lines  []hostkeys.Line // that say so
	Forged bool            // it has a certificate that its authority did not sign
}

// MarshalJSON names the key by its fingerprint.
func (s ShownKey) MarshalJSON() ([]byte, error) {
	said := struct {
		Type        string          `json:"type"`
		Fingerprint string          `json:"fingerprint,omitempty"`
		Answer      hostkeys.Answer `json:"known_hosts"`
		Forged      bool            `json:"forged,omitempty"`
	}{s.Type, fingerprint(s.Key), s.Answer, s.Forged}
	return json.Marshal(said)
}

func fingerprint(k *keytool.Key) string {
	if k == nil {
		return ""
	}
	return k.Fingerprint()
}

// Acceptance is what a server says of a public key.
type Acceptance string

const (
	Accepted Acceptance = "accepted" // it would let a signature of it in
	Rejected Acceptance = "rejected" // unknown for this user, or refused for another reason
	// TypeRejected: rejected, and its algorithms are not in the server's list
	// (server-sig-algs, RFC 8308 section 3.1).
	TypeRejected Acceptance = "type-rejected"
	// OnlySHA1: it would take the signature ssh-rsa, but none with SHA-2.
	OnlySHA1 Acceptance = "only-sha1"
	// OtherSignature: it would take rsa-sha2-256, and not what ssh picks.
	OtherSignature Acceptance = "other-signature"
	NotAsked       Acceptance = "not-asked"
)

// KeyAnswer is one key, and what the server says of it.
type KeyAnswer struct {
	Offer
	Certificate bool // it was asked about with its certificate
	Answer      Acceptance
	Signature   string // the algorithm that the server would take
	// Connection is the number of the one in which the answer came; the first asks in
	// ssh's order, and so goes as ssh would.
	Connection int
}

// MarshalJSON names the key by its fingerprint.
func (k KeyAnswer) MarshalJSON() ([]byte, error) {
	said := struct {
		Fingerprint string     `json:"fingerprint"`
		Algorithm   string     `json:"algorithm"`
		Agent       string     `json:"agent,omitempty"`
		BySSH       bool       `json:"by_ssh"`
		Certificate bool       `json:"certificate,omitempty"`
		Answer      Acceptance `json:"answer"`
		Signature   string     `json:"signature,omitempty"`
		Connection  int        `json:"connection,omitempty"`
	}{fingerprint(k.Key), k.Key.Algorithm().Name, k.Agent, k.BySSH, k.Certificate, k.Answer, k.Signature, k.Connection}
	return json.Marshal(said)
}

// Session is what became of a real login.
type Session string

const (
	SFTPWorks  Session = "sftp"        // the sftp server answered
	NoSFTP     Session = "no-sftp"     // logged in, and there is no subsystem sftp
	Chatter    Session = "chatter"     // logged in, and something else than sftp speaks
	Dropped    Session = "dropped"     // logged in, and the server ended it
	WantsMore  Session = "wants-more"  // the key is good, and another method is asked for
	NotLet     Session = "refused"     // the signature was refused
	NotTried   Session = "not-tried"   // the host key is not known, or the key cannot sign here
	SessionErr Session = "interrupted" // the connection broke before the server decided
)

// LoginAnswer is what became of the login that Question.Login asks for.
type LoginAnswer struct {
	Session Session  `json:"session"`
	Methods []string `json:"methods,omitempty"` // WantsMore: what else
	Trouble string   `json:"trouble,omitempty"`
}
