package perms_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"sshkeys/internal/testkeys"
	"sshkeys/perms"
)

// sambaFile is a file of alice's, and what is to come of it.
type sambaFile struct {
	name string
	role perms.Role
	sddl string // what root sets; A and B stand for the SIDs of alice and bob

	codes   string // of the findings, each once
	refused bool   // Error among them
	alice   string // what Samba lets alice do before the repair: r read, w write
	bob     string // likewise; c change the DACL
	after   string // what it lets bob do after the repair
}

func sambaFiles() []sambaFile {
	const (
		key  = perms.PrivateKey
		auth = perms.AuthorizedKeys
		conf = perms.Config
		good = "O:AD:P(A;;0x1f01ff;;;A)(A;;0x1f01ff;;;SY)(A;;0x1f01ff;;;BA)"
	)
	return []sambaFile{
		{"repaired already", key, good, "", false, "rw", "", ""},
		{"as ssh-keygen makes it", key, "O:AD:P(A;;0x1f01ff;;;BA)(A;;0x1f01ff;;;SY)(A;;0x1301bf;;;A)", "", false, "rw", "", ""},
		{"owned by Administrators", key, "O:BAD:P(A;;0x1f01ff;;;A)(A;;0x1f01ff;;;BA)", "", false, "rw", "", ""},
		{"owned by SYSTEM", key, "O:SYD:P(A;;0x120089;;;A)(A;;0x1f01ff;;;BA)", "", false, "r", "", ""},

		{"Everyone reads", key, good + "(A;;0x120089;;;WD)", "K02", true, "rw", "r", ""},
		{"Everyone does all", key, good + "(A;;0x1f01ff;;;WD)", "K02", true, "rw", "rwc", ""},
		{"Everyone alone", key, "O:AD:P(A;;0x1f01ff;;;WD)", "K02", true, "rw", "rwc", ""},
		{"Everyone nothing", key, good + "(A;;;;;WD)", "K02", true, "rw", "", ""},
		{"Everyone generic read", key, good + "(A;;GR;;;WD)", "K02", true, "rw", "r", ""},
		{"Everyone takes over", key, good + "(A;;WD;;;WD)", "K02", true, "rw", "c", ""},
		{"Authenticated Users", key, good + "(A;;0x1200a9;;;AU)", "K02", true, "rw", "r", ""},
		{"Users", key, good + "(A;;0x1200a9;;;BU)", "K02", true, "rw", "r", ""},
		{"bob", key, good + "(A;;0x1f01ff;;;B)", "K02", true, "rw", "rwc", ""},
		{"an orphan", key, good + "(A;;0x1f01ff;;;S-1-5-21-1-2-3-1001)", "K02", true, "rw", "", ""},
		{"bob denied, Everyone allowed", key, "O:AD:P(D;;0x1f01ff;;;B)(A;;0x1f01ff;;;WD)", "K02", true, "rw", "", ""},
		{"OWNER RIGHTS all", key, good + "(A;;0x1f01ff;;;OW)", "K02", true, "rw", "", ""},
		{"OWNER RIGHTS alone", key, "O:AD:P(A;;0x1f01ff;;;OW)", "K02", true, "rw", "", ""},
		{"OWNER RIGHTS too few", key, "O:AD:P(A;;RC;;;OW)(A;;0x120089;;;A)", "K02", true, "r", "", ""},
		{"CREATOR OWNER", key, good + "(A;;0x1f01ff;;;CO)", "K02", true, "rw", "", ""},
		{"CREATOR OWNER alone", key, "O:AD:P(A;;0x1f01ff;;;CO)", "K02 K09", true, "", "", ""},

		{"alice denied", key, "O:AD:P(D;;0x120089;;;A)(A;;0x1f01ff;;;A)(A;;0x1f01ff;;;SY)", "K09", true, "", "", ""},
		{"Everyone denied", key, "O:AD:P(D;;0x1f01ff;;;WD)(A;;0x1f01ff;;;A)", "K09", true, "", "", ""},
		{"network denied", key, "O:AD:P(D;;0x1;;;NU)(A;;0x1f01ff;;;A)", "K09", true, "", "", ""},
		{"alice denied the network allowed", key, "O:AD:P(D;;0x1;;;A)(A;;0x1f01ff;;;NU)", "K02 K09", true, "", "rwc", ""},
		{"bob denied", key, "O:AD:P(D;;0x1f01ff;;;B)(A;;0x1f01ff;;;A)", "", false, "rw", "", ""},
		{"empty", key, "O:AD:P", "K09", true, "", "", ""},
		{"for inheriting only", key, "O:AD:P(A;OICIIO;0x1f01ff;;;A)", "K09", true, "", "", ""},

		{"just enough to open", key, "O:BAD:P(A;;0x120009;;;A)", "", false, "r", "", ""},
		{"no extended attributes", key, "O:AD:P(A;;0x120081;;;A)", "K09", true, "", "", ""},
		{"no synchronizing", key, "O:AD:P(A;;0x20089;;;A)", "K09", true, "", "", ""},
		{"no reading of permissions", key, "O:BAD:P(A;;0x100089;;;A)", "K09", true, "", "", ""},
		{"data alone", key, "O:AD:P(A;;0x1;;;A)", "K09", true, "", "", ""},

		{"bob's own", key, "O:BD:P(A;;0x120089;;;A)(A;;0x1f01ff;;;SY)", "K02", true, "r", "c", ""},
		{"bob's own, full", key, "O:BD:P(A;;0x1f01ff;;;A)(A;;0x1f01ff;;;B)", "K02", true, "rw", "rwc", ""},
		{"bob's own, alice cannot become owner", key, "O:BD:P(A;;0x1701ff;;;A)", "K02", true, "rw", "c", ""},
		{"bob's own, alice can only become owner", key, "O:BD:P(A;;0x1b01ff;;;A)", "K02", true, "rw", "c", ""},
		{"bob's alone", key, "O:BD:P(A;;0x1f01ff;;;B)", "K02 K09", true, "", "rwc", ""},
		{"an orphan's", key, "O:S-1-5-21-1-2-3-1001D:P(A;;0x1f01ff;;;A)", "K02", true, "rw", "", ""},

		{"config that others read", conf, good + "(A;;0x120089;;;WD)", "S10", false, "rw", "r", ""},
		{"config that others write", conf, good + "(A;;0x12019f;;;WD)", "D02", true, "rw", "rw", ""},
		{"config that others take over", conf, good + "(A;;0x160089;;;WD)", "S09", false, "rw", "rc", ""},
		{"config that others delete", conf, good + "(A;;0x130089;;;AU)", "S09", false, "rw", "r", ""},
		{"config that alice cannot read", conf, "O:AD:P(A;;0x1f01ff;;;SY)(A;;0x1f01ff;;;BU)(D;;0x1;;;A)", "D02 K09", false, "", "rwc", ""},
		{"authorized_keys that others read", auth, good + "(A;;0x1200a9;;;BU)", "S10", false, "rw", "r", ""},
		{"authorized_keys that others add to", auth, good + "(A;;0x12008d;;;BU)", "D01", true, "rw", "r", ""},
		{"authorized_keys that others own", auth, good + "(A;;0x1a0089;;;BU)", "S09", false, "rw", "r", ""},
		{"authorized_keys that others delete", auth, good + "(A;;SD;;;B)", "S09", false, "rw", "", ""},
		{"authorized_keys of bob's", auth, "O:BD:P(A;;0x1f01ff;;;A)(A;;0x1f01ff;;;SY)", "D01", true, "rw", "c", ""},
		{"authorized_keys that sshd cannot read", auth, "O:AD:P(A;;0x1f01ff;;;A)", "K09", true, "rw", "", ""},

		{"known_hosts that others write", perms.KnownHosts, good + "(A;;0x1f01ff;;;WD)", "S03", false, "rw", "rwc", "r"},
		{"public key that others read", perms.PublicKey, good + "(A;;0x120089;;;WD)", "", false, "rw", "r", "r"},
		{"public key but for bob", perms.PublicKey, good + "(D;;0x1f01ff;;;B)(A;;0x1f01ff;;;WD)", "S03", false, "rw", "", ""},
	}
}

