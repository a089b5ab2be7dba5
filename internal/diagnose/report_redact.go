package diagnose

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
)

// redactor puts labels in place of what is a person's own: a value is shown only
// where it is known to be nobody's. Full shows everything but secrets.
type redactor struct {
	lang    catalog.Lang
	full    bool
	windows bool
	home    string                  // as place writes it
	files   map[string]catalog.Text // what a file is called here, by place
	public  map[string]bool         // texts that are nobody's own
	own     map[string]bool         // names of the visit that must not be left over
}

// text is a text with labels for what is a person's own among its values.
func (r *redactor) text(t catalog.Text) catalog.Text {
	if !t.IsZero() && !r.full && !catalog.Has(t.ID) {
		return withheld()
	}
	clean := catalog.Text{ID: t.ID, Values: make(map[string]any, len(t.Values))}
	for blank, v := range t.Values {
		clean.Values[blank] = r.value(blank, v)
	}
	return clean
}

// ours is a text that the report itself has made or taken from its caller, not from
// the visit: it is shown as it is.
type ours string

func withheld() catalog.Text { return catalog.T("report.withheld") }

// value is what may stand in a blank. Of a type that is not known here nothing is shown.
func (r *redactor) value(blank string, v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case catalog.Text:
		return r.text(v)
	case catalog.Words:
		return r.words(blank, v)
	case error:
		return r.text(ErrorText(v))
	case *keytool.Key:
		return fingerprintOf(v)
	case ours:
		return string(v)
	case time.Duration:
		return v.String()
	case fmt.Stringer: // as hostkeys.Host
		return r.name(blank, v.String())
	}
	switch of := reflect.ValueOf(v); of.Kind() {
	case reflect.String:
		return r.name(blank, of.String())
	case reflect.Slice:
		if of.Type().Elem().Kind() == reflect.Uint8 {
			break
		}
		var each []catalog.Text
		for i := range of.Len() {
			each = append(each, catalog.T("report.plain", "text", r.value(blank, of.Index(i).Interface())))
		}
		return each
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if label, ok := labelOf(blank); ok && !r.full {
			return label // a user's number
		}
		return fmt.Sprint(v)
	}
	return withheld()
}

// words are what the catalogue has for the English, with labels in the blanks,
// whatever else stands there.
func (r *redactor) words(blank string, w catalog.Words) any {
	said := r.lang.Say(catalog.T("report.plain", "text", w))
	if r.full || r.isPublic(said) {
		return r.name(blank, said)
	}
	known, ok := catalog.Rephrase(w[catalog.English], func(value string) string {
		return r.lang.Say(catalog.T("report.plain", "text", r.name("", strings.Trim(value, `"`))))
	})
	if ok {
		return known
	}
	return r.name(blank, w[catalog.English])
}

// name is a string as it may be shown, a catalog.Text or the string itself.
func (r *redactor) name(blank, s string) any {
	label, labelled := labelOf(blank)
	switch file, isFile := r.file(s); {
	case isSecret(s):
		return withheld()
	case r.full || s == "":
		return formats.Visible(s)
	case labelled && label.ID != "report.file" && !r.isPublic(s):
		return label // whatever file has that name
	case isFile:
		return file
	case r.isPublic(s) && (r.public[s] || !r.own[strings.ToLower(s)]):
		return s
	case blank == "command" || blank == "hint":
		return r.commandLine(s)
	}
	if labelled {
		return label
	}
	return withheld()
}

// isSecret tells what no report shows, whoever asks: the text of a private key, and
// anything of several lines, which no value of a message is.
func isSecret(s string) bool {
	return strings.ContainsAny(s, "\n\r") || strings.Contains(s, "-----BEGIN") || strings.Contains(s, "AGE-SECRET-KEY-")
}

