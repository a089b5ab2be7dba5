package formats

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"sshkeys/internal/bcryptpbkdf"
	"sshkeys/keytool"
)

func openSSHFormat() *Format {
	return &Format{
		ID: OpenSSH, Title: "OpenSSH private key", Holds: HoldsPrivate, Ending: "",
		Source: "OpenSSH PROTOCOL.key", Encrypts: true,
		sniff: sniffOpenSSH, decode: decodeOpenSSH, encode: encodeOpenSSH, fit: fitOpenSSH,
	}
}

const (
	openSSHLabel    = "OPENSSH PRIVATE KEY"
	openSSHBegin    = "-----BEGIN " + openSSHLabel + "-----"
	openSSHEnd      = "-----END " + openSSHLabel + "-----"
	openSSHMagic    = "openssh-key-v1\x00"
	openSSHNone     = "none"   // name of the cipher and of the KDF
	openSSHBcrypt   = "bcrypt" // the one KDF
	openSSHSaltSize = 16       // sshkey.c SALT_LEN
	openSSHColumns  = 70       // sshbuf_dtob64
	openSSHRounds   = "the number of bcrypt rounds"
)

func sniffOpenSSH(in *input) bool {
	label, ok := firstPEMLabel(in.text)
	return ok && label == openSSHLabel
}

// openSSHFile is the outer structure of PROTOCOL.key section 1.
type openSSHFile struct {
	cipherName string
	cipher     *openSSHCipher // nil where nobody knows it
	kdf        string
	salt       []byte
	rounds     uint32
	public     *keytool.Key
	section    []byte // the private section, encrypted or not
	tag        []byte // of an authenticating cipher; stands after the section
}

// decodeOpenSSH reads openssh-key-v1. What stands in clear is the public half,
// without its comment.
func decodeOpenSSH(in *input, lim Limits) (*Envelope, error) {
	raw, err := openSSHBody(in.text)
	if err != nil {
		return nil, err
	}
	f, err := readOpenSSH(raw)
	if err != nil {
		return nil, err
	}
	e := &Envelope{
		Format: OpenSSH, Kind: KindPrivate, Algorithm: f.public.Algorithm().Name,
		Protection: f.protection(), Public: f.public,
	}
	if e.blocked = f.refusal(lim); e.blocked != nil {
		return e, nil
	}
	if e.Encrypted() {
		e.open = f.decrypt
		return e, nil
	}
	key, err := f.readSection(f.section, &IntegrityError{OpenSSH, "the two check numbers differ"})
	if err != nil {
		return nil, err
	}
	e.Public = key.Public()
	e.open = func([]byte) (*keytool.Key, error) { return key, nil }
	return e, nil
}

// openSSHBody finds the base64 text, in lines of any length, and decodes it.
// What comes before the BEGIN line and after the END line does not matter.
func openSSHBody(text []byte) ([]byte, error) {
	var body []byte
	number, inside := 0, false
	for line := range bytes.Lines(text) {
		number++
		line = bytes.TrimRight(line, " \t\n")
		switch {
		case !inside:
			inside = string(line) == openSSHBegin
		case string(line) == openSSHEnd:
			return decodeBase64(OpenSSH, "base64 text", body)
		default:
			if i := bytes.IndexFunc(line, notBase64); i >= 0 {
				return nil, syntaxLine(OpenSSH, number, "base64 text", "character %d is not base64", i+1)
			}
			body = append(body, line...)
		}
	}
	return nil, syntaxLine(OpenSSH, number, "END line", "the file ends before it")
}

func notBase64(r rune) bool {
	switch {
	case 'A' <= r && r <= 'Z', 'a' <= r && r <= 'z', '0' <= r && r <= '9':
		return false
	}
	return r != '+' && r != '/' && r != '=' && r != ' ' && r != '\t'
}

