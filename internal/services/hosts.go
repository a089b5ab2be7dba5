package services

import "strings"

// ForHost is the service that a host belongs to, by its name, an address of it, or
// an old one; nil for none. Of several that share a host, it is the one that the
// host is named after (jga-gw), else the first by name.
func (c *Catalogue) ForHost(host string) *Profile {
	var first *Profile
	for _, p := range c.All() {
		h, _, ok := p.FindHost(host)
		if ok && strings.HasPrefix(h.Name, p.ID) {
			return p
		}
		if ok && first == nil {
			first = p
		}
	}
	return first
}

// HasHost tells whether the host, by its name or an address of it, old or new, is
// the service's.
func (p *Profile) HasHost(host string) bool {
	_, _, ok := p.FindHost(host)
	return ok
}

// FindHost is the service's host with this name or address. old tells that it is an
// address that the host has no more.
func (p *Profile) FindHost(host string) (found Host, old, ok bool) {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, f := range p.Hosts {
		if strings.EqualFold(f.Value.Name, host) {
			return f.Value, false, true
		}
		for _, address := range f.Value.Addresses {
			if address == host {
				return f.Value, false, true
			}
		}
		for _, o := range f.Value.OldAddresses {
			if o.Address == host {
				return f.Value, true, true
			}
		}
	}
	return Host{}, false, false
}
