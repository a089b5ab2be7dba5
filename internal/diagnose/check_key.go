package diagnose

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
	"sshkeys/perms"
)

// keyChecks are about each candidate's file: whether ssh reads it, and what should
// not stay as it is. Of a file that ssh would not offer nothing is an error, for
// this login does not stop at it.
func keyChecks(v *Visit) []Finding {
	var found []Finding
	for i := range v.Keys {
		c := &v.Keys[i]
		var own []Finding
		switch {
		case c.Envelope == nil:
			own = append(unreadKey(v, i), Permissions(c.Name, c.Permissions)...)
		default:
			own = append(v.knownKey(c), v.textOrFormat(i)...)
			if c.Wrong {
				own = append(own, wrongPassphrase(c))
			}
		}
		found = append(found, c.weigh(own)...)
	}
	return append(found, nothingToOffer(v)...)
}

// weigh caps what is found about a file that ssh would not offer: a warning, and
// what is only good to know is left out. One that a pasted log names was offered.
func (c *Candidate) weigh(found []Finding) []Finding {
	if c.Offered || c.From == FromLog || c.From == FromRegistered {
		return found
	}
	var capped []Finding
	for _, f := range found {
		if f.Severity == Error {
			f.Severity = Warning
		}
		if f.Severity == Warning {
			capped = append(capped, f)
		}
	}
	return capped
}

// forSSH tells whether the question is of a login, and OpenSSH is what logs in: no
// data were named, no other client, and no tool.
func (v *Visit) forSSH() bool {
	p := v.Service
	return len(v.Data) == 0 && (p == nil || p.Kind == "archive" || p.Kind == "server" || isOpenSSH(p))
}

func isOpenSSH(p *services.Profile) bool { return strings.HasPrefix(p.ID, "openssh") }

// openssh is the profile of the ssh that was named, or is installed here, else of
// today's.
func (v *Visit) openssh() *services.Profile {
	if v.Service != nil && isOpenSSH(v.Service) {
		return v.Service
	}
	_, version, _ := strings.Cut(v.System.SSH, "OpenSSH_")
	version = strings.TrimPrefix(version, "for_Windows_")
	number, err := strconv.ParseFloat(version[:len(version)-len(strings.TrimLeft(version, "0123456789."))], 64)
	switch {
	case err == nil && number < 7.8:
		return services.Lookup("openssh-7.7")
	case err == nil && number < 9.6:
		return services.Lookup("openssh-9.5")
	}
	return services.Lookup("openssh")
}

// isPrivate tells a candidate that could be read, and has a private half.
func (c *Candidate) isPrivate() bool { return c.Envelope != nil && c.Envelope.Kind.IsPrivate() }

// readableBySSH tells whether ssh loads the file: its format, its text, and who
// may reach it.
func (v *Visit) readableBySSH(c *Candidate) bool {
	if c.Envelope == nil || c.Envelope.Kind != formats.KindPrivate || c.Err != nil || perms.Refused(c.Permissions) {
		return false
	}
	_, refused := services.Refused(services.Judge(v.openssh(), services.Auth, c.Envelope, c.Key))
	return !refused && len(c.stops()) == 0
}

// twin is another candidate with the same key, of which ok is true; nil for none.
func (v *Visit) twin(i int, ok func(*Candidate) bool) *Candidate {
	for j := range v.Keys {
		c := &v.Keys[j]
		if j != i && v.Keys[i].Key != nil && c.Key != nil && c.Key.Equal(v.Keys[i].Key) && c.isPrivate() && ok(c) {
			return c
		}
	}
	return nil
}