// readOpenSSH takes the outer structure apart and checks all that can be
// checked without the passphrase.
func readOpenSSH(raw []byte) (*openSSHFile, error) {
	r := keytool.NewWireReader(raw)
	if magic := r.Bytes("magic", len(openSSHMagic)); r.Err() == nil && string(magic) != openSSHMagic {
		return nil, syntax(OpenSSH, "magic", "not openssh-key-v1")
	}
	f := &openSSHFile{}
	f.cipherName = string(r.Str("cipher name"))
	f.kdf = string(r.Str("KDF name"))
	kdfOptions := r.Str("KDF options")
	keys := r.Uint32("number of keys")
	public := r.Str("public key")
	for more := keys; more > 1 && r.Err() == nil; more-- {
		r.Str("public key")
	}
	f.section = r.Str("private section")
	if err := r.Err(); err != nil {
		return nil, wireError(OpenSSH, "header", err)
	}
	if keys != 1 { // OpenSSH refuses these too
		return nil, &UnsupportedError{OpenSSH, fmt.Sprintf("number of keys (%d)", keys)}
	}
	f.tag = r.Rest()
	if err := f.readKDF(kdfOptions); err != nil {
		return nil, err
	}
	if err := f.checkSizes(); err != nil {
		return nil, err
	}
	var err error
	f.public, err = keytool.NewPublic(public, "")
	return f, wireError(OpenSSH, "public key", err)
}

// readKDF reads the KDF options, PROTOCOL.key sections 2 and 5.
func (f *openSSHFile) readKDF(options []byte) error {
	if !isOpenSSHName(f.cipherName) || !isOpenSSHName(f.kdf) {
		return syntax(OpenSSH, "header", "the name of the cipher or KDF is no name")
	}
	if (f.cipherName == openSSHNone) != (f.kdf == openSSHNone) {
		return syntax(OpenSSH, "header", "only one of cipher and KDF is %q", openSSHNone)
	}
	switch f.kdf {
	case openSSHNone:
		if len(options) != 0 {
			return syntax(OpenSSH, "KDF options", "%d bytes without a KDF", len(options))
		}
	case openSSHBcrypt:
		r := keytool.NewWireReader(options)
		f.salt, f.rounds = r.Str("salt"), r.Uint32("rounds")
		if err := r.End(); err != nil {
			return wireError(OpenSSH, "KDF options", err)
		}
		if len(f.salt) == 0 || f.rounds == 0 {
			return syntax(OpenSSH, "KDF options", "no salt or no rounds")
		}
	}
	return nil
}

// isOpenSSHName holds a name to what RFC 4251 section 6 allows, so that it can
// be shown.
func isOpenSSHName(name string) bool {
	return name != "" && len(name) <= 64 && isPrintableASCII([]byte(name))
}

// checkSizes compares the private section and the tag with what the cipher makes.
func (f *openSSHFile) checkSizes() error {
	f.cipher = lookupOpenSSHCipher(f.cipherName)
	if f.cipher == nil {
		return nil
	}
	if n := len(f.section); n == 0 || n%f.cipher.block != 0 {
		return syntax(OpenSSH, "private section", "%d bytes, not a multiple of %d", n, f.cipher.block)
	}
	if len(f.tag) != f.cipher.tag {
		return syntax(OpenSSH, "private section", "%d bytes follow it, should be %d", len(f.tag), f.cipher.tag)
	}
	return nil
}

func (f *openSSHFile) protection() Protection {
	if f.cipherName == openSSHNone {
		return Protection{}
	}
	p := Protection{Cipher: f.cipherName, KDF: f.kdf}
	if f.kdf == openSSHBcrypt {
		p.Params = map[string]uint64{"rounds": uint64(f.rounds)}
	}
	return p
}

// refusal is why the private half of a well-formed file will not be read; nil if it will.
func (f *openSSHFile) refusal(lim Limits) error {
	switch {
	case f.cipher == nil:
		return &UnsupportedError{OpenSSH, fmt.Sprintf("cipher %q", f.cipherName)}
	case f.kdf != openSSHNone && f.kdf != openSSHBcrypt:
		return &UnsupportedError{OpenSSH, fmt.Sprintf("KDF %q", f.kdf)}
	case uint64(f.rounds) > lim.BcryptRounds:
		return &LimitError{openSSHRounds, uint64(f.rounds), lim.BcryptRounds}
	case f.public.Algorithm().Family == keytool.Unknown:
		return &UnsupportedError{OpenSSH, fmt.Sprintf("key type %q", f.public.Algorithm().Name)}
	case f.public.Certificate() != nil:
		return &UnsupportedError{OpenSSH, "certificate in the place of the public key"}
	}
	return nil
}

