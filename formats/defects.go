package formats

import (
	"bytes"
	"slices"
)

// Defect is something in a key file's text that strict readers stop at, while
// Parse reads over it or says only that the file is damaged.
type Defect string

// Defects of any text.
const (
	ByteOrderMark  Defect = "byte-order-mark" // UTF-8's, as Notepad's "UTF-8 with BOM"
	UTF16          Defect = "utf-16"          // as PowerShell's > writes
	CRLF           Defect = "crlf"            // Windows' line ends
	LoneCR         Defect = "cr"              // line ends of old Macs
	NoFinalNewline Defect = "no-final-newline"
)

// Defects of a block between a BEGIN and an END line, and of PuTTY's files the
// first two.
const (
	TextBefore     Defect = "text-before" // lines before the first one, empty ones too
	TextAfter      Defect = "text-after"
	IndentedMarker Defect = "indented-marker" // blanks before BEGIN or END; Parse stops there too
	BlankAtMarker  Defect = "blank-at-marker" // blanks behind BEGIN or END
	Indented       Defect = "indented"        // blanks before the base64 text
	EmptyLine      Defect = "empty-line"      // within the base64 text
	// OddLines are lines of other than 64 characters in a PEM block with a passphrase
	// of its own (Proc-Type).
	OddLines Defect = "odd-lines"
)

// Defects of lines with public keys; see ScanDefects.
const (
	SplitLine  Defect = "split-line"  // the key goes on in the next line
	LostLetter Defect = "lost-letter" // the key type lacks its beginning: sh-rsa
	JoinedKeys Defect = "joined-keys" // two keys stand on one line
	OddBlank   Defect = "odd-blank"   // a blank that is none in ASCII, or a sign without width
	SSH2Text   Defect = "ssh2-text"   // a block of RFC 4716 in a list
	PrivateKey Defect = "private-key" // a private key among public ones
)

// Reader is a program that reads key files.
type Reader string

const (
	BySSH     Reader = "ssh" // OpenSSH's ssh and ssh-keygen
	ByOpenSSL Reader = "openssl"
	ByPuTTY   Reader = "putty" // PuTTY's programs load PPK, puttygen imports the others
)

// Defects finds what is wrong with a file's text, each kind once. Of binary files
// and of text that is no key it finds nothing.
func Defects(data []byte) []Defect {
	in := normalise(data)
	var found []Defect
	switch {
	case in.text == nil:
		return nil
	case hasPPKHeader(in, "") || bytes.Contains(in.text, []byte("\n"+ppkMagic)):
		found = aroundPPK(in.text)
	case isBlock(in.text):
		found = blockDefects(in.text)
	default:
		found = lineDefects(data)
		if found == nil && !isPublicText(in) {
			return nil
		}
	}
	return append(encodingDefects(data), found...)
}

// lineDefects are those of a public key's file or a list, each once.
func lineDefects(data []byte) []Defect {
	var found []Defect
	for _, d := range ScanDefects(data) {
		of := d.Defect
		if of != ByteOrderMark && of != SSH2Text && !slices.Contains(found, of) {
			found = append(found, of)
		}
	}
	return found
}

func isPublicText(in *input) bool {
	f := detect(in)
	return f != nil && f.Holds != HoldsPrivate
}

// Stops tells whether a program refuses a file of the format for the defect alone.
// Of formats that it does not read at all that is false. What OpenSSH demands of its
// own format is in sshkey.c:private2_uudecode; the rest was run (OpenSSH 9.2,
// OpenSSL 3.0, puttygen 0.78), and the tests run it again.
func (d Defect) Stops(r Reader, id ID) bool {
	pem := slices.Contains([]ID{PKCS1, SEC1, DSAPEM, PKCS8}, id)
	switch r {
	case BySSH:
		return id == OpenSSH && d.stopsOpenSSHFormat() || pem && d.stopsPEM()
	case ByOpenSSL:
		return pem && d.stopsPEM()
	case ByPuTTY:
		return id != PKCS8 && Lookup(id).Holds == HoldsPrivate && d.stopsPuTTY(id)
	}
	return false
}

func (d Defect) stopsOpenSSHFormat() bool {
	switch d {
	case ByteOrderMark, UTF16, CRLF, LoneCR, NoFinalNewline, TextBefore, IndentedMarker, BlankAtMarker:
		return true
	}
	return false
}

func (d Defect) stopsPEM() bool {
	switch d {
	case UTF16, LoneCR, IndentedMarker, EmptyLine, OddLines:
		return true
	}
	return false
}

