package formats

import (
	"bytes"
	"math/big"
	"slices"

	"sshkeys/keytool"
)

// relation is something that fields of one key say of each other, and whether it is so.
type relation struct {
	holds   bool
	members []field
}

// suspects are the fields that are in every relation that does not hold, and in none
// that does: where one character was changed, it is in one of them.
func (w *wreck) suspects() []field {
	relations := w.relations()
	var suspects []field
	failed := 0
	for _, r := range relations {
		if r.holds {
			continue
		}
		if failed++; failed == 1 {
			suspects = slices.Clone(r.members)
		}
		suspects = slices.DeleteFunc(suspects, func(f field) bool { return !r.has(f) })
	}
	w.proved = failed == 0 && len(relations) > 0
	all := slices.Clone(suspects)
	for _, r := range relations {
		if r.holds {
			suspects = slices.DeleteFunc(suspects, r.has)
		}
	}
	if len(suspects) == 0 {
		return all
	}
	return suspects
}

func (r relation) has(f field) bool {
	return slices.ContainsFunc(r.members, func(m field) bool { return m.first == f.first && m.last == f.last && m.name == f.name })
}

// relations are those of the fields that are there.
func (w *wreck) relations() []relation {
	var all []relation
	copies := map[string][]field{}
	for _, p := range w.parts {
		if !p.sound {
			return nil
		}
		for _, f := range p.fields {
			if f.role == "public key behind the seed" {
				f.role = "key"
			}
			copies[f.role] = append(copies[f.role], f)
		}
	}
	for _, role := range []string{"key type", "curve", "e", "n", "p", "q", "g", "y", "Q", "key", "application"} {
		if same := copies[role]; role != "p" && role != "q" || copies["n"] == nil {
			all = append(all, equal(same)...)
		}
	}
	switch alg := w.family(copies); alg {
	case keytool.RSA:
		all = append(all, rsaRelations(copies)...)
	case keytool.DSA:
		all = append(all, dsaRelations(copies)...)
	case keytool.ECDSA, keytool.Ed25519, keytool.Ed448, keytool.MLDSA44Ed25519:
		all = append(all, w.derivations(copies)...)
	}
	return all
}

// equal are the relations of a field that stands there more than once.
func equal(same []field) []relation {
	var all []relation
	for i, a := range same {
		for _, b := range same[:i] {
			holds := bytes.Equal(keytool.TrimZeros(a.value), keytool.TrimZeros(b.value))
			all = append(all, relation{holds, []field{b, a}})
		}
	}
	return all
}

func (w *wreck) family(copies map[string][]field) keytool.Family {
	switch {
	case copies["d"] != nil && copies["n"] != nil:
		return keytool.RSA
	case copies["x"] != nil:
		return keytool.DSA
	}
	if alg := w.keyType(copies); alg != nil {
		return alg.Family
	}
	return keytool.Unknown
}

// keyType is the key's type: by its name, or by the size of its point.
func (w *wreck) keyType(copies map[string][]field) *keytool.Algorithm {
	for _, f := range copies["key type"] {
		if a := keytool.LookupAlgorithm(string(f.value)); a != nil {
			return a
		}
		if a := keytool.LookupCertificate(string(f.value)); a != nil {
			return a
		}
	}
	for _, f := range copies["Q"] {
		for _, c := range ecCurves() {
			if a := keytool.LookupAlgorithm(c.algorithm); len(f.value) == 2*a.ScalarSize()+1 {
				return a
			}
		}
	}
	return nil
}

// number is a field as one; zero where it is longer than any number of a key.
func (f field) number() *big.Int {
	if len(f.value) > keytool.MaxRSABits/8+1 {
		return new(big.Int)
	}
	return new(big.Int).SetBytes(f.value)
}

