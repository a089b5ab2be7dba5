package perms

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

const somePrivateKey = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----\n"

func me(t *testing.T) string {
	t.Helper()
	a, err := ownAccount()
	if err != nil {
		t.Fatal(err)
	}
	return a.SID
}

// systemBytes is a descriptor as Windows itself writes it.
func systemBytes(t *testing.T, sddl string) []byte {
	t.Helper()
	sd, err := windows.SecurityDescriptorFromString(sddl)
	if err != nil {
		t.Fatalf("%s: %v", sddl, err)
	}
	return bytes.Clone(unsafe.Slice((*byte)(unsafe.Pointer(sd)), sd.Length()))
}

func parsed(t *testing.T, raw []byte) Descriptor {
	t.Helper()
	d, err := ParseDescriptor(raw)
	if err != nil {
		t.Fatalf("%x: %v", raw, err)
	}
	return d
}

// asked is a file's descriptor as Windows tells those who ask by name.
func asked(t *testing.T, path string) Descriptor {
	t.Helper()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	return parsed(t, unsafe.Slice((*byte)(unsafe.Pointer(sd)), sd.Length()))
}

// strangers are the SIDs that a DACL lets in beside me, SYSTEM and Administrators.
func strangers(t *testing.T, d Descriptor) (found []SID) {
	t.Helper()
	if d.DACL == nil {
		return []SID{sidEveryone}
	}
	for _, e := range d.DACL {
		if e.Type == Allow && !slices.Contains([]SID{SID(me(t)), sidSystem, sidAdministrators}, e.SID) {
			found = append(found, e.SID)
		}
	}
	return found
}

// keyFile makes a private key in a folder that others may list, with a DACL that
// lets everybody read it.
func keyFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(path, []byte(somePrivateKey), 0o644); err != nil {
		t.Fatal(err)
	}
	setOnFile(t, path, "D:P(A;;FA;;;"+me(t)+")(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;WD)")
	return path
}

func setOnFile(t *testing.T, path, sddl string) {
	t.Helper()
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if err := change(o.file, systemBytes(t, sddl), false); err != nil {
		t.Fatal(err)
	}
}

// reports runs Fix or Check on one path.
func reports(t *testing.T, run func(context.Context, []Target, Options) func(func(Report) bool), opt Options, targets ...Target) []Report {
	t.Helper()
	var all []Report
	for r := range run(t.Context(), targets, opt) {
		all = append(all, r)
	}
	return all
}

func fixAll(ctx context.Context, targets []Target, opt Options) func(func(Report) bool) {
	return Fix(ctx, targets, opt)
}

func checkAll(ctx context.Context, targets []Target, opt Options) func(func(Report) bool) {
	return Check(ctx, targets, opt)
}

func codes(found []Finding) (list []string) {
	for _, f := range found {
		list = append(list, f.Code)
	}
	return list
}

