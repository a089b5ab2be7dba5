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
	code := run(ctx, newApp(), os.Args[1:])
	stop()
	waitIfDropped()
	os.Exit(code)
}
