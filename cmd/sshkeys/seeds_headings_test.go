package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// seedHeading is a heading of a help page, and the name of the scripts that answer it:
// NAME.txtar, and NAME.PART.txtar for points of its own below the heading.
type seedHeading struct{ heading, name string }

// seedPages are the pages' headings, in their order, by the folder of their scripts.
// The pages themselves are not part of this repository.
var seedPages = map[string][]seedHeading{
	"ddbj": {
		{"I can not transfer files by using sftp", "i-can-not-transfer-files-by-using-sftp"},
		{"Check if communication is allowed in the user environment", "check-if-communication-is-allowed-in-the-user-environment"},
		{"Check if the user home directory has been created", "check-if-the-user-home-directory-has-been-created"},
		{"Checking key pair match", "checking-key-pair-match"},
		{"Check by command", "check-by-command"},
		{"Check by WinSCP", "check-by-winscp"},
		{"client_loop: send disconnect: Broken pipe", "client-loop-send-disconnect-broken-pipe"},
		{"ssh connection is disconnected", "ssh-connection-is-disconnected"},
		{"REMOTE HOST IDENTIFICATION HAS CHANGED", "remote-host-identification-has-changed"},
		{"UNPROTECTED PRIVATE KEY FILE WARNING", "unprotected-private-key-file-warning"},
	},
	"nig": {
		{"SSH接続時の「Permission denied (publickey)」エラーの原因と対策", "permission-denied-publickey"},
		{"1. ファイルパーミッションの確認", "file-permissions"},
		{"パーミッションの確認方法(1) `stat`コマンド", "permissions-by-stat"},
		{"パーミッションの確認方法(2) `ls -l`", "permissions-by-ls"},
		{"2. 鍵の不一致", "key-mismatch"},
		{"3. ユーザー名の確認", "user-name"},
		{"SSHログイン時にWARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!というエラーが出ます", "remote-host-identification-has-changed"},
		{"SSH のコネクションが頻繁に切れます。", "connection-is-often-lost"},
		{"Windows PowerShellからはログインできましたが、WSL2 (Windows Subsystem for Linux)上のUbuntu Linuxからはログインできないのでしょうか？", "powershell-works-and-wsl2-does-not"},
	},
	"smartfile": {
		{"Troubleshooting SFTP", "troubleshooting-sftp"},
		{"Check for Firewall Issues", "check-for-firewall-issues"},
		{"Have you manually whitelisted any IP addresses anywhere?", "have-you-manually-whitelisted-any-ip-addresses-anywhere"},
		{"See if you need to ask for an IP whitelist", "see-if-you-need-to-ask-for-an-ip-whitelist"},
		{"Connection Settings in Your SFTP App", "connection-settings-in-your-sftp-app"},
		{"Hostname", "hostname"},
		{"Port", "port"},
		{"Timeout", "timeout"},
		{"Retry Logic", "retry-logic"},
		{"Keepalives", "keepalives"},
		{"Ciphers", "ciphers"},
		{"Configuration on SmartFile That May be Relevant", "configuration-on-smartfile-that-may-be-relevant"},
		{"Authentication or Invalid Username/Password Failure Messages", "authentication-or-invalid-username-password-failure-messages"},
	},
	"cuteftp": {
		{"Cannot Connect to SSH2 (SFTP) Sites", "cannot-connect-to-ssh2-sftp-sites"},
		{"SSH2 Connection Checklist", "ssh2-connection-checklist"},
		{"Public key authentication", "public-key-authentication"},
		{"To convert the public key", "to-convert-the-public-key"},
	},
	"sftpplus": {
		{"5.5. SFTP / SCP Usage", "5.5-sftp-scp-usage"},
		{"5.5.1. Introduction", "5.5.1-introduction"},
		{"5.5.2. File open mode", "5.5.2-file-open-mode"},
		{"5.5.3. SSH Key Authentication", "5.5.3-ssh-key-authentication"},
		{"5.5.4. User password change", "5.5.4-user-password-change"},
		{"5.5.5. Load Balancer", "5.5.5-load-balancer"},
	},
}

// TestSeedHeadings holds each heading to having a script that names it in its first
// line, and each script to having a heading.
func TestSeedHeadings(t *testing.T) {
	for page, headings := range seedPages {
		files, err := filepath.Glob("testdata/seeds/" + page + "/*.txtar")
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range headings {
			mine := func(file string) bool { return strings.HasPrefix(filepath.Base(file), h.name+".") }
			if !slices.ContainsFunc(files, mine) {
				t.Errorf("%s: no script answers %q", page, h.heading)
			}
			for _, file := range files {
				if text, err := os.ReadFile(file); mine(file) && (err != nil || !strings.Contains(firstLine(text), h.heading)) {
					t.Errorf("%s does not begin with its heading, %q: %v", file, h.heading, err)
				}
			}
			files = slices.DeleteFunc(files, mine)
		}
		if len(files) > 0 {
			t.Errorf("%s: scripts of no heading: %q", page, files)
		}
	}
}

func firstLine(text []byte) string {
	line, _, _ := strings.Cut(string(text), "\n")
	return line
}
