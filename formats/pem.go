package formats

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"

	"golang.org/x/crypto/cryptobyte"

	"sshkeys/keytool"
)

func pkcs1Format() *Format {
	return &Format{
		ID: PKCS1, Title: "PKCS#1 (PEM) RSA private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "RFC 8017 appendix A.1.2, RFC 1421 section 4.6", Encrypts: true,
		sniff: sniffPKCS(PKCS1), decode: decodePKCS1, encode: encodePKCS1,
		fit: func(k *keytool.Key) ([]Loss, error) { return fitTo(PKCS1, k, false, false, keytool.RSA) },
	}
}

func sec1Format() *Format {
	return &Format{
		ID: SEC1, Title: "SEC 1 (PEM) EC private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "RFC 5915, RFC 1421 section 4.6", Encrypts: true,
		sniff: sniffPKCS(SEC1), decode: decodeSEC1, encode: encodeSEC1,
		fit: func(k *keytool.Key) ([]Loss, error) { return fitTo(SEC1, k, false, false, keytool.ECDSA) },
	}
}

func dsaPEMFormat() *Format {
	return &Format{
		ID: DSAPEM, Title: "traditional (PEM) DSA private key", Holds: HoldsPrivate, Ending: ".pem",
		Source: "OpenSSL d2i_DSAPrivateKey, RFC 1421 section 4.6", Encrypts: true,
		sniff: sniffPKCS(DSAPEM), decode: decodeDSAPEM, encode: encodeDSAPEM,
		fit: func(k *keytool.Key) ([]Loss, error) { return fitTo(DSAPEM, k, false, false, keytool.DSA) },
	}
}

// keyParser reads the DER of a PKCS file to its end. Its errors are
// *keytool.FieldError, *keytool.MismatchError and *foreignKey.
type keyParser func(f *pkcsFile, der []byte) (*keytool.Key, error)

func decodePKCS1(in *input, _ Limits) (*Envelope, error) {
	return decodeTraditional(PKCS1, in, "ssh-rsa", func(_ *pkcsFile, der []byte) (*keytool.Key, error) {
		return readRSAPrivate(newDER(der))
	})
}

func decodeDSAPEM(in *input, _ Limits) (*Envelope, error) {
	return decodeTraditional(DSAPEM, in, "ssh-dss", func(_ *pkcsFile, der []byte) (*keytool.Key, error) {
		return readDSAPrivate(newDER(der))
	})
}

func decodeSEC1(in *input, _ Limits) (*Envelope, error) {
	return decodeTraditional(SEC1, in, "", func(f *pkcsFile, der []byte) (*keytool.Key, error) {
		around := ""
		if f.parameters != nil {
			params := newDER(f.parameters)
			name, err := readECParameters(params)
			if err == nil {
				err = params.end()
			}
			if err != nil {
				return nil, err
			}
			around = name
		}
		return readECPrivate(newDER(der), around)
	})
}

// decodeTraditional reads the formats whose PEM label tells the algorithm.
func decodeTraditional(id ID, in *input, algorithm string, parse keyParser) (*Envelope, error) {
	f, err := readPKCS(id, in)
	if err != nil {
		return nil, err
	}
	dek, err := readDEKInfo(id, f.headers)
	if err != nil {
		return nil, err
	}
	if dek != nil {
		return dek.envelope(f, algorithm, parse)
	}
	return f.envelope(KindPrivate, parse)
}

func encodePKCS1(k *keytool.Key, opt Options) ([]byte, error) {
	return encodeTraditional(PKCS1, "RSA PRIVATE KEY", opt, func(b *cryptobyte.Builder) { addRSAPrivate(b, k) })
}

func encodeSEC1(k *keytool.Key, opt Options) ([]byte, error) {
	return encodeTraditional(SEC1, "EC PRIVATE KEY", opt, func(b *cryptobyte.Builder) { addECPrivate(b, k, true) })
}

