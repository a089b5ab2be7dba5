package formats

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"sshkeys/keytool"
)

// The file, PuTTY manual appendix C.2. The Argon2 headers stand in encrypted
// files of version 3 only; version 1 has Private-Hash where it is not encrypted.
//
//	PuTTY-User-Key-File-3: ssh-ed25519
//	Encryption: none | aes256-cbc
//	Comment: any bytes but CR and LF
//	Public-Lines: 2                       and so many lines of base64
//	Key-Derivation: Argon2id | Argon2i | Argon2d
//	Argon2-Memory: 8192                   KiB
//	Argon2-Passes: 13
//	Argon2-Parallelism: 1
//	Argon2-Salt: hex
//	Private-Lines: 1                      and so many lines of base64
//	Private-MAC: hex
const (
	ppkMagic       = "PuTTY-User-Key-File-"
	ppkEncryption  = "Encryption"
	ppkComment     = "Comment"
	ppkPublic      = "Public-Lines"
	ppkDerivation  = "Key-Derivation"
	ppkMemory      = "Argon2-Memory"
	ppkPasses      = "Argon2-Passes"
	ppkParallelism = "Argon2-Parallelism"
	ppkSalt        = "Argon2-Salt"
	ppkPrivate     = "Private-Lines"
	ppkMAC         = "Private-MAC"
	ppkHash        = "Private-Hash"

	ppkPlain   = "none"
	ppkCipher  = "aes256-cbc"
	ppkColumns = 64
)

func ppk3Format() *Format {
	return &Format{
		ID: PPK3, Title: "PuTTY private key (PPK 3)", Holds: HoldsPrivate, Ending: ".ppk",
		Source: "PuTTY manual appendix C", Encrypts: true,
		// Versions to come and damaged version numbers are told here.
		sniff: func(in *input) bool {
			return hasPPKHeader(in, "") && !hasPPKHeader(in, "2:") && !hasPPKHeader(in, "1:")
		},
		decode: func(in *input, lim Limits) (*Envelope, error) {
			if !hasPPKHeader(in, "3:") {
				return decodePPKFuture(in)
			}
			return decodePPK(&ppkFile{id: PPK3, version: 3}, in, lim)
		},
		encode: func(k *keytool.Key, opt Options) ([]byte, error) {
			return encodePPK(&ppkFile{id: PPK3, version: 3}, k, opt)
		},
		fit: func(k *keytool.Key) ([]Loss, error) { return fitPPK(PPK3, k) },
	}
}

func ppk2Format() *Format {
	return &Format{
		ID: PPK2, Title: "PuTTY private key (PPK 2)", Holds: HoldsPrivate, Ending: ".ppk",
		Source: "PuTTY manual appendix C.5", Encrypts: true,
		sniff: func(in *input) bool { return hasPPKHeader(in, "2:") },
		decode: func(in *input, lim Limits) (*Envelope, error) {
			return decodePPK(&ppkFile{id: PPK2, version: 2}, in, lim)
		},
		encode: func(k *keytool.Key, opt Options) ([]byte, error) {
			return encodePPK(&ppkFile{id: PPK2, version: 2}, k, opt)
		},
		fit: func(k *keytool.Key) ([]Loss, error) { return fitPPK(PPK2, k) },
	}
}

// ppk1Format is read only: PuTTY's development snapshots before 0.52 wrote it.
func ppk1Format() *Format {
	return &Format{
		ID: PPK1, Title: "PuTTY private key (PPK 1)", Holds: HoldsPrivate, Ending: ".ppk",
		Source: "PuTTY manual appendix C.6", Encrypts: true,
		sniff: func(in *input) bool { return hasPPKHeader(in, "1:") },
		decode: func(in *input, lim Limits) (*Envelope, error) {
			return decodePPK(&ppkFile{id: PPK1, version: 1}, in, lim)
		},
	}
}

