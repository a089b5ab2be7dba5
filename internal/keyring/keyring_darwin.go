package keyring

import (
	"errors"
	"os/exec"
	"slices"
)

// reachable: the keyring is a part of the system.
func reachable(func(string) string) error { return nil }

// locked are the low bytes of errSecInteractionNotAllowed (-25308),
// errSecAuthFailed (-25293) and userCanceledErr (-128) in SecBase.h and
// MacErrors.h, which /usr/bin/security ends with; over ssh the keychain is locked.
var locked = []int{36, 51, 128}

// system says what a status of /usr/bin/security means.
func system(err error) error {
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && slices.Contains(locked, exit.ExitCode()) {
		return &Error{ErrLocked, "security unlock-keychain unlocks it"}
	}
	return &Error{Err: err}
}
