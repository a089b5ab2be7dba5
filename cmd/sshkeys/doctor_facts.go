package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/agent"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/secret"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// Bounds of what the doctor reads by itself.
const (
	maxFolder = 2000     // files of ~/.ssh that are no .pub
	maxPaste  = 1 << 20  // bytes of pasted keys, and of a log that are looked at
	maxLog    = 64 << 20 // bytes of a log
)

// pasted is what was given as text.
type pasted struct {
	registered []*keytool.Key
	text       []byte // of one key, or of none that can be read: to be judged as a file
}

// readPastes reads the log and the registered keys.
func (d *doctor) readPastes() error {
	if d.opt.log != "" {
		text, err := d.readPaste(d.opt.log)
		if err != nil {
			return &fileError{d.opt.log, err}
		}
		d.log = diagnose.ReadLog(text[max(0, len(text)-maxPaste):]) // what went wrong stands at the end
	}
	if d.opt.registered == "" {
		return nil
	}
	text, err := d.readPaste(d.opt.registered)
	if err != nil {
		return &fileError{d.opt.registered, err}
	}
	f, err := d.understand(d.opt.registered, text, nil)
	lines, damaged := text, false
	if err == nil {
		lines, damaged = f.text(), diagnose.Damaged(f.facts())
	}
	one := err == nil && f.Public != nil && !f.Kind.IsPrivate()
	err = formats.ScanList(bytes.NewReader(lines), func(e formats.Entry) error {
		if e.Key != nil {
			d.paste.registered = append(d.paste.registered, e.Key)
		}
		return nil
	})
	if err != nil {
		return &fileError{d.opt.registered, err}
	}
	if one && len(d.paste.registered) == 0 {
		d.paste.registered = append(d.paste.registered, f.Public)
	}
	if one || len(d.paste.registered) == 0 || damaged || len(formats.Defects(text)) > 0 {
		d.paste.text = text
	}
	return nil
}

func (d *doctor) readPaste(name string) ([]byte, error) {
	if name != stdinName {
		return keyfile.Read(name, maxLog)
	}
	in, err := d.useStdin()
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(in, maxLog))
}

// visit gathers everything that the checks judge.
func (d *doctor) visit() (*diagnose.Visit, error) {
	v := &diagnose.Visit{System: d.system(), Service: d.opt.service, Log: d.log, OnlyLog: d.asked.onlyLog, Registered: d.paste.registered}
	var err error
	if d.asked.host != "" {
		v.Client, err = sshconfig.Resolve(d.ctx, sshconfig.Query{
			Host: d.asked.host, User: d.asked.user, Port: d.asked.port, Config: d.opt.config,
			Identities: d.asked.keys, Env: d.sshEnv(), Offline: !d.allowed(), NoPrograms: d.asked.onlyLog && !d.allowed(),
		})
		if err != nil {
			return nil, err
		}
		d.serviceOf(v.Client.HostName) // an alias of the config's own
		v.Service, v.System.SSH = d.opt.service, v.Client.Version
	}
	if v.System.SSH == "" {
		v.System.SSH = sshconfig.Version(d.ctx)
	}
	v.Places = d.places(v)
	if v.Keys, err = d.candidates(v); err != nil {
		return nil, err
	}
	where := agent.Where{Env: d.env}
	if v.Client != nil {
		where.IdentityAgent = v.Client.IdentityAgent
	}
	v.Agents = agent.List(d.ctx, where)
	v.KnownHosts = d.knownHosts(v)
	v.Authorized = d.lists(v)
	v.Data = d.dataOpened(v)
	if d.online(v.Client) {
		v.Probe = d.probe(v)
	}
	return v, d.ctx.Err()
}

// sshEnv is who ssh works for.
func (d *doctor) sshEnv() sshconfig.Env {
	user, _ := whoAndWhere()
	return sshconfig.Env{Home: d.home(), User: user, Lookup: func(name string) (string, bool) { v := d.env(name); return v, v != "" }}
}

