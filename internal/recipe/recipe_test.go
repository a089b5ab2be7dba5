package recipe

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"sshkeys/formats"
	"sshkeys/internal/services"
	"sshkeys/keytool"
)

// request asks for a service's key, or with "" for anybody's, on a fixed day.
func request(t *testing.T, service string) Request {
	t.Helper()
	q := Request{User: "taro", Host: "lab", Date: "2026-11-21"}
	if service != "" {
		if q.Service = services.Lookup(service); q.Service == nil {
			t.Fatalf("there is no service %s", service)
		}
	}
	return q
}

func TestSettle(t *testing.T) {
	for _, c := range []struct {
		service string
		ask     Request
		want    Recipe
	}{
		{"", Request{}, Recipe{Purpose: "auth", Algorithm: "ssh-ed25519", Bits: 256, Private: "openssh", Name: "id_ed25519", Comment: "taro@lab"}},
		{"", Request{Type: "rsa"}, Recipe{Purpose: "auth", Algorithm: "ssh-rsa", Bits: 3072, Private: "openssh", Name: "id_rsa", Comment: "taro@lab"}},
		{"", Request{Type: "ecdsa", Bits: 384, Name: "lab"}, Recipe{Purpose: "auth", Algorithm: "ecdsa-sha2-nistp384", Bits: 384, Private: "openssh", Name: "lab", Comment: "taro@lab"}},
		{"", Request{Type: "ecdsa"}, Recipe{Purpose: "auth", Algorithm: "ecdsa-sha2-nistp256", Bits: 256, Private: "openssh", Name: "id_ecdsa", Comment: "taro@lab"}},
		{"", Request{Format: "ppk"}, Recipe{Purpose: "auth", Algorithm: "ssh-ed25519", Bits: 256, Private: "ppk3", Name: "id_ed25519.ppk", Comment: "taro@lab"}},
		{"", Request{Format: "pem", Type: "ecdsa", Name: "k"}, Recipe{Purpose: "auth", Algorithm: "ecdsa-sha2-nistp256", Bits: 256, Private: "sec1", Name: "k", Comment: "taro@lab"}},
		{"", Request{Purpose: "dataset", Name: "d"}, Recipe{Purpose: "dataset", Algorithm: "ssh-rsa", Bits: 3072, Private: "pkcs1", Name: "d", Comment: "dataset:d:2026-11-21"}},
		{"", Request{Purpose: "dataset", Name: "my data:1"}, Recipe{Purpose: "dataset", Algorithm: "ssh-rsa", Bits: 3072, Private: "pkcs1", Name: "my data:1", Comment: "dataset:my_data_1:2026-11-21"}},
		{"", Request{Purpose: "dataset", Type: "ed25519", Name: "d"}, Recipe{Purpose: "dataset", Algorithm: "ssh-ed25519", Bits: 256, Private: "openssh", Name: "d", Comment: "dataset:d:2026-11-21"}},
		{"", Request{Type: "crypt4gh", Name: "bob"}, Recipe{Purpose: "dataset", Algorithm: X25519, Bits: 256, Private: "crypt4gh", Name: "bob.sec", Comment: "dataset:bob:2026-11-21"}},
		{"", Request{Format: "age", Name: "bob.agekey"}, Recipe{Purpose: "dataset", Algorithm: X25519, Bits: 256, Private: "age", Name: "bob.agekey", Comment: "dataset:bob:2026-11-21"}},

		{"jga", Request{Name: "J-DU999991"}, Recipe{Purpose: "dataset", Algorithm: "ssh-rsa", Bits: 3072, Private: "pkcs1", Name: "J-DU999991", Comment: "jga:J-DU999991:2026-11-21"}},
		{"jga", Request{Name: "J-DU999991", Type: "rsa", Bits: 4096, Format: "pkcs8"}, Recipe{Purpose: "dataset", Algorithm: "ssh-rsa", Bits: 4096, Private: "pkcs8", Name: "J-DU999991", Comment: "jga:J-DU999991:2026-11-21"}},
		{"jga", Request{Purpose: "auth"}, Recipe{Purpose: "auth", Algorithm: "ssh-ed25519", Bits: 256, Private: "openssh", Name: "id_ed25519", Comment: "taro@lab"}},
		{"agd", Request{Name: "A-DU000001"}, Recipe{Purpose: "dataset", Algorithm: "ssh-rsa", Bits: 3072, Private: "pkcs1", Name: "A-DU000001", Comment: "agd:A-DU000001:2026-11-21"}},
		{"ddbj", Request{}, Recipe{Purpose: "auth", Algorithm: "ssh-ed25519", Bits: 256, Private: "openssh", Name: "id_ed25519", Comment: "taro@lab"}},
		{"dra", Request{Type: "rsa", Bits: 2048}, Recipe{Purpose: "auth", Algorithm: "ssh-rsa", Bits: 2048, Private: "openssh", Name: "id_rsa", Comment: "taro@lab"}},
		{"nig", Request{}, Recipe{Purpose: "auth", Algorithm: "ssh-ed25519", Bits: 256, Private: "openssh", Name: "id_ed25519_nigsc-gw", Comment: "nigsc-gw:taro:2026-11-21"}},
		{"nig", Request{Type: "rsa"}, Recipe{Purpose: "auth", Algorithm: "ssh-rsa", Bits: 3072, Private: "openssh", Name: "id_rsa_nigsc-gw", Comment: "nigsc-gw:taro:2026-11-21"}},
		{"ega", Request{Name: "bob"}, Recipe{Purpose: "dataset", Algorithm: X25519, Bits: 256, Private: "crypt4gh", Name: "bob.sec", Comment: "ega:bob:2026-11-21"}},
		{"age", Request{Name: "bob"}, Recipe{Purpose: "dataset", Algorithm: X25519, Bits: 256, Private: "age", Name: "bob.agekey", Comment: "age:bob:2026-11-21"}},
		{"putty-0.74", Request{}, Recipe{Purpose: "auth", Algorithm: "ssh-ed25519", Bits: 256, Private: "ppk2", Name: "id_ed25519.ppk", Comment: "taro@lab"}},
		{"cuteftp", Request{}, Recipe{Purpose: "auth", Algorithm: "ssh-rsa", Bits: 3072, Private: "sshcom", Name: "id_rsa", Comment: "taro@lab", Convert: "rfc4716"}},
		{"eft6", Request{}, Recipe{Purpose: "auth", Algorithm: "ssh-rsa", Bits: 3072, Private: "openssh", Name: "id_rsa", Comment: "taro@lab", Convert: "rfc4716"}},
	} {
		q := request(t, c.service)
		q.Purpose, q.Type, q.Bits, q.Format, q.Name = c.ask.Purpose, c.ask.Type, c.ask.Bits, c.ask.Format, c.ask.Name
		got, err := Settle(q)
		if err != nil {
			t.Errorf("%s %+v: %v", c.service, c.ask, err)
			continue
		}
		c.want.Public, c.want.Doubts = formats.PublicBeside(c.want.Private), got.Doubts
		if got.Naming != nil {
			t.Errorf("%s %+v: the name %s is doubted", c.service, c.ask, got.Name)
		}
		if !equal(*got, c.want) {
			t.Errorf("%s %+v:\n got %+v\nwant %+v", c.service, c.ask, *got, c.want)
		}
	}
}

