package diagnose

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"regexp"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"sshkeys/formats"
	"sshkeys/internal/hostkeys"
	"sshkeys/keytool"
)

// Ask asks a server what ssh would meet there, step by step, up to which of the
// public keys it would take for the user.
//
// Nothing is sent that could log in, but where Login is given: a key is asked about
// by the query of RFC 4252 section 7, which carries no signature. What the server
// learns is the user's name and the public halves. That is why a host key which is
// not known does not end it (unless Strict): there is nothing to lose to a wrong
// server, and much to learn. It is not accepted by that: nothing is written down,
// and a Login goes only to a host whose key known_hosts confirms. Where known_hosts
// says that the key is another (of another type, too) or revoked, the probe stops as
// ssh does.
func Ask(ctx context.Context, q Question) *Probe {
	q.Port, q.Tries = cmp.Or(q.Port, hostkeys.DefaultPort), max(q.Tries, 1)
	q.Timeout, q.Slow = cmp.Or(q.Timeout, 15*time.Second), cmp.Or(q.Slow, 5*time.Second)
	q.Patience = cmp.Or(q.Patience, q.Timeout)
	a := &asking{q: q, Probe: &Probe{Host: q.Host, Port: q.Port, User: q.User}}
	for _, o := range q.Offers {
		if o.Key.Certificate() != nil {
			a.Keys = append(a.Keys, KeyAnswer{Offer: o, Certificate: true, Answer: NotAsked})
		}
		a.Keys = append(a.Keys, KeyAnswer{Offer: o, Answer: NotAsked})
	}
	a.run(ctx)
	a.Cancelled = ctx.Err() != nil
	return a.Probe
}

// asking is a Question under way, and its answer so far.
type asking struct {
	q Question
	*Probe
	address string // the one that was open, with its port
	again   bool   // others were asked, or are under way

	mu   sync.Mutex
	host *ShownKey // what the library's own goroutine saw
}

func (a *asking) run(ctx context.Context) {
	a.Stopped = AtName
	if !a.resolve(ctx) {
		return
	}
	a.Stopped = AtPort
	conn := a.reach(ctx)
	if conn == nil {
		a.lookElsewhere(ctx)
		return
	}
	a.Stopped = AtGreeting
	rest := a.dialRest(ctx)
	a.askKeys(ctx, conn)
	a.Dials = append(a.Dials, <-rest...)
	if a.Stopped == AtGreeting {
		soon, cancel := context.WithTimeout(ctx, aside)
		a.lookElsewhere(soon)
		cancel()
	}
	if a.q.Login != nil && a.Stopped == AtEnd {
		a.Login = a.login(ctx)
	}
}

func (a *asking) resolve(ctx context.Context) bool {
	within, cancel := context.WithTimeout(ctx, a.q.Timeout)
	defer cancel()
	found, err := net.DefaultResolver.LookupNetIP(within, "ip", a.q.Host)
	if err != nil {
		gone, ok := errors.AsType[*net.DNSError](err)
		a.NoAnswer, a.Trouble = !ok || !gone.IsNotFound, err.Error()
		return false
	}
	for _, ip := range found {
		a.Addresses = append(a.Addresses, ip.Unmap().String())
	}
	named := func(address string) bool { return slices.Contains(a.q.Addresses, address) }
	a.Unlisted = len(a.q.Addresses) > 0 && !slices.ContainsFunc(a.Addresses, named)
	return true
}

// reach connects to the first address that answers, as ssh does.
func (a *asking) reach(ctx context.Context) net.Conn {
	for try := range a.q.Tries {
		if try > 0 && !pause(ctx, a.q.TryEvery) {
			break
		}
		a.Dials = nil
		for _, address := range a.Addresses {
			conn, d := a.dial(ctx, address, a.q.Port)
			a.Dials = append(a.Dials, d)
			if conn != nil {
				a.address = conn.RemoteAddr().String()
				return conn
			}
		}
	}
	return nil
}

// aside is how long is looked for an SSH server beside one of another kind.
const aside = 5 * time.Second

