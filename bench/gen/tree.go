package main

import (
	"encoding/base64"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// endings are those of data as it is moved about.
var endings = []string{".fastq.gz", ".bam", ".vcf.gz", ".csv", ".tsv", ".json", ".pdf", ".xlsx", ".py", ".log", ".png", ".txt"}

// tree makes files below dir, a hundred to a directory. Kinds: keys (mode 0600,
// like private keys), data (mode 0644, the usual endings, and a key in one
// directory of a hundred), bare (mode 0644, no endings).
func (g *generator) tree(dir, kind string, files int) {
	for i := range files {
		if i%100 == 0 {
			must(os.MkdirAll(filepath.Join(dir, fmt.Sprintf("d%04d", i/100)), 0o755))
		}
		name := filepath.Join(dir, fmt.Sprintf("d%04d", i/100), fmt.Sprintf("sample-%06d", i))
		switch {
		case kind == "keys" || kind == "data" && i%10_000 == 0:
			must(os.WriteFile(name, g.privateKey(), 0o600))
		case kind == "data":
			must(os.WriteFile(name+endings[i%len(endings)], g.bytes(g.random.IntN(12<<10)), 0o644))
		case kind == "bare":
			must(os.WriteFile(name, g.bytes(g.random.IntN(12<<10)), 0o644))
		default:
			log.Fatalf("no such kind of tree: %s", kind)
		}
	}
}

// privateKey is none, but long and armoured as one.
func (g *generator) privateKey() []byte {
	text := base64.StdEncoding.EncodeToString(g.bytes(300))
	return fmt.Appendf(nil, "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n-----END OPENSSH PRIVATE KEY-----\n", text)
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
