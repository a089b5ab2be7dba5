package formats

import (
	"bytes"
	"encoding/base64"
	"strings"

	"sshkeys/keytool"
)

func openSSHPublicFormat() *Format {
	return &Format{
		ID: OpenSSHPublic, Title: "OpenSSH public key", Holds: HoldsPublic, Ending: ".pub",
		Source: "sshd(8) AUTHORIZED_KEYS FILE FORMAT",
		sniff:  sniffOpenSSHPublic, decode: decodeOpenSSHPublic, encode: encodeOpenSSHPublic,
		fit: func(*keytool.Key) ([]Loss, error) { return nil, nil },
	}
}

// sniffOpenSSHPublic claims a text with one key line, whole or broken.
func sniffOpenSSHPublic(in *input) bool { return survey(in.text) == KindPublic }

// decodeOpenSSHPublic reads the one key line of a text; blank lines and comment
// lines around it do not matter. Options, or a marker and hosts, are kept apart.
func decodeOpenSSHPublic(in *input, _ Limits) (*Envelope, error) {
	number := 0
	for line := range bytes.Lines(in.text) {
		number++
		l, ok := readLine(bytes.TrimSuffix(line, []byte("\n")))
		if !ok || l.kind() == lineJunk {
			continue
		}
		if l.err != nil {
			return nil, l.located(OpenSSHPublic, number, brokenOver(in.text, number))
		}
		e := l.entry()
		hosts := strings.TrimSpace(e.Marker + " " + e.Hosts)
		return &Envelope{
			Format: OpenSSHPublic, Kind: kindOfPublic(e.Key), Algorithm: e.Key.Algorithm().Name,
			Public: e.Key, Options: e.Options, Hosts: hosts,
		}, nil
	}
	return nil, syntax(OpenSSHPublic, "", "there is no key line")
}

func kindOfPublic(k *keytool.Key) Kind {
	if k.Certificate() != nil || strings.HasSuffix(k.Algorithm().Name, certificateSuffix) {
		return KindCertificate
	}
	return KindPublic
}

// brokenOver tells whether the line after the given one (1-based) goes on with
// base64: a terminal or a mail program wrapped the key.
func brokenOver(text []byte, line int) bool {
	number := 0
	for l := range bytes.Lines(text) {
		if number++; number == line+1 {
			word, _ := cutBlank(trimBlanks(bytes.TrimSuffix(l, []byte("\n"))))
			return len(word) >= 4 && bytes.IndexFunc(word, notBase64) < 0
		}
	}
	return false
}

// AuthorizedLine is the key as one line of authorized_keys, without a line end:
// `type base64[ comment]`. A kept certificate is written in place of its key. A
// comment that would break the line is left out; Encode refuses it instead. A
// dataset key has no such line: it is empty.
func AuthorizedLine(k *keytool.Key) string {
	if k.Algorithm().Dataset() {
		return ""
	}
	name, blob := k.Algorithm().Name, k.Blob()
	if cert := k.Certificate(); cert != nil {
		name, blob = string(keytool.NewWireReader(cert).Str("key type")), cert
	}
	line := name + " " + base64.StdEncoding.EncodeToString(blob)
	if k.Comment() == "" || checkComment(k.Comment()) != nil {
		return line
	}
	return line + " " + k.Comment()
}

func encodeOpenSSHPublic(k *keytool.Key, _ Options) ([]byte, error) {
	return []byte(AuthorizedLine(k) + "\n"), nil
}

const certificateSuffix = "-cert-v01@openssh.com"

// keyText is `type base64[ comment]` cut at its blanks. rest starts after the
// blanks that follow the base64 text.
type keyText struct{ typ, b64, rest []byte }

func cutKeyText(s []byte) keyText {
	var t keyText
	t.typ, t.rest = cutBlank(s)
	t.b64, t.rest = cutBlank(trimBlanks(t.rest))
	t.rest = trimBlanks(t.rest)
	return t
}

// cutBlank cuts s before its first space or tab.
func cutBlank(s []byte) (word, rest []byte) {
	word = s
	if i := bytes.IndexByte(word, ' '); i >= 0 {
		word = word[:i]
	}
	if i := bytes.IndexByte(word, '\t'); i >= 0 {
		word = word[:i]
	}
	return word, s[len(word):]
}

// trimBlanks drops the spaces and tabs s starts with.
func trimBlanks(s []byte) []byte {
	for len(s) > 0 && (s[0] == ' ' || s[0] == '\t') {
		s = s[1:]
	}
	return s
}

// knownType tells the names of key types and certificates that keytool reads.
func (t keyText) knownType() bool {
	name := plainType(string(t.typ))
	return keytool.LookupAlgorithm(name) != nil || keytool.LookupCertificate(name) != nil
}

// startsLikeBlob tells base64 whose first three bytes are zero, as those of every
// public key blob are: it starts with the length of a short string.
func (t keyText) startsLikeBlob() bool { return bytes.HasPrefix(t.b64, []byte("AAAA")) }

// plainType maps the signature algorithms that ssh takes for the name of a key
// (sshkey.c keyimpls[], sigonly) to the key's type.
func plainType(name string) string {
	switch name {
	case "rsa-sha2-256", "rsa-sha2-512":
		return "ssh-rsa"
	case "webauthn-sk-ecdsa-sha2-nistp256@openssh.com":
		return "sk-ecdsa-sha2-nistp256@openssh.com"
	}
	return name
}

// key decodes and checks the key. Errors are *SyntaxError of OpenSSHPublic
// without a line.
func (t keyText) key() (*keytool.Key, error) {
	if len(t.b64) == 0 {
		return nil, syntax(OpenSSHPublic, "base64 text", "the line ends after the key type")
	}
	blob, err := decodeBase64(OpenSSHPublic, "base64 text", t.b64)
	if err != nil {
		return nil, err
	}
	comment := string(bytes.TrimRight(t.rest, " \t"))
	k, err := keytool.NewPublic(blob, comment)
	if err != nil {
		return nil, wireError(OpenSSHPublic, "base64 text", err)
	}
	if name := keytool.NewWireReader(blob).Str("key type"); string(name) != plainType(string(t.typ)) {
		return nil, syntax(OpenSSHPublic, "key type", "the base64 text is a key of type %s, not of the one written before it", name)
	}
	return k, nil
}
