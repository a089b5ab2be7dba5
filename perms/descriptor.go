package perms

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Descriptor is a Windows security descriptor without its SACL: who owns a file
// and who may do what with it ([MS-DTYP] 2.4.6).
type Descriptor struct {
	Owner   SID // "" where there is none
	Group   SID // likewise
	Control Control
	DACL    []ACE // in their order; nil lets everybody in (NULL DACL), empty nobody
}

// Control holds the flags of a descriptor, with the numbers of [MS-DTYP] 2.4.6.
// Those of the SACL and of the resource manager are not kept.
type Control uint16

const (
	OwnerDefaulted     Control = 0x0001
	GroupDefaulted     Control = 0x0002
	DACLPresent        Control = 0x0004
	DACLDefaulted      Control = 0x0008
	DACLUntrusted      Control = 0x0040
	ServerSecurity     Control = 0x0080
	DACLAutoInheritReq Control = 0x0100 // SDDL: AR
	DACLAutoInherited  Control = 0x0400 // SDDL: AI
	DACLProtected      Control = 0x1000 // nothing is inherited from the folder; SDDL: P
	SelfRelative       Control = 0x8000

	keptControl = OwnerDefaulted | GroupDefaulted | DACLPresent | DACLDefaulted | DACLUntrusted | ServerSecurity |
		DACLAutoInheritReq | DACLAutoInherited | DACLProtected | SelfRelative
)

// ACE is one entry of a DACL ([MS-DTYP] 2.4.4).
type ACE struct {
	Type  ACEType
	Flags ACEFlags
	Mask  uint32 // access rights, with the numbers of [MS-DTYP] 2.4.3
	SID   SID    // "" in a type whose form is not known here

	Object []byte // object types: the flags and GUIDs before the SID
	Data   []byte // what follows the SID: a callback's condition; the whole body where SID is ""
}

// ACEType tells what an entry does, with the numbers of [MS-DTYP] 2.4.4.1.
type ACEType uint8

const (
	Allow               ACEType = 0
	Deny                ACEType = 1
	AllowCompound       ACEType = 4
	AllowObject         ACEType = 5
	DenyObject          ACEType = 6
	AllowCallback       ACEType = 9 // with a condition
	DenyCallback        ACEType = 10
	AllowCallbackObject ACEType = 11
	DenyCallbackObject  ACEType = 12
)

// ACEFlags tell how an entry is inherited ([MS-DTYP] 2.4.4.1).
type ACEFlags uint8

const (
	ObjectInherit    ACEFlags = 0x01 // OI: by files
	ContainerInherit ACEFlags = 0x02 // CI: by folders
	NoPropagate      ACEFlags = 0x04 // NP
	InheritOnly      ACEFlags = 0x08 // IO: does not hold for the object itself
	Inherited        ACEFlags = 0x10 // ID: came from the folder
	criticalACE      ACEFlags = 0x20
	successfulAccess ACEFlags = 0x40
	failedAccess     ACEFlags = 0x80
)

// DescriptorError tells why bytes or a string are no security descriptor.
type DescriptorError struct {
	Field  string // owner, group, DACL, entry, SID, …
	Offset int    // byte, or byte of the string, where it begins
	Reason string
}

func (e *DescriptorError) Error() string {
	return fmt.Sprintf("security descriptor: %s at byte %d: %s", e.Field, e.Offset, e.Reason)
}

const (
	descriptorHeader = 20
	daclHeader       = 8
	aceHeader        = 4
	maxACL           = 0xFFFF // an ACL counts its own bytes in 16 bits
)

// ParseDescriptor reads a self-relative security descriptor ([MS-DTYP] 2.4.6), as
// Windows' GetNamedSecurityInfo and Samba's security.NTACL hold it. The SACL is
// passed over. The error is a *DescriptorError.
func ParseDescriptor(b []byte) (Descriptor, error) {
	if len(b) < descriptorHeader {
		return Descriptor{}, &DescriptorError{"header", 0, "is cut short"}
	}
	control := Control(binary.LittleEndian.Uint16(b[2:]))
	if b[0] != 1 || control&SelfRelative == 0 {
		return Descriptor{}, &DescriptorError{"header", 0, "is not of revision 1 in self-relative form"}
	}
	d := Descriptor{Control: control & keptControl}
	var err error
	if d.Owner, err = parseSIDAt(b, 4, "owner"); err != nil {
		return Descriptor{}, err
	}
	if d.Group, err = parseSIDAt(b, 8, "group"); err != nil {
		return Descriptor{}, err
	}
	at := binary.LittleEndian.Uint32(b[16:])
	if control&DACLPresent == 0 || at == 0 {
		return d, nil
	}
	if uint64(at) > uint64(len(b)) {
		return Descriptor{}, &DescriptorError{"DACL", 16, "begins past the end"}
	}
	d.DACL, err = parseACL(b[at:], int(at))
	if err != nil {
		return Descriptor{}, err
	}
	return d, nil
}

