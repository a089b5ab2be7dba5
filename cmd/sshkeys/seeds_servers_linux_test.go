package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/sys/unix"
)

// balance stands in front of servers: balance PORT SECONDS NODE…, where each node is a
// port. A connection goes to the next of them, and hears nothing for so many seconds.
func (r *seedRun) balance(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: balance PORT SECONDS NODE…")
	}
	seconds, err := strconv.Atoi(args[1])
	ts.Check(err)
	l, err := net.Listen("tcp", "127.0.0.1:"+args[0])
	ts.Check(err)
	ts.Defer(func() { l.Close() })
	go func() {
		for i := 0; ; i++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go relay(c, args[2+i%len(args[2:])], time.Duration(seconds)*time.Second)
		}
	}()
}

// relay joins a connection with a port of this machine.
func relay(c net.Conn, port string, after time.Duration) {
	defer c.Close()
	time.Sleep(after)
	node, err := net.Dial("tcp", "127.0.0.1:"+port)
	if err != nil {
		return
	}
	go func() {
		io.Copy(node, c)
		node.(*net.TCPConn).CloseWrite()
	}()
	io.Copy(c, node)
	node.Close()
}

// drop has a port drop what comes, as a firewall does: drop PORT. Its queue holds one
// connection, which is there already.
func (r *seedRun) drop(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: drop PORT")
	}
	port, err := strconv.Atoi(args[0])
	ts.Check(err)
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	ts.Check(err)
	ts.Defer(func() { unix.Close(fd) })
	ts.Check(os.NewSyscallError("setsockopt", unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_REUSEADDR, 1)))
	ts.Check(os.NewSyscallError("bind", unix.Bind(fd, &unix.SockaddrInet4{Port: port, Addr: [4]byte{127, 0, 0, 1}})))
	ts.Check(os.NewSyscallError("listen", unix.Listen(fd, 0)))
	first, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	ts.Check(err)
	ts.Defer(func() { first.Close() })
}
