package catalog

// keyWords are what is wrong with one key file (internal/diagnose/keyfile.go).
var keyWords = [...]row{
	{"P02.dsa", "DSA keys are refused by OpenSSH 10 and by most services",
		"DSA 鍵は OpenSSH 10 とほとんどのサービスで使えません"},
	{"K10.openssh", "OpenSSH refuses RSA keys under {minimum} bits; this one has {bits}",
		"OpenSSH は {minimum} ビット未満の RSA 鍵を受け付けません。この鍵は {bits} ビットです"},
	{"K10.services", "many services refuse RSA keys under {minimum} bits; this one has {bits}",
		"多くのサービスは {minimum} ビット未満の RSA 鍵を受け付けません。この鍵は {bits} ビットです"},
	{"K21.unknown", "this key type is not known to sshkeys; only its name and fingerprint are",
		"sshkeys の知らない鍵の種類です。種類の名前とフィンガープリントだけがわかります"},
	{"K17.none", "the private key has no passphrase: who can read the file can use it",
		"秘密鍵にパスフレーズがありません。ファイルを読める人は誰でもこの鍵を使えます"},
	{"K11.cipher", "unsupported {what} in this {format} file",
		"{what}には対応していません({format}のファイル)"},
	{"K19.legacy", "the passphrase is protected by {kdf} only, which is quickly guessed",
		"パスフレーズの保護が {kdf} だけで、短時間で破られるおそれがあります"},
	{"P05.dataset", "{neighbour} holds another key ({fingerprint}): what is encrypted to that one, this key does not open",
		"{neighbour} は別の鍵({fingerprint})です。その公開鍵で暗号化されたデータは、この秘密鍵では復号できません"},
	{"P05.auth", "{neighbour} holds another key ({fingerprint}): ssh offers that one, and the login fails",
		"{neighbour} は別の鍵({fingerprint})です。ssh はその公開鍵を提示するため、ログインできません"},
}