func (d Defect) stopsPuTTY(id ID) bool {
	switch d {
	case ByteOrderMark, UTF16, TextBefore, IndentedMarker, BlankAtMarker, Indented:
		return true
	case LoneCR:
		return !slices.Contains([]ID{PPK1, PPK2, PPK3}, id)
	}
	return false
}

// StopsSSH are those of the defects for which OpenSSH's ssh refuses a file of the format.
func StopsSSH(defects []Defect, id ID) []Defect {
	return slices.DeleteFunc(slices.Clone(defects), func(d Defect) bool { return !d.Stops(BySSH, id) })
}

func encodingDefects(data []byte) []Defect {
	var found []Defect
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		found = append(found, ByteOrderMark)
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")):
		found = append(found, UTF16)
		data = fromUTF16(data)
	}
	pairs := bytes.Count(data, []byte("\r\n"))
	if pairs > 0 {
		found = append(found, CRLF)
	}
	if bytes.Count(data, []byte("\r")) > pairs {
		found = append(found, LoneCR)
	}
	if !bytes.HasSuffix(data, []byte("\n")) && !bytes.HasSuffix(data, []byte("\r")) {
		found = append(found, NoFinalNewline)
	}
	return found
}

func aroundPPK(text []byte) []Defect {
	if bytes.HasPrefix(text, []byte(ppkMagic)) {
		return nil
	}
	return []Defect{TextBefore}
}

// isBlock tells a text that has the BEGIN line of a private key, indented or not.
func isBlock(text []byte) bool {
	for line := range bytes.Lines(text) {
		if label, ok := beginLabel(bytes.TrimSpace(line)); ok {
			return isPrivateLabel(label)
		}
	}
	return false
}

// beginLabel is the label of PEM's "-----BEGIN X-----" and SSH2's "---- BEGIN X ----".
func beginLabel(line []byte) (string, bool) {
	for _, marks := range [...][2]string{{pemBegin, pemDash}, {"---- BEGIN ", " ----"}} {
		if rest, ok := bytes.CutPrefix(line, []byte(marks[0])); ok {
			label, ok := bytes.CutSuffix(rest, []byte(marks[1]))
			return string(label), ok
		}
	}
	return "", false
}

func isPrivateLabel(label string) bool {
	return bytes.HasSuffix([]byte(label), []byte("PRIVATE KEY")) || isParameters(label)
}

// blockDefects walks a text with one block or, with EC or DSA parameters, two.
func blockDefects(text []byte) []Defect {
	w := blockWalk{encrypted: bytes.Contains(text, []byte("\nProc-Type: 4,ENCRYPTED"))}
	for line := range bytes.Lines(text) {
		w.line(bytes.TrimSuffix(line, []byte("\n")))
	}
	slices.Sort(w.found)
	return slices.Compact(w.found)
}

// blockWalk is where in a text with blocks a walk of its lines is.
type blockWalk struct {
	found     []Defect
	encrypted bool // in PEM's own way
	inside    bool
	begun     bool // some block was
	body      bool // base64 text was seen in this block
	headers   bool // a header was, and the empty line behind it was not
	short     bool // a line was that may only be the last
}

func (w *blockWalk) add(d Defect, is bool) {
	if is {
		w.found = append(w.found, d)
	}
}

func (w *blockWalk) line(line []byte) {
	bare := bytes.Trim(line, " \t")
	_, begin := beginLabel(bare)
	end := bytes.HasPrefix(bare, []byte("-----END ")) || bytes.HasPrefix(bare, []byte("---- END "))
	switch {
	case begin && !w.inside || end && w.inside:
		w.add(IndentedMarker, !bytes.HasPrefix(line, bare))
		w.add(BlankAtMarker, !bytes.HasSuffix(line, bare))
		*w = blockWalk{found: w.found, encrypted: w.encrypted, inside: begin, begun: true}
	case w.inside:
		w.within(line, bare)
	case w.begun:
		w.add(TextAfter, len(bare) > 0)
	default:
		w.add(TextBefore, true)
	}
}

// within judges a line between BEGIN and END.
func (w *blockWalk) within(line, bare []byte) {
	switch {
	case bytes.IndexByte(bare, ':') > 0 && !w.body:
		w.headers = true
	case len(bare) == 0:
		w.add(EmptyLine, !w.headers || w.body)
		w.headers = false
	default:
		w.add(Indented, !bytes.HasPrefix(line, bare))
		w.add(OddLines, w.encrypted && (w.short || len(bytes.TrimRight(line, " \t")) > 64))
		w.body, w.short = true, len(line) < 64
	}
}
