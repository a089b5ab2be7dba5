package diagnose

import (
	"slices"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/services"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
)

// Kinds of encrypted data (sealed.Kind).
const (
	dataCrypt4GH = "crypt4gh"
	dataAge      = "age"
	dataJGA      = "encrypt.dat"
)

// dataChecks are about encrypted files: which key opens them, and whether the
// program that decrypts reads that key's file. Of .encrypt.dat the answer is
// evidence, not proof.
func dataChecks(v *Visit) []Finding {
	var found []Finding
	for _, d := range v.Data {
		if d.Kind == dataJGA && v.System.OS != "linux" {
			found = append(found, Finding{Code: "E10", Severity: Warning, File: d.Path, Cause: catalog.T("E10.linux"), Advice: catalog.T("E10.advice")})
		}
		found = append(found, opened(v, d)...)
		for i := range v.Keys {
			if c := &v.Keys[i]; c.isPrivate() && (c.From == FromFlag || slices.Contains(d.Opens, i)) {
				found = append(found, readByTool(v, d, i)...)
			}
		}
	}
	return found
}

// opened finds data that the named keys do not open, and names the one that does.
func opened(v *Visit, d Data) []Finding {
	var named []int
	for i, c := range v.Keys {
		if c.From == FromFlag {
			named = append(named, i)
		}
	}
	if len(d.Opens) > 0 && (len(named) == 0 || slices.ContainsFunc(d.Opens, func(i int) bool { return slices.Contains(named, i) })) {
		return nil
	}
	f := Finding{Code: "E05", Severity: Error, File: d.Path, Cause: catalog.T("E05.none")}
	if d.Kind == dataAge {
		f.Code = "E07"
	}
	if len(d.Opens) > 0 {
		c := &v.Keys[d.Opens[0]]
		f.Cause = catalog.T("E05.other", "file", formats.Visible(c.Name))
		f.Hint = shellword.Join([]string{"sshkeys", "verify", fileArg(c.Name), fileArg(d.Path)})
		f.Advice = catalog.T("E05.use")
		return []Finding{f}
	}
	f.Advice = catalog.T("E05.whose")
	if locked := lockedKeys(v, d); len(locked) > 0 {
		f.Severity, f.Cause = Warning, catalog.T("E05.untried")
		f.Evidence = []catalog.Text{catalog.T("E05.locked", "files", namesOf(locked))}
		f.Hint = shellword.Join([]string{"sshkeys", "verify", fileArg(locked[0]), fileArg(d.Path)})
	}
	return []Finding{f}
}

// lockedKeys are those that could not be tried, and whose type might open the data.
func lockedKeys(v *Visit, d Data) []string {
	var names []string
	for i := range v.Keys {
		c := &v.Keys[i]
		if c.Envelope != nil && c.isPrivate() && (c.Key == nil || !c.Key.IsPrivate()) && (c.Key == nil || opensKind(d.Kind, c.Key)) {
			names = append(names, c.Name)
		}
	}
	return names
}

// opensKind tells key types that data of the kind may be encrypted to.
func opensKind(kind string, k *keytool.Key) bool {
	switch family := k.Algorithm().Family; kind {
	case dataCrypt4GH:
		return family == keytool.X25519 || family == keytool.Ed25519
	case dataAge:
		return family == keytool.X25519 || family == keytool.Ed25519 || family == keytool.RSA
	default:
		return family == keytool.RSA
	}
}

// readByTool finds a key that the decrypting program cannot use: of a type that
// opens no such data, or in a form that it does not read. Whether JGA's script
// converts OpenSSH's own format is not known.
func readByTool(v *Visit, d Data, i int) []Finding {
	tool, code := toolFor(d.Kind)
	c := &v.Keys[i]
	verdicts := services.Judge(tool, services.Dataset, c.Envelope, c.Key)
	against, refused := services.Refused(verdicts)
	if n := slices.IndexFunc(verdicts, services.Verdict.Doubt); !refused && n >= 0 && c.Envelope.Format == formats.OpenSSH {
		against = verdicts[n]
	} else if !refused {
		return nil
	}
	f := Finding{Code: code, Severity: Error, File: c.Name,
		Cause:    catalog.T("service.refuses", "service", tool.ID, "why", against.Text()),
		Evidence: []catalog.Text{catalog.T("service.source", "source", against.Source)}}
	if !refused {
		f.Severity, f.Cause = Info, catalog.T("service.doubts", "service", tool.ID, "why", against.Text())
	}
	if against.Rule == "type" && d.Kind == dataJGA {
		f.Code, f.Advice = "E02", catalog.T("E02.advice")
		return []Finding{f}
	}
	if c.Key == nil || against.Rule == "type" {
		f.Advice = catalog.T("E05.whose")
		return []Finding{f}
	}
	as := *v
	as.Service = tool
	f, _ = as.otherForm(i, f)
	return []Finding{f}
}

// toolFor is the program that decrypts data of a kind, and the code of a key that
// it cannot use. JGA's script calls openssl, as far as its messages tell.
func toolFor(kind string) (*services.Profile, string) {
	switch kind {
	case dataCrypt4GH:
		return services.Lookup("crypt4gh"), "E06"
	case dataAge:
		return services.Lookup("age"), "E07"
	}
	return services.Lookup("jga"), "E01"
}