// parseSIDAt reads the SID that the offset at b[field:] leads to.
func parseSIDAt(b []byte, field int, name string) (SID, error) {
	at := binary.LittleEndian.Uint32(b[field:])
	if at == 0 {
		return "", nil
	}
	if uint64(at) > uint64(len(b)) {
		return "", &DescriptorError{name, field, "begins past the end"}
	}
	sid, _, ok := readSID(b[at:])
	if !ok {
		return "", &DescriptorError{name, int(at), "is not a whole SID"}
	}
	return sid, nil
}

// parseACL reads an ACL ([MS-DTYP] 2.4.5) at the start of b; at is where b begins
// in the descriptor. It accepts what Windows' IsValidAcl does.
func parseACL(b []byte, at int) ([]ACE, error) {
	if len(b) < daclHeader {
		return nil, &DescriptorError{"DACL", at, "is cut short"}
	}
	size := int(binary.LittleEndian.Uint16(b[2:]))
	count := int(binary.LittleEndian.Uint16(b[4:]))
	switch {
	case b[0] < 2 || b[0] > 4:
		return nil, &DescriptorError{"DACL", at, "has an unknown revision"}
	case size < daclHeader || size > len(b):
		return nil, &DescriptorError{"DACL", at, "is longer than what holds it, or shorter than its header"}
	case count > (size-daclHeader)/aceHeader:
		return nil, &DescriptorError{"DACL", at, "counts more entries than it has room for"}
	}
	entries := make([]ACE, 0, count)
	rest := b[daclHeader:size]
	for range count {
		e, n, err := parseACE(rest, at+size-len(rest))
		if err != nil {
			return nil, err
		}
		entries, rest = append(entries, e), rest[n:]
	}
	return entries, nil
}

// parseACE reads the entry at the start of b, and tells its length.
func parseACE(b []byte, at int) (ACE, int, error) {
	if len(b) < aceHeader {
		return ACE{}, 0, &DescriptorError{"entry", at, "is cut short"}
	}
	size := int(binary.LittleEndian.Uint16(b[2:]))
	if size < aceHeader || size%4 != 0 || size > len(b) {
		return ACE{}, 0, &DescriptorError{"entry", at, "has a length that is not possible"}
	}
	e := ACE{Type: ACEType(b[0]), Flags: ACEFlags(b[1])}
	body := b[aceHeader:size]
	if !e.Type.known() {
		e.Data = keep(body)
		return e, size, nil
	}
	if len(body) < 4 {
		return ACE{}, 0, &DescriptorError{"entry", at, "has no access mask"}
	}
	e.Mask, body = binary.LittleEndian.Uint32(body), body[4:]
	if e.Type.object() {
		n := objectSize(body)
		if n == 0 || n > len(body) {
			return ACE{}, 0, &DescriptorError{"entry", at, "is cut short in its object types"}
		}
		e.Object, body = keep(body[:n]), body[n:]
	}
	sid, n, ok := readSID(body)
	if !ok {
		return ACE{}, 0, &DescriptorError{"entry", at, "holds no whole SID"}
	}
	e.SID, e.Data = sid, keep(body[n:])
	return e, size, nil
}

// keep copies bytes, so that a descriptor does not change with its source.
func keep(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return slices.Clone(b)
}

// known tells whether an entry of this type is a mask, object types where it has
// them, and one SID.
func (t ACEType) known() bool {
	switch t {
	case Allow, Deny, AllowCallback, DenyCallback:
		return true
	}
	return t.object()
}

func (t ACEType) object() bool {
	switch t {
	case AllowObject, DenyObject, AllowCallbackObject, DenyCallbackObject:
		return true
	}
	return false
}

const (
	hasObjectType    = 1
	hasInheritedType = 2
)

// objectSize is the length of flags and GUIDs ([MS-DTYP] 2.4.4.3), 0 where not
// even the flags are there.
func objectSize(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	n, flags := 4, binary.LittleEndian.Uint32(b)
	if flags&hasObjectType != 0 {
		n += 16
	}
	if flags&hasInheritedType != 0 {
		n += 16
	}
	return n
}

// Bytes writes the descriptor in self-relative form. It panics where a SID is not
// one or the DACL is longer than 65535 bytes, which neither ParseDescriptor nor
// ParseSDDL make.
func (d Descriptor) Bytes() []byte {
	b := make([]byte, descriptorHeader)
	b[0] = 1
	binary.LittleEndian.PutUint16(b[2:], uint16(d.Control&keptControl|SelfRelative))
	put := func(field int, part []byte) {
		if part != nil {
			binary.LittleEndian.PutUint32(b[field:], uint32(len(b)))
			b = append(b, part...)
		}
	}
	if d.Control&DACLPresent != 0 && d.DACL != nil {
		put(16, aclBytes(d.DACL))
	}
	put(4, d.Owner.bytes())
	put(8, d.Group.bytes())
	return b
}