// unreadKey is a file that is no key, or a damaged one, or that may not be read.
// Files that are missing are the config's (K08).
func unreadKey(v *Visit, i int) []Finding {
	c := &v.Keys[i]
	f := Finding{Code: "K04", Severity: Error, File: c.Name, Evidence: []catalog.Text{ErrorText(c.Err)}}
	unknown, foreign := errors.AsType[*formats.UnknownFormatError](c.Err)
	_, unsupported := errors.AsType[*formats.UnsupportedError](c.Err)
	_, mismatch := errors.AsType[*keytool.MismatchError](c.Err)
	_, unread := errors.AsType[*fs.PathError](c.Err)
	_, long := errors.AsType[*formats.LimitError](c.Err)
	switch {
	case strings.EqualFold(filepath.Ext(c.Name), ".ngc"):
		f.Code, f.Cause, f.Evidence, f.Advice = "E08", catalog.T("E08.ngc"), nil, catalog.T("E08.advice")
	case errors.Is(c.Err, fs.ErrNotExist), c.Err == nil, mismatch || pasted(c.Defects): // pairChecks
		return nil
	case errors.Is(c.Err, fs.ErrPermission):
		if slices.ContainsFunc(c.Permissions, func(p perms.Finding) bool { return p.Code == perms.CodeUnreadable }) {
			return nil
		}
		f.Code, f.Cause, f.Command = "K09", catalog.T("K09.unreadable"), []string{"sshkeys", "fixperms", c.Name}
	case unsupported:
		f.Code, f.Cause, f.Advice = "K11", catalog.T("K11.unread"), catalog.T("K11.elsewhere")
	case foreign && len(c.Defects) == 0:
		f.Cause, f.Advice = catalog.T("K04.nokey"), catalog.T("K04.other")
		if unknown.Command != "" {
			f.Hint = strings.ReplaceAll(unknown.Command, "FILE", shellword.Name(c.Name))
		}
	case unread || long: // a folder, a disk image
		f.Cause, f.Advice = catalog.T("K04.nokey"), catalog.T("K04.other")
	default:
		f.Cause, f.Advice = catalog.T("K04.damaged"), catalog.T("K04.copy")
		f.Evidence = append(f.Evidence, defectTexts(c.Defects)...)
	}
	return []Finding{f}
}

// knownKey is what KeyFile finds, in the light of the login: what the service says
// itself of the key's type and size is left to it, and a format that the service
// wants is not advised against.
func (v *Visit) knownKey(c *Candidate) []Finding {
	refused, ok := services.Refused(v.verdicts(c))
	byService := ok && (refused.Rule == "size" || refused.Rule == "type")
	found := KeyFile(c.KeyFileFacts)
	for i := range found {
		if found[i].Code == "K17" && v.Service != nil && v.Service.Kind == "server" && v.Service.Passphrase.Advice != nil {
			found[i].Evidence = []catalog.Text{catalog.T("service.said", "words", v.Service.Passphrase.Advice.Value.Words())}
		}
	}
	return slices.DeleteFunc(found, func(f Finding) bool {
		return byService && (f.Code == "K10" || f.Code == "P02") || f.Code == "K19" && v.wanted(c) ||
			f.Code == "P05" && c.Key != nil && c.Key == c.Neighbour
	})
}

// wanted tells whether the key is in the very form that the service asks for, or
// that its archive's tools read.
func (v *Visit) wanted(c *Candidate) bool {
	if keytool.ArchiveOf(filepath.Base(c.Name)) != "" {
		return true
	}
	if v.Service == nil {
		return false
	}
	id, ok := target(v.Service, "", c)
	return ok && id == c.Envelope.Format
}

// textOrFormat finds why a file is not loaded, by ssh first of all.
func (v *Visit) textOrFormat(i int) []Finding {
	found := v.sshReads(i)
	if slices.ContainsFunc(found, func(f Finding) bool { return f.Code == "K04" || f.Code == "K22" }) {
		return found
	}
	return append(found, damagedText(&v.Keys[i])...)
}

