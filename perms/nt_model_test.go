package perms_test

import (
	"fmt"
	"slices"
	"testing"

	"sshkeys/perms"
)

// The checks of Win32-OpenSSH, written from spec/permissions.md 1.2 for these tests
// alone: nothing of the package's own rules is used.

const (
	ntAliceSID = "S-1-5-21-10-20-30-1001"
	ntBobSID   = "S-1-5-21-10-20-30-1002"
	ntGoneSID  = "S-1-5-21-7-7-7-4711"
	ntTiSID    = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464"
)

func ntAlice() perms.Account { return perms.Account{Name: "alice", SID: ntAliceSID} }

func ntRoles() []perms.Role {
	return []perms.Role{perms.PrivateKey, perms.HostKey, perms.Config, perms.IncludedConfig, perms.AuthorizedKeys, perms.AuthorizedPrincipals,
		perms.AdminKeys, perms.ProgramData, perms.SSHDir, perms.KnownHosts, perms.PublicKey, perms.Certificate, perms.UserFile,
		perms.SystemConfig, perms.Home, perms.ParentDir}
}

// ntRelease is one line of the version matrix.
type ntRelease struct {
	name             string
	trustedInstaller bool
	configReadable   bool
	keysReadable     bool
	mask             uint32
	folder           bool
}

var ntReleases = []ntRelease{
	{name: "8.0", mask: 0x116},
	{name: "8.1", mask: 0x116, trustedInstaller: true, configReadable: true},
	{name: "8.6", mask: 0x116, trustedInstaller: true, configReadable: true, keysReadable: true},
	{name: "9.4", mask: 0x116, trustedInstaller: true, configReadable: true, keysReadable: true, folder: true},
	{name: "after 9.8", mask: 0x116 | 0x10000 | 0x40000 | 0x80000, trustedInstaller: true, configReadable: true, keysReadable: true},
}

// accepts is check_secure_file_permission, or check_secure_folder_permission, as
// the release calls it for a role and the user "user".
func (r ntRelease) accepts(d perms.Descriptor, role perms.Role, user perms.SID) bool {
	trusted := []perms.SID{"S-1-5-32-544", "S-1-5-18"}
	readable := false
	switch role {
	case perms.ProgramData:
		return !r.folder || ntCheck(d, trusted, true, r.mask)
	case perms.PrivateKey:
	case perms.HostKey:
		user = "S-1-5-18"
	case perms.Config, perms.IncludedConfig:
		readable = r.configReadable
	case perms.AuthorizedKeys, perms.AuthorizedPrincipals, perms.AdminKeys:
		readable = r.keysReadable
	default:
		return true
	}
	trusted = append(trusted, user)
	if r.trustedInstaller {
		trusted = append(trusted, ntTiSID)
	}
	return ntCheck(d, trusted, readable, r.mask)
}

func ntCheck(d perms.Descriptor, trusted []perms.SID, readable bool, mask uint32) bool {
	if d.Owner == "" || d.DACL == nil || !slices.Contains(trusted, d.Owner) {
		return false
	}
	for _, e := range d.DACL {
		if e.Type != 0 || slices.Contains(trusted, e.SID) || readable && e.Mask&mask == 0 {
			continue
		}
		return false
	}
	return true
}

// ntOpens is whether a file can be opened for reading, one right at a time: the
// first entry that names it decides.
func ntOpens(d perms.Descriptor, ids []perms.SID) bool {
	if d.DACL == nil {
		return true
	}
	for _, right := range []uint32{0x1, 0x8, 0x20000, 0x100000} {
		if !ntMayDo(d, ids, right) {
			return false
		}
	}
	return true
}

func ntMayDo(d perms.Descriptor, ids []perms.SID, right uint32) bool {
	owner, restricted := slices.Contains(ids, d.Owner), false
	for _, e := range d.DACL {
		restricted = restricted || e.SID == "S-1-3-4" && e.Flags&8 == 0
	}
	if owner && !restricted && right&(0x20000|0x40000) != 0 {
		return true
	}
	for _, e := range d.DACL {
		mine := slices.Contains(ids, e.SID) || owner && e.SID == "S-1-3-4"
		if e.Flags&8 != 0 || !mine || !ntNames(e.Mask, right) {
			continue
		}
		switch e.Type {
		case 0, 5, 9:
			return true
		case 1:
			return false
		}
	}
	return false
}