func equal(a, b Recipe) bool {
	return slices.Equal(a.Doubts, b.Doubts) && a.Purpose == b.Purpose && a.Algorithm == b.Algorithm && a.Bits == b.Bits &&
		a.Private == b.Private && a.Public == b.Public && a.Name == b.Name && a.Comment == b.Comment && a.Convert == b.Convert
}

func TestSettleRefuses(t *testing.T) {
	for _, c := range []struct {
		service string
		ask     Request
		want    string
	}{
		{"jga", Request{Type: "ed25519", Name: "J-DU1"}, "must be RSA, ed25519 is not supported (ddbj/www:_jga/download-e.md"},
		{"jga", Request{Type: "ecdsa", Name: "J-DU1"}, "must be RSA (ddbj/www:"},
		{"jga", Request{Type: "crypt4gh", Name: "J-DU1"}, "must be RSA"},
		{"jga", Request{Format: "ppk3", Name: "J-DU1"}, "cannot load PuTTY's keys (ddbj/www:"},
		{"jga", Request{}, "as J-DU999991 (ddbj/www:"},
		{"ddbj", Request{Purpose: "dataset", Name: "d"}, "in the data use application (JGA, AGD), not in the account"},
		{"ddbj", Request{Type: "age"}, "a key of type age opens data sets and logs in nowhere"},
		{"ega", Request{Type: "rsa", Name: "d"}, "no RSA, DSA or ECDSA keys (EGA-archive/crypt4gh"},
		{"putty", Request{Format: "openssh"}, "PPK files only"},
		{"", Request{Purpose: "dataset"}, "name the key"},
		{"", Request{Purpose: "auth", Type: "crypt4gh"}, "logs in nowhere"},
		{"", Request{Type: "dsa"}, `"dsa" is no type of key that is made; there are ed25519, ecdsa, rsa, crypt4gh, age`},
		{"", Request{Type: "rsa", Bits: 1024}, "services refuse RSA keys under 2048 bits"},
		{"", Request{Type: "rsa", Bits: 16385}, "up to 16384 bits"},
		{"", Request{Type: "ecdsa", Bits: 512}, "no ECDSA key of 512 bits is made: there are 256, 384, 521"},
		{"", Request{Bits: 4096}, "ssh-ed25519 has 256 bits always"},
		{"", Request{Type: "crypt4gh", Bits: 512, Name: "d"}, "256 bits always"},
		{"", Request{Format: "sec1", Type: "rsa"}, "cannot hold"},
		{"", Request{Format: "pem"}, "cannot hold a key of type ssh-ed25519"},
		{"", Request{Format: "openssh", Type: "crypt4gh", Name: "d"}, "a key of type crypt4gh is no OpenSSH private key"},
		{"", Request{Format: "crypt4gh", Type: "ed25519", Purpose: "dataset", Name: "d"}, "holds no ED25519 key"},
		{"", Request{Format: "rfc4716"}, "cannot hold a private key"},
		{"", Request{Format: "ppk1"}, "writing"},
	} {
		q := request(t, c.service)
		q.Purpose, q.Type, q.Bits, q.Format, q.Name = c.ask.Purpose, c.ask.Type, c.ask.Bits, c.ask.Format, c.ask.Name
		if got, err := Settle(q); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %+v: %+v, %v; want %q", c.service, c.ask, got, err, c.want)
		}
	}
}

