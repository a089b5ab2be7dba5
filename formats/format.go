// Package formats turns the bytes of key files into keytool.Keys and back.
//
// Parse recognises a file by its content and reads what stands in clear;
// Envelope.Open then gives the checked private key. Encode writes a Key in a
// format by its ID, and Fit says beforehand what that format cannot carry.
// Everything here is pure: no file, clock, terminal or log, and no input is
// ever written to.
package formats

import (
	"errors"
	"io"

	"sshkeys/keytool"
)

// ID names a format on the command line and in JSON.
type ID string

const (
	OpenSSH  ID = "openssh"
	PKCS1    ID = "pkcs1"
	SEC1     ID = "sec1"
	DSAPEM   ID = "dsa-pem"
	PKCS8    ID = "pkcs8"
	PPK1     ID = "ppk1"
	PPK2     ID = "ppk2"
	PPK3     ID = "ppk3"
	SSHCom   ID = "sshcom"
	Dropbear ID = "dropbear"
	Crypt4GH ID = "crypt4gh"
	Age      ID = "age"

	OpenSSHPublic ID = "openssh-public"
	RFC4716       ID = "rfc4716"
	SPKI          ID = "spki"
	PKCS1Public   ID = "pkcs1-public"
	X509          ID = "x509"
	Wire          ID = "wire"
	WireBase64    ID = "wire-base64"

	Crypt4GHPublic ID = "crypt4gh-public"
	AgePublic      ID = "age-public"

	AuthorizedKeys ID = "authorized-keys"
	KnownHosts     ID = "known-hosts"
)

// Kind says what a file is, in the words of inspect's JSON.
type Kind string

const (
	KindPrivate        Kind = "private-key"
	KindPublic         Kind = "public-key"
	KindCertificate    Kind = "certificate"
	KindAuthorizedKeys Kind = "authorized-keys"
	KindKnownHosts     Kind = "known-hosts"
	KindDatasetPrivate Kind = "dataset-private-key"
	KindDatasetPublic  Kind = "dataset-public-key"
)

// IsPrivate tells files with a private half, of login and of dataset keys.
func (k Kind) IsPrivate() bool { return k == KindPrivate || k == KindDatasetPrivate }

// IsDataset tells the keys that decrypt data and are no login keys.
func (k Kind) IsDataset() bool { return k == KindDatasetPrivate || k == KindDatasetPublic }

// Holds says which half a format is for.
type Holds int

const (
	HoldsPrivate Holds = iota
	HoldsPublic
	HoldsList
)

// Format is one row of the closed table of formats.
type Format struct {
	ID     ID
	Title  string // what a person calls it
	Holds  Holds
	Ending string // usual end of the file name, "" for none
	Source string // the specification
	// Encrypts tells formats that can be protected by a passphrase.
	Encrypts bool
	// Dataset tells formats of the keys that decrypt data: they hold X25519 keys
	// only, and no other format holds one.
	Dataset bool

	// sniff recognises normalised text or binary data; see Detect.
	sniff  func(in *input) bool
	decode func(in *input, lim Limits) (*Envelope, error)
	encode func(k *keytool.Key, opt Options) ([]byte, error)
	// fit returns what is lost of k, or a *CannotHoldError.
	fit func(k *keytool.Key) ([]Loss, error)
}

// Reads tells formats that can be decoded.
func (f *Format) Reads() bool { return f.decode != nil }

// Writes tells formats that can be encoded.
func (f *Format) Writes() bool { return f.encode != nil }

// Protection is how a private half is encrypted. The zero value is "not at all".
type Protection struct {
	Cipher string // name as the format spells it, e.g. aes256-ctr, aes256-cbc
	KDF    string // bcrypt, argon2id, argon2i, argon2d, pbkdf2-hmac-sha256, scrypt, md5, sha1, pkcs12-sha1 …
	// Params are the KDF's cost numbers under their JSON names: rounds;
	// memory_kib, passes, parallelism; iterations; n, r, p.
	Params map[string]uint64
	// Legacy tells a KDF of one fast hash (or fixed few), no match for today's guessing.
	Legacy bool
}

// Encrypted tells whether there is any protection.
func (p Protection) Encrypted() bool { return p.Cipher != "" }

// Envelope is what can be read of a key file without its passphrase.
type Envelope struct {
	Format ID
	Kind   Kind
	// Algorithm is the wire name where it stands in clear, or the name or OID
	// of a type only the file knows; "" where nothing tells (encrypted PKCS#8).
	Algorithm  string
	Protection Protection
	// Public is the public half in clear, with comment and certificate where
	// the format keeps those in clear. It is nil where the whole key is
	// encrypted. Beside a private half it is a claim until Open has proved it.
	Public *keytool.Key
	// DER tells a PKCS or X.509 file without its PEM armour.
	DER bool
	// Options are an authorized_keys line's options, Hosts a known_hosts
	// line's marker and hosts, where the file is one such line.
	Options, Hosts string
	// Edits are what Mend undid in the file's text, and Mended is the text that was
	// then read; nil where it is the file's own. Parse leaves both empty.
	Edits  []Edit
	Mended []byte
	// Surrounded tells that the file holds other text beside what is in Mended: to
	// write that in its place would lose it.
	Surrounded bool
	lines      []int // of the file, for each line of Mended

	// blocked is why no passphrase would help: an unsupported cipher, key
	// derivation or type; or a cost over the limits, which Parse returns.
	blocked error
	open    func(passphrase []byte) (*keytool.Key, error)
}

// CanOpen tells beforehand whether any passphrase could open the private half:
// an *UnsupportedError if not, nil if one could.
func (e *Envelope) CanOpen() error { return e.blocked }

