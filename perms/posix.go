package perms

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// judgePosix judges by the rule of the file's role. A finding is fixable when it
// is gone after what Plan wants.
func judgePosix(f Facts) []Finding {
	found := posixFindings(&f)
	if len(found) == 0 {
		return nil
	}
	var left []Finding
	plan := Plan(f)
	if !plan.Empty() {
		after := f.After(plan)
		left = posixFindings(&after)
	}
	lost := modeless(f.Mount)
	for i := range found {
		found[i].Fixable = !plan.Empty() && (lost == nil || !lost.sure) &&
			!slices.ContainsFunc(left, func(l Finding) bool { return l.Code == found[i].Code })
	}
	slices.SortStableFunc(found, func(a, b Finding) int { return rank(a.Severity) - rank(b.Severity) })
	return found
}

func rank(s Severity) int {
	switch s {
	case Error:
		return 0
	case Warning:
		return 1
	}
	return 2
}

func posixFindings(f *Facts) []Finding {
	r := posixRuleOf(f)
	switch {
	case r == nil:
		return nil
	case r.irregular(f):
		return []Finding{{Code: r.code, Severity: Error, Got: string(f.Kind), Want: string(File),
			Text: r.text("perms.irregular", "kind", kindText(f.Kind)), Command: r.command(f), Source: "auth2-pubkeyfile.c:auth_openfile"}}
	}
	var found []Finding
	found = r.judgeOwner(f, found)
	found = r.judgeReading(f, found)
	found = r.judgeMode(f, found)
	if f.Kind == Special { // a device or a pipe: nothing of it is ever changed
		return found
	}
	found = r.judgeACL(f, found)
	found = r.judgeMacACL(f, found)
	return judgePlace(f, found)
}

// irregular: sshd takes its lists from regular files only.
func (r *posixRule) irregular(f *Facts) bool {
	return (r.role == AuthorizedKeys || r.role == AuthorizedPrincipals) && f.Kind != File
}

// text is one about a file of the rule's role.
func (r *posixRule) text(id string, pairs ...any) Text {
	return text(id, append(pairs, "role", text(r.title), "refused", text(r.refused), "useless", text(r.useless))...)
}

func kindText(k Kind) Text {
	switch k {
	case Special:
		return text("perms.special")
	case Directory:
		return text("perms.directory")
	}
	return text("perms.file")
}

// judgeOwner finds a wrong owner, but where that only means that the file cannot
// be read, which judgeReading says.
func (r *posixRule) judgeOwner(f *Facts, found []Finding) []Finding {
	if r.owned(f) {
		return r.noteRoot(f, found)
	}
	want := ownerName(r.rightOwner(f), f.Account)
	finding := Finding{Code: CodeOwner, Severity: Warning, Source: r.source,
		Got: ownerName(f.Posix.UID, f.Account), Want: want, Command: r.command(f)}
	id := "perms.owner_changes"
	switch {
	case r.foreign == Error && r.checked(f):
		finding.Code, finding.Severity = r.code, Error
		id = "perms.owner_refused"
	case r.unread != "" && !r.reads(f):
		return found
	case r.when == ifOwned:
		id = "perms.owner_unchecked"
	}
	finding.Text = r.text(id, "owner", ownerText(f.Posix.UID, f.Account), "want", want)
	return r.noteRoot(f, append(found, finding))
}

// noteRoot says why root saw no complaint: ssh looks at the mode of a key only
// when it is the caller's own.
func (r *posixRule) noteRoot(f *Facts, found []Finding) []Finding {
	p := f.Posix
	if r.role != PrivateKey || !f.AsRoot || p.UID == 0 || p.Mode&0o077 == 0 {
		return found
	}
	return append(found, Finding{Code: CodeOwner, Severity: Info, Source: r.source,
		Got: ownerName(p.UID, f.Account), Want: ownerName(f.Account.UID, f.Account),
		Text: r.text("perms.root_takes_any", "who", ownerText(f.Account.UID, f.Account))})
}

