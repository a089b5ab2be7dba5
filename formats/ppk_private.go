package formats

import (
	"crypto/sha1"
	"crypto/subtle"
	"math/big"
	"slices"

	"sshkeys/keytool"
)

// ppkFamilies are the key types PuTTY gives a private blob, appendix C.3.
func ppkFamilies() []keytool.Family {
	return []keytool.Family{keytool.RSA, keytool.DSA, keytool.ECDSA, keytool.Ed25519, keytool.Ed448}
}

// unsupportedType returns an *UnsupportedError for a key type that has no private blob.
func (f *ppkFile) unsupportedType(pub *keytool.Key) error {
	if slices.Contains(ppkFamilies(), pub.Algorithm().Family) {
		return nil
	}
	return &UnsupportedError{f.id, "key type " + pub.Algorithm().Name}
}

// privateKey reads the private blob, whose MAC was right, and joins it to the
// public half. Shapes, after appendix C.3:
//
//	RSA      mpint d, p, q, iqmp
//	DSA      mpint x; in version 1 also string hash
//	ECDSA    mpint d
//	Ed25519  string seed, a number in little-endian order
//	Ed448    the same
//
// An encrypted blob ends in less than a block of padding, of any content.
func (f *ppkFile) privateKey(pub *keytool.Key, plain []byte) (*keytool.Key, error) {
	r := keytool.NewWireReader(plain)
	var secret keytool.Secret
	var err error
	switch pub.Algorithm().Family {
	case keytool.RSA:
		secret = &keytool.RSASecret{D: r.MPInt("d"), P: r.MPInt("p"), Q: r.MPInt("q"), IQMP: r.MPInt("iqmp")}
	case keytool.DSA:
		secret = &keytool.DSASecret{X: r.MPInt("x")}
		if f.version == 1 && !sameDSAParams(pub, r.Str("hash")) && r.Err() == nil {
			return nil, &IntegrityError{f.id, "the hash of p, q and g in the private half is wrong"}
		}
	case keytool.ECDSA:
		secret = &keytool.ECDSASecret{D: r.MPInt("d")}
	case keytool.Ed25519:
		secret, err = f.readSeed(r, keytool.Ed25519SeedSize)
	case keytool.Ed448:
		secret, err = f.readSeed(r, keytool.Ed448SeedSize)
	}
	if err != nil {
		return nil, err
	}
	if f.encrypted() && len(r.Rest()) < ppkBlock {
		r.Bytes("padding", len(r.Rest()))
	}
	if err := r.End(); err != nil {
		return nil, wireError(f.id, "private key", err)
	}
	key, err := keytool.NewPrivate(pub, secret)
	return key, wireError(f.id, "private key", err)
}

// readSeed reads an Ed25519 or Ed448 seed. To PuTTY it is a little-endian number,
// of which older versions left out the highest zero bytes: those at the end.
func (f *ppkFile) readSeed(r *keytool.WireReader, size int) (keytool.Secret, error) {
	stored := r.Str("seed")
	if len(stored) > size {
		return nil, syntax(f.id, "private key, field seed", "%d bytes, should be %d", len(stored), size)
	}
	seed := make([]byte, size)
	copy(seed, stored)
	return &keytool.EdSecret{Seed: seed}, nil
}

// sameDSAParams compares version 1's hash of the parameters: SHA-1 of the mpints
// p, q and g. Nothing else binds them to the private half there.
func sameDSAParams(pub *keytool.Key, hash []byte) bool {
	var preimage []byte
	for _, number := range pub.Params()[:3] {
		preimage = keytool.AppendMPInt(preimage, number)
	}
	sum := sha1.Sum(preimage)
	return subtle.ConstantTimeCompare(sum[:], hash) == 1
}

// ppkPrivateBlob writes the private blob without padding.
func ppkPrivateBlob(id ID, k *keytool.Key) ([]byte, error) {
	switch s := k.Secret().(type) {
	case *keytool.RSASecret:
		p, q, iqmp := orderPrimes(s)
		blob := keytool.AppendMPInt(nil, s.D)
		blob = keytool.AppendMPInt(blob, p)
		blob = keytool.AppendMPInt(blob, q)
		return keytool.AppendMPInt(blob, iqmp), nil
	case *keytool.DSASecret:
		return keytool.AppendMPInt(nil, s.X), nil
	case *keytool.ECDSASecret:
		return keytool.AppendMPInt(nil, s.D), nil
	case *keytool.EdSecret:
		return keytool.AppendStr(nil, s.Seed), nil
	}
	return nil, &CannotHoldError{id, "a key of type " + k.Algorithm().Name}
}

// orderPrimes puts the larger prime first, as PuTTY does with keys of other
// tools (rsa_verify).
func orderPrimes(s *keytool.RSASecret) (p, q, iqmp []byte) {
	first, second := new(big.Int).SetBytes(s.P), new(big.Int).SetBytes(s.Q)
	if first.Cmp(second) >= 0 {
		return s.P, s.Q, s.IQMP
	}
	return s.Q, s.P, new(big.Int).ModInverse(first, second).Bytes()
}

// ppkPad fills the last block with the beginning of the blob's SHA-1, as
// PuTTY's ppk_save_sb does; a blob of whole blocks gets nothing.
func ppkPad(blob []byte) []byte {
	sum := sha1.Sum(blob)
	return append(slices.Clip(blob), sum[:-len(blob)&(ppkBlock-1)]...)
}
