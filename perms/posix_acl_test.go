package perms

import (
	"bytes"
	"errors"
	"reflect"
	"testing"
)

// kernelACL is the value that Linux gave for `setfacl -m u:7002:rw,g:7100:r` on
// a file of mode 0640.
const kernelACL = "\x02\x00\x00\x00" +
	"\x01\x00\x06\x00\xff\xff\xff\xff" + "\x02\x00\x06\x00\x5a\x1b\x00\x00" +
	"\x04\x00\x04\x00\xff\xff\xff\xff" + "\x08\x00\x04\x00\xbc\x1b\x00\x00" +
	"\x10\x00\x06\x00\xff\xff\xff\xff" + "\x20\x00\x00\x00\xff\xff\xff\xff"

func TestParsePosixACL(t *testing.T) {
	acl, err := parsePosixACL([]byte(kernelACL))
	want := []ACLEntry{{ACLUserObj, 6, 0}, {ACLUser, 6, bobID}, {ACLGroupObj, 4, 0}, {ACLGroup, 4, sharedID}, {ACLMask, 6, 0}, {ACLOther, 0, 0}}
	if err != nil || !reflect.DeepEqual(acl, want) {
		t.Fatalf("got %v, %v", acl, err)
	}
	if got := formatPosixACL(acl); !bytes.Equal(got, []byte(kernelACL)) {
		t.Errorf("written again: %x", got)
	}
	if acl, err := parsePosixACL([]byte("\x02\x00\x00\x00")); acl != nil || err != nil {
		t.Errorf("no entries: %v, %v", acl, err)
	}
}

func TestParsePosixACLErrors(t *testing.T) {
	broken := func(at int, b ...byte) []byte {
		v := []byte(kernelACL)
		copy(v[at:], b)
		return v
	}
	for name, c := range map[string]struct {
		value []byte
		field string
	}{
		"empty":           {nil, "length"},
		"too long":        {make([]byte, aclMaxSize+aclHeader), "length"},
		"version 1":       {broken(0, 1), "version"},
		"version above":   {broken(3, 1), "version"},
		"tag":             {broken(4, 3), "tag"},
		"high tag byte":   {broken(5, 1), "tag"},
		"permissions":     {broken(6, 8), "permissions"},
		"high permission": {broken(7, 1), "permissions"},
		"named, no id":    {broken(16, 255, 255, 255, 255), "id"},
	} {
		_, err := parsePosixACL(c.value)
		var bad *ACLError
		if !errors.As(err, &bad) || bad.Field != c.field {
			t.Errorf("%s: %v, want an ACLError about %s", name, err, c.field)
		}
	}
	for n := range len(kernelACL) {
		if _, err := parsePosixACL([]byte(kernelACL)[:n]); (err == nil) != (n >= aclHeader && (n-aclHeader)%aclEntrySize == 0) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

func FuzzParsePosixACL(f *testing.F) {
	f.Add([]byte(kernelACL))
	f.Add([]byte("\x02\x00\x00\x00"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, value []byte) {
		acl, err := parsePosixACL(value)
		if err != nil {
			return
		}
		again, err := parsePosixACL(formatPosixACL(acl))
		if err != nil || !reflect.DeepEqual(acl, again) {
			t.Errorf("%v became %v, %v", acl, again, err)
		}
	})
}

// TestAccess holds access to the kernel's walk over the entries, for every mode
// and ACL of the tables and accounts in all kinds of groups.
func TestAccess(t *testing.T) {
	accounts := []Account{
		{UID: aliceID, GIDs: []int{aliceID}}, {UID: aliceID, GIDs: []int{aliceID, sharedID}},
		{UID: aliceID, GIDs: []int{otherID, sharedID}}, {UID: bobID, GIDs: []int{bobID}},
		{UID: bobID, GIDs: []int{sharedID, otherID}}, {UID: 9999},
	}
	for mode := uint32(0); mode <= 0o777; mode++ {
		for _, acl := range acls(mode) {
			for _, a := range accounts {
				for _, owner := range []int{0, aliceID, bobID} {
					p := &Posix{Mode: mode, UID: owner, GID: sharedID, ACL: acl}
					got := access(p, File, a)
					for _, want := range []uint8{1, 2, 4} {
						if (got&want != 0) != kernelAllows(p, a.UID, a.GIDs, want) {
							t.Fatalf("%04o of %d, ACL %v, account %+v: access %o, %o differs", mode, owner, acl, a, got, want)
						}
					}
				}
			}
		}
	}
}

func TestAccessOfRoot(t *testing.T) {
	root := Account{UID: 0}
	for _, c := range []struct {
		kind Kind
		mode uint32
		want uint8
	}{{File, 0, 6}, {File, 0o644, 6}, {File, 0o001, 7}, {Directory, 0, 7}} {
		if got := access(&Posix{Mode: c.mode, UID: bobID}, c.kind, root); got != c.want {
			t.Errorf("root may %o of a %s of mode %04o, want %o", got, c.kind, c.mode, c.want)
		}
	}
}

func TestParseMacEntry(t *testing.T) {
	for line, want := range map[string]macEntry{
		" 0: group:everyone deny delete":                      {who: "group:everyone", rights: []string{"delete"}},
		"0: user:bob allow read,write":                        {who: "user:bob", allow: true, rights: []string{"read", "write"}},
		"user:bob allow read":                                 {who: "user:bob", allow: true, rights: []string{"read"}},
		" 12: group:staff inherited allow list,file_inherit":  {who: "group:staff", allow: true, inherited: true, rights: []string{"list", "file_inherit"}},
		" 1: user:EXAMPLE\\Bob Smith allow search\n":          {who: "user:EXAMPLE\\Bob Smith", allow: true, rights: []string{"search"}},
		"2: 5D4C3B2A-0000-4000-8000-0123456789AB allow write": {who: "5D4C3B2A-0000-4000-8000-0123456789AB", allow: true, rights: []string{"write"}},
		"user:who should allow it deny read":                  {who: "user:who should allow it", rights: []string{"read"}},
	} {
		if got, ok := parseMacEntry(line); !ok || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v", line, got, ok, want)
		}
	}
	for _, line := range []string{"", "0:", "-rw-r--r--+ 1 alice staff 0 Jan 1 00:00 id", "user:bob allow", "allow read", " 0: allow read", "user:bob grants read"} {
		if got, ok := parseMacEntry(line); ok {
			t.Errorf("%q was read as %+v", line, got)
		}
	}
}
