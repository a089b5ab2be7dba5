//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package keyfile

import "context"

// lockFolder does nothing: folders cannot be locked here, and the comparison
// before the move is what keeps two runs apart.
func lockFolder(context.Context, string) (unlock func()) { return func() {} }