// TestSamba closes the loop over an NT ACL store that nobody here wrote: what
// Judge says of a descriptor against what Samba gives to whom, and the same after
// the repair. Samba is not Windows: what Win32-OpenSSH refuses is told by the rows;
// who can read, write and take over a file is told by Samba.
func TestSamba(t *testing.T) {
	testkeys.NeedSamba(t)
	w := testkeys.NewWorld(t)
	if w == nil {
		return
	}
	s := sambaStore{w.StartSamba(t)}
	t.Run("inheritance", s.inheritance)
	var runs []*sambaRun
	for i, f := range sambaFiles() {
		runs = append(runs, &sambaRun{sambaStore: s, want: f, file: fmt.Sprint("file", i)})
	}
	runs = append(runs, s.otherRuns()...)
	s.Put(t, "alice", sambaContent, files(runs)...)
	// Each step is one of all files: smbclient asks for all of them in one session.
	step(t, "set", runs, (*sambaRun).set)
	s.ask(t, runs)
	step(t, "judge", runs, (*sambaRun).judge)
	step(t, "repair", runs, (*sambaRun).repair)
	s.ask(t, runs)
	step(t, "look again", runs, (*sambaRun).lookAgain)
	step(t, "undo", runs, (*sambaRun).undo)
}

// sambaRun is one file on its way.
type sambaRun struct {
	sambaStore
	want sambaFile
	file string
	raw  *perms.Descriptor // set on the disk in place of an SDDL string
	free bool              // nothing is foretold: Samba and Judge have to agree

	before, after perms.Facts
	found         []perms.Finding
	change        perms.Change
	alice, bob    string // what Samba lets them do now
}