// judgeReading finds a file that its reader cannot read, and a directory that the
// account cannot use.
func (r *posixRule) judgeReading(f *Facts, found []Finding) []Finding {
	if r.unread == "" || Refused(found) {
		return found // no need, or the wrong owner says it
	}
	p, reader, dir := f.Posix, r.reader(f), f.Kind == Directory
	finding := Finding{Code: CodeUnreadable, Severity: r.unread, Source: r.source}
	id := "perms.unreadable"
	switch reads := r.reads(f); {
	case !reads && dir:
		id = "perms.unpassable"
		if r.never && !f.SSHD {
			finding.Severity = Warning
		}
	case !reads:
	case dir && reader.UID != 0 && p.UID == reader.UID && p.Mode&r.need != r.need:
		finding.Severity, id = Warning, "perms.unlistable"
	default:
		return found
	}
	finding.Text, finding.Command = r.text(id, "who", ownerText(reader.UID, reader)), r.command(f)
	finding.Got, finding.Want = ownerName(p.UID, f.Account), ownerName(r.rightOwner(f), f.Account)
	switch {
	case p.UID == reader.UID:
		finding.Got, finding.Want = octal(p.Mode), octal(r.wantMode(f))
	case finding.Got == finding.Want: // root's directory, which others have to pass
		finding.Got, finding.Want = octal(p.Mode), octal(p.Mode|0o001)
	}
	return append(found, finding)
}

// judgeMode finds bits that are refused, or more than needed. Where the owner is
// wrong, more than needed is not worth a word.
func (r *posixRule) judgeMode(f *Facts, found []Finding) []Finding {
	p := f.Posix
	most := r.mostOf(p.UID, f.Account)
	refused := r.checked(f) && p.Mode&r.refuse != 0
	setgid := r.never && p.Mode&0o2000 != 0
	if !refused && (!r.owned(f) || f.Kind == Special || p.Mode&^most == 0 && !setgid) {
		return found
	}
	finding := Finding{Source: r.source, Got: octal(p.Mode), Want: octal(r.wantMode(f)), Command: r.command(f)}
	active, _ := p.granted()
	switch {
	case refused:
		finding.Code, finding.Severity = r.code, Error
		finding.Text = r.openText("perms.open_refused", p.Mode&r.refuse, f)
		r.blameMount(f, &finding)
	case p.Mode&0o022 != 0:
		finding.Code, finding.Severity = CodeWritable, Warning
		finding.Text = r.openText("perms.open_writable", p.Mode&0o022, f)
	case most&0o077 == 0 && len(active) > 0:
		finding.Code, finding.Severity = CodeACL, Warning
		finding.Text = r.text("perms.acl_lets_in", "who", list(active))
	case setgid:
		finding.Code, finding.Severity, finding.Source = CodeWide, Info, "inode(7)"
		finding.Want, finding.Command = octal(p.Mode&^0o2000), ""
		finding.Text = r.text("perms.setgid")
	default:
		finding.Code, finding.Severity = CodeWide, Info
		finding.Text = r.text("perms.wide", "mode", octal(r.wantMode(f)))
	}
	return append(found, finding)
}

// openText says what bits let others do, who they are by the ACL, and what does
// not help.
func (r *posixRule) openText(id string, bits uint32, f *Facts) Text {
	p := f.Posix
	who, do := reach(bits)
	t := r.text(id, "reach", who, "do", do)
	if active, _ := p.granted(); len(active) > 0 {
		t.Values["acl"] = text("perms.by_acl", "who", list(active))
	}
	if f.Kind == Directory && p.Mode&0o2000 != 0 {
		t.Values["setgid"] = text("perms.gives_group")
	}
	switch {
	case f.Kind != Directory || p.Mode&0o1000 == 0 || !f.SSHD:
	case r.never && p.UID == 0:
		t.Values["sticky"] = text("perms.sticky_shared")
	default:
		t.Values["sticky"] = text("perms.sticky")
	}
	return t
}

