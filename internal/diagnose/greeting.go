package diagnose

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sshkeys/formats"
)

// Greeting is what a server says first (RFC 4253 section 4.2).
type Greeting struct {
	Version  string        `json:"version,omitempty"`  // its line, as "SSH-2.0-OpenSSH_9.2p1"; "" for no SSH server
	Text     string        `json:"text,omitempty"`     // what came before it, or instead of it
	Protocol string        `json:"protocol,omitempty"` // what it is instead, where that is plain, as "FTP"
	After    time.Duration `json:"after_ns,omitempty"` // how long it let wait for the first byte
	Slow     bool          `json:"slow,omitempty"`     // longer than the question allows
	Silent   bool          `json:"silent,omitempty"`   // nothing came in time
	Closed   bool          `json:"closed,omitempty"`   // it hung up without a greeting
	Begun    bool          `json:"begun,omitempty"`    // its line has a beginning, and no end
}

// OldSSH tells a server that speaks SSH 1 only.
func (g Greeting) OldSSH() bool {
	return strings.HasPrefix(g.Version, "SSH-1.") && !strings.HasPrefix(g.Version, "SSH-1.99-")
}

// listsAll tells an OpenSSH whose list of signature algorithms (server-sig-algs) has
// all that it knows, not only those that it accepts: kex.c:kex_send_ext_info, before
// 9.6 brought kex_set_server_sig_algs.
func (g Greeting) listsAll() bool {
	var major, minor int
	version := strings.Replace(g.Version, "_for_Windows_", "_", 1)
	_, err := fmt.Sscanf(version, "SSH-2.0-OpenSSH_%d.%d", &major, &minor)
	return err == nil && (major < 9 || major == 9 && minor < 6)
}

// others are the beginnings of what other servers say.
var others = [...]struct{ start, protocol string }{
	{"HTTP/", "HTTP"}, {"<!DOCTYPE", "HTTP"}, {"<html", "HTTP"}, {"\x15\x03", "TLS"}, {"\x16\x03", "TLS"}, {"RFB ", "VNC"},
	{"421 ", "FTP"}, {"421-", "FTP"}, {"+OK", "POP3"}, {"* OK", "IMAP"},
}

// readGreeting reads the beginning of what a server said; it may be cut anywhere.
func readGreeting(seen []byte) Greeting {
	var g Greeting
	var before []string
	for rest := seen; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		if bytes.HasPrefix(line, []byte("SSH-")) {
			if g.Begun = !whole; whole {
				g.Version = shown(string(bytes.TrimSuffix(line, []byte("\r"))))
			}
			break
		}
		before = append(before, string(line))
		rest = after
	}
	g.Text = shown(strings.Join(before, "\n"))
	if g.Version == "" {
		g.Protocol = protocolOf(seen)
	}
	if g.Protocol != "" {
		g.Text = shown(cut(before[0], mostOfOther))
	}
	return g
}

// mostOfOther is how many characters of another server's first line are shown.
const mostOfOther = 80

// cut shortens a text to so many characters.
func cut(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return text
}

// toldOther tells that the server is of another kind, and that its first line is
// there. TLS has none.
func toldOther(seen []byte) bool {
	protocol := protocolOf(seen)
	whole := bytes.IndexByte(seen, '\n') >= 0 || len(seen) > utf8.UTFMax*mostOfOther
	return protocol == "TLS" || protocol != "" && whole
}

func protocolOf(seen []byte) string {
	for _, o := range others {
		if bytes.HasPrefix(seen, []byte(o.start)) {
			return o.protocol
		}
	}
	// FTP and SMTP greet alike (RFC 959 section 5.4, RFC 5321 section 4.2).
	line, _, whole := bytes.Cut(seen, []byte("\n"))
	switch {
	case !whole || !bytes.HasPrefix(line, []byte("220 ")) && !bytes.HasPrefix(line, []byte("220-")):
		return ""
	case bytes.Contains(line, []byte("SMTP")):
		return "SMTP"
	}
	return "FTP"
}

// mostShown is how much of a server's own text is shown.
const mostShown = 300

// shown makes a server's text fit to be shown: its first lines, without what a
// terminal would obey.
func shown(text string) string {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "?"), "\r", ""))
	text = cut(text, mostShown)
	return formats.Visible(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == '\n' }), " / "))
}

// mostNames is how many names of a server's list are shown.
const mostNames = 16

// shownNames are names that a server sent, fit to be shown.
func shownNames(names []string) []string {
	var fit []string
	for _, n := range names[:min(len(names), mostNames)] {
		fit = append(fit, shown(n))
	}
	return fit
}

