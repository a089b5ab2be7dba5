package formats

import (
	"bytes"
	"errors"
	"slices"
	"sort"
	"strings"

	"sshkeys/keytool"
)

// reading is one way to understand a damaged file: a text for the decoders, each
// byte with its place in the file, and what was undone to get it.
type reading struct {
	trace
	edits []edit
	// part is a number that the readings of one part of the file have in common.
	part int
	// private tells a part that is, or was, a private key.
	private bool
	// guesses is how many characters were put into the key's own text, as plus signs
	// for blanks; others is how many of that kind stood there. A guess counts where
	// the key proves itself, or where all plus signs of a text were lost together.
	guesses, others int
	// last is the place of the part's last byte; 0 where that is the trace's.
	last int32
}

// Mend reads data as Parse does. Where mail programs, terminals, editors, web forms
// or CI secrets have damaged its text, it reads over the damage: the envelope is that
// of the mended text, which is in Mended, and Edits names what was undone. A mended
// key counts only where it decodes with all its checks. Where two readings are
// possible the error is an *AmbiguousError, and where the damage is beyond repair a
// *DamageError with its place. Other errors are Parse's.
func Mend(data []byte, lim Limits) (*Envelope, error) {
	_, env, err := look(data, lim)
	return env, err
}

// look is Mend, with what was found out on the way; nil where nothing was to be.
func look(data []byte, lim Limits) (*mender, *Envelope, error) {
	env, err := Parse(data, lim)
	switch {
	case cannotMend(err):
		return nil, nil, err
	case err == nil && isSound(data, env):
		return nil, env, nil
	}
	start, edits, ok := plainText(traceOf(data))
	switch {
	case !ok && err == nil: // binary
		return nil, env, nil
	case !ok:
		return nil, nil, binaryDamage(data, err)
	}
	m := &mender{lim: lim, start: start, ends: lineEndsOf(start)}
	text, layers := unwrap(start)
	m.read(text, append(edits, layers...))
	m.prove()
	switch {
	case err == nil && !m.overrules(env):
		return m, m.explain(env), nil
	case len(m.proved) > 0:
		env, err = m.choose()
		return m, env, err
	case err == nil:
		return m, m.explain(env), nil
	}
	return m, nil, m.damage(data, err)
}

// cannotMend tells the errors that no mending helps against.
func cannotMend(err error) bool {
	_, limit := errors.AsType[*LimitError](err)
	_, unsupported := errors.AsType[*UnsupportedError](err)
	unknown, ok := errors.AsType[*UnknownFormatError](err)
	return limit || unsupported || ok && unknown.Foreign
}

// mender is one file on its way to a text that decodes.
type mender struct {
	lim      Limits
	start    trace // the file's text
	ends     lineEnds
	layers   []edit // of the whole text
	readings []reading
	proved   []mended
}

// mended is a reading that decodes.
type mended struct {
	reading
	env *Envelope
}

// read gathers the readings. Where there was a private key, what else is in the file
// is text around it.
func (m *mender) read(text trace, layers []edit) {
	m.layers = layers
	lines := lineReadings(text)
	m.readings = slices.Concat(armourReadings(text), ppkReadings(text), lines)
	isPrivate := func(r reading) bool { return r.private }
	switch {
	case slices.ContainsFunc(m.readings, isPrivate):
		m.readings = slices.DeleteFunc(m.readings, func(r reading) bool { return !r.private })
	case slices.ContainsFunc(lines, hasSSH2Text): // blocks in a list are part of it
		m.readings = lines
	}
}

func hasSSH2Text(r reading) bool {
	return slices.ContainsFunc(r.edits, func(e edit) bool { return e.defect == SSH2Text })
}

// prove decodes every reading with all checks.
func (m *mender) prove() {
	for _, r := range m.readings {
		env, err := Parse(r.b, m.lim)
		if err != nil || r.guesses > 0 && env.CanOpen() != nil { // a guess may make any type of it
			continue
		}
		env.Edits = editsOf(slices.Concat(m.layers, r.edits), m.ends)
		if len(env.Edits) > 0 {
			env.Mended, env.lines = r.b, m.ends.linesOf(r.trace)
			env.Surrounded = m.surrounds(r)
		}
		m.proved = append(m.proved, mended{r, env})
	}
}