// ask has Samba say what alice and bob can do with every file.
func (s sambaStore) ask(t *testing.T, runs []*sambaRun) {
	alice, bob := s.Access(t, "alice", sambaContent, files(runs)...), s.Access(t, "bob", sambaContent, files(runs)...)
	for _, r := range runs {
		r.alice, r.bob = alice[r.file], bob[r.file]
	}
}

func files(runs []*sambaRun) []string {
	var all []string
	for _, r := range runs {
		all = append(all, r.file)
	}
	return all
}

func step(t *testing.T, name string, runs []*sambaRun, do func(*sambaRun, *testing.T)) {
	t.Run(name, func(t *testing.T) {
		for _, r := range runs {
			t.Run(r.want.name, func(t *testing.T) {
				t.Parallel()
				do(r, t)
			})
		}
	})
}

func (r *sambaRun) set(t *testing.T) {
	if r.raw == nil {
		r.mustSet(t, r.file, r.sids(r.want.sddl))
	} else {
		r.store(t, r.file, *r.raw)
	}
	r.before = r.facts(t, r.file, r.want.role)
	r.checkText(t, r.before)
}

// checkText compares the bytes on the disk with what smbcacls prints of them. It
// has no words for a NULL DACL.
func (r *sambaRun) checkText(t *testing.T, f perms.Facts) {
	t.Helper()
	want := descriptor(t, f)
	if r.free || want.DACL == nil {
		return
	}
	text := r.SDDL(t, r.file)
	if d, err := perms.ParseSDDL(text); err != nil || d.SDDL() != want.SDDL() {
		t.Errorf("%s is read as %s, %v\nbytes %s", text, d.SDDL(), err, want.SDDL())
	}
}

