package perms

import "strings"

// Change is what Plan wants done to one file: the zero value is nothing.
type Change struct {
	Mode           *uint32 // chmod; on Unix
	Owner          *int    // chown; planned only where root looks
	DropACL        bool    // remove the POSIX.1e access ACL
	DropDefaultACL bool    // remove a directory's default ACL
	SDDL           string  // set DACL, and owner where it names one; on Windows
	LinkSDDL       string  // likewise, for the reparse point itself
}

// Empty tells that there is nothing to do.
func (c Change) Empty() bool { return c == Change{} }

// String names the changes as a person would type them: "chmod 600".
func (c Change) String() string {
	var parts []string
	if c.Owner != nil {
		parts = append(parts, "chown "+itoa(*c.Owner))
	}
	if c.DropACL {
		parts = append(parts, "setfacl -b")
	}
	if c.DropDefaultACL {
		parts = append(parts, "setfacl -k")
	}
	if c.Mode != nil {
		parts = append(parts, "chmod "+octal(*c.Mode)[1:])
	}
	if c.SDDL != "" {
		parts = append(parts, "set "+c.SDDL)
	}
	if c.LinkSDDL != "" {
		parts = append(parts, "set "+c.LinkSDDL+" on the link")
	}
	return strings.Join(parts, ", ")
}

// Plan makes the change that leaves nothing for Judge to find but what no change
// of this file can mend. It only takes access away from others; what it gives is
// the account's own missing access. Home directories, special files and
// what lies between home and ~/.ssh are never changed.
func Plan(f Facts) Change {
	switch {
	case f.Kind == Special || f.Role == NoRole || f.Role == Home || f.Role == ParentDir:
		return Change{}
	case f.Posix != nil:
		return planPosix(f)
	case f.NT != nil:
		return planNT(f)
	}
	return Change{}
}

// After is what a file's facts are when a change does what it says.
func (f Facts) After(c Change) Facts {
	if f.Posix != nil {
		p := afterPosix(*f.Posix, c)
		f.Posix = &p
	}
	if f.NT != nil {
		n := afterNT(*f.NT, c)
		f.NT = &n
	}
	return f
}
