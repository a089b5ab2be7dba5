package perms_test

import (
	"fmt"
	"strings"
	"testing"

	"sshkeys/perms"
)

func TestSDDLRights(t *testing.T) {
	for text, want := range map[string]uint32{
		"FA": 0x1f01ff, "FR": 0x120089, "FW": 0x120116, "FX": 0x1200a0,
		"GA": 0x10000000, "GR": 0x80000000, "GW": 0x40000000, "GX": 0x20000000,
		"RC": 0x20000, "SD": 0x10000, "WD": 0x40000, "WO": 0x80000,
		"CC": 1, "DC": 2, "LC": 4, "SW": 8, "RP": 0x10, "WP": 0x20, "DT": 0x40, "LO": 0x80, "CR": 0x100,
		"KA": 0xf003f, "KR": 0x20019, "KW": 0x20006,
		"":                           0,
		"RCWD":                       0x60000,
		"FRFW":                       0x12019f,
		"RPWPCRCCDCLCLORCWOWDSDDTSW": 0xf01ff,
		"0x1301bf":                   0x1301bf,
		"0X1F01FF":                   0x1f01ff,
		"2032127":                    0x1f01ff,
		"0":                          0,
	} {
		d, err := perms.ParseSDDL("D:(A;;" + text + ";;;SY)")
		if err != nil || d.DACL[0].Mask != want {
			t.Errorf("%q: %+v, %v; want %#x", text, d.DACL, err, want)
		}
	}
}

func TestSDDLAccepts(t *testing.T) {
	for text, want := range map[string]string{
		"D:P(A;;0x1f01ff;;;S-1-5-18)":       "D:P(A;;FA;;;SY)",
		" O:S-1-5-32-544 ":                  "O:BA",
		"G:SYO:BA":                          "O:BAG:SY",
		"O:S-1-5-21-1-2-3D:":                "O:S-1-5-21-1-2-3D:",
		"D:AIP(A; ; FA ;;; WD )":            "D:PAI(A;;FA;;;WD)",
		"S:(AU;SAFA;FA;;;WD)D:(A;;FA;;;SY)": "D:(A;;FA;;;SY)",
		"D:(A;;FA;;;SY)S:AI(AU;SA;FA;;;WD)": "D:(A;;FA;;;SY)",
		`D:(A;;FA;;;SY)S:(RA;;;;;WD;("a(b",TS,0,"x"))(ML;;NW;;;LW)`: "D:(A;;FA;;;SY)",
		"D:S:": "D:",
		"D:(OA;;CC;BF967ABA-0DE6-11D0-A285-00AA003049E2;;WD)": "D:(OA;;CC;bf967aba-0de6-11d0-a285-00aa003049e2;;WD)",
		"D:(A;IDOI;FA;;;BA)": "D:(A;OIID;FA;;;BA)",
	} {
		d, err := perms.ParseSDDL(text)
		if err != nil || d.SDDL() != want {
			t.Errorf("%s: %s, %v; want %s", text, d.SDDL(), err, want)
		}
	}
}

func TestSDDLRefuses(t *testing.T) {
	for _, text := range []string{
		"", " ", "x", "D", "X:", "D:(", "D:(A;;FA;;;SY", "D:(A;;FA;;SY)", "D:A;;FA;;;SY", "D:(A;;FA;;;SY)x", "D:(A;;FA;;;)",
		"D:Q(A;;FA;;;SY)", "D:(Q;;FA;;;SY)", "D:(A;QQ;FA;;;SY)", "D:(A;O;FA;;;SY)", "D:(A;;QQ;;;SY)", "D:(A;;F;;;SY)", "D:(A;;FA;;;QQ)",
		"D:(A;;0x1ffffffff;;;SY)", "D:(A;;-1;;;SY)", "D:(A;;010;;;SY)", "D:(A;;1_0;;;SY)", "D:(A;;0x;;;SY)",
		"O:DA", "D:(A;;FA;;;LA)", "D:(A;;FA;;;DU)", "O:", "O:S-1", "O:BAO:SY", "D:D:", "D:()",
		"D:(AU;SA;FA;;;WD)", "D:(ML;;NW;;;LW)", "D:NO_ACCESS_CONTROL(A;;FA;;;SY)",
		"D:(A;;FA;00000000-1111-2222-3333-444444444444;;WD)", "D:(OA;;FA;00000000-1111-2222-3333-44444444444;;WD)",
		"D:(OA;;FA;00000000+1111-2222-3333-444444444444;;WD)", "D:(OA;;FA;0000000--1111-2222-3333-444444444444;;WD)",
		`D:(XA;;FA;;;WD;(@User.Title=="PM"))`, "D:(XA;;FA;;;WD;#)", "D:(XA;;FA;;;WD;#6)", "D:(XA;;FA;;;WD;#61)", `D:(XA;;FA;;;WD;("))`,
	} {
		if d, err := perms.ParseSDDL(text); !isDescriptorError(err) {
			t.Errorf("%q: %s, %v", text, d.SDDL(), err)
		}
	}
}

// An ACL holds at most 65535 bytes: what is longer must not come to Bytes.
func TestSDDLTooLong(t *testing.T) {
	one := "(A;;FA;;;WD)" // 20 bytes
	if d := mustParse(t, "D:"+strings.Repeat(one, 3276)); len(d.Bytes()) != 20+8+3276*20 {
		t.Errorf("%d bytes", len(d.Bytes()))
	}
	if _, err := perms.ParseSDDL("D:" + strings.Repeat(one, 3277)); !isDescriptorError(err) {
		t.Errorf("3277 entries: %v", err)
	}
}

// Every alias stands for the SID of Microsoft's list of well-known SIDs; these are
// the ones that people meet.
func TestSDDLAliases(t *testing.T) {
	for alias, sid := range map[string]string{
		"WD": "S-1-1-0", "CO": "S-1-3-0", "OW": "S-1-3-4", "NU": "S-1-5-2", "IU": "S-1-5-4", "AN": "S-1-5-7", "AU": "S-1-5-11",
		"SY": "S-1-5-18", "LS": "S-1-5-19", "NS": "S-1-5-20", "BA": "S-1-5-32-544", "BU": "S-1-5-32-545", "BG": "S-1-5-32-546",
		"PU": "S-1-5-32-547", "RD": "S-1-5-32-555", "AC": "S-1-15-2-1",
	} {
		d := mustParse(t, "O:"+alias)
		if string(d.Owner) != sid {
			t.Errorf("%s is %s, want %s", alias, d.Owner, sid)
		}
		if got := mustParse(t, fmt.Sprintf("D:(A;;FA;;;%s)", sid)).SDDL(); got != "D:(A;;FA;;;"+alias+")" {
			t.Errorf("%s is written %s", sid, got)
		}
	}
}