func encodeDSAPEM(k *keytool.Key, opt Options) ([]byte, error) {
	return encodeTraditional(DSAPEM, "DSA PRIVATE KEY", opt, func(b *cryptobyte.Builder) { addDSAPrivate(b, k) })
}

func encodeTraditional(id ID, label string, opt Options, add cryptobyte.BuilderContinuation) ([]byte, error) {
	if len(opt.Passphrase) == 0 {
		return encodePKCS(label, opt, add)
	}
	if opt.DER {
		return nil, &CannotHoldError{id, "a passphrase without its PEM armour"}
	}
	var b cryptobyte.Builder
	add(&b)
	der, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	headers, sealed, err := sealPEM(id, der, opt)
	if err != nil {
		return nil, err
	}
	return armour(label, headers, sealed), nil
}

// encodePKCS writes DER, in PEM armour unless the options say otherwise.
func encodePKCS(label string, opt Options, add cryptobyte.BuilderContinuation) ([]byte, error) {
	var b cryptobyte.Builder
	add(&b)
	der, err := b.Bytes()
	if err != nil || opt.DER {
		return der, err
	}
	return armour(label, "", der), nil
}

// armour writes a PEM block in OpenSSL's 64 columns (RFC 7468 section 2).
func armour(label, headers string, payload []byte) []byte {
	var out bytes.Buffer
	out.WriteString("-----BEGIN " + label + "-----\n" + headers)
	out.Write(wrap(base64.StdEncoding.EncodeToString(payload), 64))
	out.WriteString("-----END " + label + "-----\n")
	return out.Bytes()
}

// pkcsFile is the DER of a PKCS or X.509 file and what stood around it.
type pkcsFile struct {
	id         ID
	label      string // of the PEM block; "" for bare DER
	headers    map[string]string
	der        []byte // encrypted where the headers say so
	parameters []byte // DER of the EC PARAMETERS block before it; nil: there is none
}

func (f *pkcsFile) bare() bool { return f.label == "" }

// readPKCS takes the file's DER out of its armour.
func readPKCS(id ID, in *input) (*pkcsFile, error) {
	if shapeOfDER(in.raw) == id {
		return &pkcsFile{id: id, der: bytes.Clone(in.raw)}, nil
	}
	f := &pkcsFile{id: id}
	for at := 0; ; {
		block, after, err := decodeArmour(id, in.text, at)
		if err != nil {
			return nil, err
		}
		der, err := decodeBase64(id, "base64 text", block.body)
		if err != nil {
			return nil, err
		}
		if !isParameters(block.label) {
			f.label, f.headers, f.der = block.label, block.headers, der
			return f, nil
		}
		if block.label == "EC PARAMETERS" {
			f.parameters = der
		}
		at = after
	}
}

// refuseProcType keeps PEM's own encryption to the traditional formats, the only
// ones that tools write with it.
func (f *pkcsFile) refuseProcType() error {
	if _, ok := f.headers["Proc-Type"]; ok {
		return &UnsupportedError{f.id, "PEM encryption"}
	}
	return nil
}

// parse runs a parser and puts its errors into the words of the format.
func (f *pkcsFile) parse(parse keyParser, der []byte) (*keytool.Key, error) {
	key, err := parse(f, der)
	if err == nil {
		return key, nil
	}
	if foreign, ok := errors.AsType[*foreignKey](err); ok {
		return nil, &UnsupportedError{f.id, foreign.what}
	}
	return nil, wireError(f.id, "DER", err)
}

// envelope is that of a file in clear. A key of a foreign kind has one too.
func (f *pkcsFile) envelope(kind Kind, parse keyParser) (*Envelope, error) {
	e := &Envelope{Format: f.id, Kind: kind, DER: f.bare()}
	key, err := parse(f, f.der)
	if foreign, ok := errors.AsType[*foreignKey](err); ok {
		e.Algorithm, e.Public = foreign.algorithm, foreign.public
		e.blocked = &UnsupportedError{f.id, foreign.what}
		return e, nil
	}
	if err != nil {
		return nil, wireError(f.id, "DER", err)
	}
	e.Algorithm, e.Public = key.Algorithm().Name, key.Public()
	e.open = func([]byte) (*keytool.Key, error) { return key, nil }
	return e, nil
}

