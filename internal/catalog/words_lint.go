package catalog

// lintWords are what is wrong with the lines of authorized_keys and known_hosts
// (internal/listlint, internal/authorized, internal/hostkeys). The codes that the
// catalogue of symptoms did not have are:
//
//	L01 a key, or a host with its key, stands there twice
//	L02 an option that sshd does not know, or whose value it cannot read
//	L03 zero bytes
//	L04 principals= without cert-authority
//	L05 a line that is too long for some
//	L06 expiry-time is over
//	L07 a key of SSH protocol 1
//	L08 a key type that sshd does not know
//	L09 a line of known_hosts in authorized_keys
//	L10 a host with two keys of one type
//	L11 a marker (@revoked, @cert-authority) that ssh does not know
//	L12 a hashed name that is none
//	L13 blanks in a list of hosts
//	L14 a host without a key
//	L15 a line of authorized_keys in known_hosts
//	L16 problems that are not told
//	L17 lines that are not compared
var lintWords = [...]row{
	{"lint.by_hand", "correct the line in an editor, or delete it and add the key anew with sshkeys authorize",
		"エディタで行を直すか、行を削除してから sshkeys authorize で鍵を追加し直してください"},
	{"lint.replace", "have its owner make a new pair, add its public half, and delete this line",
		"鍵の持ち主が新しい鍵ペアを作成し、その公開鍵を追加してから、この行を削除してください"},
	{"lint.split", "the key is broken over several lines, and sshd and ssh read none of them",
		"鍵が複数の行に分かれており、sshd も ssh もどの行も読めません"},
	{"lint.letter", "the key type at the line's beginning lacks letters, and the line is not read",
		"行頭の鍵の種類の文字が欠けており、この行は読まれません"},
	{"lint.joined", "two keys stand on this line: the first is read at most, the second is not",
		"1 行に 2 つの鍵があります。読まれるのは多くても最初の 1 つで、2 つ目は読まれません"},
	{"lint.blank", "the line has blanks that only look like spaces, or signs that do not show, and is not read",
		"全角などの空白や表示されない文字が含まれており、この行は読まれません"},
	{"lint.ssh", "a public key of RFC 4716 stands here, which is not read: each key is to be one OpenSSH line",
		"RFC 4716 形式の公開鍵は読まれません。鍵ごとに OpenSSH 形式の 1 行が必要です"},
	{"lint.private", "a private key stands in this list of public keys", "公開鍵の一覧に秘密鍵が書かれています"},
	{"lint.mark", "a byte order mark (BOM) stands before the line, which is not read for that",
		"行の前にバイトオーダーマーク(BOM)があるため、この行は読まれません"},
	{"lint.mark_idle", "a byte order mark (BOM) stands before a line without a key, which is harmless to sshd and ssh",
		"鍵のない行の前にバイトオーダーマーク(BOM)がありますが、sshd と ssh には影響しません"},
	{"lint.host_mark", "a byte order mark (BOM) stands before the host, and the line is found for none",
		"ホスト名の前にバイトオーダーマーク(BOM)があるため、この行はどのホストにも一致しません"},
	{"lint.damaged", "the line was damaged by copying or pasting, and is not read",
		"この行はコピーや貼り付けの際に崩れており、読まれません"},
	{"lint.cr", "a single CR stands in the line: what follows it is no line of its own",
		"行の途中に CR だけの改行があり、その後ろは別の行として読まれません"},
	{"lint.crlf", "the line ends are those of Windows (CR LF) in {count} lines; sshd and ssh read them all the same",
		"{count} 行の改行コードが Windows のもの(CRLF)です。sshd と ssh はそのまま読みます"},
	{"lint.utf16", "the file is in UTF-16, and sshd and ssh read nothing of it",
		"文字コードが UTF-16 のため、sshd も ssh もこのファイルを読めません"},
	{"lint.unended", "the last line has no line end: what another program appends is joined to it",
		"最後の行に改行がないため、ほかのプログラムが追記すると 1 行につながります"},
	{"lint.host_by_hand", "correct the line in an editor, or delete it: ssh then asks about the host's key at the next login",
		"エディタで行を直すか、行を削除してください。削除すると、次のログイン時に ssh がホスト鍵を確認します"},
	{"lint.host_unread", "ssh makes no key of this line, and passes over it",
		"ssh はこの行を鍵として読めないため、この行を無視します"},
	{"lint.host_weak", "ask the server's administrator for a newer host key",
		"サーバーの管理者に、新しいホスト鍵への変更を依頼してください"},
	{"lint.at", "line {line}: {what}", "{line} 行目: {what}"},
	{"lint.from_to", "lines {line} to {last}: {what}", "{line}~{last} 行目: {what}"},
	{"lint.more", "and {count} more; --json tells all", "ほかに {count} 件あります。--json ですべて表示されます"},

	{"L01.again", "the same key with the same options stands in line {line} already",
		"同じオプションの同じ鍵が {line} 行目にすでにあります"},
	{"L01.options", "the same key stands in line {line} already, with other options: sshd takes the first line that lets the login in",
		"同じ鍵が別のオプションで {line} 行目にすでにあります。sshd は、ログインを許可する最初の行を使います"},
	{"L01.advice", "keep the line whose options are meant, and delete the other",
		"意図したオプションの行を残し、もう一方を削除してください"},
	{"L01.host", "the same host with the same key stands in line {line} already",
		"同じホストの同じ鍵が {line} 行目にすでにあります"},
	{"L02.advice", "correct what stands before the key, as sshd(8) has it under AUTHORIZED_KEYS FILE FORMAT",
		"鍵の前の部分を、sshd(8) の AUTHORIZED_KEYS FILE FORMAT に従って直してください"},
	{"L02.options", "sshd passes over the line for what stands before the key", "鍵の前の部分のために、sshd はこの行を無視します"},
	{"L03.nul", "the line has zero bytes, and sshd and ssh read it up to the first of them only",
		"行に値 0 のバイトがあり、sshd と ssh は最初のそのバイトまでしか読みません"},
	{"L03.behind", "the line has zero bytes behind its key, and what follows them is not read",
		"鍵の後ろに値 0 のバイトがあり、それより後ろは読まれません"},
	{"L04.principals", "the option principals is for certificate authorities only: without cert-authority sshd lets nobody in with this key",
		"オプション principals は認証局の鍵専用です。cert-authority がないため、sshd はこの鍵でのログインを許可しません"},
	{"L04.advice", "add cert-authority if the key is an authority's, or take principals away",
		"認証局の鍵であれば cert-authority を追加し、そうでなければ principals を取り除いてください"},
	{"L05.old", "the line has {bytes} bytes, and OpenSSH before 7.8 passes over lines of {limit} and more",
		"この行は {bytes} バイトです。OpenSSH 7.8 より前では {limit} バイト以上の行は無視されます"},
	{"L05.unseen", "the line has {bytes} bytes, and is not looked at: sshkeys reads less than {limit}",
		"この行は {bytes} バイトあり、調べていません。sshkeys が読むのは {limit} バイト未満の行です"},
	{"L05.advice", "shorten its comment or its options", "コメントかオプションを短くしてください"},
	{"L06.expired", "its expiry-time is over since {date}, and the key logs nobody in any more",
		"expiry-time の期限({date})が過ぎており、この鍵ではもうログインできません"},
	{"L06.advice", "delete the line, or give it a later time", "行を削除するか、期限を延ばしてください"},
	{"L07.old", "this is a key of SSH protocol 1, which sshd has not read since OpenSSH 7.6",
		"SSH プロトコル 1 の鍵です。OpenSSH 7.6 以降の sshd では読まれません"},
	{"L07.advice", "delete the line; its owner needs a new pair", "行を削除してください。持ち主は新しい鍵ペアが必要です"},
	{"L07.host", "this is a key of SSH protocol 1, which ssh has not read since OpenSSH 7.6",
		"SSH プロトコル 1 の鍵です。OpenSSH 7.6 以降の ssh では読まれません"},
	{"L08.type", "sshd knows no keys of type {type}, and passes over the line",
		"sshd は種類 {type} の鍵を扱えないため、この行を無視します"},
	{"L09.hosts", "what stands before the key is no option of sshd's, as in a line of known_hosts, and sshd passes over the line",
		"鍵の前にあるのは sshd のオプションではなく(known_hosts の行など)、sshd はこの行を無視します"},
	{"P08.listed", "this is a certificate, and sshd wants the plain key here: the line logs nobody in",
		"これは証明書です。sshd は証明書ではなく鍵そのものを必要とするため、この行ではログインできません"},
	{"P08.host", "this is a certificate, and ssh wants a plain key here, or a @cert-authority line with the authority's",
		"これは証明書です。ssh には鍵そのものか、認証局の鍵の @cert-authority 行が必要です"},
	{"P08.host_advice", "write the authority's key, in a line that begins with @cert-authority",
		"認証局の鍵を、@cert-authority で始まる行に書いてください"},
	{"L10.two", "line {line} has another key of the same type for this host, and ssh takes either: one of them may be the server's old one",
		"{line} 行目に、このホストの同じ種類の別の鍵があり、ssh はどちらも受け入れます。一方はサーバーの古い鍵かもしれません"},
	{"L10.advice", "compare both with the fingerprint that the service publishes, and delete the one that is not the server's",
		"両方をサービスが公開しているフィンガープリントと比べ、サーバーのものでない方を削除してください"},
	{"L11.marker", "ssh knows the markers @cert-authority and @revoked only, one to a line, and passes over this line: what it revokes is not revoked",
		"ssh のマーカーは 1 行に 1 つ、@cert-authority か @revoked だけです。この行は無視され、失効の指定も効きません"},
	{"L11.advice", "correct the marker at the beginning of the line", "行頭のマーカーを直してください"},
	{"L12.hash", "the hashed host name is damaged, and ssh finds the line for no host",
		"ハッシュ化されたホスト名が壊れているため、この行はどのホストにも一致しません"},
	{"L13.blank", "a blank stands in the list of hosts: ssh takes what follows it for the key, and passes over the line",
		"ホストの一覧に空白があり、その後ろが鍵とみなされるため、ssh はこの行を無視します"},
	{"L13.advice", "take the blank behind the comma away", "コンマの後の空白を取り除いてください"},
	{"L14.missing", "there is no key behind the host, and ssh passes over the line",
		"ホスト名の後に鍵がないため、ssh はこの行を無視します"},
	{"L14.fingerprint", "a fingerprint stands in the place of the key, and ssh passes over the line",
		"鍵があるべき場所にフィンガープリントが書かれているため、ssh はこの行を無視します"},
	{"L15.no_host", "no host stands before the key, as in a line of authorized_keys, and ssh passes over the line",
		"authorized_keys の行のように鍵の前にホスト名がないため、ssh はこの行を無視します"},
	{"L15.advice", "write the host's name and a space before it, if it is a host's key",
		"ホスト鍵であれば、行頭にホスト名と空白を書いてください"},
	{"L16.more", "{count} more problems are not told", "ほかに {count} 件の問題があります(表示していません)"},
	{"L17.full", "only the first {count} keys were compared with one another",
		"重複を調べたのは最初の {count} 個の鍵だけです"},
	{"L17.hashed", "not all hashed names were compared with the plain ones",
		"ハッシュ化されたホスト名の一部は、そのままのホスト名と比べていません"},

	{"fix.mended", "{place}: mended: {what}", "{place}: 修復しました: {what}"},
	{"fix.would", "{place}: would be mended: {what}", "{place}: 修復できます: {what}"},
	{"fix.dropped", "{place}: deleted: {what}", "{place}: 削除しました: {what}"},
	{"fix.would_drop", "{place}: would be deleted: {what}", "{place}: 削除できます: {what}"},
	{"fix.key", "this key is read now: {key}", "この鍵が読めるようになりました: {key}"},
	{"fix.would_key", "this key would be read: {key}", "この鍵が読めるようになります: {key}"},
	{"fix.left", "{place}: left to you: {what}", "{place}: 手作業が必要です: {what}"},
	{"fix.nothing", "{file}: there is nothing to mend", "{file}: 修復するところはありません"},
	{"fix.backup", "the old list is kept as {backup}", "元の一覧は {backup} に残っています"},
	{"fix.known_hosts", "a known_hosts file is not mended: a host's key is asked for anew when its line is gone",
		"known_hosts は修復しません。行を削除すると、ssh が次のログイン時にホスト鍵を確認します"},
}

// lintPhrases are what internal/authorized, and authorize --fix, put into errors.
var lintPhrases = [...]phrase{
	{"--dry-run is for --fix", "--dry-run は --fix と共に使います"},
	{"--fix adds no keys: --options and --comment have nothing to say there", "--fix は鍵を追加しないため、--options と --comment は使えません"},
	{"--fix mends one list", "--fix で修復する一覧は 1 つだけです"},
	{"its value is none that sshd could read", "sshd が読める値ではありません"},
	{"what was written has a key that was not in the old list", "書き込んだものに、元の一覧になかった鍵があります"},
}
