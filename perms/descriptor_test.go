package perms_test

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"sshkeys/perms"
)

func mustParse(t testing.TB, sddl string) perms.Descriptor {
	t.Helper()
	d, err := perms.ParseSDDL(sddl)
	if err != nil {
		t.Fatalf("%s: %v", sddl, err)
	}
	return d
}

// sampleSDDL is one string for each thing that a descriptor can hold.
func sampleSDDL() []string {
	return []string{
		"O:SYG:BAD:PAI(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1301bf;;;S-1-5-21-1-2-3-1001)",
		"O:BAD:(A;OICIID;FA;;;SY)(A;OICIIO;GA;;;CO)(A;NP;FR;;;WD)",
		"D:(D;;FW;;;BU)(A;;FA;;;OW)",
		"D:", "D:P", "D:NO_ACCESS_CONTROL", "D:PARAINO_ACCESS_CONTROL",
		"O:BA", "O:BAG:SY",
		"D:(OA;;CC;00000000-1111-2222-3333-444444444444;;WD)(OD;;CC;;00000000-1111-2222-3333-444444444444;WD)(OA;;CC;;;WD)",
		"D:(XA;;FA;;;WD;#6172747800000000)(XD;;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464;#61727478)",
		"D:(A;CRSAFA;0x0;;;AC)(A;;0xffffffff;;;S-1-0x123456789abc-4294967295)(A;;FX;;;S-1-5)",
		"D:(A;;FA;;;S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15)",
	}
}

// The bytes were read from Windows' documentation of the structures ([MS-DTYP]
// 2.4.6 and below) and laid out by hand.
func TestDescriptorBytes(t *testing.T) {
	raw := strings.Join([]string{
		"01000490", "30000000", "00000000", "00000000", "14000000", // revision and flags; owner, group, SACL, DACL
		"02001c0001000000", "0000140089001200", "010100000000000100000000", // ACL; allow, 20 bytes, FR; S-1-1-0
		"010200000000000520000000" + "20020000", // S-1-5-32-544
	}, "")
	b, err := hex.DecodeString(raw)
	if err != nil {
		t.Fatal(err)
	}
	d, err := perms.ParseDescriptor(b)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := d.SDDL(), "O:BAD:P(A;;FR;;;WD)"; got != want {
		t.Errorf("read %s, want %s", got, want)
	}
	if got := mustParse(t, "O:BAD:P(A;;FR;;;WD)").Bytes(); !reflect.DeepEqual(got, b) {
		t.Errorf("wrote %x\nwant  %x", got, b)
	}
}

func TestDescriptorRoundTrip(t *testing.T) {
	for _, s := range sampleSDDL() {
		d := mustParse(t, s)
		if got := d.SDDL(); got != s {
			t.Errorf("%s is written as %s", s, got)
		}
		again, err := perms.ParseDescriptor(d.Bytes())
		if err != nil || !reflect.DeepEqual(again, d) {
			t.Errorf("%s comes back from bytes as %+v, %v; want %+v", s, again, err, d)
		}
	}
}

// Cutting a descriptor short must never be taken for another descriptor's end.
func TestDescriptorTruncated(t *testing.T) {
	for _, s := range sampleSDDL() {
		whole := mustParse(t, s).Bytes()
		for n := range whole {
			if _, err := perms.ParseDescriptor(whole[:n]); !isDescriptorError(err) {
				t.Errorf("%s cut to %d of %d bytes: %v", s, n, len(whole), err)
			}
		}
	}
}

func isDescriptorError(err error) bool {
	var e *perms.DescriptorError
	return errors.As(err, &e)
}

// ntHostile are descriptors that lie about their lengths.
func ntHostile(t testing.TB) map[string][]byte {
	good := func() []byte { return mustParse(t, "O:BAD:P(A;;FR;;;WD)(A;;FA;;;SY)").Bytes() }
	change := func(at int, value ...byte) []byte { b := good(); copy(b[at:], value); return b }
	odd := append(mustParse(t, "D:(A;;FR;;;WD)").Bytes(), 0, 0)
	odd[22], odd[30] = 30, 22 // ACL and entry, in step
	return map[string][]byte{
		"entry of 22 bytes":            odd,
		"nothing":                      nil,
		"revision 2":                   change(0, 2),
		"not self-relative":            change(3, 0x10),
		"owner past the end":           change(4, 0xff, 0xff, 0xff, 0xff),
		"group past the end":           change(8, 0xff, 0xff, 0xff, 0x7f),
		"DACL past the end":            change(16, 0xff, 0xff, 0xff, 0xff),
		"DACL at the very end":         change(16, byte(len(good()))),
		"ACL of revision 1":            change(20, 1),
		"ACL of revision 5":            change(20, 5),
		"ACL of no size":               change(22, 0, 0),
		"ACL longer than all":          change(22, 0xff, 0xff),
		"one entry too many":           change(24, 3),
		"65535 entries":                change(24, 0xff, 0xff),
		"entry of no size":             change(30, 0, 0),
		"entry of 5 bytes":             change(30, 5, 0),
		"entry without its SID":        change(30, 8, 0),
		"entry longer than the ACL":    change(30, 0xff, 0),
		"object entry without GUID":    change(28, 5, 0, 20, 0, 0, 0, 0, 0, 3, 0, 0, 0),
		"SID of revision 0":            change(36, 0),
		"SID of 16 parts":              change(37, 16),
		"SID longer than its entry":    change(37, 2),
		"callback entry without a SID": change(28, 9, 0, 8, 0),
	}
}

