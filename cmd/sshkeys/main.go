// Command sshkeys converts, fingerprints, explains and pair-verifies SSH keys.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends what does not listen, such as a read
	code := run(ctx, newApp(), os.Args[1:])
	stop()
	waitIfDropped()
	os.Exit(code)
}
