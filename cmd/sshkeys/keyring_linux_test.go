package main

import (
	"testing"

	"sshkeys/internal/testkeys"
)

// TestKeyringScripts runs its scripts with a real gnome-keyring, which they share.
func TestKeyringScripts(t *testing.T) {
	if testkeys.InSession(t, testkeys.UnlockedKeyring) {
		runScripts(t, "testdata/keyring/unlocked", "DBUS_SESSION_BUS_ADDRESS")
	}
}

func TestLockedKeyringScripts(t *testing.T) {
	if testkeys.InSession(t, testkeys.LockedKeyring) {
		runScripts(t, "testdata/keyring/locked", "DBUS_SESSION_BUS_ADDRESS")
	}
}
