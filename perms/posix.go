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
			Message: "This is a " + kindWord(f.Kind) + " and no regular file, so " + r.refused + ".",
			Command: r.command(f), Source: "auth2-pubkeyfile.c:auth_openfile"}}
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

func kindWord(k Kind) string {
	if k == Special {
		return "pipe, socket or device"
	}
	return string(k)
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
	belongs := "This " + r.title + " belongs to " + ownerWords(f.Posix.UID, f.Account) + " and not to " + want
	switch {
	case r.foreign == Error && r.checked(f):
		finding.Code, finding.Severity = r.code, Error
		finding.Message = belongs + ", so " + r.refused + "."
	case r.unread != "" && !r.reads(f):
		return found
	case r.when == ifOwned:
		finding.Message = belongs + ", so whoever that is can read and replace it, and its mode is not looked at."
	default:
		finding.Message = belongs + ", who can change it at any time."
	}
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
		Message: "Root's own ssh takes this key with any mode, as it belongs to another; it is judged here as the ssh of " +
			ownerWords(f.Account.UID, f.Account) + " would."})
}

// judgeReading finds a file that its reader cannot read, and a directory that the
// account cannot use.
func (r *posixRule) judgeReading(f *Facts, found []Finding) []Finding {
	if r.unread == "" || Refused(found) {
		return found // no need, or the wrong owner says it
	}
	p, reader, dir := f.Posix, r.reader(f), f.Kind == Directory
	finding := Finding{Code: CodeUnreadable, Severity: r.unread, Source: r.source}
	who := func() string { return ownerWords(reader.UID, reader) }
	switch reads := r.reads(f); {
	case !reads && dir:
		finding.Message = "This " + r.title + " cannot be passed by " + who() + ", so " + r.useless + "."
		if r.never && !f.SSHD {
			finding.Severity = Warning
		}
	case !reads:
		finding.Message = "This " + r.title + " cannot be read by " + who() + ", so " + r.useless + "."
	case dir && reader.UID != 0 && p.UID == reader.UID && p.Mode&r.need != r.need:
		finding.Severity = Warning
		finding.Message = "This " + r.title + " can be passed, and not listed or changed, by " + who() + "."
	default:
		return found
	}
	finding.Command = r.command(f)
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
		finding.Message = reach(p.Mode&r.refuse) + " this " + r.title + ", so " + r.refused + r.addenda(f)
		r.blameMount(f, &finding)
	case p.Mode&0o022 != 0:
		finding.Code, finding.Severity = CodeWritable, Warning
		finding.Message = reach(p.Mode&0o022) + " this " + r.title + ", which should be its owner's alone" + r.addenda(f)
	case most&0o077 == 0 && len(active) > 0:
		finding.Code, finding.Severity = CodeACL, Warning
		finding.Message = "The ACL of this " + r.title + " lets in " + list(active) + ", which it has no need of"
	case setgid:
		finding.Code, finding.Severity, finding.Source = CodeWide, Info, "inode(7)"
		finding.Want, finding.Command = octal(p.Mode&^0o2000), ""
		finding.Message = "What is made in this " + r.title + " gets its group (setgid), and with a umask of 002 that group can write it"
	default:
		finding.Code, finding.Severity = CodeWide, Info
		finding.Message = "This " + r.title + " has more open than it needs: " + octal(r.wantMode(f)) + " is enough"
	}
	finding.Message += "."
	return append(found, finding)
}

// addenda tells what belongs to a mode that lets others in: who by the ACL, and
// what does not help.
func (r *posixRule) addenda(f *Facts) string {
	p := f.Posix
	var s string
	if active, _ := p.granted(); len(active) > 0 {
		s += "; by its ACL that is " + list(active)
	}
	if f.Kind == Directory && p.Mode&0o2000 != 0 {
		s += "; what is made in it gets its group (setgid)"
	}
	if f.Kind == Directory && p.Mode&0o1000 != 0 && f.SSHD {
		s += "; the sticky bit makes no difference to sshd"
		if r.never && p.UID == 0 {
			s += ", and a directory that all share is no place for what sshd reads"
		}
	}
	return s
}

