package perms

import "testing"

func TestReaders(t *testing.T) {
	acl := func(mask uint8, entries ...ACLEntry) []ACLEntry {
		return append(entries, ACLEntry{Tag: ACLMask, Perm: mask})
	}
	bob := ACLEntry{Tag: ACLUser, Perm: 4, ID: 7002}
	group := ACLEntry{Tag: ACLGroupObj, Perm: 4}
	closed := ACLEntry{Tag: ACLGroupObj}
	for want, p := range map[string]Posix{
		"its owner only (mode 0600)":                      {Mode: 0o600},
		"its owner only (mode 4711)":                      {Mode: 0o4711},
		"its owner and its group (mode 0640)":             {Mode: 0o640},
		"its group only (mode 0040)":                      {Mode: 0o040},
		"everybody on this computer (mode 0644)":          {Mode: 0o644},
		"everybody on this computer (mode 0004)":          {Mode: 0o004},
		"nobody but root (mode 0000)":                     {},
		"its owner and user 7002 (mode 0640)":             {Mode: 0o640, ACL: acl(4, closed, bob)},
		"its owner, its group and user 7002 (mode 0660)":  {Mode: 0o660, ACL: acl(6, group, bob)},
		"its owner only (mode 0620)":                      {Mode: 0o620, ACL: acl(2, group, bob)}, // masked
		"its owner, its group and group 7100 (mode 0650)": {Mode: 0o650, ACL: acl(5, group, ACLEntry{Tag: ACLGroup, Perm: 5, ID: 7100})},
	} {
		if got := Readers(Facts{Kind: File, Posix: &p}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Readers(Facts{Kind: Directory, Posix: &Posix{Mode: 0o755}}); got != "" {
		t.Errorf("a directory: %q", got)
	}
}

func TestReadersOnWindows(t *testing.T) {
	const me = "S-1-5-21-1-2-3-1001"
	for sddl, want := range map[string]string{
		"O:" + me + "D:P(A;;FA;;;" + me + ")(A;;FA;;;SY)(A;;FA;;;BA)": `PC\me, SYSTEM and Administrators`,
		"O:" + me + "D:P(A;;FA;;;" + me + ")":                         `PC\me`,
		"O:" + me + "D:P(A;;GR;;;" + me + ")(A;;0x2;;;WD)":            `PC\me`,                        // writing is not reading
		"O:" + me + "D:P(A;;FR;;;" + me + ")(A;IOOI;FA;;;WD)":         `PC\me`,                        // for what is made below only
		"O:" + me + "D:P(D;;FR;;;WD)(A;;FR;;;" + me + ")(A;;FR;;;WD)": `PC\me`,                        // denied before
		"O:" + me + "D:P(A;;FA;;;" + me + ")(A;;FR;;;WD)(A;;FA;;;WD)": `PC\me and Everyone (S-1-1-0)`, // told once
		"O:" + me + "D:P":                 "nobody",                           // an empty list
		"O:" + me + "D:NO_ACCESS_CONTROL": "everybody: it has no access list", // NULL DACL
	} {
		d, err := ParseSDDL(sddl)
		if err != nil {
			t.Errorf("%s: %v", sddl, err)
			continue
		}
		f := Facts{Kind: File, Role: PrivateKey, Account: Account{Name: `PC\me`, SID: me}, NT: &NT{Descriptor: d.Bytes()}}
		if got := Readers(f); got != want {
			t.Errorf("%s: got %q, want %q", sddl, got, want)
		}
		f.Role = NoRole // a file that ssh has no use for
		if got := Readers(f); got == "" {
			t.Errorf("%s: nothing said of a file without role", sddl)
		}
	}
	if got := Readers(Facts{Kind: File, NT: &NT{NoACLs: true}}); got == "" {
		t.Error("nothing said of a volume without permissions")
	}
	if got := Readers(Facts{Kind: File, NT: &NT{Descriptor: []byte{1}}}); got != "" {
		t.Errorf("a damaged descriptor: %q", got)
	}
}
