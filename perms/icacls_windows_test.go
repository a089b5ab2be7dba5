package perms

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"
)

// inBox is a program that comes with Windows: not Git's ssh-keygen, which looks at
// no permissions, and not Wine's icacls, which does nothing and says that it did.
func inBox(t *testing.T, name string) string {
	t.Helper()
	if underWine() {
		t.Skip("this is Wine: its " + name + " is missing or a stub")
	}
	path := filepath.Join(os.Getenv("SystemRoot"), "System32", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("Windows came without %s: %v", name, err)
	}
	return path
}

// saved is a file's DACL as icacls writes it: its name and SDDL, in UTF-16.
func saved(t *testing.T, path string) Descriptor {
	t.Helper()
	list := filepath.Join(t.TempDir(), "list")
	if out, err := exec.Command(inBox(t, "icacls.exe"), path, "/save", list).CombinedOutput(); err != nil {
		t.Fatalf("icacls /save: %v\n%s", err, out)
	}
	raw, err := os.ReadFile(list)
	if err != nil {
		t.Fatal(err)
	}
	raw = bytes.TrimPrefix(raw, []byte{0xff, 0xfe})
	var text []uint16
	for ; len(raw) > 1; raw = raw[2:] {
		text = append(text, uint16(raw[0])|uint16(raw[1])<<8)
	}
	lines := strings.Fields(string(utf16.Decode(text)))
	if len(lines) < 2 {
		t.Fatalf("icacls saved %q", lines)
	}
	d, err := ParseSDDL(lines[len(lines)-1])
	if err != nil {
		t.Fatalf("icacls saved %q: %v", lines, err)
	}
	return d
}

// readsKey asks Win32-OpenSSH itself.
func readsKey(t *testing.T, path string) (public string, ok bool) {
	t.Helper()
	out, err := exec.Command(inBox(t, `OpenSSH\ssh-keygen.exe`), "-y", "-f", path).CombinedOutput()
	return string(out), err == nil
}

// The key is refused by ssh-keygen exactly where Judge says so, and after Fix it
// is read, and icacls sees who may.
func TestInBoxOpenSSHAgrees(t *testing.T) {
	path := filepath.Join(t.TempDir(), "id_test")
	if out, err := exec.Command(inBox(t, `OpenSSH\ssh-keygen.exe`), "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", path).CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
	public, ok := readsKey(t, path)
	if !ok {
		t.Fatalf("ssh-keygen does not read its own key: %s", public)
	}
	own := "(A;;FA;;;" + me(t) + ")(A;;FA;;;SY)(A;;FA;;;BA)"
	want := parsed(t, systemBytes(t, "D:P"+own))
	for _, c := range []struct{ name, sddl string }{
		{"clean", "D:P" + own},
		{"everybody reads", "D:P" + own + "(A;;FR;;;WD)"},
		{"users, by inheritance", "D:AI" + own + "(A;ID;FR;;;BU)"},
		{"an entry without rights", "D:P" + own + "(A;;0x0;;;WD)"},
		{"guests are denied", "D:P(D;;FA;;;BG)" + own},
		{"an account that is gone", "D:P" + own + "(A;;FR;;;S-1-5-21-1-2-3-1234)"},
		{"owner rights", "D:P" + own + "(A;;FA;;;OW)"},
		{"a condition", "D:P" + own + "(XA;;FR;;;WD;(Member_of{SID(BA)}))"},
		{"SYSTEM and the owner alone", "D:P(A;;FA;;;" + me(t) + ")(A;;FA;;;SY)"},
		{"no access list", "D:NO_ACCESS_CONTROL"},
		{"an empty access list", "D:P"},
		{"the owner is denied", "D:P(D;;FR;;;" + me(t) + ")" + own},
	} {
		t.Run(c.name, func(t *testing.T) {
			setOnFile(t, path, c.sddl)
			refused := false
			for _, r := range reports(t, checkAll, Options{}, Target{Path: path, Role: PrivateKey}) {
				refused = refused || Refused(r.Findings)
			}
			said, reads := readsKey(t, path)
			if reads == refused {
				t.Errorf("%s: Judge refuses: %v, ssh-keygen reads: %v: %s", c.sddl, refused, reads, said)
			}
			for _, r := range reports(t, fixAll, Options{}, Target{Path: path, Role: PrivateKey}) {
				if r.Err != nil || !r.Change.Empty() && !r.Verified {
					t.Errorf("fix: %+v", r)
				}
			}
			if got, reads := readsKey(t, path); !reads || got != public {
				t.Errorf("after Fix ssh-keygen says %s", got)
			}
			if !refused {
				return
			}
			if got := saved(t, path); !reflect.DeepEqual(got.DACL, want.DACL) || got.Control&DACLProtected == 0 {
				t.Errorf("icacls sees %s, want %s", got.SDDL(), want.SDDL())
			}
		})
	}
}

// What a person does with icacls is what Check sees, and Undo brings back.
func TestIcaclsGrantAndUndo(t *testing.T) {
	icacls := inBox(t, "icacls.exe")
	path := keyFile(t)
	if out, err := exec.Command(icacls, path, "/inheritance:e", "/grant", "*S-1-5-32-545:(RX)").CombinedOutput(); err != nil {
		t.Fatalf("icacls: %v\n%s", err, out)
	}
	before := saved(t, path)
	var journal []Record
	all := reports(t, fixAll, Options{Journal: func(r Record) error { journal = append(journal, r); return nil }}, Target{Path: path})
	if len(all) != 1 || !Refused(all[0].Findings) || !all[0].Verified || len(journal) != 1 {
		t.Fatalf("fix: %+v, journal %+v", all, journal)
	}
	if err := Undo(journal[0]); err != nil {
		t.Fatal(err)
	}
	if got := saved(t, path); !reflect.DeepEqual(got, before) {
		t.Errorf("after Undo icacls sees %s, before %s", got.SDDL(), before.SDDL())
	}
	if out, err := exec.Command(icacls, path, "/verify").CombinedOutput(); err != nil {
		t.Errorf("icacls /verify: %v\n%s", err, out)
	}
}
