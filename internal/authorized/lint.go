package authorized

import (
	"bufio"
	"bytes"
	"io"
	"time"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/listlint"
	"sshkeys/keytool"
)

// LintOptions is what Lint needs beside the list.
type LintOptions struct {
	// Now is when it is looked at, in the server's time zone.
	Now time.Time
	// Entry is given every line that has a key, whether sshd takes it or not. May be nil.
	Entry func(formats.Entry)
	// Keys is how many keys are compared with one another; 0 is a million.
	Keys int
}

// Lint holds an authorized_keys file of any length to what sshd makes of it
// (auth2-pubkeyfile.c), and calls fn for what is wrong, in the order of the lines.
// Memory grows with the number of keys, up to the options' limit. The error is fn's
// or r's.
func Lint(r io.Reader, opt LintOptions, fn func(listlint.Problem) error) error {
	head := bufio.NewReaderSize(r, 4<<10)
	if start, _ := head.Peek(64); listlint.IsUTF16(start) {
		return lintUTF16(head, opt, fn)
	}
	l := newLinter(opt)
	rules := listlint.Rules{Judge: l.judge, Window: l.mendable}
	if err := listlint.Walk(head, rules, fn); err != nil {
		return err
	}
	if l.seen.full {
		return fn(listlint.Problem{Code: "L17", Severity: listlint.Info, Cause: catalog.T("L17.full", "count", l.seen.most)})
	}
	return nil
}

// lintUTF16 counts what a file has of which sshd reads nothing.
func lintUTF16(r io.Reader, opt LintOptions, fn func(listlint.Problem) error) error {
	p := listlint.UTF16()
	p.Mendable = true
	if err := fn(p); err != nil {
		return err
	}
	return formats.ScanList(r, func(e formats.Entry) error {
		if e.Key != nil && opt.Entry != nil {
			opt.Entry(e)
		}
		return nil
	})
}

// linter is one run of Lint.
type linter struct {
	opt   LintOptions
	seen  *index
	tried int // windows
}

func newLinter(opt LintOptions) *linter {
	const million = 1_000_000
	if opt.Keys == 0 {
		opt.Keys = million
	}
	return &linter{opt: opt, seen: newIndex(opt.Keys)}
}

// mendable tells windows that Fix mends. Of a list with very many it is not said.
func (l *linter) mendable(w listlint.Window) bool {
	const most = 1000
	if l.tried++; l.tried > most {
		return false
	}
	_, _, ok := mendWindow(w)
	return ok
}

// judge says why sshd passes over a line, and what is wrong with one it reads.
func (l *linter) judge(line listlint.Line) (why *listlint.Problem, found []listlint.Problem) {
	e := line.Entry
	if e.Key != nil && l.opt.Entry != nil {
		l.opt.Entry(e)
	}
	options, why := passedOver(e)
	if why != nil {
		return why, nil
	}
	found = append(found, l.limits(options)...)
	found = append(found, weakness(e.Key)...)
	if p, is := l.seen.add(e); is {
		found = append(found, p)
	}
	if p, is := listlint.LongLine(line, maxOldLine); is {
		found = append(found, p)
	}
	return nil, found
}

// maxOldLine is the length from which on sshd before OpenSSH 7.8 passes over a line
// (ssh.h: SSH_MAX_PUBKEY_BYTES; misc.c: read_keyfile_line).
const maxOldLine = 16384

// passedOver is why sshd makes no key of a line; nil where it does.
func passedOver(e formats.Entry) ([]option, *listlint.Problem) {
	if e.Key == nil {
		return nil, noKey(e)
	}
	byHand := catalog.T("lint.by_hand")
	if e.Marker != "" || e.Hosts != "" {
		if e.Marker == "" && isWord(e.Hosts) {
			return nil, badOptions(unknownOption(e.Hosts))
		}
		return nil, listlint.About("L09", catalog.T("L09.hosts"), catalog.T("L02.advice"))
	}
	options, err := parseOptions(e.Options)
	bits := e.Key.Bits()
	family := e.Key.Algorithm().Family
	switch {
	case e.Key.Certificate() != nil:
		return nil, listlint.About("P08", catalog.T("P08.listed"), catalog.T("P08.plain"))
	case !sshdKnows(e.Key):
		return nil, listlint.About("L08", catalog.T("L08.type", "type", e.Key.Algorithm().Name), byHand)
	case family == keytool.RSA && bits < minimumOfSSHD:
		return nil, listlint.About("K10", catalog.T("K10.openssh", "minimum", minimumOfSSHD, "bits", bits), catalog.T("lint.replace"))
	case err != nil:
		return nil, badOptions(err)
	}
	return options, nil
}

// badOptions are those that cost their line.
func badOptions(err error) *listlint.Problem {
	p := listlint.About("L02", catalog.T("L02.options"), catalog.T("L02.advice"))
	p.Err = err
	return p
}

// isWord tells what could have been meant for an option.
func isWord(text string) bool {
	name, _, _ := bytes.Cut([]byte(text), []byte("="))
	return shown(string(name)) != "…" && bytes.IndexByte(name, '.') < 0
}

// noKey is a line without a key that could be read.
func noKey(e formats.Entry) *listlint.Problem {
	switch e.Err.(type) {
	case *formats.UnsupportedError:
		return listlint.About("L07", catalog.T("L07.old"), catalog.T("L07.advice"))
	}
	p := listlint.About("D03", catalog.T("D03.unread"), catalog.T("lint.by_hand"))
	p.Err = listlint.Reason(e.Err)
	return p
}

// limits finds options with which nobody is let in.
func (l *linter) limits(options []option) []listlint.Problem {
	var found []listlint.Problem
	principals := false
	for _, o := range options {
		principals = principals || o.name == "principals"
		if o.name != "expiry-time" {
			continue
		}
		if at, ok := expiry(o.value, l.opt.Now.Location()); ok && at.Before(l.opt.Now) {
			found = append(found, listlint.Problem{Code: "L06", Severity: listlint.Warning,
				Cause: catalog.T("L06.expired", "date", at.Format(time.DateOnly)), Advice: catalog.T("L06.advice")})
			break
		}
	}
	if principals && !has(options, "cert-authority") {
		found = append(found, *listlint.About("L04", catalog.T("L04.principals"), catalog.T("L04.advice")))
	}
	return found
}

// weakness is what many servers refuse a key for.
func weakness(k *keytool.Key) []listlint.Problem {
	p := listlint.Problem{Severity: listlint.Warning, Advice: catalog.T("lint.replace")}
	switch bits := k.Bits(); {
	case k.Algorithm().Family == keytool.DSA:
		p.Code, p.Cause = "P02", catalog.T("P02.dsa")
	case k.Algorithm().Family == keytool.RSA && bits < minimumOfServices:
		p.Code, p.Cause = "K10", catalog.T("K10.services", "minimum", minimumOfServices, "bits", bits)
	default:
		return nil
	}
	return []listlint.Problem{p}
}
