package secret

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/unicode/norm"
)

// EncodingName says how bytes stand for the text of a passphrase.
type EncodingName string

// The encodings that programs use for passphrases. PuTTY on Windows takes the
// system's code page (CP932 in Japan, CP1252 in the west), programs of the
// console its older one, OpenSSH what the terminal sends, which today is UTF-8.
const (
	UTF8      EncodingName = "UTF-8"
	NFC       EncodingName = "UTF-8, NFC"        // composed letters, as keyboards send them
	NFD       EncodingName = "UTF-8, NFD"        // letters and marks apart, as macOS names files
	UTF8Wave  EncodingName = "UTF-8, other dash" // ～ for 〜 and its like, or the reverse
	CP932     EncodingName = "CP932"
	CP1252    EncodingName = "CP1252"
	CP1252Fit EncodingName = "CP1252, best fit" // with like letters or ? for what it lacks
	CP932Fit  EncodingName = "CP932, best fit"
	CP437     EncodingName = "CP437"
	CP850     EncodingName = "CP850"
	Latin9    EncodingName = "ISO 8859-15"
	EUCJP     EncodingName = "EUC-JP"
	Marked    EncodingName = "with a mark or line end"   // a file's BOM or CR, which its reader kept
	Trimmed   EncodingName = "without mark and line end" // a BOM, blank or line end that was not meant
)

// Encoding is the text of a passphrase in the bytes of another program.
type Encoding struct {
	Name  EncodingName
	Given EncodingName // what the given bytes were taken for
	Bytes Bytes
	// Text is what a person gave, in UTF-8: for protecting something anew.
	Text Bytes
}

// Encodings are the other byte forms of the same text, the likely ones first,
// each once and none of them the passphrase itself. What is no UTF-8, as a
// passphrase file that Windows wrote, is taken for text in the code pages. A mark,
// blank or line end that slipped in is left out. ASCII without these has no other form.
func Encodings(passphrase []byte) []Encoding {
	f := &forms{seen: [][]byte{passphrase}}
	f.all(passphrase)
	if bare := trim(passphrase); len(bare) > 0 && !bytes.Equal(bare, passphrase) {
		f.text, f.given = bare, UTF8
		f.add(Trimmed, bare)
		f.all(bare)
	}
	return f.list
}

// forms collects the forms of one text.
type forms struct {
	list  []Encoding
	seen  [][]byte
	text  []byte       // in UTF-8
	given EncodingName // what it was read as
}

func (f *forms) add(name EncodingName, form []byte) {
	for _, s := range f.seen {
		if bytes.Equal(s, form) {
			return
		}
	}
	f.seen = append(f.seen, form)
	f.list = append(f.list, Encoding{name, f.given, bytes.Clone(form), bytes.Clone(f.text)})
}

// in adds the text in a code page, unless that lacks a letter of it.
func (f *forms) in(p codePage, composed string) {
	if form, ok := p.encode(composed); ok {
		f.add(p.name, form)
	}
}

func (f *forms) all(given []byte) {
	switch {
	case isASCII(given):
	case utf8.Valid(given):
		f.text, f.given = given, UTF8
		f.ofText()
	default:
		f.ofCodePages(given)
	}
}

// ofText adds the forms of UTF-8.
func (f *forms) ofText() {
	composed := norm.NFC.String(string(f.text))
	f.add(NFC, []byte(composed))
	f.in(cp932(), composed)
	f.in(cp1252(), composed)
	f.add(UTF8Wave, []byte(windowsDashes().Replace(composed)))
	f.add(UTF8Wave, []byte(otherDashes().Replace(composed)))
	f.in(cp437(), composed)
	f.in(cp850(), composed)
	f.add(NFD, norm.NFD.Bytes(f.text))
	if _, japanese := cp932().encode(composed); japanese {
		f.in(eucJP(), composed)
	}
	f.in(latin9(), composed)
	f.add(CP1252Fit, cp1252().fit(composed, 0x180))
	f.add(CP932Fit, cp932().fit(composed, 0x100))
}

// ofCodePages adds the forms of what is no UTF-8: its text in UTF-8 first, and
// then what the window and the console of one Windows make of each other's.
func (f *forms) ofCodePages(given []byte) {
	type reading struct {
		page codePage
		text string
	}
	var readings []reading
	for _, p := range []codePage{cp932(), cp1252(), cp437(), cp850()} {
		if text, ok := p.decode(given); ok {
			readings = append(readings, reading{p, text})
		}
	}
	for _, r := range readings {
		f.text, f.given = []byte(r.text), r.page.name
		f.add(UTF8, f.text)
	}
	for _, r := range readings {
		f.text, f.given = []byte(r.text), r.page.name
		f.in(cp1252(), r.text)
		f.in(cp437(), r.text)
		f.in(cp850(), r.text)
		f.add(NFD, norm.NFD.Bytes(f.text))
	}
}

// AsWritten are the forms that a program took the passphrase file's line for that
// left out less than Passphrase does: puttygen keeps a byte order mark, openssl a CR
// too. None for a line that has neither, and before Passphrase.
func (s *Source) AsWritten() []Encoding {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.written) == 0 {
		return nil
	}
	f := &forms{seen: [][]byte{s.line}, text: s.line, given: UTF8}
	f.add(Marked, bytes.TrimSuffix(s.written, []byte("\r")))
	f.add(Marked, s.written)
	return f.list
}

