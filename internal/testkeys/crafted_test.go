package testkeys

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/bad afresh")

// TestWriteBad keeps testdata/bad what BadFiles crafts, for tests that need
// files. After a change, or a run of generate.sh:
//
//	go test ./internal/testkeys -run TestWriteBad -update
func TestWriteBad(t *testing.T) {
	dir := filepath.Join(Dir(t), "bad")
	if *update {
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	crafted := map[string]bool{}
	for _, bad := range BadFiles(t) {
		if crafted[bad.Name] {
			t.Errorf("%s is there twice", bad.Name)
		}
		crafted[bad.Name] = true
		if bad.Large {
			continue
		}
		path := filepath.Join(dir, bad.Name)
		if *update {
			if err := os.WriteFile(path, bad.Data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || !bytes.Equal(got, bad.Data) {
			t.Errorf("testdata/bad/%s is out of date (%v); run this test with -update", bad.Name, err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !crafted[entry.Name()] {
			t.Errorf("testdata/bad/%s is crafted by nothing", entry.Name())
		}
	}
}
