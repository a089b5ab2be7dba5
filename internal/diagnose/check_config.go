package diagnose

import (
	"errors"
	"io/fs"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/internal/sshconfig"
	"sshkeys/keytool"
)

// maxShown is how many names or lines one finding tells.
const maxShown = 10

// configChecks are about what ssh's config makes of the login.
func configChecks(v *Visit) []Finding {
	found := missingKeys(v)
	if v.Client == nil {
		return found
	}
	for _, check := range [...]func(*Visit) []Finding{
		refusedLines, keysOff, unusedTypes, oldAddress, typedAddress, otherPort, noUser, keepAlive, detour, unevaluated,
	} {
		found = append(found, check(v)...)
	}
	return found
}

// missingKeys are the files that the line or the config names, and that are not there.
func missingKeys(v *Visit) []Finding {
	var found []Finding
	for _, c := range v.Keys {
		if !errors.Is(c.Err, fs.ErrNotExist) || c.From != FromFlag && c.From != FromConfig {
			continue
		}
		f := Finding{Code: "K08", Severity: Error, File: c.Name, Cause: catalog.T("K08.config", "file", c.Name), Advice: catalog.T("K08.none")}
		if c.From == FromFlag {
			f.Cause = catalog.T("K08.flag", "file", c.Name)
		} else if v.Client == nil || hasUsableKey(v) {
			f.Severity = Warning
		}
		if names := loginKeys(v); len(names) > 0 {
			f.Evidence = []catalog.Text{catalog.T("K08.candidates", "files", namesOf(names))}
			f.Advice = catalog.T("K08.choose")
			f.Hint = shellword.Join(append([]string{"sshkeys", "doctor", "-i", names[0]}, targetOf(v)...))
		} else if v.System.WSL {
			f.Advice, f.Evidence = catalog.T("K08.wsl"), v.serviceSays("K08")
		}
		found = append(found, f)
	}
	return found
}

// hasUsableKey tells whether ssh has any key to offer.
func hasUsableKey(v *Visit) bool {
	return slices.ContainsFunc(v.Offers(), func(o Offer) bool { return o.BySSH })
}

// loginKeys are the private keys there are, but for those of data sets.
func loginKeys(v *Visit) []string {
	var names []string
	for _, c := range v.Keys {
		if c.Envelope != nil && c.Envelope.Kind == formats.KindPrivate && c.Purpose.Value != keytool.Dataset {
			names = append(names, c.Name)
		}
	}
	return names
}

// namesOf is a list of names for a message, cut at maxShown.
func namesOf(names []string) []catalog.Text {
	var texts []catalog.Text
	for _, name := range names[:min(len(names), maxShown)] {
		texts = append(texts, catalog.T("config.text", "text", formats.Visible(name)))
	}
	return texts
}

// targetOf is the login as it is written on a command line; nothing where no host
// is known.
func targetOf(v *Visit) []string {
	switch c := v.Client; {
	case c == nil:
		return nil
	case c.UserNamed:
		return []string{c.User + "@" + c.Alias}
	default:
		return []string{c.Alias}
	}
}

// blockHint is the command that prints a Host block for the login.
func blockHint(v *Visit) string {
	words := []string{"sshkeys", "doctor", "--ssh-config"}
	if v.Service != nil {
		words = append(words, "--for", v.Service.ID)
	}
	if key := wantedKey(v); key != "" {
		words = append(words, "-i", key)
	}
	return shellword.Join(append(words, targetOf(v)...))
}

// wantedKey is the one file that somebody named for this login; "" where none is,
// or several are.
func wantedKey(v *Visit) string {
	for _, from := range [...]From{FromFlag, FromConfig} {
		var names []string
		for _, c := range v.Keys {
			if c.From == from && c.Offered && c.Envelope != nil && c.Purpose.Value != keytool.Dataset {
				names = append(names, c.Name)
			}
		}
		if len(names) == 1 {
			return names[0]
		}
		if len(names) > 1 {
			return ""
		}
	}
	return ""
}

