package catalog

// fixpermsWords are the lines of fixperms (cmd/sshkeys/fixperms_report.go and
// fixperms_undo.go); the findings in them are perms' own.
var fixpermsWords = [...]row{
	{"fixperms.mended", "{path}: mended: {change}{modes}: {sentences}", "{path}: 修正しました: {change}{modes}: {sentences}"},
	{"fixperms.to_do", "{path}: to do: {change}{modes}: {sentences}", "{path}: 修正の予定: {change}{modes}: {sentences}"},
	{"fixperms.left", "{path}: {severity} [{code}] {sentences}", "{path}: {severity} [{code}] {sentences}"},
	{"fixperms.type", "  type: {command}", "  実行するコマンド: {command}"},
	{"fixperms.by_rule", "{sentence} ({rule})", "{sentence} ({rule})"},
	{"fixperms.access_list", "new access list", "新しいアクセス許可の一覧"},
	{"fixperms.sentences", "{first} {rest}", "{first}。{rest}"},
	{"fixperms.took_back", "{path}: took back: {change}{modes}", "{path}: 取り消しました: {change}{modes}"},
	{"fixperms.would_take_back", "{path}: would take back: {change}{modes}", "{path}: 取り消しの予定: {change}{modes}"},
	{"fixperms.again", " (mode {mode} again)", "(パーミッションは {mode} に戻ります)"},

	// the last line
	{"fixperms.parts", "{first}; {rest}", "{first}。{rest}"},
	{"fixperms.looked_one", "1 file looked at", "1 個のファイルを調べました"},
	{"fixperms.looked", "{count} files looked at", "{count} 個のファイルを調べました"},
	{"fixperms.count_to_mend", "{count} to mend", "{count} 個を修正する予定です"},
	{"fixperms.count_mended", "{count} mended (sshkeys fixperms --undo takes it back)", "{count} 個を修正しました(sshkeys fixperms --undo で元に戻せます)"},
	{"fixperms.count_refused", "{count} refused by ssh or sshd: {paths}", "{count} 個は ssh または sshd に拒否されます: {paths}"},
	{"fixperms.count_left", "{count} left: {paths}", "{count} 個は直っていません: {paths}"},
	{"fixperms.accepts_it", "ssh accepts it", "ssh で使えます"},
	{"fixperms.accepts_all", "ssh accepts them all", "すべて ssh で使えます"},
	{"fixperms.count_advice", "advice on {count}", "{count} 個に注意点があります"},
	{"fixperms.count_failed", "{count} could not be treated", "{count} 個は処理できませんでした"},
}
