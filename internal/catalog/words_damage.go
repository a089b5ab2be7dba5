package catalog

// damageWords say where a file is damaged beyond repair, or can be read in more than
// one way (formats.DamageError, formats.AmbiguousError).
var damageWords = [...]row{
	{"error.damage", "damaged {format} file: {place}{field}{reason}",
		"{format}のファイルが壊れています: {place}{field}{reason}"},
	{"error.column", "line {line}, column {column}: ", "{line} 行目の {column} 文字目: "},
	{"error.lines", "lines {first} to {last}: ", "{first}~{last} 行目: "},
	{"error.line_to", "line {first} to {last}: ", "{first}~{last} 行目: "},
	{"error.bytes", "bytes {first} to {last}: ", "{first}~{last} バイト目: "},
}

// damagePhrases are the reasons and parts of formats.DamageError, and the reasons of
// formats.AmbiguousError.
var damagePhrases = [...]phrase{
	{"not a base64 character", "base64 の文字ではありません"},
	{"a control character stands there", "制御文字が入っています"},
	{"1 character is missing", "1 文字が欠けています"},
	{"{count} characters are missing", "{count} 文字が欠けています"},
	{"1 character too many", "1 文字多くなっています"},
	{"{count} characters too many", "{count} 文字多くなっています"},
	{"the text is cut off, characters missing at its end: {count}", "途中で切れています。末尾の {count} 文字が欠けています"},
	{"{count} characters are missing: a whole line was lost", "{count} 文字が欠けています。1 行がまるごと失われています"},
	{"{count} characters are missing: {lines} whole lines were lost", "{count} 文字が欠けています。{lines} 行がまるごと失われています"},
	{"it repeats the line before it", "前の行と同じ内容がもう一度書かれています"},
	{"a character at the end of the base64 text was changed, or some are missing before it",
		"base64 の本文の末尾の文字が変わっているか、その前の文字が欠けています"},
	{"characters of the base64 text are missing, or there are too many", "base64 の本文の文字が欠けているか、余分にあります"},
	{"its length is not that of what is in it", "書かれた長さが中身の長さと合いません"},
	{"it does not fit the rest of the key: a character in it was changed", "鍵のほかの部分と合いません。この中の文字が変わっています"},
	{"a character was changed: {numbers} do not fit one another", "文字が変わっています。{numbers} が互いに合いません"},
	{"the key is whole: a character of the comment or of the checksum was changed",
		"鍵そのものは無事ですが、コメントまたはチェックサムの文字が変わっています"},
	{"the length of the public key", "公開鍵の長さ"},
	{"the length of the private section", "秘密鍵部分の長さ"},
	{"the length of a structure", "構造の長さ"},

	{"there is more than one key in it", "鍵が 2 つ以上入っています"},
	{"it holds more than the key, which would be lost", "鍵のほかにも内容があり、書き換えると失われます"},
	{"its text can be read as one key or as another", "内容が、どちらの鍵としても読めてしまいます"},
	{"a blank stands where a character of the key is missing; that it was a plus sign cannot be proved",
		"鍵の文字が欠けた位置に空白があります。元が + だったことを確かめられません"},
}