// mostAddresses bounds how many of a name's addresses are dialled beside the one that
// answered.
const mostAddresses = 8

// dialRest dials, all at once, the addresses that reach did not come to: ssh takes
// another one at another time, and a firewall may let some through only.
func (a *asking) dialRest(ctx context.Context) <-chan []Dial {
	rest := a.Addresses[len(a.Dials):]
	dials := make([]Dial, min(len(rest), mostAddresses))
	done := make(chan []Dial, 1)
	go func() {
		var all sync.WaitGroup
		for i := range dials {
			all.Go(func() {
				conn, d := a.dial(ctx, rest[i], a.q.Port)
				if conn != nil {
					conn.Close()
				}
				dials[i] = d
			})
		}
		all.Wait()
		done <- dials
	}()
	return done
}

func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (a *asking) dial(ctx context.Context, address string, port int) (net.Conn, Dial) {
	d := Dial{Address: address, Port: port, Reach: Open, Old: slices.Contains(a.q.OldAddresses, address)}
	dialer := net.Dialer{Timeout: a.q.Timeout}
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(address, strconv.Itoa(port)))
	if err != nil {
		d.Reach = reachOf(err)
		return nil, d
	}
	return conn, d
}

// Windows' own numbers: its package syscall has others by these names.
const (
	wsaAccess      = syscall.Errno(10013)
	wsaNetwork     = syscall.Errno(10051)
	wsaAborted     = syscall.Errno(10053)
	wsaReset       = syscall.Errno(10054)
	wsaRefused     = syscall.Errno(10061)
	wsaUnreachable = syscall.Errno(10065)
)

func isAny(err error, wanted ...error) bool {
	return slices.ContainsFunc(wanted, func(w error) bool { return errors.Is(err, w) })
}

func reachOf(err error) Reach {
	slow, ok := errors.AsType[net.Error](err)
	switch {
	case isAny(err, syscall.ECONNREFUSED, wsaRefused):
		return Refused
	case isAny(err, syscall.ENETUNREACH, syscall.EHOSTUNREACH, wsaNetwork, wsaUnreachable):
		return Unreachable
	case isAny(err, syscall.EPERM, syscall.EACCES, wsaAccess):
		return Blocked
	case ok && slow.Timeout():
		return TimedOut
	}
	return Failed
}

// lookElsewhere asks, all at once, where else the server might answer.
func (a *asking) lookElsewhere(ctx context.Context) {
	type place struct {
		address string
		port    int
	}
	var places []place
	for _, address := range a.Addresses {
		if a.q.OtherPort != 0 {
			places = append(places, place{address, a.q.OtherPort})
		}
	}
	for _, address := range slices.Concat(a.q.Addresses, a.q.OldAddresses) {
		if !slices.Contains(a.Addresses, address) {
			places = append(places, place{address, a.q.Port})
		}
	}
	a.Elsewhere = make([]Dial, len(places))
	var all sync.WaitGroup
	for i, p := range places {
		all.Go(func() {
			conn, d := a.dial(ctx, p.address, p.port)
			if conn != nil {
				d.SSH = a.greets(ctx, conn)
			}
			a.Elsewhere[i] = d
		})
	}
	all.Wait()
}

// greets tells whether an SSH server speaks on a connection; it says nothing to it.
func (a *asking) greets(ctx context.Context, conn net.Conn) bool {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(a.q.Timeout))
	w := newWire(conn)
	for buf := make([]byte, 256); ; {
		if _, err := w.Read(buf); err != nil {
			return false
		}
		if readGreeting(w.clear()).Version != "" {
			return true
		}
	}
}

const (
	// mostConnections bounds how often one server is bothered: OpenSSH since 9.8 turns
	// an address away that fails often (PerSourcePenalties).
	mostConnections = 8
	// mostKeys is how many keys one connection asks about: the library ends one after
	// 64 attempts.
	mostKeys = 60
	// fewKeys stays below the MaxAuthTries of an sshd that was not told otherwise.
	fewKeys = 5
	// mostAgain is how many keys are asked about in other ways than ssh would.
	mostAgain = 2
)