func aclBytes(entries []ACE) []byte {
	b := []byte{2, 0, 0, 0, 0, 0, 0, 0}
	for _, e := range entries {
		if e.Type.object() {
			b[0] = 4
		}
		b = e.append(b)
	}
	if len(b) > maxACL {
		panic("perms: a DACL of more than 65535 bytes")
	}
	binary.LittleEndian.PutUint16(b[2:], uint16(len(b)))
	binary.LittleEndian.PutUint16(b[4:], uint16(len(entries)))
	return b
}

func (e ACE) append(b []byte) []byte {
	start := len(b)
	b = append(b, byte(e.Type), byte(e.Flags), 0, 0)
	if e.Type.known() {
		b = binary.LittleEndian.AppendUint32(b, e.Mask)
		b = append(b, e.Object...)
		b = append(b, e.SID.bytes()...)
	}
	b = append(b, e.Data...)
	for (len(b)-start)%4 != 0 {
		b = append(b, 0)
	}
	binary.LittleEndian.PutUint16(b[start+2:], uint16(len(b)-start))
	return b
}

// SID names a user, group or service in its canonical text form, S-1-5-18
// ([MS-DTYP] 2.4.2.1): two SIDs are the same exactly when their texts are.
type SID string

const maxSubAuthorities = 15

// ParseSID reads the text form, the authority in decimal or hexadecimal. The
// error is a *DescriptorError.
func ParseSID(s string) (SID, error) {
	bad := &DescriptorError{"SID", 0, "is not of the form S-1-5-…"}
	parts := strings.Split(s, "-")
	if len(parts) < 3 || len(parts) > 3+maxSubAuthorities || !strings.EqualFold(parts[0], "S") || parts[1] != "1" {
		return "", bad
	}
	authority, ok := parseNumber(parts[2], 48)
	if !ok {
		return "", bad
	}
	subs := make([]uint32, 0, len(parts)-3)
	for _, p := range parts[3:] {
		n, ok := parseNumber(p, 32)
		if !ok {
			return "", bad
		}
		subs = append(subs, uint32(n))
	}
	return makeSID(authority, subs), nil
}

// parseNumber reads digits alone, hexadecimal after 0x: no sign, no underscore.
func parseNumber(s string, bits int) (uint64, bool) {
	base := 10
	if len(s) > 2 && (s[:2] == "0x" || s[:2] == "0X") {
		s, base = s[2:], 16
	}
	if s == "" || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseUint(s, base, bits)
	return n, err == nil
}

func makeSID(authority uint64, subs []uint32) SID {
	b := []byte("S-1-")
	if authority < 1<<32 {
		b = strconv.AppendUint(b, authority, 10)
	} else {
		b = fmt.Appendf(b, "0x%012x", authority)
	}
	for _, n := range subs {
		b = strconv.AppendUint(append(b, '-'), uint64(n), 10)
	}
	return SID(b)
}

// readSID reads the binary form ([MS-DTYP] 2.4.2.2) at the start of b, and tells
// its length.
func readSID(b []byte) (SID, int, bool) {
	if len(b) < 8 || b[0] != 1 || b[1] > maxSubAuthorities {
		return "", 0, false
	}
	n := 8 + 4*int(b[1])
	if n > len(b) {
		return "", 0, false
	}
	authority := uint64(binary.BigEndian.Uint16(b[2:]))<<32 | uint64(binary.BigEndian.Uint32(b[4:]))
	subs := make([]uint32, 0, maxSubAuthorities)
	for at := 8; at < n; at += 4 {
		subs = append(subs, binary.LittleEndian.Uint32(b[at:]))
	}
	return makeSID(authority, subs), n, true
}

// bytes is the binary form, nil for "".
func (s SID) bytes() []byte {
	if s == "" {
		return nil
	}
	if c, err := ParseSID(string(s)); err != nil || c != s {
		panic("perms: a SID that is not in canonical form")
	}
	parts := strings.Split(string(s), "-")[2:]
	authority, _ := parseNumber(parts[0], 48)
	b := []byte{1, byte(len(parts) - 1), byte(authority >> 40), byte(authority >> 32)}
	b = binary.BigEndian.AppendUint32(b, uint32(authority))
	for _, p := range parts[1:] {
		n, _ := parseNumber(p, 32)
		b = binary.LittleEndian.AppendUint32(b, uint32(n))
	}
	return b
}
