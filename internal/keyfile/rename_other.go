//go:build !linux && !darwin && !windows

package keyfile

import "errors"

// renameNew is not known to this system.
func renameNew(from, to string) error { return errors.ErrUnsupported }
