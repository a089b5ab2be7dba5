package diagnose

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// rank says how far a message is from the cause.
type rank int

const (
	aCause   rank = iota // says what is wrong
	aDrop                // is a cause where a login is under way, and else nothing
	aRefusal             // the login failed; what comes before may say why
	anEnding             // the connection is gone; what comes before says why
)

// pattern is one message that a program prints.
type pattern struct {
	code     string
	program  string // "" where many print it
	severity Severity
	sentence string // of the catalogue
	rank     rank
	// needle stands, in lower case, in every text that matches; or one of several, with | between.
	needle string
	// expr matches the message, in any case. A space in it matches white space of
	// any length, line ends too. Its groups are the Symptom's fields: see fields.
	expr   string
	source string
}

// Severity of rows that say nothing by themselves: they are kept where a refusal follows.
const silent Severity = ""

// What stands in the groups.
const (
	rePath   = `(?P<path>[^"\n]+)`
	reQuoted = `'(?P<path>[^\n]+?)'`
	reWord   = `(?P<path>\S+)`
	reHost   = `(?P<host>\[[^\]\s]+\](?::\d+)?|[a-z0-9_.:%-]*[a-z0-9])`
	reAddr   = `(?P<addr>[0-9a-f.:]+[0-9a-f](?:%\w+)?)`
	reBoxed  = `\[?` + reAddr + `\]?(?::` + rePort + `)?`
	reUser   = `(?P<user>[^\s@:'"<>()]+)`
	rePort   = `(?P<port>\d+)`
	reMark   = `(?P<fp>SHA256:[a-z0-9+/]{43}=?|(?:MD5:)?(?:[0-9a-f]{2}:){15}[0-9a-f]{2})`
	reAtHost = `(?:` + reUser + `@` + reHost + `: ?)?`
)

// What strerror says, also where the system speaks Japanese (glibc's ja.po).
const (
	reTimedOut    = `(?P<detail>(?:Connection|Operation) timed out|接続がタイムアウトしました)`
	reRefused     = `(?P<detail>Connection refused|接続を拒否されました)`
	reUnreachable = `(?P<detail>No route to host|Network is unreachable|Host is (?:down|unreachable)|Network is down|ホストへの経路がありません|ネットワークに届きません|ホストが落ちています)`
	reReset       = `(?P<detail>Connection reset by peer|接続が相手からリセットされました)`
	reNoName      = `(?P<detail>Name or service not known|Temporary failure in name resolution|nodename nor servname provided, or not known|No address associated with hostname|No such host is known|名前またはサービスが不明です|名前解決に一時的に失敗しました)`
)