// ppkText is the file's text. A comment may hold control characters, which make
// the whole file look binary to normalise.
func ppkText(in *input) []byte {
	if in.text != nil {
		return in.text
	}
	return in.raw
}

func hasPPKHeader(in *input, version string) bool {
	return bytes.HasPrefix(ppkText(in), []byte(ppkMagic+version))
}

// decodePPKFuture names a version that is not known, as PuTTY does. Nothing
// after the version can be relied on.
func decodePPKFuture(in *input) (*Envelope, error) {
	digits, _, _ := bytes.Cut(ppkText(in)[len(ppkMagic):], []byte(":"))
	version, err := strconv.ParseUint(string(digits), 10, 32)
	if err != nil || version <= 3 {
		return nil, syntaxLine(PPK3, 1, "", "there is no such version of the format")
	}
	newer := &UnsupportedError{"PuTTY private key", fmt.Sprintf("version %d, newer than version 3,", version)}
	return &Envelope{Format: PPK3, Kind: KindPrivate, blocked: newer}, nil
}

// ppkFile is a file's content between its text and its key.
type ppkFile struct {
	id         ID
	version    int
	algorithm  string // key type; the certificate's where there is one
	encryption string
	comment    string
	public     []byte // public key blob as it stands, for the MAC covers these bytes
	kdf        ppkKDF // version 3, encrypted
	private    []byte // private blob, encrypted or not
	mac        []byte
}

func (f *ppkFile) encrypted() bool { return f.encryption != ppkPlain }

// decodePPK reads version 1, 2 or 3. The public half and comment of an encrypted
// file are proved by Open only, and by version 1 not even then: its MAC covers
// the private half, which must fit the public one.
func decodePPK(f *ppkFile, in *input, lim Limits) (*Envelope, error) {
	r := &ppkReader{id: f.id, rest: ppkText(in)}
	if err := r.readClear(f); err != nil {
		return nil, err
	}
	pub, err := f.publicKey()
	if err != nil {
		return nil, err
	}
	e := &Envelope{Format: f.id, Kind: KindPrivate, Algorithm: pub.Algorithm().Name, Public: pub}
	if f.encrypted() && f.encryption != ppkCipher {
		e.Protection = Protection{Cipher: f.encryption}
		e.blocked = &UnsupportedError{f.id, fmt.Sprintf("cipher %q", f.encryption)}
		return e, nil
	}
	if err := r.readPrivate(f); err != nil {
		if unsupported, ok := errors.AsType[*UnsupportedError](err); ok {
			e.Protection, e.blocked = Protection{Cipher: f.encryption}, unsupported
			return e, nil
		}
		return nil, err
	}
	if err := f.prepare(e, lim); err != nil {
		return nil, err
	}
	return e, nil
}

// prepare decides how the envelope opens. A file that is not encrypted is
// checked here and now.
func (f *ppkFile) prepare(e *Envelope, lim Limits) error {
	pub := e.Public
	if !f.encrypted() {
		plain, err := f.unlock(nil)
		if err != nil {
			return err
		}
		if e.blocked = f.unsupportedType(pub); e.blocked != nil {
			return nil
		}
		key, err := f.privateKey(pub, plain)
		if err != nil {
			return err
		}
		e.Public = key.Public()
		e.open = func([]byte) (*keytool.Key, error) { return key, nil }
		return nil
	}
	e.Protection = f.protection()
	e.blocked = f.unsupportedType(pub)
	if e.blocked == nil && f.version == 3 {
		e.blocked = f.kdf.overLimit(lim)
	}
	e.open = func(passphrase []byte) (*keytool.Key, error) {
		plain, err := f.unlock(passphrase)
		if err != nil {
			return nil, err
		}
		return f.privateKey(pub, plain)
	}
	return nil
}

func (f *ppkFile) publicKey() (*keytool.Key, error) {
	pub, err := keytool.NewPublic(f.public, f.comment)
	if err != nil {
		return nil, wireError(f.id, "public key", err)
	}
	if blobKeyType(f.public) != f.algorithm {
		return nil, syntaxLine(f.id, 1, "", "the first line and the public key name different key types")
	}
	return pub, nil
}

