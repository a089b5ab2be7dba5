package perms

import (
	"cmp"
	"slices"
	"strings"
)

// ntFile is one file under the rule of its role.
type ntFile struct {
	Facts
	rule ntRule
	user SID // the account's, "" where it is not known
}

func newNTFile(f Facts) (ntFile, bool) {
	rule, ok := ntRuleOf(f.Role)
	if !ok || f.NT == nil {
		return ntFile{}, false
	}
	user, err := ParseSID(f.Account.SID)
	if err != nil {
		user = ""
	}
	return ntFile{f, rule, user}, true
}

// judgeNT judges a file by Windows' rules. The reparse point that leads to it is
// judged likewise, since Win32-OpenSSH asks for the permissions by name.
func judgeNT(f Facts) []Finding {
	file, ok := newNTFile(f)
	if !ok {
		return nil
	}
	if f.NT.NoACLs {
		return []Finding{file.noACLs()}
	}
	var found []Finding
	d, err := ParseDescriptor(f.NT.Descriptor)
	if err != nil {
		found = append(found, file.bad(d, "its permissions cannot be read"))
	} else {
		found = append(file.descriptor(d), file.readable(d)...)
	}
	found = append(file.silent(found), file.link()...)
	if f.Outside {
		found = file.outside(found)
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return cmp.Compare(a.Severity.rank(), b.Severity.rank()) })
	return found
}

func (s Severity) rank() int { return slices.Index([]Severity{Error, Warning, Info}, s) }

// descriptor judges owner and DACL.
func (f ntFile) descriptor(d Descriptor) []Finding {
	found := f.owner(d)
	if d.DACL == nil {
		return append(found, f.bad(d, "it has no access list, so everybody has full access"))
	}
	return append(found, f.entries(d)...)
}

// owner judges who the file belongs to.
func (f ntFile) owner(d Descriptor) []Finding {
	one := Finding{Got: f.name(d.Owner), Want: f.name(f.newOwner(d.Owner))}
	switch {
	case !f.trusts(d.Owner) && f.rule.code != "":
		one.Code, one.Severity = f.rule.code, Error
		one.Message = f.rule.by + " refuses this " + f.rule.what + " because it belongs to " + f.name(d.Owner)
	case !f.trusts(d.Owner):
		one.Code, one.Severity = CodeOwner, Warning
		one.Message = "This " + f.rule.what + " belongs to " + f.name(d.Owner) + ", who may change it and its permissions"
	case d.Owner == sidTrustedInstaller && f.rule.code != "":
		one.Code, one.Severity = CodeOldOpenSSH, Info
		one.Message = "This " + f.rule.what + " belongs to TrustedInstaller, which Win32-OpenSSH before 8.1 refuses"
	case d.Owner == f.user && f.Role == AdminKeys:
		one.Code, one.Severity = CodeOwner, Warning
		one.Message = "This " + f.rule.what + " belongs to " + f.name(d.Owner) + ", so sshd refuses it for every other administrator"
	default:
		return nil
	}
	return []Finding{f.finish(d, one)}
}

// sorted holds the entries that something is to be said about.
type sorted struct {
	refused []ACE // OpenSSH refuses the file for them
	control []ACE // would change the file, and OpenSSH does not notice
	unseen  []ACE // of a type that OpenSSH passes over
	old     []ACE // only older versions refuse
	tiOld   []ACE // likewise, TrustedInstaller's
	mine    []ACE // the account's own in a file of all administrators
	write   []ACE // would change a file that OpenSSH does not check
	look    []ACE // would look into a folder that is the account's alone
}

// sort tells the entries of a DACL apart.
func (f ntFile) sort(d Descriptor) sorted {
	var s sorted
	for _, e := range d.DACL {
		to := f.group(&s, d, e)
		if to != nil {
			*to = append(*to, e)
		}
	}
	return s
}