// refusedLines are what ssh stops at.
func refusedLines(v *Visit) []Finding {
	var found []Finding
	for _, p := range v.Client.Problems {
		f := Finding{Code: "C01", Severity: Error, File: p.File, Line: p.Line,
			Evidence: []catalog.Text{catalog.T("C01.said", "text", formats.Visible(p.Text))}, Advice: catalog.T("C01.advice")}
		switch {
		case strings.HasPrefix(p.Text, "Bad owner or permissions"):
			if knownPlace(v, p.File) {
				continue // its permissions say more
			}
			f.Code, f.Cause, f.Advice = "D02", catalog.T("D02.refused"), catalog.Text{}
			f.Command = []string{"sshkeys", "fixperms", p.File}
		case p.Line == 0:
			f.Cause, f.Advice = catalog.T("C01.start"), catalog.T("C01.mend")
		case p.Option == "":
			f.Cause = catalog.T("C01.line")
		default:
			f.Cause = catalog.T("C01.option", "option", formats.Visible(p.Option))
		}
		found = append(found, f)
	}
	return found
}

func knownPlace(v *Visit, path string) bool {
	return slices.ContainsFunc(v.Places, func(p Place) bool { return p.Path == path && len(p.Findings) > 0 })
}

// keysOff is a config with which ssh offers no key at all.
func keysOff(v *Visit) []Finding {
	target := shellword.Join(targetOf(v))
	switch c := v.Client; {
	case !c.PubkeyAuthentication:
		return []Finding{{Code: "C02", Severity: Error, Cause: catalog.T("C02.off"), Advice: catalog.T("C02.advice"),
			Hint: "ssh -o PubkeyAuthentication=yes " + target}}
	case c.Named && len(c.IdentityFiles) == 0 && !hasUsableKey(v):
		return []Finding{{Code: "C06", Severity: Error, Cause: catalog.T("C06.none"), Advice: catalog.T("C06.advice"), Hint: blockHint(v)}}
	}
	return nil
}

// unusedTypes are keys that ssh passes over in silence, because it knows no
// signature of theirs or its config allows none. Of DSA keys their own check says more.
// Where ssh offers another key instead, the login may well work.
func unusedTypes(v *Visit) []Finding {
	if len(v.Client.PubkeyAlgorithms) == 0 {
		return nil
	}
	var found []Finding
	severity := Error
	for _, c := range v.Keys {
		if c.Key == nil || !c.Offered || c.Key.Algorithm().Family == keytool.DSA || c.Key.Algorithm().Dataset() {
			continue
		}
		signs := func(name string) bool { return slices.Contains(v.Client.PubkeyAlgorithms, name) }
		if slices.ContainsFunc(signatures(c.Key.Algorithm()), signs) {
			severity = Warning
			continue
		}
		found = append(found, Finding{Code: "C07", File: c.Name, Hint: "sshkeys generate",
			Cause:  catalog.T("C07.type", "type", c.Key.Algorithm().Name),
			Advice: catalog.T("C07.advice")})
	}
	if _, works := v.takesKey(); works {
		severity = Info
	}
	for i := range found {
		found[i].Severity = severity
	}
	return found
}

// signatures are what keys of an algorithm can sign with (RFC 8332 for RSA).
func signatures(a *keytool.Algorithm) []string {
	if a.Family == keytool.RSA {
		return []string{"rsa-sha2-512", "rsa-sha2-256", a.Name}
	}
	return []string{a.Name}
}

// oldAddress is a host that moved away from where the connection goes.
func oldAddress(v *Visit) []Finding {
	if v.Service == nil {
		return nil
	}
	host, old, _ := v.Service.FindHost(v.Client.HostName)
	if !old {
		return nil
	}
	f := Finding{Code: "H19", Severity: Error, Advice: catalog.T("H19.advice", "host", host.Name),
		Hint:  shellword.Join([]string{"sshkeys", "doctor", userAt(v, host.Name)}),
		Cause: catalog.T("H19.old", "address", v.Client.HostName, "host", host.Name)}
	for _, o := range host.OldAddresses {
		if o.Address == v.Client.HostName && o.Until != "" {
			f.Cause = catalog.T("H19.until", "address", v.Client.HostName, "host", host.Name, "date", o.Until)
		}
	}
	return []Finding{f}
}

