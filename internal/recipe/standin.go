package recipe

import (
	"fmt"
	"math/big"
	"strings"

	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// standIn is a key of the type and size that is to be made, for the services and
// formats to be asked before the work begins. It is no key to use, and nothing
// outside this package sees it.
func standIn(spec services.KeySpec) (*keytool.Key, error) {
	algorithm, bits, err := algorithmOf(spec)
	switch {
	case err != nil:
		return nil, err
	case algorithm == X25519:
		return keytool.GenerateX25519("")
	case spec.Type == "rsa":
		return hollowRSA(algorithm, bits)
	}
	return keytool.Generate(algorithm, bits, "")
}

// algorithmOf finds the algorithm of a type that has keys of this size.
func algorithmOf(spec services.KeySpec) (name string, bits int, err error) {
	if spec.Type == X25519 {
		if spec.Bits != 0 && spec.Bits != 8*keytool.X25519Size {
			err = &keytool.SizeError{Algorithm: "X25519", Bits: spec.Bits, Reason: fmt.Sprintf("it has %d bits always", 8*keytool.X25519Size)}
		}
		return X25519, 8 * keytool.X25519Size, err
	}
	var sizes []string
	for _, name := range keytool.Algorithms() {
		a := keytool.LookupAlgorithm(name)
		if services.TypeName(a) != spec.Type {
			continue
		}
		if bits, err = keytool.GeneratedBits(name, spec.Bits); err == nil {
			return name, bits, nil
		}
		if own, fixed := keytool.GeneratedBits(name, 0); fixed == nil {
			sizes = append(sizes, fmt.Sprint(own))
		}
	}
	if len(sizes) > 1 {
		err = &keytool.SizeError{Algorithm: strings.ToUpper(spec.Type), Bits: spec.Bits, Reason: "there are " + strings.Join(sizes, ", ")}
	}
	if err == nil {
		err = fmt.Errorf("keys of type %s are not made here", spec.Type)
	}
	return "", 0, err
}

// hollowRSA has the form of an RSA key of the size, made of two numbers that are
// no primes: 3·2^k+1 and 3·2^m-1. Finding primes is the work that is not to be
// done in vain.
func hollowRSA(algorithm string, bits int) (*keytool.Key, error) {
	one := big.NewInt(1)
	three := func(size int) *big.Int { return new(big.Int).Lsh(big.NewInt(3), uint(size-2)) }
	p, q := three(bits-bits/2), three(bits/2)
	p.Add(p, one)
	q.Sub(q, one)
	e := big.NewInt(65537)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	d := new(big.Int).ModInverse(e, phi)
	public, err := keytool.NewPublicParams(algorithm, "", e.Bytes(), new(big.Int).Mul(p, q).Bytes())
	if err != nil {
		return nil, err
	}
	return keytool.NewPrivate(public, &keytool.RSASecret{D: d.Bytes(), P: p.Bytes(), Q: q.Bytes()})
}
