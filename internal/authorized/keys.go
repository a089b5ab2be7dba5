package authorized

import (
	"bytes"
	"errors"
	"fmt"

	"sshkeys/formats"
	"sshkeys/keytool"
)

// Why a file is not authorised as a whole.
var (
	// ErrPrivate: the file is a private key.
	ErrPrivate = errors.New("it is a private key, which stays with its owner: only the public half belongs in authorized_keys")
	// ErrDataset: the key opens data, and is no login key.
	ErrDataset = errors.New("it is a key for encrypted data sets, which logs nobody in")
	// ErrHostKeys: the keys are those of hosts.
	ErrHostKeys = errors.New("it has the keys of hosts (known_hosts), which log nobody in")
	// ErrNoKey: there is no key in it.
	ErrNoKey = errors.New("there is no key in it")
)

// Keys takes from a file what it has to be authorised: its one key, of a
// certificate the key it certifies, or every line of a list, with their options. A
// list with a line that has no key is refused whole, with the line's number.
// Errors are those above and those of formats.
func Keys(data []byte, e *formats.Envelope) ([]Entry, error) {
	switch {
	case e.Kind.IsDataset():
		return nil, ErrDataset
	case e.Kind == formats.KindPrivate:
		return nil, ErrPrivate
	case e.Kind == formats.KindKnownHosts || e.Hosts != "":
		return nil, ErrHostKeys
	case e.Kind == formats.KindAuthorizedKeys:
		return keysOfList(data)
	case e.Public == nil:
		return nil, ErrNoKey
	}
	return []Entry{{Key: e.Public.WithoutCertificate(), Options: e.Options}}, nil
}

func keysOfList(data []byte) ([]Entry, error) {
	var entries []Entry
	err := formats.ScanList(bytes.NewReader(data), func(e formats.Entry) error {
		switch {
		case e.Err != nil:
			return e.Err
		case e.Hosts != "" || e.Marker != "":
			return ErrHostKeys
		}
		entries = append(entries, Entry{e.Key.WithoutCertificate(), e.Options, e.Line})
		return nil
	})
	return entries, err
}

// RefusedError: sshd would not let anybody in with the key.
type RefusedError struct{ Why string }

func (e *RefusedError) Error() string { return e.Why }

// Sizes of RSA keys in bits.
const (
	minimumOfSSHD     = 1024 // sshkey.h SSH_RSA_MINIMUM_MODULUS_SIZE
	minimumOfServices = keytool.MinRSABits
)

// Judge refuses a key that sshd takes from nobody, with a *RefusedError, and
// warns of one that many servers refuse; "" where there is nothing to say.
func Judge(k *keytool.Key) (warning string, err error) {
	bits := k.Bits()
	switch family := k.Algorithm().Family; {
	case !sshdKnows(k):
		return "", &RefusedError{fmt.Sprintf("sshd knows no keys of type %s", k.Algorithm().Name)}
	case family == keytool.RSA && bits < minimumOfSSHD:
		return "", &RefusedError{fmt.Sprintf("sshd refuses RSA keys under %d bits, and this one has %d", minimumOfSSHD, bits)}
	case family == keytool.RSA && bits < minimumOfServices:
		return fmt.Sprintf("an RSA key of %d bits is too short for many servers", bits), nil
	case family == keytool.DSA:
		return "OpenSSH takes no DSA keys since version 10, and older versions only where they are told to", nil
	}
	return "", nil
}

// sshdKnows tells the types that some version of sshd has.
func sshdKnows(k *keytool.Key) bool {
	switch k.Algorithm().Family {
	case keytool.RSA, keytool.DSA, keytool.ECDSA, keytool.Ed25519, keytool.SKECDSA, keytool.SKEd25519, keytool.MLDSA44Ed25519:
		return true
	}
	return false
}
