package formats

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"sshkeys/keytool"
)

func ageFormat() *Format {
	return &Format{
		ID: Age, Title: "age identity", Holds: HoldsPrivate, Dataset: true, Ending: ".agekey",
		Source: "age-encryption.org/v1, age-keygen(1)",
		sniff:  func(in *input) bool { return isAgeIdentity(firstAgeLine(in.text)) },
		decode: decodeAge, encode: encodeAge,
		fit: func(k *keytool.Key) ([]Loss, error) { return fitAge(Age, k) },
	}
}

func agePublicFormat() *Format {
	return &Format{
		ID: AgePublic, Title: "age recipient", Holds: HoldsPublic, Dataset: true, Ending: ".agekey.pub",
		Source: "age-encryption.org/v1, age(1)",
		sniff:  func(in *input) bool { return isAgeRecipient(firstAgeLine(in.text)) },
		decode: decodeAgePublic, encode: encodeAgePublic,
		fit: func(k *keytool.Key) ([]Loss, error) { return fitAge(AgePublic, k) },
	}
}

// Prefixes of Bech32 texts; age writes identities in upper case.
const (
	ageSecretPrefix    = "age-secret-key-"
	ageRecipientPrefix = "age"

	ageSecretX25519 = "AGE-SECRET-KEY-1"
	ageSecretHybrid = "AGE-SECRET-KEY-PQ-1"
	ageSecretAny    = "AGE-SECRET-KEY-"
	agePlugin       = "AGE-PLUGIN-"
	ageRecipientAny = "age1"

	ageCreated   = "created: " // of the comment lines that age-keygen writes
	agePublicKey = "public key: "
)

// ageFile is a text of identities or recipients, one a line, with comment lines.
type ageFile struct {
	keys     []string
	line     int      // 1-based, of the first key
	comments []string // without their number sign
}

// readAge cuts a text into lines as age's ParseIdentities does. Blanks around
// them, which age refuses, are passed over.
func readAge(text []byte) ageFile {
	var f ageFile
	number := 0
	for line := range bytes.Lines(text) {
		number++
		trimmed := string(bytes.Trim(line, " \t\n"))
		comment, isComment := strings.CutPrefix(trimmed, "#")
		switch {
		case isComment:
			f.comments = append(f.comments, strings.TrimPrefix(comment, " "))
		case trimmed != "":
			if len(f.keys) == 0 {
				f.line = number
			}
			f.keys = append(f.keys, trimmed)
		}
	}
	return f
}

// comment is the first comment line that age-keygen would not have written.
func (f ageFile) comment() string {
	for _, c := range f.comments {
		if isAgeComment(c) {
			return c
		}
	}
	return ""
}

func isAgeComment(c string) bool {
	return c != "" && !strings.HasPrefix(c, ageCreated) && !strings.HasPrefix(c, agePublicKey)
}

// single refuses a file of several keys, which is a list.
func (f ageFile) single(id ID) error {
	if len(f.keys) > 1 {
		return &UnsupportedError{id, fmt.Sprintf("number of keys (%d)", len(f.keys))}
	}
	return nil
}

// firstAgeLine is the first line that is neither blank nor a comment.
func firstAgeLine(text []byte) string {
	for line := range bytes.Lines(text) {
		if line = bytes.Trim(line, " \t\n"); len(line) > 0 && line[0] != '#' {
			return string(line)
		}
	}
	return ""
}

func isAgeIdentity(line string) bool {
	return strings.HasPrefix(line, ageSecretAny) || strings.HasPrefix(line, agePlugin)
}

func isAgeRecipient(line string) bool {
	return strings.HasPrefix(line, ageRecipientAny) && !strings.ContainsAny(line, " \t")
}

