package keytool

import (
	"slices"
	"strings"
)

// Purpose is the set of what a key is for.
type Purpose uint8

const (
	Auth    Purpose = 1 << iota // to log in
	Dataset                     // to open encrypted data sets
)

// String is auth, dataset, both or unknown.
func (p Purpose) String() string {
	switch p {
	case Auth:
		return "auth"
	case Dataset:
		return "dataset"
	case Auth | Dataset:
		return "both"
	}
	return "unknown"
}

// ParsePurpose reads auth, dataset or both; false for any other word.
func ParsePurpose(word string) (Purpose, bool) {
	for _, p := range []Purpose{Auth, Dataset, Auth | Dataset} {
		if word == p.String() {
			return p, true
		}
	}
	return 0, false
}

// Confidence is how sure a purpose is.
type Confidence string

const (
	Certain        Confidence = "certain"  // the key can do nothing else
	Declared       Confidence = "declared" // its owner said so, in the register or its comment
	Likely         Confidence = "likely"   // names and places speak for it
	NoneConfidence Confidence = "unknown"
)

// PurposeFacts is what is known of a key that tells what it is for. Texts are
// for people: the names of files and places as they are to be shown.
type PurposeFacts struct {
	File      string     // its base name, "" where it has none
	Algorithm *Algorithm // nil where the key is locked
	// DatasetFormat is the title of its format where that holds nothing but keys
	// that open data, otherwise "".
	DatasetFormat string
	Comments      []Said
	Registered    *Registration // nil where nobody declared it
	// OneKeyFor is the service the key was declared for, where that wants one key
	// for both purposes, otherwise "".
	OneKeyFor string
	// Data are encrypted files beside it, Configs the ssh configs that name it,
	// Authorized the lists that let it log in.
	Data, Configs, Authorized []string
	LoginFolder               bool // it lies in ~/.ssh
}

// Said is a comment and the file that has it, "" for standard input.
type Said struct{ Where, Comment string }

func (s Said) where() Text {
	if s.Where == "" {
		return text("purpose.standard_input")
	}
	return text("purpose.verbatim", "text", s.Where)
}

// Registration is what the register has of a key.
type Registration struct {
	Purpose       Purpose
	Service, Date string // "" where not given
	// By says which file the key was known by, where it is locked itself.
	By string
}

// Verdict is what a key is for, how sure that is, and why.
type Verdict struct {
	Value      Purpose
	Confidence Confidence
	Evidence   []string
	Texts      []Text // the evidence in no language
	Conflicts  []Conflict
	Registered bool // the register says so
	oneKey     bool // a service wants it for both
}

// Conflict is what speaks against a key's use. Its code is the catalogue's: E02
// a type that the archive does not take, E04 one key for both purposes, P06 a
// data set's key that logs in.
type Conflict struct {
	Code, Message string
	Text          Text // the message in no language
}

func conflict(code, id string, pairs ...any) Conflict {
	t := text(id, pairs...)
	return Conflict{code, t.String(), t}
}

// weight ranks what speaks for a purpose.
type weight int

const (
	place    weight = iota + 1 // where it lies
	use                        // what it is called by its archive, or is used for
	marker                     // a comment of the form SERVICE:NAME:DATE
	word                       // purpose=… in a comment
	register                   // the last word of its owner on this machine
)

type sign struct {
	purpose Purpose
	weight  weight
	text    Text
}

// JudgePurpose weighs what is known. It never goes by the algorithm, but for two
// certain things: keys of Crypt4GH and age log in nowhere, and a type that an
// archive does not take is no key of its data sets, whatever its name claims.
func JudgePurpose(f PurposeFacts) Verdict {
	if f.DatasetFormat != "" || f.Algorithm != nil && f.Algorithm.Dataset() {
		return certain(f)
	}
	signs, conflicts := f.signs()
	slices.SortStableFunc(signs, func(a, b sign) int { return int(b.weight - a.weight) })
	v := Verdict{Confidence: NoneConfidence, Evidence: []string{}, Conflicts: conflicts, oneKey: f.OneKeyFor != ""}
	for _, s := range signs {
		v.Evidence, v.Texts = append(v.Evidence, s.text.String()), append(v.Texts, s.text)
	}
	switch {
	case len(signs) == 0:
		return v
	case signs[0].weight >= marker:
		v.Confidence, v.Value = Declared, heaviest(signs)
		v.Registered = signs[0].weight == register
	default:
		// Places that contradict each other tell nothing; uses that do are both true.
		if p := heaviest(signs); signs[0].weight == use || p != Auth|Dataset {
			v.Confidence, v.Value = Likely, p
		}
	}
	v.Conflicts = append(v.Conflicts, v.against(signs)...)
	return v
}

