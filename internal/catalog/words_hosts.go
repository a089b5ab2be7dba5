package catalog

// hostWords are what is said of known_hosts: by the command known-hosts
// (cmd/sshkeys/known_hosts.go) and by the doctor (internal/diagnose/check_host.go).
var hostWords = [...]row{
	{"host.entry", "{file}:{line}: {type} {fingerprint}", "{file}:{line}: {type} {fingerprint}"},
	{"host.unreadable", "{file}:{line} names the host, and its key cannot be read",
		"{file}:{line} はこのホストの項目ですが、鍵を読み取れません"},
	{"host.until", "{address} was the address until {until}", "{address} は {until} までのアドレスです"},
	{"H13.unknown", "no host key is known for {host} yet, so ssh asks whether to trust the one that the server shows",
		"{host} のホスト鍵はまだ known_hosts にありません。接続すると、ssh はサーバーのホスト鍵を信頼するかどうかを尋ねます"},
	{"H13.strict", "no host key is known for {host}, and with StrictHostKeyChecking yes ssh does not connect",
		"{host} のホスト鍵が known_hosts にありません。StrictHostKeyChecking が yes のため、ssh は接続しません"},
	{"H13.compare", "compare the fingerprint that ssh shows at the next connection with the one that the service tells, and answer yes only where they are the same",
		"次の接続で ssh が表示するフィンガープリントを、サービスが案内しているものと比べ、一致する場合だけ yes と答えてください"},
	{"H14.revoked", "a host key is revoked for {host}: ssh refuses a server that shows it",
		"{host} のホスト鍵のうち 1 つは失効しています(@revoked)。その鍵を提示するサーバーには ssh は接続しません"},
	{"H14.known", "the host key that is known for {host} is revoked, so ssh refuses the server",
		"known_hosts にある {host} のホスト鍵は失効しています(@revoked)。このため ssh は接続を拒否します"},
	{"H14.ask", "ask whoever runs the server which host key is the right one, and why this one was revoked",
		"正しいホスト鍵と、この鍵が失効した理由を、サーバーの管理者に問い合わせてください"},
	{"H01.moved", "the host key that is known for {host} is from before it moved away from {address}: where the server has another key since, ssh says REMOTE HOST IDENTIFICATION HAS CHANGED",
		"known_hosts にある {host} のホスト鍵は、以前のアドレス {address} のときのものです。移行後にホスト鍵が変わっていると、ssh は REMOTE HOST IDENTIFICATION HAS CHANGED と表示して接続しません"},
	{"H01.several", "{count} different {type} keys are known for {host}: ssh trusts each of them, and one may be out of date",
		"{host} には {type} のホスト鍵が {count} 個登録されています。ssh はどれも信頼しますが、古いものが含まれているかもしれません"},
	{"H01.several_advice", "ask the service which of them are its own, and remove what is not; where all are right, as those of a balancer's nodes, set UpdateHostKeys no for the host, or ssh takes the other nodes' keys out at a login",
		"どれが現在のホスト鍵かをサービスに確認し、古いものを削除してください。ロードバランサーの背後のサーバーごとに鍵が違うなど、すべて正しい場合は、このホストの設定に UpdateHostKeys no を指定してください。指定しないと、ssh がログイン時にほかのサーバーの鍵を削除します"},
	{"H19.entry", "known_hosts has an entry for {address}, an address that {host} has no more",
		"known_hosts に {address} の項目があります。これは {host} の以前のアドレスで、現在は使われていません"},
	{"known.line", "{place}: {entry}", "{place}: {entry}"},
	{"known.place", "{file}:{line}", "{file}:{line}"},
	{"known.hashed", "(hashed)", "(ハッシュ化)"},
	{"known.unreadable", "(its key cannot be read)", "(鍵を読み取れません)"},
	{"known.for", "{entry} for {hosts}", "{entry} ({hosts} の項目)"},
	{"known.gone", "{line} removed", "{line} を削除しました"},
	{"known.would-go", "{line} would be removed", "{line} が削除の対象です"},
	{"known.backup", "{file}: lines removed: {count}; the old file is kept as {backup}",
		"{file}: {count} 行を削除しました。元のファイルは {backup} に残してあります"},
	{"known.nothing", "nothing was removed", "何も削除していません"},
	{"known.none", "no entry for {host} in {files}", "{host} の項目は {files} にありません"},
	{"known.no-file", "known_hosts: there is none", "known_hosts(ファイルがありません)"},
	{"known.others", "{place} was for {others} too: ssh asks about these again",
		"{place} は {others} の項目でもありました。ssh は次の接続でこれらのホスト鍵も確認します"},
	{"known.kept", "{place} names the host and is kept: {why}", "{place} はこのホストの項目ですが、残しました。{why}"},
	{"known.kept-revoked", "it revokes a key (@revoked)", "鍵を失効させる行(@revoked)だからです"},
	{"known.kept-authority", "it trusts an authority (@cert-authority)", "認証局を信頼する行(@cert-authority)だからです"},
	{"known.kept-unreadable", "no ssh can read the key in it, so none heeds it", "鍵を読み取れず、ssh も無視する行だからです"},
	{"known.former", "{places}: an entry for {address}, which was the address of {host} before",
		"{places}: {host} の以前のアドレス {address} の項目も残っています"},
	{"known.global", "{places}: an entry in a file of the whole machine, which is left as it is",
		"{places}: システム全体のファイルにも項目があります。このファイルは変更していません"},
	{"known.late", "{file} was changed, and something else wrote to it at the same moment; that is kept in {backup}",
		"{file} を変更しましたが、同時にほかのプログラムが書き込みました。書き込まれた内容は {backup} に残っています"},
	{"known.verb", "known-hosts takes find or remove, not \"{word}\"", "known-hosts のあとには find か remove を指定します(\"{word}\" ではありません)"},
	{"known.which", "name at least one host, or a service with --for", "ホストを 1 つ以上、または --for でサービスを指定してください"},
	{"known.no-hosts", "no host of {service} is known", "{service} のホストは登録されていません"},
	{"known.bad-host", "\"{host}\" is no host name or address", "\"{host}\" はホスト名でもアドレスでもありません"},
	{"known.bad-port", "the port of \"{host}\" is no number from 1 to 65535", "\"{host}\" のポートは 1 から 65535 の数ではありません"},
	{"known.port", "--port takes a number from 1 to 65535, not {port}", "--port には 1 から 65535 の数を指定します({port} ではありません)"},
	{"known.stdin", "-f names a file: a known_hosts file is changed in place", "-f にはファイルを指定してください。known_hosts はその場で書き換えます"},
	{"known.no-home", "the home directory is not known, so neither is ~/.ssh/known_hosts", "ホームディレクトリがわからないため、~/.ssh/known_hosts の場所もわかりません"},
	{"known.other-home", "~ is {home}, and ssh looks in the account's own home, {own}",
		"~ は {home} ですが、ssh はアカウント本来のホームディレクトリ {own} を見ます"},
	{"known.services", "your own services are left out: {error}", "独自に登録されたサービスは使えませんでした: {error}"},
	{"known.help",
		`Find or remove the entries that known_hosts has for a host: hashed ones, patterns
and [host]:port too.`,
		`known_hosts にあるホストの項目を探す、または削除します。ハッシュ化された項目、
ワイルドカードを使った項目、[ホスト]:ポート の項目も対象です。`},
	{"known.help-find",
		`Print every line of known_hosts that ssh would take for the HOST: file and line,
hosts, key type and fingerprint. A HOST is a name or an address, with a port as
name:port, [name]:port or by -p. Without -f, ~/.ssh/known_hosts and known_hosts2 are
searched, and those of the whole machine.

Exit status: 0 there is an entry; 1 there is none; 2 wrong command line; 3 a file
could not be read.`,
		`ssh が HOST の項目とみなす known_hosts の行をすべて表示します。表示するのは、ファイルと
行番号、ホスト、鍵の種類、フィンガープリントです。HOST は名前かアドレスで、ポートは
名前:ポート、[名前]:ポート、または -p で指定します。-f がなければ ~/.ssh/known_hosts と
known_hosts2、およびシステム全体のファイルを調べます。

終了コード: 0 項目がある、1 ない、2 コマンドの書き方が誤っている、3 ファイルを読めない。`},
	{"known.help-remove",
		`Remove every line of known_hosts that ssh would take for one of the HOSTs, all in
one go: what ssh-keygen -R removes for each, lines with patterns and with several
hosts too, but none that is marked @revoked or @cert-authority. All other lines stay
as they are, byte for byte, and the old file is kept as NAME.bak. Afterwards ssh asks
about the host key at the next connection: compare its fingerprint with the one that
the service tells before you say yes.

A HOST is a name or an address, with a port as name:port, [name]:port or by -p.
--for SERVICE takes the service's hosts and the addresses they had before. Without
-f, ~/.ssh/known_hosts and known_hosts2 are changed.

Exit status: 0 removed; 1 there was no entry, and nothing was changed; 2 wrong
command line; 3 a file could not be changed.`,
		`known_hosts から、指定した HOST の項目の行を 1 回でまとめて削除します。削除されるのは、
各ホストについて ssh-keygen -R が削除する行です。ワイルドカードや複数のホストが書かれた行も
含みますが、@revoked と @cert-authority の行は残します。ほかの行は 1 バイトも変わらず、
元のファイルは NAME.bak として残ります。次の接続で ssh がホスト鍵を確認しますので、
サービスが案内しているフィンガープリントと比べてから yes と答えてください。

HOST は名前かアドレスで、ポートは 名前:ポート、[名前]:ポート、または -p で指定します。
--for SERVICE は、そのサービスのホストと以前のアドレスをまとめて指定します。-f がなければ
~/.ssh/known_hosts と known_hosts2 を変更します。

終了コード: 0 削除した、1 項目がなく何も変更していない、2 コマンドの書き方が誤っている、
3 ファイルを変更できない。`},
}
