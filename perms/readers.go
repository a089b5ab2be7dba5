package perms

// Readers says in English who can read a file, as "its owner only (mode 0600)".
func Readers(f Facts) string { return ReadersText(f).String() }

// ReadersText says who can read a file. It is zero for what is no regular file.
// Administrators, who can read everything, are named on Windows only, where they
// are in the access list.
func ReadersText(f Facts) Text {
	switch {
	case f.Kind != File:
		return Text{}
	case f.Posix != nil:
		return text("perms.readers_mode", "who", posixReaders(f.Posix), "mode", octal(f.Posix.Mode))
	case f.NT != nil:
		return ntReaders(f)
	}
	return Text{}
}

func posixReaders(p *Posix) Text {
	if p.Mode&0o004 != 0 {
		return text("perms.readers_all")
	}
	var who []Text
	if p.Mode&0o400 != 0 {
		who = append(who, text("perms.readers_owner"))
	}
	if p.group()&p.mask()&4 != 0 {
		who = append(who, text("perms.readers_group"))
	}
	for _, e := range p.ACL {
		if e.named() && e.Perm&p.mask()&4 != 0 {
			who = append(who, e.who())
		}
	}
	switch {
	case len(who) == 0:
		return text("perms.readers_root")
	case len(who) == 1:
		return text("perms.readers_only", "who", who[0])
	}
	return and(who)
}

// ntReaders goes through the DACL in its order: of what names one SID, the first
// entry counts.
func ntReaders(f Facts) Text {
	if f.NT.NoACLs {
		return text("perms.readers_no_acls")
	}
	d, err := ParseDescriptor(f.NT.Descriptor)
	if err != nil {
		return Text{}
	}
	if d.DACL == nil {
		return text("perms.readers_no_list")
	}
	file := ntFile{Facts: f} // also of a role without a rule
	if user, err := ParseSID(f.Account.SID); err == nil {
		file.user = user
	}
	var who []Text
	decided, named := map[SID]bool{}, map[string]bool{}
	for _, e := range d.DACL {
		if decided[e.SID] || e.Flags&InheritOnly != 0 || mapGeneric(e.Mask)&readData == 0 {
			continue
		}
		decided[e.SID] = true
		reader := file.who(e.SID)
		if !e.Type.denies() && !named[reader.String()] {
			who, named[reader.String()] = append(who, reader), true
		}
	}
	if len(who) == 0 {
		return text("perms.readers_none")
	}
	return and(who)
}

// and lists texts: "a, b and c".
func and(texts []Text) Text {
	last := len(texts) - 1
	if last == 0 {
		return texts[0]
	}
	return text("perms.and", "first", series("perms.comma", texts[:last]), "rest", texts[last])
}