// judge compares Judge with the row, and with what Samba does.
func (r *sambaRun) judge(t *testing.T) {
	d := descriptor(t, r.before)
	r.found, r.change = perms.Judge(r.before), perms.Plan(r.before)
	if r.SetSDDL(t, "bob", r.file, dacl(d)) {
		r.bob += "c"
	}
	refused, got := perms.Refused(r.found), codes(r.found)
	if !r.free {
		if got != r.want.codes || refused != r.want.refused {
			t.Errorf("findings %q, refused %v; want %q, %v: %+v", got, refused, r.want.codes, r.want.refused, r.found)
		}
		if r.alice != r.want.alice || r.bob != r.want.bob {
			t.Errorf("Samba gives alice %q and bob %q; want %q and %q", r.alice, r.bob, r.want.alice, r.want.bob)
		}
	}
	key := r.want.role == perms.PrivateKey
	if key && r.bob != "" && !refused {
		t.Errorf("bob has %q, and Judge lets it pass: %s", r.bob, d.SDDL())
	}
	if strings.ContainsAny(r.bob, "wc") && len(r.found) == 0 {
		t.Errorf("bob has %q, and Judge finds nothing: %s", r.bob, d.SDDL())
	}
	if unread := strings.Contains(got, perms.CodeUnreadable); key && unread == strings.Contains(r.alice, "r") {
		t.Errorf("alice has %q, and Judge finds %q: %s", r.alice, got, d.SDDL())
	}
	if r.change.Empty() != (len(r.found) == 0) {
		t.Errorf("planned is %s for %+v", r.change, r.found)
	}
}

// repair sets what is planned: as alice, or as root where Judge says that it takes
// an administrator.
func (r *sambaRun) repair(t *testing.T) {
	r.after = r.before
	if r.change.Empty() {
		return
	}
	admin := slices.ContainsFunc(r.found, func(f perms.Finding) bool { return strings.Contains(f.Message, "administrator)") })
	sddl := inNumbers(r.change.SDDL)
	byAlice := r.SetSDDL(t, "alice", r.file, sddl)
	if byAlice == admin {
		t.Errorf("Samba lets alice make the repair: %v; Judge says it takes an administrator: %v\n%s\n%s", byAlice, admin, descriptor(t, r.before).SDDL(), sddl)
	}
	if !byAlice {
		r.mustSet(t, r.file, sddl)
	}
	r.after = r.facts(t, r.file, r.want.role)
	r.checkText(t, r.after)
}

// lookAgain judges the repaired file by what Judge, this test and Samba say.
func (r *sambaRun) lookAgain(t *testing.T) {
	if r.change.Empty() {
		return
	}
	if found := perms.Judge(r.after); len(found) > 0 || !perms.Plan(r.after).Empty() {
		t.Errorf("after the repair there is left %+v, planned %s", found, perms.Plan(r.after))
	}
	d := descriptor(t, r.after)
	if got, want := normal(d), normal(descriptor(t, r.before.After(r.change))); got != want {
		t.Errorf("Samba has %s\nPlan said %s", got, want)
	}
	r.checkRepaired(t, d, 0, r.want.role == perms.KnownHosts || r.want.role == perms.PublicKey)
	if r.SetSDDL(t, "bob", r.file, dacl(d)) {
		r.bob += "c"
	}
	if r.alice != "rw" || r.bob != r.want.after {
		t.Errorf("after the repair Samba gives alice %q and bob %q, want %q for bob: %s", r.alice, r.bob, r.want.after, d.SDDL())
	}
}

// checkRepaired looks for full access of alice, SYSTEM and Administrators, and
// nothing else but for a shared file others' reading, and denials.
func (s sambaStore) checkRepaired(t *testing.T, d perms.Descriptor, flags perms.ACEFlags, shared bool) {
	t.Helper()
	full := map[perms.SID]bool{perms.SID(s.SID("alice")): true, "S-1-5-18": true, "S-1-5-32-544": true}
	if !full[d.Owner] || d.Control&perms.DACLProtected == 0 {
		t.Errorf("owner or protection is wrong: %s", d.SDDL())
	}
	for _, e := range d.DACL {
		switch {
		case e.Type == perms.Allow && full[e.SID] && e.Mask == 0x1f01ff && e.Flags == flags:
			delete(full, e.SID)
		case shared && e.Type == perms.Allow && e.Mask&^0x1200a9 == 0 && e.Flags == 0:
		case shared && e.Type == perms.Deny && string(e.SID) == s.SID("bob"):
		default:
			t.Errorf("there is %s", e.SDDL())
		}
	}
	if len(full) > 0 {
		t.Errorf("no full access for %v: %s", full, d.SDDL())
	}
}

