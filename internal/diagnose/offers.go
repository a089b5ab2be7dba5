package diagnose

import (
	"slices"

	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// Offer is one public key that a server may be asked about.
type Offer struct {
	Key       *keytool.Key // the public half
	Candidate int          // its index in Visit.Keys; -1 for a key that only an agent has
	Agent     string       // the agent that has it; "" for none
	BySSH     bool         // ssh would offer it; otherwise it only lies in a folder
}

// Offers are the keys in the order in which ssh offers them: those that an agent
// holds and a file names, then the agent's others unless IdentitiesOnly is set, then
// the files (sshconnect2.c:pubkey_prepare). Behind them come the keys that ssh would
// not offer by itself. Each key stands once; one whose public half nobody can see
// is not among them.
func (v *Visit) Offers() []Offer {
	var both, agents, files, others []Offer
	only := v.Client != nil && v.Client.IdentitiesOnly
	byBlob := map[string]int{}
	for i, c := range v.Keys {
		if _, again := byBlob[blobOf(c.Key)]; c.Key != nil && !again && c.Offered {
			byBlob[blobOf(c.Key)] = i
		}
	}
	seen := map[string]bool{}
	for _, a := range v.Agents {
		for _, k := range a.Keys {
			if k.Key == nil || seen[blobOf(k.Key)] {
				continue
			}
			i, named := byBlob[blobOf(k.Key)]
			switch {
			case named:
				both = append(both, Offer{k.Key, i, a.Name, true})
			case !only:
				agents = append(agents, Offer{k.Key, -1, a.Name, true})
			default:
				continue
			}
			seen[blobOf(k.Key)] = true
		}
	}
	for i, c := range v.Keys {
		if c.Key == nil || seen[blobOf(c.Key)] || c.Key.Algorithm().Dataset() {
			continue
		}
		seen[blobOf(c.Key)] = true
		if o := (Offer{c.public(), i, "", c.Offered}); c.Offered {
			files = append(files, o)
		} else {
			others = append(others, o)
		}
	}
	return slices.Concat(both, agents, files, others)
}

// public is what ssh offers of a candidate: the certificate where there is one.
func (c *Candidate) public() *keytool.Key {
	if c.Certificate != nil {
		return c.Certificate
	}
	return c.Key.Public()
}

func blobOf(k *keytool.Key) string {
	if k == nil {
		return ""
	}
	return string(k.Blob())
}

// ServiceVerdicts holds a candidate to a service: a server or an archive is given
// the public half, whatever file the private one is in; of a data set's key it may
// want the private half in a certain form too; a client is given the file.
func ServiceVerdicts(p *services.Profile, c Candidate) []services.Verdict {
	if p == nil || c.Envelope == nil {
		return nil
	}
	purpose := services.Auth
	if c.Purpose.Value == keytool.Dataset && slices.Contains(p.Purposes.Value, services.Dataset) {
		purpose = services.Dataset
	}
	half, ok := services.HalfOf(c.Envelope.Kind)
	if ok && half == services.PrivateHalf && len(p.RolesOf(half, purpose)) == 0 {
		return services.JudgeKey(p, purpose, services.PublicHalf, c.Key)
	}
	return services.Judge(p, purpose, c.Envelope, c.Key)
}
