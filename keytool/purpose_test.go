package keytool

import (
	"slices"
	"strings"
	"testing"
)

func TestJudgePurpose(t *testing.T) {
	rsa, ed := LookupAlgorithm("ssh-rsa"), LookupAlgorithm("ssh-ed25519")
	x25519, err := NewX25519(make([]byte, X25519Size), "")
	if err != nil {
		t.Fatal(err)
	}
	said := func(comment string) []Said { return []Said{{"k.pub", comment}} }
	for _, c := range []struct {
		name       string
		facts      PurposeFacts
		value      Purpose
		confidence Confidence
		evidence   string // a part of the first, "" for none at all
		conflicts  string // their codes
	}{
		{"nothing", PurposeFacts{File: "key"}, 0, NoneConfidence, "", ""},
		{"rsa alone", PurposeFacts{File: "key", Algorithm: rsa}, 0, NoneConfidence, "", ""},
		{"ed25519 alone", PurposeFacts{File: "key", Algorithm: ed}, 0, NoneConfidence, "", ""},
		{"crypt4gh", PurposeFacts{DatasetFormat: "Crypt4GH private key", Registered: &Registration{Purpose: Auth}}, Dataset, Certain, "Crypt4GH", ""},
		{"x25519", PurposeFacts{Algorithm: x25519.Algorithm()}, Dataset, Certain, "X25519", ""},
		{"age in config", PurposeFacts{DatasetFormat: "age identity", Configs: []string{"config"}}, Dataset, Certain, "age", "P06"},

		{"register", PurposeFacts{Registered: &Registration{Purpose: Dataset, Service: "jga", Date: "2026-01-02"}}, Dataset, Declared, "declared dataset for jga on 2026-01-02", ""},
		{"marker", PurposeFacts{Comments: said("jga:J-DU999991:2026-11-21"), Algorithm: rsa}, Dataset, Declared, "jga:J-DU999991:2026-11-21 in k.pub", ""},
		{"marker without a service", PurposeFacts{Comments: said("dataset:x:2026-11-21")}, Dataset, Declared, "comment", ""},
		{"nig's marker", PurposeFacts{Comments: said("nigsc-gw:taro:2025-01-15")}, Auth, Declared, "comment", ""},
		{"marker of no one", PurposeFacts{Comments: said("host:path:2025-01-15")}, 0, NoneConfidence, "", ""},
		{"marker without a date", PurposeFacts{Comments: said("jga:J-DU999991:today-or-t")}, 0, NoneConfidence, "", ""},
		{"word", PurposeFacts{Comments: said("taro@lab purpose=dataset")}, Dataset, Declared, "purpose=dataset", ""},
		{"word over marker", PurposeFacts{Comments: said("jga:J-DU999991:2026-11-21 purpose=auth")}, Auth, Declared, "purpose=auth", ""},
		{"unknown word", PurposeFacts{Comments: said("purpose=fun")}, 0, NoneConfidence, "", ""},
		{"register over comment", PurposeFacts{Comments: said("purpose=dataset"), Registered: &Registration{Purpose: Auth}}, Auth, Declared, "register", "E04"},
		{"register of both", PurposeFacts{Registered: &Registration{Purpose: Auth | Dataset}}, Auth | Dataset, Declared, "both", "E04"},
		{"both, as the service wants", PurposeFacts{OneKeyFor: "ega", Registered: &Registration{Purpose: Auth | Dataset, Service: "ega"}}, Auth | Dataset, Declared, "for ega", ""},
		{"dataset that logs in", PurposeFacts{Registered: &Registration{Purpose: Dataset}, Configs: []string{"config"}}, Dataset, Declared, "register", "P06"},
		{"the same where the service wants it", PurposeFacts{OneKeyFor: "ega", Registered: &Registration{Purpose: Dataset}, Configs: []string{"config"}}, Dataset, Declared, "register", ""},
		{"dataset that only lies in ~/.ssh", PurposeFacts{Registered: &Registration{Purpose: Dataset}, LoginFolder: true}, Dataset, Declared, "register", ""},
		{"login key called J-DU", PurposeFacts{File: "J-DU999991", Registered: &Registration{Purpose: Auth}}, Auth, Declared, "register", "E04"},

		{"named by the application", PurposeFacts{File: "J-DU999991_private_key", Algorithm: rsa}, Dataset, Likely, "JGA", ""},
		{"locked", PurposeFacts{File: "A-DU999991.pub"}, Dataset, Likely, "AGD", ""},
		{"named, of a type not taken", PurposeFacts{File: "J-DU999991", Algorithm: ed}, 0, NoneConfidence, "", "E02"},
		{"declared, of a type not taken", PurposeFacts{Algorithm: ed, Registered: &Registration{Purpose: Dataset, Service: "jga"}}, Dataset, Declared, "register", "E02"},
		{"login key declared for jga", PurposeFacts{Algorithm: ed, Registered: &Registration{Purpose: Auth, Service: "jga"}}, Auth, Declared, "register", ""},
		{"named, in ~/.ssh", PurposeFacts{File: "J-DU999991", Algorithm: rsa, LoginFolder: true}, Dataset, Likely, "JGA", ""},
		{"named, and logs in", PurposeFacts{File: "J-DU999991", Algorithm: rsa, Authorized: []string{"authorized_keys"}}, Auth | Dataset, Likely, "JGA", "E04"},
		{"id_rsa in ~/.ssh", PurposeFacts{File: "id_rsa", Algorithm: rsa, LoginFolder: true}, Auth, Likely, "under a name", ""},
		{"any in ~/.ssh", PurposeFacts{File: "lab", LoginFolder: true}, Auth, Likely, "in ~/.ssh", ""},
		{"id_rsa elsewhere", PurposeFacts{File: "id_rsa", Algorithm: rsa}, 0, NoneConfidence, "", ""},
		{"in config", PurposeFacts{Configs: []string{"config"}}, Auth, Likely, "named in config", ""},
		{"beside data", PurposeFacts{Data: []string{"a.c4gh"}}, Dataset, Likely, "beside a.c4gh", ""},
		{"places disagree", PurposeFacts{Data: []string{"a.c4gh"}, LoginFolder: true}, 0, NoneConfidence, "place", ""},
		{"use over place", PurposeFacts{Data: []string{"a.c4gh"}, Configs: []string{"config"}}, Auth, Likely, "named in", ""},
	} {
		v := JudgePurpose(c.facts)
		var codes []string
		for _, x := range v.Conflicts {
			codes = append(codes, x.Code)
		}
		first := ""
		if len(v.Evidence) > 0 {
			first = v.Evidence[0]
		}
		if v.Value != c.value || v.Confidence != c.confidence || strings.Join(codes, " ") != c.conflicts ||
			v.Evidence == nil || (first == "") != (c.evidence == "") || !strings.Contains(first, c.evidence) {
			t.Errorf("%s: got %s, %s, %q, %v", c.name, v.Value, v.Confidence, v.Evidence, v.Conflicts)
		}
	}
}

