package main

import (
	"cmp"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/register"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
)

// purposeWorld is what of this account tells purposes, each part read once a run.
type purposeWorld struct {
	register   *register.Register
	told       bool                // that the register is broken
	identities map[string]bool     // private keys the ssh config names, links resolved
	authorized map[string]string   // blobs of keys that may log in here, and by which line
	data       map[string][]string // encrypted files, by folder
}

// purposeFacts gathers what tells a file's purpose. key is nil where it is locked.
func (a *app) purposeFacts(f *keyFile, key *keytool.Key) keytool.PurposeFacts {
	if isList(f, nil) || f.Hosts != "" {
		return keytool.PurposeFacts{}
	}
	facts := keytool.PurposeFacts{}
	neighbour, neighbourName := a.pairOf(f, key)
	if known := cmp.Or(key, neighbour); known != nil {
		facts = a.saidOf(f.name, known)
		if key == nil && facts.Registered != nil {
			facts.Registered.By = filepath.Base(neighbourName)
		}
		if where, ok := a.authorizedKeys()[string(known.Blob())]; ok {
			facts.Authorized = []string{where}
		}
	}
	facts.Comments = nil
	if key != nil {
		facts.Comments = append(facts.Comments, keytool.Said{Where: baseName(f.name), Comment: key.Comment()})
	}
	if neighbour != nil {
		facts.Comments = append(facts.Comments, keytool.Said{Where: filepath.Base(neighbourName), Comment: neighbour.Comment()})
	}
	facts.File = baseName(f.name)
	if row := formats.Lookup(f.Format); row.Dataset {
		facts.DatasetFormat = row.Title
	}
	a.addPlace(&facts, f.name)
	return facts
}

// saidOf is what was said of a key: its name, its comment, and the register's entry.
func (a *app) saidOf(file string, key *keytool.Key) keytool.PurposeFacts {
	base := baseName(file)
	facts := keytool.PurposeFacts{
		File: base, Algorithm: key.Algorithm(),
		Comments: []keytool.Said{{Where: base, Comment: key.Comment()}},
	}
	e, ok := a.registered(key.Fingerprint())
	if !ok {
		return facts
	}
	facts.Registered = &keytool.Registration{Purpose: e.Purpose, Service: e.Service, Date: e.Date}
	if e.Service != "" {
		catalogue, _ := a.catalogue()
		if p := catalogue.Lookup(e.Service); p != nil && takesOneKey(p) {
			facts.OneKeyFor = p.ID
		}
	}
	return facts
}

func takesOneKey(p *services.Profile) bool {
	return p.OneKey != nil && p.OneKey.Confirmed && p.OneKey.Value
}

// pairOf is the .pub beside a private key, where it is of the same key or the
// key is locked; otherwise nil.
func (a *app) pairOf(f *keyFile, key *keytool.Key) (*keytool.Key, string) {
	if !f.Kind.IsPrivate() || f.name == stdinName {
		return nil, ""
	}
	neighbour, name := a.neighbourKey(f.name)
	if neighbour == nil || key != nil && !neighbour.Equal(key) {
		return nil, ""
	}
	return neighbour, name
}

func baseName(file string) string {
	if file == stdinName {
		return ""
	}
	return filepath.Base(file)
}

// registered is the register's entry of a key. A broken register is one warning a run.
func (a *app) registered(fingerprint string) (register.Entry, bool) {
	path := a.registerPath()
	if path == "" {
		return register.Entry{}, false
	}
	if a.world.register == nil {
		r, err := register.Read(path)
		a.world.register = r
		if err != nil && !a.world.told {
			a.world.told = true
			a.warn("what was declared of keys is not known: %s", a.errorText(err))
			a.hint("mv " + quote(path) + " " + quote(path+".broken"))
		}
	}
	return a.world.register.Find(fingerprint)
}

