package perms_test

import (
	"slices"
	"strings"
	"testing"

	"sshkeys/perms"
)

const (
	ntOwn   = "(A;;FA;;;" + ntAliceSID + ")(A;;FA;;;SY)(A;;FA;;;BA)"
	ntClean = "O:" + ntAliceSID + "D:P" + ntOwn
)

// ntCodes are the findings as CODE/severity.
func ntCodes(found []perms.Finding) string {
	var list []string
	for _, one := range found {
		list = append(list, one.Code+"/"+string(one.Severity))
	}
	return strings.Join(list, " ")
}

func TestNTJudge(t *testing.T) {
	const o = "O:" + ntAliceSID
	for _, c := range []struct {
		role perms.Role
		sddl string
		want string // codes, worst first
		says string // something that one of the messages says
	}{
		{perms.PrivateKey, ntClean, "", ""},
		{perms.PrivateKey, "O:SYD:AI(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;FA;;;" + ntAliceSID + ")", "", ""},
		{perms.PrivateKey, "O:" + ntAliceSID + "D:PAI(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x1301bf;;;" + ntAliceSID + ")", "", ""}, // as ssh-keygen makes it
		{perms.PrivateKey, ntClean + "(A;;0x0;;;BU)", "K02/error", "Users (S-1-5-32-545)"},
		{perms.PrivateKey, ntClean + "(A;ID;FR;;;AU)", "K02/error", "Authenticated Users (S-1-5-11), inherited from the folder"},
		{perms.PrivateKey, ntClean + "(A;IO;FR;;;WD)", "K02/error", "Everyone (S-1-1-0)"},
		{perms.PrivateKey, ntClean + "(A;;FA;;;OW)", "K02/error", "OWNER RIGHTS (S-1-3-4)"},
		{perms.PrivateKey, ntClean + "(A;;FR;;;CO)", "K02/error", "CREATOR OWNER (S-1-3-0)"},
		{perms.PrivateKey, ntClean + "(A;;FA;;;" + ntGoneSID + ")", "K02/error", "the account " + ntGoneSID + " of another machine or domain, or deleted"},
		{perms.PrivateKey, ntClean + "(A;;FA;;;" + ntBobSID + ")", "K02/error", "the account " + ntBobSID + ", maybe deleted"},
		{perms.PrivateKey, ntClean + "(A;;FA;;;S-1-5-21-10-20-30-512)", "K02/error", "Domain Admins (S-1-5-21-10-20-30-512)"},
		{perms.PrivateKey, ntClean + "(A;;FR;;;S-1-15-2-9)(A;;FR;;;S-1-5-80-1-2-3-4-5)", "K02/error", "the app S-1-15-2-9; the service S-1-5-80-1-2-3-4-5"},
		{perms.PrivateKey, "O:" + ntBobSID + "D:P" + ntOwn, "K02/error", "belongs to the account " + ntBobSID},
		{perms.PrivateKey, "O:" + ntBobSID + "D:P" + ntOwn + "(A;;FA;;;WD)", "K02/error K02/error", "Everyone"},
		{perms.PrivateKey, "O:" + ntTiSID + "D:P" + ntOwn, "S10/info", "before 8.1"},
		{perms.PrivateKey, ntClean + "(A;;FA;;;" + ntTiSID + ")", "S10/info", "TrustedInstaller"},
		{perms.PrivateKey, o + "D:NO_ACCESS_CONTROL", "K02/error", "no access list"},
		{perms.PrivateKey, o, "K02/error", "no access list"},
		{perms.PrivateKey, o + "D:", "K09/error", "alice owns this private key and may change its access list"},
		{perms.PrivateKey, "O:BAD:P(A;;FA;;;SY)(A;;FA;;;BA)", "K09/error", "alice cannot read this private key, because no entry"},
		{perms.PrivateKey, o + "D:P(D;;FR;;;BU)" + ntOwn, "K09/error", "because an entry that denies comes first"},
		{perms.PrivateKey, o + "D:P" + ntOwn + "(D;;FR;;;BU)", "", ""}, // comes too late to lock out
		{perms.PrivateKey, o + "D:P(D;;0x116;;;" + ntAliceSID + ")" + ntOwn, "", ""},
		{perms.PrivateKey, o + "D:P(D;;FW;;;" + ntAliceSID + ")" + ntOwn, "K09/error", ""}, // FW holds SYNCHRONIZE, and so does reading
		{perms.PrivateKey, o + "D:P(D;;FA;;;WD)" + ntOwn, "K09/error", ""},
		{perms.PrivateKey, ntClean + "(D;;FA;;;" + ntBobSID + ")", "", ""},
		{perms.PrivateKey, ntClean + "(XA;;FR;;;WD;#61727478)", "S09/warning", "does not look at"},
		{perms.PrivateKey, ntClean + "(OA;;FR;;;" + ntBobSID + ")", "S09/warning", ntBobSID},

		{perms.PrivateKey, "O:BAD:P(A;;0x120009;;;" + ntAliceSID + ")", "", ""}, // the folder lets its attributes be read

		{perms.HostKey, "O:SYD:P(A;;FA;;;SY)(A;;FA;;;BA)", "", ""},
		{perms.HostKey, ntClean, "S11/error S11/error", "belongs to alice"},

		{perms.Config, ntClean + "(A;;FR;;;BU)", "S10/info", "before 8.1"},
		{perms.Config, ntClean + "(A;;DC;;;BU)", "D02/error", "lets others write"},
		{perms.Config, ntClean + "(A;;LC;;;BU)(A;;RP;;;WD)(A;;CR;;;AU)", "D02/error", "Everyone"},
		{perms.Config, ntClean + "(A;;WD;;;WD)", "S09/warning", "take it over"},
		{perms.Config, ntClean + "(A;;WO;;;WD)(A;;SD;;;BU)(A;;GW;;;AU)(A;;GA;;;IU)", "S09/warning", "INTERACTIVE"},
		{perms.Config, ntClean + "(A;IO;WD;;;WD)", "S10/info", ""}, // does not hold for the file itself
		{perms.Config, ntClean + "(A;;WD;;;OW)", "S10/info", "OWNER RIGHTS"},
		{perms.Config, ntClean + "(A;;FR;;;WD)(A;;SD;;;BU)", "S09/warning S10/info", ""},
		{perms.Config, "O:" + ntBobSID + "D:P" + ntOwn, "D02/error", ""},
		{perms.Config, "O:" + ntBobSID + "D:P", "D02/warning K09/warning", "Once it can be read"},
		{perms.IncludedConfig, "O:" + ntBobSID + "D:P", "D02/error K09/error", ""},

		{perms.AuthorizedKeys, ntClean + "(A;;FR;;;BU)", "S10/warning", "before 8.6"},
		{perms.AuthorizedKeys, ntClean + "(A;;FW;;;BU)", "D01/error", "sshd refuses"},
		{perms.AuthorizedKeys, o + "D:P(A;;FA;;;" + ntAliceSID + ")", "K09/error", "SYSTEM cannot read"},
		{perms.AuthorizedKeys, "O:BAD:P(A;;FA;;;SY)", "", ""}, // sshd reads it as SYSTEM
		{perms.AuthorizedPrincipals, "O:" + ntBobSID + "D:P" + ntOwn, "D01/error", ""},

		{perms.AdminKeys, "O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)", "", ""},
		{perms.AdminKeys, ntClean, "S01/warning S03/warning", "every other administrator"},
		{perms.AdminKeys, "O:" + ntBobSID + "D:P(A;;FA;;;BA)(A;;FA;;;SY)", "D01/error", ""},

		{perms.ProgramData, "O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;AU)", "", ""},
		{perms.ProgramData, "O:BAD:PAI(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1301bf;;;AU)", "S12/error", ""},
		{perms.ProgramData, "O:" + ntTiSID + "D:P(A;OICI;FA;;;SY)", "S12/error", ""},
		{perms.ProgramData, ntClean, "S12/error S12/error", ""},

		{perms.SSHDir, ntClean, "", ""},
		{perms.SSHDir, ntClean + "(A;OICIIO;GA;;;CO)", "", ""},
		{perms.SSHDir, ntClean + "(A;OICI;0x1200a9;;;BU)", "S04/info", "look into it"},
		{perms.SSHDir, ntClean + "(A;OICI;0x1301bf;;;BU)", "S03/warning", "change it"},
		{perms.SSHDir, ntClean + "(A;;DT;;;BU)", "S03/warning", ""}, // delete what is in it
		{perms.KnownHosts, ntClean + "(A;;FR;;;WD)", "", ""},
		{perms.KnownHosts, ntClean + "(A;;FA;;;WD)", "S03/warning", "Everyone"},
		{perms.KnownHosts, ntClean + "(A;;FA;;;OW)", "", ""},
		{perms.KnownHosts, "O:" + ntBobSID + "D:P" + ntOwn + "(A;;FA;;;OW)", "S01/warning S03/warning", "OWNER RIGHTS"},
		{perms.PublicKey, ntClean + "(A;;FR;;;WD)", "", ""},
		{perms.PublicKey, "O:" + ntBobSID + "D:P" + ntOwn, "S01/warning", "who may change it"},
		{perms.Certificate, o + "D:NO_ACCESS_CONTROL", "S03/warning", "open to everybody"},
		{perms.UserFile, ntClean + "(A;;WO;;;WD)", "S03/warning", ""},
		{perms.SystemConfig, "O:BAD:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1200a9;;;AU)", "", ""},
		{perms.SystemConfig, "O:BAD:(A;;FA;;;SY)(A;;FA;;;BA)(A;;0x1301bf;;;AU)", "S03/warning", ""},

		{perms.Home, "O:" + ntBobSID + "D:NO_ACCESS_CONTROL", "", ""},
		{perms.ParentDir, "O:" + ntBobSID + "D:NO_ACCESS_CONTROL", "", ""},
	} {
		found := perms.Judge(ntFacts(c.role, mustParse(t, c.sddl)))
		if got := ntCodes(found); got != c.want {
			t.Errorf("%s %s:\n got %s\nwant %s\n%+v", c.role, c.sddl, got, c.want, found)
		}
		said := slices.ContainsFunc(found, func(one perms.Finding) bool { return strings.Contains(one.Message, c.says) })
		if c.says != "" && !said {
			t.Errorf("%s %s: nothing says %q: %+v", c.role, c.sddl, c.says, found)
		}
		for _, one := range found {
			if !one.Fixable || one.Command != `sshkeys fixperms "C:\Users\alice\.ssh\f"` || one.Want == "" || one.Severity == perms.Error && one.Source == "" {
				t.Errorf("%s %s: %+v", c.role, c.sddl, one)
			}
		}
	}
}