// decrypt opens the private section. The passphrase is taken for wrong where
// the cipher's tag or, for a cipher without one, the check numbers do not fit.
func (f *openSSHFile) decrypt(passphrase []byte) (*keytool.Key, error) {
	if len(passphrase) == 0 {
		return nil, ErrWrongPassphrase // nothing is encrypted under an empty one
	}
	derived, err := bcryptpbkdf.Key(passphrase, f.salt, int(f.rounds), f.cipher.key+f.cipher.iv)
	if err != nil {
		return nil, err
	}
	sealed := append(bytes.Clone(f.section), f.tag...)
	plain, err := f.cipher.open(derived[:f.cipher.key], derived[f.cipher.key:], sealed)
	if err != nil {
		return nil, err
	}
	wrong := ErrWrongPassphrase
	if f.cipher.tag > 0 {
		wrong = &IntegrityError{OpenSSH, "the two check numbers differ"}
	}
	return f.readSection(plain, wrong)
}

// readSection reads the decrypted private section, PROTOCOL.key section 3. The
// key is given only when the secret, the public numbers beside it and the
// header all name one public half, which OpenSSH itself does not ask of every
// type. wrong is the error for check numbers that differ.
func (f *openSSHFile) readSection(plain []byte, wrong error) (*keytool.Key, error) {
	r := keytool.NewWireReader(plain)
	if r.Uint32("first check number") != r.Uint32("second check number") {
		return nil, wrong
	}
	name := string(r.Str("key type"))
	a := keytool.LookupAlgorithm(name)
	if a == nil && r.Err() == nil {
		return nil, &keytool.MismatchError{Reason: "the private section is of another key type than the header", Want: f.public}
	}
	n, err := readOpenSSHNumbers(a, r)
	if err != nil {
		return nil, wireError(OpenSSH, "private section", err)
	}
	for i, b := range r.Rest() {
		if b != byte(i+1) {
			return nil, &IntegrityError{OpenSSH, "the padding of the private section is not 1, 2, 3, …"}
		}
	}
	key, err := n.join(name)
	if err != nil {
		return nil, wireError(OpenSSH, "private section", err)
	}
	if !key.Equal(f.public) {
		return nil, &keytool.MismatchError{
			Reason: "the public key in the header is not that of the private section",
			Want:   f.public, Got: key.Public(),
		}
	}
	return key, nil
}

// openSSHNumbers is one key of the private section.
type openSSHNumbers struct {
	params  [][]byte // in the order of keytool.NewPublicParams
	secret  keytool.Secret
	second  []byte // Ed25519 and Ed448 repeat the public key behind the seed
	comment string
}

