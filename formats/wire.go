package formats

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"sshkeys/keytool"
)

func wireFormat() *Format {
	return &Format{
		ID: Wire, Title: "SSH wire public key blob", Holds: HoldsPublic, Ending: "",
		Source: "RFC 4253 section 6.6",
		sniff:  func(in *input) bool { return startsLikeBlob(in.raw) },
		decode: func(in *input, _ Limits) (*Envelope, error) { return bareEnvelope(Wire, in.raw) },
		encode: func(k *keytool.Key, _ Options) ([]byte, error) { return wireBlob(k), nil },
		fit:    func(k *keytool.Key) ([]Loss, error) { return fitBare(Wire, k) },
	}
}

func wireBase64Format() *Format {
	return &Format{
		ID: WireBase64, Title: "bare base64 public key", Holds: HoldsPublic, Ending: "",
		Source: "RFC 4253 section 6.6",
		sniff:  sniffWireBase64, decode: decodeWireBase64,
		encode: func(k *keytool.Key, _ Options) ([]byte, error) {
			return []byte(base64.StdEncoding.EncodeToString(wireBlob(k)) + "\n"), nil
		},
		fit: func(k *keytool.Key) ([]Loss, error) { return fitBare(WireBase64, k) },
	}
}

// sniffWireBase64 claims base64 text without a blank inside its lines, which
// starts like a key. The text need not be sound: a damaged key is still one.
func sniffWireBase64(in *input) bool {
	text := bytes.TrimSpace(in.text)
	if !bytes.HasPrefix(text, []byte("AAAA")) { // the length of a short string
		return false
	}
	var joined []byte
	for line := range bytes.Lines(text) {
		line = bytes.TrimSpace(line)
		if bytes.ContainsAny(line, " \t") {
			return false
		}
		joined = append(joined, line...)
	}
	blob := make([]byte, base64.StdEncoding.DecodedLen(len(joined)))
	n, _ := base64.StdEncoding.Decode(blob, joined) // n counts what came before the damage
	return startsLikeBlob(blob[:n])
}

func decodeWireBase64(in *input, _ Limits) (*Envelope, error) {
	blob, err := decodeBase64(WireBase64, "base64 text", in.text)
	if err != nil {
		return nil, err
	}
	return bareEnvelope(WireBase64, blob)
}

// startsLikeBlob tells a public key blob: a known key type in front, or a name
// that could be one with nothing but strings behind it.
func startsLikeBlob(b []byte) bool {
	r := keytool.NewWireReader(b)
	name := string(r.Str("key type"))
	if keytool.LookupAlgorithm(name) != nil || keytool.LookupCertificate(name) != nil {
		return true
	}
	if !couldBeKeyType(name) || len(r.Rest()) == 0 {
		return false
	}
	for len(r.Rest()) > 0 {
		r.Str("field")
	}
	return r.Err() == nil
}

// couldBeKeyType is narrower than RFC 4251 section 6, lest other binary files be
// taken for keys: letters, digits and a few marks, with the hyphen all names have.
func couldBeKeyType(name string) bool {
	hyphen := false
	for _, c := range []byte(name) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '@', c == '.', c == '_', c == '+':
		case c == '-':
			hyphen = true
		default:
			return false
		}
	}
	return hyphen && len(name) <= 64
}

// blobEnvelope is the envelope of a public key file: the key or certificate of
// the blob, under any key type's name.
func blobEnvelope(id ID, blob []byte, comment string) (*Envelope, error) {
	k, err := keytool.NewPublic(blob, comment)
	if err != nil {
		return nil, wireError(id, "public key", err)
	}
	return &Envelope{Format: id, Kind: kindOfPublic(k), Algorithm: k.Algorithm().Name, Public: k}, nil
}

// wireBlob is what formats of public keys write: the certificate where there is one.
func wireBlob(k *keytool.Key) []byte {
	if cert := k.Certificate(); cert != nil {
		return cert
	}
	return k.Blob()
}

// bareEnvelope is blobEnvelope for the key types that are known. Nothing around
// a bare blob says that it is public, and Dropbear's private keys are strings
// behind a type's name as well: of a type nobody knows all of it would be handed
// out as the public half.
func bareEnvelope(id ID, blob []byte) (*Envelope, error) {
	e, err := blobEnvelope(id, blob, "")
	if err == nil && !tellsPublic(e.Public) {
		return nil, &UnsupportedError{id, fmt.Sprintf("key type %q", e.Algorithm)}
	}
	return e, err
}

func tellsPublic(k *keytool.Key) bool {
	return k.Algorithm().Family != keytool.Unknown || kindOfPublic(k) == KindCertificate
}

func fitBare(id ID, k *keytool.Key) ([]Loss, error) {
	if !tellsPublic(k) {
		return nil, &CannotHoldError{id, "a key of the unknown type " + k.Algorithm().Name}
	}
	if k.Comment() == "" {
		return nil, nil
	}
	return []Loss{{"comment", id.Title() + " has no place for a comment"}}, nil
}
