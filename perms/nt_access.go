package perms

import (
	"slices"
	"strings"
)

// needToRead is what opening for reading asks for, without what the folder's
// right to list gives.
const needToRead = fileRead &^ readAttributes

func (t ACEType) denies() bool {
	return t == Deny || t == DenyObject || t == DenyCallback || t == DenyCallbackObject
}

// resolve puts the account's SID for self.
func (f ntFile) resolve(s SID) SID {
	if s == sidSelf {
		return f.user
	}
	return s
}

// trusts tells whether OpenSSH accepts a SID as owner and passes over its entries.
func (f ntFile) trusts(s SID) bool {
	return s != "" && slices.ContainsFunc(f.rule.trusted, func(t SID) bool { return f.resolve(t) == s })
}

// identities are the SIDs by which Windows knows who asks.
func (f ntFile) identities(who SID) []SID {
	switch who {
	case "":
		return nil
	case sidSystem:
		return []SID{sidSystem, sidAdministrators, sidEveryone, sidAuthenticated}
	}
	ids := []SID{who, sidEveryone, sidAuthenticated, sidUsers, sidInteractive}
	for _, s := range f.Account.SIDs {
		if sid, err := ParseSID(s); err == nil {
			ids = append(ids, sid)
		}
	}
	return ids
}

// granted is the access that a descriptor gives, as Windows works it out
// ([MS-DTYP] 2.5.3.2): in the order of the entries, the first that names a right
// decides. An owner may read and change the DACL unless OWNER RIGHTS says
// otherwise. Whether a condition holds is not known here: it is taken to let in,
// and not to deny.
func (f ntFile) granted(d Descriptor, who SID) uint32 {
	if d.DACL == nil {
		return fileAll
	}
	ids := f.identities(who)
	if slices.Contains(ids, d.Owner) {
		ids = append(ids, sidOwnerRights)
	}
	var allowed, denied uint32
	if slices.Contains(ids, sidOwnerRights) && !slices.ContainsFunc(d.DACL, func(e ACE) bool { return e.SID == sidOwnerRights && e.Flags&InheritOnly == 0 }) {
		allowed = readControl | writeDAC
	}
	for _, e := range d.DACL {
		if e.Flags&InheritOnly != 0 || !slices.Contains(ids, e.SID) {
			continue
		}
		switch mask := mapGeneric(e.Mask); {
		case e.Type == Deny:
			denied |= mask
		case !e.Type.denies():
			allowed |= mask &^ denied
		}
	}
	return allowed
}

// mapGeneric replaces the generic rights by those of files.
func mapGeneric(mask uint32) uint32 {
	for _, m := range [...]struct{ generic, rights uint32 }{
		{genericRead, fileRead}, {genericWrite, fileWrite}, {genericExecute, fileExecute}, {genericAll, fileAll},
	} {
		if mask&m.generic != 0 {
			mask |= m.rights
		}
	}
	return mask &^ (genericRead | genericWrite | genericExecute | genericAll)
}

// needsAdministrator tells whether the account's own rights are too few for the repair.
func (f ntFile) needsAdministrator(d Descriptor) bool {
	owner, have := f.newOwner(d.Owner), f.granted(d, f.user)
	changesOwner := owner != d.Owner && (have&writeOwner == 0 || !slices.Contains(f.identities(f.user), owner))
	return changesOwner || have&writeDAC == 0
}

// newOwner keeps an owner who has full access after the repair.
func (f ntFile) newOwner(now SID) SID {
	for _, s := range f.rule.full {
		if f.resolve(s) == now {
			return now
		}
	}
	return f.resolve(f.rule.full[0])
}

// repaired is the descriptor that every version of Win32-OpenSSH accepts: nothing
// inherited, full access for those of the rule, and at most reading for others.
func (f ntFile) repaired(d Descriptor) Descriptor {
	want := Descriptor{Owner: f.newOwner(d.Owner), Control: SelfRelative | DACLPresent | DACLProtected}
	var flags ACEFlags
	if f.Kind == Directory {
		flags = ObjectInherit | ContainerInherit
	}
	denied, read := f.kept(d)
	want.DACL = denied
	for _, s := range f.rule.full {
		want.DACL = append(want.DACL, ACE{Type: Allow, Flags: flags, Mask: fileAll, SID: f.resolve(s)})
	}
	for _, s := range f.rule.also {
		// The logs folder is made without it (win32compat/misc.c).
		if name := f.Path[strings.LastIndexAny(f.Path, `\/`)+1:]; !strings.EqualFold(name, "logs") {
			want.DACL = append(want.DACL, ACE{Type: Allow, Flags: flags, Mask: fileReadRun, SID: s})
		}
	}
	want.DACL = append(want.DACL, read...)
	return want
}

