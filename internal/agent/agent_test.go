//go:build unix

package agent_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sshkeys/internal/agent"
	"sshkeys/internal/testkeys"
)

// sshAgent is a real one, which ends with the test.
func sshAgent(t *testing.T) (socket string) {
	t.Helper()
	program := testkeys.Tool(t, "ssh-agent")
	dir, err := os.MkdirTemp("", "a") // a socket's path has room for 100 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	socket = filepath.Join(dir, "s")
	cmd := exec.Command(program, "-D", "-a", socket)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // its error is that it had ended already
		_ = cmd.Wait()
	})
	for range 2000 {
		if _, err := os.Stat(socket); err == nil {
			return socket
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("ssh-agent makes no socket")
	return ""
}

// sshAdd runs ssh-add for an agent.
func sshAdd(t *testing.T, socket string, args ...string) string {
	t.Helper()
	cmd := exec.Command(testkeys.Tool(t, "ssh-add"), args...)
	cmd.Env = append(os.Environ(), "SSH_AUTH_SOCK="+socket, "SSH_ASKPASS_REQUIRE=force", "SSH_ASKPASS="+askpass(t))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-add %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// askpass is a program that answers every question.
func askpass(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "askpass")
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho answer\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// generate makes a pair with ssh-keygen.
func generate(t *testing.T, file string) {
	t.Helper()
	out, err := exec.Command(testkeys.Tool(t, "ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", file).CombinedOutput()
	if err != nil {
		t.Fatalf("ssh-keygen: %v\n%s", err, out)
	}
}

func list(socket string) []agent.Agent {
	return agent.List(context.Background(), agent.Where{IdentityAgent: socket, Env: func(string) string { return "" }})
}

// TestTenKeys: the keys are told in the agent's order, certificates too.
func TestTenKeys(t *testing.T) {
	socket := sshAgent(t)
	dir := t.TempDir()
	keygen := testkeys.Tool(t, "ssh-keygen")
	for i := range 9 {
		generate(t, filepath.Join(dir, fmt.Sprint("key", i)))
	}
	first := filepath.Join(dir, "key0")
	if out, err := exec.Command(keygen, "-q", "-s", filepath.Join(dir, "key8"), "-I", "id", "-n", "alice", first+".pub").CombinedOutput(); err != nil {
		t.Fatalf("ssh-keygen -s: %v\n%s", err, out)
	}
	for i := range 9 {
		sshAdd(t, socket, filepath.Join(dir, fmt.Sprint("key", i))) // key0's certificate comes along
	}
	var want, got []string
	for line := range strings.Lines(sshAdd(t, socket, "-L")) {
		want = append(want, strings.TrimSpace(line))
	}
	agents := list(socket)
	if len(agents) != 1 || agents[0].Err != nil || agents[0].Path != socket || agents[0].Name != agent.SSHAgent {
		t.Fatalf("agents: %+v", agents)
	}
	certificates := 0
	for _, k := range agents[0].Keys {
		if k.Key == nil {
			t.Fatalf("a key with the comment %q is not known", k.Comment)
		}
		if k.Key.Certificate() != nil {
			certificates++
			got = append(got, fmt.Sprintf("ssh-ed25519-cert-v01@openssh.com %s %s", base64.StdEncoding.EncodeToString(k.Key.Certificate()), k.Comment))
			continue
		}
		got = append(got, fmt.Sprintf("ssh-ed25519 %s %s", base64.StdEncoding.EncodeToString(k.Key.Blob()), k.Comment))
	}
	if len(got) != 10 || certificates != 1 || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLocked: a locked agent says that it has no keys; that is no error.
func TestLocked(t *testing.T) {
	socket := sshAgent(t)
	key := filepath.Join(t.TempDir(), "key")
	generate(t, key)
	sshAdd(t, socket, key)
	sshAdd(t, socket, "-x")
	if agents := list(socket); len(agents) != 1 || agents[0].Err != nil || len(agents[0].Keys) != 0 {
		t.Errorf("locked: %+v", agents)
	}
	sshAdd(t, socket, "-X")
	if agents := list(socket); len(agents) != 1 || agents[0].Err != nil || len(agents[0].Keys) != 1 {
		t.Errorf("unlocked: %+v", agents)
	}
}

func TestNoAgent(t *testing.T) {
	for _, w := range []agent.Where{
		{Env: func(string) string { return "" }},
		{IdentityAgent: "none", Env: func(string) string { return "/nowhere" }},
	} {
		if agents := agent.List(context.Background(), w); len(agents) != 0 {
			t.Errorf("%q: %+v", w.IdentityAgent, agents)
		}
	}
}

// TestDead: an agent that is named and does not answer is told, and why.
func TestDead(t *testing.T) {
	dir, err := os.MkdirTemp("", "a")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := os.WriteFile(at("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stale, err := net.ListenUnix("unix", &net.UnixAddr{Name: at("stale"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	stale.SetUnlinkOnClose(false)
	stale.Close()
	serve(t, at("silent"), func(c net.Conn) { _, _ = c.Read(make([]byte, 100)) })
	serve(t, at("closes"), func(c net.Conn) { c.Close() })
	serve(t, at("foreign"), func(c net.Conn) { _, _ = c.Write([]byte("220 mail.example.org ESMTP\r\n")) })
	serve(t, at("huge"), func(c net.Conn) { _, _ = c.Write([]byte{0x7f, 0xff, 0xff, 0xff, 12}) })
	serve(t, at("short"), func(c net.Conn) { _, _ = c.Write([]byte{0, 0, 0, 5, 12, 0, 0, 0, 9}) })
	for name, want := range map[string]agent.Reason{
		"missing": agent.Missing, "file": agent.Stale, "stale": agent.Stale, "silent": agent.Silent,
		"closes": agent.Foreign, "foreign": agent.Foreign, "huge": agent.Foreign, "short": agent.Foreign,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			if name == "silent" {
				time.AfterFunc(100*time.Millisecond, cancel) // the default is longer, and does the same
			}
			agents := agent.List(ctx, agent.Where{Env: func(string) string { return at(name) }})
			if len(agents) != 1 || agents[0].Keys != nil {
				t.Fatalf("%+v", agents)
			}
			if e, ok := errors.AsType[*agent.Error](agents[0].Err); !ok || e.Reason != want {
				t.Errorf("got %v (%+v), want %s", agents[0].Err, e, want)
			}
		})
	}
}

// serve answers each connection to a socket, and keeps it until the test ends.
func serve(t *testing.T, path string, answer func(net.Conn)) {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			answer(c)
		}
	}()
}
