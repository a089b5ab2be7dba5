package formats

import (
	"bytes"
	"testing"

	"sshkeys/internal/testkeys"
)

// FuzzOpenSSH: whatever is accepted can be written and read again as the same
// key, the input is left alone, and nothing panics.
func FuzzOpenSSH(f *testing.F) {
	for _, g := range openSSHGoldens(f) { // fails when there are none
		f.Add(g.Data)
	}
	passphrase := testkeys.Passphrase(f)
	lim := DefaultLimits()
	lim.BcryptRounds = 1
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		in := normalise(data)
		if !sniffOpenSSH(in) {
			return
		}
		e, err := decodeOpenSSH(in, lim)
		if err != nil {
			return
		}
		k, err := e.Open(passphrase)
		if !bytes.Equal(data, before) {
			t.Fatal("the input was written to")
		}
		if err != nil {
			return
		}
		if !k.IsPrivate() || !k.Equal(e.Public) {
			t.Fatalf("opened %v, in clear %v", k, e.Public)
		}
		if checkComment(k.Comment()) != nil {
			k = k.WithComment("")
		}
		again := openSSHOpen(t, openSSHEncode(t, k, Options{}), nil)
		if !again.Equal(k) || again.Comment() != k.Comment() {
			t.Fatalf("read back %v", again)
		}
	})
}
