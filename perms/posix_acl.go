package perms

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

// The kernel's form of a POSIX.1e ACL, the value of system.posix_acl_access and
// system.posix_acl_default: a version and entries of tag, permissions and id, all
// little-endian (linux/posix_acl_xattr.h).
const (
	aclVersion   = 2
	aclHeader    = 4
	aclEntrySize = 8
	aclMaxSize   = 64 << 10   // XATTR_SIZE_MAX
	aclNoID      = 0xffffffff // ACL_UNDEFINED_ID, of what names nobody
)

// ACLError tells that an extended attribute is no POSIX.1e ACL.
type ACLError struct {
	Offset int    // in bytes
	Field  string // what is wrong there
}

func (e *ACLError) Error() string {
	return fmt.Sprintf("not a POSIX ACL: %s at byte %d", e.Field, e.Offset)
}

// parsePosixACL reads the value of an ACL attribute; no entries are nil. The
// error is an *ACLError.
func parsePosixACL(value []byte) ([]ACLEntry, error) {
	switch {
	case len(value) < aclHeader || len(value) > aclMaxSize || (len(value)-aclHeader)%aclEntrySize != 0:
		return nil, &ACLError{len(value), "length"}
	case binary.LittleEndian.Uint32(value) != aclVersion:
		return nil, &ACLError{0, "version"}
	}
	var acl []ACLEntry
	for at := aclHeader; at < len(value); at += aclEntrySize {
		entry, bad := parseACLEntry(value[at : at+aclEntrySize])
		if bad != "" {
			return nil, &ACLError{at, bad}
		}
		acl = append(acl, entry)
	}
	return acl, nil
}

// parseACLEntry reads eight bytes; bad names the field that is wrong.
func parseACLEntry(b []byte) (e ACLEntry, bad string) {
	e.Tag = ACLTag(binary.LittleEndian.Uint16(b))
	perm := binary.LittleEndian.Uint16(b[2:])
	id := binary.LittleEndian.Uint32(b[4:])
	if perm > 7 {
		return e, "permissions"
	}
	e.Perm = uint8(perm)
	switch e.Tag {
	case ACLUser, ACLGroup:
		if id == aclNoID {
			return e, "id"
		}
		e.ID = int(id)
	case ACLUserObj, ACLGroupObj, ACLMask, ACLOther:
	default:
		return e, "tag"
	}
	return e, ""
}

// formatPosixACL writes what parsePosixACL reads.
func formatPosixACL(acl []ACLEntry) []byte {
	value := binary.LittleEndian.AppendUint32(nil, aclVersion)
	for _, e := range acl {
		id := uint32(aclNoID)
		if e.named() {
			id = uint32(e.ID)
		}
		value = binary.LittleEndian.AppendUint16(value, uint16(e.Tag))
		value = binary.LittleEndian.AppendUint16(value, uint16(e.Perm))
		value = binary.LittleEndian.AppendUint32(value, id)
	}
	return value
}

// named tells an entry for one user or group from those the mode has too.
func (e ACLEntry) named() bool { return e.Tag == ACLUser || e.Tag == ACLGroup }

// who is an entry's trustee in words.
func (e ACLEntry) who() Text {
	switch e.Tag {
	case ACLUser:
		return text("perms.user", "id", itoa(e.ID))
	case ACLGroup:
		return text("perms.group", "id", itoa(e.ID))
	case ACLGroupObj:
		return text("perms.owning_group")
	}
	return text("perms.everyone")
}

// mask is what named entries and the group have at most. With an ACL that has a
// mask, the group bits of the mode are that mask (acl(5)).
func (p *Posix) mask() uint8 {
	if hasMask(p.ACL) {
		return uint8(p.Mode>>3) & 7
	}
	return 7
}

func hasMask(acl []ACLEntry) bool {
	return slices.ContainsFunc(acl, func(e ACLEntry) bool { return e.Tag == ACLMask })
}

// granted lists the named entries that give something: those that do so now, and
// those that the mask alone holds back.
func (p *Posix) granted() (active, masked []ACLEntry) {
	for _, e := range p.ACL {
		switch {
		case !e.named() || e.Perm == 0:
		case e.Perm&p.mask() != 0:
			active = append(active, e)
		default:
			masked = append(masked, e)
		}
	}
	return active, masked
}