func certain(f PurposeFacts) Verdict {
	what := f.DatasetFormat
	if what == "" {
		what = f.Algorithm.Display
	}
	why := text("purpose.format", "format", what)
	v := Verdict{Value: Dataset, Confidence: Certain, Evidence: []string{why.String()}, Texts: []Text{why}}
	for _, config := range f.Configs {
		v.Conflicts = append(v.Conflicts, conflict("P06", "purpose.config_of_dataset", "config", config))
	}
	return v
}

// heaviest joins the purposes of the signs that weigh most; the signs are sorted.
func heaviest(signs []sign) (p Purpose) {
	for _, s := range signs {
		if s.weight == signs[0].weight {
			p |= s.purpose
		}
	}
	return p
}

// signs is everything that speaks for a purpose, and the claims that cannot be true.
func (f PurposeFacts) signs() ([]sign, []Conflict) {
	signs := f.declared()
	var conflicts []Conflict
	a, claim := f.archive()
	switch {
	case a == nil:
	case f.Algorithm != nil && !slices.Contains(a.types, f.Algorithm.Family):
		conflicts = append(conflicts, conflict("E02", "purpose.wrong_type", "claim", claim, "archive", a.title, "type", f.Algorithm.Display, "source", a.source))
	case ArchiveOf(f.File) != "":
		signs = append(signs, sign{Dataset, use, text("purpose.name", "claim", claim, "archive", a.title)})
	}
	for _, where := range f.Configs {
		signs = append(signs, sign{Auth, use, text("purpose.config", "where", where)})
	}
	for _, where := range f.Authorized {
		signs = append(signs, sign{Auth, use, text("purpose.authorized", "where", where)})
	}
	if f.LoginFolder && strings.HasPrefix(f.File, "id_") {
		signs = append(signs, sign{Auth, place, text("purpose.place_and_name")})
	} else if f.LoginFolder {
		signs = append(signs, sign{Auth, place, text("purpose.place")})
	}
	if len(f.Data) > 0 {
		signs = append(signs, sign{Dataset, place, text("purpose.beside", "file", f.Data[0])})
	}
	return signs, conflicts
}

// declared is what was said of the key in so many words.
func (f PurposeFacts) declared() []sign {
	var signs []sign
	if r := f.Registered; r != nil {
		t := text("purpose.register", "purpose", r.Purpose.Text())
		if r.Service != "" {
			t.Values["service"] = text("purpose.register_service", "service", r.Service)
		}
		if r.Date != "" {
			t.Values["date"] = text("purpose.register_date", "date", r.Date)
		}
		if r.By != "" {
			t.Values["by"] = text("purpose.register_by", "file", r.By)
		}
		signs = append(signs, sign{r.Purpose, register, t})
	}
	for _, c := range f.Comments {
		if p := purposeWord(c.Comment); p != 0 {
			signs = append(signs, sign{p, word, text("purpose.comment", "text", purposeKey+p.String(), "where", c.where())})
		} else if m, ok := readMarker(c.Comment); ok {
			signs = append(signs, sign{m.purpose, marker, text("purpose.comment", "text", m.text, "where", c.where())})
		}
	}
	return signs
}

// against is what contradicts the verdict; signs are sorted.
func (v Verdict) against(signs []sign) []Conflict {
	if v.oneKey {
		return nil
	}
	if v.Value == Auth|Dataset {
		return []Conflict{conflict("E04", "purpose.both_uses")}
	}
	for _, s := range signs {
		switch {
		case v.Value == 0 || s.purpose&^v.Value == 0 || s.weight < use:
		case v.Value == Dataset && s.weight == use:
			return []Conflict{conflict("P06", "purpose.dataset_logs_in", "why", s.text)}
		default:
			return []Conflict{conflict("E04", "purpose.contradicts", "value", v.Value.Text(), "by", signs[0].text, "other", s.purpose.Text(), "why", s.text)}
		}
	}
	return nil
}

