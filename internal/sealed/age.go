package sealed

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"

	"filippo.io/age"
	"filippo.io/age/agessh"
	"filippo.io/age/armor"

	"sshkeys/formats"
	"sshkeys/keytool"
)

const (
	ageIntro   = "age-encryption.org/v1\n"
	ageColumns = 64 // of a body's full lines; a shorter one, also an empty one, ends it
	maxStanzas = 10_000
)

// Types of stanzas, age-encryption.org/v1 and the README of age.
const (
	stanzaX25519  = "X25519"
	stanzaEd25519 = "ssh-ed25519"
	stanzaRSA     = "ssh-rsa"
	stanzaScrypt  = "scrypt"
)

// ageStanza is one recipient: its type, and the tag of the SSH types.
type ageStanza struct{ kind, tag string }

// ageHeader is a header without armour, from its first to its MAC line.
type ageHeader struct {
	raw     []byte
	stanzas []ageStanza
}

func parseAge(head []byte) (header, error) {
	armoured := isArmoured(head)
	var cut error
	if armoured { // the head ends within the armour: what came before is what is wanted
		head, cut = io.ReadAll(armor.NewReader(bytes.NewReader(head)))
	}
	h, err := readAge(head)
	if err == errShort && armoured && !endsEarly(cut) {
		return nil, damaged(Age, "armour", -1, "it is not as age writes it")
	}
	if err != nil {
		return nil, err
	}
	return h, nil
}

