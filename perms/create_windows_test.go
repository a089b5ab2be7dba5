package perms

import (
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// Wine keeps no security descriptor of a file, so there only the owner's own
// access can be seen; see spec/permissions.md 2.2.
func underWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

func TestPrivateDACL(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key")
	f, err := CreatePrivate(path)
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, windows.OWNER_SECURITY_INFORMATION|windows.DACL_SECURITY_INFORMATION)
	if err != nil {
		t.Fatal(err)
	}
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		t.Fatal(err)
	}
	got := sd.String()
	if strings.Contains(got, ";;;WD)") || strings.Contains(got, ";;;BU)") || strings.Contains(got, ";;;AU)") {
		t.Errorf("others have access: %s", got)
	}
	if underWine() {
		return
	}
	want, err := windows.SecurityDescriptorFromString(privateSDDL(user.User.Sid.String()))
	if err != nil {
		t.Fatal(err)
	}
	if got != want.String() {
		t.Errorf("security descriptor %s, want %s", got, want)
	}
}
