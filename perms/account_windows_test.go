package perms

import (
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestOwnAccount(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("USERPROFILE", dir)
	a, err := ownAccount()
	if err != nil {
		t.Fatal(err)
	}
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	if a.SID != u.Uid || !strings.EqualFold(a.Name, u.Username) {
		t.Errorf("%s is %s; os/user says %s is %s", a.Name, a.SID, u.Username, u.Uid)
	}
	if !slices.Contains(a.SIDs, string(sidEveryone)) || !slices.Contains(a.SIDs, string(sidAuthenticated)) {
		t.Errorf("groups %v", a.SIDs)
	}
	real, err := filepath.EvalSymlinks(dir)
	if err != nil || !strings.EqualFold(a.Home, real) {
		t.Errorf("home %s, want %s (%v)", a.Home, real, err)
	}
}

// The list of profiles has the one this test runs in, unless a service runs it.
func TestProfiles(t *testing.T) {
	a, err := ownAccount()
	if err != nil {
		t.Fatal(err)
	}
	list, err := profiles()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(list, func(p Account) bool { return p.SID == a.SID })
	if i < 0 {
		t.Fatalf("no profile of %s in %+v", a.SID, list)
	}
	if !strings.EqualFold(list[i].Home, a.Home) {
		t.Errorf("profile %s, home %s", list[i].Home, a.Home)
	}
}

// For whom a file is judged, on a machine with two profiles.
func TestAccountOfPath(t *testing.T) {
	own := Account{Name: `PC\admin`, SID: "S-1-5-21-1-2-3-1001", Home: `C:\Users\admin`}
	bob := Account{Name: `PC\bob`, SID: "S-1-5-21-1-2-3-1002", Home: `C:\Users\bob`}
	s := &survey{memory: memory{accounts: map[userAt]Account{{}: own, {bob.Home, -1}: bob}}}
	for path, want := range map[string]string{
		`C:\Users\admin\.ssh\id_rsa`: own.SID,
		`c:\users\BOB\.ssh\id_rsa`:   bob.SID,
		`C:\Users\bobby\.ssh\id_rsa`: own.SID,
		`D:\keys\id_rsa`:             own.SID,
	} {
		if !elevated() {
			want = own.SID // who may not mend another's files judges for himself
		}
		if a, err := s.account(path); err != nil || a.SID != want {
			t.Errorf("%s: %+v, %v", path, a, err)
		}
	}
	s.opt.Account = &bob
	if a, err := s.account(`C:\Users\admin\.ssh\id_rsa`); err != nil || a.SID != bob.SID {
		t.Errorf("with an account given: %+v, %v", a, err)
	}
}

func TestSystemRole(t *testing.T) {
	const folder = `C:\ProgramData\ssh`
	for _, c := range []struct {
		path string
		kind Kind
		told Role
		want Role
	}{
		{folder, Directory, NoRole, ProgramData},
		{`c:\programdata\SSH`, Directory, NoRole, ProgramData},
		{folder + `\logs`, Directory, NoRole, ProgramData},
		{folder + `\other`, Directory, NoRole, NoRole},
		{folder + `\administrators_authorized_keys`, File, AdminKeys, AdminKeys},
		{folder + `\Administrators_Authorized_Keys`, File, UserFile, AdminKeys},
		{folder + `\other\administrators_authorized_keys`, File, UserFile, UserFile},
		{folder + `\sshd_config`, File, Config, SystemConfig},
		{folder + `\ssh_host_ed25519_key`, File, HostKey, HostKey},
		{folder + `\my_key`, File, PrivateKey, HostKey},
		{folder + `\ssh_host_ed25519_key.pub`, File, PublicKey, PublicKey},
		{folder + `\logs\sshd.log`, File, NoRole, NoRole},
		{`C:\ProgramData\ssh2`, Directory, NoRole, NoRole},
		{`C:\Users\a\.ssh\id_rsa`, File, PrivateKey, NoRole},
	} {
		if got := systemRole(folder, c.path, c.kind, c.told); got != c.want {
			t.Errorf("%s: %q, want %q", c.path, got, c.want)
		}
	}
	if got := systemRole("", `C:\key`, File, PrivateKey); got != NoRole {
		t.Errorf("without a folder of the system: %q", got)
	}
}

func TestProgramData(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ProgramData", dir)
	if err := os.Mkdir(filepath.Join(dir, "SSH"), 0o700); err != nil {
		t.Fatal(err)
	}
	real, err := realPath(filepath.Join(dir, "SSH"))
	if err != nil || programData() != real {
		t.Errorf("%s, want %s (%v)", programData(), real, err)
	}
	t.Setenv("ProgramData", "")
	if got := programData(); got != "" {
		t.Errorf("without the variable: %q", got)
	}
}