// blameMount says so where the file system keeps no modes: chmod is no help there.
func (r *posixRule) blameMount(f *Facts, finding *Finding) {
	lost := modeless(f.Mount)
	if lost == nil {
		return
	}
	finding.Text.Values["mount"] = lost.sentence(f.Mount)
	if !lost.sure {
		return
	}
	finding.Command = ""
	if r.role == PrivateKey {
		finding.Code, finding.Command = CodeNoEffect, "sshkeys import "+shellQuote(f.Path)
	}
}

// judgeACL finds what a mode does not show: entries that chmod only masked, and
// those a directory gives to all that is made in it.
func (r *posixRule) judgeACL(f *Facts, found []Finding) []Finding {
	p := f.Posix
	if r.mostOf(p.UID, f.Account)&0o077 != 0 || !r.owned(f) {
		return found
	}
	if active, masked := p.granted(); len(masked) > 0 && len(active) == 0 {
		found = append(found, Finding{Code: CodeACL, Severity: Info, Source: "acl.5", Command: r.command(f),
			Got: octal(p.Mode), Want: octal(r.wantMode(f)),
			Text: r.text("perms.acl_masked", "who", list(masked))})
	}
	if open := opening(p.Default); len(open) > 0 {
		found = append(found, Finding{Code: CodeACL, Severity: Warning, Source: "acl.5", Command: r.command(f),
			Text: r.text("perms.acl_default", "who", list(open))})
	}
	return found
}

// judgeMacACL finds entries that let others in, where a mode of ours would not.
// OpenSSH does not look at them.
func (r *posixRule) judgeMacACL(f *Facts, found []Finding) []Finding {
	var others []Text
	last := ""
	for _, line := range f.Posix.MacACL {
		e, ok := parseMacEntry(line)
		if ok && e.allow && e.who != "user:"+f.Account.Name && e.who != last && (r.most&0o077 == 0 || e.writes()) {
			others, last = append(others, verbatim(e.who)), e.who
		}
	}
	if len(others) == 0 {
		return found
	}
	return append(found, Finding{Code: CodeMacACL, Severity: Warning, Source: "chmod.1", Command: r.sudo(f, f.Posix.UID) + "chmod -N " + shellQuote(f.Path),
		Text: r.text("perms.acl_mac", "who", series("perms.and", others))})
}

// homeBoolean is SELinux's switch for homes on file systems without labels of
// their own.
func homeBoolean(label string) string {
	switch label {
	case "nfs_t":
		return "use_nfs_home_dirs"
	case "cifs_t":
		return "use_samba_home_dirs"
	case "fusefs_t":
		return "use_fusefs_home_dirs"
	}
	return ""
}

// judgePlace finds what is wrong with where a file lies: a link out of the tree,
// and a label with which sshd may not read it.
func judgePlace(f *Facts, found []Finding) []Finding {
	if f.Outside {
		found = append(found, Finding{Code: CodeLink, Severity: Info, Source: "misc.c:safe_path", Got: f.Target,
			Text: text("perms.link_outside")})
	}
	if f.Posix.SELinux == "" {
		return found
	}
	context := strings.Split(f.Posix.SELinux, ":")
	dir := dotSSH(cmp.Or(f.Target, f.Path))
	if len(context) < 3 || dir == "" || context[2] == "ssh_home_t" {
		return found
	}
	finding := Finding{Code: CodeSELinux, Severity: Info, Source: "selinux-policy ssh.fc", Got: context[2], Want: "ssh_home_t",
		Command: "restorecon -Rv " + shellQuote(dir),
		Text:    text("perms.selinux")}
	if boolean := homeBoolean(context[2]); boolean != "" {
		finding.Want, finding.Command = "", "sudo setsebool -P "+boolean+" on"
		finding.Text = text("perms.selinux_boolean", "boolean", boolean)
	}
	if f.SSHD {
		finding.Severity = Warning
	}
	return append(found, finding)
}

// dotSSH is the innermost .ssh directory of a path, or "".
func dotSSH(path string) string {
	const name = "/.ssh"
	i := strings.LastIndex(path+"/", name+"/")
	if i < 0 {
		return ""
	}
	return path[:i+len(name)]
}

