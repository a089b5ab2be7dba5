package hostkeys

import (
	"bufio"
	"bytes"
	"io"
	"regexp"
	"slices"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/keytool"
)

// Lint holds a known_hosts file of any length to what ssh makes of it
// (hostfile.c:hostkeys_foreach), and calls fn for what is wrong, in the order of the
// lines; what is known only of all of them comes last. entry, which may be nil, is
// given every line that has a key. Memory grows with the number of hosts, up to a
// million. The error is fn's or r's.
func Lint(r io.Reader, entry func(formats.Entry), fn func(listlint.Problem) error) error {
	l := &linter{entry: entry, index: newIndex()}
	head := bufio.NewReaderSize(r, 4<<10)
	if start, _ := head.Peek(64); listlint.IsUTF16(start) {
		if err := fn(listlint.UTF16()); err != nil {
			return err
		}
		return formats.ScanList(head, func(e formats.Entry) error {
			l.count(e)
			return nil
		})
	}
	if err := listlint.Walk(head, listlint.Rules{Judge: l.judge}, fn); err != nil {
		return err
	}
	for _, p := range l.index.hashes() {
		if err := fn(p); err != nil {
			return err
		}
	}
	return nil
}

// linter is one run of Lint.
type linter struct {
	entry func(formats.Entry)
	index *index
}

func (l *linter) count(e formats.Entry) {
	if e.Key != nil && l.entry != nil {
		l.entry(e)
	}
}

// judge says why ssh passes over a line, and what is wrong with one it reads.
func (l *linter) judge(line listlint.Line) (why *listlint.Problem, found []listlint.Problem) {
	l.count(line.Entry)
	f, ok := cut(bytes.TrimRight(line.Raw, "\r\n"))
	key := line.Entry.Key
	if !ok || line.Entry.Hosts != string(f.hosts) || line.Entry.Marker != string(f.marker) {
		key = nil // ScanList finds keys where ssh does not
	}
	if ok && key == nil {
		key = f.read()
	}
	if why := passedOver(f, ok, key, line); why != nil {
		return why, nil
	}
	found = append(found, weakness(key)...)
	found = append(found, l.index.add(f, key, line.Number)...)
	return nil, found
}

// passedOver is why ssh makes nothing of a line, or not what was meant; nil where it
// does.
func passedOver(f fields, whole bool, key *keytool.Key, line listlint.Line) *listlint.Problem {
	text := trimBlanks(line.Raw)
	byHand := catalog.T("lint.host_by_hand")
	switch {
	case bytes.HasPrefix(line.Raw, []byte("\xef\xbb\xbf")):
		p := listlint.About("R01", catalog.T("lint.host_mark"), byHand)
		p.Defect = formats.ByteOrderMark
		return p
	case text[0] == '@' && (f.marker == nil || f.hosts == nil):
		return listlint.About("L11", catalog.T("L11.marker"), catalog.T("L11.advice"))
	case !whole:
		return listlint.About("L14", catalog.T("L14.missing"), byHand)
	case key == nil:
		return noKey(f, line.Entry.Err)
	case key.Certificate() != nil:
		return listlint.About("P08", catalog.T("P08.host"), catalog.T("P08.host_advice"))
	case key.Algorithm().Family == keytool.RSA && key.Bits() < minRSA:
		return listlint.About("K10", catalog.T("K10.openssh", "minimum", minRSA, "bits", key.Bits()), catalog.T("lint.host_weak"))
	case f.hashed() && !isHash(f.hosts):
		return listlint.About("L12", catalog.T("L12.hash"), byHand)
	}
	return nil
}

const (
	minRSA      = 1024 // sshkey.h: SSH_RSA_MINIMUM_MODULUS_SIZE
	unsafeBelow = keytool.MinRSABits
)

// noKey is a line with hosts, and with no key behind them that ssh could read.
func noKey(f fields, err error) *listlint.Problem {
	byHand := catalog.T("lint.host_by_hand")
	first, rest := cutWord(f.key)
	switch {
	case len(rest) == 0 && keytool.LookupAlgorithm(string(first)) != nil:
		return listlint.About("L14", catalog.T("L14.missing"), byHand)
	case bytes.HasSuffix(f.hosts, []byte(",")):
		return listlint.About("L13", catalog.T("L13.blank"), catalog.T("L13.advice"))
	case fingerprint.Match(first):
		return listlint.About("L14", catalog.T("L14.fingerprint"), byHand)
	case keytool.LookupAlgorithm(string(f.hosts)) != nil && bytes.HasPrefix(first, []byte("AAAA")):
		return listlint.About("L15", catalog.T("L15.no_host"), catalog.T("L15.advice"))
	}
	if _, old := err.(*formats.UnsupportedError); old {
		return listlint.About("L07", catalog.T("L07.host"), byHand)
	}
	p := listlint.About("D03", catalog.T("lint.host_unread"), byHand)
	p.Err = listlint.Reason(err)
	return p
}

// fingerprint is one as ssh and ssh-keygen print it, of today or of old.
var fingerprint = regexp.MustCompile(`^(?:MD5:)?(?:[0-9a-fA-F]{2}:){15}[0-9a-fA-F]{2}$|^SHA(?:1|256|512):`)

// isHash tells a hashed name as OpenSSH writes it.
func isHash(field []byte) bool {
	rest, ok := bytes.CutPrefix(field, []byte(hashMark))
	first, second, _ := bytes.Cut(rest, []byte("|"))
	_, isSalt := decodeDigest(first)
	_, isSum := decodeDigest(second)
	return ok && isSalt && isSum
}

// weakness is what ssh will sooner or later refuse a server's key for.
func weakness(k *keytool.Key) []listlint.Problem {
	p := listlint.Problem{Severity: listlint.Warning, Advice: catalog.T("lint.host_weak")}
	switch bits := k.Bits(); {
	case k.Algorithm().Family == keytool.DSA:
		p.Code, p.Cause = "P02", catalog.T("P02.dsa")
	case k.Algorithm().Family == keytool.RSA && bits < unsafeBelow:
		p.Code, p.Cause = "K10", catalog.T("K10.services", "minimum", unsafeBelow, "bits", bits)
	default:
		return nil
	}
	return []listlint.Problem{p}
}

// isPattern tells a name that stands for others too, or for none.
func isPattern(name []byte) bool {
	return len(name) == 0 || slices.ContainsFunc(name, func(c byte) bool { return c == '*' || c == '?' || c == '!' })
}