// query is one key to ask about: as ssh would, or for one signature algorithm.
type query struct {
	*KeyAnswer
	signature string // "" is as ssh would
}

// askKeys asks about all keys. The first connection goes as ssh does, until the
// server hangs up; where that leaves keys open and none was taken, the next ones stay
// below what it bore.
func (a *asking) askKeys(ctx context.Context, conn net.Conn) {
	limit := mostKeys
	var open []query
	for i := range a.Keys {
		open = append(open, query{KeyAnswer: &a.Keys[i]})
	}
	for n := 1; ; n++ {
		r := &round{asking: a, number: n, limit: limit, open: open}
		r.run(ctx, conn)
		open = r.open
		if r.hungUp {
			limit = max(1, r.asked-1)
		}
		if a.Stopped != AtEnd || a.taken() || r.asked == 0 || r.lost || n == mostConnections || ctx.Err() != nil {
			return
		}
		if len(open) == 0 && (a.again || len(a.others()) == 0) {
			return
		}
		var err error
		if conn, err = a.redial(ctx); err != nil {
			a.ShutOut = true
			return
		}
	}
}

// taken tells whether the server takes a key, in whatever way.
func (a *asking) taken() bool {
	return slices.ContainsFunc(a.Keys, func(k KeyAnswer) bool {
		return k.Answer == Accepted || k.Answer == OnlySHA1 || k.Answer == OtherSignature
	})
}

// others are the questions that are left where the server takes no key as ssh would
// offer it: whether it takes an RSA key with another signature. OpenSSH before 9.6
// names all algorithms that it has in its list, not those that it accepts, so that
// the list alone does not tell.
func (a *asking) others() []query {
	var left []query
	for i := range a.Keys {
		k := &a.Keys[i]
		if k.Answer == Rejected && k.Key.Algorithm().Family == keytool.RSA && len(left) < 2*mostAgain {
			left = append(left, query{k, ssh.KeyAlgoRSA}, query{k, ssh.KeyAlgoRSASHA256})
		}
	}
	return left
}

// redial connects to the address that answered before.
func (a *asking) redial(ctx context.Context) (net.Conn, error) {
	dialer := net.Dialer{Timeout: a.q.Timeout}
	return dialer.DialContext(ctx, "tcp", a.address)
}

// round asks about keys over one connection.
type round struct {
	*asking
	number, limit int
	open          []query // without an answer yet
	asked         int     // keys, on this connection
	hungUp, lost  bool    // the server ended it upon a key; it broke
	wire          *wire
	enquiry       *enquiry // the one under way, of open[0]
}

// errEnough ends a handshake that told all it was made for.
var errEnough = errors.New("no more to ask")

func (r *round) run(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	r.wire = newWire(conn)
	r.wire.allow(r.q.Patience)
	config := r.config()
	config.AuthCallback = r.next
	client, _, _, err := ssh.NewClientConn(r.wire, r.address, config)
	r.HostKey = r.shownKey()
	if err == nil { // by the method "none": the server wants no proof of anybody
		client.Close()
		r.LoggedIn, r.Stopped = true, AtEnd
	}
	if r.number == 1 {
		r.learn(err)
	} else if r.asked == 0 && !errors.Is(err, errEnough) {
		r.ShutOut = true
	}
	if r.enquiry != nil && err != nil && !errors.Is(err, errEnough) {
		r.broken(err)
	}
}