func TestNTPlan(t *testing.T) {
	const o = "O:" + ntAliceSID
	for _, c := range []struct {
		role perms.Role
		sddl string
		want string
	}{
		{perms.PrivateKey, ntClean, ""},
		{perms.PrivateKey, ntClean + "(A;;FR;;;WD)", "D:P" + ntOwn},
		{perms.PrivateKey, "O:SYD:(A;;FR;;;WD)", "D:P" + ntOwn},
		{perms.PrivateKey, "O:" + ntGoneSID + "D:P" + ntOwn, ntClean},
		{perms.PrivateKey, "O:" + ntTiSID + "D:P" + ntOwn, ntClean},
		{perms.PrivateKey, o, "D:P" + ntOwn},
		{perms.PrivateKey, "O:BAD:(D;;FA;;;WD)", "D:P" + ntOwn},
		{perms.Config, ntClean + "(A;;FW;;;WD)", "D:P" + ntOwn},
		{perms.AuthorizedKeys, "O:" + ntBobSID + "D:", ntClean},
		{perms.AdminKeys, ntClean, "O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)"},
		{perms.HostKey, "O:SYD:(A;;FA;;;WD)", "D:P(A;;FA;;;BA)(A;;FA;;;SY)"},
		{perms.SSHDir, ntClean + "(A;OICI;FA;;;WD)", "D:P" + strings.ReplaceAll(ntOwn, ";;FA", ";OICI;FA")},
		{perms.ProgramData, ntClean, "O:BAD:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)(A;OICI;0x1200a9;;;AU)"},
		{perms.KnownHosts, ntClean + "(A;;FA;;;WD)", "D:P" + ntOwn + "(A;;0x1200a9;;;WD)"},
		{perms.KnownHosts, ntClean + "(A;;FR;;;WD)", ""},
		{perms.KnownHosts, ntClean + "(A;;FA;;;OW)(A;;FA;;;WD)", "D:P" + ntOwn + "(A;;0x1200a9;;;WD)"}, // OWNER RIGHTS would bind the owner
		{perms.PublicKey, o + "D:(D;;FA;;;" + ntBobSID + ")(A;ID;GA;;;BU)(A;;FR;;;WD)", "D:P(D;;FA;;;" + ntBobSID + ")" + ntOwn + "(A;;0x1200a9;;;BU)(A;;FR;;;WD)"},
		{perms.PublicKey, o + "D:(D;;FA;;;WD)(A;;FA;;;BU)", "D:P" + ntOwn}, // nobody could read it, and nobody gets to
		{perms.PublicKey, o + "D:(XD;;FA;;;" + ntBobSID + ";#61727478)(A;;FA;;;BU)", "D:P" + ntOwn},
		{perms.Home, "O:" + ntBobSID + "D:(A;;FA;;;WD)", ""},
	} {
		if got := perms.Plan(ntFacts(c.role, mustParse(t, c.sddl))); got != (perms.Change{SDDL: c.want}) {
			t.Errorf("%s %s:\n got %+v\nwant %s", c.role, c.sddl, got, c.want)
		}
	}
}