// Events are objects whose descriptor also Wine keeps whole, but for one flag.
func TestDescriptorRoundTripOnEvent(t *testing.T) {
	user := me(t)
	for _, sddl := range []string{
		"O:" + user + "D:P(A;;FA;;;" + user + ")(A;;FA;;;SY)(A;;FA;;;BA)",
		"O:" + user + "D:(A;;0x1f01ff;;;SY)(A;;0x120089;;;WD)",
		"O:" + user + "D:(D;;0x1f01ff;;;BG)(A;;0x1f01ff;;;AU)",
		"O:" + user + "D:(A;;0x1f01ff;;;AU)(D;;0x1;;;WD)(A;;0x120089;;;BU)",
		"O:" + user + "D:(A;;0x1;;;S-1-5-21-1-2-3-1234)(A;;0x40000;;;OW)(A;;0x20000;;;S-1-15-2-1)",
		"O:" + user + "D:AI(A;ID;0x1f01ff;;;SY)(A;ID;0x1200a9;;;BU)",
		"O:" + user + "D:PAI(A;OICI;0x1f01ff;;;SY)(A;OICIIO;0x1f01ff;;;CO)(A;CINPIO;0x1;;;" + user + ")",
		"O:" + user + "D:P",
		"O:" + user + "D:NO_ACCESS_CONTROL",
	} {
		h, err := windows.CreateEvent(nil, 0, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer windows.CloseHandle(h)
		first, err := readDescriptor(h)
		if err != nil {
			t.Fatal(err)
		}
		want := parsed(t, systemBytes(t, sddl))
		if err := writeDescriptor(h, systemBytes(t, sddl), true); err != nil {
			t.Errorf("%s: %v", sddl, err)
			continue
		}
		raw, err := readDescriptor(h)
		if err != nil {
			t.Fatal(err)
		}
		got := parsed(t, raw)
		flags := DACLProtected | DACLAutoInherited
		if underWine() {
			flags = DACLAutoInherited
		}
		if got.Owner != want.Owner || !reflect.DeepEqual(got.DACL, want.DACL) || got.Control&flags != want.Control&flags {
			t.Errorf("set %s, got %s", sddl, got.SDDL())
		}
		// Another one in between, and back to the first and the second.
		for _, there := range [][]byte{systemBytes(t, "D:(A;;0x1f01ff;;;"+user+")(A;;0x1;;;WD)"), first, raw} {
			if err := writeDescriptor(h, there, false); err != nil {
				t.Fatal(err)
			}
		}
		if back, err := readDescriptor(h); err != nil || !bytes.Equal(back, raw) {
			t.Errorf("%s came back as %x, %v; was %x", sddl, back, err, raw)
		}
	}
}

func TestWriteDescriptorRefusesNonsense(t *testing.T) {
	h, err := windows.CreateEvent(nil, 0, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	raw := systemBytes(t, "D:(A;;0x1f01ff;;;SY)(A;;0x1f01ff;;;"+me(t)+")")
	for _, bad := range [][]byte{nil, raw[:10], raw[:len(raw)-1], bytes.Repeat([]byte{0xff}, 64)} {
		if err := writeDescriptor(h, bad, false); err == nil {
			t.Errorf("%x was accepted", bad)
		}
	}
}

func TestFixKeyAndUndo(t *testing.T) {
	path := keyFile(t)
	before := asked(t, path)
	if got := strangers(t, before); !slices.Equal(got, []SID{sidEveryone}) {
		t.Fatalf("the test's own file is open to %v", got)
	}
	var journal []Record
	opt := Options{Journal: func(r Record) error { journal = append(journal, r); return nil }}
	all := reports(t, fixAll, opt, Target{Path: path})
	if len(all) != 1 {
		t.Fatalf("reports: %+v", all)
	}
	r := all[0]
	if r.Err != nil || !r.Applied || !r.Verified || !Refused(r.Findings) || !slices.Contains(codes(r.Findings), CodeKeyACL) || len(r.Remaining) > 0 {
		t.Errorf("fix: %+v", r)
	}
	after := asked(t, path)
	if got := strangers(t, after); len(got) > 0 {
		t.Errorf("still open to %v: %s", got, after.SDDL())
	}
	want := parsed(t, systemBytes(t, "D:P(A;;FA;;;"+me(t)+")(A;;FA;;;SY)(A;;FA;;;BA)"))
	if !underWine() && (!reflect.DeepEqual(after.DACL, want.DACL) || after.Control&DACLProtected == 0) {
		t.Errorf("descriptor %s, want %s", after.SDDL(), want.SDDL())
	}
	if again := reports(t, fixAll, opt, Target{Path: path}); len(again) > 0 {
		t.Errorf("a second time: %+v", again)
	}
	if len(journal) != 1 {
		t.Fatalf("journal: %+v", journal)
	}
	if err := Undo(journal[0]); err != nil {
		t.Fatal(err)
	}
	if got := asked(t, path); !reflect.DeepEqual(got, before) {
		t.Errorf("after Undo %s, before %s", got.SDDL(), before.SDDL())
	}
}

// An error of the journal leaves the file as it is.
func TestFixStopsAtJournal(t *testing.T) {
	path := keyFile(t)
	before := asked(t, path)
	full := errors.New("no space left")
	all := reports(t, fixAll, Options{Journal: func(Record) error { return full }}, Target{Path: path})
	if len(all) != 1 || !errors.Is(all[0].Err, full) || all[0].Applied || all[0].Verified {
		t.Errorf("reports: %+v", all)
	}
	if got := asked(t, path); !reflect.DeepEqual(got, before) {
		t.Errorf("changed to %s", got.SDDL())
	}
}

// Inherited entries become explicit ones or go, and Undo gives them back as
// inherited. Wine has none to begin with.
func TestUndoGivesBackInheritance(t *testing.T) {
	if underWine() {
		t.Skip("Wine keeps no descriptor of a file")
	}
	path := filepath.Join(t.TempDir(), "id_rsa")
	if err := os.WriteFile(path, []byte(somePrivateKey), 0o600); err != nil {
		t.Fatal(err)
	}
	setOnFile(t, path, "D:AI(A;ID;FA;;;"+me(t)+")(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)(A;;0x1200a9;;;S-1-5-21-1-2-3-1234)")
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	before, err := o.state()
	o.close()
	if err != nil {
		t.Fatal(err)
	}
	if d := parsed(t, before.Descriptor); d.Control&(DACLAutoInherited|DACLProtected) != DACLAutoInherited || len(d.DACL) != 5 {
		t.Fatalf("the test's own file has %s", d.SDDL())
	}
	var journal []Record
	all := reports(t, fixAll, Options{Journal: func(r Record) error { journal = append(journal, r); return nil }}, Target{Path: path})
	if len(all) != 1 || !all[0].Verified || len(journal) != 1 {
		t.Fatalf("reports %+v, journal %+v", all, journal)
	}
	if err := Undo(journal[0]); err != nil {
		t.Fatal(err)
	}
	if o, err = openObject(path); err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if now, err := o.state(); err != nil || !bytes.Equal(now.Descriptor, before.Descriptor) {
		t.Errorf("after Undo %x, %v; before %x", now.Descriptor, err, before.Descriptor)
	}
}

func TestUndoLeavesOtherFilesAlone(t *testing.T) {
	path := keyFile(t)
	var journal []Record
	reports(t, fixAll, Options{Journal: func(r Record) error { journal = append(journal, r); return nil }}, Target{Path: path})
	if len(journal) != 1 {
		t.Fatalf("journal: %+v", journal)
	}
	// Kept under another name, so that its number is not given to the next file.
	if err := os.Rename(path, path+".old"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(somePrivateKey), 0o600); err != nil {
		t.Fatal(err)
	}
	setOnFile(t, path, "D:P(A;;FA;;;"+me(t)+")(A;;FA;;;SY)")
	if err := Undo(journal[0]); !errors.Is(err, ErrReplaced) {
		t.Errorf("Undo on another file: %v", err)
	}
	if got := strangers(t, asked(t, path)); len(got) > 0 {
		t.Errorf("the other file is open to %v", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := Undo(journal[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Undo without a file: %v", err)
	}
}

// What is judged is what is changed, whatever has its name by then.
func TestChangeFollowsTheFile(t *testing.T) {
	path := keyFile(t)
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if err := os.Rename(path, path+".moved"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("theirs"), 0o644); err != nil {
		t.Fatal(err)
	}
	setOnFile(t, path, "D:P(A;;FA;;;"+me(t)+")(A;;0x1200a9;;;WD)")
	err = o.apply(Change{SDDL: "D:P(A;;FA;;;" + me(t) + ")(A;;FA;;;SY)"})
	if got := strangers(t, asked(t, path)); !slices.Equal(got, []SID{sidEveryone}) {
		t.Errorf("the other file was changed: %v", got)
	}
	if underWine() { // which opens again by name
		if !errors.Is(err, ErrReplaced) || o.head() != nil {
			t.Errorf("got %v, and reads %q", err, o.head())
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if got := strangers(t, asked(t, path+".moved")); len(got) > 0 {
		t.Errorf("the file that was opened is still open to %v", got)
	}
	if head := o.head(); string(head) != somePrivateKey {
		t.Errorf("reads %q", head)
	}
}

// The owner may change a DACL that lets nobody in, himself included.
func TestFixFileThatLetsNobodyIn(t *testing.T) {
	path := keyFile(t)
	setOnFile(t, path, "D:P")
	all := reports(t, fixAll, Options{}, Target{Path: path, Role: PrivateKey})
	if len(all) != 1 || !all[0].Applied || !all[0].Verified || !slices.Contains(codes(all[0].Findings), CodeUnreadable) {
		t.Fatalf("reports: %+v", all)
	}
	if got, err := os.ReadFile(path); err != nil || string(got) != somePrivateKey {
		t.Errorf("the owner reads %q, %v", got, err)
	}
	if got := strangers(t, asked(t, path)); len(got) > 0 {
		t.Errorf("open to %v", got)
	}
}

// Wine's SetNamedSecurityInfo succeeds, and merges what the folder gives everybody
// into a protected DACL. It stands for every system that keeps another descriptor
// than it was given: the second look has to tell.
func TestSecondLookTellsWhatWasNotKept(t *testing.T) {
	path := keyFile(t)
	setOnFile(t, filepath.Dir(path), "D:P(A;OICI;FA;;;"+me(t)+")(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;WD)")
	o, err := openObject(path)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if o.Account, err = ownAccount(); err != nil {
		t.Fatal(err)
	}
	o.Role = PrivateKey
	plan := Plan(o.Facts)
	sd, err := windows.SecurityDescriptorFromString(plan.SDDL)
	if err != nil {
		t.Fatal(err)
	}
	dacl, _, err := sd.DACL()
	if err != nil {
		t.Fatal(err)
	}
	if err := windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT,
		windows.DACL_SECURITY_INFORMATION|windows.PROTECTED_DACL_SECURITY_INFORMATION, nil, nil, dacl, nil); err != nil {
		t.Fatal(err)
	}
	after, err := o.look()
	if err != nil {
		t.Fatal(err)
	}
	left := strangers(t, asked(t, path))
	if underWine() != slices.Equal(left, []SID{sidEveryone}) {
		t.Fatalf("open to %v: the test does not know this system", left)
	}
	if seen := strangers(t, parsed(t, after.NT.Descriptor)); !slices.Equal(seen, left) {
		t.Errorf("the second look sees %v, there are %v", seen, left)
	}
	remaining := append(noEffect(o.Facts, plan, after), Judge(after)...)
	if !underWine() {
		if len(remaining) > 0 {
			t.Errorf("findings about a file that was mended: %+v", remaining)
		}
		return
	}
	if got := codes(remaining); !slices.Equal(got, []string{CodeNoEffect, CodeKeyACL}) || !Refused(remaining) {
		t.Errorf("remaining %v: %+v", got, remaining)
	}
}

// .ci/wine makes a file of another user. Wine lets root set its owner, says that
// it did, and keeps the one there was.
func TestFixReportsOwnerThatStays(t *testing.T) {
	path := os.Getenv("SSHKEYS_WINE_FOREIGN")
	if path == "" || !underWine() {
		t.Skip("needs Wine and, in SSHKEYS_WINE_FOREIGN, a private key of another user (.ci/wine as root)")
	}
	all := reports(t, fixAll, Options{}, Target{Path: path})
	if len(all) != 1 {
		t.Fatalf("reports: %+v", all)
	}
	r := all[0]
	if !r.Applied || r.Verified || r.Err != nil {
		t.Errorf("applied %v, verified %v, %v", r.Applied, r.Verified, r.Err)
	}
	if got := codes(r.Remaining); len(got) < 2 || got[0] != CodeNoEffect || got[1] != CodeKeyACL || !Refused(r.Remaining) {
		t.Errorf("remaining: %+v", r.Remaining)
	}
}

// An administrator mends for another account only what is that account's.
func TestGuard(t *testing.T) {
	path := keyFile(t)
	other := filepath.Join(t.TempDir(), "home")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(filepath.Dir(path), "second-name")
	if err := os.Link(path, linked); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(filepath.Dir(path), "alone")
	if err := os.WriteFile(alone, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inside, err := realPath(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	stranger := "S-1-5-21-1-2-3-1234"
	for _, c := range []struct {
		name    string
		path    string
		asRoot  bool
		account Account
		refused bool
	}{
		{"own", path, false, Account{SID: me(t), Home: other}, false},
		{"the account's own, elsewhere", path, true, Account{SID: asOwner(t, path), Home: other}, false},
		{"another's, elsewhere", alone, true, Account{SID: stranger, Home: other}, true},
		{"another's, in the home", alone, true, Account{SID: stranger, Home: inside}, false},
		{"another's, linked into the home", path, true, Account{SID: stranger, Home: inside}, true},
		{"no home is known", alone, true, Account{SID: stranger}, true},
	} {
		o, err := openObject(c.path)
		if err != nil {
			t.Fatal(err)
		}
		o.AsRoot, o.Account = c.asRoot, c.account
		err = o.apply(Change{SDDL: "D:P(A;;FA;;;" + me(t) + ")(A;;FA;;;SY)"})
		o.close()
		if errors.Is(err, errForeign) != c.refused || err != nil && !c.refused {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func asOwner(t *testing.T, path string) string {
	t.Helper()
	return string(asked(t, path).Owner)
}

// Win32-OpenSSH judges the link by its own descriptor, so both are looked at.
func TestLinkAndTarget(t *testing.T) {
	target := keyFile(t)
	link := filepath.Join(t.TempDir(), "id_link")
	if err := os.Symlink(target, link); err != nil {
		t.Skipf("this account may not make symbolic links: %v", err)
	}
	if underWine() {
		t.Skip("Wine's symbolic links do not open")
	}
	setOnLink(t, link, "D:P(A;;FA;;;"+me(t)+")(A;;FA;;;SY)(A;;FA;;;BU)")
	real, err := realPath(target)
	if err != nil {
		t.Fatal(err)
	}
	var journal []Record
	all := reports(t, fixAll, Options{Journal: func(r Record) error { journal = append(journal, r); return nil }}, Target{Path: link})
	if len(all) != 1 {
		t.Fatalf("reports: %+v", all)
	}
	r := all[0]
	if r.Facts.Target != real || r.Facts.NT.Link == nil || r.Change.LinkSDDL == "" || r.Change.SDDL == "" || !r.Verified {
		t.Errorf("report: %+v, change %v", r, r.Change)
	}
	if got := strangers(t, asked(t, target)); len(got) > 0 {
		t.Errorf("the target is open to %v", got)
	}
	if len(journal) != 1 || journal[0].Path != real || journal[0].Before.Link == nil {
		t.Fatalf("journal: %+v", journal)
	}
	if err := Undo(journal[0]); err != nil {
		t.Fatal(err)
	}
	o, err := openObject(link)
	if err != nil {
		t.Fatal(err)
	}
	defer o.close()
	if now, err := o.state(); err != nil || !reflect.DeepEqual(now, journal[0].Before) {
		t.Errorf("after Undo %+v, %v; before %+v", now, err, journal[0].Before)
	}
}

func setOnLink(t *testing.T, path, sddl string) {
	t.Helper()
	h, err := openToLook(path, windows.FILE_OPEN_REPARSE_POINT)
	if err != nil {
		t.Fatal(err)
	}
	defer windows.CloseHandle(h)
	if err := change(h, systemBytes(t, sddl), false); err != nil {
		t.Fatal(err)
	}
}

// What an administrator's token holds is used on this thread and given back.
func TestPrivilegesDoNotStay(t *testing.T) {
	failed := errors.New("failed")
	if err := privileged(func() error { return failed }); err != failed {
		t.Errorf("got %v", err)
	}
	var token windows.Token
	if err := windows.OpenThreadToken(windows.CurrentThread(), windows.TOKEN_QUERY, true, &token); err == nil {
		token.Close()
		t.Error("the thread still has a token of its own")
	} else if !errors.Is(err, windows.ERROR_NO_TOKEN) {
		t.Errorf("got %v", err)
	}
}