// next is called when the server has answered, and picks what it is asked then.
func (r *round) next(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
	if r.wire.ended() != nil {
		return nil, r.wire.ended()
	}
	r.Methods, r.Stopped = shownNames(c.AllowedMethods), AtEnd
	if !slices.Contains(c.AllowedMethods, "publickey") {
		return nil, errEnough
	}
	r.wire.allow(r.q.Patience)
	if r.enquiry != nil && r.enquiry.unasked() {
		r.enquiry = r.ask(ssh.KeyAlgoRSA)
		return ssh.PublicKeys(r.enquiry), nil
	}
	r.settle()
	if len(r.open) == 0 && !r.again && !r.taken() {
		r.again, r.open, r.limit = true, r.others(), min(r.limit, fewKeys)
	}
	if len(r.open) == 0 || r.asked >= r.limit || r.taken() && r.asked >= fewKeys {
		return nil, errEnough
	}
	r.asked++
	r.enquiry = r.ask(r.open[0].signature)
	return ssh.PublicKeys(r.enquiry), nil
}

// ask makes the enquiry of open[0].
func (r *round) ask(signature string) *enquiry {
	k := r.open[0].KeyAnswer
	e := &enquiry{base: k.Key.Algorithm().Name, signature: signature, wire: r.wire, writes: r.wire.written()}
	e.key = publicKey{e.base, k.Key.Blob()}
	if k.Certificate {
		e.key = publicKey{k.Key.Algorithm().Cert, k.Key.Certificate()}
	}
	return e
}

// settle writes down what became of the key under way. What was asked in another way
// than ssh's only counts where the server takes it.
func (r *round) settle() {
	if r.enquiry == nil {
		return
	}
	k, answer := r.open[0], r.enquiry.answer()
	if k.signature != "" && answer == Accepted {
		answer = OtherSignature
	}
	if k.signature == "" || r.enquiry.taken != "" {
		k.Answer, k.Connection, k.Signature = answer, r.number, r.enquiry.taken
	}
	r.open, r.enquiry = r.open[1:], nil
}

// broken is for a connection that ended upon a question. Whether the server had
// looked at the key by then is not sure (OpenSSH has, others count before they look),
// so it is asked again; but what is hung up upon as the first one is refused.
func (r *round) broken(err error) {
	ended := r.wire.ended()
	r.hungUp = ended == nil || isAny(ended, io.EOF, syscall.ECONNRESET, wsaAborted, wsaReset)
	if !r.hungUp {
		r.lost, r.Trouble = true, formats.Visible(err.Error())
		return
	}
	if !r.again {
		r.HungUp, r.Parting = cmp.Or(r.HungUp, r.asked), cmp.Or(r.Parting, parting(err))
	}
	if r.asked == 1 {
		r.settle()
	}
}

var disconnected = regexp.MustCompile(`ssh: disconnect, reason \d+: (".*")$`)

// parting is the text of a disconnect message (RFC 4253 section 11.1); the library
// gives it in its error alone.
func parting(err error) string {
	found := disconnected.FindStringSubmatch(err.Error())
	if found == nil {
		return ""
	}
	text, err := strconv.Unquote(found[1])
	if err != nil {
		return ""
	}
	return shown(text)
}

// learn takes from the first connection what stands in clear, and where it ended.
func (r *round) learn(err error) {
	seen, after := r.wire.clear(), r.wire.firstAfter()
	r.Greeting = readGreeting(seen)
	r.Greeting.After, r.Greeting.Slow = after, after > r.q.Slow
	switch {
	case r.Stopped == AtEnd:
	case r.Greeting.Version == "":
		r.Greeting.Silent = len(seen) == 0 && isTimeout(r.wire.ended())
		r.Greeting.Closed = !isTimeout(r.wire.ended()) && r.Greeting.Protocol == ""
	case r.HostKey == nil:
		r.Stopped = AtKeyExchange
	case errors.Is(err, errHostKey):
		r.Stopped = AtHostKey
	default:
		r.Stopped = AtKeys
	}
	r.Lists = readKexLists(seen)
	r.Mismatch = r.mismatches(err)
	if r.Stopped == AtKeyExchange || r.Stopped == AtKeys {
		r.Parting, r.Trouble = parting(err), formats.Visible(err.Error())
	}
}

func isTimeout(err error) bool {
	slow, ok := errors.AsType[net.Error](err)
	return ok && slow.Timeout()
}