func TestCrossUse(t *testing.T) {
	for _, c := range []struct {
		facts PurposeFacts
		use   Purpose
		warns bool
	}{
		{PurposeFacts{}, Auth, false},
		{PurposeFacts{Registered: &Registration{Purpose: Dataset}}, Auth, true},
		{PurposeFacts{Registered: &Registration{Purpose: Dataset}}, Dataset, false},
		{PurposeFacts{Registered: &Registration{Purpose: Auth}}, Dataset, true},
		{PurposeFacts{Registered: &Registration{Purpose: Auth}}, Auth, false},
		{PurposeFacts{Registered: &Registration{Purpose: Auth | Dataset}}, Auth, true},
		{PurposeFacts{Registered: &Registration{Purpose: Dataset}, OneKeyFor: "ega"}, Auth, false},
		{PurposeFacts{DatasetFormat: "age identity"}, Auth, true},
		{PurposeFacts{File: "J-DU999991"}, Auth, true},
	} {
		if got := JudgePurpose(c.facts).CrossUse(c.use).String(); (got != "") != c.warns {
			t.Errorf("%+v used for %s: %q", c.facts, c.use, got)
		}
	}
}

func TestArchiveOf(t *testing.T) {
	for _, name := range []string{"J-DU999991", "J-DU999991.pub", "J-DU999991_private_key", "J-DU999991-001"} {
		if ArchiveOf(name) != "jga" || ArchiveOf("A"+name[1:]) != "agd" {
			t.Errorf("%s is not known", name)
		}
	}
	for _, name := range []string{"", "J-DU", "J-DU1", "J-DU99999x", "J-DU9999911", "xJ-DU999991", "B-DU999991", "id_rsa"} {
		if a := ArchiveOf(name); a != "" {
			t.Errorf("%q is taken for %s", name, a)
		}
	}
}

func TestCommentFor(t *testing.T) {
	for _, c := range []struct {
		old  string
		p    Purpose
		want string
	}{
		{"", Dataset, "purpose=dataset"},
		{"taro@lab", Auth, "taro@lab purpose=auth"},
		{"two  blanks", Auth, "two  blanks purpose=auth"},
		{"taro purpose=auth", Dataset, "taro purpose=dataset"},
		{"taro purpose=auth lab", Auth, "taro purpose=auth lab"},
		{"purpose=fun", Auth, "purpose=fun purpose=auth"},
		{"jga:J-DU999991:2026-11-21", Dataset, "jga:J-DU999991:2026-11-21"},
		{"jga:J-DU999991:2026-11-21", Auth, "jga:J-DU999991:2026-11-21 purpose=auth"},
		{"purpose=both", Auth | Dataset, "purpose=both"},
	} {
		got := CommentFor(c.old, c.p)
		if got != c.want {
			t.Errorf("%q for %s: %q, want %q", c.old, c.p, got, c.want)
		}
		v := JudgePurpose(PurposeFacts{Comments: []Said{{"k", got}}})
		if v.Value != c.p || v.Confidence != Declared || CommentFor(got, c.p) != got {
			t.Errorf("%q reads back as %s, %s", got, v.Value, v.Confidence)
		}
	}
}

func TestParsePurpose(t *testing.T) {
	for _, p := range []Purpose{Auth, Dataset, Auth | Dataset} {
		if q, ok := ParsePurpose(p.String()); !ok || q != p {
			t.Errorf("%s reads back as %s", p, q)
		}
	}
	if slices.ContainsFunc([]string{"", "unknown", "Auth", "login"}, func(w string) bool { _, ok := ParsePurpose(w); return ok }) {
		t.Error("a word that is no purpose is taken")
	}
}