// named is a file that could be the key, and why.
type named struct {
	path    string
	from    diagnose.From
	offered bool
}

// candidates reads every key that could be meant: those named on the line, those
// that ssh would offer, those the log speaks of, and what else lies in ~/.ssh.
func (d *doctor) candidates(v *diagnose.Visit) ([]diagnose.Candidate, error) {
	var names []named
	for _, path := range d.asked.keys {
		names = append(names, named{path, diagnose.FromFlag, true})
	}
	names = append(names, d.identities(v)...)
	for _, s := range d.log {
		if path, ok := d.logPath(s.Path); ok {
			names = append(names, named{path, diagnose.FromLog, false})
		}
	}
	names = slices.Concat(names, d.besides(), d.inFolder(v))
	var found []diagnose.Candidate
	seen := map[string]bool{}
	for _, n := range names {
		path, err := filepath.Abs(n.path)
		if err != nil || seen[path] {
			continue
		}
		seen[path] = true
		n.path = path
		c, ok, err := d.candidate(v, n)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, c)
		}
	}
	if d.paste.text != nil {
		found = append(found, d.registeredText(v))
	}
	return found, nil
}

// registeredText is the text that was to be registered, as a file to be judged.
func (d *doctor) registeredText(v *diagnose.Visit) diagnose.Candidate {
	c := diagnose.Candidate{From: diagnose.FromRegistered, Defects: formats.Defects(d.paste.text)}
	c.Name = d.opt.registered
	f, err := d.understand(c.Name, d.paste.text, nil)
	if c.Err = err; err == nil {
		c.Envelope, c.Plain, c.Key = f.Envelope, f.plain, f.Public
		c.Verdicts = diagnose.ServiceVerdicts(v.Service, c)
	}
	return c
}

// identities are the files that ssh would offer, or, where no host is known, would
// try for any. Of ssh's own default names only those that are there.
func (d *doctor) identities(v *diagnose.Visit) []named {
	var names []named
	switch {
	case v.Client != nil && v.Client.Named:
		for _, path := range v.Client.IdentityFiles {
			names = append(names, named{path, diagnose.FromConfig, true})
		}
	case v.Client != nil:
		names = d.defaults(v.Client.IdentityFiles)
	default:
		var files []string
		for _, name := range defaultNames() {
			files = append(files, filepath.Join(v.System.Home, ".ssh", name))
		}
		names = d.defaults(files)
		config := sshconfigPath(d.opt.config, v.System.Home)
		known, _ := sshconfig.Files(config, d.sshEnv())
		for _, path := range known.Identities {
			names = append(names, named{path, diagnose.FromConfig, !d.keyNamed()})
		}
	}
	return names
}

func sshconfigPath(flag, home string) string {
	if flag != "" {
		return flag
	}
	return filepath.Join(home, ".ssh", "config")
}

func (d *doctor) defaults(files []string) []named {
	var names []named
	for _, path := range files {
		if _, err := os.Lstat(path); err == nil {
			names = append(names, named{path, diagnose.FromDefault, !d.keyNamed()})
		}
	}
	return names
}

// keyNamed tells whether the line names a key that is there: of one that is not ssh
// warns, and goes on as if none were named (ssh.c: add_identity_file).
func (d *doctor) keyNamed() bool {
	return slices.ContainsFunc(d.asked.keys, func(path string) bool {
		_, err := os.Stat(path)
		return !errors.Is(err, fs.ErrNotExist)
	})
}

// logPath is the file of this machine that a log speaks of.
func (d *doctor) logPath(path string) (string, bool) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(d.home(), rest)
	}
	info, err := os.Stat(path)
	return path, path != "" && err == nil && info.Mode().IsRegular()
}

