package perms

import (
	"slices"
	"strings"
)

// names lists whom entries let in, each once.
func (f ntFile) names(entries []ACE) string {
	var list []string
	for _, e := range entries {
		s := f.name(e.SID)
		if e.SID == "" {
			s = "an entry of type " + itoa(int(e.Type))
		}
		if e.Flags&Inherited != 0 {
			s += ", inherited from the folder"
		}
		if !slices.Contains(list, s) {
			list = append(list, s)
		}
	}
	return strings.Join(list, "; ")
}

// name is what people call a SID. Nothing is looked up: names would depend on the
// language of Windows, and a deleted account has none.
func (f ntFile) name(s SID) string {
	switch {
	case s == "":
		return "nobody"
	case s == f.user && f.Account.Name != "":
		return f.Account.Name
	case s == sidSystem || s == sidAdministrators:
		return title(s)
	case s == sidTrustedInstaller:
		return "TrustedInstaller"
	case title(s) != "":
		return title(s) + " (" + string(s) + ")"
	case strings.HasPrefix(string(s), "S-1-5-80-"):
		return "the service " + string(s)
	case strings.HasPrefix(string(s), "S-1-15-"):
		return "the app " + string(s)
	case strings.HasPrefix(string(s), "S-1-5-21-"):
		return f.account(s)
	}
	return "the account " + string(s)
}

// account names one of a machine or domain: the fixed numbers by name, the others
// as near as their number tells.
func (f ntFile) account(s SID) string {
	domain, number := splitNumber(s)
	if domain == "S-1-5-21" {
		return "the account " + string(s)
	}
	fixed := map[string]string{"500": "Administrator", "501": "Guest", "512": "Domain Admins", "513": "Domain Users",
		"514": "Domain Guests", "515": "Domain Computers", "519": "Enterprise Admins"}
	if known := fixed[number]; known != "" {
		return known + " (" + string(s) + ")"
	}
	if home, _ := splitNumber(f.user); home != "" && home != domain {
		return "the account " + string(s) + " of another machine or domain, or deleted"
	}
	return "the account " + string(s) + ", maybe deleted"
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