// rsaRelations are those of RFC 8017 section 3.2, each over few of the numbers.
func rsaRelations(copies map[string][]field) []relation {
	one := big.NewInt(1)
	var all []relation
	get := func(role string) (field, bool) {
		if len(copies[role]) != 1 {
			return field{}, false
		}
		return copies[role][0], true
	}
	d, okD := get("d")
	p, okP := get("p")
	q, okQ := get("q")
	if !okD || !okP || !okQ || p.number().Cmp(one) <= 0 || q.number().Cmp(one) <= 0 {
		return nil
	}
	for _, n := range copies["n"] {
		product := new(big.Int).Mul(p.number(), q.number())
		all = append(all, relation{product.Cmp(n.number()) == 0, []field{n, p, q}})
	}
	for _, prime := range []field{p, q} {
		less := new(big.Int).Sub(prime.number(), one)
		for _, e := range copies["e"] {
			product := new(big.Int).Mul(e.number(), d.number())
			all = append(all, relation{product.Mod(product, less).Cmp(one) == 0, []field{e, d, prime}})
		}
		if part, ok := get(map[string]string{"p": "dP", "q": "dQ"}[prime.role]); ok {
			rest := new(big.Int).Mod(d.number(), less)
			all = append(all, relation{rest.Cmp(part.number()) == 0, []field{part, d, prime}})
		}
	}
	if c, ok := get("iqmp"); ok {
		product := new(big.Int).Mul(c.number(), q.number())
		all = append(all, relation{product.Mod(product, p.number()).Cmp(one) == 0, []field{c, q, p}})
	}
	return all
}

// dsaRelations are those of FIPS 186-4 section 4.1.
func dsaRelations(copies map[string][]field) []relation {
	for _, role := range []string{"p", "q", "g", "x"} {
		if len(copies[role]) == 0 || copies[role][0].number().Sign() == 0 || copies[role][0].number().BitLen() > maxDSABits {
			return nil
		}
	}
	one := big.NewInt(1)
	var all []relation
	for i, p := range copies["p"] {
		q, g, x := copies["q"][i], copies["g"][i], copies["x"][0]
		if p.number().Cmp(one) <= 0 {
			continue
		}
		less := new(big.Int).Sub(p.number(), one)
		all = append(all, relation{less.Mod(less, q.number()).Sign() == 0, []field{p, q}})
		order := new(big.Int).Exp(g.number(), q.number(), p.number())
		all = append(all, relation{order.Cmp(one) == 0, []field{g, q, p}})
		if len(copies["y"]) <= i {
			continue
		}
		y := copies["y"][i]
		order.Exp(y.number(), q.number(), p.number())
		all = append(all, relation{order.Cmp(one) == 0, []field{y, q, p}})
		power := new(big.Int).Exp(g.number(), x.number(), p.number())
		all = append(all, relation{power.Cmp(y.number()) == 0, []field{y, g, p, x}})
	}
	return all
}

// derivations hold each copy of a public key to the private one, and a point to its curve.
func (w *wreck) derivations(copies map[string][]field) []relation {
	alg := w.keyType(copies)
	secret, members := secretOf(alg, copies)
	public := copies["key"]
	if alg.Family == keytool.ECDSA {
		public = copies["Q"]
	}
	var all []relation
	for _, f := range public {
		key, err := keytool.NewPublicParams(alg.Name, "", f.value)
		if err != nil { // not even a point; that it is one would prove little
			all = append(all, relation{false, []field{f}})
		}
		if err == nil && secret != nil {
			_, err = keytool.NewPrivate(key, secret)
			all = append(all, relation{err == nil, append([]field{f}, members...)})
		} else if secret != nil {
			all = append(all, relation{false, append([]field{f}, members...)})
		}
	}
	return all
}

// secretOf is the private half, and the fields it is made of; nil where it is not there.
func secretOf(alg *keytool.Algorithm, copies map[string][]field) (keytool.Secret, []field) {
	first := func(role string) []field { return copies[role][:min(1, len(copies[role]))] }
	switch seed, d := first("seed"), first("d"); {
	case alg.Family == keytool.ECDSA && d != nil:
		return &keytool.ECDSASecret{D: keytool.TrimZeros(d[0].value)}, d
	case alg.Family == keytool.MLDSA44Ed25519:
		a, b := first("ML-DSA seed"), first("Ed25519 seed")
		if len(a)+len(b) == 2 {
			return &keytool.MLDSASecret{MLDSASeed: a[0].value, Ed25519Seed: b[0].value}, append(a, b...)
		}
	case len(seed) == 1:
		whole := make([]byte, max(keySize(alg.Family), len(seed[0].value))) // PuTTY's may lack zeros at its end
		copy(whole, seed[0].value)
		return &keytool.EdSecret{Seed: whole}, seed
	}
	return nil, nil
}
