package keytool

// Proof says how two halves were found to belong together, in the words of
// verify's proved_by.
type Proof string

const (
	// ProvedByDerivation: the public half was computed from the secret.
	ProvedByDerivation Proof = "derivation"
	// ProvedByClearText: the private half stayed locked (or is a security
	// key's handle), so its clear-text public half was compared instead.
	ProvedByClearText Proof = "clear-text"
)

// ProofOf tells what a comparison with k proves: a private Key had its public
// half derived when it was made, anything else only states it.
func ProofOf(k *Key) Proof {
	if k.IsPrivate() && !k.algorithm.Hardware() {
		return ProvedByDerivation
	}
	return ProvedByClearText
}

// Pair is the answer to "does this private key belong to that public key?".
type Pair struct {
	Match    bool
	ProvedBy Proof
}

// MatchPair compares a private key, or the public half that stands in clear
// beside a locked one, with a public key.
func MatchPair(private, public *Key) Pair {
	return Pair{Match: private.Equal(public), ProvedBy: ProofOf(private)}
}