// blobKeyType is the key type a blob begins with: RFC 4253 section 6.6.
func blobKeyType(blob []byte) string { return string(keytool.NewWireReader(blob).Str("key type")) }

// ppkReader reads the lines of a file, whose headers have one order only.
type ppkReader struct {
	id   ID
	rest []byte
	line int // number of the line read last
}

// next returns the next line without its end; false at the end of the file.
func (r *ppkReader) next() ([]byte, bool) {
	if len(r.rest) == 0 {
		return nil, false
	}
	r.line++
	line, rest, _ := bytes.Cut(r.rest, []byte("\n"))
	r.rest = rest
	return line, true
}

// header reads the line "name: value", which must be the next one.
func (r *ppkReader) header(name string) (string, error) {
	line, ok := r.next()
	if !ok {
		return "", syntaxLine(r.id, r.line, name, "the file ends before this header")
	}
	value, ok := bytes.CutPrefix(line, []byte(name+":"))
	switch {
	case !ok:
		return "", syntaxLine(r.id, r.line, name, "this header should stand here")
	case len(value) == 0 || value[0] != ' ':
		return "", syntaxLine(r.id, r.line, name, "there is no blank after the colon")
	}
	return string(value[1:]), nil
}

// number reads a header with a decimal number of at most 32 bits.
func (r *ppkReader) number(name string) (uint64, error) {
	value, err := r.header(name)
	if err != nil {
		return 0, err
	}
	n, err := strconv.ParseUint(value, 10, 32)
	if err != nil {
		return 0, syntaxLine(r.id, r.line, name, "not a decimal number of at most 32 bits")
	}
	return n, nil
}

// hex reads a header with bytes in hexadecimal digits.
func (r *ppkReader) hex(name string) ([]byte, error) {
	value, err := r.header(name)
	if err != nil {
		return nil, err
	}
	b, err := hex.DecodeString(value)
	if err != nil {
		return nil, syntaxLine(r.id, r.line, name, "not hexadecimal (%d characters)", len(value))
	}
	return b, nil
}

// blob reads a header with a number of lines, and so many lines of base64.
func (r *ppkReader) blob(name string) ([]byte, error) {
	count, err := r.number(name)
	if err != nil {
		return nil, err
	}
	at := r.line
	var text []byte
	for i := range count {
		line, ok := r.next()
		if !ok || bytes.IndexByte(line, ':') >= 0 {
			return nil, syntaxLine(r.id, at, name, "%d lines announced, %d are there", count, i)
		}
		text = append(text, line...)
	}
	if line, _, _ := bytes.Cut(r.rest, []byte("\n")); len(line) > 0 && bytes.IndexByte(line, ':') < 0 {
		return nil, syntaxLine(r.id, at, name, "%d lines announced, more are there", count)
	}
	blob, err := decodeBase64(r.id, name, text)
	if e, ok := errors.AsType[*SyntaxError](err); ok {
		e.Line = at
	}
	return blob, err
}

// readClear reads what no version or encryption changes.
func (r *ppkReader) readClear(f *ppkFile) (err error) {
	if f.algorithm, err = r.header(ppkMagic + strconv.Itoa(f.version)); err != nil {
		return err
	}
	if f.encryption, err = r.header(ppkEncryption); err != nil {
		return err
	}
	if !isPPKName(f.encryption) {
		return syntaxLine(r.id, r.line, ppkEncryption, "not the name of a cipher")
	}
	if f.comment, err = r.header(ppkComment); err != nil {
		return err
	}
	f.public, err = r.blob(ppkPublic)
	return err
}

