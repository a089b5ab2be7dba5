package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sshkeys/internal/diagnose"
	"sshkeys/internal/hostkeys"
	"sshkeys/internal/keyfile"
	"sshkeys/internal/services"
	"sshkeys/internal/sshconfig"
)

// doctorOptions are what the command line asks.
type doctorOptions struct {
	keys            []string // -i
	port            int
	portGiven       bool
	config          string // -F
	registered      string
	log             string
	online, offline bool
	login           bool
	fix             bool
	report, full    bool
	sshConfig       bool
	service         *services.Profile // of --for; nil without
}

func (a *app) doctorCommand() *cobra.Command {
	var opt doctorOptions
	var service *serviceFlag
	cmd := &cobra.Command{
		Use:   "doctor [[USER@]HOST] [KEY…] [DATA…]",
		Short: "Find why a login or a decryption fails, and say what to type",
		Long: `Look at what ssh would use for a login (its config as ssh -G evaluates it, keys,
pairs, formats, permissions, purposes, known_hosts, agents), and say what is wrong,
why, and what to type. Files named beside the host are keys to use, as with -i, or
encrypted data that a key should open.

Nothing is sent anywhere unless a HOST is named on the line or --online is given.
Then the server is asked: name, port, host key, and which of the keys it would take.
Only public keys and the user name are sent; nothing is signed, nobody is logged in
unless --login asks for it, and a host key is never accepted.

Exit status: 0 nothing was found; 1 something was; 2 wrong command line; 3 a file
that was named could not be read.`,
		Example: `  sshkeys doctor
  sshkeys doctor taro@ftp-private.ddbj.nig.ac.jp
  sshkeys doctor --for jga -i id_rsa
  sshkeys doctor --log error.txt
  sshkeys doctor --for ddbj --ssh-config
  sshkeys doctor --report taro@gw.ddbj.nig.ac.jp`,
		RunE: func(cmd *cobra.Command, args []string) error {
			opt.service, opt.portGiven = service.service(), cmd.Flags().Changed("port")
			d := &doctor{app: a, ctx: cmd.Context(), opt: opt}
			return d.run(args)
		},
	}
	service = a.forFlag(cmd, "the `SERVICE` that is to be used: its host, rules and key types")
	f := cmd.Flags()
	f.StringArrayVarP(&opt.keys, "identity", "i", nil, "the private `KEY` that is to be used (several are allowed)")
	f.IntVarP(&opt.port, "port", "p", 0, "the `PORT` of the server")
	f.StringVarP(&opt.config, "config", "F", "", "the ssh config `FILE` in place of ~/.ssh/config")
	f.StringVar(&opt.registered, "registered", "", "the public keys registered with the service, as its page shows them, in `FILE` (- for standard input)")
	f.StringVar(&opt.log, "log", "", "explain the error messages in `FILE` (- for standard input)")
	f.BoolVar(&opt.online, "online", false, "ask the server of the service or of the config, without a HOST on the line")
	f.BoolVar(&opt.offline, "offline", false, "ask no server, even where a HOST is named")
	f.BoolVar(&opt.login, "login", false, "log in for a moment, to see what happens then")
	f.BoolVar(&opt.fix, "fix", false, "do what is safe, and ask where there is a choice")
	f.BoolVar(&opt.report, "report", false, "write a text for a support desk, without names and paths")
	f.BoolVar(&opt.full, "full", false, "with --report: with user names, paths and hosts")
	f.BoolVar(&opt.sshConfig, "ssh-config", false, "print a Host block for the service or host, and say where it goes")
	return cmd
}

// doctor is one run of the command.
type doctor struct {
	*app
	ctx   context.Context
	opt   doctorOptions
	asked target
	paste pasted
	log   []diagnose.Symptom
}

// target is what the command line is about.
type target struct {
	host, user string
	port       int  // 0: not said
	named      bool // on the line
	onlyLog    bool // it is a log that is asked about, and perhaps another machine's
	keys, data []string
}

func (d *doctor) run(args []string) error {
	if err := d.checkOptions(); err != nil {
		return err
	}
	if err := d.sort(args); err != nil {
		return err
	}
	if err := d.readPastes(); err != nil {
		return err
	}
	d.settleTarget()
	if (d.opt.online || d.opt.login) && d.asked.host == "" {
		return withHint(usagef("--online and --login want a host, or --for SERVICE"), "sshkeys doctor USER@HOST")
	}
	if d.opt.sshConfig {
		return d.hostBlock()
	}
	d.warnOfHome()
	visit, err := d.visit()
	if err != nil {
		return err
	}
	found := diagnose.Judge(visit)
	if d.opt.fix {
		if visit, found, err = d.mend(visit, found); err != nil {
			return err
		}
	}
	if d.opt.report {
		d.printReport(visit, found)
	} else if err := d.print(visit, found); err != nil {
		return err
	}
	if diagnose.Worst(found) {
		d.exit(exitNo)
	}
	return nil
}

func (d *doctor) checkOptions() error {
	switch o := d.opt; {
	case o.online && o.offline:
		return usagef("--online and --offline exclude each other")
	case o.login && o.offline:
		return usagef("--login and --offline exclude each other")
	case o.full && !o.report:
		return usagef("--full belongs to --report")
	case o.report && (o.fix || d.json):
		return usagef("--report excludes --fix and --json")
	case o.sshConfig && (o.fix || o.report || o.log != ""):
		return usagef("--ssh-config excludes --fix, --report and --log")
	case slices.Contains(o.keys, ""):
		return usagef("-i wants the name of a file")
	case o.portGiven && o.port == 0, o.port < 0, o.port > 65535:
		return usagef("--port takes a number from 1 to 65535, not %d", o.port)
	case o.log == stdinName && (o.registered == stdinName || d.passphraseFile == stdinName), o.registered == stdinName && d.passphraseFile == stdinName:
		return usagef("standard input can be used for one thing only")
	}
	return nil
}