func (f ntFile) group(s *sorted, d Descriptor, e ACE) *[]ACE {
	switch {
	case e.Type.denies():
		return nil
	case f.rule.others == othersAnything:
		return f.advised(s, d, e)
	case e.Type != Allow:
		return f.passedOver(s, e)
	case e.SID == sidTrustedInstaller && f.trusts(e.SID):
		return &s.tiOld
	case e.SID == f.user && f.Role == AdminKeys && e.Mask&(writeMask|controlMask) != 0:
		return &s.mine
	case f.trusts(e.SID):
		return nil
	case f.rule.others == othersNothing || e.Mask&writeMask != 0:
		return &s.refused
	case e.Mask&controlMask != 0 && e.Flags&InheritOnly == 0 && !f.harmless(d, e):
		return &s.control
	case f.rule.readFrom != "":
		return &s.old
	}
	return nil
}

// passedOver: an entry that lets in and is not of the one type that OpenSSH looks at.
func (f ntFile) passedOver(s *sorted, e ACE) *[]ACE {
	bits := uint32(writeMask | controlMask)
	if f.rule.others == othersNothing {
		bits = ^uint32(0)
	}
	if f.trusts(e.SID) || e.Type.known() && e.Mask&bits == 0 {
		return nil
	}
	return &s.unseen
}

// advised: an entry of a file that OpenSSH does not check.
func (f ntFile) advised(s *sorted, d Descriptor, e ACE) *[]ACE {
	bits := uint32(writeMask | controlMask)
	if f.Kind == Directory {
		bits |= deleteChild
	}
	switch {
	case f.trusts(e.SID) || f.harmless(d, e):
		return nil
	case !e.Type.known() || e.Mask&bits != 0:
		return &s.write
	case f.Role == SSHDir && e.Mask != 0:
		return &s.look
	}
	return nil
}

// harmless: these stand for the owner, or for whoever makes a file in a folder.
func (f ntFile) harmless(d Descriptor, e ACE) bool {
	return e.SID == sidOwnerRights && f.trusts(d.Owner) || e.SID == sidCreatorOwner
}

// entries judges what the DACL gives to others.
func (f ntFile) entries(d Descriptor) []Finding {
	s := f.sort(d)
	this := "this " + f.rule.what
	refuses := f.rule.by + " refuses " + this + " because "
	if f.rule.others == othersNothing {
		refuses += "its access list has an entry for "
	} else {
		refuses += "its access list lets others write: "
	}
	oldSeverity := Info
	if f.rule.readFrom == "8.6" { // Windows 10 and Server 2022 came with 8.1
		oldSeverity = Warning
	}
	var found []Finding
	add := func(entries []ACE, code string, severity Severity, before, after string) {
		if len(entries) > 0 {
			found = append(found, f.finish(d, Finding{Code: code, Severity: severity, Message: before + f.names(entries) + after, Got: d.SDDL(), Want: f.repaired(d).SDDL()}))
		}
	}
	add(s.refused, f.rule.code, Error, refuses, "")
	add(s.control, CodeControl, Warning, "The access list of "+this+" lets others delete it or take it over, which Win32-OpenSSH up to 9.8 does not notice: ", "")
	add(s.unseen, CodeControl, Warning, "The access list of "+this+" lets others in by entries that OpenSSH does not look at: ", "")
	add(s.mine, CodeWritable, Warning, "sshd refuses "+this+" for every other administrator, because its access list lets one of them write: ", "")
	add(s.old, CodeOldOpenSSH, oldSeverity, "Win32-OpenSSH before "+f.rule.readFrom+" refuses "+this+" because its access list has an entry for ", "")
	add(s.tiOld, CodeOldOpenSSH, Info, "Win32-OpenSSH before 8.1 refuses "+this+" because its access list has an entry for ", "")
	add(s.write, CodeWritable, Warning, "The access list of "+this+" lets others change it: ", "")
	add(s.look, CodeWide, Info, "The access list of "+this+" lets others look into it: ", "")
	return found
}