// opening lists the entries of a default ACL that give others something in every
// new file.
func opening(acl []ACLEntry) []ACLEntry {
	var open []ACLEntry
	for _, e := range acl {
		if e.Perm != 0 && e.Tag != ACLUserObj && e.Tag != ACLMask {
			open = append(open, e)
		}
	}
	return open
}

// access is what an account may do with a file, each of r 4, w 2 and x 1 taken by
// itself, by the algorithm of acl(5): the owner's entry, else the user's own, else
// any that fits one of the groups, else that of the others. Root may do all but
// execute what nobody may (path_resolution(7)).
func access(p *Posix, kind Kind, a Account) uint8 {
	switch {
	case a.UID == 0 && (kind == Directory || p.Mode&0o111 != 0):
		return 7
	case a.UID == 0:
		return 6
	case a.UID == p.UID:
		return uint8(p.Mode>>6) & 7
	}
	var perm uint8
	found := false
	for _, e := range p.ACL {
		if e.Tag == ACLUser && e.ID == a.UID {
			return e.Perm & p.mask()
		}
		if e.Tag == ACLGroup && slices.Contains(a.GIDs, e.ID) {
			perm, found = perm|e.Perm, true
		}
	}
	if slices.Contains(a.GIDs, p.GID) {
		perm, found = perm|p.group(), true
	}
	if found {
		return perm & p.mask()
	}
	return uint8(p.Mode) & 7
}

// group is the owning group's entry: with a mask, the mode does not show it.
func (p *Posix) group() uint8 {
	for _, e := range p.ACL {
		if e.Tag == ACLGroupObj && hasMask(p.ACL) {
			return e.Perm
		}
	}
	return uint8(p.Mode>>3) & 7
}

// chmodACL is what a chmod leaves of an ACL: the owner's and the others' entries
// are the mode's, and its group bits become the mask, or without one the group's.
func chmodACL(acl []ACLEntry, mode uint32) []ACLEntry {
	if len(acl) == 0 {
		return acl
	}
	group := ACLGroupObj
	if hasMask(acl) {
		group = ACLMask
	}
	acl = slices.Clone(acl)
	for i := range acl {
		switch acl[i].Tag {
		case ACLUserObj:
			acl[i].Perm = uint8(mode>>6) & 7
		case group:
			acl[i].Perm = uint8(mode>>3) & 7
		case ACLOther:
			acl[i].Perm = uint8(mode) & 7
		}
	}
	return acl
}

// macEntry is one entry of a macOS ACL.
type macEntry struct {
	who       string // user:NAME, group:NAME, or the UUID of one whom nobody knows any more
	allow     bool   // else it denies
	inherited bool
	rights    []string // read, write, delete, …, and how it is inherited
}

// parseMacEntry reads a line as `ls -le` prints it, " 0: group:everyone deny
// delete", with or without the number; ok is false where it is none. A name may
// have blanks in it, the rights have none.
func parseMacEntry(line string) (e macEntry, ok bool) {
	line = strings.TrimSpace(line)
	if number, rest, cut := strings.Cut(line, ": "); cut && strings.Trim(number, "0123456789") == "" {
		line = strings.TrimSpace(rest)
	}
	rest, rights := cutLast(line)
	who, verb := cutLast(rest)
	if verb != "allow" && verb != "deny" || rights == "" {
		return macEntry{}, false
	}
	e.allow = verb == "allow"
	if before, last := cutLast(who); last == "inherited" {
		who, e.inherited = before, true
	}
	e.who, e.rights = who, strings.Split(rights, ",")
	return e, who != ""
}

// cutLast cuts off the last word.
func cutLast(s string) (before, last string) {
	i := strings.LastIndexByte(s, ' ')
	if i < 0 {
		return "", s
	}
	return strings.TrimRight(s[:i], " "), s[i+1:]
}

// writes tells whether an entry gives more than reading.
func (e macEntry) writes() bool {
	return slices.ContainsFunc(e.rights, func(right string) bool {
		switch right {
		case "write", "append", "delete", "writeattr", "writeextattr", "writesecurity", "chown",
			"add_file", "add_subdirectory", "delete_child":
			return true
		}
		return false
	})
}