// kept are the entries of others that stay in a file that others may read: what
// denies them, and of what lets them in the reading. Where an entry has to go that
// denies the account, and so maybe others too, none stays.
func (f ntFile) kept(d Descriptor) (denied, read []ACE) {
	if !f.rule.share {
		return nil, nil
	}
	own := append(slices.Concat(f.identities(f.user), f.identities(sidSystem)), sidOwnerRights)
	for _, e := range d.DACL {
		mine := slices.Contains(own, e.SID)
		switch mask := mapGeneric(e.Mask) & fileReadRun; {
		case e.Flags&InheritOnly != 0:
		case e.Type.denies() && (e.Type != Deny || mine):
			return nil, nil
		case e.Type == Deny:
			denied = append(denied, ACE{Type: Deny, Mask: e.Mask, SID: e.SID})
		case e.Type == Allow && mask&readData != 0 && !f.trusts(e.SID) && e.SID != sidOwnerRights && e.SID != f.user:
			read = append(read, ACE{Type: Allow, Mask: mask, SID: e.SID})
		}
	}
	return denied, read
}

// planNT sets the repaired descriptor where a finding can be mended by it.
func planNT(f Facts) Change {
	file, ok := newNTFile(f)
	if !ok || f.NT.NoACLs || f.Outside {
		return Change{}
	}
	var c Change
	for _, one := range judgeNT(f) {
		switch {
		case !one.Fixable:
		case one.Code == CodeLink:
			c.LinkSDDL = file.change(f.NT.Link)
		default:
			c.SDDL = file.change(f.NT.Descriptor)
		}
	}
	return c
}

// change is the string that Windows is given: with an owner only where it changes.
func (f ntFile) change(now []byte) string {
	d, err := ParseDescriptor(now)
	want := f.repaired(d)
	if err == nil && want.Owner == d.Owner {
		want.Owner = ""
	}
	return want.SDDL()
}

// afterNT sets what a change names and keeps the rest.
func afterNT(n NT, c Change) NT {
	n.Descriptor = setDescriptor(n.Descriptor, c.SDDL)
	n.Link = setDescriptor(n.Link, c.LinkSDDL)
	return n
}

func setDescriptor(now []byte, sddl string) []byte {
	want, err := ParseSDDL(sddl)
	if err != nil {
		return now
	}
	d, err := ParseDescriptor(now)
	if err != nil {
		d = Descriptor{}
	}
	if want.Owner != "" {
		d.Owner = want.Owner
	}
	d.Control, d.DACL = want.Control, want.DACL
	return d.Bytes()
}

// noEffectNT tells that Windows accepted a descriptor and did not keep it: what
// the change was to mend is still there.
func noEffectNT(before Facts, c Change, after Facts) []Finding {
	found := Judge(after)
	if c.Empty() || !slices.ContainsFunc(found, func(one Finding) bool { return one.Fixable || one.Code == CodeNoACLs }) {
		return nil
	}
	one := Finding{Code: CodeNoEffect, Severity: Warning, Command: "sshkeys import " + ntQuote(after.Path), Want: c.SDDL,
		Text: text("perms.nt_no_effect", "volume", onVolume(after.Mount))}
	if one.Want == "" {
		one.Want = c.LinkSDDL
	}
	if Refused(found) {
		one.Severity = Error
	}
	if d, err := ParseDescriptor(after.NT.Descriptor); err == nil {
		one.Got = d.SDDL()
	}
	return say([]Finding{one})
}

func onVolume(m Mount) Text {
	switch {
	case m.Point == "" && m.Type == "":
		return Text{}
	case m.Type == "":
		return text("perms.on_volume", "point", m.Point)
	case m.Point == "":
		return text("perms.on_type", "type", m.Type)
	}
	return text("perms.on_volume_type", "point", m.Point, "type", m.Type)
}
