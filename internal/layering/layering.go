// Package layering holds the module to the direction of its imports: keytool ←
// formats ← internal ← cmd, with perms beside them. Only its test does
// anything; see rules in layering_test.go.
package layering
