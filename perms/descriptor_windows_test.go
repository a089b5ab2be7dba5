package perms

import (
	"reflect"
	"testing"
	"unsafe"

	"golang.org/x/sys/windows"
)

// sddls are read by us and by Windows; a name tells what Wine does not know.
func sddls(user string) map[string]string {
	domain := "S-1-5-21-1004336348-1177238915-682003330-512"
	return map[string]string{
		"O:" + user + "D:P(A;;FA;;;" + user + ")(A;;FA;;;SY)(A;;FA;;;BA)": "",
		"O:SYG:SYD:(A;;FA;;;SY)":                                                         "",
		"O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)":                                                "",
		"O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)":                "",
		"D:AI(A;ID;FA;;;SY)(A;ID;FR;;;WD)(A;OICIIOID;GA;;;CO)":                           "",
		"D:ARAI(A;;FA;;;SY)":                                                             "",
		"D:(D;;FA;;;BG)(A;;FR;;;AU)(A;;FX;;;BU)(A;;FW;;;IU)":                             "",
		"D:(A;;GRGWGXGA;;;WD)(A;;RCSDWDWO;;;AN)":                                         "",
		"D:(A;;CCDCLCSWRPWPDTLOCR;;;PS)":                                                 "",
		"D:(A;;0x1;;;S-1-15-2-1)(A;;0x1301bf;;;" + domain + ")":                          "",
		"D:(A;NPIO;FA;;;S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464)": "",
		"D:":                         "",
		"D:P":                        "",
		"O:SY":                       "",
		"G:BU":                       "",
		"O:WDD:":                     "",
		"D:(A;;FA;;;OW)(A;;FA;;;AC)": "aliases",
		"D:NO_ACCESS_CONTROL":        "NULL DACL",
		"D:(A;;0x0;;;WD)":            "mask of 0",
		"D:(A;;;;;WD)":               "mask of 0",
		"D:(OA;;CC;00000000-0000-0000-0000-000000000001;;WD)": "object entries",
		`D:(XA;;FA;;;WD;(@User.a == 1))`:                      "conditions",
	}
}

func TestSDDLAsWindowsReadsIt(t *testing.T) {
	for sddl, missing := range sddls(me(t)) {
		if missing != "" && underWine() {
			continue
		}
		ours, err := ParseSDDL(sddl)
		if missing == "conditions" && err != nil {
			continue // in words, which we refuse
		}
		sd, theirErr := windows.SecurityDescriptorFromString(sddl)
		if err != nil || theirErr != nil {
			t.Errorf("%s: we %v, Windows %v", sddl, err, theirErr)
			continue
		}
		theirs := parsed(t, unsafe.Slice((*byte)(unsafe.Pointer(sd)), sd.Length()))
		if !reflect.DeepEqual(ours, theirs) {
			t.Errorf("%s: we read %+v, Windows %+v", sddl, ours, theirs)
		}
		// What we write, in bytes and in letters, Windows reads as the same.
		raw := ours.Bytes()
		words := make([]uint64, (len(raw)+7)/8)
		copy(unsafe.Slice((*byte)(unsafe.Pointer(&words[0])), len(words)*8), raw)
		own := (*windows.SECURITY_DESCRIPTOR)(unsafe.Pointer(&words[0]))
		if !own.IsValid() || int(own.Length()) != len(raw) {
			t.Errorf("%s: Windows does not take our bytes: length %d of %d", sddl, own.Length(), len(raw))
			continue
		}
		if ours.Owner != "" && ours.Group != "" || ours.DACL != nil { // Wine writes "" for others
			if back, err := ParseSDDL(own.String()); err != nil || !same(back, ours) {
				t.Errorf("%s: Windows writes our bytes as %s: %+v, %v", sddl, own.String(), back, err)
			}
		}
		if letters := parsed(t, systemBytes(t, ours.SDDL())); !reflect.DeepEqual(letters, ours) {
			t.Errorf("%s: Windows reads our %s as %+v", sddl, ours.SDDL(), letters)
		}
	}
}

// same leaves out what the string form does not carry everywhere.
func same(a, b Descriptor) bool {
	return a.Owner == b.Owner && a.Group == b.Group && reflect.DeepEqual(a.DACL, b.DACL) &&
		a.Control&(DACLProtected|DACLAutoInherited|DACLAutoInheritReq) == b.Control&(DACLProtected|DACLAutoInherited|DACLAutoInheritReq)
}

func TestSDDLThatWindowsRefuses(t *testing.T) {
	for _, sddl := range []string{
		"X:SY", "O:ZZ", "O:S-1-", "D:(A;;FA;;;SY", "D:(A;;FA;;SY)", "D:(Q;;FA;;;SY)", "D:(A;QQ;FA;;;SY)",
		"D:(A;;QQ;;;SY)", "D:(A;;FA;;;)", "D:(A;;FA;;;S-1-5-x)",
	} {
		if _, err := windows.SecurityDescriptorFromString(sddl); err == nil {
			t.Logf("Windows reads %s", sddl)
			continue
		}
		if d, err := ParseSDDL(sddl); err == nil {
			t.Errorf("%s: we read %+v, Windows refuses", sddl, d)
		}
	}
}

// The SIDs that the rules name are those of Windows.
func TestWellKnownSIDs(t *testing.T) {
	for sid, kind := range map[SID]windows.WELL_KNOWN_SID_TYPE{
		sidEveryone:       windows.WinWorldSid,
		sidCreatorOwner:   windows.WinCreatorOwnerSid,
		sidInteractive:    windows.WinInteractiveSid,
		sidAuthenticated:  windows.WinAuthenticatedUserSid,
		sidSystem:         windows.WinLocalSystemSid,
		sidAdministrators: windows.WinBuiltinAdministratorsSid,
		sidUsers:          windows.WinBuiltinUsersSid,
	} {
		got, err := windows.CreateWellKnownSid(kind)
		if err != nil || got.String() != string(sid) {
			t.Errorf("Windows has %v (%v), the rules %s", got, err, sid)
		}
	}
	for alias, sid := range map[string]SID{"WD": sidEveryone, "SY": sidSystem, "BA": sidAdministrators, "AU": sidAuthenticated, "BU": sidUsers, "CO": sidCreatorOwner, "IU": sidInteractive} {
		if d := parsed(t, systemBytes(t, "O:"+alias)); d.Owner != sid {
			t.Errorf("Windows' %s is %s, the rules' %s", alias, d.Owner, sid)
		}
	}
	if underWine() {
		return // Wine has no TrustedInstaller
	}
	sid, _, _, err := windows.LookupSID("", `NT SERVICE\TrustedInstaller`)
	if err != nil || sid.String() != string(sidTrustedInstaller) {
		t.Errorf("TrustedInstaller is %v, %v", sid, err)
	}
}
