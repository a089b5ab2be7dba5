package formats

import (
	"bytes"
	"encoding/binary"

	"sshkeys/keytool"
)

// field is a part of decoded bytes, with its length or tag.
type field struct {
	name        string // as the decoders call it: "public key, field n"
	role        string // n
	from, to    int
	value       []byte
	first, last int32 // its places in the file
}

// anatomy is what bytes are made of, followed from field to field by their lengths.
// Lengths of containers are held to what is in them, not the other way round: so a
// changed one is found out.
type anatomy struct {
	data   []byte
	off    int
	fields []field
	sure   int     // what ends here has the right lengths: what follows it was where it should be
	broken int     // where that is no longer so; -1 for never
	odd    []field // containers whose length is not that of what is in them
	sound  bool    // all lengths are right, to the end
	sized  int     // behind the length that tells the size of the whole; 0 for none
	opaque bool    // what that is the length of is encrypted
}

func newAnatomy(data []byte) *anatomy { return &anatomy{data: data, broken: -1} }

// end closes the walk.
func (a *anatomy) end() {
	if a.broken < 0 && a.off != len(a.data) {
		a.broken = len(a.data)
	}
	a.sound = a.broken < 0 && len(a.odd) == 0 && a.off > 0
}

func (a *anatomy) fail(at int) {
	if a.broken < 0 {
		a.broken = min(at, len(a.data))
	}
}

// known says whether what was read last is what can stand there only.
func (a *anatomy) known(is bool) {
	switch {
	case a.broken >= 0:
	case is:
		a.sure = a.off
	default:
		a.fail(a.off)
	}
}

// add records a field that runs to an offset.
func (a *anatomy) add(part, role string, content, to int) []byte {
	f := field{name: part + ", field " + role, role: role, from: a.off, to: to, value: a.data[content:to]}
	a.fields, a.off = append(a.fields, f), to
	return f.value
}

// str reads a string of RFC 4251 section 5. That a length is possible shows that
// it stands in its place, and so that what is before it is right.
func (a *anatomy) str(part, role string) []byte {
	n, ok := a.length()
	switch {
	case ok && n > len(a.data)-a.off-4 && n <= 2*len(a.data): // cut off, or a line of it is lost
		a.fail(len(a.data))
		return nil
	case !ok || n > len(a.data)-a.off-4:
		a.fail(a.off + 4)
		return nil
	}
	a.sure = a.off
	return a.add(part, role, a.off+4, a.off+4+n)
}

func (a *anatomy) length() (int, bool) {
	if a.broken >= 0 || len(a.data)-a.off < 4 {
		return 0, false
	}
	return int(min(binary.BigEndian.Uint32(a.data[a.off:]), 1<<30)), true
}

// bytes reads what has no length.
func (a *anatomy) bytes(part, role string, n int) []byte {
	if a.broken >= 0 || n < 0 || n > len(a.data)-a.off {
		a.fail(a.off + max(n, 0))
		return nil
	}
	return a.add(part, role, a.off, a.off+n)
}

// open reads the length of a string that holds others.
func (a *anatomy) open(part string) (container field) {
	n, ok := a.length()
	if !ok {
		a.fail(a.off + 4)
	}
	container = field{name: part, from: a.off, to: a.off + 4 + n}
	a.off += 4
	return container
}

// close holds a container's length to its content.
func (a *anatomy) close(container field) {
	if a.broken < 0 && a.off != container.to {
		container.to = container.from + 4
		a.odd = append(a.odd, container)
	}
}

// region is where the damage to the lengths is.
func (p *bodyPart) region() (first, last int32) {
	from, to := p.sure, p.broken
	if len(p.odd) > 0 {
		from = min(from, p.odd[0].from)
	}
	switch {
	case p.opaque && p.broken < 0:
		to = len(p.raw)
	case p.broken < 0 && len(p.odd) == 1:
		from, to = p.odd[0].from, p.odd[0].to
	case p.broken < 0:
		to = len(p.raw)
	}
	return p.places(from, to)
}

// structure is the finding where the lengths are wrong.
func (w *wreck) structure() *finding {
	for i := range w.parts {
		p := &w.parts[i]
		if p.data == nil || p.sound || len(p.raw) == 0 {
			continue
		}
		found := &finding{depth: atStructure}
		found.first, found.last = p.region()
		if p.broken < 0 && len(p.odd) == 1 && !p.opaque {
			found.damage.Field = p.odd[0].name
			found.damage.Reason = "its length is not that of what is in it"
		}
		return found
	}
	return nil
}

