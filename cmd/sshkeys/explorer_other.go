//go:build !windows

package main

// waitIfDropped matters in Windows' Explorer only.
func waitIfDropped() {}