// undo sets the descriptor that was there before, where smbcacls made it.
func (r *sambaRun) undo(t *testing.T) {
	d := descriptor(t, r.before)
	if r.change.Empty() || r.raw != nil {
		return
	}
	r.mustSet(t, r.file, inNumbers(d.SDDL()))
	if got := normal(descriptor(t, r.facts(t, r.file, r.want.role))); got != normal(d) {
		t.Errorf("undone it is %s\nit was        %s", got, normal(d))
	}
}

// otherRuns are descriptors that smbcacls has no words for, or would sort.
func (s sambaStore) otherRuns() []*sambaRun {
	alice, bob := perms.SID(s.SID("alice")), perms.SID(s.SID("bob"))
	const full = 0x1f01ff
	everyone := perms.ACE{Mask: full, SID: "S-1-1-0"}
	run := func(name, codes, alices, bobs string, entries []perms.ACE) *sambaRun {
		return &sambaRun{sambaStore: s, file: "raw-" + strings.ReplaceAll(name, " ", "-"),
			want: sambaFile{name: name, role: perms.PrivateKey, codes: codes, refused: true, alice: alices, bob: bobs},
			raw:  &perms.Descriptor{Owner: alice, Control: perms.DACLPresent | perms.DACLProtected, DACL: entries}}
	}
	runs := []*sambaRun{
		run("no list", "K02", "rw", "rwc", nil),
		run("allowed and then denied", "K02", "rw", "rwc", []perms.ACE{everyone, {Type: perms.Deny, Mask: full, SID: alice}, {Type: perms.Deny, Mask: full, SID: bob}}),
		run("denied after the reading", "K02", "r", "r", []perms.ACE{{Mask: 0x120089, SID: everyone.SID}, {Type: perms.Deny, Mask: full, SID: everyone.SID}, everyone}),
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 24 {
		r := run(fmt.Sprint("random ", i), "", "", "", s.randomDACL(random))
		r.free, r.raw.Owner = true, []perms.SID{alice, alice, bob, "S-1-5-32-544"}[random.IntN(4)]
		runs = append(runs, r)
	}
	return runs
}

// randomDACL draws a list of up to five entries in any order.
func (s sambaStore) randomDACL(random *rand.Rand) []perms.ACE {
	sids := []perms.SID{perms.SID(s.SID("alice")), perms.SID(s.SID("bob")), "S-1-1-0", "S-1-5-11", "S-1-5-32-545", "S-1-5-2", "S-1-3-4", "S-1-3-0", "S-1-5-32-544", "S-1-5-18"}
	masks := []uint32{0x1f01ff, 0x1f01ff, 0x1f01ff, 0x120089, 0x120009, 0x120116, 0x1200a9, 0x1, 0x8, 0x20000, 0x100000, 0x40000, 0x80000, 0xc0000, 0}
	entries := []perms.ACE{}
	for range random.IntN(6) {
		e := perms.ACE{Mask: masks[random.IntN(len(masks))], SID: sids[random.IntN(len(sids))]}
		if random.IntN(3) == 0 {
			e.Type = perms.Deny
		}
		if random.IntN(8) == 0 {
			e.Flags = perms.InheritOnly | perms.ObjectInherit
		}
		entries = append(entries, e)
	}
	return entries
}

// inheritance: entries that Samba makes from a folder's, their repair, which the
// folder does not undo, and the folder itself.
func (s sambaStore) inheritance(t *testing.T) {
	if !s.Do(t, "alice", "mkdir folder") {
		t.Fatal("alice may not make a folder")
	}
	s.mustSet(t, "folder", s.sids("O:AD:PARAI(A;OICI;0x1f01ff;;;A)(A;OICI;0x1200a9;;;WD)(A;OICIIO;0x1f01ff;;;CO)"))
	s.Put(t, "alice", sambaContent, "folder/mended", "folder/left")
	before := s.facts(t, "folder/mended", perms.PrivateKey)
	if d := descriptor(t, before); !slices.ContainsFunc(d.DACL, func(e perms.ACE) bool { return e.Flags&perms.Inherited != 0 && e.SID == "S-1-1-0" }) {
		t.Fatalf("Everyone inherits nothing: %s", d.SDDL())
	}
	if found := perms.Judge(before); codes(found) != "K02" {
		t.Errorf("of inherited entries Judge finds %+v", found)
	}
	s.checkAccess(t, "bob", "r", "folder/mended")
	if !s.SetSDDL(t, "alice", "folder/mended", inNumbers(perms.Plan(before).SDDL)) {
		t.Fatal("alice may not make the repair")
	}
	after := s.facts(t, "folder/mended", perms.PrivateKey)
	s.checkRepaired(t, descriptor(t, after), 0, false)

	s.Inherit(t, "folder", "ACL:"+s.SID("bob")+":ALLOWED/OI|CI/FULL")
	s.checkAccess(t, "bob", "rw", "folder/left")
	s.checkAccess(t, "bob", "", "folder/mended")
	s.checkAccess(t, "alice", "rw", "folder/mended")
	if now := s.facts(t, "folder/mended", perms.PrivateKey); !bytes.Equal(now.NT.Descriptor, after.NT.Descriptor) {
		t.Errorf("the folder changed it to %s", descriptor(t, now).SDDL())
	}
	s.folder(t)
}

// folder mends what bob may look into and write in; what is made there afterwards
// needs no repair.
func (s sambaStore) folder(t *testing.T) {
	t.Helper()
	look := func() perms.Facts {
		f := s.facts(t, "folder", perms.SSHDir)
		f.Kind = perms.Directory
		return f
	}
	before := look()
	if found := perms.Judge(before); !strings.Contains(codes(found), perms.CodeWritable) {
		t.Errorf("of a folder that bob writes in Judge finds %+v", found)
	}
	if !s.Do(t, "bob", "ls folder/*") {
		t.Error("bob cannot look into the folder before it is mended")
	}
	if !s.SetSDDL(t, "alice", "folder", inNumbers(perms.Plan(before).SDDL)) {
		t.Fatal("alice may not mend the folder")
	}
	after := look()
	s.checkRepaired(t, descriptor(t, after), perms.ObjectInherit|perms.ContainerInherit, false)
	if found := perms.Judge(after); len(found) > 0 {
		t.Errorf("after its repair Judge finds %+v", found)
	}
	if s.Do(t, "bob", "ls folder/*") {
		t.Error("bob looks into the mended folder")
	}
	s.checkAccess(t, "bob", "", "folder/mended")
	s.Put(t, "alice", sambaContent, "folder/new")
	if found := perms.Judge(s.facts(t, "folder/new", perms.PrivateKey)); len(found) > 0 {
		t.Errorf("of a file made in the mended folder Judge finds %+v", found)
	}
	s.checkAccess(t, "bob", "", "folder/new")
}

func (s sambaStore) checkAccess(t *testing.T, user, want, file string) {
	t.Helper()
	if got := s.Access(t, user, sambaContent, file)[file]; got != want {
		t.Errorf("Samba gives %s %q to %s, want %q", user, got, file, want)
	}
}

// sambaStore is the share as a folder of alice's.
type sambaStore struct{ *testkeys.Samba }

var sambaContent = []byte("the content of a key\n")

func (s sambaStore) mustSet(t *testing.T, file, sddl string) {
	t.Helper()
	if !s.SetSDDL(t, "root", file, sddl) {
		t.Fatalf("Samba does not let root set %s", sddl)
	}
}

// sids puts alice's and bob's SIDs for A and B.
func (s sambaStore) sids(sddl string) string {
	r := strings.NewReplacer("O:AD:", "O:"+s.SID("alice")+"D:", "O:BD:", "O:"+s.SID("bob")+"D:", ";A)", ";"+s.SID("alice")+")", ";B)", ";"+s.SID("bob")+")")
	return r.Replace(sddl)
}

// inNumbers writes full access as a number: smbcacls 4.17 takes FA for 0x1ff.
func inNumbers(sddl string) string { return strings.ReplaceAll(sddl, ";FA;", ";0x1f01ff;") }

// dacl is a descriptor's list alone, to be set as it is, or so that it gives as much.
func dacl(d perms.Descriptor) string {
	if d.DACL == nil {
		return "D:P(A;;0x1f01ff;;;WD)"
	}
	return inNumbers(perms.Descriptor{Control: d.Control, DACL: d.DACL}.SDDL())
}

// facts reads a file's descriptor from the disk.
func (s sambaStore) facts(t *testing.T, file string, role perms.Role) perms.Facts {
	t.Helper()
	_, raw := s.stored(t, file)
	return perms.Facts{Path: `C:\Users\alice\.ssh\` + file, Role: role, Kind: perms.File, NT: &perms.NT{Descriptor: raw},
		Account: perms.Account{Name: "alice", Home: `C:\Users\alice`, SID: s.SID("alice"), SIDs: []string{"S-1-5-2"}}}
}

// stored reads Samba's attribute: hashes, and behind them the descriptor, whose
// offsets count from the attribute's beginning.
func (s sambaStore) stored(t *testing.T, file string) (head, raw []byte) {
	t.Helper()
	blob := make([]byte, 1<<16)
	n, err := unix.Getxattr(filepath.Join(s.Share, file), testkeys.NTACL, blob)
	if err != nil {
		t.Fatal(err)
	}
	for at := 0; at+20 <= n; at++ {
		raw := moved(blob[at:n], -at)
		if d, err := perms.ParseDescriptor(raw); err == nil && d.Owner != "" {
			return blob[:at], raw
		}
	}
	t.Fatalf("no descriptor in %x", blob[:n])
	return nil, nil
}

// store writes a descriptor into Samba's attribute, with the hashes of another:
// none, since Samba is told to ignore the mode.
func (s sambaStore) store(t *testing.T, file string, d perms.Descriptor) {
	t.Helper()
	head, _ := s.stored(t, "folder")
	blob := append(head, moved(d.Bytes(), len(head))...)
	if err := unix.Setxattr(filepath.Join(s.Share, file), testkeys.NTACL, blob, 0); err != nil {
		t.Fatal(err)
	}
}

// moved adds to the offsets of a descriptor.
func moved(descriptor []byte, by int) []byte {
	b := slices.Clone(descriptor)
	for _, field := range []int{4, 8, 12, 16} {
		if offset := binary.LittleEndian.Uint32(b[field:]); offset != 0 {
			binary.LittleEndian.PutUint32(b[field:], offset+uint32(by))
		}
	}
	return b
}

func descriptor(t *testing.T, f perms.Facts) perms.Descriptor {
	t.Helper()
	d, err := perms.ParseDescriptor(f.NT.Descriptor)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// normal writes a descriptor without what smbcacls changes on setting: it sorts
// the entries, those that deny first, and keeps no AI flag.
func normal(d perms.Descriptor) string {
	d.DACL = slices.Clone(d.DACL)
	slices.SortFunc(d.DACL, func(a, b perms.ACE) int { return strings.Compare(a.SDDL(), b.SDDL()) })
	d.Control &= perms.DACLPresent | perms.DACLProtected
	return d.SDDL()
}

// codes lists the codes of findings, each once.
func codes(found []perms.Finding) string {
	var all []string
	for _, f := range found {
		all = append(all, f.Code)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}
