package keytool

import (
	"bytes"
	"time"
)

// CertificateInfo is what an OpenSSH certificate says (PROTOCOL.certkeys).
type CertificateInfo struct {
	Type        string // wire name, e.g. ssh-ed25519-cert-v01@openssh.com
	Serial      uint64
	Host        bool // a host certificate; otherwise a user's
	KeyID       string
	Principals  []string
	ValidAfter  time.Time // zero: always
	ValidBefore time.Time // zero: forever
	SigningKey  *Key
}

// newCertificate reads a certificate whose type has been read from r. The
// signature is not verified: whose CA is trusted is not this file's to say.
func newCertificate(name string, blob []byte, r *WireReader, comment string) (*Key, error) {
	a := LookupCertificate(name)
	if a == nil {
		unknown := &Algorithm{Name: name, Display: name}
		return &Key{algorithm: unknown, blob: bytes.Clone(blob), comment: comment}, nil
	}
	r.Str("nonce")
	params, err := readFields(a, r)
	if err != nil {
		return nil, err
	}
	if _, err := readCertificateInfo(name, r); err != nil {
		return nil, err
	}
	k := newKey(a, params, comment)
	k.certificate = bytes.Clone(blob)
	return k, nil
}

// CertificateInfo tells what the kept certificate says; nil where there is none.
func (k *Key) CertificateInfo() *CertificateInfo {
	if k.certificate == nil {
		return nil
	}
	r := NewWireReader(k.certificate)
	name := string(r.Str("key type"))
	r.Str("nonce")
	walkFields(k.algorithm, r)
	info, err := readCertificateInfo(name, r)
	if err != nil {
		return nil
	}
	return info
}

// readCertificateInfo reads the fields after the public key's, PROTOCOL.certkeys.
func readCertificateInfo(name string, r *WireReader) (*CertificateInfo, error) {
	info := &CertificateInfo{Type: name}
	info.Serial = r.Uint64("serial")
	info.Host = r.Uint32("type") == 2
	info.KeyID = string(r.Str("key id"))
	principals := NewWireReader(r.Str("valid principals"))
	info.ValidAfter = certTime(r.Uint64("valid after"))
	info.ValidBefore = certTime(r.Uint64("valid before"))
	r.Str("critical options")
	r.Str("extensions")
	r.Str("reserved")
	ca := r.Str("signature key")
	r.Str("signature")
	if err := r.End(); err != nil {
		return nil, err
	}
	for len(principals.Rest()) > 0 {
		info.Principals = append(info.Principals, string(principals.Str("principal")))
	}
	if err := principals.Err(); err != nil {
		return nil, err
	}
	var err error
	if isCertificateBlob(ca) {
		return nil, &FieldError{"signature key", 0, "a certificate cannot sign certificates"}
	}
	info.SigningKey, err = NewPublic(ca, "")
	return info, err
}

// isCertificateBlob looks at the key type only; it keeps certificates from nesting.
func isCertificateBlob(blob []byte) bool {
	return isCertificateName(string(NewWireReader(blob).Str("key type")))
}

func certTime(v uint64) time.Time {
	if v == 0 || v > 1<<62 { // 2^64-1 is "forever"
		return time.Time{}
	}
	return time.Unix(int64(v), 0).UTC()
}