// Open decrypts and checks the private half: MAC, padding, both halves. For a
// file that is not encrypted the passphrase is ignored; for one that is, nil
// gives ErrPassphraseRequired and a wrong one ErrWrongPassphrase. Of a public
// file it returns the public key. It may be called any number of times.
func (e *Envelope) Open(passphrase []byte) (*keytool.Key, error) {
	if e.blocked != nil {
		return nil, e.blocked
	}
	if e.open == nil {
		return e.Public, nil
	}
	if e.Protection.Encrypted() && passphrase == nil {
		return nil, ErrPassphraseRequired
	}
	return e.open(passphrase)
}

// Encrypted tells whether Open needs a passphrase.
func (e *Envelope) Encrypted() bool { return e.Protection.Encrypted() }

// Limits bound what a hostile file may cost. A number above its limit gives a
// *LimitError before anything is spent.
type Limits struct {
	FileBytes        int    // whole file; lists are streamed and not bounded
	Argon2MemoryKiB  uint64 // memory of one Argon2 run
	Argon2CostKiB    uint64 // memory times passes
	BcryptRounds     uint64
	PBKDF2Iterations uint64
	ScryptBytes      uint64 // 128·N·r
	ScryptCost       uint64 // N·r·p
}

// DefaultLimits are those of the command.
func DefaultLimits() Limits {
	return Limits{
		FileBytes:        1 << 20,
		Argon2MemoryKiB:  1 << 20,  // 1 GiB
		Argon2CostKiB:    64 << 20, // 64 GiB·passes, about a minute; PuTTY's default costs 100 MiB·passes
		BcryptRounds:     65536,    // about ten minutes
		PBKDF2Iterations: 100_000_000,
		ScryptBytes:      1 << 30,
		ScryptCost:       1 << 27,
	}
}

// Options choose how Encode writes. Zero values mean the format's default.
type Options struct {
	Passphrase []byte // nil or empty: not encrypted
	Cipher     string // openssh: a `ssh-keygen -Z` name; pkcs1, sec1, dsa-pem: aes128-cbc, aes192-cbc, aes256-cbc
	Rounds     uint32 // openssh: bcrypt rounds; default 24, as ssh-keygen 10
	Iterations int    // pkcs8: PBKDF2 iterations
	Argon2     Argon2 // ppk3
	DER        bool   // pkcs1, sec1, pkcs8, spki, pkcs1-public: without PEM armour
	Rand       io.Reader
}

// Argon2 are PPK 3's key derivation parameters (RFC 9106). Zero fields take
// PuTTY's defaults: argon2id, 8192 KiB, 13 passes, parallelism 1.
type Argon2 struct {
	Flavour     string // argon2id, argon2i, argon2d
	MemoryKiB   uint32
	Passes      uint32
	Parallelism uint8
}

// Loss is something of a key that a target format does not carry.
type Loss struct {
	What string // comment, certificate, type
	Why  string
}

// Parse recognises data and reads what stands in clear. When data looks like
// one format and is not well formed, that format's error is returned; no second
// parser is tried. Lists (authorized_keys, known_hosts of several lines) give an
// Envelope with their kind and no key: read them with ScanList.
func Parse(data []byte, lim Limits) (*Envelope, error) {
	if len(data) > lim.FileBytes {
		return nil, &LimitError{"the file's size in bytes", uint64(len(data)), uint64(lim.FileBytes)}
	}
	in := normalise(data)
	f := detect(in)
	if f == nil {
		return nil, in.unknown()
	}
	env, err := f.decode(in, lim)
	if err != nil {
		return nil, err
	}
	// A file that asks for more than the limits is refused as a whole: no tool
	// makes such files, and nothing else in them is to be trusted.
	if over, ok := errors.AsType[*LimitError](env.blocked); ok {
		return nil, over
	}
	return env, nil
}

// Detect names the format data looks like; false where it looks like none.
func Detect(data []byte) (ID, bool) {
	f := detect(normalise(data))
	if f == nil {
		return "", false
	}
	return f.ID, true
}

func detect(in *input) *Format {
	for _, f := range table() {
		if f.sniff != nil && f.sniff(in) {
			return f
		}
	}
	return nil
}

// Lookup finds a format by its id; nil where there is none.
func Lookup(id ID) *Format {
	for _, f := range table() {
		if f.ID == id {
			return f
		}
	}
	return nil
}

// All returns the table's rows, private formats first.
func All() []*Format { return table() }

// Title is what a person calls the format.
func (id ID) Title() string {
	if f := Lookup(id); f != nil {
		return f.Title
	}
	return string(id)
}

// Fit says what the format would lose of the key, or returns a *CannotHoldError.
// For a format of public keys the private half is not a loss.
func Fit(id ID, k *keytool.Key) ([]Loss, error) {
	f := Lookup(id)
	if f == nil || !f.Writes() {
		return nil, &UnsupportedError{id, "writing"}
	}
	if f.Holds == HoldsPrivate && !k.IsPrivate() {
		return nil, &CannotHoldError{id, "a public key alone"}
	}
	if k.Algorithm().Dataset() && !f.Dataset {
		return nil, &CannotHoldError{id, "a dataset key: a key of type " + k.Algorithm().Name + " decrypts data and is no login key"}
	}
	return f.fit(k)
}

// Encode writes the key. Comments with control characters are refused, as is
// anything Fit refuses; the same key and options give the same bytes where the
// format has no random part.
func Encode(id ID, k *keytool.Key, opt Options) ([]byte, error) {
	if _, err := Fit(id, k); err != nil {
		return nil, err
	}
	if err := checkComment(k.Comment()); err != nil {
		return nil, err
	}
	f := Lookup(id)
	if len(opt.Passphrase) > 0 && !f.Encrypts {
		return nil, &CannotHoldError{id, "a passphrase"}
	}
	return f.encode(k, opt)
}
