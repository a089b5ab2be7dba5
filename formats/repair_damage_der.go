package formats

import (
	"slices"
	"strings"
)

// der follows DER from leaf to leaf, into all that holds other elements; false for
// what is encrypted as a whole, or no DER.
func (a *anatomy) der(id ID, encrypted bool) bool {
	switch {
	case encrypted:
		return false
	case id == PKCS1, id == SEC1, id == DSAPEM, id == PKCS8, id == SPKI, id == PKCS1Public, id == X509:
	default:
		return false
	}
	a.sized = 4
	encrypted = isEncryptedPKCS8(a.data)
	into := id == PKCS8 && !encrypted // the private key stands in an OCTET STRING
	var containers []field
	for a.broken < 0 && a.off < len(a.data) {
		tag, from, to, ok := a.head()
		wraps := into && tag == 0x04 || id == SPKI && tag == 0x03 && strings.HasPrefix(string(a.data[min(from, len(a.data)):]), "\x00\x30")
		switch {
		case !ok || !likelyTag(tag):
			a.fail(a.off + 4)
		case tag&0x20 != 0 || wraps:
			containers = append(containers, field{name: "the length of a structure", from: a.off, to: to})
			a.off = from
			if tag == 0x03 {
				a.off++ // the count of unused bits
			}
			into = into && tag != 0x04
		case to > len(a.data):
			a.fail(len(a.data))
		default:
			if n := len(a.fields); n > 0 { // one head alone could fit by chance
				a.sure = a.fields[n-1].from
			}
			a.add("DER", string(tag), from, to)
		}
	}
	a.hold(containers)
	a.nameNumbers(id, encrypted)
	return true
}

// likelyTag keeps to the tags that keys and certificates have.
func likelyTag(tag byte) bool {
	switch tag {
	case 0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0c, 0x13, 0x16, 0x17, 0x18, 0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xa1, 0xa3:
		return true
	}
	return false
}

// head reads tag and length of the next element: where its content begins and ends.
func (a *anatomy) head() (tag byte, from, to int, ok bool) {
	if len(a.data)-a.off < 2 {
		return 0, 0, 0, false
	}
	tag, from = a.data[a.off], a.off+2
	size := int(a.data[a.off+1])
	if size >= 0x80 {
		count := size & 0x7f
		if count == 0 || count > 3 || len(a.data)-from < count {
			return tag, from, from, false
		}
		size = 0
		for _, b := range a.data[from : from+count] {
			size = size<<8 | int(b)
		}
		from += count
	}
	return tag, from, from + size, true
}

// hold compares the lengths of containers with where the leaves in them end.
func (a *anatomy) hold(containers []field) {
	if a.broken >= 0 {
		return
	}
	for _, c := range containers {
		over := slices.IndexFunc(a.fields, func(f field) bool { return f.to >= c.to })
		switch {
		case c.from == 0 && c.to != len(a.data), over < 0:
			a.odd = append(a.odd, field{name: c.name, from: c.from, to: c.from + 4})
		case a.fields[over].to != c.to: // or the length of what runs over its end
			a.odd = append(a.odd, field{name: c.name, from: c.from, to: a.fields[over].from + 4})
		}
	}
}

// nameNumbers gives the leaves of private keys their names in them.
func (a *anatomy) nameNumbers(id ID, encrypted bool) {
	var numbers []*field
	for i := range a.fields {
		if f := &a.fields[i]; strings.Contains("\x02\x03\x04\x81", f.role) {
			numbers = append(numbers, f)
		}
	}
	roles, ok := derRoles(id, len(numbers))
	ok = ok && (id != PKCS8 || !encrypted)
	for i, f := range numbers {
		f.role, f.name = "", "DER"
		if ok && roles[i] != "" {
			f.role, f.name = roles[i], "DER, field "+roles[i]
		}
		if f.role == "Q" || f.role == "key" {
			f.value = f.value[min(1, len(f.value)):] // the count of unused bits
		}
	}
}

// derRoles names so many numbers of a key in the order they stand in.
func derRoles(id ID, count int) (roles []string, ok bool) {
	switch {
	case id == PKCS1:
		roles = strings.Split(",n,e,d,p,q,dP,dQ,iqmp", ",")
	case id == PKCS8 && count == 10:
		roles = strings.Split(",,n,e,d,p,q,dP,dQ,iqmp", ",")
	case id == DSAPEM:
		roles = strings.Split(",p,q,g,y,x", ",")
	case id == PKCS8 && count == 5:
		roles = strings.Split(",p,q,g,x", ",")
	case id == SEC1 && count == 3:
		roles = strings.Split(",d,Q", ",")
	case id == PKCS8 && count == 4:
		roles = strings.Split(",,d,Q", ",")
	case id == PKCS1Public:
		roles = strings.Split("n,e", ",")
	}
	return roles, len(roles) == count && count > 0
}
