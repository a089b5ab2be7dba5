package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"sshkeys/formats"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/sealed"
	"sshkeys/keytool"
)

// dataJSON is the answer for one private key and encrypted data.
type dataJSON struct {
	Private      string   `json:"private"`
	Data         string   `json:"data"`
	Match        bool     `json:"match"`
	ProvedBy     string   `json:"proved_by,omitempty"`
	Fingerprints []string `json:"fingerprints"`
	Reason       string   `json:"reason,omitempty"`
}

// dataFile is encrypted data that was named on the command line; err is why its
// head could not be read.
type dataFile struct {
	name string
	*sealed.Data
	err error
}

// trial is what one key did to the data: an answer, or why it could not be tried.
type trial struct {
	name   string
	key    *keytool.Key // nil where nothing of it stands in clear
	answer sealed.Answer
	err    error
}

// splitData takes encrypted data off the end of the command line: what comes before
// are the private keys that might open them.
func (v *verifier) splitData(args []string) (keys []string, data []dataFile) {
	for i := len(args) - 1; i > 0; i-- {
		d, ok := v.dataFile(args[i])
		if !ok {
			return args[:i+1], data
		}
		data = append([]dataFile{d}, data...)
	}
	return args[:1], data
}

// dataFile looks whether a file is encrypted data, from its head alone. What is not
// stays as it was: pipes, which cannot be read twice, are not looked into.
func (v *verifier) dataFile(name string) (dataFile, bool) {
	r := bufio.NewReaderSize(v.stdin, sealed.HeadBytes)
	if name == stdinName {
		v.stdin = r
	} else {
		f, err := openRegular(name)
		if err != nil {
			return dataFile{}, false
		}
		defer f.Close()
		r.Reset(f)
	}
	head, err := r.Peek(sealed.HeadBytes)
	kind, ok := sealed.Detect(filepath.Base(name), head)
	if !ok || err != nil && err != io.EOF {
		return dataFile{}, false // the comparison of pairs tells the error
	}
	data, err := sealed.Read(kind, r)
	return dataFile{name, data, err}, true
}

var errNotRegular = errors.New("not a regular file")

func openRegular(name string) (*os.File, error) {
	if info, err := os.Stat(name); err != nil || !info.Mode().IsRegular() {
		return nil, errors.Join(errNotRegular, err)
	}
	return keyfile.Open(name)
}

// opens tells for each of the data which of the keys opens them.
func (v *verifier) opens(keys []string, data []dataFile) error {
	if v.opt.fix {
		return usagef("--fix mends a .pub, and there is none here")
	}
	loaded, failed, err := v.candidates(keys)
	if err != nil {
		return err
	}
	for _, d := range data {
		err := d.err
		if err == nil {
			err = v.openData(d, loaded, failed)
		}
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err != nil {
			v.fail(d.name, err)
		}
	}
	return nil
}

// candidates reads the private keys, of a folder all below it. A file that was
// named and is none is an error; one in a folder counts where no key opens the data.
func (v *verifier) candidates(names []string) (loaded []*keyFile, failed []trial, err error) {
	for _, name := range names {
		info, err := os.Stat(name)
		if err != nil || !info.IsDir() {
			if f, err := v.loadPrivate(name); err != nil {
				v.fail(name, err)
			} else {
				loaded = append(loaded, f)
			}
			continue
		}
		found, err := v.below(name)
		if err != nil {
			return nil, nil, err
		}
		for _, path := range found {
			if f, err := v.loadPrivate(path); err != nil {
				failed = append(failed, trial{name: path, err: err})
			} else {
				loaded = append(loaded, f)
			}
		}
	}
	return loaded, failed, nil
}

func (v *verifier) loadPrivate(name string) (*keyFile, error) {
	f, err := v.load(name)
	if err == nil && !f.Kind.IsPrivate() {
		return nil, &notPrivate{f.Format}
	}
	return f, err
}

