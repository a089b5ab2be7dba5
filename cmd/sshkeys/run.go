package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// Exit codes, the same for every command (spec/cli.md).
const (
	exitOK         = 0
	exitNo         = 1 // looked, and the answer is no
	exitUsage      = 2
	exitFailed     = 3 // could not; nothing was changed
	exitPassphrase = 4
)

// usageError is a wrong command line: exit 2.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, args ...any) error {
	return &usageError{fmt.Errorf(format, args...)}
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, a *app, args []string) int {
	a.args, a.words = args, languageOf(args, a.env)
	root := a.rootCommand()
	root.SetArgs(args)
	root.SetIn(a.stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	if err := root.ExecuteContext(ctx); err != nil {
		a.fail("", err)
	}
	if err := a.flush(); err != nil {
		a.fail("", err)
	}
	return a.status
}

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "sshkeys [FILE]",
		Short: "Explain, make, convert and pair-verify SSH keys, and mend their permissions",
		Long: `sshkeys reads every key file that ssh-keygen, puttygen, openssl and dropbear
write, says what it is, converts it, and tells whether two files are one pair. It
also mends what ssh has against a file's permissions (fixperms).

Exit status: 0 done, or yes; 1 looked, and the answer is no; 2 wrong command
line; 3 could not (nothing was changed); 4 a passphrase is missing or wrong.`,
		Example: `  sshkeys verify id_rsa id_rsa.pub
  sshkeys convert key.ppk
  sshkeys fixperms
  sshkeys key.ppk`,
		Args:              cobra.ArbitraryArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           version(),
		PersistentPreRunE: func(_ *cobra.Command, args []string) error { a.inputs = args; return a.checkFlags() },
		RunE:              a.runRoot,
	}
	root.SuggestionsMinimumDistance = 2
	root.SetVersionTemplate("sshkeys {{.Version}}\n")
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	a.globalFlags(root)
	root.AddCommand(a.inspectCommand(), a.convertCommand(), a.publicCommand(),
		a.fingerprintCommand(), a.verifyCommand(), a.importCommand(), a.fixpermsCommand(), a.passphraseCommand(), a.authorizeCommand(), a.servicesCommand(), a.generateCommand(), a.purposeCommand(), a.knownHostsCommand(), a.doctorCommand(), a.versionCommand())
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // cobra takes an unknown shell for a call for help
			c.Args, c.RunE = noArgs, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	root.InitDefaultHelpCmd()
	return root
}

// runRoot is `sshkeys FILE`: the same as inspect. A word that is neither a file
// nor a command is a wrong command line.
func (a *app) runRoot(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	for _, arg := range args {
		if _, err := os.Lstat(arg); errors.Is(err, fs.ErrNotExist) && arg != stdinName && !strings.ContainsAny(arg, `/\.`) {
			return unknownCommand(cmd, arg)
		}
	}
	return a.inspect(cmd.Context(), args, nil)
}

func unknownCommand(cmd *cobra.Command, arg string) error {
	err := usagef("%q is neither a file here nor a command", arg)
	if near := cmd.SuggestionsFor(arg); len(near) > 0 {
		return &hinted{err, []string{"sshkeys " + near[0] + " …"}}
	}
	return &hinted{err, []string{"sshkeys --help"}}
}

// fileArgs wants at least one file.
func fileArgs(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usagef("name at least one file, or - for standard input")
	}
	return nil
}