// Every service takes the key that is made for it, whatever half it takes.
func TestEveryServiceTakesItsKey(t *testing.T) {
	count := 0
	for _, p := range services.All() {
		for _, purpose := range p.Purposes.Value {
			q := request(t, p.ID)
			q.Purpose, q.Name = purpose, "J-DU999991"
			r, err := Settle(q)
			if err != nil {
				t.Errorf("%s, %s: %v", p.ID, purpose, err)
				continue
			}
			count++
			holdToService(t, p, r)
		}
	}
	if count < 20 {
		t.Errorf("%d services only", count)
	}
}

func holdToService(t *testing.T, p *services.Profile, r *Recipe) {
	t.Helper()
	key, err := standIn(services.KeySpec{Type: kindOfAlgorithm(r.Algorithm), Bits: r.Bits})
	if err != nil {
		t.Fatalf("%s: %v", p.ID, err)
	}
	public := r.Public
	if r.Convert != "" {
		public = r.Convert
	}
	for half, id := range map[services.Half]formats.ID{services.PrivateHalf: r.Private, services.PublicHalf: public} {
		if len(p.RolesOf(half, r.Purpose)) == 0 {
			continue
		}
		key := key
		if half == services.PublicHalf {
			key = key.Public()
		}
		data, err := formats.Encode(id, key, formats.Options{})
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		e, err := formats.Parse(data, formats.DefaultLimits())
		if err != nil {
			t.Fatalf("%s: %v", p.ID, err)
		}
		if v, refused := services.Refused(services.Judge(p, r.Purpose, e, key)); refused {
			t.Errorf("%s refuses the %s half of its own recipe: %v", p.ID, half, v)
		}
	}
}

func kindOfAlgorithm(name string) string {
	if name == X25519 {
		return X25519
	}
	return services.TypeName(keytool.LookupAlgorithm(name))
}

// The stand-in has the size that was asked for, at every size.
func TestHollowRSA(t *testing.T) {
	sizes := []int{3072, 4096, 8192, 16384}
	for bits := keytool.MinRSABits; bits < keytool.MinRSABits+64; bits++ {
		sizes = append(sizes, bits)
	}
	for _, bits := range sizes {
		if k, err := hollowRSA("ssh-rsa", bits); err != nil || k.Bits() != bits || !k.IsPrivate() {
			t.Errorf("%d bits: %v, %v", bits, k, err)
		}
	}
}

func TestNaming(t *testing.T) {
	for name, want := range map[string]bool{"J-DU999991": true, "J-DU999991_private_key": true, "J-DU1": false, "A-DU999991": false, "id_rsa": false} {
		q := request(t, "jga")
		q.Name = name
		r, err := Settle(q)
		if err != nil || (r.Naming == nil) != want || r.Name != name {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
	}
}

func TestPublicName(t *testing.T) {
	for _, c := range []struct {
		private string
		id      formats.ID
		want    string
	}{
		{"id_ed25519", "openssh", "id_ed25519.pub"}, {"taro.lab", "openssh", "taro.lab.pub"},
		{"lab.ppk", "ppk3", "lab.pub"}, {"lab", "ppk3", "lab.pub"}, {"a/.ppk", "ppk2", "a/.ppk.pub"},
		{"key.pem", "pkcs1", "key.pub"}, {"J-DU999991", "pkcs1", "J-DU999991.pub"},
		{"bob.sec", "crypt4gh", "bob.sec.pub"}, {"bob", "crypt4gh", "bob.pub"}, {"bob.agekey", "age", "bob.agekey.pub"},
	} {
		if got := PublicName(c.private, c.id); got != c.want {
			t.Errorf("%s, %s: %s, want %s", c.private, c.id, got, c.want)
		}
	}
}

func TestComment(t *testing.T) {
	for _, comment := range []string{"", "my own"} {
		q := request(t, "nig")
		q.Comment = &comment
		if r, err := Settle(q); err != nil || r.Comment != comment {
			t.Errorf("%q: %+v, %v", comment, r, err)
		}
	}
	q := request(t, "")
	q.User, q.Host = "", ""
	if r, err := Settle(q); err != nil || r.Comment != "user@localhost" {
		t.Errorf("nobody nowhere: %+v, %v", r, err)
	}
}

func TestNameError(t *testing.T) {
	_, err := Settle(request(t, "agd"))
	if e, ok := errors.AsType[*NameError](err); !ok || e.Rule == nil || e.Rule.Value.Example != "A-DU999991" {
		t.Errorf("%v", err)
	}
}
