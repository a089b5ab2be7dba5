package perms

import (
	"encoding/binary"
	"encoding/hex"
	"strconv"
	"strings"
)

// ParseSDDL reads a descriptor from its string form ([MS-DTYP] 2.5.1):
// O:…G:…D:P(A;;FA;;;SY). The S: part is passed over. Aliases that stand for an
// account of some domain (DA, LA) and conditions in words are refused; a condition
// is read as SDDL writes it, in bytes. The error is a *DescriptorError.
func ParseSDDL(s string) (Descriptor, error) {
	p := &sddlParser{text: strings.TrimSpace(s)}
	d := Descriptor{Control: SelfRelative}
	if p.text == "" {
		return d, p.fail("string", "is empty")
	}
	seen := ""
	for p.at < len(p.text) {
		part := p.text[p.at:]
		if len(part) < 2 || part[1] != ':' || !strings.Contains("OGDS", part[:1]) {
			return Descriptor{}, p.fail("part", "does not begin with O: G: D: or S:")
		}
		if strings.Contains(seen, part[:1]) {
			return Descriptor{}, p.fail("part", "comes twice")
		}
		seen += part[:1]
		p.at += 2
		if err := p.part(&d, part[0]); err != nil {
			return Descriptor{}, err
		}
	}
	if d.Control&DACLPresent != 0 && d.DACL != nil && aclSize(d.DACL) > maxACL {
		return Descriptor{}, p.fail("DACL", "has more entries than a DACL can hold")
	}
	return d, nil
}

// sddlParser reads one string from left to right.
type sddlParser struct {
	text string
	at   int
}

func (p *sddlParser) fail(field, reason string) error {
	return &DescriptorError{field, p.at, reason}
}

func (p *sddlParser) part(d *Descriptor, letter byte) (err error) {
	switch letter {
	case 'O':
		d.Owner, err = p.sid("owner")
	case 'G':
		d.Group, err = p.sid("group")
	case 'D':
		err = p.dacl(d)
	case 'S':
		_, err = p.acl(&Descriptor{})
	}
	return err
}

// sid reads up to the letter of the next part.
func (p *sddlParser) sid(field string) (SID, error) {
	value := p.text[p.at:]
	if colon := strings.IndexByte(value, ':'); colon > 0 {
		value = value[:colon-1]
	}
	sid, reason := parseTrustee(value)
	if reason != "" {
		return "", p.fail(field, reason)
	}
	p.at += len(value)
	return sid, nil
}

func (p *sddlParser) dacl(d *Descriptor) error {
	start := p.at
	entries, err := p.acl(d)
	if err != nil {
		return err
	}
	null := d.Control&DACLPresent != 0
	d.Control |= DACLPresent
	if null {
		if len(entries) > 0 {
			return &DescriptorError{"DACL", start, "has entries besides NO_ACCESS_CONTROL"}
		}
		return nil
	}
	d.DACL = make([]ACE, 0, len(entries))
	for _, text := range entries {
		e, reason := parseACEText(text)
		if reason != "" {
			return &DescriptorError{"entry", start, reason}
		}
		d.DACL = append(d.DACL, e)
	}
	return nil
}

// acl reads the flags of an ACL into d and splits its entries; NO_ACCESS_CONTROL
// is told by DACLPresent.
func (p *sddlParser) acl(d *Descriptor) ([]string, error) {
	for p.at < len(p.text) && p.text[p.at] != '(' {
		rest := p.text[p.at:]
		flag, ok := cutFlag(rest)
		if !ok {
			if len(rest) > 1 && rest[1] == ':' {
				return nil, nil
			}
			return nil, p.fail("ACL", "has an unknown flag")
		}
		d.Control |= flag.bit
		p.at += len(flag.text)
	}
	var entries []string
	for p.at < len(p.text) && p.text[p.at] == '(' {
		n := closing(p.text[p.at:])
		if n < 0 {
			return nil, p.fail("entry", "is not closed")
		}
		entries = append(entries, p.text[p.at+1:p.at+n])
		p.at += n + 1
	}
	return entries, nil
}

type controlFlag struct {
	text string
	bit  Control
}

// controlFlags are the flags of an ACL ([MS-DTYP] 2.5.1.1), as they are written.
var controlFlags = [...]controlFlag{
	{"P", DACLProtected}, {"AR", DACLAutoInheritReq}, {"AI", DACLAutoInherited}, {"NO_ACCESS_CONTROL", DACLPresent},
}