// KexLists are algorithms for the key exchange, in their order (RFC 4253 section 7.1).
// Of ciphers and MACs a server has lists for both directions, which are never
// different in practice; both are here when they are.
type KexLists struct {
	KeyExchanges []string `json:"key_exchange"`
	HostKeys     []string `json:"host_key"`
	Ciphers      []string `json:"cipher"`
	MACs         []string `json:"mac"`
}

// kexInit is the number of the message SSH_MSG_KEXINIT.
const kexInit = 20

// readKexLists reads the lists out of what a server said in clear: the greeting's
// line and the packet after it. It is nil where they are not all there.
func readKexLists(seen []byte) *KexLists {
	at := 0
	for !bytes.HasPrefix(seen[at:], []byte("SSH-")) {
		end := bytes.IndexByte(seen[at:], '\n')
		if end < 0 {
			return nil
		}
		at += end + 1
	}
	_, packet, _ := bytes.Cut(seen[at:], []byte("\n"))
	const head, cookie = 4 + 1, 16
	if len(packet) < head+1+cookie {
		return nil
	}
	length, padding := binary.BigEndian.Uint32(packet), uint32(packet[4])
	if packet[head] != kexInit || uint64(length) > uint64(len(packet)-4) || length < padding+1+1+cookie {
		return nil
	}
	payload := packet[head+1+cookie : 4+length-padding]
	var lists [6][]string
	for i := range lists {
		if len(payload) < 4 || uint64(binary.BigEndian.Uint32(payload)) > uint64(len(payload)-4) {
			return nil
		}
		n := binary.BigEndian.Uint32(payload)
		lists[i] = algorithms(strings.Split(formats.Visible(string(payload[4:4+n])), ","))
		payload = payload[4+n:]
	}
	return &KexLists{KeyExchanges: lists[0], HostKeys: lists[1], Ciphers: both(lists[2], lists[3]), MACs: both(lists[4], lists[5])}
}

// algorithms are the names that are algorithms: among the key exchanges stand marks
// too (RFC 8308 section 2.1; kex-strict of OpenSSH's PROTOCOL, section 1.10).
func algorithms(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool {
		return strings.HasPrefix(n, "ext-info-") || strings.HasPrefix(n, "kex-strict-")
	})
}

// both are the algorithms that stand for both directions.
func both(a, b []string) []string {
	return slices.DeleteFunc(slices.Clone(a), func(n string) bool { return !slices.Contains(b, n) })
}

// Kinds of algorithms that a key exchange agrees on.
const (
	KindKeyExchange = "key-exchange"
	KindHostKey     = "host-key"
	KindCipher      = "cipher"
	KindMAC         = "mac"
)

// Mismatch is a kind of algorithm of which client and server share none.
type Mismatch struct {
	Kind   string   `json:"kind"`
	Server []string `json:"server"`
	// Ours: it is this program that cannot go on; of the client it is not known.
	Ours bool `json:"ours,omitempty"`
}

// mismatches are the kinds without a common algorithm; a list that is nil is not
// known, and fits.
func (client KexLists) mismatches(server KexLists) []Mismatch {
	var found []Mismatch
	for _, k := range []struct {
		kind         string
		client, here []string
	}{
		{KindKeyExchange, client.KeyExchanges, server.KeyExchanges},
		{KindHostKey, client.HostKeys, server.HostKeys},
		{KindCipher, client.Ciphers, server.Ciphers},
		{KindMAC, client.MACs, server.MACs},
	} {
		if k.kind == KindMAC && authenticates(client.Ciphers, server.Ciphers) {
			continue
		}
		if len(k.client) > 0 && first(k.client, k.here) == "" {
			found = append(found, Mismatch{Kind: k.kind, Server: k.here})
		}
	}
	return found
}

// first is the algorithm that is agreed on: the client's first that the server has.
func first(client, server []string) string {
	for _, n := range client {
		if slices.Contains(server, n) {
			return n
		}
	}
	return ""
}

// authenticates tells that the cipher agreed on needs no MAC beside it.
func authenticates(client, server []string) bool {
	cipher := first(client, server)
	return strings.Contains(cipher, "gcm@") || strings.Contains(cipher, "poly1305")
}

// kindOf is the kind of what x/crypto's AlgorithmNegotiationError names.
func kindOf(what string) string {
	for _, k := range []string{KindCipher, "MAC", "host key"} {
		if strings.Contains(what, k) {
			return strings.ReplaceAll(strings.ToLower(k), " ", "-")
		}
	}
	return KindKeyExchange
}
