// Command sshkeys converts, fingerprints, explains and pair-verifies SSH keys.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// grace is what an interrupted run has to take its files back and to restore
// the terminal, before a read or a computation that does not listen is ended.
const grace = time.Second

func main() {
	cobra.MousetrapHelpText = "" // a file dropped in Explorer is explained, not refused
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second Ctrl-C ends everything at once
		time.Sleep(grace)
		fmt.Fprintln(os.Stderr, "sshkeys: error: interrupted")
		os.Exit(exitFailed)
	})
	code := run(ctx, newApp(), os.Args[1:])
	waitIfDropped()
	os.Exit(code)
}