// inFolder are the private keys of ~/.ssh, by name.
func (d *doctor) inFolder(v *diagnose.Visit) []named {
	if v.System.Home == "" {
		return nil
	}
	dir := filepath.Join(v.System.Home, ".ssh")
	entries, _ := os.ReadDir(dir) // what cannot be read its permissions tell
	var names []named
	looked := 0
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		if strings.HasSuffix(e.Name(), ".pub") || isListName(path) || e.Name() == "config" || keyfile.IsBackup(path) || !e.Type().IsRegular() {
			continue // a private key in one of ssh's own files is what is wrong with that
		}
		if looked++; looked > maxFolder {
			break
		}
		if d.isPrivate(path) {
			names = append(names, named{path, diagnose.FromFolder, false})
		}
	}
	return names
}

// workTree is the git work tree that a file lies in; "" for none.
func workTree(path string) string {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		if _, err := os.Lstat(filepath.Join(dir, ".git")); err == nil {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}

// besides are the files that a conversion of a named key would write beside it:
// where one is there, it is the one to name.
func (d *doctor) besides() []named {
	var names []named
	for _, path := range d.asked.keys {
		for _, id := range []formats.ID{formats.OpenSSH, formats.PPK3, formats.PPK2} {
			beside := formats.FileName(path, formats.Lookup(id))
			if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
				names = append(names, named{beside, diagnose.FromFolder, false})
			}
		}
	}
	return names
}

// candidate reads one file. What was named on the line has to be there; what only
// a config names is judged.
func (d *doctor) candidate(v *diagnose.Visit, n named) (diagnose.Candidate, bool, error) {
	c := diagnose.Candidate{From: n.from, Offered: n.offered}
	c.Name = n.path
	c.WorkTree = workTree(n.path)
	data, err := readRegular(n.path, d.limits.FileBytes)
	if errors.Is(err, fs.ErrNotExist) && n.from == diagnose.FromDefault {
		return c, false, nil
	}
	if facts, lookErr := perms.Look(n.path, perms.Options{}); lookErr == nil {
		c.Permissions = perms.Judge(facts)
	}
	if err != nil {
		c.Err = err
		return c, true, nil
	}
	c.Defects = formats.Defects(data)
	f, err := d.understand(n.path, data, nil)
	if err != nil {
		c.Err = err
		return c, true, nil
	}
	c.Envelope, c.Plain, c.Key = f.Envelope, f.plain, f.Public
	if err := d.openCandidate(f, &c); err != nil {
		return c, false, err
	}
	if f.Kind.IsPrivate() {
		c.Neighbour, c.NeighbourName = d.neighbourKey(n.path)
		if c.Key == nil {
			c.Key = c.Neighbour // what ssh offers, for want of better
		}
	}
	c.Certificate = d.certificateFor(v, n.path, c.Key)
	c.Purpose = keytool.JudgePurpose(d.purposeFacts(f, c.Key))
	c.Verdicts = diagnose.ServiceVerdicts(v.Service, c)
	return c, true, nil
}

// readRegular reads a file, and waits for no pipe that nobody writes to.
func readRegular(path string, limit int) ([]byte, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() && !info.IsDir():
		return nil, errNotRegular
	}
	return keyfile.Read(path, limit)
}

// certificateFor is the certificate that ssh offers with a key: NAME-cert.pub, or one
// of the config's (ssh.c: load_public_identity_files); nil for none.
func (d *doctor) certificateFor(v *diagnose.Visit, path string, key *keytool.Key) *keytool.Key {
	names := []string{path + "-cert.pub"}
	if v.Client != nil {
		names = append(names, v.Client.CertificateFiles...)
	}
	for _, name := range names {
		data, err := readRegular(name, d.limits.FileBytes)
		if err != nil || key == nil {
			continue
		}
		if f, err := d.understand(name, data, nil); err == nil && f.Kind == formats.KindCertificate && f.Public.Equal(key) {
			return f.Public
		}
	}
	return nil
}