// readable judges whether who must read the file can.
func (f ntFile) readable(d Descriptor) []Finding {
	reader := f.resolve(f.rule.reader)
	if reader == "" || f.granted(d, reader)&needToRead == needToRead {
		return nil
	}
	who := f.name(reader)
	message := who + " cannot read this " + f.rule.what
	if d.Owner == reader {
		message = who + " owns this " + f.rule.what + " and may change its access list, but cannot read it"
	}
	without := d
	without.DACL = slices.DeleteFunc(slices.Clone(d.DACL), func(e ACE) bool { return e.Type.denies() })
	if f.granted(without, reader)&needToRead == needToRead {
		message += ", because an entry that denies comes first"
	} else {
		message += ", because no entry of its access list lets " + who + " in"
	}
	return []Finding{f.finish(d, Finding{Code: CodeUnreadable, Severity: f.rule.unread, Message: message,
		Got: d.SDDL(), Want: f.repaired(d).SDDL()})}
}

// silent: ssh passes over a config that it cannot open, and does not look at the
// permissions of that or of one that -F names (readconf.c:read_config_file_depth),
// so nothing is refused.
func (f ntFile) silent(found []Finding) []Finding {
	unread := func(one Finding) bool { return one.Code == CodeUnreadable }
	var then string
	switch {
	case f.Role != Config:
		return found
	case slices.ContainsFunc(found, unread):
		then = "Once it can be read, ssh refuses"
	case !isOwnConfig(f.Path):
		then = "In a .ssh folder, ssh refuses"
	default:
		return found
	}
	for i := range found {
		if found[i].Severity == Error {
			found[i].Severity = Warning
			found[i].Message = strings.Replace(found[i].Message, "ssh refuses", then, 1)
		}
	}
	return found
}

// link judges the reparse point's own descriptor.
func (f ntFile) link() []Finding {
	if f.NT.Link == nil {
		return nil
	}
	var found []Finding
	d, err := ParseDescriptor(f.NT.Link)
	if err != nil {
		found = []Finding{f.bad(d, "its permissions cannot be read")}
	} else {
		found = f.descriptor(d)
	}
	for i := range found {
		found[i].Code = CodeLink
		found[i].Message = "The link itself, apart from the file it leads to: " + found[i].Message
	}
	return found
}

// outside: what lies elsewhere is not mended unless it is named.
func (f ntFile) outside(found []Finding) []Finding {
	for i := range found {
		found[i].Fixable, found[i].Command = false, ""
	}
	return append(found, Finding{Code: CodeLink, Severity: Warning, Got: f.Target, Command: "sshkeys fixperms " + ntQuote(f.Target),
		Message: "This is a link to a file outside of the folder that was named; that file is mended only where it is named itself"})
}

func (f ntFile) noACLs() Finding {
	where := "This volume"
	if f.Mount.Type != "" {
		where = "This volume (" + f.Mount.Type + ")"
	}
	one := Finding{Code: CodeNoACLs, Severity: Info, Got: f.Mount.Type, Want: "NTFS", Source: f.rule.source,
		Message: where + " keeps no permissions, so everybody who uses this computer may read and change this " + f.rule.what}
	if f.rule.code != "" {
		one.Severity, one.Command = Error, "sshkeys import "+ntQuote(f.Path)
		one.Message = f.rule.by + " refuses this " + f.rule.what + " because its volume keeps no permissions; move it to an NTFS drive"
	}
	return one
}

// bad is the finding that the whole descriptor is not acceptable.
func (f ntFile) bad(d Descriptor, why string) Finding {
	one := Finding{Code: f.rule.code, Severity: Error, Got: d.SDDL(), Want: f.repaired(d).SDDL(),
		Message: f.rule.by + " refuses this " + f.rule.what + " because " + why}
	if f.rule.code == "" {
		one.Code, one.Severity = CodeWritable, Warning
		one.Message = "This " + f.rule.what + " is open to everybody: " + why
	}
	return f.finish(d, one)
}

// finish adds what all findings that Plan mends have in common.
func (f ntFile) finish(d Descriptor, one Finding) Finding {
	one.Source = f.rule.source
	if f.resolve(f.rule.full[0]) == "" {
		return one
	}
	one.Fixable = true
	one.Command = "sshkeys fixperms " + ntQuote(f.Path)
	if f.needsAdministrator(d) {
		one.Message += " (mend it in a terminal started as administrator)"
	}
	return one
}

// ntQuote quotes a path for cmd and PowerShell; Windows allows no quotation mark in one.
func ntQuote(path string) string { return `"` + path + `"` }