// dissect follows the fields of a part of it, where they are in clear.
func (w *wreck) dissect(p *bodyPart) {
	a := newAnatomy(p.raw)
	switch {
	case w.id == OpenSSH:
		a.openSSH()
	case w.id == Dropbear:
		a.dropbear()
	case w.id == Wire, w.id == RFC4716, w.id == OpenSSHPublic, w.id == WireBase64, p.name == ppkPublic:
		a.blob("public key")
	case p.name == ppkPrivate:
		if !w.ppkPrivate(a) {
			a = nil
		}
	default:
		if !a.der(w.id, bytes.Contains(w.text.b, []byte("ENCRYPTED\n")) || bytes.Contains(w.text.b, []byte("DEK-Info:"))) {
			a = nil
		}
	}
	if a == nil {
		p.anatomy = anatomy{broken: -1}
		return
	}
	a.end()
	for i := range a.fields {
		f := &a.fields[i]
		f.first, f.last = p.places(f.from, f.to)
	}
	p.anatomy = *a
}

// blob follows a public key (RFC 4253 section 6.6) or certificate and returns its type.
func (a *anatomy) blob(part string) *keytool.Algorithm {
	alg, cert := a.keyType(part)
	if cert != nil {
		a.str(part, "nonce")
		a.numbers(part, cert, publicRoles(cert.Family))
		a.certificate(part)
		return cert
	}
	if alg == nil {
		return nil
	}
	a.numbers(part, alg, publicRoles(alg.Family))
	return alg
}

// keyType reads the name of a key type, or of a type of certificates.
func (a *anatomy) keyType(part string) (alg, cert *keytool.Algorithm) {
	name := string(a.str(part, "key type"))
	alg, cert = keytool.LookupAlgorithm(name), keytool.LookupCertificate(name)
	a.known(alg != nil || cert != nil)
	return alg, cert
}

// certificate follows what a certificate has behind its key (PROTOCOL.certkeys).
func (a *anatomy) certificate(part string) {
	a.bytes(part, "serial and type", 8+4)
	a.str(part, "key id")
	a.str(part, "principals")
	a.bytes(part, "times", 8+8)
	for _, role := range []string{"critical options", "extensions", "reserved", "signature key", "signature"} {
		a.str(part, role)
	}
}

// publicRoles are the fields of a public key after its type.
func publicRoles(f keytool.Family) []string {
	switch f {
	case keytool.RSA:
		return []string{"e", "n"}
	case keytool.DSA:
		return []string{"p", "q", "g", "y"}
	case keytool.ECDSA:
		return []string{"curve", "Q"}
	case keytool.SKECDSA:
		return []string{"curve", "Q", "application"}
	case keytool.SKEd25519:
		return []string{"key", "application"}
	}
	return []string{"key"}
}

// numbers follows fields, and holds those of a fixed content or size to it.
func (a *anatomy) numbers(part string, alg *keytool.Algorithm, roles []string) {
	for _, role := range roles {
		value := a.str(part, role)
		switch {
		case role == "curve":
			a.known(string(value) == alg.Curve)
		case role == "Q":
			size := (alg.ScalarSize()*2 + 1)
			a.known(len(value) == size)
		case role == "key":
			a.known(len(value) == keySize(alg.Family))
		}
	}
}

func keySize(f keytool.Family) int {
	switch f {
	case keytool.Ed448:
		return keytool.Ed448PublicSize
	case keytool.MLDSA44Ed25519:
		return keytool.MLDSA44PublicSize + keytool.Ed25519PublicSize
	}
	return keytool.Ed25519PublicSize
}

