package perms

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// RoleOf tells a file's role from its content, head being its first bytes (up to
// 16 KiB, or the whole file; empty where it cannot be read), and where that says
// nothing from its path, which may be a bare name. A private key is known by its
// marker alone: a damaged one is as secret as a whole one.
func RoleOf(path string, head []byte) Role {
	content := roleOfContent(head)
	dir, name := splitPath(path)
	if content == PrivateKey {
		if isHostKeyName(name) {
			return HostKey
		}
		return PrivateKey
	}
	// Among files of text lines the name decides: it is by name that ssh and sshd
	// find them.
	if role := roleOfListName(dir, name); role != NoRole {
		return role
	}
	if content != NoRole {
		return content
	}
	if role := roleOfConfig(dir, name, head); role != NoRole {
		return role
	}
	if len(head) == 0 {
		if role := roleOfKeyName(name); role != NoRole {
			return role
		}
	}
	if belowDotSSH(dir) {
		return UserFile
	}
	return NoRole
}

// roleOfListName knows the files that ssh and sshd look for by name.
func roleOfListName(dir, name string) Role {
	switch name {
	case "authorized_keys", "authorized_keys2":
		return AuthorizedKeys
	case "authorized_principals":
		return AuthorizedPrincipals
	case "known_hosts", "known_hosts2", "known_hosts.old", "ssh_known_hosts", "ssh_known_hosts2":
		return KnownHosts
	case "administrators_authorized_keys":
		return AdminKeys
	case "config":
		if isDotSSH(dir) {
			return Config
		}
	case "ssh_config", "sshd_config":
		if isSystemFolder(dir) {
			return SystemConfig
		}
	}
	return NoRole
}

// roleOfConfig knows the configs of other places: what the system's Include, and
// files that are named like a config and read like one.
func roleOfConfig(dir, name string, head []byte) Role {
	parent, folder := splitPath(dir)
	named := strings.HasSuffix(name, ".conf")
	if named && isSystemFolder(parent) {
		switch folder {
		case "sshd_config.d":
			return SystemConfig
		case "ssh_config.d":
			return IncludedConfig
		}
	}
	if (named || name == "config" || name == "ssh_config") && readsLikeConfig(head) {
		return Config
	}
	return NoRole
}

// roleOfKeyName is for files that are empty or that cannot be read.
func roleOfKeyName(name string) Role {
	switch {
	case strings.HasSuffix(name, "-cert.pub"):
		return Certificate
	case strings.HasSuffix(name, ".pub"):
		return PublicKey
	case isHostKeyName(name):
		return HostKey
	}
	switch name {
	case "identity", "id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk":
		return PrivateKey
	}
	return NoRole
}

func isHostKeyName(name string) bool {
	return strings.HasPrefix(name, "ssh_host_") && strings.HasSuffix(name, "_key")
}

