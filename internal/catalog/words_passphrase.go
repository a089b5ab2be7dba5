package catalog

// passphraseWords are about passphrases in the encodings of other programs
// (internal/diagnose/passphrase.go, cmd/sshkeys).
var passphraseWords = [...]row{
	{"K15.encoding", "the passphrase opened it in the encoding {encoding}, not as it was given ({given})",
		"文字コードを {encoding} に変えたパスフレーズで開けました。入力されたままの文字コード ({given}) では開けません"},
	{"K15.marked", "the passphrase opened it with the byte order mark or CR of its file, which do not belong to it",
		"パスフレーズのファイルにある BOM や CR を含めた場合だけ開けました。本来のパスフレーズには含まれない文字です"},
	{"K15.trimmed", "the passphrase opened it without the byte order mark, blanks or line end that it was given with",
		"入力されたパスフレーズから BOM、末尾の空白、改行を除くと開けました"},
	{"K15.others", "OpenSSH takes what the terminal sends, today UTF-8, and does not open the file with the same passphrase",
		"OpenSSH は端末から送られた文字コード(現在は UTF-8)をそのまま使うため、同じパスフレーズを入力しても開けません"},
	{"K15.anew", "set the passphrase anew: sshkeys passphrase FILE",
		"パスフレーズを設定し直してください: sshkeys passphrase FILE"},
	{"K15.copy", "the key is as it should be: keep the passphrase in UTF-8, with nothing before and behind it",
		"鍵に問題はありません。保存してあるパスフレーズを UTF-8 にし、前後に余分な文字を入れないでください"},

	{"encoding.utf8", "UTF-8", "UTF-8"},
	{"encoding.nfc", "UTF-8 in composed letters (NFC)", "濁点などを合成した UTF-8 (NFC)"},
	{"encoding.nfd", "UTF-8 in letters and marks apart (NFD)", "濁点などを分けた UTF-8 (NFD)"},
	{"encoding.dash", "UTF-8 with the other letter for 〜 or −", "〜 や − が別の文字になった UTF-8"},
	{"encoding.cp932", "CP932 (Windows, Japanese)", "CP932 (日本語版 Windows)"},
	{"encoding.cp1252", "CP1252 (Windows, western)", "CP1252 (欧米の Windows)"},
	{"encoding.fit932", "CP932 (Windows, Japanese), with other letters or ? for those that it lacks", "CP932 (日本語版 Windows。表せない文字は別の文字か ? に変えたもの)"},
	{"encoding.fit1252", "CP1252 (Windows, western), with other letters or ? for those that it lacks", "CP1252 (欧米の Windows。表せない文字は別の文字か ? に変えたもの)"},
	{"encoding.cp437", "CP437 (Windows console, US)", "CP437 (米国のコンソール)"},
	{"encoding.cp850", "CP850 (Windows console, western Europe)", "CP850 (西欧のコンソール)"},
	{"encoding.latin9", "ISO 8859-15 (older Unix, western)", "ISO 8859-15 (以前の欧米の Unix)"},
	{"encoding.eucjp", "EUC-JP (older Unix, Japanese)", "EUC-JP (以前の日本語の Unix)"},

	{"passphrase.kept", "{file}: what is written is protected with the same passphrase in UTF-8",
		"{file}: 書き出すファイルは、同じパスフレーズを UTF-8 にして保護します"},
	{"passphrase.trying", "{file}: the passphrase does not open it as it was given; trying its text in other encodings ({count} at most)",
		"{file}: 入力されたままのパスフレーズでは開けません。別の文字コードで試しています(最大 {count} 通り)"},
	{"passphrase.tried", "{file}: other encodings of the passphrase that were tried: {count}",
		"{file}: 試した別の文字コード: {count} 通り"},
}