// trim takes off what is in a passphrase by accident: a byte order mark in front,
// blanks and line ends behind. UTF-16 with its mark becomes UTF-8.
func trim(passphrase []byte) []byte {
	return bytes.TrimRightFunc(decode(bytes.Clone(passphrase)), func(r rune) bool {
		return unicode.IsSpace(r) || r == 0
	})
}

func isASCII(s []byte) bool {
	return bytes.IndexFunc(s, func(r rune) bool { return r >= utf8.RuneSelf }) < 0
}

// codePage is an encoding of one or two bytes a letter, with Unicode's letters
// that it has under other numbers.
type codePage struct {
	name    EncodingName
	charset encoding.Encoding
	swap    *strings.Replacer
}

func cp932() codePage  { return codePage{CP932, japanese.ShiftJIS, windowsLetters()} }
func eucJP() codePage  { return codePage{EUCJP, japanese.EUCJP, windowsLetters()} }
func cp1252() codePage { return codePage{CP1252, charmap.Windows1252, nil} }
func cp437() codePage  { return codePage{CP437, charmap.CodePage437, nil} }
func cp850() codePage  { return codePage{CP850, charmap.CodePage850, nil} }
func latin9() codePage { return codePage{Latin9, charmap.ISO8859_15, nil} }

func (p codePage) encode(text string) ([]byte, bool) {
	if p.swap != nil {
		text = p.swap.Replace(text)
	}
	form, err := p.charset.NewEncoder().Bytes([]byte(text))
	if p.name == CP932 && err == nil {
		form = windowsPlaces(form)
	}
	return form, err == nil
}

// fit is the text as Windows forces it into a code page: a letter that this lacks
// loses its accent, if it comes before the limit, or becomes a question mark. These
// are the rules of Windows' tables for letters, not those for signs.
func (p codePage) fit(text string, limit rune) []byte {
	const plain = "ÆAÐDØOÞTßsæaðdøoþtĐDđdŁLłlıi"
	var form []byte
	for _, r := range text {
		base := []rune(norm.NFD.String(string(r)))[0]
		if i := strings.IndexRune(plain, r); i >= 0 {
			base = rune(plain[i+utf8.RuneLen(r)])
		}
		letter, ok := p.encode(string(r))
		switch {
		case ok:
			form = append(form, letter...)
		case r < limit && base < utf8.RuneSelf:
			form = append(form, byte(base))
		case r > 0xffff: // two of UTF-16
			form = append(form, "??"...)
		default:
			form = append(form, '?')
		}
	}
	return form
}

// windowsPlaces moves letters that CP932 has twice, as 髙 and 﨑, from NEC's rows,
// which x/text writes as browsers do, to IBM's, which Windows writes. 360 of them
// stand in one order in both, 0xED40 to 0xEEEC and 0xFA5C to 0xFC4B; the others
// are ⅰ to ⅹ, and ￤＇＂.
func windowsPlaces(form []byte) []byte {
	for i := 0; i < len(form); i++ {
		lead := form[i]
		if lead < 0x81 || lead > 0x9f && lead < 0xe0 { // of one byte
			continue
		}
		if i++; lead != 0xed && lead != 0xee {
			continue
		}
		const row, kanji = 188, 360 // letters to a lead byte; 28 of IBM's come before
		place := int(lead-0xed)*row + trailIndex(form[i])
		switch {
		case place < kanji:
			place += 28
		case place < 372: // ⅰ
			place -= 362
		default:
			place -= 352
		}
		form[i-1], form[i] = byte(0xfa+place/row), trailByte(place%row)
	}
	return form
}

// trailIndex counts second bytes from 0x40, 0x7F left out.
func trailIndex(b byte) int {
	if b > 0x7f {
		b--
	}
	return int(b) - 0x40
}

func trailByte(index int) byte {
	if index += 0x40; index >= 0x7f {
		index++
	}
	return byte(index)
}

// decode refuses bytes that the code page has no letter for.
func (p codePage) decode(given []byte) (string, bool) {
	text, err := p.charset.NewDecoder().Bytes(given)
	ok := err == nil && bytes.IndexFunc(text, func(r rune) bool { return r == utf8.RuneError || unicode.IsControl(r) }) < 0
	return string(text), ok
}

// dashes are the signs of JIS X 0208 that Windows' keyboards (right) send as other
// letters of Unicode than all others do (left).
func dashes() []string { return []string{"〜", "～", "‖", "∥", "−", "－", "—", "―"} }

func windowsDashes() *strings.Replacer { return strings.NewReplacer(dashes()...) }

func otherDashes() *strings.Replacer {
	pairs := dashes()
	slices.Reverse(pairs)
	return strings.NewReplacer(pairs...)
}

// windowsLetters are those, what Windows reads as wide letters, and what has the
// places of \ and ~ in Japan: there a keyboard of Windows sends 0x5C, one of macOS ¥.
func windowsLetters() *strings.Replacer {
	return strings.NewReplacer(append(dashes(), "¢", "￠", "£", "￡", "¬", "￢", "¥", `\`, "‾", "~")...)
}
