package perms

import (
	"cmp"
	"slices"
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

// text is one about a file of the rule's role.
func (f ntFile) text(id string, pairs ...any) Text {
	return text(id, append(pairs, "role", text(f.rule.what), "by", text(f.rule.by))...)
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
		found = append(found, file.bad(d, "perms.nt_no_descriptor"))
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
		return append(found, f.bad(d, "perms.nt_no_list"))
	}
	return append(found, f.entries(d)...)
}

// owner judges who the file belongs to.
func (f ntFile) owner(d Descriptor) []Finding {
	one := Finding{Got: f.name(d.Owner), Want: f.name(f.newOwner(d.Owner))}
	var id string
	switch {
	case !f.trusts(d.Owner) && f.rule.code != "":
		one.Code, one.Severity, id = f.rule.code, Error, "perms.nt_owner_refused"
	case !f.trusts(d.Owner):
		one.Code, one.Severity, id = CodeOwner, Warning, "perms.nt_owner_changes"
	case d.Owner == sidTrustedInstaller && f.rule.code != "":
		one.Code, one.Severity, id = CodeOldOpenSSH, Info, "perms.nt_owner_installer"
	case d.Owner == f.user && f.Role == AdminKeys:
		one.Code, one.Severity, id = CodeOwner, Warning, "perms.nt_owner_one_of_all"
	default:
		return nil
	}
	one.Text = f.text(id, "owner", f.who(d.Owner))
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
	refused := "perms.nt_write_refused"
	if f.rule.others == othersNothing {
		refused = "perms.nt_entry_refused"
	}
	oldSeverity := Info
	if f.rule.readFrom == "8.6" { // Windows 10 and Server 2022 came with 8.1
		oldSeverity = Warning
	}
	var found []Finding
	add := func(entries []ACE, code string, severity Severity, id string, pairs ...any) {
		if len(entries) > 0 {
			said := f.text(id, append(pairs, "who", f.names(entries))...)
			found = append(found, f.finish(d, Finding{Code: code, Severity: severity, Text: said, Got: d.SDDL(), Want: f.repaired(d).SDDL()}))
		}
	}
	add(s.refused, f.rule.code, Error, refused)
	add(s.control, CodeControl, Warning, "perms.nt_control")
	add(s.unseen, CodeControl, Warning, "perms.nt_unseen")
	add(s.mine, CodeWritable, Warning, "perms.nt_one_of_all")
	add(s.old, CodeOldOpenSSH, oldSeverity, "perms.nt_old", "version", f.rule.readFrom)
	add(s.tiOld, CodeOldOpenSSH, Info, "perms.nt_old", "version", "8.1")
	add(s.write, CodeWritable, Warning, "perms.nt_write")
	add(s.look, CodeWide, Info, "perms.nt_look")
	return found
}

// readable judges whether who must read the file can.
func (f ntFile) readable(d Descriptor) []Finding {
	reader := f.resolve(f.rule.reader)
	if reader == "" || f.granted(d, reader)&needToRead == needToRead {
		return nil
	}
	without := d
	without.DACL = slices.DeleteFunc(slices.Clone(d.DACL), func(e ACE) bool { return e.Type.denies() })
	denied, owns := f.granted(without, reader)&needToRead == needToRead, d.Owner == reader
	id := "perms.nt_unread_missing"
	switch {
	case owns && denied:
		id = "perms.nt_owned_denied"
	case owns:
		id = "perms.nt_owned_missing"
	case denied:
		id = "perms.nt_unread_denied"
	}
	return []Finding{f.finish(d, Finding{Code: CodeUnreadable, Severity: f.rule.unread, Text: f.text(id, "who", f.who(reader)),
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
		then = "perms.ssh_once_read"
	case !isOwnConfig(f.Path):
		then = "perms.ssh_in_dot_ssh"
	default:
		return found
	}
	for i := range found {
		if found[i].Severity == Error {
			found[i].Severity = Warning
			found[i].Text.Values["by"] = text(then)
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
		found = []Finding{f.bad(d, "perms.nt_no_descriptor")}
	} else {
		found = f.descriptor(d)
	}
	for i := range found {
		found[i].Code = CodeLink
		found[i].Text = text("perms.nt_link", "message", found[i].Text)
	}
	return found
}

// outside: what lies elsewhere is not mended unless it is named.
func (f ntFile) outside(found []Finding) []Finding {
	for i := range found {
		found[i].Fixable, found[i].Command = false, ""
	}
	return append(found, Finding{Code: CodeLink, Severity: Warning, Got: f.Target, Command: "sshkeys fixperms " + ntQuote(f.Target),
		Text: text("perms.nt_outside")})
}

func (f ntFile) noACLs() Finding {
	volume := text("perms.volume")
	if f.Mount.Type != "" {
		volume = text("perms.volume_type", "type", f.Mount.Type)
	}
	one := Finding{Code: CodeNoACLs, Severity: Info, Got: f.Mount.Type, Want: "NTFS", Source: f.rule.source,
		Text: f.text("perms.nt_no_acls", "volume", volume)}
	if f.rule.code != "" {
		one.Severity, one.Command = Error, "sshkeys import "+ntQuote(f.Path)
		one.Text = f.text("perms.nt_no_acls_refused")
	}
	return one
}

// bad is the finding that the whole descriptor is not acceptable; why is an id.
func (f ntFile) bad(d Descriptor, why string) Finding {
	one := Finding{Code: f.rule.code, Severity: Error, Got: d.SDDL(), Want: f.repaired(d).SDDL(),
		Text: f.text("perms.nt_bad_refused", "why", text(why))}
	if f.rule.code == "" {
		one.Code, one.Severity = CodeWritable, Warning
		one.Text = f.text("perms.nt_bad_open", "why", text(why))
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
		one.Text.Values["note"] = text("perms.as_administrator")
	}
	return one
}

// ntQuote quotes a path for cmd and PowerShell; Windows allows no quotation mark in one.
func ntQuote(path string) string { return `"` + path + `"` }
