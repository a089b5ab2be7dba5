//go:build linux

package testkeys

import (
	"net"
	"os"
	"strings"
	"testing"
)

func TestWorld(t *testing.T) {
	w := NewWorld(t)
	if w == nil {
		return
	}
	out, err := w.Alice.Command("id").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "uid=7001(alice)") || !strings.Contains(string(out), "7100(shared)") {
		t.Errorf("id says %q, %v", out, err)
	}
	if entries, err := os.ReadDir("/home"); err != nil || len(entries) != 2 {
		t.Errorf("/home has %d entries, %v; want alice and bob", len(entries), err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:445")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}
