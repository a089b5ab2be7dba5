package catalog

// purposeWords are keytool's texts about purposes: its own English, and the same
// in Japanese. A test compares the two tables.
var purposeWords = [...]row{
	{"purpose.auth", "auth", "認証用"},
	{"purpose.dataset", "dataset", "データセット復号用"},
	{"purpose.both", "both", "認証用とデータセット復号用の両方"},
	{"purpose.unknown", "unknown", "不明"},
	{"purpose.certain", "certain", "確実"},
	{"purpose.declared", "declared", "宣言済み"},
	{"purpose.likely", "likely", "推定"},
	{"purpose.verbatim", "{text}", "{text}"},
	{"purpose.standard_input", "standard input", "標準入力"},

	// evidence
	{"purpose.format", "format: {format} is of keys that open data and log in nowhere",
		"形式: {format}はデータの復号に使うもので、ログインには使えません"},
	{"purpose.name", "name: {claim}, an application's for data of {archive}",
		"名前: {claim} は {archive} のデータ利用申請の番号です"},
	{"purpose.config", "use: named in {where}", "使用: {where} に書かれています"},
	{"purpose.authorized", "use: it logs in by {where}", "使用: {where} によってログインできます"},
	{"purpose.place_and_name", "place: in ~/.ssh, under a name that ssh gives its keys",
		"場所: ~/.ssh にあり、名前も ssh が鍵に付けるものです"},
	{"purpose.place", "place: in ~/.ssh", "場所: ~/.ssh にあります"},
	{"purpose.beside", "place: beside {file}", "場所: {file} と同じ場所にあります"},
	{"purpose.register", "register: declared {purpose}{service}{date}{by}", "登録簿: {purpose}と宣言されています{service}{date}{by}"},
	{"purpose.register_service", " for {service}", "(サービス: {service})"},
	{"purpose.register_date", " on {date}", "(日付: {date})"},
	{"purpose.register_by", ", known by {file}", "({file} からわかりました)"},
	{"purpose.comment", "comment: {text} in {where}", "コメント: {where} に {text} とあります"},

	// conflicts
	{"purpose.config_of_dataset", "it opens data and logs in nowhere, and ssh is told to log in with it: {config}",
		"データの復号に使う鍵でログインには使えませんが、ssh の設定でログイン用に指定されています: {config}"},
	{"purpose.wrong_type", "{claim} says that it is for {archive}, which does not take {type} keys for its data sets ({source})",
		"{claim} によれば {archive} の鍵ですが、{archive} のデータセット復号用に {type} の鍵は使えません ({source})"},
	{"purpose.the_register", "the register", "登録簿"},
	{"purpose.the_comment", "the comment {text}", "コメントの {text}"},
	{"purpose.both_uses", "one key both logs in and opens data; a pair for each keeps them apart",
		"1 つの鍵が認証用とデータセット復号用を兼ねています。用途ごとに別の鍵ペアを用意してください"},
	{"purpose.dataset_logs_in", "it opens data sets, and is used to log in ({why}); a pair for each keeps them apart",
		"データセット復号用の鍵が、ログインに使われています({why})。用途ごとに別の鍵ペアを用意してください"},
	{"purpose.contradicts", "what it is for is said in two ways: {value} ({by}) and {other} ({why})",
		"鍵の用途について 2 通りの情報があります。{value}({by})と、{other}({why})です"},
	{"purpose.dataset_to_log_in", "this key opens data sets ({confidence}: {why}); a pair of its own is to log in with",
		"これはデータセット復号用の鍵です({confidence}、{why})。ログインには別の鍵ペアを使ってください"},
	{"purpose.auth_for_dataset", "this key logs in ({confidence}: {why}); a pair of its own is for data sets",
		"これは認証用の鍵です({confidence}、{why})。データセットには別の鍵ペアを使ってください"},
}