// labelOf is what stands for a value that is withheld, by its blank's name.
func labelOf(blank string) (catalog.Text, bool) {
	switch blank {
	case "user", "account", "owner", "login", "who", "id", "uid":
		return catalog.T("report.user"), true
	case "host", "hosts", "hostname", "alias", "server", "address", "addresses", "ip", "proxy", "jump", "gateway":
		return catalog.T("report.host"), true
	case "file", "files", "path", "list", "folder", "dir", "directory", "config", "neighbour", "socket", "place", "where", "home":
		return catalog.T("report.file"), true
	}
	return catalog.Text{}, false
}

var placeWithLine = regexp.MustCompile(`^(.+):([0-9]+)$`)

// file is what a path of the visit is called here; its home may be written as ~ or
// as a variable, and a line may follow.
func (r *redactor) file(s string) (catalog.Text, bool) {
	if s == "" {
		return catalog.Text{}, false
	}
	at := r.place(s)
	if label, ok := r.files[at]; ok {
		return label, true
	}
	for end, id := range map[string]string{"-cert.pub": "report.certificate", ".pub": "report.pub"} {
		if base, cut := strings.CutSuffix(at, end); cut {
			if label, ok := r.files[base]; ok {
				return catalog.T(id, "file", label), true
			}
		}
	}
	if m := placeWithLine.FindStringSubmatch(s); m != nil {
		if label, ok := r.files[r.place(m[1])]; ok {
			return catalog.T("report.line", "file", label, "line", m[2]), true
		}
	}
	return catalog.Text{}, false
}

// place writes a path in one way: with slashes, the home spelled out and, on
// Windows, in small letters.
func (r *redactor) place(path string) string {
	path = strings.ReplaceAll(path, `\`, "/")
	for _, home := range []string{"~", "%USERPROFILE%", "%HOMEDRIVE%%HOMEPATH%", "$HOME", "${HOME}", "$env:USERPROFILE"} {
		if rest, ok := strings.CutPrefix(path, home); ok && r.home != "" && (rest == "" || rest[0] == '/') {
			path = r.home + rest
		}
	}
	if r.windows {
		path = strings.ToLower(path)
	}
	return path
}

var (
	fingerprints = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{43}|MD5:[0-9a-f]{2}(:[0-9a-f]{2}){15}`)
	// harmless are shapes that hold no name: small numbers, modes, fingerprints, OpenSSH's versions.
	harmless = regexp.MustCompile(`^([0-9]{1,5}|0[0-7]{3,5}|` + fingerprints.String() + `|` + opensshVersion + `)$`)
)

const opensshVersion = `(SSH-2\.0-)?OpenSSH_(for_Windows_)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}(p[0-9]{1,2})?( Debian-[0-9]+(\+deb[0-9]+u[0-9]+)?| Ubuntu-[0-9]+(ubuntu[0-9.]+)?)?`

// isPublic tells what may be shown to anybody: words of this program, of OpenSSH and
// of the services it knows, and lists of these.
func (r *redactor) isPublic(s string) bool {
	if r.public[s] || harmless.MatchString(s) || r.isPublicHost(s) {
		return true
	}
	parts := strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' || c == '、' })
	return len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return !r.public[p] && !harmless.MatchString(p) })
}

// isPublicHost takes name, name:port and [name]:port of a service's own servers.
func (r *redactor) isPublicHost(s string) bool {
	name, port, found := strings.Cut(strings.TrimPrefix(s, "["), ":")
	if found && !harmless.MatchString(port) {
		return false
	}
	return r.public["host "+strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(name, "]"), "."))]
}

// command is a command line with labels in place of names.
func (r *redactor) command(words []string) string {
	if r.full && !slices.ContainsFunc(words, isSecret) {
		return formats.Visible(shellword.Join(words))
	}
	var said []string
	for _, w := range words {
		said = append(said, r.word(w))
	}
	return strings.Join(said, " ")
}

