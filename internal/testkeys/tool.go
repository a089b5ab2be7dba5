// Package testkeys gives tests their real tools and golden files. Only tests import it.
package testkeys

import (
	"os"
	"os/exec"
	"testing"
)

// packages names the Debian package of each peer.
var packages = map[string]string{
	"ssh-keygen":      "openssh-client",
	"ssh":             "openssh-client",
	"sshd":            "openssh-server",
	"puttygen":        "putty-tools",
	"openssl":         "openssl",
	"dropbearkey":     "dropbear-bin",
	"dropbearconvert": "dropbear-bin",
	"setfacl":         "acl",
	"getfacl":         "acl",
	"bindfs":          "bindfs",
	"fusermount3":     "fuse3",
	"smbd":            "samba",
	"smbpasswd":       "samba-common-bin",
	"smbcacls":        "smbclient",
	"smbclient":       "smbclient",
	"pdbedit":         "samba",
	"net":             "samba-common-bin",
	"wine":            "wine wine64",

	"dbus-run-session":     "dbus",
	"gnome-keyring-daemon": "gnome-keyring",
	"secret-tool":          "libsecret-tools",
}

// Tool returns the path of a peer. Where it is missing the test skips with the
// package's name, or fails when SSHKEYS_INTEROP=required.
func Tool(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err == nil {
		return path
	}
	if os.Getenv("SSHKEYS_INTEROP") == "required" {
		t.Fatalf("%s is missing: install the package %s", name, packages[name])
	}
	t.Skipf("%s is missing: install the package %s to run this test", name, packages[name])
	return ""
}

// Package names the Debian package of a peer.
func Package(tool string) string { return packages[tool] }