// patterns are all messages that are known. Of two that match the same words the
// first counts; of those in one event the first speaks for it.
var patterns = [...]pattern{
	// OpenSSH: private key files
	{"K03", "openssh", Error, "log.K03", aCause, "are too open", `Permissions (?P<mode>[0-7]{3,5}) for '(?P<path>/mnt/[a-z]/[^\n]+?)' are too open\.?`, "openssh authfile.c sshkey_perm_ok, under DrvFs"},
	{"K01", "openssh", Error, "log.K01", aCause, "are too open", `Permissions (?P<mode>[0-7]{3,5}) for ` + reQuoted + ` are too open\.?`, "openssh authfile.c sshkey_perm_ok"},
	{"K02", "win32-openssh", Error, "log.K02", aCause, "are too open", `Permissions for ` + reQuoted + ` are too open\.?`, "PowerShell/openssh-portable authfile.c; seed 000"},
	{"K02", "win32-openssh", Error, "log.K02", aCause, "try removing permissions", `Bad permissions\. Try removing permissions for user: (?P<detail>[^\n]+? \(S-1-[0-9-]+\)) on file (?P<path>[^\n]*[^\n.])`, "PowerShell/openssh-portable w32-sshfileperm.c"},
	{"K05", "openssh", Error, "log.K05", aCause, `.pub"`, `(?:Load|Error loading) key "(?P<path>[^"\n]+\.pub)": (?:bad permissions|error in libcrypto|invalid format)`, "openssh sshconnect2.c load_identity_file"},
	{"K01", "openssh", Error, "log.K01", aCause, "unprotected private key", `WARNING: UNPROTECTED PRIVATE KEY FILE!`, "openssh authfile.c"},
	{"K01", "openssh", Error, "log.K01", aCause, "bad permissions", `(?:Load|Error loading) key "` + rePath + `": bad permissions`, "openssh sshconnect2.c, ssh-add.c"},
	{"K01", "openssh", Error, "log.K01", aCause, "ignore key", `bad permissions: ignore key: ` + reWord, "openssh authfile.c before 7.0"},
	{"K01", "openssh", Error, "log.K01", aCause, "not accessible by others", `your private key files are NOT accessible by others`, "openssh authfile.c"},
	{"K01", "openssh", Error, "log.K01", aCause, "this private key will be ignored", `This private key will be ignored`, "openssh authfile.c"},
	{"K06", "openssh", Error, "log.K06", aCause, "incorrect passphrase supplied", `(?:Load key "` + rePath + `": )?incorrect passphrase supplied to decrypt private key`, "openssh ssherr.c SSH_ERR_KEY_WRONG_PASSPHRASE"},
	{"K06", "openssh", Error, "log.K06", aCause, "bad passphrase", `Bad passphrase, try again for (?P<path>[^\n:]+)`, "openssh ssh-add.c"},
	{"K06", "openssh", Error, "log.K06", aCause, "enter passphrase for key", `Enter passphrase for key '?(?P<path>[^'\n]+)'?:[^\n]* Enter passphrase for key '`, "openssh sshconnect2.c load_identity_file, which asks three times"},
	{"K10", "openssh", Error, "log.K10", aCause, "invalid key length", `(?:(?:Load|Error loading) key "` + rePath + `": |refusing (?P<keytype>\S+) key: )?Invalid key length`, "openssh ssherr.c SSH_ERR_KEY_LENGTH"},
	{"K11", "openssh", Error, "log.K11", aCause, "unsupported cipher", `(?:(?:Load|Error loading) key "` + rePath + `": )?key encrypted using unsupported cipher`, "openssh ssherr.c SSH_ERR_KEY_UNKNOWN_CIPHER"},
	{"K09", "openssh", Error, "log.K09", aCause, "load key", `(?:Load|Error loading) key "` + rePath + `": (?:Permission denied|許可がありません)`, "openssh sshconnect2.c"},
	{"K08", "openssh", Error, "log.K08", aCause, "load key", `(?:Load|Error loading) key "` + rePath + `": (?:No such file or directory|Is a directory|Not a directory|そのようなファイルやディレクトリはありません)`, "openssh sshconnect2.c"},
	{"P02", "openssh", Error, "log.P02.type", aCause, "unknown or unsupported key type", `(?:Load|Error loading) key "` + rePath + `": unknown or unsupported key type`, "openssh ssherr.c SSH_ERR_KEY_TYPE_UNKNOWN"},
	{"K04", "openssh", Error, "log.K04", aCause, "key", `(?:Load|Error loading|Failed to load|Couldn't load) (?:public |private )?key "?` + rePath + `"?: (?:error in libcrypto|invalid format|string is too large|incomplete message|unexpected bytes remain after decoding)`, "openssh ssherr.c SSH_ERR_LIBCRYPTO_ERROR, SSH_ERR_INVALID_FORMAT"},
	{"K04", "openssh", Error, "log.K04", aCause, "key_load_", `key_load_(?:private|public)(?:_type)?: (?:invalid format|error in libcrypto)`, "openssh 7 sshconnect2.c, ssh-keygen.c"},
	{"K04", "openssh", Error, "log.K04", aCause, "unrecognised raw private key", `unrecognised raw private key format`, "openssh ssh-keygen.c"},
	{"K07", "openssh", Error, "log.K07", aCause, "key file.", `(?m:^)(?:[^\n]*: )?(?P<path>[^\s:][^\n:]*) is not a (?:public )?key file\.`, "openssh ssh-keygen.c do_fingerprint"},
	{"K08", "openssh", Error, "log.K08", aCause, "no such identity", `no such identity: (?P<path>[^\n]+): (?:No such file or directory|そのようなファイルやディレクトリはありません)`, "openssh sshconnect2.c try_identity"},
	{"K08", "openssh", Error, "log.K08", aCause, "not accessible", `Identity file (?P<path>[^\n]+?) not accessible: (?P<detail>No such file or directory|Permission denied|[^\n.]+)`, "openssh ssh.c add_identity_file"},
	{"P05", "openssh", Error, "log.P05", aCause, "contents do not match public", `private key (?P<path>[^\n]+?) contents do not match public`, "openssh sshconnect2.c load_identity_file"},

	// OpenSSH: signatures, agents
	{"P02", "openssh", Error, "log.P02.type", aCause, "skipping ssh-dss", `Skipping (?P<keytype>ssh-dss) key (?P<path>[^\n]+?) - (?:corresponding algo )?not in Pubkey\w+`, "openssh sshconnect2.c pubkey_prepare"},
	{"H05", "openssh", Error, "log.H05", aCause, "not in pubkey", `Skipping (?P<keytype>\S+) key (?P<path>[^\n]+?) - (?:corresponding algo )?not in Pubkey\w+`, "openssh sshconnect2.c pubkey_prepare"},
	{"H05", "openssh", Error, "log.H05", aCause, "no mutual signature", `(?:sign_and_send_pubkey|send_pubkey_test): no mutual signature (?:supported|algorithm)`, "openssh sshconnect2.c"},
	{"H05", "openssh", Error, "log.H05", aCause, "no mutual signature", `no mutual signature (?:supported|algorithm)`, "openssh sshconnect2.c"},
	{"K06", "openssh", Error, "log.K06.agent", aCause, "agent refused operation", `(?:sign_and_send_pubkey: signing failed(?: for (?P<keytype>\S+) "` + rePath + `")?(?: from agent)?: |Could not add identity "(?P<path>[^"\n]+)": )?agent refused operation`, "openssh sshconnect2.c sign_and_send_pubkey, ssh-add.c"},
	{"K06", "openssh", Error, "log.K06.agent", aCause, "agent admitted failure", `Agent admitted failure to sign using the key\.?`, "openssh sshconnect2.c before 7"},
	{"H05", "openssh", Error, "log.H05.sign", aCause, "signing failed", `sign_and_send_pubkey: signing failed(?: for (?P<keytype>\S+) "` + rePath + `")?: (?P<detail>[^\n]+)`, "openssh sshconnect2.c sign_and_send_pubkey"},
	{"D04", "", Error, "log.D04", aCause, "too many authentication failures", `(?:Received disconnect from ` + reAddr + ` port ` + rePort + `:\d*:? ?|Disconnected: )?Too many authentication failures`, "openssh packet.c, auth.c auth_maxtries_exceeded"},

	// Host keys
	{"H01", "openssh", Error, "log.H01.revoked", aCause, "revoked host key", `WARNING: REVOKED HOST KEY DETECTED!`, "openssh sshconnect.c check_host_key"},
	{"H01", "openssh", Error, "log.H01.revoked", aCause, "marked as revoked", `The (?P<keytype>\S+) host key for ` + reHost + ` is marked as revoked`, "openssh sshconnect.c check_host_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "offending", `Offending (?P<keytype>\S+) key in (?P<list>[^\n]+?):(?P<listline>\w{1,9})\b`, "openssh sshconnect.c check_host_key; seeds 000 and 001"},
	{"H01", "openssh", Error, "log.H01", aCause, "offending key", `Offending key(?: for IP)? in (?P<list>[^\n]+?):(?P<listline>\w{1,9})\b`, "openssh sshconnect.c check_host_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "has changed and you have", `(?:The )?(?:(?P<keytype>\w+) )?host key for ` + reHost + ` has changed and you have requested strict checking\.?`, "openssh sshconnect.c check_host_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "has changed, and the key", `The (?P<keytype>\S+) host key for ` + reHost + ` has changed, and the key for the corresponding IP address ` + reBoxed + ` (?:is unknown|is unchanged|has a different value)`, "openssh sshconnect.c check_host_key; seed 001"},
	{"H01", "openssh", Error, "log.H01", aCause, "differs from the key for the ip", `Warning: the (?P<keytype>\S+) host key for '` + reHost + `' differs from the key for the IP address '` + reBoxed + `'`, "openssh sshconnect.c check_host_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "remote host identification", `WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!`, "openssh sshconnect.c warn_changed_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "dns spoofing detected", `WARNING: POSSIBLE DNS SPOOFING DETECTED!`, "openssh sshconnect.c check_host_key; seed 001"},
	{"H01", "openssh", Error, "log.H01", aCause, "sent by the remote host", `The fingerprint for the (?P<keytype>\S+) key sent by the remote host is ` + reMark, "openssh sshconnect.c warn_changed_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "add correct host key", `Add correct host key in (?P<list>[^\n]+?) to get rid`, "openssh sshconnect.c check_host_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "host key has just been changed", `It is also possible that (?:a|the (?:\S+)) host key has just been changed`, "openssh sshconnect.c warn_changed_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "doing something nasty", `IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!`, "openssh sshconnect.c warn_changed_key"},
	{"H01", "openssh", Error, "log.H01", aCause, "ssh-keygen -f", `remove with: ssh-keygen -f ["'](?P<list>[^"'\n]+)["'] -R ["']?` + reHost + `["']?`, "Debian's openssh, sshconnect.c"},
	{"H01", "putty", Error, "log.H01", aCause, "potential security breach", `WARNING (?:-|–) POTENTIAL SECURITY BREACH!`, "putty ssh/common.c; winscp TextsCore1.rc HOSTKEY_SECURITY_BREACH"},
	{"H01", "putty", Error, "log.H01", aCause, "key does not match", `host key does not match the one (?:\S+) (?:has|have)(?: in)? cache(?:d for this server)?:?(?: ` + reHost + ` \(port ` + rePort + `\))?`, "putty ssh/common.c verify_ssh_host_key; winscp HOSTKEY_DOESNT_MATCH"},
	{"H01", "paramiko", Error, "log.H01", aCause, "does not match", `Host key for server '` + reHost + `' does not match`, "paramiko ssh_exception.py BadHostKeyException"},
	{"H01", "jsch", Error, "log.H01", aCause, "hostkey has been changed", `HostKey has been changed: ` + reHost, "jsch Session.java checkHost"},
	{"H01", "go", Error, "log.H01", aCause, "knownhosts: key mismatch", `knownhosts: key mismatch`, "golang.org/x/crypto/ssh/knownhosts KeyError"},
	{"H01", "openssh", Warning, "log.H01.unknown", aCause, "host key is known for", `No (?P<keytype>\S+) host key is known for ` + reHost + ` and you have requested strict checking\.?`, "openssh sshconnect.c check_host_key"},
	{"H01", "", Warning, "log.H01.unknown", aCause, "not found in known_hosts", `Server '` + reHost + `' not found in known_hosts`, "paramiko client.py RejectPolicy"},
	{"H01", "jsch", Warning, "log.H01.unknown", aCause, "unknownhostkey", `UnknownHostKey: ` + reHost + `\. \S+ key fingerprint is ` + reMark, "jsch Session.java checkHost"},
	{"H01", "go", Warning, "log.H01.unknown", aCause, "knownhosts: key is unknown", `knownhosts: key is unknown`, "golang.org/x/crypto/ssh/knownhosts KeyError"},
	{"H01", "openssh", silent, "log.H01.unknown", aCause, "authenticity of host", `The authenticity of host '(?P<host>[^\s']+)(?: \(` + reAddr + `\))?' can't be established\.?`, "openssh sshconnect.c check_host_key"},
	{"H01", "", Warning, "log.H01.unknown", aRefusal, "host key verification failed", `Host key verification failed\.?`, "openssh sshconnect.c verify_host_key"},
	{"H01", "putty", silent, "log.H01.unknown", aCause, "is not cached for this server", `host key is not cached for this server:?(?: ` + reHost + ` \(port ` + rePort + `\))?`, "putty ssh/common.c; winscp HOSTKEY_NOT_CACHED"},
	{"H01", "putty", Warning, "log.H01.unknown", aRefusal, "confirm a host key in batch", `Cannot confirm a host key in batch mode`, "putty console.c"},
	{"H01", "winscp", Warning, "log.H01.unknown", aRefusal, "host key wasn't verified", `Host key wasn't verified!`, "winscp TextsCore1.rc KEY_NOT_VERIFIED"},
	{"H01", "curl", Error, "log.H01", aCause, "ssh remote key was not ok", `SSL peer certificate or SSH remote key was not OK`, "curl strerror.c CURLE_PEER_FAILED_VERIFICATION"},

	// The way to the server
	{"H03", "openssh", Error, "log.H03.timeout", aCause, "connect to", `connect to (?:host|address) ` + reHost + ` port ` + rePort + `: ` + reTimedOut, "openssh sshconnect.c ssh_connect_direct, glibc errno"},
	{"H03", "openssh", Error, "log.H03.refused", aCause, "connect to", `connect to (?:host|address) ` + reHost + ` port ` + rePort + `: ` + reRefused, "openssh sshconnect.c ssh_connect_direct, glibc errno"},
	{"H03", "openssh", Error, "log.H03.route", aCause, "connect to", `connect to (?:host|address) ` + reHost + ` port ` + rePort + `: ` + reUnreachable, "openssh sshconnect.c ssh_connect_direct, glibc errno"},
	{"H03", "openssh", Error, "log.H03.reset", aCause, "connect to", `connect to (?:host|address) ` + reHost + ` port ` + rePort + `: ` + reReset, "openssh sshconnect.c ssh_connect_direct, glibc errno"},
	{"H03", "openssh", Error, "log.H03.route", aCause, "connect to", `connect to (?:host|address) ` + reHost + ` port ` + rePort + `: (?P<detail>[^\n]+)`, "openssh sshconnect.c ssh_connect_direct"},
	{"H10", "openssh", Error, "log.H10", aCause, "could not resolve host", `Could not resolve host(?:name)? "?` + reHost + `"?:? (?P<detail>[^\n]+)`, "openssh ssh.c resolve_host"},
	{"H10", "", Error, "log.H10", aCause, "not known|temporary failure|nodename nor|no address assoc|no such host is|名前", `(?:^|[\s:])` + reNoName + `\.?`, "getaddrinfo, glibc's ja.po"},
	{"H10", "", Error, "log.H10", aCause, "does not exist", `(?:Unable to open connection:? (?:to ` + reHost + `:? )?)?Host (?:"` + reHost + `" )?does not exist\.?`, "putty unix/network.c; winscp TextsCore1.rc NET_TRANSL_HOST_NOT_EXIST2"},
	{"H03", "openssh", Error, "log.H03.penalty", aCause, "not allowed at this time", `Not allowed at this time`, "openssh sshd.c PerSourcePenalties, 9.8"},
	{"H03", "openssh", Error, "log.H03.timeout", aCause, "banner exchange", `Connection timed out during banner exchange`, "openssh kex.c kex_exchange_identification"},
	{"H09", "openssh", Error, "log.H09.ftp-server", aCause, "banner line", `(?:\w+_exchange_identification: )?banner line \d+: 220[\x20-][^\n]*`, "openssh kex.c kex_exchange_identification at -v; RFC 959 section 5.4"},
	{"H09", "", Error, "log.H09.ftp-server", aCause, "ssh-2.0-", `\bSSH-2\.0-[^\n]*\n(?:[^\n]*\n)?(?:\w*[:<>]+\s*)?220[\x20-][^\n]*`, "a client's greeting, answered as RFC 959 section 5.4 has it"},
	{"H03", "openssh", Error, "log.H03.banner", aCause, "exchange_identification", `(?:kex|ssh)_exchange_identification: (?:banner line contains invalid characters|[^\n]*invalid protocol identifier|No banner received|banner line too long)`, "openssh kex.c kex_exchange_identification"},
	{"H03", "openssh", Error, "log.H03.reset", aCause, "exchange_identification", `(?:kex|ssh)_exchange_identification: (?P<detail>[^\n]+)`, "openssh kex.c kex_exchange_identification"},
	{"H03", "openssh", Error, "log.H03.reset", aCause, "ssh_dispatch_run_fatal", `ssh_dispatch_run_fatal: Connection to ` + reAddr + ` port ` + rePort + `: (?P<detail>[^\n]+)`, "openssh dispatch.c"},
	{"H03", "openssh", Error, "log.H03.timeout", aCause, "timed out", `Connection to ` + reHost + ` port ` + rePort + ` timed out`, "openssh misc.c, ConnectTimeout"},
	{"H03", "paramiko", Error, "log.H03.banner", aCause, "ssh protocol banner", `Error reading SSH protocol banner`, "paramiko transport.py"},
	{"H03", "paramiko", Error, "log.H03.timeout", aCause, "unable to connect to port", `Unable to connect to port ` + rePort + ` on ` + reHost, "paramiko ssh_exception.py NoValidConnectionsError"},
	{"H03", "jsch", Error, "log.H03.timeout", aCause, "socket is not established", `timeout: socket is not established`, "jsch Util.java createSocket"},
	{"H03", "putty", Error, "log.H03.timeout", aCause, "network error", `Network error: (?:Connection to "` + reHost + `" )?(?:Connection )?timed out\.?`, "putty utils/winsock error text; winscp NET_TRANSL_TIMEOUT2"},
	{"H03", "putty", Error, "log.H03.refused", aCause, "network error", `Network error: (?:Connection to "` + reHost + `" )?(?:Connection )?refused\.?`, "putty windows/network.c; winscp NET_TRANSL_REFUSED2"},
	{"H03", "putty", Error, "log.H03.reset", aCause, "network error", `Network error: (?:Connection to "` + reHost + `" )?(?:Connection )?reset(?: by peer)?\.?`, "putty windows/network.c"},
	{"H03", "putty", Error, "log.H03.route", aCause, "network error", `Network error: (?P<detail>No route to host|Network is unreachable|Host is (?:down|unreachable))(?: "` + reHost + `")?\.?`, "putty windows/network.c; winscp NET_TRANSL_NO_ROUTE2"},
	{"D05", "putty", Error, "log.D05", aCause, "network error", `Network error: Software caused connection abort`, "putty windows/network.c; winscp NET_TRANSL_CONN_ABORTED"},
	{"H03", "filezilla", Error, "log.H03.timeout", aCause, "seconds of inactivity", `Connection timed out after \d+ seconds of inactivity`, "filezilla engine/realcontrolsocket.cpp"},
	{"H03", "filezilla", Error, "log.H03.refused", aCause, "econnrefused", `ECONNREFUSED - Connection refused by server`, "filezilla engine, libfilezilla socket_errors.cpp"},
	{"H03", "cuteftp", Error, "log.H03.timeout", aCause, "error:>", `ERROR:>[^\n]*Can't connect to (?:remote server|` + reHost + `)[^\n]*`, "form of CuteFTP's log; its words are not confirmed"},
	{"H03", "", Error, "log.H03.timeout", aCause, "timed out|タイムアウト", `(?m:^)(?:(?:FATAL ERROR|\w+): )?(?:` + reTimedOut + `)\.?\s*$`, "strerror alone on a line; glibc's ja.po"},
	{"H03", "", Error, "log.H03.refused", aCause, "connection refused|接続を拒否", `(?m:^)(?:(?:FATAL ERROR|\w+): )?(?:` + reRefused + `)\.?\s*$`, "strerror alone on a line; glibc's ja.po"},
	{"H03", "", Error, "log.H03.route", aCause, "no route|network is|host is|ホスト|ネットワーク", `(?m:^)(?:(?:FATAL ERROR|\w+): )?(?:` + reUnreachable + `)\.?\s*$`, "strerror alone on a line; glibc's ja.po"},

	// Algorithms
	{"H05", "openssh", Error, "log.H05.hostkey", aCause, "no matching host key type", `Unable to negotiate with ` + reAddr + ` port ` + rePort + `: no matching host key type found\. Their offer: (?P<detail>[^\s]+)`, "openssh sshconnect2.c ssh_kex2"},
	{"H12", "openssh", Error, "log.H12", aCause, "unable to negotiate", `Unable to negotiate with ` + reAddr + ` port ` + rePort + `: no matching [a-z\x20]+ found\. Their offer: (?P<detail>[^\s]+)`, "openssh packet.c sshpkt_vfatal"},
	{"H05", "putty", Error, "log.H05.hostkey", aCause, "couldn't agree a", `Couldn't agree a host key algorithm \(available: (?P<detail>[^)\n]+)\)`, "putty ssh/transport2.c"},
	{"H12", "putty", Error, "log.H12", aCause, "couldn't agree a", `Couldn't agree a [a-z\x20-]+ \(available: (?P<detail>[^)\n]+)\)`, "putty ssh/transport2.c"},
	{"H05", "paramiko", Error, "log.H05.hostkey", aCause, "incompatible ssh", `Incompatible ssh (?:peer|server) \(no acceptable host key\)`, "paramiko transport.py"},
	{"H12", "paramiko", Error, "log.H12", aCause, "incompatible ssh peer", `Incompatible ssh (?:peer|server) \(no acceptable [^)\n]+\)`, "paramiko transport.py"},
	{"H12", "jsch", Error, "log.H12", aCause, "algorithm negotiation fail", `Algorithm negotiation fail`, "jsch Session.java"},
	{"H12", "libssh2", Error, "log.H12", aCause, "unable to exchange encryption keys", `Unable to exchange encryption keys`, "libssh2 kex.c"},

	// OpenSSH: configuration
	{"D02", "openssh", Error, "log.D02", aCause, "bad owner or permissions", `Bad owner or permissions on (?P<list>[^\n]*[^\s.])`, "openssh readconf.c read_config_file_depth"},
	{"C01", "openssh", Error, "log.C01", aCause, "command-line", `command-line:? line 0: (?P<detail>[^\n]+)`, "openssh ssh.c -o"},
	{"C01", "openssh", Error, "log.C01", aCause, "line", `(?P<list>[a-z]:[^\n:]+|[^\s:"'][^\n:"']*?):? line (?P<listline>\d+): (?P<detail>(?:Bad configuration option:|Bad SSH2|Bad \S+ argument|Missing argument|Unsupported option|keyword \S+ extra arguments|no argument after keyword)[^\n]*)`, "openssh readconf.c process_config_line"},
	{"C01", "openssh", Error, "log.C01", aRefusal, "bad configuration options", `(?P<list>[^\s:][^\n:]*): terminating, \d+ bad configuration options`, "openssh readconf.c"},

	// Server logs (sshd)
	{"D01", "sshd", Error, "log.D01", aCause, "authentication refused", `Authentication refused: bad ownership or modes for (?:directory|file) (?P<list>[^\n]*[^\s])`, "openssh misc.c safe_path"},
	{"H02", "sshd", Error, "log.H02.chroot", aCause, "chroot", `bad ownership or modes for chroot directory (?:component )?"(?P<list>[^"\n]+)"`, "openssh session.c safely_chroot"},
	{"H02", "sshd", Error, "log.H02.chroot", aCause, "chroot", `chroot\(?"(?P<list>[^"\n]+)"\)?: (?P<detail>[^\n]+)`, "openssh session.c safely_chroot"},
	{"H02", "", Error, "log.H02.home", aCause, "could not chdir to home", `Could not chdir to home directory (?P<list>[^\n]+?): (?:No such file or directory|Permission denied|そのようなファイルやディレクトリはありません|許可がありません)`, "openssh session.c do_child"},
	{"D01", "sshd", Error, "log.D01.open", aCause, "could not open", `Could not open (?:user '(?P<user>[^'\n]+)' )?authorized keys '(?P<list>[^'\n]+)': (?P<detail>[^\n]+)`, "openssh auth2-pubkeyfile.c auth_openfile"},
	{"H05", "sshd", Error, "log.H05.server", aCause, "not in pubkeyaccepted", `(?:userauth_pubkey: )?(?:key type|signature algorithm) (?P<keytype>\S+) not in PubkeyAccepted(?:Algorithms|KeyTypes)`, "openssh auth2-pubkey.c userauth_pubkey"},
	{"H05", "sshd", Error, "log.H05.server", aCause, "unsupported public key algorithm", `userauth_pubkey: unsupported public key algorithm: (?P<keytype>\S+)`, "openssh auth2-pubkey.c userauth_pubkey"},
	{"H04", "sshd", Error, "log.H04.user", aCause, "invalid user", `Invalid user (?P<user>\S+) from ` + reAddr + `(?: port ` + rePort + `)?`, "openssh auth.c getpwnamallow"},
	{"H04", "sshd", Error, "log.H04.denied", aCause, "not allowed because", `User (?P<user>\S+) (?:from (?:\S+) )?not allowed because (?P<detail>[^\n]+)`, "openssh auth.c allowed_user"},
	{"H04", "sshd", Error, "log.H04.denied", aCause, "correct key but not from", `Authentication tried for (?P<user>\S+) with correct key but not from a permitted host`, "openssh auth2-pubkeyfile.c, from= option"},
	{"H04", "sshd", Error, "log.H04.denied", aCause, "account", `(?:pam_unix\(sshd:account\): account (?P<user>\S+) has (?P<detail>expired)|Account (?P<user>\S+) has (?P<detail>expired))`, "openssh auth-shadow.c; pam_unix"},
	{"H04", "sshd", Error, "log.H04.password", aCause, "password has expired|expired password for", `(?:User (?P<user>\S+) password has expired|expired password for user (?P<user>\S+))(?: \([^)\n]+\))?`, "openssh auth-shadow.c auth_shadow_pwexpired; pam_unix_acct.c"},
	{"H04", "openssh", Error, "log.H04.password", aCause, "your password has expired", `(?:WARNING: )?Your password has expired\.?`, "openssh session.c do_pwchange"},
	{"H04", "openssh", Error, "log.H04.password", aCause, "change required but no tty", `Password change required but no TTY available\.?`, "openssh session.c do_pwchange"},
	{"H04", "openssh", Error, "log.H04.password", aCause, "required to change your password", `You are required to change your password immediately(?: \([^)\n]+\))?\.?`, "pam_unix_acct.c"},
	{"H04", "", Error, "log.H04.password", aCause, "the password for user", `The password for user ["']?(?P<user>[^\s"']+)["']? has expired`, "servers that change it by the command passwd, as SFTPPlus; its words are not confirmed"},
	{"D04", "sshd", Error, "log.D04", aCause, "maximum authentication attempts", `maximum authentication attempts exceeded for (?:invalid user )?(?P<user>\S+) from ` + reAddr + `(?: port ` + rePort + `)?`, "openssh auth.c auth_maxtries_exceeded"},
	{"P04", "sshd", Error, "log.P04.server", aRefusal, "failed publickey", `Failed publickey for (?:invalid user )?(?P<user>\S+) from ` + reAddr + ` port \d+ ssh2(?:: (?P<keytype>\S+) ` + reMark + `)?`, "openssh auth.c auth_log"},
	{"P04", "sshd", Error, "log.P04.server", aCause, "no matching key", `(?m:^)(?:[^\n]*: )?(?:no matching key(?: found)?|key not found)\.?\s*$`, "spec/symptoms.md P04"},

	// Libraries that read key files
	{"K04", "jsch", Error, "log.K04.pem", aCause, "invalid privatekey", `invalid privatekey: (?:\[B@[0-9a-f]+|[^\n]+)`, "jsch KeyPair.java"},
	{"K04", "paramiko", Error, "log.K04.pem", aCause, "not a valid", `not a valid (?:\S+) private key file`, "paramiko pkey.py"},
	{"K04", "paramiko", Error, "log.K04.pem", aCause, "160, 224, or 256", `q must be exactly 160, 224, or 256 bits long`, "paramiko dsskey.py on another key's file"},
	{"K04", "go", Error, "log.K04.pem", aCause, "ssh: no key found", `ssh: no key found`, "golang.org/x/crypto/ssh keys.go"},
	{"K04", "", Error, "log.K04.pem", aCause, "invalid private key file", `Invalid private key file`, "SSH.NET PrivateKeyFile.cs"},
	{"K04", "libssh2", Error, "log.K04.pem", aCause, "unable to extract public key", `Unable to extract public key from private key(?: file)?`, "libssh2 userauth.c"},
	{"K06", "paramiko", Error, "log.K06", aCause, "private key file is encrypted", `Private key file is encrypted`, "paramiko PasswordRequiredException"},
	{"K06", "go", Error, "log.K06", aCause, "passphrase protected", `this private key is passphrase protected`, "golang.org/x/crypto/ssh PassphraseMissingError"},
	{"K06", "", Error, "log.K06", aCause, "decryption password incorrect", `x509: decryption password incorrect`, "Go crypto/x509"},

	// PuTTY, plink, WinSCP, FileZilla, CuteFTP: key files
	{"K12", "putty", Error, "log.K12", aCause, "format too new", `(?:Unable to (?:use|load) (?:private )?key(?: file)? "` + rePath + `" \()?PuTTY key format too new\)?`, "putty sshpubk.c"},
	{"K11", "putty", Error, "log.K11", aCause, "cipher", `(?:unable to load file [` + "`'" + `](?P<path>[^'\n]+)': |Couldn't load private key \()?(?:unsupported cipher|unrecognised cipher name)\)?`, "putty import.c"},
	{"K13", "winscp", Error, "log.K13", aCause, "supports only putty format", `Private key file ['"](?P<path>[^\n]+?)['"] contains key in (?P<detail>[^\n]+?) format\. WinSCP supports only PuTTY format`, "winscp TextsCore1.rc KEY_TYPE_UNSUPPORTED2"},
	{"K13", "winscp", Error, "log.K13", aCause, "to putty format", `Do you want to convert (?P<detail>[^\n]+?) private key to PuTTY format\?`, "winscp TextsCore1.rc KEY_TYPE_CONVERT4"},
	{"K13", "filezilla", Error, "log.K13", aCause, "supported by filezilla", `The file ['"](?P<path>[^\n]+?)['"] is not in a format supported by FileZilla`, "filezilla fzputtygen_interface.cpp"},
	{"K14", "filezilla", Error, "log.K14", aCause, "does not contain a private key", `The file ['"](?P<path>[^\n]+?)['"] could not be loaded or does not contain a private key`, "filezilla fzputtygen_interface.cpp"},
	{"K14", "filezilla", Error, "log.K14", aCause, "could not be loaded", `could not be loaded or does not contain a private key`, "filezilla fzputtygen_interface.cpp; EGA-archive/crypt4gh#43"},
	{"K14", "filezilla", Error, "log.K14", aCause, "contains an ssh1 key", `The file ['"](?P<path>[^\n]+?)['"] contains an SSH1 key`, "filezilla fzputtygen_interface.cpp"},
	{"K14", "winscp", Error, "log.K14", aCause, "private key in known format", `File ['"](?P<path>[^\n]+?)['"] does not contain private key in known format`, "winscp TextsCore1.rc KEY_TYPE_UNKNOWN2"},
	{"K08", "winscp", Error, "log.K08", aCause, "does not exist or cannot be opened", `Private key file ['"](?P<path>[^\n]+?)['"] does not exist or cannot be opened`, "winscp TextsCore1.rc KEY_TYPE_UNOPENABLE"},
	{"K08", "putty", Error, "log.K08", aCause, "key file", `(?:Unable to (?:use|load) key file "` + rePath + `" \(unable to open (?:key )?file\))|unable to open key file`, "putty userauth2-client.c"},
	{"K13", "putty", Error, "log.K13", aCause, "private key", `Unable to (?:use|load) (?:private )?key(?: file)? "` + rePath + `" \((?P<detail>OpenSSH SSH-2 private key[^\n]*|ssh\.com SSH-2 private key)\)`, "putty userauth2-client.c key_type_to_str"},
	{"K14", "putty", Error, "log.K14", aCause, "key", `Unable to (?:use|load) (?:private )?key(?: file)? "` + rePath + `" \((?P<detail>[^\n]+)\)`, "putty userauth2-client.c"},
	{"K14", "putty", Error, "log.K14", aCause, "recognised key file format", `not a recognised key file format`, "putty sshpubk.c key_type_to_str"},
	{"K14", "putty", Error, "log.K14", aCause, "unrecognised key type", `unable to load file [` + "`'" + `](?P<path>[^'\n]+)': unrecognised key type`, "putty import.c"},
	{"K05", "putty", Error, "log.K05", aCause, "public", `(?:Key file contains public key only|public-key-only input file)`, "putty sshpubk.c, cmdgen.c"},
	{"K06", "putty", Error, "log.K06", aCause, "wrong passphrase", `(?m:^)(?:[^\n]*[:(\]] ?)?Wrong passphrase\)?\.?`, "putty userauth2-client.c; winscp AUTH_TRANSL_WRONG_PASSPHRASE"},
	{"K06", "putty", Error, "log.K06.mac", aCause, "mac failed", `\bMAC failed\b`, "putty sshpubk.c ppk_load_s"},
	{"K15", "cuteftp", Error, "log.K15", aCause, "passphrase", `passphrase (?:contains|may not contain) (?:invalid|forbidden|illegal) characters?`, "GlobalSCAPE EFT; its words are not confirmed"},

	// PuTTY family: logins
	{"H07", "putty", Error, "log.H07", aRefusal, "server refused our", `Server refused our (?:public )?key`, "putty userauth2-client.c"},
	{"H07", "putty", Error, "log.H07", aRefusal, "signature despite accepting", `Server refused public-key signature despite accepting key`, "putty userauth2-client.c"},
	{"H07", "putty", Error, "log.H07", aRefusal, "no supported authentication methods", `No supported authentication methods available(?: \(server sent: (?P<detail>[^)\n]+)\))?`, "putty userauth2-client.c"},
	{"H07", "putty", Error, "log.H07", aRefusal, "unable to authenticate", `(?:Disconnected: |FATAL ERROR: |(?m:^))Unable to authenticate`, "putty userauth2-client.c"},
	{"H07", "go", Error, "log.H07", aRefusal, "no supported methods remain", `ssh: unable to authenticate, attempted methods \[(?P<detail>[^\]\n]*)\], no supported methods remain`, "golang.org/x/crypto/ssh client_auth.go"},
	{"H07", "libssh2", Error, "log.H07", aRefusal, "publickey combination invalid", `Username/PublicKey combination invalid`, "libssh2 userauth.c"},
	{"H06", "cuteftp", Error, "log.H06", aRefusal, "error:>", `ERROR:>[^\n]*(?:authentication failed|Can't login|login failed)[^\n]*`, "form of CuteFTP's log; its words are not confirmed"},
	{"H06", "putty", Error, "log.H06", aRefusal, "access denied", `(?m:^)(?:[^\n]*(?:[:>\]] ?|\d\d:\d\d\S* ))?Access denied\.?\s*$`, "putty userauth2-client.c; winscp AUTH_TRANSL_ACCESS_DENIED"},
	{"H06", "", Error, "log.H06", aRefusal, "authentication fail", `(?m:^)(?:[^\n]*(?:[:>\]] ?|\d\d:\d\d\S* ))?Authentication fail(?:ed|ure)\.?\s*$`, "winscp AUTHENTICATION_FAILED; filezilla; paramiko; curl 67"},
	{"H06", "jsch", Error, "log.H06", aRefusal, "auth ", `JSchException: Auth (?:fail|cancel)(?: for methods '[^'\n]*')?`, "jsch Session.java"},
	{"H06", "", Error, "log.H06", aRefusal, "configured authentication methods", `All configured authentication methods failed`, "mscdex/ssh2 client.js; vscode-sftp"},
	{"H06", "", Error, "log.H06", aRefusal, "password", `invalid username ?(?:/|or|and) ?password`, "seed 002"},
	{"H06", "cyberduck", Error, "log.H06", aRefusal, "exhausted available", `Exhausted available authentication methods`, "sshj UserAuthException, Cyberduck"},

	// Logins: OpenSSH
	{"H04", "openssh", silent, "log.H04.accepted", aCause, "server accepts key", `Server accepts key: (?P<path>\S[^\n]*?) (?P<keytype>[A-Z][A-Z0-9_-]+) ` + reMark, "openssh sshconnect2.c input_userauth_pk_ok"},
	{"P04", "openssh", silent, "log.P04", aRefusal, "offering", `Offering (?:[A-Z0-9_-]+ )?public key: (?P<path>\S[^\n]*?)(?: (?P<keytype>[A-Z][A-Z0-9_-]+))? ` + reMark, "openssh sshconnect2.c send_pubkey_test"},
	{"P04", "openssh", Error, "log.P04", aRefusal, "permission denied (", reAtHost + `Permission denied \((?P<detail>[a-z0-9,@.-]*publickey[a-z0-9,@.-]*)\)\.?`, "openssh sshconnect2.c userauth; seeds 000 and 001"},
	{"H08", "openssh", Error, "log.H08.refused", aRefusal, "permission denied (", reAtHost + `Permission denied \((?P<detail>[a-z0-9,@.-]+)\)\.?`, "openssh sshconnect2.c userauth"},
	{"H08", "openssh", Error, "log.H08.refused", aRefusal, "please try again", `Permission denied, please try again\.?`, "openssh sshconnect2.c userauth_passwd"},
	{"H08", "openssh", silent, "log.H08", aRefusal, "password:", `(?m:^)(?:\([^)\n]*\) )?` + reUser + `@` + reHost + `'s password: ?`, "openssh sshconnect2.c userauth_passwd"},

	// After the login, and the end of connections
	{"H02", "openssh", Error, "log.H02", aDrop, "client_loop", `client_loop: send disconnect: ?(?:Connection reset(?: by peer)?|Broken pipe)?`, "openssh clientloop.c; seed 000 #home"},
	{"H02", "openssh", Error, "log.H02", aDrop, "connection", `(?:Connection reset(?: by (?:peer|` + reAddr + ` port ` + rePort + `))?|Connection closed(?: by (?:remote host|` + reAddr + ` port ` + rePort + `))?|Connection to ` + reHost + ` closed by remote host)\.?`, "openssh packet.c; seed 000 #home"},
	{"D05", "openssh", Error, "log.D05", aCause, "client_loop", `client_loop: send disconnect: ?(?:Broken pipe|Connection reset(?: by peer)?)?`, "openssh clientloop.c; seed 000 #broken"},
	{"D05", "openssh", Error, "log.D05", aCause, "broken pipe|パイプ", `(?:packet_write_wait: Connection to ` + reAddr + ` port ` + rePort + `|Write failed|Write to remote host ` + reHost + `|send disconnect|(?:[a-z_]+): write|Connection to ` + reHost + ` port ` + rePort + `): (?:Broken pipe|パイプが切断されました)`, "openssh packet.c"},
	{"D05", "openssh", Error, "log.D05", aCause, "not responding", `Timeout, server (?:` + reHost + ` )?not responding\.?`, "openssh clientloop.c server_alive_check"},
	{"D05", "openssh", Error, "log.D05", aCause, "read from remote host", `Read from remote host ` + reHost + `: (?P<detail>Connection reset by peer|(?:Connection|Operation) timed out|[^\n]+)`, "openssh clientloop.c"},
	{"D05", "openssh", Error, "log.D05", anEnding, "closed by remote host", `Connection to ` + reHost + ` closed by remote host\.?`, "openssh clientloop.c"},
	{"D05", "jsch", Error, "log.D05", aCause, "session is down", `JSchException: session is down`, "jsch Session.java"},
	{"H02", "winscp", Error, "log.H02", aCause, "command exit status", `Connection has been unexpectedly closed\. Server sent command exit status \d+`, "winscp TextsCore1.rc NOT_CONNECTED, SSH_EXITCODE"},
	{"H09", "winscp", Error, "log.H09.sftp", aCause, "cannot initialize sftp", `Cannot initialize SFTP protocol\. Is the host running an? SFTP server\?`, "winscp TextsCore1.rc SFTP_INITIALIZE_ERROR"},
	{"H09", "winscp", Error, "log.H09.noise", aCause, "sftp packet", `Received too large \(\d+ B\) SFTP packet`, "winscp TextsCore1.rc SFTP_PACKET_TOO_BIG"},
	{"H09", "openssh", Error, "log.H09.noise", aCause, "received message too long", `Received message too long \d+`, "openssh sftp-client.c get_msg"},
	{"H09", "openssh", Error, "log.H09.noise", aCause, "shell produces no output", `Ensure the remote shell produces no output`, "openssh sftp-client.c get_msg"},
	{"H09", "openssh", Error, "log.H09.sftp", aCause, "subsystem request failed", `subsystem request failed on channel \d+`, "openssh ssh.c client_subsystem_reply"},
	{"H09", "", Error, "log.H09.only", aCause, "sftp connections only", `This service allows sftp connections only\.?`, "openssh session.c, ForceCommand internal-sftp"},
	{"H09", "openssh", Error, "log.H09.only", aCause, "request failed on channel", `(?:exec|shell|PTY allocation) request failed on channel \d+`, "openssh clientloop.c"},
	{"H09", "filezilla", Error, "log.H09.ftp", aCause, "select proper protocol", `Cannot establish FTP connection to an SFTP server\. Please select proper protocol`, "filezilla ftpcontrolsocket.cpp"},
	{"H09", "winscp", Error, "log.H09.ftp", aCause, "using an ftp protocol", `You cannot connect to an SFTP server using an FTP protocol`, "winscp TextsCore1.rc SFTP_AS_FTP_ERROR"},
	{"H09", "", Error, "log.H09.ftp", aCause, "response:", `Response:\s+SSH-[12]\.[0-9]+-[^\n]*`, "filezilla's log of an FTP session with an SSH server"},
	{"H09", "cuteftp", Error, "log.H09.ftp", aCause, "ftp over ssh2", `ERROR:>[^\n]*FTP over SSH2[^\n]*`, "seed 003; its words are not confirmed"},
	{"H02", "filezilla", Error, "log.H02.closed", anEnding, "unexpected end-of-file", `Received unexpected end-of-file from (?:SFTP )?server`, "putty psftpcommon; fzsftp"},
	{"H02", "putty", Error, "log.H02.closed", anEnding, "unexpectedly closed", `(?:Remote side|Server) unexpectedly closed network connection\.?`, "putty ssh/common.c; winscp UNEXPECTED_CLOSE_ERROR"},
	{"H02", "filezilla", Warning, "log.H02.closed", anEnding, "could not connect to server", `(?:Critical error: )?Could not connect to server`, "filezilla engine"},
	{"H02", "winscp", Warning, "log.H02.closed", anEnding, "unexpectedly closed", `Connection has been unexpectedly closed\.?`, "winscp TextsCore1.rc NOT_CONNECTED"},
	{"H02", "openssh", Warning, "log.H02.closed", anEnding, "couldn't read packet", `Couldn't read packet: Connection reset by peer`, "openssh sftp-client.c"},
	{"H02", "openssh", Warning, "log.H02.closed", anEnding, "connection", `Connection (?:closed|reset) by ` + reAddr + ` port ` + rePort + `\b(?: \[preauth\])?`, "openssh packet.c sshpkt_vfatal"},
	{"H02", "openssh", Warning, "log.H02.closed", anEnding, "connection closed", `(?:scp: )?Connection closed(?: by remote host)?\.? ?$`, "openssh sftp.c, scp.c"},
	{"H02", "openssh", Warning, "log.H02.closed", anEnding, "lost connection", `(?m:^)lost connection\.?\s*$`, "openssh scp.c lostconn"},
	{"H02", "openssh", Warning, "log.H02.closed", anEnding, "connection reset", `(?m:^)Connection reset(?: by peer)?\.? ?`, "strerror; Win32-OpenSSH"},

	// Public keys: forms of services
	{"P01", "ddbj-form", Error, "log.P01", aCause, "openssh public key format", `Key is invalid\. You must supply a key in OpenSSH public key format\.?`, "ddbj/cloakman ssh_keys_controllable.rb; services.md 1.2"},
	{"P01", "", Error, "log.P01", aCause, "invalid ssh public key", `Invalid SSH public key`, "symptoms.md P01"},
	{"P02", "ddbj-form", Error, "log.P02", aCause, "dsa keys are not permitted", `DSA keys are not permitted`, "ddbj/cloakman ssh_keys_controllable.rb"},
	{"P02", "ddbj-form", Error, "log.P02.small", aCause, "must be at least", `RSA keys must be at least (?P<detail>\d+) bits long\.?`, "ddbj/cloakman ssh_keys_controllable.rb"},
	{"P01", "openssh", Error, "log.P01", aCause, "uudecode", `(?:uudecode failed|key_from_blob: [^\n]+|input line too long)\.?`, "openssh ssh-keygen.c do_convert_from_ssh2"},

	// Data sets
	{"E08", "sra-tools", Error, "log.E08", aCause, "ngc file", `cannot use '(?P<path>[^'\n]+)' as ngc file|cannot import ngc file`, "ncbi/sra-tools#686, #742"},
	{"K06", "openssl", Error, "log.K06", aCause, "maybe wrong password", `maybe wrong password`, "openssl apps/lib/apps.c load_key_certs_crls, 3.0"},
	{"E01", "openssl", Error, "log.E01", aCause, "private key", `(?:Unable to load Private Key|Could not (?:read|find) (?:any )?(?:private key|key of [^\n]+) (?:from|of|in) (?P<path>\S[^\n]*)|Could not open file or uri for loading private key from (?P<path>\S[^\n]*)|No private key found)`, "openssl apps.c load_key, 1.x and 3.x; ddbj/www decryption-error-e.md"},
	{"E01", "openssl", Error, "log.E01", aCause, "decoder routines", `error:1E08010C:DECODER routines:[^\n]*:unsupported`, "openssl 3 decoder_lib.c"},
	{"E01", "openssl", Error, "log.E01", aCause, "no start line", `PEM routines:[^\n]*:no start line`, "openssl pem_lib.c"},
	{"E03", "openssl", Error, "log.E03", aCause, "bad decrypt", `(?:(?:EVP|Provider|digital envelope) routines:[^\n]*:)?bad decrypt\b`, "openssl evp_enc.c; services.md 2.2"},
	{"E03", "openssl", Error, "log.E03", aCause, "rsa|cms", `(?:RSA operation error|rsa routines:[^\n]*:(?:padding check failed|data (?:too large|greater)[^\n]*|oaep decoding error|block type is not 02)|Error decrypting CMS structure)`, "openssl rsa_pk1.c, pkeyutl.c"},
	{"E05", "crypt4gh", Error, "log.E05", aCause, "no supported encryption method", `No supported encryption method`, "EGA-archive/crypt4gh#38"},
	{"E05", "crypt4gh", Error, "log.E05", aCause, "could not decrypt that block", `Could not decrypt that block`, "EGA-archive/crypt4gh#45"},
	{"E05", "crypt4gh", Error, "log.E05", aCause, "no header packet", `No header packet could be decrypted`, "crypt4gh implementations; symptoms.md E05"},
	{"E05", "crypt4gh", Error, "log.E05", aCause, "public key header|decrypt any", `could not (?:find matching public key header|decrypt any (?:of the )?header packets?)`, "neicnordic/crypt4gh streaming; its words are not confirmed"},
	{"E06", "crypt4gh", Error, "log.E06", aCause, "unsupported ssh key format", `Unsupported SSH key format: ?(?P<keytype>[a-z0-9@.-]*)`, "EGA-archive/crypt4gh keys/ssh.py"},
	{"E06", "crypt4gh", Error, "log.E06", aCause, "not a pem format", `Not a PEM format`, "EGA-archive/crypt4gh keys/__init__.py"},
	{"K06", "crypt4gh", Error, "log.K06", aCause, "invalid key or passphrase", `Invalid Key or Passphrase`, "EGA-archive/crypt4gh#48"},
	{"E07", "age", Error, "log.E07", aCause, "no identity matched", `no identity matched any of the (?:file's )?recipients`, "filippo.io/age age.go"},
	{"E07", "age", Error, "log.E07.type", aCause, "unknown identity type", `unknown identity type`, "filippo.io/age parse.go"},
	{"E07", "age", Error, "log.E07.type", aCause, "malformed secret key", `malformed secret key`, "filippo.io/age x25519.go"},
	{"K06", "age", Error, "log.K06", aCause, "incorrect passphrase", `incorrect passphrase`, "filippo.io/age scrypt.go"},
	{"E09", "", Warning, "log.E09", aCause, "decrypt.sh", `\S*decrypt\.sh(?: -k (?P<path>\S+))?[^\n]*? -p `, "ddbj/www _jga/download-e.md"},

	// The server's own lists
	{"P03", "sshd", Warning, "log.P03", aCause, "authorized_keys", `authorized_keys:\d+: (?P<detail>bad key options|invalid key|key_read[^\n]*|uudecode[^\n]*)`, "openssh auth2-pubkeyfile.c"},
}

// compiled are the expressions of patterns, in their order.
var compiled = sync.OnceValue(func() []*regexp.Regexp {
	var all []*regexp.Regexp
	for _, p := range patterns {
		all = append(all, regexp.MustCompile(expression(p.expr)))
	}
	return all
})

// expression is an expression of the table as Go's regexp has it.
func expression(s string) string {
	s = strings.ReplaceAll(s, `(?m:^)`, `^`)
	s = strings.ReplaceAll(s, ` ?`, `\s*`)
	return `(?im)` + strings.ReplaceAll(s, ` `, `\s+`)
}

// longestNeedle bounds the bytes of a needle; a test holds the table to it.
const longestNeedle = 60

// needle is where a row's needles are looked up: by their first bytes.
type needle struct {
	text string
	row  int
}

var needles = sync.OnceValue(func() map[string][]needle {
	all := map[string][]needle{}
	for row, p := range patterns {
		for text := range strings.SplitSeq(p.needle, "|") {
			all[text[:needleStart]] = append(all[text[:needleStart]], needle{text, row})
		}
	}
	return all
})

const needleStart = 3 // bytes

// needlesOf are the rows of which a needle begins on each of the lines, and goes
// over its end with a space at most.
func needlesOf(lines []string) [][]int {
	index, rows := needles(), make([][]int, len(lines))
	for i, line := range lines {
		text := line
		for j := i + 1; j < len(lines) && len(text) < len(line)+longestNeedle; j++ {
			text += " " + lines[j][:min(len(lines[j]), longestNeedle)]
		}
		for at := 0; at < len(line) && at+needleStart <= len(text); at++ {
			for _, n := range index[text[at:at+needleStart]] {
				if strings.HasPrefix(text[at:], n.text) {
					rows[i] = append(rows[i], n.row)
				}
			}
		}
	}
	return rows
}

// inOrder are the rows of several lists, each once and in the order of the table.
func inOrder(lists ...[]int) []int {
	rows := slices.Concat(lists...)
	slices.Sort(rows)
	return slices.Compact(rows)
}