// splitPath parts the last element from what is before it, at the separators of
// both systems. dir is "" for a bare name.
func splitPath(path string) (dir, name string) {
	i := strings.LastIndexAny(path, `/\`)
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// isDotSSH tells a directory named .ssh. Its name, as ProgramData, is compared as
// Windows does; what lies in it by ssh's own spelling.
func isDotSSH(dir string) bool {
	_, name := splitPath(dir)
	return strings.EqualFold(name, ".ssh")
}

// isOwnConfig tells the config that ssh reads unasked. At one that -F names it
// does not look.
func isOwnConfig(path string) bool {
	dir, _ := splitPath(path)
	return isDotSSH(dir)
}

func belowDotSSH(dir string) bool {
	for dir != "" {
		if isDotSSH(dir) {
			return true
		}
		dir, _ = splitPath(dir)
	}
	return false
}

// isSystemFolder tells /etc/ssh and %ProgramData%\ssh.
func isSystemFolder(dir string) bool {
	above, name := splitPath(dir)
	_, parent := splitPath(above)
	return name == "ssh" && parent == "etc" || strings.EqualFold(name, "ssh") && strings.EqualFold(parent, "ProgramData")
}

// roleOfContent is PrivateKey, PublicKey, Certificate or NoRole.
func roleOfContent(head []byte) Role {
	if isPrivateDER(head) || isDropbearPrivate(head) {
		return PrivateKey
	}
	role := NoRole
	for line := range textLines(head) {
		switch r := roleOfLine(line); {
		case r == PrivateKey:
			return r
		case role == NoRole:
			role = r
		}
	}
	return role
}

// roleOfLine looks for the marker that begins a key in text. What mail programs
// and shells put before one is passed over.
func roleOfLine(line []byte) Role {
	line = bytes.TrimLeft(line, " \t>\"'")
	switch {
	case bytes.HasPrefix(line, []byte("-")):
		return roleOfLabel(bytes.TrimLeft(line, "- "))
	case bytes.HasPrefix(line, []byte("PuTTY-User-Key-File-")), bytes.HasPrefix(line, []byte("AGE-SECRET-KEY-")):
		return PrivateKey
	}
	return roleOfKeyLine(line)
}

// roleOfLabel takes the armour of PEM (RFC 7468), OpenSSH, RFC 4716, ssh.com and
// Crypt4GH from behind its dashes. OpenPGP's labels end in BLOCK and are not ours.
func roleOfLabel(line []byte) Role {
	label, ok := bytes.CutPrefix(line, []byte("BEGIN "))
	if !ok {
		return NoRole
	}
	if end := bytes.IndexByte(label, '-'); end >= 0 {
		label = label[:end]
	}
	label = bytes.TrimRight(label, " \t")
	switch {
	case bytes.HasSuffix(label, []byte("PRIVATE KEY")):
		return PrivateKey
	case bytes.HasSuffix(label, []byte("PUBLIC KEY")):
		return PublicKey
	}
	return NoRole
}

// roleOfKeyLine knows OpenSSH's one-line form: a type and base64, which begins
// with the three zero bytes of a short length.
func roleOfKeyLine(line []byte) Role {
	i := bytes.IndexAny(line, " \t")
	if i < 0 || !bytes.HasPrefix(bytes.TrimLeft(line[i:], " \t"), []byte("AAAA")) {
		return NoRole
	}
	for _, prefix := range []string{"ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"} {
		if bytes.HasPrefix(line, []byte(prefix)) {
			if bytes.HasSuffix(line[:i], []byte("-cert-v01@openssh.com")) {
				return Certificate
			}
			return PublicKey
		}
	}
	return NoRole
}

// readsLikeConfig looks for a line that begins with a keyword of ssh_config(5)
// which most configs have.
func readsLikeConfig(head []byte) bool {
	for line := range textLines(head) {
		line = bytes.TrimLeft(line, " \t")
		i := bytes.IndexAny(line, " \t=")
		if i < 0 {
			continue
		}
		for _, keyword := range []string{"Host", "Match", "Include", "IdentityFile", "HostName", "ProxyJump", "ProxyCommand"} {
			if len(keyword) == i && strings.EqualFold(string(line[:i]), keyword) {
				return true
			}
		}
	}
	return false
}

// textLines yields lines without their ends (LF, CR LF, CR) and stops at the
// first that is no text. UTF-16 is read by leaving out its zero bytes.
func textLines(head []byte) func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		text := bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
		if isUTF16(text) {
			text = bytes.TrimLeft(bytes.ReplaceAll(text, []byte{0}, nil), "\xff\xfe")
		}
		for len(text) > 0 {
			end := bytes.IndexAny(text, "\r\n")
			line, rest := text, []byte(nil)
			if end >= 0 {
				line, rest = text[:end], text[end+1:]
			}
			if !isText(line) || !yield(line) {
				return
			}
			text = rest
		}
	}
}

// isUTF16 tells a byte order mark, or an ASCII character in two bytes.
func isUTF16(b []byte) bool {
	if len(b) < 4 {
		return false
	}
	mark := b[0] == 0xff && b[1] == 0xfe || b[0] == 0xfe && b[1] == 0xff
	little := b[0] != 0 && b[1] == 0 && b[2] != 0 && b[3] == 0
	big := b[0] == 0 && b[1] != 0 && b[2] == 0 && b[3] != 0
	return mark || little || big
}

func isText(line []byte) bool {
	for _, c := range line {
		if c < ' ' && c != '\t' && c != '\f' && c != '\v' && c != 0x1b {
			return false
		}
	}
	return true
}

// isPrivateDER knows the private keys of PKCS#1 and DSA (version and numbers),
// SEC 1 (version and octets) and PKCS#8 in clear (version and algorithm) and
// encrypted (an algorithm of PKCS#5 or PKCS#12). It looks at lengths as they are
// stated: the file may be cut off.
func isPrivateDER(b []byte) bool {
	_, whole, _ := cutDER(b, 0x30)
	if size, version, rest := cutDER(whole, 0x02); size == 1 && len(version) == 1 && version[0] <= 1 {
		number, _, _ := cutDER(rest, 0x02)
		scalar, _, _ := cutDER(rest, 0x04)
		_, algorithm, _ := cutDER(rest, 0x30)
		return number >= 32 || 14 <= scalar && scalar <= 72 || bytes.HasPrefix(algorithm, []byte{0x06})
	}
	_, algorithm, _ := cutDER(whole, 0x30)
	_, oid, _ := cutDER(algorithm, 0x06)
	return bytes.HasPrefix(oid, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x05")) || // 1.2.840.113549.1.5: PKCS#5
		bytes.HasPrefix(oid, []byte("\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x01")) // 1.2.840.113549.1.12.1: PKCS#12
}

// cutDER reads an element's head: the size it states, as much of its content as
// is there, and what follows. The size is 0 where b starts with another tag.
func cutDER(b []byte, tag byte) (size int, content, rest []byte) {
	if len(b) < 2 || b[0] != tag {
		return 0, nil, nil
	}
	size, b = int(b[1]), b[2:]
	switch count := size & 0x7f; {
	case size == 0x80: // BER's indefinite form: what there is
		size = len(b)
	case size > 0x80:
		if count > 3 || count > len(b) {
			return 0, nil, nil
		}
		size = 0
		for _, c := range b[:count] {
			size = size<<8 | int(c)
		}
		b = b[count:]
	}
	there := min(size, len(b))
	return size, b[:there], b[there:]
}

// isDropbearPrivate tells Dropbear's file (signkey.c:buf_get_priv_key) from a
// public blob, with which it begins: the private numbers follow, and of Ed25519
// the one string holds both halves.
func isDropbearPrivate(b []byte) bool {
	size, name, rest := cutString(b)
	if size != len(name) {
		return false
	}
	public := 0
	switch string(name) {
	case "ssh-ed25519":
		size, _, _ := cutString(rest)
		return size == 64
	case "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521":
		public = 2
	case "ssh-dss":
		public = 4
	default:
		return false
	}
	for range public {
		_, _, rest = cutString(rest)
	}
	secret, _, _ := cutString(rest)
	return 0 < secret && secret <= 1<<12
}

// cutString reads a string of the SSH wire format (RFC 4251 section 5): the size
// it states, as much of it as is there, and what follows.
func cutString(b []byte) (size int, content, rest []byte) {
	if len(b) < 4 {
		return 0, nil, nil
	}
	stated := binary.BigEndian.Uint32(b)
	if stated > 1<<20 {
		return 0, nil, nil
	}
	size, b = int(stated), b[4:]
	there := min(size, len(b))
	return size, b[:there], b[there:]
}

// Sizes of files that may be a key: the shortest is an Ed25519 seed in DER, the
// longest an RSA key of 16384 bits with a lot of text before it.
const (
	minKeySize = 40
	maxKeySize = 64 << 10
)

// worthReading tells whether a file below a folder may be a key or a file of
// ssh's, so that it is worth opening: by name and size alone. It is asked of
// every file of a tree and allocates nothing.
func worthReading(path string, size int64) bool {
	dir, name := splitPath(path)
	if belowDotSSH(dir) {
		return true
	}
	if isListName(name) {
		return true
	}
	if size < minKeySize || size > maxKeySize {
		return false
	}
	// ssh-keygen's own beginning, whatever was put behind it.
	if strings.HasPrefix(name, "id_") {
		return true
	}
	dot := strings.LastIndexByte(name, '.')
	if dot <= 0 || len(name)-dot-1 > len(lowered{}) {
		return true
	}
	var ext lowered
	n := copy(ext[:], name[dot+1:])
	for i, c := range ext[:n] {
		if 'A' <= c && c <= 'Z' {
			ext[i] = c + 'a' - 'A'
		}
	}
	switch {
	case isVagueEnding(string(ext[:n])):
		return smellsOfKey(name)
	case isOtherEnding(string(ext[:n])):
		return false
	}
	return true
}

// isListName tells the files of ssh's that are told by their names and may have any size.
func isListName(name string) bool {
	return strings.HasPrefix(name, "authorized_") || strings.HasPrefix(name, "known_hosts") || strings.HasPrefix(name, "ssh_known_hosts") ||
		name == "administrators_authorized_keys" || name == "config"
}

// lowered holds an ending in lower case; longer ones are unknown.
type lowered [12]byte

// isVagueEnding lists endings that also a mailed or exported key has.
func isVagueEnding(ext string) bool {
	switch ext {
	case "txt", "text", "log", "dat", "doc", "bin", "out", "err", "rtf":
		return true
	}
	return false
}

// smellsOfKey looks for the words that people call keys by, in any case of ASCII.
func smellsOfKey(name string) bool {
	for i := range len(name) {
		for _, word := range [...]string{"id_", "key", "ssh", "rsa", "dsa", "ed25519", "priv", "secret", "identity", "鍵"} {
			if len(name)-i >= len(word) && strings.EqualFold(name[i:i+len(word)], word) {
				return true
			}
		}
	}
	return false
}

// isOtherEnding lists endings of files that are no keys: data, media, documents,
// archives, source code and programs.
func isOtherEnding(ext string) bool {
	switch ext {
	// sequences, measurements, tables
	case "fastq", "fq", "fasta", "fa", "fna", "faa", "fai", "bam", "bai", "sam", "cram", "crai", "vcf", "bcf", "tbi", "csi", "bed", "gff", "gff3", "gtf", "bw", "bigwig",
		"sra", "sf", "gmt", "maf", "ped", "bim", "fam", "bgen", "pgen", "mzml", "mzxml", "fcs", "dcm", "nii", "edf", "cel", "pdb", "cif", "mol", "sdf",
		"h5", "hdf5", "h5ad", "loom", "nc", "mat", "rds", "rda", "rdata", "npy", "npz", "pkl", "pickle", "parquet", "feather", "arrow", "sav", "dta", "sas7bdat",
		"csv", "tsv", "tab", "json", "jsonl", "ndjson", "geojson", "yaml", "yml", "toml", "xml", "xsd", "xsl", "sqlite", "sqlite3", "sql", "mdb", "accdb", "bib", "c4gh",
		// documents
		"html", "htm", "xhtml", "css", "scss", "less", "md", "markdown", "rst", "adoc", "tex", "pdf", "ps", "eps", "docx", "docm", "dotx", "odt", "xls", "xlsx", "xlsm", "ods",
		"ppt", "pptx", "odp", "pages", "numbers", "epub", "mobi", "vsd", "vsdx", "ipynb", "rmd", "po", "mo", "srt",
		// media
		"png", "jpg", "jpeg", "gif", "bmp", "tif", "tiff", "webp", "svg", "ico", "icns", "heic", "avif", "psd", "xcf", "ai", "czi", "nd2", "lif", "svs",
		"mp3", "m4a", "wav", "flac", "ogg", "opus", "mp4", "m4v", "mkv", "mov", "avi", "webm", "wmv", "mpg", "mpeg", "ttf", "otf", "woff", "woff2", "eot",
		// archives and images of disks
		"zip", "tar", "gz", "tgz", "bz2", "tbz2", "xz", "txz", "zst", "lz4", "lzma", "7z", "rar", "z", "bgz", "cab", "iso", "img", "dmg", "vmdk", "qcow2", "vdi", "sif",
		"jar", "war", "whl", "egg", "deb", "rpm", "apk", "gem", "crate", "nupkg", "msi", "pkg",
		// source code
		"c", "h", "cc", "cpp", "cxx", "hh", "hpp", "hxx", "inl", "m", "mm", "go", "py", "pyi", "pyx", "ipy", "rs", "js", "mjs", "cjs", "jsx", "ts", "tsx", "vue", "svelte", "java", "kt", "kts",
		"scala", "groovy", "gradle", "clj", "cs", "fs", "vb", "swift", "rb", "php", "pl", "pm", "lua", "r", "jl", "f", "f90", "for", "pas", "hs", "ml", "mli", "ex", "exs", "erl", "el", "lisp",
		"asm", "s", "cu", "cl", "sh", "bash", "zsh", "fish", "ps1", "psm1", "psd1", "bat", "cmd", "awk", "sed", "vim", "cmake", "mk", "am", "in", "ac", "m4", "proto", "graphql", "wdl", "cwl", "nf", "smk",
		"tf", "diff", "patch", "map", "lock", "mod", "sum", "tmpl", "j2",
		// programs and what compilers leave
		"class", "o", "obj", "a", "lib", "so", "dylib", "dll", "exe", "sys", "pyc", "pyo", "pyd", "wasm", "node", "elc", "beam", "d", "gcda", "gcno", "pch", "ko":
		return true
	}
	return false
}
