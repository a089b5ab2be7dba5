//go:build !windows

package catalog

func systemLocale() string { return "" }