func ntNames(mask, right uint32) bool {
	generic := map[uint32]uint32{0x80000000: 0x120089, 0x40000000: 0x120116, 0x20000000: 0x1200a0, 0x10000000: 0x1f01ff}
	for bit, rights := range generic {
		if mask&bit != 0 {
			mask |= rights
		}
	}
	return mask&right != 0
}

var (
	ntAliceIDs  = []perms.SID{ntAliceSID, "S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-4"}
	ntSystemIDs = []perms.SID{"S-1-5-18", "S-1-5-32-544", "S-1-1-0", "S-1-5-11"}
)

// refusedByModel is what ssh and sshd of 9.4 to 9.8 do: they open the file and
// then check it. A config that cannot be opened is passed over.
func refusedByModel(d perms.Descriptor, role perms.Role) bool {
	bad := !ntReleases[3].accepts(d, role, ntAliceSID)
	switch role {
	case perms.Config:
		return bad && ntOpens(d, ntAliceIDs)
	case perms.PrivateKey, perms.IncludedConfig:
		return bad || !ntOpens(d, ntAliceIDs)
	case perms.HostKey, perms.AuthorizedKeys, perms.AuthorizedPrincipals, perms.AdminKeys:
		return bad || !ntOpens(d, ntSystemIDs)
	}
	return bad
}

// ntShapes are DACLs of every kind that the specification names.
func ntShapes() []string {
	ntOwn := "(A;;FA;;;" + ntAliceSID + ")(A;;FA;;;SY)(A;;FA;;;BA)"
	list := []string{"D:NO_ACCESS_CONTROL", "D:", "D:P" + ntOwn, "D:P(A;;FA;;;SY)(A;;FA;;;BA)", "D:(A;;FA;;;" + ntAliceSID + ")", "D:P(A;;FR;;;" + ntAliceSID + ")",
		"D:(A;ID;FA;;;" + ntAliceSID + ")(A;ID;FA;;;SY)(A;ID;FA;;;BA)(A;ID;0x1200a9;;;BU)", "D:P(A;IO;FA;;;" + ntAliceSID + ")",
		"D:P" + ntOwn + "(XA;;FA;;;WD;#61727478)", "D:P" + ntOwn + "(OA;;FA;;;WD)", "D:P" + ntOwn + "(ZA;;FA;;;WD;#61727478)", "D:P(XA;;FA;;;" + ntAliceSID + ";#61727478)"}
	for _, who := range []string{"WD", "BU", "AU", "OW", "CO", "AC", ntBobSID, ntGoneSID, ntTiSID, "S-1-5-80-1-2-3-4-5", "S-1-15-2-5"} {
		for _, mask := range []string{"0x0", "FR", "FA", "DC", "LC", "RP", "CR", "SD", "WD", "WO", "GR", "GW", "GA", "DT"} {
			list = append(list, "D:P"+ntOwn+"(A;;"+mask+";;;"+who+")")
		}
		for _, entry := range []string{"(A;ID;FR;;;%s)", "(A;IO;FA;;;%s)", "(A;OICIIO;GA;;;%s)"} {
			list = append(list, "D:"+ntOwn+fmt.Sprintf(entry, who))
		}
	}
	for _, deny := range []string{ntAliceSID, "WD", "BU", "SY", "OW", ntBobSID} {
		for _, mask := range []string{"FA", "FR", "FW", "CC", "RC", "GR"} {
			entry := "(D;;" + mask + ";;;" + deny + ")"
			list = append(list, "D:P"+entry+ntOwn, "D:P"+ntOwn+entry, "D:P"+entry+ntOwn+"(A;;FA;;;WD)", "D:"+entry+"(A;;0x1301bf;;;AU)(A;;FR;;;WD)")
		}
	}
	return list
}

func ntOwners() []string {
	return []string{"", "O:" + ntAliceSID, "O:SY", "O:BA", "O:" + ntTiSID, "O:" + ntBobSID, "O:" + ntGoneSID, "O:BU"}
}

func ntFacts(role perms.Role, d perms.Descriptor) perms.Facts {
	f := perms.Facts{Path: `C:\Users\alice\.ssh\f`, Role: role, Kind: perms.File, Account: ntAlice(), NT: &perms.NT{Descriptor: d.Bytes()}}
	if role == perms.SSHDir || role == perms.ProgramData || role == perms.Home || role == perms.ParentDir {
		f.Kind = perms.Directory
	}
	return f
}

