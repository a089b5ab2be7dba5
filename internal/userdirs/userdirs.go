// Package userdirs names the folders in which this program keeps what is the
// user's own, where each system wants it.
package userdirs

import "path/filepath"

// Config is the folder of what the user writes: sshkeys in XDG_CONFIG_HOME, else in
// ~/.config; in ~/Library/Application Support on macOS ("darwin"), and in %AppData%
// on Windows. It is "" where no folder is known.
func Config(goos, home string, env func(string) string) string {
	return folder(goos, home, env("XDG_CONFIG_HOME"), ".config", env("AppData"))
}

// State is the folder of what is to stay from run to run: sshkeys in
// XDG_STATE_HOME, else in ~/.local/state; on macOS the same as Config, and in
// %LocalAppData% on Windows. It is "" where no folder is known.
func State(goos, home string, env func(string) string) string {
	return folder(goos, home, env("XDG_STATE_HOME"), filepath.Join(".local", "state"), env("LocalAppData"))
}

// folder is the program's own in the base that the system goes by; "" for home,
// xdg and windows where they are not set.
func folder(goos, home, xdg, inHome, windows string) string {
	base := ""
	switch {
	case goos == "windows":
		base = windows
	case filepath.IsAbs(xdg): // a relative one is to be ignored (XDG Base Directory Specification)
		base = xdg
	case home == "":
	case goos == "darwin":
		base = filepath.Join(home, "Library", "Application Support")
	default:
		base = filepath.Join(home, inHome)
	}
	if base == "" {
		return ""
	}
	return filepath.Join(base, "sshkeys")
}
