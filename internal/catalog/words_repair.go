package catalog

// repairWords are what is undone in damaged files (internal/diagnose/repair.go).
var repairWords = [...]row{
	{"repair.over", "its text is damaged; what was read over: {what}", "ファイルの内容が崩れているため、次の点を補って読みました: {what}"},
	{"repair.edit", "{place}: {what}", "{place}: {what}"},
	{"repair.line", "line {line}", "{line} 行目"},
	{"repair.lines", "lines {first} to {last}", "{first}~{last} 行目"},
	{"repair.proved", "which of the readings is right, {file} beside it proves", "どの読み方が正しいかは、組になる {file} で確かめました"},
	{"K04.own", "no program loads this key: the key is whole, but the text of its file is damaged ({format})",
		"鍵そのものは無事ですが、ファイルの内容が崩れているため、どのプログラムでも読み込めません({format})"},

	{"defect.empty_end", "empty lines stand at its end", "末尾に空行があります"},
	{"defect.base", "the whole file is in base64 once more", "ファイル全体がさらに base64 になっています"},
	{"defect.quoted", "it is quoted as a string of JSON, of a shell or of YAML", "JSON、シェル、YAML などの文字列として引用符や記号が付いています"},
	{"defect.literal", "\\n stands in place of line ends", "改行の代わりに \\n という文字が入っています"},
	{"defect.mail", "its lines are quoted as a mail program does (>)", "行の先頭にメールの引用記号(>)が付いています"},
	{"defect.entities", "characters are written as in HTML (&#43;, &gt;, <br>)", "文字が HTML の書き方(&#43;、&gt;、<br>)になっています"},
	{"defect.invisible", "it has signs that do not show", "表示されない文字が含まれています"},
	{"defect.trailing", "blanks stand at the end of lines", "行の末尾に空白があります"},
	{"defect.spaces", "blanks stand in place of line ends", "改行の代わりに空白が入っています"},
	{"defect.run", "its line ends are lost", "改行がなくなっています"},
	{"defect.dashes", "the dashes of its BEGIN or END line are other characters", "BEGIN または END の行のハイフンが別の記号になっています"},
	{"defect.count", "its BEGIN or END line has too many dashes, or too few", "BEGIN または END の行のハイフンの数が違います"},
	{"defect.lower", "its BEGIN or END line, or the name of a header, is in lower case", "BEGIN または END の行、またはヘッダー名が小文字になっています"},
	{"defect.marker", "its BEGIN or END line, or a header, is damaged", "BEGIN または END の行、またはヘッダーの文字が崩れています"},
	{"defect.header", "its first line is missing", "最初の行がありません"},
	{"defect.footer", "its last line is missing", "最後の行がありません"},
	{"defect.width", "its lines are of unusual length", "1 行の文字数が通常と違います"},
	{"defect.plus", "a blank stands in place of a plus sign", "+ の代わりに空白が入っています"},
	{"defect.second", "a second private key begins, which no program reads", "2 つ目の秘密鍵があります(どのプログラムも読み込みません)"},
	{"defect.counts", "the numbers of lines that it states are wrong", "書かれている行数が実際と違います"},
}