// sshReads finds why ssh does not load a private key, or a public one that it is
// given in its place.
func (v *Visit) sshReads(i int) []Finding {
	c := &v.Keys[i]
	switch {
	case !v.forSSH() || c.Envelope.Kind.IsDataset() || c.Purpose.Value == keytool.Dataset: // purposeChecks
		return nil
	case !c.isPrivate():
		return publicIdentity(v, i)
	}
	refused, no := services.Refused(services.Judge(v.openssh(), services.Auth, c.Envelope, c.Key))
	_, byKey := services.Refused(services.JudgeKey(v.openssh(), services.Auth, services.PrivateHalf, c.Key))
	stops := c.stops()
	f := Finding{Code: "K04", Severity: Error, File: c.Name}
	switch {
	case c.Envelope.CanOpen() != nil && (c.Envelope.Encrypted() || c.Key != nil): // KeyFile has said so
		return nil
	case c.Envelope.CanOpen() != nil:
		f.Code, f.Cause, f.Advice = "K11", cannotOpen(c.KeyFileFacts), catalog.T("K11.elsewhere")
	case no && refused.Rule == "cipher":
		f.Code, f.Cause = "K11", catalog.T("service.refuses", "service", v.openssh().ID, "why", refused.Text())
		f.inPlace(c.KeyFileFacts, formats.OpenSSH)
		f.Choice = true
	case no && (c.Key == nil || !byKey):
		return v.otherFormat(i)
	case no:
		f.Code, f.Cause, f.Hint = "P02", catalog.T("service.refuses", "service", v.openssh().ID, "why", refused.Text()), v.generate()
		if kind := c.Key.Algorithm().Family; kind == keytool.DSA || kind == keytool.RSA {
			return nil // KeyFile has said so
		}
	case len(stops) > 0:
		f.Cause, f.Evidence = catalog.T("K04.text", "format", FormatTitle(c.Envelope.Format)), stops
		f.inPlace(c.KeyFileFacts, c.Envelope.Format)
	default:
		return nil
	}
	return []Finding{f}
}

// otherFormat is a key of another program. Its command gives ssh a file it reads:
// in the place of one that only ssh is told of, beside a .ppk, and in ~/.ssh for one
// from elsewhere. Where there is such a file it is to be named (K22).
func (v *Visit) otherFormat(i int) []Finding {
	c := &v.Keys[i]
	f := Finding{Code: "K04", Severity: Error, File: c.Name, Cause: catalog.T("K04.format", "format", FormatTitle(c.Envelope.Format))}
	if t := v.twin(i, v.readableBySSH); t != nil {
		if t.Offered || !c.Offered {
			return nil
		}
		f.Code = "K22"
		f.Evidence = []catalog.Text{catalog.T("K22.twin", "file", formats.Visible(t.Name))}
		f.Advice, f.Hint = catalog.T("K22.advice"), v.loginWith(t.Name)
		return []Finding{f}
	}
	if !c.Offered && v.offersSound() { // it may well be another program's
		return nil
	}
	f.Command, f.Choice = v.convertForSSH(c), true
	return []Finding{f}
}

// offersSound tells whether ssh has a key to offer that it reads.
func (v *Visit) offersSound() bool {
	for i := range v.Keys {
		if v.Keys[i].Offered && v.readableBySSH(&v.Keys[i]) {
			return true
		}
	}
	return false
}

// convertForSSH is the command of otherFormat. After an import the key is in
// ~/.ssh, under a name that is free there.
func (v *Visit) convertForSSH(c *Candidate) []string {
	folder := filepath.Join(v.System.Home, ".ssh")
	if filepath.Dir(c.Name) != folder {
		return append(append([]string{"sshkeys", "import"}, v.importName(c, folder)...), fileArg(c.Name))
	}
	ext := filepath.Ext(c.Name)
	if !strings.EqualFold(ext, ".ppk") {
		return c.rewrite(formats.OpenSSH)
	}
	words := []string{"sshkeys", "convert", "--to", "openssh"}
	stem := strings.TrimSuffix(c.base(), ext)
	if name := v.free(folder, stem); name != stem || ext != ".ppk" {
		words = append(words, "-o", filepath.Join(folder, name))
	}
	return append(words, fileArg(c.Name))
}

