// Command gen writes a list of public keys for the benchmarks, the same one for
// the same seed. The RSA moduli are random odd numbers with the top bit set:
// fine to parse, never to be used as keys. With -tree it makes that many files
// in place of lines.
//
//	gen [-lines 100000] [-seed 1] [-kind mix|ed25519|rsa|hosts] >list
//	gen [-lines 100000] [-seed 1] -kind keys|data|bare -tree DIRECTORY
package main

import (
	"bufio"
	"crypto/ecdh"
	"encoding/base64"
	"encoding/binary"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"

	"sshkeys/keytool"
)

func main() {
	lines := flag.Int("lines", 100_000, "number of keys")
	seed := flag.Uint64("seed", 1, "of the generator")
	kind := flag.String("kind", "mix", "mix, ed25519, rsa or hosts; of a tree keys, data or bare")
	dir := flag.String("tree", "", "directory to make a tree of files in")
	flag.Parse()
	log.SetFlags(0)
	if *dir != "" {
		newGenerator(*seed).tree(*dir, *kind, *lines)
		return
	}
	out := bufio.NewWriterSize(os.Stdout, 1<<20)
	g := newGenerator(*seed)
	for i := range *lines {
		fmt.Fprintf(out, "%s\n", g.line(*kind, i))
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

type generator struct {
	source *rand.ChaCha8
	random *rand.Rand
	points []string // P-256 keys; making one costs more than the rest of a line
}

func newGenerator(seed uint64) *generator {
	var key [32]byte
	binary.BigEndian.PutUint64(key[:], seed)
	source := rand.NewChaCha8(key)
	g := &generator{source: source, random: rand.New(source)}
	for range 64 {
		g.points = append(g.points, g.p256())
	}
	return g
}

// line is one line: of a mix 60 % Ed25519, 35 % RSA-3072 and 5 % P-256, one in
// twenty after options.
func (g *generator) line(kind string, i int) string {
	comment := fmt.Sprintf("user%d@host%d.example.org", i, g.random.IntN(1000))
	switch kind {
	case "ed25519":
		return g.ed25519() + " " + comment
	case "rsa":
		return g.rsa(3072) + " " + comment
	case "hosts":
		return fmt.Sprintf("host%d.example.org,192.0.2.%d %s", i, i%256, g.any())
	case "mix":
		if g.random.IntN(20) == 0 {
			return `from="10.0.0.0/8,*.example.org",command="echo \"hello, world\"",no-pty ` + g.any() + " " + comment
		}
		return g.any() + " " + comment
	}
	log.Fatalf("no such kind: %s", kind)
	return ""
}

func (g *generator) any() string {
	switch n := g.random.IntN(100); {
	case n < 60:
		return g.ed25519()
	case n < 95:
		return g.rsa(3072)
	}
	return g.points[g.random.IntN(len(g.points))]
}

func (g *generator) bytes(n int) []byte {
	b := make([]byte, n)
	g.source.Read(b) // never fails
	return b
}

func (g *generator) ed25519() string {
	blob := keytool.AppendStr(nil, "ssh-ed25519")
	return text("ssh-ed25519", keytool.AppendStr(blob, g.bytes(32)))
}

func (g *generator) rsa(bits int) string {
	n := g.bytes(bits / 8)
	n[0] |= 0x80
	n[len(n)-1] |= 1
	blob := keytool.AppendStr(nil, "ssh-rsa")
	blob = keytool.AppendMPInt(blob, []byte{1, 0, 1})
	return text("ssh-rsa", keytool.AppendMPInt(blob, n))
}

func (g *generator) p256() string {
	scalar := g.bytes(32)
	scalar[0] = 0 // below the order
	key, err := ecdh.P256().NewPrivateKey(scalar)
	if err != nil {
		log.Fatal(err)
	}
	blob := keytool.AppendStr(nil, "ecdsa-sha2-nistp256")
	blob = keytool.AppendStr(blob, "nistp256")
	return text("ecdsa-sha2-nistp256", keytool.AppendStr(blob, key.PublicKey().Bytes()))
}

func text(name string, blob []byte) string {
	return name + " " + base64.StdEncoding.EncodeToString(blob)
}