// blameMount says so where the file system keeps no modes: chmod is no help there.
func (r *posixRule) blameMount(f *Facts, finding *Finding) {
	lost := modeless(f.Mount)
	if lost == nil {
		return
	}
	finding.Message += "; " + lost.sentence(f.Mount)
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
			Message: "The ACL of this " + r.title + " has entries for " + list(masked) +
				" that chmod only masked: the next chmod that gives the group something lets them in."})
	}
	if open := opening(p.Default); len(open) > 0 {
		found = append(found, Finding{Code: CodeACL, Severity: Warning, Source: "acl.5", Command: r.command(f),
			Message: "The default ACL of this " + r.title + " lets " + list(open) + " into what is made in it."})
	}
	return found
}

// judgeMacACL finds entries that let others in, where a mode of ours would not.
// OpenSSH does not look at them.
func (r *posixRule) judgeMacACL(f *Facts, found []Finding) []Finding {
	var others []string
	for _, line := range f.Posix.MacACL {
		e, ok := parseMacEntry(line)
		if ok && e.allow && e.who != "user:"+f.Account.Name && (r.most&0o077 == 0 || e.writes()) {
			others = append(others, e.who)
		}
	}
	if len(others) == 0 {
		return found
	}
	return append(found, Finding{Code: CodeMacACL, Severity: Warning, Source: "chmod.1", Command: r.sudo(f, f.Posix.UID) + "chmod -N " + shellQuote(f.Path),
		Message: "An ACL entry lets " + strings.Join(slices.Compact(others), " and ") + " into this " + r.title + ", whatever its mode says."})
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
			Message: "This is a link to a file outside of the tree that was named; it is that file that is judged."})
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
		Message: "Its SELinux label keeps sshd from reading it, whatever its mode says."}
	if name := homeBoolean(context[2]); name != "" {
		finding.Want, finding.Command = "", "sudo setsebool -P "+name+" on"
		finding.Message = "Its file system has one SELinux label for all files, with which sshd may read it only where " + name + " is on."
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
		Message: "The change was accepted and has no effect: " + mount.name() + " keeps no " + lost}
	if Refused(judged) {
		finding.Severity = Error
	}
	remedy := homeMove
	if k := modeless(mount); k != nil {
		remedy = k.remedy
		finding.Message += ", being " + k.what
	}
	switch {
	case r.role == PrivateKey:
		finding.Command = "sshkeys import " + shellQuote(after.Path)
		finding.Message += "; import the key to a place where it can be kept private, or " + remedy + "."
	case after.Kind == Directory:
		finding.Message += "; what lies in it is not protected here: " + strings.ReplaceAll(remedy, "the file", "the directory") + "."
	default:
		finding.Message += "; " + remedy + "."
	}
	return []Finding{finding}
}

// lostPart names what of a change was not kept, or "".
func lostPart(before Posix, c Change, after Posix) string {
	want := afterPosix(before, c)
	switch {
	case c.Mode != nil && after.Mode != want.Mode:
		return "modes"
	case c.Owner != nil && after.UID != want.UID:
		return "owners"
	case c.DropACL && len(after.ACL) > 0, c.DropDefaultACL && len(after.Default) > 0:
		return "change of an ACL"
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
func reach(bits uint32) string {
	who := "Everyone can "
	switch {
	case bits&0o007 == 0:
		who = "Its group can "
	case bits&0o070 != 0:
		who = "Its group and everyone else can "
	}
	bits |= bits >> 3
	switch bits & 0o006 {
	case 0o006:
		return who + "read and change"
	case 0o004:
		return who + "read"
	case 0o002:
		return who + "change"
	}
	return who + "execute"
}

// list names trustees of ACL entries.
func list(acl []ACLEntry) string {
	names := make([]string, len(acl))
	for i, e := range acl {
		names[i] = e.who()
	}
	return strings.Join(names, ", ")
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

// ownerWords is ownerName for a sentence.
func ownerWords(uid int, a Account) string {
	name := ownerName(uid, a)
	if name == itoa(uid) {
		return "user " + name
	}
	return name
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