// readOpenSSHNumbers reads what follows the key type up to the padding, as
// OpenSSH's sshkey_private_serialize and, for Ed448, PuTTY write it. a may be
// nil where r has failed already.
func readOpenSSHNumbers(a *keytool.Algorithm, r *keytool.WireReader) (n openSSHNumbers, err error) {
	if r.Err() != nil {
		return n, r.Err()
	}
	if a.Curve != "" {
		at, curve := r.Offset(), r.Str("curve")
		if r.Err() == nil && string(curve) != a.Curve {
			return n, &keytool.FieldError{Field: "curve", Offset: at, Reason: "does not fit the key type " + a.Name}
		}
	}
	seeds := keytool.NewWireReader(nil) // over a private key of several parts in one string
	switch a.Family {
	case keytool.RSA:
		modulus, exponent := r.MPInt("n"), r.MPInt("e")
		n.params = [][]byte{exponent, modulus}
		n.secret = &keytool.RSASecret{D: r.MPInt("d"), IQMP: r.MPInt("iqmp"), P: r.MPInt("p"), Q: r.MPInt("q")}
	case keytool.DSA:
		n.params = [][]byte{r.MPInt("p"), r.MPInt("q"), r.MPInt("g"), r.MPInt("y")}
		n.secret = &keytool.DSASecret{X: r.MPInt("x")}
	case keytool.ECDSA:
		n.params = [][]byte{r.Str("Q")}
		n.secret = &keytool.ECDSASecret{D: r.MPInt("d")}
	case keytool.Ed25519, keytool.Ed448:
		public := r.Str("public key")
		n.params = [][]byte{public}
		seeds = keytool.NewWireReader(r.Str("private key"))
		n.secret = &keytool.EdSecret{Seed: seeds.Bytes("seed", edSeedSize(a))}
		n.second = seeds.Bytes("public key behind the seed", len(public))
	case keytool.SKECDSA, keytool.SKEd25519:
		n.params = [][]byte{r.Str("public key"), r.Str("application")}
		n.secret = &keytool.SKSecret{Flags: r.Byte("flags"), KeyHandle: r.Str("key handle"), Reserved: r.Str("reserved")}
	case keytool.MLDSA44Ed25519:
		n.params = [][]byte{r.Str("public key")}
		seeds = keytool.NewWireReader(r.Str("private key"))
		n.secret = &keytool.MLDSASecret{
			MLDSASeed:   seeds.Bytes("ML-DSA seed", keytool.MLDSASeedSize),
			Ed25519Seed: seeds.Bytes("Ed25519 seed", keytool.Ed25519SeedSize),
		}
	}
	n.comment = string(r.Str("comment"))
	if r.Err() != nil {
		return n, r.Err()
	}
	return n, seeds.End()
}

func edSeedSize(a *keytool.Algorithm) int {
	if a.Family == keytool.Ed448 {
		return keytool.Ed448SeedSize
	}
	return keytool.Ed25519SeedSize
}

// join makes the key. The seed's public key is derived before the repeated one
// is looked at, so the error tells which of the two is the stranger.
func (n *openSSHNumbers) join(algorithm string) (*keytool.Key, error) {
	public, err := keytool.NewPublicParams(algorithm, n.comment, n.params...)
	if err != nil {
		return nil, err
	}
	key, err := keytool.NewPrivate(public, n.secret)
	if err != nil {
		return nil, n.blame(err)
	}
	if n.second != nil && !bytes.Equal(n.second, n.params[0]) {
		mismatch := &keytool.MismatchError{Reason: "the public key repeated behind the seed belongs to another key", Want: public}
		if other, err := keytool.NewPublicParams(algorithm, "", n.second); err == nil {
			mismatch.Got = other
		}
		return nil, mismatch
	}
	return key, nil
}

// blame tells, where a seed belongs to another key, which of the copies of the
// public key go with it.
func (n *openSSHNumbers) blame(err error) error {
	m, ok := errors.AsType[*keytool.MismatchError](err)
	if !ok || m.Got == nil || n.second == nil {
		return err
	}
	reason := "the seed belongs to another key than the public key repeated behind it"
	if bytes.Equal(n.second, m.Got.Params()[0]) {
		reason = "the private key belongs to another key than the public key before it"
	}
	return &keytool.MismatchError{Reason: reason, Want: m.Want, Got: m.Got}
}

func fitOpenSSH(k *keytool.Key) ([]Loss, error) {
	return fitTo(OpenSSH, k, true, false, keytool.RSA, keytool.DSA, keytool.ECDSA, keytool.Ed25519,
		keytool.Ed448, keytool.SKECDSA, keytool.SKEd25519, keytool.MLDSA44Ed25519)
}