// wantMode is the mode that a file should have.
func (r *posixRule) wantMode(f *Facts) uint32 {
	if c := r.ideal(f); c.Mode != nil {
		return *c.Mode
	}
	return f.Posix.Mode
}

// planPosix is the ideal change, as far as it is ours to make: what is another's
// only root can change.
func planPosix(f Facts) Change {
	r := posixRuleOf(&f)
	root := f.AsRoot || f.Account.UID == 0
	if r == nil || r.never || f.Foreign || r.irregular(&f) || f.Kind == Special || !root && f.Posix.UID != f.Account.UID {
		return Change{}
	}
	c := r.ideal(&f)
	switch {
	case c.Owner == nil:
	case root && !r.mayGive(*c.Owner):
		return Change{}
	case !root:
		c.Owner = nil
		if *c.Mode == f.Posix.Mode && !c.DropACL {
			c.Mode = nil
		}
	}
	return c
}

// mayGive tells whether root may give a file to an owner unasked: what is a
// user's stays a user's, should a home be root's by mistake.
func (r *posixRule) mayGive(owner int) bool {
	return owner != 0 || r.role == HostKey || r.role == SystemConfig
}

// afterPosix does to facts what apply does to a file: owner, then mode, then ACL.
// Removing an ACL leaves the mode as it is.
func afterPosix(p Posix, c Change) Posix {
	if c.Owner != nil {
		p.UID = *c.Owner
	}
	if c.Mode != nil {
		p.Mode = *c.Mode
		p.ACL = chmodACL(p.ACL, p.Mode)
	}
	if c.DropACL {
		p.ACL = nil
	}
	if c.DropDefaultACL {
		p.Default = nil
	}
	return p
}

// noEffectPosix finds that a change was accepted and not kept. Judge says so
// itself where the file system is known for it.
func noEffectPosix(before Facts, c Change, after Facts) []Finding {
	lost := lostPart(*before.Posix, c, *after.Posix)
	judged := Judge(after)
	r := posixRuleOf(&after)
	if lost == "" || r == nil || slices.ContainsFunc(judged, func(f Finding) bool { return f.Code == CodeNoEffect }) {
		return nil
	}
	mount := after.Mount
	if mount == (Mount{}) {
		mount = before.Mount
	}
	finding := Finding{Code: CodeNoEffect, Severity: Warning, Source: "chmod(2)",
		Got: octal(after.Posix.Mode), Want: octal(afterPosix(*before.Posix, c).Mode),
		Text: text("perms.no_effect", "mount", mount.name(), "lost", text(lost))}
	if Refused(judged) {
		finding.Severity = Error
	}
	help := homeMove
	if k := modeless(mount); k != nil {
		help = k.remedy
		finding.Text.Values["being"] = text("perms.being", "kind", text(k.what))
	}
	finding.Text.Values["remedy"] = remedy(help, after.Kind)
	switch {
	case r.role == PrivateKey:
		finding.Command = "sshkeys import " + shellQuote(after.Path)
		finding.Text.ID = "perms.no_effect_key"
	case after.Kind == Directory:
		finding.Text.ID = "perms.no_effect_directory"
	}
	return say([]Finding{finding})
}

// lostPart is the id of what of a change was not kept, or "".
func lostPart(before Posix, c Change, after Posix) string {
	want := afterPosix(before, c)
	switch {
	case c.Mode != nil && after.Mode != want.Mode:
		return "perms.lost_mode"
	case c.Owner != nil && after.UID != want.UID:
		return "perms.lost_owner"
	case c.DropACL && len(after.ACL) > 0, c.DropDefaultACL && len(after.Default) > 0:
		return "perms.lost_acl"
	}
	return ""
}