// The logs folder has no entry for Authenticated Users, as sshd makes it.
func TestNTLogsFolder(t *testing.T) {
	f := ntFacts(perms.ProgramData, mustParse(t, "O:BAD:(A;;FA;;;WD)"))
	f.Path = `C:\ProgramData\ssh\Logs`
	if got, want := perms.Plan(f).SDDL, "D:P(A;OICI;FA;;;BA)(A;OICI;FA;;;SY)"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Whoever lacks the right to change the file is told to start as administrator.
func TestNTNeedsAdministrator(t *testing.T) {
	for sddl, want := range map[string]bool{
		ntClean + "(A;;FR;;;WD)":                         false, // full access
		"O:" + ntAliceSID + "D:(A;;FR;;;WD)":             false, // the owner may always change it
		"O:" + ntAliceSID + "D:(A;;FR;;;OW)":             true,  // unless OWNER RIGHTS says otherwise
		"O:" + ntBobSID + "D:" + ntOwn:                   false, // may take it
		"O:" + ntBobSID + "D:(A;;FR;;;" + ntBobSID + ")": true,
		"O:" + ntBobSID + "D:(A;;0x1301bf;;;WD)":         true,
	} {
		found := perms.Judge(ntFacts(perms.PrivateKey, mustParse(t, sddl)))
		if len(found) == 0 {
			t.Errorf("%s: nothing found", sddl)
		}
		for _, one := range found {
			if got := strings.Contains(one.Message, "in a terminal started as administrator"); got != want {
				t.Errorf("%s: %v, want %v: %s", sddl, got, want, one.Message)
			}
		}
	}
	f := ntFacts(perms.AdminKeys, mustParse(t, "O:BAD:(A;;FA;;;BA)(A;;FA;;;SY)(A;;FA;;;BU)"))
	for _, elevated := range []bool{false, true} {
		f.Account.SIDs = nil
		if elevated {
			f.Account.SIDs = []string{"S-1-5-32-544"}
		}
		f.NT.Descriptor = mustParse(t, "O:BAD:(A;;FA;;;BA)(A;;FA;;;SY)(A;;0x120116;;;S-1-5-32-546)").Bytes()
		if got := strings.Contains(perms.Judge(f)[0].Message, "as administrator"); got == elevated {
			t.Errorf("elevated %v: %s", elevated, perms.Judge(f)[0].Message)
		}
	}
}

// A group of the token reads for the account.
func TestNTReadsThroughGroup(t *testing.T) {
	f := ntFacts(perms.PrivateKey, mustParse(t, "O:BAD:P(A;;FA;;;BA)(A;;FA;;;SY)"))
	f.Account.SIDs = []string{"S-1-5-32-544"}
	if found := perms.Judge(f); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

func TestNTNoACLs(t *testing.T) {
	for role, want := range map[perms.Role]string{
		perms.PrivateKey: "S06/error", perms.Config: "S06/error", perms.AuthorizedKeys: "S06/error", perms.PublicKey: "S06/info", perms.Home: "",
	} {
		f := ntFacts(role, mustParse(t, "O:WDD:NO_ACCESS_CONTROL"))
		f.NT.NoACLs, f.Mount = true, perms.Mount{Point: `E:\`, Type: "FAT32"}
		found := perms.Judge(f)
		if ntCodes(found) != want {
			t.Errorf("%s: %+v, want %s", role, found, want)
		}
		if role == perms.PrivateKey && (found[0].Command != `sshkeys import "C:\Users\alice\.ssh\f"` || !strings.Contains(found[0].Message, "move it to an NTFS drive")) {
			t.Errorf("%+v", found)
		}
		if plan := perms.Plan(f); !plan.Empty() {
			t.Errorf("%s: %v", role, plan)
		}
	}
}

func TestNTBrokenDescriptor(t *testing.T) {
	f := ntFacts(perms.PrivateKey, mustParse(t, ntClean))
	f.NT.Descriptor = f.NT.Descriptor[:30]
	if got := ntCodes(perms.Judge(f)); got != "K02/error" {
		t.Error(got)
	}
	if found := perms.Judge(f.After(perms.Plan(f))); len(found) > 0 {
		t.Errorf("%+v", found)
	}
}

// Without a SID of the account there is nothing to set.
func TestNTUnknownAccount(t *testing.T) {
	for _, sid := range []string{"", "alice"} {
		f := ntFacts(perms.PrivateKey, mustParse(t, ntClean+"(A;;FA;;;WD)"))
		f.Account.SID = sid
		found := perms.Judge(f)
		if !perms.Refused(found) || !perms.Plan(f).Empty() || found[0].Fixable {
			t.Errorf("%q: %+v, %v", sid, found, perms.Plan(f))
		}
	}
}

func TestNTLink(t *testing.T) {
	f := ntFacts(perms.PrivateKey, mustParse(t, ntClean))
	f.Target = `C:\Users\alice\keys\f`
	f.NT.Link = mustParse(t, ntClean+"(A;;FR;;;WD)").Bytes()
	found := perms.Judge(f)
	if ntCodes(found) != "S05/error" || !strings.Contains(found[0].Message, "The link itself") {
		t.Errorf("%+v", found)
	}
	if got := perms.Plan(f); got != (perms.Change{LinkSDDL: "D:P" + ntOwn}) {
		t.Errorf("%+v", got)
	}
	if left := perms.Judge(f.After(perms.Plan(f))); len(left) > 0 {
		t.Errorf("%+v", left)
	}
	f.NT.Descriptor = mustParse(t, "O:"+ntBobSID+"D:P"+ntOwn).Bytes()
	if got := perms.Plan(f); got != (perms.Change{SDDL: ntClean, LinkSDDL: "D:P" + ntOwn}) {
		t.Errorf("%+v", got)
	}
}

func TestNTOutside(t *testing.T) {
	f := ntFacts(perms.PrivateKey, mustParse(t, ntClean+"(A;;FR;;;WD)"))
	f.Target, f.Outside = `D:\keys\f`, true
	found := perms.Judge(f)
	if ntCodes(found) != "K02/error S05/warning" || found[1].Command != `sshkeys fixperms "D:\keys\f"` || found[0].Fixable {
		t.Errorf("%+v", found)
	}
	if plan := perms.Plan(f); !plan.Empty() {
		t.Errorf("%v", plan)
	}
}