// sort tells the host of the command line from keys and data: what is there as a
// file is one, unless it can only be a host.
func (d *doctor) sort(args []string) error {
	d.asked.keys = d.opt.keys
	for _, arg := range args {
		info, err := os.Stat(arg)
		switch {
		case err == nil && info.Mode().IsRegular() && d.isData(arg):
			d.asked.data = append(d.asked.data, arg)
		case err == nil && info.Mode().IsRegular():
			d.asked.keys = append(d.asked.keys, arg)
		case d.asked.host != "":
			return usagef("one host at a time: %s and %s", d.asked.host, arg)
		case strings.ContainsAny(arg, `/\`) && !strings.HasPrefix(arg, "ssh://") && !strings.HasPrefix(arg, "sftp://"):
			return &fileError{arg, err}
		default:
			if err := d.sortHost(arg); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *doctor) sortHost(arg string) error {
	user, host, port, err := sshconfig.ParseTarget(arg)
	if err != nil {
		return &usageError{err}
	}
	d.asked.host, d.asked.user, d.asked.port, d.asked.named = host, user, port, true
	return nil
}

// settleTarget fills what the line leaves open: from the service, else from the
// pasted log. A log's host is never asked without --online.
func (d *doctor) settleTarget() {
	t := &d.asked
	if d.opt.port != 0 {
		t.port = d.opt.port
	}
	if t.host == "" {
		t.fromLog(d.log)
		t.onlyLog = t.host != "" || len(d.log) > 0
	}
	if p := d.opt.service; p != nil && t.host == "" && len(p.Hosts) > 0 {
		t.host = p.Hosts[0].Value.Name
		if t.port == 0 {
			t.port = p.Hosts[0].Value.Port
		}
	}
	d.serviceOf(t.host)
}

// serviceOf takes the service that a host belongs to, where none was named.
func (d *doctor) serviceOf(host string) {
	if d.opt.service == nil && host != "" {
		catalogue, _ := d.catalogue()
		d.opt.service = catalogue.ForHost(host)
	}
}

// fromLog takes the host that a log speaks of first, and what it says of that one.
func (t *target) fromLog(log []diagnose.Symptom) {
	for _, s := range log {
		if t.host == "" {
			t.host = s.Host
		}
		if t.host == "" || s.Host != t.host {
			continue
		}
		t.user = orWord(t.user, s.User)
		if t.port == 0 {
			t.port = s.Port
		}
	}
}

// online tells whether the network may be asked. Where ssh goes through another host
// or program, the probe cannot follow, and going straight would tell of another way.
func (d *doctor) online(c *sshconfig.Resolved) bool {
	return d.allowed() && c != nil && goesStraight(c)
}

// allowed tells whether anything may be sent at all.
func (d *doctor) allowed() bool {
	return !d.opt.offline && (d.asked.named || d.opt.online || d.opt.login)
}

func goesStraight(c *sshconfig.Resolved) bool { return c.ProxyJump == "" && c.ProxyCommand == "" }

// hostBlock prints what belongs into ~/.ssh/config, and says where it goes and what
// stands there already.
func (d *doctor) hostBlock() error {
	if d.asked.host == "" {
		return withHint(usagef("--ssh-config wants a host, or --for SERVICE"), "sshkeys doctor --for ddbj --ssh-config")
	}
	b, err := d.block()
	if err != nil {
		return err
	}
	d.printf("%s", b.Text(d.home()))
	file := sshconfigPath(d.opt.config, d.home())
	d.tell("doctor.block", "file", file, "alias", b.Alias())
	text, err := keyfile.Read(file, maxPaste)
	if err != nil { // there is none yet, or fixperms speaks of it
		return nil
	}
	standing := b.Standing(string(text), d.home())
	for _, place := range standing.Named {
		d.tell("doctor.block-named", "file", file, "line", place.Line, "text", place.Text)
	}
	for _, place := range standing.Wins {
		d.tell("doctor.block-wins", "file", file, "line", place.Line, "text", place.Text)
	}
	return nil
}

// block is the Host block for what was asked; of an alias of the config it is that
// of the host behind it.
func (d *doctor) block() (sshconfig.Block, error) {
	b := sshconfig.Block{Host: d.asked.host, User: d.asked.user, Port: d.asked.port, Service: d.opt.service}
	c, err := sshconfig.Resolve(d.ctx, sshconfig.Query{Host: b.Host, User: b.User, Port: b.Port, Config: d.opt.config, Env: d.sshEnv(), Offline: true})
	if err != nil {
		return b, err
	}
	if c.HostName != "" && c.HostName != b.Host {
		d.serviceOf(c.HostName)
		b.Host, b.Service = c.HostName, d.opt.service
		if b.Port == 0 && c.Port != hostkeys.DefaultPort {
			b.Port = c.Port
		}
		if c.UserNamed {
			b.User = c.User
		}
	}
	if len(d.asked.keys) > 0 {
		b.IdentityFile, err = filepath.Abs(d.asked.keys[0])
	}
	return b, err
}

// system is the machine the doctor runs on, but for its ssh.
func (d *doctor) system() diagnose.System {
	return diagnose.System{OS: runtime.GOOS, WSL: isWSL(), Home: d.home()}
}

// isWSL tells the Windows Subsystem for Linux by its kernel's name.
func isWSL() bool {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	return err == nil && strings.Contains(strings.ToLower(string(text)), "microsoft")
}
