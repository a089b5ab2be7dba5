package diagnose

import (
	"errors"

	"sshkeys/formats"
	"sshkeys/internal/agent"
	"sshkeys/internal/catalog"
	"sshkeys/internal/shellword"
	"sshkeys/keytool"
)

// maxAuthTries is after how many keys an OpenSSH server hangs up, where its
// MaxAuthTries is not set (servconf.h: DEFAULT_AUTH_FAIL_MAX). Others have their own.
const maxAuthTries = 6

// agentChecks are about agents: what they hold, and what ssh offers because of them.
func agentChecks(v *Visit) []Finding {
	var found []Finding
	for _, a := range v.Agents {
		if a.Err != nil {
			found = append(found, deadAgent(v, a))
		}
		found = append(found, datasetKeys(v, a)...)
	}
	found = append(found, notInAgent(v)...)
	return append(found, tooMany(v)...)
}

// deadAgent is an agent that is named and does not answer.
func deadAgent(v *Visit, a agent.Agent) Finding {
	f := Finding{Code: "A01", Severity: Warning, File: a.Path, Cause: catalog.T("A01.foreign", "agent", a.Name), Advice: catalog.T("A01.advice")}
	if e, ok := errors.AsType[*agent.Error](a.Err); ok {
		switch e.Reason {
		case agent.Missing:
			f.Cause = catalog.T("A01.missing", "agent", a.Name)
		case agent.Stale:
			f.Cause = catalog.T("A01.stale", "agent", a.Name)
		case agent.Denied:
			f.Cause = catalog.T("A01.denied", "agent", a.Name)
		case agent.Silent:
			f.Cause = catalog.T("A01.silent", "agent", a.Name)
		}
	}
	f.Hint = `eval "$(ssh-agent -s)"`
	if v.System.OS == "windows" {
		f.Hint = "Start-Service ssh-agent"
	}
	return f
}

// datasetKeys are keys of data sets in an agent, from where ssh offers them to
// every server.
func datasetKeys(v *Visit, a agent.Agent) []Finding {
	var found []Finding
	for _, k := range a.Keys {
		if k.Key == nil {
			continue
		}
		file, verdict := purposeInAgent(v, a, k)
		if verdict.Value != keytool.Dataset {
			continue
		}
		f := Finding{Code: "P06", Severity: Warning, Cause: catalog.T("P06.agent", "agent", a.Name), Advice: catalog.T("P06.agent-advice"),
			Evidence: []catalog.Text{catalog.T("config.key", "fingerprint", k.Key.Fingerprint(), "comment", formats.Visible(k.Comment))}}
		if file != "" {
			f.Evidence = append(f.Evidence, catalog.T("config.text", "text", formats.Visible(file)))
			f.Hint = shellword.Join([]string{"ssh-add", "-d", file})
		}
		found = append(found, f)
	}
	return found
}

// purposeInAgent is what an agent's key is for: as its file says where that is among
// the candidates, else as its comment does.
func purposeInAgent(v *Visit, a agent.Agent, k agent.Key) (file string, verdict keytool.Verdict) {
	for _, c := range v.Keys {
		if c.Key != nil && c.Key.Equal(k.Key) {
			return c.Name, c.Purpose
		}
	}
	return "", keytool.JudgePurpose(keytool.PurposeFacts{
		Algorithm: k.Key.Algorithm(), Comments: []keytool.Said{{Where: a.Name, Comment: k.Comment}},
	})
}

// notInAgent is the key that is to be used, locked, where an agent answers that
// does not have it: ssh asks for the passphrase each time, and programs that
// cannot ask do not use it.
func notInAgent(v *Visit) []Finding {
	wanted := wantedKey(v)
	for i, c := range v.Keys {
		if c.Name != wanted || c.Key == nil || !c.Envelope.Encrypted() {
			continue
		}
		for _, o := range v.Offers() {
			if o.Candidate == i && o.Agent != "" {
				return nil
			}
		}
		if name, answers := answering(v.Agents); answers {
			return []Finding{{Code: "A02", Severity: Info, File: c.Name, Cause: catalog.T("A02.absent", "agent", name),
				Hint: shellword.Join([]string{"ssh-add", c.Name})}}
		}
	}
	return nil
}

// answering is the first agent that does.
func answering(agents []agent.Agent) (name string, ok bool) {
	for _, a := range agents {
		if a.Err == nil {
			return a.Name, true
		}
	}
	return "", false
}

// tooMany is as many keys as a server waits for, or more: the right one may come
// too late.
func tooMany(v *Visit) []Finding {
	if v.Client == nil || !v.Client.PubkeyAuthentication {
		return nil
	}
	if known, _ := v.takesKey(); known {
		return nil // the probe says whether ssh comes to it
	}
	count, held, wanted := 0, 0, wantedKey(v)
	place := 0 // of the wanted key, from 1
	for _, o := range v.Offers() {
		if !o.BySSH {
			continue
		}
		count++
		if o.Candidate < 0 {
			held++
		} else if v.Keys[o.Candidate].Name == wanted {
			place = count
		}
	}
	if count < maxAuthTries || place > 0 && place <= maxAuthTries {
		return nil // the wanted one, if it is known, still has its turn
	}
	f := Finding{Code: "D04", Severity: Warning, Advice: catalog.T("D04.named"),
		Cause:    catalog.T("D04.many", "count", count, "limit", maxAuthTries),
		Evidence: []catalog.Text{catalog.T("D04.from", "agent", held, "files", count-held)}}
	if place > maxAuthTries {
		f.File, f.Cause = wanted, catalog.T("D04.behind", "file", formats.Visible(wanted), "before", place-1, "limit", maxAuthTries)
	}
	if !v.Client.IdentitiesOnly {
		f.Advice, f.Hint = catalog.T("D04.block"), blockHint(v)
		if wanted != "" {
			f.Hint = shellword.Join(append([]string{"ssh", "-o", "IdentitiesOnly=yes", "-i", wanted}, targetOf(v)...))
		}
	}
	return []Finding{f}
}