// word is one word of a command line. What is withheld stands in <>, so that nobody
// pastes it.
func (r *redactor) word(w string) string {
	if flag, value, ok := strings.Cut(w, "="); ok && r.public[flag] {
		return flag + "=" + r.word(value)
	}
	if file, ok := r.file(w); ok {
		return r.placeholder(file)
	}
	if r.isPublic(w) {
		return w
	}
	if user, host, ok := cutLast(w, "@"); ok && user != "" {
		said := r.placeholder(catalog.T("report.host"))
		if r.isPublicHost(host) {
			said = host
		}
		return r.placeholder(catalog.T("report.user")) + "@" + said
	}
	if strings.ContainsAny(w, `/\`) {
		return r.placeholder(catalog.T("report.file"))
	}
	return r.placeholder(withheld())
}

// placeholder is a label in a command line.
func (r *redactor) placeholder(label catalog.Text) string {
	return "<" + strings.Trim(r.lang.Say(label), "[]") + ">"
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return s, "", false
}

// commandLine is a line for a shell with labels in place of names. Of one that
// cannot be taken apart nothing is shown.
func (r *redactor) commandLine(line string) string {
	if r.full && !isSecret(line) {
		return formats.Visible(line)
	}
	words, ok := split(line)
	if !ok {
		return r.placeholder(withheld())
	}
	return r.command(words)
}

// split takes a line apart at blanks outside of quotes; false where a quote is open.
// It is for showing only, so that words are enough, and not what a shell makes of them.
func split(line string) (words []string, ok bool) {
	var word strings.Builder
	quote, begun := rune(0), false
	for _, c := range line {
		switch {
		case quote == 0 && (c == ' ' || c == '\t'):
			if begun {
				words = append(words, word.String())
			}
			begun = false
			word.Reset()
		case quote == 0 && (c == '\'' || c == '"'):
			quote, begun = c, true
		case c == quote:
			quote = 0
		default:
			word.WriteRune(c)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words, quote == 0
}

// sweep is the belt behind it all: it replaces what is left of the visit's own names
// in a finished line. Fingerprints are not names, whatever letters they have.
func (r *redactor) sweep(line string) string {
	if r.full {
		return line
	}
	var b strings.Builder
	from := 0
	for _, at := range append(fingerprints.FindAllStringIndex(line, -1), []int{len(line), len(line)}) {
		b.WriteString(r.sweepPart(line[from:at[0]]) + line[at[0]:at[1]])
		from = at[1]
	}
	return b.String()
}

func (r *redactor) sweepPart(part string) string {
	by := r.lang.Say(withheld())
	part = asciiWord.ReplaceAllStringFunc(part, func(word string) string {
		if r.own[strings.ToLower(word)] {
			return by
		}
		return word
	})
	for name := range r.own {
		if !isASCII(name) { // no blanks stand between words in Japanese
			part = strings.ReplaceAll(part, name, by)
		}
	}
	return part
}

var asciiWord = regexp.MustCompile(`[A-Za-z0-9_]+`)

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(c rune) bool { return c > 0x7f }) }

// wordsOf are the words of a text as sweep compares them; numbers are nobody's name.
func wordsOf(text string, each func(string)) {
	for _, w := range strings.FieldsFunc(text, func(c rune) bool { return c > 0x7f || !isASCIIWord(byte(c)) }) {
		if len(w) > 1 && strings.Trim(w, "0123456789") != "" {
			each(strings.ToLower(w))
		}
	}
	if !isASCII(text) {
		for _, w := range strings.FieldsFunc(text, func(c rune) bool { return c <= 0x7f }) {
			each(w)
		}
	}
}

func isASCIIWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// ownNames are the words in the visit and the findings that are not the report's own
// as well: what is left of them in the text is there by mistake.
func (r *redactor) ownNames(v *Visit, found []Finding, shown ...string) map[string]bool {
	ours := map[string]bool{}
	for text := range r.public {
		wordsOf(text, func(w string) { ours[w] = true })
	}
	for _, text := range shown {
		wordsOf(text, func(w string) { ours[w] = true })
	}
	japanese := ""
	if r.lang == catalog.Japanese {
		japanese = strings.Join(r.lang.Own(), "\n")
	}
	own := map[string]bool{}
	add := func(s string) {
		wordsOf(s, func(w string) {
			if !ours[w] && (isASCII(w) || !strings.Contains(japanese, w)) {
				own[w] = true
			}
		})
	}
	visit := *v
	if isBuiltin(v.Service) {
		visit.Service = nil
	}
	walkStrings(reflect.ValueOf(visit), add)
	walkStrings(reflect.ValueOf(found), add)
	return own
}

// publicTexts are the words that hold no name of anybody: of formats, keys, OpenSSH,
// this program's command line, and the services that it knows by itself.
func publicTexts(l catalog.Lang) map[string]bool {
	all := map[string]bool{}
	for _, f := range formats.All() {
		all[string(f.ID)], all[f.Title], all[l.Say(catalog.T("report.plain", "text", FormatTitle(f.ID)))] = true, true, true
	}
	for _, name := range append(keytool.Algorithms(), services.KeyTypes()...) {
		all[name] = true
		if a := keytool.LookupAlgorithm(name); a != nil {
			all[a.Display], all[a.Cert] = true, true
		}
	}
	for _, text := range l.Own() {
		all[text] = true
	}
	for _, list := range openWords {
		for _, word := range strings.Split(list, "|") {
			all[word] = true
		}
	}
	for _, p := range services.All() {
		walkStrings(reflect.ValueOf(p), func(s string) { all[s] = true })
		for _, h := range p.Hosts {
			addHost(all, h.Value)
		}
	}
	delete(all, "")
	return all
}

func addHost(all map[string]bool, h services.Host) {
	names := append([]string{h.Name}, h.Addresses...)
	for _, old := range h.OldAddresses {
		names = append(names, old.Address)
	}
	for _, name := range names {
		all["host "+strings.ToLower(name)] = true
	}
}

// walkStrings goes through every string of a value.
func walkStrings(v reflect.Value, each func(string)) {
	switch v.Kind() {
	case reflect.String:
		each(v.String())
	case reflect.Pointer, reflect.Interface:
		walkStrings(v.Elem(), each) // of nil nothing
	case reflect.Map:
		for _, key := range v.MapKeys() {
			walkStrings(v.MapIndex(key), each)
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			walkStrings(v.Index(i), each)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walkStrings(v.Field(i), each)
		}
	}
}

// openWords are words of OpenSSH, of systems and of command lines.
var openWords = [...]string{
	"linux|darwin|windows|freebsd|openbsd|netbsd|WSL|amd64|arm64|386|arm|riscv64",
	"half|size|key-exchange|host-key|cipher|mac|yes|no|ask|accept-new|none|any|auto|both|auth|dataset|unknown|error|warning|info|certain|declared|likely",
	"private-key|public-key|certificate|authorized-keys|known-hosts|dataset-private-key|dataset-public-key|encrypted-data|not-a-key",
	"ext4|xfs|btrfs|tmpfs|drvfs|9p|vfat|exfat|ntfs|cifs|nfs|fuse|FTP|SMTP|HTTP|TLS|VNC|POP3|IMAP|ssh-agent|openssh-ssh-agent|pageant|ssh|library|openssh|win32-openssh|putty|winscp|filezilla|cuteftp|openssl|crypt4gh|age|ddbj-form",
	// signatures, key exchange, ciphers, MACs (OpenSSH kex-names.c, cipher.c, mac.c, sshkey.c)
	"rsa-sha2-256|rsa-sha2-512|webauthn-sk-ecdsa-sha2-nistp256@openssh.com|publickey|password|keyboard-interactive|gssapi-with-mic|hostbased",
	"rsa-sha2-256-cert-v01@openssh.com|rsa-sha2-512-cert-v01@openssh.com",
	"curve25519-sha256|curve25519-sha256@libssh.org|ecdh-sha2-nistp256|ecdh-sha2-nistp384|ecdh-sha2-nistp521",
	"sntrup761x25519-sha512|sntrup761x25519-sha512@openssh.com|mlkem768x25519-sha256|ext-info-c|ext-info-s",
	"diffie-hellman-group1-sha1|diffie-hellman-group14-sha1|diffie-hellman-group14-sha256|diffie-hellman-group16-sha512",
	"diffie-hellman-group18-sha512|diffie-hellman-group-exchange-sha1|diffie-hellman-group-exchange-sha256",
	"kex-strict-c-v00@openssh.com|kex-strict-s-v00@openssh.com",
	"chacha20-poly1305@openssh.com|aes128-ctr|aes192-ctr|aes256-ctr|aes128-gcm@openssh.com|aes256-gcm@openssh.com",
	"aes128-cbc|aes192-cbc|aes256-cbc|3des-cbc|des-cbc|rijndael-cbc@lysator.liu.se",
	"umac-64-etm@openssh.com|umac-128-etm@openssh.com|hmac-sha2-256-etm@openssh.com|hmac-sha2-512-etm@openssh.com",
	"hmac-sha1-etm@openssh.com|umac-64@openssh.com|umac-128@openssh.com|hmac-sha2-256|hmac-sha2-512|hmac-sha1|hmac-md5",
	"bcrypt|argon2id|argon2i|argon2d|scrypt|md5|sha1|sha256|pbkdf2-hmac-sha1|pbkdf2-hmac-sha256|pbkdf2-hmac-sha512|pkcs12-sha1",
	"RSA|DSA|ECDSA|ED25519|Ed25519|ssh-rsa|ssh-dss|rsa1|@revoked|@cert-authority|known_hosts|authorized_keys",
	// options of ssh_config(5) and sshd_config(5)
	"IdentitiesOnly|IdentityFile|IdentityAgent|CertificateFile|HostName|Port|User|HostKeyAlias|UserKnownHostsFile|GlobalKnownHostsFile",
	"StrictHostKeyChecking|CheckHostIP|PubkeyAuthentication|PubkeyAcceptedAlgorithms|PubkeyAcceptedKeyTypes|HostKeyAlgorithms",
	"KexAlgorithms|Ciphers|MACs|ProxyJump|ProxyCommand|ServerAliveInterval|TCPKeepAlive|ConnectTimeout|StrictModes|MaxAuthTries|Match|Host|Include|exec",
	// what systems say of a file or a connection
	"no such file or directory|file does not exist|file already exists|permission denied|operation not permitted|is a directory|not a directory|file exists",
	"connection refused|connection reset by peer|connection timed out|no route to host|network is unreachable|i/o timeout|no such host|EOF|broken pipe",
	"The system cannot find the file specified.|The system cannot find the path specified.|Access is denied.",
	// programs, commands and flags that a line to type is made of
	"sshkeys|inspect|generate|import|convert|public|fingerprint|verify|fixperms|passphrase|purpose|authorize|known-hosts|find|remove|doctor|scan|services|completion|version",
	"sftp|scp|ssh-keygen|ssh-add|ssh-keyscan|puttygen|chmod|chown|chgrp|setfacl|chcon|restorecon|icacls|takeown|ls|cp|mv|sudo|mkdir|wsl|root|root:root",
	"--registered|--identity|--for|--to|--in|--fix|--force|--online|--offline|--log|--login|--report|--full|--json|--ssh-config|--check|--dry-run|--undo|--purpose|--name|--file|--host|--port",
	"--passphrase-file|--new-passphrase-file|--no-passphrase|--keyring|--store|--forget|--rounds|--quiet|--verbose|--color|--lang|--hash|--all|--help|--version|--config|--user|--exec",
	"-i|-p|-F|-f|-o|-b|-C|-t|-q|-v|-R|-l|-E|-y|-m|-D|-d|-a|-x|-b|-k|-L|-P|--|-|en|ja|/inheritance:r|/inheritance:d|/grant:r|/remove|/remove:g|/setowner|/reset|/T",
	"go-w|go-rwx|u+r|u+w|u+x|u+rw|u+rwx|g-w|o-w|og-rwx",
}
