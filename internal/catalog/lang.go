package catalog

import (
	"cmp"
	"strings"
)

// FromEnvironment is the language of a locale, as POSIX names it: LC_ALL before
// LC_MESSAGES before LANG (XBD 8.2). Where none is set, as usual on Windows, it is
// that of the system.
func FromEnvironment(env func(string) string) Lang {
	locale := cmp.Or(env("LC_ALL"), env("LC_MESSAGES"), env("LANG"))
	if locale == "" {
		locale = systemLocale()
	}
	if isJapanese(locale) {
		return Japanese
	}
	return English
}

// isJapanese takes ja_JP.UTF-8, ja-JP, ja and Windows' Japanese_Japan.932.
func isJapanese(locale string) bool {
	locale = strings.ToLower(locale)
	language, _, _ := strings.Cut(strings.NewReplacer("-", "_", ".", "_").Replace(locale), "_")
	return language == "ja" || language == "japanese"
}