func cutFlag(s string) (controlFlag, bool) {
	for _, f := range controlFlags {
		if strings.HasPrefix(s, f.text) {
			return f, true
		}
	}
	return controlFlag{}, false
}

// closing finds the bracket that closes the one at s[0], over the brackets and
// quoted texts of a condition; -1 where there is none.
func closing(s string) int {
	depth, quoted := 0, false
	for i := range len(s) {
		switch {
		case s[i] == '"':
			quoted = !quoted
		case quoted:
		case s[i] == '(':
			depth++
		case s[i] == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// parseACEText reads type;flags;rights;object;inherited object;SID[;condition].
// What is wrong comes as the reason.
func parseACEText(s string) (e ACE, reason string) {
	field := strings.SplitN(s, ";", 7)
	if len(field) < 6 {
		return ACE{}, "has fewer than six fields"
	}
	for i := range 6 {
		field[i] = strings.TrimSpace(field[i])
	}
	kind, ok := lookupName(aceTypes[:], field[0])
	if !ok {
		return ACE{}, "is of a type that is not known in a DACL"
	}
	e.Type = ACEType(kind)
	flags, ok := parseLetters(aceFlags[:], field[1])
	if !ok {
		return ACE{}, "has an unknown inheritance flag"
	}
	e.Flags = ACEFlags(flags)
	if e.Mask, ok = parseRights(field[2]); !ok {
		return ACE{}, "has unknown rights"
	}
	if e.Object, ok = parseObject(e.Type, field[3], field[4]); !ok {
		return ACE{}, "has object types that cannot be read"
	}
	if e.SID, reason = parseTrustee(field[5]); reason != "" {
		return ACE{}, reason
	}
	if len(field) == 7 {
		if e.Data, ok = parseCondition(field[6]); !ok {
			return ACE{}, "has a condition in words, which is not read here"
		}
	}
	return e, ""
}

// parseTrustee reads a SID or a two-letter alias.
func parseTrustee(s string) (sid SID, reason string) {
	if sid, ok := lookupAlias(s); ok {
		return sid, ""
	}
	if len(s) == 2 {
		return "", "names an account of a domain by two letters, or by letters that are not known"
	}
	sid, err := ParseSID(s)
	if err != nil {
		return "", "has a SID that cannot be read"
	}
	return sid, ""
}

func lookupAlias(s string) (SID, bool) {
	for _, a := range sidAliases {
		if a.text == s {
			return a.sid, true
		}
	}
	return "", false
}

// parseRights reads letters, or a number.
func parseRights(s string) (uint32, bool) {
	if s != "" && s[0] >= '0' && s[0] <= '9' {
		// Windows takes a leading 0 for octal, others for decimal.
		if len(s) > 1 && s[0] == '0' && s[1] != 'x' && s[1] != 'X' {
			return 0, false
		}
		n, ok := parseNumber(s, 32)
		return uint32(n), ok
	}
	return parseLetters(rightNames[:], s)
}

// sddlWord is a word of SDDL and what it stands for.
type sddlWord struct {
	text string
	bits uint32
}

// lookupName finds a whole word.
func lookupName(table []sddlWord, s string) (uint32, bool) {
	for _, n := range table {
		if n.text == s {
			return n.bits, true
		}
	}
	return 0, false
}

// parseLetters adds up words of two letters.
func parseLetters(table []sddlWord, s string) (bits uint32, ok bool) {
	for ; s != ""; s = s[2:] {
		if len(s) < 2 {
			return 0, false
		}
		b, ok := lookupName(table, s[:2])
		if !ok {
			return 0, false
		}
		bits |= b
	}
	return bits, true
}

// parseCondition reads #hex, which is how SDDL writes a condition.
func parseCondition(s string) ([]byte, bool) {
	digits, ok := strings.CutPrefix(s, "#")
	if !ok {
		return nil, false
	}
	b, err := hex.DecodeString(digits)
	return b, err == nil && len(b) > 0 && len(b)%4 == 0
}

// parseObject makes the flags and GUIDs of an object entry.
func parseObject(t ACEType, object, inherited string) ([]byte, bool) {
	if !t.object() {
		return nil, object == "" && inherited == ""
	}
	b := make([]byte, 4)
	for i, s := range []string{object, inherited} {
		if s == "" {
			continue
		}
		g, ok := parseGUID(s)
		if !ok {
			return nil, false
		}
		b[0] |= byte(hasObjectType << i)
		b = append(b, g...)
	}
	return b, true
}

// parseGUID reads the form of [MS-DTYP] 2.3.4.3 without braces into the
// little-endian packet form.
func parseGUID(s string) ([]byte, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, false
	}
	b, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	if err != nil || len(b) != 16 {
		return nil, false
	}
	return swapGUID(b), true
}

// swapGUID turns the packet form into the order in which it is written, and back.
func swapGUID(b []byte) []byte {
	return []byte{b[3], b[2], b[1], b[0], b[5], b[4], b[7], b[6], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]}
}

func formatGUID(b []byte) string {
	s := hex.EncodeToString(swapGUID(b))
	return s[:8] + "-" + s[8:12] + "-" + s[12:16] + "-" + s[16:20] + "-" + s[20:]
}

// aclSize is the length of the binary form.
func aclSize(entries []ACE) int {
	n := daclHeader
	for _, e := range entries {
		n += aceHeader + 4 + len(e.Object) + 8 + 4*(strings.Count(string(e.SID), "-")-2) + len(e.Data)
	}
	return n
}

// SDDL writes the descriptor as a string that ParseSDDL reads and Windows knows
// ([MS-DTYP] 2.5.1), but for what has no such form: a condition is written as #
// and its bytes, an unknown type of entry as its number and its bytes.
func (d Descriptor) SDDL() string {
	var b strings.Builder
	if d.Owner != "" {
		b.WriteString("O:" + d.Owner.alias())
	}
	if d.Group != "" {
		b.WriteString("G:" + d.Group.alias())
	}
	if d.Control&DACLPresent == 0 {
		return b.String()
	}
	b.WriteString("D:")
	for _, f := range controlFlags {
		if d.Control&f.bit != 0 && f.bit != DACLPresent || f.bit == DACLPresent && d.DACL == nil {
			b.WriteString(f.text)
		}
	}
	for _, e := range d.DACL {
		b.WriteString(e.SDDL())
	}
	return b.String()
}

// SDDL writes one entry with its brackets.
func (e ACE) SDDL() string {
	kind := ""
	for _, t := range aceTypes {
		if ACEType(t.bits) == e.Type {
			kind = t.text
		}
	}
	if kind == "" {
		return "(0x" + strconv.FormatUint(uint64(e.Type), 16) + ";" + letters(aceFlags[:], uint32(e.Flags)) + ";;;;;#" + hex.EncodeToString(e.Data) + ")"
	}
	object, inherited := e.objectTypes()
	s := "(" + strings.Join([]string{kind, letters(aceFlags[:], uint32(e.Flags)), formatRights(e.Mask), object, inherited, e.SID.alias()}, ";")
	if len(e.Data) > 0 {
		s += ";#" + hex.EncodeToString(e.Data)
	}
	return s + ")"
}

func (e ACE) objectTypes() (object, inherited string) {
	if objectSize(e.Object) == 0 || objectSize(e.Object) != len(e.Object) {
		return "", ""
	}
	flags, rest := binary.LittleEndian.Uint32(e.Object), e.Object[4:]
	if flags&hasObjectType != 0 {
		object, rest = formatGUID(rest[:16]), rest[16:]
	}
	if flags&hasInheritedType != 0 {
		inherited = formatGUID(rest[:16])
	}
	return object, inherited
}

// letters writes bits as the words of a table in which each bit has one.
func letters(table []sddlWord, bits uint32) string {
	s := ""
	for _, n := range table {
		if bits&n.bits != 0 {
			s += n.text
		}
	}
	return s
}

// formatRights writes the one word that is the whole mask, else the number.
func formatRights(mask uint32) string {
	for _, n := range rightNames {
		if n.bits == mask {
			return n.text
		}
	}
	return "0x" + strconv.FormatUint(uint64(mask), 16)
}

// alias is the two letters of a SID that has them, else the SID.
func (s SID) alias() string {
	for _, a := range sidAliases {
		if s == a.sid {
			return a.text
		}
	}
	return string(s)
}