// isPPKName keeps anything but names out of errors and reports.
func isPPKName(s string) bool {
	return len(s) > 0 && len(s) <= 64 && isPrintableASCII([]byte(s)) && !strings.ContainsAny(s, ` "\`)
}

// readPrivate reads the rest of the file.
func (r *ppkReader) readPrivate(f *ppkFile) (err error) {
	if err := r.readDerivation(f); err != nil {
		return err
	}
	if f.private, err = r.blob(ppkPrivate); err != nil {
		return err
	}
	if f.encrypted() && (len(f.private) == 0 || len(f.private)%ppkBlock != 0) {
		return syntaxLine(r.id, r.line, ppkPrivate, "%d bytes, not a multiple of %d", len(f.private), ppkBlock)
	}
	name := ppkMAC
	if f.version == 1 && !f.encrypted() {
		name = ppkHash
	}
	if f.mac, err = r.hex(name); err != nil {
		return err
	}
	if size := f.newHash()().Size(); len(f.mac) != size {
		return syntaxLine(r.id, r.line, name, "%d bytes, should be %d", len(f.mac), size)
	}
	return r.end()
}

// end allows blank lines only.
func (r *ppkReader) end() error {
	for {
		line, ok := r.next()
		switch {
		case !ok:
			return nil
		case bytes.HasPrefix(line, []byte(ppkMagic)):
			return syntaxLine(r.id, r.line, "", "a second key follows")
		case len(bytes.TrimSpace(line)) > 0:
			return syntaxLine(r.id, r.line, "", "text follows the end of the key")
		}
	}
}

func fitPPK(id ID, k *keytool.Key) ([]Loss, error) {
	return fitTo(id, k, true, true, ppkFamilies()...)
}

// encodePPK fills f, of which id and version are set, and writes it as puttygen does.
func encodePPK(f *ppkFile, k *keytool.Key, opt Options) ([]byte, error) {
	f.comment, f.public = k.Comment(), k.Blob()
	if cert := k.Certificate(); cert != nil {
		f.public = cert
	}
	f.algorithm, f.encryption = blobKeyType(f.public), ppkPlain
	plain, err := ppkPrivateBlob(f.id, k)
	if err != nil {
		return nil, err
	}
	if len(opt.Passphrase) > 0 {
		f.encryption = ppkCipher
		plain = ppkPad(plain)
		if f.version == 3 {
			if f.kdf, err = newPPKKDF(opt); err != nil {
				return nil, err
			}
		}
	}
	if err := f.lock(opt.Passphrase, plain); err != nil {
		return nil, err
	}
	return f.text(), nil
}

// text writes the file: LF line ends on every system, 64 columns.
func (f *ppkFile) text() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s%d: %s\n", ppkMagic, f.version, f.algorithm)
	fmt.Fprintf(&b, "%s: %s\n", ppkEncryption, f.encryption)
	fmt.Fprintf(&b, "%s: %s\n", ppkComment, f.comment)
	writePPKBlob(&b, ppkPublic, f.public)
	if f.version == 3 && f.encrypted() {
		fmt.Fprintf(&b, "%s: %s\n", ppkDerivation, f.kdf.flavour)
		fmt.Fprintf(&b, "%s: %d\n", ppkMemory, f.kdf.memoryKiB)
		fmt.Fprintf(&b, "%s: %d\n", ppkPasses, f.kdf.passes)
		fmt.Fprintf(&b, "%s: %d\n", ppkParallelism, f.kdf.parallelism)
		fmt.Fprintf(&b, "%s: %x\n", ppkSalt, f.kdf.salt)
	}
	writePPKBlob(&b, ppkPrivate, f.private)
	fmt.Fprintf(&b, "%s: %x\n", ppkMAC, f.mac)
	return b.Bytes()
}

func writePPKBlob(b *bytes.Buffer, name string, blob []byte) {
	lines := wrap(base64.StdEncoding.EncodeToString(blob), ppkColumns)
	fmt.Fprintf(b, "%s: %d\n%s", name, bytes.Count(lines, []byte("\n")), lines)
}
