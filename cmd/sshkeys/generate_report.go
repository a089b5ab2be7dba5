package main

import (
	"fmt"
	"io"
	"path/filepath"
	"runtime"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// generateJSON tells what was made, and where the halves are.
type generateJSON struct {
	Private     string           `json:"private"`
	Public      string           `json:"public"`
	Backups     []string         `json:"backups,omitempty"`
	Fingerprint string           `json:"fingerprint"`
	Algorithm   string           `json:"algorithm"`
	Bits        int              `json:"bits"`
	Format      formats.ID       `json:"format"`
	Encrypted   bool             `json:"encrypted"`
	Comment     string           `json:"comment"`
	Purpose     services.Purpose `json:"purpose"`
	Service     string           `json:"service,omitempty"`
}

// tellDoubts says beforehand what may be in the way, and is not refused.
func (g *generation) tellDoubts() {
	p := g.opt.service
	for _, v := range g.Doubts {
		g.warn("%s, not confirmed: %s", p.ID, v)
	}
	if g.Naming != nil {
		g.warn("%s: the names of such keys are like %s (%s); is %s the one you mean?", p.ID, g.Naming.Value.Example, g.Naming.Source, g.Name)
	}
}

// tell says what was made, where each half goes, and what comes next.
func (g *generation) tell(written []keyfile.Written) error {
	g.tellWritten(written)
	g.tellProtection()
	g.tellPlaces()
	g.tellHome()
	for _, command := range g.next() {
		g.hint(command)
	}
	if !g.json {
		g.printf("%s\n", formats.FingerprintLine(g.key, keytool.SHA256))
		return nil
	}
	item := generateJSON{
		Private: g.private, Public: g.public, Fingerprint: g.key.Fingerprint(),
		Algorithm: g.key.Algorithm().Name, Bits: g.key.Bits(), Format: g.Private, Encrypted: len(g.pass) > 0,
		Comment: g.key.Comment(), Purpose: g.Purpose,
	}
	if g.opt.service != nil {
		item.Service = g.opt.service.ID
	}
	for _, w := range written {
		if w.Backup != "" {
			item.Backups = append(item.Backups, w.Backup)
		}
	}
	return g.printJSON(item)
}

// tellProtection says how little a passphrase does in an old format, and what
// the service says of passphrases.
func (g *generation) tellProtection() {
	if p := g.file.Protection; p.Legacy {
		g.warn("%s: in this format the passphrase is protected by %s only, which is quickly guessed", g.private, p.KDF)
		g.hint("sshkeys convert --to pkcs8 " + quote(g.private))
	}
	if p := g.opt.service; p != nil && p.Passphrase.Advice != nil {
		g.note("%s: %s", p.ID, g.words.Say(catalog.T("service.said", "words", p.Passphrase.Advice.Value.Words())))
	}
}

// tellPlaces says where the service has each half.
func (g *generation) tellPlaces() {
	p := g.opt.service
	if p == nil {
		return
	}
	for _, half := range []services.Half{services.PublicHalf, services.PrivateHalf} {
		file, roles := g.public, p.RolesOf(half, g.Purpose)
		if half == services.PrivateHalf {
			file = g.private
		}
		for _, r := range roles {
			g.note("%s goes to: %s", filepath.Base(file), g.where(r))
		}
		if half == services.PrivateHalf && len(roles) == 0 {
			g.note("%s stays with you", filepath.Base(file))
		}
	}
}

// tellHome warns where ssh looks in another folder than the one that was taken.
func (g *generation) tellHome() {
	if own := accountHome(); g.home != "" && own != "" && !sameFile(g.home, own) {
		g.warn("~ is %s, and ssh uses the account's own home, %s: it does not find the key by itself", g.home, own)
	}
}

// next are the commands to type with the new key.
func (g *generation) next() []string {
	p, public := g.opt.service, quote(g.public)
	switch {
	case p != nil && g.Convert != "":
		return []string{"sshkeys convert --for " + p.ID + " " + public, "sshkeys services " + p.ID}
	case p != nil:
		commands := []string{"sshkeys public " + public}
		if login := g.login(); login != "" {
			commands = append(commands, login)
		}
		return append(commands, "sshkeys services "+p.ID)
	case g.Purpose == services.Dataset:
		return []string{"sshkeys public " + public}
	case runtime.GOOS == "windows":
		return []string{"type " + public + ` | ssh USER@HOST "cat >> .ssh/authorized_keys"`}
	}
	return []string{"ssh-copy-id -i " + public + " USER@HOST"}
}

// login is the command that logs in to the service, where one is known and the
// key is for that.
func (g *generation) login() string {
	hosts := g.opt.service.Hosts
	if g.Purpose != services.Auth || len(hosts) == 0 || g.Private != formats.OpenSSH {
		return ""
	}
	host, program, port := hosts[0].Value, "ssh", "-p"
	if strings.Contains(host.For, "sftp") {
		program, port = "sftp", "-P"
	}
	words := []string{program, "-i", quote(g.private)}
	if host.Port != 22 {
		words = append(words, port, fmt.Sprint(host.Port))
	}
	return strings.Join(append(words, "USER@"+host.Name), " ")
}

// progress is a line on the terminal that counts the seconds of long work.
type progress struct {
	out     io.Writer // nil: nobody looks
	seconds int
	width   int // of what stands on the terminal
}

func (a *app) progress() *progress {
	if a.quiet || a.json || !isTerminal(a.stderr) {
		return &progress{}
	}
	return &progress{out: a.stderr}
}

// second is called each second of the work.
func (p *progress) second(what string) {
	if p.seconds++; p.out != nil {
		p.width, _ = fmt.Fprintf(p.out, "\rsshkeys: %s: %d s", what, p.seconds)
	}
}

func (p *progress) clear() {
	if p.width > 0 {
		fmt.Fprintf(p.out, "\r%*s\r", p.width, "")
		p.width = 0
	}
}
