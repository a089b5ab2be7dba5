package perms

import (
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/registry"
)

// account tells whose ssh is judged at a real path: of the user who runs the
// program, and where that is an administrator, of the owner of the profile that
// the path lies in.
func (s *survey) account(path string) (Account, error) {
	if s.opt.Account != nil {
		return *s.opt.Account, nil
	}
	own, err := s.own()
	if err != nil || contains(own.Home, path) || !elevated() {
		return own, err
	}
	for _, a := range s.others() {
		if contains(a.Home, path) {
			return s.withName(a), nil
		}
	}
	return own, nil
}

// own asks the system once who runs the program: to name an account may need the
// answer of a server.
func (s *survey) own() (Account, error) {
	a, known := s.accounts[userAt{}]
	if known {
		return a, nil
	}
	a, err := ownAccount()
	if err == nil {
		s.remember(userAt{}, a)
	}
	return a, err
}

// others are the accounts with a profile on this machine, by their folders. A
// list that cannot be read is empty: all is then judged for the own account.
func (s *survey) others() []Account {
	var list []Account
	for at, a := range s.accounts {
		if at.home != "" {
			list = append(list, a)
		}
	}
	if list != nil {
		return list
	}
	list, _ = profiles()
	for _, a := range list {
		s.remember(userAt{a.Home, -1}, a)
	}
	return list
}

// withName asks for the name of an account whose files are judged.
func (s *survey) withName(a Account) Account {
	if a.Name == "" {
		a.Name = a.SID
		if sid, err := windows.StringToSid(a.SID); err == nil {
			a.Name = accountName(sid)
		}
		s.remember(userAt{a.Home, -1}, a)
	}
	return a
}

func (s *survey) remember(at userAt, a Account) {
	if s.accounts == nil {
		s.accounts = map[userAt]Account{}
	}
	s.accounts[at] = a
}

// ownAccount is the user of the process' token, with the groups it is a member
// of. Home is where Win32-OpenSSH's programs look: %USERPROFILE%.
func ownAccount() (Account, error) {
	token := windows.GetCurrentProcessToken()
	user, err := token.GetTokenUser()
	if err != nil {
		return Account{}, err
	}
	a := Account{SID: user.User.Sid.String(), Name: accountName(user.User.Sid)}
	groups, err := token.GetTokenGroups()
	if err != nil {
		return Account{}, err
	}
	for _, g := range groups.AllGroups() {
		if g.Attributes&windows.SE_GROUP_ENABLED != 0 {
			a.SIDs = append(a.SIDs, g.Sid.String())
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		a.Home = realOr(home)
	}
	return a, nil
}

// accountName is DOMAIN\name, or the SID where nobody knows it.
func accountName(sid *windows.SID) string {
	name, domain, _, err := sid.LookupAccount("")
	switch {
	case err != nil:
		return sid.String()
	case domain == "":
		return name
	}
	return domain + `\` + name
}

const profileList = `SOFTWARE\Microsoft\Windows NT\CurrentVersion\ProfileList`

// profiles lists the accounts that have a profile folder on this machine, without
// their names. Which groups another account is in shows only when it logs in.
func profiles() ([]Account, error) {
	list, err := registry.OpenKey(registry.LOCAL_MACHINE, profileList, registry.ENUMERATE_SUB_KEYS)
	if err != nil {
		return nil, err
	}
	defer list.Close()
	names, err := list.ReadSubKeyNames(-1)
	if err != nil {
		return nil, err
	}
	var found []Account
	for _, name := range names {
		if _, err := ParseSID(name); err != nil {
			continue // S-1-5-21-….bak
		}
		if home := profileFolder(name); home != "" {
			found = append(found, Account{Home: home, SID: name})
		}
	}
	return found, nil
}

// profileFolder is "" where the folder is not known.
func profileFolder(sid string) string {
	key, err := registry.OpenKey(registry.LOCAL_MACHINE, profileList+`\`+sid, registry.QUERY_VALUE)
	if err != nil {
		return ""
	}
	defer key.Close()
	path, _, err := key.GetStringValue("ProfileImagePath")
	if err != nil {
		return ""
	}
	if path, err = registry.ExpandString(path); err != nil || path == "" {
		return ""
	}
	return realOr(path)
}

// realOr is the real path, or where that cannot be told the path as it is.
func realOr(path string) string {
	if real, err := realPath(path); err == nil {
		return real
	}
	return filepath.Clean(path)
}

// programData is the real path of the system's own ssh folder, "" for none.
func programData() string {
	if dir := os.Getenv("ProgramData"); dir != "" {
		return realOr(filepath.Join(dir, "ssh"))
	}
	return ""
}

// systemRole is the role of what lies in the system's ssh folder, NoRole of
// everything else. Files whose names sshd does not know keep the role that their
// content gives them, but a key there is a host's.
func systemRole(folder, path string, kind Kind, role Role) Role {
	if folder == "" || !contains(folder, path) {
		return NoRole
	}
	below := strings.ToLower(strings.Trim(path[len(folder):], `\`))
	switch {
	case kind == Directory && (below == "" || below == "logs"):
		return ProgramData
	case kind == Directory:
		return NoRole
	case below == "administrators_authorized_keys":
		return AdminKeys
	case below == "sshd_config", below == "ssh_config":
		return SystemConfig
	case role == PrivateKey:
		return HostKey
	}
	return role
}

// elevated tells an administrator's token from the one that UAC leaves of it.
func elevated() bool { return windows.GetCurrentProcessToken().IsElevated() }
