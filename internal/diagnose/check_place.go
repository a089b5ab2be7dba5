package diagnose

import (
	"path"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/shellword"
)

// placeChecks are about where keys lie, and about the permissions of what ssh and
// sshd read beside them. Lists that only let others in here stop no login that goes
// out.
func placeChecks(v *Visit) []Finding {
	var found []Finding
	for _, p := range v.Places {
		for _, f := range Permissions(p.Path, p.Findings) {
			if v.Client != nil && f.Code == "D01" && f.Severity == Error {
				f.Severity = Warning
			}
			found = append(found, f)
		}
	}
	for i := range v.Keys {
		if c := &v.Keys[i]; c.isPrivate() {
			found = append(found, exposed(v, c)...)
		}
	}
	return found
}

// exposed is a private key where others, or other machines, get at it (K16): one
// finding for each reason.
func exposed(v *Visit, c *Candidate) []Finding {
	f := Finding{Code: "K16", Severity: Warning, File: c.Name}
	switch service := syncedBy(c.Name); {
	case service != "":
		f.Cause, f.Advice = catalog.T("K16.synced", "service", service), catalog.T("K16.move")
		f.Hint = "sshkeys import " + shellword.Name(c.Name)
	case c.WorkTree != "":
		f.Cause, f.Advice = catalog.T("K16.git", "folder", formats.Visible(c.WorkTree)), catalog.T("K16.commit")
		f.Hint = "sshkeys import " + shellword.Name(c.Name)
	default:
		list, line := v.authorizes(c)
		if list == "" {
			return nil
		}
		f.Severity, f.Cause, f.Advice = Info, catalog.T("K16.server"), catalog.T("K16.client")
		f.Evidence = []catalog.Text{catalog.T("list.line", "file", formats.Visible(list), "line", line)}
	}
	return []Finding{f}
}

// syncedBy names the service that copies a folder to other machines, told by the
// names that its program gives to the folder; "" for none.
func syncedBy(name string) string {
	for part := range strings.SplitSeq(path.Dir(strings.ReplaceAll(name, `\`, "/")), "/") {
		lower := strings.ToLower(part)
		switch {
		case lower == "onedrive" || strings.HasPrefix(lower, "onedrive -") || strings.HasPrefix(lower, "onedrive-"):
			return "OneDrive"
		case lower == "dropbox" || strings.HasPrefix(lower, "dropbox ("):
			return "Dropbox"
		case lower == "google drive" || lower == "googledrive" || strings.HasPrefix(lower, "googledrive-"):
			return "Google Drive"
		case lower == "iclouddrive" || lower == "mobile documents" || lower == "com~apple~clouddocs":
			return "iCloud"
		}
	}
	return ""
}

// authorizes is the list of this account, and its line, that lets a candidate log
// in here.
func (v *Visit) authorizes(c *Candidate) (list string, line int) {
	for _, l := range v.Authorized {
		for _, e := range l.Entries {
			if c.Key != nil && e.Key != nil && e.Key.Equal(c.Key) {
				return l.Path, e.Line
			}
		}
	}
	return "", 0
}