// importName is a name for import to give, where the one that it would choose may
// be taken: the file's own without its ending, or id_TYPE.
func (v *Visit) importName(c *Candidate, folder string) []string {
	stem := strings.TrimSuffix(c.base(), filepath.Ext(c.Name))
	usual := stem
	if c.Key != nil {
		usual = "id_" + strings.ReplaceAll(strings.ToLower(c.Key.Algorithm().Display), "-", "_")
	}
	name := v.free(folder, stem)
	if name == stem && v.free(folder, usual) == usual {
		return nil
	}
	return []string{"--name", name}
}

// free is a name that no candidate in the folder has.
func (v *Visit) free(folder, stem string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(v.Keys, func(c Candidate) bool { return c.Name == filepath.Join(folder, name) })
	}
	name := stem
	for n := 2; taken(name); n++ {
		name = stem + "-" + strconv.Itoa(n)
	}
	return name
}

// rewrite writes a private key anew under its own name; the old file stays beside
// it as NAME.bak. Where there is no .pub of the key, one is made with OpenSSH's format.
// It is nil for a file that has more in it than the key.
func (f KeyFileFacts) rewrite(to formats.ID) []string {
	if isOthersFile(f.Name) || f.Envelope != nil && f.Envelope.Surrounded {
		return nil
	}
	return []string{"sshkeys", "convert", "--to", string(to), "--force", "-o", fileArg(f.Name), fileArg(f.Name)}
}

// inPlace gives a finding the command that writes the file anew, or the one that
// copies the key out of it.
func (f *Finding) inPlace(facts KeyFileFacts, to formats.ID) {
	if f.Command = facts.rewrite(to); f.Command == nil {
		f.Hint = shellword.Join(copyOut(facts))
	}
}

// fileArg keeps a name from being taken for an option.
func fileArg(name string) string {
	if strings.HasPrefix(name, "-") && name != "-" {
		return "." + string(filepath.Separator) + name
	}
	return name
}

// loginWith is the command line that logs in with a key.
func (v *Visit) loginWith(file string) string {
	words := []string{"ssh", "-i", file}
	port := "-p"
	if v.Service != nil && v.Service.Kind == "archive" {
		words[0], port = "sftp", "-P"
	}
	if v.Client != nil && v.Client.Port != 0 && v.Client.Port != 22 {
		words = append(words, port, strconv.Itoa(v.Client.Port))
	}
	target := targetOf(v)
	if target == nil {
		target = []string{"USER@HOST"}
	}
	return shellword.Join(append(words, target...))
}

// generate is the command that makes a key to log in with, of the kind that the
// service takes.
func (v *Visit) generate() string {
	words := []string{"sshkeys", "generate"}
	if v.Service != nil {
		words = append(words, "--for", v.Service.ID)
		if slices.Contains(v.Service.Purposes.Value, services.Dataset) && slices.Contains(v.Service.Purposes.Value, services.Auth) {
			words = append(words, "--purpose", "auth")
		}
	}
	return shellword.Join(words)
}

// publicIdentity is a public key or a list that ssh is given as its identity. An
// agent that has the private half makes that right.
func publicIdentity(v *Visit, i int) []Finding {
	c := &v.Keys[i]
	if !c.Offered {
		return nil
	}
	for _, o := range v.Offers() {
		if o.Agent != "" && c.Key != nil && o.Key.Equal(c.Key) {
			return nil
		}
	}
	f := Finding{Code: "K05", Severity: Error, File: c.Name, Cause: catalog.T("K05.public"), Advice: catalog.T("K05.advice")}
	if private := v.twin(i, func(*Candidate) bool { return true }); private != nil {
		f.Evidence = []catalog.Text{catalog.T("K05.private", "file", formats.Visible(private.Name))}
		f.Hint = v.loginWith(private.Name)
	}
	return []Finding{f}
}