// CrossUse says what is wrong with using the key for the purpose; zero where
// nothing is, or not enough is known.
func (v Verdict) CrossUse(purpose Purpose) Text {
	switch {
	case v.oneKey || v.Value == 0:
	case v.Value == Dataset && purpose == Auth:
		return text("purpose.dataset_to_log_in", "confidence", v.Confidence.Text(), "why", v.Texts[0])
	case v.Value == Auth && purpose == Dataset:
		return text("purpose.auth_for_dataset", "confidence", v.Confidence.Text(), "why", v.Texts[0])
	case v.Value == Auth|Dataset && len(v.Conflicts) > 0:
		return v.Conflicts[0].Text
	}
	return Text{}
}

// archive is one that names the keys of its data sets by the application.
type archive struct {
	service, title, prefix string
	types                  []Family
	source                 string
}

func archives() []archive {
	return []archive{
		{"jga", "JGA", "J-DU", []Family{RSA}, "ddbj/www:key-e.md, _jga/download-e.md"},
		{"agd", "AGD", "A-DU", []Family{RSA}, "ddbj/www:key-e.md, _agd/download.md"},
	}
}

// ArchiveOf is the service whose application a file is named by, as jga of
// J-DU999991, J-DU999991_private_key, J-DU999991-001 and J-DU999991.pub; else "".
func ArchiveOf(file string) string {
	for _, a := range archives() {
		rest, ok := strings.CutPrefix(file, a.prefix)
		if ok && len(rest) >= 6 && strings.Trim(rest[:6], "0123456789") == "" && (len(rest) == 6 || strings.IndexByte("-_.", rest[6]) >= 0) {
			return a.service
		}
	}
	return ""
}

// archive is the one the key claims to be for, by the register, a comment or its
// name, and which of them claims it.
func (f PurposeFacts) archive() (*archive, Text) {
	for _, a := range archives() {
		if ArchiveOf(f.File) == a.service {
			return &a, text("purpose.verbatim", "text", f.File)
		}
		if r := f.Registered; r != nil && r.Purpose&Dataset != 0 && r.Service == a.service {
			return &a, text("purpose.the_register")
		}
		for _, c := range f.Comments {
			if m, ok := readMarker(c.Comment); ok && m.service == a.service {
				return &a, text("purpose.the_comment", "text", m.text)
			}
		}
	}
	return nil, Text{}
}

// commentMarker is a word SERVICE:NAME:DATE of a comment.
type commentMarker struct {
	purpose       Purpose
	service, text string
}

// readMarker finds the word that `generate` gives to a data set's key, or that
// the NIG supercomputer asks for a login key (nigsc_homepage2:
// docs/application/060_ssh_keys).
func readMarker(comment string) (commentMarker, bool) {
	for _, w := range strings.Fields(comment) {
		parts := strings.Split(w, ":")
		if len(parts) != 3 || parts[1] == "" || !isDate(parts[2]) {
			continue
		}
		switch parts[0] {
		case "dataset", "jga", "agd":
			return commentMarker{Dataset, parts[0], w}, true
		case "nigsc-gw", "nigsc-gwa":
			return commentMarker{Auth, parts[0], w}, true
		}
	}
	return commentMarker{}, false
}

// isDate tells YYYY-MM-DD by its shape.
func isDate(s string) bool {
	if len(s) != len("2006-01-02") {
		return false
	}
	for i, c := range s {
		if hyphen := i == 4 || i == 7; hyphen != (c == '-') || !hyphen && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

const purposeKey = "purpose="

// purposeWord is the purpose=… of a comment, 0 where there is none. The last one counts.
func purposeWord(comment string) (p Purpose) {
	for _, w := range strings.Fields(comment) {
		if value, ok := strings.CutPrefix(w, purposeKey); ok {
			if q, ok := ParsePurpose(value); ok {
				p = q
			}
		}
	}
	return p
}

// CommentFor is the comment with the purpose said in it: unchanged where it says
// so already.
func CommentFor(comment string, p Purpose) string {
	said := purposeWord(comment)
	if m, ok := readMarker(comment); ok && said == 0 {
		said = m.purpose
	}
	if said == p {
		return comment
	}
	var rest []string
	for _, w := range strings.Split(comment, " ") {
		if value, ok := strings.CutPrefix(w, purposeKey); ok {
			if _, ok := ParsePurpose(value); ok {
				continue
			}
		}
		rest = append(rest, w)
	}
	return strings.TrimPrefix(strings.Join(rest, " ")+" "+purposeKey+p.String(), " ")
}