// below lists the private keys below a folder; none is an error.
func (v *verifier) below(dir string) ([]string, error) {
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			v.fail(path, err)
		case v.ctx.Err() != nil:
			return v.ctx.Err()
		case d.Type().IsRegular() && !keyfile.IsBackup(path) && v.isPrivate(path):
			found = append(found, path)
		}
		return nil
	})
	if err == nil && len(found) == 0 {
		err = &formats.UnknownFormatError{Reason: "no private key below " + dir}
	}
	return found, err
}

// openData tries the keys that need no passphrase, and only if none of them opens
// the data those that do and might fit.
func (v *verifier) openData(d dataFile, keys []*keyFile, failed []trial) error {
	var trials []trial
	for _, locked := range []bool{false, true} {
		for _, f := range keys {
			if f.Encrypted() != locked {
				continue
			}
			if locked && opener(trials) {
				break
			}
			t := v.try(d, f)
			if errors.Is(t.err, context.Canceled) {
				return t.err
			}
			trials = append(trials, t)
		}
	}
	if len(trials) > 0 || len(failed) > 0 {
		v.tellTrials(d, append(trials, failed...))
	}
	return nil
}

func opener(trials []trial) bool {
	for _, t := range trials {
		if t.answer.Opens {
			return true
		}
	}
	return false
}

// try opens a key and the data with it, unless what stands in clear rules it out.
func (v *verifier) try(d dataFile, f *keyFile) trial {
	t := trial{name: f.name, key: f.Public}
	if t.answer.Why = d.Fits(f.Algorithm, f.Public); t.answer.Why != "" {
		return t
	}
	key, err := v.open(v.ctx, f)
	if err == nil {
		t.key = key
		t.answer, err = d.Open(key)
	}
	t.err = err
	return t
}

// tellTrials reports on one file of data. Where a key opens them, the answer is
// yes, and what could not be tried is no failure.
func (v *verifier) tellTrials(d dataFile, trials []trial) {
	opened := opener(trials)
	for _, t := range trials {
		switch {
		case t.err != nil && !opened:
			v.fail(t.name, t.err)
		case t.err != nil:
			v.warn("%s: not tried: %s", t.name, v.errorText(t.err))
		case t.answer.Opens:
			v.tellOpens(d, t)
		default:
			v.tellNot(d, t, opened)
		}
	}
	if !opened {
		v.exit(exitNo)
	}
}

func (v *verifier) tellOpens(d dataFile, t trial) {
	v.reportTrial(d, t, "")
	verb, proof := "opens", "proved by "+string(t.answer.Proof)
	if t.answer.Proof == sealed.ByTrial {
		verb, proof = "fits", "evidence, not proof, by "+string(t.answer.Proof)
	}
	v.text("match: %s %s %s", t.name, verb, d.name)
	v.text("  %s  %s (%s)", t.key.Fingerprint(), t.name, t.key.Algorithm().Display)
	v.text("  %s: %s", proof, t.answer.Why)
}

// tellNot names a key that does not open the data; where another does, in JSON only.
func (v *verifier) tellNot(d dataFile, t trial, opened bool) {
	v.reportTrial(d, t, t.answer.Why)
	if opened {
		return
	}
	v.text("no match: %s does not open %s", t.name, d.name)
	if t.key != nil {
		v.text("  %s  %s (%s)", t.key.Fingerprint(), t.name, t.key.Algorithm().Display)
	}
	v.text("  %s", t.answer.Why)
}

func (v *verifier) reportTrial(d dataFile, t trial, reason string) {
	if !v.json {
		return
	}
	item := dataJSON{Private: t.name, Data: d.name, Match: t.answer.Opens,
		ProvedBy: string(t.answer.Proof), Fingerprints: []string{}, Reason: reason}
	if t.key != nil {
		item.Fingerprints = append(item.Fingerprints, t.key.Fingerprint())
	}
	v.printJSON(item)
}