func TestDescriptorHostile(t *testing.T) {
	for name, b := range ntHostile(t) {
		if d, err := perms.ParseDescriptor(b); !isDescriptorError(err) {
			t.Errorf("%s: read as %s, %v", name, d.SDDL(), err)
		}
	}
}

// A type that is not known is kept as it is: to leave it out would let in or lock
// out whom it names.
func TestDescriptorUnknownEntry(t *testing.T) {
	b := mustParse(t, "D:(A;;FR;;;WD)").Bytes()
	b[28] = 4 // compound
	d, err := perms.ParseDescriptor(b)
	if err != nil || len(d.DACL) != 1 || d.DACL[0].Type != perms.AllowCompound || d.DACL[0].SID != "" {
		t.Fatalf("%+v, %v", d, err)
	}
	if !reflect.DeepEqual(d.Bytes(), b) {
		t.Error("it is not written as it was read")
	}
	if _, err := perms.ParseSDDL(d.SDDL()); !isDescriptorError(err) {
		t.Errorf("%s has no string form and was read: %v", d.SDDL(), err)
	}
}

// Windows takes entries with object types only in an ACL of revision 4.
func TestDescriptorRevision(t *testing.T) {
	for sddl, want := range map[string]byte{"D:(A;;FA;;;SY)": 2, "D:(XA;;FA;;;SY;#61727478)": 2, "D:(A;;FA;;;SY)(OA;;CC;;;WD)": 4} {
		if got := mustParse(t, sddl).Bytes()[20]; got != want {
			t.Errorf("%s: revision %d, want %d", sddl, got, want)
		}
	}
}

func TestDescriptorKeepsNothingOfItsSource(t *testing.T) {
	b := mustParse(t, "O:BAD:(XA;;FA;;;WD;#61727478)").Bytes()
	d, err := perms.ParseDescriptor(b)
	if err != nil {
		t.Fatal(err)
	}
	before := d.SDDL()
	clear(b)
	if d.SDDL() != before {
		t.Error("it changes with the bytes it was read from")
	}
}

func TestDescriptorDropsSACL(t *testing.T) {
	b := mustParse(t, "O:BAD:P(A;;FA;;;SY)").Bytes()
	binary.LittleEndian.PutUint16(b[2:], binary.LittleEndian.Uint16(b[2:])|0x2810) // SACL present, inherited, protected
	binary.LittleEndian.PutUint32(b[12:], 0xffffffff)
	d, err := perms.ParseDescriptor(b)
	if err != nil || d.SDDL() != "O:BAD:P(A;;FA;;;SY)" || d.Control != perms.SelfRelative|perms.DACLPresent|perms.DACLProtected {
		t.Errorf("%s %#x %v", d.SDDL(), d.Control, err)
	}
}

func TestSID(t *testing.T) {
	for text, want := range map[string]perms.SID{
		"S-1-5-18":                       "S-1-5-18",
		"s-1-5-18":                       "S-1-5-18",
		"S-1-0x5-18":                     "S-1-5-18",
		"S-1-05-018":                     "S-1-5-18",
		"S-1-0x0123456789ab-1":           "S-1-0x0123456789ab-1",
		"S-1-4294967296-1":               "S-1-0x000100000000-1",
		"S-1-5-21-4294967295-0-1-500":    "S-1-5-21-4294967295-0-1-500",
		"S-1-5-0x20-544":                 "S-1-5-32-544",
		"S-1-5":                          "S-1-5",
		"S-1-5-1-2-3-4-5-6-7-8-9-10-1-2": "S-1-5-1-2-3-4-5-6-7-8-9-10-1-2",
	} {
		if got, err := perms.ParseSID(text); got != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "S", "S-1", "S-2-5-18", "X-1-5-18", "S-1-5-", "S-1--5", "S-1-5-+18", "S-1-5-1_8", "S-1-5- 18", "S-1-5-0x",
		"S-1-5-4294967296", "S-1-281474976710656-1", "S-1-5-1-2-3-4-5-6-7-8-9-10-11-12-13-14-15-16", "S-1-5-18\n",
	} {
		if got, err := perms.ParseSID(text); !isDescriptorError(err) {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

func FuzzDescriptor(f *testing.F) {
	seeds := 0
	for _, s := range sampleSDDL() {
		f.Add(mustParse(f, s).Bytes())
		seeds++
	}
	for _, b := range ntHostile(f) {
		f.Add(b)
		seeds++
	}
	if seeds < 30 {
		f.Fatalf("only %d seeds", seeds)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := perms.ParseDescriptor(b)
		if err != nil {
			if !isDescriptorError(err) {
				t.Fatalf("%T", err)
			}
			return
		}
		again, err := perms.ParseDescriptor(d.Bytes())
		if err != nil || !reflect.DeepEqual(again, d) {
			t.Fatalf("%+v comes back as %+v, %v", d, again, err)
		}
		text := d.SDDL()
		if e, err := perms.ParseSDDL(text); err == nil && e.SDDL() != text {
			t.Fatalf("%s comes back as %s", text, e.SDDL())
		}
		for _, role := range ntRoles() {
			facts := perms.Facts{Path: `C:\f`, Role: role, Kind: perms.File, Account: ntAlice(), NT: &perms.NT{Descriptor: b}}
			if found := perms.Judge(facts.After(perms.Plan(facts))); len(found) > 0 {
				t.Fatalf("%s as %s: after the repair there is %+v", text, role, found)
			}
		}
	})
}