// encodeOpenSSH writes openssh-key-v1 as OpenSSH's sshkey_private_to_blob2
// does. Salt and check number are random. Ed448 is PuTTY's extension, which
// ssh-keygen does not read.
func encodeOpenSSH(k *keytool.Key, opt Options) ([]byte, error) {
	lock, err := newOpenSSHLock(opt)
	if err != nil {
		return nil, err
	}
	check, err := opt.random(4)
	if err != nil {
		return nil, err
	}
	section := keytool.AppendStr(bytes.Repeat(check, 2), k.Algorithm().Name)
	section = keytool.AppendStr(appendOpenSSHNumbers(section, k), k.Comment())
	for pad := byte(1); len(section)%lock.cipher.block != 0; pad++ {
		section = append(section, pad)
	}
	sealed, err := lock.cipher.seal(lock.key[:lock.cipher.key], lock.key[lock.cipher.key:], section)
	if err != nil {
		return nil, err
	}

	raw := keytool.AppendStr([]byte(openSSHMagic), lock.cipher.name)
	raw = keytool.AppendStr(raw, lock.kdf)
	raw = keytool.AppendStr(raw, lock.options)
	raw = keytool.AppendUint32(raw, 1) // number of keys
	raw = keytool.AppendStr(raw, k.Blob())
	raw = keytool.AppendUint32(raw, uint32(len(section))) // a tag is not counted
	raw = append(raw, sealed...)
	text := wrap(base64.StdEncoding.EncodeToString(raw), openSSHColumns)
	return slices.Concat([]byte(openSSHBegin+"\n"), text, []byte(openSSHEnd+"\n")), nil
}

// openSSHLock is how a new file is protected: the cipher with its key and iv,
// and the KDF with its options.
type openSSHLock struct {
	cipher       *openSSHCipher
	kdf          string
	options, key []byte
}

func newOpenSSHLock(opt Options) (*openSSHLock, error) {
	if len(opt.Passphrase) == 0 {
		return &openSSHLock{cipher: lookupOpenSSHCipher(openSSHNone), kdf: openSSHNone}, nil
	}
	name := cmp.Or(opt.Cipher, "aes256-ctr")
	c := lookupOpenSSHCipher(name)
	if c == nil || name == openSSHNone {
		return nil, &UnsupportedError{OpenSSH, fmt.Sprintf("cipher %q", name)}
	}
	rounds := cmp.Or(opt.Rounds, DefaultBcryptRounds)
	if limit := DefaultLimits().BcryptRounds; uint64(rounds) > limit { // it could not be read back
		return nil, &LimitError{openSSHRounds, uint64(rounds), limit}
	}
	salt, err := opt.random(openSSHSaltSize)
	if err != nil {
		return nil, err
	}
	key, err := bcryptpbkdf.Key(opt.Passphrase, salt, int(rounds), c.key+c.iv)
	if err != nil {
		return nil, err
	}
	options := keytool.AppendUint32(keytool.AppendStr(nil, salt), rounds)
	return &openSSHLock{c, openSSHBcrypt, options, key}, nil
}

// appendOpenSSHNumbers is the counterpart of readOpenSSHNumbers.
func appendOpenSSHNumbers(dst []byte, k *keytool.Key) []byte {
	public := k.Params()
	if curve := k.Algorithm().Curve; curve != "" {
		dst = keytool.AppendStr(dst, curve)
	}
	switch s := k.Secret().(type) {
	case *keytool.RSASecret:
		for _, number := range [][]byte{public[1], public[0], s.D, s.IQMP, s.P, s.Q} {
			dst = keytool.AppendMPInt(dst, number)
		}
	case *keytool.DSASecret:
		for _, number := range append(slices.Clip(public), s.X) {
			dst = keytool.AppendMPInt(dst, number)
		}
	case *keytool.ECDSASecret:
		dst = keytool.AppendMPInt(keytool.AppendStr(dst, public[0]), s.D)
	case *keytool.EdSecret:
		dst = keytool.AppendStr(dst, public[0])
		dst = keytool.AppendStr(dst, slices.Concat(s.Seed, public[0]))
	case *keytool.SKSecret:
		dst = keytool.AppendStr(keytool.AppendStr(dst, public[0]), public[1])
		dst = append(dst, s.Flags)
		dst = keytool.AppendStr(keytool.AppendStr(dst, s.KeyHandle), s.Reserved)
	case *keytool.MLDSASecret:
		dst = keytool.AppendStr(dst, public[0])
		dst = keytool.AppendStr(dst, slices.Concat(s.MLDSASeed, s.Ed25519Seed))
	}
	return dst
}