// surrounds tells whether the file has more than the part that a reading is of: text
// before or behind it, other than blanks, quotes and escaped line ends.
func (m *mender) surrounds(r reading) bool {
	if r.len() == 0 {
		return false
	}
	first, last := slices.Min(r.at), max(r.last, slices.Max(r.at))
	before := sort.Search(len(m.start.at), func(i int) bool { return m.start.at[i] >= first })
	behind := sort.Search(len(m.start.at), func(i int) bool { return m.start.at[i] > last })
	outside := strings.NewReplacer(`\n`, "", `\r`, "").Replace(string(m.start.b[:before]) + "\n" + string(m.start.b[behind:]))
	return strings.Trim(outside, " \t\r\n\v\f\"'`,;\\>|\u00a0\u200b\ufeff") != ""
}

// overrules tells the files that Parse reads, and not as they were meant: a quoted
// private key is no list of odd lines, a public key among prose is no list, and two
// keys on a line are not one with a long comment.
func (m *mender) overrules(env *Envelope) bool {
	if env.Kind.IsPrivate() || len(m.proved) == 0 {
		return false
	}
	first := m.proved[0]
	return first.private || env.Kind == KindAuthorizedKeys || env.Kind == KindKnownHosts ||
		first.env.Kind == KindAuthorizedKeys && len(m.layers) > 0 ||
		slices.ContainsFunc(first.env.Edits, func(e Edit) bool { return e.Defect == JoinedKeys })
}

// explain gives what Parse read by itself the edits that another program would need.
func (m *mender) explain(env *Envelope) *Envelope {
	env = m.explained(env)
	for _, p := range m.proved {
		if p.private && env.Kind.IsPrivate() && !sameKeyIn(p.env, env) {
			line := m.ends.line(slices.Min(p.at))
			env.Surrounded = true
			env.Edits = append(env.Edits, Edit{line, SecondKey, max(line, m.ends.line(p.last))})
			break
		}
	}
	return env
}

func (m *mender) explained(env *Envelope) *Envelope {
	for _, p := range m.proved {
		if p.env.Format == env.Format && sameKeyIn(p.env, env) {
			if !env.Kind.IsPrivate() { // quoting is no host's name, and \n no comment
				return p.env
			}
			env.Edits, env.Mended, env.lines = p.env.Edits, p.env.Mended, p.env.lines
			env.Surrounded = p.env.Surrounded
			return env
		}
	}
	for _, p := range m.proved { // a block that has lost a line is no list of bare keys
		if env.Public != nil && sameKeyIn(p.env, env) {
			return p.env
		}
	}
	env.Edits = editsOf(m.layers, m.ends)
	return env
}

// sameKeyIn tells whether two readings gave the same key, as far as that stands in clear.
func sameKeyIn(a, b *Envelope) bool {
	if a.Public == nil || b.Public == nil {
		return a.Public == nil && b.Public == nil && a.Kind == b.Kind
	}
	return a.Public.Equal(b.Public) && bytes.Equal(a.Public.Certificate(), b.Public.Certificate())
}

// sameKeys tells whether every key of a list is that of the other envelope.
func sameKeys(list mended, one *Envelope) bool {
	if list.env.Kind != KindAuthorizedKeys && list.env.Kind != KindKnownHosts || one.Public == nil {
		return sameKeyIn(list.env, one)
	}
	same := true
	ScanList(bytes.NewReader(list.b), func(e Entry) error {
		same = same && (e.Key == nil || e.Key.Equal(one.Public))
		return nil
	})
	return same
}

