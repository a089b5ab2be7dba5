package perms

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// plant makes files below dir, with everybody's full access; a name that ends in
// a backslash is a folder.
func plant(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	wide := "D:P(A;OICI;FA;;;" + me(t) + ")(A;OICI;FA;;;SY)(A;OICI;FA;;;WD)"
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		setOnFile(t, path, wide)
		for folder := filepath.Dir(path); len(folder) > len(dir); folder = filepath.Dir(folder) {
			setOnFile(t, folder, wide)
		}
	}
}

// roles are what was reported below dir, by path.
func roles(t *testing.T, dir string, all []Report) map[string]Role {
	t.Helper()
	real, err := realPath(dir)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]Role{}
	for _, r := range all {
		if r.Err != nil {
			t.Errorf("%s: %v", r.Facts.Path, r.Err)
		}
		rel, err := filepath.Rel(real, r.Facts.Path)
		if err != nil {
			t.Fatal(err)
		}
		if _, twice := found[rel]; twice {
			t.Errorf("%s is reported twice", rel)
		}
		found[rel] = r.Facts.Role
	}
	return found
}

func wantRoles(t *testing.T, got, want map[string]Role) {
	t.Helper()
	for path, role := range want {
		if got[path] != role {
			t.Errorf("%s: role %q, want %q", path, got[path], role)
		}
	}
	for path, role := range got {
		if _, ok := want[path]; !ok {
			t.Errorf("%s is reported as %q", path, role)
		}
	}
}

const somePublicKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl alice\n"

func TestWalk(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{
		`home\.ssh\id_any`:          somePrivateKey,
		`home\.ssh\id_any.pub`:      somePublicKey,
		`home\.ssh\config`:          "Host *\n",
		`home\.ssh\authorized_keys`: somePublicKey,
		`home\.ssh\known_hosts`:     "host " + somePublicKey,
		`home\.ssh\rc`:              "echo\n",
		`home\.ssh\old\backup`:      somePrivateKey,
		`home\notes.txt`:            "nothing of ssh's, and long enough to be looked at, if its name were",
		`home\work\deploy`:          somePrivateKey,
		`home\work\table.csv`:       somePrivateKey,
	})
	want := map[string]Role{
		`home\.ssh`:                 SSHDir,
		`home\.ssh\old`:             SSHDir,
		`home\.ssh\id_any`:          PrivateKey,
		`home\.ssh\id_any.pub`:      PublicKey,
		`home\.ssh\config`:          Config,
		`home\.ssh\authorized_keys`: AuthorizedKeys,
		`home\.ssh\known_hosts`:     KnownHosts,
		`home\.ssh\rc`:              UserFile,
		`home\.ssh\old\backup`:      PrivateKey,
		`home\work\deploy`:          PrivateKey,
	}
	looked := 0
	all := reports(t, checkAll, Options{Looked: &looked}, Target{Path: dir})
	wantRoles(t, roles(t, dir, all), want)
	if looked < 14 || looked > 20 {
		t.Errorf("looked at %d files and folders", looked)
	}
	// Named besides its folder, a file is told once; in another case of letters too.
	all = reports(t, checkAll, Options{}, Target{Path: filepath.Join(dir, `home\.ssh`)}, Target{Path: filepath.Join(dir, `HOME\.SSH\ID_ANY`)})
	if got := len(roles(t, dir, all)); got != 9 {
		t.Errorf("%d reports: %+v", got, roles(t, dir, all))
	}
	fixed := reports(t, fixAll, Options{}, Target{Path: dir})
	if fixed[0].Facts.Role != SSHDir {
		t.Errorf("the folder comes after what is in it: %v", fixed[0].Facts.Path)
	}
	wantRoles(t, roles(t, dir, fixed), want)
	for _, r := range fixed {
		if !r.Applied || !r.Verified || len(r.Remaining) > 0 {
			t.Errorf("%s: applied %v, verified %v, remaining %v", r.Facts.Path, r.Applied, r.Verified, r.Remaining)
		}
	}
	if again := reports(t, checkAll, Options{}, Target{Path: dir}); len(again) > 0 {
		t.Errorf("after fixing: %+v", roles(t, dir, again))
	}
}

