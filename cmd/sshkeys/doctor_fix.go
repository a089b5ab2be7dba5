package main

import (
	"bufio"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"sshkeys/formats"
	"sshkeys/internal/catalog"
	"sshkeys/internal/diagnose"
	"sshkeys/internal/shellword"
)

// mend does what the findings' commands say, looks again, and goes on while that
// shows something new to do: a key that could not be read may have more to it.
func (d *doctor) mend(v *diagnose.Visit, found []diagnose.Finding) (*diagnose.Visit, []diagnose.Finding, error) {
	done := map[string]bool{}
	for range maxRounds {
		todo := d.todo(found, done)
		if len(todo) == 0 {
			break
		}
		for _, f := range todo {
			if err := d.mendOne(f); err != nil {
				return v, found, err
			}
		}
		var err error
		d.forget()
		if v, err = d.visit(); err != nil {
			return v, found, err
		}
		found = diagnose.Judge(v)
	}
	if len(done) == 0 {
		d.tell("doctor.nothing-to-do")
	}
	return v, found, nil
}

const maxRounds = 5

// todo are the findings with a command that was not run before. What fixperms of a
// folder treats is left to that: the next look tells whether anything remains.
func (d *doctor) todo(found []diagnose.Finding, done map[string]bool) []diagnose.Finding {
	todo := slices.DeleteFunc(slices.Clone(found), func(f diagnose.Finding) bool {
		return len(f.Command) == 0 || f.Severity == diagnose.Info || done[shellword.Join(f.Command)]
	})
	all := slices.Clone(todo)
	return slices.DeleteFunc(todo, func(f diagnose.Finding) bool {
		command := shellword.Join(f.Command)
		skip := done[command] || slices.ContainsFunc(all, func(o diagnose.Finding) bool { return treats(o.Command, f.Command) })
		done[command] = done[command] || !skip
		return skip
	})
}

// treats tells whether a command is fixperms of a folder, and the other fixperms of
// something in it.
func treats(folder, file []string) bool {
	isFixperms := func(c []string) bool { return len(c) == 3 && c[1] == "fixperms" }
	return isFixperms(folder) && isFixperms(file) && strings.HasPrefix(file[2], strings.TrimSuffix(folder[2], string(filepath.Separator))+string(filepath.Separator))
}

// mendOne runs one command in this process. Where a person has to agree, and
// nobody is there to ask, it is left to be typed.
func (d *doctor) mendOne(f diagnose.Finding) error {
	command := shellword.Join(f.Command)
	if f.Choice && !d.agreed(f, command) {
		d.tell("doctor.left", "command", command)
		return nil
	}
	d.tell("doctor.doing", "command", command)
	if code := d.runChild(f.Command[1:]); code > exitNo {
		d.tell("doctor.failed", "command", command, "code", code)
	}
	return d.ctx.Err()
}

// runChild is `sshkeys args…` with this run's streams and passphrases. Its results
// are told on stderr: stdout is for what the doctor finds.
func (d *doctor) runChild(args []string) int {
	child := newApp()
	child.stdin, child.stderr, child.env = d.stdin, d.stderr, d.env
	child.stdout = bufio.NewWriter(d.stderr)
	child.known, child.source = d.known, d.source
	flags := []string{"--lang", string(d.words), "--color", d.color}
	if d.quiet {
		flags = append(flags, "--quiet")
	}
	if d.passphraseFile != "" && d.passphraseFile != stdinName {
		flags = append(flags, "--passphrase-file", d.passphraseFile)
	}
	code := run(d.ctx, child, slices.Concat(args[:1], flags, args[1:]))
	d.known = child.known
	return code
}

// forget drops what was read of the account before something was changed.
func (d *doctor) forget() { d.world = purposeWorld{} }

// agreed asks a person; without a terminal nobody agrees.
func (d *doctor) agreed(f diagnose.Finding, command string) bool {
	if !isTerminal(d.stdin) || !isTerminal(d.stderr) {
		return false
	}
	said := f.In(d.words)
	for _, line := range slices.Concat([]string{said.Message}, said.Evidence, []string{said.Advice}) {
		if line != "" {
			fmt.Fprintln(d.stderr, formats.Visible(line))
		}
	}
	fmt.Fprintf(d.stderr, "%s ", d.words.Say(catalog.T("doctor.ask", "command", formats.Visible(command))))
	answer := readLine(d.stdin)
	return slices.Contains([]string{"y", "yes", "はい"}, strings.ToLower(strings.TrimSpace(answer)))
}

// readLine reads to the end of a line, and not a byte further.
func readLine(r io.Reader) string {
	var line []byte
	one := make([]byte, 1)
	for {
		n, err := r.Read(one)
		if n == 1 && one[0] == '\n' || err != nil {
			return string(line)
		}
		line = append(line, one[:n]...)
	}
}

// tell says on stderr what is done.
func (d *doctor) tell(id string, pairs ...any) { d.note("%s", d.words.Say(catalog.T(id, pairs...))) }