// everyCase calls do for each owner, DACL and role.
func everyCase(t *testing.T, do func(t *testing.T, name string, d perms.Descriptor, f perms.Facts)) {
	n := 0
	for _, owner := range ntOwners() {
		for _, dacl := range ntShapes() {
			d := mustParse(t, owner+dacl)
			for _, role := range ntRoles() {
				do(t, string(role)+" "+owner+dacl, d, ntFacts(role, d))
				n++
			}
		}
	}
	if n < 10_000 {
		t.Errorf("only %d cases", n)
	}
}

func ntAfter(t *testing.T, f perms.Facts) (perms.Facts, perms.Descriptor) {
	t.Helper()
	f = f.After(perms.Plan(f))
	d, err := perms.ParseDescriptor(f.NT.Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	return f, d
}

func TestNTRefusedIsTheModel(t *testing.T) {
	t.Parallel()
	refused, accepted := 0, 0
	everyCase(t, func(t *testing.T, name string, d perms.Descriptor, f perms.Facts) {
		want := refusedByModel(d, f.Role)
		if got := perms.Refused(perms.Judge(f)); got != want {
			t.Errorf("%s: refused %v, the model says %v: %+v", name, got, want, perms.Judge(f))
		}
		if want {
			refused++
		} else {
			accepted++
		}
	})
	if refused < 1000 || accepted < 1000 {
		t.Errorf("%d refused, %d accepted: the cases are one-sided", refused, accepted)
	}
}

func TestNTRepairPassesEveryVersion(t *testing.T) {
	t.Parallel()
	everyCase(t, func(t *testing.T, name string, _ perms.Descriptor, f perms.Facts) {
		if f.Role == perms.Home || f.Role == perms.ParentDir {
			return
		}
		changed := !perms.Plan(f).Empty()
		f, d := ntAfter(t, f)
		if found := perms.Judge(f); len(found) > 0 {
			t.Errorf("%s: %s is left with %+v", name, d.SDDL(), found)
		}
		if again := perms.Plan(f); !again.Empty() {
			t.Errorf("%s: is planned again as %v", name, again)
		}
		for _, r := range ntReleases {
			// What is clean today and not checked by today's releases is left as it is.
			if changed && !r.accepts(d, f.Role, ntAliceSID) {
				t.Errorf("%s: %s is refused by %s", name, d.SDDL(), r.name)
			}
		}
		if refusedByModel(d, f.Role) {
			t.Errorf("%s: %s is still refused", name, d.SDDL())
		}
	})
}

// What a repair does to strangers is only to take away.
func TestNTRepairOnlyTakesAway(t *testing.T) {
	t.Parallel()
	strangers := [][]perms.SID{
		{ntBobSID, "S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-4"}, {ntGoneSID, "S-1-1-0"}, {"S-1-5-7"}, {"S-1-15-2-1"},
	}
	everyCase(t, func(t *testing.T, name string, before perms.Descriptor, f perms.Facts) {
		if f.Role == perms.ProgramData {
			return // Authenticated Users read it, as sshd leaves it
		}
		if perms.Plan(f).Empty() {
			return
		}
		_, d := ntAfter(t, f)
		for _, who := range strangers {
			for right := uint32(1); right < 1<<21; right <<= 1 {
				if d.DACL != nil && ntMayDo(d, who, right) && before.DACL != nil && !ntMayDo(before, who, right) {
					t.Errorf("%s: %s gives %s the right %#x", name, d.SDDL(), who[0], right)
				}
			}
		}
	})
}

func TestNTPlanAndFindingsAgree(t *testing.T) {
	t.Parallel()
	everyCase(t, func(t *testing.T, name string, d perms.Descriptor, f perms.Facts) {
		found := perms.Judge(f)
		fixable := slices.ContainsFunc(found, func(one perms.Finding) bool { return one.Fixable })
		plan := perms.Plan(f)
		if plan.Empty() == fixable {
			t.Errorf("%s: fixable %v, plan %v", name, fixable, plan)
		}
		if !slices.IsSortedFunc(found, func(a, b perms.Finding) int { return ntRank(a) - ntRank(b) }) {
			t.Errorf("%s: not worst first: %+v", name, found)
		}
		if plan.SDDL == "" {
			return
		}
		want := mustParse(t, plan.SDDL)
		if want.Owner == d.Owner && want.Owner != "" {
			t.Errorf("%s: %s names an owner that stays", name, plan.SDDL)
		}
	})
}

func ntRank(f perms.Finding) int {
	return slices.Index([]perms.Severity{perms.Error, perms.Warning, perms.Info}, f.Severity)
}