// openSSH follows PROTOCOL.key sections 1 and, where it is not encrypted, 3.
func (a *anatomy) openSSH() {
	a.known(string(a.bytes("header", "magic", len(openSSHMagic))) == openSSHMagic)
	cipher := lookupOpenSSHCipher(string(a.str("header", "cipher name")))
	a.known(cipher != nil)
	kdf := string(a.str("header", "KDF name"))
	a.known(kdf == openSSHNone || kdf == openSSHBcrypt)
	a.str("header", "KDF options")
	count := a.bytes("header", "number of keys", 4)
	a.known(bytes.Equal(count, []byte{0, 0, 0, 1}))
	public := a.open("the length of the public key")
	alg := a.blob("public key")
	a.close(public)
	if a.broken >= 0 {
		return
	}
	section := a.open("the length of the private section")
	a.sized, a.opaque = a.off+4, cipher.name != openSSHNone
	if a.opaque {
		a.bytes("private section", "encrypted data", len(a.data)-a.off-cipher.tag)
		a.close(section)
		a.bytes("private section", "tag", cipher.tag)
		return
	}
	a.openSection(alg)
	a.close(section)
}

func (a *anatomy) openSection(alg *keytool.Algorithm) {
	const part = "private section"
	first := a.bytes(part, "first check number", 4)
	a.known(bytes.Equal(first, a.bytes(part, "second check number", 4)))
	a.known(string(a.str(part, "key type")) == alg.Name)
	switch alg.Family {
	case keytool.RSA:
		a.numbers(part, alg, []string{"n", "e", "d", "iqmp", "p", "q"})
	case keytool.DSA:
		a.numbers(part, alg, append(publicRoles(alg.Family), "x"))
	case keytool.ECDSA:
		a.numbers(part, alg, append(publicRoles(alg.Family), "d"))
	case keytool.SKECDSA, keytool.SKEd25519:
		a.numbers(part, alg, publicRoles(alg.Family))
		a.bytes(part, "flags", 1)
		a.numbers(part, alg, []string{"key handle", "reserved"})
	default:
		a.numbers(part, alg, []string{"key"})
		a.seeds(part, alg.Family)
	}
	a.str(part, "comment")
	padding := a.data[min(a.off, len(a.data)):]
	for i, b := range padding {
		a.known(b == byte(i+1) && i < 16)
	}
	a.bytes(part, "padding", len(padding))
	a.known(true)
}

// seeds follows the private keys that are a seed, or two, with more behind it.
func (a *anatomy) seeds(part string, f keytool.Family) {
	container := a.open(part)
	switch f {
	case keytool.Ed25519:
		a.bytes(part, "seed", keytool.Ed25519SeedSize)
		a.bytes(part, "public key behind the seed", keytool.Ed25519PublicSize)
	case keytool.Ed448:
		a.bytes(part, "seed", keytool.Ed448SeedSize)
		a.bytes(part, "public key behind the seed", keytool.Ed448PublicSize)
	default:
		a.bytes(part, "ML-DSA seed", keytool.MLDSASeedSize)
		a.bytes(part, "Ed25519 seed", keytool.Ed25519SeedSize)
	}
	a.close(container)
}

// ppkPrivate follows the private blob of a PuTTY file (appendix C.3) that is not encrypted.
func (w *wreck) ppkPrivate(a *anatomy) bool {
	const part = "private key"
	alg := w.algorithm()
	if alg == nil || !bytes.Contains(w.text.b, []byte(ppkEncryption+": "+ppkPlain+"\n")) {
		return false
	}
	roles := privateRoles(alg.Family)
	switch {
	case alg.Family == keytool.RSA:
		roles = append(roles, "iqmp")
	case alg.Family == keytool.DSA && w.id == PPK1:
		roles = append(roles, "hash")
	case alg.Family == keytool.Ed25519, alg.Family == keytool.Ed448:
		roles = []string{"seed"}
	}
	a.numbers(part, alg, roles)
	return len(roles) > 0
}

// privateRoles are the numbers that formats have which give the private half apart
// from the public one; none where it is a seed.
func privateRoles(f keytool.Family) []string {
	switch f {
	case keytool.RSA:
		return []string{"d", "p", "q"}
	case keytool.DSA:
		return []string{"x"}
	case keytool.ECDSA:
		return []string{"d"}
	}
	return nil
}

// algorithm is the key type that the public blob names; nil where that is damaged.
func (w *wreck) algorithm() *keytool.Algorithm {
	if len(w.parts) == 0 || len(w.parts[0].fields) == 0 {
		return nil
	}
	name := string(w.parts[0].fields[0].value)
	if a := keytool.LookupCertificate(name); a != nil {
		return a
	}
	return keytool.LookupAlgorithm(name)
}