// pemBlock is one PEM block (RFC 1421 section 4.4, RFC 7468).
type pemBlock struct {
	label   string
	headers map[string]string
	body    []byte // base64 text with its line ends
}

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemDash  = "-----"
)

// decodeArmour reads the first PEM block of a text from offset at on, and
// returns the offset behind it. Lines may have any width; what stands before
// and after the block is not looked at.
func decodeArmour(id ID, text []byte, at int) (*pemBlock, int, error) {
	label, begin, next := findBegin(text, at)
	if label == "" {
		return nil, 0, syntax(id, "BEGIN line", "missing")
	}
	line := 1 + bytes.Count(text[:begin], []byte("\n"))
	content := text[next:]
	for len(text) > next {
		current, rest, _ := bytes.Cut(text[next:], []byte("\n"))
		current = bytes.TrimRight(current, " \t")
		if bytes.HasPrefix(current, []byte(pemBegin)) {
			break
		}
		if bytes.HasPrefix(current, []byte(pemEnd)) {
			if string(current) != pemEnd+label+pemDash {
				return nil, 0, syntaxLine(id, line, "END line", "does not fit the BEGIN line")
			}
			content = content[:len(content)-len(text[next:])]
			headers, body := splitHeaders(content)
			return &pemBlock{label, headers, body}, len(text) - len(rest), nil
		}
		next = len(text) - len(rest)
	}
	return nil, 0, syntaxLine(id, line, "END line", "missing: the block that begins here is cut off")
}

// splitHeaders parts the "Name: value" lines that may lead a block from its
// base64, which has no colon.
func splitHeaders(content []byte) (headers map[string]string, body []byte) {
	for {
		line, rest, _ := bytes.Cut(content, []byte("\n"))
		name, value, isHeader := strings.Cut(string(line), ":")
		if !isHeader {
			return headers, content
		}
		if headers == nil {
			headers = map[string]string{}
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
		content = rest
	}
}

// findBegin finds the first BEGIN line from offset at on: its label, its offset
// and that of the next line. The label is "" where there is none.
func findBegin(text []byte, at int) (label string, begin, next int) {
	for {
		i := bytes.Index(text[at:], []byte(pemBegin))
		if i < 0 {
			return "", 0, 0
		}
		begin, at = at+i, at+i+len(pemBegin)
		if begin > 0 && text[begin-1] != '\n' {
			continue
		}
		line, rest, _ := bytes.Cut(text[at:], []byte("\n"))
		name, ok := bytes.CutSuffix(bytes.TrimRight(line, " \t"), []byte(pemDash))
		if ok && 0 < len(name) && len(name) <= 64 && isPrintableASCII(name) {
			return string(name), begin, len(text) - len(rest)
		}
	}
}

// isParameters tells the blocks that OpenSSL writes before a key.
func isParameters(label string) bool { return label == "EC PARAMETERS" || label == "DSA PARAMETERS" }

// sniffPKCS recognises a PKCS or X.509 file by its DER or its PEM label.
func sniffPKCS(id ID) func(in *input) bool {
	return func(in *input) bool {
		if shape := shapeOfDER(in.raw); shape != "" {
			return shape == id
		}
		label, _, next := findBegin(in.text, 0)
		for isParameters(label) {
			label, _, next = findBegin(in.text, next)
		}
		return formatOfLabel(label) == id
	}
}

// formatOfLabel is the format of a PEM label; "" where it is not one of these.
func formatOfLabel(label string) ID {
	switch label {
	case "RSA PRIVATE KEY":
		return PKCS1
	case "EC PRIVATE KEY":
		return SEC1
	case "DSA PRIVATE KEY":
		return DSAPEM
	case "PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return PKCS8
	case "PUBLIC KEY":
		return SPKI
	case "RSA PUBLIC KEY":
		return PKCS1Public
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return X509
	}
	return ""
}
