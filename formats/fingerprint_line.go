package formats

import (
	"fmt"

	"sshkeys/keytool"
)

// FingerprintLine is one key as `ssh-keygen -l` prints it:
// "bits fingerprint comment (TYPE)", without a line end.
func FingerprintLine(k *keytool.Key, h keytool.Hash) string {
	comment, display := "no comment", k.Algorithm().Display
	if k.Comment() != "" {
		comment = Visible(k.Comment())
	}
	if k.Certificate() != nil {
		display += "-CERT"
	}
	return fmt.Sprintf("%d %s %s (%s)", k.Bits(), k.FingerprintHash(h), comment, display)
}
