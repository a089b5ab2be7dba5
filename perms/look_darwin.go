package perms

import (
	"os/exec"

	"golang.org/x/sys/unix"
)

// lookDeeper adds the macOS ACL. There is no call for it without cgo, so ls is
// asked; it gives advice only, so that a failure leaves it out.
func (h *handle) lookDeeper(real string, p *Posix) {
	out, err := exec.Command("/bin/ls", "-ldeq", "--", real).Output()
	if err == nil {
		p.MacACL = parseMacACL(string(out))
	}
}

func mountOf(real string, _ uint64) Mount {
	var st unix.Statfs_t
	if unix.Statfs(real, &st) != nil {
		return Mount{}
	}
	return Mount{Point: unix.ByteSliceToString(st.Mntonname[:]), Type: unix.ByteSliceToString(st.Fstypename[:])}
}