// openCandidate opens what needs no question: a key without a passphrase, or with
// one that was given on the command line or stands in the keyring.
func (d *doctor) openCandidate(f *keyFile, c *diagnose.Candidate) error {
	given := d.passphraseFile != "" || d.keyring.ask || len(d.asked.data) > 0
	if !f.Kind.IsPrivate() || f.CanOpen() != nil || f.Encrypted() && (!given || c.From != diagnose.FromFlag) {
		return nil
	}
	key, _, err := d.unlockQuietly(d.ctx, f)
	switch {
	case err == nil:
		c.Key, c.Encoding = key, f.facts().Encoding
	case errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, formats.ErrWrongPassphrase):
		c.Wrong = true
	case errors.Is(err, formats.ErrPassphraseRequired), errors.Is(err, secret.ErrNoWay):
	default:
		c.Err = err
	}
	return nil
}

// places looks at what ssh reads beside keys: ~/.ssh, the home above it, configs
// and lists.
func (d *doctor) places(v *diagnose.Visit) []diagnose.Place {
	if v.System.Home == "" {
		return nil
	}
	dir := filepath.Join(v.System.Home, ".ssh")
	if _, err := os.Lstat(dir); err != nil {
		return nil
	}
	targets := []perms.Target{{Path: dir}}
	if d.opt.config != "" {
		targets = append(targets, perms.Target{Path: d.opt.config, Role: perms.Config})
	}
	var found []diagnose.Place
	for r := range perms.Check(d.ctx, targets, perms.Options{}) {
		if r.Err == nil && r.Facts.Role != perms.PrivateKey {
			found = append(found, diagnose.Place{Path: r.Facts.Path, Role: r.Facts.Role, Findings: r.Findings})
		}
	}
	return found
}

// knownHosts finds the lines for the host, under each name and address that it has
// or had.
func (d *doctor) knownHosts(v *diagnose.Visit) []hostkeys.Line {
	if v.Client == nil {
		return nil
	}
	var found []hostkeys.Line
	for _, file := range slices.Concat(v.Client.UserKnownHosts, v.Client.GlobalKnownHosts) {
		if info, err := os.Stat(file); err != nil || !info.Mode().IsRegular() {
			continue // there is none, which is usual
		}
		r, err := d.streamList(file)
		if err != nil {
			continue
		}
		lines, err := hostkeys.Find(r, file, diagnose.HostNames(v))
		r.Close()
		if err != nil {
			d.warn("%s: %v", file, err)
		}
		found = append(found, lines...)
	}
	return found
}

// lists reads the account's own lists of keys that may log in here.
func (d *doctor) lists(v *diagnose.Visit) []diagnose.List {
	var found []diagnose.List
	for _, name := range []string{"authorized_keys", "authorized_keys2"} {
		path := filepath.Join(v.System.Home, ".ssh", name)
		data, err := keyfile.Read(path, maxPaste)
		if v.System.Home == "" || err != nil {
			continue
		}
		list := diagnose.List{Path: path, Raw: data}
		err = formats.ScanList(bytes.NewReader(data), func(e formats.Entry) error {
			list.Entries = append(list.Entries, e)
			return nil
		})
		if err == nil {
			found = append(found, list)
		}
	}
	return found
}

// isData tells encrypted data from a key.
func (d *doctor) isData(name string) bool {
	v := &verifier{app: d.app, ctx: d.ctx}
	_, ok := v.dataFile(name)
	return ok
}

// dataOpened tries every key that can be opened on the data that was named.
func (d *doctor) dataOpened(v *diagnose.Visit) []diagnose.Data {
	var found []diagnose.Data
	verifier := &verifier{app: d.app, ctx: d.ctx}
	for _, name := range d.asked.data {
		f, _ := verifier.dataFile(name)
		if f.err != nil {
			d.fail(name, f.err)
			continue
		}
		data := diagnose.Data{Path: name, Kind: string(f.Kind)}
		for i, c := range v.Keys {
			if c.Key == nil || !c.Key.IsPrivate() {
				continue
			}
			if answer, err := f.Open(c.Key); err == nil && answer.Opens {
				data.Opens = append(data.Opens, i)
			}
		}
		found = append(found, data)
	}
	return found
}
