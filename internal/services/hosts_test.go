package services

import "testing"

func TestForHost(t *testing.T) {
	for host, want := range map[string]string{
		"ftp-private.ddbj.nig.ac.jp":  "ddbj",
		"FTP-Private.ddbj.nig.ac.jp.": "ddbj",
		"133.39.233.40":               "ddbj",
		"133.39.224.111":              "ddbj",
		"gw2.ddbj.nig.ac.jp":          "nig",
		"jga-gw.ddbj.nig.ac.jp":       "jga",
	} {
		if p := Builtin().ForHost(host); p == nil || p.ID != want {
			t.Errorf("%s: %v, want %s", host, p, want)
		}
	}
	if p := Builtin().ForHost("localhost"); p != nil {
		t.Errorf("localhost is %s", p.ID)
	}
}

func TestFindHost(t *testing.T) {
	p := Lookup("ddbj")
	for host, wantOld := range map[string]bool{"133.39.224.111": true, "133.39.233.40": false, "ftp-private.ddbj.nig.ac.jp": false} {
		if h, old, ok := p.FindHost(host); !ok || old != wantOld || h.Name != "ftp-private.ddbj.nig.ac.jp" {
			t.Errorf("%s: %+v, %v, %v", host, h, old, ok)
		}
	}
	if _, _, ok := p.FindHost("133.39.224.112"); ok {
		t.Error("another address is the service's")
	}
}