// typedAddress is a server that is named by its address, where the service wants
// its name.
func typedAddress(v *Visit) []Finding {
	if v.Service == nil || !isAddress(v.Client.HostName) {
		return nil
	}
	rules := v.serviceSays("H19")
	if len(rules) == 0 {
		return nil
	}
	return []Finding{{Code: "H19", Severity: Info, Advice: catalog.T("H19.name"), Evidence: rules,
		Cause: catalog.T("H19.typed", "address", v.Client.HostName, "service", v.Service.Short())}}
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func userAt(v *Visit, host string) string {
	if v.Client.UserNamed {
		return v.Client.User + "@" + host
	}
	return host
}

// otherPort is a connection to a port that the service does not listen at. A probe
// that did not get through says so itself.
func otherPort(v *Visit) []Finding {
	if v.Service == nil {
		return nil
	}
	host, _, ok := v.Service.FindHost(v.Client.HostName)
	if !ok || host.Port == 0 || host.Port == v.Client.Port || v.Probe != nil && v.Probe.Stopped == AtPort {
		return nil
	}
	program, flag := clientOf(host)
	words := []string{program, flag, strconv.Itoa(host.Port), userAt(v, v.Client.Alias)}
	return []Finding{{Code: "H04", Severity: Error, Hint: shellword.Join(words),
		Cause: catalog.T("H04.port", "service", v.Service.Short(), "host", host.Name, "port", v.Client.Port, "want", host.Port)}}
}

// clientOf is the program that logs in at a service's host, and its flag for a port.
func clientOf(host services.Host) (program, port string) {
	if strings.HasPrefix(host.For, "ssh") {
		return "ssh", "-p"
	}
	return "sftp", "-P"
}

// noUser is a login at a service by the name that this computer happens to use.
func noUser(v *Visit) []Finding {
	if v.Service == nil || v.Client.UserNamed || !v.Service.HasHost(v.Client.HostName) {
		return nil
	}
	return []Finding{{Code: "C03", Severity: Info, Advice: catalog.T("C03.advice", "host", v.Client.Alias),
		Cause: catalog.T("C03.user", "user", formats.Visible(v.Client.User), "service", v.Service.Short())}}
}

// keepAlive is a connection that the service may drop when it is idle.
func keepAlive(v *Visit) []Finding {
	if v.Service == nil || v.Service.Connection.KeepAlive == nil {
		return nil
	}
	want, got := v.Service.Connection.KeepAlive, v.Client.ServerAliveInterval
	if got > 0 && got <= want.Value {
		return nil
	}
	return []Finding{{Code: "D05", Severity: Info, Hint: blockHint(v),
		Cause:    catalog.T("D05.keepalive", "service", v.Service.Short(), "want", want.Value),
		Evidence: []catalog.Text{catalog.T("D05.now", "got", got)}}}
}

// detour is a connection that does not go straight. What a ProxyCommand is given
// may be a secret, so it is not shown.
func detour(v *Visit) []Finding {
	f := Finding{Code: "C04", Severity: Info, Cause: catalog.T("C04.command")}
	switch c := v.Client; {
	case c.ProxyJump != "":
		f.Cause = catalog.T("C04.jump", "host", formats.Visible(c.ProxyJump))
	case c.ProxyCommand == "":
		return nil
	}
	return []Finding{f}
}

// unevaluated are lines that may change what is judged here.
func unevaluated(v *Visit) []Finding {
	lines := v.Client.Unevaluated
	if len(lines) == 0 {
		return nil
	}
	f := Finding{Code: "C05", Severity: Info, Cause: catalog.T("C05.lines", "count", len(lines))}
	for _, line := range lines[:min(len(lines), maxShown)] {
		f.Evidence = append(f.Evidence, catalog.T("config.text", "text", formats.Visible(line)))
	}
	return []Finding{f}
}

// Block is the Host block for the visit's login.
func (v *Visit) Block() sshconfig.Block {
	b := sshconfig.Block{Service: v.Service, IdentityFile: wantedKey(v)}
	if c := v.Client; c != nil {
		b.Host, b.Port = c.HostName, c.Port
		if c.UserNamed {
			b.User = c.User
		}
	}
	return b
}