// addPlace tells where a file is, and what is beside it or names it.
func (a *app) addPlace(facts *keytool.PurposeFacts, file string) {
	if file == stdinName {
		return
	}
	path, err := filepath.Abs(file)
	if err != nil {
		return
	}
	real := path
	if resolved, err := filepath.EvalSymlinks(path); err == nil {
		real = resolved
	}
	facts.Data = a.dataIn(filepath.Dir(path))
	home := a.home()
	if home == "" {
		return
	}
	ssh := filepath.Join(home, ".ssh")
	facts.LoginFolder = sameFile(filepath.Dir(path), ssh)
	for _, name := range []string{path, real} {
		if a.identities()[strings.TrimSuffix(name, ".pub")] {
			facts.Configs = []string{filepath.Join(ssh, "config")}
		}
	}
}

// identities are the private keys that the ssh config names.
func (a *app) identities() map[string]bool {
	if a.world.identities != nil {
		return a.world.identities
	}
	a.world.identities = map[string]bool{}
	user, _ := whoAndWhere()
	lookup := func(name string) (string, bool) { v := a.env(name); return v, v != "" }
	// What cannot be read of a config names nothing; fixperms and ssh speak of it.
	named, _ := sshconfig.Files(filepath.Join(a.home(), ".ssh", "config"), sshconfig.Env{Home: a.home(), User: user, Lookup: lookup})
	for _, path := range named.Identities {
		a.world.identities[filepath.Clean(path)] = true
		if real, err := filepath.EvalSymlinks(path); err == nil {
			a.world.identities[real] = true
		}
	}
	return a.world.identities
}

// authorizedKeys are the keys that may log in to this account, with their line.
func (a *app) authorizedKeys() map[string]string {
	if a.world.authorized != nil {
		return a.world.authorized
	}
	a.world.authorized = map[string]string{}
	path := filepath.Join(a.home(), ".ssh", "authorized_keys")
	info, err := os.Stat(path)
	if a.home() == "" || err != nil || !info.Mode().IsRegular() || info.Size() > maxAuthorized {
		return a.world.authorized
	}
	r, err := keyfile.Open(path)
	if err != nil {
		return a.world.authorized
	}
	defer r.Close()
	formats.ScanList(io.LimitReader(r, maxAuthorized), func(e formats.Entry) error {
		if e.Key != nil {
			a.world.authorized[string(e.Key.Blob())] = path
		}
		return nil
	})
	return a.world.authorized
}

// dataIn are the encrypted files in a folder: JGA's .encrypt.dat and Crypt4GH's
// .c4gh. Of a folder with very many files not all are looked at.
func (a *app) dataIn(folder string) []string {
	const most = 10_000
	if names, ok := a.world.data[folder]; ok {
		return names
	}
	var data []string
	if dir, err := os.Open(folder); err == nil {
		names, _ := dir.Readdirnames(most)
		dir.Close()
		for _, name := range names {
			if strings.HasSuffix(name, ".encrypt.dat") || strings.HasSuffix(name, ".c4gh") {
				data = append(data, name)
			}
		}
	}
	slices.Sort(data)
	if a.world.data == nil {
		a.world.data = map[string][]string{}
	}
	a.world.data[folder] = data
	return data
}

// warnCrossUse warns where a key is about to be used for what it is not for, by
// what was said of it. where names it in the warning.
func (a *app) warnCrossUse(where, file string, key *keytool.Key, use keytool.Purpose) {
	if why := keytool.JudgePurpose(a.saidOf(file, key)).CrossUse(use); !why.IsZero() {
		a.warn("%s: %s", where, a.words.Say(diagnose.PurposeText(why)))
	}
}

// warnOfService warns where a service wants keys for one purpose only, and this is
// one for the other. Programs take keys for whatever they are for.
func (a *app) warnOfService(p *services.Profile, file string, key *keytool.Key) {
	if p == nil || takesOneKey(p) || p.Kind != "archive" && p.Kind != "server" || len(p.Purposes.Value) != 1 {
		return
	}
	use, _ := keytool.ParsePurpose(string(p.Purposes.Value[0]))
	a.warnCrossUse(file, file, key, use)
}
