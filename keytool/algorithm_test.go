package keytool

import "testing"

// TestTable: every row is found by its own names, and by no other row's.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, name := range Algorithms() {
		a := LookupAlgorithm(name)
		if a == nil || a.Name != name || a.Source == "" || a.Display == "" || seen[a.Name] || seen[a.Cert] && a.Cert != "" {
			t.Errorf("%s: %+v", name, a)
			continue
		}
		seen[a.Name], seen[a.Cert] = true, true
		if a.Cert != "" && LookupCertificate(a.Cert) != a {
			t.Errorf("%s is not found by its certificate's name", name)
		}
		if (a.Curve != "") != (a.ecdhCurve() != nil) {
			t.Errorf("%s: curve %q", name, a.Curve)
		}
	}
	if LookupAlgorithm("") != nil || LookupCertificate("") != nil {
		t.Error("an empty name is found")
	}
}
