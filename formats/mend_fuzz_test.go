package formats_test

import (
	"bytes"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/testkeys"
)

// FuzzMend: nothing panics, the input is left alone, what was mended parses as what
// Mend said it is, and no private key comes out but those of the seeds. A file whose
// private half is stated once, as in PKCS#8, may be changed to another key.
func FuzzMend(f *testing.F) {
	known := map[string]bool{}
	for _, h := range testkeys.Horrors(f) {
		known[h.Golden.Facts.SHA256] = true
		if !h.Golden.Encrypted() && len(h.Data) < 2000 {
			f.Add(h.Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		before := bytes.Clone(data)
		env, err := formats.Mend(data, tight())
		if !bytes.Equal(before, data) {
			t.Fatal("the input was written to")
		}
		if err != nil {
			return
		}
		if env.Mended != nil {
			again, err := formats.Parse(env.Mended, tight())
			if err != nil || again.Format != env.Format || again.Kind != env.Kind {
				t.Fatalf("mended as %s, %s: %v, %v", env.Format, env.Kind, again, err)
			}
		}
		for _, e := range env.Edits {
			if !placed(e, data) {
				t.Fatalf("%s in lines %d to %d of %d", e.Defect, e.Line, e.Last, countLines(data))
			}
		}
		if env.Encrypted() || !provesItself(env.Format) {
			return
		}
		if k, err := env.Open(nil); err == nil && k != nil && k.IsPrivate() && !known[k.Fingerprint()] {
			t.Fatalf("a private key of no seed: %v, edits %v", k, env.Edits)
		}
	})
}

// provesItself tells the formats that state a private half beside the public one.
func provesItself(id formats.ID) bool {
	return strings.HasPrefix(string(id), "ppk") || id == formats.OpenSSH || id == formats.PKCS1 || id == formats.SSHCom
}