// command is what a person can type for all that is wrong with the file.
func (r *posixRule) command(f *Facts) string {
	c, p := r.ideal(f), f.Posix
	switch {
	case f.Kind == Special || r.irregular(f):
		return r.sudo(f, p.UID) + "mv " + shellQuote(f.Path) + " " + shellQuote(f.Path+".old")
	case r.never && p.UID == 0 && p.Mode&0o1000 != 0: // /tmp is right as it is
		return ""
	}
	path, owner := shellQuote(f.Path), p.UID
	var steps []string
	if c.Owner != nil {
		steps = append(steps, r.sudo(f, -1)+"chown "+shellQuote(ownerName(*c.Owner, f.Account))+" "+path)
		owner = *c.Owner
	}
	sudo := r.sudo(f, owner)
	if c.DropACL {
		steps = append(steps, sudo+"setfacl -b "+path)
	}
	if c.DropDefaultACL {
		steps = append(steps, sudo+"setfacl -k "+path)
	}
	if c.Mode != nil && (*c.Mode != p.Mode || c.DropACL) {
		steps = append(steps, sudo+"chmod "+r.chmodArg(f, *c.Mode)+" "+path)
	}
	return strings.Join(steps, " && ")
}

// sudo is what a command on a file of that owner's has to begin with.
func (r *posixRule) sudo(f *Facts, owner int) string {
	if f.AsRoot || f.Account.UID == 0 || owner == f.Account.UID {
		return ""
	}
	return "sudo "
}

// chmodArg writes a mode for chmod: of directories that are never changed by us
// only what differs.
func (r *posixRule) chmodArg(f *Facts, mode uint32) string {
	had := f.Posix.Mode
	switch {
	case r.never && had&^mode != 0 && mode&^had != 0:
		return "u+x,go-w"
	case r.never && mode&^had != 0:
		return "u+x"
	case r.never:
		return "go-w"
	case f.Kind == Directory && had&0o6000 != 0:
		return "0" + octal(mode) // GNU chmod takes setgid from a directory only when five digits are given
	}
	return strings.TrimPrefix(octal(mode), "0")
}

// reach says who can do what by the given bits of group and others.
func reach(bits uint32) (who, do Text) {
	who = text("perms.reach_everyone")
	switch {
	case bits&0o007 == 0:
		who = text("perms.reach_group")
	case bits&0o070 != 0:
		who = text("perms.reach_both")
	}
	bits |= bits >> 3
	switch bits & 0o006 {
	case 0o006:
		return who, text("perms.do_both")
	case 0o004:
		return who, text("perms.do_read")
	case 0o002:
		return who, text("perms.do_change")
	}
	return who, text("perms.do_execute")
}

// list names trustees of ACL entries.
func list(acl []ACLEntry) Text {
	names := make([]Text, len(acl))
	for i, e := range acl {
		names[i] = e.who()
	}
	return series("perms.comma", names)
}

// ownerName is an account's name, or the id of one that is not known.
func ownerName(uid int, a Account) string {
	switch {
	case uid == a.UID && a.Name != "":
		return a.Name
	case uid == 0:
		return "root"
	}
	return itoa(uid)
}

// ownerText is ownerName for a sentence.
func ownerText(uid int, a Account) Text {
	owner := ownerName(uid, a)
	if owner == itoa(uid) {
		return text("perms.user", "id", owner)
	}
	return verbatim(owner)
}

// shellQuote writes a word for a POSIX shell, and so that no program takes it for
// an option.
func shellQuote(word string) string {
	if strings.HasPrefix(word, "-") {
		word = "./" + word
	}
	plain := func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("/._-+,:@%", c)
	}
	switch {
	case word != "" && !strings.ContainsFunc(word, func(c rune) bool { return !plain(c) }):
		return word
	case !utf8.ValidString(word) || strings.ContainsFunc(word, unicode.IsControl):
		return ansiQuote(word)
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// ansiQuote is for what a terminal does not show: $'…' of bash, zsh and ksh.
func ansiQuote(word string) string {
	var b strings.Builder
	b.WriteString("$'")
	for i := range len(word) {
		switch c := word[i]; {
		case c == '\'' || c == '\\':
			b.WriteString("\\" + string(rune(c)))
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, "\\x%02x", c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String() + "'"
}
