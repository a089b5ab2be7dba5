package testkeys

import "maps"

// shapes is the one table of what golden file names mean.
func shapes() map[string]Shape {
	all := map[string]Shape{
		"openssh.pub":      {Format: "openssh-public", comment: true},
		"cert.pub":         {Format: "openssh-public", comment: true, Certificate: true},
		"rfc4716":          {Format: "rfc4716", comment: true},
		"rfc4716.puttygen": {Format: "rfc4716", comment: true},
		"spki.pem":         {Format: "spki"},
		"spki.der":         {Format: "spki", DER: true},
		"rsapublic.pem":    {Format: "pkcs1-public"},
		"rsapublic.der":    {Format: "pkcs1-public", DER: true},
		"x509.pem":         {Format: "x509"},
		"x509.der":         {Format: "x509", DER: true},
		"wire.bin":         {Format: "wire"},
		"wire.base64":      {Format: "wire-base64"},

		"dropbear":    private("dropbear"),
		"sshcom":      commented(private("sshcom")),
		"sshcom.3des": commented(private("sshcom").locked("3des-cbc", "md5", nil)),
	}
	maps.Copy(all, opensshShapes())
	maps.Copy(all, ppkShapes())
	maps.Copy(all, pemShapes())
	maps.Copy(all, pkcs8Shapes())
	maps.Copy(all, datasetShapes())
	return all
}

func private(format string) Shape { return Shape{Format: format, Private: true} }

func commented(s Shape) Shape { s.comment = true; return s }

func der(s Shape) Shape { s.DER = true; return s }

func (s Shape) locked(cipher, kdf string, params map[string]uint64) Shape {
	s.Cipher, s.KDF, s.Params = cipher, kdf, params
	return s
}

func opensshShapes() map[string]Shape {
	plain := commented(private("openssh"))
	bcrypt := func(cipher string, rounds uint64) Shape {
		return plain.locked(cipher, "bcrypt", map[string]uint64{"rounds": rounds})
	}
	all := map[string]Shape{
		"openssh":                     plain,
		"openssh.puttygen":            plain,
		"openssh.puttygen-aes256-ctr": bcrypt("aes256-ctr", 16),
		"openssh.aes256-ctr-1round":   bcrypt("aes256-ctr", 1),
		"openssh.aes256-ctr-24rounds": bcrypt("aes256-ctr", 24),
		"openssh.aes128-gcm":          bcrypt("aes128-gcm@openssh.com", 4),
		"openssh.aes256-gcm":          bcrypt("aes256-gcm@openssh.com", 4),
		"openssh.chacha20-poly1305":   bcrypt("chacha20-poly1305@openssh.com", 4),
	}
	for _, cipher := range []string{"3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-ctr", "aes192-ctr", "aes256-ctr"} {
		all["openssh."+cipher] = bcrypt(cipher, 4)
	}
	return all
}

func ppkShapes() map[string]Shape {
	ppk2, ppk3 := commented(private("ppk2")), commented(private("ppk3"))
	argon2 := func(flavour string, memory, passes, lanes uint64) Shape {
		return ppk3.locked("aes256-cbc", flavour, map[string]uint64{"memory_kib": memory, "passes": passes, "parallelism": lanes})
	}
	cert := ppk3
	cert.Certificate = true
	return map[string]Shape{
		"ppk2":                ppk2,
		"ppk2.enc":            ppk2.locked("aes256-cbc", "sha1", nil),
		"ppk3":                ppk3,
		"ppk3.cert":           cert,
		"ppk3.argon2id":       argon2("argon2id", 64, 2, 1),
		"ppk3.argon2i":        argon2("argon2i", 64, 2, 1),
		"ppk3.argon2d":        argon2("argon2d", 64, 2, 1),
		"ppk3.argon2id-8mib":  argon2("argon2id", 8192, 3, 1),
		"ppk3.argon2id-lanes": argon2("argon2id", 128, 2, 3),
	}
}

func pemShapes() map[string]Shape {
	all := map[string]Shape{"sec1-params.pem": private("sec1"), "sec1.explicit.pem": private("sec1")}
	for name, format := range map[string]string{"pkcs1": "pkcs1", "sec1": "sec1", "dsa": "dsa-pem"} {
		plain := private(format)
		all[name+".pem"] = plain
		all[name+".der"] = der(plain)
		all[name+".des.pem"] = plain.locked("des-cbc", "md5", nil)
		all[name+".des3.pem"] = plain.locked("3des-cbc", "md5", nil)
		all[name+".puttygen-des3.pem"] = plain.locked("3des-cbc", "md5", nil)
		for _, size := range []string{"128", "192", "256"} {
			all[name+".aes"+size+".pem"] = plain.locked("aes"+size+"-cbc", "md5", nil)
		}
	}
	return all
}

// datasetShapes are the keys that decrypt data. Crypt4GH's file names tell the
// tool or derivation, and its labels nothing.
func datasetShapes() map[string]Shape {
	c4gh := commented(private("crypt4gh"))
	locked := func(kdf string, params map[string]uint64) Shape { return c4gh.locked("chacha20_poly1305", kdf, params) }
	scrypt := map[string]uint64{"n": 16384, "r": 8, "p": 1}
	return map[string]Shape{
		"crypt4gh":        c4gh,
		"crypt4gh.htslib": c4gh,
		"crypt4gh.scrypt": locked("scrypt", scrypt),
		"crypt4gh.old":    locked("scrypt", scrypt),
		"crypt4gh.bcrypt": locked("bcrypt", map[string]uint64{"rounds": 4}),
		"crypt4gh.pbkdf2": locked("pbkdf2-hmac-sha256", map[string]uint64{"iterations": 2048}),
		"crypt4gh.pub":    {Format: "crypt4gh-public"},
		"age":             commented(private("age")),
		"age.pub":         {Format: "age-public", comment: true},
	}
}

func pkcs8Shapes() map[string]Shape {
	plain := private("pkcs8")
	pbkdf2 := func(cipher, hash string) Shape {
		return plain.locked(cipher, "pbkdf2-hmac-"+hash, map[string]uint64{"iterations": 2048})
	}
	all := map[string]Shape{
		"pkcs8.pem":                     plain,
		"pkcs8.der":                     der(plain),
		"pkcs8.ssh-keygen.pem":          pbkdf2("aes128-cbc", "sha256"),
		"pkcs8.pbes2-aes128-sha256.pem": pbkdf2("aes128-cbc", "sha256"),
		"pkcs8.pbes2-aes192-sha256.pem": pbkdf2("aes192-cbc", "sha256"),
		"pkcs8.pbes2-des3-sha256.pem":   pbkdf2("3des-cbc", "sha256"),
		"pkcs8.pbes2-aes256-sha256.der": der(pbkdf2("aes256-cbc", "sha256")),
		"pkcs8.scrypt.pem":              plain.locked("aes256-cbc", "scrypt", map[string]uint64{"n": 1024, "r": 8, "p": 2}),
		"pkcs8.pbe-sha1-3des.pem":       plain.locked("3des-cbc", "pkcs12-sha1", map[string]uint64{"iterations": 2048}),
		"pkcs8.pbe-md5-des.pem":         plain.locked("des-cbc", "pbkdf1-md5", map[string]uint64{"iterations": 2048}),
	}
	for _, hash := range []string{"sha1", "sha224", "sha256", "sha384", "sha512"} {
		all["pkcs8.pbes2-aes256-"+hash+".pem"] = pbkdf2("aes256-cbc", hash)
	}
	return all
}
