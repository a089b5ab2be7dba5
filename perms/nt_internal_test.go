package perms

import (
	"strings"
	"testing"
)

// What Wine does with D:P(...) in a folder that others may read: it says yes, and
// Everyone stays.
func TestNTNoEffect(t *testing.T) {
	const user = "S-1-5-21-10-20-30-1001"
	facts := func(sddl string) Facts {
		d, err := ParseSDDL(sddl)
		if err != nil {
			t.Fatal(err)
		}
		return Facts{Path: `Z:\key`, Role: PrivateKey, Kind: File, Account: Account{Name: "alice", SID: user},
			NT: &NT{Descriptor: d.Bytes()}, Mount: Mount{Point: `Z:\`, Type: "NTFS"}}
	}
	open := facts("O:" + user + "D:(A;;FA;;;SY)(A;;FA;;;" + user + ")(A;;0x1200a9;;;WD)")
	c := Plan(open)
	found := noEffect(open, c, open)
	if len(found) != 1 || found[0].Code != CodeNoEffect || found[0].Severity != Error || !strings.Contains(found[0].Message, `Z:\`) ||
		!strings.Contains(found[0].Message, "NTFS") || found[0].Command != `sshkeys import "Z:\key"` || found[0].Fixable {
		t.Errorf("%+v", found)
	}
	if found := noEffect(open, c, open.After(c)); len(found) > 0 {
		t.Errorf("it took, and there is %+v", found)
	}
	part := facts("O:" + user + "D:(A;;FA;;;SY)(A;;FA;;;" + user + ")(XA;;FR;;;WD;#61727478)")
	if found := noEffect(open, c, part); len(found) != 1 || found[0].Severity != Warning {
		t.Errorf("%+v", found)
	}
	if found := noEffect(open, Change{}, open); len(found) > 0 {
		t.Errorf("nothing was changed, and there is %+v", found)
	}
}