// mismatches compares the server's lists with the client's; where those are not
// known, with what the library could do.
func (r *round) mismatches(err error) []Mismatch {
	if r.Lists == nil {
		return nil
	}
	client := KexLists{KeyExchanges: r.q.KexAlgorithms, HostKeys: r.q.HostKeyAlgorithms, Ciphers: r.q.Ciphers, MACs: r.q.MACs}
	found := client.mismatches(*r.Lists)
	if library, ok := errors.AsType[*ssh.AlgorithmNegotiationError](err); ok && len(found) == 0 {
		found = []Mismatch{{Kind: kindOf(library.What), Server: algorithms(library.RequestedAlgorithms), Ours: true}}
	}
	return found
}

// errHostKey ends the handshake where known_hosts speaks against the key.
var errHostKey = errors.New("the host key is not the one known")

// config speaks every algorithm that the library knows, old ones too: the client's
// own lists are compared with the server's apart from that, and nothing secret is
// sent.
func (a *asking) config() *ssh.ClientConfig {
	secure, old := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	config := &ssh.ClientConfig{
		User:            a.q.User,
		HostKeyCallback: a.checkHostKey,
		BannerCallback: func(text string) error {
			a.Notice = shown(text)
			return nil
		},
	}
	config.KeyExchanges = slices.Concat(secure.KeyExchanges, old.KeyExchanges)
	config.Ciphers = slices.Concat(secure.Ciphers, old.Ciphers)
	config.MACs = slices.Concat(secure.MACs, old.MACs)
	known := HostKeyAlgorithms()
	for _, name := range a.q.HostKeyAlgorithms {
		if slices.Contains(known, name) {
			config.HostKeyAlgorithms = append(config.HostKeyAlgorithms, name)
		}
	}
	if len(config.HostKeyAlgorithms) == 0 {
		config.HostKeyAlgorithms = known
	}
	return config
}

// HostKeyAlgorithms are those that the probe knows, in the order of ssh's defaults
// (myproposal.h: KEX_DEFAULT_PK_ALG), old ones behind. They stand for a client's that
// are not known: hostkeys.Prefer puts them in order.
func HostKeyAlgorithms() []string {
	return append([]string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
		ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
		ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
		ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
	}, ssh.InsecureAlgorithms().HostKeys...)
}

// checkHostKey asks what known_hosts has of the server's key. The library proved that
// the server has the private half; who signed a certificate is looked at here.
func (a *asking) checkHostKey(_ string, _ net.Addr, key ssh.PublicKey) error {
	shownKey, err := keytool.NewPublic(key.Marshal(), "")
	s := &ShownKey{Key: shownKey, Type: key.Type(), Answer: hostkeys.Unknown}
	if err == nil && a.q.HostKey != nil {
		s.Answer, s.Lines = a.q.HostKey(shownKey)
	}
	if c, ok := key.(*ssh.Certificate); ok {
		s.Forged = !signed(c)
	}
	a.mu.Lock()
	a.host = s
	a.mu.Unlock()
	if s.Forged || !a.goesOn(s.Answer) {
		return errHostKey
	}
	return nil
}

// signed tells whether a host certificate is its authority's, and has no options
// that the client would have to know. Names and times are known_hosts' to judge.
func signed(c *ssh.Certificate) bool {
	principal := ""
	if len(c.ValidPrincipals) > 0 {
		principal = c.ValidPrincipals[0]
	}
	whenever := ssh.CertChecker{Clock: func() time.Time { return time.Unix(int64(c.ValidAfter), 0) }}
	return whenever.CheckCert(principal, c) == nil
}

func (a *asking) shownKey() *ShownKey {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.host
}

func (a *asking) goesOn(known hostkeys.Answer) bool {
	switch known {
	case hostkeys.Known, hostkeys.Certified:
		return true
	case hostkeys.Unknown:
		return !a.q.Strict
	}
	return false
}

// publicKey is a public half as it goes over the wire, of any type: the library
// itself reads fewer than there are.
type publicKey struct {
	kind string
	blob []byte
}

