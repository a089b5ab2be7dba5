package diagnose

import "slices"

// Judge runs every check over what was gathered, and returns what they found,
// what stops a login first. Each finding stands once: what a pasted log says and the
// files themselves say too is said of the files, which are known better. Beside a
// log alone, what is not about a file of this machine is left out: it may be another.
func Judge(v *Visit) []Finding {
	var found []Finding
	for _, check := range [...]func(*Visit) []Finding{
		configChecks, placeChecks, keyChecks, pairChecks, purposeChecks, serviceChecks,
		agentChecks, hostChecks, listChecks, dataChecks, probeChecks,
	} {
		found = append(found, check(v)...)
	}
	if v.OnlyLog {
		found = slices.DeleteFunc(found, func(f Finding) bool { return f.File == "" || f.Severity == Info })
	}
	pasted := slices.DeleteFunc(logChecks(v), func(f Finding) bool { return slices.ContainsFunc(found, f.sameAs) })
	found = once(append(pasted, found...))
	Sort(found)
	return found
}

// once drops findings that say of the same place what another said before.
func once(found []Finding) []Finding {
	var kept []Finding
	for _, f := range found {
		if !slices.ContainsFunc(kept, f.sameAs) {
			kept = append(kept, f)
		}
	}
	return kept
}

// sameAs tells a finding of the same code about the same place.
func (f Finding) sameAs(o Finding) bool {
	return f.File != "" && f.Code == o.Code && f.File == o.File && f.Line == o.Line
}
