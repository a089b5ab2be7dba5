package formats

import (
	"bytes"
	"slices"
)

// Defect is something in a key file's text that strict readers stop at, or that its
// writers did not put there. Mend undoes them, but for the last two groups.
type Defect string

// Defects of any text.
const (
	ByteOrderMark   Defect = "byte-order-mark" // UTF-8's, as Notepad's "UTF-8 with BOM"
	UTF16           Defect = "utf-16"          // as PowerShell's > writes, of either order
	CRLF            Defect = "crlf"            // Windows' line ends
	LoneCR          Defect = "cr"              // line ends of old Macs
	NoFinalNewline  Defect = "no-final-newline"
	EmptyEnd        Defect = "empty-end"        // empty lines behind the last one
	Base64File      Defect = "base64-file"      // the whole file in base64, once or more
	Quoted          Defect = "quoted"           // as a string of JSON, of a shell or of YAML
	LiteralNewlines Defect = "literal-newlines" // \n or \r\n in place of line ends
	MailQuoted      Defect = "mail-quoted"      // "> " before lines
	Entities        Defect = "html-entities"    // &#43; &gt; <br>
	ZeroWidth       Defect = "zero-width"       // signs without width, U+200B above all
	OddBlank        Defect = "odd-blank"        // a blank that is none in ASCII, as U+00A0
	TextBefore      Defect = "text-before"      // lines before the first one, empty ones too
	TextAfter       Defect = "text-after"
)

// Defects of a block between a BEGIN and an END line, and of PuTTY's files.
const (
	IndentedMarker  Defect = "indented-marker"   // blanks before BEGIN or END
	BlankAtMarker   Defect = "blank-at-marker"   // blanks behind BEGIN or END
	Indented        Defect = "indented"          // blanks before the base64 text or a header
	TrailingBlank   Defect = "trailing-blank"    // blanks behind it
	EmptyLine       Defect = "empty-line"        // within the base64 text
	SpacesForLines  Defect = "spaces-for-lines"  // blanks in place of line ends
	LostNewlines    Defect = "lost-newlines"     // nothing in place of line ends
	OddDashes       Defect = "odd-dashes"        // dashes that are none in ASCII
	DashCount       Defect = "dash-count"        // four or six in place of five
	LowerCase       Defect = "lower-case"        // -----begin …
	DamagedMarker   Defect = "damaged-marker"    // other letters in BEGIN, END or the label
	LostHeader      Defect = "lost-header"       // no BEGIN line; PuTTY's first line; a public key's type
	LostFooter      Defect = "lost-footer"       // no END line; PuTTY's MAC
	LineWidth       Defect = "line-width"        // base64 lines of unusual width, or of several
	PlusAsSpace     Defect = "plus-as-space"     // a blank in place of a plus sign
	WrongLineCounts Defect = "wrong-line-counts" // PuTTY's Public-Lines or Private-Lines
	// SecondKey is another private key behind the first, which no program reads.
	SecondKey Defect = "second-key"
	// OddLines are lines of other than 64 characters in a PEM block with a passphrase
	// of its own (Proc-Type).
	OddLines Defect = "odd-lines"
)

// Defects of lines with public keys; see ScanDefects.
const (
	SplitLine  Defect = "split-line"  // the key goes on in the next line
	LostLetter Defect = "lost-letter" // the key type lacks its beginning: sh-rsa
	JoinedKeys Defect = "joined-keys" // two keys stand on one line
	SSH2Text   Defect = "ssh2-text"   // a block of RFC 4716 in a list
	PrivateKey Defect = "private-key" // a private key among public ones
)

// Code is the defect's in the catalogue (spec/symptoms.md): R01 and on for what Mend
// undoes; that of PrivateKey is P09.
func (d Defect) Code() string {
	for _, row := range defectCodes() {
		if slices.Contains(row.defects, d) {
			return row.code
		}
	}
	return ""
}

type codeRow struct {
	code    string
	defects []Defect
}

func defectCodes() []codeRow {
	return []codeRow{
		{"R01", []Defect{ByteOrderMark}},
		{"R02", []Defect{UTF16}},
		{"R03", []Defect{CRLF}},
		{"R04", []Defect{LoneCR}},
		{"R05", []Defect{NoFinalNewline}},
		{"R06", []Defect{EmptyEnd}},
		{"R07", []Defect{Indented, IndentedMarker}},
		{"R08", []Defect{TrailingBlank, BlankAtMarker}},
		{"R09", []Defect{EmptyLine}},
		{"R10", []Defect{SpacesForLines}},
		{"R11", []Defect{LostNewlines}},
		{"R12", []Defect{LiteralNewlines}},
		{"R13", []Defect{Quoted}},
		{"R14", []Defect{MailQuoted}},
		{"R15", []Defect{TextBefore}},
		{"R16", []Defect{TextAfter}},
		{"R17", []Defect{OddDashes}},
		{"R18", []Defect{DashCount}},
		{"R19", []Defect{OddBlank}},
		{"R20", []Defect{LowerCase, DamagedMarker}},
		{"R21", []Defect{LostHeader}},
		{"R22", []Defect{LostFooter}},
		{"R23", []Defect{Base64File}},
		{"R24", []Defect{Entities}},
		{"R25", []Defect{LineWidth, OddLines}},
		{"R26", []Defect{PlusAsSpace}},
		{"R27", []Defect{ZeroWidth}},
		{"R28", []Defect{SplitLine}},
		{"R29", []Defect{LostLetter}},
		{"R30", []Defect{JoinedKeys}},
		{"R31", []Defect{SSH2Text}},
		{"R32", []Defect{WrongLineCounts}},
		{"R33", []Defect{SecondKey}},
		{"P09", []Defect{PrivateKey}},
	}
}

// Reader is a program that reads key files.
type Reader string

const (
	BySSH     Reader = "ssh" // OpenSSH's ssh and ssh-keygen
	ByOpenSSL Reader = "openssl"
	ByPuTTY   Reader = "putty" // PuTTY's programs load PPK, puttygen imports the others
)

// Defects finds what is wrong with a file's text, each kind once: what Mend undoes in
// it and, of one beyond repair, would undo. Of binary files and of text that is no
// key it finds nothing.
func Defects(data []byte) []Defect {
	m, env, _ := look(data, DefaultLimits())
	var edits []Edit
	switch {
	case env != nil:
		edits = env.Edits
	case m != nil && len(m.readings) > 0:
		edits = editsOf(slices.Concat(m.layers, m.readings[0].edits), m.ends)
	}
	var found []Defect
	for _, e := range edits {
		found = append(found, e.Defect)
	}
	return found
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