// wrongPassphrase is a passphrase that was given and does not open the file. Which
// formats tell that from damage is in their MACs and check numbers.
func wrongPassphrase(c *Candidate) Finding {
	f := Finding{Code: "K06", Severity: Error, File: c.Name, Cause: catalog.T("K06.wrong"), Advice: catalog.T("K06.advice")}
	if c.Key != nil {
		f.Evidence = append(f.Evidence, catalog.T("K06.key", "fingerprint", c.Key.Fingerprint()))
	}
	switch c.Envelope.Format {
	case formats.PPK1, formats.PPK2, formats.PPK3:
		f.Evidence = append(f.Evidence, catalog.T("K06.mac"))
	default:
		f.Evidence = append(f.Evidence, catalog.T("K06.damage"))
	}
	return f
}

// nothingToOffer: there is no file that ssh would try, and no agent that has a key.
// What was named and is missing is said elsewhere.
func nothingToOffer(v *Visit) []Finding {
	if !v.forSSH() || len(v.Log) > 0 && v.Client == nil || hasUsableKey(v) ||
		slices.ContainsFunc(v.Keys, func(c Candidate) bool { return c.Offered }) {
		return nil
	}
	f := Finding{Code: "K08", Severity: Error, Cause: catalog.T("K08.nothing"), Hint: v.generate()}
	if v.Client == nil {
		f.Severity = Warning
		if slices.ContainsFunc(v.Authorized, func(l List) bool { return len(l.Entries) > 0 }) {
			f.Severity = Info // one logs in here, and perhaps nowhere from here
		}
	}
	names := loginKeys(v)
	if len(names) == 0 {
		f.Advice = catalog.T("K08.make")
		if v.System.WSL {
			f.Advice, f.Evidence = catalog.T("K08.wsl"), v.serviceSays("K08")
		}
		if v.Service == nil || len(v.Service.Names) == 0 {
			f.Hint, f.Command, f.Choice = "", strings.Fields(v.generate()), true
		}
		return []Finding{f}
	}
	f.Evidence = []catalog.Text{catalog.T("K08.candidates", "files", namesOf(names))}
	f.Advice, f.Hint = catalog.T("K08.identity", "file", formats.Visible(names[0])), v.loginWith(names[0])
	return []Finding{f}
}

// defectTexts names what is wrong with a file's text.
func defectTexts(defects []formats.Defect) []catalog.Text {
	var texts []catalog.Text
	for _, d := range defects {
		texts = append(texts, defectText(d))
	}
	return texts
}

func defectText(d formats.Defect) catalog.Text {
	ids := map[formats.Defect]string{
		formats.ByteOrderMark: "defect.mark", formats.UTF16: "defect.utf16", formats.CRLF: "defect.crlf",
		formats.LoneCR: "defect.cr", formats.NoFinalNewline: "defect.newline", formats.EmptyEnd: "defect.empty_end",
		formats.Base64File: "defect.base", formats.Quoted: "defect.quoted", formats.LiteralNewlines: "defect.literal",
		formats.MailQuoted: "defect.mail", formats.Entities: "defect.entities", formats.ZeroWidth: "defect.invisible",
		formats.OddBlank: "defect.space", formats.TextBefore: "defect.before", formats.TextAfter: "defect.after",

		formats.IndentedMarker: "defect.begin", formats.BlankAtMarker: "defect.blank", formats.Indented: "defect.indent",
		formats.TrailingBlank: "defect.trailing", formats.EmptyLine: "defect.empty", formats.SpacesForLines: "defect.spaces",
		formats.LostNewlines: "defect.run", formats.OddDashes: "defect.dashes", formats.DashCount: "defect.count",
		formats.LowerCase: "defect.lower", formats.DamagedMarker: "defect.marker", formats.LostHeader: "defect.header",
		formats.LostFooter: "defect.footer", formats.LineWidth: "defect.width", formats.PlusAsSpace: "defect.plus",
		formats.WrongLineCounts: "defect.counts", formats.OddLines: "defect.lines", formats.SecondKey: "defect.second",

		formats.SplitLine: "defect.split", formats.LostLetter: "defect.letter", formats.JoinedKeys: "defect.joined",
		formats.SSH2Text: "defect.ssh", formats.PrivateKey: "defect.private",
	}
	return catalog.T(ids[d])
}
