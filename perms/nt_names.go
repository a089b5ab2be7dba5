package perms

import "strings"

// names lists whom entries let in, each once.
func (f ntFile) names(entries []ACE) Text {
	var list []Text
	named := map[string]bool{}
	for _, e := range entries {
		who := f.who(e.SID)
		if e.SID == "" {
			who = text("perms.entry_type", "type", int(e.Type))
		}
		if e.Flags&Inherited != 0 {
			who = text("perms.inherited", "who", who)
		}
		if s := who.String(); !named[s] {
			list, named[s] = append(list, who), true
		}
	}
	return series("perms.semicolon", list)
}

// name is who in English.
func (f ntFile) name(s SID) string { return f.who(s).String() }

// who is what people call a SID. Nothing is looked up: names would depend on the
// language of Windows, and a deleted account has none.
func (f ntFile) who(s SID) Text {
	switch {
	case s == "":
		return text("perms.nobody")
	case s == f.user && f.Account.Name != "":
		return verbatim(f.Account.Name)
	case s == sidSystem || s == sidAdministrators:
		return verbatim(title(s))
	case s == sidTrustedInstaller:
		return verbatim("TrustedInstaller")
	case title(s) != "":
		return verbatim(title(s) + " (" + string(s) + ")")
	case strings.HasPrefix(string(s), "S-1-5-80-"):
		return text("perms.sid_service", "sid", s)
	case strings.HasPrefix(string(s), "S-1-15-"):
		return text("perms.sid_app", "sid", s)
	case strings.HasPrefix(string(s), "S-1-5-21-"):
		return f.account(s)
	}
	return text("perms.sid_account", "sid", s)
}

// account names one of a machine or domain: the fixed numbers by name, the others
// as near as their number tells.
func (f ntFile) account(s SID) Text {
	domain, number := splitNumber(s)
	if domain == "S-1-5-21" {
		return text("perms.sid_account", "sid", s)
	}
	fixed := map[string]string{"500": "Administrator", "501": "Guest", "512": "Domain Admins", "513": "Domain Users",
		"514": "Domain Guests", "515": "Domain Computers", "519": "Enterprise Admins"}
	if known := fixed[number]; known != "" {
		return verbatim(known + " (" + string(s) + ")")
	}
	if home, _ := splitNumber(f.user); home != "" && home != domain {
		return text("perms.sid_elsewhere", "sid", s)
	}
	return text("perms.sid_deleted", "sid", s)
}

func splitNumber(s SID) (head, last string) {
	i := strings.LastIndexByte(string(s), '-')
	if i < 0 {
		return "", string(s)
	}
	return string(s[:i]), string(s[i+1:])
}

func title(s SID) string {
	for _, a := range sidAliases {
		if s == a.sid {
			return a.title
		}
	}
	return ""
}