// choose takes the one key that the proved readings agree on.
func (m *mender) choose() (*Envelope, error) {
	first := m.proved[0]
	for _, p := range m.proved[1:] {
		switch {
		case p.part != first.part && sameKeys(p, first.env):
		case p.part != first.part:
			return nil, m.ambiguous("there is more than one key in it", m.proved)
		case !sameKeyIn(p.env, first.env):
			return nil, m.ambiguous("its text can be read as one key or as another", m.proved)
		}
	}
	certain := slices.DeleteFunc(slices.Clone(m.proved), func(p mended) bool { return p.guesses > 0 })
	if len(certain) == 0 {
		certain = slices.DeleteFunc(slices.Clone(m.proved), func(p mended) bool { return !m.provesGuesses(p) })
	}
	if len(certain) == 0 {
		return nil, m.ambiguous("a blank stands where a character of the key is missing; that it was a plus sign cannot be proved", m.proved)
	}
	certain[0].env.open = openAny(certain)
	return certain[0].env, nil
}

// provesGuesses tells whether plus signs put in for blanks are more than a guess: the
// key proves itself, now or when it is opened, or all of them were lost together.
func (m *mender) provesGuesses(p mended) bool {
	if p.guesses == 0 || p.env.checksItself() || p.guesses > 1 && p.others == 0 {
		return true
	}
	switch p.env.Format {
	case PKCS1, DSAPEM:
		return true // all of it is encrypted, and has both halves
	case OpenSSH, PPK2, PPK3:
	default:
		return false
	}
	// What Open proves may be guessed: the public half must not have any of it.
	other := bytes.Clone(p.b)
	for _, e := range p.edits {
		if i := slices.Index(p.at, e.first); e.defect == PlusAsSpace && i >= 0 {
			other[i] = 'A'
		}
	}
	env, err := Parse(other, m.lim)
	return err == nil && sameKeyIn(env, p.env)
}

// openAny opens the first of the readings that the passphrase opens: they differ in
// what only the passphrase proves, as a comment's last blanks.
func openAny(all []mended) func([]byte) (*keytool.Key, error) {
	if len(all) == 1 || !all[0].env.Encrypted() {
		return all[0].env.open
	}
	var opens []func([]byte) (*keytool.Key, error)
	for i, p := range all {
		if !slices.ContainsFunc(all[:i], func(o mended) bool { return sameLock(o.env, p.env) }) {
			opens = append(opens, p.env.open)
		}
	}
	return func(passphrase []byte) (*keytool.Key, error) {
		var first error
		for _, open := range opens {
			key, err := open(passphrase)
			if err == nil {
				return key, nil
			}
			if first == nil {
				first = err
			}
		}
		return nil, first
	}
}

// sameLock tells readings that a passphrase opens or does not open alike: each costs a
// key derivation.
func sameLock(a, b *Envelope) bool {
	if a.Format != b.Format || a.Public == nil || b.Public == nil {
		return a.Format == b.Format
	}
	return a.Public.Comment() == b.Public.Comment()
}

// checksItself tells a file whose private half stands in clear and was held to a
// public half beside it: no other text would have decoded.
func (e *Envelope) checksItself() bool {
	if e.Kind != KindPrivate || e.Encrypted() || e.CanOpen() != nil || e.Public == nil {
		return false
	}
	return e.Format != PKCS8 || e.Public.Algorithm().Family == keytool.RSA
}

// ambiguous is the error for more than one reading.
func (m *mender) ambiguous(why string, all []mended) error {
	e := &AmbiguousError{Reason: why}
	for _, p := range all {
		e.Readings = append(e.Readings, p.env)
		for _, d := range p.env.Edits {
			if e.Line == 0 || d.Defect == PlusAsSpace || d.Defect == JoinedKeys {
				e.Format, e.Line, e.Last = p.env.Format, d.Line, d.Last
			}
		}
	}
	return e
}

// AmbiguousError: a damaged file can be read in more than one way, and nothing in it
// says which is right.
type AmbiguousError struct {
	Format     ID
	Line, Last int // where, 1-based; 0 where no line is to blame
	Reason     string
	Readings   []*Envelope // all of them, for who knows more
}

func (e *AmbiguousError) Error() string {
	where := ""
	if e.Line > 0 {
		where = "line " + lineRange(e.Line, e.Last) + ": "
	}
	return "damaged " + e.Format.Title() + " file: " + where + e.Reason
}
