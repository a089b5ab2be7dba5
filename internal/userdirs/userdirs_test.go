package userdirs

import (
	"path/filepath"
	"testing"
)

func TestFolders(t *testing.T) {
	home, xdg := t.TempDir(), t.TempDir()
	library := filepath.Join(home, "Library", "Application Support", "sshkeys")
	for _, c := range []struct {
		goos, home    string
		env           map[string]string
		config, state string
	}{
		{"linux", home, nil, filepath.Join(home, ".config", "sshkeys"), filepath.Join(home, ".local", "state", "sshkeys")},
		{"linux", home, map[string]string{"XDG_CONFIG_HOME": xdg}, filepath.Join(xdg, "sshkeys"), filepath.Join(home, ".local", "state", "sshkeys")},
		{"linux", home, map[string]string{"XDG_STATE_HOME": xdg}, filepath.Join(home, ".config", "sshkeys"), filepath.Join(xdg, "sshkeys")},
		{"linux", home, map[string]string{"XDG_CONFIG_HOME": "relative", "XDG_STATE_HOME": "relative"}, filepath.Join(home, ".config", "sshkeys"), filepath.Join(home, ".local", "state", "sshkeys")},
		{"linux", "", map[string]string{"XDG_CONFIG_HOME": xdg, "XDG_STATE_HOME": xdg}, filepath.Join(xdg, "sshkeys"), filepath.Join(xdg, "sshkeys")},
		{"linux", "", nil, "", ""},
		{"darwin", home, nil, library, library},
		{"darwin", "", nil, "", ""},
		{"windows", home, map[string]string{"AppData": xdg}, filepath.Join(xdg, "sshkeys"), ""},
		{"windows", home, map[string]string{"LocalAppData": xdg}, "", filepath.Join(xdg, "sshkeys")},
		{"windows", home, map[string]string{"XDG_CONFIG_HOME": xdg, "XDG_STATE_HOME": xdg}, "", ""},
	} {
		env := func(name string) string { return c.env[name] }
		if config, state := Config(c.goos, c.home, env), State(c.goos, c.home, env); config != c.config || state != c.state {
			t.Errorf("%s, home %q, %v: %q and %q, want %q and %q", c.goos, c.home, c.env, config, state, c.config, c.state)
		}
	}
}