func TestWalkNamedFile(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"work.conf": "IdentityFile x\n", "table.csv": "a,b,c\n", "deploy.csv": somePrivateKey})
	for _, c := range []struct {
		target Target
		want   Role
	}{
		{Target{Path: "table.csv"}, NoRole},
		{Target{Path: "table.csv", Role: IncludedConfig}, IncludedConfig},
		{Target{Path: "work.conf", Role: IncludedConfig}, IncludedConfig},
		{Target{Path: "deploy.csv", Role: IncludedConfig}, PrivateKey},
	} {
		c.target.Path = filepath.Join(dir, c.target.Path)
		all := reports(t, checkAll, Options{}, c.target)
		switch {
		case len(all) != 1:
			t.Errorf("%+v: %+v", c.target, all)
		case c.want == NoRole && !errors.Is(all[0].Err, ErrNoRole), c.want != NoRole && (all[0].Err != nil || all[0].Facts.Role != c.want):
			t.Errorf("%+v: role %q, %v", c.target, all[0].Facts.Role, all[0].Err)
		}
	}
	if all := reports(t, checkAll, Options{}, Target{Path: filepath.Join(dir, "nothing")}); len(all) != 1 || !os.IsNotExist(errors.Unwrap(all[0].Err)) && !errors.Is(all[0].Err, os.ErrNotExist) {
		t.Errorf("a file that is not there: %+v", all)
	}
}

// The system's folder is nobody's home: it is looked at where it is named.
func TestWalkSystemFolder(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("ProgramData", filepath.Join(dir, "data"))
	plant(t, dir, map[string]string{
		`data\ssh\administrators_authorized_keys`: somePublicKey,
		`data\ssh\ssh_host_ed25519_key`:           somePrivateKey,
		`data\ssh\sshd_config`:                    "Port 22\n",
		`data\ssh\logs\sshd.log`:                  "a line of it\n",
		`data\other\deploy`:                       somePrivateKey,
	})
	all := reports(t, checkAll, Options{}, Target{Path: dir})
	wantRoles(t, roles(t, dir, all), map[string]Role{`data\other\deploy`: PrivateKey})

	all = reports(t, checkAll, Options{}, Target{Path: filepath.Join(dir, `data\ssh`)})
	wantRoles(t, roles(t, dir, all), map[string]Role{
		`data\ssh`:      ProgramData,
		`data\ssh\logs`: ProgramData,
		`data\ssh\administrators_authorized_keys`: AdminKeys,
		`data\ssh\ssh_host_ed25519_key`:           HostKey,
		`data\ssh\sshd_config`:                    SystemConfig,
	})
	all = reports(t, checkAll, Options{}, Target{Path: filepath.Join(dir, `data\ssh\administrators_authorized_keys`)})
	if len(all) != 1 || all[0].Facts.Role != AdminKeys || !slices.Contains(codes(all[0].Findings), CodeStrictModes) {
		t.Errorf("named: %+v", all)
	}
}

// A junction is named by nobody: what it leads to is not walked into.
func TestWalkStopsAtJunction(t *testing.T) {
	if underWine() {
		t.Skip("Wine's links do not open")
	}
	dir := t.TempDir()
	plant(t, dir, map[string]string{`far\deploy`: somePrivateKey, `near\text`: "text"})
	if err := os.Symlink(filepath.Join(dir, "far"), filepath.Join(dir, "near", "folder")); err != nil {
		t.Skipf("this account may not make symbolic links: %v", err)
	}
	if err := os.Symlink(filepath.Join(dir, "far", "deploy"), filepath.Join(dir, "near", "id_rsa")); err != nil {
		t.Fatal(err)
	}
	all := reports(t, fixAll, Options{}, Target{Path: filepath.Join(dir, "near")})
	wantRoles(t, roles(t, dir, all), map[string]Role{`near\id_rsa`: PrivateKey})
	if r := all[0]; !r.Facts.Outside || r.Applied || !slices.Contains(codes(r.Findings), CodeLink) {
		t.Errorf("a link out of the tree: %+v", r)
	}
}