// endsEarly tells the error of an armour that is cut off from that of a damaged one.
func endsEarly(err error) bool {
	return err == nil || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

// ageLines reads a header line by line.
type ageLines struct {
	rest   []byte
	number int
}

func (l *ageLines) next() (string, error) {
	line, rest, ok := bytes.Cut(l.rest, []byte("\n"))
	if !ok {
		return "", errShort
	}
	l.rest = rest
	l.number++
	return string(line), nil
}

func (l *ageLines) damaged(field, reason string) error {
	return &formats.SyntaxError{Format: Age.format(), Line: l.number, Field: field, Offset: -1, Reason: reason}
}

// readAge walks the stanzas, and leaves what is in them to the library.
func readAge(text []byte) (*ageHeader, error) {
	l := &ageLines{rest: text}
	intro, err := l.next()
	if err == nil && intro+"\n" != ageIntro {
		err = l.damaged("version line", "not "+strings.TrimSpace(ageIntro))
	}
	if err != nil {
		return nil, err
	}
	h := &ageHeader{}
	for {
		line, err := l.next()
		if err != nil {
			return nil, err
		}
		if mac, ok := strings.CutPrefix(line, "---"); ok {
			h.raw = text[:len(text)-len(l.rest)]
			return h, h.end(l, mac)
		}
		stanza, err := l.stanza(line)
		if err != nil {
			return nil, err
		}
		if h.stanzas = append(h.stanzas, stanza); len(h.stanzas) > maxStanzas {
			return nil, &formats.LimitError{What: "the number of recipients", Got: uint64(len(h.stanzas)), Max: maxStanzas}
		}
	}
}

// end checks the last line of a header and that it had recipients.
func (h *ageHeader) end(l *ageLines, mac string) error {
	raw, err := base64.RawStdEncoding.Strict().DecodeString(strings.TrimPrefix(mac, " "))
	switch {
	case err != nil || len(raw) != sha256.Size || !strings.HasPrefix(mac, " "):
		return l.damaged("MAC line", "no MAC of 32 bytes")
	case len(h.stanzas) == 0:
		return l.damaged("stanzas", "no recipients, so nobody can open it")
	}
	return nil
}

// stanza reads a recipient, of which line is the first line.
func (l *ageLines) stanza(line string) (ageStanza, error) {
	words, ok := strings.CutPrefix(line, "-> ")
	args := strings.Split(words, " ")
	if !ok || args[0] == "" {
		return ageStanza{}, l.damaged("stanza", "it does not begin with -> and a type")
	}
	for {
		body, err := l.next()
		if err != nil {
			return ageStanza{}, err
		}
		if _, err := base64.RawStdEncoding.Strict().DecodeString(body); err != nil || len(body) > ageColumns || strings.Contains(body, "\r") {
			return ageStanza{}, l.damaged("stanza", "a line of its body is no base64 of up to 64 characters")
		}
		if len(body) < ageColumns {
			break
		}
	}
	s := ageStanza{kind: args[0]}
	if len(args) > 1 {
		s.tag = args[1]
	}
	return s, nil
}

// sshTag is the short name that age gives an SSH recipient (agessh).
func sshTag(public *keytool.Key) string {
	digest := sha256.Sum256(public.Blob())
	return base64.RawStdEncoding.EncodeToString(digest[:4])
}

// stanzaFor is the type of stanza that a key opens.
func stanzaFor(family keytool.Family) string {
	switch family {
	case keytool.X25519:
		return stanzaX25519
	case keytool.Ed25519:
		return stanzaEd25519
	case keytool.RSA:
		return stanzaRSA
	}
	return ""
}

// fits goes by the types and, for SSH keys, the tags; those may collide.
func (h *ageHeader) fits(family keytool.Family, public *keytool.Key) string {
	want := ageStanza{kind: stanzaFor(family)}
	if want.kind == "" {
		return "age data are opened by age identities, Ed25519 and RSA keys only"
	}
	if public != nil && want.kind != stanzaX25519 {
		want.tag = sshTag(public)
	}
	for _, s := range h.stanzas {
		if s.kind == want.kind && (want.tag == "" || s.tag == want.tag) {
			return ""
		}
	}
	switch {
	case h.stanzas[0].kind == stanzaScrypt:
		return "it is encrypted with a passphrase and to no key"
	case want.tag != "":
		return fmt.Sprintf("none of its %d recipients is the key %s %s", len(h.stanzas), want.kind, want.tag)
	}
	return fmt.Sprintf("none of its %d recipients is of the type %s", len(h.stanzas), want.kind)
}

// open unwraps the file key and checks the header's MAC with it.
func (h *ageHeader) open(key *keytool.Key) (Answer, error) {
	identity, err := ageIdentity(key)
	if err != nil {
		return Answer{}, err
	}
	if _, err = age.DecryptHeader(h.raw, identity); err == nil {
		return Answer{true, ByUnwrap, "its file key unwraps, and the header's MAC is right"}, nil
	}
	if _, no := errors.AsType[*age.NoIdentityMatchError](err); no {
		return Answer{Why: fmt.Sprintf("none of its %d recipients unwraps", len(h.stanzas))}, nil
	}
	// The library's text may quote the file.
	return Answer{}, damaged(Age, "header", -1, "a stanza or the MAC is wrong: it was damaged or altered")
}

// ageIdentity gives the library its own form of a key.
func ageIdentity(key *keytool.Key) (age.Identity, error) {
	var identity age.Identity
	var err error
	switch s := key.Secret().(type) {
	case *keytool.X25519Secret:
		return x25519Identity(key)
	case *keytool.EdSecret:
		identity, err = agessh.NewEd25519Identity(ed25519.NewKeyFromSeed(s.Seed))
	case *keytool.RSASecret:
		private, failed := rsaKey(Age, key)
		if failed != nil {
			return nil, failed
		}
		identity, err = agessh.NewRSAIdentity(private)
	}
	if err != nil || identity == nil {
		return nil, &formats.UnsupportedError{Format: Age.format(), What: "key of type " + key.Algorithm().Name}
	}
	return identity, nil
}

// x25519Identity goes through the identity's text, the library's only way in.
func x25519Identity(key *keytool.Key) (age.Identity, error) {
	text, err := formats.Encode(formats.Age, key.WithComment(""), formats.Options{})
	if err != nil {
		return nil, err
	}
	identities, err := age.ParseIdentities(bytes.NewReader(text))
	if err != nil || len(identities) != 1 {
		return nil, errIdentity // the library's text may quote the identity
	}
	return identities[0], nil
}

var errIdentity = errors.New("the key is no age identity")