func (k publicKey) Type() string                        { return k.kind }
func (k publicKey) Marshal() []byte                     { return k.blob }
func (k publicKey) Verify([]byte, *ssh.Signature) error { return errSignsNothing }

var errSignsNothing = errors.New("the probe signs nothing")

// enquiry stands in for a signer, so that the library asks the server about a public
// key. The library asks first and signs what the server would take; the request to
// sign is how the answer comes here, and it is turned down.
//
// The library does not show the server's list of signature algorithms. But it takes
// Algorithms once to compare with the list, and once more only where the comparison
// failed: so the calls tell whether the list has the key's type. For RSA the first
// answer has the SHA-2 names and the second the SHA-1 name.
type enquiry struct {
	key       publicKey
	base      string // the key type's name, without a certificate
	signature string // the only algorithm to ask with; "" is as ssh would
	wire      *wire
	writes    int // of the wire, before
	calls     int // of Algorithms, before the server was asked
	taken     string
}

func (e *enquiry) asked() bool { return e.wire.written() > e.writes }

// unasked tells that the library found no algorithm to ask with: the server sends no
// list, and so takes RSA's SHA-1 signature at best.
func (e *enquiry) unasked() bool { return !e.asked() && e.base == ssh.KeyAlgoRSA && e.signature == "" }

func (e *enquiry) PublicKey() ssh.PublicKey { return e.key }

func (e *enquiry) Algorithms() []string {
	asked := e.asked()
	if !asked {
		e.calls++
	}
	switch {
	case e.signature != "":
		return []string{e.signature}
	case e.base != ssh.KeyAlgoRSA:
		return []string{e.base}
	case e.calls > 1 && !asked:
		return []string{ssh.KeyAlgoRSA}
	}
	return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
}

func (e *enquiry) Sign(io.Reader, []byte) (*ssh.Signature, error) { return nil, errSignsNothing }

func (e *enquiry) SignWithAlgorithm(_ io.Reader, _ []byte, algorithm string) (*ssh.Signature, error) {
	e.taken = algorithm
	return nil, errSignsNothing
}

func (e *enquiry) answer() Acceptance {
	switch {
	case e.taken == ssh.KeyAlgoRSA:
		return OnlySHA1
	case e.taken != "":
		return Accepted
	case !e.asked():
		return NotAsked
	case e.calls > 1:
		return TypeRejected
	}
	return Rejected
}

// login logs in for real, and asks for the sftp server.
func (a *asking) login(ctx context.Context) *LoginAnswer {
	answer := &LoginAnswer{Session: NotTried}
	if known := a.HostKey.Answer; known != hostkeys.Known && known != hostkeys.Certified {
		return answer
	}
	signer, err := a.signer()
	if err != nil {
		answer.Trouble = err.Error()
		return answer
	}
	answer.Session = SessionErr
	conn, err := a.redial(ctx)
	if err != nil {
		answer.Trouble = err.Error()
		return answer
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(a.q.Timeout))
	config := a.config()
	config.AuthCallback = answer.offer(signer)
	client, channels, requests, err := ssh.NewClientConn(conn, a.address, config)
	if err == nil {
		answer.Session, err = session(ssh.NewClient(client, channels, requests))
	}
	if err != nil && !errors.Is(err, errEnough) {
		answer.Trouble = formats.Visible(err.Error())
	}
	return answer
}

// offer offers a key once, and writes down what the server says to it unless it lets
// it in.
func (l *LoginAnswer) offer(signer ssh.Signer) ssh.ClientAuthCallback {
	return func(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
		switch {
		case len(c.PartialSuccessMethods) > 0:
			l.Session, l.Methods = WantsMore, shownNames(c.AllowedMethods)
		case slices.Contains(c.TriedMethods, "publickey"):
			l.Session = NotLet
		default:
			return ssh.PublicKeys(signer), nil
		}
		return nil, errEnough
	}
}

// sftpInit asks an sftp server for its version, and sftpVersion is the type of its
// answer (draft-ietf-secsh-filexfer-02 section 4).
var sftpInit = []byte{0, 0, 0, 5, 1, 0, 0, 0, 3}