// decodeAge reads an identity file. Of post-quantum and plugin identities only
// the kind is known.
func decodeAge(in *input, _ Limits) (*Envelope, error) {
	f := readAge(in.text)
	if err := f.single(Age); err != nil {
		return nil, err
	}
	letters, ours := strings.CutPrefix(f.keys[0], ageSecretX25519)
	if !ours {
		return foreignIdentity(f)
	}
	scalar, problem := decodeBech32(ageSecretPrefix, strings.ToLower(letters))
	if problem != "" || strings.ToUpper(letters) != letters {
		return nil, syntaxLine(Age, f.line, "identity", "%s", orElse(problem, "small letters"))
	}
	e, err := datasetInClear(Age, scalar, f.comment())
	if err != nil {
		return nil, err
	}
	return e, f.checkStated(e.Public)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// checkStated compares the public key that age-keygen notes in a comment line. One
// that cannot be read is no statement.
func (f ageFile) checkStated(key *keytool.Key) error {
	for _, c := range f.comments {
		text, ok := strings.CutPrefix(c, agePublicKey)
		if !ok {
			continue
		}
		if stated, _ := parseRecipient(text); stated != nil && !stated.Equal(key) {
			return &keytool.MismatchError{
				Reason: "the public key in the comment line is not that of the identity", Want: stated, Got: key,
			}
		}
	}
	return nil
}

// foreignIdentity is the envelope of an identity that is no X25519 key. Of the
// line nothing is shown but the plugin's name.
func foreignIdentity(f ageFile) (*Envelope, error) {
	e := &Envelope{Format: Age, Kind: KindDatasetPrivate}
	switch line := f.keys[0]; {
	case strings.HasPrefix(line, ageSecretHybrid):
		e.Algorithm = "mlkem768-x25519"
		e.blocked = &UnsupportedError{Age, "post-quantum identity (" + ageSecretHybrid + "…)"}
	case strings.HasPrefix(line, agePlugin):
		name, _, ok := strings.Cut(strings.TrimPrefix(line, agePlugin), "-1")
		if !ok || !couldBePlugin(name) {
			return nil, syntaxLine(Age, f.line, "identity", "no plugin's name")
		}
		e.blocked = &UnsupportedError{Age, fmt.Sprintf("identity of the plugin age-plugin-%s", strings.ToLower(name))}
	default:
		return nil, syntaxLine(Age, f.line, "identity", "neither %s nor another known kind", ageSecretX25519)
	}
	return e, nil
}

func couldBePlugin(name string) bool {
	return name != "" && len(name) <= 32 && !slices.ContainsFunc([]byte(name), func(c byte) bool {
		return (c < 'A' || c > 'Z') && (c < '0' || c > '9') && !strings.ContainsRune("+-._", rune(c))
	})
}

// decodeAgePublic reads a recipients file of one recipient.
func decodeAgePublic(in *input, _ Limits) (*Envelope, error) {
	f := readAge(in.text)
	if err := f.single(AgePublic); err != nil {
		return nil, err
	}
	k, err := parseRecipient(f.keys[0])
	if err != nil {
		if s, ok := err.(*SyntaxError); ok {
			s.Line = f.line
		}
		return nil, err
	}
	return datasetPublic(AgePublic, k.WithComment(f.comment())), nil
}

// parseRecipient reads age1…; a longer prefix names another kind. A recipient is
// public, and a prefix of it may be shown.
func parseRecipient(text string) (*keytool.Key, error) {
	if at := strings.LastIndexByte(text, '1'); at > len(ageRecipientAny) {
		if kind := text[:at]; couldBePlugin(strings.ToUpper(strings.TrimPrefix(kind, ageRecipientAny))) {
			return nil, &UnsupportedError{AgePublic, fmt.Sprintf("recipient of the kind %s1…", kind)}
		}
	}
	public, problem := decodeBech32(ageRecipientPrefix, strings.TrimPrefix(text, ageRecipientAny))
	if problem != "" || !strings.HasPrefix(text, ageRecipientAny) {
		return nil, syntax(AgePublic, "recipient", "%s", orElse(problem, "it does not begin with "+ageRecipientAny))
	}
	k, err := keytool.NewX25519Public(public, "")
	return k, wireError(AgePublic, "recipient", err)
}

func ageRecipient(k *keytool.Key) string { return encodeBech32(ageRecipientPrefix, k.Blob()) }

// fitAge: a comment is a line of its own, where it is not one age-keygen writes.
func fitAge(id ID, k *keytool.Key) ([]Loss, error) {
	losses, err := fitDataset(id, k, true)
	if err == nil && k.Comment() != "" && heldByAge(k.Comment()) == "" {
		losses = append(losses, Loss{"comment", id.Title() + " has no place for a comment that begins so"})
	}
	return losses, err
}

// heldByAge is the comment as it is read back, "" where it would be another.
func heldByAge(comment string) string {
	if !isAgeComment(comment) || strings.TrimRight(comment, " \t") != comment {
		return ""
	}
	return comment
}

func ageCommentLine(k *keytool.Key) string {
	if c := heldByAge(k.Comment()); c != "" {
		return "# " + c + "\n"
	}
	return ""
}

// encodeAge writes what age-keygen does, but for the line with the date.
func encodeAge(k *keytool.Key, _ Options) ([]byte, error) {
	k, err := keytool.ToX25519(k)
	if err != nil {
		return nil, err
	}
	identity := strings.ToUpper(encodeBech32(ageSecretPrefix, k.Secret().(*keytool.X25519Secret).Scalar))
	return []byte(ageCommentLine(k) + "# " + agePublicKey + ageRecipient(k) + "\n" + identity + "\n"), nil
}

func encodeAgePublic(k *keytool.Key, _ Options) ([]byte, error) {
	k, err := keytool.ToX25519(k)
	if err != nil {
		return nil, err
	}
	return []byte(ageCommentLine(k) + ageRecipient(k) + "\n"), nil
}
