package formats_test

import (
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

// FuzzPPK: whatever opens is a whole key that is written and read again.
func FuzzPPK(f *testing.F) {
	f.Add([]byte(ppkOpen), []byte(nil))
	f.Add([]byte(ppkLocked), []byte(ppkSecret))
	seeds := 0
	for _, g := range testkeys.Goldens(f) {
		if strings.HasPrefix(g.Format, "ppk") && g.Cheap() {
			f.Add(g.Data, g.Passphrase)
			seeds++
		}
	}
	if seeds == 0 {
		f.Fatal("no seeds")
	}
	lim := formats.DefaultLimits()
	lim.Argon2MemoryKiB, lim.Argon2CostKiB = 64, 128
	f.Fuzz(func(t *testing.T, data, passphrase []byte) {
		e, err := formats.Parse(data, lim)
		if err != nil || !strings.HasPrefix(string(e.Format), "ppk") {
			return
		}
		k, err := e.Open(passphrase)
		if err != nil {
			return
		}
		if !k.IsPrivate() || !k.Equal(e.Public) {
			t.Fatal("opened another key than the one in clear")
		}
		again, err := formats.Encode(formats.PPK3, k.WithComment("again"), formats.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if back := ppkKey(t, again, ""); !back.Equal(k) {
			t.Fatal("another key after writing and reading it")
		}
	})
}