const sftpVersion = 2

// session opens a session, has the sftp server say its version, and closes.
func session(client *ssh.Client) (Session, error) {
	defer client.Close()
	s, err := client.NewSession()
	if err != nil {
		return Dropped, err
	}
	defer s.Close()
	in, _ := s.StdinPipe()
	out, err := s.StdoutPipe()
	if err != nil {
		return Dropped, err
	}
	if err := s.RequestSubsystem("sftp"); err != nil {
		if _, _, gone := client.SendRequest("keepalive@openssh.com", true, nil); gone != nil {
			return Dropped, err
		}
		return NoSFTP, nil
	}
	if _, err := in.Write(sftpInit); err != nil {
		return Dropped, err
	}
	var head [5]byte
	if _, err := io.ReadFull(out, head[:]); err != nil {
		return Dropped, err
	}
	if !bytes.Equal(head[:2], []byte{0, 0}) || head[4] != sftpVersion {
		return Chatter, nil
	}
	return SFTPWorks, nil
}

// signer signs with the login's key, under the certificate with which the server
// takes it, where that is so.
func (a *asking) signer() (ssh.Signer, error) {
	signer, err := signerOf(a.q.Login)
	i := slices.IndexFunc(a.Keys, func(k KeyAnswer) bool { return k.Answer == Accepted && k.Key.Equal(a.q.Login) })
	if err != nil || i < 0 || !a.Keys[i].Certificate {
		return signer, err
	}
	blob, err := ssh.ParsePublicKey(a.Keys[i].Key.Certificate())
	if err != nil {
		return nil, err
	}
	certificate, ok := blob.(*ssh.Certificate)
	if !ok {
		return signer, nil
	}
	return ssh.NewCertSigner(certificate, signer)
}

// signerOf lends a private key to the library.
func signerOf(k *keytool.Key) (ssh.Signer, error) {
	pem, err := formats.Encode("openssh", k, formats.Options{})
	if err != nil {
		return nil, err
	}
	defer clear(pem)
	signer, err := ssh.ParsePrivateKey(pem)
	if err != nil {
		return nil, fmt.Errorf("%s keys cannot log in from here", k.Algorithm().Display)
	}
	return signer, nil
}

// wire is a connection that keeps what the server says in clear, and counts what is
// written to it.
type wire struct {
	net.Conn
	start time.Time

	mu     sync.Mutex
	seen   []byte
	first  time.Duration // from start until the server said something
	writes int
	err    error // that ended the reading
}

// mostClear is how many bytes of a server's are kept: a greeting, and one packet of
// the greatest length that RFC 4253 section 6.1 asks for.
const mostClear = 1<<16 + 35000

func newWire(c net.Conn) *wire { return &wire{Conn: c, start: time.Now()} }

// errNotSSH ends a connection to a server of another kind, which may wait for more.
var errNotSSH = errors.New("this is no SSH server")

func (w *wire) Read(b []byte) (int, error) {
	if err := w.ended(); err != nil {
		return 0, err
	}
	n, err := w.Conn.Read(b)
	w.mu.Lock()
	defer w.mu.Unlock()
	if n > 0 && len(w.seen) == 0 {
		w.first = time.Since(w.start)
	}
	if len(w.seen) < mostClear {
		w.seen = append(w.seen, b[:n]...)
	}
	if err == nil && len(w.seen) < 1024 && toldOther(w.seen) {
		err = errNotSSH
	}
	if err != nil && w.err == nil {
		w.err = err
	}
	return n, err
}

func (w *wire) Write(b []byte) (int, error) {
	w.mu.Lock()
	w.writes++
	w.mu.Unlock()
	return w.Conn.Write(b)
}

// allow gives the next step its time.
func (w *wire) allow(d time.Duration) { _ = w.SetDeadline(time.Now().Add(d)) }

func (w *wire) clear() []byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return bytes.Clone(w.seen)
}

func (w *wire) firstAfter() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

func (w *wire) written() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.writes
}

func (w *wire) ended() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}
