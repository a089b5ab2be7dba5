package relock

import (
	"bytes"
	"errors"
	"slices"
	"unicode/utf16"

	"sshkeys/formats"
)

// ErrSecondKey: the file has another private key, with a passphrase of its own.
var ErrSecondKey = errors.New("it holds more than one private key, and only the first would get the new passphrase")

// labelsOf are the PEM labels of a format's private keys; nil for formats that
// fill their file alone.
func labelsOf(id formats.ID) []string {
	switch id {
	case formats.OpenSSH:
		return []string{"OPENSSH PRIVATE KEY"}
	case formats.PKCS1:
		return []string{"RSA PRIVATE KEY"}
	case formats.SEC1:
		return []string{"EC PRIVATE KEY"}
	case formats.DSAPEM:
		return []string{"DSA PRIVATE KEY"}
	case formats.PKCS8:
		return []string{"PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}
	case formats.Crypt4GH:
		return []string{"CRYPT4GH PRIVATE KEY", "CRYPT4GH ENCRYPTED PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"}
	}
	return nil
}

// splice puts block in the place of the first PEM block of one of the labels.
// kept tells that there is text around it that a person should know of; where there
// is none at all, or only a byte order mark, the block is the whole file, which
// also mends the encodings that ssh-keygen does not read.
func splice(data, block []byte, labels []string) (spliced []byte, kept bool, err error) {
	begin, end, ok := findBlock(data, labels)
	if !ok {
		data = plainText(data)
		begin, end, ok = findBlock(data, labels)
	}
	if !ok {
		return nil, false, errors.New("the key's lines are not found in the file")
	}
	before, after := bytes.TrimPrefix(data[:begin], []byte("\xef\xbb\xbf")), data[end:]
	if hasPrivateKey(before) || hasPrivateKey(after) {
		return nil, false, ErrSecondKey
	}
	if len(bytes.TrimSpace(before)) == 0 && len(bytes.TrimSpace(after)) == 0 {
		return block, false, nil
	}
	kept = !isParameters(before) || len(bytes.TrimSpace(after)) > 0
	return slices.Concat(before, block, after), kept, nil
}

// isParameters tells the block that openssl ecparam writes before a key: the name
// of its curve, which is no secret.
func isParameters(text []byte) bool {
	text = bytes.TrimSpace(text)
	return bytes.HasPrefix(text, []byte("-----BEGIN EC PARAMETERS-----")) &&
		bytes.HasSuffix(text, []byte("-----END EC PARAMETERS-----")) && bytes.Count(text, []byte("-----BEGIN ")) == 1
}

// findBlock finds the lines from BEGIN to END, with the latter's line end.
func findBlock(data []byte, labels []string) (begin, end int, ok bool) {
	at, wanted := 0, ""
	for line := range bytes.Lines(data) {
		text := string(bytes.TrimRight(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")), " \t\r\n"))
		switch {
		case wanted == "":
			for _, label := range labels {
				if text == "-----BEGIN "+label+"-----" {
					begin, wanted = at+bytes.IndexByte(line, '-'), "-----END "+label+"-----"
				}
			}
		case text == wanted:
			return begin, at + len(line), true
		}
		at += len(line)
	}
	return 0, 0, false
}

func hasPrivateKey(text []byte) bool {
	for line := range bytes.Lines(text) {
		line = bytes.TrimRight(line, " \t\r\n")
		if bytes.HasPrefix(line, []byte("-----BEGIN ")) && bytes.HasSuffix(line, []byte("PRIVATE KEY-----")) {
			return true
		}
	}
	return false
}

// plainText is UTF-16 as UTF-8, and CR line ends as LF: the texts that formats
// reads and whose lines do not show in their bytes.
func plainText(data []byte) []byte {
	if len(data) >= 2 && (data[0] == 0xff && data[1] == 0xfe || data[0] == 0xfe && data[1] == 0xff) {
		units := make([]uint16, len(data)/2-1)
		for i := range units {
			low, high := data[2*i+2], data[2*i+3]
			if data[0] == 0xfe {
				low, high = high, low
			}
			units[i] = uint16(high)<<8 | uint16(low)
		}
		data = []byte(string(utf16.Decode(units)))
	}
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	return bytes.ReplaceAll(data, []byte("\r"), []byte("\n"))
}
