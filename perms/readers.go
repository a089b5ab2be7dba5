package perms

import (
	"fmt"
	"slices"
	"strings"
)

// Readers says in words who can read a file, as "its owner only (mode 0600)". It
// is "" for what is no regular file. Administrators, who can read everything, are
// named on Windows only, where they are in the access list.
func Readers(f Facts) string {
	switch {
	case f.Kind != File:
		return ""
	case f.Posix != nil:
		return posixReaders(f.Posix) + " (mode " + octal(f.Posix.Mode) + ")"
	case f.NT != nil:
		return ntReaders(f)
	}
	return ""
}

func posixReaders(p *Posix) string {
	if p.Mode&0o004 != 0 {
		return "everybody on this computer"
	}
	var who []string
	if p.Mode&0o400 != 0 {
		who = append(who, "its owner")
	}
	if p.group()&p.mask()&4 != 0 {
		who = append(who, "its group")
	}
	for _, e := range p.ACL {
		if e.named() && e.Perm&p.mask()&4 != 0 {
			who = append(who, e.who())
		}
	}
	switch {
	case len(who) == 0:
		return "nobody but root"
	case len(who) == 1:
		return who[0] + " only"
	}
	return and(who)
}

// ntReaders goes through the DACL in its order: of what names one SID, the first
// entry counts.
func ntReaders(f Facts) string {
	if f.NT.NoACLs {
		return "everybody who uses this computer: its volume keeps no permissions"
	}
	d, err := ParseDescriptor(f.NT.Descriptor)
	if err != nil {
		return ""
	}
	if d.DACL == nil {
		return "everybody: it has no access list"
	}
	file := ntFile{Facts: f} // also of a role without a rule
	if user, err := ParseSID(f.Account.SID); err == nil {
		file.user = user
	}
	var who []string
	decided := map[SID]bool{}
	for _, e := range d.DACL {
		if decided[e.SID] || e.Flags&InheritOnly != 0 || mapGeneric(e.Mask)&readData == 0 {
			continue
		}
		decided[e.SID] = true
		if name := file.name(e.SID); !e.Type.denies() && !slices.Contains(who, name) {
			who = append(who, name)
		}
	}
	if len(who) == 0 {
		return "nobody"
	}
	return and(who)
}

func and(words []string) string {
	last := len(words) - 1
	if last == 0 {
		return words[0]
	}
	return fmt.Sprintf("%s and %s", strings.Join(words[:last], ", "), words[last])
}
